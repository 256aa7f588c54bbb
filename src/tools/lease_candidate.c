// SPDX-License-Identifier: Apache-2.0
// lease_candidate.c - one object of ours, looked at, made or renewed, and watched between.
//
//    PAUSE --period--> get -- there is none --> create --+
//     ^ ^               | it is time, or we are asked    |
//     | |               +-------------------> update ----+
//     | +------------------------------------------------+
//     |
//     +--period--> watch -- a byte of it, or it is time to renew --> get
//
// One connection does both, so it is closed where something happens; that is rare. Between what was
// read or written last and the watch nothing is missed, since it begins at that version. What comes
// is not read: the get behind it says what is so now. A watch lasts a minute, so one that has died
// unseen is found out; a get follows it, too, and where none is to be had there are gets only.
#include "kedge/lease_candidate.h"

#include "base/line.h"
#include "client/items.h"
#include "kedge/unstructured.h"
#include "kedge/validation.h"
#include "kedge/writer.h"
#include "tools/tool_rest.h"

#define RENEW_EVERY (5 * KEDGE_MINUTE) // as client-go's requeueInterval
#define WATCH_FOR   KEDGE_MINUTE       // at most
#define WATCH_SLACK (5 * KEDGE_SECOND) // that it may end too late
#define PROBLEM_MAX 256
#define VERSION_MAX 48

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
    bool looks;   // the next request is a get, not a watch
    bool stirred; // the watch had something to tell
    bool refused; // no watches until it is renewed
    const char *selector;
    char version[VERSION_MAX]; // as read or written last
    char *body;                // options.candidate_max bytes
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

// A watch has something to tell: that is all that we want to know.
static kedge_err take_stir(void *ctx, kedge_str bytes)
{
    struct kedge_lease_candidate *c = ctx;
    (void)bytes;
    c->stirred = true;
    return KEDGE_ERR_CLOSED;
}

static kedge_time renew_at(const struct kedge_lease_candidate *c)
{
    return kedge__after(c->renewed_at, RENEW_EVERY);
}

// Then the next request: a get, unless all is well.
static void pause_from(struct kedge_lease_candidate *c, kedge_time now, bool well)
{
    c->looks = !well || c->version[0] == '\0' || c->refused;
    c->state = PAUSE;
    c->task.deadline = kedge__after(now, c->options.period);
}

static struct kedge_request request_of(const struct kedge_lease_candidate *c, enum kedge_verb verb)
{
    return (struct kedge_request){
        .verb = verb,
        .group = "coordination.k8s.io",
        .version = "v1beta1",
        .resource = "leasecandidates",
        .namespace_ = c->options.namespace_,
        .accept = "application/json",
    };
}

static void start(struct kedge_lease_candidate *c, const struct kedge_request *q, kedge_sink sink,
                  kedge_time deadline)
{
    c->state = ASKING;
    c->verb = q->verb;
    c->task.deadline = deadline;
    if (kedge_rest_start(c->rest, q, sink, answered, c) == KEDGE_OK)
        return;
    say(c, kedge_rest_error_text(c->rest));
    pause_from(c, kedge__clock(c->k), false); // after kedge_stop for ever
}

static void ask(struct kedge_lease_candidate *c, enum kedge_verb verb, kedge_str body)
{
    struct kedge_request q = request_of(c, verb);
    if (verb != KEDGE_CREATE)
        q.name = c->options.name;
    q.body = body;
    q.timeout = c->options.request_timeout;
    c->items = (struct kedge__items){.rest = c->rest};
    kedge__items_begin(&c->items, KEDGE_SIEVE_OBJECT);
    start(c, &q, take_bytes, KEDGE_FOREVER);
}

// The server ends it; if it does not, we do.
static void watch(struct kedge_lease_candidate *c, kedge_time now)
{
    struct kedge_request q = request_of(c, KEDGE_WATCH);
    kedge_time left = renew_at(c) - now;
    kedge_time seconds = ((left < WATCH_FOR ? left : WATCH_FOR) + KEDGE_SECOND - 1) / KEDGE_SECOND;
    q.options.field_selector = c->selector;
    q.options.resource_version = c->version;
    q.options.timeout_seconds = KEDGE_JUST(seconds);
    c->stirred = false;
    start(c, &q, take_stir, kedge__after(now, seconds * KEDGE_SECOND + WATCH_SLACK));
}

