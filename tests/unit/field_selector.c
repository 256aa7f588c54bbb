// SPDX-License-Identifier: Apache-2.0
#define _POSIX_C_SOURCE 200809L // strdup
#include "kedge/field_selector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kedge/kinds.h"
#include "objects.h"

// From a heap block of exactly the text's size, so that ASan sees any step outside.
static char *kept;

static kedge_err parse(struct kedge_field_selector *s, const char *text)
{
    free(kept);
    kept = strdup(text);
    return kedge_field_selector_parse(s, kept);
}

static int forget(void **state)
{
    (void)state;
    free(kept);
    kept = NULL;
    return 0;
}

// The value of field "a" alone.
static kedge_str only_a(void *ctx, kedge_str field)
{
    kedge_str none = {NULL, 0};
    return kedge_str_is(field, "a") ? kedge_str_of((const char *)ctx) : none;
}

// What k8s.io/apimachinery/pkg/fields v0.36.3 says: the text, its canonical text, whether it
// matches a not there, a=b, a="", a="b,c", a="b=c", a="b\c", and what a must be.
static const struct {
    const char *text, *canonical, *matches, *required;
} of_client_go[] = {
    {"", "", "111111", NULL},
    {"a=b", "a=b", "010000", "b"},
    {"a==b", "a=b", "010000", "b"},
    {"a!=b", "a!=b", "101111", NULL},
    {"b=1,a=2", "a=2,b=1", "000000", "2"},
    {",a=b,", "a=b", "010000", "b"},
    {",,", "", "111111", NULL},
    {"=b", "=b", "000000", NULL},
    {"a=", "a=", "101000", ""},
    {"a!=", "a!=", "010111", NULL},
    {"a=b\\=c", "a=b\\=c", "000010", "b=c"},
    {"a=b\\,c", "a=b\\,c", "000100", "b,c"},
    {"a=b\\\\c", "a=b\\\\c", "000001", "b\\c"},
    {"a\\=b", "a\\=b", "000000", NULL},
    {"a\\,b=c", "a\\,b=c", "000000", NULL},
    {"a!b=c", "a!b=c", "000000", NULL},
    {"a=!b", "a=!b", "000000", "!b"},
    {"a= b", "a= b", "000000", " b"},
    {" a=b", " a=b", "000000", NULL},
    {"!=x", "!=x", "111111", NULL},
    {"!x=y", "!x=y", "000000", NULL},
    {"a!=b,a=b", "a!=b,a=b", "000000", "b"},
    {"a==b,a=a", "a=b,a=a", "000000", "b"},
    {"a=a,a=b", "a=a,a=b", "000000", "a"},
    {"a=\\,\\=\\\\", "a=\\,\\=\\\\", "000000", ",=\\"},
    {"\xff=a", "\xff=a", "000000", NULL},
    {"a=\xc3\xa9", "a=\xc3\xa9", "000000", "\xc3\xa9"},
    {"a==", "a=", "101000", ""},
    {"a=b,a=b", "a=b,a=b", "010000", "b"},
    {"a=(b)", "a=(b)", "000000", "(b)"},
    // Of no field and no value: nothing is said.
    {"=", "", "111111", NULL},
    {"==", "", "111111", NULL},
    {"!=", "", "111111", NULL},
    {"!=,,a=b,=", "a=b", "010000", "b"},
    {"!=x,a=b", "!=x,a=b", "010000", "b"},
    {"=x,a=b", "=x,a=b", "000000", "b"},
};

static void it_matches_and_is_written_as_client_go_does(void **state)
{
    (void)state;
    static const char *const values[] = {NULL, "b", "", "b,c", "b=c", "b\\c"};
    for (size_t i = 0; i < sizeof of_client_go / sizeof of_client_go[0]; i++) {
        struct kedge_field_selector s;
        char text[64];
        size_t len;
        assert_int_equal(parse(&s, of_client_go[i].text), KEDGE_OK);
        assert_null(s.problem);
        assert_int_equal(kedge_field_selector_text(&s, text, sizeof text, &len), KEDGE_OK);
        assert_string_equal(text, of_client_go[i].canonical);
        assert_int_equal(len, strlen(text));
        assert_int_equal(kedge_field_selector_is_empty(&s), text[0] == '\0');
        for (size_t j = 0; j < 6; j++) {
            bool yes = of_client_go[i].matches[j] == '1';
            if (kedge_field_selector_matches(&s, only_a, (void *)(uintptr_t)values[j]) != yes)
                fail_msg("%s, value %zu", of_client_go[i].text, j);
        }
        const char *required = of_client_go[i].required;
        assert_int_equal(kedge_field_selector_requires(&s, "a", text, sizeof text, NULL),
                         required != NULL ? KEDGE_OK : KEDGE_ERR_NOT_FOUND);
        if (required != NULL)
            assert_string_equal(text, required);
    }
}

