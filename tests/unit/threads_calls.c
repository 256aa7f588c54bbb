// SPDX-License-Identifier: Apache-2.0
// Whatever of the program's is called back, another thread gets at the caches meanwhile: so a
// call-back may wait for one. Compiled with KEDGE_THREADS.
#define _POSIX_C_SOURCE 200809L // nanosleep

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cluster.h"
#include "kedge/posix.h"

#if KEDGE_THREADS
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum { OBJECTS = 7 };

static struct fixture {
    struct cluster cluster;
    struct recorder recorder;
    struct kedge_informer *informer;
    struct kedge_rest *rest;
    unsigned calls[20]; // by enum call
    pthread_t reader;
    atomic_bool through;
    bool stuck;
    bool ended;
    kedge_err end;
} f;

enum call {
    ADD,
    UPDATE,
    DELETE,
    READY,
    FILTER,
    STATE,
    WATCH_ERROR,
    SINK,
    DONE,
    EACH,
    EVENT,
    EVENT_READY,
    END,
    LEAD,
    NEW_LEADER,
    STOP_LEADING,
    REFRESH,
    REGISTERED,
    RENEWED
};

static void *read_beside(void *arg)
{
    (void)arg;
    kedge_read_begin(f.cluster.k);
    (void)kedge_lister_count(f.informer);
    kedge_read_end(f.cluster.k);
    atomic_store(&f.through, true);
    return NULL;
}

// A call-back that waits until another thread has read; not for ever, so that the test ends.
static void called(enum call call)
{
    f.calls[call]++;
    if (f.stuck)
        return;
    atomic_store(&f.through, false);
    pthread_create(&f.reader, NULL, read_beside, NULL);
    for (int i = 0; i < 2000 && !atomic_load(&f.through); i++)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    f.stuck = !atomic_load(&f.through);
    if (f.stuck)
        print_error("another thread cannot read during call %d\n", (int)call);
    else
        pthread_join(f.reader, NULL);
}

static void on_add(void *ctx, const struct kedge_object *o, bool initial)
{
    (void)ctx;
    (void)o;
    (void)initial;
    called(ADD);
}

static void on_update(void *ctx, const struct kedge_object *old, const struct kedge_object *o)
{
    (void)ctx;
    (void)old;
    (void)o;
    called(UPDATE);
}

static void on_delete(void *ctx, const struct kedge_object *o, bool tombstone)
{
    (void)ctx;
    (void)o;
    (void)tombstone;
    called(DELETE);
}

static bool ready(void *ctx)
{
    (void)ctx;
    called(READY);
    return true;
}

static bool filter(void *ctx, const struct kedge_object *o)
{
    (void)ctx;
    (void)o;
    called(FILTER);
    return true;
}

static void on_state(void *ctx, struct kedge_informer *inf)
{
    (void)ctx;
    (void)inf;
    called(STATE);
}

static void on_watch_error(void *ctx, struct kedge_informer *inf,
                           const struct kedge_watch_error *error)
{
    (void)ctx;
    (void)inf;
    assert_int_equal(error->code, 500);
    called(WATCH_ERROR);
}

static struct kedge_handler handler = {.on_add = on_add,
                                       .on_update = on_update,
                                       .on_delete = on_delete,
                                       .ready = ready,
                                       .filter = filter};

// With an informer that runs and has synced.
static int open_fixture(void **state)
{
    (void)state;
    memset(&f, 0, sizeof f);
    cluster_open(&f.cluster, &(struct cluster_options){.seed = 3});
    f.cluster.port.fake.port.lock = kedge_posix()->lock;
    mock_fill(f.cluster.mock, OBJECTS, 1);
    f.informer = cluster_informer(&f.cluster, &kedge_kind_deployment, NULL, &f.recorder);
    f.rest = kedge_rest_new(f.cluster.client, NULL);
    return 0;
}

static void start(void)
{
    cluster_start(&f.cluster);
    assert_true(cluster_settle(&f.cluster, f.informer, KEDGE_MINUTE));
}

static int close_fixture(void **state)
{
    (void)state;
    if (f.stuck)
        pthread_join(f.reader, NULL);
    kedge_rest_close(f.rest);
    cluster_close(&f.cluster);
    return 0;
}

