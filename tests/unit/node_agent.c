// SPDX-License-Identifier: Apache-2.0
// The node agent: a node with its Lease, and pods that are told to whoever runs them.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tiny_node.h"

static const char *phase(struct tiny_node *t, const char *pod)
{
    return tiny_text(t, "pods", "default", pod, "status.phase");
}

// Deletes as a user does; `grace` negative: as the pod says.
static void erase(struct tiny_node *t, const char *pod, int grace)
{
    struct kedge_api api = kedge_api_of(t->user, &kedge_kind_pod, "default");
    struct kedge_options o = {0};
    if (grace >= 0)
        o.grace_period_seconds = KEDGE_JUST(grace);
    kedge_err err = kedge_api_delete(&api, pod, &o);
    if (err != KEDGE_OK)
        fail_msg("%s", kedge_rest_error_text(t->user));
    kedge_rest_close(t->user);
}

static void a_node_with_a_pod(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_started();
    assert_int_equal(kedge_node_agent_start(t->agent), KEDGE_OK);
    tiny_run(t, KEDGE_SECOND);
    assert_string_equal(tiny_ready(t), "True KubeletReady");
    tiny_run(t, 11 * KEDGE_SECOND);
    assert_in_range(tiny_lease_age(t), 0, 10500);
    char uid[64];
    snprintf(uid, sizeof uid, "%s", tiny_text(t, "nodes", "", "edge-1", "metadata.uid"));
    assert_string_equal(tiny_text(t, "leases", KEDGE_NODE_LEASE_NAMESPACE, "edge-1",
                                  "metadata.ownerReferences.0.uid"),
                        uid);
    tiny_make(t, "a", "edge-1", NULL);
    tiny_make(t, "b", "edge-2", NULL);
    tiny_run(t, KEDGE_SECOND);
    assert_string_equal(t->log, "add a\n");
    assert_string_equal(phase(t, "a"), "Running");
    assert_string_equal(tiny_text(t, "pods", "default", "a", "status.podIP"), "10.1.0.2");
    assert_string_equal(phase(t, "b"), "Pending");
    assert_int_equal(t->port.fake.open_streams, 3);
    tiny_tear_down(t);
}

static void a_pod_ends_in_good_order(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_set_up(NULL);
    t->end_after = 7 * KEDGE_SECOND;
    tiny_start(t);
    tiny_make(t, "a", "edge-1", NULL);
    tiny_run(t, KEDGE_SECOND);
    erase(t, "a", -1);
    tiny_run(t, KEDGE_SECOND);
    assert_string_equal(t->log, "add a\nterminate a 30\n");
    assert_string_equal(phase(t, "a"), "Running");
    tiny_run(t, 5 * KEDGE_SECOND);
    assert_int_equal(mock_count(t->port.mock, "pods"), 1);
    tiny_run(t, 3 * KEDGE_SECOND);
    assert_int_equal(mock_count(t->port.mock, "pods"), 0);
    assert_string_equal(t->log, "add a\nterminate a 30\nremove a\n");
    struct kedge_pod_status_facts f;
    kedge_pod_status_facts(kedge_node_agent_pods(t->agent), &f);
    assert_int_equal(f.pods, 0);
    assert_int_equal(f.sent, 2);
    assert_int_equal(f.deleted, 1);
    tiny_tear_down(t);
}

static void the_time_to_end_may_be_cut(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_set_up(NULL);
    t->end_after = KEDGE_FOREVER;
    tiny_start(t);
    tiny_make(t, "a", "edge-1", NULL);
    tiny_run(t, KEDGE_SECOND);
    erase(t, "a", 60);
    tiny_run(t, KEDGE_SECOND);
    erase(t, "a", 5);
    tiny_run(t, KEDGE_SECOND);
    assert_string_equal(t->log, "add a\nterminate a 60\nterminate a 5\n");
    erase(t, "a", 0); // by force
    tiny_run(t, KEDGE_SECOND);
    assert_string_equal(t->log, "add a\nterminate a 60\nterminate a 5\nremove a\n");
    tiny_tear_down(t);
}

static void one_that_has_ended_is_not_told_to_end_again(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_with_a();
    erase(t, "a", 60);
    mock_inject(t->port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STATUS,
                                                   .on = MOCK_ON_OTHER,
                                                   .resource = "pods",
                                                   .count = 5,
                                                   .status = 500});
    tiny_run(t, KEDGE_SECOND);
    // As a real server, which shows the pod without a grace period before it goes.
    json_t *o = tiny_object(t, "pods", "default", "a");
    json_object_set_new(json_object_get(o, "metadata"), "deletionTimestamp",
                        json_string("2026-01-01T00:00:02Z"));
    tiny_put(t, "pods", o);
    tiny_run(t, 20 * KEDGE_SECOND);
    assert_string_equal(t->log, "add a\nterminate a 60\nremove a\n");
    tiny_tear_down(t);
}

