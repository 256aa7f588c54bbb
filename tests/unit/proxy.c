// SPDX-License-Identifier: Apache-2.0
// Proxies by CONNECT: their URLs, which servers go past them, and the way through one, with every
// split of what it says and every call that can fail.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kedge/proxy.h"
#include "proxy_peer.h"
#include "script.h"

// ---- URLs

// "http://user:password@host:port" of what was parsed, or the problem.
static const char *parsed(const char *url)
{
    static char said[512];
    char *text = malloc(strlen(url) + 1);
    const char *problem = "";
    struct kedge_proxy p;
    assert_non_null(text);
    kedge_err err = kedge_proxy_parse(url, text, &p, &problem);
    if (err == KEDGE_OK) {
        assert_null(problem);
        snprintf(said, sizeof said, "%s %s%.*s%s%.*s%s%s:%u", p.tls ? "https" : "http",
                 p.has_credentials ? "<" : "", (int)p.username.len, p.username.ptr,
                 p.has_credentials ? "|" : "", (int)p.password.len, p.password.ptr,
                 p.has_credentials ? "> " : "", p.host, p.port);
    } else {
        snprintf(said, sizeof said, "%s: %s", kedge_err_name(err), problem);
        for (size_t i = 0; i < strlen(url) + 1; i++)
            assert_int_equal(text[i], 0);
    }
    free(text);
    return said;
}

static void a_url_is_taken_apart(void **state)
{
    (void)state;
    static const char *const urls[][2] = {
        {"http://proxy.example.com:3128", "http proxy.example.com:3128"},
        {"http://proxy", "http proxy:80"},
        {"HTTPS://proxy", "https proxy:443"},
        {"https://proxy:8443/path?query#fragment", "https proxy:8443"},
        {"proxy", "http proxy:80"},
        {"proxy:3128", "http proxy:3128"},
        {"10.0.0.1:8080/", "http 10.0.0.1:8080"},
        {"http://[fd00::1]:3128", "http fd00::1:3128"},
        {"http://me:secret@proxy:1", "http <me|secret> proxy:1"},
        {"me:secret@proxy", "http <me|secret> proxy:80"},
        {"http://me@proxy", "http <me|> proxy:80"},
        {"http://@proxy", "http <|> proxy:80"},
        {"http://:@proxy", "http <|> proxy:80"},
        {"http://a%40b:p%3a%2F%2f%25@proxy", "http <a@b|p://%> proxy:80"},
        {"http://me:a:b@c@proxy", "http <me|a:b@c> proxy:80"},
    };
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
        assert_string_equal(parsed(urls[i][0]), urls[i][1]);
}

