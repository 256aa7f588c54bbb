// SPDX-License-Identifier: Apache-2.0
#include "quiet_port.h"

#include <stdio.h>

// gcc's libasan has it without its header.
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
                                              void (*on_free)(const volatile void *));

static volatile bool counting;
static struct quiet_counts counts;

static void on_malloc(const volatile void *p, size_t size)
{
    (void)p;
    (void)size;
    counts.taken += counting;
}

static void on_free(const volatile void *p)
{
    counts.given_back += counting && p != NULL;
}

static struct kedge_port inner;
static const struct kedge_stream_ops *inner_ops;

static kedge_err quiet_open(struct kedge_stream *s, const char *host, uint16_t port)
{
    bool was = counting;
    counting = false;
    kedge_err err = inner_ops->open(s, host, port);
    counting = was;
    return err;
}

static int quiet_read(struct kedge_stream *s, void *buf, size_t cap)
{
    bool was = counting;
    counting = false;
    int n = inner_ops->read(s, buf, cap);
    counting = was;
    return n;
}

static int quiet_write(struct kedge_stream *s, const void *buf, size_t len)
{
    bool was = counting;
    counting = false;
    int n = inner_ops->write(s, buf, len);
    counting = was;
    return n;
}

static void quiet_close(struct kedge_stream *s)
{
    bool was = counting;
    counting = false;
    inner_ops->close(s);
    counting = was;
}

static const struct kedge_stream_ops quiet_ops = {quiet_open, quiet_read, quiet_write, quiet_close};

static void quiet_stream_init(const struct kedge_port *port, struct kedge_stream *s)
{
    inner.stream_init(port, s);
    inner_ops = s->ops;
    s->ops = &quiet_ops;
}

static kedge_err quiet_wait(const struct kedge_port *port, struct kedge_wait *list, size_t count,
                            kedge_time deadline)
{
    bool was = counting;
    counting = false;
    kedge_err err = inner.wait(port, list, count, deadline);
    counting = was;
    return err;
}

bool quiet_port_hooks(void)
{
    bool good = __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) != 0;
    if (!good)
        fprintf(stderr, "the sanitizer takes no hooks\n");
    return good;
}

void quiet_port(struct fake_port *p)
{
    inner = p->port;
    p->port.stream_init = quiet_stream_init;
    p->port.wait = quiet_wait;
}

void quiet_count(bool on)
{
    if (on)
        counts = (struct quiet_counts){0};
    counting = on;
}

void quiet_go_on(bool on)
{
    counting = on;
}

struct quiet_counts quiet_counted(void)
{
    return counts;
}
