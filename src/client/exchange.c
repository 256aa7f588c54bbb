// SPDX-License-Identifier: Apache-2.0
// exchange.c - NONE, OPEN, SEND, HEAD, BODY, then DONE or FAILED.
//
//          start          connected         sent           head           whole body
//    NONE -------> OPEN -----------> SEND -------> HEAD --------> BODY ----------> DONE
//                   |  an idle one    ^   closed before a byte      |                |
//                   +------(skip)-----+   came: once more to OPEN   |                +--> start
//                                                                   v
//    every error and every deadline, from any state: the stream is closed, FAILED
#include "client/exchange.h"

#include "base/wipe.h"
#include "net/request.h"

kedge_err kedge__connection_init(struct kedge__connection *c, struct kedge_client *client,
                                 size_t cap)
{
    struct kedge *k = client->k;
    memset(c, 0, sizeof *c);
    c->client = client;
    c->cap = cap;
    c->deadline = KEDGE_FOREVER;
    c->buf = kedge__take(k, "connection", cap, 1, 1);
    struct kedge_stream *tcp = kedge__take_bytes(k, "connection", k->port->stream_size);
    if (c->buf == NULL || tcp == NULL)
        return k->failure;
    k->port->stream_init(k->port, tcp);
    c->stream = tcp;
    if (client->tls == NULL)
        return KEDGE_OK;
    void *memory = kedge__take_bytes(k, "TLS", kedge_tls_stream_size());
    if (memory == NULL)
        return k->failure;
    c->stream = kedge_tls_stream_init(memory, client->tls, tcp, client->server_name);
    return KEDGE_OK;
}

void kedge__connection_close(struct kedge__connection *c)
{
    c->stream->ops->close(c->stream);
    // What was received may hold a secret, and so may an unsent head.
    kedge__wipe(c->buf, c->cap);
    c->connected = false;
    c->got = c->at = 0;
    c->body = (kedge_str){NULL, 0};
    c->deadline = KEDGE_FOREVER;
    c->state = KEDGE__EXCHANGE_NONE;
}

// What TLS knows of a failure of its own; NULL where the connection below failed.
static const char *tls_problem(const struct kedge__connection *c, kedge_err err)
{
    bool own = err == KEDGE_ERR_TLS || err == KEDGE_ERR_CERTIFICATE;
    return own && c->client->tls != NULL ? kedge_tls_problem(c->stream) : NULL;
}

static kedge_err fail(struct kedge__connection *c, kedge_err err, const char *problem)
{
    kedge__connection_close(c);
    c->err = err;
    c->problem = problem != NULL ? problem : tls_problem(c, err);
    c->state = KEDGE__EXCHANGE_FAILED;
    return err;
}

static kedge_err credentials(struct kedge__connection *c, struct kedge_http_request *r,
                             kedge_time now)
{
    struct kedge_client *client = c->client;
    r->username = client->username;
    r->password = client->password;
    if (!client->has_token)
        return KEDGE_OK;
    const char *token = NULL;
    kedge_err err = kedge__token_get(client->k, &client->token, now, &token);
    r->bearer_token = kedge_str_of(token);
    return err;
}

// Writes the request's head into the buffer, which holds nothing else at this time.
static kedge_err write_head(struct kedge__connection *c, kedge_time now)
{
    struct kedge_client *client = c->client;
    struct kedge_http_request r = {
        .method = c->ask.method,
        .url = &client->url,
        .path = c->ask.path,
        .accept = c->ask.accept,
        .user_agent = client->user_agent,
    };
    kedge_err err = credentials(c, &r, now);
    if (err != KEDGE_OK)
        return err;
    struct kedge__line line;
    kedge__line_init(&line, c->buf, c->cap);
    err = kedge__http_request_write(&line, &r);
    c->got = line.len;
    c->at = 0;
    return err;
}

void kedge__exchange_start(struct kedge__connection *c, const struct kedge__ask *ask, bool watch,
                           kedge_time now)
{
    if (!c->connected)
        kedge__connection_close(c);
    c->ask = *ask;
    c->body_limit = watch ? KEDGE_FOREVER : KEDGE__BODY_TIMEOUT;
    c->retried = !c->connected;
    c->err = KEDGE_OK;
    c->problem = NULL;
    kedge_http_response_init(&c->response);
    kedge_err err = write_head(c, now);
    if (err != KEDGE_OK) {
        fail(c, err,
             "the request cannot be written: credentials, or a path longer than the buffer");
        return;
    }
    c->state = c->connected ? KEDGE__EXCHANGE_SEND : KEDGE__EXCHANGE_OPEN;
    c->deadline = now + (c->connected ? KEDGE__HEAD_TIMEOUT : KEDGE__OPEN_TIMEOUT);
}

