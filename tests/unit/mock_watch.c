// SPDX-License-Identifier: Apache-2.0
// mock_watch.c - the mock API server's own tests: lists and watches.
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

// ---- lists ---------------------------------------------------------------------------------

static void lists_have_the_shape_of_real_ones(void **state)
{
    struct peer *p = *state;
    ask(p, "GET", "/api/v1/pods", "", "");
    assert_body_contains(
        p, "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"1\"},"
           "\"items\":[]}\n");
    assert_non_null(strstr(p->bytes, "Content-Length: "));
    apply_config(p, "odd", "a");
    mock_apply(p->mock, "sensors", "{\"metadata\":{\"name\":\"boiler\"},\"spec\":{\"t\":21.5}}");
    ask(p, "GET", "/api/v1/configmaps", "", "");
    assert_body_contains(p, "\"items\":[{\"metadata\":{\"name\":\"odd\",");
    ask(p, "GET", SENSORS, "", "");
    assert_body_contains(p, "{\"apiVersion\":\"edge.example.com/v1\",\"items\":[{\"apiVersion\":"
                            "\"edge.example.com/v1\",\"kind\":\"Sensor\",\"metadata\":{");
    assert_body_contains(p, "],\"kind\":\"SensorList\",\"metadata\":{\"continue\":\"\","
                            "\"resourceVersion\":\"3\"}}\n");
}

static void long_replies_are_chunked_as_go_does(void **state)
{
    struct peer *p = *state;
    mock_fill(p->mock, 3, 1);
    ask(p, "GET", "/apis/apps/v1/deployments", "", "");
    assert_non_null(strstr(p->bytes, "\r\nTransfer-Encoding: chunked\r\n\r\n800\r\n{\"kind\":"));
    assert_string_equal(p->bytes + p->len - 5, "0\r\n\r\n");
    json_t *list = json_of(p);
    assert_int_equal(json_array_size(at(list, "items")), 3);
    json_decref(list);
}

// Gives the continue token, to be freed, or NULL.
static char *list_page(struct peer *p, const char *path, const char *query, const char *token,
                       json_t **list)
{
    char whole[1024];
    snprintf(whole, sizeof whole, "%s?%s%s%s", path, query, token ? "&continue=" : "",
             token ? token : "");
    ask(p, "GET", whole, "", "");
    assert_code(p, 200);
    *list = json_of(p);
    const char *next = string_at(*list, "metadata.continue");
    char *copy = *next ? malloc(strlen(next) + 1) : NULL;
    return copy ? strcpy(copy, next) : NULL;
}

static void pages_show_one_version_whatever_happens_meanwhile(void **state)
{
    struct peer *p = *state;
    json_t *list;
    char name[16];
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "c%d", i);
        apply_config(p, name, "x");
    }
    char *token = list_page(p, CONFIGMAPS, "limit=2", NULL, &list);
    assert_non_null(token);
    assert_int_equal(json_integer_value(at(list, "metadata.remainingItemCount")), 3);
    json_decref(list);
    mock_delete(p->mock, "configmaps", "default", "c2");
    apply_config(p, "c25", "x");
    apply_config(p, "c3", "changed");
    char *next = list_page(p, CONFIGMAPS, "limit=2", token, &list);
    assert_string_equal(string_at(list, "metadata.resourceVersion"), "6");
    assert_string_equal(string_at(list, "items.0.metadata.name"), "c2");
    assert_string_equal(string_at(list, "items.1.metadata.name"), "c3");
    assert_string_equal(string_at(list, "items.1.metadata.labels.tier"), "x");
    json_decref(list);
    free(token);
    token = list_page(p, CONFIGMAPS, "limit=2", next, &list);
    assert_null(token);
    assert_int_equal(json_array_size(at(list, "items")), 1);
    json_decref(list);
    free(next);
}

