// SPDX-License-Identifier: Apache-2.0
// A Node: registered, and its status kept on the server what the facts say.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "kedge/kedge.h"
#include "mock_port.h"
#include "script.h"

enum { MEMORY = 128 * 1024 };

static const struct kedge_node_resource resources[] = {
    {"cpu", "1", NULL}, {"memory", "320Ki", "128Ki"}, {"pods", "4", NULL}};
static const struct kedge_node_host_address addresses[] = {{KEDGE_NODE_INTERNAL_IP, "10.1.2.3"},
                                                           {KEDGE_NODE_INTERNAL_IP, "fd00::3"},
                                                           {KEDGE_NODE_HOSTNAME, "edge-1"}};
static const struct kedge_node_label labels[] = {{"zone", "shed"}};
static const struct kedge_node_taint taints[] = {{"tiny", "yes", KEDGE_TAINT_NO_SCHEDULE},
                                                 {"bare", NULL, KEDGE_TAINT_NO_EXECUTE}};

struct fixture {
    struct mock_port port;
    struct kedge_config config;
    struct kedge_node_facts facts;
    struct kedge_node_status_options options;
    unsigned char memory[MEMORY];
    struct kedge *k;
    struct kedge_client *client;
    struct kedge_node_status *node;
    unsigned registered;
    unsigned refreshed;
    char uid[64];
};

static void on_registered(void *ctx, const struct kedge_object *node)
{
    struct fixture *f = ctx;
    f->registered++;
    char uid[KEDGE_UID_TEXT];
    snprintf(f->uid, sizeof f->uid, "%s", kedge_uid(node, uid));
    assert_string_equal(kedge_name(node), "edge-1");
}

static void refresh(void *ctx)
{
    ((struct fixture *)ctx)->refreshed++;
}

static struct fixture *set_up(void)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    mock_port_init(&f->port, mock_new(&(struct mock_options){.seed = 1, .no_managed_fields = true}),
                   1);
    f->config = (struct kedge_config){.server = "http://api.test:8080"};
    f->facts = (struct kedge_node_facts){.resources = resources,
                                         .resource_count = 3,
                                         .addresses = addresses,
                                         .address_count = 3,
                                         .kernel_version = "1.2",
                                         .os_image = "none",
                                         .operating_system = "linux",
                                         .architecture = "arm"};
    f->options = (struct kedge_node_status_options){.node = "edge-1",
                                                    .facts = &f->facts,
                                                    .labels = labels,
                                                    .label_count = 1,
                                                    .taints = taints,
                                                    .taint_count = 2,
                                                    .provider_id = "kedge://edge-1",
                                                    .refresh = refresh,
                                                    .on_registered = on_registered,
                                                    .ctx = f};
    return f;
}

static void start(struct fixture *f)
{
    f->k = kedge_init(f->memory, MEMORY, &f->port.fake.port);
    f->client = kedge_client_new(f->k, &f->config);
    f->node = kedge_node_status_new(f->client, &f->options);
    if (f->node == NULL)
        fail_msg("%s", kedge_error_text(f->k));
    assert_int_equal(kedge_node_status_start(f->node), KEDGE_OK);
}

static void tear_down(struct fixture *f)
{
    kedge_node_status_stop(f->node);
    kedge_client_free(f->client);
    mock_port_done(&f->port);
    free(f);
}

static void run(struct fixture *f, kedge_time ms)
{
    fake_port_run(&f->port.fake, f->k, ms);
}

static json_t *object(struct fixture *f)
{
    return mock_port_object(&f->port, "nodes", "", "edge-1");
}

static json_t *at(json_t *o, const char *a, const char *b)
{
    return json_object_get(json_object_get(o, a), b);
}

// "Ready=True KubeletReady 2026-... 2026-..." of the server's Node; in static storage.
static const char *condition(struct fixture *f, const char *type)
{
    static char text[256];
    json_t *o = object(f), *c;
    size_t i;
    snprintf(text, sizeof text, "none");
    json_array_foreach(at(o, "status", "conditions"), i, c)
    {
        if (strcmp(json_string_value(json_object_get(c, "type")), type) == 0)
            snprintf(text, sizeof text, "%s %s %s %s",
                     json_string_value(json_object_get(c, "status")),
                     json_string_value(json_object_get(c, "reason")),
                     json_string_value(json_object_get(c, "lastHeartbeatTime")),
                     json_string_value(json_object_get(c, "lastTransitionTime")));
    }
    json_decref(o);
    return text;
}

static struct kedge_node_report report_of(struct fixture *f)
{
    struct kedge_node_report r;
    assert_int_equal(kedge_node_status_report(f->node, &r), KEDGE_OK);
    return r;
}

static void expect_text(json_t *v, const char *want)
{
    assert_non_null(json_string_value(v));
    assert_string_equal(json_string_value(v), want);
}

// As it comes, and a second old.
static struct fixture *set_up_and_run(void)
{
    struct fixture *f = set_up();
    start(f);
    run(f, KEDGE_SECOND);
    return f;
}

