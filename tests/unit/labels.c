// SPDX-License-Identifier: Apache-2.0
#include "kedge/labels.h"
#include "kedge/selector_build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kedge/kinds.h"
#include "objects.h"

#define PAIR(k, v)           \
    {                        \
        {k, sizeof(k) - 1},  \
        {                    \
            v, sizeof(v) - 1 \
        }                    \
    }

static struct kedge_object *labelled(const char *labels)
{
    char json[256] = "{\"metadata\":{\"labels\":{";
    strcat(strcat(json, labels), "}}}");
    return record_of(&kedge_kind_pod, kedge_str_of(json));
}

static void a_set_is_pairs_or_a_records_map(void **state)
{
    (void)state;
    static const struct kedge_label pairs[] = {PAIR("b", "2"), PAIR("a", ""), PAIR("b", "3")};
    struct kedge_object *o = labelled("\"b\":\"3\",\"a\":\"\"");
    struct kedge_labels mine = kedge_labels_of(pairs, 3), its = kedge_labels_of_object(o);
    kedge_str value;
    assert_int_equal(kedge_labels_count(mine), 3);
    assert_int_equal(kedge_labels_count(its), 2);
    assert_int_equal(kedge_labels_count(kedge_labels_of_object(NULL)), 0);
    assert_int_equal(kedge_labels_count(kedge_labels_of_map(NULL)), 0);
    assert_true(kedge_str_is(kedge_labels_at(its, 0).key, "b"));
    assert_true(kedge_str_is(kedge_labels_at(its, 0).value, "3"));
    assert_true(kedge_str_is(kedge_labels_at(mine, 0).value, "2"));
    assert_true(kedge_str_is(kedge_labels_at(mine, 3).key, ""));
    assert_true(kedge_str_is(kedge_labels_at(its, 2).value, ""));
    // Of a key that is twice the last counts.
    assert_true(kedge_labels_get(mine, KEDGE_STR("b"), &value));
    assert_true(kedge_str_is(value, "3"));
    assert_true(kedge_labels_get(its, KEDGE_STR("a"), &value));
    assert_int_equal(value.len, 0);
    assert_true(kedge_labels_get(its, KEDGE_STR("a"), NULL));
    value = KEDGE_STR("stays");
    assert_false(kedge_labels_get(mine, KEDGE_STR("c"), &value));
    assert_false(kedge_labels_get(its, KEDGE_STR("c"), &value));
    assert_true(kedge_str_is(value, "stays"));
    free(o);
}

