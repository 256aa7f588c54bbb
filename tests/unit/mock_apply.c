// SPDX-License-Identifier: Apache-2.0
// mock_apply.c - the mock API server's own tests: who owns which field, server-side apply, options
// of writes, validation of fields, deletion.
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
#include "replies.h"

#define APPLY        "Content-Type: application/apply-patch+yaml\r\n"
#define MERGE        "Content-Type: application/merge-patch+json\r\n"
#define CONFIG(rest) "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\"," rest "}"

// managedFields of an object as "manager/operation[/subresource]=fields " one behind the other.
static void assert_owners(struct peer *p, const char *path, const char *wanted)
{
    char found[4096] = "";
    ask(p, "GET", path, "", "");
    json_t *object = json_of(p), *entries = at(object, "metadata.managedFields"), *entry;
    size_t i;
    json_array_foreach(entries, i, entry)
    {
        const char *sub = string_at(entry, "subresource");
        char *fields = json_dumps(at(entry, "fieldsV1"), JSON_COMPACT);
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s/%s%s%s=%s ",
                 string_at(entry, "manager"), string_at(entry, "operation"), *sub ? "/" : "", sub,
                 fields);
        free(fields);
    }
    json_decref(object);
    assert_string_equal(found, wanted);
}

// ---- updates -------------------------------------------------------------------------------

static void a_writer_owns_what_it_changed(void **state)
{
    struct peer *p = *state;
    ask(p, "POST", CONFIGMAPS "?fieldManager=one", JSON_TYPE,
        "{\"metadata\":{\"name\":\"a\",\"labels\":{\"x\":\"1\"}},\"data\":{\"k\":\"1\",\"l\":\"1\"}"
        "}");
    assert_code(p, 201);
    assert_owners(p, CONFIGMAPS "/a",
                  "one/Update={\"f:data\":{\".\":{},\"f:k\":{},\"f:l\":{}},\"f:metadata\":{"
                  "\"f:labels\":{\".\":{},\"f:x\":{}}}} ");
    mock_tick(p->mock, 5000);
    ask(p, "PATCH", CONFIGMAPS "/a?fieldManager=two", MERGE,
        "{\"data\":{\"k\":\"2\",\"m\":\"2\",\"l\":null}}");
    assert_code(p, 200);
    assert_owners(p, CONFIGMAPS "/a",
                  "one/Update={\"f:data\":{},\"f:metadata\":{\"f:labels\":{\".\":{},"
                  "\"f:x\":{}}}} two/Update={\"f:data\":{\"f:k\":{},\"f:m\":{}}} ");
    assert_body_contains(p, "\"time\":\"2026-01-01T00:00:05Z\"");
    assert_body_contains(p, "\"time\":\"2026-01-01T00:00:00Z\"");
}

static void the_manager_is_the_program_where_none_is_named(void **state)
{
    struct peer *p = *state;
    ask(p, "POST", CONFIGMAPS, JSON_TYPE "User-Agent: kedge/1.0 (linux)\r\n",
        "{\"metadata\":{\"name\":\"a\"},\"data\":{\"k\":\"1\"}}");
    assert_owners(p, CONFIGMAPS "/a", "kedge/Update={\"f:data\":{\".\":{},\"f:k\":{}}} ");
    ask(p, "PATCH", CONFIGMAPS "/a", MERGE, "{\"metadata\":{\"managedFields\":[]}}");
    assert_code(p, 200);
    assert_owners(p, CONFIGMAPS "/a", "");
    ask(p, "PATCH", CONFIGMAPS "/a", MERGE, "{\"data\":{\"k\":\"2\"}}");
    assert_owners(p, CONFIGMAPS "/a", "");
}

