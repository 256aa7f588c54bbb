// SPDX-License-Identifier: Apache-2.0
// Lines: all or as much as fits, never one byte more, and always a NUL.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/line.h"
#include "guard.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static char buf[512];
static struct kedge__line line;

static void start(void)
{
    memset(buf, '#', sizeof buf);
    kedge__line_init(&line, buf, sizeof buf);
}

static void a_new_line_is_empty(void **state)
{
    (void)state;
    start();
    assert_string_equal(buf, "");
    assert_int_equal(line.len, 0);
    assert_false(line.cut);
    assert_true(kedge_str_is(kedge__line_done(&line), ""));
}

static void parts_are_joined(void **state)
{
    (void)state;
    start();
    kedge__line_text(&line, "a");
    kedge__line_str(&line, KEDGE_STR("bc"));
    kedge__line_byte(&line, 'd');
    kedge__line_text(&line, NULL);
    kedge__line_str(&line, (kedge_str){NULL, 0});
    kedge__line_int(&line, 42);
    assert_string_equal(buf, "abcd42");
    assert_true(kedge_str_is(kedge__line_done(&line), "abcd42"));
    assert_ptr_equal(kedge__line_done(&line).ptr, buf);
    assert_false(line.cut);
}

static void bytes_of_any_value_are_kept(void **state)
{
    (void)state;
    start();
    kedge__line_str(&line, (kedge_str){"a\0\xff", 3});
    kedge__line_byte(&line, '\0');
    kedge__line_byte(&line, 'z');
    assert_int_equal(line.len, 5);
    assert_memory_equal(buf, "a\0\xff\0z", 6);
}

static void numbers_are_decimal(void **state)
{
    (void)state;
    static const struct {
        int64_t n;
        const char *text;
    } table[] = {
        {0, "0"},
        {7, "7"},
        {-1, "-1"},
        {10, "10"},
        {-1234567890, "-1234567890"},
        {INT32_MAX, "2147483647"},
        {INT64_MAX, "9223372036854775807"},
        {INT64_MIN, "-9223372036854775808"},
        {INT64_MIN + 1, "-9223372036854775807"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        start();
        kedge__line_int(&line, table[i].n);
        assert_string_equal(buf, table[i].text);
    }
}

static void write_some(void)
{
    kedge__line_text(&line, "ab");
    kedge__line_int(&line, -12);
    kedge__line_printable(&line, KEDGE_STR("x\ny"), 10);
    kedge__line_byte(&line, 'c');
    kedge__line_str(&line, KEDGE_STR("de"));
}

static void what_does_not_fit_is_left_out_and_remembered(void **state)
{
    (void)state;
    static const char whole[] = "ab-12x?ycde";
    for (size_t cap = 1; cap <= sizeof whole + 2; cap++) {
        // Ends at an unreadable page, so one byte too many is a crash.
        char *edge = guard_put(buf, cap);
        kedge__line_init(&line, edge, cap);
        write_some();
        size_t fits = cap - 1 < sizeof whole - 1 ? cap - 1 : sizeof whole - 1;
        assert_int_equal(line.len, fits);
        assert_memory_equal(edge, whole, fits);
        assert_int_equal(edge[fits], '\0');
        assert_int_equal(line.cut, fits < sizeof whole - 1);
    }
}

static void a_cut_line_stays_cut(void **state)
{
    (void)state;
    char small[4];
    kedge__line_init(&line, small, sizeof small);
    kedge__line_text(&line, "abcd");
    assert_true(line.cut);
    kedge__line_text(&line, "");
    kedge__line_str(&line, (kedge_str){NULL, 0});
    assert_true(line.cut);
    assert_string_equal(small, "abc");
    // Exactly full is not cut.
    kedge__line_init(&line, small, sizeof small);
    kedge__line_text(&line, "abc");
    assert_false(line.cut);
    kedge__line_text(&line, "");
    assert_false(line.cut);
}

static void only_printable_ascii_reaches_a_message(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        char byte = (char)c;
        start();
        kedge__line_printable(&line, (kedge_str){&byte, 1}, 8);
        assert_int_equal(buf[0], c >= 0x20 && c < 0x7f ? c : '?');
        assert_int_equal(line.len, 1);
    }
}

static void long_bytes_are_shortened_in_a_message(void **state)
{
    (void)state;
    static const char *const wanted[] = {"...", "a...", "ab...", "abc", "abc", "abc"};
    for (size_t max = 0; max < COUNT(wanted); max++) {
        start();
        kedge__line_printable(&line, KEDGE_STR("abc"), max);
        assert_string_equal(buf, wanted[max]);
    }
    start();
    kedge__line_printable(&line, (kedge_str){NULL, 0}, 0);
    assert_string_equal(buf, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_line_is_empty),
        cmocka_unit_test(parts_are_joined),
        cmocka_unit_test(bytes_of_any_value_are_kept),
        cmocka_unit_test(numbers_are_decimal),
        cmocka_unit_test(what_does_not_fit_is_left_out_and_remembered),
        cmocka_unit_test(a_cut_line_stays_cut),
        cmocka_unit_test(only_printable_ascii_reaches_a_message),
        cmocka_unit_test(long_bytes_are_shortened_in_a_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
