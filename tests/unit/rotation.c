// SPDX-License-Identifier: Apache-2.0
// Certificates, keys and CAs that somebody renews in their files, under an informer over TLS: no
// event is lost, nothing is listed again, and what is broken costs nothing that works.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/exchange.h"
#include "cluster.h"
#include "tls_talk.h"

enum { MEMORY = 192 * 1024, CA_FILE, CERTIFICATE_FILE, KEY_FILE };

static struct {
    struct cluster c;
    struct tls_peer tls, later;
    struct recorder r;
    struct kedge_informer *inf;
    struct fake_file files[3];
    struct kedge_config config;
    struct kedge__connection alone; // of nobody else
    char both[8192];
    unsigned warnings;
    char logged[256];
} t;

static void put(int which, const char *text)
{
    static const char *const paths[] = {"/ca", "/cert", "/key"};
    t.files[which - CA_FILE] =
        (struct fake_file){paths[which - CA_FILE], text, strlen(text), KEDGE_OK};
}

static void put_pair(enum certificate who)
{
    put(CERTIFICATE_FILE, certificates[who].pem);
    put(KEY_FILE, certificates[who].key_pem);
}

static void take_log(void *ctx, enum kedge_log_level level, const char *text)
{
    (void)ctx;
    t.warnings += level == KEDGE_LOG_WARNING;
    if (getenv("KEDGE_TEST_LOG") != NULL)
        fprintf(stderr, "%lld %s\n", (long long)t.c.port.fake.now, text);
    if (level == KEDGE_LOG_WARNING)
        snprintf(t.logged, sizeof t.logged, "%s", text);
}

static int setup(void **state)
{
    (void)state;
    memset(&t, 0, sizeof t);
    struct fake_port *p = &t.c.port.fake;
    t.c.mock = mock_new(&(struct mock_options){.seed = 1, .no_managed_fields = true});
    mock_port_init(&t.c.port, t.c.mock, 1);
    t.tls = (struct tls_peer){.own = &certificates[GOOD_EC],
                              .client_ca = &certificates[CA],
                              .above = p->peer,
                              .above_ctx = p->peer_ctx,
                              .end = TLS_PEER_STAYS};
    p->peer = &tls_peer_ops;
    p->peer_ctx = &t.tls;
    p->files = t.files;
    p->file_count = 3;
    put(CA_FILE, certificates[CA].pem);
    put_pair(CLIENT_EC);
    t.config = (struct kedge_config){.server = "https://api.example.com:6443",
                                     .ca_file = "/ca",
                                     .certificate_file = "/cert",
                                     .key_file = "/key",
                                     .ca = kedge_str_of(certificates[CA].pem),
                                     .certificate = kedge_str_of(certificates[CLIENT_EC].pem),
                                     .key = kedge_str_of(certificates[CLIENT_EC].key_pem)};
    kedge_config_watch_files(&t.config);
    t.c.memory = malloc(MEMORY);
    t.c.k = kedge_init(t.c.memory, MEMORY, &p->port);
    kedge_log_to(t.c.k, KEDGE_LOG_INFO, take_log, NULL);
    return 0;
}

static void apply(const char *name, int replicas)
{
    mock_apply(t.c.mock, "deployments", deployment("default", name, replicas, NULL));
}

static void settle(void)
{
    if (!cluster_settle(&t.c, t.inf, KEDGE_MINUTE))
        fail_msg("not settled: %s", t.logged);
}

static void start(void)
{
    t.c.client = kedge_client_new(t.c.k, &t.config);
    assert_int_equal(kedge__connection_init(&t.alone, t.c.client, 4096), KEDGE_OK);
    t.c.factory = kedge_factory_new(t.c.client, 0);
    t.inf = cluster_informer(&t.c, &kedge_kind_deployment, NULL, &t.r);
    cluster_start(&t.c);
    apply("a", 1);
    apply("b", 1);
    settle();
}

