// SPDX-License-Identifier: Apache-2.0
// kedge/lister.h - reads an informer's cache.
//
//     struct kedge_iter it = kedge_lister_list(pods, "default", KEDGE_EVERYTHING);
//     for (const struct kedge_object *obj; (obj = kedge_iter_next(&it)) != NULL;)
//         printf("%s\n", kedge_name(obj));
//
//     struct kedge_status status;
//     const struct kedge_object *web;
//     if (kedge_lister_get_status(pods, "default", "web", &web, &status) != KEDGE_OK)
//         printf("%s\n", status.message); // pods "web" not found
//
// Objects are the cache's own: read-only, and good until the next poll (in a handler: until it
// returns). Copy with kedge_object_copy what must last, or keep a kedge_ref. May be called from a
// handler; with KEDGE_THREADS=1 also from another thread, between kedge_read_begin and
// kedge_read_end.
#ifndef KEDGE_LISTER_H
#define KEDGE_LISTER_H

#include <kedge/informer.h>
#include <kedge/key.h>
#include <kedge/selector.h>
#include <kedge/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge;

// Another thread reads between these two: nothing in the caches of `k` changes meanwhile, and
// objects are good until the end. The loop waits, so copy and let go. They may be nested. In the
// thread that polls, and in a handler, they are not needed. Without KEDGE_THREADS they are nothing.
//
//     kedge_read_begin(k);
//     if (kedge_lister_get(deployments, "default", "web", &obj) == KEDGE_OK)
//         replicas = kedge_as_deployment(obj)->spec_replicas;
//     kedge_read_end(k);
#if KEDGE_THREADS
void kedge_read_begin(const struct kedge *k);
void kedge_read_end(const struct kedge *k);
#else
static inline void kedge_read_begin(const struct kedge *k)
{
    (void)k;
}
static inline void kedge_read_end(const struct kedge *k)
{
    (void)k;
}
#endif

struct kedge_index; // kedge/index.h

// A walk over the cache; a value, to be copied as you like. It may go on after a poll: objects that
// are there throughout come exactly once, what comes or goes meanwhile at most once.
struct kedge_iter {
    // Private.
    const struct kedge_informer *informer;
    const char *namespace_;
    const struct kedge_selector *selector;
    uint32_t (*next)(const struct kedge_iter *it); // NULL: over the slots
    const struct kedge_index *index;
    const char *value;               // of `index`
    const struct kedge_object *like; // whose values of `index` are wanted
    uint32_t slot;                   // the last one
};

// Begins a walk over the objects of that namespace ("" or NULL: all) that the selector matches
// (KEDGE_EVERYTHING: all; KEDGE_NOTHING: none, without a look). Both are borrowed until the walk
// ends. In no order; for that of the keys see kedge_iter_next_key. A NULL informer has no objects.
// Where the informer has the namespace index (kedge/index.h), only that namespace is walked over.
struct kedge_iter kedge_lister_list(const struct kedge_informer *informer, const char *namespace_,
                                    const struct kedge_selector *selector);

// The next object, or NULL at the end.
const struct kedge_object *kedge_iter_next(struct kedge_iter *it);

// For a walk in the order of the keys, in fixed memory (client-go's IndexKeys and sorted ListKeys):
//
//     char key[KEDGE_KEY_MAX] = "";
//     while (kedge_iter_next_key(&it, key))
//         puts(key);
//
// Writes the least key (kedge_object_key) among those of the whole walk that come behind `key`, by
// their bytes, into `key`. False at the end; then `key` is as it was. Each call looks at all
// objects of the walk, and leaves it where it stands.
bool kedge_iter_next_key(const struct kedge_iter *it, char key[KEDGE_KEY_MAX]);

// The object of that name. `namespace_` is "" or NULL for cluster-scoped kinds.
//
// KEDGE_OK             *obj is it
// KEDGE_ERR_NOT_FOUND  there is none; *obj is NULL
// KEDGE_ERR_STALE      the cache does not have it but is not whole (state STALE, or not synced
// yet).
//                      In state STALE what it has may be as old as the last list, up to an hour
// KEDGE_ERR_ARGUMENT   informer, name or obj is NULL
kedge_err kedge_lister_get(const struct kedge_informer *informer, const char *namespace_,
                           const char *name, const struct kedge_object **obj);

// The same, and *status says what a server would on an error: code 404, reason NotFound, 'pods
// "web" not found' (with a group: 'deployments.apps "web" not found'), and of what. A
// KEDGE_ERR_STALE has neither code nor reason, as nobody has said that there is none; its message
// says so.
kedge_err kedge_lister_get_status(const struct kedge_informer *informer, const char *namespace_,
                                  const char *name, const struct kedge_object **obj,
                                  struct kedge_status *status);

// The same by "namespace/name", or "name" alone. KEDGE_ERR_ARGUMENT also if `key` has more than one
// slash: kedge_key_split says why.
kedge_err kedge_lister_get_by_key(const struct kedge_informer *informer, const char *key,
                                  const struct kedge_object **obj);

// Objects in the cache.
size_t kedge_lister_count(const struct kedge_informer *informer);

// A name for a cached object that may be kept for ever: gives the object as it then is, or NULL
// once it is gone. {0, 0} is nobody's.
typedef struct kedge_ref {
    uint32_t slot;
    uint32_t generation;
} kedge_ref;

// `obj` is one that the lister or on_add or on_update (the new one) gave; else {0, 0}.
kedge_ref kedge_lister_ref(const struct kedge_informer *informer, const struct kedge_object *obj);
const struct kedge_object *kedge_lister_deref(const struct kedge_informer *informer, kedge_ref ref);

#ifdef __cplusplus
}
#endif
#endif
