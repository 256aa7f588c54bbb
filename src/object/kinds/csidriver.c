// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_ITEM(csidriver_token_request)
KEDGE_DEFINE_KIND(csidriver, "storage.k8s.io", "v1", "csidrivers", "CSIDriver",
                  KEDGE_CLUSTER_SCOPED)
