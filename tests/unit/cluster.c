// SPDX-License-Identifier: Apache-2.0
#include "cluster.h"

#include "cache/informer_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *copy(const char *text)
{
    size_t len = strlen(text) + 1;
    char *p = malloc(len);
    assert_non_null(p);
    memcpy(p, text, len);
    return p;
}

static void key_of(const struct kedge_object *o, char *buf, size_t cap)
{
    snprintf(buf, cap, "%s/%s", kedge_namespace(o), kedge_name(o));
}

// Where the key is, or would be.
static size_t place(const struct recorder *r, const char *key)
{
    size_t low = 0;
    size_t high = r->count;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (strcmp(r->objects[mid].key, key) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static bool has(const struct recorder *r, size_t at, const char *key)
{
    return at < r->count && strcmp(r->objects[at].key, key) == 0;
}

static bool older(const char *a, const char *b)
{
    size_t la = strlen(a);
    size_t lb = strlen(b);
    return la != lb ? la < lb : strcmp(a, b) < 0;
}

static void on_add(void *ctx, const struct kedge_object *o, bool initial)
{
    struct recorder *r = ctx;
    char key[512];
    key_of(o, key, sizeof key);
    size_t at = place(r, key);
    if (has(r, at, key))
        fail_msg("%s was added twice", key);
    r->objects = realloc(r->objects, (r->count + 1) * sizeof *r->objects);
    assert_non_null(r->objects);
    memmove(r->objects + at + 1, r->objects + at, (r->count - at) * sizeof *r->objects);
    char uid[KEDGE_UID_TEXT];
    r->objects[at] =
        (struct recorded){copy(key), copy(kedge_uid(o, uid)), copy(kedge_resource_version(o))};
    r->count++;
    r->adds++;
    r->initial_adds += initial;
}

static void on_update(void *ctx, const struct kedge_object *old, const struct kedge_object *o)
{
    struct recorder *r = ctx;
    char key[512];
    key_of(o, key, sizeof key);
    size_t at = place(r, key);
    if (!has(r, at, key))
        fail_msg("%s was updated, but never added", key);
    struct recorded *was = &r->objects[at];
    assert_string_equal(kedge_name(old), kedge_name(o));
    assert_string_equal(kedge_resource_version(old), was->version);
    if (old == o) {
        r->resyncs++;
        return;
    }
    if (older(kedge_resource_version(o), was->version) && !r->versions_may_go_back)
        fail_msg("%s went back from %s to %s", key, was->version, kedge_resource_version(o));
    char uid[KEDGE_UID_TEXT];
    free(was->uid);
    free(was->version);
    was->uid = copy(kedge_uid(o, uid));
    was->version = copy(kedge_resource_version(o));
    r->updates++;
}

static void forget(struct recorder *r, size_t at)
{
    free(r->objects[at].key);
    free(r->objects[at].uid);
    free(r->objects[at].version);
    r->count--;
    memmove(r->objects + at, r->objects + at + 1, (r->count - at) * sizeof *r->objects);
}

static void on_delete(void *ctx, const struct kedge_object *o, bool tombstone)
{
    struct recorder *r = ctx;
    char key[512];
    key_of(o, key, sizeof key);
    size_t at = place(r, key);
    r->deletes++;
    r->tombstones += tombstone;
    if (has(r, at, key))
        forget(r, at);
    else
        r->unknown_deletes++;
}

static bool is_ready(void *ctx)
{
    struct recorder *r = ctx;
    r->ready_asked++;
    return !r->busy;
}

void recorder_init(struct recorder *r)
{
    memset(r, 0, sizeof *r);
    r->handler.on_add = on_add;
    r->handler.on_update = on_update;
    r->handler.on_delete = on_delete;
    r->handler.ready = is_ready;
    r->handler.ctx = r;
}

void recorder_free(struct recorder *r)
{
    while (r->count > 0)
        forget(r, r->count - 1);
    free(r->objects);
    r->objects = NULL;
}

// With KEDGE_TEST_LOG set, the library's messages are shown with the virtual time.
static void show(void *ctx, enum kedge_log_level level, const char *text)
{
    const struct cluster *c = ctx;
    fprintf(stderr, "%10lld %d %s\n", (long long)c->port.fake.now, (int)level, text);
}

void cluster_open(struct cluster *c, const struct cluster_options *options)
{
    size_t size = options->memory > 0 ? options->memory : 256 * 1024;
    struct kedge_config config = {.server = "http://kubernetes.test:8080"};
    struct kedge_factory_options factory = {.resync = options->resync,
                                            .object_max = options->object_max};
    struct mock_options mock = options->mock;
    memset(c, 0, sizeof *c);
    if (mock.seed == 0)
        mock.seed = options->seed + 1;
    c->mock = mock_new(&mock);
    mock_port_init(&c->port, c->mock, options->seed + 1);
    c->memory = malloc(size);
    assert_non_null(c->memory);
    c->k = kedge_init(c->memory, size, &c->port.fake.port);
    c->client = kedge_client_new(c->k, &config);
    c->factory = kedge_factory_new_with(c->client, &factory);
    if (getenv("KEDGE_TEST_LOG") != NULL)
        kedge_log_to(c->k, KEDGE_LOG_DEBUG, show, c);
}

const struct kedge_informer_options cluster_lists = {.no_watch_list = true};

void cluster_recorder(struct cluster *c, struct recorder *r)
{
    recorder_init(r);
    assert_true(c->recorder_count < RECORDERS_MAX);
    c->recorders[c->recorder_count++] = r;
}

struct kedge_informer *cluster_informer(struct cluster *c, const struct kedge_kind *kind,
                                        const struct kedge_informer_options *options,
                                        struct recorder *r)
{
    struct kedge_informer *inf = kedge_factory_informer_with(c->factory, kind, options);
    if (r != NULL) {
        cluster_recorder(c, r);
        assert_int_equal(kedge_informer_add_handler(inf, &r->handler), KEDGE_OK);
    }
    return inf;
}

struct kedge_informer *cluster_of_deployments(struct cluster *c, size_t count, size_t namespaces,
                                              const struct kedge_informer_options *options,
                                              struct recorder *r)
{
    cluster_open(c, &(struct cluster_options){0});
    mock_fill(c->mock, count, namespaces);
    return cluster_informer(c, &kedge_kind_deployment, options, r);
}

void cluster_start(struct cluster *c)
{
    kedge_err err = kedge_factory_start(c->factory);
    if (err != KEDGE_OK)
        fail_msg("start: %s: %s", kedge_err_name(err), kedge_error_text(c->k));
}

void cluster_start_and_settle(struct cluster *c, struct kedge_informer *inf, kedge_time ms)
{
    cluster_start(c);
    assert_true(cluster_settle(c, inf, ms));
}

void cluster_run(struct cluster *c, kedge_time ms)
{
    kedge_time until = c->port.fake.now + ms;
    while (c->port.fake.now < until) {
        kedge_err err = kedge_poll(c->k, until - c->port.fake.now);
        if (err != KEDGE_OK)
            fail_msg("poll: %s", kedge_err_name(err));
    }
}

struct kedge_informer_state cluster_state(const struct kedge_informer *inf)
{
    struct kedge_informer_state s;
    assert_int_equal(kedge_informer_state(inf, &s), KEDGE_OK);
    return s;
}

enum kedge_informer_phase cluster_phase(const struct kedge_informer *inf)
{
    return cluster_state(inf).phase;
}

static bool same(struct cluster *c, struct kedge_informer *inf, bool say)
{
    const char *resource = kedge_informer_kind(inf)->resource;
    size_t count = mock_count(c->mock, resource);
    if (count != kedge_lister_count(inf)) {
        if (say)
            fail_msg("the server has %zu %s, the cache %zu", count, resource,
                     kedge_lister_count(inf));
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct mock_item item;
        const struct kedge_object *o;
        char version[32];
        assert_true(mock_at(c->mock, resource, i, &item));
        snprintf(version, sizeof version, "%llu", (unsigned long long)item.version);
        kedge_err err = kedge_lister_get(inf, item.namespace, item.name, &o);
        char uid[KEDGE_UID_TEXT];
        bool equal = err == KEDGE_OK && strcmp(kedge_uid(o, uid), item.uid) == 0 &&
                     strcmp(kedge_resource_version(o), version) == 0;
        if (!equal && say)
            fail_msg("%s/%s: %s, version %s; the server has %s", item.namespace, item.name,
                     kedge_err_name(err), o != NULL ? kedge_resource_version(o) : "-", version);
        if (!equal)
            return false;
    }
    return true;
}

bool cluster_settled(struct cluster *c, struct kedge_informer *inf)
{
    // Applied is not yet told: every handler has to have had it.
    return cluster_phase(inf) == KEDGE_CURRENT && same(c, inf, false) && !kedge__delivery_busy(inf);
}

bool cluster_settle(struct cluster *c, struct kedge_informer *inf, kedge_time ms)
{
    kedge_time until = c->port.fake.now + ms;
    while (c->port.fake.now < until) {
        if (cluster_settled(c, inf))
            return true;
        assert_int_equal(kedge_poll(c->k, 1000), KEDGE_OK);
    }
    return false;
}

void cluster_assert_equal(struct cluster *c, struct kedge_informer *inf, const struct recorder *r)
{
    same(c, inf, true);
    size_t seen = 0;
    struct kedge_iter it = kedge_lister_list(inf, "", KEDGE_EVERYTHING);
    for (const struct kedge_object *o; (o = kedge_iter_next(&it)) != NULL; seen++) {
        char key[512];
        key_of(o, key, sizeof key);
        if (r == NULL)
            continue;
        size_t at = place(r, key);
        if (!has(r, at, key))
            fail_msg("the handler was not told of %s", key);
        char uid[KEDGE_UID_TEXT];
        assert_string_equal(r->objects[at].uid, kedge_uid(o, uid));
        assert_string_equal(r->objects[at].version, kedge_resource_version(o));
    }
    assert_int_equal(seen, kedge_lister_count(inf));
    if (r != NULL)
        assert_int_equal(r->count, seen);
}

void cluster_close(struct cluster *c)
{
    kedge_factory_shutdown(c->factory);
    kedge_client_free(c->client);
    for (size_t i = 0; i < c->recorder_count; i++)
        recorder_free(c->recorders[i]);
    mock_port_done(&c->port);
    free(c->memory);
}

const char *deployment(const char *namespace_, const char *name, int replicas, const char *extra)
{
    static char text[4096];
    snprintf(text, sizeof text,
             "{\"metadata\":{\"namespace\":\"%s\",\"name\":\"%s\",\"labels\":{\"app\":\"%s\"}},"
             "\"spec\":{\"replicas\":%d%s%s}}",
             namespace_, name, name, replicas, extra != NULL ? "," : "",
             extra != NULL ? extra : "");
    return text;
}
