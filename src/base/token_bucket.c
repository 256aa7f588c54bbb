// SPDX-License-Identifier: Apache-2.0
// token_bucket.c - tokens are counted in the time they take to come, so that filling is an addition
// of time that passed, and no token is lost by rounding.
//
// Invariant: EMPTIEST <= level <= depth. Below 0, tokens that have not come yet are promised.
#include "kedge/token_bucket.h"

#include <string.h>

#define UNITS_BITS 20 // a millisecond has 2^20 units
#define UNITS      ((int64_t)1 << UNITS_BITS)
#define EMPTIEST   (-INT64_MAX / 4)

// A rate is read as its bits say (IEEE 754): 24 of them, times a power of two. A machine without
// floating point would link 2.5 KiB of it for one division.
enum {
    A_FLOAT_HAS_32_BITS = 1 / (sizeof(float) == sizeof(uint32_t)),
    SLOWEST = 0x3a83126f, // 0.001
    DEFAULT = 0x40a00000, // 5
    FASTEST = 0x49742400, // 1,000,000
    INFINITE = 0x7f800000 // above it, what is not a number
};

// `by` has 31 bits at most.
static uint64_t divide(uint64_t n, uint32_t by)
{
    uint64_t quotient = 0;
    uint32_t rest = 0;
    for (int bit = 63; bit >= 0; bit--) {
        rest = rest << 1 | (uint32_t)(n >> bit & 1);
        quotient = quotient << 1 | (rest >= by ? 1 : 0);
        rest -= rest >= by ? by : 0;
    }
    return quotient;
}

// The units that a token takes to come; 0: no time at all.
static int64_t interval_of(float qps)
{
    uint32_t bits;
    memcpy(&bits, &qps, sizeof bits);
    uint32_t rate = bits & INT32_MAX;
    if (rate == 0 || rate > INFINITE)
        rate = DEFAULT;
    else if (rate != bits)
        return 0; // less than 0
    if (rate < SLOWEST)
        rate = SLOWEST;
    if (rate > FASTEST)
        rate = FASTEST;
    // It is `mantissa` times 2 to the power of what is shifted here less: from -33 to -4.
    uint32_t mantissa = (rate & 0x7fffff) | 0x800000;
    uint32_t shift = UNITS_BITS + 150 - (rate >> 23);
    return (int64_t)divide(UINT64_C(1000) << shift, mantissa);
}

// So many tokens, or as many as can be counted.
static int64_t depth_of(int64_t interval, int tokens)
{
    uint64_t low = (uint64_t)(uint32_t)interval * (uint32_t)tokens;
    uint64_t high = ((uint64_t)interval >> 32) * (uint32_t)tokens + (low >> 32);
    if (high >= (uint64_t)-EMPTIEST >> 32)
        return -EMPTIEST;
    return (int64_t)(high << 32 | (uint32_t)low);
}

void kedge_token_bucket_init(struct kedge_token_bucket *b, float qps, int burst)
{
    b->interval = interval_of(qps);
    b->depth = depth_of(b->interval, burst > 0 ? burst : 10);
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
    return b->level < 0 ? (-b->level + UNITS - 1) >> UNITS_BITS : 0;
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
