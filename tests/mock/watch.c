// SPDX-License-Identifier: Apache-2.0
// watch.c - watches: the initial state, then changes, bookmarks, and the end in time.
//
// A watch is a cursor into the history of its resource. Events are made while the client reads;
// one that reads so slowly that its place was forgotten is closed, as a real server does.
#include <stdlib.h>
#include <string.h>

#include "priv.h"

enum { LAST_BOOKMARK_MS = 1000 };

// ---- events --------------------------------------------------------------------------------

static void write_event(struct mock_connection *c, const char *type, const struct text *object)
{
    struct text t = {0};
    text_format(&t, "{\"type\":\"%s\",\"object\":", type);
    text_add(&t, object->bytes, object->len);
    text_string(&t, "}\n");
    reply_write(c, t.bytes, t.len);
    text_free(&t);
}

static void write_state(struct mock_connection *c, const char *type, const struct revision *state)
{
    struct watch *w = &c->watch;
    struct text t = {0};
    if (w->view == VIEW_TABLE) {
        json_t *table = table_new(w->resource, !w->columns_sent);
        w->columns_sent = true;
        table_add(c->mock, table, w->resource, state, w->include);
        text_json(&t, table, 0);
        json_decref(table);
    } else {
        view_add(&t, w->resource, state, w->view, false);
    }
    write_event(c, type, &t);
    text_free(&t);
}

// The same content with another version: what a watcher sees leave its selector.
static struct revision *at_version(const struct resource *r, const struct revision *state,
                                   uint64_t version)
{
    json_t *object = revision_object(state), *copy = object_open(object);
    write__version(json_object_get(copy, "metadata"), version);
    json_decref(object);
    struct revision *later = revision_new(&r->kind, copy, version);
    json_decref(copy);
    return later;
}

static bool is_seen(const struct watch *w, const struct revision *state)
{
    if (!state || (*w->namespace && !mock__same(w->namespace, state->namespace)))
        return false;
    return select_matches_labels(&w->labels, state) && select_matches_fields(&w->fields, state);
}

static void write_change(struct mock_connection *c, const struct change *change)
{
    struct watch *w = &c->watch;
    bool before = is_seen(w, change->before);
    bool after = !change->deleted && is_seen(w, change->after);
    if (after) {
        write_state(c, before ? "MODIFIED" : "ADDED", change->after);
    } else if (before && change->deleted) {
        write_state(c, "DELETED", change->after);
    } else if (before) {
        struct revision *left = at_version(w->resource, change->before, change->version);
        write_state(c, "DELETED", left);
        revision_drop(left);
    }
}

static void write_bookmark(struct mock_connection *c, uint64_t version, bool end_mark)
{
    struct watch *w = &c->watch;
    const struct kind *kind = &w->resource->kind;
    struct text t = {0}, api = {0}, metadata = {0};
    const char *mark = end_mark ? "\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "";
    kind_api_version(kind, &api);
    if (kind->custom && w->view == VIEW_FULL) {
        text_format(&t,
                    "{\"apiVersion\":\"%s\",\"kind\":\"%s\",\"metadata\":{%s%s"
                    "\"resourceVersion\":\"%llu\"}}",
                    api.bytes, kind->name, mark, *mark ? "," : "", (unsigned long long)version);
    } else {
        text_format(&metadata, "\"metadata\":{\"resourceVersion\":\"%llu\"%s%s}",
                    (unsigned long long)version, *mark ? "," : "", mark);
        if (w->view == VIEW_FULL)
            text_format(&t, "{\"kind\":\"%s\",\"apiVersion\":\"%s\",%s%s%s}", kind->name, api.bytes,
                        metadata.bytes, *kind->shell ? "," : "", kind->shell);
        else if (w->view == VIEW_PARTIAL)
            text_format(&t,
                        "{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\",%s}",
                        metadata.bytes);
        else
            text_format(&t,
                        "{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\",%s,"
                        "\"columnDefinitions\":null,\"rows\":[]}",
                        metadata.bytes);
    }
    write_event(c, "BOOKMARK", &t);
    text_free(&t);
    text_free(&api);
    text_free(&metadata);
}

void watch_expire(struct mock_connection *c, json_t *status)
{
    struct text t = {0};
    text_json(&t, status, 0);
    write_event(c, "ERROR", &t);
    text_free(&t);
    json_decref(status);
    reply_flush(c);
    reply_end(c);
}

// ---- making the stream ---------------------------------------------------------------------

static uint32_t bookmark_every(const struct mock *mock)
{
    return mock->options.bookmark_ms ? mock->options.bookmark_ms : 60000;
}

