// SPDX-License-Identifier: Apache-2.0
#define _POSIX_C_SOURCE 200809L // strdup
#include "kedge/selector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kedge/kinds.h"
#include "object/names.h"
#include "objects.h"

// From a heap block of exactly the text's size, so that ASan sees any step outside.
static char *kept;

static kedge_err parse(struct kedge_selector *s, const char *text)
{
    free(kept);
    kept = strdup(text);
    return kedge_selector_parse(s, kept);
}

static int forget(void **state)
{
    (void)state;
    free(kept);
    kept = NULL;
    return 0;
}

static bool matches(const char *selector, const char *labels)
{
    struct kedge_selector s;
    char json[512];
    snprintf(json, sizeof json, "{\"metadata\":{\"labels\":{%s}}}", labels);
    struct kedge_object *o = record_of(&kedge_kind_pod, kedge_str_of(json));
    assert_int_equal(parse(&s, selector), KEDGE_OK);
    bool yes = kedge_selector_matches(&s, o);
    assert_int_equal(kedge_selector_matches_labels(&s, &o->labels), yes);
    free(o);
    return yes;
}

static void a_selector_matches_what_client_go_matches(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", ""},
        {" \t\r\n", "\"a\":\"b\""},
        {"x=y", "\"x\":\"y\""},
        {"x==y", "\"x\":\"y\""},
        {"x=y,z=w", "\"x\":\"y\",\"z\":\"w\""},
        {"x!=y,z!=w", "\"x\":\"z\",\"z\":\"a\""},
        {"x!=y", ""},
        {"notin=in", "\"notin\":\"in\""},
        {"in=in", "\"in\":\"in\""},
        {"in in (in)", "\"in\":\"in\""},
        {"x", "\"x\":\"z\""},
        {"!x", "\"y\":\"z\""},
        {"x>1", "\"x\":\"2\""},
        {"x<1", "\"x\":\"0\""},
        {"x<1", "\"x\":\"-5\""},
        {"x>9223372036854775806", "\"x\":\"9223372036854775807\""},
        {"x=", "\"x\":\"\""},
        {"x= ,y=a", "\"x\":\"\",\"y\":\"a\""},
        {"x in (a,,b)", "\"x\":\"\""},
        {"x in ()", "\"x\":\"\""},
        {"x in (,a)", "\"x\":\"a\""},
        {"x in (b , a)", "\"x\":\"a\""},
        {"x notin (a,b)", "\"x\":\"c\""},
        {"x notin (a,b)", ""},
        {"x notin ()", "\"x\":\"c\""},
        {"  x  in  (  a  ,  b  )  ,  !z ", "\"x\":\"b\""},
        {"example.com/x=a", "\"example.com/x\":\"a\""},
        {"a=b,a in (b,c)", "\"a\":\"b\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!matches(rows[i][0], rows[i][1]))
            fail_msg("%s does not match %s", rows[i][0], rows[i][1]);
    }
}

static void a_selector_leaves_what_client_go_leaves(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"x=z", ""},
        {"x=y", "\"x\":\"z\""},
        {"x=y,z=w", "\"x\":\"w\",\"z\":\"w\""},
        {"x!=y,z!=w", "\"x\":\"z\",\"z\":\"w\""},
        {"x!=y", "\"x\":\"y\""},
        {"x", "\"y\":\"z\""},
        {"!x", "\"x\":\"z\""},
        {"!x", "\"x\":\"\""},
        {"x>1", "\"x\":\"0\""},
        {"x>1", "\"x\":\"1\""},
        {"x<1", "\"x\":\"1\""},
        {"x>1", ""},
        {"x>1", "\"x\":\"two\""},
        {"x>1", "\"x\":\"\""},
        {"x>1", "\"x\":\"99999999999999999999\""},
        {"x<1", "\"x\":\"-9223372036854775809\""},
        {"x>1", "\"x\":\"-9223372036854775809\""},
        {"x>1", "\"x\":\"2x\""},
        {"x<1", "\"x\":\"-\""},
        {"x=", ""},
        {"x in ()", ""},
        {"x in ()", "\"x\":\"a\""},
        {"x notin ()", "\"x\":\"\""},
        {"x in (a,b)", "\"x\":\"ab\""},
        {"x in (a,b)", "\"x\":\"\""},
        {"x notin (a,,b)", "\"x\":\"\""},
        {"X=a", "\"x\":\"a\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (matches(rows[i][0], rows[i][1]))
            fail_msg("%s matches %s", rows[i][0], rows[i][1]);
    }
}

