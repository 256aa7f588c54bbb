// SPDX-License-Identifier: Apache-2.0
// list.c - lists: versions, pages, selectors. The body is made while the client reads it.
#include <stdlib.h>
#include <string.h>

#include "priv.h"

enum match { MATCH_NONE, MATCH_EXACT, MATCH_NOT_OLDER, MATCH_UNKNOWN };

// What the query asks for.
struct query {
    uint64_t version;
    bool versioned; // a resourceVersion was given
    enum match match;
    uint64_t limit;
    char *start;   // of a continue token: items from this key on
    bool after;    // ... behind this key
    bool go_on;    // there was a continue token
    int64_t token; // its version; -1: the newest
    struct selector labels, fields;
    enum view view;
};

bool parse_version(const char *text, uint64_t *version)
{
    uint64_t value = 0;
    const char *c = text;
    for (; *c >= '0' && *c <= '9'; c++) {
        if (value > (UINT64_MAX - 9) / 10)
            return false;
        value = value * 10 + (uint64_t)(*c - '0');
    }
    *version = value;
    return c != text && !*c;
}

// ---- continue tokens -----------------------------------------------------------------------

// Keys in tokens are relative to what was listed: "/default/web\0", or "/web\0" in a namespace.
static char *token_new(int64_t version, const char *key, const char *namespace)
{
    struct text start = {0}, json = {0}, token = {0};
    size_t skip = *namespace ? strlen(namespace) + 1 : 0;
    text_format(&start, "/%s", key + skip);
    json_t *value = json_pack("{s:s, s:I, s:o}", "v", "meta.k8s.io/v1", "rv", (json_int_t)version,
                              "start", json_stringn(start.bytes, start.len + 1));
    text_json(&json, value, 0);
    text_base64(&token, json.bytes, json.len);
    for (char *c = token.bytes; *c; c++)
        *c = (char)(*c == '+' ? '-' : *c == '/' ? '_' : *c == '=' ? 0 : *c);
    json_decref(value);
    text_free(&start);
    text_free(&json);
    return token.bytes;
}

static json_t *token_parse(struct query *q, const char *token, const char *namespace)
{
    struct text json = {0}, key = {0};
    json_t *value =
        mock__base64_decode(&json, token) ? mock__parse(json.bytes, json.len, NULL) : NULL;
    const char *start = mock__path_string(value, "start");
    json_t *refusal = NULL;
    if (*start != '/' || !mock__same(mock__path_string(value, "v"), "meta.k8s.io/v1")) {
        refusal = status_bad_request("continue key is not valid: the token is damaged");
    } else {
        revision_key(&key, namespace, start + 1);
        q->start = key.bytes;
        q->after = json_string_length(json_object_get(value, "start")) > strlen(start);
        q->token = json_integer_value(json_object_get(value, "rv"));
        q->go_on = true;
    }
    json_decref(value);
    text_free(&json);
    return refusal;
}

// ---- the query -----------------------------------------------------------------------------

static enum match match_of(const char *text)
{
    if (!text || !*text)
        return MATCH_NONE;
    if (mock__same(text, "Exact"))
        return MATCH_EXACT;
    return !mock__same(text, "NotOlderThan") ? MATCH_UNKNOWN : MATCH_NOT_OLDER;
}

static json_t *check_match(const struct query *q)
{
    const char *why = NULL;
    if (q->match == MATCH_UNKNOWN)
        why = "resourceVersionMatch must be Exact or NotOlderThan";
    else if (q->match && q->go_on)
        why = "resourceVersionMatch is forbidden when continue is provided";
    else if (q->match && !q->versioned)
        why = "resourceVersionMatch is forbidden unless resourceVersion is provided";
    else if (q->match == MATCH_EXACT && q->version == 0)
        why = "resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\"";
    return why ? status_invalid_options("resourceVersionMatch", why) : NULL;
}

