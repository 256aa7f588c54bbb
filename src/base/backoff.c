// SPDX-License-Identifier: Apache-2.0
// backoff.c - delays are kept in microseconds, so that factors such as 1.5 do not lose by rounding.
#include "kedge/backoff.h"

#include "base/divide.h"
#include "base/random.h"

// Far from overflow when a caller adds a moment, and when 1 ms becomes 1,000 us.
#define LONGEST_US (INT64_MAX / 4)

// `us` is not negative.
static int64_t percent_of(int64_t us, uint32_t percent)
{
    uint64_t whole = (uint64_t)us;
    uint64_t rest = (uint64_t)kedge__divide(&whole, 100) * percent;
    kedge__divide(&rest, 100);
    // Halves, of which neither overflows: `whole` has less than 56 bits.
    uint64_t low = (uint64_t)(uint32_t)whole * percent;
    uint64_t high = (whole >> 32) * percent + (low >> 32);
    if (high >= (uint64_t)LONGEST_US >> 32)
        return LONGEST_US;
    return (int64_t)((high << 32 | (uint32_t)low) + rest); // `rest` has less than 32 bits
}

static int64_t to_us(kedge_time ms)
{
    if (ms <= 0)
        return 0;
    return ms < LONGEST_US / 1000 ? ms * 1000 : LONGEST_US;
}

static int64_t jittered(struct kedge_backoff *b, int64_t us)
{
    int64_t span = percent_of(us, b->jitter_percent);
    uint64_t more = kedge__random_scale(kedge__random_mix(&b->random), (uint64_t)span);
    return us + (int64_t)more;
}

void kedge_backoff_init(struct kedge_backoff *b, kedge_time first, kedge_time cap,
                        uint32_t factor_percent, uint32_t jitter_percent, kedge_time reset_after,
                        uint64_t seed)
{
    b->first = first > 0 ? first : 0;
    b->cap = cap > 0 ? cap : 0;
    b->reset_after = reset_after;
    b->factor_percent = reset_after > 0 ? factor_percent : 0;
    b->jitter_percent = jitter_percent;
    b->random = seed;
    kedge_backoff_reset(b);
}

void kedge_backoff_reset(struct kedge_backoff *b)
{
    b->next_us = to_us(b->first);
    b->since = 0;
    b->running = false;
}

// The delay after the one of `us`.
static int64_t grown(const struct kedge_backoff *b, int64_t us)
{
    if (b->factor_percent == 0)
        return us;
    int64_t next = percent_of(us, b->factor_percent);
    return b->cap > 0 && next > to_us(b->cap) ? to_us(b->cap) : next;
}

kedge_time kedge_backoff_next(struct kedge_backoff *b, kedge_time now)
{
    if (b->running && b->reset_after > 0 && now - b->since > b->reset_after)
        kedge_backoff_reset(b);
    if (!b->running) {
        b->running = true;
        b->since = now;
    }
    int64_t delay = b->next_us;
    b->next_us = grown(b, delay);
    uint64_t ms = (uint64_t)jittered(b, delay) + 999;
    kedge__divide(&ms, 1000);
    return (kedge_time)ms;
}
