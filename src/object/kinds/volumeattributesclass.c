// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(volumeattributesclass, "storage.k8s.io", "v1", "volumeattributesclasses",
                  "VolumeAttributesClass", KEDGE_CLUSTER_SCOPED)
