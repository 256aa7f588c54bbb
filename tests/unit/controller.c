// SPDX-License-Identifier: Apache-2.0
// The controller over the mock API server: from what informers tell of to keys, what comes of each,
// and how it begins and ends.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/context.h"
#include "cluster.h"
#include "kedge/controller.h"

#define KEDGE_ROWS_sensor(FIELD, LIST, ENUM, K) \
    FIELD(K, INT32, spec_interval_seconds, "spec", "intervalSeconds")
KEDGE_DECLARE_KIND(sensor)
KEDGE_DEFINE_KIND(sensor, "edge.example.com", "v1", "sensors", "Sensor", KEDGE_NAMESPACED)

enum { CALLS = 512 };

// What the reconcile function was asked, and what it answers.
struct world {
    struct cluster cluster;
    struct kedge_informer *sensors;
    struct kedge_informer *configmaps;
    struct kedge_controller_source of_sensors;
    struct kedge_controller_source of_configmaps;
    struct kedge_controller *c;

    char keys[CALLS][64];
    kedge_time at[CALLS];
    uint32_t failures[CALLS];
    size_t calls;
    char logged[8][512];
    size_t log_count;

    kedge_err answer; // of every call
    unsigned fails;   // so many calls answer KEDGE_ERR_IO first
    struct kedge_reconcile_result result;
    void (*also)(struct world *w, const struct kedge_reconcile *r); // called in each
    unsigned puts;                                                  // so that no two are alike
};

static kedge_err reconcile(void *ctx, const struct kedge_reconcile *r,
                           struct kedge_reconcile_result *result)
{
    struct world *w = ctx;
    char joined[KEDGE_KEY_MAX];
    assert_true(w->calls < CALLS);
    assert_false(result->requeue);
    assert_int_equal(result->requeue_after, 0);
    snprintf(joined, sizeof joined, "%s%s%s", r->namespace_, r->namespace_[0] ? "/" : "", r->name);
    assert_string_equal(joined, r->key);
    snprintf(w->keys[w->calls], sizeof w->keys[0], "%s", r->key);
    w->at[w->calls] = w->cluster.port.fake.now;
    w->failures[w->calls] = r->failures;
    w->calls++;
    if (w->also != NULL)
        w->also(w, r);
    *result = w->result;
    if (w->fails == 0)
        return w->answer;
    w->fails--;
    return KEDGE_ERR_IO;
}

static void logged(void *ctx, enum kedge_log_level level, const char *text)
{
    struct world *w = ctx;
    (void)level;
    snprintf(w->logged[w->log_count++ % 8], sizeof w->logged[0], "%s", text);
}

static struct world *open_world(const struct kedge_controller_options *options)
{
    static const struct mock_crd crd = {.group = "edge.example.com",
                                        .version = "v1",
                                        .plural = "sensors",
                                        .kind = "Sensor",
                                        .namespaced = true};
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    cluster_open(&w->cluster, &(struct cluster_options){.mock = {.crds = &crd, .crd_count = 1}});
    kedge_log_to(w->cluster.k, KEDGE_LOG_WARNING, logged, w);
    struct kedge_controller_options o =
        options != NULL ? *options : (struct kedge_controller_options){0};
    o.name = "test";
    o.reconcile = reconcile;
    o.ctx = w;
    w->c = kedge_controller_new(w->cluster.k, &o);
    assert_non_null(w->c);
    w->sensors = kedge_factory_informer(w->cluster.factory, &kedge_kind_sensor);
    w->configmaps = kedge_factory_informer(w->cluster.factory, &kedge_kind_configmap);
    return w;
}

static void watch_sensors(struct world *w)
{
    assert_int_equal(kedge_controller_watch(w->c, w->sensors, &w->of_sensors), KEDGE_OK);
}

static void watch_configmaps(struct world *w)
{
    assert_int_equal(kedge_controller_watch(w->c, w->configmaps, &w->of_configmaps), KEDGE_OK);
}

// Steps and polls for so long.
static void drive(struct world *w, kedge_time ms)
{
    kedge_time until = w->cluster.port.fake.now + ms;
    kedge_err err = KEDGE_OK;
    while ((err == KEDGE_OK || err == KEDGE_WAIT) && w->cluster.port.fake.now < until) {
        err = kedge_controller_step(w->c);
        if (err == KEDGE_OK || err == KEDGE_WAIT)
            assert_int_equal(
                kedge_poll(w->cluster.k, err == KEDGE_OK ? 0 : until - w->cluster.port.fake.now),
                KEDGE_OK);
    }
}

static void begin(struct world *w)
{
    cluster_start(&w->cluster);
    drive(w, KEDGE_SECOND);
}

static void close_world(struct world *w)
{
    kedge_controller_shut_down(w->c);
    kedge_err err = KEDGE_OK;
    while (err == KEDGE_OK)
        err = kedge_controller_step(w->c);
    assert_int_equal(err, KEDGE_ERR_STOPPED);
    cluster_close(&w->cluster);
    free(w);
}

static size_t count_of(const struct world *w, const char *key)
{
    size_t n = 0;
    for (size_t i = 0; i < w->calls; i++)
        n += strcmp(w->keys[i], key) == 0 ? 1 : 0;
    return n;
}

static struct kedge_controller_report report(const struct world *w)
{
    struct kedge_controller_report r;
    assert_int_equal(kedge_controller_report(w->c, &r), KEDGE_OK);
    return r;
}

