// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_ITEM(serviceaccount_secret)
KEDGE_DEFINE_KIND(serviceaccount, "", "v1", "serviceaccounts", "ServiceAccount", KEDGE_NAMESPACED)
