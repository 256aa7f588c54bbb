// SPDX-License-Identifier: Apache-2.0
// base64.c - a decoder in any state takes any character; texts of up to LONGEST bytes are decoded
// into a buffer of any size and in place, and encoded into one that is large enough or a byte
// short.
//
// with: src/base/base64.c
#include "any.h"

#include "base/base64.h"

enum { LONGEST = 16 };

static void push(void)
{
    unsigned char byte;
    struct kedge__base64 d;
    Frama_C_make_unknown((char *)&d, sizeof d);
    d.bad = any_bool();
    d.have = Frama_C_unsigned_char_interval(0, 3);
    d.pads = Frama_C_unsigned_char_interval(0, 2);
    if (kedge__base64_push(&d, Frama_C_char_interval(CHAR_MIN, CHAR_MAX), &byte))
        any_of_str((kedge_str){(const char *)&byte, 1});
    //@ assert d.have <= 3 && d.pads <= 2 && (d.bad == 0 || d.bad == 1);
}

static void decode(void)
{
    size_t got;
    size_t cap = any_size(0, LONGEST);
    kedge_str text = {any_bytes(LONGEST), any_size(0, LONGEST)};
    //@ split cap;
    kedge__base64_decode(text, NULL, 0, &got);
    kedge__base64_decode(text, any_bytes(cap), cap, &got);
    kedge__base64_decode(text, (char *)text.ptr, text.len, &got);
}

static void encode(void)
{
    size_t got;
    kedge_str text = {NULL, any_size(0, LONGEST)};
    size_t cap;
    //@ split text.len;
    text.ptr = any_bytes(text.len);
    cap = (text.len + 2) / 3 * 4;
    cap -= text.len > 0 && any_bool() ? 1 : 0;
    //@ split cap;
    kedge__base64_encode(text, any_bytes(cap), cap, &got);
    kedge__base64_encode(text, NULL, 0, &got);
}

int main(void)
{
    push();
    if (any_bool())
        decode();
    else
        encode();
    Frama_C_show_each_end();
    return 0;
}
