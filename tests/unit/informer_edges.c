// SPDX-License-Identifier: Apache-2.0
// The informer at its edges: odd orders of calls, limits of the heap, servers that refuse for ever.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cache/informer_priv.h"
#include "cluster.h"
#include "traces.h"

#define SETTLE (10 * KEDGE_MINUTE)

// Fills the heap until the informer is STALE.
static struct kedge_informer *stale_with(struct cluster *c, const struct kedge_informer_options *o,
                                         struct recorder *r)
{
    cluster_open(c, &(struct cluster_options){.memory = 80 * 1024, .object_max = 1024});
    struct kedge_informer *inf = cluster_informer(c, &kedge_kind_deployment, o, r);
    mock_fill(c->mock, 300, 2);
    cluster_start(c);
    while (cluster_phase(inf) != KEDGE_STALE)
        assert_int_equal(kedge_poll(c->k, 1000), KEDGE_OK);
    return inf;
}

static struct kedge_informer *stale_cluster(struct cluster *c, struct recorder *r)
{
    return stale_with(c, NULL, r);
}

static void failures_in_stale_are_followed_by_pauses_too(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct kedge_informer *inf = stale_cluster(&c, &r);
    while (mock_count(c.mock, "deployments") > 10) {
        struct mock_item item;
        char namespace_[64];
        char name[254];
        assert_true(mock_at(c.mock, "deployments", 0, &item));
        snprintf(namespace_, sizeof namespace_, "%s", item.namespace);
        snprintf(name, sizeof name, "%s", item.name);
        mock_delete(c.mock, "deployments", namespace_, name);
    }
    cluster_run(&c, KEDGE_SECOND); // there may be room by now
    c.port.fake.cruelty.refuse = true;
    uint64_t lists = cluster_state(inf).lists;
    cluster_run(&c, 10 * KEDGE_MINUTE);
    assert_in_range(cluster_state(inf).lists - lists, 0, 60);
    assert_int_equal(cluster_state(inf).reason,
                     cluster_state(inf).phase == KEDGE_STALE ? KEDGE_ERR_FULL : KEDGE_ERR_CONNECT);
    c.port.fake.cruelty.refuse = false;
    assert_true(cluster_settle(&c, inf, 3 * KEDGE_HOUR));
    cluster_assert_equal(&c, inf, &r);
    cluster_close(&c);
}

static void stale_says_what_lacks_whatever_else_fails(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct kedge_informer *inf = stale_cluster(&c, &r);
    c.port.fake.cruelty.refuse = true;
    cluster_run(&c, 5 * KEDGE_MINUTE);
    assert_int_equal(cluster_state(inf).phase, KEDGE_STALE);
    assert_non_null(strstr(cluster_state(inf).text, "the heap lacks"));
    cluster_close(&c);
}

static void a_refusal_that_stalls_is_left(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct kedge_informer *inf = cluster_of_deployments(&c, 5, 1, &cluster_lists, &r);
    // The watch is refused, and the refusal never ends.
    mock_inject(c.mock, &(struct mock_fault){
                            .kind = MOCK_FAULT_STATUS, .on = MOCK_ON_WATCH, .status = 500});
    mock_inject(c.mock,
                &(struct mock_fault){.kind = MOCK_FAULT_STALL, .on = MOCK_ON_WATCH, .bytes = 250});
    cluster_start(&c);
    cluster_run(&c, 5 * KEDGE_MINUTE);
    mock_apply(c.mock, "deployments", deployment("default", "later", 1, NULL));
    assert_true(cluster_settle(&c, inf, KEDGE_HOUR));
    cluster_close(&c);
}

static void a_watch_that_is_wrong_for_ever_is_followed_by_a_list(void **state)
{
    (void)state;
    static const struct {
        int code;
        uint64_t lists;
    } cases[] = {{400, 2}, {422, 2}, {503, 1}};
    for (size_t i = 0; i < 3; i++) {
        struct cluster c;
        struct recorder r;
        cluster_open(&c, &(struct cluster_options){0});
        mock_fill(c.mock, 5, 1);
        struct kedge_informer *inf =
            cluster_informer(&c, &kedge_kind_deployment, &cluster_lists, &r);
        mock_inject(c.mock, &(struct mock_fault){.kind = MOCK_FAULT_STATUS,
                                                 .on = MOCK_ON_WATCH,
                                                 .status = cases[i].code,
                                                 .count = 3});
        cluster_start_and_settle(&c, inf, SETTLE);
        cluster_run(&c, KEDGE_MINUTE);
        assert_int_equal(cluster_state(inf).lists, cases[i].lists);
        assert_int_equal(cluster_state(inf).reason, KEDGE_OK); // the watch runs again
        cluster_close(&c);
    }
}