static int teardown(void **state)
{
    (void)state;
    kedge__connection_close(&t.alone);
    cluster_close(&t.c);
    tls_peer_done(&t.tls);
    tls_peer_done(&t.later);
    return 0;
}

// Objects that come and go all the time, for so many minutes.
static void live(int minutes)
{
    for (int i = 0; i < minutes * 6; i++) {
        apply("a", i);
        cluster_run(&t.c, 10 * KEDGE_SECOND);
    }
    settle();
    cluster_assert_equal(&t.c, t.inf, &t.r);
    assert_int_equal(t.r.deletes, 0);
    assert_int_equal(t.r.adds, 2);
}

static void a_new_pair_is_used_within_5_minutes_by_a_watch_that_loses_nothing(void **state)
{
    (void)state;
    start();
    assert_string_equal(t.tls.client, "edge-ec");
    struct kedge_informer_state s;
    assert_int_equal(kedge_informer_state(t.inf, &s), KEDGE_OK);
    unsigned opens = t.c.port.fake.opens;
    uint64_t failures = s.failures;
    live(3); // nothing is read again before 5 minutes
    assert_int_equal(t.c.port.fake.opens, opens);
    put_pair(CLIENT_RSA);
    live(2);
    assert_string_equal(t.tls.client, "edge-rsa");
    assert_int_equal(t.c.port.fake.opens, opens + 1);
    assert_int_equal(t.c.port.fake.open_streams, 1);
    assert_int_equal(kedge_informer_state(t.inf, &s), KEDGE_OK);
    assert_int_equal(s.failures, failures); // renewing is no failure
    assert_int_equal(t.warnings, 0);
    assert_int_equal(t.r.updates, 30);
}

static void the_old_pair_leaves_mbedtls_with_its_last_connection(void **state)
{
    (void)state;
    start();
    struct kedge__trust *before = t.c.client->trust;
    for (int i = 0; i < 6; i++) {
        put_pair(i % 2 == 0 ? CLIENT_RSA : CLIENT_EC);
        live(5);
        assert_ptr_not_equal(t.c.client->trust, before);
        assert_null(before->tls);
        assert_int_equal(before->connections, 0);
        assert_int_equal(t.c.client->trust->connections, 1);
        before = t.c.client->trust;
    }
    assert_int_equal(t.c.port.fake.opens, 1 + 6);
}

static void a_pair_without_a_ca_file_is_followed_too(void **state)
{
    (void)state;
    t.config.ca_file = NULL;
    start();
    put_pair(CLIENT_RSA);
    live(6);
    settle();
    assert_int_equal(t.warnings, 0);
    assert_string_equal(t.tls.client, "edge-rsa");
}

static kedge_err give_token(void *ctx, bool refresh, struct kedge_credentials *out)
{
    (void)refresh;
    ++*(unsigned *)ctx;
    out->token = "one";
    return KEDGE_OK;
}

static void files_and_a_function_are_both_asked(void **state)
{
    (void)state;
    unsigned asked = 0;
    t.config.certificate_file = t.config.key_file = NULL;
    t.config.certificate = t.config.key = (kedge_str){NULL, 0};
    t.tls.client_ca = NULL;
    kedge_config_credentials(&t.config, give_token, &asked);
    start();
    assert_int_equal(asked, 1);
    assert_non_null(t.c.client->sources);
    assert_non_null(t.c.client->sources->next);
}

static void half_a_pair_is_told_once_and_the_old_one_stays(void **state)
{
    (void)state;
    start();
    unsigned opens = t.c.port.fake.opens;
    put(CERTIFICATE_FILE, certificates[CLIENT_RSA].pem);
    live(11);
    assert_int_equal(t.warnings, 1);
    assert_non_null(strstr(t.logged, "the client key does not fit the client certificate"));
    assert_non_null(strstr(t.logged, "what was before stays in use"));
    put(CERTIFICATE_FILE, "");
    t.files[2].err = KEDGE_ERR_FILE;
    live(5);
    assert_int_equal(t.warnings, 1);
    assert_int_equal(t.c.port.fake.opens, opens);
    put_pair(CLIENT_RSA);
    live(5);
    assert_string_equal(t.tls.client, "edge-rsa");
    put(KEY_FILE, "half a k");
    live(5);
    assert_int_equal(t.warnings, 2); // told anew after it went well
}

