// SPDX-License-Identifier: Apache-2.0
// posix_refusals.c - the POSIX port on a system that refuses: calls of the C library that fail,
// come back early or answer oddly. The functions below stand before the C library's own.
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../port/posix/posix_priv.h"
#include "own_call.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// The call that is refused next: its name, how many come before it, its errno.
static struct {
    const char *call;
    unsigned after;
    int with;
} refusal;

static bool refused(const char *call)
{
    if (refusal.call == NULL || strcmp(call, refusal.call) != 0 || refusal.after-- > 0)
        return false;
    refusal.call = NULL;
    errno = refusal.with;
    return true;
}

static void refuse(const char *call, unsigned after, int with)
{
    refusal.call = call;
    refusal.after = after;
    refusal.with = with;
}

int fcntl(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    long argument = va_arg(arguments, long);
    va_end(arguments);
    return refused("fcntl") ? -1 : (int)syscall(SYS_fcntl, fd, command, argument);
}

static kedge_time clock_ahead;

int clock_gettime(clockid_t id, struct timespec *t)
{
    if (refused("clock_gettime"))
        return -1;
    int result = (int)syscall(SYS_clock_gettime, id, t);
    t->tv_sec += clock_ahead / KEDGE_SECOND;
    return result;
}

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
    OWN(poll, int (*call)(struct pollfd *, nfds_t, int))
    return refused("poll") ? -1 : own.call(fds, count, timeout);
}

int pthread_attr_init(pthread_attr_t *a)
{
    OWN(pthread_attr_init, int (*call)(pthread_attr_t *))
    return refused("pthread_attr_init") ? EAGAIN : own.call(a);
}

int connect(int fd, const struct sockaddr *address, socklen_t len)
{
    return refused("connect") ? -1 : (int)syscall(SYS_connect, fd, address, len);
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
    return refused("getsockopt") ? -1 : (int)syscall(SYS_getsockopt, fd, level, name, value, len);
}

int getsockname(int fd, struct sockaddr *address, socklen_t *len)
{
    return refused("getsockname") ? -1 : (int)syscall(SYS_getsockname, fd, address, len);
}

static bool meets_itself;

int getpeername(int fd, struct sockaddr *address, socklen_t *len)
{
    if (refused("getpeername"))
        return -1;
    long call = meets_itself ? SYS_getsockname : SYS_getpeername;
    return (int)syscall(call, fd, address, len);
}

ssize_t recv(int fd, void *buf, size_t len, int flags)
{
    if (refused("recv"))
        return -1;
    return syscall(SYS_recvfrom, fd, buf, len, flags, NULL, NULL);
}

ssize_t send(int fd, const void *buf, size_t len, int flags)
{
    if (refused("send"))
        return -1;
    return syscall(SYS_sendto, fd, buf, len, flags, NULL, 0);
}

// A name has these addresses once the gate is open.
static struct addrinfo *addresses;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **result)
{
    (void)name;
    (void)service;
    (void)hints;
    pthread_mutex_lock(&gate);
    *result = addresses;
    pthread_mutex_unlock(&gate);
    return addresses != NULL ? 0 : EAI_NONAME;
}

void freeaddrinfo(struct addrinfo *list)
{
    (void)list;
}

// ---------------------------------------------------------------------------- fixture

static const struct kedge_port *port;
static struct posix_stream stream;
static struct kedge_stream *s = &stream.stream;
static int listener;
static struct sockaddr_in here;

static int set_up(void **state)
{
    (void)state;
    socklen_t len = sizeof here;
    port = kedge_posix();
    here = (struct sockaddr_in){.sin_family = AF_INET};
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (port == NULL || bind(listener, (struct sockaddr *)&here, sizeof here) != 0 ||
        listen(listener, 8) != 0 || getsockname(listener, (struct sockaddr *)&here, &len) != 0)
        return -1;
    port->stream_init(port, s);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    s->ops->close(s);
    close(listener);
    clock_ahead = 0;
    meets_itself = false;
    refusal.call = NULL;
    return 0;
}

