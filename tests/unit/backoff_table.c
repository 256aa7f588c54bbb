// SPDX-License-Identifier: Apache-2.0
// A backoff for each id: what client-go's own tests of flowcontrol.Backoff assert, its limits, and
// a random story beside a naive model.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "kedge/backoff_table.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define SECOND   KEDGE_SECOND

static struct kedge_backoff_entry entries[64];
static struct kedge_backoff_table t;

static void init(size_t count, kedge_time first, kedge_time longest, uint32_t jitter)
{
    kedge_backoff_table_init(&t, entries, count, first, longest, jitter, 7);
}

static kedge_time next(const char *id, kedge_time now)
{
    assert_int_equal(kedge_backoff_table_next(&t, id, now, now), KEDGE_OK);
    return kedge_backoff_table_get(&t, id);
}

static void delays_double_up_to_the_cap(void **state)
{
    (void)state;
    init(8, 1000, 10 * SECOND, 0);
    static const kedge_time delays[] = {1000, 2000, 4000, 8000, 10000, 10000, 10000};
    for (size_t i = 0; i < COUNT(delays); i++)
        assert_int_equal(next("a", 1000), delays[i]);
    assert_int_equal(next("b", 1000), 1000); // each has its own
    assert_int_equal(kedge_backoff_table_get(&t, "a"), 10000);
    assert_int_equal(kedge_backoff_table_get(&t, "c"), 0);
    kedge_backoff_table_reset(&t, "a");
    kedge_backoff_table_reset(&t, "c");
    assert_int_equal(kedge_backoff_table_get(&t, "a"), 0);
    assert_int_equal(next("a", 1000), 1000);
    assert_int_equal(kedge_backoff_table_get(&t, "b"), 1000);
}

// client-go's TestSlowBackoff: a second passes between two failures.
static void failures_a_second_apart_double_all_the_same(void **state)
{
    (void)state;
    static const int delays[] = {0, 1, 2, 4, 8, 16, 32, 50, 50, 50};
    init(8, SECOND, 50 * SECOND, 0);
    kedge_time now = 0;
    for (size_t i = 0; i < COUNT(delays); i++) {
        now += SECOND;
        assert_int_equal(kedge_backoff_table_get(&t, "slow"), delays[i] * SECOND);
        next("slow", now);
    }
    next("slow", now);
    kedge_backoff_table_reset(&t, "slow");
    assert_int_equal(kedge_backoff_table_get(&t, "slow"), 0);
}

// client-go's TestBackoffReset and TestBackoffHighWaterMark.
static void it_stays_at_the_cap_for_twice_as_long(void **state)
{
    (void)state;
    init(8, SECOND, 5 * SECOND, 0);
    kedge_time now = 0;
    for (int i = 0; i <= 5; i++)
        next("high", now += SECOND);
    assert_true(kedge_backoff_table_is_waiting_since(&t, "high", now, now));
    assert_false(kedge_backoff_table_is_waiting_since(&t, "high", now, now + 11 * SECOND));
    now += 6 * SECOND;
    assert_int_equal(next("high", now), 5 * SECOND);
}

// client-go's TestBackoffWithJitter.
static void jitter_lengthens_what_was_doubled(void **state)
{
    (void)state;
    bool varies = false;
    init(1, 100, KEDGE_MINUTE, 10);
    kedge_time last = next("a", 0);
    assert_true(last >= 100 && last <= 110);
    for (int i = 0; i < 20; i++) {
        kedge_time delay = next("a", 0);
        assert_true(delay == KEDGE_MINUTE ||
                    (delay >= 2 * last - 2 && delay <= 2 * last + last / 10 + 1));
        varies |= delay != KEDGE_MINUTE && delay > 2 * last;
        last = delay;
    }
    assert_int_equal(last, KEDGE_MINUTE);
    assert_true(varies);
}

