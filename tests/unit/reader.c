// SPDX-License-Identifier: Apache-2.0
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <jansson.h>

#include "guard.h"
#include "kedge/reader.h"
#include "replies.h"

enum { TOKENS = 1 << 15, MUTATIONS = 4000 };

static struct kedge_json_token tokens[TOKENS];
static struct kedge_json doc;

// Parses a copy that ends at an unreadable page.
static kedge_err parse(kedge_str text)
{
    return kedge_json_parse(&doc, guard_put(text.ptr, text.len), text.len, tokens, TOKENS);
}

static kedge_json_value root_of(const char *text)
{
    assert_int_equal(parse(kedge_str_of(text)), KEDGE_OK);
    return kedge_json_root(&doc);
}

static void expect_raw(kedge_json_value v, const char *raw)
{
    kedge_str s = kedge_json_raw(v);
    assert_int_equal(s.len, strlen(raw));
    if (s.len > 0)
        assert_memory_equal(s.ptr, raw, s.len);
}

static void each_value_has_its_type(void **state)
{
    (void)state;
    static const enum kedge_json_type types[] = {
        KEDGE_JSON_NULL, KEDGE_JSON_BOOL, KEDGE_JSON_BOOL,  KEDGE_JSON_NUMBER,
        KEDGE_JSON_TEXT, KEDGE_JSON_TEXT, KEDGE_JSON_ARRAY, KEDGE_JSON_OBJECT};
    kedge_json_value root = root_of("[null,true,false,-1.5e3,\"a\",\"\",[],{}]");
    size_t n = 0;
    for (kedge_json_value v = kedge_json_first(root); v.at >= 0; v = kedge_json_next(v))
        assert_int_equal(kedge_json_type(v), types[n++]);
    assert_int_equal(n, 8);
    assert_int_equal(kedge_json_count(root), 8);
    assert_int_equal(kedge_json_type(root), KEDGE_JSON_ARRAY);
}

static void members_come_in_turn_with_their_keys(void **state)
{
    (void)state;
    static const char *const keys[] = {"a", "b", "c\\u0064", ""};
    static const char *const raws[] = {"{\"x\":[1,{\"y\":2}]}", "[ [ ] , { } ]", "\"t\\n\"", "4"};
    kedge_json_value root = root_of(" { \"a\" : {\"x\":[1,{\"y\":2}]} , \"b\":[ [ ] , { } ],"
                                    "\"c\\u0064\":\"t\\n\",\"\":4 } ");
    size_t n = 0;
    for (kedge_json_value v = kedge_json_first(root); v.at >= 0; v = kedge_json_next(v), n++) {
        assert_true(kedge_str_is(kedge_json_raw_key(v), keys[n]));
        expect_raw(v, raws[n]);
    }
    assert_int_equal(n, 4);
    assert_int_equal(kedge_json_count(root), 4);
    expect_raw(kedge_json_get(root, "cd"), "\"t\\n\"");
    expect_raw(kedge_json_get(root, ""), "4");
    expect_raw(kedge_json_get(root, "c\\u0064"), "");
    expect_raw(kedge_json_get(kedge_json_get(root, "a"), "y"), "");
}

static void of_duplicate_keys_the_last_counts(void **state)
{
    (void)state;
    kedge_json_value root = root_of("{\"a\":1,\"b\":2,\"\\u0061\":3,\"c\":4}");
    expect_raw(kedge_json_get(root, "a"), "3");
    assert_int_equal(kedge_json_count(root), 4);
}

static void what_is_not_there_answers_nothing(void **state)
{
    (void)state;
    kedge_json_value root = root_of("{\"a\":[1],\"t\":\"x\"}");
    kedge_json_value none = kedge_json_get(kedge_json_get(kedge_json_get(root, "b"), "c"), "d");
    const kedge_json_value nowhere = {NULL, 0};
    const kedge_json_value all[] = {none, nowhere, kedge_json_next(root),
                                    kedge_json_get(kedge_json_get(root, "a"), "a"),
                                    kedge_json_first(kedge_json_get(root, "t"))};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        int64_t n = 7;
        bool b = true;
        char buf[1];
        assert_int_equal(kedge_json_type(all[i]), KEDGE_JSON_ABSENT);
        assert_int_equal(kedge_json_count(all[i]), 0);
        assert_int_equal(kedge_json_raw(all[i]).len, 0);
        assert_int_equal(kedge_json_raw_key(all[i]).len, 0);
        assert_int_equal(kedge_json_text(all[i], buf, 1), 0);
        assert_int_equal(kedge_json_key(all[i], buf, 1), 0);
        assert_false(kedge_json_text_is(all[i], KEDGE_STR("")));
        assert_false(kedge_json_key_is(all[i], KEDGE_STR("")));
        assert_false(kedge_json_int64(all[i], &n));
        assert_false(kedge_json_bool(all[i], &b));
        assert_true(kedge_json_first(all[i]).at < 0);
        assert_true(kedge_json_next(all[i]).at < 0);
        assert_int_equal(n, 7);
    }
}

