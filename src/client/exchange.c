// SPDX-License-Identifier: Apache-2.0
// exchange.c - NONE, OPEN, SEND, SEND_BODY, HEAD, BODY, then DONE or FAILED.
//
//          start       connected      head sent         sent, or an      head        whole body
//    NONE -------> OPEN ------> SEND ----------> SEND_BODY ----> HEAD ------> BODY ---------> DONE
//                   |  an idle   ^               answer comes     |             |               |
//                   +---(skip)---+  closed before a byte came:    |             |               +->
//                   start (CREDENTIALS in front of it, while a source has none)
//                                   perhaps once more to OPEN <---+             v
//    every error and every deadline, from any state: the stream is closed, FAILED
#include "client/exchange.h"

#include "base/wipe.h"
#include "client/proxy.h"
#include "net/http_fields.h"

#define LOOK (50 * KEDGE_MILLISECOND) // how soon a plugin is looked after that nobody waits for

static kedge_err put_tls_over(struct kedge__connection *c)
{
    struct kedge_client *client = c->client;
    if (client->trust->tls == NULL)
        return KEDGE_OK;
    void *memory = kedge__take_bytes(client->k, "TLS", kedge_tls_stream_size());
    if (memory == NULL)
        return client->k->failure;
    c->tls = client->trust->tls;
    c->stream = kedge_tls_stream_init(memory, c->tls, c->stream, client->server_name);
    return KEDGE_OK;
}

kedge_err kedge__connection_init(struct kedge__connection *c, struct kedge_client *client,
                                 size_t cap)
{
    struct kedge *k = client->k;
    memset(c, 0, sizeof *c);
    c->client = client;
    c->cap = cap;
    c->deadline = KEDGE_FOREVER;
    c->open_timeout = KEDGE__OPEN_TIMEOUT;
    c->head_timeout = KEDGE__HEAD_TIMEOUT;
    c->body_timeout = KEDGE__BODY_TIMEOUT;
    c->buf = kedge__take(k, "connection", cap, 1, 1);
    struct kedge_stream *tcp = kedge__take_bytes(k, "connection", k->port->stream_size);
    if (c->buf == NULL || tcp == NULL)
        return k->failure;
    k->port->stream_init(k->port, tcp);
    c->stream = tcp;
    kedge_err err = kedge__proxy_over(client, &c->stream);
    if (err == KEDGE_OK)
        err = put_tls_over(c);
    c->waits = c->stream;
    if (err != KEDGE_OK)
        return err;
    c->next = client->connections;
    client->connections = c;
    return KEDGE_OK;
}

// --- what the connection trusts ------------------------------------------------------------------

// It opens with what is in force now.
static void hold_trust(struct kedge__connection *c)
{
    struct kedge__trust *t = c->client->trust;
    if (c->tls != t->tls) {
        c->tls = t->tls;
        kedge_tls_stream_init(c->stream, c->tls, c->stream->below, c->client->server_name);
    }
    c->trust = t;
    t->connections++;
}

// It is closed. What was replaced meanwhile goes with its last connection.
static void release_trust(struct kedge__connection *c)
{
    struct kedge__trust *t = c->trust;
    c->trust = NULL;
    if (t == NULL || --t->connections > 0 || t == c->client->trust)
        return;
    kedge_tls_free(t->tls);
    t->tls = NULL;
}

bool kedge__connection_outdated(const struct kedge__connection *c)
{
    return c->trust != NULL && c->trust != c->client->trust;
}

static bool is_revoked(const struct kedge__connection *c)
{
    return c->trust != NULL && c->trust->revoked && c->state >= KEDGE__EXCHANGE_OPEN &&
           c->state <= KEDGE__EXCHANGE_BODY;
}

// --- one request ---------------------------------------------------------------------------------

void kedge__connection_close(struct kedge__connection *c)
{
    c->stream->ops->close(c->stream);
    release_trust(c);
    // What was received may hold a secret, and so may an unsent head.
    kedge__wipe(c->buf, c->cap);
    c->connected = false;
    c->got = c->at = 0;
    c->body = (kedge_str){NULL, 0};
    c->deadline = KEDGE_FOREVER;
    c->state = KEDGE__EXCHANGE_NONE;
}

// What the proxy or TLS knows of a failure of its own; NULL where the connection below failed.
static const char *stream_problem(const struct kedge__connection *c, kedge_err err)
{
    const char *proxy = kedge__proxy_problem(c->client, c->stream);
    if (proxy != NULL)
        return proxy;
    bool own = err == KEDGE_ERR_TLS || err == KEDGE_ERR_CERTIFICATE;
    return own && c->tls != NULL ? kedge_tls_problem(c->stream) : NULL;
}

