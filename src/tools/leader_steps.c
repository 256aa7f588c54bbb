// SPDX-License-Identifier: Apache-2.0
// leader_steps.c - how one stands for election, leads and ends.
//
//    PAUSE -- a try -> ASKING: renew -------> written: we lead until asked_at + hold
//      ^                         | fails         ^                             |
//      |                         v               |                             |
//      |                        get ---> create, or update                     |
//      |                         |               |                             |
//      |  another's, or it fails |               | fails                       |
//      +-------------------------+---------------+-----------------------------+
//
//    Leading is over, or it was stopped:
//
//    ENDING -> TELLING (on_stopped_leading) -> RELEASING: get -> update -> IDLE
//
// A write counts from when it was asked for: the server may have done it then, and the others wait
// from then on, however late its answer comes.
#include "tools/leader_priv.h"

#include "base/line.h"

// Saying -----------------------------------------------------------------------------------------

void kedge__leader_say(struct kedge_leader_elector *e, const char *text)
{
    struct kedge__line l;
    kedge__line_init(&l, e->problem, sizeof e->problem);
    kedge__line_foreign(&l, text);
}

static void log_line(struct kedge_leader_elector *e, enum kedge_log_level level, const char *what)
{
    char text[KEDGE__LEADER_PROBLEM + 128];
    struct kedge__line l;
    if (!kedge__log_wants(e->k, level))
        return;
    kedge__line_init(&l, text, sizeof text);
    kedge__line_text(&l, "leader election ");
    kedge__line_text(&l, e->described);
    kedge__line_text(&l, ": ");
    kedge__line_foreign(&l, what);
    kedge__log(e->k, level, text);
}

// Ending -----------------------------------------------------------------------------------------

void kedge__leader_begin(struct kedge_leader_elector *e, kedge_time now)
{
    e->state = KEDGE__LEADER_PAUSE;
    e->leading = e->has_led = e->again = false;
    e->tell_start = e->told_start = false;
    e->next = now;
    e->task.deadline = now;
}

void kedge__leader_end(struct kedge_leader_elector *e)
{
    kedge_rest_cancel(e->rest);
    e->leading = e->tell_start = false;
    e->state = KEDGE__LEADER_ENDING;
    e->task.deadline = KEDGE_FOREVER;
    e->k->again = true; // the loop tells
}

static void lose(struct kedge_leader_elector *e, const char *why)
{
    log_line(e, KEDGE_LOG_WARNING, why);
    if (e->problem[0] == '\0') // else that is why
        kedge__leader_say(e, why);
    e->tells = true;
    kedge__leader_end(e);
}

// All is over, and told.
static void finish(struct kedge_leader_elector *e, kedge_time now)
{
    e->state = KEDGE__LEADER_IDLE;
    e->task.deadline = KEDGE_FOREVER;
    if (e->again)
        kedge__leader_begin(e, now);
}

// Tries ------------------------------------------------------------------------------------------

static void wait_until(struct kedge_leader_elector *e, kedge_time next)
{
    e->state = KEDGE__LEADER_PAUSE;
    e->next = next;
    e->task.deadline = e->leading && e->hold_until < next ? e->hold_until : next;
}

// A try that came to nothing. Who leads tries again a retry_period after it began, if that is still
// in time; who waits, a jittered one after it ended: as client-go.
static void fail_try(struct kedge_leader_elector *e, kedge_time now)
{
    kedge_time period = e->options.retry_period;
    e->tells = true;
    if (!e->leading) {
        uint64_t more = (uint64_t)period * 12 / 10;
        period += (kedge_time)kedge__random_below(&e->rest->client->random, more + 1);
        wait_until(e, kedge__after(now, period));
        return;
    }
    e->figures.failures++;
    kedge_time next = kedge__after(e->tried_at, period);
    wait_until(e, next > now ? next : now);
}

