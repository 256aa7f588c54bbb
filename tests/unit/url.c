// SPDX-License-Identifier: Apache-2.0
// Server addresses, and the escaping of paths and queries.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "kedge/url.h"
#include "net/escape.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

// Parses a copy that ends at an unreadable page.
static kedge_err parse(kedge_str text, bool default_tls, struct kedge_url *u, const char **problem)
{
    kedge_str copy = {guard_put(text.ptr, text.len), text.len};
    return kedge_url_parse(copy, default_tls, u, problem);
}

static const struct {
    const char *text;
    bool default_tls, tls;
    const char *host;
    bool ipv6;
    uint16_t port;
    const char *path;
} good[] = {
    {"https://example.com", false, true, "example.com", false, 443, ""},
    {"http://example.com", true, false, "example.com", false, 80, ""},
    {"HTTPS://Example.COM", false, true, "Example.COM", false, 443, ""},
    {"https://example.com:6443", false, true, "example.com", false, 6443, ""},
    {"http://example.com:6443/", false, false, "example.com", false, 6443, ""},
    {"https://10.0.0.1:6443", false, true, "10.0.0.1", false, 6443, ""},
    {"https://localhost:1", false, true, "localhost", false, 1, ""},
    {"https://localhost:65535", false, true, "localhost", false, 65535, ""},
    {"https://localhost:00443", false, true, "localhost", false, 443, ""},
    {"https://localhost:", false, true, "localhost", false, 443, ""},
    {"http://localhost:/", false, false, "localhost", false, 80, ""},
    {"https://azAZ09", false, true, "azAZ09", false, 443, ""},
    {"https://[afAF::]/%af%AF", false, true, "afAF::", true, 443, "/%af%AF"},
    {"https://my_node-1.example.com.", false, true, "my_node-1.example.com.", false, 443, ""},
    // Without a scheme: as the configuration has TLS or not.
    {"127.0.0.1:8080", false, false, "127.0.0.1", false, 8080, ""},
    {"127.0.0.1:8080", true, true, "127.0.0.1", false, 8080, ""},
    {"localhost", false, false, "localhost", false, 80, ""},
    {"localhost", true, true, "localhost", false, 443, ""},
    {"localhost/", true, true, "localhost", false, 443, ""},
    {"localhost:8080/", true, true, "localhost", false, 8080, ""},
    {"localhost?a=b", true, true, "localhost", false, 443, ""},
    {"[::1]:6443", true, true, "::1", true, 6443, ""},
    // A prefix, of which the slashes at the end are not part; queries and fragments are dropped.
    {"http://host/prefix", false, false, "host", false, 80, "/prefix"},
    {"https://host/prefix/", false, true, "host", false, 443, "/prefix"},
    {"https://host/k8s/clusters/c-1///", false, true, "host", false, 443, "/k8s/clusters/c-1"},
    {"https://host///", false, true, "host", false, 443, ""},
    {"https://host:8443/a.b/..c/.d", false, true, "host", false, 8443, "/a.b/..c/.d"},
    {"https://host/a%2Fb/%c3%A9", false, true, "host", false, 443, "/a%2Fb/%c3%A9"},
    {"https://host/a:b@c,d;e=f&g!h$i'(j)*+~_-", false, true, "host", false, 443,
     "/a:b@c,d;e=f&g!h$i'(j)*+~_-"},
    {"https://host?a=b/c", false, true, "host", false, 443, ""},
    {"https://host/a?b=c d", false, true, "host", false, 443, "/a"},
    {"https://host/a/#b", false, true, "host", false, 443, "/a"},
    {"https://host#://x@y", false, true, "host", false, 443, ""},
    {"https://host/a/http://b", false, true, "host", false, 443, "/a/http://b"},
    // IPv6.
    {"https://[::1]", false, true, "::1", true, 443, ""},
    {"https://[::]:80/p", false, true, "::", true, 80, "/p"},
    {"https://[2001:db8::1]:6443", false, true, "2001:db8::1", true, 6443, ""},
    {"https://[1:2:3:4:5:6:7:8]", false, true, "1:2:3:4:5:6:7:8", true, 443, ""},
    {"https://[1:2:3:4:5:6:7::]", false, true, "1:2:3:4:5:6:7::", true, 443, ""},
    {"https://[::2:3:4:5:6:7:8]", false, true, "::2:3:4:5:6:7:8", true, 443, ""},
    {"https://[1:2:3::6:7:8]", false, true, "1:2:3::6:7:8", true, 443, ""},
    {"https://[FE80::ABCD]", false, true, "FE80::ABCD", true, 443, ""},
    {"https://[::ffff:10.0.0.1]", false, true, "::ffff:10.0.0.1", true, 443, ""},
    {"https://[1:2:3:4:5:6:255.255.255.255]", false, true, "1:2:3:4:5:6:255.255.255.255", true, 443,
     ""},
};

