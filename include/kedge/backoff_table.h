// SPDX-License-Identifier: Apache-2.0
// kedge/backoff_table.h - a backoff for each of many ids, such as pods, images or nodes:
// client-go's flowcontrol.Backoff, in fixed memory.
//
//     static struct kedge_backoff_entry entries[64];
//     static struct kedge_backoff_table pulls;
//     kedge_backoff_table_init(&pulls, entries, 64, 10 * KEDGE_SECOND, 5 * KEDGE_MINUTE, 10, seed);
//     ...
//     if (!kedge_backoff_table_is_waiting(&pulls, image, now) && !pull(image))
//         kedge_backoff_table_next(&pulls, image, now, now);     // 10 s, 20 s, ..., 5 min
//
// An id that has had no failure for twice the cap begins anew, and makes room if room is needed. Of
// an id only a hash of 64 bits is kept. Time is an argument, of the port's clock; nothing sleeps
// and nothing is allocated. For one thread, or under a lock of yours.
#ifndef KEDGE_BACKOFF_TABLE_H
#define KEDGE_BACKOFF_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kedge/err.h>
#include <kedge/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_backoff_entry {
    // Private.
    uint64_t id; // its hash; 0: nobody's
    int64_t delay_us;
    kedge_time updated;
};

struct kedge_backoff_table {
    // Yours, after kedge_backoff_table_init: when an id is forgotten, in place of twice the cap
    // after its last update. `event` is what the call was given. NULL: that.
    bool (*has_expired)(void *ctx, kedge_time event, kedge_time updated, kedge_time cap);
    void *ctx;

    // Private.
    struct kedge_backoff_entry *entries;
    size_t cap;
    size_t used;
    kedge_time first;
    kedge_time longest;
    uint32_t jitter_percent;
    uint32_t key[2];
    uint64_t random;
};

// Makes an empty table over `count` entries, which are yours and outlive it.
//   first           ms; the first delay. Negative counts as 0
//   longest         ms; no later delay is longer, jitter included. Negative counts as 0
//   jitter_percent  a delay is lengthened by 0 up to so much of the one before it
//   seed            of jitter and hash: a number that nobody can guess, if strangers choose ids
void kedge_backoff_table_init(struct kedge_backoff_table *t, struct kedge_backoff_entry *entries,
                              size_t count, kedge_time first, kedge_time longest,
                              uint32_t jitter_percent, uint64_t seed);

// A failure of `id`, seen at `event`: its delay becomes `first`, or doubles, and counts from `now`
// on (client-go's Next).
//
// KEDGE_ERR_FULL      there is no room for one id more, and none has expired: give more entries, or
//                     wait for all alike
// KEDGE_ERR_ARGUMENT  t or id is NULL
kedge_err kedge_backoff_table_next(struct kedge_backoff_table *t, const char *id, kedge_time event,
                                   kedge_time now);

// The delay of `id` in ms, rounded up; 0 if it is not there. Also of one that has expired, until
// it makes room.
kedge_time kedge_backoff_table_get(const struct kedge_backoff_table *t, const char *id);

// True if less than its delay has passed since `event` (client-go's IsInBackOffSince).
bool kedge_backoff_table_is_waiting_since(const struct kedge_backoff_table *t, const char *id,
                                          kedge_time event, kedge_time now);

// True if at `now` less than its delay has passed since the last kedge_backoff_table_next
// (client-go's IsInBackOffSinceUpdate).
bool kedge_backoff_table_is_waiting(const struct kedge_backoff_table *t, const char *id,
                                    kedge_time now);

// Forgets `id`: it went well (client-go's Reset, and its DeleteEntry). Nothing if it is not there.
void kedge_backoff_table_reset(struct kedge_backoff_table *t, const char *id);

// Forgets those that have expired, and returns how many are left (client-go's GC). There is no need
// to call it.
size_t kedge_backoff_table_gc(struct kedge_backoff_table *t, kedge_time now);

#ifdef __cplusplus
}
#endif
#endif