static void items_of_lists_are_owned_by_their_keys(void **state)
{
    struct peer *p = *state;
    ask(p, "POST", DEPLOYMENTS "?fieldManager=m", JSON_TYPE, DEPLOYMENT("web", 3, "web:1"));
    assert_owners(
        p, DEPLOYMENTS "/web",
        "m/Update={\"f:metadata\":{\"f:labels\":{\".\":{},\"f:app\":{}}},\"f:spec\":{"
        "\"f:replicas\":{},\"f:selector\":{},\"f:template\":{\"f:spec\":{\"f:containers\":{"
        "\"k:{\\\"name\\\":\\\"main\\\"}\":{\".\":{},\"f:image\":{},\"f:name\":{}},"
        "\"k:{\\\"name\\\":\\\"side\\\"}\":{\".\":{},\"f:image\":{},\"f:name\":{}}}}}}} ");
    ask(p, "PATCH", DEPLOYMENTS "/web/status?fieldManager=c", MERGE,
        "{\"status\":{\"readyReplicas\":1}}");
    assert_code(p, 200);
    ask(p, "PATCH", DEPLOYMENTS "/web/scale?fieldManager=s", MERGE, "{\"spec\":{\"replicas\":4}}");
    assert_code(p, 200);
    ask(p, "GET", DEPLOYMENTS "/web", "", "");
    assert_body_contains(p, "\"fieldsV1\":{\"f:status\":{\"f:readyReplicas\":{}}},"
                            "\"subresource\":\"status\"}");
    assert_body_contains(p, "\"manager\":\"s\",\"operation\":\"Update\",\"apiVersion\":\"apps/v1\","
                            "\"time\":\"2026-01-01T00:00:00Z\",\"fieldsType\":\"FieldsV1\","
                            "\"fieldsV1\":{\"f:spec\":{\"f:replicas\":{}}},"
                            "\"subresource\":\"scale\"}");
}

// Sends what a client sent once to a real server, from what the server made of it, and looks that
// the mock gives the fields to its manager as the real one did.
static void assert_as_real(struct peer *p, const char *reply, const char *item, const char *kind,
                           const char *api_version, const char *plural)
{
    static const char *const servers[] = {"uid", "resourceVersion", "creationTimestamp",
                                          "generation", "managedFields"};
    kedge_str real = reply_named(reply)->body;
    json_t *whole = json_loadb(real.ptr, real.len, 0, NULL);
    json_t *object = json_deep_copy(at(whole, item));
    json_t *fields = json_incref(at(object, "metadata.managedFields.0.fieldsV1"));
    char manager[64];
    char target[256];
    snprintf(manager, sizeof manager, "%s", string_at(object, "metadata.managedFields.0.manager"));
    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++)
        json_object_del(at(object, "metadata"), servers[i]);
    json_object_set_new(object, "kind", json_string(kind));
    json_object_set_new(object, "apiVersion", json_string(api_version));
    json_object_del(object, "status");
    const char *namespace = string_at(object, "metadata.namespace");
    snprintf(target, sizeof target, "/%s/%s%s/%s?fieldManager=%s",
             strchr(api_version, '/') ? "apis" : "api", api_version,
             *namespace ? "/namespaces/default" : "", plural, manager);
    json_object_del(at(object, "metadata"), "namespace");
    char *text = json_dumps(object, JSON_COMPACT), *wanted = json_dumps(fields, JSON_COMPACT);
    ask(p, "POST", target, JSON_TYPE, text);
    assert_code(p, 201);
    json_t *made = json_of(p);
    char *found = json_dumps(at(made, "metadata.managedFields.0.fieldsV1"), JSON_COMPACT);
    assert_string_equal(found, wanted);
    assert_string_equal(string_at(made, "metadata.managedFields.0.manager"), manager);
    free(found);
    free(wanted);
    free(text);
    json_decref(made);
    json_decref(fields);
    json_decref(object);
    json_decref(whole);
}

static void owners_are_those_of_a_real_server(void **state)
{
    struct peer *p = *state;
    assert_as_real(p, "get-deployment.http", "", "Deployment", "apps/v1", "deployments");
    assert_as_real(p, "list-leases.http", "items.0", "Lease", "coordination.k8s.io/v1", "leases");
    assert_as_real(p, "list-nodes.http", "items.0", "Node", "v1", "nodes");
    assert_as_real(p, "list-sensors.http", "items.0", "Sensor", "edge.example.com/v1", "sensors");
}

// ---- server-side apply ---------------------------------------------------------------------

