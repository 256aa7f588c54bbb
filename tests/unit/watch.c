// SPDX-License-Identifier: Apache-2.0
// The watch by itself: what comes, how it ends, and who may stop it when.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "watch_log.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static struct watch_log l;
static struct kedge_watch *w;

static const struct kedge_watch_options deployments = {.kind = &kedge_kind_deployment,
                                                       .namespace_ = "default"};
static const struct kedge_watch_options sensors = {
    .group = "edge.example.com", .version = "v1", .resource = "sensors"};

static void open_watch(const char *const *answers, size_t count)
{
    watch_log_script(&l, answers, count, NULL);
    w = kedge_watch_new(l.rest);
    assert_non_null(w);
}

static void start(const struct kedge_watch_options *options)
{
    assert_int_equal(kedge_watch_start(w, options, &l.handler), KEDGE_OK);
}

static void close_watch(void)
{
    assert_false(kedge_watch_is_running(w));
    watch_log_close(&l);
}

// One watch of one answer, to its end. The log is compared.
static void expect(const struct kedge_watch_options *options, const char *answer, const char *log)
{
    open_watch(&answer, 1);
    start(options);
    watch_log_run(&l, KEDGE_HOUR);
    assert_string_equal(l.text, log);
    close_watch();
}

#define ALL                                                                                    \
    WATCH_EVENT("ADDED", "a", "5")                                                             \
    WATCH_EVENT("MODIFIED", "a", "7")                                                          \
    "{\"object\":{\"metadata\":{\"resourceVersion\":\"9\",\"annotations\":{\"k8s.io/"          \
    "initial-events-end\":\"true\"}}},\"type\":\"BOOKMARK\"}" WATCH_EVENT("DELETED", "a", "8") \
        WATCH_ERROR("410", "Expired", "")
#define ALL_LOG                                                 \
    "ADDED a 5\nMODIFIED a 7\nBOOKMARK  9 initial-events-end\n" \
    "DELETED a 8\nERROR 410 Expired\n"

static void the_five_types_come_in_order_typed_and_raw(void **state)
{
    (void)state;
    expect(&deployments, WATCH_HEAD ALL SCRIPT_CLOSES, ALL_LOG "END KEDGE_OK\n");
    expect(&sensors, WATCH_HEAD ALL SCRIPT_CLOSES, ALL_LOG "END KEDGE_OK\n");
    // The server's length ends it as well as the connection's end.
    expect(&sensors, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "END KEDGE_OK\n");
}

static void however_the_bytes_are_cut_the_events_are_the_same(void **state)
{
    (void)state;
    static const char *const answers[] = {WATCH_HEAD ALL SCRIPT_CLOSES};
    const size_t len = strlen(answers[0]);
    for (size_t n = 1; n <= len; n++) {
        open_watch(answers, 1);
        l.own.cruelty.read_max = n;
        l.own.cruelty.random_sizes = n % 2 == 0;
        l.own.cruelty.block_every = n % 3 == 0 ? 2 : 0;
        start(n % 2 == 0 ? &deployments : &sensors);
        watch_log_run(&l, KEDGE_HOUR);
        assert_string_equal(l.text, ALL_LOG "END KEDGE_OK\n");
        close_watch();
    }
}

static void wherever_a_stream_breaks_off_it_ends_without_a_word(void **state)
{
    (void)state;
    static const char *const answers[] = {WATCH_HEAD ALL SCRIPT_CLOSES};
    const size_t head = strlen(WATCH_HEAD);
    const size_t len = strlen(answers[0]) - 1;
    for (size_t n = head; n < len; n++) {
        open_watch(answers, 1);
        l.own.cruelty.cut = true;
        l.own.cruelty.cut_at = n;
        l.own.cruelty.cut_with = n % 2 == 0 ? KEDGE_ERR_IO : KEDGE_ERR_CLOSED;
        start(&deployments);
        watch_log_run(&l, KEDGE_HOUR);
        assert_int_equal(l.end, KEDGE_OK);
        l.text[l.len - strlen("END KEDGE_OK\n")] = '\0';
        assert_memory_equal(l.text, ALL_LOG, strlen(l.text));
        close_watch();
    }
}

