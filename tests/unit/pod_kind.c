// SPDX-License-Identifier: Apache-2.0
// A node agent that keeps its pods as a kind of the program's own.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tiny_node.h"

#define KEDGE_ROWS_task(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, name, "name")              \
    FIELD(K, TEXT_LIST, args, "args")
KEDGE_DECLARE_ITEM(task)
KEDGE_DEFINE_ITEM(task)

#define KEDGE_ROWS_task_pod(FIELD, LIST, ENUM, K)       \
    LIST(K, task, tasks, "spec", "containers")          \
    FIELD(K, RAW, volumes, "spec", "volumes")           \
    ENUM(K, pod_phase, status_phase, "status", "phase") \
    LIST(K, condition, conditions, "status", "conditions")
KEDGE_DECLARE_KIND(task_pod)
KEDGE_DEFINE_KIND(task_pod, "", "v1", "pods", "Pod", KEDGE_NAMESPACED)

#define KEDGE_ROWS_bare_pod(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, node, "spec", "nodeName")      \
    ENUM(K, pod_phase, status_phase, "status", "phase")
KEDGE_DECLARE_KIND(bare_pod)
KEDGE_DEFINE_KIND(bare_pod, "", "v1", "pods", "Pod", KEDGE_NAMESPACED)

static char seen[256];

static void look(void *ctx, const struct kedge_object *obj)
{
    struct tiny_node *t = ctx;
    const struct kedge_task_pod *pod = kedge_as_task_pod(obj);
    assert_non_null(pod);
    size_t len = 0;
    for (size_t i = 0; i < pod->tasks.count; i++) {
        const struct kedge_task *task = kedge_task_pod_tasks(pod, i);
        len += (size_t)snprintf(seen + len, sizeof seen - len, "%s:", kedge_text(&task->name));
        for (size_t j = 0; j < task->args.count; j++)
            len += (size_t)snprintf(seen + len, sizeof seen - len, " %s",
                                    kedge_text(kedge_text_at(&task->args, j)));
    }
    snprintf(seen + len, sizeof seen - len, " %s", kedge_text(&pod->volumes));
    const struct kedge_pod_status s = {.phase = KEDGE_POD_RUNNING};
    char uid[KEDGE_UID_TEXT];
    assert_int_equal(kedge_pod_status_set(kedge_node_agent_pods(t->agent), kedge_uid(obj, uid), &s),
                     KEDGE_OK);
}

static void what_the_device_knows_is_kept(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_set_up(NULL);
    t->handler = (struct kedge_pod_handler){.on_add = look, .ctx = t};
    t->options.pod_kind = &kedge_kind_task_pod;
    tiny_start(t);
    assert_true(mock_apply(t->port.mock, "pods",
                           "{\"metadata\":{\"namespace\":\"default\",\"name\":\"a\"},\"spec\":{"
                           "\"nodeName\":\"edge-1\",\"volumes\":[{\"name\":\"v\"}],\"containers\":"
                           "[{\"name\":\"main\",\"args\":[\"--on\",\"5\"]}]}}") > 0);
    tiny_run(t, KEDGE_SECOND);
    assert_string_equal(seen, "main: --on 5 [{\"name\":\"v\"}]");
    assert_string_equal(tiny_text(t, "pods", "default", "a", "status.phase"), "Running");
    tiny_tear_down(t);
}

static void pods_come_and_go(const struct kedge_kind *kind)
{
    struct tiny_node *t = tiny_set_up(NULL);
    t->options.pod_kind = kind;
    tiny_make(t, "over", "edge-1", ",\"phase\":\"Failed\"");
    tiny_start(t);
    tiny_make(t, "a", "edge-1", NULL);
    tiny_run(t, KEDGE_SECOND);
    assert_string_equal(t->log, "add a\n");
    assert_string_equal(tiny_text(t, "pods", "default", "a", "status.phase"), "Running");

    // Somebody else says that it is over.
    json_t *o = tiny_object(t, "pods", "default", "a");
    json_object_set_new(json_object_get(o, "status"), "phase", json_string("Failed"));
    tiny_put(t, "pods", o);
    tiny_run(t, KEDGE_SECOND);
    assert_string_equal(t->log, "add a\nterminate a 30\n");
    tiny_tear_down(t);
}

static void a_kind_like_the_built_in_one(void **state)
{
    (void)state;
    pods_come_and_go(NULL);
    pods_come_and_go(&kedge_kind_pod);
    pods_come_and_go(&kedge_kind_task_pod);
    pods_come_and_go(&kedge_kind_bare_pod);
}

// When the condition Ready of a pod that ran before became what it is, once it is told again.
static const char *since(const struct kedge_kind *kind)
{
    struct tiny_node *t = tiny_set_up(NULL);
    t->options.pod_kind = kind;
    tiny_make(t, "a", "edge-1",
              ",\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\","
              "\"lastTransitionTime\":\"2020-02-02T02:02:02Z\"}]");
    tiny_start(t);
    tiny_run(t, KEDGE_SECOND);
    static char when[64];
    json_t *o = tiny_object(t, "pods", "default", "a"), *c;
    size_t i;
    when[0] = '\0';
    json_array_foreach(json_object_get(json_object_get(o, "status"), "conditions"), i, c)
    {
        if (strcmp(json_string_value(json_object_get(c, "type")), "Ready") == 0)
            snprintf(when, sizeof when, "%s",
                     json_string_value(json_object_get(c, "lastTransitionTime")));
    }
    json_decref(o);
    tiny_tear_down(t);
    return when;
}

