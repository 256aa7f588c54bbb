// SPDX-License-Identifier: Apache-2.0
// The hash: known answers, avalanche, even spreading.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "guard.h"

// Key 00 01 02 ... 07, input 00 01 02 ... of each length: the reference's answers.
static void the_known_answers_of_halfsiphash_1_3(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        uint32_t hash;
    } table[] = {{0, 0x5814c896}, {1, 0xe7e864ca}, {2, 0xbc4b0e30}, {3, 0x01539939},
                 {4, 0x7e059ea6}, {5, 0x88e3d89b}, {63, 0x87178304}};
    unsigned char bytes[64];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)i;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        uint32_t hash = kedge__hash_keyed(0x03020100, 0x07060504, bytes, table[i].len);
        assert_int_equal(hash, table[i].hash);
    }
}

static void nothing_beyond_the_bytes_is_read_wherever_they_lie(void **state)
{
    (void)state;
    char bytes[40];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        uint32_t hash = kedge__hash(1, bytes, len);
        assert_int_equal(kedge__hash(1, guard_put(bytes, len), len), hash);
    }
    assert_int_equal(kedge__hash(1, NULL, 0), kedge__hash(1, bytes, 0));
}

static int bits(uint32_t n)
{
    int count = 0;
    for (; n != 0; n &= n - 1)
        count++;
    return count;
}

static void one_bit_of_the_input_changes_half_of_the_hash(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 24; len++) {
        for (size_t bit = 0; bit < len * 8; bit++) {
            int changed = 0;
            for (uint32_t round = 0; round < 200; round++) {
                unsigned char bytes[24];
                for (size_t i = 0; i < len; i++)
                    bytes[i] = (unsigned char)(round * 31 + i * 17);
                uint32_t before = kedge__hash(5, bytes, len);
                bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
                changed += bits(before ^ kedge__hash(5, bytes, len));
            }
            // 3,200 of 6,400 expected, with a deviation of 40.
            assert_in_range(changed, 2950, 3450);
        }
    }
}

static void one_bit_of_the_seed_changes_half_of_the_hash(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 32; bit++) {
        int changed = 0;
        for (uint32_t seed = 0; seed < 200; seed++) {
            uint32_t before = kedge__hash(seed * 2654435761u, "default/pod", 11);
            changed +=
                bits(before ^ kedge__hash(seed * 2654435761u ^ 1u << bit, "default/pod", 11));
        }
        assert_in_range(changed, 2950, 3450);
    }
}

static void the_length_counts(void **state)
{
    (void)state;
    static const char zeros[300];
    for (size_t len = 0; len < 255; len++)
        assert_int_not_equal(kedge__hash(1, zeros, len), kedge__hash(1, zeros, len + 1));
}

static void names_that_count_up_fill_buckets_evenly(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 5; seed++) {
        static unsigned low[1024], high[1024];
        memset(low, 0, sizeof low);
        memset(high, 0, sizeof high);
        for (int i = 0; i < 20480; i++) {
            char name[32];
            int len = snprintf(name, sizeof name, "web-%d", i);
            uint32_t hash = kedge__hash(seed, name, (size_t)len);
            low[hash % 1024]++;
            high[hash >> 22]++;
        }
        // 20 expected; by chance about one in 10^9 would have more than 60.
        for (size_t i = 0; i < 1024; i++) {
            assert_in_range(low[i], 1, 60);
            assert_in_range(high[i], 1, 60);
        }
    }
}

static void a_pair_is_told_from_its_joined_texts(void **state)
{
    (void)state;
    kedge_str empty = {NULL, 0};
    uint32_t ab_c = kedge__hash_pair(9, KEDGE_STR("ab"), KEDGE_STR("c"));
    assert_int_equal(ab_c, kedge__hash_pair(9, KEDGE_STR("ab"), KEDGE_STR("c")));
    assert_int_not_equal(ab_c, kedge__hash_pair(9, KEDGE_STR("a"), KEDGE_STR("bc")));
    assert_int_not_equal(ab_c, kedge__hash_pair(9, KEDGE_STR("abc"), empty));
    assert_int_not_equal(ab_c, kedge__hash_pair(9, empty, KEDGE_STR("abc")));
    assert_int_not_equal(ab_c, kedge__hash_pair(9, KEDGE_STR("c"), KEDGE_STR("ab")));
    assert_int_not_equal(ab_c, kedge__hash_pair(8, KEDGE_STR("ab"), KEDGE_STR("c")));
    // The namespace's half may be kept.
    uint32_t half = kedge__hash_str(9, KEDGE_STR("ab"));
    assert_int_equal(ab_c, kedge__hash_str(half, KEDGE_STR("c")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_known_answers_of_halfsiphash_1_3),
        cmocka_unit_test(nothing_beyond_the_bytes_is_read_wherever_they_lie),
        cmocka_unit_test(one_bit_of_the_input_changes_half_of_the_hash),
        cmocka_unit_test(one_bit_of_the_seed_changes_half_of_the_hash),
        cmocka_unit_test(the_length_counts),
        cmocka_unit_test(names_that_count_up_fill_buckets_evenly),
        cmocka_unit_test(a_pair_is_told_from_its_joined_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
