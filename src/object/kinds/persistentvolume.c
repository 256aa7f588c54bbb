// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(persistentvolume, "", "v1", "persistentvolumes", "PersistentVolume",
                  KEDGE_CLUSTER_SCOPED)