static void put_sensor(struct world *w, const char *name, int interval, int generation)
{
    char text[256];
    snprintf(text, sizeof text,
             "{\"metadata\":{\"namespace\":\"default\",\"name\":\"%s\",\"generation\":%d,"
             "\"labels\":{\"put\":\"%u\"}},\"spec\":{\"intervalSeconds\":%d}}",
             name, generation, w->puts++, interval);
    assert_true(mock_apply(w->cluster.mock, "sensors", text) > 0);
}

// `owners`: JSON of the list's inside.
static void put_configmap(struct world *w, const char *name, const char *label, const char *owners)
{
    char text[512];
    snprintf(text, sizeof text,
             "{\"metadata\":{\"namespace\":\"default\",\"name\":\"%s\",\"labels\":{\"of\":\"%s\"},"
             "\"ownerReferences\":[%s]}}",
             name, label, owners);
    assert_true(mock_apply(w->cluster.mock, "configmaps", text) > 0);
}

#define OWNER(version, kind, name, controller)                               \
    "{\"apiVersion\":\"" version "\",\"kind\":\"" kind "\",\"name\":\"" name \
    "\",\"uid\":\"u\",\"controller\":" controller "}"

// ---------------------------------------------------------------- from objects to keys

static void what_is_there_comes_when_the_caches_are_whole(void **state)
{
    (void)state;
    struct world *w = open_world(NULL);
    for (int i = 0; i < 20; i++) {
        char name[16];
        snprintf(name, sizeof name, "s-%d", i);
        put_sensor(w, name, 5, 1);
    }
    put_configmap(w, "c", "x", "");
    watch_sensors(w);
    watch_configmaps(w);
    mock_inject(w->cluster.mock, &(struct mock_fault){.kind = MOCK_FAULT_STATUS,
                                                      .status = 500,
                                                      .on = MOCK_ON_ANY,
                                                      .resource = "configmaps"});
    cluster_start(&w->cluster);
    for (int i = 0; i < 1000 && !kedge_informer_has_synced(w->configmaps); i++) {
        assert_int_equal(w->calls, 0); // sensors are whole long since
        kedge_controller_step(w->c);
        kedge_poll(w->cluster.k, 100);
    }
    assert_true(kedge_informer_has_synced(w->configmaps));
    assert_int_equal(w->calls, 0);
    assert_false(report(w).synced);
    drive(w, KEDGE_SECOND);
    assert_int_equal(w->calls, 21);
    assert_int_equal(count_of(w, "default/s-0"), 1);
    assert_int_equal(count_of(w, "default/s-19"), 1);
    assert_int_equal(count_of(w, "default/c"), 1);
    assert_true(report(w).synced);
    assert_int_equal(report(w).reconciles, 21);
    assert_int_equal(report(w).events, 21);
    close_world(w);
}

static void a_cache_may_be_larger_than_the_queue(void **state)
{
    (void)state;
    struct world *w = open_world(&(struct kedge_controller_options){.keys = 4});
    char name[32];
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "s-%d", i);
        put_sensor(w, name, 5, 1);
    }
    watch_sensors(w);
    begin(w);
    assert_int_equal(w->calls, 200);
    assert_int_equal(report(w).queue.refused, 0);
    assert_true(report(w).queue.keys_peak <= 4);
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "default/s-%d", i);
        assert_int_equal(count_of(w, name), 1);
    }
    close_world(w);
}

static void what_changes_comes_once(void **state)
{
    (void)state;
    struct world *w = open_world(NULL);
    watch_sensors(w);
    begin(w);
    assert_int_equal(w->calls, 0);
    put_sensor(w, "a", 5, 1);
    put_sensor(w, "a", 6, 2);
    put_sensor(w, "a", 7, 3);
    drive(w, KEDGE_SECOND);
    assert_int_equal(count_of(w, "default/a"), w->calls);
    assert_true(w->calls >= 1 && w->calls <= 3);
    w->calls = 0;
    mock_delete(w->cluster.mock, "sensors", "default", "a");
    drive(w, KEDGE_SECOND);
    assert_int_equal(w->calls, 1);
    assert_string_equal(w->keys[0], "default/a");
    close_world(w);
}

static void a_deletion_that_was_not_seen_comes_too(void **state)
{
    (void)state;
    struct world *w = open_world(NULL);
    put_sensor(w, "a", 5, 1);
    put_sensor(w, "b", 5, 1);
    watch_sensors(w);
    begin(w);
    assert_int_equal(w->calls, 2);
    w->calls = 0;
    mock_inject(w->cluster.mock,
                &(struct mock_fault){.kind = MOCK_FAULT_CUT, .on = MOCK_ON_WATCH, .now = true});
    mock_delete(w->cluster.mock, "sensors", "default", "a");
    mock_compact(w->cluster.mock);
    drive(w, 2 * KEDGE_MINUTE);
    assert_int_equal(w->calls, 1);
    assert_string_equal(w->keys[0], "default/a");
    close_world(w);
}

static void a_resync_comes_unless_a_predicate_keeps_it_out(void **state)
{
    (void)state;
    for (int kept_out = 0; kept_out < 2; kept_out++) {
        struct world *w = open_world(NULL);
        put_sensor(w, "a", 5, 1);
        w->of_sensors.predicate = kept_out ? kedge_controller_version_changed : NULL;
        w->sensors = kedge_factory_informer_with(
            w->cluster.factory, &kedge_kind_sensor,
            &(struct kedge_informer_options){.resync = 10 * KEDGE_SECOND, .namespace_ = "default"});
        watch_sensors(w);
        begin(w);
        drive(w, 35 * KEDGE_SECOND);
        assert_int_equal(w->calls, kept_out ? 1 : 4);
        put_sensor(w, "a", 5, 1); // a new version of the same
        drive(w, KEDGE_SECOND);
        assert_int_equal(w->calls, kept_out ? 2 : 5);
        close_world(w);
    }
}