static void addresses_are_taken_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct kedge_url u;
        const char *problem = "?";
        memset(&u, 0xa5, sizeof u);
        if (parse(kedge_str_of(good[i].text), good[i].default_tls, &u, &problem) != KEDGE_OK)
            fail_msg("%s: %s", good[i].text, problem);
        assert_null(problem);
        assert_int_equal(u.tls, good[i].tls);
        assert_true(kedge_str_is(u.host, good[i].host));
        assert_int_equal(u.ipv6, good[i].ipv6);
        assert_int_equal(u.port, good[i].port);
        assert_true(kedge_str_is(u.path, good[i].path));
    }
}

static void the_parts_borrow_from_the_text(void **state)
{
    (void)state;
    static const char text[] = "https://host/prefix";
    struct kedge_url u;
    assert_int_equal(kedge_url_parse(kedge_str_of(text), false, &u, NULL), KEDGE_OK);
    assert_ptr_equal(u.host.ptr, text + 8);
    assert_ptr_equal(u.path.ptr, text + 12);
}

static const struct {
    const char *text, *problem;
} bad[] = {
    {"", "no host"},
    {"/", "no host"},
    {"https://", "no host"},
    {"https:///path", "no host"},
    {"https://:6443", "no host"},
    {":6443", "no host"},
    {"https://?x", "no host"},
    {"ftp://host", "neither https nor http"},
    {"://host", "neither https nor http"},
    {"httpss://host", "neither https nor http"},
    {"https+unix://host", "neither https nor http"},
    {"h\xd4tp://host", "neither https nor http"},
    {"unix:///run/x.sock", "neither https nor http"},
    {"https:/host", "needs its scheme"}, // "https" is then a host
    {"https:host", "the port is not a number"},
    {"host/server", "needs its scheme"},
    {"host/s", "needs its scheme"},
    {"host:80/server", "needs its scheme"},
    {"host/https://x", "needs its scheme"},
    {"https://user@host", "before the host"},
    {"https://user:password@host", "before the host"},
    {"https://@host", "before the host"},
    {"https://host@", "before the host"},
    {"https://host:0", "the port is 0"},
    {"https://host:65536", "above 65535"},
    {"https://host:4294967297", "above 65535"},
    {"https://host:99999999999999999999", "above 65535"},
    {"https://host:http", "not a number"},
    {"https://host:+1", "not a number"},
    {"https://host:-1", "not a number"},
    {"https://host: 1", "not a number"},
    {"https://host:80 ", "not a number"},
    {"https://ho st", "no host name has"},
    {"https://host\r\nX: y", "no host name has"},
    {"https://host\\path", "no host name has"},
    {"https://h%6Fst", "no host name has"},
    {"https://h\xc3\xb6st", "no host name has"},
    {"https://host,other", "no host name has"},
    {"https://<host>", "no host name has"},
    {" https://host", "neither https nor http"},
    {"https://::1", "needs brackets"},
    {"https://2001:db8::1", "needs brackets"},
    {"fe80::1", "needs brackets"},
    {"https://a:1:2", "needs brackets"},
    {"https://[::1", "not closed"},
    {"https://[", "not closed"},
    {"https://[]", "not an IPv6 address"},
    {"https://[localhost]", "not an IPv6 address"},
    {"https://[1.2.3.4]", "not an IPv6 address"},
    {"https://[:]", "not an IPv6 address"},
    {"https://[:::]", "not an IPv6 address"},
    {"https://[1::2::3]", "not an IPv6 address"},
    {"https://[1:2:3:4:5:6:7]", "not an IPv6 address"},
    {"https://[1:2:3:4:5:6:7:8:9]", "not an IPv6 address"},
    {"https://[1:2:3:4:5:6:7:8::]", "not an IPv6 address"},
    {"https://[::1:2:3:4:5:6:7:8]", "not an IPv6 address"},
    {"https://[1:2:3:4:5:6:7:]", "not an IPv6 address"},
    {"https://[:1:2:3:4:5:6:7]", "not an IPv6 address"},
    {"https://[12345::]", "not an IPv6 address"},
    {"https://[g::]", "not an IPv6 address"},
    {"https://[::1.2.3]", "not an IPv6 address"},
    {"https://[::1.2.3.4.5]", "not an IPv6 address"},
    {"https://[::1.2.3.256]", "not an IPv6 address"},
    {"https://[::1.2.3.]", "not an IPv6 address"},
    {"https://[::1.2.3.0004]", "not an IPv6 address"},
    {"https://[::ffff:05.0.0.1]", "not an IPv6 address"}, // nor is it one to a certificate
    {"https://[::1.2.3.4:5]", "not an IPv6 address"},
    {"https://[1:2:3:4:5:6:7:1.2.3.4]", "not an IPv6 address"},
    {"https://[fe80::1%eth0]", "zone"},
    {"https://[fe80::1%25eth0]:6443", "zone"},
    {"https://[::1]x", "not followed by a port"},
    {"https://[::1]6443", "not followed by a port"},
    {"https://[::1]:x", "the port is not a number"},
    {"https://host/a b", "must be escaped"},
    {"https://host/a\r\nb", "must be escaped"},
    {"https://host/\"", "must be escaped"},
    {"https://host/\x7f", "must be escaped"},
    {"https://host/\xc3\xa9", "must be escaped"},
    {"https://host/a\\b", "must be escaped"},
    {"https://host/%", "two hexadecimal digits"},
    {"https://host/%2", "two hexadecimal digits"},
    {"https://host/%2g", "two hexadecimal digits"},
    {"https://host/%%20", "two hexadecimal digits"},
    {"https://host/..", "'.' or '..'"},
    {"https://host/a/../b", "'.' or '..'"},
    {"https://host/./b", "'.' or '..'"},
    {"https://host/a/.", "'.' or '..'"},
};

