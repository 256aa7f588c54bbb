// SPDX-License-Identifier: Apache-2.0
// Typed objects, got from and written to the mock API server.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api_talk.h"

static kedge_str web_of(char *text, size_t cap, const char *name, int replicas)
{
    struct kedge_build b;
    kedge_str out;
    kedge_build_object(&b, &kedge_kind_deployment, text, cap);
    kedge_build_name(&b, name);
    kedge_build_label(&b, "app", "web");
    kedge_build_int(&b, KEDGE_FIELD(deployment, spec_replicas), replicas);
    kedge_build_item(&b, KEDGE_FIELD(deployment, spec_template_spec_containers));
    kedge_build_text(&b, KEDGE_FIELD(template_container, name), "web");
    kedge_build_text(&b, KEDGE_FIELD(template_container, image), "nginx:1");
    assert_int_equal(kedge_build_finish(&b, &out), KEDGE_OK);
    return out;
}

static int replicas_of(const struct kedge_object *o)
{
    const struct kedge_deployment *d = kedge_as_deployment(o);
    assert_non_null(d);
    return d->spec_replicas;
}

// By a merge patch, a strategic one and a JSON patch.
static void patch_it(struct talk *t)
{
    char text[1024];
    struct kedge_build b;
    kedge_str body;
    const struct kedge_object *o = NULL;
    struct kedge_api *api = &t->api;

    kedge_build_patch(&b, &kedge_kind_deployment, text, sizeof text);
    kedge_build_int(&b, KEDGE_FIELD(deployment, spec_replicas), 0);
    kedge_build_entry_null(&b, KEDGE_LABELS, "app");
    must(t, kedge_build_finish(&b, &body));
    must(t, kedge_api_patch(api, "web", KEDGE_PATCH_MERGE, body, NULL, &o));
    assert_int_equal(replicas_of(o), 0);
    assert_true(KEDGE_HAS(kedge_as_deployment(o), deployment, spec_replicas));
    assert_null(kedge_label(o, "app"));

    kedge_build_patch(&b, &kedge_kind_deployment, text, sizeof text);
    kedge_build_item(&b, KEDGE_FIELD(deployment, spec_template_spec_containers));
    kedge_build_text(&b, KEDGE_FIELD(template_container, name), "web");
    kedge_build_text(&b, KEDGE_FIELD(template_container, image), "nginx:2");
    kedge_build_item(&b, KEDGE_FIELD(deployment, spec_template_spec_containers));
    kedge_build_text(&b, KEDGE_FIELD(template_container, name), "log");
    must(t, kedge_build_finish(&b, &body));
    must(t, kedge_api_patch(api, "web", KEDGE_PATCH_STRATEGIC, body, NULL, &o));
    const struct kedge_deployment *d = kedge_as_deployment(o);
    assert_int_equal(d->spec_template_spec_containers.count, 2);

    kedge_build_json_patch(&b, &kedge_kind_deployment, text, sizeof text);
    kedge_build_op(&b, KEDGE_OP_TEST);
    kedge_build_int(&b, KEDGE_FIELD(deployment, spec_replicas), 0);
    kedge_build_op(&b, KEDGE_OP_REPLACE);
    kedge_build_int(&b, KEDGE_FIELD(deployment, spec_replicas), 4);
    must(t, kedge_build_finish(&b, &body));
    must(t, kedge_api_patch(api, "web", KEDGE_PATCH_JSON, body, NULL, &o));
    assert_int_equal(replicas_of(o), 4);
}

static void apply_it(struct talk *t)
{
    char text[1024];
    struct kedge_build b;
    kedge_str body;
    const struct kedge_object *o = NULL;
    struct kedge_api *api = &t->api;

    struct kedge_options apply = {.field_manager = "me"};
    kedge_build_object(&b, &kedge_kind_deployment, text, sizeof text);
    kedge_build_name(&b, "web");
    kedge_build_int(&b, KEDGE_FIELD(deployment, spec_replicas), 5);
    must(t, kedge_build_finish(&b, &body));
    // The field is another manager's, until it is taken over.
    assert_int_equal(kedge_api_apply(api, "web", body, &apply, &o), KEDGE_ERR_API);
    assert_true(kedge_status_is_conflict(kedge_rest_status(t->rest)));
    apply.force = KEDGE_JUST(1);
    must(t, kedge_api_apply(api, "web", body, &apply, &o));
    assert_int_equal(replicas_of(o), 5);
}

