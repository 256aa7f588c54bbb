// SPDX-License-Identifier: Apache-2.0
// rest.c - one request: sent, tried again where that is right, its reply judged and handed on.
//
//                 a token          429, 5xx with Retry-After, attempts left
//    IDLE -> PAUSE ----> HEAD -------------> DRAIN -> PAUSE
//                 ^        | |  any other refusal
//                 |        | +-------------> REFUSED --+
//                 +--------+                           v
//        a GET that broke  +--> BODY (sink) ------> ENDED -> done -> IDLE
//
// Waiting calls drive these steps themselves, with nothing but this connection to wait for; else
// the loop does, and the call-backs come from its second half, as those of informers.
#include "client/rest_priv.h"

#include "base/wipe.h"
#include "client/rest_target.h"
#include "object/project.h"

#define BUFFER_MIN 2048
#define PATH_MIN   KEDGE_SIEVE_BUFFER // a room uses it for one, when there is a body

#define RETRIES      10
#define BROKEN_PAUSE KEDGE_SECOND // before a GET that broke is sent again
#define DRAIN_MAX    2048         // bytes of a body that is read only to keep the connection
#define REFUSED_MAX  65536        // bytes of an error's body that are looked at
#define TURN_BUFFERS 16           // handed to the sink in a turn of the loop
#define ASKED_MAX    KEDGE_HOUR   // no server makes us wait longer: it may be a slip of a proxy

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

static const struct kedge__task_ops task_ops;

static kedge_err init(struct kedge_rest *r, struct kedge *k)
{
    const struct kedge_rest_options *o = &r->options;
    kedge_err err = kedge__connection_init(&r->connection, r->client, o->buffer);
    if (err != KEDGE_OK)
        return err;
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
    fill_options(&r->options, options);
    const char *problem = options_problem(&r->options);
    if (problem != NULL)
        kedge__line_text(kedge__fail(k, KEDGE_ERR_ARGUMENT), problem);
    return problem == NULL && init(r, k) == KEDGE_OK ? r : NULL;
}

static bool is_want(kedge_err err)
{
    return err == KEDGE_WANT_READ || err == KEDGE_WANT_WRITE;
}

static kedge_time earlier(kedge_time a, kedge_time b)
{
    return a < b ? a : b;
}

static kedge_time after(kedge_time now, kedge_time ms)
{
    return ms < KEDGE_FOREVER - now ? now + ms : KEDGE_FOREVER;
}

// What was received may be a secret, and no one needs it any more.
static void forget(struct kedge_rest *r)
{
    if (r->connection.state != KEDGE__EXCHANGE_DONE || !r->connection.connected)
        kedge__connection_close(&r->connection);
    else
        kedge__wipe(r->connection.buf, r->connection.cap);
}

static void rest_at(struct kedge_rest *r, kedge_time now)
{
    forget(r);
    r->state = KEDGE__REST_IDLE;
    r->in_loop = false;
    r->idle_since = now;
    r->task.stream = NULL;
    r->task.interest = KEDGE_INTEREST_NONE;
    r->task.deadline =
        r->connection.connected ? after(now, r->options.idle_timeout) : KEDGE_FOREVER;
}

void kedge_rest_cancel(struct kedge_rest *rest)
{
    if (rest != NULL && rest->state != KEDGE__REST_IDLE)
        rest_at(rest, kedge__clock(rest->client->k));
}

void kedge_rest_close(struct kedge_rest *rest)
{
    if (rest == NULL)
        return;
    kedge_rest_cancel(rest);
    kedge__connection_close(&rest->connection);
    kedge__wipe(rest->item_buf, rest->options.text_max);
    kedge__wipe(rest->record, rest->options.object_max);
    rest->task.deadline = KEDGE_FOREVER;
}

// Failing ----------------------------------------------------------------------------------------

kedge_err kedge__rest_say(struct kedge_rest *rest, kedge_err err, const char *problem)
{
    struct kedge__line l;
    kedge__line_init(&l, rest->text, sizeof rest->text);
    kedge__rest_describe(&l, &rest->request);
    kedge__line_text(&l, ": ");
    kedge__line_text(&l, problem != NULL ? problem : kedge_err_text(err));
    return err;
}

