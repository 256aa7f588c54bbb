// SPDX-License-Identifier: Apache-2.0
// When a request is sent again, when it is given up, and how long it waits: against a peer with a
// script, on virtual time.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/rest_priv.h"
#include "script.h"

#define OK_HELLO "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
#define BUSY(code, after)                                                                     \
    "HTTP/1.1 " code " Busy\r\nRetry-After: " after "\r\nContent-Type: text/plain\r\nContent" \
    "-Length: 4\r\n\r\nbusy"

struct talk {
    struct fake_port port;
    struct script script;
    unsigned char memory[96 * 1024];
    struct kedge *k;
    struct kedge_client *client;
    struct kedge_rest *rest;
    unsigned done;
    kedge_err result;
    char body[256];
    size_t len;
};

static void open_talk_with(struct talk *t, const char *const *answers, size_t count, float qps,
                           const struct kedge_rest_options *options)
{
    struct kedge_config config = {.server = "http://api.test", .qps = qps, .burst = 2};
    memset(t, 0, sizeof *t);
    fake_port_init(&t->port, 1);
    script_serve(&t->script, &t->port, answers, count);
    t->k = kedge_init(t->memory, sizeof t->memory, &t->port.port);
    t->client = kedge_client_new(t->k, &config);
    t->rest = kedge_rest_new(t->client, options);
    assert_non_null(t->rest);
}

static void open_talk(struct talk *t, const char *const *answers, size_t count)
{
    open_talk_with(t, answers, count, -1, NULL);
}

static void close_talk(struct talk *t)
{
    kedge_rest_close(t->rest);
    fake_port_check(&t->port);
}

static unsigned asked(const struct talk *t)
{
    unsigned n = 0;
    for (const char *at = t->script.seen; (at = strstr(at, " HTTP/1.1\r\n")) != NULL; at++)
        n++;
    return n;
}

static kedge_err sink(void *ctx, kedge_str bytes)
{
    struct talk *t = ctx;
    assert_true(t->len + bytes.len <= sizeof t->body);
    memcpy(t->body + t->len, bytes.ptr, bytes.len);
    t->len += bytes.len;
    return KEDGE_OK;
}

static void done(void *ctx, kedge_err err)
{
    struct talk *t = ctx;
    t->done++;
    t->result = err;
}

// Waits for it, or lets the loop do it: both must come to the same.
static kedge_err ask(struct talk *t, const struct kedge_request *r, bool in_loop)
{
    t->len = 0;
    t->done = 0;
    if (!in_loop)
        return kedge_rest_stream(t->rest, r, sink, t);
    kedge_err err = kedge_rest_start(t->rest, r, sink, done, t);
    while (err == KEDGE_OK && t->done == 0)
        assert_int_equal(kedge_poll(t->k, 10 * KEDGE_MINUTE), KEDGE_OK);
    return err != KEDGE_OK ? err : t->result;
}

static const struct kedge_request get = {.verb = KEDGE_GET, .path = "/version"};
static const struct kedge_request post = {
    .verb = KEDGE_CREATE, .version = "v1", .resource = "pods", .body = {"{\"a\":1}", 7}};
static const struct kedge_request watch = {
    .verb = KEDGE_WATCH, .version = "v1", .resource = "pods"};

static void a_busy_server_is_asked_again_when_it_says(void **state)
{
    (void)state;
    static const char *const answers[] = {BUSY("429", "1"), BUSY("500", "2"), BUSY("503", "0"),
                                          OK_HELLO};
    for (int in_loop = 0; in_loop < 2; in_loop++) {
        static struct talk t;
        open_talk(&t, answers, 4);
        kedge_time began = t.port.now;
        // A body is sent whole each time.
        assert_int_equal(ask(&t, &post, in_loop), KEDGE_OK);
        assert_int_equal(t.len, 5);
        assert_int_equal(asked(&t), 4);
        assert_int_equal(t.port.now - began, 3000);
        assert_int_equal(t.port.opens, 1);
        unsigned bodies = 0;
        for (const char *at = t.script.seen; (at = strstr(at, "{\"a\":1}")) != NULL; at++)
            bodies++;
        assert_int_equal(bodies, 4);
        close_talk(&t);
    }
}

