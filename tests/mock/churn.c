// SPDX-License-Identifier: Apache-2.0
// churn.c - a cluster in which something always happens.
//
// A change of a Deployment's spec starts a rollout; later steps let its status follow, a replica
// at a time, as the deployment controller would.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "priv.h"

static const char *const spaces[] = {"default", "prod-web", "prod-data", "staging", "batch-jobs",
                                     "team-a",  "team-b",   "edge",      "tools",   "monitoring"};
static const char *const apps[] = {"auth",  "billing", "cart",   "catalog", "frontend", "gateway",
                                   "inbox", "ledger",  "search", "stream",  "thumbs",   "worker"};

static size_t below(struct mock *mock, size_t limit)
{
    return (size_t)(mock__random(&mock->random) % limit);
}

static void space_name(size_t i, char name[32])
{
    if (i < sizeof spaces / sizeof spaces[0])
        snprintf(name, 32, "%s", spaces[i]);
    else
        snprintf(name, 32, "team-%03zu", i);
}

static json_t *condition(const struct mock *mock, const char *type, const char *status,
                         const char *reason, const char *message)
{
    struct text t = {0};
    text_time(&t, mock__unix_ms(mock));
    json_t *c = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "type", type, "status", status,
                          "lastUpdateTime", t.bytes, "lastTransitionTime", t.bytes, "reason",
                          reason, "message", message);
    text_free(&t);
    return c;
}

static void set_status(const struct mock *mock, json_t *deployment, json_int_t replicas,
                       json_int_t updated)
{
    json_int_t wanted = json_integer_value(mock__path(deployment, "spec.replicas"));
    bool done = replicas == wanted && updated == wanted;
    json_t *status = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:[o, o]}", "observedGeneration",
        json_integer_value(mock__path(deployment, "metadata.generation")), "replicas", replicas,
        "updatedReplicas", updated, "readyReplicas", replicas, "availableReplicas", replicas,
        "conditions",
        condition(mock, "Available", "True", "MinimumReplicasAvailable",
                  "Deployment has minimum availability."),
        condition(mock, "Progressing", "True",
                  done ? "NewReplicaSetAvailable" : "ReplicaSetUpdated",
                  done ? "ReplicaSet has successfully progressed." : "ReplicaSet is progressing."));
    json_object_set_new(deployment, "status", status);
}

static json_t *template_of(const char *app, const char *name, size_t tag)
{
    return json_pack(
        "{s:{s:{s:s, s:s}}, s:{s:[{s:s, s:o, s:[{s:i, s:s}], s:{s:{s:s, s:s}}, s:s, s:s, s:s}], "
        "s:s, s:i, s:s, s:{}, s:s}}",
        "metadata", "labels", "app", name, "app.kubernetes.io/name", app, "spec", "containers",
        "name", "main", "image",
        json_sprintf("registry.example.com/platform/%s:v1.%d", app, (int)tag), "ports",
        "containerPort", 8080, "protocol", "TCP", "resources", "requests", "cpu", "100m", "memory",
        "64Mi", "terminationMessagePath", "/dev/termination-log", "terminationMessagePolicy",
        "File", "imagePullPolicy", "IfNotPresent", "restartPolicy", "Always",
        "terminationGracePeriodSeconds", 30, "dnsPolicy", "ClusterFirst", "securityContext",
        "schedulerName", "default-scheduler");
}

static json_t *deployment_new(struct mock *mock, const char *namespace, size_t number)
{
    const char *app = apps[number % (sizeof apps / sizeof apps[0])];
    char name[48];
    snprintf(name, sizeof name, "%s-%zu", app, number);
    json_t *spec =
        json_pack("{s:I, s:{s:{s:s}}, s:o, s:{s:s, s:{s:s, s:s}}, s:i, s:i}", "replicas",
                  (json_int_t)(1 + below(mock, 5)), "selector", "matchLabels", "app", name,
                  "template", template_of(app, name, 1 + below(mock, 9)), "strategy", "type",
                  "RollingUpdate", "rollingUpdate", "maxUnavailable", "25%", "maxSurge", "25%",
                  "revisionHistoryLimit", 10, "progressDeadlineSeconds", 600);
    return json_pack("{s:{s:s, s:s, s:i, s:{s:s, s:s, s:s}, s:{s:s}}, s:o}", "metadata", "name",
                     name, "namespace", namespace, "generation", 1, "labels", "app", name,
                     "app.kubernetes.io/name", app, "tier", number % 2 ? "back" : "front",
                     "annotations", "deployment.kubernetes.io/revision", "1", "spec", spec);
}

static void store(struct mock *mock, json_t *object)
{
    mock__put(mock, mock__resource(mock, "deployments"), object);
}

// The object of a state, to be changed at the top, in its metadata and in its spec.
static json_t *opened(const struct revision *state)
{
    json_t *object = revision_object(state), *copy = object_open(object);
    json_object_set_new(copy, "spec", json_deep_copy(json_object_get(copy, "spec")));
    json_decref(object);
    return copy;
}

