// SPDX-License-Identifier: Apache-2.0
// mock.c - the server as a whole: its life, its clock, and objects without HTTP.
#include "mock.h"

#include <stdlib.h>
#include <string.h>

#include "priv.h"

static void make_namespace(struct mock *mock, const char *name)
{
    struct text t = {0};
    text_format(&t, "{\"metadata\":{\"name\":\"%s\"}}", name);
    mock_apply(mock, "namespaces", t.bytes);
    text_free(&t);
}

// Room for one more at the end of the table: what points to the others stays good.
static struct resource *add_resource(struct mock *mock)
{
    mock->resources =
        mock__grow(mock->resources, (mock->resource_count + 1) * sizeof *mock->resources);
    return mock->resources[mock->resource_count++] = mock__alloc(sizeof **mock->resources);
}

bool mock_add_crd(struct mock *mock, const struct mock_crd *crd)
{
    for (size_t i = 0; i < mock->resource_count; i++) {
        struct resource *r = mock->resources[i];
        if (!r->gone && mock__same(r->kind.group, crd->group) &&
            mock__same(r->kind.version, crd->version) && mock__same(r->kind.plural, crd->plural))
            return false;
    }
    resource_init_crd(add_resource(mock), crd, mock->version);
    return true;
}

struct mock *mock_new(const struct mock_options *options)
{
    struct mock *mock = mock__alloc(sizeof *mock);
    mock->options = *options;
    mock->options.crds = NULL;
    if (!mock->options.epoch_ms)
        mock->options.epoch_ms = 1767225600000; // 2026-01-01
    mock->random = options->seed;
    mock->version = options->first_version ? options->first_version : 1;
    mock->compacted = mock->version;
    for (size_t i = 0; i < mock__kind_count; i++)
        resource_init(add_resource(mock), &mock__kinds[i], mock->version);
    for (size_t i = 0; i < options->crd_count; i++)
        mock_add_crd(mock, &options->crds[i]);
    if (options->system_namespaces) {
        make_namespace(mock, "default");
        make_namespace(mock, "kube-node-lease");
        make_namespace(mock, "kube-public");
        make_namespace(mock, "kube-system");
    }
    return mock;
}

void mock_free(struct mock *mock)
{
    if (!mock)
        return;
    while (mock->connections)
        mock_connection_close(mock->connections);
    mock_heal(mock);
    mock_allow_all(mock);
    for (size_t i = 0; i < mock->resource_count; i++)
        resource_free(mock->resources[i]);
    for (size_t i = 0; i < mock->resource_count; i++)
        free(mock->resources[i]);
    auth_forget(mock);
    for (size_t i = 0; i < ROLLOUTS; i++)
        free(mock->rollouts[i]);
    free(mock->resources);
    free(mock->prohibitions);
    free(mock->faults);
    free(mock->extras);
    log_forget(mock);
    free(mock);
}

// ---- time ----------------------------------------------------------------------------------

// When a kept connection is closed, INT64_MAX while it is busy.
static int64_t idle_end(const struct mock_connection *c)
{
    uint32_t idle_ms = c->mock->options.idle_ms;
    bool idle = idle_ms && c->phase == PHASE_IDLE && !text_left(&c->out) && !c->closing;
    return idle ? c->idle_since + idle_ms : INT64_MAX;
}

void mock_tick(struct mock *mock, int64_t now_ms)
{
    if (now_ms > mock->now)
        mock->now = now_ms;
    for (struct mock_connection *c = mock->connections; c; c = c->next) {
        c->allowance = c->slow;
        if (idle_end(c) <= mock->now)
            c->closing = true;
        bool late = c->phase == PHASE_LISTING && mock->now >= c->listing.deadline;
        if (late && c->stall_after == UINT64_MAX) {
            // A real server stops in the middle of the body, too.
            c->reply.running = false;
            c->closing = true;
            connection_finish(c);
        }
    }
}

static int64_t deadline_of(const struct mock_connection *c)
{
    if (c->closing || c->broken || c->stall_after == 0)
        return INT64_MAX;
    if (c->slow)
        return c->mock->now + 10;
    if (c->phase == PHASE_WAITING)
        return c->wait_deadline;
    if (c->phase == PHASE_LISTING)
        return c->listing.deadline;
    return c->phase == PHASE_WATCHING ? watch_deadline(&c->watch) : idle_end(c);
}

int64_t mock_next_deadline(const struct mock *mock)
{
    int64_t next = INT64_MAX;
    for (const struct mock_connection *c = mock->connections; c; c = c->next)
        next = deadline_of(c) < next ? deadline_of(c) : next;
    return next;
}

// ---- history -------------------------------------------------------------------------------

uint64_t mock_version(const struct mock *mock)
{
    return mock->version;
}

void mock_compact_lists(struct mock *mock)
{
    mock->compacted = mock->version;
}

void mock_compact(struct mock *mock)
{
    mock_compact_lists(mock);
    for (size_t i = 0; i < mock->resource_count; i++)
        resource_forget(mock->resources[i], mock->version);
}

