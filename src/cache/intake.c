// SPDX-License-Identifier: Apache-2.0
// intake.c - one object: sieved text, tokens, record, delta.
//
// Nothing is kept of an object that finds no room: the sieve still has its text, and the next turn
// tries again.
#include "cache/change.h"

kedge_err kedge__intake_parse(struct kedge_informer *inf, struct kedge_json *doc, bool *partial)
{
    struct kedge_factory *f = inf->factory;
    kedge_str text = inf->reflector.sieve.item;
    *partial = inf->reflector.sieve.overflow;
    kedge_err err = kedge_json_parse(doc, text.ptr, text.len, f->tokens, f->token_count);
    if (err != KEDGE_ERR_FULL)
        return err;
    *partial = true;
    return kedge__identity_parse(doc, text, f->shrink_buf, KEDGE__SHRINK_MAX, f->tokens,
                                 f->token_count);
}

static void write_key(char *buf, const struct kedge__identity *id)
{
    struct kedge__line l;
    kedge__line_init(&l, buf, KEDGE__KEY_MAX);
    if (id->namespace_[0] != '\0') {
        kedge__line_printable(&l, kedge_str_of(id->namespace_), 63);
        kedge__line_byte(&l, '/');
    }
    kedge__line_printable(&l, kedge_str_of(id->name), 253);
}

// The record's size; an object over the limit becomes partial.
static kedge_err measure(struct kedge_informer *inf, kedge_json_value object, bool *partial,
                         size_t *size)
{
    kedge_err err = kedge__project(inf->kind, object, *partial, NULL, 0, size);
    bool too_large =
        err == KEDGE_ERR_TOO_LONG || (err == KEDGE_OK && *size > inf->factory->options.object_max);
    if (!too_large || *partial)
        return err;
    *partial = true;
    return kedge__project(inf->kind, object, true, NULL, 0, size);
}

// Something queued may make room. Not what another informer's handler holds back: that could wait
// for us in turn. Nor what a stopped one keeps.
static bool anything_queued(const struct kedge_informer *inf)
{
    for (const struct kedge_informer *i = inf->factory->informers; i != NULL; i = i->next) {
        if (kedge__delivery_busy(i) && (i == inf || !(i->delivery.blocked || i->stopped)))
            return true;
    }
    return false;
}

// Nothing that is queued would help: says what lacks.
static kedge_err full(struct kedge_informer *inf, const struct kedge__identity *id, size_t size,
                      size_t lacking)
{
    write_key(inf->object, id);
    inf->stale_bytes = size;
    inf->bytes_short = lacking;
    return KEDGE_ERR_FULL;
}

struct kedge__arrival {
    kedge_json_value object;
    const struct kedge__identity *id;
    uint32_t known; // slot of the cached object of that name; 0: none
    bool deleted;
    bool partial;
    bool listed;
};

// No room for the final state of what was deleted, but none is needed to forget what is known.
// Under which name a transform would have it known cannot be said.
static kedge_err forget(struct kedge_informer *inf, const struct kedge__arrival *a, size_t size)
{
    struct kedge__delta delta = {.slot = a->known, .type = KEDGE__DELTA_TOMBSTONE};
    if (inf->options.transform != NULL)
        return full(inf, a->id, size, size);
    kedge__informer_raise_floor(inf, a->id->resource_version);
    if (a->known != 0)
        kedge__delta_fifo_push(&inf->fifo, delta, NULL);
    else
        inf->skipped++; // it was never told of either
    return KEDGE_OK;
}

// The informer has a say in what becomes of the object, so only its record will tell.
static bool is_open(const struct kedge_informer *inf)
{
    return inf->change != NULL;
}

static size_t change_room(const struct kedge_informer *inf, size_t size)
{
    return is_open(inf) ? inf->change->room(inf, size) : 0;
}

static kedge_err room(struct kedge_informer *inf, const struct kedge__arrival *a, size_t size,
                      size_t *lacking)
{
    struct kedge__heap *heap = &inf->factory->heap;
    kedge_err err = a->known != 0 && !a->deleted && !is_open(inf)
                        ? kedge__heap_room_to_replace(heap, a->known, size, lacking)
                        : kedge__heap_room(heap, inf->owner, size, a->deleted, lacking);
    return err == KEDGE_ERR_FULL && anything_queued(inf) ? KEDGE_WAIT : err;
}

