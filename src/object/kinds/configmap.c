// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(configmap, "", "v1", "configmaps", "ConfigMap", KEDGE_NAMESPACED)
