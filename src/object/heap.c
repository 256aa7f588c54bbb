// SPDX-License-Identifier: Apache-2.0
// heap.c - see heap.h for the picture.
//
// A block is a header and a record, a whole number of units. Blocks lie end to end from unit 1 to
// `top`; a header whose slot is 0 makes its block a hole. Invariants: no hole lies below `hole`;
// slot n is the n-th struct below `base + size`.
#include "heap.h"

#include <string.h>

#include "base/wipe.h"

#define UNIT 8u

struct block {
    uint32_t slot;  // 0: a hole
    uint32_t units; // with this header
};

_Static_assert(sizeof(struct block) == UNIT, "a header is one unit");
_Static_assert(_Alignof(struct kedge__slot) <= UNIT, "slots begin at a unit's multiple");

#define SLOT sizeof(struct kedge__slot)

static struct block *block_at(const struct kedge__heap *h, uint32_t unit)
{
    return (struct block *)(void *)(h->base + (size_t)unit * UNIT);
}

static uint32_t units_for(size_t bytes)
{
    return (uint32_t)(1 + (bytes + UNIT - 1) / UNIT);
}

struct kedge__slot *kedge__heap_slot(const struct kedge__heap *h, uint32_t slot)
{
    return (struct kedge__slot *)(void *)(h->base + h->size) - slot;
}

struct kedge_object *kedge__heap_object(const struct kedge__heap *h, uint32_t slot)
{
    return (struct kedge_object *)(void *)(block_at(h, kedge__heap_slot(h, slot)->record) + 1);
}

uint32_t kedge__heap_slot_of(const struct kedge__heap *h, const struct kedge_object *o)
{
    uintptr_t at = (uintptr_t)o;
    uintptr_t low = (uintptr_t)h->base + (uintptr_t)2 * UNIT;
    uintptr_t high = (uintptr_t)h->base + (uintptr_t)h->top * UNIT;
    if (at < low || at >= high || (at - low) % UNIT != 0)
        return 0;
    uint32_t slot = ((const struct block *)(const void *)o - 1)->slot;
    if (slot == 0 || slot > h->slot_count)
        return 0;
    const struct kedge__slot *s = kedge__heap_slot(h, slot);
    bool here = s->record != 0 && s->index == 0 && kedge__heap_object(h, slot) == o;
    return here ? slot : 0;
}

static size_t slots_bytes(const struct kedge__heap *h)
{
    return (size_t)h->slot_count * sizeof(struct kedge__slot);
}

// Bytes between the last record and the slot table.
static size_t gap(const struct kedge__heap *h)
{
    return h->size - slots_bytes(h) - (size_t)h->top * UNIT;
}

size_t kedge__heap_free(const struct kedge__heap *h)
{
    return h->size - UNIT - slots_bytes(h) - h->live;
}

size_t kedge__heap_used(const struct kedge__heap *h)
{
    size_t slots = 0;
    for (size_t i = 0; i < h->account_count; i++)
        slots += h->accounts[i]->count + h->accounts[i]->nodes;
    return h->live + slots * sizeof(struct kedge__slot);
}

static size_t cost(const struct kedge__heap *h, size_t bytes)
{
    size_t slot = h->free_slot == 0 ? sizeof(struct kedge__slot) : 0;
    return (size_t)units_for(bytes) * UNIT + slot;
}

kedge_err kedge__heap_init(struct kedge__heap *h, void *memory, size_t size, size_t largest,
                           struct kedge__account **accounts, size_t account_count, size_t *need)
{
    memset(h, 0, sizeof *h);
    h->base = memory;
    h->size = size / UNIT * UNIT;
    if (h->size / UNIT > UINT32_MAX)
        h->size = (size_t)UINT32_MAX * UNIT;
    h->largest = largest;
    h->top = 1; // unit 0 stays empty, so that 0 is no record
    h->hole = 1;
    h->accounts = accounts;
    h->account_count = account_count;
    *need = UNIT + 2 * ((size_t)units_for(largest) * UNIT + sizeof(struct kedge__slot));
    return h->size >= *need ? KEDGE_OK : KEDGE_ERR_MEMORY;
}

// What is held back: the largest record with the most nodes, so that an update gets through.
static size_t held_back(const struct kedge__heap *h, size_t nodes)
{
    size_t most = nodes > h->most_nodes ? nodes : h->most_nodes;
    return (size_t)units_for(h->largest) * UNIT + (1 + most) * SLOT;
}

