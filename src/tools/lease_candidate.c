// SPDX-License-Identifier: Apache-2.0
// lease_candidate.c - one object of ours, looked at, made or renewed.
//
//    PAUSE --period--> get -- there is none --> create --+
//      ^                | it is time, or we are asked    |
//      |                +-------------------> update ----+
//      +-------------------------------------------------+
#include "kedge/lease_candidate.h"

#include "base/line.h"
#include "client/items.h"
#include "kedge/unstructured.h"
#include "kedge/validation.h"
#include "kedge/writer.h"
#include "tools/tool_rest.h"

#define RENEW_EVERY (5 * KEDGE_MINUTE) // as client-go's requeueInterval
#define PROBLEM_MAX 256

enum state { IDLE, PAUSE, ASKING };

struct kedge_lease_candidate {
    struct kedge__task task; // first
    struct kedge *k;
    struct kedge_rest *rest;
    struct kedge_token_bucket bucket;
    struct kedge_lease_candidate_options options;
    struct kedge__items items;
    enum state state;
    enum kedge_verb verb; // ASKING
    bool renewed;         // in this run, at `renewed_at`
    kedge_time renewed_at;
    bool warned;
    char *body; // options.candidate_max bytes
    char problem[PROBLEM_MAX];
};

static void say(struct kedge_lease_candidate *c, const char *text)
{
    struct kedge__line l;
    kedge__line_init(&l, c->problem, sizeof c->problem);
    kedge__line_foreign(&l, text);
}

// The server warns at each request that this version of the API will go: once is enough.
static void warn(void *ctx, int code, const char *agent, const char *text)
{
    struct kedge_lease_candidate *c = ctx;
    (void)agent;
    if (code == 299 && !c->warned)
        kedge__log(c->k, KEDGE_LOG_WARNING, text);
    c->warned = true;
}

// What is written --------------------------------------------------------------------------------

// Microseconds since 1970; without a calendar, at least a later time with each call.
static size_t time_now(const struct kedge_lease_candidate *c, char text[KEDGE_TIMESTAMP_TEXT])
{
    kedge_timestamp now = kedge_wall_clock(c->k);
    return kedge_timestamp_format(now > 0 ? now : kedge__clock(c->k) * 1000, true, text);
}

static void write_text(struct kedge_writer *w, const char *key, const char *text)
{
    if (text == NULL)
        return;
    kedge_writer_key(w, key);
    kedge_writer_text(w, text);
}

static kedge_err write_new(struct kedge_lease_candidate *c, kedge_str *body)
{
    const struct kedge_lease_candidate_options *o = &c->options;
    char now[KEDGE_TIMESTAMP_TEXT];
    struct kedge_writer w;
    time_now(c, now);
    kedge_writer_init(&w, c->body, o->candidate_max);
    kedge_writer_begin_object(&w);
    write_text(&w, "apiVersion", "coordination.k8s.io/v1beta1");
    write_text(&w, "kind", "LeaseCandidate");
    kedge_writer_key(&w, "metadata");
    kedge_writer_begin_object(&w);
    write_text(&w, "name", o->name);
    write_text(&w, "namespace", o->namespace_);
    kedge_writer_end_object(&w);
    kedge_writer_key(&w, "spec");
    kedge_writer_begin_object(&w);
    write_text(&w, "leaseName", o->lease_name);
    write_text(&w, "renewTime", now);
    write_text(&w, "binaryVersion", o->binary_version);
    write_text(&w, "emulationVersion", o->emulation_version);
    write_text(&w, "strategy", o->strategy);
    kedge_writer_end_object(&w);
    kedge_writer_end_object(&w);
    return kedge_writer_finish(&w, body);
}

static void room(struct kedge_lease_candidate *c, struct kedge_unstructured *u)
{
    kedge_unstructured_init(u, c->body, c->options.candidate_max, c->rest->tokens,
                            c->rest->token_count);
}

// Requests ---------------------------------------------------------------------------------------

static void answered(void *ctx, kedge_err err);

static kedge_err take_bytes(void *ctx, kedge_str bytes)
{
    struct kedge_lease_candidate *c = ctx;
    return kedge__items_sink(&c->items, bytes);
}

