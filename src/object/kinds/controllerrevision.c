// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(controllerrevision, "apps", "v1", "controllerrevisions", "ControllerRevision",
                  KEDGE_NAMESPACED)