static void it_registers_as_the_kubelet_does(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    start(f);
    assert_false(report_of(f).is_registered);
    run(f, KEDGE_SECOND);
    json_t *o = object(f);
    assert_non_null(o);
    json_t *l = at(o, "metadata", "labels");
    expect_text(json_object_get(l, "kubernetes.io/hostname"), "edge-1");
    expect_text(json_object_get(l, "kubernetes.io/os"), "linux");
    expect_text(json_object_get(l, "kubernetes.io/arch"), "arm");
    expect_text(json_object_get(l, "zone"), "shed");
    expect_text(at(o, "spec", "providerID"), "kedge://edge-1");
    json_t *t = at(o, "spec", "taints");
    assert_int_equal(json_array_size(t), 2);
    expect_text(json_object_get(json_array_get(t, 0), "effect"), "NoSchedule");
    expect_text(json_object_get(json_array_get(t, 1), "effect"), "NoExecute");
    expect_text(json_object_get(at(o, "status", "capacity"), "memory"), "320Ki");
    expect_text(json_object_get(at(o, "status", "allocatable"), "memory"), "128Ki");
    expect_text(json_object_get(at(o, "status", "allocatable"), "pods"), "4");
    expect_text(json_object_get(at(o, "status", "nodeInfo"), "architecture"), "arm");
    expect_text(json_object_get(at(o, "status", "nodeInfo"), "machineID"), "");
    assert_int_equal(json_array_size(at(o, "status", "addresses")), 3);
    assert_int_equal(json_array_size(at(o, "status", "conditions")), 4);
    json_decref(o);
    assert_string_equal(condition(f, "Ready"),
                        "True KubeletReady 2026-01-01T00:00:00Z 2026-01-01T00:00:00Z");
    assert_string_equal(condition(f, "MemoryPressure"), "False KubeletHasSufficientMemory "
                                                        "2026-01-01T00:00:00Z "
                                                        "2026-01-01T00:00:00Z");
    assert_int_equal(f->registered, 1);
    assert_true(report_of(f).is_registered);
    struct mock_item item;
    mock_get(f->port.mock, "nodes", "", "edge-1", &item);
    assert_string_equal(f->uid, item.uid);
    tear_down(f);
}

static void it_is_reported_every_five_minutes(void **state)
{
    (void)state;
    struct fixture *f = set_up_and_run();
    uint64_t first = report_of(f).reports;
    uint64_t version = mock_version(f->port.mock);
    run(f, 299 * KEDGE_SECOND);
    assert_int_equal(mock_version(f->port.mock), version);
    run(f, 11 * KEDGE_SECOND);
    assert_int_equal(mock_version(f->port.mock), version + 1);
    assert_int_equal(report_of(f).reports, first + 1);
    assert_string_equal(condition(f, "Ready"),
                        "True KubeletReady 2026-01-01T00:05:00Z 2026-01-01T00:00:00Z");
    run(f, 50 * KEDGE_MINUTE);
    assert_in_range(report_of(f).reports, first + 10, first + 11);
    assert_in_range(f->refreshed, 330, 345); // every 10 s
    assert_int_equal(report_of(f).failures, 0);
    tear_down(f);
}

static void what_changes_is_reported_soon(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    start(f);
    run(f, 25 * KEDGE_SECOND);
    f->facts.not_ready = "the pump does not turn";
    kedge_node_status_changed(f->node, false);
    run(f, 100);
    assert_string_equal(condition(f, "Ready"),
                        "False KubeletNotReady 2026-01-01T00:00:25Z 2026-01-01T00:00:25Z");
    // Without a word of the program, at the next look.
    f->facts.not_ready = NULL;
    f->facts.memory_pressure = true;
    run(f, 10 * KEDGE_SECOND);
    assert_string_equal(condition(f, "Ready"),
                        "True KubeletReady 2026-01-01T00:00:35Z 2026-01-01T00:00:35Z");
    assert_string_equal(condition(f, "MemoryPressure"),
                        "True KubeletHasInsufficientMemory 2026-01-01T00:00:35Z "
                        "2026-01-01T00:00:35Z");
    assert_string_equal(condition(f, "DiskPressure"),
                        "False KubeletHasNoDiskPressure 2026-01-01T00:00:35Z "
                        "2026-01-01T00:00:00Z");
    uint64_t version = mock_version(f->port.mock);
    kedge_node_status_changed(f->node, false); // nothing is new
    run(f, 2 * KEDGE_SECOND);
    assert_int_equal(mock_version(f->port.mock), version);
    kedge_node_status_changed(f->node, true);
    run(f, KEDGE_SECOND);
    assert_int_equal(mock_version(f->port.mock), version + 1);
    tear_down(f);
}

static void capacity_and_addresses_change(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    struct kedge_node_resource own[] = {{"cpu", "2", "1500m"}, {"example.com/pump", "1", NULL}};
    struct kedge_node_host_address one = {KEDGE_NODE_EXTERNAL_IP, "192.0.2.1"};
    start(f);
    run(f, KEDGE_SECOND);
    f->facts.resources = own;
    f->facts.resource_count = 2;
    f->facts.addresses = &one;
    f->facts.address_count = 1;
    kedge_node_status_changed(f->node, false);
    run(f, KEDGE_SECOND);
    json_t *o = object(f);
    expect_text(json_object_get(at(o, "status", "capacity"), "cpu"), "2");
    expect_text(json_object_get(at(o, "status", "allocatable"), "cpu"), "1500m");
    expect_text(json_object_get(at(o, "status", "allocatable"), "example.com/pump"), "1");
    json_t *a = at(o, "status", "addresses");
    assert_int_equal(json_array_size(a), 1);
    expect_text(json_object_get(json_array_get(a, 0), "address"), "192.0.2.1");
    json_decref(o);
    tear_down(f);
}

