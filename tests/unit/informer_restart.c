// SPDX-License-Identifier: Apache-2.0
// Stop and start again: wherever an informer is stopped, nothing is missed and nothing comes twice.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cache/informer_priv.h"
#include "cluster.h"

#define SETTLE (10 * KEDGE_MINUTE)

static uint64_t lists_of(const struct kedge_informer *inf)
{
    struct kedge_informer_state s;
    assert_int_equal(kedge_informer_state(inf, &s), KEDGE_OK);
    return s.lists;
}

static unsigned told(const struct recorder *r)
{
    return r->adds + r->updates + r->deletes;
}

static void a_watch_goes_on_where_it_was(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct kedge_informer *inf = cluster_of_deployments(&c, 10, 2, NULL, &r);
    assert_string_equal(kedge_informer_last_sync_resource_version(inf), "");
    assert_false(kedge_informer_is_stopped(inf));
    cluster_start_and_settle(&c, inf, SETTLE);
    kedge_informer_stop(inf);
    assert_true(kedge_informer_is_stopped(inf));
    assert_int_equal(c.port.fake.open_streams, 0);
    char version[KEDGE__VERSION_MAX];
    memcpy(version, kedge_informer_last_sync_resource_version(inf), sizeof version);
    assert_string_not_equal(version, "");
    mock_apply(c.mock, "deployments", deployment("default", "new", 1, NULL));
    mock_apply(c.mock, "deployments", deployment("default", "new", 2, NULL));
    mock_apply(c.mock, "deployments", deployment("default", "goes", 2, NULL));
    mock_delete(c.mock, "deployments", "default", "goes");
    cluster_run(&c, KEDGE_HOUR);
    assert_int_equal(r.adds, 10);
    assert_int_equal(kedge_lister_count(inf), 10); // still there to be read
    assert_string_equal(kedge_informer_last_sync_resource_version(inf), version);

    assert_int_equal(kedge_informer_start(inf), KEDGE_OK);
    assert_int_equal(kedge_informer_start(inf), KEDGE_OK);
    assert_false(kedge_informer_is_stopped(inf));
    assert_true(cluster_settle(&c, inf, SETTLE));
    cluster_run(&c, KEDGE_SECOND);
    assert_int_equal(r.adds, 12);
    assert_int_equal(r.initial_adds, 10);
    assert_int_equal(r.updates, 1);
    assert_int_equal(r.deletes, 1);
    assert_int_equal(lists_of(inf), 1); // by the watch alone
    assert_true(kedge_handler_has_synced(&r.handler));
    assert_string_not_equal(kedge_informer_last_sync_resource_version(inf), version);
    cluster_assert_equal(&c, inf, &r);
    cluster_close(&c);
}

static void what_the_server_has_forgotten_is_listed(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){0});
    mock_fill(c.mock, 10, 2);
    mock_apply(c.mock, "deployments", deployment("default", "goes", 1, NULL));
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, NULL, &r);
    cluster_start_and_settle(&c, inf, SETTLE);
    kedge_informer_stop(inf);
    mock_delete(c.mock, "deployments", "default", "goes");
    mock_apply(c.mock, "deployments", deployment("default", "comes", 1, NULL));
    mock_compact(c.mock);
    assert_int_equal(kedge_informer_start(inf), KEDGE_OK);
    assert_true(cluster_settle(&c, inf, SETTLE));
    assert_int_equal(r.adds, 12);
    assert_int_equal(r.tombstones, 1);
    assert_int_equal(lists_of(inf), 2);
    cluster_assert_equal(&c, inf, &r);
    cluster_close(&c);
}

