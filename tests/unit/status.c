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
    static const struct kedge_field type[] = {{"type\0", NULL, NULL, 0, KEDGE_FIELD_TEXT, 0}};
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
    assert_int_equal(s->cause_count, json_array_size(causes));
    const json_t *field = json_object_get(json_array_get(causes, 0), "field");
    if (json_is_string(field))
        assert_string_equal(s->cause_field, json_string_value(field));
}

static void a_real_servers_refusals_are_read_at_every_split(void **state)
{
    (void)state;
    size_t count, read = 0;
    const struct reply *all = replies(&count);
    for (size_t i = 0; i < count; i++) {
        if (strncmp(all[i].name, "error-", 6) != 0 || !is_json(&all[i]))
            continue;
        json_t *json = json_loadb(all[i].body.ptr, all[i].body.len, 0, NULL);
        read++;
        for (size_t piece = 1; piece <= all[i].body.len; piece++) {
            struct kedge_status s;
            kedge_status_from_code(&s, 418);
            assert_int_equal(sieve_status(&s, &all[i], false, piece), 1);
            compare(&s, json);
        }
        json_decref(json);
    }
    assert_in_range(read, 15, 100);
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
        cmocka_unit_test(the_reason_decides_where_it_is_kubernetes_own),
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
