// SPDX-License-Identifier: Apache-2.0
// The watch that goes on: what it forwards, when it tries again, and that nothing comes twice.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/rest_priv.h"
#include "mock_port.h"
#include "watch_log.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define GONE     WATCH_ERROR("410", "Expired", "")
#define CLOSED   WATCH_HEAD SCRIPT_CLOSES
#define ENDED    WATCH_HEAD GONE // the last answer: its ERROR is forwarded

static struct watch_log l;
static struct kedge_retry_watcher *rw;

static struct kedge_watch_options from(const char *version)
{
    return (struct kedge_watch_options){.kind = &kedge_kind_deployment,
                                        .namespace_ = "default",
                                        .options = {.resource_version = version}};
}

static void open_watcher(const char *const *answers, size_t count)
{
    watch_log_script(&l, answers, count, NULL);
    rw = kedge_retry_watcher_new(l.rest);
    assert_non_null(rw);
}

static void start(const char *version)
{
    struct kedge_watch_options o = from(version);
    assert_int_equal(kedge_retry_watcher_start(rw, &o, &l.handler), KEDGE_OK);
}

static void close_watcher(void)
{
    kedge_retry_watcher_stop(rw);
    assert_false(kedge_retry_watcher_is_running(rw));
    watch_log_close(&l);
}

// How long it took, from version 4 on, until the end; compares log, starts and the last version
// asked for.
static kedge_time expect(const char *const *answers, size_t count, const char *log,
                         const char *asked)
{
    char last[64] = "";
    open_watcher(answers, count);
    kedge_time began = l.own.now;
    start("4");
    watch_log_run(&l, KEDGE_HOUR);
    assert_string_equal(l.text, log);
    assert_int_equal(l.script.next, count);
    l.script.seen[l.script.seen_len] = '\0';
    for (char *at = l.script.seen; (at = strstr(at, "resourceVersion=")) != NULL; at++)
        snprintf(last, sizeof last, "%.*s", (int)strcspn(at + 16, "& "), at + 16);
    assert_string_equal(last, asked);
    kedge_time took = l.own.now - began;
    assert_false(kedge_retry_watcher_is_running(rw));
    close_watcher();
    return took;
}

static void a_version_is_needed(void **state)
{
    (void)state;
    char long_one[65];
    struct kedge_watch_options o;
    struct kedge_watch_handler nobody = {0};
    memset(long_one, '1', 64);
    long_one[64] = '\0';
    const char *const versions[] = {NULL, "", "0", long_one};
    open_watcher(NULL, 0);
    for (size_t i = 0; i < COUNT(versions); i++) {
        o = from(versions[i]);
        assert_int_equal(kedge_retry_watcher_start(rw, &o, &l.handler), KEDGE_ERR_ARGUMENT);
    }
    o = from("4");
    o.options.send_initial_events = KEDGE_JUST(0);
    assert_int_equal(kedge_retry_watcher_start(rw, &o, &l.handler), KEDGE_ERR_ARGUMENT);
    o = from("4");
    o.options.dry_run = true;
    assert_int_equal(kedge_retry_watcher_start(rw, &o, &l.handler), KEDGE_ERR_ARGUMENT);
    o = from("4");
    assert_int_equal(kedge_retry_watcher_start(rw, &o, &nobody), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_retry_watcher_start(rw, NULL, &l.handler), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_retry_watcher_start(NULL, &o, &l.handler), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_retry_watcher_next(NULL, NULL, 0), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_retry_watcher_next(rw, NULL, 0), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_until(NULL, NULL, 0, NULL, 0, NULL), KEDGE_ERR_ARGUMENT);
    assert_string_equal(kedge_retry_watcher_version(NULL), "");
    assert_false(kedge_retry_watcher_is_running(NULL));
    kedge_retry_watcher_stop(NULL);
    assert_null(kedge_retry_watcher_new(NULL));
    assert_false(kedge_retry_watcher_is_running(rw));
    start("4");
    assert_int_equal(kedge_retry_watcher_start(rw, &o, &l.handler), KEDGE_ERR_STATE);
    kedge_poll(l.k, 0);
    kedge_poll(l.k, 0);
    l.script.seen[l.script.seen_len] = '\0';
    assert_non_null(
        strstr(l.script.seen, "?allowWatchBookmarks=true&resourceVersion=4&watch=true "));
    close_watcher();
}

