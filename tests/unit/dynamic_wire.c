// SPDX-License-Identifier: Apache-2.0
// The dynamic client's exact bytes, what it refuses to send, and answers of every kind and cut.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/rest_priv.h"
#include "kedge/kedge.h"
#include "script.h"

struct talk {
    struct fake_port port;
    struct script script;
    unsigned char memory[96 * 1024];
    struct kedge *k;
    struct kedge_rest *rest;
    struct kedge_client *client;
    struct kedge_dynamic sensors;
    char text[2048];
    struct kedge_json_token tokens[256];
    struct kedge_unstructured out;
};

static void open_talk(struct talk *t, const char *const *answers, size_t count)
{
    struct kedge_config config = {.server = "http://api.test", .qps = -1, .user_agent = "test"};
    memset(t, 0, sizeof *t);
    fake_port_init(&t->port, 1);
    script_serve(&t->script, &t->port, answers, count);
    t->k = kedge_init(t->memory, sizeof t->memory, &t->port.port);
    t->client = kedge_client_new(t->k, &config);
    t->rest = kedge_rest_new(t->client, NULL);
    assert_non_null(t->rest);
    t->sensors = (struct kedge_dynamic){.rest = t->rest,
                                        .resource = {"edge.example.com", "v1", "sensors"},
                                        .namespace_ = "default"};
    kedge_unstructured_init(&t->out, t->text, sizeof t->text, t->tokens, 256);
}

static void close_talk(struct talk *t)
{
    kedge_rest_close(t->rest);
    fake_port_check(&t->port);
}

#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
#define ONE                                                                                       \
    "{\"apiVersion\":\"edge.example.com/v1\",\"kind\":\"Sensor\",\"metadata\":{\"name\":\"one\"," \
    "\"resourceVersion\":\"7\"}}"
#define MANAGED                                                                                   \
    "{\"apiVersion\":\"edge.example.com/v1\",\"kind\":\"Sensor\",\"metadata\":{\"name\":\"one\"," \
    "\"managedFields\":[{\"manager\":\"x\"}],\"resourceVersion\":\"7\"}}"
#define ANSWER(body) HEAD "\r\n" body SCRIPT_CLOSES

static const char *const says_one[] = {ANSWER(MANAGED)};

// What each call sends
// -----------------------------------------------------------------------------

struct call {
    kedge_err (*make)(struct talk *t);
    const char *line; // method and target
    const char *more; // header lines between Accept and the blank line
    const char *body;
};

static const struct kedge_options apply_options = {
    .field_manager = "me", .force = {true, 1}, .dry_run = true};
static const struct kedge_options write_options = {.field_manager = "me",
                                                   .field_validation = KEDGE_VALIDATION_STRICT};
static const struct kedge_options delete_options = {.precondition_uid = "7f3e",
                                                    .propagation = KEDGE_PROPAGATION_FOREGROUND};
static const struct kedge_options list_options = {
    .label_selector = "a=b", .timeout_seconds = {true, 423}, .limit = 500};
static const struct kedge_options dry_run = {.dry_run = true};
static const struct kedge_options dry_run_of_version = {.dry_run = true, .resource_version = "42"};
static const struct kedge_options warn = {.field_validation = KEDGE_VALIDATION_WARN};
static const struct kedge_options get_options = {.resource_version = "0"};

static kedge_err get(struct talk *t)
{
    return kedge_dynamic_get(&t->sensors, "one", &get_options, &t->out);
}

static kedge_err get_scale(struct talk *t)
{
    struct kedge_dynamic scale = t->sensors;
    scale.subresource = "scale";
    return kedge_dynamic_get(&scale, "one", NULL, &t->out);
}

static kedge_err get_cluster_scoped(struct talk *t)
{
    struct kedge_dynamic nodes = {.rest = t->rest, .resource = {NULL, "v1", "nodes"}};
    return kedge_dynamic_get(&nodes, "one", NULL, &t->out);
}

static kedge_err get_metadata(struct talk *t)
{
    struct kedge_dynamic metadata = t->sensors;
    metadata.form = &kedge_dynamic_metadata;
    return kedge_dynamic_get(&metadata, "one", NULL, &t->out);
}

static void fill(struct talk *t)
{
    assert_int_equal(kedge_unstructured_read(&t->out, KEDGE_STR(ONE)), KEDGE_OK);
}

static kedge_err create(struct talk *t)
{
    fill(t);
    return kedge_dynamic_create(&t->sensors, &t->out, &write_options, &t->out);
}

static kedge_err create_eviction(struct talk *t)
{
    struct kedge_dynamic eviction = t->sensors;
    eviction.subresource = "eviction";
    fill(t);
    return kedge_dynamic_create(&eviction, &t->out, NULL, NULL);
}

static kedge_err update(struct talk *t)
{
    fill(t);
    return kedge_dynamic_update(&t->sensors, &t->out, NULL, &t->out);
}

static kedge_err update_status(struct talk *t)
{
    fill(t);
    return kedge_dynamic_update_status(&t->sensors, &t->out, NULL, &t->out);
}

