// SPDX-License-Identifier: Apache-2.0
// number.h - numbers as JSON spells them.
#ifndef KEDGE_JSON_NUMBER_H
#define KEDGE_JSON_NUMBER_H

#include <stdint.h>

#include "kedge/text.h"

// True if the text is one number and nothing else.
bool kedge__number_is(kedge_str s);

// True if it is a whole number that int64_t holds, however it is spelt (1.0, 1e3); then *out is it.
bool kedge__number_int64(kedge_str s, int64_t *out);

#endif
