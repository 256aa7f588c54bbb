// SPDX-License-Identifier: Apache-2.0
// change_quantity.c - transforms that set a quantity; linked where one does.
#include <string.h>

#include "cache/change.h"
#include "object/squeeze.h"
#include "object/words.h"

kedge_err kedge_change_set_quantity(struct kedge_change *change,
                                    const struct kedge_quantity *member, int64_t thousandths)
{
    struct kedge_quantity *m = kedge__change_member(change, member);
    unsigned char bytes[KEDGE__QUANTITY_BYTES];
    uint32_t code = 0;
    if (m == NULL)
        return KEDGE_ERR_ARGUMENT;
    change->squeeze = kedge__record_squeeze;
    if (thousandths == 0) {
        m->offset = 0;
        return KEDGE_OK;
    }
    size_t len = kedge__quantity_pack(thousandths, bytes, &code);
    if (len == 0) {
        m->offset = (kedge_offset)(KEDGE__FIRST_WORD + code);
        return KEDGE_OK;
    }
    unsigned char *place = kedge__change_take(change, len);
    if (place == NULL)
        return KEDGE_ERR_FULL;
    memcpy(place, bytes, len);
    m->offset = (kedge_offset)(place - (unsigned char *)m);
    return KEDGE_OK;
}
