// SPDX-License-Identifier: Apache-2.0
// path.c - from a value to one far inside it.
#include "kedge/reader.h"

#include "json/path.h"

#include <string.h>

bool kedge__path_index(const char *key, size_t *index)
{
    size_t n = 0;
    size_t digits = strspn(key, "0123456789");
    // More digits than that are more elements than an int counts tokens.
    if (digits == 0 || digits > 9 || key[digits] != '\0' || (key[0] == '0' && digits > 1))
        return false;
    for (size_t i = 0; i < digits; i++)
        n = n * 10 + (size_t)(key[i] - '0');
    *index = n;
    return true;
}

kedge_json_value kedge_json_element(kedge_json_value container, size_t i)
{
    kedge_json_value v = kedge_json_first(container);
    while (i > 0 && v.at >= 0) {
        v = kedge_json_next(v);
        i--;
    }
    return v;
}

kedge_json_value kedge__path_step(kedge_json_value from, const char *key)
{
    size_t index = 0;
    kedge_json_value absent = {from.doc, -1};
    if (kedge_json_type(from) != KEDGE_JSON_ARRAY)
        return kedge_json_get(from, key);
    return kedge__path_index(key, &index) ? kedge_json_element(from, index) : absent;
}

kedge_json_value kedge_json_at(kedge_json_value from, const char *path)
{
    for (const char *key = path; key[0] != '\0' && from.at >= 0; key += strlen(key) + 1)
        from = kedge__path_step(from, key);
    return from;
}
