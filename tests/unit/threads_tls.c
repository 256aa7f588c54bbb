// SPDX-License-Identifier: Apache-2.0
// Requests in threads of their own beside the loop's, over TLS, through a proxy, and with
// credentials of a plugin that all of them wait for. For ThreadSanitizer.
#define _POSIX_C_SOURCE 200809L // nanosleep

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cluster.h"
#include "kedge/posix.h"
#include "proxy_peer.h"
#include "tls_talk.h"

#if KEDGE_THREADS
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum { THREADS = 4, REQUESTS = 25, MEMORY = 512 * 1024, DEPLOYMENTS = 12 };

// ---------------------------------------------------------------------------- a plugin

// Its output is there when it has been looked at so often.
enum { PLUGIN_LOOKS = 40 };

struct plugin {
    struct kedge_stream stream; // first
    unsigned looks;
    size_t said;
    bool open;
};

static struct {
    struct cluster cluster;
    struct tls_peer tls;
    struct proxy_peer proxy;
    struct recorder recorder;
    struct kedge_informer *informer;
    struct kedge_config config;
    struct kedge_rest *rests[THREADS];
    struct kedge_port_processes processes;
    unsigned runs;
    bool never; // the plugin says nothing
    char token[32];
    char answer[256];
    atomic_size_t good, refused, wrong;
    atomic_int ended;
    atomic_bool goes_on; // though all have their number
} t;

static kedge_err plugin_open(struct kedge_stream *s, const char *host, uint16_t port)
{
    struct plugin *p = (struct plugin *)(void *)s;
    (void)host;
    (void)port;
    t.runs++;
    snprintf(t.answer, sizeof t.answer,
             "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\","
             "\"status\":{\"token\":\"%s\"}}",
             t.token);
    p->looks = 0;
    p->said = 0;
    p->open = true;
    t.cluster.port.fake.open_streams++;
    return KEDGE_OK;
}

static int plugin_read(struct kedge_stream *s, void *buf, size_t cap)
{
    struct plugin *p = (struct plugin *)(void *)s;
    size_t left = strlen(t.answer) - p->said;
    if (t.never || p->looks++ < PLUGIN_LOOKS)
        return KEDGE_WANT_READ;
    if (left == 0)
        return KEDGE_ERR_CLOSED;
    size_t n = left < cap ? left : cap;
    memcpy(buf, t.answer + p->said, n);
    p->said += n;
    return (int)n;
}

static int plugin_write(struct kedge_stream *s, const void *buf, size_t len)
{
    (void)s;
    (void)buf;
    (void)len;
    return KEDGE_ERR_UNSUPPORTED;
}

static void plugin_close(struct kedge_stream *s)
{
    struct plugin *p = (struct plugin *)(void *)s;
    t.cluster.port.fake.open_streams -= p->open;
    p->open = false;
}

static const struct kedge_stream_ops plugin_ops = {plugin_open, plugin_read, plugin_write,
                                                   plugin_close};

static void plugin_init(const struct kedge_port *port, struct kedge_stream *s,
                        const struct kedge_command *command)
{
    (void)port;
    (void)command;
    *(struct plugin *)(void *)s = (struct plugin){.stream = {.ops = &plugin_ops}};
}

static bool no_terminal(const struct kedge_port *port)
{
    (void)port;
    return false;
}

static void use_plugin(void)
{
    static const struct kedge_exec exec = {.command = "plugin",
                                           .api_version = "client.authentication.k8s.io/v1",
                                           .interactive = KEDGE_EXEC_NEVER};
    t.processes = (struct kedge_port_processes){sizeof(struct plugin), plugin_init, no_terminal};
    t.cluster.port.fake.port.processes = &t.processes;
    t.config.token = NULL;
    assert_int_equal(kedge_config_exec(&t.config, &exec), KEDGE_OK);
}

// ---------------------------------------------------------------------------- the world

// Streams of the mock are ready when somebody looks.
static kedge_err short_wait(const struct kedge_port *port, struct kedge_wait *list, size_t count,
                            kedge_time deadline)
{
    (void)port;
    (void)deadline;
    for (size_t i = 0; i < count; i++)
        list[i].ready = KEDGE_INTEREST_READ | KEDGE_INTEREST_WRITE;
    nanosleep(&(struct timespec){0, 200000}, NULL);
    return KEDGE_OK;
}

