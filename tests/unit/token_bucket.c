// SPDX-License-Identifier: Apache-2.0
// The token bucket: client-go's flowcontrol limiter.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "kedge/token_bucket.h"

static struct kedge_token_bucket b;

static void it_starts_full(void **state)
{
    (void)state;
    static const kedge_time starts[] = {0, 1, 123456789, -5000};
    for (size_t s = 0; s < 4; s++) {
        kedge_token_bucket_init(&b, 5.0f, 10);
        for (int i = 0; i < 10; i++)
            assert_int_equal(kedge_token_bucket_take(&b, starts[s]), 0);
        assert_int_equal(kedge_token_bucket_take(&b, starts[s]), 200);
    }
}

// Wherever the clock begins, also below 0, and whatever the memory held before.
static void the_time_before_the_first_call_does_not_count(void **state)
{
    (void)state;
    static const kedge_time starts[] = {0, -5000, INT64_MIN / 2, 1000000};
    for (size_t i = 0; i < 4; i++) {
        memset(&b, 0xa5, sizeof b);
        kedge_token_bucket_init(&b, 1.0f, 2);
        assert_true(kedge_token_bucket_try(&b, starts[i]));
        assert_true(kedge_token_bucket_try(&b, starts[i]));
        assert_false(kedge_token_bucket_try(&b, starts[i] + 999));
        assert_true(kedge_token_bucket_try(&b, starts[i] + 1000));
        assert_false(kedge_token_bucket_try(&b, starts[i] + 1000));
    }
}

static void later_takers_wait_longer(void **state)
{
    (void)state;
    kedge_token_bucket_init(&b, 5.0f, 10);
    for (int i = 0; i < 10; i++)
        kedge_token_bucket_take(&b, 1000);
    for (int i = 1; i < 100; i++)
        assert_int_equal(kedge_token_bucket_take(&b, 1000), i * 200);
    // They were promised, so time that passes serves them first.
    assert_int_equal(kedge_token_bucket_take(&b, 1000 + 99 * 200), 200);
}

static void it_fills_with_time_and_not_beyond_the_burst(void **state)
{
    (void)state;
    kedge_token_bucket_init(&b, 10.0f, 3);
    for (int i = 0; i < 3; i++)
        assert_true(kedge_token_bucket_try(&b, 0));
    assert_false(kedge_token_bucket_try(&b, 0));
    assert_false(kedge_token_bucket_try(&b, 99));
    assert_true(kedge_token_bucket_try(&b, 100));
    assert_false(kedge_token_bucket_try(&b, 199));
    assert_true(kedge_token_bucket_try(&b, 200));
    for (int i = 0; i < 3; i++)
        assert_true(kedge_token_bucket_try(&b, 1000000000));
    assert_false(kedge_token_bucket_try(&b, 1000000000));
    assert_int_equal(kedge_token_bucket_take(&b, 1000000040), 60);
}

static void trying_in_vain_costs_nothing(void **state)
{
    (void)state;
    kedge_token_bucket_init(&b, 1.0f, 1);
    assert_true(kedge_token_bucket_try(&b, 0));
    for (kedge_time now = 0; now < 1000; now++)
        assert_false(kedge_token_bucket_try(&b, now));
    assert_true(kedge_token_bucket_try(&b, 1000));
}

// Taken when told, a day long, in steps of a fraction of a millisecond.
static void no_token_is_lost_by_rounding(void **state)
{
    (void)state;
    static const struct {
        float qps;
        kedge_time interval_us;
    } table[] = {{3.0f, 333333}, {7.0f, 142857}, {1000.0f, 1000}, {0.7f, 1428571}, {4000.0f, 250}};
    for (size_t i = 0; i < 5; i++) {
        kedge_token_bucket_init(&b, table[i].qps, 10);
        kedge_time now = 0;
        kedge_time taken = 0;
        for (; taken < 20000; taken++)
            now += kedge_token_bucket_take(&b, now);
        kedge_time ideal = (taken - 10) * table[i].interval_us / 1000;
        assert_in_range(now, ideal - ideal / 100000 - 1, ideal + ideal / 100000 + 2);
    }
}

// client-go's TestRatePrecisionBug: a rate of a token in 1.031425 s gives one every two seconds.
static void a_rate_that_is_no_round_number_keeps_its_word(void **state)
{
    (void)state;
    kedge_token_bucket_init(&b, 1000000.0f / 1031425.0f, 1);
    for (kedge_time i = 0; i < 60; i++)
        assert_true(kedge_token_bucket_try(&b, i * 2000));
}

static void defaults_are_those_of_client_go(void **state)
{
    (void)state;
    kedge_token_bucket_init(&b, 0.0f, 0);
    for (int i = 0; i < 10; i++)
        assert_int_equal(kedge_token_bucket_take(&b, 0), 0);
    assert_int_equal(kedge_token_bucket_take(&b, 0), 200);
    kedge_token_bucket_init(&b, 5.0f, -1);
    for (int i = 0; i < 10; i++)
        assert_int_equal(kedge_token_bucket_take(&b, 0), 0);
    assert_int_equal(kedge_token_bucket_take(&b, 0), 200);
}

