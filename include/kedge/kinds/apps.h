// SPDX-License-Identifier: Apache-2.0
// kedge/kinds/apps.h - the kinds of apps/v1.
#ifndef KEDGE_KINDS_APPS_H
#define KEDGE_KINDS_APPS_H

#include <kedge/kinds/common.h>

#ifdef __cplusplus
extern "C" {
#endif

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

#ifdef __cplusplus
}
#endif
#endif
