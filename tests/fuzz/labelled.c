// SPDX-License-Identifier: Apache-2.0
#include "labelled.h"

#include <stdio.h>

#include "fuzz.h"
#include "kinds.h"
#include "objects.h"

enum { WORDS = 8 };

static bool is_word(char c)
{
    return c != '\0' && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "._-/",
                               c) != NULL;
}

struct kedge_object *labelled(kedge_str text, size_t behind)
{
    static char json[FUZZ_MAX + 4096];
    kedge_str words[WORDS] = {{NULL, 0}};
    size_t count = 0;
    for (size_t i = 0; i < text.len && count < WORDS; count++) {
        while (i < text.len && !is_word(text.ptr[i]))
            i++;
        words[count].ptr = text.ptr + i;
        while (i < text.len && is_word(text.ptr[i]))
            words[count].len++, i++;
    }
    size_t len = (size_t)sprintf(json, "{\"metadata\":{\"name\":\"o\",\"labels\":{");
    for (size_t i = 0; i + behind < count; i++) {
        kedge_str value = words[i + behind];
        len += (size_t)sprintf(json + len, "%s\"%.*s\":\"%.*s\"", i > 0 ? "," : "",
                               (int)words[i].len, words[i].ptr, (int)value.len, value.ptr);
    }
    len += (size_t)sprintf(json + len, "}}}");
    return record_of(&kedge_kind_deployment, (kedge_str){json, len});
}
