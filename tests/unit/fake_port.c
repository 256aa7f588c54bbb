// SPDX-License-Identifier: Apache-2.0
// fake_port.c - see fake_port.h.
#include "fake_port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WAITS_MAX = 1000000, AHEAD = 16384 };

enum state { CLOSED, CONNECTING, OPEN, BROKEN };

// What a socket's receive buffer is: bytes that the peer has sent and nobody has read.
struct fake_stream {
    struct kedge_stream stream; // first
    struct fake_port *port;
    void *connection;
    enum state state;
    unsigned steps;          // of connecting
    kedge_time silent_since; // -1: not silent
    size_t taken;            // bytes of the peer that were read
    size_t ahead_len;
    unsigned char *ahead; // AHEAD bytes while open
};

static struct fake_stream *of(struct kedge_stream *s)
{
    return (struct fake_stream *)s;
}

// The port is given as const, as to every port; here it is ours to change.
static struct fake_port *ours(const struct kedge_port *port)
{
    union {
        const struct kedge_port *in;
        struct fake_port *out;
    } p = {port};
    return p.out;
}

uint64_t fake_port_random(struct fake_port *p, uint64_t bound)
{
    p->random += 0x9e3779b97f4a7c15u;
    uint64_t z = p->random;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % bound;
}

// ---- cruelties

static bool fails(struct fake_port *p, enum fake_call call)
{
    const struct fake_cruelty *c = &p->cruelty;
    if (c->fail_only != 0 && (c->fail_only & (unsigned)call) == 0)
        return false;
    p->calls++;
    return c->fail_at > 0 && p->calls >= c->fail_at && p->calls - c->fail_at <= c->fail_count;
}

// True if a read or write fails now.
static bool breaks(struct fake_stream *f, enum fake_call call)
{
    bool failed = fails(f->port, call);
    if (failed && !f->port->cruelty.mends)
        f->state = BROKEN;
    return failed || f->state == BROKEN;
}

static bool blocks(struct fake_port *p)
{
    unsigned every = p->cruelty.block_every;
    if (every == 0)
        return false;
    return ++p->transfers % (every > 1 ? every : 2) == 0;
}

static size_t bytes_allowed(struct fake_port *p, size_t len, size_t max)
{
    size_t n = max > 0 && max < len ? max : len;
    return p->cruelty.random_sizes ? 1 + (size_t)fake_port_random(p, n) : n;
}

// True if the peer is silent; breaks the stream when keep-alive has had enough.
static bool silent(struct fake_stream *f)
{
    const struct fake_cruelty *c = &f->port->cruelty;
    if (!c->half_open) {
        f->silent_since = -1;
        return false;
    }
    if (f->silent_since < 0)
        f->silent_since = f->port->now;
    if (c->keep_alive > 0 && f->port->now - f->silent_since >= c->keep_alive)
        f->state = BROKEN;
    return true;
}

// ---- streams

static kedge_err connected(struct fake_stream *f, const char *host, uint16_t number)
{
    struct fake_port *p = f->port;
    if (p->cruelty.refuse || p->peer == NULL)
        return KEDGE_ERR_CONNECT;
    f->connection = p->peer->open(p->peer_ctx, host, number);
    if (f->connection == NULL)
        return KEDGE_ERR_CONNECT;
    f->ahead = malloc(AHEAD);
    assert_non_null(f->ahead);
    f->state = OPEN;
    f->ahead_len = f->taken = 0;
    f->silent_since = -1;
    p->opens++;
    p->open_streams++;
    return KEDGE_OK;
}

static kedge_err fake_open(struct kedge_stream *s, const char *host, uint16_t number)
{
    struct fake_stream *f = of(s);
    struct fake_port *p = f->port;
    if (fails(p, FAKE_CALL_OPEN))
        return KEDGE_ERR_CONNECT;
    assert_true(f->state == CLOSED || f->state == CONNECTING);
    assert_true(strlen(host) < sizeof p->host);
    strcpy(p->host, host);
    p->port_number = number;
    if (p->cruelty.no_such_host)
        return KEDGE_ERR_RESOLVE;
    if (f->state == CLOSED)
        f->steps = p->cruelty.connect_steps;
    f->state = CONNECTING;
    if (f->steps > 0) {
        f->steps--;
        return KEDGE_WANT_WRITE;
    }
    return connected(f, host, number);
}

// How many more bytes of the peer the client may see.
static size_t before_cut(const struct fake_stream *f)
{
    const struct fake_cruelty *c = &f->port->cruelty;
    if (!c->cut)
        return SIZE_MAX;
    return c->cut_at > f->taken ? c->cut_at - f->taken : 0;
}

static void pull(struct fake_stream *f)
{
    if (f->ahead_len == 0)
        f->ahead_len = f->port->peer->output(f->connection, f->ahead, AHEAD);
}

