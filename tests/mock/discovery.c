// SPDX-License-Identifier: Apache-2.0
// discovery.c - /api, /apis, lists of resources (old and aggregated), /version, health.
#include <string.h>

#include "priv.h"

#define AGGREGATED "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

static bool wants_aggregated(const struct mock_connection *c)
{
    return c->mock->options.age != MOCK_SERVER_1_20 &&
           strstr(request_header(&c->request, "accept"),
                  "g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList") != NULL;
}

static json_t *verbs(const struct kind *kind)
{
    json_t *list = json_pack("[s, s, s, s, s, s, s, s]", "create", "delete", "deletecollection",
                             "get", "list", "patch", "update", "watch");
    if (mock__same(kind->plural, "namespaces"))
        json_array_remove(list, 2);
    return list;
}

// What the subresources are, in the order in which they are told.
static const struct subresource {
    const char *name, *group, *version, *kind; // kind NULL: that of the resource
    const char *verb;                          // NULL: get, patch, update
} subresources[] = {{"binding", "", "", "Binding", "create"},
                    {"eviction", "policy", "v1", "Eviction", "create"},
                    {"log", "", "", NULL, "get"},
                    {"scale", "autoscaling", "v1", "Scale", NULL},
                    {"status", "", "", NULL, NULL},
                    {"token", "authentication.k8s.io", "v1", "TokenRequest", "create"}};
enum { SUBRESOURCES = sizeof subresources / sizeof subresources[0] };

static bool has_subresource(const struct kind *kind, const struct subresource *s)
{
    return (kind->scale && mock__same(s->name, "scale")) ||
           (kind->status && mock__same(s->name, "status")) ||
           (kind->more && mock__has_word(kind->more, s->name));
}

static json_t *verbs_of(const struct subresource *s)
{
    return s->verb ? json_pack("[s]", s->verb) : json_pack("[s, s, s]", "get", "patch", "update");
}

static void add_words(json_t *resource, const char *key, const char *words)
{
    json_t *list = json_array();
    for (const char *at = words ? words : ""; *at; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        json_array_append_new(list, json_stringn(at, len));
        at += len;
    }
    if (json_array_size(list))
        json_object_set(resource, key, list);
    json_decref(list);
}

static void add_names(json_t *resource, const struct kind *kind)
{
    add_words(resource, "shortNames", kind->short_name);
    add_words(resource, "categories", kind->category);
}

static uint64_t hash_of(const char *text)
{
    uint64_t hash = 14695981039346656037u; // FNV-1a
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return hash;
}

// ---- aggregated ----------------------------------------------------------------------------

static json_t *aggregated_subresources(const struct kind *kind)
{
    json_t *list = json_array();
    for (size_t i = 0; i < SUBRESOURCES; i++) {
        const struct subresource *s = &subresources[i];
        if (has_subresource(kind, s))
            json_array_append_new(
                list, json_pack("{s:s, s:{s:s, s:s, s:s}, s:o}", "subresource", s->name,
                                "responseKind", "group", s->group, "version", s->version, "kind",
                                s->kind ? s->kind : kind->name, "verbs", verbs_of(s)));
    }
    return list;
}

static json_t *aggregated_resource(const struct kind *kind)
{
    json_t *r = json_pack("{s:s, s:{s:s, s:s, s:s}, s:s, s:s, s:o}", "resource", kind->plural,
                          "responseKind", "group", kind->custom ? kind->group : "", "version",
                          kind->custom ? kind->version : "", "kind", kind->name, "scope",
                          kind->namespaced ? "Namespaced" : "Cluster", "singularResource",
                          kind->singular, "verbs", verbs(kind));
    json_t *subs = aggregated_subresources(kind);
    add_names(r, kind);
    if (json_array_size(subs))
        json_object_set(r, "subresources", subs);
    json_decref(subs);
    return r;
}

static bool is_in_group(const struct resource *r, const char *group)
{
    return !r->gone && mock__same(r->kind.group, group);
}

static bool is_first_of_group(const struct mock *mock, size_t index, bool version_too)
{
    const struct kind *kind = &mock->resources[index]->kind;
    for (size_t i = 0; i < index; i++)
        if (is_in_group(mock->resources[i], kind->group) &&
            (!version_too || mock__same(mock->resources[i]->kind.version, kind->version)))
            return false;
    return !mock->resources[index]->gone;
}

static json_t *aggregated_version(const struct mock *mock, const struct resource *of)
{
    json_t *resources = json_array();
    for (size_t i = 0; i < mock->resource_count; i++) {
        const struct kind *kind = &mock->resources[i]->kind;
        if (is_in_group(mock->resources[i], of->kind.group) &&
            mock__same(kind->version, of->kind.version))
            json_array_append_new(resources, aggregated_resource(kind));
    }
    return json_pack("{s:s, s:o, s:s}", "version", of->kind.version, "resources", resources,
                     "freshness", of->stale ? "Stale" : "Current");
}

