// SPDX-License-Identifier: Apache-2.0
// retry_watcher.c - one watch after the other, each from where the last one was (client-go's
// RetryWatcher).
//
//                 opened        it ended, or an ERROR that passes
//    IDLE -----> WATCHING ------------------------------------> PAUSE (a second from its start, or
//      ^            ^  |                                        |      as long as the server asks)
//      |            |  |  an ERROR that stays                   |
//      +-- ENDING <----+                                        |
//                   +-------------------------------------------+
#include "kedge/retry_watcher.h"

#include "client/watch_priv.h"

#define RESTART   KEDGE_SECOND              // between two starts, at least
#define LOOK      (100 * KEDGE_MILLISECOND) // how often it looks whether an event is done with
#define ASKED_MAX KEDGE_HOUR // no server makes us wait longer: it may be a slip of a proxy

enum state {
    IDLE,
    WATCHING,
    PAUSE, // until task.deadline
    ENDING // with `err`: told from the loop, not from inside the request, so that another can begin
};

struct kedge_retry_watcher {
    struct kedge__task task; // first
    struct kedge_watch *watch;
    struct kedge_watch_options options;
    enum state state;
    unsigned runs;
    kedge_err err;
    kedge_time earliest; // of the next start
    struct kedge__outlet outlet;
    char version[KEDGE__VERSION];
};

static struct kedge *kedge_of(const struct kedge_retry_watcher *rw)
{
    return rw->watch->rest->client->k;
}

// Ways on ----------------------------------------------------------------------------------------

static void pause_for(struct kedge_retry_watcher *rw, kedge_time delay)
{
    kedge_time wake = kedge__clock(kedge_of(rw)) + delay;
    rw->state = PAUSE;
    rw->task.deadline = wake > rw->earliest ? wake : rw->earliest;
}

// Behind an ERROR event that was taken, inside the request.
static void end_soon(struct kedge_retry_watcher *rw, kedge_err err)
{
    kedge_watch_stop(rw->watch);
    rw->state = ENDING;
    rw->err = err;
    rw->task.deadline = kedge__clock(kedge_of(rw));
}

static void end_now(struct kedge_retry_watcher *rw, kedge_err err)
{
    rw->state = IDLE;
    rw->task.deadline = KEDGE_FOREVER;
    kedge__outlet_end(&rw->outlet, err);
}

// An ERROR event that did not come out of the stream, and the end.
static void end_with(struct kedge_retry_watcher *rw, kedge_err err,
                     const struct kedge_watch_event *last)
{
    unsigned run = rw->runs;
    kedge__outlet_put(&rw->outlet, last);
    if (rw->state != IDLE && rw->runs == run)
        end_now(rw, err);
}

// Events -----------------------------------------------------------------------------------------

// Forwards it; once it is taken, ends.
static kedge_err forward_last(struct kedge_retry_watcher *rw, const struct kedge_watch_event *event,
                              kedge_err end)
{
    kedge_err err = kedge__outlet_take(&rw->outlet, event);
    // It may have been stopped, but inside its request it was not started again.
    if (err == KEDGE_OK && rw->state == WATCHING)
        end_soon(rw, end);
    return err;
}

static kedge_err take_error(struct kedge_retry_watcher *rw, const struct kedge_watch_event *event)
{
    const struct kedge_status *s = event->status;
    if (s->from_server && s->code == 410)
        return forward_last(rw, event, KEDGE_ERR_API);
    kedge_watch_stop(rw->watch);
    kedge_time asked = s->from_server ? s->retry_after_seconds * KEDGE_SECOND : 0;
    pause_for(rw, asked < ASKED_MAX ? asked : ASKED_MAX);
    return KEDGE_OK;
}

static kedge_err take(void *ctx, const struct kedge_watch_event *event)
{
    struct kedge_retry_watcher *rw = ctx;
    kedge_err err = KEDGE_OK;
    if (event->type == KEDGE_WATCH_ERROR)
        return take_error(rw, event);
    if (event->resource_version[0] == '\0') {
        struct kedge_watch_event error;
        kedge_status_internal_error(&rw->watch->status,
                                    "the object of an event has no resource version");
        kedge__watch_error(rw->watch, &error);
        return forward_last(rw, &error, KEDGE_ERR_JSON);
    }
    if (event->type != KEDGE_WATCH_BOOKMARK)
        err = kedge__outlet_take(&rw->outlet, event);
    if (err == KEDGE_OK)
        memcpy(rw->version, event->resource_version, strlen(event->resource_version) + 1);
    return err;
}

// The watch's own end ----------------------------------------------------------------------------

static void watch_ended(void *ctx, kedge_err err, const struct kedge_watch_event *last)
{
    struct kedge_retry_watcher *rw = ctx;
    struct kedge_watch *w = rw->watch;
    struct kedge_watch_event error;
    bool unknown = last != NULL && w->unknown;
    kedge_watch_stop(w);
    if (kedge__outlet_lost(&rw->outlet))
        memcpy(rw->version, rw->outlet.version, sizeof rw->version);
    if (unknown) {
        end_with(rw, err, last);
        return;
    }
    w->status = w->rest->status;
    kedge__watch_error(w, &error);
    if (err == KEDGE_ERR_API &&
        (kedge_status_is_forbidden(&w->status) || kedge_status_is_unauthorized(&w->status)))
        end_with(rw, err, &error);
    else
        pause_for(rw, 0);
}

