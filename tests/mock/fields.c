// SPDX-License-Identifier: Apache-2.0
// fields.c - sets of fields, as server-side apply has them.
//
// A set is an object with a member for each step down, named as in fieldsV1 (f:spec, k:{...},
// v:...), and the member "." where the place itself belongs to the set. fieldsV1 leaves that dot
// out where nothing lies below. Depth is bounded: deeper values are one.
#include <stdlib.h>
#include <string.h>

#include "priv.h"

enum { DEPTH_MAX = 48 };

static void include(json_t *set)
{
    json_object_set_new(set, ".", json_object());
}

// Takes the set below over; an empty one leaves no trace.
static void put(json_t *set, const char *step, json_t *below)
{
    if (json_object_size(below))
        json_object_set(set, step, below);
    json_decref(below);
}

static void put_field(json_t *set, const char *key, json_t *below)
{
    struct text step = {0};
    text_format(&step, "f:%s", key);
    put(set, step.bytes, below);
    text_free(&step);
}

static json_t *below(const json_t *set, const char *step)
{
    return json_object_get(set, step);
}

// ---- arithmetic ----------------------------------------------------------------------------

enum { UNION, DIFFERENCE, INTERSECTION };

static json_t *combined(const json_t *a, const json_t *b, int how, int depth)
{
    json_t *result = json_object(), *left = (json_t *)(uintptr_t)a, *value;
    const char *step;
    json_object_foreach(left, step, value)
    {
        json_t *other = below(b, step);
        if (mock__same(step, ".")) {
            if (how == UNION || (how == INTERSECTION) == (other != NULL))
                include(result);
        } else if (!other && how != INTERSECTION) {
            json_object_set(result, step, value);
        } else if (other && depth < DEPTH_MAX) {
            put(result, step, combined(value, other, how, depth + 1));
        }
    }
    if (how == UNION)
        json_object_update_missing(result, (json_t *)(uintptr_t)b);
    return result;
}

json_t *fields_union(const json_t *a, const json_t *b)
{
    return combined(a, b, UNION, 0);
}

json_t *fields_difference(const json_t *a, const json_t *b)
{
    return combined(a, b, DIFFERENCE, 0);
}

json_t *fields_intersection(const json_t *a, const json_t *b)
{
    return combined(a, b, INTERSECTION, 0);
}

// ---- fieldsV1 ------------------------------------------------------------------------------

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// The steps of a set in order, to be freed; their names belong to the set.
static const char **sorted_steps(const json_t *set)
{
    size_t count = json_object_size(set), i = 0;
    const char **steps = mock__alloc((count + 1) * sizeof *steps), *step;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)set, step, value) steps[i++] = step;
    if (count)
        qsort((void *)(uintptr_t)steps, count, sizeof *steps, by_name);
    return steps;
}

static json_t *converted(const json_t *set, bool encode, int depth)
{
    json_t *result = json_object();
    size_t count = json_object_size(set);
    const char **steps = sorted_steps(set);
    bool leaf = encode && count == 1 && mock__same(steps[0], ".");
    for (size_t i = 0; i < count && !leaf && depth < DEPTH_MAX; i++)
        json_object_set_new(result, steps[i],
                            mock__same(steps[i], ".")
                                ? json_object()
                                : converted(below(set, steps[i]), encode, depth + 1));
    if (!count && !encode)
        include(result);
    free((void *)(uintptr_t)steps);
    return result;
}

json_t *fields_encode(const json_t *set)
{
    return converted(set, true, 0);
}

json_t *fields_decode(const json_t *v1)
{
    return json_object_size(v1) ? converted(v1, false, 0) : json_object();
}

// ---- what an object has --------------------------------------------------------------------

// Where a value is: under which field, in an object of a kind with or without schema.
struct place {
    const char *field;
    bool untyped; // lists are atomic
    int depth;
};

static struct place step_to(const struct place *p, const char *field)
{
    // metadata has a schema in every kind.
    bool untyped = p->untyped && !(p->depth == 0 && mock__same(field, "metadata"));
    return (struct place){field, untyped, p->depth + 1};
}

static const struct list_schema *list_at(const struct place *p, const json_t *list)
{
    return p->untyped ? NULL : schema_list(p->field, list);
}

static bool is_one_value(const struct place *p, const json_t *value)
{
    if (p->depth >= DEPTH_MAX)
        return true;
    if (json_is_object(value))
        return !json_object_size(value) || (!p->untyped && schema_is_atomic_map(p->field));
    return !json_is_array(value) || !list_at(p, value);
}

