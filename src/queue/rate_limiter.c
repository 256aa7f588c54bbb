// SPDX-License-Identifier: Apache-2.0
// rate_limiter.c - delays after failures.
#include "kedge/rate_limiter.h"

#include <string.h>

// Doubling stops before it overflows.
static kedge_time exponential(struct kedge_rate_limiter *l, uint32_t failures, kedge_time now)
{
    (void)now;
    if (failures >= 62 || l->first > l->last >> failures)
        return l->last;
    return l->first << failures;
}

static kedge_time fast_slow(struct kedge_rate_limiter *l, uint32_t failures, kedge_time now)
{
    (void)now;
    return failures < l->tries ? l->first : l->last;
}

static kedge_time bucket(struct kedge_rate_limiter *l, uint32_t failures, kedge_time now)
{
    (void)failures;
    return kedge_token_bucket_take(&l->bucket, now);
}

void kedge_rate_limiter_exponential(struct kedge_rate_limiter *l, kedge_time first, kedge_time cap)
{
    memset(l, 0, sizeof *l);
    l->delay = exponential;
    l->counts = true;
    l->last = cap > 0 ? cap : 0;
    l->first = first > 0 ? first : 0;
}

void kedge_rate_limiter_fast_slow(struct kedge_rate_limiter *l, kedge_time fast, kedge_time slow,
                                  uint32_t tries)
{
    memset(l, 0, sizeof *l);
    l->delay = fast_slow;
    l->counts = true;
    l->first = fast;
    l->last = slow;
    l->tries = tries;
}

void kedge_rate_limiter_bucket(struct kedge_rate_limiter *l, float qps, int burst)
{
    memset(l, 0, sizeof *l);
    l->delay = bucket;
    kedge_token_bucket_init(&l->bucket, qps, burst);
}

kedge_time kedge_rate_limiter_when(struct kedge_rate_limiter *l, uint32_t failures, kedge_time now)
{
    kedge_time longest = 0;
    kedge_time cap = KEDGE_FOREVER;
    for (; l != NULL; l = l->also) {
        kedge_time delay = l->delay(l, failures, now);
        if (delay > longest)
            longest = delay;
        if (l->max_wait > 0 && l->max_wait < cap)
            cap = l->max_wait;
    }
    return longest < cap ? longest : cap;
}