static kedge_err patch(struct talk *t)
{
    return kedge_dynamic_patch(&t->sensors, "one", KEDGE_PATCH_STRATEGIC, KEDGE_STR("{\"a\":1}"),
                               NULL, &t->out);
}

static kedge_err apply(struct talk *t)
{
    fill(t);
    return kedge_dynamic_apply(&t->sensors, "one", &t->out, &apply_options, &t->out);
}

static kedge_err apply_status(struct talk *t)
{
    fill(t);
    return kedge_dynamic_apply_status(&t->sensors, "one", &t->out, &apply_options, &t->out);
}

static kedge_err delete_one(struct talk *t)
{
    return kedge_dynamic_delete(&t->sensors, "one", &delete_options);
}

static kedge_err delete_all(struct talk *t)
{
    return kedge_dynamic_delete_collection(&t->sensors, &list_options);
}

static kedge_err delete_sub_dry(struct talk *t)
{
    struct kedge_dynamic fin = t->sensors;
    fin.subresource = "fin";
    return kedge_dynamic_delete(&fin, "one", &dry_run);
}

static kedge_err delete_all_dry(struct talk *t)
{
    return kedge_dynamic_delete_collection(&t->sensors, &dry_run_of_version);
}

static kedge_err update_sub(struct talk *t)
{
    struct kedge_dynamic fin = t->sensors;
    fin.subresource = "fin";
    fill(t);
    return kedge_dynamic_update(&fin, &t->out, &warn, &t->out);
}

static kedge_err list(struct talk *t)
{
    return kedge_dynamic_list(&t->sensors, &list_options, NULL, NULL, NULL);
}

static kedge_err list_everywhere(struct talk *t)
{
    struct kedge_dynamic everywhere = t->sensors;
    everywhere.namespace_ = NULL;
    everywhere.form = &kedge_dynamic_identity;
    return kedge_dynamic_list(&everywhere, NULL, NULL, NULL, NULL);
}

#define SENSORS "/apis/edge.example.com/v1/namespaces/default/sensors"
#define JSON    "Content-Type: application/json\r\nContent-Length: 100\r\n"
#define PARTIAL "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"

static const struct call calls[] = {
    {get, "GET " SENSORS "/one?resourceVersion=0", "", ""},
    {get_scale, "GET " SENSORS "/one/scale", "", ""},
    {get_cluster_scoped, "GET /api/v1/nodes/one", "", ""},
    {create, "POST " SENSORS "?fieldManager=me&fieldValidation=Strict", JSON, ONE},
    {create_eviction, "POST " SENSORS "/one/eviction", JSON, ONE},
    {update, "PUT " SENSORS "/one", JSON, ONE},
    {update_status, "PUT " SENSORS "/one/status", JSON, ONE},
    {patch, "PATCH " SENSORS "/one",
     "Content-Type: application/strategic-merge-patch+json\r\nContent-Length: 7\r\n", "{\"a\":1}"},
    {apply, "PATCH " SENSORS "/one?dryRun=All&fieldManager=me&force=true",
     "Content-Type: application/apply-patch+yaml\r\nContent-Length: 100\r\n", ONE},
    {apply_status, "PATCH " SENSORS "/one/status?dryRun=All&fieldManager=me&force=true",
     "Content-Type: application/apply-patch+yaml\r\nContent-Length: 100\r\n", ONE},
    {delete_one, "DELETE " SENSORS "/one",
     "Content-Type: application/json\r\nContent-Length: 106\r\n",
     "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"preconditions\":{\"uid\":\"7f3e\"},"
     "\"propagationPolicy\":\"Foreground\"}"},
    {delete_all, "DELETE " SENSORS "?labelSelector=a%3Db&limit=500&timeoutSeconds=423",
     "Content-Type: application/json\r\nContent-Length: 42\r\n",
     "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\"}"},
    // Rows of client-go's TestGoldenRequest that are not among the others.
    {update_sub, "PUT " SENSORS "/one/fin?fieldValidation=Warn", JSON, ONE},
    {delete_sub_dry, "DELETE " SENSORS "/one/fin",
     "Content-Type: application/json\r\nContent-Length: 59\r\n",
     "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"dryRun\":[\"All\"]}"},
    {delete_all_dry, "DELETE " SENSORS "?resourceVersion=42",
     "Content-Type: application/json\r\nContent-Length: 59\r\n",
     "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"dryRun\":[\"All\"]}"},
    {list, "GET " SENSORS "?labelSelector=a%3Db&limit=500&timeoutSeconds=423", "", ""},
};

static void each_call_sends_just_these_bytes(void **state)
{
    (void)state;
    static struct talk t;
    assert_int_equal(sizeof ONE - 1, 100);
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        char expected[1024];
        open_talk(&t, says_one, 1);
        assert_int_equal(calls[i].make(&t), KEDGE_OK);
        snprintf(expected, sizeof expected,
                 "%s HTTP/1.1\r\nHost: api.test\r\nUser-Agent: test\r\n"
                 "Accept: application/json\r\nAccept-Encoding: identity\r\n%s\r\n%s",
                 calls[i].line, calls[i].more, calls[i].body);
        t.script.seen[t.script.seen_len] = '\0';
        assert_string_equal(t.script.seen, expected);
        close_talk(&t);
    }
}