static void only_a_busy_server_that_says_when_is_asked_again(void **state)
{
    (void)state;
    static const char *const answers[][2] = {
        {"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", OK_HELLO},
        {"HTTP/1.1 429 Busy\r\nRetry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\nContent-Length: "
         "0\r\n\r\n",
         OK_HELLO},
        {BUSY("404", "1"), OK_HELLO},
        {BUSY("409", "1"), OK_HELLO},
        {BUSY("302", "1"), OK_HELLO},
    };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        static struct talk t;
        open_talk(&t, answers[i], 2);
        assert_int_equal(ask(&t, &get, i % 2 == 0), KEDGE_ERR_API);
        assert_int_equal(asked(&t), 1);
        close_talk(&t);
    }
}

static void retries_have_a_limit(void **state)
{
    (void)state;
    static const char *answers[16];
    for (size_t i = 0; i < 16; i++)
        answers[i] = BUSY("429", "0");
    static const struct {
        int retries;
        unsigned sent;
    } rows[] = {{0, 11}, {-1, 1}, {1, 2}, {5, 6}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static struct talk t;
        struct kedge_request r = get;
        struct kedge_rest_facts facts;
        r.retries = rows[i].retries;
        open_talk(&t, answers, 16);
        assert_int_equal(ask(&t, &r, i % 2 == 0), KEDGE_ERR_API);
        assert_true(kedge_status_is_too_many_requests(kedge_rest_status(t.rest)));
        assert_int_equal(asked(&t), rows[i].sent);
        assert_int_equal(kedge_rest_facts(t.rest, &facts), KEDGE_OK);
        assert_int_equal(facts.sent, rows[i].sent);
        assert_int_equal(facts.code, 429);
        close_talk(&t);
    }
}

static void a_get_whose_connection_breaks_is_asked_again(void **state)
{
    (void)state;
    static const char *const answers[] = {SCRIPT_RESETS, SCRIPT_CLOSES, OK_HELLO};
    for (int in_loop = 0; in_loop < 2; in_loop++) {
        static struct talk t;
        open_talk(&t, answers, 3);
        kedge_time began = t.port.now;
        assert_int_equal(ask(&t, &get, in_loop), KEDGE_OK);
        assert_int_equal(asked(&t), 3);
        assert_int_equal(t.port.now - began, 2000);
        close_talk(&t);
    }
}

static void what_writes_is_not_sent_twice(void **state)
{
    (void)state;
    static const char *const answers[] = {SCRIPT_RESETS, OK_HELLO};
    static const enum kedge_verb verbs[] = {KEDGE_CREATE, KEDGE_UPDATE, KEDGE_PATCH, KEDGE_APPLY,
                                            KEDGE_DELETE};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        static struct talk t;
        struct kedge_request r = post;
        r.verb = verbs[i];
        r.name = verbs[i] != KEDGE_CREATE ? "x" : NULL;
        if (verbs[i] == KEDGE_DELETE)
            r.body = (kedge_str){NULL, 0};
        open_talk(&t, answers, 2);
        assert_int_equal(ask(&t, &r, i % 2 == 0), KEDGE_ERR_IO);
        assert_int_equal(asked(&t), 1);
        assert_non_null(strstr(kedge_rest_error_text(t.rest), "pods"));
        close_talk(&t);
    }
}

// client-go's TestRetryableConditions: which of reading, writing, watching and following is sent
// again after what. Two retries are allowed.
static void each_verb_is_sent_again_after_what_it_may_be(void **state)
{
    (void)state;
    enum { NEVER = 0, READS = 1, WATCHES = 2, FOLLOWS = 4, WRITES = 8, ALWAYS = 15 };
    static const struct {
        const char *answer; // NULL: silence
        int again;
        bool refused;
    } rows[] = {
        {BUSY("429", "0"), ALWAYS, false},
        {BUSY("503", "0"), ALWAYS, false},
        {BUSY("504", "0"), ALWAYS, false},
        {"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n", NEVER, false},
        {"HTTP/1.1 429 X\r\nContent-Length: 0\r\n\r\n", NEVER, false},
        {SCRIPT_RESETS, READS | WATCHES, false},
        {SCRIPT_CLOSES, READS | WATCHES, false},
        {"HTTP/1.1 200 OK\r\nContent-" SCRIPT_CLOSES, NEVER, false}, // as Go's HTTP/1.1
        {"HTTP/1.1 200 OK\r\nContent-" SCRIPT_RESETS, READS | WATCHES, false},
        {NULL, NEVER, true},
        {NULL, WATCHES, false},
        {OK_HELLO, NEVER, false},
        {BUSY("301", "0"), NEVER, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int verb = READS; verb <= WRITES; verb *= 2) {
            static struct talk t;
            struct kedge_request r = verb == WATCHES ? watch : verb == WRITES ? post : get;
            const char *const answers[] = {rows[i].answer, rows[i].answer, rows[i].answer,
                                           OK_HELLO};
            if (verb == FOLLOWS && rows[i].answer == NULL && !rows[i].refused)
                continue; // it waits for ever
            r.endless = verb == FOLLOWS;
            r.retries = 2;
            open_talk(&t, answers, rows[i].answer != NULL ? 4 : 0);
            t.port.cruelty.refuse = rows[i].refused;
            (void)ask(&t, &r, i % 2 == 0);
            struct kedge_rest_facts facts;
            assert_int_equal(kedge_rest_facts(t.rest, &facts), KEDGE_OK);
            if (facts.sent != ((rows[i].again & verb) != 0 ? 3u : 1u))
                fail_msg("row %zu, verb %d: sent %u times", i, verb, facts.sent);
            close_talk(&t);
        }
    }
}