// The whole story, whatever the connection is like.
static void tell_story(struct talk *t)
{
    char text[1024];
    const struct kedge_object *o = NULL;
    struct kedge_api *api = &t->api;

    must(t, kedge_api_create(api, web_of(text, sizeof text, "web", 1), NULL, &o));
    assert_string_equal(kedge_name(o), "web");
    assert_string_equal(kedge_label(o, "app"), "web");
    assert_int_equal(replicas_of(o), 1);

    patch_it(t);
    apply_it(t);
    must(t, kedge_api_get(api, "web", NULL, &o));
    assert_int_equal(replicas_of(o), 5);
    assert_string_equal(kedge_namespace(o), "default");
    must(t, kedge_api_delete(api, "web", NULL));
    assert_int_equal(kedge_api_get(api, "web", NULL, &o), KEDGE_ERR_API);
    assert_null(o);
    assert_true(kedge_status_is_not_found(kedge_rest_status(t->rest)));
}

static void an_object_is_created_patched_applied_and_deleted(void **state)
{
    (void)state;
    static struct talk t;
    api_talk_open(&t);
    tell_story(&t);
    api_talk_close(&t);
}

static void the_story_is_the_same_on_any_connection(void **state)
{
    (void)state;
    static const struct fake_cruelty cruelties[] = {
        {.read_max = 1},
        {.read_max = 2, .write_max = 3},
        {.read_max = 7, .write_max = 1, .block_every = 3},
        {.read_max = 64, .random_sizes = true, .block_every = 5},
        {.read_max = 300, .random_sizes = true, .early = true, .connect_steps = 3},
    };
    static struct talk t;
    for (size_t i = 0; i < sizeof cruelties / sizeof cruelties[0]; i++) {
        api_talk_open(&t);
        t.port.fake.cruelty = cruelties[i];
        tell_story(&t);
        api_talk_close(&t);
    }
}

static void a_dry_run_changes_nothing(void **state)
{
    (void)state;
    static struct talk t;
    char text[1024];
    const struct kedge_object *o;
    struct kedge_options dry = {.dry_run = true, .field_validation = KEDGE_VALIDATION_STRICT};
    api_talk_open(&t);
    must(&t, kedge_api_create(&t.api, web_of(text, sizeof text, "web", 1), &dry, &o));
    assert_int_equal(replicas_of(o), 1);
    assert_int_equal(mock_count(t.port.mock, "deployments"), 0);
    api_talk_close(&t);
}

static void the_status_is_patched_by_itself(void **state)
{
    (void)state;
    static struct talk t;
    const struct kedge_object *o;
    api_talk_open(&t);
    api_talk_fill(&t, 1);
    struct kedge_api status = kedge_api_sub(&t.api, "status");
    must(&t, kedge_api_patch(&status, "web-000", KEDGE_PATCH_MERGE,
                             KEDGE_STR("{\"spec\":{\"replicas\":9},\"status\":{\"replicas\":3}}"),
                             NULL, &o));
    assert_int_equal(kedge_as_deployment(o)->status_replicas, 3);
    assert_int_equal(replicas_of(o), 1);
    must(&t, kedge_api_get(&status, "web-000", NULL, NULL));
    api_talk_close(&t);
}

static void preconditions_hold_a_deletion_back(void **state)
{
    (void)state;
    static struct talk t;
    struct kedge_options options = {.precondition_uid = "another"};
    api_talk_open(&t);
    api_talk_fill(&t, 1);
    assert_int_equal(kedge_api_delete(&t.api, "web-000", &options), KEDGE_ERR_API);
    assert_true(kedge_status_is_conflict(kedge_rest_status(t.rest)));
    assert_int_equal(mock_count(t.port.mock, "deployments"), 1);
    must(&t, kedge_api_delete(&t.api, "web-000", NULL));
    assert_int_equal(mock_count(t.port.mock, "deployments"), 0);
    api_talk_close(&t);
}

