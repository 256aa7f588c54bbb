// SPDX-License-Identifier: Apache-2.0
// host.c - addresses and names as certificates know them.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/host.h"

// The text in a heap block of exactly its size, so that reading on is found out.
static kedge_str exact(const char *text)
{
    kedge_str s = {NULL, strlen(text)};
    char *copy = malloc(s.len > 0 ? s.len : 1);
    assert_non_null(copy);
    memcpy(copy, text, s.len);
    s.ptr = copy;
    return s;
}

static void release(kedge_str s)
{
    union {
        const char *in;
        void *out;
    } p = {s.ptr};
    free(p.out);
}

static size_t parse(const char *text, unsigned char out[16])
{
    kedge_str s = exact(text);
    memset(out, 0xee, 16);
    size_t len = kedge__host_ip(s, out);
    release(s);
    return len;
}

static void addresses_of_four_bytes(void **state)
{
    unsigned char ip[16];
    (void)state;
    assert_int_equal(parse("10.0.0.1", ip), 4);
    assert_memory_equal(ip, "\x0a\0\0\1", 4);
    assert_int_equal(parse("255.255.255.255", ip), 4);
    assert_memory_equal(ip, "\xff\xff\xff\xff", 4);
    assert_int_equal(parse("0.0.0.0", ip), 4);
    assert_memory_equal(ip, "\0\0\0\0", 4);
}

static void addresses_of_sixteen_bytes(void **state)
{
    static const struct {
        const char *text, *bytes;
    } rows[] = {
        {"::", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"},
        {"::1", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"},
        {"1::", "\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0"},
        {"2001:db8::1", "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"},
        {"2001:DB8:0:0:0:0:0:1", "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"},
        {"1:2:3:4:5:6:7:8", "\0\1\0\2\0\3\0\4\0\5\0\6\0\7\0\x08"},
        {"1:2:3:4:5:6:7::", "\0\1\0\2\0\3\0\4\0\5\0\6\0\7\0\0"},
        {"::2:3:4:5:6:7:8", "\0\0\0\2\0\3\0\4\0\5\0\6\0\7\0\x08"},
        {"64:ff9b::10.1.2.3", "\0\x64\xff\x9b\0\0\0\0\0\0\0\0\x0a\1\2\3"},
        {"1:2:3:4:5:6:7.8.9.10", "\0\1\0\2\0\3\0\4\0\5\0\6\7\x08\x09\x0a"},
        {"fe80::1%eth0", "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1"},
    };
    unsigned char ip[16];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(parse(rows[i].text, ip), 16);
        assert_memory_equal(ip, rows[i].bytes, 16);
    }
}

static void a_mapped_address_is_its_four_bytes(void **state)
{
    unsigned char ip[16];
    (void)state;
    assert_int_equal(parse("::ffff:10.0.0.1", ip), 4);
    assert_memory_equal(ip, "\x0a\0\0\1", 4);
    assert_int_equal(parse("::ffff:a00:1", ip), 4);
    assert_memory_equal(ip, "\x0a\0\0\1", 4);
}

static void what_is_not_plainly_an_address_is_none(void **state)
{
    static const char *const texts[] = {
        "",
        "1",
        "1.2.3",
        "1.2.3.4.",
        "1.2.3.4.5",
        "1.2.3.256",
        "01.2.3.4",
        "1.2.3.04",
        "1.2.3.1000",
        "1..2.3",
        ".1.2.3.4",
        "1.2.3.4 ",
        "0x7f.0.0.1",
        "localhost",
        ":",
        ":::",
        "1:2",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1::2::3",
        "::1::",
        "12345::",
        "g::",
        ":1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7:",
        "1:2:3:4:5:6:7:8::",
        "::1.2.3",
        "1.2.3.4::",
        "[::1]",
        "1.2.3.4%eth0",
        "1:2:3:4:5:6:7:1.2.3.4",
        "::1:2:3:4:5:6:7:8",
        "%eth0",
        "-1.2.3.4",
        "1,2.3.4",
    };
    unsigned char ip[16];
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(parse(texts[i], ip), 0);
}

static bool matches(const char *pattern, const char *host)
{
    kedge_str p = exact(pattern);
    kedge_str h = exact(host);
    bool yes = kedge__host_matches(p, h);
    release(p);
    release(h);
    return yes;
}

static void a_name_matches_itself_in_either_case(void **state)
{
    (void)state;
    assert_true(matches("api.example.com", "api.example.com"));
    assert_true(matches("API.Example.com", "api.eXample.COM"));
    assert_true(matches("localhost", "localhost"));
    assert_false(matches("api.example.com", "api.example.co"));
    assert_false(matches("api.example.com", "xapi.example.com"));
    assert_false(matches("", ""));
    assert_false(matches("", "a"));
    assert_false(matches("a", ""));
    // '[' and '{' differ in the bit that makes letters small, and are no letters.
    assert_false(matches("a[", "a{"));
}

static void a_star_is_one_whole_first_label(void **state)
{
    (void)state;
    assert_true(matches("*.example.com", "api.example.com"));
    assert_true(matches("*.EXAMPLE.com", "api.example.COM"));
    assert_false(matches("*.example.com", "example.com"));
    assert_false(matches("*.example.com", ".example.com"));
    assert_false(matches("*.example.com", "a.b.example.com"));
    assert_false(matches("a*.example.com", "api.example.com"));
    assert_false(matches("api.*.com", "api.example.com"));
    assert_false(matches("*", "localhost"));
    assert_false(matches("*.", "localhost."));
    assert_false(matches("**.example.com", "api.example.com"));
}

static void one_dot_at_the_end_is_trimmed(void **state)
{
    (void)state;
    assert_true(kedge_str_is(kedge__host_trim(KEDGE_STR("a.b.")), "a.b"));
    assert_true(kedge_str_is(kedge__host_trim(KEDGE_STR("a.b..")), "a.b."));
    assert_true(kedge_str_is(kedge__host_trim(KEDGE_STR("a.b")), "a.b"));
    assert_int_equal(kedge__host_trim(KEDGE_STR(".")).len, 0);
    assert_int_equal(kedge__host_trim((kedge_str){NULL, 0}).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_of_four_bytes),
        cmocka_unit_test(addresses_of_sixteen_bytes),
        cmocka_unit_test(a_mapped_address_is_its_four_bytes),
        cmocka_unit_test(what_is_not_plainly_an_address_is_none),
        cmocka_unit_test(a_name_matches_itself_in_either_case),
        cmocka_unit_test(a_star_is_one_whole_first_label),
        cmocka_unit_test(one_dot_at_the_end_is_trimmed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
