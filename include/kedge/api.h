// SPDX-License-Identifier: Apache-2.0
// kedge/api.h - typed objects: what client-go's clientset is, by a kind's table.
//
//     struct kedge_rest *rest = kedge_rest_new(client, NULL);
//     struct kedge_api deployments = kedge_api_of(rest, &kedge_kind_deployment, "default");
//     const struct kedge_object *obj;
//
//     if (kedge_api_get(&deployments, "web", NULL, &obj) == KEDGE_OK)
//         printf("%d replicas\n", (int)kedge_as_deployment(obj)->spec_replicas);
//     else if (kedge_status_is_not_found(kedge_rest_status(rest)))
//         puts("there is no web");
//     else
//         puts(kedge_rest_error_text(rest));
//
// client-go's clientset.AppsV1().Deployments("default").Get(ctx, "web", opts) is the same call. An
// object is a record, as in the cache (kedge/object.h); it lies in the kedge_rest's room and is
// good until the next request on that kedge_rest (in a call-back, until it returns):
// kedge_object_copy keeps one. One that is larger than the kedge_rest's limits is partial
// (kedge_is_partial).
//
// There is no update: a record is not the whole object, and sending it back would take away what
// is not in it. Write patches, or objects built anew: kedge/build.h.
//
// Options may be NULL; what a verb does not know is refused. All calls wait, as kedge_rest_stream
// does, may be called where that may, and fail as it does:
//
// KEDGE_ERR_API       the server refused: kedge_rest_status says why
// KEDGE_ERR_ARGUMENT  not a request: kedge_rest_error_text names the member. Or a rest that is NULL
// KEDGE_ERR_STATE     another request is under way on this kedge_rest
// KEDGE_ERR_JSON      the answer is not what it should be: cut, no JSON, or by its own words of
//                     another kind, such as a Table where a list was asked for
// others              no answer, see kedge/rest.h; kedge_rest_error_text says it in words
//
// kedge_api_start and kedge_api_list_start do the same in the loop. Each file of this room is
// linked only where it is called: a program that gets carries nothing that writes.
#ifndef KEDGE_API_H
#define KEDGE_API_H

#include <kedge/kind.h>
#include <kedge/rest.h>

