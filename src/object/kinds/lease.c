// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(lease, "coordination.k8s.io", "v1", "leases", "Lease", KEDGE_NAMESPACED)
