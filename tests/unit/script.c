// SPDX-License-Identifier: Apache-2.0
// script.c - see script.h.
#include "script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct script_connection {
    struct script *script;
    char *out;
    size_t len;
    size_t at;
    enum fake_state end;
    char tail[4]; // of what was received
};

static void *open_connection(void *ctx, const char *host, uint16_t port)
{
    struct script_connection *c = calloc(1, sizeof *c);
    (void)host;
    (void)port;
    assert_non_null(c);
    c->script = ctx;
    c->end = FAKE_OPEN;
    c->script->last = c;
    return c;
}

static void say(struct script_connection *c, const char *text)
{
    size_t len = strlen(text);
    char last = len > 0 ? text[len - 1] : '\0';
    if (last == SCRIPT_CLOSES[0] || last == SCRIPT_RESETS[0]) {
        c->end = last == SCRIPT_CLOSES[0] ? FAKE_CLOSED : FAKE_RESET;
        len--;
    }
    c->out = realloc(c->out, c->len + len + 1);
    assert_non_null(c->out);
    memcpy(c->out + c->len, text, len);
    c->len += len;
}

void script_say(struct script *s, const char *text)
{
    assert_non_null(s->last);
    say(s->last, text);
}

static size_t feed(void *connection, const void *bytes, size_t len)
{
    struct script_connection *c = connection;
    struct script *s = c->script;
    for (size_t i = 0; i < len; i++) {
        char byte = ((const char *)bytes)[i];
        assert_true(s->seen_len + 1 < sizeof s->seen);
        s->seen[s->seen_len++] = byte;
        memmove(c->tail, c->tail + 1, 3);
        c->tail[3] = byte;
        if (memcmp(c->tail, "\r\n\r\n", 4) == 0 && s->next < s->count)
            say(c, s->answers[s->next++]);
    }
    return len;
}

static size_t output(void *connection, void *buf, size_t cap)
{
    struct script_connection *c = connection;
    size_t n = c->len - c->at < cap ? c->len - c->at : cap;
    if (n > 0)
        memcpy(buf, c->out + c->at, n);
    c->at += n;
    return n;
}

static enum fake_state state(void *connection)
{
    const struct script_connection *c = connection;
    return c->at == c->len ? c->end : FAKE_OPEN;
}

static void close_connection(void *connection)
{
    struct script_connection *c = connection;
    if (c->script->last == c)
        c->script->last = NULL;
    free(c->out);
    free(c);
}

const struct fake_peer script_peer = {
    .open = open_connection,
    .feed = feed,
    .output = output,
    .state = state,
    .close = close_connection,
};

void script_serve(struct script *s, struct fake_port *p, const char *const *answers, size_t count)
{
    memset(s, 0, sizeof *s);
    s->answers = answers;
    s->count = count;
    p->peer = &script_peer;
    p->peer_ctx = s;
}
