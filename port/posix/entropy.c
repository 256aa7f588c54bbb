// SPDX-License-Identifier: Apache-2.0
// entropy.c - the kernel's random bytes.
#define _DEFAULT_SOURCE

#include "posix_priv.h"

#include <errno.h>
#include <sys/random.h>
#include <unistd.h>

// For kernels without getrandom, and containers that forbid it.
static kedge_err from_device(unsigned char *buf, size_t len)
{
    int fd = kedge__posix_open("/dev/urandom");
    size_t got = 0;
    ssize_t n = 1;
    while (fd >= 0 && got < len && (n > 0 || (n < 0 && errno == EINTR))) {
        n = read(fd, buf + got, len - got);
        got += n > 0 ? (size_t)n : 0;
    }
    if (fd >= 0)
        close(fd);
    return got == len ? KEDGE_OK : KEDGE_ERR_ENTROPY;
}

kedge_err kedge__posix_entropy(const struct kedge_port *port, void *buf, size_t len)
{
    (void)port;
    unsigned char *at = buf;
    size_t got = 0;
    // This may block right after a boot, until the kernel has collected enough, and should: the
    // other answer would be keys that can be guessed.
    while (got < len) {
        ssize_t n = getrandom(at + got, len - got, 0);
        if (n < 0 && errno != EINTR)
            return from_device(at + got, len - got);
        got += n > 0 ? (size_t)n : 0;
    }
    return KEDGE_OK;
}
