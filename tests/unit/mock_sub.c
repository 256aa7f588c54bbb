// SPDX-License-Identifier: Apache-2.0
// mock_sub.c - the mock API server's own tests: scale, logs, evictions, bindings, tokens.
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

#define PODS     "/api/v1/namespaces/default/pods"
#define LOG      PODS "/web/log"
#define ACCOUNTS "/api/v1/namespaces/default/serviceaccounts"

static void make_pod(struct peer *p, const char *name, const char *node, const char *phase)
{
    char json[512];
    snprintf(json, sizeof json,
             "{\"metadata\":{\"name\":\"%s\",\"labels\":{\"app\":\"web\"}},\"spec\":{\"nodeName\":"
             "\"%s\",\"containers\":[{\"name\":\"main\"}]},\"status\":{\"phase\":\"%s\","
             "\"conditions\":[{\"type\":\"Ready\",\"status\":\"%s\"}]}}",
             name, node, phase, strcmp(phase, "Running") ? "False" : "True");
    assert_true(mock_apply(p->mock, "pods", json) > 0);
}

static void assert_body(const struct peer *p, const char *wanted)
{
    char *body = body_of(p);
    assert_string_equal(body, wanted);
    free(body);
}

// ---- scale ---------------------------------------------------------------------------------

static void every_workload_has_a_scale(void **state)
{
    struct peer *p = *state;
    static const char *const kinds[] = {"deployments", "replicasets", "statefulsets"};
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        snprintf(path, sizeof path, "/apis/apps/v1/namespaces/default/%s/web/scale", kinds[i]);
        mock_apply(p->mock, kinds[i],
                   "{\"metadata\":{\"name\":\"web\"},\"spec\":{\"replicas\":2,\"selector\":{"
                   "\"matchLabels\":{\"app\":\"web\"}}}}");
        ask(p, "PUT", path, JSON_TYPE,
            "{\"metadata\":{\"name\":\"web\"},\"spec\":{\"replicas\":5}}");
        assert_code(p, 200);
        ask(p, "GET", path, "", "");
        assert_body_contains(p, "{\"kind\":\"Scale\",\"apiVersion\":\"autoscaling/v1\"");
        assert_body_contains(p, "\"spec\":{\"replicas\":5},\"status\":{\"replicas\":0,"
                                "\"selector\":\"app=web\"}}");
        ask(p, "DELETE", path, "", "");
        assert_reason(p, 405, "MethodNotAllowed");
    }
    ask(p, "GET", SENSORS "/a/scale", "", "");
    assert_code(p, 404);
}

// ---- logs ----------------------------------------------------------------------------------

static void a_log_can_be_read_as_the_options_say(void **state)
{
    struct peer *p = *state;
    make_pod(p, "web", "n1", "Running");
    ask(p, "GET", LOG, "", "");
    assert_code(p, 200);
    assert_non_null(strstr(p->bytes, "Content-Type: text/plain\r\n"));
    assert_body(p, "");
    assert_true(mock_log(p->mock, "default", "web", NULL, "one"));
    mock_tick(p->mock, 90500);
    assert_true(mock_log(p->mock, "default", "web", "main", "two"));
    assert_true(mock_log(p->mock, "default", "web", "main", "three"));
    ask(p, "GET", LOG, "", "");
    assert_non_null(strstr(p->bytes, "Content-Length: 14\r\n"));
    assert_body(p, "one\ntwo\nthree\n");
    ask(p, "GET", LOG "?container=main&tailLines=2&watch=1", "", "");
    assert_body(p, "two\nthree\n");
    ask(p, "GET", LOG "?tailLines=0", "", "");
    assert_body(p, "");
    ask(p, "GET", LOG "?sinceSeconds=60", "", "");
    assert_body(p, "two\nthree\n");
    ask(p, "GET", LOG "?sinceTime=2026-01-01T00%3A01%3A30.5Z", "", "");
    assert_body(p, "two\nthree\n");
    ask(p, "GET", LOG "?sinceTime=2026-01-01T01%3A01%3A30.501%2B01%3A00", "", "");
    assert_body(p, "");
    ask(p, "GET", LOG "?timestamps=true&tailLines=1", "", "");
    assert_body(p, "2026-01-01T00:01:30.500000000Z three\n");
    ask(p, "GET", LOG "?limitBytes=6", "", "");
    assert_body(p, "one\ntw");
}

