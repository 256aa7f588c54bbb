// SPDX-License-Identifier: Apache-2.0
// base64.h - base64 with the standard alphabet and padding (RFC 4648, section 4).
//
// Reads what Go's StdEncoding reads: line feeds and carriage returns anywhere are skipped, the
// padding must be there, bits behind the last byte are ignored; everything else is refused.
#ifndef KEDGE_BASE_BASE64_H
#define KEDGE_BASE_BASE64_H

#include "kedge/err.h"
#include "kedge/text.h"

// Decodes `in`. *len is set to the number of decoded bytes, also when they do not fit. `out` may be
// NULL with cap 0, to ask for the length; it may be `in`'s own memory, which is then overwritten.
//
// KEDGE_ERR_FULL      more than `cap` bytes (and `out` is not NULL): nothing was written
// KEDGE_ERR_ARGUMENT  `in` is no base64: nothing was written, *len is 0
kedge_err kedge__base64_decode(kedge_str in, void *out, size_t cap, size_t *len);

// Encodes `in`, without a line break and without a NUL. *len is set to the number of characters,
// also when they do not fit. `out` may be NULL with cap 0; it may not overlap `in`.
//
// KEDGE_ERR_FULL      more than `cap` characters (and `out` is not NULL): nothing was written
kedge_err kedge__base64_encode(kedge_str in, char *out, size_t cap, size_t *len);

// The decoder, a character at a time. All zeros: ready.
struct kedge__base64 {
    uint32_t bits; // of the group, six a character
    uint8_t have;  // characters of the group, with its padding
    uint8_t pads;  // '=' seen: nothing but line breaks and one more '=' may follow
    bool bad;      // what came is no base64; stays
};

// Takes one character. True if it completed a byte: then *out is it.
bool kedge__base64_push(struct kedge__base64 *d, char c, unsigned char *out);

// True if what was pushed is base64, whole.
bool kedge__base64_whole(const struct kedge__base64 *d);

#endif
