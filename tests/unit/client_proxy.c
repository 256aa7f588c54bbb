// SPDX-License-Identifier: Apache-2.0
// A client behind a proxy: which one it takes, from where, and how streams are put together: plain
// and TLS, to the proxy and through it.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/exchange.h"
#include "proxy_peer.h"
#include "script.h"
#include "tls_talk.h"
#include "traces.h"

#define MEMORY (128 * 1024)

static const char hello[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
static const char *const plain_hello[] = {hello, hello};

struct fixture {
    struct fake_port port;
    struct tls_peer server; // https
    struct script plain;    // http
    struct proxy_peer proxy;
    struct tls_peer proxy_tls; // in front of the proxy, where it is https
    struct fake_variable variables[8];
    struct kedge_config config;
    unsigned char memory[MEMORY];
    struct kedge *k;
    struct kedge_client *client;
    struct kedge__connection c;
};

// An http proxy to an https server.
static struct fixture *set_up(void)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    fake_port_init(&f->port, 1);
    f->server.http = true;
    f->server.own = &certificates[GOOD_EC];
    f->server.reply = hello;
    f->server.reply_len = strlen(hello);
    f->plain = (struct script){.answers = plain_hello, .count = 2};
    f->proxy = (struct proxy_peer){.to = &tls_peer_ops, .to_ctx = &f->server};
    f->port.peer = &proxy_peer_ops;
    f->port.peer_ctx = &f->proxy;
    f->config.server = "https://api.example.com:6443";
    f->config.ca = kedge_str_of(certificates[CA].pem);
    f->config.user_agent = "doorbell/1.0";
    f->config.token = "token";
    f->k = kedge_init(f->memory, MEMORY, &f->port.port);
    return f;
}

// Puts TLS in front of the proxy, with the certificate of `api.example.com`, or of 10.0.0.1.
static void make_https(struct fixture *f, enum certificate own)
{
    f->proxy_tls.own = &certificates[own];
    f->proxy_tls.above = &proxy_peer_ops;
    f->proxy_tls.above_ctx = &f->proxy;
    f->port.peer = &tls_peer_ops;
    f->port.peer_ctx = &f->proxy_tls;
}

static void make_plain_server(struct fixture *f)
{
    f->config.server = "http://api.example.com:8080";
    f->proxy.to = &script_peer;
    f->proxy.to_ctx = &f->plain;
}

static void tear_down(struct fixture *f)
{
    if (f->c.stream != NULL)
        kedge__connection_close(&f->c);
    kedge_client_free(f->client);
    kedge_client_free(f->client);
    fake_port_check(&f->port);
    tls_peer_done(&f->server);
    tls_peer_done(&f->proxy_tls);
    free(f);
}

static void set(struct fixture *f, const char *name, const char *value)
{
    fake_port_set(&f->port, f->variables, sizeof f->variables / sizeof f->variables[0], name,
                  value);
}

static bool is_want(kedge_err err)
{
    return err == KEDGE_WANT_READ || err == KEDGE_WANT_WRITE;
}

// Asks for a thing and reads the answer to its end.
static kedge_err ask(struct fixture *f)
{
    struct kedge__ask a = {
        .method = "GET", .path = KEDGE_STR("/api"), .accept = "application/json"};
    kedge_str bytes;
    kedge_err err;
    kedge__exchange_start(&f->c, &a, false, f->port.now);
    struct kedge_stream *tcp = f->c.stream;
    while (tcp->below != NULL)
        tcp = tcp->below;
    do {
        err = kedge__exchange_head(&f->c, f->port.now);
        if (err == KEDGE_OK && (err = kedge__exchange_body(&f->c, f->port.now, &bytes)) == KEDGE_OK)
            kedge__exchange_used(&f->c, bytes.len);
        struct kedge_wait w = {tcp, f->c.interest, 0};
        if (is_want(err))
            f->port.port.wait(&f->port.port, &w, 1, f->c.deadline);
    } while (err == KEDGE_OK || is_want(err));
    return err;
}

static kedge_err connect_and_ask(struct fixture *f)
{
    f->client = kedge_client_new(f->k, &f->config);
    if (f->client == NULL)
        fail_msg("%s", kedge_error_text(f->k));
    assert_int_equal(kedge__connection_init(&f->c, f->client, 4096), KEDGE_OK);
    return ask(f);
}