static void end(struct kedge_rest *r, kedge_err err, const char *problem)
{
    r->err = err;
    r->requests++;
    r->state = KEDGE__REST_ENDED;
    if (err != KEDGE_OK && problem != NULL)
        kedge__rest_say(r, err, problem);
    else if (err != KEDGE_OK && r->text[0] == '\0')
        kedge__rest_say(r, err, NULL);
}

static void say_refused(struct kedge_rest *r)
{
    struct kedge__line l;
    kedge__line_init(&l, r->text, sizeof r->text);
    kedge__rest_describe(&l, &r->request);
    kedge__line_text(&l, ": ");
    kedge__line_int(&l, r->code);
    if (r->status.reason[0] != '\0') {
        kedge__line_byte(&l, ' ');
        kedge__line_foreign(&l, r->status.reason);
    }
    kedge__line_text(&l, ": ");
    kedge__line_foreign(&l, r->status.message);
    if (r->connection.response.location[0] != '\0') {
        kedge__line_text(&l, "; it points to ");
        kedge__line_text(&l, r->connection.response.location);
    }
}

static void end_refused(struct kedge_rest *r)
{
    say_refused(r);
    end(r, KEDGE_ERR_API, NULL);
}

// Sending ----------------------------------------------------------------------------------------

static kedge_err refuse(struct kedge_rest *r, kedge_err err, const char *member,
                        const char *problem)
{
    struct kedge__line l;
    kedge__line_init(&l, r->text, sizeof r->text);
    kedge__line_text(&l, member);
    kedge__line_text(&l, member != NULL ? ": " : "");
    kedge__line_text(&l, problem);
    r->err = err;
    return err;
}

// Path and body, once for all attempts.
static kedge_err prepare(struct kedge_rest *r)
{
    const struct kedge_request *q = &r->request;
    const char *member = NULL;
    const char *problem = kedge__rest_problem(q);
    if (problem != NULL)
        return refuse(r, KEDGE_ERR_ARGUMENT, NULL, problem);
    struct kedge__line l;
    kedge__line_init(&l, r->path, r->options.path_max);
    kedge__rest_target(&l, q, &member, &problem);
    if (problem != NULL)
        return refuse(r, KEDGE_ERR_ARGUMENT, member, problem);
    if (l.cut)
        return refuse(r, KEDGE_ERR_TOO_LONG, NULL, "the path is longer than path_max");
    r->ask = (struct kedge__ask){
        .method = kedge__rest_method(q->verb),
        .path = kedge__line_done(&l),
        .accept = q->accept != NULL ? q->accept : "application/json, */*",
        .body = q->body,
        .content_type = kedge__rest_content_type(q),
        .headers = q->headers,
        .header_count = q->header_count,
    };
    bool deletes = q->verb == KEDGE_DELETE || q->verb == KEDGE_DELETE_COLLECTION;
    size_t used = l.len + 1;
    if (deletes && kedge__rest_delete_options(q, r->path + used, r->options.path_max - used,
                                              &r->ask.body) != KEDGE_OK)
        return refuse(r, KEDGE_ERR_TOO_LONG, NULL, "DeleteOptions do not fit path_max");
    return KEDGE_OK;
}

// Takes the request's struct and says whether it is one; nothing is sent yet.
static kedge_err take(struct kedge_rest *r, const struct kedge_request *request)
{
    if (r == NULL || request == NULL)
        return KEDGE_ERR_ARGUMENT;
    if (r->state != KEDGE__REST_IDLE || r->inside)
        return KEDGE_ERR_STATE;
    if (r->client->k->stopped)
        return KEDGE_ERR_STOPPED;
    r->request = *request;
    memset(&r->status, 0, sizeof r->status);
    r->text[0] = '\0';
    r->code = 0;
    r->sent = 0;
    r->err = KEDGE_OK;
    r->retries_left = request->retries != 0 ? request->retries : RETRIES;
    return prepare(r);
}

