// SPDX-License-Identifier: Apache-2.0
// proxy.c - a way through an HTTP proxy, as a stream over a stream.
//
//   CLOSED -> CONNECTING -> SEND -> HEAD -> OPEN        each but OPEN -> FAILED on an error
//     ^____________________ close _______________________|
//
// One buffer behind the struct holds the request's head, then what comes: `at` to `len` are the
// bytes that are still to be sent, or that came behind the answer's head and belong to the tunnel.
#include "kedge/proxy.h"

#include "base/wipe.h"
#include "kedge/tls.h"
#include "net/http_fields.h"
#include "net/request.h"

enum state { CLOSED, CONNECTING, SEND, HEAD, OPEN, FAILED };

enum {
    HOST_MAX = 253,
    // The request without its user agent and credentials: twice "[host]:65535" and the words.
    REQUEST_MAX = 2 * (HOST_MAX + sizeof "[]:65535") + sizeof "CONNECT  HTTP/1.1\r\nHost: \r\n\r\n",
    AGENT_MAX = sizeof "User-Agent: \r\n",
    BASIC_MAX = sizeof "Proxy-Authorization: Basic \r\n",
    PROBLEM_MAX = 224
};

struct tunnel {
    struct kedge_stream stream; // first: what the user holds
    const struct kedge_proxy *proxy;
    const char *user_agent;
    enum state state;
    kedge_err err; // FAILED: why
    size_t at;
    size_t len;
    size_t cap;
    struct kedge_http_response response;
    char problem[PROBLEM_MAX];
    char buf[];
};

static struct tunnel *of(struct kedge_stream *s)
{
    return (struct tunnel *)s;
}

static bool is_want(int n)
{
    return n == KEDGE_WANT_READ || n == KEDGE_WANT_WRITE;
}

static void forget_bytes(struct tunnel *t)
{
    kedge__wipe(t->buf, t->cap);
    t->at = t->len = 0;
}

// Goes on with "the proxy host:port" and `what` in the line of the problem.
static struct kedge__line begin_problem(struct tunnel *t, const char *what)
{
    struct kedge__line l;
    kedge__line_init(&l, t->problem, sizeof t->problem);
    kedge__line_text(&l, "the proxy ");
    kedge__line_printable(&l, kedge_str_of(t->proxy->host), 100);
    kedge__line_byte(&l, ':');
    kedge__line_int(&l, t->proxy->port);
    kedge__line_text(&l, what);
    return l;
}

static kedge_err failed(struct tunnel *t, kedge_err err)
{
    forget_bytes(t);
    t->state = FAILED;
    t->err = err;
    return err;
}

static kedge_err fail(struct tunnel *t, kedge_err err, const char *before, const char *why)
{
    struct kedge__line l = begin_problem(t, before);
    kedge__line_text(&l, why);
    return failed(t, err);
}

// An error of the stream below, or an answer that its contract does not know.
static kedge_err fail_below(struct tunnel *t, int n)
{
    kedge_err err = n < 0 ? (kedge_err)n : KEDGE_ERR_IO;
    const char *why = t->proxy->tls ? kedge_tls_problem(t->stream.below) : "";
    return fail(t, err, ": ", why[0] != '\0' ? why : kedge_err_text(err));
}

// ---- the request

static bool is_host(const char *host)
{
    size_t len = host != NULL ? strlen(host) : 0;
    for (size_t i = 0; i < len; i++) {
        if (host[i] <= 0x20 || host[i] >= 0x7f || strchr("/?#@[]\\%", host[i]) != NULL)
            return false;
    }
    return len > 0 && len <= HOST_MAX;
}

static bool is_value(const char *text)
{
    kedge_str s = kedge_str_of(text);
    for (size_t i = 0; i < s.len; i++) {
        if (!kedge__http_is_text(s.ptr[i]))
            return false;
    }
    return true;
}

static void write_authority(struct kedge__line *l, const char *host, uint16_t port)
{
    bool ipv6 = strchr(host, ':') != NULL;
    kedge__line_text(l, ipv6 ? "[" : "");
    kedge__line_text(l, host);
    kedge__line_text(l, ipv6 ? "]:" : ":");
    kedge__line_int(l, port);
}