static kedge_err wanted(struct kedge__connection *c, kedge_err err)
{
    c->interest = err == KEDGE_WANT_WRITE ? KEDGE_INTEREST_WRITE : KEDGE_INTEREST_READ;
    return err;
}

static bool is_want(kedge_err err)
{
    return err == KEDGE_WANT_READ || err == KEDGE_WANT_WRITE;
}

static kedge_err step_open(struct kedge__connection *c, kedge_time now)
{
    kedge_err err = c->stream->ops->open(c->stream, c->client->host, c->client->url.port);
    if (is_want(err))
        return wanted(c, err);
    if (err != KEDGE_OK)
        return fail(c, err, NULL);
    c->opened++;
    c->deadline = now + KEDGE__HEAD_TIMEOUT;
    c->state = KEDGE__EXCHANGE_SEND;
    return KEDGE_OK;
}

// A kept connection may have been closed by the server while it was idle. If it ended before one
// byte of the response came, the request was not answered; reading requests are safe to send again.
static kedge_err again_or_fail(struct kedge__connection *c, kedge_err err, kedge_time now)
{
    if (c->retried || c->response.head_len > 0)
        return fail(c, err == KEDGE_ERR_CLOSED ? KEDGE_ERR_IO : err,
                    err == KEDGE_ERR_CLOSED ? "the server closed the connection without an answer"
                                            : NULL);
    struct kedge__ask ask = c->ask;
    bool watch = c->body_limit == KEDGE_FOREVER;
    kedge__connection_close(c);
    kedge__exchange_start(c, &ask, watch, now);
    return c->err;
}

static kedge_err step_send(struct kedge__connection *c, kedge_time now)
{
    if (c->at == c->got) {
        kedge__wipe(c->buf, c->got);
        c->got = c->at = 0;
        c->state = KEDGE__EXCHANGE_HEAD;
        return KEDGE_OK;
    }
    int n = c->stream->ops->write(c->stream, c->buf + c->at, c->got - c->at);
    if (is_want((kedge_err)n))
        return wanted(c, (kedge_err)n);
    if (n < 0)
        return again_or_fail(c, (kedge_err)n, now);
    c->at += (size_t)n;
    c->bytes_out += (uint64_t)n;
    return KEDGE_OK;
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

static void finished(struct kedge__connection *c)
{
    c->state = KEDGE__EXCHANGE_DONE;
    c->deadline = KEDGE_FOREVER;
    c->connected = c->response.keep_alive && c->at == c->got;
    if (!c->connected) {
        c->stream->ops->close(c->stream);
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
    return err != KEDGE_OK ? fail(c, err, c->response.problem) : KEDGE_OK;
}

static kedge_err step_head(struct kedge__connection *c, kedge_time now)
{
    if (c->at == c->got) {
        kedge_err err = fill(c);
        if (is_want(err))
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
        // Only a watch that was granted may be silent.
        if (c->response.status != 200)
            c->body_limit = KEDGE__BODY_TIMEOUT;
        c->state = KEDGE__EXCHANGE_BODY;
        c->deadline = c->body_limit == KEDGE_FOREVER ? KEDGE_FOREVER : now + c->body_limit;
    }
    return err;
}

static kedge_err too_late(struct kedge__connection *c)
{
    const char *problem = "no answer within 70 s";
    if (c->state == KEDGE__EXCHANGE_OPEN)
        problem = "no connection within 40 s";
    else if (c->state == KEDGE__EXCHANGE_SEND)
        problem = "the request could not be sent within 70 s";
    else if (c->state == KEDGE__EXCHANGE_BODY)
        problem = "the answer stopped for 70 s";
    return fail(c, KEDGE_ERR_TIMEOUT, problem);
}

kedge_err kedge__exchange_head(struct kedge__connection *c, kedge_time now)
{
    kedge_err err = KEDGE_OK;
    while (err == KEDGE_OK) {
        switch (c->state) {
        case KEDGE__EXCHANGE_OPEN:
            err = step_open(c, now);
            break;
        case KEDGE__EXCHANGE_SEND:
            err = step_send(c, now);
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
    if (is_want(err) && now >= c->deadline)
        return too_late(c);
    return err;
}

// Reads more of the body. The end of the stream ends the body where nothing else says its length.
static kedge_err fill_body(struct kedge__connection *c, kedge_time now)
{
    kedge_err err = fill(c);
    if (is_want(err))
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
    if (c->body_limit != KEDGE_FOREVER)
        c->deadline = now + c->body_limit;
    return KEDGE_OK;
}

kedge_err kedge__exchange_body(struct kedge__connection *c, kedge_time now, kedge_str *bytes)
{
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
