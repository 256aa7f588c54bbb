// SPDX-License-Identifier: Apache-2.0
// The controller at its edges: objects that are hardly known, keys that nobody needs, ends that
// come from elsewhere, and as little memory as there can be.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/context.h"
#include "cluster.h"
#include "kedge/controller.h"

struct edge {
    struct cluster cluster;
    struct kedge_informer *configmaps;
    struct kedge_controller_source source;
    struct kedge_controller *c;
    unsigned calls;
    char last[KEDGE_KEY_MAX];
    char logged[512];
    unsigned logs;

    kedge_err answer;
    struct kedge_reconcile_result result;
    unsigned shut_down_at; // in this call; 0: never
};

static kedge_err reconcile(void *ctx, const struct kedge_reconcile *r,
                           struct kedge_reconcile_result *result)
{
    struct edge *e = ctx;
    snprintf(e->last, sizeof e->last, "%s", r->key);
    *result = e->result;
    if (++e->calls == e->shut_down_at)
        kedge_controller_shut_down(e->c);
    return e->answer;
}

static void keep_log(void *ctx, enum kedge_log_level level, const char *text)
{
    struct edge *e = ctx;
    (void)level;
    snprintf(e->logged, sizeof e->logged, "%s", text);
    e->logs++;
}

static void open_edge(struct edge *e, enum kedge_log_level level)
{
    struct kedge_controller_options o = {
        .name = "test", .reconcile = reconcile, .ctx = e, .keys = 16};
    memset(e, 0, sizeof *e);
    cluster_open(&e->cluster, &(struct cluster_options){.object_max = 1024});
    kedge_log_to(e->cluster.k, level, keep_log, e);
    e->c = kedge_controller_new(e->cluster.k, &o);
    assert_non_null(e->c);
    e->configmaps = kedge_factory_informer(e->cluster.factory, &kedge_kind_configmap);
}

static void watch(struct edge *e)
{
    assert_int_equal(kedge_controller_watch(e->c, e->configmaps, &e->source), KEDGE_OK);
}

// Steps and polls until nothing more is to be done in so many ms.
static void drive(struct edge *e, kedge_time ms)
{
    kedge_time until = e->cluster.port.fake.now + ms;
    while (e->cluster.port.fake.now < until) {
        kedge_err err = kedge_controller_step(e->c);
        assert_true(err == KEDGE_OK || err == KEDGE_WAIT);
        assert_int_equal(kedge_poll(e->cluster.k, err == KEDGE_OK ? 0 : 100), KEDGE_OK);
    }
}

static void close_edge(struct edge *e)
{
    kedge_controller_shut_down(e->c);
    kedge_err err = KEDGE_OK;
    while (err == KEDGE_OK)
        err = kedge_controller_step(e->c);
    assert_int_equal(err, KEDGE_ERR_STOPPED);
    cluster_close(&e->cluster);
}

static void put(struct edge *e, const char *name, const char *more)
{
    char text[8192];
    snprintf(text, sizeof text, "{\"metadata\":{\"namespace\":\"default\",\"name\":\"%s\"%s}}",
             name, more);
    assert_true(mock_apply(e->cluster.mock, "configmaps", text) > 0);
}

// Objects ----------------------------------------------------------------------------------------

// Labels that no record of 1,024 bytes holds; `n` makes them differ.
static const char *many_labels(int n)
{
    static char text[8192];
    size_t len =
        (size_t)snprintf(text, sizeof text, ",\"generation\":1,\"labels\":{\"n\":\"%d\"", n);
    for (int i = 0; i < 40; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, ",\"l%d\":\"%060d\"", i, i);
    snprintf(text + len, sizeof text - len, "}");
    return text;
}

