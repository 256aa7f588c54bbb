// SPDX-License-Identifier: Apache-2.0
#include "kedge/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "kedge/kinds.h"
#include "kedge/sieve.h"
#include "object/project.h"
#include "objects.h"
#include "replies.h"

static void read_into(void *ctx, kedge_json_value root)
{
    struct kedge_status *s = ctx;
    s->from_server = kedge_status_read(s, root);
}

static struct kedge_status status_of(int code, const char *json)
{
    struct kedge_status s;
    kedge_status_from_code(&s, code);
    with_json(kedge_str_of(json), read_into, &s);
    return s;
}

// The real server's ------------------------------------------------------------------------------

static bool is_json(const struct reply *r)
{
    return r->body.len > 0 && r->body.ptr[0] == '{';
}

// Sieves a body for its Status; gives how many objects came.
static int sieve_status(struct kedge_status *s, const struct reply *r, bool watch, size_t piece)
{
    static char item[8192], envelope[64];
    static struct kedge_sieve sieve;
    static const struct kedge_field type[] = {{"type\0", {NULL}, 0, KEDGE_FIELD_TEXT, 0}};
    static const struct kedge_table types = {type, 1, 0};
    struct kedge_sieve_options o = {
        .shape = watch ? KEDGE_SIEVE_WATCH : KEDGE_SIEVE_OBJECT,
        .tables = {&kedge__status_table},
        .item_buf = item,
        .item_cap = sizeof item,
        .envelope = watch ? &types : NULL,
        .envelope_buf = envelope,
        .envelope_cap = sizeof envelope,
    };
    if (watch) {
        o.tables[0] = &kedge__meta_table;
        o.tables[1] = kedge_kind_deployment.table;
        o.tables[2] = &kedge__status_table;
        o.identity = KEDGE__IDENTITY;
    }
    int items = 0;
    assert_int_equal(kedge_sieve_init(&sieve, &o), KEDGE_OK);
    for (size_t at = 0; at < r->body.len;) {
        size_t used, len = r->body.len - at < piece ? r->body.len - at : piece;
        enum kedge_sieve_event event;
        assert_int_equal(kedge_sieve_feed(&sieve, r->body.ptr + at, len, &used, &event), KEDGE_OK);
        at += used;
        if (event != KEDGE_SIEVE_ITEM)
            continue;
        items++;
        with_json(sieve.item, read_into, s);
    }
    return items;
}

// What the member says, as much as fits; these are ASCII.
static void same_text(const char *text, size_t size, const json_t *object, const char *key)
{
    const char *wanted = json_string_value(json_object_get(object, key));
    char cut[256];
    snprintf(cut, size, "%s", wanted != NULL ? wanted : "");
    assert_string_equal(text, cut);
}

static void compare(const struct kedge_status *s, const json_t *json)
{
    const json_t *details = json_object_get(json, "details");
    const json_t *causes = json_object_get(details, "causes");
    const char *message = json_string_value(json_object_get(json, "message"));
    const char *reason = json_string_value(json_object_get(json, "reason"));
    assert_true(s->from_server);
    assert_int_equal(s->code, json_integer_value(json_object_get(json, "code")));
    assert_string_equal(s->reason, reason != NULL ? reason : "");
    assert_true(strncmp(s->message, message, strlen(s->message)) == 0);
    assert_true(strlen(s->message) == strlen(message) || strlen(s->message) >= 252);
    assert_int_equal(s->retry_after_seconds,
                     json_integer_value(json_object_get(details, "retryAfterSeconds")));
    same_text(s->name, sizeof s->name, details, "name");
    same_text(s->group, sizeof s->group, details, "group");
    same_text(s->kind, sizeof s->kind, details, "kind");
    same_text(s->uid, sizeof s->uid, details, "uid");
    assert_int_equal(s->cause_count, json_array_size(causes));
    for (size_t i = 0; i < KEDGE_STATUS_CAUSES; i++) {
        const struct kedge_status_cause *c = &s->causes[i];
        const json_t *cause = json_array_get(causes, i); // NULL beyond the end
        same_text(c->reason, sizeof c->reason, cause, "reason");
        same_text(c->field, sizeof c->field, cause, "field");
        same_text(c->message, sizeof c->message, cause, "message");
        if (c->reason[0] != '\0')
            assert_true(kedge_status_has_cause(s, c->reason));
    }
}