#ifdef __cplusplus
extern "C" {
#endif

// One kind, in one namespace or all. A value; what it points to outlives it.
struct kedge_api {
    struct kedge_rest *rest;
    const struct kedge_kind *kind;
    const char *namespace_;  // NULL: cluster-scoped. "": all namespaces, only to list
    const char *subresource; // that gives and takes the same kind: "status"; NULL: none
    kedge_time timeout;      // of each request, as in struct kedge_request; 0: none
    int retries;             // the same
};

// The kind on that connection. `namespace_` NULL is "", all namespaces; of a cluster-scoped kind
// it is not looked at. Fails never: what is wrong, the calls say.
struct kedge_api kedge_api_of(struct kedge_rest *rest, const struct kedge_kind *kind,
                              const char *namespace_);

// The same kind's "status", or another subresource whose answer is the object itself: for get,
// patch and apply.
struct kedge_api kedge_api_sub(const struct kedge_api *api, const char *subresource);

// Reading ----------------------------------------------------------------------------------------

// Gets one object. *out is NULL after an error.
kedge_err kedge_api_get(const struct kedge_api *api, const char *name,
                        const struct kedge_options *options, const struct kedge_object **out);

// Objects a page, where neither the options nor the list say otherwise: client-go's pager.
#define KEDGE_API_PAGE 500

// Bytes of a continue token with its NUL.
#define KEDGE_API_CONTINUE 768

// A list, page by page. Zero means the default.
struct kedge_api_list {
    // Called for each object, in the order of the server. Anything but KEDGE_OK ends the list with
    // just that. The object is good until it returns. It makes no request on this kedge_rest.
    kedge_err (*each)(void *ctx, const struct kedge_object *object);
    // Told when the list begins anew, because its continue token has expired (more than some five
    // minutes for all pages): what has come so far will come again, all at once, with what has
    // changed. NULL: then the list ends with KEDGE_ERR_API, and kedge_status_is_expired. As
    // client-go's pager with and without FullListIfExpired. It cannot end the list; `each` can.
    void (*again)(void *ctx);
    void *ctx;
    // Objects a page, if the options have no limit; 0: KEDGE_API_PAGE; negative: all at once.
    int64_t page_size;
    bool one_page; // ends behind the first page; continue_ is for the options of the next call

    // Out.
    char resource_version[64];          // of the first page, from which to watch
    char continue_[KEDGE_API_CONTINUE]; // of what is left; "": nothing is
    uint64_t count;                     // objects that came, since the list began anew
    unsigned pages;                     // the same

    // Private.
    struct kedge_api api;
    struct kedge_options options; // of the next page
    const char *version;          // as asked for
    enum kedge_version_match version_match;
    bool whole; // all at once, after an expired token
    kedge_err begun;
    size_t taken; // of bytes that are offered again
    bool waits;
    void (*done)(void *ctx, kedge_err err);
};

// Lists all objects, or those that the options select, one page after the other. With
// timeout_seconds, each page also has it as its own timeout, as client-go's typed clients do.
//
// KEDGE_ERR_TOO_LONG  the version or continue token does not fit
// What `each` answered.
kedge_err kedge_api_list(const struct kedge_api *api, const struct kedge_options *options,
                         struct kedge_api_list *list);

// Writing ----------------------------------------------------------------------------------------
// `out` is the object as it is then; NULL: of no interest, and of whatever kind. Texts are those of
// kedge/build.h, or any JSON.

kedge_err kedge_api_create(const struct kedge_api *api, kedge_str object,
                           const struct kedge_options *options, const struct kedge_object **out);

kedge_err kedge_api_patch(const struct kedge_api *api, const char *name, enum kedge_patch_type type,
                          kedge_str patch, const struct kedge_options *options,
                          const struct kedge_object **out);

// Server-side apply. The options' field_manager must be set (the server refuses it otherwise), and
// force, to take fields over from others.
kedge_err kedge_api_apply(const struct kedge_api *api, const char *name, kedge_str object,
                          const struct kedge_options *options, const struct kedge_object **out);

// Deletes one. It may be there for a while yet: until its grace period is over and its finalizers
// are gone.
kedge_err kedge_api_delete(const struct kedge_api *api, const char *name,
                           const struct kedge_options *options);

// Deletes all of the namespace that the options' selectors select: without any, all of them.
kedge_err kedge_api_delete_collection(const struct kedge_api *api,
                                      const struct kedge_options *options);

// Any request, and its answer as an object --------------------------------------------------------
//
//     struct kedge_request r = kedge_api_request(&deployments, KEDGE_PATCH, "web", NULL);
//     r.body = patch;
//     static struct kedge_api_call call = {.done = patched};
//     kedge_api_start(&call, &deployments, &r);

// The request that the calls above would make, without a body. `options` may be NULL.
struct kedge_request kedge_api_request(const struct kedge_api *api, enum kedge_verb verb,
                                       const char *name, const struct kedge_options *options);

// Makes it and waits. The answer of a deletion is not looked at: *out is NULL. KEDGE_ERR_ARGUMENT
// of lists and watches.
kedge_err kedge_api_do(const struct kedge_api *api, const struct kedge_request *request,
                       const struct kedge_object **out);

// A request in the loop. It outlives it.
struct kedge_api_call {
    // Called from the loop, once, when it has ended; may do what a handler may, and begin the next
    // request, also with this struct. `object` as `out` above, good until it returns.
    void (*done)(void *ctx, kedge_err err, const struct kedge_object *object);
    void *ctx;

    // Private.
    struct kedge_rest *rest;
    const struct kedge_kind *kind; // NULL: the answer is not looked at
    const struct kedge_object *object;
    kedge_err begun;
};

// Begins a request; the loop goes on with it. What the request points to is borrowed until `done`;
// `api` and `request` themselves are not. An error is one of beginning: then `done` is not called.
// kedge_rest_cancel ends it, without `done`.
kedge_err kedge_api_start(struct kedge_api_call *call, const struct kedge_api *api,
                          const struct kedge_request *request);

// Begins a list in the loop: as kedge_api_list, and `done` at its end. `list` and the options'
// texts are borrowed until then.
kedge_err kedge_api_list_start(const struct kedge_api *api, const struct kedge_options *options,
                               struct kedge_api_list *list, void (*done)(void *ctx, kedge_err err));

// Subresources with a kind of their own -----------------------------------------------------------

// autoscaling/v1 Scale: of everything that has replicas, also of custom resources.
#define KEDGE_ROWS_scale(FIELD, LIST, ENUM, K)             \
    FIELD(K, INT32, spec_replicas, "spec", "replicas")     \
    FIELD(K, INT32, status_replicas, "status", "replicas") \
    FIELD(K, TEXT, status_selector, "status", "selector")
KEDGE_DECLARE_KIND(scale)

// How many replicas it is to have and has: kedge_as_scale(*out).
kedge_err kedge_api_get_scale(const struct kedge_api *api, const char *name,
                              const struct kedge_options *options, const struct kedge_object **out);

// Sets the replicas. `resource_version` NULL or "": whatever the object is; else of the Scale or
// the object as it was read: KEDGE_ERR_API, and kedge_status_is_conflict, if it has changed since.
kedge_err kedge_api_set_scale(const struct kedge_api *api, const char *name, int32_t replicas,
                              const char *resource_version, const struct kedge_options *options,
                              const struct kedge_object **out);

// The following are of Pods and ServiceAccounts: of `api` the kind is not looked at, and may be
// NULL.

// Evicts a pod: a deletion that a PodDisruptionBudget may refuse. The server then says 429 with a
// Retry-After, after which it is tried again, as often as `retries` says:
// kedge_status_is_too_many_requests. Options as for a deletion.
kedge_err kedge_api_evict(const struct kedge_api *api, const char *pod,
                          const struct kedge_options *options);

// Binds a pod to a node, as a scheduler does. The options' preconditions (uid, version) are those
// of the pod; else as for creating.
kedge_err kedge_api_bind(const struct kedge_api *api, const char *pod, const char *node,
                         const struct kedge_options *options);

// What a service account's token is to be good for. Zero means unset.
struct kedge_token_request {
    const char *const *audiences; // `audience_count` of them; none: the API server
    size_t audience_count;
    struct kedge_maybe expiration_seconds; // at least 600; unset: an hour
    // The object with which it ends: a Pod, Secret or Node. bound_kind NULL: none.
    const char *bound_api_version;
    const char *bound_kind;
    const char *bound_name;
    const char *bound_uid;
};

// Asks for a token of that service account. It is written to `buf` with a NUL, and when it ends to
// *expires (may be NULL; 0: not said). `spec` may be NULL. Where the library held it, it is wiped.
//
// KEDGE_ERR_TOO_LONG  it is longer than `cap` - 1, or than text_max; or the request than 1,024
//                     bytes
kedge_err kedge_api_token(const struct kedge_api *api, const char *service_account,
                          const struct kedge_token_request *spec,
                          const struct kedge_options *options, char *buf, size_t cap,
                          kedge_timestamp *expires);

// Conflicts ---------------------------------------------------------------------------------------

// Calls `attempt` until it ends with something else than a Conflict, five times at most, with 10
// to 11 ms between: client-go's RetryOnConflict with its DefaultRetry. An attempt reads, decides
// and writes, on this kedge_rest, and gives back what that gave. Waits; calls no handler meanwhile.
//
// What the last attempt gave: after five conflicts KEDGE_ERR_API, and the conflict is the
// kedge_rest's status. The same if kedge_stop comes after one. The port's error if it cannot wait.
kedge_err kedge_retry_on_conflict(struct kedge_rest *rest, kedge_err (*attempt)(void *ctx),
                                  void *ctx);

#ifdef __cplusplus
}
#endif
#endif