static void two_seeds_do_not_move_in_step(void **state)
{
    (void)state;
    unsigned different = 0;
    for (uint64_t seed = 0; seed < 100; seed++) {
        kedge_backoff_table_init(&t, entries, 4, 100 * SECOND, KEDGE_HOUR, 100, seed);
        kedge_time one = next("a", 0);
        assert_true(one >= 100 * SECOND && one <= 200 * SECOND);
        kedge_backoff_table_init(&t, entries, 4, 100 * SECOND, KEDGE_HOUR, 100, seed + 1000);
        different += one != next("a", 0) ? 1 : 0;
    }
    assert_true(different > 95);
}

static void what_had_no_failure_for_long_begins_anew(void **state)
{
    (void)state;
    init(4, 1000, 10 * SECOND, 0);
    next("a", 0);
    next("a", 0);
    assert_int_equal(next("a", 20 * SECOND), 4000); // twice the cap, to the ms
    assert_int_equal(next("a", 40 * SECOND), 8000);
    assert_int_equal(next("a", 60 * SECOND + 1), 1000);
    // It goes by when the failure happened, not by when it is told.
    assert_int_equal(kedge_backoff_table_next(&t, "a", 60 * SECOND, KEDGE_HOUR), KEDGE_OK);
    assert_int_equal(kedge_backoff_table_get(&t, "a"), 2000);
    assert_true(kedge_backoff_table_is_waiting(&t, "a", KEDGE_HOUR + 1999));
    assert_false(kedge_backoff_table_is_waiting(&t, "a", KEDGE_HOUR + 2000));
}

// client-go's TestIsInBackOffSinceUpdate.
static void it_waits_from_its_last_update(void **state)
{
    (void)state;
    static const struct {
        int tick;
        bool waits;
        int value;
    } table[] = {
        {0, false, 0},   {1, false, 1},   {2, true, 2},   {3, false, 2},   {4, true, 4},
        {5, true, 4},    {6, true, 4},    {7, false, 4},  {8, true, 8},    {14, true, 8},
        {15, false, 8},  {16, true, 10},  {24, true, 10}, {25, false, 10}, {34, true, 10},
        {35, false, 10}, {56, false, 10}, {57, false, 1}, {58, true, 2}, // it had expired
    };
    init(4, SECOND, 10 * SECOND, 0);
    for (size_t i = 0; i < COUNT(table); i++) {
        kedge_time now = 77 + table[i].tick * SECOND;
        assert_int_equal(kedge_backoff_table_is_waiting(&t, "a", now), table[i].waits);
        assert_int_equal(kedge_backoff_table_get(&t, "a"), table[i].value * SECOND);
        if (!table[i].waits)
            next("a", now);
    }
}

static void it_waits_from_an_event(void **state)
{
    (void)state;
    init(4, SECOND, 10 * SECOND, 0);
    assert_false(kedge_backoff_table_is_waiting_since(&t, "a", 0, 0));
    next("a", 5000);
    next("a", 5000);
    assert_true(kedge_backoff_table_is_waiting_since(&t, "a", 5000, 6999));
    assert_false(kedge_backoff_table_is_waiting_since(&t, "a", 5000, 7000));
    assert_true(kedge_backoff_table_is_waiting_since(&t, "a", 20000, 21999));
    // An event so late that it has expired.
    assert_true(kedge_backoff_table_is_waiting_since(&t, "a", 25000, 25000));
    assert_false(kedge_backoff_table_is_waiting_since(&t, "a", 25001, 25001));
    assert_false(kedge_backoff_table_is_waiting(&t, "a", 25001));
}

static bool after_a_minute(void *ctx, kedge_time event, kedge_time updated, kedge_time cap)
{
    assert_ptr_equal(ctx, &t);
    assert_int_equal(cap, 10 * SECOND);
    return event - updated > KEDGE_MINUTE;
}

static void when_it_expires_may_be_said_otherwise(void **state)
{
    (void)state;
    init(4, SECOND, 10 * SECOND, 0);
    t.has_expired = after_a_minute;
    t.ctx = &t;
    next("a", 0);
    assert_int_equal(next("a", KEDGE_MINUTE), 2000);
    assert_int_equal(next("a", 2 * KEDGE_MINUTE + 1), 1000);
    assert_int_equal(kedge_backoff_table_gc(&t, 3 * KEDGE_MINUTE), 1);
    assert_int_equal(kedge_backoff_table_gc(&t, 3 * KEDGE_MINUTE + 2), 0);
}