// Calls `read` with each reply of a real server that is a Status of a failure.
static void for_each_refusal(void (*read)(const struct reply *reply, const json_t *json))
{
    size_t count, n = 0;
    const struct reply *all = replies(&count);
    for (size_t i = 0; i < count; i++) {
        if (strncmp(all[i].name, "error-", 6) != 0 || !is_json(&all[i]))
            continue;
        json_t *json = json_loadb(all[i].body.ptr, all[i].body.len, 0, NULL);
        read(&all[i], json);
        json_decref(json);
        n++;
    }
    assert_in_range(n, 15, 100);
}

static void read_in_pieces(const struct reply *reply, const json_t *json)
{
    for (size_t piece = 1; piece <= reply->body.len; piece++) {
        struct kedge_status s;
        kedge_status_from_code(&s, 418);
        assert_int_equal(sieve_status(&s, reply, false, piece), 1);
        compare(&s, json);
    }
}

static void a_real_servers_refusals_are_read_at_every_split(void **state)
{
    (void)state;
    for_each_refusal(read_in_pieces);
}

static void an_error_event_is_read_at_every_split(void **state)
{
    (void)state;
    static const char *const names[] = {"watch-expired.http", "watch-sensors.http"};
    for (size_t i = 0; i < 2; i++) {
        const struct reply *r = reply_named(names[i]);
        for (size_t piece = 1; piece <= r->body.len; piece++) {
            struct kedge_status s;
            kedge_status_from_code(&s, 500);
            assert_int_equal(sieve_status(&s, r, true, piece), 1);
            assert_int_equal(s.code, 410);
            assert_true(kedge_status_is_expired(&s));
            assert_false(kedge_status_is_gone(&s));
            assert_non_null(strstr(s.message, "too old resource version"));
        }
    }
}

static void the_replies_are_what_their_names_say(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool (*is)(const struct kedge_status *s);
    } rows[] = {
        {"error-400-body.http", kedge_status_is_bad_request},
        {"error-401.http", kedge_status_is_unauthorized},
        {"error-403-anonymous.http", kedge_status_is_forbidden},
        {"error-404-name.http", kedge_status_is_not_found},
        {"error-405.http", kedge_status_is_method_not_supported},
        {"error-406.http", kedge_status_is_not_acceptable},
        {"error-409-conflict.http", kedge_status_is_conflict},
        {"error-409-apply-conflict.http", kedge_status_is_conflict},
        {"error-409-exists.http", kedge_status_is_already_exists},
        {"error-415.http", kedge_status_is_unsupported_media_type},
        {"error-422-invalid.http", kedge_status_is_invalid},
        {"error-504-future-version.http", kedge_status_is_timeout},
        {"error-504-future-version.http", kedge_status_is_too_large_version},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kedge_status s;
        kedge_status_from_code(&s, 418);
        assert_int_equal(sieve_status(&s, reply_named(rows[i].name), false, 4096), 1);
        if (!rows[i].is(&s))
            fail_msg("%s is not: %d %s", rows[i].name, (int)s.code, s.reason);
    }
}

static void read_reply_into(void *ctx, kedge_json_value root)
{
    struct kedge_status *s = ctx, before = *s;
    if (!kedge_status_read_reply(s, root))
        assert_memory_equal(s, &before, sizeof before);
}

// What a reply with that code and body comes to. `type`: text, or JSON.
static struct kedge_status reply_of(int code, const char *verb, bool is_text, const char *body)
{
    struct kedge_status s;
    struct kedge_status_response r = {
        .code = code,
        .verb = verb,
        .group = KEDGE_STR("apps"),
        .resource = KEDGE_STR("deployments"),
        .name = KEDGE_STR("web"),
        .body = kedge_str_of(body),
        .is_text = is_text,
        .retry_after = 3,
    };
    memset(&s, 0xa5, sizeof s);
    kedge_status_from_response(&s, &r);
    if (body[0] == '{')
        with_json(kedge_str_of(body), read_reply_into, &s);
    return s;
}

static void read_whole(const struct reply *reply, const json_t *json)
{
    (void)reply;
    char *body = json_dumps(json, 0);
    struct kedge_status s = reply_of(418, "GET", false, body);
    compare(&s, json);
    assert_false(s.success);
    free(body);
}

static void a_real_reply_counts_where_it_says_failure(void **state)
{
    (void)state;
    for_each_refusal(read_whole);
}