static void a_pod_of_the_same_name_is_another(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_with_a();
    // Seen one by one,
    mock_delete(t->port.mock, "pods", "default", "a");
    tiny_make(t, "a", "edge-1", NULL);
    tiny_run(t, KEDGE_SECOND);
    assert_string_equal(t->log, "add a\nremove a\nadd a\n");
    assert_string_equal(phase(t, "a"), "Running");
    // and both at once, by a list.
    t->log[0] = '\0';
    t->port.fake.cruelty.refuse = true;
    mock_restart(t->port.mock, false);
    mock_delete(t->port.mock, "pods", "default", "a");
    tiny_make(t, "a", "edge-1", NULL);
    mock_compact(t->port.mock);
    tiny_run(t, KEDGE_SECOND);
    t->port.fake.cruelty.refuse = false;
    tiny_run(t, KEDGE_MINUTE);
    assert_string_equal(t->log, "remove a\nadd a\n");
    assert_string_equal(phase(t, "a"), "Running");
    tiny_tear_down(t);
}

static void fill(struct tiny_node *t)
{
    tiny_start(t);
    tiny_make(t, "w", "edge-1", NULL);
    tiny_make(t, "x", "edge-1", NULL);
    tiny_make(t, "y", "edge-1", NULL);
    tiny_make(t, "z", "edge-1", NULL);
    tiny_run(t, 5 * KEDGE_SECOND);
    t->log[0] = '\0';
}

struct told_of_node {
    unsigned refreshed;
    unsigned registered;
    char uid[KEDGE_UID_TEXT];
};

static void note_refresh(void *ctx)
{
    ((struct told_of_node *)ctx)->refreshed++;
}

static void note_registered(void *ctx, const struct kedge_object *node)
{
    struct told_of_node *told_of = ctx;
    char uid[KEDGE_UID_TEXT];
    told_of->registered++;
    snprintf(told_of->uid, sizeof told_of->uid, "%s", kedge_uid(node, uid));
}

static void the_programs_own_words_for_the_node(void **state)
{
    (void)state;
    struct told_of_node told_of = {0};
    struct tiny_node *t = tiny_set_up(NULL);
    t->options.node.refresh = note_refresh;
    t->options.node.on_registered = note_registered;
    t->options.node.ctx = &told_of;
    t->options.lease_duration = 8 * KEDGE_SECOND;
    t->options.pod_max = 0;
    tiny_start(t);
    tiny_run(t, 21 * KEDGE_SECOND);
    assert_int_equal(told_of.registered, 1);
    assert_string_equal(tiny_text(t, "nodes", "", "edge-1", "metadata.uid"), told_of.uid);
    assert_in_range(told_of.refreshed, 3, 6);
    assert_in_range(tiny_lease_age(t), 0, 2200); // a quarter
    tiny_tear_down(t);
}

static void handlers_need_not_be_given(void **state)
{
    (void)state;
    for (int given = 0; given < 2; given++) {
        struct tiny_node *t = tiny_set_up(NULL);
        t->handler = (struct kedge_pod_handler){0};
        if (!given)
            t->options.pods = NULL;
        tiny_start(t);
        tiny_make(t, "a", "edge-1", NULL);
        tiny_run(t, KEDGE_SECOND);
        json_t *o = tiny_object(t, "pods", "default", "a");
        json_object_set_new(json_object_get(o, "metadata"), "labels", json_pack("{s:s}", "a", "b"));
        tiny_put(t, "pods", o);
        tiny_run(t, KEDGE_SECOND);
        erase(t, "a", -1);
        tiny_run(t, KEDGE_SECOND);
        assert_int_equal(mock_count(t->port.mock, "pods"), 1); // nobody has ended it
        struct kedge_pod_status_facts f;
        kedge_pod_status_facts(kedge_node_agent_pods(t->agent), &f);
        assert_int_equal(f.pods, 1);
        mock_delete(t->port.mock, "pods", "default", "a");
        tiny_run(t, KEDGE_SECOND);
        kedge_pod_status_facts(kedge_node_agent_pods(t->agent), &f);
        assert_int_equal(f.pods, 0);
        assert_string_equal(t->log, "");
        tiny_tear_down(t);
    }
}

static struct tiny_pod *run_of(struct tiny_node *t, const char *pod)
{
    for (size_t i = 0; i < TINY_PODS; i++) {
        if (strcmp(t->pods[i].name, pod) == 0)
            return &t->pods[i];
    }
    fail_msg("%s does not run", pod);
    return NULL;
}

static void without_a_calendar_there_is_the_usual_grace(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_set_up(NULL);
    t->end_after = KEDGE_FOREVER;
    tiny_start(t);
    tiny_make(t, "a", "edge-1", NULL);
    tiny_run(t, KEDGE_SECOND);
    t->port.fake.no_calendar = true;
    erase(t, "a", 60);
    tiny_run(t, KEDGE_SECOND);
    assert_string_equal(t->log, "add a\nterminate a 30\n");
    tiny_tear_down(t);
}

static void label_it(struct tiny_node *t, const char *pod, const char *value)
{
    json_t *o = tiny_object(t, "pods", "default", pod);
    json_object_set_new(json_object_get(o, "metadata"), "labels", json_pack("{s:s}", "a", value));
    tiny_put(t, "pods", o);
    tiny_run(t, KEDGE_SECOND);
}

