// SPDX-License-Identifier: Apache-2.0
// posix_port.c - the POSIX port over real loopback sockets, files, signals and threads.
//
// The peer is a plain blocking socket of this process: loopback buffers hold what is sent, so one
// thread plays both sides. No test sleeps; each waits for what must happen, with a deadline behind.
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../port/posix/posix_priv.h"
#include "base/context.h"
#include "traces.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE (20 * KEDGE_SECOND)

static const struct kedge_port *port;
static struct posix_stream stream;
static struct kedge_stream *s = &stream.stream;

struct peer {
    int listener;
    int fd;
    uint16_t port;
};

static kedge_time now(void)
{
    return port->clock(port);
}

static uint8_t wait_for(uint8_t interest, kedge_time patience)
{
    kedge_time deadline = now() + patience;
    struct kedge_wait w = {s, interest, 0};
    while (w.ready == 0 && (patience == 0 || now() < deadline)) {
        assert_int_equal(port->wait(port, &w, 1, deadline), KEDGE_OK);
        if (patience == 0)
            break;
    }
    return w.ready;
}

static uint8_t interest_of(kedge_err err)
{
    return err == KEDGE_WANT_READ ? KEDGE_INTEREST_READ : KEDGE_INTEREST_WRITE;
}

static kedge_err open_to_the_end(const char *host, uint16_t number)
{
    kedge_err err = s->ops->open(s, host, number);
    kedge_time deadline = now() + PATIENCE;
    while ((err == KEDGE_WANT_READ || err == KEDGE_WANT_WRITE) && now() < deadline) {
        wait_for(interest_of(err), PATIENCE);
        err = s->ops->open(s, host, number);
    }
    return err;
}

static union posix_address address_of(const char *host, uint16_t number)
{
    struct posix_addresses list;
    assert_true(kedge__posix_literal(host, &list));
    if (list.list[0].any.sa_family == AF_INET6)
        list.list[0].v6.sin6_port = htons(number);
    else
        list.list[0].v4.sin_port = htons(number);
    return list.list[0];
}

static socklen_t length_of(const union posix_address *a)
{
    return a->any.sa_family == AF_INET6 ? sizeof a->v6 : sizeof a->v4;
}

// False if the machine has no such address.
static bool listen_at(struct peer *p, const char *host, uint16_t number, int backlog)
{
    union posix_address a = address_of(host, number);
    socklen_t len = length_of(&a);
    p->fd = -1;
    p->listener = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (p->listener < 0)
        return false;
    if (bind(p->listener, &a.any, len) != 0 || listen(p->listener, backlog) != 0) {
        close(p->listener);
        return false;
    }
    assert_int_equal(getsockname(p->listener, &a.any, &len), 0);
    p->port = ntohs(a.any.sa_family == AF_INET6 ? a.v6.sin6_port : a.v4.sin_port);
    return true;
}

static void accept_it(struct peer *p)
{
    p->fd = accept(p->listener, NULL, NULL);
    assert_true(p->fd >= 0);
}

static void end_peer(struct peer *p)
{
    if (p->fd >= 0)
        close(p->fd);
    close(p->listener);
}

// A connected stream and its peer.
static void connect_both(struct peer *p)
{
    assert_true(listen_at(p, "127.0.0.1", 0, 5));
    assert_int_equal(open_to_the_end("127.0.0.1", p->port), KEDGE_OK);
    accept_it(p);
}

// A port that nobody listens on.
static uint16_t closed_port(void)
{
    struct peer p;
    assert_true(listen_at(&p, "127.0.0.1", 0, 1));
    end_peer(&p);
    return p.port;
}

static int setup(void **state)
{
    (void)state;
    port = kedge_posix();
    assert_non_null(port);
    assert_true(port->stream_size <= sizeof stream);
    port->stream_init(port, s);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    s->ops->close(s);
    assert_int_equal(kedge_posix_fd(s), -1);
    // No wake may be left over for the next test.
    return port->wait(port, NULL, 0, 0) == KEDGE_OK ? 0 : -1;
}

// --- opening -------------------------------------------------------------------------------------

static void it_connects_over_ipv4(void **state)
{
    (void)state;
    struct peer p;
    connect_both(&p);
    assert_true(kedge_posix_fd(s) >= 0);
    assert_int_equal(s->ops->open(s, "127.0.0.1", p.port), KEDGE_OK);
    end_peer(&p);
}

static void it_connects_over_ipv6(void **state)
{
    (void)state;
    struct peer p;
    if (!listen_at(&p, "::1", 0, 5))
        skip();
    assert_int_equal(open_to_the_end("::1", p.port), KEDGE_OK);
    accept_it(&p);
    assert_int_equal(write(p.fd, "six", 3), 3);
    assert_true(wait_for(KEDGE_INTEREST_READ, PATIENCE) & KEDGE_INTEREST_READ);
    char buf[8];
    assert_int_equal(s->ops->read(s, buf, sizeof buf), 3);
    end_peer(&p);
}

