// SPDX-License-Identifier: Apache-2.0
// auth.c - who asks, and whether they may.
#include <stdlib.h>
#include <string.h>

#include "priv.h"

void mock_require_credentials(struct mock *mock)
{
    mock->need_credentials = true;
}

static void add_token(struct mock *mock, struct user_token token)
{
    mock->tokens = mock__grow(mock->tokens, (mock->token_count + 1) * sizeof *mock->tokens);
    mock->tokens[mock->token_count++] = token;
}

void mock_add_token(struct mock *mock, const char *token, const char *user, int64_t expires_at_ms)
{
    mock->need_credentials = true;
    for (size_t i = 0; i < mock->token_count; i++) {
        if (!mock__same(mock->tokens[i].token, token))
            continue;
        mock->tokens[i].expires_at = expires_at_ms ? expires_at_ms : INT64_MAX;
        return;
    }
    add_token(mock, (struct user_token){.token = mock__copy_string(token),
                                        .user = mock__copy_string(user),
                                        .expires_at = expires_at_ms ? expires_at_ms : INT64_MAX});
}

static void free_token(struct user_token *t)
{
    free(t->token);
    free(t->user);
    free(t->namespace);
    free(t->account);
    free(t->uid);
}

// Tokens that were asked for, and are no more good, are let go.
static void drop_expired(struct mock *mock)
{
    size_t kept = 0;
    for (size_t i = 0; i < mock->token_count; i++) {
        struct user_token *t = &mock->tokens[i];
        if (t->uid && mock->now >= t->expires_at)
            free_token(t);
        else
            mock->tokens[kept++] = *t;
    }
    mock->token_count = kept;
}

void auth_forget(struct mock *mock)
{
    for (size_t i = 0; i < mock->token_count; i++)
        free_token(&mock->tokens[i]);
    free(mock->tokens);
}

// A server that asked for no credentials still does not.
void auth_add_account(struct mock *mock, const char *token, const struct revision *account,
                      int64_t expires_at)
{
    struct text user = {0};
    drop_expired(mock);
    text_format(&user, "system:serviceaccount:%s:%s", account->namespace, account->name);
    add_token(mock, (struct user_token){.token = mock__copy_string(token),
                                        .user = user.bytes,
                                        .expires_at = expires_at,
                                        .namespace = mock__copy_string(account->namespace),
                                        .account = mock__copy_string(account->name),
                                        .uid = mock__copy_string(account->uid)});
}

static bool is_valid(const struct mock *mock, const struct user_token *t)
{
    if (mock->now >= t->expires_at)
        return false;
    if (!t->uid)
        return true;
    const struct revision *account =
        resource_find(mock__resource(mock, "serviceaccounts"), t->namespace, t->account);
    return account && mock__same(account->uid, t->uid);
}

void mock_forbid(struct mock *mock, const char *user, const char *verb, const char *resource)
{
    mock->prohibitions =
        mock__grow(mock->prohibitions, (mock->prohibition_count + 1) * sizeof *mock->prohibitions);
    mock->prohibitions[mock->prohibition_count++] = (struct prohibition){
        mock__copy_string(user), mock__copy_string(verb), mock__copy_string(resource)};
}

void mock_allow_all(struct mock *mock)
{
    for (size_t i = 0; i < mock->prohibition_count; i++) {
        free(mock->prohibitions[i].user);
        free(mock->prohibitions[i].verb);
        free(mock->prohibitions[i].resource);
    }
    mock->prohibition_count = 0;
}

bool auth_is_public(const struct request *request)
{
    static const char *const paths[] = {"/healthz", "/livez", "/readyz", "/version"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (mock__same(request->path, paths[i]))
            return true;
    return false;
}

json_t *auth_check(const struct mock_connection *c, const char **user)
{
    const struct mock *mock = c->mock;
    const char *authorization = request_header(&c->request, "authorization");
    *user = c->user ? c->user : "system:anonymous";
    if (!mock->need_credentials || c->user)
        return NULL;
    if (!*authorization)
        return mock->options.anonymous ? NULL : status_unauthorized();
    if (strncmp(authorization, "Bearer ", 7))
        return status_unauthorized();
    for (size_t i = 0; i < mock->token_count; i++) {
        if (!mock__same(mock->tokens[i].token, authorization + 7))
            continue;
        *user = mock->tokens[i].user;
        return is_valid(mock, &mock->tokens[i]) ? NULL : status_unauthorized();
    }
    return status_unauthorized();
}

static bool is_forbidden(const struct mock *mock, const char *user, const struct target *target)
{
    if (mock->need_credentials && mock__same(user, "system:anonymous"))
        return true;
    for (size_t i = 0; i < mock->prohibition_count; i++) {
        const struct prohibition *p = &mock->prohibitions[i];
        if (mock__same(p->user, user) &&
            (!p->verb || mock__same(p->verb, mock__verbs[target->verb])) &&
            (!p->resource || mock__same(p->resource, target->resource->kind.plural)))
            return true;
    }
    return false;
}

json_t *auth_allowed(const struct mock *mock, const char *user, const struct target *target)
{
    if (!is_forbidden(mock, user, target))
        return NULL;
    const struct kind *kind = &target->resource->kind;
    struct text resource = {0}, name = {0}, where = {0};
    json_t *details = json_object();
    kind_resource(kind, &resource);
    text_string(&name, "");
    if (*target->name) {
        text_format(&name, " \"%s\"", target->name);
        json_object_set_new(details, "name", json_string(target->name));
    }
    if (*kind->group)
        json_object_set_new(details, "group", json_string(kind->group));
    json_object_set_new(details, "kind", json_string(kind->plural));
    if (*target->namespace)
        text_format(&where, "in the namespace \"%s\"", target->namespace);
    else
        text_string(&where, "at the cluster scope");
    json_t *status = status_failure(
        403, "Forbidden", details,
        "%s%s is forbidden: User \"%s\" cannot %s resource \"%s%s%s\" in API group \"%s\" %s",
        resource.bytes, name.bytes, user, mock__verbs[target->verb], kind->plural,
        *target->subresource ? "/" : "", target->subresource, kind->group, where.bytes);
    text_free(&resource);
    text_free(&name);
    text_free(&where);
    return status;
}