static bool remembers(const struct fixture *f, const char *text)
{
    return memory_holds(f->memory, MEMORY, text);
}

static void https_through_an_http_proxy(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    f->config.proxy_url = "http://me:geheim@proxy.example.com:3128";
    assert_int_equal(connect_and_ask(f), KEDGE_ERR_CLOSED);
    assert_int_equal(f->c.response.status, 200);
    assert_string_equal(f->proxy.host, "proxy.example.com");
    assert_int_equal(f->proxy.port, 3128);
    assert_string_equal(f->proxy.request, "CONNECT api.example.com:6443 HTTP/1.1\r\n"
                                          "Host: api.example.com:6443\r\n"
                                          "User-Agent: doorbell/1.0\r\n"
                                          "Proxy-Authorization: Basic bWU6Z2VoZWlt\r\n\r\n");
    assert_string_equal(f->server.server_name, "api.example.com");
    assert_null(strstr(f->server.received, "Proxy-"));
    // The tunnel carries the next request, too.
    assert_int_equal(ask(f), KEDGE_ERR_CLOSED);
    assert_int_equal(f->proxy.requests, 1);
    tear_down(f);
}

static void http_through_an_http_proxy(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    make_plain_server(f);
    f->config.proxy_url = "http://proxy.example.com:3128";
    assert_int_equal(connect_and_ask(f), KEDGE_ERR_CLOSED);
    assert_non_null(strstr(f->proxy.request, "CONNECT api.example.com:8080 HTTP/1.1\r\n"));
    assert_non_null(strstr(f->plain.seen, "GET /api HTTP/1.1\r\n"));
    tear_down(f);
}

static void through_an_https_proxy(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct fixture *f = set_up();
        make_https(f, GOOD_EC);
        if (i == 1)
            make_plain_server(f);
        f->config.proxy_url = "https://10.0.0.1:3129";
        assert_int_equal(connect_and_ask(f), KEDGE_ERR_CLOSED);
        assert_int_equal(f->proxy_tls.handshakes, 1);
        assert_int_equal(f->server.handshakes, i == 0 ? 1 : 0);
        tear_down(f);
    }
}

// However TLS in TLS is cut.
static void through_an_https_proxy_in_pieces(void **state)
{
    (void)state;
    for (unsigned i = 1; i < 40; i += 3) {
        struct fixture *f = set_up();
        make_https(f, GOOD_EC);
        f->config.proxy_url = "https://me:geheim@api.example.com";
        f->port.cruelty.read_max = i;
        f->port.cruelty.write_max = i * 7 % 50 + 1;
        f->port.cruelty.block_every = i % 4;
        assert_int_equal(connect_and_ask(f), KEDGE_ERR_CLOSED);
        assert_int_equal(f->c.response.status, 200);
        tear_down(f);
    }
}

static void the_proxy_has_a_ca_of_its_own(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    make_https(f, OF_OTHER_CA);
    f->config.proxy_url = "https://api.example.com";
    f->config.proxy_ca = kedge_str_of(certificates[OTHER_CA].pem);
    assert_int_equal(connect_and_ask(f), KEDGE_ERR_CLOSED);
    tear_down(f);

    f = set_up();
    make_https(f, OF_OTHER_CA);
    f->config.proxy_url = "https://me:geheim@api.example.com";
    assert_int_equal(connect_and_ask(f), KEDGE_ERR_CERTIFICATE);
    assert_string_equal(f->c.problem, "the proxy api.example.com:443: the server's certificate is "
                                      "not signed by a trusted CA");
    assert_int_equal(f->proxy.requests, 0);
    tear_down(f);
}

static void insecure_counts_for_the_proxy_unless_it_has_a_ca(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct fixture *f = set_up();
        make_https(f, SELF_SIGNED);
        f->config.proxy_url = "https://api.example.com";
        f->config.ca = (kedge_str){NULL, 0};
        f->config.insecure = true;
        if (i == 1)
            f->config.proxy_ca = kedge_str_of(certificates[CA].pem);
        assert_int_equal(connect_and_ask(f), i == 0 ? KEDGE_ERR_CLOSED : KEDGE_ERR_CERTIFICATE);
        tear_down(f);
    }
}

