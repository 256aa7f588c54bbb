// SPDX-License-Identifier: Apache-2.0
// rest_target.c - path, query and DeleteOptions out of a request, as client-go's request builder.
#include "client/rest_target.h"

#include "base/divide.h"
#include "kedge/writer.h"
#include "net/escape.h"

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static bool is_write(enum kedge_verb v)
{
    return v == KEDGE_CREATE || v == KEDGE_UPDATE || v == KEDGE_PATCH || v == KEDGE_APPLY;
}

static bool is_delete(enum kedge_verb v)
{
    return v == KEDGE_DELETE || v == KEDGE_DELETE_COLLECTION;
}

static bool is_list(enum kedge_verb v)
{
    return v == KEDGE_LIST || v == KEDGE_WATCH || v == KEDGE_DELETE_COLLECTION;
}

static bool names_one(enum kedge_verb v)
{
    return v == KEDGE_GET || v == KEDGE_UPDATE || v == KEDGE_PATCH || v == KEDGE_APPLY ||
           v == KEDGE_DELETE;
}

const char *kedge__rest_method(enum kedge_verb verb)
{
    switch (verb) {
    case KEDGE_CREATE:
        return "POST";
    case KEDGE_UPDATE:
        return "PUT";
    case KEDGE_PATCH:
    case KEDGE_APPLY:
        return "PATCH";
    case KEDGE_DELETE:
    case KEDGE_DELETE_COLLECTION:
        return "DELETE";
    case KEDGE_GET:
    case KEDGE_LIST:
    case KEDGE_WATCH:
        break;
    }
    return "GET";
}

const char *kedge__rest_content_type(const struct kedge_request *r)
{
    static const char *const patches[] = {
        [KEDGE_PATCH_MERGE] = "application/merge-patch+json",
        [KEDGE_PATCH_STRATEGIC] = "application/strategic-merge-patch+json",
        [KEDGE_PATCH_JSON] = "application/json-patch+json",
    };
    if (r->content_type != NULL)
        return r->content_type;
    if (r->verb == KEDGE_PATCH)
        return patches[r->patch_type];
    return r->verb == KEDGE_APPLY ? "application/apply-patch+yaml" : "application/json";
}

// What is wrong --------------------------------------------------------------------------------

static const char *list_options_problem(const struct kedge_request *r)
{
    const struct kedge_options *o = &r->options;
    bool list = is_list(r->verb);
    if (!list && (is_given(o->label_selector) || is_given(o->field_selector)))
        return "label_selector, field_selector: only to list, to watch and to delete a collection";
    if (is_given(o->resource_version) && !list && r->verb != KEDGE_GET)
        return "resource_version: only to get, to list, to watch and to delete a collection";
    if (!list && (o->resource_version_match != KEDGE_MATCH_UNSET || o->limit != 0 ||
                  is_given(o->continue_) || o->timeout_seconds.is_set))
        return "resource_version_match, limit, continue_, timeout_seconds: only to list, to watch "
               "and to delete a collection";
    if (o->limit < 0 || (o->timeout_seconds.is_set && o->timeout_seconds.value < 0))
        return "limit, timeout_seconds: negative";
    if (r->verb != KEDGE_WATCH && (o->allow_watch_bookmarks || o->send_initial_events.is_set))
        return "allow_watch_bookmarks, send_initial_events: only to watch";
    return NULL;
}

static const char *write_options_problem(const struct kedge_request *r)
{
    const struct kedge_options *o = &r->options;
    bool write = is_write(r->verb);
    if (!write && (is_given(o->field_manager) || o->field_validation != KEDGE_VALIDATION_UNSET))
        return "field_manager, field_validation: only to create, update, patch and apply";
    if (o->force.is_set && r->verb != KEDGE_APPLY)
        return "force: only to apply";
    if (o->dry_run && !write && !is_delete(r->verb))
        return "dry_run: only to write and to delete";
    if (!is_delete(r->verb) &&
        (o->grace_period_seconds.is_set || o->precondition_uid != NULL ||
         o->precondition_resource_version != NULL || o->orphan_dependents.is_set ||
         o->propagation != KEDGE_PROPAGATION_UNSET || o->ignore_store_read_error))
        return "grace_period_seconds, preconditions, propagation, orphan_dependents, "
               "ignore_store_read_error: only to delete";
    if (is_delete(r->verb) && r->body.len > 0)
        return "body: that of a deletion is made of the options";
    return NULL;
}

