// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(apiservice, "apiregistration.k8s.io", "v1", "apiservices", "APIService",
                  KEDGE_CLUSTER_SCOPED)