static const struct {
    int code;
    const char *verb;
    enum kedge_reason reason;
    const char *message;
} without_a_status[] = {
    {400, "GET", KEDGE_REASON_BAD_REQUEST,
     "the server rejected our request for an unknown reason (get deployments.apps web)"},
    {401, "GET", KEDGE_REASON_UNAUTHORIZED,
     "the server has asked for the client to provide credentials (get deployments.apps web)"},
    {403, "DELETE", KEDGE_REASON_FORBIDDEN, "a \"text\" (delete deployments.apps web)"},
    {404, "GET", KEDGE_REASON_NOT_FOUND,
     "the server could not find the requested resource (get deployments.apps web)"},
    {405, "PATCH", KEDGE_REASON_METHOD_NOT_ALLOWED,
     "the server does not allow this method on the requested resource (patch deployments.apps "
     "web)"},
    {406, "GET", KEDGE_REASON_NOT_ACCEPTABLE, "a \"text\" (get deployments.apps web)"},
    {409, "POST", KEDGE_REASON_ALREADY_EXISTS,
     "the server reported a conflict (post deployments.apps web)"},
    {409, "PUT", KEDGE_REASON_CONFLICT,
     "the server reported a conflict (put deployments.apps web)"},
    {409, NULL, KEDGE_REASON_CONFLICT, "the server reported a conflict ( deployments.apps web)"},
    {410, "GET", KEDGE_REASON_UNKNOWN,
     "the server responded with the status code 410 but did not return more information (get "
     "deployments.apps web)"},
    {413, "GET", KEDGE_REASON_UNKNOWN,
     "the server responded with the status code 413 but did not return more information (get "
     "deployments.apps web)"},
    {415, "GET", KEDGE_REASON_UNSUPPORTED_MEDIA_TYPE, "a \"text\" (get deployments.apps web)"},
    {422, "GET", KEDGE_REASON_INVALID,
     "the server rejected our request due to an error in our request (get deployments.apps "
     "web)"},
    {429, "GET", KEDGE_REASON_TOO_MANY_REQUESTS,
     "the server has received too many requests and has asked us to try again later (get "
     "deployments.apps web)"},
    {500, "GET", KEDGE_REASON_INTERNAL_ERROR,
     "an error on the server (\"a \\\"text\\\"\") has prevented the request from succeeding "
     "(get deployments.apps web)"},
    {503, "GET", KEDGE_REASON_SERVICE_UNAVAILABLE,
     "the server is currently unable to handle the request (get deployments.apps web)"},
    {504, "GET", KEDGE_REASON_TIMEOUT,
     "the server was unable to return a response in the time allotted, but may still be "
     "processing the request (get deployments.apps web)"},
    {599, "GET", KEDGE_REASON_INTERNAL_ERROR,
     "an error on the server (\"a \\\"text\\\"\") has prevented the request from succeeding "
     "(get deployments.apps web)"},
    {301, "GET", KEDGE_REASON_UNKNOWN,
     "the server responded with the status code 301 but did not return more information (get "
     "deployments.apps web)"},
};

// client-go's table, to the letter.
static void a_reply_without_a_status_is_told_by_its_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof without_a_status / sizeof without_a_status[0]; i++) {
        struct kedge_status s = reply_of(without_a_status[i].code, without_a_status[i].verb, true,
                                         " \r\na \"text\"\n\f");
        assert_int_equal(s.code, without_a_status[i].code);
        assert_int_equal(kedge_status_reason(&s), without_a_status[i].reason);
        assert_string_equal(s.reason, kedge_reason_text(without_a_status[i].reason));
        assert_string_equal(s.message, without_a_status[i].message);
        assert_string_equal(s.name, "web");
        assert_string_equal(s.group, "apps");
        assert_string_equal(s.kind, "deployments");
        assert_string_equal(s.uid, "");
        assert_int_equal(s.retry_after_seconds, 3);
        assert_false(s.from_server || s.success || s.version_too_large);
        assert_int_equal(s.cause_count, 1);
        assert_true(kedge_status_has_cause(&s, KEDGE_CAUSE_UNEXPECTED_SERVER_RESPONSE));
        assert_false(kedge_status_has_cause(&s, ""));
        assert_string_equal(s.causes[0].message, "a \"text\"");
        assert_string_equal(s.causes[0].field, "");
    }
}