static void logs_that_cannot_be_are_refused(void **state)
{
    struct peer *p = *state;
    ask(p, "GET", LOG, "", "");
    assert_reason(p, 404, "NotFound");
    assert_false(mock_log(p->mock, "default", "web", NULL, "x"));
    make_pod(p, "web", "", "Pending");
    ask(p, "GET", LOG, "", "");
    assert_code(p, 204); // no node, no kubelet
    assert_null(strstr(p->bytes, "Content-Length"));
    make_pod(p, "web", "n1", "Pending");
    ask(p, "GET", LOG, "", "");
    assert_reason(p, 400, "BadRequest");
    assert_body_contains(p, "container \\\"main\\\" in pod \\\"web\\\" is waiting to start: "
                            "ContainerCreating");
    make_pod(p, "web", "n1", "Running");
    assert_false(mock_log(p->mock, "default", "web", "other", "x"));
    ask(p, "GET", LOG "?container=other", "", "");
    assert_reason(p, 400, "BadRequest");
    assert_body_contains(p, "container other is not valid for pod web");
    ask(p, "GET", LOG "?previous=true", "", "");
    assert_reason(p, 400, "BadRequest");
    assert_body_contains(p,
                         "previous terminated container \\\"main\\\" in pod \\\"web\\\" not found");
    ask(p, "GET", LOG "?tailLines=-1", "", "");
    assert_reason(p, 422, "Invalid");
    assert_body_contains(p, "PodLogOptions \\\"web\\\" is invalid: tailLines: Invalid value: -1: "
                            "must be greater than or equal to 0");
    ask(p, "GET", LOG "?limitBytes=0", "", "");
    assert_reason(p, 422, "Invalid");
    ask(p, "GET", LOG "?sinceSeconds=x", "", "");
    assert_reason(p, 400, "BadRequest");
    ask(p, "GET", LOG "?sinceSeconds=1&sinceTime=2026-01-01T00%3A00%3A00Z", "", "");
    assert_reason(p, 422, "Invalid");
    assert_body_contains(p, "at most one of `sinceTime` or `sinceSeconds` may be specified");
    ask(p, "GET", LOG "?sinceTime=yesterday", "", "");
    assert_reason(p, 400, "BadRequest");
    ask(p, "POST", LOG, JSON_TYPE, "{}");
    assert_reason(p, 405, "MethodNotAllowed");
}

static void the_container_must_be_named_where_there_are_several(void **state)
{
    struct peer *p = *state;
    mock_apply(
        p->mock, "pods",
        "{\"metadata\":{\"name\":\"web\"},\"spec\":{\"nodeName\":\"n1\",\"containers\":[{"
        "\"name\":\"main\"},{\"name\":\"side\"}],\"initContainers\":[{\"name\":\"init\"}]}}");
    assert_true(mock_log(p->mock, "default", "web", "init", "prepared"));
    ask(p, "GET", LOG, "", "");
    assert_reason(p, 400, "BadRequest");
    assert_body_contains(p, "a container name must be specified for pod web, choose one of: [main "
                            "side init]");
    ask(p, "GET", LOG "?container=init", "", "");
    assert_body(p, "prepared\n");
    mock_apply(p->mock, "pods", "{\"metadata\":{\"name\":\"bare\"},\"spec\":{}}");
    ask(p, "GET", PODS "/bare/log", "", "");
    assert_reason(p, 400, "BadRequest");
}

