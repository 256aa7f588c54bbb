// SPDX-License-Identifier: Apache-2.0
// Listers and indices over the mock API server: what they give is what a naive walk gives, while
// lists, watches, full heaps and late indices change it.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "cache/informer_priv.h"
#include "cluster.h"

#define SETTLE (10 * KEDGE_MINUTE)

static size_t count_of(struct kedge_iter it)
{
    size_t n = 0;
    while (kedge_iter_next(&it) != NULL)
        n++;
    return n;
}

static const char *pod(const char *namespace_, const char *name, const char *node, int n)
{
    static char text[512];
    snprintf(text, sizeof text,
             "{\"metadata\":{\"namespace\":\"%s\",\"name\":\"%s\",\"labels\":{\"app\":\"a-%d\"},"
             "\"ownerReferences\":[{\"uid\":\"u-%d\",\"kind\":\"ReplicaSet\",\"name\":\"r\"},"
             "{\"uid\":\"u-x\",\"kind\":\"ReplicaSet\",\"name\":\"x\"}]},"
             "\"spec\":{\"nodeName\":\"%s\"}}",
             namespace_, name, n % 3, n % 7, node);
    return text;
}

static void by_node(const void *ctx, const struct kedge_object *o, struct kedge_index_values *out)
{
    (void)ctx;
    kedge_index_value(out, kedge_text_str(&kedge_as_pod(o)->spec_node_name));
}

// ---------------------------------------------------------------- get

static void a_missing_object_is_named(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r[2];
    struct kedge_status s;
    const struct kedge_object *o;
    cluster_open(&c, &(struct cluster_options){0});
    mock_apply(c.mock, "deployments", deployment("default", "web", 1, NULL));
    mock_apply(c.mock, "pods", pod("default", "web-1", "edge-1", 0));
    struct kedge_informer *d = cluster_informer(&c, &kedge_kind_deployment, NULL, &r[0]);
    struct kedge_informer *p = cluster_informer(&c, &kedge_kind_pod, NULL, &r[1]);
    assert_int_equal(kedge_lister_get_status(p, "default", "web", &o, &s), KEDGE_ERR_STALE);
    cluster_start(&c);
    assert_int_equal(kedge_lister_get_status(d, "default", "web", &o, &s), KEDGE_ERR_STALE);
    assert_int_equal(s.code, 0);
    assert_string_equal(
        s.message,
        "deployments.apps \"web\" is not in the cache, which is not whole: ask the server");
    assert_false(kedge_status_is_not_found(&s));
    assert_true(cluster_settle(&c, d, SETTLE) && cluster_settle(&c, p, SETTLE));

    assert_int_equal(kedge_lister_get_status(d, "default", "web", &o, &s), KEDGE_OK);
    assert_string_equal(kedge_name(o), "web");
    assert_int_equal(kedge_lister_get_status(d, "other", "web", &o, &s), KEDGE_ERR_NOT_FOUND);
    assert_null(o);
    assert_string_equal(s.message, "deployments.apps \"web\" not found");
    assert_int_equal(s.code, 404);
    assert_true(kedge_status_is_not_found(&s));
    assert_string_equal(s.group, "apps");
    assert_string_equal(s.kind, "deployments");
    assert_string_equal(s.name, "web");
    assert_int_equal(kedge_lister_get_status(p, "default", "web", &o, &s), KEDGE_ERR_NOT_FOUND);
    assert_string_equal(s.message, "pods \"web\" not found");
    assert_string_equal(s.reason, "NotFound");
    assert_string_equal(s.group, "");
    assert_int_equal(kedge_lister_get_status(p, "default", "web", &o, NULL), KEDGE_ERR_NOT_FOUND);
    assert_int_equal(kedge_lister_get_status(NULL, "default", "web", &o, &s), KEDGE_ERR_ARGUMENT);
    assert_int_equal(s.code, 500);
    cluster_close(&c);
}

