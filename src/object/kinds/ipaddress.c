// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(ipaddress, "networking.k8s.io", "v1", "ipaddresses", "IPAddress",
                  KEDGE_CLUSTER_SCOPED)
