// SPDX-License-Identifier: Apache-2.0
// kedge/rate_limiter.h - how long a key that failed waits before it is worked on again, as
// client-go's workqueue rate limiters.
//
//     static struct kedge_rate_limiter each, all;
//     kedge_rate_limiter_exponential(&each, 5, 1000 * KEDGE_SECOND);
//     kedge_rate_limiter_bucket(&all, 10.0f, 100);
//     each.also = &all;                               // the longer of both (client-go's MaxOf)
//     struct kedge_workqueue_options options = {.limiter = &each};
//
// A limiter keeps nothing for a key: the queue counts the failures of each. The structs are yours,
// live as long as the queue, and belong to one queue.
#ifndef KEDGE_RATE_LIMITER_H
#define KEDGE_RATE_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

#include <kedge/time.h>
#include <kedge/token_bucket.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_rate_limiter {
    // How long to wait, in ms, after so many failures before this one. Yours, or one of those
    // below. It does nothing else: with KEDGE_THREADS=1 it is called with the lock held.
    kedge_time (*delay)(struct kedge_rate_limiter *limiter, uint32_t failures, kedge_time now);

    struct kedge_rate_limiter *also; // the longer delay of both counts; NULL: none
    kedge_time max_wait;             // no delay is longer, whoever asks for it; 0: no limit
    bool counts; // it goes by failures: only then kedge_workqueue_requeues tells of them

    // Of the ready-made ones.
    kedge_time first;
    kedge_time last;
    uint32_t tries;
    struct kedge_token_bucket bucket;
};

// first, 2 * first, 4 * first, ... but not more than `cap`: client-go's
// ItemExponentialFailureRateLimiter.
void kedge_rate_limiter_exponential(struct kedge_rate_limiter *limiter, kedge_time first,
                                    kedge_time cap);

// `fast` for the first `tries` failures, then `slow`: ItemFastSlowRateLimiter.
void kedge_rate_limiter_fast_slow(struct kedge_rate_limiter *limiter, kedge_time fast,
                                  kedge_time slow, uint32_t tries);

// So many a second over all keys, `burst` at once: BucketRateLimiter. Nobody is refused; who comes
// too soon waits longer. Values as for kedge_token_bucket_init.
void kedge_rate_limiter_bucket(struct kedge_rate_limiter *limiter, float qps, int burst);

// The delay in ms: asks this one and all that are joined by `also`, each exactly once.
kedge_time kedge_rate_limiter_when(struct kedge_rate_limiter *limiter, uint32_t failures,
                                   kedge_time now);

#ifdef __cplusplus
}
#endif
#endif