static void a_form_asks_for_metadata_only_and_keeps_no_more(void **state)
{
    (void)state;
    static struct talk t;
    static const char *const whole[] = {
        ANSWER("{\"kind\":\"Sensor\",\"apiVersion\":\"edge.example.com/v1\",\"spec\":{\"a\":1},"
               "\"metadata\":{\"name\":\"one\",\"managedFields\":[{}],\"labels\":{\"a\":\"b\"}},"
               "\"status\":{}}")};
    open_talk(&t, whole, 1);
    assert_int_equal(get_metadata(&t), KEDGE_OK);
    assert_true(kedge_str_is(kedge_unstructured_json(&t.out),
                             "{\"kind\":\"Sensor\",\"apiVersion\":\"edge.example.com/v1\","
                             "\"metadata\":{\"name\":\"one\",\"labels\":{\"a\":\"b\"}}}"));
    assert_non_null(strstr(t.script.seen, "\r\nAccept: " PARTIAL "\r\n"));
    close_talk(&t);
    static const char *const items[] = {ANSWER("{\"metadata\":{},\"items\":null}")};
    open_talk(&t, items, 1);
    assert_int_equal(list_everywhere(&t), KEDGE_OK);
    assert_non_null(strstr(t.script.seen, "GET /apis/edge.example.com/v1/sensors HTTP/1.1\r\n"));
    assert_non_null(strstr(t.script.seen,
                           "\r\nAccept: application/json;as=PartialObjectMetadataList;"
                           "g=meta.k8s.io;v=v1,application/json\r\n"));
    close_talk(&t);
}

// What is refused
// ----------------------------------------------------------------------------------

static void assert_refused(struct talk *t, kedge_err err, const char *why)
{
    if (err != KEDGE_ERR_ARGUMENT || strstr(kedge_rest_error_text(t->rest), why) == NULL)
        fail_msg("%d: \"%s\", not \"%s\"", err, kedge_rest_error_text(t->rest), why);
    assert_int_equal(t->script.seen_len, 0);
    assert_int_equal(kedge_rest_status(t->rest)->code, 0);
}

static void a_name_is_required(void **state)
{
    (void)state;
    static struct talk t;
    struct kedge_unstructured *out = &t.out;
    open_talk(&t, says_one, 1);
    const struct kedge_dynamic *d = &t.sensors;
    struct kedge_dynamic sub = *d;
    sub.subresource = "eviction";
    static const char *const names[] = {NULL, ""};
    for (int i = 0; i < 2; i++) {
        const char *name = names[i];
        const char *why = "name is required";
        assert_refused(&t, kedge_dynamic_get(d, name, NULL, out), why);
        assert_refused(
            &t, kedge_dynamic_patch(d, name, KEDGE_PATCH_MERGE, KEDGE_STR("{}"), NULL, out), why);
        assert_refused(&t, kedge_dynamic_delete(d, name, NULL), why);
        assert_int_equal(kedge_unstructured_new(out, "v1", "X", NULL, name), KEDGE_OK);
        assert_refused(&t, kedge_dynamic_apply(d, name, out, &apply_options, out), why);
        assert_refused(&t, kedge_dynamic_update(d, out, NULL, out), why);
        assert_refused(&t, kedge_dynamic_update_status(d, out, NULL, out), why);
        assert_refused(&t, kedge_dynamic_create(&sub, out, NULL, out), "name: is required");
    }
    char name[300];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(kedge_unstructured_new(out, "v1", "X", NULL, name), KEDGE_OK);
    assert_refused(&t, kedge_dynamic_update(d, out, NULL, out), "name is required");
    close_talk(&t);
}

static void segments_that_are_none_are_refused_in_every_call(void **state)
{
    (void)state;
    static struct talk t;
    struct kedge_unstructured *out = &t.out;
    open_talk(&t, says_one, 1);
    static const char *const bad[] = {".", "..", "a/b", "a%b"};
    for (size_t i = 0; i < 4; i++) {
        struct kedge_dynamic good = t.sensors;
        struct kedge_dynamic spaced = t.sensors;
        spaced.namespace_ = bad[i];
        for (int which = 0; which < 2; which++) {
            const struct kedge_dynamic *d = which == 0 ? &good : &spaced;
            const char *name = which == 0 ? bad[i] : "one";
            const char *why = which == 0 ? "name: " : "namespace_: ";
            assert_refused(&t, kedge_dynamic_get(d, name, NULL, out), why);
            assert_refused(
                &t, kedge_dynamic_patch(d, name, KEDGE_PATCH_MERGE, KEDGE_STR("{}"), NULL, out),
                why);
            assert_refused(&t, kedge_dynamic_delete(d, name, NULL), why);
            assert_int_equal(kedge_unstructured_new(out, "v1", "X", NULL, name), KEDGE_OK);
            assert_refused(&t, kedge_dynamic_update(d, out, NULL, out), why);
            assert_refused(&t, kedge_dynamic_apply(d, name, out, &apply_options, out), why);
        }
        assert_refused(&t, kedge_dynamic_create(&spaced, out, NULL, out), "namespace_: ");
        assert_refused(&t, kedge_dynamic_list(&spaced, NULL, NULL, NULL, NULL), "namespace_: ");
        assert_refused(&t, kedge_dynamic_delete_collection(&spaced, NULL), "namespace_: ");
    }
    close_talk(&t);
}

