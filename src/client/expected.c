// SPDX-License-Identifier: Apache-2.0
// expected.c - whether what came is what was asked for: a server, or a proxy before it, may answer
// with a Table, a Status or something of another kind, in words that a sieve can read.
//
// client-go's decoders refuse what is of no kind they know, and its reflectors skip what is of
// another. Here any such object would be one of ours without fields, and such a list an empty one.
#include "client/expected.h"

#define PARTIAL "PartialObjectMetadata"

// Those of kedge__status_table first: an ERROR event's object is a Status. With metadata and the 48
// rows of a kind, `kind` makes the 64 that can be sieved together; of an object whose kind nobody
// has named, with few rows or one, there is room for its apiVersion, too.
static const struct kedge_field event_object_rows[] = {
    {.path = "code\0", .type = KEDGE_FIELD_SIEVED},
    {.path = "reason\0", .type = KEDGE_FIELD_SIEVED},
    {.path = "message\0", .type = KEDGE_FIELD_SIEVED},
    {.path = "details\0", .type = KEDGE_FIELD_SIEVED},
    {.path = "kind\0", .type = KEDGE_FIELD_SIEVED},
    {.path = "apiVersion\0", .type = KEDGE_FIELD_SIEVED},
};
static const struct kedge_table named_rows = {event_object_rows, 5, 0};
static const struct kedge_table unnamed_rows = {event_object_rows, 6, 0};

static const struct kedge_field list_rows[] = {
    {.path = "metadata\0resourceVersion\0", .type = KEDGE_FIELD_TEXT},
    {.path = "metadata\0continue\0", .type = KEDGE_FIELD_TEXT},
    {.path = "kind\0", .type = KEDGE_FIELD_TEXT},
    {.path = "apiVersion\0", .type = KEDGE_FIELD_TEXT},
};
const struct kedge_table kedge__expected_list_rows = {list_rows, 4, 0};

static bool has_no_name(const struct kedge_kind *kind)
{
    return kind == NULL || kind->kind[0] == '\0';
}

const struct kedge_table *kedge__expected_rows(const struct kedge_kind *kind)
{
    return has_no_name(kind) ? &unnamed_rows : &named_rows;
}

// What a server makes of objects for who reads them: no objects.
static bool is_table(kedge_json_value object)
{
    char version[24] = ""; // of what is longer, nothing
    kedge_json_value v = kedge_json_get(object, "apiVersion");
    if (!kedge_json_text_is(kedge_json_get(object, "kind"), KEDGE_STR("Table")))
        return false;
    if (kedge_json_text(v, NULL, 0) < sizeof version)
        version[kedge_json_text(v, version, sizeof version)] = '\0';
    return strncmp(version, "meta.k8s.io/", 12) == 0;
}

bool kedge__expected_object(const struct kedge_kind *kind, kedge_json_value object)
{
    kedge_json_value name = kedge_json_get(object, "kind");
    if (has_no_name(kind))
        return !is_table(object);
    if (kedge_json_type(name) != KEDGE_JSON_TEXT) // not said, or it did not fit
        return true;
    return kedge_json_text_is(name, kedge_str_of(kind->kind)) ||
           ((kind->flags & KEDGE_METADATA_ONLY) != 0 &&
            kedge_json_text_is(name, KEDGE_STR(PARTIAL)));
}

bool kedge__expected_list(const struct kedge_kind *kind, kedge_json_value list)
{
    kedge_json_value name = kedge_json_get(list, "kind");
    return !is_table(list) && !kedge_json_text_is(name, KEDGE_STR("Status")) &&
           (has_no_name(kind) || !kedge_json_text_is(name, kedge_str_of(kind->kind)));
}

void kedge__expected_say(struct kedge__line *l, kedge_json_value object)
{
    char kind[64];
    size_t len = kedge_json_text(kedge_json_get(object, "kind"), kind, sizeof kind);
    kedge__line_printable(l, (kedge_str){kind, len < sizeof kind ? len : sizeof kind}, 64);
}
