// SPDX-License-Identifier: Apache-2.0
// mock_faults.c - the mock API server's own tests: bytes, users, faults, a busy cluster.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "mock_peer.h"

// ---- the stream of bytes -------------------------------------------------------------------

static const char two_requests[] =
    "POST " CONFIGMAPS " HTTP/1.1\r\nHost: mock\r\nContent-Type: application/json\r\n"
    "Transfer-Encoding: chunked\r\n\r\n"
    "10;x=y\r\n{\"metadata\":{\"na\r\nb\r\nme\":\"odd\"}}\r\n0\r\n\r\n"
    "GET " CONFIGMAPS "/odd HTTP/1.1\r\nHost: mock\r\n\r\n";

static void every_split_of_the_requests_gives_the_same_replies(void **state)
{
    struct peer *p = *state;
    char *whole = NULL;
    for (size_t split = 1; split < sizeof two_requests; split++) {
        use(p, &(struct mock_options){.seed = 3});
        forget(p);
        for (size_t i = 0; i < sizeof two_requests - 1; i += split) {
            size_t n = sizeof two_requests - 1 - i < split ? sizeof two_requests - 1 - i : split;
            assert_int_equal(mock_connection_feed(p->connection, two_requests + i, n), n);
        }
        p->chunk = split;
        take(p);
        assert_int_equal(occurrences(p->bytes, "HTTP/1.1 20"), 2);
        if (!whole)
            whole = strcpy(malloc(p->len + 1), p->bytes);
        assert_string_equal(p->bytes, whole);
    }
    free(whole);
}

static void random_chunks_carry_the_same_body(void **state)
{
    struct peer *p = *state;
    use(p, &(struct mock_options){.seed = 3, .chunk_bytes = 5});
    mock_fill(p->mock, 4, 2);
    ask(p, "GET", "/apis/apps/v1/deployments", "", "");
    json_t *list = json_of(p);
    assert_int_equal(json_array_size(at(list, "items")), 4);
    json_decref(list);
    assert_true(occurrences(p->bytes, "\r\n5\r\n") > 10);
}

static void bad_requests_are_answered_and_closed(void **state)
{
    struct peer *p = *state;
    static const char *const bad[] = {
        "NONSENSE\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",                        // no Host
        "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",          // a blank in the path
        "GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n",          // a NUL
        "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", // a header without colon
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct mock_connection *fresh = mock_connection_open(p->mock);
        p->connection = fresh;
        forget(p);
        mock_connection_feed(fresh, bad[i], strlen(bad[i]));
        take(p);
        assert_code(p, 400);
        assert_int_equal(mock_connection_state(fresh), MOCK_CLOSED);
        mock_connection_close(fresh);
    }
    p->connection = mock_connection_open(p->mock);
}

static void connection_close_is_honoured(void **state)
{
    struct peer *p = *state;
    ask(p, "GET", "/healthz", "Connection: close\r\n", "");
    assert_code(p, 200);
    assert_non_null(strstr(p->bytes, "Connection: close\r\n"));
    assert_int_equal(mock_connection_state(p->connection), MOCK_CLOSED);
}

static void a_client_that_waits_is_told_to_continue(void **state)
{
    struct peer *p = *state;
    const char *head = "POST " CONFIGMAPS " HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                       "Content-Length: 27\r\n\r\n";
    mock_connection_feed(p->connection, head, strlen(head));
    take(p);
    assert_string_equal(p->bytes, "HTTP/1.1 100 Continue\r\n\r\n");
    forget(p);
    mock_connection_feed(p->connection, "{\"metadata\":{\"name\":\"big\"}}", 27);
    take(p);
    assert_code(p, 201);
}

static void a_list_of_a_minute_is_cut(void **state)
{
    struct peer *p = *state;
    char piece[10];
    mock_fill(p->mock, 200, 1);
    static const char get[] = "GET /apis/apps/v1/deployments HTTP/1.1\r\nHost: x\r\n\r\n";
    mock_connection_feed(p->connection, get, sizeof get - 1);
    assert_int_equal(mock_connection_output(p->connection, piece, sizeof piece), sizeof piece);
    mock_tick(p->mock, 60000);
    take(p);
    assert_false(has_ended(p));
    assert_int_equal(mock_connection_state(p->connection), MOCK_CLOSED);
}

