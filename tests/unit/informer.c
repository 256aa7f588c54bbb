// SPDX-License-Identifier: Apache-2.0
// The informer over the mock API server: lists, watches, and everything that interrupts them.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cache/informer_priv.h"
#include "cluster.h"

#define SETTLE (10 * KEDGE_MINUTE)

// ---------------------------------------------------------------- the plain way

static void the_cache_becomes_what_the_server_has(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct kedge_informer *inf = cluster_of_deployments(&c, 60, 5, NULL, &r);
    assert_int_equal(cluster_phase(inf), KEDGE_SYNCING);
    cluster_start(&c);
    assert_int_equal(kedge_factory_wait_for_cache_sync(c.factory, 30 * KEDGE_SECOND), KEDGE_OK);
    assert_int_equal(cluster_phase(inf), KEDGE_CURRENT);
    assert_true(kedge_informer_has_synced(inf));
    assert_true(kedge_handler_has_synced(&r.handler));
    assert_int_equal(r.initial_adds, 60);
    cluster_assert_equal(&c, inf, &r);
    cluster_close(&c);
}

static void changes_arrive_by_the_watch(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct kedge_informer *inf = cluster_of_deployments(&c, 20, 3, NULL, &r);
    cluster_start_and_settle(&c, inf, SETTLE);
    mock_apply(c.mock, "deployments", deployment("default", "new", 1, NULL));
    assert_true(cluster_settle(&c, inf, SETTLE));
    assert_int_equal(r.adds, 21);
    assert_int_equal(r.initial_adds, 20);
    mock_apply(c.mock, "deployments", deployment("default", "new", 7, NULL));
    assert_true(cluster_settle(&c, inf, SETTLE));
    const struct kedge_object *o;
    assert_int_equal(kedge_lister_get(inf, "default", "new", &o), KEDGE_OK);
    assert_int_equal(kedge_as_deployment(o)->spec_replicas, 7);
    assert_int_equal(r.updates, 1);
    mock_delete(c.mock, "deployments", "default", "new");
    assert_true(cluster_settle(&c, inf, SETTLE));
    assert_int_equal(r.deletes, 1);
    assert_int_equal(r.tombstones, 0);
    assert_int_equal(kedge_lister_get(inf, "default", "new", &o), KEDGE_ERR_NOT_FOUND);
    assert_int_equal(cluster_state(inf).lists, 1);
    cluster_assert_equal(&c, inf, &r);
    cluster_close(&c);
}

static void a_long_churn_is_followed_to_the_letter(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){.seed = 5});
    mock_fill(c.mock, 40, 4);
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, NULL, &r);
    cluster_start(&c);
    for (int i = 0; i < 3000; i++) {
        mock_churn(c.mock);
        cluster_run(&c, 10);
    }
    assert_true(cluster_settle(&c, inf, SETTLE));
    cluster_assert_equal(&c, inf, &r);
    assert_int_equal(r.unknown_deletes, 0);
    assert_int_equal(cluster_state(inf).lists, 1);
    cluster_close(&c);
}

static void all_kinds_share_one_heap(void **state)
{
    (void)state;
    static const char *const names[] = {"pods", "nodes", "configmaps", "secrets"};
    const struct kedge_kind *const kinds[] = {&kedge_kind_pod, &kedge_kind_node,
                                              &kedge_kind_configmap, &kedge_kind_secret};
    struct cluster c;
    struct recorder r[4];
    struct kedge_informer *inf[4];
    cluster_open(&c, &(struct cluster_options){.memory = 512 * 1024});
    for (int i = 0; i < 4; i++)
        inf[i] = cluster_informer(&c, kinds[i], NULL, &r[i]);
    cluster_start(&c);
    for (int n = 0; n < 200; n++) {
        char text[256];
        bool in_namespace = n % 4 != 1;
        snprintf(text, sizeof text,
                 "{\"metadata\":{%s\"name\":\"o-%d\"},\"data\":{\"k\":\"eHl6\"}}",
                 in_namespace ? "\"namespace\":\"default\"," : "", n % 60);
        assert_true(mock_apply(c.mock, names[n % 4], text) > 0);
        cluster_run(&c, 5);
    }
    for (int i = 0; i < 4; i++) {
        assert_true(cluster_settle(&c, inf[i], SETTLE));
        cluster_assert_equal(&c, inf[i], &r[i]);
    }
    cluster_close(&c);
}

// ---------------------------------------------------------------- lists

static void pages_are_walked_to_their_end(void **state)
{
    (void)state;
    for (uint32_t page = 1; page <= 31; page += 5) {
        struct cluster c;
        struct recorder r;
        cluster_open(&c, &(struct cluster_options){0});
        mock_fill(c.mock, 30, 3);
        struct kedge_informer_options o = {.page = page};
        struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, &o, &r);
        cluster_start_and_settle(&c, inf, SETTLE);
        cluster_assert_equal(&c, inf, &r);
        assert_int_equal(cluster_state(inf).lists, 1);
        assert_int_equal(c.port.fake.opens, 1); // the connection is used again
        cluster_close(&c);
    }
}

static void an_unpaged_list_is_one_request(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){.memory = 1 << 20});
    mock_fill(c.mock, 900, 3);
    struct kedge_informer_options o = {.page = KEDGE_UNPAGED};
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, &o, &r);
    cluster_start_and_settle(&c, inf, SETTLE);
    cluster_assert_equal(&c, inf, &r);
    cluster_close(&c);
}

static void an_expired_continue_begins_the_list_anew(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){0});
    mock_fill(c.mock, 30, 3);
    struct kedge_informer_options o = {.page = 7};
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, &o, &r);
    c.port.fake.cruelty.read_max = 512; // so that the compaction falls between two pages
    cluster_start(&c);
    while (r.adds < 8)
        assert_int_equal(kedge_poll(c.k, 10), KEDGE_OK);
    mock_churn(c.mock);
    mock_compact(c.mock);
    c.port.fake.cruelty.read_max = 0;
    assert_true(cluster_settle(&c, inf, SETTLE));
    assert_true(cluster_state(inf).lists >= 2);
    cluster_assert_equal(&c, inf, &r);
    cluster_close(&c);
}