static void what_is_no_url_of_a_proxy_is_refused(void **state)
{
    (void)state;
    static const char *const urls[][2] = {
        {"socks5://proxy", "KEDGE_ERR_UNSUPPORTED: socks5 proxies are not supported: use an http "
                           "or https proxy"},
        {"socks5h://proxy", "KEDGE_ERR_UNSUPPORTED: socks5 proxies are not supported: use an http "
                            "or https proxy"},
        {"socks6://proxy", "KEDGE_ERR_CONFIG: the scheme is neither http nor https"},
        {"", "KEDGE_ERR_CONFIG: there is no host"},
        {"http://", "KEDGE_ERR_CONFIG: there is no host"},
        {"http:///x", "KEDGE_ERR_CONFIG: there is no host"},
        {"http://me:secret@", "KEDGE_ERR_CONFIG: there is no host"},
        {"http://me:secret@pro xy",
         "KEDGE_ERR_CONFIG: the host name has a character that no host name has"},
        {"http://me:sec/ret@proxy", "KEDGE_ERR_CONFIG: the port is not a number"},
        {"http://proxy:0", "KEDGE_ERR_CONFIG: the port is 0"},
        {"http://me:%4@proxy", "KEDGE_ERR_CONFIG: the user or password has a '%' that two "
                               "hexadecimal digits do not follow"},
        {"http://me%4x:a@proxy", "KEDGE_ERR_CONFIG: the user or password has a '%' that two "
                                 "hexadecimal digits do not follow"},
        {"http://m%g4:a@proxy", "KEDGE_ERR_CONFIG: the user or password has a '%' that two "
                                "hexadecimal digits do not follow"},
    };
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
        assert_string_equal(parsed(urls[i][0]), urls[i][1]);
    struct kedge_proxy p;
    char text[8];
    assert_int_equal(kedge_proxy_parse(NULL, text, &p, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_proxy_parse("a", NULL, &p, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_proxy_parse("a", text, NULL, NULL), KEDGE_ERR_ARGUMENT);
}

// ---- NO_PROXY

// The list, the server, the port. Mostly the cases of golang.org/x/net/http/httpproxy.
static const struct {
    const char *list, *host;
    uint16_t port;
} past[] = {
    {NULL, "localhost", 443},
    {"", "LOCALHOST", 443},
    {NULL, "127.0.0.1", 443},
    {NULL, "127.200.3.4", 80},
    {NULL, "::1", 443},
    {"*", "example.com", 443},
    {"a, *", "10.0.0.1", 443},
    {"example.com", "example.com", 443},
    {"EXAMPLE.com", "Example.COM", 443},
    {"example.com", "foo.example.com", 443},
    {".example.com", "foo.example.com", 443},
    {"*.example.com", "a.b.example.com", 443},
    {"x, \t example.com ,y", "example.com", 443},
    {",,example.com", "example.com", 443},
    {"example.com:6443", "example.com", 6443},
    {"example.com:", "example.com", 6443},
    {".example.com:6443", "foo.example.com", 6443},
    {"10.0.0.1", "10.0.0.1", 443},
    {"10.0.0.1:6443", "10.0.0.1", 6443},
    {"10.0.0.0/8", "10.255.0.1", 443},
    {"192.168.4.0/22", "192.168.7.255", 443},
    {"10.0.0.1/32", "10.0.0.1", 443},
    {"0.0.0.0/0", "1.2.3.4", 443},
    {"fd00::1", "fd00:0::1", 443},
    {"[fd00::1]:6443", "fd00::1", 6443},
    {"fd00::/8", "fdff::1", 443},
    {"::ffff:10.0.0.1", "10.0.0.1", 443},
};

static void what_no_proxy_names_goes_past_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof past / sizeof past[0]; i++) {
        if (!kedge_proxy_excludes(past[i].list, past[i].host, past[i].port))
            fail_msg("\"%s\" has %s:%u", past[i].list, past[i].host, past[i].port);
    }
}

static const struct {
    const char *list, *host;
    uint16_t port;
} through[] = {
    {NULL, "example.com", 443},
    {"", "example.com", 443},
    {NULL, "128.0.0.1", 443},
    {NULL, "::2", 443},
    {NULL, "localhost.example.com", 443},
    {" , ,", "example.com", 443},
    {".example.com", "example.com", 443},
    {"*.example.com", "example.com", 443},
    {"ample.com", "example.com", 443},
    {".foo.com", "example.com", 443},
    {"foo.example.com", "example.com", 443},
    {"example.com:6443", "example.com", 443},
    {"example.com:x", "example.com", 443},
    {"example.com:99999", "example.com", 443},
    {"*:443", "example.com", 443},
    {":443", "example.com", 443},
    {"[]:443", "example.com", 443},
    {"[", "example.com", 443},
    {"[fd00::1]", "fd00::1", 443},
    {"[fd00::1]:6443", "fd00::1", 443},
    {"[fd00::1]x:443", "fd00::1", 443},
    {"10.0.0.1", "10.0.0.2", 443},
    {"10.0.0.1:6443", "10.0.0.1", 443},
    {"10.0.0.0/8", "11.0.0.1", 443},
    {"10.0.0.0/8", "example.com", 443},
    {"10.0.0.0/33", "10.0.0.0", 443},
    {"10.0.0.0/", "10.0.0.0", 443},
    {"10.0.0.0/-1", "10.0.0.0", 443},
    {"x/8", "10.0.0.0", 443},
    {"192.168.4.0/22", "192.168.8.0", 443},
    {"fd00::/8", "10.0.0.1", 443},
    {"1.0.0.10", "x.1.0.0.10", 443},
    {"0.1", "10.0.0.1", 443},
};