// ---- users ---------------------------------------------------------------------------------

static void tokens_certificates_and_prohibitions_decide(void **state)
{
    struct peer *p = *state;
    const char *jane = "Authorization: Bearer j\r\n";
    mock_add_token(p->mock, "j", "jane", 5000);
    ask(p, "GET", CONFIGMAPS, "", "");
    assert_reason(p, 401, "Unauthorized");
    ask(p, "GET", CONFIGMAPS, "Authorization: Bearer k\r\n", "");
    assert_reason(p, 401, "Unauthorized");
    ask(p, "GET", "/healthz", "", "");
    assert_code(p, 200);
    ask(p, "GET", CONFIGMAPS, jane, "");
    assert_code(p, 200);
    mock_forbid(p->mock, "jane", "list", "configmaps");
    ask(p, "GET", CONFIGMAPS, jane, "");
    assert_reason(p, 403, "Forbidden");
    assert_body_contains(p, "configmaps is forbidden: User \\\"jane\\\" cannot list resource "
                            "\\\"configmaps\\\" in API group \\\"\\\" in the namespace "
                            "\\\"default\\\"");
    ask(p, "GET", CONFIGMAPS "?watch=1&timeoutSeconds=1", jane, "");
    assert_code(p, 200);
    mock_tick(p->mock, 1000);
    take(p);
    mock_tick(p->mock, 5000);
    ask(p, "GET", CONFIGMAPS "/a", jane, "");
    assert_reason(p, 401, "Unauthorized");
    mock_connection_set_user(p->connection, "admin");
    ask(p, "GET", CONFIGMAPS, "", "");
    assert_code(p, 200);
}

static void anonymous_users_are_forbidden(void **state)
{
    struct peer *p = *state;
    use(p, &(struct mock_options){.anonymous = true});
    mock_require_credentials(p->mock);
    ask(p, "GET", "/api/v1/pods", "", "");
    assert_reason(p, 403, "Forbidden");
    assert_body_contains(p, "pods is forbidden: User \\\"system:anonymous\\\" cannot list resource "
                            "\\\"pods\\\" in API group \\\"\\\" at the cluster scope");
    assert_body_contains(p, "\"details\":{\"kind\":\"pods\"}");
}

// ---- faults --------------------------------------------------------------------------------

static void inject(struct peer *p, struct mock_fault fault)
{
    mock_inject(p->mock, &fault);
}

static void a_status_fault_strikes_the_next_n_matching_requests(void **state)
{
    struct peer *p = *state;
    inject(p, (struct mock_fault){.kind = MOCK_FAULT_STATUS,
                                  .on = MOCK_ON_LIST,
                                  .resource = "configmaps",
                                  .skip = 1,
                                  .count = 2,
                                  .status = 429,
                                  .retry_after_s = 7});
    ask(p, "GET", CONFIGMAPS, "", "");
    assert_code(p, 200);
    ask(p, "GET", CONFIGMAPS, "", "");
    assert_reason(p, 429, "TooManyRequests");
    assert_non_null(strstr(p->bytes, "Retry-After: 7\r\n"));
    ask(p, "GET", "/api/v1/pods", "", "");
    assert_code(p, 200);
    ask(p, "GET", CONFIGMAPS "/none", "", "");
    assert_code(p, 404);
    ask(p, "GET", CONFIGMAPS, "", "");
    assert_code(p, 429);
    ask(p, "GET", CONFIGMAPS, "", "");
    assert_code(p, 200);
}

static void cuts_and_resets_come_after_n_bytes(void **state)
{
    struct peer *p = *state;
    for (size_t bytes = 0; bytes < 40; bytes += 13) {
        inject(p, (struct mock_fault){.kind = MOCK_FAULT_CUT, .bytes = bytes});
        ask(p, "GET", "/healthz", "", "");
        assert_int_equal(p->len, bytes);
        assert_int_equal(mock_connection_state(p->connection), MOCK_CLOSED);
        assert_true(mock_connection_was_cut(p->connection));
        p->connection = mock_connection_open(p->mock);
    }
    inject(p, (struct mock_fault){.kind = MOCK_FAULT_RESET, .bytes = 5});
    ask(p, "GET", "/healthz", "", "");
    assert_int_equal(p->len, 5);
    assert_int_equal(mock_connection_state(p->connection), MOCK_RESET);
}

