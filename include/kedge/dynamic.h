// SPDX-License-Identifier: Apache-2.0
// kedge/dynamic.h - any resource of the API, also one that no table describes: objects as JSON.
//
//     struct kedge_rest *rest = kedge_rest_new(client, NULL);
//     struct kedge_dynamic sensors = {
//         .rest = rest,
//         .resource = {"edge.example.com", "v1", "sensors"},
//         .namespace_ = "default",
//     };
//     if (kedge_dynamic_get(&sensors, "one", NULL, &sensor) != KEDGE_OK)
//         puts(kedge_rest_error_text(rest));
//     kedge_unstructured_set_int64(&sensor, KEDGE_PATH("spec", "intervalSeconds"), 30);
//     if (kedge_dynamic_update(&sensors, &sensor, NULL, &sensor) != KEDGE_OK)
//         puts(kedge_rest_error_text(rest));
//
// `sensor` is a struct kedge_unstructured over memory of yours: see kedge/unstructured.h. All but
// metadata.managedFields of an object is read into it and sent back from it; an update without
// managedFields leaves those that the server has, and records what changed in them. An object that
// is larger than its room is an error that says how much is needed; nothing is cut silently.
//
// These calls wait, as kedge_rest_read does, and may be called wherever that may. They answer
//
// KEDGE_OK            the server did it
// KEDGE_ERR_API       the server refused: kedge_rest_status says why
// KEDGE_ERR_ARGUMENT  no request: a name is missing or no path segment, an option does not belong
//                     to the verb, `rest` or another pointer is NULL. Nothing was sent
// KEDGE_ERR_TOO_LONG  the object is larger than its text: it is partial, `need` says what would be
//                     enough. Or the path is longer than the kedge_rest's path_max
// KEDGE_ERR_FULL      it has more tokens than there are: it is empty, `need_tokens` says how many
// KEDGE_ERR_JSON      the answer is not what it should be: cut, no JSON, or a Table or Status where
//                     a list was asked for
// and what else kedge_rest_read answers; of a changed object its own `err`. After TOO_LONG and FULL
// the server has done what was asked all the same. kedge_rest_error_text says each in words.
//
// `options` may be NULL. `out` gets the object that the server answers with; it may be NULL, and
// may be the object that is sent. It keeps what it held if the server refuses, and is empty after
// an answer that breaks off.
//
// As client-go's dynamic client, it asks for application/json only, and sends timeoutSeconds
// without timeout=, which only a timeout of the kedge_dynamic gives.
#ifndef KEDGE_DYNAMIC_H
#define KEDGE_DYNAMIC_H

#include <kedge/resource.h>
#include <kedge/rest.h>
#include <kedge/unstructured.h>

#ifdef __cplusplus
extern "C" {
#endif

// How much of each object is wanted.
struct kedge_dynamic_form;
// Its metadata, without managedFields: the server is asked for PartialObjectMetadata and sends no
// more; from one that does not know it, no more is kept.
extern const struct kedge_dynamic_form kedge_dynamic_metadata;
// Name, namespace, uid and resourceVersion, of the same answer: the cheapest list.
extern const struct kedge_dynamic_form kedge_dynamic_identity;

// Which objects, and by what; a value, copied freely. Zero means unset.
struct kedge_dynamic {
    struct kedge_rest *rest;
    struct kedge_gvr resource;
    const char *namespace_;  // NULL: cluster-scoped, or (list) all namespaces
    const char *subresource; // "status", "scale", ...; NULL: the object itself
    kedge_time timeout;      // of each request, as in struct kedge_request; 0: none
    int retries;             // the same
    // What is wanted of the objects in answers; NULL: all. An object in a form cannot be sent,
    // since the rest of it would be lost: create, update and apply refuse a kedge_dynamic with one.
    const struct kedge_dynamic_form *form;
};

kedge_err kedge_dynamic_get(const struct kedge_dynamic *d, const char *name,
                            const struct kedge_options *options, struct kedge_unstructured *out);

// The object's apiVersion and kind have to be there. Its namespace may be missing. With a
// subresource ("binding", "eviction"), metadata.name says of whom.
kedge_err kedge_dynamic_create(const struct kedge_dynamic *d,
                               const struct kedge_unstructured *object,
                               const struct kedge_options *options, struct kedge_unstructured *out);

// Replaces the object that metadata.name names. Its resourceVersion, if it is there, must still be
// the server's: else kedge_status_is_conflict, and it has to be read again.
kedge_err kedge_dynamic_update(const struct kedge_dynamic *d,
                               const struct kedge_unstructured *object,
                               const struct kedge_options *options, struct kedge_unstructured *out);

// The same for the status, and of the object that only.
kedge_err kedge_dynamic_update_status(const struct kedge_dynamic *d,
                                      const struct kedge_unstructured *object,
                                      const struct kedge_options *options,
                                      struct kedge_unstructured *out);

// Sends `patch`, a JSON text of that type, as it is.
kedge_err kedge_dynamic_patch(const struct kedge_dynamic *d, const char *name,
                              enum kedge_patch_type type, kedge_str patch,
                              const struct kedge_options *options, struct kedge_unstructured *out);

// Server-side apply. options->field_manager is required; an object with metadata.managedFields is
// refused.
kedge_err kedge_dynamic_apply(const struct kedge_dynamic *d, const char *name,
                              const struct kedge_unstructured *object,
                              const struct kedge_options *options, struct kedge_unstructured *out);
kedge_err kedge_dynamic_apply_status(const struct kedge_dynamic *d, const char *name,
                                     const struct kedge_unstructured *object,
                                     const struct kedge_options *options,
                                     struct kedge_unstructured *out);

kedge_err kedge_dynamic_delete(const struct kedge_dynamic *d, const char *name,
                               const struct kedge_options *options);
kedge_err kedge_dynamic_delete_collection(const struct kedge_dynamic *d,
                                          const struct kedge_options *options);

// One object of a list, in the kedge_rest's own room (text_max bytes of text); it is good until
// this returns, and kedge_unstructured_copy keeps it. One that is larger is partial, and `need`
// says what text_max would be enough. Anything but KEDGE_OK ends the list with just that. It makes
// no request on this kedge_rest.
typedef kedge_err (*kedge_dynamic_each)(void *ctx, const struct kedge_unstructured *object);

struct kedge_dynamic_listed {
    char resource_version[64]; // of the list: where a watch goes on. Of several pages, the first's
    uint64_t count;            // objects
    uint64_t partial;          // of them
    unsigned pages;
};

// Objects are as the server sends them: those of a list have no apiVersion and kind of their own,
// but for custom resources. Calls `each` for every object as it comes, in constant memory however
// many there are. With options->limit, so many are asked for at a time, and all pages are followed.
// If the version of the first page has expired before the last, that is the error
// (kedge_status_is_expired): list anew. `listed` may be NULL.
kedge_err kedge_dynamic_list(const struct kedge_dynamic *d, const struct kedge_options *options,
                             kedge_dynamic_each each, void *ctx,
                             struct kedge_dynamic_listed *listed);

#ifdef __cplusplus
}
#endif
#endif
