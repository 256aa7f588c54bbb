// SPDX-License-Identifier: Apache-2.0
#include "hostile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct visit {
    struct hostile *h;
    char end[4];                     // the last bytes that came
    const struct hostile_answer *is; // NULL: nothing was asked
    int part;                        // 0: head, 1: units, 2: tail, 3: all is said
    uint64_t units;
    size_t at;
};

static void *hostile_open(void *ctx, const char *host, uint16_t port)
{
    struct visit *v = calloc(1, sizeof *v);
    (void)host;
    (void)port;
    assert_non_null(v);
    v->h = ctx;
    if (v->h->unasked)
        v->is = &v->h->answers[0];
    return v;
}

static void was_asked(struct visit *v)
{
    struct hostile *h = v->h;
    size_t i = h->asked < h->count ? h->asked : h->count - 1;
    h->asked++;
    h->next = 0;
    if (h->unasked)
        return;
    v->is = &h->answers[i];
    v->part = 0;
    v->units = v->at = 0;
}

static size_t hostile_feed(void *connection, const void *bytes, size_t len)
{
    struct visit *v = connection;
    struct hostile *h = v->h;
    for (size_t i = 0; i < len; i++) {
        char c = ((const char *)bytes)[i];
        if (h->len + 1 < sizeof h->requests)
            h->requests[h->len++] = c;
        memmove(v->end, v->end + 1, 3);
        v->end[3] = c;
        if (memcmp(v->end, "\r\n\r\n", 4) == 0)
            was_asked(v);
    }
    return len;
}

// The text that is being said at v->at; goes on to the next when one is over. NULL: all is said.
static const char *text(struct visit *v)
{
    const char *texts[] = {v->is->head, v->is->unit, v->is->tail};
    const uint64_t times[] = {1, v->is->times, 1};
    while (v->part < 3) {
        const char *t = texts[v->part];
        bool over = t == NULL || t[0] == '\0' || v->units == times[v->part];
        if (!over && t[v->at] != '\0')
            return t;
        v->part += over;
        v->units = over ? 0 : v->units + 1;
        v->at = 0;
    }
    return NULL;
}

static size_t hostile_output(void *connection, void *buf, size_t cap)
{
    struct visit *v = connection;
    struct hostile *h = v->h;
    size_t n = 0;
    if (v->is == NULL || (v->is->pause > 0 && h->now < h->next))
        return 0;
    size_t most = v->is->pause > 0 ? 1 : cap;
    for (const char *t; n < most && (t = text(v)) != NULL;)
        ((char *)buf)[n++] = t[v->at++];
    if (v->is->pause > 0)
        h->next = h->now + v->is->pause;
    h->said += n;
    return n;
}

static enum fake_state hostile_state(void *connection)
{
    struct visit *v = connection;
    bool over = v->is != NULL && v->is->closes && text(v) == NULL;
    return over ? FAKE_CLOSED : FAKE_OPEN;
}

static void hostile_close(void *connection)
{
    free(connection);
}

static void hostile_tick(void *ctx, kedge_time now)
{
    struct hostile *h = ctx;
    h->now = now;
}

static kedge_time hostile_next(void *ctx)
{
    const struct hostile *h = ctx;
    return h->next > h->now ? h->next : KEDGE_FOREVER;
}

const struct fake_peer hostile_peer = {
    .open = hostile_open,
    .feed = hostile_feed,
    .output = hostile_output,
    .state = hostile_state,
    .close = hostile_close,
    .tick = hostile_tick,
    .next = hostile_next,
};