static void what_raw_events_bring_is_the_object_without_managed_fields(void **state)
{
    (void)state;
    static const char *const answers[] = {
        WATCH_HEAD
        "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Sensor\",\"metadata\":{\"name\":\"t1\","
        "\"resourceVersion\":\"5\",\"managedFields\":[{\"manager\":\"x\"}]},\"spec\":{ \"n\" : 1 "
        "}}}" SCRIPT_CLOSES};
    struct kedge_watch_event event;
    int64_t n = 0;
    open_watch(answers, 1);
    assert_int_equal(kedge_watch_start(w, &sensors, NULL), KEDGE_OK);
    assert_int_equal(kedge_watch_next(w, &event, KEDGE_SECOND), KEDGE_OK);
    assert_null(event.object);
    assert_true(kedge_str_is(
        event.json, "{\"kind\":\"Sensor\",\"metadata\":{\"name\":\"t1\",\"resourceVersion\":"
                    "\"5\"},\"spec\":{\"n\":1}}"));
    assert_true(kedge_json_int64(kedge_json_get(kedge_json_get(event.value, "spec"), "n"), &n));
    assert_int_equal(n, 1);
    assert_int_equal(kedge_watch_next(w, &event, KEDGE_SECOND), KEDGE_ERR_CLOSED);
    assert_int_equal(kedge_watch_next(w, &event, KEDGE_SECOND), KEDGE_ERR_CLOSED);
    close_watch();
}

static void asks(const struct kedge_watch_options *options, const char *line, const char *accept)
{
    open_watch(NULL, 0);
    start(options);
    kedge_poll(l.k, KEDGE_SECOND);
    l.script.seen[l.script.seen_len] = '\0';
    assert_memory_equal(l.script.seen, line, strlen(line));
    assert_non_null(strstr(l.script.seen, accept));
    kedge_watch_stop(w);
    close_watch();
}

static void options_become_parameters(void **state)
{
    (void)state;
    struct kedge_watch_options o = deployments;
    o.options = (struct kedge_options){.label_selector = "app=web",
                                       .field_selector = "metadata.name=a",
                                       .resource_version = "17",
                                       .allow_watch_bookmarks = true,
                                       .timeout_seconds = KEDGE_JUST(423)};
    asks(&o,
         "GET /apis/apps/v1/namespaces/default/deployments?allowWatchBookmarks=true&"
         "fieldSelector=metadata.name%3Da&labelSelector=app%3Dweb&resourceVersion=17&"
         "timeout=7m3s&timeoutSeconds=423&watch=true HTTP/1.1\r\n",
         "\r\nAccept: application/json, */*\r\n");
    o = sensors;
    o.options = (struct kedge_options){.resource_version_match = KEDGE_NOT_OLDER_THAN,
                                       .send_initial_events = KEDGE_JUST(1),
                                       .timeout_seconds = KEDGE_JUST(423)};
    asks(&o,
         "GET /apis/edge.example.com/v1/sensors?resourceVersionMatch=NotOlderThan&"
         "sendInitialEvents=true&timeoutSeconds=423&watch=true HTTP/1.1\r\n",
         "\r\nAccept: application/json\r\n");
    o = deployments;
    o.options.timeout_seconds = KEDGE_JUST(0);
    asks(&o, "GET /apis/apps/v1/namespaces/default/deployments?timeoutSeconds=0&watch=true ",
         "\r\n");
    // More than can be said in ms is said in seconds only.
    o.options.timeout_seconds = KEDGE_JUST(INT64_MAX);
    asks(&o,
         "GET /apis/apps/v1/namespaces/default/deployments?timeoutSeconds=9223372036854775807&"
         "watch=true ",
         "\r\n");
}

static void what_cannot_be_understood_is_an_error_event_and_the_end(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{\"type\":\"SOMETHING\",\"object\":{" WATCH_META("b", "6") "}}",
        "{\"object\":{" WATCH_META("b", "6") "}}",
        "{\"type\":\"\",\"object\":{}}",
        "{\"type\":null,\"object\":{}}",
        "{\"type\":\"ADDED\",\"object\":7}",
        "{\"type\":\"ADDED\",\"object\":null}",
        "{\"type\":\"ERROR\",\"object\":\"no\"}",
        "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"\\ud800\"}}}",
        "{\"type\":\"ADDED\",\"object\":{]}",
        "<html>",
        "[1]",
    };
    char answer[1024];
    const char *answers[] = {answer};
    for (size_t i = 0; i < COUNT(bad); i++) {
        snprintf(answer, sizeof answer, "%s%s%s%s", WATCH_HEAD WATCH_EVENT("ADDED", "a", "5"),
                 bad[i], WATCH_EVENT("ADDED", "c", "7"), SCRIPT_CLOSES);
        open_watch(answers, 1);
        start(i % 2 == 0 ? &deployments : &sensors);
        watch_log_run(&l, KEDGE_HOUR);
        assert_string_equal(l.text, "ADDED a 5\nERROR 500 InternalError\nEND KEDGE_ERR_JSON\n");
        assert_string_not_equal(kedge_rest_error_text(l.rest), "");
        close_watch();
    }
    // Chunks that are none.
    expect(&deployments, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
           "ERROR 500 InternalError\nEND KEDGE_ERR_HTTP\n");
}

