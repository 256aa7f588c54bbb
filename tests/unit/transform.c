// SPDX-License-Identifier: Apache-2.0
// A last change to an object before it is stored: what handlers and listers see is what it has
// made.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cache/informer_priv.h"
#include "cluster.h"
#include "kedge/transform.h"

#define SETTLE (10 * KEDGE_MINUTE)

static void apply(struct cluster *c, const char *name, int replicas)
{
    assert_true(mock_apply(c->mock, "deployments", deployment("default", name, replicas, NULL)) >
                0);
}

// Puts "x-" before every name, adds 100 replicas, drops the labels.
static void rename_all(void *ctx, struct kedge_change *change)
{
    unsigned *calls = ctx;
    struct kedge_deployment *d = (struct kedge_deployment *)kedge_change_object(change);
    char name[64];
    int len = snprintf(name, sizeof name, "x-%s", kedge_name(&d->object));
    d->spec_replicas += 100;
    assert_int_equal(kedge_change_set_text(change, &d->object.name, (kedge_str){name, (size_t)len}),
                     KEDGE_OK);
    assert_int_equal(kedge_change_clear_map(change, &d->object.labels), KEDGE_OK);
    (*calls)++;
}

static void handlers_and_store_see_the_transformed_object(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    unsigned calls = 0;
    struct kedge_informer_options o = {
        .transform = rename_all, .ctx = &calls, .transform_room = 64};
    const struct kedge_object *obj;
    cluster_open(&c, &(struct cluster_options){0});
    apply(&c, "web", 1);
    apply(&c, "db", 1);
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, &o, &r);
    cluster_start(&c);
    cluster_run(&c, KEDGE_SECOND);
    assert_int_equal(calls, 2);
    assert_int_equal(r.adds, 2);
    assert_int_equal(kedge_lister_get(inf, "default", "web", &obj), KEDGE_ERR_NOT_FOUND);
    assert_int_equal(kedge_lister_get(inf, "default", "x-web", &obj), KEDGE_OK);
    assert_int_equal(kedge_as_deployment(obj)->spec_replicas, 101);
    assert_null(kedge_label(obj, "app"));
    apply(&c, "web", 7); // an update of what is known by its new name
    cluster_run(&c, KEDGE_SECOND);
    assert_int_equal(r.updates, 1);
    assert_int_equal(kedge_lister_get(inf, "default", "x-web", &obj), KEDGE_OK);
    assert_int_equal(kedge_as_deployment(obj)->spec_replicas, 107);
    mock_delete(c.mock, "deployments", "default", "web");
    cluster_run(&c, KEDGE_SECOND);
    assert_int_equal(r.deletes, 1);
    assert_int_equal(r.unknown_deletes, 0);
    assert_int_equal(calls, 4);
    cluster_close(&c);
}

static void a_relist_knows_what_was_renamed(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    unsigned calls = 0;
    struct kedge_informer_options o = {
        .transform = rename_all, .ctx = &calls, .transform_room = 64};
    cluster_open(&c, &(struct cluster_options){0});
    for (int i = 0; i < 20; i++) {
        char name[16];
        snprintf(name, sizeof name, "d-%d", i);
        apply(&c, name, 1);
    }
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, &o, &r);
    cluster_start(&c);
    cluster_run(&c, KEDGE_SECOND);
    kedge_informer_stop(inf);
    mock_delete(c.mock, "deployments", "default", "d-3");
    apply(&c, "d-5", 2);
    mock_compact(c.mock);
    assert_int_equal(kedge_informer_start(inf), KEDGE_OK);
    cluster_run(&c, KEDGE_MINUTE);
    assert_int_equal(cluster_state(inf).lists, 2);
    assert_int_equal(r.adds, 20);
    assert_int_equal(r.updates, 1);
    assert_int_equal(r.tombstones, 1);
    assert_int_equal(r.unknown_deletes, 0);
    assert_int_equal(kedge_lister_count(inf), 19);
    cluster_close(&c);
}

