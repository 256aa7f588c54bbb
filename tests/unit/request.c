// SPDX-License-Identifier: Apache-2.0
// The writer of request heads: what it writes, and what it refuses to write.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kedge/http.h"
#include "net/request.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static struct kedge_url server = {
    .tls = true, .host = {"example.com", 11}, .port = 443, .path = {NULL, 0}};

// The least that is a request.
static struct kedge_http_request get(const char *path)
{
    return (struct kedge_http_request){
        .method = "GET", .url = &server, .path = kedge_str_of(path), .user_agent = "kedge/1"};
}

// Writes it into a heap block of `cap` bytes, so that ASan sees any step outside, and gives it as
// a text that is good until the next call.
static kedge_err write_in(const struct kedge_http_request *q, size_t cap, const char **text)
{
    static char *block;
    free(block);
    block = malloc(cap > 0 ? cap : 1);
    assert_non_null(block);
    memset(block, '#', cap > 0 ? cap : 1);
    size_t len = 99999;
    kedge_err err = kedge_http_request_write(q, block, cap, &len);
    if (err != KEDGE_OK)
        assert_int_equal(len, 0);
    else
        assert_int_equal(len, strlen(block));
    *text = block;
    return err;
}

static void assert_written(const struct kedge_http_request *q, const char *wanted)
{
    const char *text;
    assert_int_equal(write_in(q, 4096, &text), KEDGE_OK);
    assert_string_equal(text, wanted);
}

static void assert_refused(const struct kedge_http_request *q)
{
    const char *text;
    assert_int_equal(write_in(q, 4096, &text), KEDGE_ERR_ARGUMENT);
    // Nothing of it was written.
    assert_int_equal(text[0], '\0');
    for (size_t i = 1; i < 4096; i++)
        assert_int_equal(text[i], '#');
}

#define TAIL "User-Agent: kedge/1\r\nAccept: application/json\r\nAccept-Encoding: identity\r\n"

static void a_get_is_short(void **state)
{
    (void)state;
    struct kedge_http_request q = get("/api/v1/pods?limit=500");
    assert_written(&q, "GET /api/v1/pods?limit=500 HTTP/1.1\r\nHost: example.com\r\n" TAIL "\r\n");
}

static void everything_at_once(void **state)
{
    (void)state;
    struct kedge_url url = {true, {"10.0.0.1", 8}, false, 6443, {"/k8s/c1", 7}};
    struct kedge_http_pair query[] = {{KEDGE_STR("fieldManager"), KEDGE_STR("a b")},
                                      {KEDGE_STR("force"), KEDGE_STR("true")}};
    struct kedge_http_pair headers[] = {{KEDGE_STR("Impersonate-User"), KEDGE_STR("jo")},
                                        {KEDGE_STR("X-Empty"), {NULL, 0}}};
    struct kedge_http_request q = {
        .method = "PATCH",
        .url = &url,
        .path = KEDGE_STR("/api/v1/pods/a"),
        .query = query,
        .query_count = COUNT(query),
        .accept = "application/json;as=Table",
        .user_agent = "x (y) z/1",
        .bearer_token = KEDGE_STR("eyJ.a-b_c~+/=="),
        .has_body = true,
        .content_length = UINT64_MAX,
        .content_type = "application/merge-patch+json",
        .headers = headers,
        .header_count = COUNT(headers),
    };
    assert_written(&q, "PATCH /k8s/c1/api/v1/pods/a?fieldManager=a%20b&force=true HTTP/1.1\r\n"
                       "Host: 10.0.0.1:6443\r\n"
                       "User-Agent: x (y) z/1\r\n"
                       "Accept: application/json;as=Table\r\n"
                       "Accept-Encoding: identity\r\n"
                       "Authorization: Bearer eyJ.a-b_c~+/==\r\n"
                       "Content-Type: application/merge-patch+json\r\n"
                       "Content-Length: 18446744073709551615\r\n"
                       "Impersonate-User: jo\r\n"
                       "X-Empty: \r\n"
                       "\r\n");
}