// Nobody knows whether its spec has changed.
static void of_an_object_too_large_every_update_passes(void **state)
{
    (void)state;
    static struct edge e;
    open_edge(&e, KEDGE_LOG_ERROR);
    e.source.predicate = kedge_controller_generation_changed;
    put(&e, "a", ",\"generation\":1");
    watch(&e);
    cluster_start(&e.cluster);
    drive(&e, KEDGE_SECOND);
    assert_int_equal(e.calls, 1);
    put(&e, "a", ",\"generation\":1,\"labels\":{\"x\":\"y\"}");
    drive(&e, KEDGE_SECOND);
    assert_int_equal(e.calls, 1);
    put(&e, "a", many_labels(1)); // one that is known, then one that is not
    drive(&e, KEDGE_SECOND);
    assert_int_equal(e.calls, 2);
    put(&e, "a", many_labels(2));
    drive(&e, KEDGE_SECOND);
    assert_int_equal(e.calls, 3);
    put(&e, "a", ",\"generation\":1");
    drive(&e, KEDGE_SECOND);
    assert_int_equal(e.calls, 4);
    put(&e, "a", ",\"generation\":1,\"labels\":{\"x\":\"y\"}");
    drive(&e, KEDGE_SECOND);
    assert_int_equal(e.calls, 4);
    close_edge(&e);
}

static void an_owner_without_a_version_is_of_the_core_group(void **state)
{
    (void)state;
    static struct edge e;
    static struct kedge_controller_source owners = {.map = kedge_controller_map_owners,
                                                    .map_ctx = &kedge_kind_pod};
    open_edge(&e, KEDGE_LOG_ERROR);
    owners.controller = NULL;
    assert_int_equal(kedge_controller_watch(e.c, e.configmaps, &owners), KEDGE_OK);
    put(&e, "a", ",\"ownerReferences\":[{\"kind\":\"Pod\",\"name\":\"p\",\"uid\":\"u\"}]");
    put(&e, "b", ",\"ownerReferences\":[{\"kind\":\"Node\",\"name\":\"n\",\"uid\":\"u\"}]");
    cluster_start(&e.cluster);
    drive(&e, KEDGE_SECOND);
    assert_int_equal(e.calls, 1);
    assert_string_equal(e.last, "default/p");
    close_edge(&e);
}

static void an_object_without_the_label_leads_nowhere(void **state)
{
    (void)state;
    static struct edge e;
    static struct kedge_controller_source labelled = {.map = kedge_controller_map_label,
                                                      .map_ctx = "of"};
    open_edge(&e, KEDGE_LOG_ERROR);
    labelled.controller = NULL;
    assert_int_equal(kedge_controller_watch(e.c, e.configmaps, &labelled), KEDGE_OK);
    put(&e, "a", "");
    put(&e, "b", ",\"labels\":{\"off\":\"x\"}");
    put(&e, "c", ",\"labels\":{\"of\":\"y\"}");
    cluster_start(&e.cluster);
    drive(&e, KEDGE_SECOND);
    assert_int_equal(e.calls, 1);
    assert_string_equal(e.last, "default/y");
    close_edge(&e);
}

// A step takes a bounded amount of what was there, so that others have their turn.
static void of_many_objects_some_are_walked_over_in_a_step(void **state)
{
    (void)state;
    static struct edge e;
    struct kedge_controller_options o = {.reconcile = reconcile, .ctx = &e, .keys = 200};
    struct kedge_controller_report r;
    open_edge(&e, KEDGE_LOG_ERROR);
    e.c = kedge_controller_new(e.cluster.k, &o);
    for (int i = 0; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof name, "c-%d", i);
        put(&e, name, "");
    }
    watch(&e);
    cluster_start(&e.cluster);
    do {
        kedge_controller_step(e.c);
        assert_int_equal(kedge_poll(e.cluster.k, 100), KEDGE_OK);
        assert_int_equal(kedge_controller_report(e.c, &r), KEDGE_OK);
    } while (!r.synced);
    assert_int_equal(kedge_controller_step(e.c), KEDGE_OK);
    assert_int_equal(kedge_controller_report(e.c, &r), KEDGE_OK);
    assert_int_equal(r.events, 64);
    drive(&e, KEDGE_SECOND);
    assert_int_equal(e.calls, 100);
    close_edge(&e);
}