// Bytes that the others' reservations still keep from `owner`.
static size_t kept_for_others(const struct kedge__heap *h, uint16_t owner)
{
    size_t kept = 0;
    for (size_t i = 0; i < h->account_count; i++) {
        const struct kedge__account *a = h->accounts[i];
        if (i != owner && a->reserved > a->used)
            kept += a->reserved - a->used;
    }
    return kept;
}

kedge_err kedge__heap_room(const struct kedge__heap *h, uint16_t owner, size_t bytes,
                           bool in_flight, size_t *lacking)
{
    const struct kedge__account *a = h->accounts[owner];
    size_t need = cost(h, bytes);
    size_t guarded = need;
    // What is held back serves updates and deletes of all; reservations bind adds only, too.
    if (!in_flight)
        guarded += held_back(h, 0) + kept_for_others(h, owner);
    size_t left = kedge__heap_free(h);
    if (guarded > left) {
        *lacking = guarded - left;
        return KEDGE_ERR_FULL;
    }
    size_t lasting = (size_t)units_for(bytes) * UNIT + sizeof(struct kedge__slot);
    if (!in_flight && a->maximum > 0 && a->used + lasting > a->maximum) {
        *lacking = a->used + lasting - a->maximum;
        return KEDGE_ERR_FULL;
    }
    return need <= gap(h) ? KEDGE_OK : KEDGE_WAIT;
}

kedge_err kedge__heap_room_to_replace(const struct kedge__heap *h, uint32_t slot, size_t bytes,
                                      size_t *lacking)
{
    const struct kedge__slot *s = kedge__heap_slot(h, slot);
    const struct kedge__account *a = h->accounts[s->owner];
    uint32_t old = block_at(h, s->record)->units;
    uint32_t new = units_for(bytes);
    size_t growth = new > old ? (size_t)(new - old) * UNIT : 0;
    size_t left = kedge__heap_free(h);
    size_t kept = growth > 0 ? kept_for_others(h, s->owner) : 0;
    if (growth > 0 && growth + kept > left) {
        *lacking = growth + kept - left;
        return KEDGE_ERR_FULL;
    }
    if (growth > 0 && a->maximum > 0 && a->used + growth > a->maximum) {
        *lacking = a->used + growth - a->maximum;
        return KEDGE_ERR_FULL;
    }
    return kedge__heap_room(h, s->owner, bytes, true, lacking);
}

size_t kedge__heap_nodes(const struct kedge__heap *h, uint32_t slot)
{
    size_t count = 0;
    for (uint32_t n = kedge__heap_slot(h, slot)->nodes; n != 0; n = kedge__heap_slot(h, n)->nodes)
        count++;
    return count;
}

// Bytes that an owner gets back when a record goes with all that is its.
static size_t bytes_of(const struct kedge__heap *h, uint32_t slot)
{
    const struct block *b = block_at(h, kedge__heap_slot(h, slot)->record);
    return (size_t)b->units * UNIT + (1 + kedge__heap_nodes(h, slot)) * SLOT;
}

kedge_err kedge__heap_node_room(const struct kedge__heap *h, uint32_t slot, uint32_t known,
                                size_t *lacking)
{
    uint16_t owner = kedge__heap_slot(h, slot)->owner;
    const struct kedge__account *a = h->accounts[owner];
    size_t need = h->free_slot == 0 ? SLOT : 0;
    size_t comes_back = known != 0 ? bytes_of(h, known) : 0;
    bool grows = known == 0 || bytes_of(h, slot) + SLOT > comes_back;
    size_t guarded = need;
    if (known == 0)
        guarded += held_back(h, kedge__heap_nodes(h, slot) + 1);
    if (grows)
        guarded += kept_for_others(h, owner);
    // What the old record gives back will do for the others, but not for what is needed now.
    size_t left = kedge__heap_free(h);
    if (need > left || guarded > left + comes_back) {
        *lacking = need > left ? need - left : guarded - left - comes_back;
        return KEDGE_ERR_FULL;
    }
    if (grows && a->maximum > 0 && a->used + SLOT > a->maximum + comes_back) {
        *lacking = a->used + SLOT - a->maximum - comes_back;
        return KEDGE_ERR_FULL;
    }
    return need <= gap(h) ? KEDGE_OK : KEDGE_WAIT;
}

