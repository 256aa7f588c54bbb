// SPDX-License-Identifier: Apache-2.0
// delivery.c - applies deltas to the cache, one at a time, and tells the handlers.
//
// At any time one of these is under way, in this order of urgency:
//
//     a note       one notification; it ends when every handler has had it
//     a replay     a handler that was added late is shown what the cache holds
//     a sweep      after a list: objects that it did not have become tombstone notes
//     a resync     every object becomes a note for the handlers whose time has come
//     the fifo     its head is applied and becomes a note
//
// So everything happens at its place in the order, and each is a bounded number of steps a turn.
#include "cache/informer_priv.h"

// A turn's work: so many steps, where a call of a handler counts as many and a look at a slot as
// one.
#define TURN_STEPS 1024
#define CALL_STEPS 16

enum outcome { WENT_ON, BLOCKED, NOTHING };

static struct kedge__heap *heap_of(const struct kedge_informer *inf)
{
    return &inf->factory->heap;
}

bool kedge__delivery_busy(const struct kedge_informer *inf)
{
    const struct kedge__delivery *d = &inf->delivery;
    return inf->fifo.count > 0 || d->note != KEDGE__NOTE_NONE || d->sweeping || d->resyncing;
}

// Handlers are called without the lock: what they read, only this thread changes, and others may
// read meanwhile.
static void let_go(const struct kedge_informer *inf)
{
    kedge__unlock(inf->factory->k);
}

static void take_again(const struct kedge_informer *inf)
{
    kedge__lock(inf->factory->k);
}

static bool is_ready(const struct kedge_informer *inf, const struct kedge_handler *h)
{
    if (h->ready == NULL)
        return true;
    let_go(inf);
    bool ready = h->ready(h->ctx);
    take_again(inf);
    return ready;
}

static void tell_add(const struct kedge_handler *h, const struct kedge_object *o, bool initial)
{
    if (h->on_add != NULL)
        h->on_add(h->ctx, o, initial);
}

static void tell_update(const struct kedge_handler *h, const struct kedge_object *old,
                        const struct kedge_object *o)
{
    if (h->on_update != NULL)
        h->on_update(h->ctx, old, o);
}

static void tell_delete(const struct kedge_handler *h, const struct kedge_object *o, bool tombstone)
{
    if (h->on_delete != NULL)
        h->on_delete(h->ctx, o, tombstone);
}

static bool passes(const struct kedge_handler *h, const struct kedge_object *o)
{
    return h->filter == NULL || h->filter(h->ctx, o);
}

// What an update is to a handler that sees only some objects.
static void update_filtered(const struct kedge_handler *h, const struct kedge_object *old,
                            const struct kedge_object *o)
{
    bool before = passes(h, old);
    bool now = passes(h, o);
    if (before && now)
        tell_update(h, old, o);
    else if (now)
        tell_add(h, o, false);
    else if (before)
        tell_delete(h, old, false);
}

static void tell(const struct kedge_informer *inf, const struct kedge_handler *h)
{
    const struct kedge__delivery *d = &inf->delivery;
    const struct kedge_object *o = kedge__heap_object(heap_of(inf), d->slot);
    if (d->note == KEDGE__NOTE_UPDATE) {
        update_filtered(h, kedge__heap_object(heap_of(inf), d->old), o);
        return;
    }
    if (!passes(h, o))
        return;
    if (d->note == KEDGE__NOTE_ADD)
        tell_add(h, o, !inf->synced);
    else if (d->note == KEDGE__NOTE_RESYNC)
        tell_update(h, o, o);
    else
        tell_delete(h, o, d->note == KEDGE__NOTE_TOMBSTONE);
}

static void call(const struct kedge_informer *inf, const struct kedge_handler *h)
{
    let_go(inf);
    tell(inf, h);
    take_again(inf);
}

// The note is over: gives back the record that only it needed.
static void end_note(struct kedge_informer *inf)
{
    struct kedge__delivery *d = &inf->delivery;
    if (d->note == KEDGE__NOTE_UPDATE)
        kedge__heap_remove(heap_of(inf), d->old);
    if (d->note == KEDGE__NOTE_DELETE || d->note == KEDGE__NOTE_TOMBSTONE)
        kedge__heap_remove(heap_of(inf), d->slot);
    d->note = KEDGE__NOTE_NONE;
}

// Tells one handler that has not had the note. The list is looked through anew each time, since a
// handler may change it.
static enum outcome step_note(struct kedge_informer *inf)
{
    struct kedge__delivery *d = &inf->delivery;
    bool left = false;
    for (struct kedge_handler *h = d->handlers; h != NULL; h = h->next) {
        if (h->had >= d->number)
            continue;
        if (d->note == KEDGE__NOTE_RESYNC && !h->resyncing) {
            h->had = d->number;
            continue;
        }
        left = true;
        if (!is_ready(inf, h))
            continue;
        h->had = d->number;
        d->called = true;
        call(inf, h);
        return WENT_ON;
    }
    if (left)
        return BLOCKED;
    end_note(inf);
    return WENT_ON;
}

