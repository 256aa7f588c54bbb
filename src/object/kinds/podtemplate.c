// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(podtemplate, "", "v1", "podtemplates", "PodTemplate", KEDGE_NAMESPACED)
