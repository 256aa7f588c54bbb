// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(events_event, "events.k8s.io", "v1", "events", "Event", KEDGE_NAMESPACED)