static void conditions_of_the_programs_own_and_of_others(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    struct kedge_node_condition own[2] = {
        {"ReadonlyFilesystem", KEDGE_CONDITION_FALSE, "FilesystemIsWritable", "it is"},
        {"PumpBroken", KEDGE_CONDITION_UNKNOWN, "NotLookedAt", "not yet"}};
    f->facts.conditions = own;
    f->facts.condition_count = 2;
    start(f);
    run(f, KEDGE_SECOND);
    assert_string_equal(condition(f, "PumpBroken"),
                        "Unknown NotLookedAt 2026-01-01T00:00:00Z 2026-01-01T00:00:00Z");
    json_t *o = object(f);
    json_array_append_new(at(o, "status", "conditions"),
                          json_pack("{s:s,s:s}", "type", "NetworkUnavailable", "status", "False"));
    char *text = json_dumps(o, 0);
    mock_apply(f->port.mock, "nodes", text);
    free(text);
    json_decref(o);
    own[1].status = KEDGE_CONDITION_TRUE;
    own[1].reason = "ItLeaks";
    run(f, 10 * KEDGE_SECOND);
    assert_string_equal(condition(f, "PumpBroken"),
                        "True ItLeaks 2026-01-01T00:00:10Z 2026-01-01T00:00:10Z");
    assert_string_not_equal(condition(f, "NetworkUnavailable"), "none");
    tear_down(f);
}

static const char existing[] =
    "{\"metadata\":{\"name\":\"edge-1\",\"labels\":{\"theirs\":\"1\",\"zone\":\"attic\"}},"
    "\"spec\":{\"taints\":[{\"key\":\"x\",\"effect\":\"NoSchedule\"}]},\"status\":{"
    "\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"reason\":\"KubeletReady\","
    "\"lastHeartbeatTime\":\"2025-06-01T00:00:00Z\","
    "\"lastTransitionTime\":\"2025-05-01T00:00:00Z\"},"
    "{\"type\":\"DiskPressure\",\"status\":\"True\",\"reason\":\"Old\","
    "\"lastHeartbeatTime\":\"2025-06-01T00:00:00Z\","
    "\"lastTransitionTime\":\"2025-05-01T00:00:00Z\"}]}}";

static void a_node_that_is_there_gets_what_it_lacks(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    mock_apply(f->port.mock, "nodes", existing);
    start(f);
    run(f, KEDGE_SECOND);
    json_t *o = object(f);
    json_t *l = at(o, "metadata", "labels");
    expect_text(json_object_get(l, "kubernetes.io/arch"), "arm");
    expect_text(json_object_get(l, "zone"), "shed");
    expect_text(json_object_get(l, "theirs"), "1");
    expect_text(json_object_get(json_array_get(at(o, "spec", "taints"), 0), "key"), "x");
    json_decref(o);
    // What is as it was is so since then.
    assert_string_equal(condition(f, "Ready"),
                        "True KubeletReady 2026-01-01T00:00:00Z 2025-05-01T00:00:00Z");
    assert_string_equal(condition(f, "DiskPressure"),
                        "False KubeletHasNoDiskPressure 2026-01-01T00:00:00Z "
                        "2026-01-01T00:00:00Z");
    assert_int_equal(f->registered, 1);
    assert_int_equal(report_of(f).failures, 0);
    tear_down(f);
}

// Somebody sets a condition of the Node, or with NULL takes it away.
static void set_condition(struct fixture *f, const char *type, const char *status,
                          const char *since)
{
    json_t *o = object(f), *c;
    json_t *all = at(o, "status", "conditions");
    size_t i;
    json_array_foreach(all, i, c)
    {
        if (strcmp(json_string_value(json_object_get(c, "type")), type) != 0)
            continue;
        if (status == NULL) {
            json_array_remove(all, i);
            break;
        }
        json_object_set_new(c, "status", json_string(status));
        json_object_set_new(c, "lastTransitionTime", json_string(since));
    }
    char *text = json_dumps(o, 0);
    mock_apply(f->port.mock, "nodes", text);
    free(text);
    json_decref(o);
}

// As a kubelet, which compares with what the server has.
static void what_others_made_of_a_condition_is_undone_with_a_time(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    start(f);
    run(f, 30 * KEDGE_SECOND);
    set_condition(f, "Ready", "Unknown", "2026-01-01T00:00:20Z");
    set_condition(f, "DiskPressure", "False", "2025-12-31T00:00:00Z"); // is what it was
    set_condition(f, "PIDPressure", NULL, NULL);
    kedge_node_status_changed(f->node, true);
    run(f, KEDGE_SECOND);
    assert_string_equal(condition(f, "Ready"),
                        "True KubeletReady 2026-01-01T00:00:30Z 2026-01-01T00:00:30Z");
    assert_string_equal(condition(f, "DiskPressure"),
                        "False KubeletHasNoDiskPressure 2026-01-01T00:00:30Z "
                        "2025-12-31T00:00:00Z");
    assert_string_equal(condition(f, "PIDPressure"), "False KubeletHasSufficientPID "
                                                     "2026-01-01T00:00:30Z "
                                                     "2026-01-01T00:00:30Z");
    // The report that comes by itself sees it, too.
    set_condition(f, "Ready", "Unknown", "2026-01-01T00:00:40Z");
    run(f, 5 * KEDGE_MINUTE + 10 * KEDGE_SECOND);
    assert_non_null(strstr(condition(f, "Ready"), "True KubeletReady 2026-01-01T00:05"));
    assert_null(strstr(condition(f, "Ready"), "00:00:"));
    assert_int_equal(report_of(f).failures, 0);
    tear_down(f);
}

