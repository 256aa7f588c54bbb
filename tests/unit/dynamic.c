// SPDX-License-Identifier: Apache-2.0
// The dynamic client and the mock API server: the life of a custom resource, and long lists.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kedge/kedge.h"
#include "mock_port.h"

struct talk {
    struct mock_port port;
    unsigned char memory[64 * 1024];
    struct kedge *k;
    struct kedge_client *client;
    struct kedge_rest *rest;
    struct kedge_dynamic sensors;
    char text[8192];
    struct kedge_json_token tokens[1024];
    struct kedge_unstructured u;
};

static const struct mock_crd crds[] = {{.group = "edge.example.com",
                                        .version = "v1",
                                        .plural = "sensors",
                                        .kind = "Sensor",
                                        .namespaced = true}};

static void open_talk(struct talk *t)
{
    struct kedge_config config = {.server = "http://api.test:8080", .qps = -1};
    memset(t, 0, sizeof *t);
    mock_port_init(&t->port,
                   mock_new(&(struct mock_options){.seed = 1, .crds = crds, .crd_count = 1}), 1);
    t->k = kedge_init(t->memory, sizeof t->memory, &t->port.fake.port);
    t->client = kedge_client_new(t->k, &config);
    t->rest = kedge_rest_new(t->client, NULL);
    assert_non_null(t->rest);
    t->sensors = (struct kedge_dynamic){.rest = t->rest,
                                        .resource = {"edge.example.com", "v1", "sensors"},
                                        .namespace_ = "default"};
    kedge_unstructured_init(&t->u, t->text, sizeof t->text, t->tokens, 1024);
}

static void close_talk(struct talk *t)
{
    kedge_rest_close(t->rest);
    kedge_client_free(t->client);
    mock_port_done(&t->port);
}

static void assert_ok(struct talk *t, kedge_err err)
{
    if (err != KEDGE_OK)
        fail_msg("%s: %s", kedge_err_name(err), kedge_rest_error_text(t->rest));
}

// What the server stores.
static const char *stored(struct talk *t, const char *name)
{
    static char text[8192];
    struct mock_item item;
    if (!mock_get(t->port.mock, "sensors", "default", name, &item))
        return "";
    snprintf(text, sizeof text, "%.*s", (int)item.len, item.text);
    return text;
}

static void create_one(struct talk *t, const char *name)
{
    struct kedge_unstructured *u = &t->u;
    assert_int_equal(kedge_unstructured_new(u, "edge.example.com/v1", "Sensor", "default", name),
                     KEDGE_OK);
    kedge_unstructured_set_int64(u, KEDGE_PATH("spec", "interval"), 30);
    kedge_unstructured_set_text(u, KEDGE_PATH("spec", "tags", "-"), "attic");
    kedge_unstructured_set_text(u, KEDGE_PATH("metadata", "labels", "kind"),
                                name[0] == 'o' ? "odd" : "even");
    assert_ok(t, kedge_dynamic_create(&t->sensors, u, NULL, u));
    assert_true(kedge_unstructured_uid(u).len > 0);
}

// What was read is changed and sent back; nothing else is lost.
static void change_what_was_read(struct talk *t)
{
    struct kedge_unstructured *u = &t->u;
    int64_t n = 0;
    assert_int_equal(kedge_unstructured_int64(u, KEDGE_PATH("spec", "interval"), &n), KEDGE_OK);
    assert_int_equal(n, 30);
    kedge_unstructured_set_int64(u, KEDGE_PATH("spec", "interval"), n * 2);
    kedge_unstructured_remove(u, KEDGE_PATH("spec", "tags", "0"));
    kedge_unstructured_set_json(u, KEDGE_PATH("spec", "limits"), KEDGE_STR("{\"high\":21.50}"));
    assert_ok(t, kedge_dynamic_update(&t->sensors, u, NULL, u));
    assert_non_null(strstr(stored(t, "one"), "\"interval\":60"));
    assert_non_null(strstr(stored(t, "one"), "\"tags\":[]"));
    assert_non_null(strstr(stored(t, "one"), "\"high\":21.5"));
    assert_non_null(strstr(stored(t, "one"), "\"kind\":\"odd\""));
    assert_non_null(strstr(stored(t, "one"), "managedFields"));
}

// `mine` has been read before another's change.
static void update_behind_another_writer(struct talk *t, struct kedge_unstructured *mine)
{
    struct kedge_unstructured *u = &t->u;
    assert_int_equal(kedge_unstructured_copy(mine, u), KEDGE_OK);
    assert_ok(t, kedge_dynamic_patch(&t->sensors, "one", KEDGE_PATCH_MERGE,
                                     KEDGE_STR("{\"spec\":{\"interval\":5}}"), NULL, u));
    assert_int_equal(kedge_dynamic_update(&t->sensors, mine, NULL, mine), KEDGE_ERR_API);
    assert_true(kedge_status_is_conflict(kedge_rest_status(t->rest)));
}