static void two_appliers_conflict_until_one_forces(void **state)
{
    struct peer *p = *state;
    ask(p, "PATCH", CONFIGMAPS "/a?fieldManager=one", APPLY, CONFIG("\"data\":{\"a\":\"1\"}"));
    assert_code(p, 201);
    assert_owners(p, CONFIGMAPS "/a", "one/Apply={\"f:data\":{\"f:a\":{}}} ");
    ask(p, "PATCH", CONFIGMAPS "/a?fieldManager=two", APPLY, CONFIG("\"data\":{\"a\":\"2\"}"));
    assert_reason(p, 409, "Conflict");
    assert_body_contains(p,
                         "\"message\":\"Apply failed with 1 conflict: conflict with \\\"one\\\": "
                         ".data.a\",\"reason\":\"Conflict\",\"details\":{\"causes\":[{"
                         "\"reason\":\"FieldManagerConflict\",\"message\":\"conflict with "
                         "\\\"one\\\"\",\"field\":\".data.a\"}]},\"code\":409}");
    ask(p, "PATCH", CONFIGMAPS "/a?fieldManager=two&force=true", APPLY,
        CONFIG("\"data\":{\"a\":\"2\",\"b\":\"2\"}"));
    assert_code(p, 200);
    assert_owners(p, CONFIGMAPS "/a", "two/Apply={\"f:data\":{\"f:a\":{},\"f:b\":{}}} ");
    ask(p, "PATCH", CONFIGMAPS "/a?fieldManager=one", APPLY,
        CONFIG("\"data\":{\"a\":\"3\",\"b\":\"3\"}"));
    assert_reason(p, 409, "Conflict");
    assert_body_contains(p, "Apply failed with 2 conflicts: conflicts with \\\"two\\\":\\n- .data.a"
                            "\\n- .data.b");
}

static void the_same_value_may_be_owned_by_both(void **state)
{
    struct peer *p = *state;
    ask(p, "PATCH", CONFIGMAPS "/a?fieldManager=one", APPLY, CONFIG("\"data\":{\"a\":\"1\"}"));
    ask(p, "PATCH", CONFIGMAPS "/a?fieldManager=two", APPLY, CONFIG("\"data\":{\"a\":\"1\"}"));
    assert_code(p, 200);
    assert_owners(p, CONFIGMAPS "/a",
                  "one/Apply={\"f:data\":{\"f:a\":{}}} two/Apply={\"f:data\":{\"f:a\":{}}} ");
    uint64_t version = mock_version(p->mock);
    ask(p, "PATCH", CONFIGMAPS "/a?fieldManager=two", APPLY, CONFIG("\"data\":{\"a\":\"1\"}"));
    assert_code(p, 200);
    assert_int_equal(mock_version(p->mock), version); // nothing was to do
    ask(p, "PATCH", CONFIGMAPS "/a?fieldManager=one", APPLY, CONFIG("\"data\":{}"));
    assert_code(p, 200); // the other still has it
    assert_body_contains(p, "\"data\":{\"a\":\"1\"}");
    ask(p, "PATCH", CONFIGMAPS "/a?fieldManager=two", APPLY, CONFIG("\"data\":{\"b\":\"1\"}"));
    assert_body_contains(p, "\"data\":{\"b\":\"1\"}");
}

static void an_applier_takes_back_only_its_own(void **state)
{
    struct peer *p = *state;
    ask(p, "POST", DEPLOYMENTS "?fieldManager=u", JSON_TYPE, DEPLOYMENT("web", 3, "web:1"));
    ask(p, "PATCH", DEPLOYMENTS "/web?fieldManager=two", APPLY,
        "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"spec\":{\"minReadySeconds\":5,"
        "\"template\":{\"spec\":{\"containers\":[{\"name\":\"third\",\"image\":\"t:1\"},"
        "{\"name\":\"main\",\"env\":[{\"name\":\"E\",\"value\":\"1\"}]}]}}}}");
    assert_code(p, 200);
    json_t *object = json_of(p);
    assert_string_equal(string_at(object, "spec.template.spec.containers.0.env.0.name"), "E");
    assert_string_equal(string_at(object, "spec.template.spec.containers.2.name"), "third");
    json_decref(object);
    ask(p, "PATCH", DEPLOYMENTS "/web?fieldManager=two", APPLY,
        "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"spec\":{\"template\":{\"spec\":{"
        "\"containers\":[{\"name\":\"main\"}]}}}}");
    assert_code(p, 200);
    object = json_of(p);
    assert_null(at(object, "spec.minReadySeconds"));
    assert_int_equal(json_array_size(at(object, "spec.template.spec.containers")), 2);
    assert_null(at(object, "spec.template.spec.containers.0.env"));
    assert_string_equal(string_at(object, "spec.template.spec.containers.0.image"), "web:1");
    json_decref(object);
    ask(p, "PATCH", DEPLOYMENTS "/web?fieldManager=two", APPLY,
        "{\"apiVersion\":\"apps/"
        "v1\",\"kind\":\"Deployment\",\"spec\":{\"replicas\":9,\"template\":{"
        "\"spec\":{\"containers\":[{\"name\":\"main\",\"image\":\"web:2\"}]}}}}");
    assert_reason(p, 409, "Conflict");
    assert_body_contains(p, "conflict with \\\"u\\\" using apps/v1");
    assert_body_contains(p, "\"field\":\".spec.replicas\"");
    assert_body_contains(p,
                         "\"field\":\".spec.template.spec.containers[name=\\\"main\\\"].image\"");
}

