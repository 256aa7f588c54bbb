// SPDX-License-Identifier: Apache-2.0
// The POSIX port with every call to the system failing in turn, interrupted, or doing less than it
// was asked for. The linker leads each of them through here (see unit.mk).
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../port/posix/posix_priv.h"
#include "traces.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE (10 * KEDGE_SECOND)
#define TEXT     "what the file holds"

enum call {
    SOCKET,
    CONNECT,
    GETSOCKOPT,
    SETSOCKOPT,
    GETSOCKNAME,
    GETPEERNAME,
    RECV,
    SEND,
    ANSWER, // the resolver's thread sends: no signal interrupts it, and it may block
    POLL,
    PIPE,
    FCNTL,
    SOCKETPAIR,
    OPEN,
    PREAD,
    READ,
    WRITE,
    GETRANDOM,
    CLOCK,
    GETADDRINFO,
    THREAD,
    MALLOC,
    CALLS
};

// What a call may fail with, and what the port may then answer beside KEDGE_OK.
static const struct {
    const char *name;
    int errors[3];
    kedge_err answers[2];
} plans[CALLS] = {
    [SOCKET] = {"socket", {EMFILE, EAFNOSUPPORT}, {KEDGE_ERR_IO, KEDGE_ERR_CONNECT}},
    [CONNECT] = {"connect", {EINTR, ECONNREFUSED, ENETUNREACH}, {KEDGE_ERR_CONNECT}},
    [GETSOCKOPT] = {"getsockopt", {ENOBUFS}, {KEDGE_ERR_CONNECT}},
    [SETSOCKOPT] = {"setsockopt", {ENOPROTOOPT, EPERM}, {KEDGE_OK}},
    [GETSOCKNAME] = {"getsockname", {ENOBUFS}, {KEDGE_OK}},
    [GETPEERNAME] = {"getpeername", {ENOBUFS}, {KEDGE_OK}},
    [RECV] = {"recv", {EINTR, EAGAIN, ECONNRESET}, {KEDGE_ERR_IO}},
    [SEND] = {"send", {EINTR, EAGAIN, EPIPE}, {KEDGE_ERR_IO}},
    [ANSWER] = {"send, resolver", {EPIPE, ENOBUFS}, {KEDGE_ERR_RESOLVE}},
    [POLL] = {"poll", {EINTR, EAGAIN, ENOMEM}, {KEDGE_ERR_IO, KEDGE_ERR_CONNECT}},
    [PIPE] = {"pipe", {EMFILE, ENFILE}, {KEDGE_ERR_IO}},
    [FCNTL] = {"fcntl", {EPERM}, {KEDGE_ERR_IO}},
    [SOCKETPAIR] = {"socketpair", {EMFILE}, {KEDGE_ERR_IO}},
    [OPEN] = {"open", {EINTR, EACCES, EMFILE}, {KEDGE_ERR_FILE, KEDGE_ERR_ENTROPY}},
    [PREAD] = {"pread", {EINTR, EIO}, {KEDGE_ERR_FILE}},
    [READ] = {"read", {EINTR, EIO}, {KEDGE_ERR_ENTROPY}},
    [WRITE] = {"write", {EAGAIN}, {KEDGE_OK}},
    [GETRANDOM] = {"getrandom", {EINTR, ENOSYS}, {KEDGE_OK}},
    [CLOCK] = {"clock_gettime", {EINVAL}, {KEDGE_OK}},
    [GETADDRINFO] = {"getaddrinfo", {EAI_AGAIN, EAI_NONAME}, {KEDGE_ERR_RESOLVE}},
    [THREAD] = {"pthread_create", {EAGAIN}, {KEDGE_ERR_IO}},
    [MALLOC] = {"malloc", {ENOMEM}, {KEDGE_ERR_IO}},
};

static struct {
    bool armed;
    bool no_getrandom; // so that the device is read
    size_t most;       // bytes that one call moves; 0: all
    int error;
    enum call call;
    unsigned fail_at; // the first of `call` is 1; 0: none
    atomic_uint calls[CALLS];
} unkind;

static bool fails(enum call call)
{
    if (!unkind.armed)
        return false;
    unsigned n = atomic_fetch_add(&unkind.calls[call], 1) + 1;
    if (call != unkind.call || n != unkind.fail_at)
        return false;
    errno = unkind.error;
    return true;
}

static size_t most(size_t len)
{
    return unkind.armed && unkind.most > 0 && unkind.most < len ? unkind.most : len;
}

