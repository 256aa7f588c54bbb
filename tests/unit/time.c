// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE // timegm
#include "kedge/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static bool parse(const char *text, kedge_timestamp *out)
{
    size_t len = strlen(text);
    char *exact = malloc(len > 0 ? len : 1);
    memcpy(exact, text, len);
    bool ok = kedge_timestamp_parse((kedge_str){exact, len}, out);
    free(exact);
    return ok;
}

static void times_of_the_api_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        kedge_timestamp micro;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T00:00:00.000001Z", 1},
        {"1969-12-31T23:59:59.999999Z", -1},
        {"2026-11-23T04:16:24Z", INT64_C(1795407384000000)},
        {"2026-11-23T04:00:00.123456Z", INT64_C(1795406400123456)},
        {"2026-11-23T04:00:00.1Z", INT64_C(1795406400100000)},
        {"2026-11-23T04:00:00,5Z", INT64_C(1795406400500000)},
        {"2026-11-23T04:00:00.123456999Z", INT64_C(1795406400123456)},
        {"2026-11-23T04:00:00.12345678901234567890Z", INT64_C(1795406400123456)},
        {"2026-11-23T05:16:24+01:00", INT64_C(1795407384000000)},
        {"2026-11-22T22:46:24-05:30", INT64_C(1795407384000000)},
        {"2026-11-23T04:16:24+00:00", INT64_C(1795407384000000)},
        {"2026-11-23T04:16:24-00:00", INT64_C(1795407384000000)},
        {"2024-02-29T12:00:00Z", INT64_C(1709208000000000)},
        {"2000-02-29T00:00:00Z", INT64_C(951782400000000)},
        {"0000-01-01T00:00:00Z", INT64_C(-62167219200000000)},
        {"0001-01-01T00:00:00Z", INT64_C(-62135596800000000)},
        {"9999-12-31T23:59:59.999999Z", INT64_C(253402300799999999)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        kedge_timestamp t = 42;
        if (!parse(rows[i].text, &t) || t != rows[i].micro)
            fail_msg("%s gives %lld", rows[i].text, (long long)t);
    }
}

static void what_is_no_time_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "2026",
        "2026-11-23",
        "2026-11-23T04:16:24",
        "2026-11-23 04:16:24Z",
        "2026-11-23t04:16:24Z",
        "2026-11-23T04:16:24z",
        "2026-11-23T04:16:24ZZ",
        "2026-11-23T04:16:24Z ",
        " 2026-11-23T04:16:24Z",
        "2026-11-23T04:16:60Z",
        "2026-11-23T04:60:24Z",
        "2026-11-23T24:00:00Z",
        "2026-00-23T04:16:24Z",
        "2026-13-23T04:16:24Z",
        "2026-11-00T04:16:24Z",
        "2026-11-31T04:16:24Z",
        "2026-02-29T04:16:24Z",
        "2100-02-29T04:16:24Z",
        "26-11-23T04:16:24Z",
        "12026-11-23T04:16:24Z",
        "-026-11-23T04:16:24Z",
        "2026-11-23T4:16:24Z",
        "2026-11-23T04:16:24.Z",
        "2026-11-23T04:16:24.1x2Z",
        "2026-11-23T04:16:24+0100",
        "2026-11-23T04:16:24+01",
        "2026-11-23T04:16:24+01:0",
        "2026-11-23T04:16:24+25:00",
        "2026-11-23T04:16:24+01:61",
        "2026-11-23T04:16:24 01:00",
        "+026-11-23T04:16:24Z",
        "2026-1:-23T04:16:24Z",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        kedge_timestamp t = 42;
        if (parse(texts[i], &t) || t != 42)
            fail_msg("\"%s\" gives %lld", texts[i], (long long)t);
    }
}

static void a_time_cut_anywhere_is_refused(void **state)
{
    (void)state;
    static const char text[] = "2026-11-23T04:16:24.123456+01:00";
    kedge_timestamp t;
    for (size_t len = 0; len < strlen(text); len++) {
        char *exact = malloc(len > 0 ? len : 1);
        memcpy(exact, text, len);
        assert_false(kedge_timestamp_parse((kedge_str){exact, len}, &t));
        free(exact);
    }
    assert_true(parse(text, &t));
}

// The C library's calendar is another one.
static void every_day_of_500_years_is_where_the_c_library_has_it(void **state)
{
    (void)state;
    for (time_t seconds = -INT64_C(7200000000); seconds < INT64_C(8600000000); seconds += 86399) {
        struct tm tm;
        char text[40], ours[KEDGE_TIMESTAMP_TEXT];
        kedge_timestamp t;
        gmtime_r(&seconds, &tm);
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
        assert_true(parse(text, &t));
        assert_true(t == (kedge_timestamp)seconds * 1000000);
        assert_int_equal(kedge_timestamp_format(t, false, ours), 20);
        assert_string_equal(ours, text);
    }
}

static void times_are_written_as_the_api_does(void **state)
{
    (void)state;
    char buf[KEDGE_TIMESTAMP_TEXT];
    assert_int_equal(kedge_timestamp_format(INT64_C(1795407384123456), true, buf), 27);
    assert_string_equal(buf, "2026-11-23T04:16:24.123456Z");
    assert_int_equal(kedge_timestamp_format(INT64_C(1795407384123456), false, buf), 20);
    assert_string_equal(buf, "2026-11-23T04:16:24Z");
    kedge_timestamp_format(-1, true, buf);
    assert_string_equal(buf, "1969-12-31T23:59:59.999999Z");
    kedge_timestamp_format(-1, false, buf);
    assert_string_equal(buf, "1969-12-31T23:59:59Z");
    kedge_timestamp_format(0, true, buf);
    assert_string_equal(buf, "1970-01-01T00:00:00.000000Z");
}

static void a_year_that_has_not_four_digits_is_not_written(void **state)
{
    (void)state;
    static const struct {
        kedge_timestamp t;
        size_t len;
    } rows[] = {
        {INT64_C(-62167219200000000), 27},
        {INT64_C(-62167219200000001), 0},
        {INT64_C(253402300799999999), 27},
        {INT64_C(253402300800000000), 0},
        {INT64_MIN, 0},
        {INT64_MAX, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char buf[KEDGE_TIMESTAMP_TEXT];
        assert_int_equal(kedge_timestamp_format(rows[i].t, true, buf), rows[i].len);
        assert_int_equal(strlen(buf), rows[i].len);
    }
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    uint64_t n = 12345;
    for (int i = 0; i < 20000; i++) {
        char buf[KEDGE_TIMESTAMP_TEXT];
        kedge_timestamp t, again;
        n = n * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        t = (int64_t)(n >> 8) % INT64_C(315569519999999999) - INT64_C(62167219200000000);
        assert_int_equal(kedge_timestamp_format(t, true, buf), 27);
        assert_true(parse(buf, &again));
        assert_true(again == t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_of_the_api_are_read),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(a_time_cut_anywhere_is_refused),
        cmocka_unit_test(every_day_of_500_years_is_where_the_c_library_has_it),
        cmocka_unit_test(times_are_written_as_the_api_does),
        cmocka_unit_test(a_year_that_has_not_four_digits_is_not_written),
        cmocka_unit_test(what_is_written_is_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