static void a_stalled_connection_is_silent_until_healed(void **state)
{
    struct peer *p = *state;
    inject(p, (struct mock_fault){.kind = MOCK_FAULT_STALL, .bytes = 20});
    ask(p, "GET", "/healthz", "Connection: close\r\n", "");
    assert_int_equal(p->len, 20);
    assert_int_equal(mock_connection_state(p->connection), MOCK_OPEN);
    mock_heal(p->mock);
    take(p);
    assert_body_contains(p, "ok");
}

static void slow_bytes_come_by_the_tick(void **state)
{
    struct peer *p = *state;
    inject(p, (struct mock_fault){.kind = MOCK_FAULT_SLOW, .bytes = 3});
    ask(p, "GET", "/healthz", "", "");
    assert_int_equal(p->len, 0);
    for (int i = 1; i < 5; i++) {
        mock_tick(p->mock, i);
        take(p);
        assert_int_equal(p->len, 3 * i);
    }
}

static void open_connections_can_be_struck(void **state)
{
    struct peer *p = *state;
    struct mock_fault cut = {.kind = MOCK_FAULT_CUT, .on = MOCK_ON_WATCH, .now = true};
    struct mock_fault expired = {.kind = MOCK_FAULT_EXPIRED_EVENT, .now = true};
    struct mock_fault close = {.kind = MOCK_FAULT_CLOSE, .now = true};
    assert_int_equal(mock_inject(p->mock, &cut), 0);
    ask(p, "GET", CONFIGMAPS "?watch=1&resourceVersion=1", "", "");
    assert_int_equal(mock_inject(p->mock, &close), 1);
    take(p);
    assert_true(has_ended(p));
    ask(p, "GET", CONFIGMAPS "?watch=1&resourceVersion=1", "", "");
    assert_int_equal(mock_inject(p->mock, &expired), 1);
    take(p);
    assert_body_contains(p, "\"code\":410");
    ask(p, "GET", CONFIGMAPS "?watch=1&resourceVersion=1", "", "");
    assert_int_equal(mock_inject(p->mock, &cut), 1);
    take(p);
    assert_int_equal(mock_connection_state(p->connection), MOCK_CLOSED);
}

static void odd_replies_are_odd_as_asked(void **state)
{
    struct peer *p = *state;
    apply_config(p, "a", "x");
    inject(p, (struct mock_fault){.kind = MOCK_FAULT_GARBAGE, .bytes = 64});
    ask(p, "GET", CONFIGMAPS, "", "");
    assert_int_equal(p->len, 64);
    assert_int_equal(mock_connection_state(p->connection), MOCK_CLOSED);
    p->connection = mock_connection_open(p->mock);
    inject(p, (struct mock_fault){.kind = MOCK_FAULT_REDIRECT});
    ask(p, "GET", CONFIGMAPS, "", "");
    assert_code(p, 301);
    inject(p, (struct mock_fault){.kind = MOCK_FAULT_HTML});
    ask(p, "GET", CONFIGMAPS, "", "");
    assert_body_contains(p, "<html>");
    inject(p, (struct mock_fault){.kind = MOCK_FAULT_STOPPED_JSON, .bytes = 30});
    ask(p, "GET", CONFIGMAPS, "", "");
    char *body = body_of(p);
    assert_int_equal(strlen(body), 30);
    free(body);
    inject(p, (struct mock_fault){.kind = MOCK_FAULT_NO_METADATA});
    ask(p, "GET", CONFIGMAPS, "", "");
    json_t *list = json_of(p);
    assert_int_equal(json_array_size(at(list, "items")), 2);
    assert_null(at(list, "items.0.metadata"));
    json_decref(list);
    inject(p, (struct mock_fault){.kind = MOCK_FAULT_HUGE_OBJECT, .bytes = 300000});
    ask(p, "GET", CONFIGMAPS, "", "");
    list = json_of(p);
    assert_int_equal(strlen(string_at(list, "items.0.metadata.annotations.padding")), 300000);
    assert_string_equal(string_at(list, "items.1.metadata.name"), "a");
    json_decref(list);
    inject(p, (struct mock_fault){.kind = MOCK_FAULT_HUGE_CHUNK});
    ask(p, "GET", CONFIGMAPS, "", "");
    assert_non_null(strstr(p->bytes, "\r\n\r\n8000000000000000\r\n"));
}

