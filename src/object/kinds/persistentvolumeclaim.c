// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(persistentvolumeclaim, "", "v1", "persistentvolumeclaims",
                  "PersistentVolumeClaim", KEDGE_NAMESPACED)