static void what_is_none_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t at;
    } rows[] = {{"a", 0},        {"a=b,c", 4},  {"a=b=c", 3}, {"a=b\\d", 3},   {"a=b\\", 3},
                {"a\\", 0},      {"a===b", 3},  {"a!==b", 3}, {"\\", 0},       {"a,b=c", 0},
                {"x in (a)", 0}, {"a=b!=c", 4}, {"a!", 0},    {"a=b,c=\\x", 6}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kedge_field_selector s;
        char text[8];
        if (parse(&s, rows[i].text) != KEDGE_ERR_ARGUMENT)
            fail_msg("%s is taken", rows[i].text);
        if (s.error_at != rows[i].at)
            fail_msg("%s is wrong at %zu: %s", rows[i].text, s.error_at, s.problem);
        assert_memory_equal(s.problem, "invalid selector", 16);
        // It matches nothing, rather than everything.
        assert_false(kedge_field_selector_matches(&s, only_a, NULL));
        assert_false(kedge_field_selector_is_empty(&s));
        assert_int_equal(kedge_field_selector_text(&s, text, sizeof text, NULL), KEDGE_OK);
        assert_string_equal(text, "");
    }
}

static void cut_anywhere_it_is_read_or_refused(void **state)
{
    (void)state;
    static const char text[] = "metadata.name==a\\,\\\\b,,x!=\\=,y=";
    for (size_t len = 0; len < sizeof text; len++) {
        char cut[sizeof text];
        struct kedge_field_selector s;
        memcpy(cut, text, len);
        cut[len] = '\0';
        if (parse(&s, cut) != KEDGE_OK)
            assert_in_range(s.error_at, 0, len);
        kedge_field_selector_matches(&s, only_a, NULL);
    }
}

static void an_object_has_name_and_namespace(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool yes;
    } rows[] = {{"metadata.name=web", true},      {"metadata.name=we", false},
                {"metadata.name=webs", false},    {"metadata.namespace=a,metadata.name=web", true},
                {"metadata.namespace!=a", false}, {"spec.nodeName=", true},
                {"spec.nodeName=n", false},       {"spec.nodeName!=n", true}};
    struct kedge_object *o = record_of(
        &kedge_kind_pod, KEDGE_STR("{\"metadata\":{\"name\":\"web\",\"namespace\":\"a\"}}"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kedge_field_selector s;
        assert_int_equal(parse(&s, rows[i].text), KEDGE_OK);
        if (kedge_field_selector_matches_object(&s, o) != rows[i].yes)
            fail_msg("%s", rows[i].text);
    }
    assert_true(kedge_field_selector_matches_object(NULL, o));
    assert_true(kedge_field_selector_is_empty(NULL));
    free(o);
}

static void a_text_fits_or_is_said_not_to(void **state)
{
    (void)state;
    static const char whole[] = "a=b\\,c,d!=e";
    struct kedge_field_selector s;
    size_t len;
    assert_int_equal(parse(&s, "d!=e,a==b\\,c"), KEDGE_OK);
    for (size_t cap = 1; cap < sizeof whole; cap++) {
        char *buf = malloc(cap);
        assert_int_equal(kedge_field_selector_text(&s, buf, cap, &len), KEDGE_ERR_FULL);
        assert_int_equal(len, cap - 1);
        assert_memory_equal(buf, whole, len);
        assert_int_equal(buf[len], '\0');
        free(buf);
    }
    assert_int_equal(kedge_field_selector_text(&s, NULL, 0, &len), KEDGE_ERR_FULL);
    char small[3];
    assert_int_equal(kedge_field_selector_requires(&s, "a", small, sizeof small, &len),
                     KEDGE_ERR_FULL);
    assert_string_equal(small, "b,");
}

static void values_are_escaped_and_back(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", ""}, {"a", "a"}, {"\\", "\\\\"}, {"a,b=c\\", "a\\,b\\=c\\\\"}, {"!", "!"}};
    char text[32], back[32];
    size_t len;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(kedge_field_escape(kedge_str_of(rows[i][0]), text, sizeof text, &len),
                         KEDGE_OK);
        assert_string_equal(text, rows[i][1]);
        assert_int_equal(kedge_field_unescape((kedge_str){text, len}, back, sizeof back, &len),
                         KEDGE_OK);
        assert_string_equal(back, rows[i][0]);
    }
    // Never half an escape.
    assert_int_equal(kedge_field_escape(KEDGE_STR("a,"), text, 3, &len), KEDGE_ERR_FULL);
    assert_string_equal(text, "a");
    assert_int_equal(kedge_field_unescape(KEDGE_STR("ab\\c"), back, sizeof back, &len),
                     KEDGE_ERR_ARGUMENT);
    assert_int_equal(len, 2);
    assert_int_equal(kedge_field_unescape(KEDGE_STR("abc,"), back, sizeof back, &len),
                     KEDGE_ERR_ARGUMENT);
    assert_int_equal(len, 3);
}