static void begin_note(struct kedge_informer *inf, enum kedge__note note, uint32_t slot,
                       uint32_t old)
{
    struct kedge__delivery *d = &inf->delivery;
    d->note = note;
    d->slot = slot;
    d->old = old;
    d->number++;
}

// Shows one object to one late handler.
static enum outcome step_replay(struct kedge_informer *inf)
{
    enum outcome outcome = NOTHING;
    for (struct kedge_handler *h = inf->delivery.handlers; h != NULL; h = h->next) {
        if (!h->replaying)
            continue;
        if (h->replay >= heap_of(inf)->slot_count) {
            h->replaying = false;
            return WENT_ON;
        }
        if (!kedge__indexer_has(&inf->indexer, h->replay + 1)) {
            h->replay++;
            return WENT_ON;
        }
        outcome = BLOCKED;
        if (!is_ready(inf, h))
            continue;
        uint32_t slot = ++h->replay;
        inf->delivery.called = true;
        const struct kedge_object *o = kedge__heap_object(heap_of(inf), slot);
        let_go(inf);
        if (passes(h, o))
            tell_add(h, o, true);
        take_again(inf);
        return WENT_ON;
    }
    return outcome;
}

static void apply_version(struct kedge_informer *inf)
{
    memcpy(inf->applied, inf->fifo.version, sizeof inf->applied);
    kedge__informer_raise_floor(inf, inf->applied);
    kedge__delta_fifo_version_done(&inf->fifo);
}

static void end_sweep(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__delivery *d = &inf->delivery;
    d->sweeping = false;
    if (!d->sweep_stored) {
        kedge__delta_fifo_version_done(&inf->fifo);
        return;
    }
    // A list is the whole truth: if the server went back to an older state, so do we.
    inf->floor[0] = '\0';
    apply_version(inf);
    inf->synced = true;
    kedge__informer_phase(inf, KEDGE_CURRENT, now);
}

static enum outcome step_sweep(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__delivery *d = &inf->delivery;
    if (d->walk >= heap_of(inf)->slot_count) {
        end_sweep(inf, now);
        return WENT_ON;
    }
    uint32_t slot = ++d->walk;
    if (kedge__indexer_has(&inf->indexer, slot) &&
        kedge__heap_slot(heap_of(inf), slot)->mark != d->sweep_mark) {
        kedge__indexer_remove(&inf->indexer, slot);
        begin_note(inf, KEDGE__NOTE_TOMBSTONE, slot, 0);
    }
    return WENT_ON;
}

static enum outcome step_resync(struct kedge_informer *inf)
{
    struct kedge__delivery *d = &inf->delivery;
    if (d->walk >= heap_of(inf)->slot_count) {
        d->resyncing = false;
        for (struct kedge_handler *h = d->handlers; h != NULL; h = h->next)
            h->resyncing = false;
        return WENT_ON;
    }
    uint32_t slot = ++d->walk;
    if (kedge__indexer_has(&inf->indexer, slot))
        begin_note(inf, KEDGE__NOTE_RESYNC, slot, 0);
    return WENT_ON;
}

static bool same_object(const struct kedge_object *a, const struct kedge_object *b)
{
    return kedge_uid_equal(&a->uid, &b->uid) && kedge_text_len(&a->resource_version) > 0 &&
           kedge_str_eq(kedge_text_str(&a->resource_version), kedge_text_str(&b->resource_version));
}

// The cache is now at the object's version; items of a list only say that it is not older. Gives
// the slot of the cached object of that name, or 0.
static uint32_t apply_object_version(struct kedge_informer *inf, const struct kedge__delta *delta)
{
    const struct kedge_object *o = kedge__heap_object(heap_of(inf), delta->slot);
    const char *version = kedge_resource_version(o);
    kedge__informer_raise_floor(inf, version);
    if (!delta->listed && version[0] != '\0')
        memcpy(inf->applied, version, strlen(version) + 1);
    return kedge__indexer_known(&inf->indexer, delta->slot);
}

static void apply_upsert(struct kedge_informer *inf, const struct kedge__delta *delta)
{
    struct kedge__heap *heap = heap_of(inf);
    uint32_t known = apply_object_version(inf, delta);
    if (known == 0) {
        kedge__indexer_insert(&inf->indexer, delta->slot);
        kedge__heap_slot(heap, delta->slot)->mark = delta->mark;
        begin_note(inf, KEDGE__NOTE_ADD, delta->slot, 0);
        return;
    }
    kedge__heap_slot(heap, known)->mark = delta->mark;
    if (same_object(kedge__heap_object(heap, delta->slot), kedge__heap_object(heap, known))) {
        kedge__heap_remove(heap, delta->slot);
        return;
    }
    // The object keeps its slot, and with it its references; the other one now holds the old
    // record.
    kedge__indexer_replace(&inf->indexer, known, delta->slot);
    begin_note(inf, KEDGE__NOTE_UPDATE, known, delta->slot);
}

