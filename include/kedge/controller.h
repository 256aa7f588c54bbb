// SPDX-License-Identifier: Apache-2.0
// kedge/controller.h - a controller: brings the world into line with what objects ask for, as
// controller-runtime's Reconciler and client-go's standard loop.
//
//     static kedge_err reconcile(void *ctx, const struct kedge_reconcile *r,
//                                struct kedge_reconcile_result *result)
//     {
//         const struct kedge_object *obj;
//         kedge_err err = kedge_lister_get(sensors, r->namespace_, r->name, &obj);
//         if (err == KEDGE_ERR_NOT_FOUND)
//             return KEDGE_OK;                       // deleted: its ConfigMap goes with it
//         ...                                        // waiting calls: kedge_api_apply, ...
//         result->requeue_after = KEDGE_MINUTE;      // look again, whatever happens
//         return KEDGE_OK;
//     }
//
//     static struct kedge_controller_source of_sensors = {
//         .predicate = kedge_controller_generation_changed};
//     static struct kedge_controller_source of_configmaps = {
//         .map = kedge_controller_map_controller, .map_ctx = &kedge_kind_sensor};
//
//     struct kedge_controller_options options = {.name = "sensors", .reconcile = reconcile};
//     struct kedge_controller *c = kedge_controller_new(k, &options);
//     kedge_controller_watch(c, sensors, &of_sensors);
//     kedge_controller_watch(c, configmaps, &of_configmaps);
//     kedge_factory_start(factory);
//     return kedge_controller_run(c) == KEDGE_OK ? 0 : kedge_posix_fail(k);
//
// Sources turn what informers tell of into keys; the keys wait in a workqueue; each is given to
// the reconcile function, which looks at the caches and does what is missing. It is told what to
// look at, never what has happened: however much has, the key waits once. It is called outside
// handlers, so it may make requests that wait. No key is worked on twice at once.
//
// It begins when the caches of all sources are whole, with every object that is there. From then on
// a full queue holds back the informers: no key is lost. A key that waits for its time takes room
// too, so `keys` should be as many as there are objects to be looked after; where they are fewer,
// those that fail hold up those that come.
//
// What the sources point to, and the sources themselves, are the caller's. A program that does not
// call kedge_controller_new carries nothing of it.
#ifndef KEDGE_CONTROLLER_H
#define KEDGE_CONTROLLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kedge/informer.h>
#include <kedge/key.h>
#include <kedge/lister.h>
#include <kedge/loop.h>
#include <kedge/workqueue.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_controller;
struct kedge_kind;

// Reconciling ------------------------------------------------------------------------------------

// What is to be looked at (controller-runtime's Request). Good until the function returns.
struct kedge_reconcile {
    const char *key;        // "namespace/name", or "name": for messages
    const char *namespace_; // "" for a cluster-scoped kind
    const char *name;
    uint32_t failures; // of this key, in a row, before this
    unsigned worker;   // whose turn it is: 0, but in a thread of its own its number
};

// What is to come of a reconcile that answers KEDGE_OK (controller-runtime's Result). All zero: it
// is done, and its failures are forgotten.
struct kedge_reconcile_result {
    kedge_time requeue_after; // ms; more than 0: once more then, at the latest. Failures forgotten
    bool requeue;             // once more, ever later, as after a failure
    // After a failure: what went wrong, for the log (kedge_rest_error_text, ...). NULL or "": the
    // error's own sentence. Read right after the function has returned.
    const char *problem;
};

// Zero means the default.
struct kedge_controller_options {
    const char *name; // in messages; "controller"

    // Brings one key into line. May do whatever the program may do between two polls: read listers,
    // make requests that wait. It does not poll. Objects of the cache are good until it returns,
    // also over requests. KEDGE_OK: see *result, which is all zero before. Anything else is a
    // failure: it is logged, and the key comes again, ever later. Required.
    // In a thread of its own objects are good between kedge_read_begin and kedge_read_end only.
    kedge_err (*reconcile)(void *ctx, const struct kedge_reconcile *request,
                           struct kedge_reconcile_result *result);
    void *ctx;

    // How often a key that fails is tried again before it is given up until something happens to
    // it, as in client-go's standard loop. 0: without end, as controller-runtime; negative: never.
    int retries;

    size_t keys;                        // that it holds at most, those for later too; 256
    size_t bytes;                       // for their texts; 48 a key
    struct kedge_rate_limiter *limiter; // as of a workqueue: 5 ms, doubling to 1000 s, ...

