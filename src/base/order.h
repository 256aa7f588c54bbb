// SPDX-License-Identifier: Apache-2.0
// order.h - the order of texts: by their bytes, as Go orders its strings.
#ifndef KEDGE_BASE_ORDER_H
#define KEDGE_BASE_ORDER_H

#include "kedge/text.h"

// Less than 0, 0 or more than 0 as `a` comes before `b`, is the same, or comes behind it.
int kedge__str_order(kedge_str a, kedge_str b);

#endif
