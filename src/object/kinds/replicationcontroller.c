// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(replicationcontroller, "", "v1", "replicationcontrollers",
                  "ReplicationController", KEDGE_NAMESPACED)