static void pause_until(struct kedge_lease_candidate *c, kedge_time next)
{
    c->state = PAUSE;
    c->task.deadline = next;
}

static void ask(struct kedge_lease_candidate *c, enum kedge_verb verb, kedge_str body)
{
    struct kedge_request q = {
        .verb = verb,
        .group = "coordination.k8s.io",
        .version = "v1beta1",
        .resource = "leasecandidates",
        .namespace_ = c->options.namespace_,
        .name = verb != KEDGE_CREATE ? c->options.name : NULL,
        .accept = "application/json",
        .body = body,
        .timeout = c->options.request_timeout,
    };
    c->state = ASKING;
    c->verb = verb;
    c->task.deadline = KEDGE_FOREVER;
    c->items = (struct kedge__items){.rest = c->rest};
    kedge__items_begin(&c->items, KEDGE_SIEVE_OBJECT);
    if (kedge_rest_start(c->rest, &q, take_bytes, answered, c) != KEDGE_OK)
        c->state = IDLE; // after kedge_stop
}

static void create(struct kedge_lease_candidate *c)
{
    kedge_str body;
    if (write_new(c, &body) == KEDGE_OK) {
        ask(c, KEDGE_CREATE, body);
        return;
    }
    say(c, "the LeaseCandidate as it would be sent does not fit candidate_max");
    pause_until(c, kedge__after(kedge__clock(c->k), c->options.period));
}

// The server has asked since we renewed it last.
static bool is_asked(const struct kedge_unstructured *u)
{
    kedge_timestamp ping = 0;
    kedge_timestamp renewed = INT64_MIN;
    kedge_err err = kedge_unstructured_time(u, KEDGE_PATH("spec", "pingTime"), &ping);
    (void)kedge_unstructured_time(u, KEDGE_PATH("spec", "renewTime"), &renewed);
    return err == KEDGE_OK && ping > renewed;
}

static void look(struct kedge_lease_candidate *c, kedge_time now)
{
    struct kedge_unstructured u;
    char text[KEDGE_TIMESTAMP_TEXT];
    room(c, &u);
    kedge_unstructured_read(&u, c->rest->sieve.item);
    if (c->items.count > 0 && !c->rest->sieve.overflow && u.err == KEDGE_OK) {
        bool due = !c->renewed || now - c->renewed_at >= RENEW_EVERY;
        if (!due && !is_asked(&u)) {
            pause_until(c, kedge__after(now, c->options.period));
            return;
        }
        time_now(c, text);
        kedge_unstructured_set_text(&u, KEDGE_PATH("spec", "renewTime"), text);
        if (u.err == KEDGE_OK) {
            ask(c, KEDGE_UPDATE, kedge_unstructured_json(&u));
            return;
        }
    }
    say(c, "the LeaseCandidate does not fit candidate_max");
    pause_until(c, kedge__after(now, c->options.period));
}

// Calls nothing of the program's: it may be waiting for another request.
static void answered(void *ctx, kedge_err err)
{
    struct kedge_lease_candidate *c = ctx;
    kedge_time now = kedge__clock(c->k);
    c->problem[0] = '\0';
    if (err == KEDGE_OK)
        err = kedge__items_finish(&c->items);
    if (err == KEDGE_OK && c->verb == KEDGE_GET) {
        look(c, now);
        return;
    }
    if (err == KEDGE_ERR_API && c->verb == KEDGE_GET &&
        kedge_status_is_not_found(kedge_rest_status(c->rest))) {
        create(c);
        return;
    }
    if (err == KEDGE_OK) {
        c->renewed = true;
        c->renewed_at = now;
    } else {
        say(c, kedge_rest_error_text(c->rest));
        kedge__log(c->k, KEDGE_LOG_WARNING, c->problem);
    }
    pause_until(c, kedge__after(now, c->options.period));
}

static bool step(struct kedge__task *t, kedge_time now)
{
    struct kedge_lease_candidate *c = (struct kedge_lease_candidate *)t;
    if (c->state != PAUSE || now < c->task.deadline)
        return false;
    ask(c, KEDGE_GET, (kedge_str){NULL, 0});
    return true;
}

static const struct kedge__task_ops task_ops = {.step = step, .meanwhile = step};