// Waits for `pause` and for a token of the bucket, whichever is longer.
static void pause_for(struct kedge_rest *r, kedge_time pause, bool token, kedge_time now)
{
    kedge_time wait = token ? kedge_token_bucket_take(&r->client->bucket, now) : 0;
    r->wake = after(now, wait > pause ? wait : pause);
    r->state = KEDGE__REST_PAUSE;
}

static void begin(struct kedge_rest *r, kedge_time now)
{
    r->deadline = KEDGE_FOREVER;
    pause_for(r, 0, r->request.verb != KEDGE_WATCH, now);
    // The request's own time begins when it may be sent. A watch has none: the server ends it.
    if (r->request.timeout > 0 && r->request.verb != KEDGE_WATCH)
        r->deadline = after(r->wake, r->request.timeout);
}

static bool is_endless(const struct kedge_rest *r)
{
    return r->request.endless || r->request.verb == KEDGE_WATCH;
}

static bool step_pause(struct kedge_rest *r, kedge_time now)
{
    if (now < r->wake)
        return false;
    if (!r->connection.connected || now - r->idle_since >= r->options.idle_timeout)
        kedge__connection_close(&r->connection);
    r->sent++;
    kedge__exchange_start(&r->connection, &r->ask, is_endless(r), now);
    r->state = KEDGE__REST_HEAD;
    return true;
}

// The head ---------------------------------------------------------------------------------------

static bool takes_retry(struct kedge_rest *r)
{
    if (r->retries_left <= 0)
        return false;
    r->retries_left--;
    return true;
}

// The reply asks to be asked again.
static bool asks_again(struct kedge_rest *r)
{
    bool busy = r->code == 429 || r->code >= 500;
    return busy && r->connection.response.retry_after >= 0 && takes_retry(r);
}

static void retry(struct kedge_rest *r, kedge_time now)
{
    kedge_time asked = r->connection.response.retry_after * KEDGE_SECOND;
    forget(r);
    r->idle_since = now;
    pause_for(r, earlier(asked, ASKED_MAX), true, now);
}

static void read_status(struct kedge_rest *r)
{
    static const struct kedge_sieve_options none;
    struct kedge_sieve_options o = none;
    o.tables[0] = &kedge__status_table;
    o.item_buf = r->item_buf;
    o.item_cap = r->options.text_max;
    kedge_status_from_code(&r->status, r->code);
    r->drained = 0;
    r->state = KEDGE__REST_REFUSED;
    if (kedge_sieve_init(&r->sieve, &o) != KEDGE_OK)
        end_refused(r);
}

static void judge(struct kedge_rest *r, kedge_time now)
{
    const struct kedge_http_response *a = &r->connection.response;
    r->code = a->status;
    bool good = r->request.verb == KEDGE_WATCH ? r->code == 200 : r->code >= 200 && r->code <= 206;
    if (r->code == 401 && r->client->has_token)
        kedge__token_expire(&r->client->token);
    if (good && a->encoded)
        end(r, KEDGE_ERR_HTTP, "the answer is compressed, unasked");
    else if (good)
        r->state = KEDGE__REST_BODY;
    else if (asks_again(r)) {
        r->drained = 0;
        r->state = KEDGE__REST_DRAIN;
    } else
        read_status(r);
    (void)now;
}

// The connection broke before an answer came. What only reads is asked again; a watch that cannot
// be had ends as one that the server ended at once.
static void broken(struct kedge_rest *r, kedge_err err, kedge_time now)
{
    bool watch = r->request.verb == KEDGE_WATCH;
    bool ended = err == KEDGE_ERR_IO || (watch && err == KEDGE_ERR_TIMEOUT);
    bool reads = watch || (!r->request.endless && strcmp(r->ask.method, "GET") == 0);
    const char *problem = r->connection.problem;
    if (ended && reads && takes_retry(r))
        pause_for(r, BROKEN_PAUSE, true, now);
    else if (ended && watch)
        end(r, KEDGE_OK, NULL);
    else
        end(r, err, problem != NULL ? problem : kedge_err_text(err));
}