static void it_connects_to_a_name_without_blocking(void **state)
{
    (void)state;
    struct peer p;
    assert_true(listen_at(&p, "127.0.0.1", 0, 5));
    assert_int_equal(s->ops->open(s, "localhost", p.port), KEDGE_WANT_READ);
    assert_int_equal(open_to_the_end("localhost", p.port), KEDGE_OK);
    end_peer(&p);
}

static void a_port_nobody_listens_on_is_a_connect_error(void **state)
{
    (void)state;
    uint16_t number = closed_port();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(open_to_the_end("127.0.0.1", number), KEDGE_ERR_CONNECT);
        assert_int_equal(kedge_posix_fd(s), -1);
    }
}

static void a_name_without_an_address_is_a_resolve_error(void **state)
{
    (void)state;
    assert_int_equal(s->ops->open(s, "nohost.invalid", 443), KEDGE_WANT_READ);
    assert_int_equal(open_to_the_end("nohost.invalid", 443), KEDGE_ERR_RESOLVE);
    assert_int_equal(open_to_the_end("", 443), KEDGE_ERR_RESOLVE);
    assert_int_equal(kedge_posix_fd(s), -1);
}

static void after_a_failure_the_same_stream_can_be_opened(void **state)
{
    (void)state;
    assert_int_equal(open_to_the_end("127.0.0.1", closed_port()), KEDGE_ERR_CONNECT);
    struct peer p;
    connect_both(&p);
    s->ops->close(s);
    s->ops->close(s);
    close(p.fd);
    assert_int_equal(open_to_the_end("127.0.0.1", p.port), KEDGE_OK);
    p.fd = -1;
    end_peer(&p);
}

// A stream that connects to two addresses in turn.
static void open_two(const char *first, const char *second, uint16_t number)
{
    memset(&stream.addresses, 0, sizeof stream.addresses);
    stream.addresses.list[0] = address_of(first, 0);
    stream.addresses.list[1] = address_of(second, 0);
    stream.addresses.count = 2;
    stream.next = 0;
    stream.port = number;
    stream.refused = false;
    stream.give_up = now() + PATIENCE;
    stream.state = CONNECTING;
}

static void the_next_address_is_tried_when_one_refuses(void **state)
{
    (void)state;
    struct peer p;
    assert_true(listen_at(&p, "127.0.0.1", 0, 5));
    open_two("127.0.0.2", "127.0.0.1", p.port);
    assert_int_equal(open_to_the_end("both", p.port), KEDGE_OK);
    accept_it(&p);
    end_peer(&p);
}

static void an_address_of_a_family_this_machine_lacks_is_passed_over(void **state)
{
    (void)state;
    struct peer p;
    assert_true(listen_at(&p, "127.0.0.1", 0, 5));
    open_two("127.0.0.2", "127.0.0.1", p.port);
    stream.addresses.list[0].any.sa_family = AF_MAX; // which no kernel knows
    assert_int_equal(open_to_the_end("both", p.port), KEDGE_OK);
    end_peer(&p);
}

// Fills a listener's queue, so that the kernel drops whoever else wants to connect.
static int crowd(const struct peer *p, const char *host, int *fds, int cap)
{
    union posix_address a = address_of(host, p->port);
    int n = 0;
    for (; n < cap; n++) {
        fds[n] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        assert_true(fds[n] >= 0);
        (void)connect(fds[n], &a.any, sizeof a.v4);
    }
    return n;
}

static void the_next_address_is_tried_when_one_is_silent(void **state)
{
    (void)state;
    struct peer silent, p;
    int fds[8];
    assert_true(listen_at(&silent, "127.0.0.2", 0, 0));
    assert_true(listen_at(&p, "127.0.0.1", silent.port, 5));
    int n = crowd(&silent, "127.0.0.2", fds, 8);

    open_two("127.0.0.2", "127.0.0.1", p.port);
    assert_int_equal(s->ops->open(s, "both", p.port), KEDGE_WANT_WRITE);
    assert_int_equal(s->ops->open(s, "both", p.port), KEDGE_WANT_WRITE);
    assert_int_equal(stream.next, 1);
    assert_true(stream.turn_end > now() && stream.turn_end <= now() + 3 * KEDGE_SECOND);
    // As if that time had passed: wait says so by itself, whatever deadline it was given.
    stream.turn_end = now() - 1;
    struct kedge_wait w = {s, KEDGE_INTEREST_WRITE, 0};
    assert_int_equal(port->wait(port, &w, 1, KEDGE_FOREVER), KEDGE_OK);
    assert_true(w.ready & KEDGE_INTEREST_WRITE);
    assert_int_equal(open_to_the_end("both", p.port), KEDGE_OK);

    while (n > 0)
        close(fds[--n]);
    end_peer(&silent);
    end_peer(&p);
}