    kedge_time sync_timeout; // for the caches at the beginning; 2 minutes; KEDGE_FOREVER: none
#if KEDGE_THREADS
    // Threads of yours that call kedge_controller_work. 0: kedge_controller_run and _step reconcile
    // themselves.
    unsigned workers;
#endif
};

// Bytes of the arena that a controller of so many keys takes, with default `bytes`: a constant
// expression.
#define KEDGE_CONTROLLER_BYTES(keys) (KEDGE_WORKQUEUE_BYTES((keys), (size_t)(keys)*48 + 1316) + 512)

// Makes a controller in the arena of `k`, with its queue. Texts and limiter of the options outlive
// it. NULL on failure (kedge_error):
//
// KEDGE_ERR_ARGUMENT  there is no reconcile function, or keys or bytes are out of range
// KEDGE_ERR_MEMORY    no room in the arena
// KEDGE_ERR_ENTROPY   the port has no random bytes
struct kedge_controller *kedge_controller_new(struct kedge *k,
                                              const struct kedge_controller_options *options);

// Sources ----------------------------------------------------------------------------------------

// Who gathers the keys that a map function gives.
struct kedge_controller_keys;

// Gives one more key; to be called by a map function. `namespace_` is empty for a cluster-scoped
// kind. Both are read before it returns. What is no key (no name, a slash, too long) is counted and
// logged, not taken.
void kedge_controller_key(struct kedge_controller_keys *out, kedge_str namespace_, kedge_str name);

// Where keys come from. Yours: it costs no arena, and must live, at its place, until the controller
// is over. Zero it, fill in what you want, leave the private part alone.
struct kedge_controller_source {
    // Tells by kedge_controller_key which keys an object stands for; of an update it is asked of
    // both objects. It must do nothing else. NULL: the object's own key. Of a partial object
    // (kedge_is_partial) only name, namespace, uid and version are there.
    void (*map)(const void *ctx, const struct kedge_object *obj, struct kedge_controller_keys *out);
    const void *map_ctx;
    unsigned keys; // that `map` gives at most for one object; 0: 1. More are taken if there is room

    // Whether what has happened matters. `old` is NULL of what is new (or was there at the
    // beginning), `obj` of what is gone. An update without a change (a resync) has the same
    // pointer twice. NULL: everything.
    bool (*predicate)(const void *ctx, const struct kedge_object *old,
                      const struct kedge_object *obj);
    const void *predicate_ctx;

    // Private.
    struct kedge_handler handler;
    struct kedge_controller_source *next;
    struct kedge_controller *controller;
    struct kedge_informer *informer;
    struct kedge_iter walk; // over what was there at the beginning
    bool walking;
};

// Joins a source, whose keys come from `informer`, before the controller runs. Several may have the
// same informer.
//
// KEDGE_ERR_ARGUMENT  something is NULL; or the queue could never hold the keys of one update, at
//                     their longest: this is a failure of the start-up, too (kedge_error)
// KEDGE_ERR_EXISTS    the source is joined already
// KEDGE_ERR_STATE     the controller has begun, or the informer is stopped
kedge_err kedge_controller_watch(struct kedge_controller *c, struct kedge_informer *informer,
                                 struct kedge_controller_source *source);

// Ready-made map functions.

// The owner with controller: true, if it is of the kind that the ctx points to (a struct
// kedge_kind; its version does not matter). In the object's namespace, if that kind has any.
void kedge_controller_map_controller(const void *ctx, const struct kedge_object *obj,
                                     struct kedge_controller_keys *out);
// All owners of that kind: `keys` of the source says how many.
void kedge_controller_map_owners(const void *ctx, const struct kedge_object *obj,
                                 struct kedge_controller_keys *out);
// What a label names: the ctx is the label's key, its value a name, in the object's namespace; or
// of a cluster-scoped object.
void kedge_controller_map_label(const void *ctx, const struct kedge_object *obj,
                                struct kedge_controller_keys *out);
void kedge_controller_map_label_cluster(const void *ctx, const struct kedge_object *obj,
                                        struct kedge_controller_keys *out);

// Ready-made predicates. Both let through what is new, what is gone and partial objects.

// Updates of metadata.generation: of the spec, or the deletion's beginning, but not of the status.
// Not for kinds whose objects have no generation, such as ConfigMaps: their updates never pass.
bool kedge_controller_generation_changed(const void *ctx, const struct kedge_object *old,
                                         const struct kedge_object *obj);
// Updates of any kind, but no resyncs.
bool kedge_controller_version_changed(const void *ctx, const struct kedge_object *old,
                                      const struct kedge_object *obj);