static void an_update_takes_fields_from_an_applier(void **state)
{
    struct peer *p = *state;
    ask(p, "PATCH", CONFIGMAPS "/a?fieldManager=one", APPLY, CONFIG("\"data\":{\"a\":\"1\"}"));
    ask(p, "PATCH", CONFIGMAPS "/a?fieldManager=hand", MERGE, "{\"data\":{\"a\":\"2\"}}");
    assert_owners(p, CONFIGMAPS "/a", "hand/Update={\"f:data\":{\"f:a\":{}}} ");
    ask(p, "PATCH", CONFIGMAPS "/a?fieldManager=one", APPLY, CONFIG("\"data\":{\"a\":\"1\"}"));
    assert_reason(p, 409, "Conflict");
    assert_body_contains(p, "conflict with \\\"hand\\\" using v1: .data.a");
}

static void what_was_before_the_first_apply_has_an_owner(void **state)
{
    struct peer *p = *state;
    apply_config(p, "a", "x");
    ask(p, "PATCH", CONFIGMAPS "/a", MERGE, "{\"metadata\":{\"managedFields\":[{}]}}");
    ask(p, "PATCH", CONFIGMAPS "/a?fieldManager=one", APPLY, CONFIG("\"data\":{\"b\":\"1\"}"));
    assert_code(p, 200);
    assert_owners(p, CONFIGMAPS "/a",
                  "one/Apply={\"f:data\":{\"f:b\":{}}} before-first-apply/Update={\"f:data\":{"
                  "\".\":{},\"f:a\":{}},\"f:metadata\":{\"f:labels\":{\".\":{},\"f:tier\":{}}}} ");
}

static void applied_configurations_are_checked(void **state)
{
    struct peer *p = *state;
    const char *path = CONFIGMAPS "/a?fieldManager=one";
    ask(p, "PATCH", path, APPLY, "{\"data\":{}}");
    assert_reason(p, 400, "BadRequest");
    assert_body_contains(p, "Incorrect version specified in apply patch. Specified patch version: "
                            ", expected: v1");
    ask(p, "PATCH", path, APPLY, CONFIG("\"metadata\":{\"managedFields\":[]}"));
    assert_reason(p, 400, "BadRequest");
    assert_body_contains(p, "metadata.managedFields must be nil");
    ask(p, "PATCH", path, APPLY, CONFIG("\"dat\":1"));
    assert_code(p, 500);
    assert_body_contains(p, ".dat: field not declared in schema");
    ask(p, "PATCH", path, APPLY, "[]");
    assert_reason(p, 400, "BadRequest");
    ask(p, "PATCH", DEPLOYMENTS "/a/status?fieldManager=one", APPLY,
        "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"status\":{}}");
    assert_reason(p, 404, "NotFound");
    ask(p, "PATCH", path, APPLY, CONFIG("\"metadata\":{\"name\":\"b\"}"));
    assert_reason(p, 400, "BadRequest");
    assert_int_equal(mock_count(p->mock, "configmaps"), 0);
    ask(p, "PATCH", CONFIGMAPS "/a?fieldManager=one&dryRun=All", APPLY,
        CONFIG("\"data\":{\"a\":\"1\"}"));
    assert_code(p, 201);
    assert_int_equal(mock_count(p->mock, "configmaps"), 0);
}

