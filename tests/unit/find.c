// SPDX-License-Identifier: Apache-2.0
// Which of an object's values a table's rows name.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "object/project.h"
#include "objects.h"

enum { WHOLE, DEEPEST, TOO_DEEP, INNER, ROWS };

static const struct kedge_field rows[ROWS] = {
    [WHOLE] = {.path = "", .type = KEDGE_FIELD_RAW},
    [DEEPEST] = {.path = "a\0a\0a\0a\0a\0a\0a\0b\0", .type = KEDGE_FIELD_RAW},
    // No macro makes such a path; a table made by hand may have it.
    [TOO_DEEP] = {.path = "a\0a\0a\0a\0a\0a\0a\0a\0a\0", .type = KEDGE_FIELD_RAW},
    [INNER] = {.path = "x\0y\0", .type = KEDGE_FIELD_RAW},
};
static const struct kedge_table table = {rows, ROWS, 0};

static void look(void *ctx, kedge_json_value root)
{
    kedge__find(ctx, &table, ROWS, root);
    const struct kedge__found *found = ctx;
    assert_int_equal(found->at[WHOLE], root.at);
}

static struct kedge__found found_in(const char *json)
{
    struct kedge__found found;
    with_json(kedge_str_of(json), look, &found);
    return found;
}

static void a_path_has_eight_keys_at_most(void **state)
{
    (void)state;
    static const char deep[] =
        "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"b\":1,\"a\":{\"a\":2}}}}}}}}}";
    struct kedge__found found = found_in(deep);
    assert_true(found.at[DEEPEST] > 0);
    assert_int_equal(found.at[TOO_DEEP], -1);
    assert_int_equal(found.at[INNER], -1);
    assert_int_equal(found.mistyped, 0);
}

static void what_is_no_object_on_the_way_is_counted(void **state)
{
    (void)state;
    assert_int_equal(found_in("{\"x\":3}").mistyped, 1);
    assert_int_equal(found_in("{\"x\":[{\"y\":1}],\"a\":\"b\"}").mistyped, 2);
    assert_int_equal(found_in("{\"x\":null}").mistyped, 0);
    assert_int_equal(found_in("{\"x\":{}}").mistyped, 0);
    assert_true(found_in("{\"x\":{\"y\":null}}").at[INNER] > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_has_eight_keys_at_most),
        cmocka_unit_test(what_is_no_object_on_the_way_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
