// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_ITEM(storageclass_topology_label)
KEDGE_DEFINE_ITEM(storageclass_topology)
KEDGE_DEFINE_KIND(storageclass, "storage.k8s.io", "v1", "storageclasses", "StorageClass",
                  KEDGE_CLUSTER_SCOPED)
