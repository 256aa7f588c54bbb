// SPDX-License-Identifier: Apache-2.0
// Waiting for conditions over an informer: the rows of client-go's TestUntilWithSync and of its
// informer watcher, and what the header promises beside.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cluster.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static struct cluster c;
static struct kedge_informer *inf;

// What conditions and preconditions were given, and what they are to do.
struct seen {
    char text[1024];
    size_t len;
    unsigned judged;                  // the cache
    unsigned at;                      // events that came
    kedge_err answer;                 // of the precondition
    const char *want;                 // the condition: an event's line that begins so
    kedge_err (*act)(struct seen *s); // in each condition, before it answers
};

static void open_cluster(const struct kedge_informer_options *options)
{
    cluster_open(&c, &(struct cluster_options){0});
    inf = options != NULL ? kedge_factory_informer_with(c.factory, &kedge_kind_deployment, options)
                          : kedge_factory_informer(c.factory, &kedge_kind_deployment);
    assert_non_null(inf);
}

static void apply(const char *name, int replicas)
{
    assert_true(mock_apply(c.mock, "deployments", deployment("default", name, replicas, NULL)) > 0);
}

static kedge_err precondition(void *ctx, const struct kedge_informer *informer)
{
    struct seen *s = ctx;
    s->judged++;
    assert_true(kedge_informer_has_synced(informer));
    s->len += (size_t)snprintf(s->text + s->len, sizeof s->text - s->len, "cache of %zu\n",
                               kedge_lister_count(informer));
    return s->answer;
}

static kedge_err condition(void *ctx, const struct kedge_watch_event *event)
{
    struct seen *s = ctx;
    char *line = s->text + s->len;
    const struct kedge_deployment *d = kedge_as_deployment(event->object);
    assert_non_null(d);
    assert_string_equal(event->resource_version, kedge_resource_version(event->object));
    assert_null(event->status);
    assert_int_equal(event->value.at, -1);
    assert_int_equal(event->json.len, 0);
    s->at++;
    s->len += (size_t)snprintf(line, sizeof s->text - s->len, "%s %s %d%s\n",
                               kedge_watch_type_text(event->type), kedge_name(event->object),
                               (int)d->spec_replicas, event->partial ? " partial" : "");
    if (s->act != NULL) {
        kedge_err err = s->act(s);
        if (err != KEDGE_OK)
            return err;
    }
    return strncmp(line, s->want, strlen(s->want)) == 0 ? KEDGE_OK : KEDGE_WAIT;
}

static const kedge_until_condition one[] = {condition};

// ---------------------------------------------------------------- client-go's rows

// "doesn't wait for sync with no precondition", and with one it waits as long.
static void without_a_sync_it_ends_in_time(void **state)
{
    (void)state;
    for (int with = 0; with < 2; with++) {
        struct seen s = {.want = ""};
        open_cluster(&cluster_lists);
        c.port.fake.cruelty.refuse = true;
        cluster_start(&c);
        kedge_time began = c.port.fake.now;
        assert_int_equal(kedge_until_with_sync(inf, with ? precondition : NULL, one, 1, &s, 500),
                         KEDGE_ERR_TIMEOUT);
        assert_int_equal(c.port.fake.now - began, 500);
        assert_string_equal(s.text, "");
        if (with)
            assert_non_null(strstr(kedge_error_text(c.k), "deployments"));
        cluster_close(&c);
    }
}

// "precondition can stop the loop"
static void a_precondition_that_is_met_is_the_end(void **state)
{
    (void)state;
    struct seen s = {.answer = KEDGE_OK, .want = ""};
    open_cluster(NULL);
    apply("first", 1);
    cluster_start(&c);
    assert_int_equal(kedge_until_with_sync(inf, precondition, one, 1, &s, KEDGE_MINUTE), KEDGE_OK);
    assert_string_equal(s.text, "cache of 1\n");
    // It may say that it never will be.
    s.answer = KEDGE_ERR_NOT_FOUND;
    assert_int_equal(kedge_until_with_sync(inf, precondition, one, 1, &s, KEDGE_MINUTE),
                     KEDGE_ERR_NOT_FOUND);
    assert_int_equal(s.at, 0);
    cluster_close(&c);
}

// "precondition lets it proceed to regular condition"
static void a_precondition_that_is_not_met_leads_to_the_events(void **state)
{
    (void)state;
    struct seen s = {.answer = KEDGE_WAIT, .want = "ADDED"};
    open_cluster(NULL);
    apply("first", 1);
    cluster_start(&c);
    assert_int_equal(kedge_until_with_sync(inf, precondition, one, 1, &s, KEDGE_MINUTE), KEDGE_OK);
    assert_string_equal(s.text, "cache of 1\nADDED first 1\n");
    cluster_close(&c);
}

