// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(horizontalpodautoscaler_v1, "autoscaling", "v1", "horizontalpodautoscalers",
                  "HorizontalPodAutoscaler", KEDGE_NAMESPACED)
