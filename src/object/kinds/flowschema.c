// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_ITEM(flow_subject)
KEDGE_DEFINE_ITEM(flow_resource_rule)
KEDGE_DEFINE_ITEM(flow_non_resource_rule)
KEDGE_DEFINE_ITEM(flow_rule)
KEDGE_DEFINE_KIND(flowschema, "flowcontrol.apiserver.k8s.io", "v1", "flowschemas", "FlowSchema",
                  KEDGE_CLUSTER_SCOPED)