static void what_is_no_address_is_refused_and_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct kedge_url u, before;
        memset(&u, 0xa5, sizeof u);
        before = u;
        const char *problem = NULL;
        kedge_err err = parse(kedge_str_of(bad[i].text), true, &u, &problem);
        if (err != KEDGE_ERR_CONFIG || problem == NULL || strstr(problem, bad[i].problem) == NULL)
            fail_msg("%s: %d, %s", bad[i].text, err, problem != NULL ? problem : "(none)");
        assert_memory_equal(&u, &before, sizeof u);
        assert_int_equal(kedge_url_parse(kedge_str_of(bad[i].text), true, &u, NULL),
                         KEDGE_ERR_CONFIG);
    }
}

static void a_nul_inside_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"https://host:6443/a", "https://[::1]:6443/a"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        for (size_t at = 0; at < strlen(texts[i]); at++) {
            char copy[64];
            struct kedge_url u;
            const char *problem;
            strcpy(copy, texts[i]);
            copy[at] = '\0';
            assert_int_equal(parse((kedge_str){copy, strlen(texts[i])}, true, &u, &problem),
                             KEDGE_ERR_CONFIG);
        }
    }
}

static void an_address_cut_anywhere_is_no_trap(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        for (size_t len = 0; len < strlen(good[i].text); len++) {
            struct kedge_url u;
            const char *problem;
            kedge_err err = parse((kedge_str){good[i].text, len}, true, &u, &problem);
            assert_true(err == KEDGE_OK || err == KEDGE_ERR_CONFIG);
            assert_true((err == KEDGE_OK) == (problem == NULL));
        }
    }
}

static void a_host_has_at_most_253_bytes(void **state)
{
    (void)state;
    for (size_t len = 250; len < 260; len++) {
        char text[300] = "https://";
        memset(text + 8, 'a', len);
        text[8 + len] = '\0';
        struct kedge_url u;
        const char *problem;
        kedge_err err = parse(kedge_str_of(text), true, &u, &problem);
        assert_int_equal(err, len <= 253 ? KEDGE_OK : KEDGE_ERR_CONFIG);
    }
}

// ---- escaping

static char buf[2048];
static struct kedge__line line;

