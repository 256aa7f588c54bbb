// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(event, "", "v1", "events", "Event", KEDGE_NAMESPACED)