// Stopped after each number of polls of a story with pages, a watch, expiry and a relist, while
// changes go on: the recorder fails at once if it is told what cannot be.
static void story(unsigned stop_after, bool slow_reads, bool busy)
{
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){.seed = stop_after});
    mock_fill(c.mock, 25, 2);
    struct kedge_informer_options o = {.page = 7, .queue = 4};
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, &o, &r);
    c.port.fake.cruelty.read_max = slow_reads ? 700 : 0;
    cluster_start(&c);
    for (unsigned i = 0; i < 90; i++) {
        if (i == stop_after) {
            unsigned before = told(&r);
            kedge_informer_stop(inf);
            for (int n = 0; n < 6; n++)
                mock_churn(c.mock);
            cluster_run(&c, KEDGE_SECOND);
            assert_int_equal(told(&r), before);
            r.busy = false;
            assert_int_equal(kedge_informer_start(inf), KEDGE_OK);
        }
        if (busy)
            r.busy = i % 5 < 3;
        if (i % 6 == 5)
            mock_churn(c.mock);
        if (i == 60)
            mock_inject(c.mock, &(struct mock_fault){.kind = MOCK_FAULT_EXPIRED_EVENT,
                                                     .on = MOCK_ON_WATCH,
                                                     .now = true});
        assert_int_equal(kedge_poll(c.k, i < 60 ? 20 : 300), KEDGE_OK);
    }
    r.busy = false;
    assert_true(cluster_settle(&c, inf, SETTLE));
    cluster_assert_equal(&c, inf, &r);
    assert_int_equal(r.unknown_deletes, 0);
    cluster_close(&c);
}

static void wherever_it_is_stopped_it_goes_on(void **state)
{
    (void)state;
    for (unsigned at = 0; at < 90; at++)
        story(at, at % 2 == 0, at % 3 == 0);
}

// A handler in whose calls the informer is stopped.
struct halting {
    struct recorder r; // first
    struct kedge_informer *inf;
    unsigned left; // calls until it stops
    bool and_start;
    void (*add)(void *ctx, const struct kedge_object *o, bool initial);
};

static void halt(void *ctx, const struct kedge_object *o, bool initial)
{
    struct halting *h = ctx;
    h->add(&h->r, o, initial);
    if (h->left > 0 && --h->left == 0) {
        kedge_informer_stop(h->inf);
        assert_true(kedge_informer_is_stopped(h->inf));
        if (h->and_start)
            assert_int_equal(kedge_informer_start(h->inf), KEDGE_OK);
    }
}

static void halting_init(struct halting *h, struct kedge_informer *inf, unsigned left)
{
    memset(h, 0, sizeof *h);
    recorder_init(&h->r);
    h->add = h->r.handler.on_add;
    h->r.handler.on_add = halt;
    h->inf = inf;
    h->left = left;
}

static void a_note_that_only_one_has_had_is_told_the_others_after_the_start(void **state)
{
    (void)state;
    for (unsigned at = 1; at <= 8; at++) {
        struct cluster c;
        struct halting first;
        struct recorder second;
        struct kedge_informer *inf = cluster_of_deployments(&c, 8, 1, NULL, NULL);
        halting_init(&first, inf, at);
        recorder_init(&second);
        assert_int_equal(kedge_informer_add_handler(inf, &first.r.handler), KEDGE_OK);
        assert_int_equal(kedge_informer_add_handler(inf, &second.handler), KEDGE_OK);
        cluster_start(&c);
        cluster_run(&c, KEDGE_MINUTE);
        assert_int_equal(first.r.adds, at);
        assert_int_equal(second.adds, at - 1);
        assert_false(kedge_handler_has_synced(&second.handler));
        assert_int_equal(kedge_informer_start(inf), KEDGE_OK);
        assert_true(cluster_settle(&c, inf, SETTLE));
        cluster_assert_equal(&c, inf, &first.r);
        cluster_assert_equal(&c, inf, &second);
        recorder_free(&first.r);
        recorder_free(&second);
        cluster_close(&c);
    }
}