// Of such a Node nothing is seen but whose it is: that says nothing of its conditions.
static void a_node_too_large_to_be_read_keeps_its_times(void **state)
{
    (void)state;
    struct fixture *f = set_up_and_run();
    json_t *o = object(f);
    for (int i = 0; i < 200; i++) {
        char key[64];
        snprintf(key, sizeof key, "feature.node.kubernetes.io/cpu-cpuid.%d", i);
        json_object_set_new(at(o, "metadata", "labels"), key, json_string("true"));
    }
    char *text = json_dumps(o, 0);
    mock_apply(f->port.mock, "nodes", text);
    free(text);
    json_decref(o);
    uint64_t before = report_of(f).reports;
    run(f, 11 * KEDGE_MINUTE);
    assert_int_equal(report_of(f).reports, before + 2);
    assert_int_equal(report_of(f).failures, 0);
    assert_non_null(strstr(condition(f, "Ready"), "True KubeletReady 2026-01-01T00:10:"));
    assert_non_null(strstr(condition(f, "Ready"), " 2026-01-01T00:00:00Z"));
    tear_down(f);
}

// The report reads the Node, then writes: either may fail.
static void a_report_that_fails_anywhere_is_tried_again(void **state)
{
    (void)state;
    for (unsigned count = 1; count <= 11; count++) {
        struct fixture *f = set_up();
        start(f);
        run(f, 5 * KEDGE_SECOND);
        mock_inject(f->port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STATUS,
                                                       .on = MOCK_ON_OTHER,
                                                       .resource = "nodes",
                                                       .count = count,
                                                       .status = 403});
        f->facts.pid_pressure = true;
        kedge_node_status_changed(f->node, false);
        run(f, KEDGE_SECOND);
        // Five times at once, then every 10 s.
        assert_int_equal(strstr(condition(f, "PIDPressure"), "True") != NULL, count < 5);
        assert_int_equal(report_of(f).failures, count < 5 ? count : 5);
        run(f, 20 * KEDGE_SECOND);
        assert_non_null(strstr(condition(f, "PIDPressure"), "True"));
        assert_int_equal(report_of(f).failures, count);
        assert_int_equal(f->registered, 1);
        tear_down(f);
    }
}

static void another_node_that_took_the_name_is_registered(void **state)
{
    (void)state;
    struct fixture *f = set_up_and_run();
    char before[64];
    memcpy(before, f->uid, sizeof before);
    mock_delete(f->port.mock, "nodes", "", "edge-1");
    mock_apply(f->port.mock, "nodes", existing);
    kedge_node_status_changed(f->node, true);
    run(f, KEDGE_SECOND);
    assert_int_equal(f->registered, 2);
    assert_string_not_equal(f->uid, before);
    assert_string_equal(condition(f, "Ready"),
                        "True KubeletReady 2026-01-01T00:00:01Z 2025-05-01T00:00:00Z");
    json_t *o = object(f);
    expect_text(json_object_get(at(o, "metadata", "labels"), "zone"), "shed");
    json_decref(o);
    assert_int_equal(report_of(f).failures, 0);
    tear_down(f);
}

// Whatever a server writes there: the uid outlives the reply that it was read from.
static void a_uid_may_be_any_text(void **state)
{
    (void)state;
    static char long_uid[101];
    memset(long_uid, 'u', 100);
    const char *uids[] = {"node-edge-1-1234", "n", long_uid};
    for (size_t i = 0; i < sizeof uids / sizeof uids[0]; i++) {
        struct fixture *f = set_up();
        char node[256];
        snprintf(node, sizeof node, "{\"metadata\":{\"name\":\"edge-1\",\"uid\":\"%s\"}}", uids[i]);
        mock_apply(f->port.mock, "nodes", node);
        start(f);
        run(f, KEDGE_SECOND);
        json_t *o = object(f);
        expect_text(json_object_get(json_object_get(o, "metadata"), "uid"), uids[i]);
        json_decref(o);
        for (int j = 0; j < 3; j++) {
            kedge_node_status_changed(f->node, true);
            run(f, KEDGE_SECOND);
        }
        assert_int_equal(f->registered, 1);
        assert_int_equal(report_of(f).failures, 0);
        tear_down(f);
    }
}

static void a_label_that_somebody_changed_is_set_with_the_next_start(void **state)
{
    (void)state;
    struct fixture *f = set_up_and_run();
    json_t *o = object(f);
    json_object_set_new(at(o, "metadata", "labels"), "zone", json_string("attic"));
    char *text = json_dumps(o, 0);
    mock_apply(f->port.mock, "nodes", text);
    free(text);
    json_decref(o);
    kedge_node_status_changed(f->node, true);
    run(f, KEDGE_SECOND);
    o = object(f);
    expect_text(json_object_get(at(o, "metadata", "labels"), "zone"), "attic");
    json_decref(o);
    kedge_node_status_stop(f->node);
    assert_int_equal(kedge_node_status_start(f->node), KEDGE_OK);
    run(f, KEDGE_SECOND);
    o = object(f);
    expect_text(json_object_get(at(o, "metadata", "labels"), "zone"), "shed");
    json_decref(o);
    tear_down(f);
}

static void a_node_that_was_deleted_is_registered_again(void **state)
{
    (void)state;
    struct fixture *f = set_up_and_run();
    char before[64];
    memcpy(before, f->uid, sizeof before);
    assert_true(mock_delete(f->port.mock, "nodes", "", "edge-1"));
    run(f, 6 * KEDGE_MINUTE);
    assert_int_equal(f->registered, 2);
    assert_string_not_equal(before, f->uid);
    assert_int_equal(mock_count(f->port.mock, "nodes"), 1);
    tear_down(f);
}

