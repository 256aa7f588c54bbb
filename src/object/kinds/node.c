// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_ITEM(taint)
KEDGE_DEFINE_ITEM(node_address)
KEDGE_DEFINE_KIND(node, "", "v1", "nodes", "Node", KEDGE_CLUSTER_SCOPED)
