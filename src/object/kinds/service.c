// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_ITEM(service_port)
KEDGE_DEFINE_ITEM(service_ingress)
KEDGE_DEFINE_KIND(service, "", "v1", "services", "Service", KEDGE_NAMESPACED)
