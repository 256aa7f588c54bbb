// SPDX-License-Identifier: Apache-2.0
// file.c - a piece of a file by its path. Nothing stays open, so a file that is replaced (as the
// kubelet does with tokens) is seen at the next call.
#define _POSIX_C_SOURCE 200809L

#include "posix_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

int kedge__posix_file(const struct kedge_port *port, const char *path, size_t offset, void *buf,
                      size_t cap)
{
    (void)port;
    // Non-blocking, since opening a FIFO nobody writes to would wait for ever. It is not readable
    // here anyway: a FIFO has no offsets.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? KEDGE_ERR_NOT_FOUND : KEDGE_ERR_FILE;

    off_t at = (off_t)offset;
    bool reachable = at >= 0 && (size_t)at == offset;
    ssize_t n = reachable ? pread(fd, buf, cap < INT_MAX ? cap : INT_MAX, at) : -1;
    close(fd);
    return n >= 0 ? (int)n : KEDGE_ERR_FILE;
}
