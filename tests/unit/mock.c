// SPDX-License-Identifier: Apache-2.0
// mock.c - the mock API server's own tests, in process: the bytes of requests in, replies out.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "mock.h"

// ---- a small client ------------------------------------------------------------------------

struct peer {
    struct mock *mock;
    struct mock_connection *connection;
    char *bytes; // all that came; NUL behind it
    size_t len;
    size_t chunk; // output is taken in pieces of so many bytes; 0: 4096
};

static int setup(void **state)
{
    static const struct mock_crd sensors = {.group = "edge.example.com", .version = "v1", .plural = "sensors", .kind = "Sensor", .namespaced = true};
    struct peer *p = calloc(1, sizeof *p);
    p->mock = mock_new(&(struct mock_options){.seed = 7, .crds = &sensors, .crd_count = 1});
    p->connection = mock_connection_open(p->mock);
    p->bytes = calloc(1, 1);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct peer *p = *state;
    mock_free(p->mock);
    free(p->bytes);
    free(p);
    return 0;
}

static void use(struct peer *p, const struct mock_options *options)
{
    mock_free(p->mock);
    p->mock = mock_new(options);
    p->connection = mock_connection_open(p->mock);
}

static void forget(struct peer *p)
{
    p->len = 0;
    p->bytes[0] = 0;
}

static void take(struct peer *p)
{
    char piece[4096];
    size_t n, cap = p->chunk ? p->chunk : sizeof piece;
    while ((n = mock_connection_output(p->connection, piece, cap)) > 0) {
        p->bytes = realloc(p->bytes, p->len + n + 1);
        memcpy(p->bytes + p->len, piece, n);
        p->len += n;
        p->bytes[p->len] = 0;
    }
}

// Sends a request and takes what comes.
static void ask(struct peer *p, const char *method, const char *path, const char *headers,
                const char *body)
{
    char head[2048];
    int n =
        snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: mock\r\n%sContent-Length: %zu\r\n\r\n",
                 method, path, headers, strlen(body));
    forget(p);
    assert_int_equal(mock_connection_feed(p->connection, head, (size_t)n), n);
    assert_int_equal(mock_connection_feed(p->connection, body, strlen(body)), strlen(body));
    take(p);
}

static int code(const struct peer *p)
{
    return p->len > 12 ? atoi(p->bytes + 9) : 0;
}

// The body without its chunk framing, NUL-terminated, to be freed. What is cut is left out.
static char *body_of(const struct peer *p)
{
    const char *at = strstr(p->bytes, "\r\n\r\n");
    assert_non_null(at);
    at += 4;
    char *body = calloc(1, p->len + 1), *end;
    assert_non_null(body);
    if (!strstr(p->bytes, "Transfer-Encoding: chunked"))
        return strcpy(body, at);
    size_t len = 0;
    for (;;) {
        unsigned long size = strtoul(at, &end, 16);
        if (end == at || !size || end + 2 + size > p->bytes + p->len)
            return body;
        memcpy(body + len, end + 2, size);
        len += size;
        at = end + 2 + size + 2;
    }
}

static json_t *json_of(const struct peer *p)
{
    char *body = body_of(p);
    json_t *value = json_loads(body, 0, NULL);
    if (!value)
        print_message("no JSON: %.500s\n", body);
    free(body);
    assert_non_null(value);
    return value;
}

static json_t *at(json_t *value, const char *path)
{
    char key[64];
    while (value && *path) {
        size_t len = strcspn(path, ".");
        memcpy(key, path, len);
        key[len] = 0;
        value = json_is_array(value) ? json_array_get(value, (size_t)atoi(key))
                                     : json_object_get(value, key);
        path += len + (path[len] == '.');
    }
    return value;
}

static const char *string_at(json_t *value, const char *path)
{
    const char *string = json_string_value(at(value, path));
    return string ? string : "";
}

static void assert_code(const struct peer *p, int wanted)
{
    if (code(p) != wanted)
        print_message("%.800s\n", p->bytes);
    assert_int_equal(code(p), wanted);
}

