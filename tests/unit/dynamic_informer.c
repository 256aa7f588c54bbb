// SPDX-License-Identifier: Apache-2.0
// Informers of resources that are named when the program runs: raw objects, metadata only.
#define _GNU_SOURCE // memmem
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cache/asks.h"
#include "client/accept.h"
#include "cluster.h"

#define SETTLE (5 * KEDGE_MINUTE)

static const struct mock_crd crd = {.group = "edge.example.com",
                                    .version = "v1",
                                    .plural = "sensors",
                                    .kind = "Sensor",
                                    .namespaced = true};
static const struct kedge_gvr sensors = {"edge.example.com", "v1", "sensors"};
static const struct kedge_gvr configmaps = {NULL, "v1", "configmaps"};

static void open_cluster(struct cluster *c)
{
    cluster_open(c, &(struct cluster_options){.mock = {.crds = &crd, .crd_count = 1}});
}

static struct kedge_informer *watched(struct cluster *c, struct kedge_informer *inf,
                                      struct recorder *r)
{
    assert_non_null(inf);
    recorder_init(r);
    assert_int_equal(kedge_informer_add_handler(inf, &r->handler), KEDGE_OK);
    c->recorders[c->recorder_count++] = r;
    return inf;
}

static void apply_sensor(struct cluster *c, const char *namespace_, const char *name, int seconds)
{
    char text[512];
    snprintf(text, sizeof text,
             "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\",\"labels\":{\"room\":\"r%d\"},"
             "\"annotations\":{\"note\":\"n%d\"}},\"spec\":{\"intervalSeconds\":%d,\"tags\":"
             "[\"a\",\"b\\n\"]}}",
             name, namespace_, seconds % 3, seconds, seconds);
    assert_true(mock_apply(c->mock, "sensors", text) > 0);
}

static const struct kedge_object *get(struct kedge_informer *inf, const char *name)
{
    const struct kedge_object *o;
    assert_int_equal(kedge_lister_get(inf, "default", name, &o), KEDGE_OK);
    return o;
}

static int64_t interval(const struct kedge_object *o)
{
    struct kedge_json_token tokens[128];
    struct kedge_json doc;
    int64_t seconds = -1;
    assert_int_equal(kedge_raw_parse(o, &doc, tokens, 128), KEDGE_OK);
    kedge_json_int64(kedge_json_at(kedge_json_root(&doc), KEDGE_PATH("spec", "intervalSeconds")),
                     &seconds);
    return seconds;
}

static void a_raw_object_has_its_metadata_and_all_of_its_json(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    open_cluster(&c);
    apply_sensor(&c, "default", "old", 5);
    struct kedge_informer *inf =
        watched(&c, kedge_factory_dynamic_informer(c.factory, &sensors, NULL), &r);
    cluster_start_and_settle(&c, inf, SETTLE);
    apply_sensor(&c, "default", "new", 7);
    apply_sensor(&c, "default", "old", 6);
    assert_true(cluster_settle(&c, inf, SETTLE));
    assert_int_equal(interval(get(inf, "old")), 6);
    assert_int_equal(interval(get(inf, "new")), 7);
    assert_string_equal(kedge_label(get(inf, "new"), "room"), "r1");
    kedge_str json = kedge_raw_json(get(inf, "new"));
    struct mock_item item;
    assert_true(mock_get(c.mock, "sensors", "default", "new", &item));
    assert_non_null(strstr(item.text, "managedFields"));
    assert_null(memmem(json.ptr, json.len, "managedFields", 13));
    assert_non_null(memmem(json.ptr, json.len, "\"tags\":[\"a\",\"b\\n\"]", 17));
    assert_non_null(memmem(json.ptr, json.len, "\"note\":\"n7\"", 11));
    assert_non_null(memmem(json.ptr, json.len, "\"kind\":\"Sensor\"", 15));
    mock_delete(c.mock, "sensors", "default", "old");
    assert_true(cluster_settle(&c, inf, SETTLE));
    assert_int_equal(r.deletes, 1);
    cluster_assert_equal(&c, inf, &r);
    cluster_close(&c);
}

