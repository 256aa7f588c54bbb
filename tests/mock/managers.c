// SPDX-License-Identifier: Apache-2.0
// managers.c - metadata.managedFields: who owns which field; server-side apply and its conflicts.
#include <stdlib.h>
#include <string.h>

#include "priv.h"

// While they are worked with, entries are as in managedFields, but for "set" in place of fieldsV1.

static json_t *decoded(const json_t *entries)
{
    json_t *managers = json_array(), *entry;
    size_t i;
    json_array_foreach(entries, i, entry)
    {
        json_t *manager = json_copy(entry);
        json_object_set_new(manager, "set", fields_decode(json_object_get(entry, "fieldsV1")));
        json_object_del(manager, "fieldsV1");
        json_array_append_new(managers, manager);
    }
    return managers;
}

static int compare_by(const json_t *a, const json_t *b, const char *key)
{
    return strcmp(mock__path_string(a, key), mock__path_string(b, key));
}

static int in_order(const void *a, const void *b)
{
    static const char *const keys[] = {"operation", "time", "manager", "apiVersion", "subresource"};
    int order = 0;
    for (size_t i = 0; !order && i < sizeof keys / sizeof keys[0]; i++)
        order = compare_by(*(json_t *const *)a, *(json_t *const *)b, keys[i]);
    return order;
}

static json_t *encoded_entry(const json_t *manager)
{
    static const char *const keys[] = {"manager", "operation", "apiVersion", "time"};
    json_t *entry = json_object();
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        json_object_set(entry, keys[i], json_object_get(manager, keys[i]));
    json_object_set_new(entry, "fieldsType", json_string("FieldsV1"));
    json_object_set_new(entry, "fieldsV1", fields_encode(json_object_get(manager, "set")));
    if (json_object_get(manager, "subresource"))
        json_object_set(entry, "subresource", json_object_get(manager, "subresource"));
    return entry;
}

static json_t *encoded(const json_t *managers)
{
    size_t count = json_array_size(managers), i;
    json_t *entries = json_array(), *manager;
    json_t **sorted = mock__alloc((count + 1) * sizeof(json_t *));
    json_array_foreach(managers, i, manager) sorted[i] = manager;
    if (count)
        qsort(sorted, count, sizeof *sorted, in_order);
    for (i = 0; i < count; i++)
        if (json_object_size(json_object_get(sorted[i], "set")))
            json_array_append_new(entries, encoded_entry(sorted[i]));
    free(sorted);
    return entries;
}

// ---- one manager ---------------------------------------------------------------------------

struct self {
    const char *manager, *operation, *subresource;
    struct text api, time;
};

static struct self self_of(const struct mock *mock, const struct write *write)
{
    struct self self = {.manager = write->manager,
                        .operation = write->applied ? "Apply" : "Update",
                        .subresource = write->subresource};
    kind_api_version(&write->resource->kind, &self.api);
    text_time(&self.time, mock__unix_ms(mock));
    return self;
}

static void self_free(struct self *self)
{
    text_free(&self->api);
    text_free(&self->time);
}

// An applier is the same whatever version it speaks.
static bool is_self(const struct self *self, const json_t *manager)
{
    return mock__same(self->manager, mock__path_string(manager, "manager")) &&
           mock__same(self->operation, mock__path_string(manager, "operation")) &&
           mock__same(self->subresource, mock__path_string(manager, "subresource"));
}

static json_t *find_self(const struct self *self, const json_t *managers)
{
    json_t *manager;
    size_t i;
    json_array_foreach(managers, i, manager) if (is_self(self, manager)) return manager;
    return NULL;
}

// The own entry, made where there is none.
static json_t *make_self(const struct self *self, json_t *managers)
{
    json_t *manager = find_self(self, managers);
    if (manager)
        return manager;
    manager =
        json_pack("{s:s, s:s, s:s, s:s, s:{}}", "manager", self->manager, "operation",
                  self->operation, "apiVersion", self->api.bytes, "time", self->time.bytes, "set");
    if (*self->subresource)
        json_object_set_new(manager, "subresource", json_string(self->subresource));
    json_array_append_new(managers, manager);
    return manager;
}