static void no_wake(const struct kedge_port *port)
{
    (void)port;
}

static int setup(void **state)
{
    (void)state;
    memset(&t, 0, sizeof t);
    struct fake_port *p = &t.cluster.port.fake;
    t.cluster.mock = mock_new(&(struct mock_options){.seed = 1, .no_managed_fields = true});
    mock_port_init(&t.cluster.port, t.cluster.mock, 1);
    p->port.lock = kedge_posix()->lock;
    p->port.clock = kedge_posix()->clock;
    p->port.wait = p->port.wait_in_thread = short_wait;
    p->port.wake = no_wake;
    t.tls = (struct tls_peer){.own = &certificates[GOOD_EC],
                              .client_ca = &certificates[CA],
                              .above = p->peer,
                              .above_ctx = p->peer_ctx,
                              .end = TLS_PEER_STAYS,
                              .tickets = true};
    p->peer = &tls_peer_ops;
    p->peer_ctx = &t.tls;
    snprintf(t.token, sizeof t.token, "token-1");
    mock_add_token(t.cluster.mock, t.token, "somebody", 0);
    t.config = (struct kedge_config){.server = "https://api.example.com:6443",
                                     .ca = kedge_str_of(certificates[CA].pem),
                                     .certificate = kedge_str_of(certificates[CLIENT_EC].pem),
                                     .key = kedge_str_of(certificates[CLIENT_EC].key_pem),
                                     .token = "token-1",
                                     .qps = -1};
    mock_fill(t.cluster.mock, DEPLOYMENTS, 2);
    return 0;
}

static void open_world(void)
{
    t.cluster.memory = malloc(MEMORY);
    t.cluster.k = kedge_init(t.cluster.memory, MEMORY, &t.cluster.port.fake.port);
    t.cluster.client = kedge_client_new(t.cluster.k, &t.config);
    for (int i = 0; i < THREADS; i++)
        t.rests[i] =
            kedge_rest_new(t.cluster.client, &(struct kedge_rest_options){.own_thread = true});
    t.cluster.factory = kedge_factory_new(t.cluster.client, 0);
    t.informer = cluster_informer(&t.cluster, &kedge_kind_deployment, NULL, &t.recorder);
    t.recorder.versions_may_go_back = true; // the mock's clock stands still
    cluster_start(&t.cluster);
}

static int teardown(void **state)
{
    (void)state;
    for (int i = 0; i < THREADS; i++)
        kedge_rest_close(t.rests[i]);
    cluster_close(&t.cluster);
    tls_peer_done(&t.tls);
    return 0;
}

// ---------------------------------------------------------------------------- requests

static kedge_err count(void *ctx, const struct kedge_object *o)
{
    size_t *objects = ctx;
    *objects += kedge_as_deployment(o) != NULL;
    return KEDGE_OK;
}

// Lists, again and again, until it has its number; closes its connection now and then.
static void *ask(void *arg)
{
    struct kedge_rest *rest = arg;
    struct kedge_api api = kedge_api_of(rest, &kedge_kind_deployment, NULL);
    kedge_err err = KEDGE_OK;
    for (int i = 0; (i < REQUESTS || t.goes_on) && err != KEDGE_ERR_STOPPED;) {
        size_t objects = 0;
        struct kedge_api_list list = {.each = count, .ctx = &objects, .page_size = 5};
        err = kedge_api_list(&api, NULL, &list);
        bool refused =
            err == KEDGE_ERR_API && kedge_status_is_unauthorized(kedge_rest_status(rest));
        atomic_fetch_add(&t.refused, refused);
        if (err == KEDGE_OK && objects == DEPLOYMENTS)
            atomic_fetch_add(&t.good, 1);
        else if (!refused && err != KEDGE_ERR_STOPPED && atomic_fetch_add(&t.wrong, 1) == 0)
            print_error("%s\n", kedge_rest_error_text(rest));
        if (i % 5 == 4)
            kedge_rest_close(rest);
        i += !refused;
    }
    atomic_fetch_add(&t.ended, 1);
    return NULL;
}

