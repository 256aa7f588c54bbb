// SPDX-License-Identifier: Apache-2.0
// A LeaseCandidate: made, renewed in time and when the server asks.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kedge/lease_candidate.h"
#include "leader_bench.h"
#include "script.h"

#define COUNT(a)   (sizeof(a) / sizeof(a)[0])
#define CANDIDATES "leasecandidates"

static struct leader_bench b;
static struct kedge_lease_candidate *candidate;

static struct kedge_lease_candidate_options me(void)
{
    return (struct kedge_lease_candidate_options){
        .namespace_ = "default",
        .name = "a",
        .lease_name = "job",
        .binary_version = "1.4.0",
        .emulation_version = "1.3.0",
        .strategy = "OldestEmulationVersion",
    };
}

static void open_bench(void)
{
    static const struct mock_crd crd = {.group = "coordination.k8s.io",
                                        .version = "v1beta1",
                                        .plural = CANDIDATES,
                                        .kind = "LeaseCandidate",
                                        .namespaced = true};
    struct kedge_lease_candidate_options o = me();
    leader_bench_open(&b);
    assert_true(mock_add_crd(b.port.mock, &crd));
    candidate = kedge_lease_candidate_new(b.client, &o);
    assert_non_null(candidate);
}

static void close_bench(void)
{
    kedge_lease_candidate_close(candidate);
    leader_bench_close(&b);
}

static bool has(const char *text)
{
    struct mock_item item;
    assert_true(mock_get(b.port.mock, CANDIDATES, "default", "a", &item));
    return strstr(item.text, text) != NULL;
}

static void put(const char *more)
{
    char text[1024];
    snprintf(text, sizeof text,
             "{\"apiVersion\":\"coordination.k8s.io/v1beta1\",\"kind\":\"LeaseCandidate\","
             "\"metadata\":{\"name\":\"a\",\"namespace\":\"default\",\"labels\":{\"kept\":\"1\"}},"
             "\"spec\":{\"leaseName\":\"job\"%s}}",
             more);
    assert_true(mock_apply(b.port.mock, CANDIDATES, text) > 0);
}

