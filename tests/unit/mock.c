// SPDX-License-Identifier: Apache-2.0
// mock.c - the mock API server's own tests, in process: objects, paths, media types.
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

// ---- objects -------------------------------------------------------------------------------

static void a_created_object_has_identity_and_can_be_read(void **state)
{
    struct peer *p = *state;
    ask(p, "POST", DEPLOYMENTS, JSON_TYPE, DEPLOYMENT("web", 3, "web:1"));
    assert_code(p, 201);
    json_t *made = json_of(p);
    assert_int_equal(strlen(string_at(made, "metadata.uid")), 36);
    assert_string_equal(string_at(made, "metadata.creationTimestamp"), "2026-01-01T00:00:00Z");
    assert_string_equal(string_at(made, "metadata.namespace"), "default");
    assert_int_equal(json_integer_value(at(made, "metadata.generation")), 1);
    assert_true(json_is_object(at(made, "status")));
    assert_string_equal(string_at(made, "metadata.managedFields.0.fieldsType"), "FieldsV1");
    assert_true(json_is_object(at(made, "metadata.managedFields.0.fieldsV1.f:spec.f:replicas")));
    ask(p, "GET", DEPLOYMENTS "/web", "", "");
    assert_code(p, 200);
    json_t *read = json_of(p);
    assert_true(json_equal(made, read));
    json_decref(made);
    json_decref(read);
}

static void a_second_create_is_refused(void **state)
{
    struct peer *p = *state;
    ask(p, "POST", CONFIGMAPS, JSON_TYPE, "{\"metadata\":{\"name\":\"odd\"}}");
    assert_code(p, 201);
    ask(p, "POST", CONFIGMAPS, JSON_TYPE, "{\"metadata\":{\"name\":\"odd\"}}");
    assert_reason(p, 409, "AlreadyExists");
    assert_body_contains(p, "configmaps \\\"odd\\\" already exists");
}

static void names_are_generated_and_checked(void **state)
{
    struct peer *p = *state;
    ask(p, "POST", CONFIGMAPS, JSON_TYPE, "{\"metadata\":{\"generateName\":\"job-\"}}");
    assert_code(p, 201);
    json_t *made = json_of(p);
    assert_int_equal(strlen(string_at(made, "metadata.name")), 9);
    json_decref(made);
    ask(p, "POST", CONFIGMAPS, JSON_TYPE, "{\"metadata\":{}}");
    assert_reason(p, 422, "Invalid");
    ask(p, "POST", CONFIGMAPS, JSON_TYPE, "{\"metadata\":{\"name\":\"Bad_Name\"}}");
    assert_reason(p, 422, "Invalid");
    assert_body_contains(p, "\"field\":\"metadata.name\"");
}

static void an_update_with_an_old_version_conflicts(void **state)
{
    struct peer *p = *state;
    apply_config(p, "odd", "a");
    ask(p, "PUT", CONFIGMAPS "/odd", JSON_TYPE,
        "{\"metadata\":{\"name\":\"odd\",\"resourceVersion\":\"1\"},\"data\":{\"a\":\"2\"}}");
    assert_reason(p, 409, "Conflict");
    ask(p, "PUT", CONFIGMAPS "/odd", JSON_TYPE,
        "{\"metadata\":{\"name\":\"odd\",\"resourceVersion\":\"2\"},\"data\":{\"a\":\"2\"}}");
    assert_code(p, 200);
    assert_body_contains(p, "\"resourceVersion\":\"3\"");
}

static void an_update_that_changes_nothing_makes_no_version(void **state)
{
    struct peer *p = *state;
    apply_config(p, "odd", "a");
    uint64_t version = mock_version(p->mock);
    ask(p, "PUT", CONFIGMAPS "/odd", JSON_TYPE,
        "{\"data\":{\"a\":\"1\"},\"metadata\":{\"name\":\"odd\",\"labels\":{\"tier\":\"a\"}}}");
    assert_code(p, 200);
    assert_int_equal(mock_version(p->mock), version);
}

