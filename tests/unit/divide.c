// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/divide.h"
#include "base/random.h"

static void divide(uint64_t n, uint32_t by)
{
    uint64_t quotient = n;
    assert_int_equal(kedge__divide(&quotient, by), n % by);
    assert_int_equal(quotient, n / by);
}

static void it_divides_as_the_compiler_does_at_every_edge(void **state)
{
    (void)state;
    static const uint32_t by[] = {1, 2, 3, 10, 100, 255, 256, 999, 1000, 32768, 65534, 65535};
    for (size_t i = 0; i < sizeof by / sizeof by[0]; i++) {
        for (int bit = 0; bit < 64; bit++) {
            uint64_t n = UINT64_C(1) << bit;
            divide(n - 1, by[i]);
            divide(n, by[i]);
            divide(n + 1, by[i]);
            divide(n * by[i], by[i]);
            divide(n * by[i] - 1, by[i]);
            divide(~n, by[i]);
        }
        divide(UINT64_MAX, by[i]);
    }
}

static void it_divides_any_number_by_any_small_one(void **state)
{
    (void)state;
    struct kedge__random r;
    kedge__random_init(&r, 1); // the same numbers each time
    for (int i = 0; i < 100000; i++) {
        uint64_t n = kedge__random_next64(&r) >> kedge__random_below(&r, 64);
        divide(n, 1 + (uint32_t)kedge__random_below(&r, 65535));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_divides_as_the_compiler_does_at_every_edge),
        cmocka_unit_test(it_divides_any_number_by_any_small_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
