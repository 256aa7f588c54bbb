// SPDX-License-Identifier: Apache-2.0
// hash.c - HalfSipHash-1-3 (Aumasson and Bernstein, public domain): additions, rotations and
// exclusive ors of 32-bit words, so it is quick where there is no multiplier.
#include "base/hash.h"

struct words {
    uint32_t v0, v1, v2, v3;
};

static uint32_t rotate(uint32_t x, unsigned by)
{
    return x << by | x >> (32 - by);
}

static void mix(struct words *w)
{
    w->v0 += w->v1;
    w->v1 = rotate(w->v1, 5) ^ w->v0;
    w->v0 = rotate(w->v0, 16);
    w->v2 += w->v3;
    w->v3 = rotate(w->v3, 8) ^ w->v2;
    w->v0 += w->v3;
    w->v3 = rotate(w->v3, 7) ^ w->v0;
    w->v2 += w->v1;
    w->v1 = rotate(w->v1, 13) ^ w->v2;
    w->v2 = rotate(w->v2, 16);
}

static void absorb(struct words *w, uint32_t word)
{
    w->v3 ^= word;
    mix(w);
    w->v0 ^= word;
}

static uint32_t load(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint32_t kedge__hash_keyed(uint32_t key0, uint32_t key1, const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    struct words w = {key0, key1, UINT32_C(0x6c796765) ^ key0, UINT32_C(0x74656462) ^ key1};
    size_t left = len;
    for (; left >= 4; left -= 4, p += 4)
        absorb(&w, load(p));

    // The last word: the bytes left over, and the length in the top byte.
    uint32_t last = (uint32_t)(len & 0xff) << 24;
    for (size_t i = 0; i < left; i++)
        last |= (uint32_t)p[i] << (8 * i);
    absorb(&w, last);

    w.v2 ^= 0xff;
    mix(&w);
    mix(&w);
    mix(&w);
    return w.v1 ^ w.v3;
}

uint32_t kedge__hash(uint32_t seed, const void *bytes, size_t len)
{
    return kedge__hash_keyed(seed, ~seed, bytes, len);
}