static bool after_a_second(void *ctx, kedge_time event, kedge_time updated, kedge_time cap)
{
    (void)ctx;
    (void)cap;
    return event - updated >= SECOND;
}

// client-go's TestAlternateHasExpiredFunc: sooner than the cap.
static void it_may_expire_before_the_cap(void **state)
{
    (void)state;
    init(4, SECOND, 50 * SECOND, 0);
    t.has_expired = after_a_second;
    next("a", 0);
    assert_int_equal(next("a", 999), 2000);
    assert_int_equal(next("a", 1999), 1000);
    assert_false(kedge_backoff_table_is_waiting_since(&t, "a", 2999, 2999));
    assert_true(kedge_backoff_table_is_waiting_since(&t, "a", 2998, 2998));
}

static void a_full_table_says_so_until_one_has_expired(void **state)
{
    (void)state;
    init(3, SECOND, 10 * SECOND, 0);
    next("a", 0);
    next("b", 1000);
    next("c", 500);
    next("a", 2000);
    assert_int_equal(kedge_backoff_table_next(&t, "d", 20500, 20500), KEDGE_ERR_FULL);
    assert_int_equal(kedge_backoff_table_get(&t, "d"), 0);
    assert_false(kedge_backoff_table_is_waiting(&t, "d", 20500));
    assert_int_equal(next("b", 3000), 2000); // those that are there go on
    assert_int_equal(next("d", 20501), 1000);
    assert_int_equal(kedge_backoff_table_get(&t, "c"), 0); // the oldest
    assert_int_equal(kedge_backoff_table_get(&t, "a"), 2000);
    assert_int_equal(kedge_backoff_table_get(&t, "b"), 2000);
    // Of two that have expired, the older one.
    assert_int_equal(next("e", 23001), 1000);
    assert_int_equal(kedge_backoff_table_get(&t, "a"), 0);
    assert_int_equal(kedge_backoff_table_get(&t, "b"), 2000);
}

static void gc_forgets_all_that_have_expired(void **state)
{
    (void)state;
    // Each size and each share of them, so that gaps come where entries wrap around the end.
    for (size_t cap = 1; cap <= COUNT(entries); cap++) {
        for (size_t old = 0; old <= cap; old += 1 + cap / 8) {
            char id[16];
            init(cap, SECOND, 10 * SECOND, 0);
            for (size_t i = 0; i < cap; i++) {
                snprintf(id, sizeof id, "%d", (int)i);
                next(id, i < old ? 0 : 30 * SECOND);
            }
            assert_int_equal(kedge_backoff_table_gc(&t, 30 * SECOND), cap - old);
            for (size_t i = 0; i < cap; i++) {
                snprintf(id, sizeof id, "%d", (int)i);
                assert_int_equal(kedge_backoff_table_get(&t, id), i < old ? 0 : 1000);
            }
        }
    }
}

static void odd_numbers_do_no_harm(void **state)
{
    (void)state;
    init(4, -5, -5, 10);
    assert_int_equal(next("a", 0), 0);
    assert_int_equal(next("a", 0), 0);
    init(4, INT64_MAX, INT64_MAX, UINT32_MAX);
    for (int i = 0; i < 10; i++)
        assert_true(next("a", 0) > 1000 * KEDGE_HOUR);
    init(4, 1, INT64_MAX, UINT32_MAX);
    for (int i = 0; i < 100; i++)
        next("a", 0);
    assert_true(kedge_backoff_table_get(&t, "a") > 1000 * KEDGE_HOUR);
    init(0, 1, 10, 0);
    assert_int_equal(kedge_backoff_table_next(&t, "a", 0, 0), KEDGE_ERR_FULL);
    assert_int_equal(kedge_backoff_table_get(&t, "a"), 0);
    assert_int_equal(kedge_backoff_table_gc(&t, 0), 0);
    // The first is never cut, as in client-go.
    init(4, 500, 100, 0);
    assert_int_equal(next("a", 0), 500);
    assert_int_equal(next("a", 0), 100);
    assert_int_equal(next("", 0), 500); // an id as any other
    assert_int_equal(kedge_backoff_table_next(NULL, "a", 0, 0), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_backoff_table_next(&t, NULL, 0, 0), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_backoff_table_get(NULL, "a"), 0);
    assert_int_equal(kedge_backoff_table_get(&t, NULL), 0);
    assert_false(kedge_backoff_table_is_waiting(NULL, "a", 0));
    assert_false(kedge_backoff_table_is_waiting_since(NULL, "a", 0, 0));
    assert_int_equal(kedge_backoff_table_gc(NULL, 0), 0);
    kedge_backoff_table_reset(NULL, "a");
}