static void an_object_that_would_lose_something_is_not_sent(void **state)
{
    (void)state;
    static struct talk t;
    struct kedge_unstructured *out = &t.out;
    open_talk(&t, says_one, 1);
    const struct kedge_dynamic *d = &t.sensors;
    assert_refused(&t, kedge_dynamic_create(d, out, NULL, out), "there is no object");
    assert_int_equal(kedge_unstructured_read(out, KEDGE_STR(MANAGED)), KEDGE_OK);
    assert_refused(&t, kedge_dynamic_apply(d, "one", out, &apply_options, out),
                   "cannot apply an object with managed fields already set");
    fill(&t);
    assert_refused(&t, kedge_dynamic_apply(d, "one", out, NULL, out), "field_manager: is required");
    struct kedge_options empty = {.field_manager = ""};
    assert_refused(&t, kedge_dynamic_apply(d, "one", out, &empty, out),
                   "field_manager: is required");
    struct kedge_dynamic form = *d;
    form.form = &kedge_dynamic_metadata;
    assert_refused(&t, kedge_dynamic_update(&form, out, NULL, out), "form: ");
    out->partial = true;
    assert_refused(&t, kedge_dynamic_update(d, out, NULL, out), "not whole");
    fill(&t);
    kedge_unstructured_set_null(out, KEDGE_PATH("kind", "x"));
    assert_int_equal(kedge_dynamic_update(d, out, NULL, out), KEDGE_ERR_NOT_FOUND);
    assert_string_equal(kedge_rest_error_text(t.rest),
                        "update sensors.edge.example.com \"one\" in default: the object was not "
                        "read or changed as asked");
    fill(&t);
    assert_refused(&t, kedge_dynamic_create(d, out, &list_options, out), "label_selector");
    close_talk(&t);
}

