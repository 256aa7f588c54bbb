// SPDX-License-Identifier: Apache-2.0
// What is made of a reply: errors as client-go makes them, and warnings.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/rest_priv.h"
#include "replies.h"
#include "script.h"

struct talk {
    struct fake_port port;
    struct script script;
    const char *answer;
    unsigned char memory[96 * 1024];
    struct kedge *k;
    struct kedge_client *client;
    struct kedge_rest *rest;
    char warnings[512];
    char logged[512];
};

static void warned(void *ctx, int code, const char *agent, const char *text)
{
    struct talk *t = ctx;
    size_t len = strlen(t->warnings);
    snprintf(t->warnings + len, sizeof t->warnings - len, "[%d %s %s]", code, agent, text);
}

static void logged(void *ctx, enum kedge_log_level level, const char *text)
{
    struct talk *t = ctx;
    size_t len = strlen(t->logged);
    assert_int_equal(level, KEDGE_LOG_WARNING);
    snprintf(t->logged + len, sizeof t->logged - len, "[%s]", text);
}

static void open_talk(struct talk *t, const char *answer, bool handler)
{
    struct kedge_config config = {.server = "http://api.test", .qps = -1};
    memset(t, 0, sizeof *t);
    const struct kedge_rest_options options = {.on_warning = handler ? warned : NULL,
                                               .warning_ctx = t};
    t->answer = answer;
    fake_port_init(&t->port, 1);
    script_serve(&t->script, &t->port, &t->answer, 1);
    t->k = kedge_init(t->memory, sizeof t->memory, &t->port.port);
    kedge_log_to(t->k, KEDGE_LOG_WARNING, logged, t);
    t->client = kedge_client_new(t->k, &config);
    t->rest = kedge_rest_new(t->client, &options);
    assert_non_null(t->rest);
}

static void close_talk(struct talk *t)
{
    kedge_rest_close(t->rest);
    fake_port_check(&t->port);
}

static kedge_err ask(struct talk *t, enum kedge_verb verb)
{
    const struct kedge_request r = {
        .verb = verb,
        .group = "apps",
        .version = "v1",
        .resource = "deployments",
        .namespace_ = "default",
        .name = verb == KEDGE_CREATE || verb == KEDGE_LIST || verb == KEDGE_WATCH ? NULL : "web",
        .body = verb == KEDGE_CREATE || verb == KEDGE_UPDATE ? KEDGE_STR("{}") : KEDGE_STR(""),
    };
    char body[512];
    size_t len;
    return kedge_rest_read(t->rest, &r, body, sizeof body, &len);
}

#define REPLY(code, type, length, text) \
    "HTTP/1.1 " code " X\r\nContent-Type: " type "\r\nContent-Length: " length "\r\n\r\n" text

static void errors_are_made_as_client_go_makes_them(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        enum kedge_verb verb;
        int code;
        enum kedge_reason reason;
        const char *message; // a part of it
    } rows[] = {
        {REPLY("409", "text/plain", "4", "busy"), KEDGE_CREATE, 409, KEDGE_REASON_ALREADY_EXISTS,
         "(post deployments.apps)"},
        {REPLY("409", "text/plain", "4", "busy"), KEDGE_UPDATE, 409, KEDGE_REASON_CONFLICT,
         "(put deployments.apps web)"},
        {REPLY("403", "text/plain", "6", " why \n"), KEDGE_GET, 403, KEDGE_REASON_FORBIDDEN, "why"},
        {REPLY("404", "application/x-unknown", "4", "body"), KEDGE_GET, 404, KEDGE_REASON_NOT_FOUND,
         "could not find the requested resource (get deployments.apps web)"},
        {REPLY("410", "text/plain", "0", ""), KEDGE_LIST, 410, KEDGE_REASON_UNKNOWN, ""},
        // A Status that says Failure stands for itself, whatever the code of the reply.
        {REPLY("400", "application/json", "85",
               "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":404,"
               "\"reason\":\"NotFound\"}"),
         KEDGE_GET, 404, KEDGE_REASON_NOT_FOUND, ""},
        // One that says Success, or is none, does not.
        {REPLY("400", "application/json", "65",
               "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Success\",\"code\":200}"),
         KEDGE_GET, 400, KEDGE_REASON_BAD_REQUEST, ""},
        {REPLY("400", "application/json", "59",
               "{\"kind\":\"Statue\",\"status\":\"Failure\",\"code\":404,\"reason\":\"\"}"),
         KEDGE_GET, 400, KEDGE_REASON_BAD_REQUEST, ""},
        {REPLY("400", "application/json", "2", "{}"), KEDGE_GET, 400, KEDGE_REASON_BAD_REQUEST,
         "(get deployments.apps web)"},
        // The apiVersion may be missing, the kind may not.
        {REPLY("400", "application/json", "48",
               "{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":404}"),
         KEDGE_GET, 404, KEDGE_REASON_UNKNOWN, ""},
        {REPLY("400", "application/json", "31", "{\"status\":\"Failure\",\"code\":404}"), KEDGE_GET,
         400, KEDGE_REASON_BAD_REQUEST, ""},
        {"HTTP/1.1 403 X\r\nContent-Length: 0\r\n\r\n", KEDGE_WATCH, 403, KEDGE_REASON_FORBIDDEN,
         ""},
        {"HTTP/1.1 401 X\r\nContent-Length: 0\r\n\r\n", KEDGE_WATCH, 401, KEDGE_REASON_UNAUTHORIZED,
         ""},
        {"HTTP/1.1 401 X\r\nContent-Length: 64\r\n\r\n{\"kind\":\"Status\",\"status\":"
         "\"Failure\",\"reason\":\"Unauthorized\"}",
         KEDGE_WATCH, 0, KEDGE_REASON_UNAUTHORIZED, ""},
        {REPLY("404", ",,,", "2", "{}"), KEDGE_GET, 500, KEDGE_REASON_INTERNAL_ERROR, "media type"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static struct talk t;
        open_talk(&t, rows[i].answer, false);
        assert_int_equal(ask(&t, rows[i].verb), KEDGE_ERR_API);
        const struct kedge_status *s = kedge_rest_status(t.rest);
        if (s->code != rows[i].code || kedge_status_reason(s) != rows[i].reason ||
            strstr(s->message, rows[i].message) == NULL)
            fail_msg("row %zu: %d %s: %s", i, (int)s->code, s->reason, s->message);
        close_talk(&t);
    }
}

