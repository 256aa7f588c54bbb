// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_ITEM(container_port)
KEDGE_DEFINE_ITEM(container)
KEDGE_DEFINE_ITEM(container_status)
KEDGE_DEFINE_ITEM(readiness_gate)
KEDGE_DEFINE_KIND(pod, "", "v1", "pods", "Pod", KEDGE_NAMESPACED)
