// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_ITEM(endpointslice_hint)
KEDGE_DEFINE_ITEM(endpointslice_endpoint)
KEDGE_DEFINE_ITEM(endpointslice_port)
KEDGE_DEFINE_KIND(endpointslice, "discovery.k8s.io", "v1", "endpointslices", "EndpointSlice",
                  KEDGE_NAMESPACED)
