// SPDX-License-Identifier: Apache-2.0
// rest.c - requests: made, waited for or driven by the loop, given up, accounted for. The steps of
// one are in rest_steps.c.
#include "client/rest_priv.h"

#include "base/wipe.h"
#include "kedge/warning.h"
#include "net/http_fields.h"

#define BUFFER_MIN 2048
#define PATH_MIN   KEDGE_SIEVE_BUFFER // a room uses it for one, when there is a body

#define TURN_BUFFERS 16 // handed to the sink in a turn of the loop

// Making and ending one --------------------------------------------------------------------------

static void or_else(size_t *value, size_t otherwise)
{
    if (*value == 0)
        *value = otherwise;
}

static void or_time(kedge_time *value, kedge_time otherwise)
{
    if (*value == 0)
        *value = otherwise;
}

static void fill_options(struct kedge_rest_options *o, const struct kedge_rest_options *given)
{
    if (given != NULL)
        *o = *given;
    or_else(&o->buffer, 4096);
    or_else(&o->path_max, 1024);
    or_else(&o->text_max, 6144);
    or_else(&o->object_max, 4096);
    or_time(&o->open_timeout, KEDGE__OPEN_TIMEOUT);
    or_time(&o->head_timeout, KEDGE__HEAD_TIMEOUT);
    or_time(&o->body_timeout, KEDGE__BODY_TIMEOUT);
    or_time(&o->idle_timeout, 90 * KEDGE_SECOND);
}

static const char *options_problem(const struct kedge_rest_options *o)
{
    if (o->buffer < BUFFER_MIN)
        return "kedge_rest: buffer is under 2,048 bytes";
    if (o->path_max < PATH_MIN)
        return "kedge_rest: path_max is under KEDGE_SIEVE_BUFFER";
    if (o->text_max < KEDGE_SIEVE_BUFFER)
        return "kedge_rest: text_max is under KEDGE_SIEVE_BUFFER";
    if (o->open_timeout < 0 || o->head_timeout < 0 || o->body_timeout < 0 || o->idle_timeout < 0)
        return "kedge_rest: a time-out is negative";
    return NULL;
}

// The log, or the handler of the options.
static void warn(void *ctx, char *value, size_t len, bool cut)
{
    const struct kedge_rest *r = ctx;
    struct kedge_warnings all;
    struct kedge_warning w;
    char agent[64];
    char text[KEDGE_HTTP_LINE];
    struct kedge__line l;
    kedge_warnings_init(&all, value, len, cut);
    while (kedge_warnings_next(&all, &w)) {
        kedge__line_init(&l, agent, sizeof agent);
        kedge__line_str(&l, w.agent);
        kedge__line_init(&l, text, sizeof text);
        kedge__line_str(&l, w.text);
        if (r->options.on_warning != NULL)
            r->options.on_warning(r->options.warning_ctx, w.code, agent, text);
        else if (w.code == 299 && w.text.len > 0)
            kedge__log(r->client->k, KEDGE_LOG_WARNING, text);
    }
}

static const struct kedge__task_ops task_ops;

static kedge_err init(struct kedge_rest *r, struct kedge *k)
{
    const struct kedge_rest_options *o = &r->options;
    kedge_err err = kedge__connection_init(&r->connection, r->client, o->buffer);
    if (err != KEDGE_OK)
        return err;
    r->connection.response.read_type = kedge__http_read_type;
    r->connection.user_agent = o->user_agent;
    r->connection.on_warning = warn;
    r->connection.warning_ctx = r;
    r->connection.open_timeout = o->open_timeout;
    r->connection.head_timeout = o->head_timeout;
    r->connection.body_timeout = o->body_timeout;
    // A text of n bytes has at most n / 2 + 1 tokens, but a token costs 20 bytes: as for informers,
    // room for what objects are like, and what is more becomes partial.
    r->token_count = o->text_max / 8 + 16;
    r->path = kedge__take(k, "requests", o->path_max, 1, 1);
    r->item_buf = kedge__take(k, "requests", o->text_max, 1, 1);
    r->envelope_buf = kedge__take(k, "requests", KEDGE__REST_ENVELOPE, 1, 1);
    r->tokens = KEDGE__NEW(k, "requests", struct kedge_json_token, r->token_count);
    r->record = kedge__take_bytes(k, "requests", o->object_max);
    if (r->path == NULL || r->item_buf == NULL || r->envelope_buf == NULL || r->tokens == NULL ||
        r->record == NULL)
        return k->failure;
    r->task.ops = &task_ops;
    r->task.deadline = KEDGE_FOREVER;
    return kedge__task_add(k, &r->task);
}

