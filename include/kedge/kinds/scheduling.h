// SPDX-License-Identifier: Apache-2.0
// kedge/kinds/scheduling.h - the kinds of scheduling.k8s.io/v1.
#ifndef KEDGE_KINDS_SCHEDULING_H
#define KEDGE_KINDS_SCHEDULING_H

#include <kedge/kinds/common.h>

#ifdef __cplusplus
extern "C" {
#endif

// scheduling.k8s.io/v1 PriorityClass --------------------------------------------------------------

#define KEDGE_VALUES_priorityclass_preemption_policy(VALUE)     \
    VALUE(KEDGE_PREEMPT_LOWER_PRIORITY, "PreemptLowerPriority") \
    VALUE(KEDGE_PREEMPT_NEVER, "Never")
KEDGE_DECLARE_ENUM(priorityclass_preemption_policy)

#define KEDGE_ROWS_priorityclass(FIELD, LIST, ENUM, K) \
    FIELD(K, INT32, value, "value")                    \
    FIELD(K, BOOL, global_default, "globalDefault")    \
    FIELD(K, TEXT, description, "description")         \
    ENUM(K, priorityclass_preemption_policy, preemption_policy, "preemptionPolicy")
KEDGE_DECLARE_KIND(priorityclass)

#ifdef __cplusplus
}
#endif
#endif