// The connection is shared, and used between the look at it and the report.
static struct kedge_rest *shared;
static struct kedge_api_call others;
static unsigned in_between;

static void come_in_between(void *ctx)
{
    (void)ctx;
    if (in_between == 0)
        return;
    in_between--;
    struct kedge_api api = kedge_api_of(shared, &kedge_kind_pod, "default");
    struct kedge_request r = kedge_api_request(&api, KEDGE_GET, "a", NULL);
    assert_int_equal(kedge_api_start(&others, &api, &r), KEDGE_OK);
}

static void a_report_waits_for_the_shared_connection(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    f->k = kedge_init(f->memory, MEMORY, &f->port.fake.port);
    f->client = kedge_client_new(f->k, &f->config);
    shared = f->options.rest = kedge_rest_new(f->client, NULL);
    f->options.refresh = come_in_between;
    f->node = kedge_node_status_new(f->client, &f->options);
    assert_int_equal(kedge_node_status_start(f->node), KEDGE_OK);
    run(f, 30 * KEDGE_SECOND);
    uint64_t before = report_of(f).reports;
    in_between = 2;
    kedge_node_status_changed(f->node, true);
    run(f, KEDGE_SECOND);
    assert_int_equal(in_between, 0);
    assert_int_equal(report_of(f).reports, before + 1);
    assert_int_equal(report_of(f).failures, 0);
    kedge_rest_close(shared);
    tear_down(f);
}

static void come_in_between_once(void *ctx, const struct kedge_object *node)
{
    on_registered(ctx, node);
    in_between = 1;
}

// So does the first one, which needs no look at the Node any more.
static void a_first_report_waits_for_the_shared_connection(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    f->k = kedge_init(f->memory, MEMORY, &f->port.fake.port);
    f->client = kedge_client_new(f->k, &f->config);
    shared = f->options.rest = kedge_rest_new(f->client, NULL);
    f->options.refresh = come_in_between;
    f->options.on_registered = come_in_between_once;
    f->node = kedge_node_status_new(f->client, &f->options);
    assert_int_equal(kedge_node_status_start(f->node), KEDGE_OK);
    run(f, KEDGE_SECOND);
    kedge_node_status_stop(f->node);
    in_between = 0;
    assert_int_equal(kedge_node_status_start(f->node), KEDGE_OK); // the Node has its labels
    uint64_t before = report_of(f).reports;
    run(f, KEDGE_SECOND);
    assert_int_equal(f->registered, 2);
    assert_int_equal(in_between, 0);
    assert_int_equal(report_of(f).reports, before + 1);
    assert_int_equal(report_of(f).failures, 0);
    kedge_rest_close(shared);
    tear_down(f);
}

static void failures_are_tried_again(void **state)
{
    (void)state;
    static const int codes[] = {500, 403, 422, 429};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct fixture *f = set_up();
        struct mock_fault fault = {.kind = MOCK_FAULT_STATUS,
                                   .on = MOCK_ON_OTHER,
                                   .resource = "nodes",
                                   .count = 12,
                                   .status = codes[i]};
        mock_inject(f->port.mock, &fault);
        start(f);
        run(f, KEDGE_SECOND);
        assert_false(report_of(f).is_registered);
        assert_true(report_of(f).failures > 0);
        assert_true(strlen(report_of(f).text) > 0);
        run(f, 2 * KEDGE_MINUTE);
        assert_true(report_of(f).is_registered);
        assert_int_equal(report_of(f).reason, KEDGE_OK);
        mock_inject(f->port.mock, &fault);
        f->facts.pid_pressure = true;
        run(f, KEDGE_MINUTE);
        assert_non_null(strstr(condition(f, "PIDPressure"), "KubeletHasInsufficientPID"));
        tear_down(f);
    }
}

static void without_a_calendar_the_server_is_asked(void **state)
{
    (void)state;
    for (int own = 0; own < 2; own++) {
        struct fixture *f = set_up();
        f->port.fake.no_calendar = true;
        f->config.clock_from_server = !own;
        start(f);
        run(f, 20 * KEDGE_SECOND);
        assert_int_equal(report_of(f).is_registered, !own);
        if (own)
            assert_non_null(strstr(report_of(f).text, "clock_from_server"));
        tear_down(f);
    }
}

// A date that gets lost, as a port may find out at any time.
static void a_report_without_a_calendar_waits_for_one(void **state)
{
    (void)state;
    struct fixture *f = set_up_and_run();
    f->port.fake.no_calendar = true;
    f->facts.pid_pressure = true;
    run(f, 20 * KEDGE_SECOND);
    assert_non_null(strstr(condition(f, "PIDPressure"), "False"));
    assert_int_equal(report_of(f).reason, KEDGE_ERR_STATE);
    assert_non_null(strstr(report_of(f).text, "date"));
    f->port.fake.no_calendar = false;
    run(f, 10 * KEDGE_SECOND);
    assert_non_null(strstr(condition(f, "PIDPressure"), "True"));
    assert_int_equal(report_of(f).reason, KEDGE_OK);
    tear_down(f);
}