static void an_object_can_be_copied_and_made_one_to_edit(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    open_cluster(&c);
    apply_sensor(&c, "default", "a", 5);
    struct kedge_informer *inf =
        watched(&c, kedge_factory_dynamic_informer(c.factory, &sensors, NULL), &r);
    cluster_start_and_settle(&c, inf, SETTLE);
    _Alignas(int64_t) unsigned char copy[2048];
    assert_int_equal(kedge_object_copy(get(inf, "a"), copy, sizeof copy, NULL), KEDGE_OK);
    assert_int_equal(interval((struct kedge_object *)copy), 5);
    static char text[2048];
    static struct kedge_json_token tokens[256];
    struct kedge_unstructured u;
    kedge_unstructured_init(&u, text, sizeof text, tokens, 256);
    assert_int_equal(kedge_unstructured_read(&u, kedge_raw_json(get(inf, "a"))), KEDGE_OK);
    assert_int_equal(kedge_unstructured_set_int64(&u, KEDGE_PATH("spec", "intervalSeconds"), 9),
                     KEDGE_OK);
    assert_int_equal(interval(get(inf, "a")), 5);
    cluster_close(&c);
}

static void metadata_is_all_that_comes(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    open_cluster(&c);
    char text[4096];
    snprintf(text, sizeof text,
             "{\"metadata\":{\"name\":\"big\",\"namespace\":\"default\",\"labels\":{\"a\":\"b\"}},"
             "\"data\":{\"k\":\"%03000d\"}}",
             1);
    mock_apply(c.mock, "configmaps", text);
    struct kedge_informer *inf =
        watched(&c, kedge_factory_metadata_informer(c.factory, &configmaps, NULL), &r);
    cluster_start_and_settle(&c, inf, SETTLE);
    mock_apply(c.mock, "configmaps", text); // also by the watch
    assert_true(cluster_settle(&c, inf, SETTLE));
    struct kedge_informer_state s;
    kedge_informer_state(inf, &s);
    assert_true(s.bytes_in < 3000);
    assert_string_equal(kedge_label(get(inf, "big"), "a"), "b");
    assert_int_equal(kedge_raw_json(get(inf, "big")).len, 0);
    assert_false(kedge_is_partial(get(inf, "big")));
    struct kedge_json doc;
    struct kedge_json_token tokens[8];
    assert_int_equal(kedge_raw_parse(get(inf, "big"), &doc, tokens, 8), KEDGE_ERR_NOT_FOUND);
    cluster_assert_equal(&c, inf, &r);
    cluster_close(&c);
}

// A kind of one's own that wants metadata only, and of that one annotation.
#define KEDGE_ROWS_noted(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, annotation_note, "metadata", "annotations", "note")
KEDGE_DECLARE_KIND(noted)
KEDGE_DEFINE_KIND(noted, "edge.example.com", "v1", "sensors", "Sensor",
                  KEDGE_NAMESPACED | KEDGE_METADATA_ONLY)

static void metadata_is_all_that_comes_in_a_list(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    open_cluster(&c);
    apply_sensor(&c, "default", "a", 5);
    struct kedge_informer *inf =
        watched(&c, kedge_factory_metadata_informer(c.factory, &sensors, &cluster_lists), &r);
    cluster_start_and_settle(&c, inf, SETTLE);
    assert_int_equal(r.adds, 1);
    assert_string_equal(kedge_label(get(inf, "a"), "room"), "r2");
    assert_string_equal(kedge__asks_accept(inf, false), KEDGE__ACCEPT_METADATA_LIST);
    assert_string_equal(kedge__asks_accept(inf, true), KEDGE__ACCEPT_METADATA);
    cluster_close(&c);
}

static void a_kind_of_metadata_only_may_name_annotations(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    open_cluster(&c);
    apply_sensor(&c, "default", "a", 5);
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_noted, NULL, &r);
    cluster_start_and_settle(&c, inf, SETTLE);
    const struct kedge_noted *n = kedge_as_noted(get(inf, "a"));
    assert_string_equal(kedge_text(&n->annotation_note), "n5");
    cluster_close(&c);
}

static void one_resource_and_scope_is_one_informer(void **state)
{
    (void)state;
    struct cluster c;
    open_cluster(&c);
    char group[] = "edge.example.com";
    struct kedge_gvr again = {group, "v1", "sensors"};
    struct kedge_informer_options there = {.namespace_ = "there"};
    struct kedge_informer *a = kedge_factory_dynamic_informer(c.factory, &sensors, NULL);
    assert_ptr_equal(kedge_factory_dynamic_informer(c.factory, &again, NULL), a);
    memset(group, 'x', sizeof group - 1); // it was copied
    struct kedge_informer *b = kedge_factory_metadata_informer(c.factory, &sensors, NULL);
    struct kedge_informer *d = kedge_factory_dynamic_informer(c.factory, &sensors, &there);
    assert_non_null(b);
    assert_non_null(d);
    assert_ptr_not_equal(a, b);
    assert_ptr_not_equal(a, d);
    assert_ptr_equal(kedge_factory_dynamic_informer(c.factory, &sensors, &there), d);
    assert_string_equal(kedge_informer_kind(a)->group, "edge.example.com");
    cluster_close(&c);
}

