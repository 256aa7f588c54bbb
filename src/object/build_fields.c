// SPDX-License-Identifier: Apache-2.0
// build_fields.c - texts, numbers and null; maps, lists and their items.
#include "object/build_priv.h"
#include "object/project_priv.h"

#define TEXTS                                                                              \
    (KEDGE__TYPE(TEXT) | KEDGE__TYPE(SCALAR) | KEDGE__TYPE(ENUM) | KEDGE__TYPE(QUANTITY) | \
     KEDGE__TYPE(UID))
#define INTS  (KEDGE__TYPE(INT32) | KEDGE__TYPE(INT64) | KEDGE__TYPE(SCALAR))
#define BOOLS (KEDGE__TYPE(BOOL) | KEDGE__TYPE(SCALAR))
#define LISTS (KEDGE__TYPE(LIST) | KEDGE__TYPE(TEXT_LIST))
#define MAPS  (KEDGE__TYPE(TEXT_MAP) | KEDGE__TYPE(BASE64_MAP))
#define ALL   (~UINT32_C(0))

void kedge__write_text(struct kedge_writer *w, const struct kedge__value *v)
{
    kedge_writer_text_str(w, v->text);
}

void kedge__write_number(struct kedge_writer *w, const struct kedge__value *v)
{
    kedge_writer_int64(w, v->number);
}

void kedge__write_raw(struct kedge_writer *w, const struct kedge__value *v)
{
    kedge_writer_raw(w, v->text);
}

// Values -----------------------------------------------------------------------------------------

void kedge_build_text_str(struct kedge_build *b, kedge_member m, kedge_str text)
{
    struct kedge__value v = {kedge__write_text, text, 0};
    struct kedge__place place;
    const struct kedge_field *row;
    if (!kedge__build_find(b, m, TEXTS, &place, &row))
        return;
    const struct kedge__reader *reader =
        row != NULL && row->type == KEDGE_FIELD_QUANTITY ? row->detail : NULL;
    if (text.ptr == NULL)
        kedge__build_fail(b, KEDGE_ERR_ARGUMENT, &place, "the text is NULL");
    else if (reader != NULL && !reader->is_text_of(text))
        kedge__build_fail(b, KEDGE_ERR_ARGUMENT, &place, "the text is no quantity");
    else
        b->put(b, &place, &v);
}

void kedge_build_text(struct kedge_build *b, kedge_member m, const char *text)
{
    kedge_build_text_str(b, m, kedge_str_of(text));
}

void kedge_build_bool(struct kedge_build *b, kedge_member m, bool value)
{
    struct kedge__value v = {kedge__write_raw, value ? KEDGE_STR("true") : KEDGE_STR("false"), 0};
    kedge__build_set(b, m, BOOLS, NULL, false, &v);
}

void kedge_build_int(struct kedge_build *b, kedge_member m, int64_t value)
{
    struct kedge__value v = {kedge__write_number, {NULL, 0}, value};
    struct kedge__place place;
    const struct kedge_field *row;
    if (!kedge__build_find(b, m, INTS, &place, &row))
        return;
    bool is_32 = row != NULL && row->type == KEDGE_FIELD_INT32;
    if (is_32 && (value < INT32_MIN || value > INT32_MAX))
        kedge__build_fail(b, KEDGE_ERR_ARGUMENT, &place, "the value does not fit 32 bits");
    else
        b->put(b, &place, &v);
}

void kedge_build_enum(struct kedge_build *b, kedge_member m, unsigned value)
{
    struct kedge__value v = {kedge__write_text, {NULL, 0}, 0};
    struct kedge__place place;
    const struct kedge_field *row;
    if (!kedge__build_find(b, m, KEDGE__TYPE(ENUM), &place, &row))
        return;
    v.text = kedge_str_of(row != NULL ? kedge_enum_text(row->detail, value) : NULL);
    if (v.text.len == 0)
        kedge__build_fail(b, KEDGE_ERR_ARGUMENT, &place, "has no name for the value");
    else
        b->put(b, &place, &v);
}