static void a_refusal_without_words_is_put_into_words(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){0});
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, &cluster_lists, &r);
    mock_inject(c.mock, &(struct mock_fault){.kind = MOCK_FAULT_REDIRECT, .on = MOCK_ON_LIST});
    mock_inject(c.mock,
                &(struct mock_fault){.kind = MOCK_FAULT_HTML, .on = MOCK_ON_LIST, .status = 403});
    cluster_start(&c);
    cluster_run(&c, 100);
    assert_non_null(strstr(cluster_state(inf).text, "the server answered 301"));
    assert_non_null(strstr(cluster_state(inf).text, "pointing to"));
    while (strstr(cluster_state(inf).text, "403") == NULL)
        assert_int_equal(kedge_poll(c.k, 1000), KEDGE_OK);
    assert_true(cluster_settle(&c, inf, SETTLE));
    cluster_close(&c);
}

static void the_server_cannot_silence_us_for_years(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){0});
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, &cluster_lists, &r);
    mock_inject(c.mock, &(struct mock_fault){.kind = MOCK_FAULT_STATUS,
                                             .on = MOCK_ON_LIST,
                                             .status = 429,
                                             .retry_after_s = 2000000000});
    cluster_start(&c);
    assert_true(cluster_settle(&c, inf, 2 * KEDGE_HOUR));
    cluster_close(&c);
}

static void a_foreign_loop_knows_when_to_call(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r[2];
    cluster_open(&c, &(struct cluster_options){.memory = 2u << 20});
    mock_fill(c.mock, 1500, 3);
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, NULL, &r[0]);
    cluster_start(&c);
    assert_int_equal(kedge_next_deadline(c.k), 0); // there is something to do at once
    for (int i = 0; i < 200000 && !kedge_informer_has_synced(inf); i++) {
        kedge_time next = kedge_next_deadline(c.k);
        struct kedge_wait list[4];
        size_t n = kedge_interests(c.k, list, 4);
        assert_true(n > 0 || next != KEDGE_FOREVER);
        if (next > c.port.fake.now)
            c.port.fake.port.wait(&c.port.fake.port, list, n, next);
        assert_int_equal(kedge_poll(c.k, 0), KEDGE_OK);
    }
    assert_true(kedge_informer_has_synced(inf));
    cluster_recorder(&c, &r[1]);
    assert_int_equal(kedge_informer_add_handler(inf, &r[1].handler), KEDGE_OK);
    while (!kedge_handler_has_synced(&r[1].handler)) {
        assert_int_equal(kedge_next_deadline(c.k), 0);
        assert_int_equal(kedge_poll(c.k, 0), KEDGE_OK);
    }
    assert_int_equal(r[1].adds, 1500);
    cluster_close(&c);
}

static void one_unready_handler_does_not_stop_another_informer(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r[2];
    cluster_open(&c, &(struct cluster_options){.memory = 96 * 1024, .object_max = 1024});
    mock_fill(c.mock, 300, 2);
    mock_apply(c.mock, "configmaps", "{\"metadata\":{\"namespace\":\"a\",\"name\":\"b\"}}");
    struct kedge_informer *a = cluster_informer(&c, &kedge_kind_deployment, NULL, &r[0]);
    cluster_informer(&c, &kedge_kind_configmap, NULL, &r[1]);
    r[1].busy = true;
    cluster_start(&c);
    cluster_run(&c, KEDGE_MINUTE);
    assert_int_equal(cluster_phase(a), KEDGE_STALE); // it says so, and does not just hang
    cluster_close(&c);
}

