// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_ITEM(hpa_metric)
KEDGE_DEFINE_ITEM(hpa_metric_status)
KEDGE_DEFINE_KIND(horizontalpodautoscaler, "autoscaling", "v2", "horizontalpodautoscalers",
                  "HorizontalPodAutoscaler", KEDGE_NAMESPACED)
