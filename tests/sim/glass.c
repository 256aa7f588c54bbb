// SPDX-License-Identifier: Apache-2.0
// glass.c - TLS without cryptography, in place of src/net/tls.c: credentials are sent, since the
// address says https, but everything can be seen through.
//
// Like TLS it takes records from the stream below and may hold bytes that nobody below knows of:
// whoever waits for the stream before reading until it would block waits for ever.
#include <string.h>

#include "kedge/tls.h"
#include "sim.h"

enum { RECORD = 4096 };

struct kedge_tls {
    const struct kedge_port *port;
};

struct glass {
    struct kedge_stream stream; // first
    size_t at, len;
    unsigned char record[RECORD];
};

static struct glass *of(struct kedge_stream *s)
{
    return (struct glass *)s;
}

static kedge_err glass_open(struct kedge_stream *s, const char *host, uint16_t port)
{
    return s->below->ops->open(s->below, host, port);
}

static int glass_read(struct kedge_stream *s, void *buf, size_t cap)
{
    struct glass *g = of(s);
    if (g->at == g->len) {
        int n = s->below->ops->read(s->below, g->record, RECORD);
        if (n < 0)
            return n;
        g->at = 0;
        g->len = (size_t)n;
    }
    size_t n = g->len - g->at < cap ? g->len - g->at : cap;
    memcpy(buf, g->record + g->at, n);
    memset(g->record + g->at, 0, n);
    g->at += n;
    return (int)n;
}

static int glass_write(struct kedge_stream *s, const void *buf, size_t len)
{
    return s->below->ops->write(s->below, buf, len);
}

static void glass_close(struct kedge_stream *s)
{
    struct glass *g = of(s);
    memset(g->record, 0, RECORD);
    g->at = g->len = 0;
    s->below->ops->close(s->below);
}

static const struct kedge_stream_ops glass_ops = {glass_open, glass_read, glass_write, glass_close};

size_t kedge_tls_size(void)
{
    return sizeof(struct kedge_tls);
}

size_t kedge_tls_stream_size(void)
{
    return sizeof(struct glass);
}

kedge_err kedge_tls_init(void *memory, const struct kedge_tls_options *options,
                         struct kedge_tls **out, const char **problem)
{
    *out = memory;
    (*out)->port = options->port;
    *problem = NULL;
    return KEDGE_OK;
}

void kedge_tls_free(struct kedge_tls *tls)
{
    (void)tls;
}

struct kedge_stream *kedge_tls_stream_init(void *memory, struct kedge_tls *tls,
                                           struct kedge_stream *below, const char *server_name)
{
    struct glass *g = memory;
    (void)tls;
    (void)server_name;
    g->stream = (struct kedge_stream){&glass_ops, below};
    return &g->stream;
}

kedge_err kedge_tls_check_dates(struct kedge_stream *s, kedge_timestamp now)
{
    (void)s;
    (void)now;
    return KEDGE_OK;
}

const char *kedge_tls_problem(const struct kedge_stream *s)
{
    (void)s;
    return "";
}

kedge_err kedge_tls_heap(void *memory, size_t len)
{
    (void)memory;
    (void)len;
    return KEDGE_ERR_UNSUPPORTED;
}

bool glass_has_bytes(const struct kedge_stream *s)
{
    const struct glass *g = (const struct glass *)s;
    return g->at < g->len;
}
