// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_ITEM(runtimeclass_toleration)
KEDGE_DEFINE_KIND(runtimeclass, "node.k8s.io", "v1", "runtimeclasses", "RuntimeClass",
                  KEDGE_CLUSTER_SCOPED)
