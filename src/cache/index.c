// SPDX-License-Identifier: Apache-2.0
// index.c - indices that users name: which objects have which values.
//
//     heap slot of an object ---nodes---> node ---nodes---> node
//                                          |                 |     by value's hash, then by slot
//     struct kedge_index.root ------> a treap of all its nodes
//
// An object has one node for each of its values. The order of a treap is that of its keys, so a
// walk needs no more than the last key to go on, whatever came and went meanwhile; its shape is
// that of priorities, which are a hash of the key, so it needs no balancing. Nodes are taken from
// the heap when a record comes in, and linked when it is applied: that cannot fail.
#include "cache/index_priv.h"

#include "base/hash.h"

#define INDICES_MAX 255

// ---------------------------------------------------------------------------- the tree

// Whose order a tree has.
struct key {
    struct kedge__value_hash hash;
    uint32_t slot;
};

static bool less(struct key a, struct key b)
{
    if (a.hash.high != b.hash.high)
        return a.hash.high < b.hash.high;
    if (a.hash.low != b.hash.low)
        return a.hash.low < b.hash.low;
    return a.slot < b.slot;
}

static struct key key_of(const struct kedge__slot *node)
{
    struct key k = {{node->mark, node->hash}, node->record};
    return k;
}

static uint32_t scramble(uint32_t x)
{
    x = (x ^ x >> 16) * UINT32_C(0x85ebca6b);
    x = (x ^ x >> 13) * UINT32_C(0xc2b2ae35);
    return x ^ x >> 16;
}

// The hash is part of it, so that the slots alone say nothing about the shape.
static uint32_t priority(const struct kedge__slot *node)
{
    return scramble(scramble(node->record ^ node->hash) ^ node->mark);
}

static struct kedge__slot *at(const struct kedge__indexer *x, uint32_t node)
{
    return kedge__heap_slot(x->heap, node);
}

static void insert(struct kedge__indexer *x, uint32_t *link, uint32_t node)
{
    struct kedge__slot *n = at(x, node);
    struct key key = key_of(n);
    while (*link != 0 && priority(at(x, *link)) >= priority(n))
        link = &at(x, *link)->child[less(key_of(at(x, *link)), key)];

    // It stands here; what was below is split by its key.
    uint32_t rest = *link;
    uint32_t *side[2] = {&n->child[0], &n->child[1]};
    *link = node;
    while (rest != 0) {
        struct kedge__slot *r = at(x, rest);
        bool low = less(key_of(r), key);
        *side[!low] = rest;
        side[!low] = &r->child[low];
        rest = r->child[low];
    }
    *side[0] = *side[1] = 0;
}

static void take_out(struct kedge__indexer *x, uint32_t *link, uint32_t node)
{
    struct kedge__slot *n = at(x, node);
    struct key key = key_of(n);
    while (*link != node)
        link = &at(x, *link)->child[less(key_of(at(x, *link)), key)];

    uint32_t a = n->child[0];
    uint32_t b = n->child[1];
    while (a != 0 && b != 0) { // all of a's keys are less than b's
        bool a_first = priority(at(x, a)) >= priority(at(x, b));
        uint32_t *top = a_first ? &a : &b;
        *link = *top;
        link = &at(x, *top)->child[a_first];
        *top = *link;
    }
    *link = a != 0 ? a : b;
}

uint32_t kedge__index_after(const struct kedge__indexer *x, const struct kedge_index *index,
                            struct kedge__value_hash hash, uint32_t slot)
{
    struct key key = {hash, slot};
    uint32_t best = 0;
    for (uint32_t node = index->root; node != 0;) {
        bool behind = less(key, key_of(at(x, node)));
        if (behind)
            best = node;
        node = at(x, node)->child[!behind];
    }
    return best;
}

// ---------------------------------------------------------------------------- values

void kedge_index_value(struct kedge_index_values *out, kedge_str value)
{
    if (out != NULL)
        out->each(out, value);
}

struct kedge__value_hash kedge__index_hash(const struct kedge__indexer *x, kedge_str value)
{
    struct kedge__value_hash h = {kedge__hash_keyed(x->seed, 1, value.ptr, value.len),
                                  kedge__hash_keyed(x->seed, 2, value.ptr, value.len)};
    return h;
}

struct match {
    struct kedge_index_values out;
    kedge_str wanted;
    bool found;
};

