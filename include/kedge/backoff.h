// SPDX-License-Identifier: Apache-2.0
// kedge/backoff.h - how long to wait before trying again, as client-go's wait.Backoff and its
// DelayWithReset.
//
//     struct kedge_backoff b;
//     kedge_backoff_init(&b, 800, 30 * KEDGE_SECOND, 200, 100, 2 * KEDGE_MINUTE, seed);
//     retry_at = now + kedge_backoff_next(&b, now);      // 0.8 to 1.6 s, then 1.6 to 3.2 s, ...
//
// Time is an argument; nothing sleeps and nothing is allocated. A copy goes on as its original.
#ifndef KEDGE_BACKOFF_H
#define KEDGE_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

#include <kedge/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_backoff {
    kedge_time first;        // ms; the first delay, before jitter
    kedge_time cap;          // ms; no delay before jitter is longer, but for the first; 0: no cap
    kedge_time reset_after;  // ms; see kedge_backoff_next
    uint32_t factor_percent; // of a delay to the one before it: 200 doubles
    uint32_t jitter_percent; // a delay is lengthened by 0 up to so much of itself

    // Private.
    int64_t next_us;
    kedge_time since;
    uint64_t random;
    bool running;
};

// Makes a backoff that begins with `first`.
//   first           0 or more; negative counts as 0
//   cap             0 or less: delays grow without end (and stop at some 70,000 years)
//   factor_percent  0: every delay is `first`; below 100 delays shrink
//   jitter_percent  0: no jitter. Jitter comes after the cap, so a delay can be longer than it
//   reset_after     0 or less: every delay is `first`, as in client-go; KEDGE_FOREVER: no reset
//   seed            of the jitter; two that must not move in step need two seeds
void kedge_backoff_init(struct kedge_backoff *b, kedge_time first, kedge_time cap,
                        uint32_t factor_percent, uint32_t jitter_percent, kedge_time reset_after,
                        uint64_t seed);

// How long to wait, in ms, rounded up; lengthens what comes next. Begins again with `first` if more
// than `reset_after` has passed since it last began, not since the last call. It begins with the
// first call after init or kedge_backoff_reset. `now` is of the port's clock.
kedge_time kedge_backoff_next(struct kedge_backoff *b, kedge_time now);

// Begins again with `first` at the next call: what was tried has worked.
void kedge_backoff_reset(struct kedge_backoff *b);

#ifdef __cplusplus
}
#endif
#endif
