// SPDX-License-Identifier: Apache-2.0
#include "filled.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kedge/kinds.h"
#include "object/project.h"

#define KIND(name) &kedge_kind_##name,
const struct kedge_kind *const every_kind[EVERY_KIND] = {
#include "kinds.def"
};
#undef KIND

// Does the name have this word, with no letter before or behind it?
static bool names(const char *name, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = strstr(name, word); at != NULL; at = strstr(at + 1, word)) {
        if ((at == name || at[-1] == '-') && (at[len] == '-' || at[len] == '.'))
            return true;
    }
    return false;
}

const struct kedge_kind *kind_of_reply(const char *name)
{
    const struct kedge_kind *found = NULL;
    size_t longest = 0;
    for (size_t k = 0; k < EVERY_KIND; k++) {
        const struct kedge_kind *kind = every_kind[k];
        char words[3][256];
        snprintf(words[0], sizeof words[0], "%s", kind->resource);
        snprintf(words[1], sizeof words[1], "%s.%s", kind->resource, kind->group);
        snprintf(words[2], sizeof words[2], "%s.%s.%s", kind->resource, kind->version, kind->group);
        for (size_t i = 0; i < 3; i++) {
            if (strlen(words[i]) > longest && names(name, words[i])) {
                longest = strlen(words[i]);
                found = kind;
            }
        }
    }
    return found;
}

static json_t *filled(const struct kedge_table *table, unsigned depth);

// A value that suits the field; `n` makes it differ from others.
static json_t *value_for(const struct kedge_field *field, size_t n, unsigned depth)
{
    const char *name = field->detail;
    switch ((enum kedge_field_type)field->type) {
    case KEDGE_FIELD_TEXT:
        return json_sprintf("text \"%zu\" \u00e9\n", n);
    case KEDGE_FIELD_BOOL:
        return json_true();
    case KEDGE_FIELD_INT32:
        return json_integer(n % 2 ? INT32_MIN : INT32_MAX);
    case KEDGE_FIELD_INT64:
        return json_integer(n % 2 ? INT64_MIN : INT64_MAX);
    case KEDGE_FIELD_TIME:
    case KEDGE_FIELD_MICRO_TIME:
        return json_sprintf("2026-11-23T04:16:%02zu.123456Z", n % 60);
    case KEDGE_FIELD_QUANTITY:
        return n % 3 ? json_sprintf("%zuMi", n) : json_integer((json_int_t)n);
    case KEDGE_FIELD_ENUM:
        for (; n > 0 && name[strlen(name) + 1] != '\0'; n--)
            name += strlen(name) + 1;
        return json_string(name);
    case KEDGE_FIELD_TEXT_LIST:
        return json_pack("[s,s,s]", "one", "", "three");
    case KEDGE_FIELD_TEXT_MAP:
        return json_pack("{s:s,s:s,s:s}", "a", "1", "b", "", "example.com/c", "3");
    case KEDGE_FIELD_LIST:
        return json_pack("[o,o]", filled(field->items, depth + 1), filled(field->items, depth + 1));
    case KEDGE_FIELD_RAW:
        return json_pack("{s:[i,n,s]}", "x", 1, "y");
    case KEDGE_FIELD_BASE64:
        return json_string("Zm9vYg==");
    case KEDGE_FIELD_BASE64_MAP:
        return json_pack("{s:s,s:s}", "empty", "", "full", "AAECAwQF/v8=");
    case KEDGE_FIELD_UID:
        return n % 2 ? json_sprintf("uid %zu", n)
                     : json_sprintf("%08zx-0000-4000-8000-0123456789ab", n);
    case KEDGE_FIELD_SCALAR:
        return n % 2 ? json_integer((json_int_t)n) : json_string("name");
    default:
        return NULL;
    }
}

void filled_put(json_t *json, const char *path, json_t *value)
{
    while (path[strlen(path) + 1] != '\0') {
        json_t *inner = json_object_get(json, path);
        if (inner == NULL) {
            inner = json_object();
            json_object_set_new(json, path, inner);
        }
        json = inner;
        path += strlen(path) + 1;
    }
    if (value != NULL)
        json_object_set_new(json, path, value);
}

static void fill(json_t *json, const struct kedge_table *table, unsigned depth)
{
    for (size_t i = 0; i < table->count; i++)
        filled_put(json, table->fields[i].path, value_for(&table->fields[i], i, depth));
}

static json_t *filled(const struct kedge_table *table, unsigned depth)
{
    json_t *json = json_object();
    assert_true(depth < 8);
    fill(json, table, depth);
    return json;
}

json_t *filled_object(const struct kedge_kind *kind)
{
    json_t *json = filled(&kedge__meta_table, 0);
    fill(json, kind->table, 0);
    return json;
}
