// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(priorityclass, "scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass",
                  KEDGE_CLUSTER_SCOPED)
