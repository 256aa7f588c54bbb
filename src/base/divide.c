// SPDX-License-Identifier: Apache-2.0
// divide.c - as on paper, with digits of 16 bits: what is brought down behind a remainder, which is
// less than 16 bits wide, fits 32.
#include "base/divide.h"

uint32_t kedge__divide(uint64_t *n, uint32_t by)
{
    uint64_t quotient = 0;
    uint32_t rest = 0;
    for (int shift = 48; shift >= 0; shift -= 16) {
        rest = rest << 16 | (uint32_t)(*n >> shift & 0xffff);
        quotient = quotient << 16 | rest / by;
        rest %= by;
    }
    *n = quotient;
    return rest;
}
