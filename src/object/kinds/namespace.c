// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(namespace, "", "v1", "namespaces", "Namespace", KEDGE_CLUSTER_SCOPED)