static void a_collection_is_deleted_by_its_labels(void **state)
{
    (void)state;
    static struct talk t;
    struct kedge_options options = {.label_selector = "parity=odd"};
    api_talk_open(&t);
    api_talk_fill(&t, 5);
    must(&t, kedge_api_delete_collection(&t.api, &options));
    assert_int_equal(mock_count(t.port.mock, "deployments"), 3);
    must(&t, kedge_api_delete_collection(&t.api, NULL));
    assert_int_equal(mock_count(t.port.mock, "deployments"), 0);
    api_talk_close(&t);
}

// Limits -----------------------------------------------------------------------------------------

static void apply_large(struct talk *t, size_t label_bytes)
{
    char label[64];
    char *json = malloc(label_bytes * 2 + 1024);
    assert_non_null(json);
    size_t len =
        (size_t)sprintf(json, "{\"metadata\":{\"name\":\"large\",\"namespace\":\"default\","
                              "\"labels\":{");
    memset(label, 'v', 56);
    label[56] = '\0';
    for (size_t i = 0; i * 70 < label_bytes; i++)
        len += (size_t)sprintf(json + len, "%s\"key%04zu\":\"%04zu%s\"", i > 0 ? "," : "", i, i,
                               label);
    strcpy(json + len, "}},\"spec\":{\"replicas\":2}}");
    assert_int_not_equal(mock_apply(t->port.mock, "deployments", json), 0);
    free(json);
}

static void an_object_over_the_limits_is_partial(void **state)
{
    (void)state;
    static struct talk t;
    // Over object_max; over the tokens; over text_max.
    static const size_t sizes[] = {4500, 5500, 9000, 100000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const struct kedge_object *o;
        api_talk_open(&t);
        apply_large(&t, sizes[i]);
        must(&t, kedge_api_get(&t.api, "large", NULL, &o));
        assert_true(kedge_is_partial(o));
        assert_string_equal(kedge_name(o), "large");
        char uid[KEDGE_UID_TEXT];
        assert_int_equal(strlen(kedge_uid(o, uid)), 36);
        assert_int_equal(replicas_of(o), 0);
        api_talk_close(&t);
    }
}

static void memory_is_flat_over_ten_thousand_requests(void **state)
{
    (void)state;
    static struct talk t;
    struct kedge_memory_part before[24];
    struct kedge_memory_part after[24];
    char text[1024];
    api_talk_open(&t);
    size_t parts = kedge_memory_report(t.k, before, 24);
    for (int i = 0; i < 2500; i++) {
        const struct kedge_object *o;
        must(&t, kedge_api_create(&t.api, web_of(text, sizeof text, "web", i), NULL, &o));
        must(&t, kedge_api_get(&t.api, "web", NULL, &o));
        assert_int_equal(replicas_of(o), i);
        must(&t, kedge_api_patch(&t.api, "web", KEDGE_PATCH_MERGE,
                                 KEDGE_STR("{\"spec\":{\"replicas\":7}}"), NULL, &o));
        must(&t, kedge_api_delete(&t.api, "web", NULL));
    }
    assert_int_equal(kedge_memory_report(t.k, after, 24), parts);
    for (size_t i = 0; i < parts; i++) {
        assert_string_equal(after[i].name, before[i].name);
        assert_int_equal(after[i].size, before[i].size);
        assert_int_equal(after[i].used, before[i].used);
    }
    struct kedge_rest_facts facts;
    assert_int_equal(kedge_rest_facts(t.rest, &facts), KEDGE_OK);
    assert_int_equal(facts.requests, 10000);
    assert_int_equal(facts.connections, 1);
    api_talk_close(&t);
}

// Refusals ---------------------------------------------------------------------------------------

static void assert_refused(struct talk *t, kedge_err err, const char *text)
{
    assert_int_equal(err, KEDGE_ERR_ARGUMENT);
    assert_string_equal(kedge_rest_error_text(t->rest), text);
}