static void objects_are_had_by_key(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r[2];
    const struct kedge_object *o;
    cluster_open(&c, &(struct cluster_options){0});
    mock_apply(c.mock, "deployments", deployment("default", "web", 1, NULL));
    mock_apply(c.mock, "nodes", "{\"metadata\":{\"name\":\"edge-1\"}}");
    struct kedge_informer *d = cluster_informer(&c, &kedge_kind_deployment, NULL, &r[0]);
    struct kedge_informer *n = cluster_informer(&c, &kedge_kind_node, NULL, &r[1]);
    assert_int_equal(kedge_lister_get_by_key(d, "default/web", &o), KEDGE_ERR_STALE);
    cluster_start(&c);
    assert_true(cluster_settle(&c, d, SETTLE) && cluster_settle(&c, n, SETTLE));
    assert_int_equal(kedge_lister_get_by_key(d, "default/web", &o), KEDGE_OK);
    assert_string_equal(kedge_name(o), "web");
    assert_int_equal(kedge_lister_get_by_key(n, "edge-1", &o), KEDGE_OK);
    assert_string_equal(kedge_name(o), "edge-1");
    assert_int_equal(kedge_lister_get_by_key(d, "web", &o), KEDGE_ERR_NOT_FOUND);
    assert_null(o);
    assert_int_equal(kedge_lister_get_by_key(d, "default/web/x", &o), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_lister_get_by_key(d, NULL, &o), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_lister_get_by_key(NULL, "default/web", &o), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_lister_get_by_key(d, "default/web", NULL), KEDGE_ERR_ARGUMENT);
    cluster_close(&c);
}

// ---------------------------------------------------------------- list

// The same with the namespace index and without: by namespace, selector, both; nothing; all.
static void lists_are_the_same_with_the_namespace_index(void **state)
{
    (void)state;
    for (int with = 0; with < 2; with++) {
        struct cluster c;
        struct recorder r;
        struct kedge_index space = {.name = KEDGE_NAMESPACE_INDEX, .values = kedge_index_namespace};
        struct kedge_selector app;
        char name[16];
        cluster_open(&c, &(struct cluster_options){0});
        for (int i = 0; i < 30; i++) {
            snprintf(name, sizeof name, "p-%d", i);
            mock_apply(c.mock, "pods", pod(i % 5 == 0 ? "a" : "ab", name, "edge-1", i));
        }
        struct kedge_informer *p = cluster_informer(&c, &kedge_kind_pod, NULL, &r);
        if (with)
            assert_int_equal(kedge_informer_add_index(p, &space), KEDGE_OK);
        cluster_start(&c);
        assert_int_equal(count_of(kedge_lister_list(p, "a", KEDGE_EVERYTHING)), 0);
        assert_true(cluster_settle(&c, p, SETTLE));
        assert_int_equal(kedge_selector_parse(&app, "app=a-0"), KEDGE_OK);
        assert_int_equal(count_of(kedge_lister_list(p, "", KEDGE_EVERYTHING)), 30);
        assert_int_equal(count_of(kedge_lister_list(p, NULL, &app)), 10);
        assert_int_equal(count_of(kedge_lister_list(p, "a", KEDGE_EVERYTHING)), 6);
        assert_int_equal(count_of(kedge_lister_list(p, "a", &app)), 2);
        assert_int_equal(count_of(kedge_lister_list(p, "b", KEDGE_EVERYTHING)), 0);
        assert_int_equal(count_of(kedge_lister_list(p, "", KEDGE_NOTHING)), 0);
        assert_int_equal(count_of(kedge_lister_list(p, "a", KEDGE_NOTHING)), 0);
        assert_int_equal(p->account.nodes, with ? 30 : 0);

        char key[KEDGE_KEY_MAX] = "";
        struct kedge_iter it = kedge_lister_list(p, "a", KEDGE_EVERYTHING);
        static const char *const keys[] = {"a/p-0",  "a/p-10", "a/p-15",
                                           "a/p-20", "a/p-25", "a/p-5"};
        for (int i = 0; i < 6; i++) {
            assert_true(kedge_iter_next_key(&it, key));
            assert_string_equal(key, keys[i]);
        }
        assert_false(kedge_iter_next_key(&it, key));
        cluster_close(&c);
    }
}