static kedge_err add(struct kedge_informer *inf, const struct kedge__arrival *a, bool partial,
                     size_t size, uint32_t *slot)
{
    struct kedge__heap *heap = &inf->factory->heap;
    *slot = kedge__heap_add(heap, inf->owner, size + change_room(inf, size));
    kedge_err err =
        kedge__project(inf->kind, a->object, partial, kedge__heap_object(heap, *slot), size, &size);
    if (err != KEDGE_OK)
        kedge__heap_remove(heap, *slot);
    else if (is_open(inf))
        inf->change->apply(inf, *slot);
    return err;
}

static uint32_t known_as(const struct kedge_informer *inf, uint32_t slot)
{
    return kedge__indexer_known(&inf->indexer, slot);
}

// What the indices need for the new record, so that nothing can fail when it is applied.
static kedge_err take_nodes(struct kedge_informer *inf, const struct kedge__arrival *a,
                            uint32_t slot, size_t size)
{
    size_t lacking = 0;
    uint32_t known = is_open(inf) ? known_as(inf, slot) : a->known;
    kedge_err err = kedge__indexer_take_nodes(&inf->indexer, slot, known, &lacking);
    if (err == KEDGE_ERR_FULL && anything_queued(inf))
        return KEDGE_WAIT;
    size += (kedge__heap_nodes(&inf->factory->heap, slot) + 1) * sizeof(struct kedge__slot);
    return err == KEDGE_ERR_FULL ? full(inf, a->id, size, lacking) : err;
}

static kedge_err store(struct kedge_informer *inf, const struct kedge__arrival *a, bool partial,
                       size_t size)
{
    struct kedge__heap *heap = &inf->factory->heap;
    size_t whole = size + change_room(inf, size);
    size_t lacking = 0;
    size_t ignored;
    kedge_err err = room(inf, a, whole, &lacking);
    if (err == KEDGE_ERR_FULL && a->deleted)
        return forget(inf, a, whole);
    bool tight = err == KEDGE_ERR_FULL && is_open(inf);
    if (tight)
        err = kedge__heap_room(heap, inf->owner, whole, true, &ignored);
    if (err == KEDGE_ERR_FULL)
        return full(inf, a->id, whole, lacking);
    if (err != KEDGE_OK)
        return err;

    uint32_t slot;
    err = add(inf, a, partial, size, &slot);
    if (err != KEDGE_OK)
        return err;
    enum kedge__delta_type type = KEDGE__DELTA_DELETE;
    if (!a->deleted)
        type = !is_open(inf) || inf->change->keeps(inf, slot) ? KEDGE__DELTA_UPSERT
                                                              : KEDGE__DELTA_LEFT;
    if (tight && type == KEDGE__DELTA_UPSERT &&
        kedge__heap_may_stay(heap, slot, known_as(inf, slot), &lacking) != KEDGE_OK) {
        kedge__heap_remove(heap, slot);
        return full(inf, a->id, whole, lacking);
    }
    // What was deleted or is not kept is in no index.
    if (type == KEDGE__DELTA_UPSERT)
        err = take_nodes(inf, a, slot, size);
    if (err != KEDGE_OK) {
        kedge__heap_remove(heap, slot);
        return err;
    }
    if (partial) {
        inf->partial++;
        write_key(inf->last_partial, a->id);
    }
    struct kedge__delta delta = {
        .slot = slot, .mark = inf->reflector.attempt, .type = (uint8_t)type, .listed = a->listed};
    kedge__delta_fifo_push(&inf->fifo, delta, NULL);
    return KEDGE_OK;
}

static bool same_uid(const struct kedge_object *o, const struct kedge__identity *id)
{
    return kedge__uid_is(&o->uid, kedge_str_of(id->uid));
}