static void a_reference_is_for_objects_of_the_cache_only(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    const struct kedge_object *o;
    size_t need;
    cluster_open(&c, &(struct cluster_options){0});
    mock_apply(c.mock, "deployments", deployment("default", "web", 1, NULL));
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, NULL, &r);
    cluster_start_and_settle(&c, inf, SETTLE);
    assert_int_equal(kedge_lister_get(inf, "default", "web", &o), KEDGE_OK);
    kedge_object_copy(o, NULL, 0, &need);
    void *copy = malloc(need);
    assert_int_equal(kedge_object_copy(o, copy, need, NULL), KEDGE_OK);
    assert_int_equal(kedge_lister_ref(inf, copy).slot, 0);
    assert_int_equal(kedge_lister_ref(inf, NULL).slot, 0);
    assert_true(kedge_lister_ref(inf, o).slot > 0);
    assert_null(kedge_iter_next(NULL));
    free(copy);
    cluster_close(&c);
}

static void an_update_may_not_grow_beyond_the_maximum(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct kedge_informer_options o = {.maximum = 3000};
    cluster_open(&c, &(struct cluster_options){.object_max = 2048});
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_configmap, &o, &r);
    char text[2048];
    for (int i = 0; i < 5; i++) {
        snprintf(text, sizeof text, "{\"metadata\":{\"namespace\":\"a\",\"name\":\"m-%d\"}}", i);
        mock_apply(c.mock, "configmaps", text);
    }
    cluster_start_and_settle(&c, inf, SETTLE);
    char value[1001];
    memset(value, 'x', 1000);
    value[1000] = '\0';
    for (int i = 0; i < 5; i++) {
        snprintf(text, sizeof text,
                 "{\"metadata\":{\"namespace\":\"a\",\"name\":\"m-%d\"},\"data\":{\"k\":\"%s\"}}",
                 i, value);
        mock_apply(c.mock, "configmaps", text);
    }
    cluster_run(&c, KEDGE_MINUTE);
    assert_int_equal(cluster_phase(inf), KEDGE_STALE);
    assert_true(inf->account.used <= 3000);
    cluster_close(&c);
}

static void more_reserved_than_there_is_fails_at_start(void **state)
{
    (void)state;
    struct cluster c;
    struct kedge_informer_options o = {.reserved = 10u << 20};
    cluster_open(&c, &(struct cluster_options){0});
    cluster_informer(&c, &kedge_kind_configmap, &o, NULL);
    assert_int_equal(kedge_factory_start(c.factory), KEDGE_ERR_MEMORY);
    assert_non_null(strstr(kedge_error_text(c.k), "reserve"));
    cluster_close(&c);
}

static void a_deleted_secret_is_nowhere_in_memory(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){0});
    memset(c.memory + 160 * 1024, 0, 96 * 1024); // the heap is not touched before it is used
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_secret, NULL, &r);
    // "sentinel-of-a-secret" in base64 and plain.
    mock_apply(c.mock, "secrets",
               "{\"metadata\":{\"namespace\":\"a\",\"name\":\"s\"},"
               "\"data\":{\"k\":\"c2VudGluZWwtb2YtYS1zZWNyZXQ=\"}}");
    cluster_start_and_settle(&c, inf, SETTLE);
    assert_true(memory_holds(c.memory, 256 * 1024, "sentinel-of-a-secret"));
    mock_delete(c.mock, "secrets", "a", "s");
    assert_true(cluster_settle(&c, inf, SETTLE));
    kedge_factory_shutdown(c.factory);
    assert_false(memory_holds(c.memory, 256 * 1024, "sentinel-of-a-secret"));
    assert_false(memory_holds(c.memory, 256 * 1024, "c2VudGluZWwtb2YtYS1zZWNyZXQ"));
    cluster_close(&c);
}

static void a_list_that_we_hold_back_does_not_time_out(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){0});
    mock_fill(c.mock, 100, 2);
    struct kedge_informer_options o = {.queue = 2, .no_watch_list = true};
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, &o, &r);
    c.port.fake.cruelty.block_every = 2;
    cluster_start(&c);
    while (r.adds < 3)
        assert_int_equal(kedge_poll(c.k, 100), KEDGE_OK);
    r.busy = true;
    cluster_run(&c, 5 * KEDGE_MINUTE);
    assert_int_equal(cluster_state(inf).failures, 0);
    r.busy = false;
    kedge_wake(c.k);
    // The server has cut the list after its 60 s; it was not us who lost patience.
    while (cluster_state(inf).failures == 0)
        assert_int_equal(kedge_poll(c.k, 1000), KEDGE_OK);
    assert_int_equal(cluster_state(inf).reason, KEDGE_ERR_IO);
    assert_true(cluster_settle(&c, inf, SETTLE));
    cluster_close(&c);
}

