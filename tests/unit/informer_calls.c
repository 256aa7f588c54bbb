// SPDX-License-Identifier: Apache-2.0
// What the headers of factory, informer and lister promise about each call: options that make no
// sense, calls too early, too late or on nothing, and who is told what.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cache/informer_priv.h"
#include "cluster.h"

#define SETTLE (10 * KEDGE_MINUTE)

// ---------------------------------------------------------------- making

static void options_that_make_no_sense_are_named(void **state)
{
    (void)state;
    static const struct {
        struct kedge_informer_options options;
        const char *says;
    } cases[] = {
        {{.text_max = 1023}, "text_max is less than 1024"},
        {{.label_selector = "app=web,=x"}, "label_selector is wrong at byte 8: expected a label"},
        {{.field_selector = "a=b,c"}, "field_selector is wrong at byte 4: invalid selector"},
        {{.buffer = 2047}, "buffer is less than 2048"},
        {{.reserved = 2, .maximum = 1}, "maximum is less than reserved"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cluster c;
        cluster_open(&c, &(struct cluster_options){0});
        assert_null(kedge_factory_informer_with(c.factory, &kedge_kind_pod, &cases[i].options));
        assert_int_equal(kedge_error(c.k), KEDGE_ERR_ARGUMENT);
        assert_non_null(strstr(kedge_error_text(c.k), cases[i].says));
        // It is the first failure that counts, and nothing is made after it.
        assert_null(kedge_factory_informer(c.factory, &kedge_kind_pod));
        assert_int_equal(kedge_factory_start(c.factory), KEDGE_ERR_ARGUMENT);
        cluster_close(&c);
    }
}

static void the_least_that_makes_sense_is_taken(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct kedge_informer_options o = {
        .text_max = 1024, .buffer = 2048, .reserved = 1, .maximum = 1};
    cluster_open(&c, &(struct cluster_options){.object_max = 512});
    cluster_informer(&c, &kedge_kind_deployment, &o, NULL);
    o.field_selector = "metadata.name=web";
    o.maximum = 0;
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, &o, &r);
    mock_apply(c.mock, "deployments", deployment("default", "web", 1, NULL));
    cluster_start_and_settle(&c, inf, SETTLE);
    cluster_assert_equal(&c, inf, &r);
    cluster_close(&c);
}

static void objects_of_less_than_512_bytes_are_refused(void **state)
{
    (void)state;
    struct cluster c;
    struct kedge_factory_options o = {.object_max = 511};
    cluster_open(&c, &(struct cluster_options){0});
    assert_non_null(kedge_factory_new_with(c.client, NULL)); // all default
    assert_null(kedge_factory_new_with(c.client, &o));
    assert_string_equal(kedge_error_text(c.k), "object_max is less than 512");
    cluster_close(&c);
}

static void one_scope_is_one_informer(void **state)
{
    (void)state;
    static const struct kedge_informer_options scopes[] = {
        {0},
        {.namespace_ = "a"},
        {.namespace_ = "b"},
        {.label_selector = "x=y"},
        {.namespace_ = "a", .field_selector = "metadata.name=web"},
    };
    enum { SCOPES = sizeof scopes / sizeof scopes[0] };
    struct kedge_informer *made[SCOPES];
    struct kedge_informer_options empty = {
        .namespace_ = "", .label_selector = "", .field_selector = ""};
    struct cluster c;
    cluster_open(&c, &(struct cluster_options){.memory = 1 << 20});
    for (size_t i = 0; i < SCOPES; i++) {
        made[i] = kedge_factory_informer_with(c.factory, &kedge_kind_pod, &scopes[i]);
        assert_non_null(made[i]);
        for (size_t j = 0; j < i; j++)
            assert_ptr_not_equal(made[i], made[j]);
        assert_ptr_equal(kedge_factory_informer_with(c.factory, &kedge_kind_pod, &scopes[i]),
                         made[i]);
    }
    assert_ptr_equal(kedge_factory_informer_with(c.factory, &kedge_kind_pod, &empty), made[0]);
    assert_ptr_not_equal(kedge_factory_informer(c.factory, &kedge_kind_node), made[0]);
    assert_null(kedge_factory_informer(c.factory, NULL));
    cluster_close(&c);
}

// ---------------------------------------------------------------- too early, too late, on nothing