static void a_body_is_shown_where_it_is_text(void **state)
{
    (void)state;
    struct kedge_status s = reply_of(403, "GET", false, "{}");
    assert_string_equal(s.message, "unknown (get deployments.apps web)");
    s = reply_of(500, "GET", false, "\x7f");
    assert_non_null(strstr(s.message, "(\"unknown\")"));
    static const char accepts[] = "the server was unable to respond with a content type that the "
                                  "client supports (get deployments.apps web)";
    s = reply_of(406, "GET", false, "{}");
    assert_string_equal(s.message, accepts);
    s = reply_of(406, "GET", true, "");
    assert_string_equal(s.message, accepts);
    s = reply_of(403, "GET", true, " \n");
    assert_string_equal(s.message, " (get deployments.apps web)");
    assert_string_equal(s.causes[0].message, "");
    s = reply_of(500, "GET", true, "a\nb\rc\td\\e\x01");
    assert_non_null(strstr(s.message, "(\"a\\nb\\rc\\td\\\\e\x01\")"));
    // Whatever comes, the message is UTF-8.
    s = reply_of(403, "GET", true,
                 "\xff \xc3\xa9 \xc3 \xe2\x82 \xf0\x9d\x84\x9e \xed\xa0\x80 \xe2");
    assert_string_equal(s.message,
                        "? \xc3\xa9 ? ?? \xf0\x9d\x84\x9e ??? ? (get deployments.apps web)");
}

static void the_request_is_named_as_far_as_it_is_known(void **state)
{
    (void)state;
    static const struct {
        struct kedge_status_response r;
        const char *end;
        const char *group;
    } rows[] = {
        {{.code = 404, .verb = "GET"}, "resource", ""},
        {{.code = 404, .verb = "GET", .resource = {"pods", 4}}, "resource (get pods)", ""},
        {{.code = 404, .verb = "GET", .resource = {"pods", 4}, .name = {"a", 1}},
         "resource (get pods a)",
         ""},
        {{.code = 404, .verb = "Get", .resource = {"x", 1}, .group = {"y.z", 3}},
         "resource (get x.y.z)",
         "y.z"},
        {{.code = 404, .verb = "GET", .group = {"apps", 4}, .name = {"a", 1}}, "resource", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kedge_status s;
        kedge_status_from_response(&s, &rows[i].r);
        assert_non_null(strstr(s.message, rows[i].end));
        assert_string_equal(strstr(s.message, rows[i].end), rows[i].end);
        assert_string_equal(s.group, rows[i].group);
        assert_int_equal(s.retry_after_seconds, 0);
        assert_string_equal(s.causes[0].message, "unknown");
    }
}

// At every length of body and name: nothing beyond the struct, no half of a character.
static void long_replies_are_cut_between_characters(void **state)
{
    (void)state;
    static char body[4096], name[300];
    for (size_t i = 0; i < sizeof body - 2; i += 2)
        memcpy(body + i, "\xc3\xa9", 2);
    for (size_t i = 0; i < sizeof name - 4; i += 3)
        memcpy(name + i, "\xe2\x82\xac", 3);
    for (size_t len = 0; len < 300; len++) {
        struct kedge_status s;
        struct kedge_status_response r = {
            .code = len % 2 == 0 ? 403 : 500,
            .verb = "GET",
            .resource = {name, len / 3 * 3},
            .name = {name, len / 3 * 3},
            .group = {name, len / 3 * 3},
            .body = {body, len == 299 ? sizeof body - 2 : len},
            .is_text = true,
        };
        kedge_status_from_response(&s, &r);
        const char *const texts[] = {s.message, s.name, s.group, s.kind, s.causes[0].message};
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
            json_t *json = json_string(texts[i]); // NULL: no UTF-8
            assert_non_null(json);
            json_decref(json);
        }
        assert_int_equal(strlen(s.name), len / 3 * 3 < 63 ? len / 3 * 3 : 63);
    }
    // client-go looks at no more than 2048 bytes, also for what to trim.
    memset(body, ' ', sizeof body - 1);
    body[2047] = 'x';
    struct kedge_status s = reply_of(403, "GET", true, body);
    assert_string_equal(s.causes[0].message, "x");
    body[2047] = ' ';
    body[2048] = 'x';
    s = reply_of(403, "GET", true, body);
    assert_string_equal(s.causes[0].message, "");
}

