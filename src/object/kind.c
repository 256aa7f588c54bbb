// SPDX-License-Identifier: Apache-2.0
// kind.c - a kind's tag: a hash of all that decides how its records are laid out.
#include "kedge/kind.h"

#include <string.h>

#include "base/hash.h"
#include "object/project.h"
#include "object/words.h"

static uint32_t add_text(uint32_t hash, const char *text)
{
    return kedge__hash_str(hash, kedge_str_of(text));
}

static uint32_t add_number(uint32_t hash, uint32_t n)
{
    unsigned char bytes[4];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(n >> (8 * i));
    return kedge__hash(hash, bytes, sizeof bytes);
}

// A list of texts as in struct kedge_field: each ended by a NUL, and one more NUL at the end; or
// none.
static uint32_t add_texts(uint32_t hash, const char *texts)
{
    uint32_t count = 0;
    for (const char *text = texts; text != NULL && *text != '\0'; text += strlen(text) + 1, count++)
        hash = add_text(hash, text);
    return add_number(hash, count);
}

// Goes as deep as lists nest in the table, and no deeper than projection does.
static uint32_t add_table(uint32_t hash, const struct kedge_table *table, unsigned depth)
{
    hash = add_number(hash, table->size);
    hash = add_number(hash, table->count);
    for (uint16_t i = 0; i < table->count; i++) {
        const struct kedge_field *field = &table->fields[i];
        hash = add_texts(hash, field->path);
        hash = add_texts(hash, field->type == KEDGE_FIELD_ENUM ? field->detail : NULL);
        hash = add_number(hash, field->offset);
        hash = add_number(hash, field->type);
        if (field->type == KEDGE_FIELD_LIST && depth < KEDGE__LISTS_MAX)
            hash = add_table(hash, field->items, depth + 1);
    }
    return hash;
}

uint32_t kedge_kind_tag(const struct kedge_kind *kind)
{
    if (*kind->tag != 0)
        return *kind->tag;
    uint32_t hash = add_number(KEDGE_OFFSET_BITS, sizeof(struct kedge_object));
    hash = add_number(hash, KEDGE__QUANTITY_CODES);
    kedge_str words = kedge__words();
    hash = kedge__hash(hash, words.ptr, words.len);
    hash = add_text(hash, kind->group);
    hash = add_text(hash, kind->version);
    hash = add_text(hash, kind->resource);
    hash = add_text(hash, kind->kind);
    hash = add_number(hash, kind->flags);
    hash = add_table(hash, kind->table, 0);
    *kind->tag = hash != 0 ? hash : 1;
    return *kind->tag;
}

const void *kedge_object_as(const struct kedge_object *o, const struct kedge_kind *kind)
{
    return o != NULL && o->kind == kedge_kind_tag(kind) ? o : NULL;
}

const char *kedge_enum_text(const char *names, unsigned value)
{
    if (value == 0)
        return "";
    for (; value > 1 && *names != '\0'; value--)
        names += strlen(names) + 1;
    return names;
}