// client-go's TestHTTP1DoNotReuseRequestAfterTimeout: what comes too late is nobody's answer.
static void a_connection_that_timed_out_is_not_used_again(void **state)
{
    (void)state;
    static const char *const answers[] = {"HTTP/1.1 200 OK\r\n", OK_HELLO};
    for (int in_loop = 0; in_loop < 2; in_loop++) {
        static struct talk t;
        struct kedge_request r = get;
        open_talk(&t, answers, 2);
        r.timeout = 3 * KEDGE_SECOND;
        assert_int_equal(ask(&t, &r, in_loop), KEDGE_ERR_TIMEOUT);
        assert_int_equal(t.port.open_streams, 0);
        assert_int_equal(ask(&t, &get, in_loop), KEDGE_OK);
        assert_int_equal(t.port.opens, 2);
        assert_memory_equal(t.body, "hello", 5);
        close_talk(&t);
    }
}

static void a_kept_connection_that_was_closed_costs_no_write(void **state)
{
    (void)state;
    static const char *const answers[] = {OK_HELLO SCRIPT_CLOSES, OK_HELLO};
    static struct talk t;
    open_talk(&t, answers, 2);
    assert_int_equal(ask(&t, &get, false), KEDGE_OK);
    assert_int_equal(ask(&t, &post, false), KEDGE_OK);
    assert_int_equal(t.port.opens, 2);
    close_talk(&t);
}