// Made here, so that a program of informers alone does not link it.
static struct kedge_token_bucket *bucket_of(struct kedge_client *client)
{
    if (!client->limited)
        kedge_token_bucket_init(&client->bucket, client->qps, client->burst);
    client->limited = true;
    return &client->bucket;
}

struct kedge_rest *kedge_rest_new(struct kedge_client *client,
                                  const struct kedge_rest_options *options)
{
    if (client == NULL || client->k->failure != KEDGE_OK)
        return NULL;
    struct kedge *k = client->k;
    struct kedge_rest *r = KEDGE__NEW(k, "requests", struct kedge_rest, 1);
    if (r == NULL)
        return NULL;
    r->client = client;
    r->bucket = bucket_of(client);
    fill_options(&r->options, options);
    const char *problem = options_problem(&r->options);
    if (problem != NULL)
        kedge__line_text(kedge__fail(k, KEDGE_ERR_ARGUMENT), problem);
    if (kedge__rest_is_beside(r) && k->port->wait_in_thread == NULL)
        kedge__line_text(kedge__fail(k, KEDGE_ERR_UNSUPPORTED),
                         problem = "kedge_rest: own_thread, but the port has no wait_in_thread");
    return problem == NULL && init(r, k) == KEDGE_OK ? r : NULL;
}

static void rest_at(struct kedge_rest *r, kedge_time now)
{
    kedge__rest_forget(r);
    r->state = KEDGE__REST_IDLE;
    r->in_loop = false;
    r->idle_since = now;
    r->task.stream = NULL;
    r->task.interest = KEDGE_INTEREST_NONE;
    r->task.deadline =
        r->connection.connected ? kedge__after(now, r->options.idle_timeout) : KEDGE_FOREVER;
}

static void cancel(struct kedge_rest *r)
{
    if (r->state == KEDGE__REST_IDLE)
        return;
    kedge_time now = kedge__clock(r->client->k);
    kedge__rest_give_up_token(r, now);
    rest_at(r, now);
}

void kedge_rest_cancel(struct kedge_rest *rest)
{
    if (rest == NULL)
        return;
    kedge__lock(rest->client->k);
    cancel(rest);
    kedge__unlock(rest->client->k);
}

void kedge_rest_close(struct kedge_rest *rest)
{
    if (rest == NULL)
        return;
    kedge__lock(rest->client->k);
    cancel(rest);
    kedge__connection_close(&rest->connection);
    kedge__wipe(rest->path, rest->options.path_max);
    kedge__wipe(rest->envelope_buf, KEDGE__REST_ENVELOPE);
    kedge__wipe(rest->item_buf, rest->options.text_max);
    kedge__wipe(rest->record, rest->options.object_max);
    rest->task.deadline = KEDGE_FOREVER;
    kedge__unlock(rest->client->k);
}

// Waiting calls ----------------------------------------------------------------------------------

// Lets go of the lock meanwhile.
static kedge_err wait_here(struct kedge_rest *r, struct kedge_stream *s, kedge_time until)
{
    struct kedge *k = r->client->k;
    uint8_t interest = r->connection.interest;
    kedge__unlock(k);
    kedge_err err = kedge__wait_meanwhile(k, s, interest, until);
    kedge__lock(k);
    return err;
}

