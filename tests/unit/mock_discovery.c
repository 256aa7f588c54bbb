// SPDX-License-Identifier: Apache-2.0
// mock_discovery.c - the mock API server's own tests: discovery, kinds that come and go, warnings,
// kept connections.
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

#define AGGREGATED "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
#define BOTH       "Accept: " AGGREGATED ",application/json\r\n"
#define CRDS       "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

// ---- discovery -----------------------------------------------------------------------------

// The entry of a resource in a legacy list, or NULL.
static json_t *entry_of(json_t *list, const char *name)
{
    json_t *entry;
    size_t i;
    json_array_foreach(at(list, "resources"), i,
                       entry) if (!strcmp(string_at(entry, "name"), name)) return entry;
    return NULL;
}

static void assert_json(json_t *value, const char *wanted)
{
    char *text = json_dumps(value, JSON_COMPACT);
    assert_non_null(text);
    assert_string_equal(text, wanted);
    free(text);
}

static void legacy_lists_tell_verbs_names_and_subresources(void **state)
{
    struct peer *p = *state;
    ask(p, "GET", "/api/v1", "", "");
    json_t *list = json_of(p);
    json_object_del(entry_of(list, "pods"), "storageVersionHash");
    assert_json(entry_of(list, "pods"),
                "{\"name\":\"pods\",\"singularName\":\"pod\",\"namespaced\":true,\"kind\":\"Pod\","
                "\"verbs\":[\"create\",\"delete\",\"deletecollection\",\"get\",\"list\",\"patch\","
                "\"update\",\"watch\"],\"shortNames\":[\"po\"],\"categories\":[\"all\"]}");
    assert_json(entry_of(list, "pods/log"),
                "{\"name\":\"pods/log\",\"singularName\":\"\",\"namespaced\":true,\"kind\":\"Pod\","
                "\"verbs\":[\"get\"]}");
    assert_json(entry_of(list, "pods/eviction"),
                "{\"name\":\"pods/eviction\",\"singularName\":\"\",\"namespaced\":true,\"group\":"
                "\"policy\",\"version\":\"v1\",\"kind\":\"Eviction\",\"verbs\":[\"create\"]}");
    assert_json(entry_of(list, "pods/binding"),
                "{\"name\":\"pods/binding\",\"singularName\":\"\",\"namespaced\":true,\"kind\":"
                "\"Binding\",\"verbs\":[\"create\"]}");
    assert_json(entry_of(list, "serviceaccounts/token"),
                "{\"name\":\"serviceaccounts/token\",\"singularName\":\"\",\"namespaced\":true,"
                "\"group\":\"authentication.k8s.io\",\"version\":\"v1\",\"kind\":\"TokenRequest\","
                "\"verbs\":[\"create\"]}");
    assert_null(entry_of(list, "configmaps/status"));
    json_decref(list);
    ask(p, "GET", "/apis/apps/v1", "", "");
    list = json_of(p);
    assert_non_null(entry_of(list, "statefulsets/scale"));
    assert_non_null(entry_of(list, "replicasets/status"));
    json_decref(list);
    ask(p, "GET", "/apis/apiextensions.k8s.io/v1", "", "");
    assert_body_contains(p,
                         "\"shortNames\":[\"crd\",\"crds\"],\"categories\":[\"api-extensions\"]");
}

