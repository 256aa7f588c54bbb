// SPDX-License-Identifier: Apache-2.0
// fold.h - comparing without regard to the case of ASCII letters: schemes, headers, tokens.
#ifndef KEDGE_NET_FOLD_H
#define KEDGE_NET_FOLD_H

#include "kedge/text.h"

// True if the slice is `word`, which is in lower case.
bool kedge__fold_is(kedge_str s, const char *word);

// True if `word` stands at `at` in `s`, whatever follows.
bool kedge__fold_at(kedge_str s, size_t at, const char *word);

#endif
