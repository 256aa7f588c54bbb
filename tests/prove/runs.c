// SPDX-License-Identifier: Apache-2.0
// runs.c - the two loops that take a word at a time: ranges of every length up to LONGEST, each in
// a block of just that size. What they give back lies in the range.
//
// with: src/json/utf8.c
// eva: -eva-slevel 200
#include "any.h"

#include "json/skip.c"
#include "json/text.c"

enum { LONGEST = 40 };

int main(void)
{
    kedge_str text = {NULL, any_size(0, LONGEST)};
    kedge__bytes begin;
    //@ split text.len;
    text.ptr = any_bytes(text.len);
    begin = (kedge__bytes)text.ptr;
    kedge__bytes at = quote(begin, begin + text.len);
    //@ assert quote_in: begin <= at <= begin + text.len;
    size_t run = plain_run(begin, text.len);
    //@ assert run_in: run <= text.len;
    Frama_C_show_each_end();
    return 0;
}
