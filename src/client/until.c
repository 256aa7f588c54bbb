// SPDX-License-Identifier: Apache-2.0
// until.c - waits for conditions, one after the other (client-go's UntilWithoutRetry).
#include "client/watch_priv.h"

// The event's object lies where the next bytes go: it is not shown any more.
static void strip(struct kedge_watch_event *event)
{
    event->object = NULL;
    event->json = (kedge_str){NULL, 0};
    event->value = (kedge_json_value){NULL, -1};
    event->status = NULL;
}

static kedge_err refused(struct kedge_rest *rest, const struct kedge_watch_event *event)
{
    rest->status = *event->status;
    return kedge__rest_say(rest, KEDGE_ERR_API, rest->status.message);
}

// The next event that may be judged.
static kedge_err wait_for_event(const struct kedge__until *u, kedge_time until,
                                struct kedge_watch_event *last)
{
    struct kedge_watch_event event;
    kedge_time now = kedge__clock(u->rest->client->k);
    kedge_time left = until == KEDGE_FOREVER ? KEDGE_FOREVER : until - now;
    kedge_err err = kedge__outlet_next(u->outlet, &event, left > 0 ? left : 0);
    if (err != KEDGE_OK) {
        strip(last);
        return err;
    }
    *last = event;
    return event.type == KEDGE_WATCH_ERROR ? refused(u->rest, &event) : KEDGE_OK;
}

kedge_err kedge__until(const struct kedge__until *u, kedge_time timeout,
                       struct kedge_watch_event *event)
{
    struct kedge_watch_event last = {.value = {NULL, -1}, .resource_version = ""};
    kedge_time now = kedge__clock(u->rest->client->k);
    kedge_time until = kedge__after(now, timeout);
    kedge_err err = KEDGE_OK;
    for (size_t met = 0; met < u->count && err == KEDGE_OK;) {
        // The last event may meet the next condition, too.
        err = last.type != 0 ? u->conditions[met](u->ctx, &last) : KEDGE_WAIT;
        met += err == KEDGE_OK;
        if (err == KEDGE_WAIT)
            err = wait_for_event(u, until, &last);
    }
    if (event != NULL)
        *event = last;
    return err;
}

kedge_err kedge_until_without_retry(struct kedge_watch *watch,
                                    const kedge_until_condition *conditions, size_t count,
                                    void *ctx, kedge_time timeout, struct kedge_watch_event *event)
{
    if (watch == NULL || (conditions == NULL && count > 0))
        return KEDGE_ERR_ARGUMENT;
    struct kedge__until u = {watch->rest, &watch->outlet, conditions, count, ctx};
    kedge_err err = kedge__until(&u, timeout, event);
    kedge_watch_stop(watch);
    return err;
}
