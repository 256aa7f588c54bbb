// SPDX-License-Identifier: Apache-2.0
// The factory: scopes, starts, waits, and a shutdown that gives everything back.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cache/informer_priv.h"
#include "cluster.h"

#define SETTLE (10 * KEDGE_MINUTE)

// A cluster whose factory has these options, and leaves arena.
static void open_with(struct cluster *c, const struct kedge_factory_options *o)
{
    cluster_open(c, &(struct cluster_options){.memory = 512 * 1024});
    c->factory = kedge_factory_new_with(c->client, o);
    assert_non_null(c->factory);
}

static void started_again_only_the_new_ones_start(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r[3];
    open_with(&c, &(struct kedge_factory_options){.heap = 64 * 1024});
    mock_fill(c.mock, 5, 1);
    mock_apply(c.mock, "nodes", "{\"metadata\":{\"name\":\"edge-1\"}}");
    struct kedge_informer *d = cluster_informer(&c, &kedge_kind_deployment, NULL, &r[0]);
    cluster_start(&c);
    cluster_start_and_settle(&c, d, SETTLE);
    struct kedge_informer *n = cluster_informer(&c, &kedge_kind_node, NULL, &r[1]);
    assert_non_null(n);
    assert_ptr_equal(kedge_factory_informer(c.factory, &kedge_kind_node), n);
    cluster_run(&c, KEDGE_MINUTE);
    assert_int_equal(r[1].adds, 0);
    // Waits are for those that were started.
    assert_int_equal(kedge_factory_wait_for_cache_sync(c.factory, 0), KEDGE_OK);
    assert_int_equal(kedge_wait_for_cache_sync(c.k, &n, 1, 0), KEDGE_ERR_STATE);
    cluster_start(&c);
    assert_int_equal(kedge_factory_wait_for_cache_sync(c.factory, SETTLE), KEDGE_OK);
    assert_int_equal(r[1].initial_adds, 1);
    struct kedge_informer *p = cluster_informer(&c, &kedge_kind_pod, NULL, &r[2]);
    assert_int_equal(kedge_informer_start(p), KEDGE_OK); // or by itself
    assert_int_equal(kedge_wait_for_cache_sync(c.k, &p, 1, SETTLE), KEDGE_OK);
    for (int i = 0; i < 100; i++) {
        mock_churn(c.mock);
        cluster_run(&c, 20);
    }
    assert_true(cluster_settle(&c, d, SETTLE));
    cluster_assert_equal(&c, d, &r[0]);
    struct kedge_informer_state s;
    assert_int_equal(kedge_informer_state(d, &s), KEDGE_OK);
    assert_int_equal(s.lists, 1);
    cluster_close(&c);
}

static void many_late_informers_share_the_heap_until_there_is_no_arena(void **state)
{
    (void)state;
    static char names[64][8];
    struct cluster c;
    unsigned made = 0;
    open_with(&c, &(struct kedge_factory_options){.heap = 64 * 1024});
    mock_fill(c.mock, 5, 1);
    struct kedge_informer *first = cluster_informer(&c, &kedge_kind_deployment, NULL, NULL);
    cluster_start_and_settle(&c, first, SETTLE);
    size_t before;
    struct kedge_informer *inf;
    do {
        assert_true(made < 64);
        snprintf(names[made], sizeof names[made], "ns-%u", made % 100);
        before = c.k->used;
        struct kedge_informer_options o = {.namespace_ = names[made]};
        inf = kedge_factory_informer_with(c.factory, &kedge_kind_deployment, &o);
        made += inf != NULL;
    } while (inf != NULL);
    assert_true(made > 9); // the table of accounts has grown
    assert_non_null(strstr(kedge_error_text(c.k), "no room for an informer after the start"));
    assert_int_equal(kedge_error(c.k), KEDGE_OK); // the program runs on
    assert_int_equal(c.k->used, before);
    cluster_start(&c);
    assert_int_equal(kedge_factory_wait_for_cache_sync(c.factory, SETTLE), KEDGE_OK);
    mock_churn(c.mock);
    assert_true(cluster_settle(&c, first, SETTLE));
    cluster_close(&c);
}