static void a_connection_that_takes_too_long_is_a_connect_error(void **state)
{
    (void)state;
    struct peer silent;
    int fds[8];
    assert_true(listen_at(&silent, "127.0.0.2", 0, 0));
    int n = crowd(&silent, "127.0.0.2", fds, 8);
    assert_int_equal(s->ops->open(s, "127.0.0.2", silent.port), KEDGE_WANT_WRITE);
    assert_true(stream.give_up > now() + 29 * KEDGE_SECOND);
    stream.turn_end = stream.give_up = now() - 1;
    assert_int_equal(open_to_the_end("127.0.0.2", silent.port), KEDGE_ERR_CONNECT);
    while (n > 0)
        close(fds[--n]);
    end_peer(&silent);
}

static void an_address_that_cannot_be_connected_to_is_a_connect_error(void **state)
{
    (void)state;
    // TCP has no broadcast: connect says so at once.
    assert_int_equal(open_to_the_end("255.255.255.255", 443), KEDGE_ERR_CONNECT);
    assert_int_equal(kedge_posix_fd(s), -1);
}

static void without_a_descriptor_left_it_is_an_io_error(void **state)
{
    (void)state;
    struct rlimit before, none;
    struct kedge_posix_port other;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    kedge_err literal = s->ops->open(s, "127.0.0.1", 443);
    kedge_err name = s->ops->open(s, "localhost", 443);
    kedge_err wake = kedge_posix_port_init(&other);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(literal, KEDGE_ERR_IO);
    assert_int_equal(name, KEDGE_ERR_IO);
    assert_int_equal(wake, KEDGE_ERR_IO);
    kedge_posix_port_close(&other);
}

static void an_abandoned_look_up_leaves_nothing(void **state)
{
    (void)state;
    int before = open_descriptors();
    for (int i = 0; i < 10; i++) {
        assert_int_equal(s->ops->open(s, "nohost.invalid", 443), KEDGE_WANT_READ);
        s->ops->close(s);
    }
    // The helpers end when the resolver lets them; their memory is the leak checker's to judge.
    kedge_time deadline = now() + PATIENCE;
    while (open_descriptors() > before && now() < deadline)
        sched_yield();
    // Fewer are possible: the end of a helper of the test before may have been among them.
    assert_true(open_descriptors() <= before);
}

static void literals_are_told_from_names(void **state)
{
    (void)state;
    static const char *const literals[] = {"127.0.0.1", "::1", "2001:db8::7", "fe80::1%lo"};
    static const char *const names[] = {"localhost", "127.1",    "1.2.3.4.5",   "",
                                        "[::1]",     "fe80::1%", "::1%nolink9", "256.1.1.1"};
    struct posix_addresses out;
    for (size_t i = 0; i < sizeof literals / sizeof literals[0]; i++)
        assert_true(kedge__posix_literal(literals[i], &out) && out.count == 1);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_false(kedge__posix_literal(names[i], &out));
}

static void a_dead_peer_is_found_within_35_seconds(void **state)
{
    (void)state;
    struct peer p;
    connect_both(&p);
    struct option {
        int level, name, least, most;
    };
    static const struct option wanted[] = {
        {SOL_SOCKET, SO_KEEPALIVE, 1, 1},    {IPPROTO_TCP, TCP_NODELAY, 1, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, 15, 15}, {IPPROTO_TCP, TCP_KEEPINTVL, 5, 5},
        {IPPROTO_TCP, TCP_KEEPCNT, 3, 3},    {IPPROTO_TCP, TCP_USER_TIMEOUT, 25000, 30000},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        int value = -1;
        socklen_t len = sizeof value;
        int err = getsockopt(kedge_posix_fd(s), wanted[i].level, wanted[i].name, &value, &len);
        assert_int_equal(err, 0);
        assert_in_range(value, wanted[i].least, wanted[i].most);
    }
    end_peer(&p);
}

