// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_ITEM(csinode_driver)
KEDGE_DEFINE_KIND(csinode, "storage.k8s.io", "v1", "csinodes", "CSINode", KEDGE_CLUSTER_SCOPED)
