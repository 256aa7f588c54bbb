// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(volumeattachment, "storage.k8s.io", "v1", "volumeattachments", "VolumeAttachment",
                  KEDGE_CLUSTER_SCOPED)
