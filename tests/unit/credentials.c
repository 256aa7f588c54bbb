// SPDX-License-Identifier: Apache-2.0
// Credentials from a function of the program, and acting as somebody else: what reaches the server.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/exchange.h"
#include "tls_talk.h"

enum { MEMORY = 128 * 1024 };

static const char hello[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
static const char unauthorized[] = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";

static struct {
    struct fake_port port;
    struct tls_peer peer;
    struct kedge_config config;
    unsigned char memory[MEMORY];
    struct kedge *k;
    struct kedge_client *client;
    struct kedge__connection c;
    // What the program's source does next.
    struct kedge_credentials give;
    kedge_err answer;
    unsigned asked, refreshed;
} t;

static int setup(void **state)
{
    (void)state;
    memset(&t, 0, sizeof t);
    fake_port_init(&t.port, 1);
    t.port.peer = &tls_peer_ops;
    t.port.peer_ctx = &t.peer;
    t.peer.own = &certificates[GOOD_EC];
    t.peer.http = true;
    t.peer.reply = hello;
    t.peer.reply_len = strlen(hello);
    t.config.server = "https://api.example.com:6443";
    t.config.ca = kedge_str_of(certificates[CA].pem);
    t.k = kedge_init(t.memory, MEMORY, &t.port.port);
    return 0;
}

static void connect(void)
{
    t.client = kedge_client_new(t.k, &t.config);
    if (t.client == NULL)
        fail_msg("%s", kedge_error_text(t.k));
    assert_int_equal(kedge__connection_init(&t.c, t.client, 4096), KEDGE_OK);
}

static int teardown(void **state)
{
    (void)state;
    if (t.c.stream != NULL)
        kedge__connection_close(&t.c);
    kedge_client_free(t.client);
    fake_port_check(&t.port);
    tls_peer_done(&t.peer);
    return 0;
}

static bool is_want(kedge_err err)
{
    return err == KEDGE_WANT_READ || err == KEDGE_WANT_WRITE;
}

// Asks for a thing and reads the answer to its end. KEDGE_ERR_CLOSED: it was there.
static kedge_err ask(void)
{
    struct kedge__ask a = {
        .method = "GET", .path = KEDGE_STR("/api"), .accept = "application/json"};
    kedge_str bytes;
    kedge_err err = KEDGE_OK;
    t.peer.received_len = 0;
    memset(t.peer.received, 0, sizeof t.peer.received);
    kedge__exchange_start(&t.c, &a, false, t.port.now);
    while (err == KEDGE_OK || is_want(err)) {
        err = kedge__exchange_head(&t.c, t.port.now);
        if (err == KEDGE_OK)
            err = kedge__exchange_body(&t.c, t.port.now, &bytes);
        if (err == KEDGE_OK)
            kedge__exchange_used(&t.c, bytes.len);
        if (!is_want(err))
            continue;
        struct kedge_wait w = {t.c.stream->below, t.c.interest, 0};
        bool stream = t.c.waits == t.c.stream;
        assert_true(stream || t.c.waits == NULL);
        t.port.port.wait(&t.port.port, &w, stream, t.c.deadline);
    }
    return err;
}

static void sent(const char *text)
{
    if (strstr(t.peer.received, text) == NULL)
        fail_msg("no %s in: %s", text, t.peer.received);
}

// --- a function of the program -------------------------------------------------------------------

static kedge_err give(void *ctx, bool refresh, struct kedge_credentials *out)
{
    assert_ptr_equal(ctx, &t);
    assert_null(out->token);
    t.asked++;
    t.refreshed += refresh;
    *out = t.give;
    return t.answer;
}

static void give_token(const char *token)
{
    t.give.token = token;
    kedge_config_credentials(&t.config, give, &t);
}

static void its_token_is_asked_for_once_and_after_a_401(void **state)
{
    (void)state;
    give_token("one");
    connect();
    assert_int_equal(t.asked, 0);
    assert_int_equal(ask(), KEDGE_ERR_CLOSED);
    sent("Authorization: Bearer one\r\n");
    t.give.token = "two";
    t.port.now += 100 * KEDGE_HOUR;
    t.peer.reply = unauthorized;
    t.peer.reply_len = strlen(unauthorized);
    assert_int_equal(ask(), KEDGE_ERR_CLOSED);
    assert_int_equal(t.c.response.status, 401);
    sent("Authorization: Bearer one\r\n");
    assert_int_equal(t.asked, 1);
    assert_int_equal(ask(), KEDGE_ERR_CLOSED);
    sent("Authorization: Bearer two\r\n");
    assert_int_equal(t.asked, 2);
    assert_int_equal(t.refreshed, 1);
    kedge__client_unauthorized(t.client, 1); // of the first, come late; the second was refused, too
    t.peer.reply = hello;
    t.peer.reply_len = strlen(hello);
    assert_int_equal(ask(), KEDGE_ERR_CLOSED);
    assert_int_equal(t.refreshed, 2);
    kedge__client_unauthorized(t.client, 2);
    assert_int_equal(ask(), KEDGE_ERR_CLOSED);
    assert_int_equal(t.asked, 3);
}

static void it_is_asked_again_when_its_time_is_over(void **state)
{
    (void)state;
    give_token("one");
    t.give.valid_for = KEDGE_MINUTE;
    connect();
    assert_int_equal(ask(), KEDGE_ERR_CLOSED);
    kedge_time until = t.port.now + 50 * KEDGE_SECOND;
    t.port.now = until;
    assert_int_equal(ask(), KEDGE_ERR_CLOSED);
    assert_int_equal(t.asked, 1);
    t.port.now = until + 10 * KEDGE_SECOND;
    assert_int_equal(ask(), KEDGE_ERR_CLOSED);
    assert_int_equal(t.asked, 2);
    assert_int_equal(t.refreshed, 0);
}

static kedge_err later(void *ctx, bool refresh, struct kedge_credentials *out)
{
    (void)ctx;
    (void)refresh;
    t.asked++;
    *out = t.give;
    if (t.port.now < FAKE_PORT_START + 10 * KEDGE_SECOND)
        return KEDGE_WANT_READ;
    out->token = "late";
    return KEDGE_OK;
}

static void not_yet_is_asked_again_when_it_said(void **state)
{
    (void)state;
    // Less than nothing and an hour are no time to be asked again.
    static const kedge_time again[] = {3 * KEDGE_SECOND, -1, KEDGE_HOUR, 0};
    for (int i = 0; i < 4; i++) {
        setup(NULL);
        t.give.again = again[i];
        kedge_config_credentials(&t.config, later, NULL);
        connect();
        assert_int_equal(ask(), KEDGE_ERR_CLOSED);
        sent("Authorization: Bearer late\r\n");
        assert_in_range(t.asked, i == 0 ? 5 : 100, i == 0 ? 8 : 110);
        if (i < 3)
            teardown(NULL);
    }
}

static void who_never_gives_any_is_waited_for_5_minutes(void **state)
{
    (void)state;
    give_token(NULL);
    t.answer = KEDGE_WANT_WRITE;
    connect();
    kedge_time began = t.port.now;
    assert_int_equal(ask(), KEDGE_ERR_TIMEOUT);
    assert_string_equal(t.c.problem, "no credentials in time");
    assert_in_range(t.port.now - began, 5 * KEDGE_MINUTE, 5 * KEDGE_MINUTE + KEDGE_SECOND);
    assert_int_equal(t.port.opens, 0);
}

static void what_it_must_not_give_fails_the_request(void **state)
{
    (void)state;
    static const struct {
        struct kedge_credentials give;
        kedge_err answer, err;
        const char *why;
    } cases[] = {
        {{0},
         KEDGE_ERR_STATE,
         KEDGE_ERR_STATE,
         "credentials: the program's source of them has failed"},
        {{0},
         KEDGE_OK,
         KEDGE_ERR_CONFIG,
         "credentials: neither a token nor a certificate was given"},
        {{.token = "a\r\nb"},
         KEDGE_OK,
         KEDGE_ERR_CONFIG,
         "credentials: the token is empty or holds what is no visible ASCII"},
        {{.token = "a\x7f"},
         KEDGE_OK,
         KEDGE_ERR_CONFIG,
         "credentials: the token is empty or holds what is no visible ASCII"},
        {{.token = ""},
         KEDGE_OK,
         KEDGE_ERR_CONFIG,
         "credentials: the token is empty or holds what is no visible ASCII"},
        {{.token = "t", .key = {"k", 1}},
         KEDGE_OK,
         KEDGE_ERR_CONFIG,
         "credentials: certificate and key come together or not at all"},
        {{.certificate = {"no PEM", 6}, .key = {"k", 1}},
         KEDGE_OK,
         KEDGE_ERR_CONFIG,
         "the client certificate is neither PEM nor DER: there is no PEM block in it"},
    };
    give_token(NULL);
    connect();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        t.give = cases[i].give;
        t.answer = cases[i].answer;
        assert_int_equal(ask(), cases[i].err);
        assert_string_equal(t.c.problem, cases[i].why);
    }
    assert_int_equal(t.port.opens, 0);
    t.give.token = "good";
    t.give.certificate = t.give.key = (kedge_str){NULL, 0};
    assert_int_equal(ask(), KEDGE_ERR_CLOSED);
}