static void a_factorys_scope_is_that_of_its_informers(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r[3];
    open_with(&c, &(struct kedge_factory_options){.namespace_ = "mine", .label_selector = "app=a"});
    mock_apply(c.mock, "deployments", deployment("mine", "a", 1, NULL));
    mock_apply(c.mock, "deployments", deployment("mine", "b", 1, NULL));
    mock_apply(c.mock, "deployments", deployment("other", "a", 1, NULL));
    mock_apply(c.mock, "nodes", "{\"metadata\":{\"name\":\"n\",\"labels\":{\"app\":\"a\"}}}");
    mock_apply(c.mock, "nodes", "{\"metadata\":{\"name\":\"m\"}}");
    struct kedge_informer_options all = {.namespace_ = "", .label_selector = ""};
    struct kedge_informer_options same = {.namespace_ = "mine"};
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, NULL, &r[0]);
    cluster_informer(&c, &kedge_kind_deployment, &all, &r[1]);
    cluster_informer(&c, &kedge_kind_node, NULL, &r[2]); // has no namespace
    assert_ptr_equal(kedge_factory_informer_with(c.factory, &kedge_kind_deployment, &same), inf);
    cluster_start(&c);
    cluster_run(&c, KEDGE_SECOND);
    assert_int_equal(r[0].adds, 1);
    assert_int_equal(r[1].adds, 3);
    assert_int_equal(r[2].adds, 1);
    mock_apply(c.mock, "deployments", deployment("other", "a", 2, NULL));
    mock_apply(c.mock, "deployments", deployment("mine", "a", 2, NULL));
    cluster_run(&c, KEDGE_SECOND);
    assert_int_equal(r[0].updates, 1); // the watch, too
    assert_int_equal(r[1].updates, 2);
    cluster_close(&c);
}

static void a_node_sees_what_is_its_own(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder pods, nodes;
    cluster_open(&c, &(struct cluster_options){0});
    mock_apply(c.mock, "nodes", "{\"metadata\":{\"name\":\"edge-1\"}}");
    mock_apply(c.mock, "nodes", "{\"metadata\":{\"name\":\"edge-2\"}}");
    mock_apply(
        c.mock, "pods",
        "{\"metadata\":{\"namespace\":\"a\",\"name\":\"p\"},\"spec\":{\"nodeName\":\"edge-1\"}}");
    mock_apply(
        c.mock, "pods",
        "{\"metadata\":{\"namespace\":\"a\",\"name\":\"q\"},\"spec\":{\"nodeName\":\"edge-2\"}}");
    char node[] = "edge-1";
    struct kedge_informer *p = kedge_factory_informer_on_node(c.factory, &kedge_kind_pod, node);
    struct kedge_informer *n = kedge_factory_informer_on_node(c.factory, &kedge_kind_node, node);
    assert_ptr_equal(kedge_factory_informer_on_node(c.factory, &kedge_kind_pod, node), p);
    assert_ptr_not_equal(kedge_factory_informer_on_node(c.factory, &kedge_kind_pod, "edge-2"), p);
    memset(node, '-', sizeof node - 1); // it was copied
    recorder_init(&pods);
    recorder_init(&nodes);
    assert_int_equal(kedge_informer_add_handler(p, &pods.handler), KEDGE_OK);
    assert_int_equal(kedge_informer_add_handler(n, &nodes.handler), KEDGE_OK);
    cluster_start(&c);
    cluster_run(&c, KEDGE_SECOND);
    assert_int_equal(pods.adds, 1);
    assert_string_equal(pods.objects[0].key, "a/p");
    assert_int_equal(nodes.adds, 1);
    assert_string_equal(nodes.objects[0].key, "/edge-1");
    recorder_free(&pods);
    recorder_free(&nodes);
    cluster_close(&c);
}

static void a_nodes_name_is_escaped_and_asked_of_the_environment(void **state)
{
    (void)state;
    struct cluster c;
    char long_name[256];
    cluster_open(&c, &(struct cluster_options){0});
    struct kedge_informer *inf =
        kedge_factory_informer_on_node(c.factory, &kedge_kind_pod, "a,b=c\\d");
    assert_non_null(inf);
    assert_string_equal(inf->options.field_selector, "spec.nodeName=a\\,b\\=c\\\\d");
    assert_null(kedge_factory_informer_on_node(NULL, &kedge_kind_pod, "a"));
    assert_null(kedge_factory_informer_on_node(c.factory, NULL, "a"));
    assert_int_equal(kedge_error(c.k), KEDGE_OK);
    assert_null(kedge_factory_informer_on_node(c.factory, &kedge_kind_pod, NULL));
    assert_int_equal(kedge_error(c.k), KEDGE_ERR_CONFIG);
    assert_non_null(strstr(kedge_error_text(c.k), "NODE_NAME"));
    cluster_close(&c);

    memset(long_name, 'n', sizeof long_name - 1);
    long_name[255] = '\0';
    cluster_open(&c, &(struct cluster_options){0});
    assert_non_null(kedge_factory_informer_on_node(c.factory, &kedge_kind_pod, long_name + 2));
    assert_null(kedge_factory_informer_on_node(c.factory, &kedge_kind_pod, long_name + 1));
    assert_int_equal(kedge_error(c.k), KEDGE_ERR_ARGUMENT);
    cluster_close(&c);
}