static void waiting_for_what_was_stopped_says_so(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){0});
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, NULL, &r);
    cluster_start(&c);
    kedge_informer_stop(inf);
    assert_int_equal(kedge_factory_wait_for_cache_sync(c.factory, KEDGE_MINUTE), KEDGE_ERR_STOPPED);
    assert_non_null(strstr(kedge_error_text(c.k), "stopped"));
    assert_false(kedge_handler_has_synced(&r.handler));
    cluster_close(&c);
}

static void the_first_failure_stays_the_first(void **state)
{
    (void)state;
    struct cluster c;
    struct kedge_informer_options o = {.text_max = 1};
    cluster_open(&c, &(struct cluster_options){0});
    assert_null(kedge_factory_informer_with(c.factory, &kedge_kind_pod, &o));
    assert_int_equal(kedge_error(c.k), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_factory_start(c.factory), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_factory_wait_for_cache_sync(c.factory, 0), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_error(c.k), KEDGE_ERR_ARGUMENT);
    cluster_close(&c);
}

static void one_handler_for_two_informers_fails_at_start(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){0});
    cluster_informer(&c, &kedge_kind_deployment, NULL, &r);
    struct kedge_informer *pods = cluster_informer(&c, &kedge_kind_pod, NULL, NULL);
    assert_int_equal(kedge_informer_add_handler(pods, &r.handler), KEDGE_ERR_EXISTS);
    assert_int_equal(kedge_factory_start(c.factory), KEDGE_ERR_EXISTS);
    assert_non_null(strstr(kedge_error_text(c.k), "added twice"));
    cluster_close(&c);
}

static void stop_counter(void *ctx, const struct kedge_object *o, bool initial)
{
    unsigned *calls = ctx;
    (void)o;
    (void)initial;
    ++*calls;
}

struct stopper {
    struct kedge_handler handler;
    struct kedge *k;
    unsigned calls;
};

static void stop_at_once(void *ctx, const struct kedge_object *o, bool initial)
{
    struct stopper *s = ctx;
    stop_counter(&s->calls, o, initial);
    kedge_stop(s->k);
}

static void a_stop_in_a_handler_is_the_last_call(void **state)
{
    (void)state;
    struct cluster c;
    struct stopper s = {.handler = {.on_add = stop_at_once, .ctx = &s}};
    struct kedge_informer *inf = cluster_of_deployments(&c, 30, 1, NULL, NULL);
    s.k = c.k;
    assert_int_equal(kedge_informer_add_handler(inf, &s.handler), KEDGE_OK);
    cluster_start(&c);
    assert_int_equal(kedge_run(c.k), KEDGE_OK);
    assert_int_equal(s.calls, 1);
    cluster_close(&c);
}

static void two_factories_share_the_report(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){0});
    mock_fill(c.mock, 30, 1);
    struct kedge_factory_options o = {.heap = 32 * 1024};
    struct kedge_factory *other = kedge_factory_new_with(c.client, &o);
    struct kedge_informer *a = kedge_factory_informer(other, &kedge_kind_deployment);
    struct kedge_informer *b = cluster_informer(&c, &kedge_kind_deployment, NULL, &r);
    assert_int_equal(kedge_factory_start(other), KEDGE_OK);
    cluster_start_and_settle(&c, a, SETTLE);
    assert_true(cluster_settle(&c, b, SETTLE));
    struct kedge_memory_part parts[32];
    size_t count = kedge_memory_report(c.k, parts, 32);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(parts[i].name, "heap") == 0)
            used = parts[i].used;
    }
    assert_int_equal(used, kedge__heap_used(&other->heap) + kedge__heap_used(&c.factory->heap));
    kedge_factory_shutdown(other);
    cluster_close(&c);
}

static bool not_ready(void *ctx)
{
    (void)ctx;
    return false;
}