static kedge_err step_head(struct kedge_rest *r, kedge_time now)
{
    kedge_err err = kedge__exchange_head(&r->connection, now);
    if (is_want(err))
        return err;
    if (err == KEDGE_OK)
        judge(r, now);
    else
        broken(r, err, now);
    return KEDGE_OK;
}

// Bodies that are not the sink's -----------------------------------------------------------------

static kedge_err step_drain(struct kedge_rest *r, kedge_time now)
{
    kedge_str bytes;
    kedge_err err = kedge__exchange_body(&r->connection, now, &bytes);
    if (is_want(err))
        return err;
    if (err == KEDGE_OK) {
        r->drained += bytes.len;
        kedge__exchange_used(&r->connection, bytes.len);
    }
    if (err != KEDGE_OK || r->drained > DRAIN_MAX)
        retry(r, now);
    return KEDGE_OK;
}

static void status_came(struct kedge_rest *r)
{
    struct kedge_json doc;
    if (kedge__rest_parse(r, &doc) == KEDGE_OK)
        kedge_status_read(&r->status, kedge_json_root(&doc));
}

// Reads the Status, and what little may follow it, so that the connection can be kept.
static kedge_err step_refused(struct kedge_rest *r, kedge_time now)
{
    kedge_str bytes;
    enum kedge_sieve_event event = KEDGE_SIEVE_MORE;
    size_t used = 0;
    kedge_err err = kedge__exchange_body(&r->connection, now, &bytes);
    if (is_want(err))
        return err;
    if (err == KEDGE_OK) {
        // What is no Status, a page of a proxy say, leaves what the code says.
        used = bytes.len;
        if (kedge_sieve_feed(&r->sieve, bytes.ptr, bytes.len, &used, &event) != KEDGE_OK)
            used = bytes.len;
        kedge__exchange_used(&r->connection, used);
        r->drained += used;
    }
    if (event == KEDGE_SIEVE_ITEM)
        status_came(r);
    if (err != KEDGE_OK || r->drained > REFUSED_MAX)
        end_refused(r);
    return KEDGE_OK;
}

kedge_err kedge__rest_parse(struct kedge_rest *rest, struct kedge_json *doc)
{
    kedge_str text = rest->sieve.item;
    return kedge_json_parse(doc, text.ptr, text.len, rest->tokens, rest->token_count);
}

// The sink's -------------------------------------------------------------------------------------

static kedge_err step_body(struct kedge_rest *r, kedge_time now)
{
    kedge_str bytes;
    kedge_err err = kedge__exchange_body(&r->connection, now, &bytes);
    if (is_want(err))
        return err;
    if (err == KEDGE_ERR_CLOSED) {
        end(r, KEDGE_OK, NULL);
        return KEDGE_OK;
    }
    if (err != KEDGE_OK) {
        const char *problem = r->connection.problem;
        end(r, err, problem != NULL ? problem : kedge_err_text(err));
        return KEDGE_OK;
    }
    r->inside = true;
    err = r->sink != NULL ? r->sink(r->ctx, bytes) : KEDGE_OK;
    r->inside = false;
    if (r->state != KEDGE__REST_BODY)
        return KEDGE_OK; // the sink has cancelled it
    kedge__exchange_used(&r->connection, bytes.len);
    if (err != KEDGE_OK)
        end(r, err, NULL);
    return KEDGE_OK;
}

// Goes one step on. KEDGE_OK: it went; KEDGE_WANT_*: the connection must be ready first;
// KEDGE_WAIT: the time must come.
static kedge_err step(struct kedge_rest *r, kedge_time now)
{
    switch (r->state) {
    case KEDGE__REST_PAUSE:
        return step_pause(r, now) ? KEDGE_OK : KEDGE_WAIT;
    case KEDGE__REST_HEAD:
        return step_head(r, now);
    case KEDGE__REST_DRAIN:
        return step_drain(r, now);
    case KEDGE__REST_REFUSED:
        return step_refused(r, now);
    case KEDGE__REST_BODY:
        return step_body(r, now);
    case KEDGE__REST_IDLE:
    case KEDGE__REST_ENDED:
        break;
    }
    return KEDGE_WAIT;
}

