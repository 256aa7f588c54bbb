// SPDX-License-Identifier: Apache-2.0
// stream.c - a TCP connection that never blocks. The states are drawn in posix_priv.h.
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include "posix_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

// What one connection may take, as client-go's dialer; look-up included.
#define CONNECT_TIMEOUT (30 * KEDGE_SECOND)
// What one address may take while there are others.
#define ADDRESS_TIMEOUT (3 * KEDGE_SECOND)

// Keep-alive: after 15 s of silence a probe every 5 s, and the end when three are not answered: 30
// s. Probes are not sent while bytes of ours are unacknowledged; there the user time-out counts.
// Linux lets it overrule the number of probes, and looks only when a probe is due: so a little
// under 30 s.
#define KEEPALIVE_IDLE_S     15
#define KEEPALIVE_INTERVAL_S 5
#define KEEPALIVE_COUNT      3
#define USER_TIMEOUT_MS      28000

static struct posix_stream *self(struct kedge_stream *s)
{
    return (struct posix_stream *)s;
}

static void drop_fd(struct posix_stream *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

static void stream_close(struct kedge_stream *stream)
{
    struct posix_stream *s = self(stream);
    drop_fd(s);
    s->state = CLOSED;
}

// A failed option is no failure of the connection: some systems lack some, some sandboxes forbid
// them.
static void set_option(int fd, int level, int name, int value)
{
    (void)setsockopt(fd, level, name, &value, sizeof value);
}

static void set_options(int fd)
{
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
#ifdef TCP_KEEPIDLE
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT);
#endif
#ifdef TCP_USER_TIMEOUT
    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
#endif
}

static socklen_t length_of(const union posix_address *a)
{
    return a->any.sa_family == AF_INET6 ? sizeof a->v6 : sizeof a->v4;
}

static void set_port(union posix_address *a, uint16_t port)
{
    if (a->any.sa_family == AF_INET6)
        a->v6.sin6_port = htons(port);
    else
        a->v4.sin_port = htons(port);
}

// Starts to connect to the next address; without success, the stream has no descriptor afterwards.
static void try_next(struct posix_stream *s, kedge_time now)
{
    union posix_address *a = &s->addresses.list[s->next++];
    set_port(a, s->port);
    s->turn_end = s->next < s->addresses.count ? now + ADDRESS_TIMEOUT : s->give_up;
    s->fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->fd < 0) {
        s->refused |= errno == EAFNOSUPPORT; // an IPv6 address where there is no IPv6
        return;
    }
    set_options(s->fd);
    if (connect(s->fd, &a->any, length_of(a)) == 0 || errno == EINPROGRESS || errno == EINTR)
        return;
    s->refused = true;
    drop_fd(s);
}

// TCP may connect a socket to itself: where nobody listens on a port, and the port we were given to
// connect from happens to be that one.
static bool is_itself(int fd)
{
    union posix_address us, them;
    socklen_t us_len = sizeof us, them_len = sizeof them;
    memset(&us, 0, sizeof us);
    memset(&them, 0, sizeof them);
    if (getsockname(fd, &us.any, &us_len) != 0 || getpeername(fd, &them.any, &them_len) != 0)
        return false;
    return us_len == them_len && memcmp(&us, &them, us_len) == 0;
}

// KEDGE_OK, KEDGE_WANT_WRITE, or KEDGE_ERR_CONNECT where this address has failed.
static kedge_err look_at_connect(int fd)
{
    struct pollfd p = {fd, POLLOUT, 0};
    if (poll(&p, 1, 0) <= 0)
        return KEDGE_WANT_WRITE;
    int error = 0;
    socklen_t len = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0)
        return KEDGE_ERR_CONNECT;
    return is_itself(fd) ? KEDGE_ERR_CONNECT : KEDGE_OK;
}

static kedge_err fail(struct posix_stream *s, kedge_err err)
{
    stream_close(&s->stream);
    return err;
}