// The versions of one group, each once.
static json_t *versions_of(const struct mock *mock, const char *group, bool aggregated)
{
    json_t *versions = json_array();
    for (size_t i = 0; i < mock->resource_count; i++) {
        const struct resource *r = mock->resources[i];
        if (!is_in_group(r, group) || !is_first_of_group(mock, i, true))
            continue;
        struct text api = {0};
        kind_api_version(&r->kind, &api);
        json_array_append_new(versions, aggregated
                                            ? aggregated_version(mock, r)
                                            : json_pack("{s:s, s:s}", "groupVersion", api.bytes,
                                                        "version", r->kind.version));
        text_free(&api);
    }
    return versions;
}

// With an entity tag, by which a client's cache may ask whether something is new.
static void send_aggregated(struct mock_connection *c, const json_t *body)
{
    struct text t = {0}, tag = {0};
    text_json(&t, body, 0);
    uint64_t random = hash_of(t.bytes);
    text_string(&tag, "\"");
    for (int i = 0; i < 8; i++)
        text_format(&tag, "%016llX", (unsigned long long)mock__random(&random));
    text_string(&tag, "\"");
    bool known = mock__same(request_header(&c->request, "if-none-match"), tag.bytes);
    reply_begin_public(c, known ? 304 : 200, AGGREGATED);
    reply_header(c, "Etag", tag.bytes);
    reply_header(c, "Vary", "Accept");
    if (known)
        reply_end(c);
    else
        reply_json(c, 200, body, reply_how(c, NULL));
    text_free(&t);
    text_free(&tag);
}

static void reply_aggregated(struct mock_connection *c, bool core)
{
    json_t *items = json_array();
    for (size_t i = 0; i < c->mock->resource_count; i++) {
        const char *group = c->mock->resources[i]->kind.group;
        if (core != !*group || !is_first_of_group(c->mock, i, false))
            continue;
        json_t *metadata = *group ? json_pack("{s:s}", "name", group) : json_object();
        json_array_append_new(items, json_pack("{s:o, s:o}", "metadata", metadata, "versions",
                                               versions_of(c->mock, group, true)));
    }
    json_t *body = json_pack("{s:s, s:s, s:{}, s:o}", "kind", "APIGroupDiscoveryList", "apiVersion",
                             "apidiscovery.k8s.io/v2", "metadata", "items", items);
    send_aggregated(c, body);
    json_decref(body);
}

// ---- one by one ----------------------------------------------------------------------------

static json_t *api_group(const struct mock *mock, const char *group)
{
    json_t *versions = versions_of(mock, group, false);
    return json_pack("{s:s, s:o, s:O}", "name", group, "versions", versions, "preferredVersion",
                     json_array_get(versions, 0));
}

static json_t *groups(const struct mock *mock)
{
    json_t *list = json_array();
    for (size_t i = 0; i < mock->resource_count; i++) {
        const char *group = mock->resources[i]->kind.group;
        if (*group && is_first_of_group(mock, i, false))
            json_array_append_new(list, api_group(mock, group));
    }
    return json_pack("{s:s, s:s, s:o}", "kind", "APIGroupList", "apiVersion", "v1", "groups", list);
}

static void add_subresource(json_t *list, const struct kind *kind, const struct subresource *s)
{
    json_t *r = json_pack("{s:o, s:s, s:b}", "name", json_sprintf("%s/%s", kind->plural, s->name),
                          "singularName", "", "namespaced", kind->namespaced);
    if (*s->group) {
        json_object_set_new(r, "group", json_string(s->group));
        json_object_set_new(r, "version", json_string(s->version));
    }
    json_object_set_new(r, "kind", json_string(s->kind ? s->kind : kind->name));
    json_object_set_new(r, "verbs", verbs_of(s));
    json_array_append_new(list, r);
}

static void add_resource(json_t *list, const struct kind *kind)
{
    json_t *r =
        json_pack("{s:s, s:s, s:b, s:s, s:o}", "name", kind->plural, "singularName", kind->singular,
                  "namespaced", kind->namespaced, "kind", kind->name, "verbs", verbs(kind));
    struct text t = {0};
    add_names(r, kind);
    kind_resource(kind, &t);
    uint64_t hash = hash_of(t.bytes);
    text_free(&t);
    text_base64(&t, &hash, sizeof hash);
    json_object_set_new(r, "storageVersionHash", json_string(t.bytes));
    text_free(&t);
    json_array_append_new(list, r);
    for (size_t i = 0; i < SUBRESOURCES; i++)
        if (has_subresource(kind, &subresources[i]))
            add_subresource(list, kind, &subresources[i]);
}