static void what_cannot_be_read_is_named(void **state)
{
    (void)state;
    start();
    t.files[1].err = KEDGE_ERR_NOT_FOUND;
    live(5);
    assert_string_equal(t.logged, "credentials read again: /cert: no such file; what was before "
                                  "stays in use");
    put_pair(CLIENT_EC);
    live(5);
    assert_int_equal(t.warnings, 1);
    static char large[64 * 1024];
    memset(large, 'x', sizeof large - 1);
    put(CA_FILE, large);
    live(5);
    assert_int_equal(t.warnings, 2);
    assert_non_null(strstr(t.logged, "/ca: it is longer than the room taken for it"));
}

static void move_server(void)
{
    t.later = t.tls;
    t.later.ready = false;
    t.later.own = &certificates[OF_OTHER_CA];
    t.c.port.fake.peer_ctx = &t.later;
}

static void a_new_ca_is_for_new_connections_and_old_ones_go_on(void **state)
{
    (void)state;
    start();
    unsigned opens = t.c.port.fake.opens;
    snprintf(t.both, sizeof t.both, "%s%s", certificates[CA].pem, certificates[OTHER_CA].pem);
    put(CA_FILE, t.both);
    live(5);
    assert_int_equal(t.c.client->trust - t.c.client->trusts, 1);
    assert_int_equal(t.c.port.fake.opens, opens); // the watch went on
    assert_int_equal(t.c.client->trusts[0].connections, 1);
    assert_non_null(t.c.client->trusts[0].tls);
    move_server();
    mock_restart(t.c.mock, true);
    live(1);
    assert_true(t.c.port.fake.opens > opens);
    assert_true(t.later.handshakes > 0);
    assert_null(t.c.client->trusts[0].tls);
    // The old CA goes, too; then the new pair still finds its way.
    put(CA_FILE, certificates[OTHER_CA].pem);
    live(6);
    put_pair(CLIENT_RSA);
    live(10);
    assert_string_equal(t.later.client, "edge-rsa");
    assert_int_equal(t.warnings, 1); // the watch that mock_restart broke
}

static void a_ca_alone_is_read_when_a_request_begins(void **state)
{
    (void)state;
    t.config.certificate_file = t.config.key_file = NULL;
    start();
    snprintf(t.both, sizeof t.both, "%s%s", certificates[CA].pem, certificates[OTHER_CA].pem);
    put(CA_FILE, t.both);
    live(4);
    move_server();
    mock_restart(t.c.mock, true); // too early: the CA is not read again
    apply("a", 77);
    assert_false(cluster_settle(&t.c, t.inf, 20 * KEDGE_SECOND));
    live(2);
    assert_true(t.later.handshakes > 0);
    assert_string_equal(t.later.client, "edge-ec"); // the key was kept for this
}

static void ask_alone(void)
{
    struct fake_port *p = &t.c.port.fake;
    struct kedge__ask ask = {
        .method = "GET", .path = KEDGE_STR("/version"), .accept = "application/json"};
    kedge_str bytes;
    kedge_err err = KEDGE_OK;
    kedge__exchange_start(&t.alone, &ask, false, p->now);
    while (err == KEDGE_OK || err == KEDGE_WANT_READ || err == KEDGE_WANT_WRITE) {
        err = kedge__exchange_head(&t.alone, p->now);
        if (err == KEDGE_OK)
            err = kedge__exchange_body(&t.alone, p->now, &bytes);
        if (err == KEDGE_OK)
            kedge__exchange_used(&t.alone, bytes.len);
        fake_port_advance(p, 1);
    }
    assert_int_equal(err, KEDGE_ERR_CLOSED);
    assert_int_equal(t.alone.response.status, 200);
    assert_false(kedge__connection_outdated(&t.alone));
}