static void sets_conflict_where_one_label_has_two_values(void **state)
{
    (void)state;
    static const struct kedge_label none[1] = {PAIR("", "")};
    static const struct {
        struct kedge_label a[3], b[3];
        size_t a_count, b_count;
        bool conflict, equal;
    } rows[] = {
        {{PAIR("a", "1")}, {PAIR("a", "1")}, 1, 1, false, true},
        {{PAIR("a", "1")}, {PAIR("a", "2")}, 1, 1, true, false},
        {{PAIR("a", "1")}, {PAIR("b", "2")}, 1, 1, false, false},
        {{PAIR("a", "1"), PAIR("b", "2")}, {PAIR("b", "2"), PAIR("a", "1")}, 2, 2, false, true},
        {{PAIR("a", "1"), PAIR("b", "2")}, {PAIR("b", "2")}, 2, 1, false, false},
        {{PAIR("b", "2")}, {PAIR("a", "1"), PAIR("b", "2")}, 1, 2, false, false},
        {{PAIR("a", "1"), PAIR("b", "2")}, {PAIR("b", "3")}, 2, 1, true, false},
        {{PAIR("a", "")}, {PAIR("a", "1")}, 1, 1, true, false},
        {{PAIR("a", "")}, {PAIR("b", "")}, 1, 1, false, false},
        {{PAIR("a", "1"), PAIR("a", "2")}, {PAIR("a", "2")}, 2, 1, false, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kedge_labels a = kedge_labels_of(rows[i].a, rows[i].a_count);
        struct kedge_labels b = kedge_labels_of(rows[i].b, rows[i].b_count);
        if (kedge_labels_conflict(a, b) != rows[i].conflict ||
            kedge_labels_conflict(b, a) != rows[i].conflict)
            fail_msg("row %zu: conflict", i);
        if (kedge_labels_equal(a, b) != rows[i].equal || kedge_labels_equal(b, a) != rows[i].equal)
            fail_msg("row %zu: equal", i);
    }
    struct kedge_labels empty = kedge_labels_of(none, 0);
    assert_true(kedge_labels_equal(empty, kedge_labels_of(NULL, 0)));
    assert_false(kedge_labels_conflict(empty, kedge_labels_of(rows[0].a, 1)));
    assert_false(kedge_labels_equal(empty, kedge_labels_of(rows[0].a, 1)));
}

static void a_merge_takes_the_second_ones_values(void **state)
{
    (void)state;
    static const struct kedge_label mine[] = {PAIR("a", "1"), PAIR("b", "2")};
    struct kedge_object *o = labelled("\"c\":\"9\",\"b\":\"3\"");
    struct kedge_labels a = kedge_labels_of(mine, 2), b = kedge_labels_of_object(o);
    struct kedge_label out[4];
    char text[32];
    size_t count;
    assert_int_equal(kedge_labels_merge(a, b, out, 4, &count), KEDGE_OK);
    assert_int_equal(count, 3);
    kedge_labels_text(kedge_labels_of(out, count), text, sizeof text, NULL);
    assert_string_equal(text, "a=1,b=3,c=9");
    assert_int_equal(kedge_labels_merge(b, a, out, 3, &count), KEDGE_OK);
    kedge_labels_text(kedge_labels_of(out, count), text, sizeof text, NULL);
    assert_string_equal(text, "a=1,b=2,c=9");
    // What it was made of is as it was.
    assert_true(kedge_str_is(mine[1].value, "2"));
    for (size_t cap = 0; cap < 3; cap++) {
        struct kedge_label *few = malloc(cap > 0 ? cap * sizeof *few : 1);
        assert_int_equal(kedge_labels_merge(a, b, few, cap, &count), KEDGE_ERR_FULL);
        assert_int_equal(count, cap);
        free(few);
    }
    assert_int_equal(
        kedge_labels_merge(kedge_labels_of(NULL, 0), kedge_labels_of(NULL, 0), out, 0, &count),
        KEDGE_OK);
    assert_int_equal(count, 0);
    free(o);
}

static void the_text_of_a_set_is_in_order(void **state)
{
    (void)state;
    static const struct kedge_label pairs[] = {PAIR("x", "1"), PAIR("a", ""), PAIR("b/c", "2"),
                                               PAIR("x", "3"), PAIR("ab", "4")};
    char text[64];
    size_t len;
    assert_int_equal(kedge_labels_text(kedge_labels_of(pairs, 5), text, sizeof text, &len),
                     KEDGE_OK);
    assert_string_equal(text, "a=,ab=4,b/c=2,x=3");
    assert_int_equal(len, strlen(text));
    // That of the pairs, not of the keys; a selector has that of the keys.
    static const struct kedge_label dots[] = {PAIR("a", "1"), PAIR("a-b", "2"), PAIR("a.b/c", "3"),
                                              PAIR("a", "0"), PAIR("a0", "4"),  PAIR("aa", "5"),
                                              PAIR("", "6")};
    assert_int_equal(kedge_labels_text(kedge_labels_of(dots, 7), text, sizeof text, NULL),
                     KEDGE_OK);
    assert_string_equal(text, "=6,a-b=2,a.b/c=3,a0=4,a=0,aa=5");
    struct kedge_selector s;
    assert_int_equal(kedge_selector_from_labels(&s, kedge_labels_of(dots, 6), text, sizeof text),
                     KEDGE_OK);
    assert_string_equal(text, "a=0,a-b=2,a.b/c=3,a0=4,aa=5");
    assert_int_equal(kedge_labels_text(kedge_labels_of(NULL, 0), text, 1, &len), KEDGE_OK);
    assert_int_equal(len, 0);
    for (size_t cap = 0; cap <= 18; cap++) {
        char *few = malloc(cap > 0 ? cap : 1);
        assert_int_equal(kedge_labels_text(kedge_labels_of(pairs, 5), few, cap, &len),
                         cap < 18 ? KEDGE_ERR_FULL : KEDGE_OK);
        assert_int_equal(len, cap > 0 ? cap - 1 : 0);
        if (cap > 0)
            assert_memory_equal(few, "a=,ab=4,b/c=2,x=3", len);
        free(few);
    }
}

static void a_map_is_read_from_text(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"a=b,c=d", "a=b,c=d"},
        {" a = b , c = d ", "a=b,c=d"},
        {"\ta\n=\v\f\rb", "a=b"},
        {"c=d,a=b", "a=b,c=d"},
        {"a=", "a="},
        {"a= ,b=", "a=,b="},
        {"a=b,a=c", "a=c"},
        {"example.com/a=b", "example.com/a=b"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kedge_label out[2];
        char text[64];
        size_t count, at = 77;
        if (kedge_labels_parse(rows[i][0], out, 2, &count, &at) != KEDGE_OK)
            fail_msg("%s is refused at %zu", rows[i][0], at);
        kedge_labels_text(kedge_labels_of(out, count), text, sizeof text, NULL);
        assert_string_equal(text, rows[i][1]);
        assert_int_equal(at, 77);
    }
    size_t count = 7;
    assert_int_equal(kedge_labels_parse(NULL, NULL, 0, &count, NULL), KEDGE_OK);
    assert_int_equal(count, 0);
    struct kedge_label one[1];
    assert_int_equal(kedge_labels_parse("a=b,c=d", one, 1, &count, NULL), KEDGE_ERR_FULL);
    assert_int_equal(count, 0);
    assert_int_equal(kedge_labels_parse("a=b,a=d", one, 1, &count, NULL), KEDGE_OK);
    assert_true(kedge_str_is(one[0].value, "d"));
}

