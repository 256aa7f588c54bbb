// SPDX-License-Identifier: Apache-2.0
// run.h - how far a text goes on without a byte that matters, a word at a time.
//
// A word is searched in all its bytes at once: subtracting 1 from each byte borrows its highest bit
// only where the byte was 0 (Mycroft). A borrow can spill into higher bytes, so of the marks only
// the lowest is exact, and the word is put together with the first byte lowest.
#ifndef KEDGE_JSON_RUN_H
#define KEDGE_JSON_RUN_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

// The widest word that a register holds.
#if SIZE_MAX > 0xffffffff
typedef uint64_t kedge__word;
#else
typedef uint32_t kedge__word;
#endif

#define KEDGE__ONES  ((kedge__word)-1 / 255) // 0x0101...
#define KEDGE__HIGHS (KEDGE__ONES * 128)     // 0x8080...

// Compilers make one load of this.
static inline kedge__word kedge__word_load(const unsigned char *p)
{
    kedge__word w = (kedge__word)p[0] | (kedge__word)p[1] << 8 | (kedge__word)p[2] << 16 |
                    (kedge__word)p[3] << 24;
#if SIZE_MAX > 0xffffffff
    w |= (kedge__word)p[4] << 32 | (kedge__word)p[5] << 40 | (kedge__word)p[6] << 48 |
         (kedge__word)p[7] << 56;
#endif
    return w;
}

// Marks the bytes that equal `c`; the lowest mark is exact.
static inline kedge__word kedge__word_equal(kedge__word w, unsigned char c)
{
    w ^= KEDGE__ONES * c;
    return (w - KEDGE__ONES) & ~w & KEDGE__HIGHS;
}

// Marks the bytes below `c` (at most 128); the lowest mark is exact.
static inline kedge__word kedge__word_below(kedge__word w, unsigned char c)
{
    return (w - KEDGE__ONES * c) & ~w & KEDGE__HIGHS;
}

// Which byte the lowest mark is in: below that mark's bit, one bit counts for each byte. (The mask
// changes nothing; it says that the result is a place in a word.)
static inline size_t kedge__word_first(kedge__word marks)
{
    kedge__word below = (marks & (~marks + 1)) - 1;
    size_t count =
        (size_t)(((below & KEDGE__ONES) * KEDGE__ONES) >> (sizeof(marks) * CHAR_BIT - 8));
    return (count - 1) & (sizeof(marks) - 1);
}

#endif