static void a_full_cache_recovers_though_all_are_renamed(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    unsigned calls = 0;
    struct kedge_informer_options o = {
        .transform = rename_all, .ctx = &calls, .transform_room = 64, .maximum = 3072};
    cluster_open(&c, &(struct cluster_options){.object_max = 512});
    for (int i = 0; i < 40; i++) {
        char name[16];
        snprintf(name, sizeof name, "d-%d", i);
        apply(&c, name, 1);
    }
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, &o, &r);
    cluster_start(&c);
    cluster_run(&c, 20 * KEDGE_SECOND);
    assert_int_equal(cluster_phase(inf), KEDGE_STALE);
    assert_int_equal(r.deletes, 0); // the marking list knows them by their new names
    unsigned kept = r.adds;
    assert_true(kept > 2);
    for (int i = 2; i < 40; i++) {
        char name[16];
        snprintf(name, sizeof name, "d-%d", i);
        mock_delete(c.mock, "deployments", "default", name);
    }
    cluster_run(&c, KEDGE_HOUR);
    assert_int_equal(cluster_phase(inf), KEDGE_CURRENT);
    assert_int_equal(kedge_lister_count(inf), 2);
    assert_int_equal(r.adds - r.deletes, 2);
    assert_int_equal(r.unknown_deletes, 0);
    cluster_close(&c);
}

static void annotate(void *ctx, struct kedge_change *change)
{
    struct kedge_object *o = kedge_change_object(change);
    size_t len = *(size_t *)ctx;
    char text[128];
    memset(text, 'y', sizeof text);
    const struct kedge_text *value = kedge_map_get(&o->labels, "app");
    if (value == NULL)
        return;
    kedge_err err = kedge_change_set_text(change, value, (kedge_str){text, len});
    assert_int_equal(err, len < 40 ? KEDGE_OK : KEDGE_ERR_FULL);
}

static void room_is_used_to_its_last_byte_and_what_is_left_is_given_back(void **state)
{
    (void)state;
    size_t plain = 0;
    for (size_t len = 1; len <= 64; len++) {
        struct cluster c;
        struct recorder r;
        struct kedge_informer_options o = {
            .transform = annotate, .ctx = &len, .transform_room = 40};
        const struct kedge_object *obj;
        cluster_open(&c, &(struct cluster_options){0});
        apply(&c, "web", 1);
        struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, &o, &r);
        cluster_start(&c);
        cluster_run(&c, KEDGE_SECOND);
        assert_int_equal(kedge_lister_get(inf, "default", "web", &obj), KEDGE_OK);
        bool fits = len < 40;
        assert_int_equal(strlen(kedge_label(obj, "app")), fits ? len : 3);
        assert_string_equal(kedge_name(obj), "web"); // shared no more
        assert_int_equal(cluster_state(inf).untransformed, fits ? 0 : 1);
        assert_int_equal(inf->account.used, 8 + (size_t)obj->size + sizeof(struct kedge__slot));
        assert_int_equal(obj->size % 8, 0);
        if (!fits)
            plain = obj->size;
        cluster_close(&c);
    }
    assert_true(plain > 0);
}

// A text that has its length before it: long, with a NUL in it, or not UTF-8.
static void set_uncommon(void *ctx, struct kedge_change *change)
{
    const struct kedge_text *value = kedge_map_get(&kedge_change_object(change)->labels, "app");
    if (value != NULL)
        assert_int_equal(kedge_change_set_text(change, value, *(kedge_str *)ctx), KEDGE_OK);
}