// REST-022, REST-023, REST-070, REST-072: which bodies replace the generic error.
static void a_body_that_is_a_failure_replaces_the_generic_error(void **state)
{
    (void)state;
#define FAILURE "\"status\":\"Failure\",\"reason\":\"NotFound\",\"code\":404,\"message\":\"m\""
    static const struct {
        int code;
        const char *body;
        bool counts;
        bool success;
    } rows[] = {
        {400, "{\"kind\":\"Status\",\"apiVersion\":\"v1\"," FAILURE "}", true, false},
        {422, "{" FAILURE ",\"apiVersion\":\"v1\",\"kind\":\"Status\"}", true, false},
        {400, "{\"kind\":\"Status\"," FAILURE "}", true, false},
        {400, "{\"kind\":\"Status\",\"apiVersion\":\"\"," FAILURE "}", true, false},
        {400, "{\"kind\":\"Status\",\"apiVersion\":\"meta.k8s.io/v1\"," FAILURE "}", true, false},
        {101, "{\"kind\":\"Status\"," FAILURE "}", true, false},
        {400, "{\"kind\":\"Status\",\"apiVersion\":\"x/v1\"," FAILURE "}", false, false},
        {400, "{\"kind\":\"Status\",\"apiVersion\":1," FAILURE "}", false, false},
        {400, "{" FAILURE "}", false, false},
        {400, "{\"kind\":\"status\"," FAILURE "}", false, false},
        {400, "{\"kind\":\"Status\",\"status\":\"Success\",\"code\":400}", false, false},
        {400, "{\"kind\":\"Status\",\"status\":{},\"code\":400}", false, false},
        {400, "{\"kind\":\"Status\",\"code\":400}", false, false},
        {207, "{\"kind\":\"Status\",\"status\":\"Success\",\"code\":400}", false, false},
        {200, "{\"kind\":\"Status\"," FAILURE "}", true, false},
        {206, "{\"kind\":\"Status\"," FAILURE "}", true, false},
        {200, "{\"kind\":\"Status\",\"status\":\"Success\"}", true, true},
        {200, "{\"kind\":\"Status\",\"status\":\"Done\"}", true, false},
        {200, "{\"kind\":\"Status\"}", true, false},
        {200, "{\"kind\":\"Pod\",\"status\":\"Failure\"}", false, false},
        {200, "{\"kind\":\"Status\",\"apiVersion\":\"x/v1\",\"status\":{}}", false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kedge_status s = reply_of(rows[i].code, "GET", false, rows[i].body);
        assert_int_equal(s.from_server, rows[i].counts);
        assert_int_equal(s.success, rows[i].success);
        if (!rows[i].counts) {
            assert_int_equal(s.code, rows[i].code);
            continue;
        }
        // Nothing of the generic error is left.
        bool said = strstr(rows[i].body, "NotFound") != NULL;
        assert_int_equal(s.code, said ? 404 : 0);
        assert_int_equal(kedge_status_is_not_found(&s), said);
        assert_string_equal(s.message, said ? "m" : "");
        assert_string_equal(s.name, "");
        assert_int_equal(s.retry_after_seconds, 0);
        assert_int_equal(s.cause_count, 0);
    }
    // A body that is none leaves it (REST-020, REST-021).
    struct kedge_status s = reply_of(404, "GET", false, "[]");
    assert_true(kedge_status_is_not_found(&s));
    s = reply_of(409, "POST", false, "");
    assert_true(kedge_status_is_already_exists(&s));
    s = reply_of(409, "PUT", false, "");
    assert_true(kedge_status_is_conflict(&s));
}

static void a_reply_that_nobody_understands_is_an_internal_error(void **state)
{
    (void)state;
    struct kedge_status s;
    memset(&s, 0xa5, sizeof s);
    kedge_status_internal_error(&s, "mime: expected token after slash");
    assert_true(kedge_status_is_internal_error(&s));
    assert_int_equal(s.code, 500);
    assert_string_equal(s.message, "Internal error occurred: mime: expected token after slash");
    assert_int_equal(s.cause_count, 1);
    assert_string_equal(s.causes[0].reason, "");
    assert_string_equal(s.causes[0].message, "mime: expected token after slash");
}

// Details ----------------------------------------------------------------------------------------

static void details_and_the_first_causes_are_kept(void **state)
{
    (void)state;
    char json[2000];
    for (size_t count = 0; count <= KEDGE_STATUS_CAUSES + 2; count++) {
        int at = snprintf(json, sizeof json,
                          "{\"code\":422,\"details\":{\"name\":\"w\\u00e9b\",\"group\":\"apps\","
                          "\"kind\":\"Deployment\",\"uid\":\"1-2\",\"causes\":[");
        for (size_t i = 0; i < count; i++)
            at += snprintf(json + at, sizeof json - (size_t)at,
                           "%s{\"reason\":\"R%zu\",\"field\":\"f%zu\",\"message\":\"m%zu\"}",
                           i > 0 ? "," : "", i, i, i);
        snprintf(json + at, sizeof json - (size_t)at, "]}}");
        struct kedge_status s = status_of(418, json);
        assert_string_equal(s.name, "w\xc3\xa9"
                                    "b");
        assert_string_equal(s.group, "apps");
        assert_string_equal(s.kind, "Deployment");
        assert_string_equal(s.uid, "1-2");
        assert_int_equal(s.cause_count, count);
        for (size_t i = 0; i < KEDGE_STATUS_CAUSES + 2; i++) {
            char reason[32], field[32], message[32];
            snprintf(reason, sizeof reason, "R%zu", i);
            snprintf(field, sizeof field, "f%zu", i);
            snprintf(message, sizeof message, "m%zu", i);
            bool kept = i < count && i < KEDGE_STATUS_CAUSES;
            assert_int_equal(kedge_status_has_cause(&s, reason), kept);
            if (i >= KEDGE_STATUS_CAUSES)
                continue;
            assert_string_equal(s.causes[i].reason, kept ? reason : "");
            assert_string_equal(s.causes[i].field, kept ? field : "");
            assert_string_equal(s.causes[i].message, kept ? message : "");
        }
    }
}

// Reading goes over what is there: of what was the last one's nothing may stay in a cause.
static void a_cause_has_nothing_of_the_one_before(void **state)
{
    (void)state;
    struct kedge_status s = status_of(
        422,
        "{\"code\":422,\"details\":{\"causes\":[{\"reason\":\"A\",\"field\":\"b\"},{\"reason\":"
        "\"C\"}]}}");
    with_json(KEDGE_STR("{\"code\":422,\"details\":{\"causes\":[{\"message\":\"m\"}]}}"), read_into,
              &s);
    assert_int_equal(s.cause_count, 1);
    assert_string_equal(s.causes[0].reason, "");
    assert_string_equal(s.causes[0].field, "");
    assert_string_equal(s.causes[0].message, "m");
    assert_false(kedge_status_has_cause(&s, "A"));
    assert_false(kedge_status_has_cause(&s, "C"));
}

// Judging ----------------------------------------------------------------------------------------

typedef bool (*predicate)(const struct kedge_status *s);

static const struct {
    predicate is;
    const char *reason;
    int code;
    bool any;
} judges[] = {
    {kedge_status_is_bad_request, "BadRequest", 400, false},
    {kedge_status_is_unauthorized, "Unauthorized", 401, false},
    {kedge_status_is_forbidden, "Forbidden", 403, false},
    {kedge_status_is_not_found, "NotFound", 404, false},
    {kedge_status_is_method_not_supported, "MethodNotAllowed", 405, false},
    {kedge_status_is_not_acceptable, "NotAcceptable", 406, false},
    {kedge_status_is_conflict, "Conflict", 409, false},
    {kedge_status_is_gone, "Gone", 410, false},
    {kedge_status_is_unsupported_media_type, "UnsupportedMediaType", 415, false},
    {kedge_status_is_invalid, "Invalid", 422, false},
    {kedge_status_is_internal_error, "InternalError", 500, false},
    {kedge_status_is_service_unavailable, "ServiceUnavailable", 503, false},
    {kedge_status_is_timeout, "Timeout", 504, false},
    {kedge_status_is_too_many_requests, "TooManyRequests", 429, true},
    {kedge_status_is_request_entity_too_large, "RequestEntityTooLarge", 413, true},
    {kedge_status_is_already_exists, "AlreadyExists", 0, false},
    {kedge_status_is_expired, "Expired", 0, false},
    {kedge_status_is_server_timeout, "ServerTimeout", 0, false},
    {kedge_status_is_storage_read_error, "StorageReadError", 0, false},
};
enum { JUDGES = sizeof judges / sizeof judges[0] };

static struct kedge_status made(int code, const char *reason)
{
    struct kedge_status s;
    memset(&s, 0, sizeof s);
    s.code = code;
    snprintf(s.reason, sizeof s.reason, "%s", reason);
    return s;
}

// Every predicate on every known reason with every code.
static void the_reason_decides_where_it_is_kubernetes_own(void **state)
{
    (void)state;
    for (size_t r = 0; r < JUDGES; r++) {
        for (size_t c = 0; c < JUDGES; c++) {
            struct kedge_status s = made(judges[c].code, judges[r].reason);
            for (size_t j = 0; j < JUDGES; j++) {
                bool by_code = judges[j].any && judges[j].code == s.code;
                assert_int_equal(judges[j].is(&s), j == r || by_code);
            }
        }
    }
}

static void the_code_decides_where_the_reason_is_not(void **state)
{
    (void)state;
    static const char *const reasons[] = {"", "Melted", "notfound", "Expire", "GoneX"};
    for (size_t r = 0; r < sizeof reasons / sizeof reasons[0]; r++) {
        for (int code = 0; code < 600; code++) {
            struct kedge_status s = made(code, reasons[r]);
            for (size_t j = 0; j < JUDGES; j++)
                assert_int_equal(judges[j].is(&s), code != 0 && judges[j].code == code);
        }
    }
}

static void a_code_alone_gives_the_reason_that_client_go_gives(void **state)
{
    (void)state;
    static const struct {
        int code;
        const char *reason;
    } rows[] = {
        {400, "BadRequest"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "NotFound"},
        {405, "MethodNotAllowed"},
        {406, "NotAcceptable"},
        {409, "Conflict"},
        {410, ""},
        {413, ""},
        {415, "UnsupportedMediaType"},
        {418, ""},
        {422, "Invalid"},
        {429, "TooManyRequests"},
        {500, "InternalError"},
        {501, "InternalError"},
        {502, "InternalError"},
        {503, "ServiceUnavailable"},
        {504, "Timeout"},
        {599, "InternalError"},
        {301, ""},
        {0, ""},
        {-1, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kedge_status s;
        memset(&s, 0xa5, sizeof s);
        kedge_status_from_code(&s, rows[i].code);
        assert_string_equal(s.reason, rows[i].reason);
        assert_int_equal(s.code, rows[i].code);
        assert_false(s.from_server);
        assert_int_equal(s.retry_after_seconds, 0);
        assert_string_not_equal(s.message, "");
    }
}

static void every_reason_has_its_name(void **state)
{
    (void)state;
    for (int i = KEDGE_REASON_UNKNOWN; i <= KEDGE_REASON_STORAGE_READ_ERROR; i++) {
        struct kedge_status s = made(0, kedge_reason_text((enum kedge_reason)i));
        assert_int_equal(kedge_status_reason(&s), i);
        // The judges are in the order of the enum.
        if (i > 0)
            assert_string_equal(s.reason, judges[i - 1].reason);
    }
    assert_int_equal(JUDGES, KEDGE_REASON_STORAGE_READ_ERROR);
    assert_string_equal(kedge_reason_text(KEDGE_REASON_UNKNOWN), "");
    assert_string_equal(kedge_reason_text((enum kedge_reason)(JUDGES + 1)), "");
    static const char *const others[] = {"", "Melted", "notFound", "NotFoun", "NotFoundX"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct kedge_status s = made(404, others[i]);
        assert_int_equal(kedge_status_reason(&s), KEDGE_REASON_UNKNOWN);
    }
}

static void a_delay_is_suggested_as_in_client_go(void **state)
{
    (void)state;
    int32_t seconds = 9;
    struct kedge_status s = made(500, "ServerTimeout");
    assert_true(kedge_status_suggests_delay(&s, &seconds));
    assert_int_equal(seconds, 0);
    s = made(503, "ServiceUnavailable");
    assert_false(kedge_status_suggests_delay(&s, &seconds));
    s.retry_after_seconds = 7;
    assert_true(kedge_status_suggests_delay(&s, &seconds));
    assert_int_equal(seconds, 7);
}

static void a_version_from_the_future_is_told_by_cause_or_words(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        bool is;
    } rows[] = {
        {"{\"code\":504,\"reason\":\"Timeout\",\"details\":{\"causes\":[{\"reason\":\"X\"},"
         "{\"reason\":\"ResourceVersionTooLarge\"}]}}",
         true},
        {"{\"code\":500,\"details\":{\"causes\":[{\"reason\":\"ResourceVersionTooLarge\"}]}}",
         true},
        {"{\"code\":504,\"reason\":\"Timeout\",\"message\":\"Too large resource version: 9\"}",
         true},
        {"{\"code\":504,\"reason\":\"Timeout\",\"details\":{\"causes\":[{\"message\":\"oh: Too "
         "large "
         "resource version\"}]}}",
         true},
        {"{\"code\":500,\"reason\":\"InternalError\",\"message\":\"Too large resource version\"}",
         false},
        {"{\"code\":504,\"reason\":\"Timeout\",\"message\":\"too large resource version\"}", false},
        {"{\"code\":504,\"reason\":\"Timeout\",\"details\":{\"causes\":[{\"reason\":7},7,null]}}",
         false},
        {"{\"code\":504,\"reason\":\"Timeout\",\"details\":null}", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kedge_status s = status_of(504, rows[i].json);
        assert_int_equal(kedge_status_is_too_large_version(&s), rows[i].is);
    }
}

// Odd ones ---------------------------------------------------------------------------------------

static void what_has_no_code_is_no_status(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{}",
        "{\"reason\":\"NotFound\"}",
        "{\"code\":\"404\",\"message\":\"x\"}",
        "{\"code\":null}",
        "{\"code\":-1}",
        "{\"code\":0}",
        "{\"code\":4.5}",
        "{\"code\":99999999999}",
        "{\"kind\":\"Status\",\"status\":\"Success\"}",
        "[]",
        "7",
        "null",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct kedge_status s = status_of(503, texts[i]), before;
        kedge_status_from_code(&before, 503);
        assert_false(s.from_server);
        assert_int_equal(s.code, 503);
        assert_string_equal(s.reason, before.reason);
        assert_string_equal(s.message, before.message);
    }
}

static void what_a_status_lacks_stays_as_the_code_said(void **state)
{
    (void)state;
    struct kedge_status s = status_of(404, "{\"code\":404,\"reason\":null,\"message\":7}");
    assert_true(s.from_server);
    assert_string_equal(s.reason, "NotFound");
    assert_true(kedge_status_is_not_found(&s));
    s = status_of(404, "{\"code\":429,\"details\":{\"retryAfterSeconds\":99999999999}}");
    assert_int_equal(s.retry_after_seconds, INT32_MAX);
    s = status_of(404, "{\"code\":429,\"details\":{\"retryAfterSeconds\":-5}}");
    assert_int_equal(s.retry_after_seconds, 0);
}

static void long_texts_are_cut_between_characters(void **state)
{
    (void)state;
    char json[2000];
    for (int pad = 240; pad < 262; pad++) {
        snprintf(json, sizeof json,
                 "{\"code\":500,\"message\":\"%0*d\xf0\x9d\x84\x9e\xe2\x98\x83z\"}", pad, 7);
        struct kedge_status s = status_of(500, json);
        size_t len = strlen(s.message);
        size_t expected = pad + 8 <= 255   ? (size_t)pad + 8
                          : pad + 7 <= 255 ? (size_t)pad + 7
                          : pad + 4 <= 255 ? (size_t)pad + 4
                          : pad <= 255     ? (size_t)pad
                                           : 255;
        assert_int_equal(len, expected);
    }
    snprintf(json, sizeof json, "{\"code\":500,\"reason\":\"%0*d\"}", 100, 7);
    struct kedge_status s = status_of(500, json);
    assert_int_equal(strlen(s.reason), sizeof s.reason - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_real_servers_refusals_are_read_at_every_split),
        cmocka_unit_test(an_error_event_is_read_at_every_split),
        cmocka_unit_test(the_replies_are_what_their_names_say),
        cmocka_unit_test(a_real_reply_counts_where_it_says_failure),
        cmocka_unit_test(a_reply_without_a_status_is_told_by_its_code),
        cmocka_unit_test(a_body_is_shown_where_it_is_text),
        cmocka_unit_test(the_request_is_named_as_far_as_it_is_known),
        cmocka_unit_test(long_replies_are_cut_between_characters),
        cmocka_unit_test(a_body_that_is_a_failure_replaces_the_generic_error),
        cmocka_unit_test(a_reply_that_nobody_understands_is_an_internal_error),
        cmocka_unit_test(details_and_the_first_causes_are_kept),
        cmocka_unit_test(a_cause_has_nothing_of_the_one_before),
        cmocka_unit_test(the_reason_decides_where_it_is_kubernetes_own),
        cmocka_unit_test(every_reason_has_its_name),
        cmocka_unit_test(the_code_decides_where_the_reason_is_not),
        cmocka_unit_test(a_code_alone_gives_the_reason_that_client_go_gives),
        cmocka_unit_test(a_delay_is_suggested_as_in_client_go),
        cmocka_unit_test(a_version_from_the_future_is_told_by_cause_or_words),
        cmocka_unit_test(what_has_no_code_is_no_status),
        cmocka_unit_test(what_a_status_lacks_stays_as_the_code_said),
        cmocka_unit_test(long_texts_are_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