static void a_start_in_the_same_call_takes_the_stop_back(void **state)
{
    (void)state;
    struct cluster c;
    struct halting h;
    struct kedge_informer *inf = cluster_of_deployments(&c, 8, 1, NULL, NULL);
    halting_init(&h, inf, 3);
    h.and_start = true;
    assert_int_equal(kedge_informer_add_handler(inf, &h.r.handler), KEDGE_OK);
    cluster_start_and_settle(&c, inf, SETTLE);
    assert_int_equal(c.port.fake.opens, 1);
    cluster_assert_equal(&c, inf, &h.r);
    recorder_free(&h.r);
    cluster_close(&c);
}

static void a_late_handler_sees_the_rest_after_the_start(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder all;
    struct halting late;
    struct kedge_informer *inf = cluster_of_deployments(&c, 12, 1, NULL, &all);
    cluster_start_and_settle(&c, inf, SETTLE);
    halting_init(&late, inf, 5);
    assert_int_equal(kedge_informer_add_handler(inf, &late.r.handler), KEDGE_OK);
    cluster_run(&c, KEDGE_SECOND);
    assert_int_equal(late.r.adds, 5);
    mock_churn(c.mock);
    mock_churn(c.mock);
    assert_int_equal(kedge_informer_start(inf), KEDGE_OK);
    cluster_run(&c, KEDGE_SECOND);
    assert_true(kedge_handler_has_synced(&late.r.handler));
    assert_true(late.r.initial_adds >= 11);
    cluster_assert_equal(&c, inf, &late.r);
    cluster_assert_equal(&c, inf, &all);
    recorder_free(&late.r);
    cluster_close(&c);
}

static void on_a_stopped_one_handlers_part_but_do_not_join(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r[2];
    struct kedge_handler other = {0};
    struct kedge_informer *inf = cluster_of_deployments(&c, 4, 1, NULL, &r[0]);
    cluster_informer(&c, &kedge_kind_deployment, NULL, &r[1]);
    cluster_start_and_settle(&c, inf, SETTLE);
    kedge_informer_stop(inf);
    assert_int_equal(kedge_informer_add_handler(inf, &other), KEDGE_ERR_STATE);
    assert_int_equal(kedge_informer_remove_handler(inf, &r[1].handler), KEDGE_OK);
    assert_int_equal(kedge_informer_remove_handler(inf, &r[1].handler), KEDGE_OK);
    mock_apply(c.mock, "deployments", deployment("default", "new", 1, NULL));
    assert_int_equal(kedge_informer_start(inf), KEDGE_OK);
    assert_true(cluster_settle(&c, inf, SETTLE));
    assert_int_equal(r[0].adds, 5);
    assert_int_equal(r[1].adds, 4);
    assert_int_equal(kedge_informer_add_handler(inf, &other), KEDGE_OK);
    cluster_close(&c);
}

static void a_full_cache_recovers_after_a_stop(void **state)
{
    (void)state;
    for (unsigned wait = 0; wait < 60; wait += 7) {
        struct cluster c;
        struct recorder r;
        cluster_open(&c, &(struct cluster_options){.object_max = 512});
        struct kedge_informer_options o = {.maximum = 4096};
        mock_fill(c.mock, 40, 1);
        struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, &o, &r);
        cluster_start(&c);
        while (cluster_phase(inf) != KEDGE_STALE)
            assert_int_equal(kedge_poll(c.k, 100), KEDGE_OK);
        cluster_run(&c, wait * KEDGE_SECOND + 1);
        kedge_informer_stop(inf);
        while (mock_count(c.mock, "deployments") > 3) {
            struct mock_item item;
            assert_true(mock_at(c.mock, "deployments", 0, &item));
            mock_delete(c.mock, "deployments", item.namespace, item.name);
        }
        cluster_run(&c, KEDGE_MINUTE);
        assert_int_equal(cluster_phase(inf), KEDGE_STALE);
        assert_int_equal(kedge_informer_start(inf), KEDGE_OK);
        assert_true(cluster_settle(&c, inf, SETTLE));
        cluster_assert_equal(&c, inf, &r);
        cluster_close(&c);
    }
}