static void a_source_needs_room_for_its_longest_keys(void **state)
{
    (void)state;
    static struct edge e;
    static struct kedge_controller_source two = {.map = kedge_controller_map_label,
                                                 .map_ctx = "of"};
    struct kedge_controller_options o = {
        .name = "small", .reconcile = reconcile, .ctx = &e, .keys = 8, .bytes = 400};
    open_edge(&e, KEDGE_LOG_ERROR);
    struct kedge_controller *small = kedge_controller_new(e.cluster.k, &o);
    assert_non_null(small);
    assert_int_equal(kedge_controller_watch(small, e.configmaps, &two), KEDGE_ERR_ARGUMENT);
    assert_non_null(strstr(kedge_error_text(e.cluster.k), "small: a source of configmaps may need "
                                                          "room for 2 keys of 317 bytes at once"));
    assert_null(two.controller);
    e.cluster.k->failure = KEDGE_OK;
    close_edge(&e);
}

// Failures ---------------------------------------------------------------------------------------

static void a_failure_without_words_has_its_own_sentence(void **state)
{
    (void)state;
    static struct edge e;
    static const char *const problems[] = {NULL, "", "the pump is stuck"};
    for (size_t i = 0; i < sizeof problems / sizeof problems[0]; i++) {
        char text[256];
        bool named = problems[i] != NULL && problems[i][0] != '\0';
        open_edge(&e, KEDGE_LOG_WARNING);
        e.answer = KEDGE_ERR_IO;
        e.result.problem = problems[i];
        put(&e, "a", "");
        watch(&e);
        cluster_start(&e.cluster);
        while (e.logs == 0) {
            kedge_controller_step(e.c);
            assert_int_equal(kedge_poll(e.cluster.k, 0), KEDGE_OK);
        }
        snprintf(text, sizeof text, "test: default/a is tried again after failure 1: %s",
                 named ? problems[i] : kedge_err_text(KEDGE_ERR_IO));
        assert_string_equal(e.logged, text);
        close_edge(&e);
    }
}

// While the kedge goes on, it is one like any other.
static void a_request_that_was_stopped_is_a_failure(void **state)
{
    (void)state;
    static struct edge e;
    struct kedge_controller_report r;
    open_edge(&e, KEDGE_LOG_ERROR);
    e.answer = KEDGE_ERR_STOPPED;
    put(&e, "a", "");
    watch(&e);
    cluster_start(&e.cluster);
    drive(&e, KEDGE_SECOND);
    assert_true(e.calls > 1);
    assert_int_equal(kedge_controller_report(e.c, &r), KEDGE_OK);
    assert_int_equal(r.errors, e.calls);
    assert_int_equal(r.reconciles, e.calls);
    close_edge(&e);
}

static void bad_key(const void *ctx, const struct kedge_object *obj,
                    struct kedge_controller_keys *out)
{
    (void)ctx;
    (void)obj;
    kedge_controller_key(out, KEDGE_STR(""), KEDGE_STR("a/b"));
}

static void what_is_no_key_is_counted_also_without_a_log(void **state)
{
    (void)state;
    static struct edge e;
    struct kedge_controller_report r;
    for (int wanted = 0; wanted < 2; wanted++) {
        open_edge(&e, wanted ? KEDGE_LOG_WARNING : KEDGE_LOG_ERROR);
        e.source.map = bad_key;
        put(&e, "a", "");
        watch(&e);
        cluster_start(&e.cluster);
        drive(&e, KEDGE_SECOND);
        assert_int_equal(kedge_controller_report(e.c, &r), KEDGE_OK);
        assert_int_equal(r.bad_keys, 1);
        assert_int_equal(e.logs, wanted);
        assert_int_equal(e.calls, 0);
        close_edge(&e);
    }
}

// Ends -------------------------------------------------------------------------------------------

// It sleeps until there is something to do, without a time-out of its own.
static void it_waits_until_a_key_comes_again(void **state)
{
    (void)state;
    static struct edge e;
    open_edge(&e, KEDGE_LOG_WARNING);
    e.result.requeue_after = KEDGE_HOUR;
    e.shut_down_at = 3;
    put(&e, "a", "");
    watch(&e);
    cluster_start(&e.cluster);
    kedge_time before = e.cluster.port.fake.now;
    assert_int_equal(kedge_controller_run(e.c), KEDGE_OK);
    assert_int_equal(e.calls, 3);
    assert_in_range(e.cluster.port.fake.now - before, 2 * KEDGE_HOUR,
                    2 * KEDGE_HOUR + KEDGE_SECOND);
    close_edge(&e);
}