static void resources_are_told_apart_by_group_version_and_name(void **state)
{
    (void)state;
    static const struct kedge_gvr all[] = {{"edge.example.com", "v1", "sensors"},
                                           {"edge.example.org", "v1", "sensors"},
                                           {"edge.example.com", "v2", "sensors"},
                                           {"edge.example.com", "v1", "pumps"},
                                           {NULL, "v1", "sensors"},
                                           {NULL, "v1", "configmaps"}};
    enum { COUNT = sizeof all / sizeof all[0] };
    static const struct kedge_gvr core = {"", "v1", "sensors"};
    struct kedge_informer *made[COUNT];
    struct cluster c;
    cluster_open(&c, &(struct cluster_options){.memory = 1 << 20});
    // One of a table is another.
    struct kedge_informer *maps = kedge_factory_informer(c.factory, &kedge_kind_configmap);
    for (size_t i = 0; i < COUNT; i++) {
        made[i] = kedge_factory_dynamic_informer(c.factory, &all[i], NULL);
        assert_non_null(made[i]);
        assert_ptr_not_equal(made[i], maps);
        for (size_t j = 0; j < i; j++)
            assert_ptr_not_equal(made[i], made[j]);
    }
    for (size_t i = 0; i < COUNT; i++)
        assert_ptr_equal(kedge_factory_dynamic_informer(c.factory, &all[i], NULL), made[i]);
    assert_ptr_equal(kedge_factory_dynamic_informer(c.factory, &core, NULL), made[4]);
    cluster_close(&c);
}

static void what_has_no_json_cannot_be_parsed(void **state)
{
    (void)state;
    struct kedge_json_token tokens[8];
    struct kedge_json doc;
    struct cluster c;
    struct recorder r;
    open_cluster(&c);
    apply_sensor(&c, "default", "a", 5);
    struct kedge_informer *inf =
        watched(&c, kedge_factory_metadata_informer(c.factory, &sensors, NULL), &r);
    struct recorder raw_r;
    struct kedge_informer *raw =
        watched(&c, kedge_factory_dynamic_informer(c.factory, &sensors, NULL), &raw_r);
    cluster_start_and_settle(&c, inf, SETTLE);
    assert_true(cluster_settle(&c, raw, SETTLE));
    assert_null(kedge_raw_json(NULL).ptr);
    assert_null(kedge_raw_json(get(inf, "a")).ptr);
    assert_int_equal(kedge_raw_parse(NULL, &doc, tokens, 8), KEDGE_ERR_NOT_FOUND);
    assert_int_equal(kedge_raw_parse(get(inf, "a"), &doc, tokens, 8), KEDGE_ERR_NOT_FOUND);
    assert_int_equal(kedge_raw_parse(get(raw, "a"), NULL, tokens, 8), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_raw_parse(get(raw, "a"), &doc, NULL, 8), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_raw_parse(get(raw, "a"), &doc, tokens, 8), KEDGE_ERR_FULL);
    cluster_close(&c);
}

static void scope_and_selectors_hold_for_lists_and_watches(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r, labelled;
    open_cluster(&c);
    apply_sensor(&c, "default", "a", 3);
    apply_sensor(&c, "other", "b", 3);
    struct kedge_informer *inf =
        watched(&c,
                kedge_factory_dynamic_informer(
                    c.factory, &sensors, &(struct kedge_informer_options){.namespace_ = "default"}),
                &r);
    struct kedge_informer *zero = watched(
        &c,
        kedge_factory_dynamic_informer(
            c.factory, &sensors, &(struct kedge_informer_options){.label_selector = "room=r0"}),
        &labelled);
    cluster_start(&c);
    cluster_run(&c, KEDGE_SECOND);
    apply_sensor(&c, "other", "c", 3);
    apply_sensor(&c, "default", "d", 4);
    apply_sensor(&c, "default", "a", 4); // leaves the selector
    cluster_run(&c, KEDGE_SECOND);
    assert_int_equal(kedge_lister_count(inf), 2);
    assert_int_equal(r.adds, 2);
    assert_int_equal(kedge_lister_count(zero), 2);
    assert_int_equal(labelled.deletes, 1);
    cluster_close(&c);
}

