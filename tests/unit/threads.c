// SPDX-License-Identifier: Apache-2.0
// Threads beside the one that polls: they read caches and work on keys. Compiled with KEDGE_THREADS
// and -fsanitize=thread, this is where a missing lock is found.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cluster.h"
#include "kedge/posix.h"
#include "kedge/workqueue.h"

#if KEDGE_THREADS
#include <pthread.h>
#include <stdatomic.h>

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