static void all_else_goes_through_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof through / sizeof through[0]; i++) {
        if (kedge_proxy_excludes(through[i].list, through[i].host, through[i].port))
            fail_msg("\"%s\" has not %s:%u", through[i].list, through[i].host, through[i].port);
    }
}

// ---- the way through

struct way {
    struct fake_port p;
    struct proxy_peer proxy;
    struct script server;
    struct kedge_proxy at;
    char text[64];
    char *memory;
    size_t size;
    struct kedge_stream *tcp;
    struct kedge_stream *s;
    char got[4096];
    size_t len;
};

static const char *const world[] = {"world, and so on" SCRIPT_CLOSES};

// A closed stream through the proxy at `url` to a server that answers a head with "world".
static struct way *way_new(const char *url, const char *user_agent)
{
    struct way *w = calloc(1, sizeof *w);
    assert_non_null(w);
    fake_port_init(&w->p, 1);
    w->server = (struct script){.answers = world, .count = 1};
    w->proxy = (struct proxy_peer){.to = &script_peer, .to_ctx = &w->server};
    w->p.peer = &proxy_peer_ops;
    w->p.peer_ctx = &w->proxy;
    assert_true(strlen(url) < sizeof w->text);
    assert_int_equal(kedge_proxy_parse(url, w->text, &w->at, NULL), KEDGE_OK);
    w->tcp = calloc(1, w->p.port.stream_size);
    assert_non_null(w->tcp);
    w->p.port.stream_init(&w->p.port, w->tcp);
    w->size = kedge_proxy_stream_size(&w->at, user_agent);
    w->memory = malloc(w->size); // so that a byte beyond it is noticed
    assert_non_null(w->memory);
    w->s = kedge_proxy_stream_init(w->memory, &w->at, user_agent, w->tcp);
    assert_non_null(w->s);
    return w;
}

static void way_free(struct way *w)
{
    w->s->ops->close(w->s);
    w->s->ops->close(w->s);
    fake_port_check(&w->p);
    free(w->memory);
    free(w->tcp);
    free(w);
}

static bool is_want(int n)
{
    return n == KEDGE_WANT_READ || n == KEDGE_WANT_WRITE;
}

// Waits for what a call wants. False: in vain.
static bool wait_for(struct way *w, int want)
{
    uint8_t interest = want == KEDGE_WANT_READ ? KEDGE_INTEREST_READ : KEDGE_INTEREST_WRITE;
    struct kedge_wait wait = {w->tcp, interest, 0};
    return w->p.port.wait(&w->p.port, &wait, 1, w->p.now + KEDGE_SECOND) == KEDGE_OK &&
           wait.ready != 0;
}

static kedge_err open_way(struct way *w, const char *host)
{
    kedge_err err;
    while (is_want(err = w->s->ops->open(w->s, host, 6443)) && wait_for(w, err))
        continue;
    return err;
}

// Opens, says a head and listens to the end.
static kedge_err talk(struct way *w)
{
    static const char head[] = "GET / HTTP/1.0\r\n\r\n";
    kedge_err err = open_way(w, "api.example.com");
    int n = 0;
    for (size_t at = 0; err == KEDGE_OK && at<sizeof head - 1; at += n> 0 ? (size_t)n : 0) {
        n = w->s->ops->write(w->s, head + at, sizeof head - 1 - at);
        if (n < 0 && (!is_want(n) || !wait_for(w, n)))
            err = (kedge_err)n;
    }
    while (err == KEDGE_OK) {
        n = w->s->ops->read(w->s, w->got + w->len, sizeof w->got - w->len);
        if (n < 0 && (!is_want(n) || !wait_for(w, n)))
            err = (kedge_err)n;
        w->len += n > 0 ? (size_t)n : 0;
    }
    return err;
}

