// SPDX-License-Identifier: Apache-2.0
// watch.c - one watch: events out of one reply, and how it ends (client-go's StreamWatcher).
#include "client/watch_priv.h"

// In the order of the enum, each ended by a NUL.
static const char types[] = "ADDED\0MODIFIED\0DELETED\0BOOKMARK\0ERROR\0";

const char *kedge_watch_type_text(enum kedge_watch_type type)
{
    return kedge_enum_text(types, type);
}

static enum kedge_watch_type type_of(kedge_str name)
{
    for (unsigned i = KEDGE_WATCH_ADDED; i <= KEDGE_WATCH_ERROR; i++) {
        if (kedge_str_is(name, kedge_enum_text(types, i)))
            return (enum kedge_watch_type)i;
    }
    return (enum kedge_watch_type)0;
}

// Events -----------------------------------------------------------------------------------------

void kedge__watch_error(const struct kedge_watch *w, struct kedge_watch_event *event)
{
    *event = (struct kedge_watch_event){.type = KEDGE_WATCH_ERROR,
                                        .value = {NULL, -1},
                                        .resource_version = "",
                                        .status = &w->status};
}

// client-go's ClientErrorReporter: what a server would have said that answers with 500.
static void make_undecodable(struct kedge_watch *w, const char *problem)
{
    static const char decoding[] = "ClientWatchDecoding";
    struct kedge_status_response r = {.code = 500, .body = kedge_str_of(problem), .is_text = true};
    kedge_status_from_response(&w->status, &r);
    w->status.cause_count = 2;
    if (KEDGE_STATUS_CAUSES < 2)
        return;
    struct kedge_status_cause *cause = &w->status.causes[KEDGE_STATUS_CAUSES > 1];
    *cause = w->status.causes[0];
    memcpy(cause->reason, decoding, sizeof decoding);
}

// An ERROR's object: a Status, as a rule.
static void read_status(struct kedge_watch *w, const struct kedge__item *item,
                        struct kedge_watch_event *event)
{
    kedge_status_from_code(&w->status, 500);
    kedge_status_read(&w->status, item->value);
    event->status = &w->status;
    event->object = NULL;
}

// Makes the event. KEDGE_ERR_JSON, said: it is none.
static kedge_err read_event(struct kedge_watch *w, const struct kedge__item *item,
                            struct kedge_watch_event *event)
{
    struct kedge__identity id;
    *event = (struct kedge_watch_event){.type = type_of(item->type),
                                        .object = item->object,
                                        .json = item->json,
                                        .value = item->value,
                                        .resource_version = w->version,
                                        .partial = item->partial};
    w->version[0] = '\0';
    if (event->type == 0) {
        w->unknown = true;
        return kedge__rest_say(w->rest, KEDGE_ERR_JSON, "an event is of no known type");
    }
    if (kedge__items_identity(&w->items, item, &id) != KEDGE_OK)
        return kedge__rest_say(w->rest, KEDGE_ERR_JSON, "the object of an event is none");
    memcpy(w->version, id.resource_version, sizeof w->version);
    event->initial_events_end = event->type == KEDGE_WATCH_BOOKMARK && id.initial_events_end;
    if (event->type == KEDGE_WATCH_ERROR)
        read_status(w, item, event);
    return KEDGE_OK;
}

static kedge_err take_item(void *ctx, const struct kedge__item *item)
{
    struct kedge_watch *w = ctx;
    struct kedge_watch_event event;
    kedge_err err = read_event(w, item, &event);
    if (err != KEDGE_OK)
        return err;
    err = w->taker.take(w->taker.ctx, &event);
    // The buffers are gone with it.
    return w->running ? err : KEDGE_ERR_STOPPED;
}

// No Content-Type is as good as the right one.
static bool is_foreign(struct kedge_watch *w)
{
    uint8_t content = w->rest->connection.response.content;
    w->foreign = content != KEDGE_CONTENT_NONE && content != KEDGE_CONTENT_JSON;
    return w->foreign;
}

static kedge_err say_foreign(struct kedge_watch *w)
{
    return kedge__rest_say(w->rest, KEDGE_ERR_HTTP, "the server's events are not JSON");
}

static kedge_err take_bytes(void *ctx, kedge_str bytes)
{
    struct kedge_watch *w = ctx;
    if (is_foreign(w))
        return say_foreign(w);
    return kedge__items_sink(&w->items, bytes);
}

// The end ----------------------------------------------------------------------------------------

// What came was understood so far, and then no more. Streams that just end do so without a word.
static bool is_undecodable(const struct kedge_watch *w, kedge_err err)
{
    return err != KEDGE_OK && err != KEDGE_ERR_API && !w->foreign;
}