// Adds a key from outside, such as a timer's or a sensor's (controller-runtime's channel source).
// `namespace_` NULL or "": cluster-scoped. May be called in a handler, in the reconcile function,
// and with KEDGE_THREADS=1 in any thread; also before the controller runs.
//
// KEDGE_ERR_FULL      no room for a key that the queue does not have yet: some is kept for sources
// KEDGE_ERR_STOPPED   the controller is shut down
// KEDGE_ERR_ARGUMENT  c is NULL, or it is no key
kedge_err kedge_controller_add(struct kedge_controller *c, const char *namespace_,
                               const char *name);

// Running ----------------------------------------------------------------------------------------

// Polls until the caches of all sources are whole, then polls and reconciles, until
// kedge_controller_shut_down or kedge_stop. The factory was started before. Not from a handler.
//
// KEDGE_OK            it was shut down and has worked off what waited; or kedge_stop was called
// KEDGE_ERR_TIMEOUT   the caches were not whole within sync_timeout: kedge_error_text names them
// KEDGE_ERR_STATE     an informer was not started
// KEDGE_ERR_STOPPED   an informer was stopped before its cache was whole
// KEDGE_ERR_REENTRANT called from a handler: nothing was done
// KEDGE_ERR_ARGUMENT  c is NULL
// otherwise           as kedge_poll
//
// When it has returned, but for KEDGE_ERR_REENTRANT, the controller is over, also after an error:
// it cannot be run again, workers return, the sources are yours.
kedge_err kedge_controller_run(struct kedge_controller *c);

// The same for several of one kedge, which take turns: one key each, then a poll. It ends when all
// are shut down, and with the first error of any: then all are over.
kedge_err kedge_controllers_run(struct kedge_controller *const *controllers, size_t count);

// For who has a loop already: goes a step on, between two polls. It waits for nothing but what the
// reconcile function waits for: one key, at most.
//
//     while ((err = kedge_controller_step(c)) == KEDGE_OK || err == KEDGE_WAIT)
//         kedge_poll(k, err == KEDGE_OK ? 0 : KEDGE_FOREVER);
//
// So it is called once more after kedge_stop, too: that ends it, and lets workers return. With a
// sync_timeout, poll no longer than until then.
//
// KEDGE_OK             something was done: there may be more
// KEDGE_WAIT           there is nothing to do before the next poll has seen something
// KEDGE_ERR_STOPPED    it is over: shut down and empty, or kedge_stop, or an informer was stopped
//                      before its cache was whole. The sources are yours again
// KEDGE_ERR_REENTRANT  called from a handler, or from the reconcile function: nothing was done
// otherwise            as kedge_controller_run; it is over, too
kedge_err kedge_controller_step(struct kedge_controller *c);

// Takes no more keys and drops those for later. What waits is still reconciled, once, if the caches
// are whole; then kedge_controller_run returns. Safe in a handler and in the reconcile function;
// with KEDGE_THREADS=1 in any thread. kedge_stop ends it at once instead: what is being reconciled
// sees its requests end with KEDGE_ERR_STOPPED. NULL does nothing.
void kedge_controller_shut_down(struct kedge_controller *c);

#if KEDGE_THREADS
// Reconciles in a thread of its own, as worker number `worker` of the options' `workers`, from 0,
// until the controller is over. Another thread is in kedge_controller_run; when that has returned,
// so do the workers, each as soon as its reconcile does: join them before you free anything.
// Requests are made with a kedge_rest of this worker that has the option own_thread, and not
// between kedge_read_begin and kedge_read_end.
//
// KEDGE_OK            the controller is over
// KEDGE_ERR_ARGUMENT  c is NULL, or there is no such worker
kedge_err kedge_controller_work(struct kedge_controller *c, unsigned worker);
#endif

// Figures ----------------------------------------------------------------------------------------

struct kedge_controller_report {
    bool synced;         // the caches were whole: it reconciles
    uint64_t reconciles; // ended
    uint64_t errors;     // of these with a failure
    uint64_t requeues;   // of these that asked to come again
    uint64_t given_up;   // failures after which a key is not tried again
    uint64_t events;     // from informers, those at the beginning included
    uint64_t unwanted;   // of these that a predicate did not want
    uint64_t bad_keys;   // that a map function gave and that are none, or had no room
    size_t busy;         // being reconciled now
    kedge_time longest;  // reconcile, in ms
    kedge_time sum;      // of all, in ms
    struct kedge_workqueue_report queue;
};

// KEDGE_ERR_ARGUMENT if either is NULL. Callable wherever kedge_controller_add is.
kedge_err kedge_controller_report(const struct kedge_controller *c,
                                  struct kedge_controller_report *report);

#ifdef __cplusplus
}
#endif
#endif