static void what_nobody_asked_for_ends_a_kept_connection(void **state)
{
    (void)state;
    static const char *const answers[] = {OK_HELLO, OK_HELLO};
    static struct talk t;
    open_talk(&t, answers, 2);
    assert_int_equal(ask(&t, &get, false), KEDGE_OK);
    script_say(&t.script, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
    assert_int_equal(ask(&t, &post, false), KEDGE_OK);
    assert_memory_equal(t.body, "hello", 5);
    assert_int_equal(t.port.opens, 2);
    close_talk(&t);
}

static void a_connection_that_is_idle_for_long_is_closed(void **state)
{
    (void)state;
    static const char *const answers[] = {OK_HELLO, OK_HELLO, OK_HELLO};
    static struct talk t;
    open_talk(&t, answers, 3);
    assert_int_equal(ask(&t, &get, true), KEDGE_OK);
    assert_int_equal(t.port.open_streams, 1);
    t.port.now += 89 * KEDGE_SECOND;
    assert_int_equal(ask(&t, &get, true), KEDGE_OK);
    assert_int_equal(t.port.opens, 1);
    // The loop closes it when its time has come, and a call that waits does not use it any more.
    for (int i = 0; i < 3; i++)
        assert_int_equal(kedge_poll(t.k, 45 * KEDGE_SECOND), KEDGE_OK);
    assert_int_equal(t.port.open_streams, 0);
    assert_int_equal(ask(&t, &get, false), KEDGE_OK);
    assert_int_equal(t.port.opens, 2);
    t.script.next = 0;
    t.port.now += 91 * KEDGE_SECOND;
    assert_int_equal(ask(&t, &get, false), KEDGE_OK);
    assert_int_equal(t.port.opens, 3);
    close_talk(&t);
}

static void a_refused_connection_is_told_at_once(void **state)
{
    (void)state;
    static struct talk t;
    static const struct kedge_request *const requests[] = {&get, &post, &watch};
    for (size_t i = 0; i < 3; i++) {
        open_talk(&t, NULL, 0);
        t.port.cruelty.refuse = true;
        kedge_time began = t.port.now;
        assert_int_equal(ask(&t, requests[i], i == 1), KEDGE_ERR_CONNECT);
        assert_int_equal(t.port.now, began);
        close_talk(&t);
    }
}

static void a_watch_that_cannot_be_had_ends_empty(void **state)
{
    (void)state;
    static const char *const answers[] = {SCRIPT_RESETS, SCRIPT_CLOSES, SCRIPT_CLOSES};
    for (int in_loop = 0; in_loop < 2; in_loop++) {
        static struct talk t;
        struct kedge_request r = watch;
        r.retries = 2;
        open_talk(&t, answers, 3);
        assert_int_equal(ask(&t, &r, in_loop), KEDGE_OK);
        assert_int_equal(t.len, 0);
        assert_int_equal(asked(&t), 3);
        close_talk(&t);
    }
}

static void only_200_begins_a_watch(void **state)
{
    (void)state;
    static const char *const answers[] = {"HTTP/1.1 204 No Content\r\n\r\n"};
    static struct talk t;
    open_talk(&t, answers, 1);
    assert_int_equal(ask(&t, &watch, false), KEDGE_ERR_API);
    close_talk(&t);
    open_talk(&t, answers, 1);
    assert_int_equal(ask(&t, &get, false), KEDGE_OK);
    close_talk(&t);
}

static void a_followed_log_is_never_begun_twice(void **state)
{
    (void)state;
    static const char *const answers[] = {SCRIPT_CLOSES, OK_HELLO};
    static struct talk t;
    struct kedge_request r = get;
    r.endless = true;
    open_talk(&t, answers, 2);
    assert_int_equal(ask(&t, &r, false), KEDGE_ERR_IO);
    assert_int_equal(asked(&t), 1);
    close_talk(&t);
}

static void the_bucket_is_shared_and_watches_begin_without(void **state)
{
    (void)state;
    static const char *const answers[] = {OK_HELLO, OK_HELLO, OK_HELLO, OK_HELLO, OK_HELLO};
    static struct talk t;
    open_talk_with(&t, answers, 5, 2, NULL); // two at once, then one in half a second
    kedge_time began = t.port.now;
    for (int i = 0; i < 2; i++)
        assert_int_equal(ask(&t, &get, false), KEDGE_OK);
    assert_int_equal(t.port.now - began, 0);
    assert_int_equal(ask(&t, &watch, false), KEDGE_OK);
    assert_int_equal(t.port.now - began, 0);
    assert_int_equal(ask(&t, &get, true), KEDGE_OK);
    assert_int_equal(t.port.now - began, 500);
    struct kedge_rest *second = kedge_rest_new(t.client, NULL);
    size_t len;
    char body[16];
    t.script.next = 0;
    assert_int_equal(kedge_rest_read(second, &get, body, sizeof body, &len), KEDGE_OK);
    assert_int_equal(t.port.now - began, 1000);
    kedge_rest_close(second);
    close_talk(&t);
}

static void a_token_that_nobody_needs_any_more_is_given_back(void **state)
{
    (void)state;
    static const char *const answers[] = {OK_HELLO,         OK_HELLO,         OK_HELLO,
                                          BUSY("429", "0"), BUSY("429", "0"), OK_HELLO};
    static struct talk t;
    open_talk_with(&t, answers, 6, 2, NULL);
    for (int i = 0; i < 2; i++)
        assert_int_equal(ask(&t, &get, false), KEDGE_OK);
    kedge_time began = t.port.now;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(kedge_rest_start(t.rest, &get, sink, done, &t), KEDGE_OK);
        assert_int_equal(kedge_poll(t.k, 0), KEDGE_OK);
        kedge_rest_cancel(t.rest);
    }
    assert_int_equal(ask(&t, &get, false), KEDGE_OK);
    assert_int_equal(t.port.now - began, 500);
    // The request's time begins with its token; the retry's would come half a second later.
    struct kedge_request r = get;
    r.timeout = 400;
    began = t.port.now;
    assert_int_equal(ask(&t, &r, false), KEDGE_ERR_TIMEOUT);
    assert_non_null(strstr(kedge_rest_error_text(t.rest), "rate limit"));
    assert_int_equal(t.port.now - began, 500);
    // Nor was that token used.
    began = t.port.now;
    assert_int_equal(ask(&t, &get, false), KEDGE_OK);
    assert_int_equal(t.port.now - began, 1000); // its own, and that of its retry
    close_talk(&t);
}

