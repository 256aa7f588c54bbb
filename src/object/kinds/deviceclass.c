// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_ITEM(dra_class_config)
KEDGE_DEFINE_KIND(deviceclass, "resource.k8s.io", "v1", "deviceclasses", "DeviceClass",
                  KEDGE_CLUSTER_SCOPED)
