// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_ITEM(limitrange_item)
KEDGE_DEFINE_KIND(limitrange, "", "v1", "limitranges", "LimitRange", KEDGE_NAMESPACED)
