// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(daemonset, "apps", "v1", "daemonsets", "DaemonSet", KEDGE_NAMESPACED)