static void an_idle_connection_of_an_old_ca_is_opened_anew(void **state)
{
    (void)state;
    start();
    ask_alone();
    ask_alone();
    assert_int_equal(t.alone.opened, 1);
    snprintf(t.both, sizeof t.both, "%s%s", certificates[CA].pem, certificates[OTHER_CA].pem);
    put(CA_FILE, t.both);
    live(6);
    assert_null(t.alone.trust); // closed, with nobody looking at it
    ask_alone();
    assert_int_equal(t.alone.opened, 2);
}

// What goes on when the certificate changes ends with an error that says so, wherever it is.
static void a_request_under_way_is_told_that_the_certificate_changed(void **state)
{
    (void)state;
    start();
    struct kedge__ask ask = {
        .method = "GET", .path = KEDGE_STR("/version"), .accept = "application/json"};
    kedge_str bytes;
    for (int body = 0; body < 2; body++) {
        kedge_time now = t.c.port.fake.now;
        kedge__exchange_start(&t.alone, &ask, true, now);
        kedge_err err = kedge__exchange_head(&t.alone, now);
        while (body == 1 && err != KEDGE_OK) {
            fake_port_advance(&t.c.port.fake, 1);
            err = kedge__exchange_head(&t.alone, t.c.port.fake.now);
        }
        t.alone.deadline = KEDGE_FOREVER;
        put_pair(body == 0 ? CLIENT_RSA : CLIENT_EC);
        live(5);
        err = body == 0 ? kedge__exchange_head(&t.alone, t.c.port.fake.now)
                        : kedge__exchange_body(&t.alone, t.c.port.fake.now, &bytes);
        assert_int_equal(err, KEDGE_ERR_IO);
        assert_non_null(strstr(t.alone.problem, "certificate was replaced"));
        assert_true(t.alone.renewed);
    }
    ask_alone();
}

static void idle_connections_hold_up_no_certificate(void **state)
{
    (void)state;
    start();
    for (int i = 0; i < 4; i++) {
        ask_alone();
        put_pair(i % 2 == 0 ? CLIENT_RSA : CLIENT_EC);
        live(5);
        assert_string_equal(t.tls.client, i % 2 == 0 ? "edge-rsa" : "edge-ec");
        assert_null(t.alone.trust);
    }
    assert_int_equal(t.warnings, 0);
}

// A request that nobody drives holds on to its own time, and there is no third.
static void a_third_certificate_waits_for_the_first_ones_requests(void **state)
{
    (void)state;
    static const struct kedge__ask ask = {
        .method = "GET", .path = {"/version", 8}, .accept = "application/json"};
    start();
    kedge__exchange_start(&t.alone, &ask, false, t.c.port.fake.now);
    put_pair(CLIENT_RSA);
    live(5);
    assert_string_equal(t.tls.client, "edge-rsa");
    put_pair(CLIENT_EC);
    live(6);
    assert_string_equal(t.tls.client, "edge-rsa");
    kedge__connection_close(&t.alone);
    live(1);
    assert_string_equal(t.tls.client, "edge-ec");
    assert_int_equal(t.warnings, 0);
}

static void files_are_left_alone_unless_asked_for(void **state)
{
    (void)state;
    t.config.hooks.files = NULL;
    start();
    put_pair(CLIENT_RSA);
    unsigned opens = t.c.port.fake.opens;
    live(11);
    assert_string_equal(t.tls.client, "edge-ec");
    assert_in_range(t.c.port.fake.opens, opens, opens + 2);
    kedge_config_watch_files(NULL);
}