static void create(struct kedge_lease_candidate *c)
{
    kedge_str body;
    if (write_new(c, &body) == KEDGE_OK) {
        ask(c, KEDGE_CREATE, body);
        return;
    }
    say(c, "the LeaseCandidate as it would be sent does not fit candidate_max");
    pause_from(c, kedge__clock(c->k), false);
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

// Reads the answer into c->body. False: it does not fit.
static bool read_object(struct kedge_lease_candidate *c, struct kedge_unstructured *u)
{
    room(c, u);
    kedge_unstructured_read(u, c->rest->sieve.item);
    bool fits = !c->rest->sieve.overflow && u->err == KEDGE_OK;
    c->version[0] = '\0';
    if (fits)
        (void)kedge_unstructured_text(u, KEDGE_PATH("metadata", "resourceVersion"), c->version,
                                      sizeof c->version);
    return fits;
}

static void look(struct kedge_lease_candidate *c, kedge_time now)
{
    struct kedge_unstructured u;
    char text[KEDGE_TIMESTAMP_TEXT];
    if (read_object(c, &u)) {
        bool due = !c->renewed || now >= renew_at(c);
        if (!due && !is_asked(&u)) {
            pause_from(c, now, true);
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
    pause_from(c, now, false);
}

static void fail(struct kedge_lease_candidate *c, kedge_time now)
{
    say(c, kedge_rest_error_text(c->rest));
    kedge__log(c->k, KEDGE_LOG_WARNING, c->problem);
    pause_from(c, now, false);
}

// Whichever way a watch ends, a look comes next; where it is refused, only looks do.
static void watched(struct kedge_lease_candidate *c, kedge_err err, kedge_time now)
{
    if (c->stirred || err == KEDGE_OK) {
        ask(c, KEDGE_GET, (kedge_str){NULL, 0});
        return;
    }
    // 410: that version is forgotten.
    c->refused = err == KEDGE_ERR_API && kedge_rest_status(c->rest)->code != 410;
    if (c->refused)
        fail(c, now);
    else
        pause_from(c, now, false);
}

// Calls nothing of the program's: it may be waiting for another request.
static void answered(void *ctx, kedge_err err)
{
    struct kedge_lease_candidate *c = ctx;
    struct kedge_unstructured u;
    kedge_time now = kedge__clock(c->k);
    c->problem[0] = '\0';
    if (c->verb == KEDGE_WATCH) {
        watched(c, err, now);
        return;
    }
    if (err == KEDGE_OK)
        err = kedge__items_finish(&c->items);
    if (err == KEDGE_OK && c->verb == KEDGE_GET) {
        look(c, now);
    } else if (err == KEDGE_ERR_API && c->verb == KEDGE_GET &&
               kedge_status_is_not_found(kedge_rest_status(c->rest))) {
        create(c);
    } else if (err == KEDGE_OK) {
        c->renewed = true;
        c->renewed_at = now;
        c->refused = false;
        pause_from(c, now, read_object(c, &u));
    } else {
        fail(c, now);
    }
}

static bool step(struct kedge__task *t, kedge_time now)
{
    struct kedge_lease_candidate *c = (struct kedge_lease_candidate *)t;
    if (c->state == IDLE || now < c->task.deadline)
        return false;
    if (c->state == ASKING)
        kedge_rest_cancel(c->rest); // a watch that the server has not ended in time
    else if (!c->looks && now < renew_at(c)) {
        watch(c, now);
        return true;
    }
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

// "metadata.name=<name>"; a name has nothing that needs an escape.
static const char *select_name(struct kedge *k, const char *name)
{
    char text[16 + 256];
    struct kedge__line l;
    kedge__line_init(&l, text, sizeof text);
    kedge__line_text(&l, "metadata.name=");
    kedge__line_text(&l, name);
    return kedge__take_text(k, "leader election", kedge__line_done(&l));
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
    c->selector = select_name(c->k, o->name);
    c->rest = c->body != NULL && c->selector != NULL ? kedge__tool_rest_new(client, &tool) : NULL;
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
    c->renewed = c->refused = false;
    c->looks = true;
    c->state = PAUSE;
    c->task.deadline = kedge__clock(c->k);
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