static void aggregated_discovery_can_be_cached(void **state)
{
    struct peer *p = *state;
    char headers[512], tag[160];
    ask(p, "GET", "/api", BOTH, "");
    assert_code(p, 200);
    assert_non_null(strstr(p->bytes, "Content-Type: " AGGREGATED "\r\n"));
    assert_non_null(strstr(p->bytes, "Cache-Control: public\r\n"));
    assert_non_null(strstr(p->bytes, "Vary: Accept\r\n"));
    json_t *body = json_of(p);
    assert_json(at(body, "items.0.metadata"), "{}");
    assert_string_equal(string_at(body, "items.0.versions.0.freshness"), "Current");
    json_decref(body);
    assert_body_contains(p, "{\"subresource\":\"eviction\",\"responseKind\":{\"group\":\"policy\","
                            "\"version\":\"v1\",\"kind\":\"Eviction\"},\"verbs\":[\"create\"]}");
    assert_int_equal(sscanf(strstr(p->bytes, "Etag: "), "Etag: %159s", tag), 1);
    assert_int_equal(strlen(tag), 130);
    snprintf(headers, sizeof headers, BOTH "If-None-Match: %s\r\n", tag);
    ask(p, "GET", "/api", headers, "");
    assert_code(p, 304);
    assert_null(strstr(p->bytes, "Content-Length"));
    ask(p, "GET", "/apis", headers, "");
    assert_code(p, 200);
    ask(p, "GET", "/apis", "Accept: application/json\r\n", "");
    assert_non_null(strstr(p->bytes, "Content-Type: application/json\r\n"));
    assert_body_contains(p, "\"kind\":\"APIGroupList\"");
}

static void a_stale_version_is_told_and_answers_503(void **state)
{
    struct peer *p = *state;
    mock_stale(p->mock, "edge.example.com", "v1", true);
    ask(p, "GET", "/apis", BOTH, "");
    assert_code(p, 200);
    json_t *body = json_of(p), *item;
    size_t i;
    json_array_foreach(at(body, "items"), i, item) assert_string_equal(
        string_at(item, "versions.0.freshness"),
        !strcmp(string_at(item, "metadata.name"), "edge.example.com") ? "Stale" : "Current");
    json_decref(body);
    ask(p, "GET", "/apis/edge.example.com/v1", "", "");
    assert_code(p, 503);
    assert_body_contains(p, "service unavailable\n");
    ask(p, "GET", SENSORS, "", "");
    assert_code(p, 503);
    ask(p, "GET", "/apis/apps/v1", "", "");
    assert_code(p, 200);
    ask(p, "POST", "/mock/stale", JSON_TYPE,
        "{\"group\":\"edge.example.com\",\"version\":\"v1\",\"stale\":false}");
    ask(p, "GET", SENSORS, "", "");
    assert_code(p, 200);
    mock_stale(p->mock, "", "v1", true);
    ask(p, "GET", "/api/v1", "", "");
    assert_code(p, 503);
}

// ---- kinds that come and go ----------------------------------------------------------------

static void a_kind_can_come_while_a_watch_runs(void **state)
{
    struct peer *p = *state;
    struct mock_crd valves = {.group = "edge.example.com",
                              .version = "v1",
                              .plural = "valves",
                              .kind = "Valve",
                              .scale = true,
                              .short_name = "vl",
                              .category = "all things"};
    ask(p, "GET", SENSORS "?watch=1", "", "");
    assert_true(mock_add_crd(p->mock, &valves));
    assert_false(mock_add_crd(p->mock, &valves));
    assert_true(mock_apply(p->mock, "sensors", "{\"metadata\":{\"name\":\"s\"}}") > 0);
    assert_true(mock_apply(p->mock, "valves", "{\"metadata\":{\"name\":\"v\"}}") > 0);
    take(p);
    assert_events(p, "ADDED:s@2 ");
    p->connection = mock_connection_open(p->mock);
    ask(p, "GET", "/apis/edge.example.com/v1", "", "");
    assert_body_contains(p, "\"shortNames\":[\"vl\"],\"categories\":[\"all\",\"things\"]");
    assert_body_contains(p, "\"name\":\"valves/scale\"");
    ask(p, "GET", "/apis/edge.example.com/v1/valves/v/scale", "", "");
    assert_code(p, 200);
    ask(p, "POST", "/mock/crd", JSON_TYPE,
        "{\"group\":\"new.example.com\",\"version\":\"v2\",\"plural\":\"pumps\",\"kind\":"
        "\"Pump\"}");
    assert_code(p, 200);
    ask(p, "GET", "/apis/new.example.com/v2/namespaces/default/pumps", "", "");
    assert_body_contains(p, "\"kind\":\"PumpList\"");
    ask(p, "POST", "/mock/crd", JSON_TYPE, "{\"group\":\"new.example.com\"}");
    assert_code(p, 400);
}

