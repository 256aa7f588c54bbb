// SPDX-License-Identifier: Apache-2.0
// kedge/informer.h - keeps the objects of one kind in memory and tells handlers what changes.
//
//     static void added(void *ctx, const struct kedge_object *obj, bool initial) { ... }
//     static struct kedge_handler printer = { .on_add = added };
//
//     struct kedge_informer *pods = kedge_factory_informer(factory, &kedge_kind_pod);
//     kedge_informer_add_handler(pods, &printer);
//
// As client-go's shared informer, in fixed memory; src/cache/README.md names the deliberate
// differences. Handlers are called from kedge_poll, kedge_run and kedge_factory_wait_for_cache_sync
// only, one at a time. A handler may add and remove handlers (itself too), stop the informer, read
// listers and make requests; it must not poll.
#ifndef KEDGE_INFORMER_H
#define KEDGE_INFORMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kedge/err.h>
#include <kedge/kind.h>
#include <kedge/object.h>
#include <kedge/status.h>
#include <kedge/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_informer;

// What to call. Yours: it costs no arena, and must live, at its place, until it is removed. Zero
// it, fill in what you want, leave the private part alone. Every callback may be NULL.
struct kedge_handler {
    // An object is new in the cache. `initial`: it was there before the first list was complete, or
    // before this handler was added.
    void (*on_add)(void *ctx, const struct kedge_object *obj, bool initial);

    // An object has changed; or not, in a resync: then `old` and `obj` are the same pointer.
    void (*on_update)(void *ctx, const struct kedge_object *old, const struct kedge_object *obj);

    // An object is gone; the cache has it no more. `tombstone`: its deletion was not seen but
    // noticed by its absence from a list, and `obj` is what the cache last knew (client-go's
    // DeletedFinalStateUnknown).
    void (*on_delete)(void *ctx, const struct kedge_object *obj, bool tombstone);

    // Asked before each call. While it says false nothing is delivered to this handler, the
    // informer soon stops reading its stream, and TCP holds back the server: nothing is lost. Asked
    // again 10 times a second, and at once after kedge_wake. NULL: always ready.
    bool (*ready)(void *ctx);

    // Which objects this handler is told of; NULL: all. An update from one that passes to one that
    // does not is an on_delete of the old one; the other way round an on_add. What an on_delete
    // would show is asked about as it is.
    bool (*filter)(void *ctx, const struct kedge_object *obj);

    void *ctx;

    // How often on_update is called for every object without a change. 0: as the informer's options
    // say, or the factory's; KEDGE_FOREVER: never; less than a second counts as a second.
    kedge_time resync;

    // Private.
    struct kedge_handler *next;
    struct kedge_informer *informer;
    kedge_time resync_period;
    kedge_time next_resync;
    uint64_t had;    // the number of the last notification it has had
    uint32_t replay; // late handler: the last slot it was shown
    bool replaying;
    bool resyncing;
};

// Joins `h` to the informer. One that is added late gets an add, with `initial`, for every object
// the cache holds, and from then on what the others get: no miss, no duplicate.
//
// KEDGE_ERR_ARGUMENT  informer or h is NULL
// KEDGE_ERR_EXISTS    h is joined already, here or elsewhere
// KEDGE_ERR_STATE     the informer is stopped
kedge_err kedge_informer_add_handler(struct kedge_informer *informer, struct kedge_handler *h);

// Parts with `h`, which then gets no further call, also not the ones that wait. KEDGE_OK also if it
// was not joined.
kedge_err kedge_informer_remove_handler(struct kedge_informer *informer, struct kedge_handler *h);

// True once the first list was complete and every handler, or this one, was told of all of it.
// Stays true.
bool kedge_informer_has_synced(const struct kedge_informer *informer);
bool kedge_handler_has_synced(const struct kedge_handler *h);

// Ends reading and delivering, and closes the connection. The lister goes on to serve what it has,
// handlers stay joined but hear nothing, and what waits for them is kept. Safe in a handler: done
// when that has returned. Twice, or of a NULL informer, it does nothing.
void kedge_informer_stop(struct kedge_informer *informer);

