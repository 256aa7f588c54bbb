// SPDX-License-Identifier: Apache-2.0
// hash.h - a hash of bytes for tables whose keys strangers may choose.
//
// Whoever may create objects chooses their names. Without the seed nobody can choose names that
// fall into one bucket, so a table takes its seed from the port's entropy.
#ifndef KEDGE_BASE_HASH_H
#define KEDGE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "kedge/text.h"

// Every bit of the result depends on every bit of the seed, the bytes and their number. `bytes` may
// be NULL if `len` is 0. The same on every machine, whatever its byte order.
uint32_t kedge__hash(uint32_t seed, const void *bytes, size_t len);

// The same with a key of 64 bits.
uint32_t kedge__hash_keyed(uint32_t key0, uint32_t key1, const void *bytes, size_t len);

static inline uint32_t kedge__hash_str(uint32_t seed, kedge_str s)
{
    return kedge__hash(seed, s.ptr, s.len);
}

// Of two texts, such as namespace and name: "ab" and "c" differ from "a" and "bc". It is the hash
// of `b` seeded by the hash of `a`, so that of a namespace may be kept and used again.
static inline uint32_t kedge__hash_pair(uint32_t seed, kedge_str a, kedge_str b)
{
    return kedge__hash_str(kedge__hash_str(seed, a), b);
}

#endif