// The tiny node fails where an update comes for a pod that is to end.
static void one_that_is_to_end_gets_no_updates(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_set_up(NULL);
    t->end_after = KEDGE_FOREVER;
    tiny_start(t);
    tiny_make(t, "a", "edge-1", NULL);
    tiny_run(t, KEDGE_SECOND);
    erase(t, "a", 60);
    tiny_run(t, KEDGE_SECOND);
    label_it(t, "a", "b");
    json_t *o = tiny_object(t, "pods", "default", "a");
    json_object_set_new(json_object_get(o, "status"), "phase", json_string("Failed"));
    tiny_put(t, "pods", o); // nor is it told to end again
    tiny_run(t, KEDGE_SECOND);
    assert_string_equal(t->log, "add a\nterminate a 60\n");
    tiny_tear_down(t);
}

// The last status is one thing, and that it has ended another: either may come first.
static void what_is_over_by_its_own_words_is_not_told_to_end(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_with_a();
    const struct kedge_pod_status over = {.phase = KEDGE_POD_SUCCEEDED};
    struct kedge_pod_status_manager *m = kedge_node_agent_pods(t->agent);
    struct tiny_pod *a = run_of(t, "a");
    assert_int_equal(kedge_pod_status_set(m, a->uid, &over), KEDGE_OK);
    tiny_run(t, KEDGE_SECOND);
    label_it(t, "a", "b");
    assert_string_equal(t->log, "add a\n");
    struct kedge_pod_status_facts f;
    kedge_pod_status_facts(m, &f);
    assert_int_equal(f.pods, 1); // it has not ended
    assert_int_equal(kedge_pod_status_ended(m, a->uid), KEDGE_OK);
    tiny_run(t, KEDGE_SECOND);
    kedge_pod_status_facts(m, &f);
    assert_int_equal(f.pods, 0);
    tiny_tear_down(t);
}

static void one_that_ended_without_a_last_word_keeps_its_room(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_started();
    for (const char *const *name = (const char *const[]){"w", "x", "y", "z", NULL}; *name != NULL;
         name++)
        tiny_make(t, *name, "edge-1", NULL);
    tiny_run(t, KEDGE_SECOND);
    struct kedge_pod_status_manager *m = kedge_node_agent_pods(t->agent);
    assert_int_equal(kedge_pod_status_ended(m, run_of(t, "z")->uid), KEDGE_OK);
    tiny_make(t, "b", "edge-1", NULL);
    tiny_run(t, KEDGE_SECOND);
    assert_string_equal(phase(t, "b"), "Failed");
    tiny_tear_down(t);
}

static void refuse_pods(struct tiny_node *t, unsigned count)
{
    mock_inject(t->port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STATUS,
                                                   .on = MOCK_ON_OTHER,
                                                   .resource = "pods",
                                                   .count = count,
                                                   .status = 500});
}

// It never ran: there is nothing to be told of it, also if it goes before the server knows why.
static void one_that_was_refused_is_not_told_of(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_set_up(NULL);
    fill(t);
    refuse_pods(t, 1000);
    tiny_make(t, "b", "edge-1", NULL);
    tiny_run(t, KEDGE_SECOND);
    struct kedge_pod_status_facts f;
    kedge_pod_status_facts(kedge_node_agent_pods(t->agent), &f);
    assert_int_equal(f.pending, 1);
    mock_delete(t->port.mock, "pods", "default", "b");
    tiny_run(t, KEDGE_SECOND);
    kedge_pod_status_facts(kedge_node_agent_pods(t->agent), &f);
    assert_int_equal(f.pods, 4);
    assert_string_equal(t->log, "");
    tiny_tear_down(t);
}

// Somebody calls it over before its own last word was sent: that comes all the same.
static void one_that_is_over_is_kept_until_its_last_word_is_sent(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_with_a();
    refuse_pods(t, 5);
    run_of(t, "a")->ends = 0;
    tiny_run(t, 100);
    json_t *o = tiny_object(t, "pods", "default", "a");
    json_object_set_new(json_object_get(o, "status"), "phase", json_string("Failed"));
    tiny_put(t, "pods", o);
    tiny_run(t, KEDGE_SECOND);
    struct kedge_pod_status_facts f;
    kedge_pod_status_facts(kedge_node_agent_pods(t->agent), &f);
    assert_int_equal(f.pending, 1);
    tiny_run(t, 20 * KEDGE_SECOND);
    kedge_pod_status_facts(kedge_node_agent_pods(t->agent), &f);
    assert_int_equal(f.pods, 0);
    assert_string_equal(phase(t, "a"), "Succeeded");
    assert_string_equal(t->log, "add a\n");
    tiny_tear_down(t);
}