// TestNewInformerWatcher: what was there, what comes, what changes, what goes.
static kedge_err change_something(struct seen *s)
{
    switch (s->at) {
    case 1:
        apply("b", 1);
        break;
    case 2:
        apply("a", 2);
        break;
    case 3:
        mock_delete(c.mock, "deployments", "default", "a");
        break;
    default:
        break;
    }
    return KEDGE_OK;
}

static void events_come_as_a_watch_would_bring_them(void **state)
{
    (void)state;
    for (int lists = 0; lists < 2; lists++) {
        struct seen s = {.want = "DELETED", .act = change_something};
        open_cluster(lists ? &cluster_lists : NULL);
        apply("a", 1);
        cluster_start(&c);
        assert_int_equal(kedge_until_with_sync(inf, NULL, one, 1, &s, KEDGE_HOUR), KEDGE_OK);
        assert_string_equal(s.text, "ADDED a 1\nADDED b 1\nMODIFIED a 2\nDELETED a 2\n");
        cluster_close(&c);
    }
}

// TestInformerWatcherDeletedFinalStateUnknown
static kedge_err delete_unseen(struct seen *s)
{
    if (s->at == 1) {
        mock_delete(c.mock, "deployments", "default", "a");
        apply("z", 1);
        mock_compact(c.mock);
    }
    return KEDGE_OK;
}

static void a_tombstone_is_a_delete_of_what_was_known(void **state)
{
    (void)state;
    struct seen s = {.want = "DELETED", .act = delete_unseen};
    open_cluster(&cluster_lists);
    apply("a", 7);
    cluster_start(&c);
    assert_int_equal(kedge_until_with_sync(inf, NULL, one, 1, &s, KEDGE_HOUR), KEDGE_OK);
    assert_string_equal(s.text, "ADDED a 7\nADDED z 1\nDELETED a 7\n");
    cluster_close(&c);
}

// ---------------------------------------------------------------- the header's promises

static kedge_err is_added(void *ctx, const struct kedge_watch_event *event)
{
    ++*(unsigned *)ctx;
    return event->type == KEDGE_WATCH_ADDED ? KEDGE_OK : KEDGE_WAIT;
}

static kedge_err is_deleted(void *ctx, const struct kedge_watch_event *event)
{
    ++*(unsigned *)ctx;
    return event->type == KEDGE_WATCH_DELETED ? KEDGE_OK : KEDGE_WAIT;
}

static kedge_err never_will_be(void *ctx, const struct kedge_watch_event *event)
{
    (void)event;
    ++*(unsigned *)ctx;
    return KEDGE_ERR_EXISTS;
}

// As TestUntilMultipleConditions, ...Fail and TestUntilErrorCondition.
static void one_event_may_meet_several_conditions(void **state)
{
    (void)state;
    static const struct {
        kedge_until_condition conditions[3];
        size_t count;
        kedge_err err;
        unsigned calls;
    } rows[] = {
        {{is_added, is_added, is_added}, 3, KEDGE_OK, 3},
        {{is_added, is_added, is_deleted}, 3, KEDGE_ERR_TIMEOUT, 4},
        {{is_added, never_will_be, is_added}, 3, KEDGE_ERR_EXISTS, 2},
        {{never_will_be}, 1, KEDGE_ERR_EXISTS, 1},
        {{NULL}, 0, KEDGE_OK, 0},
    };
    open_cluster(NULL);
    apply("a", 1);
    apply("b", 1);
    cluster_start(&c);
    assert_true(cluster_settle(&c, inf, KEDGE_MINUTE));
    for (size_t i = 0; i < COUNT(rows); i++) {
        unsigned calls = 0;
        kedge_err err =
            kedge_until_with_sync(inf, NULL, rows[i].conditions, rows[i].count, &calls, KEDGE_HOUR);
        assert_int_equal(err, rows[i].err);
        assert_int_equal(calls, rows[i].calls);
        // Its handler is gone, and nobody is asked any more.
        apply("c", (int)i);
        assert_true(cluster_settle(&c, inf, KEDGE_MINUTE));
        mock_delete(c.mock, "deployments", "default", "c");
        assert_true(cluster_settle(&c, inf, KEDGE_MINUTE));
        assert_int_equal(calls, rows[i].calls);
    }
    cluster_close(&c);
}

static void what_is_there_counts_in_no_time(void **state)
{
    (void)state;
    struct seen s = {.want = "ADDED a", .answer = KEDGE_WAIT};
    open_cluster(NULL);
    apply("a", 1);
    cluster_start(&c);
    assert_int_equal(kedge_until_with_sync(inf, precondition, one, 1, &s, 0), KEDGE_ERR_TIMEOUT);
    assert_int_equal(s.judged, 0);
    assert_true(cluster_settle(&c, inf, KEDGE_MINUTE));
    assert_int_equal(kedge_until_with_sync(inf, precondition, one, 1, &s, 0), KEDGE_OK);
    s.want = "MODIFIED";
    assert_int_equal(kedge_until_with_sync(inf, precondition, one, 1, &s, 0), KEDGE_ERR_TIMEOUT);
    cluster_close(&c);
}