static void a_bad_ca_of_the_proxy_is_told(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    f->config.proxy_url = "https://me:geheim@proxy";
    f->config.proxy_ca = KEDGE_STR("nonsense");
    assert_null(kedge_client_new(f->k, &f->config));
    assert_non_null(strstr(kedge_error_text(f->k), "proxy_url: the CA is neither PEM nor DER"));
    assert_false(remembers(f, "geheim"));
    tear_down(f);
}

static void a_refusal_is_the_connection_s_problem(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    f->config.proxy_url = "http://me:wrong@proxy.example.com:3128";
    f->proxy.authorization = "Basic bWU6Z2VoZWlt";
    assert_int_equal(connect_and_ask(f), KEDGE_ERR_CONNECT);
    assert_string_equal(f->c.problem,
                        "the proxy proxy.example.com:3128 answered CONNECT with 407: it wants a "
                        "user and password that it knows, in the proxy's URL");
    tear_down(f);
}

static void what_fails_behind_the_proxy_is_not_the_proxy_s(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    f->config.proxy_url = "http://proxy.example.com:3128";
    f->server.own = &certificates[OF_OTHER_CA];
    assert_int_equal(connect_and_ask(f), KEDGE_ERR_CERTIFICATE);
    assert_string_equal(f->c.problem, "the server's certificate is not signed by a trusted CA");
    tear_down(f);
}

// ---- the environment

// "host:port" of the proxy that a client connects to; or of the server, if it takes none.
static const char *reached(struct fixture *f)
{
    static char said[300];
    f->client = kedge_client_new(f->k, &f->config);
    if (f->client == NULL)
        fail_msg("%s", kedge_error_text(f->k));
    assert_int_equal(kedge__connection_init(&f->c, f->client, 4096), KEDGE_OK);
    f->port.cruelty.refuse = true;
    ask(f);
    snprintf(said, sizeof said, "%s:%u", f->port.host, f->port.port_number);
    return said;
}