static void a_predicate_looks_at_the_generation(void **state)
{
    (void)state;
    struct world *w = open_world(NULL);
    put_sensor(w, "a", 5, 1);
    w->of_sensors.predicate = kedge_controller_generation_changed;
    watch_sensors(w);
    begin(w);
    assert_int_equal(w->calls, 1); // what is there always passes
    put_sensor(w, "a", 5, 1);
    drive(w, KEDGE_SECOND);
    assert_int_equal(w->calls, 1);
    assert_int_equal(report(w).unwanted, 1);
    put_sensor(w, "a", 7, 2);
    drive(w, KEDGE_SECOND);
    assert_int_equal(w->calls, 2);
    mock_delete(w->cluster.mock, "sensors", "default", "a");
    drive(w, KEDGE_SECOND);
    assert_int_equal(w->calls, 3);
    assert_int_equal(report(w).unwanted, 1);
    close_world(w);
}

static void an_object_leads_to_its_controller(void **state)
{
    (void)state;
    struct world *w = open_world(NULL);
    w->of_configmaps.map = kedge_controller_map_controller;
    w->of_configmaps.map_ctx = &kedge_kind_sensor;
    put_configmap(w, "mine", "x", OWNER("edge.example.com/v1alpha1", "Sensor", "a", "true"));
    put_configmap(w, "not-controlled", "x", OWNER("edge.example.com/v1", "Sensor", "b", "false"));
    put_configmap(w, "other-group", "x", OWNER("example.com/v1", "Sensor", "c", "true"));
    put_configmap(w, "no-group", "x", OWNER("v1", "Sensor", "d", "true"));
    put_configmap(w, "other-kind", "x", OWNER("edge.example.com/v1", "Sensors", "e", "true"));
    put_configmap(w, "nobody's", "x", "");
    watch_configmaps(w);
    begin(w);
    assert_int_equal(w->calls, 1);
    assert_string_equal(w->keys[0], "default/a");
    assert_int_equal(report(w).events, 6);
    // One that changes hands is the business of both.
    put_configmap(w, "mine", "x", OWNER("edge.example.com/v1", "Sensor", "z", "true"));
    drive(w, KEDGE_SECOND);
    assert_int_equal(w->calls, 3);
    assert_int_equal(count_of(w, "default/a"), 2);
    assert_int_equal(count_of(w, "default/z"), 1);
    mock_delete(w->cluster.mock, "configmaps", "default", "mine");
    drive(w, KEDGE_SECOND);
    assert_int_equal(w->calls, 4);
    assert_int_equal(count_of(w, "default/z"), 2);
    close_world(w);
}

static void an_object_leads_to_all_its_owners(void **state)
{
    (void)state;
    struct world *w = open_world(NULL);
    w->of_configmaps.map = kedge_controller_map_owners;
    w->of_configmaps.map_ctx = &kedge_kind_node; // of the core group, without namespaces
    w->of_configmaps.keys = 2;
    put_configmap(w, "c", "x",
                  OWNER("v1", "Node", "n1", "false") "," OWNER("v1", "Pod", "p", "true") "," OWNER(
                      "v1", "Node", "n2", "false"));
    watch_configmaps(w);
    begin(w);
    assert_int_equal(w->calls, 2);
    assert_string_equal(w->keys[0], "n1");
    assert_string_equal(w->keys[1], "n2");
    close_world(w);
}

static void an_object_leads_to_what_its_label_names(void **state)
{
    (void)state;
    for (int cluster = 0; cluster < 2; cluster++) {
        struct world *w = open_world(NULL);
        w->of_configmaps.map =
            cluster ? kedge_controller_map_label_cluster : kedge_controller_map_label;
        w->of_configmaps.map_ctx = "of";
        put_configmap(w, "one", "a", "");
        put_configmap(w, "two", "a", "");
        put_configmap(w, "without", "", "");
        watch_configmaps(w);
        begin(w);
        assert_int_equal(w->calls, 1);
        assert_string_equal(w->keys[0], cluster ? "a" : "default/a");
        put_configmap(w, "one", "b", "");
        drive(w, KEDGE_SECOND);
        assert_int_equal(w->calls, 3);
        assert_int_equal(count_of(w, cluster ? "b" : "default/b"), 1);
        close_world(w);
    }
}

static void three_keys(const void *ctx, const struct kedge_object *obj,
                       struct kedge_controller_keys *out)
{
    char name[300];
    assert_ptr_equal(ctx, "three");
    snprintf(name, sizeof name, "%s-1", kedge_name(obj));
    kedge_controller_key(out, KEDGE_STR("ns"), kedge_str_of(name));
    snprintf(name, sizeof name, "%s-2", kedge_name(obj));
    kedge_controller_key(out, KEDGE_STR(""), kedge_str_of(name));
    snprintf(name, sizeof name, "%s-3", kedge_name(obj));
    kedge_controller_key(out, KEDGE_STR("ns"), kedge_str_of(name));
}

