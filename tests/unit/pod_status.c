// SPDX-License-Identifier: Apache-2.0
// The newest status of each pod reaches the server, and nothing is written that should not be.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "kedge/kedge.h"
#include "mock_port.h"
#include "objects.h"
#include "script.h"

enum { MEMORY = 160 * 1024 };

struct fixture {
    struct mock_port port;
    struct kedge_config config;
    struct kedge_pod_status_options options;
    unsigned char memory[MEMORY];
    struct kedge *k;
    struct kedge_client *client;
    struct kedge_pod_status_manager *m;
    struct kedge_rest *rest; // to read with
    char uid[64];            // of the pod that `take` read last
};

static struct fixture *set_up(void)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    mock_port_init(
        &f->port,
        mock_new(&(struct mock_options){.seed = 1, .no_managed_fields = true, .kubelets = true}),
        1);
    f->config = (struct kedge_config){.server = "http://api.test:8080", .qps = -1};
    return f;
}

static void start(struct fixture *f)
{
    f->k = kedge_init(f->memory, MEMORY, &f->port.fake.port);
    f->client = kedge_client_new(f->k, &f->config);
    f->m = kedge_pod_status_manager_new(f->client, &f->options);
    f->rest = kedge_rest_new(f->client, NULL);
    if (f->rest == NULL)
        fail_msg("%s", kedge_error_text(f->k));
}

static void tear_down(struct fixture *f)
{
    kedge_pod_status_manager_stop(f->m);
    kedge_rest_close(f->rest);
    kedge_client_free(f->client);
    mock_port_done(&f->port);
    free(f);
}

static void run(struct fixture *f, kedge_time ms)
{
    fake_port_run(&f->port.fake, f->k, ms);
}

static void make(struct fixture *f, const char *name)
{
    char text[512];
    snprintf(text, sizeof text,
             "{\"metadata\":{\"namespace\":\"default\",\"name\":\"%s\"},\"spec\":{\"nodeName\":"
             "\"edge-1\",\"containers\":[{\"name\":\"main\",\"image\":\"none\"}]},"
             "\"status\":{\"phase\":\"Pending\",\"conditions\":[{\"type\":\"PodScheduled\","
             "\"status\":\"True\"}]}}",
             name);
    assert_true(mock_apply(f->port.mock, "pods", text) > 0);
}

// Reads the pod and does something with its record.
static kedge_err with(struct fixture *f, const char *name,
                      kedge_err (*act)(struct kedge_pod_status_manager *m,
                                       const struct kedge_object *pod))
{
    struct kedge_api api = kedge_api_of(f->rest, &kedge_kind_pod, "default");
    const struct kedge_object *pod;
    assert_int_equal(kedge_api_get(&api, name, NULL, &pod), KEDGE_OK);
    char uid[KEDGE_UID_TEXT];
    snprintf(f->uid, sizeof f->uid, "%s", kedge_uid(pod, uid));
    return act(f->m, pod);
}

// As it comes, with the pod "a", which is added.
static struct fixture *set_up_with_a(void)
{
    struct fixture *f = set_up();
    make(f, "a");
    start(f);
    with(f, "a", kedge_pod_status_add);
    return f;
}

static json_t *object(struct fixture *f, const char *name)
{
    return mock_port_object(&f->port, "pods", "default", name);
}

static json_t *in(json_t *o, const char *a, const char *b)
{
    return json_object_get(json_object_get(o, a), b);
}

static void expect_message(struct fixture *f, const char *name, const char *want)
{
    json_t *o = object(f, name);
    assert_non_null(o);
    const char *is = json_string_value(in(o, "status", "message"));
    if (is == NULL || strcmp(is, want) != 0)
        fail_msg("%s: \"%s\", not \"%s\"", name, is != NULL ? is : "(none)", want);
    json_decref(o);
}

static struct kedge_pod_status says(const char *message)
{
    return (struct kedge_pod_status){.phase = KEDGE_POD_RUNNING, .message = message};
}

static kedge_err set(struct fixture *f, const char *uid, const char *message)
{
    struct kedge_pod_status s = says(message);
    return kedge_pod_status_set(f->m, uid, &s);
}

static struct kedge_pod_status_facts facts(struct fixture *f)
{
    struct kedge_pod_status_facts s;
    assert_int_equal(kedge_pod_status_facts(f->m, &s), KEDGE_OK);
    return s;
}

// "True Reason 2026-..." of a condition, "" if there is none; in static storage.
static const char *condition(struct fixture *f, const char *type)
{
    static char text[160];
    json_t *o = object(f, "a"), *c;
    size_t i;
    text[0] = '\0';
    json_array_foreach(in(o, "status", "conditions"), i, c)
    {
        const char *reason = json_string_value(json_object_get(c, "reason"));
        const char *since = json_string_value(json_object_get(c, "lastTransitionTime"));
        if (strcmp(json_string_value(json_object_get(c, "type")), type) == 0)
            snprintf(text, sizeof text, "%s %s %s", json_string_value(json_object_get(c, "status")),
                     reason != NULL ? reason : "-", since != NULL ? since : "-");
    }
    json_decref(o);
    return text;
}

// A pod with one container, which waits as yet.
static struct kedge_pod_status one_that_begins(struct kedge_pod_status_container *c)
{
    *c = (struct kedge_pod_status_container){
        .name = "main", .image = "none", .container_id = "bare://1", .reason = "ContainerCreating"};
    return (struct kedge_pod_status){.phase = KEDGE_POD_PENDING,
                                     .start_time = (kedge_timestamp)1767225600 * 1000000,
                                     .host_ip = "10.0.0.1",
                                     .containers = c,
                                     .container_count = 1};
}