static void only_members_have_a_key(void **state)
{
    (void)state;
    kedge_json_value root = root_of("{\"k\":[\"e\",\"f\"]}");
    kedge_json_value list = kedge_json_get(root, "k");
    assert_true(kedge_json_key_is(list, KEDGE_STR("k")));
    assert_false(kedge_json_key_is(root, KEDGE_STR("k")));
    assert_false(kedge_json_key_is(kedge_json_first(list), KEDGE_STR("k")));
    assert_false(kedge_json_key_is(kedge_json_next(kedge_json_first(list)), KEDGE_STR("e")));
    assert_int_equal(kedge_json_raw_key(kedge_json_next(kedge_json_first(list))).len, 0);
}

static const struct {
    const char *escaped;
    const char *text;
    size_t len;
} texts[] = {
    {"", "", 0},
    {"abc", "abc", 3},
    {"\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t", 8},
    {"a\\u0000b", "a\0b", 3},
    {"\\u007f\\u0080\\u07ff\\u0800\\uffff", "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf", 11},
    {"\\u00E9\\u00e9", "\xc3\xa9\xc3\xa9", 4},
    {"\\ud83d\\ude00x", "\xf0\x9f\x98\x80x", 5},
    {"\\uD800\\uDC00\\udbff\\udfff", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8},
    {"\\ud800", "\xef\xbf\xbd", 3},
    {"\\udc00\\ud800", "\xef\xbf\xbd\xef\xbf\xbd", 6},
    {"\\ud800\\u0041",
     "\xef\xbf\xbd"
     "A",
     4},
    {"x\xe2\x82\xac\\n\xc3\xa9", "x\xe2\x82\xac\n\xc3\xa9", 7},
};

static void escapes_are_undone_in_texts_and_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char json[256];
        kedge_str text = {texts[i].text, texts[i].len};
        snprintf(json, sizeof json, "{\"%s\":\"%s\"}", texts[i].escaped, texts[i].escaped);
        kedge_json_value v = kedge_json_first(root_of(json));
        assert_true(kedge_json_text_is(v, text));
        assert_true(kedge_json_key_is(v, text));
        assert_false(kedge_json_text_is(v, (kedge_str){"\xef\xbf\xbe"
                                                       "0123456789",
                                                       13}));
        assert_false(kedge_json_key_is(v, (kedge_str){texts[i].text, texts[i].len + 1}));
        if (text.len > 0)
            assert_false(kedge_json_text_is(v, (kedge_str){text.ptr, text.len - 1}));
        assert_true(kedge_str_is(kedge_json_raw_key(v), texts[i].escaped));
        for (size_t cap = 0; cap <= text.len; cap++) {
            char *exact = malloc(cap > 0 ? cap : 1);
            assert_int_equal(kedge_json_text(v, cap > 0 ? exact : NULL, cap), text.len);
            if (cap > 0)
                assert_memory_equal(exact, text.ptr, cap);
            assert_int_equal(kedge_json_key(v, exact, cap), text.len);
            if (cap > 0)
                assert_memory_equal(exact, text.ptr, cap);
            free(exact);
        }
    }
}

static void whole_numbers_are_read_however_they_are_spelt(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {
        {"0", 0},
        {"-0", 0},
        {"0.0", 0},
        {"0e99999999999999999999", 0},
        {"-0.000e-5", 0},
        {"1", 1},
        {"-1", -1},
        {"1.0", 1},
        {"1e3", 1000},
        {"1E+3", 1000},
        {"100e-2", 1},
        {"1.25e2", 125},
        {"0.001e3", 1},
        {"-12.50e1", -125},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
        {"9223372036854775807.000", INT64_MAX},
        {"-9.223372036854775808e18", INT64_MIN},
        {"1000000000000000000000000000000e-30", 1},
        {"1e18", 1000000000000000000},
        {"0.00000000000000000000000000000000000001e38", 1},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char json[128];
        int64_t n = 99;
        snprintf(json, sizeof json, "[%s]", good[i].text);
        assert_true(kedge_json_int64(kedge_json_first(root_of(json)), &n));
        assert_int_equal(n, good[i].value);
        assert_true(kedge_json_int64(root_of(good[i].text), &n));
        assert_int_equal(n, good[i].value);
    }
}