static void begin(pthread_t threads[THREADS])
{
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, ask, t.rests[i]);
}

static void finish(const pthread_t threads[THREADS])
{
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(t.wrong, 0);
}

static void poll_until_all_have_ended(void)
{
    while (atomic_load(&t.ended) < THREADS)
        assert_int_equal(kedge_poll(t.cluster.k, 10), KEDGE_OK);
}

static void assert_all_well(const pthread_t threads[THREADS])
{
    finish(threads);
    assert_int_equal(t.good, THREADS * REQUESTS);
    while (!cluster_settled(&t.cluster, t.informer))
        assert_int_equal(kedge_poll(t.cluster.k, 10), KEDGE_OK);
    cluster_assert_equal(&t.cluster, t.informer, &t.recorder);
    assert_string_equal(t.tls.client, "edge-ec");
}

static void over_tls(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    open_world();
    begin(threads);
    poll_until_all_have_ended();
    assert_all_well(threads);
    assert_true(t.tls.handshakes >= THREADS * REQUESTS / 5 + 1);
    assert_int_equal(t.refused, 0);
}

// An informer's connection comes and goes, and with it its share of what all connections have.
static void while_an_informer_is_stopped_and_started(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    open_world();
    begin(threads);
    for (int i = 0; atomic_load(&t.ended) < THREADS; i++) {
        assert_int_equal(kedge_poll(t.cluster.k, 10), KEDGE_OK);
        if (i % 20 == 10)
            kedge_informer_stop(t.informer);
        if (i % 20 == 15)
            assert_int_equal(kedge_informer_start(t.informer), KEDGE_OK);
    }
    assert_int_equal(kedge_informer_start(t.informer), KEDGE_OK);
    assert_all_well(threads);
}

static void through_a_proxy(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    t.proxy = (struct proxy_peer){
        .to = &tls_peer_ops, .to_ctx = &t.tls, .authorization = "Basic bWU6Z2VoZWlt"};
    t.cluster.port.fake.peer = &proxy_peer_ops;
    t.cluster.port.fake.peer_ctx = &t.proxy;
    t.config.proxy_url = "http://me:geheim@proxy.example.com:3128";
    open_world();
    begin(threads);
    poll_until_all_have_ended();
    assert_all_well(threads);
    assert_int_equal(t.proxy.requests, t.tls.handshakes);
    assert_string_equal(t.proxy.host, "proxy.example.com");
}

// A token that is no longer good ends requests with 401; the plugin is run once for all of them.
static void with_a_plugin(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    kedge_time next = kedge_posix()->clock(kedge_posix()) + 300;
    unsigned tokens = 1;
    t.config.certificate = t.config.key = (kedge_str){NULL, 0};
    t.tls.client_ca = NULL;
    use_plugin();
    open_world();
    atomic_store(&t.goes_on, true);
    begin(threads);
    while (atomic_load(&t.ended) < THREADS) {
        assert_int_equal(kedge_poll(t.cluster.k, 10), KEDGE_OK);
        atomic_store(&t.goes_on, tokens < 3);
        if (kedge_posix()->clock(kedge_posix()) < next || tokens == 3)
            continue;
        kedge_read_begin(t.cluster.k); // the mock is for one thread at a time
        mock_add_token(t.cluster.mock, t.token, "somebody", 1);
        snprintf(t.token, sizeof t.token, "token-%u", ++tokens);
        mock_add_token(t.cluster.mock, t.token, "somebody", 0);
        mock_tick(t.cluster.mock, 2);
        kedge_read_end(t.cluster.k);
        next += 1200;
    }
    finish(threads);
    assert_true(t.good >= THREADS * REQUESTS);
    assert_true(t.refused > 0);
    assert_int_equal(t.runs, tokens);
}

static void a_stop_ends_who_waits_for_a_plugin(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    t.config.certificate = t.config.key = (kedge_str){NULL, 0};
    t.tls.client_ca = NULL;
    t.never = true;
    use_plugin();
    open_world();
    begin(threads);
    for (int i = 0; i < 50; i++)
        assert_int_equal(kedge_poll(t.cluster.k, 10), KEDGE_OK);
    kedge_time before = kedge_posix()->clock(kedge_posix());
    kedge_stop(t.cluster.k);
    finish(threads);
    assert_true(kedge_posix()->clock(kedge_posix()) - before < 10 * KEDGE_SECOND);
    assert_int_equal(t.runs, 1);
    assert_int_equal(t.good + t.refused, 0);
}