static void it_goes_on_behind_the_last_event(void **state)
{
    (void)state;
    static const char *const answers[] = {
        WATCH_HEAD WATCH_EVENT("ADDED", "a", "5") WATCH_EVENT("MODIFIED", "a", "9") SCRIPT_CLOSES,
        CLOSED, WATCH_HEAD WATCH_EVENT("DELETED", "a", "12") SCRIPT_RESETS, ENDED};
    kedge_time took = expect(answers, COUNT(answers),
                             "ADDED a 5\nMODIFIED a 9\nDELETED a 12\nERROR 410 Expired\n"
                             "END KEDGE_ERR_API\n",
                             "12");
    assert_int_equal(took, 3 * KEDGE_SECOND); // starts are a second apart
}

static void bookmarks_move_the_version_and_are_not_forwarded(void **state)
{
    (void)state;
    static const char *const answers[] = {WATCH_HEAD WATCH_EVENT("ADDED", "a", "5")
                                              WATCH_EVENT("BOOKMARK", "", "77") SCRIPT_CLOSES,
                                          ENDED};
    expect(answers, 2, "ADDED a 5\nERROR 410 Expired\nEND KEDGE_ERR_API\n", "77");
}

static void a_second_counts_from_the_start(void **state)
{
    (void)state;
    static const char *const answers[] = {WATCH_HEAD, ENDED};
    open_watcher(answers, 2);
    start("4");
    watch_log_run(&l, 300 * KEDGE_MILLISECOND);
    script_say(&l.script, SCRIPT_CLOSES);
    watch_log_run(&l, 650 * KEDGE_MILLISECOND);
    assert_int_equal(l.script.next, 1);
    watch_log_run(&l, 100 * KEDGE_MILLISECOND);
    assert_string_equal(l.text, "ERROR 410 Expired\nEND KEDGE_ERR_API\n");
    close_watcher();
    // One that lasted goes on at once.
    open_watcher(answers, 2);
    start("4");
    watch_log_run(&l, 10 * KEDGE_SECOND);
    kedge_time began = l.own.now;
    script_say(&l.script, SCRIPT_CLOSES);
    watch_log_run(&l, KEDGE_SECOND);
    assert_int_equal(l.own.now, began);
    assert_int_equal(l.ends, 1);
    close_watcher();
}

static void errors_that_pass_are_dropped_and_their_delay_is_obeyed(void **state)
{
    (void)state;
    static const struct {
        const char *error;
        kedge_time delay;
    } passing[] = {
        {WATCH_ERROR("500", "InternalError", ""), 1},
        {WATCH_ERROR("504", "Timeout", ",\"details\":{\"retryAfterSeconds\":7}"), 7},
        {WATCH_ERROR("500", "InternalError", ",\"details\":{\"retryAfterSeconds\":3}"), 3},
        {WATCH_ERROR("429", "TooManyRequests", ",\"details\":{\"retryAfterSeconds\":30}"), 30},
        {WATCH_ERROR("403", "Forbidden", ""), 1}, // in the stream, it passes
        {WATCH_ERROR("666", "Odd", ""), 1},
        {"{\"type\":\"ERROR\",\"object\":{\"kind\":\"Pod\"}}", 1},
        {"{\"type\":\"ADDED\",\"object\":{\"kind\":\"Table\"," WATCH_META("b", "6") "}}", 1},
        {"{\"type\":\"ERROR\",\"object\":7}", 1},
        {"<", 1},
    };
    for (size_t i = 0; i < COUNT(passing); i++) {
        char answer[1024];
        snprintf(answer, sizeof answer, "%s%s%s", WATCH_HEAD WATCH_EVENT("ADDED", "a", "5"),
                 passing[i].error, WATCH_EVENT("ADDED", "lost", "6"));
        const char *const answers[] = {answer, ENDED};
        kedge_time took =
            expect(answers, 2, "ADDED a 5\nERROR 410 Expired\nEND KEDGE_ERR_API\n", "5");
        assert_int_equal(took, passing[i].delay * KEDGE_SECOND);
    }
}