static json_t *parse_numbers(struct query *q, const struct request *r)
{
    const char *version = request_query(r, "resourceVersion");
    const char *limit = request_query(r, "limit");
    q->versioned = version && *version;
    if (q->versioned && !parse_version(version, &q->version))
        return status_bad_version(version);
    if (limit && *limit && !parse_version(limit, &q->limit))
        return status_bad_request("unable to decode limit: parsing \"%s\": invalid syntax", limit);
    return NULL;
}

static json_t *parse_list(struct query *q, const struct request *r, const struct target *target)
{
    const char *token = request_query(r, "continue");
    const char *labels = request_query(r, "labelSelector");
    const char *fields = request_query(r, "fieldSelector");
    json_t *refusal = parse_numbers(q, r);
    if (!refusal && request_query(r, "sendInitialEvents"))
        refusal =
            status_invalid_options("sendInitialEvents", "sendInitialEvents is forbidden for list");
    if (!refusal && token && *token)
        refusal = token_parse(q, token, target->namespace);
    q->match = match_of(request_query(r, "resourceVersionMatch"));
    if (!refusal)
        refusal = check_match(q);
    if (!refusal && q->go_on && q->version > 0)
        refusal =
            status_bad_request("specifying resource version is not allowed when using continue");
    if (!refusal)
        refusal = select_parse_labels(&q->labels, labels ? labels : "");
    if (!refusal)
        refusal = select_parse_fields(&q->fields, fields ? fields : "", &target->resource->kind);
    q->view = view_asked(r, &refusal);
    return refusal;
}

static void query_free(struct query *q)
{
    free(q->start);
    select_free(&q->labels);
    select_free(&q->fields);
}

// ---- choosing items ------------------------------------------------------------------------

static bool is_chosen(const struct query *q, const struct target *target,
                      const struct revision *state)
{
    if (*target->namespace && !mock__same(target->namespace, state->namespace))
        return false;
    int order = q->start ? strcmp(state->key, q->start) : 1;
    if (order < 0 || (order == 0 && q->after))
        return false;
    return select_matches_labels(&q->labels, state) && select_matches_fields(&q->fields, state);
}

// Leaves the chosen items, at most `limit` of them, and counts the rest.
static void choose(struct snapshot *s, const struct query *q, const struct target *target,
                   uint64_t limit, uint64_t *rest)
{
    size_t kept = 0;
    *rest = 0;
    for (size_t i = 0; i < s->count; i++) {
        struct revision *state = s->items[i];
        bool chosen = is_chosen(q, target, state);
        if (chosen && (!limit || kept < limit)) {
            s->items[kept++] = state;
            continue;
        }
        *rest += chosen;
        revision_drop(state);
    }
    s->count = kept;
}

// The version of the state to list; false: it was answered, or is waited for.
static bool find_version(struct mock_connection *c, const struct query *q, uint64_t *version)
{
    struct mock *mock = c->mock;
    bool legacy = !q->match && q->limit && q->version;
    *version = mock->version;
    if (!q->go_on && wait_for_version(c, q->version))
        return false;
    if (q->match == MATCH_EXACT || legacy)
        *version = q->version;
    if (q->go_on && q->token >= 0)
        *version = (uint64_t)q->token;
    return true;
}

static json_t *check_expired(const struct mock *mock, const struct query *q, uint64_t version,
                             const char *namespace)
{
    if (version >= mock->compacted && version <= mock->version)
        return NULL;
    if (!q->go_on)
        return status_expired("The resourceVersion for the provided list is too old.", NULL);
    char *next = token_new(-1, q->start, namespace);
    json_t *refusal = status_expired(
        "The provided continue parameter is too old to display a consistent list result. You can "
        "start a new list without the continue parameter, or use the continue token in this "
        "response to retrieve the remainder of the results. Continuing with the provided token "
        "results in an inconsistent list - objects that were created, modified, or deleted between "
        "the time the first chunk was returned and now may show up in the list.",
        next);
    free(next);
    return refusal;
}

// ---- the reply -----------------------------------------------------------------------------