static void descriptors_do_not_leak_into_children(void **state)
{
    (void)state;
    struct peer p;
    connect_both(&p);
    assert_true(fcntl(kedge_posix_fd(s), F_GETFD) & FD_CLOEXEC);
    const struct kedge_posix_port *own = (const struct kedge_posix_port *)port;
    assert_true(fcntl(own->wake_read, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(own->wake_write, F_GETFD) & FD_CLOEXEC);
    end_peer(&p);
    s->ops->close(s);
    assert_int_equal(s->ops->open(s, "localhost", 1), KEDGE_WANT_READ);
    assert_true(fcntl(kedge_posix_fd(s), F_GETFD) & FD_CLOEXEC);
}

// --- reading and writing -------------------------------------------------------------------------

static void reading_gives_four_different_answers(void **state)
{
    (void)state;
    struct peer p;
    char buf[16];
    connect_both(&p);
    assert_int_equal(s->ops->read(s, buf, sizeof buf), KEDGE_WANT_READ);

    assert_int_equal(write(p.fd, "hello", 5), 5);
    assert_int_equal(wait_for(KEDGE_INTEREST_READ, PATIENCE), KEDGE_INTEREST_READ);
    assert_int_equal(s->ops->read(s, buf, 2), 2);
    assert_int_equal(s->ops->read(s, buf + 2, sizeof buf - 2), 3);
    assert_memory_equal(buf, "hello", 5);
    assert_int_equal(s->ops->read(s, buf, sizeof buf), KEDGE_WANT_READ);

    shutdown(p.fd, SHUT_WR);
    assert_true(wait_for(KEDGE_INTEREST_READ, PATIENCE) & KEDGE_INTEREST_READ);
    assert_int_equal(s->ops->read(s, buf, sizeof buf), KEDGE_ERR_CLOSED);
    assert_int_equal(s->ops->read(s, buf, sizeof buf), KEDGE_ERR_CLOSED);
    assert_int_equal(s->ops->write(s, "half open", 9), 9);

    s->ops->close(s);
    assert_int_equal(s->ops->read(s, buf, sizeof buf), KEDGE_ERR_IO);
    assert_int_equal(s->ops->write(s, "x", 1), KEDGE_ERR_IO);
    end_peer(&p);
}

static void no_room_and_no_bytes_are_the_callers_error(void **state)
{
    (void)state;
    struct peer p;
    char buf[1];
    connect_both(&p);
    assert_int_equal(s->ops->read(s, buf, 0), KEDGE_ERR_ARGUMENT);
    assert_int_equal(s->ops->write(s, buf, 0), KEDGE_ERR_ARGUMENT);
    end_peer(&p);
}

// Closing with this, the kernel sends a reset.
static void reset_peer(struct peer *p)
{
    struct linger l = {1, 0};
    assert_int_equal(setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &l, sizeof l), 0);
    close(p->fd);
    p->fd = -1;
}

static void a_reset_is_an_error_and_no_end(void **state)
{
    (void)state;
    struct peer p;
    char buf[8];
    connect_both(&p);
    reset_peer(&p);
    assert_true(wait_for(KEDGE_INTEREST_READ, PATIENCE) & KEDGE_INTEREST_READ);
    assert_int_equal(s->ops->read(s, buf, sizeof buf), KEDGE_ERR_IO);
    end_peer(&p);
}

static void writing_to_a_reset_stream_raises_no_signal(void **state)
{
    (void)state;
    struct peer p;
    connect_both(&p);
    reset_peer(&p);
    wait_for(KEDGE_INTEREST_READ, PATIENCE);
    // The first meets the reset, the second a socket that is shut; SIGPIPE would end the test.
    assert_int_equal(s->ops->write(s, "x", 1), KEDGE_ERR_IO);
    assert_int_equal(s->ops->write(s, "x", 1), KEDGE_ERR_IO);
    end_peer(&p);
}

static unsigned char pattern(size_t i)
{
    return (unsigned char)(i * 31 + i / 251);
}

static size_t drain_peer(const struct peer *p, size_t from)
{
    unsigned char buf[4096];
    ssize_t n;
    while ((n = recv(p->fd, buf, sizeof buf, MSG_DONTWAIT)) > 0) {
        for (ssize_t i = 0; i < n; i++, from++)
            assert_int_equal(buf[i], pattern(from));
    }
    return from;
}

static void what_is_written_by_halves_arrives_whole(void **state)
{
    (void)state;
    enum { TOTAL = 8 << 20 };
    struct peer p;
    unsigned char *bytes = malloc(TOTAL);
    size_t sent = 0, got = 0;
    int blocked = 0;
    assert_non_null(bytes);
    for (size_t i = 0; i < TOTAL; i++)
        bytes[i] = pattern(i);
    connect_both(&p);
    while (sent < TOTAL) {
        int n = s->ops->write(s, bytes + sent, TOTAL - sent);
        if (n > 0) {
            sent += (size_t)n;
            continue;
        }
        assert_int_equal(n, KEDGE_WANT_WRITE);
        blocked++;
        assert_int_equal(wait_for(KEDGE_INTEREST_WRITE, 0), 0);
        got = drain_peer(&p, got);
        assert_true(wait_for(KEDGE_INTEREST_WRITE, PATIENCE) & KEDGE_INTEREST_WRITE);
    }
    s->ops->close(s);
    for (kedge_time deadline = now() + PATIENCE; got < TOTAL && now() < deadline;)
        got = drain_peer(&p, got);
    assert_int_equal(got, TOTAL);
    assert_true(blocked > 0);
    free(bytes);
    end_peer(&p);
}

// --- waiting -------------------------------------------------------------------------------------

static void wait_ends_at_its_deadline_and_not_before(void **state)
{
    (void)state;
    for (kedge_time pause = 1; pause <= 16; pause *= 2) {
        kedge_time deadline = now() + pause;
        assert_int_equal(port->wait(port, NULL, 0, deadline), KEDGE_OK);
        assert_true(now() >= deadline);
    }
}

