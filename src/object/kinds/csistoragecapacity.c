// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(csistoragecapacity, "storage.k8s.io", "v1", "csistoragecapacities",
                  "CSIStorageCapacity", KEDGE_NAMESPACED)
