// SPDX-License-Identifier: Apache-2.0
// What keeps an object out: a handler's filter, an informer's own, and the transitions that follow.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cache/informer_priv.h"
#include "cluster.h"

#define SETTLE (10 * KEDGE_MINUTE)

// Passes what has at least so many replicas, and counts how often it was asked.
struct least {
    int replicas;
    unsigned asked;
};

static bool at_least(const struct least *l, const struct kedge_object *o)
{
    const struct kedge_deployment *d = kedge_as_deployment(o);
    return d != NULL && d->spec_replicas >= l->replicas;
}

// A recorder that sees only what passes.
struct choosy {
    struct recorder r; // first
    struct least least;
    unsigned initial; // adds with it
};

static bool choose(void *ctx, const struct kedge_object *o)
{
    struct choosy *c = ctx;
    c->least.asked++;
    return at_least(&c->least, o);
}

static void choosy_init(struct choosy *c, int replicas)
{
    recorder_init(&c->r);
    c->r.handler.filter = choose;
    c->least = (struct least){replicas, 0};
}

static void apply(struct cluster *c, const char *name, int replicas)
{
    assert_true(mock_apply(c->mock, "deployments", deployment("default", name, replicas, NULL)) >
                0);
}

static void assert_told(const struct recorder *r, unsigned adds, unsigned updates, unsigned deletes)
{
    assert_int_equal(r->adds, adds);
    assert_int_equal(r->updates, updates);
    assert_int_equal(r->deletes, deletes);
}

// ---------------------------------------------------------------- a handler's filter

static void an_update_is_what_the_filter_makes_of_it(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder all;
    static struct choosy some;
    cluster_open(&c, &(struct cluster_options){0});
    apply(&c, "web", 1);
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, NULL, &all);
    choosy_init(&some, 5);
    assert_int_equal(kedge_informer_add_handler(inf, &some.r.handler), KEDGE_OK);
    cluster_start_and_settle(&c, inf, SETTLE);
    assert_told(&some.r, 0, 0, 0);
    assert_true(kedge_handler_has_synced(&some.r.handler));
    static const struct {
        int replicas;
        unsigned adds, updates, deletes;
    } steps[] = {
        {2, 0, 0, 0}, // neither
        {5, 1, 0, 0}, // only the new one
        {6, 1, 1, 0}, // both
        {1, 1, 1, 1}, // only the old one
        {1, 1, 1, 1}, // neither
        {9, 2, 1, 1},
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        apply(&c, "web", steps[i].replicas);
        assert_true(cluster_settle(&c, inf, SETTLE));
        assert_told(&some.r, steps[i].adds, steps[i].updates, steps[i].deletes);
    }
    assert_int_equal(some.r.initial_adds, 0);
    assert_int_equal(some.r.tombstones, 0);
    assert_int_equal(some.r.unknown_deletes, 0);
    mock_delete(c.mock, "deployments", "default", "web");
    assert_true(cluster_settle(&c, inf, SETTLE));
    assert_told(&some.r, 2, 1, 2);
    assert_told(&all, 1, 5, 1); // one apply changed nothing
    recorder_free(&some.r);
    cluster_close(&c);
}

static void what_does_not_pass_is_not_told_when_it_goes(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder all;
    static struct choosy some;
    cluster_open(&c, &(struct cluster_options){0});
    apply(&c, "small", 1);
    apply(&c, "large", 9);
    apply(&c, "small-too", 1);
    apply(&c, "large-too", 9);
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, NULL, &all);
    choosy_init(&some, 5);
    assert_int_equal(kedge_informer_add_handler(inf, &some.r.handler), KEDGE_OK);
    cluster_start_and_settle(&c, inf, SETTLE);
    assert_told(&some.r, 2, 0, 0);
    assert_int_equal(some.r.initial_adds, 2);
    mock_delete(c.mock, "deployments", "default", "small");
    mock_delete(c.mock, "deployments", "default", "large");
    assert_true(cluster_settle(&c, inf, SETTLE));
    assert_told(&some.r, 2, 0, 1);
    // The other two vanish unseen: tombstones go through the filter, too.
    c.port.fake.cruelty.refuse = true;
    mock_restart(c.mock, true);
    cluster_run(&c, KEDGE_SECOND);
    mock_delete(c.mock, "deployments", "default", "small-too");
    mock_delete(c.mock, "deployments", "default", "large-too");
    mock_compact(c.mock);
    c.port.fake.cruelty.refuse = false;
    assert_true(cluster_settle(&c, inf, SETTLE));
    assert_told(&some.r, 2, 0, 2);
    assert_int_equal(some.r.tombstones, 1);
    assert_int_equal(all.tombstones, 2);
    recorder_free(&some.r);
    cluster_close(&c);
}