static void a_deadline_that_has_passed_only_looks(void **state)
{
    (void)state;
    struct peer p;
    connect_both(&p);
    assert_int_equal(wait_for(KEDGE_INTEREST_READ, 0), 0);
    assert_int_equal(wait_for(KEDGE_INTEREST_READ | KEDGE_INTEREST_WRITE, 0), KEDGE_INTEREST_WRITE);
    struct kedge_wait w = {s, KEDGE_INTEREST_WRITE, 0};
    assert_int_equal(port->wait(port, &w, 1, INT64_MIN), KEDGE_OK);
    assert_int_equal(w.ready, KEDGE_INTEREST_WRITE);
    end_peer(&p);
}

static void without_interest_only_an_error_wakes(void **state)
{
    (void)state;
    struct peer p;
    connect_both(&p);
    assert_int_equal(write(p.fd, "x", 1), 1);
    assert_int_equal(wait_for(KEDGE_INTEREST_READ, PATIENCE), KEDGE_INTEREST_READ);
    assert_int_equal(wait_for(KEDGE_INTEREST_NONE, 0), 0);
    reset_peer(&p);
    assert_true(wait_for(KEDGE_INTEREST_NONE, PATIENCE) != 0);
    end_peer(&p);
}

static void each_of_several_streams_is_told_apart(void **state)
{
    (void)state;
    struct peer p[3];
    struct posix_stream streams[3];
    struct kedge_wait list[3];
    for (size_t i = 0; i < 3; i++) {
        connect_both(&p[i]);
        streams[i] = stream;
        port->stream_init(port, s);
        list[i] = (struct kedge_wait){&streams[i].stream, KEDGE_INTEREST_READ, 0xff};
    }
    assert_int_equal(write(p[1].fd, "x", 1), 1);
    while (list[1].ready != KEDGE_INTEREST_READ)
        assert_int_equal(port->wait(port, list, 3, now() + PATIENCE), KEDGE_OK);
    assert_int_equal(list[0].ready, 0);
    assert_int_equal(list[2].ready, 0);
    for (size_t i = 0; i < 3; i++) {
        streams[i].stream.ops->close(&streams[i].stream);
        end_peer(&p[i]);
    }
}

static void more_streams_than_it_can_watch_is_an_error(void **state)
{
    (void)state;
    static struct kedge_wait list[KEDGE_POSIX_STREAMS_MAX + 1];
    for (size_t i = 0; i <= KEDGE_POSIX_STREAMS_MAX; i++)
        list[i] = (struct kedge_wait){s, KEDGE_INTEREST_READ, 0};
    assert_int_equal(port->wait(port, list, KEDGE_POSIX_STREAMS_MAX + 1, 0), KEDGE_ERR_FULL);
    assert_int_equal(port->wait(port, list, KEDGE_POSIX_STREAMS_MAX, 0), KEDGE_OK);
}

static void a_wake_before_the_wait_is_not_lost(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        port->wake(port);
    assert_int_equal(port->wait(port, NULL, 0, KEDGE_FOREVER), KEDGE_OK);
    // All three were one.
    kedge_time deadline = now() + 2;
    assert_int_equal(port->wait(port, NULL, 0, deadline), KEDGE_OK);
    assert_true(now() >= deadline);
}

static void any_number_of_wakes_does_not_block(void **state)
{
    (void)state;
    for (int i = 0; i < 100000; i++)
        port->wake(port);
    // The pipe is full of them; each wait takes some.
    for (int i = 0; i < 100000; i++)
        assert_int_equal(port->wait(port, NULL, 0, 0), KEDGE_OK);
}

static void on_signal(int number)
{
    (void)number;
    errno = 12345; // a handler that is careless elsewhere
    port->wake(port);
    if (errno != 12345)
        abort();
    errno = 0;
}

struct caller {
    pthread_t main_thread;
    int kind;
};

static void *call_from_thread(void *argument)
{
    const struct caller *c = argument;
    if (c->kind == 0)
        port->wake(port);
    else
        pthread_kill(c->main_thread, SIGUSR1);
    return NULL;
}

static void a_thread_and_a_signal_handler_wake_the_wait(void **state)
{
    (void)state;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    // Both many times over: whether it comes before, in or after the poll is chance.
    for (int i = 0; i < 200; i++) {
        struct caller c = {pthread_self(), i % 2};
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, call_from_thread, &c), 0);
        assert_int_equal(port->wait(port, NULL, 0, KEDGE_FOREVER), KEDGE_OK);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(port->wait(port, NULL, 0, 0), KEDGE_OK);
    }
    signal(SIGUSR1, SIG_DFL);
}

static void two_ports_do_not_take_each_others_wakes(void **state)
{
    (void)state;
    struct kedge_posix_port other;
    assert_int_equal(kedge_posix_port_init(&other), KEDGE_OK);
    other.port.wake(&other.port);
    kedge_time deadline = now() + 2;
    assert_int_equal(port->wait(port, NULL, 0, deadline), KEDGE_OK);
    assert_true(now() >= deadline);
    assert_int_equal(other.port.wait(&other.port, NULL, 0, KEDGE_FOREVER), KEDGE_OK);
    kedge_posix_port_close(&other);
    kedge_posix_port_close(&other);
    kedge_posix_port_close(NULL);
    assert_int_equal(kedge_posix_port_init(NULL), KEDGE_ERR_ARGUMENT);
}