static void what_is_no_map_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t at;
    } rows[] = {
        {"a", 1},       {" ", 1},      {",a=b", 0},     {"a=b,", 4},  {"a==b", 2},  {"a=b=c", 3},
        {"a!=b", 0},    {"=b", 0},     {" =b", 1},      {"a=b c", 2}, {"a b=c", 0}, {"a=-", 2},
        {"a=b,c", 5},   {"a>1", 3},    {"a in (b)", 8}, {"-a=b", 0},  {"a/=b", 0},  {"a=b,c=d!", 6},
        {"a=b;c=d", 5}, {"a=\xc2", 2}, {"a=b,,c=d", 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kedge_label out[3];
        size_t count = 9, at = 77;
        if (kedge_labels_parse(rows[i].text, out, 3, &count, &at) != KEDGE_ERR_ARGUMENT)
            fail_msg("%s is taken", rows[i].text);
        if (at != rows[i].at)
            fail_msg("%s is wrong at %zu", rows[i].text, at);
        assert_int_equal(count, 0);
        assert_int_equal(kedge_labels_parse(rows[i].text, out, 3, &count, NULL),
                         KEDGE_ERR_ARGUMENT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_is_pairs_or_a_records_map),
        cmocka_unit_test(sets_conflict_where_one_label_has_two_values),
        cmocka_unit_test(a_merge_takes_the_second_ones_values),
        cmocka_unit_test(the_text_of_a_set_is_in_order),
        cmocka_unit_test(a_map_is_read_from_text),
        cmocka_unit_test(what_is_no_map_is_refused_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