static void an_object_of_another_kind_is_an_error_event_and_the_end(void **state)
{
    (void)state;
    static const char *const kinds[] = {"Table\",\"apiVersion\":\"meta.k8s.io/v1", "Pod", "Status",
                                        "DeploymentList"};
    static const char *const event_types[] = {"ADDED", "BOOKMARK"};
    char answer[1024];
    const char *answers[] = {answer};
    for (size_t i = 0; i < 2 * COUNT(kinds); i++) {
        snprintf(answer, sizeof answer, "%s{\"type\":\"%s\",\"object\":{\"kind\":\"%s\",%s}}%s%s",
                 WATCH_HEAD WATCH_EVENT("ADDED", "a", "5"), event_types[i % 2], kinds[i / 2],
                 WATCH_META("b", "6"), WATCH_EVENT("ADDED", "c", "7"), SCRIPT_CLOSES);
        open_watch(answers, 1);
        start(&deployments);
        watch_log_run(&l, KEDGE_HOUR);
        assert_string_equal(l.text, "ADDED a 5\nERROR 500 InternalError\nEND KEDGE_ERR_JSON\n");
        assert_non_null(strstr(kedge_rest_error_text(l.rest), "came where one of kind Deployment"));
        close_watch();
    }
    // Whose kind nobody has named is not judged.
    expect(&sensors,
           WATCH_HEAD "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Pod\"," WATCH_META(
               "b", "6") "}}" SCRIPT_CLOSES,
           "ADDED b 6\nEND KEDGE_OK\n");
    expect(&deployments,
           WATCH_HEAD "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Deployment\"," WATCH_META(
               "b", "6") "}}" SCRIPT_CLOSES,
           "ADDED b 6\nEND KEDGE_OK\n");
}

static void an_event_of_our_own_says_what_was_wrong(void **state)
{
    (void)state;
    static const char *const answers[] = {WATCH_HEAD "{\"type\":\"X\",\"object\":{}}"};
    struct kedge_watch_event event;
    open_watch(answers, 1);
    assert_int_equal(kedge_watch_start(w, &deployments, NULL), KEDGE_OK);
    assert_int_equal(kedge_watch_next(w, &event, KEDGE_SECOND), KEDGE_OK);
    assert_int_equal(event.type, KEDGE_WATCH_ERROR);
    assert_true(kedge_status_is_internal_error(event.status));
    assert_string_equal(event.status->message,
                        "an error on the server (\"watch deployments.apps in default: an event is "
                        "of no known type\") has prevented the request from succeeding");
    assert_int_equal(event.status->cause_count, 2);
    assert_true(kedge_status_has_cause(event.status, KEDGE_CAUSE_UNEXPECTED_SERVER_RESPONSE));
    assert_true(kedge_status_has_cause(event.status, "ClientWatchDecoding"));
    assert_int_equal(event.json.len, 0);
    assert_string_equal(event.resource_version, "");
    assert_int_equal(kedge_watch_next(w, &event, KEDGE_SECOND), KEDGE_ERR_JSON);
    close_watch();
}

static void only_200_and_json_begin_a_stream(void **state)
{
    (void)state;
    expect(&deployments,
           "HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: 74\r\n\r\n"
           "{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":403,\"reason\":\"Forbidden\",  "
           "\"a\":1}",
           "END KEDGE_ERR_API\n");
    expect(&deployments, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
           "END KEDGE_ERR_API\n");
    expect(&deployments, "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", "END KEDGE_ERR_API\n");
    expect(&deployments, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n",
           "END KEDGE_ERR_API\n");
    expect(&deployments,
           "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.kubernetes.protobuf\r\n"
           "Content-Length: 4\r\n\r\nk8s.",
           "END KEDGE_ERR_HTTP\n");
    expect(&deployments, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n",
           "END KEDGE_ERR_HTTP\n");
    expect(&deployments,
           "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n"
           "Content-Length: 0\r\n\r\n",
           "END KEDGE_OK\n");
}

static void a_refusal_is_the_servers_status(void **state)
{
    (void)state;
    static const char *const answers[] = {"HTTP/1.1 403 Forbidden\r\nContent-Length: 98\r\n\r\n"
                                          "{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":"
                                          "403,\"reason\":\"Forbidden\",\"message\":"
                                          "\"no deployments\"}"};
    open_watch(answers, 1);
    start(&deployments);
    watch_log_run(&l, KEDGE_HOUR);
    struct kedge_rest_facts facts;
    kedge_rest_facts(l.rest, &facts);
    assert_int_equal(facts.sent, 1);
    assert_true(kedge_status_is_forbidden(kedge_rest_status(l.rest)));
    assert_string_equal(kedge_rest_status(l.rest)->message, "no deployments");
    close_watch();
}