static void a_followed_log_ends_with_its_pod(void **state)
{
    struct peer *p = *state;
    make_pod(p, "web", "n1", "Running");
    mock_log(p->mock, "default", "web", NULL, "one");
    ask(p, "GET", LOG "?follow=true", "", "");
    assert_code(p, 200);
    assert_non_null(strstr(p->bytes, "Transfer-Encoding: chunked\r\n"));
    assert_body(p, "one\n");
    mock_log(p->mock, "default", "web", NULL, "two");
    take(p);
    assert_body(p, "one\ntwo\n");
    assert_false(has_ended(p));
    mock_log(p->mock, "default", "web", NULL, "last words");
    mock_delete(p->mock, "pods", "default", "web");
    make_pod(p, "web", "n1", "Running"); // another of the same name
    mock_log(p->mock, "default", "web", NULL, "first words");
    take(p);
    assert_body(p, "one\ntwo\nlast words\n");
    assert_true(has_ended(p));
    ask(p, "GET", LOG, "", "");
    assert_body(p, "first words\n");
}

static void a_followed_log_may_be_limited(void **state)
{
    struct peer *p = *state;
    make_pod(p, "web", "n1", "Running");
    ask(p, "GET", LOG "?follow=true&limitBytes=5", "", "");
    assert_false(has_ended(p));
    mock_log(p->mock, "default", "web", NULL, "one");
    take(p);
    assert_false(has_ended(p));
    mock_log(p->mock, "default", "web", NULL, "two");
    take(p);
    assert_body(p, "one\nt");
    assert_true(has_ended(p));
}

static void a_container_that_starts_anew_has_a_previous_log(void **state)
{
    struct peer *p = *state;
    make_pod(p, "web", "n1", "Running");
    mock_log(p->mock, "default", "web", NULL, "one");
    ask(p, "GET", LOG "?follow=true", "", "");
    assert_true(mock_log_restart(p->mock, "default", "web", NULL));
    assert_false(mock_log_restart(p->mock, "default", "web", "none"));
    take(p);
    assert_true(has_ended(p));
    mock_log(p->mock, "default", "web", NULL, "two");
    ask(p, "GET", LOG, "", "");
    assert_body(p, "two\n");
    ask(p, "GET", LOG "?previous=true", "", "");
    assert_body(p, "one\n");
    mock_log_restart(p->mock, "default", "web", NULL);
    mock_log_restart(p->mock, "default", "web", NULL);
    ask(p, "GET", LOG "?previous=true&follow=true", "", "");
    assert_body(p, "");
    assert_true(has_ended(p));
}

static void a_long_log_comes_whole(void **state)
{
    struct peer *p = *state;
    char line[100];
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = 0;
    make_pod(p, "web", "n1", "Running");
    for (int i = 0; i < 5000; i++)
        mock_log(p->mock, "default", "web", NULL, line);
    ask(p, "GET", LOG, "", "");
    char *body = body_of(p);
    assert_int_equal(strlen(body), 5000 * sizeof line);
    free(body);
    assert_true(has_ended(p));
}

static void logs_are_printed_over_http(void **state)
{
    struct peer *p = *state;
    make_pod(p, "web", "n1", "Running");
    ask(p, "POST", "/mock/log", JSON_TYPE, "{\"pod\":\"web\",\"lines\":[\"one\",\"two\"]}");
    assert_code(p, 200);
    ask(p, "POST", "/mock/log", JSON_TYPE,
        "{\"namespace\":\"default\",\"pod\":\"web\",\"container\":\"main\",\"restart\":true,"
        "\"line\":\"three\"}");
    ask(p, "GET", LOG, "", "");
    assert_body(p, "three\n");
    ask(p, "POST", "/mock/log", JSON_TYPE, "{\"pod\":\"none\",\"line\":\"x\"}");
    assert_code(p, 400);
}

// ---- binding -------------------------------------------------------------------------------

