// SPDX-License-Identifier: Apache-2.0
#include "kedge/quantity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "object/project.h"
#include "object/words.h"

// From a heap block of exactly the text's size, so that ASan sees any step outside.
static bool parse(const char *text, int64_t *out)
{
    size_t len = strlen(text);
    char *exact = malloc(len > 0 ? len : 1);
    memcpy(exact, text, len);
    bool ok = kedge_quantity_parse((kedge_str){exact, len}, out);
    free(exact);
    return ok;
}

struct row {
    const char *text;
    int64_t thousandths;
};

static void check(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t value = -99;
        if (!parse(rows[i].text, &value) || value != rows[i].thousandths)
            fail_msg("%s gives %lld", rows[i].text, (long long)value);
    }
}
#define CHECK(rows) check(rows, sizeof rows / sizeof rows[0])

static void each_suffix_has_its_size(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"0", 0},
        {"1", 1000},
        {"250m", 250},
        {"1500000u", 1500},
        {"3000000000n", 3000},
        {"2k", 2000000},
        {"2M", INT64_C(2000000000)},
        {"2G", INT64_C(2000000000000)},
        {"2T", INT64_C(2000000000000000)},
        {"2P", INT64_C(2000000000000000000)},
        {"0.002E", INT64_C(2000000000000000000)},
        {"1Ki", 1024000},
        {"64Mi", INT64_C(67108864000)},
        {"1Gi", INT64_C(1073741824000)},
        {"1Ti", INT64_C(1099511627776000)},
        {"1Pi", INT64_C(1125899906842624000)},
        {"0.001Ei", INT64_C(1152921504606846976)},
    };
    CHECK(rows);
}

static void exponents_are_of_ten(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"2e3", 2000000}, {"2E3", 2000000}, {"2e+3", 2000000}, {"2E-3", 2},
        {"25e-1", 2500},  {"2e0", 2000},    {"1e-3", 1},       {"1.5e2", 150000},
    };
    CHECK(rows);
}

static void numbers_may_have_a_sign_a_point_and_zeros(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"+1", 1000},      {"-1", -1000},
        {"-250m", -250},   {"1.5", 1500},
        {".5", 500},       {"5.", 5000},
        {"007", 7000},     {"1.50000", 1500},
        {"0.0010", 1},     {"1.5Gi", 1610612736000},
        {"0.5Ki", 512000}, {"00.25Mi", 262144000},
        {"5.k", 5000000},
    };
    CHECK(rows);
}

static void what_is_finer_than_a_thousandth_is_rounded_away_from_zero(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"1n", 1},
        {"1u", 1},
        {"1001u", 2},
        {"-1n", -1},
        {"0.0001", 1},
        {"1.0001", 1001},
        {"1.00000000000000000000000000000000000000001", 1001},
        {"1e-19", 1},
        {"1e-2000000000", 1},
        {"0n", 0},
        {"0.0000000000000000000000000000000000000000000", 0},
        {"0.1Ki", 102400},
        {"0.0001Ki", 103},
        {"29.5931m", 30},
    };
    CHECK(rows);
}

static void zeros_and_digits_may_go_on_for_ever(void **state)
{
    (void)state;
    for (int n = 1; n < 200; n++) {
        char text[500];
        int64_t value;
        snprintf(text, sizeof text, "%0*d.5%0*dk", n, 2, n, 0);
        assert_true(parse(text, &value));
        assert_true(value == 2500000);
        snprintf(text, sizeof text, "2.5%0*d", n, 1);
        assert_true(parse(text, &value));
        assert_true(value == (n == 1 ? 2510 : 2501));
    }
}

static void what_is_too_great_becomes_the_limit(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"9223372036854775807m", INT64_MAX},
        {"9223372036854775806m", INT64_MAX - 1},
        {"9223372036854775808m", INT64_MAX},
        {"-9223372036854775808m", -INT64_MAX},
        {"1E", INT64_MAX},
        {"9.3P", INT64_MAX},
        {"8Ei", INT64_MAX},
        {"1e400", INT64_MAX},
        {"1e99999999999999999999999999", INT64_MAX},
        {"-1e400", -INT64_MAX},
        {"0e400", 0},
        {"123456789012345678901234567890123456789012345678901234567890", INT64_MAX},
        {"123456789012345678901234567890123456789012e-40", 12346},
    };
    CHECK(rows);
}

static void what_is_no_quantity_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",    " ",     "+",        "-",    ".",    "k",     "Ki",    "e3",       "+.",   "- 1",
        " 1",  "1 ",    "1 Ki",     "1ki",  "1K",   "1mi",   "1KiB",  "1kk",      "1e",   "1E+",
        "1e-", "1e1.5", "1e3k",     "1ee3", "1..2", "1.2.3", "--1",   "+-1",      "0x10", "1,5",
        "1i",  "1Kii",  "infinity", "nan",  "1g",   "1t",    "1_000", "\xc2\xb5",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t value = -99;
        if (parse(texts[i], &value) || value != -99)
            fail_msg("\"%s\" gives %lld", texts[i], (long long)value);
    }
    int64_t value;
    assert_false(kedge_quantity_parse((kedge_str){"1\0", 2}, &value));
}