static void apply_delete(struct kedge_informer *inf, const struct kedge__delta *delta)
{
    struct kedge__heap *heap = heap_of(inf);
    uint32_t known = apply_object_version(inf, delta);
    if (known != 0) {
        kedge__indexer_remove(&inf->indexer, known);
        kedge__heap_remove(heap, known);
    } else if (inf->options.keep != NULL) {
        kedge__heap_remove(heap, delta->slot); // it was kept from the handlers, too
        return;
    }
    begin_note(inf, KEDGE__NOTE_DELETE, delta->slot, 0);
}

// An object that the informer does not keep. If it did, it is gone, as it was.
static void apply_left(struct kedge_informer *inf, const struct kedge__delta *delta)
{
    struct kedge__heap *heap = heap_of(inf);
    uint32_t known = apply_object_version(inf, delta);
    kedge__heap_remove(heap, delta->slot);
    if (known == 0)
        return;
    kedge__indexer_remove(&inf->indexer, known);
    begin_note(inf, KEDGE__NOTE_DELETE, known, 0);
}

static void apply(struct kedge_informer *inf, const struct kedge__delta *delta)
{
    struct kedge__delivery *d = &inf->delivery;
    switch ((enum kedge__delta_type)delta->type) {
    case KEDGE__DELTA_UPSERT:
        apply_upsert(inf, delta);
        break;
    case KEDGE__DELTA_DELETE:
        apply_delete(inf, delta);
        break;
    case KEDGE__DELTA_LEFT:
        apply_left(inf, delta);
        break;
    case KEDGE__DELTA_TOMBSTONE:
        kedge__indexer_remove(&inf->indexer, delta->slot);
        begin_note(inf, KEDGE__NOTE_TOMBSTONE, delta->slot, 0);
        break;
    case KEDGE__DELTA_LIST_END:
        d->sweeping = true;
        d->sweep_stored = delta->stored;
        d->sweep_mark = delta->mark;
        d->walk = 0;
        break;
    case KEDGE__DELTA_BOOKMARK:
        apply_version(inf);
        break;
    case KEDGE__DELTA_RESYNC:
        d->resync_queued = false;
        d->resyncing = true;
        d->walk = 0;
        break;
    }
}

static enum outcome step_fifo(struct kedge_informer *inf)
{
    struct kedge__delta delta;
    if (!kedge__delta_fifo_pop(&inf->fifo, &delta))
        return NOTHING;
    apply(inf, &delta);
    return WENT_ON;
}

static enum outcome step(struct kedge_informer *inf, kedge_time now)
{
    const struct kedge__delivery *d = &inf->delivery;
    if (d->note != KEDGE__NOTE_NONE)
        return step_note(inf);
    enum outcome replay = step_replay(inf);
    if (replay != NOTHING)
        return replay;
    if (d->sweeping)
        return step_sweep(inf, now);
    if (d->resyncing)
        return step_resync(inf);
    return step_fifo(inf);
}

// Marks the handlers whose time has come, and gives the time of the next.
static bool mark_due(struct kedge__delivery *d, kedge_time now)
{
    bool any = false;
    d->next_resync = KEDGE_FOREVER;
    for (struct kedge_handler *h = d->handlers; h != NULL; h = h->next) {
        if (h->next_resync <= now) {
            h->resyncing = true;
            h->next_resync = now + h->resync_period;
            any = true;
        }
        if (h->next_resync < d->next_resync)
            d->next_resync = h->next_resync;
    }
    return any;
}

// As in client-go, a resync takes place only while the watch runs.
static void queue_resync(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__delivery *d = &inf->delivery;
    if (now < d->next_resync || !kedge__reflector_watches(inf) || d->resync_queued ||
        d->resyncing || !kedge__delta_fifo_room(&inf->fifo, KEDGE__DELTA_RESYNC))
        return;
    if (!mark_due(d, now))
        return;
    kedge__delta_fifo_push(&inf->fifo, (struct kedge__delta){.type = KEDGE__DELTA_RESYNC}, NULL);
    d->resync_queued = true;
}

bool kedge__delivery_run(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__delivery *d = &inf->delivery;
    const struct kedge *k = inf->factory->k;
    bool moved = false;
    d->blocked = false;
    queue_resync(inf, now);
    for (int steps = 0; steps < TURN_STEPS && !inf->stop_asked && !k->stopped; steps++) {
        d->called = false;
        enum outcome outcome = step(inf, now);
        d->blocked = outcome == BLOCKED;
        if (outcome != WENT_ON)
            break;
        moved = true;
        if (d->called)
            steps += CALL_STEPS;
    }
    return moved;
}

void kedge__delivery_discard(struct kedge_informer *inf)
{
    struct kedge__delta delta;
    if (inf->delivery.note != KEDGE__NOTE_NONE)
        end_note(inf);
    while (kedge__delta_fifo_pop(&inf->fifo, &delta)) {
        if (delta.type == KEDGE__DELTA_UPSERT || delta.type == KEDGE__DELTA_DELETE ||
            delta.type == KEDGE__DELTA_LEFT)
            kedge__heap_remove(heap_of(inf), delta.slot);
    }
    kedge__delta_fifo_version_done(&inf->fifo);
    inf->delivery.sweeping = inf->delivery.resyncing = inf->delivery.resync_queued = false;
}