static void match_value(struct kedge_index_values *out, kedge_str value)
{
    struct match *m = (struct match *)out;
    m->found = m->found || kedge_str_eq(value, m->wanted);
}

static bool has_value(const struct kedge_index *index, const struct kedge_object *o,
                      kedge_str value)
{
    struct match m = {{match_value}, value, false};
    index->values(index->ctx, o, &m.out);
    return m.found;
}

uint32_t kedge__index_next(const struct kedge__indexer *x, const struct kedge_index *index,
                           kedge_str value, uint32_t slot)
{
    struct kedge__value_hash hash = kedge__index_hash(x, value);
    for (;;) {
        uint32_t node = kedge__index_after(x, index, hash, slot);
        if (node == 0 || at(x, node)->mark != hash.high || at(x, node)->hash != hash.low)
            return 0;
        slot = at(x, node)->record;
        if (has_value(index, kedge__heap_object(x->heap, slot), value))
            return slot;
    }
}

static uint32_t next_of_value(const struct kedge_iter *it)
{
    return kedge__index_next(&it->informer->indexer, it->index, kedge_str_of(it->value), it->slot);
}

// ---------------------------------------------------------------------------- nodes of a record

struct taking {
    struct kedge_index_values out;
    struct kedge__indexer *x;
    const struct kedge_index *index;
    uint32_t slot;
    uint32_t known;
    size_t lacking;
    kedge_err err;
};

static bool has_node(const struct taking *t, struct kedge__value_hash hash)
{
    for (uint32_t n = at(t->x, t->slot)->nodes; n != 0; n = at(t->x, n)->nodes) {
        const struct kedge__slot *node = at(t->x, n);
        if (node->index == t->index->number && node->mark == hash.high && node->hash == hash.low)
            return true;
    }
    return false;
}

static void take_value(struct kedge_index_values *out, kedge_str value)
{
    struct taking *t = (struct taking *)out;
    struct kedge__value_hash hash = kedge__index_hash(t->x, value);
    if (t->err != KEDGE_OK || has_node(t, hash))
        return;
    t->err = kedge__heap_node_room(t->x->heap, t->slot, t->known, &t->lacking);
    if (t->err != KEDGE_OK)
        return;
    struct kedge__slot *n = at(t->x, kedge__heap_add_node(t->x->heap, t->slot, t->index->number));
    n->mark = hash.high;
    n->hash = hash.low;
}

// The values that one index gives a record. On an error some of its nodes may have been taken.
static kedge_err take_values(struct kedge__indexer *x, const struct kedge_index *index,
                             uint32_t slot, uint32_t known, size_t *lacking)
{
    struct taking t = {.out = {take_value}, .x = x, .index = index, .slot = slot, .known = known};
    index->values(index->ctx, kedge__heap_object(x->heap, slot), &t.out);
    *lacking = t.lacking;
    return t.err;
}

// From now on room for as many is held back.
static void hold_back(struct kedge__indexer *x, uint32_t slot)
{
    size_t nodes = kedge__heap_nodes(x->heap, slot);
    if (nodes > x->heap->most_nodes)
        x->heap->most_nodes = nodes;
}

static kedge_err take(struct kedge__indexer *x, uint32_t slot, uint32_t known, size_t *lacking)
{
    kedge_err err = KEDGE_OK;
    for (const struct kedge_index *i = x->indices; i != NULL && err == KEDGE_OK; i = i->next)
        err = take_values(x, i, slot, known, lacking);
    if (err == KEDGE_OK)
        hold_back(x, slot);
    return err;
}

static struct kedge_index *numbered(const struct kedge__indexer *x, uint8_t number)
{
    struct kedge_index *i = x->indices;
    while (i->number != number)
        i = i->next;
    return i;
}

static void link_nodes(struct kedge__indexer *x, uint32_t slot)
{
    for (uint32_t n = at(x, slot)->nodes; n != 0; n = at(x, n)->nodes)
        insert(x, &numbered(x, at(x, n)->index)->root, n);
}

static void unlink_nodes(struct kedge__indexer *x, uint32_t slot)
{
    for (uint32_t n = at(x, slot)->nodes; n != 0; n = at(x, n)->nodes)
        take_out(x, &numbered(x, at(x, n)->index)->root, n);
}

static const struct kedge__index_ops index_ops = {take, link_nodes, unlink_nodes, next_of_value};