// It has turned out not to be ours.
static void lose_or_fail(struct kedge_leader_elector *e, kedge_time now, const char *why)
{
    kedge__leader_say(e, why);
    if (e->leading)
        lose(e, why);
    else
        fail_try(e, now);
}

static void written(struct kedge_leader_elector *e, kedge_time now)
{
    if (!e->ours) {
        lose_or_fail(e, now, "the server has put another's name into the Lease");
        return;
    }
    e->hold_until = kedge__after(e->asked_at, e->hold);
    if (now >= e->hold_until) {
        kedge__leader_say(e, "the answer came too late: others may have taken the Lease by now");
        fail_try(e, now);
        return;
    }
    if (e->leading) {
        e->figures.renewals++;
    } else {
        e->figures.terms++;
        log_line(e, KEDGE_LOG_INFO, "we lead");
        e->tell_start = true;
    }
    e->leading = e->has_led = e->tells = true;
    e->problem[0] = '\0';
    wait_until(e, kedge__after(now, e->options.retry_period));
}

// Requests ---------------------------------------------------------------------------------------

static void answered(void *ctx, kedge_err err);

static kedge_err take_bytes(void *ctx, kedge_str bytes)
{
    struct kedge_leader_elector *e = ctx;
    return kedge__items_sink(&e->items, bytes);
}

static void fill_request(const struct kedge_leader_elector *e, struct kedge_request *q)
{
    static const enum kedge_verb verbs[] = {
        [KEDGE__LEADER_RENEW] = KEDGE_UPDATE,    [KEDGE__LEADER_GET] = KEDGE_GET,
        [KEDGE__LEADER_CREATE] = KEDGE_CREATE,   [KEDGE__LEADER_UPDATE] = KEDGE_UPDATE,
        [KEDGE__LEADER_RELEASE_GET] = KEDGE_GET, [KEDGE__LEADER_RELEASE] = KEDGE_UPDATE,
    };
    q->verb = verbs[e->ask];
    q->group = "coordination.k8s.io";
    q->version = "v1";
    q->resource = "leases";
    q->namespace_ = e->options.namespace_;
    q->name = e->ask != KEDGE__LEADER_CREATE ? e->options.name : NULL;
    q->accept = "application/json";
    q->timeout = e->options.request_timeout;
}

// Begins the request of e->ask. False: it cannot be made, and e->problem says why.
static bool start_request(struct kedge_leader_elector *e, enum kedge__leader_ask ask,
                          kedge_time now)
{
    struct kedge_request q = {.verb = KEDGE_GET};
    e->ask = ask;
    e->asked_at = now;
    fill_request(e, &q);
    if (e->state == KEDGE__LEADER_RELEASING && e->release_until - now < q.timeout)
        q.timeout = e->release_until - now;
    if (kedge__leader_body(e, &q.body) != KEDGE_OK)
        return false;
    e->items = (struct kedge__items){.rest = e->rest};
    kedge__items_begin(&e->items, KEDGE_SIEVE_OBJECT);
    kedge_err err = kedge_rest_start(e->rest, &q, take_bytes, answered, e);
    if (err != KEDGE_OK)
        kedge__leader_say(e, kedge_rest_error_text(e->rest));
    return err == KEDGE_OK;
}

static void ask(struct kedge_leader_elector *e, enum kedge__leader_ask what, kedge_time now)
{
    e->state = KEDGE__LEADER_ASKING;
    e->task.deadline = e->leading ? e->hold_until : KEDGE_FOREVER;
    if (!start_request(e, what, now))
        fail_try(e, now);
}

static bool is_valid(const struct kedge_leader_elector *e, kedge_time at)
{
    return kedge__after(e->observed_at, e->duration) > at;
}

static void try_now(struct kedge_leader_elector *e, kedge_time now)
{
    bool at_once = e->ours && is_valid(e, now) && !e->options.coordinated;
    e->tried_at = now;
    ask(e, at_once ? KEDGE__LEADER_RENEW : KEDGE__LEADER_GET, now);
}