// Making, starting and stopping ------------------------------------------------------------------

static void fill_options(struct kedge_lease_candidate_options *o)
{
    if (o->period == 0)
        o->period = 2 * KEDGE_SECOND;
    if (o->request_timeout == 0)
        o->request_timeout = 5 * KEDGE_SECOND;
    if (o->candidate_max == 0)
        o->candidate_max = 1024;
}

static bool is_unset(const char *text)
{
    return text == NULL || text[0] == '\0';
}

static const char *problem_of(const struct kedge_lease_candidate_options *o)
{
    if (o->namespace_ == NULL || kedge_dns_label_problem(o->namespace_) != NULL)
        return "namespace_: must be that of a namespace";
    if (o->name == NULL || kedge_dns_subdomain_problem(o->name) != NULL)
        return "name: must be that of a LeaseCandidate";
    if (o->lease_name == NULL || kedge_dns_subdomain_problem(o->lease_name) != NULL)
        return "lease_name: must be that of a Lease";
    if (is_unset(o->binary_version))
        return "binary_version: must not be empty";
    if (is_unset(o->strategy))
        return "strategy: must not be empty";
    if (o->period < 1 || o->request_timeout < 1)
        return "period, request_timeout: must be more than 0";
    if (o->candidate_max < KEDGE_SIEVE_BUFFER)
        return "candidate_max: must be 512 at least";
    return NULL;
}

static kedge_err init(struct kedge_lease_candidate *c, struct kedge_client *client)
{
    const struct kedge_lease_candidate_options *o = &c->options;
    struct kedge__tool_rest tool = {
        .tool = "leader election",
        .buffer = o->buffer,
        .text_max = o->candidate_max,
        .on_warning = warn,
        .warning_ctx = c,
        .bucket = &c->bucket,
    };
    c->body = kedge__take(c->k, "leader election", o->candidate_max, 1, 1);
    c->rest = c->body != NULL ? kedge__tool_rest_new(client, &tool) : NULL;
    if (c->rest == NULL)
        return c->k->failure;
    c->task.ops = &task_ops;
    c->task.deadline = KEDGE_FOREVER;
    return kedge__task_add(c->k, &c->task);
}

struct kedge_lease_candidate *
kedge_lease_candidate_new(struct kedge_client *client,
                          const struct kedge_lease_candidate_options *options)
{
    if (client == NULL || client->k->failure != KEDGE_OK)
        return NULL;
    struct kedge *k = client->k;
    struct kedge_lease_candidate_options o = {0};
    if (options != NULL)
        o = *options;
    fill_options(&o);
    if (kedge__tool_refuses(k, "lease candidate", problem_of(&o)))
        return NULL;
    struct kedge_lease_candidate *c =
        KEDGE__NEW(k, "leader election", struct kedge_lease_candidate, 1);
    if (c == NULL)
        return NULL;
    c->k = k;
    c->options = o;
    return init(c, client) == KEDGE_OK ? c : NULL;
}

kedge_err kedge_lease_candidate_start(struct kedge_lease_candidate *candidate)
{
    struct kedge_lease_candidate *c = candidate;
    if (c == NULL)
        return KEDGE_ERR_ARGUMENT;
    if (c->k->stopped)
        return KEDGE_ERR_STOPPED;
    if (c->state != IDLE)
        return KEDGE_ERR_STATE;
    c->renewed = false;
    pause_until(c, kedge__clock(c->k));
    return KEDGE_OK;
}

void kedge_lease_candidate_stop(struct kedge_lease_candidate *candidate)
{
    if (candidate == NULL)
        return;
    kedge_rest_cancel(candidate->rest);
    candidate->state = IDLE;
    candidate->task.deadline = KEDGE_FOREVER;
}

void kedge_lease_candidate_close(struct kedge_lease_candidate *candidate)
{
    if (candidate == NULL)
        return;
    kedge_lease_candidate_stop(candidate);
    kedge_rest_close(candidate->rest);
}

const char *kedge_lease_candidate_error_text(const struct kedge_lease_candidate *candidate)
{
    return candidate != NULL ? candidate->problem
                             : "there is no lease candidate: see kedge_error_text";
}
