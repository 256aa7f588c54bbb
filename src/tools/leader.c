// SPDX-License-Identifier: Apache-2.0
// leader.c - leader electors: made, started, stopped, asked.
#include "tools/leader_priv.h"

#include "base/line.h"
#include "kedge/validation.h"
#include "tools/tool_rest.h"

// As client-go's JitterFactor.
#define JITTER_PERCENT 120

// Making -----------------------------------------------------------------------------------------

static void or_time(kedge_time *value, kedge_time otherwise)
{
    if (*value == 0)
        *value = otherwise;
}

static void fill_options(struct kedge_leader_options *o)
{
    or_time(&o->lease_duration, 15 * KEDGE_SECOND);
    or_time(&o->renew_deadline, 10 * KEDGE_SECOND);
    or_time(&o->retry_period, 2 * KEDGE_SECOND);
    kedge_time half = o->renew_deadline / 2;
    or_time(&o->request_timeout, half > KEDGE_SECOND ? half : KEDGE_SECOND);
    if (o->lease_max == 0)
        o->lease_max = 1536;
}

static const char *times_problem(const struct kedge_leader_options *o)
{
    if (o->lease_duration < 1 || o->lease_duration / KEDGE_SECOND > INT32_MAX)
        return "lease_duration: must be more than 0 and fit 32 bits of seconds";
    if (o->renew_deadline < 1)
        return "renew_deadline: must be more than 0";
    if (o->retry_period < 1)
        return "retry_period: must be more than 0";
    if (o->request_timeout < 1)
        return "request_timeout: must be more than 0";
    if (o->lease_duration <= o->renew_deadline)
        return "lease_duration: must be greater than renew_deadline";
    if (o->lease_duration / KEDGE_SECOND * KEDGE_SECOND <= o->renew_deadline)
        return "lease_duration: counts in whole seconds, and these are not more than "
               "renew_deadline";
    if (o->renew_deadline <= o->retry_period || // so that the product fits
        o->renew_deadline * 100 <= o->retry_period * JITTER_PERCENT)
        return "renew_deadline: must be greater than 1.2 times retry_period";
    return NULL;
}

static const char *names_problem(const struct kedge_leader_options *o)
{
    if (o->name == NULL || kedge_dns_subdomain_problem(o->name) != NULL)
        return "name: must be that of a Lease";
    if (o->namespace_ == NULL || kedge_dns_label_problem(o->namespace_) != NULL)
        return "namespace_: must be that of a namespace";
    if (o->identity == NULL || o->identity[0] == '\0')
        return "identity: must not be empty";
    if (strlen(o->identity) >= KEDGE_LEADER_IDENTITY)
        return "identity: must be shorter than KEDGE_LEADER_IDENTITY";
    if (o->label_count > 0 && o->labels == NULL)
        return "labels: must not be NULL where label_count is not 0";
    for (size_t i = 0; i < o->label_count; i++) {
        if (kedge_label_key_problem(o->labels[i].key) != NULL)
            return "labels: a key is none";
        if (kedge_label_value_problem(o->labels[i].value) != NULL)
            return "labels: a value is none";
    }
    return NULL;
}

static const char *problem_of(const struct kedge_leader_options *o)
{
    const char *problem = names_problem(o);
    if (problem == NULL)
        problem = times_problem(o);
    if (problem == NULL && o->on_started_leading == NULL)
        problem = "on_started_leading: must not be NULL";
    if (problem == NULL && o->on_stopped_leading == NULL)
        problem = "on_stopped_leading: must not be NULL";
    if (problem == NULL && o->lease_max < KEDGE_SIEVE_BUFFER)
        problem = "lease_max: must be 512 at least";
    return problem;
}

// How long after a write was asked for we lead. As in client-go a retry_period until the next try,
// and from then on renew_deadline; but no longer than four fifths of what others wait, so that
// their clocks may be faster than ours, or than renew_deadline alone if that is more.
static kedge_time hold_of(const struct kedge_leader_options *o)
{
    kedge_time others = o->lease_duration / KEDGE_SECOND * KEDGE_SECOND;
    kedge_time hold = o->renew_deadline + o->retry_period;
    if (hold > others / 5 * 4)
        hold = others / 5 * 4;
    return hold > o->renew_deadline ? hold : o->renew_deadline;
}

static const char *describe(struct kedge *k, const struct kedge_leader_options *o)
{
    char text[2 * 256];
    struct kedge__line l;
    kedge__line_init(&l, text, sizeof text);
    kedge__line_text(&l, o->namespace_);
    kedge__line_byte(&l, '/');
    kedge__line_text(&l, o->name);
    return kedge__take_text(k, "leader election", kedge__line_done(&l));
}

static kedge_err init(struct kedge_leader_elector *e, struct kedge_client *client)
{
    const struct kedge_leader_options *o = &e->options;
    struct kedge__tool_rest tool = {
        .tool = "leader election",
        .agent = "leader-election",
        .buffer = o->buffer,
        .text_max = o->lease_max,
        .bucket = &e->bucket,
    };
    e->hold = hold_of(o);
    e->described = describe(e->k, o);
    e->lease = kedge__take(e->k, "leader election", o->lease_max, 1, 1);
    e->body = kedge__take(e->k, "leader election", o->lease_max, 1, 1);
    if (e->described == NULL || e->lease == NULL || e->body == NULL)
        return e->k->failure;
    // Behind its connection, so that what that has brought is looked at in the same turn.
    e->rest = kedge__tool_rest_new(client, &tool);
    if (e->rest == NULL)
        return e->k->failure;
    e->task.ops = &kedge__leader_ops;
    e->task.deadline = KEDGE_FOREVER;
    return kedge__task_add(e->k, &e->task);
}

