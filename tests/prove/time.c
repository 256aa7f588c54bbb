// SPDX-License-Identifier: Apache-2.0
// time.c - times: any text of up to LONGEST bytes is read, any time is written; and the characters
// of a text, any byte in any state.
//
// with: src/json/utf8.c src/object/time.c
// eva: -eva-slevel-function fraction:400
#include "any.h"

#include "kedge/time.h"
#include "json/utf8.h"

enum { LONGEST = 40 };

static void characters(void)
{
    char out[4] = {0};
    struct kedge__utf8 u;
    Frama_C_make_unknown((char *)&u, sizeof u);
    kedge__utf8_first(&u, Frama_C_unsigned_char_interval(0, UCHAR_MAX));
    kedge__utf8_next(&u, Frama_C_unsigned_char_interval(0, UCHAR_MAX));
    size_t len = kedge__utf8_encode(Frama_C_unsigned_int_interval(0, 0x10ffff), out);
    any_of_str((kedge_str){out, len});
}

int main(void)
{
    kedge_timestamp t;
    char buf[KEDGE_TIMESTAMP_TEXT];
    kedge_str text = {any_bytes(LONGEST), any_size(0, LONGEST)};

    characters();
    if (kedge_timestamp_parse(text, &t))
        kedge_timestamp_format(t, any_bool(), buf);
    t = Frama_C_long_long_interval(INT64_MIN, INT64_MAX);
    kedge_timestamp_format(t, any_bool(), buf);
    Frama_C_show_each_end();
    return 0;
}