static const char *range_problem(const struct kedge_request *r)
{
    const struct kedge_options *o = &r->options;
    if ((unsigned)r->verb > KEDGE_DELETE_COLLECTION || (unsigned)r->patch_type > KEDGE_PATCH_JSON)
        return "verb, patch_type: no such value";
    if ((unsigned)o->resource_version_match > KEDGE_EXACT ||
        (unsigned)o->field_validation > KEDGE_VALIDATION_STRICT ||
        (unsigned)o->propagation > KEDGE_PROPAGATION_ORPHAN)
        return "resource_version_match, field_validation, propagation: no such value";
    if (r->timeout < 0)
        return "timeout: negative";
    if (r->parameter_count > 64)
        return "parameters: more than 64";
    return NULL;
}

// The parts of the path: what client-go refuses before it sends, in its words where it has some.
static const char *path_problem(const struct kedge_request *r)
{
    if (r->path != NULL) {
        if (r->resource != NULL || r->name != NULL || r->namespace_ != NULL ||
            r->subresource != NULL)
            return "path: besides the parts of one";
        return r->path[0] == '/' && strchr(r->path, '?') == NULL
                   ? NULL
                   : "path: begins with '/' and holds no '?'";
    }
    if (!is_given(r->resource) || !is_given(r->version))
        return "resource, version: neither may be missing";
    if (r->name != NULL && r->name[0] == '\0')
        return "name: resource name may not be empty";
    if (r->name == NULL && names_one(r->verb))
        return "name: name is required";
    if (r->name == NULL && r->subresource != NULL)
        return "name: is required for a subresource";
    if (r->name != NULL && is_list(r->verb))
        return "name: of one object only; list and watch it by field_selector metadata.name=...";
    if (r->namespace_ == NULL || r->namespace_[0] != '\0')
        return NULL;
    if (r->verb == KEDGE_CREATE)
        return "namespace_: an empty namespace may not be set during creation";
    if (r->name != NULL && r->verb != KEDGE_PATCH && r->verb != KEDGE_APPLY)
        return "namespace_: an empty namespace may not be set when a resource name is provided";
    return NULL;
}

const char *kedge__rest_problem(const struct kedge_request *r)
{
    const char *problem = range_problem(r);
    if (problem == NULL)
        problem = path_problem(r);
    if (problem == NULL)
        problem = list_options_problem(r);
    if (problem == NULL)
        problem = write_options_problem(r);
    return problem;
}

// Path -----------------------------------------------------------------------------------------

static void segment(struct kedge__line *l, const char *text, const char *name, const char **member,
                    const char **problem)
{
    if (!is_given(text) || *problem != NULL)
        return;
    *problem = kedge__url_segment_problem(kedge_str_of(text));
    *member = *problem != NULL ? name : NULL;
    if (*problem == NULL)
        kedge__url_path_segment(l, kedge_str_of(text));
}

// "status", or "a/b": each part of it is a segment.
static void subresource(struct kedge__line *l, const char *text, const char **member,
                        const char **problem)
{
    kedge_str left = kedge_str_of(text);
    while (left.len > 0 && *problem == NULL) {
        const char *slash = memchr(left.ptr, '/', left.len);
        size_t len = slash != NULL ? (size_t)(slash - left.ptr) : left.len;
        kedge_str part = {left.ptr, len};
        *problem = len > 0 ? kedge__url_segment_problem(part) : "may not be empty";
        *member = *problem != NULL ? "subresource" : NULL;
        if (*problem == NULL)
            kedge__url_path_segment(l, part);
        left.ptr += slash != NULL ? len + 1 : len;
        left.len -= slash != NULL ? len + 1 : len;
    }
}

static void lower(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = (char)(text[i] - 'A' + 'a');
    }
}

static void write_path(struct kedge__line *l, const struct kedge_request *r, const char **member,
                       const char **problem)
{
    if (r->path != NULL) {
        kedge__line_text(l, r->path);
        return;
    }
    kedge__line_text(l, is_given(r->group) ? "/apis" : "/api");
    segment(l, r->group, "group", member, problem);
    segment(l, r->version, "version", member, problem);
    if (is_given(r->namespace_)) {
        kedge__line_text(l, "/namespaces");
        segment(l, r->namespace_, "namespace_", member, problem);
    }
    size_t at = l->len;
    segment(l, r->resource, "resource", member, problem);
    lower(l->buf + at, l->len - at);
    segment(l, r->name, "name", member, problem);
    subresource(l, r->subresource, member, problem);
}

// Query ----------------------------------------------------------------------------------------

#define QUERY_MAX 20

