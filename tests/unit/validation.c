// SPDX-License-Identifier: Apache-2.0
// What the API takes as a name, and the order of resourceVersions.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kedge/validation.h"
#include "object/names.h"

typedef const char *check_fn(const char *text);

// A text of `n` characters 'a'.
static const char *many(size_t n)
{
    static char text[512];
    memset(text, 'a', n);
    text[n] = '\0';
    return text;
}

static void good(check_fn *check, const char *const *texts)
{
    for (; *texts != NULL; texts++) {
        if (check(*texts) != NULL)
            fail_msg("\"%s\": %s", *texts, check(*texts));
    }
}

static void bad(check_fn *check, const char *const *texts)
{
    for (; *texts != NULL; texts++) {
        if (check(*texts) == NULL)
            fail_msg("\"%s\" passes", *texts);
    }
    assert_non_null(check(NULL));
}

#define GOOD(check, ...) good(check, (const char *const[]){__VA_ARGS__, NULL})
#define BAD(check, ...)  bad(check, (const char *const[]){__VA_ARGS__, NULL})

static void labels(void **state)
{
    (void)state;
    GOOD(kedge_label_value_problem, "", "a", "A.b_c-9", many(63));
    BAD(kedge_label_value_problem, "-a", "a-", ".", "a b", "\xc3\xa4", "a/b");
    assert_non_null(kedge_label_value_problem(many(64)));
    GOOD(kedge_label_key_problem, "a", "app.kubernetes.io/name", "A_b.c", "1/1");
    BAD(kedge_label_key_problem, "", "/a", "a/", "a/b/c", "A/b", "a b", "-a");
    assert_non_null(kedge_label_key_problem(many(64)));
}

static void dns_names(void **state)
{
    (void)state;
    GOOD(kedge_dns_label_problem, "a", "0", "a-b", many(63));
    BAD(kedge_dns_label_problem, "", "A", "a.b", "a_b", "-a", "a-", "a b");
    assert_non_null(kedge_dns_label_problem(many(64)));
    GOOD(kedge_dns1035_label_problem, "a", "a0-b", many(63));
    BAD(kedge_dns1035_label_problem, "", "0a", "-a", "a-", "A");
    GOOD(kedge_dns_subdomain_problem, "a", "a.b", "0.1-2", many(253));
    BAD(kedge_dns_subdomain_problem, "", "a..b", "a.", ".a", "A", "a-.b", "a_b");
    assert_non_null(kedge_dns_subdomain_problem(many(254)));
}

static void other_names(void **state)
{
    (void)state;
    GOOD(kedge_path_segment_problem, "", "...", ".a", "A:b", "\xc3\xa4", "a b");
    BAD(kedge_path_segment_problem, ".", "..", "a/b", "a%b", "/", "%");
    GOOD(kedge_port_name_problem, "http", "a", "1a", "a-1", "abcdefghijklmno");
    BAD(kedge_port_name_problem, "", "80", "-a", "a-", "a--b", "A", "a_b", "abcdefghijklmnop");
    GOOD(kedge_c_identifier_problem, "a", "_", "A9_b");
    BAD(kedge_c_identifier_problem, "", "9a", "a-b", "a.b", "a b");
    GOOD(kedge_configmap_key_problem, "a", ".a", "a..b", "A_-.9", many(253));
    BAD(kedge_configmap_key_problem, "", ".", "..", "..a", "a/b", "a b");
    assert_non_null(kedge_configmap_key_problem(many(254)));
}

// Two pairs, laid out as in a record.
static void annotations(void **state)
{
    (void)state;
    static struct {
        struct kedge_text_map map;
        struct kedge_text_pair pairs[2];
        char key[16];
        char wrong[16];
    } r = {.key = "Example.com/a", .wrong = "-"};
    assert_null(kedge_annotations_problem(NULL));
    assert_null(kedge_annotations_problem(&r.map));
    r.map.count = 1;
    r.map.offset = (kedge_offset)((char *)r.pairs - (char *)&r.map);
    r.pairs[0].key.offset = (kedge_offset)(r.key - (char *)&r.pairs[0].key);
    assert_null(kedge_annotations_problem(&r.map));
    r.map.count = 2;
    r.pairs[1].key.offset = (kedge_offset)(r.wrong - (char *)&r.pairs[1].key);
    assert_non_null(kedge_annotations_problem(&r.map));
}