// The system moves so few bytes between two local sockets as one piece.
static bool is_answer(size_t len)
{
    return len == sizeof(struct posix_addresses);
}

// ---- the calls

#define REAL(type, name, ...)        \
    type __real_##name(__VA_ARGS__); \
    type __wrap_##name(__VA_ARGS__)

REAL(int, socket, int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol)
{
    return fails(SOCKET) ? -1 : __real_socket(domain, type, protocol);
}

// An interrupted connect goes on all the same.
REAL(int, connect, int fd, const struct sockaddr *a, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *a, socklen_t len)
{
    bool failed = fails(CONNECT);
    if (failed && errno != EINTR)
        return -1;
    int result = __real_connect(fd, a, len);
    if (failed)
        errno = EINTR;
    return failed ? -1 : result;
}

REAL(int, getsockopt, int fd, int level, int name, void *value, socklen_t *len);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
    return fails(GETSOCKOPT) ? -1 : __real_getsockopt(fd, level, name, value, len);
}

REAL(int, setsockopt, int fd, int level, int name, const void *value, socklen_t len);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
    return fails(SETSOCKOPT) ? -1 : __real_setsockopt(fd, level, name, value, len);
}

REAL(int, getsockname, int fd, struct sockaddr *a, socklen_t *len);
int __wrap_getsockname(int fd, struct sockaddr *a, socklen_t *len)
{
    return fails(GETSOCKNAME) ? -1 : __real_getsockname(fd, a, len);
}

REAL(int, getpeername, int fd, struct sockaddr *a, socklen_t *len);
int __wrap_getpeername(int fd, struct sockaddr *a, socklen_t *len)
{
    return fails(GETPEERNAME) ? -1 : __real_getpeername(fd, a, len);
}

REAL(ssize_t, recv, int fd, void *buf, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *buf, size_t len, int flags)
{
    return fails(RECV) ? -1 : __real_recv(fd, buf, is_answer(len) ? len : most(len), flags);
}

REAL(ssize_t, send, int fd, const void *buf, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *buf, size_t len, int flags)
{
    if (is_answer(len))
        return fails(ANSWER) ? -1 : __real_send(fd, buf, len, flags);
    return fails(SEND) ? -1 : __real_send(fd, buf, most(len), flags);
}

REAL(int, poll, struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    return fails(POLL) ? -1 : __real_poll(fds, count, timeout);
}

REAL(int, pipe, int ends[2]);
int __wrap_pipe(int ends[2])
{
    return fails(PIPE) ? -1 : __real_pipe(ends);
}

// The port sets flags only.
int __real_fcntl(int fd, int what, ...);
int __wrap_fcntl(int fd, int what, int value);
int __wrap_fcntl(int fd, int what, int value)
{
    return fails(FCNTL) ? -1 : __real_fcntl(fd, what, value);
}

REAL(int, socketpair, int domain, int type, int protocol, int ends[2]);
int __wrap_socketpair(int domain, int type, int protocol, int ends[2])
{
    return fails(SOCKETPAIR) ? -1 : __real_socketpair(domain, type, protocol, ends);
}

// The port only reads, so there is no mode.
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags);
int __wrap_open(const char *path, int flags)
{
    return fails(OPEN) ? -1 : __real_open(path, flags);
}

REAL(ssize_t, pread, int fd, void *buf, size_t len, off_t at);
ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t at)
{
    return fails(PREAD) ? -1 : __real_pread(fd, buf, most(len), at);
}

REAL(ssize_t, read, int fd, void *buf, size_t len);
ssize_t __wrap_read(int fd, void *buf, size_t len)
{
    return fails(READ) ? -1 : __real_read(fd, buf, most(len));
}

REAL(ssize_t, write, int fd, const void *buf, size_t len);
ssize_t __wrap_write(int fd, const void *buf, size_t len)
{
    return fails(WRITE) ? -1 : __real_write(fd, buf, len);
}

// Never fails, and never closes what is not open.
REAL(int, close, int fd);
int __wrap_close(int fd)
{
    int result = __real_close(fd);
    if (result != 0)
        abort();
    return result;
}

REAL(ssize_t, getrandom, void *buf, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *buf, size_t len, unsigned flags)
{
    if (fails(GETRANDOM))
        return -1;
    if (unkind.armed && unkind.no_getrandom) {
        errno = ENOSYS;
        return -1;
    }
    return __real_getrandom(buf, most(len), flags);
}

