// SPDX-License-Identifier: Apache-2.0
// Backoff: the delays of client-go's wait.Backoff and DelayWithReset.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kedge/backoff.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static struct kedge_backoff b;

static void delays_grow_by_the_factor_up_to_the_cap(void **state)
{
    (void)state;
    static const struct {
        kedge_time first, cap;
        uint32_t factor;
        kedge_time delays[8];
    } table[] = {
        {800, 30000, 200, {800, 1600, 3200, 6400, 12800, 25600, 30000, 30000}},
        {10, 100, 200, {10, 20, 40, 80, 100, 100, 100, 100}},
        {10, 0, 500, {10, 50, 250, 1250, 6250, 31250, 156250, 781250}},
        {10, 0, 100, {10, 10, 10, 10, 10, 10, 10, 10}},
        {10, 100, 0, {10, 10, 10, 10, 10, 10, 10, 10}},
        // Without loss by rounding: 5, 7.5, 11.25, 16.875, 25.3125, ...
        {5, 0, 150, {5, 8, 12, 17, 26, 38, 57, 86}},
        {1, 0, 110, {1, 2, 2, 2, 2, 2, 2, 2}},
        {1000, 0, 50, {1000, 500, 250, 125, 63, 32, 16, 8}},
        {0, 100, 200, {0, 0, 0, 0, 0, 0, 0, 0}},
        {-5, 100, 200, {0, 0, 0, 0, 0, 0, 0, 0}},
        // The first is never cut, as in client-go.
        {500, 100, 200, {500, 100, 100, 100, 100, 100, 100, 100}},
        {100, 100, 200, {100, 100, 100, 100, 100, 100, 100, 100}},
        {1, 1, 200, {1, 1, 1, 1, 1, 1, 1, 1}},
        {10, -1, 1000, {10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000}},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        kedge_backoff_init(&b, table[i].first, table[i].cap, table[i].factor, 0, KEDGE_FOREVER, 1);
        for (size_t n = 0; n < 8; n++)
            assert_int_equal(kedge_backoff_next(&b, 1000), table[i].delays[n]);
    }
}

static void jitter_only_lengthens_and_by_no_more_than_it_may(void **state)
{
    (void)state;
    static const uint32_t jitters[] = {10, 50, 100, 300};
    for (size_t j = 0; j < COUNT(jitters); j++) {
        kedge_time least = INT64_MAX, most = 0;
        for (uint64_t seed = 0; seed < 500; seed++) {
            kedge_backoff_init(&b, 1000, 4000, 200, jitters[j], KEDGE_FOREVER, seed);
            kedge_time plain = 1000;
            for (int n = 0; n < 6; n++) {
                kedge_time delay = kedge_backoff_next(&b, 0);
                // After the cap, so that a delay can be longer than it.
                assert_in_range(delay, plain, plain + plain * jitters[j] / 100);
                kedge_time more = (delay - plain) * 100 / plain;
                least = more < least ? more : least;
                most = more > most ? more : most;
                plain = plain < 4000 ? plain * 2 : plain;
            }
        }
        // All of the range is used.
        assert_in_range(least, 0, jitters[j] / 20);
        assert_in_range(most, jitters[j] - 1 - jitters[j] / 20, jitters[j]);
    }
}

static void jitter_does_not_add_up(void **state)
{
    (void)state;
    kedge_backoff_init(&b, 1000, 0, 100, 100, KEDGE_FOREVER, 7);
    for (int n = 0; n < 1000; n++)
        assert_in_range(kedge_backoff_next(&b, 0), 1000, 2000);
}

static void one_seed_gives_one_sequence(void **state)
{
    (void)state;
    struct kedge_backoff same, other;
    int differ = 0;
    kedge_backoff_init(&b, 1000, 0, 100, 100, KEDGE_FOREVER, 7);
    kedge_backoff_init(&same, 1000, 0, 100, 100, KEDGE_FOREVER, 7);
    kedge_backoff_init(&other, 1000, 0, 100, 100, KEDGE_FOREVER, 8);
    for (int n = 0; n < 100; n++) {
        kedge_time delay = kedge_backoff_next(&b, 0);
        assert_int_equal(kedge_backoff_next(&same, 0), delay);
        differ += kedge_backoff_next(&other, 0) != delay;
    }
    assert_true(differ > 90);
}

static void a_reset_begins_anew(void **state)
{
    (void)state;
    kedge_backoff_init(&b, 100, 1000, 200, 0, KEDGE_FOREVER, 1);
    for (int n = 0; n < 10; n++)
        kedge_backoff_next(&b, 0);
    kedge_backoff_reset(&b);
    assert_int_equal(kedge_backoff_next(&b, 0), 100);
    assert_int_equal(kedge_backoff_next(&b, 0), 200);
    kedge_backoff_reset(&b);
    kedge_backoff_reset(&b);
    assert_int_equal(kedge_backoff_next(&b, 0), 100);
}