static void texts_of_every_form_are_read_as_they_were_set(void **state)
{
    (void)state;
    static char text[300];
    memset(text, 'y', sizeof text);
    text[256] = '\0';
    char with_nul[] = "a\0b";
    char no_utf8[] = "\xff";
    const kedge_str texts[] = {{text, 1},   {text, 254},   {text, 255}, {text, 256},
                               {text, 300}, {with_nul, 3}, {no_utf8, 1}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct cluster c;
        struct recorder r;
        kedge_str wanted = texts[i];
        struct kedge_informer_options o = {
            .transform = set_uncommon, .ctx = &wanted, .transform_room = 400};
        const struct kedge_object *obj;
        cluster_open(&c, &(struct cluster_options){0});
        apply(&c, "web", 1);
        struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, &o, &r);
        cluster_start(&c);
        cluster_run(&c, KEDGE_SECOND);
        assert_int_equal(kedge_lister_get(inf, "default", "web", &obj), KEDGE_OK);
        assert_true(kedge_str_eq(kedge_text_str(kedge_map_get(&obj->labels, "app")), wanted));
        cluster_close(&c);
    }
}

static void say_it(void *ctx, enum kedge_log_level level, const char *text)
{
    (void)level;
    snprintf(ctx, 256, "%s", text);
}

static void what_found_no_room_is_named(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    size_t len = 60;
    char said[256] = "";
    struct kedge_informer_options o = {.transform = annotate, .ctx = &len, .transform_room = 40};
    cluster_open(&c, &(struct cluster_options){0});
    kedge_log_to(c.k, KEDGE_LOG_WARNING, say_it, said);
    apply(&c, "web", 1);
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, &o, &r);
    cluster_start(&c);
    cluster_run(&c, KEDGE_SECOND);
    assert_string_equal(said,
                        "transform deployments: transform_room lacks 21 bytes for default/web");
    assert_int_equal(r.adds, 1); // it is there all the same
    assert_int_equal(cluster_phase(inf), KEDGE_CURRENT);
    cluster_close(&c);
}

// The list is whole, and its end waits behind a handler, when an event finds no room.
static void what_found_no_room_is_still_named_when_the_cache_is_current(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct kedge_informer_state s;
    size_t len = 4;
    struct kedge_informer_options o = {.transform = annotate, .ctx = &len, .transform_room = 40};
    cluster_open(&c, &(struct cluster_options){0});
    apply(&c, "web", 1);
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, &o, &r);
    r.busy = true;
    cluster_start(&c);
    cluster_run(&c, KEDGE_SECOND);
    assert_int_equal(cluster_phase(inf), KEDGE_SYNCING);
    len = 60;
    apply(&c, "web", 2);
    cluster_run(&c, KEDGE_SECOND);
    r.busy = false;
    cluster_run(&c, KEDGE_SECOND);
    assert_int_equal(r.updates, 1);
    assert_int_equal(cluster_phase(inf), KEDGE_CURRENT);
    assert_int_equal(kedge_informer_state(inf, &s), KEDGE_OK);
    assert_int_equal(s.untransformed, 1);
    assert_int_equal(s.reason, KEDGE_ERR_FULL);
    assert_string_equal(s.text, "transform_room lacks 21 bytes for default/web");
    cluster_close(&c);
}

static const int64_t amounts[] = {1500, 0, 64000, INT64_MAX};

static void set_amounts(void *ctx, struct kedge_change *change)
{
    (void)ctx;
    struct kedge_node *n = (struct kedge_node *)kedge_change_object(change);
    static const struct kedge_quantity elsewhere = {0};
    const struct kedge_quantity *const members[] = {
        &n->status_capacity_cpu, &n->status_capacity_memory, &n->status_capacity_pods};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(kedge_change_set_quantity(change, members[i], amounts[i]), KEDGE_OK);
    assert_int_equal(kedge_change_set_quantity(change, &elsewhere, 1), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_change_set_quantity(change, NULL, 1), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_change_set_quantity(NULL, &n->status_capacity_cpu, 1),
                     KEDGE_ERR_ARGUMENT);
    // 8 bytes less the 2 of the first: it lacks 4, and stays.
    assert_int_equal(kedge_change_set_quantity(change, &n->status_capacity_cpu, amounts[3]),
                     KEDGE_ERR_FULL);
}

