// SPDX-License-Identifier: Apache-2.0
// The whole way of the bytes, from the status line to the record: HTTP, chunks, sieve, reader,
// projection. For every kind in every shape, with a value in every row, and for every reply of a
// real server: however the bytes come, the same records come out.
//
//     sweeps_stream [all]      with an argument: split at every byte, also of what is long
#include "sweep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "filled.h"
#include "kedge/http.h"
#include "kedge/kinds.h"
#include "object/project.h"
#include "objects.h"
#include "replies.h"

enum { LOG_MAX = 1 << 16, CHUNK = 97 };

static const struct kedge_field around_rows[] = {
    {"type\0", {NULL}, 0, KEDGE_FIELD_TEXT, 0},
    {"kind\0", {NULL}, 0, KEDGE_FIELD_TEXT, 0},
    {"metadata\0", {NULL}, 0, KEDGE_FIELD_RAW, 0},
};
static const struct kedge_table around = {around_rows, 3, 0};

struct way {
    enum kedge_sieve_shape shape;
    const struct kedge_kind *kind;
    struct kedge_http_response http;
    struct kedge_sieve sieve;
    kedge_err err; // of either
    bool ended;
    size_t items;
    char item[32 * 1024];
    char envelope[4096];
    char log_buf[LOG_MAX];
    struct kedge__line log;
};

static void begin(void *ctx)
{
    struct way *w = ctx;
    struct kedge_sieve_options o = {
        .shape = w->shape,
        .tables = {&kedge__meta_table, w->kind->table},
        .identity = KEDGE__IDENTITY,
        .envelope = w->shape != KEDGE_SIEVE_OBJECT ? &around : NULL,
        .item_buf = w->item,
        .item_cap = sizeof w->item,
        .envelope_buf = w->envelope,
        .envelope_cap = sizeof w->envelope,
    };
    memset(&w->http, 0xa5, sizeof w->http); // what init forgets is seen
    memset(&w->sieve, 0xa5, sizeof w->sieve);
    kedge_http_response_init(&w->http);
    assert_int_equal(kedge_sieve_init(&w->sieve, &o), KEDGE_OK);
    kedge__line_init(&w->log, w->log_buf, LOG_MAX);
    w->err = KEDGE_OK;
    w->ended = false;
    w->items = 0;
}

static void note(struct way *w, const char *what, kedge_str text, uint64_t n)
{
    kedge__line_text(&w->log, what);
    kedge__line_str(&w->log, text);
    kedge__line_text(&w->log, " ");
    kedge__line_number(&w->log, n);
    kedge__line_text(&w->log, "\n");
    assert_false(w->log.cut);
}

// The record's bytes as one number: equal objects give equal bytes.
static void note_item(struct way *w)
{
    struct kedge_object *o = record_of(w->kind, w->sieve.item);
    w->items++;
    note(w, "item ", w->sieve.envelope, kedge__hash(1, o, o->size));
    note(w, kedge_name(o), KEDGE_STR(""), o->size);
    free(o);
}

static void note_error(struct way *w, kedge_err err, const char *problem, uint64_t at)
{
    w->err = err;
    note(w, kedge_err_name(err), kedge_str_of(problem), at);
}

static void feed_body(struct way *w, kedge_str body)
{
    enum kedge_sieve_event event = KEDGE_SIEVE_ITEM;
    while (event != KEDGE_SIEVE_MORE && w->err == KEDGE_OK) {
        size_t used;
        kedge_err err = kedge_sieve_feed(&w->sieve, body.ptr, body.len, &used, &event);
        body.ptr += used;
        body.len -= used;
        if (err != KEDGE_OK)
            note_error(w, err, w->sieve.problem, w->sieve.offset);
        else if (event == KEDGE_SIEVE_ITEM)
            note_item(w);
        else if (event == KEDGE_SIEVE_END)
            note(w, "end ", w->sieve.envelope, w->sieve.offset);
    }
}

static void feed(void *ctx, const char *bytes, size_t len)
{
    struct way *w = ctx;
    enum kedge_http_event event = KEDGE_HTTP_HEAD;
    while (event != KEDGE_HTTP_MORE && w->err == KEDGE_OK && !w->ended) {
        size_t used;
        kedge_str body;
        kedge_err err = kedge_http_feed(&w->http, bytes, len, &used, &event, &body);
        bytes += used;
        len -= used;
        w->ended = event == KEDGE_HTTP_END;
        if (err != KEDGE_OK)
            note_error(w, err, w->http.problem, 0);
        else if (event == KEDGE_HTTP_HEAD)
            note(w, "head ", KEDGE_STR(""), w->http.status);
        else if (event == KEDGE_HTTP_BODY)
            feed_body(w, body);
    }
}

static const char *finish(void *ctx)
{
    struct way *w = ctx;
    note(w, "http ", kedge_str_of(kedge_err_name(kedge_http_finish(&w->http))), w->ended);
    note(w, "sieve ", kedge_str_of(kedge_err_name(kedge_sieve_finish(&w->sieve))), w->items);
    return w->log_buf;
}

