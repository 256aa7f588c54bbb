// SPDX-License-Identifier: Apache-2.0
// reply.c - responses as Go's HTTP server frames them.
//
// A body goes through a buffer of 2,048 bytes. What fits in it as a whole is sent with
// Content-Length; else each time the buffer is full or flushed it becomes a chunk, and a write
// that is larger than the empty buffer becomes a chunk of its own. So chunks and events of a
// watch have nothing to do with each other.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "priv.h"

static const char *reason_phrase(int code)
{
    static const struct {
        int code;
        const char *phrase;
    } phrases[] = {{200, "OK"},
                   {201, "Created"},
                   {204, "No Content"},
                   {301, "Moved Permanently"},
                   {304, "Not Modified"},
                   {400, "Bad Request"},
                   {401, "Unauthorized"},
                   {403, "Forbidden"},
                   {404, "Not Found"},
                   {405, "Method Not Allowed"},
                   {406, "Not Acceptable"},
                   {409, "Conflict"},
                   {410, "Gone"},
                   {413, "Request Entity Too Large"},
                   {415, "Unsupported Media Type"},
                   {422, "Unprocessable Entity"},
                   {429, "Too Many Requests"},
                   {431, "Request Header Fields Too Large"},
                   {500, "Internal Server Error"},
                   {502, "Bad Gateway"},
                   {503, "Service Unavailable"},
                   {504, "Gateway Timeout"}};
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
        if (phrases[i].code == code)
            return phrases[i].phrase;
    return "status code";
}

static void begin(struct mock_connection *c, int code, const char *caching,
                  const char *content_type)
{
    struct text *head = &c->reply.head;
    head->at = head->len = 0;
    text_format(head, "HTTP/1.1 %d %s\r\nAudit-Id: ", code, reason_phrase(code));
    text_uuid(head, &c->mock->random);
    text_format(head, "\r\nCache-Control: %s\r\nContent-Type: %s\r\n", caching, content_type);
    if (c->extra.len)
        text_add(head, c->extra.bytes, c->extra.len);
    text_free(&c->extra);
    c->reply.code = code;
    c->reply.fill = 0;
    c->reply.head_sent = false;
    c->reply.running = true;
    c->reply.stopped = false;
}

void reply_begin(struct mock_connection *c, int code, const char *content_type)
{
    begin(c, code, "no-cache, private", content_type);
}

void reply_begin_public(struct mock_connection *c, int code, const char *content_type)
{
    begin(c, code, "public", content_type);
}

void reply_header(struct mock_connection *c, const char *key, const char *value)
{
    text_format(&c->reply.head, "%s: %s\r\n", key, value);
}

// Go appends these four by itself, after the handler's own.
static void send_head(struct mock_connection *c, bool whole)
{
    struct text *out = &c->out;
    text_add(out, c->reply.head.bytes, c->reply.head.len);
    // Flow control comes behind authentication.
    if (c->reply.code != 401)
        text_string(out, "X-Kubernetes-Pf-Flowschema-Uid: 9b054fef-c51d-4242-9cf1-71b447c38a7f\r\n"
                         "X-Kubernetes-Pf-Prioritylevel-Uid: "
                         "45c24b77-9043-4bcb-8ce9-a8f3dc6542f9\r\n");
    text_string(out, "Date: ");
    text_http_date(out, mock__unix_ms(c->mock));
    if (whole && c->reply.code != 204 && c->reply.code != 304)
        text_format(out, "\r\nContent-Length: %zu", c->reply.fill);
    if (!whole && c->request.old_http)
        c->request.close = true;
    if (c->request.close)
        text_string(out, "\r\nConnection: close");
    if (!whole && !c->request.old_http)
        text_string(out, "\r\nTransfer-Encoding: chunked");
    text_string(out, "\r\n\r\n");
    c->reply.head_sent = true;
}