static void facts_that_cannot_be_written_are_named(void **state)
{
    (void)state;
    static char long_text[4000];
    memset(long_text, 'x', sizeof long_text - 1);
    const struct {
        const char *not_ready;
        kedge_err err;
        const char *text;
    } rows[] = {{"\xff", KEDGE_ERR_ARGUMENT, "UTF-8"}, {long_text, KEDGE_ERR_TOO_LONG, "body_max"}};
    for (size_t i = 0; i < 4; i++) {
        struct fixture *f = set_up();
        bool from_the_start = i % 2 == 0;
        start(f);
        if (!from_the_start)
            run(f, KEDGE_SECOND);
        f->facts.not_ready = rows[i / 2].not_ready;
        run(f, 20 * KEDGE_SECOND);
        assert_int_equal(report_of(f).is_registered, !from_the_start);
        assert_int_equal(report_of(f).reason, rows[i / 2].err);
        assert_non_null(strstr(report_of(f).text, rows[i / 2].text));
        f->facts.not_ready = "the pump does not turn";
        run(f, 10 * KEDGE_SECOND);
        assert_non_null(strstr(condition(f, "Ready"), "False KubeletNotReady"));
        tear_down(f);
    }
}

// Labels are worth a try; what counts is the status.
static void labels_that_do_not_fit_hold_up_no_report(void **state)
{
    (void)state;
    static char text[4000];
    static const struct kedge_node_label many[] = {{"much", text}};
    struct fixture *f = set_up();
    memset(text, 'x', sizeof text - 1);
    f->options.labels = many;
    // The date comes with the Node, which is there: so none is written that had the labels as well.
    f->port.fake.no_calendar = f->config.clock_from_server = true;
    mock_apply(f->port.mock, "nodes", existing);
    start(f);
    run(f, KEDGE_SECOND);
    assert_int_equal(report_of(f).failures, 1);
    assert_int_equal(report_of(f).reports, 1);
    assert_non_null(strstr(condition(f, "DiskPressure"), "False KubeletHasNoDiskPressure"));
    tear_down(f);
}

static struct fixture *refusing;

static void refuse_next(void *ctx, const struct kedge_object *node)
{
    on_registered(ctx, node);
    mock_inject(refusing->port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STATUS,
                                                          .on = MOCK_ON_OTHER,
                                                          .resource = "nodes",
                                                          .count = 1,
                                                          .status = 403});
}

static void labels_that_are_refused_hold_up_no_report(void **state)
{
    (void)state;
    struct fixture *f = refusing = set_up();
    f->options.on_registered = refuse_next;
    mock_apply(f->port.mock, "nodes", existing);
    start(f);
    run(f, KEDGE_SECOND);
    assert_int_equal(f->registered, 1);
    assert_int_equal(report_of(f).failures, 1);
    assert_int_equal(report_of(f).reports, 1);
    json_t *o = object(f);
    expect_text(json_object_get(at(o, "metadata", "labels"), "zone"), "attic");
    json_decref(o);
    assert_non_null(strstr(condition(f, "DiskPressure"), "False KubeletHasNoDiskPressure"));
    tear_down(f);
}

#define REPLY(code, len) \
    "HTTP/1.1 " code "\r\nContent-Type: application/json\r\nContent-Length: " len "\r\n\r\n"
#define PLAIN_NODE                                                                \
    "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"edge-1\"," \
    "\"uid\":\"5c1e7a0e-0000-4000-8000-000000000001\"}}"
#define REFUSAL(reason, code)                                                               \
    "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"message\":\"no\"," \
    "\"reason\":\"" reason "\",\"code\":" code "}"

// What the requests say, in their order.
static void expect_requests(struct fixture *f, const char *const *answers, size_t count,
                            const char *const *wanted, size_t wanted_count)
{
    static struct script s;
    script_serve(&s, &f->port.fake, answers, count);
    start(f);
    run(f, KEDGE_SECOND);
    const char *at = s.seen;
    for (size_t i = 0; i < wanted_count; i++) {
        const char *found = strstr(at, wanted[i]);
        if (found == NULL)
            fail_msg("no \"%s\" in\n%s", wanted[i], at);
        at = found + 1;
    }
}

static void a_server_that_takes_no_status_with_the_node_gets_a_report(void **state)
{
    (void)state;
    static const char *const answers[] = {
        REPLY("201 Created", "107") PLAIN_NODE,
        REPLY("200 OK", "107") PLAIN_NODE,
        REPLY("200 OK", "107") PLAIN_NODE,
    };
    static const char *const wanted[] = {"POST /api/v1/nodes?", "GET /api/v1/nodes/edge-1?",
                                         "PATCH /api/v1/nodes/edge-1/status?", "nodeInfo"};
    struct fixture *f = set_up();
    assert_int_equal(strlen(PLAIN_NODE), 107);
    expect_requests(f, answers, 3, wanted, 4);
    assert_int_equal(f->registered, 1);
    assert_int_equal(report_of(f).reports, 2);
    assert_int_equal(report_of(f).failures, 0);
    tear_down(f);
}

// It was there, and is gone when it is read; then it is created.
static void a_node_that_goes_in_between_is_created(void **state)
{
    (void)state;
    static const char *const answers[] = {
        REPLY("409 Conflict", "105") REFUSAL("AlreadyExists", "409"),
        REPLY("404 Not Found", "100") REFUSAL("NotFound", "404"),
        REPLY("201 Created", "107") PLAIN_NODE,
    };
    static const char *const wanted[] = {"POST /api/v1/nodes?", "GET /api/v1/nodes/edge-1?",
                                         "POST /api/v1/nodes?"};
    struct fixture *f = set_up();
    expect_requests(f, answers, 3, wanted, 3);
    assert_int_equal(f->registered, 1);
    assert_int_equal(report_of(f).failures, 1);
    tear_down(f);
}

