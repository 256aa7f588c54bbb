// SPDX-License-Identifier: Apache-2.0
// any.h - what the drivers are made of: values about which nothing is known.
#ifndef KEDGE_PROVE_ANY_H
#define KEDGE_PROVE_ANY_H

#include <__fc_builtin.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "kedge/text.h"

static inline bool any_bool(void)
{
    return Frama_C_interval(0, 1) != 0;
}

static inline size_t any_size(size_t least, size_t most)
{
    return Frama_C_size_t_interval(least, most);
}

// `len` bytes in a block of exactly that size, so that a byte read behind them is an alarm.
static inline char *any_bytes(size_t len)
{
    char *bytes = malloc(len);
    Frama_C_make_unknown(bytes, len);
    return bytes;
}

static inline kedge_str any_str(size_t len)
{
    return (kedge_str){any_bytes(len), len};
}

// Reads one of its bytes, whichever.
static inline char any_of_str(kedge_str s)
{
    return s.len > 0 ? s.ptr[any_size(0, s.len - 1)] : '\0';
}

// Reads all of a text, up to its NUL.
static inline void any_of_text(const char *text)
{
    while (*text != '\0')
        text++;
}

// The last statement of each main: prove.sh looks whether it was reached.
void Frama_C_show_each_end(void);

#endif