static void breaking_off(const struct kedge_informer_options *o, enum mock_on on)
{
    for (size_t at = 1; at < 40000; at += 997) {
        struct cluster c;
        struct recorder r;
        struct kedge_informer *inf = cluster_of_deployments(&c, 30, 3, o, &r);
        cluster_start_and_settle(&c, inf, SETTLE);
        mock_compact(c.mock);
        mock_inject(c.mock, &(struct mock_fault){.kind = MOCK_FAULT_EXPIRED_EVENT,
                                                 .on = MOCK_ON_WATCH,
                                                 .now = true});
        mock_inject(c.mock, &(struct mock_fault){.kind = MOCK_FAULT_CUT, .on = on, .bytes = at});
        cluster_run(&c, 20 * KEDGE_SECOND);
        assert_int_equal(r.deletes, 0);
        assert_true(cluster_settle(&c, inf, SETTLE));
        assert_int_equal(r.deletes, 0);
        assert_int_equal(r.adds, 30);
        cluster_assert_equal(&c, inf, &r);
        cluster_close(&c);
    }
}

static void a_list_that_breaks_off_deletes_nothing(void **state)
{
    (void)state;
    breaking_off(&cluster_lists, MOCK_ON_LIST);
    breaking_off(NULL, MOCK_ON_WATCH); // a WatchList
}

// ---------------------------------------------------------------- what ends a watch

static void lose_history_and_some(struct cluster *c)
{
    mock_delete(c->mock, "deployments", "default", "goes");
    mock_apply(c->mock, "deployments", deployment("default", "comes", 1, NULL));
    mock_apply(c->mock, "deployments", deployment("default", "stays", 9, NULL));
    mock_compact(c->mock);
}

static void expiry_story(enum mock_fault_kind kind, int status, bool now)
{
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){0});
    mock_fill(c.mock, 10, 2);
    mock_apply(c.mock, "deployments", deployment("default", "goes", 1, NULL));
    mock_apply(c.mock, "deployments", deployment("default", "stays", 1, NULL));
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, NULL, &r);
    cluster_start_and_settle(&c, inf, SETTLE);
    c.port.fake.cruelty.refuse = true; // offline while history goes on
    mock_restart(c.mock, true);
    cluster_run(&c, KEDGE_SECOND);
    lose_history_and_some(&c);
    if (kind != MOCK_FAULT_KINDS)
        mock_inject(c.mock, &(struct mock_fault){
                                .kind = kind, .on = MOCK_ON_WATCH, .status = status, .now = now});
    c.port.fake.cruelty.refuse = false;
    assert_true(cluster_settle(&c, inf, SETTLE));
    assert_int_equal(r.tombstones, 1);
    assert_int_equal(r.updates, 1);
    assert_int_equal(r.adds, 13);
    assert_int_equal(cluster_state(inf).lists, 2);
    cluster_assert_equal(&c, inf, &r);
    cluster_close(&c);
}

static void expiry_as_an_event_relists_with_tombstones(void **state)
{
    (void)state;
    expiry_story(MOCK_FAULT_KINDS, 0, false); // as the server does it
}

static void expiry_as_a_status_relists_with_tombstones(void **state)
{
    (void)state;
    expiry_story(MOCK_FAULT_STATUS, 410, false);
}

static void a_watch_that_ends_well_is_resumed_from_its_version(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct kedge_informer *inf = cluster_of_deployments(&c, 10, 2, NULL, &r);
    cluster_start(&c);
    for (int i = 0; i < 40; i++) { // 40 minutes: watches end after 5 to 10
        mock_churn(c.mock);
        cluster_run(&c, KEDGE_MINUTE);
    }
    assert_true(cluster_settle(&c, inf, SETTLE));
    assert_int_equal(cluster_state(inf).lists, 1);
    assert_true(cluster_state(inf).watches >= 4);
    assert_int_equal(cluster_state(inf).failures, 0);
    assert_int_equal(c.port.fake.opens, 1);
    cluster_assert_equal(&c, inf, &r);
    cluster_close(&c);
}

static void a_broken_watch_is_resumed_from_its_version(void **state)
{
    (void)state;
    static const enum mock_fault_kind kinds[] = {MOCK_FAULT_CUT, MOCK_FAULT_RESET,
                                                 MOCK_FAULT_CLOSE};
    for (size_t i = 0; i < 3; i++) {
        struct cluster c;
        struct recorder r;
        struct kedge_informer *inf = cluster_of_deployments(&c, 10, 2, NULL, &r);
        cluster_start_and_settle(&c, inf, SETTLE);
        for (int n = 0; n < 20; n++) {
            mock_inject(c.mock, &(struct mock_fault){.kind = kinds[i],
                                                     .on = MOCK_ON_WATCH,
                                                     .now = true,
                                                     .bytes = (size_t)n * 100});
            for (int m = 0; m < 5; m++)
                mock_churn(c.mock);
            assert_true(cluster_settle(&c, inf, SETTLE));
        }
        assert_int_equal(cluster_state(inf).lists, 1);
        assert_int_equal(r.unknown_deletes, 0);
        cluster_assert_equal(&c, inf, &r);
        cluster_close(&c);
    }
}

static void a_silent_watch_is_a_dead_watch(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct kedge_informer *inf = cluster_of_deployments(&c, 10, 2, NULL, &r);
    cluster_start_and_settle(&c, inf, SETTLE);
    cluster_run(&c, 70 * KEDGE_SECOND); // a bookmark has come
    mock_inject(c.mock,
                &(struct mock_fault){.kind = MOCK_FAULT_STALL, .on = MOCK_ON_WATCH, .now = true});
    mock_churn(c.mock);
    assert_true(cluster_settle(&c, inf, 100 * KEDGE_SECOND));
    assert_int_equal(cluster_state(inf).lists, 1);
    cluster_close(&c);
}

