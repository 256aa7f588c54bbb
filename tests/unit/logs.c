// SPDX-License-Identifier: Apache-2.0
// Logs: what is asked for, the stream in constant memory, and lines out of bytes cut anywhere.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "watch_log.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define TEXT     "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"

static struct watch_log l;

static const struct kedge_log_options web = {.namespace_ = "default", .pod = "web-0"};

static kedge_err write_down(void *ctx, kedge_str bytes)
{
    struct watch_log *log = ctx;
    assert_true(log->len + bytes.len < sizeof log->text);
    memcpy(log->text + log->len, bytes.ptr, bytes.len);
    log->len += bytes.len;
    log->text[log->len] = '\0';
    return KEDGE_OK;
}

static void done(void *ctx, kedge_err err)
{
    struct watch_log *log = ctx;
    log->ends++;
    log->end = err;
}

static void asks(const struct kedge_log_options *o, const char *line)
{
    static const char *const answers[] = {TEXT "Content-Length: 0\r\n\r\n"};
    watch_log_script(&l, answers, 1, NULL);
    assert_int_equal(kedge_logs_stream(l.rest, o, NULL, NULL), KEDGE_OK);
    l.script.seen[l.script.seen_len] = '\0';
    assert_memory_equal(l.script.seen, line, strlen(line));
    assert_non_null(strstr(l.script.seen, "\r\nAccept: application/json, */*\r\n"));
    watch_log_close(&l);
}

static void options_become_parameters(void **state)
{
    (void)state;
    struct kedge_log_options o = web;
    asks(&o, "GET /api/v1/namespaces/default/pods/web-0/log HTTP/1.1\r\n");
    o.container = "a b";
    o.follow = o.previous = o.timestamps = o.insecure_skip_tls_verify_backend = true;
    o.stream = "Stderr";
    o.tail_lines = KEDGE_JUST(0);
    o.since_seconds = KEDGE_JUST(INT64_MAX);
    o.limit_bytes = KEDGE_JUST(-1); // the server's to refuse
    asks(&o,
         "GET /api/v1/namespaces/default/pods/web-0/log?container=a%20b&follow=true&"
         "insecureSkipTLSVerifyBackend=true&limitBytes=-1&previous=true&"
         "sinceSeconds=9223372036854775807&stream=Stderr&tailLines=0&timestamps=true HTTP/1.1\r\n");
    o = web;
    assert_true(kedge_timestamp_parse(KEDGE_STR("2026-11-24T01:02:03.9Z"), &o.since_time));
    asks(&o, "GET /api/v1/namespaces/default/pods/web-0/log?sinceTime=2026-11-24T01%3A02%3A03Z "
             "HTTP/1.1\r\n");
}

