// SPDX-License-Identifier: Apache-2.0
// rest_steps.c - one request: sent, tried again where that is right, its reply judged and handed
// on.
//
//                 a token          429, 5xx with Retry-After, attempts left
//    IDLE -> PAUSE ----> HEAD -------------> DRAIN -> PAUSE
//                 ^        | |  any other refusal
//                 |        | +-------------> REFUSED --+
//                 +--------+                           v
//        a GET that broke  +--> BODY (sink) ------> ENDED -> done -> IDLE
//
// Waiting calls drive these steps themselves, and what goes on meanwhile (the Lease of an elector,
// say) beside them; else the loop does, and the call-backs come from its second half, as those of
// informers.
#include "base/wipe.h"
#include "client/rest_priv.h"
#include "client/rest_target.h"
#include "object/project.h"

#define RETRIES      10
#define BROKEN_PAUSE KEDGE_SECOND // before a GET that broke is sent again
#define DRAIN_MAX    2048         // bytes of a body that is read only to keep the connection
#define REFUSED_MAX  65536        // bytes of an error's body that are looked at
#define ASKED_MAX    KEDGE_HOUR   // no server makes us wait longer: it may be a slip of a proxy
#define HELD_PAUSE   (100 * KEDGE_MILLISECOND) // before bytes that nobody took are offered again

static kedge_time earlier(kedge_time a, kedge_time b)
{
    return a < b ? a : b;
}

// What was received may be a secret, and no one needs it any more.
void kedge__rest_forget(struct kedge_rest *r)
{
    if (r->connection.state != KEDGE__EXCHANGE_DONE || !r->connection.connected)
        kedge__connection_close(&r->connection);
    else
        kedge__wipe(r->connection.buf, r->connection.cap);
}

// Failing ----------------------------------------------------------------------------------------

kedge_err kedge__rest_say(struct kedge_rest *rest, kedge_err err, const char *problem)
{
    struct kedge__line l;
    kedge__line_init(&l, rest->text, sizeof rest->text);
    kedge__rest_describe(&l, &rest->request);
    kedge__line_text(&l, ": ");
    kedge__line_foreign(&l, problem != NULL ? problem : kedge_err_text(err));
    return err;
}

void kedge__rest_end(struct kedge_rest *r, kedge_err err, const char *problem)
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

// Client-go's generic error, and over it what the server says itself.
static void make_status(struct kedge_rest *r)
{
    const struct kedge_http_response *a = &r->connection.response;
    struct kedge_json doc;
    kedge_status_from_response(&r->status, &(struct kedge_status_response){
                                               .code = r->code,
                                               .verb = r->ask.method,
                                               .group = kedge_str_of(r->request.group),
                                               .resource = kedge_str_of(r->request.resource),
                                               .name = kedge_str_of(r->request.name),
                                               .body = {r->path, r->said_len},
                                               .is_text = a->content == KEDGE_CONTENT_TEXT ||
                                                          a->content == KEDGE_CONTENT_NONE,
                                               .retry_after = a->retry_after,
                                           });
    if (a->content == KEDGE_CONTENT_MALFORMED)
        kedge_status_internal_error(&r->status, "the Content-Type is no media type");
    else if (r->has_object && kedge__rest_parse(r, &doc) == KEDGE_OK)
        kedge_status_read_reply(&r->status, kedge_json_root(&doc));
}

