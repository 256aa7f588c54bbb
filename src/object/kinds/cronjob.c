// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_ITEM(cronjob_active)
KEDGE_DEFINE_KIND(cronjob, "batch", "v1", "cronjobs", "CronJob", KEDGE_NAMESPACED)