static void the_host_is_as_in_the_url(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host;
    } table[] = {
        {"https://a", "a"},
        {"https://a:443", "a"},
        {"https://a:80", "a:80"},
        {"https://a:6443", "a:6443"},
        {"http://a", "a"},
        {"http://a:80", "a"},
        {"http://a:443", "a:443"},
        {"https://[::1]", "[::1]"},
        {"https://[::1]:443", "[::1]"},
        {"https://[2001:db8::1]:6443", "[2001:db8::1]:6443"},
        {"http://10.0.0.1:8080", "10.0.0.1:8080"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        struct kedge_url url;
        char wanted[256];
        assert_int_equal(kedge_url_parse(kedge_str_of(table[i].url), false, &url, NULL), KEDGE_OK);
        struct kedge_http_request q = get("/");
        q.url = &url;
        snprintf(wanted, sizeof wanted, "GET / HTTP/1.1\r\nHost: %s\r\n" TAIL "\r\n",
                 table[i].host);
        assert_written(&q, wanted);
    }
}

static void the_path_is_put_behind_the_prefix(void **state)
{
    (void)state;
    static const struct {
        const char *url, *path, *target;
    } table[] = {
        {"https://h", "", "/"},
        {"https://h/", "", "/"},
        {"https://h", "/", "/"},
        {"https://h", "/api/", "/api/"},
        {"https://h/", "/api/v1", "/api/v1"},
        {"https://h/p", "", "/p"},
        {"https://h/p/", "", "/p"},
        {"https://h/p", "/", "/p/"},
        {"https://h/p/", "/", "/p/"},
        {"https://h/p/", "/api/", "/p/api/"},
        {"https://h/p1/p2/", "/api/v1/pods", "/p1/p2/api/v1/pods"},
        {"https://h//p//q", "//a///b//", "/p/q/a/b/"},
        {"https://h/p", "/a?b=c//d/?e", "/p/a?b=c//d/?e"},
        {"https://h/p?x=y#z", "/a", "/p/a"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        struct kedge_url url;
        char wanted[256];
        assert_int_equal(kedge_url_parse(kedge_str_of(table[i].url), false, &url, NULL), KEDGE_OK);
        struct kedge_http_request q = get(table[i].path);
        q.url = &url;
        snprintf(wanted, sizeof wanted, "GET %s HTTP/1.1\r\nHost: h\r\n" TAIL "\r\n",
                 table[i].target);
        assert_written(&q, wanted);
    }
}

static void the_query_goes_on_where_the_path_has_one(void **state)
{
    (void)state;
    struct kedge_http_pair query[] = {{KEDGE_STR("watch"), KEDGE_STR("1")},
                                      {KEDGE_STR("l"), KEDGE_STR("a=b&c\r\nX: y")}};
    struct kedge_http_request q = get("/api");
    q.query = query;
    q.query_count = 1;
    assert_written(&q, "GET /api?watch=1 HTTP/1.1\r\nHost: example.com\r\n" TAIL "\r\n");
    q.path = KEDGE_STR("/api?limit=1");
    q.query_count = 2;
    assert_written(&q, "GET /api?limit=1&watch=1&l=a%3Db%26c%0D%0AX%3A%20y HTTP/1.1\r\n"
                       "Host: example.com\r\n" TAIL "\r\n");
}

static void basic_credentials_are_in_base64(void **state)
{
    (void)state;
    static const struct {
        const char *user, *password, *encoded;
    } table[] = {
        {"Aladdin", "open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
        {"a", NULL, "YTo="},
        {"a", "", "YTo="},
        {"a", "b", "YTpi"},
        {"a", "bc", "YTpiYw=="},
        {"ab", "c:d", "YWI6Yzpk"},
        {"\xc3\xa9", "\xff", "w6k6/w=="},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        char wanted[256];
        struct kedge_http_request q = get("/");
        q.username = table[i].user;
        q.password = table[i].password;
        snprintf(wanted, sizeof wanted,
                 "GET / HTTP/1.1\r\nHost: example.com\r\n" TAIL "Authorization: Basic %s\r\n\r\n",
                 table[i].encoded);
        assert_written(&q, wanted);
    }
}

static void empty_credentials_are_none(void **state)
{
    (void)state;
    struct kedge_http_request q = get("/");
    q.username = "";
    q.password = "unused";
    q.bearer_token = KEDGE_STR("");
    assert_written(&q, "GET / HTTP/1.1\r\nHost: example.com\r\n" TAIL "\r\n");
    // An Authorization of the user's own then passes.
    struct kedge_http_pair own = {KEDGE_STR("Authorization"), KEDGE_STR("Negotiate abc")};
    q.headers = &own;
    q.header_count = 1;
    assert_written(&q, "GET / HTTP/1.1\r\nHost: example.com\r\n" TAIL
                       "Authorization: Negotiate abc\r\n\r\n");
}

static void a_body_has_its_headers_and_nothing_else_has(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        bool has_body;
        uint64_t length;
        const char *headers;
    } table[] = {
        {"GET", false, 7, ""},
        {"DELETE", false, 7, ""},
        {"HEAD", false, 7, ""},
        {"DELETE", true, 7, "Content-Type: application/json\r\nContent-Length: 7\r\n"},
        {"POST", true, 12345678901,
         "Content-Type: application/json\r\nContent-Length: 12345678901\r\n"},
        {"PUT", true, 0, "Content-Type: application/json\r\nContent-Length: 0\r\n"},
        // Where a body is expected, that there is none is said.
        {"POST", false, 7, "Content-Length: 0\r\n"},
        {"PUT", false, 7, "Content-Length: 0\r\n"},
        {"PATCH", false, 7, "Content-Length: 0\r\n"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        char wanted[512];
        struct kedge_http_request q = get("/");
        q.method = table[i].method;
        q.has_body = table[i].has_body;
        q.content_length = table[i].length;
        snprintf(wanted, sizeof wanted, "%s / HTTP/1.1\r\nHost: example.com\r\n" TAIL "%s\r\n",
                 table[i].method, table[i].headers);
        assert_written(&q, wanted);
    }
}

static void a_content_type_without_a_body_is_not_sent(void **state)
{
    (void)state;
    struct kedge_http_request q = get("/");
    q.content_type = "text/plain";
    q.user_agent = NULL;
    q.accept = "*/*";
    assert_written(&q, "GET / HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\n"
                       "Accept-Encoding: identity\r\n\r\n");
}

// ---- injection

// A request all of whose texts can be replaced, one at a time.
enum part {
    METHOD,
    HOST,
    PREFIX,
    PATH,
    ACCEPT,
    AGENT,
    TOKEN,
    USER,
    PASSWORD,
    TYPE,
    HEADER_NAME,
    HEADER_VALUE,
    PARTS
};

static struct kedge_http_pair header;
static struct kedge_url url;

static struct kedge_http_request with(enum part part, kedge_str s)
{
    static char text[64];
    snprintf(text, sizeof text, "%.*s", (int)s.len, s.ptr);
    struct kedge_http_request q = get("/api");
    url = server;
    q.url = &url;
    q.has_body = true;
    header = (struct kedge_http_pair){KEDGE_STR("X-A"), KEDGE_STR("b")};
    q.headers = &header;
    q.header_count = 1;
    q.username = part == USER ? text : part == PASSWORD ? "u" : NULL;
    q.password = part == PASSWORD ? text : NULL;
    q.method = part == METHOD ? text : "PUT";
    q.accept = part == ACCEPT ? text : NULL;
    q.user_agent = part == AGENT ? text : NULL;
    q.content_type = part == TYPE ? text : NULL;
    if (part == HOST)
        url.host = s;
    else if (part == PREFIX)
        url.path = s;
    else if (part == PATH)
        q.path = s;
    else if (part == TOKEN)
        q.bearer_token = s;
    else if (part == HEADER_NAME)
        header.name = s;
    else if (part == HEADER_VALUE)
        header.value = s;
    return q;
}

static bool is_text(enum part part)
{
    return part != HOST && part != PREFIX && part != PATH && part != TOKEN && part < HEADER_NAME;
}

static bool is_word(enum part part)
{
    return part <= PATH || part == TOKEN || part == HEADER_NAME;
}

static void no_part_may_hold_a_control_character(void **state)
{
    (void)state;
    for (enum part part = METHOD; part < PARTS; part++) {
        struct kedge_http_request good = with(part, KEDGE_STR("/GET"));
        if (part != METHOD && part != HOST && part != HEADER_NAME) {
            const char *text;
            assert_int_equal(write_in(&good, 4096, &text), KEDGE_OK);
            assert_non_null(strstr(text, part == USER || part == PASSWORD ? "Basic" : "/GET"));
        }
        for (int c = 0; c < 0x21; c++) {
            if (c == ' ' && !is_word(part))
                continue;
            if (c == 0 && is_text(part))
                continue; // ends the text
            for (size_t at = 0; at < 4; at++) {
                char bytes[4] = {'/', 'G', 'E', 'T'};
                bytes[at] = (char)c;
                struct kedge_http_request q = with(part, (kedge_str){bytes, 4});
                assert_refused(&q);
            }
        }
        struct kedge_http_request q = with(part, KEDGE_STR("/a\x7f"));
        assert_refused(&q);
    }
}

static void known_attacks_are_refused(void **state)
{
    (void)state;
    static const struct {
        enum part part;
        const char *text;
    } table[] = {
        {METHOD, ""},
        {METHOD, "GET /secret HTTP/1.1\r\nX:"},
        {METHOD, "G:T"},
        {METHOD, "G\xc3\xa9T"},
        {HOST, ""},
        {HOST, "a\r\nX: y"},
        {HOST, "a@b"},
        {HOST, "a/b"},
        {HOST, "a?b"},
        {HOST, "[::1]"},
        {PATH, "api/v1"},
        {PATH, "a"},
        {PATH, "?"},
        {PATH, "?a=b"},
        {PATH, "http://other/"},
        {PATH, "/a b"},
        {PATH, "/a HTTP/1.1\r\nX: y"},
        {PATH, "/a#b"},
        {PATH, "/\xc3\xa9"},
        {PREFIX, "/a b"},
        {PREFIX, "/a#b"},
        {ACCEPT, "a\r\n\r\nGET / HTTP/1.1"},
        {AGENT, "a\nb"},
        {TYPE, "a\rb"},
        {TOKEN, "abc\r\nX: y"},
        {TOKEN, "abc\n"},
        {TOKEN, " abc"},
        {TOKEN, "a b"},
        {TOKEN, "\xc3\xa9"},
        {USER, "a:b"},
        {USER, "a\nb"},
        {PASSWORD, "a\nb"},
        {HEADER_NAME, ""},
        {HEADER_NAME, "X-A: b\r\nX-C"},
        {HEADER_NAME, "X A"},
        {HEADER_NAME, "X-A:"},
        {HEADER_NAME, "Host"},
        {HEADER_NAME, "HOST"},
        {HEADER_NAME, "hOsT"},
        {HEADER_NAME, "content-length"},
        {HEADER_NAME, "Transfer-Encoding"},
        {HEADER_NAME, "Accept-Encoding"},
        {HEADER_VALUE, "b\r\nX-C: d"},
        {HEADER_VALUE, "b\r\n d"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        struct kedge_http_request q = with(table[i].part, kedge_str_of(table[i].text));
        assert_refused(&q);
    }
}

static void names_that_are_nearly_taken_pass(void **state)
{
    (void)state;
    static const char *const names[] = {
        "Hosu", "Iost", "Hos", "Hosts", "Content-Lengti", "Accept-Encodinh", "TransferEncoding",
        "X"};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct kedge_http_request q = with(HEADER_NAME, kedge_str_of(names[i]));
        const char *text;
        char line[64];
        assert_int_equal(write_in(&q, 4096, &text), KEDGE_OK);
        snprintf(line, sizeof line, "\r\n%s: b\r\n", names[i]);
        assert_non_null(strstr(text, line));
    }
    struct kedge_http_request q = with(METHOD, KEDGE_STR("M"));
    const char *text;
    assert_int_equal(write_in(&q, 4096, &text), KEDGE_OK);
    assert_memory_equal(text, "M /api HTTP/1.1\r\n", 17);
}

static void what_contradicts_itself_is_refused(void **state)
{
    (void)state;
    struct kedge_http_request q = get("/");
    q.username = "a";
    q.bearer_token = KEDGE_STR("b");
    assert_refused(&q);

    q = with(HEADER_NAME, KEDGE_STR("authorization"));
    const char *text;
    assert_int_equal(write_in(&q, 4096, &text), KEDGE_OK);
    q.bearer_token = KEDGE_STR("b");
    assert_refused(&q);
    q.bearer_token = KEDGE_STR("");
    q.username = "a";
    assert_refused(&q);

    q = get("/");
    q.url = NULL;
    assert_refused(&q);
    q = get("/");
    q.method = NULL;
    assert_refused(&q);
}

static void the_last_of_many_headers_is_looked_at_too(void **state)
{
    (void)state;
    struct kedge_http_pair headers[5];
    for (size_t i = 0; i < COUNT(headers); i++)
        headers[i] = (struct kedge_http_pair){KEDGE_STR("X"), KEDGE_STR("y")};
    struct kedge_http_request q = get("/");
    q.headers = headers;
    q.header_count = COUNT(headers);
    const char *text;
    assert_int_equal(write_in(&q, 4096, &text), KEDGE_OK);
    headers[4].value = KEDGE_STR("y\n");
    assert_refused(&q);
}

static void a_buffer_too_small_holds_nothing_afterwards(void **state)
{
    (void)state;
    for (int basic = 0; basic < 2; basic++) {
        struct kedge_http_request q = with(TYPE, KEDGE_STR("t/t"));
        q.bearer_token = basic ? (kedge_str){NULL, 0} : KEDGE_STR("secret-token");
        q.username = basic ? "user" : NULL;
        q.password = basic ? "secret-password" : NULL;
        size_t cap = 0;
        const char *text;
        for (; write_in(&q, cap, &text) != KEDGE_OK; cap++) {
            assert_int_equal(write_in(&q, cap, &text), KEDGE_ERR_TOO_LONG);
            for (size_t i = 0; i < cap; i++)
                assert_true(text[i] == '\0' || text[i] == '#');
            if (cap > 0)
                assert_int_equal(text[0], '\0');
            assert_true(cap < 1000);
        }
        // The head and the NUL behind it.
        assert_int_equal(cap, strlen(text) + 1);
    }
}

static void a_line_can_be_used_again_after_a_failure(void **state)
{
    (void)state;
    char buf[256];
    struct kedge__line line;
    kedge__line_init(&line, buf, sizeof buf);
    struct kedge_http_request q = get("/");
    char agent[300];
    memset(agent, 'a', sizeof agent - 1);
    agent[sizeof agent - 1] = '\0';
    q.user_agent = agent;
    assert_int_equal(kedge__http_request_write(&line, &q), KEDGE_ERR_TOO_LONG);
    assert_int_equal(line.len, 0);
    q.user_agent = "kedge/1";
    assert_int_equal(kedge__http_request_write(&line, &q), KEDGE_OK);
    assert_string_equal(buf, "GET / HTTP/1.1\r\nHost: example.com\r\n" TAIL "\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_get_is_short),
        cmocka_unit_test(everything_at_once),
        cmocka_unit_test(the_host_is_as_in_the_url),
        cmocka_unit_test(the_path_is_put_behind_the_prefix),
        cmocka_unit_test(the_query_goes_on_where_the_path_has_one),
        cmocka_unit_test(basic_credentials_are_in_base64),
        cmocka_unit_test(empty_credentials_are_none),
        cmocka_unit_test(a_body_has_its_headers_and_nothing_else_has),
        cmocka_unit_test(a_content_type_without_a_body_is_not_sent),
        cmocka_unit_test(no_part_may_hold_a_control_character),
        cmocka_unit_test(known_attacks_are_refused),
        cmocka_unit_test(names_that_are_nearly_taken_pass),
        cmocka_unit_test(what_contradicts_itself_is_refused),
        cmocka_unit_test(the_last_of_many_headers_is_looked_at_too),
        cmocka_unit_test(a_buffer_too_small_holds_nothing_afterwards),
        cmocka_unit_test(a_line_can_be_used_again_after_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
