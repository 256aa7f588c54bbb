// SPDX-License-Identifier: Apache-2.0
// store.c - objects in the order of etcd's keys, and a ring of changes.
//
// A list at an old version is the present state with the newer changes undone, so pages stay
// consistent and nothing is copied when an object changes.
#include "store.h"

#include <stdlib.h>
#include <string.h>

// Of small resources the parsed objects are kept, because that makes changes cheap; of large ones
// only the text, because that is a tenth of the memory.
enum { TREES_MAX = 512 };

void revision_key(struct text *out, const char *namespace, const char *name)
{
    text_format(out, "%s%s%s", namespace, *namespace ? "/" : "", name);
}

static json_t *selectable_fields(const struct kind *kind, const json_t *object)
{
    if (!kind->fields)
        return NULL;
    json_t *fields = json_object();
    char path[64];
    for (const char *at = kind->fields; *at; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        memcpy(path, at, len);
        path[len] = 0;
        at += len;
        // An event's source is a struct; its selector means the component.
        const json_t *value =
            mock__path(object, !mock__same(path, "source") ? path : "source.component");
        if (json_is_boolean(value))
            json_object_set_new(fields, path, json_string(json_is_true(value) ? "true" : "false"));
        else
            json_object_set_new(fields, path,
                                json_string(json_is_string(value) ? json_string_value(value) : ""));
    }
    return fields;
}

static void forget_tree(struct revision *r)
{
    json_decref(r->tree);
    r->tree = NULL;
}

// What an item of a list leaves out at the front.
static size_t shared_bytes(const struct kind *kind)
{
    struct text api = {0};
    if (kind->custom)
        return 0;
    kind_api_version(kind, &api);
    size_t len = strlen("{\"kind\":\"\",\"apiVersion\":\"\",") + strlen(kind->name) + api.len;
    text_free(&api);
    return len;
}

struct revision *revision_new(const struct kind *kind, json_t *object, uint64_t version)
{
    struct revision *r = mock__alloc(sizeof *r);
    struct text t = {0};
    r->refs = 1;
    r->version = version;
    r->name = mock__copy_string(mock__path_string(object, "metadata.name"));
    r->namespace = mock__copy_string(mock__path_string(object, "metadata.namespace"));
    r->uid = mock__copy_string(mock__path_string(object, "metadata.uid"));
    revision_key(&t, r->namespace, r->name);
    r->key = t.bytes;
    r->labels = json_incref(mock__path(object, "metadata.labels"));
    r->fields = selectable_fields(kind, object);
    r->tree = json_incref(object);
    t = (struct text){0};
    text_json(&t, object, kind->custom ? TEXT_SORTED : 0);
    r->text = t.bytes;
    r->len = t.len;
    r->shared = shared_bytes(kind);
    return r;
}

// Labels and selectable fields out of a text: the rest of it need not be looked at.
struct revision *revision_of_text(const struct kind *kind, const struct mock_item *item,
                                  uint64_t version)
{
    static const char mark[] = "\"labels\":";
    struct revision *r = mock__alloc(sizeof *r);
    struct text t = {0};
    r->refs = 1;
    r->version = version;
    r->name = mock__copy_string(item->name);
    r->namespace = mock__copy_string(item->namespace);
    r->uid = mock__copy_string(item->uid);
    revision_key(&t, r->namespace, r->name);
    r->key = t.bytes;
    const char *labels = strstr(item->text, mark);
    if (labels) {
        labels += sizeof mark - 1;
        r->labels = mock__parse(labels, strcspn(labels, "}") + 1, NULL);
    }
    if (kind->fields) {
        r->tree = mock__parse(item->text, item->len, NULL);
        r->fields = selectable_fields(kind, r->tree);
        forget_tree(r);
    }
    t = (struct text){0};
    text_add(&t, item->text, item->len);
    r->text = t.bytes;
    r->len = t.len;
    r->shared = shared_bytes(kind);
    return r;
}

struct revision *revision_hold(struct revision *r)
{
    r->refs++;
    return r;
}

void revision_drop(struct revision *r)
{
    if (!r || --r->refs)
        return;
    json_decref(r->labels);
    json_decref(r->fields);
    json_decref(r->tree);
    free(r->key);
    free(r->namespace);
    free(r->name);
    free(r->uid);
    free(r->text);
    free(r);
}

json_t *revision_object(const struct revision *r)
{
    return r->tree ? json_incref(r->tree) : mock__parse(r->text, r->len, NULL);
}

size_t resource_search(struct revision *const *items, size_t count, const char *key)
{
    size_t low = 0;
    while (low < count) {
        size_t middle = low + (count - low) / 2;
        if (strcmp(items[middle]->key, key) < 0)
            low = middle + 1;
        else
            count = middle;
    }
    return low;
}

struct revision *resource_find(const struct resource *r, const char *namespace, const char *name)
{
    struct text key = {0};
    revision_key(&key, namespace, name);
    size_t i = resource_search(r->items, r->count, key.bytes);
    bool found = i < r->count && mock__same(r->items[i]->key, key.bytes);
    text_free(&key);
    return found ? r->items[i] : NULL;
}

