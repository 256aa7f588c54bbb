// SPDX-License-Identifier: Apache-2.0
// utf8.c - see utf8.h.
#include "json/utf8.h"

bool kedge__utf8_first(struct kedge__utf8 *u, unsigned char c)
{
    if (c < 0xc2 || c > 0xf4)
        return false;
    u->need = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
    // The second byte is where a form too long, a surrogate or too great a number shows.
    u->low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    u->top = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    return true;
}

bool kedge__utf8_next(struct kedge__utf8 *u, unsigned char c)
{
    if (u->need == 0 || c < u->low || c > u->top)
        return false;
    u->need--;
    u->low = 0x80;
    u->top = 0xbf;
    return true;
}

size_t kedge__utf8_encode(uint32_t c, char out[4])
{
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(first[len] | c);
    return len;
}
