// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(secret, "", "v1", "secrets", "Secret", KEDGE_NAMESPACED | KEDGE_SECRET)