// The buffer is as large as this can become.
static void write_request(struct tunnel *t, const char *host, uint16_t port)
{
    struct kedge__line l;
    kedge__line_init(&l, t->buf, t->cap);
    kedge__line_text(&l, "CONNECT ");
    write_authority(&l, host, port);
    kedge__line_text(&l, " HTTP/1.1\r\nHost: ");
    write_authority(&l, host, port);
    kedge__line_text(&l, "\r\n");
    if (t->user_agent != NULL) {
        kedge__line_text(&l, "User-Agent: ");
        kedge__line_text(&l, t->user_agent);
        kedge__line_text(&l, "\r\n");
    }
    if (t->proxy->has_credentials) {
        kedge__line_text(&l, "Proxy-Authorization: ");
        kedge__http_write_basic(&l, t->proxy->username, t->proxy->password);
    }
    kedge__line_text(&l, "\r\n");
    t->at = 0;
    t->len = l.len;
}

// ---- open

static kedge_err step_closed(struct tunnel *t, const char *host)
{
    t->problem[0] = '\0';
    if (!is_host(host))
        return fail(t, KEDGE_ERR_ARGUMENT, " is to CONNECT to", " what is no host");
    if (!is_value(t->user_agent))
        return fail(t, KEDGE_ERR_ARGUMENT, ": the user agent", " has control characters");
    t->state = CONNECTING;
    return KEDGE_OK;
}

static kedge_err step_connecting(struct tunnel *t, const char *host, uint16_t port)
{
    struct kedge_stream *below = t->stream.below;
    kedge_err err = below->ops->open(below, t->proxy->host, t->proxy->port);
    if (is_want(err))
        return err;
    if (err != KEDGE_OK)
        return fail_below(t, err);
    write_request(t, host, port);
    t->state = SEND;
    return KEDGE_OK;
}

static kedge_err step_send(struct tunnel *t)
{
    struct kedge_stream *below = t->stream.below;
    int n = below->ops->write(below, t->buf + t->at, t->len - t->at);
    if (is_want(n))
        return (kedge_err)n;
    if (n <= 0 || (size_t)n > t->len - t->at)
        return fail_below(t, n);
    t->at += (size_t)n;
    if (t->at == t->len) {
        forget_bytes(t); // the credentials
        t->response.read_type = NULL;
        kedge__http_response_again(&t->response);
        t->state = HEAD;
    }
    return KEDGE_OK;
}

// What helps where the proxy refused.
static const char *remedy(unsigned status)
{
    switch (status) {
    case 401:
    case 407:
        return ": it wants a user and password that it knows, in the proxy's URL";
    case 403:
        return ": it does not allow this server";
    case 405:
    case 501:
        return ": it does not know CONNECT";
    default:
        return status >= 500 ? ": it cannot reach the server" : "";
    }
}

static kedge_err answered(struct tunnel *t)
{
    unsigned status = t->response.status;
    if (status / 100 == 2) {
        t->state = OPEN;
        return KEDGE_OK;
    }
    struct kedge__line l = begin_problem(t, " answered CONNECT with ");
    kedge__line_number(&l, status);
    kedge__line_text(&l, remedy(status));
    return failed(t, KEDGE_ERR_CONNECT);
}

static kedge_err step_head(struct tunnel *t)
{
    struct kedge_stream *below = t->stream.below;
    int n = below->ops->read(below, t->buf, t->cap);
    if (is_want(n))
        return (kedge_err)n;
    if (n == KEDGE_ERR_CLOSED)
        return fail(t, KEDGE_ERR_CONNECT, " closed the connection", " without an answer");
    if (n <= 0 || (size_t)n > t->cap)
        return fail_below(t, n);
    enum kedge_http_event event = KEDGE_HTTP_WARNING;
    t->len = (size_t)n;
    t->at = 0;
    // A proxy's warning is nobody's; what stands behind it is.
    while (event == KEDGE_HTTP_WARNING) {
        kedge_str value;
        size_t used = 0;
        kedge_err err =
            kedge_http_feed(&t->response, t->buf + t->at, t->len - t->at, &used, &event, &value);
        if (err != KEDGE_OK)
            return fail(t, err, " answered CONNECT with what is no answer: ", t->response.problem);
        t->at += used;
    }
    return event == KEDGE_HTTP_HEAD ? answered(t) : KEDGE_OK;
}

