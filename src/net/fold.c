// SPDX-License-Identifier: Apache-2.0
#include "net/fold.h"

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool kedge__fold_at(kedge_str s, size_t at, const char *word)
{
    for (; *word != '\0'; word++, at++) {
        if (at >= s.len || fold(s.ptr[at]) != *word)
            return false;
    }
    return true;
}

bool kedge__fold_is(kedge_str s, const char *word)
{
    return s.len == strlen(word) && kedge__fold_at(s, 0, word);
}
