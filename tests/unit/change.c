// SPDX-License-Identifier: Apache-2.0
// change.c - what a transform may change, and what it may not: call by call.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cache/change.h"
#include "cluster.h"

// One object, seen by a transform that makes the calls of a test.
static void see_with(const struct kedge_kind *kind, const char *resource, const char *json,
                     const struct kedge_informer_options *options,
                     const struct kedge_factory_options *factory, size_t memory,
                     void (*then)(struct cluster *c, struct kedge_informer *inf))
{
    struct cluster c;
    cluster_open(&c, &(struct cluster_options){.memory = memory});
    c.factory = kedge_factory_new_with(c.client, factory);
    assert_true(mock_apply(c.mock, resource, json) > 0);
    struct kedge_informer *inf = cluster_informer(&c, kind, options, NULL);
    cluster_start(&c);
    cluster_run(&c, KEDGE_SECOND);
    assert_int_equal(kedge_lister_count(inf), 1);
    if (then != NULL)
        then(&c, inf);
    cluster_close(&c);
}

#define WEB                                                                                   \
    "{\"metadata\":{\"name\":\"web\",\"namespace\":\"default\",\"labels\":{\"app\":\"web\"}}" \
    ",\"spec\":{\"replicas\":1}}"

static void see(void (*transform)(void *ctx, struct kedge_change *change),
                void (*then)(struct cluster *c, struct kedge_informer *inf))
{
    struct kedge_informer_options o = {.transform = transform, .transform_room = 2048};
    see_with(&kedge_kind_deployment, "deployments", WEB, &o, NULL, 0, then);
}

static unsigned seen;

static void set_what_is_not_there(void *ctx, struct kedge_change *change)
{
    (void)ctx;
    struct kedge_object *o = kedge_change_object(change);
    struct kedge_text mine = {0};
    // Right before the object, right behind it, and nowhere.
    const struct kedge_text *before = (const struct kedge_text *)(const void *)o - 1;
    const struct kedge_text *behind =
        (const struct kedge_text *)(const void *)((const char *)o + o->size);
    const struct kedge_text *const all[] = {&mine, before, behind, NULL};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        assert_int_equal(kedge_change_set_text(change, all[i], KEDGE_STR("x")), KEDGE_ERR_ARGUMENT);
        assert_int_equal(kedge_change_clear_text(change, all[i]), KEDGE_ERR_ARGUMENT);
    }
    assert_int_equal(kedge_change_set_text(NULL, &o->name, KEDGE_STR("x")), KEDGE_ERR_ARGUMENT);
    assert_null(kedge_change_object(NULL));
    seen++;
}

static void what_is_not_of_the_object_is_refused(void **state)
{
    (void)state;
    seen = 0;
    see(set_what_is_not_there, NULL);
    assert_int_equal(seen, 1);
}

