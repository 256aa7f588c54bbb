// SPDX-License-Identifier: Apache-2.0
// hex.h - a hexadecimal digit.
#ifndef KEDGE_BASE_HEX_H
#define KEDGE_BASE_HEX_H

// What a digit of either case is worth; -1: it is none.
static inline int kedge__hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

#endif
