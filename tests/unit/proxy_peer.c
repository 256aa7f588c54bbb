// SPDX-License-Identifier: Apache-2.0
// proxy_peer.c - see proxy_peer.h.
#include "proxy_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct proxy_connection {
    struct proxy_peer *proxy;
    char request[4096];
    size_t got;
    bool asked;
    const char *answer;
    size_t at; // of the answer
    void *to;  // the connection to the server; NULL: refused
};

static void *open_connection(void *ctx, const char *host, uint16_t port)
{
    struct proxy_connection *c = calloc(1, sizeof *c);
    assert_non_null(c);
    c->proxy = ctx;
    snprintf(c->proxy->host, sizeof c->proxy->host, "%s", host);
    c->proxy->port = port;
    return c;
}

static const char *judge(const struct proxy_connection *c)
{
    const struct proxy_peer *p = c->proxy;
    char line[512];
    if (p->answer != NULL)
        return p->answer;
    snprintf(line, sizeof line, "\r\nProxy-Authorization: %s\r\n",
             p->authorization != NULL ? p->authorization : "");
    if (p->authorization != NULL && strstr(c->request, line) == NULL)
        return "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
    return "HTTP/1.1 200 OK\r\n\r\n";
}

static void take_request(struct proxy_connection *c)
{
    struct proxy_peer *p = c->proxy;
    char host[256];
    unsigned port = 0;
    c->asked = true;
    p->requests++;
    memcpy(p->request, c->request, c->got + 1);
    c->answer = judge(c);
    bool granted = strlen(c->answer) > 9 && c->answer[8] == ' ' && c->answer[9] == '2';
    if (!granted || p->to == NULL)
        return;
    assert_int_equal(sscanf(c->request, "CONNECT %255[^: ]:%u HTTP/1.1\r\n", host, &port), 2);
    c->to = p->to->open(p->to_ctx, host, (uint16_t)port);
    assert_non_null(c->to);
}

static size_t feed(void *connection, const void *bytes, size_t len)
{
    struct proxy_connection *c = connection;
    size_t n = 0;
    while (n < len && !c->asked) {
        assert_true(c->got + 1 < sizeof c->request);
        c->request[c->got++] = ((const char *)bytes)[n++];
        if (c->got >= 4 && memcmp(c->request + c->got - 4, "\r\n\r\n", 4) == 0)
            take_request(c);
    }
    if (n < len && c->to != NULL)
        n += c->proxy->to->feed(c->to, (const char *)bytes + n, len - n);
    return n;
}

static size_t output(void *connection, void *buf, size_t cap)
{
    struct proxy_connection *c = connection;
    size_t left = c->answer != NULL ? strlen(c->answer) - c->at : 0;
    size_t n = left < cap ? left : cap;
    if (n > 0)
        memcpy(buf, c->answer + c->at, n);
    c->at += n;
    // As one reading of the network: what the server says may come with the answer's end.
    if (n < cap && c->to != NULL)
        n += c->proxy->to->output(c->to, (char *)buf + n, cap - n);
    return n;
}

static enum fake_state state(void *connection)
{
    const struct proxy_connection *c = connection;
    bool said = c->answer != NULL && c->answer[c->at] == '\0';
    if (said && c->to != NULL)
        return c->proxy->to->state(c->to);
    return said && c->proxy->closes ? FAKE_CLOSED : FAKE_OPEN;
}

static void close_connection(void *connection)
{
    struct proxy_connection *c = connection;
    if (c->to != NULL)
        c->proxy->to->close(c->to);
    free(c);
}

const struct fake_peer proxy_peer_ops = {
    .open = open_connection,
    .feed = feed,
    .output = output,
    .state = state,
    .close = close_connection,
};