REAL(int, clock_gettime, clockid_t clock, struct timespec *t);
int __wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
    return fails(CLOCK) ? -1 : __real_clock_gettime(clock, t);
}

// Any name is this machine's.
REAL(int, getaddrinfo, const char *host, const char *service, const struct addrinfo *hints,
     struct addrinfo **out);
int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                       struct addrinfo **out)
{
    (void)host;
    return fails(GETADDRINFO) ? unkind.error : __real_getaddrinfo("127.0.0.1", service, hints, out);
}

REAL(int, pthread_create, pthread_t *t, const pthread_attr_t *a, void *(*run)(void *), void *ctx);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*run)(void *), void *ctx)
{
    return fails(THREAD) ? unkind.error : __real_pthread_create(t, a, run, ctx);
}

REAL(void *, malloc, size_t size);
void *__wrap_malloc(size_t size)
{
    return fails(MALLOC) ? NULL : __real_malloc(size);
}

// ---- one run: all that a port is asked for

static struct kedge_posix_port port;
static struct posix_stream stream;
static struct kedge_stream *s = &stream.stream;
static int listener = -1;
static uint16_t number;
static char path[64];

static kedge_time now(void)
{
    return port.port.clock(&port.port);
}

static kedge_err wait_for(kedge_err want, kedge_time patience)
{
    struct kedge_wait w = {s, want == KEDGE_WANT_READ ? KEDGE_INTEREST_READ : KEDGE_INTEREST_WRITE,
                           0};
    return port.port.wait(&port.port, &w, 1, now() + patience);
}

static bool wants(int n)
{
    return n == KEDGE_WANT_READ || n == KEDGE_WANT_WRITE;
}

static kedge_err connect_to(const char *host)
{
    kedge_err err = s->ops->open(s, host, number);
    while (wants(err)) {
        kedge_err waited = wait_for(err, PATIENCE);
        if (waited != KEDGE_OK)
            return waited;
        err = s->ops->open(s, host, number);
    }
    return err;
}

static kedge_err transfer(bool writing, char *buf, size_t len)
{
    for (size_t at = 0; at < len;) {
        int n =
            writing ? s->ops->write(s, buf + at, len - at) : s->ops->read(s, buf + at, len - at);
        kedge_err err = wants(n) ? wait_for((kedge_err)n, PATIENCE)
                        : n < 0  ? (kedge_err)n
                                 : KEDGE_OK;
        if (err != KEDGE_OK)
            return err;
        at += n > 0 ? (size_t)n : 0;
    }
    return KEDGE_OK;
}

// The peer is this process too, by calls that are never unkind.
static kedge_err talk(void)
{
    char hello[] = "hello", world[6];
    int peer = accept(listener, NULL, NULL);
    assert_true(peer >= 0);
    kedge_err err = transfer(true, hello, 5);
    if (err == KEDGE_OK) {
        char heard[5];
        assert_int_equal(__real_recv(peer, heard, 5, MSG_WAITALL), 5);
        assert_memory_equal(heard, "hello", 5);
        assert_int_equal(__real_send(peer, "world!", 6, 0), 6);
        err = transfer(false, world, 6);
        if (err == KEDGE_OK)
            assert_memory_equal(world, "world!", 6);
    }
    __real_close(peer);
    if (err == KEDGE_OK) {
        err = transfer(false, world, 1);
        err = err == KEDGE_ERR_CLOSED ? KEDGE_OK : err;
    }
    return err;
}

static kedge_err connect_and_talk(const char *host)
{
    kedge_err err = connect_to(host);
    if (err == KEDGE_OK)
        err = talk();
    s->ops->close(s);
    return err;
}

static kedge_err read_file(void)
{
    char got[64];
    size_t len = 0;
    int n;
    while ((n = port.port.file(&port.port, path, len, got + len, 7)) > 0)
        len += (size_t)n;
    if (n == 0) {
        assert_int_equal(len, sizeof TEXT - 1);
        assert_memory_equal(got, TEXT, len);
    }
    return (kedge_err)n;
}

static kedge_err use_all(void)
{
    unsigned char random[40] = {0}, none[40] = {0};
    kedge_err err = port.port.entropy(&port.port, random, sizeof random);
    if (err == KEDGE_OK)
        assert_memory_not_equal(random + 32, none, 8);
    if (err == KEDGE_OK)
        err = read_file();
    if (err == KEDGE_OK)
        err = connect_and_talk("name.test");
    if (err == KEDGE_OK)
        err = connect_and_talk("127.0.0.1");
    if (err == KEDGE_OK) {
        port.port.wake(&port.port);
        err = port.port.wait(&port.port, NULL, 0, now() + 20);
    }
    return err;
}