static void the_limit_is_ignored_at_version_zero(void **state)
{
    struct peer *p = *state;
    json_t *list;
    apply_config(p, "a", "x");
    apply_config(p, "b", "x");
    assert_null(list_page(p, CONFIGMAPS, "limit=1&resourceVersion=0", NULL, &list));
    assert_int_equal(json_array_size(at(list, "items")), 2);
    json_decref(list);
    use(p, &(struct mock_options){.limit_at_zero = true});
    apply_config(p, "a", "x");
    apply_config(p, "b", "x");
    char *token = list_page(p, CONFIGMAPS, "limit=1&resourceVersion=0", NULL, &list);
    assert_non_null(token);
    json_decref(list);
    free(token);
}

static void an_expired_token_gives_another_for_the_rest(void **state)
{
    struct peer *p = *state;
    json_t *list;
    apply_config(p, "a", "x");
    apply_config(p, "b", "x");
    char *token = list_page(p, CONFIGMAPS, "limit=1", NULL, &list), path[512];
    json_decref(list);
    apply_config(p, "c", "x");
    mock_compact(p->mock);
    snprintf(path, sizeof path, CONFIGMAPS "?limit=5&continue=%s", token);
    ask(p, "GET", path, "", "");
    assert_reason(p, 410, "Expired");
    json_t *status = json_of(p);
    free(token);
    token = list_page(p, CONFIGMAPS, "limit=5", string_at(status, "metadata.continue"), &list);
    assert_null(token);
    assert_int_equal(json_array_size(at(list, "items")), 2);
    json_decref(list);
    json_decref(status);
    ask(p, "GET", CONFIGMAPS "?continue=rubbish", "", "");
    assert_reason(p, 400, "BadRequest");
}

static void a_start_key_without_an_end_mark_is_itself_listed(void **state)
{
    struct peer *p = *state;
    apply_config(p, "a", "x");
    apply_config(p, "b", "x");
    // {"v":"meta.k8s.io/v1","rv":-1,"start":"/b"}
    assert_chosen(
        p, CONFIGMAPS "?continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiL2IifQ", "b ");
}

static void exact_lists_show_the_past_until_compaction(void **state)
{
    struct peer *p = *state;
    apply_config(p, "a", "x");
    mock_delete(p->mock, "configmaps", "default", "a");
    ask(p, "GET", CONFIGMAPS "?resourceVersion=2&resourceVersionMatch=Exact", "", "");
    json_t *list = json_of(p);
    assert_int_equal(json_array_size(at(list, "items")), 1);
    json_decref(list);
    ask(p, "GET", CONFIGMAPS "?resourceVersion=2&resourceVersionMatch=NotOlderThan", "", "");
    list = json_of(p);
    assert_int_equal(json_array_size(at(list, "items")), 0);
    json_decref(list);
    mock_compact(p->mock);
    ask(p, "GET", CONFIGMAPS "?resourceVersion=2&resourceVersionMatch=Exact", "", "");
    assert_reason(p, 410, "Expired");
    ask(p, "GET", CONFIGMAPS "?resourceVersionMatch=Exact", "", "");
    assert_reason(p, 422, "Invalid");
    ask(p, "GET", CONFIGMAPS "?sendInitialEvents=true", "", "");
    assert_reason(p, 422, "Invalid");
}

static void a_future_version_is_waited_for_three_seconds(void **state)
{
    struct peer *p = *state;
    ask(p, "GET", CONFIGMAPS "?resourceVersion=3", "", "");
    assert_int_equal(p->len, 0);
    assert_int_equal(mock_next_deadline(p->mock), 3000);
    mock_tick(p->mock, 3000);
    take(p);
    assert_reason(p, 504, "Timeout");
    assert_non_null(strstr(p->bytes, "Retry-After: 1\r\n"));
    assert_body_contains(p, "Too large resource version: 3, current: 1");
    ask(p, "GET", CONFIGMAPS "?resourceVersion=3", "", "");
    apply_config(p, "a", "x");
    apply_config(p, "b", "x");
    take(p);
    assert_code(p, 200);
}