struct query {
    struct kedge_http_pair pairs[QUERY_MAX];
    size_t count;
    char numbers[4][32]; // limit, timeoutSeconds, timeout
    size_t number_count;
};

static void add(struct query *q, const char *name, const char *value)
{
    if (is_given(value))
        q->pairs[q->count++] = (struct kedge_http_pair){kedge_str_of(name), kedge_str_of(value)};
}

static void add_line(struct query *q, const char *name, const struct kedge__line *value)
{
    q->number_count++;
    q->pairs[q->count++] = (struct kedge_http_pair){kedge_str_of(name), kedge__line_done(value)};
}

static struct kedge__line number_line(struct query *q)
{
    struct kedge__line l;
    char *buf = q->numbers[q->number_count];
    kedge__line_init(&l, buf, sizeof q->numbers[0]);
    return l;
}

static void add_number(struct query *q, const char *name, int64_t value)
{
    struct kedge__line l = number_line(q);
    kedge__line_int(&l, value);
    add_line(q, name, &l);
}

static void add_list_options(struct query *q, const struct kedge_options *o)
{
    static const char *const matches[] = {NULL, "NotOlderThan", "Exact"};
    add(q, "labelSelector", o->label_selector);
    add(q, "fieldSelector", o->field_selector);
    add(q, "resourceVersion", o->resource_version);
    add(q, "resourceVersionMatch", matches[o->resource_version_match]);
    add(q, "continue", o->continue_);
    add(q, "allowWatchBookmarks", o->allow_watch_bookmarks ? "true" : NULL);
    if (o->send_initial_events.is_set)
        add(q, "sendInitialEvents", o->send_initial_events.value != 0 ? "true" : "false");
    if (o->limit != 0)
        add_number(q, "limit", o->limit);
    if (o->timeout_seconds.is_set)
        add_number(q, "timeoutSeconds", o->timeout_seconds.value);
}

static void add_write_options(struct query *q, const struct kedge_request *r)
{
    static const char *const validations[] = {NULL, "Ignore", "Warn", "Strict"};
    const struct kedge_options *o = &r->options;
    // A deletion has it in its body.
    add(q, "dryRun", o->dry_run && is_write(r->verb) ? "All" : NULL);
    add(q, "fieldManager", o->field_manager);
    add(q, "fieldValidation", validations[o->field_validation]);
    if (o->force.is_set)
        add(q, "force", o->force.value != 0 ? "true" : "false");
}

// As strings.Compare: negative, 0 or positive.
static int compare(kedge_str a, kedge_str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common > 0 ? memcmp(a.ptr, b.ptr, common) : 0;
    if (order != 0 || a.len == b.len)
        return order;
    return a.len < b.len ? -1 : 1;
}

// The pair that comes next by name, as url.Values sorts them; of equal names in their order.
static const struct kedge_http_pair *next_pair(const struct query *q, const struct kedge_request *r,
                                               size_t *order, const struct kedge_http_pair *last)
{
    const struct kedge_http_pair *best = NULL;
    size_t best_at = 0;
    for (size_t i = 0; i < q->count + r->parameter_count; i++) {
        bool own = i < q->count;
        const struct kedge_http_pair *p = own ? &q->pairs[i] : &r->parameters[i - q->count];
        // A timeout of the request overrides a parameter of that name.
        if (!own && r->timeout > 0 && kedge_str_is(p->name, "timeout"))
            continue;
        int to_last = last != NULL ? compare(p->name, last->name) : 1;
        if (to_last < 0 || (to_last == 0 && i <= *order))
            continue;
        if (best == NULL || compare(p->name, best->name) < 0) {
            best = p;
            best_at = i;
        }
    }
    *order = best_at;
    return best;
}

static void write_query(struct kedge__line *l, const struct kedge_request *r)
{
    struct query q = {.count = 0};
    add_list_options(&q, &r->options);
    add_write_options(&q, r);
    add(&q, "watch", r->verb == KEDGE_WATCH ? "true" : NULL);
    if (r->timeout > 0) {
        struct kedge__line timeout = number_line(&q);
        kedge__rest_duration(&timeout, r->timeout);
        add_line(&q, "timeout", &timeout);
    }
    size_t order = 0;
    const struct kedge_http_pair *p = NULL;
    bool first = true;
    while ((p = next_pair(&q, r, &order, p)) != NULL) {
        kedge__url_query(l, first, p->name, p->value);
        first = false;
    }
}

void kedge__rest_target(struct kedge__line *l, const struct kedge_request *r, const char **member,
                        const char **problem)
{
    *member = NULL;
    *problem = NULL;
    write_path(l, r, member, problem);
    if (*problem == NULL)
        write_query(l, r);
}