// The helper thread may end a little later than its answer.
static void no_descriptor_is_left(int before)
{
    kedge_time until = kedge__posix_clock(NULL) + PATIENCE;
    while (open_descriptors() != before) {
        if (kedge__posix_clock(NULL) > until)
            fail_msg("%s: %d descriptors, %d before", plans[unkind.call].name, open_descriptors(),
                     before);
        sched_yield();
    }
}

static void drop_unaccepted(void)
{
    struct pollfd p = {listener, POLLIN, 0};
    while (__real_poll(&p, 1, 0) == 1)
        __real_close(accept(listener, NULL, NULL));
}

static kedge_err run(void)
{
    int before = open_descriptors();
    kedge_time began = kedge__posix_clock(NULL);
    memset(unkind.calls, 0, sizeof unkind.calls);
    unkind.armed = true;
    kedge_err err = kedge_posix_port_init(&port);
    if (err == KEDGE_OK) {
        port.port.stream_init(&port.port, s);
        err = use_all();
    }
    kedge_posix_port_close(&port);
    unkind.armed = false;
    drop_unaccepted();
    no_descriptor_is_left(before);
    assert_true(kedge__posix_clock(NULL) - began < PATIENCE / 2);
    return err;
}

// ---- sweeps

static void is_allowed(enum call call, int error, kedge_err err)
{
    // Who is interrupted, or told to come again, does.
    bool again = error == EINTR || (error == EAGAIN && call != THREAD);
    bool allowed = err == KEDGE_OK;
    for (size_t i = 0; i < 2 && !again; i++)
        allowed = allowed || err == plans[call].answers[i];
    if (!allowed)
        fail_msg("%s, call %u, %s: %s", plans[call].name, unkind.fail_at, strerror(error),
                 kedge_err_name(err));
}

// Fails the 1st of these calls, then the 2nd, until a run needs fewer; after each the next run, of
// the same stream, is as good as ever.
static unsigned fail_each(enum call call, int error)
{
    unkind.call = call;
    unkind.error = error;
    for (unkind.fail_at = 1;; unkind.fail_at++) {
        kedge_err err = run();
        unsigned calls = unkind.calls[call];
        is_allowed(call, error, err);
        if (calls < unkind.fail_at) {
            assert_int_equal(err, KEDGE_OK);
            unsigned made = unkind.fail_at - 1;
            unkind.fail_at = 0;
            return made;
        }
    }
}

static void whichever_call_fails(void **state)
{
    (void)state;
    for (int device = 0; device < 2; device++) {
        unkind.no_getrandom = device;
        for (enum call call = 0; call < CALLS; call++) {
            for (size_t e = 0; e < 3 && plans[call].errors[e] != 0; e++) {
                unsigned calls = fail_each(call, plans[call].errors[e]);
                if (e == 0 && !device)
                    print_message("%-14s %2u calls\n", plans[call].name, calls);
                assert_in_range(calls, 1, 100);
            }
        }
    }
    unkind.no_getrandom = false;
}

static void however_little_a_call_moves(void **state)
{
    (void)state;
    unkind.fail_at = 0;
    for (unkind.most = 1; unkind.most < 8; unkind.most++) {
        for (int device = 0; device < 2; device++) {
            unkind.no_getrandom = device;
            assert_int_equal(run(), KEDGE_OK);
        }
    }
    unkind.no_getrandom = false;
    unkind.most = 1;
    for (enum call call = RECV; call <= SEND; call++)
        fail_each(call, EINTR);
    unkind.most = 0;
}

static int setup(void **state)
{
    (void)state;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof a;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&a, len), 0);
    assert_int_equal(listen(listener, 16), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&a, &len), 0);
    number = ntohs(a.sin_port);
    snprintf(path, sizeof path, "/tmp/kedge-sweeps-XXXXXX");
    int fd = mkstemp(path);
    assert_int_equal(write(fd, TEXT, sizeof TEXT - 1), sizeof TEXT - 1);
    return close(fd);
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whichever_call_fails),
        cmocka_unit_test(however_little_a_call_moves),
    };
    return cmocka_run_group_tests_name("sweeps_posix", tests, setup, teardown);
}