static void pods_that_were_there_before(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_set_up(NULL);
    tiny_make(t, "done", "edge-1", ",\"phase\":\"Succeeded\"");
    tiny_make(t, "runs", "edge-1", ",\"phase\":\"Running\"");
    tiny_make(t, "ends", "edge-1", ",\"phase\":\"Running\"");
    json_t *o = tiny_object(t, "pods", "default", "ends");
    json_object_set_new(json_object_get(o, "metadata"), "deletionTimestamp",
                        json_string("2026-01-01T00:00:20Z"));
    json_object_set_new(json_object_get(o, "metadata"), "deletionGracePeriodSeconds",
                        json_integer(30));
    tiny_put(t, "pods", o);
    t->end_after = 2 * KEDGE_SECOND;
    tiny_start(t);
    tiny_run(t, KEDGE_SECOND);
    assert_null(strstr(t->log, "done"));
    assert_non_null(strstr(t->log, "add runs\n"));
    assert_null(strstr(t->log, "add ends\n"));
    assert_non_null(strstr(t->log, "terminate ends 20\n"));
    tiny_run(t, 3 * KEDGE_SECOND);
    assert_non_null(strstr(t->log, "remove ends\n"));
    assert_int_equal(mock_count(t->port.mock, "pods"), 2);
    tiny_tear_down(t);
}

static unsigned count_phase(struct tiny_node *t, const char *want, const char *reason)
{
    unsigned n = 0;
    for (int i = 0; i < 12; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%02d", i);
        n += strcmp(phase(t, name), want) == 0 &&
             strcmp(tiny_text(t, "pods", "default", name, "status.reason"), reason) == 0;
    }
    return n;
}

// A list that ends an outage: the pod that went during it is missing there, the one that came is in
// it.
static void outage(struct tiny_node *t, const char *gone, const char *came)
{
    t->port.fake.cruelty.refuse = true;
    mock_restart(t->port.mock, false);
    mock_delete(t->port.mock, "pods", "default", gone);
    tiny_make(t, came, "edge-1", NULL);
    mock_compact(t->port.mock);
    tiny_run(t, KEDGE_SECOND);
    t->port.fake.cruelty.refuse = false;
    tiny_run(t, KEDGE_MINUTE);
}

static void one_that_is_over_and_being_deleted_is_finished(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_set_up(NULL);
    tiny_make(t, "done", "edge-1", ",\"phase\":\"Succeeded\"");
    json_t *o = tiny_object(t, "pods", "default", "done");
    json_object_set_new(json_object_get(o, "metadata"), "deletionTimestamp",
                        json_string("2026-01-01T00:00:20Z"));
    json_object_set_new(json_object_get(o, "metadata"), "deletionGracePeriodSeconds",
                        json_integer(30));
    tiny_put(t, "pods", o);
    t->end_after = 2 * KEDGE_SECOND;
    tiny_start(t);
    tiny_run(t, KEDGE_MINUTE);
    assert_string_equal(t->log, "terminate done 20\nremove done\n");
    assert_int_equal(mock_count(t->port.mock, "pods"), 0);
    tiny_tear_down(t);
}

// The list shows "b" before it shows that "z" is gone.
static void a_list_refuses_nobody_before_its_end(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_set_up(NULL);
    fill(t);
    outage(t, "z", "b");
    assert_string_equal(t->log, "remove z\nadd b\n");
    assert_string_equal(phase(t, "b"), "Running");
    // Nor is anybody let in who is too many by then.
    tiny_make(t, "c", "edge-1", NULL);
    tiny_run(t, KEDGE_SECOND);
    assert_string_equal(phase(t, "c"), "Failed");
    tiny_tear_down(t);
}

// What has no room yet is not looked at again and again meanwhile.
static void a_list_that_stands_still_is_waited_for(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_set_up(NULL);
    for (int i = 0; i < 12; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%02d", i);
        tiny_make(t, name, "edge-1", NULL);
    }
    mock_inject(t->port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STALL,
                                                   .on = MOCK_ON_ANY,
                                                   .resource = "pods",
                                                   .bytes = 4000});
    tiny_start(t);
    kedge_time until = t->port.fake.now + 5 * KEDGE_SECOND;
    unsigned polls = 0;
    for (; t->port.fake.now < until && polls < 1000; polls++)
        tiny_poll(t, until - t->port.fake.now);
    assert_in_range(polls, 1, 999);
    struct kedge_informer_state s;
    kedge_informer_state(kedge_node_agent_informer(t->agent), &s);
    assert_int_equal(s.phase, KEDGE_SYNCING);
    assert_in_range(s.objects, 5, 11);
    assert_string_equal(t->log, "add p00\nadd p01\nadd p02\nadd p03\n");
    for (int i = 4; i < 12; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%02d", i);
        assert_string_equal(phase(t, name), "Pending");
    }
    mock_restart(t->port.mock, false);
    tiny_run(t, KEDGE_MINUTE);
    assert_int_equal(count_phase(t, "Running", ""), 4);
    assert_int_equal(count_phase(t, "Failed", "OutOfpods"), 8);
    tiny_tear_down(t);
}

// Its own word is enough: the server need not have shown it yet.
static void one_that_has_ended_takes_nobodys_room(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_set_up(NULL);
    fill(t);
    mock_inject(t->port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STATUS,
                                                   .on = MOCK_ON_OTHER,
                                                   .resource = "pods",
                                                   .count = 3,
                                                   .status = 500});
    for (size_t j = 0; j < TINY_PODS; j++) {
        if (strcmp(t->pods[j].name, "z") == 0)
            t->pods[j].ends = 0;
    }
    tiny_poll(t, 1);
    tiny_make(t, "b", "edge-1", NULL);
    tiny_run(t, 20 * KEDGE_SECOND);
    assert_string_equal(t->log, "add b\n");
    assert_string_equal(phase(t, "z"), "Succeeded");
    assert_string_equal(phase(t, "b"), "Running");
    tiny_tear_down(t);
}