static json_t *list_metadata(const struct listing *l, bool custom)
{
    json_t *metadata = json_object();
    write__version(metadata, l->version);
    if (l->token || custom)
        json_object_set_new(metadata, "continue", json_string(l->token ? l->token : ""));
    if (l->token && l->count_remaining)
        json_object_set_new(metadata, "remainingItemCount", json_integer((json_int_t)l->remaining));
    return metadata;
}

static bool is_sorted(const struct listing *l)
{
    return l->resource->kind.custom && l->view == VIEW_FULL;
}

static void write_front(struct mock_connection *c)
{
    struct listing *l = &c->listing;
    struct text t = {0}, api = {0};
    kind_api_version(&l->resource->kind, &api);
    if (is_sorted(l)) {
        text_format(&t, "{\"apiVersion\":\"%s\",\"items\":[", api.bytes);
    } else {
        bool partial = l->view == VIEW_PARTIAL;
        json_t *metadata = list_metadata(l, false);
        text_format(&t, "{\"kind\":\"%sList\",\"apiVersion\":\"%s\",\"metadata\":",
                    partial ? "PartialObjectMetadata" : l->resource->kind.name,
                    partial ? "meta.k8s.io/v1" : api.bytes);
        text_json(&t, metadata, 0);
        text_string(&t, ",\"items\":[");
        json_decref(metadata);
    }
    if (l->resource->kind.custom && !l->items.count && c->mock->options.null_items) {
        t.len--;
        text_string(&t, "null");
    }
    reply_write(c, t.bytes, t.len);
    text_free(&t);
    text_free(&api);
}

static void write_end(struct mock_connection *c)
{
    struct listing *l = &c->listing;
    struct text t = {0};
    bool null = l->resource->kind.custom && !l->items.count && c->mock->options.null_items;
    text_string(&t, null ? "" : "]");
    if (is_sorted(l)) {
        json_t *metadata = list_metadata(l, true);
        text_format(&t, ",\"kind\":\"%sList\",\"metadata\":", l->resource->kind.name);
        text_json(&t, metadata, TEXT_SORTED);
        json_decref(metadata);
    }
    text_string(&t, "}\n");
    reply_write(c, t.bytes, t.len);
    text_free(&t);
    reply_end(c);
}

static void write_endless(struct mock_connection *c)
{
    struct listing *l = &c->listing;
    struct text t = {0};
    uint64_t n = ++l->endless_made;
    text_format(&t,
                "%s{\"metadata\":{\"name\":\"endless-%llu\",\"namespace\":\"default\",\"uid\":"
                "\"00000000-0000-4000-8000-%012llx\",\"resourceVersion\":\"%llu\"}}",
                l->comma ? "," : "", (unsigned long long)n, (unsigned long long)n,
                (unsigned long long)l->version);
    l->comma = true;
    reply_write(c, t.bytes, t.len);
    text_free(&t);
}

static void make_piece(struct mock_connection *c)
{
    struct listing *l = &c->listing;
    if (l->next < l->items.count) {
        struct text t = {0};
        text_string(&t, l->comma ? "," : "");
        view_add(&t, l->resource, l->items.items[l->next++], l->view, true);
        l->comma = true;
        reply_write(c, t.bytes, t.len);
        text_free(&t);
    } else if (l->endless) {
        write_endless(c);
    } else {
        write_end(c);
    }
}

void list_make(struct mock_connection *c)
{
    while (c->phase == PHASE_LISTING && text_left(&c->out) < OUTPUT_GOAL) {
        if (c->reply.stopped)
            reply_end(c);
        else
            make_piece(c);
    }
}

void list_end(struct listing *listing)
{
    snapshot_free(&listing->items);
    free(listing->token);
    *listing = (struct listing){0};
}

