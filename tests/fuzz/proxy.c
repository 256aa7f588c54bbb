// SPDX-License-Identifier: Apache-2.0
// proxy.c - any bytes as a proxy's answer to CONNECT; and any text as a proxy's URL or as NO_PROXY.
//
// However the answer is cut, the way is open or is not, for the same reason; and of an open way
// every byte behind the head comes out, as it is. What is made of a URL lies in the memory given
// for it.
#include <stdio.h>
#include <stdlib.h>

#include "kedge/proxy.h"

#include "fuzz.h"

// ---- a stream that says what it is told to

static struct {
    struct kedge_stream stream;
    struct fuzz_input *in;
    kedge_str rest;
    bool whole; // in one piece
} peer;

static kedge_err peer_open(struct kedge_stream *s, const char *host, uint16_t port)
{
    (void)s;
    (void)host;
    (void)port;
    return KEDGE_OK;
}

static int peer_read(struct kedge_stream *s, void *buf, size_t cap)
{
    (void)s;
    size_t n = peer.whole ? peer.rest.len : fuzz_piece(peer.in, peer.rest.len);
    if (n == 0)
        return KEDGE_ERR_CLOSED;
    n = n < cap ? n : cap;
    memcpy(buf, peer.rest.ptr, n);
    peer.rest.ptr += n;
    peer.rest.len -= n;
    return (int)n;
}

static int peer_write(struct kedge_stream *s, const void *buf, size_t len)
{
    (void)s;
    (void)buf;
    return (int)len;
}

static void peer_close(struct kedge_stream *s)
{
    (void)s;
}

static const struct kedge_stream_ops peer_ops = {peer_open, peer_read, peer_write, peer_close};

// ---- the answer

struct told {
    kedge_err err;
    char problem[256];
    size_t len; // of what came through
    char text[FUZZ_MAX];
};

static void connect_through(struct fuzz_input *in, bool whole, struct told *t)
{
    static const struct kedge_proxy proxy = {
        .host = "proxy", .port = 3128, .has_credentials = true, .username = {"me", 2}};
    char *memory = malloc(kedge_proxy_stream_size(&proxy, "fuzz"));
    PROMISE(memory != NULL);
    peer.stream.ops = &peer_ops;
    peer.in = in;
    peer.rest = in->data;
    peer.whole = whole;
    struct kedge_stream *s = kedge_proxy_stream_init(memory, &proxy, "fuzz", &peer.stream);
    t->err = s->ops->open(s, "api.example.com", 6443);
    snprintf(t->problem, sizeof t->problem, "%s", kedge_proxy_problem(s));
    PROMISE((t->err == KEDGE_OK) == (t->problem[0] == '\0'));
    t->len = 0;
    int n = 0;
    while (t->err == KEDGE_OK && (n = s->ops->read(s, t->text + t->len, 100)) > 0)
        t->len += (size_t)n;
    PROMISE(t->err != KEDGE_OK || n == KEDGE_ERR_CLOSED);
    s->ops->close(s);
    free(memory);
}

static void answer(struct fuzz_input *in)
{
    static struct told once, pieces;
    connect_through(in, true, &once);
    connect_through(in, false, &pieces);
    PROMISE(once.err == pieces.err && strcmp(once.problem, pieces.problem) == 0);
    PROMISE(once.len == pieces.len && memcmp(once.text, pieces.text, once.len) == 0);
    PROMISE(once.len <= in->data.len);
    PROMISE(once.len == 0 ||
            memcmp(once.text, in->data.ptr + in->data.len - once.len, once.len) == 0);
}

// ---- texts

static bool inside(kedge_str part, const char *text, size_t len)
{
    return part.len == 0 || (part.ptr >= text && part.ptr + part.len <= text + len);
}

static void url(const char *line)
{
    size_t len = strlen(line) + 1;
    char *text = malloc(len);
    struct kedge_proxy p;
    const char *problem = NULL;
    PROMISE(text != NULL);
    kedge_err err = kedge_proxy_parse(line, text, &p, &problem);
    if (err == KEDGE_OK) {
        PROMISE(problem == NULL && p.port > 0 && p.host[0] != '\0');
        PROMISE(inside(kedge_str_of(p.host), text, len));
        PROMISE(inside(p.username, text, len) && inside(p.password, text, len));
        PROMISE(kedge_proxy_stream_size(&p, NULL) > 0);
    } else {
        PROMISE(err == KEDGE_ERR_CONFIG || err == KEDGE_ERR_UNSUPPORTED);
        PROMISE(problem != NULL && problem[0] != '\0');
        for (size_t i = 0; i < len; i++)
            PROMISE(text[i] == '\0');
    }
    free(text);
}

// An entry more never makes a server go through the proxy.
static void list(const char *line)
{
    static const char *const hosts[] = {"api.example.com", "10.1.2.3", "fd00::1"};
    static char longer[2048];
    snprintf(longer, sizeof longer, "%s,x", line);
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        bool before = kedge_proxy_excludes(line, hosts[i], 6443);
        PROMISE(kedge_proxy_excludes(longer, hosts[i], 6443) == before);
    }
    PROMISE(kedge_proxy_excludes(line, "localhost", 80));
    kedge_proxy_excludes("api.example.com,10.0.0.0/8", line, 6443);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fuzz_input in;
    if (!fuzz_open(&in, bytes, len))
        return 0;
    if (fuzz_choose(&in, 2) == 0) {
        answer(&in);
        return 0;
    }
    static char line[1024];
    kedge_str first = fuzz_line(&in.data);
    snprintf(line, sizeof line, "%.*s", (int)(first.len < 1000 ? first.len : 1000),
             first.len > 0 ? first.ptr : "");
    url(line);
    list(line);
    return 0;
}