static struct tiny_node *in_handler;
static bool starts_again;
static char told[256];

static void tell_of(const char *what, const struct kedge_object *pod)
{
    size_t len = strlen(told);
    snprintf(told + len, sizeof told - len, "%s %s\n", what, kedge_name(pod));
}

static void tell_add(void *ctx, const struct kedge_object *pod)
{
    (void)ctx;
    tell_of("add", pod);
}

static void stop_at_remove(void *ctx, const struct kedge_object *pod)
{
    (void)ctx;
    tell_of("remove", pod);
    kedge_node_agent_stop(in_handler->agent);
    if (starts_again)
        assert_int_equal(kedge_node_agent_start(in_handler->agent), KEDGE_OK);
}

static void stopped_at_remove(bool again, const char *then, const char *at_last)
{
    struct tiny_node *t = in_handler = tiny_set_up(NULL);
    starts_again = again;
    told[0] = '\0';
    t->handler =
        (struct kedge_pod_handler){.on_add = tell_add, .on_remove = stop_at_remove, .ctx = t};
    tiny_start(t);
    tiny_make(t, "a", "edge-1", NULL);
    tiny_run(t, KEDGE_SECOND);
    outage(t, "a", "a");
    assert_string_equal(told, then);
    assert_int_equal(kedge_node_agent_start(t->agent), KEDGE_OK);
    tiny_run(t, KEDGE_MINUTE);
    assert_string_equal(told, at_last);
    tiny_tear_down(t);
}

static void it_is_stopped_by_a_handler(void **state)
{
    (void)state;
    stopped_at_remove(false, "add a\nremove a\n", "add a\nremove a\nadd a\n");
    stopped_at_remove(true, "add a\nremove a\nadd a\n", "add a\nremove a\nadd a\n");
}

static void stop_at_b(void *ctx, const struct kedge_object *pod)
{
    (void)ctx;
    tell_of("add", pod);
    if (strcmp(kedge_name(pod), "b") == 0)
        kedge_node_agent_stop(in_handler->agent);
}

// Also while those that were missed are looked at.
static void it_is_stopped_in_the_middle_of_a_second_look(void **state)
{
    (void)state;
    struct tiny_node *t = in_handler = tiny_set_up(NULL);
    told[0] = '\0';
    t->handler = (struct kedge_pod_handler){.on_add = stop_at_b, .ctx = t};
    fill(t);
    told[0] = '\0';
    tiny_make(t, "c", "edge-1", NULL);
    mock_delete(t->port.mock, "pods", "default", "c");
    outage(t, "z", "b");
    assert_string_equal(told, "add b\n");
    assert_int_equal(t->port.fake.open_streams, 0);
    tiny_tear_down(t);
}

static void more_pods_than_there_is_room_for(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_set_up(NULL);
    for (int i = 0; i < 12; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%02d", i);
        tiny_make(t, name, "edge-1", NULL);
    }
    tiny_start(t);
    tiny_run(t, 10 * KEDGE_SECOND);
    assert_int_equal(count_phase(t, "Running", ""), 4);
    assert_int_equal(count_phase(t, "Failed", "OutOfpods"), 8);
    t->log[0] = '\0';
    tiny_make(t, "late", "edge-1", NULL);
    tiny_run(t, 2 * KEDGE_SECOND);
    assert_string_equal(phase(t, "late"), "Failed");
    // Room again.
    for (size_t i = 0; i < TINY_PODS; i++) {
        if (t->pods[i].name[0] != '\0') {
            mock_delete(t->port.mock, "pods", "default", t->pods[i].name);
            break;
        }
    }
    tiny_run(t, KEDGE_SECOND);
    tiny_make(t, "next", "edge-1", NULL);
    tiny_run(t, KEDGE_SECOND);
    assert_string_equal(phase(t, "next"), "Running");
    assert_null(strstr(t->log, "late"));
    tiny_tear_down(t);
}

static void pods_that_are_over_make_room(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_started();
    for (int i = 0; i < 12; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%02d", i);
        tiny_make(t, name, "edge-1", NULL);
        tiny_run(t, KEDGE_SECOND);
        assert_string_equal(phase(t, name), "Running");
        for (size_t j = 0; j < TINY_PODS; j++) {
            if (strcmp(t->pods[j].name, name) == 0)
                t->pods[j].ends = 0;
        }
        tiny_run(t, KEDGE_SECOND);
        assert_string_equal(phase(t, name), "Succeeded");
    }
    struct kedge_pod_status_facts f;
    kedge_pod_status_facts(kedge_node_agent_pods(t->agent), &f);
    assert_int_equal(f.pods, 0);
    assert_null(strstr(t->log, "terminate"));
    tiny_tear_down(t);
}