// Pods by name only: another group's.
#define KEDGE_ROWS_podmetrics(FIELD, LIST, ENUM, K) FIELD(K, TEXT, window, "window")
KEDGE_DECLARE_KIND(podmetrics)
KEDGE_DEFINE_KIND(podmetrics, "metrics.k8s.io", "v1beta1", "pods", "PodMetrics", KEDGE_NAMESPACED)

static void only_pods_of_the_core_are_on_a_node(void **state)
{
    (void)state;
    struct cluster c;
    cluster_open(&c, &(struct cluster_options){0});
    struct kedge_informer *inf =
        kedge_factory_informer_on_node(c.factory, &kedge_kind_podmetrics, "edge-1");
    assert_string_equal(inf->options.field_selector, "metadata.name=edge-1");
    cluster_close(&c);
}

static void after_the_start_a_node_that_is_not_named_is_an_answer(void **state)
{
    (void)state;
    struct cluster c;
    char long_name[256];
    memset(long_name, 'n', sizeof long_name - 1);
    long_name[255] = '\0';
    open_with(&c, &(struct kedge_factory_options){.heap = 64 * 1024});
    cluster_informer(&c, &kedge_kind_deployment, NULL, NULL);
    cluster_start(&c);
    size_t used = c.k->used;
    const char *const wrong[] = {NULL, "", long_name};
    for (size_t i = 0; i < 3; i++) {
        assert_null(kedge_factory_informer_on_node(c.factory, &kedge_kind_pod, wrong[i]));
        assert_non_null(strstr(kedge_error_text(c.k), " node"));
        assert_int_equal(kedge_error(c.k), KEDGE_OK);
    }
    assert_int_equal(c.k->used, used);
    struct kedge_informer *late =
        kedge_factory_informer_on_node(c.factory, &kedge_kind_pod, "edge-1");
    assert_non_null(late);
    // No room, not even for the selector.
    assert_non_null(kedge__take(c.k, "eaten", c.k->size - c.k->used - 20, 1, 1));
    assert_null(kedge_factory_informer_on_node(c.factory, &kedge_kind_pod, "edge-2"));
    assert_int_equal(kedge_error(c.k), KEDGE_OK);
    assert_ptr_equal(kedge_factory_informer_on_node(c.factory, &kedge_kind_pod, "edge-1"), late);
    cluster_close(&c);
}

static void a_node_that_finds_no_room_is_a_failure_of_the_start_up(void **state)
{
    (void)state;
    struct cluster c;
    cluster_open(&c, &(struct cluster_options){0});
    assert_non_null(kedge__take(c.k, "eaten", c.k->size - c.k->used - 20, 1, 1));
    assert_null(kedge_factory_informer_on_node(c.factory, &kedge_kind_pod, "edge-1"));
    assert_int_equal(kedge_error(c.k), KEDGE_ERR_MEMORY);
    // The first failure counts: nothing is made after it, nothing is waited for.
    assert_null(kedge_factory_informer_on_node(c.factory, &kedge_kind_pod, "edge-1"));
    assert_int_equal(kedge_wait_for_cache_sync(c.k, NULL, 0, 0), KEDGE_ERR_MEMORY);
    assert_int_equal(kedge_factory_wait_for_cache_sync(c.factory, 0), KEDGE_ERR_MEMORY);
    cluster_close(&c);
}

static void one_informer_after_a_failure_does_not_start(void **state)
{
    (void)state;
    struct cluster c;
    struct kedge_informer_options o = {.text_max = 1};
    cluster_open(&c, &(struct cluster_options){0});
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_pod, NULL, NULL);
    assert_null(kedge_factory_informer_with(c.factory, &kedge_kind_node, &o));
    assert_int_equal(kedge_informer_start(inf), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_informer_start(NULL), KEDGE_ERR_ARGUMENT);
    cluster_close(&c);
}

