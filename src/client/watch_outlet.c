// SPDX-License-Identifier: Apache-2.0
// watch_outlet.c - the end of a watch where its events come out: a handler, or one that is asked.
//
//              take: HELD, and offered again until it is FREE
//    EMPTY ----------> HELD ----------> GIVEN ----------> FREE ----------> EMPTY
//      (take says WAIT)      next gives it    next again         (take says OK)
//
// So who asks looks at the object where it stands, in the buffers of the kedge_rest.
#include "client/watch_priv.h"

kedge_err kedge__outlet_open(struct kedge__outlet *o, const struct kedge_watch_handler *handler)
{
    static const struct kedge_watch_handler none;
    if (handler != NULL && handler->on_event == NULL)
        return KEDGE_ERR_ARGUMENT;
    o->handler = handler != NULL ? *handler : none;
    o->state = KEDGE__OUTLET_EMPTY;
    o->ended = false;
    o->err = KEDGE_OK;
    return KEDGE_OK;
}

void kedge__outlet_close(struct kedge__outlet *o)
{
    o->state = KEDGE__OUTLET_CLOSED;
}

static void keep(struct kedge__outlet *o, const struct kedge_watch_event *event)
{
    size_t len = strlen(event->resource_version);
    o->event = *event;
    if (event->value.at >= 0) {
        o->doc = *event->value.doc;
        o->event.value.doc = &o->doc;
    }
    memcpy(o->version, event->resource_version, len + 1);
    o->event.resource_version = o->version;
    o->state = KEDGE__OUTLET_HELD;
}

kedge_err kedge__outlet_take(struct kedge__outlet *o, const struct kedge_watch_event *event)
{
    const struct kedge_watch_handler *h = &o->handler;
    if (h->on_event == NULL && o->state == KEDGE__OUTLET_FREE) {
        o->state = KEDGE__OUTLET_EMPTY;
        return KEDGE_OK;
    }
    if (h->on_event == NULL && o->state != KEDGE__OUTLET_EMPTY)
        return KEDGE_WAIT;
    if (h->ready != NULL && !h->ready(h->ctx))
        return KEDGE_WAIT;
    // Whoever polls for it must come back, though nothing more is read now.
    o->rest->moved = true;
    if (h->on_event == NULL) {
        keep(o, event);
        return KEDGE_WAIT;
    }
    h->on_event(h->ctx, event);
    return KEDGE_OK;
}

bool kedge__outlet_lost(struct kedge__outlet *o)
{
    bool seen = o->state == KEDGE__OUTLET_GIVEN || o->state == KEDGE__OUTLET_FREE;
    if (o->state == KEDGE__OUTLET_HELD || o->state == KEDGE__OUTLET_FREE)
        o->state = KEDGE__OUTLET_EMPTY;
    return seen;
}

void kedge__outlet_put(struct kedge__outlet *o, const struct kedge_watch_event *event)
{
    if (o->handler.on_event != NULL)
        o->handler.on_event(o->handler.ctx, event);
    else
        keep(o, event);
}

void kedge__outlet_end(struct kedge__outlet *o, kedge_err err)
{
    o->ended = true;
    o->err = err;
    if (o->handler.on_end != NULL)
        o->handler.on_end(o->handler.ctx, err);
}

// Gives what is there. KEDGE_WAIT: nothing yet.
static kedge_err look(struct kedge__outlet *o, struct kedge_watch_event *event)
{
    if (o->state == KEDGE__OUTLET_CLOSED)
        return KEDGE_ERR_STATE;
    if (o->state == KEDGE__OUTLET_HELD) {
        o->state = KEDGE__OUTLET_GIVEN;
        *event = o->event;
        return KEDGE_OK;
    }
    if (!o->ended)
        return KEDGE_WAIT;
    return o->err == KEDGE_OK ? KEDGE_ERR_CLOSED : o->err;
}

kedge_err kedge__outlet_next(struct kedge__outlet *o, struct kedge_watch_event *event,
                             kedge_time timeout)
{
    struct kedge *k = o->rest->client->k;
    kedge_time now = kedge__clock(k);
    kedge_time until = kedge__after(now, timeout);
    if (o->handler.on_event != NULL)
        return KEDGE_ERR_STATE;
    if (o->state == KEDGE__OUTLET_GIVEN)
        o->state = KEDGE__OUTLET_FREE;
    kedge_err err = look(o, event);
    for (bool late = false; err == KEDGE_WAIT && !late; late = now >= until) {
        kedge_err polled = kedge_poll(k, until == KEDGE_FOREVER ? KEDGE_FOREVER : until - now);
        if (polled != KEDGE_OK)
            return polled;
        err = look(o, event);
        now = kedge__clock(k);
    }
    return err == KEDGE_WAIT ? KEDGE_ERR_TIMEOUT : err;
}