static json_t *resources_of(const struct mock *mock, const char *group, const char *version)
{
    json_t *list = json_array();
    struct text api = {0};
    for (size_t i = 0; i < mock->resource_count; i++) {
        const struct kind *kind = &mock->resources[i]->kind;
        if (is_in_group(mock->resources[i], group) && mock__same(kind->version, version))
            add_resource(list, kind);
    }
    text_format(&api, "%s%s%s", group, *group ? "/" : "", version);
    json_t *body = NULL;
    if (json_array_size(list))
        body = json_pack("{s:s, s:s, s:s, s:O}", "kind", "APIResourceList", "apiVersion", "v1",
                         "groupVersion", api.bytes, "resources", list);
    json_decref(list);
    text_free(&api);
    return body;
}

static json_t *core_versions(const struct mock_connection *c)
{
    return json_pack("{s:s, s:[s], s:[{s:s, s:s}]}", "kind", "APIVersions", "versions", "v1",
                     "serverAddressByClientCIDRs", "clientCIDR", "0.0.0.0/0", "serverAddress",
                     request_header(&c->request, "host"));
}

static json_t *server_version(const struct mock *mock)
{
    if (mock->options.age == MOCK_SERVER_1_20)
        return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "major", "1", "minor",
                         "20", "gitVersion", "v1.20.2+mock", "gitCommit", "mock", "gitTreeState",
                         "", "buildDate", "1970-01-01T00:00:00Z", "goVersion", "go1.15.5",
                         "compiler", "gc", "platform", "linux/amd64");
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "major",
                     "1", "minor", "36", "emulationMajor", "1", "emulationMinor", "36",
                     "minCompatibilityMajor", "1", "minCompatibilityMinor", "35", "gitVersion",
                     "v1.36.2+mock", "gitCommit", "mock", "gitTreeState", "", "buildDate",
                     "1970-01-01T00:00:00Z", "goVersion", "go1.26.10", "compiler", "gc", "platform",
                     "linux/amd64");
}

static bool reply_health(struct mock_connection *c)
{
    static const char *const paths[] = {"/healthz", "/livez", "/readyz"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (mock__same(c->request.path, paths[i])) {
            reply_plain(c, 200, "ok");
            return true;
        }
    return false;
}

static json_t *document(const struct mock_connection *c)
{
    const struct request *r = &c->request;
    bool core = r->segments && mock__same(r->segment[0], "api");
    bool apis = r->segments && mock__same(r->segment[0], "apis");
    if (core && r->segments == 1)
        return core_versions(c);
    if (core && r->segments == 2)
        return resources_of(c->mock, "", r->segment[1]);
    if (apis && r->segments == 1)
        return groups(c->mock);
    if (apis && r->segments == 3 && *r->segment[1])
        return resources_of(c->mock, r->segment[1], r->segment[2]);
    if (!apis || r->segments != 2 || !*r->segment[1])
        return NULL;
    json_t *group = api_group(c->mock, r->segment[1]);
    if (group && json_array_size(json_object_get(group, "versions"))) {
        json_object_set_new(group, "kind", json_string("APIGroup"));
        json_object_set_new(group, "apiVersion", json_string("v1"));
        return group;
    }
    json_decref(group);
    return NULL;
}

// The list of a version whose server cannot be reached.
static bool is_stale(const struct mock_connection *c)
{
    const struct request *r = &c->request;
    bool core = r->segments == 2 && mock__same(r->segment[0], "api");
    if (!core && (r->segments != 3 || !mock__same(r->segment[0], "apis")))
        return false;
    const char *group = core ? "" : r->segment[1], *version = r->segment[r->segments - 1];
    for (size_t i = 0; i < c->mock->resource_count; i++)
        if (is_in_group(c->mock->resources[i], group) && c->mock->resources[i]->stale &&
            mock__same(c->mock->resources[i]->kind.version, version))
            return true;
    return false;
}

void mock_stale(struct mock *mock, const char *group, const char *version, bool stale)
{
    for (size_t i = 0; i < mock->resource_count; i++) {
        struct resource *r = mock->resources[i];
        if (is_in_group(r, group) && mock__same(r->kind.version, version))
            r->stale = stale;
    }
}

void discovery_serve(struct mock_connection *c, bool *known)
{
    const char *path = c->request.path;
    bool root = mock__same(path, "/api") || mock__same(path, "/apis");
    *known = true;
    if (!mock__same(c->request.method, "GET")) {
        *known = false;
    } else if (reply_health(c)) {
        return;
    } else if (mock__same(path, "/version")) {
        json_t *version = server_version(c->mock);
        reply_json(c, 200, version, TEXT_PRETTY);
        json_decref(version);
    } else if (is_stale(c)) {
        reply_plain(c, 503, "service unavailable\n");
    } else if (root && wants_aggregated(c)) {
        reply_aggregated(c, mock__same(path, "/api"));
    } else {
        json_t *body = document(c);
        *known = body != NULL;
        if (body)
            reply_json(c, 200, body, reply_how(c, NULL));
        json_decref(body);
    }
}