// A list as one JSON value: for Tables and for people.
static void reply_whole(struct mock_connection *c, int how)
{
    struct listing *l = &c->listing;
    const struct kind *kind = &l->resource->kind;
    const char *include = request_query(&c->request, "includeObject");
    json_t *body, *items = json_array();
    if (l->view == VIEW_TABLE) {
        body = table_new(l->resource, true);
        json_object_set_new(body, "metadata", list_metadata(l, false));
        for (size_t i = 0; i < l->items.count; i++)
            table_add(c->mock, body, l->resource, l->items.items[i], include);
        json_decref(items);
        reply_json(c, 200, body, how & TEXT_PRETTY);
        json_decref(body);
        return;
    }
    struct text t = {0}, api = {0};
    for (size_t i = 0; i < l->items.count; i++) {
        t.len = 0;
        view_add(&t, l->resource, l->items.items[i], l->view, true);
        json_array_append_new(items, mock__parse(t.bytes, t.len, NULL));
    }
    kind_api_version(kind, &api);
    bool partial = l->view == VIEW_PARTIAL;
    t.len = 0;
    text_format(&t, "%sList", partial ? "PartialObjectMetadata" : kind->name);
    body = json_pack("{s:s, s:s, s:o, s:o}", "kind", t.bytes, "apiVersion",
                     partial ? "meta.k8s.io/v1" : api.bytes, "metadata",
                     list_metadata(l, is_sorted(l)), "items", items);
    text_free(&t);
    text_free(&api);
    reply_json(c, 200, body, how);
    json_decref(body);
}

static void list_start(struct mock_connection *c)
{
    int how = reply_how(c, &c->listing.resource->kind);
    if (c->listing.view == VIEW_TABLE || (how & TEXT_PRETTY)) {
        reply_whole(c, how);
        return;
    }
    reply_begin(c, 200, "application/json");
    write_front(c);
    c->phase = PHASE_LISTING;
    c->listing.deadline = c->mock->now + LIST_TIMEOUT_MS;
    fault_write_odd(c, c->listing.resource, false);
}

// Fills c->listing; false: the request was answered, or waits.
static bool gather(struct mock_connection *c, const struct target *target)
{
    struct query q = {0};
    struct listing *l = &c->listing;
    uint64_t version = 0;
    json_t *refusal = parse_list(&q, &c->request, target);
    bool ready = !refusal && find_version(c, &q, &version);
    if (ready)
        refusal = check_expired(c->mock, &q, version, target->namespace);
    if (refusal || !ready) {
        if (refusal)
            reply_status(c, refusal);
        query_free(&q);
        return false;
    }
    bool ignored = q.versioned && q.version == 0 && !c->mock->options.limit_at_zero;
    bool endless = l->endless;
    list_end(l);
    l->endless = endless;
    l->resource = target->resource;
    l->view = q.view;
    l->version = version;
    l->items = resource_snapshot(target->resource, version);
    choose(&l->items, &q, target, ignored ? 0 : q.limit, &l->remaining);
    l->count_remaining = !q.labels.count && !q.fields.count;
    if (l->remaining)
        l->token =
            token_new((int64_t)version, l->items.items[l->items.count - 1]->key, target->namespace);
    query_free(&q);
    return true;
}

void list_serve(struct mock_connection *c, const struct target *target)
{
    if (gather(c, target))
        list_start(c);
}

void list_delete(struct mock_connection *c, const struct target *target, const struct write *write)
{
    json_t *refusal = NULL, *options = write_delete_options(c, &refusal);
    if (refusal) {
        json_decref(options);
        reply_status(c, refusal);
        return;
    }
    if (!gather(c, target)) {
        json_decref(options);
        return;
    }
    for (size_t i = 0; i < c->listing.items.count; i++) {
        struct write one = *write;
        one.name = c->listing.items.items[i]->name;
        one.dry_run = one.dry_run || json_array_size(json_object_get(options, "dryRun")) > 0;
        struct written done = write_delete(c->mock, &one, options);
        json_decref(done.refusal);
        revision_drop(done.state);
    }
    json_decref(options);
    c->listing.version = c->mock->version;
    list_start(c);
}
