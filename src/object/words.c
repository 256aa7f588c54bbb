// SPDX-License-Identifier: Apache-2.0
// words.c - the texts that objects of most clusters have: label keys that Kubernetes and its tools
// set, conditions and their reasons, kinds of owners. Records name them instead of holding them.
//
// Grouped by length, so that a text is compared with a few. The order is that of the bytes in
// memory: a change of it, as any change here, changes every kind's tag.
#include "object/words.h"

// GROUP(length, how many, words...)
#define WORDS(GROUP)                                                                              \
    GROUP(2, 1, "v1")                                                                             \
    GROUP(3, 5, "Job", "Pod", "app", "arm", "dns")                                                \
    GROUP(4, 7, "Helm", "Node", "http", "name", "role", "tier", "true")                           \
    GROUP(5, 9, "Error", "Ready", "amd64", "arm64", "chart", "false", "https", "linux", "track")  \
    GROUP(6, 5, "Failed", "Normal", "Opaque", "Pulled", "ca.crt")                                 \
    GROUP(7, 18, "BackOff", "Created", "CronJob", "Evicted", "Killing", "Pulling", "Started",     \
          "Warning", "apps/v1", "default", "dns-tcp", "k8s-app", "kubelet", "metrics", "release", \
          "tls.crt", "tls.key", "version")                                                        \
    GROUP(8, 4, "Complete", "batch/v1", "heritage", "job-name")                                   \
    GROUP(9, 8, "Available", "Completed", "DaemonSet", "OOMKilled", "Scheduled", "Suspended",     \
          "Unhealthy", "component")                                                               \
    GROUP(10, 2, "Deployment", "ReplicaSet")                                                      \
    GROUP(11, 7, "Initialized", "PIDPressure", "Progressing", "StatefulSet", "environment",       \
          "kube-public", "kube-system")                                                           \
    GROUP(12, 5, "DiskPressure", "ErrImagePull", "KubeletReady", "PodCompleted", "PodScheduled")  \
    GROUP(13, 2, "Unschedulable", "helm.sh/chart")                                                \
    GROUP(14, 3, "MemoryPressure", "ReplicaFailure", "controller-uid")                            \
    GROUP(15, 3, "ContainersReady", "PodInitializing", "kube-node-lease")                         \
    GROUP(16, 5, "CrashLoopBackOff", "DisruptionTarget", "ImagePullBackOff", "kube-root-ca.crt",  \
          "kubernetes.io/os")                                                                     \
    GROUP(17, 6, "ContainerCreating", "NodeStatusUnknown", "ReplicaSetUpdated",                   \
          "default-scheduler", "kubernetes.io/tls", "pod-template-hash")                          \
    GROUP(18, 3, "ContainersNotReady", "NetworkUnavailable", "kubernetes.io/arch")                \
    GROUP(21, 1, "beta.kubernetes.io/os")                                                         \
    GROUP(22, 3, "NewReplicaSetAvailable", "app.kubernetes.io/name", "kubernetes.io/hostname")    \
    GROUP(23, 3, "KubeletHasSufficientPID", "beta.kubernetes.io/arch", "pod-template-generation") \
    GROUP(24, 5, "ContainersNotInitialized", "KubeletHasNoDiskPressure",                          \
          "MinimumReplicasAvailable", "ProgressDeadlineExceeded", "controller-revision-hash")     \
    GROUP(25, 3, "PodReadyToStartContainers", "app.kubernetes.io/part-of",                        \
          "app.kubernetes.io/version")                                                            \
    GROUP(26, 4, "KubeletHasSufficientMemory", "MinimumReplicasUnavailable",                      \
          "app.kubernetes.io/instance", "kubernetes.io/service-name")                             \
    GROUP(27, 3, "app.kubernetes.io/component", "kubernetes.io/metadata.name",                    \
          "topology.kubernetes.io/zone")                                                          \
    GROUP(28, 4, "app.kubernetes.io/managed-by", "apps.kubernetes.io/pod-index",                  \
          "batch.kubernetes.io/job-name", "node.kubernetes.io/not-ready")                         \
    GROUP(29, 1, "topology.kubernetes.io/region")                                                 \
    GROUP(30, 2, "node-role.kubernetes.io/master", "node.kubernetes.io/unreachable")              \
    GROUP(32, 3, "node.kubernetes.io/disk-pressure", "node.kubernetes.io/instance-type",          \
          "node.kubernetes.io/unschedulable")                                                     \
    GROUP(34, 3, "batch.kubernetes.io/controller-uid", "node.kubernetes.io/memory-pressure",      \
          "statefulset.kubernetes.io/pod-name")                                                   \
    GROUP(37, 1, "node-role.kubernetes.io/control-plane")                                         \
    GROUP(40, 1, "batch.kubernetes.io/job-completion-index")

#define MEMBER(length, count, ...) char of_##length[count][(length) + 1];
#define VALUES(length, count, ...) {__VA_ARGS__},
#define PLACE(length, count, ...)  [length] = {offsetof(struct words, of_##length), count},

struct words {
    WORDS(MEMBER)
};
static const struct words words = {WORDS(VALUES)};

static const struct group {
    uint16_t at;
    uint16_t count;
} groups[] = {WORDS(PLACE)};

enum { GROUPS = sizeof groups / sizeof groups[0] };

// An offset names any word. Frama-C's parser has no _Static_assert.
enum { EVERY_WORD_IS_NAMED = 1 / (sizeof(struct words) <= KEDGE__WORDS_MAX) };

const char *kedge__word(size_t at)
{
    return (const char *)&words + at;
}

bool kedge__word_find(kedge_str text, size_t *at)
{
    if (text.len >= GROUPS)
        return false;
    const struct group *group = &groups[text.len];
    const char *word = (const char *)&words + group->at;
    for (unsigned i = 0; i < group->count; i++, word += text.len + 1) {
        // The last byte tells most of them apart.
        if (word[text.len - 1] == text.ptr[text.len - 1] && memcmp(word, text.ptr, text.len) == 0) {
            *at = (size_t)(word - (const char *)&words);
            return true;
        }
    }
    return false;
}

kedge_str kedge__words(void)
{
    kedge_str all = {(const char *)&words, sizeof words};
    return all;
}