// ---------------------------------------------------------------- a story

enum { IDS = 40, ROOM = 13 };

static struct {
    bool there;
    kedge_time delay;
    kedge_time updated;
} model[IDS];

static size_t model_count(void)
{
    size_t n = 0;
    for (int i = 0; i < IDS; i++)
        n += model[i].there ? 1 : 0;
    return n;
}

static bool model_expired(int i, kedge_time now)
{
    return now - model[i].updated > 20 * SECOND;
}

// False: full.
static bool model_next(int i, kedge_time now)
{
    if (!model[i].there && model_count() == ROOM) {
        int oldest = -1;
        for (int n = 0; n < IDS; n++) {
            if (model[n].there && model_expired(n, now) &&
                (oldest < 0 || model[n].updated < model[oldest].updated))
                oldest = n;
        }
        if (oldest < 0)
            return false;
        model[oldest].there = false;
    }
    bool anew = !model[i].there || model_expired(i, now);
    kedge_time delay = anew ? SECOND : model[i].delay * 2;
    model[i].delay = delay < 10 * SECOND ? delay : 10 * SECOND;
    model[i].there = true;
    model[i].updated = now;
    return true;
}

static void a_random_story_goes_as_the_model_does(void **state)
{
    (void)state;
    struct kedge__random r;
    kedge_time now = 0;
    unsigned full = 0;
    kedge__random_init(&r, 11);
    init(ROOM, SECOND, 10 * SECOND, 0);
    for (int step = 0; step < 100000; step++) {
        int i = (int)kedge__random_below(&r, IDS);
        char id[16];
        snprintf(id, sizeof id, "pod-%d", i);
        now += 1 + (kedge_time)kedge__random_below(&r, 3000); // no two at once: one is the oldest
        switch (kedge__random_below(&r, 16)) {
        case 0:
            kedge_backoff_table_reset(&t, id);
            model[i].there = false;
            break;
        case 1:
            for (int n = 0; n < IDS; n++)
                model[n].there &= !model_expired(n, now);
            assert_int_equal(kedge_backoff_table_gc(&t, now), model_count());
            break;
        default:
            if (!model_next(i, now)) {
                assert_int_equal(kedge_backoff_table_next(&t, id, now, now), KEDGE_ERR_FULL);
                full++;
            } else {
                assert_int_equal(next(id, now), model[i].delay);
            }
        }
        for (int n = 0; n < IDS; n++) {
            snprintf(id, sizeof id, "pod-%d", n);
            assert_int_equal(kedge_backoff_table_get(&t, id), model[n].there ? model[n].delay : 0);
        }
    }
    assert_true(full > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delays_double_up_to_the_cap),
        cmocka_unit_test(failures_a_second_apart_double_all_the_same),
        cmocka_unit_test(it_stays_at_the_cap_for_twice_as_long),
        cmocka_unit_test(it_may_expire_before_the_cap),
        cmocka_unit_test(jitter_lengthens_what_was_doubled),
        cmocka_unit_test(two_seeds_do_not_move_in_step),
        cmocka_unit_test(what_had_no_failure_for_long_begins_anew),
        cmocka_unit_test(it_waits_from_its_last_update),
        cmocka_unit_test(it_waits_from_an_event),
        cmocka_unit_test(when_it_expires_may_be_said_otherwise),
        cmocka_unit_test(a_full_table_says_so_until_one_has_expired),
        cmocka_unit_test(gc_forgets_all_that_have_expired),
        cmocka_unit_test(odd_numbers_do_no_harm),
        cmocka_unit_test(a_random_story_goes_as_the_model_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