// client-go: "elapsed since the last reset", not since the last call.
static void the_interval_runs_from_the_last_beginning(void **state)
{
    (void)state;
    kedge_backoff_init(&b, 100, 100000, 200, 0, 1000, 1);
    assert_int_equal(kedge_backoff_next(&b, 5000), 100);
    assert_int_equal(kedge_backoff_next(&b, 5400), 200);
    assert_int_equal(kedge_backoff_next(&b, 5800), 400);
    assert_int_equal(kedge_backoff_next(&b, 6000), 800); // exactly the interval is not more
    assert_int_equal(kedge_backoff_next(&b, 6001), 100);
    assert_int_equal(kedge_backoff_next(&b, 7001), 200);
    assert_int_equal(kedge_backoff_next(&b, 7002), 100);
    // Long silence resets once, however long it was.
    assert_int_equal(kedge_backoff_next(&b, 1000000), 100);
    assert_int_equal(kedge_backoff_next(&b, 1000001), 200);
}

static void the_interval_begins_with_the_first_call(void **state)
{
    (void)state;
    kedge_backoff_init(&b, 100, 100000, 200, 0, 1000, 1);
    assert_int_equal(kedge_backoff_next(&b, 999999), 100);
    assert_int_equal(kedge_backoff_next(&b, 999999 + 1000), 200);
    kedge_backoff_reset(&b);
    assert_int_equal(kedge_backoff_next(&b, 999999 + 1500), 100);
    assert_int_equal(kedge_backoff_next(&b, 999999 + 2500), 200);
    assert_int_equal(kedge_backoff_next(&b, 999999 + 2501), 100);
}

static void without_an_interval_the_delay_is_constant(void **state)
{
    (void)state;
    static const kedge_time intervals[] = {0, -1};
    for (size_t i = 0; i < COUNT(intervals); i++) {
        kedge_backoff_init(&b, 100, 1000, 200, 0, intervals[i], 1);
        for (int n = 0; n < 5; n++)
            assert_int_equal(kedge_backoff_next(&b, n * 100000), 100);
    }
}

static void a_clock_that_begins_anywhere_is_fine(void **state)
{
    (void)state;
    static const kedge_time starts[] = {0, -1000000, INT64_MAX - 10000, 1};
    for (size_t i = 0; i < COUNT(starts); i++) {
        memset(&b, 0xa5, sizeof b);
        kedge_backoff_init(&b, 100, 1000, 200, 0, 1000, 1);
        assert_int_equal(kedge_backoff_next(&b, starts[i]), 100);
        assert_int_equal(kedge_backoff_next(&b, starts[i] + 1), 200);
        assert_int_equal(kedge_backoff_next(&b, starts[i] + 1001), 100);
    }
}

// Under UBSan.
static void nothing_overflows(void **state)
{
    (void)state;
    static const kedge_time firsts[] = {1, 1000, INT64_MAX / 1000, INT64_MAX};
    static const uint32_t percents[] = {1, 99, 100, 200, UINT32_MAX};
    for (size_t f = 0; f < COUNT(firsts); f++) {
        for (size_t p = 0; p < COUNT(percents); p++) {
            for (size_t j = 0; j < COUNT(percents); j++) {
                kedge_backoff_init(&b, firsts[f], p == 0 ? INT64_MAX : 0, percents[p], percents[j],
                                   KEDGE_FOREVER, 3);
                kedge_time last = 0;
                for (int n = 0; n < 200; n++) {
                    kedge_time delay = kedge_backoff_next(&b, 0);
                    assert_true(delay >= 0 && delay < INT64_MAX / 1000);
                    last = delay;
                }
                assert_true(percents[p] <= 100 || last > 365 * 24 * KEDGE_HOUR);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delays_grow_by_the_factor_up_to_the_cap),
        cmocka_unit_test(jitter_only_lengthens_and_by_no_more_than_it_may),
        cmocka_unit_test(jitter_does_not_add_up),
        cmocka_unit_test(one_seed_gives_one_sequence),
        cmocka_unit_test(a_reset_begins_anew),
        cmocka_unit_test(the_interval_runs_from_the_last_beginning),
        cmocka_unit_test(the_interval_begins_with_the_first_call),
        cmocka_unit_test(without_an_interval_the_delay_is_constant),
        cmocka_unit_test(a_clock_that_begins_anywhere_is_fine),
        cmocka_unit_test(nothing_overflows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
