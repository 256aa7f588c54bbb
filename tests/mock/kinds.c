// SPDX-License-Identifier: Apache-2.0
// kinds.c - the built-in kinds, as data, and custom ones.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"

#define DEPLOYMENT_SHELL                                                                 \
    "\"spec\":{\"replicas\":0,\"selector\":null,\"template\":{\"metadata\":{},\"spec\":" \
    "{\"containers\":null}},\"strategy\":{}},\"status\":{}"
#define NODE_INFO                                                                              \
    "\"daemonEndpoints\":{\"kubeletEndpoint\":{\"Port\":0}},\"nodeInfo\":{\"machineID\":\"\"," \
    "\"systemUUID\":\"\",\"bootID\":\"\",\"kernelVersion\":\"\",\"osImage\":\"\","             \
    "\"containerRuntimeVersion\":\"\",\"kubeletVersion\":\"\",\"kubeProxyVersion\":\"\","      \
    "\"operatingSystem\":\"\",\"architecture\":\"\"}"

#define NAMED(group_, version_, plural_, singular_, name_) \
    .group = group_, .version = version_, .plural = plural_, .singular = singular_, .name = name_

const struct kind mock__kinds[] = {
    {NAMED("", "v1", "configmaps", "configmap", "ConfigMap"), .short_name = "cm",
     .namespaced = true, .top = "data binaryData immutable", .shell = ""},
    {NAMED("", "v1", "events", "event", "Event"), .short_name = "ev", .namespaced = true,
     .top =
         "involvedObject reason message source firstTimestamp lastTimestamp count type eventTime "
         "series action related reportingComponent reportingInstance",
     .fields = "involvedObject.kind involvedObject.namespace involvedObject.name "
               "involvedObject.uid involvedObject.apiVersion involvedObject.resourceVersion "
               "involvedObject.fieldPath reason reportingComponent source type",
     .shell = "\"involvedObject\":{},\"source\":{},\"firstTimestamp\":null,\"lastTimestamp\":null,"
              "\"eventTime\":null,\"reportingComponent\":\"\",\"reportingInstance\":\"\""},
    {NAMED("", "v1", "namespaces", "namespace", "Namespace"), .short_name = "ns", .status = true,
     .top = "spec status", .fields = "status.phase", .shell = "\"spec\":{},\"status\":{}",
     .new_status = "{\"phase\":\"Active\"}"},
    {NAMED("", "v1", "nodes", "node", "Node"), .short_name = "no", .status = true,
     .top = "spec status", .fields = "spec.unschedulable",
     .shell = "\"spec\":{},\"status\":{" NODE_INFO "}"},
    {NAMED("", "v1", "pods", "pod", "Pod"), .short_name = "po", .category = "all",
     .namespaced = true, .status = true, .more = "binding eviction log", .generations = true,
     .top = "spec status",
     .fields = "spec.nodeName spec.restartPolicy spec.schedulerName spec.serviceAccountName "
               "spec.hostNetwork status.phase status.podIP status.nominatedNodeName",
     .shell = "\"spec\":{\"containers\":null},\"status\":{}",
     .new_status = "{\"phase\":\"Pending\",\"qosClass\":\"BestEffort\"}"},
    {NAMED("", "v1", "secrets", "secret", "Secret"), .namespaced = true,
     .top = "data stringData type immutable", .fields = "type", .shell = ""},
    {NAMED("", "v1", "serviceaccounts", "serviceaccount", "ServiceAccount"), .short_name = "sa",
     .namespaced = true, .more = "token",
     .top = "secrets imagePullSecrets automountServiceAccountToken", .shell = ""},
    {NAMED("", "v1", "services", "service", "Service"), .short_name = "svc", .category = "all",
     .namespaced = true, .status = true, .top = "spec status", .fields = "spec.clusterIP spec.type",
     .shell = "\"spec\":{},\"status\":{\"loadBalancer\":{}}",
     .new_status = "{\"loadBalancer\":{}}"},
    {NAMED("apps", "v1", "deployments", "deployment", "Deployment"), .short_name = "deploy",
     .category = "all", .namespaced = true, .status = true, .scale = true, .generations = true,
     .top = "spec status", .shell = DEPLOYMENT_SHELL, .new_status = "{}"},
    {NAMED("apps", "v1", "replicasets", "replicaset", "ReplicaSet"), .short_name = "rs",
     .category = "all", .namespaced = true, .status = true, .scale = true, .generations = true,
     .top = "spec status", .fields = "status.replicas",
     .shell = "\"spec\":{\"selector\":null,\"template\":{\"metadata\":{},\"spec\":{"
              "\"containers\":null}}},\"status\":{\"replicas\":0}",
     .new_status = "{\"replicas\":0}"},
    {NAMED("apps", "v1", "statefulsets", "statefulset", "StatefulSet"), .short_name = "sts",
     .category = "all", .namespaced = true, .status = true, .scale = true, .generations = true,
     .top = "spec status",
     .shell = "\"spec\":{\"selector\":null,\"template\":{\"metadata\":{},\"spec\":{"
              "\"containers\":null}},\"serviceName\":\"\",\"updateStrategy\":{}},\"status\":{"
              "\"replicas\":0,\"availableReplicas\":0}",
     .new_status = "{\"replicas\":0,\"availableReplicas\":0}"},
    {NAMED("policy", "v1", "poddisruptionbudgets", "poddisruptionbudget", "PodDisruptionBudget"),
     .short_name = "pdb", .namespaced = true, .status = true, .generations = true,
     .top = "spec status",
     .shell = "\"spec\":{},\"status\":{\"disruptionsAllowed\":0,\"currentHealthy\":0,"
              "\"desiredHealthy\":0,\"expectedPods\":0}",
     .new_status = "{\"disruptionsAllowed\":0,\"currentHealthy\":0,\"desiredHealthy\":0,"
                   "\"expectedPods\":0}"},
    {NAMED("apiextensions.k8s.io", "v1", "customresourcedefinitions", "customresourcedefinition",
           "CustomResourceDefinition"),
     .short_name = "crd crds", .category = "api-extensions", .status = true, .generations = true,
     .top = "spec status",
     .shell = "\"spec\":{\"group\":\"\",\"names\":{\"plural\":\"\",\"kind\":\"\"},"
              "\"scope\":\"\",\"versions\":null},\"status\":{\"conditions\":null,"
              "\"acceptedNames\":{\"plural\":\"\",\"kind\":\"\"},\"storedVersions\":null}",
     .new_status = "{\"conditions\":[{\"type\":\"NamesAccepted\",\"status\":\"True\",\"reason\":"
                   "\"NoConflicts\",\"message\":\"no conflicts found\"},{\"type\":\"Established\","
                   "\"status\":\"True\",\"reason\":\"InitialNamesAccepted\",\"message\":"
                   "\"the initial names have been accepted\"}]}"},
    {NAMED("coordination.k8s.io", "v1", "leases", "lease", "Lease"), .namespaced = true,
     .versioned = true, .top = "spec", .shell = "\"spec\":{}"},
    {NAMED("events.k8s.io", "v1", "events", "event", "Event"), .short_name = "ev",
     .namespaced = true,
     .top =
         "eventTime series reportingController reportingInstance action reason regarding related "
         "note type deprecatedSource deprecatedFirstTimestamp deprecatedLastTimestamp "
         "deprecatedCount",
     .shell = "\"eventTime\":null,\"regarding\":{},\"deprecatedSource\":{},"
              "\"deprecatedFirstTimestamp\":null,\"deprecatedLastTimestamp\":null"},
};
const size_t mock__kind_count = sizeof mock__kinds / sizeof mock__kinds[0];

