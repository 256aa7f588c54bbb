// SPDX-License-Identifier: Apache-2.0
// file.c - a piece of a file by its path. Nothing stays open, so a file that is replaced (as the
// kubelet does with tokens) is seen at the next call.
#define _POSIX_C_SOURCE 200809L

#include "posix_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

// On file systems over a network or a program, a signal interrupts these two calls. That is no
// failure of the file.
int kedge__posix_open(const char *path)
{
    int fd;
    // Non-blocking, since opening a FIFO nobody writes to would wait for ever. It is not readable
    // here anyway: a FIFO has no offsets.
    do
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    while (fd < 0 && errno == EINTR);
    return fd;
}

static ssize_t read_at(int fd, void *buf, size_t cap, off_t at)
{
    ssize_t n;
    do
        n = pread(fd, buf, cap < INT_MAX ? cap : INT_MAX, at);
    while (n < 0 && errno == EINTR);
    return n;
}

int kedge__posix_file(const struct kedge_port *port, const char *path, size_t offset, void *buf,
                      size_t cap)
{
    (void)port;
    int fd = kedge__posix_open(path);
    if (fd < 0)
        return errno == ENOENT ? KEDGE_ERR_NOT_FOUND : KEDGE_ERR_FILE;

    off_t at = (off_t)offset;
    bool reachable = at >= 0 && (size_t)at == offset;
    ssize_t n = reachable ? read_at(fd, buf, cap, at) : -1;
    close(fd);
    return n >= 0 ? (int)n : KEDGE_ERR_FILE;
}