struct kedge_leader_elector *kedge_leader_elector_new(struct kedge_client *client,
                                                      const struct kedge_leader_options *options)
{
    if (client == NULL || client->k->failure != KEDGE_OK)
        return NULL;
    struct kedge *k = client->k;
    struct kedge_leader_options o = {0};
    if (options != NULL)
        o = *options;
    fill_options(&o);
    if (kedge__tool_refuses(k, "leader election", problem_of(&o)))
        return NULL;
    struct kedge_leader_elector *e =
        KEDGE__NEW(k, "leader election", struct kedge_leader_elector, 1);
    if (e == NULL)
        return NULL;
    e->k = k;
    e->options = o;
    return init(e, client) == KEDGE_OK ? e : NULL;
}

// Starting and stopping --------------------------------------------------------------------------

kedge_err kedge_leader_elector_start(struct kedge_leader_elector *elector)
{
    struct kedge_leader_elector *e = elector;
    if (e == NULL)
        return KEDGE_ERR_ARGUMENT;
    if (e->k->stopped)
        return KEDGE_ERR_STOPPED;
    if (e->state == KEDGE__LEADER_PAUSE || e->state == KEDGE__LEADER_ASKING || e->again)
        return KEDGE_ERR_STATE;
    kedge__lock(e->k);
    if (e->state == KEDGE__LEADER_IDLE)
        kedge__leader_begin(e, kedge__clock(e->k));
    else
        e->again = true;
    kedge__unlock(e->k);
    return KEDGE_OK;
}

static void set_state(struct kedge_leader_elector *e, enum kedge__leader_state state)
{
    kedge__lock(e->k);
    e->state = state;
    kedge__unlock(e->k);
}

// The loop stands still for good.
static void end_without_loop(struct kedge_leader_elector *e)
{
    if (e->state != KEDGE__LEADER_ENDING && e->state != KEDGE__LEADER_RELEASING)
        return;
    kedge_rest_cancel(e->rest);
    if (e->state == KEDGE__LEADER_ENDING) {
        set_state(e, KEDGE__LEADER_TELLING);
        kedge__leader_tell_stopped(e);
    }
    set_state(e, KEDGE__LEADER_IDLE);
}

void kedge_leader_elector_stop(struct kedge_leader_elector *elector)
{
    struct kedge_leader_elector *e = elector;
    if (e == NULL)
        return;
    kedge__lock(e->k);
    e->again = false;
    if (e->state == KEDGE__LEADER_PAUSE || e->state == KEDGE__LEADER_ASKING)
        kedge__leader_end(e);
    kedge__unlock(e->k);
    if (e->k->stopped)
        end_without_loop(e);
}

void kedge_leader_elector_close(struct kedge_leader_elector *elector)
{
    struct kedge_leader_elector *e = elector;
    if (e == NULL)
        return;
    kedge_rest_close(e->rest);
    kedge__lock(e->k);
    e->state = KEDGE__LEADER_IDLE;
    e->leading = e->again = e->tells = e->tell_start = false;
    e->task.deadline = KEDGE_FOREVER;
    kedge__unlock(e->k);
}

// Asking -----------------------------------------------------------------------------------------

bool kedge_leader_elector_is_running(const struct kedge_leader_elector *elector)
{
    return elector != NULL && elector->state != KEDGE__LEADER_IDLE;
}

kedge_time kedge_leader_elector_time_left(struct kedge_leader_elector *elector)
{
    struct kedge_leader_elector *e = elector;
    if (e == NULL)
        return 0;
    kedge__lock(e->k);
    kedge_time now = kedge__clock(e->k);
    kedge_time left = kedge__leader_leads(e, now) ? e->hold_until - now : 0;
    kedge__unlock(e->k);
    return left;
}

bool kedge_leader_elector_is_leader(struct kedge_leader_elector *elector)
{
    return kedge_leader_elector_time_left(elector) > 0;
}

bool kedge_leader_elector_may_act(struct kedge_leader_elector *elector, kedge_time ms)
{
    kedge_time left = kedge_leader_elector_time_left(elector);
    return left > 0 && ms <= left;
}

const char *kedge_leader_elector_leader(const struct kedge_leader_elector *elector)
{
    return elector != NULL ? elector->holder : "";
}

kedge_err kedge_leader_elector_check(struct kedge_leader_elector *elector, kedge_time tolerance)
{
    struct kedge_leader_elector *e = elector;
    if (e == NULL)
        return KEDGE_OK;
    kedge__lock(e->k);
    kedge_time limit = kedge__after(e->options.lease_duration, tolerance > 0 ? tolerance : 0);
    bool late =
        e->state != KEDGE__LEADER_IDLE && e->ours && kedge__clock(e->k) - e->observed_at > limit;
    kedge__unlock(e->k);
    return late ? KEDGE_ERR_TIMEOUT : KEDGE_OK;
}

kedge_err kedge_leader_elector_report(struct kedge_leader_elector *elector,
                                      struct kedge_leader_report *report)
{
    struct kedge_leader_elector *e = elector;
    if (e == NULL || report == NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge__lock(e->k);
    *report = e->figures;
    report->leads = kedge__leader_leads(e, kedge__clock(e->k));
    kedge__unlock(e->k);
    return KEDGE_OK;
}

const char *kedge_leader_elector_describe(const struct kedge_leader_elector *elector)
{
    return elector != NULL ? elector->described : "";
}

const char *kedge_leader_elector_error_text(const struct kedge_leader_elector *elector)
{
    return elector != NULL ? elector->problem : "there is no leader elector: see kedge_error_text";
}