static void odd_events_come_before_the_others(void **state)
{
    struct peer *p = *state;
    apply_config(p, "a", "x");
    inject(p, (struct mock_fault){.kind = MOCK_FAULT_UNKNOWN_EVENT});
    ask(p, "GET", CONFIGMAPS, "", ""); // no watch: not struck
    assert_code(p, 200);
    ask(p, "GET", CONFIGMAPS "?watch=1", "", "");
    assert_events(p, "REPLACED:odd@ ADDED:a@2 ");
    inject(p, (struct mock_fault){.kind = MOCK_FAULT_NO_METADATA, .now = true});
    inject(p, (struct mock_fault){.kind = MOCK_FAULT_HUGE_OBJECT, .now = true, .bytes = 100000});
    apply_config(p, "b", "x");
    take(p);
    assert_events(p, "REPLACED:odd@ ADDED:a@2 ADDED:@ ADDED:huge@2 ADDED:b@3 ");
}

static void endless_replies_have_no_end(void **state)
{
    struct peer *p = *state;
    char piece[4096];
    static const char get[] = "GET " CONFIGMAPS " HTTP/1.1\r\nHost: x\r\n\r\n";
    inject(p, (struct mock_fault){.kind = MOCK_FAULT_ENDLESS_LIST});
    mock_connection_feed(p->connection, get, sizeof get - 1);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(mock_connection_output(p->connection, piece, sizeof piece), sizeof piece);
    p->connection = mock_connection_open(p->mock);
    inject(p, (struct mock_fault){.kind = MOCK_FAULT_ENDLESS_HEADER});
    mock_connection_feed(p->connection, get, sizeof get - 1);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(mock_connection_output(p->connection, piece, sizeof piece), sizeof piece);
}

static void connections_can_be_refused(void **state)
{
    struct peer *p = *state;
    inject(p, (struct mock_fault){.kind = MOCK_FAULT_REFUSE, .count = 2});
    assert_null(mock_connection_open(p->mock));
    assert_null(mock_connection_open(p->mock));
    p->connection = mock_connection_open(p->mock);
    assert_non_null(p->connection);
}

static void faults_can_be_armed_over_http(void **state)
{
    struct peer *p = *state;
    ask(p, "POST", "/mock/fault", JSON_TYPE,
        "{\"fault\":\"status\",\"on\":\"list\",\"status\":503,\"count\":1}");
    assert_code(p, 200);
    assert_body_contains(p, "\"armedFaults\":1");
    ask(p, "GET", CONFIGMAPS, "", "");
    assert_reason(p, 503, "ServiceUnavailable");
    ask(p, "POST", "/mock/fault", JSON_TYPE, "{\"fault\":\"kindness\"}");
    assert_code(p, 400);
    ask(p, "POST", "/mock/nothing", JSON_TYPE, "{}");
    assert_code(p, 404);
    apply_config(p, "a", "x");
    ask(p, "POST", "/mock/compact", JSON_TYPE, "");
    ask(p, "GET", CONFIGMAPS "?watch=1&resourceVersion=1", "", "");
    assert_body_contains(p, "\"reason\":\"Expired\"");
    ask(p, "POST", "/mock/restart", JSON_TYPE, "{}");
    assert_code(p, 200);
    ask(p, "POST", "/mock/forbid", JSON_TYPE, "{\"user\":\"system:anonymous\",\"verb\":\"list\"}");
    ask(p, "GET", CONFIGMAPS, "", "");
    assert_reason(p, 403, "Forbidden");
    ask(p, "POST", "/mock/rewind", JSON_TYPE, "{\"resourceVersion\":1}");
    assert_code(p, 400);
    assert_int_equal(mock_fault_by_name("cut"), MOCK_FAULT_CUT);
    assert_int_equal(mock_fault_by_name("close"), MOCK_FAULT_CLOSE);
}

