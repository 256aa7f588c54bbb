// SPDX-License-Identifier: Apache-2.0
// api_list.c - lists, page after page, as client-go's pager: the version is that of the first page,
// and asked for with it only; a continue token that has expired begins the list anew, all at once,
// if the caller can take that.
#include "client/api_priv.h"

static kedge_err hand_on(void *ctx, const struct kedge__item *item)
{
    struct kedge_api_list *list = ctx;
    kedge_err err = list->each != NULL ? list->each(list->ctx, item->object) : KEDGE_OK;
    // What waits comes again.
    list->count += err != KEDGE_WAIT;
    return err;
}

static struct kedge__items items_of(struct kedge_api_list *list)
{
    return (struct kedge__items){
        .rest = list->api.rest,
        .kind = list->api.kind,
        .each = hand_on,
        .ctx = list,
        .shape = KEDGE_SIEVE_LIST,
        .err = list->begun,
        .taken = list->taken,
        .waits = list->waits,
    };
}

static kedge_err sink(void *ctx, kedge_str bytes)
{
    struct kedge_api_list *list = ctx;
    struct kedge__items items = items_of(list);
    kedge_err err = kedge__items_sink(&items, bytes);
    list->taken = items.taken;
    list->waits = items.waits;
    return err;
}

static kedge_err begin(struct kedge_api_list *list, const struct kedge_api *api,
                       const struct kedge_options *options)
{
    if (list == NULL || api == NULL || api->rest == NULL)
        return KEDGE_ERR_ARGUMENT;
    // The list may be the one that is under way.
    if (api->rest->state != KEDGE__REST_IDLE || api->rest->inside)
        return KEDGE_ERR_STATE;
    list->api = *api;
    memset(&list->options, 0, sizeof list->options);
    if (options != NULL)
        list->options = *options;
    if (list->options.limit == 0 && list->page_size >= 0)
        list->options.limit = list->page_size > 0 ? list->page_size : KEDGE_API_PAGE;
    list->version = list->options.resource_version;
    list->version_match = list->options.resource_version_match;
    list->whole = false;
    // The options' token may be the one that an earlier call left here.
    if (list->options.continue_ != list->continue_)
        list->continue_[0] = '\0';
    list->resource_version[0] = '\0';
    list->count = 0;
    list->pages = 0;
    if (api->kind != NULL)
        return KEDGE_OK;
    struct kedge_request r = kedge_api_request(api, KEDGE_LIST, NULL, options);
    return kedge__api_refuse(api->rest, &r, KEDGE_ERR_ARGUMENT, "kind: is NULL");
}

static struct kedge_request begin_page(struct kedge_api_list *list)
{
    list->begun = KEDGE_OK;
    list->taken = 0;
    list->waits = false;
    struct kedge__items items = items_of(list);
    kedge__items_begin(&items, KEDGE_SIEVE_LIST);
    list->begun = items.err;
    return kedge_api_request(&list->api, KEDGE_LIST, NULL, &list->options);
}

static kedge_err too_long(struct kedge_api_list *list)
{
    return kedge__rest_say(list->api.rest, KEDGE_ERR_TOO_LONG,
                           "the list's version or continue token is too long");
}

// A whole page has come. *more: another one follows.
static kedge_err page_came(struct kedge_api_list *list, bool *more)
{
    char next[KEDGE_API_CONTINUE];
    const char *last = list->options.continue_;
    struct kedge__items items = items_of(list);
    kedge_err err = kedge__items_finish(&items);
    if (err != KEDGE_OK)
        return err;
    if (list->pages == 0 && kedge__items_metadata(&items, "resourceVersion", list->resource_version,
                                                  sizeof list->resource_version) != KEDGE_OK)
        return too_long(list);
    if (kedge__items_metadata(&items, "continue", next, sizeof next) != KEDGE_OK)
        return too_long(list);
    bool same = last != NULL && next[0] != '\0' && strcmp(next, last) == 0;
    memcpy(list->continue_, next, sizeof next);
    list->pages++;
    *more = next[0] != '\0' && !list->one_page && !same;
    if (same)
        return kedge__rest_say(list->api.rest, KEDGE_ERR_JSON,
                               "the server's continue token is the same as before");
    list->options.continue_ = list->continue_;
    list->options.resource_version = NULL;
    list->options.resource_version_match = KEDGE_MATCH_UNSET;
    return KEDGE_OK;
}

static bool begins_anew(const struct kedge_api_list *list, kedge_err err)
{
    const char *token = list->options.continue_;
    return err == KEDGE_ERR_API && list->again != NULL && !list->whole && token != NULL &&
           token[0] != '\0' && kedge_status_is_expired(kedge_rest_status(list->api.rest));
}

// A page's request has ended with *err. True: another one is to be made.
static bool goes_on(struct kedge_api_list *list, kedge_err *err)
{
    bool more = false;
    if (*err == KEDGE_OK) {
        *err = page_came(list, &more);
        return more;
    }
    if (!begins_anew(list, *err))
        return false;
    list->whole = true;
    list->options.limit = 0;
    list->options.continue_ = NULL;
    list->options.resource_version = list->version;
    list->options.resource_version_match = list->version_match;
    list->continue_[0] = '\0';
    list->count = 0;
    list->pages = 0;
    list->again(list->ctx);
    return true;
}

kedge_err kedge_api_list(const struct kedge_api *api, const struct kedge_options *options,
                         struct kedge_api_list *list)
{
    kedge_err err = begin(list, api, options);
    if (err != KEDGE_OK)
        return err;
    do {
        struct kedge_request r = begin_page(list);
        err = kedge_rest_stream(api->rest, &r, sink, list);
    } while (goes_on(list, &err));
    return err;
}

// In the loop ------------------------------------------------------------------------------------

static void ended(void *ctx, kedge_err err)
{
    struct kedge_api_list *list = ctx;
    if (goes_on(list, &err)) {
        struct kedge_request r = begin_page(list);
        err = kedge_rest_start(list->api.rest, &r, sink, ended, list);
        if (err == KEDGE_OK)
            return;
    }
    if (list->done != NULL)
        list->done(list->ctx, err);
}

kedge_err kedge_api_list_start(const struct kedge_api *api, const struct kedge_options *options,
                               struct kedge_api_list *list, void (*done)(void *ctx, kedge_err err))
{
    kedge_err err = begin(list, api, options);
    if (err != KEDGE_OK)
        return err;
    list->done = done;
    struct kedge_request r = begin_page(list);
    return kedge_rest_start(api->rest, &r, sink, ended, list);
}