static void other_numbers_are_no_int64(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "0.5",
        "1.5e0",
        "1e-1",
        "125e-2",
        "9223372036854775808",
        "-9223372036854775809",
        "9223372036854775807e1",
        "1e19",
        "1e20",
        "18446744073709551616",
        "99999999999999999999999999",
        "1e99999999999999999999",
        "1e-99999999999999999999",
        "-1e400",
        "1.00000000000000000000000000000001",
        "\"1\"",
        "null",
        "true",
        "[1]",
        "{\"a\":1}",
        "\"\"",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char json[128];
        int64_t n = 99;
        snprintf(json, sizeof json, "[%s]", bad[i]);
        assert_false(kedge_json_int64(kedge_json_first(root_of(json)), &n));
        assert_int_equal(n, 99);
    }
}

static void bools_are_true_and_false(void **state)
{
    (void)state;
    bool b = false;
    assert_true(kedge_json_bool(root_of("true"), &b) && b);
    assert_true(kedge_json_bool(kedge_json_first(root_of("[false]")), &b) && !b);
    assert_false(kedge_json_bool(root_of("\"true\""), &b));
    assert_false(kedge_json_bool(root_of("null"), &b));
    assert_false(kedge_json_bool(root_of("1"), &b));
}

static void a_value_may_stand_alone(void **state)
{
    (void)state;
    assert_int_equal(kedge_json_type(root_of(" null\n")), KEDGE_JSON_NULL);
    assert_int_equal(kedge_json_type(root_of("-1.5")), KEDGE_JSON_NUMBER);
    assert_true(kedge_json_text_is(root_of(" \"a\" "), KEDGE_STR("a")));
    expect_raw(root_of(" \"a\" "), "\"a\"");
    expect_raw(root_of(" 12 "), "12");
    assert_true(kedge_json_next(root_of("12")).at < 0);
}

static const char *const no_values[] = {
    "",
    " ",
    "{",
    "[",
    "}",
    "]",
    "{]",
    "[}",
    "[1",
    "{\"a\":1",
    "\"a",
    "nul",
    "truex",
    "01",
    "-",
    "1 2",
    "\"a\" \"b\"",
    "{} {}",
    "[] 1",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\" \"b\"}",
    "{1:2}",
    "{\"a\":1:2}",
    "{\"a\":\"b\":\"c\"}",
    "[\"a\":1]",
    "[1:2]",
    "\"a\":1",
    "{\"a\":1 \"b\":2}",
    "{\"a\":1 2}",
    "{\"a\":{}{}}",
    "{\"a\":[] []}",
    "{{}}",
    "{[]:1}",
    "{null:1}",
    "[nul]",
    "[01]",
    "[+1]",
    "[1.]",
    "[.5]",
    "[1e]",
    "[0x1]",
    "[NaN]",
    "[--1]",
    "[1-1]",
    "[t]",
    "[falsee]",
    "[\"\\x\"]",
    "[\"\\u12g4\"]",
    "['a']",
    "{a:1}",
    "[\"a\\\"]",
    ":",
    ",",
    ":1",
    "[1]:2",
    "{}:1",
    "\xef\xbb\xbf{}",
    "[1]]",
    "{}}",
};

static void what_is_not_one_whole_value_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof no_values / sizeof no_values[0]; i++) {
        if (parse(kedge_str_of(no_values[i])) != KEDGE_ERR_JSON)
            fail_msg("taken: %s", no_values[i]);
        assert_int_equal(kedge_json_type(kedge_json_root(&doc)), KEDGE_JSON_ABSENT);
    }
    assert_int_equal(parse((kedge_str){"{}\0{}", 5}), KEDGE_ERR_JSON);
    assert_int_equal(parse((kedge_str){"{\"a\":\"\0\"}", 9}), KEDGE_ERR_JSON);
    assert_int_equal(parse((kedge_str){"\0", 1}), KEDGE_ERR_JSON);
}