// ---------------------------------------------------------------- indices as things change

struct indices {
    struct kedge_index node, space, app, owner;
};

static void add_indices(struct kedge_informer *inf, struct indices *x)
{
    *x = (struct indices){
        .node = {.name = "node", .values = by_node},
        .space = {.name = KEDGE_NAMESPACE_INDEX, .values = kedge_index_namespace},
        .app = {.name = "app", .values = kedge_index_label, .ctx = "app"},
        .owner = {.name = "owner", .values = kedge_index_owner},
    };
    assert_int_equal(kedge_informer_add_index(inf, &x->node), KEDGE_OK);
    assert_int_equal(kedge_informer_add_index(inf, &x->space), KEDGE_OK);
    assert_int_equal(kedge_informer_add_index(inf, &x->app), KEDGE_OK);
    assert_int_equal(kedge_informer_add_index(inf, &x->owner), KEDGE_OK);
}

// Each pod has a node, a namespace, an app and two owners.
static void assert_indices(const struct kedge_informer *inf)
{
    static const char *const names[] = {"node", "namespace", "app", "owner"};
    static const size_t each[] = {1, 1, 1, 2};
    size_t pods = kedge_lister_count(inf), seen = 0;
    for (size_t i = 0; i < 4; i++) {
        struct kedge_value_iter it = kedge_lister_index_values(inf, names[i]);
        char value[64];
        size_t sum = 0;
        while (kedge_value_next(&it, value, sizeof value, NULL)) {
            size_t n = count_of(kedge_lister_by_index(inf, names[i], value));
            assert_true(n > 0);
            sum += n;
        }
        assert_int_equal(sum, each[i] * pods);
    }
    struct kedge_iter all = kedge_lister_list(inf, "", KEDGE_EVERYTHING);
    for (const struct kedge_object *o; (o = kedge_iter_next(&all)) != NULL; seen++) {
        struct kedge_iter it =
            kedge_lister_by_index(inf, "node", kedge_text(&kedge_as_pod(o)->spec_node_name));
        const struct kedge_object *other = kedge_iter_next(&it);
        while (other != NULL && other != o)
            other = kedge_iter_next(&it);
        assert_ptr_equal(other, o);
    }
    assert_int_equal(seen, pods);
    assert_int_equal(count_of(kedge_lister_by_index(inf, "owner", "u-x")), pods);
}

static void change(struct cluster *c, struct kedge__random *r)
{
    char name[16], node[16];
    int i = (int)kedge__random_below(r, 60);
    snprintf(name, sizeof name, "p-%d", i);
    snprintf(node, sizeof node, "edge-%d", (int)kedge__random_below(r, 4));
    const char *space = i % 2 == 0 ? "a" : "b";
    if (kedge__random_below(r, 4) == 0)
        mock_delete(c->mock, "pods", space, name);
    else
        mock_apply(c->mock, "pods", pod(space, name, node, (int)kedge__random_below(r, 21)));
}

static void indices_follow_the_cache(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct indices x;
    struct kedge__random random;
    kedge__random_init(&random, 3);
    cluster_open(&c, &(struct cluster_options){0});
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_pod, NULL, &r);
    add_indices(inf, &x);
    cluster_start(&c);
    for (int i = 0; i < 3000; i++) {
        change(&c, &random);
        r.busy = i % 200 > 150;
        if (i % 500 == 499)
            mock_compact(c.mock); // and with the watch that breaks, a relist
        cluster_run(&c, 10);
        if (i % 50 == 0)
            assert_indices(inf);
    }
    r.busy = false;
    assert_true(cluster_settle(&c, inf, SETTLE));
    assert_indices(inf);
    assert_int_equal(inf->account.nodes, 5 * kedge_lister_count(inf));
    cluster_assert_equal(&c, inf, &r);
    cluster_close(&c);
}

