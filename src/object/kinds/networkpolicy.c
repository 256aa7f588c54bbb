// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_ITEM(networkpolicy_port)
KEDGE_DEFINE_ITEM(networkpolicy_peer)
KEDGE_DEFINE_ITEM(networkpolicy_ingress)
KEDGE_DEFINE_ITEM(networkpolicy_egress)
KEDGE_DEFINE_KIND(networkpolicy, "networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy",
                  KEDGE_NAMESPACED)
