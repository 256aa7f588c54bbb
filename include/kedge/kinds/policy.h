// SPDX-License-Identifier: Apache-2.0
// kedge/kinds/policy.h - the kinds of policy/v1.
#ifndef KEDGE_KINDS_POLICY_H
#define KEDGE_KINDS_POLICY_H

#include <kedge/kinds/common.h>

#ifdef __cplusplus
extern "C" {
#endif

// policy/v1 PodDisruptionBudget ------------------------------------------------------------------

#define KEDGE_VALUES_eviction_policy(VALUE)                 \
    VALUE(KEDGE_EVICT_IF_HEALTHY_BUDGET, "IfHealthyBudget") \
    VALUE(KEDGE_EVICT_ALWAYS_ALLOW, "AlwaysAllow")
KEDGE_DECLARE_ENUM(eviction_policy)

// min_available, max_unavailable: a number, or a percentage.
#define KEDGE_ROWS_poddisruptionbudget(FIELD, LIST, ENUM, K)                          \
    FIELD(K, SCALAR, spec_min_available, "spec", "minAvailable")                      \
    FIELD(K, SCALAR, spec_max_unavailable, "spec", "maxUnavailable")                  \
    FIELD(K, TEXT_MAP, spec_selector_match_labels, "spec", "selector", "matchLabels") \
    LIST(K, label_expression, spec_selector_match_expressions, "spec", "selector",    \
         "matchExpressions")                                                          \
    ENUM(K, eviction_policy, spec_unhealthy_pod_eviction_policy, "spec",              \
         "unhealthyPodEvictionPolicy")                                                \
    FIELD(K, INT64, status_observed_generation, "status", "observedGeneration")       \
    FIELD(K, INT32, status_disruptions_allowed, "status", "disruptionsAllowed")       \
    FIELD(K, INT32, status_current_healthy, "status", "currentHealthy")               \
    FIELD(K, INT32, status_desired_healthy, "status", "desiredHealthy")               \
    FIELD(K, INT32, status_expected_pods, "status", "expectedPods")                   \
    LIST(K, condition, status_conditions, "status", "conditions")
KEDGE_DECLARE_KIND(poddisruptionbudget)

#ifdef __cplusplus
}
#endif
#endif