static void the_proxy_is_asked_to_connect(void **state)
{
    (void)state;
    struct way *w = way_new("http://proxy.example.com:3128", "doorbell/1.0");
    assert_string_equal(kedge_proxy_problem(w->s), "");
    assert_int_equal(talk(w), KEDGE_ERR_CLOSED);
    assert_string_equal(w->proxy.host, "proxy.example.com");
    assert_int_equal(w->proxy.port, 3128);
    assert_string_equal(w->proxy.request, "CONNECT api.example.com:6443 HTTP/1.1\r\n"
                                          "Host: api.example.com:6443\r\n"
                                          "User-Agent: doorbell/1.0\r\n"
                                          "\r\n");
    assert_string_equal(w->server.seen, "GET / HTTP/1.0\r\n\r\n");
    assert_string_equal(w->got, "world, and so on");
    assert_string_equal(kedge_proxy_problem(w->s), "");
    way_free(w);
}

static void it_is_told_who_asks(void **state)
{
    (void)state;
    struct way *w = way_new("http://me:geheim%21@proxy", NULL);
    w->proxy.authorization = "Basic bWU6Z2VoZWltIQ==";
    assert_int_equal(talk(w), KEDGE_ERR_CLOSED);
    assert_string_equal(w->proxy.request, "CONNECT api.example.com:6443 HTTP/1.1\r\n"
                                          "Host: api.example.com:6443\r\n"
                                          "Proxy-Authorization: Basic bWU6Z2VoZWltIQ==\r\n"
                                          "\r\n");
    for (size_t i = 0; i + 8 <= w->size; i++)
        assert_memory_not_equal(w->memory + i, "Z2VoZWlt", 8);
    way_free(w);
}

static void a_server_may_have_an_ipv6_address(void **state)
{
    (void)state;
    struct way *w = way_new("http://proxy", NULL);
    w->proxy.to = NULL;
    assert_int_equal(open_way(w, "fd00::1"), KEDGE_OK);
    assert_string_equal(w->proxy.request, "CONNECT [fd00::1]:6443 HTTP/1.1\r\n"
                                          "Host: [fd00::1]:6443\r\n\r\n");
    way_free(w);
}

static void the_longest_request_has_room(void **state)
{
    (void)state;
    char host[256] = {0}, agent[1024] = {0};
    memset(host, 'h', 253);
    host[1] = ':'; // so that it gets brackets
    memset(agent, 'a', sizeof agent - 1);
    struct way *w = way_new("http://me:geheim@proxy", agent);
    w->proxy.to = NULL;
    assert_int_equal(open_way(w, host), KEDGE_OK);
    assert_non_null(strstr(w->proxy.request, "Basic bWU6Z2VoZWlt\r\n\r\n"));
    w->s->ops->close(w->s);
    host[253] = 'h';
    assert_int_equal(open_way(w, host), KEDGE_ERR_ARGUMENT);
    way_free(w);
}

// What the server says at once comes in one read with the proxy's answer, or in any other pieces.
static void no_byte_of_the_tunnel_is_lost(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "HTTP/1.1 200 Connection established\r\n\r\nhello, ",
        "HTTP/1.0 200\n\nhello, ",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nProxy-Agent: x\r\n\r\nhello, ",
        "HTTP/1.1 200 OK\r\nWarning: 299 - \"old\"\r\n\r\nhello, ",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello, ",
        "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\nhello, ",
        "HTTP/1.1 299 x\r\n\r\nhello, ",
    };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        for (unsigned read_max = 0; read_max < strlen(answers[i]) + 8; read_max++) {
            struct way *w = way_new("http://me:geheim@proxy", "x");
            w->proxy.answer = answers[i];
            w->p.cruelty.read_max = read_max;
            w->p.cruelty.write_max = read_max;
            w->p.cruelty.block_every = read_max % 3 * 2;
            w->p.cruelty.connect_steps = read_max % 4;
            assert_int_equal(talk(w), KEDGE_ERR_CLOSED);
            assert_string_equal(w->got, "hello, world, and so on");
            way_free(w);
        }
    }
}