// ---- the busy cluster ----------------------------------------------------------------------

static void churn_is_the_same_for_the_same_seed(void **state)
{
    struct peer *p = *state;
    struct mock *one = mock_new(&(struct mock_options){.seed = 11});
    struct mock *two = mock_new(&(struct mock_options){.seed = 11});
    struct mock_item a, b;
    (void)p;
    mock_fill(one, 20, 5);
    mock_fill(two, 20, 5);
    for (int i = 0; i < 500; i++) {
        mock_churn(one);
        mock_churn(two);
    }
    assert_true(mock_version(one) > 300);
    assert_in_range(mock_count(one, "deployments"), 10, 30);
    assert_int_equal(mock_count(one, "deployments"), mock_count(two, "deployments"));
    for (size_t i = 0; mock_at(one, "deployments", i, &a); i++) {
        assert_true(mock_at(two, "deployments", i, &b));
        assert_string_equal(a.text, b.text);
    }
    mock_free(one);
    mock_free(two);
}

// A dumb client that folds list and watch must hold what the server holds.
static void a_folded_watch_equals_the_store(void **state)
{
    struct peer *p = *state;
    json_t *held = json_object(), *event;
    mock_fill(p->mock, 10, 3);
    ask(p, "GET", "/apis/apps/v1/deployments?watch=1&labelSelector=tier%3Dback", "", "");
    for (int i = 0; i < 300; i++) {
        mock_churn(p->mock);
        if (i % 7 == 0)
            take(p);
    }
    take(p);
    char *body = body_of(p), *line = body, *end;
    for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        char key[128];
        event = json_loadb(line, (size_t)(end - line), 0, NULL);
        snprintf(key, sizeof key, "%s/%s", string_at(event, "object.metadata.namespace"),
                 string_at(event, "object.metadata.name"));
        const char *type = string_at(event, "type");
        assert_int_equal(strcmp(type, "ADDED") != 0, json_object_get(held, key) != NULL);
        if (!strcmp(type, "DELETED"))
            json_object_del(held, key);
        else
            json_object_set(held, key, at(event, "object"));
        json_decref(event);
    }
    free(body);
    struct mock_item item;
    size_t matching = 0;
    for (size_t i = 0; mock_at(p->mock, "deployments", i, &item); i++) {
        char key[128];
        snprintf(key, sizeof key, "%s/%s", item.namespace, item.name);
        if (!strstr(item.text, "\"tier\":\"back\""))
            continue;
        matching++;
        json_t *object = json_loadb(item.text, item.len, 0, NULL);
        assert_true(json_equal(object, json_object_get(held, key)));
        json_decref(object);
    }
    assert_int_equal(json_object_size(held), matching);
    json_decref(held);
}

#define T(test) cmocka_unit_test_setup_teardown(test, peer_setup, peer_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_split_of_the_requests_gives_the_same_replies),
        T(random_chunks_carry_the_same_body),
        T(bad_requests_are_answered_and_closed),
        T(connection_close_is_honoured),
        T(a_client_that_waits_is_told_to_continue),
        T(a_list_of_a_minute_is_cut),
        T(tokens_certificates_and_prohibitions_decide),
        T(anonymous_users_are_forbidden),
        T(a_status_fault_strikes_the_next_n_matching_requests),
        T(cuts_and_resets_come_after_n_bytes),
        T(a_stalled_connection_is_silent_until_healed),
        T(slow_bytes_come_by_the_tick),
        T(open_connections_can_be_struck),
        T(odd_replies_are_odd_as_asked),
        T(odd_events_come_before_the_others),
        T(endless_replies_have_no_end),
        T(connections_can_be_refused),
        T(faults_can_be_armed_over_http),
        T(churn_is_the_same_for_the_same_seed),
        T(a_folded_watch_equals_the_store),
    };
    return cmocka_run_group_tests_name("mock_faults", tests, NULL, NULL);
}