// The free slots are chained both ways: child[0] is the next, child[1] the one before.
static void unchain(struct kedge__heap *h, uint32_t slot)
{
    const struct kedge__slot *s = kedge__heap_slot(h, slot);
    if (s->child[1] != 0)
        kedge__heap_slot(h, s->child[1])->child[0] = s->child[0];
    else
        h->free_slot = s->child[0];
    if (s->child[0] != 0)
        kedge__heap_slot(h, s->child[0])->child[1] = s->child[1];
}

static void chain(struct kedge__heap *h, uint32_t slot)
{
    struct kedge__slot *s = kedge__heap_slot(h, slot);
    memset(s, 0, sizeof *s);
    s->child[0] = h->free_slot;
    if (h->free_slot != 0)
        kedge__heap_slot(h, h->free_slot)->child[1] = slot;
    h->free_slot = slot;
}

static uint32_t take_slot(struct kedge__heap *h)
{
    uint32_t slot = h->free_slot;
    if (slot != 0)
        unchain(h, slot);
    else
        slot = ++h->slot_count;
    struct kedge__slot *s = kedge__heap_slot(h, slot);
    memset(s, 0, sizeof *s);
    return slot;
}

// Books what was taken.
static void pay(struct kedge__heap *h, struct kedge__account *a, size_t bytes)
{
    a->used += bytes;
    if (a->used > a->peak)
        a->peak = a->used;
    if (kedge__heap_used(h) > h->peak)
        h->peak = kedge__heap_used(h);
}

uint32_t kedge__heap_add(struct kedge__heap *h, uint16_t owner, size_t bytes)
{
    uint32_t units = units_for(bytes);
    uint32_t slot = take_slot(h);
    struct kedge__slot *s = kedge__heap_slot(h, slot);
    s->owner = owner;
    s->generation = ++h->generation;
    s->record = h->top;
    *block_at(h, h->top) = (struct block){slot, units};
    if (h->hole == h->top)
        h->hole += units;
    h->top += units;
    h->live += (size_t)units * UNIT;

    h->accounts[owner]->count++;
    pay(h, h->accounts[owner], (size_t)units * UNIT + sizeof *s);
    return slot;
}

uint32_t kedge__heap_add_node(struct kedge__heap *h, uint32_t slot, uint8_t index)
{
    uint32_t node = take_slot(h);
    struct kedge__slot *s = kedge__heap_slot(h, slot);
    struct kedge__slot *n = kedge__heap_slot(h, node);
    n->record = slot;
    n->index = index;
    n->owner = s->owner;
    n->nodes = s->nodes;
    s->nodes = node;
    h->accounts[s->owner]->nodes++;
    pay(h, h->accounts[s->owner], SLOT);
    return node;
}

void kedge__heap_trim(struct kedge__heap *h, uint32_t slot, size_t bytes)
{
    const struct kedge__slot *s = kedge__heap_slot(h, slot);
    struct block *b = block_at(h, s->record);
    uint32_t less = b->units - units_for(bytes);
    if (h->hole == h->top)
        h->hole -= less;
    h->top -= less;
    b->units -= less;
    h->live -= (size_t)less * UNIT;
    h->accounts[s->owner]->used -= (size_t)less * UNIT;
}

kedge_err kedge__heap_may_stay(const struct kedge__heap *h, uint32_t slot, uint32_t known,
                               size_t *lacking)
{
    const struct kedge__slot *s = kedge__heap_slot(h, slot);
    const struct kedge__account *a = h->accounts[s->owner];
    size_t kept = kept_for_others(h, s->owner);
    size_t left = kedge__heap_free(h);
    size_t used = a->used;
    bool grows = true;
    if (known == 0) {
        kept += held_back(h, 0);
    } else {
        size_t old = bytes_of(h, known);
        grows = bytes_of(h, slot) > old;
        left += old; // which goes
        used -= old;
    }
    if (grows && kept > left) {
        *lacking = kept - left;
        return KEDGE_ERR_FULL;
    }
    if (grows && a->maximum > 0 && used > a->maximum) {
        *lacking = used - a->maximum;
        return KEDGE_ERR_FULL;
    }
    return KEDGE_OK;
}