static void send_chunk(struct mock_connection *c, const char *bytes, size_t len)
{
    if (!c->reply.head_sent)
        send_head(c, false);
    if (c->request.old_http) {
        text_add(&c->out, bytes, len);
        return;
    }
    while (len) {
        size_t part = len, most = c->mock->options.chunk_bytes;
        if (most)
            part = 1 + (size_t)(mock__random(&c->mock->random) % most);
        if (part > len)
            part = len;
        text_format(&c->out, "%zx\r\n", part);
        text_add(&c->out, bytes, part);
        text_string(&c->out, "\r\n");
        bytes += part;
        len -= part;
    }
}

void reply_flush(struct mock_connection *c)
{
    if (!c->reply.head_sent)
        send_head(c, false);
    if (c->reply.fill)
        send_chunk(c, c->reply.buffer, c->reply.fill);
    c->reply.fill = 0;
}

void reply_write(struct mock_connection *c, const void *bytes, size_t len)
{
    struct reply *r = &c->reply;
    const char *from = bytes;
    if (len > r->body_left) {
        len = r->body_left;
        r->stopped = true;
    }
    r->body_left -= r->body_left == SIZE_MAX ? 0 : len;
    while (len > GO_BUFFER - r->fill) {
        size_t part = r->fill ? GO_BUFFER - r->fill : len;
        if (r->fill) {
            memcpy(r->buffer + r->fill, from, part);
            r->fill += part;
            reply_flush(c);
        } else {
            send_chunk(c, from, part);
        }
        from += part;
        len -= part;
    }
    memcpy(r->buffer + r->fill, from, len);
    r->fill += len;
}

void reply_end(struct mock_connection *c)
{
    if (!c->reply.head_sent) {
        send_head(c, true);
        text_add(&c->out, c->reply.buffer, c->reply.fill);
    } else {
        if (c->reply.fill)
            send_chunk(c, c->reply.buffer, c->reply.fill);
        if (!c->request.old_http)
            text_string(&c->out, "0\r\n\r\n");
    }
    c->reply.fill = 0;
    c->reply.running = false;
    connection_finish(c);
}

void reply_json(struct mock_connection *c, int code, const json_t *body, int how)
{
    struct text t = {0};
    text_json(&t, body, how);
    if (!(how & TEXT_PRETTY))
        text_string(&t, "\n");
    if (!c->reply.running)
        reply_begin(c, code, "application/json");
    reply_write(c, t.bytes, t.len);
    text_free(&t);
    reply_end(c);
}

void reply_status(struct mock_connection *c, json_t *status)
{
    int code = status_code(status);
    char seconds[16];
    json_t *wait = mock__path(status, "details.retryAfterSeconds");
    reply_begin(c, code, "application/json");
    if (wait) {
        snprintf(seconds, sizeof seconds, "%d", (int)json_integer_value(wait));
        reply_header(c, "Retry-After", seconds);
    }
    // This one is always printed for people.
    reply_json(c, code, status, code == 406 ? TEXT_PRETTY : reply_how(c, NULL));
    json_decref(status);
}

void reply_plain(struct mock_connection *c, int code, const char *body)
{
    reply_begin(c, code, "text/plain; charset=utf-8");
    reply_header(c, "X-Content-Type-Options", "nosniff");
    reply_write(c, body, strlen(body));
    reply_end(c);
}

// Pretty where asked for, and for the programs behind which a person sits.
int reply_how(const struct mock_connection *c, const struct kind *kind)
{
    static const char *const people[] = {"curl", "Wget", "Mozilla/5.0"};
    const char *asked = request_query(&c->request, "pretty");
    const char *agent = request_header(&c->request, "user-agent");
    bool pretty = c->mock->options.pretty;
    for (size_t i = 0; i < sizeof people / sizeof people[0]; i++)
        pretty = pretty || !strncmp(agent, people[i], strlen(people[i]));
    if (asked)
        pretty = request_flag(&c->request, "pretty");
    return (pretty ? TEXT_PRETTY : 0) | (kind && kind->custom ? TEXT_SORTED : 0);
}