static void an_idle_watch_with_bookmarks_is_left_alone(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct kedge_informer *inf = cluster_of_deployments(&c, 10, 2, NULL, &r);
    cluster_start(&c);
    cluster_run(&c, 4 * KEDGE_HOUR);
    assert_int_equal(cluster_state(inf).lists, 1);
    assert_int_equal(cluster_state(inf).failures, 0);
    cluster_assert_equal(&c, inf, &r);
    cluster_close(&c);
}

static void a_server_without_our_history_is_listed_anew(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct kedge_informer *inf = cluster_of_deployments(&c, 10, 2, NULL, &r);
    r.versions_may_go_back = true;
    cluster_start_and_settle(&c, inf, SETTLE);
    uint64_t backup = mock_version(c.mock);
    for (int i = 0; i < 50; i++)
        mock_churn(c.mock);
    assert_true(cluster_settle(&c, inf, SETTLE));
    assert_true(mock_rewind(c.mock, backup));
    assert_true(cluster_settle(&c, inf, KEDGE_HOUR));
    cluster_assert_equal(&c, inf, &r);
    cluster_close(&c);
}

// ---------------------------------------------------------------- servers that misbehave

static void misbehaviour_towards(const struct kedge_informer_options *o, struct mock_fault fault)
{
    struct cluster c;
    struct recorder r;
    struct kedge_informer *inf = cluster_of_deployments(&c, 20, 3, o, &r);
    fault.on = MOCK_ON_LIST;
    fault.count = 2;
    mock_inject(c.mock, &fault);
    fault.on = MOCK_ON_WATCH;
    mock_inject(c.mock, &fault);
    cluster_start(&c);
    // A watch that stalls before its first bookmark is noticed when the server should have ended
    // it.
    assert_true(cluster_settle(&c, inf, KEDGE_HOUR));
    for (int i = 0; i < 10; i++)
        mock_churn(c.mock);
    assert_true(cluster_settle(&c, inf, KEDGE_HOUR));
    cluster_assert_equal(&c, inf, &r);
    cluster_close(&c);
}

static void misbehaviour(struct mock_fault fault)
{
    misbehaviour_towards(NULL, fault);
    misbehaviour_towards(&cluster_lists, fault);
}

static void whatever_the_server_answers_the_cache_recovers(void **state)
{
    (void)state;
    static const int codes[] = {301, 400, 401, 403, 404, 409, 410, 422, 429, 500, 503, 504};
    static const enum mock_fault_kind kinds[] = {
        MOCK_FAULT_CUT,          MOCK_FAULT_RESET,         MOCK_FAULT_STALL,
        MOCK_FAULT_GARBAGE,      MOCK_FAULT_REDIRECT,      MOCK_FAULT_HTML,
        MOCK_FAULT_REFUSE,       MOCK_FAULT_HUGE_CHUNK,    MOCK_FAULT_ENDLESS_HEADER,
        MOCK_FAULT_STOPPED_JSON, MOCK_FAULT_UNKNOWN_EVENT, MOCK_FAULT_NO_METADATA};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        misbehaviour((struct mock_fault){.kind = MOCK_FAULT_STATUS,
                                         .status = codes[i],
                                         .retry_after_s = codes[i] == 429 ? 3 : 0});
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        for (size_t bytes = 0; bytes < 3000; bytes += 700)
            misbehaviour((struct mock_fault){.kind = kinds[i], .bytes = bytes});
    }
}

static void retry_after_is_honoured(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct kedge_informer *inf = cluster_of_deployments(&c, 5, 1, &cluster_lists, &r);
    mock_inject(c.mock, &(struct mock_fault){.kind = MOCK_FAULT_STATUS,
                                             .on = MOCK_ON_LIST,
                                             .status = 429,
                                             .retry_after_s = 50});
    cluster_start(&c);
    kedge_time began = c.port.fake.now;
    cluster_run(&c, 49 * KEDGE_SECOND);
    assert_int_equal(r.adds, 0);
    struct kedge_informer_state s = cluster_state(inf);
    assert_int_equal(s.reason, KEDGE_ERR_API);
    assert_true(cluster_settle(&c, inf, SETTLE));
    assert_in_range(c.port.fake.now - began, 50 * KEDGE_SECOND, 52 * KEDGE_SECOND);
    cluster_close(&c);
}

static void failures_are_followed_by_longer_and_longer_pauses(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){0});
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, NULL, &r);
    c.port.fake.cruelty.refuse = true;
    cluster_start(&c);
    cluster_run(&c, 10 * KEDGE_MINUTE);
    // 0.8 s doubling to 30 s, each lengthened by up to itself: 10 to 30 attempts in ten minutes,
    // and again from the beginning after two minutes, as client-go resets it.
    assert_in_range(cluster_state(inf).failures, 10, 45);
    assert_int_equal(cluster_state(inf).reason, KEDGE_ERR_CONNECT);
    c.port.fake.cruelty.refuse = false;
    assert_true(cluster_settle(&c, inf, 2 * KEDGE_MINUTE));
    cluster_close(&c);
}

static void a_huge_object_becomes_a_partial_one_and_takes_nobody_down(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    char value[3000];
    char text[4096];
    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    cluster_open(&c, &(struct cluster_options){.object_max = 1024});
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_configmap, NULL, &r);
    mock_apply(c.mock, "configmaps",
               "{\"metadata\":{\"namespace\":\"a\",\"name\":\"small\"},"
               "\"data\":{\"k\":\"v\"}}");
    snprintf(text, sizeof text,
             "{\"metadata\":{\"namespace\":\"a\",\"name\":\"large\"},\"data\":{\"k\":\"%s\"}}",
             value);
    mock_apply(c.mock, "configmaps", text);
    cluster_start_and_settle(&c, inf, SETTLE);
    cluster_assert_equal(&c, inf, &r);
    const struct kedge_object *o;
    assert_int_equal(kedge_lister_get(inf, "a", "large", &o), KEDGE_OK);
    assert_true(kedge_is_partial(o));
    assert_int_equal(kedge_lister_get(inf, "a", "small", &o), KEDGE_OK);
    assert_false(kedge_is_partial(o));
    assert_int_equal(cluster_state(inf).partial, 1);
    assert_string_equal(cluster_state(inf).last_partial, "a/large");
    cluster_close(&c);
}