// The free slots at the end of the table go back to the gap.
static void free_slot(struct kedge__heap *h, uint32_t slot)
{
    chain(h, slot);
    while (h->slot_count > 0 && kedge__heap_slot(h, h->slot_count)->record == 0) {
        unchain(h, h->slot_count);
        h->slot_count--;
    }
}

void kedge__heap_free_nodes(struct kedge__heap *h, uint32_t slot, uint8_t index)
{
    uint32_t *link = &kedge__heap_slot(h, slot)->nodes;
    while (*link != 0) {
        uint32_t node = *link;
        struct kedge__slot *n = kedge__heap_slot(h, node);
        if (index != KEDGE__EVERY_INDEX && n->index != index) {
            link = &n->nodes;
            continue;
        }
        struct kedge__account *a = h->accounts[n->owner];
        a->used -= SLOT;
        a->nodes--;
        *link = n->nodes;
        free_slot(h, node);
    }
}

void kedge__heap_remove(struct kedge__heap *h, uint32_t slot)
{
    kedge__heap_free_nodes(h, slot, KEDGE__EVERY_INDEX);
    struct kedge__slot *s = kedge__heap_slot(h, slot);
    struct kedge__account *a = h->accounts[s->owner];
    uint32_t at = s->record;
    struct block *b = block_at(h, at);
    size_t bytes = (size_t)b->units * UNIT;
    if (a->secret)
        kedge__wipe(b + 1, bytes - UNIT);
    b->slot = 0;
    if (at < h->hole)
        h->hole = at;
    if (at + b->units == h->top)
        h->top = at;
    h->live -= bytes;
    a->used -= bytes + sizeof *s;
    a->count--;
    free_slot(h, slot);
    // With nothing left, holes and free slots are nothing too.
    if (h->live == 0) {
        h->top = h->hole = 1;
        h->slot_count = h->free_slot = 0;
        h->most_nodes = 0;
    }
}

void kedge__heap_swap(struct kedge__heap *h, uint32_t a, uint32_t b)
{
    struct kedge__slot *x = kedge__heap_slot(h, a);
    struct kedge__slot *y = kedge__heap_slot(h, b);
    uint32_t record = x->record;
    x->record = y->record;
    y->record = record;
    block_at(h, x->record)->slot = a;
    block_at(h, y->record)->slot = b;

    uint32_t nodes = x->nodes;
    x->nodes = y->nodes;
    y->nodes = nodes;
    for (uint32_t n = x->nodes; n != 0; n = kedge__heap_slot(h, n)->nodes)
        kedge__heap_slot(h, n)->record = a;
    for (uint32_t n = y->nodes; n != 0; n = kedge__heap_slot(h, n)->nodes)
        kedge__heap_slot(h, n)->record = b;
}

// Makes the hole at `at` one with those that follow; gives the unit behind them.
static uint32_t end_of_hole(struct kedge__heap *h, uint32_t at)
{
    uint32_t end = at;
    while (end < h->top && block_at(h, end)->slot == 0)
        end += block_at(h, end)->units;
    return end;
}

// Moves the block at `from` down to `to`, and leaves a hole behind it. Gives the bytes moved.
static size_t move_down(struct kedge__heap *h, uint32_t from, uint32_t to)
{
    struct block head = *block_at(h, from);
    size_t bytes = (size_t)head.units * UNIT;
    memmove(block_at(h, to), block_at(h, from), bytes);
    struct kedge__slot *s = kedge__heap_slot(h, head.slot);
    s->record = to;
    uint32_t end = to + head.units;
    if (h->accounts[s->owner]->secret) {
        uint32_t left = end > from ? end : from; // what the move did not overwrite itself
        kedge__wipe(block_at(h, left), (size_t)(from + head.units - left) * UNIT);
    }
    *block_at(h, end) = (struct block){0, from - to};
    h->hole = end;
    h->bytes_moved += bytes;
    return bytes;
}

bool kedge__heap_tidy(struct kedge__heap *h, size_t max_bytes)
{
    size_t moved = 0;
    uint32_t top = h->top;
    while (h->hole < h->top && moved < max_bytes) {
        uint32_t at = h->hole;
        uint32_t end = end_of_hole(h, at);
        if (end == h->top)
            h->top = at;
        else
            moved += move_down(h, end, at);
    }
    h->in_pieces = h->in_pieces && h->hole < h->top;
    return moved > 0 || h->top < top;
}