void kedge__rest_duration(struct kedge__line *l, kedge_time ms)
{
    uint64_t left = (uint64_t)ms;
    uint32_t rest = kedge__divide(&left, 1000);
    if (left == 0) {
        kedge__line_int(l, rest);
        kedge__line_text(l, "ms");
        return;
    }
    uint32_t seconds = kedge__divide(&left, 60);
    bool minutes = left > 0;
    uint32_t minute = kedge__divide(&left, 60);
    if (left > 0) {
        kedge__line_number(l, left);
        kedge__line_byte(l, 'h');
    }
    if (minutes) {
        kedge__line_int(l, minute);
        kedge__line_byte(l, 'm');
    }
    kedge__line_int(l, seconds);
    if (rest > 0) {
        kedge__line_byte(l, '.');
        for (uint32_t digit = 100; rest > 0; rest %= digit, digit /= 10)
            kedge__line_int(l, rest / digit);
    }
    kedge__line_byte(l, 's');
}

// DeleteOptions --------------------------------------------------------------------------------

static void text_member(struct kedge_writer *w, const char *key, const char *value)
{
    if (value == NULL)
        return;
    kedge_writer_key(w, key);
    kedge_writer_text(w, value);
}

static void bool_member(struct kedge_writer *w, const char *key, bool value)
{
    kedge_writer_key(w, key);
    kedge_writer_bool(w, value);
}

static void preconditions(struct kedge_writer *w, const struct kedge_options *o)
{
    if (o->precondition_uid == NULL && o->precondition_resource_version == NULL)
        return;
    kedge_writer_key(w, "preconditions");
    kedge_writer_begin_object(w);
    text_member(w, "uid", o->precondition_uid);
    text_member(w, "resourceVersion", o->precondition_resource_version);
    kedge_writer_end_object(w);
}

kedge_err kedge__rest_delete_options(const struct kedge_request *r, char *buf, size_t cap,
                                     kedge_str *body)
{
    static const char *const policies[] = {NULL, "Background", "Foreground", "Orphan"};
    const struct kedge_options *o = &r->options;
    struct kedge_writer w;
    kedge_writer_init(&w, buf, cap);
    kedge_writer_begin_object(&w);
    text_member(&w, "kind", "DeleteOptions");
    text_member(&w, "apiVersion", "v1");
    if (o->grace_period_seconds.is_set) {
        kedge_writer_key(&w, "gracePeriodSeconds");
        kedge_writer_int64(&w, o->grace_period_seconds.value);
    }
    preconditions(&w, o);
    if (o->orphan_dependents.is_set)
        bool_member(&w, "orphanDependents", o->orphan_dependents.value != 0);
    text_member(&w, "propagationPolicy", policies[o->propagation]);
    if (o->dry_run) {
        kedge_writer_key(&w, "dryRun");
        kedge_writer_begin_array(&w);
        kedge_writer_text(&w, "All");
        kedge_writer_end_array(&w);
    }
    if (o->ignore_store_read_error)
        bool_member(&w, "ignoreStoreReadErrorWithClusterBreakingPotential", true);
    kedge_writer_end_object(&w);
    return kedge_writer_finish(&w, body);
}

// Words ----------------------------------------------------------------------------------------

void kedge__rest_describe(struct kedge__line *l, const struct kedge_request *r)
{
    static const char *const verbs[] = {"get",   "list",  "watch",  "create",           "update",
                                        "patch", "apply", "delete", "delete collection"};
    kedge__line_text(l, verbs[r->verb]);
    kedge__line_byte(l, ' ');
    if (r->path != NULL) {
        kedge__line_printable(l, kedge_str_of(r->path), 64);
        return;
    }
    kedge__line_printable(l, kedge_str_of(r->resource), 64);
    if (is_given(r->group)) {
        kedge__line_byte(l, '.');
        kedge__line_printable(l, kedge_str_of(r->group), 64);
    }
    if (is_given(r->subresource)) {
        kedge__line_byte(l, '/');
        kedge__line_printable(l, kedge_str_of(r->subresource), 32);
    }
    if (is_given(r->name)) {
        kedge__line_text(l, " \"");
        kedge__line_printable(l, kedge_str_of(r->name), 64);
        kedge__line_byte(l, '"');
    }
    if (is_given(r->namespace_)) {
        kedge__line_text(l, " in ");
        kedge__line_printable(l, kedge_str_of(r->namespace_), 63);
    }
}