void mock_fill(struct mock *mock, size_t deployments, size_t namespaces)
{
    char name[32];
    namespaces += !namespaces;
    for (size_t i = 0; i < namespaces; i++) {
        struct text t = {0};
        space_name(i, name);
        if (resource_find(mock__resource(mock, "namespaces"), "", name))
            continue;
        text_format(&t, "{\"metadata\":{\"name\":\"%s\"}}", name);
        mock_apply(mock, "namespaces", t.bytes);
        text_free(&t);
    }
    for (size_t i = 0; i < deployments; i++) {
        space_name(i % namespaces, name);
        json_t *d = deployment_new(mock, name, i);
        json_int_t replicas = json_integer_value(mock__path(d, "spec.replicas"));
        set_status(mock, d, replicas, replicas);
        store(mock, d);
        json_decref(d);
    }
    mock->filled += deployments;
    mock->filled_namespaces = namespaces;
}

// ---- steps ---------------------------------------------------------------------------------

static bool remember_rollout(struct mock *mock, const struct revision *state)
{
    size_t empty = ROLLOUTS;
    for (size_t i = 0; i < ROLLOUTS; i++) {
        if (mock->rollouts[i] && mock__same(mock->rollouts[i], state->key))
            return true;
        if (!mock->rollouts[i])
            empty = i;
    }
    if (empty == ROLLOUTS)
        return false;
    mock->rollouts[empty] = mock__copy_string(state->key);
    return true;
}

static struct revision *any_deployment(struct mock *mock)
{
    const struct resource *r = mock__resource(mock, "deployments");
    return r->count ? r->items[below(mock, r->count)] : NULL;
}

// The next replica of a rollout is ready.
static void follow(struct mock *mock, const struct revision *state, char **rollout)
{
    json_t *d = opened(state);
    json_int_t wanted = json_integer_value(mock__path(d, "spec.replicas"));
    json_int_t generation = json_integer_value(mock__path(d, "metadata.generation"));
    json_int_t replicas = json_integer_value(mock__path(d, "status.replicas"));
    json_int_t updated = json_integer_value(mock__path(d, "status.updatedReplicas"));
    if (json_integer_value(mock__path(d, "status.observedGeneration")) != generation) {
        updated = 0; // the new generation was only seen
    } else {
        updated += updated < wanted ? 1 : updated > wanted ? -1 : 0;
        replicas += replicas < wanted ? 1 : replicas > wanted ? -1 : 0;
    }
    set_status(mock, d, replicas, updated);
    store(mock, d);
    json_decref(d);
    if (replicas == wanted && updated == wanted) {
        free(*rollout);
        *rollout = NULL;
    }
}

static bool step_rollout(struct mock *mock)
{
    const struct resource *r = mock__resource(mock, "deployments");
    size_t from = below(mock, ROLLOUTS);
    for (size_t i = 0; i < ROLLOUTS; i++) {
        char **rollout = &mock->rollouts[(from + i) % ROLLOUTS];
        if (!*rollout)
            continue;
        size_t at = resource_search(r->items, r->count, *rollout);
        if (at < r->count && mock__same(r->items[at]->key, *rollout)) {
            follow(mock, r->items[at], rollout);
            return true;
        }
        free(*rollout);
        *rollout = NULL;
    }
    return false;
}

static void step_spec(struct mock *mock, bool scale)
{
    const struct revision *state = any_deployment(mock);
    if (!state || !remember_rollout(mock, state))
        return;
    json_t *d = opened(state);
    json_t *containers = mock__path(d, "spec.template.spec.containers");
    json_t *main = json_array_get(containers, 0);
    if (scale || !main)
        json_object_set_new(json_object_get(d, "spec"), "replicas",
                            json_integer((json_int_t)(1 + below(mock, 8))));
    else
        json_object_set_new(
            main, "image",
            json_sprintf("registry.example.com/platform/app:v2.%d", (int)below(mock, 1000)));
    store(mock, d);
    json_decref(d);
}

static void step_add(struct mock *mock)
{
    char name[32];
    space_name(below(mock, mock->filled_namespaces ? mock->filled_namespaces : 1), name);
    json_t *d = deployment_new(mock, name, mock->filled + mock->churned++);
    set_status(mock, d, 0, 0);
    store(mock, d);
    const struct revision *state = resource_find(mock__resource(mock, "deployments"), name,
                                                 mock__path_string(d, "metadata.name"));
    remember_rollout(mock, state);
    json_decref(d);
}

static void step_delete(struct mock *mock)
{
    const struct revision *state = any_deployment(mock);
    if (state)
        mock_delete(mock, "deployments", state->namespace, state->name);
}

void mock_churn(struct mock *mock)
{
    size_t count = mock_count(mock, "deployments"), dice = below(mock, 100);
    if (dice < 60 && step_rollout(mock))
        return;
    if (dice < 80)
        step_spec(mock, false);
    else if (dice < 90)
        step_spec(mock, true);
    else if (count * 4 <= mock->filled * 3 || (dice < 95 && count * 4 < mock->filled * 5))
        step_add(mock);
    else
        step_delete(mock);
}