static void the_environment_is_asked_as_go_asks_it(void **state)
{
    (void)state;
    static const struct {
        const char *server;
        struct fake_variable variables[4];
        const char *reached;
    } cases[] = {
        {"https://api:6443", {{"HTTPS_PROXY", "http://p:1"}}, "p:1"},
        {"https://api:6443", {{"https_proxy", "p:1"}}, "p:1"},
        {"https://api:6443", {{"HTTPS_PROXY", ""}, {"https_proxy", "p:1"}}, "p:1"},
        {"https://api:6443", {{"HTTPS_PROXY", "p:1"}, {"https_proxy", "q:1"}}, "p:1"},
        {"https://api:6443", {{"HTTP_PROXY", "p:1"}, {"http_proxy", "p:1"}}, "api:6443"},
        {"http://api:8080", {{"HTTPS_PROXY", "p:1"}, {"https_proxy", "p:1"}}, "api:8080"},
        {"http://api:8080", {{"HTTP_PROXY", "p:1"}}, "p:1"},
        {"http://api:8080", {{"http_proxy", "p:1"}}, "p:1"},
        {"http://api:8080", {{"HTTP_PROXY", "p:1"}, {"REQUEST_METHOD", "GET"}}, "api:8080"},
        {"https://api:6443", {{"HTTPS_PROXY", "p:1"}, {"REQUEST_METHOD", "GET"}}, "p:1"},
        {"https://api:6443", {{"HTTPS_PROXY", "p:1"}, {"NO_PROXY", "x,api"}}, "api:6443"},
        {"https://api:6443", {{"HTTPS_PROXY", "p:1"}, {"no_proxy", "api:6443"}}, "api:6443"},
        {"https://api:6443", {{"HTTPS_PROXY", "p:1"}, {"no_proxy", "api:443"}}, "p:1"},
        {"https://api", {{"HTTPS_PROXY", "p:1"}, {"no_proxy", "api:443"}}, "api:443"},
        {"https://127.0.0.1:6443", {{"HTTPS_PROXY", "p:1"}}, "127.0.0.1:6443"},
        {"https://10.0.0.1", {{"HTTPS_PROXY", "p:1"}, {"NO_PROXY", "10.0.0.0/8"}}, "10.0.0.1:443"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture *f = set_up();
        f->config.server = cases[i].server;
        for (size_t v = 0; v < 4 && cases[i].variables[v].name != NULL; v++)
            set(f, cases[i].variables[v].name, cases[i].variables[v].value);
        assert_string_equal(reached(f), cases[i].reached);
        tear_down(f);
    }
}

static void a_configured_proxy_counts_whatever_the_environment_says(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    set(f, "HTTPS_PROXY", "http://p:1");
    set(f, "NO_PROXY", "*");
    f->config.proxy_url = "http://q:2";
    assert_string_equal(reached(f), "q:2");
    tear_down(f);
    f = set_up();
    set(f, "HTTPS_PROXY", "http://p:1");
    f->config.proxy_url = "";
    assert_string_equal(reached(f), "api.example.com:6443");
    tear_down(f);
}

static void what_is_wrong_is_told_without_the_secret(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {NULL, "socks5://me:geheim@p",
         "HTTPS_PROXY: socks5 proxies are not supported: use an http or https proxy"},
        {NULL, "http://me:geheim@p:x", "HTTPS_PROXY: the port is not a number"},
        {"http://me:geheim", NULL, "proxy_url: the port is not a number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture *f = set_up();
        f->config.proxy_url = cases[i][0];
        set(f, "HTTPS_PROXY", cases[i][1]);
        assert_null(kedge_client_new(f->k, &f->config));
        assert_string_equal(kedge_error_text(f->k), cases[i][2]);
        assert_false(remembers(f, "geheim"));
        tear_down(f);
    }
}

// ---- memory

static void secrets_are_wiped(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    char *url = (char *)f->memory + MEMORY / 2; // in the arena, as a loaded configuration is
    strcpy(url, "http://me:geheim@proxy");
    f->config.proxy_url = url;
    f->client = kedge_client_new(f->k, &f->config);
    assert_non_null(f->client);
    assert_null(f->config.proxy_url);
    assert_true(remembers(f, "geheim"));
    assert_true(url[0] == '\0' && url[12] == '\0');
    kedge_client_free(f->client);
    assert_false(remembers(f, "geheim"));
    tear_down(f);
}

// Each size of the block, until all has room: a clear failure, and nothing left.
static void a_block_that_is_too_small_is_told(void **state)
{
    (void)state;
    bool done = false;
    for (size_t size = 2048; !done && size < MEMORY; size += 16) {
        struct fixture *f = set_up();
        f->k = kedge_init(f->memory, size, &f->port.port);
        f->config.proxy_url = "https://me:geheim@api.example.com";
        make_https(f, GOOD_EC);
        f->client = kedge_client_new(f->k, &f->config);
        if (f->client != NULL)
            done = kedge__connection_init(&f->c, f->client, 512) == KEDGE_OK;
        if (done)
            assert_int_equal(ask(f), KEDGE_ERR_CLOSED);
        else
            assert_int_equal(kedge_error(f->k), KEDGE_ERR_MEMORY);
        if (!done)
            f->c.stream = NULL;
        tear_down(f);
    }
    assert_true(done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(https_through_an_http_proxy),
        cmocka_unit_test(http_through_an_http_proxy),
        cmocka_unit_test(through_an_https_proxy),
        cmocka_unit_test(through_an_https_proxy_in_pieces),
        cmocka_unit_test(the_proxy_has_a_ca_of_its_own),
        cmocka_unit_test(insecure_counts_for_the_proxy_unless_it_has_a_ca),
        cmocka_unit_test(a_bad_ca_of_the_proxy_is_told),
        cmocka_unit_test(a_refusal_is_the_connection_s_problem),
        cmocka_unit_test(what_fails_behind_the_proxy_is_not_the_proxy_s),
        cmocka_unit_test(the_environment_is_asked_as_go_asks_it),
        cmocka_unit_test(a_configured_proxy_counts_whatever_the_environment_says),
        cmocka_unit_test(what_is_wrong_is_told_without_the_secret),
        cmocka_unit_test(secrets_are_wiped),
        cmocka_unit_test(a_block_that_is_too_small_is_told),
    };
    return cmocka_run_group_tests(tests, make_certificates, free_certificates);
}