static void what_a_shutdown_gives_back_is_reported(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct kedge_handler held = {.ready = not_ready};
    struct kedge_informer *inf = cluster_of_deployments(&c, 30, 1, NULL, &r);
    assert_int_equal(kedge_informer_add_handler(inf, &held), KEDGE_OK);
    cluster_start(&c);
    cluster_run(&c, KEDGE_SECOND);
    assert_true(kedge__delivery_busy(inf));
    size_t before = kedge__heap_used(&c.factory->heap);
    kedge_informer_stop(inf); // keeps what waits
    assert_int_equal(kedge__heap_used(&c.factory->heap), before);
    kedge_factory_shutdown(c.factory);
    assert_true(kedge__heap_used(&c.factory->heap) < before);
    assert_int_equal(c.factory->heap.accounts[0]->count, kedge_lister_count(inf));
    assert_null(held.informer);
    struct kedge_memory_part parts[32];
    size_t count = kedge_memory_report(c.k, parts, 32);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(parts[i].name, "heap") == 0)
            assert_int_equal(parts[i].used, kedge__heap_used(&c.factory->heap));
    }
    cluster_close(&c);
}

static void what_is_enough_is_enough_and_not_twice_that(void **state)
{
    (void)state;
    static unsigned char memory[KEDGE_BYTES_FOR(5, 64 * 1024)];
    static const struct kedge_kind *const kinds[] = {&kedge_kind_pod, &kedge_kind_node,
                                                     &kedge_kind_deployment, &kedge_kind_secret,
                                                     &kedge_kind_service};
    for (int informers = 1; informers <= 5; informers++) {
        struct fake_port port;
        struct kedge_config config = {.server = "http://kubernetes.test"};
        fake_port_init(&port, 1);
        struct kedge *k = kedge_init(memory, KEDGE_BYTES_FOR(informers, 64 * 1024), &port.port);
        struct kedge_factory *f = kedge_factory_new(kedge_client_new(k, &config), 0);
        for (int i = 0; i < informers; i++)
            kedge_factory_informer(f, kinds[i]);
        assert_int_equal(kedge_factory_start(f), KEDGE_OK);
        // What is left for the heap: as promised, beside what TLS and a kubeconfig would take.
        assert_in_range(f->heap.size, 64 * 1024 + 14 * 1024,
                        64 * 1024 + 24 * 1024 + (size_t)informers * 8 * 1024);
        kedge_factory_shutdown(f);
    }
}

// What was never told of is not told of now either.
static void delete_unknown(struct kedge_informer *inf, char *json)
{
    struct kedge_json doc;
    struct kedge_json_token tokens[32];
    struct kedge__identity id;
    uint64_t skipped = cluster_state(inf).skipped;
    char value[900];
    memset(value, 'x', sizeof value);
    int len = sprintf(json,
                      "{\"metadata\":{\"namespace\":\"b\",\"name\":\"nobody\","
                      "\"resourceVersion\":\"999999\"},\"data\":{\"k\":\"%.900s\"}}",
                      value);
    assert_int_equal(kedge_json_parse(&doc, json, (size_t)len, tokens, 32), KEDGE_OK);
    kedge__identity_read(&id, kedge_json_root(&doc));
    kedge__heap_tidy(&inf->factory->heap, SIZE_MAX);
    while (kedge__heap_free(&inf->factory->heap) > 900)
        kedge__heap_add(&inf->factory->heap, inf->owner, 64); // lost to the test
    struct kedge__event_object e = {.object = kedge_json_root(&doc), .id = &id, .deleted = true};
    assert_int_equal(kedge__intake_event(inf, &e), KEDGE_OK);
    assert_int_equal(cluster_state(inf).skipped, skipped + 1);
}

static void leave_as_it_is(void *ctx, struct kedge_change *change)
{
    (void)ctx;
    (void)change;
}

// Little memory, and an object "big" in each of the namespaces a and b.
static void open_small_with_big_ones(struct cluster *c)
{
    char text[2048], value[900];
    cluster_open(c, &(struct cluster_options){.memory = 96 * 1024, .object_max = 1024});
    memset(value, 'x', sizeof value);
    for (int i = 0; i < 2; i++) {
        snprintf(
            text, sizeof text,
            "{\"metadata\":{\"namespace\":\"%c\",\"name\":\"big\"},\"data\":{\"k\":\"%.800s\"}}",
            'a' + i, value);
        mock_apply(c->mock, "configmaps", text);
    }
}