static void an_answer_of_two_heads_counts_by_the_second(void **state)
{
    (void)state;
    struct way *w = way_new("http://proxy", NULL);
    w->proxy.answer = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 Forbidden\r\n\r\n";
    assert_int_equal(open_way(w, "a"), KEDGE_ERR_CONNECT);
    way_free(w);
}

static void a_refusal_is_told_with_its_status(void **state)
{
    (void)state;
    static const char *const answers[][2] = {
        {"HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno\n",
         "the proxy proxy:3128 answered CONNECT with 403: it does not allow this server"},
        {"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
         "\r\n",
         "the proxy proxy:3128 answered CONNECT with 407: it wants a user and password that it "
         "knows, in the proxy's URL"},
        {"HTTP/1.1 401 x\r\n\r\n",
         "the proxy proxy:3128 answered CONNECT with 401: it wants a user and password that it "
         "knows, in the proxy's URL"},
        {"HTTP/1.1 405 x\r\n\r\n",
         "the proxy proxy:3128 answered CONNECT with 405: it does not know CONNECT"},
        {"HTTP/1.1 501 x\r\n\r\n",
         "the proxy proxy:3128 answered CONNECT with 501: it does not know CONNECT"},
        {"HTTP/1.1 502 Bad Gateway\r\n\r\n",
         "the proxy proxy:3128 answered CONNECT with 502: it cannot reach the server"},
        {"HTTP/1.1 302 Found\r\nLocation: http://login/\r\n\r\n",
         "the proxy proxy:3128 answered CONNECT with 302"},
        {"HTTP/1.1 101 Switching Protocols\r\n\r\n",
         "the proxy proxy:3128 answered CONNECT with 101"},
    };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        for (size_t read_max = 0; read_max < 4; read_max++) {
            struct way *w = way_new("http://me:geheim@proxy:3128", NULL);
            char byte = 'x';
            w->proxy.answer = answers[i][0];
            w->p.cruelty.read_max = read_max;
            assert_int_equal(open_way(w, "api.example.com"), KEDGE_ERR_CONNECT);
            assert_string_equal(kedge_proxy_problem(w->s), answers[i][1]);
            assert_int_equal(w->s->ops->open(w->s, "x", 1), KEDGE_ERR_CONNECT);
            assert_int_equal(w->s->ops->read(w->s, &byte, 1), KEDGE_ERR_CONNECT);
            assert_int_equal(w->s->ops->write(w->s, &byte, 1), KEDGE_ERR_CONNECT);
            w->s->ops->close(w->s);
            assert_string_equal(kedge_proxy_problem(w->s), answers[i][1]);
            // And once more, with success.
            w->proxy.answer = NULL;
            assert_int_equal(talk(w), KEDGE_ERR_CLOSED);
            assert_string_equal(kedge_proxy_problem(w->s), "");
            way_free(w);
        }
    }
}

static void what_is_no_proxy_is_named(void **state)
{
    (void)state;
    static char long_head[40000];
    memset(long_head, 'x', sizeof long_head - 1);
    memcpy(long_head, "HTTP/1.1 200 OK\r\nx: ", 20);
    const char *const answers[][2] = {
        {"\x15\x03\x01", "the proxy proxy:80 answered CONNECT with what is no answer: the peer "
                         "speaks TLS: the server's URL must begin with https"},
        {"SSH-2.0-x\r\n\r\n", "no status line of HTTP"},
        {"HTTP/2 200\r\n\r\n", "the version of HTTP is not 1.x"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "no answer"},
        {long_head, "the proxy proxy:80 answered"},
    };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct way *w = way_new("http://me:geheim@proxy", NULL);
        w->proxy.to = NULL;
        w->proxy.answer = answers[i][0];
        assert_int_equal(open_way(w, "a"),
                         answers[i][0] == long_head ? KEDGE_ERR_TOO_LONG : KEDGE_ERR_HTTP);
        assert_non_null(strstr(kedge_proxy_problem(w->s), answers[i][1]));
        way_free(w);
    }
}