// What nobody owns, and what this way of writing does not reach; takes the set over.
static json_t *stripped(const struct kind *kind, const char *subresource, json_t *set)
{
    static const char *const nobodys[] = {".",
                                          "f:name",
                                          "f:namespace",
                                          "f:creationTimestamp",
                                          "f:selfLink",
                                          "f:uid",
                                          "f:generation",
                                          "f:managedFields",
                                          "f:resourceVersion",
                                          "f:deletionTimestamp",
                                          "f:deletionGracePeriodSeconds"};
    json_t *left = json_copy(set), *metadata = json_object_get(set, "f:metadata");
    json_decref(set);
    json_object_del(left, ".");
    json_object_del(left, "f:kind");
    json_object_del(left, "f:apiVersion");
    if (mock__same(subresource, "status"))
        json_object_del(left, "f:spec");
    else if (kind->status)
        json_object_del(left, "f:status");
    // The server's own.
    if (mock__same(kind->plural, "namespaces"))
        json_object_del(left, "f:spec");
    if (!metadata)
        return left;
    metadata = json_copy(metadata);
    for (size_t i = 0; i < sizeof nobodys / sizeof nobodys[0]; i++)
        json_object_del(metadata, nobodys[i]);
    if (json_object_size(metadata))
        json_object_set(left, "f:metadata", metadata);
    else
        json_object_del(left, "f:metadata");
    json_decref(metadata);
    return left;
}

// ---- what happens to all -------------------------------------------------------------------

// Who is not excepted loses what others changed, everybody what is gone.
static void take_from_all(json_t *managers, const struct self *except, const json_t *changed,
                          const json_t *removed)
{
    json_t *manager;
    size_t i;
    json_array_foreach(managers, i, manager)
    {
        if (except && is_self(except, manager))
            continue;
        json_t *left = fields_difference(json_object_get(manager, "set"), changed);
        json_object_set_new(manager, "set", fields_difference(left, removed));
        json_decref(left);
    }
}

static void give(const struct self *self, json_t *managers, const json_t *set)
{
    if (!json_object_size(set))
        return;
    json_t *mine = make_self(self, managers);
    json_object_set_new(mine, "set", fields_union(json_object_get(mine, "set"), set));
    json_object_set_new(mine, "time", json_string(self->time.bytes));
    json_object_set_new(mine, "apiVersion", json_string(self->api.bytes));
}

// The object with nothing in it, as Go prints it.
static json_t *empty_object(const struct kind *kind)
{
    struct text t = {0};
    text_format(&t, "{\"metadata\":{}%s%s}", *kind->shell ? "," : "", kind->shell);
    json_t *object = mock__parse(t.bytes, t.len, NULL);
    text_free(&t);
    return object;
}

static void compare(const struct kind *kind, const json_t *live, const json_t *next,
                    json_t **changed, json_t **removed)
{
    json_t *empty = live ? NULL : empty_object(kind);
    fields_compare(kind, live ? live : empty, next, changed, removed);
    json_decref(empty);
}

// ---- update --------------------------------------------------------------------------------

// The entries from which a write begins: those of the request, where it brings some.
static json_t *begin(const struct write *write, const json_t *live, const json_t *next)
{
    json_t *own = mock__path(live, "metadata.managedFields");
    json_t *sent = mock__path(next, "metadata.managedFields");
    bool reset = json_is_array(sent) &&
                 (!json_array_size(sent) ||
                  (json_array_size(sent) == 1 && !json_object_size(json_array_get(sent, 0))));
    if (write->trusted || *write->subresource)
        return decoded(own);
    if (reset)
        return json_array();
    return decoded(json_array_size(sent) ? sent : own);
}

json_t *managers_update(const struct mock *mock, const struct write *write, const json_t *live,
                        const json_t *next)
{
    const struct kind *kind = &write->resource->kind;
    json_t *managers = begin(write, live, next), *changed, *removed;
    // Objects of which nobody owns anything stay so until somebody applies.
    if (live && !json_array_size(managers) && !write->trusted)
        return managers;
    struct self self = self_of(mock, write);
    compare(kind, live, next, &changed, &removed);
    take_from_all(managers, NULL, changed, removed);
    json_t *mine = stripped(kind, write->subresource, json_incref(changed));
    if (write->trusted && kind->status && json_object_get(changed, "f:status")) {
        // What a test writes at once is in a cluster the work of two.
        struct self controller = {"kube-controller-manager", "Update", "status", self.api,
                                  self.time};
        json_t *status = json_pack("{s:O}", "f:status", json_object_get(changed, "f:status"));
        give(&controller, managers, status);
        json_decref(status);
    }
    give(&self, managers, mine);
    json_t *entries = encoded(managers);
    json_decref(mine);
    json_decref(changed);
    json_decref(removed);
    json_decref(managers);
    self_free(&self);
    return entries;
}

// ---- apply ---------------------------------------------------------------------------------

static void say_who(struct text *out, const json_t *manager)
{
    struct text name = {0};
    json_t *text = json_object_get(manager, "manager");
    text_json(&name, text, 0);
    text_string(out, name.bytes);
    text_free(&name);
    if (*mock__path_string(manager, "subresource"))
        text_format(out, " with subresource \"%s\"", mock__path_string(manager, "subresource"));
    if (mock__same(mock__path_string(manager, "operation"), "Update"))
        text_format(out, " using %s", mock__path_string(manager, "apiVersion"));
}