static void a_kind_with_conditions_knows_since_when(void **state)
{
    (void)state;
    assert_string_equal(since(&kedge_kind_pod), "2020-02-02T02:02:02Z");
    assert_string_equal(since(&kedge_kind_task_pod), "2020-02-02T02:02:02Z");
    assert_string_not_equal(since(&kedge_kind_bare_pod), "2020-02-02T02:02:02Z");
    assert_string_not_equal(since(&kedge_kind_bare_pod), "");
}

#define KEDGE_ROWS_no_phase(FIELD, LIST, ENUM, K) FIELD(K, TEXT, node, "spec", "nodeName")
KEDGE_DECLARE_KIND(no_phase)
KEDGE_DEFINE_KIND(no_phase, "", "v1", "pods", "Pod", KEDGE_NAMESPACED)

#define KEDGE_ROWS_text_phase(FIELD, LIST, ENUM, K) FIELD(K, TEXT, phase, "status", "phase")
KEDGE_DECLARE_KIND(text_phase)
KEDGE_DEFINE_KIND(text_phase, "", "v1", "pods", "Pod", KEDGE_NAMESPACED)

#define KEDGE_VALUES_half(VALUE)   \
    VALUE(HALF_PENDING, "Pending") \
    VALUE(HALF_RUNNING, "Running")
KEDGE_DECLARE_ENUM(half)
#define KEDGE_ROWS_half_phase(FIELD, LIST, ENUM, K) ENUM(K, half, phase, "status", "phase")
KEDGE_DECLARE_KIND(half_phase)
KEDGE_DEFINE_KIND(half_phase, "", "v1", "pods", "Pod", KEDGE_NAMESPACED)

#define KEDGE_ROWS_other(FIELD, LIST, ENUM, K) ENUM(K, pod_phase, phase, "status", "phase")
KEDGE_DECLARE_KIND(other)
KEDGE_DEFINE_KIND(other, "example.com", "v1", "pods", "Pod", KEDGE_NAMESPACED)

#define KEDGE_ROWS_later_pod(FIELD, LIST, ENUM, K)      \
    ENUM(K, pod_phase, status_phase, "status", "phase") \
    LIST(K, task, conditions, "status", "conditions")
KEDGE_DECLARE_KIND(later_pod)
KEDGE_DEFINE_KIND(later_pod, "", "v2", "pods", "Pod", KEDGE_NAMESPACED)

#define KEDGE_ROWS_odd_pod(FIELD, LIST, ENUM, K) KEDGE_ROWS_later_pod(FIELD, LIST, ENUM, K)
KEDGE_DECLARE_KIND(odd_pod)
KEDGE_DEFINE_KIND(odd_pod, "", "v1", "pods", "Pod", KEDGE_NAMESPACED)

// Conditions that are kept as something else are none.
static void conditions_of_another_kind_are_not_looked_at(void **state)
{
    (void)state;
    struct tiny_node *t = tiny_set_up(NULL);
    t->options.pod_kind = &kedge_kind_odd_pod;
    tiny_start(t);
    tiny_make(t, "a", "edge-1",
              ",\"conditions\":[{\"name\":\"Ready\",\"type\":\"Ready\",\"status\":\"True\"}]");
    tiny_run(t, KEDGE_SECOND);
    assert_string_equal(tiny_text(t, "pods", "default", "a", "status.phase"), "Running");
    tiny_tear_down(t);
}

static void a_kind_without_a_phase_is_refused(void **state)
{
    (void)state;
    const struct {
        const struct kedge_kind *kind;
        const char *says;
    } rows[] = {{&kedge_kind_no_phase, "ENUM(K, pod_phase, status_phase"},
                {&kedge_kind_text_phase, "ENUM(K, pod_phase, status_phase"},
                {&kedge_kind_half_phase, "ENUM(K, pod_phase, status_phase"},
                {&kedge_kind_other, "not one of pods of v1"},
                {&kedge_kind_later_pod, "not one of pods of v1"},
                {&kedge_kind_node, "not one of pods of v1"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static unsigned char memory[TINY_MEMORY];
        struct tiny_node *t = tiny_set_up(NULL);
        struct kedge *k = kedge_init(memory, sizeof memory, &t->port.fake.port);
        struct kedge_client *client = kedge_client_new(k, &t->config);
        t->options.factory = kedge_factory_new(client, 0);
        t->options.pod_kind = rows[i].kind;
        struct kedge_node_agent *agent = kedge_node_agent_new(client, &t->options);
        assert_int_equal(kedge_node_agent_start(agent), KEDGE_ERR_ARGUMENT);
        if (strstr(kedge_error_text(k), rows[i].says) == NULL)
            fail_msg("%zu: %s", i, kedge_error_text(k));
        kedge_client_free(client);
        mock_port_done(&t->port);
        free(t->memory);
        free(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_device_knows_is_kept),
        cmocka_unit_test(a_kind_like_the_built_in_one),
        cmocka_unit_test(a_kind_with_conditions_knows_since_when),
        cmocka_unit_test(conditions_of_another_kind_are_not_looked_at),
        cmocka_unit_test(a_kind_without_a_phase_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
