// SPDX-License-Identifier: Apache-2.0
// api.c - a kind's requests, and one object as an answer.
#include "client/api_priv.h"

struct kedge_api kedge_api_of(struct kedge_rest *rest, const struct kedge_kind *kind,
                              const char *namespace_)
{
    struct kedge_api api = {.rest = rest, .kind = kind};
    bool cluster = kind != NULL && (kind->flags & KEDGE_NAMESPACED) == 0;
    // "" is refused where one object is named.
    if (!cluster)
        api.namespace_ = namespace_ != NULL ? namespace_ : "";
    return api;
}

struct kedge_api kedge_api_sub(const struct kedge_api *api, const char *subresource)
{
    struct kedge_api sub = {0};
    if (api != NULL)
        sub = *api;
    sub.subresource = subresource;
    return sub;
}

// The typed clients of client-go send a list's time limit twice: for the server's list, and for
// the request as a whole.
static kedge_time timeout_of(const struct kedge_api *api, enum kedge_verb verb,
                             const struct kedge_options *o)
{
    bool lists = verb == KEDGE_LIST || verb == KEDGE_WATCH || verb == KEDGE_DELETE_COLLECTION;
    int64_t seconds = o->timeout_seconds.value;
    if (!lists || !o->timeout_seconds.is_set || seconds <= 0)
        return api->timeout;
    return seconds < KEDGE_FOREVER / KEDGE_SECOND ? seconds * KEDGE_SECOND : KEDGE_FOREVER;
}

struct kedge_request kedge_api_request(const struct kedge_api *api, enum kedge_verb verb,
                                       const char *name, const struct kedge_options *options)
{
    struct kedge_request r = {.verb = verb, .name = name};
    if (options != NULL)
        r.options = *options;
    if (api == NULL)
        return r;
    if (api->kind != NULL) {
        r.group = api->kind->group;
        r.version = api->kind->version;
        r.resource = api->kind->resource;
    }
    r.namespace_ = api->namespace_;
    r.subresource = api->subresource;
    r.timeout = timeout_of(api, verb, &r.options);
    r.retries = api->retries;
    return r;
}

kedge_err kedge__api_refuse(struct kedge_rest *rest, const struct kedge_request *request,
                            kedge_err err, const char *problem)
{
    if (rest == NULL)
        return KEDGE_ERR_ARGUMENT;
    if (rest->state != KEDGE__REST_IDLE || rest->inside)
        return KEDGE_ERR_STATE;
    rest->request = *request;
    memset(&rest->status, 0, sizeof rest->status);
    rest->err = err;
    return kedge__rest_say(rest, err, problem);
}

kedge_err kedge__api_keep(void *ctx, const struct kedge__item *item)
{
    const struct kedge_object **object = ctx;
    *object = item->object;
    return KEDGE_OK;
}

kedge_err kedge__api_object(struct kedge_rest *rest, const struct kedge_request *request,
                            const struct kedge_kind *kind, const struct kedge_object **out)
{
    const struct kedge_object *object = NULL;
    // Where nobody wants the object, it may be any: a subresource's, or what a webhook has made.
    struct kedge__items items = {
        .rest = rest, .kind = out != NULL ? kind : NULL, .each = kedge__api_keep, .ctx = &object};
    if (out != NULL)
        *out = NULL;
    if (rest == NULL)
        return KEDGE_ERR_ARGUMENT;
    if (kind == NULL)
        return kedge_rest_stream(rest, request, NULL, NULL);
    kedge__items_begin(&items, KEDGE_SIEVE_OBJECT);
    kedge_err err = kedge_rest_stream(rest, request, kedge__items_sink, &items);
    if (err == KEDGE_OK)
        err = kedge__items_finish(&items);
    if (err == KEDGE_OK && out != NULL)
        *out = object;
    return err;
}

const char *kedge__api_problem(const struct kedge_api *api, const struct kedge_request *request,
                               const struct kedge_kind **kind)
{
    enum kedge_verb verb = request->verb;
    bool deletes = verb == KEDGE_DELETE || verb == KEDGE_DELETE_COLLECTION;
    *kind = deletes ? NULL : api->kind;
    if (verb == KEDGE_LIST || verb == KEDGE_WATCH)
        return "verb: the answer is no object; see kedge_api_list, kedge/watch.h";
    return deletes || *kind != NULL ? NULL : "kind: is NULL";
}

kedge_err kedge_api_do(const struct kedge_api *api, const struct kedge_request *request,
                       const struct kedge_object **out)
{
    const struct kedge_kind *kind;
    if (out != NULL)
        *out = NULL;
    if (api == NULL || request == NULL)
        return KEDGE_ERR_ARGUMENT;
    const char *problem = kedge__api_problem(api, request, &kind);
    if (problem != NULL)
        return kedge__api_refuse(api->rest, request, KEDGE_ERR_ARGUMENT, problem);
    return kedge__api_object(api->rest, request, kind, out);
}

kedge_err kedge_api_get(const struct kedge_api *api, const char *name,
                        const struct kedge_options *options, const struct kedge_object **out)
{
    struct kedge_request r = kedge_api_request(api, KEDGE_GET, name, options);
    return kedge_api_do(api, &r, out);
}
