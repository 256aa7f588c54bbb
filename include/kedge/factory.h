// SPDX-License-Identifier: Apache-2.0
// kedge/factory.h - makes informers, one for each kind and scope, over one heap.
//
//     struct kedge_factory *factory = kedge_factory_new(client, 30 * KEDGE_SECOND);
//     struct kedge_informer *pods = kedge_factory_informer(factory, &kedge_kind_pod);
//     if (kedge_factory_start(factory) != KEDGE_OK ||
//         kedge_factory_wait_for_cache_sync(factory, 30 * KEDGE_SECOND) != KEDGE_OK)
//         return kedge_posix_fail(k);
//
// The heap takes what is left of the memory at kedge_factory_start; all informers share it.
#ifndef KEDGE_FACTORY_H
#define KEDGE_FACTORY_H

#include <kedge/client.h>
#include <kedge/informer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_factory;
struct kedge_change; // kedge/transform.h

// Zero means the default.
struct kedge_factory_options {
    kedge_time resync; // how often handlers are told of every object again; 0: never
    size_t object_max; // largest record in bytes, 4,096; larger objects become partial. Room for
                       // one is held back for the event in flight
    size_t heap;       // bytes of the heap; 0: all that is left

    // For informers that say nothing else themselves.
    const char *namespace_;
    const char *label_selector;
    const char *field_selector;
};

struct kedge_informer_options {
    const char *namespace_;     // "" or NULL: all; no "/", "%", control characters, ".", ".."
    const char *label_selector; // as the API takes it: "app=web,tier!=db"; NULL: all
    const char *field_selector; // "spec.nodeName=edge-1"; NULL: all
    // Each is checked when the informer is made; an error has the byte where it is wrong.

    // How a list is read. 0: as a WatchList, which needs least memory and is no list at all; where
    // a server refuses that, in pages of 500, by client-go's rules. So many objects a page: always
    // pages of that size, also after an error. KEDGE_UNPAGED: always one list of all.
    uint32_t page;
    bool no_watch_list; // with page 0: never a WatchList

    kedge_time resync;        // 0: as the factory says; KEDGE_FOREVER: never
    kedge_time watch_timeout; // least time a watch may last; 0, and less than that: 5 minutes
    kedge_time backoff_first; // 0: 800 ms
    kedge_time backoff_cap;   // 0: 30 s

    // A last change to each object before it is stored, and whether it is stored at all. Both see
    // each object that arrives, one that found no room again, and must do nothing else: they are
    // called while a step is under way, with KEDGE_THREADS=1 with the lock held. See
    // kedge/transform.h. NULL: none.
    void (*transform)(void *ctx, struct kedge_change *change);
    bool (*keep)(void *ctx, const struct kedge_object *obj);
    void *ctx;
    size_t transform_room; // bytes that a transform may add to an object

    size_t text_max; // bytes of the wanted fields of one object as JSON text; 0: 6,144
    size_t buffer;   // bytes of the connection's buffer; 0: 4,096; 2,048 at least
    size_t reserved; // bytes of the heap that the other informers cannot take
    size_t maximum;  // bytes of the heap that this one cannot pass; 0: no limit
    uint32_t queue;  // deltas that may wait for handlers; 0: 32
};

#define KEDGE_UNPAGED UINT32_MAX

// Bytes that are enough for kedge_init: a client, one factory, so many informers with default
// options, and a heap of `heap_bytes`. A constant expression. It counts a kubeconfig with
// certificates of 8 KiB and a token of 4 KiB; what mbedTLS and libyaml allocate is not in it.
//
//     static unsigned char memory[KEDGE_BYTES_FOR(1, 64 * 1024)];
#define KEDGE_BYTES_FOR(informers, heap_bytes) \
    ((size_t)36 * 1024 + (size_t)(informers) * (20 * 1024) + (size_t)(heap_bytes))

// Makes a factory. `resync`: how often handlers are told of every object again; 0: never.
// NULL if client is NULL or there is no room.
struct kedge_factory *kedge_factory_new(struct kedge_client *client, kedge_time resync);
struct kedge_factory *kedge_factory_new_with(struct kedge_client *client,
                                             const struct kedge_factory_options *options);

// The informer of that kind, for the factory's namespace and selectors (all, where it has none),
// made at the first call. Every call for the same kind and scope gives the same one. NULL on
// failure; kedge_error_text says why. Safe in a handler.
//
// Before the start a failure is one of the start-up (kedge_error: KEDGE_ERR_MEMORY,
// KEDGE_ERR_ENTROPY, KEDGE_ERR_ARGUMENT). After it, it is only an answer: the program runs on. An
// informer made then needs arena, so `heap` must have left some, and another kedge_factory_start or
// kedge_informer_start.
struct kedge_informer *kedge_factory_informer(struct kedge_factory *factory,
                                              const struct kedge_kind *kind);

// The same with options, whose texts outlive it. Equal kind, namespace and selectors are the same
// informer: then the options of the first call hold. KEDGE_ERR_ARGUMENT names an option that makes
// no sense, and the place in a label selector that is none.
struct kedge_informer *kedge_factory_informer_with(struct kedge_factory *factory,
                                                   const struct kedge_kind *kind,
                                                   const struct kedge_informer_options *options);

// The same for what concerns one node: of pods those that run on it (spec.nodeName), of any other
// kind (Node, CSINode) the object of its name. NULL as `node` (copied) is the environment's
// NODE_NAME; without that, KEDGE_ERR_CONFIG.
//
//     kedge_factory_informer_on_node(factory, &kedge_kind_pod, NULL);
struct kedge_informer *kedge_factory_informer_on_node(struct kedge_factory *factory,
                                                      const struct kedge_kind *kind,
                                                      const char *node);

// Takes the heap, the first time, and lets those informers run in the loop that do not yet. Returns
// at once. What kedge_informer_stop has stopped stays so. Safe in a handler.
//
// KEDGE_ERR_STOPPED   the factory was shut down
// KEDGE_ERR_ARGUMENT  factory is NULL
// otherwise           the first failure of any constructor
kedge_err kedge_factory_start(struct kedge_factory *factory);

// Polls until every informer that was started has synced.
//
// KEDGE_OK            all have
// KEDGE_ERR_TIMEOUT   not within `timeout` ms. kedge_error_text(k) names those that have not, in
// the
//                     order of their names, and why not; the informers go on
// KEDGE_ERR_STOPPED   one was stopped before, or the kedge
// KEDGE_ERR_STATE     not started
// otherwise           as kedge_poll
kedge_err kedge_factory_wait_for_cache_sync(struct kedge_factory *factory, kedge_time timeout);

// The same for some: `count` informers of this kedge, of any of its factories. None: KEDGE_OK.
// KEDGE_ERR_ARGUMENT also if one is NULL or another kedge's, KEDGE_ERR_STATE if one was not
// started.
kedge_err kedge_wait_for_cache_sync(struct kedge *k, struct kedge_informer *const *informers,
                                    size_t count, kedge_time timeout);

// Stops every informer for good and gives back all but the memory itself: connections and what TLS
// holds for them, what waited in queues (it is told nobody), handlers (their structs are yours
// again). Caches stay readable, and are all that the heap still holds. Twice, or before the start,
// it may be called; then kedge_factory_start gives KEDGE_ERR_STOPPED. From a handler it does
// nothing.
void kedge_factory_shutdown(struct kedge_factory *factory);

#ifdef __cplusplus
}
#endif
#endif