static void a_refusal_passes_but_forbidden_and_unauthorized_stay(void **state)
{
    (void)state;
#define REFUSED(code) "HTTP/1.1 " code " x\r\nContent-Length: 0\r\n\r\n"
    static const char *const passing[] = {
        REFUSED("410"),
        REFUSED("500"),
        REFUSED("404"),
        REFUSED("429"),
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1\r\n\r\n<",
        ENDED};
    kedge_time took =
        expect(passing, COUNT(passing), "ERROR 410 Expired\nEND KEDGE_ERR_API\n", "4");
    assert_int_equal(took, 5 * KEDGE_SECOND);
    static const char *const forbidden[] = {REFUSED("500"), REFUSED("403")};
    expect(forbidden, 2, "ERROR 403 Forbidden\nEND KEDGE_ERR_API\n", "4");
    static const char *const unauthorized[] = {CLOSED, REFUSED("401")};
    expect(unauthorized, 2, "ERROR 401 Unauthorized\nEND KEDGE_ERR_API\n", "4");
}

static void what_might_miss_something_stays(void **state)
{
    (void)state;
    static const char *const nameless[] = {WATCH_HEAD WATCH_EVENT("ADDED", "a", "5") WATCH_EVENT(
        "ADDED", "b", "") WATCH_EVENT("ADDED", "c", "7")};
    expect(nameless, 1, "ADDED a 5\nERROR 500 InternalError\nEND KEDGE_ERR_JSON\n", "4");
    static const char *const bare[] = {WATCH_HEAD "{\"type\":\"BOOKMARK\",\"object\":{}}"};
    expect(bare, 1, "ERROR 500 InternalError\nEND KEDGE_ERR_JSON\n", "4");
    static const char *const strange[] = {WATCH_HEAD WATCH_EVENT("RENAMED", "a", "5")};
    expect(strange, 1, "ERROR 500 InternalError\nEND KEDGE_ERR_JSON\n", "4");
}

static void nobody_there_is_tried_again_for_ever(void **state)
{
    (void)state;
    static const char *const answers[] = {ENDED};
    open_watcher(answers, 1);
    l.own.cruelty.refuse = true;
    start("4");
    watch_log_run(&l, KEDGE_HOUR);
    assert_int_equal(l.len, 0);
    l.own.cruelty.refuse = false;
    watch_log_run(&l, 2 * KEDGE_SECOND);
    assert_string_equal(l.text, "ERROR 410 Expired\nEND KEDGE_ERR_API\n");
    close_watcher();
}

