// SPDX-License-Identifier: Apache-2.0
// What a request becomes on the wire: path, query, body; and what is refused before it is sent.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/rest_target.h"

static const char *target_of(const struct kedge_request *r)
{
    static char buf[1024];
    struct kedge__line l;
    const char *member;
    const char *problem;
    assert_null(kedge__rest_problem(r));
    kedge__line_init(&l, buf, sizeof buf);
    kedge__rest_target(&l, r, &member, &problem);
    assert_null(problem);
    assert_false(l.cut);
    return buf;
}

#define DEPLOYMENTS .group = "apps", .version = "v1", .resource = "deployments"
#define PODS        .version = "v1", .resource = "pods"

static void paths_are_made_of_their_parts(void **state)
{
    (void)state;
    static const struct kedge_http_pair verbose = {{"verbose", 7}, {"", 0}};
    static const struct {
        const char *path;
        struct kedge_request r;
    } rows[] = {
        {"/api/v1/pods", {.verb = KEDGE_LIST, PODS}},
        {"/api/v1/pods", {.verb = KEDGE_LIST, PODS, .namespace_ = ""}},
        {"/api/v1/pods", {.verb = KEDGE_LIST, PODS, .group = ""}},
        {"/api/v1/namespaces/default/pods", {.verb = KEDGE_CREATE, PODS, .namespace_ = "default"}},
        {"/api/v1/nodes/edge-1",
         {.verb = KEDGE_GET, .version = "v1", .resource = "nodes", .name = "edge-1"}},
        {"/apis/apps/v1/namespaces/default/deployments/web",
         {.verb = KEDGE_GET, DEPLOYMENTS, .namespace_ = "default", .name = "web"}},
        {"/apis/apps/v1/namespaces/default/deployments/web/status",
         {.verb = KEDGE_UPDATE,
          DEPLOYMENTS,
          .namespace_ = "default",
          .name = "web",
          .subresource = "status"}},
        {"/api/v1/nodes/edge-1/proxy/metrics",
         {.verb = KEDGE_GET,
          .version = "v1",
          .resource = "nodes",
          .name = "edge-1",
          .subresource = "proxy/metrics"}},
        {"/apis/e.example.com/v1/sensors/a%20b",
         {.verb = KEDGE_GET,
          .group = "e.example.com",
          .version = "v1",
          .resource = "Sensors",
          .name = "a b"}},
        {"/api/v1/pods/x", {.verb = KEDGE_PATCH, PODS, .namespace_ = "", .name = "x"}},
        {"/healthz", {.verb = KEDGE_GET, .path = "/healthz"}},
        {"/healthz?verbose=",
         {.verb = KEDGE_GET, .path = "/healthz", .parameters = &verbose, .parameter_count = 1}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(target_of(&rows[i].r), rows[i].path);
}

static void options_are_sent_in_the_order_of_their_names(void **state)
{
    (void)state;
    struct kedge_request r = {
        .verb = KEDGE_WATCH,
        PODS,
        .options = {.label_selector = "app=web,tier!=db",
                    .field_selector = "spec.nodeName=edge-1",
                    .resource_version = "12",
                    .resource_version_match = KEDGE_NOT_OLDER_THAN,
                    .timeout_seconds = KEDGE_JUST(423),
                    .allow_watch_bookmarks = true,
                    .send_initial_events = KEDGE_JUST(0)},
        .timeout = 423 * KEDGE_SECOND,
    };
    assert_string_equal(target_of(&r),
                        "/api/v1/pods?allowWatchBookmarks=true&fieldSelector=spec.nodeName%3Dedge-1"
                        "&labelSelector=app%3Dweb%2Ctier%21%3Ddb&resourceVersion=12"
                        "&resourceVersionMatch=NotOlderThan&sendInitialEvents=false"
                        "&timeout=7m3s&timeoutSeconds=423&watch=true");
    r = (struct kedge_request){
        .verb = KEDGE_LIST,
        PODS,
        .options = {.limit = 500, .continue_ = "a/b", .resource_version = ""}};
    assert_string_equal(target_of(&r), "/api/v1/pods?continue=a%2Fb&limit=500");
    r = (struct kedge_request){.verb = KEDGE_APPLY,
                               PODS,
                               .name = "x",
                               .options = {.dry_run = true,
                                           .field_manager = "me",
                                           .force = KEDGE_JUST(1),
                                           .field_validation = KEDGE_VALIDATION_STRICT}};
    assert_string_equal(
        target_of(&r),
        "/api/v1/pods/x?dryRun=All&fieldManager=me&fieldValidation=Strict&force=true");
}

static void parameters_keep_both_values_of_a_name(void **state)
{
    (void)state;
    const struct kedge_http_pair more[] = {
        {KEDGE_STR("z"), KEDGE_STR("1")},        {KEDGE_STR("limit"), KEDGE_STR("2")},
        {KEDGE_STR("a"), KEDGE_STR("2")},        {KEDGE_STR("a"), KEDGE_STR("1")},
        {KEDGE_STR("timeout"), KEDGE_STR("9s")}, {KEDGE_STR("ab"), KEDGE_STR("3")}};
    struct kedge_request r = {.verb = KEDGE_LIST,
                              PODS,
                              .options = {.limit = 1},
                              .parameters = more,
                              .parameter_count = 6};
    // Without a time-out of the request, a parameter of that name is one like any other.
    assert_string_equal(target_of(&r), "/api/v1/pods?a=2&a=1&ab=3&limit=1&limit=2&timeout=9s&z=1");
    r.timeout = 1500;
    assert_string_equal(target_of(&r),
                        "/api/v1/pods?a=2&a=1&ab=3&limit=1&limit=2&timeout=1.5s&z=1");
}

static const struct {
    const char *what;
    struct kedge_request r;
} no_requests[] = {
    {"resource, version", {.verb = KEDGE_LIST}},
    {"resource, version", {.verb = KEDGE_LIST, .resource = "pods"}},
    {"name: name is required", {.verb = KEDGE_GET, PODS}},
    {"name: name is required", {.verb = KEDGE_UPDATE, PODS}},
    {"name: name is required", {.verb = KEDGE_DELETE, PODS}},
    {"name: resource name may not be empty", {.verb = KEDGE_GET, PODS, .name = ""}},
    {"name: is required for a subresource", {.verb = KEDGE_CREATE, PODS, .subresource = "binding"}},
    {"name: of one object only", {.verb = KEDGE_LIST, PODS, .name = "x"}},
    {"may not be set during creation", {.verb = KEDGE_CREATE, PODS, .namespace_ = ""}},
    {"when a resource name is provided", {.verb = KEDGE_GET, PODS, .namespace_ = "", .name = "x"}},
    {"when a resource name is provided",
     {.verb = KEDGE_DELETE, PODS, .namespace_ = "", .name = "x"}},
    {"path: besides", {.verb = KEDGE_GET, .path = "/api", .resource = "pods"}},
    {"path: besides", {.verb = KEDGE_GET, .path = "/api", .name = "x"}},
    {"path: besides", {.verb = KEDGE_GET, .path = "/api", .namespace_ = "x"}},
    {"path: besides", {.verb = KEDGE_GET, .path = "/api", .subresource = "x"}},
    {"path: begins", {.verb = KEDGE_GET, .path = "api"}},
    {"path: begins", {.verb = KEDGE_GET, .path = "/api?x"}},
    {"label_selector", {.verb = KEDGE_GET, PODS, .name = "x", .options = {.label_selector = "a"}}},
    {"resource_version:", {.verb = KEDGE_CREATE, PODS, .options = {.resource_version = "1"}}},
    {"resource_version_match", {.verb = KEDGE_GET, PODS, .name = "x", .options = {.limit = 5}}},
    {"label_selector", {.verb = KEDGE_GET, PODS, .name = "x", .options = {.field_selector = "a"}}},
    {"resource_version_match",
     {.verb = KEDGE_GET, PODS, .name = "x", .options = {.continue_ = "a"}}},
    {"resource_version_match",
     {.verb = KEDGE_GET, PODS, .name = "x", .options = {.timeout_seconds = {true, 1}}}},
    {"resource_version_match",
     {.verb = KEDGE_GET, PODS, .name = "x", .options = {.resource_version_match = KEDGE_EXACT}}},
    {"limit, timeout_seconds: negative", {.verb = KEDGE_LIST, PODS, .options = {.limit = -1}}},
    {"limit, timeout_seconds: negative",
     {.verb = KEDGE_LIST, PODS, .options = {.timeout_seconds = {true, -1}}}},
    {"only to watch", {.verb = KEDGE_LIST, PODS, .options = {.allow_watch_bookmarks = true}}},
    {"only to watch", {.verb = KEDGE_LIST, PODS, .options = {.send_initial_events = {true, 0}}}},
    {"field_manager", {.verb = KEDGE_LIST, PODS, .options = {.field_manager = "me"}}},
    {"force: only", {.verb = KEDGE_PATCH, PODS, .name = "x", .options = {.force = {true, 0}}}},
    {"dry_run", {.verb = KEDGE_LIST, PODS, .options = {.dry_run = true}}},
    {"only to delete", {.verb = KEDGE_LIST, PODS, .options = {.grace_period_seconds = {true, 0}}}},
    {"only to delete", {.verb = KEDGE_CREATE, PODS, .options = {.precondition_uid = ""}}},
    {"only to delete",
     {.verb = KEDGE_LIST, PODS, .options = {.precondition_resource_version = ""}}},
    {"only to delete", {.verb = KEDGE_LIST, PODS, .options = {.orphan_dependents = {true, 0}}}},
    {"only to delete",
     {.verb = KEDGE_LIST, PODS, .options = {.propagation = KEDGE_PROPAGATION_ORPHAN}}},
    {"only to delete", {.verb = KEDGE_LIST, PODS, .options = {.ignore_store_read_error = true}}},
    {"body: that of a deletion", {.verb = KEDGE_DELETE, PODS, .name = "x", .body = {"{}", 2}}},
    {"verb, patch_type", {.verb = (enum kedge_verb)9, PODS}},
    {"verb, patch_type", {.verb = KEDGE_PATCH, PODS, .patch_type = (enum kedge_patch_type)3}},
    {"no such value",
     {.verb = KEDGE_LIST,
      PODS,
      .options = {.resource_version_match = (enum kedge_version_match)9}}},
    {"no such value",
     {.verb = KEDGE_CREATE, PODS, .options = {.field_validation = (enum kedge_field_validation)9}}},
    {"no such value",
     {.verb = KEDGE_LIST, PODS, .options = {.propagation = (enum kedge_propagation)4}}},
    {"timeout: negative", {.verb = KEDGE_LIST, PODS, .timeout = -1}},
    {"parameters: more than 64", {.verb = KEDGE_LIST, PODS, .parameter_count = 65}},
};

static void what_is_no_request_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof no_requests / sizeof no_requests[0]; i++) {
        const char *problem = kedge__rest_problem(&no_requests[i].r);
        if (problem == NULL || strstr(problem, no_requests[i].what) == NULL)
            fail_msg("row %zu: %s", i, problem != NULL ? problem : "no problem");
    }
}

