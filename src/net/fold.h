// SPDX-License-Identifier: Apache-2.0
// fold.h - comparing without regard to the case of ASCII letters: schemes, headers, tokens.
#ifndef KEDGE_NET_FOLD_H
#define KEDGE_NET_FOLD_H

#include "kedge/text.h"

static inline char kedge__fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

// True if the slice is `word`, which is in lower case.
static inline bool kedge__fold_is(kedge_str s, const char *word)
{
    if (s.len != strlen(word))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (kedge__fold(s.ptr[i]) != word[i])
            return false;
    }
    return true;
}

#endif