static void a_function_leads_to_as_many_as_it_likes(void **state)
{
    (void)state;
    struct world *w = open_world(&(struct kedge_controller_options){.keys = 6, .bytes = 6 * 324});
    w->of_sensors.map = three_keys;
    w->of_sensors.map_ctx = "three";
    w->of_sensors.keys = 3;
    for (int i = 0; i < 20; i++) {
        char name[16];
        snprintf(name, sizeof name, "s-%d", i);
        put_sensor(w, name, 5, 1);
    }
    watch_sensors(w);
    begin(w);
    assert_int_equal(w->calls, 60);
    assert_int_equal(count_of(w, "ns/s-7-1"), 1);
    assert_int_equal(count_of(w, "s-7-2"), 1);
    assert_int_equal(report(w).queue.refused, 0);
    assert_int_equal(report(w).bad_keys, 0);
    close_world(w);
}

static void a_map_that_gives_more_than_it_said_is_named(void **state)
{
    (void)state;
    struct world *w = open_world(&(struct kedge_controller_options){.keys = 2});
    w->of_sensors.map = three_keys;
    w->of_sensors.map_ctx = "three";
    put_sensor(w, "a", 5, 1);
    watch_sensors(w);
    begin(w);
    assert_int_equal(w->calls, 2);
    assert_int_equal(report(w).bad_keys, 1);
    assert_string_equal(w->logged[0],
                        "test: a source gave namespace \"ns\", name \"a-3\", for which there is no "
                        "room: the source's `keys` says fewer than it gives");
    close_world(w);
}

static void bad_keys(const void *ctx, const struct kedge_object *obj,
                     struct kedge_controller_keys *out)
{
    static char long_name[255];
    (void)ctx;
    (void)obj;
    memset(long_name, 'n', 254);
    kedge_controller_key(out, KEDGE_STR("ns"), KEDGE_STR(""));
    kedge_controller_key(out, KEDGE_STR("ns"), KEDGE_STR("a/b"));
    kedge_controller_key(out, KEDGE_STR("n/s"), KEDGE_STR("a"));
    kedge_controller_key(out, KEDGE_STR("n\0s"), KEDGE_STR("a"));
    kedge_controller_key(out, KEDGE_STR("ns"), (kedge_str){long_name, 254});
    kedge_controller_key(out, (kedge_str){long_name, 64}, KEDGE_STR("a"));
    kedge_controller_key(out, (kedge_str){long_name, 63}, (kedge_str){long_name, 253}); // good
}

static size_t name_len, namespace_len;

static void measure(struct world *w, const struct kedge_reconcile *r)
{
    (void)w;
    name_len = strlen(r->name);
    namespace_len = strlen(r->namespace_);
}

static void what_is_no_key_is_named(void **state)
{
    (void)state;
    struct world *w = open_world(NULL);
    w->of_sensors.map = bad_keys;
    w->also = measure;
    put_sensor(w, "a", 5, 1);
    watch_sensors(w);
    begin(w);
    assert_int_equal(w->calls, 1);
    assert_int_equal(namespace_len, 63);
    assert_int_equal(name_len, 253);
    assert_int_equal(report(w).bad_keys, 6);
    assert_string_equal(w->logged[0],
                        "test: a source gave namespace \"ns\", name \"\", which is no key");
    close_world(w);
}

// ---------------------------------------------------------------- what comes of a reconcile

static void open_with_one(struct world **w, const struct kedge_controller_options *options)
{
    *w = open_world(options);
    put_sensor(*w, "a", 5, 1);
    watch_sensors(*w);
}

static void a_failure_comes_again_ever_later(void **state)
{
    (void)state;
    struct world *w;
    open_with_one(&w, NULL);
    w->fails = 6;
    begin(w);
    assert_int_equal(w->calls, 7);
    for (uint32_t i = 0; i < 7; i++) {
        assert_int_equal(w->failures[i], i);
        if (i > 0)
            assert_int_equal(w->at[i] - w->at[i - 1], 5 << (i - 1));
    }
    assert_int_equal(report(w).errors, 6);
    assert_int_equal(report(w).reconciles, 7);
    assert_int_equal(report(w).given_up, 0);
    assert_string_equal(w->logged[0], "test: default/a is tried again after failure 1: the "
                                      "connection broke");
    // It went well once: its failures are forgotten.
    assert_int_equal(report(w).queue.keys, 0);
    w->fails = 1;
    put_sensor(w, "a", 6, 2);
    drive(w, KEDGE_SECOND);
    assert_int_equal(w->calls, 9);
    assert_int_equal(w->failures[7], 0);
    assert_int_equal(w->at[8] - w->at[7], 5);
    close_world(w);
}

static void a_key_that_fails_too_often_is_given_up(void **state)
{
    (void)state;
    for (int retries = -1; retries < 4; retries++) {
        if (retries == 0)
            continue;
        struct world *w;
        open_with_one(&w, &(struct kedge_controller_options){.retries = retries});
        size_t calls = retries < 0 ? 1 : (size_t)retries + 1;
        w->answer = KEDGE_ERR_API;
        w->result.problem = "no\nway";
        begin(w);
        drive(w, KEDGE_HOUR);
        assert_int_equal(w->calls, calls);
        assert_int_equal(report(w).given_up, 1);
        assert_int_equal(report(w).queue.keys, 0);
        char expected[128];
        snprintf(expected, sizeof expected, "test: default/a is given up after failure %d: no?way",
                 (int)calls);
        assert_string_equal(w->logged[calls - 1], expected);
        // Until something happens to it: then its failures are counted anew.
        put_sensor(w, "a", 6, 2);
        drive(w, KEDGE_HOUR);
        assert_int_equal(w->calls, 2 * calls);
        assert_int_equal(w->failures[calls], 0);
        close_world(w);
    }
}

