// SPDX-License-Identifier: Apache-2.0
// After start the core allocates nothing: the sanitizer's malloc hook counts while 10,000 events
// pass.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cluster.h"
#include "quiet_port.h"

static unsigned long events;

static void added(void *ctx, const struct kedge_object *o, bool initial)
{
    (void)ctx;
    (void)o;
    (void)initial;
    events++;
}

static void updated(void *ctx, const struct kedge_object *old, const struct kedge_object *o)
{
    (void)ctx;
    (void)old;
    (void)o;
    events++;
}

static void deleted(void *ctx, const struct kedge_object *o, bool tombstone)
{
    (void)ctx;
    (void)o;
    (void)tombstone;
    events++;
}

static void poll_counted(struct cluster *c, kedge_time ms)
{
    kedge_time until = c->port.fake.now + ms;
    while (c->port.fake.now < until) {
        quiet_go_on(true);
        kedge_err err = kedge_poll(c->k, until - c->port.fake.now);
        quiet_go_on(false);
        assert_int_equal(err, KEDGE_OK);
    }
}

static void ten_thousand_events_allocate_nothing(void **state)
{
    (void)state;
    struct cluster c;
    struct kedge_handler h = {.on_add = added, .on_update = updated, .on_delete = deleted};
    cluster_open(&c, &(struct cluster_options){.resync = KEDGE_MINUTE});
    mock_fill(c.mock, 60, 5);
    quiet_port(&c.port.fake);
    struct kedge_informer *inf = kedge_factory_informer(c.factory, &kedge_kind_deployment);
    assert_int_equal(kedge_informer_add_handler(inf, &h), KEDGE_OK);
    cluster_start(&c);
    quiet_count(true);
    poll_counted(&c, 10 * KEDGE_SECOND);
    assert_true(kedge_informer_has_synced(inf));
    for (unsigned i = 0; events < 10000; i++) {
        mock_churn(c.mock);
        if (i % 50 == 0)
            poll_counted(&c, KEDGE_SECOND);
        if (i % 3000 == 2999) { // and through a relist
            mock_compact(c.mock);
            mock_inject(c.mock, &(struct mock_fault){.kind = MOCK_FAULT_EXPIRED_EVENT,
                                                     .on = MOCK_ON_WATCH,
                                                     .now = true});
        }
    }
    poll_counted(&c, 10 * KEDGE_SECOND);
    assert_int_equal(quiet_counted().taken, 0);
    assert_int_equal(quiet_counted().given_back, 0);
    assert_true(cluster_settle(&c, inf, KEDGE_HOUR));
    cluster_assert_equal(&c, inf, NULL);
    cluster_close(&c);
}

// The hook works: else the test above would prove nothing.
static void an_allocation_is_counted(void **state)
{
    (void)state;
    quiet_count(true);
    void *p = malloc(16);
    assert_int_equal(quiet_counted().given_back, 0);
    free(p);
    quiet_count(false);
    assert_non_null(p);
    assert_int_equal(quiet_counted().taken, 1);
    assert_int_equal(quiet_counted().given_back, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_allocation_is_counted),
        cmocka_unit_test(ten_thousand_events_allocate_nothing),
    };
    if (!quiet_port_hooks())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