// How the peer's bytes end: KEDGE_OK while there may be more.
static kedge_err ended(struct fake_stream *f)
{
    const struct fake_cruelty *c = &f->port->cruelty;
    if (c->cut && before_cut(f) == 0)
        return c->cut_with != KEDGE_OK ? c->cut_with : KEDGE_ERR_CLOSED;
    if (f->ahead_len > 0)
        return KEDGE_OK;
    switch (f->port->peer->state(f->connection)) {
    case FAKE_CLOSED:
        return KEDGE_ERR_CLOSED;
    case FAKE_RESET:
        return KEDGE_ERR_IO;
    default:
        return KEDGE_OK;
    }
}

static int give(struct fake_stream *f, unsigned char *buf, size_t cap)
{
    struct fake_port *p = f->port;
    size_t there = f->ahead_len < cap ? f->ahead_len : cap;
    if (there > before_cut(f))
        there = before_cut(f);
    size_t n = bytes_allowed(p, there, p->cruelty.read_max);
    memcpy(buf, f->ahead, n);
    size_t flip = p->cruelty.flip_at;
    if (flip > f->taken && flip <= f->taken + n)
        buf[flip - f->taken - 1] ^= 0x10;
    memmove(f->ahead, f->ahead + n, f->ahead_len - n);
    f->ahead_len -= n;
    f->taken += n;
    p->bytes_read += n;
    return (int)n;
}

static int fake_read(struct kedge_stream *s, void *buf, size_t cap)
{
    struct fake_stream *f = of(s);
    assert_true(cap > 0);
    assert_true(f->state == OPEN || f->state == BROKEN);
    bool broken = breaks(f, FAKE_CALL_READ);
    bool hears_nothing = silent(f);
    if (broken || f->state == BROKEN)
        return KEDGE_ERR_IO;
    if (hears_nothing || blocks(f->port))
        return KEDGE_WANT_READ;
    if (before_cut(f) > 0)
        pull(f);
    kedge_err end = ended(f);
    if (end != KEDGE_OK)
        return end;
    return f->ahead_len > 0 ? give(f, buf, cap) : KEDGE_WANT_READ;
}

static int fake_write(struct kedge_stream *s, const void *buf, size_t len)
{
    struct fake_stream *f = of(s);
    struct fake_port *p = f->port;
    assert_true(len > 0);
    assert_true(f->state == OPEN || f->state == BROKEN);
    bool broken = breaks(f, FAKE_CALL_WRITE);
    bool vanishes = silent(f);
    // Who has closed takes nothing; what it had sent before may still be read.
    if (broken || f->state == BROKEN || p->peer->state(f->connection) != FAKE_OPEN)
        return KEDGE_ERR_IO;
    if (blocks(p))
        return KEDGE_WANT_WRITE;
    size_t n = bytes_allowed(p, len, p->cruelty.write_max);
    if (!vanishes)
        n = p->peer->feed(f->connection, buf, n);
    p->bytes_written += n;
    return n > 0 ? (int)n : KEDGE_WANT_WRITE;
}

static void fake_close(struct kedge_stream *s)
{
    struct fake_stream *f = of(s);
    if (f->connection != NULL) {
        f->port->peer->close(f->connection);
        f->port->open_streams--;
    }
    free(f->ahead);
    f->ahead = NULL;
    f->connection = NULL;
    f->state = CLOSED;
}

static const struct kedge_stream_ops fake_ops = {fake_open, fake_read, fake_write, fake_close};

static void stream_init(const struct kedge_port *port, struct kedge_stream *s)
{
    struct fake_stream *f = of(s);
    memset(f, 0, sizeof *f);
    f->stream.ops = &fake_ops;
    f->port = ours(port);
    f->state = CLOSED;
}

// ---- waiting

static bool readable(struct fake_stream *f)
{
    if (f->state == BROKEN)
        return true;
    if (f->state != OPEN || silent(f))
        return f->state == BROKEN;
    if (before_cut(f) > 0)
        pull(f);
    return f->ahead_len > 0 || ended(f) != KEDGE_OK;
}

static uint8_t ready(struct kedge_wait *w)
{
    struct fake_stream *f = of(w->stream);
    assert_null(w->stream->below);
    assert_true(f->state != CLOSED);
    // Nobody reads: only an error may wake, and a peer's bytes are no error.
    if (f->state == OPEN)
        (void)silent(f);
    if (w->interest == KEDGE_INTEREST_NONE)
        return f->state == BROKEN ? KEDGE_INTEREST_READ : 0;
    uint8_t now = 0;
    if ((w->interest & KEDGE_INTEREST_WRITE) != 0)
        now |= KEDGE_INTEREST_WRITE;
    if ((w->interest & KEDGE_INTEREST_READ) != 0 && readable(f))
        now |= KEDGE_INTEREST_READ;
    return now;
}

static bool any_ready(struct kedge_wait *list, size_t count)
{
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        list[i].ready = ready(&list[i]);
        any = any || list[i].ready != 0;
    }
    return any;
}

void fake_port_advance(struct fake_port *p, kedge_time ms)
{
    p->now += ms;
    if (p->peer != NULL && p->peer->tick != NULL)
        p->peer->tick(p->peer_ctx, p->now);
}

