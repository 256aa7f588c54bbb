// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "kedge/reader.h"
#include "kedge/writer.h"

static struct kedge_writer w;
static char buf[1024];

static void begin(void)
{
    memset(buf, '#', sizeof buf);
    kedge_writer_init(&w, buf, sizeof buf);
}

static void expect(const char *json)
{
    kedge_str out;
    assert_int_equal(kedge_writer_finish(&w, &out), KEDGE_OK);
    assert_int_equal(kedge_writer_error(&w), KEDGE_OK);
    assert_ptr_equal(out.ptr, buf);
    assert_int_equal(out.len, strlen(json));
    assert_memory_equal(out.ptr, json, out.len);
    assert_int_equal(buf[out.len], '#');
}

static void expect_refused(void)
{
    kedge_str out = KEDGE_STR("x");
    assert_int_equal(kedge_writer_finish(&w, &out), KEDGE_ERR_ARGUMENT);
    assert_null(out.ptr);
    assert_int_equal(out.len, 0);
}

// {"spec":{"replicas":3,"paused":false},"list":["a",null,[],{}],"raw":[1, 2]}
static void write_patch(void)
{
    kedge_writer_begin_object(&w);
    kedge_writer_key(&w, "spec");
    kedge_writer_begin_object(&w);
    kedge_writer_key(&w, "replicas");
    kedge_writer_int64(&w, 3);
    kedge_writer_key_str(&w, KEDGE_STR("paused"));
    kedge_writer_bool(&w, false);
    kedge_writer_end_object(&w);
    kedge_writer_key(&w, "list");
    kedge_writer_begin_array(&w);
    kedge_writer_text(&w, "a");
    kedge_writer_null(&w);
    kedge_writer_begin_array(&w);
    kedge_writer_end_array(&w);
    kedge_writer_begin_object(&w);
    kedge_writer_end_object(&w);
    kedge_writer_end_array(&w);
    kedge_writer_key(&w, "raw");
    kedge_writer_raw(&w, KEDGE_STR("[1, 2]"));
    kedge_writer_end_object(&w);
}

static const char patch[] =
    "{\"spec\":{\"replicas\":3,\"paused\":false},\"list\":[\"a\",null,[],{}],"
    "\"raw\":[1, 2]}";

static void commas_colons_and_quotes_are_set(void **state)
{
    (void)state;
    begin();
    write_patch();
    expect(patch);
    expect(patch); // finish changes nothing
}

static void any_value_may_stand_alone(void **state)
{
    (void)state;
    begin();
    kedge_writer_text(&w, NULL);
    expect("\"\"");
    begin();
    kedge_writer_bool(&w, true);
    expect("true");
    begin();
    kedge_writer_begin_array(&w);
    kedge_writer_end_array(&w);
    expect("[]");
    begin();
    kedge_writer_raw(&w, KEDGE_STR("{}"));
    expect("{}");
}

static void numbers_reach_both_ends(void **state)
{
    (void)state;
    begin();
    kedge_writer_begin_array(&w);
    kedge_writer_int64(&w, 0);
    kedge_writer_int64(&w, -1);
    kedge_writer_int64(&w, INT64_MAX);
    kedge_writer_int64(&w, INT64_MIN);
    kedge_writer_end_array(&w);
    expect("[0,-1,9223372036854775807,-9223372036854775808]");
}

static void texts_are_escaped_as_json_asks_for(void **state)
{
    (void)state;
    begin();
    kedge_writer_begin_object(&w);
    kedge_writer_key(&w, "a\"\\/\b\f\n\r\t\x01\x1f\x7f");
    kedge_writer_text_str(&w, (kedge_str){"\0<\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80>\0", 13});
    kedge_writer_end_object(&w);
    expect("{\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\":"
           "\"\\u0000<\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80>\\u0000\"}");
}

static void another_parser_reads_back_every_character(void **state)
{
    (void)state;
    static char large[64 << 10];
    char text[512];
    size_t len = 0;
    for (int c = 0; c < 128; c++)
        text[len++] = (char)c;
    for (int c = 0x80; c < 0x100; c++) {
        text[len++] = (char)(0xc0 | c >> 6);
        text[len++] = (char)(0x80 | (c & 0x3f));
    }
    kedge_writer_init(&w, large, sizeof large);
    kedge_writer_text_str(&w, (kedge_str){text, len});
    kedge_str out;
    assert_int_equal(kedge_writer_finish(&w, &out), KEDGE_OK);
    json_t *read = json_loadb(out.ptr, out.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    assert_non_null(read);
    assert_int_equal(json_string_length(read), len);
    assert_memory_equal(json_string_value(read), text, len);
    json_decref(read);
}

static void a_text_that_is_not_utf_8_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"\x80",
                                      "a\xff",
                                      "\xc0\x80",
                                      "\xc3",
                                      "\xc3(",
                                      "\xe2\x82",
                                      "\xed\xa0\x80",
                                      "\xf4\x90\x80\x80",
                                      "\xf0\x8f\xbf\xbf"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        begin();
        kedge_writer_text(&w, bad[i]);
        expect_refused();
        begin();
        kedge_writer_begin_object(&w);
        kedge_writer_key(&w, bad[i]);
        assert_int_equal(kedge_writer_error(&w), KEDGE_ERR_ARGUMENT);
    }
}

