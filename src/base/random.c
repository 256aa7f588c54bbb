// SPDX-License-Identifier: Apache-2.0
// random.c - xoshiro128++ (Blackman and Vigna), seeded by splitmix64; both are in the public
// domain.
#include "base/random.h"

#include <string.h>

uint64_t kedge__random_mix(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void kedge__random_init(struct kedge__random *r, uint64_t seed)
{
    uint64_t a = kedge__random_mix(&seed);
    uint64_t b = kedge__random_mix(&seed);
    r->s[0] = (uint32_t)a;
    r->s[1] = (uint32_t)(a >> 32);
    r->s[2] = (uint32_t)b;
    r->s[3] = (uint32_t)(b >> 32);
    // Two successive numbers of splitmix64 are never both 0, so the state is not all zero.
}

kedge_err kedge__random_seed(struct kedge__random *r, const struct kedge_port *port)
{
    uint64_t seed = 0;
    kedge_err err =
        port->entropy != NULL ? port->entropy(port, &seed, sizeof seed) : KEDGE_ERR_ENTROPY;
    if (err != KEDGE_OK) {
        uint64_t wall = port->wall_clock != NULL ? (uint64_t)port->wall_clock(port) : 0;
        seed = (uint64_t)port->clock(port) ^ wall << 20 ^ (uint64_t)(uintptr_t)r << 7;
        err = KEDGE_ERR_ENTROPY;
    }
    kedge__random_init(r, seed);
    return err;
}

static uint32_t rotate(uint32_t x, unsigned by)
{
    return x << by | x >> (32 - by);
}

uint32_t kedge__random_next(struct kedge__random *r)
{
    uint32_t *s = r->s;
    uint32_t result = rotate(s[0] + s[3], 7) + s[0];
    uint32_t t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 11);
    return result;
}

uint64_t kedge__random_next64(struct kedge__random *r)
{
    uint64_t high = kedge__random_next(r);
    return high << 32 | kedge__random_next(r);
}

// Scaling instead of a remainder: no division, no loop, and a bias of at most n in 2^64.
uint64_t kedge__random_scale(uint64_t number, uint64_t n)
{
    uint64_t number_low = (uint32_t)number;
    uint64_t number_high = number >> 32;
    uint64_t n_low = (uint32_t)n;
    uint64_t n_high = n >> 32;
    // Cannot overflow: (2^32-1)^2 + 2 * (2^32-1) is 2^64 - 1.
    uint64_t middle = number_high * n_low + (number_low * n_low >> 32);
    uint64_t cross = number_low * n_high + (uint32_t)middle;
    return number_high * n_high + (middle >> 32) + (cross >> 32);
}

uint64_t kedge__random_below(struct kedge__random *r, uint64_t n)
{
    return kedge__random_scale(kedge__random_next64(r), n);
}