static void begin_to_run(struct kedge_pod_status *s, struct kedge_pod_status_container *c)
{
    c->phase = KEDGE_CONTAINER_RUNNING;
    c->ready = true;
    c->started_at = s->start_time + 5000000;
    s->phase = KEDGE_POD_RUNNING;
    s->pod_ip = "10.1.0.7";
}

static void say(struct fixture *f, const struct kedge_pod_status *s)
{
    assert_int_equal(kedge_pod_status_set(f->m, f->uid, s), KEDGE_OK);
    assert_true(kedge_pod_status_is_pending(f->m, f->uid));
    assert_true(kedge_pod_status_is_pending(f->m, NULL));
    run(f, KEDGE_SECOND);
    assert_false(kedge_pod_status_is_pending(f->m, NULL));
}

static void conditions_are_written_as_the_kubelet_does(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    struct kedge_pod_status_container c;
    struct kedge_pod_status s = one_that_begins(&c);
    make(f, "a");
    start(f);
    assert_int_equal(with(f, "a", kedge_pod_status_add), KEDGE_OK);
    assert_false(kedge_pod_status_is_pending(f->m, f->uid));
    say(f, &s);
    assert_string_equal(condition(f, "Ready"), "False ContainersNotReady 2026-01-01T00:00:00Z");
    assert_string_equal(condition(f, "Initialized"), "True - 2026-01-01T00:00:00Z");
    assert_string_equal(condition(f, "PodScheduled"), "True - -"); // the scheduler's
    run(f, 4 * KEDGE_SECOND);
    begin_to_run(&s, &c);
    say(f, &s);
    assert_string_equal(condition(f, "Ready"), "True - 2026-01-01T00:00:05Z");
    assert_string_equal(condition(f, "ContainersReady"), "True - 2026-01-01T00:00:05Z");
    assert_string_equal(condition(f, "Initialized"), "True - 2026-01-01T00:00:00Z");
    c.phase = KEDGE_CONTAINER_TERMINATED;
    c.ready = false;
    s.phase = KEDGE_POD_FAILED;
    say(f, &s);
    assert_string_equal(condition(f, "Ready"), "False PodFailed 2026-01-01T00:00:06Z");
    // What is over stays so.
    s.phase = KEDGE_POD_RUNNING;
    assert_int_equal(kedge_pod_status_set(f->m, f->uid, &s), KEDGE_ERR_STATE);
    assert_int_equal(facts(f).sent, 3);
    assert_int_equal(facts(f).failures, 0);
    assert_int_equal(facts(f).conflicts, 0);
    tear_down(f);
}

static void what_runs_is_written_as_the_kubelet_does(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    struct kedge_pod_status_container c;
    struct kedge_pod_status s = one_that_begins(&c);
    make(f, "a");
    start(f);
    with(f, "a", kedge_pod_status_add);
    say(f, &s);
    begin_to_run(&s, &c);
    say(f, &s);
    s.pod_ip = "10.1.0.8";
    say(f, &s);
    json_t *o = object(f, "a");
    assert_string_equal(json_string_value(in(o, "status", "phase")), "Running");
    assert_string_equal(json_string_value(in(o, "status", "startTime")), "2026-01-01T00:00:00Z");
    assert_string_equal(json_string_value(in(o, "status", "podIP")), "10.1.0.8");
    assert_int_equal(json_array_size(in(o, "status", "podIPs")), 1);
    assert_string_equal(
        json_string_value(json_object_get(json_array_get(in(o, "status", "podIPs"), 0), "ip")),
        "10.1.0.8");
    json_t *one = json_array_get(in(o, "status", "containerStatuses"), 0);
    assert_int_equal(json_array_size(in(o, "status", "containerStatuses")), 1);
    assert_true(json_is_true(json_object_get(one, "ready")));
    assert_null(in(one, "state", "waiting"));
    assert_string_equal(
        json_string_value(json_object_get(in(one, "state", "running"), "startedAt")),
        "2026-01-01T00:00:05Z");
    json_decref(o);
    c.phase = KEDGE_CONTAINER_TERMINATED;
    c.ready = false;
    c.exit_code = 3;
    c.reason = "Error";
    s.phase = KEDGE_POD_FAILED;
    say(f, &s);
    o = object(f, "a");
    one = json_array_get(in(o, "status", "containerStatuses"), 0);
    assert_int_equal(
        json_integer_value(json_object_get(in(one, "state", "terminated"), "exitCode")), 3);
    json_decref(o);
    tear_down(f);
}

static void init_containers_come_first(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    struct kedge_pod_status_container c;
    struct kedge_pod_status_container before[2] = {
        {.name = "first", .phase = KEDGE_CONTAINER_TERMINATED},
        {.name = "second", .phase = KEDGE_CONTAINER_RUNNING}};
    struct kedge_pod_status s = one_that_begins(&c);
    s.init_containers = before;
    s.init_container_count = 2;
    f->options.status_max = 2048;
    make(f, "a");
    start(f);
    with(f, "a", kedge_pod_status_add);
    say(f, &s);
    assert_string_equal(condition(f, "Initialized"),
                        "False ContainersNotInitialized 2026-01-01T00:00:00Z");
    before[1].phase = KEDGE_CONTAINER_TERMINATED;
    before[1].exit_code = 1;
    say(f, &s);
    assert_string_equal(condition(f, "Initialized"),
                        "False ContainersNotInitialized 2026-01-01T00:00:00Z");
    before[1].exit_code = 0;
    say(f, &s);
    assert_string_equal(condition(f, "Initialized"), "True - 2026-01-01T00:00:02Z");
    json_t *o = object(f, "a");
    assert_int_equal(json_array_size(in(o, "status", "initContainerStatuses")), 2);
    json_decref(o);
    // What has Succeeded was initialized, whatever is said of the containers.
    s.phase = KEDGE_POD_SUCCEEDED;
    before[0].exit_code = 1;
    say(f, &s);
    assert_string_equal(condition(f, "Initialized"), "True PodCompleted 2026-01-01T00:00:02Z");
    tear_down(f);
}

