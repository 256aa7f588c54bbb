// SPDX-License-Identifier: Apache-2.0
// What mbedTLS takes for an informer's connections is given back when its factory is shut down, and
// what it takes for the client with the client.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cluster.h"
#include "quiet_port.h"
#include "tls_talk.h"

enum { MEMORY = 192 * 1024, ROUNDS = 3 };

static struct {
    struct cluster c;
    struct tls_peer tls;
} t;

static int setup(void **state)
{
    (void)state;
    memset(&t, 0, sizeof t);
    struct fake_port *p = &t.c.port.fake;
    t.c.mock = mock_new(&(struct mock_options){.seed = 1, .no_managed_fields = true});
    mock_fill(t.c.mock, 10, 1);
    mock_port_init(&t.c.port, t.c.mock, 1);
    t.tls = (struct tls_peer){.own = &certificates[GOOD_EC],
                              .client_ca = &certificates[CA],
                              .tickets = true,
                              .above = p->peer,
                              .above_ctx = p->peer_ctx,
                              .end = TLS_PEER_STAYS};
    p->peer = &tls_peer_ops;
    p->peer_ctx = &t.tls;
    quiet_port(p);
    t.c.memory = malloc(MEMORY);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(t.c.memory);
    mock_free(t.c.mock);
    tls_peer_done(&t.tls);
    fake_port_check(&t.c.port.fake);
    return 0;
}

static struct kedge_client *client_of(struct kedge *k)
{
    struct kedge_config config = {
        .server = "https://api.example.com:6443",
        .ca = kedge_str_of(certificates[CA].pem),
        .certificate = kedge_str_of(certificates[CLIENT_EC].pem),
        .key = kedge_str_of(certificates[CLIENT_EC].key_pem),
    };
    return kedge_client_new(k, &config);
}

static unsigned long held(void)
{
    return quiet_counted().taken - quiet_counted().given_back;
}

// A life: it syncs, its connection breaks and comes again, and it ends. Returns what is still held.
static unsigned long live(void)
{
    t.c.k = kedge_init(t.c.memory, MEMORY, &t.c.port.fake.port);
    quiet_count(true);
    t.c.client = client_of(t.c.k);
    quiet_go_on(false);
    assert_non_null(t.c.client);
    unsigned long of_the_client = held();
    assert_true(of_the_client > 0);

    t.c.factory = kedge_factory_new(t.c.client, 0);
    struct kedge_informer *inf = kedge_factory_informer(t.c.factory, &kedge_kind_deployment);
    quiet_go_on(true);
    assert_int_equal(kedge_factory_start(t.c.factory), KEDGE_OK);
    assert_int_equal(kedge_factory_wait_for_cache_sync(t.c.factory, KEDGE_MINUTE), KEDGE_OK);
    assert_true(held() > of_the_client); // a connection is open
    quiet_go_on(false);
    mock_inject(t.c.mock,
                &(struct mock_fault){.kind = MOCK_FAULT_RESET, .on = MOCK_ON_WATCH, .now = true});
    quiet_go_on(true);
    for (kedge_time end = t.c.port.fake.now + KEDGE_MINUTE; t.c.port.fake.now < end;)
        assert_int_equal(kedge_poll(t.c.k, KEDGE_SECOND), KEDGE_OK);
    kedge_factory_shutdown(t.c.factory);
    quiet_go_on(false);
    assert_int_equal(t.c.port.fake.open_streams, 0);
    assert_int_equal(kedge_lister_count(inf), 10);

    // A connection may have left a ticket with the client; no more than that.
    assert_true(held() <= of_the_client + 4);
    quiet_go_on(true);
    kedge_client_free(t.c.client);
    quiet_go_on(false);
    return held();
}

static void what_a_connection_takes_is_given_back(void **state)
{
    (void)state;
    // The first one also sets up what stays: the C library's time zone, mbedTLS 3's key store.
    live();
    for (int i = 1; i < ROUNDS; i++)
        assert_int_equal(live(), 0);
    assert_int_equal(t.tls.handshakes, 2 * ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_a_connection_takes_is_given_back, setup, teardown),
    };
    if (!quiet_port_hooks())
        return 1;
    return cmocka_run_group_tests(tests, make_certificates, free_certificates);
}