static size_t listed(struct kedge_informer *inf, const char *namespace_, const char *selector)
{
    struct kedge_selector s;
    size_t n = 0;
    assert_int_equal(kedge_selector_parse(&s, selector), KEDGE_OK);
    struct kedge_iter it = kedge_lister_list(inf, namespace_, &s);
    for (; kedge_iter_next(&it) != NULL; n++)
        ;
    return n;
}

// client-go's dynamic and metadata listers: of a namespace, of all; and what is missing is named.
static void listers_find_them_by_name_namespace_and_labels(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r[2];
    open_cluster(&c);
    apply_sensor(&c, "ns-foo", "name-foo", 3);
    apply_sensor(&c, "ns-foo", "name-foo1", 4);
    apply_sensor(&c, "ns-bar", "name-bar", 4);
    struct kedge_informer *both[] = {
        watched(&c, kedge_factory_dynamic_informer(c.factory, &sensors, NULL), &r[0]),
        watched(&c, kedge_factory_metadata_informer(c.factory, &sensors, NULL), &r[1])};
    cluster_start(&c);
    for (size_t i = 0; i < 2; i++) {
        struct kedge_informer *inf = both[i];
        const struct kedge_object *o;
        struct kedge_status s;
        assert_true(cluster_settle(&c, inf, SETTLE));
        assert_int_equal(kedge_lister_get_status(inf, "ns-foo", "name-foo1", &o, &s), KEDGE_OK);
        assert_string_equal(kedge_name(o), "name-foo1");
        assert_string_equal(kedge_label(o, "room"), "r1");
        static const char *const missing[][2] = {
            {"ns-foo", "name-bar"}, {"ns-foo", "nobody"}, {"", "name-foo"}};
        for (size_t j = 0; j < 3; j++) {
            char text[80];
            assert_int_equal(kedge_lister_get_status(inf, missing[j][0], missing[j][1], &o, &s),
                             KEDGE_ERR_NOT_FOUND);
            snprintf(text, sizeof text, "sensors.edge.example.com \"%s\" not found", missing[j][1]);
            assert_string_equal(s.message, text);
            assert_true(kedge_status_is_not_found(&s));
        }
        assert_int_equal(listed(inf, "ns-foo", ""), 2);
        assert_int_equal(listed(inf, "", ""), 3);
        assert_int_equal(listed(inf, "ns-none", ""), 0);
        assert_int_equal(listed(inf, "", "room=r1"), 2);
        assert_int_equal(listed(inf, "ns-bar", "room in (r1,r2)"), 1);
        assert_int_equal(listed(inf, "ns-bar", "room=r0"), 0);
    }
    cluster_close(&c);
}

static void what_is_too_large_is_partial(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    open_cluster(&c);
    char text[9000];
    snprintf(
        text, sizeof text,
        "{\"metadata\":{\"name\":\"big\",\"namespace\":\"default\"},\"data\":{\"k\":\"%07000d\"}}",
        1);
    mock_apply(c.mock, "configmaps", text);
    struct kedge_informer *inf =
        watched(&c, kedge_factory_dynamic_informer(c.factory, &configmaps, NULL), &r);
    cluster_start_and_settle(&c, inf, SETTLE);
    assert_true(kedge_is_partial(get(inf, "big")));
    assert_int_equal(kedge_raw_json(get(inf, "big")).len, 0);
    cluster_close(&c);
}

