// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(role, "rbac.authorization.k8s.io", "v1", "roles", "Role", KEDGE_NAMESPACED)