static void label_selectors_follow_the_whole_grammar(void **state)
{
    struct peer *p = *state;
    apply_config(p, "a", "x");
    apply_config(p, "b", "y");
    mock_apply(p->mock, "configmaps", "{\"metadata\":{\"name\":\"c\"}}");
    assert_chosen(p, CONFIGMAPS "?labelSelector=tier%3Dx", "a ");
    assert_chosen(p, CONFIGMAPS "?labelSelector=tier%3D%3Dx", "a ");
    assert_chosen(p, CONFIGMAPS "?labelSelector=tier!%3Dx", "b c ");
    assert_chosen(p, CONFIGMAPS "?labelSelector=tier+in+(x,y)", "a b ");
    assert_chosen(p, CONFIGMAPS "?labelSelector=tier+notin+(x)", "b c ");
    assert_chosen(p, CONFIGMAPS "?labelSelector=tier", "a b ");
    assert_chosen(p, CONFIGMAPS "?labelSelector=!tier", "c ");
    assert_chosen(p, CONFIGMAPS "?labelSelector=tier,tier!%3Dy", "a ");
    assert_chosen(p, CONFIGMAPS "?labelSelector=tier%3D", "");
    ask(p, "GET", CONFIGMAPS "?labelSelector=%3D%3Dx", "", "");
    assert_reason(p, 400, "BadRequest");
    ask(p, "GET", CONFIGMAPS "?labelSelector=tier+in+x", "", "");
    assert_reason(p, 400, "BadRequest");
    ask(p, "GET", CONFIGMAPS "?labelSelector=tier%3Dx+y", "", "");
    assert_reason(p, 400, "BadRequest");
}

static void field_selectors_know_each_kinds_fields(void **state)
{
    struct peer *p = *state;
    mock_apply(p->mock, "pods",
               "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"nodeName\":\"n1\"},"
               "\"status\":{\"phase\":\"Running\"}}");
    mock_apply(p->mock, "pods", "{\"metadata\":{\"name\":\"b\",\"namespace\":\"other\"}}");
    assert_chosen(p, "/api/v1/pods?fieldSelector=spec.nodeName%3Dn1", "a ");
    assert_chosen(p, "/api/v1/pods?fieldSelector=spec.nodeName%3D", "b ");
    assert_chosen(p, "/api/v1/pods?fieldSelector=status.phase!%3DRunning", "b ");
    assert_chosen(p, "/api/v1/pods?fieldSelector=metadata.namespace%3Dother", "b ");
    assert_chosen(p, "/api/v1/pods?fieldSelector=metadata.name%3Da,spec.nodeName%3Dn1", "a ");
    ask(p, "GET", "/api/v1/pods?fieldSelector=spec.foo%3D1", "", "");
    assert_reason(p, 400, "BadRequest");
    assert_body_contains(p, "field label not supported: spec.foo");
    mock_apply(p->mock, "events",
               "{\"metadata\":{\"name\":\"e\"},\"involvedObject\":{\"kind\":"
               "\"Pod\",\"name\":\"a\"},\"type\":\"Normal\"}");
    assert_chosen(p, "/api/v1/events?fieldSelector=involvedObject.name%3Da,type%3DNormal", "e ");
}

static void lists_are_in_the_order_of_etcds_keys(void **state)
{
    struct peer *p = *state;
    mock_apply(p->mock, "pods", "{\"metadata\":{\"name\":\"z\",\"namespace\":\"a\"}}");
    mock_apply(p->mock, "pods", "{\"metadata\":{\"name\":\"y\",\"namespace\":\"a-b\"}}");
    mock_apply(p->mock, "pods", "{\"metadata\":{\"name\":\"x\",\"namespace\":\"a\"}}");
    assert_chosen(p, "/api/v1/pods", "y x z ");
}

