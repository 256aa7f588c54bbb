// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(deployment, "apps", "v1", "deployments", "Deployment", KEDGE_NAMESPACED)