static void ended(void *ctx, kedge_err err)
{
    struct kedge_watch *w = ctx;
    struct kedge_watch_event last;
    bool began = w->rest->code == 200;
    if (err == KEDGE_OK && began && is_foreign(w))
        err = say_foreign(w);
    if (began && (err == KEDGE_ERR_IO || err == KEDGE_ERR_TIMEOUT))
        err = KEDGE_OK;
    if (began && is_undecodable(w, err)) {
        make_undecodable(w, kedge_rest_error_text(w->rest));
        kedge__watch_error(w, &last);
        w->taker.end(w->taker.ctx, err, &last);
        return;
    }
    w->running = false;
    w->taker.end(w->taker.ctx, err, NULL);
}

static kedge_err own_take(void *ctx, const struct kedge_watch_event *event)
{
    struct kedge_watch *w = ctx;
    return kedge__outlet_take(&w->outlet, event);
}

static void own_end(void *ctx, kedge_err err, const struct kedge_watch_event *last)
{
    struct kedge_watch *w = ctx;
    unsigned run = w->runs;
    if (last != NULL) {
        kedge__outlet_put(&w->outlet, last);
        if (!w->running || w->runs != run)
            return; // stopped, and perhaps started again
        w->running = false;
    }
    kedge__outlet_end(&w->outlet, err);
}

// Making, starting and stopping ------------------------------------------------------------------

struct kedge_watch *kedge_watch_new(struct kedge_rest *rest)
{
    if (rest == NULL || rest->client->k->failure != KEDGE_OK)
        return NULL;
    struct kedge_watch *w = KEDGE__NEW(rest->client->k, "watches", struct kedge_watch, 1);
    if (w == NULL)
        return NULL;
    w->rest = rest;
    w->outlet.rest = rest;
    return w;
}

static struct kedge_request request_of(const struct kedge_watch_options *o)
{
    struct kedge_request r = {
        .verb = KEDGE_WATCH,
        .group = o->group,
        .version = o->version,
        .resource = o->resource,
        .namespace_ = o->namespace_,
        .options = o->options,
        .accept = "application/json",
        .silence = o->silence,
    };
    if (o->kind == NULL)
        return r;
    r.group = o->kind->group;
    r.version = o->kind->version;
    r.resource = o->kind->resource;
    r.accept = NULL;
    // As client-go's typed clients do, beside timeoutSeconds.
    if (o->options.timeout_seconds.is_set && o->options.timeout_seconds.value > 0 &&
        o->options.timeout_seconds.value < KEDGE_FOREVER / KEDGE_SECOND)
        r.timeout = o->options.timeout_seconds.value * KEDGE_SECOND;
    return r;
}

kedge_err kedge__watch_begin(struct kedge_watch *w, const struct kedge_watch_options *options,
                             const struct kedge__watch_taker *taker)
{
    // The items' state is the request's that may be under way.
    if (w->running || w->rest->state != KEDGE__REST_IDLE || w->rest->inside)
        return KEDGE_ERR_STATE;
    struct kedge_request request = request_of(options);
    w->items =
        (struct kedge__items){.rest = w->rest, .kind = options->kind, .each = take_item, .ctx = w};
    w->taker = *taker;
    w->foreign = w->unknown = false;
    kedge__items_begin(&w->items, KEDGE_SIEVE_WATCH);
    kedge_err err = kedge_rest_start(w->rest, &request, take_bytes, ended, w);
    w->running = err == KEDGE_OK;
    w->runs += w->running;
    return err;
}

kedge_err kedge_watch_start(struct kedge_watch *watch, const struct kedge_watch_options *options,
                            const struct kedge_watch_handler *handler)
{
    if (watch == NULL || options == NULL)
        return KEDGE_ERR_ARGUMENT;
    if (watch->running)
        return KEDGE_ERR_STATE;
    struct kedge__watch_taker taker = {own_take, own_end, watch};
    kedge_err err = kedge__outlet_open(&watch->outlet, handler);
    if (err == KEDGE_OK)
        err = kedge__watch_begin(watch, options, &taker);
    if (err != KEDGE_OK)
        kedge__outlet_close(&watch->outlet);
    return err;
}

void kedge_watch_stop(struct kedge_watch *watch)
{
    if (watch == NULL)
        return;
    if (watch->running)
        kedge_rest_cancel(watch->rest);
    watch->running = false;
    kedge__outlet_close(&watch->outlet);
}

bool kedge_watch_is_running(const struct kedge_watch *watch)
{
    return watch != NULL && watch->running;
}

kedge_err kedge_watch_next(struct kedge_watch *watch, struct kedge_watch_event *event,
                           kedge_time timeout)
{
    if (watch == NULL || event == NULL)
        return KEDGE_ERR_ARGUMENT;
    return kedge__outlet_next(&watch->outlet, event, timeout);
}
