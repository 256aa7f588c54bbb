// SPDX-License-Identifier: Apache-2.0
// kedge/lister.h - reads an informer's cache.
//
//     struct kedge_iter it = kedge_lister_list(pods, "default", KEDGE_EVERYTHING);
//     for (const struct kedge_object *obj; (obj = kedge_iter_next(&it)) != NULL;)
//         printf("%s\n", kedge_name(obj));
//
// Objects are the cache's own: read-only, and good until the next poll (in a handler: until it
// returns). Copy with kedge_object_copy what must last, or keep a kedge_ref. May be called from a
// handler; with KEDGE_THREADS=1 also from another thread, between kedge_read_begin and
// kedge_read_end.
#ifndef KEDGE_LISTER_H
#define KEDGE_LISTER_H

#include <kedge/informer.h>
#include <kedge/selector.h>

#ifdef __cplusplus
extern "C" {
#endif

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

// A walk over the cache; a value, to be copied as you like. It may go on after a poll: objects that
// are there throughout come exactly once.
struct kedge_iter {
    // Private.
    const struct kedge_informer *informer;
    const char *namespace_;
    const struct kedge_selector *selector;
    uint32_t slot;
};

// Begins a walk over the objects of that namespace ("" or NULL: all) that the selector matches
// (KEDGE_EVERYTHING: all). Both are borrowed until the walk ends. In no order. A NULL informer has
// no objects.
struct kedge_iter kedge_lister_list(const struct kedge_informer *informer, const char *namespace_,
                                    const struct kedge_selector *selector);

// The next object, or NULL at the end.
const struct kedge_object *kedge_iter_next(struct kedge_iter *it);

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