static void who_asks_gets_the_same(void **state)
{
    (void)state;
    static const char *const answers[] = {
        WATCH_HEAD WATCH_EVENT("ADDED", "a", "5") WATCH_EVENT("BOOKMARK", "", "6") SCRIPT_CLOSES,
        WATCH_HEAD WATCH_EVENT("ADDED", "b", "7") WATCH_ERROR("500", "x", ""),
        WATCH_HEAD WATCH_EVENT("ADDED", "c", "8") GONE WATCH_EVENT("ADDED", "d", "9")};
    struct kedge_watch_options o = from("4");
    struct kedge_watch_event event;
    kedge_err err;
    open_watcher(answers, COUNT(answers));
    assert_int_equal(kedge_retry_watcher_next(rw, &event, 0), KEDGE_ERR_STATE);
    assert_int_equal(kedge_retry_watcher_start(rw, &o, NULL), KEDGE_OK);
    assert_string_equal(kedge_retry_watcher_version(rw), "4");
    while ((err = kedge_retry_watcher_next(rw, &event, KEDGE_MINUTE)) == KEDGE_OK) {
        watch_log_event(&l, &event);
        for (int i = 0; i < 30; i++)
            kedge_poll(l.k, KEDGE_SECOND); // it may look at it for a while
    }
    assert_int_equal(err, KEDGE_ERR_API);
    assert_string_equal(l.text, "ADDED a 5\nADDED b 7\nADDED c 8\nERROR 410 Expired\n");
    assert_string_equal(kedge_retry_watcher_version(rw), "8");
    close_watcher();
    // Forbidden, asked for: the last event of our own, and the end behind it.
    static const char *const refused[] = {REFUSED("403")};
    open_watcher(refused, 1);
    assert_int_equal(kedge_retry_watcher_start(rw, &o, NULL), KEDGE_OK);
    assert_int_equal(kedge_retry_watcher_next(rw, &event, KEDGE_MINUTE), KEDGE_OK);
    assert_true(kedge_status_is_forbidden(event.status));
    assert_int_equal(kedge_retry_watcher_next(rw, &event, KEDGE_MINUTE), KEDGE_ERR_API);
    close_watcher();
    // An event without a version: the error is ours, in the middle of the stream.
    static const char *const bare[] = {WATCH_HEAD "{\"type\":\"ADDED\",\"object\":{}}"};
    open_watcher(bare, 1);
    assert_int_equal(kedge_retry_watcher_start(rw, &o, NULL), KEDGE_OK);
    assert_int_equal(kedge_retry_watcher_next(rw, &event, KEDGE_MINUTE), KEDGE_OK);
    assert_true(kedge_status_is_internal_error(event.status));
    assert_int_equal(kedge_retry_watcher_next(rw, &event, KEDGE_MINUTE), KEDGE_ERR_JSON);
    close_watcher();
}

// The stream breaks (its certificate is renewed) while an event is held, and while one is looked
// at: the first comes again, the second stays as it is as long as it is looked at, and comes once.
static void an_event_that_is_looked_at_outlives_its_stream(void **state)
{
    (void)state;
    static const char *const answers[] = {WATCH_HEAD WATCH_EVENT("ADDED", "a", "5"),
                                          WATCH_HEAD WATCH_EVENT("ADDED", "a", "5")
                                              WATCH_EVENT("ADDED", "b", "7"),
                                          WATCH_HEAD WATCH_EVENT("ADDED", "c", "8") GONE};
    struct kedge_watch_options o = from("4");
    struct kedge_watch_event event;
    open_watcher(answers, COUNT(answers));
    struct kedge__connection *c = &l.rest->connection;
    assert_int_equal(kedge_retry_watcher_start(rw, &o, NULL), KEDGE_OK);
    for (int i = 0; i < 8; i++)
        kedge_poll(l.k, 0);
    for (int looked_at = 0; looked_at < 2; looked_at++) {
        if (looked_at == 1) {
            assert_int_equal(kedge_retry_watcher_next(rw, &event, KEDGE_MINUTE), KEDGE_OK);
            watch_log_event(&l, &event);
            assert_int_equal(kedge_retry_watcher_next(rw, &event, KEDGE_MINUTE), KEDGE_OK);
        }
        assert_non_null(c->trust);
        c->trust->revoked = true;
        for (int i = 0; i < 8; i++)
            kedge_poll(l.k, 0);
        assert_null(c->trust);
        l.client->trust->revoked = false;
        for (int i = 0; i < 40; i++)
            kedge_poll(l.k, KEDGE_SECOND);
    }
    assert_int_equal(l.script.next, 2);
    assert_string_equal(kedge_name(event.object), "b");
    watch_log_event(&l, &event);
    kedge_err err;
    while ((err = kedge_retry_watcher_next(rw, &event, KEDGE_MINUTE)) == KEDGE_OK)
        watch_log_event(&l, &event);
    assert_int_equal(err, KEDGE_ERR_API);
    assert_string_equal(l.text, "ADDED a 5\nADDED b 7\nADDED c 8\nERROR 410 Expired\n");
    l.script.seen[l.script.seen_len] = '\0';
    assert_non_null(strstr(l.script.seen, "resourceVersion=7&"));
    close_watcher();
}

// ---- starting and stopping

static void start_anew(struct watch_log *log)
{
    if (log->ends == 1)
        start("50");
}