static void give_pair(enum certificate who)
{
    t.give.certificate = kedge_str_of(certificates[who].pem);
    t.give.key = kedge_str_of(certificates[who].key_pem);
}

static void its_certificate_opens_connections_anew_when_it_changes(void **state)
{
    (void)state;
    t.peer.client_ca = &certificates[CA];
    give_token(NULL);
    t.give.valid_for = KEDGE_MINUTE;
    give_pair(CLIENT_EC);
    connect();
    assert_int_equal(ask(), KEDGE_ERR_CLOSED);
    assert_string_equal(t.peer.client, "edge-ec");
    t.port.now += KEDGE_MINUTE;
    assert_int_equal(ask(), KEDGE_ERR_CLOSED); // asked again, the same pair
    assert_int_equal(t.c.opened, 1);
    give_pair(CLIENT_RSA);
    t.port.now += KEDGE_MINUTE;
    assert_int_equal(ask(), KEDGE_ERR_CLOSED);
    assert_string_equal(t.peer.client, "edge-rsa");
    assert_int_equal(t.c.opened, 2);
    // Somebody else's connection of the one before holds up the next change.
    struct kedge__trust *other =
        t.client->trust == &t.client->trusts[0] ? &t.client->trusts[1] : &t.client->trusts[0];
    other->connections = 1;
    give_pair(CLIENT_EC);
    t.port.now += KEDGE_MINUTE;
    struct kedge__pending p;
    assert_int_equal(kedge__client_ready(t.client, t.port.now, &p), KEDGE_WANT_READ);
    assert_int_equal(kedge__client_ready(t.client, t.port.now, &p), KEDGE_WANT_READ);
    assert_true(other->revoked);
    assert_int_equal(t.asked, 4);
    other->connections = 0;
    assert_int_equal(ask(), KEDGE_ERR_CLOSED);
    assert_string_equal(t.peer.client, "edge-ec");
    assert_int_equal(t.asked, 4);
}

