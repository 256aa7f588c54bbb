// SPDX-License-Identifier: Apache-2.0
#include "leader_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

// What goes over the wire ------------------------------------------------------------------------

static struct leader_bench *listening;
static const struct fake_peer *behind; // the mock's own

static void note_request(struct leader_bench *b, const char *bytes, size_t len)
{
    static const char *const methods[] = {"GET ", "POST ", "PUT ", "PATCH ", "DELETE "};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        size_t n = strlen(methods[i]);
        if (len < n || memcmp(bytes, methods[i], n) != 0)
            continue;
        if (strlen(b->asked) + 64 < sizeof b->asked)
            strcat(b->asked, methods[i]);
        b->gets += i == 0;
        b->puts += i == 2;
        b->pause = b->port.fake.now - b->asked_at;
        b->asked_at = b->port.fake.now;
        b->head_len = 0;
    }
}

static size_t bench_feed(void *connection, const void *bytes, size_t len)
{
    struct leader_bench *b = listening;
    size_t n = behind->feed(connection, bytes, len);
    note_request(b, bytes, n);
    if (b->sent_len + n >= sizeof b->sent)
        return n;
    memcpy(b->sent + b->sent_len, bytes, n);
    b->sent_len += n;
    b->sent[b->sent_len] = '\0';
    return n;
}

// "HTTP/1.1 200": once for each request.
static size_t bench_output(void *connection, void *buf, size_t cap)
{
    struct leader_bench *b = listening;
    size_t n = behind->output(connection, buf, cap);
    for (size_t i = 0; i < n && b->head_len < 12; i++) {
        b->head[b->head_len++] = ((const char *)buf)[i];
        if (b->head_len == 12 && strlen(b->asked) + 8 < sizeof b->asked) {
            strncat(b->asked, b->head + 9, 3);
            strcat(b->asked, ", ");
        }
    }
    return n;
}

// Contenders -------------------------------------------------------------------------------------

static void tell(struct contender *c, const char *what, const char *more)
{
    size_t len = strlen(c->told);
    assert_true(len + 400 < sizeof c->told);
    snprintf(c->told + len, sizeof c->told - len, "%s%s, ", what, more);
    if (c->on_told != NULL)
        c->on_told(c, what);
}

static void on_started(void *ctx)
{
    struct contender *c = ctx;
    c->started++;
    tell(c, "started", "");
}

static void on_stopped(void *ctx)
{
    struct contender *c = ctx;
    c->stopped++;
    c->stopped_at = c->bench->port.fake.now;
    tell(c, "stopped", "");
}

static void on_leader(void *ctx, const char *identity)
{
    tell(ctx, "leader ", identity);
}

static void on_event(void *ctx, const struct kedge_leader_event *event)
{
    struct contender *c = ctx;
    struct mock_item item;
    assert_string_equal(event->namespace_, "default");
    assert_string_equal(event->name, "job");
    if (mock_get(c->bench->port.mock, LEASES, "default", "job", &item))
        assert_string_equal(event->uid, item.uid);
    assert_true(strlen(event->resource_version) > 0);
    tell(c, "event ", event->message);
}

struct kedge_leader_options leader_bench_options(const char *identity)
{
    return (struct kedge_leader_options){
        .namespace_ = "default",
        .name = "job",
        .identity = identity,
        .on_started_leading = on_started,
        .on_stopped_leading = on_stopped,
        .on_new_leader = on_leader,
        .on_event = on_event,
    };
}

struct contender *leader_bench_make(struct leader_bench *b, const char *identity,
                                    void (*change)(struct kedge_leader_options *o))
{
    struct kedge_leader_options o = leader_bench_options(identity);
    assert_true(b->count < CONTENDERS_MAX);
    struct contender *c = &b->contenders[b->count++];
    c->bench = b;
    o.ctx = o.event_ctx = c;
    if (change != NULL)
        change(&o);
    c->elector = kedge_leader_elector_new(b->client, &o);
    if (c->elector == NULL)
        fail_msg("%s", kedge_error_text(b->k));
    return c;
}

