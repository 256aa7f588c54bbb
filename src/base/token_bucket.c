// SPDX-License-Identifier: Apache-2.0
// token_bucket.c - tokens are counted in the time they take to come, so that filling is an addition
// of time that passed, and no token is lost by rounding.
//
// Invariant: EMPTIEST <= level <= depth. Below 0, tokens that have not come yet are promised.
#include "kedge/token_bucket.h"

#define UNITS_BITS 20 // a millisecond has 2^20 units
#define UNITS      ((int64_t)1 << UNITS_BITS)
#define EMPTIEST   (-INT64_MAX / 4)

void kedge_token_bucket_init(struct kedge_token_bucket *b, float qps, int burst)
{
    int64_t tokens = burst > 0 ? burst : 10;
    float rate = qps > 0 ? qps : 5.0f; // also for what is not a number
    if (rate < 0.001f)
        rate = 0.001f;
    if (rate > 1000000.0f)
        rate = 1000000.0f;
    b->interval = qps < 0 ? 0 : (int64_t)(1000.0f * (float)UNITS / rate);
    b->depth = b->interval;
    if (b->interval > 0)
        b->depth *= tokens < INT64_MAX / 4 / b->interval ? tokens : INT64_MAX / 4 / b->interval;
    b->level = b->depth;
    b->filled = 0;
    b->running = false;
}

static void fill(struct kedge_token_bucket *b, kedge_time now)
{
    if (!b->running) {
        b->running = true;
        b->filled = now;
    }
    if (now <= b->filled)
        return;
    int64_t passed = now - b->filled;
    int64_t lacking = b->depth - b->level;
    b->level = passed > lacking >> UNITS_BITS ? b->depth : b->level + (passed << UNITS_BITS);
    b->filled = now;
}

kedge_time kedge_token_bucket_take(struct kedge_token_bucket *b, kedge_time now)
{
    fill(b, now);
    if (b->level > EMPTIEST + b->interval)
        b->level -= b->interval;
    return b->level < 0 ? (-b->level + UNITS - 1) / UNITS : 0;
}

bool kedge_token_bucket_try(struct kedge_token_bucket *b, kedge_time now)
{
    fill(b, now);
    if (b->level < b->interval)
        return false;
    b->level -= b->interval;
    return true;
}

void kedge_token_bucket_put_back(struct kedge_token_bucket *b)
{
    b->level = b->depth - b->level > b->interval ? b->level + b->interval : b->depth;
}
