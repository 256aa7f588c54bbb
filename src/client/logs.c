// SPDX-License-Identifier: Apache-2.0
// logs.c - the log of a container: a request with PodLogOptions for parameters, and lines out of
// its bytes.
#include "kedge/logs.h"

#include "base/line.h"
#include "client/rest_priv.h"

#define PARAMETERS 10

struct query {
    struct kedge_http_pair pairs[PARAMETERS];
    size_t count;
    char numbers[3][24]; // tailLines, sinceSeconds, limitBytes
    char since[KEDGE_TIMESTAMP_TEXT];
};

static void add(struct query *q, const char *name, const char *value)
{
    if (value != NULL && value[0] != '\0')
        q->pairs[q->count++] = (struct kedge_http_pair){kedge_str_of(name), kedge_str_of(value)};
}

static void add_number(struct query *q, const char *name, struct kedge_maybe n, char buf[24])
{
    struct kedge__line l;
    kedge__line_init(&l, buf, 24);
    kedge__line_int(&l, n.value);
    add(q, name, n.is_set ? buf : NULL);
}

static void fill_query(struct query *q, const struct kedge_log_options *o)
{
    q->count = 0;
    q->since[0] = '\0';
    if (o->since_time != 0)
        kedge_timestamp_format(o->since_time, false, q->since);
    add(q, "container", o->container);
    add(q, "follow", o->follow ? "true" : NULL);
    add(q, "previous", o->previous ? "true" : NULL);
    add(q, "timestamps", o->timestamps ? "true" : NULL);
    add(q, "sinceTime", q->since);
    add(q, "stream", o->stream);
    add(q, "insecureSkipTLSVerifyBackend", o->insecure_skip_tls_verify_backend ? "true" : NULL);
    add_number(q, "tailLines", o->tail_lines, q->numbers[0]);
    add_number(q, "sinceSeconds", o->since_seconds, q->numbers[1]);
    add_number(q, "limitBytes", o->limit_bytes, q->numbers[2]);
}

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

// The request, whose parameters are in *q.
static kedge_err fill_request(struct kedge_request *r, struct query *q,
                              const struct kedge_log_options *o)
{
    if (o == NULL || !is_given(o->namespace_) || !is_given(o->pod))
        return KEDGE_ERR_ARGUMENT;
    if (o->since_seconds.is_set && o->since_time != 0)
        return KEDGE_ERR_ARGUMENT; // the server refuses both: "at most one may be specified"
    fill_query(q, o);
    *r = (struct kedge_request){
        .verb = KEDGE_GET,
        .version = "v1",
        .resource = "pods",
        .namespace_ = o->namespace_,
        .name = o->pod,
        .subresource = "log",
        .parameters = q->pairs,
        .parameter_count = q->count,
        .endless = o->follow,
    };
    return KEDGE_OK;
}

kedge_err kedge_logs_stream(struct kedge_rest *rest, const struct kedge_log_options *options,
                            kedge_sink sink, void *ctx)
{
    struct kedge_request request;
    struct query query;
    kedge_err err = fill_request(&request, &query, options);
    return err == KEDGE_OK ? kedge_rest_stream(rest, &request, sink, ctx) : err;
}

kedge_err kedge_logs_start(struct kedge_rest *rest, const struct kedge_log_options *options,
                           kedge_sink sink, void (*done)(void *ctx, kedge_err err), void *ctx)
{
    struct kedge_request request;
    struct query query;
    kedge_err err = fill_request(&request, &query, options);
    if (err == KEDGE_OK)
        err = kedge_rest_start(rest, &request, sink, done, ctx);
    if (err != KEDGE_OK)
        return err;
    // They are in the path now, and go with this call.
    rest->request.parameters = NULL;
    rest->request.parameter_count = 0;
    return KEDGE_OK;
}

// Lines ------------------------------------------------------------------------------------------

void kedge_lines_init(struct kedge_lines *lines, char *buf, size_t cap,
                      kedge_err (*line)(void *ctx, kedge_str line, bool more), void *ctx)
{
    memset(lines, 0, sizeof *lines);
    lines->buf = buf;
    lines->cap = cap;
    lines->line = line;
    lines->ctx = ctx;
}

// Hands on what is in the buffer.
static kedge_err deliver(struct kedge_lines *l, bool more)
{
    l->full = true;
    l->more = more;
    kedge_err err = l->line(l->ctx, (kedge_str){l->buf, l->len}, more);
    if (err == KEDGE_WAIT)
        return err;
    l->full = false;
    l->len = 0;
    return err;
}

// Takes a line, or the part of one that is there. A full buffer is handed on only when it is known
// whether its line goes on, so pieces do not depend on how the bytes were cut.
static kedge_err take_line(struct kedge_lines *l, kedge_str bytes)
{
    const char *from = bytes.ptr + l->taken;
    size_t left = bytes.len - l->taken;
    const char *newline = memchr(from, '\n', left);
    size_t len = newline != NULL ? (size_t)(newline - from) : left;
    if (l->len == 0 && newline != NULL && len <= l->cap) {
        kedge_err err = l->line(l->ctx, (kedge_str){from, len}, false);
        if (err != KEDGE_WAIT)
            l->taken += len + 1;
        return err;
    }
    size_t room = l->cap - l->len;
    size_t n = len < room ? len : room;
    memcpy(l->buf + l->len, from, n);
    l->len += n;
    l->taken += n;
    if (n < len)
        return deliver(l, true);
    if (newline == NULL)
        return KEDGE_OK;
    l->taken++;
    return deliver(l, false);
}

kedge_err kedge_lines_sink(void *ctx, kedge_str bytes)
{
    struct kedge_lines *l = ctx;
    kedge_err err = l->full ? deliver(l, l->more) : KEDGE_OK;
    while (err == KEDGE_OK && l->taken < bytes.len)
        err = take_line(l, bytes);
    if (err != KEDGE_WAIT)
        l->taken = 0;
    return err;
}

kedge_err kedge_lines_finish(struct kedge_lines *lines)
{
    return lines->len > 0 ? deliver(lines, lines->full && lines->more) : KEDGE_OK;
}