static void a_request_has_a_time_of_its_own(void **state)
{
    (void)state;
    static const char *const slow[] = {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"};
    static const char *const busy[] = {BUSY("429", "3"), BUSY("429", "3"), BUSY("429", "3")};
    for (int in_loop = 0; in_loop < 2; in_loop++) {
        static struct talk t;
        struct kedge_request r = get;
        r.timeout = 7 * KEDGE_SECOND;
        open_talk(&t, slow, 1);
        kedge_time began = t.port.now;
        assert_int_equal(ask(&t, &r, in_loop), KEDGE_ERR_TIMEOUT);
        assert_int_equal(t.port.now - began, 7000);
        assert_non_null(strstr(t.script.seen, "?timeout=7s HTTP/1.1"));
        close_talk(&t);
        // It covers all attempts.
        open_talk(&t, busy, 3);
        began = t.port.now;
        assert_int_equal(ask(&t, &r, in_loop), KEDGE_ERR_TIMEOUT);
        assert_int_equal(t.port.now - began, 7000);
        close_talk(&t);
    }
}

static void connection_head_and_body_have_their_times(void **state)
{
    (void)state;
    static const char *const slow[] = {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"};
    static const struct kedge_rest_options o = {
        .open_timeout = 1000, .head_timeout = 2000, .body_timeout = 3000};
    for (int in_loop = 0; in_loop < 2; in_loop++) {
        static struct talk t;
        open_talk_with(&t, slow, 1, -1, &o);
        kedge_time began = t.port.now;
        assert_int_equal(ask(&t, &get, in_loop), KEDGE_ERR_TIMEOUT);
        assert_int_equal(t.port.now - began, 3000);
        assert_string_equal(kedge_rest_error_text(t.rest),
                            "get /version: the answer stopped, for too long");
        began = t.port.now;
        assert_int_equal(ask(&t, &get, in_loop), KEDGE_ERR_TIMEOUT);
        assert_int_equal(t.port.now - began, 2000);
        close_talk(&t);
    }
    // A peer that never says that it is connected.
    static struct talk t;
    open_talk_with(&t, slow, 1, -1, &o);
    t.port.cruelty.connect_steps = 1000000;
    assert_int_equal(kedge_rest_start(t.rest, &get, sink, done, &t), KEDGE_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(kedge_poll(t.k, 0), KEDGE_OK);
        assert_int_equal(t.done, 0);
        fake_port_advance(&t.port, i == 0 ? 999 : 1);
    }
    assert_int_equal(kedge_poll(t.k, 0), KEDGE_OK);
    assert_int_equal(t.done, 1);
    assert_int_equal(t.result, KEDGE_ERR_TIMEOUT);
    close_talk(&t);
}

static void a_body_that_is_refused_early_is_not_sent_whole(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "HTTP/1.1 413 Too Large\r\nContent-Length: 9\r\n\r\ntoo large", OK_HELLO};
    static struct talk t;
    static char large[20000];
    struct kedge_request r = post;
    memset(large, 'x', sizeof large);
    r.body = (kedge_str){large, sizeof large};
    open_talk(&t, answers, 2);
    // The peer answers when it has the head, and takes no more than a little at a time.
    t.port.cruelty.write_max = 100;
    t.port.cruelty.block_every = 3;
    assert_int_equal(ask(&t, &r, false), KEDGE_ERR_API);
    assert_true(kedge_status_is_request_entity_too_large(kedge_rest_status(t.rest)));
    assert_true(t.port.bytes_written < 10000);
    // What is left of it must not be taken for a request.
    assert_int_equal(ask(&t, &get, false), KEDGE_OK);
    assert_int_equal(t.port.opens, 2);
    close_talk(&t);
}

static kedge_err cancels(void *ctx, kedge_str bytes)
{
    struct talk *t = ctx;
    (void)bytes;
    kedge_rest_cancel(t->rest);
    return KEDGE_OK;
}

static kedge_err refuses(void *ctx, kedge_str bytes)
{
    (void)ctx;
    (void)bytes;
    return KEDGE_ERR_FULL;
}

static kedge_err asks_inside(void *ctx, kedge_str bytes)
{
    struct talk *t = ctx;
    char body[16];
    size_t len;
    (void)bytes;
    assert_int_equal(kedge_rest_read(t->rest, &get, body, sizeof body, &len), KEDGE_ERR_STATE);
    assert_int_equal(kedge_poll(t->k, 0), KEDGE_ERR_REENTRANT);
    return KEDGE_OK;
}

static kedge_err stops(void *ctx, kedge_str bytes)
{
    struct talk *t = ctx;
    (void)bytes;
    kedge_stop(t->k);
    return KEDGE_OK;
}

static kedge_err stops_and_refuses(void *ctx, kedge_str bytes)
{
    stops(ctx, bytes);
    return KEDGE_ERR_FULL;
}

static void a_sink_may_refuse_cancel_and_stop(void **state)
{
    (void)state;
    static const char *const answers[] = {OK_HELLO, OK_HELLO, OK_HELLO, OK_HELLO,
                                          "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"};
    static struct talk t;
    open_talk(&t, answers, 5);
    assert_int_equal(kedge_rest_stream(t.rest, &get, refuses, &t), KEDGE_ERR_FULL);
    assert_int_equal(kedge_rest_stream(t.rest, &get, cancels, &t), KEDGE_ERR_STOPPED);
    assert_int_equal(kedge_rest_stream(t.rest, &get, asks_inside, &t), KEDGE_OK);
    assert_int_equal(kedge_rest_start(t.rest, &get, cancels, done, &t), KEDGE_OK);
    for (int i = 0; i < 8; i++)
        assert_int_equal(kedge_poll(t.k, 0), KEDGE_OK);
    assert_int_equal(t.done, 0);
    assert_int_equal(kedge_rest_stream(t.rest, &get, stops, &t), KEDGE_ERR_STOPPED);
    assert_int_equal(kedge_rest_stream(t.rest, &get, sink, &t), KEDGE_ERR_STOPPED);
    close_talk(&t);
    // What it says itself counts.
    open_talk(&t, answers, 1);
    assert_int_equal(kedge_rest_stream(t.rest, &get, stops_and_refuses, &t), KEDGE_ERR_FULL);
    close_talk(&t);
}

static void begins_again(void *ctx, kedge_err err)
{
    struct talk *t = ctx;
    t->result = err;
    if (++t->done < 3)
        assert_int_equal(kedge_rest_start(t->rest, &get, sink, begins_again, t), KEDGE_OK);
}

static void the_end_of_one_may_begin_the_next(void **state)
{
    (void)state;
    static const char *const answers[] = {OK_HELLO, OK_HELLO, OK_HELLO};
    static struct talk t;
    char body[16];
    size_t len;
    open_talk(&t, answers, 3);
    assert_int_equal(kedge_rest_start(t.rest, &get, sink, begins_again, &t), KEDGE_OK);
    assert_int_equal(kedge_rest_start(t.rest, &get, sink, begins_again, &t), KEDGE_ERR_STATE);
    assert_int_equal(kedge_rest_read(t.rest, &get, body, sizeof body, &len), KEDGE_ERR_STATE);
    while (t.done < 3)
        assert_int_equal(kedge_poll(t.k, KEDGE_SECOND), KEDGE_OK);
    assert_int_equal(t.len, 15);
    assert_int_equal(t.port.opens, 1);
    close_talk(&t);
}

// At each of its turns a request in the loop is given up, and the next one is as good as ever.
static void a_request_can_be_cancelled_at_any_turn(void **state)
{
    (void)state;
    static const char *const answers[] = {BUSY("429", "1"), OK_HELLO, OK_HELLO, OK_HELLO};
    unsigned ended = 0;
    for (unsigned turns = 0; ended == 0; turns++) {
        static struct talk t;
        assert_true(turns < 1000);
        open_talk(&t, answers, 4);
        t.port.cruelty.read_max = t.port.cruelty.write_max = 7;
        t.port.cruelty.block_every = 2;
        t.port.cruelty.connect_steps = 2;
        kedge_rest_start(t.rest, &get, sink, done, &t);
        for (unsigned i = 0; i < turns; i++)
            kedge_poll(t.k, KEDGE_SECOND);
        ended = t.done;
        kedge_rest_cancel(t.rest);
        // Only behind a whole reply it stays open.
        assert_int_equal(t.port.open_streams, t.rest->connection.connected);
        t.script.next = 1;
        assert_int_equal(ask(&t, &get, turns % 2 == 0), KEDGE_OK);
        assert_int_equal(t.len, 5);
        close_talk(&t);
    }
}

static void a_port_that_cannot_wait_ends_a_request(void **state)
{
    (void)state;
    static const char *const answers[] = {OK_HELLO, OK_HELLO};
    static struct talk t;
    open_talk(&t, answers, 2);
    t.port.cruelty = (struct fake_cruelty){
        .block_every = 2, .read_max = 3, .fail_only = FAKE_CALL_WAIT, .fail_at = t.port.calls + 1};
    assert_int_equal(ask(&t, &get, false), KEDGE_ERR_IO);
    assert_non_null(strstr(kedge_rest_error_text(t.rest), "the port cannot wait"));
    assert_int_equal(t.port.open_streams, 0);
    t.port.cruelty = (struct fake_cruelty){.read_max = 3};
    assert_int_equal(ask(&t, &get, false), KEDGE_OK);
    close_talk(&t);
}

static void nobody_need_be_told(void **state)
{
    (void)state;
    static const char *const answers[] = {OK_HELLO};
    static struct talk t;
    open_talk(&t, answers, 1);
    assert_int_equal(kedge_rest_start(t.rest, &get, NULL, NULL, NULL), KEDGE_OK);
    for (int i = 0; i < 9; i++)
        assert_int_equal(kedge_poll(t.k, 0), KEDGE_OK);
    assert_int_equal(t.rest->state, KEDGE__REST_IDLE);
    assert_int_equal(t.rest->code, 200);
    close_talk(&t);
}

static void a_body_that_does_not_fit_says_so(void **state)
{
    (void)state;
    static const char *const answers[] = {OK_HELLO, OK_HELLO, OK_HELLO};
    static struct talk t;
    char body[8];
    size_t len;
    open_talk(&t, answers, 3);
    assert_int_equal(kedge_rest_read(t.rest, &get, body, 4, &len), KEDGE_ERR_TOO_LONG);
    assert_int_equal(len, 4);
    assert_memory_equal(body, "hell", 4);
    assert_int_equal(kedge_rest_read(t.rest, &get, NULL, 0, &len), KEDGE_ERR_TOO_LONG);
    assert_int_equal(kedge_rest_read(t.rest, &get, body, 5, &len), KEDGE_OK);
    assert_int_equal(kedge_rest_read(t.rest, &get, body, 5, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_rest_read(t.rest, &get, NULL, 5, &len), KEDGE_ERR_ARGUMENT);
    close_talk(&t);
}

static void what_cannot_be_a_request_is_told(void **state)
{
    (void)state;
    static struct talk t;
    static char long_name[2000];
    struct kedge_request r = {.verb = KEDGE_GET, .version = "v1", .resource = "pods"};
    open_talk(&t, NULL, 0);
    assert_int_equal(ask(&t, &r, false), KEDGE_ERR_ARGUMENT);
    assert_string_equal(kedge_rest_error_text(t.rest), "name: name is required");
    r.name = "../x";
    assert_int_equal(ask(&t, &r, true), KEDGE_ERR_ARGUMENT);
    assert_string_equal(kedge_rest_error_text(t.rest), "name: may not contain '/'");
    memset(long_name, 'a', sizeof long_name - 1);
    r.name = long_name;
    assert_int_equal(ask(&t, &r, true), KEDGE_ERR_TOO_LONG);
    r.name = "x";
    r.verb = KEDGE_DELETE;
    r.options.precondition_uid = long_name;
    assert_int_equal(ask(&t, &r, true), KEDGE_ERR_TOO_LONG);
    r = get;
    r.accept = "text/\r\nplain";
    assert_int_equal(ask(&t, &r, false), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_rest_stream(NULL, &get, sink, &t), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_rest_stream(t.rest, NULL, sink, &t), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_rest_start(NULL, &get, sink, done, &t), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_rest_start(t.rest, NULL, sink, done, &t), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_rest_facts(NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_rest_facts(t.rest, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_rest_status(NULL)->code, 0);
    assert_true(strlen(kedge_rest_error_text(NULL)) > 0);
    kedge_rest_close(NULL);
    kedge_rest_cancel(NULL);
    assert_int_equal(t.port.opens, 0);
    close_talk(&t);
}

static void options_out_of_range_make_none(void **state)
{
    (void)state;
    static const struct kedge_rest_options bad[] = {
        {.buffer = 100},      {.path_max = 10},     {.text_max = 10},    {.head_timeout = -1},
        {.open_timeout = -1}, {.body_timeout = -1}, {.idle_timeout = -1}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        static struct talk t;
        open_talk(&t, NULL, 0);
        assert_null(kedge_rest_new(t.client, &bad[i]));
        assert_int_equal(kedge_error(t.k), KEDGE_ERR_ARGUMENT);
        assert_non_null(strstr(kedge_error_text(t.k), "kedge_rest"));
        // It is the first failure that counts, and nothing is made after it.
        assert_null(kedge_rest_new(t.client, NULL));
        close_talk(&t);
    }
    assert_null(kedge_rest_new(NULL, NULL));
}

static void a_refusal_that_is_no_status_is_told_by_its_code(void **state)
{
    (void)state;
    static const char *const answers[][1] = {
        {"HTTP/1.1 502 Bad\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"},
        {"HTTP/1.1 502 Bad\r\nContent-Length: 9\r\n\r\n{\"a\":" SCRIPT_CLOSES},
        {"HTTP/1.1 502 Bad\r\n\r\n[1,2]" SCRIPT_CLOSES},
        {"HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n"},
    };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        static struct talk t;
        open_talk(&t, answers[i], 1);
        assert_int_equal(ask(&t, &get, i % 2 == 0), KEDGE_ERR_API);
        assert_int_equal(kedge_rest_status(t.rest)->code, 502);
        assert_true(kedge_status_is_internal_error(kedge_rest_status(t.rest)));
        close_talk(&t);
    }
}

static void an_endless_refusal_ends(void **state)
{
    (void)state;
    static char endless[200000];
    const char *const answers[] = {endless};
    static struct talk t;
    memset(endless, ' ', sizeof endless - 1);
    memcpy(endless, "HTTP/1.1 400 Bad\r\n\r\n{", 21);
    open_talk(&t, answers, 1);
    assert_int_equal(ask(&t, &get, true), KEDGE_ERR_API);
    assert_true(t.port.bytes_read < 100000);
    assert_int_equal(t.port.open_streams, 0);
    close_talk(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_busy_server_is_asked_again_when_it_says),
        cmocka_unit_test(only_a_busy_server_that_says_when_is_asked_again),
        cmocka_unit_test(retries_have_a_limit),
        cmocka_unit_test(a_get_whose_connection_breaks_is_asked_again),
        cmocka_unit_test(what_writes_is_not_sent_twice),
        cmocka_unit_test(each_verb_is_sent_again_after_what_it_may_be),
        cmocka_unit_test(a_connection_that_timed_out_is_not_used_again),
        cmocka_unit_test(a_kept_connection_that_was_closed_costs_no_write),
        cmocka_unit_test(what_nobody_asked_for_ends_a_kept_connection),
        cmocka_unit_test(a_connection_that_is_idle_for_long_is_closed),
        cmocka_unit_test(a_refused_connection_is_told_at_once),
        cmocka_unit_test(a_watch_that_cannot_be_had_ends_empty),
        cmocka_unit_test(only_200_begins_a_watch),
        cmocka_unit_test(a_followed_log_is_never_begun_twice),
        cmocka_unit_test(the_bucket_is_shared_and_watches_begin_without),
        cmocka_unit_test(a_token_that_nobody_needs_any_more_is_given_back),
        cmocka_unit_test(a_request_has_a_time_of_its_own),
        cmocka_unit_test(connection_head_and_body_have_their_times),
        cmocka_unit_test(a_body_that_is_refused_early_is_not_sent_whole),
        cmocka_unit_test(a_sink_may_refuse_cancel_and_stop),
        cmocka_unit_test(the_end_of_one_may_begin_the_next),
        cmocka_unit_test(a_request_can_be_cancelled_at_any_turn),
        cmocka_unit_test(a_port_that_cannot_wait_ends_a_request),
        cmocka_unit_test(nobody_need_be_told),
        cmocka_unit_test(a_body_that_does_not_fit_says_so),
        cmocka_unit_test(what_cannot_be_a_request_is_told),
        cmocka_unit_test(options_out_of_range_make_none),
        cmocka_unit_test(a_refusal_that_is_no_status_is_told_by_its_code),
        cmocka_unit_test(an_endless_refusal_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