#define BINDING(name, node)                                                      \
    "{\"apiVersion\":\"v1\",\"kind\":\"Binding\",\"metadata\":{\"name\":\"" name \
    "\",\"annotations\":{\"by\":\"me\"}},\"target\":{\"kind\":\"Node\",\"name\":\"" node "\"}}"

static void a_binding_puts_a_pod_on_a_node_once(void **state)
{
    struct peer *p = *state;
    make_pod(p, "web", "", "Pending");
    ask(p, "POST", PODS "/web/binding?dryRun=All", JSON_TYPE, BINDING("web", "n1"));
    assert_code(p, 201);
    ask(p, "POST", PODS "/web/binding", JSON_TYPE, BINDING("web", "n1"));
    assert_code(p, 201);
    assert_body_contains(p, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},"
                            "\"status\":\"Success\",\"code\":201}");
    ask(p, "GET", PODS "/web", "", "");
    json_t *pod = json_of(p);
    assert_string_equal(string_at(pod, "spec.nodeName"), "n1");
    assert_string_equal(string_at(pod, "metadata.annotations.by"), "me");
    assert_string_equal(string_at(pod, "status.conditions.1.type"), "PodScheduled");
    json_decref(pod);
    assert_chosen(p, "/api/v1/pods?fieldSelector=spec.nodeName%3Dn1", "web ");
    ask(p, "POST", PODS "/web/binding", JSON_TYPE, BINDING("web", "n2"));
    assert_reason(p, 409, "Conflict");
    assert_body_contains(p, "Operation cannot be fulfilled on pods/binding \\\"web\\\": pod web is "
                            "already assigned to node \\\"n1\\\"");
    assert_body_contains(p, "\"details\":{\"name\":\"web\",\"kind\":\"pods/binding\"}");
}

static void bindings_are_checked(void **state)
{
    struct peer *p = *state;
    ask(p, "POST", PODS "/web/binding", JSON_TYPE, BINDING("web", "n1"));
    assert_reason(p, 404, "NotFound");
    make_pod(p, "web", "", "Pending");
    ask(p, "POST", PODS "/web/binding", JSON_TYPE, BINDING("other", "n1"));
    assert_reason(p, 400, "BadRequest");
    ask(p, "POST", PODS "/web/binding", JSON_TYPE, BINDING("web", ""));
    assert_code(p, 500);
    assert_body_contains(p, "target.name: Required value");
    ask(p, "POST", PODS "/web/binding", JSON_TYPE,
        "{\"metadata\":{\"name\":\"web\"},\"target\":{\"kind\":\"Moon\",\"name\":\"n1\"}}");
    assert_code(p, 500);
    ask(p, "POST", PODS "/web/binding", JSON_TYPE,
        "{\"metadata\":{\"name\":\"web\",\"uid\":\"no\"},\"target\":{\"name\":\"n1\"}}");
    assert_reason(p, 409, "Conflict");
    ask(p, "POST", PODS "/web/binding", JSON_TYPE, "{");
    assert_reason(p, 400, "BadRequest");
    ask(p, "GET", PODS "/web/binding", "", "");
    assert_reason(p, 405, "MethodNotAllowed");
    mock_apply(p->mock, "pods",
               "{\"metadata\":{\"name\":\"web\",\"finalizers\":[\"example.com/x\"]},\"spec\":{}}");
    ask(p, "DELETE", PODS "/web", "", "");
    ask(p, "POST", PODS "/web/binding", JSON_TYPE, BINDING("web", "n1"));
    assert_reason(p, 409, "Conflict");
    assert_body_contains(p, "pod web is being deleted, cannot be assigned to a host");
}

// ---- eviction ------------------------------------------------------------------------------

#define EVICTION(name, more)                                                             \
    "{\"apiVersion\":\"policy/v1\",\"kind\":\"Eviction\",\"metadata\":{\"name\":\"" name \
    "\"}" more "}"