// As step, and looks at the request's own deadline.
static kedge_err step_in_time(struct kedge_rest *r, kedge_time now)
{
    kedge_err err = step(r, now);
    if (now >= r->deadline && r->state != KEDGE__REST_ENDED) {
        end(r, KEDGE_ERR_TIMEOUT, "not done within its timeout");
        return KEDGE_OK;
    }
    return err;
}

// Until when nothing has to be done if nothing comes.
static kedge_time next_deadline(const struct kedge_rest *r, kedge_err err)
{
    kedge_time own = err == KEDGE_WAIT ? r->wake : r->connection.deadline;
    return earlier(own, r->deadline);
}

// Waiting calls ----------------------------------------------------------------------------------

static void wait_for(struct kedge_rest *r, kedge_err err)
{
    struct kedge *k = r->client->k;
    struct kedge_stream *s = r->connection.stream;
    while (s->below != NULL)
        s = s->below;
    struct kedge_wait w = {s, r->connection.interest, 0};
    kedge_time until = next_deadline(r, err);
    if (until != KEDGE_FOREVER)
        until -= k->clock_ahead;
    kedge_err waited = k->port->wait(k->port, &w, is_want(err) ? 1 : 0, until);
    if (waited != KEDGE_OK)
        end(r, waited, "the port cannot wait");
}

// Drives the request to its end. What is called back meanwhile must not poll.
static kedge_err drive(struct kedge_rest *r)
{
    struct kedge *k = r->client->k;
    bool inside = k->inside;
    k->inside = true;
    begin(r, kedge__clock(k));
    while (r->state != KEDGE__REST_ENDED && r->state != KEDGE__REST_IDLE) {
        kedge_err err = step_in_time(r, kedge__clock(k));
        if (k->stopped && r->state != KEDGE__REST_ENDED)
            end(r, KEDGE_ERR_STOPPED, NULL);
        else if (err != KEDGE_OK)
            wait_for(r, err);
    }
    k->inside = inside;
    if (r->state == KEDGE__REST_IDLE)
        r->err = KEDGE_ERR_STOPPED; // cancelled in a call-back
    rest_at(r, kedge__clock(k));
    return r->err;
}

kedge_err kedge_rest_stream(struct kedge_rest *rest, const struct kedge_request *request,
                            kedge_sink sink, void *ctx)
{
    kedge_err err = take(rest, request);
    if (err != KEDGE_OK)
        return err;
    rest->sink = sink;
    rest->ctx = ctx;
    return drive(rest);
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

kedge_err kedge_rest_read(struct kedge_rest *rest, const struct kedge_request *request, char *buf,
                          size_t cap, size_t *len)
{
    struct into in = {buf, cap, 0};
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
    kedge_err err = take(rest, request);
    if (err != KEDGE_OK)
        return err;
    rest->sink = sink;
    rest->done = done;
    rest->ctx = ctx;
    rest->in_loop = true;
    begin(rest, kedge__clock(rest->client->k));
    rest->task.deadline = rest->wake;
    return KEDGE_OK;
}

// What the loop is to wait for.
static void settle(struct kedge_rest *r, kedge_err err)
{
    r->task.stream = is_want(err) ? r->connection.stream : NULL;
    r->task.interest = is_want(err) ? r->connection.interest : KEDGE_INTEREST_NONE;
    r->task.deadline = next_deadline(r, err);
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
        err = step_in_time(r, now);
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
    if (done != NULL)
        done(r->ctx, r->err);
}

static bool task_deliver(struct kedge__task *t, kedge_time now)
{
    struct kedge_rest *r = (struct kedge_rest *)t;
    kedge_err err = KEDGE_OK;
    bool moved = false;
    for (int i = 0; i < TURN_BUFFERS && r->in_loop && r->state == KEDGE__REST_BODY; i++) {
        err = step_in_time(r, now);
        if (err != KEDGE_OK) {
            settle(r, err);
            break;
        }
        moved = true;
    }
    if (!r->in_loop || r->state != KEDGE__REST_ENDED)
        return moved;
    tell_end(r, now);
    return true;
}

static const struct kedge__task_ops task_ops = {task_step, task_deliver};

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