static kedge_err fail(struct kedge__connection *c, kedge_err err, const char *problem)
{
    c->uncredited = c->state == KEDGE__EXCHANGE_CREDENTIALS;
    kedge__connection_close(c);
    c->err = err;
    c->problem = problem != NULL ? problem : stream_problem(c, err);
    c->state = KEDGE__EXCHANGE_FAILED;
    return err;
}

// The client certificate was replaced: whatever goes on with the old one ends here.
static kedge_err renew(struct kedge__connection *c)
{
    fail(c, KEDGE_ERR_IO, "the client certificate was replaced, so the connection is opened anew");
    c->renewed = true;
    return c->err;
}

// Nothing may come on a connection without a request: an end, or an answer to nothing, says that it
// is of no use any more. Found here, it costs no request that could not be sent twice.
static bool is_quiet(struct kedge__connection *c)
{
    int n = c->stream->ops->read(c->stream, c->buf, c->cap);
    return n == KEDGE_WANT_READ || n == KEDGE_WANT_WRITE;
}

// Opens the connection, or goes on with it unless what it trusts was replaced.
static kedge_err begin(struct kedge__connection *c, kedge_time now)
{
    if (kedge__connection_outdated(c))
        kedge__connection_close(c);
    c->retried = !c->connected;
    kedge_err err = kedge__exchange_write_head(c, now);
    if (err != KEDGE_OK)
        return fail(c, err,
                    "the request cannot be written: credentials, or a path longer than the buffer");
    if (!c->connected)
        hold_trust(c);
    c->waits = c->stream;
    c->state = c->connected ? KEDGE__EXCHANGE_SEND : KEDGE__EXCHANGE_OPEN;
    c->deadline = kedge__after(now, c->connected ? c->head_timeout : c->open_timeout);
    return KEDGE_OK;
}

static kedge_err step_credentials(struct kedge__connection *c, kedge_time now)
{
    struct kedge__pending p;
    kedge_err err = kedge__client_ready(c->client, now, &p);
    if (err == KEDGE_OK)
        return begin(c, now);
    if (!kedge__is_want(err))
        return fail(c, err, p.problem);
    // Where there are threads, another one may take a plugin's output and close the stream while
    // this one waits for it.
    if (KEDGE_THREADS && p.stream != NULL) {
        p.stream = NULL;
        p.again = kedge__after(now, LOOK);
    }
    c->waits = p.stream;
    c->interest = p.interest;
    c->deadline = p.again < c->limit ? p.again : c->limit;
    return err;
}

void kedge__exchange_start(struct kedge__connection *c, const struct kedge__ask *ask, bool watch,
                           kedge_time now)
{
    if (!c->connected || kedge__connection_outdated(c) || !is_quiet(c))
        kedge__connection_close(c);
    c->uncredited = false;
    c->ask = *ask;
    c->body_limit = watch ? KEDGE_FOREVER : c->body_timeout;
    c->sent = false;
    c->body_sent = 0;
    c->err = KEDGE_OK;
    c->problem = NULL;
    kedge__http_response_again(&c->response);
    c->renewed = false;
    c->state = KEDGE__EXCHANGE_CREDENTIALS;
    c->limit = now + KEDGE__CREDENTIALS_TIMEOUT;
    step_credentials(c, now);
}

static kedge_err wanted(struct kedge__connection *c, kedge_err err)
{
    c->waits = c->stream;
    c->interest = err == KEDGE_WANT_WRITE ? KEDGE_INTEREST_WRITE : KEDGE_INTEREST_READ;
    return err;
}

static kedge_err step_open(struct kedge__connection *c, kedge_time now)
{
    kedge_err err = c->stream->ops->open(c->stream, c->client->host, c->client->url.port);
    if (kedge__is_want(err))
        return wanted(c, err);
    if (err != KEDGE_OK)
        return fail(c, err, NULL);
    c->opened++;
    c->deadline = kedge__after(now, c->head_timeout);
    c->state = KEDGE__EXCHANGE_SEND;
    return KEDGE_OK;
}

// A kept connection may have been closed by the server while it was idle. If it ended before one
// byte of the response came, the request was not answered. It may have been acted upon all the
// same, so only what reads is sent again, and that of which the server has not seen a byte (Go's
// rule).
static kedge_err again_or_fail(struct kedge__connection *c, kedge_err err, kedge_time now)
{
    bool repeatable = !c->sent || strcmp(c->ask.method, "GET") == 0;
    if (c->retried || c->response.head_len > 0 || !repeatable)
        return fail(c, err == KEDGE_ERR_CLOSED ? KEDGE_ERR_IO : err,
                    err == KEDGE_ERR_CLOSED ? "the server closed the connection without an answer"
                                            : NULL);
    struct kedge__ask ask = c->ask;
    bool watch = c->body_limit == KEDGE_FOREVER;
    kedge__connection_close(c);
    kedge__exchange_start(c, &ask, watch, now);
    return c->err;
}