static void what_a_stopped_one_keeps_holds_up_no_other(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r[2];
    cluster_open(&c, &(struct cluster_options){.memory = 512 * 1024});
    struct kedge_informer_options o = {.namespace_ = "default"};
    struct kedge_informer *first = cluster_informer(&c, &kedge_kind_deployment, NULL, &r[0]);
    struct kedge_informer *second = cluster_informer(&c, &kedge_kind_deployment, &o, &r[1]);
    mock_apply(c.mock, "deployments", deployment("default", "web", 1, NULL));
    r[0].busy = true;
    cluster_start(&c);
    cluster_run(&c, KEDGE_SECOND);
    assert_true(kedge__delivery_busy(first));
    kedge_informer_stop(first);
    // So many that the heap cannot hold them all: that is STALE, not a wait for what is stopped.
    for (int i = 0; i < 3000; i++) {
        char name[16];
        snprintf(name, sizeof name, "d-%d", i);
        mock_apply(c.mock, "deployments", deployment("default", name, 1, NULL));
    }
    cluster_run(&c, KEDGE_MINUTE);
    assert_int_equal(cluster_phase(second), KEDGE_STALE);
    cluster_close(&c);
}

static void a_start_before_that_of_the_factory_is_too_early(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct kedge_informer *inf = cluster_of_deployments(&c, 3, 1, NULL, &r);
    assert_int_equal(kedge_informer_start(NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_informer_start(inf), KEDGE_ERR_STATE);
    kedge_informer_stop(inf);
    cluster_start(&c);
    cluster_run(&c, KEDGE_MINUTE);
    assert_int_equal(r.adds, 0);
    assert_int_equal(kedge_informer_start(inf), KEDGE_OK);
    assert_true(cluster_settle(&c, inf, SETTLE));
    assert_int_equal(r.initial_adds, 3);
    kedge_factory_shutdown(c.factory);
    assert_int_equal(kedge_informer_start(inf), KEDGE_ERR_STOPPED);
    assert_true(kedge_informer_is_stopped(inf));
    assert_true(kedge_informer_is_stopped(NULL));
    assert_string_equal(kedge_informer_last_sync_resource_version(NULL), "");
    cluster_close(&c);
}

static void a_pause_that_the_server_asked_for_is_kept(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct kedge_informer *inf = cluster_of_deployments(&c, 3, 1, NULL, &r);
    mock_inject(c.mock, &(struct mock_fault){.kind = MOCK_FAULT_STATUS,
                                             .on = MOCK_ON_LIST,
                                             .status = 429,
                                             .retry_after_s = 60});
    cluster_start(&c);
    cluster_run(&c, 5 * KEDGE_SECOND);
    assert_int_equal(lists_of(inf), 1);
    kedge_informer_stop(inf);
    assert_int_equal(kedge_informer_start(inf), KEDGE_OK);
    cluster_run(&c, 50 * KEDGE_SECOND);
    assert_int_equal(lists_of(inf), 1);
    assert_true(cluster_settle(&c, inf, SETTLE));
    cluster_close(&c);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_watch_goes_on_where_it_was),
        cmocka_unit_test(what_the_server_has_forgotten_is_listed),
        cmocka_unit_test(wherever_it_is_stopped_it_goes_on),
        cmocka_unit_test(a_note_that_only_one_has_had_is_told_the_others_after_the_start),
        cmocka_unit_test(a_start_in_the_same_call_takes_the_stop_back),
        cmocka_unit_test(a_late_handler_sees_the_rest_after_the_start),
        cmocka_unit_test(on_a_stopped_one_handlers_part_but_do_not_join),
        cmocka_unit_test(a_full_cache_recovers_after_a_stop),
        cmocka_unit_test(what_a_stopped_one_keeps_holds_up_no_other),
        cmocka_unit_test(a_start_before_that_of_the_factory_is_too_early),
        cmocka_unit_test(a_pause_that_the_server_asked_for_is_kept),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
