// SPDX-License-Identifier: Apache-2.0
// build_values.c - values that are texts in JSON: times and quantities.
#include "object/build_priv.h"

#include "base/line.h"

void kedge_build_time(struct kedge_build *b, kedge_member m, kedge_timestamp value)
{
    char buf[KEDGE_TIMESTAMP_TEXT];
    struct kedge__value v = {kedge__write_text, {buf, 0}, 0};
    struct kedge__place place;
    const struct kedge_field *row;
    if (!kedge__build_find(b, m, KEDGE__TYPE(TIME) | KEDGE__TYPE(MICRO_TIME), &place, &row))
        return;
    v.text.len = kedge_timestamp_format(value, true, buf);
    if (v.text.len == 0)
        kedge__build_fail(b, KEDGE_ERR_ARGUMENT, &place, "a year that is not in 0000 to 9999");
    else
        b->put(b, &place, &v);
}

void kedge_build_quantity(struct kedge_build *b, kedge_member m, int64_t thousandths)
{
    char buf[24];
    struct kedge__line l;
    bool whole = thousandths % 1000 == 0;
    kedge__line_init(&l, buf, sizeof buf);
    kedge__line_int(&l, whole ? thousandths / 1000 : thousandths);
    kedge__line_text(&l, whole ? "" : "m");
    struct kedge__value v = {kedge__write_text, kedge__line_done(&l), 0};
    kedge__build_set(b, m, KEDGE__TYPE(QUANTITY), NULL, false, &v);
}
