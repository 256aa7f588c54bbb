// SPDX-License-Identifier: Apache-2.0
#include "kedge/text.h"

#include "base/order.h"

bool kedge_str_eq(kedge_str a, kedge_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool kedge_str_is(kedge_str a, const char *text)
{
    return kedge_str_eq(a, kedge_str_of(text));
}

int kedge__str_order(kedge_str a, kedge_str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common > 0 ? memcmp(a.ptr, b.ptr, common) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}
