// SPDX-License-Identifier: Apache-2.0
#include "sieve_jansson.h"

#include <string.h>

// The other parser --------------------------------------------------------------------------------

static bool is_limit(const json_error_t *error)
{
    return json_error_code(error) == json_error_numeric_overflow ||
           json_error_code(error) == json_error_null_byte_in_key;
}

static json_t *load(kedge_str text, size_t flags, bool *limit, size_t *used)
{
    json_error_t error;
    json_t *value = json_loadb(text.ptr, text.len, SIEVE_STRICT | flags, &error);
    *limit = value == NULL && is_limit(&error);
    *used = value != NULL ? (size_t)error.position : 0;
    if (json_is_object(value) && memchr(text.ptr, '\0', *used) == NULL)
        return value;
    json_decref(value);
    return NULL;
}

json_t *strict_load(kedge_str text, bool *limit)
{
    size_t used;
    return load(text, 0, limit, &used);
}

json_t *strict_load_first(kedge_str text, bool *limit, size_t *used)
{
    return load(text, JSON_DISABLE_EOF_CHECK, limit, used);
}

// The model ---------------------------------------------------------------------------------------

// The rows that are still of interest, each with what is left of its path.
struct rows {
    const struct kedge_field *field[64];
    const char *path[64];
    int count;
};

static void add_table(struct rows *rows, const struct kedge_table *table)
{
    for (unsigned i = 0; table != NULL && i < table->count; i++) {
        rows->field[rows->count] = &table->fields[i];
        rows->path[rows->count++] = table->fields[i].path;
    }
}

static json_t *model(json_t *value, const struct rows *rows, bool all);

static json_t *model_object(json_t *value, const struct rows *rows, bool all)
{
    json_t *kept = json_object();
    const char *key;
    json_t *member;
    json_object_foreach(value, key, member)
    {
        struct rows inner = {.count = 0};
        for (int i = 0; i < rows->count; i++) {
            if (rows->path[i][0] == '\0' || strcmp(rows->path[i], key) != 0)
                continue;
            inner.field[inner.count] = rows->field[i];
            inner.path[inner.count++] = rows->path[i] + strlen(key) + 1;
        }
        json_t *left = model(member, &inner, all);
        if (left != NULL)
            json_object_set_new(kept, key, left);
    }
    return kept;
}

static json_t *model_list(json_t *value, const struct rows *rows)
{
    struct rows inner = {.count = 0};
    json_t *kept = json_array();
    size_t i;
    json_t *element;
    for (int r = 0; r < rows->count; r++) {
        if (rows->path[r][0] == '\0' && rows->field[r]->type == KEDGE_FIELD_LIST)
            add_table(&inner, rows->field[r]->items);
    }
    json_array_foreach(value, i, element)
    {
        json_t *left = model(element, &inner, false);
        if (left == NULL)
            left = json_is_object(element) ? json_object() : json_null();
        json_array_append_new(kept, left);
    }
    return kept;
}

// What is kept of a value, as sieve.h says it; NULL for nothing.
static json_t *model(json_t *value, const struct rows *rows, bool all)
{
    bool keep = false;
    bool drop = false;
    bool list = false;
    bool going = false;
    for (int i = 0; i < rows->count; i++) {
        bool ended = rows->path[i][0] == '\0';
        uint8_t type = rows->field[i]->type;
        going = going || !ended;
        drop = drop || (ended && type == KEDGE_FIELD_DROP);
        list = list || (ended && type == KEDGE_FIELD_LIST);
        keep = keep || (ended && type != KEDGE_FIELD_DROP && type != KEDGE_FIELD_LIST);
    }
    all = keep || (all && !drop);
    if (list && !all && json_is_array(value))
        return model_list(value, rows);
    if (json_is_object(value) && (all || going))
        return model_object(value, rows, all);
    return all ? json_incref(value) : NULL;
}

json_t *sieve_model(json_t *object, const struct kedge_table *const tables[3])
{
    struct rows rows = {.count = 0};
    for (int i = 0; i < 3; i++)
        add_table(&rows, tables[i]);
    json_t *kept = model(object, &rows, false);
    return kept != NULL ? kept : json_object();
}