static void a_late_handler_and_a_resync_are_filtered_too(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder all;
    static struct choosy some;
    cluster_open(&c, &(struct cluster_options){0});
    for (int i = 0; i < 10; i++) {
        char name[16];
        snprintf(name, sizeof name, "d-%d", i);
        apply(&c, name, i);
    }
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, NULL, &all);
    cluster_start_and_settle(&c, inf, SETTLE);
    choosy_init(&some, 7);
    some.r.handler.resync = 5 * KEDGE_SECOND;
    assert_int_equal(kedge_informer_add_handler(inf, &some.r.handler), KEDGE_OK);
    assert_false(kedge_handler_has_synced(&some.r.handler));
    cluster_run(&c, 11 * KEDGE_SECOND);
    assert_true(kedge_handler_has_synced(&some.r.handler));
    assert_told(&some.r, 3, 0, 0);
    assert_int_equal(some.r.initial_adds, 3);
    assert_int_equal(some.r.resyncs, 6);
    assert_int_equal(all.resyncs, 0);
    recorder_free(&some.r);
    cluster_close(&c);
}

static void an_informer_may_have_a_resync_of_its_own(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r[3];
    static struct kedge_handler never = {.resync = KEDGE_FOREVER};
    struct kedge_informer_options often = {.resync = 2 * KEDGE_SECOND};
    struct kedge_informer_options not_at_all = {.namespace_ = "default", .resync = KEDGE_FOREVER};
    struct kedge_informer_options as_factory = {.label_selector = "app"};
    cluster_open(&c, &(struct cluster_options){.resync = 5 * KEDGE_SECOND, .memory = 1 << 20});
    apply(&c, "web", 1);
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, &often, &r[0]);
    cluster_informer(&c, &kedge_kind_deployment, &not_at_all, &r[1]);
    cluster_informer(&c, &kedge_kind_deployment, &as_factory, &r[2]);
    assert_int_equal(kedge_informer_add_handler(inf, &never), KEDGE_OK);
    cluster_start(&c);
    cluster_run(&c, 10900);
    assert_int_equal(r[0].resyncs, 5);
    assert_int_equal(r[1].resyncs, 0);
    assert_int_equal(r[2].resyncs, 2);
    cluster_close(&c);
}

// ---------------------------------------------------------------- an informer's own filter

static bool keep(void *ctx, const struct kedge_object *o)
{
    struct least *l = ctx;
    l->asked++;
    return at_least(l, o);
}

static void what_is_not_kept_is_not_in_the_cache(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct least least = {5, 0};
    struct kedge_informer_options o = {.keep = keep, .ctx = &least};
    const struct kedge_object *obj;
    cluster_open(&c, &(struct cluster_options){0});
    apply(&c, "web", 1);
    apply(&c, "db", 9);
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, &o, &r);
    cluster_start(&c);
    cluster_run(&c, KEDGE_SECOND);
    assert_int_equal(cluster_phase(inf), KEDGE_CURRENT);
    assert_told(&r, 1, 0, 0);
    assert_int_equal(least.asked, 2);
    assert_int_equal(kedge_lister_count(inf), 1);
    assert_int_equal(kedge_lister_get(inf, "default", "web", &obj), KEDGE_ERR_NOT_FOUND);
    static const struct {
        int replicas;
        unsigned adds, updates, deletes;
    } steps[] = {
        {2, 1, 0, 0}, {5, 2, 0, 0}, {6, 2, 1, 0}, {1, 2, 1, 1}, {2, 2, 1, 1}, {9, 3, 1, 1},
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        apply(&c, "web", steps[i].replicas);
        cluster_run(&c, KEDGE_SECOND);
        assert_told(&r, steps[i].adds, steps[i].updates, steps[i].deletes);
        assert_int_equal(kedge_lister_count(inf), 1 + steps[i].adds - 1 - steps[i].deletes);
    }
    assert_int_equal(least.asked, 8);
    assert_int_equal(r.tombstones, 0);
    assert_int_equal(r.initial_adds, 1);
    // What was never kept goes without a word.
    apply(&c, "web", 1);
    mock_delete(c.mock, "deployments", "default", "web");
    mock_delete(c.mock, "deployments", "default", "db");
    cluster_run(&c, KEDGE_SECOND);
    assert_told(&r, 3, 1, 3);
    assert_int_equal(r.unknown_deletes, 0);
    assert_int_equal(kedge_lister_count(inf), 0);
    assert_int_equal(c.factory->heap.live, 0);
    cluster_close(&c);
}