static void nothing_comes_of_nothing(void **state)
{
    (void)state;
    static struct talk t;
    struct kedge_unstructured *out = &t.out;
    open_talk(&t, says_one, 1);
    const struct kedge_dynamic without = {.resource = {"", "v1", "pods"}};
    const struct kedge_dynamic *none[] = {NULL, &without};
    fill(&t);
    for (int i = 0; i < 2; i++) {
        const struct kedge_dynamic *d = none[i];
        assert_int_equal(kedge_dynamic_get(d, "a", NULL, out), KEDGE_ERR_ARGUMENT);
        assert_int_equal(kedge_dynamic_create(d, out, NULL, NULL), KEDGE_ERR_ARGUMENT);
        assert_int_equal(kedge_dynamic_update(d, out, NULL, NULL), KEDGE_ERR_ARGUMENT);
        assert_int_equal(kedge_dynamic_update_status(d, out, NULL, NULL), KEDGE_ERR_ARGUMENT);
        assert_int_equal(kedge_dynamic_apply(d, "a", out, NULL, NULL), KEDGE_ERR_ARGUMENT);
        assert_int_equal(kedge_dynamic_apply_status(d, "a", out, NULL, NULL), KEDGE_ERR_ARGUMENT);
        assert_int_equal(
            kedge_dynamic_patch(d, "a", KEDGE_PATCH_MERGE, KEDGE_STR("{}"), NULL, NULL),
            KEDGE_ERR_ARGUMENT);
        assert_int_equal(kedge_dynamic_delete(d, "a", NULL), KEDGE_ERR_ARGUMENT);
        assert_int_equal(kedge_dynamic_delete_collection(d, NULL), KEDGE_ERR_ARGUMENT);
        assert_int_equal(kedge_dynamic_list(d, NULL, NULL, NULL, NULL), KEDGE_ERR_ARGUMENT);
    }
    assert_int_equal(kedge_dynamic_get(&t.sensors, "a", NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_dynamic_create(&t.sensors, NULL, NULL, out), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_dynamic_update(&t.sensors, NULL, NULL, out), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_dynamic_apply(&t.sensors, "a", NULL, NULL, out), KEDGE_ERR_ARGUMENT);
    assert_int_equal(t.script.seen_len, 0);
    close_talk(&t);
}

static kedge_err never(void *ctx, kedge_str bytes)
{
    (void)ctx;
    (void)bytes;
    return KEDGE_OK;
}

static void another_request_under_way_is_left_alone(void **state)
{
    (void)state;
    static struct talk t;
    open_talk(&t, says_one, 1);
    const struct kedge_request other = {.verb = KEDGE_GET, .path = "/version"};
    assert_int_equal(kedge_rest_start(t.rest, &other, never, NULL, NULL), KEDGE_OK);
    t.rest->sieve.offset = 99;
    assert_int_equal(get(&t), KEDGE_ERR_STATE);
    assert_int_equal(list(&t), KEDGE_ERR_STATE);
    assert_int_equal(delete_one(&t), KEDGE_ERR_STATE);
    assert_int_equal(kedge_dynamic_apply(&t.sensors, "one", &t.out, NULL, NULL), KEDGE_ERR_STATE);
    assert_int_equal(t.rest->sieve.offset, 99);
    close_talk(&t);
}

// Answers
// ------------------------------------------------------------------------------------------

static void the_answer_is_kept_without_managed_fields(void **state)
{
    (void)state;
    static struct talk t;
    open_talk(&t, says_one, 1);
    assert_int_equal(get(&t), KEDGE_OK);
    assert_true(kedge_str_is(kedge_unstructured_json(&t.out), ONE));
    assert_true(kedge_str_is(kedge_unstructured_name(&t.out), "one"));
    close_talk(&t);
}

// However the bytes come, and wherever they end.
static void every_split_gives_the_same_and_every_cut_an_empty_object(void **state)
{
    (void)state;
    static struct talk t;
    const size_t whole = strlen(says_one[0]) - 1;
    const size_t head = strlen(HEAD "\r\n");
    for (size_t piece = 1; piece < whole; piece++) {
        open_talk(&t, says_one, 1);
        t.port.cruelty.read_max = piece;
        assert_int_equal(update(&t), KEDGE_OK);
        assert_true(kedge_str_is(kedge_unstructured_json(&t.out), ONE));
        close_talk(&t);
    }
    for (size_t at = 1; at < whole; at++) {
        open_talk(&t, says_one, 1);
        t.port.cruelty.cut = true;
        t.port.cruelty.cut_at = at;
        t.port.cruelty.cut_with = at % 2 == 0 ? KEDGE_ERR_IO : KEDGE_ERR_CLOSED;
        assert_int_not_equal(update(&t), KEDGE_OK);
        // What was sent is still there if nothing of an answer has come.
        kedge_str left = kedge_unstructured_json(&t.out);
        assert_true(kedge_str_is(left, at <= head ? ONE : ""));
        close_talk(&t);
    }
}

static void a_status_that_says_failure_is_one_whatever_the_code(void **state)
{
    (void)state;
    static struct talk t;
    static const char *const failure[] = {
        ANSWER("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
               "\"reason\":\"Conflict\",\"message\":\"changed\",\"code\":409}")};
    static kedge_err (*const makes[])(struct talk *) = {get, delete_one, delete_all,
                                                        create_eviction, patch};
    for (size_t i = 0; i < sizeof makes / sizeof makes[0]; i++) {
        open_talk(&t, failure, 1);
        assert_int_equal(makes[i](&t), KEDGE_ERR_API);
        assert_true(kedge_status_is_conflict(kedge_rest_status(t.rest)));
        close_talk(&t);
    }
}

static void space_behind_the_object_is_none_of_it(void **state)
{
    (void)state;
    static struct talk t;
    static const char *const answers[] = {ANSWER(MANAGED "\n \n")};
    for (size_t piece = 1; piece < 4; piece++) {
        open_talk(&t, answers, 1);
        t.port.cruelty.read_max = piece;
        assert_int_equal(get(&t), KEDGE_OK);
        assert_true(kedge_str_is(kedge_unstructured_json(&t.out), ONE));
        close_talk(&t);
    }
}

static void a_refusal_leaves_the_object_as_it_was(void **state)
{
    (void)state;
    static struct talk t;
    static const char *const conflict[] = {
        "HTTP/1.1 409 Conflict\r\nContent-Type: application/json\r\n\r\n"
        "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Conflict\",\"code\":409,"
        "\"message\":\"the object has been modified\"}" SCRIPT_CLOSES};
    open_talk(&t, conflict, 1);
    assert_int_equal(update(&t), KEDGE_ERR_API);
    assert_true(kedge_status_is_conflict(kedge_rest_status(t.rest)));
    assert_true(kedge_str_is(kedge_unstructured_json(&t.out), ONE));
    assert_int_equal(t.out.err, KEDGE_OK);
    close_talk(&t);
}

static void what_is_no_object_is_no_answer(void **state)
{
    (void)state;
    static struct talk t;
    static const char *const bodies[] = {
        ANSWER("[1]"),     ANSWER("3"),           ANSWER(""),
        ANSWER("{\"a\":"), ANSWER("{\"a\":tru}"), ANSWER("{} {}"),
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        open_talk(&t, &bodies[i], 1);
        assert_int_equal(get(&t), KEDGE_ERR_JSON);
        assert_true(kedge_rest_error_text(t.rest)[0] != '\0');
        assert_int_equal(kedge_unstructured_json(&t.out).len, 0);
        close_talk(&t);
    }
    // What is deleted may be told in any words, or none.
    open_talk(&t, &bodies[2], 1);
    assert_int_equal(delete_one(&t), KEDGE_OK);
    close_talk(&t);
}

static void an_object_too_large_says_how_large(void **state)
{
    (void)state;
    static struct talk t;
    static char answer[2048];
    const char *answers[] = {answer};
    char body[1024];
    snprintf(
        body, sizeof body,
        "{\"kind\":\"X\",\"metadata\":{\"name\":\"one\",\"uid\":\"u\"},\"data\":{\"a\":\"%0600d\","
        "\"b\":[1,2,3]}}",
        0);
    snprintf(answer, sizeof answer, HEAD "\r\n%s" SCRIPT_CLOSES, body);
    size_t need = strlen(body);
    open_talk(&t, answers, 1);
    t.out.cap = 512;
    assert_int_equal(get(&t), KEDGE_ERR_TOO_LONG);
    assert_true(t.out.partial);
    assert_int_equal(t.out.err, KEDGE_ERR_TOO_LONG);
    assert_true(kedge_str_is(kedge_unstructured_name(&t.out), "one"));
    assert_in_range(t.out.need, need, need + 128);
    assert_non_null(strstr(kedge_rest_error_text(t.rest), " bytes, there is room for 512"));
    assert_int_equal(kedge_dynamic_update(&t.sensors, &t.out, NULL, NULL), KEDGE_ERR_TOO_LONG);
    assert_non_null(strstr(kedge_rest_error_text(t.rest), "was not read or changed as asked"));
    size_t enough = t.out.need;
    close_talk(&t);

    open_talk(&t, answers, 1);
    t.out.cap = enough;
    assert_int_equal(get(&t), KEDGE_OK);
    assert_true(kedge_str_is(kedge_unstructured_json(&t.out), body));
    size_t tokens = (size_t)t.out.doc.count;
    close_talk(&t);

    for (size_t cap = 1; cap <= tokens; cap++) {
        open_talk(&t, answers, 1);
        t.out.token_cap = cap;
        kedge_err err = get(&t);
        assert_int_equal(err, cap < tokens ? KEDGE_ERR_FULL : KEDGE_OK);
        assert_int_equal(t.out.need_tokens, cap < tokens ? tokens : 0);
        assert_int_equal(kedge_unstructured_json(&t.out).len, cap < tokens ? 0 : need);
        close_talk(&t);
    }

    // An identity that does not fit either leaves nothing.
    snprintf(body, sizeof body, "{\"metadata\":{\"name\":\"%0600d\"}}", 1);
    snprintf(answer, sizeof answer, HEAD "\r\n%s" SCRIPT_CLOSES, body);
    open_talk(&t, answers, 1);
    t.out.cap = 512;
    assert_int_equal(get(&t), KEDGE_ERR_TOO_LONG);
    assert_int_equal(kedge_unstructured_json(&t.out).len, 0);
    assert_true(t.out.need >= strlen(body));
    close_talk(&t);
    // Nor is there a sieve for less.
    open_talk(&t, answers, 1);
    t.out.cap = 511;
    assert_int_equal(get(&t), KEDGE_ERR_ARGUMENT);
    close_talk(&t);
}

// Lists
// --------------------------------------------------------------------------------------------

struct seen {
    char text[4096];
    size_t len;
    kedge_err answer;
};

static kedge_err see(void *ctx, const struct kedge_unstructured *u)
{
    struct seen *s = ctx;
    kedge_str json = kedge_unstructured_json(u);
    s->len += (size_t)snprintf(s->text + s->len, sizeof s->text - s->len, "%s%.*s %d\n",
                               u->partial ? "partial " : "", (int)json.len, json.ptr, u->need > 0);
    return s->answer;
}

#define PAGE_1                                                                                     \
    HEAD                                                                                           \
        "Content-Length: 174\r\n\r\n"                                                              \
        "{\"kind\":\"SensorList\",\"metadata\":{\"resourceVersion\":\"70\",\"continue\":\"a+b/=\"" \
        "},\"items\":[{\"metadata\":{\"name\":\"a\"}},{\"metadata\":{\"name\":\"b\","              \
        "\"managedFields\":[]},\"x\":[{}, 1.50]}]}     "
#define PAGE_2                                                                                  \
    ANSWER("{\"items\":[{\"metadata\":{\"name\":\"c\"}}],\"metadata\":{\"resourceVersion\":\"7" \
           "1\"}}")

static void pages_are_followed(void **state)
{
    (void)state;
    static struct talk t;
    static struct seen s;
    static const char *const pages[] = {PAGE_1, PAGE_2};
    struct kedge_dynamic_listed listed;
    struct kedge_options options = {.limit = 2,
                                    .label_selector = "a",
                                    .resource_version = "5",
                                    .resource_version_match = KEDGE_EXACT};
    const size_t sizes[] = {0, 1, 2, 3, 7, 50};
    for (size_t i = 0; i < 6; i++) {
        memset(&s, 0, sizeof s);
        open_talk(&t, pages, 2);
        t.port.cruelty.read_max = sizes[i];
        assert_int_equal(kedge_dynamic_list(&t.sensors, &options, see, &s, &listed), KEDGE_OK);
        assert_string_equal(s.text, "{\"metadata\":{\"name\":\"a\"}} 0\n"
                                    "{\"metadata\":{\"name\":\"b\"},\"x\":[{},1.50]} 0\n"
                                    "{\"metadata\":{\"name\":\"c\"}} 0\n");
        assert_string_equal(listed.resource_version, "70");
        assert_int_equal(listed.count, 3);
        assert_int_equal(listed.partial, 0);
        assert_int_equal(listed.pages, 2);
        t.script.seen[t.script.seen_len] = '\0';
        assert_non_null(strstr(t.script.seen, "?labelSelector=a&limit=2&resourceVersion=5&"
                                              "resourceVersionMatch=Exact HTTP/1.1\r\n"));
        assert_non_null(
            strstr(t.script.seen, "?continue=a%2Bb%2F%3D&labelSelector=a&limit=2 HTTP/1.1\r\n"));
        close_talk(&t);
    }
}

static void a_version_that_expires_between_pages_is_told(void **state)
{
    (void)state;
    static struct talk t;
    static struct seen s;
    static const char *const pages[] = {
        PAGE_1, "HTTP/1.1 410 Gone\r\nContent-Type: application/json\r\n\r\n"
                "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Expired\",\"code\":410,"
                "\"message\":\"too old\"}" SCRIPT_CLOSES};
    struct kedge_dynamic_listed listed;
    open_talk(&t, pages, 2);
    assert_int_equal(kedge_dynamic_list(&t.sensors, NULL, see, &s, &listed), KEDGE_ERR_API);
    assert_true(kedge_status_is_expired(kedge_rest_status(t.rest)));
    assert_int_equal(listed.count, 2);
    assert_int_equal(listed.pages, 1);
    close_talk(&t);
}

static void what_is_no_list_is_no_empty_list(void **state)
{
    (void)state;
    static struct talk t;
    static struct seen s;
    static const char *const tables[] = {
        ANSWER("{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\",\"rows\":[{\"cells\":[]}]}"),
        ANSWER("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Success\"}")};
    struct kedge_dynamic_listed listed;
    for (size_t i = 0; i < 2; i++) {
        open_talk(&t, &tables[i], 1);
        kedge_err err = kedge_dynamic_list(&t.sensors, NULL, see, &s, &listed);
        assert_int_equal(err, KEDGE_ERR_JSON);
        assert_non_null(strstr(kedge_rest_error_text(t.rest), "no list of this kind"));
        assert_int_equal(listed.count, 0);
        close_talk(&t);
    }
}

static void a_request_has_a_time_of_its_own(void **state)
{
    (void)state;
    static struct talk t;
    static const char *const silent[] = {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"};
    open_talk(&t, silent, 1);
    t.sensors.timeout = 1500;
    kedge_time began = t.port.now;
    assert_int_equal(kedge_dynamic_list(&t.sensors, NULL, NULL, NULL, NULL), KEDGE_ERR_TIMEOUT);
    assert_int_equal(t.port.now - began, 1500);
    assert_non_null(strstr(t.script.seen, "timeout=1.5s"));
    close_talk(&t);
}

static void a_token_that_does_not_move_on_ends_the_list(void **state)
{
    (void)state;
    static struct talk t;
    static struct seen s;
    static const char *const pages[] = {PAGE_1, PAGE_1, PAGE_2};
    struct kedge_dynamic_listed listed;
    open_talk(&t, pages, 3);
    assert_int_equal(kedge_dynamic_list(&t.sensors, NULL, see, &s, &listed), KEDGE_ERR_JSON);
    assert_int_equal(listed.pages, 2);
    assert_non_null(strstr(kedge_rest_error_text(t.rest), "the same as before"));
    close_talk(&t);
}

static void a_list_ends_when_its_reader_says_so(void **state)
{
    (void)state;
    static struct talk t;
    static struct seen s;
    static const char *const pages[] = {PAGE_1, PAGE_2};
    struct kedge_dynamic_listed listed;
    s.answer = KEDGE_ERR_STOPPED;
    open_talk(&t, pages, 2);
    assert_int_equal(kedge_dynamic_list(&t.sensors, NULL, see, &s, &listed), KEDGE_ERR_STOPPED);
    assert_int_equal(listed.count, 1);
    close_talk(&t);
}

struct busy {
    struct talk *t;
    kedge_err apply, list;
};

static kedge_err cancel_and_ask(void *ctx, const struct kedge_unstructured *u)
{
    struct busy *b = ctx;
    kedge_rest_cancel(b->t->rest);
    b->apply = kedge_dynamic_apply(&b->t->sensors, "one", u, NULL, NULL);
    b->list = list(b->t);
    return KEDGE_OK;
}

static void a_reader_may_cancel_but_not_ask(void **state)
{
    (void)state;
    static struct talk t;
    static const char *const pages[] = {PAGE_1, PAGE_2};
    struct busy b = {.t = &t};
    open_talk(&t, pages, 2);
    assert_int_equal(kedge_dynamic_list(&t.sensors, NULL, cancel_and_ask, &b, NULL),
                     KEDGE_ERR_STOPPED);
    assert_int_equal(b.apply, KEDGE_ERR_STATE);
    assert_int_equal(b.list, KEDGE_ERR_STATE);
    assert_int_equal(kedge_dynamic_list(&t.sensors, NULL, NULL, NULL, NULL), KEDGE_OK);
    close_talk(&t);
}

static void tokens_and_versions_have_an_end(void **state)
{
    (void)state;
    static struct talk t;
    static char answer[8192];
    const char *answers[] = {answer};
    static const struct {
        const char *key;
        int len;
        kedge_err err;
    } rows[] = {{"resourceVersion", 63, KEDGE_OK},
                {"resourceVersion", 64, KEDGE_ERR_TOO_LONG},
                {"continue", 32, KEDGE_ERR_TOO_LONG},    // of the kedge_rest's object_max
                {"continue", 1000, KEDGE_ERR_TOO_LONG},  // of the path
                {"continue", 3000, KEDGE_ERR_TOO_LONG}}; // of the envelope
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(answer, sizeof answer,
                 HEAD "Content-Length: %d\r\n\r\n"
                      "{\"items\":[],\"metadata\":{\"%s\":\"%0*d\"}}",
                 rows[i].len + (int)strlen(rows[i].key) + 31, rows[i].key, rows[i].len, 1);
        open_talk(&t, answers, 1);
        t.rest->options.object_max = rows[i].len == 32 ? 32 : 4096;
        kedge_err err = kedge_dynamic_list(&t.sensors, NULL, NULL, NULL, NULL);
        assert_int_equal(err, rows[i].err);
        assert_int_equal(kedge_rest_error_text(t.rest)[0] == '\0', err == KEDGE_OK);
        close_talk(&t);
    }
}

static void objects_of_a_list_that_are_too_large_are_partial(void **state)
{
    (void)state;
    static struct talk t;
    static struct seen s;
    static char answer[16384];
    const char *answers[] = {answer};
    char many[2500];
    for (size_t i = 0; i < sizeof many; i++)
        many[i] = i % 2 == 0 ? '1' : ',';
    many[sizeof many - 1] = '\0';
    many[sizeof many - 2] = '1';
    snprintf(answer, sizeof answer,
             HEAD
             "\r\n{\"items\":[{\"metadata\":{\"name\":\"a\"},\"d\":\"%07000d\"},"
             "{\"metadata\":{\"name\":\"b\"},\"d\":[%s]},{\"d\":1}],\"metadata\":{}}" SCRIPT_CLOSES,
             1, many);
    struct kedge_dynamic_listed listed;
    open_talk(&t, answers, 1);
    assert_int_equal(kedge_dynamic_list(&t.sensors, NULL, see, &s, &listed), KEDGE_OK);
    assert_string_equal(s.text, "partial {\"metadata\":{\"name\":\"a\"}} 1\n"
                                "partial {\"metadata\":{\"name\":\"b\"}} 0\n"
                                "{\"d\":1} 0\n");
    assert_int_equal(listed.partial, 2);
    assert_int_equal(listed.count, 3);
    assert_string_equal(listed.resource_version, "");
    close_talk(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_sends_just_these_bytes),
        cmocka_unit_test(a_form_asks_for_metadata_only_and_keeps_no_more),
        cmocka_unit_test(a_name_is_required),
        cmocka_unit_test(segments_that_are_none_are_refused_in_every_call),
        cmocka_unit_test(an_object_that_would_lose_something_is_not_sent),
        cmocka_unit_test(nothing_comes_of_nothing),
        cmocka_unit_test(another_request_under_way_is_left_alone),
        cmocka_unit_test(the_answer_is_kept_without_managed_fields),
        cmocka_unit_test(every_split_gives_the_same_and_every_cut_an_empty_object),
        cmocka_unit_test(a_status_that_says_failure_is_one_whatever_the_code),
        cmocka_unit_test(space_behind_the_object_is_none_of_it),
        cmocka_unit_test(a_refusal_leaves_the_object_as_it_was),
        cmocka_unit_test(what_is_no_object_is_no_answer),
        cmocka_unit_test(an_object_too_large_says_how_large),
        cmocka_unit_test(pages_are_followed),
        cmocka_unit_test(a_version_that_expires_between_pages_is_told),
        cmocka_unit_test(what_is_no_list_is_no_empty_list),
        cmocka_unit_test(a_request_has_a_time_of_its_own),
        cmocka_unit_test(a_token_that_does_not_move_on_ends_the_list),
        cmocka_unit_test(a_list_ends_when_its_reader_says_so),
        cmocka_unit_test(a_reader_may_cancel_but_not_ask),
        cmocka_unit_test(tokens_and_versions_have_an_end),
        cmocka_unit_test(objects_of_a_list_that_are_too_large_are_partial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