static void a_pod_that_others_call_over_is_ended(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_set_up(NULL);
    t->end_after = KEDGE_FOREVER;
    tiny_start(t);
    tiny_make(t, "a", "edge-1", NULL);
    tiny_run(t, KEDGE_SECOND);
    json_t *o = tiny_object(t, "pods", "default", "a");
    json_object_set_new(json_object_get(o, "status"), "phase", json_string("Failed"));
    tiny_put(t, "pods", o);
    tiny_run(t, KEDGE_SECOND);
    assert_string_equal(t->log, "add a\nterminate a 30\n");
    assert_string_equal(phase(t, "a"), "Failed");
    tiny_tear_down(t);
}

// What the cluster's controller makes of a node that it does not hear of.
static void call_it_unknown(struct tiny_node *t)
{
    json_t *o = tiny_object(t, "nodes", "", "edge-1"), *c;
    size_t i;
    char now[KEDGE_TIMESTAMP_TEXT];
    kedge_timestamp_format(t->port.fake.wall + t->port.fake.now * 1000, false, now);
    json_array_foreach(json_object_get(json_object_get(o, "status"), "conditions"), i, c)
    {
        json_object_set_new(c, "status", json_string("Unknown"));
        json_object_set_new(c, "reason", json_string("NodeStatusUnknown"));
        json_object_set_new(c, "lastTransitionTime", json_string(now));
    }
    tiny_put(t, "nodes", o);
    assert_string_equal(tiny_ready(t), "Unknown NodeStatusUnknown");
}

// Seconds since Ready, the last of four, became what it is.
static int64_t ready_for(struct tiny_node *t)
{
    kedge_timestamp at = 0;
    const char *text =
        tiny_text(t, "nodes", "", "edge-1", "status.conditions.3.lastTransitionTime");
    assert_true(kedge_timestamp_parse(kedge_str_of(text), &at));
    return (t->port.fake.wall + t->port.fake.now * 1000 - at) / 1000000;
}

static void after_an_outage_the_node_is_ready_again(void **state)
{
    (void)state;
    // The grace of a cluster may be less than what the Lease says.
    for (kedge_time s = 25; s <= 60; s += 35) {
        struct tiny_node *t = tiny_started();
        tiny_run(t, 15 * KEDGE_SECOND);
        t->port.fake.cruelty.refuse = true;
        mock_restart(t->port.mock, true);
        tiny_run(t, s * KEDGE_SECOND);
        call_it_unknown(t);
        t->port.fake.cruelty.refuse = false;
        assert_int_equal(ready_for(t), 0);
        tiny_run(t, 10 * KEDGE_SECOND);
        assert_string_equal(tiny_ready(t), "True KubeletReady");
        assert_in_range(ready_for(t), 0, 9); // since it is True
        assert_in_range(tiny_lease_age(t), 0, 10500);
        tiny_tear_down(t);
    }
}

static void after_a_first_renewal_that_is_late_the_node_is_ready_again(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_set_up(NULL);
    mock_inject(t->port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STATUS,
                                                   .on = MOCK_ON_OTHER,
                                                   .resource = "leases",
                                                   .count = 16,
                                                   .status = 500});
    tiny_start(t);
    tiny_run(t, 55 * KEDGE_SECOND);
    assert_int_equal(mock_count(t->port.mock, "leases"), 0);
    call_it_unknown(t);
    tiny_run(t, KEDGE_MINUTE);
    assert_int_equal(mock_count(t->port.mock, "leases"), 1);
    assert_string_equal(tiny_ready(t), "True KubeletReady");
    tiny_tear_down(t);
}

static const char *owner_of_lease(struct tiny_node *t)
{
    return tiny_text(t, "leases", KEDGE_NODE_LEASE_NAMESPACE, "edge-1",
                     "metadata.ownerReferences.0.uid");
}

static void expect_owner_is_the_node(struct tiny_node *t)
{
    char uid[64];
    snprintf(uid, sizeof uid, "%s", tiny_text(t, "nodes", "", "edge-1", "metadata.uid"));
    assert_string_not_equal(uid, "");
    assert_string_equal(owner_of_lease(t), uid);
}

static void a_node_that_was_deleted_comes_back_with_its_lease(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_started();
    tiny_run(t, 15 * KEDGE_SECOND);
    // With the Lease that it owns.
    mock_delete(t->port.mock, "nodes", "", "edge-1");
    mock_delete(t->port.mock, "leases", KEDGE_NODE_LEASE_NAMESPACE, "edge-1");
    tiny_run(t, 11 * KEDGE_SECOND);
    assert_string_equal(tiny_ready(t), "True KubeletReady");
    assert_in_range(tiny_lease_age(t), 0, 10500);
    tiny_run(t, 11 * KEDGE_SECOND);
    expect_owner_is_the_node(t);
    tiny_tear_down(t);
}

static void a_lease_that_was_deleted_alone_has_its_owner_again(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_started();
    tiny_run(t, 15 * KEDGE_SECOND);
    expect_owner_is_the_node(t);
    mock_delete(t->port.mock, "leases", KEDGE_NODE_LEASE_NAMESPACE, "edge-1");
    tiny_run(t, 11 * KEDGE_SECOND);
    // Not before the Node was seen: the cluster would delete it again.
    assert_string_equal(owner_of_lease(t), "");
    assert_in_range(tiny_lease_age(t), 0, 10500);
    tiny_run(t, 11 * KEDGE_SECOND);
    expect_owner_is_the_node(t);
    assert_int_equal(mock_count(t->port.mock, "nodes"), 1);
    tiny_tear_down(t);
}