static kedge_err open_step(struct tunnel *t, const char *host, uint16_t port)
{
    switch (t->state) {
    case CLOSED:
        return step_closed(t, host);
    case CONNECTING:
        return step_connecting(t, host, port);
    case SEND:
        return step_send(t);
    case HEAD:
        return step_head(t);
    default:
        return t->err;
    }
}

static kedge_err tunnel_open(struct kedge_stream *s, const char *host, uint16_t port)
{
    struct tunnel *t = of(s);
    kedge_err err = KEDGE_OK;
    while (t->state != OPEN && err == KEDGE_OK)
        err = open_step(t, host, port);
    return err;
}

// ---- read, write, close

// Why a call that needs an open tunnel cannot be served; KEDGE_OK if it can.
static kedge_err not_open(const struct tunnel *t, const void *buf, size_t len)
{
    if (t->state == FAILED)
        return t->err;
    if (t->state != OPEN)
        return KEDGE_ERR_STATE;
    return buf == NULL || len == 0 ? KEDGE_ERR_ARGUMENT : KEDGE_OK;
}

static int tunnel_read(struct kedge_stream *s, void *buf, size_t cap)
{
    struct tunnel *t = of(s);
    kedge_err err = not_open(t, buf, cap);
    if (err != KEDGE_OK)
        return err;
    size_t left = t->len - t->at;
    if (left == 0)
        return s->below->ops->read(s->below, buf, cap);
    size_t n = left < cap ? left : cap;
    memcpy(buf, t->buf + t->at, n);
    kedge__wipe(t->buf + t->at, n);
    t->at += n;
    return (int)n;
}

static int tunnel_write(struct kedge_stream *s, const void *buf, size_t len)
{
    kedge_err err = not_open(of(s), buf, len);
    return err != KEDGE_OK ? (int)err : s->below->ops->write(s->below, buf, len);
}

static void tunnel_close(struct kedge_stream *s)
{
    struct tunnel *t = of(s);
    if (t->state == CLOSED)
        return;
    forget_bytes(t);
    s->below->ops->close(s->below);
    t->state = CLOSED;
}

static const struct kedge_stream_ops tunnel_ops = {tunnel_open, tunnel_read, tunnel_write,
                                                   tunnel_close};

// ---- the stream

static size_t buffer_size(const struct kedge_proxy *proxy, const char *user_agent)
{
    size_t size = REQUEST_MAX;
    if (user_agent != NULL)
        size += AGENT_MAX + strlen(user_agent);
    if (proxy->has_credentials)
        size += BASIC_MAX + (proxy->username.len + 1 + proxy->password.len + 2) / 3 * 4;
    return size;
}

size_t kedge_proxy_stream_size(const struct kedge_proxy *proxy, const char *user_agent)
{
    return proxy != NULL ? sizeof(struct tunnel) + buffer_size(proxy, user_agent) : 0;
}

struct kedge_stream *kedge_proxy_stream_init(void *memory, const struct kedge_proxy *proxy,
                                             const char *user_agent, struct kedge_stream *below)
{
    if (memory == NULL || proxy == NULL || below == NULL)
        return NULL;
    struct tunnel *t = memory;
    memset(t, 0, sizeof *t);
    t->stream.ops = &tunnel_ops;
    t->stream.below = below;
    t->proxy = proxy;
    t->user_agent = user_agent;
    t->state = CLOSED;
    t->cap = buffer_size(proxy, user_agent);
    return &t->stream;
}

const char *kedge_proxy_problem(const struct kedge_stream *s)
{
    return s != NULL ? ((const struct tunnel *)s)->problem : "";
}