static struct way way;
static const struct sweep_stream stream = {begin, feed, finish, &way};

// Cut after each byte: the framing or the sieve says so, and no half object comes out.
static void cut_everywhere(kedge_str raw)
{
    static struct way cut;
    begin(&way);
    for (size_t len = 0; len < raw.len && way.err == KEDGE_OK; len++) {
        cut.http = way.http;
        cut.sieve = way.sieve;
        kedge_err err = kedge_http_finish(&cut.http);
        if (err == KEDGE_OK)
            err = kedge_sieve_finish(&cut.sieve);
        if (err == KEDGE_OK)
            fail_msg("whole after %zu of %zu bytes", len, raw.len);
        feed(&way, raw.ptr + len, 1);
    }
}

// Returns how many objects there were.
static size_t sweep(enum kedge_sieve_shape shape, const struct kedge_kind *kind, kedge_str raw,
                    size_t bytes)
{
    way.shape = shape;
    way.kind = kind;
    sweep_pieces(&stream, raw, sweep_step(raw.len, bytes), 8);
    size_t items = way.items;
    cut_everywhere(raw);
    assert_int_equal(way.items, items);
    return items;
}

// Bytes that a test may read again and again, however many kinds and replies there are.
#define ALL ((size_t)24 << 20)

// ---- every kind in every shape

static char raw_buf[1 << 16];

// As a server sends it, in small chunks.
static kedge_str as_reply(const char *body)
{
    size_t left = strlen(body);
    int n =
        sprintf(raw_buf, "HTTP/1.1 200 OK\r\nDate: Tue, 24 Nov 2026 05:16:24 GMT\r\n"
                         "Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n");
    while (left > 0) {
        size_t chunk = left < CHUNK ? left : CHUNK;
        assert_true((size_t)n + chunk + 32 < sizeof raw_buf);
        n += sprintf(raw_buf + n, "%zx\r\n%.*s\r\n", chunk, (int)chunk, body);
        body += chunk;
        left -= chunk;
    }
    n += sprintf(raw_buf + n, "0\r\n\r\n");
    return (kedge_str){raw_buf, (size_t)n};
}

// Two objects, once with all white space that there can be.
static void body_of(enum kedge_sieve_shape shape, const json_t *json, char *body, size_t cap)
{
    char *a = json_dumps(json, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    char *b = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    int n = 0;
    switch (shape) {
    case KEDGE_SIEVE_OBJECT:
        n = snprintf(body, cap, "%s\n", a);
        break;
    case KEDGE_SIEVE_LIST:
        n = snprintf(
            body, cap,
            "{\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[%s,%s]}", a, b);
        break;
    case KEDGE_SIEVE_WATCH:
        n = snprintf(body, cap,
                     "{\"type\":\"ADDED\",\"object\":%s}\n{\"object\":%s,\"type\":\"DELETED\"}\n",
                     a, b);
        break;
    }
    assert_true(n > 0 && (size_t)n < cap);
    free(a);
    free(b);
}

static void every_kind_in_every_shape_at_every_split(void **state)
{
    (void)state;
    static const enum kedge_sieve_shape shapes[] = {KEDGE_SIEVE_OBJECT, KEDGE_SIEVE_LIST,
                                                    KEDGE_SIEVE_WATCH};
    static char body[1 << 15];
    for (size_t k = 0; k < EVERY_KIND; k++) {
        json_t *json = filled_object(every_kind[k]);
        for (size_t s = 0; s < 3; s++) {
            body_of(shapes[s], json, body, sizeof body);
            size_t items = sweep(shapes[s], every_kind[k], as_reply(body), ALL / (3 * EVERY_KIND));
            assert_int_equal(items, shapes[s] == KEDGE_SIEVE_OBJECT ? 1 : 2);
        }
        json_decref(json);
    }
}

// ---- real replies

// Others are errors, and documents: read as if they were Deployments.
static const struct kedge_kind *kind_of(const struct reply *r)
{
    const struct kedge_kind *kind = kind_of_reply(r->name);
    return kind != NULL ? kind : &kedge_kind_deployment;
}

static void every_real_reply_at_every_split(void **state)
{
    (void)state;
    size_t count, items = 0;
    const struct reply *r = replies(&count);
    const size_t all = count;
    for (; count > 0; count--, r++) {
        if (r->body.len == 0 || r->body.ptr[0] != '{')
            continue; // plain text
        enum kedge_sieve_shape shape = strncmp(r->name, "watch", 5) == 0  ? KEDGE_SIEVE_WATCH
                                       : strncmp(r->name, "list", 4) == 0 ? KEDGE_SIEVE_LIST
                                                                          : KEDGE_SIEVE_OBJECT;
        items += sweep(shape, kind_of(r), r->raw, ALL / all);
    }
    assert_true(items > 60);
}

int main(int argc, char **argv)
{
    (void)argv;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_in_every_shape_at_every_split),
        cmocka_unit_test(every_real_reply_at_every_split),
    };
    sweep_arguments(argc);
    return cmocka_run_group_tests_name("sweeps_stream", tests, NULL, NULL);
}
