// SPDX-License-Identifier: Apache-2.0
// until_with_sync.c - waits for conditions on an informer's cache and events (client-go's
// UntilWithSync).
#include "kedge/until_with_sync.h"

#include "cache/informer_priv.h"

struct until {
    struct kedge_handler handler;
    const kedge_until_condition *conditions;
    size_t count;
    size_t met;
    void *ctx;
    kedge_err err; // of a condition
};

// An event may meet several conditions, and behind the last one, or a failure, none is asked.
static void judge(struct until *u, enum kedge_watch_type type, const struct kedge_object *o)
{
    struct kedge_watch_event event = {.type = type,
                                      .object = o,
                                      .value = {NULL, -1},
                                      .resource_version = kedge_resource_version(o),
                                      .partial = kedge_is_partial(o)};
    while (u->err == KEDGE_OK && u->met < u->count) {
        kedge_err err = u->conditions[u->met](u->ctx, &event);
        if (err == KEDGE_WAIT)
            return;
        u->met += err == KEDGE_OK;
        u->err = err;
    }
}

static void on_add(void *ctx, const struct kedge_object *o, bool initial)
{
    (void)initial;
    judge(ctx, KEDGE_WATCH_ADDED, o);
}

static void on_update(void *ctx, const struct kedge_object *old, const struct kedge_object *o)
{
    (void)old;
    judge(ctx, KEDGE_WATCH_MODIFIED, o);
}

static void on_delete(void *ctx, const struct kedge_object *o, bool tombstone)
{
    (void)tombstone;
    judge(ctx, KEDGE_WATCH_DELETED, o);
}

static kedge_time left(kedge_time until, kedge_time now)
{
    if (until == KEDGE_FOREVER)
        return KEDGE_FOREVER;
    return until > now ? until - now : 0;
}

static kedge_err wait_for_conditions(struct until *u, const struct kedge_informer *inf,
                                     kedge_time until)
{
    struct kedge *k = inf->factory->k;
    kedge_err polled = KEDGE_OK;
    for (bool late = false; u->err == KEDGE_OK && u->met < u->count;) {
        if (polled != KEDGE_OK)
            return polled;
        if (inf->stopped)
            return KEDGE_ERR_STOPPED;
        if (late)
            return KEDGE_ERR_TIMEOUT;
        polled = kedge_poll(k, left(until, kedge__clock(k)));
        late = kedge__clock(k) >= until;
    }
    return u->err;
}

kedge_err kedge_until_with_sync(struct kedge_informer *informer,
                                kedge_until_precondition precondition,
                                const kedge_until_condition *conditions, size_t count, void *ctx,
                                kedge_time timeout)
{
    struct until u = {
        .handler = {on_add, on_update, on_delete, .ctx = &u, .resync = KEDGE_FOREVER},
        .conditions = conditions,
        .count = count,
        .ctx = ctx,
    };
    if (informer == NULL || (conditions == NULL && count > 0))
        return KEDGE_ERR_ARGUMENT;
    if (informer->stopped || !informer->started)
        return informer->stopped ? KEDGE_ERR_STOPPED : KEDGE_ERR_STATE;
    struct kedge *k = informer->factory->k;
    kedge_time now = kedge__clock(k);
    kedge_time until = kedge__after(now, timeout);
    kedge_err err =
        precondition != NULL ? kedge_wait_for_cache_sync(k, &informer, 1, timeout) : KEDGE_WAIT;
    if (err == KEDGE_OK)
        err = precondition(ctx, informer);
    if (err != KEDGE_WAIT)
        return err;
    // Nothing has happened since: what comes from here on is all that the precondition did not see.
    err = kedge_informer_add_handler(informer, &u.handler);
    if (err == KEDGE_OK)
        err = wait_for_conditions(&u, informer, until);
    kedge_informer_remove_handler(informer, &u.handler);
    return err;
}