static void *ask_nobody(void *arg)
{
    struct kedge_request get = {.verb = KEDGE_GET, .path = "/version", .timeout = KEDGE_MINUTE};
    kedge_err err = KEDGE_ERR_CONNECT;
    char buf[64];
    size_t len;
    while (err == KEDGE_ERR_CONNECT)
        err = kedge_rest_read(arg, &get, buf, sizeof buf, &len);
    if (err != KEDGE_ERR_STOPPED) {
        print_error("%s\n", kedge_rest_error_text(arg));
        atomic_fetch_add(&t.wrong, 1);
    }
    return NULL;
}

// As if other threads had the processor first.
static kedge_err late_wait(const struct kedge_port *port, struct kedge_wait *list, size_t count,
                           kedge_time deadline)
{
    const struct kedge_port *real = kedge_posix();
    (void)port;
    nanosleep(&(struct timespec){0, 150000000}, NULL);
    return real->wait(real, list, count, deadline);
}

static void real_wake(const struct kedge_port *port)
{
    (void)port;
    kedge_posix()->wake(kedge_posix());
}

// Real processes of the POSIX port, again and again: the thread that polls waits for their output,
// and so do others, of whom any may be the one who takes it and closes.
static void for_the_output_of_a_process(void **state)
{
    (void)state;
    static unsigned char memory[MEMORY];
    pthread_t threads[THREADS];
    struct kedge_rest *rests[THREADS];
    static const char args[] = "-c\0sleep 0.05; echo '{\"kind\":\"ExecCredential\",\"apiVersion\":"
                               "\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"t\","
                               "\"expirationTimestamp\":\"2020-01-01T00:00:00Z\"}}'";
    struct kedge_exec exec = {.command = "/bin/sh",
                              .args = {args, sizeof args},
                              .api_version = "client.authentication.k8s.io/v1",
                              .interactive = KEDGE_EXEC_NEVER};
    struct kedge_config config = {.server = "https://127.0.0.1:1", .qps = 50};
    assert_int_equal(kedge_config_exec(&config, &exec), KEDGE_OK);
    memset(&t, 0, sizeof t);
    struct kedge_port port = *kedge_posix();
    port.wait = late_wait;
    port.wake = real_wake;
    struct kedge *k = kedge_init(memory, sizeof memory, &port);
    struct kedge_client *client = kedge_client_new(k, &config);
    for (int i = 0; i < THREADS; i++)
        rests[i] = kedge_rest_new(client, &(struct kedge_rest_options){.own_thread = true});
    struct kedge_factory *factory = kedge_factory_new(client, 0);
    struct kedge_informer_options often = {.backoff_first = 20, .backoff_cap = 40};
    struct kedge_informer *inf =
        kedge_factory_informer_with(factory, &kedge_kind_deployment, &often);
    assert_int_equal(kedge_factory_start(factory), KEDGE_OK);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, ask_nobody, rests[i]);
    kedge_time until = kedge_posix()->clock(kedge_posix()) + 4 * KEDGE_SECOND;
    while (kedge_posix()->clock(kedge_posix()) < until)
        assert_int_equal(kedge_poll(k, KEDGE_SECOND), KEDGE_OK);
    assert_false(kedge_informer_has_synced(inf));
    kedge_stop(k);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        kedge_rest_close(rests[i]);
    }
    assert_int_equal(t.wrong, 0);
    kedge_factory_shutdown(factory);
    kedge_client_free(client);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(over_tls),
        T(while_an_informer_is_stopped_and_started),
        T(through_a_proxy),
        T(with_a_plugin),
        T(a_stop_ends_who_waits_for_a_plugin),
        cmocka_unit_test(for_the_output_of_a_process),
    };
    return cmocka_run_group_tests(tests, make_certificates, free_certificates);
}

#else

static void without_threads_requests_wait_in_the_loop(void **state)
{
    (void)state;
    assert_null(kedge_posix()->wait_in_thread);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(without_threads_requests_wait_in_the_loop)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
