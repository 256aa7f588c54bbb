// SPDX-License-Identifier: Apache-2.0
// kedge/kinds/node.h - the kinds of node.k8s.io/v1; Node itself is of the core group.
#ifndef KEDGE_KINDS_NODE_H
#define KEDGE_KINDS_NODE_H

#include <kedge/kinds/core.h>

#ifdef __cplusplus
extern "C" {
#endif

// node.k8s.io/v1 RuntimeClass ---------------------------------------------------------------------

#define KEDGE_VALUES_toleration_operator(VALUE) \
    VALUE(KEDGE_TOLERATION_EQUAL, "Equal")      \
    VALUE(KEDGE_TOLERATION_EXISTS, "Exists")    \
    VALUE(KEDGE_TOLERATION_LT, "Lt")            \
    VALUE(KEDGE_TOLERATION_GT, "Gt")
KEDGE_DECLARE_ENUM(toleration_operator)

// No operator: Equal; no effect: every effect.
#define KEDGE_ROWS_runtimeclass_toleration(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, key, "key")                                   \
    ENUM(K, toleration_operator, operator_, "operator")          \
    FIELD(K, TEXT, value, "value")                               \
    ENUM(K, taint_effect, effect, "effect")                      \
    FIELD(K, SCALAR, toleration_seconds, "tolerationSeconds")
KEDGE_DECLARE_ITEM(runtimeclass_toleration)

// CPU in thousandths is CPU in millicores; memory in thousandths of a byte: kedge/quantity.h.
#define KEDGE_ROWS_runtimeclass(FIELD, LIST, ENUM, K)                               \
    FIELD(K, TEXT, handler, "handler")                                              \
    FIELD(K, QUANTITY, overhead_pod_fixed_cpu, "overhead", "podFixed", "cpu")       \
    FIELD(K, QUANTITY, overhead_pod_fixed_memory, "overhead", "podFixed", "memory") \
    FIELD(K, TEXT_MAP, scheduling_node_selector, "scheduling", "nodeSelector")      \
    LIST(K, runtimeclass_toleration, scheduling_tolerations, "scheduling", "tolerations")
KEDGE_DECLARE_KIND(runtimeclass)

#ifdef __cplusplus
}
#endif
#endif
