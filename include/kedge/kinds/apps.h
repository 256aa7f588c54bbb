// SPDX-License-Identifier: Apache-2.0
// kedge/kinds/apps.h - the kinds of apps/v1.
#ifndef KEDGE_KINDS_APPS_H
#define KEDGE_KINDS_APPS_H

#include <kedge/kinds/common.h>

#ifdef __cplusplus
extern "C" {
#endif

// apps/v1 ControllerRevision ---------------------------------------------------------------------

// Without its data, which is the template of a revision as JSON: kedge_dynamic_get reads that.
#define KEDGE_ROWS_controllerrevision(FIELD, LIST, ENUM, K) FIELD(K, INT64, revision, "revision")
KEDGE_DECLARE_KIND(controllerrevision)

// apps/v1 DaemonSet ------------------------------------------------------------------------------

#define KEDGE_VALUES_update_strategy(VALUE)   \
    VALUE(KEDGE_UPDATE_ON_DELETE, "OnDelete") \
    VALUE(KEDGE_UPDATE_ROLLING, "RollingUpdate")
KEDGE_DECLARE_ENUM(update_strategy)

// max_unavailable, max_surge: a number, or a percentage.
#define KEDGE_ROWS_daemonset(FIELD, LIST, ENUM, K)                                              \
    FIELD(K, INT32, spec_min_ready_seconds, "spec", "minReadySeconds")                          \
    FIELD(K, TEXT_MAP, spec_selector_match_labels, "spec", "selector", "matchLabels")           \
    LIST(K, label_expression, spec_selector_match_expressions, "spec", "selector",              \
         "matchExpressions")                                                                    \
    ENUM(K, update_strategy, spec_update_strategy_type, "spec", "updateStrategy", "type")       \
    FIELD(K, SCALAR, spec_max_unavailable, "spec", "updateStrategy", "rollingUpdate",           \
          "maxUnavailable")                                                                     \
    FIELD(K, SCALAR, spec_max_surge, "spec", "updateStrategy", "rollingUpdate", "maxSurge")     \
    FIELD(K, TEXT_MAP, spec_template_metadata_labels, "spec", "template", "metadata", "labels") \
    FIELD(K, TEXT_MAP, spec_template_spec_node_selector, "spec", "template", "spec",            \
          "nodeSelector")                                                                       \
    LIST(K, template_container, spec_template_spec_containers, "spec", "template", "spec",      \
         "containers")                                                                          \
    FIELD(K, INT64, status_observed_generation, "status", "observedGeneration")                 \
    FIELD(K, INT32, status_desired_number_scheduled, "status", "desiredNumberScheduled")        \
    FIELD(K, INT32, status_current_number_scheduled, "status", "currentNumberScheduled")        \
    FIELD(K, INT32, status_updated_number_scheduled, "status", "updatedNumberScheduled")        \
    FIELD(K, INT32, status_number_ready, "status", "numberReady")                               \
    FIELD(K, INT32, status_number_available, "status", "numberAvailable")                       \
    FIELD(K, INT32, status_number_unavailable, "status", "numberUnavailable")                   \
    FIELD(K, INT32, status_number_misscheduled, "status", "numberMisscheduled")                 \
    LIST(K, condition, status_conditions, "status", "conditions")
KEDGE_DECLARE_KIND(daemonset)

// apps/v1 Deployment -----------------------------------------------------------------------------

#define KEDGE_VALUES_deployment_strategy(VALUE) \
    VALUE(KEDGE_STRATEGY_RECREATE, "Recreate")  \
    VALUE(KEDGE_STRATEGY_ROLLING_UPDATE, "RollingUpdate")
KEDGE_DECLARE_ENUM(deployment_strategy)

#define KEDGE_ROWS_deployment(FIELD, LIST, ENUM, K)                                        \
    FIELD(K, TEXT, annotation_revision, "metadata", "annotations",                         \
          "deployment.kubernetes.io/revision")                                             \
    FIELD(K, INT32, spec_replicas, "spec", "replicas")                                     \
    FIELD(K, BOOL, spec_paused, "spec", "paused")                                          \
    FIELD(K, INT32, spec_min_ready_seconds, "spec", "minReadySeconds")                     \
    FIELD(K, TEXT_MAP, spec_selector_match_labels, "spec", "selector", "matchLabels")      \
    LIST(K, label_expression, spec_selector_match_expressions, "spec", "selector",         \
         "matchExpressions")                                                               \
    ENUM(K, deployment_strategy, spec_strategy_type, "spec", "strategy", "type")           \
    LIST(K, template_container, spec_template_spec_containers, "spec", "template", "spec", \
         "containers")                                                                     \
    FIELD(K, INT64, status_observed_generation, "status", "observedGeneration")            \
    FIELD(K, INT32, status_replicas, "status", "replicas")                                 \
    FIELD(K, INT32, status_updated_replicas, "status", "updatedReplicas")                  \
    FIELD(K, INT32, status_ready_replicas, "status", "readyReplicas")                      \
    FIELD(K, INT32, status_available_replicas, "status", "availableReplicas")              \
    FIELD(K, INT32, status_unavailable_replicas, "status", "unavailableReplicas")          \
    LIST(K, condition, status_conditions, "status", "conditions")
KEDGE_DECLARE_KIND(deployment)

// apps/v1 ReplicaSet -----------------------------------------------------------------------------

#define KEDGE_ROWS_replicaset(FIELD, LIST, ENUM, K)                                             \
    FIELD(K, TEXT, annotation_revision, "metadata", "annotations",                              \
          "deployment.kubernetes.io/revision")                                                  \
    FIELD(K, TEXT, annotation_desired_replicas, "metadata", "annotations",                      \
          "deployment.kubernetes.io/desired-replicas")                                          \
    FIELD(K, INT32, spec_replicas, "spec", "replicas")                                          \
    FIELD(K, INT32, spec_min_ready_seconds, "spec", "minReadySeconds")                          \
    FIELD(K, TEXT_MAP, spec_selector_match_labels, "spec", "selector", "matchLabels")           \
    LIST(K, label_expression, spec_selector_match_expressions, "spec", "selector",              \
         "matchExpressions")                                                                    \
    FIELD(K, TEXT_MAP, spec_template_metadata_labels, "spec", "template", "metadata", "labels") \
    LIST(K, template_container, spec_template_spec_containers, "spec", "template", "spec",      \
         "containers")                                                                          \
    FIELD(K, INT64, status_observed_generation, "status", "observedGeneration")                 \
    FIELD(K, INT32, status_replicas, "status", "replicas")                                      \
    FIELD(K, INT32, status_fully_labeled_replicas, "status", "fullyLabeledReplicas")            \
    FIELD(K, INT32, status_ready_replicas, "status", "readyReplicas")                           \
    FIELD(K, INT32, status_available_replicas, "status", "availableReplicas")                   \
    FIELD(K, INT32, status_terminating_replicas, "status", "terminatingReplicas")               \
    LIST(K, condition, status_conditions, "status", "conditions")
KEDGE_DECLARE_KIND(replicaset)

// apps/v1 StatefulSet ----------------------------------------------------------------------------

#define KEDGE_VALUES_pod_management(VALUE)          \
    VALUE(KEDGE_PODS_ORDERED_READY, "OrderedReady") \
    VALUE(KEDGE_PODS_PARALLEL, "Parallel")
KEDGE_DECLARE_ENUM(pod_management)

#define KEDGE_VALUES_claim_retention(VALUE) \
    VALUE(KEDGE_CLAIMS_RETAIN, "Retain")    \
    VALUE(KEDGE_CLAIMS_DELETE, "Delete")
KEDGE_DECLARE_ENUM(claim_retention)

#define KEDGE_ROWS_statefulset_claim(FIELD, LIST, ENUM, K)              \
    FIELD(K, TEXT, name, "metadata", "name")                            \
    FIELD(K, TEXT, spec_storage_class_name, "spec", "storageClassName") \
    FIELD(K, TEXT_LIST, spec_access_modes, "spec", "accessModes")       \
    FIELD(K, QUANTITY, spec_resources_requests_storage, "spec", "resources", "requests", "storage")
KEDGE_DECLARE_ITEM(statefulset_claim)

#define KEDGE_ROWS_statefulset(FIELD, LIST, ENUM, K)                                            \
    FIELD(K, INT32, spec_replicas, "spec", "replicas")                                          \
    FIELD(K, INT32, spec_min_ready_seconds, "spec", "minReadySeconds")                          \
    FIELD(K, INT32, spec_ordinals_start, "spec", "ordinals", "start")                           \
    FIELD(K, TEXT, spec_service_name, "spec", "serviceName")                                    \
    ENUM(K, pod_management, spec_pod_management_policy, "spec", "podManagementPolicy")          \
    ENUM(K, update_strategy, spec_update_strategy_type, "spec", "updateStrategy", "type")       \
    FIELD(K, INT32, spec_partition, "spec", "updateStrategy", "rollingUpdate", "partition")     \
    FIELD(K, SCALAR, spec_max_unavailable, "spec", "updateStrategy", "rollingUpdate",           \
          "maxUnavailable")                                                                     \
    ENUM(K, claim_retention, spec_claims_when_deleted, "spec",                                  \
         "persistentVolumeClaimRetentionPolicy", "whenDeleted")                                 \
    ENUM(K, claim_retention, spec_claims_when_scaled, "spec",                                   \
         "persistentVolumeClaimRetentionPolicy", "whenScaled")                                  \
    FIELD(K, TEXT_MAP, spec_selector_match_labels, "spec", "selector", "matchLabels")           \
    LIST(K, label_expression, spec_selector_match_expressions, "spec", "selector",              \
         "matchExpressions")                                                                    \
    FIELD(K, TEXT_MAP, spec_template_metadata_labels, "spec", "template", "metadata", "labels") \
    LIST(K, template_container, spec_template_spec_containers, "spec", "template", "spec",      \
         "containers")                                                                          \
    LIST(K, statefulset_claim, spec_volume_claim_templates, "spec", "volumeClaimTemplates")     \
    FIELD(K, INT64, status_observed_generation, "status", "observedGeneration")                 \
    FIELD(K, INT32, status_replicas, "status", "replicas")                                      \
    FIELD(K, INT32, status_ready_replicas, "status", "readyReplicas")                           \
    FIELD(K, INT32, status_current_replicas, "status", "currentReplicas")                       \
    FIELD(K, INT32, status_updated_replicas, "status", "updatedReplicas")                       \
    FIELD(K, INT32, status_available_replicas, "status", "availableReplicas")                   \
    FIELD(K, TEXT, status_current_revision, "status", "currentRevision")                        \
    FIELD(K, TEXT, status_update_revision, "status", "updateRevision")                          \
    LIST(K, condition, status_conditions, "status", "conditions")
KEDGE_DECLARE_KIND(statefulset)

#ifdef __cplusplus
}
#endif
#endif