// --- clocks, entropy, files, environment ---------------------------------------------------------

static void the_clock_never_goes_back(void **state)
{
    (void)state;
    kedge_time before = now();
    for (int i = 0; i < 10000; i++) {
        kedge_time t = now();
        assert_true(t >= before);
        before = t;
    }
}

static void the_wall_clock_is_the_calendar_in_microseconds(void **state)
{
    (void)state;
    time_t before = time(NULL);
    kedge_timestamp t = port->wall_clock(port);
    // time() may lag behind by a tick of the kernel's.
    assert_true(t / 1000000 >= before && t / 1000000 <= time(NULL) + 1);
}

static void entropy_fills_all_of_the_buffer_with_other_bytes_each_time(void **state)
{
    (void)state;
    unsigned char a[1000], b[1000];
    memset(a, 0, sizeof a);
    memset(b, 0, sizeof b);
    assert_int_equal(port->entropy(port, a, sizeof a), KEDGE_OK);
    assert_int_equal(port->entropy(port, b, sizeof b), KEDGE_OK);
    // Eight equal bytes in a row by chance: once in 2^64.
    for (size_t i = 0; i + 8 <= sizeof a; i += 8)
        assert_memory_not_equal(a + i, b + i, 8);
    assert_int_equal(port->entropy(port, a, 0), KEDGE_OK);
}

static int getrandom_errors; // errno of its next calls; 0: as it is

// Stands before the C library's.
ssize_t getrandom(void *buf, size_t len, unsigned flags)
{
    if (getrandom_errors != 0) {
        errno = getrandom_errors;
        getrandom_errors = errno == EINTR ? 0 : getrandom_errors;
        return -1;
    }
    return syscall(SYS_getrandom, buf, len, flags);
}

static void entropy_comes_from_the_device_where_the_call_is_missing(void **state)
{
    (void)state;
    static const int errors[] = {ENOSYS, EPERM, EINTR};
    for (size_t i = 0; i < 3; i++) {
        unsigned char buf[64] = {0}, none[64] = {0};
        getrandom_errors = errors[i];
        assert_int_equal(port->entropy(port, buf, sizeof buf), KEDGE_OK);
        for (size_t at = 0; at < sizeof buf; at += 8)
            assert_memory_not_equal(buf + at, none + at, 8);
        getrandom_errors = 0;
    }
    struct rlimit before, nothing;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    nothing = before;
    nothing.rlim_cur = 0;
    unsigned char buf[8];
    getrandom_errors = ENOSYS;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &nothing), 0);
    kedge_err err = port->entropy(port, buf, sizeof buf);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    getrandom_errors = 0;
    assert_int_equal(err, KEDGE_ERR_ENTROPY);
}

static char folder[] = "/tmp/kedge_port_XXXXXX";
static char path[128];

static const char *in_folder(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state)
{
    memcpy(strrchr(folder, '_') + 1, "XXXXXX", 6);
    return mkdtemp(folder) != NULL ? setup(state) : -1;
}

static int remove_folder(void **state)
{
    unlink(in_folder("file"));
    unlink(in_folder("fifo"));
    return rmdir(folder) == 0 ? teardown(state) : -1;
}