// All that a value has; every: also the maps and lists on the way.
static json_t *set_at(const struct place *p, const json_t *value, bool every)
{
    json_t *set = json_object(), *member;
    const char *key;
    size_t i;
    if (every || is_one_value(p, value))
        include(set);
    if (is_one_value(p, value))
        return set;
    if (json_is_object(value)) {
        json_object_foreach((json_t *)(uintptr_t)value, key, member)
        {
            struct place next = step_to(p, key);
            put_field(set, key, set_at(&next, member, every));
        }
        return set;
    }
    const struct list_schema *schema = list_at(p, value);
    struct place item = step_to(p, "");
    json_array_foreach(value, i, member)
    {
        struct text step = {0};
        schema_item(schema, member, &step);
        json_t *inside = schema->atomic_items ? json_object() : set_at(&item, member, every);
        include(inside);
        put(set, step.bytes, inside);
        text_free(&step);
    }
    return set;
}

json_t *fields_of(const struct kind *kind, const json_t *object)
{
    struct place root = {"", kind->custom, 0};
    return set_at(&root, object, false);
}

// ---- what differs --------------------------------------------------------------------------

static void compare_at(const struct place *p, const json_t *a, const json_t *b, json_t *changed,
                       json_t *removed);

// One step down; a or b is NULL where there is nothing.
static void compare_step(const struct place *next, const char *step, const json_t *a,
                         const json_t *b, json_t *changed, json_t *removed)
{
    json_t *more = json_object(), *less = json_object();
    if (!a)
        json_object_update_new(more, set_at(next, b, true));
    else if (!b)
        json_object_update_new(less, set_at(next, a, true));
    else
        compare_at(next, a, b, more, less);
    put(changed, step, more);
    put(removed, step, less);
}

static void compare_maps(const struct place *p, const json_t *a, const json_t *b, json_t *changed,
                         json_t *removed)
{
    const char *key;
    json_t *value, *keys = json_object();
    json_object_foreach((json_t *)(uintptr_t)a, key, value) json_object_set(keys, key, value);
    json_object_foreach((json_t *)(uintptr_t)b, key, value) json_object_set(keys, key, value);
    json_object_foreach(keys, key, value)
    {
        struct text step = {0};
        struct place next = step_to(p, key);
        text_format(&step, "f:%s", key);
        compare_step(&next, step.bytes, json_object_get(a, key), json_object_get(b, key), changed,
                     removed);
        text_free(&step);
    }
    json_decref(keys);
}

// The items of a list by their names; the first of a name counts.
static json_t *items_by_step(const struct list_schema *schema, const json_t *list)
{
    json_t *items = json_object(), *item;
    size_t i;
    json_array_foreach(list, i, item)
    {
        struct text step = {0};
        schema_item(schema, item, &step);
        if (!json_object_get(items, step.bytes))
            json_object_set(items, step.bytes, item);
        text_free(&step);
    }
    return items;
}

static void compare_lists(const struct place *p, const json_t *a, const json_t *b, json_t *changed,
                          json_t *removed)
{
    const struct list_schema *schema = list_at(p, json_array_size(b) ? b : a);
    json_t *old = items_by_step(schema, a), *new_items = items_by_step(schema, b), *value;
    json_t *steps = json_copy(old);
    const char *step;
    struct place item = step_to(p, "");
    item.depth = schema->atomic_items ? DEPTH_MAX : item.depth;
    json_object_update(steps, new_items);
    json_object_foreach(steps, step, value)
        compare_step(&item, step, json_object_get(old, step), json_object_get(new_items, step),
                     changed, removed);
    json_decref(steps);
    json_decref(old);
    json_decref(new_items);
}

static bool may_be(const json_t *value, json_type type)
{
    return json_is_null(value) || json_typeof(value) == type;
}

static void compare_at(const struct place *p, const json_t *a, const json_t *b, json_t *changed,
                       json_t *removed)
{
    bool maps = may_be(a, JSON_OBJECT) && may_be(b, JSON_OBJECT);
    bool arrays = may_be(a, JSON_ARRAY) && may_be(b, JSON_ARRAY);
    bool one = (is_one_value(p, a) || json_is_null(a)) && (is_one_value(p, b) || json_is_null(b));
    if (json_equal(a, b))
        return;
    if (one || (!maps && !arrays))
        include(changed);
    else if (maps)
        compare_maps(p, a, b, changed, removed);
    else
        compare_lists(p, a, b, changed, removed);
}

void fields_compare(const struct kind *kind, const json_t *a, const json_t *b, json_t **changed,
                    json_t **removed)
{
    struct place root = {"", kind->custom, 0};
    *changed = json_object();
    *removed = json_object();
    compare_at(&root, a, b, *changed, *removed);
}

// ---- merging and pruning -------------------------------------------------------------------

static json_t *merge_at(const struct place *p, const json_t *live, const json_t *config);