static void a_port_that_cannot_wait_ends_it(void **state)
{
    (void)state;
    static struct edge e;
    open_edge(&e, KEDGE_LOG_WARNING);
    put(&e, "a", "");
    watch(&e);
    cluster_start(&e.cluster);
    drive(&e, KEDGE_SECOND);
    assert_int_equal(e.calls, 1);
    e.cluster.port.fake.cruelty.fail_only = FAKE_CALL_WAIT;
    e.cluster.port.fake.calls = 0;
    e.cluster.port.fake.cruelty.fail_at = 1;
    assert_int_equal(kedge_controller_run(e.c), KEDGE_ERR_IO);
    assert_null(e.source.controller);
    assert_int_equal(kedge_controller_add(e.c, "default", "b"), KEDGE_ERR_STOPPED);
    close_edge(&e);
}

static void informers_and_controllers_are_all_of_one_kedge(void **state)
{
    (void)state;
    static struct edge e, other;
    struct kedge_controller_options o = {.reconcile = reconcile, .ctx = &other, .keys = 4};
    open_edge(&e, KEDGE_LOG_WARNING);
    open_edge(&other, KEDGE_LOG_WARNING);
    struct kedge_controller *c = kedge_controller_new(e.cluster.k, &o);
    assert_non_null(c);
    struct kedge_controller *both[] = {e.c, other.c};
    assert_int_equal(kedge_controllers_run(both, 2), KEDGE_ERR_ARGUMENT);
    // Nothing has begun by that.
    watch(&e);
    put(&e, "a", "");
    cluster_start(&e.cluster);
    drive(&e, KEDGE_SECOND);
    assert_int_equal(e.calls, 1);
    // A cache that another kedge's loop fills.
    cluster_start(&other.cluster);
    struct kedge_controller_source far = {0};
    assert_int_equal(kedge_controller_watch(c, other.configmaps, &far), KEDGE_OK);
    assert_int_equal(kedge_controller_run(c), KEDGE_ERR_ARGUMENT);
    assert_null(far.controller);
    close_edge(&other);
    close_edge(&e);
}

// Memory -----------------------------------------------------------------------------------------

static void with_any_amount_of_memory(void **state)
{
    (void)state;
    static struct edge e; // its reconcile is never called
    struct kedge_controller_options o = {.reconcile = reconcile, .ctx = &e, .keys = 4};
    struct fake_port port;
    unsigned short_of = 0;
    bool made = false;
    fake_port_init(&port, 1);
    for (size_t size = 512; !made; size += 8) {
        assert_true(size < (size_t)64 * 1024);
        unsigned char *memory = malloc(size);
        assert_non_null(memory);
        struct kedge *k = kedge_init(memory, size, &port.port);
        bool began = k != NULL && kedge_error(k) == KEDGE_OK;
        struct kedge_controller *c = kedge_controller_new(k, &o);
        made = c != NULL;
        if (began && !made) {
            short_of++;
            assert_int_equal(kedge_error(k), KEDGE_ERR_MEMORY);
            assert_null(kedge_controller_new(k, &o)); // what failed, stays so
            assert_int_equal(kedge_error(k), KEDGE_ERR_MEMORY);
        }
        if (made)
            assert_int_equal(kedge_controller_add(c, "default", "a"), KEDGE_OK);
        free(memory);
    }
    assert_true(short_of > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_an_object_too_large_every_update_passes),
        cmocka_unit_test(an_owner_without_a_version_is_of_the_core_group),
        cmocka_unit_test(an_object_without_the_label_leads_nowhere),
        cmocka_unit_test(of_many_objects_some_are_walked_over_in_a_step),
        cmocka_unit_test(a_source_needs_room_for_its_longest_keys),
        cmocka_unit_test(a_failure_without_words_has_its_own_sentence),
        cmocka_unit_test(a_request_that_was_stopped_is_a_failure),
        cmocka_unit_test(what_is_no_key_is_counted_also_without_a_log),
        cmocka_unit_test(it_waits_until_a_key_comes_again),
        cmocka_unit_test(a_port_that_cannot_wait_ends_it),
        cmocka_unit_test(informers_and_controllers_are_all_of_one_kedge),
        cmocka_unit_test(with_any_amount_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