static void behind_410_it_may_be_started_anew_at_once(void **state)
{
    (void)state;
    static const char *const answers[] = {
        ENDED, WATCH_HEAD WATCH_EVENT("ADDED", "n", "51") SCRIPT_CLOSES, ENDED};
    open_watcher(answers, 3);
    l.on_end = start_anew;
    start("4");
    watch_log_run(&l, KEDGE_MINUTE);
    watch_log_run(&l, KEDGE_MINUTE);
    assert_string_equal(l.text, "ERROR 410 Expired\nEND KEDGE_ERR_API\nADDED n 51\n"
                                "ERROR 410 Expired\nEND KEDGE_ERR_API\n");
    close_watcher();
}

static void stop_and_start(struct watch_log *log, const struct kedge_watch_event *event)
{
    (void)log;
    if (event->type == KEDGE_WATCH_ERROR && event->status->code == 403) {
        kedge_retry_watcher_stop(rw);
        start("50");
    }
}

static void the_last_event_may_stop_it_and_start_another(void **state)
{
    (void)state;
    static const char *const answers[] = {REFUSED("403"),
                                          WATCH_HEAD WATCH_EVENT("ADDED", "n", "51") GONE};
    open_watcher(answers, 2);
    l.on_event = stop_and_start;
    start("4");
    watch_log_run(&l, KEDGE_MINUTE);
    assert_string_equal(l.text, "ERROR 403 Forbidden\nADDED n 51\nERROR 410 Expired\n"
                                "END KEDGE_ERR_API\n");
    close_watcher();
}

static void stop_it(struct watch_log *log, const struct kedge_watch_event *event)
{
    (void)event;
    if (log->events == *(unsigned *)log->ctx)
        kedge_retry_watcher_stop(rw);
}

static void it_may_be_stopped_in_every_event(void **state)
{
    (void)state;
    static const char *const answers[] = {WATCH_HEAD WATCH_EVENT("ADDED", "a", "5")
                                              WATCH_EVENT("ADDED", "b", "6") SCRIPT_CLOSES,
                                          WATCH_HEAD WATCH_EVENT("ADDED", "c", "7") GONE,
                                          REFUSED("403"), WATCH_HEAD WATCH_EVENT("ADDED", "d", "")};
    for (unsigned n = 1; n <= 4; n++) {
        for (unsigned skip = 0; skip < 4; skip++) {
            open_watcher(answers + skip, 4 - skip);
            l.on_event = stop_it;
            l.ctx = &n;
            start("4");
            watch_log_run(&l, 10 * KEDGE_SECOND);
            assert_true(l.ends + (l.events == n) == 1 || l.ends == 1);
            if (l.events == n)
                assert_int_equal(l.ends, 0);
            assert_false(kedge_retry_watcher_is_running(rw));
            close_watcher();
        }
    }
}

static void it_may_be_stopped_after_any_turn(void **state)
{
    (void)state;
    static const char *const answers[] = {WATCH_HEAD WATCH_EVENT("ADDED", "a", "5") SCRIPT_CLOSES,
                                          WATCH_HEAD WATCH_EVENT("ADDED", "b", "6")
                                              WATCH_ERROR("500", "x", ""),
                                          REFUSED("500"), ENDED};
    bool ended = false;
    unsigned turns = 0;
    for (; !ended; turns++) {
        open_watcher(answers, COUNT(answers));
        l.own.cruelty.read_max = 3;
        l.own.cruelty.block_every = 2;
        start("4");
        for (unsigned i = 0; i < turns && l.ends == 0; i++)
            kedge_poll(l.k, KEDGE_SECOND);
        ended = l.ends > 0;
        kedge_retry_watcher_stop(rw);
        unsigned events = l.events;
        for (int i = 0; i < 20; i++)
            kedge_poll(l.k, KEDGE_SECOND);
        assert_int_equal(l.events, events);
        start("9"); // and it can begin anew
        close_watcher();
    }
    assert_in_range(turns, 41, 4000);
}

