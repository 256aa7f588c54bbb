// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(ingressclass, "networking.k8s.io", "v1", "ingressclasses", "IngressClass",
                  KEDGE_CLUSTER_SCOPED)