static void apply_over_another_manager(struct talk *t, struct kedge_unstructured *mine)
{
    struct kedge_options apply = {.field_manager = "me"};
    kedge_unstructured_new(mine, "edge.example.com/v1", "Sensor", "default", "one");
    kedge_unstructured_set_int64(mine, KEDGE_PATH("spec", "interval"), 7);
    // The field is another manager's, and the refused object is still there to be sent again.
    assert_int_equal(kedge_dynamic_apply(&t->sensors, "one", mine, &apply, mine), KEDGE_ERR_API);
    assert_true(kedge_status_is_conflict(kedge_rest_status(t->rest)));
    assert_non_null(strstr(stored(t, "one"), "\"interval\":5"));
    apply.force = KEDGE_JUST(1);
    assert_ok(t, kedge_dynamic_apply(&t->sensors, "one", mine, &apply, mine));
    assert_non_null(strstr(stored(t, "one"), "\"interval\":7"));
    assert_non_null(strstr(stored(t, "one"), "\"phase\":\"Up\""));
}

static void a_custom_resource_is_made_read_changed_and_deleted(void **state)
{
    (void)state;
    static struct talk t;
    static char text[4096];
    static struct kedge_json_token tokens[512];
    struct kedge_unstructured mine;
    open_talk(&t);
    struct kedge_unstructured *u = &t.u;
    const struct kedge_dynamic *d = &t.sensors;
    kedge_unstructured_init(&mine, text, sizeof text, tokens, 512);
    create_one(&t, "one");
    assert_non_null(strstr(stored(&t, "one"), "managedFields"));
    assert_ok(&t, kedge_dynamic_get(d, "one", NULL, u));
    assert_null(strstr(u->buf, "managedFields"));
    change_what_was_read(&t);
    update_behind_another_writer(&t, &mine);

    // Status and object are two.
    kedge_unstructured_set_text(u, KEDGE_PATH("status", "phase"), "Up");
    kedge_unstructured_set_int64(u, KEDGE_PATH("spec", "interval"), 1);
    assert_ok(&t, kedge_dynamic_update_status(d, u, NULL, u));
    assert_non_null(strstr(stored(&t, "one"), "\"phase\":\"Up\""));
    assert_non_null(strstr(stored(&t, "one"), "\"interval\":5"));
    apply_over_another_manager(&t, &mine);

    struct kedge_options stale = {.precondition_uid = "other"};
    assert_int_equal(kedge_dynamic_delete(d, "one", &stale), KEDGE_ERR_API);
    assert_true(kedge_status_is_conflict(kedge_rest_status(t.rest)));
    assert_ok(&t, kedge_dynamic_delete(d, "one", NULL));
    assert_int_equal(kedge_dynamic_get(d, "one", NULL, u), KEDGE_ERR_API);
    assert_true(kedge_status_is_not_found(kedge_rest_status(t.rest)));
    close_talk(&t);
}

static void a_dry_run_changes_nothing(void **state)
{
    (void)state;
    static struct talk t;
    open_talk(&t);
    struct kedge_options dry = {.dry_run = true};
    create_one(&t, "one");
    kedge_unstructured_set_int64(&t.u, KEDGE_PATH("spec", "interval"), 1);
    assert_ok(&t, kedge_dynamic_update(&t.sensors, &t.u, &dry, &t.u));
    assert_ok(&t, kedge_dynamic_delete(&t.sensors, "one", &dry));
    assert_non_null(strstr(stored(&t, "one"), "\"interval\":30"));
    close_talk(&t);
}

static void a_scale_is_read_and_changed(void **state)
{
    (void)state;
    static struct talk t;
    open_talk(&t);
    int64_t n = 0;
    assert_true(mock_apply(t.port.mock, "deployments",
                           "{\"metadata\":{\"name\":\"web\",\"namespace\":\"default\"},"
                           "\"spec\":{\"replicas\":2}}") > 0);
    struct kedge_dynamic scale = {.rest = t.rest,
                                  .resource = {"apps", "v1", "deployments"},
                                  .namespace_ = "default",
                                  .subresource = "scale"};
    assert_ok(&t, kedge_dynamic_get(&scale, "web", NULL, &t.u));
    assert_true(kedge_str_is(kedge_unstructured_kind(&t.u), "Scale"));
    kedge_unstructured_set_int64(&t.u, KEDGE_PATH("spec", "replicas"), 5);
    assert_ok(&t, kedge_dynamic_update(&scale, &t.u, NULL, &t.u));
    scale.subresource = NULL;
    assert_ok(&t, kedge_dynamic_get(&scale, "web", NULL, &t.u));
    assert_int_equal(kedge_unstructured_int64(&t.u, KEDGE_PATH("spec", "replicas"), &n), KEDGE_OK);
    assert_int_equal(n, 5);
    close_talk(&t);
}

