// SPDX-License-Identifier: Apache-2.0
// api_token.c - a service account's token, out of the answer into the caller's buffer and nowhere
// else.
#include "client/api_priv.h"

#include "base/wipe.h"
#include "kedge/build.h"

#define BODY 1024

static const struct kedge_kind token_request = {.group = "authentication.k8s.io",
                                                .version = "v1",
                                                .resource = "tokenrequests",
                                                .kind = "TokenRequest"};

static const struct kedge_field rows[] = {
    {.path = "status\0token\0", .type = KEDGE_FIELD_TEXT},
    {.path = "status\0expirationTimestamp\0", .type = KEDGE_FIELD_TEXT},
};
static const struct kedge_table table = {rows, 2, 0};

struct answer {
    struct kedge_rest *rest;
    char *buf;
    size_t cap;
    kedge_timestamp expires;
};

static kedge_err take(void *ctx, const struct kedge__item *item)
{
    struct answer *a = ctx;
    char when[KEDGE_TIMESTAMP_TEXT + 16];
    kedge_json_value status = kedge_json_get(item->value, "status");
    kedge_json_value token = kedge_json_get(status, "token");
    kedge_json_value expires = kedge_json_get(status, "expirationTimestamp");
    size_t len = kedge_json_text(token, NULL, 0);
    if (item->partial || len >= a->cap)
        return kedge__rest_say(a->rest, KEDGE_ERR_TOO_LONG,
                               "the token is longer than the buffer or text_max");
    if (len == 0)
        return kedge__rest_say(a->rest, KEDGE_ERR_JSON, "the answer has no token");
    a->buf[kedge_json_text(token, a->buf, len)] = '\0';
    len = kedge_json_text(expires, when, sizeof when);
    if (len <= sizeof when)
        kedge_timestamp_parse((kedge_str){when, len}, &a->expires);
    return KEDGE_OK;
}

static void build_spec(struct kedge_build *b, const struct kedge_token_request *spec)
{
    for (size_t i = 0; i < spec->audience_count; i++)
        kedge_build_add(b, KEDGE_FIELD_AT("spec", "audiences"), spec->audiences[i]);
    if (spec->expiration_seconds.is_set)
        kedge_build_int(b, KEDGE_FIELD_AT("spec", "expirationSeconds"),
                        spec->expiration_seconds.value);
    if (spec->bound_kind == NULL)
        return;
    kedge_build_text(b, KEDGE_FIELD_AT("spec", "boundObjectRef", "kind"), spec->bound_kind);
    if (spec->bound_api_version != NULL)
        kedge_build_text(b, KEDGE_FIELD_AT("spec", "boundObjectRef", "apiVersion"),
                         spec->bound_api_version);
    if (spec->bound_name != NULL)
        kedge_build_text(b, KEDGE_FIELD_AT("spec", "boundObjectRef", "name"), spec->bound_name);
    if (spec->bound_uid != NULL)
        kedge_build_text(b, KEDGE_FIELD_AT("spec", "boundObjectRef", "uid"), spec->bound_uid);
}

static kedge_err send(struct kedge_rest *rest, const struct kedge_request *r, struct answer *a)
{
    struct kedge__items items = {
        .rest = rest, .tables = {&table, NULL}, .identity = 2, .each = take, .ctx = a};
    kedge__items_begin(&items, KEDGE_SIEVE_OBJECT);
    if (items.err == KEDGE_ERR_STATE)
        return items.err;
    kedge_err err = kedge_rest_stream(rest, r, kedge__items_sink, &items);
    if (err == KEDGE_OK)
        err = kedge__items_finish(&items);
    kedge__wipe(rest->item_buf, rest->options.text_max);
    if (err != KEDGE_OK)
        kedge__wipe(a->buf, a->cap);
    return err;
}

kedge_err kedge_api_token(const struct kedge_api *api, const char *service_account,
                          const struct kedge_token_request *spec,
                          const struct kedge_options *options, char *buf, size_t cap,
                          kedge_timestamp *expires)
{
    char text[BODY];
    struct kedge_build b;
    struct answer a = {NULL, buf, cap, 0};
    if (expires != NULL)
        *expires = 0;
    if (api == NULL || api->rest == NULL || buf == NULL || cap == 0)
        return KEDGE_ERR_ARGUMENT;
    buf[0] = '\0';
    a.rest = api->rest;
    struct kedge_request r = kedge_api_request(api, KEDGE_CREATE, service_account, options);
    r.group = "";
    r.version = "v1";
    r.resource = "serviceaccounts";
    r.namespace_ = r.namespace_ != NULL ? r.namespace_ : "";
    r.subresource = "token";
    kedge_build_object(&b, &token_request, text, sizeof text);
    kedge_build_json(&b, KEDGE_FIELD_AT("spec"), KEDGE_STR("{}"));
    if (spec != NULL)
        build_spec(&b, spec);
    kedge_err err = kedge_build_finish(&b, &r.body);
    if (err != KEDGE_OK)
        return kedge__api_refuse(api->rest, &r, err, kedge_build_error_text(&b));
    err = send(api->rest, &r, &a);
    if (err == KEDGE_OK && expires != NULL)
        *expires = a.expires;
    return err;
}
