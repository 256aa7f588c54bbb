// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(rolebinding, "rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding",
                  KEDGE_NAMESPACED)