static void a_watch_that_breaks_before_its_head_is_an_empty_one(void **state)
{
    (void)state;
    static const char *const answers[] = {
        SCRIPT_RESETS, SCRIPT_CLOSES, SCRIPT_CLOSES, SCRIPT_CLOSES, SCRIPT_CLOSES, SCRIPT_CLOSES,
        SCRIPT_CLOSES, SCRIPT_CLOSES, SCRIPT_CLOSES, SCRIPT_CLOSES, SCRIPT_RESETS, WATCH_HEAD ALL};
    open_watch(answers, COUNT(answers));
    start(&deployments);
    watch_log_run(&l, KEDGE_HOUR);
    assert_string_equal(l.text, "END KEDGE_OK\n");
    assert_int_equal(l.script.next, 11);
    close_watch();
}

static void nobody_there_is_an_end_with_the_reason(void **state)
{
    (void)state;
    open_watch(NULL, 0);
    l.own.cruelty.refuse = true;
    start(&deployments);
    watch_log_run(&l, KEDGE_HOUR);
    assert_string_equal(l.text, "END KEDGE_ERR_CONNECT\n");
    close_watch();
}

static void silence_ends_it_only_where_that_was_asked_for(void **state)
{
    (void)state;
    static const char *const answers[] = {WATCH_HEAD WATCH_EVENT("ADDED", "a", "5")};
    struct kedge_watch_options o = deployments;
    open_watch(answers, 1);
    start(&o);
    watch_log_run(&l, 24 * KEDGE_HOUR);
    assert_string_equal(l.text, "ADDED a 5\n");
    kedge_watch_stop(w);
    close_watch();
    o.silence = 90 * KEDGE_SECOND;
    open_watch(answers, 1);
    kedge_time began = l.own.now;
    start(&o);
    watch_log_run(&l, KEDGE_HOUR);
    assert_string_equal(l.text, "ADDED a 5\nEND KEDGE_OK\n");
    assert_int_equal(l.own.now - began, 90 * KEDGE_SECOND);
    close_watch();
}

// ---- back-pressure

static void a_handler_that_is_not_ready_holds_the_stream_back(void **state)
{
    (void)state;
    static char answer[200 * 1024];
    const char *answers[] = {answer};
    size_t len = (size_t)snprintf(answer, sizeof answer, "%s", WATCH_HEAD);
    for (int i = 0; i < 2000; i++)
        len += (size_t)snprintf(answer + len, sizeof answer - len,
                                "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\","
                                "\"resourceVersion\":\"%d\"}}}\n",
                                i + 1);
    snprintf(answer + len, sizeof answer - len, "%s", SCRIPT_CLOSES);
    open_watch(answers, 1);
    struct kedge_watch_options o = deployments;
    o.silence = 30 * KEDGE_SECOND; // not ours
    l.not_ready = true;
    start(&o);
    watch_log_run(&l, KEDGE_MINUTE);
    assert_int_equal(l.events, 0);
    assert_int_equal(l.ends, 0);
    assert_true(l.own.bytes_read <= 4096);
    assert_in_range(l.asked, 300, 1300); // ten times a second
    for (int i = 0; l.ends == 0; i++) {
        // Ready for a while, and not again: nothing is told twice.
        l.not_ready = i % 3 == 0;
        kedge_wake(l.k);
        assert_int_equal(kedge_poll(l.k, KEDGE_SECOND), KEDGE_OK);
        l.len = 0;
    }
    assert_int_equal(l.events, 2000);
    close_watch();
}