static void people_get_pretty_json(void **state)
{
    struct peer *p = *state;
    apply_config(p, "a", "x");
    ask(p, "GET", CONFIGMAPS "?pretty=true", "", "");
    assert_body_contains(p, "{\n  \"kind\": \"ConfigMapList\",\n");
    ask(p, "GET", CONFIGMAPS "/a", "User-Agent: curl/8.0\r\n", "");
    assert_body_contains(p, "{\n  \"kind\": \"ConfigMap\",\n");
}

// ---- watches -------------------------------------------------------------------------------

static void a_watch_tells_each_change_once(void **state)
{
    struct peer *p = *state;
    apply_config(p, "a", "x");
    ask(p, "GET", CONFIGMAPS "?watch=true&resourceVersion=2", "", "");
    assert_non_null(strstr(p->bytes, "Transfer-Encoding: chunked"));
    assert_events(p, "");
    apply_config(p, "b", "x");
    apply_config(p, "a", "y");
    take(p);
    mock_delete(p->mock, "configmaps", "default", "b");
    mock_apply(p->mock, "configmaps", "{\"metadata\":{\"name\":\"c\",\"namespace\":\"other\"}}");
    take(p);
    assert_events(p, "ADDED:b@3 MODIFIED:a@4 DELETED:b@5 ");
    assert_body_contains(p, "\"object\":{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",");
    assert_false(has_ended(p));
}

static void a_watch_can_show_tables(void **state)
{
    struct peer *p = *state;
    apply_config(p, "a", "x");
    apply_config(p, "b", "x");
    ask(p, "GET", CONFIGMAPS "?watch=1", "Accept: application/json;as=Table;v=v1;g=meta.k8s.io\r\n",
        "");
    char *body = body_of(p);
    assert_int_equal(occurrences(body, "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Table\","), 2);
    assert_int_equal(occurrences(body, "\"columnDefinitions\":[{"), 1);
    assert_non_null(strstr(body, "\"cells\":[\"b\",1,\"0s\"]"));
    free(body);
}

static void a_watch_with_a_selector_sees_enter_and_leave(void **state)
{
    struct peer *p = *state;
    ask(p, "GET", CONFIGMAPS "?watch=1&resourceVersion=1&labelSelector=tier%3Dx", "", "");
    apply_config(p, "a", "y"); // 2: not seen
    apply_config(p, "a", "x"); // 3: enters
    mock_apply(p->mock, "configmaps",
               "{\"metadata\":{\"name\":\"a\",\"labels\":{\"tier\":\"x\"}},\"data\":{}}"); // 4
    apply_config(p, "a", "z");                          // 5: leaves
    mock_delete(p->mock, "configmaps", "default", "a"); // 6
    take(p);
    assert_events(p, "ADDED:a@3 MODIFIED:a@4 DELETED:a@5 ");
    char *body = body_of(p), *left = strstr(body, "DELETED");
    assert_non_null(strstr(left, "\"tier\":\"x\"")); // the content from before
    free(body);
}

static void a_field_selector_on_a_watch_follows_a_pod_to_its_node(void **state)
{
    struct peer *p = *state;
    ask(p, "GET", "/api/v1/pods?watch=1&resourceVersion=1&fieldSelector=spec.nodeName%3Dn1", "",
        "");
    mock_apply(p->mock, "pods", "{\"metadata\":{\"name\":\"a\"},\"spec\":{}}");
    mock_apply(p->mock, "pods", "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"nodeName\":\"n1\"}}");
    mock_delete(p->mock, "pods", "default", "a");
    take(p);
    assert_events(p, "ADDED:a@3 DELETED:a@4 ");
}

static void watches_without_or_at_zero_begin_with_what_is(void **state)
{
    struct peer *p = *state;
    apply_config(p, "a", "x");
    ask(p, "GET", CONFIGMAPS "?watch=1&allowWatchBookmarks=true", "", "");
    assert_events(p, "ADDED:a@2 ");
    struct mock_connection *second = mock_connection_open(p->mock);
    p->connection = second;
    ask(p, "GET", CONFIGMAPS "?watch=1&resourceVersion=0&allowWatchBookmarks=true", "", "");
    assert_events(p, "ADDED:a@2 BOOKMARK:@2 ");
    assert_body_contains(p, "\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}");
}

static void watch_list_ends_with_its_bookmark(void **state)
{
    struct peer *p = *state;
    apply_config(p, "a", "x");
    ask(p, "GET",
        CONFIGMAPS "?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
                   "&allowWatchBookmarks=true",
        "", "");
    assert_events(p, "ADDED:a@2 BOOKMARK:@2 ");
    p->connection = mock_connection_open(p->mock);
    ask(p, "GET", CONFIGMAPS "?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan",
        "", "");
    assert_events(p, "ADDED:a@2 ");
    p->connection = mock_connection_open(p->mock);
    ask(p, "GET", CONFIGMAPS "?watch=1&sendInitialEvents=true", "", "");
    assert_reason(p, 422, "Invalid");
}

static void bookmarks_may_come_among_the_initial_events(void **state)
{
    struct peer *p = *state;
    const char *path = CONFIGMAPS "?watch=1&sendInitialEvents=true&resourceVersionMatch="
                                  "NotOlderThan&allowWatchBookmarks=true";
    use(p, &(struct mock_options){.initial_bookmarks = 2});
    apply_config(p, "a", "x");
    apply_config(p, "b", "x");
    apply_config(p, "c", "x");
    ask(p, "GET", path, "", "");
    assert_events(p, "ADDED:a@2 BOOKMARK:@4 ADDED:b@3 ADDED:c@4 BOOKMARK:@4 BOOKMARK:@4 ");
    const char *mark = strstr(p->bytes, "initial-events-end");
    assert_non_null(mark); // the last one has it, and no other
    assert_null(strstr(mark, "BOOKMARK"));
    mock_tick(p->mock, 60000);
    take(p);
    assert_events(p, "ADDED:a@2 BOOKMARK:@4 ADDED:b@3 ADDED:c@4 BOOKMARK:@4 BOOKMARK:@4 "
                     "BOOKMARK:@4 ");
    p->connection = mock_connection_open(p->mock);
    ask(p, "GET", CONFIGMAPS "?watch=1&resourceVersion=2&allowWatchBookmarks=true", "", "");
    assert_events(p, "ADDED:b@3 ADDED:c@4 ");
}

static void a_bookmark_may_be_due_among_the_initial_events(void **state)
{
    struct peer *p = *state;
    static const char request[] =
        "GET " CONFIGMAPS "?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
        "&allowWatchBookmarks=true HTTP/1.1\r\nHost: mock\r\n\r\n";
    use(p, &(struct mock_options){.initial_bookmarks = 1000});
    apply_config(p, "a", "x");
    mock_connection_feed(p->connection, request, sizeof request - 1);
    mock_tick(p->mock, 60000); // nobody has read yet
    take(p);
    assert_events(p, "BOOKMARK:@2 ADDED:a@2 BOOKMARK:@2 BOOKMARK:@2 ");
}

static void old_servers_refuse_watch_lists(void **state)
{
    struct peer *p = *state;
    const char *path = CONFIGMAPS "?watch=1&sendInitialEvents=true&resourceVersionMatch="
                                  "NotOlderThan&allowWatchBookmarks=true";
    use(p, &(struct mock_options){.age = MOCK_SERVER_NO_WATCH_LIST});
    ask(p, "GET", path, "", "");
    assert_reason(p, 422, "Invalid");
    use(p, &(struct mock_options){.age = MOCK_SERVER_1_20});
    ask(p, "GET", path, "", "");
    assert_reason(p, 422, "Invalid");
    apply_config(p, "a", "x");
    ask(p, "GET", CONFIGMAPS "?watch=1&resourceVersion=0&allowWatchBookmarks=true", "", "");
    assert_events(p, "ADDED:a@2 ");
}

static void bookmarks_come_each_minute_and_before_the_end(void **state)
{
    struct peer *p = *state;
    ask(p, "GET",
        CONFIGMAPS "?watch=1&resourceVersion=1&allowWatchBookmarks=true&timeoutSeconds=150", "",
        "");
    assert_int_equal(mock_next_deadline(p->mock), 60000);
    apply_config(p, "a", "x");
    mock_tick(p->mock, 59999);
    take(p);
    assert_events(p, "ADDED:a@2 ");
    mock_tick(p->mock, 60000);
    mock_apply(p->mock, "pods", "{\"metadata\":{\"name\":\"a\"}}");
    take(p);
    assert_events(p, "ADDED:a@2 BOOKMARK:@3 ");
    assert_int_equal(mock_next_deadline(p->mock), 120000);
    mock_tick(p->mock, 120000);
    take(p);
    assert_int_equal(mock_next_deadline(p->mock), 149000);
    mock_tick(p->mock, 149000);
    take(p);
    assert_int_equal(mock_next_deadline(p->mock), 150000);
    mock_tick(p->mock, 150000);
    take(p);
    assert_events(p, "ADDED:a@2 BOOKMARK:@3 BOOKMARK:@3 BOOKMARK:@3 BOOKMARK:@3 ");
    assert_true(has_ended(p));
    ask(p, "GET", "/healthz", "", ""); // the connection lives on
    assert_code(p, 200);
}

static void a_bookmark_has_the_shell_of_its_kind(void **state)
{
    struct peer *p = *state;
    ask(p, "GET", "/apis/apps/v1/deployments?watch=1&resourceVersion=1&allowWatchBookmarks=true",
        "", "");
    mock_bookmark(p->mock);
    take(p);
    assert_body_contains(
        p, "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Deployment\",\"apiVersion\":\"apps/v1\","
           "\"metadata\":{\"resourceVersion\":\"1\"},\"spec\":{\"replicas\":0,\"selector\":null,"
           "\"template\":{\"metadata\":{},\"spec\":{\"containers\":null}},\"strategy\":{}},"
           "\"status\":{}}}\n");
}

static void a_watch_from_before_history_is_an_error_event(void **state)
{
    struct peer *p = *state;
    apply_config(p, "a", "x");
    apply_config(p, "a", "y");
    mock_compact(p->mock);
    ask(p, "GET", CONFIGMAPS "?watch=1&resourceVersion=2", "", "");
    assert_code(p, 200);
    assert_body_contains(p, "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":"
                            "\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":\"too old "
                            "resource version: 2 (3)\",\"reason\":\"Expired\",\"code\":410}}\n");
    assert_true(has_ended(p));
    ask(p, "GET", CONFIGMAPS "?watch=1&resourceVersion=3", "", "");
    apply_config(p, "a", "z");
    take(p);
    assert_events(p, "MODIFIED:a@4 ");
}

static void compacted_lists_leave_watches_alone(void **state)
{
    struct peer *p = *state;
    apply_config(p, "a", "x");
    apply_config(p, "a", "y");
    mock_compact_lists(p->mock);
    ask(p, "GET", CONFIGMAPS "?resourceVersion=2&resourceVersionMatch=Exact", "", "");
    assert_reason(p, 410, "Expired");
    ask(p, "GET", CONFIGMAPS "?watch=1&resourceVersion=2", "", "");
    assert_events(p, "MODIFIED:a@3 ");
}

static void history_is_a_ring(void **state)
{
    struct peer *p = *state;
    char name[16];
    use(p, &(struct mock_options){.history = 3});
    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof name, "c%d", i);
        apply_config(p, name, "x");
    }
    ask(p, "GET", CONFIGMAPS "?watch=1&resourceVersion=8", "", "");
    assert_events(p, "ADDED:c7@9 ADDED:c8@10 ADDED:c9@11 ");
    p->connection = mock_connection_open(p->mock);
    ask(p, "GET", CONFIGMAPS "?watch=1&resourceVersion=7", "", "");
    assert_body_contains(p, "\"reason\":\"Expired\"");
}