static void status_and_spec_are_written_apart(void **state)
{
    struct peer *p = *state;
    ask(p, "POST", DEPLOYMENTS, JSON_TYPE, DEPLOYMENT("web", 3, "web:1"));
    ask(p, "PUT", DEPLOYMENTS "/web/status", JSON_TYPE,
        "{\"metadata\":{\"name\":\"web\"},\"spec\":{\"replicas\":9},"
        "\"status\":{\"readyReplicas\":2}}");
    assert_code(p, 200);
    json_t *object = json_of(p);
    assert_int_equal(json_integer_value(at(object, "spec.replicas")), 3);
    assert_int_equal(json_integer_value(at(object, "status.readyReplicas")), 2);
    assert_int_equal(json_integer_value(at(object, "metadata.generation")), 1);
    json_decref(object);
    ask(p, "PUT", DEPLOYMENTS "/web", JSON_TYPE, DEPLOYMENT("web", 4, "web:1"));
    object = json_of(p);
    assert_int_equal(json_integer_value(at(object, "status.readyReplicas")), 2);
    assert_int_equal(json_integer_value(at(object, "metadata.generation")), 2);
    json_decref(object);
}

static void scale_reads_and_writes_the_replicas(void **state)
{
    struct peer *p = *state;
    ask(p, "POST", DEPLOYMENTS, JSON_TYPE, DEPLOYMENT("web", 3, "web:1"));
    ask(p, "GET", DEPLOYMENTS "/web/scale", "", "");
    assert_body_contains(p, "\"spec\":{\"replicas\":3},\"status\":{\"replicas\":0,"
                            "\"selector\":\"app=web\"}}");
    ask(p, "PATCH", DEPLOYMENTS "/web/scale", "Content-Type: application/merge-patch+json\r\n",
        "{\"spec\":{\"replicas\":5}}");
    assert_code(p, 200);
    assert_body_contains(p, "\"spec\":{\"replicas\":5}");
    ask(p, "PUT", DEPLOYMENTS "/web/scale", JSON_TYPE,
        "{\"kind\":\"Scale\",\"apiVersion\":\"autoscaling/v1\",\"metadata\":{\"name\":\"web\","
        "\"resourceVersion\":\"1\"},\"spec\":{\"replicas\":6}}");
    assert_reason(p, 409, "Conflict");
    ask(p, "GET", DEPLOYMENTS "/web", "", "");
    json_t *object = json_of(p);
    assert_int_equal(json_integer_value(at(object, "spec.replicas")), 5);
    json_decref(object);
}

static void the_three_patches_do_what_they_say(void **state)
{
    struct peer *p = *state;
    ask(p, "POST", DEPLOYMENTS, JSON_TYPE, DEPLOYMENT("web", 3, "web:1"));
    ask(p, "PATCH", DEPLOYMENTS "/web", "Content-Type: application/merge-patch+json\r\n",
        "{\"metadata\":{\"labels\":{\"app\":null,\"new\":\"<b>\"}}}");
    assert_code(p, 200);
    assert_body_contains(p, "\"labels\":{\"new\":\"\\u003cb\\u003e\"}");
    ask(p, "PATCH", DEPLOYMENTS "/web", "Content-Type: application/strategic-merge-patch+json\r\n",
        "{\"spec\":{\"template\":{\"spec\":{\"$setElementOrder/containers\":[{\"name\":\"side\"},"
        "{\"name\":\"main\"}],\"containers\":[{\"name\":\"main\",\"image\":\"web:2\"}]}}}}");
    assert_code(p, 200);
    json_t *object = json_of(p);
    assert_string_equal(string_at(object, "spec.template.spec.containers.0.image"), "side:1");
    assert_string_equal(string_at(object, "spec.template.spec.containers.1.image"), "web:2");
    json_decref(object);
    ask(p, "PATCH", DEPLOYMENTS "/web", "Content-Type: application/json-patch+json\r\n",
        "[{\"op\":\"test\",\"path\":\"/spec/replicas\",\"value\":3},"
        "{\"op\":\"add\",\"path\":\"/metadata/labels/a~1b\",\"value\":\"c\"},"
        "{\"op\":\"remove\",\"path\":\"/spec/template/spec/containers/0\"}]");
    assert_code(p, 200);
    assert_body_contains(p, "\"a/b\":\"c\"");
    ask(p, "PATCH", DEPLOYMENTS "/web", "Content-Type: application/json-patch+json\r\n",
        "[{\"op\":\"test\",\"path\":\"/spec/replicas\",\"value\":4}]");
    assert_reason(p, 422, "Invalid");
    ask(p, "PATCH", DEPLOYMENTS "/web", "Content-Type: text/plain\r\n", "{}");
    assert_reason(p, 415, "UnsupportedMediaType");
}

