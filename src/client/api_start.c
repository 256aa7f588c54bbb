// SPDX-License-Identifier: Apache-2.0
// api_start.c - a request in the loop. Of the items only what the sink needs from one piece of the
// body to the next is kept.
#include "client/api_priv.h"

static struct kedge__items items_of(struct kedge_api_call *call)
{
    return (struct kedge__items){
        .rest = call->rest,
        .kind = call->kind,
        .each = kedge__api_keep,
        .ctx = &call->object,
        .shape = KEDGE_SIEVE_OBJECT,
        .err = call->begun,
    };
}

static kedge_err sink(void *ctx, kedge_str bytes)
{
    struct kedge__items items = items_of(ctx);
    return kedge__items_sink(&items, bytes);
}

static void ended(void *ctx, kedge_err err)
{
    struct kedge_api_call *call = ctx;
    struct kedge__items items = items_of(call);
    if (err == KEDGE_OK && call->kind != NULL)
        err = kedge__items_finish(&items);
    if (call->done != NULL)
        call->done(call->ctx, err, err == KEDGE_OK ? call->object : NULL);
}

kedge_err kedge_api_start(struct kedge_api_call *call, const struct kedge_api *api,
                          const struct kedge_request *request)
{
    const struct kedge_kind *kind;
    if (call == NULL || api == NULL || request == NULL || api->rest == NULL)
        return KEDGE_ERR_ARGUMENT;
    if (api->rest->state != KEDGE__REST_IDLE || api->rest->inside)
        return KEDGE_ERR_STATE;
    const char *problem = kedge__api_problem(api, request, &kind);
    if (problem != NULL)
        return kedge__api_refuse(api->rest, request, KEDGE_ERR_ARGUMENT, problem);
    call->rest = api->rest;
    call->kind = kind;
    call->object = NULL;
    call->begun = KEDGE_OK;
    struct kedge__items items = items_of(call);
    if (kind != NULL)
        kedge__items_begin(&items, KEDGE_SIEVE_OBJECT);
    call->begun = items.err;
    return kedge_rest_start(api->rest, request, kind != NULL ? sink : NULL, ended, call);
}
