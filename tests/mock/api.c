// SPDX-License-Identifier: Apache-2.0
// api.c - from the path of a request to what it is about.
#include <string.h>

#include "priv.h"

const char *const mock__verbs[] = {"get",    "list",  "watch",  "create",
                                   "update", "patch", "delete", "deletecollection"};

static const char *segment(const struct request *r, size_t i)
{
    return i < r->segments ? r->segment[i] : "";
}

static struct resource *find_resource(const struct mock *mock, const char *group,
                                      const char *version, const char *plural)
{
    for (size_t i = 0; i < mock->resource_count; i++) {
        const struct kind *kind = &mock->resources[i]->kind;
        if (!mock->resources[i]->gone && mock__same(kind->group, group) &&
            mock__same(kind->version, version) && mock__same(kind->plural, plural))
            return mock->resources[i];
    }
    return NULL;
}

// /api/v1/... and /apis/group/version/...; false: no such path.
static bool find_place(const struct mock *mock, const struct request *r, struct target *target)
{
    bool core = mock__same(segment(r, 0), "api");
    const char *group = core ? "" : segment(r, 1);
    size_t at = core ? 2 : 3;
    if ((!core && !mock__same(segment(r, 0), "apis")) || r->segments <= at || r->segments > at + 5)
        return false;
    const char *version = segment(r, at - 1), *sub = segment(r, at + 2);
    bool inside = mock__same(segment(r, at), "namespaces") && *sub && !mock__same(sub, "status") &&
                  !mock__same(sub, "finalize");
    target->namespace = inside ? segment(r, at + 1) : "";
    at += inside ? 2 : 0;
    target->resource = find_resource(mock, group, version, segment(r, at));
    target->name = segment(r, at + 1);
    target->subresource = segment(r, at + 2);
    if (!target->resource || r->segments > at + 3)
        return false;
    const struct kind *kind = &target->resource->kind;
    if (inside && !kind->namespaced)
        return false;
    if (!inside && kind->namespaced && *target->name)
        return false;
    return !*target->subresource || (mock__same(target->subresource, "status") && kind->status) ||
           (mock__same(target->subresource, "scale") && kind->scale) ||
           (kind->more && mock__has_word(kind->more, target->subresource));
}

// A subresource that is a question (log) or an order (binding, eviction, token).
static bool find_other_verb(const struct request *r, struct target *target)
{
    bool log = mock__same(target->subresource, "log");
    target->verb = log ? VERB_GET : VERB_CREATE;
    return mock__same(r->method, log ? "GET" : "POST");
}

// False: 405.
static bool find_verb(const struct request *r, struct target *target)
{
    const char *method = r->method;
    bool named = *target->name, sub = *target->subresource;
    bool everywhere = target->resource->kind.namespaced && !*target->namespace;
    bool watch = request_flag(r, "watch") && !sub;
    const struct kind *kind = &target->resource->kind;
    if (kind->more && mock__has_word(kind->more, target->subresource))
        return find_other_verb(r, target);
    if (mock__same(method, "GET")) {
        target->verb = watch ? VERB_WATCH : named ? VERB_GET : VERB_LIST;
        return true;
    }
    target->verb = VERB_CREATE;
    if (mock__same(method, "POST"))
        return !named && !everywhere;
    target->verb = VERB_UPDATE;
    if (mock__same(method, "PUT"))
        return named;
    target->verb = VERB_PATCH;
    if (mock__same(method, "PATCH"))
        return named;
    target->verb = named ? VERB_DELETE : VERB_DELETECOLLECTION;
    if (!mock__same(method, "DELETE") || sub)
        return false;
    return named || (!everywhere && !mock__same(target->resource->kind.plural, "namespaces"));
}

static enum mock_on class_of(const struct target *target)
{
    if (target->verb == VERB_LIST)
        return MOCK_ON_LIST;
    return target->verb == VERB_WATCH ? MOCK_ON_WATCH : MOCK_ON_OTHER;
}

static void serve_resource(struct mock_connection *c, const struct target *target)
{
    if (target->resource->stale)
        reply_plain(c, 503, "service unavailable\n");
    else if (mock__same(target->subresource, "log"))
        log_serve(c, target);
    else if (sub_is_order(target))
        sub_serve(c, target);
    else if (target->verb == VERB_LIST)
        list_serve(c, target);
    else if (target->verb == VERB_WATCH)
        watch_serve(c, target);
    else
        write_serve(c, target);
}

// What is no resource: health, discovery, the mock's own.
static void serve_other(struct mock_connection *c)
{
    bool known = false;
    discovery_serve(c, &known);
    if (!known)
        reply_plain(c, 404, "404 page not found\n");
}

void api_serve(struct mock_connection *c)
{
    struct target target = {0};
    const char *user = "";
    if (!strncmp(c->request.path, "/mock/", 6)) {
        fault_serve(c);
        return;
    }
    bool resource = find_place(c->mock, &c->request, &target);
    bool allowed = resource && find_verb(&c->request, &target);
    if (!c->waited)
        extra_strike(c, resource ? target.resource->kind.plural : "");
    if (!c->waited && fault_strike(c, allowed ? class_of(&target) : MOCK_ON_OTHER,
                                   resource ? target.resource->kind.plural : ""))
        return;
    json_t *refusal = auth_is_public(&c->request) ? NULL : auth_check(c, &user);
    if (!refusal && resource && !allowed)
        refusal = status_method();
    if (!refusal && resource)
        refusal = auth_allowed(c->mock, user, &target);
    if (refusal)
        reply_status(c, refusal);
    else if (resource)
        serve_resource(c, &target);
    else
        serve_other(c);
}
