// SPDX-License-Identifier: Apache-2.0
// A whole program in a pod: its files and environment, TLS, a token that is renewed, an informer
// over the mock API server. Every call of the port in turn fails, whatever it is for, and the bytes
// of the TLS connection end everywhere.
//
//     sweeps_pod [all]         with an argument: each call, after each byte
#include "sweep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cluster.h"
#include "tls_talk.h"

#define FOLDER "/var/run/secrets/kubernetes.io/serviceaccount/"
// Less than any time-out: whoever recovers by one has overlooked what failed.
#define SETTLE (60 * KEDGE_SECOND)

enum { MEMORY = 64 * 1024 };

struct pod {
    struct cluster c;
    struct tls_peer tls;
    struct recorder r;
    struct kedge_informer *inf;
    struct fake_file files[3];
    unsigned failed_polls;
};

static struct pod pod;

static void put(const char *name, const char *text)
{
    struct fake_port *p = &pod.c.port.fake;
    pod.files[p->file_count++] = (struct fake_file){name, text, strlen(text), KEDGE_OK};
}

static void prepare(void)
{
    static const struct fake_variable variables[] = {{"KUBERNETES_SERVICE_HOST", "10.0.0.1"},
                                                     {"KUBERNETES_SERVICE_PORT", "6443"}};
    struct fake_port *p = &pod.c.port.fake;
    memset(&pod, 0, sizeof pod);
    pod.c.mock = mock_new(&(struct mock_options){.seed = 1, .no_managed_fields = true});
    mock_add_token(pod.c.mock, "first", "pod", 0);
    mock_add_token(pod.c.mock, "second", "pod", 0);
    mock_port_init(&pod.c.port, pod.c.mock, 1);
    pod.tls = (struct tls_peer){.own = &certificates[GOOD_EC],
                                .above = p->peer,
                                .above_ctx = p->peer_ctx,
                                .end = TLS_PEER_STAYS};
    p->peer = &tls_peer_ops;
    p->peer_ctx = &pod.tls;
    p->files = pod.files;
    p->variables = variables;
    p->variable_count = 2;
    put(FOLDER "ca.crt", certificates[CA].pem);
    put(FOLDER "token", "first");
    put(FOLDER "namespace", "shop");
}

static void apply(const char *name, int replicas)
{
    mock_apply(pod.c.mock, "deployments", deployment("default", name, replicas, NULL));
}

static kedge_err start(void)
{
    struct kedge_config config;
    struct kedge_informer_options o = {.page = 2};
    struct cluster *c = &pod.c;
    c->memory = malloc(MEMORY);
    c->k = kedge_init(c->memory, MEMORY, &c->port.fake.port);
    kedge_config_load(c->k, &config, NULL);
    c->client = kedge_client_new(c->k, &config);
    c->factory = kedge_factory_new(c->client, 0);
    pod.inf = kedge_factory_informer_with(c->factory, &kedge_kind_deployment, &o);
    recorder_init(&pod.r);
    c->recorders[c->recorder_count++] = &pod.r;
    kedge_informer_add_handler(pod.inf, &pod.r.handler);
    kedge_factory_start(c->factory);
    return kedge_error(c->k);
}

static void poll_until(kedge_time until, bool settled)
{
    struct fake_port *p = &pod.c.port.fake;
    while (settled ? !cluster_settled(&pod.c, pod.inf) : p->now < until) {
        if (p->now >= until)
            fail_msg("no recovery in a minute");
        kedge_err err = kedge_poll(pod.c.k, 1000);
        if (err != KEDGE_OK)
            assert_int_equal(err, KEDGE_ERR_IO);
        pod.failed_polls += err != KEDGE_OK;
        assert_true(pod.failed_polls <= 4); // no failure of a wait is for good
        if (p->opens > 1)
            p->cruelty.cut = false;
    }
}

static void settle(void)
{
    poll_until(pod.c.port.fake.now + SETTLE, true);
}