static void assert_called(enum call first, enum call last)
{
    for (enum call call = first; call <= last; call++) {
        if (f.calls[call] == 0)
            fail_msg("call %d was not made", (int)call);
    }
    assert_false(f.stuck);
}

static void those_of_informers(void **state)
{
    (void)state;
    struct kedge_informer *inf = f.informer;
    assert_int_equal(kedge_informer_add_handler(inf, &handler), KEDGE_OK);
    kedge_informer_on_state(inf, on_state, NULL);
    assert_int_equal(kedge_informer_set_watch_error_handler(inf, on_watch_error, NULL), KEDGE_OK);
    mock_inject(f.cluster.mock, &(struct mock_fault){.kind = MOCK_FAULT_STATUS,
                                                     .status = 500,
                                                     .resource = "deployments",
                                                     .count = 2});
    start();
    mock_apply(f.cluster.mock, "deployments", deployment("default", "a", 1, NULL));
    assert_true(cluster_settle(&f.cluster, inf, KEDGE_MINUTE));
    mock_apply(f.cluster.mock, "deployments", deployment("default", "a", 2, NULL));
    assert_true(cluster_settle(&f.cluster, inf, KEDGE_MINUTE));
    assert_true(mock_delete(f.cluster.mock, "deployments", "default", "a"));
    assert_true(cluster_settle(&f.cluster, inf, KEDGE_MINUTE));
    assert_int_equal(kedge_informer_remove_handler(inf, &handler), KEDGE_OK);
    // One that comes late is shown what is there.
    unsigned adds = f.calls[ADD];
    assert_int_equal(kedge_informer_add_handler(inf, &handler), KEDGE_OK);
    cluster_run(&f.cluster, KEDGE_SECOND);
    assert_int_equal(f.calls[ADD], adds + OBJECTS);
    assert_int_equal(kedge_informer_remove_handler(inf, &handler), KEDGE_OK);
    kedge_informer_on_state(inf, NULL, NULL);
    assert_called(ADD, WATCH_ERROR);
}

static kedge_err sink(void *ctx, kedge_str bytes)
{
    assert_ptr_equal(ctx, &f);
    assert_true(bytes.len > 0);
    called(SINK);
    return KEDGE_OK;
}

static void done(void *ctx, kedge_err err)
{
    assert_ptr_equal(ctx, &f);
    assert_int_equal(err, KEDGE_OK);
    called(DONE);
    f.ended = true;
}

static void run_to_the_end(void)
{
    for (int i = 0; i < 1000 && !f.ended; i++)
        cluster_run(&f.cluster, 100);
    assert_true(f.ended);
    f.ended = false;
}

static void those_of_requests(void **state)
{
    (void)state;
    struct kedge_request get = {.verb = KEDGE_GET, .path = "/version"};
    start();
    assert_int_equal(kedge_rest_start(f.rest, &get, sink, done, &f), KEDGE_OK);
    run_to_the_end();
    assert_called(SINK, DONE);
    assert_int_equal(kedge_rest_stream(f.rest, &get, sink, &f), KEDGE_OK);
    assert_int_equal(f.calls[SINK], 2);
    assert_false(f.stuck);
}

// As the waiting call of another port would, but this one's clock need not move.
static kedge_err at_once(const struct kedge_port *port, struct kedge_wait *list, size_t count,
                         kedge_time deadline)
{
    (void)port;
    (void)list;
    (void)count;
    (void)deadline;
    return KEDGE_OK;
}

static kedge_err each(void *ctx, const struct kedge_object *o)
{
    (void)ctx;
    assert_non_null(kedge_as_deployment(o));
    called(EACH);
    return KEDGE_OK;
}

static void those_of_requests_in_a_thread_of_their_own(void **state)
{
    (void)state;
    struct kedge_request get = {.verb = KEDGE_GET, .path = "/version"};
    f.cluster.port.fake.port.wait_in_thread = at_once;
    struct kedge_rest *own =
        kedge_rest_new(f.cluster.client, &(struct kedge_rest_options){.own_thread = true});
    struct kedge_api api = kedge_api_of(own, &kedge_kind_deployment, NULL);
    struct kedge_api_list list = {.each = each, .page_size = 3};
    start();
    assert_int_equal(kedge_rest_stream(own, &get, sink, &f), KEDGE_OK);
    assert_int_equal(kedge_api_list(&api, NULL, &list), KEDGE_OK);
    assert_int_equal(list.pages, 3);
    assert_int_equal(f.calls[EACH], OBJECTS);
    assert_called(SINK, SINK);
    kedge_rest_close(own);
}