static void a_wrong_label_selector_is_refused_at_once(void **state)
{
    (void)state;
    struct cluster c;
    struct kedge_informer_options o = {.label_selector = "app in a"};
    cluster_open(&c, &(struct cluster_options){0});
    assert_null(kedge_factory_informer_with(c.factory, &kedge_kind_pod, &o));
    assert_int_equal(kedge_error(c.k), KEDGE_ERR_ARGUMENT);
    assert_non_null(strstr(kedge_error_text(c.k), "label_selector is wrong at byte 7"));
    cluster_close(&c);
}

static void a_wait_names_those_that_are_not_synced(void **state)
{
    (void)state;
    struct cluster c, other;
    struct kedge_informer_options in = {.namespace_ = "zone"};
    cluster_open(&c, &(struct cluster_options){.memory = 512 * 1024});
    cluster_open(&other, &(struct cluster_options){0});
    struct kedge_informer *list[] = {
        kedge_factory_informer_with(c.factory, &kedge_kind_pod, &in),
        kedge_factory_informer(c.factory, &kedge_kind_secret),
        kedge_factory_informer(c.factory, &kedge_kind_node),
        kedge_factory_informer(c.factory, &kedge_kind_pod),
    };
    struct kedge_informer *foreign = kedge_factory_informer(other.factory, &kedge_kind_pod);
    assert_int_equal(kedge_wait_for_cache_sync(c.k, list, 4, 0), KEDGE_ERR_STATE);
    c.port.fake.cruelty.refuse = true;
    cluster_start(&c);
    assert_int_equal(kedge_wait_for_cache_sync(c.k, list, 4, KEDGE_SECOND), KEDGE_ERR_TIMEOUT);
    assert_non_null(
        strstr(kedge_error_text(c.k),
               "the caches of nodes, pods, pods in zone, secrets did not sync in time"));
    assert_int_equal(kedge_wait_for_cache_sync(c.k, list + 1, 1, 0), KEDGE_ERR_TIMEOUT);
    assert_non_null(strstr(kedge_error_text(c.k), "the cache of secrets did not sync in time"));
    assert_int_equal(kedge_wait_for_cache_sync(c.k, NULL, 0, 0), KEDGE_OK);
    assert_int_equal(kedge_wait_for_cache_sync(c.k, NULL, 1, 0), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_wait_for_cache_sync(NULL, list, 1, 0), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_wait_for_cache_sync(c.k, &foreign, 1, 0), KEDGE_ERR_ARGUMENT);
    struct kedge_informer *nobody = NULL;
    assert_int_equal(kedge_wait_for_cache_sync(c.k, &nobody, 1, 0), KEDGE_ERR_ARGUMENT);
    c.port.fake.cruelty.refuse = false;
    assert_int_equal(kedge_wait_for_cache_sync(c.k, list, 4, SETTLE), KEDGE_OK);
    kedge_stop(c.k); // what has synced has synced
    assert_int_equal(kedge_wait_for_cache_sync(c.k, list, 4, SETTLE), KEDGE_OK);
    cluster_close(&other);
    cluster_close(&c);
}

static void a_wait_names_equal_ones_each_and_knows_the_stopped(void **state)
{
    (void)state;
    struct cluster c;
    struct kedge_informer_options a = {.label_selector = "a"}, b = {.label_selector = "b"};
    cluster_open(&c, &(struct cluster_options){.memory = 512 * 1024});
    struct kedge_informer *list[] = {
        kedge_factory_informer_with(c.factory, &kedge_kind_pod, &a),
        kedge_factory_informer_with(c.factory, &kedge_kind_pod, &b),
        kedge_factory_informer(c.factory, &kedge_kind_pod),
        kedge_factory_informer(c.factory, &kedge_kind_node),
    };
    kedge_informer_stop(list[3]);
    c.port.fake.cruelty.refuse = true;
    cluster_start(&c);
    assert_int_equal(kedge_wait_for_cache_sync(c.k, list, 3, 0), KEDGE_ERR_TIMEOUT);
    assert_non_null(strstr(kedge_error_text(c.k), "the caches of pods, pods, pods did not sync"));
    assert_int_equal(kedge_wait_for_cache_sync(c.k, list + 3, 1, 0), KEDGE_ERR_STOPPED);
    assert_non_null(strstr(kedge_error_text(c.k), "the cache of nodes was stopped"));
    // One that was stopped before it ran is waited for with its factory's others.
    assert_int_equal(kedge_factory_wait_for_cache_sync(c.factory, 0), KEDGE_ERR_STOPPED);
    cluster_close(&c);
}

static bool never(void *ctx)
{
    (void)ctx;
    return false;
}