static void who_asks_for_the_next_event_holds_the_stream_back(void **state)
{
    (void)state;
    static const char *const answers[] = {WATCH_HEAD WATCH_EVENT("ADDED", "a", "5")
                                              WATCH_EVENT("ADDED", "b", "6")};
    struct kedge_watch_event event;
    struct kedge_watch_event second;
    open_watch(answers, 1);
    assert_int_equal(kedge_watch_next(w, &event, 0), KEDGE_ERR_STATE);
    assert_int_equal(kedge_watch_start(w, &deployments, NULL), KEDGE_OK);
    assert_int_equal(kedge_watch_start(w, &deployments, NULL), KEDGE_ERR_STATE);
    assert_int_equal(kedge_watch_next(w, &event, KEDGE_FOREVER), KEDGE_OK);
    for (int i = 0; i < 50; i++)
        kedge_poll(l.k, KEDGE_SECOND); // the loop may go on: the object stays
    assert_string_equal(kedge_name(event.object), "a");
    assert_string_equal(event.resource_version, "5");
    assert_int_equal(kedge_watch_next(w, &second, KEDGE_FOREVER), KEDGE_OK);
    assert_string_equal(kedge_name(second.object), "b");
    kedge_time began = l.own.now;
    assert_int_equal(kedge_watch_next(w, &event, KEDGE_MINUTE), KEDGE_ERR_TIMEOUT);
    assert_int_equal(l.own.now - began, KEDGE_MINUTE);
    script_say(&l.script, WATCH_EVENT("DELETED", "b", "7"));
    kedge_poll(l.k, KEDGE_SECOND); // it came before it was asked for
    assert_int_equal(kedge_watch_next(w, &event, 0), KEDGE_OK);
    assert_int_equal(event.type, KEDGE_WATCH_DELETED);
    kedge_stop(l.k);
    assert_int_equal(kedge_watch_next(w, &event, KEDGE_MINUTE), KEDGE_ERR_STOPPED);
    kedge_watch_stop(w);
    assert_int_equal(kedge_watch_next(w, &event, KEDGE_MINUTE), KEDGE_ERR_STATE);
    close_watch();
}

// ---- limits

static void an_object_over_a_limit_is_partial_and_an_event(void **state)
{
    (void)state;
    static char answer[32768];
    const char *answers[] = {answer};
    size_t len = (size_t)snprintf(
        answer, sizeof answer,
        WATCH_HEAD "{\"type\":\"ADDED\",\"object\":{" WATCH_META("big", "5") ",\"spec\":{\"x\":\"");
    memset(answer + len, 'x', 9000);
    len += 9000;
    len += (size_t)snprintf(
        answer + len, sizeof answer - len,
        "\"}}}{\"type\":\"ADDED\",\"object\":{" WATCH_META("many", "6") ",\"n\":[");
    for (int i = 0; i < 2000; i++)
        len += (size_t)snprintf(answer + len, sizeof answer - len, "1,");
    snprintf(answer + len, sizeof answer - len,
             "1]}}" WATCH_EVENT("ADDED", "c", "7") SCRIPT_CLOSES);
    expect(&sensors, answer, "ADDED big 5 partial\nADDED  6\nADDED c 7\nEND KEDGE_OK\n");
    // Without tokens the text is whole all the same.
    struct kedge_watch_event event;
    open_watch(answers, 1);
    assert_int_equal(kedge_watch_start(w, &sensors, NULL), KEDGE_OK);
    assert_int_equal(kedge_watch_next(w, &event, KEDGE_SECOND), KEDGE_OK);
    assert_int_equal(kedge_watch_next(w, &event, KEDGE_SECOND), KEDGE_OK);
    assert_true(event.json.len > 4000);
    assert_true(event.value.at < 0);
    kedge_watch_stop(w);
    close_watch();
}

static void a_typed_object_over_a_limit_is_partial(void **state)
{
    (void)state;
    static char answer[32768];
    const char *answers[] = {answer};
    size_t len = (size_t)snprintf(
        answer, sizeof answer,
        WATCH_HEAD
        "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\",\"resourceVersion\":"
        "\"5\",\"labels\":{");
    for (int i = 0; i < 400; i++)
        len += (size_t)snprintf(answer + len, sizeof answer - len, "%s\"k%d\":\"v\"",
                                i > 0 ? "," : "", i);
    snprintf(answer + len, sizeof answer - len,
             "}}}}" WATCH_EVENT("ADDED", "c", "7") SCRIPT_CLOSES);
    static const struct kedge_rest_options limits[] = {
        {.text_max = 1024}, {.object_max = 512}, {.text_max = 6144}};
    for (size_t i = 0; i < COUNT(limits); i++) {
        watch_log_script(&l, answers, 1, &limits[i]);
        w = kedge_watch_new(l.rest);
        start(&deployments);
        watch_log_run(&l, KEDGE_HOUR);
        assert_string_equal(l.text, "ADDED a 5 partial\nADDED c 7\nEND KEDGE_OK\n");
        close_watch();
    }
}

// ---- stopping

static void stop_it(struct watch_log *log, const struct kedge_watch_event *event)
{
    if (log->events == *(unsigned *)log->ctx) {
        kedge_watch_stop(w);
        assert_false(kedge_watch_is_running(w));
        // In the middle of its own request there is no other.
        if (event->status == NULL || event->status->code == 410)
            assert_int_equal(kedge_watch_start(w, &deployments, &log->handler), KEDGE_ERR_STATE);
    }
}

