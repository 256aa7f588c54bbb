// SPDX-License-Identifier: Apache-2.0
// object.c - objects as a real server prints them: order of keys, managedFields, scale.
#include <string.h>

#include "priv.h"

// Deeper members are kept as they are: this bounds our own recursion.
enum { DEPTH_MAX = 64, FIELDS_DEPTH = 8 };

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

// ---- managedFields -------------------------------------------------------------------------

static json_t *fields_of(const json_t *value, int depth);

static void add_list_fields(json_t *fields, const json_t *list, const char *key, int depth)
{
    json_t *item;
    size_t i;
    json_array_foreach(list, i, item)
    {
        json_t *id = json_pack("{s:O?}", key, json_object_get(item, key));
        struct text name = {0};
        text_string(&name, "k:");
        text_json(&name, id, 0);
        json_t *below = fields_of(item, depth + 1);
        json_object_set_new(below, ".", json_object());
        json_object_set_new(fields, name.bytes, below);
        json_decref(id);
        text_free(&name);
    }
}

static json_t *fields_of(const json_t *value, int depth)
{
    json_t *fields = json_object();
    if (!json_is_object(value) || depth == FIELDS_DEPTH)
        return fields;
    json_t *object = (json_t *)(uintptr_t)value;
    for (void *it = json_object_iter(object); it; it = json_object_iter_next(object, it)) {
        const char *key = json_object_iter_key(it);
        json_t *member = json_object_iter_value(it);
        struct text name = {0};
        text_format(&name, "f:%s", key);
        json_t *below = fields_of(member, depth + 1);
        if (json_is_array(member) && strategic_key(key))
            add_list_fields(below, member, strategic_key(key), depth + 1);
        json_object_set_new(fields, name.bytes, below);
        text_free(&name);
    }
    return fields;
}

static json_t *entry(const char *manager, const char *operation, const struct kind *kind,
                     int64_t unix_ms, json_t *fields, const char *subresource)
{
    struct text time = {0}, api = {0};
    text_time(&time, unix_ms);
    kind_api_version(kind, &api);
    json_t *e = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "manager", manager, "operation",
                          operation, "apiVersion", api.bytes, "time", time.bytes, "fieldsType",
                          "FieldsV1", "fieldsV1", fields);
    if (*subresource)
        json_object_set_new(e, "subresource", json_string(subresource));
    text_free(&time);
    text_free(&api);
    return e;
}

// One entry for what a user wrote, one for the status: of the size and shape of real ones, but
// without the history of who wrote which field.
void object_add_managed_fields(json_t *object, const struct kind *kind, const struct write *write,
                               int64_t unix_ms)
{
    json_t *metadata = json_object_get(object, "metadata"), *entries = json_array(), *owned;
    owned = json_pack("{s:O?, s:O?, s:O?}", "annotations", json_object_get(metadata, "annotations"),
                      "labels", json_object_get(metadata, "labels"), "ownerReferences",
                      json_object_get(metadata, "ownerReferences"));
    json_t *main = json_copy(object), *status = json_object_get(object, "status");
    json_object_del(main, "kind");
    json_object_del(main, "apiVersion");
    json_object_del(main, "status");
    json_t *written = without_nulls(owned, 0);
    if (json_object_size(written))
        json_object_set(main, "metadata", written);
    else
        json_object_del(main, "metadata");
    json_decref(written);
    json_decref(owned);
    if (json_object_size(main))
        json_array_append_new(entries, entry(write->manager, write->applied ? "Apply" : "Update",
                                             kind, unix_ms, fields_of(main, 0), ""));
    json_decref(main);
    if (json_object_size(status)) {
        json_t *part = json_pack("{s:O}", "status", status);
        json_array_append_new(entries, entry("kube-controller-manager", "Update", kind, unix_ms,
                                             fields_of(part, 0), "status"));
        json_decref(part);
    }
    if (json_array_size(entries))
        json_object_set(metadata, "managedFields", entries);
    else
        json_object_del(metadata, "managedFields");
    json_decref(entries);
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