// Among the initial events, where the options want it: each time when one is due or it is its turn,
// and last before the one that marks their end, which no other does.
static bool make_initial_bookmark(struct mock_connection *c)
{
    struct watch *w = &c->watch;
    unsigned every = c->mock->options.initial_bookmarks;
    bool due = c->mock->now >= w->next_bookmark;
    if (!every || !w->end_mark || w->bookmarked == w->next_initial + 1)
        return false;
    if (!due && w->next_initial < w->initial.count && (w->next_initial + 1) % every != 0)
        return false;
    if (due)
        w->next_bookmark = c->mock->now + bookmark_every(c->mock);
    w->bookmarked = w->next_initial + 1;
    write_bookmark(c, w->initial_version, false);
    return true;
}

// True if something was written.
static bool make_events(struct mock_connection *c)
{
    struct watch *w = &c->watch;
    if (make_initial_bookmark(c))
        return true;
    if (w->next_initial < w->initial.count) {
        write_state(c, "ADDED", w->initial.items[w->next_initial++]);
        return true;
    }
    if (w->end_mark) {
        w->end_mark = false;
        write_bookmark(c, w->initial_version, true);
        return true;
    }
    if (w->cursor < resource_end(w->resource)) {
        const struct change *change = resource_change(w->resource, w->cursor++);
        if (change->version > w->since)
            write_change(c, change);
        return true;
    }
    return false;
}

// A watch of a version that lies in the future hears nothing until the server has come there.
static bool tells_bookmarks(const struct mock_connection *c)
{
    return c->watch.bookmarks && c->mock->version >= c->watch.since;
}

static bool make_bookmarks(struct mock_connection *c)
{
    struct watch *w = &c->watch;
    int64_t now = c->mock->now;
    if (!tells_bookmarks(c))
        return false;
    if (now >= w->next_bookmark) {
        w->next_bookmark = now + bookmark_every(c->mock);
        write_bookmark(c, c->mock->version, false);
        return true;
    }
    if (now >= w->deadline - LAST_BOOKMARK_MS && !w->early_bookmark) {
        w->early_bookmark = true;
        write_bookmark(c, c->mock->version, false);
        return true;
    }
    return false;
}

int64_t watch_deadline(const struct watch *watch)
{
    int64_t next = watch->deadline;
    if (watch->bookmarks && !watch->early_bookmark)
        next -= LAST_BOOKMARK_MS;
    return watch->bookmarks && watch->next_bookmark < next ? watch->next_bookmark : next;
}

void watch_make(struct mock_connection *c)
{
    struct watch *w = &c->watch;
    if (w->cursor < w->resource->first || c->reply.stopped) {
        reply_flush(c);
        reply_end(c);
        return;
    }
    while (text_left(&c->out) < OUTPUT_GOAL && make_events(c) && !c->reply.stopped)
        continue;
    if (text_left(&c->out) >= OUTPUT_GOAL || c->reply.stopped)
        return;
    while (make_bookmarks(c))
        continue;
    bool over = c->mock->now >= w->deadline || w->resource->gone;
    if (over && tells_bookmarks(c))
        write_bookmark(c, c->mock->version, false);
    if (c->reply.fill || !c->reply.head_sent)
        reply_flush(c);
    if (over)
        reply_end(c);
}

void watch_stop(struct watch *watch)
{
    free(watch->namespace);
    select_free(&watch->labels);
    select_free(&watch->fields);
    snapshot_free(&watch->initial);
    *watch = (struct watch){0};
}

// ---- opening -------------------------------------------------------------------------------

static json_t *check_initial(const struct mock *mock, const struct request *r)
{
    const char *match = request_query(r, "resourceVersionMatch");
    bool asked = request_query(r, "sendInitialEvents") != NULL;
    bool matched = match && *match;
    if (mock->options.age == MOCK_SERVER_1_20)
        return matched ? status_invalid_options("resourceVersionMatch",
                                                "resourceVersionMatch is forbidden for watch")
                       : NULL;
    if (asked && mock->options.age == MOCK_SERVER_NO_WATCH_LIST)
        return status_invalid_options("sendInitialEvents",
                                      "sendInitialEvents is forbidden for watch unless the "
                                      "WatchList feature gate is enabled");
    if (matched && !asked)
        return status_invalid_options("resourceVersionMatch",
                                      "resourceVersionMatch is forbidden for watch unless "
                                      "sendInitialEvents is provided");
    if (asked && (!matched || !mock__same(match, "NotOlderThan")))
        return status_invalid_options("resourceVersionMatch",
                                      "sendInitialEvents requires setting resourceVersionMatch to "
                                      "NotOlderThan");
    return NULL;
}

