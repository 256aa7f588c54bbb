// SPDX-License-Identifier: Apache-2.0
// tiny_node.c - see tiny_node.h.
#include "tiny_node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct kedge_node_resource resources[] = {
    {"cpu", "1", NULL}, {"memory", "320Ki", "128Ki"}, {"pods", "4", NULL}};

static void note(struct tiny_node *t, const char *what, const struct kedge_object *pod, long long n)
{
    size_t len = strlen(t->log);
    snprintf(t->log + len, sizeof t->log - len, n >= 0 ? "%s %s %lld\n" : "%s %s\n", what,
             kedge_name(pod), n);
}

struct tiny_pod *tiny_find(struct tiny_node *t, const char *uid)
{
    for (size_t i = 0; i < TINY_PODS; i++) {
        if (t->pods[i].name[0] != '\0' && strcmp(t->pods[i].uid, uid) == 0)
            return &t->pods[i];
    }
    return NULL;
}

static struct tiny_pod *find(struct tiny_node *t, const struct kedge_object *pod)
{
    char uid[KEDGE_UID_TEXT];
    return tiny_find(t, kedge_uid(pod, uid));
}

static struct tiny_pod *new_pod(struct tiny_node *t, const struct kedge_object *pod)
{
    struct tiny_pod *p = t->pods;
    while (p < t->pods + TINY_PODS - 1 && p->name[0] != '\0')
        p++;
    assert_int_equal(p->name[0], '\0');
    memset(p, 0, sizeof *p);
    snprintf(p->name, sizeof p->name, "%s", kedge_name(pod));
    char uid[KEDGE_UID_TEXT];
    snprintf(p->uid, sizeof p->uid, "%s", kedge_uid(pod, uid));
    p->ends = KEDGE_FOREVER;
    return p;
}

kedge_err tiny_say(struct tiny_node *t, struct tiny_pod *p, int n)
{
    char message[96];
    snprintf(message, sizeof message, "%s %d", p->uid, n);
    const struct kedge_pod_status_container c = {
        .name = "main", .image = "none", .phase = KEDGE_CONTAINER_RUNNING, .ready = true};
    const struct kedge_pod_status s = {.phase = KEDGE_POD_RUNNING,
                                       .message = message,
                                       .pod_ip = "10.1.0.2",
                                       .containers = &c,
                                       .container_count = 1};
    kedge_err err = kedge_pod_status_set(kedge_node_agent_pods(t->agent), p->uid, &s);
    if (err == KEDGE_OK)
        p->told = n;
    return err;
}

static void on_add(void *ctx, const struct kedge_object *pod)
{
    struct tiny_node *t = ctx;
    note(t, "add", pod, -1);
    if (find(t, pod) != NULL)
        fail_msg("%s%s was added twice", t->run, kedge_name(pod));
    struct tiny_pod *p = new_pod(t, pod);
    if (!t->silent)
        assert_int_equal(tiny_say(t, p, 0), KEDGE_OK);
}

static void on_update(void *ctx, const struct kedge_object *old, const struct kedge_object *pod)
{
    struct tiny_node *t = ctx;
    struct tiny_pod *p = find(t, pod);
    assert_true(kedge_uid_equal(&old->uid, &pod->uid));
    if (p == NULL || p->terminating)
        fail_msg("%san update of %s, which does not run", t->run, kedge_name(pod));
}

static void on_terminate(void *ctx, const struct kedge_object *pod, kedge_time grace)
{
    struct tiny_node *t = ctx;
    struct tiny_pod *p = find(t, pod);
    note(t, "terminate", pod, (grace + 500) / 1000);
    if (p == NULL)
        p = new_pod(t, pod);
    p->terminating = true;
    p->ends = t->end_after == KEDGE_FOREVER ? KEDGE_FOREVER : t->port.fake.now + t->end_after;
}

static void on_remove(void *ctx, const struct kedge_object *pod)
{
    struct tiny_node *t = ctx;
    struct tiny_pod *p = find(t, pod);
    note(t, "remove", pod, -1);
    if (p == NULL)
        fail_msg("%s%s was removed, but never added", t->run, kedge_name(pod));
    p->name[0] = '\0';
}

static void end_pods(struct tiny_node *t)
{
    struct kedge_pod_status_manager *m = kedge_node_agent_pods(t->agent);
    char message[96];
    const struct kedge_pod_status over = {.phase = KEDGE_POD_SUCCEEDED, .message = message};
    for (size_t i = 0; i < TINY_PODS; i++) {
        struct tiny_pod *p = &t->pods[i];
        if (p->name[0] == '\0' || t->port.fake.now < p->ends)
            continue;
        p->ends = KEDGE_FOREVER;
        snprintf(message, sizeof message, "%s %d", p->uid, TINY_OVER);
        if (kedge_pod_status_set(m, p->uid, &over) == KEDGE_OK)
            p->told = TINY_OVER;
        kedge_pod_status_ended(m, p->uid);
    }
}

struct tiny_node *tiny_set_up(const struct mock_options *mock)
{
    struct mock_options o = {.seed = 1, .no_managed_fields = true, .kubelets = true};
    struct tiny_node *t = calloc(1, sizeof *t);
    assert_non_null(t);
    if (mock != NULL)
        o = *mock;
    mock_port_init(&t->port, mock_new(&o), o.seed);
    t->memory = malloc(TINY_MEMORY);
    assert_non_null(t->memory);
    t->config = (struct kedge_config){.server = "http://api.test:8080", .qps = -1};
    t->facts = (struct kedge_node_facts){.resources = resources,
                                         .resource_count = 3,
                                         .operating_system = "linux",
                                         .architecture = "arm"};
    t->handler = (struct kedge_pod_handler){on_add, on_update, on_terminate, on_remove, t};
    t->options = (struct kedge_node_agent_options){
        .node = {.node = "edge-1", .facts = &t->facts}, .pods = &t->handler, .pod_max = 4};
    return t;
}