static void own_conditions_take_the_place_of_the_kits(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    struct kedge_pod_status_condition own[] = {{NULL, KEDGE_CONDITION_TRUE, NULL, NULL},
                                               {"Ready", KEDGE_CONDITION_FALSE, "Warming", "up"},
                                               {"Dry", KEDGE_CONDITION_UNKNOWN, NULL, NULL}};
    struct kedge_pod_status s = says("x");
    s.conditions = own;
    s.condition_count = 3;
    make(f, "a");
    start(f);
    with(f, "a", kedge_pod_status_add);
    assert_int_equal(kedge_pod_status_set(f->m, f->uid, &s), KEDGE_OK);
    run(f, KEDGE_SECOND);
    assert_string_equal(condition(f, "Ready"), "False Warming 2026-01-01T00:00:00Z");
    assert_string_equal(condition(f, "Dry"), "Unknown - 2026-01-01T00:00:00Z");
    assert_string_equal(condition(f, "ContainersReady"), "True - 2026-01-01T00:00:00Z");
    tear_down(f);
}

static void what_was_said_is_not_said_again(void **state)
{
    (void)state;
    struct fixture *f = set_up_with_a();
    set(f, f->uid, "one");
    run(f, KEDGE_SECOND);
    for (int i = 0; i < 10; i++) {
        set(f, f->uid, "one");
        assert_false(kedge_pod_status_is_pending(f->m, NULL));
        run(f, KEDGE_SECOND);
    }
    assert_int_equal(facts(f).sent, 1);
    tear_down(f);
}

// A newer status at any moment of the sending of an older one.
static void the_newest_always_arrives(void **state)
{
    (void)state;
    for (int polls = 0; polls < 16; polls++) {
        struct fixture *f = set_up();
        f->port.fake.cruelty.read_max = 150;
        make(f, "a");
        start(f);
        with(f, "a", kedge_pod_status_add);
        set(f, f->uid, "old");
        for (int i = 0; i < polls; i++)
            kedge_poll(f->k, 0);
        set(f, f->uid, "new");
        run(f, KEDGE_SECOND);
        expect_message(f, "a", "new");
        assert_false(kedge_pod_status_is_pending(f->m, NULL));
        tear_down(f);
    }
}

static void many_pods_share_one_connection(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    char uids[16][64];
    char name[16];
    start(f);
    for (int i = 0; i < 16; i++) {
        snprintf(name, sizeof name, "p%d", i);
        make(f, name);
        assert_int_equal(with(f, name, kedge_pod_status_add), KEDGE_OK);
        memcpy(uids[i], f->uid, 64);
    }
    make(f, "one-more");
    assert_int_equal(with(f, "one-more", kedge_pod_status_add), KEDGE_ERR_FULL);
    for (int i = 0; i < 16; i++)
        set(f, uids[i], uids[i]);
    assert_int_equal(facts(f).pods, 16);
    assert_int_equal(facts(f).pending, 16);
    run(f, KEDGE_SECOND);
    for (int i = 0; i < 16; i++) {
        snprintf(name, sizeof name, "p%d", i);
        expect_message(f, name, uids[i]);
    }
    assert_int_equal(f->port.fake.opens, 2); // one is the test's own
    assert_int_equal(kedge_pod_status_remove(f->m, uids[3]), KEDGE_OK);
    assert_int_equal(with(f, "one-more", kedge_pod_status_add), KEDGE_OK);
    assert_int_equal(with(f, "one-more", kedge_pod_status_add), KEDGE_ERR_EXISTS);
    tear_down(f);
}

static void a_conflict_is_solved_at_once(void **state)
{
    (void)state;
    struct fixture *f = set_up_with_a();
    for (int i = 0; i < 5; i++) {
        json_t *o = object(f, "a"); // somebody labels it
        json_object_set_new(json_object_get(o, "metadata"), "labels",
                            json_pack("{s:s#}", "n", "abcdefgh", i + 1));
        char *text = json_dumps(o, 0);
        mock_apply(f->port.mock, "pods", text);
        free(text);
        json_decref(o);
        char message[] = "0";
        message[0] = (char)('0' + i);
        set(f, f->uid, message);
        run(f, KEDGE_SECOND);
        expect_message(f, "a", message);
    }
    assert_int_equal(facts(f).conflicts, 5);
    assert_int_equal(facts(f).failures, 0);
    tear_down(f);
}