// A marking list stores nothing, but what a transform makes of an object's name is in its record
// only.
static kedge_err mark_transformed(struct kedge_informer *inf, const struct kedge__arrival *a,
                                  bool partial, size_t size)
{
    struct kedge__heap *heap = &inf->factory->heap;
    size_t whole = size + change_room(inf, size);
    size_t lacking = 0;
    uint32_t slot;
    kedge_err err = kedge__heap_room(heap, inf->owner, whole, true, &lacking);
    if (err == KEDGE_ERR_FULL)
        return anything_queued(inf) ? KEDGE_WAIT : full(inf, a->id, whole, lacking);
    if (err == KEDGE_OK)
        err = add(inf, a, partial, size, &slot);
    if (err != KEDGE_OK)
        return err;
    uint32_t known = known_as(inf, slot);
    kedge__heap_remove(heap, slot);
    if (known != 0 && same_uid(kedge__heap_object(heap, known), a->id))
        kedge__heap_slot(heap, known)->mark = inf->reflector.attempt;
    return KEDGE_OK;
}

const struct kedge__change_ops kedge__intake_change = {kedge__change_room, kedge__change_apply,
                                                       kedge__change_keeps, mark_transformed};

static kedge_err take(struct kedge_informer *inf, const struct kedge__arrival *a)
{
    if (!kedge__delta_fifo_room(&inf->fifo, KEDGE__DELTA_UPSERT))
        return KEDGE_WAIT;
    bool partial = a->partial;
    size_t size = 0;
    kedge_err err = measure(inf, a->object, &partial, &size);
    if (err != KEDGE_OK)
        return err;
    return inf->reflector.marking && is_open(inf) ? inf->change->mark(inf, a, partial, size)
                                                  : store(inf, a, partial, size);
}

static bool usable(struct kedge_informer *inf, const struct kedge__identity *id)
{
    if (!id->unusable && id->name[0] != '\0')
        return true;
    inf->skipped++;
    return false;
}

static uint32_t find(const struct kedge_informer *inf, const struct kedge__identity *id)
{
    return kedge__indexer_find(&inf->indexer, kedge_str_of(id->namespace_), kedge_str_of(id->name));
}

// True if the item needs no delta: a marking list's, or one whose object is cached just so. Marks
// it.
static bool only_marked(struct kedge_informer *inf, const struct kedge__identity *id,
                        uint32_t known)
{
    struct kedge__heap *heap = &inf->factory->heap;
    if (known == 0)
        return inf->reflector.marking;
    const struct kedge_object *o = kedge__heap_object(heap, known);
    bool same = same_uid(o, id) && id->resource_version[0] != '\0' &&
                kedge_str_is(kedge_text_str(&o->resource_version), id->resource_version);
    bool mark = inf->reflector.marking ? same_uid(o, id) : same;
    if (mark)
        kedge__heap_slot(heap, known)->mark = inf->reflector.attempt;
    return mark || inf->reflector.marking;
}

kedge_err kedge__intake_list_item(struct kedge_informer *inf)
{
    struct kedge_json doc;
    struct kedge__identity id;
    struct kedge__arrival a = {.id = &id, .listed = true};
    kedge_err err = kedge__intake_parse(inf, &doc, &a.partial);
    if (err != KEDGE_OK)
        return err;
    a.object = kedge_json_root(&doc);
    kedge__identity_read(&id, a.object);
    if (!usable(inf, &id))
        return KEDGE_OK;
    a.known = find(inf, &id);
    // What is known is what was applied: compare with it only when nothing else is on its way.
    // While a marking list comes, nothing is.
    bool named = inf->options.transform == NULL || !inf->reflector.marking;
    if (!kedge__delivery_busy(inf) && named && only_marked(inf, &id, a.known))
        return KEDGE_OK;
    return take(inf, &a);
}

kedge_err kedge__intake_event(struct kedge_informer *inf, const struct kedge__event_object *e)
{
    struct kedge__arrival a = {.id = e->id,
                               .object = e->object,
                               .deleted = e->deleted,
                               .partial = e->partial,
                               .listed = e->listed};
    if (!usable(inf, e->id))
        return KEDGE_OK;
    a.known = find(inf, e->id);
    if (e->listed && !e->deleted && !kedge__delivery_busy(inf) && only_marked(inf, e->id, a.known))
        return KEDGE_OK;
    return take(inf, &a);
}