// A server that lets a Node have a name that no path can.
static void a_request_that_cannot_be_begun_is_named(void **state)
{
    (void)state;
    static const char *const answers[] = {
        REPLY("201 Created", "107") PLAIN_NODE,
        REPLY("409 Conflict", "105") REFUSAL("AlreadyExists", "409"),
    };
    static const char *const wanted[] = {"POST /api/v1/nodes?", "POST /api/v1/nodes?"};
    struct fixture *f = set_up();
    f->options.node = "..";
    expect_requests(f, answers, 2, wanted, 2); // the report, then the Node
    assert_int_equal(f->registered, 1);
    assert_false(report_of(f).is_registered);
    assert_int_equal(report_of(f).reason, KEDGE_ERR_ARGUMENT);
    assert_non_null(strstr(report_of(f).text, "name"));
    assert_int_equal(report_of(f).failures, 2);
    tear_down(f);
}

static void stop_it(void *ctx)
{
    struct fixture *f = ctx;
    refresh(ctx);
    if (f->refreshed == 3)
        kedge_node_status_stop(f->node);
}

static void change_it(void *ctx)
{
    kedge_node_status_changed(((struct fixture *)ctx)->node, false);
}

static void refresh_may_stop_it_and_say_that_facts_changed(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    f->options.refresh = stop_it;
    start(f);
    run(f, KEDGE_MINUTE);
    assert_int_equal(f->refreshed, 3);
    assert_int_equal(f->port.fake.open_streams, 0);
    tear_down(f);
    // Also before it is registered, and between the tries of a report.
    f = set_up();
    f->options.refresh = change_it;
    start(f);
    kedge_node_status_changed(f->node, false);
    run(f, KEDGE_SECOND);
    assert_int_equal(f->registered, 1);
    mock_inject(f->port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STATUS,
                                                   .on = MOCK_ON_OTHER,
                                                   .resource = "nodes",
                                                   .count = 3,
                                                   .status = 403});
    f->facts.pid_pressure = true;
    run(f, 11 * KEDGE_SECOND);
    assert_int_equal(report_of(f).failures, 3);
    assert_non_null(strstr(condition(f, "PIDPressure"), "True"));
    tear_down(f);
}

static void what_need_not_be_given(void **state)
{
    (void)state;
    for (int is_there = 0; is_there < 2; is_there++) {
        struct fixture *f = set_up();
        f->options.on_registered = NULL;
        f->options.refresh = NULL;
        f->options.unschedulable = true;
        f->facts.operating_system = NULL;
        if (is_there)
            mock_apply(f->port.mock, "nodes", existing);
        start(f);
        run(f, 11 * KEDGE_SECOND);
        json_t *o = object(f);
        // Who is there stays as somebody made it.
        assert_int_equal(json_is_true(at(o, "spec", "unschedulable")), !is_there);
        assert_null(json_object_get(at(o, "metadata", "labels"), "kubernetes.io/os"));
        expect_text(json_object_get(at(o, "metadata", "labels"), "kubernetes.io/arch"), "arm");
        json_decref(o);
        assert_int_equal(report_of(f).failures, 0);
        // Then it has all that it should have.
        kedge_node_status_stop(f->node);
        uint64_t version = mock_version(f->port.mock);
        assert_int_equal(kedge_node_status_start(f->node), KEDGE_OK);
        run(f, KEDGE_SECOND);
        assert_int_equal(mock_version(f->port.mock), version + 1);
        tear_down(f);
    }
}

static void with_any_amount_of_memory(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    bool fits = false;
    for (size_t size = 4096; !fits; size += 128) {
        f->k = kedge_init(f->memory, size, &f->port.fake.port);
        f->client = kedge_client_new(f->k, &f->config);
        f->node = kedge_node_status_new(f->client, &f->options);
        fits = f->node != NULL;
        assert_int_equal(kedge_error(f->k), fits ? KEDGE_OK : KEDGE_ERR_MEMORY);
        assert_true(size < MEMORY);
    }
    assert_int_equal(kedge_node_status_start(f->node), KEDGE_OK);
    run(f, KEDGE_SECOND);
    assert_int_equal(f->registered, 1);
    tear_down(f);
}

static void whatever_call_fails(void **state)
{
    (void)state;
    unsigned calls = 100;
    for (unsigned i = 1; i <= calls; i++) {
        struct fixture *f = set_up();
        if (i % 2 == 0)
            mock_apply(f->port.mock, "nodes", existing);
        start(f);
        f->port.fake.cruelty.fail_at = i;
        f->port.fake.cruelty.fail_only = FAKE_CALL_STREAM;
        run(f, 30 * KEDGE_SECOND);
        assert_non_null(strstr(condition(f, "Ready"), "True KubeletReady 2026"));
        assert_non_null(strstr(condition(f, "DiskPressure"), "False"));
        calls = f->port.fake.calls < 100 ? f->port.fake.calls : 100;
        tear_down(f);
    }
    assert_true(calls >= 4);
}

static void a_body_that_is_too_small_is_told(void **state)
{
    (void)state;
    for (size_t max = 64; max < 3072; max += 128) {
        struct fixture *f = set_up();
        f->options.body_max = max;
        start(f);
        run(f, 20 * KEDGE_SECOND);
        struct kedge_node_report r = report_of(f);
        assert_true(r.is_registered || r.reason == KEDGE_ERR_TOO_LONG);
        if (!r.is_registered)
            assert_non_null(strstr(r.text, "body_max"));
        tear_down(f);
    }
}