static void a_pod_that_took_the_name_is_left_alone(void **state)
{
    (void)state;
    for (int ended = 0; ended < 2; ended++) {
        struct fixture *f = set_up_with_a();
        char old[64];
        memcpy(old, f->uid, 64);
        set(f, old, "first");
        run(f, KEDGE_SECOND);
        mock_delete(f->port.mock, "pods", "default", "a");
        make(f, "a");
        if (ended)
            kedge_pod_status_ended(f->m, old);
        set(f, old, "second");
        run(f, 20 * KEDGE_SECOND);
        json_t *o = object(f, "a");
        assert_non_null(o);
        assert_null(in(o, "status", "message"));
        json_decref(o);
        assert_false(kedge_pod_status_is_pending(f->m, old));
        assert_int_equal(set(f, old, "third"), KEDGE_ERR_NOT_FOUND);
        // The new one is another pod.
        assert_int_equal(with(f, "a", kedge_pod_status_add), KEDGE_OK);
        set(f, f->uid, "its own");
        run(f, KEDGE_SECOND);
        expect_message(f, "a", "its own");
        tear_down(f);
    }
}

static void a_pod_that_took_the_name_is_not_deleted(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    make(f, "a");
    start(f);
    struct kedge_api api = kedge_api_of(f->rest, &kedge_kind_pod, "default");
    assert_int_equal(kedge_api_delete(&api, "a", NULL), KEDGE_OK);
    with(f, "a", kedge_pod_status_add);
    mock_delete(f->port.mock, "pods", "default", "a");
    make(f, "a");
    assert_int_equal(kedge_pod_status_ended(f->m, f->uid), KEDGE_OK);
    run(f, 20 * KEDGE_SECOND);
    assert_int_equal(mock_count(f->port.mock, "pods"), 1);
    assert_false(kedge_pod_status_is_pending(f->m, NULL));
    assert_int_equal(facts(f).deleted, 0);
    tear_down(f);
}

static void a_pod_that_is_gone_is_given_up(void **state)
{
    (void)state;
    struct fixture *f = set_up_with_a();
    mock_delete(f->port.mock, "pods", "default", "a");
    set(f, f->uid, "x");
    run(f, KEDGE_SECOND);
    assert_false(kedge_pod_status_is_pending(f->m, NULL));
    assert_int_equal(facts(f).failures, 0);
    assert_int_equal(facts(f).pods, 1); // until it is removed
    tear_down(f);
}

// A status that the server gets late, from a connection that was given up, is none any more.
static void a_delayed_status_does_not_overwrite_a_newer_one(void **state)
{
    (void)state;
    struct fixture *f = set_up_with_a();
    json_t *o = object(f, "a");
    char late[512];
    snprintf(late, sizeof late,
             "{\"metadata\":{\"uid\":\"%s\",\"resourceVersion\":\"%s\"},\"status\":{\"phase\":"
             "\"Running\",\"message\":\"old\"}}",
             f->uid, json_string_value(in(o, "metadata", "resourceVersion")));
    json_decref(o);
    set(f, f->uid, "new");
    run(f, KEDGE_SECOND);
    struct kedge_api api = kedge_api_of(f->rest, &kedge_kind_pod, "default");
    api = kedge_api_sub(&api, "status");
    assert_int_equal(
        kedge_api_patch(&api, "a", KEDGE_PATCH_STRATEGIC, kedge_str_of(late), NULL, NULL),
        KEDGE_ERR_API);
    assert_true(kedge_status_is_conflict(kedge_rest_status(f->rest)));
    expect_message(f, "a", "new");
    tear_down(f);
}

static void it_is_sent_until_the_server_has_it(void **state)
{
    (void)state;
    static const int codes[] = {500, 403, 422, 404 + 25, 503};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct fixture *f = set_up();
        make(f, "a");
        make(f, "b");
        start(f);
        with(f, "b", kedge_pod_status_add);
        char b[64];
        memcpy(b, f->uid, 64);
        with(f, "a", kedge_pod_status_add);
        mock_inject(f->port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STATUS,
                                                       .on = MOCK_ON_OTHER,
                                                       .resource = "pods",
                                                       .count = 9,
                                                       .status = codes[i]});
        set(f, f->uid, "a's");
        run(f, KEDGE_MINUTE);
        assert_int_equal(facts(f).failures, 9);
        assert_string_equal(facts(f).text, "");
        expect_message(f, "a", "a's");
        set(f, b, "b's");
        run(f, KEDGE_SECOND);
        expect_message(f, "b", "b's");
        tear_down(f);
    }
}

static void one_that_the_server_refuses_holds_up_no_other(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    make(f, "a");
    make(f, "b");
    start(f);
    with(f, "b", kedge_pod_status_add);
    char b[64];
    memcpy(b, f->uid, 64);
    with(f, "a", kedge_pod_status_add);
    mock_inject(f->port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STATUS,
                                                   .on = MOCK_ON_OTHER,
                                                   .resource = "pods",
                                                   .count = 1,
                                                   .status = 422});
    set(f, f->uid, "a's");
    set(f, b, "b's");
    run(f, 100);
    expect_message(f, "b", "b's");
    assert_true(kedge_pod_status_is_pending(f->m, f->uid));
    assert_int_equal(facts(f).failures, 1);
    run(f, KEDGE_SECOND);
    expect_message(f, "a", "a's");
    tear_down(f);
}

static void whatever_call_fails(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 24; i++) {
        struct fixture *f = set_up_with_a();
        unsigned before = f->port.fake.calls;
        f->port.fake.cruelty.fail_only = FAKE_CALL_STREAM;
        f->port.fake.cruelty.fail_at = before + i;
        set(f, f->uid, "one");
        run(f, KEDGE_SECOND);
        set(f, f->uid, "two");
        run(f, 25 * KEDGE_SECOND);
        expect_message(f, "a", "two");
        assert_false(kedge_pod_status_is_pending(f->m, NULL));
        tear_down(f);
    }
}