static const char definition[] =
    "{\"apiVersion\":\"apiextensions.k8s.io/"
    "v1\",\"kind\":\"CustomResourceDefinition\",\"metadata\":{"
    "\"name\":\"lamps.home.example.com\"},\"spec\":{\"group\":\"home.example.com\",\"scope\":"
    "\"Namespaced\",\"names\":{\"plural\":\"lamps\",\"singular\":\"lamp\",\"kind\":\"Lamp\","
    "\"shortNames\":[\"lm\",\"lp\"],\"categories\":[\"all\"]},\"versions\":[{\"name\":\"v1\","
    "\"served\":true,\"storage\":true,\"subresources\":{\"status\":{}}},{\"name\":\"v0\","
    "\"served\":false,\"storage\":false}]}}";

static void a_definition_makes_a_kind_until_it_is_deleted(void **state)
{
    struct peer *p = *state;
    const char *lamps = "/apis/home.example.com/v1/namespaces/default/lamps";
    ask(p, "POST", CRDS "?dryRun=All", JSON_TYPE, definition);
    ask(p, "GET", lamps, "", "");
    assert_code(p, 404);
    ask(p, "POST", CRDS, JSON_TYPE, definition);
    assert_code(p, 201);
    assert_body_contains(p, "\"type\":\"Established\",\"status\":\"True\"");
    ask(p, "GET", "/apis/home.example.com/v1", "", "");
    assert_body_contains(p, "\"shortNames\":[\"lm\",\"lp\"]");
    assert_body_contains(p, "\"name\":\"lamps/status\"");
    ask(p, "GET", "/apis/home.example.com/v0", "", "");
    assert_code(p, 404);
    ask(p, "POST", lamps, JSON_TYPE, "{\"metadata\":{\"name\":\"desk\"},\"spec\":{\"on\":true}}");
    assert_code(p, 201);
    uint64_t version = mock_version(p->mock);
    ask(p, "GET", "/apis/home.example.com/v1/lamps?watch=1", "", "");
    struct mock_connection *watch = p->connection;
    p->connection = mock_connection_open(p->mock);
    ask(p, "DELETE", CRDS "/lamps.home.example.com", "", "");
    assert_code(p, 200);
    ask(p, "GET", lamps, "", "");
    assert_code(p, 404);
    ask(p, "GET", "/apis", "", "");
    char *body = body_of(p);
    assert_null(strstr(body, "home.example.com"));
    free(body);
    p->connection = watch;
    forget(p);
    take(p);
    assert_non_null(strstr(p->bytes, "\"type\":\"DELETED\""));
    assert_true(has_ended(p));
    assert_int_equal(mock_version(p->mock), version + 2);
    ask(p, "POST", CRDS, JSON_TYPE, definition);
    ask(p, "GET", lamps, "", "");
    assert_body_contains(p, "\"items\":[]");
}

// ---- warnings and connections --------------------------------------------------------------

static void replies_can_warn(void **state)
{
    struct peer *p = *state;
    mock_warn(p->mock, "say \"no\" to C:\\", NULL, 2);
    mock_warn(p->mock, "v1 ConfigMap is old", "configmaps", 1);
    ask(p, "GET", "/api/v1/pods", "", "");
    assert_non_null(strstr(p->bytes, "Warning: 299 - \"say \\\"no\\\" to C:\\\\\"\r\n"));
    assert_int_equal(occurrences(p->bytes, "Warning: "), 1);
    ask(p, "GET", CONFIGMAPS "/none", "", "");
    assert_code(p, 404);
    assert_int_equal(occurrences(p->bytes, "Warning: 299 - "), 2);
    assert_non_null(strstr(p->bytes, "Warning: 299 - \"v1 ConfigMap is old\"\r\n"));
    ask(p, "GET", CONFIGMAPS, "", "");
    assert_int_equal(occurrences(p->bytes, "Warning: "), 0);
    ask(p, "POST", "/mock/warn", JSON_TYPE, "{\"text\":\"for ever\",\"count\":0}");
    for (int i = 0; i < 3; i++) {
        ask(p, "GET", CONFIGMAPS "?watch=1&resourceVersion=99999", "Connection: close\r\n", "");
        assert_int_equal(occurrences(p->bytes, "Warning: "), 1);
        p->connection = mock_connection_open(p->mock);
    }
    mock_heal(p->mock);
    ask(p, "GET", CONFIGMAPS, "", "");
    assert_int_equal(occurrences(p->bytes, "Warning: "), 0);
    ask(p, "POST", "/mock/warn", JSON_TYPE, "{}");
    assert_code(p, 400);
}