static json_t *merge_lists(const struct place *p, const json_t *live, const json_t *config)
{
    const struct list_schema *schema = list_at(p, config);
    json_t *new_items = items_by_step(schema, config), *result = json_array(), *item;
    struct place inside = step_to(p, "");
    size_t i;
    json_array_foreach(live, i, item)
    {
        struct text step = {0};
        schema_item(schema, item, &step);
        json_t *mine = json_object_get(new_items, step.bytes);
        if (mine && !schema->atomic_items)
            json_array_append_new(result, merge_at(&inside, item, mine));
        else
            json_array_append(result, mine ? mine : item);
        json_object_del(new_items, step.bytes);
        text_free(&step);
    }
    const char *name;
    json_object_foreach(new_items, name, item) json_array_append(result, item);
    json_decref(new_items);
    return result;
}

static json_t *merge_at(const struct place *p, const json_t *live, const json_t *config)
{
    if (json_is_array(config) && json_is_array(live) && list_at(p, config))
        return merge_lists(p, live, config);
    bool atomic = !p->untyped && schema_is_atomic_map(p->field);
    if (!json_is_object(config) || !json_is_object(live) || atomic || p->depth >= DEPTH_MAX)
        return json_incref((json_t *)(uintptr_t)config);
    json_t *result = json_copy((json_t *)(uintptr_t)live), *value;
    const char *key;
    json_object_foreach((json_t *)(uintptr_t)config, key, value)
    {
        struct place next = step_to(p, key);
        json_t *old = json_object_get(live, key);
        json_object_set_new(result, key, old ? merge_at(&next, old, value) : json_incref(value));
    }
    return result;
}

json_t *fields_merge(const struct kind *kind, const json_t *live, const json_t *config)
{
    struct place root = {"", kind->custom, 0};
    return merge_at(&root, live, config);
}

// The value without what is in the doomed set, unless something below it is kept; NULL: nothing is
// left of it.
static json_t *prune_at(const struct place *p, json_t *value, const json_t *doomed,
                        const json_t *kept)
{
    bool owned = below(doomed, ".") && !json_object_size(kept);
    if (owned || !json_object_size(doomed))
        return owned ? NULL : json_incref(value);
    const struct list_schema *schema = json_is_array(value) ? list_at(p, value) : NULL;
    if (!schema && !json_is_object(value))
        return json_incref(value);
    json_t *result = schema ? json_array() : json_object(), *member;
    const char *key;
    size_t i;
    if (schema) {
        struct place inside = step_to(p, "");
        json_array_foreach(value, i, member)
        {
            struct text step = {0};
            schema_item(schema, member, &step);
            json_t *left =
                prune_at(&inside, member, below(doomed, step.bytes), below(kept, step.bytes));
            if (left)
                json_array_append_new(result, left);
            text_free(&step);
        }
    } else {
        json_object_foreach(value, key, member)
        {
            struct text step = {0};
            struct place next = step_to(p, key);
            text_format(&step, "f:%s", key);
            json_t *left =
                prune_at(&next, member, below(doomed, step.bytes), below(kept, step.bytes));
            if (left)
                json_object_set_new(result, key, left);
            text_free(&step);
        }
    }
    // A map of which everything went goes, too.
    bool empty = schema ? !json_array_size(result) : !json_object_size(result);
    if (!empty || json_object_size(kept) || !p->depth)
        return result;
    json_decref(result);
    return NULL;
}

json_t *fields_prune(const struct kind *kind, json_t *object, const json_t *doomed,
                     const json_t *kept)
{
    struct place root = {"", kind->custom, 0};
    return prune_at(&root, object, doomed, kept);
}

// ---- paths ---------------------------------------------------------------------------------

// ".spec.containers[name=\"main\"].image"
static void add_step(struct text *out, const char *step)
{
    if (*step == 'f') {
        text_format(out, ".%s", step + 2);
        return;
    }
    json_t *id = json_loads(step + 2, JSON_DECODE_ANY, NULL), *value;
    const char *key;
    bool first = true;
    text_string(out, "[");
    if (*step == 'v') {
        text_format(out, "=%s", step + 2);
    } else {
        json_object_foreach(id, key, value)
        {
            text_format(out, "%s%s=", first ? "" : ",", key);
            text_json(out, value, 0);
            first = false;
        }
    }
    text_string(out, "]");
    json_decref(id);
}

static void list_paths(const json_t *set, const char *before, json_t *paths, int depth)
{
    const char **steps = sorted_steps(set);
    size_t count = json_object_size(set);
    // First what belongs to the set at this level, then what lies below, as real servers do.
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < count; i++) {
            const json_t *next = below(set, steps[i]);
            struct text path = {0};
            if (mock__same(steps[i], "."))
                continue;
            text_string(&path, before);
            add_step(&path, steps[i]);
            if (!pass && below(next, "."))
                json_array_append_new(paths, json_string(path.bytes));
            else if (pass && depth < DEPTH_MAX)
                list_paths(next, path.bytes, paths, depth + 1);
            text_free(&path);
        }
    free((void *)(uintptr_t)steps);
}

json_t *fields_paths(const json_t *set)
{
    json_t *paths = json_array();
    list_paths(set, "", paths, 0);
    return paths;
}
