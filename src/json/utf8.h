// SPDX-License-Identifier: Apache-2.0
// utf8.h - characters in bytes, as RFC 3629 has them: the shortest form only, no surrogates,
// nothing above U+10FFFF.
#ifndef KEDGE_JSON_UTF8_H
#define KEDGE_JSON_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What must follow in a character of several bytes: `need` bytes, the next one in low..top.
struct kedge__utf8 {
    uint8_t need;
    uint8_t low;
    uint8_t top;
};

// Begins a character with a byte that is not ASCII. False if none begins so.
bool kedge__utf8_first(struct kedge__utf8 *u, unsigned char c);

// Goes on with the next byte. False if it does not belong there.
bool kedge__utf8_next(struct kedge__utf8 *u, unsigned char c);

// Writes the character, at most U+10FFFF; gives back how many bytes it has.
size_t kedge__utf8_encode(uint32_t c, char out[4]);

#endif