static void assert_reason(const struct peer *p, int wanted, const char *reason)
{
    assert_code(p, wanted);
    json_t *status = json_of(p);
    assert_string_equal(string_at(status, "kind"), "Status");
    assert_string_equal(string_at(status, "reason"), reason);
    assert_int_equal(json_integer_value(at(status, "code")), wanted);
    json_decref(status);
}

static void assert_body_contains(const struct peer *p, const char *text)
{
    char *body = body_of(p);
    if (!strstr(body, text))
        print_message("%.2000s\n", body);
    assert_non_null(strstr(body, text));
    free(body);
}

static size_t occurrences(const char *text, const char *word)
{
    size_t n = 0;
    for (; (text = strstr(text, word)) != NULL; text += strlen(word))
        n++;
    return n;
}

#define JSON_TYPE   "Content-Type: application/json\r\n"
#define DEPLOYMENTS "/apis/apps/v1/namespaces/default/deployments"
#define CONFIGMAPS  "/api/v1/namespaces/default/configmaps"
#define SENSORS     "/apis/edge.example.com/v1/namespaces/default/sensors"
#define DEPLOYMENT(name, replicas, image)                                                       \
    "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"" name        \
    "\",\"labels\":{\"app\":\"" name "\"}},\"spec\":{\"replicas\":" #replicas                   \
    ",\"selector\":{\"matchLabels\":{\"app\":\"" name "\"}},\"template\":{\"spec\":{"           \
    "\"containers\":[{\"name\":\"main\",\"image\":\"" image "\"},{\"name\":\"side\",\"image\":" \
    "\"side:1\"}]}}}}"

static void apply_config(struct peer *p, const char *name, const char *label)
{
    char json[256];
    snprintf(json, sizeof json,
             "{\"metadata\":{\"name\":\"%s\",\"labels\":{\"tier\":\"%s\"}},\"data\":{\"a\":\"1\"}}",
             name, label);
    assert_true(mock_apply(p->mock, "configmaps", json) > 0);
}

static void assert_events(struct peer *p, const char *wanted)
{
    char found[512] = "", *body = body_of(p);
    for (const char *line = body; *line;) {
        const char *end = strchr(line, '\n');
        assert_non_null(end);
        json_t *event = json_loadb(line, (size_t)(end - line), 0, NULL);
        assert_non_null(event);
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s:%s@%s ",
                 string_at(event, "type"), string_at(event, "object.metadata.name"),
                 string_at(event, "object.metadata.resourceVersion"));
        json_decref(event);
        line = end + 1;
    }
    free(body);
    assert_string_equal(found, wanted);
}

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

static void server_side_apply_creates_and_merges(void **state)
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
    ask(p, "PATCH", CONFIGMAPS "/ssa?fieldManager=one", type,
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"data\":{\"b\":\"2\"}}");
    assert_code(p, 200);
    assert_body_contains(p, "\"data\":{\"a\":\"1\",\"b\":\"2\"}");
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

static void assert_chosen(struct peer *p, const char *path, const char *names)
{
    char found[256] = "";
    ask(p, "GET", path, "", "");
    assert_code(p, 200);
    json_t *list = json_of(p), *item;
    size_t i;
    json_array_foreach(at(list, "items"), i, item)
    {
        strcat(found, string_at(item, "metadata.name"));
        strcat(found, " ");
    }
    json_decref(list);
    if (strcmp(found, names))
        print_message("%s\n", path);
    assert_string_equal(found, names);
}

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

static bool has_ended(const struct peer *p)
{
    return p->len > 5 && !strcmp(p->bytes + p->len - 5, "0\r\n\r\n");
}

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

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

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
        T(server_side_apply_creates_and_merges),
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
        T(old_servers_refuse_watch_lists),
        T(bookmarks_come_each_minute_and_before_the_end),
        T(a_bookmark_has_the_shell_of_its_kind),
        T(a_watch_from_before_history_is_an_error_event),
        T(compacted_lists_leave_watches_alone),
        T(history_is_a_ring),
        T(a_watch_that_is_not_read_for_long_is_closed),
        T(a_restart_breaks_connections_and_may_forget),
        T(a_rewind_brings_back_the_old_state),
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
    return cmocka_run_group_tests_name("mock", tests, NULL, NULL);
}