static void break_connections(struct mock *mock)
{
    for (struct mock_connection *c = mock->connections; c; c = c->next)
        c->broken = true;
}

void mock_restart(struct mock *mock, bool keep_history)
{
    break_connections(mock);
    for (size_t i = 0; i < mock->resource_count && !keep_history; i++)
        mock->resources[i]->oldest = mock->version;
}

bool mock_rewind(struct mock *mock, uint64_t version)
{
    if (version < mock->compacted || version > mock->version)
        return false;
    for (size_t i = 0; i < mock->resource_count; i++)
        if (version < mock->resources[i]->oldest)
            return false; // what was then is forgotten
    for (size_t i = 0; i < mock->resource_count; i++)
        resource_rewind(mock->resources[i], version);
    mock->version = version;
    mock->compacted = version;
    break_connections(mock);
    return true;
}

void mock_bookmark(struct mock *mock)
{
    for (struct mock_connection *c = mock->connections; c; c = c->next)
        if (c->phase == PHASE_WATCHING)
            c->watch.next_bookmark = mock->now;
}

// ---- objects -------------------------------------------------------------------------------

struct resource *mock__resource(const struct mock *mock, const char *name)
{
    size_t plural = strcspn(name, ".");
    for (size_t i = 0; i < mock->resource_count; i++) {
        const struct kind *kind = &mock->resources[i]->kind;
        if (mock->resources[i]->gone || strlen(kind->plural) != plural ||
            memcmp(kind->plural, name, plural))
            continue;
        if (!name[plural] || mock__same(kind->group, name + plural + 1))
            return mock->resources[i];
    }
    return NULL;
}

uint64_t mock__put(struct mock *mock, struct resource *r, json_t *object)
{
    const char *namespace = mock__path_string(object, "metadata.namespace");
    struct write write = {.resource = r,
                          .namespace = !r->kind.namespaced ? ""
                                       : *namespace        ? namespace
                                                           : "default",
                          .name = mock__path_string(object, "metadata.name"),
                          .subresource = "",
                          .manager = "mock",
                          .trusted = true};
    struct written done = write_update(mock, &write, object);
    uint64_t version = done.state ? done.state->version : 0;
    json_decref(done.refusal);
    revision_drop(done.state);
    return version;
}

uint64_t mock_apply(struct mock *mock, const char *resource, const char *json)
{
    struct resource *r = mock__resource(mock, resource);
    json_t *object = mock__parse(json, strlen(json), NULL);
    uint64_t version = r && json_is_object(object) ? mock__put(mock, r, object) : 0;
    json_decref(object);
    return version;
}

static struct revision *written(struct mock *mock, const struct resource *r,
                                const struct mock_item *item)
{
    return revision_of_text(&r->kind, item, mock->version + 1);
}

uint64_t mock_store(struct mock *mock, const char *resource, const struct mock_item *item)
{
    struct resource *r = mock__resource(mock, resource);
    if (!r)
        return 0;
    resource_put(r, written(mock, r, item), write__history(mock));
    return ++mock->version;
}

uint64_t mock_erase(struct mock *mock, const char *resource, const struct mock_item *item)
{
    struct resource *r = mock__resource(mock, resource);
    if (!r || !resource_find(r, item->namespace, item->name))
        return 0;
    resource_delete(r, written(mock, r, item), write__history(mock));
    return ++mock->version;
}

bool mock_delete(struct mock *mock, const char *resource, const char *namespace, const char *name)
{
    struct resource *r = mock__resource(mock, resource);
    if (!r)
        return false;
    // The strings may be those of the object that goes.
    char *space = mock__copy_string(namespace), *copy = mock__copy_string(name);
    struct write write = {.resource = r,
                          .namespace = space,
                          .name = copy,
                          .subresource = "",
                          .manager = "mock",
                          .trusted = true};
    struct written done = write_delete(mock, &write, NULL);
    bool deleted = done.deleted;
    json_decref(done.refusal);
    revision_drop(done.state);
    free(space);
    free(copy);
    return deleted;
}

static void show(const struct revision *state, struct mock_item *item)
{
    *item = (struct mock_item){.namespace = state->namespace,
                               .name = state->name,
                               .uid = state->uid,
                               .version = state->version,
                               .text = state->text,
                               .len = state->len};
}

bool mock_get(const struct mock *mock, const char *resource, const char *namespace,
              const char *name, struct mock_item *item)
{
    const struct resource *r = mock__resource(mock, resource);
    const struct revision *state = r ? resource_find(r, namespace, name) : NULL;
    if (state)
        show(state, item);
    return state != NULL;
}

size_t mock_count(const struct mock *mock, const char *resource)
{
    const struct resource *r = mock__resource(mock, resource);
    return r ? r->count : 0;
}

bool mock_at(const struct mock *mock, const char *resource, size_t index, struct mock_item *item)
{
    const struct resource *r = mock__resource(mock, resource);
    if (!r || index >= r->count)
        return false;
    show(r->items[index], item);
    return true;
}
