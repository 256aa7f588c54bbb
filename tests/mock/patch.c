// SPDX-License-Identifier: Apache-2.0
// patch.c - JSON merge patch (RFC 7386) and JSON patch (RFC 6902).
#include <stdlib.h>
#include <string.h>

#include "priv.h"

enum { DEPTH_MAX = 64 };

static json_t *merged(const json_t *target, const json_t *patch, int depth)
{
    if (!json_is_object(patch) || depth == DEPTH_MAX)
        return json_deep_copy(patch);
    json_t *result = json_is_object(target) ? json_deep_copy(target) : json_object();
    json_t *from = (json_t *)(uintptr_t)patch;
    for (void *it = json_object_iter(from); it; it = json_object_iter_next(from, it)) {
        const char *key = json_object_iter_key(it);
        json_t *value = json_object_iter_value(it);
        if (json_is_null(value))
            json_object_del(result, key);
        else
            json_object_set_new(result, key,
                                merged(json_object_get(result, key), value, depth + 1));
    }
    return result;
}

json_t *patch_merge(const json_t *object, const json_t *patch)
{
    return json_is_object(patch) ? merged(object, patch, 0) : NULL;
}

// ---- JSON patch ----------------------------------------------------------------------------

// The next reference token of a JSON pointer, with ~1 and ~0 undone; NULL at the end.
static char *next_token(const char **pointer)
{
    if (**pointer != '/')
        return NULL;
    struct text t = {0};
    text_string(&t, "");
    const char *at = *pointer + 1;
    for (; *at && *at != '/'; at++) {
        char c = *at;
        if (c == '~' && (at[1] == '0' || at[1] == '1'))
            c = *++at == '0' ? '~' : '/';
        text_add(&t, &c, 1);
    }
    *pointer = at;
    return t.bytes;
}

static bool array_index(const char *token, size_t limit, size_t *index)
{
    char *end;
    if (*token < '0' || *token > '9' || strlen(token) > 9)
        return false;
    *index = strtoul(token, &end, 10);
    return !*end && *index < limit;
}

static json_t *member(json_t *container, const char *token)
{
    size_t i;
    if (json_is_object(container))
        return json_object_get(container, token);
    if (json_is_array(container) && array_index(token, json_array_size(container), &i))
        return json_array_get(container, i);
    return NULL;
}

// Walks to the container of the last token; *last is to be freed. NULL: no such place.
static json_t *walk(json_t *root, const char *pointer, char **last)
{
    char *token = next_token(&pointer);
    json_t *at = root;
    while (token && *pointer) {
        at = member(at, token);
        free(token);
        token = at ? next_token(&pointer) : NULL;
    }
    *last = token;
    return token ? at : NULL;
}

static bool add_at(json_t *container, const char *token, json_t *value)
{
    size_t i;
    if (json_is_object(container))
        return !json_object_set(container, token, value);
    if (!json_is_array(container))
        return false;
    if (mock__same(token, "-"))
        return !json_array_append(container, value);
    return array_index(token, json_array_size(container) + 1, &i) &&
           !json_array_insert(container, i, value);
}

static bool remove_from(json_t *container, const char *token)
{
    size_t i;
    if (json_is_object(container))
        return !json_object_del(container, token);
    return json_is_array(container) && array_index(token, json_array_size(container), &i) &&
           !json_array_remove(container, i);
}

static bool replace_at(json_t *container, const char *token, json_t *value)
{
    size_t i;
    if (!member(container, token))
        return false;
    if (json_is_object(container))
        return !json_object_set(container, token, value);
    return array_index(token, json_array_size(container), &i) &&
           !json_array_set(container, i, value);
}

static json_t *value_at(json_t *root, const char *pointer)
{
    char *token;
    json_t *container = walk(root, pointer, &token);
    json_t *value = container ? member(container, token) : NULL;
    free(token);
    return value;
}

static bool apply_at(json_t *root, const char *op, const char *path, json_t *value)
{
    char *token;
    json_t *container = walk(root, path, &token);
    bool done = false;
    if (container && value && mock__same(op, "add"))
        done = add_at(container, token, value);
    else if (container && value && mock__same(op, "replace"))
        done = replace_at(container, token, value);
    else if (container && value && mock__same(op, "test"))
        done = member(container, token) && json_equal(member(container, token), value);
    else if (container && mock__same(op, "remove"))
        done = remove_from(container, token);
    free(token);
    return done;
}

static bool apply_operation(json_t *root, const json_t *operation)
{
    const char *op = mock__path_string(operation, "op");
    const char *path = mock__path_string(operation, "path");
    const char *from = mock__path_string(operation, "from");
    bool move = mock__same(op, "move"), copy = mock__same(op, "copy");
    if (!move && !copy)
        return apply_at(root, op, path, json_object_get(operation, "value"));
    json_t *value = json_deep_copy(value_at(root, from));
    bool done = value && (copy || apply_at(root, "remove", from, NULL)) &&
                apply_at(root, "add", path, value);
    json_decref(value);
    return done;
}

json_t *patch_json(const json_t *object, const json_t *operations)
{
    json_t *result = json_deep_copy(object), *operation;
    size_t i;
    if (!json_is_array(operations)) {
        json_decref(result);
        return NULL;
    }
    json_array_foreach(operations, i, operation)
    {
        if (apply_operation(result, operation))
            continue;
        json_decref(result);
        return NULL;
    }
    return result;
}
