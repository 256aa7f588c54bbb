// SPDX-License-Identifier: Apache-2.0
// indexer.c - a digital search tree over the hash of the key.
//
//                 [a: 0110..]            A node stands anywhere on the way that its hash bits
//                  0/     \1             describe: left for 0, right for 1, from the lowest bit.
//          [b: 0..0]       [c: ..11]     It needs no balancing (the hash is random) and no room:
//           0/    \1        0/           the links are two words in the slot.
//
// To take a node out, any leaf below it takes its place: a leaf's hash begins with the same bits as
// that of every node above it. Equal hashes go one way and form a chain: a step more, not an error.
#include "cache/indexer.h"

#include "base/hash.h"

void kedge__indexer_init(struct kedge__indexer *x, struct kedge__heap *heap, uint16_t owner,
                         uint32_t seed)
{
    *x = (struct kedge__indexer){.heap = heap, .owner = owner, .seed = seed};
}

// Bit `depth` of the way of a hash. Past its 32 bits the way repeats itself, so that objects of
// equal hash form a chain.
static unsigned bit(uint32_t hash, unsigned depth)
{
    return hash >> (depth % 32) & 1;
}

static bool holds(const struct kedge__indexer *x, uint32_t slot, kedge_str namespace_,
                  kedge_str name)
{
    const struct kedge_object *o = kedge__heap_object(x->heap, slot);
    return kedge_str_eq(kedge_text_str(&o->name), name) &&
           kedge_str_eq(kedge_text_str(&o->namespace_), namespace_);
}

uint32_t kedge__indexer_find(const struct kedge__indexer *x, kedge_str namespace_, kedge_str name)
{
    uint32_t hash = kedge__hash_pair(x->seed, namespace_, name);
    uint32_t slot = x->root;
    for (unsigned depth = 0; slot != 0; depth++) {
        const struct kedge__slot *s = kedge__heap_slot(x->heap, slot);
        if (s->hash == hash && holds(x, slot, namespace_, name))
            return slot;
        slot = s->child[bit(hash, depth)];
    }
    return 0;
}

uint32_t kedge__indexer_known(const struct kedge__indexer *x, uint32_t slot)
{
    const struct kedge_object *o = kedge__heap_object(x->heap, slot);
    return kedge__indexer_find(x, kedge_text_str(&o->namespace_), kedge_text_str(&o->name));
}

void kedge__indexer_insert(struct kedge__indexer *x, uint32_t slot)
{
    struct kedge__slot *s = kedge__heap_slot(x->heap, slot);
    const struct kedge_object *o = kedge__heap_object(x->heap, slot);
    s->hash = kedge__hash_pair(x->seed, kedge_text_str(&o->namespace_), kedge_text_str(&o->name));
    s->child[0] = s->child[1] = 0;
    s->indexed = 1;

    uint32_t *link = &x->root;
    for (unsigned depth = 0; *link != 0; depth++)
        link = &kedge__heap_slot(x->heap, *link)->child[bit(s->hash, depth)];
    *link = slot;
    x->count++;
    if (x->ops != NULL)
        x->ops->link(x, slot);
}

// The link that leads to `slot`.
static uint32_t *link_to(struct kedge__indexer *x, uint32_t slot)
{
    uint32_t hash = kedge__heap_slot(x->heap, slot)->hash;
    uint32_t *link = &x->root;
    for (unsigned depth = 0; *link != slot; depth++)
        link = &kedge__heap_slot(x->heap, *link)->child[bit(hash, depth)];
    return link;
}

// The link that leads to some leaf below `link`'s node; `link` itself if that is a leaf.
static uint32_t *link_to_leaf(struct kedge__indexer *x, uint32_t *link)
{
    for (;;) {
        struct kedge__slot *s = kedge__heap_slot(x->heap, *link);
        uint32_t *next = s->child[0] != 0 ? &s->child[0] : &s->child[1];
        if (*next == 0)
            return link;
        link = next;
    }
}

void kedge__indexer_remove(struct kedge__indexer *x, uint32_t slot)
{
    struct kedge__slot *s = kedge__heap_slot(x->heap, slot);
    if (x->ops != NULL)
        x->ops->unlink(x, slot);
    uint32_t *link = link_to(x, slot);
    uint32_t *leaf_link = link_to_leaf(x, link);
    uint32_t leaf = *leaf_link;
    *leaf_link = 0;
    if (leaf != slot) {
        struct kedge__slot *l = kedge__heap_slot(x->heap, leaf);
        l->child[0] = s->child[0];
        l->child[1] = s->child[1];
        *link = leaf;
    }
    s->child[0] = s->child[1] = 0;
    s->indexed = 0;
    x->count--;
}

kedge_err kedge__indexer_take_nodes(struct kedge__indexer *x, uint32_t slot, uint32_t known,
                                    size_t *lacking)
{
    return x->ops != NULL ? x->ops->take(x, slot, known, lacking) : KEDGE_OK;
}

void kedge__indexer_replace(struct kedge__indexer *x, uint32_t slot, uint32_t from)
{
    if (x->ops != NULL)
        x->ops->unlink(x, slot);
    kedge__heap_swap(x->heap, slot, from);
    kedge__heap_free_nodes(x->heap, from, KEDGE__EVERY_INDEX);
    if (x->ops != NULL)
        x->ops->link(x, slot);
}

bool kedge__indexer_has(const struct kedge__indexer *x, uint32_t slot)
{
    const struct kedge__slot *s = kedge__heap_slot(x->heap, slot);
    return s->record != 0 && s->indexed && s->owner == x->owner;
}