// Starts, and fills the heap with objects of b until not much more than one object has room.
static void start_and_fill_up(struct cluster *c)
{
    char text[128];
    cluster_start(c);
    for (int i = 0; kedge__heap_free(&c->factory->heap) > 1024 + 256; i++) {
        snprintf(text, sizeof text, "{\"metadata\":{\"namespace\":\"b\",\"name\":\"m-%d\"}}", i);
        mock_apply(c->mock, "configmaps", text);
        cluster_run(c, 10);
    }
}

// Deletes the big ones, while the handler of a is busy with an update of a/small.
static void delete_behind_an_update(struct cluster *c, struct recorder *of_a)
{
    of_a->busy = true;
    mock_apply(c->mock, "configmaps",
               "{\"metadata\":{\"namespace\":\"a\",\"name\":\"small\"},\"data\":{\"k\":\"v\"}}");
    cluster_run(c, KEDGE_SECOND);
    assert_true(mock_delete(c->mock, "configmaps", "a", "big"));
    cluster_run(c, KEDGE_SECOND);
    assert_true(mock_delete(c->mock, "configmaps", "b", "big"));
    cluster_run(c, KEDGE_SECOND);
}

// A transform might have given the object another name: only a list can tell then what has gone.
static void under_a_transform_a_delete_without_room_is_stale_and_recovers(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r[2];
    open_small_with_big_ones(&c);
    struct kedge_informer_options of_a = {.namespace_ = "a"},
                                  of_b = {.namespace_ = "b", .transform = leave_as_it_is};
    cluster_informer(&c, &kedge_kind_configmap, &of_a, &r[0]);
    struct kedge_informer *b = cluster_informer(&c, &kedge_kind_configmap, &of_b, &r[1]);
    mock_apply(c.mock, "configmaps", "{\"metadata\":{\"namespace\":\"a\",\"name\":\"small\"}}");
    start_and_fill_up(&c);
    // What is held back is taken by a delete whose handler is busy.
    delete_behind_an_update(&c, &r[0]);
    assert_int_equal(r[1].deletes, 0);
    assert_int_equal(cluster_phase(b), KEDGE_STALE);
    assert_string_equal(cluster_state(b).object, "b/big");
    r[0].busy = false;
    cluster_run(&c, 2 * KEDGE_HOUR);
    assert_int_equal(cluster_phase(b), KEDGE_CURRENT);
    assert_int_equal(r[1].tombstones, 1);
    assert_int_equal(kedge_lister_count(b), mock_count(c.mock, "configmaps") - 1); // one of a
    cluster_close(&c);
}

// A delete needs room for the final state as long as handlers want it. Where the room held back is
// taken by another's, the object goes all the same, as the cache last knew it.
static void a_delete_without_room_for_its_final_state_is_a_tombstone(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r[2];
    char text[2048];
    open_small_with_big_ones(&c);
    const char *small = "{\"metadata\":{\"namespace\":\"a\",\"name\":\"small\"}}";
    mock_apply(c.mock, "configmaps", small);
    struct kedge_informer_options of_a = {.namespace_ = "a"}, of_b = {.namespace_ = "b"};
    struct kedge_informer *a = cluster_informer(&c, &kedge_kind_configmap, &of_a, &r[0]);
    struct kedge_informer *b = cluster_informer(&c, &kedge_kind_configmap, &of_b, &r[1]);
    start_and_fill_up(&c);
    // The delete waits behind an update.
    delete_behind_an_update(&c, &r[0]);
    assert_int_equal(r[1].tombstones, 1);
    assert_int_equal(r[0].deletes, 0);
    delete_unknown(b, text);
    assert_int_equal(cluster_phase(b), KEDGE_CURRENT);
    r[0].busy = false;
    cluster_run(&c, KEDGE_SECOND);
    assert_int_equal(r[0].deletes, 1);
    assert_int_equal(kedge_lister_count(a), 1);
    assert_int_equal(kedge_lister_count(b), mock_count(c.mock, "configmaps") - 1);
    cluster_close(&c);
}