static void a_proxy_that_closes_has_refused(void **state)
{
    (void)state;
    static const char head[] = "HTTP/1.1 200 OK\r\nx: y\r\n\r\n";
    for (size_t len = 0; len < sizeof head - 1; len++) {
        struct way *w = way_new("http://me:geheim@proxy", NULL);
        char answer[sizeof head] = "";
        memcpy(answer, head, len);
        w->proxy = (struct proxy_peer){.answer = answer, .closes = true};
        assert_int_equal(open_way(w, "a"), KEDGE_ERR_CONNECT);
        assert_string_equal(kedge_proxy_problem(w->s),
                            "the proxy proxy:80 closed the connection without an answer");
        way_free(w);
    }
}

static void a_proxy_that_is_not_there_is_named(void **state)
{
    (void)state;
    struct way *w = way_new("http://me:geheim@proxy", NULL);
    w->p.cruelty.no_such_host = true;
    assert_int_equal(open_way(w, "a"), KEDGE_ERR_RESOLVE);
    char want[256];
    snprintf(want, sizeof want, "the proxy proxy:80: %s", kedge_err_text(KEDGE_ERR_RESOLVE));
    assert_string_equal(kedge_proxy_problem(w->s), want);
    w->s->ops->close(w->s);
    w->p.cruelty.no_such_host = false;
    w->p.cruelty.refuse = true;
    assert_int_equal(open_way(w, "a"), KEDGE_ERR_CONNECT);
    way_free(w);
}

// Each call of the stream below, in turn, fails once. The proxy is named where it was the proxy's.
static void every_call_below_may_fail(void **state)
{
    (void)state;
    unsigned failures = 0;
    for (unsigned at = 1;; at++) {
        struct way *w = way_new("http://me:geheim@proxy", NULL);
        w->p.cruelty.read_max = w->p.cruelty.write_max = 40;
        w->p.cruelty.fail_at = at;
        w->p.cruelty.fail_only = FAKE_CALL_STREAM;
        kedge_err err = talk(w);
        bool over = w->p.calls < at;
        if (!over)
            assert_true(err == KEDGE_ERR_IO || err == KEDGE_ERR_CONNECT);
        failures += !over;
        w->s->ops->close(w->s);
        for (size_t i = 0; i + 8 <= w->size; i++)
            assert_memory_not_equal(w->memory + i, "Z2VoZWlt", 8);
        way_free(w);
        if (over)
            break;
    }
    assert_true(failures > 5);
}

// ---- a stream below that is none

static int odd_answer;
static bool odd_writes;

static kedge_err odd_open(struct kedge_stream *s, const char *host, uint16_t port)
{
    (void)s;
    (void)host;
    (void)port;
    return KEDGE_OK;
}

static int odd_read(struct kedge_stream *s, void *buf, size_t cap)
{
    (void)s;
    (void)buf;
    return odd_answer > 0 ? (int)cap + odd_answer : odd_answer;
}

static int odd_write(struct kedge_stream *s, const void *buf, size_t len)
{
    return odd_writes ? (int)len : odd_read(s, NULL, len) + (buf == NULL);
}

static void odd_close(struct kedge_stream *s)
{
    (void)s;
}

static void an_answer_outside_the_contract_is_an_io_error(void **state)
{
    (void)state;
    static const struct kedge_stream_ops ops = {odd_open, odd_read, odd_write, odd_close};
    for (int i = 0; i < 4; i++) {
        struct way *w = way_new("http://proxy", NULL);
        struct kedge_stream odd = {&ops, NULL};
        w->s->below = &odd;
        odd_answer = i % 2;
        odd_writes = i > 1;
        assert_int_equal(w->s->ops->open(w->s, "a", 1), KEDGE_ERR_IO);
        way_free(w);
    }
}