static void a_pod_is_deleted_behind_its_last_status(void **state)
{
    (void)state;
    for (int order = 0; order < 3; order++) {
        struct fixture *f = set_up_with_a();
        struct kedge_api api = kedge_api_of(f->rest, &kedge_kind_pod, "default");
        if (order != 1)
            assert_int_equal(kedge_api_delete(&api, "a", NULL), KEDGE_OK);
        assert_int_equal(mock_count(f->port.mock, "pods"), 1); // its kubelet has the last word
        if (order != 1)
            assert_int_equal(with(f, "a", kedge_pod_status_seen), KEDGE_OK);
        run(f, KEDGE_MINUTE);
        assert_int_equal(mock_count(f->port.mock, "pods"), 1);
        struct kedge_pod_status s = {.phase = KEDGE_POD_SUCCEEDED};
        assert_int_equal(kedge_pod_status_set(f->m, f->uid, &s), KEDGE_OK);
        if (order == 2)
            run(f, KEDGE_SECOND);
        assert_int_equal(kedge_pod_status_ended(f->m, f->uid), KEDGE_OK);
        run(f, KEDGE_SECOND);
        if (order == 1) {
            // One that is over is kept until somebody wants it gone; then the server does not wait
            // for its node.
            assert_int_equal(mock_count(f->port.mock, "pods"), 1);
            assert_int_equal(kedge_api_delete(&api, "a", NULL), KEDGE_OK);
        }
        assert_int_equal(mock_count(f->port.mock, "pods"), 0);
        assert_int_equal(facts(f).sent, 1);
        assert_int_equal(facts(f).sent, 1);
        assert_int_equal(facts(f).deleted, order != 1);
        assert_false(kedge_pod_status_is_pending(f->m, NULL));
        tear_down(f);
    }
}

static void whatever_call_fails_it_is_deleted(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 24; i++) {
        struct fixture *f = set_up();
        make(f, "a");
        start(f);
        struct kedge_api api = kedge_api_of(f->rest, &kedge_kind_pod, "default");
        assert_int_equal(kedge_api_delete(&api, "a", NULL), KEDGE_OK);
        with(f, "a", kedge_pod_status_add);
        unsigned before = f->port.fake.calls;
        f->port.fake.cruelty.fail_only = FAKE_CALL_STREAM;
        f->port.fake.cruelty.fail_at = before + i;
        set(f, f->uid, "last words");
        kedge_pod_status_ended(f->m, f->uid);
        run(f, 25 * KEDGE_SECOND);
        assert_int_equal(mock_count(f->port.mock, "pods"), 0);
        tear_down(f);
    }
}

static void what_others_overwrite_is_said_again(void **state)
{
    (void)state;
    struct fixture *f = set_up_with_a();
    set(f, f->uid, "x");
    run(f, KEDGE_SECOND);
    with(f, "a", kedge_pod_status_seen);
    assert_false(kedge_pod_status_is_pending(f->m, NULL));
    json_t *o = object(f, "a");
    json_object_set_new(json_object_get(o, "status"), "phase", json_string("Unknown"));
    char *text = json_dumps(o, 0);
    mock_apply(f->port.mock, "pods", text);
    free(text);
    with(f, "a", kedge_pod_status_seen);
    run(f, KEDGE_SECOND);
    json_decref(o);
    o = object(f, "a");
    assert_string_equal(json_string_value(in(o, "status", "phase")), "Running");
    // But who is called over is over.
    json_object_set_new(json_object_get(o, "status"), "phase", json_string("Failed"));
    text = json_dumps(o, 0);
    mock_apply(f->port.mock, "pods", text);
    free(text);
    json_decref(o);
    with(f, "a", kedge_pod_status_seen);
    run(f, KEDGE_SECOND);
    o = object(f, "a");
    assert_string_equal(json_string_value(in(o, "status", "phase")), "Failed");
    json_decref(o);
    assert_int_equal(set(f, f->uid, "y"), KEDGE_ERR_STATE);
    tear_down(f);
}

// A record of a pod that no server has, by its JSON; what adding it answers.
static kedge_err add_text(struct fixture *f, const char *json)
{
    struct kedge_object *pod = record_of(&kedge_kind_pod, kedge_str_of(json));
    kedge_err err = kedge_pod_status_add(f->m, pod);
    char uid[KEDGE_UID_TEXT];
    snprintf(f->uid, sizeof f->uid, "%s", kedge_uid(pod, uid));
    free(pod);
    return err;
}

static kedge_err seen_text(struct fixture *f, const char *json)
{
    struct kedge_object *pod = record_of(&kedge_kind_pod, kedge_str_of(json));
    kedge_err err = kedge_pod_status_seen(f->m, pod);
    free(pod);
    return err;
}

#define POD(more) "{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\",\"uid\":\"u\"" more "}}"
#define SIXTY     "123456789012345678901234567890123456789012345678901234567890"

// Also a last word, where somebody has put another one.
static void a_last_word_is_said_again(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    struct kedge_pod_status over = {.phase = KEDGE_POD_SUCCEEDED};
    make(f, "a");
    start(f);
    with(f, "a", kedge_pod_status_add);
    say(f, &over);
    json_t *o = object(f, "a");
    json_object_set_new(json_object_get(o, "status"), "phase", json_string("Failed"));
    char *text = json_dumps(o, 0);
    mock_apply(f->port.mock, "pods", text);
    free(text);
    json_decref(o);
    assert_int_equal(with(f, "a", kedge_pod_status_seen), KEDGE_OK);
    assert_true(kedge_pod_status_is_pending(f->m, f->uid));
    run(f, KEDGE_SECOND);
    o = object(f, "a");
    assert_string_equal(json_string_value(in(o, "status", "phase")), "Succeeded");
    json_decref(o);
    tear_down(f);
}

