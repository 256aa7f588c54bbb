// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(prioritylevelconfiguration, "flowcontrol.apiserver.k8s.io", "v1",
                  "prioritylevelconfigurations", "PriorityLevelConfiguration", KEDGE_CLUSTER_SCOPED)
