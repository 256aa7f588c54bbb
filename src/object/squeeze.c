// SPDX-License-Identifier: Apache-2.0
// squeeze.c - moves the back of a record over a hole, and away to make one.
//
// An offset counts from its own member, so it changes only where the two lie on different sides of
// the place. Every walk goes through all members, by the kind's tables; what a member leads to is
// walked before its own offset is changed.
#include "object/squeeze.h"

#include <string.h>

#include "object/project.h"
#include "object/words.h"

enum { STEP = 8 };

struct walk {
    // Called for each offset that leads to `bytes` bytes in the record: a text, which may lie
    // anywhere, or an array.
    void (*found)(struct walk *w, unsigned char *member, size_t bytes, bool array);
    unsigned char *base;
    // Looking for the next hole: what is used up to here, and where something is used again.
    size_t used;
    size_t next;
    size_t last_array;
    bool more;
    // Moving what lies behind `from`.
    size_t from;
    size_t by;
    bool closing;
};

// Of a uid it lies anywhere.
static size_t offset_of(const unsigned char *member)
{
    kedge_offset offset;
    memcpy(&offset, member, sizeof offset);
    return offset;
}

static size_t place_of(const struct walk *w, const unsigned char *member)
{
    return (size_t)(member - w->base) + offset_of(member);
}

// Also a short text may have its length before it: one that was escaped.
static size_t text_bytes(const unsigned char *first)
{
    kedge_offset len;
    if (first[0] != KEDGE__LONG_TEXT)
        return strlen((const char *)first) + 1;
    memcpy(&len, first + 1, sizeof len);
    return 1 + sizeof len + len + 1;
}

// quantity_pack.c: the last byte is the first without its highest bit.
static size_t quantity_bytes(const unsigned char *first)
{
    size_t n = 1;
    while (n < KEDGE__QUANTITY_BYTES && first[n - 1] >= 0x80)
        n++;
    return n;
}

// A member that is an offset to bytes, or a word's or quantity's code, or nothing.
static void walk_bytes(struct walk *w, unsigned char *member,
                       size_t (*bytes)(const unsigned char *first))
{
    size_t offset = offset_of(member);
    if (offset != 0 && offset < KEDGE__FIRST_WORD)
        w->found(w, member, bytes(member + offset), false);
}

static void walk_uid(struct walk *w, unsigned char *member)
{
    const struct kedge_uid *u = (const struct kedge_uid *)(void *)member;
    if (kedge__uid_is_text(u))
        walk_bytes(w, member, text_bytes);
}

static void walk_texts(struct walk *w, unsigned char *member, size_t count)
{
    if (count == 0)
        return;
    unsigned char *text = member + offset_of(member);
    for (size_t i = 0; i < count; i++)
        walk_bytes(w, text + i * sizeof(struct kedge_text), text_bytes);
    w->found(w, member, count * sizeof(struct kedge_text), true);
}

static void walk_struct(struct walk *w, const struct kedge_table *table, unsigned char *at);

// As deep as tables are: four at most.
static void walk_list(struct walk *w, const struct kedge_table *items, unsigned char *member,
                      size_t count)
{
    if (count == 0)
        return;
    unsigned char *first = member + offset_of(member);
    for (size_t i = 0; i < count; i++)
        walk_struct(w, items, first + i * items->size);
    w->found(w, member, count * items->size, true);
}

static void walk_member(struct walk *w, const struct kedge_field *f, unsigned char *member)
{
    const void *at = member;
    switch ((enum kedge_field_type)f->type) {
    case KEDGE_FIELD_TEXT:
    case KEDGE_FIELD_SCALAR:
    case KEDGE_FIELD_RAW:
    case KEDGE_FIELD_BASE64:
        walk_bytes(w, member, text_bytes);
        break;
    case KEDGE_FIELD_UID:
        walk_uid(w, member);
        break;
    case KEDGE_FIELD_QUANTITY:
        walk_bytes(w, member, quantity_bytes);
        break;
    case KEDGE_FIELD_TEXT_LIST:
        walk_texts(w, member, ((const struct kedge_text_list *)at)->count);
        break;
    case KEDGE_FIELD_TEXT_MAP:
    case KEDGE_FIELD_BASE64_MAP:
        walk_texts(w, member, (size_t)2 * ((const struct kedge_text_map *)at)->count);
        break;
    case KEDGE_FIELD_LIST:
        walk_list(w, f->items, member, ((const struct kedge_list *)at)->count);
        break;
    case KEDGE_FIELD_BOOL: // no offset in them
    case KEDGE_FIELD_INT32:
    case KEDGE_FIELD_INT64:
    case KEDGE_FIELD_TIME:
    case KEDGE_FIELD_MICRO_TIME:
    case KEDGE_FIELD_ENUM:
    case KEDGE_FIELD_DROP:
    case KEDGE_FIELD_SIEVED:
        break;
    }
}

static void walk_struct(struct walk *w, const struct kedge_table *table, unsigned char *at)
{
    for (size_t i = 0; i < table->count; i++)
        walk_member(w, &table->fields[i], at + table->fields[i].offset);
}

static void walk_record(struct walk *w, const struct kedge_kind *kind)
{
    walk_struct(w, &kedge__meta_table, w->base);
    walk_struct(w, kind->table, w->base);
}

static void look(struct walk *w, unsigned char *member, size_t bytes, bool array)
{
    size_t at = place_of(w, member);
    if (array && at > w->last_array)
        w->last_array = at;
    if (at > w->used) {
        if (at < w->next)
            w->next = at;
    } else if (at + bytes > w->used) {
        w->used = at + bytes;
        w->more = true;
    }
}

static void move(struct walk *w, unsigned char *member, size_t bytes, bool array)
{
    (void)bytes;
    (void)array;
    if ((size_t)(member - w->base) >= w->from || place_of(w, member) < w->from)
        return;
    size_t offset = offset_of(member);
    kedge_offset moved = (kedge_offset)(w->closing ? offset - w->by : offset + w->by);
    memcpy(member, &moved, sizeof moved);
}

// Where the first hole behind `used` ends, and where it begins in w->used. SIZE_MAX: there is none.
static size_t next_hole(struct walk *w, const struct kedge_kind *kind)
{
    w->found = look;
    w->last_array = 0;
    do {
        w->more = false;
        w->next = SIZE_MAX;
        walk_record(w, kind);
    } while (w->more);
    return w->next;
}

size_t kedge__record_squeeze(const struct kedge_kind *kind, struct kedge_object *o, size_t size)
{
    struct walk w = {.base = (unsigned char *)o, .used = kind->table->size, .closing = true};
    for (size_t next = next_hole(&w, kind); next != SIZE_MAX; next = next_hole(&w, kind)) {
        size_t hole = next - w.used;
        w.by = next > w.last_array ? hole : hole / STEP * STEP;
        w.from = next;
        w.found = move;
        if (w.by > 0)
            walk_record(&w, kind);
        memmove(w.base + next - w.by, w.base + next, size - next);
        memset(w.base + size - w.by, 0, w.by);
        memset(w.base + w.used, 0, hole - w.by);
        w.used += hole - w.by;
        size -= w.by;
    }
    memset(w.base + w.used, 0, size - w.used);
    return (w.used + STEP - 1) / STEP * STEP;
}

void kedge__record_open(const struct kedge_kind *kind, struct kedge_object *o, size_t size,
                        size_t from, size_t by)
{
    struct walk w = {.found = move, .base = (unsigned char *)o, .from = from, .by = by};
    walk_record(&w, kind);
    memmove(w.base + from + by, w.base + from, size - from);
}
