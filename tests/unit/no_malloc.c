// SPDX-License-Identifier: Apache-2.0
// After start the core allocates nothing: the sanitizer's malloc hook counts while 10,000 events
// pass.
//
// The mock API server lives in the same process and allocates as it likes, so counting is suspended
// inside every call of the port.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cluster.h"

// gcc's libasan has it without its header.
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
                                              void (*on_free)(const volatile void *));

static volatile bool counting;
static unsigned long allocations;

static void on_malloc(const volatile void *p, size_t size)
{
    (void)p;
    (void)size;
    allocations += counting;
}

static void on_free(const volatile void *p)
{
    (void)p;
    allocations += counting;
}

// The fake port, with counting suspended while the peer works.
static const struct kedge_port *inner;
static const struct kedge_stream_ops *inner_ops;

static kedge_err quiet_open(struct kedge_stream *s, const char *host, uint16_t port)
{
    bool was = counting;
    counting = false;
    kedge_err err = inner_ops->open(s, host, port);
    counting = was;
    return err;
}

static int quiet_read(struct kedge_stream *s, void *buf, size_t cap)
{
    bool was = counting;
    counting = false;
    int n = inner_ops->read(s, buf, cap);
    counting = was;
    return n;
}

static int quiet_write(struct kedge_stream *s, const void *buf, size_t len)
{
    bool was = counting;
    counting = false;
    int n = inner_ops->write(s, buf, len);
    counting = was;
    return n;
}

static void quiet_close(struct kedge_stream *s)
{
    bool was = counting;
    counting = false;
    inner_ops->close(s);
    counting = was;
}

static const struct kedge_stream_ops quiet_ops = {quiet_open, quiet_read, quiet_write, quiet_close};

static void quiet_stream_init(const struct kedge_port *port, struct kedge_stream *s)
{
    inner->stream_init(port, s);
    inner_ops = s->ops;
    s->ops = &quiet_ops;
}

static kedge_err quiet_wait(const struct kedge_port *port, struct kedge_wait *list, size_t count,
                            kedge_time deadline)
{
    bool was = counting;
    counting = false;
    kedge_err err = inner->wait(port, list, count, deadline);
    counting = was;
    return err;
}

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
        counting = true;
        kedge_err err = kedge_poll(c->k, until - c->port.fake.now);
        counting = false;
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
    static struct kedge_port quiet;
    static struct kedge_port kept;
    kept = c.port.fake.port;
    inner = &kept;
    quiet = kept;
    quiet.stream_init = quiet_stream_init;
    quiet.wait = quiet_wait;
    c.port.fake.port = quiet; // the kedge keeps a pointer to it
    struct kedge_informer *inf = kedge_factory_informer(c.factory, &kedge_kind_deployment);
    assert_int_equal(kedge_informer_add_handler(inf, &h), KEDGE_OK);
    cluster_start(&c);
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
    assert_int_equal(allocations, 0);
    assert_true(cluster_settle(&c, inf, KEDGE_HOUR));
    cluster_assert_equal(&c, inf, NULL);
    cluster_close(&c);
}

// The hook works: else the test above would prove nothing.
static void an_allocation_is_counted(void **state)
{
    (void)state;
    counting = true;
    void *p = malloc(16);
    counting = false;
    assert_non_null(p);
    free(p);
    assert_int_equal(allocations, 1);
    allocations = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_allocation_is_counted),
        cmocka_unit_test(ten_thousand_events_allocate_nothing),
    };
    if (__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) == 0) {
        fprintf(stderr, "the sanitizer takes no hooks\n");
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
