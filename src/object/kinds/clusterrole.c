// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_ITEM(clusterrole_selector)
KEDGE_DEFINE_KIND(clusterrole, "rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole",
                  KEDGE_CLUSTER_SCOPED)
