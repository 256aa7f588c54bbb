// SPDX-License-Identifier: Apache-2.0
// kedge/workqueue.h - keys that are to be worked on, as client-go's rate limiting workqueue, in
// fixed memory.
//
//     struct kedge_workqueue *queue = kedge_workqueue_new(k, NULL);
//     ...                                                  // a handler: kedge_workqueue_add(...)
//     char key[KEDGE_WORKQUEUE_KEY];
//     while (kedge_workqueue_wait(queue, key, sizeof key, KEDGE_FOREVER) == KEDGE_OK) {
//         if (reconcile(key))
//             kedge_workqueue_forget(queue, key);
//         else if (kedge_workqueue_requeues(queue, key) < 5)
//             kedge_workqueue_add_rate_limited(queue, key);
//         kedge_workqueue_done(queue, key);
//     }
//
// A key is a text, such as "namespace/name". However often it is added, it waits once; it is given
// to one worker at a time; if it is added while somebody works on it, it comes again when he is
// done. Keys come in the order in which they were added. A key may be added for later
// (kedge_workqueue_add_after) and after failures ever later (kedge_workqueue_add_rate_limited); the
// loop moves it into the queue when its time has come.
//
// The queue has room for so many keys and so many bytes of text. A full one refuses what it does
// not know yet (KEDGE_ERR_FULL) and loses nothing of what it has. A handler whose `ready` asks
// kedge_workqueue_has_room is held back instead, and with it its informer: then nothing is refused.
//
// Every call takes constant time, but those that have to do with keys for later: these take the
// logarithm of how many such keys there are. All but kedge_workqueue_wait and
// kedge_workqueue_shut_down_with_drain may be called from a handler; with KEDGE_THREADS=1 all but
// these two from any thread.
#ifndef KEDGE_WORKQUEUE_H
#define KEDGE_WORKQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kedge/loop.h>
#include <kedge/rate_limiter.h>