void resource_init(struct resource *r, const struct kind *kind, uint64_t version)
{
    *r = (struct resource){.kind = *kind, .oldest = version};
}

void resource_init_crd(struct resource *r, const struct mock_crd *crd, uint64_t version)
{
    struct text singular = {0};
    for (const char *c = crd->kind; *c; c++) {
        char small = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
        text_add(&singular, &small, 1);
    }
    *r = (struct resource){.oldest = version};
    r->owned[0] = mock__copy_string(crd->group);
    r->owned[1] = mock__copy_string(crd->version);
    r->owned[2] = mock__copy_string(crd->plural);
    r->owned[3] = mock__copy_string(crd->kind);
    r->owned[4] = singular.bytes;
    r->owned[5] = mock__copy_string(crd->short_name);
    r->owned[6] = mock__copy_string(crd->category);
    r->kind = (struct kind){.group = r->owned[0],
                            .version = r->owned[1],
                            .plural = r->owned[2],
                            .name = r->owned[3],
                            .singular = r->owned[4],
                            .short_name = r->owned[5],
                            .category = r->owned[6],
                            .namespaced = crd->namespaced,
                            .custom = true,
                            .status = true,
                            .scale = crd->scale,
                            .generations = true,
                            .versioned = true,
                            .shell = ""};
}

void kind_api_version(const struct kind *kind, struct text *out)
{
    text_format(out, "%s%s%s", kind->group, *kind->group ? "/" : "", kind->version);
}

void kind_resource(const struct kind *kind, struct text *out)
{
    text_format(out, "%s%s%s", kind->plural, *kind->group ? "." : "", kind->group);
}

bool kind_has_field(const struct kind *kind, const char *field)
{
    if (mock__same(field, "metadata.name") ||
        (kind->namespaced && mock__same(field, "metadata.namespace")))
        return true;
    return kind->fields && mock__has_word(kind->fields, field);
}
