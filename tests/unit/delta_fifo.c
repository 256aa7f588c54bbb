// SPDX-License-Identifier: Apache-2.0
// The fifo: in order, bounded, one version at a time.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "cache/delta_fifo.h"

static void what_goes_in_comes_out_in_order(void **state)
{
    (void)state;
    for (uint32_t cap = 1; cap < 9; cap++) {
        struct kedge__delta ring[8];
        struct kedge__delta_fifo f;
        struct kedge__delta d;
        uint32_t in = 0;
        uint32_t out = 0;
        kedge__delta_fifo_init(&f, ring, cap);
        for (int round = 0; round < 50; round++) {
            for (int i = 0; i < round % 5 && kedge__delta_fifo_room(&f, KEDGE__DELTA_UPSERT); i++)
                kedge__delta_fifo_push(&f, (struct kedge__delta){.slot = ++in}, NULL);
            assert_true(f.count <= cap);
            for (int i = 0; i < round % 3 && kedge__delta_fifo_pop(&f, &d); i++)
                assert_int_equal(d.slot, ++out);
        }
        while (kedge__delta_fifo_pop(&f, &d))
            assert_int_equal(d.slot, ++out);
        assert_int_equal(in, out);
    }
}

static void a_full_fifo_has_no_room(void **state)
{
    (void)state;
    struct kedge__delta ring[2];
    struct kedge__delta_fifo f;
    struct kedge__delta d;
    kedge__delta_fifo_init(&f, ring, 2);
    kedge__delta_fifo_push(&f, (struct kedge__delta){.slot = 1}, NULL);
    kedge__delta_fifo_push(&f, (struct kedge__delta){.slot = 2}, NULL);
    assert_false(kedge__delta_fifo_room(&f, KEDGE__DELTA_DELETE));
    assert_true(kedge__delta_fifo_pop(&f, &d));
    assert_true(kedge__delta_fifo_room(&f, KEDGE__DELTA_DELETE));
}

static void one_version_waits_at_a_time_until_it_is_done_with(void **state)
{
    (void)state;
    struct kedge__delta ring[4];
    struct kedge__delta_fifo f;
    struct kedge__delta d;
    char version[KEDGE__VERSION_MAX] = "4711";
    kedge__delta_fifo_init(&f, ring, 4);
    kedge__delta_fifo_push(&f, (struct kedge__delta){.type = KEDGE__DELTA_BOOKMARK}, version);
    assert_false(kedge__delta_fifo_room(&f, KEDGE__DELTA_LIST_END));
    assert_false(kedge__delta_fifo_room(&f, KEDGE__DELTA_BOOKMARK));
    assert_true(kedge__delta_fifo_room(&f, KEDGE__DELTA_UPSERT));
    assert_true(kedge__delta_fifo_pop(&f, &d));
    assert_string_equal(f.version, "4711");
    assert_false(kedge__delta_fifo_room(&f, KEDGE__DELTA_BOOKMARK)); // a sweep may still need it
    kedge__delta_fifo_version_done(&f);
    assert_true(kedge__delta_fifo_room(&f, KEDGE__DELTA_BOOKMARK));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out_in_order),
        cmocka_unit_test(a_full_fifo_has_no_room),
        cmocka_unit_test(one_version_waits_at_a_time_until_it_is_done_with),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