static void a_warning_waits_with_its_request_and_goes_with_faults(void **state)
{
    struct peer *p = *state;
    mock_warn(p->mock, "w", NULL, 1);
    ask(p, "GET", CONFIGMAPS "?resourceVersion=50", "", "");
    assert_int_equal(p->len, 0);
    mock_tick(p->mock, 3000);
    take(p);
    assert_code(p, 504);
    assert_int_equal(occurrences(p->bytes, "Warning: "), 1);
    mock_warn(p->mock, "w", NULL, 1);
    mock_inject(p->mock,
                &(struct mock_fault){.kind = MOCK_FAULT_STATUS, .status = 429, .retry_after_s = 1});
    ask(p, "GET", CONFIGMAPS, "", "");
    assert_code(p, 429);
    assert_int_equal(occurrences(p->bytes, "Warning: "), 1);
}

static void a_reply_can_be_the_last(void **state)
{
    struct peer *p = *state;
    mock_last_replies(p->mock, 1);
    ask(p, "GET", CONFIGMAPS, "", "");
    assert_code(p, 200);
    assert_non_null(strstr(p->bytes, "Connection: close\r\n"));
    assert_int_equal(mock_connection_state(p->connection), MOCK_CLOSED);
    p->connection = mock_connection_open(p->mock);
    ask(p, "POST", "/mock/last-replies", JSON_TYPE, "{}");
    assert_int_equal(mock_connection_state(p->connection), MOCK_OPEN);
    ask(p, "GET", CONFIGMAPS, "", "");
    assert_int_equal(mock_connection_state(p->connection), MOCK_CLOSED);
    p->connection = mock_connection_open(p->mock);
    ask(p, "GET", CONFIGMAPS, "", "");
    assert_int_equal(mock_connection_state(p->connection), MOCK_OPEN);
}

static void idle_connections_are_closed(void **state)
{
    struct peer *p = *state;
    use(p, &(struct mock_options){.idle_ms = 1000});
    ask(p, "GET", CONFIGMAPS, "", "");
    assert_int_equal(mock_next_deadline(p->mock), 1000);
    mock_tick(p->mock, 900);
    ask(p, "GET", CONFIGMAPS, "", "");
    assert_int_equal(mock_next_deadline(p->mock), 1900);
    mock_tick(p->mock, 1899);
    assert_int_equal(mock_connection_state(p->connection), MOCK_OPEN);
    mock_tick(p->mock, 1900);
    assert_int_equal(mock_connection_state(p->connection), MOCK_CLOSED);
    assert_false(mock_connection_was_cut(p->connection));
    p->connection = mock_connection_open(p->mock);
    ask(p, "GET", CONFIGMAPS "?watch=1", "", "");
    mock_tick(p->mock, 30000); // a watch is not idle
    assert_int_equal(mock_connection_state(p->connection), MOCK_OPEN);
}

#define T(test) cmocka_unit_test_setup_teardown(test, peer_setup, peer_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(legacy_lists_tell_verbs_names_and_subresources),
        T(aggregated_discovery_can_be_cached),
        T(a_stale_version_is_told_and_answers_503),
        T(a_kind_can_come_while_a_watch_runs),
        T(a_definition_makes_a_kind_until_it_is_deleted),
        T(replies_can_warn),
        T(a_warning_waits_with_its_request_and_goes_with_faults),
        T(a_reply_can_be_the_last),
        T(idle_connections_are_closed),
    };
    return cmocka_run_group_tests_name("mock_discovery", tests, NULL, NULL);
}