static void what_is_no_selector_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t at;
    } rows[] = {
        {"x=a||y=b", 2},
        {"x==a==b", 4},
        {"!x=a", 2},
        {"x<a", 2},
        {"x>", 2},
        {"x>1.5", 2},
        {"x>9223372036854775808", 2},
        {"x>-1", 2},
        {"x a", 2},
        {"x in a", 5},
        {"x in (a", 7},
        {"x in (a b)", 8},
        {"x in (a=b)", 7},
        {"x in a)", 5},
        {"x in", 4},
        {"x in (a)b", 8},
        {"x notin", 7},
        {",x", 0},
        {"x,", 2},
        {"x,,y", 2},
        {"x=a,", 4},
        {"=a", 0},
        {"!", 1},
        {"!!x", 1},
        {"!=a", 0},
        {"(", 0},
        {"x exists", 2},
        {"x=-a", 2},
        {"x=a-", 2},
        {"x in (a,-b)", 8},
        {"-x=a", 0},
        {"/x=a", 0},
        {"a/b/c", 0},
        {"Example.com/x", 0},
        {"x=a b", 4},
        {"~=a", 0},
        {"x=\xc3\xa9", 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kedge_selector s;
        if (parse(&s, rows[i].text) != KEDGE_ERR_ARGUMENT)
            fail_msg("%s is taken", rows[i].text);
        if (s.error_at != rows[i].at)
            fail_msg("%s is wrong at %zu: %s", rows[i].text, s.error_at, s.problem);
        assert_non_null(s.problem);
        // It matches nothing, rather than everything.
        struct kedge_object *o = record_of(&kedge_kind_pod, KEDGE_STR("{}"));
        assert_false(kedge_selector_matches(&s, o));
        free(o);
    }
}

static void keys_and_values_have_their_limits(void **state)
{
    (void)state;
    struct kedge_selector s;
    char text[600];
    for (int len = 1; len < 70; len++) {
        kedge_err expected = len <= 63 ? KEDGE_OK : KEDGE_ERR_ARGUMENT;
        snprintf(text, sizeof text, "%0*d", len, 7);
        assert_int_equal(parse(&s, text), expected);
        snprintf(text, sizeof text, "x=%0*d", len, 7);
        assert_int_equal(parse(&s, text), expected);
        snprintf(text, sizeof text, "x in (a,%0*d)", len, 7);
        assert_int_equal(parse(&s, text), expected);
    }
    for (int len = 250; len < 260; len++) {
        snprintf(text, sizeof text, "%0*d/x", len, 7);
        assert_int_equal(parse(&s, text), len <= 253 ? KEDGE_OK : KEDGE_ERR_ARGUMENT);
    }
}

static void a_selector_cut_anywhere_is_read_or_refused(void **state)
{
    (void)state;
    static const char text[] =
        "app=web, tier in (front,,back), !canary, x notin (), n>17, m<3, a!=";
    struct kedge_object *o = record_of(&kedge_kind_pod, KEDGE_STR("{}"));
    for (size_t len = 0; len < sizeof text; len++) {
        char cut[sizeof text];
        struct kedge_selector s;
        memcpy(cut, text, len);
        cut[len] = '\0';
        if (parse(&s, cut) != KEDGE_OK)
            assert_in_range(s.error_at, 0, len);
        kedge_selector_matches(&s, o);
    }
    free(o);
}

static void everything_and_nothing(void **state)
{
    (void)state;
    struct kedge_object *o = record_of(&kedge_kind_pod, KEDGE_STR("{}"));
    struct kedge_selector empty;
    char buf[8];
    size_t len;
    assert_true(kedge_selector_matches(KEDGE_EVERYTHING, o));
    assert_true(kedge_selector_matches_labels(KEDGE_EVERYTHING, &o->labels));
    assert_false(kedge_selector_matches(KEDGE_NOTHING, o));
    assert_int_equal(kedge_selector_parse(&empty, NULL), KEDGE_OK);
    assert_true(kedge_selector_matches(&empty, o));
    assert_int_equal(kedge_selector_text(KEDGE_EVERYTHING, buf, sizeof buf, &len), KEDGE_OK);
    assert_string_equal(buf, "");
    assert_int_equal(kedge_selector_text(KEDGE_NOTHING, buf, sizeof buf, &len), KEDGE_OK);
    assert_string_equal(buf, "");
    assert_int_equal(len, 0);
    free(o);
}