static json_t *parse_watch(const struct mock *mock, struct watch *w, const struct request *r,
                           const struct target *target)
{
    const char *labels = request_query(r, "labelSelector");
    const char *fields = request_query(r, "fieldSelector");
    struct text only = {0};
    text_string(&only, fields ? fields : "");
    if (*target->name)
        text_format(&only, "%smetadata.name=%s", only.len ? "," : "", target->name);
    json_t *refusal = select_parse_labels(&w->labels, labels ? labels : "");
    if (!refusal)
        refusal = select_parse_fields(&w->fields, only.bytes, &target->resource->kind);
    text_free(&only);
    w->resource = target->resource;
    w->namespace = mock__copy_string(target->namespace);
    w->view = view_asked(r, &refusal);
    w->bookmarks = request_flag(r, "allowWatchBookmarks") && !mock->options.no_bookmarks;
    const char *include = request_query(r, "includeObject");
    w->include = include && mock__same(include, "Object") ? "Object" : include ? "None" : NULL;
    if (include && mock__same(include, "Metadata"))
        w->include = NULL;
    return refusal;
}

static void set_times(struct mock_connection *c)
{
    struct watch *w = &c->watch;
    const char *asked = request_query(&c->request, "timeoutSeconds");
    uint64_t seconds = 0;
    if (!asked || !parse_version(asked, &seconds) || !seconds || seconds > 1000000000u)
        seconds = 1800 + mock__random(&c->mock->random) % 1800;
    w->deadline = c->mock->now + (int64_t)seconds * 1000;
    w->next_bookmark = c->mock->now + bookmark_every(c->mock);
    w->early_bookmark = seconds * 1000 <= LAST_BOOKMARK_MS; // there is no time for it
}

static void take_initial(struct mock_connection *c)
{
    struct watch *w = &c->watch;
    struct snapshot *s = &w->initial;
    size_t kept = 0;
    w->initial_version = c->mock->version;
    *s = resource_snapshot(w->resource, w->initial_version);
    for (size_t i = 0; i < s->count; i++) {
        if (is_seen(w, s->items[i]))
            s->items[kept++] = s->items[i];
        else
            revision_drop(s->items[i]);
    }
    s->count = kept;
    w->cursor = resource_end(w->resource);
}

// From which version on, with or without the present state first.
static void start(struct mock_connection *c, uint64_t version, bool versioned)
{
    struct watch *w = &c->watch;
    bool modern = c->mock->options.age == MOCK_SERVER_CURRENT;
    bool asked = modern && request_query(&c->request, "sendInitialEvents");
    bool all = request_flag(&c->request, "sendInitialEvents") && modern;
    if (!asked && (!versioned || version == 0))
        all = true;
    reply_begin(c, 200, "application/json");
    c->phase = PHASE_WATCHING;
    set_times(c);
    w->since = version;
    w->cursor = resource_after(w->resource, version);
    if (all) {
        take_initial(c);
        w->since = 0;
        w->end_mark = modern && w->bookmarks && (asked || versioned);
    } else if (asked && version == 0) {
        w->since = c->mock->version;
        w->cursor = resource_end(w->resource);
    } else if (version < w->resource->oldest) {
        watch_expire(c, status_too_old(version, w->resource->oldest));
        return;
    }
    fault_write_odd(c, w->resource, true);
}

// Initial events not older than a version of the future are waited for, then given up as an event.
static bool waits_for_initial(struct mock_connection *c, uint64_t version)
{
    if (c->mock->options.age != MOCK_SERVER_CURRENT || version <= c->mock->version ||
        !request_flag(&c->request, "sendInitialEvents"))
        return false;
    if (!c->waited)
        return wait_for_version(c, version);
    reply_begin(c, 200, "application/json");
    watch_expire(c, status_too_large(version, c->mock->version));
    return true;
}

void watch_serve(struct mock_connection *c, const struct target *target)
{
    const char *asked = request_query(&c->request, "resourceVersion");
    bool versioned = asked && *asked;
    uint64_t version = 0;
    json_t *refusal = check_initial(c->mock, &c->request);
    if (refusal) {
        reply_status(c, refusal);
        return;
    }
    if (versioned && !parse_version(asked, &version))
        refusal = status_bad_version(asked);
    if (!refusal && waits_for_initial(c, version))
        return;
    if (!refusal)
        refusal = parse_watch(c->mock, &c->watch, &c->request, target);
    if (refusal)
        reply_status(c, refusal);
    else
        start(c, version, versioned);
}
