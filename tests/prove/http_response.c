// SPDX-License-Identifier: Apache-2.0
// http_response.c - the framing of a response: from any state that the invariant allows, one byte
// leads to no error and to a state that it allows. So does a response of any length, however it is
// cut: kedge_http_feed takes one such step for each byte, and the body in runs.
//
// What a header means is not looked at here: it may be anything that the response can hold.
// http_fields.c proves that it is no more than that.
//
// with: src/net/fold.c
#include "any.h"

#include "net/http_fields.h"

#define kedge__http_field_take field_take_itself
#include "net/http_fields.c"
#undef kedge__http_field_take
#include "net/http.c"

enum { RANGE = 65536 };

static struct kedge_http_response r;
static char range[RANGE];

const char *kedge__http_field_take(struct kedge_http_response *to, enum kedge__http_field field,
                                   kedge_str value)
{
    any_of_str(value);
    to->seen |= (uint16_t)(1u << field);
    to->close = any_bool();
    to->persist = any_bool();
    to->aggregated = any_bool();
    to->encoded = any_bool();
    to->chunked = any_bool();
    to->has_length = any_bool();
    to->content_length = Frama_C_unsigned_long_long_interval(0, INT64_MAX);
    Frama_C_make_unknown((char *)&to->date, sizeof to->date);
    Frama_C_make_unknown((char *)&to->retry_after, sizeof to->retry_after);
    Frama_C_make_unknown((char *)&to->content, sizeof to->content);
    Frama_C_make_unknown(to->location, sizeof to->location);
    return any_bool() ? "a problem" : NULL;
}

// What each step relies on; everything else may have any value.
/*@ predicate good(struct kedge_http_response *x) =
        x->state <= FAILED && x->wanted <= KEDGE__HTTP_WARNING &&
        (x->state == NAME ==> x->line_len <= KEDGE__HTTP_NAME_MAX + 1) &&
        (x->state == VALUE ==> x->line_len <= KEDGE_HTTP_LINE);
*/

static void any_response(void)
{
    Frama_C_make_unknown((char *)&r, sizeof r);
    r.problem = "";
    r.read_type = kedge__http_read_type;
    r.state = Frama_C_unsigned_char_interval(STATUS, FAILED);
    //@ dynamic_split r.state;
    r.wanted = Frama_C_unsigned_char_interval(0, KEDGE__HTTP_WARNING);
    if (r.state == VALUE)
        r.line_len = Frama_C_unsigned_short_interval(0, KEDGE_HTTP_LINE);
    if (r.state == NAME)
        r.line_len = Frama_C_unsigned_short_interval(0, KEDGE__HTTP_NAME_MAX + 1);
    r.old = any_bool();
    r.close = any_bool();
    r.persist = any_bool();
    r.trailers = any_bool();
    r.keep_alive = any_bool();
    r.chunked = any_bool();
    r.has_length = any_bool();
    r.aggregated = any_bool();
    r.encoded = any_bool();
}

int main(void)
{
    size_t used;
    enum kedge_http_event event;
    kedge_str body;

    kedge_http_response_init(&r);
    //@ assert init: good(&r);

    any_response();
    Frama_C_make_unknown(range, RANGE);
    if (any_bool()) {
        r.head_len = Frama_C_unsigned_int_interval(0, KEDGE_HTTP_HEAD_MAX - 1);
        kedge_http_feed(&r, range, 1, &used, &event, &body);
        //@ assert step: good(&r);
    } else if (any_bool()) {
        r.head_len = Frama_C_unsigned_int_interval(KEDGE_HTTP_HEAD_MAX, UINT32_MAX - 1);
        kedge_http_feed(&r, range, 1, &used, &event, &body);
        //@ assert limit: good(&r);
    } else if (in_body(&r)) {
        if (take_body(&r, range, any_size(0, RANGE), &body) == KEDGE_HTTP_BODY)
            any_of_str(body);
        //@ assert run: good(&r);
    } else {
        kedge_http_finish(&r);
        //@ assert finish: good(&r);
    }
    Frama_C_show_each_end();
    return 0;
}