static void what_is_no_request_is_not_sent(void **state)
{
    (void)state;
    static struct talk t;
    const struct kedge_object *o;
    struct kedge_options dry = {.dry_run = true};
    struct kedge_options limit = {.limit = 1};
    api_talk_open(&t);
    struct kedge_api all = kedge_api_of(t.rest, &kedge_kind_deployment, NULL);
    assert_refused(&t, kedge_api_get(&t.api, "", NULL, &o), "name: resource name may not be empty");
    assert_refused(&t, kedge_api_get(&t.api, NULL, NULL, &o), "name: name is required");
    assert_refused(&t, kedge_api_get(&t.api, "a/b", NULL, &o), "name: may not contain '/'");
    assert_refused(&t, kedge_api_get(&t.api, "web", &dry, &o),
                   "dry_run: only to write and to delete");
    assert_int_equal(kedge_api_get(&t.api, "web", &limit, &o), KEDGE_ERR_ARGUMENT);
    assert_refused(&t, kedge_api_get(&all, "web", NULL, &o),
                   "namespace_: an empty namespace may not be set when a resource name is "
                   "provided");
    assert_refused(&t, kedge_api_create(&all, KEDGE_STR("{}"), NULL, &o),
                   "namespace_: an empty namespace may not be set during creation");
    struct kedge_api none = kedge_api_of(t.rest, NULL, "default");
    assert_refused(&t, kedge_api_get(&none, "web", NULL, &o),
                   "get  \"web\" in default: kind: is NULL");
    assert_int_equal(kedge_api_delete(&none, "web", NULL), KEDGE_ERR_ARGUMENT);
    struct kedge_request r = kedge_api_request(&t.api, KEDGE_LIST, NULL, NULL);
    assert_refused(&t, kedge_api_do(&t.api, &r, &o),
                   "list deployments.apps in default: verb: the answer is no object; see "
                   "kedge_api_list, kedge/watch.h");
    r.verb = KEDGE_WATCH;
    assert_int_equal(kedge_api_do(&t.api, &r, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(t.port.fake.opens, 0);
    api_talk_close(&t);
}

static void without_a_rest_every_call_is_refused(void **state)
{
    (void)state;
    struct kedge_api api = kedge_api_of(NULL, &kedge_kind_deployment, "default");
    struct kedge_api sub = kedge_api_sub(NULL, "status");
    const struct kedge_object *o;
    struct kedge_request r = kedge_api_request(NULL, KEDGE_GET, "web", NULL);
    assert_null(r.resource);
    assert_string_equal(sub.subresource, "status");
    assert_int_equal(kedge_api_get(&api, "web", NULL, &o), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_get(NULL, "web", NULL, &o), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_create(NULL, KEDGE_STR("{}"), NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_patch(&api, "web", KEDGE_PATCH_MERGE, KEDGE_STR("{}"), NULL, NULL),
                     KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_apply(&api, "web", KEDGE_STR("{}"), NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_delete(&api, "web", NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_delete_collection(&api, NULL), KEDGE_ERR_ARGUMENT);
    r = kedge_api_request(&api, KEDGE_LIST, NULL, NULL);
    assert_int_equal(kedge_api_do(&api, &r, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_do(&api, NULL, NULL), KEDGE_ERR_ARGUMENT);
}

static void the_server_s_refusals_are_told_apart(void **state)
{
    (void)state;
    static struct talk t;
    char text[1024];
    const struct kedge_status *s;
    api_talk_open(&t);
    api_talk_fill(&t, 1);
    s = kedge_rest_status(t.rest);
    kedge_str web = web_of(text, sizeof text, "web-000", 1);
    assert_int_equal(kedge_api_create(&t.api, web, NULL, NULL), KEDGE_ERR_API);
    assert_true(kedge_status_is_already_exists(s));
    assert_int_equal(kedge_api_apply(&t.api, "web-000", web, NULL, NULL), KEDGE_ERR_API);
    assert_true(kedge_status_is_invalid(s));
    assert_int_equal(kedge_api_delete(&t.api, "other", NULL), KEDGE_ERR_API);
    assert_true(kedge_status_is_not_found(s));
    assert_int_equal(
        kedge_api_patch(&t.api, "web-000", KEDGE_PATCH_MERGE, KEDGE_STR("{"), NULL, NULL),
        KEDGE_ERR_API);
    assert_true(kedge_status_is_bad_request(s));
    api_talk_close(&t);
}

// Answers that are none --------------------------------------------------------------------------

#define OK_JSON "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"

static void an_answer_that_is_no_object_is_an_error(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        kedge_err err;
    } rows[] = {
        {"", KEDGE_ERR_JSON},
        {"{\"metadata\":{\"name\":\"web\"}", KEDGE_ERR_JSON},
        {"[]", KEDGE_ERR_JSON},
        {"<html>", KEDGE_ERR_JSON},
        {"{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":409,\"reason\":\"Conflict\"}",
         KEDGE_ERR_API},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static struct scripted s;
        const struct kedge_object *o;
        char head[512];
        snprintf(head, sizeof head, OK_JSON "%s", rows[i].body);
        struct hostile_answer answer = {.head = head, .closes = true};
        scripted_open(&s, &answer, 1);
        assert_int_equal(kedge_api_get(&s.api, "web", NULL, &o), rows[i].err);
        assert_null(o);
        assert_int_not_equal(kedge_rest_error_text(s.rest)[0], '\0');
        scripted_close(&s);
    }
}

static const char answer_body[] =
    OK_JSON "{\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\",\"namespace\":\"default\","
            "\"uid\":\"u\",\"resourceVersion\":\"7\"},\"spec\":{\"replicas\":3}}\n";

// Wherever the bytes are divided, the object is the same; wherever they end, it is an error.
static void an_answer_of_another_kind_is_an_error(void **state)
{
    (void)state;
    static struct scripted s;
    const struct kedge_object *o;
    struct hostile_answer answer = {.head = OK_JSON
                                    "{\"kind\":\"Pod\\u001b\",\"metadata\":{\"name\":\"web\"}}",
                                    .closes = true};
    scripted_open(&s, &answer, 1);
    assert_int_equal(kedge_api_get(&s.api, "web", NULL, &o), KEDGE_ERR_JSON);
    assert_null(o);
    assert_non_null(strstr(kedge_rest_error_text(s.rest),
                           "an object of kind Pod? came where one of kind Deployment should"));
    scripted_close(&s);
    // A deletion's answer may be the object or a Status.
    scripted_open(&s, &answer, 1);
    assert_int_equal(kedge_api_delete(&s.api, "web", NULL), KEDGE_OK);
    scripted_close(&s);
    // A Scale is asked for, and the Deployment comes.
    answer.head = OK_JSON "{\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\"}}";
    scripted_open(&s, &answer, 1);
    assert_int_equal(kedge_api_get_scale(&s.api, "web", NULL, &o), KEDGE_ERR_JSON);
    assert_null(o);
    scripted_close(&s);
    // What nobody looks at may be anything but a refusal.
    answer.head = OK_JSON "{\"kind\":\"Scale\",\"metadata\":{\"name\":\"web\"}}";
    scripted_open(&s, &answer, 1);
    s.api = kedge_api_sub(&s.api, "scale");
    assert_int_equal(kedge_api_patch(&s.api, "web", KEDGE_PATCH_MERGE, KEDGE_STR("{}"), NULL, NULL),
                     KEDGE_OK);
    scripted_close(&s);
    answer.head = OK_JSON "{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":409,"
                          "\"reason\":\"Conflict\"}";
    scripted_open(&s, &answer, 1);
    assert_int_equal(kedge_api_patch(&s.api, "web", KEDGE_PATCH_MERGE, KEDGE_STR("{}"), NULL, NULL),
                     KEDGE_ERR_API);
    assert_true(kedge_status_is_conflict(kedge_rest_status(s.rest)));
    scripted_close(&s);
}

static void an_answer_may_be_split_anywhere_and_cut_nowhere(void **state)
{
    (void)state;
    static struct scripted s;
    const struct kedge_object *o;
    struct hostile_answer answer = {.head = answer_body, .closes = true};
    for (size_t n = 1; n < sizeof answer_body; n++) {
        scripted_open(&s, &answer, 1);
        s.port.cruelty.read_max = n;
        assert_int_equal(kedge_api_get(&s.api, "web", NULL, &o), KEDGE_OK);
        assert_int_equal(kedge_as_deployment(o)->spec_replicas, 3);
        scripted_close(&s);
    }
    // The line end behind the object is no loss.
    for (size_t n = 0; n < sizeof answer_body - 2; n++) {
        for (int reset = 0; reset < 2; reset++) {
            scripted_open(&s, &answer, 1);
            s.api.retries = -1;
            s.port.cruelty.cut = true;
            s.port.cruelty.cut_at = n;
            s.port.cruelty.cut_with = reset ? KEDGE_ERR_IO : KEDGE_ERR_CLOSED;
            kedge_err err = kedge_api_get(&s.api, "web", NULL, &o);
            assert_int_not_equal(err, KEDGE_OK);
            assert_null(o);
            assert_int_not_equal(kedge_rest_error_text(s.rest)[0], '\0');
            scripted_close(&s);
        }
    }
}

static void every_call_of_the_port_may_fail(void **state)
{
    (void)state;
    static struct talk t;
    bool failed = true;
    unsigned n = 0;
    for (n = 1; failed && n < 1000; n++) {
        char text[1024];
        api_talk_open(&t);
        t.port.fake.calls = 0;
        t.port.fake.cruelty.fail_at = n;
        kedge_err err = kedge_api_create(&t.api, web_of(text, sizeof text, "web", 1), NULL, NULL);
        if (err == KEDGE_OK)
            err = kedge_api_patch(&t.api, "web", KEDGE_PATCH_MERGE, KEDGE_STR("{}"), NULL, NULL);
        failed = t.port.fake.calls >= n;
        if (err != KEDGE_OK)
            assert_int_not_equal(kedge_rest_error_text(t.rest)[0], '\0');
        else
            assert_int_equal(mock_count(t.port.mock, "deployments"), 1);
        api_talk_close(&t);
    }
    assert_in_range(n, 5, 999);
}

// Parameters -------------------------------------------------------------------------------------

static void a_time_out_and_no_namespace_are_sent_as_client_go_does(void **state)
{
    (void)state;
    static struct scripted s;
    struct hostile_answer answer = {.head = answer_body, .closes = true};
    struct kedge_options options = {.timeout_seconds = KEDGE_JUST(423)};
    scripted_open(&s, &answer, 1);
    assert_int_equal(kedge_api_delete_collection(&s.api, &options), KEDGE_OK);
    assert_non_null(strstr(s.hostile.requests, "DELETE /apis/apps/v1/namespaces/default/deployments"
                                               "?timeout=7m3s&timeoutSeconds=423 "));
    scripted_close(&s);

    scripted_open(&s, &answer, 1);
    options.timeout_seconds = KEDGE_JUST(0);
    assert_int_equal(kedge_api_delete_collection(&s.api, &options), KEDGE_OK);
    assert_non_null(strstr(s.hostile.requests, "deployments?timeoutSeconds=0 "));
    scripted_close(&s);

    // The same of other verbs is the call's own.
    struct hostile_answer node = {.head = OK_JSON "{\"metadata\":{\"name\":\"one\"}}",
                                  .closes = true};
    scripted_open(&s, &node, 1);
    s.api = kedge_api_of(s.rest, &kedge_kind_node, "not looked at");
    s.api.timeout = 1500;
    assert_int_equal(kedge_api_get(&s.api, "one", NULL, NULL), KEDGE_OK);
    assert_non_null(strstr(s.hostile.requests, "GET /api/v1/nodes/one?timeout=1.5s "));
    scripted_close(&s);

    options.timeout_seconds = KEDGE_JUST(INT64_MAX);
    struct kedge_request r = kedge_api_request(&s.api, KEDGE_WATCH, NULL, &options);
    assert_true(r.timeout == KEDGE_FOREVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_is_created_patched_applied_and_deleted),
        cmocka_unit_test(the_story_is_the_same_on_any_connection),
        cmocka_unit_test(a_dry_run_changes_nothing),
        cmocka_unit_test(the_status_is_patched_by_itself),
        cmocka_unit_test(preconditions_hold_a_deletion_back),
        cmocka_unit_test(a_collection_is_deleted_by_its_labels),
        cmocka_unit_test(an_object_over_the_limits_is_partial),
        cmocka_unit_test(memory_is_flat_over_ten_thousand_requests),
        cmocka_unit_test(what_is_no_request_is_not_sent),
        cmocka_unit_test(without_a_rest_every_call_is_refused),
        cmocka_unit_test(the_server_s_refusals_are_told_apart),
        cmocka_unit_test(an_answer_that_is_no_object_is_an_error),
        cmocka_unit_test(an_answer_of_another_kind_is_an_error),
        cmocka_unit_test(an_answer_may_be_split_anywhere_and_cut_nowhere),
        cmocka_unit_test(every_call_of_the_port_may_fail),
        cmocka_unit_test(a_time_out_and_no_namespace_are_sent_as_client_go_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
