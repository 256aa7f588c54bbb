// SPDX-License-Identifier: Apache-2.0
// http_fields.c - what headers mean: any field, any value that a line holds, in a response in any
// state. Afterwards the response holds no more than http_response.c takes for granted.
//
// with: src/net/http_fields.c src/net/fold.c src/object/time.c src/base/text.c
// eva: -eva-slevel-function fraction:400
#include "any.h"

#include "net/http_fields.h"

static struct kedge_http_response r;

static void any_response(void)
{
    Frama_C_make_unknown((char *)&r, sizeof r);
    r.problem = "";
    r.read_type = kedge__http_read_type;
    r.close = any_bool();
    r.persist = any_bool();
    r.aggregated = any_bool();
    r.encoded = any_bool();
    r.chunked = any_bool();
    r.has_length = any_bool();
    r.old = any_bool();
    r.trailers = any_bool();
    r.content_length = Frama_C_unsigned_long_long_interval(0, INT64_MAX);
}

int main(void)
{
    unsigned field = Frama_C_unsigned_int_interval(KEDGE__HTTP_UNWANTED, KEDGE__HTTP_WARNING);
    any_response();
    kedge_str text = {r.line, any_size(0, sizeof r.line)};
    const char *problem = kedge__http_field_take(&r, (enum kedge__http_field)field, text);
    if (problem != NULL)
        any_of_text(problem);
    //@ assert r.content_length <= 0x7fffffffffffffff;
    //@ assert (r.close == 0 || r.close == 1) && (r.persist == 0 || r.persist == 1);
    //@ assert (r.encoded == 0 || r.encoded == 1) && (r.chunked == 0 || r.chunked == 1);
    //@ assert (r.has_length == 0 || r.has_length == 1) && (r.aggregated == 0 || r.aggregated == 1);
    kedge__http_fields_check(&r);
    kedge__http_field_of(text);
    Frama_C_show_each_end();
    return 0;
}
