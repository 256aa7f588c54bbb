// SPDX-License-Identifier: Apache-2.0
// strategic.c - strategic merge patch: a merge that knows the usual lists by their merge keys, and
// the directives $patch, $retainKeys, $setElementOrder and $deleteFromPrimitiveList.
//
// A real server takes the merge key from the kind's schema; here the list's name decides.
#include <string.h>

#include "priv.h"

enum { DEPTH_MAX = 64 };

static json_t *merge(const json_t *target, const json_t *patch, int depth);

const char *strategic_key(const char *list)
{
    static const char *const keys[][2] = {{"containers", "name"},
                                          {"initContainers", "name"},
                                          {"ephemeralContainers", "name"},
                                          {"env", "name"},
                                          {"volumes", "name"},
                                          {"imagePullSecrets", "name"},
                                          {"ports", "containerPort"},
                                          {"volumeMounts", "mountPath"},
                                          {"conditions", "type"},
                                          {"ownerReferences", "uid"},
                                          {"hostAliases", "ip"},
                                          {"taints", "key"},
                                          {"addresses", "type"},
                                          {"podIPs", "ip"},
                                          {"topologySpreadConstraints", "topologyKey"}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (mock__same(keys[i][0], list))
            return keys[i][1];
    return NULL;
}

// The ports of a Service are merged by port, those of a container by containerPort.
static const char *merge_key(const char *list, const json_t *patch)
{
    const char *key = strategic_key(list);
    if (key && mock__same(list, "ports") && !json_object_get(json_array_get(patch, 0), key))
        return "port";
    return key;
}

static size_t find_item(const json_t *list, const char *key, const json_t *value)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i,
                       item) if (value && json_equal(json_object_get(item, key), value)) break;
    return i;
}

// {"$patch": "replace"} anywhere in a list: the others are the list.
static json_t *replacing(const json_t *patch)
{
    json_t *result = json_array(), *item;
    bool replaces = false;
    size_t i;
    json_array_foreach(patch, i, item)
    {
        if (mock__same(mock__path_string(item, "$patch"), "replace"))
            replaces = true;
        else if (!*mock__path_string(item, "$patch"))
            json_array_append_new(result, json_deep_copy(item));
    }
    if (replaces)
        return result;
    json_decref(result);
    return NULL;
}

static json_t *merge_list(const json_t *target, const json_t *patch, const char *key, int depth)
{
    json_t *replaced = replacing(patch);
    if (replaced)
        return replaced;
    json_t *result = json_is_array(target) ? json_deep_copy(target) : json_array(), *item;
    size_t i;
    json_array_foreach(patch, i, item)
    {
        const char *directive = mock__path_string(item, "$patch");
        size_t at = find_item(result, key, json_object_get(item, key));
        json_t *old = json_array_get(result, at);
        if (mock__same(directive, "delete")) {
            if (old)
                json_array_remove(result, at);
            continue;
        }
        json_t *new_item = merge(old, item, depth + 1);
        if (old)
            json_array_set_new(result, at, new_item);
        else
            json_array_append_new(result, new_item);
    }
    return result;
}

// Sorts a list as $setElementOrder says; items that it does not name stay behind the others.
static void set_order(json_t *object, const char *list, const json_t *order)
{
    json_t *items = json_object_get(object, list), *sorted = json_array(), *wanted;
    const char *key = strategic_key(list);
    if (key && json_is_object(json_array_get(order, 0)) &&
        !json_object_get(json_array_get(order, 0), key))
        key = "port";
    json_t *left = json_copy(items);
    size_t i;
    json_array_foreach(order, i, wanted)
    {
        size_t at = 0;
        if (json_is_object(wanted))
            at = key ? find_item(left, key, json_object_get(wanted, key)) : json_array_size(left);
        else
            while (at < json_array_size(left) && !json_equal(json_array_get(left, at), wanted))
                at++;
        if (at < json_array_size(left)) {
            json_array_append(sorted, json_array_get(left, at));
            json_array_remove(left, at);
        }
    }
    if (json_is_array(items)) {
        json_array_extend(sorted, left);
        json_object_set(object, list, sorted);
    }
    json_decref(left);
    json_decref(sorted);
}

static void delete_primitives(json_t *list, const json_t *values)
{
    json_t *value;
    size_t v;
    json_array_foreach(values, v,
                       value) for (size_t i = json_array_size(list); i > 0;
                                   i--) if (json_equal(json_array_get(list, i - 1), value))
        json_array_remove(list, i - 1);
}

static void retain_keys(json_t *object, const json_t *keys)
{
    json_t *kept = json_object(), *name;
    size_t i;
    json_array_foreach(keys, i, name)
    {
        const char *key = json_string_value(name);
        if (key && json_object_get(object, key))
            json_object_set(kept, key, json_object_get(object, key));
    }
    json_object_clear(object);
    json_object_update(object, kept);
    json_decref(kept);
}

static const char *after(const char *key, const char *prefix)
{
    size_t len = strlen(prefix);
    return strncmp(key, prefix, len) ? NULL : key + len;
}

static void merge_member(json_t *result, const char *key, const json_t *value, int depth)
{
    json_t *old = json_object_get(result, key);
    const char *merge_by = json_is_array(value) ? merge_key(key, value) : NULL;
    if (json_is_null(value))
        json_object_del(result, key);
    else if (merge_by)
        json_object_set_new(result, key, merge_list(old, value, merge_by, depth));
    else if (json_is_array(value) && mock__same(key, "finalizers")) {
        json_t *list = json_is_array(old) ? json_copy(old) : json_array();
        delete_primitives(list, value);
        json_array_extend(list, (json_t *)(uintptr_t)value);
        json_object_set_new(result, key, list);
    } else
        json_object_set_new(result, key, merge(old, value, depth + 1));
}

static void apply_directives(json_t *result, json_t *patch)
{
    const char *key;
    json_t *value;
    json_object_foreach(patch, key, value)
    {
        if (after(key, "$setElementOrder/"))
            set_order(result, after(key, "$setElementOrder/"), value);
        else if (after(key, "$deleteFromPrimitiveList/"))
            delete_primitives(json_object_get(result, after(key, "$deleteFromPrimitiveList/")),
                              value);
        else if (mock__same(key, "$retainKeys"))
            retain_keys(result, value);
    }
}

static json_t *merge(const json_t *target, const json_t *patch, int depth)
{
    if (!json_is_object(patch) || depth >= DEPTH_MAX)
        return json_deep_copy(patch);
    const char *directive = mock__path_string(patch, "$patch");
    if (mock__same(directive, "delete"))
        return json_object();
    bool fresh = !json_is_object(target) || mock__same(directive, "replace");
    json_t *result = fresh ? json_object() : json_deep_copy(target);
    json_t *from = (json_t *)(uintptr_t)patch, *value;
    const char *key;
    json_object_foreach(from, key, value) if (*key != '$') merge_member(result, key, value, depth);
    apply_directives(result, from);
    return result;
}

json_t *patch_strategic(const json_t *object, const json_t *patch)
{
    return json_is_object(patch) ? merge(object, patch, 0) : NULL;
}