static void it_stops_and_starts_again(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    start(f);
    assert_int_equal(kedge_node_status_start(f->node), KEDGE_OK);
    run(f, KEDGE_SECOND);
    kedge_node_status_stop(f->node);
    assert_int_equal(f->port.fake.open_streams, 0);
    f->facts.disk_pressure = true;
    kedge_node_status_changed(f->node, true);
    run(f, KEDGE_MINUTE);
    assert_non_null(strstr(condition(f, "DiskPressure"), "False"));
    assert_int_equal(kedge_node_status_start(f->node), KEDGE_OK);
    kedge_poll(f->k, 0);
    kedge_node_status_stop(f->node); // in the middle of a request
    assert_int_equal(kedge_node_status_start(f->node), KEDGE_OK);
    run(f, KEDGE_SECOND);
    assert_non_null(strstr(condition(f, "DiskPressure"), "True"));
    tear_down(f);
}

// Changes that come at any moment of a report under way.
static void no_change_is_overlooked(void **state)
{
    (void)state;
    for (int polls = 0; polls < 12; polls++) {
        struct fixture *f = set_up();
        f->port.fake.cruelty.read_max = 60;
        start(f);
        run(f, 5 * KEDGE_SECOND);
        f->facts.pid_pressure = true;
        kedge_node_status_changed(f->node, false);
        for (int i = 0; i < polls; i++)
            kedge_poll(f->k, 0);
        f->facts.disk_pressure = true;
        kedge_node_status_changed(f->node, false);
        run(f, KEDGE_SECOND);
        assert_non_null(strstr(condition(f, "PIDPressure"), "True"));
        assert_non_null(strstr(condition(f, "DiskPressure"), "True"));
        tear_down(f);
    }
}

static void what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    struct kedge_node_status_options o = f->options;
    for (int i = 0; i < 4; i++) {
        f->k = kedge_init(f->memory, MEMORY, &f->port.fake.port);
        f->client = kedge_client_new(f->k, &f->config);
        f->options = o;
        f->facts.condition_count = i == 1 ? KEDGE_NODE_CONDITIONS + 1 : 0;
        if (i == 0)
            f->options.facts = NULL;
        if (i == 2)
            f->options.node = NULL;
        f->node = kedge_node_status_new(f->client, &f->options);
        assert_int_equal(f->node != NULL, i == 3);
        assert_int_equal(kedge_error(f->k), i == 3   ? KEDGE_OK
                                            : i == 2 ? KEDGE_ERR_CONFIG
                                                     : KEDGE_ERR_ARGUMENT);
    }
    assert_null(kedge_node_status_new(NULL, NULL));
    assert_int_equal(kedge_node_status_start(NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_node_status_report(NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_node_status_report(f->node, NULL), KEDGE_ERR_ARGUMENT);
    // After any failure of a constructor nothing is started.
    assert_null(kedge_node_status_new(f->client, NULL));
    assert_int_equal(kedge_error(f->k), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_node_status_start(f->node), KEDGE_ERR_ARGUMENT);
    assert_null(kedge_node_status_new(f->client, &f->options));
    kedge_node_status_stop(NULL);
    kedge_node_status_changed(NULL, true);
    tear_down(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_registers_as_the_kubelet_does),
        cmocka_unit_test(it_is_reported_every_five_minutes),
        cmocka_unit_test(what_changes_is_reported_soon),
        cmocka_unit_test(capacity_and_addresses_change),
        cmocka_unit_test(conditions_of_the_programs_own_and_of_others),
        cmocka_unit_test(a_node_that_is_there_gets_what_it_lacks),
        cmocka_unit_test(what_others_made_of_a_condition_is_undone_with_a_time),
        cmocka_unit_test(a_node_too_large_to_be_read_keeps_its_times),
        cmocka_unit_test(a_report_that_fails_anywhere_is_tried_again),
        cmocka_unit_test(another_node_that_took_the_name_is_registered),
        cmocka_unit_test(a_uid_may_be_any_text),
        cmocka_unit_test(a_label_that_somebody_changed_is_set_with_the_next_start),
        cmocka_unit_test(a_node_that_was_deleted_is_registered_again),
        cmocka_unit_test(a_report_waits_for_the_shared_connection),
        cmocka_unit_test(a_first_report_waits_for_the_shared_connection),
        cmocka_unit_test(failures_are_tried_again),
        cmocka_unit_test(without_a_calendar_the_server_is_asked),
        cmocka_unit_test(a_report_without_a_calendar_waits_for_one),
        cmocka_unit_test(facts_that_cannot_be_written_are_named),
        cmocka_unit_test(labels_that_do_not_fit_hold_up_no_report),
        cmocka_unit_test(labels_that_are_refused_hold_up_no_report),
        cmocka_unit_test(a_server_that_takes_no_status_with_the_node_gets_a_report),
        cmocka_unit_test(a_node_that_goes_in_between_is_created),
        cmocka_unit_test(a_request_that_cannot_be_begun_is_named),
        cmocka_unit_test(refresh_may_stop_it_and_say_that_facts_changed),
        cmocka_unit_test(what_need_not_be_given),
        cmocka_unit_test(with_any_amount_of_memory),
        cmocka_unit_test(whatever_call_fails),
        cmocka_unit_test(a_body_that_is_too_small_is_told),
        cmocka_unit_test(it_stops_and_starts_again),
        cmocka_unit_test(no_change_is_overlooked),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
