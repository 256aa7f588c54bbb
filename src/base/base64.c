// SPDX-License-Identifier: Apache-2.0
// base64.c - see base64.h. Four characters carry three bytes; the second, third and fourth of a
// group each complete one, so a character gives one byte at most and decoding in place never
// overtakes its input.
#include "base/base64.h"

enum { NO_DIGIT = 64 };

static unsigned digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0') + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : NO_DIGIT;
}

// A '=' may be the third or the fourth of a group; after the third only another one may follow.
static void push_padding(struct kedge__base64 *d)
{
    if (d->have < 2 || d->pads == 2) {
        d->bad = true;
        return;
    }
    d->pads++;
    d->have = (uint8_t)((d->have + 1) % 4);
    if (d->have == 0)
        d->pads = 2;
}

bool kedge__base64_push(struct kedge__base64 *d, char c, unsigned char *out)
{
    if (c == '\n' || c == '\r' || d->bad)
        return false;
    if (c == '=') {
        push_padding(d);
        return false;
    }
    unsigned six = digit(c);
    if (six == NO_DIGIT || d->pads > 0) {
        d->bad = true;
        return false;
    }
    d->bits = (d->bits << 6) | six;
    d->have = (uint8_t)((d->have + 1) % 4);
    if (d->have == 1)
        return false;
    // The bits of the group that no byte has taken yet: 4 after two characters, 2 after three.
    unsigned spare = d->have == 0 ? 0 : 8 - 2 * (unsigned)d->have;
    *out = (unsigned char)(d->bits >> spare);
    return true;
}

bool kedge__base64_whole(const struct kedge__base64 *d)
{
    return !d->bad && d->have == 0;
}

kedge_err kedge__base64_decode(kedge_str in, void *out, size_t cap, size_t *len)
{
    struct kedge__base64 d = {0, 0, 0, false};
    unsigned char byte;
    size_t n = 0;
    for (size_t i = 0; i < in.len; i++)
        n += kedge__base64_push(&d, in.ptr[i], &byte) ? 1 : 0;

    *len = 0;
    if (!kedge__base64_whole(&d))
        return KEDGE_ERR_ARGUMENT;
    *len = n;
    if (n > cap)
        return out == NULL && cap == 0 ? KEDGE_OK : KEDGE_ERR_FULL;

    unsigned char *to = (unsigned char *)out;
    struct kedge__base64 again = {0, 0, 0, false};
    for (size_t i = 0, at = 0; i < in.len && at < cap; i++)
        at += kedge__base64_push(&again, in.ptr[i], &to[at]) ? 1 : 0;
    return KEDGE_OK;
}

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// One group: three bytes of `in` from `at`, or what is left of them.
static void encode_group(kedge_str in, size_t at, char *out)
{
    size_t n = in.len - at < 3 ? in.len - at : 3;
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; i++)
        bits = (bits << 8) | (i < n ? (unsigned char)in.ptr[at + i] : 0u);
    for (size_t i = 0; i < 4; i++)
        out[i] = i <= n ? digits[(bits >> (18 - 6 * i)) & 63u] : '=';
}

kedge_err kedge__base64_encode(kedge_str in, char *out, size_t cap, size_t *len)
{
    size_t groups = in.len / 3 + (in.len % 3 != 0 ? 1 : 0);
    if (groups > SIZE_MAX / 4) {
        *len = SIZE_MAX;
        return KEDGE_ERR_FULL;
    }
    *len = groups * 4;
    if (*len > cap)
        return out == NULL && cap == 0 ? KEDGE_OK : KEDGE_ERR_FULL;
    for (size_t g = 0; g < groups; g++)
        encode_group(in, g * 3, out + g * 4);
    return KEDGE_OK;
}