// Half a pair, or one that the program itself gives in place of, is nothing to be followed; nor is
// what was not read from a file, or what cannot be read again.
static void what_cannot_be_followed_is_left_alone(void **state)
{
    (void)state;
    const struct kedge_config whole = t.config;
    struct kedge_port *port = &t.c.port.fake.port;
    const struct kedge_port all = *port;
    unsigned asked = 0;
    for (int i = 0; i < 6; i++) {
        struct kedge_config config = whole;
        if (i != 3)
            config.ca_file = NULL;
        if (i == 0)
            config.key_file = NULL;
        if (i == 1)
            config.certificate_file = NULL;
        if (i == 2) // all three are there, as bytes
            config.certificate_file = config.key_file = NULL;
        if (i == 3) { // nothing was read from them
            config.insecure = true;
            config.ca = config.certificate = config.key = (kedge_str){NULL, 0};
        }
        if (i == 4) {
            config.certificate = config.key = (kedge_str){NULL, 0};
            kedge_config_credentials(&config, give_token, &asked);
        }
        if (i == 5)
            port->file = NULL;
        struct kedge *k = kedge_init(t.c.memory, MEMORY, port);
        struct kedge_client *client = kedge_client_new(k, &config);
        if (client == NULL)
            fail_msg("%d: %s", i, kedge_error_text(k));
        // The program's function is a source, too.
        const struct kedge__source *s = client->sources;
        assert_true(i == 4 ? s != NULL && s->next == NULL : s == NULL);
        kedge_client_free(client);
    }
    *port = all;
    t.c.k = kedge_init(t.c.memory, MEMORY, port);
    start();
}

static void no_key_stays_in_memory(void **state)
{
    (void)state;
    static char key[4096];
    snprintf(key, sizeof key, "%s", certificates[CLIENT_RSA].key_pem);
    start();
    put(CERTIFICATE_FILE, certificates[CLIENT_RSA].pem);
    put(KEY_FILE, key);
    live(5);
    assert_string_equal(t.tls.client, "edge-rsa");
    static const char mark[] = "PRIVATE KEY-----";
    for (size_t i = 0; i + sizeof mark <= MEMORY; i++)
        assert_memory_not_equal(t.c.memory + i, mark, sizeof mark - 1);
}

static void too_little_memory_is_told_wherever_it_ends(void **state)
{
    (void)state;
    kedge_err err = KEDGE_ERR_MEMORY;
    unsigned failures = 0;
    for (size_t size = 2048; err != KEDGE_OK; size += 64, failures++) {
        assert_true(size < MEMORY);
        struct kedge *k = kedge_init(t.c.memory, size, &t.c.port.fake.port);
        struct kedge_config config = t.config;
        struct kedge_client *client = kedge_client_new(k, &config);
        err = kedge_error(k);
        assert_true(err == KEDGE_ERR_MEMORY || err == KEDGE_OK);
        kedge_client_free(client);
    }
    assert_true(failures > 50);
    t.c.k = kedge_init(t.c.memory, MEMORY, &t.c.port.fake.port);
    start();
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_new_pair_is_used_within_5_minutes_by_a_watch_that_loses_nothing),
        T(the_old_pair_leaves_mbedtls_with_its_last_connection),
        T(a_pair_without_a_ca_file_is_followed_too),
        T(files_and_a_function_are_both_asked),
        T(half_a_pair_is_told_once_and_the_old_one_stays),
        T(what_cannot_be_read_is_named),
        T(a_new_ca_is_for_new_connections_and_old_ones_go_on),
        T(a_ca_alone_is_read_when_a_request_begins),
        T(an_idle_connection_of_an_old_ca_is_opened_anew),
        T(a_request_under_way_is_told_that_the_certificate_changed),
        T(idle_connections_hold_up_no_certificate),
        T(a_third_certificate_waits_for_the_first_ones_requests),
        T(files_are_left_alone_unless_asked_for),
        T(what_cannot_be_followed_is_left_alone),
        T(no_key_stays_in_memory),
        T(too_little_memory_is_told_wherever_it_ends),
    };
    return cmocka_run_group_tests(tests, make_certificates, free_certificates);
}