static kedge_err each_unstructured(void *ctx, const struct kedge_unstructured *o)
{
    (void)ctx;
    (void)o;
    called(EACH);
    return KEDGE_OK;
}

static kedge_err each_version(void *ctx, const struct kedge_group_version *gv)
{
    (void)ctx;
    (void)gv;
    called(EACH);
    return KEDGE_OK;
}

static kedge_err each_resource(void *ctx, const struct kedge_api_resource *r)
{
    unsigned *resources = ctx;
    (void)r;
    // Each takes a thread.
    if ((*resources)++ < 5)
        called(EACH);
    return KEDGE_OK;
}

static kedge_err attempt(void *ctx)
{
    (void)ctx;
    called(EACH);
    return KEDGE_OK;
}

static void those_of_lists_and_of_discovery(void **state)
{
    (void)state;
    struct kedge_api api = kedge_api_of(f.rest, &kedge_kind_deployment, NULL);
    struct kedge_api_list list = {.each = each, .ctx = &f};
    struct kedge_discovery *d = kedge_discovery_new(f.rest, NULL);
    unsigned resources = 0;
    start();
    assert_int_equal(kedge_api_list(&api, NULL, &list), KEDGE_OK);
    assert_int_equal(f.calls[EACH], OBJECTS);
    assert_int_equal(kedge_api_list_start(&api, NULL, &list, done), KEDGE_OK);
    run_to_the_end();
    assert_int_equal(f.calls[EACH], 2 * OBJECTS);
    struct kedge_dynamic dynamic = {.rest = f.rest, .resource = {"apps", "v1", "deployments"}};
    assert_int_equal(kedge_dynamic_list(&dynamic, NULL, each_unstructured, NULL, NULL), KEDGE_OK);
    assert_int_equal(f.calls[EACH], 3 * OBJECTS);
    assert_int_equal(kedge_retry_on_conflict(f.rest, attempt, NULL), KEDGE_OK);
    assert_int_equal(kedge_discovery_groups(d, each_version, NULL), KEDGE_OK);
    assert_int_equal(kedge_discovery_resources(d, each_resource, &resources), KEDGE_OK);
    assert_true(resources > 5);
    assert_called(DONE, EACH);
}

static void on_event(void *ctx, const struct kedge_watch_event *event)
{
    (void)ctx;
    (void)event;
    called(EVENT);
}

static bool event_ready(void *ctx)
{
    (void)ctx;
    called(EVENT_READY);
    return true;
}

static void on_end(void *ctx, kedge_err err)
{
    (void)ctx;
    called(END);
    f.end = err;
    f.ended = true;
}

static const struct kedge_watch_handler watcher = {
    .on_event = on_event, .on_end = on_end, .ready = event_ready};

static void those_of_watches(void **state)
{
    (void)state;
    struct kedge_watch *w = kedge_watch_new(f.rest);
    struct kedge_watch_options o = {.kind = &kedge_kind_deployment};
    start();
    assert_int_equal(kedge_watch_start(w, &o, &watcher), KEDGE_OK);
    cluster_run(&f.cluster, KEDGE_SECOND);
    assert_int_equal(f.calls[EVENT], OBJECTS);
    mock_restart(f.cluster.mock, true);
    run_to_the_end();
    assert_int_equal(f.end, KEDGE_OK);
    assert_called(EVENT, END);
}

static kedge_err until_one(void *ctx, const struct kedge_watch_event *event)
{
    (void)ctx;
    (void)event;
    called(EVENT);
    return KEDGE_OK;
}