// When something happens by the clock alone: the peer's doing, or keep-alive.
static kedge_time next_event(struct fake_port *p, const struct kedge_wait *list, size_t count)
{
    kedge_time next = KEDGE_FOREVER;
    if (p->peer != NULL && p->peer->next != NULL)
        next = p->peer->next(p->peer_ctx);
    for (size_t i = 0; i < count && p->cruelty.half_open && p->cruelty.keep_alive > 0; i++) {
        const struct fake_stream *f = of(list[i].stream);
        kedge_time end = f->silent_since + p->cruelty.keep_alive;
        if (f->silent_since >= 0 && end < next)
            next = end;
    }
    return next > p->now ? next : p->now + 1;
}

static kedge_err stuck(struct fake_port *p)
{
    p->stuck = true;
    return KEDGE_ERR_IO;
}

static kedge_err fake_wait(const struct kedge_port *port, struct kedge_wait *list, size_t count,
                           kedge_time deadline)
{
    struct fake_port *p = ours(port);
    if (++p->waits > p->waits_max)
        return stuck(p);
    if (fails(p, FAKE_CALL_WAIT))
        return KEDGE_ERR_IO;
    fake_port_advance(p, 0);
    bool returns_early = p->cruelty.early && !p->was_early;
    p->was_early = returns_early;
    while (!any_ready(list, count) && !p->woken && p->now < deadline && !returns_early) {
        kedge_time next = next_event(p, list, count);
        if (next == KEDGE_FOREVER && deadline == KEDGE_FOREVER)
            return stuck(p);
        fake_port_advance(p, (next < deadline ? next : deadline) - p->now);
    }
    p->woken = false;
    return KEDGE_OK;
}

static void fake_wake(const struct kedge_port *port)
{
    ours(port)->woken = true;
}

// ---- the rest

static kedge_time fake_clock(const struct kedge_port *port)
{
    return ours(port)->now;
}

static kedge_timestamp fake_wall_clock(const struct kedge_port *port)
{
    const struct fake_port *p = ours(port);
    return p->no_calendar ? 0 : p->wall + p->now * 1000;
}

static kedge_err fake_entropy(const struct kedge_port *port, void *buf, size_t len)
{
    struct fake_port *p = ours(port);
    if (fails(p, FAKE_CALL_ENTROPY))
        return KEDGE_ERR_ENTROPY;
    unsigned char *bytes = buf;
    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)fake_port_random(p, 256);
    return KEDGE_OK;
}

static int fake_file(const struct kedge_port *port, const char *path, size_t offset, void *buf,
                     size_t cap)
{
    struct fake_port *p = ours(port);
    if (fails(p, FAKE_CALL_FILE))
        return KEDGE_ERR_FILE;
    for (size_t i = 0; i < p->file_count; i++) {
        const struct fake_file *f = &p->files[i];
        if (strcmp(f->path, path) != 0)
            continue;
        if (f->err != KEDGE_OK)
            return f->err;
        size_t left = offset < f->len ? f->len - offset : 0;
        size_t n = bytes_allowed(p, left < cap ? left : cap, p->cruelty.read_max);
        n = left > 0 && cap > 0 ? n : 0;
        if (n > 0)
            memcpy(buf, f->bytes + offset, n);
        return (int)n;
    }
    return KEDGE_ERR_NOT_FOUND;
}

static const char *fake_environment(const struct kedge_port *port, const char *name)
{
    const struct fake_port *p = ours(port);
    for (size_t i = 0; i < p->variable_count; i++) {
        if (strcmp(p->variables[i].name, name) == 0)
            return p->variables[i].value;
    }
    return NULL;
}

void fake_port_init(struct fake_port *p, uint64_t seed)
{
    static const kedge_timestamp new_year_2026 = 1767225600 * (kedge_timestamp)1000000;
    memset(p, 0, sizeof *p);
    p->port = (struct kedge_port){
        .name = "fake",
        .stream_size = sizeof(struct fake_stream),
        .stream_init = stream_init,
        .wait = fake_wait,
        .wake = fake_wake,
        .clock = fake_clock,
        .wall_clock = fake_wall_clock,
        .entropy = fake_entropy,
        .file = fake_file,
        .environment = fake_environment,
    };
    p->now = FAKE_PORT_START;
    p->wall = new_year_2026 - FAKE_PORT_START * (kedge_timestamp)1000;
    p->waits_max = WAITS_MAX;
    p->random = seed;
}

void fake_port_set(struct fake_port *p, struct fake_variable *variables, size_t room,
                   const char *name, const char *value)
{
    size_t at = 0;
    while (at < p->variable_count && strcmp(variables[at].name, name) != 0)
        at++;
    assert_true(at < room);
    variables[at] = (struct fake_variable){name, value};
    if (at == p->variable_count)
        p->variable_count++;
    p->variables = variables;
}

void fake_port_run(struct fake_port *p, struct kedge *k, kedge_time ms)
{
    kedge_time until = p->now + ms;
    while (p->now < until)
        assert_int_equal(kedge_poll(k, until - p->now), KEDGE_OK);
}

void fake_port_check(const struct fake_port *p)
{
    assert_int_equal(p->open_streams, 0);
}
