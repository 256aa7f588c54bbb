// SPDX-License-Identifier: Apache-2.0
// record.c - reading records. An offset counts from the member that holds it, so each of these
// takes the member's address in the record itself.
#include <string.h>

#include "kedge/object.h"
#include "kedge/selector.h"
#include "object/project.h"
#include "object/words.h"

static const unsigned char *at(const void *member, kedge_offset offset)
{
    return (const unsigned char *)member + offset;
}

static const char *first_byte(const void *member, kedge_offset offset)
{
    if (offset >= KEDGE__FIRST_WORD)
        return kedge__word((size_t)offset - KEDGE__FIRST_WORD);
    return offset != 0 ? (const char *)at(member, offset) : "";
}

// Behind its first byte, a long text has its length.
enum { LONG_HEAD = 1 + sizeof(kedge_offset) };

const char *kedge_text(const struct kedge_text *t)
{
    const char *text = first_byte(t, t->offset);
    return (unsigned char)text[0] == KEDGE__LONG_TEXT ? text + LONG_HEAD : text;
}

static kedge_str text_at(const char *first)
{
    kedge_str s = {first, 0};
    if ((unsigned char)s.ptr[0] == KEDGE__LONG_TEXT) {
        kedge_offset len;
        memcpy(&len, s.ptr + 1, sizeof len);
        s.ptr += LONG_HEAD;
        s.len = len;
    } else {
        s.len = strlen(s.ptr);
    }
    return s;
}

kedge_str kedge_text_str(const struct kedge_text *t)
{
    return text_at(first_byte(t, t->offset));
}

kedge_str kedge__uid_plain(const struct kedge_uid *u)
{
    kedge_offset offset;
    memcpy(&offset, u->bytes, sizeof offset);
    return text_at(first_byte(u, offset));
}

size_t kedge_text_len(const struct kedge_text *t)
{
    return kedge_text_str(t).len;
}

const struct kedge_text *kedge_text_at(const struct kedge_text_list *l, size_t i)
{
    if (i >= l->count)
        return NULL;
    return (const struct kedge_text *)(const void *)at(l, l->offset) + i;
}

const struct kedge_text_pair *kedge_pair_at(const struct kedge_text_map *m, size_t i)
{
    if (i >= m->count)
        return NULL;
    return (const struct kedge_text_pair *)(const void *)at(m, m->offset) + i;
}

const struct kedge_text *kedge__map_find(const struct kedge_text_map *m, kedge_str key)
{
    const struct kedge_text_pair *pair;
    for (size_t i = 0; (pair = kedge_pair_at(m, i)) != NULL; i++) {
        if (kedge_str_eq(kedge_text_str(&pair->key), key))
            return &pair->value;
    }
    return NULL;
}

const struct kedge_text *kedge_map_get(const struct kedge_text_map *m, const char *key)
{
    return kedge__map_find(m, kedge_str_of(key));
}

const void *kedge_list_at(const struct kedge_list *l, size_t i, size_t size)
{
    return i < l->count ? at(l, l->offset) + i * size : NULL;
}

const char *kedge_name(const struct kedge_object *o)
{
    return o != NULL ? kedge_text(&o->name) : "";
}

const char *kedge_namespace(const struct kedge_object *o)
{
    return o != NULL ? kedge_text(&o->namespace_) : "";
}

const char *kedge_resource_version(const struct kedge_object *o)
{
    return o != NULL ? kedge_text(&o->resource_version) : "";
}

const char *kedge_label(const struct kedge_object *o, const char *key)
{
    const struct kedge_text *value = o != NULL ? kedge_map_get(&o->labels, key) : NULL;
    return value != NULL ? kedge_text(value) : NULL;
}

const struct kedge_owner_reference *kedge_controller_of(const struct kedge_object *o)
{
    const struct kedge_owner_reference *owner = NULL;
    for (size_t i = 0; o != NULL && i < o->owner_references.count; i++) {
        owner = KEDGE_AT(struct kedge_owner_reference, &o->owner_references, i);
        if (owner->controller)
            return owner;
    }
    return NULL;
}

bool kedge_is_partial(const struct kedge_object *o)
{
    return o != NULL && (o->flags & KEDGE__RECORD_PARTIAL) != 0;
}

bool kedge_labels_contain(const struct kedge_text_map *labels, const struct kedge_text_map *wanted)
{
    const struct kedge_text_pair *pair;
    for (size_t i = 0; (pair = kedge_pair_at(wanted, i)) != NULL; i++) {
        const struct kedge_text *value = kedge__map_find(labels, kedge_text_str(&pair->key));
        if (value == NULL || !kedge_str_eq(kedge_text_str(value), kedge_text_str(&pair->value)))
            return false;
    }
    return true;
}

kedge_err kedge_object_copy(const struct kedge_object *o, void *buf, size_t cap, size_t *need)
{
    if (need != NULL)
        *need = o != NULL ? o->size : 0;
    if (o == NULL)
        return KEDGE_ERR_ARGUMENT;
    if (buf == NULL)
        return KEDGE_OK;
    if (cap < o->size)
        return KEDGE_ERR_FULL;
    memcpy(buf, o, o->size);
    return KEDGE_OK;
}