static void too_few_tokens_are_full_and_change_nothing_beyond(void **state)
{
    (void)state;
    const char *text = "{\"a\":[1,{\"b\":null}],\"c\":\"d\"}"; // 9 tokens
    for (size_t cap = 0; cap < 12; cap++) {
        struct kedge_json_token *exact = malloc(cap > 0 ? cap * sizeof *exact : 1);
        struct kedge_json d;
        kedge_err err = kedge_json_parse(&d, text, strlen(text), exact, cap);
        assert_int_equal(err, cap < 9 ? KEDGE_ERR_FULL : KEDGE_OK);
        assert_int_equal(kedge_json_count(kedge_json_root(&d)), cap < 9 ? 0 : 2);
        free(exact);
    }
    assert_int_equal(kedge_json_parse(&doc, "1", 1, NULL, 0), KEDGE_ERR_FULL);
}

// The whole tree again, as another parser has it.
static void compare(kedge_json_value v, const json_t *expected)
{
    switch (json_typeof(expected)) {
    case JSON_OBJECT:
        assert_int_equal(kedge_json_type(v), KEDGE_JSON_OBJECT);
        assert_int_equal(kedge_json_count(v), json_object_size(expected));
        for (kedge_json_value m = kedge_json_first(v); m.at >= 0; m = kedge_json_next(m)) {
            char key[512];
            size_t len = kedge_json_key(m, key, sizeof key - 1);
            assert_true(len < sizeof key);
            key[len] = '\0';
            assert_non_null(json_object_get(expected, key));
            compare(m, json_object_get(expected, key));
            assert_int_equal(kedge_json_get(v, key).at, m.at);
        }
        break;
    case JSON_ARRAY:
        assert_int_equal(kedge_json_count(v), json_array_size(expected));
        v = kedge_json_first(v);
        for (size_t i = 0; i < json_array_size(expected); i++, v = kedge_json_next(v))
            compare(v, json_array_get(expected, i));
        assert_true(v.at < 0);
        break;
    case JSON_STRING:
        assert_true(kedge_json_text_is(
            v, (kedge_str){json_string_value(expected), json_string_length(expected)}));
        break;
    case JSON_INTEGER: {
        int64_t n;
        assert_true(kedge_json_int64(v, &n));
        assert_int_equal(n, json_integer_value(expected));
        break;
    }
    default:
        assert_int_equal(kedge_json_type(v), json_is_null(expected)   ? KEDGE_JSON_NULL
                                             : json_is_real(expected) ? KEDGE_JSON_NUMBER
                                                                      : KEDGE_JSON_BOOL);
        break;
    }
}

static void real_replies_are_read_as_another_parser_reads_them(void **state)
{
    (void)state;
    size_t count;
    int read = 0;
    const struct reply *r = replies(&count);
    for (; count > 0; count--, r++) {
        json_t *expected = json_loadb(r->body.ptr, r->body.len, 0, NULL);
        if (expected == NULL)
            continue;
        assert_int_equal(parse(r->body), KEDGE_OK);
        compare(kedge_json_root(&doc), expected);
        json_decref(expected);
        read++;
    }
    assert_true(read > 40);
}

// Goes through all that can be reached: it must end, and stay inside.
static size_t visit(kedge_json_value v, int depth)
{
    char buf[64];
    int64_t n;
    bool b;
    size_t seen = 1;
    kedge_json_text(v, buf, sizeof buf);
    kedge_json_key(v, buf, sizeof buf);
    kedge_json_key_is(v, KEDGE_STR("name"));
    kedge_json_int64(v, &n);
    kedge_json_bool(v, &b);
    kedge_str raw = kedge_json_raw(v);
    assert_true(raw.len > 0 && raw.ptr >= doc.text && raw.ptr + raw.len <= doc.text + doc.len);
    assert_true(depth < 2000);
    for (kedge_json_value e = kedge_json_first(v); e.at >= 0; e = kedge_json_next(e))
        seen += visit(e, depth + 1);
    return seen;
}

static void damaged_text_is_refused_or_read_but_never_left(void **state)
{
    (void)state;
    static const char bytes[] = "\"\\{}[],:nt-0e.u \n\0\x80";
    static char text[1 << 15];
    uint64_t random = 20260103;
    size_t count;
    int good = 0;
    const struct reply *all = replies(&count);
    print_message("seed %d\n", (int)random);
    for (int i = 0; i < MUTATIONS; i++) {
        const struct reply *r = &all[(random >> 33) % count];
        size_t len = r->body.len < sizeof text ? r->body.len : 0;
        memcpy(text, r->body.ptr, len);
        for (int k = 0; k < 3 && len > 1; k++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            size_t at = (size_t)(random >> 33) % len;
            if (random >> 30 & 1) {
                text[at] = bytes[(random >> 50) % sizeof bytes];
            } else {
                len--;
                memmove(text + at, text + at + 1, len - at);
            }
        }
        random = random * 6364136223846793005u + 1442695040888963407u;
        if (parse((kedge_str){text, len}) != KEDGE_OK)
            continue;
        good++;
        visit(kedge_json_root(&doc), 0);
        json_t *expected = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
        if (expected != NULL)
            compare(kedge_json_root(&doc), expected);
        json_decref(expected);
    }
    assert_true(good > MUTATIONS / 20);
}