// One after the other, and the Node cannot be created for a while.
static void a_node_that_cannot_be_created_again_owns_nothing(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_started();
    tiny_run(t, 15 * KEDGE_SECOND);
    mock_delete(t->port.mock, "nodes", "", "edge-1");
    mock_inject(t->port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STATUS,
                                                   .on = MOCK_ON_OTHER,
                                                   .resource = "nodes",
                                                   .count = 1000,
                                                   .status = 500});
    mock_delete(t->port.mock, "leases", KEDGE_NODE_LEASE_NAMESPACE, "edge-1");
    tiny_run(t, KEDGE_MINUTE);
    assert_int_equal(mock_count(t->port.mock, "nodes"), 0);
    assert_string_equal(owner_of_lease(t), "");
    assert_in_range(tiny_lease_age(t), 0, 10500);
    mock_heal(t->port.mock);
    tiny_run(t, 30 * KEDGE_SECOND);
    assert_string_equal(tiny_ready(t), "True KubeletReady");
    expect_owner_is_the_node(t);
    tiny_tear_down(t);
}

// Whatever call of the port fails, once or for a while: node, Lease and pod are soon what they are
// to be.
static void whatever_call_fails(void **state)
{
    (void)state;
    unsigned calls = 120;
    for (unsigned i = 1; i <= calls; i++) {
        struct tiny_node *t = tiny_set_up(NULL);
        tiny_make(t, "a", "edge-1", NULL);
        tiny_make(t, "b", "edge-1", NULL);
        tiny_start(t);
        t->port.fake.cruelty.fail_at = i;
        t->port.fake.cruelty.fail_count = i % 3 * 2;
        t->port.fake.cruelty.fail_only = FAKE_CALL_STREAM;
        tiny_run(t, 20 * KEDGE_SECOND);
        t->port.fake.cruelty.fail_at = 0; // the user's calls do not
        erase(t, "b", -1);
        t->port.fake.cruelty.fail_at = i;
        tiny_run(t, 40 * KEDGE_SECOND);
        assert_string_equal(tiny_ready(t), "True KubeletReady");
        assert_in_range(tiny_lease_age(t), 0, 10500);
        assert_string_equal(phase(t, "a"), "Running");
        assert_int_equal(mock_count(t->port.mock, "pods"), 1);
        expect_owner_is_the_node(t);
        calls = t->port.fake.calls < 120 ? t->port.fake.calls : 120;
        tiny_tear_down(t);
    }
    assert_true(calls > 20);
}

static void it_stops_and_starts_again(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_with_a();
    kedge_node_agent_stop(t->agent);
    tiny_run(t, KEDGE_SECOND);
    assert_int_equal(t->port.fake.open_streams, 0);
    kedge_node_agent_stop(t->agent);
    tiny_make(t, "b", "edge-1", NULL);
    tiny_run(t, KEDGE_MINUTE);
    assert_true(tiny_lease_age(t) > 50000);
    memset(t->pods, 0, sizeof t->pods);
    t->log[0] = '\0';
    assert_int_equal(kedge_node_agent_start(t->agent), KEDGE_OK);
    tiny_run(t, 2 * KEDGE_SECOND);
    assert_string_equal(t->log, "add a\nadd b\n");
    assert_string_equal(phase(t, "b"), "Running");
    assert_true(tiny_lease_age(t) < 3000);
    tiny_tear_down(t);
}

static void without_a_factory_there_are_no_pods(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_set_up(NULL);
    t->k = kedge_init(t->memory, TINY_MEMORY, &t->port.fake.port);
    t->client = kedge_client_new(t->k, &t->config);
    t->agent = kedge_node_agent_new(t->client, &t->options);
    assert_int_equal(kedge_node_agent_start(t->agent), KEDGE_OK);
    for (int i = 0; i < 100; i++)
        assert_int_equal(kedge_poll(t->k, 50), KEDGE_OK);
    assert_string_equal(tiny_ready(t), "True KubeletReady");
    assert_null(kedge_node_agent_pods(t->agent));
    assert_null(kedge_node_agent_informer(t->agent));
    assert_non_null(kedge_node_agent_lease(t->agent));
    assert_non_null(kedge_node_agent_status(t->agent));
    assert_int_equal(kedge_node_agent_start(NULL), KEDGE_ERR_ARGUMENT);
    assert_null(kedge_node_agent_new(NULL, NULL));
    // After any failure of a constructor nothing is started.
    kedge_node_agent_stop(t->agent);
    assert_null(kedge_node_agent_new(t->client, NULL));
    assert_int_equal(kedge_error(t->k), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_node_agent_start(t->agent), KEDGE_ERR_ARGUMENT);
    assert_null(kedge_node_agent_new(t->client, &t->options));
    assert_null(kedge_node_agent_pods(NULL));
    assert_null(kedge_node_agent_lease(NULL));
    assert_null(kedge_node_agent_status(NULL));
    assert_null(kedge_node_agent_informer(NULL));
    kedge_node_agent_stop(NULL);
    tiny_tear_down(t);
}