// ---------------------------------------------------------------------------- adding an index

const struct kedge_index *kedge__index_named(const struct kedge__indexer *x, const char *name)
{
    const struct kedge_index *i = x->indices;
    while (i != NULL && strcmp(i->name, name) != 0)
        i = i->next;
    return i;
}

static kedge_err index_one(struct kedge__indexer *x, struct kedge_index *index, uint32_t slot)
{
    size_t lacking;
    kedge_err err = take_values(x, index, slot, 0, &lacking);
    if (err != KEDGE_OK)
        return err;
    hold_back(x, slot);
    if (!kedge__indexer_has(x, slot))
        return KEDGE_OK; // linked when it is applied
    for (uint32_t n = at(x, slot)->nodes; n != 0; n = at(x, n)->nodes) {
        if (at(x, n)->index == index->number)
            insert(x, &index->root, n);
    }
    return KEDGE_OK;
}

// What is cached, and what waits in the fifo to be.
static kedge_err index_all(struct kedge_informer *inf, struct kedge_index *index)
{
    struct kedge__indexer *x = &inf->indexer;
    const struct kedge__delta_fifo *f = &inf->fifo;
    kedge_err err = KEDGE_OK;
    uint32_t last = x->heap->slot_count; // what comes behind it now are nodes
    for (uint32_t slot = 1; slot <= last && err == KEDGE_OK; slot++) {
        if (kedge__indexer_has(x, slot))
            err = index_one(x, index, slot);
    }
    for (uint32_t i = 0; i < f->count && err == KEDGE_OK; i++) {
        const struct kedge__delta *d = &f->ring[(f->head + i) % f->cap];
        if (d->type == KEDGE__DELTA_UPSERT)
            err = index_one(x, index, d->slot);
    }
    return err;
}

// The tree goes as a whole, so no node needs to be taken out of it.
static void undo(struct kedge__indexer *x, struct kedge_index *index)
{
    for (uint32_t slot = 1; slot <= x->heap->slot_count; slot++) {
        const struct kedge__slot *s = at(x, slot);
        if (s->record != 0 && s->index == 0 && s->owner == x->owner)
            kedge__heap_free_nodes(x->heap, slot, index->number);
    }
    index->root = 0;
}

static kedge_err join(struct kedge_informer *inf, struct kedge_index *index)
{
    struct kedge__indexer *x = &inf->indexer;
    size_t held = x->heap->most_nodes;
    kedge_err err = index_all(inf, index);
    if (err != KEDGE_OK) {
        undo(x, index);
        x->heap->most_nodes = held;
        x->heap->in_pieces = err == KEDGE_WAIT;
        return err;
    }
    index->informer = inf;
    index->next = x->indices;
    x->indices = index;
    x->ops = &index_ops;
    return KEDGE_OK;
}

// Part of a start-up, which needs no check but its last.
static kedge_err clash(struct kedge_informer *inf, const char *why, const char *name)
{
    if (!inf->factory->started) {
        struct kedge__line *l = kedge__fail(inf->factory->k, KEDGE_ERR_EXISTS);
        kedge__line_text(l, "indexer conflict: the index ");
        kedge__line_foreign(l, name);
        kedge__line_text(l, why);
    }
    return KEDGE_ERR_EXISTS;
}

kedge_err kedge_informer_add_index(struct kedge_informer *inf, struct kedge_index *index)
{
    if (inf == NULL || index == NULL || index->name == NULL || index->values == NULL)
        return KEDGE_ERR_ARGUMENT;
    struct kedge__indexer *x = &inf->indexer;
    if (index->informer != NULL)
        return clash(inf, " is added twice: each informer needs one of its own", index->name);
    if (kedge__index_named(x, index->name) != NULL)
        return clash(inf, " has the name of another: give it its own", index->name);
    if (inf->stopped || inf->stop_asked)
        return KEDGE_ERR_STATE;
    unsigned number = x->indices != NULL ? x->indices->number + 1u : 1;
    if (number > INDICES_MAX)
        return KEDGE_ERR_FULL;
    index->number = (uint8_t)number;
    index->root = 0;
    kedge__lock(inf->factory->k); // others may read
    kedge_err err = join(inf, index);
    if (inf->factory->started)
        kedge__factory_report(inf->factory); // the loop may not run for long
    kedge__unlock(inf->factory->k);
    return err;
}