static void write_file(const char *name, const char *text)
{
    FILE *f = fopen(in_folder(name), "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void a_file_is_read_in_pieces_from_any_place(void **state)
{
    (void)state;
    char buf[16];
    write_file("file", "0123456789");
    assert_int_equal(port->file(port, path, 0, buf, 4), 4);
    assert_memory_equal(buf, "0123", 4);
    assert_int_equal(port->file(port, path, 7, buf, sizeof buf), 3);
    assert_memory_equal(buf, "789", 3);
    assert_int_equal(port->file(port, path, 10, buf, sizeof buf), 0);
    assert_int_equal(port->file(port, path, 1000, buf, sizeof buf), 0);
    write_file("file", "");
    assert_int_equal(port->file(port, path, 0, buf, sizeof buf), 0);
    assert_int_equal(port->file(port, path, SIZE_MAX, buf, sizeof buf), KEDGE_ERR_FILE);
}

static void a_missing_file_is_told_from_an_unreadable_one(void **state)
{
    (void)state;
    char buf[4];
    assert_int_equal(port->file(port, in_folder("none"), 0, buf, 4), KEDGE_ERR_NOT_FOUND);
    assert_int_equal(port->file(port, "", 0, buf, 4), KEDGE_ERR_NOT_FOUND);
    assert_int_equal(port->file(port, folder, 0, buf, 4), KEDGE_ERR_FILE);
    write_file("file", "x");
    assert_int_equal(port->file(port, in_folder("file/below"), 0, buf, 4), KEDGE_ERR_FILE);
    assert_int_equal(chmod(in_folder("file"), 0), 0);
    if (geteuid() != 0)
        assert_int_equal(port->file(port, path, 0, buf, 4), KEDGE_ERR_FILE);
}

static void a_fifo_nobody_writes_to_does_not_hang(void **state)
{
    (void)state;
    char buf[4];
    assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
    assert_int_equal(port->file(port, path, 0, buf, 4), KEDGE_ERR_FILE);
}

static void a_file_leaves_no_descriptor_behind(void **state)
{
    (void)state;
    char buf[4];
    write_file("file", "x");
    int before = open_descriptors();
    port->file(port, path, 0, buf, 4);
    port->file(port, folder, 0, buf, 4);
    port->file(port, path, SIZE_MAX, buf, 4);
    assert_int_equal(open_descriptors(), before);
}

static void the_environment_is_the_processs(void **state)
{
    (void)state;
    setenv("KEDGE_TEST_VARIABLE", "value", 1);
    assert_string_equal(port->environment(port, "KEDGE_TEST_VARIABLE"), "value");
    unsetenv("KEDGE_TEST_VARIABLE");
    assert_null(port->environment(port, "KEDGE_TEST_VARIABLE"));
}

// --- what a program wants besides ----------------------------------------------------------------

static unsigned char memory[8192];

static void a_signal_stops_the_loop_and_the_second_has_its_own_meaning(void **state)
{
    (void)state;
    static const int signals[] = {SIGINT, SIGTERM};
    for (size_t i = 0; i < 2; i++) {
        struct kedge *k = kedge_init(memory, sizeof memory, port);
        assert_non_null(k);
        kedge_posix_stop_on_signals(k);
        raise(signals[i]);
        assert_int_equal(kedge_run(k), KEDGE_OK);
        assert_int_equal(kedge_poll(k, 0), KEDGE_ERR_STOPPED);
        struct sigaction action;
        assert_int_equal(sigaction(signals[i], NULL, &action), 0);
        assert_ptr_equal(action.sa_handler, SIG_DFL);
    }
    kedge_posix_stop_on_signals(NULL);
    struct sigaction action;
    assert_int_equal(sigaction(SIGINT, NULL, &action), 0);
    assert_ptr_equal(action.sa_handler, SIG_DFL);
}

// What `print` writes to stderr.
static const char *written(void (*print)(void))
{
    static char text[2048];
    FILE *f = tmpfile();
    int saved = dup(STDERR_FILENO);
    assert_true(f != NULL && saved >= 0);
    fflush(stderr);
    dup2(fileno(f), STDERR_FILENO);
    print();
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    text[n] = '\0';
    fclose(f);
    return text;
}

static struct kedge *failed;

static void print_failure(void)
{
    assert_int_equal(kedge_posix_fail(failed), 1);
}

static void print_log(void)
{
    kedge_posix_log(NULL, KEDGE_LOG_WARNING, "look here");
}

static void a_failure_is_printed_with_name_words_and_remedy(void **state)
{
    (void)state;
    failed = kedge_init(memory, sizeof memory, port);
    assert_non_null(strstr(written(print_failure), "nothing that was built did"));
    kedge__line_text(kedge__fail(failed, KEDGE_ERR_FILE), "/x/y: cannot be read");
    assert_string_equal(written(print_failure),
                        "KEDGE_ERR_FILE: /x/y: cannot be read\n"
                        "    a file cannot be read: check its path and permissions\n");
    failed = kedge_init(memory, sizeof memory, port);
    kedge__fail(failed, KEDGE_ERR_ENTROPY);
    assert_string_equal(written(print_failure),
                        "KEDGE_ERR_ENTROPY: the port has no random bytes\n");
    // A wait that timed out is no failure of the kedge, but has words.
    failed->failure = KEDGE_OK;
    kedge__line_text(&failed->failure_line, "the cache of pods did not sync in time");
    assert_string_equal(written(print_failure), "kedge: the cache of pods did not sync in time\n");
    failed = NULL;
    assert_non_null(strstr(written(print_failure), "too small"));
}

static void print_odd_log(void)
{
    kedge_posix_log(NULL, (enum kedge_log_level)9, "and here");
}

static void a_log_line_has_date_time_and_level(void **state)
{
    (void)state;
    assert_non_null(strstr(written(print_odd_log), "Z ?       and here\n"));
    int year, month, day, hour, minute, second, ms, end = 0;
    const char *line = written(print_log);
    int n = sscanf(line, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ WARNING look here%n", &year, &month, &day,
                   &hour, &minute, &second, &ms, &end);
    assert_int_equal(n, 7);
    assert_string_equal(line + end, "\n");
}

static void the_memory_report_is_a_table(void **state)
{
    (void)state;
    char text[1024];
    struct kedge *k = kedge_init(memory, sizeof memory, port);
    assert_non_null(kedge__take_bytes(k, "attic", 96));
    FILE *f = tmpfile();
    assert_non_null(f);
    kedge_posix_print_memory(k, f);
    rewind(f);
    assert_non_null(fgets(text, sizeof text, f));
    assert_string_equal(text, "memory, bytes              size       used       peak\n");
    assert_non_null(fgets(text, sizeof text, f));
    assert_memory_equal(text, "the whole block ", 16);
    assert_non_null(fgets(text, sizeof text, f));
    assert_memory_equal(text, "  kedge ", 8);
    assert_non_null(fgets(text, sizeof text, f));
    assert_memory_equal(text, "  attic ", 8);
    fclose(f);
}

#if KEDGE_THREADS
static int shared;

static void *other_thread(void *argument)
{
    (void)argument;
    port->lock(port, KEDGE_LOCK);
    shared++;
    port->lock(port, KEDGE_LOCK_WAKE);
    port->lock(port, KEDGE_UNLOCK);
    return NULL;
}

static void the_lock_is_recursive_and_waiting_lets_go_of_it(void **state)
{
    (void)state;
    pthread_t thread;
    port->lock(port, KEDGE_LOCK);
    port->lock(port, KEDGE_LOCK);
    port->lock(port, KEDGE_UNLOCK);
    assert_int_equal(pthread_create(&thread, NULL, other_thread, NULL), 0);
    while (shared == 0)
        port->lock(port, KEDGE_LOCK_WAIT);
    port->lock(port, KEDGE_UNLOCK);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(shared, 1);
}
#else
static void there_is_no_lock_without_threads(void **state)
{
    (void)state;
    assert_null(port->lock);
}
#endif

#define WITH_PORT(test)   cmocka_unit_test_setup_teardown(test, setup, teardown)
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PORT(it_connects_over_ipv4),
        WITH_PORT(it_connects_over_ipv6),
        WITH_PORT(it_connects_to_a_name_without_blocking),
        WITH_PORT(a_port_nobody_listens_on_is_a_connect_error),
        WITH_PORT(a_name_without_an_address_is_a_resolve_error),
        WITH_PORT(after_a_failure_the_same_stream_can_be_opened),
        WITH_PORT(the_next_address_is_tried_when_one_refuses),
        WITH_PORT(an_address_of_a_family_this_machine_lacks_is_passed_over),
        WITH_PORT(the_next_address_is_tried_when_one_is_silent),
        WITH_PORT(a_connection_that_takes_too_long_is_a_connect_error),
        WITH_PORT(an_address_that_cannot_be_connected_to_is_a_connect_error),
        WITH_PORT(without_a_descriptor_left_it_is_an_io_error),
        WITH_PORT(an_abandoned_look_up_leaves_nothing),
        WITH_PORT(literals_are_told_from_names),
        WITH_PORT(a_dead_peer_is_found_within_35_seconds),
        WITH_PORT(descriptors_do_not_leak_into_children),
        WITH_PORT(reading_gives_four_different_answers),
        WITH_PORT(no_room_and_no_bytes_are_the_callers_error),
        WITH_PORT(a_reset_is_an_error_and_no_end),
        WITH_PORT(writing_to_a_reset_stream_raises_no_signal),
        WITH_PORT(what_is_written_by_halves_arrives_whole),
        WITH_PORT(wait_ends_at_its_deadline_and_not_before),
        WITH_PORT(a_deadline_that_has_passed_only_looks),
        WITH_PORT(without_interest_only_an_error_wakes),
        WITH_PORT(each_of_several_streams_is_told_apart),
        WITH_PORT(more_streams_than_it_can_watch_is_an_error),
        WITH_PORT(a_wake_before_the_wait_is_not_lost),
        WITH_PORT(any_number_of_wakes_does_not_block),
        WITH_PORT(a_thread_and_a_signal_handler_wake_the_wait),
        WITH_PORT(two_ports_do_not_take_each_others_wakes),
        WITH_PORT(the_clock_never_goes_back),
        WITH_PORT(the_wall_clock_is_the_calendar_in_microseconds),
        WITH_PORT(entropy_fills_all_of_the_buffer_with_other_bytes_each_time),
        WITH_PORT(entropy_comes_from_the_device_where_the_call_is_missing),
        WITH_FOLDER(a_file_is_read_in_pieces_from_any_place),
        WITH_FOLDER(a_missing_file_is_told_from_an_unreadable_one),
        WITH_FOLDER(a_fifo_nobody_writes_to_does_not_hang),
        WITH_FOLDER(a_file_leaves_no_descriptor_behind),
        WITH_PORT(the_environment_is_the_processs),
        WITH_PORT(a_signal_stops_the_loop_and_the_second_has_its_own_meaning),
        WITH_PORT(a_failure_is_printed_with_name_words_and_remedy),
        WITH_PORT(a_log_line_has_date_time_and_level),
        WITH_PORT(the_memory_report_is_a_table),
#if KEDGE_THREADS
        WITH_PORT(the_lock_is_recursive_and_waiting_lets_go_of_it),
#else
        WITH_PORT(there_is_no_lock_without_threads),
#endif
    };
    return cmocka_run_group_tests_name("posix_port", tests, NULL, NULL);
}