// Reads once into the empty buffer.
static kedge_err fill(struct kedge__connection *c)
{
    c->got = c->at = 0;
    int n = c->stream->ops->read(c->stream, c->buf, c->cap);
    if (n < 0)
        return (kedge_err)n;
    c->got = (size_t)n;
    c->bytes_in += (uint64_t)n;
    return KEDGE_OK;
}

// Writes what is left of `bytes`; *at is how many are written.
static kedge_err send_some(struct kedge__connection *c, const char *bytes, size_t len, size_t *at)
{
    int n = c->stream->ops->write(c->stream, bytes + *at, len - *at);
    if (n < 0)
        return (kedge_err)n;
    c->sent = true;
    *at += (size_t)n;
    c->bytes_out += (uint64_t)n;
    return KEDGE_OK;
}

static kedge_err step_send(struct kedge__connection *c, kedge_time now)
{
    if (c->at == c->got) {
        kedge__wipe(c->buf, c->got);
        c->got = c->at = 0;
        c->state = c->ask.body.len > 0 ? KEDGE__EXCHANGE_SEND_BODY : KEDGE__EXCHANGE_HEAD;
        return KEDGE_OK;
    }
    if (c->at == 0)
        c->asked = now;
    kedge_err err = send_some(c, c->buf, c->got, &c->at);
    if (kedge__is_want(err))
        return wanted(c, err);
    return err != KEDGE_OK ? again_or_fail(c, err, now) : KEDGE_OK;
}

// The server need not read a body that it has refused already (too large, not authorised): while it
// does not, and where the connection breaks in the middle, its answer is looked for; every other
// time, so that reading never takes the turn of writing.
static kedge_err answer_or(struct kedge__connection *c, kedge_err err, kedge_time now)
{
    c->interest = KEDGE_INTEREST_READ | KEDGE_INTEREST_WRITE;
    c->looked = !c->looked;
    if (kedge__is_want(err) && c->looked)
        return err;
    kedge_err read = fill(c);
    if (read == KEDGE_OK) {
        c->state = KEDGE__EXCHANGE_HEAD;
        return KEDGE_OK;
    }
    if (!kedge__is_want(err) || !kedge__is_want(read))
        return again_or_fail(c, kedge__is_want(err) ? read : err, now);
    return err;
}

static kedge_err step_send_body(struct kedge__connection *c, kedge_time now)
{
    if (c->body_sent == c->ask.body.len) {
        c->state = KEDGE__EXCHANGE_HEAD;
        return KEDGE_OK;
    }
    kedge_err err = send_some(c, c->ask.body.ptr, c->ask.body.len, &c->body_sent);
    if (err != KEDGE_OK)
        return answer_or(c, err, now);
    c->deadline = kedge__after(now, c->head_timeout);
    return KEDGE_OK;
}

static void finished(struct kedge__connection *c)
{
    c->state = KEDGE__EXCHANGE_DONE;
    c->deadline = KEDGE_FOREVER;
    bool sent = c->body_sent == c->ask.body.len;
    c->connected = c->response.keep_alive && c->at == c->got && sent;
    if (!c->connected) {
        c->stream->ops->close(c->stream);
        release_trust(c);
        c->got = c->at = 0;
    }
}

// Feeds the parser from the buffer once.
static kedge_err parse(struct kedge__connection *c, enum kedge_http_event *event)
{
    size_t used = 0;
    kedge_err err =
        kedge_http_feed(&c->response, c->buf + c->at, c->got - c->at, &used, event, &c->body);
    c->at += used;
    if (err == KEDGE_OK && *event == KEDGE_HTTP_WARNING && c->on_warning != NULL)
        c->on_warning(c->warning_ctx, c->response.line, c->body.len,
                      c->body.len == KEDGE_HTTP_LINE);
    if (*event != KEDGE_HTTP_BODY)
        c->body = (kedge_str){NULL, 0}; // a warning does not lie in the buffer
    return err != KEDGE_OK ? fail(c, err, c->response.problem) : KEDGE_OK;
}