static void a_negative_rate_is_no_limit(void **state)
{
    (void)state;
    kedge_token_bucket_init(&b, -1.0f, 1);
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(kedge_token_bucket_take(&b, 0), 0);
        assert_true(kedge_token_bucket_try(&b, 0));
    }
    kedge_token_bucket_put_back(&b);
    assert_int_equal(kedge_token_bucket_take(&b, 0), 0);
}

static void rates_outside_are_brought_inside(void **state)
{
    (void)state;
    kedge_token_bucket_init(&b, 0.000001f, 1);
    assert_int_equal(kedge_token_bucket_take(&b, 0), 0);
    assert_in_range(kedge_token_bucket_take(&b, 0), 999990, 1000010);
    kedge_token_bucket_init(&b, 1e30f, 1);
    for (int i = 0; i < 1000; i++)
        kedge_token_bucket_take(&b, 0);
    assert_int_equal(kedge_token_bucket_take(&b, 0), 1);
    float zero = 0.0f;
    kedge_token_bucket_init(&b, zero / zero, 1); // not a number: the default
    kedge_token_bucket_take(&b, 0);
    assert_int_equal(kedge_token_bucket_take(&b, 0), 200);
}

static void a_clock_that_goes_back_adds_nothing(void **state)
{
    (void)state;
    kedge_token_bucket_init(&b, 1.0f, 1);
    assert_true(kedge_token_bucket_try(&b, 10000));
    for (int i = 0; i < 10; i++) {
        assert_false(kedge_token_bucket_try(&b, 9000));
        assert_false(kedge_token_bucket_try(&b, 10000));
    }
    assert_false(kedge_token_bucket_try(&b, 10999));
    assert_true(kedge_token_bucket_try(&b, 11000));
}

static void what_was_put_back_can_be_taken_again(void **state)
{
    (void)state;
    kedge_token_bucket_init(&b, 1.0f, 2);
    kedge_token_bucket_take(&b, 0);
    kedge_token_bucket_take(&b, 0);
    assert_int_equal(kedge_token_bucket_take(&b, 0), 1000);
    kedge_token_bucket_put_back(&b);
    assert_int_equal(kedge_token_bucket_take(&b, 0), 1000);
    // Never more than the burst.
    for (int i = 0; i < 10; i++)
        kedge_token_bucket_put_back(&b);
    assert_true(kedge_token_bucket_try(&b, 0));
    assert_true(kedge_token_bucket_try(&b, 0));
    assert_false(kedge_token_bucket_try(&b, 0));
}

// Whatever the pattern of calls: in no stretch of time pass more than its tokens and one burst.
static void no_window_has_more_than_its_share(void **state)
{
    (void)state;
    static kedge_time passed[3000];
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct kedge__random r;
        kedge__random_init(&r, seed);
        kedge_token_bucket_init(&b, 20.0f, 5);
        kedge_time now = 0;
        for (size_t i = 0; i < 3000; i++) {
            now += (kedge_time)kedge__random_below(&r, 100);
            passed[i] = now + kedge_token_bucket_take(&b, now);
            assert_true(i == 0 || passed[i] >= passed[i - 1]);
        }
        for (size_t from = 0; from < 3000; from += 7) {
            for (size_t to = from; to < 3000 && to < from + 200; to++) {
                kedge_time window = passed[to] - passed[from];
                assert_true((kedge_time)(to - from + 1) <= 5 + window / 50 + 1);
            }
        }
    }
}

// Under UBSan.
static void nothing_overflows(void **state)
{
    (void)state;
    kedge_token_bucket_init(&b, 0.001f, INT32_MAX);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(kedge_token_bucket_take(&b, 0), 0);
    assert_int_equal(kedge_token_bucket_take(&b, INT64_MAX / 2), 0);
    kedge_token_bucket_init(&b, 0.001f, 1);
    kedge_time last = 0;
    for (int i = 0; i < 4000000; i++) {
        kedge_time wait = kedge_token_bucket_take(&b, 0);
        assert_true(wait >= last);
        last = wait;
    }
    assert_int_equal(kedge_token_bucket_take(&b, INT64_MAX / 2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_starts_full),
        cmocka_unit_test(the_time_before_the_first_call_does_not_count),
        cmocka_unit_test(later_takers_wait_longer),
        cmocka_unit_test(it_fills_with_time_and_not_beyond_the_burst),
        cmocka_unit_test(trying_in_vain_costs_nothing),
        cmocka_unit_test(no_token_is_lost_by_rounding),
        cmocka_unit_test(a_rate_that_is_no_round_number_keeps_its_word),
        cmocka_unit_test(defaults_are_those_of_client_go),
        cmocka_unit_test(a_negative_rate_is_no_limit),
        cmocka_unit_test(rates_outside_are_brought_inside),
        cmocka_unit_test(a_clock_that_goes_back_adds_nothing),
        cmocka_unit_test(what_was_put_back_can_be_taken_again),
        cmocka_unit_test(no_window_has_more_than_its_share),
        cmocka_unit_test(nothing_overflows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
