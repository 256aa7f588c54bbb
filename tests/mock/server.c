// SPDX-License-Identifier: Apache-2.0
// server.c - mock_server: the mock behind a loopback socket, plain or with TLS. See README.md.
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "mock.h"
#include "server_options.h"
#include "server_tls.h"

enum { CLIENTS_MAX = 256, PIECE = 32768 };

struct client {
    int fd;
    struct mock_connection *connection;
    struct tls_client *tls;
    bool shaken;     // the handshake is done
    char out[PIECE]; // taken from the connection, not yet written
    size_t out_at, out_len;
    bool gone;
    bool more; // the last write took everything and there may be more
};

struct server {
    struct options options;
    struct mock *mock;
    struct tls_server *tls;
    int listeners[2];
    size_t listener_count;
    struct client *clients[CLIENTS_MAX];
    size_t client_count;
    int64_t next_churn;
};

static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
    (void)signal_number;
    stopped = 1;
}

static int64_t clock_ms(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// Since the program's start, which is the mock's time 0.
static int64_t now_ms(void)
{
    static int64_t start;
    if (!start)
        start = clock_ms(CLOCK_MONOTONIC);
    return clock_ms(CLOCK_MONOTONIC) - start;
}

static void die(const char *what)
{
    fprintf(stderr, "mock_server: %s: %s\n", what, strerror(errno));
    exit(1);
}

// ---- clients -------------------------------------------------------------------------------

static void drop_client(struct server *s, size_t i, bool reset)
{
    struct client *c = s->clients[i];
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    if (reset)
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    // A connection that a fault cut ends without close_notify: that is the point.
    tls_client_free(c->tls, !reset && c->shaken && !mock_connection_was_cut(c->connection));
    mock_connection_close(c->connection);
    close(c->fd);
    free(c);
    s->clients[i] = s->clients[--s->client_count];
}

static void accept_client(struct server *s, int listener)
{
    int fd = accept(listener, NULL, NULL);
    struct mock_connection *connection = fd < 0 ? NULL : mock_connection_open(s->mock);
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    if (fd < 0)
        return;
    if (!connection || s->client_count == CLIENTS_MAX) {
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        mock_connection_close(connection);
        close(fd);
        return;
    }
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    struct client *c = calloc(1, sizeof *c);
    if (!c)
        die("accept");
    c->fd = fd;
    c->connection = connection;
    c->tls = s->tls ? tls_client_new(s->tls, fd) : NULL;
    c->shaken = !c->tls;
    s->clients[s->client_count++] = c;
}

// As tls_read() and tls_write() answer.
static int client_read(struct client *c, void *buffer, size_t cap)
{
    if (c->tls)
        return tls_read(c->tls, buffer, cap);
    ssize_t n = recv(c->fd, buffer, cap, 0);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? TLS_WAIT : TLS_FAILED;
    return n == 0 ? TLS_ENDED : (int)n;
}

static int client_write(struct client *c, const void *bytes, size_t len)
{
    if (c->tls)
        return tls_write(c->tls, bytes, len);
    ssize_t n = send(c->fd, bytes, len, MSG_NOSIGNAL);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? TLS_WAIT : TLS_FAILED;
    return (int)n;
}

// False: the connection is over.
static bool take_input(struct client *c)
{
    char bytes[PIECE];
    for (int turns = 0; turns < 8; turns++) {
        int n = client_read(c, bytes, sizeof bytes);
        if (n == TLS_WAIT)
            return true;
        if (n < 0 || mock_connection_feed(c->connection, bytes, (size_t)n) != (size_t)n)
            return false;
    }
    return true;
}

static bool give_output(struct client *c)
{
    c->more = false;
    for (int turns = 0; turns < 16; turns++) {
        if (c->out_at == c->out_len) {
            c->out_at = 0;
            c->out_len = mock_connection_output(c->connection, c->out, sizeof c->out);
        }
        if (!c->out_len)
            return true;
        int n = client_write(c, c->out + c->out_at, c->out_len - c->out_at);
        if (n == TLS_WAIT) {
            c->more = true;
            return true;
        }
        if (n < 0)
            return false;
        c->out_at += (size_t)n;
        if (c->out_at == c->out_len)
            c->out_at = c->out_len = 0;
    }
    c->more = true;
    return true;
}

static bool shake_hands(struct client *c)
{
    char user[128];
    int result = tls_handshake(c->tls);
    if (result == TLS_WAIT)
        return true;
    if (result != 0)
        return false;
    c->shaken = true;
    if (tls_user(c->tls, user, sizeof user))
        mock_connection_set_user(c->connection, user);
    return true;
}

static void take_from_client(struct client *c)
{
    if (!c->shaken && !shake_hands(c))
        c->gone = true;
    else if (c->shaken && !take_input(c))
        c->gone = true;
}

static void give_to_client(struct server *s, size_t i)
{
    struct client *c = s->clients[i];
    if (!c->gone && c->shaken && !give_output(c))
        c->gone = true;
    enum mock_state state = mock_connection_state(c->connection);
    if (c->gone || state == MOCK_RESET || (state == MOCK_CLOSED && c->out_at == c->out_len))
        drop_client(s, i, state == MOCK_RESET);
}

// ---- sockets -------------------------------------------------------------------------------

static int listen_on(const struct sockaddr *address, socklen_t len)
{
    int yes = 1, fd = socket(address->sa_family, SOCK_STREAM, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (address->sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    if (bind(fd, address, len) || listen(fd, 64)) {
        close(fd);
        return -1;
    }
    return fd;
}

static void open_listeners(struct server *s)
{
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(s->options.port)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    socklen_t len = sizeof four;
    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->listeners[0] = listen_on((struct sockaddr *)&four, sizeof four);
    if (s->listeners[0] < 0)
        die("cannot listen on 127.0.0.1");
    getsockname(s->listeners[0], (struct sockaddr *)&four, &len);
    s->options.port = ntohs(four.sin_port);
    s->listener_count = 1;
    if (!s->options.ipv6)
        return;
    six.sin6_port = four.sin_port;
    s->listeners[1] = listen_on((struct sockaddr *)&six, sizeof six);
    if (s->listeners[1] < 0)
        die("cannot listen on ::1");
    s->listener_count = 2;
}

// ---- the loop ------------------------------------------------------------------------------

static void churn(struct server *s, int64_t now)
{
    // After a pause it does not catch up: a few steps at most.
    for (int i = 0; s->options.churn_ms && now >= s->next_churn && i < 100; i++) {
        mock_churn(s->mock);
        s->next_churn += s->options.churn_ms;
    }
    if (now >= s->next_churn)
        s->next_churn = now + s->options.churn_ms;
}

static int wait_ms(const struct server *s, int64_t now, int64_t end)
{
    int64_t next = mock_next_deadline(s->mock);
    if (s->options.churn_ms && s->next_churn < next)
        next = s->next_churn;
    if (end < next)
        next = end;
    if (next <= now)
        return 0;
    return next - now > 1000 ? 1000 : (int)(next - now);
}

static void turn(struct server *s, int timeout)
{
    struct pollfd fds[CLIENTS_MAX + 2];
    size_t clients = s->client_count, n = 0;
    for (size_t i = 0; i < s->listener_count; i++)
        fds[n++] = (struct pollfd){.fd = s->listeners[i], .events = POLLIN};
    for (size_t i = 0; i < clients; i++) {
        short events = POLLIN;
        if (s->clients[i]->more)
            events |= POLLOUT;
        fds[n++] = (struct pollfd){.fd = s->clients[i]->fd, .events = events};
    }
    if (poll(fds, (nfds_t)n, timeout) < 0 && errno != EINTR)
        die("poll");
    mock_tick(s->mock, now_ms());
    churn(s, now_ms());
    // First all that comes, then all that it caused, also for others.
    for (size_t i = 0; i < clients; i++)
        if (fds[s->listener_count + i].revents)
            take_from_client(s->clients[i]);
    // From the end, because a client that goes is replaced by the last.
    for (size_t i = clients; i > 0; i--)
        give_to_client(s, i - 1);
    for (size_t i = 0; i < s->listener_count; i++)
        if (fds[i].revents)
            accept_client(s, s->listeners[i]);
}

static void run(struct server *s)
{
    int64_t start = now_ms();
    int64_t end = s->options.seconds ? start + (int64_t)s->options.seconds * 1000 : INT64_MAX;
    s->next_churn = start + s->options.churn_ms;
    while (!stopped && now_ms() < end)
        turn(s, wait_ms(s, now_ms(), end));
}

static struct mock *make_mock(const struct options *o)
{
    struct mock_options options = {
        .seed = o->seed,
        .epoch_ms = clock_ms(CLOCK_REALTIME) - now_ms(),
        .first_version = 1000,
        .crds = o->crds,
        .crd_count = o->crd_count,
        .age = o->age,
        .system_namespaces = true,
        .no_managed_fields = o->no_managed_fields,
        .limit_at_zero = o->limit_at_zero,
        .kubelets = o->kubelets,
        .pretty = o->pretty,
        .anonymous = o->anonymous,
        .chunk_bytes = o->chunk_bytes,
        .bookmark_ms = o->bookmark_ms,
        .idle_ms = o->idle_ms,
    };
    struct mock *mock = mock_new(&options);
    if (o->token)
        mock_add_token(mock, o->token, "admin",
                       o->token_seconds ? now_ms() + o->token_seconds * 1000 : 0);
    if (o->client_ca)
        mock_require_credentials(mock);
    if (o->deployments || o->namespaces)
        mock_fill(mock, o->deployments, o->namespaces);
    return mock;
}

int main(int argc, char **argv)
{
    static struct server s;
    struct sigaction action = {.sa_handler = stop};
    options_parse(&s.options, argc, argv);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    s.mock = make_mock(&s.options);
    if (s.options.tls)
        s.tls = tls_server_new(s.options.tls, s.options.certificate, s.options.client_ca);
    open_listeners(&s);
    if (s.options.kubeconfig)
        options_write_kubeconfig(&s.options);
    printf("listening on %s://127.0.0.1:%u\n", s.tls ? "https" : "http", (unsigned)s.options.port);
    fflush(stdout);
    run(&s);
    while (s.client_count)
        drop_client(&s, s.client_count - 1, false);
    for (size_t i = 0; i < s.listener_count; i++)
        close(s.listeners[i]);
    tls_server_free(s.tls);
    mock_free(s.mock);
    options_free(&s.options);
    return 0;
}