static void status_and_scale_can_be_applied(void **state)
{
    struct peer *p = *state;
    ask(p, "POST", DEPLOYMENTS "?fieldManager=u", JSON_TYPE, DEPLOYMENT("web", 3, "web:1"));
    ask(p, "PATCH", DEPLOYMENTS "/web/status?fieldManager=c", APPLY,
        "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"spec\":{\"replicas\":8},"
        "\"status\":{\"readyReplicas\":2}}");
    assert_code(p, 200);
    assert_body_contains(p, "\"replicas\":3");
    assert_body_contains(p, "\"status\":{\"readyReplicas\":2}");
    const char *scale = "{\"apiVersion\":\"autoscaling/v1\",\"kind\":\"Scale\",\"spec\":{"
                        "\"replicas\":7}}";
    ask(p, "PATCH", DEPLOYMENTS "/web/scale?fieldManager=s", APPLY, scale);
    assert_reason(p, 409, "Conflict");
    assert_body_contains(p, "\"field\":\".spec.replicas\"");
    ask(p, "PATCH", DEPLOYMENTS "/web/scale?fieldManager=s&force=1", APPLY, scale);
    assert_code(p, 200);
    assert_body_contains(p, "\"kind\":\"Scale\"");
    assert_body_contains(p, "\"spec\":{\"replicas\":7}");
    ask(p, "PATCH", DEPLOYMENTS "/web?fieldManager=t", APPLY,
        "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"spec\":{\"replicas\":6}}");
    assert_reason(p, 409, "Conflict");
    assert_body_contains(p, "conflict with \\\"s\\\" with subresource \\\"scale\\\"");
}

static void custom_resources_are_applied_with_atomic_lists(void **state)
{
    struct peer *p = *state;
    ask(p, "PATCH", SENSORS "/a?fieldManager=one", APPLY,
        "{\"apiVersion\":\"edge.example.com/v1\",\"kind\":\"Sensor\",\"metadata\":{\"finalizers\":["
        "\"example.com/x\"]},\"spec\":{\"ports\":[{\"containerPort\":1}],\"unit\":\"C\"}}");
    assert_code(p, 201);
    assert_owners(p, SENSORS "/a",
                  "one/Apply={\"f:metadata\":{\"f:finalizers\":{\"v:\\\"example.com/x\\\"\":{}}},"
                  "\"f:spec\":{\"f:ports\":{},\"f:unit\":{}}} ");
    ask(p, "PATCH", SENSORS "/a?fieldManager=two", APPLY,
        "{\"apiVersion\":\"edge.example.com/v1\",\"kind\":\"Sensor\",\"metadata\":{\"finalizers\":["
        "\"example.com/y\"]}}");
    assert_code(p, 200);
    assert_body_contains(p, "\"finalizers\":[\"example.com/x\",\"example.com/y\"]");
    ask(p, "PATCH", SENSORS "/a?fieldManager=one", APPLY,
        "{\"apiVersion\":\"edge.example.com/v1\",\"kind\":\"Sensor\",\"spec\":{\"unit\":\"C\"}}");
    assert_code(p, 200);
    assert_body_contains(p, "\"finalizers\":[\"example.com/y\"]");
    assert_body_contains(p, "\"spec\":{\"unit\":\"C\"}");
}

static void a_server_without_managed_fields_merges_only(void **state)
{
    struct peer *p = *state;
    use(p, &(struct mock_options){.no_managed_fields = true});
    ask(p, "PATCH", CONFIGMAPS "/a?fieldManager=one", APPLY, CONFIG("\"data\":{\"a\":\"1\"}"));
    ask(p, "PATCH", CONFIGMAPS "/a?fieldManager=one", APPLY, CONFIG("\"data\":{\"b\":\"1\"}"));
    assert_code(p, 200);
    assert_owners(p, CONFIGMAPS "/a", "");
}

// ---- options -------------------------------------------------------------------------------

static void every_unknown_field_is_named(void **state)
{
    struct peer *p = *state;
    const char *body = "{\"metadata\":{\"name\":\"w\",\"lables\":{}},\"spec\":{\"replicaz\":1,"
                       "\"template\":{\"spec\":{\"containers\":[{\"name\":\"a\"},{\"nam\":\"b\"}]}}"
                       "},\"foo\":{}}";
    ask(p, "POST", DEPLOYMENTS "?fieldValidation=Strict", JSON_TYPE, body);
    assert_reason(p, 400, "BadRequest");
    assert_body_contains(p, "strict decoding error: unknown field \\\"foo\\\", unknown field "
                            "\\\"metadata.lables\\\", unknown field \\\"spec.replicaz\\\", unknown "
                            "field \\\"spec.template.spec.containers[1].nam\\\"\"");
    ask(p, "POST", DEPLOYMENTS "?fieldValidation=Ignore", JSON_TYPE, body);
    assert_code(p, 201);
    assert_int_equal(occurrences(p->bytes, "Warning: "), 0);
    assert_int_equal(occurrences(p->bytes, "replicaz"), 0);
    ask(p, "PATCH", DEPLOYMENTS "/w", MERGE, "{\"bar\":1,\"spec\":{\"foo\":1}}");
    assert_code(p, 200);
    assert_non_null(strstr(p->bytes, "Warning: 299 - \"unknown field \\\"bar\\\"\"\r\n"
                                     "Warning: 299 - \"unknown field \\\"spec.foo\\\"\"\r\n"));
    ask(p, "POST", DEPLOYMENTS "?fieldValidation=Sharp", JSON_TYPE, body);
    assert_reason(p, 422, "Invalid");
    assert_body_contains(p, "CreateOptions.meta.k8s.io \\\"\\\" is invalid: fieldValidation: "
                            "Unsupported value: \\\"Sharp\\\"");
}