// Opens until there is an answer.
static kedge_err open_stream(const char *host)
{
    kedge_err err;
    kedge_time end = port->clock(port) + 20 * KEDGE_SECOND;
    while ((err = s->ops->open(s, host, ntohs(here.sin_port))) == KEDGE_WANT_READ ||
           err == KEDGE_WANT_WRITE) {
        struct kedge_wait w = {
            s, err == KEDGE_WANT_READ ? KEDGE_INTEREST_READ : KEDGE_INTEREST_WRITE, 0};
        assert_true(port->clock(port) < end);
        assert_int_equal(port->wait(port, &w, 1, end), KEDGE_OK);
    }
    return err;
}

static int lowest_descriptor(void)
{
    int fd = dup(listener);
    close(fd);
    return fd;
}

// ---------------------------------------------------------------------------- tests

static void a_port_that_cannot_be_made_leaves_nothing(void **state)
{
    (void)state;
    int lowest = lowest_descriptor();
    for (unsigned after = 0; after < 4; after++) {
        struct kedge_posix_port p;
        refuse("fcntl", after, EIO);
        assert_int_equal(kedge_posix_port_init(&p), KEDGE_ERR_IO);
        assert_null(refusal.call);
        assert_int_equal(lowest_descriptor(), lowest);
    }
    assert_int_equal(kedge_posix_port_init(NULL), KEDGE_ERR_ARGUMENT);
    kedge_posix_port_close(NULL);
}

static void an_old_kernel_has_another_clock(void **state)
{
    (void)state;
    refuse("clock_gettime", 0, EINVAL);
    assert_true(port->clock(port) > 0);
    assert_null(refusal.call);
}

static void an_interrupted_wait_is_no_failure_and_a_wrong_one_is(void **state)
{
    (void)state;
    refuse("poll", 0, EINTR);
    assert_int_equal(port->wait(port, NULL, 0, KEDGE_FOREVER), KEDGE_OK);
    refuse("poll", 0, EAGAIN);
    assert_int_equal(port->wait(port, NULL, 0, KEDGE_FOREVER), KEDGE_OK);
    refuse("poll", 0, EINVAL);
    assert_int_equal(port->wait(port, NULL, 0, KEDGE_FOREVER), KEDGE_ERR_IO);
}

static void a_connect_that_is_interrupted_goes_on(void **state)
{
    (void)state;
    assert_int_equal(open_stream("127.0.0.1"), KEDGE_OK);
    s->ops->close(s);
    refuse("connect", 0, ENETUNREACH);
    assert_int_equal(open_stream("127.0.0.1"), KEDGE_ERR_CONNECT);
    refuse("getsockopt", 0, EIO);
    assert_int_equal(open_stream("127.0.0.1"), KEDGE_ERR_CONNECT);
}

// Nobody listens there, and TCP has given us the very port to connect from.
static void a_connection_to_itself_is_none(void **state)
{
    (void)state;
    meets_itself = true;
    assert_int_equal(open_stream("127.0.0.1"), KEDGE_ERR_CONNECT);
    // Where it cannot be told, it is taken for a good one.
    static const char *const calls[] = {"getsockname", "getpeername"};
    for (size_t i = 0; i < 2; i++) {
        refuse(calls[i], 0, EIO);
        assert_int_equal(open_stream("127.0.0.1"), KEDGE_OK);
        s->ops->close(s);
    }
}

static void an_interrupted_transfer_is_asked_for_again(void **state)
{
    (void)state;
    char byte = 'x';
    assert_int_equal(open_stream("127.0.0.1"), KEDGE_OK);
    refuse("recv", 0, EINTR);
    assert_int_equal(s->ops->read(s, &byte, 1), KEDGE_WANT_READ);
    refuse("send", 0, EINTR);
    assert_int_equal(s->ops->write(s, &byte, 1), KEDGE_WANT_WRITE);
    refuse("send", 0, EPIPE);
    assert_int_equal(s->ops->write(s, &byte, 1), KEDGE_ERR_IO);
}

