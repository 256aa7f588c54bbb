// SPDX-License-Identifier: Apache-2.0
// The client: how it trusts a server over TLS, what it sends there as credentials, and what it
// leaves of them in memory.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/exchange.h"
#include "kedge/factory.h"
#include "kedge/kinds.h"
#include "tls_talk.h"
#include "traces.h"

#define SERVER "https://api.example.com:6443"
#define MEMORY (128 * 1024)

static const char hello[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
static const char unauthorized[] =
    "HTTP/1.1 401 Unauthorized\r\nContent-Length: 70\r\n\r\n"
    "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":401}     ";

struct fixture {
    struct fake_port port;
    struct tls_peer peer;
    struct fake_file file;
    struct kedge_config config;
    unsigned char memory[MEMORY];
    struct kedge *k;
    struct kedge_client *client;
    struct kedge__connection c;
};

// A server with a certificate of CA that says hello, and a configuration that trusts it.
static struct fixture *set_up(void)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    fake_port_init(&f->port, 1);
    f->port.peer = &tls_peer_ops;
    f->port.peer_ctx = &f->peer;
    f->port.files = &f->file;
    f->port.file_count = 1;
    f->file = (struct fake_file){.path = "/token", .bytes = "first\n", .len = 6};
    f->peer.own = &certificates[GOOD_EC];
    f->peer.reply = hello;
    f->peer.reply_len = strlen(hello);
    f->config.server = SERVER;
    f->config.ca = kedge_str_of(certificates[CA].pem);
    f->k = kedge_init(f->memory, MEMORY, &f->port.port);
    return f;
}

static void connect(struct fixture *f)
{
    f->client = kedge_client_new(f->k, &f->config);
    if (f->client == NULL)
        fail_msg("%s", kedge_error_text(f->k));
    assert_int_equal(kedge__connection_init(&f->c, f->client, 4096), KEDGE_OK);
}

static void tear_down(struct fixture *f)
{
    if (f->c.stream != NULL)
        kedge__connection_close(&f->c);
    kedge_client_free(f->client);
    fake_port_check(&f->port);
    tls_peer_done(&f->peer);
    free(f);
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
    f->peer.received_len = 0;
    memset(f->peer.received, 0, sizeof f->peer.received);
    kedge__exchange_start(&f->c, &a, false, f->port.now);
    do {
        struct kedge_wait w = {f->c.stream->below, f->c.interest, 0};
        err = kedge__exchange_head(&f->c, f->port.now);
        if (err == KEDGE_OK && (err = kedge__exchange_body(&f->c, f->port.now, &bytes)) == KEDGE_OK)
            kedge__exchange_used(&f->c, bytes.len);
        if (is_want(err)) {
            w.interest = f->c.interest;
            f->port.port.wait(&f->port.port, &w, 1, f->c.deadline);
        }
    } while (err == KEDGE_OK || is_want(err));
    return err;
}

static bool sent(const struct fixture *f, const char *text)
{
    return strstr(f->peer.received, text) != NULL;
}

static bool remembers(const struct fixture *f, const char *text)
{
    return memory_holds(f->memory, MEMORY, text);
}

static void a_token_goes_to_a_server_that_is_trusted(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    f->config.token = "geheim";
    f->config.user_agent = "doorbell/1.0";
    connect(f);
    assert_int_equal(ask(f), KEDGE_ERR_CLOSED);
    assert_int_equal(f->c.response.status, 200);
    assert_true(sent(f, "Authorization: Bearer geheim\r\n"));
    assert_true(sent(f, "User-Agent: doorbell/1.0\r\n"));
    tear_down(f);
}

static void a_name_and_password_go_there_too(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    f->config.username = "admin";
    f->config.password = "geheim";
    connect(f);
    assert_int_equal(ask(f), KEDGE_ERR_CLOSED);
    assert_true(sent(f, "Authorization: Basic YWRtaW46Z2VoZWlt\r\n"));
    tear_down(f);
}

static void nothing_is_sent_to_a_server_that_is_not_trusted(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    f->peer.own = &certificates[OF_OTHER_CA];
    f->config.token = "geheim";
    connect(f);
    assert_int_equal(ask(f), KEDGE_ERR_CERTIFICATE);
    assert_non_null(strstr(f->c.problem, "not signed by a trusted CA"));
    assert_int_equal(f->peer.received_len, 0);
    tear_down(f);
}