static void what_is_no_request_is_refused(void **state)
{
    (void)state;
    struct kedge_log_options o = web;
    watch_log_script(&l, NULL, 0, NULL);
    o.pod = NULL;
    assert_int_equal(kedge_logs_stream(l.rest, &o, NULL, NULL), KEDGE_ERR_ARGUMENT);
    o.pod = "";
    assert_int_equal(kedge_logs_start(l.rest, &o, NULL, NULL, NULL), KEDGE_ERR_ARGUMENT);
    o = web;
    o.namespace_ = NULL;
    assert_int_equal(kedge_logs_stream(l.rest, &o, NULL, NULL), KEDGE_ERR_ARGUMENT);
    o = web;
    o.since_time = 1;
    o.since_seconds = KEDGE_JUST(1);
    assert_int_equal(kedge_logs_stream(l.rest, &o, NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_logs_stream(l.rest, NULL, NULL, NULL), KEDGE_ERR_ARGUMENT);
    o = web;
    o.pod = "../x";
    assert_int_equal(kedge_logs_start(l.rest, &o, NULL, NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_non_null(strstr(kedge_rest_error_text(l.rest), "name"));
    assert_int_equal(kedge_logs_stream(NULL, &web, NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(l.own.opens, 0);
    watch_log_close(&l);
}

static void a_refusal_is_the_servers_status(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
        "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
        "\"message\":"
        "\"container x is not valid for pod "
        "web-0\",\"reason\":\"BadRequest\",\"code\":400}" SCRIPT_CLOSES,
        "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
        "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
        "\"message\":"
        "\"previous terminated container \\\"c\\\" in pod \\\"web-0\\\" not found\",\"reason\":"
        "\"BadRequest\",\"code\":400}" SCRIPT_CLOSES};
    struct kedge_log_options o = web;
    watch_log_script(&l, answers, 2, NULL);
    o.container = "x";
    assert_int_equal(kedge_logs_stream(l.rest, &o, write_down, &l), KEDGE_ERR_API);
    assert_true(kedge_status_is_bad_request(kedge_rest_status(l.rest)));
    assert_string_equal(kedge_rest_status(l.rest)->message,
                        "container x is not valid for pod web-0");
    o.container = NULL;
    o.previous = true;
    assert_int_equal(kedge_logs_stream(l.rest, &o, write_down, &l), KEDGE_ERR_API);
    assert_non_null(strstr(kedge_rest_error_text(l.rest), "previous terminated container"));
    assert_int_equal(l.len, 0); // no byte of it was taken for a log
    watch_log_close(&l);
}

static void a_log_of_any_length_costs_no_memory(void **state)
{
    (void)state;
    static char answer[300000];
    const char *answers[] = {answer};
    size_t head = (size_t)snprintf(answer, sizeof answer, "%s\r\n", TEXT);
    memset(answer + head, 'x', sizeof answer - head - 2);
    answer[sizeof answer - 2] = SCRIPT_CLOSES[0];
    watch_log_script(&l, answers, 1, NULL);
    struct kedge_memory_part before;
    struct kedge_memory_part after;
    kedge_memory_report(l.k, &before, 1);
    assert_int_equal(kedge_logs_stream(l.rest, &web, NULL, NULL), KEDGE_OK);
    kedge_memory_report(l.k, &after, 1);
    assert_int_equal(before.used, after.used);
    assert_true(l.own.bytes_read > sizeof answer - 1000);
    watch_log_close(&l);
}

static void a_followed_log_may_be_silent_before_its_head_and_within(void **state)
{
    (void)state;
    static const char *const answers[] = {""};
    struct kedge_log_options o = web;
    o.follow = true;
    watch_log_script(&l, answers, 1, NULL);
    {
        // The struct, and what is made of it, is not needed behind the call.
        struct kedge_log_options gone = o;
        assert_int_equal(kedge_logs_start(l.rest, &gone, write_down, done, &l), KEDGE_OK);
        memset(&gone, 0xff, sizeof gone);
    }
    watch_log_run(&l, KEDGE_HOUR);
    script_say(&l.script, TEXT "\r\none\n");
    watch_log_run(&l, KEDGE_HOUR);
    script_say(&l.script, "two\n");
    watch_log_run(&l, KEDGE_HOUR);
    assert_string_equal(l.text, "one\ntwo\n");
    assert_int_equal(l.ends, 0);
    script_say(&l.script, SCRIPT_CLOSES);
    watch_log_run(&l, KEDGE_HOUR);
    assert_int_equal(l.ends, 1);
    assert_int_equal(l.end, KEDGE_OK);
    watch_log_close(&l);
}

static void a_log_that_is_not_followed_has_its_times(void **state)
{
    (void)state;
    static const char *const answers[] = {TEXT "Content-Length: 100\r\n\r\none\n"};
    watch_log_script(&l, answers, 1, NULL);
    assert_int_equal(kedge_logs_stream(l.rest, &web, write_down, &l), KEDGE_ERR_TIMEOUT);
    assert_string_equal(l.text, "one\n");
    assert_int_equal(kedge_logs_stream(l.rest, &web, write_down, &l), KEDGE_ERR_TIMEOUT);
    watch_log_close(&l);
}

static kedge_err stop_all(void *ctx, kedge_str bytes)
{
    (void)bytes;
    kedge_stop(((struct watch_log *)ctx)->k);
    return KEDGE_OK;
}

static kedge_err enough(void *ctx, kedge_str bytes)
{
    (void)ctx;
    (void)bytes;
    return KEDGE_ERR_FULL;
}

static kedge_err cancel(void *ctx, kedge_str bytes)
{
    (void)bytes;
    kedge_rest_cancel(((struct watch_log *)ctx)->rest);
    return KEDGE_OK;
}

static void it_ends_when_somebody_says_so(void **state)
{
    (void)state;
    static const char *const answers[] = {TEXT "\r\none\n", TEXT "\r\none\n", TEXT "\r\none\n"};
    struct kedge_log_options o = web;
    o.follow = true;
    watch_log_script(&l, answers, 3, NULL);
    assert_int_equal(kedge_logs_stream(l.rest, &o, enough, &l), KEDGE_ERR_FULL);
    assert_int_equal(kedge_logs_start(l.rest, &o, cancel, done, &l), KEDGE_OK);
    watch_log_run(&l, KEDGE_MINUTE);
    assert_int_equal(l.ends, 0);
    assert_int_equal(l.own.open_streams, 0);
    assert_int_equal(kedge_logs_stream(l.rest, &o, stop_all, &l), KEDGE_ERR_STOPPED);
    watch_log_close(&l);
}

static unsigned refusals;

static kedge_err reluctant(void *ctx, kedge_str bytes)
{
    if (refusals++ % 4 != 3)
        return KEDGE_WAIT;
    return write_down(ctx, bytes);
}

static void bytes_that_nobody_takes_come_again(void **state)
{
    (void)state;
    static const char *const answers[] = {TEXT "Transfer-Encoding: chunked\r\n\r\n"
                                               "4\r\none\n\r\n4\r\ntwo\n\r\n0\r\n\r\n"};
    watch_log_script(&l, answers, 1, NULL);
    refusals = 0;
    kedge_time began = l.own.now;
    assert_int_equal(kedge_logs_start(l.rest, &web, reluctant, done, &l), KEDGE_OK);
    watch_log_run(&l, KEDGE_HOUR);
    assert_string_equal(l.text, "one\ntwo\n");
    assert_int_equal(l.end, KEDGE_OK);
    assert_in_range(l.own.now - began, 200, 700); // ten times a second
    // Held back for longer than silence is allowed: it is not the server's.
    static const char *const slow[] = {TEXT "Content-Length: 8\r\n\r\none\n"};
    watch_log_close(&l);
    watch_log_script(&l, slow, 1, NULL);
    refusals = 0;
    assert_int_equal(kedge_logs_start(l.rest, &web, reluctant, done, &l), KEDGE_OK);
    for (int i = 0; i < 3; i++) {
        kedge_poll(l.k, 0);
        fake_port_advance(&l.own, 50 * KEDGE_SECOND);
    }
    script_say(&l.script, "two\n");
    refusals = 3;
    watch_log_run(&l, KEDGE_HOUR);
    assert_string_equal(l.text, "one\ntwo\n");
    assert_int_equal(l.end, KEDGE_OK);
    watch_log_close(&l);
    // Who waits for the end cannot be waited for.
    watch_log_script(&l, answers, 1, NULL);
    refusals = 0;
    assert_int_equal(kedge_logs_stream(l.rest, &web, reluctant, &l), KEDGE_WAIT);
    watch_log_close(&l);
}

// ---- lines

static char said[4096];
static size_t said_len;
static unsigned line_calls;
static unsigned wait_every; // each n-th call says KEDGE_WAIT

static kedge_err say_line(void *ctx, kedge_str line, bool more)
{
    (void)ctx;
    if (wait_every > 0 && ++line_calls % wait_every != 0)
        return KEDGE_WAIT;
    assert_true(said_len + line.len + 2 < sizeof said);
    if (line.len > 0)
        memcpy(said + said_len, line.ptr, line.len);
    said_len += line.len;
    said[said_len++] = more ? '+' : '|';
    said[said_len] = '\0';
    return KEDGE_OK;
}

static void feed(struct kedge_lines *lines, const char *text, size_t len)
{
    // A whole run of bytes, at the end of memory, until it is taken.
    const char *bytes = guard_put(text, len);
    kedge_err err;
    unsigned tries = 0;
    do
        err = kedge_lines_sink(lines, (kedge_str){bytes, len});
    while (err == KEDGE_WAIT && ++tries < 1000);
    assert_int_equal(err, KEDGE_OK);
}

static void finish(struct kedge_lines *lines)
{
    kedge_err err;
    unsigned tries = 0;
    do
        err = kedge_lines_finish(lines);
    while (err == KEDGE_WAIT && ++tries < 1000);
    assert_int_equal(err, KEDGE_OK);
}

static const char text[] = "one\n\nthree four\n12345678\n123456789\n12345678123456781\n\r\nlast";
static const char lines_of_8[] =
    "one||three fo+ur|12345678|12345678+9|12345678+12345678+1|\r|last|";

static void lines_do_not_depend_on_how_bytes_are_cut(void **state)
{
    (void)state;
    struct kedge_lines lines;
    const size_t len = sizeof text - 1;
    for (wait_every = 0; wait_every < 4; wait_every++) {
        for (size_t cut = 0; cut <= len; cut++) {
            for (size_t piece = 1; piece <= len; piece++) {
                kedge_lines_init(&lines, guard_room(8), 8, say_line, NULL);
                said_len = 0;
                feed(&lines, text, cut);
                for (size_t at = cut; at < len; at += piece)
                    feed(&lines, text + at, len - at < piece ? len - at : piece);
                finish(&lines);
                finish(&lines); // there is no second last line
                assert_string_equal(said, lines_of_8);
            }
        }
    }
    wait_every = 0;
}

static void a_line_of_one_byte_is_enough(void **state)
{
    (void)state;
    struct kedge_lines lines;
    kedge_lines_init(&lines, guard_room(1), 1, say_line, NULL);
    said_len = 0;
    feed(&lines, "ab\n\nc\n", 6);
    finish(&lines);
    assert_string_equal(said, "a+b||c|");
}

static void what_a_line_answers_ends_it(void **state)
{
    (void)state;
    struct kedge_lines lines;
    char room[8];
    kedge_lines_init(&lines, room, sizeof room, say_line, NULL);
    wait_every = 1000000;
    line_calls = 0;
    assert_int_equal(kedge_lines_sink(&lines, KEDGE_STR("0123456789")), KEDGE_WAIT);
    // The end of a line that goes on, while nobody takes it.
    assert_int_equal(kedge_lines_finish(&lines), KEDGE_WAIT);
    wait_every = 0;
    said_len = 0;
    assert_int_equal(kedge_lines_finish(&lines), KEDGE_OK);
    assert_string_equal(said, "01234567+");
}

static void a_log_is_read_line_by_line(void **state)
{
    (void)state;
    static const char *const answers[] = {TEXT "\r\none\ntwo\nthree" SCRIPT_CLOSES};
    struct kedge_lines lines;
    char room[64];
    watch_log_script(&l, answers, 1, NULL);
    l.own.cruelty.read_max = 2;
    said_len = 0;
    kedge_lines_init(&lines, room, sizeof room, say_line, NULL);
    assert_int_equal(kedge_logs_stream(l.rest, &web, kedge_lines_sink, &lines), KEDGE_OK);
    assert_int_equal(kedge_lines_finish(&lines), KEDGE_OK);
    assert_string_equal(said, "one|two|three|");
    watch_log_close(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_become_parameters),
        cmocka_unit_test(what_is_no_request_is_refused),
        cmocka_unit_test(a_refusal_is_the_servers_status),
        cmocka_unit_test(a_log_of_any_length_costs_no_memory),
        cmocka_unit_test(a_followed_log_may_be_silent_before_its_head_and_within),
        cmocka_unit_test(a_log_that_is_not_followed_has_its_times),
        cmocka_unit_test(it_ends_when_somebody_says_so),
        cmocka_unit_test(bytes_that_nobody_takes_come_again),
        cmocka_unit_test(lines_do_not_depend_on_how_bytes_are_cut),
        cmocka_unit_test(a_line_of_one_byte_is_enough),
        cmocka_unit_test(what_a_line_answers_ends_it),
        cmocka_unit_test(a_log_is_read_line_by_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
