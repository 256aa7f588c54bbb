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

static json_t *short_verbs(void)
{
    return json_pack("[s, s, s]", "get", "patch", "update");
}

static void add_names(json_t *resource, const struct kind *kind)
{
    if (kind->short_name)
        json_object_set_new(resource, "shortNames", json_pack("[s]", kind->short_name));
    if (kind->category)
        json_object_set_new(resource, "categories", json_pack("[s]", kind->category));
}

// ---- aggregated ----------------------------------------------------------------------------

static json_t *subresource(const char *name, const char *group, const char *version,
                           const char *kind)
{
    return json_pack("{s:s, s:{s:s, s:s, s:s}, s:o}", "subresource", name, "responseKind", "group",
                     group, "version", version, "kind", kind, "verbs", short_verbs());
}

static json_t *aggregated_resource(const struct kind *kind)
{
    json_t *r = json_pack("{s:s, s:{s:s, s:s, s:s}, s:s, s:s, s:o}", "resource", kind->plural,
                          "responseKind", "group", kind->custom ? kind->group : "", "version",
                          kind->custom ? kind->version : "", "kind", kind->name, "scope",
                          kind->namespaced ? "Namespaced" : "Cluster", "singularResource",
                          kind->singular, "verbs", verbs(kind));
    json_t *subs = json_array();
    add_names(r, kind);
    if (kind->scale)
        json_array_append_new(subs, subresource("scale", "autoscaling", "v1", "Scale"));
    if (kind->status)
        json_array_append_new(subs, subresource("status", "", "", kind->name));
    if (json_array_size(subs))
        json_object_set(r, "subresources", subs);
    json_decref(subs);
    return r;
}

static bool is_first_of_group(const struct mock *mock, size_t index, bool version_too)
{
    const struct kind *kind = &mock->resources[index].kind;
    for (size_t i = 0; i < index; i++)
        if (mock__same(mock->resources[i].kind.group, kind->group) &&
            (!version_too || mock__same(mock->resources[i].kind.version, kind->version)))
            return false;
    return true;
}

static json_t *aggregated_version(const struct mock *mock, const struct kind *of)
{
    json_t *resources = json_array();
    for (size_t i = 0; i < mock->resource_count; i++) {
        const struct kind *kind = &mock->resources[i].kind;
        if (mock__same(kind->group, of->group) && mock__same(kind->version, of->version))
            json_array_append_new(resources, aggregated_resource(kind));
    }
    return json_pack("{s:s, s:o, s:s}", "version", of->version, "resources", resources, "freshness",
                     "Current");
}

// The versions of one group, each once.
static json_t *versions_of(const struct mock *mock, const char *group, bool aggregated)
{
    json_t *versions = json_array();
    for (size_t i = 0; i < mock->resource_count; i++) {
        const struct kind *kind = &mock->resources[i].kind;
        if (!mock__same(kind->group, group) || !is_first_of_group(mock, i, true))
            continue;
        struct text api = {0};
        kind_api_version(kind, &api);
        json_array_append_new(versions, aggregated
                                            ? aggregated_version(mock, kind)
                                            : json_pack("{s:s, s:s}", "groupVersion", api.bytes,
                                                        "version", kind->version));
        text_free(&api);
    }
    return versions;
}

static void reply_aggregated(struct mock_connection *c, bool core)
{
    json_t *items = json_array();
    for (size_t i = 0; i < c->mock->resource_count; i++) {
        const char *group = c->mock->resources[i].kind.group;
        if (core != !*group || !is_first_of_group(c->mock, i, false))
            continue;
        json_t *metadata = *group ? json_pack("{s:s}", "name", group) : json_object();
        json_array_append_new(items, json_pack("{s:o, s:o}", "metadata", metadata, "versions",
                                               versions_of(c->mock, group, true)));
    }
    json_t *body = json_pack("{s:s, s:s, s:{}, s:o}", "kind", "APIGroupDiscoveryList", "apiVersion",
                             "apidiscovery.k8s.io/v2", "metadata", "items", items);
    reply_begin(c, 200, AGGREGATED);
    reply_json(c, 200, body, reply_how(c, NULL));
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
        const char *group = mock->resources[i].kind.group;
        if (*group && is_first_of_group(mock, i, false))
            json_array_append_new(list, api_group(mock, group));
    }
    return json_pack("{s:s, s:s, s:o}", "kind", "APIGroupList", "apiVersion", "v1", "groups", list);
}

static void add_subresource(json_t *list, const struct kind *kind, const char *name)
{
    bool scale = mock__same(name, "scale");
    json_t *r = json_pack("{s:o, s:s, s:b}", "name", json_sprintf("%s/%s", kind->plural, name),
                          "singularName", "", "namespaced", kind->namespaced);
    if (scale) {
        json_object_set_new(r, "group", json_string("autoscaling"));
        json_object_set_new(r, "version", json_string("v1"));
    }
    json_object_set_new(r, "kind", json_string(scale ? "Scale" : kind->name));
    json_object_set_new(r, "verbs", short_verbs());
    json_array_append_new(list, r);
}

static json_t *resources_of(const struct mock *mock, const char *group, const char *version)
{
    json_t *list = json_array();
    struct text api = {0};
    for (size_t i = 0; i < mock->resource_count; i++) {
        const struct kind *kind = &mock->resources[i].kind;
        if (!mock__same(kind->group, group) || !mock__same(kind->version, version))
            continue;
        json_t *r = json_pack("{s:s, s:s, s:b, s:s, s:o}", "name", kind->plural, "singularName",
                              kind->singular, "namespaced", kind->namespaced, "kind", kind->name,
                              "verbs", verbs(kind));
        add_names(r, kind);
        json_array_append_new(list, r);
        if (kind->scale)
            add_subresource(list, kind, "scale");
        if (kind->status)
            add_subresource(list, kind, "status");
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