static void a_partial_object_without_a_namespace_is_named(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    char text[4096] = "{\"metadata\":{\"name\":\"large\",\"labels\":{";
    for (int i = 0; i < 40; i++)
        sprintf(text + strlen(text), "%s\"label-number-%d\":\"and its own value %d\"",
                i > 0 ? "," : "", i, i);
    strcat(text, "}}}");
    cluster_open(&c, &(struct cluster_options){.object_max = 1024});
    mock_apply(c.mock, "nodes", text);
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_node, NULL, &r);
    cluster_start_and_settle(&c, inf, SETTLE);
    assert_int_equal(cluster_state(inf).partial, 1);
    assert_string_equal(cluster_state(inf).last_partial, "large");
    cluster_close(&c);
}

static void twenty_megabytes_in_one_object_cost_no_memory(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){0});
    mock_fill(c.mock, 5, 1);
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_configmap, &cluster_lists, &r);
    mock_inject(c.mock, &(struct mock_fault){.kind = MOCK_FAULT_HUGE_OBJECT, .on = MOCK_ON_LIST});
    cluster_start(&c);
    cluster_run(&c, KEDGE_MINUTE);
    assert_true(kedge_informer_has_synced(inf));
    cluster_close(&c);
}

static void a_list_without_end_is_ended_by_the_heap(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){.memory = 128 * 1024});
    mock_fill(c.mock, 5, 1);
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, &cluster_lists, &r);
    mock_inject(c.mock, &(struct mock_fault){.kind = MOCK_FAULT_ENDLESS_LIST, .on = MOCK_ON_LIST});
    cluster_start(&c);
    while (cluster_phase(inf) != KEDGE_STALE)
        assert_int_equal(kedge_poll(c.k, 1000), KEDGE_OK);
    assert_false(kedge_informer_has_synced(inf));
    assert_true(cluster_settle(&c, inf, 4 * KEDGE_HOUR));
    cluster_assert_equal(&c, inf, &r);
    cluster_close(&c);
}

// ---------------------------------------------------------------- every split, every failing call

static void however_the_bytes_are_split(void **state)
{
    (void)state;
    for (size_t size = 1; size <= 64; size += size < 8 ? 1 : 7) {
        struct cluster c;
        struct recorder r;
        cluster_open(&c, &(struct cluster_options){.seed = size, .mock.chunk_bytes = size * 3});
        mock_fill(c.mock, 6, 2);
        struct kedge_informer_options o = {.page = size % 2 != 0 ? 4 : 0};
        struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, &o, &r);
        c.port.fake.cruelty.read_max = size;
        c.port.fake.cruelty.write_max = size;
        c.port.fake.cruelty.block_every = 3;
        c.port.fake.cruelty.connect_steps = 2;
        cluster_start_and_settle(&c, inf, SETTLE);
        for (int i = 0; i < 5; i++)
            mock_churn(c.mock);
        assert_true(cluster_settle(&c, inf, SETTLE));
        assert_int_equal(cluster_state(inf).failures, 0);
        cluster_assert_equal(&c, inf, &r);
        cluster_close(&c);
    }
}

static void one_port_call_failing(const struct kedge_informer_options *o)
{
    for (unsigned at = 1; at < 400; at++) {
        struct cluster c;
        struct recorder r;
        cluster_open(&c, &(struct cluster_options){.seed = at});
        mock_fill(c.mock, 6, 2);
        struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, o, &r);
        c.port.fake.cruelty.read_max = 700;
        c.port.fake.cruelty.fail_only = FAKE_CALL_STREAM;
        c.port.fake.cruelty.fail_at = at;
        cluster_start_and_settle(&c, inf, SETTLE);
        mock_churn(c.mock);
        assert_true(cluster_settle(&c, inf, SETTLE));
        cluster_assert_equal(&c, inf, &r);
        bool reached = c.port.fake.calls >= at;
        cluster_close(&c);
        if (!reached)
            return;
    }
}

static void whichever_port_call_fails(void **state)
{
    (void)state;
    one_port_call_failing(&(struct kedge_informer_options){.page = 4});
    one_port_call_failing(NULL);
}

static void bytes_ending_anywhere(const struct kedge_informer_options *o)
{
    for (size_t at = 0; at < 12000; at += 61) {
        struct cluster c;
        struct recorder r;
        cluster_open(&c, &(struct cluster_options){.seed = at});
        mock_fill(c.mock, 3, 1);
        struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, o, &r);
        c.port.fake.cruelty.cut = true;
        c.port.fake.cruelty.cut_at = at;
        cluster_start(&c);
        cluster_run(&c, 5 * KEDGE_SECOND);
        assert_int_equal(r.deletes, 0);
        c.port.fake.cruelty.cut = false;
        assert_true(cluster_settle(&c, inf, SETTLE));
        cluster_assert_equal(&c, inf, &r);
        cluster_close(&c);
    }
}

static void wherever_the_servers_bytes_end(void **state)
{
    (void)state;
    bytes_ending_anywhere(NULL);
    bytes_ending_anywhere(&cluster_lists);
}

// ---------------------------------------------------------------- memory