static void options_of_writes_are_checked(void **state)
{
    struct peer *p = *state;
    char path[400] = CONFIGMAPS "?fieldManager=";
    ask(p, "POST", CONFIGMAPS "?dryRun=Some", JSON_TYPE, "{\"metadata\":{\"name\":\"a\"}}");
    assert_reason(p, 422, "Invalid");
    assert_body_contains(p, "dryRun");
    memset(path + strlen(path), 'm', 129);
    ask(p, "POST", path, JSON_TYPE, "{\"metadata\":{\"name\":\"a\"}}");
    assert_reason(p, 422, "Invalid");
    assert_body_contains(p, "Too long: may not be more than 128 bytes");
}

static void dry_runs_answer_as_if(void **state)
{
    struct peer *p = *state;
    apply_config(p, "a", "x");
    uint64_t version = mock_version(p->mock);
    ask(p, "PUT", CONFIGMAPS "/a?dryRun=All", JSON_TYPE,
        "{\"metadata\":{\"name\":\"a\"},\"data\":{\"k\":\"v\"}}");
    assert_code(p, 200);
    assert_body_contains(p, "\"data\":{\"k\":\"v\"}");
    ask(p, "PATCH", CONFIGMAPS "/a?dryRun=All", MERGE, "{\"data\":{\"k\":\"w\"}}");
    assert_body_contains(p, "\"k\":\"w\"");
    ask(p, "DELETE", CONFIGMAPS "/a?dryRun=All", "", "");
    assert_body_contains(p, "\"status\":\"Success\"");
    ask(p, "DELETE", CONFIGMAPS, JSON_TYPE, "{\"dryRun\":[\"All\"]}");
    assert_code(p, 200);
    assert_body_contains(p, "\"name\":\"a\"");
    assert_int_equal(mock_version(p->mock), version);
    assert_int_equal(mock_count(p->mock, "configmaps"), 1);
}

// ---- deletion ------------------------------------------------------------------------------

static void deletion_has_preconditions_and_policies(void **state)
{
    struct peer *p = *state;
    ask(p, "POST", DEPLOYMENTS, JSON_TYPE, DEPLOYMENT("web", 3, "web:1"));
    ask(p, "DELETE", DEPLOYMENTS "/web", JSON_TYPE, "{\"preconditions\":{\"uid\":\"no\"}}");
    assert_reason(p, 409, "Conflict");
    assert_body_contains(p, "Operation cannot be fulfilled on Deployment.apps \\\"web\\\": the UID "
                            "in the precondition (no) does not match the UID in record (");
    assert_body_contains(p, "\"details\":{\"name\":\"web\",\"group\":\"apps\","
                            "\"kind\":\"Deployment\"}");
    ask(p, "DELETE", DEPLOYMENTS "/web?propagationPolicy=Sideways", "", "");
    assert_reason(p, 422, "Invalid");
    ask(p, "DELETE", DEPLOYMENTS "/web?gracePeriodSeconds=x", "", "");
    assert_reason(p, 400, "BadRequest");
    ask(p, "DELETE", DEPLOYMENTS "/web", "Content-Type: text/plain\r\n", "{}");
    assert_reason(p, 415, "UnsupportedMediaType");
    assert_int_equal(mock_count(p->mock, "deployments"), 1);
}