static void what_asks_to_come_again_does(void **state)
{
    (void)state;
    struct world *w;
    open_with_one(&w, NULL);
    w->result.requeue = true;
    begin(w);
    size_t calls = w->calls;
    assert_true(calls >= 7 && calls <= 9); // 5, 10, 20, ... ms
    for (size_t i = 1; i < calls; i++)
        assert_int_equal(w->at[i] - w->at[i - 1], 5 << (i - 1));
    assert_int_equal(report(w).errors, 0);
    assert_int_equal(report(w).requeues, calls);
    close_world(w);
}

static void what_asks_to_come_later_does(void **state)
{
    (void)state;
    struct world *w;
    open_with_one(&w, NULL);
    w->fails = 2; // they are forgotten
    w->result.requeue_after = 10 * KEDGE_SECOND;
    w->result.requeue = true; // the time counts
    begin(w);
    drive(w, 45 * KEDGE_SECOND);
    assert_int_equal(w->calls, 2 + 5);
    for (size_t i = 3; i < w->calls; i++) {
        assert_int_equal(w->at[i] - w->at[i - 1], 10 * KEDGE_SECOND);
        assert_int_equal(w->failures[i], 0);
    }
    close_world(w);
}

// ---------------------------------------------------------------- a full queue

static void a_full_queue_holds_the_informer_back(void **state)
{
    (void)state;
    struct world *w = open_world(&(struct kedge_controller_options){.keys = 3});
    watch_sensors(w);
    begin(w);
    w->result.requeue_after = KEDGE_SECOND; // each keeps its place for a second, and again
    char name[32];
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "s-%d", i);
        put_sensor(w, name, 5, 1);
    }
    drive(w, 20 * KEDGE_SECOND);
    assert_int_equal(report(w).queue.keys, 3);
    assert_int_equal(report(w).queue.refused, 0);
    assert_int_equal(count_of(w, "default/s-39"), 0);
    w->result.requeue_after = 0;
    drive(w, 20 * KEDGE_SECOND);
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "default/s-%d", i);
        assert_true(count_of(w, name) > 0);
    }
    assert_int_equal(report(w).bad_keys, 0);
    close_world(w);
}

// ---------------------------------------------------------------- keys from outside

