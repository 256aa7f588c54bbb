// SPDX-License-Identifier: Apache-2.0
// schema.c - the little that is known of the kinds' schemas: which lists are merged by which keys,
// which maps are one value, and which fields there are.
//
// A real server has the whole OpenAPI schema; here the name of a field decides.
#include <string.h>

#include "priv.h"

static const char pod_spec[] =
    "activeDeadlineSeconds affinity automountServiceAccountToken containers dnsConfig dnsPolicy "
    "enableServiceLinks ephemeralContainers hostAliases hostIPC hostNetwork hostPID hostUsers "
    "hostname hostnameOverride imagePullSecrets initContainers nodeName nodeSelector os overhead "
    "preemptionPolicy priority priorityClassName readinessGates resourceClaims resources "
    "restartPolicy runtimeClassName schedulerName schedulingGates securityContext serviceAccount "
    "serviceAccountName setHostnameAsFQDN shareProcessNamespace subdomain "
    "terminationGracePeriodSeconds tolerations topologySpreadConstraints volumes";
static const char container[] =
    "args command env envFrom image imagePullPolicy lifecycle livenessProbe name ports "
    "readinessProbe resizePolicy resources restartPolicy restartPolicyRules securityContext "
    "startupProbe stdin stdinOnce terminationMessagePath terminationMessagePolicy tty "
    "volumeDevices volumeMounts workingDir targetContainerName";
static const char metadata[] =
    "name generateName namespace selfLink uid resourceVersion generation creationTimestamp "
    "deletionTimestamp deletionGracePeriodSeconds labels annotations ownerReferences finalizers "
    "managedFields";

// The known fields of an object at a path; * stands for each item of a list.
static const struct {
    const char *kind; // NULL: every one
    const char *path;
    const char *fields;
} known[] = {
    {NULL, "metadata", metadata},
    {"Pod", "spec", pod_spec},
    {"Pod", "spec.containers.*", container},
    {"Pod", "spec.initContainers.*", container},
    {"Deployment", "spec",
     "replicas selector template strategy minReadySeconds revisionHistoryLimit paused "
     "progressDeadlineSeconds"},
    {"ReplicaSet", "spec", "replicas selector template minReadySeconds"},
    {"StatefulSet", "spec",
     "replicas selector template volumeClaimTemplates serviceName podManagementPolicy "
     "updateStrategy revisionHistoryLimit minReadySeconds "
     "persistentVolumeClaimRetentionPolicy ordinals"},
    {"Deployment ReplicaSet StatefulSet", "spec.template", "metadata spec"},
    {"Deployment ReplicaSet StatefulSet", "spec.template.metadata", metadata},
    {"Deployment ReplicaSet StatefulSet", "spec.template.spec", pod_spec},
    {"Deployment ReplicaSet StatefulSet", "spec.template.spec.containers.*", container},
    {"Deployment ReplicaSet StatefulSet", "spec.template.spec.initContainers.*", container},
    {"Lease", "spec",
     "holderIdentity leaseDurationSeconds acquireTime renewTime leaseTransitions strategy "
     "preferredHolder"},
    {"PodDisruptionBudget", "spec",
     "minAvailable selector maxUnavailable unhealthyPodEvictionPolicy"},
};

static void drop(json_t *object, const char *fields, const char *at, json_t *dropped)
{
    const char *key;
    void *next;
    json_t *value;
    json_object_foreach_safe(object, next, key, value)
    {
        if (mock__has_word(fields, key))
            continue;
        json_array_append_new(dropped, json_sprintf("%s%s%s", at, *at ? "." : "", key));
        json_object_del(object, key);
    }
}

// Objects below are shared with others: what is changed is copied first.
static json_t *own(json_t *object, const char *key)
{
    json_t *member = json_object_get(object, key);
    if (!json_is_object(member) && !json_is_array(member))
        return NULL;
    json_object_set_new(object, key, json_copy(member));
    return json_object_get(object, key);
}

static void drop_in_items(json_t *list, const char *fields, const char *path, json_t *dropped)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct text at = {0};
        json_t *item = json_copy(json_array_get(list, i));
        text_format(&at, "%.*s[%zu]", (int)strlen(path) - 2, path, i);
        json_array_set_new(list, i, item);
        if (json_is_object(item))
            drop(item, fields, at.bytes, dropped);
        text_free(&at);
    }
}

static void drop_at(json_t *object, const char *path, const char *fields, json_t *dropped)
{
    char key[64];
    json_t *at = object;
    for (const char *from = path; at && *from;) {
        size_t len = strcspn(from, ".");
        memcpy(key, from, len);
        key[len] = 0;
        if (mock__same(key, "*")) {
            drop_in_items(at, fields, path, dropped);
            return;
        }
        at = own(at, key);
        from += len + (from[len] == '.');
    }
    if (json_is_object(at))
        drop(at, fields, path, dropped);
}

json_t *schema_drop_unknown(const struct kind *kind, json_t *object)
{
    json_t *dropped = json_array();
    if (kind->top) {
        struct text top = {0};
        text_format(&top, "apiVersion kind metadata %s", kind->top);
        drop(object, top.bytes, "", dropped);
        text_free(&top);
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (!known[i].kind || (!kind->custom && mock__has_word(known[i].kind, kind->name)))
            drop_at(object, known[i].path, known[i].fields, dropped);
    return dropped;
}

// ---- how fields are merged -----------------------------------------------------------------

bool schema_is_atomic_map(const char *field)
{
    return mock__has_word(
        "selector nodeSelector configMapKeyRef secretKeyRef fieldRef "
        "resourceFieldRef involvedObject related loadBalancer claimRef matchLabels",
        field);
}

static const struct list_schema lists[] = {
    {"containers", "name", NULL, false},
    {"initContainers", "name", NULL, false},
    {"ephemeralContainers", "name", NULL, false},
    {"env", "name", NULL, false},
    {"volumes", "name", NULL, false},
    {"imagePullSecrets", "name", NULL, false},
    {"ports", "containerPort", "protocol", false},
    {"volumeMounts", "mountPath", NULL, false},
    {"volumeDevices", "devicePath", NULL, false},
    {"conditions", "type", NULL, false},
    {"ownerReferences", "uid", NULL, true},
    {"hostAliases", "ip", NULL, false},
    {"addresses", "type", NULL, false},
    {"podIPs", "ip", NULL, false},
    {"topologySpreadConstraints", "topologyKey", "whenUnsatisfiable", false},
    {"finalizers", NULL, NULL, false},
    {"podCIDRs", NULL, NULL, false},
};
static const struct list_schema service_ports = {"ports", "port", "protocol", false};

const struct list_schema *schema_list(const char *field, const json_t *list)
{
    const json_t *first = json_array_get(list, 0);
    if (mock__same(field, "ports") && json_object_get(first, "port"))
        return &service_ports;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        if (mock__same(lists[i].field, field) &&
            (!first || json_is_object(first) == (lists[i].key != NULL)))
            return &lists[i];
    return NULL;
}

void schema_item(const struct list_schema *schema, const json_t *item, struct text *out)
{
    const char *keys[] = {schema->key, schema->second};
    json_t *id = json_object();
    for (size_t i = 0; i < 2; i++) {
        json_t *value = keys[i] ? json_object_get(item, keys[i]) : NULL;
        if (value)
            json_object_set(id, keys[i], value);
        else if (keys[i] && mock__same(keys[i], "protocol"))
            json_object_set_new(id, keys[i], json_string("TCP"));
    }
    text_string(out, schema->key ? "k:" : "v:");
    text_json(out, schema->key ? id : item, TEXT_SORTED);
    json_decref(id);
}