static void segments_that_leave_their_place_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {".", "..", "a/b", "a%2fb"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct kedge_request rows[] = {
            {.verb = KEDGE_GET, PODS, .namespace_ = bad[i], .name = "x"},
            {.verb = KEDGE_GET, PODS, .name = bad[i]},
            {.verb = KEDGE_LIST, .version = "v1", .resource = bad[i]},
            {.verb = KEDGE_LIST, .version = bad[i], .resource = "pods"},
            {.verb = KEDGE_LIST, .group = bad[i], .version = "v1", .resource = "pods"},
        };
        static const char *const members[] = {"namespace_", "name", "resource", "version", "group"};
        for (size_t j = 0; j < 5; j++) {
            char buf[256];
            struct kedge__line l;
            const char *member;
            const char *problem;
            kedge__line_init(&l, buf, sizeof buf);
            kedge__rest_target(&l, &rows[j], &member, &problem);
            assert_non_null(problem);
            assert_string_equal(member, members[j]);
        }
    }
    // A subresource may have parts, but each is a segment.
    static const char *const subresources[] = {"..", "a/../b", "/a", "a//b", "a%"};
    for (size_t i = 0; i < sizeof subresources / sizeof subresources[0]; i++) {
        char buf[256];
        struct kedge__line l;
        const char *member;
        const char *problem;
        struct kedge_request r = {
            .verb = KEDGE_GET, PODS, .name = "x", .subresource = subresources[i]};
        kedge__line_init(&l, buf, sizeof buf);
        kedge__rest_target(&l, &r, &member, &problem);
        assert_non_null(problem);
        assert_string_equal(member, "subresource");
    }
}