static void before_its_start_a_factory_has_nothing(void **state)
{
    (void)state;
    struct cluster c;
    const struct kedge_object *o = (const struct kedge_object *)&c;
    cluster_open(&c, &(struct cluster_options){0});
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_pod, NULL, NULL);
    assert_int_equal(kedge_factory_wait_for_cache_sync(c.factory, 0), KEDGE_ERR_STATE);
    assert_int_equal(kedge_lister_get(inf, "a", "b", &o), KEDGE_ERR_STALE);
    assert_null(o);
    struct kedge_iter it = kedge_lister_list(inf, "", KEDGE_EVERYTHING);
    assert_null(kedge_iter_next(&it));
    assert_null(kedge_lister_deref(inf, (kedge_ref){1, 1}));
    assert_false(kedge_informer_has_synced(inf));
    cluster_run(&c, KEDGE_SECOND); // a loop that turns already
    assert_int_equal(c.port.fake.opens, 0);
    cluster_start(&c);
    assert_int_equal(kedge_factory_start(c.factory), KEDGE_OK);
    cluster_close(&c);
}

static void an_informer_that_was_stopped_before_the_start_never_runs(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct kedge_handler late = {0};
    struct kedge_informer *inf = cluster_of_deployments(&c, 3, 1, NULL, &r);
    kedge_informer_stop(inf);
    kedge_informer_stop(inf);
    assert_int_equal(kedge_informer_add_handler(inf, &late), KEDGE_ERR_STATE);
    cluster_start(&c);
    cluster_run(&c, KEDGE_MINUTE);
    assert_int_equal(c.port.fake.opens, 0);
    assert_int_equal(r.adds, 0);
    cluster_close(&c);
}