#if KEDGE_THREADS
static int locked; // so often
static unsigned called;

static void count_locks(const struct kedge_port *port, enum kedge_lock_op op)
{
    (void)port;
    locked += (op == KEDGE_LOCK) - (op == KEDGE_UNLOCK);
    assert_true(locked >= 0);
}

static void called_without(void *ctx)
{
    (void)ctx;
    assert_int_equal(locked, 0);
    called++;
}

static void node_called(void *ctx, const struct kedge_object *o)
{
    called_without(ctx);
    assert_non_null(o);
}

// Others go on while the program is called back.
static void callbacks_come_without_the_lock(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_set_up(NULL);
    t->port.fake.port.lock = count_locks;
    t->options.node.refresh = called_without;
    t->options.node.on_registered = node_called;
    t->handler = (struct kedge_pod_handler){.on_add = node_called};
    fill(t);
    assert_true(called >= 1 + 1 + 4);
    outage(t, "z", "b"); // "b" is missed at first
    assert_string_equal(phase(t, "b"), "Pending");
    assert_int_equal(locked, 0);
    tiny_tear_down(t);
}
#endif

static void with_any_amount_of_memory(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_set_up(NULL);
    bool fits = false;
    unsigned starts_that_failed = 0;
    size_t size = 2048;
    for (; !fits; size += 128) {
        t->k = kedge_init(t->memory, size, &t->port.fake.port);
        t->client = kedge_client_new(t->k, &t->config);
        t->options.factory = kedge_factory_new(t->client, 0);
        t->agent = kedge_node_agent_new(t->client, &t->options);
        assert_int_equal(kedge_error(t->k), t->agent != NULL ? KEDGE_OK : KEDGE_ERR_MEMORY);
        // Of what is left the factory makes its heap.
        kedge_err err = kedge_node_agent_start(t->agent);
        fits = err == KEDGE_OK;
        if (!fits)
            assert_int_equal(err, t->agent != NULL ? KEDGE_ERR_MEMORY : KEDGE_ERR_ARGUMENT);
        assert_int_equal(t->port.fake.open_streams, 0);
        starts_that_failed += !fits && t->agent != NULL;
        assert_true(size < 128 * 1024);
    }
    assert_true(starts_that_failed > 0);
    print_message("an agent for %d pods, with its client and informer: %zu bytes\n",
                  (int)t->options.pod_max, size);
    kedge_client_free(t->client);
    mock_port_done(&t->port);
    free(t->memory);
    free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_with_a_pod),
        cmocka_unit_test(a_pod_ends_in_good_order),
        cmocka_unit_test(the_time_to_end_may_be_cut),
        cmocka_unit_test(one_that_has_ended_is_not_told_to_end_again),
        cmocka_unit_test(a_pod_of_the_same_name_is_another),
        cmocka_unit_test(the_programs_own_words_for_the_node),
        cmocka_unit_test(handlers_need_not_be_given),
        cmocka_unit_test(without_a_calendar_there_is_the_usual_grace),
        cmocka_unit_test(one_that_is_to_end_gets_no_updates),
        cmocka_unit_test(what_is_over_by_its_own_words_is_not_told_to_end),
        cmocka_unit_test(one_that_ended_without_a_last_word_keeps_its_room),
        cmocka_unit_test(one_that_was_refused_is_not_told_of),
        cmocka_unit_test(one_that_is_over_is_kept_until_its_last_word_is_sent),
        cmocka_unit_test(pods_that_were_there_before),
        cmocka_unit_test(one_that_is_over_and_being_deleted_is_finished),
        cmocka_unit_test(a_list_refuses_nobody_before_its_end),
        cmocka_unit_test(a_list_that_stands_still_is_waited_for),
        cmocka_unit_test(one_that_has_ended_takes_nobodys_room),
        cmocka_unit_test(it_is_stopped_by_a_handler),
        cmocka_unit_test(it_is_stopped_in_the_middle_of_a_second_look),
        cmocka_unit_test(more_pods_than_there_is_room_for),
        cmocka_unit_test(pods_that_are_over_make_room),
        cmocka_unit_test(a_pod_that_others_call_over_is_ended),
        cmocka_unit_test(after_an_outage_the_node_is_ready_again),
        cmocka_unit_test(after_a_first_renewal_that_is_late_the_node_is_ready_again),
        cmocka_unit_test(a_node_that_was_deleted_comes_back_with_its_lease),
        cmocka_unit_test(a_lease_that_was_deleted_alone_has_its_owner_again),
        cmocka_unit_test(a_node_that_cannot_be_created_again_owns_nothing),
        cmocka_unit_test(whatever_call_fails),
        cmocka_unit_test(it_stops_and_starts_again),
        cmocka_unit_test(without_a_factory_there_are_no_pods),
#if KEDGE_THREADS
        cmocka_unit_test(callbacks_come_without_the_lock),
#endif
        cmocka_unit_test(with_any_amount_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