static void somebody_elses_request_ends_it(void **state)
{
    (void)state;
    static const char *const answers[] = {CLOSED};
    struct kedge_request get = {.verb = KEDGE_GET, .path = "/version"};
    open_watcher(answers, 1);
    start("4");
    watch_log_run(&l, 500 * KEDGE_MILLISECOND);
    assert_int_equal(kedge_rest_start(l.rest, &get, NULL, NULL, NULL), KEDGE_OK);
    watch_log_run(&l, KEDGE_MINUTE);
    assert_string_equal(l.text, "END KEDGE_ERR_STATE\n");
    close_watcher();
}

// ---- each event once

static void change(struct mock *m, unsigned n)
{
    char json[256];
    snprintf(
        json, sizeof json,
        "{\"metadata\":{\"namespace\":\"default\",\"name\":\"d%u\"},\"spec\":{\"replicas\":%u}}",
        n % 7, n);
    assert_true(mock_apply(m, "deployments", json) > 0);
    // Versions of other resources lie in between.
    snprintf(json, sizeof json,
             "{\"metadata\":{\"namespace\":\"default\",\"name\":\"c\"},\"data\":{\"n\":"
             "\"%u\"}}",
             n);
    assert_true(mock_apply(m, "configmaps", json) > 0);
}

static unsigned next_replicas;

static void count_replicas(struct watch_log *log, const struct kedge_watch_event *event)
{
    const struct kedge_deployment *d = kedge_as_deployment(event->object);
    log->len = 0;
    assert_non_null(d);
    assert_int_equal(d->spec_replicas, next_replicas);
    next_replicas++;
}

static void each_event_comes_once_over_many_closes(void **state)
{
    (void)state;
    static struct mock_port port;
    static const enum mock_fault_kind faults[] = {MOCK_FAULT_CLOSE, MOCK_FAULT_CUT,
                                                  MOCK_FAULT_RESET, MOCK_FAULT_STATUS,
                                                  MOCK_FAULT_STOPPED_JSON};
    for (uint64_t seed = 1; seed <= 5; seed++) {
        char version[32];
        memset(&l, 0, sizeof l);
        mock_port_init(&port, mock_new(&(struct mock_options){.seed = seed}), seed);
        port.fake.cruelty.read_max = 1 + 100 * (seed - 1);
        port.fake.cruelty.random_sizes = true;
        watch_log_open(&l, &port.fake, NULL);
        rw = kedge_retry_watcher_new(l.rest);
        change(port.mock, 0);
        snprintf(version, sizeof version, "%llu", (unsigned long long)mock_version(port.mock));
        l.on_event = count_replicas;
        next_replicas = 1;
        start(version);
        for (unsigned n = 1; n <= 200; n++) {
            change(port.mock, n);
            l.not_ready = fake_port_random(&port.fake, 4) == 0;
            if (fake_port_random(&port.fake, 3) == 0)
                mock_inject(port.mock,
                            &(struct mock_fault){
                                .kind = faults[fake_port_random(&port.fake, COUNT(faults))],
                                .on = MOCK_ON_WATCH,
                                .now = fake_port_random(&port.fake, 2) == 0,
                                .status = 503,
                                .bytes = fake_port_random(&port.fake, 700)});
            if (fake_port_random(&port.fake, 5) == 0)
                mock_bookmark(port.mock);
            for (unsigned i = (unsigned)fake_port_random(&port.fake, 40); i > 0; i--)
                assert_int_equal(kedge_poll(l.k, KEDGE_SECOND), KEDGE_OK);
        }
        l.not_ready = false;
        mock_heal(port.mock);
        for (int i = 0; i < 20000 && next_replicas <= 200; i++)
            assert_int_equal(kedge_poll(l.k, KEDGE_SECOND), KEDGE_OK);
        assert_int_equal(next_replicas, 201);
        assert_int_equal(l.ends, 0);
        struct kedge_rest_facts facts;
        kedge_rest_facts(l.rest, &facts);
        assert_in_range(facts.requests, 20, 200);
        mock_compact(port.mock);
        close_watcher();
        mock_port_done(&port);
    }
}

