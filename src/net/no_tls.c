// SPDX-License-Identifier: Apache-2.0
// no_tls.c - what stands in for tls.c in a build without TLS: a clear error at each door.
#include <string.h>

#include "kedge/tls.h"

static const char unsupported[] = "this build of kedge has no TLS";

struct kedge_tls {
    char nothing;
};

size_t kedge_tls_size(void)
{
    return sizeof(struct kedge_tls);
}

size_t kedge_tls_stream_size(void)
{
    return sizeof(struct kedge_stream);
}

kedge_err kedge_tls_init(void *memory, const struct kedge_tls_options *options,
                         struct kedge_tls **out, const char **problem)
{
    (void)memory;
    (void)options;
    if (out != NULL)
        *out = NULL;
    if (problem != NULL)
        *problem = unsupported;
    return KEDGE_ERR_UNSUPPORTED;
}

void kedge_tls_free(struct kedge_tls *tls)
{
    (void)tls;
}

static kedge_err no_open(struct kedge_stream *s, const char *host, uint16_t port)
{
    (void)s;
    (void)host;
    (void)port;
    return KEDGE_ERR_UNSUPPORTED;
}

static int no_read(struct kedge_stream *s, void *buf, size_t cap)
{
    (void)s;
    (void)buf;
    (void)cap;
    return KEDGE_ERR_UNSUPPORTED;
}

static int no_write(struct kedge_stream *s, const void *buf, size_t len)
{
    (void)s;
    (void)buf;
    (void)len;
    return KEDGE_ERR_UNSUPPORTED;
}

static void no_close(struct kedge_stream *s)
{
    (void)s;
}

static const struct kedge_stream_ops no_ops = {no_open, no_read, no_write, no_close};

struct kedge_stream *kedge_tls_stream_init(void *memory, struct kedge_tls *tls,
                                           struct kedge_stream *below, const char *server_name)
{
    (void)tls;
    (void)server_name;
    if (memory == NULL)
        return NULL;
    struct kedge_stream *s = memory;
    s->ops = &no_ops;
    s->below = below;
    return s;
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
    return unsupported;
}

bool kedge_tls_resumed(const struct kedge_stream *s)
{
    (void)s;
    return false;
}

kedge_err kedge_tls_heap(void *memory, size_t len)
{
    return memory == NULL || len < 1024 ? KEDGE_ERR_ARGUMENT : KEDGE_ERR_UNSUPPORTED;
}
