// SPDX-License-Identifier: Apache-2.0
// fault.c - what a bad server, a bad network or a bad day does.
#include <stdlib.h>
#include <string.h>

#include "priv.h"

enum { GARBAGE_LEN = 512, HUGE_LEN = 20 * 1024 * 1024, STOP_LEN = 100, PADDING_PIECE = 16384 };

static const char *const names[] = {
    [MOCK_FAULT_CUT] = "cut",
    [MOCK_FAULT_RESET] = "reset",
    [MOCK_FAULT_STALL] = "stall",
    [MOCK_FAULT_SLOW] = "slow",
    [MOCK_FAULT_GARBAGE] = "garbage",
    [MOCK_FAULT_STATUS] = "status",
    [MOCK_FAULT_REDIRECT] = "redirect",
    [MOCK_FAULT_HTML] = "html",
    [MOCK_FAULT_REFUSE] = "refuse",
    [MOCK_FAULT_HUGE_CHUNK] = "huge-chunk",
    [MOCK_FAULT_ENDLESS_HEADER] = "endless-header",
    [MOCK_FAULT_STOPPED_JSON] = "stopped-json",
    [MOCK_FAULT_UNKNOWN_EVENT] = "unknown-event",
    [MOCK_FAULT_NO_METADATA] = "no-metadata",
    [MOCK_FAULT_HUGE_OBJECT] = "huge-object",
    [MOCK_FAULT_ENDLESS_LIST] = "endless-list",
    [MOCK_FAULT_EXPIRED_EVENT] = "expired-event",
    [MOCK_FAULT_CLOSE] = "close",
};

enum mock_fault_kind mock_fault_by_name(const char *name)
{
    for (int kind = 0; kind < MOCK_FAULT_KINDS; kind++)
        if (mock__same(names[kind], name))
            return (enum mock_fault_kind)kind;
    return MOCK_FAULT_KINDS;
}

// ---- odd objects ---------------------------------------------------------------------------

static void write_no_metadata(struct mock_connection *c, const struct resource *r, bool event)
{
    struct text t = {0}, api = {0};
    kind_api_version(&r->kind, &api);
    text_format(&t, "%s{\"kind\":\"%s\",\"apiVersion\":\"%s\",\"spec\":{\"replicas\":1}}%s",
                event ? "{\"type\":\"ADDED\",\"object\":" : "", r->kind.name, api.bytes,
                event ? "}\n" : "");
    reply_write(c, t.bytes, t.len);
    text_free(&t);
    text_free(&api);
}

// The front of a valid object goes out now, its padding and end while the client reads.
static void write_huge(struct mock_connection *c, const struct resource *r, bool event)
{
    struct text t = {0}, api = {0};
    kind_api_version(&r->kind, &api);
    text_format(&t,
                "%s{\"kind\":\"%s\",\"apiVersion\":\"%s\",\"metadata\":{\"name\":\"huge\",%s"
                "\"uid\":\"00000000-0000-4000-8000-00000000beef\",\"resourceVersion\":\"%llu\","
                "\"annotations\":{\"padding\":\"",
                event ? "{\"type\":\"ADDED\",\"object\":" : "", r->kind.name, api.bytes,
                r->kind.namespaced ? "\"namespace\":\"default\"," : "",
                (unsigned long long)c->mock->version);
    reply_write(c, t.bytes, t.len);
    text_free(&t);
    text_free(&api);
    c->pad = c->huge;
    text_free(&c->padding);
    text_format(&c->padding, "\"}}}%s", event ? "}\n" : "");
}

void fault_write_padding(struct mock_connection *c)
{
    char piece[PADDING_PIECE];
    size_t len = c->pad < sizeof piece ? c->pad : sizeof piece;
    memset(piece, 'x', len);
    reply_write(c, piece, len);
    c->pad -= len;
    if (!c->pad)
        reply_write(c, c->padding.bytes, c->padding.len);
    if (c->reply.stopped)
        c->pad = 0;
}

void fault_write_odd(struct mock_connection *c, const struct resource *r, bool event)
{
    static const char unknown[] = "{\"type\":\"REPLACED\",\"object\":{\"kind\":\"Riddle\","
                                  "\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"odd\"}}}\n";
    if (c->unknown_event)
        reply_write(c, unknown, sizeof unknown - 1);
    if (c->no_metadata) {
        write_no_metadata(c, r, event);
        c->listing.comma = true;
    }
    if (c->huge) {
        reply_write(c, ",", !event && c->listing.comma);
        write_huge(c, r, event);
        c->listing.comma = true;
    }
    c->unknown_event = c->no_metadata = false;
    c->huge = 0;
}