static void show(void *ctx, enum kedge_log_level level, const char *text)
{
    const struct tiny_node *t = ctx;
    fprintf(stderr, "%10lld %d %s\n", (long long)t->port.fake.now, (int)level, text);
}

void tiny_start(struct tiny_node *t)
{
    t->k = kedge_init(t->memory, TINY_MEMORY, &t->port.fake.port);
    if (getenv("KEDGE_TEST_LOG") != NULL)
        kedge_log_to(t->k, KEDGE_LOG_DEBUG, show, t);
    t->client = kedge_client_new(t->k, &t->config);
    t->factory = kedge_factory_new(t->client, 0);
    t->options.factory = t->factory;
    t->user = kedge_rest_new(t->client, NULL);
    t->agent = kedge_node_agent_new(t->client, &t->options);
    kedge_err err = kedge_node_agent_start(t->agent);
    if (err != KEDGE_OK)
        fail_msg("%s: %s", kedge_err_name(err), kedge_error_text(t->k));
}

void tiny_tear_down(struct tiny_node *t)
{
    kedge_node_agent_stop(t->agent);
    kedge_rest_close(t->user);
    kedge_factory_shutdown(t->factory);
    kedge_client_free(t->client);
    mock_port_done(&t->port);
    free(t->memory);
    free(t);
}

void tiny_poll(struct tiny_node *t, kedge_time ms)
{
    kedge_err err = kedge_poll(t->k, ms < 500 ? ms : 500);
    if (err != KEDGE_OK)
        fail_msg("poll: %s", kedge_err_name(err));
    end_pods(t);
}

void tiny_run(struct tiny_node *t, kedge_time ms)
{
    kedge_time until = t->port.fake.now + ms;
    while (t->port.fake.now < until)
        tiny_poll(t, until - t->port.fake.now);
}

void tiny_make(struct tiny_node *t, const char *name, const char *node, const char *more)
{
    char text[1024];
    snprintf(text, sizeof text,
             "{\"metadata\":{\"namespace\":\"default\",\"name\":\"%s\"},\"spec\":{\"nodeName\":"
             "\"%s\",\"containers\":[{\"name\":\"main\",\"image\":\"none\"}]},"
             "\"status\":{\"phase\":\"Pending\"%s}}",
             name, node, more != NULL ? more : "");
    assert_true(mock_apply(t->port.mock, "pods", text) > 0);
}

struct tiny_node *tiny_started(void)
{
    struct tiny_node *t = tiny_set_up(NULL);
    tiny_start(t);
    return t;
}

struct tiny_node *tiny_with_a(void)
{
    struct tiny_node *t = tiny_started();
    tiny_make(t, "a", "edge-1", NULL);
    tiny_run(t, KEDGE_SECOND);
    return t;
}

json_t *tiny_object(struct tiny_node *t, const char *resource, const char *namespace_,
                    const char *name)
{
    return mock_port_object(&t->port, resource, namespace_, name);
}

const char *tiny_text(struct tiny_node *t, const char *resource, const char *namespace_,
                      const char *name, const char *path)
{
    static char text[256];
    json_t *o = tiny_object(t, resource, namespace_, name), *at = o;
    char key[64];
    for (const char *p = path; *p != '\0' && at != NULL;) {
        size_t len = strcspn(p, ".");
        assert_true(len < sizeof key);
        memcpy(key, p, len);
        key[len] = '\0';
        at = json_is_array(at) ? json_array_get(at, (size_t)atoi(key)) : json_object_get(at, key);
        p += len + (p[len] == '.');
    }
    const char *is = json_string_value(at);
    snprintf(text, sizeof text, "%s", is != NULL ? is : "");
    json_decref(o);
    return text;
}

void tiny_put(struct tiny_node *t, const char *resource, json_t *o)
{
    char *text = json_dumps(o, 0);
    assert_true(mock_apply(t->port.mock, resource, text) > 0);
    free(text);
    json_decref(o);
}

const char *tiny_ready(struct tiny_node *t)
{
    static char text[128];
    json_t *o = tiny_object(t, "nodes", "", "edge-1"), *c;
    size_t i;
    text[0] = '\0';
    json_array_foreach(json_object_get(json_object_get(o, "status"), "conditions"), i, c)
    {
        if (strcmp(json_string_value(json_object_get(c, "type")), "Ready") == 0)
            snprintf(text, sizeof text, "%s %s", json_string_value(json_object_get(c, "status")),
                     json_string_value(json_object_get(c, "reason")));
    }
    json_decref(o);
    return text;
}

kedge_time tiny_lease_age(struct tiny_node *t)
{
    kedge_timestamp at;
    const char *text =
        tiny_text(t, "leases", KEDGE_NODE_LEASE_NAMESPACE, "edge-1", "spec.renewTime");
    if (text[0] == '\0')
        return KEDGE_FOREVER;
    assert_true(kedge_timestamp_parse(kedge_str_of(text), &at));
    return (kedge_time)((t->port.fake.wall + t->port.fake.now * 1000 - at) / 1000);
}