static void it_may_be_stopped_in_every_event(void **state)
{
    (void)state;
    static const char *const answers[] = {WATCH_HEAD ALL "<" SCRIPT_CLOSES,
                                          WATCH_HEAD SCRIPT_CLOSES};
    static const char all[] = ALL_LOG "ERROR 500 InternalError\n";
    for (unsigned n = 1; n <= 6; n++) {
        open_watch(answers, 2);
        l.on_event = stop_it;
        l.ctx = &n;
        start(&deployments);
        watch_log_run(&l, KEDGE_MINUTE);
        assert_int_equal(l.events, n);
        assert_int_equal(l.ends, 0);
        assert_memory_equal(l.text, all, l.len);
        assert_int_equal(l.own.open_streams, 0);
        l.on_event = NULL;
        start(&sensors);
        watch_log_run(&l, KEDGE_HOUR);
        assert_int_equal(l.ends, 1);
        close_watch();
    }
}

static void start_again(struct watch_log *log)
{
    if (log->ends < 3)
        start(&deployments);
    else
        kedge_watch_stop(w);
}

static void it_may_be_started_again_in_its_end(void **state)
{
    (void)state;
    static const char *const answers[] = {WATCH_HEAD WATCH_EVENT("ADDED", "a", "5") SCRIPT_CLOSES,
                                          WATCH_HEAD "?" SCRIPT_CLOSES,
                                          WATCH_HEAD WATCH_EVENT("ADDED", "b", "6") SCRIPT_CLOSES};
    open_watch(answers, 3);
    l.on_end = start_again;
    start(&deployments);
    for (int i = 0; i < 100; i++)
        kedge_poll(l.k, KEDGE_SECOND);
    assert_string_equal(l.text, "ADDED a 5\nEND KEDGE_OK\nERROR 500 InternalError\n"
                                "END KEDGE_ERR_JSON\nADDED b 6\nEND KEDGE_OK\n");
    close_watch();
}

static void stop_and_start(struct watch_log *log, const struct kedge_watch_event *event)
{
    if (event->type == KEDGE_WATCH_ERROR && event->status->code == 500) {
        kedge_watch_stop(w);
        start(&deployments); // its request has ended
    }
    (void)log;
}

static void the_last_event_may_stop_it_and_start_another(void **state)
{
    (void)state;
    static const char *const answers[] = {WATCH_HEAD "?" SCRIPT_CLOSES,
                                          WATCH_HEAD WATCH_EVENT("ADDED", "b", "6") SCRIPT_CLOSES};
    open_watch(answers, 2);
    l.on_event = stop_and_start;
    start(&deployments);
    watch_log_run(&l, KEDGE_HOUR);
    assert_string_equal(l.text, "ERROR 500 InternalError\nADDED b 6\nEND KEDGE_OK\n");
    close_watch();
}

static void it_may_be_stopped_after_any_turn(void **state)
{
    (void)state;
    static const char *const answers[] = {"HTTP/1.1 503 No\r\nRetry-After: 1\r\n"
                                          "Content-Length: 2\r\n\r\n{}",
                                          WATCH_HEAD ALL SCRIPT_CLOSES, WATCH_HEAD SCRIPT_CLOSES};
    bool ended = false;
    unsigned turns = 0;
    for (; !ended; turns++) {
        open_watch(answers, 3);
        l.own.cruelty.read_max = 7;
        l.own.cruelty.write_max = 11;
        l.own.cruelty.block_every = 2;
        l.own.cruelty.connect_steps = 2;
        start(&deployments);
        for (unsigned i = 0; i < turns && l.ends == 0; i++)
            kedge_poll(l.k, KEDGE_SECOND);
        ended = l.ends > 0;
        kedge_watch_stop(w);
        kedge_watch_stop(w);
        unsigned events = l.events;
        // The connection of a reply that was read to its end is kept.
        if (l.script.next != 1)
            assert_int_equal(l.own.open_streams, 0);
        for (int i = 0; i < 20; i++)
            kedge_poll(l.k, KEDGE_SECOND);
        assert_int_equal(l.events, events);
        close_watch();
    }
    assert_true(turns > 60);
}