static void a_shutdown_gives_everything_back(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct kedge_handler held = {.ready = never};
    struct kedge_informer *inf = cluster_of_deployments(&c, 30, 1, NULL, &r);
    cluster_start_and_settle(&c, inf, SETTLE);
    assert_int_equal(kedge_informer_add_handler(inf, &held), KEDGE_OK);
    for (int i = 0; i < 60; i++)
        mock_churn(c.mock);
    cluster_run(&c, KEDGE_SECOND);
    assert_true(kedge__delivery_busy(inf));
    kedge_factory_shutdown(c.factory);
    assert_int_equal(c.port.fake.open_streams, 0);
    assert_false(kedge__delivery_busy(inf));
    assert_null(c.k->tasks);
    assert_null(held.informer);
    assert_null(r.handler.informer);
    size_t cached = kedge_lister_count(inf);
    assert_true(cached > 0); // it stays readable
    assert_int_equal(c.factory->heap.accounts[0]->count, cached);
    assert_int_equal(kedge_interests(c.k, NULL, 0), 0);

    kedge_factory_shutdown(c.factory);
    assert_int_equal(kedge_factory_start(c.factory), KEDGE_ERR_STOPPED);
    assert_null(kedge_factory_informer(c.factory, &kedge_kind_pod));
    assert_non_null(strstr(kedge_error_text(c.k), "after kedge_factory_shutdown"));
    assert_int_equal(kedge_error(c.k), KEDGE_OK);
    // The handler is free for another factory.
    struct kedge_factory *next =
        kedge_factory_new_with(c.client, &(struct kedge_factory_options){.heap = 16 * 1024});
    if (next != NULL)
        kedge_factory_shutdown(next); // before its start, too
    cluster_close(&c);
}

static void a_shutdown_before_the_start_ends_it(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){0});
    cluster_informer(&c, &kedge_kind_deployment, NULL, &r);
    kedge_factory_shutdown(NULL);
    kedge_factory_shutdown(c.factory);
    assert_int_equal(kedge_factory_start(c.factory), KEDGE_ERR_STOPPED);
    assert_null(kedge_factory_informer(c.factory, &kedge_kind_pod));
    assert_int_equal(kedge_error(c.k), KEDGE_OK);
    cluster_run(&c, KEDGE_MINUTE);
    assert_int_equal(c.port.fake.opens, 0);
    cluster_close(&c);
}

static void nothing_comes_of_nothing(void **state)
{
    (void)state;
    const struct kedge_informer_options options = {.page = 7};
    const struct kedge_factory_options small = {.object_max = 511};
    struct cluster c;
    cluster_open(&c, &(struct cluster_options){0});
    assert_null(kedge_factory_new_with(NULL, &small));
    assert_null(kedge_factory_informer(NULL, &kedge_kind_pod));
    assert_null(kedge_factory_informer_with(NULL, &kedge_kind_pod, &options));
    assert_null(kedge_factory_informer_with(NULL, &kedge_kind_pod, NULL));
    assert_null(kedge_factory_informer_with(c.factory, NULL, &options));
    assert_int_equal(kedge_error(c.k), KEDGE_OK);
    assert_null(kedge_factory_new_with(c.client, &small));
    assert_int_equal(kedge_error(c.k), KEDGE_ERR_ARGUMENT);
    assert_string_equal(kedge_error_text(c.k), "object_max is less than 512");
    cluster_close(&c);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(started_again_only_the_new_ones_start),
        cmocka_unit_test(many_late_informers_share_the_heap_until_there_is_no_arena),
        cmocka_unit_test(a_factorys_scope_is_that_of_its_informers),
        cmocka_unit_test(a_node_sees_what_is_its_own),
        cmocka_unit_test(a_nodes_name_is_escaped_and_asked_of_the_environment),
        cmocka_unit_test(only_pods_of_the_core_are_on_a_node),
        cmocka_unit_test(after_the_start_a_node_that_is_not_named_is_an_answer),
        cmocka_unit_test(a_node_that_finds_no_room_is_a_failure_of_the_start_up),
        cmocka_unit_test(one_informer_after_a_failure_does_not_start),
        cmocka_unit_test(a_wait_names_equal_ones_each_and_knows_the_stopped),
        cmocka_unit_test(a_wrong_label_selector_is_refused_at_once),
        cmocka_unit_test(a_wait_names_those_that_are_not_synced),
        cmocka_unit_test(a_shutdown_gives_everything_back),
        cmocka_unit_test(a_shutdown_before_the_start_ends_it),
        cmocka_unit_test(nothing_comes_of_nothing),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
