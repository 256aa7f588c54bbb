// SPDX-License-Identifier: Apache-2.0
#include "net/fold.h"

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool kedge__fold_is(kedge_str s, const char *word)
{
    size_t i = 0;
    while (i < s.len && word[i] != '\0' && fold(s.ptr[i]) == word[i])
        i++;
    return i == s.len && word[i] == '\0';
}
