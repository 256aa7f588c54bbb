// SPDX-License-Identifier: Apache-2.0
// Random numbers: known answers, ranges, and what happens without entropy.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"

static void the_known_answers_of_splitmix64(void **state)
{
    (void)state;
    uint64_t seed = 1234567;
    assert_true(kedge__random_mix(&seed) == UINT64_C(6457827717110365317));
    assert_true(kedge__random_mix(&seed) == UINT64_C(3203168211198807973));
    assert_true(kedge__random_mix(&seed) == UINT64_C(9817491932198370423));
}

// From the state 1, 2, 3, 4, by hand.
static void the_known_answers_of_xoshiro128_plus_plus(void **state)
{
    (void)state;
    struct kedge__random r = {{1, 2, 3, 4}};
    assert_int_equal(kedge__random_next(&r), 641);
    assert_int_equal(r.s[0], 7);
    assert_int_equal(r.s[1], 0);
    assert_int_equal(r.s[2], 1026);
    assert_int_equal(r.s[3], 12288);
    assert_int_equal(kedge__random_next(&r), 1573767);
}

static void a_product_is_scaled_exactly(void **state)
{
    (void)state;
    static const struct {
        uint64_t number, n, scaled;
    } table[] = {
        {0, 0, 0},
        {UINT64_MAX, 0, 0},
        {0, UINT64_MAX, 0},
        {UINT64_MAX, 1, 0},
        {UINT64_MAX, 2, 1},
        {UINT64_C(1) << 63, 2, 1},
        {(UINT64_C(1) << 63) - 1, 2, 0},
        {UINT64_MAX, UINT64_MAX, UINT64_MAX - 1},
        {UINT64_MAX, UINT32_MAX, UINT32_MAX - 1},
        {UINT64_C(0xfedcba9876543210), UINT64_C(0x123456789abcdef1), UINT64_C(0x121fa00ad77d7423)},
        {UINT64_C(0x00000000ffffffff), UINT64_C(0xffffffffffffffff), UINT64_C(0xfffffffe)},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_true(kedge__random_scale(table[i].number, table[i].n) == table[i].scaled);
}

static void numbers_below_n_are_all_of_them(void **state)
{
    (void)state;
    struct kedge__random r;
    kedge__random_init(&r, 42);
    for (uint64_t n = 1; n < 40; n++) {
        unsigned seen[40] = {0};
        for (uint64_t i = 0; i < n * 200; i++) {
            uint64_t got = kedge__random_below(&r, n);
            assert_true(got < n);
            seen[got]++;
        }
        // 200 expected, with a deviation of 14.
        for (uint64_t i = 0; i < n; i++)
            assert_in_range(seen[i], 110, 290);
    }
    assert_true(kedge__random_below(&r, 0) == 0);
    assert_true(kedge__random_below(&r, 1) == 0);
}

static void every_seed_gives_another_sequence(void **state)
{
    (void)state;
    struct kedge__random a, b, again;
    for (uint64_t seed = 0; seed < 1000; seed++) {
        kedge__random_init(&a, seed);
        kedge__random_init(&b, seed + 1);
        kedge__random_init(&again, seed);
        assert_true((a.s[0] | a.s[1] | a.s[2] | a.s[3]) != 0);
        uint64_t first = kedge__random_next64(&a);
        assert_true(first != kedge__random_next64(&b));
        assert_true(first == kedge__random_next64(&again));
    }
}

static void every_bit_is_set_half_the_time(void **state)
{
    (void)state;
    struct kedge__random r;
    unsigned set[64] = {0};
    kedge__random_init(&r, 0);
    for (int i = 0; i < 10000; i++) {
        uint64_t n = kedge__random_next64(&r);
        for (int bit = 0; bit < 64; bit++)
            set[bit] += (unsigned)(n >> bit & 1);
    }
    for (int bit = 0; bit < 64; bit++)
        assert_in_range(set[bit], 4700, 5300);
}

static kedge_err entropy(const struct kedge_port *port, void *buf, size_t len)
{
    (void)port;
    memset(buf, 0x5a, len);
    return KEDGE_OK;
}

static kedge_err no_entropy(const struct kedge_port *port, void *buf, size_t len)
{
    (void)port;
    (void)buf;
    (void)len;
    return KEDGE_ERR_ENTROPY;
}

static kedge_time now;

static kedge_time clock_(const struct kedge_port *port)
{
    (void)port;
    return now;
}

static kedge_timestamp wall_clock(const struct kedge_port *port)
{
    (void)port;
    return 1795407388000000 + now * 1000;
}

static void the_port_gives_the_seed(void **state)
{
    (void)state;
    static const struct kedge_port port = {.entropy = entropy, .clock = clock_};
    struct kedge__random r, same;
    assert_int_equal(kedge__random_seed(&r, &port), KEDGE_OK);
    kedge__random_init(&same, UINT64_C(0x5a5a5a5a5a5a5a5a));
    assert_memory_equal(&r, &same, sizeof r);
}

static void without_entropy_the_clocks_do_and_it_is_told(void **state)
{
    (void)state;
    static const struct kedge_port ports[] = {
        {.entropy = no_entropy, .clock = clock_, .wall_clock = wall_clock},
        {.entropy = NULL, .clock = clock_, .wall_clock = NULL},
    };
    for (size_t i = 0; i < 2; i++) {
        struct kedge__random r, later;
        now = 1000;
        assert_int_equal(kedge__random_seed(&r, &ports[i]), KEDGE_ERR_ENTROPY);
        uint64_t first = kedge__random_next64(&r);
        now = 1001;
        assert_int_equal(kedge__random_seed(&r, &ports[i]), KEDGE_ERR_ENTROPY);
        assert_true(kedge__random_next64(&r) != first);
        now = 1000;
        assert_int_equal(kedge__random_seed(&later, &ports[i]), KEDGE_ERR_ENTROPY);
        assert_true(kedge__random_next64(&later) != first);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_known_answers_of_splitmix64),
        cmocka_unit_test(the_known_answers_of_xoshiro128_plus_plus),
        cmocka_unit_test(a_product_is_scaled_exactly),
        cmocka_unit_test(numbers_below_n_are_all_of_them),
        cmocka_unit_test(every_seed_gives_another_sequence),
        cmocka_unit_test(every_bit_is_set_half_the_time),
        cmocka_unit_test(the_port_gives_the_seed),
        cmocka_unit_test(without_entropy_the_clocks_do_and_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