static void server_side_apply_creates_and_wants_a_manager(void **state)
{
    struct peer *p = *state;
    const char *type = "Content-Type: application/apply-patch+yaml\r\n";
    ask(p, "PATCH", CONFIGMAPS "/ssa", type, "{\"data\":{\"a\":\"1\"}}");
    assert_reason(p, 422, "Invalid");
    ask(p, "PATCH", CONFIGMAPS "/ssa?fieldManager=one", type,
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"ssa\"},"
        "\"data\":{\"a\":\"1\"}}");
    assert_code(p, 201);
    assert_body_contains(p, "\"manager\":\"one\",\"operation\":\"Apply\"");
}

static void delete_answers_with_a_status_and_keeps_preconditions(void **state)
{
    struct peer *p = *state;
    apply_config(p, "ssa", "a");
    ask(p, "DELETE", CONFIGMAPS "/ssa", JSON_TYPE,
        "{\"preconditions\":{\"resourceVersion\":\"1\"}}");
    assert_reason(p, 409, "Conflict");
    assert_body_contains(p, "the ResourceVersion in the precondition (1) does not match the "
                            "ResourceVersion in record (2)");
    ask(p, "DELETE", CONFIGMAPS "/ssa", "", "");
    assert_code(p, 200);
    assert_body_contains(p, "\"metadata\":{},\"status\":\"Success\",\"details\":{\"name\":\"ssa\","
                            "\"kind\":\"configmaps\",\"uid\":\"");
    ask(p, "DELETE", CONFIGMAPS "/ssa", "", "");
    assert_reason(p, 404, "NotFound");
}