static void the_configured_name_counts_and_not_the_address(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    f->config.server = "https://10.9.8.7:6443";
    connect(f);
    assert_int_equal(ask(f), KEDGE_ERR_CERTIFICATE);
    tear_down(f);
    f = set_up();
    f->config.server = "https://10.9.8.7:6443";
    f->config.tls_server_name = "api.example.com";
    connect(f);
    assert_int_equal(ask(f), KEDGE_ERR_CLOSED);
    tear_down(f);
}

// As in client-go: an address without a scheme is TLS where there is something to do TLS with.
static void an_address_without_a_scheme_is_tls_with_a_ca_a_certificate_or_none_wanted(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct fixture *f = set_up();
        f->config.server = "api.example.com:6443";
        if (i != 0)
            f->config.ca = KEDGE_STR("");
        if (i == 1) {
            f->config.certificate = kedge_str_of(certificates[CLIENT_EC].pem);
            f->config.key = kedge_str_of(certificates[CLIENT_EC].key_pem);
        }
        f->config.insecure = i == 2;
        connect(f);
        assert_int_equal(f->client->url.tls, i != 3);
        tear_down(f);
    }
}

static void what_cannot_be_used_is_named(void **state)
{
    (void)state;
    static const struct {
        struct kedge_config config;
        kedge_err err;
        const char *says;
    } cases[] = {
        {{.ca = {"no PEM", 6}}, KEDGE_ERR_CONFIG, "TLS to \"https://api.example.com:6443\": "},
        {{.token_file = "/nowhere"}, KEDGE_ERR_FILE, "/nowhere"},
        {{.token = "new\nline"}, KEDGE_ERR_CONFIG, "bearer token"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture *f = set_up();
        kedge_str ca = f->config.ca;
        f->config = cases[i].config;
        f->config.server = SERVER;
        if (f->config.ca.len == 0)
            f->config.ca = ca;
        assert_null(kedge_client_new(f->k, &f->config));
        assert_int_equal(kedge_error(f->k), cases[i].err);
        if (strstr(kedge_error_text(f->k), cases[i].says) == NULL)
            fail_msg("%s", kedge_error_text(f->k));
        assert_null(kedge_client_new(f->k, &f->config)); // a failed kedge makes nothing more
        tear_down(f);
    }
}

static void an_empty_token_is_no_token(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    f->config.token = "";
    f->config.token_file = "";
    connect(f);
    assert_int_equal(ask(f), KEDGE_ERR_CLOSED);
    assert_false(sent(f, "Authorization"));
    tear_down(f);
}

static void no_configuration_and_no_entropy_are_failures(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    assert_null(kedge_client_new(NULL, &f->config));
    assert_null(kedge_client_new(f->k, NULL));
    assert_int_equal(kedge_error(f->k), KEDGE_ERR_ARGUMENT);
    f->k = kedge_init(f->memory, MEMORY, &f->port.port);
    f->port.cruelty.fail_only = FAKE_CALL_ENTROPY;
    f->port.cruelty.fail_at = 1;
    assert_null(kedge_client_new(f->k, &f->config));
    assert_int_equal(kedge_error(f->k), KEDGE_ERR_ENTROPY);
    assert_non_null(strstr(kedge_error_text(f->k), "entropy: "));
    tear_down(f);
}

static void a_connection_that_turns_to_garbage_says_what_tls_says(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    connect(f);
    assert_int_equal(ask(f), KEDGE_ERR_CLOSED);
    // Among the last bytes that the server sent; the handshake is over by then.
    unsigned failures = 0;
    size_t bytes = (size_t)f->port.bytes_read;
    for (size_t back = 0; back < 200; back += 20) {
        f->port.cruelty.flip_at = bytes - back;
        kedge__connection_close(&f->c);
        if (ask(f) != KEDGE_ERR_TLS) // a length, say: then it waits in vain
            continue;
        failures++;
        assert_non_null(f->c.problem);
        assert_int_not_equal(f->c.problem[0], '\0');
    }
    assert_true(failures > 0);
    tear_down(f);
}

static void of_key_token_and_password_nothing_stays(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    const char *key = certificates[CLIENT_EC].key_pem;
    f->config.certificate = kedge_str_of(certificates[CLIENT_EC].pem);
    f->config.key = kedge_str_of(kedge__take_text(f->k, "test", kedge_str_of(key)));
    f->config.token = kedge__take_text(f->k, "test", KEDGE_STR("a-secret-token"));
    f->config.username = "admin";
    f->config.password = kedge__take_text(f->k, "test", KEDGE_STR("a-secret-word"));
    f->client = kedge_client_new(f->k, &f->config);
    assert_non_null(f->client);
    assert_null(f->config.token);
    assert_int_equal(f->config.key.len, 0);
    assert_false(remembers(f, "PRIVATE KEY"));
    kedge_client_free(f->client);
    assert_false(remembers(f, "a-secret-token"));
    assert_false(remembers(f, "a-secret-word"));
    f->client = NULL;
    tear_down(f);
}

static void a_refused_token_is_read_anew_from_its_file(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    f->peer.reply = unauthorized;
    f->peer.reply_len = strlen(unauthorized);
    f->config.token_file = "/token";
    f->client = kedge_client_new(f->k, &f->config);
    struct kedge_factory *factory = kedge_factory_new(f->client, 0);
    struct kedge_informer *inf = kedge_factory_informer(factory, &kedge_kind_deployment);
    assert_int_equal(kedge_factory_start(factory), KEDGE_OK);
    struct kedge_informer_state s = {0};
    while (s.failures == 0) {
        assert_int_equal(kedge_poll(f->k, 100), KEDGE_OK);
        kedge_informer_state(inf, &s);
    }
    assert_int_equal(s.reason, KEDGE_ERR_API);
    assert_true(sent(f, "Authorization: Bearer first\r\n"));
    f->file = (struct fake_file){.path = "/token", .bytes = "second\n", .len = 7};
    kedge_time began = f->port.now;
    while (!sent(f, "Authorization: Bearer second\r\n"))
        assert_int_equal(kedge_poll(f->k, 100), KEDGE_OK);
    assert_true(f->port.now - began < 10 * KEDGE_SECOND); // well before the minute of a good one
    kedge_factory_shutdown(factory);
    tear_down(f);
}

static void too_little_memory_is_told_wherever_it_ends(void **state)
{
    (void)state;
    kedge_err err = KEDGE_ERR_MEMORY;
    unsigned failures = 0;
    for (size_t size = 1024; err != KEDGE_OK; size += 64, failures++) {
        struct fixture *f = set_up();
        assert_true(size < MEMORY);
        f->config.token = "geheim";
        f->k = kedge_init(f->memory, size, &f->port.port);
        f->client = kedge_client_new(f->k, &f->config);
        err =
            f->client != NULL ? kedge__connection_init(&f->c, f->client, 4096) : kedge_error(f->k);
        assert_true(err == KEDGE_OK || err == KEDGE_ERR_MEMORY || f->k == NULL);
        if (err != KEDGE_OK)
            f->c.stream = NULL; // nothing that could be closed
        tear_down(f);
    }
    assert_true(failures > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_goes_to_a_server_that_is_trusted),
        cmocka_unit_test(a_name_and_password_go_there_too),
        cmocka_unit_test(nothing_is_sent_to_a_server_that_is_not_trusted),
        cmocka_unit_test(the_configured_name_counts_and_not_the_address),
        cmocka_unit_test(an_address_without_a_scheme_is_tls_with_a_ca_a_certificate_or_none_wanted),
        cmocka_unit_test(what_cannot_be_used_is_named),
        cmocka_unit_test(an_empty_token_is_no_token),
        cmocka_unit_test(no_configuration_and_no_entropy_are_failures),
        cmocka_unit_test(a_connection_that_turns_to_garbage_says_what_tls_says),
        cmocka_unit_test(of_key_token_and_password_nothing_stays),
        cmocka_unit_test(a_refused_token_is_read_anew_from_its_file),
        cmocka_unit_test(too_little_memory_is_told_wherever_it_ends),
    };
    return cmocka_run_group_tests(tests, make_certificates, free_certificates);
}