static void keys_from_outside_leave_room_for_sources(void **state)
{
    (void)state;
    struct world *w = open_world(&(struct kedge_controller_options){.keys = 4});
    w->of_configmaps.map = kedge_controller_map_label; // two, of an update
    w->of_configmaps.map_ctx = "of";
    watch_configmaps(w);
    assert_int_equal(kedge_controller_add(w->c, NULL, "early"), KEDGE_OK);
    assert_int_equal(kedge_controller_add(w->c, "default", "b"), KEDGE_OK);
    assert_int_equal(kedge_controller_add(w->c, "default", "c"), KEDGE_ERR_FULL);
    assert_int_equal(kedge_controller_add(w->c, "default", "b"), KEDGE_OK); // there already
    put_configmap(w, "one", "x", "");
    begin(w);
    assert_int_equal(w->calls, 3);
    assert_string_equal(w->keys[0], "early");
    assert_int_equal(count_of(w, "default/b"), 1);
    assert_int_equal(count_of(w, "default/x"), 1);
    assert_int_equal(kedge_controller_add(w->c, "default", "c"), KEDGE_OK);
    drive(w, KEDGE_SECOND);
    assert_int_equal(count_of(w, "default/c"), 1);
    assert_int_equal(kedge_controller_add(w->c, "default", ""), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_controller_add(w->c, "default", NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_controller_add(w->c, "default", "a/b"), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_controller_add(NULL, "default", "a"), KEDGE_ERR_ARGUMENT);
    kedge_controller_shut_down(w->c);
    assert_int_equal(kedge_controller_add(w->c, "default", "c"), KEDGE_ERR_STOPPED);
    close_world(w);
}

// ---------------------------------------------------------------- in the reconcile function

static struct kedge_rest *rest;

static void asks(struct world *w, const struct kedge_reconcile *r)
{
    struct kedge_api api = kedge_api_of(rest, &kedge_kind_sensor, r->namespace_);
    const struct kedge_object *obj;
    const struct kedge_object *cached;
    assert_int_equal(kedge_lister_get(w->sensors, r->namespace_, r->name, &cached), KEDGE_OK);
    assert_int_equal(kedge_as_sensor(cached)->spec_interval_seconds, 5);
    assert_int_equal(kedge_api_get(&api, r->name, NULL, &obj), KEDGE_OK);
    assert_true(kedge_uid_equal(&obj->uid, &cached->uid)); // over the request
    assert_int_equal(kedge_poll(w->cluster.k, 0), KEDGE_ERR_REENTRANT);
    assert_int_equal(kedge_controller_step(w->c), KEDGE_ERR_REENTRANT);
    assert_int_equal(report(w).busy, 1);
}

static void it_makes_requests_that_wait_and_does_not_poll(void **state)
{
    (void)state;
    struct world *w;
    open_with_one(&w, NULL);
    rest = kedge_rest_new(w->cluster.client, NULL);
    w->also = asks;
    begin(w);
    assert_int_equal(w->calls, 1);
    assert_int_equal(report(w).busy, 0);
    kedge_rest_close(rest);
    close_world(w);
}

static void add_itself(struct world *w, const struct kedge_reconcile *r)
{
    if (w->calls == 1)
        assert_int_equal(kedge_controller_add(w->c, r->namespace_, r->name), KEDGE_OK);
    else
        kedge_controller_shut_down(w->c);
}

static void what_happens_meanwhile_leads_to_one_more(void **state)
{
    (void)state;
    struct world *w;
    open_with_one(&w, NULL);
    w->also = add_itself;
    cluster_start(&w->cluster);
    assert_int_equal(kedge_controller_run(w->c), KEDGE_OK);
    assert_int_equal(w->calls, 2);
    assert_int_equal(kedge_controller_run(w->c), KEDGE_OK); // over is over
    assert_int_equal(kedge_controller_step(w->c), KEDGE_ERR_STOPPED);
    assert_int_equal(w->calls, 2);
    close_world(w);
}

// ---------------------------------------------------------------- beginning and end

// It takes nothing more, and the sources belong to nobody.
static void assert_is_over(struct world *w)
{
    assert_null(w->of_sensors.controller);
    assert_null(w->of_configmaps.controller);
    assert_int_equal(kedge_controller_add(w->c, "default", "a"), KEDGE_ERR_STOPPED);
    assert_int_equal(kedge_controller_step(w->c), KEDGE_ERR_STOPPED);
}

static void caches_that_do_not_come_are_named(void **state)
{
    (void)state;
    struct world *w =
        open_world(&(struct kedge_controller_options){.sync_timeout = 20 * KEDGE_SECOND});
    watch_sensors(w);
    watch_configmaps(w);
    mock_inject(w->cluster.mock, &(struct mock_fault){.kind = MOCK_FAULT_STATUS,
                                                      .status = 403,
                                                      .resource = "configmaps",
                                                      .count = 1000});
    cluster_start(&w->cluster);
    kedge_time before = w->cluster.port.fake.now;
    assert_int_equal(kedge_controller_run(w->c), KEDGE_ERR_TIMEOUT);
    assert_int_equal(w->cluster.port.fake.now - before, 20 * KEDGE_SECOND);
    assert_non_null(strstr(kedge_error_text(w->cluster.k), "the cache of configmaps did not sync"));
    assert_is_over(w);
    mock_heal(w->cluster.mock);
    assert_int_equal(kedge_controller_run(w->c), KEDGE_OK); // over is over
    assert_int_equal(w->cluster.port.fake.now - before, 20 * KEDGE_SECOND);
    assert_int_equal(w->calls, 0);
    close_world(w);
}

static void an_informer_that_does_not_run_is_an_error(void **state)
{
    (void)state;
    for (int steps = 0; steps < 2; steps++) {
        struct world *w = open_world(NULL);
        watch_sensors(w);
        assert_int_equal(steps ? kedge_controller_step(w->c) : kedge_controller_run(w->c),
                         KEDGE_ERR_STATE);
        assert_is_over(w);
        close_world(w);
    }
}

static void an_informer_that_is_stopped_too_early_is_an_error(void **state)
{
    (void)state;
    for (int steps = 0; steps < 2; steps++) {
        struct world *w = open_world(NULL);
        watch_sensors(w);
        cluster_start(&w->cluster);
        kedge_informer_stop(w->sensors);
        assert_int_equal(steps ? kedge_controller_step(w->c) : kedge_controller_run(w->c),
                         KEDGE_ERR_STOPPED);
        assert_non_null(strstr(kedge_error_text(w->cluster.k), "sensors was stopped before"));
        assert_is_over(w);
        assert_int_equal(kedge_informer_start(w->sensors), KEDGE_OK);
        drive(w, KEDGE_SECOND);
        assert_int_equal(w->calls, 0);
        close_world(w);
    }
}

static void stop_it(struct world *w, const struct kedge_reconcile *r)
{
    (void)r;
    struct kedge_api api = kedge_api_of(rest, &kedge_kind_sensor, "default");
    const struct kedge_object *obj;
    kedge_stop(w->cluster.k);
    w->answer = kedge_api_get(&api, "a", NULL, &obj);
    assert_int_equal(w->answer, KEDGE_ERR_STOPPED);
}

static void a_stop_ends_it_at_once(void **state)
{
    (void)state;
    struct world *w;
    open_with_one(&w, NULL);
    put_sensor(w, "b", 5, 1);
    rest = kedge_rest_new(w->cluster.client, NULL);
    w->also = stop_it;
    cluster_start(&w->cluster);
    assert_int_equal(kedge_controller_run(w->c), KEDGE_OK);
    assert_int_equal(w->calls, 1); // b waits for ever
    assert_int_equal(report(w).errors, 0);
    assert_int_equal(report(w).reconciles, 0);
    assert_int_equal(w->log_count, 0);
    assert_null(w->of_sensors.controller);
    kedge_rest_close(rest);
    close_world(w);
}

static void shut_it_down(struct world *w, const struct kedge_reconcile *r)
{
    (void)r;
    w->fails = 1; // is not tried again
    if (w->calls == 1) {
        put_sensor(w, "late", 5, 1);
        kedge_controller_shut_down(w->c);
    }
}

static void a_shut_down_works_off_what_waits(void **state)
{
    (void)state;
    struct world *w;
    open_with_one(&w, NULL);
    put_sensor(w, "b", 5, 1);
    put_sensor(w, "c", 5, 1);
    w->also = shut_it_down;
    cluster_start(&w->cluster);
    assert_int_equal(kedge_controller_run(w->c), KEDGE_OK);
    assert_int_equal(w->calls, 3);
    assert_int_equal(count_of(w, "default/late"), 0);
    assert_int_equal(report(w).errors, 3);
    assert_int_equal(report(w).queue.keys, 0);
    assert_null(w->of_sensors.controller);
    assert_int_equal(kedge_poll(w->cluster.k, 0), KEDGE_OK); // the kedge goes on
    close_world(w);
}

static void it_may_be_shut_down_before_it_begins(void **state)
{
    (void)state;
    struct world *w;
    open_with_one(&w, NULL);
    assert_int_equal(kedge_controller_add(w->c, "default", "a"), KEDGE_OK);
    cluster_start(&w->cluster);
    kedge_controller_shut_down(w->c);
    kedge_controller_shut_down(w->c);
    assert_int_equal(kedge_controller_run(w->c), KEDGE_OK);
    assert_int_equal(w->calls, 0);
    close_world(w);
}

static void a_source_of_more_keys_than_the_queue_holds_is_named(void **state)
{
    (void)state;
    struct world *w = open_world(&(struct kedge_controller_options){.keys = 8, .bytes = 8 * 324});
    struct kedge_controller_source many = {.map = three_keys, .keys = 5};
    assert_int_equal(kedge_controller_watch(w->c, w->sensors, &many), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_controller_run(w->c), KEDGE_ERR_ARGUMENT); // the start-up has failed
    assert_string_equal(kedge_error_text(w->cluster.k),
                        "test: a source of sensors may need room for 10 keys of 317 bytes at once: "
                        "give the controller more keys or bytes");
    w->cluster.k->failure = KEDGE_OK;
    assert_is_over(w);
    close_world(w);
}

static void sources_are_joined_once_and_in_time(void **state)
{
    (void)state;
    struct world *w = open_world(&(struct kedge_controller_options){.keys = 8, .bytes = 8 * 324});
    struct kedge_controller_source many = {.map = three_keys, .keys = 4};
    struct kedge_controller_source late = {0};
    assert_int_equal(kedge_controller_watch(NULL, w->sensors, &w->of_sensors), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_controller_watch(w->c, NULL, &w->of_sensors), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_controller_watch(w->c, w->sensors, NULL), KEDGE_ERR_ARGUMENT);
    // Of an update as many again: just 8.
    assert_int_equal(kedge_controller_watch(w->c, w->sensors, &many), KEDGE_OK);
    watch_sensors(w);
    assert_int_equal(kedge_controller_watch(w->c, w->configmaps, &w->of_sensors), KEDGE_ERR_EXISTS);
    cluster_start(&w->cluster);
    kedge_informer_stop(w->configmaps);
    assert_int_equal(kedge_controller_watch(w->c, w->configmaps, &late), KEDGE_ERR_STATE);
    drive(w, KEDGE_SECOND);
    assert_int_equal(kedge_controller_watch(w->c, w->sensors, &late), KEDGE_ERR_STATE);
    close_world(w);
}

static void what_cannot_be_made_says_why(void **state)
{
    (void)state;
    static unsigned char memory[8192];
    struct fake_port port;
    struct kedge_controller_options o = {0};
    fake_port_init(&port, 1);
    struct kedge *k = kedge_init(memory, sizeof memory, &port.port);
    assert_null(kedge_controller_new(NULL, &o));
    assert_null(kedge_controller_new(k, &o));
    assert_int_equal(kedge_error(k), KEDGE_ERR_ARGUMENT);
    assert_string_equal(kedge_error_text(k),
                        "a controller: its options have no reconcile function");
    k = kedge_init(memory, sizeof memory, &port.port);
    assert_null(kedge_controller_new(k, NULL));
    assert_int_equal(kedge_error(k), KEDGE_ERR_ARGUMENT);
    o.reconcile = reconcile;
    o.keys = 256;
    k = kedge_init(memory, sizeof memory, &port.port);
    assert_null(kedge_controller_new(k, &o));
    assert_int_equal(kedge_error(k), KEDGE_ERR_MEMORY);
    k = kedge_init(memory, sizeof memory, &port.port);
    o.bytes = 12;
    assert_null(kedge_controller_new(k, &o));
    assert_int_equal(kedge_error(k), KEDGE_ERR_ARGUMENT);
}

static void the_arena_that_is_promised_is_enough(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 3, 8, 100, 256, 1000};
    static unsigned char memory[256 * 1024];
    struct fake_port port;
    fake_port_init(&port, 1);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct kedge_controller_options o = {.reconcile = reconcile, .keys = sizes[i]};
        struct kedge *k = kedge_init(memory, sizeof memory, &port.port);
        size_t before = k->used;
        assert_non_null(kedge_controller_new(k, &o));
        assert_true(k->used - before <= KEDGE_CONTROLLER_BYTES(sizes[i]));
    }
}

