// SPDX-License-Identifier: Apache-2.0
// indexer.h - finds an object by namespace and name, among those of one informer.
//
// The nodes are the heap's slots, so the index costs no memory beside them and cannot run out.
// What users index besides (kedge/index.h) hangs on it: index.c, linked where it is called.
#ifndef KEDGE_CACHE_INDEXER_H
#define KEDGE_CACHE_INDEXER_H

#include "object/heap.h"

struct kedge_index;
struct kedge__indexer;
struct kedge_iter;

// What index.c does with the nodes of a slot.
struct kedge__index_ops {
    kedge_err (*take)(struct kedge__indexer *x, uint32_t slot, uint32_t known, size_t *lacking);
    void (*link)(struct kedge__indexer *x, uint32_t slot);
    void (*unlink)(struct kedge__indexer *x, uint32_t slot);
    uint32_t (*next)(const struct kedge_iter *it); // the iterator's next slot of its value
};

struct kedge__indexer {
    struct kedge__heap *heap;
    const struct kedge__index_ops *ops; // NULL: there are no more indices
    struct kedge_index *indices;        // the last added first
    uint32_t seed; // of the hash, so that nobody outside can choose names that collide
    uint32_t root; // a slot; 0: empty
    uint16_t owner;
    size_t count;
};

void kedge__indexer_init(struct kedge__indexer *x, struct kedge__heap *heap, uint16_t owner,
                         uint32_t seed);

// The slot of the object with that key, or 0.
uint32_t kedge__indexer_find(const struct kedge__indexer *x, kedge_str namespace_, kedge_str name);

// The slot of the object with the key of the one in `slot`, which need not be in the index; or 0.
uint32_t kedge__indexer_known(const struct kedge__indexer *x, uint32_t slot);

// Takes a slot in, whose key must not be there yet, and out again.
void kedge__indexer_insert(struct kedge__indexer *x, uint32_t slot);
void kedge__indexer_remove(struct kedge__indexer *x, uint32_t slot);

// Takes the nodes that the values of the slot's new record need, or none at all. From then on
// nothing about them can fail; they go with the record. `known`: the slot of the record that this
// one will replace, or 0. Answers as kedge__heap_node_room.
kedge_err kedge__indexer_take_nodes(struct kedge__indexer *x, uint32_t slot, uint32_t known,
                                    size_t *lacking);

// Gives `slot`, which is in the index, the record and the nodes of `from`; that one then holds the
// old record.
void kedge__indexer_replace(struct kedge__indexer *x, uint32_t slot, uint32_t from);

// True if the slot holds an object of this index. A walk goes over the slots from 1 to
// heap->slot_count in turn: an object that is there throughout comes exactly once, whatever comes
// and goes meanwhile.
bool kedge__indexer_has(const struct kedge__indexer *x, uint32_t slot);

#endif
