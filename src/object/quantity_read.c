// SPDX-License-Identifier: Apache-2.0
// quantity_read.c - quantities into records; linked with a kind that has one.
#include "kedge/quantity.h"
#include "object/project_priv.h"

// A number may stand as a text or as itself.
static bool number_of(kedge_json_value v, int64_t *number)
{
    char buf[KEDGE__SHORT_TEXT];
    kedge_str text = {buf, kedge__short_text(v, buf)};
    if (kedge_json_type(v) == KEDGE_JSON_NUMBER)
        text = kedge_json_raw(v);
    else if (text.len > KEDGE__SHORT_TEXT)
        return false;
    return kedge_quantity_parse(text, number);
}

static bool put(struct kedge__builder *b, size_t member, kedge_json_value v)
{
    int64_t number;
    if (!number_of(v, &number))
        return false;
    if (number == 0)
        return true;
    unsigned char bytes[KEDGE__QUANTITY_BYTES];
    uint32_t code = 0;
    size_t len = kedge__quantity_pack(number, bytes, &code);
    kedge__put_packed(b, member, bytes, len, code);
    return true;
}

static bool is_quantity(kedge_str text)
{
    int64_t number;
    return kedge_quantity_parse(text, &number);
}

const struct kedge__reader kedge__reader_quantity = {.put = put, .is_text_of = is_quantity};
