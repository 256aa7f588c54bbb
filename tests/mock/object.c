// SPDX-License-Identifier: Apache-2.0
// object.c - objects as a real server prints them: order of keys, managedFields, scale.
#include <string.h>

#include "priv.h"

// Deeper members are kept as they are: this bounds our own recursion.
enum { DEPTH_MAX = 64 };

static const char *const top_order[] = {"kind", "apiVersion", "metadata", "spec", "status"};
static const char *const metadata_order[] = {"name",
                                             "generateName",
                                             "namespace",
                                             "selfLink",
                                             "uid",
                                             "resourceVersion",
                                             "generation",
                                             "creationTimestamp",
                                             "deletionTimestamp",
                                             "deletionGracePeriodSeconds",
                                             "labels",
                                             "annotations",
                                             "ownerReferences",
                                             "finalizers",
                                             "managedFields"};

static json_t *without_nulls(const json_t *value, int depth)
{
    json_t *copy, *member;
    const char *key;
    size_t i;
    if (depth == DEPTH_MAX || !(json_is_object(value) || json_is_array(value)))
        return json_deep_copy(value);
    if (json_is_array(value)) {
        copy = json_array();
        json_array_foreach(value, i, member)
            json_array_append_new(copy, without_nulls(member, depth + 1));
        return copy;
    }
    copy = json_object();
    for (void *it = json_object_iter((json_t *)(uintptr_t)value); it;
         it = json_object_iter_next((json_t *)(uintptr_t)value, it)) {
        key = json_object_iter_key(it);
        member = json_object_iter_value(it);
        if (!json_is_null(member))
            json_object_set_new(copy, key, without_nulls(member, depth + 1));
    }
    return copy;
}

static json_t *ordered(json_t *object, const char *const *order, size_t count)
{
    json_t *arranged = json_object();
    for (size_t i = 0; i < count; i++)
        if (json_object_get(object, order[i]))
            json_object_set(arranged, order[i], json_object_get(object, order[i]));
    json_object_update_missing(arranged, object);
    return arranged;
}

json_t *object_open(const json_t *object)
{
    json_t *copy = json_copy((json_t *)(uintptr_t)object);
    json_t *metadata = json_object_get(copy, "metadata");
    json_object_set_new(copy, "metadata",
                        json_is_object(metadata) ? json_copy(metadata) : json_object());
    return copy;
}

json_t *object_arrange(const struct kind *kind, const json_t *object, bool keep_nulls)
{
    json_t *copy = keep_nulls ? object_open(object) : without_nulls(object, 0);
    struct text api = {0};
    kind_api_version(kind, &api);
    json_object_set_new(copy, "kind", json_string(kind->name));
    json_object_set_new(copy, "apiVersion", json_string(api.bytes));
    text_free(&api);
    json_t *metadata = json_object_get(copy, "metadata");
    if (!json_is_object(metadata))
        json_object_set_new(copy, "metadata", json_object());
    else
        json_object_set_new(
            copy, "metadata",
            ordered(metadata, metadata_order, sizeof metadata_order / sizeof metadata_order[0]));
    json_t *arranged = ordered(copy, top_order, sizeof top_order / sizeof top_order[0]);
    json_decref(copy);
    return arranged;
}

static void strip(json_t *object)
{
    json_t *metadata = json_object_get(object, "metadata");
    json_object_del(metadata, "resourceVersion");
    json_object_del(metadata, "managedFields");
}

bool object_same(const json_t *a, const json_t *b)
{
    json_t *left = object_open(a), *right = object_open(b);
    strip(left);
    strip(right);
    bool same = json_equal(left, right) != 0;
    json_decref(left);
    json_decref(right);
    return same;
}

// ---- scale ---------------------------------------------------------------------------------

static void add_selector(struct text *out, json_t *labels)
{
    const char *key;
    json_t *value;
    text_string(out, "");
    json_object_foreach(labels, key, value)
        text_format(out, "%s%s=%s", out->len ? "," : "", key,
                    json_is_string(value) ? json_string_value(value) : "");
}

json_t *object_scale(const struct kind *kind, const json_t *object)
{
    static const char *const kept[] = {"name", "namespace", "uid", "resourceVersion",
                                       "creationTimestamp"};
    (void)kind;
    json_t *metadata = json_object();
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        json_t *value = json_object_get(json_object_get(object, "metadata"), kept[i]);
        if (value)
            json_object_set(metadata, kept[i], value);
    }
    struct text selector = {0};
    add_selector(&selector, mock__path(object, "spec.selector.matchLabels"));
    json_t *scale = json_pack(
        "{s:s, s:s, s:o, s:{s:I}, s:{s:I, s:s}}", "kind", "Scale", "apiVersion", "autoscaling/v1",
        "metadata", metadata, "spec", "replicas",
        json_integer_value(mock__path(object, "spec.replicas")), "status", "replicas",
        json_integer_value(mock__path(object, "status.replicas")), "selector", selector.bytes);
    text_free(&selector);
    return scale;
}