#ifdef __cplusplus
extern "C" {
#endif

// Bytes of "namespace/name" at its longest, with its NUL.
#define KEDGE_WORKQUEUE_KEY (63 + 1 + 253 + 1)

struct kedge_workqueue;

// Zero means the default.
struct kedge_workqueue_options {
    const char *name; // in messages; "workqueue"
    size_t keys;      // that it holds at most: those that wait, are worked on or have failed; 256
    size_t bytes;     // for their texts, each rounded up to a multiple of 12; 48 a key
    size_t longest;   // bytes of the longest key; 317, at most 65,535

    // For kedge_workqueue_add_rate_limited; yours. NULL: the one of client-go's controllers, 5 ms
    // doubling to 1000 s for each key, and 10 a second with a burst of 100 over all.
    struct kedge_rate_limiter *limiter;
};

// Bytes of the arena that a queue of so many keys and bytes takes at most: a constant expression.
#define KEDGE_WORKQUEUE_BYTES(keys, bytes) \
    ((size_t)(keys) * (64 + 4 + 8) + (size_t)(bytes) / 12 * 16 + 1024)

// Makes a queue in the arena of `k`. `options` NULL: the defaults. NULL on failure (kedge_error):
//
// KEDGE_ERR_MEMORY    no room in the arena
// KEDGE_ERR_ARGUMENT  `longest` or `bytes` is out of range: the text says how
// KEDGE_ERR_ENTROPY   the port has no random bytes
struct kedge_workqueue *kedge_workqueue_new(struct kedge *k,
                                            const struct kedge_workqueue_options *options);

// Adding -----------------------------------------------------------------------------------------
//
// KEDGE_OK            it is there, or was
// KEDGE_ERR_FULL      there is no room for a key that the queue does not have yet
// KEDGE_ERR_TOO_LONG  longer than `longest`; the log names it
// KEDGE_ERR_STOPPED   the queue was shut down: nothing is taken any more
// KEDGE_ERR_ARGUMENT  q or key is NULL

// To be worked on as soon as its turn comes; when it is being worked on, once more after that.
kedge_err kedge_workqueue_add(struct kedge_workqueue *q, const char *key);

// The same after `delay` ms; 0 or less: now. Of two delays the earlier end counts. A direct add
// does not take back the later one.
kedge_err kedge_workqueue_add_after(struct kedge_workqueue *q, const char *key, kedge_time delay);

// Counts a failure of the key and adds it when the limiter says.
kedge_err kedge_workqueue_add_rate_limited(struct kedge_workqueue *q, const char *key);

// True if a new key of the longest length has room now. For a handler's `ready`; it is asked again
// as soon as room appears.
bool kedge_workqueue_has_room(struct kedge_workqueue *q);

// The same for `count` of them, for a handler that adds several.
bool kedge_workqueue_has_room_for(struct kedge_workqueue *q, size_t count);

// Working ----------------------------------------------------------------------------------------

// Takes the next key, with a NUL, into `key` of `cap` bytes. It is yours until
// kedge_workqueue_done.
//
// KEDGE_WAIT          there is none now
// KEDGE_ERR_STOPPED   the queue was shut down and is empty
// KEDGE_ERR_TOO_LONG  `cap` is less than `longest` and a NUL need
// KEDGE_ERR_ARGUMENT  q or key is NULL
kedge_err kedge_workqueue_get(struct kedge_workqueue *q, char *key, size_t cap);

// The same, polling the kedge until there is one, `timeout` ms at most.
//
// KEDGE_ERR_TIMEOUT   there was none
// otherwise           as above, or as kedge_poll
kedge_err kedge_workqueue_wait(struct kedge_workqueue *q, char *key, size_t cap,
                               kedge_time timeout);

#if KEDGE_THREADS
// The same in a thread other than the one that polls: sleeps until there is a key, or the queue was
// shut down and is empty.
kedge_err kedge_workqueue_wait_in_thread(struct kedge_workqueue *q, char *key, size_t cap);
#endif

// The work on that key is over, well or not. A key that is not being worked on is left alone.
void kedge_workqueue_done(struct kedge_workqueue *q, const char *key);

// Forgets the failures of the key: the next delay is the shortest again. It does not take the key
// out of the queue. Without it a key is remembered until another one needs its room.
void kedge_workqueue_forget(struct kedge_workqueue *q, const char *key);

// The failures that kedge_workqueue_add_rate_limited has counted for the key.
uint32_t kedge_workqueue_requeues(const struct kedge_workqueue *q, const char *key);

// Keys that wait to be taken: not those being worked on, nor those for later.
size_t kedge_workqueue_length(const struct kedge_workqueue *q);

// The end ----------------------------------------------------------------------------------------

// Takes no more keys, drops those for later. Those that wait are still given out; when none is
// left, kedge_workqueue_get says KEDGE_ERR_STOPPED. Ends a drain that waits.
void kedge_workqueue_shut_down(struct kedge_workqueue *q);
bool kedge_workqueue_is_shut_down(const struct kedge_workqueue *q);

// The same, and polls the kedge until nobody works on a key any more, `timeout` ms at most.
//
// KEDGE_ERR_TIMEOUT   somebody still does
// KEDGE_ERR_STOPPED   kedge_workqueue_shut_down was called meanwhile, or kedge_stop
// otherwise           as kedge_poll
kedge_err kedge_workqueue_shut_down_with_drain(struct kedge_workqueue *q, kedge_time timeout);

// Figures ----------------------------------------------------------------------------------------

struct kedge_workqueue_times {
    uint64_t count;
    kedge_time sum; // ms
    kedge_time longest;
};

// As client-go's workqueue metrics name them.
struct kedge_workqueue_report {
    size_t depth;                       // keys to be worked on, those added during work included
    size_t in_work;                     // given out and not done
    size_t waiting;                     // for later
    uint64_t adds;                      // taken in
    uint64_t retries;                   // kedge_workqueue_add_after and _add_rate_limited
    uint64_t refused;                   // for want of room
    uint64_t forgotten;                 // failures forgotten for want of room
    struct kedge_workqueue_times queue; // from add to get
    struct kedge_workqueue_times work;  // from get to done
    kedge_time unfinished;              // ms of work that is not done, of all workers together
    kedge_time longest_running;         // of the one who has worked longest
    size_t keys, keys_peak, keys_max;   // held, whatever for
    size_t bytes, bytes_peak, bytes_max;
};

// KEDGE_ERR_ARGUMENT if either is NULL.
kedge_err kedge_workqueue_report(const struct kedge_workqueue *q,
                                 struct kedge_workqueue_report *report);

#ifdef __cplusplus
}
#endif
#endif
