// SPDX-License-Identifier: Apache-2.0
// heap.h - where records live: fixed memory that never fragments away.
//
//     base                                                                      base + size
//     | record | hole | record | record |      free       | slot n | ... | slot 2 | slot 1 |
//     0        ^hole                    ^top              ^slots
//
// Records grow from one end, slots from the other, so there is one limit: bytes. A slot is the
// lasting handle of a record: records move (kedge__heap_tidy closes the holes that deletes leave, a
// bounded number of bytes at a time), slots do not.
//
// A slot also carries what its owner keeps about an object: hash and children of the index tree,
// the list attempt that saw it last. Slot numbers begin at 1; 0 is no slot.
//
// A slot without a record is an index node: a record has one for each value that an index gives
// it. They hang in a chain at the record's slot, and go when it goes.
#ifndef KEDGE_OBJECT_HEAP_H
#define KEDGE_OBJECT_HEAP_H

#include "kedge/object.h"

struct kedge__slot {
    uint32_t record;     // where its block begins, in units; 0: the slot is free
                         // a node: the slot of its object
    uint32_t generation; // never given twice: tells a reused slot from the one before
    uint32_t mark;       // the list attempt that saw the object last; a node: see hash
    uint32_t hash;       // of its key; a node: of its value, 64 bits with `mark`
    uint32_t child[2];   // of the index tree; they chain the free slots
    uint32_t nodes;      // the first node of its object; a node: the next one
    uint16_t owner;      // the account that pays for it
    uint8_t indexed;     // it is in its owner's index, and so in the cache
    uint8_t index;       // a node: the number of its index, from 1; 0: a record's slot
};

// Who may take how much of the heap. Filled in by the owner; `used` is the heap's.
struct kedge__account {
    size_t reserved; // bytes that others cannot take
    size_t maximum;  // bytes that it cannot pass; 0: no limit
    size_t used;     // bytes of its records, slots and nodes
    size_t peak;
    size_t count; // records
    size_t nodes; // index nodes
    bool secret;  // what its records leave behind is wiped
};

struct kedge__heap {
    unsigned char *base;
    size_t size;
    uint32_t top;        // end of the records, in units
    uint32_t hole;       // the lowest hole, or `top` where there is none, in units
    uint32_t slot_count; // slots in the table, free ones included
    uint32_t free_slot;  // first of the free ones
    size_t most_nodes;   // of one record, as its owner says: room for as many is held back
    uint32_t generation; // the last given
    size_t live;         // bytes of blocks that hold a record
    size_t largest;      // bytes of the largest record: room for one is held back
    struct kedge__account **accounts;
    size_t account_count;
    size_t peak;
    uint64_t bytes_moved; // by tidying, in all
    bool in_pieces;       // somebody waits for room that lies in pieces: the loop tidies
};

// Makes an empty heap over `memory` (aligned for anything). `accounts` outlives it, or
// is replaced by a longer one; an owner is an index into it. KEDGE_ERR_MEMORY: not even one record
// of `largest` bytes fits beside the room that is held back; *need is then how many bytes would do.
kedge_err kedge__heap_init(struct kedge__heap *h, void *memory, size_t size, size_t largest,
                           struct kedge__account **accounts, size_t account_count, size_t *need);

// Whether a record of `bytes` has room. `in_flight`: for a delete, which may use the room that is
// held back, and is gone soon.
//
// KEDGE_OK        kedge__heap_add will succeed
// KEDGE_WAIT      there is room, but in pieces: tidy first
// KEDGE_ERR_FULL  there is not; *lacking is how many bytes too few
kedge_err kedge__heap_room(const struct kedge__heap *h, uint16_t owner, size_t bytes,
                           bool in_flight, size_t *lacking);

// The same for a record that is to replace that of `slot`. It may use the room that is held back,
// but may not grow beyond its owner's maximum or into what is reserved for others.
kedge_err kedge__heap_room_to_replace(const struct kedge__heap *h, uint32_t slot, size_t bytes,
                                      size_t *lacking);

// A slot with a block for a record of `bytes`, not initialised. Only after kedge__heap_room gave
// OK.
uint32_t kedge__heap_add(struct kedge__heap *h, uint16_t owner, size_t bytes);

// Whether one more node for `slot` has room; answers and *lacking as kedge__heap_room. `known`: the
// slot of the record that this one is to replace; it may use the room that is held back then, but
// with all its nodes not grow beyond the maximum or into what is reserved for others. 0: none.
kedge_err kedge__heap_node_room(const struct kedge__heap *h, uint32_t slot, uint32_t known,
                                size_t *lacking);

// A node at the head of that slot's chain, for the index of that number. Only after
// kedge__heap_node_room gave OK.
uint32_t kedge__heap_add_node(struct kedge__heap *h, uint32_t slot, uint8_t index);

// How many a slot has.
size_t kedge__heap_nodes(const struct kedge__heap *h, uint32_t slot);

// Frees the nodes of a slot, which no tree may have any more: all, or those of one index.
#define KEDGE__EVERY_INDEX 0
void kedge__heap_free_nodes(struct kedge__heap *h, uint32_t slot, uint8_t index);

// Makes the record that was added last as short as `bytes`.
void kedge__heap_trim(struct kedge__heap *h, uint32_t slot, size_t bytes);

// Whether the record of `slot`, added as in flight, may stay for good, in place of that of `known`
// (0: of none). KEDGE_OK, or KEDGE_ERR_FULL and *lacking.
kedge_err kedge__heap_may_stay(const struct kedge__heap *h, uint32_t slot, uint32_t known,
                               size_t *lacking);

// Frees the slot, its nodes and its record.
void kedge__heap_remove(struct kedge__heap *h, uint32_t slot);

// Exchanges records and nodes of two slots of one owner; the slots stay what they are.
void kedge__heap_swap(struct kedge__heap *h, uint32_t a, uint32_t b);

struct kedge__slot *kedge__heap_slot(const struct kedge__heap *h, uint32_t slot);
struct kedge_object *kedge__heap_object(const struct kedge__heap *h, uint32_t slot);

// The slot that holds this record; 0 if it is none of this heap's.
uint32_t kedge__heap_slot_of(const struct kedge__heap *h, const struct kedge_object *o);

// Moves records together, up to about `max_bytes`. True if something was moved. Every record
// pointer is void afterwards.
bool kedge__heap_tidy(struct kedge__heap *h, size_t max_bytes);

// Bytes in use (blocks, slots and nodes) and bytes that a record could still take, holes included.
size_t kedge__heap_used(const struct kedge__heap *h);
size_t kedge__heap_free(const struct kedge__heap *h);

#endif