static void what_can_be_no_path_is_refused(void **state)
{
    (void)state;
    static const struct kedge_gvr wrong[] = {{"a/b", "v1", "sensors"}, {NULL, "..", "sensors"},
                                             {NULL, "v1", ""},         {NULL, "v1", NULL},
                                             {NULL, NULL, "sensors"},  {NULL, "v1", "a%2f"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct cluster c;
        open_cluster(&c);
        assert_null(kedge_factory_dynamic_informer(c.factory, &wrong[i], NULL));
        assert_int_equal(kedge_error(c.k), KEDGE_ERR_ARGUMENT);
        assert_non_null(strstr(kedge_error_text(c.k), " of a dynamic informer "));
        // It is the first failure that counts, and nothing is made after it.
        assert_null(kedge_factory_dynamic_informer(c.factory, &sensors, NULL));
        assert_int_equal(kedge_error(c.k), KEDGE_ERR_ARGUMENT);
        cluster_close(&c);
    }
    struct cluster c;
    open_cluster(&c);
    assert_null(kedge_factory_dynamic_informer(NULL, &sensors, NULL));
    assert_null(kedge_factory_metadata_informer(c.factory, NULL, NULL));
    cluster_close(&c);
}

// All of the arena but so many bytes.
static void leave(struct cluster *c, size_t bytes)
{
    assert_true(c->k->size - c->k->used >= bytes);
    if (c->k->size - c->k->used > bytes)
        assert_non_null(kedge__take(c->k, "eaten", c->k->size - c->k->used - bytes, 1, 1));
}

static void after_the_start_a_failure_is_an_answer_and_costs_nothing(void **state)
{
    (void)state;
    static const struct kedge_gvr wrong = {NULL, "v1", "a/b"};
    static const struct kedge_informer_options no_selector = {.label_selector = "x==a==b"};
    struct kedge_memory_part before[16], after[16];
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){.memory = 512 * 1024,
                                               .mock = {.crds = &crd, .crd_count = 1}});
    c.factory =
        kedge_factory_new_with(c.client, &(struct kedge_factory_options){.heap = 64 * 1024});
    apply_sensor(&c, "default", "a", 5);
    struct kedge_informer *inf =
        watched(&c, kedge_factory_metadata_informer(c.factory, &sensors, NULL), &r);
    cluster_start_and_settle(&c, inf, SETTLE);
    size_t used = c.k->used;
    size_t parts = kedge_memory_report(c.k, before, 16);
    assert_null(kedge_factory_dynamic_informer(c.factory, &wrong, NULL));
    assert_non_null(strstr(kedge_error_text(c.k), "the resource of a dynamic informer "));
    assert_int_equal(kedge_error(c.k), KEDGE_OK);
    assert_null(kedge_factory_dynamic_informer(c.factory, &sensors, &no_selector));
    assert_non_null(strstr(kedge_error_text(c.k), "label_selector is wrong at byte 4"));
    assert_int_equal(kedge_error(c.k), KEDGE_OK);
    assert_int_equal(c.k->used, used);
    assert_int_equal(kedge_memory_report(c.k, after, 16), parts);
    for (size_t i = 0; i < parts; i++) {
        assert_int_equal(before[i].size, after[i].size);
        assert_int_equal(before[i].used, after[i].used);
    }
    // The program runs on, and what is right is had.
    apply_sensor(&c, "default", "b", 6);
    assert_true(cluster_settle(&c, inf, SETTLE));
    assert_int_equal(r.adds, 2);
    struct recorder late;
    inf = watched(&c, kedge_factory_dynamic_informer(c.factory, &sensors, NULL), &late);
    cluster_start_and_settle(&c, inf, SETTLE);
    assert_int_equal(late.adds, 2);
    // However little is left.
    for (size_t left = 300; left <= 300; left--) {
        leave(&c, left);
        used = c.k->used;
        assert_null(kedge_factory_dynamic_informer(c.factory, &configmaps, NULL));
        assert_non_null(strstr(kedge_error_text(c.k), "no room for "));
        assert_int_equal(kedge_error(c.k), KEDGE_OK);
        assert_int_equal(c.k->used, used);
    }
    kedge_factory_shutdown(c.factory);
    assert_null(kedge_factory_dynamic_informer(c.factory, &sensors, &no_selector));
    assert_non_null(strstr(kedge_error_text(c.k), "after kedge_factory_shutdown"));
    assert_int_equal(kedge_error(c.k), KEDGE_OK);
    cluster_close(&c);
}

static void before_the_start_too_little_memory_is_a_failure_of_the_start_up(void **state)
{
    (void)state;
    for (size_t left = 0; left < 160; left++) {
        struct cluster c;
        open_cluster(&c);
        leave(&c, left);
        assert_null(kedge_factory_dynamic_informer(c.factory, &sensors, NULL));
        assert_int_equal(kedge_error(c.k), KEDGE_ERR_MEMORY);
        assert_non_null(strstr(kedge_error_text(c.k), "no room for informer: "));
        assert_null(kedge_factory_dynamic_informer(c.factory, &configmaps, NULL));
        assert_int_equal(kedge_factory_start(c.factory), KEDGE_ERR_MEMORY);
        cluster_close(&c);
    }
}