static void evict(struct peer *p)
{
    ask(p, "POST", PODS "/web/eviction", JSON_TYPE, EVICTION("web", ""));
}

static void an_evicted_pod_goes(void **state)
{
    struct peer *p = *state;
    make_pod(p, "web", "n1", "Running");
    ask(p, "POST", PODS "/web/eviction", JSON_TYPE,
        EVICTION("web", ",\"deleteOptions\":{\"dryRun\":[\"All\"]}"));
    assert_code(p, 201);
    assert_int_equal(mock_version(p->mock), 2);
    ask(p, "POST", PODS "/web/eviction", JSON_TYPE,
        EVICTION("web", ",\"deleteOptions\":{\"preconditions\":{\"resourceVersion\":\"1\"}}"));
    assert_reason(p, 409, "Conflict");
    ask(p, "POST", PODS "/web/eviction", JSON_TYPE,
        EVICTION("web", ",\"deleteOptions\":{\"preconditions\":{\"resourceVersion\":\"2\"},"
                        "\"gracePeriodSeconds\":9}"));
    assert_code(p, 201);
    assert_body_contains(p, "\"status\":\"Success\",\"code\":201}");
    ask(p, "GET", "/api/v1/pods?watch=1&resourceVersion=2", "", "");
    assert_events(p, "MODIFIED:web@3 MODIFIED:web@4 DELETED:web@5 ");
    assert_body_contains(p, "\"type\":\"DisruptionTarget\"");
    assert_body_contains(p, "\"deletionGracePeriodSeconds\":9");
    p->connection = mock_connection_open(p->mock);
    evict(p);
    assert_reason(p, 404, "NotFound");
    ask(p, "POST", PODS "/other/eviction", JSON_TYPE, EVICTION("web", ""));
    assert_reason(p, 400, "BadRequest");
}

static void a_budget_forbids_evictions(void **state)
{
    struct peer *p = *state;
    make_pod(p, "web", "n1", "Running");
    assert_true(mock_forbid_eviction(p->mock, "default", "guard", false));
    evict(p);
    assert_reason(p, 429, "TooManyRequests");
    assert_body_contains(p, "\"message\":\"Cannot evict pod as it would violate the pod's "
                            "disruption budget.\",\"reason\":\"TooManyRequests\",\"details\":{"
                            "\"causes\":[{\"reason\":\"DisruptionBudget\",\"message\":\"The "
                            "disruption budget guard needs 1 healthy pods and has 0 currently\"}]},"
                            "\"code\":429}");
    assert_null(strstr(p->bytes, "Retry-After"));
    mock_forbid_eviction(p->mock, "default", "guard", true);
    evict(p);
    assert_reason(p, 429, "TooManyRequests");
    assert_non_null(strstr(p->bytes, "Retry-After: 10\r\n"));
    assert_body_contains(p, "is still being processed by the server.");
    mock_forbid_eviction(p->mock, "default", "second", false);
    evict(p);
    assert_code(p, 201); // so a real server does it
    assert_body_contains(p, "\"status\":\"Failure\"");
    assert_int_equal(mock_count(p->mock, "pods"), 1);
    make_pod(p, "web", "n1", "Pending");
    evict(p);
    assert_code(p, 201);
    assert_int_equal(mock_count(p->mock, "pods"), 0);
}

