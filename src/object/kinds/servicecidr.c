// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(servicecidr, "networking.k8s.io", "v1", "servicecidrs", "ServiceCIDR",
                  KEDGE_CLUSTER_SCOPED)