static void it_excludes_a_token_and_a_password_and_is_dropped_without_tls(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct kedge_config config = t.config;
        config.token = i == 0 ? "t" : NULL;
        config.username = i == 1 ? "u" : NULL;
        kedge_config_credentials(&config, give, &t);
        assert_null(kedge_client_new(t.k, &config));
        assert_int_equal(kedge_error(t.k), KEDGE_ERR_CONFIG);
        assert_string_equal(kedge_error_text(t.k),
                            "credentials: a function for them excludes a token and a password");
        t.k = kedge_init(t.memory, MEMORY, &t.port.port);
    }
    // An empty user is none, and a function that was taken back by hand is not asked.
    struct kedge_config config = t.config;
    config.username = "";
    kedge_config_credentials(&config, give, &t);
    config.credentials = NULL;
    t.client = kedge_client_new(t.k, &config);
    assert_non_null(t.client);
    assert_null(t.client->sources);
    kedge_client_free(t.client);
    t.k = kedge_init(t.memory, MEMORY, &t.port.port);
    config.credentials = give;
    t.client = kedge_client_new(t.k, &config);
    assert_non_null(t.client->sources);
    kedge_client_free(t.client);
    t.k = kedge_init(t.memory, MEMORY, &t.port.port);
    give_token("t");
    t.config.server = "http://api.example.com";
    t.client = kedge_client_new(t.k, &t.config);
    assert_null(t.client->sources);
    kedge_client_free(t.client);
    kedge_config_credentials(&t.config, NULL, NULL);
    assert_null(t.config.hooks.callback);
    kedge_config_credentials(NULL, give, &t);
    t.client = NULL;
}

// --- impersonation -------------------------------------------------------------------------------

static void somebody_else_is_asked_for_in_every_request(void **state)
{
    (void)state;
    struct kedge_impersonate who = {
        .user = "jane doe",
        .uid = "06f6",
        .groups = KEDGE_STR("developers\0admins\0"),
        .extra = KEDGE_STR("scopes\0view\0scopes\0deploy\0acme.com/pro%ject\0x\0\xc3\xa9\0y\0")};
    assert_int_equal(kedge_config_impersonate(&t.config, &who), KEDGE_OK);
    t.config.token = "t";
    connect();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ask(), KEDGE_ERR_CLOSED);
        sent("Authorization: Bearer t\r\n");
        sent("Impersonate-User: jane doe\r\nImpersonate-Uid: 06f6\r\n"
             "Impersonate-Group: developers\r\nImpersonate-Group: admins\r\n"
             "Impersonate-Extra-scopes: view\r\nImpersonate-Extra-scopes: deploy\r\n"
             "Impersonate-Extra-acme.com%2Fpro%25ject: x\r\n"
             "Impersonate-Extra-%C3%A9: y\r\n\r\n");
        assert_int_equal(t.c.response.status, 200);
    }
}