static void nothing_is_done_with_nothing(void **state)
{
    (void)state;
    struct kedge_controller *none = NULL;
    struct kedge_controller_report r;
    assert_int_equal(kedge_controller_run(NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_controllers_run(&none, 1), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_controllers_run(&none, 0), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_controllers_run(NULL, 1), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_controller_step(NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_controller_report(NULL, &r), KEDGE_ERR_ARGUMENT);
    kedge_controller_shut_down(NULL);
    struct world *w = open_world(NULL);
    assert_int_equal(kedge_controller_report(w->c, NULL), KEDGE_ERR_ARGUMENT);
    // Without a source it works on what is added from outside.
    assert_int_equal(kedge_controller_add(w->c, "", "alone"), KEDGE_OK);
    cluster_start(&w->cluster);
    drive(w, KEDGE_SECOND);
    assert_int_equal(w->calls, 1);
    close_world(w);
}

// ---------------------------------------------------------------- several

static kedge_err only_count(void *ctx, const struct kedge_reconcile *r,
                            struct kedge_reconcile_result *result)
{
    (void)r;
    (void)result;
    ++*(unsigned *)ctx;
    return KEDGE_OK;
}

static struct kedge_controller *second;

static void turns(struct world *w, const struct kedge_reconcile *r)
{
    (void)r;
    struct kedge_controller_report other;
    kedge_controller_report(second, &other);
    // Each has had as many as the other, or one less.
    assert_true(other.reconciles + 1 >= w->calls - 1 && other.reconciles <= w->calls + 1);
    if (w->calls == 10) {
        kedge_controller_shut_down(w->c);
        kedge_controller_shut_down(second);
    }
}

static void several_take_turns(void **state)
{
    (void)state;
    unsigned count = 0;
    struct kedge_controller_options o = {.reconcile = only_count, .ctx = &count, .keys = 16};
    struct kedge_controller_source source = {0};
    struct world *w = open_world(NULL);
    second = kedge_controller_new(w->cluster.k, &o);
    assert_int_equal(kedge_controller_watch(second, w->sensors, &source), KEDGE_OK);
    for (int i = 0; i < 10; i++) {
        char name[16];
        snprintf(name, sizeof name, "s-%d", i);
        put_sensor(w, name, 5, 1);
    }
    watch_sensors(w);
    w->also = turns;
    cluster_start(&w->cluster);
    struct kedge_controller *both[] = {w->c, second};
    assert_int_equal(kedge_controllers_run(both, 2), KEDGE_OK);
    assert_int_equal(w->calls, 10);
    assert_int_equal(count, 10);
    assert_null(source.controller);
    close_world(w);
}

static void with_an_error_of_one_all_are_over(void **state)
{
    (void)state;
    unsigned count = 0;
    struct kedge_controller_options o = {.reconcile = only_count, .ctx = &count, .keys = 16};
    struct kedge_controller_source source = {0};
    struct world *w =
        open_world(&(struct kedge_controller_options){.sync_timeout = 20 * KEDGE_SECOND});
    second = kedge_controller_new(w->cluster.k, &o);
    assert_int_equal(kedge_controller_watch(second, w->sensors, &source), KEDGE_OK);
    watch_configmaps(w);
    put_sensor(w, "a", 5, 1);
    mock_inject(w->cluster.mock, &(struct mock_fault){.kind = MOCK_FAULT_STATUS,
                                                      .status = 403,
                                                      .resource = "configmaps",
                                                      .count = 1000});
    cluster_start(&w->cluster);
    struct kedge_controller *both[] = {second, w->c};
    assert_int_equal(kedge_controllers_run(both, 2), KEDGE_ERR_TIMEOUT);
    assert_int_equal(count, 1);
    assert_is_over(w);
    assert_null(source.controller);
    assert_int_equal(kedge_controller_step(second), KEDGE_ERR_STOPPED);
    close_world(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_there_comes_when_the_caches_are_whole),
        cmocka_unit_test(a_cache_may_be_larger_than_the_queue),
        cmocka_unit_test(what_changes_comes_once),
        cmocka_unit_test(a_deletion_that_was_not_seen_comes_too),
        cmocka_unit_test(a_resync_comes_unless_a_predicate_keeps_it_out),
        cmocka_unit_test(a_predicate_looks_at_the_generation),
        cmocka_unit_test(an_object_leads_to_its_controller),
        cmocka_unit_test(an_object_leads_to_all_its_owners),
        cmocka_unit_test(an_object_leads_to_what_its_label_names),
        cmocka_unit_test(a_function_leads_to_as_many_as_it_likes),
        cmocka_unit_test(a_map_that_gives_more_than_it_said_is_named),
        cmocka_unit_test(what_is_no_key_is_named),
        cmocka_unit_test(a_failure_comes_again_ever_later),
        cmocka_unit_test(a_key_that_fails_too_often_is_given_up),
        cmocka_unit_test(what_asks_to_come_again_does),
        cmocka_unit_test(what_asks_to_come_later_does),
        cmocka_unit_test(a_full_queue_holds_the_informer_back),
        cmocka_unit_test(keys_from_outside_leave_room_for_sources),
        cmocka_unit_test(it_makes_requests_that_wait_and_does_not_poll),
        cmocka_unit_test(what_happens_meanwhile_leads_to_one_more),
        cmocka_unit_test(caches_that_do_not_come_are_named),
        cmocka_unit_test(an_informer_that_does_not_run_is_an_error),
        cmocka_unit_test(an_informer_that_is_stopped_too_early_is_an_error),
        cmocka_unit_test(a_stop_ends_it_at_once),
        cmocka_unit_test(a_shut_down_works_off_what_waits),
        cmocka_unit_test(it_may_be_shut_down_before_it_begins),
        cmocka_unit_test(a_source_of_more_keys_than_the_queue_holds_is_named),
        cmocka_unit_test(sources_are_joined_once_and_in_time),
        cmocka_unit_test(what_cannot_be_made_says_why),
        cmocka_unit_test(the_arena_that_is_promised_is_enough),
        cmocka_unit_test(nothing_is_done_with_nothing),
        cmocka_unit_test(several_take_turns),
        cmocka_unit_test(with_an_error_of_one_all_are_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