static void the_canonical_text_is_client_gos(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"x=a,a=x", "a=x,x=a"},
        {"a=x,x=a", "a=x,x=a"},
        {"x in (def,abc,abc), y notin (jkl), z", "x in (abc,def),y notin (jkl),z"},
        {"z notin ()", "z notin ()"},
        {"z in (,a,)", "z in (,a)"},
        {" ! z ", "!z"},
        {"z<8,y,x>2", "x>2,y,z<8"},
        {"x==a,x=a,x!=b", "x==a,x=a,x!=b"},
        {"x=", "x="},
        {"b.c/a,b/z,a", "a,b.c/a,b/z"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kedge_selector s, again;
        char buf[128], twice[128];
        size_t len;
        assert_int_equal(parse(&s, rows[i][0]), KEDGE_OK);
        assert_int_equal(kedge_selector_text(&s, buf, sizeof buf, &len), KEDGE_OK);
        assert_string_equal(buf, rows[i][1]);
        assert_int_equal(len, strlen(buf));
        assert_int_equal(kedge_selector_parse(&again, buf), KEDGE_OK);
        assert_int_equal(kedge_selector_text(&again, twice, sizeof twice, NULL), KEDGE_OK);
        assert_string_equal(twice, buf);
    }
}

static void a_text_that_does_not_fit_is_cut_and_said_to_be(void **state)
{
    (void)state;
    struct kedge_selector s;
    size_t len;
    assert_int_equal(parse(&s, "x in (b,a),!y"), KEDGE_OK);
    for (size_t cap = 1; cap < 14; cap++) {
        char *buf = malloc(cap);
        assert_int_equal(kedge_selector_text(&s, buf, cap, &len), KEDGE_ERR_FULL);
        assert_int_equal(len, cap - 1);
        assert_memory_equal(buf, "x in (a,b),!y", len);
        assert_int_equal(buf[len], '\0');
        free(buf);
    }
    char buf[14];
    assert_int_equal(kedge_selector_text(&s, buf, sizeof buf, NULL), KEDGE_OK);
    assert_int_equal(kedge_selector_text(&s, NULL, 0, NULL), KEDGE_ERR_FULL);
}

static void an_exact_match_can_be_asked_for(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"x=a", "a"},         {"x==a", "a"},         {"x in (a)", "a"},  {"x in (a,b)", NULL},
        {"x in (a, a)", "a"}, {"x!=a", NULL},        {"x", NULL},        {"!x", NULL},
        {"y=a", NULL},        {"y=b,x=a", "a"},      {"x!=b,x=a", NULL}, {"x=", ""},
        {"x>1", NULL},        {"x notin (a)", NULL}, {"", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kedge_selector s;
        kedge_str value = {NULL, 99};
        assert_int_equal(parse(&s, rows[i][0]), KEDGE_OK);
        assert_int_equal(kedge_selector_requires(&s, "x", &value), rows[i][1] != NULL);
        if (rows[i][1] != NULL)
            assert_true(kedge_str_is(value, rows[i][1]));
    }
    kedge_str value;
    assert_false(kedge_selector_requires(KEDGE_EVERYTHING, "x", &value));
    assert_false(kedge_selector_requires(KEDGE_NOTHING, "x", &value));
}

static void match_labels_ask_for_every_pair(void **state)
{
    (void)state;
    struct kedge_object *o = record_of(
        &kedge_kind_deployment,
        KEDGE_STR("{\"metadata\":{\"labels\":{\"a\":\"1\",\"b\":\"\",\"c\":\"3\"}},\"spec\":{"
                  "\"selector\":{\"matchLabels\":{\"c\":\"3\",\"b\":\"\"}}}}"));
    const struct kedge_deployment *d = kedge_as_deployment(o);
    const struct kedge_text_map *wanted = &d->spec_selector_match_labels;
    assert_true(kedge_labels_contain(&o->labels, wanted));
    assert_false(kedge_labels_contain(wanted, &o->labels));
    struct kedge_object *bare = record_of(&kedge_kind_pod, KEDGE_STR("{}"));
    assert_false(kedge_labels_contain(&bare->labels, wanted));
    assert_true(kedge_labels_contain(&o->labels, &bare->labels));
    free(bare);
    free(o);
}