// ---- striking ------------------------------------------------------------------------------

static size_t or_default(size_t bytes, size_t fallback)
{
    return bytes ? bytes : fallback;
}

static void add_garbage(struct mock_connection *c, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char byte = (char)(mock__random(&c->mock->random) & 255);
        text_add(&c->out, &byte, 1);
    }
    c->closing = true;
}

static void reply_html(struct mock_connection *c, int status)
{
    static const char page[] = "<!DOCTYPE html>\n<html><head><title>Welcome</title></head>\n"
                               "<body><h1>Please log in to the network</h1></body></html>\n";
    reply_begin(c, status ? status : 200, "text/html; charset=utf-8");
    reply_write(c, page, sizeof page - 1);
    reply_end(c);
}

static void reply_redirect(struct mock_connection *c)
{
    reply_begin(c, 301, "text/html; charset=utf-8");
    reply_header(c, "Location", "/elsewhere");
    reply_end(c);
}

static void hang_with(struct mock_connection *c, const char *bytes, enum phase phase)
{
    text_string(&c->out, bytes);
    c->phase = phase;
}

static void limit_bytes(struct mock_connection *c, const struct mock_fault *f)
{
    uint64_t after = text_left(&c->out) + f->bytes;
    if (f->kind == MOCK_FAULT_STALL) {
        c->stall_after = after;
    } else if (f->kind == MOCK_FAULT_SLOW) {
        c->slow = or_default(f->bytes, 1);
        c->allowance = 0;
    } else {
        c->cut_after = after;
        c->cut_breaks = f->kind == MOCK_FAULT_RESET;
    }
}

// What the coming reply will carry beside or instead of its content.
static void mark_reply(struct mock_connection *c, const struct mock_fault *f)
{
    c->unknown_event = c->unknown_event || f->kind == MOCK_FAULT_UNKNOWN_EVENT;
    c->no_metadata = c->no_metadata || f->kind == MOCK_FAULT_NO_METADATA;
    c->listing.endless = c->listing.endless || f->kind == MOCK_FAULT_ENDLESS_LIST;
    if (f->kind == MOCK_FAULT_HUGE_OBJECT)
        c->huge = or_default(f->bytes, HUGE_LEN);
    if (f->kind == MOCK_FAULT_STOPPED_JSON)
        c->reply.body_left = or_default(f->bytes, STOP_LEN);
}

// True: the request is answered.
static bool strike(struct mock_connection *c, const struct mock_fault *f)
{
    switch (f->kind) {
    case MOCK_FAULT_CUT:
    case MOCK_FAULT_RESET:
    case MOCK_FAULT_STALL:
    case MOCK_FAULT_SLOW:
        limit_bytes(c, f);
        return false;
    case MOCK_FAULT_GARBAGE:
        add_garbage(c, or_default(f->bytes, GARBAGE_LEN));
        connection_finish(c);
        return true;
    case MOCK_FAULT_STATUS:
        reply_status(c, status_of_code(f->status ? f->status : 500, f->retry_after_s));
        return true;
    case MOCK_FAULT_REDIRECT:
        reply_redirect(c);
        return true;
    case MOCK_FAULT_HTML:
        reply_html(c, f->status);
        return true;
    case MOCK_FAULT_HUGE_CHUNK:
        hang_with(c,
                  "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: "
                  "chunked\r\n\r\n8000000000000000\r\n{\"kind\":",
                  PHASE_HUNG);
        return true;
    case MOCK_FAULT_ENDLESS_HEADER:
        hang_with(c, "HTTP/1.1 200 OK\r\n", PHASE_ENDLESS_HEADER);
        return true;
    case MOCK_FAULT_EXPIRED_EVENT:
        reply_begin(c, 200, "application/json");
        watch_expire(c, status_too_old(1, c->mock->version));
        return true;
    case MOCK_FAULT_CLOSE:
        reply_begin(c, 200, "application/json");
        reply_flush(c);
        reply_end(c);
        return true;
    default:
        mark_reply(c, f);
        return false;
    }
}

void fault_add_endless_header(struct mock_connection *c)
{
    text_format(&c->out, "X-Endless-%llu: %0100d\r\n",
                (unsigned long long)mock__random(&c->mock->random), 0);
}