void kedge_build_null(struct kedge_build *b, kedge_member m)
{
    struct kedge__value v = {kedge__write_raw, KEDGE_STR("null"), 0};
    kedge__build_set(b, m, ALL, NULL, false, &v);
}

void kedge_build_empty(struct kedge_build *b, kedge_member m)
{
    struct kedge__value v = {kedge__write_raw, KEDGE_STR("{}"), 0};
    struct kedge__place place;
    const struct kedge_field *row;
    if (!kedge__build_find(b, m, LISTS | MAPS, &place, &row))
        return;
    if (row == NULL) {
        kedge__build_fail(b, KEDGE_ERR_ARGUMENT, &place, "of a path it is not known what is empty");
        return;
    }
    if ((LISTS >> row->type & 1) != 0)
        v.text = KEDGE_STR("[]");
    b->put(b, &place, &v);
}

// Maps and lists ---------------------------------------------------------------------------------

static void put_entry(struct kedge_build *b, kedge_member m, uint32_t types, const char *key,
                      const struct kedge__value *v)
{
    struct kedge__place place;
    const struct kedge_field *row;
    if (!kedge__build_find(b, m, types, &place, &row))
        return;
    place.key = key;
    if (key == NULL || key[0] == '\0')
        kedge__build_fail(b, KEDGE_ERR_ARGUMENT, &place, "the entry has no key");
    else if (v->text.ptr == NULL)
        kedge__build_fail(b, KEDGE_ERR_ARGUMENT, &place, "the entry has no value");
    else
        b->put(b, &place, v);
}

void kedge_build_entry(struct kedge_build *b, kedge_member m, const char *key, const char *value)
{
    struct kedge__value v = {kedge__write_text, kedge_str_of(value), 0};
    put_entry(b, m, KEDGE__TYPE(TEXT_MAP), key, &v);
}

void kedge_build_entry_null(struct kedge_build *b, kedge_member m, const char *key)
{
    struct kedge__value v = {kedge__write_raw, KEDGE_STR("null"), 0};
    put_entry(b, m, MAPS, key, &v);
}

void kedge_build_add(struct kedge_build *b, kedge_member m, const char *text)
{
    struct kedge__value v = {kedge__write_text, kedge_str_of(text), 0};
    struct kedge__place place;
    const struct kedge_field *row;
    if (!kedge__build_find(b, m, KEDGE__TYPE(TEXT_LIST), &place, &row))
        return;
    place.append = true;
    if (text == NULL)
        kedge__build_fail(b, KEDGE_ERR_ARGUMENT, &place, "the text is NULL");
    else
        b->put(b, &place, &v);
}

static bool not_json_patch(struct kedge_build *b)
{
    if (b->err == KEDGE_OK && b->buf[0] == '[')
        kedge__build_fail(b, KEDGE_ERR_ARGUMENT, NULL,
                          "not in a JSON patch, which has kedge_build_item_at");
    return b->err == KEDGE_OK;
}

void kedge_build_item(struct kedge_build *b, kedge_member m)
{
    struct kedge__value v = {kedge__write_raw, KEDGE_STR("{}"), 0};
    struct kedge__place place;
    const struct kedge_field *row;
    if (!not_json_patch(b) || !kedge__build_find(b, m, KEDGE__TYPE(LIST), &place, &row))
        return;
    place.append = true;
    if (row == NULL || place.scope == KEDGE_BUILD_LISTS) {
        kedge__build_fail(b, KEDGE_ERR_ARGUMENT, &place,
                          row == NULL ? "items are begun in a LIST of a table"
                                      : "lists in lists, more than KEDGE_BUILD_LISTS");
        return;
    }
    b->depth = (uint8_t)place.scope;
    size_t end = b->put(b, &place, &v);
    if (end == 0)
        return;
    b->depth++;
    b->scopes[b->depth].table = row->items;
    b->scopes[b->depth].at = end - v.text.len;
}

void kedge_build_directive(struct kedge_build *b, const char *directive)
{
    struct kedge_member m = {b->scopes[b->depth].table, "$patch\0", 0};
    if (not_json_patch(b))
        kedge_build_text(b, m, directive);
}
