// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(job, "batch", "v1", "jobs", "Job", KEDGE_NAMESPACED)