static kedge_err segment(const char *text, size_t len)
{
    kedge__line_init(&line, buf, sizeof buf);
    kedge__line_text(&line, "/api");
    return kedge__url_path_segment(&line, (kedge_str){guard_put(text, len), len});
}

static void segments_are_escaped(void **state)
{
    (void)state;
    static const struct {
        const char *text, *escaped;
    } table[] = {
        {"default", "/api/default"},
        {"my-pod.v1_2~3", "/api/my-pod.v1_2~3"},
        {"system:node", "/api/system:node"},
        {"a!$&'()*+,;=:@b", "/api/a!$&'()*+,;=:@b"},
        {"a b", "/api/a%20b"},
        {"a?b#c", "/api/a%3Fb%23c"},
        {"[\"\\^`{|}<>]", "/api/%5B%22%5C%5E%60%7B%7C%7D%3C%3E%5D"},
        {"\xc3\xa9\xff", "/api/%C3%A9%FF"},
        {"...", "/api/..."},
        {".a", "/api/.a"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        assert_int_equal(segment(table[i].text, strlen(table[i].text)), KEDGE_OK);
        assert_string_equal(buf, table[i].escaped);
    }
}

static void what_would_change_the_path_is_no_segment(void **state)
{
    (void)state;
    static const struct {
        const char *text, *problem;
    } table[] = {
        {"", "may not be empty"},
        {".", "may not be '.'"},
        {"..", "may not be '..'"},
        {"a/b", "may not contain '/'"},
        {"/", "may not contain '/'"},
        {"a%2Fb", "may not contain '%'"},
        {"100%", "may not contain '%'"},
        {"a\r\nb", "may not contain control characters"},
        {"a\tb", "may not contain control characters"},
        {"\x7f", "may not contain control characters"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        assert_int_equal(segment(table[i].text, strlen(table[i].text)), KEDGE_ERR_ARGUMENT);
        assert_string_equal(buf, "/api");
        assert_string_equal(kedge__url_segment_problem(kedge_str_of(table[i].text)),
                            table[i].problem);
    }
    assert_int_equal(segment("a\0b", 3), KEDGE_ERR_ARGUMENT);
    assert_null(kedge__url_segment_problem(KEDGE_STR("a")));
}

static void queries_are_escaped(void **state)
{
    (void)state;
    kedge__line_init(&line, buf, sizeof buf);
    kedge__url_query(&line, true, KEDGE_STR("labelSelector"), KEDGE_STR("app in (a, b),!c=d&e"));
    kedge__url_query(&line, false, KEDGE_STR("a b"), KEDGE_STR(""));
    kedge__url_query(&line, false, KEDGE_STR("~-._Az09"), (kedge_str){"\0\r\n\xff+/?%", 8});
    assert_string_equal(buf, "?labelSelector=app%20in%20%28a%2C%20b%29%2C%21c%3Dd%26e"
                             "&a%20b=&~-._Az09=%00%0D%0A%FF%2B%2F%3F%25");
}

static int hex(char c)
{
    return c <= '9' ? c - '0' : c - 'A' + 10;
}

static void every_byte_of_a_query_can_be_got_back(void **state)
{
    (void)state;
    unsigned char bytes[256];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)i;
    kedge__line_init(&line, buf, sizeof buf);
    kedge__url_query(&line, true, (kedge_str){NULL, 0}, (kedge_str){(char *)bytes, sizeof bytes});
    assert_false(line.cut);
    const char *p = buf + 2;
    for (int i = 0; i < 256; i++) {
        assert_true(*p > 0x20 && *p < 0x7f);
        int got = *p == '%' ? hex(p[1]) << 4 | hex(p[2]) : *p;
        assert_int_equal(got, i);
        p += *p == '%' ? 3 : 1;
    }
    assert_string_equal(p, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_taken_apart),
        cmocka_unit_test(the_parts_borrow_from_the_text),
        cmocka_unit_test(what_is_no_address_is_refused_and_named),
        cmocka_unit_test(a_nul_inside_is_refused),
        cmocka_unit_test(an_address_cut_anywhere_is_no_trap),
        cmocka_unit_test(a_host_has_at_most_253_bytes),
        cmocka_unit_test(segments_are_escaped),
        cmocka_unit_test(what_would_change_the_path_is_no_segment),
        cmocka_unit_test(queries_are_escaped),
        cmocka_unit_test(every_byte_of_a_query_can_be_got_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