#if KEDGE_THREADS
// With the lock held, once.
static kedge_err wait_somewhere(struct kedge_rest *r, struct kedge_stream *s, kedge_time until)
{
    if (!kedge__rest_is_beside(r))
        return wait_here(r, s, until);
    return kedge__wait_beside(r->client->k, s, r->connection.interest, until);
}
#else
#define wait_somewhere wait_here // there are no other threads
#endif

static void wait_for(struct kedge_rest *r, kedge_err err)
{
    struct kedge_stream *s = kedge__is_want(err) ? r->connection.waits : NULL;
    kedge_time until = kedge__rest_next_deadline(r, err);
    kedge_err waited = wait_somewhere(r, s, until);
    if (waited != KEDGE_OK)
        kedge__rest_end(r, waited, "the port cannot wait");
}

// Drives the request to its end, and what goes on meanwhile. What is called back must not poll.
static kedge_err drive(struct kedge_rest *r)
{
    struct kedge *k = r->client->k;
    kedge__rest_begin(r, kedge__clock(k));
    r->task.deadline = KEDGE_FOREVER; // it is idle no more: nothing for the loop to wake up for
    while (r->state != KEDGE__REST_ENDED && r->state != KEDGE__REST_IDLE) {
        kedge_time now = kedge__clock(k);
        kedge_err err = kedge__rest_step(r, now);
        bool moved = !kedge__rest_is_beside(r) && kedge__meanwhile(k, now);
        if (k->stopped && r->state != KEDGE__REST_ENDED)
            kedge__rest_end(r, KEDGE_ERR_STOPPED, NULL);
        else if (err != KEDGE_OK && !moved)
            wait_for(r, err);
    }
    if (r->state == KEDGE__REST_IDLE)
        r->err = KEDGE_ERR_STOPPED; // cancelled in a call-back
    rest_at(r, kedge__clock(k));
    return r->err;
}

// Nobody polls in this thread until it has ended.
static kedge_err drive_here(struct kedge_rest *r)
{
    struct kedge *k = r->client->k;
    bool inside = k->inside;
    k->inside = true;
    kedge_err err = drive(r);
    k->inside = inside;
    return err;
}