// Answers ----------------------------------------------------------------------------------------

// Whose Lease it is decides what comes now.
static void judge(struct kedge_leader_elector *e, kedge_time now)
{
    bool coordinated = e->options.coordinated;
    const char *why = NULL;
    if (e->held && !e->ours && e->leading) {
        lose_or_fail(e, now, "the Lease is another's");
        return;
    }
    if (coordinated && !is_valid(e, e->tried_at))
        why = "the Lease has expired: the server has to choose";
    else if (coordinated && !e->ours)
        why = "the server has not chosen us";
    else if (coordinated && e->preferred)
        why = "the Lease has a preferredHolder: the term ends";
    else if (!coordinated && e->held && !e->ours && is_valid(e, e->tried_at))
        why = "the Lease is another's and has not expired";
    if (why == NULL) {
        ask(e, KEDGE__LEADER_UPDATE, now);
        return;
    }
    kedge__leader_say(e, why);
    log_line(e, KEDGE_LOG_DEBUG, why);
    fail_try(e, now);
}

static void release_next(struct kedge_leader_elector *e, enum kedge__leader_ask what,
                         kedge_time now)
{
    if (now < e->release_until && start_request(e, what, now))
        return;
    log_line(e, KEDGE_LOG_WARNING, e->problem);
    finish(e, now);
}

static void released(struct kedge_leader_elector *e, kedge_err err, kedge_time now)
{
    bool conflict = err == KEDGE_ERR_API && kedge_status_is_conflict(kedge_rest_status(e->rest));
    if (e->ask == KEDGE__LEADER_RELEASE_GET && err == KEDGE_OK && e->ours) {
        release_next(e, KEDGE__LEADER_RELEASE, now);
    } else if (e->ask == KEDGE__LEADER_RELEASE && conflict) {
        release_next(e, KEDGE__LEADER_RELEASE_GET, now);
    } else {
        if (err != KEDGE_OK)
            log_line(e, KEDGE_LOG_WARNING, e->problem);
        finish(e, now);
    }
}

static void tried(struct kedge_leader_elector *e, kedge_err err, kedge_time now)
{
    bool gone = err == KEDGE_ERR_API && kedge_status_is_not_found(kedge_rest_status(e->rest));
    bool get = e->ask == KEDGE__LEADER_GET;
    if (err == KEDGE_OK && !get) {
        written(e, now);
    } else if (err == KEDGE_OK) {
        judge(e, now);
    } else if (e->ask == KEDGE__LEADER_RENEW) {
        log_line(e, KEDGE_LOG_DEBUG, e->problem);
        e->figures.slow += e->leading ? 1 : 0;
        ask(e, KEDGE__LEADER_GET, now);
    } else if (get && gone && !e->options.coordinated) {
        ask(e, KEDGE__LEADER_CREATE, now);
    } else {
        log_line(e, KEDGE_LOG_WARNING, e->problem);
        fail_try(e, now);
    }
}

// From the connection's half of the loop, or while the program waits for another request: so it
// calls nothing of the program's.
static void answered(void *ctx, kedge_err err)
{
    struct kedge_leader_elector *e = ctx;
    kedge_time now = kedge__clock(e->k);
    bool get = e->ask == KEDGE__LEADER_GET || e->ask == KEDGE__LEADER_RELEASE_GET;
    if (err == KEDGE_OK)
        err = kedge__items_finish(&e->items);
    if (err != KEDGE_OK)
        kedge__leader_say(e, kedge_rest_error_text(e->rest));
    else
        err = kedge__leader_take(e, !get, now);
    if (e->state == KEDGE__LEADER_RELEASING)
        released(e, err, now);
    else
        tried(e, err, now);
}

// The loop ---------------------------------------------------------------------------------------