// Every error that a real server has sent, in pieces of each size: its reason is its own.
static void recorded_refusals_are_understood(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        enum kedge_reason reason;
    } rows[] = {
        {"error-400-body", KEDGE_REASON_BAD_REQUEST},
        {"error-401", KEDGE_REASON_UNAUTHORIZED},
        {"error-403-anonymous", KEDGE_REASON_FORBIDDEN},
        {"error-404-name", KEDGE_REASON_NOT_FOUND},
        {"error-404-path", KEDGE_REASON_NOT_FOUND},
        {"error-405", KEDGE_REASON_METHOD_NOT_ALLOWED},
        {"error-406", KEDGE_REASON_NOT_ACCEPTABLE},
        {"error-409-apply-conflict", KEDGE_REASON_CONFLICT},
        {"error-409-exists", KEDGE_REASON_ALREADY_EXISTS},
        {"error-415", KEDGE_REASON_UNSUPPORTED_MEDIA_TYPE},
        {"error-422-invalid", KEDGE_REASON_INVALID},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t piece = 1; piece < 40; piece += 3) {
            static struct talk t;
            char name[64];
            snprintf(name, sizeof name, "%s.http", rows[i].file);
            open_talk(&t, reply_named(name)->raw.ptr, false);
            t.port.cruelty.read_max = piece;
            assert_int_equal(ask(&t, KEDGE_GET), KEDGE_ERR_API);
            assert_int_equal(kedge_status_reason(kedge_rest_status(t.rest)), rows[i].reason);
            assert_true(strlen(kedge_rest_error_text(t.rest)) > 20);
            close_talk(&t);
        }
    }
}

static void warnings_are_told(void **state)
{
    (void)state;
    static const char answer[] =
        "HTTP/1.1 200 OK\r\nWarning: 299 - \"old \\\"one\\\"\", 299 me \"two\"\r\nWarning: "
        "199 - \"three\"\r\nWarning: 299 - \"\"\r\nWarning: nonsense\r\nContent-Length: "
        "2\r\n\r\n{}";
    static struct talk t;
    for (size_t piece = 1; piece < 60; piece++) {
        open_talk(&t, answer, true);
        t.port.cruelty.read_max = piece;
        assert_int_equal(ask(&t, KEDGE_GET), KEDGE_OK);
        assert_string_equal(t.warnings, "[299 - old \"one\"][299 me two][199 - three][299 - ]");
        assert_string_equal(t.logged, "");
        close_talk(&t);
    }
    open_talk(&t, answer, false);
    assert_int_equal(ask(&t, KEDGE_GET), KEDGE_OK);
    assert_string_equal(t.logged, "[old \"one\"][two]");
    close_talk(&t);
}

static void a_redirect_says_where_it_points(void **state)
{
    (void)state;
    static struct talk t;
    open_talk(&t,
              "HTTP/1.1 302 Found\r\nLocation: https://login.test/\r\nContent-Length: 0\r\n\r\n",
              false);
    assert_int_equal(ask(&t, KEDGE_GET), KEDGE_ERR_API);
    assert_non_null(strstr(kedge_rest_error_text(t.rest), "it points to https://login.test/"));
    close_talk(&t);
}

static void a_compressed_answer_is_refused(void **state)
{
    (void)state;
    static struct talk t;
    open_talk(&t, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
              false);
    assert_int_equal(ask(&t, KEDGE_GET), KEDGE_ERR_HTTP);
    assert_string_equal(kedge_rest_error_text(t.rest),
                        "get deployments.apps \"web\" in default: the answer is compressed, "
                        "unasked");
    close_talk(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_made_as_client_go_makes_them),
        cmocka_unit_test(recorded_refusals_are_understood),
        cmocka_unit_test(warnings_are_told),
        cmocka_unit_test(a_redirect_says_where_it_points),
        cmocka_unit_test(a_compressed_answer_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
