// SPDX-License-Identifier: Apache-2.0
// mock_port.c - see mock_port.h.
#include "mock_port.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void *mock_open(void *ctx, const char *host, uint16_t port)
{
    struct mock_port *p = ctx;
    (void)host;
    (void)port;
    return mock_connection_open(p->mock);
}

static size_t mock_feed(void *connection, const void *bytes, size_t len)
{
    return mock_connection_feed(connection, bytes, len);
}

static size_t mock_output(void *connection, void *buf, size_t cap)
{
    return mock_connection_output(connection, buf, cap);
}

static enum fake_state mock_state(void *connection)
{
    switch (mock_connection_state(connection)) {
    case MOCK_CLOSED:
        return FAKE_CLOSED;
    case MOCK_RESET:
        return FAKE_RESET;
    default:
        return FAKE_OPEN;
    }
}

static void mock_close(void *connection)
{
    mock_connection_close(connection);
}

static void tick(void *ctx, kedge_time now)
{
    struct mock_port *p = ctx;
    mock_tick(p->mock, now - FAKE_PORT_START);
}

static kedge_time next(void *ctx)
{
    struct mock_port *p = ctx;
    int64_t at = mock_next_deadline(p->mock);
    return at < KEDGE_FOREVER - FAKE_PORT_START ? at + FAKE_PORT_START : KEDGE_FOREVER;
}

static const struct fake_peer mock_peer = {
    .open = mock_open,
    .feed = mock_feed,
    .output = mock_output,
    .state = mock_state,
    .close = mock_close,
    .tick = tick,
    .next = next,
};

void mock_port_init(struct mock_port *p, struct mock *mock, uint64_t seed)
{
    fake_port_init(&p->fake, seed);
    p->fake.peer = &mock_peer;
    p->fake.peer_ctx = p;
    p->mock = mock;
}

json_t *mock_port_object(const struct mock_port *p, const char *resource, const char *namespace_,
                         const char *name)
{
    struct mock_item item;
    if (!mock_get(p->mock, resource, namespace_, name, &item))
        return NULL;
    json_t *object = json_loadb(item.text, item.len, 0, NULL);
    assert_non_null(object);
    return object;
}

void mock_port_done(struct mock_port *p)
{
    fake_port_check(&p->fake);
    mock_free(p->mock);
    p->mock = NULL;
}