static void a_look_up_that_cannot_start_is_an_io_error(void **state)
{
    (void)state;
    int lowest = lowest_descriptor();
    refuse("pthread_attr_init", 0, 0);
    assert_int_equal(open_stream("a.test"), KEDGE_ERR_IO);
    refuse("fcntl", 0, EIO);
    assert_int_equal(open_stream("a.test"), KEDGE_ERR_IO);
    assert_int_equal(lowest_descriptor(), lowest);
}

// Of what a resolver gives, what is no IPv4 or IPv6 address is passed over, and so is a ninth one.
static void only_so_many_addresses_of_the_internet_are_tried(void **state)
{
    (void)state;
    struct sockaddr_in nowhere = here;
    char large[256] = {0};
    struct addrinfo list[12];
    memset(list, 0, sizeof list);
    nowhere.sin_addr.s_addr = htonl(0xffffffff); // cannot be connected to
    for (size_t i = 0; i < 12; i++) {
        list[i].ai_family = AF_INET;
        list[i].ai_addr = (struct sockaddr *)&nowhere;
        list[i].ai_addrlen = sizeof nowhere;
        list[i].ai_next = i < 11 ? &list[i + 1] : NULL;
    }
    list[0].ai_family = AF_UNIX;
    list[1].ai_addr = (struct sockaddr *)large;
    list[1].ai_addrlen = sizeof large;
    list[9].ai_addr = (struct sockaddr *)&here; // the eighth that counts
    addresses = list;
    assert_int_equal(open_stream("a.test"), KEDGE_OK);
    s->ops->close(s);
    list[9].ai_addr = (struct sockaddr *)&nowhere;
    list[10].ai_addr = (struct sockaddr *)&here; // the ninth
    assert_int_equal(open_stream("a.test"), KEDGE_ERR_CONNECT);
    addresses = NULL;
    assert_int_equal(open_stream("a.test"), KEDGE_ERR_RESOLVE);
}

static void a_look_up_that_never_ends_is_given_up(void **state)
{
    (void)state;
    pthread_mutex_lock(&gate);
    assert_int_equal(s->ops->open(s, "a.test", 1), KEDGE_WANT_READ);
    assert_int_equal(s->ops->open(s, "a.test", 1), KEDGE_WANT_READ);
    clock_ahead = kedge__posix_stream_deadline(&stream) - port->clock(port) + KEDGE_SECOND;
    assert_int_equal(s->ops->open(s, "a.test", 1), KEDGE_ERR_RESOLVE);
    pthread_mutex_unlock(&gate);
}

static void an_answer_that_is_none_has_no_addresses(void **state)
{
    (void)state;
    int ends[2];
    struct posix_addresses answer = {.count = 1}, out;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(send(ends[1], &answer, sizeof answer, 0), sizeof answer);
    assert_true(kedge__posix_lookup_take(ends[0], &out));
    assert_int_equal(out.count, 1);
    answer.count = ADDRESSES_MAX + 1;
    send(ends[1], &answer, sizeof answer, 0);
    assert_true(kedge__posix_lookup_take(ends[0], &out));
    assert_int_equal(out.count, 0);
    answer.count = 1;
    send(ends[1], &answer, sizeof answer - 1, 0);
    assert_true(kedge__posix_lookup_take(ends[0], &out));
    assert_int_equal(out.count, 0);
    close(ends[1]);
    assert_true(kedge__posix_lookup_take(ends[0], &out));
    assert_int_equal(out.count, 0);
    close(ends[0]);
}

static void a_long_name_is_no_address(void **state)
{
    (void)state;
    struct posix_addresses out;
    assert_false(kedge__posix_literal(
        "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd", &out));
    assert_true(kedge__posix_literal("::1", &out));
    assert_false(kedge__posix_literal("fe80::1%no_such_zone", &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_port_that_cannot_be_made_leaves_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_old_kernel_has_another_clock, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_interrupted_wait_is_no_failure_and_a_wrong_one_is,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_connect_that_is_interrupted_goes_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_connection_to_itself_is_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_interrupted_transfer_is_asked_for_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_look_up_that_cannot_start_is_an_io_error, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(only_so_many_addresses_of_the_internet_are_tried, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_look_up_that_never_ends_is_given_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_answer_that_is_none_has_no_addresses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_long_name_is_no_address, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
