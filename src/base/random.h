// SPDX-License-Identifier: Apache-2.0
// random.h - random numbers for jitter, seeds and spreading: fast, small, and not for secrets.
#ifndef KEDGE_BASE_RANDOM_H
#define KEDGE_BASE_RANDOM_H

#include <stdint.h>

#include "kedge/err.h"
#include "kedge/port.h"

struct kedge__random {
    uint32_t s[4]; // never all zero
};

// Starts the sequence that belongs to `seed`; every seed will do.
void kedge__random_init(struct kedge__random *r, uint64_t seed);

// Starts from the port's entropy. Where the port has none, from its clocks and the address of `r`:
// then the numbers are only different, not hard to guess, and the answer is KEDGE_ERR_ENTROPY.
kedge_err kedge__random_seed(struct kedge__random *r, const struct kedge_port *port);

uint32_t kedge__random_next(struct kedge__random *r);
uint64_t kedge__random_next64(struct kedge__random *r);

// A number from 0 to n - 1; 0 if n is 0.
uint64_t kedge__random_below(struct kedge__random *r, uint64_t n);

// The next number of the sequence whose whole state is *state. For whoever has no room for more.
uint64_t kedge__random_mix(uint64_t *state);

// Spreads a number of all 64 bits over 0 to n - 1: the upper half of their product.
uint64_t kedge__random_scale(uint64_t number, uint64_t n);

#endif
