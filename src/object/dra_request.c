// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_ITEM(dra_sub_request)
KEDGE_DEFINE_ITEM(dra_request)
KEDGE_DEFINE_ITEM(dra_constraint)
KEDGE_DEFINE_ITEM(dra_claim_config)