static void a_user_alone_is_enough(void **state)
{
    (void)state;
    assert_int_equal(
        kedge_config_impersonate(&t.config, &(struct kedge_impersonate){.user = "u", .uid = ""}),
        KEDGE_OK);
    t.config.server = "api.example.com:6443";
    connect();
    assert_int_equal(ask(), KEDGE_ERR_CLOSED);
    sent("\r\nImpersonate-User: u\r\n\r\n");
}

static void what_cannot_stand_in_a_header_is_refused(void **state)
{
    (void)state;
    static const struct kedge_impersonate bad[] = {
        {.user = "a\r\nX-Evil: 1"},
        {.user = "a\tb"},
        {.user = "a", .uid = "\n"},
        {.user = "a", .groups = {"g\nh\0", 4}},
        {.user = "a", .extra = {"k\0v\nw\0", 6}},
        {.user = "a", .extra = {"k\0", 2}},
        {.user = "a", .extra = {"\0v\0", 3}},
        // One that is bad and many that are good; a list's last NUL may be missing.
        {.user = "\n", .uid = "u", .groups = {"g", 1}, .extra = {"k\0v", 3}},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(kedge_config_impersonate(&t.config, &bad[i]), KEDGE_OK);
        assert_null(kedge_client_new(t.k, &t.config));
        assert_int_equal(kedge_error(t.k), KEDGE_ERR_CONFIG);
        assert_string_equal(kedge_error_text(t.k),
                            "impersonation: a text cannot stand in a header, or an extra has no "
                            "key or no value");
        t.k = kedge_init(t.memory, MEMORY, &t.port.port);
    }
    struct kedge_impersonate none = {.uid = "u"}, empty = {.user = ""};
    assert_int_equal(kedge_config_impersonate(&t.config, &none), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_config_impersonate(&t.config, &empty), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_config_impersonate(&t.config, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_config_impersonate(NULL, &bad[0]), KEDGE_ERR_ARGUMENT);
    // A struct filled in by hand would be somebody else without anybody noticing.
    t.config.hooks.impersonate = NULL;
    t.config.impersonate.user = "jane";
    assert_null(kedge_client_new(t.k, &t.config));
    assert_string_equal(kedge_error_text(t.k),
                        "impersonate: is set without kedge_config_impersonate");
}

static void headers_that_do_not_fit_fail_the_request(void **state)
{
    (void)state;
    static char user[4096];
    memset(user, 'u', sizeof user - 1);
    assert_int_equal(kedge_config_impersonate(&t.config, &(struct kedge_impersonate){.user = user}),
                     KEDGE_OK);
    connect();
    assert_int_equal(ask(), KEDGE_ERR_TOO_LONG);
    assert_int_equal(t.port.opens, 0);
}

static void too_little_memory_is_told_wherever_it_ends(void **state)
{
    (void)state;
    kedge_err err = KEDGE_ERR_MEMORY;
    give_token("t");
    kedge_config_impersonate(&t.config, &(struct kedge_impersonate){.user = "u"});
    for (size_t size = 2048; err != KEDGE_OK; size += 16) {
        assert_true(size < MEMORY);
        struct kedge *k = kedge_init(t.memory, size, &t.port.port);
        struct kedge_client *client = kedge_client_new(k, &t.config);
        err = kedge_error(k);
        assert_true(err == KEDGE_ERR_MEMORY || err == KEDGE_OK);
        kedge_client_free(client);
    }
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(its_token_is_asked_for_once_and_after_a_401),
        T(it_is_asked_again_when_its_time_is_over),
        T(not_yet_is_asked_again_when_it_said),
        T(who_never_gives_any_is_waited_for_5_minutes),
        T(what_it_must_not_give_fails_the_request),
        T(its_certificate_opens_connections_anew_when_it_changes),
        T(it_excludes_a_token_and_a_password_and_is_dropped_without_tls),
        T(somebody_else_is_asked_for_in_every_request),
        T(a_user_alone_is_enough),
        T(what_cannot_stand_in_a_header_is_refused),
        T(headers_that_do_not_fit_fail_the_request),
        T(too_little_memory_is_told_wherever_it_ends),
    };
    return cmocka_run_group_tests(tests, make_certificates, free_certificates);
}
