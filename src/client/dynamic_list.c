// SPDX-License-Identifier: Apache-2.0
// dynamic_list.c - lists, an object at a time, page by page.
#include "client/dynamic_priv.h"

struct listing {
    struct kedge__items items;
    kedge_dynamic_each each;
    void *ctx;
    struct kedge_dynamic_listed *listed;
};

static kedge_err hand_on(void *ctx, const struct kedge__item *item)
{
    struct listing *l = ctx;
    struct kedge_unstructured u;
    const struct kedge__room *room = &l->items.room;
    kedge_unstructured_init(&u, room->buf, room->cap, room->tokens, room->token_count);
    if (item->value.at >= 0)
        u.doc = *item->value.doc;
    u.partial = item->partial;
    u.need = item->enough;
    l->listed->count++;
    l->listed->partial += item->partial;
    return l->each != NULL ? l->each(l->ctx, &u) : KEDGE_OK;
}

// One page. The token of the next, "" if there is none, goes to `next`.
static kedge_err page(struct listing *l, const struct kedge_request *request, char *next,
                      size_t cap)
{
    struct kedge__items *items = &l->items;
    char *version = l->listed->resource_version;
    kedge__items_begin(items, KEDGE_SIEVE_LIST);
    kedge_err err = kedge_rest_stream(items->rest, request, kedge__items_sink, items);
    if (err == KEDGE_OK)
        err = kedge__items_finish(items);
    if (err != KEDGE_OK)
        return err;
    if (l->listed->pages++ == 0)
        err = kedge__items_metadata(items, "resourceVersion", version,
                                    sizeof l->listed->resource_version);
    if (err == KEDGE_OK)
        err = kedge__items_metadata(items, "continue", next, cap);
    if (err != KEDGE_OK)
        kedge__rest_say(items->rest, err, "the list's version or continue token is too long");
    return err;
}

kedge_err kedge_dynamic_list(const struct kedge_dynamic *d, const struct kedge_options *options,
                             kedge_dynamic_each each, void *ctx,
                             struct kedge_dynamic_listed *listed)
{
    struct kedge_dynamic_listed mine = {.count = 0};
    struct listing l = {.each = each, .ctx = ctx, .listed = listed != NULL ? listed : &mine};
    struct kedge_request request;
    memset(l.listed, 0, sizeof *l.listed);
    if (d == NULL || d->rest == NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge__dynamic_request(d, KEDGE_LIST, NULL, options, &request);
    l.items.rest = d->rest;
    l.items.each = hand_on;
    l.items.ctx = &l;
    l.items.shrinks = true;
    kedge__dynamic_form(d, &l.items);
    // Raw objects do not need the room for records: the token lies there while it is asked for.
    size_t half = d->rest->options.object_max / 2;
    char *next = (char *)d->rest->record;
    char *last = next + half;
    kedge_err err = KEDGE_OK;
    last[0] = '\0';
    do {
        err = page(&l, &request, next, half);
        if (err == KEDGE_OK && next[0] != '\0' && strcmp(next, last) == 0)
            return kedge__rest_say(d->rest, KEDGE_ERR_JSON,
                                   "the server's continue token is the same as before");
        request.options.continue_ = next;
        // A continued list has the version of its first page, and must not be given one.
        request.options.resource_version = NULL;
        request.options.resource_version_match = KEDGE_MATCH_UNSET;
        char *other = last;
        last = next;
        next = other;
    } while (err == KEDGE_OK && last[0] != '\0');
    return err;
}