static void calls_without_an_argument_are_refused(void **state)
{
    (void)state;
    struct cluster c;
    struct kedge_handler h = {0};
    struct kedge_informer_state s;
    const struct kedge_object *o;
    cluster_open(&c, &(struct cluster_options){0});
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_pod, NULL, NULL);
    assert_int_equal(kedge_informer_state(NULL, &s), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_informer_state(inf, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_informer_add_handler(inf, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_informer_remove_handler(inf, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_informer_remove_handler(NULL, &h), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_informer_remove_handler(inf, &h), KEDGE_OK); // it was never joined
    assert_int_equal(kedge_lister_get(inf, "", "x", NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_lister_get(inf, "", NULL, &o), KEDGE_ERR_ARGUMENT);
    assert_false(kedge_handler_has_synced(NULL));
    assert_false(kedge_handler_has_synced(&h));
    assert_false(kedge_informer_has_synced(NULL));
    assert_null(kedge_informer_kind(NULL));
    assert_null(kedge_lister_deref(NULL, (kedge_ref){1, 1}));
    kedge_informer_on_state(NULL, NULL, NULL);
    kedge_informer_stop(NULL);
    kedge_wake(NULL);
    cluster_close(&c);
}

static void a_reference_to_no_slot_of_the_cache_is_nobodys(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r[2];
    const struct kedge_object *o;
    cluster_open(&c, &(struct cluster_options){0});
    mock_apply(c.mock, "deployments", deployment("default", "web", 1, NULL));
    mock_apply(c.mock, "configmaps", "{\"metadata\":{\"namespace\":\"a\",\"name\":\"b\"}}");
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, NULL, &r[0]);
    struct kedge_informer *other = cluster_informer(&c, &kedge_kind_configmap, NULL, &r[1]);
    cluster_start(&c);
    assert_true(cluster_settle(&c, inf, SETTLE) && cluster_settle(&c, other, SETTLE));
    assert_int_equal(kedge_lister_get(inf, "default", "web", &o), KEDGE_OK);
    kedge_ref ref = kedge_lister_ref(inf, o);
    assert_ptr_equal(kedge_lister_deref(inf, ref), o);
    assert_null(kedge_lister_deref(inf, (kedge_ref){0, 0}));
    assert_null(kedge_lister_deref(inf, (kedge_ref){ref.slot + 100, ref.generation}));
    assert_null(kedge_lister_deref(inf, (kedge_ref){ref.slot, ref.generation + 1}));
    // Both share the heap, and yet one does not answer for what is the other's.
    assert_null(kedge_lister_deref(other, ref));
    assert_int_equal(kedge_lister_ref(other, o).slot, 0);
    cluster_close(&c);
}

// ---------------------------------------------------------------- who is told what

static void a_handler_may_leave_out_what_it_does_not_want(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct kedge_handler silent = {0}, late = {0};
    cluster_open(&c, &(struct cluster_options){.resync = 30 * KEDGE_SECOND});
    mock_fill(c.mock, 5, 1);
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, NULL, &r);
    assert_int_equal(kedge_informer_add_handler(inf, &silent), KEDGE_OK);
    cluster_start_and_settle(&c, inf, SETTLE);
    assert_int_equal(kedge_informer_add_handler(inf, &late), KEDGE_OK);
    mock_apply(c.mock, "deployments", deployment("default", "web", 1, NULL));
    mock_apply(c.mock, "deployments", deployment("default", "web", 2, NULL));
    mock_delete(c.mock, "deployments", "default", "web");
    cluster_run(&c, KEDGE_MINUTE);
    assert_true(kedge_handler_has_synced(&silent) && kedge_handler_has_synced(&late));
    assert_true(r.resyncs >= 5);
    assert_int_equal(r.deletes, 1);
    cluster_assert_equal(&c, inf, &r);
    cluster_close(&c);
}

static void a_late_handler_that_is_not_ready_is_waited_for(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r[2];
    struct kedge_informer *inf = cluster_of_deployments(&c, 5, 1, NULL, &r[0]);
    cluster_start_and_settle(&c, inf, SETTLE);
    cluster_recorder(&c, &r[1]);
    r[1].busy = true;
    assert_int_equal(kedge_informer_add_handler(inf, &r[1].handler), KEDGE_OK);
    cluster_run(&c, 10 * KEDGE_SECOND);
    assert_int_equal(r[1].adds, 0);
    assert_false(kedge_handler_has_synced(&r[1].handler));
    assert_in_range(r[1].ready_asked, 50, 200); // ten times a second
    r[1].busy = false;
    cluster_run(&c, KEDGE_SECOND);
    assert_int_equal(r[1].initial_adds, 5);
    assert_true(kedge_handler_has_synced(&r[1].handler));
    cluster_close(&c);
}

static void a_resync_that_nobody_waits_for_any_more_does_not_take_place(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r[2];
    struct kedge_informer *inf = cluster_of_deployments(&c, 5, 1, NULL, &r[0]);
    cluster_recorder(&c, &r[1]);
    r[1].handler.resync = 1; // counts as a second
    assert_int_equal(kedge_informer_add_handler(inf, &r[1].handler), KEDGE_OK);
    cluster_start_and_settle(&c, inf, SETTLE);
    cluster_run(&c, 3500);
    assert_in_range(r[1].resyncs, 10, 20);
    assert_int_equal(kedge_informer_remove_handler(inf, &r[1].handler), KEDGE_OK);
    unsigned before = r[1].resyncs;
    cluster_run(&c, KEDGE_MINUTE);
    assert_int_equal(r[1].resyncs, before);
    assert_int_equal(r[0].resyncs, 0);
    cluster_close(&c);
}

static void resyncs_do_not_pile_up_behind_a_handler_that_is_not_ready(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){.resync = KEDGE_SECOND});
    mock_fill(c.mock, 5, 1);
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, NULL, &r);
    cluster_start_and_settle(&c, inf, SETTLE);
    r.busy = true;
    cluster_run(&c, KEDGE_MINUTE);
    r.busy = false;
    unsigned before = r.resyncs;
    cluster_run(&c, 200);
    assert_in_range(r.resyncs - before, 5, 10); // the one that was under way, and one more
    cluster_close(&c);
}

struct watcher {
    struct kedge_informer *inf;
    unsigned calls;
    enum kedge_informer_phase phases[16];
    unsigned stop_at; // call that stops the informer
};

static void state_changed(void *ctx, struct kedge_informer *inf)
{
    struct watcher *w = ctx;
    assert_ptr_equal(inf, w->inf);
    if (w->calls < 16)
        w->phases[w->calls] = cluster_phase(inf);
    if (++w->calls == w->stop_at)
        kedge_informer_stop(inf);
}