kedge_err kedge_rest_stream(struct kedge_rest *rest, const struct kedge_request *request,
                            kedge_sink sink, void *ctx)
{
    if (rest == NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge__lock(rest->client->k);
    kedge_err err = kedge__rest_take(rest, request);
    if (err == KEDGE_OK) {
        rest->sink = sink;
        rest->ctx = ctx;
        err = kedge__rest_is_beside(rest) ? drive(rest) : drive_here(rest);
    }
    kedge__unlock(rest->client->k);
    return err;
}

struct into {
    char *buf;
    size_t cap;
    size_t len;
};

static kedge_err copy(void *ctx, kedge_str bytes)
{
    struct into *in = ctx;
    size_t room = in->cap - in->len;
    size_t n = bytes.len < room ? bytes.len : room;
    if (n > 0)
        memcpy(in->buf + in->len, bytes.ptr, n);
    in->len += n;
    return n == bytes.len ? KEDGE_OK : KEDGE_ERR_TOO_LONG;
}

kedge_err kedge_rest_read(struct kedge_rest *rest, const struct kedge_request *request, void *buf,
                          size_t cap, size_t *len)
{
    struct into in = {.buf = buf, .cap = cap};
    if (len == NULL || (buf == NULL && cap > 0))
        return KEDGE_ERR_ARGUMENT;
    kedge_err err = kedge_rest_stream(rest, request, copy, &in);
    *len = in.len;
    return err;
}

// In the loop ------------------------------------------------------------------------------------

kedge_err kedge_rest_start(struct kedge_rest *rest, const struct kedge_request *request,
                           kedge_sink sink, void (*done)(void *ctx, kedge_err err), void *ctx)
{
    if (rest == NULL || kedge__rest_is_beside(rest))
        return KEDGE_ERR_ARGUMENT;
    kedge__lock(rest->client->k);
    kedge_err err = kedge__rest_take(rest, request);
    if (err == KEDGE_OK) {
        rest->sink = sink;
        rest->done = done;
        rest->ctx = ctx;
        rest->in_loop = true;
        kedge__rest_begin(rest, kedge__clock(rest->client->k));
        rest->task.deadline = rest->wake;
    }
    kedge__unlock(rest->client->k);
    return err;
}

// What the loop is to wait for.
static void settle(struct kedge_rest *r, kedge_err err)
{
    r->task.stream = kedge__is_want(err) ? r->connection.waits : NULL;
    r->task.interest = kedge__is_want(err) ? r->connection.interest : KEDGE_INTEREST_NONE;
    r->task.deadline = kedge__rest_next_deadline(r, err);
}

// A kept connection that nobody has used for long is closed.
static void step_idle(struct kedge_rest *r, kedge_time now)
{
    if (r->state != KEDGE__REST_IDLE || now < r->task.deadline)
        return;
    kedge__connection_close(&r->connection);
    r->task.deadline = KEDGE_FOREVER;
}

static bool task_step(struct kedge__task *t, kedge_time now)
{
    struct kedge_rest *r = (struct kedge_rest *)t;
    bool moved = false;
    kedge_err err = KEDGE_OK;
    step_idle(r, now);
    if (!r->in_loop)
        return false;
    // What calls back waits for deliver.
    while (err == KEDGE_OK && r->state != KEDGE__REST_BODY && r->state != KEDGE__REST_ENDED) {
        err = kedge__rest_step(r, now);
        moved |= err == KEDGE_OK;
    }
    if (err != KEDGE_OK)
        settle(r, err);
    return moved;
}

static void tell_end(struct kedge_rest *r, kedge_time now)
{
    void (*done)(void *ctx, kedge_err err) = r->done;
    rest_at(r, now);
    if (done == NULL)
        return;
    kedge__rest_let_go(r);
    done(r->ctx, r->err);
    kedge__rest_take_again(r);
}

static bool task_deliver(struct kedge__task *t, kedge_time now)
{
    struct kedge_rest *r = (struct kedge_rest *)t;
    kedge_err err = KEDGE_OK;
    bool moved = false;
    r->moved = false;
    for (int i = 0; i < TURN_BUFFERS && r->in_loop && r->state == KEDGE__REST_BODY; i++) {
        err = kedge__rest_step(r, now);
        if (err != KEDGE_OK) {
            settle(r, err);
            break;
        }
        moved = true;
    }
    if (!r->in_loop || r->state != KEDGE__REST_ENDED)
        return moved || r->moved;
    tell_end(r, now);
    return true;
}

static const struct kedge__task_ops task_ops = {.step = task_step, .deliver = task_deliver};

// While the program waits for another request ----------------------------------------------------

static bool task_meanwhile(struct kedge__task *t, kedge_time now)
{
    bool moved = task_step(t, now);
    return task_deliver(t, now) || moved;
}

static const struct kedge__task_ops meanwhile_ops = {task_step, task_deliver, task_meanwhile};

void kedge__rest_goes_on(struct kedge_rest *r)
{
    r->task.ops = &meanwhile_ops;
}

// What came of it --------------------------------------------------------------------------------

const struct kedge_status *kedge_rest_status(const struct kedge_rest *rest)
{
    static const struct kedge_status none;
    return rest != NULL ? &rest->status : &none;
}

const char *kedge_rest_error_text(const struct kedge_rest *rest)
{
    return rest != NULL ? rest->text : "there is no kedge_rest: see kedge_error_text";
}

kedge_err kedge_rest_facts(const struct kedge_rest *rest, struct kedge_rest_facts *facts)
{
    if (rest == NULL || facts == NULL)
        return KEDGE_ERR_ARGUMENT;
    *facts = (struct kedge_rest_facts){
        .code = rest->code,
        .sent = rest->sent,
        .requests = rest->requests,
        .connections = rest->connection.opened,
        .bytes_in = rest->connection.bytes_in,
        .bytes_out = rest->connection.bytes_out,
    };
    return KEDGE_OK;
}