static void a_version_that_the_server_forgot_is_the_end(void **state)
{
    (void)state;
    static struct mock_port port;
    memset(&l, 0, sizeof l);
    mock_port_init(&port, mock_new(&(struct mock_options){.seed = 1}), 1);
    watch_log_open(&l, &port.fake, NULL);
    rw = kedge_retry_watcher_new(l.rest);
    change(port.mock, 1);
    start("1");
    watch_log_run(&l, 5 * KEDGE_SECOND);
    assert_int_equal(l.events, 1);
    mock_inject(port.mock, &(struct mock_fault){
                               .kind = MOCK_FAULT_EXPIRED_EVENT, .on = MOCK_ON_WATCH, .now = true});
    watch_log_run(&l, KEDGE_MINUTE);
    assert_non_null(strstr(l.text, "\nERROR 410 Expired\nEND KEDGE_ERR_API\n"));
    close_watcher();
    mock_port_done(&port);
}

// ---- until

static kedge_err is_deleted(void *ctx, const struct kedge_watch_event *event)
{
    (*(unsigned *)ctx)++;
    return event->type == KEDGE_WATCH_DELETED ? KEDGE_OK : KEDGE_WAIT;
}

static void until_goes_on_over_closes(void **state)
{
    (void)state;
    static const char *const answers[] = {
        WATCH_HEAD WATCH_EVENT("ADDED", "a", "5") SCRIPT_CLOSES, CLOSED,
        WATCH_HEAD WATCH_EVENT("BOOKMARK", "", "6") WATCH_EVENT("DELETED", "a", "7"), ENDED};
    static const kedge_until_condition deleted[] = {is_deleted};
    struct kedge_watch_options o = from("4");
    struct kedge_watch_event event;
    unsigned calls = 0;
    open_watcher(answers, COUNT(answers));
    assert_int_equal(kedge_retry_watcher_start(rw, &o, NULL), KEDGE_OK);
    assert_int_equal(kedge_until(rw, deleted, 1, &calls, KEDGE_FOREVER, &event), KEDGE_OK);
    assert_int_equal(calls, 2);
    assert_string_equal(kedge_name(event.object), "a");
    assert_false(kedge_retry_watcher_is_running(rw));
    o = from("7");
    assert_int_equal(kedge_retry_watcher_start(rw, &o, NULL), KEDGE_OK);
    assert_int_equal(kedge_until(rw, deleted, 1, &calls, KEDGE_MINUTE, &event), KEDGE_ERR_API);
    assert_true(kedge_status_is_expired(kedge_rest_status(l.rest)));
    assert_int_equal(kedge_retry_watcher_start(rw, &o, NULL), KEDGE_OK);
    assert_int_equal(kedge_until(rw, deleted, 1, &calls, KEDGE_MINUTE, &event), KEDGE_ERR_TIMEOUT);
    assert_int_equal(kedge_until(rw, NULL, 1, NULL, 0, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(event.type, 0);
    close_watcher();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_is_needed),
        cmocka_unit_test(it_goes_on_behind_the_last_event),
        cmocka_unit_test(bookmarks_move_the_version_and_are_not_forwarded),
        cmocka_unit_test(a_second_counts_from_the_start),
        cmocka_unit_test(errors_that_pass_are_dropped_and_their_delay_is_obeyed),
        cmocka_unit_test(a_refusal_passes_but_forbidden_and_unauthorized_stay),
        cmocka_unit_test(what_might_miss_something_stays),
        cmocka_unit_test(nobody_there_is_tried_again_for_ever),
        cmocka_unit_test(who_asks_gets_the_same),
        cmocka_unit_test(an_event_that_is_looked_at_outlives_its_stream),
        cmocka_unit_test(behind_410_it_may_be_started_anew_at_once),
        cmocka_unit_test(the_last_event_may_stop_it_and_start_another),
        cmocka_unit_test(it_may_be_stopped_in_every_event),
        cmocka_unit_test(it_may_be_stopped_after_any_turn),
        cmocka_unit_test(somebody_elses_request_ends_it),
        cmocka_unit_test(each_event_comes_once_over_many_closes),
        cmocka_unit_test(a_version_that_the_server_forgot_is_the_end),
        cmocka_unit_test(until_goes_on_over_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