static kedge_err step_head(struct kedge__connection *c, kedge_time now)
{
    if (c->at == c->got) {
        kedge_err err = fill(c);
        if (kedge__is_want(err))
            return wanted(c, err);
        if (err == KEDGE_ERR_CLOSED)
            err = kedge_http_finish(&c->response);
        if (err == KEDGE_ERR_CLOSED || err == KEDGE_ERR_IO)
            return again_or_fail(c, err, now);
        if (err != KEDGE_OK)
            return fail(c, err, err == KEDGE_ERR_HTTP ? c->response.problem : NULL);
    }
    enum kedge_http_event event;
    kedge_err err = parse(c, &event);
    if (err == KEDGE_OK && event == KEDGE_HTTP_HEAD) {
        const char *problem;
        err = kedge__exchange_judge_date(c, now, &problem);
        if (err != KEDGE_OK)
            return fail(c, err, problem);
        if (c->response.status == 401)
            kedge__client_unauthorized(c->client, c->serial);
        // Only a watch that was granted may be silent.
        if (c->response.status != 200)
            c->body_limit = c->body_timeout;
        c->state = KEDGE__EXCHANGE_BODY;
        c->deadline = kedge__after(now, c->body_limit);
    }
    return err;
}

static kedge_err too_late(struct kedge__connection *c)
{
    const char *problem = "no answer in time";
    if (c->state == KEDGE__EXCHANGE_CREDENTIALS)
        problem = "no credentials in time";
    else if (c->state == KEDGE__EXCHANGE_OPEN)
        problem = "no connection in time";
    else if (c->state == KEDGE__EXCHANGE_SEND || c->state == KEDGE__EXCHANGE_SEND_BODY)
        problem = "the request could not be sent in time";
    else if (c->state == KEDGE__EXCHANGE_BODY)
        problem = "the answer stopped, for too long";
    return fail(c, KEDGE_ERR_TIMEOUT, problem);
}

kedge_err kedge__exchange_head(struct kedge__connection *c, kedge_time now)
{
    kedge_err err = is_revoked(c) ? renew(c) : KEDGE_OK;
    while (err == KEDGE_OK) {
        switch (c->state) {
        case KEDGE__EXCHANGE_CREDENTIALS:
            err = step_credentials(c, now);
            break;
        case KEDGE__EXCHANGE_OPEN:
            err = step_open(c, now);
            break;
        case KEDGE__EXCHANGE_SEND:
            err = step_send(c, now);
            break;
        case KEDGE__EXCHANGE_SEND_BODY:
            err = step_send_body(c, now);
            break;
        case KEDGE__EXCHANGE_HEAD:
            err = step_head(c, now);
            break;
        case KEDGE__EXCHANGE_BODY:
        case KEDGE__EXCHANGE_DONE:
            return KEDGE_OK;
        default:
            return c->err != KEDGE_OK ? c->err : KEDGE_ERR_STATE;
        }
    }
    kedge_time end = c->state == KEDGE__EXCHANGE_CREDENTIALS ? c->limit : c->deadline;
    if (kedge__is_want(err) && now >= end)
        return too_late(c);
    return err;
}

// Reads more of the body. The end of the stream ends the body where nothing else says its length.
static kedge_err fill_body(struct kedge__connection *c, kedge_time now)
{
    kedge_err err = fill(c);
    if (kedge__is_want(err))
        return now >= c->deadline ? too_late(c) : wanted(c, err);
    if (err == KEDGE_ERR_CLOSED) {
        err = kedge_http_finish(&c->response);
        if (err != KEDGE_OK)
            return fail(c, KEDGE_ERR_IO, "the connection was closed in the middle of the answer");
        finished(c);
        return KEDGE_ERR_CLOSED;
    }
    if (err != KEDGE_OK)
        return fail(c, err, NULL);
    c->deadline = kedge__after(now, c->body_limit);
    return KEDGE_OK;
}

kedge_err kedge__exchange_body(struct kedge__connection *c, kedge_time now, kedge_str *bytes)
{
    if (is_revoked(c))
        return renew(c);
    while (c->state == KEDGE__EXCHANGE_BODY && c->body.len == 0) {
        // The end of the body may be known without a further byte, so the parser is asked first.
        enum kedge_http_event event;
        kedge_err err = parse(c, &event);
        if (err == KEDGE_OK && event == KEDGE_HTTP_MORE)
            err = fill_body(c, now);
        if (err != KEDGE_OK)
            return err;
        if (event == KEDGE_HTTP_END)
            finished(c);
    }
    if (c->state == KEDGE__EXCHANGE_DONE)
        return KEDGE_ERR_CLOSED;
    if (c->state != KEDGE__EXCHANGE_BODY)
        return c->err != KEDGE_OK ? c->err : KEDGE_ERR_STATE;
    *bytes = c->body;
    return KEDGE_OK;
}

void kedge__exchange_used(struct kedge__connection *c, size_t n)
{
    c->body.ptr += n;
    c->body.len -= n;
}

// The body's run ends where the parser has come to. Behind what was read last may lie the end of a
// longer read before it.
void kedge__exchange_forget(struct kedge__connection *c)
{
    kedge__wipe(c->buf, c->at - c->body.len);
    kedge__wipe(c->buf + c->got, c->cap - c->got);
}
