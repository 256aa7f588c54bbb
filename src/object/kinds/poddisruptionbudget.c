// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(poddisruptionbudget, "policy", "v1", "poddisruptionbudgets",
                  "PodDisruptionBudget", KEDGE_NAMESPACED)
