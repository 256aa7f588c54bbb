// SPDX-License-Identifier: Apache-2.0
// Threads beside the one that polls: they read caches, work on keys and record events. Compiled
// with KEDGE_THREADS and -fsanitize=thread, this is where a missing lock is found.
#define _POSIX_C_SOURCE 200809L // nanosleep

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/client_priv.h"
#include "cluster.h"
#include "kedge/controller.h"
#include "kedge/posix.h"
#include "kedge/workqueue.h"

#if KEDGE_THREADS
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum { READERS = 4, WORKERS = 4, DEPLOYMENTS = 60, TURNS = 6000, READS = 200 };

struct shared {
    struct cluster cluster;
    struct kedge_informer *informer;
    struct kedge_workqueue *queue;
    atomic_int ready;
    atomic_bool over;
    atomic_size_t reads;
    atomic_size_t wrong;
    atomic_size_t worked;
    atomic_int busy[DEPLOYMENTS * 100]; // by number of the name
};

// The virtual clock and its wake are for one thread.
static void no_wake(const struct kedge_port *port)
{
    (void)port;
}

static void open_shared(struct shared *s)
{
    memset(s, 0, sizeof *s);
    cluster_open(&s->cluster, &(struct cluster_options){.memory = 512 * 1024, .seed = 3});
    struct kedge_port *port = &s->cluster.port.fake.port;
    port->lock = kedge_posix()->lock;
    port->clock = kedge_posix()->clock;
    port->wake = no_wake;
    s->cluster.client->qps = -1; // on the true clock, 5 requests a second would be minutes
    mock_fill(s->cluster.mock, DEPLOYMENTS, 5);
}

static void expect(struct shared *s, bool truth)
{
    if (!truth)
        atomic_fetch_add(&s->wrong, 1);
}

// Runs in the caller's thread; `over` is set when it returns.
static void churn(struct shared *s)
{
    for (int i = 0; i < TURNS; i++) {
        if (i % 4 == 0)
            mock_churn(s->cluster.mock);
        assert_int_equal(kedge_poll(s->cluster.k, 0), KEDGE_OK);
    }
    while (atomic_load(&s->reads) < READS * READERS)
        assert_int_equal(kedge_poll(s->cluster.k, 0), KEDGE_OK);
    atomic_store(&s->over, true);
}

static void read_all(struct shared *s, kedge_ref *ref)
{
    struct kedge_informer *inf = s->informer;
    struct kedge_iter it = kedge_lister_list(inf, NULL, KEDGE_EVERYTHING);
    size_t count = 0;
    const struct kedge_object *o;
    const struct kedge_object *last = NULL;
    while ((o = kedge_iter_next(&it)) != NULL) {
        const struct kedge_object *same;
        expect(s, kedge_as_deployment(o) != NULL);
        expect(s, kedge_lister_get(inf, kedge_namespace(o), kedge_name(o), &same) == KEDGE_OK);
        expect(s, same == o);
        last = o;
        count++;
    }
    expect(s, count == kedge_lister_count(inf));
    if ((o = kedge_lister_deref(inf, *ref)) != NULL)
        expect(s, kedge_name(o)[0] != '\0');
    *ref = kedge_lister_ref(inf, last);
    expect(s, kedge_lister_deref(inf, *ref) == last);
}

static void *reader(void *arg)
{
    struct shared *s = arg;
    struct kedge_selector selector;
    kedge_ref ref = {0, 0};
    kedge_selector_parse(&selector, "app");
    while (!atomic_load(&s->over)) {
        struct kedge_informer_state state;
        kedge_read_begin(s->cluster.k);
        read_all(s, &ref);
        struct kedge_iter it = kedge_lister_list(s->informer, "namespace-1", &selector);
        while (kedge_iter_next(&it) != NULL)
            continue;
        kedge_informer_state(s->informer, &state);
        expect(s, state.objects == kedge_lister_count(s->informer));
        expect(s, kedge_informer_has_synced(s->informer) || state.version[0] == '\0');
        kedge_read_end(s->cluster.k);
        atomic_fetch_add(&s->reads, 1);
    }
    return NULL;
}