static kedge_err count_even(void *ctx, const struct kedge_unstructured *u)
{
    *(unsigned *)ctx += kedge_json_text_is(kedge_unstructured_label(u, "kind"), KEDGE_STR("even"));
    return KEDGE_OK;
}

static void a_collection_is_listed_and_deleted_by_its_labels(void **state)
{
    (void)state;
    static struct talk t;
    open_talk(&t);
    struct kedge_dynamic_listed listed;
    struct kedge_options odd = {.label_selector = "kind=odd"};
    static const char *const names[] = {"one", "two", "three", "four", "other"};
    unsigned even = 0;
    for (int i = 0; i < 5; i++)
        create_one(&t, names[i]);
    assert_ok(&t, kedge_dynamic_list(&t.sensors, &odd, count_even, &even, &listed));
    assert_int_equal(listed.count, 2);
    assert_int_equal(even, 0);
    assert_ok(&t, kedge_dynamic_delete_collection(&t.sensors, &odd));
    assert_ok(&t, kedge_dynamic_list(&t.sensors, NULL, count_even, &even, &listed));
    assert_int_equal(listed.count, 3);
    assert_int_equal(even, 3);
    close_talk(&t);
}

// Long lists
// ---------------------------------------------------------------------------------------

struct tally {
    uint64_t count;
    int64_t sum;
    uint64_t bytes;
};

static kedge_err tally(void *ctx, const struct kedge_unstructured *u)
{
    struct tally *s = ctx;
    int64_t n = 0;
    s->count++;
    s->bytes += kedge_unstructured_json(u).len;
    if (kedge_unstructured_int64(u, KEDGE_PATH("spec", "replicas"), &n) == KEDGE_OK)
        s->sum += n;
    assert_false(u->partial);
    assert_true(kedge_unstructured_name(u).len > 0);
    return KEDGE_OK;
}

static void ten_thousand_objects_pass_through_the_memory_of_one(void **state)
{
    (void)state;
    static struct talk t;
    open_talk(&t);
    enum { MANY = 10000 };
    for (int i = 0; i < MANY; i++) {
        char json[256];
        snprintf(json, sizeof json,
                 "{\"metadata\":{\"name\":\"web-%d\",\"namespace\":\"default\"},\"spec\":{"
                 "\"replicas\":%d}}",
                 i, i);
        mock_apply(t.port.mock, "deployments", json);
    }
    struct kedge_dynamic all = {.rest = t.rest, .resource = {"apps", "v1", "deployments"}};
    static const struct {
        const struct kedge_dynamic_form *form;
        int64_t limit;
    } rows[] = {
        {NULL, 0}, {NULL, 500}, {&kedge_dynamic_metadata, 0}, {&kedge_dynamic_identity, 999}};
    uint64_t bytes[4];
    for (size_t i = 0; i < 4; i++) {
        struct tally s = {0};
        struct kedge_dynamic_listed listed;
        struct kedge_options options = {.limit = rows[i].limit};
        all.form = rows[i].form;
        assert_ok(&t, kedge_dynamic_list(&all, &options, tally, &s, &listed));
        assert_int_equal(s.count, MANY);
        assert_int_equal(listed.count, MANY);
        assert_int_equal(s.sum, rows[i].form == NULL ? (int64_t)MANY * (MANY - 1) / 2 : 0);
        assert_int_equal(listed.pages, rows[i].limit > 0 ? (MANY - 1) / rows[i].limit + 1 : 1);
        assert_int_equal(strtoull(listed.resource_version, NULL, 10), mock_version(t.port.mock));
        bytes[i] = s.bytes;
    }
    assert_int_equal(bytes[0], bytes[1]);
    assert_true(bytes[3] < bytes[2] && bytes[3] < bytes[0]);
    close_talk(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_custom_resource_is_made_read_changed_and_deleted),
        cmocka_unit_test(a_dry_run_changes_nothing),
        cmocka_unit_test(a_scale_is_read_and_changed),
        cmocka_unit_test(a_collection_is_listed_and_deleted_by_its_labels),
        cmocka_unit_test(ten_thousand_objects_pass_through_the_memory_of_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