static void finalizers_delay_a_delete(void **state)
{
    struct peer *p = *state;
    mock_apply(p->mock, "configmaps",
               "{\"metadata\":{\"name\":\"held\",\"finalizers\":[\"example.com/hold\"]}}");
    ask(p, "DELETE", CONFIGMAPS "/held", "", "");
    assert_code(p, 200);
    assert_body_contains(p, "\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"");
    assert_int_equal(mock_count(p->mock, "configmaps"), 1);
    ask(p, "PATCH", CONFIGMAPS "/held", "Content-Type: application/merge-patch+json\r\n",
        "{\"metadata\":{\"finalizers\":null}}");
    assert_code(p, 200);
    assert_int_equal(mock_count(p->mock, "configmaps"), 0);
}

static void a_scheduled_pod_is_marked_before_it_goes(void **state)
{
    struct peer *p = *state;
    mock_apply(p->mock, "pods", "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"nodeName\":\"n1\"}}");
    ask(p, "DELETE", "/api/v1/namespaces/default/pods/a", "", "");
    assert_code(p, 200);
    assert_body_contains(p, "{\"kind\":\"Pod\",");
    assert_body_contains(p, "\"deletionGracePeriodSeconds\":30");
    ask(p, "GET", "/api/v1/pods?watch=1&resourceVersion=2", "", "");
    assert_events(p, "MODIFIED:a@3 DELETED:a@4 ");
}

static void delete_collection_respects_the_selector(void **state)
{
    struct peer *p = *state;
    apply_config(p, "a", "x");
    apply_config(p, "b", "y");
    apply_config(p, "c", "x");
    ask(p, "DELETE", CONFIGMAPS "?labelSelector=tier%3Dx", "", "");
    assert_code(p, 200);
    json_t *list = json_of(p);
    assert_int_equal(json_array_size(at(list, "items")), 2);
    json_decref(list);
    assert_int_equal(mock_count(p->mock, "configmaps"), 1);
}

static void a_namespace_takes_its_objects_with_it(void **state)
{
    struct peer *p = *state;
    use(p, &(struct mock_options){.system_namespaces = true});
    apply_config(p, "a", "x");
    ask(p, "POST", "/api/v1/namespaces/nowhere/configmaps", JSON_TYPE,
        "{\"metadata\":{\"name\":\"lost\"}}");
    assert_reason(p, 404, "NotFound");
    ask(p, "DELETE", "/api/v1/namespaces/default", "", "");
    assert_code(p, 200);
    assert_int_equal(mock_count(p->mock, "configmaps"), 0);
    struct mock_item item;
    assert_false(mock_get(p->mock, "namespaces", "", "default", &item));
}

static void a_dry_run_changes_nothing(void **state)
{
    struct peer *p = *state;
    ask(p, "POST", CONFIGMAPS "?dryRun=All", JSON_TYPE, "{\"metadata\":{\"name\":\"dry\"}}");
    assert_code(p, 201);
    assert_int_equal(mock_count(p->mock, "configmaps"), 0);
    assert_int_equal(mock_version(p->mock), 1);
}

static void unknown_fields_warn_or_are_refused(void **state)
{
    struct peer *p = *state;
    ask(p, "POST", CONFIGMAPS, JSON_TYPE, "{\"metadata\":{\"name\":\"w1\"},\"dat\":{}}");
    assert_code(p, 201);
    assert_non_null(strstr(p->bytes, "Warning: 299 - \"unknown field \\\"dat\\\"\"\r\n"));
    ask(p, "POST", CONFIGMAPS "?fieldValidation=Strict", JSON_TYPE,
        "{\"metadata\":{\"name\":\"w2\"},\"dat\":{}}");
    assert_reason(p, 400, "BadRequest");
}

static void a_broken_body_is_a_bad_request(void **state)
{
    struct peer *p = *state;
    ask(p, "POST", CONFIGMAPS, JSON_TYPE, "{\"apiVersion\":\"v1\",\"kind\":");
    assert_reason(p, 400, "BadRequest");
    assert_body_contains(p, "the object provided is unrecognized (must be of type ConfigMap): "
                            "couldn't get version/kind; json parse error: unexpected end of JSON "
                            "input ({\\\"apiVersion\\\":\\\"v1\\\",\\\"kind\\\":)");
    ask(p, "POST", CONFIGMAPS, JSON_TYPE, "[1]");
    assert_reason(p, 400, "BadRequest");
    ask(p, "POST", CONFIGMAPS, "Content-Type: text/html\r\n", "{}");
    assert_reason(p, 415, "UnsupportedMediaType");
}

static void secrets_encode_their_string_data(void **state)
{
    struct peer *p = *state;
    ask(p, "POST", "/api/v1/namespaces/default/secrets", JSON_TYPE,
        "{\"metadata\":{\"name\":\"s\"},\"stringData\":{\"k\":\"hello\"}}");
    assert_code(p, 201);
    assert_body_contains(p, "\"data\":{\"k\":\"aGVsbG8=\"}");
}

// ---- paths, media types, discovery ---------------------------------------------------------

static void unknown_paths_and_methods_are_told_apart(void **state)
{
    struct peer *p = *state;
    ask(p, "GET", "/nothing/here", "", "");
    assert_code(p, 404);
    assert_body_contains(p, "404 page not found\n");
    ask(p, "GET", "/api/v1/namespaces/default/unicorns", "", "");
    assert_code(p, 404);
    ask(p, "GET", "/openapi/v2", "", "");
    assert_code(p, 404);
    ask(p, "GET", DEPLOYMENTS "/none", "", "");
    assert_reason(p, 404, "NotFound");
    assert_body_contains(p, "\"details\":{\"name\":\"none\",\"group\":\"apps\","
                            "\"kind\":\"deployments\"}");
    ask(p, "POST", DEPLOYMENTS "/none", JSON_TYPE, "{}");
    assert_reason(p, 405, "MethodNotAllowed");
    ask(p, "GET", DEPLOYMENTS, "Accept: application/xml\r\n", "");
    assert_reason(p, 406, "NotAcceptable");
}

static void discovery_names_every_resource(void **state)
{
    struct peer *p = *state;
    ask(p, "GET", "/api", "", "");
    assert_body_contains(p, "\"versions\":[\"v1\"]");
    ask(p, "GET", "/apis", "", "");
    assert_body_contains(p, "\"groupVersion\":\"edge.example.com/v1\"");
    ask(p, "GET", "/api/v1", "", "");
    assert_body_contains(p, "{\"name\":\"nodes\",\"singularName\":\"node\",\"namespaced\":false");
    ask(p, "GET", "/apis/apps/v1", "", "");
    assert_body_contains(p, "\"name\":\"deployments/scale\",\"singularName\":\"\",\"namespaced\":"
                            "true,\"group\":\"autoscaling\",\"version\":\"v1\",\"kind\":\"Scale\"");
    ask(p, "GET", "/apis/nothing/v1", "", "");
    assert_code(p, 404);
    ask(p, "GET", "/apis",
        "Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList\r\n", "");
    assert_body_contains(p, "\"kind\":\"APIGroupDiscoveryList\"");
    ask(p, "GET", "/version", "", "");
    assert_body_contains(p, "\"gitVersion\": \"v1.36");
    ask(p, "GET", "/healthz", "", "");
    assert_body_contains(p, "ok");
}

static void metadata_and_tables_come_by_accept(void **state)
{
    struct peer *p = *state;
    ask(p, "POST", DEPLOYMENTS, JSON_TYPE, DEPLOYMENT("web", 3, "web:1"));
    ask(p, "GET", DEPLOYMENTS,
        "Accept: application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1\r\n", "");
    json_t *list = json_of(p);
    assert_string_equal(string_at(list, "kind"), "PartialObjectMetadataList");
    assert_string_equal(string_at(list, "items.0.kind"), "PartialObjectMetadata");
    assert_null(at(list, "items.0.spec"));
    json_decref(list);
    ask(p, "GET", DEPLOYMENTS,
        "Accept: application/json;as=Table;v=v1;g=meta.k8s.io,application/json\r\n", "");
    list = json_of(p);
    assert_string_equal(string_at(list, "kind"), "Table");
    assert_string_equal(string_at(list, "columnDefinitions.0.name"), "Name");
    assert_string_equal(string_at(list, "rows.0.cells.0"), "web");
    assert_string_equal(string_at(list, "rows.0.cells.1"), "0/3");
    assert_string_equal(string_at(list, "rows.0.object.kind"), "PartialObjectMetadata");
    json_decref(list);
}

#define T(test) cmocka_unit_test_setup_teardown(test, peer_setup, peer_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_created_object_has_identity_and_can_be_read),
        T(a_second_create_is_refused),
        T(names_are_generated_and_checked),
        T(an_update_with_an_old_version_conflicts),
        T(an_update_that_changes_nothing_makes_no_version),
        T(status_and_spec_are_written_apart),
        T(scale_reads_and_writes_the_replicas),
        T(the_three_patches_do_what_they_say),
        T(server_side_apply_creates_and_wants_a_manager),
        T(delete_answers_with_a_status_and_keeps_preconditions),
        T(finalizers_delay_a_delete),
        T(a_scheduled_pod_is_marked_before_it_goes),
        T(delete_collection_respects_the_selector),
        T(a_namespace_takes_its_objects_with_it),
        T(a_dry_run_changes_nothing),
        T(unknown_fields_warn_or_are_refused),
        T(a_broken_body_is_a_bad_request),
        T(secrets_encode_their_string_data),
        T(unknown_paths_and_methods_are_told_apart),
        T(discovery_names_every_resource),
        T(metadata_and_tables_come_by_accept),
    };
    return cmocka_run_group_tests_name("mock", tests, NULL, NULL);
}