static void those_of_watches_that_go_on(void **state)
{
    (void)state;
    char version[24];
    struct kedge_retry_watcher *w = kedge_retry_watcher_new(f.rest);
    snprintf(version, sizeof version, "%d", (int)mock_version(f.cluster.mock) - 3);
    struct kedge_watch_options o = {.kind = &kedge_kind_deployment,
                                    .options.resource_version = version};
    kedge_until_condition one = until_one;
    start();
    assert_int_equal(kedge_retry_watcher_start(w, &o, &watcher), KEDGE_OK);
    cluster_run(&f.cluster, KEDGE_SECOND);
    assert_int_equal(f.calls[EVENT], 3);
    // It ends with an event that says that its version is too old.
    mock_inject(f.cluster.mock, &(struct mock_fault){.kind = MOCK_FAULT_EXPIRED_EVENT,
                                                     .on = MOCK_ON_WATCH,
                                                     .resource = "deployments",
                                                     .now = true});
    run_to_the_end();
    assert_int_equal(f.end, KEDGE_ERR_API);
    assert_called(EVENT, END);
    unsigned events = f.calls[EVENT];
    assert_int_equal(kedge_retry_watcher_start(w, &o, NULL), KEDGE_OK);
    assert_int_equal(kedge_until(w, &one, 1, NULL, KEDGE_MINUTE, NULL), KEDGE_OK);
    assert_int_equal(f.calls[EVENT], events + 1);
    assert_false(f.stuck);
}

static void on_lead(void *ctx)
{
    (void)ctx;
    called(LEAD);
}

static void on_new_leader(void *ctx, const char *identity)
{
    (void)ctx;
    assert_string_equal(identity, "a");
    called(NEW_LEADER);
}

static void on_stop(void *ctx)
{
    (void)ctx;
    called(STOP_LEADING);
}

static void those_of_elections(void **state)
{
    (void)state;
    struct kedge_leader_options o = {.namespace_ = "default",
                                     .name = "job",
                                     .identity = "a",
                                     .on_started_leading = on_lead,
                                     .on_stopped_leading = on_stop,
                                     .on_new_leader = on_new_leader};
    struct kedge_leader_elector *e = kedge_leader_elector_new(f.cluster.client, &o);
    start();
    assert_int_equal(kedge_leader_elector_start(e), KEDGE_OK);
    cluster_run(&f.cluster, KEDGE_MINUTE);
    kedge_leader_elector_stop(e);
    cluster_run(&f.cluster, KEDGE_MINUTE);
    assert_called(LEAD, STOP_LEADING);
    kedge_leader_elector_close(e);
}

static void refresh(void *ctx)
{
    (void)ctx;
    called(REFRESH);
}

static void on_registered(void *ctx, const struct kedge_object *node)
{
    (void)ctx;
    assert_string_equal(kedge_name(node), "edge-1");
    called(REGISTERED);
}

static void on_renewed(void *ctx, kedge_time gap)
{
    (void)ctx;
    (void)gap;
    called(RENEWED);
}

static void those_of_a_node(void **state)
{
    (void)state;
    static const struct kedge_node_facts facts = {.kubelet_version = "v1.36.0-kedge"};
    struct kedge_node_status_options node = {.node = "edge-1",
                                             .facts = &facts,
                                             .rest = f.rest,
                                             .refresh = refresh,
                                             .on_registered = on_registered};
    struct kedge_node_lease_options lease = {.node = "edge-1", .on_renewed = on_renewed};
    struct kedge_node_status *n = kedge_node_status_new(f.cluster.client, &node);
    struct kedge_node_lease *l = kedge_node_lease_new(f.cluster.client, &lease);
    start();
    for (unsigned i = 0; i < 2; i++) { // created, and found
        assert_int_equal(kedge_node_status_start(n), KEDGE_OK);
        assert_int_equal(kedge_node_lease_start(l), KEDGE_OK);
        cluster_run(&f.cluster, KEDGE_MINUTE);
        kedge_node_status_stop(n);
        kedge_node_lease_stop(l);
        assert_int_equal(f.calls[REGISTERED], i + 1);
    }
    called(REFRESH); // nor does the lock stay with this thread
    assert_called(REFRESH, RENEWED);
}

#define of(test) cmocka_unit_test_setup_teardown(test, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        of(those_of_informers),
        of(those_of_requests),
        of(those_of_requests_in_a_thread_of_their_own),
        of(those_of_lists_and_of_discovery),
        of(those_of_watches),
        of(those_of_watches_that_go_on),
        of(those_of_elections),
        of(those_of_a_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void without_threads_nobody_is_beside(void **state)
{
    (void)state;
    assert_null(kedge_posix()->lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(without_threads_nobody_is_beside)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