// Against arithmetic that is obviously right.
static void every_small_number_is_exact(void **state)
{
    (void)state;
    char text[32];
    for (int whole = 0; whole < 30; whole++) {
        for (int thousandths = 0; thousandths < 1000; thousandths += 7) {
            int64_t value, expected = whole * 1000 + thousandths;
            snprintf(text, sizeof text, "%d.%03d", whole, thousandths);
            assert_true(parse(text, &value));
            assert_true(value == expected);
            snprintf(text, sizeof text, "%d.%03dk", whole, thousandths);
            assert_true(parse(text, &value));
            assert_true(value == expected * 1000);
            snprintf(text, sizeof text, "-%d.%03dKi", whole, thousandths);
            assert_true(parse(text, &value));
            assert_true(value == -(expected * 1024));
        }
    }
}

static void units_are_rounded_up(void **state)
{
    (void)state;
    assert_true(kedge_quantity_units(0) == 0);
    assert_true(kedge_quantity_units(1) == 1);
    assert_true(kedge_quantity_units(1000) == 1);
    assert_true(kedge_quantity_units(1001) == 2);
    assert_true(kedge_quantity_units(-1500) == -1);
    assert_true(kedge_quantity_units(-1000) == -1);
    assert_true(kedge_quantity_units(INT64_MAX) == INT64_MAX / 1000 + 1);
}

// In a record -------------------------------------------------------------------------------------

struct small_record {
    struct kedge_quantity member;
    unsigned char bytes[KEDGE__QUANTITY_BYTES];
};

// Packs a number, and gives how many bytes it took beside its member.
static size_t pack(struct small_record *r, int64_t n)
{
    uint32_t code = 0;
    memset(r, 0, sizeof *r);
    size_t len = n != 0 ? kedge__quantity_pack(n, r->bytes, &code) : 0;
    assert_true(len <= KEDGE__QUANTITY_BYTES && code < KEDGE__WORDS_MAX);
    if (len > 0)
        r->member.offset = offsetof(struct small_record, bytes);
    else if (n != 0)
        r->member.offset = (kedge_offset)(KEDGE__FIRST_WORD + code);
    return len;
}

static void each_code_is_one_number(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < KEDGE__WORDS_MAX; code++) {
        struct kedge_quantity q = {(kedge_offset)(KEDGE__FIRST_WORD + code)};
        unsigned char bytes[KEDGE__QUANTITY_BYTES];
        uint32_t back = 0;
        assert_int_equal(kedge__quantity_pack(kedge_quantity(&q), bytes, &back), 0);
        assert_int_equal(back, code);
    }
}

static void every_number_comes_back(void **state)
{
    (void)state;
    struct small_record r;
    for (int bit = 0; bit < 63; bit++) {
        for (int64_t near = -3; near <= 3; near++) {
            int64_t n = ((INT64_C(1) << bit) - 1) + near;
            pack(&r, n);
            assert_true(kedge_quantity(&r.member) == n);
            pack(&r, -n);
            assert_true(kedge_quantity(&r.member) == -n);
        }
    }
    static const int64_t ends[] = {INT64_MAX, -INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        assert_int_equal(pack(&r, ends[i]), 10);
        assert_true(kedge_quantity(&r.member) == ends[i]);
    }
    pack(&r, 0);
    assert_true(kedge_quantity(&r.member) == 0);
}

// A record that was damaged where it was kept: bytes without an end.
static void no_more_than_ten_bytes_are_read(void **state)
{
    (void)state;
    struct small_record *r = malloc(sizeof *r); // ASan guards its end
    assert_non_null(r);
    _Static_assert(sizeof *r == sizeof r->member + sizeof r->bytes, "nothing is behind the bytes");
    memset(r, 0xff, sizeof *r);
    r->member.offset = offsetof(struct small_record, bytes);
    assert_true(kedge_quantity(&r->member) == INT64_MIN);
    free(r);
}

static void the_usual_amounts_take_no_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t bytes;
    } amounts[] = {
        {"1m", 0},     {"100m", 0},       {"999m", 0},  {"1", 0},     {"2", 0},     {"128", 0},
        {"0.5", 0},    {"64Mi", 0},       {"769Mi", 0}, {"0.5Gi", 0}, {"1Gi", 0},   {"152Gi", 0},
        {"1024Mi", 0}, {"110", 0},        {"1001m", 2}, {"129", 3},   {"770Mi", 6}, {"500M", 6},
        {"153Gi", 7},  {"16384256Ki", 7}, {"1.5Gi", 6}, {"-1m", 1},   {"-100m", 2}, {"1Ki", 3},
    };
    for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++) {
        struct small_record r;
        int64_t n;
        assert_true(parse(amounts[i].text, &n));
        if (pack(&r, n) != amounts[i].bytes)
            fail_msg("%s takes %zu bytes", amounts[i].text, pack(&r, n));
        assert_true(kedge_quantity(&r.member) == n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_suffix_has_its_size),
        cmocka_unit_test(exponents_are_of_ten),
        cmocka_unit_test(numbers_may_have_a_sign_a_point_and_zeros),
        cmocka_unit_test(what_is_finer_than_a_thousandth_is_rounded_away_from_zero),
        cmocka_unit_test(zeros_and_digits_may_go_on_for_ever),
        cmocka_unit_test(what_is_too_great_becomes_the_limit),
        cmocka_unit_test(what_is_no_quantity_is_refused),
        cmocka_unit_test(every_small_number_is_exact),
        cmocka_unit_test(units_are_rounded_up),
        cmocka_unit_test(each_code_is_one_number),
        cmocka_unit_test(every_number_comes_back),
        cmocka_unit_test(no_more_than_ten_bytes_are_read),
        cmocka_unit_test(the_usual_amounts_take_no_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
