// SPDX-License-Identifier: Apache-2.0
// build_json.c - values that the caller has as JSON: checked, since all that follows finds its way
// through what is there.
#include "object/build_priv.h"

#include "json/compact.h"

#define LISTS (KEDGE__TYPE(LIST) | KEDGE__TYPE(TEXT_LIST))
#define MAPS  (KEDGE__TYPE(TEXT_MAP) | KEDGE__TYPE(BASE64_MAP))

static void write_json(struct kedge_writer *w, const struct kedge__value *v)
{
    size_t len = (size_t)v->number;
    char *at = kedge_writer_room(w, len);
    if (at != NULL)
        kedge__json_compact(v->text, at, &len);
}

static char first_of(kedge_str json)
{
    size_t at = 0;
    while (json.ptr[at] == ' ' || json.ptr[at] == '\t' || json.ptr[at] == '\n' ||
           json.ptr[at] == '\r')
        at++;
    return json.ptr[at];
}

static bool suits(const struct kedge_field *row, kedge_str json)
{
    if (row == NULL || row->type == KEDGE_FIELD_RAW)
        return true;
    return first_of(json) == ((LISTS >> row->type & 1) != 0 ? '[' : '{');
}

static void put_json(struct kedge_build *b, kedge_member m, uint32_t types, bool append,
                     kedge_str json)
{
    struct kedge__value v = {write_json, json, 0};
    struct kedge__place place;
    const struct kedge_field *row;
    size_t len;
    if (!kedge__build_find(b, m, types, &place, &row))
        return;
    place.append = append;
    if (kedge__json_compact(json, NULL, &len) != KEDGE_OK) {
        kedge__build_fail(b, KEDGE_ERR_JSON, &place, "is to be what is not one JSON value");
        return;
    }
    v.number = (int64_t)len;
    if (!append && !suits(row, json))
        kedge__build_fail(b, KEDGE_ERR_ARGUMENT, &place, "has another type than the value");
    else
        b->put(b, &place, &v);
}

void kedge_build_json(struct kedge_build *b, kedge_member m, kedge_str json)
{
    put_json(b, m, LISTS | MAPS | KEDGE__TYPE(RAW), false, json);
}

void kedge_build_add_json(struct kedge_build *b, kedge_member m, kedge_str json)
{
    put_json(b, m, LISTS, true, json);
}