static void make_family(struct peer *p)
{
    struct mock_item owner;
    char json[400];
    mock_apply(p->mock, "deployments", "{\"metadata\":{\"name\":\"web\"}}");
    assert_true(mock_get(p->mock, "deployments", "default", "web", &owner));
    snprintf(json, sizeof json,
             "{\"metadata\":{\"name\":\"web-1\",\"ownerReferences\":[{\"kind\":\"Deployment\","
             "\"name\":\"web\",\"uid\":\"%s\"}]}}",
             owner.uid);
    mock_apply(p->mock, "replicasets", json);
    assert_true(mock_get(p->mock, "replicasets", "default", "web-1", &owner));
    snprintf(json, sizeof json,
             "{\"metadata\":{\"name\":\"web-1-a\",\"ownerReferences\":[{\"kind\":\"ReplicaSet\","
             "\"name\":\"web-1\",\"uid\":\"%s\"}]}}",
             owner.uid);
    mock_apply(p->mock, "pods", json);
}

static void dependents_go_with_their_owner_or_stay(void **state)
{
    struct peer *p = *state;
    make_family(p);
    ask(p, "DELETE", DEPLOYMENTS "/web", JSON_TYPE, "{\"propagationPolicy\":\"Orphan\"}");
    assert_code(p, 200);
    assert_body_contains(p, "\"finalizers\":[\"orphan\"]");
    assert_int_equal(mock_count(p->mock, "deployments"), 0);
    assert_int_equal(mock_count(p->mock, "pods"), 1);
    struct mock_item orphan;
    assert_true(mock_get(p->mock, "replicasets", "default", "web-1", &orphan));
    assert_null(strstr(orphan.text, "\"ownerReferences\":"));
    mock_delete(p->mock, "replicasets", "default", "web-1");
    mock_delete(p->mock, "pods", "default", "web-1-a");
    make_family(p);
    ask(p, "DELETE", DEPLOYMENTS "/web?propagationPolicy=Foreground", "", "");
    assert_code(p, 200);
    assert_body_contains(p, "\"finalizers\":[\"foregroundDeletion\"]");
    assert_int_equal(mock_count(p->mock, "replicasets") + mock_count(p->mock, "pods"), 0);
    make_family(p);
    ask(p, "DELETE", DEPLOYMENTS "/web", "", "");
    assert_body_contains(p, "\"status\":\"Success\"");
    assert_int_equal(mock_count(p->mock, "replicasets") + mock_count(p->mock, "pods"), 0);
}

static void pods_are_given_their_grace(void **state)
{
    struct peer *p = *state;
    const char *pod = "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"nodeName\":\"n1\"}}";
    mock_apply(p->mock, "pods", pod);
    ask(p, "DELETE", "/api/v1/namespaces/default/pods/a", JSON_TYPE, "{\"gracePeriodSeconds\":7}");
    assert_code(p, 200);
    assert_body_contains(p, "\"deletionTimestamp\":\"2026-01-01T00:00:07Z\","
                            "\"deletionGracePeriodSeconds\":7");
    mock_apply(p->mock, "pods", pod);
    ask(p, "DELETE", "/api/v1/namespaces/default/pods/a?gracePeriodSeconds=0", "", "");
    assert_code(p, 200);
    ask(p, "GET", "/api/v1/pods?watch=1&resourceVersion=4", "", "");
    assert_events(p, "ADDED:a@5 DELETED:a@6 "); // no mark: it went at once
}

#define T(test) cmocka_unit_test_setup_teardown(test, peer_setup, peer_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_writer_owns_what_it_changed),
        T(the_manager_is_the_program_where_none_is_named),
        T(items_of_lists_are_owned_by_their_keys),
        T(owners_are_those_of_a_real_server),
        T(two_appliers_conflict_until_one_forces),
        T(the_same_value_may_be_owned_by_both),
        T(an_applier_takes_back_only_its_own),
        T(an_update_takes_fields_from_an_applier),
        T(what_was_before_the_first_apply_has_an_owner),
        T(applied_configurations_are_checked),
        T(status_and_scale_can_be_applied),
        T(custom_resources_are_applied_with_atomic_lists),
        T(a_server_without_managed_fields_merges_only),
        T(every_unknown_field_is_named),
        T(options_of_writes_are_checked),
        T(dry_runs_answer_as_if),
        T(deletion_has_preconditions_and_policies),
        T(dependents_go_with_their_owner_or_stay),
        T(pods_are_given_their_grace),
    };
    return cmocka_run_group_tests_name("mock_apply", tests, NULL, NULL);
}
