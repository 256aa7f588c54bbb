// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(clusterrolebinding, "rbac.authorization.k8s.io", "v1", "clusterrolebindings",
                  "ClusterRoleBinding", KEDGE_CLUSTER_SCOPED)