static void others_read_while_the_loop_runs(void **state)
{
    (void)state;
    struct shared *s = malloc(sizeof *s);
    struct recorder r;
    pthread_t threads[READERS];
    open_shared(s);
    s->informer = cluster_informer(&s->cluster, &kedge_kind_deployment, NULL, &r);
    r.versions_may_go_back = true; // the mock's clock stands still
    cluster_start(&s->cluster);
    for (int i = 0; i < READERS; i++)
        pthread_create(&threads[i], NULL, reader, s);
    churn(s);
    for (int i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(s->wrong, 0);
    assert_true(r.updates > 100);
    cluster_assert_equal(&s->cluster, s->informer, &r);
    cluster_close(&s->cluster);
    free(s);
}

// ---------------------------------------------------------------------------- workers

static void *worker(void *arg)
{
    struct shared *s = arg;
    char key[KEDGE_WORKQUEUE_KEY];
    while (kedge_workqueue_wait_in_thread(s->queue, key, sizeof key) == KEDGE_OK) {
        int n = atoi(key);
        expect(s, atomic_exchange(&s->busy[n], 1) == 0); // nobody else
        if (n % 7 == 0 && kedge_workqueue_requeues(s->queue, key) < 2)
            kedge_workqueue_add_rate_limited(s->queue, key);
        else
            kedge_workqueue_forget(s->queue, key);
        if (n % 5 == 0)
            kedge_workqueue_add_after(s->queue, "1", 1);
        atomic_fetch_add(&s->worked, 1);
        atomic_store(&s->busy[n], 0);
        kedge_workqueue_done(s->queue, key);
    }
    return NULL;
}

static void several_work_and_never_on_the_same_key(void **state)
{
    (void)state;
    struct shared *s = malloc(sizeof *s);
    pthread_t threads[WORKERS];
    open_shared(s);
    s->queue = kedge_workqueue_new(s->cluster.k, NULL);
    assert_non_null(s->queue);
    for (int i = 0; i < WORKERS; i++)
        pthread_create(&threads[i], NULL, worker, s);
    size_t added = 0;
    for (int i = 0; i < 20000; i++) {
        char key[16];
        snprintf(key, sizeof key, "%d", i % 50);
        added += kedge_workqueue_add(s->queue, key) == KEDGE_OK ? 1 : 0;
        if (i % 16 == 0)
            assert_int_equal(kedge_poll(s->cluster.k, 0), KEDGE_OK);
    }
    assert_int_equal(added, 20000);
    struct kedge_workqueue_report r;
    do {
        assert_int_equal(kedge_poll(s->cluster.k, 0), KEDGE_OK);
        kedge_workqueue_report(s->queue, &r);
    } while (r.depth > 0 || r.in_work > 0 || r.waiting > 0);
    kedge_workqueue_shut_down(s->queue);
    for (int i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(s->wrong, 0);
    assert_int_equal(r.adds, s->worked);
    cluster_close(&s->cluster);
    free(s);
}

// ---------------------------------------------------------------------------- a controller's

enum { THINGS = 40 };

struct team {
    struct shared shared;
    struct kedge_controller *c;
    struct kedge_controller_source source;
    struct kedge_rest *rests[WORKERS];
    pthread_t threads[WORKERS];
    bool joined;
    atomic_size_t calls, conflicts;
    atomic_uint at_work; // workers that have reconciled anything, a bit each
};

struct member {
    struct team *team;
    unsigned number;
};

struct patch {
    struct kedge_api api;
    const char *name;
};

static kedge_err label(void *ctx)
{
    const struct patch *p = ctx;
    return kedge_api_patch(&p->api, p->name, KEDGE_PATCH_MERGE,
                           KEDGE_STR("{\"metadata\":{\"labels\":{\"seen\":\"yes\"}}}"), NULL, NULL);
}

// Gives each Deployment a label, and asks the server whether it is there.
static kedge_err give_label(struct team *t, const struct kedge_reconcile *r)
{
    const struct kedge_object *o;
    char version[32] = "";
    bool labelled = false;
    kedge_read_begin(t->shared.cluster.k);
    if (kedge_lister_get(t->shared.informer, r->namespace_, r->name, &o) == KEDGE_OK) {
        snprintf(version, sizeof version, "%s", kedge_resource_version(o));
        labelled = kedge_label(o, "seen") != NULL;
    }
    kedge_read_end(t->shared.cluster.k);
    struct kedge_rest *rest = t->rests[r->worker];
    struct patch p = {kedge_api_of(rest, &kedge_kind_deployment, r->namespace_), r->name};
    kedge_err err = kedge_api_get(&p.api, r->name, NULL, &o);
    if (err == KEDGE_OK)
        expect(&t->shared, strcmp(kedge_name(o), r->name) == 0);
    if (err == KEDGE_OK && !labelled)
        err = kedge_retry_on_conflict(rest, label, &p);
    bool gone = err == KEDGE_ERR_API && kedge_status_is_not_found(kedge_rest_status(rest));
    return gone ? KEDGE_OK : err;
}

static kedge_err reconcile(void *ctx, const struct kedge_reconcile *r,
                           struct kedge_reconcile_result *result)
{
    struct team *t = ctx;
    int n = atoi(r->name + 2);
    expect(&t->shared, n < THINGS && atomic_exchange(&t->shared.busy[n], 1) == 0); // nobody else
    kedge_err err = give_label(t, r);
    if (err == KEDGE_OK && n % 7 == 0 && r->failures < 2)
        err = KEDGE_ERR_IO;
    if (n % 9 == 0)
        kedge_controller_add(t->c, "team", "w-1");
    result->problem = kedge_rest_error_text(t->rests[r->worker]);
    atomic_fetch_add(&t->calls, 1);
    atomic_fetch_or(&t->at_work, 1u << r->worker);
    atomic_store(&t->shared.busy[n], 0);
    return err;
}

static void *member(void *arg)
{
    struct member *m = arg;
    expect(&m->team->shared, kedge_controller_work(m->team->c, m->number) == KEDGE_OK);
    free(m);
    return NULL;
}

// Streams of the mock are ready when somebody looks.
static kedge_err short_wait(const struct kedge_port *port, struct kedge_wait *list, size_t count,
                            kedge_time deadline)
{
    (void)port;
    (void)list;
    (void)count;
    (void)deadline;
    nanosleep(&(struct timespec){0, 200000}, NULL);
    return KEDGE_OK;
}

static struct team *open_team(kedge_time sync_timeout)
{
    struct team *t = calloc(1, sizeof *t);
    assert_non_null(t);
    struct cluster *cluster = &t->shared.cluster;
    open_shared(&t->shared);
    cluster->port.fake.port.wait_in_thread = short_wait;
    kedge_token_bucket_init(&cluster->client->bucket, -1, 0); // as fast as it can
    struct kedge_controller_options options = {.reconcile = reconcile,
                                               .ctx = t,
                                               .keys = 16,
                                               .workers = WORKERS,
                                               .sync_timeout = sync_timeout};
    t->c = kedge_controller_new(cluster->k, &options);
    t->shared.informer =
        kedge_factory_informer_with(cluster->factory, &kedge_kind_deployment,
                                    &(struct kedge_informer_options){.namespace_ = "team"});
    for (int i = 0; i < WORKERS; i++)
        t->rests[i] =
            kedge_rest_new(cluster->client, &(struct kedge_rest_options){.own_thread = true});
    assert_int_equal(kedge_controller_watch(t->c, t->shared.informer, &t->source), KEDGE_OK);
    for (unsigned i = 0; i < WORKERS; i++) {
        struct member *m = malloc(sizeof *m);
        assert_non_null(m);
        *m = (struct member){t, i};
        pthread_create(&t->threads[i], NULL, member, m);
    }
    return t;
}

static void close_team(struct team *t)
{
    for (int i = 0; i < WORKERS && !t->joined; i++)
        pthread_join(t->threads[i], NULL);
    for (int i = 0; i < WORKERS; i++)
        kedge_rest_close(t->rests[i]);
    assert_int_equal(t->shared.wrong, 0);
    cluster_close(&t->shared.cluster);
    free(t);
}

static void change(struct team *t, int n)
{
    char name[16];
    struct mock *mock = t->shared.cluster.mock;
    snprintf(name, sizeof name, "w-%d", n % THINGS);
    kedge_read_begin(t->shared.cluster.k); // the mock is for one thread at a time
    if (n % 5 == 0)
        mock_delete(mock, "deployments", "team", name);
    else
        mock_apply(mock, "deployments", deployment("team", name, n % 8, NULL));
    kedge_read_end(t->shared.cluster.k);
}

static bool is_labelled(struct team *t)
{
    struct kedge_controller_report r;
    bool all = true;
    kedge_controller_report(t->c, &r);
    kedge_read_begin(t->shared.cluster.k);
    for (int n = 0; n < THINGS; n++) {
        char name[16];
        struct mock_item item;
        snprintf(name, sizeof name, "w-%d", n);
        if (mock_get(t->shared.cluster.mock, "deployments", "team", name, &item))
            all &= strstr(item.text, "\"seen\"") != NULL;
    }
    kedge_read_end(t->shared.cluster.k);
    return all && r.queue.depth + r.queue.in_work + r.queue.waiting == 0;
}

// As kedge_controller_run, but without the fake port's wait.
static kedge_err turn(struct team *t)
{
    kedge_err err = kedge_controller_step(t->c);
    if (err == KEDGE_OK || err == KEDGE_WAIT)
        err = kedge_poll(t->shared.cluster.k, 0);
    return err;
}

static void workers_make_requests_beside_the_loop(void **state)
{
    (void)state;
    struct team *t = open_team(0);
    for (int n = 0; n < THINGS; n++)
        change(t, n + 1);
    cluster_start(&t->shared.cluster);
    for (int i = 0; i < TURNS; i++) {
        if (i % 8 == 0)
            change(t, i);
        assert_int_equal(turn(t), KEDGE_OK);
    }
    kedge_time until = kedge_posix()->clock(kedge_posix()) + KEDGE_MINUTE;
    while (!is_labelled(t) && kedge_posix()->clock(kedge_posix()) < until)
        assert_int_equal(turn(t), KEDGE_OK);
    assert_true(is_labelled(t));
    kedge_controller_shut_down(t->c);
    kedge_err err = KEDGE_OK;
    while (err == KEDGE_OK)
        err = turn(t);
    assert_int_equal(err, KEDGE_ERR_STOPPED);
    assert_true(t->calls > THINGS);
    assert_int_equal(t->at_work, (1u << WORKERS) - 1);
    struct kedge_controller_report r;
    kedge_controller_report(t->c, &r);
    assert_int_equal(r.reconciles, t->calls);
    assert_int_equal(r.busy, 0);
    assert_int_equal(r.bad_keys, 0);
    close_team(t);
}

static void a_stop_ends_what_workers_wait_for(void **state)
{
    (void)state;
    struct team *t = open_team(0);
    for (int n = 0; n < THINGS; n++)
        change(t, n + 1);
    mock_inject(t->shared.cluster.mock,
                &(struct mock_fault){
                    .kind = MOCK_FAULT_STALL, .on = MOCK_ON_OTHER, .bytes = 1, .count = 1000});
    cluster_start(&t->shared.cluster);
    struct kedge_controller_report r = {0};
    while (r.busy < WORKERS) {
        assert_int_equal(turn(t), KEDGE_OK);
        kedge_controller_report(t->c, &r);
    }
    kedge_time before = kedge_posix()->clock(kedge_posix());
    kedge_stop(t->shared.cluster.k);
    assert_int_equal(turn(t), KEDGE_ERR_STOPPED);
    for (int i = 0; i < 1000 && r.busy > 0; i++) {
        nanosleep(&(struct timespec){0, 10000000}, NULL);
        kedge_controller_report(t->c, &r);
    }
    assert_int_equal(r.busy, 0);
    assert_true(kedge_posix()->clock(kedge_posix()) - before < 10 * KEDGE_SECOND);
    assert_int_equal(r.errors, 0);
    close_team(t);
}

// Where a run ends with an error, or before the caches are whole, workers do not wait on.
static void workers_return_when_a_run_fails(void **state)
{
    (void)state;
    struct team *t = open_team(50);
    t->shared.cluster.port.fake.port.wait = short_wait;
    mock_inject(t->shared.cluster.mock, &(struct mock_fault){.kind = MOCK_FAULT_STATUS,
                                                             .status = 403,
                                                             .resource = "deployments",
                                                             .count = 1000000});
    cluster_start(&t->shared.cluster);
    assert_int_equal(kedge_controller_run(t->c), KEDGE_ERR_TIMEOUT);
    close_team(t);
    t = open_team(0);
    assert_int_equal(kedge_controller_step(t->c), KEDGE_ERR_STATE); // its informer does not run
    close_team(t);
}

static void workers_return_when_it_is_shut_down_before_it_begins(void **state)
{
    (void)state;
    struct team *t = open_team(0);
    kedge_controller_shut_down(t->c);
    for (int i = 0; i < WORKERS; i++)
        pthread_join(t->threads[i], NULL);
    t->joined = true;
    close_team(t);
}

// A lock that shuts it down when it has been let go of so many times, as another thread may at any
// moment.
static struct kedge_controller *to_shut_down;
static unsigned until_then;
static unsigned depth; // so often it is held

static void lock_and_shut_down(const struct kedge_port *port, enum kedge_lock_op op)
{
    kedge_posix()->lock(port, op);
    depth += op == KEDGE_LOCK;
    depth -= op == KEDGE_UNLOCK;
    if (op != KEDGE_UNLOCK || depth > 0 || until_then == 0 || --until_then > 0)
        return;
    kedge_controller_shut_down(to_shut_down);
}

static kedge_err count_it(void *ctx, const struct kedge_reconcile *r,
                          struct kedge_reconcile_result *result)
{
    (void)r;
    (void)result;
    atomic_fetch_add((atomic_size_t *)ctx, 1);
    return KEDGE_OK;
}

static void a_shut_down_at_any_moment_ends_it(void **state)
{
    (void)state;
    kedge_err err = KEDGE_OK;
    bool synced = false;
    unsigned moments = 0;
    while (!synced || moments < 40) {
        struct shared *s = malloc(sizeof *s);
        struct kedge_controller_source source = {0};
        struct kedge_controller_report r;
        struct kedge_controller_options options = {.reconcile = count_it, .ctx = &s->worked};
        open_shared(s);
        struct kedge_controller *c = kedge_controller_new(s->cluster.k, &options);
        s->informer = kedge_factory_informer(s->cluster.factory, &kedge_kind_deployment);
        assert_int_equal(kedge_controller_watch(c, s->informer, &source), KEDGE_OK);
        cluster_start(&s->cluster);
        while (!kedge_informer_has_synced(s->informer))
            assert_int_equal(kedge_poll(s->cluster.k, 0), KEDGE_OK);
        to_shut_down = c;
        until_then = ++moments;
        depth = 0;
        s->cluster.port.fake.port.lock = lock_and_shut_down;
        for (int i = 0; i < 10000 && (err == KEDGE_OK || err == KEDGE_WAIT); i++)
            err = kedge_controller_step(c);
        assert_int_equal(err, KEDGE_ERR_STOPPED);
        assert_int_equal(until_then, 0);
        kedge_controller_report(c, &r);
        synced = r.synced;
        assert_true(synced || s->worked == 0);
        err = KEDGE_OK;
        cluster_close(&s->cluster);
        free(s);
    }
}

static void a_rest_of_another_thread_is_not_for_the_loop(void **state)
{
    (void)state;
    struct team *t = open_team(0);
    struct kedge_request get = {.verb = KEDGE_GET, .path = "/version"};
    assert_int_equal(kedge_rest_start(t->rests[0], &get, NULL, NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_controller_work(t->c, WORKERS), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_controller_work(NULL, 0), KEDGE_ERR_ARGUMENT);
    kedge_controller_shut_down(t->c);
    assert_int_equal(kedge_controller_step(t->c), KEDGE_ERR_STOPPED);
    t->shared.cluster.port.fake.port.wait_in_thread = NULL;
    assert_null(
        kedge_rest_new(t->shared.cluster.client, &(struct kedge_rest_options){.own_thread = true}));
    assert_int_equal(kedge_error(t->shared.cluster.k), KEDGE_ERR_UNSUPPORTED);
    close_team(t);
}

static struct kedge *looked_at;
static kedge_time seen_deadline;

static kedge_err look_and_wait(const struct kedge_port *port, struct kedge_wait *list, size_t count,
                               kedge_time deadline)
{
    seen_deadline = kedge_next_deadline(looked_at);
    return short_wait(port, list, count, deadline);
}

// The deadline of the kept connection is none of the thread's that polls while it is used.
static void a_request_beside_the_loop_does_not_keep_it_awake(void **state)
{
    (void)state;
    struct shared *s = malloc(sizeof *s);
    struct kedge_request get = {.verb = KEDGE_GET, .path = "/version"};
    char buf[1024];
    size_t len;
    open_shared(s);
    s->cluster.port.fake.port.wait_in_thread = look_and_wait;
    looked_at = s->cluster.k;
    struct kedge_rest *rest =
        kedge_rest_new(s->cluster.client, &(struct kedge_rest_options){.own_thread = true});
    assert_int_equal(kedge_rest_read(rest, &get, buf, sizeof buf, &len), KEDGE_OK);
    assert_true(kedge_next_deadline(looked_at) < KEDGE_FOREVER); // it is kept for a while
    mock_inject(s->cluster.mock,
                &(struct mock_fault){
                    .kind = MOCK_FAULT_STALL, .on = MOCK_ON_OTHER, .bytes = 1, .count = 1000});
    get.timeout = 50;
    seen_deadline = 0;
    assert_int_equal(kedge_rest_read(rest, &get, buf, sizeof buf, &len), KEDGE_ERR_TIMEOUT);
    assert_int_equal(seen_deadline, KEDGE_FOREVER);
    kedge_rest_close(rest);
    cluster_close(&s->cluster);
    free(s);
}

static unsigned times_taken;

static void lock_and_count(const struct kedge_port *port, enum kedge_lock_op op)
{
    kedge_posix()->lock(port, op);
    times_taken += op == KEDGE_LOCK;
    depth += op == KEDGE_LOCK;
    depth -= op == KEDGE_UNLOCK;
}

struct asked {
    kedge_err err;
    unsigned depth;
    bool told;
};

static void tell_asked(void *ctx, kedge_err err)
{
    *(struct asked *)ctx = (struct asked){err, depth, true};
}

// Who is told how a request has ended holds no lock, so that what it waits for holds up nobody.
static void the_end_of_a_request_is_told_without_the_lock(void **state)
{
    (void)state;
    struct shared *s = malloc(sizeof *s);
    struct kedge_request get = {.verb = KEDGE_GET, .path = "/version"};
    struct asked asked = {0};
    open_shared(s);
    struct kedge_rest *rest = kedge_rest_new(s->cluster.client, NULL);
    depth = times_taken = 0;
    s->cluster.port.fake.port.lock = lock_and_count;
    assert_int_equal(kedge_rest_start(rest, &get, NULL, tell_asked, &asked), KEDGE_OK);
    assert_true(times_taken > 0);
    assert_int_equal(kedge_rest_start(rest, &get, NULL, tell_asked, &asked), KEDGE_ERR_STATE);
    assert_int_equal(depth, 0);
    for (int i = 0; i < 10000 && !asked.told; i++)
        assert_int_equal(kedge_poll(s->cluster.k, 0), KEDGE_OK);
    assert_true(asked.told);
    assert_int_equal(asked.err, KEDGE_OK);
    assert_int_equal(asked.depth, 0);
    assert_int_equal(depth, 0);
    kedge_rest_close(rest);
    cluster_close(&s->cluster);
    free(s);
}

// ---------------------------------------------------------------------------- the port

static void *wait_beside(void *arg)
{
    const struct kedge_port *p = kedge_posix();
    kedge_time until = p->clock(p) + 400;
    while (p->clock(p) < until)
        *(kedge_err *)arg |= p->wait_in_thread(p, NULL, 0, until);
    return NULL;
}

static void who_waits_beside_does_not_take_the_wake(void **state)
{
    (void)state;
    const struct kedge_port *p = kedge_posix();
    pthread_t thread;
    kedge_err err = KEDGE_OK;
    pthread_create(&thread, NULL, wait_beside, &err);
    nanosleep(&(struct timespec){0, 100000000}, NULL);
    kedge_time before = p->clock(p);
    p->wake(p);
    nanosleep(&(struct timespec){0, 100000000}, NULL); // for who would take it
    assert_int_equal(p->wait(p, NULL, 0, before + 5000), KEDGE_OK);
    assert_true(p->clock(p) - before < 2000);
    pthread_join(thread, NULL);
    assert_int_equal(err, KEDGE_OK);
}

// ---------------------------------------------------------------------------- events

struct recording {
    struct kedge_event_recorder *core;
    struct kedge_event_series *series;
    atomic_size_t core_taken;
    atomic_size_t series_taken;
    atomic_int done;
};

enum { RECORDS = 400 };

static void *record(void *arg)
{
    struct recording *r = arg;
    char name[16];
    for (int i = 0; i < RECORDS; i++) {
        struct kedge_object_reference about = {.version = "v1", .kind = "Pod", .name = name};
        struct kedge_event_recorder_facts facts;
        snprintf(name, sizeof name, "pod-%d", i % 20);
        if (kedge_event_record_for(r->core, &about, KEDGE_EVENT_NORMAL, "R", "m") == KEDGE_OK)
            atomic_fetch_add(&r->core_taken, 1);
        if (kedge_event_series_record(r->series, &about, NULL, KEDGE_EVENT_NORMAL, "R", "A", "m") ==
            KEDGE_OK)
            atomic_fetch_add(&r->series_taken, 1);
        kedge_event_recorder_facts(r->core, &facts);
    }
    atomic_fetch_add(&r->done, 1);
    return NULL;
}

static void open_recording(struct recording *r, struct shared *s)
{
    memset(r, 0, sizeof *r);
    open_shared(s);
    s->cluster.port.fake.port.wall_clock = kedge_posix()->wall_clock;
    r->core = kedge_event_recorder_new(
        s->cluster.client, &(struct kedge_event_recorder_options){.queue = 32768, .burst = 100000});
    r->series = kedge_event_series_new(
        s->cluster.client, &(struct kedge_event_series_options){.controller = "a", .store = 32768});
    assert_non_null(r->series);
}

static void close_recording(struct recording *r, struct shared *s)
{
    kedge_event_recorder_close(r->core);
    kedge_event_series_close(r->series);
    cluster_close(&s->cluster);
    free(s);
}

// Once all is sent: each event of the core API that was taken is on the server.
static void join_recorders(pthread_t *threads, const struct recording *r,
                           const struct kedge_event_recorder_facts *core,
                           const struct kedge_event_series_facts *series)
{
    for (int i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(core->recorded, r->core_taken);
    assert_int_equal(core->created + core->patched, r->core_taken);
    assert_int_equal(series->recorded, r->series_taken);
}

static void several_record_while_the_loop_sends(void **state)
{
    (void)state;
    struct shared *s = malloc(sizeof *s);
    static struct recording r;
    pthread_t threads[WORKERS];
    struct kedge_event_recorder_facts core;
    struct kedge_event_series_facts series;
    open_recording(&r, s);
    for (int i = 0; i < WORKERS; i++)
        pthread_create(&threads[i], NULL, record, &r);
    do {
        assert_int_equal(kedge_poll(s->cluster.k, 0), KEDGE_OK);
        kedge_event_recorder_facts(r.core, &core);
        kedge_event_series_facts(r.series, &series);
    } while (atomic_load(&r.done) < WORKERS || core.waiting > 0 || series.waiting > 0);
    join_recorders(threads, &r, &core, &series);
    assert_int_equal(core.recorded + core.dropped, WORKERS * RECORDS);
    assert_int_equal(series.created, 20);
    close_recording(&r, s);
}

// What was taken before is sent, what comes later is refused: each event is one or the other.
static void a_shut_down_while_several_record_loses_nothing_that_was_taken(void **state)
{
    (void)state;
    struct shared *s = malloc(sizeof *s);
    static struct recording r;
    pthread_t threads[WORKERS];
    struct kedge_event_recorder_facts core;
    struct kedge_event_series_facts series;
    struct kedge_object_reference about = {.version = "v1", .kind = "Pod", .name = "late"};
    open_recording(&r, s);
    for (int i = 0; i < WORKERS; i++)
        pthread_create(&threads[i], NULL, record, &r);
    for (int i = 0; i < 20; i++)
        assert_int_equal(kedge_poll(s->cluster.k, 0), KEDGE_OK);
    kedge_event_recorder_shut_down(r.core);
    kedge_event_series_shut_down(r.series);
    assert_int_equal(kedge_event_record_for(r.core, &about, KEDGE_EVENT_NORMAL, "R", "m"),
                     KEDGE_ERR_STOPPED);
    do {
        assert_int_equal(kedge_poll(s->cluster.k, 0), KEDGE_OK);
        kedge_event_recorder_facts(r.core, &core);
        kedge_event_series_facts(r.series, &series);
    } while (atomic_load(&r.done) < WORKERS || core.waiting > 0 || series.kept > 0);
    join_recorders(threads, &r, &core, &series);
    assert_int_equal(core.failed + series.failed, 0);
    close_recording(&r, s);
}

static void *stopper(void *arg)
{
    kedge_stop(arg);
    return NULL;
}

static void another_thread_stops_the_loop(void **state)
{
    (void)state;
    struct shared *s = malloc(sizeof *s);
    pthread_t thread;
    open_shared(s);
    pthread_create(&thread, NULL, stopper, s->cluster.k);
    while (kedge_poll(s->cluster.k, 0) != KEDGE_ERR_STOPPED)
        continue;
    pthread_join(thread, NULL);
    cluster_close(&s->cluster);
    free(s);
}

static void nothing(void *ctx)
{
    (void)ctx;
}

struct election {
    struct shared shared;
    struct kedge_leader_elector *elector;
};

static void *asker(void *arg)
{
    struct election *e = arg;
    while (!atomic_load(&e->shared.over)) {
        bool leads = kedge_leader_elector_is_leader(e->elector);
        expect(&e->shared, kedge_leader_elector_time_left(e->elector) <= 3 * KEDGE_SECOND);
        expect(&e->shared,
               !leads || kedge_leader_elector_check(e->elector, KEDGE_HOUR) == KEDGE_OK);
        struct kedge_leader_report r;
        expect(&e->shared, kedge_leader_elector_report(e->elector, &r) == KEDGE_OK);
        expect(&e->shared, !r.leads || r.terms > 0);
        atomic_fetch_add(&e->shared.reads, leads);
    }
    return NULL;
}

static void others_ask_who_leads_while_it_is_renewed(void **state)
{
    (void)state;
    struct election *e = malloc(sizeof *e);
    pthread_t thread;
    assert_non_null(e);
    open_shared(&e->shared);
    struct kedge_leader_options o = {
        .namespace_ = "default",
        .name = "job",
        .identity = "a",
        .lease_duration = 4 * KEDGE_SECOND,
        .renew_deadline = 2 * KEDGE_SECOND,
        .retry_period = 20,
        .on_started_leading = nothing,
        .on_stopped_leading = nothing,
    };
    struct kedge *k = e->shared.cluster.k;
    e->elector = kedge_leader_elector_new(e->shared.cluster.client, &o);
    assert_non_null(e->elector);
    pthread_create(&thread, NULL, asker, e);
    // It is started and stopped, and renewed, again and again.
    for (int i = 0; i < 5; i++) {
        assert_int_equal(kedge_leader_elector_start(e->elector), KEDGE_OK);
        size_t reads = atomic_load(&e->shared.reads);
        for (int turn = 0; turn < TURNS || atomic_load(&e->shared.reads) == reads; turn++)
            assert_int_equal(kedge_poll(k, 0), KEDGE_OK);
        kedge_leader_elector_stop(e->elector);
        while (kedge_leader_elector_is_running(e->elector))
            assert_int_equal(kedge_poll(k, 0), KEDGE_OK);
    }
    atomic_store(&e->shared.over, true);
    pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&e->shared.wrong), 0);
    kedge_leader_elector_close(e->elector);
    cluster_close(&e->shared.cluster);
    free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(others_ask_who_leads_while_it_is_renewed),
        cmocka_unit_test(others_read_while_the_loop_runs),
        cmocka_unit_test(several_work_and_never_on_the_same_key),
        cmocka_unit_test(workers_make_requests_beside_the_loop),
        cmocka_unit_test(a_stop_ends_what_workers_wait_for),
        cmocka_unit_test(workers_return_when_a_run_fails),
        cmocka_unit_test(workers_return_when_it_is_shut_down_before_it_begins),
        cmocka_unit_test(a_shut_down_at_any_moment_ends_it),
        cmocka_unit_test(a_rest_of_another_thread_is_not_for_the_loop),
        cmocka_unit_test(a_request_beside_the_loop_does_not_keep_it_awake),
        cmocka_unit_test(the_end_of_a_request_is_told_without_the_lock),
        cmocka_unit_test(who_waits_beside_does_not_take_the_wake),
        cmocka_unit_test(several_record_while_the_loop_sends),
        cmocka_unit_test(a_shut_down_while_several_record_loses_nothing_that_was_taken),
        cmocka_unit_test(another_thread_stops_the_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void without_threads_there_is_nothing_to_hold(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    cluster_open(&c, &(struct cluster_options){0});
    struct kedge_informer *inf = cluster_informer(&c, &kedge_kind_deployment, NULL, &r);
    kedge_read_begin(c.k);
    assert_int_equal(kedge_lister_count(inf), 0);
    kedge_read_end(c.k);
    assert_null(c.port.fake.port.lock);
    cluster_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(without_threads_there_is_nothing_to_hold)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
