// SPDX-License-Identifier: Apache-2.0
// Many threads at once: every way to read beside a busy informer, and what client-go's own tests
// assert of a workqueue that producers and workers share, to its end. For ThreadSanitizer.
#define _POSIX_C_SOURCE 200809L // nanosleep

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cluster.h"
#include "kedge/index.h"
#include "kedge/posix.h"
#include "kedge/workqueue.h"

#if KEDGE_THREADS
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

static void nap(void)
{
    nanosleep(&(struct timespec){0, 200000}, NULL);
}

// ---------------------------------------------------------------------------- readers

enum { READERS = 4, STILL = 20, BUSY = 40, ROUNDS = 60 };

static struct {
    struct cluster cluster;
    struct recorder recorder;
    struct kedge_informer *informer;
    struct kedge_index by_namespace, by_app;
    atomic_size_t rounds[READERS];
    atomic_size_t wrong;
    atomic_bool over;
} r;

// Says which line it was; the test ends later, in its own thread.
#define expect(truth)                                       \
    do {                                                    \
        if (!(truth) && atomic_fetch_add(&r.wrong, 1) == 0) \
            print_error("line %d: " #truth "\n", __LINE__); \
    } while (0)

static size_t count_walk(struct kedge_iter it)
{
    size_t n = 0;
    while (kedge_iter_next(&it) != NULL)
        n++;
    return n;
}

// All at one moment: each way to ask for the same says the same.
static void read_at_once(void)
{
    static const char *const keys[] = {"still/s-0", "still/s-7", "still/s-19"};
    const struct kedge_object *o = NULL;
    struct kedge_status status;
    struct kedge_selector app;
    struct kedge_iter all, still;
    char value[64];
    kedge_read_begin(r.cluster.k);
    expect(kedge_selector_parse(&app, "app=busy") == KEDGE_OK);
    all = kedge_lister_list(r.informer, NULL, KEDGE_EVERYTHING);
    still = kedge_lister_list(r.informer, "still", KEDGE_EVERYTHING);
    expect(count_walk(all) == kedge_lister_count(r.informer));
    expect(count_walk(still) == STILL);
    expect(count_walk(kedge_lister_by_index(r.informer, KEDGE_NAMESPACE_INDEX, "still")) == STILL);
    expect(count_walk(kedge_lister_list(r.informer, "busy", &app)) ==
           count_walk(kedge_lister_by_index(r.informer, "app", "busy")));
    for (size_t i = 0; i < 3; i++)
        expect(kedge_lister_get_by_key(r.informer, keys[i], &o) == KEDGE_OK);
    expect(o != NULL && strcmp(kedge_name(o), "s-19") == 0);
    if (o != NULL)
        expect(count_walk(kedge_lister_index_of(r.informer, KEDGE_NAMESPACE_INDEX, o)) == STILL);
    expect(kedge_lister_get_status(r.informer, "still", "none", &o, &status) ==
           KEDGE_ERR_NOT_FOUND);
    expect(kedge_status_is_not_found(&status));
    struct kedge_value_iter values = kedge_lister_index_values(r.informer, KEDGE_NAMESPACE_INDEX);
    size_t count = 0;
    while (kedge_value_next(&values, value, sizeof value, NULL))
        count++;
    expect(count == 1 || count == 2); // "busy" may have nothing just then
    kedge_read_end(r.cluster.k);
}

// Lets go after each few objects: what is there throughout comes exactly once, all the same.
static void read_in_pieces(struct kedge_iter it)
{
    unsigned seen[STILL] = {0};
    bool more = true;
    while (more) {
        kedge_read_begin(r.cluster.k);
        for (int i = 0; i < 3 && more; i++) {
            const struct kedge_object *o = kedge_iter_next(&it);
            more = o != NULL;
            if (more && strcmp(kedge_namespace(o), "still") == 0)
                seen[atoi(kedge_name(o) + 2)]++;
        }
        kedge_read_end(r.cluster.k);
    }
    for (int i = 0; i < STILL; i++)
        expect(seen[i] == 1);
}

static void read_in_order(void)
{
    char key[KEDGE_KEY_MAX] = "";
    char last[KEDGE_KEY_MAX] = "";
    struct kedge_iter it = kedge_lister_list(r.informer, NULL, KEDGE_EVERYTHING);
    size_t still = 0;
    for (bool more = true; more;) {
        kedge_read_begin(r.cluster.k);
        more = kedge_iter_next_key(&it, key);
        kedge_read_end(r.cluster.k);
        expect(!more || strcmp(last, key) < 0);
        still += more && strncmp(key, "still/", 6) == 0;
        memcpy(last, key, sizeof last);
    }
    expect(still == STILL);
}

static void *reader(void *arg)
{
    atomic_size_t *rounds = arg;
    while (!atomic_load(&r.over)) {
        read_at_once();
        read_in_pieces(kedge_lister_list(r.informer, NULL, KEDGE_EVERYTHING));
        read_in_pieces(kedge_lister_list(r.informer, "still", KEDGE_EVERYTHING));
        read_in_pieces(kedge_lister_by_index(r.informer, KEDGE_NAMESPACE_INDEX, "still"));
        read_in_pieces(kedge_lister_by_index(r.informer, "app", "still"));
        read_in_order();
        atomic_fetch_add(rounds, 1);
    }
    return NULL;
}

static void no_wake(const struct kedge_port *port)
{
    (void)port;
}

static void apply(const char *namespace_, const char *prefix, int n, int replicas)
{
    char json[512];
    snprintf(json, sizeof json,
             "{\"metadata\":{\"namespace\":\"%s\",\"name\":\"%s-%d\",\"labels\":{\"app\":\"%s\"}},"
             "\"spec\":{\"replicas\":%d}}",
             namespace_, prefix, n, namespace_, replicas);
    mock_apply(r.cluster.mock, "deployments", json);
}

static void poll_once(void)
{
    assert_int_equal(kedge_poll(r.cluster.k, 0), KEDGE_OK);
}

// Handlers join and part all the time: each that joins is shown what is there.
static void churn(int i, struct recorder *late)
{
    char name[16];
    int n = i * 7 % BUSY;
    snprintf(name, sizeof name, "b-%d", n);
    if (i % 3 == 0)
        mock_delete(r.cluster.mock, "deployments", "busy", name);
    else
        apply("busy", "b", n, i % 50);
    if (i % 40 == 0) {
        recorder_init(late);
        late->versions_may_go_back = true;
        assert_int_equal(kedge_informer_add_handler(r.informer, &late->handler), KEDGE_OK);
    }
    if (i % 40 == 39) {
        while (!kedge_handler_has_synced(&late->handler))
            poll_once();
        assert_true(late->initial_adds >= STILL);
        assert_int_equal(kedge_informer_remove_handler(r.informer, &late->handler), KEDGE_OK);
        recorder_free(late);
    }
}

static void open_busy(void)
{
    memset(&r, 0, sizeof r);
    cluster_open(&r.cluster, &(struct cluster_options){.memory = 512 * 1024, .seed = 5});
    struct kedge_port *port = &r.cluster.port.fake.port;
    port->lock = kedge_posix()->lock;
    port->clock = kedge_posix()->clock;
    port->wake = no_wake; // the fake one is for one thread
    for (int i = 0; i < STILL; i++)
        apply("still", "s", i, 1);
    r.informer = cluster_informer(&r.cluster, &kedge_kind_deployment, NULL, &r.recorder);
    r.recorder.versions_may_go_back = true; // the mock's clock stands still
}

static bool all_have_read(void)
{
    bool all = true;
    for (int i = 0; i < READERS; i++)
        all &= atomic_load(&r.rounds[i]) >= ROUNDS;
    return all;
}

static void every_way_to_read_beside_a_busy_informer(void **state)
{
    (void)state;
    pthread_t threads[READERS];
    struct recorder late;
    open_busy();
    r.by_namespace =
        (struct kedge_index){.name = KEDGE_NAMESPACE_INDEX, .values = kedge_index_namespace};
    r.by_app = (struct kedge_index){.name = "app", .values = kedge_index_label, .ctx = "app"};
    assert_int_equal(kedge_informer_add_index(r.informer, &r.by_namespace), KEDGE_OK);
    cluster_start(&r.cluster);
    while (!kedge_informer_has_synced(r.informer))
        poll_once();
    assert_int_equal(kedge_informer_add_index(r.informer, &r.by_app), KEDGE_OK);
    for (int i = 0; i < READERS; i++)
        pthread_create(&threads[i], NULL, reader, &r.rounds[i]);
    int i = 0;
    for (; !all_have_read() || i % 40 != 0; i++) {
        churn(i, &late);
        for (int turn = 0; turn < 4; turn++)
            poll_once();
    }
    atomic_store(&r.over, true);
    for (i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(r.wrong, 0);
    assert_true(r.recorder.updates > 0 && r.recorder.deletes > 0);
    cluster_close(&r.cluster);
}

// ---------------------------------------------------------------------------- producers, workers

enum { PRODUCERS = 50, WORKERS = 10, ADDS = 20 };

static struct {
    unsigned char memory[64 * 1024];
    struct kedge *k;
    struct kedge_workqueue *q;
    atomic_int again[PRODUCERS]; // how often a key is added while somebody works on it
    atomic_int busy[PRODUCERS];
    atomic_size_t worked;
    atomic_size_t wrong;
    atomic_int ended;
} w;

static void open_queue(const struct kedge_workqueue_options *options)
{
    memset(&w, 0, sizeof w);
    w.k = kedge_init(w.memory, sizeof w.memory, kedge_posix());
    w.q = kedge_workqueue_new(w.k, options);
    assert_non_null(w.q);
}

static void *produce(void *arg)
{
    char key[16];
    snprintf(key, sizeof key, "%d", (int)((atomic_int *)arg - w.busy));
    for (int i = 0; i < ADDS; i++) {
        if (kedge_workqueue_add(w.q, key) != KEDGE_OK)
            atomic_fetch_add(&w.wrong, 1);
        nap();
    }
    return NULL;
}

static void *work(void *arg)
{
    char key[KEDGE_WORKQUEUE_KEY];
    kedge_err err;
    (void)arg;
    while ((err = kedge_workqueue_wait_in_thread(w.q, key, sizeof key)) == KEDGE_OK) {
        int n = atoi(key);
        // Nobody else works on it, and what was added too late never comes.
        if (strcmp(key, "late") == 0 || atomic_exchange(&w.busy[n], 1) != 0)
            atomic_fetch_add(&w.wrong, 1);
        if (atomic_fetch_sub(&w.again[n], 1) > 0)
            kedge_workqueue_add(w.q, key); // after a shut-down in vain
        nap();
        atomic_fetch_add(&w.worked, 1);
        atomic_store(&w.busy[n], 0);
        kedge_workqueue_done(w.q, key);
    }
    if (err != KEDGE_ERR_STOPPED)
        atomic_fetch_add(&w.wrong, 1);
    atomic_fetch_add(&w.ended, 1);
    return NULL;
}

static void crowd(int again, bool drain)
{
    pthread_t producers[PRODUCERS];
    pthread_t workers[WORKERS];
    struct kedge_workqueue_report report;
    open_queue(NULL);
    for (int i = 0; i < PRODUCERS; i++) {
        w.again[i] = again;
        pthread_create(&producers[i], NULL, produce, &w.busy[i]);
    }
    for (int i = 0; i < WORKERS; i++)
        pthread_create(&workers[i], NULL, work, NULL);
    for (int i = 0; i < PRODUCERS; i++)
        pthread_join(producers[i], NULL);
    if (drain)
        assert_int_equal(kedge_workqueue_shut_down_with_drain(w.q, KEDGE_MINUTE), KEDGE_OK);
    else
        kedge_workqueue_shut_down(w.q);
    assert_int_equal(kedge_workqueue_add(w.q, "late"), KEDGE_ERR_STOPPED);
    for (int i = 0; i < WORKERS; i++)
        pthread_join(workers[i], NULL);
    assert_int_equal(w.wrong, 0);
    assert_int_equal(w.ended, WORKERS);
    assert_int_equal(kedge_workqueue_length(w.q), 0);
    kedge_workqueue_report(w.q, &report);
    assert_true(w.worked >= PRODUCERS && w.worked == report.adds);
    assert_int_equal(report.in_work + report.depth + report.keys, 0);
}

// client-go's TestBasic.
static void each_key_is_worked_on_and_none_after_the_end(void **state)
{
    (void)state;
    crowd(0, false);
    crowd(0, true);
}

// client-go's TestAddWhileProcessing.
static void keys_that_are_added_during_work_end_with_the_queue(void **state)
{
    (void)state;
    crowd(2, false);
    crowd(2, true);
}

// ---------------------------------------------------------------------------- the end

static void *done_or_shut_down(void *arg)
{
    const bool *shut_down = arg;
    while (!kedge_workqueue_is_shut_down(w.q))
        nap();
    nanosleep(&(struct timespec){0, 20000000}, NULL); // for the drain to fall asleep
    if (*shut_down) {
        kedge_workqueue_shut_down(w.q);
        return NULL;
    }
    kedge_workqueue_done(w.q, "foo");
    kedge_workqueue_done(w.q, "bar");
    return NULL;
}

static kedge_err drain(bool shut_down)
{
    pthread_t thread;
    char key[KEDGE_WORKQUEUE_KEY];
    open_queue(NULL);
    assert_int_equal(kedge_workqueue_add(w.q, "foo"), KEDGE_OK);
    assert_int_equal(kedge_workqueue_add(w.q, "bar"), KEDGE_OK);
    assert_int_equal(kedge_workqueue_get(w.q, key, sizeof key), KEDGE_OK);
    assert_int_equal(kedge_workqueue_get(w.q, key, sizeof key), KEDGE_OK);
    pthread_create(&thread, NULL, done_or_shut_down, &shut_down);
    kedge_time before = kedge_posix()->clock(kedge_posix());
    kedge_err err = kedge_workqueue_shut_down_with_drain(w.q, KEDGE_MINUTE);
    assert_true(kedge_posix()->clock(kedge_posix()) - before < 30 * KEDGE_SECOND);
    pthread_join(thread, NULL);
    return err;
}

// client-go's TestQueueDrainageUsingShutDownWithDrain and TestForceQueueShutdownUsingShutDown.
static void a_drain_ends_with_the_last_work_or_a_shut_down_of_another_thread(void **state)
{
    (void)state;
    assert_int_equal(drain(false), KEDGE_OK);
    assert_int_equal(drain(true), KEDGE_ERR_STOPPED);
}

// ---------------------------------------------------------------------------- waking

static void *add_soon(void *arg)
{
    kedge_err (*add)(void) = *(kedge_err(**)(void))arg;
    nanosleep(&(struct timespec){0, 20000000}, NULL); // for the other one to fall asleep
    if (add() != KEDGE_OK)
        atomic_fetch_add(&w.wrong, 1);
    return NULL;
}

static kedge_err add_now(void)
{
    return kedge_workqueue_add(w.q, "a");
}

static kedge_err add_later(void)
{
    return kedge_workqueue_add_after(w.q, "a", 10);
}

static kedge_err add_limited(void)
{
    return kedge_workqueue_add_rate_limited(w.q, "a");
}

static void whatever_another_thread_adds_the_loop_wakes_up(void **state)
{
    (void)state;
    kedge_err (*adds[])(void) = {add_now, add_later, add_limited};
    char key[KEDGE_WORKQUEUE_KEY];
    for (size_t i = 0; i < 3; i++) {
        pthread_t thread;
        open_queue(NULL);
        kedge_time before = kedge_posix()->clock(kedge_posix());
        pthread_create(&thread, NULL, add_soon, &adds[i]);
        assert_int_equal(kedge_workqueue_wait(w.q, key, sizeof key, KEDGE_MINUTE), KEDGE_OK);
        assert_true(kedge_posix()->clock(kedge_posix()) - before < 30 * KEDGE_SECOND);
        pthread_join(thread, NULL);
        assert_string_equal(key, "a");
        assert_int_equal(w.wrong, 0);
    }
}

static void *add_for_later(void *arg)
{
    (void)arg;
    for (int i = 0; i < 2000; i++) {
        char key[16];
        snprintf(key, sizeof key, "%d", i % 50);
        if (kedge_workqueue_add_after(w.q, key, i % 5) != KEDGE_OK)
            atomic_fetch_add(&w.wrong, 1);
    }
    atomic_fetch_add(&w.ended, 1);
    return NULL;
}

// A loop of the program's own asks how long it may sleep, and for what.
static void another_loop_asks_while_others_add(void **state)
{
    (void)state;
    pthread_t thread;
    char key[KEDGE_WORKQUEUE_KEY];
    struct kedge_workqueue_report report;
    struct kedge_wait list[4];
    bool all_added = false;
    open_queue(NULL);
    pthread_create(&thread, NULL, add_for_later, NULL);
    do {
        all_added = atomic_load(&w.ended) > 0;
        assert_int_equal(kedge_interests(w.k, list, 4), 0);
        (void)kedge_next_deadline(w.k);
        assert_int_equal(kedge_poll(w.k, 0), KEDGE_OK);
        while (kedge_workqueue_get(w.q, key, sizeof key) == KEDGE_OK)
            kedge_workqueue_done(w.q, key);
        kedge_workqueue_report(w.q, &report);
    } while (!all_added || report.depth + report.waiting > 0);
    pthread_join(thread, NULL);
    assert_int_equal(w.wrong, 0);
    assert_int_equal(kedge_poll(w.k, 0), KEDGE_OK);
    assert_int_equal(kedge_next_deadline(w.k), KEDGE_FOREVER);
}

// ---------------------------------------------------------------------------- a full queue

static bool has_room(void *ctx)
{
    (void)ctx;
    return kedge_workqueue_has_room(w.q);
}

static void add_object(void *ctx, const struct kedge_object *o, bool initial)
{
    char key[KEDGE_KEY_MAX];
    (void)ctx;
    (void)initial;
    assert_int_equal(kedge_object_key(o, key, sizeof key), KEDGE_OK);
    assert_int_equal(kedge_workqueue_add(w.q, key), KEDGE_OK);
}

static void *work_off(void *arg)
{
    char key[KEDGE_WORKQUEUE_KEY];
    (void)arg;
    while (kedge_workqueue_wait_in_thread(w.q, key, sizeof key) == KEDGE_OK) {
        nap();
        atomic_fetch_add(&w.worked, 1);
        kedge_workqueue_done(w.q, key);
    }
    return NULL;
}

// Workers beside make room, and the informer that waits for it goes on; nothing is refused.
static void workers_make_room_for_an_informer(void **state)
{
    (void)state;
    pthread_t threads[READERS];
    struct kedge_handler handler = {.on_add = add_object, .ready = has_room};
    struct kedge_workqueue_report report;
    memset(&w, 0, sizeof w);
    open_busy();
    for (int i = 0; i < BUSY; i++)
        apply("busy", "b", i, 1);
    w.q = kedge_workqueue_new(r.cluster.k,
                              &(struct kedge_workqueue_options){.keys = 4, .bytes = 4 * 324});
    assert_int_equal(kedge_informer_add_handler(r.informer, &handler), KEDGE_OK);
    cluster_start(&r.cluster);
    for (int i = 0; i < READERS; i++)
        pthread_create(&threads[i], NULL, work_off, NULL);
    while (atomic_load(&w.worked) < STILL + BUSY)
        poll_once();
    kedge_workqueue_shut_down(w.q);
    for (int i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    kedge_workqueue_report(w.q, &report);
    assert_int_equal(report.adds, STILL + BUSY);
    assert_int_equal(report.refused, 0);
    assert_int_equal(report.keys_peak, 4);
    cluster_close(&r.cluster);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_to_read_beside_a_busy_informer),
        cmocka_unit_test(each_key_is_worked_on_and_none_after_the_end),
        cmocka_unit_test(keys_that_are_added_during_work_end_with_the_queue),
        cmocka_unit_test(a_drain_ends_with_the_last_work_or_a_shut_down_of_another_thread),
        cmocka_unit_test(whatever_another_thread_adds_the_loop_wakes_up),
        cmocka_unit_test(another_loop_asks_while_others_add),
        cmocka_unit_test(workers_make_room_for_an_informer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void without_threads_there_is_one_loop(void **state)
{
    (void)state;
    assert_null(kedge_posix()->wait_in_thread);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(without_threads_there_is_one_loop)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
