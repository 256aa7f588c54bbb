// SPDX-License-Identifier: Apache-2.0
// change.c - transforms: texts go behind all others; what they leave is squeezed out at the end.
#include "cache/change.h"

#include "object/squeeze.h"
#include "object/words.h"

#include <stddef.h>

size_t kedge__change_room(const struct kedge_informer *inf, size_t size)
{
    size_t max = inf->factory->options.object_max;
    size_t room = inf->options.transform_room;
    if (inf->options.transform == NULL || size >= max)
        return 0;
    if (max > KEDGE__FIRST_WORD)
        max = KEDGE__FIRST_WORD; // no record has as many bytes
    return (room < max - size ? room : max - size) / 8 * 8;
}

static void say_lacking(struct kedge_informer *inf, const struct kedge_change *change)
{
    char text[KEDGE__PROBLEM_MAX];
    struct kedge__line l;
    kedge__line_init(&l, text, sizeof text);
    kedge__line_text(&l, "transform_room lacks ");
    kedge__line_int(&l, (int64_t)change->lacking);
    kedge__line_text(&l, " bytes for ");
    kedge__line_text(&l, kedge_namespace(change->object));
    kedge__line_text(&l, "/");
    kedge__line_text(&l, kedge_name(change->object));
    inf->untransformed++;
    inf->state_dirty = true;
    kedge__informer_warn(inf, "transform", text);
    if (inf->phase == KEDGE_STALE)
        return; // that is what matters, until it is over
    inf->reason = inf->late = KEDGE_ERR_FULL;
    memcpy(inf->problem, text, sizeof inf->problem);
}

void kedge__change_apply(struct kedge_informer *inf, uint32_t slot)
{
    struct kedge__heap *heap = &inf->factory->heap;
    struct kedge_object *o = kedge__heap_object(heap, slot);
    struct kedge_change change = {
        .object = o, .room = kedge__change_room(inf, o->size), .kind = inf->kind};
    if (inf->options.transform == NULL)
        return;
    memset((unsigned char *)o + o->size, 0, change.room);
    change.end = o->size + change.room;
    inf->options.transform(inf->options.ctx, &change);
    size_t used = (change.end - change.room + 7) / 8 * 8;
    if (change.squeeze != NULL)
        used = change.squeeze(inf->kind, o, used);
    o->size = (kedge_offset)used;
    kedge__heap_trim(heap, slot, used);
    if (change.lacking > 0)
        say_lacking(inf, &change);
}

bool kedge__change_keeps(const struct kedge_informer *inf, uint32_t slot)
{
    const struct kedge_object *o = kedge__heap_object(&inf->factory->heap, slot);
    return inf->options.keep == NULL || inf->options.keep(inf->options.ctx, o);
}

struct kedge_object *kedge_change_object(struct kedge_change *change)
{
    return change != NULL ? change->object : NULL;
}

void *kedge__change_member(const struct kedge_change *change, const void *member)
{
    if (change == NULL || member == NULL)
        return NULL;
    uintptr_t base = (uintptr_t)change->object;
    uintptr_t at = (uintptr_t)member;
    if (at < base || at >= base + change->end - change->room)
        return NULL;
    return (unsigned char *)change->object + (at - base);
}

unsigned char *kedge__change_take(struct kedge_change *change, size_t need)
{
    if (need > change->room) {
        change->lacking += need - change->room;
        return NULL;
    }
    unsigned char *place = (unsigned char *)change->object + change->end - change->room;
    change->room -= need;
    return place;
}

static bool has_nul(kedge_str text)
{
    return text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL;
}

static bool may_be(const struct kedge_change *change, const struct kedge_text *member,
                   kedge_str text)
{
    const struct kedge_object *o = change->object;
    if ((const void *)member == &o->uid || member == &o->resource_version)
        return false;
    if (member == &o->name)
        return text.len > 0 && text.len <= 253 && !has_nul(text);
    return member != &o->namespace_ || (text.len <= 63 && !has_nul(text));
}

kedge_err kedge_change_set_text(struct kedge_change *change, const struct kedge_text *member,
                                kedge_str text)
{
    struct kedge_text *m = kedge__change_member(change, member);
    if (m == NULL || !may_be(change, m, text))
        return KEDGE_ERR_ARGUMENT;
    if (text.len == 0) {
        change->squeeze = kedge__record_squeeze;
        m->offset = 0;
        return KEDGE_OK;
    }
    unsigned char *place = kedge__change_take(change, kedge__text_bytes(text));
    if (place == NULL)
        return KEDGE_ERR_FULL;
    kedge__text_write(place, text);
    change->squeeze = kedge__record_squeeze;
    m->offset = (kedge_offset)(place - (unsigned char *)m);
    return KEDGE_OK;
}

kedge_err kedge_change_clear_text(struct kedge_change *change, const struct kedge_text *member)
{
    return kedge_change_set_text(change, member, (kedge_str){NULL, 0});
}

static kedge_err clear(struct kedge_change *change, const void *member, size_t size)
{
    void *m = kedge__change_member(change, member);
    if (m == NULL)
        return KEDGE_ERR_ARGUMENT;
    change->squeeze = kedge__record_squeeze;
    memset(m, 0, size);
    return KEDGE_OK;
}

kedge_err kedge_change_clear_text_list(struct kedge_change *change,
                                       const struct kedge_text_list *member)
{
    return clear(change, member, sizeof *member);
}

kedge_err kedge_change_clear_list(struct kedge_change *change, const struct kedge_list *member)
{
    return clear(change, member, sizeof *member);
}

kedge_err kedge_change_clear_map(struct kedge_change *change, const struct kedge_text_map *member)
{
    return clear(change, member, sizeof *member);
}