static void every_size_of_memory_works_or_names_what_lacks(void **state)
{
    (void)state;
    bool worked = false;
    for (size_t size = 0; size < 96 * 1024; size += size < 8192 ? 61 : 499) {
        struct mock *mock = mock_new(&(struct mock_options){.seed = 1});
        struct mock_port port;
        struct kedge_config config = {.server = "http://kubernetes.test"};
        unsigned char *memory = malloc(size + 1);
        mock_fill(mock, 3, 1);
        mock_port_init(&port, mock, 1);
        struct kedge *k = kedge_init(memory, size, &port.fake.port);
        struct kedge_client *client = kedge_client_new(k, &config);
        struct kedge_factory *factory = kedge_factory_new(client, 0);
        struct kedge_informer *inf = kedge_factory_informer(factory, &kedge_kind_deployment);
        kedge_err err = kedge_factory_start(factory);
        if (k == NULL) {
            assert_int_equal(err, KEDGE_ERR_ARGUMENT);
            assert_int_equal(kedge_run(k), KEDGE_ERR_ARGUMENT);
        } else if (err != KEDGE_OK) {
            assert_false(worked); // more memory never fails where less was enough
            assert_int_equal(kedge_error(k), KEDGE_ERR_MEMORY);
            assert_non_null(strstr(kedge_error_text(k), "bytes"));
            assert_int_equal(kedge_poll(k, 0), KEDGE_ERR_MEMORY);
        } else {
            worked = true;
            kedge_factory_wait_for_cache_sync(factory, KEDGE_MINUTE);
            struct kedge_informer_state s = cluster_state(inf);
            assert_true(s.phase == KEDGE_CURRENT || s.phase == KEDGE_STALE);
            if (s.phase == KEDGE_CURRENT)
                assert_int_equal(s.objects, 3);
        }
        kedge_factory_shutdown(factory);
        kedge_client_free(client);
        mock_port_done(&port);
        free(memory);
    }
    assert_true(worked);
}

// Makes the heap hold about `percent` of it in Deployments and gives their number.
static int fill_to(struct cluster *c, struct kedge_informer *inf, int percent)
{
    int n = 0;
    struct kedge_memory_part parts[32];
    for (;;) {
        size_t count = kedge_memory_report(c->k, parts, 32);
        for (size_t i = 0; i < count; i++) {
            if (strcmp(parts[i].name, "heap") == 0 &&
                parts[i].used * 100 >= parts[i].size * (size_t)percent)
                return n;
        }
        char name[32];
        snprintf(name, sizeof name, "old-%03d", n++);
        mock_apply(c->mock, "deployments", deployment("default", name, 1, NULL));
        assert_true(cluster_settle(c, inf, SETTLE));
    }
}

static void a_heap_of_renamed_objects_recovers_by_a_marking_list(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){.memory = 80 * 1024, .object_max = 1024});
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, NULL, &r);
    cluster_start(&c);
    int n = fill_to(&c, inf, 70);
    assert_true(n > 20);
    c.port.fake.cruelty.refuse = true;
    mock_restart(c.mock, true);
    cluster_run(&c, KEDGE_SECOND);
    for (int i = 0; i < n; i++) {
        char name[32];
        snprintf(name, sizeof name, "old-%03d", i);
        mock_delete(c.mock, "deployments", "default", name);
        snprintf(name, sizeof name, "new-%03d", i);
        mock_apply(c.mock, "deployments", deployment("default", name, 1, NULL));
    }
    mock_compact(c.mock);
    c.port.fake.cruelty.refuse = false;
    while (cluster_phase(inf) != KEDGE_STALE)
        assert_int_equal(kedge_poll(c.k, 1000), KEDGE_OK);
    struct kedge_informer_state s = cluster_state(inf);
    assert_int_equal(s.reason, KEDGE_ERR_FULL);
    assert_true(s.bytes_short > 0);
    assert_non_null(strstr(s.object, "default/new-"));
    const struct kedge_object *o;
    assert_int_equal(kedge_lister_get(inf, "default", "no-such", &o), KEDGE_ERR_STALE);
    assert_true(kedge_informer_has_synced(inf)); // it latches
    assert_true(cluster_settle(&c, inf, KEDGE_MINUTE));
    assert_int_equal(r.tombstones, n);
    assert_int_equal(kedge_lister_get(inf, "default", "no-such", &o), KEDGE_ERR_NOT_FOUND);
    cluster_assert_equal(&c, inf, &r);
    cluster_close(&c);
}

static void too_many_objects_are_stale_until_there_is_room(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){.memory = 80 * 1024, .object_max = 1024});
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, NULL, &r);
    mock_fill(c.mock, 300, 2);
    cluster_start(&c);
    cluster_run(&c, 3 * KEDGE_HOUR);
    struct kedge_informer_state s = cluster_state(inf);
    assert_int_equal(s.phase, KEDGE_STALE);
    assert_false(kedge_informer_has_synced(inf));
    // 30 s doubling to an hour, each attempt two lists: not a storm.
    assert_in_range(s.lists, 4, 40);
    while (mock_count(c.mock, "deployments") > 10) {
        struct mock_item item;
        assert_true(mock_at(c.mock, "deployments", 0, &item));
        char namespace_[64];
        char name[254];
        snprintf(namespace_, sizeof namespace_, "%s", item.namespace);
        snprintf(name, sizeof name, "%s", item.name);
        mock_delete(c.mock, "deployments", namespace_, name);
    }
    assert_true(cluster_settle(&c, inf, 3 * KEDGE_HOUR));
    cluster_assert_equal(&c, inf, &r);
    cluster_close(&c);
}

// True if another object of about that size would find no room.
static bool is_full(const struct kedge_informer *inf)
{
    size_t lacking;
    return kedge__heap_room(&inf->factory->heap, inf->owner, 600, false, &lacking) ==
           KEDGE_ERR_FULL;
}

