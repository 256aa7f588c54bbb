// SPDX-License-Identifier: Apache-2.0
// wait.c - poll(2) over the streams and a pipe, by whose other end `wake` ends the wait.
//
// A wake writes a byte, so one that comes before the wait is not lost; the wait that sees it
// empties the pipe. Any number of wakes before that is one wake.
#define _POSIX_C_SOURCE 200809L

#include "posix_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

// poll counts by a clock that stands still while the device sleeps. Waking once a minute to look at
// the other one keeps every deadline within a minute after a sleep.
#define SLICE KEDGE_MINUTE

static bool prepare(int fd)
{
    return fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

bool kedge__posix_wake_open(struct kedge_posix_port *p)
{
    int ends[2] = {-1, -1};
    p->wake_read = p->wake_write = -1;
    if (pipe(ends) != 0)
        return false;
    p->wake_read = ends[0];
    p->wake_write = ends[1];
    if (prepare(ends[0]) && prepare(ends[1]))
        return true;
    kedge__posix_wake_close(p);
    return false;
}

void kedge__posix_wake_close(struct kedge_posix_port *p)
{
    if (p->wake_read >= 0)
        close(p->wake_read);
    if (p->wake_write >= 0)
        close(p->wake_write);
    p->wake_read = p->wake_write = -1;
}

// Runs in signal handlers: nothing but write, and errno as it was. A full pipe is awake already.
void kedge__posix_wake(const struct kedge_port *port)
{
    const struct kedge_posix_port *p = (const struct kedge_posix_port *)port;
    int before = errno;
    ssize_t ignored = write(p->wake_write, "", 1);
    (void)ignored;
    errno = before;
}

static void drain(int fd)
{
    char bytes[64];
    // What is left, if ever, ends the next wait early, which is allowed.
    ssize_t ignored = read(fd, bytes, sizeof bytes);
    (void)ignored;
}

static short events_of(uint8_t interest)
{
    int events = 0;
    if (interest & KEDGE_INTEREST_READ)
        events |= POLLIN;
    if (interest & KEDGE_INTEREST_WRITE)
        events |= POLLOUT;
    return (short)events;
}

// An error is told whatever the interest: only a call on the stream can say which.
static uint8_t ready_of(short revents)
{
    int ready = KEDGE_INTEREST_NONE;
    if (revents & (POLLERR | POLLHUP | POLLNVAL))
        ready |= KEDGE_INTEREST_READ | KEDGE_INTEREST_WRITE;
    if (revents & POLLIN)
        ready |= KEDGE_INTEREST_READ;
    if (revents & POLLOUT)
        ready |= KEDGE_INTEREST_WRITE;
    return (uint8_t)ready;
}

static const struct posix_stream *stream_of(const struct kedge_wait *w)
{
    return (const struct posix_stream *)w->stream;
}

// Fills in what poll shall look at, and brings the deadline forward to that of an opening stream.
static kedge_time fill(struct pollfd *fds, struct kedge_wait *list, size_t count,
                       kedge_time deadline)
{
    for (size_t i = 0; i < count; i++) {
        const struct posix_stream *s = stream_of(&list[i]);
        kedge_time own = kedge__posix_stream_deadline(s);
        fds[i] = (struct pollfd){s->fd, events_of(list[i].interest), 0};
        list[i].ready = KEDGE_INTEREST_NONE;
        if (own < deadline)
            deadline = own;
    }
    return deadline;
}

static int timeout_until(kedge_time deadline, kedge_time now)
{
    if (deadline <= now)
        return 0;
    return (int)(deadline - now < SLICE ? deadline - now : SLICE);
}

// An opening stream whose time has come is ready for what it waits for: its open has to look.
static void take_results(const struct pollfd *fds, struct kedge_wait *list, size_t count,
                         kedge_time now)
{
    for (size_t i = 0; i < count; i++) {
        list[i].ready = ready_of(fds[i].revents);
        if (kedge__posix_stream_deadline(stream_of(&list[i])) <= now)
            list[i].ready = KEDGE_INTEREST_READ | KEDGE_INTEREST_WRITE;
    }
}

// `wake` is a file descriptor beside the streams; -1: none, which poll leaves out.
static kedge_err wait_for(const struct kedge_port *port, struct kedge_wait *list, size_t count,
                          kedge_time deadline, int wake)
{
    struct pollfd fds[KEDGE_POSIX_STREAMS_MAX + 1];
    if (count > KEDGE_POSIX_STREAMS_MAX)
        return KEDGE_ERR_FULL;

    deadline = fill(fds, list, count, deadline);
    fds[count] = (struct pollfd){wake, POLLIN, 0};
    int n = poll(fds, (nfds_t)count + 1, timeout_until(deadline, kedge__posix_clock(port)));
    // After a signal: back to the caller, who may have been stopped by it.
    if (n < 0)
        return errno == EINTR || errno == EAGAIN ? KEDGE_OK : KEDGE_ERR_IO;
    if (fds[count].revents != 0)
        drain(wake);
    take_results(fds, list, count, kedge__posix_clock(port));
    return KEDGE_OK;
}

kedge_err kedge__posix_wait(const struct kedge_port *port, struct kedge_wait *list, size_t count,
                            kedge_time deadline)
{
    const struct kedge_posix_port *p = (const struct kedge_posix_port *)port;
    return wait_for(port, list, count, deadline, p->wake_read);
}

#if KEDGE_THREADS
kedge_err kedge__posix_wait_in_thread(const struct kedge_port *port, struct kedge_wait *list,
                                      size_t count, kedge_time deadline)
{
    return wait_for(port, list, count, deadline, -1);
}
#endif