// Goes on after a stop, or starts an informer that kedge_factory_start has not. What waits is
// delivered first; the watch goes on from the version read, or, if a list was under way or due,
// that is begun anew: nothing is missed, nothing comes twice. Safe in a handler.
//
// KEDGE_OK            also if it runs already
// KEDGE_ERR_STATE     the factory was not started: kedge_factory_start comes first
// KEDGE_ERR_STOPPED   the factory was shut down
// KEDGE_ERR_ARGUMENT  informer is NULL
// otherwise           the first failure of any constructor
kedge_err kedge_informer_start(struct kedge_informer *informer);

// True after a stop, until a start. True of NULL. client-go's IsStopped.
bool kedge_informer_is_stopped(const struct kedge_informer *informer);

// The version that list or watch has come to, "" before the first list: a watch would go on from
// there. What the lister shows may be a little behind: see kedge_informer_state. Good until the
// next poll.
const char *kedge_informer_last_sync_resource_version(const struct kedge_informer *informer);

enum kedge_informer_phase {
    KEDGE_SYNCING,   // the first list is not complete
    KEDGE_CURRENT,   // the cache is what the server said, and follows it
    KEDGE_RELISTING, // still serving what it has while a new list is read
    KEDGE_STALE // the heap is too small for all objects: what the lister does not have may exist
};

struct kedge_informer_state {
    enum kedge_informer_phase phase;
    kedge_err reason; // STALE: KEDGE_ERR_FULL. Otherwise the last failure of list or watch, or OK;
                      // or KEDGE_ERR_FULL: a transform lacked room. Until the list is whole or a
                      // watch opens
    const char
        *text; // of `reason`, more exactly; may come from the server. Good until the next poll
    const char *object; // STALE: namespace/name that had no room
    size_t bytes_short; // STALE: how many bytes were lacking for it
    kedge_time since;   // when the phase began, on the port's clock as long as that never went back
    const char *version;    // resourceVersion that the cache is at; "" before the first list
    size_t objects;         // in the cache
    uint64_t partial;       // objects stored without their fields, being over the size limit
    uint64_t skipped;       // events and items that were of no use (no name, no such type or kind)
    uint64_t untransformed; // objects for whose transform transform_room was too little, in all:
                            // one that is seen again counts again
    const char *last_partial; // namespace/name of the last partial one, or ""
    uint64_t lists;           // begun, to get the whole state; a WatchList is one, too
    uint64_t watches;         // begun; a WatchList is one, too
    uint64_t failures;        // of either, in all
    uint64_t bytes_in;        // received, bodies and heads
    uint64_t bytes_out;
};

// Fills in *state. KEDGE_ERR_ARGUMENT if either is NULL.
kedge_err kedge_informer_state(const struct kedge_informer *informer,
                               struct kedge_informer_state *state);

// Calls `changed` from the loop whenever the phase has changed or list or watch has failed. NULL:
// no more. It may do what a handler may.
void kedge_informer_on_state(struct kedge_informer *informer,
                             void (*changed)(void *ctx, struct kedge_informer *informer),
                             void *ctx);

// A failure of list or watch. Good until the handler returns.
struct kedge_watch_error {
    kedge_err err; // KEDGE_ERR_API: the server said no
    bool of_watch; // of a watch; else of a list, or of a WatchList before its end
    int32_t code;  // of the server's Status, or of an HTTP reply without one; 0: there was none
    enum kedge_reason reason; // the Status's: KEDGE_REASON_EXPIRED, ...
    const char *text;         // in words, never NULL; may come from the server
};

// Calls `failed` for each failure of list or watch, from the loop, before anything is asked again
// (client-go's SetWatchErrorHandler). It is only told: the informer goes on as it would without it.
// It may do what a handler may. The last call holds; NULL: none. Failures are logged either way.
//
// KEDGE_ERR_ARGUMENT  informer is NULL
// KEDGE_ERR_STATE     the informer has already started
kedge_err
kedge_informer_set_watch_error_handler(struct kedge_informer *informer,
                                       void (*failed)(void *ctx, struct kedge_informer *informer,
                                                      const struct kedge_watch_error *error),
                                       void *ctx);

const struct kedge_kind *kedge_informer_kind(const struct kedge_informer *informer);

#ifdef __cplusplus
}
#endif
#endif