static void a_budget_is_spent_by_whom_it_selects(void **state)
{
    struct peer *p = *state;
    make_pod(p, "web", "n1", "Running");
    mock_apply(
        p->mock, "poddisruptionbudgets",
        "{\"metadata\":{\"name\":\"other\"},\"spec\":{\"selector\":{\"matchLabels\":{\"app\":"
        "\"db\"}}}}");
    mock_apply(p->mock, "poddisruptionbudgets", "{\"metadata\":{\"name\":\"none\"},\"spec\":{}}");
    mock_apply(
        p->mock, "poddisruptionbudgets",
        "{\"metadata\":{\"name\":\"guard\",\"generation\":1},\"spec\":{\"selector\":{"
        "\"matchExpressions\":[{\"key\":\"app\",\"operator\":\"In\",\"values\":[\"web\",\"x\"]"
        "},{\"key\":\"y\",\"operator\":\"DoesNotExist\"}]}},\"status\":{"
        "\"observedGeneration\":1,\"disruptionsAllowed\":1,\"currentHealthy\":3,"
        "\"desiredHealthy\":2}}");
    ask(p, "POST", PODS "/web/eviction?dryRun=All", JSON_TYPE, EVICTION("web", ""));
    assert_code(p, 201);
    evict(p);
    assert_code(p, 201);
    ask(p, "GET", "/apis/policy/v1/namespaces/default/poddisruptionbudgets/guard", "", "");
    assert_body_contains(p, "\"disruptionsAllowed\":0");
    assert_body_contains(p, "\"disruptedPods\":{\"web\":\"2026-01-01T00:00:00Z\"}");
    make_pod(p, "web", "n1", "Running");
    evict(p);
    assert_reason(p, 429, "TooManyRequests");
    assert_body_contains(p, "does not allow evicting pods currently");
}

static void a_pod_that_is_not_ready_may_be_missed(void **state)
{
    struct peer *p = *state;
    const char *sick = "{\"metadata\":{\"name\":\"web\"},\"spec\":{},\"status\":{\"phase\":"
                       "\"Running\"}}";
    mock_apply(p->mock, "pods", sick);
    mock_apply(p->mock, "poddisruptionbudgets",
               "{\"metadata\":{\"name\":\"guard\"},\"spec\":{\"selector\":{}},\"status\":{"
               "\"currentHealthy\":1,\"desiredHealthy\":2}}");
    evict(p);
    assert_reason(p, 429, "TooManyRequests");
    mock_apply(p->mock, "poddisruptionbudgets",
               "{\"metadata\":{\"name\":\"guard\"},\"spec\":{\"selector\":{}},\"status\":{"
               "\"currentHealthy\":2,\"desiredHealthy\":2}}");
    evict(p);
    assert_code(p, 201);
    mock_apply(p->mock, "pods", sick);
    mock_apply(p->mock, "poddisruptionbudgets",
               "{\"metadata\":{\"name\":\"guard\"},\"spec\":{\"selector\":{},"
               "\"unhealthyPodEvictionPolicy\":\"AlwaysAllow\"}}");
    evict(p);
    assert_code(p, 201);
    assert_int_equal(mock_count(p->mock, "pods"), 0);
}

// ---- tokens --------------------------------------------------------------------------------

static char *ask_for_token(struct peer *p, const char *headers, const char *body)
{
    char all[256];
    snprintf(all, sizeof all, JSON_TYPE "%s", headers);
    ask(p, "POST", ACCOUNTS "/robot/token", all, body);
    assert_code(p, 201);
    json_t *reply = json_of(p);
    const char *token = string_at(reply, "status.token");
    char *header = calloc(1, strlen(token) + 64);
    sprintf(header, "Authorization: Bearer %s\r\n", token);
    json_decref(reply);
    return header;
}