static kedge_err step_connecting(struct posix_stream *s, kedge_time now)
{
    if (s->fd >= 0) {
        kedge_err err = look_at_connect(s->fd);
        if (err == KEDGE_OK)
            s->state = CONNECTED;
        if (err == KEDGE_OK || (err == KEDGE_WANT_WRITE && now < s->turn_end))
            return err;
        s->refused = true;
        drop_fd(s);
    }
    // A bounded number of addresses, so a bounded loop, here and in the caller.
    while (s->fd < 0 && s->next < s->addresses.count && now < s->give_up)
        try_next(s, now);
    if (s->fd < 0)
        return fail(s, s->refused ? KEDGE_ERR_CONNECT : KEDGE_ERR_IO);
    return KEDGE_WANT_WRITE;
}

static kedge_err step_resolving(struct posix_stream *s, kedge_time now)
{
    if (!kedge__posix_lookup_take(s->fd, &s->addresses))
        return now < s->give_up ? KEDGE_WANT_READ : fail(s, KEDGE_ERR_RESOLVE);
    drop_fd(s);
    if (s->addresses.count == 0)
        return fail(s, KEDGE_ERR_RESOLVE);
    s->state = CONNECTING;
    return step_connecting(s, now);
}

static kedge_err step_closed(struct posix_stream *s, const char *host, uint16_t port,
                             kedge_time now)
{
    s->port = port;
    s->next = 0;
    s->refused = false;
    s->give_up = now + CONNECT_TIMEOUT;
    s->turn_end = s->give_up;
    if (kedge__posix_literal(host, &s->addresses)) {
        s->state = CONNECTING;
        return step_connecting(s, now);
    }
    s->fd = kedge__posix_lookup_start(host);
    if (s->fd < 0)
        return KEDGE_ERR_IO;
    s->state = RESOLVING;
    return KEDGE_WANT_READ;
}

static kedge_err stream_open(struct kedge_stream *stream, const char *host, uint16_t port)
{
    struct posix_stream *s = self(stream);
    kedge_time now = kedge__posix_clock(NULL);
    switch (s->state) {
    case CLOSED:
        return step_closed(s, host, port, now);
    case RESOLVING:
        return step_resolving(s, now);
    case CONNECTING:
        return step_connecting(s, now);
    case CONNECTED:
    case ENDING: // a command's only
        break;
    }
    return KEDGE_OK;
}

kedge_time kedge__posix_stream_deadline(const struct posix_stream *s)
{
    bool waits = s->state == RESOLVING || s->state == CONNECTING || s->state == ENDING;
    return waits ? s->turn_end : KEDGE_FOREVER;
}

static size_t up_to_int(size_t n)
{
    return n < INT_MAX ? n : INT_MAX;
}

static int answer(ssize_t n, kedge_err again)
{
    if (n >= 0)
        return (int)n;
    bool later = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    return later ? again : KEDGE_ERR_IO;
}

static int stream_read(struct kedge_stream *stream, void *buf, size_t cap)
{
    struct posix_stream *s = self(stream);
    if (s->state != CONNECTED)
        return KEDGE_ERR_IO;
    if (cap == 0)
        return KEDGE_ERR_ARGUMENT; // recv would give 0, which means the end
    ssize_t n = recv(s->fd, buf, up_to_int(cap), 0);
    return n == 0 ? KEDGE_ERR_CLOSED : answer(n, KEDGE_WANT_READ);
}

static int stream_write(struct kedge_stream *stream, const void *buf, size_t len)
{
    struct posix_stream *s = self(stream);
    if (s->state != CONNECTED)
        return KEDGE_ERR_IO;
    if (len == 0)
        return KEDGE_ERR_ARGUMENT;
    return answer(send(s->fd, buf, up_to_int(len), MSG_NOSIGNAL), KEDGE_WANT_WRITE);
}

const struct kedge_stream_ops kedge__posix_stream_ops = {
    .open = stream_open,
    .read = stream_read,
    .write = stream_write,
    .close = stream_close,
};

void kedge__posix_stream_init(const struct kedge_port *port, struct kedge_stream *stream)
{
    (void)port;
    struct posix_stream *s = self(stream);
    memset(s, 0, sizeof *s);
    s->stream.ops = &kedge__posix_stream_ops;
    s->fd = -1;
}

int kedge_posix_fd(const struct kedge_stream *stream)
{
    return ((const struct posix_stream *)stream)->fd;
}