static void a_change_of_state_is_told_and_so_is_a_failure(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct watcher w = {0};
    w.inf = cluster_of_deployments(&c, 5, 1, &cluster_lists, &r);
    kedge_informer_on_state(w.inf, state_changed, &w);
    mock_inject(c.mock,
                &(struct mock_fault){.kind = MOCK_FAULT_STATUS, .on = MOCK_ON_LIST, .status = 500});
    cluster_start(&c);
    assert_true(cluster_settle(&c, w.inf, SETTLE));
    assert_int_equal(w.calls, 2);
    assert_int_equal(w.phases[0], KEDGE_SYNCING); // with the failure as its reason
    assert_int_equal(w.phases[1], KEDGE_CURRENT);
    w.stop_at = 3;
    mock_restart(c.mock, true);
    cluster_run(&c, KEDGE_MINUTE);
    assert_int_equal(w.calls, 3);
    assert_int_equal(c.port.fake.open_streams, 0);
    cluster_close(&c);
}

static void nobody_has_to_listen_to_the_state(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct watcher w = {0};
    cluster_open(&c, &(struct cluster_options){0});
    w.inf = cluster_informer(&c, &kedge_kind_deployment, NULL, &r);
    kedge_informer_on_state(w.inf, state_changed, &w);
    kedge_informer_on_state(w.inf, NULL, NULL);
    cluster_start(&c);
    assert_true(cluster_settle(&c, w.inf, SETTLE));
    assert_int_equal(w.calls, 0);
    cluster_close(&c);
}

struct log {
    unsigned lines;
    char last[512];
};

static void keep_line(void *ctx, enum kedge_log_level level, const char *text)
{
    struct log *l = ctx;
    assert_int_equal(level, KEDGE_LOG_WARNING);
    l->lines++;
    snprintf(l->last, sizeof l->last, "%s", text);
}

static void failures_are_logged_with_what_failed(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct log log = {0};
    cluster_open(&c, &(struct cluster_options){0});
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, NULL, &r);
    kedge_log_to(c.k, KEDGE_LOG_WARNING, keep_line, &log);
    c.port.fake.cruelty.refuse = true;
    cluster_start(&c);
    cluster_run(&c, 100);
    assert_int_equal(log.lines, 1);
    assert_non_null(strstr(log.last, "list deployments: "));
    c.port.fake.cruelty.refuse = false;
    assert_true(cluster_settle(&c, inf, SETTLE));
    mock_restart(c.mock, true);
    cluster_run(&c, 100);
    assert_int_equal(log.lines, 2);
    assert_non_null(strstr(log.last, "watch deployments: "));
    kedge_log_to(c.k, KEDGE_LOG_ERROR, keep_line, &log);
    mock_restart(c.mock, true);
    cluster_run(&c, KEDGE_MINUTE);
    assert_int_equal(log.lines, 2);
    cluster_close(&c);
}

// ---------------------------------------------------------------- from a handler

struct meddler {
    struct kedge_handler handler;
    struct cluster *c;
    struct kedge_informer *inf;
    unsigned calls;
    kedge_err add_after_stop;
};

static void stop_and_join(void *ctx, const struct kedge_object *o, bool initial)
{
    static struct kedge_handler another;
    struct meddler *m = ctx;
    (void)initial;
    m->calls++;
    kedge_factory_shutdown(m->c->factory); // not from a handler
    kedge_informer_stop(m->inf);
    m->add_after_stop = kedge_informer_add_handler(m->inf, &another);
    assert_string_not_equal(kedge_name(o), ""); // still there
}

static void in_a_handler_a_stop_waits_and_nobody_joins_any_more(void **state)
{
    (void)state;
    struct cluster c;
    struct meddler m = {.handler = {.on_add = stop_and_join, .ctx = &m}, .c = &c};
    m.inf = cluster_of_deployments(&c, 5, 1, NULL, NULL);
    assert_int_equal(kedge_informer_add_handler(m.inf, &m.handler), KEDGE_OK);
    cluster_start(&c);
    cluster_run(&c, KEDGE_SECOND);
    assert_int_equal(m.calls, 1);
    assert_int_equal(m.add_after_stop, KEDGE_ERR_STATE);
    assert_int_equal(c.port.fake.open_streams, 0);
    cluster_close(&c);
}