static void live(void)
{
    apply("a", 1);
    apply("b", 1);
    apply("c", 1);
    settle();
    apply("b", 2);
    mock_delete(pod.c.mock, "deployments", "default", "c");
    apply("d", 1);
    settle();
    // The token is replaced, and the next connection needs the new one.
    pod.files[1] = (struct fake_file){FOLDER "token", "second", 6, KEDGE_OK};
    poll_until(pod.c.port.fake.now + KEDGE_MINUTE, false);
    mock_restart(pod.c.mock, true);
    apply("e", 1);
    settle();
    cluster_assert_equal(&pod.c, pod.inf, &pod.r);
    assert_int_equal(pod.r.adds, 5);
    assert_int_equal(pod.r.deletes, 1);
    assert_int_equal(pod.r.unknown_deletes, 0);
}

// Lives from start to end, or fails at the start by what failed there.
static kedge_err run(const struct fake_cruelty *cruelty)
{
    prepare();
    pod.c.port.fake.cruelty = *cruelty;
    kedge_err err = start();
    if (err == KEDGE_OK)
        live();
    else
        assert_true(err == KEDGE_ERR_FILE || err == KEDGE_ERR_ENTROPY);
    cluster_close(&pod.c); // no stream is open
    tls_peer_done(&pod.tls);
    return err;
}

struct calls {
    const char *name;
    unsigned only, least;
    size_t bytes; // a read or a write
};

// Fails the 1st of these calls, then the 2nd, until a run needs no more.
static void fail_each(const struct calls *calls)
{
    unsigned at = 1, refused = 0;
    for (;;) {
        refused += run(&(struct fake_cruelty){.read_max = calls->bytes,
                                              .write_max = calls->bytes,
                                              .block_every = 5,
                                              .connect_steps = 1,
                                              .fail_only = calls->only,
                                              .fail_at = at,
                                              .mends = at % 2 == 0}) != KEDGE_OK;
        if (pod.c.port.fake.calls < at)
            break;
        // A handshake takes its time: behind the start, every fifth of its many calls.
        at += at < 24 || sweep_whole() ? 1 : 5;
    }
    print_message("%-8s %3u calls, %2u of them for the start\n", calls->name, at - 1, refused);
    assert_in_range(at, calls->least, 500);
    // Once started, nothing that fails once is the end.
    bool at_start = (calls->only & (FAKE_CALL_STREAM | FAKE_CALL_WAIT)) == 0;
    assert_in_range(refused, at_start, at_start ? 40 : 0);
}

static void whichever_call_fails(void **state)
{
    (void)state;
    static const struct calls kinds[] = {
        {"any", 0, 100, 0},
        {"entropy", FAKE_CALL_ENTROPY, 2, 0},
        {"file", FAKE_CALL_FILE, 15, 500},
        {"open", FAKE_CALL_OPEN, 4, 0},
        {"write", FAKE_CALL_WRITE, 10, 200},
        {"wait", FAKE_CALL_WAIT, 5, 0},
        {"read", FAKE_CALL_READ, 20, 200},
    };
    // The first has all of the others in it.
    for (size_t i = 0; i < (sweep_whole() ? sizeof kinds / sizeof kinds[0] : 3); i++)
        fail_each(&kinds[i]);
}

static void wherever_the_servers_bytes_end(void **state)
{
    (void)state;
    assert_int_equal(run(&(struct fake_cruelty){0}), KEDGE_OK);
    size_t bytes = (size_t)pod.c.port.fake.bytes_read;
    size_t step = sweep_whole() ? 1 : 181;
    static const kedge_err ends[] = {KEDGE_ERR_CLOSED, KEDGE_ERR_IO};
    for (size_t e = 0; e < 2; e++) {
        for (size_t at = e * step / 2; at < bytes; at += step)
            run(&(struct fake_cruelty){.cut = true, .cut_at = at, .cut_with = ends[e]});
    }
    print_message("%zu bytes\n", bytes);
    assert_in_range(bytes, 4000, 20000);
}

int main(int argc, char **argv)
{
    (void)argv;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whichever_call_fails),
        cmocka_unit_test(wherever_the_servers_bytes_end),
    };
    sweep_arguments(argc);
    return cmocka_run_group_tests_name("sweeps_pod", tests, make_certificates, free_certificates);
}
