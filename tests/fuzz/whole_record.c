// SPDX-License-Identifier: Apache-2.0
#include "whole_record.h"

#include "object/project.h"
#include "object/words.h"

#include "fuzz.h"

static const unsigned char *begin;
static const unsigned char *end;

// What a member's offset leads to: `count` elements of `size` bytes, or nothing.
static const void *whole(const void *member, kedge_offset offset, size_t count, size_t size,
                         size_t align)
{
    const unsigned char *at = (const unsigned char *)member + offset;
    PROMISE((offset == 0) == (count == 0));
    if (count == 0)
        return NULL;
    PROMISE(at >= begin + sizeof(struct kedge_object) && at < end);
    PROMISE(count * size <= (size_t)(end - at));
    PROMISE((uintptr_t)at % align == 0);
    return at;
}

// Its bytes are in the record, or in the library's own words.
static void whole_text(const struct kedge_text *t)
{
    kedge_str s = kedge_text_str(t);
    kedge_str words = kedge__words();
    bool word = t->offset >= KEDGE__FIRST_WORD;
    PROMISE(s.ptr == kedge_text(t) && s.len == kedge_text_len(t));
    if (word)
        PROMISE(s.ptr >= words.ptr && s.ptr + s.len < words.ptr + words.len);
    else if (t->offset != 0)
        whole(t, (kedge_offset)(s.ptr - (const char *)t), s.len + 1, 1, 1);
    PROMISE((t->offset == 0) == (s.len == 0));
    PROMISE(s.ptr[s.len] == '\0');
}

static void whole_uid(const struct kedge_uid *u)
{
    struct kedge_text text;
    char buf[KEDGE_UID_TEXT];
    kedge_str s = kedge_uid_str(u, buf);
    memcpy(&text, u, sizeof text);
    PROMISE(s.ptr[s.len] == '\0' && kedge__uid_is(u, s) && kedge_uid_equal(u, u));
    PROMISE((s.ptr == buf) == (s.len < sizeof buf));
    if ((u->bytes[8] & 0x80) != 0)
        return;
    PROMISE((text.offset == 0) == (s.len == 0));
    if (text.offset != 0 && text.offset < KEDGE__FIRST_WORD)
        whole(u, text.offset, s.len + 1, 1, 1);
}

static void whole_quantity(const struct kedge_quantity *q)
{
    unsigned char bytes[KEDGE__QUANTITY_BYTES];
    uint32_t code = 0;
    int64_t n = kedge_quantity(q);
    PROMISE((q->offset == 0) == (n == 0));
    if (n == 0)
        return;
    size_t len = kedge__quantity_pack(n, bytes, &code);
    PROMISE((len == 0) == (q->offset >= KEDGE__FIRST_WORD));
    if (len == 0)
        PROMISE(q->offset == KEDGE__FIRST_WORD + code);
    else
        PROMISE(memcmp(whole(q, q->offset, len, 1, 1), bytes, len) == 0);
}

static void whole_texts(const struct kedge_text_list *l)
{
    whole(l, l->offset, l->count, sizeof(struct kedge_text), _Alignof(struct kedge_text));
    for (size_t i = 0; i < l->count; i++)
        whole_text(kedge_text_at(l, i));
}

static void whole_map(const struct kedge_text_map *m)
{
    whole(m, m->offset, m->count, sizeof(struct kedge_text_pair), _Alignof(struct kedge_text));
    for (size_t i = 0; i < m->count; i++) {
        const struct kedge_text_pair *pair = kedge_pair_at(m, i);
        whole_text(&pair->key);
        whole_text(&pair->value);
        PROMISE(kedge__map_find(m, kedge_text_str(&pair->key)) == &pair->value);
    }
    PROMISE(kedge_pair_at(m, m->count) == NULL);
}

static void whole_struct(const struct kedge_table *table, const unsigned char *base);

static void whole_list(const struct kedge_list *l, const struct kedge_table *items)
{
    whole(l, l->offset, l->count, items->size, _Alignof(kedge_offset));
    for (size_t i = 0; i < l->count; i++)
        whole_struct(items, kedge_list_at(l, i, items->size));
}

static void whole_member(const struct kedge_field *field, const void *member)
{
    switch ((enum kedge_field_type)field->type) {
    case KEDGE_FIELD_TEXT:
    case KEDGE_FIELD_RAW:
    case KEDGE_FIELD_SCALAR:
    case KEDGE_FIELD_BASE64:
        whole_text(member);
        break;
    case KEDGE_FIELD_UID:
        whole_uid(member);
        break;
    case KEDGE_FIELD_QUANTITY:
        whole_quantity(member);
        break;
    case KEDGE_FIELD_TEXT_LIST:
        whole_texts(member);
        break;
    case KEDGE_FIELD_TEXT_MAP:
    case KEDGE_FIELD_BASE64_MAP:
        whole_map(member);
        break;
    case KEDGE_FIELD_LIST:
        whole_list(member, field->items);
        break;
    case KEDGE_FIELD_BOOL:
        PROMISE(*(const uint8_t *)member <= 1);
        break;
    case KEDGE_FIELD_ENUM:
        PROMISE(*(const uint8_t *)member == 0 ||
                kedge_enum_text(field->detail, *(const uint8_t *)member)[0] != '\0');
        break;
    default:
        break;
    }
}

static void whole_struct(const struct kedge_table *table, const unsigned char *base)
{
    for (size_t i = 0; i < table->count; i++)
        whole_member(&table->fields[i], base + table->fields[i].offset);
}

void whole_record(const struct kedge_kind *kind, const struct kedge_object *o, size_t size)
{
    begin = (const unsigned char *)o;
    end = begin + size;
    PROMISE(o->size == size && size % 8 == 0 && size >= kind->table->size);
    PROMISE(o->kind == kedge_kind_tag(kind) && kedge_object_as(o, kind) == o);
    whole_struct(&kedge__meta_table, begin);
    whole_struct(kind->table, begin);
}