// The marking list tells objects by uid: one of the same name is another object. Under a transform
// it is told by the name that the transform gives it, and no less by its uid.
static void replaced_in_stale(const struct kedge_informer_options *options)
{
    struct cluster c;
    struct recorder r;
    struct kedge_informer *inf = stale_with(&c, options, &r);
    struct kedge_iter it = kedge_lister_list(inf, "", KEDGE_EVERYTHING);
    const struct kedge_object *o = kedge_iter_next(&it);
    char namespace_[64], name[254], was[64], uid[KEDGE_UID_TEXT];
    snprintf(namespace_, sizeof namespace_, "%s", kedge_namespace(o));
    snprintf(name, sizeof name, "%s", kedge_name(o));
    snprintf(was, sizeof was, "%s", kedge_uid(o, uid));
    assert_true(mock_delete(c.mock, "deployments", namespace_, name));
    mock_apply(c.mock, "deployments", deployment(namespace_, name, 1, NULL));
    unsigned before = r.tombstones;
    while (r.tombstones == before)
        assert_int_equal(kedge_poll(c.k, KEDGE_SECOND), KEDGE_OK);
    while (mock_count(c.mock, "deployments") > 10) {
        struct mock_item item;
        char other_namespace[64], other[254];
        assert_true(mock_at(c.mock, "deployments", 10, &item));
        snprintf(other_namespace, sizeof other_namespace, "%s", item.namespace);
        snprintf(other, sizeof other, "%s", item.name);
        mock_delete(c.mock, "deployments", other_namespace, other);
    }
    assert_true(cluster_settle(&c, inf, 3 * KEDGE_HOUR));
    cluster_assert_equal(&c, inf, &r);
    if (kedge_lister_get(inf, namespace_, name, &o) == KEDGE_OK)
        assert_string_not_equal(kedge_uid(o, uid), was);
    cluster_close(&c);
}

static void what_was_replaced_in_stale_is_a_tombstone_and_an_add(void **state)
{
    (void)state;
    static const struct kedge_informer_options transformed = {.transform = leave_as_it_is};
    replaced_in_stale(NULL);
    replaced_in_stale(&transformed);
}

// Under a transform a marking list makes records, to see their names: one at a time, in the room
// that is held back. Where that has been taken, nothing is marked, and so nothing deleted.
static void a_marking_list_without_room_deletes_nothing(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct kedge_informer_options transformed = {.transform = leave_as_it_is};
    struct kedge_informer *inf = stale_with(&c, &transformed, &r);
    struct kedge__heap *heap = &c.factory->heap;
    uint32_t taken[256];
    size_t count = 0;
    kedge__heap_tidy(heap, SIZE_MAX);
    while (kedge__heap_free(heap) > 200) {
        assert_true(count < 256);
        taken[count++] = kedge__heap_add(heap, inf->owner, 64);
    }
    uint64_t lists = cluster_state(inf).lists;
    cluster_run(&c, 10 * KEDGE_MINUTE);
    assert_true(cluster_state(inf).lists > lists + 1);
    assert_int_equal(cluster_phase(inf), KEDGE_STALE);
    assert_int_equal(r.tombstones, 0);
    // Room in pieces, while a list comes, is room as soon as they are moved together.
    c.port.fake.cruelty.block_every = 2;
    while (!inf->reflector.marking || inf->reflector.state != KEDGE__REFLECTOR_LIST_HEAD)
        assert_int_equal(kedge_poll(c.k, KEDGE_SECOND), KEDGE_OK);
    for (size_t i = count; i > 1; i -= 2)
        kedge__heap_remove(heap, taken[i - 2]);
    lists = cluster_state(inf).lists;
    while (cluster_state(inf).lists == lists)
        assert_int_equal(kedge_poll(c.k, KEDGE_SECOND), KEDGE_OK);
    assert_false(inf->reflector.marking); // it was whole
    assert_int_equal(r.tombstones, 0);
    for (size_t i = count; i > 0; i -= i > 1 ? 2 : 1)
        kedge__heap_remove(heap, taken[i - 1]);
    for (int i = 0; i < 290; i++) {
        struct mock_item item;
        char namespace_[64], name[254];
        assert_true(mock_at(c.mock, "deployments", 0, &item));
        snprintf(namespace_, sizeof namespace_, "%s", item.namespace);
        snprintf(name, sizeof name, "%s", item.name);
        mock_delete(c.mock, "deployments", namespace_, name);
    }
    assert_true(cluster_settle(&c, inf, 3 * KEDGE_HOUR));
    cluster_assert_equal(&c, inf, &r);
    cluster_close(&c);
}