static void a_quantity_is_set_by_its_call(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    const struct kedge_object *o;
    char said[256] = "";
    struct kedge_informer_options options = {.transform = set_amounts, .transform_room = 8};
    cluster_open(&c, &(struct cluster_options){0});
    kedge_log_to(c.k, KEDGE_LOG_WARNING, say_it, said);
    mock_apply(c.mock, "nodes",
               "{\"metadata\":{\"name\":\"n\"},\"status\":{\"capacity\":{\"cpu\":\"4\","
               "\"memory\":\"16384256Ki\",\"pods\":\"110\"}}}");
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_node, &options, &r);
    cluster_start(&c);
    cluster_run(&c, KEDGE_SECOND);
    assert_int_equal(kedge_lister_get(inf, "", "n", &o), KEDGE_OK);
    const struct kedge_node *n = kedge_as_node(o);
    assert_true(kedge_quantity(&n->status_capacity_cpu) == amounts[0]);
    assert_true(kedge_quantity(&n->status_capacity_memory) == amounts[1]);
    assert_true(kedge_quantity(&n->status_capacity_pods) == amounts[2]);
    assert_int_equal(cluster_state(inf).untransformed, 1);
    assert_string_equal(said, "transform nodes: transform_room lacks 4 bytes for /n");
    cluster_close(&c);
}

static void refuse_all(void *ctx, struct kedge_change *change)
{
    unsigned *calls = ctx;
    struct kedge_object *o = kedge_change_object(change);
    static const struct kedge_text elsewhere = {0};
    static const struct kedge_text_list list = {0, 0};
    static const struct kedge_text_map map = {0, 0};
    static const struct kedge_list structs = {0, 0};
    char name[260];
    memset(name, 'n', sizeof name);
    kedge_str text = KEDGE_STR("other");
    assert_int_equal(kedge_change_set_text(change, (struct kedge_text *)&o->uid, text),
                     KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_change_clear_text(change, &o->resource_version), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_change_clear_text(change, &o->name), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_change_set_text(change, &o->name, (kedge_str){name, 254}),
                     KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_change_set_text(change, &o->name, KEDGE_STR("a\0b")),
                     KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_change_set_text(change, &o->namespace_, (kedge_str){name, 64}),
                     KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_change_set_text(change, &elsewhere, text), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_change_set_text(change, NULL, text), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_change_set_text(NULL, &o->name, text), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_change_clear_text_list(change, &list), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_change_clear_map(change, &map), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_change_clear_list(change, &structs), KEDGE_ERR_ARGUMENT);
    assert_null(kedge_change_object(NULL));
    // These are allowed, and need no room.
    assert_int_equal(kedge_change_clear_text_list(change, &o->finalizers), KEDGE_OK);
    assert_int_equal(kedge_change_clear_list(change, &o->owner_references), KEDGE_OK);
    (*calls)++;
}

static void what_must_stay_stays(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    unsigned calls = 0;
    struct kedge_informer_options o = {
        .transform = refuse_all, .ctx = &calls, .transform_room = 600};
    cluster_open(&c, &(struct cluster_options){0});
    apply(&c, "web", 1);
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, &o, &r);
    cluster_start_and_settle(&c, inf, SETTLE);
    assert_int_equal(calls, 1);
    cluster_assert_equal(&c, inf, &r);
    cluster_close(&c);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handlers_and_store_see_the_transformed_object),
        cmocka_unit_test(a_relist_knows_what_was_renamed),
        cmocka_unit_test(a_full_cache_recovers_though_all_are_renamed),
        cmocka_unit_test(room_is_used_to_its_last_byte_and_what_is_left_is_given_back),
        cmocka_unit_test(texts_of_every_form_are_read_as_they_were_set),
        cmocka_unit_test(what_found_no_room_is_named),
        cmocka_unit_test(what_found_no_room_is_still_named_when_the_cache_is_current),
        cmocka_unit_test(a_quantity_is_set_by_its_call),
        cmocka_unit_test(what_must_stay_stays),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