#define CONFLICT                                                                             \
    "HTTP/1.1 409 Conflict\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n" \
    "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"message\":\"no\","  \
    "\"reason\""                                                                             \
    ":\"Conflict\",\"code\":409}"
#define AS_IT_IS                                                                      \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 73\r\n\r\n" \
    "{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\",\"uid\":\"u\",\"resourceVersion\":\"5\"}}"

static void conflicts_without_an_end_are_tried_with_pauses(void **state)
{
    (void)state;
    static const char *const answers[] = {CONFLICT, AS_IT_IS, CONFLICT, AS_IT_IS, CONFLICT,
                                          AS_IT_IS, CONFLICT, AS_IT_IS, CONFLICT, AS_IT_IS,
                                          CONFLICT, AS_IT_IS, AS_IT_IS};
    static struct script s;
    struct fixture *f = set_up();
    script_serve(&s, &f->port.fake, answers, 13);
    start(f);
    assert_int_equal(add_text(f, POD("")), KEDGE_OK);
    set(f, "u", "x");
    run(f, 9 * KEDGE_SECOND);
    assert_int_equal(facts(f).conflicts, 5); // at once
    run(f, 2 * KEDGE_SECOND);
    assert_int_equal(facts(f).conflicts, 6);
    run(f, 10 * KEDGE_SECOND);
    assert_int_equal(facts(f).sent, 1);
    assert_int_equal(facts(f).failures, 0);
    assert_int_equal(s.next, 13);
    tear_down(f);
}

static void one_that_is_removed_in_between_is_forgotten(void **state)
{
    (void)state;
    for (int polls = 0; polls < 16; polls++) {
        struct fixture *f = set_up();
        f->port.fake.cruelty.read_max = 150;
        make(f, "a");
        start(f);
        with(f, "a", kedge_pod_status_add);
        set(f, f->uid, "x");
        for (int i = 0; i < polls; i++)
            kedge_poll(f->k, 0);
        assert_int_equal(kedge_pod_status_remove(f->m, f->uid), KEDGE_OK);
        assert_int_equal(kedge_pod_status_remove(f->m, f->uid), KEDGE_ERR_NOT_FOUND);
        assert_int_equal(with(f, "a", kedge_pod_status_add), KEDGE_OK);
        set(f, f->uid, "y");
        run(f, KEDGE_SECOND);
        expect_message(f, "a", "y");
        tear_down(f);
    }
}

static void what_makes_no_pod_is_not_taken_on(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        kedge_err err;
    } rows[] = {
        {"{\"metadata\":{\"namespace\":\"n\",\"uid\":\"u\"}}", KEDGE_ERR_ARGUMENT},
        {"{\"metadata\":{\"name\":\"a\",\"uid\":\"u\"}}", KEDGE_ERR_ARGUMENT},
        {"{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\"}}", KEDGE_ERR_ARGUMENT},
        {POD(",\"resourceVersion\":\"" SIXTY "1234\""), KEDGE_ERR_TOO_LONG},
        {"{\"metadata\":{\"name\":\"a\",\"namespace\":\"" SIXTY "1234\",\"uid\":\"u\"}}",
         KEDGE_ERR_TOO_LONG},
        {"{\"metadata\":{\"name\":\"" SIXTY SIXTY SIXTY SIXTY "12345678901234\","
         "\"namespace\":\"n\",\"uid\":\"u\"}}",
         KEDGE_ERR_TOO_LONG},
        {"{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\",\"uid\":\"" SIXTY "1234\"}}",
         KEDGE_ERR_TOO_LONG},
        {"{\"metadata\":{\"name\":\"" SIXTY SIXTY SIXTY SIXTY
         "1234567890123\",\"namespace\":\"" SIXTY "123\",\"uid\":\"" SIXTY
         "123\",\"resourceVersion\":\"" SIXTY "123\"}}",
         KEDGE_OK},
        {POD(""), KEDGE_OK},
    };
    struct fixture *f = set_up();
    start(f);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t pods = facts(f).pods;
        assert_int_equal(add_text(f, rows[i].json), rows[i].err);
        assert_int_equal(facts(f).pods, pods + (rows[i].err == KEDGE_OK));
    }
    // One of another kind has neither phase nor conditions.
    static const char node[] =
        "{\"metadata\":{\"name\":\"x\",\"namespace\":\"n\",\"uid\":\"v\"},\"status\":{"
        "\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}";
    struct kedge_object *o = record_of(&kedge_kind_node, kedge_str_of(node));
    assert_int_equal(kedge_pod_status_add(f->m, o), KEDGE_OK);
    assert_int_equal(kedge_pod_status_seen(f->m, o), KEDGE_OK);
    free(o);
    // Nor has one that is too large for a record.
    o = partial_of(&kedge_kind_pod,
                   kedge_str_of("{\"metadata\":{\"name\":\"y\",\"namespace\":\"n\","
                                "\"uid\":\"w\"},\"status\":{\"phase\":\"Failed\"}}"));
    assert_int_equal(kedge_pod_status_add(f->m, o), KEDGE_OK);
    assert_int_equal(kedge_pod_status_seen(f->m, o), KEDGE_OK);
    assert_int_equal(set(f, "w", "x"), KEDGE_OK); // it is not known to be over
    free(o);
    assert_int_equal(seen_text(f, "{\"metadata\":{\"uid\":\"nobody\"}}"), KEDGE_ERR_NOT_FOUND);
    tear_down(f);
}