static void durations_are_written_as_in_go(void **state)
{
    (void)state;
    static const struct {
        kedge_time ms;
        const char *text;
    } rows[] = {
        {1, "1ms"},          {999, "999ms"},         {1000, "1s"},           {1500, "1.5s"},
        {1050, "1.05s"},     {1001, "1.001s"},       {60000, "1m0s"},        {423000, "7m3s"},
        {3600000, "1h0m0s"}, {3661010, "1h1m1.01s"}, {360000000, "100h0m0s"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char buf[32];
        struct kedge__line l;
        kedge__line_init(&l, buf, sizeof buf);
        kedge__rest_duration(&l, rows[i].ms);
        assert_string_equal(buf, rows[i].text);
    }
}

static void delete_options_tell_unset_from_zero(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        struct kedge_options o;
    } rows[] = {
        {"{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\"}", {.limit = 0}},
        {"{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"gracePeriodSeconds\":0}",
         {.grace_period_seconds = {true, 0}}},
        {"{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"preconditions\":{\"uid\":\"\"}}",
         {.precondition_uid = ""}},
        {"{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"preconditions\":{"
         "\"resourceVersion\":\"7\"},\"orphanDependents\":false}",
         {.precondition_resource_version = "7", .orphan_dependents = {true, 0}}},
        {"{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"propagationPolicy\":\"Foreground\","
         "\"dryRun\":[\"All\"]}",
         {.propagation = KEDGE_PROPAGATION_FOREGROUND, .dry_run = true}},
        {"{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"propagationPolicy\":\"Orphan\","
         "\"ignoreStoreReadErrorWithClusterBreakingPotential\":true}",
         {.propagation = KEDGE_PROPAGATION_ORPHAN, .ignore_store_read_error = true}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kedge_request r = {.verb = KEDGE_DELETE, PODS, .name = "x", .options = rows[i].o};
        char buf[512];
        kedge_str body;
        assert_null(kedge__rest_problem(&r));
        // In every size but the right one there is no room.
        size_t len = strlen(rows[i].json);
        for (size_t cap = 0; cap < len; cap++)
            assert_int_equal(kedge__rest_delete_options(&r, buf, cap, &body), KEDGE_ERR_TOO_LONG);
        assert_int_equal(kedge__rest_delete_options(&r, buf, len, &body), KEDGE_OK);
        assert_int_equal(body.len, len);
        assert_memory_equal(body.ptr, rows[i].json, len);
    }
}

static void verbs_have_their_methods_and_types(void **state)
{
    (void)state;
    static const struct {
        enum kedge_verb verb;
        enum kedge_patch_type patch;
        const char *method;
        const char *type;
    } rows[] = {
        {KEDGE_GET, KEDGE_PATCH_MERGE, "GET", "application/json"},
        {KEDGE_LIST, KEDGE_PATCH_MERGE, "GET", "application/json"},
        {KEDGE_WATCH, KEDGE_PATCH_MERGE, "GET", "application/json"},
        {KEDGE_CREATE, KEDGE_PATCH_MERGE, "POST", "application/json"},
        {KEDGE_UPDATE, KEDGE_PATCH_MERGE, "PUT", "application/json"},
        {KEDGE_PATCH, KEDGE_PATCH_MERGE, "PATCH", "application/merge-patch+json"},
        {KEDGE_PATCH, KEDGE_PATCH_STRATEGIC, "PATCH", "application/strategic-merge-patch+json"},
        {KEDGE_PATCH, KEDGE_PATCH_JSON, "PATCH", "application/json-patch+json"},
        {KEDGE_APPLY, KEDGE_PATCH_MERGE, "PATCH", "application/apply-patch+yaml"},
        {KEDGE_DELETE, KEDGE_PATCH_MERGE, "DELETE", "application/json"},
        {KEDGE_DELETE_COLLECTION, KEDGE_PATCH_MERGE, "DELETE", "application/json"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kedge_request r = {.verb = rows[i].verb, .patch_type = rows[i].patch};
        assert_string_equal(kedge__rest_method(r.verb), rows[i].method);
        assert_string_equal(kedge__rest_content_type(&r), rows[i].type);
        r.content_type = "text/plain";
        assert_string_equal(kedge__rest_content_type(&r), "text/plain");
    }
}

static void requests_are_described(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct kedge_request r;
    } rows[] = {
        {"get /healthz", {.verb = KEDGE_GET, .path = "/healthz"}},
        {"list pods", {.verb = KEDGE_LIST, PODS}},
        {"delete collection pods in a", {.verb = KEDGE_DELETE_COLLECTION, PODS, .namespace_ = "a"}},
        {"patch deployments.apps/scale \"w?b\" in default",
         {.verb = KEDGE_PATCH,
          DEPLOYMENTS,
          .name = "w\nb",
          .namespace_ = "default",
          .subresource = "scale"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char buf[256];
        struct kedge__line l;
        kedge__line_init(&l, buf, sizeof buf);
        kedge__rest_describe(&l, &rows[i].r);
        assert_string_equal(buf, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_made_of_their_parts),
        cmocka_unit_test(options_are_sent_in_the_order_of_their_names),
        cmocka_unit_test(parameters_keep_both_values_of_a_name),
        cmocka_unit_test(what_is_no_request_is_named),
        cmocka_unit_test(segments_that_leave_their_place_are_refused),
        cmocka_unit_test(durations_are_written_as_in_go),
        cmocka_unit_test(delete_options_tell_unset_from_zero),
        cmocka_unit_test(verbs_have_their_methods_and_types),
        cmocka_unit_test(requests_are_described),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