static void insert(struct revision ***items, size_t *count, size_t *cap, size_t i,
                   struct revision *state)
{
    if (*count == *cap) {
        *cap = *cap ? *cap * 2 : 8;
        *items = mock__grow(*items, *cap * sizeof **items);
    }
    memmove(*items + i + 1, *items + i, (*count - i) * sizeof **items);
    (*items)[i] = state;
    (*count)++;
}

static void remove_at(struct revision **items, size_t *count, size_t i)
{
    (*count)--;
    memmove(items + i, items + i + 1, (*count - i) * sizeof *items);
}

static void drop_change(struct change *c)
{
    revision_drop(c->before);
    revision_drop(c->after);
}

static struct change *change_at(const struct resource *r, uint64_t sequence)
{
    return &r->changes[sequence % r->change_cap];
}

static void grow_ring(struct resource *r)
{
    size_t cap = r->change_cap ? r->change_cap * 2 : 16;
    struct change *wider = mock__alloc(cap * sizeof *wider);
    for (uint64_t s = r->first; s < r->first + r->change_count; s++)
        wider[s % cap] = *change_at(r, s);
    free(r->changes);
    r->changes = wider;
    r->change_cap = cap;
}

// Takes over both references.
static void remember(struct resource *r, struct change change, size_t history)
{
    if (r->change_count == history) {
        r->oldest = change_at(r, r->first)->version;
        drop_change(change_at(r, r->first));
        r->first++;
        r->change_count--;
    }
    if (r->change_count == r->change_cap)
        grow_ring(r);
    *change_at(r, r->first + r->change_count) = change;
    r->change_count++;
}

void resource_put(struct resource *r, struct revision *state, size_t history)
{
    size_t i = resource_search(r->items, r->count, state->key);
    struct change change = {.version = state->version, .after = revision_hold(state)};
    if (i < r->count && mock__same(r->items[i]->key, state->key)) {
        change.before = r->items[i];
        forget_tree(change.before);
        r->items[i] = state;
    } else {
        insert(&r->items, &r->count, &r->cap, i, state);
    }
    if (r->count > TREES_MAX)
        forget_tree(state);
    remember(r, change, history);
}

void resource_delete(struct resource *r, struct revision *tombstone, size_t history)
{
    size_t i = resource_search(r->items, r->count, tombstone->key);
    struct change change = {
        .version = tombstone->version, .before = r->items[i], .after = tombstone, .deleted = true};
    remove_at(r->items, &r->count, i);
    remember(r, change, history);
}

const struct change *resource_change(const struct resource *r, uint64_t sequence)
{
    return sequence < resource_end(r) ? change_at(r, sequence) : NULL;
}

uint64_t resource_end(const struct resource *r)
{
    return r->first + r->change_count;
}

uint64_t resource_after(const struct resource *r, uint64_t version)
{
    uint64_t low = r->first, high = resource_end(r);
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (change_at(r, middle)->version <= version)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void resource_forget(struct resource *r, uint64_t oldest)
{
    for (uint64_t s = r->first; s < resource_end(r); s++)
        drop_change(change_at(r, s));
    r->first = resource_end(r);
    r->change_count = 0;
    r->oldest = oldest;
}

static void undo(struct snapshot *s, const struct change *c)
{
    size_t i = resource_search(s->items, s->count, c->after->key);
    if (c->deleted) {
        insert(&s->items, &s->count, &s->cap, i, revision_hold(c->before));
        return;
    }
    revision_drop(s->items[i]);
    if (c->before)
        s->items[i] = revision_hold(c->before);
    else
        remove_at(s->items, &s->count, i);
}

struct snapshot resource_snapshot(const struct resource *r, uint64_t version)
{
    struct snapshot s = {.count = r->count, .cap = r->count};
    s.items = mock__grow(NULL, r->count * sizeof *s.items);
    for (size_t i = 0; i < r->count; i++)
        s.items[i] = revision_hold(r->items[i]);
    uint64_t from = resource_after(r, version);
    for (uint64_t sequence = resource_end(r); sequence > from; sequence--)
        undo(&s, change_at(r, sequence - 1));
    return s;
}

void snapshot_free(struct snapshot *s)
{
    for (size_t i = 0; i < s->count; i++)
        revision_drop(s->items[i]);
    free(s->items);
    *s = (struct snapshot){0};
}

void resource_rewind(struct resource *r, uint64_t version)
{
    struct snapshot old = resource_snapshot(r, version);
    struct snapshot present = {.items = r->items, .count = r->count, .cap = r->cap};
    snapshot_free(&present);
    r->items = old.items;
    r->count = old.count;
    r->cap = old.cap;
    resource_forget(r, version);
}

void resource_free(struct resource *r)
{
    struct snapshot present = {.items = r->items, .count = r->count};
    snapshot_free(&present);
    resource_forget(r, 0);
    free(r->changes);
    for (size_t i = 0; i < sizeof r->owned / sizeof r->owned[0]; i++)
        free(r->owned[i]);
}