static void more_conditions_than_are_kept_are_no_harm(void **state)
{
    (void)state;
    char text[2048] = "";
    size_t len = 0;
    for (int i = 0; i < 20; i++)
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "%s{\"type\":\"C%d\",\"status\":\"True\"}", i > 0 ? "," : "", i);
    char json[2304];
    snprintf(json, sizeof json,
             "{\"metadata\":{\"name\":\"a\",\"namespace\":\"default\"},\"status\":{"
             "\"conditions\":[%s]}}",
             text);
    struct fixture *f = set_up();
    mock_apply(f->port.mock, "pods", json);
    start(f);
    assert_int_equal(with(f, "a", kedge_pod_status_add), KEDGE_OK);
    set(f, f->uid, "x");
    run(f, KEDGE_SECOND);
    expect_message(f, "a", "x");
    assert_string_equal(condition(f, "C19"), "True - -");
    tear_down(f);
}

// Of what is seen only what is newer than what is known here counts.
static void what_is_seen_late_is_not_believed(void **state)
{
    (void)state;
    static const struct {
        const char *seen;
        bool pending;
    } rows[] = {
        {POD(",\"resourceVersion\":\"6\""), false},         // no phase
        {POD("},\"status\":{\"phase\":\"Pending\""), true}, // no version: it may be new
        {POD(",\"resourceVersion\":\"4\"},\"status\":{\"phase\":\"Pending\""), false}, // older
        {POD(",\"resourceVersion\":\"6\"},\"status\":{\"phase\":\"Running\""), false},
        {POD(",\"resourceVersion\":\"6\"},\"status\":{\"phase\":\"Pending\""), true},
        {POD(",\"resourceVersion\":\"5\"},\"status\":{\"phase\":\"Unknown\""), true},
        {POD(",\"resourceVersion\":\"1" SIXTY SIXTY "\"},\"status\":{\"phase\":\"Unknown\""), true},
    };
    static const char answer[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 63\r\n\r\n"
        "{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\",\"resourceVersion\":\"5\"}}";
    static const char *const answers[] = {answer};
    static struct script s;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fixture *f = set_up();
        script_serve(&s, &f->port.fake, answers, 1);
        start(f);
        assert_int_equal(add_text(f, POD("")), KEDGE_OK);
        set(f, "u", "x");
        run(f, KEDGE_SECOND);
        // Without a version none is a condition of the write.
        assert_non_null(strstr(s.seen, "{\"metadata\":{\"uid\":\"u\"},"));
        assert_int_equal(facts(f).sent, 1);
        assert_false(kedge_pod_status_is_pending(f->m, "u"));
        assert_int_equal(seen_text(f, rows[i].seen), KEDGE_OK);
        if (kedge_pod_status_is_pending(f->m, "u") != rows[i].pending)
            fail_msg("%s", rows[i].seen);
        tear_down(f);
    }
}