static void it_is_made_and_renewed_every_five_minutes(void **state)
{
    (void)state;
    open_bench();
    assert_int_equal(kedge_lease_candidate_start(candidate), KEDGE_OK);
    assert_int_equal(kedge_lease_candidate_start(candidate), KEDGE_ERR_STATE);
    leader_bench_run(&b, 3 * KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 404, POST 201, GET 200, ");
    assert_true(has("\"leaseName\":\"job\""));
    assert_true(has("\"binaryVersion\":\"1.4.0\""));
    assert_true(has("\"emulationVersion\":\"1.3.0\""));
    assert_true(has("\"strategy\":\"OldestEmulationVersion\""));
    assert_true(has("\"renewTime\":\"2026-01-01T00:00:00.000000Z\""));
    assert_string_equal(kedge_lease_candidate_error_text(candidate), "");
    leader_bench_run(&b, 296 * KEDGE_SECOND);
    assert_int_equal(b.puts, 0);
    leader_bench_run(&b, 2 * KEDGE_SECOND);
    assert_int_equal(b.puts, 1);
    assert_true(has("\"renewTime\":\"2026-01-01T00:05:00.000000Z\""));
    leader_bench_run(&b, KEDGE_HOUR);
    assert_int_equal(b.puts, 13);
    close_bench();
}

static void one_that_is_there_is_renewed_at_once(void **state)
{
    (void)state;
    open_bench();
    put(",\"renewTime\":\"2025-01-01T00:00:00.000000Z\",\"pingTime\":null");
    kedge_lease_candidate_start(candidate);
    leader_bench_run(&b, 0);
    assert_string_equal(b.asked, "GET 200, PUT 200, ");
    assert_true(has("\"renewTime\":\"2026-01-01T00:00:00.000000Z\""));
    assert_true(has("\"kept\":\"1\""));
    close_bench();
}

static void the_server_is_answered_when_it_asks(void **state)
{
    (void)state;
    open_bench();
    kedge_lease_candidate_start(candidate);
    leader_bench_run(&b, 3 * KEDGE_SECOND);
    leader_bench_forget(&b);
    put(",\"renewTime\":\"2026-01-01T00:00:00Z\",\"pingTime\":\"2026-01-01T00:00:03.000000Z\"");
    leader_bench_run(&b, 0);
    assert_string_equal(b.asked, "GET 200, PUT 200, "); // at once, and then it is watched again
    assert_true(has("\"renewTime\":\"2026-01-01T00:00:03.000000Z\""));
    assert_true(has("\"pingTime\":\"2026-01-01T00:00:03.000000Z\""));
    leader_bench_run(&b, 2 * KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 200, PUT 200, GET 200, ");
    leader_bench_run(&b, 10 * KEDGE_SECOND);
    assert_int_equal(b.puts, 1); // once
    close_bench();
}

static void whatever_fails_is_tried_again(void **state)
{
    (void)state;
    open_bench();
    mock_inject(b.port.mock,
                &(struct mock_fault){.kind = MOCK_FAULT_STATUS, .status = 500, .count = 2});
    kedge_lease_candidate_start(candidate);
    leader_bench_run(&b, 3 * KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 500, GET 500, ");
    assert_non_null(strstr(kedge_lease_candidate_error_text(candidate), "500"));
    leader_bench_run(&b, KEDGE_SECOND);
    assert_true(has("\"leaseName\":\"job\""));
    assert_string_equal(kedge_lease_candidate_error_text(candidate), "");
    // A watch that hangs has its time.
    mock_inject(b.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STALL});
    leader_bench_run(&b, 3 * KEDGE_SECOND);
    put(",\"pingTime\":\"2026-01-01T00:00:03.000000Z\"");
    leader_bench_run(&b, 60 * KEDGE_SECOND);
    assert_int_equal(b.puts, 0);
    leader_bench_run(&b, 6 * KEDGE_SECOND);
    assert_int_equal(b.puts, 1);
    assert_true(has("\"renewTime\":\"2026-01-01T00:01:"));
    // So has a look.
    mock_inject(b.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STALL, .skip = 1});
    put(",\"pingTime\":\"2026-01-01T00:00:03.000000Z\"");
    leader_bench_run(&b, 8 * KEDGE_SECOND);
    assert_int_equal(b.puts, 2);
    // And what is too large is named.
    char big[700];
    snprintf(big, sizeof big, ",\"x\":\"%0600d\"", 1);
    put(big);
    leader_bench_run(&b, 2 * KEDGE_SECOND);
    assert_string_equal(kedge_lease_candidate_error_text(candidate), "");
    close_bench();
}

// Watching ---------------------------------------------------------------------------------------

static void while_nothing_happens_little_is_asked(void **state)
{
    (void)state;
    open_bench();
    kedge_lease_candidate_start(candidate);
    leader_bench_run(&b, 3 * KEDGE_SECOND);
    assert_non_null(strstr(b.sent, "GET /apis/coordination.k8s.io/v1beta1/namespaces/default/"
                                   "leasecandidates?fieldSelector=metadata.name%3Da&"
                                   "resourceVersion="));
    assert_non_null(strstr(b.sent, "&timeoutSeconds=60&watch=true HTTP/1.1\r\n"));
    leader_bench_forget(&b);
    unsigned opens = b.port.fake.opens;
    leader_bench_run(&b, 280 * KEDGE_SECOND);
    assert_int_equal(b.puts, 0);
    assert_in_range(b.gets, 8, 10); // each minute a look and a watch
    assert_int_equal(b.port.fake.opens, opens);
    close_bench();
}

static void what_happens_before_the_watch_begins_is_seen_all_the_same(void **state)
{
    (void)state;
    open_bench();
    kedge_lease_candidate_start(candidate);
    leader_bench_run(&b, KEDGE_SECOND);
    put(",\"renewTime\":\"2026-01-01T00:00:00Z\",\"pingTime\":\"2026-01-01T00:00:01.000000Z\"");
    leader_bench_forget(&b);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_int_equal(b.puts, 1);
    assert_true(has("\"renewTime\":\"2026-01-01T00:00:02.000000Z\""));
    close_bench();
}

static void where_a_watch_is_refused_it_is_looked_at(void **state)
{
    (void)state;
    open_bench();
    mock_inject(b.port.mock,
                &(struct mock_fault){
                    .kind = MOCK_FAULT_STATUS, .status = 403, .on = MOCK_ON_WATCH, .count = 1000});
    kedge_lease_candidate_start(candidate);
    leader_bench_run(&b, 3 * KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 404, POST 201, GET 403, ");
    assert_non_null(strstr(kedge_lease_candidate_error_text(candidate), "403"));
    leader_bench_forget(&b);
    leader_bench_run(&b, 7 * KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 200, GET 200, GET 200, GET 200, ");
    assert_string_equal(kedge_lease_candidate_error_text(candidate), "");
    put(",\"renewTime\":\"2026-01-01T00:00:00Z\",\"pingTime\":\"2026-01-01T00:00:03.000000Z\"");
    leader_bench_forget(&b);
    leader_bench_run(&b, 2 * KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 200, PUT 200, ");
    // Since then it may be allowed.
    mock_heal(b.port.mock);
    leader_bench_forget(&b);
    leader_bench_run(&b, KEDGE_MINUTE);
    assert_string_equal(b.asked, "GET 200, ");
    assert_int_equal(b.puts, 0);
    close_bench();
}

// However a watch ends, what happened meanwhile is found.
static void a_watch_that_ends_is_followed_by_a_look(void **state)
{
    (void)state;
    static const struct mock_fault faults[] = {
        {.kind = MOCK_FAULT_CUT, .now = true},
        {.kind = MOCK_FAULT_RESET, .now = true},
        {.kind = MOCK_FAULT_CLOSE, .on = MOCK_ON_WATCH},
        {.kind = MOCK_FAULT_EXPIRED_EVENT, .on = MOCK_ON_WATCH},
        {.kind = MOCK_FAULT_STATUS, .status = 410, .on = MOCK_ON_WATCH},
        {.kind = MOCK_FAULT_STATUS, .status = 504, .on = MOCK_ON_WATCH},
    };
    for (size_t i = 0; i < COUNT(faults); i++) {
        open_bench();
        kedge_lease_candidate_start(candidate);
        leader_bench_run(&b, (faults[i].now ? 3 : 1) * KEDGE_SECOND);
        mock_inject(b.port.mock, &faults[i]);
        leader_bench_run(&b, 4 * KEDGE_SECOND);
        leader_bench_forget(&b);
        put(",\"renewTime\":\"2026-01-01T00:00:00Z\","
            "\"pingTime\":\"2026-01-01T00:00:01.000000Z\"");
        leader_bench_run(&b, 3 * KEDGE_SECOND);
        assert_int_equal(b.puts, 1);
        close_bench();
    }
}

// A version that the server has forgotten by the time that the watch begins.
static void a_version_that_is_too_old_is_read_anew(void **state)
{
    (void)state;
    open_bench();
    kedge_lease_candidate_start(candidate);
    leader_bench_run(&b, KEDGE_SECOND);
    put(",\"renewTime\":\"2026-01-01T00:00:00Z\"");
    mock_compact(b.port.mock);
    leader_bench_forget(&b);
    leader_bench_run(&b, 10 * KEDGE_SECOND);
    assert_in_range(b.gets, 2, 3); // the watch that came too late, a look, a watch
    put(",\"renewTime\":\"2026-01-01T00:00:00Z\",\"pingTime\":\"2026-01-01T00:00:03.000000Z\"");
    leader_bench_run(&b, 0);
    assert_int_equal(b.puts, 1);
    close_bench();
}

// Answers ----------------------------------------------------------------------------------------

static void a_renewal_that_is_refused_is_tried_again(void **state)
{
    (void)state;
    static const int codes[] = {409, 404, 422, 500};
    for (size_t i = 0; i < COUNT(codes); i++) {
        char asked[64];
        char code[8];
        open_bench();
        put(",\"renewTime\":\"2025-01-01T00:00:00.000000Z\"");
        mock_inject(b.port.mock,
                    &(struct mock_fault){.kind = MOCK_FAULT_STATUS, .status = codes[i], .skip = 1});
        kedge_lease_candidate_start(candidate);
        leader_bench_run(&b, KEDGE_SECOND);
        snprintf(asked, sizeof asked, "GET 200, PUT %d, ", codes[i]);
        assert_string_equal(b.asked, asked);
        snprintf(code, sizeof code, "%d", codes[i]);
        assert_non_null(strstr(kedge_lease_candidate_error_text(candidate), code));
        leader_bench_run(&b, KEDGE_SECOND);
        assert_true(has("\"renewTime\":\"2026-01-01T00:00:02.000000Z\""));
        close_bench();
    }
}

#define ANSWER(length) \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " length "\r\n\r\n"

static void what_is_no_candidate_is_not_written(void **state)
{
    (void)state;
    static const struct {
        const char *answer, *text;
    } odd[] = {
        {ANSWER("0"), "the answer is empty, or ends in the middle"},
        {ANSWER("2") "[]", "an object was expected"},
        {ANSWER("2") "17", "an object was expected"},
        {ANSWER("14") "{\"spec\":[1,2]}", "the LeaseCandidate does not fit candidate_max"},
    };
    for (size_t i = 0; i < COUNT(odd); i++) {
        struct script script;
        open_bench();
        script_serve(&script, &b.port.fake, &odd[i].answer, 1);
        kedge_lease_candidate_start(candidate);
        leader_bench_run(&b, KEDGE_SECOND);
        script.seen[script.seen_len] = '\0';
        assert_int_equal(script.next, 1);
        assert_null(strstr(script.seen, "PUT "));
        if (strstr(kedge_lease_candidate_error_text(candidate), odd[i].text) == NULL)
            fail_msg("%s: %s", odd[i].answer, kedge_lease_candidate_error_text(candidate));
        kedge_lease_candidate_close(candidate);
        b.port.fake.peer = &b.peer;
        b.port.fake.peer_ctx = &b.port;
        close_bench();
    }
}

static void a_candidate_of_many_values_is_named(void **state)
{
    (void)state;
    char more[700] = ",\"x\":[1";
    open_bench();
    for (int i = 0; i < 200; i++)
        strcat(more, ",1");
    strcat(more, "]");
    put(more);
    kedge_lease_candidate_start(candidate);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 200, ");
    assert_string_equal(kedge_lease_candidate_error_text(candidate),
                        "the LeaseCandidate does not fit candidate_max");
    close_bench();
}

// Nobody could say from when on it is to be watched.
static void without_a_version_it_is_looked_at(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 201 Created\r\nContent-Length: 15\r\n\r\n{\"metadata\":{}}",
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"spec\":{}}",
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"spec\":{}}",
    };
    struct script script;
    open_bench();
    script_serve(&script, &b.port.fake, answers, COUNT(answers));
    kedge_lease_candidate_start(candidate);
    leader_bench_run(&b, 5 * KEDGE_SECOND);
    script.seen[script.seen_len] = '\0';
    assert_int_equal(script.next, COUNT(answers));
    assert_null(strstr(script.seen, "watch=true"));
    kedge_lease_candidate_close(candidate);
    b.port.fake.peer = &b.peer;
    b.port.fake.peer_ctx = &b.port;
    close_bench();
}

static void a_pause_may_be_longer_than_a_renewal_lasts(void **state)
{
    (void)state;
    struct kedge_lease_candidate_options o = me();
    open_bench();
    o.period = 10 * KEDGE_MINUTE;
    struct kedge_lease_candidate *lazy = kedge_lease_candidate_new(b.client, &o);
    kedge_lease_candidate_start(lazy);
    leader_bench_run(&b, 21 * KEDGE_MINUTE);
    assert_string_equal(b.asked, "GET 404, POST 201, GET 200, PUT 200, GET 200, PUT 200, ");
    kedge_lease_candidate_close(lazy);
    close_bench();
}

// One that fits, but not with the time that it is to have.
static void a_candidate_that_cannot_grow_is_named(void **state)
{
    (void)state;
    char more[700];
    struct kedge_lease_candidate_options o = me();
    open_bench();
    o.candidate_max = 512;
    struct kedge_lease_candidate *small = kedge_lease_candidate_new(b.client, &o);
    bool named = false;
    for (int pad = 200; !named && pad < 400; pad++) {
        snprintf(more, sizeof more, ",\"x\":\"%0*d\"", pad, 1);
        put(more);
        leader_bench_forget(&b);
        kedge_lease_candidate_start(small);
        leader_bench_run(&b, 0);
        named = strcmp(b.asked, "GET 200, ") == 0;
        assert_true(named || strcmp(b.asked, "GET 200, PUT 200, ") == 0);
        kedge_lease_candidate_stop(small);
    }
    assert_true(named);
    assert_string_equal(kedge_lease_candidate_error_text(small),
                        "the LeaseCandidate does not fit candidate_max");
    kedge_lease_candidate_close(small);
    close_bench();
}

static void it_does_not_grow_beyond_its_room(void **state)
{
    (void)state;
    static char name[201];
    struct kedge_lease_candidate_options o = me();
    open_bench();
    memset(name, 'x', 200);
    o.candidate_max = 512;
    o.binary_version = name;
    o.emulation_version = NULL;
    o.strategy = name;
    struct kedge_lease_candidate *small = kedge_lease_candidate_new(b.client, &o);
    kedge_lease_candidate_start(small);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 404, ");
    assert_string_equal(kedge_lease_candidate_error_text(small),
                        "the LeaseCandidate as it would be sent does not fit candidate_max");
    char big[700];
    snprintf(big, sizeof big, ",\"x\":\"%0600d\"", 1);
    put(big);
    leader_bench_run(&b, 2 * KEDGE_SECOND);
    assert_string_equal(kedge_lease_candidate_error_text(small),
                        "the LeaseCandidate does not fit candidate_max");
    assert_int_equal(b.puts, 0);
    kedge_lease_candidate_close(small);
    close_bench();
}

static void when_it_is_stopped_nothing_is_asked(void **state)
{
    (void)state;
    open_bench();
    kedge_lease_candidate_stop(candidate);
    kedge_lease_candidate_start(candidate);
    leader_bench_run(&b, KEDGE_SECOND);
    leader_bench_forget(&b);
    kedge_lease_candidate_stop(candidate);
    leader_bench_run(&b, KEDGE_HOUR);
    assert_string_equal(b.asked, "");
    kedge_lease_candidate_start(candidate);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 200, PUT 200, ");
    kedge_stop(b.k);
    kedge_lease_candidate_stop(candidate);
    assert_int_equal(kedge_lease_candidate_start(candidate), KEDGE_ERR_STOPPED);
    close_bench();
    assert_int_equal(kedge_lease_candidate_start(NULL), KEDGE_ERR_ARGUMENT);
    kedge_lease_candidate_stop(NULL);
    kedge_lease_candidate_close(NULL);
    assert_null(kedge_lease_candidate_new(NULL, NULL));
    assert_string_equal(kedge_lease_candidate_error_text(NULL),
                        "there is no lease candidate: see kedge_error_text");
}

static unsigned logged;

static void count_log(void *ctx, enum kedge_log_level level, const char *text)
{
    (void)ctx;
    (void)level;
    assert_string_equal(text, "going");
    logged++;
}

static void what_the_server_warns_of_is_said_once(void **state)
{
    (void)state;
    open_bench();
    kedge_log_to(b.k, KEDGE_LOG_WARNING, count_log, NULL);
    mock_warn(b.port.mock, "going", CANDIDATES, 0);
    kedge_lease_candidate_start(candidate);
    leader_bench_run(&b, KEDGE_MINUTE);
    assert_int_equal(logged, 1);
    close_bench();
}

static void other_warnings_are_not_said(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "HTTP/1.1 404 Not Found\r\nWarning: 199 - \"other\"\r\nContent-Length: 0\r\n\r\n"};
    struct script script;
    open_bench();
    kedge_log_to(b.k, KEDGE_LOG_WARNING, count_log, NULL);
    logged = 0;
    script_serve(&script, &b.port.fake, answers, 1);
    kedge_lease_candidate_start(candidate);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_int_equal(script.next, 1);
    assert_int_equal(logged, 0);
    kedge_lease_candidate_close(candidate);
    b.port.fake.peer = &b.peer;
    b.port.fake.peer_ctx = &b.port;
    close_bench();
}

static kedge_time (*clock_of_port)(const struct kedge_port *port);
static unsigned looks_at_clock, stop_at_look;

static kedge_time look_and_stop(const struct kedge_port *port)
{
    if (++looks_at_clock == stop_at_look)
        kedge_stop(b.k);
    return clock_of_port(port);
}

// As by a signal, also in the midst of an answer that would lead to another request.
static void wherever_it_is_stopped_that_is_the_end(void **state)
{
    (void)state;
    bool stopped = true;
    for (stop_at_look = 1; stopped; stop_at_look++) {
        open_bench();
        clock_of_port = b.port.fake.port.clock;
        b.port.fake.port.clock = look_and_stop;
        kedge_lease_candidate_start(candidate);
        looks_at_clock = 0;
        kedge_err err = KEDGE_OK;
        for (int i = 0; i < 30 && err == KEDGE_OK; i++)
            err = kedge_poll(b.k, KEDGE_SECOND);
        stopped = err == KEDGE_ERR_STOPPED;
        assert_true(stopped || err == KEDGE_OK);
        char asked[sizeof b.asked];
        memcpy(asked, b.asked, sizeof asked);
        b.port.fake.now += KEDGE_HOUR;
        if (stopped)
            assert_int_equal(kedge_poll(b.k, 0), KEDGE_ERR_STOPPED);
        if (stopped)
            assert_string_equal(b.asked, asked);
        close_bench();
    }
    assert_true(stop_at_look > 20);
}

static void without_a_calendar_times_differ_all_the_same(void **state)
{
    (void)state;
    open_bench();
    b.port.fake.no_calendar = true;
    kedge_lease_candidate_start(candidate);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_true(has("\"renewTime\":\"1970-01-01T00:16:40.000000Z\""));
    leader_bench_run(&b, 5 * KEDGE_MINUTE);
    assert_true(has("\"renewTime\":\"1970-01-01T00:21:40.000000Z\""));
    close_bench();
}

static void options_are_looked_at(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "namespace_: must be that of a namespace",
        "namespace_: must be that of a namespace",
        "name: must be that of a LeaseCandidate",
        "name: must be that of a LeaseCandidate",
        "lease_name: must be that of a Lease",
        "lease_name: must be that of a Lease",
        "binary_version: must not be empty",
        "strategy: must not be empty",
        "period, request_timeout: must be more than 0",
        "period, request_timeout: must be more than 0",
        "candidate_max: must be 512 at least",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        char text[KEDGE_ERROR_TEXT];
        struct kedge_lease_candidate_options o = me();
        leader_bench_open(&b);
        o.namespace_ = i == 0 ? NULL : i == 1 ? "a.b" : o.namespace_;
        o.name = i == 2 ? NULL : i == 3 ? "A" : o.name;
        o.lease_name = i == 4 ? NULL : i == 5 ? "a/b" : o.lease_name;
        o.binary_version = i == 6 ? "" : o.binary_version;
        o.strategy = i == 7 ? NULL : o.strategy;
        o.period = i == 8 ? -1 : 0;
        o.request_timeout = i == 9 ? -1 : 0;
        o.candidate_max = i == 10 ? 511 : 0;
        assert_null(kedge_lease_candidate_new(b.client, &o));
        snprintf(text, sizeof text, "lease candidate: %s", texts[i]);
        assert_string_equal(kedge_error_text(b.k), text);
        assert_null(kedge_lease_candidate_new(b.client, &o));
        leader_bench_close(&b);
    }
    leader_bench_open(&b);
    assert_null(kedge_lease_candidate_new(b.client, NULL));
    assert_int_equal(kedge_error(b.k), KEDGE_ERR_ARGUMENT);
    leader_bench_close(&b);
}

static void with_any_amount_of_memory(void **state)
{
    (void)state;
    struct fake_port port;
    struct kedge_config config = {.server = "http://api.test"};
    struct kedge_lease_candidate_options o = me();
    bool made = false;
    fake_port_init(&port, 1);
    for (size_t size = 2048; !made; size += 8) {
        assert_true(size < (size_t)64 * 1024);
        unsigned char *memory = malloc(size);
        assert_non_null(memory);
        struct kedge *k = kedge_init(memory, size, &port.port);
        struct kedge_client *client = kedge_client_new(k, &config);
        made = kedge_lease_candidate_new(client, &o) != NULL;
        if (!made)
            assert_int_equal(kedge_error(k), KEDGE_ERR_MEMORY);
        free(memory);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_made_and_renewed_every_five_minutes),
        cmocka_unit_test(one_that_is_there_is_renewed_at_once),
        cmocka_unit_test(the_server_is_answered_when_it_asks),
        cmocka_unit_test(whatever_fails_is_tried_again),
        cmocka_unit_test(while_nothing_happens_little_is_asked),
        cmocka_unit_test(what_happens_before_the_watch_begins_is_seen_all_the_same),
        cmocka_unit_test(where_a_watch_is_refused_it_is_looked_at),
        cmocka_unit_test(a_watch_that_ends_is_followed_by_a_look),
        cmocka_unit_test(a_version_that_is_too_old_is_read_anew),
        cmocka_unit_test(a_renewal_that_is_refused_is_tried_again),
        cmocka_unit_test(what_is_no_candidate_is_not_written),
        cmocka_unit_test(a_candidate_of_many_values_is_named),
        cmocka_unit_test(without_a_version_it_is_looked_at),
        cmocka_unit_test(a_pause_may_be_longer_than_a_renewal_lasts),
        cmocka_unit_test(a_candidate_that_cannot_grow_is_named),
        cmocka_unit_test(it_does_not_grow_beyond_its_room),
        cmocka_unit_test(when_it_is_stopped_nothing_is_asked),
        cmocka_unit_test(what_the_server_warns_of_is_said_once),
        cmocka_unit_test(other_warnings_are_not_said),
        cmocka_unit_test(wherever_it_is_stopped_that_is_the_end),
        cmocka_unit_test(without_a_calendar_times_differ_all_the_same),
        cmocka_unit_test(options_are_looked_at),
        cmocka_unit_test(with_any_amount_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