static void a_watch_that_is_not_read_for_long_is_closed(void **state)
{
    struct peer *p = *state;
    use(p, &(struct mock_options){.history = 3});
    ask(p, "GET", CONFIGMAPS "?watch=1&resourceVersion=1", "", "");
    for (int i = 0; i < 5; i++)
        apply_config(p, "a", i % 2 ? "x" : "y");
    take(p);
    assert_events(p, "");
    assert_true(has_ended(p));
}

static void a_restart_breaks_connections_and_may_forget(void **state)
{
    struct peer *p = *state;
    apply_config(p, "a", "x");
    apply_config(p, "a", "y");
    mock_restart(p->mock, false);
    assert_int_equal(mock_connection_state(p->connection), MOCK_RESET);
    p->connection = mock_connection_open(p->mock);
    ask(p, "GET", CONFIGMAPS "?watch=1&resourceVersion=2", "", "");
    assert_body_contains(p, "\"reason\":\"Expired\"");
}

static void a_rewind_brings_back_the_old_state(void **state)
{
    struct peer *p = *state;
    struct mock_item item;
    apply_config(p, "a", "x");
    apply_config(p, "b", "x");
    apply_config(p, "a", "y");
    mock_delete(p->mock, "configmaps", "default", "b");
    assert_true(mock_rewind(p->mock, 3));
    assert_int_equal(mock_version(p->mock), 3);
    assert_int_equal(mock_count(p->mock, "configmaps"), 2);
    assert_true(mock_get(p->mock, "configmaps", "default", "a", &item));
    assert_int_equal(item.version, 2);
    assert_non_null(strstr(item.text, "\"tier\":\"x\""));
    assert_false(mock_rewind(p->mock, 2)); // the restored server remembers nothing older
}