// Case does not matter in an annotation's key, other than in a label's.
static void annotations_may_have_capitals_in_their_prefix(void **state)
{
    (void)state;
    static const char *const good[] = {"Example.COM/A.b", "ZA/z", "example.com/a", "A"};
    static const char *const bad[] = {"A_b/c", "A@/c", "A[/c", "A/",   "A/-",
                                      "-A/c",  "/c",   "",     "A/b/c"};
    char key[600];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(kedge__is_annotation_key(kedge_str_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(kedge__is_annotation_key(kedge_str_of(bad[i])));
    assert_false(kedge__is_label_key(kedge_str_of(good[0])));
    snprintf(key, sizeof key, "%s/C", many(253));
    assert_true(kedge__is_annotation_key(kedge_str_of(key)));
    snprintf(key, sizeof key, "%s/C", many(254));
    assert_false(kedge__is_annotation_key(kedge_str_of(key)));
}

// A map of 41 pairs whose one value has 6,500 bytes: 266,500 in all.
static void annotations_have_256_kib_together(void **state)
{
    (void)state;
    enum { PAIRS = 41, BYTES = 6500 };
    static struct {
        struct kedge_text_map map;
        struct kedge_text_pair pairs[PAIRS];
        char key[2];
        unsigned char head[1 + sizeof(kedge_offset)];
        char value[BYTES + 1];
    } r = {.key = "k", .head = {0xff}};
    kedge_offset len = BYTES;
    memcpy(r.head + 1, &len, sizeof len);
    memset(r.value, 'v', BYTES);
    r.map.offset = (kedge_offset)((char *)r.pairs - (char *)&r.map);
    for (int i = 0; i < PAIRS; i++) {
        r.pairs[i].key.offset = (kedge_offset)(r.key - (char *)&r.pairs[i].key);
        r.pairs[i].value.offset = (kedge_offset)((char *)r.head - (char *)&r.pairs[i].value);
    }
    r.map.count = PAIRS - 1;
    assert_null(kedge_annotations_problem(&r.map));
    r.map.count = PAIRS;
    assert_non_null(kedge_annotations_problem(&r.map));
}

static int compared(const char *a, const char *b)
{
    int order = 99;
    assert_int_equal(kedge_resource_version_compare(a, b, &order), KEDGE_OK);
    return order < 0 ? -1 : order > 0;
}

static void versions_are_numbers_of_any_length(void **state)
{
    (void)state;
    const char *huge = "340282366920938463463374607431768211456";
    assert_int_equal(compared("1", "1"), 0);
    assert_int_equal(compared("9", "10"), -1);
    assert_int_equal(compared("10", "9"), 1);
    assert_int_equal(compared("123", "124"), -1);
    assert_int_equal(compared(huge, huge), 0);
    assert_int_equal(compared(huge, "340282366920938463463374607431768211455"), 1);
    static const char *const none[] = {"", "0", "01", "-1", "a", "1a", " 1", "1 ", NULL};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        int order = 7;
        assert_int_equal(kedge_resource_version_compare(none[i], "1", &order), KEDGE_ERR_ARGUMENT);
        assert_int_equal(kedge_resource_version_compare("1", none[i], &order), KEDGE_ERR_ARGUMENT);
        assert_int_equal(order, 7);
    }
    assert_int_equal(kedge_resource_version_compare("1", "1", NULL), KEDGE_ERR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels),
        cmocka_unit_test(dns_names),
        cmocka_unit_test(other_names),
        cmocka_unit_test(annotations),
        cmocka_unit_test(annotations_may_have_capitals_in_their_prefix),
        cmocka_unit_test(annotations_have_256_kib_together),
        cmocka_unit_test(versions_are_numbers_of_any_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