// Nor is it read again and again.
static void a_version_that_cannot_be_kept_guards_nothing(void **state)
{
    (void)state;
    static const char answer[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 126\r\n\r\n"
        "{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\",\"resourceVersion\":\"" SIXTY "1234\"}}";
    static const char *const answers[] = {answer, answer};
    static struct script s;
    struct fixture *f = set_up();
    script_serve(&s, &f->port.fake, answers, 2);
    start(f);
    assert_int_equal(add_text(f, POD("")), KEDGE_OK);
    for (int i = 0; i < 2; i++) {
        set(f, "u", i == 0 ? "x" : "y");
        run(f, KEDGE_SECOND);
        assert_false(kedge_pod_status_is_pending(f->m, "u"));
    }
    assert_int_equal(s.next, 2);
    assert_null(strstr(s.seen, "GET "));
    assert_null(strstr(s.seen, "resourceVersion"));
    tear_down(f);
}

static void a_request_that_cannot_be_begun_is_told(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    start(f);
    assert_int_equal(
        add_text(f, "{\"metadata\":{\"name\":\"..\",\"namespace\":\"n\",\"uid\":\"u\"}}"),
        KEDGE_OK);
    make(f, "a");
    assert_int_equal(with(f, "a", kedge_pod_status_add), KEDGE_OK);
    set(f, "u", "x");
    run(f, KEDGE_MINUTE);
    assert_int_equal(facts(f).reason, KEDGE_ERR_ARGUMENT);
    assert_non_null(strstr(facts(f).text, "name"));
    assert_in_range(facts(f).failures, 8, 14); // with pauses of up to 10 s
    assert_true(kedge_pod_status_is_pending(f->m, "u"));
    set(f, f->uid, "y"); // others go on
    run(f, KEDGE_SECOND);
    expect_message(f, "a", "y");
    tear_down(f);
}

static void it_is_stopped_at_any_moment(void **state)
{
    (void)state;
    for (int polls = 0; polls < 16; polls++) {
        struct fixture *f = set_up();
        f->port.fake.cruelty.read_max = 150;
        f->options.status_max = 512;
        make(f, "a");
        start(f);
        with(f, "a", kedge_pod_status_add);
        set(f, f->uid, "x");
        for (int i = 0; i < polls; i++)
            kedge_poll(f->k, 0);
        kedge_pod_status_manager_stop(f->m);
        assert_int_equal(facts(f).pods, 0);
        assert_false(kedge_pod_status_is_pending(f->m, NULL));
        run(f, KEDGE_SECOND);
        assert_int_equal(with(f, "a", kedge_pod_status_add), KEDGE_OK);
        set(f, f->uid, "y");
        run(f, KEDGE_SECOND);
        expect_message(f, "a", "y");
        tear_down(f);
    }
}

static void with_any_amount_of_memory(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    bool fits = false;
    for (size_t size = 4096; !fits; size += 256) {
        f->k = kedge_init(f->memory, size, &f->port.fake.port);
        f->client = kedge_client_new(f->k, &f->config);
        f->m = kedge_pod_status_manager_new(f->client, NULL);
        fits = f->m != NULL;
        assert_int_equal(kedge_error(f->k), fits ? KEDGE_OK : KEDGE_ERR_MEMORY);
        assert_true(size < MEMORY);
    }
    tear_down(f);
}

static void what_does_not_fit_changes_nothing(void **state)
{
    (void)state;
    char long_one[1200];
    struct fixture *f = set_up_with_a();
    set(f, f->uid, "x");
    memset(long_one, 'x', sizeof long_one - 1);
    long_one[sizeof long_one - 1] = '\0';
    assert_int_equal(set(f, f->uid, long_one), KEDGE_ERR_TOO_LONG);
    assert_int_equal(set(f, f->uid, "\xff"), KEDGE_ERR_ARGUMENT);
    struct kedge_pod_status s = {0};
    assert_int_equal(kedge_pod_status_set(f->m, f->uid, &s), KEDGE_ERR_ARGUMENT);
    s.phase = KEDGE_POD_UNKNOWN + 1;
    assert_int_equal(kedge_pod_status_set(f->m, f->uid, &s), KEDGE_ERR_ARGUMENT);
    struct kedge_pod_status_container c = {.phase = KEDGE_CONTAINER_TERMINATED + 1};
    s = says("z");
    s.containers = &c;
    s.container_count = 1;
    assert_int_equal(kedge_pod_status_set(f->m, f->uid, &s), KEDGE_ERR_ARGUMENT);
    s = says("z");
    s.init_containers = &c;
    s.init_container_count = 1;
    assert_int_equal(kedge_pod_status_set(f->m, f->uid, &s), KEDGE_ERR_ARGUMENT);
    s = says("z");
    s.condition_count = KEDGE_POD_CONDITIONS + 1;
    assert_int_equal(kedge_pod_status_set(f->m, f->uid, &s), KEDGE_ERR_ARGUMENT);
    assert_int_equal(set(f, "another", "x"), KEDGE_ERR_NOT_FOUND);
    assert_int_equal(kedge_pod_status_set(f->m, NULL, &s), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_pod_status_set(NULL, f->uid, &s), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_pod_status_add(NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_pod_status_add(f->m, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_pod_status_seen(f->m, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_pod_status_ended(f->m, "another"), KEDGE_ERR_NOT_FOUND);
    assert_int_equal(kedge_pod_status_ended(NULL, "a"), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_pod_status_remove(f->m, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_pod_status_facts(NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_pod_status_facts(f->m, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_pod_status_seen(NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_pod_status_ended(f->m, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_pod_status_remove(NULL, "a"), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_pod_status_set(f->m, f->uid, NULL), KEDGE_ERR_ARGUMENT);
    assert_false(kedge_pod_status_is_pending(NULL, NULL));
    assert_false(kedge_pod_status_is_pending(f->m, "another"));
    assert_null(kedge_pod_status_manager_new(NULL, NULL));
    kedge_pod_status_manager_stop(NULL);
    run(f, KEDGE_SECOND);
    expect_message(f, "a", "x");
    tear_down(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_are_written_as_the_kubelet_does),
        cmocka_unit_test(what_runs_is_written_as_the_kubelet_does),
        cmocka_unit_test(init_containers_come_first),
        cmocka_unit_test(own_conditions_take_the_place_of_the_kits),
        cmocka_unit_test(what_was_said_is_not_said_again),
        cmocka_unit_test(the_newest_always_arrives),
        cmocka_unit_test(many_pods_share_one_connection),
        cmocka_unit_test(a_conflict_is_solved_at_once),
        cmocka_unit_test(a_pod_that_took_the_name_is_left_alone),
        cmocka_unit_test(a_pod_that_took_the_name_is_not_deleted),
        cmocka_unit_test(a_pod_that_is_gone_is_given_up),
        cmocka_unit_test(a_delayed_status_does_not_overwrite_a_newer_one),
        cmocka_unit_test(it_is_sent_until_the_server_has_it),
        cmocka_unit_test(one_that_the_server_refuses_holds_up_no_other),
        cmocka_unit_test(whatever_call_fails),
        cmocka_unit_test(a_pod_is_deleted_behind_its_last_status),
        cmocka_unit_test(whatever_call_fails_it_is_deleted),
        cmocka_unit_test(what_others_overwrite_is_said_again),
        cmocka_unit_test(a_last_word_is_said_again),
        cmocka_unit_test(conflicts_without_an_end_are_tried_with_pauses),
        cmocka_unit_test(one_that_is_removed_in_between_is_forgotten),
        cmocka_unit_test(what_makes_no_pod_is_not_taken_on),
        cmocka_unit_test(more_conditions_than_are_kept_are_no_harm),
        cmocka_unit_test(what_is_seen_late_is_not_believed),
        cmocka_unit_test(a_version_that_cannot_be_kept_guards_nothing),
        cmocka_unit_test(a_request_that_cannot_be_begun_is_told),
        cmocka_unit_test(it_is_stopped_at_any_moment),
        cmocka_unit_test(with_any_amount_of_memory),
        cmocka_unit_test(what_does_not_fit_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
