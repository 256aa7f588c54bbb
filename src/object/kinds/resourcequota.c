// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_ITEM(resourcequota_scope)
KEDGE_DEFINE_KIND(resourcequota, "", "v1", "resourcequotas", "ResourceQuota", KEDGE_NAMESPACED)
