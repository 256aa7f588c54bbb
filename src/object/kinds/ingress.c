// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_ITEM(ingress_path)
KEDGE_DEFINE_ITEM(ingress_rule)
KEDGE_DEFINE_ITEM(ingress_tls)
KEDGE_DEFINE_ITEM(ingress_port_status)
KEDGE_DEFINE_ITEM(ingress_load_balancer)
KEDGE_DEFINE_KIND(ingress, "networking.k8s.io", "v1", "ingresses", "Ingress", KEDGE_NAMESPACED)
