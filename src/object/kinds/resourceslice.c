// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_ITEM(dra_taint)
KEDGE_DEFINE_ITEM(dra_counter_set)
KEDGE_DEFINE_ITEM(dra_counter_consumption)
KEDGE_DEFINE_ITEM(dra_device)
KEDGE_DEFINE_KIND(resourceslice, "resource.k8s.io", "v1", "resourceslices", "ResourceSlice",
                  KEDGE_CLUSTER_SCOPED)
