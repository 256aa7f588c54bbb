// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_ITEM(dra_result)
KEDGE_DEFINE_ITEM(dra_allocation_config)
KEDGE_DEFINE_ITEM(dra_consumer)
KEDGE_DEFINE_ITEM(dra_device_status)
KEDGE_DEFINE_KIND(resourceclaim, "resource.k8s.io", "v1", "resourceclaims", "ResourceClaim",
                  KEDGE_NAMESPACED)