static void one_term_can_be_made(void **state)
{
    (void)state;
    struct kedge_field_selector s, again;
    char buf[16];
    assert_int_equal(kedge_field_selector_one(&s, "a", true, KEDGE_STR("b,c"), buf, sizeof buf),
                     KEDGE_OK);
    assert_string_equal(s.text.ptr, "a=b\\,c");
    assert_int_equal(kedge_field_selector_parse(&again, s.text.ptr), KEDGE_OK);
    assert_true(kedge_field_selector_matches(&s, only_a, (void *)(uintptr_t) "b,c"));
    assert_int_equal(kedge_field_selector_one(&s, "a", false, KEDGE_STR(""), buf, sizeof buf),
                     KEDGE_OK);
    assert_string_equal(s.text.ptr, "a!=");
    static const char *const bad[] = {"a=", "a,b", "a\\", "a!"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(
            kedge_field_selector_one(&s, bad[i], true, KEDGE_STR("b"), buf, sizeof buf),
            KEDGE_ERR_ARGUMENT);
        assert_non_null(s.problem);
        assert_false(kedge_field_selector_matches(&s, only_a, NULL));
    }
    assert_int_equal(
        kedge_field_selector_one(&s, "a", true, (kedge_str){"b\0", 2}, buf, sizeof buf),
        KEDGE_ERR_ARGUMENT);
    for (size_t cap = 0; cap < 7; cap++) {
        char *small = malloc(cap + 1);
        assert_int_equal(kedge_field_selector_one(&s, "a", true, KEDGE_STR("b,c"), small, cap),
                         KEDGE_ERR_FULL);
        assert_false(kedge_field_selector_matches(&s, only_a, (void *)(uintptr_t) "b,c"));
        free(small);
    }
}

static bool renamed(void *ctx, kedge_str field, kedge_str *name)
{
    if (kedge_str_is(field, "b"))
        *name = kedge_str_of((const char *)ctx);
    return !kedge_str_is(field, "c");
}

static void terms_are_renamed_and_dropped(void **state)
{
    (void)state;
    struct kedge_field_selector s, out;
    char buf[16];
    assert_int_equal(parse(&s, "c=1,b==x\\,y,a!=2"), KEDGE_OK);
    assert_int_equal(
        kedge_field_selector_transform(&s, renamed, (void *)(uintptr_t) "d", buf, sizeof buf, &out),
        KEDGE_OK);
    assert_string_equal(out.text.ptr, "d=x\\,y,a!=2");
    assert_int_equal(kedge_field_selector_transform(&s, renamed, (void *)(uintptr_t) "d=", buf,
                                                    sizeof buf, &out),
                     KEDGE_ERR_ARGUMENT);
    assert_false(kedge_field_selector_matches(&out, only_a, NULL));
    assert_int_equal(
        kedge_field_selector_transform(&s, renamed, (void *)(uintptr_t) "d", buf, 11, &out),
        KEDGE_ERR_FULL);
    assert_false(kedge_field_selector_matches(&out, only_a, NULL));
    assert_int_equal(parse(&s, "c=1,c!=2"), KEDGE_OK);
    assert_int_equal(kedge_field_selector_transform(&s, renamed, NULL, buf, sizeof buf, &out),
                     KEDGE_OK);
    assert_true(kedge_field_selector_is_empty(&out));
    // So is what is left without field and value; the others go on.
    assert_int_equal(parse(&s, "b!=,b=1,a!=2"), KEDGE_OK);
    assert_int_equal(
        kedge_field_selector_transform(&s, renamed, (void *)(uintptr_t) "", buf, sizeof buf, &out),
        KEDGE_OK);
    assert_string_equal(out.text.ptr, "=1,a!=2");
    // What matches nothing still does.
    assert_int_equal(parse(&s, "c"), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_field_selector_transform(&s, renamed, NULL, buf, sizeof buf, &out),
                     KEDGE_OK);
    assert_false(kedge_field_selector_matches(&out, only_a, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_matches_and_is_written_as_client_go_does),
        cmocka_unit_test(what_is_none_is_refused_with_its_place),
        cmocka_unit_test(cut_anywhere_it_is_read_or_refused),
        cmocka_unit_test(an_object_has_name_and_namespace),
        cmocka_unit_test(a_text_fits_or_is_said_not_to),
        cmocka_unit_test(values_are_escaped_and_back),
        cmocka_unit_test(one_term_can_be_made),
        cmocka_unit_test(terms_are_renamed_and_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, forget);
}
