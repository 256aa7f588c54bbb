// SPDX-License-Identifier: Apache-2.0
// divide.h - a division of 64 bits by a small number. A machine of 32 bits has an instruction for
// its own numbers only, and would link the C compiler's long division for it.
#ifndef KEDGE_BASE_DIVIDE_H
#define KEDGE_BASE_DIVIDE_H

#include <stdint.h>

// Divides *n by `by`, 1 to 65,535, and gives the remainder.
uint32_t kedge__divide(uint64_t *n, uint32_t by);

#endif