// Names ------------------------------------------------------------------------------------------

static bool of_length(bool (*is)(kedge_str), size_t len)
{
    char text[300];
    memset(text, 'a', len);
    return is((kedge_str){text, len});
}

static bool holds(bool (*is)(kedge_str), const char *text)
{
    return is(kedge_str_of(text));
}

static void label_values_are_those_of_the_api(void **state)
{
    (void)state;
    static const char *const good[] = {"", "a", "A", "0", "a-b_c.d", "1.2", "A__b--c..D"};
    static const char *const bad[] = {"-", "a-", "-a", "_a", "a.", ".a", "a b", "a/b", "\xc3\xa9"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(holds(kedge__is_label_value, good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(holds(kedge__is_label_value, bad[i]));
    assert_true(of_length(kedge__is_label_value, 63));
    assert_false(of_length(kedge__is_label_value, 64));
    assert_false(kedge__is_label_value((kedge_str){"a\0b", 3}));
}

static void label_keys_may_have_a_prefix(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "A.b_c-D", "example.com/a", "a/B", "1/2", "a.b.c/d"};
    static const char *const bad[] = {"",   "/",      "a/",   "/a",   "a/b/c", "A/b", "a_b/c",
                                      "-a", "a..b/c", ".a/b", "a./b", "a/-b",  "a b"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(holds(kedge__is_label_key, good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(holds(kedge__is_label_key, bad[i]));
}

static void dns_labels_are_those_of_rfc_1123(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "0", "a-b", "0a", "a0", "a--b"};
    static const char *const bad[] = {"", "A", "a.b", "a_b", "-a", "a-", " ", "a b", "-"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(holds(kedge__is_dns_label, good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(holds(kedge__is_dns_label, bad[i]));
    assert_true(of_length(kedge__is_dns_label, 63));
    assert_false(of_length(kedge__is_dns_label, 64));
}

static void dns_subdomains_join_parts_of_any_length(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "a.b", "0.1.2", "a-b.c-d", "10.0.0.7"};
    static const char *const bad[] = {"",    ".",   "a.",   ".a",   "a..b",
                                      "A.b", "a_b", "a.-b", "a-.b", "a b"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(holds(kedge__is_dns_subdomain, good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(holds(kedge__is_dns_subdomain, bad[i]));
    assert_true(of_length(kedge__is_dns_subdomain, 253));
    assert_false(of_length(kedge__is_dns_subdomain, 254));
}

static void path_segments_are_nearly_anything(void **state)
{
    (void)state;
    static const char *const good[] = {"", "a", "...", ".a", "A:b", "\xc3\xa9", "a b", "..a"};
    static const char *const bad[] = {".", "..", "/", "a/b", "%", "a%2fb"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(holds(kedge__is_path_segment, good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(holds(kedge__is_path_segment, bad[i]));
}

static void a_value_is_a_name(void **state)
{
    (void)state;
    static const char *const wrong[] = {"a=(b)", "a==!b", "a!=)", "a=in=b", "a>(1)", "a<", "a>b"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct kedge_selector s;
        if (parse(&s, wrong[i]) != KEDGE_ERR_ARGUMENT)
            fail_msg("%s was taken", wrong[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_selector_matches_what_client_go_matches),
        cmocka_unit_test(a_selector_leaves_what_client_go_leaves),
        cmocka_unit_test(what_is_no_selector_is_refused_with_its_place),
        cmocka_unit_test(keys_and_values_have_their_limits),
        cmocka_unit_test(a_selector_cut_anywhere_is_read_or_refused),
        cmocka_unit_test(everything_and_nothing),
        cmocka_unit_test(the_canonical_text_is_client_gos),
        cmocka_unit_test(a_text_that_does_not_fit_is_cut_and_said_to_be),
        cmocka_unit_test(an_exact_match_can_be_asked_for),
        cmocka_unit_test(match_labels_ask_for_every_pair),
        cmocka_unit_test(label_values_are_those_of_the_api),
        cmocka_unit_test(label_keys_may_have_a_prefix),
        cmocka_unit_test(dns_labels_are_those_of_rfc_1123),
        cmocka_unit_test(dns_subdomains_join_parts_of_any_length),
        cmocka_unit_test(path_segments_are_nearly_anything),
        cmocka_unit_test(a_value_is_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, forget);
}