static void a_stopped_kedge_delivers_no_more(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){0});
    mock_fill(c.mock, 5, 1);
    cluster_informer(&c, &kedge_kind_deployment, NULL, &r);
    cluster_start(&c);
    kedge_stop(c.k);
    assert_int_equal(kedge_run(c.k), KEDGE_OK);
    assert_int_equal(r.adds, 0);
    cluster_close(&c);
}

static void a_heap_without_its_memory_fails_at_start(void **state)
{
    (void)state;
    struct cluster c;
    struct kedge_factory_options o = {.heap = 1u << 30};
    cluster_open(&c, &(struct cluster_options){0});
    struct kedge_factory *f = kedge_factory_new_with(c.client, &o);
    assert_non_null(kedge_factory_informer(f, &kedge_kind_pod));
    assert_int_equal(kedge_factory_start(f), KEDGE_ERR_MEMORY);
    assert_non_null(strstr(kedge_error_text(c.k), "heap"));
    cluster_close(&c);
}

static void a_sync_that_takes_too_long_has_words_without_a_failure(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){0});
    cluster_informer(&c, &kedge_kind_deployment, NULL, &r);
    cluster_start(&c);
    c.port.fake.cruelty.connect_steps = 1;
    assert_int_equal(kedge_factory_wait_for_cache_sync(c.factory, 0), KEDGE_ERR_TIMEOUT);
    assert_non_null(strstr(kedge_error_text(c.k), "the list is not complete yet"));
    assert_int_equal(kedge_error(c.k), KEDGE_OK);
    assert_int_equal(kedge_factory_wait_for_cache_sync(c.factory, SETTLE), KEDGE_OK);
    cluster_close(&c);
}

static void too_little_memory_is_told_wherever_a_start_up_ends(void **state)
{
    (void)state;
    static unsigned char memory[96 * 1024];
    struct fake_port port;
    kedge_err err = KEDGE_ERR_MEMORY;
    unsigned failures = 0;
    for (size_t size = 4096; err != KEDGE_OK; size += 8, failures++) {
        struct kedge_config config = {.server = "http://kubernetes.test"};
        struct kedge_factory_options o = {.object_max = 512};
        assert_true(size < sizeof memory);
        fake_port_init(&port, 1);
        struct kedge *k = kedge_init(memory, size, &port.port);
        struct kedge_client *client = kedge_client_new(k, &config);
        struct kedge_factory *f = kedge_factory_new_with(client, &o);
        struct kedge_informer *inf = kedge_factory_informer(f, &kedge_kind_pod);
        err = kedge_factory_start(f);
        if (f != NULL && err != KEDGE_OK)
            assert_int_equal(err, KEDGE_ERR_MEMORY);
        assert_true(inf != NULL || err != KEDGE_OK);
        kedge_factory_shutdown(f);
        kedge_client_free(client);
    }
    assert_true(failures > 500);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_that_make_no_sense_are_named),
        cmocka_unit_test(the_least_that_makes_sense_is_taken),
        cmocka_unit_test(objects_of_less_than_512_bytes_are_refused),
        cmocka_unit_test(one_scope_is_one_informer),
        cmocka_unit_test(before_its_start_a_factory_has_nothing),
        cmocka_unit_test(an_informer_that_was_stopped_before_the_start_never_runs),
        cmocka_unit_test(calls_without_an_argument_are_refused),
        cmocka_unit_test(a_reference_to_no_slot_of_the_cache_is_nobodys),
        cmocka_unit_test(a_handler_may_leave_out_what_it_does_not_want),
        cmocka_unit_test(a_late_handler_that_is_not_ready_is_waited_for),
        cmocka_unit_test(a_resync_that_nobody_waits_for_any_more_does_not_take_place),
        cmocka_unit_test(resyncs_do_not_pile_up_behind_a_handler_that_is_not_ready),
        cmocka_unit_test(a_change_of_state_is_told_and_so_is_a_failure),
        cmocka_unit_test(nobody_has_to_listen_to_the_state),
        cmocka_unit_test(failures_are_logged_with_what_failed),
        cmocka_unit_test(in_a_handler_a_stop_waits_and_nobody_joins_any_more),
        cmocka_unit_test(a_stopped_kedge_delivers_no_more),
        cmocka_unit_test(a_heap_without_its_memory_fails_at_start),
        cmocka_unit_test(a_sync_that_takes_too_long_has_words_without_a_failure),
        cmocka_unit_test(too_little_memory_is_told_wherever_a_start_up_ends),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
