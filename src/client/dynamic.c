// SPDX-License-Identifier: Apache-2.0
// dynamic.c - requests for JSON objects, and one object in answer.
#include "client/dynamic_priv.h"

#include "base/line.h"
#include "object/unstructured.h"

void kedge__dynamic_request(const struct kedge_dynamic *d, enum kedge_verb verb, const char *name,
                            const struct kedge_options *options, struct kedge_request *request)
{
    bool list = verb == KEDGE_LIST;
    memset(request, 0, sizeof *request);
    request->verb = verb;
    request->accept = "application/json";
    if (d == NULL)
        return;
    request->group = d->resource.group;
    request->version = d->resource.version;
    request->resource = d->resource.resource;
    request->namespace_ = d->namespace_;
    request->subresource = d->subresource;
    request->timeout = d->timeout;
    request->retries = d->retries;
    request->name = name != NULL && name[0] != '\0' ? name : NULL;
    if (options != NULL)
        request->options = *options;
    if (d->form != NULL)
        request->accept = list ? d->form->accept_list : d->form->accept;
}

void kedge__dynamic_form(const struct kedge_dynamic *d, struct kedge__items *items)
{
    items->identity_only = d->form != NULL && d->form->table == NULL;
    if (d->form != NULL && d->form->table != NULL) {
        items->tables[0] = d->form->table;
        items->identity = KEDGE__IDENTITY;
    }
}

// One object in answer ---------------------------------------------------------------------------

struct answer {
    struct kedge__items items;
    struct kedge_unstructured *out;
};

// "the object needs 9000 bytes, there is room for 8192".
static kedge_err too_large(const struct answer *a, kedge_err err, size_t need, size_t room)
{
    char text[96];
    struct kedge__line l;
    kedge__line_init(&l, text, sizeof text);
    kedge__line_text(&l, "the object needs ");
    kedge__line_number(&l, need);
    kedge__line_text(&l, err == KEDGE_ERR_FULL ? " tokens" : " bytes");
    kedge__line_text(&l, ", there is room for ");
    kedge__line_number(&l, room);
    kedge__unstructured_fail(a->out, err);
    return kedge__rest_say(a->items.rest, err, text);
}

static kedge_err keep(void *ctx, const struct kedge__item *item)
{
    struct answer *a = ctx;
    struct kedge_unstructured *u = a->out;
    // Where not even the identity fits, the sieve gives a text of its own.
    if (item->value.at >= 0 && item->json.ptr == u->buf)
        u->doc = *item->value.doc;
    if (item->partial) {
        u->partial = true;
        u->need = item->enough;
        return too_large(a, KEDGE_ERR_TOO_LONG, u->need, u->cap);
    }
    if (u->doc.count > 0)
        return KEDGE_OK;
    u->need_tokens = kedge__unstructured_tokens(item->json);
    return too_large(a, KEDGE_ERR_FULL, u->need_tokens, u->token_cap);
}

static kedge_err take(void *ctx, kedge_str bytes)
{
    struct answer *a = ctx;
    if (a->items.count == 0)
        kedge__unstructured_clear(a->out);
    return kedge__items_sink(&a->items, bytes);
}

kedge_err kedge__dynamic_ask(const struct kedge_dynamic *d, const struct kedge_request *request,
                             struct kedge_unstructured *out)
{
    struct answer a = {.items = {.each = keep}, .out = out};
    if (d == NULL || d->rest == NULL)
        return KEDGE_ERR_ARGUMENT;
    if (out == NULL)
        return kedge__dynamic_tell(d, request);
    a.items.rest = d->rest;
    a.items.ctx = &a;
    a.items.room = (struct kedge__room){out->buf, out->cap, out->tokens, out->token_cap};
    kedge__dynamic_form(d, &a.items);
    kedge__items_begin(&a.items, KEDGE_SIEVE_OBJECT);
    kedge_err err = kedge_rest_stream(d->rest, request, take, &a);
    if (err == KEDGE_OK)
        err = kedge__items_finish(&a.items);
    // An object that is there, in an answer that did not end well.
    if (err != KEDGE_OK && a.items.count > 0 && out->err == KEDGE_OK)
        kedge__unstructured_clear(out);
    return err;
}

kedge_err kedge__dynamic_tell(const struct kedge_dynamic *d, const struct kedge_request *request)
{
    struct kedge__items items = {.each = NULL};
    if (d == NULL || d->rest == NULL)
        return KEDGE_ERR_ARGUMENT;
    items.rest = d->rest;
    kedge__items_begin(&items, KEDGE_SIEVE_OBJECT);
    return kedge_rest_stream(d->rest, request, kedge__items_sink, &items);
}

kedge_err kedge_dynamic_get(const struct kedge_dynamic *d, const char *name,
                            const struct kedge_options *options, struct kedge_unstructured *out)
{
    struct kedge_request request;
    if (out == NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge__dynamic_request(d, KEDGE_GET, name, options, &request);
    return kedge__dynamic_ask(d, &request, out);
}
