// SPDX-License-Identifier: Apache-2.0
// squeeze.c - closes the gaps in a record, and moves its back away to make one.
//
// An offset counts from its own member, so it changes only where the two lie on different sides of
// the place. Every walk goes through all members, by the kind's tables; what a member leads to is
// walked before its own offset is changed.
#include "object/squeeze.h"

#include <string.h>

#include "object/project.h"
#include "object/words.h"

enum { STEP = 8, GAPS = 32, PASSES = 4 };

// Bytes that are used, and how far they move towards the front.
struct run {
    kedge_offset from, to, by;
};

// What is used, in order, and gaps between. Of more than there is room for, the two that lie
// farthest behind become one, which hides the gap between them: up to `sure` none is hidden.
struct runs {
    struct run run[GAPS + 2];
    size_t count;
    size_t sure;
    size_t last_array;
};

struct walk {
    // Called for each offset that leads to `bytes` bytes in the record: a text, which may lie
    // anywhere, or an array.
    void (*found)(struct walk *w, unsigned char *member, size_t bytes, bool array);
    unsigned char *base;
    struct runs *runs; // closing gaps
    size_t from;       // making one: what lies behind this moves on by so much
    size_t by;
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

static void add_run(struct runs *r, size_t from, size_t to)
{
    size_t first = 0;
    while (first < r->count && r->run[first].to < from)
        first++;
    size_t end = first;
    for (; end < r->count && r->run[end].from <= to; end++) {
        from = r->run[end].from < from ? r->run[end].from : from;
        to = r->run[end].to > to ? r->run[end].to : to;
    }
    memmove(&r->run[first + 1], &r->run[end], (r->count - end) * sizeof r->run[0]);
    r->run[first] = (struct run){(kedge_offset)from, (kedge_offset)to, 0};
    r->count = r->count - (end - first) + 1;
    if (r->count <= GAPS + 1)
        return;
    r->count = GAPS + 1;
    if (r->run[GAPS].to < r->sure)
        r->sure = r->run[GAPS].to;
    r->run[GAPS].to = r->run[GAPS + 1].to;
}

static void look(struct walk *w, unsigned char *member, size_t bytes, bool array)
{
    size_t at = place_of(w, member);
    if (array && at > w->runs->last_array)
        w->runs->last_array = at;
    add_run(w->runs, at, at + bytes);
}

// How far what lies there moves.
static size_t shift_of(const struct runs *r, size_t place)
{
    size_t i = r->count - 1;
    while (r->run[i].from > place)
        i--;
    return r->run[i].by;
}

static void close_up(struct walk *w, unsigned char *member, size_t bytes, bool array)
{
    (void)bytes;
    (void)array;
    size_t there = shift_of(w->runs, place_of(w, member));
    size_t here = shift_of(w->runs, (size_t)(member - w->base));
    kedge_offset moved = (kedge_offset)(offset_of(member) - there + here);
    memcpy(member, &moved, sizeof moved);
}

// Says how far each run moves: by eights where arrays lie behind the gap. Gives how far the last.
static size_t reckon(struct runs *r)
{
    size_t by = 0;
    for (size_t i = 1; i < r->count; i++) {
        size_t gap = (size_t)(r->run[i].from - r->run[i - 1].to);
        by += r->run[i].from > r->last_array ? gap : gap / STEP * STEP;
        r->run[i].by = (kedge_offset)by;
    }
    return by;
}

static void move_runs(unsigned char *base, const struct runs *r)
{
    for (size_t i = 1; i < r->count; i++) {
        const struct run *m = &r->run[i];
        size_t before = (size_t)(m[-1].to - m[-1].by);
        size_t to = (size_t)(m->from - m->by);
        memmove(base + to, base + m->from, (size_t)(m->to - m->from));
        memset(base + before, 0, to - before);
    }
}

// So many gaps a pass, so many passes: a call takes no longer than that, whatever the record.
size_t kedge__record_squeeze(const struct kedge_kind *kind, struct kedge_object *o, size_t size)
{
    struct runs r = {.sure = 0};
    struct walk w = {.base = (unsigned char *)o, .runs = &r};
    size_t used = kind->table->size;
    size_t end = size;
    for (int pass = 0; pass < PASSES && r.sure < SIZE_MAX; pass++) {
        r.run[0] = (struct run){0, (kedge_offset)used, 0};
        r.count = 1;
        r.last_array = 0;
        r.sure = SIZE_MAX;
        w.found = look;
        walk_record(&w, kind);
        size_t by = reckon(&r);
        w.found = close_up;
        if (by > 0)
            walk_record(&w, kind);
        move_runs(w.base, &r);
        used = r.sure - shift_of(&r, r.sure); // if there is another pass
        end = r.run[r.count - 1].to - by;
    }
    memset(w.base + end, 0, size - end);
    return (end + STEP - 1) / STEP * STEP;
}

static void move_on(struct walk *w, unsigned char *member, size_t bytes, bool array)
{
    (void)bytes;
    (void)array;
    if ((size_t)(member - w->base) >= w->from || place_of(w, member) < w->from)
        return;
    kedge_offset moved = (kedge_offset)(offset_of(member) + w->by);
    memcpy(member, &moved, sizeof moved);
}

void kedge__record_open(const struct kedge_kind *kind, struct kedge_object *o, size_t size,
                        size_t from, size_t by)
{
    struct walk w = {.found = move_on, .base = (unsigned char *)o, .from = from, .by = by};
    walk_record(&w, kind);
    memmove(w.base + from + by, w.base + from, size - from);
}
