// SPDX-License-Identifier: Apache-2.0
// index_priv.h - the tree of one index, for those who write it and those who read it.
#ifndef KEDGE_CACHE_INDEX_PRIV_H
#define KEDGE_CACHE_INDEX_PRIV_H

#include "cache/informer_priv.h"
#include "kedge/index.h"

// Where the values of an object go: embedded first in what is done with them.
struct kedge_index_values {
    void (*each)(struct kedge_index_values *out, kedge_str value);
};

// Of a value: 64 bits that nobody outside can choose. Two values with equal ones are told apart
// where objects are looked up; where values are counted they would be one, by a chance of 1 in
// 10^19 for any two.
struct kedge__value_hash {
    uint32_t high;
    uint32_t low;
};
struct kedge__value_hash kedge__index_hash(const struct kedge__indexer *x, kedge_str value);

// The index of that name, or NULL.
const struct kedge_index *kedge__index_named(const struct kedge__indexer *x, const char *name);

// The first node behind (hash, slot) in the order of the tree, whatever its hash; 0: none.
uint32_t kedge__index_after(const struct kedge__indexer *x, const struct kedge_index *index,
                            struct kedge__value_hash hash, uint32_t slot);

// The first slot behind `slot` whose object has that value; 0: none.
uint32_t kedge__index_next(const struct kedge__indexer *x, const struct kedge_index *index,
                           kedge_str value, uint32_t slot);

#endif