static void versions_move_on_with_what_is_not_kept(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct least least = {5, 0};
    struct kedge_informer_options o = {.keep = keep, .ctx = &least};
    struct kedge_informer_state before, after;
    cluster_open(&c, &(struct cluster_options){0});
    apply(&c, "web", 1);
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, &o, &r);
    cluster_start(&c);
    cluster_run(&c, KEDGE_SECOND);
    assert_int_equal(kedge_informer_state(inf, &before), KEDGE_OK);
    char version[KEDGE__VERSION_MAX];
    snprintf(version, sizeof version, "%s", before.version);
    apply(&c, "web", 2);
    cluster_run(&c, KEDGE_SECOND);
    assert_int_equal(kedge_informer_state(inf, &after), KEDGE_OK);
    assert_true(kedge__version_older(version, after.version));
    assert_told(&r, 0, 0, 0);
    cluster_close(&c);
}

static void in_a_list_what_has_left_is_a_delete_and_no_tombstone(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct least least = {5, 0};
    struct kedge_informer_options o = {.keep = keep, .ctx = &least};
    cluster_open(&c, &(struct cluster_options){0});
    apply(&c, "leaves", 9);
    apply(&c, "stays", 9);
    apply(&c, "comes", 1);
    apply(&c, "vanishes", 9);
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, &o, &r);
    cluster_start(&c);
    cluster_run(&c, KEDGE_SECOND);
    assert_told(&r, 3, 0, 0);
    c.port.fake.cruelty.refuse = true;
    mock_restart(c.mock, true);
    cluster_run(&c, KEDGE_SECOND);
    apply(&c, "leaves", 1);
    apply(&c, "comes", 8);
    mock_delete(c.mock, "deployments", "default", "vanishes");
    mock_compact(c.mock);
    c.port.fake.cruelty.refuse = false;
    cluster_run(&c, 2 * KEDGE_MINUTE);
    assert_int_equal(cluster_phase(inf), KEDGE_CURRENT);
    assert_told(&r, 4, 0, 2);
    assert_int_equal(r.tombstones, 1);
    assert_int_equal(kedge_lister_count(inf), 2);
    cluster_close(&c);
}

static void what_is_not_kept_needs_no_room(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct least least = {5, 0};
    struct kedge_informer_options o = {.keep = keep, .ctx = &least, .maximum = 2048};
    cluster_open(&c, &(struct cluster_options){.object_max = 512});
    for (int i = 0; i < 200; i++) {
        char name[16];
        snprintf(name, sizeof name, "d-%d", i);
        apply(&c, name, i % 50 == 0 ? 9 : 1);
    }
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, &o, &r);
    cluster_start(&c);
    cluster_run(&c, KEDGE_SECOND);
    assert_int_equal(cluster_phase(inf), KEDGE_CURRENT);
    assert_told(&r, 4, 0, 0);
    // As many as have room, and then one more.
    struct kedge_informer_state s;
    for (int i = 1; i < 50; i++) {
        char name[16];
        snprintf(name, sizeof name, "d-%d", i);
        apply(&c, name, 9);
        cluster_run(&c, 100);
        assert_int_equal(kedge_informer_state(inf, &s), KEDGE_OK);
        if (s.phase == KEDGE_STALE) {
            char says[32];
            snprintf(says, sizeof says, "default/%s", name);
            assert_string_equal(s.object, says);
            break;
        }
        assert_int_equal(kedge_lister_count(inf), 4 + i);
        assert_string_equal(s.object, "");
    }
    assert_int_equal(s.phase, KEDGE_STALE);
    for (int i = 1; i < 50; i++) {
        char name[16];
        snprintf(name, sizeof name, "d-%d", i);
        apply(&c, name, 1);
    }
    cluster_run(&c, 10 * KEDGE_MINUTE);
    assert_int_equal(cluster_phase(inf), KEDGE_CURRENT);
    assert_int_equal(kedge_lister_count(inf), 4);
    cluster_close(&c);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_update_is_what_the_filter_makes_of_it),
        cmocka_unit_test(what_does_not_pass_is_not_told_when_it_goes),
        cmocka_unit_test(a_late_handler_and_a_resync_are_filtered_too),
        cmocka_unit_test(an_informer_may_have_a_resync_of_its_own),
        cmocka_unit_test(what_is_not_kept_is_not_in_the_cache),
        cmocka_unit_test(versions_move_on_with_what_is_not_kept),
        cmocka_unit_test(in_a_list_what_has_left_is_a_delete_and_no_tombstone),
        cmocka_unit_test(what_is_not_kept_needs_no_room),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