static kedge_err open_watch(struct kedge_retry_watcher *rw, kedge_time now)
{
    struct kedge__watch_taker taker = {take, watch_ended, rw};
    kedge_err err = kedge__watch_begin(rw->watch, &rw->options, &taker);
    rw->earliest = now + RESTART;
    rw->task.deadline = KEDGE_FOREVER;
    if (err == KEDGE_OK)
        rw->state = WATCHING;
    return err;
}

// The loop ---------------------------------------------------------------------------------------

// From the loop itself, which holds the lock; no handler runs with it.
static void end_without_lock(struct kedge_retry_watcher *rw, kedge_err err)
{
    kedge__unlock(kedge_of(rw));
    end_now(rw, err);
    kedge__lock(kedge_of(rw));
}

static bool step(struct kedge__task *t, kedge_time now)
{
    (void)t;
    (void)now;
    return false; // all of it may call back
}

static bool deliver(struct kedge__task *t, kedge_time now)
{
    struct kedge_retry_watcher *rw = (struct kedge_retry_watcher *)t;
    if (now < rw->task.deadline)
        return false;
    // What is looked at stands in the buffers that the next stream would use.
    if (rw->state == PAUSE && rw->outlet.state == KEDGE__OUTLET_GIVEN) {
        rw->task.deadline = now + LOOK;
        return false;
    }
    if (rw->state == PAUSE) {
        if (rw->outlet.state == KEDGE__OUTLET_FREE)
            rw->outlet.state = KEDGE__OUTLET_EMPTY;
        kedge_err err = open_watch(rw, now);
        if (err != KEDGE_OK)
            end_without_lock(rw, err);
    } else {
        end_without_lock(rw, rw->err);
    }
    return true;
}

static const struct kedge__task_ops task_ops = {.step = step, .deliver = deliver};

// Making, starting and stopping ------------------------------------------------------------------

struct kedge_retry_watcher *kedge_retry_watcher_new(struct kedge_rest *rest)
{
    struct kedge_watch *watch = kedge_watch_new(rest);
    if (watch == NULL)
        return NULL;
    struct kedge *k = rest->client->k;
    struct kedge_retry_watcher *rw = KEDGE__NEW(k, "watches", struct kedge_retry_watcher, 1);
    if (rw == NULL)
        return NULL;
    rw->watch = watch;
    rw->outlet.rest = rest;
    rw->task.ops = &task_ops;
    rw->task.deadline = KEDGE_FOREVER;
    return kedge__task_add(k, &rw->task) == KEDGE_OK ? rw : NULL;
}

static bool is_a_version(const char *version)
{
    return version != NULL && version[0] != '\0' && strcmp(version, "0") != 0 &&
           strlen(version) < KEDGE__VERSION;
}

kedge_err kedge_retry_watcher_start(struct kedge_retry_watcher *watcher,
                                    const struct kedge_watch_options *options,
                                    const struct kedge_watch_handler *handler)
{
    struct kedge_retry_watcher *rw = watcher;
    if (rw == NULL || options == NULL)
        return KEDGE_ERR_ARGUMENT;
    if (rw->state != IDLE)
        return KEDGE_ERR_STATE;
    const char *version = options->options.resource_version;
    if (!is_a_version(version) || options->options.send_initial_events.is_set)
        return KEDGE_ERR_ARGUMENT;
    kedge_err err = kedge__outlet_open(&rw->outlet, handler);
    if (err != KEDGE_OK)
        return err;
    memmove(rw->version, version, strlen(version) + 1); // it may be where it was last
    rw->options = *options;
    rw->options.options.resource_version = rw->version;
    rw->options.options.allow_watch_bookmarks = true;
    rw->runs++;
    err = open_watch(rw, kedge__clock(kedge_of(rw)));
    if (err != KEDGE_OK)
        kedge__outlet_close(&rw->outlet);
    return err;
}

void kedge_retry_watcher_stop(struct kedge_retry_watcher *watcher)
{
    if (watcher == NULL)
        return;
    kedge_watch_stop(watcher->watch);
    kedge__outlet_close(&watcher->outlet);
    watcher->state = IDLE;
    watcher->task.deadline = KEDGE_FOREVER;
}

bool kedge_retry_watcher_is_running(const struct kedge_retry_watcher *watcher)
{
    return watcher != NULL && watcher->state != IDLE;
}

kedge_err kedge_retry_watcher_next(struct kedge_retry_watcher *watcher,
                                   struct kedge_watch_event *event, kedge_time timeout)
{
    if (watcher == NULL || event == NULL)
        return KEDGE_ERR_ARGUMENT;
    return kedge__outlet_next(&watcher->outlet, event, timeout);
}

const char *kedge_retry_watcher_version(const struct kedge_retry_watcher *watcher)
{
    return watcher != NULL ? watcher->version : "";
}

kedge_err kedge_until(struct kedge_retry_watcher *watcher, const kedge_until_condition *conditions,
                      size_t count, void *ctx, kedge_time timeout, struct kedge_watch_event *event)
{
    if (watcher == NULL || (conditions == NULL && count > 0))
        return KEDGE_ERR_ARGUMENT;
    struct kedge__until u = {watcher->watch->rest, &watcher->outlet, conditions, count, ctx};
    kedge_err err = kedge__until(&u, timeout, event);
    kedge_retry_watcher_stop(watcher);
    return err;
}