static void end_refused(struct kedge_rest *r)
{
    make_status(r);
    say_refused(r);
    kedge__rest_end(r, KEDGE_ERR_API, NULL);
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
kedge_err kedge__rest_take(struct kedge_rest *r, const struct kedge_request *request)
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

void kedge__rest_give_up_token(struct kedge_rest *r, kedge_time now)
{
    if (r->state == KEDGE__REST_PAUSE && now < r->token_at)
        kedge_token_bucket_put_back(r->bucket);
}

// Waits for `pause` and for a token of the bucket, whichever is longer. A token that would come
// after the request's time is not waited for.
static void pause_for(struct kedge_rest *r, kedge_time pause, bool token, kedge_time now)
{
    token = token && !r->options.no_rate_limit;
    r->token_at = kedge__after(now, token ? kedge_token_bucket_take(r->bucket, now) : 0);
    r->wake = kedge__after(now, pause);
    if (r->wake < r->token_at)
        r->wake = r->token_at;
    r->state = KEDGE__REST_PAUSE;
    if (r->token_at >= r->deadline) {
        kedge__rest_give_up_token(r, now);
        kedge__rest_end(r, KEDGE_ERR_TIMEOUT, "the rate limit leaves no time for it");
    }
}

void kedge__rest_begin(struct kedge_rest *r, kedge_time now)
{
    r->deadline = KEDGE_FOREVER;
    pause_for(r, 0, r->request.verb != KEDGE_WATCH, now);
    // The request's own time begins when it may be sent. A watch has none: the server ends it.
    if (r->request.timeout > 0 && r->request.verb != KEDGE_WATCH)
        r->deadline = kedge__after(r->wake, r->request.timeout);
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
    // The log of a container that says nothing has no head: the kubelet sends it with the first
    // line.
    r->connection.head_timeout = r->request.endless ? KEDGE_FOREVER : r->options.head_timeout;
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
    kedge__rest_forget(r);
    r->idle_since = now;
    pause_for(r, earlier(asked, ASKED_MAX), true, now);
}

// What the server says may be a Status, a text for people, or neither. The text is kept where the
// path was, which is not needed any more.
static void read_refusal(struct kedge_rest *r)
{
    struct kedge_sieve_options o = {
        .tables = {&kedge__status_table, &kedge__reply_table},
        .item_buf = r->item_buf,
        .item_cap = r->options.text_max,
    };
    r->drained = 0;
    r->said_len = 0;
    r->has_object = false;
    r->state = KEDGE__REST_REFUSED;
    if (kedge_sieve_init(&r->sieve, &o) != KEDGE_OK)
        end_refused(r);
}

static void begin_body(struct kedge_rest *r, kedge_time now)
{
    struct kedge__connection *c = &r->connection;
    if (r->request.silence > 0 && c->state == KEDGE__EXCHANGE_BODY) {
        c->body_limit = r->request.silence;
        c->deadline = kedge__after(now, c->body_limit);
    }
    r->state = KEDGE__REST_BODY;
}

static void judge(struct kedge_rest *r, kedge_time now)
{
    const struct kedge_http_response *a = &r->connection.response;
    r->code = a->status;
    bool good = r->request.verb == KEDGE_WATCH ? r->code == 200 : r->code >= 200 && r->code <= 206;
    if (good && a->encoded)
        kedge__rest_end(r, KEDGE_ERR_HTTP, "the answer is compressed, unasked");
    else if (good)
        begin_body(r, now);
    else if (asks_again(r)) {
        r->drained = 0;
        r->state = KEDGE__REST_DRAIN;
    } else
        read_refusal(r);
}

// The connection broke before an answer came. What only reads is asked again; a watch that cannot
// be had ends as one that the server ended at once.
static void broken(struct kedge_rest *r, kedge_err err, kedge_time now)
{
    bool watch = r->request.verb == KEDGE_WATCH;
    // Without credentials nothing was opened that could have broken.
    bool ended =
        !r->connection.uncredited && (err == KEDGE_ERR_IO || (watch && err == KEDGE_ERR_TIMEOUT));
    bool reads = watch || (!r->request.endless && strcmp(r->ask.method, "GET") == 0);
    const char *problem = r->connection.problem;
    if (ended && reads && takes_retry(r))
        pause_for(r, BROKEN_PAUSE, true, now);
    else if (ended && watch) {
        kedge__rest_say(r, err, problem);
        kedge__rest_end(r, KEDGE_OK, NULL);
    } else
        kedge__rest_end(r, err, problem != NULL ? problem : kedge_err_text(err));
}

static kedge_err step_head(struct kedge_rest *r, kedge_time now)
{
    kedge_err err = kedge__exchange_head(&r->connection, now);
    if (kedge__is_want(err))
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
    if (kedge__is_want(err))
        return err;
    if (err == KEDGE_OK) {
        r->drained += bytes.len;
        kedge__exchange_used(&r->connection, bytes.len);
    }
    if (err != KEDGE_OK || r->drained > DRAIN_MAX)
        retry(r, now);
    return KEDGE_OK;
}

static void keep_text(struct kedge_rest *r, kedge_str bytes)
{
    size_t room = r->options.path_max - r->said_len;
    size_t n = bytes.len < room ? bytes.len : room;
    memcpy(r->path + r->said_len, bytes.ptr, n);
    r->said_len += n;
}

// Reads the Status, and what little may follow it, so that the connection can be kept. What is
// none, a page of a proxy say, leaves what the code says.
static kedge_err step_refused(struct kedge_rest *r, kedge_time now)
{
    kedge_str bytes;
    enum kedge_sieve_event event = KEDGE_SIEVE_MORE;
    kedge_err err = kedge__exchange_body(&r->connection, now, &bytes);
    if (kedge__is_want(err))
        return err;
    if (err == KEDGE_OK) {
        size_t used = bytes.len;
        if (r->has_object ||
            kedge_sieve_feed(&r->sieve, bytes.ptr, bytes.len, &used, &event) != KEDGE_OK)
            used = bytes.len;
        keep_text(r, (kedge_str){bytes.ptr, used});
        kedge__exchange_used(&r->connection, used);
        r->drained += used;
        r->has_object |= event == KEDGE_SIEVE_ITEM;
    }
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

// Nobody takes bytes now: the same are offered again, no more are read, and TCP holds the server
// back. Its silence is ours meanwhile.
static kedge_err hold(struct kedge_rest *r, kedge_time now)
{
    r->wake = kedge__after(now, HELD_PAUSE);
    r->connection.deadline = kedge__after(now, r->connection.body_limit);
    return KEDGE_WAIT;
}

static kedge_err give(struct kedge_rest *r, kedge_str bytes)
{
    if (r->sink == NULL)
        return KEDGE_OK;
    r->inside = true;
    kedge__rest_let_go(r);
    kedge_err err = r->sink(r->ctx, bytes);
    kedge__rest_take_again(r);
    r->inside = false;
    return err;
}

static kedge_err step_body(struct kedge_rest *r, kedge_time now)
{
    kedge_str bytes;
    kedge_err err = kedge__exchange_body(&r->connection, now, &bytes);
    if (kedge__is_want(err))
        return err;
    if (err == KEDGE_ERR_CLOSED) {
        kedge__rest_end(r, KEDGE_OK, NULL);
        return KEDGE_OK;
    }
    if (err != KEDGE_OK) {
        const char *problem = r->connection.problem;
        kedge__rest_end(r, err, problem != NULL ? problem : kedge_err_text(err));
        return KEDGE_OK;
    }
    err = give(r, bytes);
    if (r->state != KEDGE__REST_BODY)
        return KEDGE_OK; // the sink has cancelled it
    if (err == KEDGE_WAIT && r->in_loop)
        return hold(r, now);
    kedge__exchange_used(&r->connection, bytes.len);
    if (err != KEDGE_OK)
        kedge__rest_end(r, err, NULL);
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
kedge_err kedge__rest_step(struct kedge_rest *r, kedge_time now)
{
    kedge_err err = step(r, now);
    if (now >= r->deadline && r->state != KEDGE__REST_ENDED && r->state != KEDGE__REST_IDLE) {
        kedge__rest_give_up_token(r, now);
        kedge__rest_end(r, KEDGE_ERR_TIMEOUT, "not done within its timeout");
        return KEDGE_OK;
    }
    return err;
}

// Until when nothing has to be done if nothing comes.
kedge_time kedge__rest_next_deadline(const struct kedge_rest *r, kedge_err err)
{
    kedge_time own = err == KEDGE_WAIT ? r->wake : r->connection.deadline;
    return earlier(own, r->deadline);
}