static bool step(struct kedge__task *t, kedge_time now)
{
    struct kedge_leader_elector *e = (struct kedge_leader_elector *)t;
    bool tries = e->state == KEDGE__LEADER_PAUSE || e->state == KEDGE__LEADER_ASKING;
    if (tries && e->leading && now >= e->hold_until) {
        lose(e, "the Lease could not be renewed in time");
        return true;
    }
    if (e->state != KEDGE__LEADER_PAUSE || now < e->next)
        return false;
    try_now(e, now);
    return true;
}

// Telling ----------------------------------------------------------------------------------------

// While its call-back waits for a request, renewing goes on: what it is given stays as it is.
static void tell_event(struct kedge_leader_elector *e, const char *what)
{
    char message[KEDGE_LEADER_IDENTITY + 24];
    char uid[KEDGE__LEADER_UID];
    char version[KEDGE__LEADER_VERSION];
    struct kedge__line l;
    if (e->options.on_event == NULL)
        return;
    kedge__line_init(&l, message, sizeof message);
    kedge__line_text(&l, e->options.identity);
    kedge__line_text(&l, what);
    memcpy(uid, e->uid, sizeof uid);
    memcpy(version, e->version, sizeof version);
    struct kedge_leader_event event = {
        .message = message,
        .namespace_ = e->options.namespace_,
        .name = e->options.name,
        .uid = uid,
        .resource_version = version,
    };
    e->options.on_event(e->options.event_ctx, &event);
}

static void tell_leader(struct kedge_leader_elector *e)
{
    char leader[KEDGE_LEADER_IDENTITY];
    e->tells = false;
    if (strcmp(e->reported, e->holder) == 0)
        return;
    memcpy(e->reported, e->holder, sizeof e->reported);
    memcpy(leader, e->holder, sizeof leader);
    if (e->options.on_new_leader != NULL)
        e->options.on_new_leader(e->options.ctx, leader);
}

// Each call-back may have changed everything.
static void tell_started(struct kedge_leader_elector *e)
{
    e->tell_start = false;
    e->told_start = true;
    tell_event(e, " became leader");
    kedge__lock(e->k);
    bool leads = kedge__leader_leads(e, kedge__clock(e->k));
    kedge__unlock(e->k);
    if (leads)
        e->options.on_started_leading(e->options.ctx);
}

void kedge__leader_tell_stopped(struct kedge_leader_elector *e)
{
    if (e->told_start)
        tell_event(e, " stopped leading");
    if (e->state == KEDGE__LEADER_TELLING)
        e->options.on_stopped_leading(e->options.ctx);
}

static void tell_end(struct kedge_leader_elector *e)
{
    e->state = KEDGE__LEADER_TELLING;
    kedge__unlock(e->k);
    kedge__leader_tell_stopped(e);
    kedge__lock(e->k);
    if (e->state != KEDGE__LEADER_TELLING)
        return;
    kedge_time now = kedge__clock(e->k);
    if (!e->has_led || !e->options.release_on_cancel) {
        finish(e, now);
        return;
    }
    e->state = KEDGE__LEADER_RELEASING;
    e->release_until = kedge__after(now, e->options.renew_deadline);
    release_next(e, KEDGE__LEADER_RELEASE_GET, now);
}

static bool deliver(struct kedge__task *t, kedge_time now)
{
    (void)now; // handlers may have taken long
    struct kedge_leader_elector *e = (struct kedge_leader_elector *)t;
    bool starts = e->tell_start && kedge__leader_leads(e, kedge__clock(e->k));
    bool moved = e->tells || starts || e->state == KEDGE__LEADER_ENDING;
    if (e->state == KEDGE__LEADER_ENDING)
        tell_end(e);
    if (e->tells) {
        kedge__unlock(e->k);
        tell_leader(e);
        kedge__lock(e->k);
    }
    if (e->tell_start && kedge__leader_leads(e, kedge__clock(e->k))) {
        kedge__unlock(e->k);
        tell_started(e);
        kedge__lock(e->k);
    }
    return moved;
}

// Renewing goes on while the program waits in a request call.
const struct kedge__task_ops kedge__leader_ops = {step, deliver, step};