// A resync is no event, whatever the factory's period.
static void a_resync_is_no_event(void **state)
{
    (void)state;
    struct seen s = {.want = "MODIFIED"};
    cluster_open(&c, &(struct cluster_options){.resync = KEDGE_SECOND});
    inf = kedge_factory_informer(c.factory, &kedge_kind_deployment);
    apply("a", 1);
    cluster_start(&c);
    assert_int_equal(kedge_until_with_sync(inf, NULL, one, 1, &s, KEDGE_MINUTE), KEDGE_ERR_TIMEOUT);
    assert_string_equal(s.text, "ADDED a 1\n");
    cluster_close(&c);
}

static kedge_err stop_informer(struct seen *s)
{
    (void)s;
    kedge_informer_stop(inf);
    return KEDGE_OK;
}

static kedge_err stop_and_call_again(struct seen *s)
{
    kedge_informer_stop(inf);
    assert_int_equal(kedge_until_with_sync(inf, NULL, one, 1, s, KEDGE_HOUR), KEDGE_ERR_STATE);
    return KEDGE_OK;
}

static kedge_err stop_all(struct seen *s)
{
    (void)s;
    kedge_stop(c.k);
    return KEDGE_OK;
}

static kedge_err call_again(struct seen *s)
{
    struct seen inner = {.want = ""};
    if (s->at == 1) {
        assert_int_equal(kedge_until_with_sync(inf, NULL, one, 1, &inner, KEDGE_HOUR),
                         KEDGE_ERR_REENTRANT);
        assert_int_equal(inner.at, 0);
    }
    return KEDGE_OK;
}

static void a_stop_ends_it(void **state)
{
    (void)state;
    struct seen s = {.want = "never", .act = stop_informer};
    open_cluster(NULL);
    apply("a", 1);
    assert_int_equal(kedge_until_with_sync(NULL, NULL, one, 1, &s, 0), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_until_with_sync(inf, NULL, NULL, 1, &s, 0), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_until_with_sync(inf, NULL, one, 1, &s, 0), KEDGE_ERR_STATE);
    assert_int_equal(kedge_until_with_sync(inf, precondition, one, 1, &s, 0), KEDGE_ERR_STATE);
    cluster_start(&c);
    assert_int_equal(kedge_until_with_sync(inf, NULL, one, 1, &s, KEDGE_FOREVER),
                     KEDGE_ERR_STOPPED);
    assert_int_equal(s.at, 1);
    assert_int_equal(kedge_until_with_sync(inf, NULL, one, 1, &s, KEDGE_HOUR), KEDGE_ERR_STOPPED);
    assert_int_equal(s.at, 1);
    // What is met in the event that stops it is met.
    assert_int_equal(kedge_informer_start(inf), KEDGE_OK);
    s.want = "ADDED";
    assert_int_equal(kedge_until_with_sync(inf, NULL, one, 1, &s, KEDGE_HOUR), KEDGE_OK);
    assert_int_equal(kedge_informer_start(inf), KEDGE_OK);
    s.act = stop_and_call_again;
    assert_int_equal(kedge_until_with_sync(inf, NULL, one, 1, &s, KEDGE_HOUR), KEDGE_OK);
    assert_int_equal(kedge_informer_start(inf), KEDGE_OK);
    assert_int_equal(kedge_until_with_sync(inf, NULL, NULL, 0, NULL, 0), KEDGE_OK);
    s.act = call_again;
    s.at = 0;
    assert_int_equal(kedge_until_with_sync(inf, NULL, one, 1, &s, KEDGE_HOUR), KEDGE_OK);
    assert_int_equal(s.at, 1);
    s.want = "never";
    s.act = stop_all;
    assert_int_equal(kedge_until_with_sync(inf, NULL, one, 1, &s, KEDGE_HOUR), KEDGE_ERR_STOPPED);
    cluster_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_sync_it_ends_in_time),
        cmocka_unit_test(a_precondition_that_is_met_is_the_end),
        cmocka_unit_test(a_precondition_that_is_not_met_leads_to_the_events),
        cmocka_unit_test(events_come_as_a_watch_would_bring_them),
        cmocka_unit_test(a_tombstone_is_a_delete_of_what_was_known),
        cmocka_unit_test(one_event_may_meet_several_conditions),
        cmocka_unit_test(what_is_there_counts_in_no_time),
        cmocka_unit_test(a_resync_is_no_event),
        cmocka_unit_test(a_stop_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