static void a_full_heap_still_takes_updates_and_deletes(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){.memory = 80 * 1024, .object_max = 1024});
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, NULL, &r);
    cluster_start(&c);
    int n = 0;
    // As many as fit: the next one would be one too many.
    while (n < 30 || !is_full(inf)) {
        char name[32];
        snprintf(name, sizeof name, "d-%04d", n++);
        mock_apply(c.mock, "deployments", deployment("default", name, 1, NULL));
        assert_true(cluster_settle(&c, inf, SETTLE));
    }
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < n; i++) {
            char name[32];
            snprintf(name, sizeof name, "d-%04d", i);
            mock_apply(c.mock, "deployments", deployment("default", name, round + 2, NULL));
        }
        assert_true(cluster_settle(&c, inf, SETTLE));
    }
    assert_int_equal(cluster_state(inf).lists, 1);
    for (int i = 0; i < n; i++) {
        char name[32];
        snprintf(name, sizeof name, "d-%04d", i);
        mock_delete(c.mock, "deployments", "default", name);
    }
    assert_true(cluster_settle(&c, inf, SETTLE));
    assert_int_equal(cluster_state(inf).lists, 1);
    assert_int_equal(r.tombstones, 0);
    cluster_assert_equal(&c, inf, &r);
    cluster_close(&c);
}

// ---------------------------------------------------------------- handlers

static void a_handler_that_is_not_ready_holds_back_the_server(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r[2];
    struct kedge_informer *inf = cluster_of_deployments(&c, 20, 2, NULL, &r[0]);
    cluster_recorder(&c, &r[1]);
    assert_int_equal(kedge_informer_add_handler(inf, &r[1].handler), KEDGE_OK);
    cluster_start_and_settle(&c, inf, SETTLE);
    r[1].busy = true;
    unsigned waits = c.port.fake.waits;
    for (int i = 0; i < 500; i++)
        mock_churn(c.mock);
    uint64_t before = c.port.fake.bytes_read;
    cluster_run(&c, KEDGE_MINUTE);
    assert_true(c.port.fake.bytes_read - before < 300000); // 500 changes are far more
    assert_in_range(c.port.fake.waits - waits, 1, 3000);   // it is asked, but it does not spin
    r[1].busy = false;
    assert_true(cluster_settle(&c, inf, SETTLE));
    assert_int_equal(cluster_state(inf).lists, 1);
    cluster_assert_equal(&c, inf, &r[0]);
    cluster_assert_equal(&c, inf, &r[1]);
    assert_int_equal(r[0].updates, r[1].updates);
    cluster_close(&c);
}

static void a_late_handler_misses_nothing_and_gets_nothing_twice(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r[3];
    struct kedge_informer *inf = cluster_of_deployments(&c, 50, 2, NULL, &r[0]);
    cluster_start_and_settle(&c, inf, SETTLE);
    for (int i = 1; i < 3; i++) {
        cluster_recorder(&c, &r[i]);
        for (int n = 0; n < 30; n++)
            mock_churn(c.mock);
        assert_int_equal(kedge_informer_add_handler(inf, &r[i].handler), KEDGE_OK);
        assert_int_equal(kedge_informer_add_handler(inf, &r[i].handler), KEDGE_ERR_EXISTS);
        assert_false(kedge_handler_has_synced(&r[i].handler));
    }
    assert_true(cluster_settle(&c, inf, SETTLE));
    for (int i = 0; i < 3; i++) {
        assert_true(kedge_handler_has_synced(&r[i].handler));
        cluster_assert_equal(&c, inf, &r[i]);
    }
    assert_int_equal(kedge_informer_remove_handler(inf, &r[1].handler), KEDGE_OK);
    assert_int_equal(kedge_informer_remove_handler(inf, &r[1].handler), KEDGE_OK);
    unsigned adds = r[1].adds;
    mock_apply(c.mock, "deployments", deployment("default", "later", 1, NULL));
    assert_true(cluster_settle(&c, inf, SETTLE));
    assert_int_equal(r[1].adds, adds);
    cluster_assert_equal(&c, inf, &r[2]);
    cluster_close(&c);
}

struct meddler {
    struct kedge_handler handler;
    struct kedge *k;
    struct kedge_informer *inf;
    struct recorder other;
    unsigned calls;
    kedge_err polled;
    bool stops;
};

static void meddle(void *ctx, const struct kedge_object *o, bool initial)
{
    struct meddler *m = ctx;
    (void)initial;
    m->calls++;
    m->polled = kedge_poll(m->k, 0);
    if (m->calls == 3)
        assert_int_equal(kedge_informer_add_handler(m->inf, &m->other.handler), KEDGE_OK);
    if (m->calls == 5) {
        kedge_informer_remove_handler(m->inf, &m->handler);
        if (m->stops)
            kedge_informer_stop(m->inf);
        assert_true(strlen(kedge_name(o)) > 0); // still there until we return
    }
}

static void a_handler_may_add_and_remove_handlers_and_stop(void **state)
{
    (void)state;
    for (int stops = 0; stops < 2; stops++) {
        struct cluster c;
        struct meddler m = {.stops = stops != 0};
        struct kedge_informer *inf = cluster_of_deployments(&c, 20, 2, NULL, NULL);
        m.k = c.k;
        m.inf = inf;
        m.handler.on_add = meddle;
        m.handler.ctx = &m;
        cluster_recorder(&c, &m.other);
        kedge_informer_add_handler(inf, &m.handler);
        cluster_start(&c);
        cluster_run(&c, KEDGE_SECOND);
        assert_int_equal(m.calls, 5);
        assert_int_equal(m.polled, KEDGE_ERR_REENTRANT);
        if (!stops)
            cluster_assert_equal(&c, inf, &m.other);
        else
            assert_int_equal(kedge_informer_add_handler(inf, &m.handler), KEDGE_ERR_STATE);
        cluster_close(&c);
    }
}