static void set_names(void *ctx, struct kedge_change *change)
{
    (void)ctx;
    struct kedge_object *o = kedge_change_object(change);
    char text[254];
    memset(text, 'n', sizeof text);
    const struct {
        const struct kedge_text *member;
        kedge_str text;
        kedge_err err;
    } rows[] = {
        {&o->name, {NULL, 0}, KEDGE_ERR_ARGUMENT},
        {&o->name, {"a\0b", 3}, KEDGE_ERR_ARGUMENT},
        {&o->name, {text, 254}, KEDGE_ERR_ARGUMENT},
        {&o->name, {text, 253}, KEDGE_OK},
        {&o->namespace_, {"a\0b", 3}, KEDGE_ERR_ARGUMENT},
        {&o->namespace_, {text, 64}, KEDGE_ERR_ARGUMENT},
        {&o->namespace_, {text, 63}, KEDGE_OK},
        {&o->namespace_, {NULL, 0}, KEDGE_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (kedge_change_set_text(change, rows[i].member, rows[i].text) != rows[i].err)
            fail_msg("row %zu", i);
    }
    seen++;
}

static void is_renamed(struct cluster *c, struct kedge_informer *inf)
{
    (void)c;
    char name[254];
    const struct kedge_object *o;
    memset(name, 'n', 253);
    name[253] = '\0';
    assert_int_equal(kedge_lister_get(inf, "", name, &o), KEDGE_OK);
    assert_string_equal(kedge_namespace(o), "");
}

static void names_keep_to_their_limits(void **state)
{
    (void)state;
    seen = 0;
    see(set_names, is_renamed);
    assert_int_equal(seen, 1);
}

static void set_and_empty(void *ctx, struct kedge_change *change)
{
    (void)ctx;
    const struct kedge_text *value = kedge_map_get(&kedge_change_object(change)->labels, "app");
    assert_int_equal(kedge_change_set_text(change, value, KEDGE_STR("new")), KEDGE_OK);
    assert_string_equal(kedge_text(value), "new");
    assert_int_equal(kedge_change_set_text(change, value, KEDGE_STR("")), KEDGE_OK);
    assert_string_equal(kedge_text(value), "");
    seen++;
}

static void has_an_empty_label(struct cluster *c, struct kedge_informer *inf)
{
    (void)c;
    const struct kedge_object *o;
    assert_int_equal(kedge_lister_get(inf, "default", "web", &o), KEDGE_OK);
    assert_string_equal(kedge_label(o, "app"), "");
}

static void a_text_may_be_made_empty(void **state)
{
    (void)state;
    seen = 0;
    see(set_and_empty, has_an_empty_label);
    assert_int_equal(seen, 1);
}

static void strip(void *ctx, struct kedge_change *change)
{
    (void)ctx;
    const struct kedge_object *o = kedge_change_object(change);
    assert_int_equal(kedge_change_remove_pair(change, &o->labels, KEDGE_STR("hash")), KEDGE_OK);
    assert_int_equal(kedge_change_set_pair(change, &o->labels, KEDGE_STR("at"), KEDGE_STR("edge")),
                     KEDGE_OK);
    seen++;
}

static size_t bytes_stored;

static void is_stripped(struct cluster *c, struct kedge_informer *inf)
{
    (void)c;
    const struct kedge_object *o;
    assert_int_equal(kedge_lister_get(inf, "default", "web", &o), KEDGE_OK);
    assert_int_equal(o->labels.count, 2);
    assert_null(kedge_label(o, "hash"));
    assert_string_equal(kedge_label(o, "app"), "web");
    assert_string_equal(kedge_label(o, "at"), "edge");
    assert_int_equal(kedge_as_deployment(o)->spec_replicas, 1);
    bytes_stored = o->size;
    // The heap has it back, too.
    assert_int_equal(inf->account.used, 8 + o->size + sizeof(struct kedge__slot));
}

static void what_is_taken_away_costs_nothing(void **state)
{
    (void)state;
    static char json[600];
    size_t least = 0;
    seen = 0;
    for (int len = 1; len < 300; len += 50) {
        struct kedge_informer_options o = {.transform = strip, .transform_room = 64};
        snprintf(json, sizeof json,
                 "{\"metadata\":{\"name\":\"web\",\"namespace\":\"default\",\"labels\":{"
                 "\"hash\":\"%0*d\",\"app\":\"web\"}},\"spec\":{\"replicas\":1}}",
                 len, 7);
        see_with(&kedge_kind_deployment, "deployments", json, &o, NULL, 0, is_stripped);
        least = least == 0 ? bytes_stored : least;
        assert_int_equal(bytes_stored, least);
    }
    assert_int_equal(seen, 6);
}

// ---------------------------------------------------------------- how far a record may grow

static void set_much(void *ctx, struct kedge_change *change)
{
    kedge_err *err = ctx;
    char text[600];
    memset(text, 'y', sizeof text);
    const struct kedge_text *value = kedge_map_get(&kedge_change_object(change)->labels, "app");
    *err = kedge_change_set_text(change, value, (kedge_str){text, sizeof text});
}

// A ConfigMap whose record has a little less than `data` bytes, and then some.
static kedge_err set_in_map_of(size_t data)
{
    static char json[80000];
    kedge_err err = KEDGE_OK;
    struct kedge_informer_options o = {
        .transform = set_much, .ctx = &err, .transform_room = 1024, .text_max = 80000};
    struct kedge_factory_options f = {.object_max = 70000};
    int len = snprintf(json, sizeof json,
                       "{\"metadata\":{\"name\":\"web\",\"namespace\":\"default\",\"labels\":{"
                       "\"app\":\"web\"}},\"data\":{\"k\":\"");
    memset(json + len, 'd', data);
    strcpy(json + len + data, "\"}}");
    see_with(&kedge_kind_configmap, "configmaps", json, &o, &f, 1 << 20, NULL);
    return err;
}

static void no_record_grows_beyond_what_its_offsets_reach(void **state)
{
    (void)state;
    assert_int_equal(set_in_map_of(62000), KEDGE_OK);
    assert_int_equal(set_in_map_of(62900), KEDGE_ERR_FULL);
#if KEDGE_OFFSET_BITS == 16
    assert_int_equal(set_in_map_of(64000), KEDGE_ERR_ARGUMENT); // partial: it has no labels
#endif
}

static void an_object_as_large_as_may_be_does_not_grow(void **state)
{
    (void)state;
    static char json[2000];
    kedge_err err = KEDGE_OK;
    struct kedge_informer_options o = {.transform = set_much, .ctx = &err, .transform_room = 1024};
    for (size_t data = 330; data < 400; data += 8) {
        struct kedge_factory_options f = {.object_max = 512};
        int len = snprintf(json, sizeof json,
                           "{\"metadata\":{\"name\":\"web\",\"namespace\":\"default\",\"labels\":{"
                           "\"app\":\"web\"}},\"data\":{\"k\":\"");
        memset(json + len, 'd', data);
        strcpy(json + len + data, "\"}}");
        see_with(&kedge_kind_configmap, "configmaps", json, &o, &f, 0, NULL);
        if (err == KEDGE_ERR_ARGUMENT)
            break; // partial: it has no label to be set
        assert_int_equal(err, KEDGE_ERR_FULL);
    }
}

// ---------------------------------------------------------------- in STALE

static void set_more_than_there_is(void *ctx, struct kedge_change *change)
{
    (void)ctx;
    char text[100];
    memset(text, 'y', sizeof text);
    const struct kedge_object *o = kedge_change_object(change);
    if (kedge_map_get(&o->labels, "app") != NULL)
        (void)kedge_change_set_text(change, kedge_map_get(&o->labels, "app"),
                                    (kedge_str){text, sizeof text});
}

static void in_stale_what_lacks_is_the_cache_that_lacks_it(void **state)
{
    (void)state;
    struct cluster c;
    struct kedge_informer_state s;
    struct kedge_informer_options o = {
        .transform = set_more_than_there_is, .transform_room = 8, .maximum = 2048};
    cluster_open(&c, &(struct cluster_options){.object_max = 512});
    for (int i = 0; i < 40; i++) {
        char name[16];
        snprintf(name, sizeof name, "d-%d", i);
        mock_apply(c.mock, "deployments", deployment("default", name, 1, NULL));
    }
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, &o, NULL);
    cluster_start(&c);
    cluster_run(&c, 2 * KEDGE_MINUTE);
    assert_int_equal(kedge_informer_state(inf, &s), KEDGE_OK);
    assert_int_equal(s.phase, KEDGE_STALE);
    assert_int_equal(s.reason, KEDGE_ERR_FULL);
    assert_true(s.untransformed > 0);
    assert_null(strstr(s.text, "transform_room"));
    cluster_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_of_the_object_is_refused),
        cmocka_unit_test(names_keep_to_their_limits),
        cmocka_unit_test(a_text_may_be_made_empty),
        cmocka_unit_test(what_is_taken_away_costs_nothing),
        cmocka_unit_test(no_record_grows_beyond_what_its_offsets_reach),
        cmocka_unit_test(an_object_as_large_as_may_be_does_not_grow),
        cmocka_unit_test(in_stale_what_lacks_is_the_cache_that_lacks_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