static void room_is_left_for_what_the_caller_writes(void **state)
{
    (void)state;
    begin();
    kedge_writer_begin_array(&w);
    kedge_writer_int64(&w, 1);
    char *at = kedge_writer_room(&w, 4);
    assert_non_null(at);
    memcpy(at, "true", 4);
    kedge_writer_end_array(&w);
    expect("[1,true]");
    begin();
    assert_null(kedge_writer_room(&w, 0));
    expect_refused();
    begin();
    kedge_writer_begin_object(&w);
    assert_null(kedge_writer_room(&w, 4));
    assert_int_equal(kedge_writer_error(&w), KEDGE_ERR_ARGUMENT);
    // What does not fit is counted.
    char small[5];
    kedge_str out;
    for (size_t cap = 0; cap < sizeof small; cap++) {
        kedge_writer_init(&w, small, cap);
        kedge_writer_begin_array(&w);
        at = kedge_writer_room(&w, 3);
        assert_true((at != NULL) == (cap >= 4));
        kedge_writer_end_array(&w);
        assert_int_equal(kedge_writer_finish(&w, &out), KEDGE_ERR_TOO_LONG);
        assert_int_equal(out.len, 5);
    }
}

// Each of these is refused: what it does is a list of letters. { } [ ] k(ey) t(ext) r(aw, empty)
static void act(char c)
{
    switch (c) {
    case '{':
        kedge_writer_begin_object(&w);
        break;
    case '}':
        kedge_writer_end_object(&w);
        break;
    case '[':
        kedge_writer_begin_array(&w);
        break;
    case ']':
        kedge_writer_end_array(&w);
        break;
    case 'k':
        kedge_writer_key(&w, "k");
        break;
    case 't':
        kedge_writer_text(&w, "t");
        break;
    default:
        kedge_writer_raw(&w, KEDGE_STR(""));
        break;
    }
}

static void what_may_not_stand_there_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",    "{",  "[",  "}",    "]", "k",   "tt",  "{}t", "{t}", "{[]}",  "{k}",  "{kk",
        "[k]", "[}", "{]", "{kt]", "r", "[r]", "{{}", "t]",  "[]]", "{kt}}", "{}[]", "{ktt}"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        begin();
        for (const char *c = wrong[i]; *c != '\0'; c++)
            act(*c);
        expect_refused();
    }
}

static void the_first_error_stays(void **state)
{
    (void)state;
    begin();
    kedge_writer_end_object(&w);
    assert_int_equal(kedge_writer_error(&w), KEDGE_ERR_ARGUMENT);
    write_patch();
    expect_refused();
    assert_int_equal(buf[0], '#');
}

static void containers_nest_to_the_limit_and_no_deeper(void **state)
{
    (void)state;
    begin();
    for (int i = 0; i < KEDGE_WRITER_DEPTH; i++)
        kedge_writer_begin_array(&w);
    struct kedge_writer deep = w;
    for (int i = 0; i < KEDGE_WRITER_DEPTH; i++)
        kedge_writer_end_array(&w);
    kedge_str out;
    assert_int_equal(kedge_writer_finish(&w, &out), KEDGE_OK);
    assert_int_equal(out.len, 2 * KEDGE_WRITER_DEPTH);
    w = deep;
    kedge_writer_begin_object(&w);
    expect_refused();
}

static void every_buffer_too_small_is_told_what_it_needs(void **state)
{
    (void)state;
    kedge_str out;
    for (size_t cap = 0; cap < sizeof patch - 1; cap++) {
        char *exact = malloc(cap > 0 ? cap : 1);
        kedge_writer_init(&w, exact, cap);
        write_patch();
        assert_int_equal(kedge_writer_error(&w), KEDGE_ERR_TOO_LONG);
        assert_int_equal(kedge_writer_finish(&w, &out), KEDGE_ERR_TOO_LONG);
        assert_null(out.ptr);
        assert_int_equal(out.len, sizeof patch - 1);
        free(exact);
    }
    kedge_writer_init(&w, NULL, 0);
    write_patch();
    assert_int_equal(kedge_writer_finish(&w, &out), KEDGE_ERR_TOO_LONG);
    assert_int_equal(out.len, sizeof patch - 1);
    kedge_writer_init(&w, buf, sizeof patch - 1);
    write_patch();
    assert_int_equal(kedge_writer_finish(&w, &out), KEDGE_OK);
}

static void the_reader_reads_what_the_writer_wrote(void **state)
{
    (void)state;
    struct kedge_json_token tokens[32];
    struct kedge_json doc;
    kedge_str out;
    begin();
    kedge_writer_begin_object(&w);
    kedge_writer_key(&w, "k\n\x01");
    kedge_writer_text(&w, "a\"\\\t\x1f\xc3\xa9");
    kedge_writer_end_object(&w);
    assert_int_equal(kedge_writer_finish(&w, &out), KEDGE_OK);
    assert_int_equal(kedge_json_parse(&doc, out.ptr, out.len, tokens, 32), KEDGE_OK);
    kedge_json_value v = kedge_json_get(kedge_json_root(&doc), "k\n\x01");
    assert_true(kedge_json_text_is(v, KEDGE_STR("a\"\\\t\x1f\xc3\xa9")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_colons_and_quotes_are_set),
        cmocka_unit_test(any_value_may_stand_alone),
        cmocka_unit_test(numbers_reach_both_ends),
        cmocka_unit_test(texts_are_escaped_as_json_asks_for),
        cmocka_unit_test(another_parser_reads_back_every_character),
        cmocka_unit_test(a_text_that_is_not_utf_8_is_refused),
        cmocka_unit_test(room_is_left_for_what_the_caller_writes),
        cmocka_unit_test(what_may_not_stand_there_is_refused),
        cmocka_unit_test(the_first_error_stays),
        cmocka_unit_test(containers_nest_to_the_limit_and_no_deeper),
        cmocka_unit_test(every_buffer_too_small_is_told_what_it_needs),
        cmocka_unit_test(the_reader_reads_what_the_writer_wrote),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