static void a_resync_tells_every_handler_in_its_own_time(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r[3];
    cluster_open(&c, &(struct cluster_options){.resync = 10 * KEDGE_SECOND});
    mock_fill(c.mock, 10, 2);
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, NULL, &r[0]);
    for (int i = 1; i < 3; i++) {
        cluster_recorder(&c, &r[i]);
        r[i].handler.resync = i == 1 ? 25 * KEDGE_SECOND : KEDGE_FOREVER;
        assert_int_equal(kedge_informer_add_handler(inf, &r[i].handler), KEDGE_OK);
    }
    cluster_start(&c);
    cluster_run(&c, 101 * KEDGE_SECOND);
    assert_int_equal(r[0].resyncs, 100);
    assert_int_equal(r[1].resyncs, 40);
    assert_int_equal(r[2].resyncs, 0);
    cluster_close(&c);
}

// ---------------------------------------------------------------- listers

static void a_walk_that_goes_on_after_polls_gives_each_lasting_object_once(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){0});
    for (int i = 0; i < 40; i++) {
        char name[32];
        snprintf(name, sizeof name, "lasting-%02d", i);
        mock_apply(c.mock, "deployments", deployment("keep", name, 1, NULL));
        snprintf(name, sizeof name, "passing-%02d", i);
        mock_apply(c.mock, "deployments", deployment("drop", name, 1, NULL));
    }
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, NULL, &r);
    cluster_start_and_settle(&c, inf, SETTLE);
    unsigned seen = 0;
    int n = 0;
    struct kedge_iter it = kedge_lister_list(inf, "keep", KEDGE_EVERYTHING);
    for (const struct kedge_object *o; (o = kedge_iter_next(&it)) != NULL; n++) {
        assert_string_equal(kedge_namespace(o), "keep");
        seen++;
        char name[32];
        snprintf(name, sizeof name, "passing-%02d", n);
        mock_delete(c.mock, "deployments", "drop", name);
        snprintf(name, sizeof name, "lasting-%02d", (n * 7) % 40);
        mock_apply(c.mock, "deployments", deployment("keep", name, n + 2, NULL));
        cluster_run(&c, 200);
    }
    assert_int_equal(seen, 40);
    cluster_close(&c);
}

static void a_list_by_label_selector_gives_what_matches(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct kedge_selector selector;
    cluster_open(&c, &(struct cluster_options){0});
    for (int i = 0; i < 9; i++) {
        char name[32];
        snprintf(name, sizeof name, "app-%d", i % 3 + 3 * (i / 3));
        mock_apply(c.mock, "deployments", deployment("default", name, 1, NULL));
    }
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, NULL, &r);
    cluster_start_and_settle(&c, inf, SETTLE);
    assert_int_equal(kedge_selector_parse(&selector, "app in (app-1,app-5),!none"), KEDGE_OK);
    struct kedge_iter it = kedge_lister_list(inf, NULL, &selector);
    int n = 0;
    for (const struct kedge_object *o; (o = kedge_iter_next(&it)) != NULL; n++)
        assert_true(strcmp(kedge_name(o), "app-1") == 0 || strcmp(kedge_name(o), "app-5") == 0);
    assert_int_equal(n, 2);
    cluster_close(&c);
}

static void a_reference_outlives_moves_and_updates_and_ends_with_its_object(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){.memory = 80 * 1024, .object_max = 1024});
    mock_apply(c.mock, "deployments", deployment("default", "mine", 1, NULL));
    mock_fill(c.mock, 20, 2);
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, NULL, &r);
    cluster_start_and_settle(&c, inf, SETTLE);
    const struct kedge_object *o;
    assert_int_equal(kedge_lister_get(inf, "default", "mine", &o), KEDGE_OK);
    kedge_ref ref = kedge_lister_ref(inf, o);
    for (int i = 0; i < 300; i++) {
        char name[32];
        snprintf(name, sizeof name, "other-%d", i % 7);
        mock_apply(c.mock, "deployments", deployment("default", name, i, NULL));
        if (i % 3 == 0)
            mock_delete(c.mock, "deployments", "default", name);
        if (i % 10 == 0)
            mock_apply(c.mock, "deployments", deployment("default", "mine", i, NULL));
        cluster_run(&c, 20);
    }
    assert_true(cluster_settle(&c, inf, SETTLE));
    o = kedge_lister_deref(inf, ref);
    assert_non_null(o);
    assert_string_equal(kedge_name(o), "mine");
    assert_int_equal(kedge_as_deployment(o)->spec_replicas, 290);
    mock_delete(c.mock, "deployments", "default", "mine");
    assert_true(cluster_settle(&c, inf, SETTLE));
    assert_null(kedge_lister_deref(inf, ref));
    mock_apply(c.mock, "deployments", deployment("default", "mine", 1, NULL));
    assert_true(cluster_settle(&c, inf, SETTLE));
    assert_null(kedge_lister_deref(inf, ref));
    cluster_close(&c);
}

static void a_scope_is_honoured_in_list_and_watch(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r[2];
    cluster_open(&c, &(struct cluster_options){.memory = 512 * 1024});
    mock_fill(c.mock, 30, 3);
    struct kedge_informer_options one = {.namespace_ = "mine"};
    struct kedge_informer_options web = {.label_selector = "app=web"};
    struct kedge_informer *a = cluster_informer(&c, &kedge_kind_deployment, &one, &r[0]);
    struct kedge_informer *b = cluster_informer(&c, &kedge_kind_deployment, &web, &r[1]);
    assert_ptr_not_equal(a, b);
    assert_ptr_equal(a, kedge_factory_informer_with(c.factory, &kedge_kind_deployment, &one));
    cluster_start(&c);
    mock_apply(c.mock, "deployments", deployment("mine", "web", 1, NULL));
    mock_apply(c.mock, "deployments", deployment("mine", "other", 1, NULL));
    mock_apply(c.mock, "deployments", deployment("theirs", "web", 1, NULL));
    cluster_run(&c, 10 * KEDGE_SECOND);
    assert_int_equal(kedge_lister_count(a), 2);
    assert_int_equal(kedge_lister_count(b), 2);
    // An object that leaves the selector is deleted, one that enters is added.
    mock_apply(
        c.mock, "deployments",
        "{\"metadata\":{\"namespace\":\"theirs\",\"name\":\"web\",\"labels\":{\"app\":\"x\"}},"
        "\"spec\":{\"replicas\":1}}");
    cluster_run(&c, 10 * KEDGE_SECOND);
    assert_int_equal(kedge_lister_count(b), 1);
    assert_int_equal(r[1].deletes, 1);
    cluster_close(&c);
}