static void what_another_parser_takes_is_never_refused(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "{}",
        "[]",
        "[[]]",
        "[[],[]]",
        "[{},{}]",
        "{\"a\":{},\"b\":[]}",
        "[1,[2,[3,[4]]],5]",
        "{\"a\":{\"b\":{\"c\":1}},\"d\":2}",
        "[\"\"]",
        "{\"\":\"\"}",
        "[null,true,false]",
        "[0,-0,1e5]",
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        json_t *expected = json_loads(forms[i], 0, NULL);
        compare(root_of(forms[i]), expected);
        json_decref(expected);
    }
}

// Steps, not seconds: an array of n elements is walked by n calls, each of which looks at one
// token.
static void time_is_linear_in_the_text(void **state)
{
    (void)state;
    static char text[GUARD_MAX];
    static struct kedge_json_token many[1 << 20];
    double took[2];
    for (int round = 0; round < 2; round++) {
        size_t elements = round == 0 ? 8000 : 128000;
        size_t len = 0;
        text[len++] = '[';
        for (size_t i = 0; i < elements; i++)
            len += (size_t)sprintf(text + len, "{\"a\":1},");
        text[len - 1] = ']';
        clock_t begin = clock();
        for (size_t repeat = 0; repeat < 128000 / elements; repeat++) {
            assert_int_equal(kedge_json_parse(&doc, text, len, many, 1 << 20), KEDGE_OK);
            size_t seen = 0;
            for (kedge_json_value v = kedge_json_first(kedge_json_root(&doc)); v.at >= 0;
                 v = kedge_json_next(v))
                seen++;
            assert_int_equal(seen, elements);
        }
        took[round] = (double)(clock() - begin);
    }
    // Quadratic would be 16 times as long.
    assert_true(took[1] < took[0] * 5 + CLOCKS_PER_SEC / 10);
}

// jsmn hangs what follows a colon below the text in front of it, wherever that stands.
static void a_colon_stands_between_a_key_and_its_value_only(void **state)
{
    (void)state;
    static const char *const wrong[] = {"[\"a\":\"b\"]", "{\"a\":\"b\":\"c\"}", "{\"a\":1:2}",
                                        "[1:2]",         "\"a\":\"b\"",         "{\"a\":{}:1}",
                                        "{{}:1}",        "{\"a\" \"b\":1}",     "{\"a\":1 2}"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (kedge_json_parse(&doc, wrong[i], strlen(wrong[i]), tokens, 16) != KEDGE_ERR_JSON)
            fail_msg("%s was taken", wrong[i]);
    }
}

static void a_text_of_two_gigabytes_is_too_long(void **state)
{
    (void)state;
    assert_int_equal(kedge_json_parse(&doc, "{}", (size_t)INT_MAX + 1, tokens, 4),
                     KEDGE_ERR_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_value_has_its_type),
        cmocka_unit_test(members_come_in_turn_with_their_keys),
        cmocka_unit_test(of_duplicate_keys_the_last_counts),
        cmocka_unit_test(what_is_not_there_answers_nothing),
        cmocka_unit_test(only_members_have_a_key),
        cmocka_unit_test(escapes_are_undone_in_texts_and_keys),
        cmocka_unit_test(whole_numbers_are_read_however_they_are_spelt),
        cmocka_unit_test(other_numbers_are_no_int64),
        cmocka_unit_test(bools_are_true_and_false),
        cmocka_unit_test(a_value_may_stand_alone),
        cmocka_unit_test(what_is_not_one_whole_value_is_refused),
        cmocka_unit_test(too_few_tokens_are_full_and_change_nothing_beyond),
        cmocka_unit_test(real_replies_are_read_as_another_parser_reads_them),
        cmocka_unit_test(damaged_text_is_refused_or_read_but_never_left),
        cmocka_unit_test(what_another_parser_takes_is_never_refused),
        cmocka_unit_test(time_is_linear_in_the_text),
        cmocka_unit_test(a_colon_stands_between_a_key_and_its_value_only),
        cmocka_unit_test(a_text_of_two_gigabytes_is_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