static void stop_informer(void *ctx, const struct kedge_object *o, bool initial)
{
    struct kedge_informer *const *inf = ctx;
    (void)o;
    (void)initial;
    kedge_informer_stop(*inf);
}

// Who finds no room waits for what others deliver now, but not for one that was stopped before all
// was delivered.
static void what_others_deliver_is_waited_for_unless_they_are_stopped(void **state)
{
    (void)state;
    for (int stops = 0; stops < 2; stops++) {
        struct cluster c;
        struct recorder r[2];
        struct kedge_informer *first;
        struct kedge_handler stopper = {.on_add = stop_informer, .ctx = &first};
        struct kedge_informer_options little = {.maximum = 3000};
        cluster_open(&c, &(struct cluster_options){.memory = 512 * 1024, .object_max = 1024});
        mock_fill(c.mock, 300, 2);
        for (int i = 0; i < 40; i++) {
            char text[128];
            snprintf(text, sizeof text, "{\"metadata\":{\"namespace\":\"a\",\"name\":\"m-%d\"}}",
                     i);
            mock_apply(c.mock, "configmaps", text);
        }
        first = cluster_informer(&c, &kedge_kind_deployment, NULL, &r[0]);
        struct kedge_informer *second = cluster_informer(&c, &kedge_kind_configmap, &little, &r[1]);
        if (stops)
            assert_int_equal(kedge_informer_add_handler(first, &stopper), KEDGE_OK);
        cluster_start(&c);
        cluster_run(&c, KEDGE_SECOND);
        assert_int_equal(cluster_phase(second), KEDGE_STALE);
        assert_in_range(r[1].adds, 5, 39);
        assert_int_equal(kedge__delivery_busy(first), stops);
        if (!stops)
            cluster_assert_equal(&c, first, &r[0]);
        cluster_close(&c);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_in_stale_are_followed_by_pauses_too),
        cmocka_unit_test(stale_says_what_lacks_whatever_else_fails),
        cmocka_unit_test(a_refusal_that_stalls_is_left),
        cmocka_unit_test(a_watch_that_is_wrong_for_ever_is_followed_by_a_list),
        cmocka_unit_test(a_refusal_without_words_is_put_into_words),
        cmocka_unit_test(the_server_cannot_silence_us_for_years),
        cmocka_unit_test(a_foreign_loop_knows_when_to_call),
        cmocka_unit_test(one_unready_handler_does_not_stop_another_informer),
        cmocka_unit_test(a_reference_is_for_objects_of_the_cache_only),
        cmocka_unit_test(an_update_may_not_grow_beyond_the_maximum),
        cmocka_unit_test(more_reserved_than_there_is_fails_at_start),
        cmocka_unit_test(a_deleted_secret_is_nowhere_in_memory),
        cmocka_unit_test(a_list_that_we_hold_back_does_not_time_out),
        cmocka_unit_test(waiting_for_what_was_stopped_says_so),
        cmocka_unit_test(the_first_failure_stays_the_first),
        cmocka_unit_test(one_handler_for_two_informers_fails_at_start),
        cmocka_unit_test(a_stop_in_a_handler_is_the_last_call),
        cmocka_unit_test(two_factories_share_the_report),
        cmocka_unit_test(what_a_shutdown_gives_back_is_reported),
        cmocka_unit_test(what_is_enough_is_enough_and_not_twice_that),
        cmocka_unit_test(a_delete_without_room_for_its_final_state_is_a_tombstone),
        cmocka_unit_test(under_a_transform_a_delete_without_room_is_stale_and_recovers),
        cmocka_unit_test(what_was_replaced_in_stale_is_a_tombstone_and_an_add),
        cmocka_unit_test(a_marking_list_without_room_deletes_nothing),
        cmocka_unit_test(what_others_deliver_is_waited_for_unless_they_are_stopped),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