struct contender *leader_bench_add(struct leader_bench *b, const char *identity,
                                   void (*change)(struct kedge_leader_options *o))
{
    struct contender *c = leader_bench_make(b, identity, change);
    assert_int_equal(kedge_leader_elector_start(c->elector), KEDGE_OK);
    return c;
}

// The bench --------------------------------------------------------------------------------------

void leader_bench_open_with(struct leader_bench *b, size_t memory,
                            const struct fake_cruelty *cruelty)
{
    struct kedge_config config = {.server = "http://api.test", .namespace_ = "default"};
    memset(b, 0, sizeof *b);
    mock_port_init(&b->port, mock_new(&(struct mock_options){.seed = 1}), 1);
    behind = b->port.fake.peer;
    b->peer = *behind;
    b->peer.feed = bench_feed;
    b->peer.output = bench_output;
    b->port.fake.peer = &b->peer;
    listening = b;
    b->port.fake.cruelty = *cruelty;
    b->memory = malloc(memory);
    assert_non_null(b->memory);
    b->k = kedge_init(b->memory, memory, &b->port.fake.port);
    b->client = kedge_client_new(b->k, &config);
}

void leader_bench_open(struct leader_bench *b)
{
    static const struct fake_cruelty none;
    leader_bench_open_with(b, LEADER_BENCH_MEMORY, &none);
    assert_non_null(b->client);
}

void leader_bench_run(struct leader_bench *b, kedge_time ms)
{
    kedge_time end = b->port.fake.now + ms;
    while (b->port.fake.now < end)
        assert_int_equal(kedge_poll(b->k, end - b->port.fake.now), KEDGE_OK);
    for (int i = 0; i < 20; i++) // what follows at once
        assert_int_equal(kedge_poll(b->k, 0), KEDGE_OK);
}

void leader_bench_until_leads(struct leader_bench *b, struct contender *c, kedge_time ms)
{
    kedge_time end = b->port.fake.now + ms;
    while (!kedge_leader_elector_is_leader(c->elector)) {
        assert_true(b->port.fake.now < end);
        leader_bench_run(b, 10);
    }
}

void leader_bench_forget(struct leader_bench *b)
{
    b->asked[0] = '\0';
    b->sent_len = 0;
    b->sent[0] = '\0';
    b->puts = b->gets = 0;
    for (size_t i = 0; i < b->count; i++) {
        b->contenders[i].told[0] = '\0';
        b->contenders[i].started = b->contenders[i].stopped = 0;
    }
}

void leader_bench_put(struct leader_bench *b, const char *metadata, const char *spec)
{
    char text[4096];
    snprintf(text, sizeof text,
             "{\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\",\"metadata\":{\"name\":"
             "\"job\",\"namespace\":\"default\"%s},\"spec\":%s}",
             metadata, spec);
    assert_true(mock_apply(b->port.mock, LEASES, text) > 0);
}

const char *leader_bench_lease(struct leader_bench *b)
{
    static char text[8192];
    struct mock_item item;
    text[0] = '\0';
    if (mock_get(b->port.mock, LEASES, "default", "job", &item))
        snprintf(text, sizeof text, "%.*s", (int)item.len, item.text);
    return text;
}

const char *leader_bench_spec(struct leader_bench *b, const char *key)
{
    static char text[1024];
    json_t *lease = json_loads(leader_bench_lease(b), 0, NULL);
    char *value = json_dumps(json_object_get(json_object_get(lease, "spec"), key), JSON_ENCODE_ANY);
    snprintf(text, sizeof text, "%s", value != NULL ? value : "");
    free(value);
    json_decref(lease);
    return text;
}

void leader_bench_close(struct leader_bench *b)
{
    for (size_t i = 0; i < b->count; i++)
        kedge_leader_elector_close(b->contenders[i].elector);
    kedge_client_free(b->client);
    mock_port_done(&b->port);
    free(b->memory);
    listening = NULL;
}
