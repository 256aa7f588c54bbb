// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(replicaset, "apps", "v1", "replicasets", "ReplicaSet", KEDGE_NAMESPACED)
