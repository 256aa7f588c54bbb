// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(resourceclaimtemplate, "resource.k8s.io", "v1", "resourceclaimtemplates",
                  "ResourceClaimTemplate", KEDGE_NAMESPACED)