#define T(test) cmocka_unit_test_setup_teardown(test, peer_setup, peer_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(lists_have_the_shape_of_real_ones),
        T(long_replies_are_chunked_as_go_does),
        T(pages_show_one_version_whatever_happens_meanwhile),
        T(the_limit_is_ignored_at_version_zero),
        T(an_expired_token_gives_another_for_the_rest),
        T(a_start_key_without_an_end_mark_is_itself_listed),
        T(exact_lists_show_the_past_until_compaction),
        T(a_future_version_is_waited_for_three_seconds),
        T(label_selectors_follow_the_whole_grammar),
        T(field_selectors_know_each_kinds_fields),
        T(lists_are_in_the_order_of_etcds_keys),
        T(people_get_pretty_json),
        T(a_watch_tells_each_change_once),
        T(a_watch_can_show_tables),
        T(a_watch_with_a_selector_sees_enter_and_leave),
        T(a_field_selector_on_a_watch_follows_a_pod_to_its_node),
        T(watches_without_or_at_zero_begin_with_what_is),
        T(watch_list_ends_with_its_bookmark),
        T(bookmarks_may_come_among_the_initial_events),
        T(a_bookmark_may_be_due_among_the_initial_events),
        T(old_servers_refuse_watch_lists),
        T(bookmarks_come_each_minute_and_before_the_end),
        T(a_bookmark_has_the_shell_of_its_kind),
        T(a_watch_from_before_history_is_an_error_event),
        T(compacted_lists_leave_watches_alone),
        T(history_is_a_ring),
        T(a_watch_that_is_not_read_for_long_is_closed),
        T(a_restart_breaks_connections_and_may_forget),
        T(a_rewind_brings_back_the_old_state),
    };
    return cmocka_run_group_tests_name("mock_watch", tests, NULL, NULL);
}