// What waits in the queue is in the new index as soon as it is applied.
static void an_index_may_come_late(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct indices x;
    struct kedge__random random;
    kedge__random_init(&random, 4);
    cluster_open(&c, &(struct cluster_options){0});
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_pod, NULL, &r);
    cluster_start(&c);
    for (int i = 0; i < 200; i++) {
        change(&c, &random);
        cluster_run(&c, 10);
    }
    r.busy = true;
    for (int i = 0; i < 20; i++)
        change(&c, &random);
    cluster_run(&c, KEDGE_SECOND);
    assert_true(inf->fifo.count > 0);
    add_indices(inf, &x);
    assert_indices(inf);
    r.busy = false;
    assert_true(cluster_settle(&c, inf, SETTLE));
    assert_indices(inf);
    assert_int_equal(inf->account.nodes, 5 * kedge_lister_count(inf));
    kedge_informer_stop(inf);
    struct kedge_index more = {.name = "more", .values = by_node};
    assert_int_equal(kedge_informer_add_index(inf, &more), KEDGE_ERR_STATE);
    assert_indices(inf); // a stopped informer's cache is still read
    cluster_close(&c);
}

struct adder {
    struct kedge_handler handler;
    struct kedge_informer *inf;
    struct kedge_index index;
    size_t seen;
};

// In a handler, the object it is told of is in the cache, and so in the index.
static void add_index_at_the_tenth(void *ctx, const struct kedge_object *o, bool initial)
{
    struct adder *a = ctx;
    (void)initial;
    if (++a->seen == 10)
        assert_int_equal(kedge_informer_add_index(a->inf, &a->index), KEDGE_OK);
    if (a->seen < 10)
        return;
    struct kedge_iter it = kedge_lister_index_of(a->inf, "node", o);
    const struct kedge_object *other = kedge_iter_next(&it);
    while (other != NULL && other != o)
        other = kedge_iter_next(&it);
    assert_ptr_equal(other, o);
}

static void an_index_may_be_added_in_a_handler(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    char name[16];
    cluster_open(&c, &(struct cluster_options){0});
    for (int i = 0; i < 30; i++) {
        snprintf(name, sizeof name, "p-%d", i);
        mock_apply(c.mock, "pods", pod("a", name, i % 2 ? "edge-1" : "edge-2", i));
    }
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_pod, NULL, &r);
    struct adder a = {.handler = {.on_add = add_index_at_the_tenth, .ctx = &a},
                      .inf = inf,
                      .index = {.name = "node", .values = by_node}};
    assert_int_equal(kedge_informer_add_handler(inf, &a.handler), KEDGE_OK);
    cluster_start_and_settle(&c, inf, SETTLE);
    assert_int_equal(a.seen, 30);
    assert_int_equal(count_of(kedge_lister_by_index(inf, "node", "edge-1")), 15);
    assert_int_equal(inf->account.nodes, 30);
    cluster_close(&c);
}

// ---------------------------------------------------------------- memory

// A heap too small for all objects and their nodes: STALE, and what is served is indexed.
static void a_heap_too_small_for_the_nodes_is_stale(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct indices x;
    char name[16];
    cluster_open(&c, &(struct cluster_options){.object_max = 1024});
    struct kedge_informer_options o = {.maximum = 16384};
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_pod, &o, &r);
    add_indices(inf, &x);
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof name, "p-%d", i);
        mock_apply(c.mock, "pods", pod("a", name, "edge-1", i));
    }
    cluster_start(&c);
    cluster_run(&c, KEDGE_MINUTE);
    assert_int_equal(cluster_phase(inf), KEDGE_STALE);
    assert_true(inf->bytes_short > 0);
    assert_true(inf->account.used <= 16384);
    assert_in_range(kedge_lister_count(inf), 10, 59);
    assert_indices(inf);
    assert_int_equal(inf->account.nodes, 5 * kedge_lister_count(inf));
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "p-%d", i);
        mock_delete(c.mock, "pods", "a", name);
    }
    assert_true(cluster_settle(&c, inf, 2 * 60 * KEDGE_MINUTE));
    assert_int_equal(kedge_lister_count(inf), 20);
    assert_indices(inf);
    cluster_assert_equal(&c, inf, &r);
    cluster_close(&c);
}