// ---------------------------------------------------------------- stopping

static void stop_wakes_and_ends_every_wait(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){0});
    cluster_informer(&c, &kedge_kind_deployment, NULL, &r);
    cluster_start(&c);
    kedge_stop(c.k);
    assert_int_equal(kedge_factory_wait_for_cache_sync(c.factory, KEDGE_FOREVER),
                     KEDGE_ERR_STOPPED);
    assert_int_equal(kedge_run(c.k), KEDGE_OK);
    cluster_close(&c);
}

static void a_sync_that_takes_too_long_says_why(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){0});
    cluster_informer(&c, &kedge_kind_deployment, NULL, &r);
    c.port.fake.cruelty.refuse = true;
    cluster_start(&c);
    kedge_time began = c.port.fake.now;
    assert_int_equal(kedge_factory_wait_for_cache_sync(c.factory, 5 * KEDGE_SECOND),
                     KEDGE_ERR_TIMEOUT);
    assert_int_equal(c.port.fake.now - began, 5 * KEDGE_SECOND);
    assert_non_null(strstr(kedge_error_text(c.k), "deployments"));
    assert_non_null(strstr(kedge_error_text(c.k), "nobody accepts connections"));
    c.port.fake.cruelty.refuse = false;
    assert_int_equal(kedge_factory_wait_for_cache_sync(c.factory, KEDGE_MINUTE), KEDGE_OK);
    cluster_close(&c);
}

static void calls_on_nothing_do_nothing(void **state)
{
    (void)state;
    struct kedge_handler h = {0};
    const struct kedge_object *o;
    assert_null(kedge_client_new(NULL, NULL));
    assert_null(kedge_factory_new(NULL, 0));
    assert_null(kedge_factory_informer(NULL, &kedge_kind_deployment));
    assert_int_equal(kedge_informer_add_handler(NULL, &h), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_factory_start(NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_factory_wait_for_cache_sync(NULL, 1), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_run(NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_lister_get(NULL, "", "x", &o), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_lister_count(NULL), 0);
    struct kedge_iter it = kedge_lister_list(NULL, "default", KEDGE_EVERYTHING);
    assert_null(kedge_iter_next(&it));
    kedge_factory_shutdown(NULL);
    kedge_client_free(NULL);
    kedge_stop(NULL);
}

// An argument picks the tests whose names match it.
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cache_becomes_what_the_server_has),
        cmocka_unit_test(changes_arrive_by_the_watch),
        cmocka_unit_test(a_long_churn_is_followed_to_the_letter),
        cmocka_unit_test(all_kinds_share_one_heap),
        cmocka_unit_test(pages_are_walked_to_their_end),
        cmocka_unit_test(an_unpaged_list_is_one_request),
        cmocka_unit_test(an_expired_continue_begins_the_list_anew),
        cmocka_unit_test(a_list_that_breaks_off_deletes_nothing),
        cmocka_unit_test(expiry_as_an_event_relists_with_tombstones),
        cmocka_unit_test(expiry_as_a_status_relists_with_tombstones),
        cmocka_unit_test(a_watch_that_ends_well_is_resumed_from_its_version),
        cmocka_unit_test(a_broken_watch_is_resumed_from_its_version),
        cmocka_unit_test(a_silent_watch_is_a_dead_watch),
        cmocka_unit_test(an_idle_watch_with_bookmarks_is_left_alone),
        cmocka_unit_test(a_server_without_our_history_is_listed_anew),
        cmocka_unit_test(whatever_the_server_answers_the_cache_recovers),
        cmocka_unit_test(retry_after_is_honoured),
        cmocka_unit_test(failures_are_followed_by_longer_and_longer_pauses),
        cmocka_unit_test(a_huge_object_becomes_a_partial_one_and_takes_nobody_down),
        cmocka_unit_test(a_partial_object_without_a_namespace_is_named),
        cmocka_unit_test(twenty_megabytes_in_one_object_cost_no_memory),
        cmocka_unit_test(a_list_without_end_is_ended_by_the_heap),
        cmocka_unit_test(however_the_bytes_are_split),
        cmocka_unit_test(whichever_port_call_fails),
        cmocka_unit_test(wherever_the_servers_bytes_end),
        cmocka_unit_test(every_size_of_memory_works_or_names_what_lacks),
        cmocka_unit_test(a_heap_of_renamed_objects_recovers_by_a_marking_list),
        cmocka_unit_test(too_many_objects_are_stale_until_there_is_room),
        cmocka_unit_test(a_full_heap_still_takes_updates_and_deletes),
        cmocka_unit_test(a_handler_that_is_not_ready_holds_back_the_server),
        cmocka_unit_test(a_late_handler_misses_nothing_and_gets_nothing_twice),
        cmocka_unit_test(a_handler_may_add_and_remove_handlers_and_stop),
        cmocka_unit_test(a_resync_tells_every_handler_in_its_own_time),
        cmocka_unit_test(a_walk_that_goes_on_after_polls_gives_each_lasting_object_once),
        cmocka_unit_test(a_list_by_label_selector_gives_what_matches),
        cmocka_unit_test(a_reference_outlives_moves_and_updates_and_ends_with_its_object),
        cmocka_unit_test(a_scope_is_honoured_in_list_and_watch),
        cmocka_unit_test(stop_wakes_and_ends_every_wait),
        cmocka_unit_test(a_sync_that_takes_too_long_says_why),
        cmocka_unit_test(calls_on_nothing_do_nothing),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