static void add_conflicts(json_t *causes, struct text *all, const json_t *manager,
                          const json_t *paths)
{
    struct text who = {0};
    json_t *path;
    size_t i;
    say_who(&who, manager);
    text_format(all, "%sconflicts with %s:", all->len ? "\n" : "", who.bytes);
    json_array_foreach(paths, i, path)
    {
        text_format(all, "\n- %s", json_string_value(path));
        json_array_append_new(
            causes, json_pack("{s:s, s:o, s:O}", "reason", "FieldManagerConflict", "message",
                              json_sprintf("conflict with %s", who.bytes), "field", path));
    }
    text_free(&who);
}

// NULL, or the refusal that names all fields of others.
static json_t *find_conflicts(const struct self *self, const json_t *managers,
                              const json_t *changed)
{
    json_t *causes = json_array(), *manager, *refusal = NULL;
    struct text all = {0};
    size_t i;
    json_array_foreach(managers, i, manager)
    {
        if (is_self(self, manager))
            continue;
        json_t *common = fields_intersection(json_object_get(manager, "set"), changed);
        json_t *paths = fields_paths(common);
        if (json_array_size(paths))
            add_conflicts(causes, &all, manager, paths);
        json_decref(paths);
        json_decref(common);
    }
    size_t count = json_array_size(causes);
    json_t *first = json_array_get(causes, 0);
    json_t *details = json_pack("{s:O}", "causes", causes);
    if (count == 1)
        refusal =
            status_failure(409, "Conflict", details, "Apply failed with 1 conflict: %s: %s",
                           mock__path_string(first, "message"), mock__path_string(first, "field"));
    else if (count)
        refusal = status_failure(409, "Conflict", details, "Apply failed with %zu conflicts: %s",
                                 count, all.bytes);
    else
        json_decref(details);
    json_decref(causes);
    text_free(&all);
    return refusal;
}

// The merged object without what this applier had and wants no more, if nobody else has it.
static json_t *pruned(const struct kind *kind, json_t *merged, const json_t *managers,
                      const json_t *last)
{
    json_t *kept = json_object(), *manager;
    size_t i;
    json_array_foreach(managers, i, manager)
    {
        json_t *more = fields_union(kept, json_object_get(manager, "set"));
        json_decref(kept);
        kept = more;
    }
    json_t *doomed = fields_difference(last, kept);
    json_t *result = fields_prune(kind, merged, doomed, kept);
    json_decref(doomed);
    json_decref(kept);
    return result;
}

// What was there before anybody applied belongs to a manager of that name.
static json_t *begin_apply(const struct mock *mock, const struct write *write, const json_t *live)
{
    json_t *managers = decoded(mock__path(live, "metadata.managedFields")), *changed, *removed;
    if (!live || json_array_size(managers))
        return managers;
    struct write before = *write;
    before.manager = "before-first-apply";
    before.applied = false;
    before.subresource = "";
    struct self self = self_of(mock, &before);
    compare(&write->resource->kind, NULL, live, &changed, &removed);
    json_t *set = stripped(&write->resource->kind, "", changed);
    give(&self, managers, set);
    json_decref(set);
    json_decref(removed);
    self_free(&self);
    return managers;
}

json_t *managers_apply(const struct mock *mock, const struct write *write, const json_t *live,
                       const json_t *config, json_t **entries, json_t **refusal)
{
    const struct kind *kind = &write->resource->kind;
    json_t *changed, *removed, *empty = live ? NULL : empty_object(kind);
    json_t *managers = begin_apply(mock, write, live);
    struct self self = self_of(mock, write);
    json_t *merged = fields_merge(kind, live ? live : empty, config);
    json_t *mine = make_self(&self, managers);
    json_t *last = json_incref(json_object_get(mine, "set"));
    json_t *set = stripped(kind, write->subresource, fields_of(kind, config));
    json_object_set(mine, "set", set);
    json_t *next = pruned(kind, merged, managers, last);
    compare(kind, live, next, &changed, &removed);
    changed = stripped(kind, write->subresource, changed);
    if (!write->force)
        *refusal = find_conflicts(&self, managers, changed);
    if (!*refusal) {
        take_from_all(managers, &self, changed, removed);
        if (json_object_size(changed) || json_object_size(removed))
            json_object_set_new(mine, "time", json_string(self.time.bytes));
        *entries = encoded(managers);
    }
    json_decref(empty);
    json_decref(merged);
    json_decref(last);
    json_decref(set);
    json_decref(changed);
    json_decref(removed);
    json_decref(managers);
    self_free(&self);
    return next;
}
