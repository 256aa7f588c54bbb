// SPDX-License-Identifier: Apache-2.0
// kedge/text.h - a run of bytes that somebody else owns.
#ifndef KEDGE_TEXT_H
#define KEDGE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

// A slice: `len` bytes at `ptr`, not NUL-terminated, borrowed. { NULL, 0 } is the empty slice.
typedef struct kedge_str {
    const char *ptr;
    size_t len;
} kedge_str;

// The slice of a string literal, without its NUL.
#ifdef __cplusplus
#define KEDGE_STR(literal) (kedge_str{("" literal), sizeof(literal) - 1})
#else
#define KEDGE_STR(literal) ((kedge_str){("" literal), sizeof(literal) - 1})
#endif

// The slice of a NUL-terminated text; NULL gives the empty slice. Borrows from `text`.
static inline kedge_str kedge_str_of(const char *text)
{
    kedge_str s = {text, text != NULL ? strlen(text) : 0};
    return s;
}

// True if both hold the same bytes.
bool kedge_str_eq(kedge_str a, kedge_str b);

// True if the slice holds exactly the bytes of the NUL-terminated `text`.
bool kedge_str_is(kedge_str a, const char *text);

#ifdef __cplusplus
}
#endif
#endif