// ---- calls

static void what_would_break_the_request_is_refused(void **state)
{
    (void)state;
    static const char *const hosts[] = {"",    "a b", "a/b", "a?", "a#", "a@b",  "[::1]",
                                        "a\\", "a%",  "\n",  "\r", "\t", "\x7f", "\xc3\xa4"};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        struct way *w = way_new("http://proxy", NULL);
        assert_int_equal(open_way(w, hosts[i]), KEDGE_ERR_ARGUMENT);
        assert_string_equal(kedge_proxy_problem(w->s),
                            "the proxy proxy:80 is to CONNECT to what is no host");
        assert_int_equal(w->p.opens, 0);
        way_free(w);
    }
    struct way *w = way_new("http://proxy", "a\r\nb: c");
    assert_int_equal(open_way(w, NULL), KEDGE_ERR_ARGUMENT);
    w->s->ops->close(w->s);
    assert_int_equal(open_way(w, "a"), KEDGE_ERR_ARGUMENT);
    assert_string_equal(kedge_proxy_problem(w->s),
                        "the proxy proxy:80: the user agent has control characters");
    way_free(w);
}

static void calls_come_in_order(void **state)
{
    (void)state;
    struct way *w = way_new("http://proxy", NULL);
    char byte = 'x';
    assert_int_equal(w->s->ops->read(w->s, &byte, 1), KEDGE_ERR_STATE);
    assert_int_equal(w->s->ops->write(w->s, &byte, 1), KEDGE_ERR_STATE);
    assert_int_equal(open_way(w, "a"), KEDGE_OK);
    assert_int_equal(w->s->ops->open(w->s, "a", 1), KEDGE_OK);
    assert_int_equal(w->s->ops->read(w->s, NULL, 1), KEDGE_ERR_ARGUMENT);
    assert_int_equal(w->s->ops->read(w->s, &byte, 0), KEDGE_ERR_ARGUMENT);
    assert_int_equal(w->s->ops->write(w->s, NULL, 1), KEDGE_ERR_ARGUMENT);
    assert_null(kedge_proxy_stream_init(NULL, &w->at, NULL, w->tcp));
    assert_null(kedge_proxy_stream_init(w->memory, NULL, NULL, w->tcp));
    assert_null(kedge_proxy_stream_init(w->memory, &w->at, NULL, NULL));
    assert_int_equal(kedge_proxy_stream_size(NULL, NULL), 0);
    assert_string_equal(kedge_proxy_problem(NULL), "");
    way_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_is_taken_apart),
        cmocka_unit_test(what_is_no_url_of_a_proxy_is_refused),
        cmocka_unit_test(what_no_proxy_names_goes_past_it),
        cmocka_unit_test(all_else_goes_through_it),
        cmocka_unit_test(the_proxy_is_asked_to_connect),
        cmocka_unit_test(it_is_told_who_asks),
        cmocka_unit_test(a_server_may_have_an_ipv6_address),
        cmocka_unit_test(the_longest_request_has_room),
        cmocka_unit_test(no_byte_of_the_tunnel_is_lost),
        cmocka_unit_test(an_answer_of_two_heads_counts_by_the_second),
        cmocka_unit_test(a_refusal_is_told_with_its_status),
        cmocka_unit_test(what_is_no_proxy_is_named),
        cmocka_unit_test(a_proxy_that_closes_has_refused),
        cmocka_unit_test(a_proxy_that_is_not_there_is_named),
        cmocka_unit_test(every_call_below_may_fail),
        cmocka_unit_test(an_answer_outside_the_contract_is_an_io_error),
        cmocka_unit_test(what_would_break_the_request_is_refused),
        cmocka_unit_test(calls_come_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
