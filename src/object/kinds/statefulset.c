// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_ITEM(statefulset_claim)
KEDGE_DEFINE_KIND(statefulset, "apps", "v1", "statefulsets", "StatefulSet", KEDGE_NAMESPACED)