static void the_factorys_namespace_is_theirs_too(void **state)
{
    (void)state;
    static const struct kedge_gvr nodes = {NULL, "v1", "nodes"};
    struct kedge_informer_options all = {.namespace_ = ""};
    struct kedge_informer_options same = {.namespace_ = "mine"};
    struct cluster c;
    struct recorder r[4];
    open_cluster(&c);
    c.factory =
        kedge_factory_new_with(c.client, &(struct kedge_factory_options){.namespace_ = "mine"});
    apply_sensor(&c, "mine", "a", 5);
    apply_sensor(&c, "other", "a", 6);
    mock_apply(c.mock, "nodes", "{\"metadata\":{\"name\":\"n\"}}");
    struct kedge_informer *raw =
        watched(&c, kedge_factory_dynamic_informer(c.factory, &sensors, NULL), &r[0]);
    watched(&c, kedge_factory_dynamic_informer(c.factory, &sensors, &all), &r[1]);
    watched(&c, kedge_factory_metadata_informer(c.factory, &sensors, NULL), &r[2]);
    watched(&c, kedge_factory_metadata_informer(c.factory, &nodes, &all), &r[3]);
    assert_ptr_equal(kedge_factory_dynamic_informer(c.factory, &sensors, &same), raw);
    cluster_start(&c);
    assert_int_equal(kedge_factory_wait_for_cache_sync(c.factory, SETTLE), KEDGE_OK);
    assert_int_equal(r[0].adds, 1);
    assert_int_equal(r[1].adds, 2);
    assert_int_equal(r[2].adds, 1);
    assert_int_equal(r[3].adds, 1);
    apply_sensor(&c, "other", "b", 6);
    apply_sensor(&c, "mine", "b", 6);
    cluster_run(&c, KEDGE_SECOND);
    assert_int_equal(r[0].adds, 2); // the watch, too
    assert_int_equal(r[1].adds, 4);
    assert_int_equal(r[2].adds, 2);
    cluster_close(&c);
}

static void secrets_are_wiped(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    open_cluster(&c);
    mock_apply(c.mock, "secrets",
               "{\"metadata\":{\"name\":\"s\",\"namespace\":\"default\"},\"data\":{\"k\":"
               "\"VW5mb3JnZXR0YWJsZQ==\"}}");
    struct kedge_informer *inf = watched(
        &c,
        kedge_factory_dynamic_informer(c.factory, &(struct kedge_gvr){"", "v1", "secrets"}, NULL),
        &r);
    cluster_start_and_settle(&c, inf, SETTLE);
    assert_non_null(memmem(c.memory, 256 * 1024, "VW5mb3JnZXR0YWJsZQ", 18));
    mock_apply(c.mock, "secrets", "{\"metadata\":{\"name\":\"s\",\"namespace\":\"default\"}}");
    assert_true(cluster_settle(&c, inf, SETTLE));
    assert_null(memmem(c.memory, 256 * 1024, "VW5mb3JnZXR0YWJsZQ", 18));
    cluster_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_raw_object_has_its_metadata_and_all_of_its_json),
        cmocka_unit_test(an_object_can_be_copied_and_made_one_to_edit),
        cmocka_unit_test(metadata_is_all_that_comes),
        cmocka_unit_test(metadata_is_all_that_comes_in_a_list),
        cmocka_unit_test(a_kind_of_metadata_only_may_name_annotations),
        cmocka_unit_test(one_resource_and_scope_is_one_informer),
        cmocka_unit_test(resources_are_told_apart_by_group_version_and_name),
        cmocka_unit_test(what_has_no_json_cannot_be_parsed),
        cmocka_unit_test(scope_and_selectors_hold_for_lists_and_watches),
        cmocka_unit_test(listers_find_them_by_name_namespace_and_labels),
        cmocka_unit_test(what_is_too_large_is_partial),
        cmocka_unit_test(what_can_be_no_path_is_refused),
        cmocka_unit_test(after_the_start_a_failure_is_an_answer_and_costs_nothing),
        cmocka_unit_test(before_the_start_too_little_memory_is_a_failure_of_the_start_up),
        cmocka_unit_test(the_factorys_namespace_is_theirs_too),
        cmocka_unit_test(secrets_are_wiped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
