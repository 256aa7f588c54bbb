// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_ITEM(endpoints_address)
KEDGE_DEFINE_ITEM(endpoints_port)
KEDGE_DEFINE_ITEM(endpoints_subset)
KEDGE_DEFINE_KIND(endpoints, "", "v1", "endpoints", "Endpoints", KEDGE_NAMESPACED)