static void arguments_are_looked_at(void **state)
{
    (void)state;
    struct kedge_watch_options o = deployments;
    struct kedge_watch_handler h = {0};
    struct kedge_watch_event event;
    static char selector[2048];
    assert_null(kedge_watch_new(NULL));
    assert_int_equal(kedge_watch_start(NULL, &o, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_watch_next(NULL, &event, 0), KEDGE_ERR_ARGUMENT);
    assert_false(kedge_watch_is_running(NULL));
    kedge_watch_stop(NULL);
    open_watch(NULL, 0);
    kedge_watch_stop(w);
    assert_int_equal(kedge_watch_start(w, NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_watch_start(w, &o, &h), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_watch_next(w, NULL, 0), KEDGE_ERR_ARGUMENT);
    o.options.dry_run = true;
    assert_int_equal(kedge_watch_start(w, &o, &l.handler), KEDGE_ERR_ARGUMENT);
    assert_non_null(strstr(kedge_rest_error_text(l.rest), "dry_run"));
    o = deployments;
    memset(selector, 'a', sizeof selector - 1);
    o.options.label_selector = selector;
    assert_int_equal(kedge_watch_start(w, &o, &l.handler), KEDGE_ERR_TOO_LONG);
    start(&deployments);
    assert_int_equal(kedge_watch_next(w, &event, 0), KEDGE_ERR_STATE);
    kedge_watch_stop(w);
    assert_string_equal(kedge_watch_type_text(KEDGE_WATCH_ADDED), "ADDED");
    assert_string_equal(kedge_watch_type_text(KEDGE_WATCH_ERROR), "ERROR");
    assert_string_equal(kedge_watch_type_text((enum kedge_watch_type)0), "");
    close_watch();
}

static void with_any_amount_of_memory_it_is_made_or_named(void **state)
{
    (void)state;
    struct kedge_config config = {.server = "http://api.test:8080", .qps = -1};
    static unsigned char memory[96 * 1024];
    struct fake_port p;
    bool made = false;
    unsigned refused = 0;
    fake_port_init(&p, 1);
    for (size_t size = 2048; !made; size += 64) {
        struct kedge *k = kedge_init(memory, size, &p.port);
        if (k == NULL)
            continue;
        struct kedge_rest *rest = kedge_rest_new(kedge_client_new(k, &config), NULL);
        struct kedge_watch *watch = kedge_watch_new(rest);
        struct kedge_retry_watcher *rw = kedge_retry_watcher_new(rest);
        made = rw != NULL;
        if (!made)
            assert_int_equal(kedge_error(k), KEDGE_ERR_MEMORY);
        if (rest != NULL && watch == NULL)
            assert_non_null(strstr(kedge_error_text(k), "watches"));
        refused += rest != NULL && !made;
    }
    assert_true(refused > 3);
}

// ---- until

static unsigned calls;

static kedge_err is_five(void *ctx, const struct kedge_watch_event *event)
{
    calls++;
    (void)ctx;
    return strcmp(event->resource_version, "5") == 0 ? KEDGE_OK : KEDGE_WAIT;
}
static kedge_err is_named_a(void *ctx, const struct kedge_watch_event *event)
{
    calls++;
    (void)ctx;
    return strcmp(kedge_name(event->object), "a") == 0 ? KEDGE_OK : KEDGE_WAIT;
}
static kedge_err is_deleted(void *ctx, const struct kedge_watch_event *event)
{
    calls++;
    (void)ctx;
    return event->type == KEDGE_WATCH_DELETED ? KEDGE_OK : KEDGE_WAIT;
}
static kedge_err gives_up(void *ctx, const struct kedge_watch_event *event)
{
    calls++;
    (void)event;
    return *(kedge_err *)ctx;
}

static kedge_err until(const char *answer, const kedge_until_condition *conditions, size_t count,
                       struct kedge_watch_event *event)
{
    static kedge_err other = KEDGE_ERR_NOT_FOUND;
    const char *answers[] = {answer};
    open_watch(answers, 1);
    calls = 0;
    assert_int_equal(kedge_watch_start(w, &deployments, NULL), KEDGE_OK);
    kedge_err err =
        kedge_until_without_retry(w, conditions, count, &other, 10 * KEDGE_SECOND, event);
    assert_false(kedge_watch_is_running(w));
    return err;
}

static void conditions_are_met_one_after_the_other(void **state)
{
    (void)state;
    static const kedge_until_condition sequence[] = {is_five, is_named_a, is_deleted};
    struct kedge_watch_event event;
    assert_int_equal(until(WATCH_HEAD WATCH_EVENT("DELETED", "x", "4")
                               WATCH_EVENT("ADDED", "a", "5") WATCH_EVENT("MODIFIED", "a", "6")
                                   WATCH_EVENT("DELETED", "a", "7"),
                           sequence, 3, &event),
                     KEDGE_OK);
    assert_int_equal(event.type, KEDGE_WATCH_DELETED);
    assert_string_equal(kedge_name(event.object), "a");
    assert_string_equal(event.resource_version, "7");
    // 4: no. 5: yes, and the second by the same event; the third not by it, nor by 6.
    assert_int_equal(calls, 1 + 1 + 1 + 1 + 1 + 1);
    close_watch();
    assert_int_equal(until(WATCH_HEAD, NULL, 0, &event), KEDGE_OK);
    assert_int_equal(event.type, 0);
    close_watch();
    assert_int_equal(until(WATCH_HEAD WATCH_EVENT("ADDED", "a", "5"), sequence, 2, NULL), KEDGE_OK);
    close_watch();
}

static void conditions_that_are_not_met_end_with_the_last_event(void **state)
{
    (void)state;
    static const kedge_until_condition deleted[] = {is_five, is_deleted};
    static const kedge_until_condition fails[] = {is_five, gives_up};
    struct kedge_watch_event event;
    assert_int_equal(until(WATCH_HEAD WATCH_EVENT("ADDED", "a", "5"), deleted, 2, &event),
                     KEDGE_ERR_TIMEOUT);
    assert_int_equal(event.type, KEDGE_WATCH_ADDED);
    assert_string_equal(event.resource_version, "5");
    assert_null(event.object);
    close_watch();
    assert_int_equal(
        until(WATCH_HEAD WATCH_EVENT("ADDED", "a", "5") SCRIPT_CLOSES, deleted, 2, &event),
        KEDGE_ERR_CLOSED);
    assert_string_equal(event.resource_version, "5");
    close_watch();
    assert_int_equal(until(WATCH_HEAD WATCH_EVENT("ADDED", "a", "5"), fails, 2, &event),
                     KEDGE_ERR_NOT_FOUND);
    assert_string_equal(kedge_name(event.object), "a");
    close_watch();
    assert_int_equal(until(WATCH_HEAD WATCH_ERROR("410", "Expired", ""), deleted, 2, &event),
                     KEDGE_ERR_API);
    assert_true(kedge_status_is_expired(event.status));
    assert_true(kedge_status_is_expired(kedge_rest_status(l.rest)));
    assert_string_equal(kedge_rest_error_text(l.rest), "watch deployments.apps in default: m");
    assert_int_equal(calls, 0);
    close_watch();
    assert_int_equal(
        until("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", deleted, 2, &event),
        KEDGE_ERR_API);
    assert_true(kedge_status_is_not_found(kedge_rest_status(l.rest)));
    assert_int_equal(event.type, 0);
    close_watch();
    assert_int_equal(kedge_until_without_retry(NULL, deleted, 2, NULL, 0, NULL),
                     KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_until_without_retry(w, NULL, 2, NULL, 0, NULL), KEDGE_ERR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_five_types_come_in_order_typed_and_raw),
        cmocka_unit_test(however_the_bytes_are_cut_the_events_are_the_same),
        cmocka_unit_test(wherever_a_stream_breaks_off_it_ends_without_a_word),
        cmocka_unit_test(what_raw_events_bring_is_the_object_without_managed_fields),
        cmocka_unit_test(options_become_parameters),
        cmocka_unit_test(what_cannot_be_understood_is_an_error_event_and_the_end),
        cmocka_unit_test(an_object_of_another_kind_is_an_error_event_and_the_end),
        cmocka_unit_test(an_event_of_our_own_says_what_was_wrong),
        cmocka_unit_test(only_200_and_json_begin_a_stream),
        cmocka_unit_test(a_refusal_is_the_servers_status),
        cmocka_unit_test(a_watch_that_breaks_before_its_head_is_an_empty_one),
        cmocka_unit_test(nobody_there_is_an_end_with_the_reason),
        cmocka_unit_test(silence_ends_it_only_where_that_was_asked_for),
        cmocka_unit_test(a_handler_that_is_not_ready_holds_the_stream_back),
        cmocka_unit_test(who_asks_for_the_next_event_holds_the_stream_back),
        cmocka_unit_test(an_object_over_a_limit_is_partial_and_an_event),
        cmocka_unit_test(a_typed_object_over_a_limit_is_partial),
        cmocka_unit_test(it_may_be_stopped_in_every_event),
        cmocka_unit_test(it_may_be_started_again_in_its_end),
        cmocka_unit_test(the_last_event_may_stop_it_and_start_another),
        cmocka_unit_test(it_may_be_stopped_after_any_turn),
        cmocka_unit_test(arguments_are_looked_at),
        cmocka_unit_test(with_any_amount_of_memory_it_is_made_or_named),
        cmocka_unit_test(conditions_are_met_one_after_the_other),
        cmocka_unit_test(conditions_that_are_not_met_end_with_the_last_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