static void a_requested_token_is_accepted_until_it_expires(void **state)
{
    struct peer *p = *state;
    const char *admin = "Authorization: Bearer a\r\n";
    mock_apply(p->mock, "serviceaccounts", "{\"metadata\":{\"name\":\"robot\"}}");
    mock_add_token(p->mock, "a", "admin", 0);
    char *robot = ask_for_token(p, admin, "{\"spec\":{\"expirationSeconds\":600}}");
    assert_body_contains(p,
                         "{\"kind\":\"TokenRequest\",\"apiVersion\":\"authentication.k8s.io/v1\"");
    assert_body_contains(p, "\"expirationTimestamp\":\"2026-01-01T00:10:00Z\"");
    assert_body_contains(p, "\"spec\":{\"audiences\":[\"https://kubernetes.default.svc.cluster."
                            "local\"],\"expirationSeconds\":600,\"boundObjectRef\":null}");
    assert_int_equal(occurrences(robot, "."), 2);
    ask(p, "GET", CONFIGMAPS, robot, "");
    assert_code(p, 200);
    mock_forbid(p->mock, "system:serviceaccount:default:robot", "list", "pods");
    ask(p, "GET", PODS, robot, "");
    assert_reason(p, 403, "Forbidden");
    mock_tick(p->mock, 599999);
    ask(p, "GET", CONFIGMAPS, robot, "");
    assert_code(p, 200);
    mock_tick(p->mock, 600000);
    ask(p, "GET", CONFIGMAPS, robot, "");
    assert_reason(p, 401, "Unauthorized");
    free(robot);
    robot = ask_for_token(p, admin, "{\"spec\":{\"audiences\":[\"vault\"]}}");
    ask(p, "GET", CONFIGMAPS, robot, "");
    assert_reason(p, 401, "Unauthorized");
    free(robot);
    robot = ask_for_token(p, admin, "{}");
    mock_delete(p->mock, "serviceaccounts", "default", "robot");
    ask(p, "GET", CONFIGMAPS, robot, "");
    assert_reason(p, 401, "Unauthorized");
    free(robot);
}

static void token_requests_are_checked(void **state)
{
    struct peer *p = *state;
    ask(p, "POST", ACCOUNTS "/robot/token", JSON_TYPE, "{}");
    assert_reason(p, 404, "NotFound");
    mock_apply(p->mock, "serviceaccounts", "{\"metadata\":{\"name\":\"robot\"}}");
    ask(p, "POST", ACCOUNTS "/robot/token", JSON_TYPE, "{\"spec\":{\"expirationSeconds\":10}}");
    assert_reason(p, 422, "Invalid");
    assert_body_contains(p, "TokenRequest.authentication.k8s.io \\\"\\\" is invalid: "
                            "spec.expirationSeconds: Invalid value: 10: may not specify a duration "
                            "less than 10 minutes");
    ask(p, "POST", ACCOUNTS "/robot/token", JSON_TYPE, "{\"metadata\":{\"name\":\"x\"}}");
    assert_reason(p, 422, "Invalid");
    ask(p, "POST", ACCOUNTS "/robot/token", JSON_TYPE, "[]");
    assert_reason(p, 400, "BadRequest");
    ask(p, "POST", ACCOUNTS "/robot/token", "Content-Type: application/yaml\r\n", "");
    assert_reason(p, 415, "UnsupportedMediaType");
    free(ask_for_token(p, "", "{}"));
    ask(p, "GET", CONFIGMAPS, "", "");
    assert_code(p, 200); // a server that asks for no credentials still does not
}

#define T(test) cmocka_unit_test_setup_teardown(test, peer_setup, peer_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_workload_has_a_scale),
        T(a_log_can_be_read_as_the_options_say),
        T(logs_that_cannot_be_are_refused),
        T(the_container_must_be_named_where_there_are_several),
        T(a_followed_log_ends_with_its_pod),
        T(a_followed_log_may_be_limited),
        T(a_container_that_starts_anew_has_a_previous_log),
        T(a_long_log_comes_whole),
        T(logs_are_printed_over_http),
        T(a_binding_puts_a_pod_on_a_node_once),
        T(bindings_are_checked),
        T(an_evicted_pod_goes),
        T(a_budget_forbids_evictions),
        T(a_budget_is_spent_by_whom_it_selects),
        T(a_pod_that_is_not_ready_may_be_missed),
        T(a_requested_token_is_accepted_until_it_expires),
        T(token_requests_are_checked),
    };
    return cmocka_run_group_tests_name("mock_sub", tests, NULL, NULL);
}