static bool suits(enum mock_fault_kind kind, enum mock_on on)
{
    switch (kind) {
    case MOCK_FAULT_UNKNOWN_EVENT:
    case MOCK_FAULT_EXPIRED_EVENT:
    case MOCK_FAULT_CLOSE:
        return on == MOCK_ON_WATCH;
    case MOCK_FAULT_ENDLESS_LIST:
        return on == MOCK_ON_LIST;
    case MOCK_FAULT_NO_METADATA:
    case MOCK_FAULT_HUGE_OBJECT:
        return on == MOCK_ON_WATCH || on == MOCK_ON_LIST;
    default:
        return kind != MOCK_FAULT_REFUSE;
    }
}

static bool matches(const struct mock_fault *f, enum mock_on on, const char *resource)
{
    return suits(f->kind, on) && (f->on == MOCK_ON_ANY || f->on == on) &&
           (!f->resource || mock__same(f->resource, resource));
}

static void disarm(struct mock *mock, size_t i)
{
    free(mock->faults[i].resource);
    mock->fault_count--;
    memmove(mock->faults + i, mock->faults + i + 1, (mock->fault_count - i) * sizeof *mock->faults);
}

// Counts one match of fault i down; true: it strikes now.
static bool is_due(struct mock *mock, size_t i, struct mock_fault *copy)
{
    struct mock_fault *f = &mock->faults[i].fault;
    if (f->skip) {
        f->skip--;
        return false;
    }
    *copy = *f;
    if (!--f->count)
        disarm(mock, i);
    return true;
}

bool fault_strike(struct mock_connection *c, enum mock_on on, const char *resource)
{
    struct mock_fault f;
    for (size_t i = 0; i < c->mock->fault_count; i++)
        if (matches(&c->mock->faults[i].fault, on, resource) && is_due(c->mock, i, &f))
            return strike(c, &f);
    return false;
}

bool fault_refuses(struct mock *mock)
{
    struct mock_fault f;
    for (size_t i = 0; i < mock->fault_count; i++)
        if (mock->faults[i].fault.kind == MOCK_FAULT_REFUSE && is_due(mock, i, &f))
            return true;
    return false;
}

// ---- arming --------------------------------------------------------------------------------

static void strike_watch(struct mock_connection *c, const struct mock_fault *f)
{
    if (f->kind == MOCK_FAULT_EXPIRED_EVENT) {
        watch_expire(c, status_too_old(1, c->mock->version));
    } else if (f->kind == MOCK_FAULT_CLOSE) {
        reply_flush(c);
        reply_end(c);
    } else {
        mark_reply(c, f);
        fault_write_odd(c, c->watch.resource, true);
    }
}

static bool strike_open(struct mock_connection *c, const struct mock_fault *f)
{
    bool watching = c->phase == PHASE_WATCHING, listing = c->phase == PHASE_LISTING;
    enum mock_on on = watching ? MOCK_ON_WATCH : listing ? MOCK_ON_LIST : MOCK_ON_OTHER;
    const struct resource *r = watching ? c->watch.resource : listing ? c->listing.resource : NULL;
    if (c->closing || c->broken || !matches(f, on, r ? r->kind.plural : ""))
        return false;
    if (f->kind <= MOCK_FAULT_SLOW)
        limit_bytes(c, f);
    else if (f->kind == MOCK_FAULT_GARBAGE)
        add_garbage(c, or_default(f->bytes, GARBAGE_LEN));
    else if (watching && suits(f->kind, MOCK_ON_WATCH) && f->kind >= MOCK_FAULT_UNKNOWN_EVENT)
        strike_watch(c, f);
    else
        return false;
    return true;
}

size_t mock_inject(struct mock *mock, const struct mock_fault *fault)
{
    size_t struck = 0;
    for (struct mock_connection *c = mock->connections; c && fault->now; c = c->next)
        struck += strike_open(c, fault);
    if (fault->now)
        return struck;
    mock->faults = mock__grow(mock->faults, (mock->fault_count + 1) * sizeof *mock->faults);
    struct armed_fault *armed = &mock->faults[mock->fault_count++];
    *armed = (struct armed_fault){*fault, mock__copy_string(fault->resource)};
    armed->fault.resource = armed->resource;
    armed->fault.count += !armed->fault.count;
    return 0;
}

void mock_heal(struct mock *mock)
{
    while (mock->fault_count)
        disarm(mock, mock->fault_count - 1);
    extra_forget(mock);
    for (struct mock_connection *c = mock->connections; c; c = c->next) {
        c->stall_after = UINT64_MAX;
        c->cut_after = c->cut_after ? UINT64_MAX : 0;
        c->slow = 0;
    }
}