// Much lies above the holes, and each informer would like it moved.
static void move_at_once(struct cluster *c)
{
    struct kedge__heap *h = &c->factory->heap;
    char name[16];
    for (int i = 0; i < 160; i += 4) {
        snprintf(name, sizeof name, "o-%d", i);
        mock_delete(c->mock, "configmaps", "a", name);
        mock_delete(c->mock, "secrets", "a", name);
    }
    cluster_run(c, KEDGE_SECOND);
    assert_true(h->live > 3 * 65536);
    h->in_pieces = true;
    uint64_t before = h->bytes_moved;
    assert_int_equal(kedge_poll(c->k, 0), KEDGE_OK);
    assert_in_range(h->bytes_moved - before, 65536, 65536 + 4096 + 8);
    for (int i = 0; i < 100 && h->in_pieces; i++)
        assert_int_equal(kedge_poll(c->k, 0), KEDGE_OK);
    assert_false(h->in_pieces);
    assert_int_equal(h->hole, h->top);
}

// Two informers at one heap that is nearly full: each poll moves no more than 64 KiB and a record.
static void a_poll_moves_a_bounded_number_of_bytes(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r[3];
    struct kedge__random random;
    char text[4096], value[3000];
    uint64_t most = 0;
    size_t live = 0;
    kedge__random_init(&random, 5);
    memset(value, 'x', sizeof value);
    cluster_open(&c, &(struct cluster_options){.memory = 640 * 1024});
    struct kedge_informer *inf[2];
    inf[0] = cluster_informer(&c, &kedge_kind_configmap, NULL, &r[0]);
    inf[1] = cluster_informer(&c, &kedge_kind_secret, NULL, &r[1]);
    cluster_start(&c);
    for (int i = 0; i < 6000; i++) {
        const char *kind = kedge__random_below(&random, 2) == 0 ? "configmaps" : "secrets";
        snprintf(text, sizeof text,
                 "{\"metadata\":{\"namespace\":\"a\",\"name\":\"o-%d\"},\"data\":{\"k\":\"%.*s\"}}",
                 (int)kedge__random_below(&random, 160), 4 * (int)kedge__random_below(&random, 700),
                 value);
        if (kedge__heap_free(&c.factory->heap) > 16384)
            mock_apply(c.mock, kind, text);
        else
            for (int n = 0; n < 3; n++) {
                char name[16];
                snprintf(name, sizeof name, "o-%d", (int)kedge__random_below(&random, 160));
                mock_delete(c.mock, kind, "a", name);
            }
        for (int n = 0; n < 3; n++) {
            uint64_t before = c.factory->heap.bytes_moved;
            assert_int_equal(kedge_poll(c.k, 1), KEDGE_OK);
            uint64_t moved = c.factory->heap.bytes_moved - before;
            most = moved > most ? moved : most;
        }
        live = c.factory->heap.live > live ? c.factory->heap.live : live;
    }
    assert_true(live > (size_t)256 * 1024); // there was much to move
    assert_true(most > 0);
    assert_true(most <= 65536 + 4096 + 8);
    assert_true(cluster_settle(&c, inf[0], SETTLE) && cluster_settle(&c, inf[1], SETTLE));
    move_at_once(&c);
    cluster_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_missing_object_is_named),
        cmocka_unit_test(objects_are_had_by_key),
        cmocka_unit_test(lists_are_the_same_with_the_namespace_index),
        cmocka_unit_test(indices_follow_the_cache),
        cmocka_unit_test(an_index_may_come_late),
        cmocka_unit_test(an_index_may_be_added_in_a_handler),
        cmocka_unit_test(a_heap_too_small_for_the_nodes_is_stale),
        cmocka_unit_test(a_poll_moves_a_bounded_number_of_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
