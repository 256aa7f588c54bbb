// SPDX-License-Identifier: Apache-2.0
// kedge/posix.h - the port for POSIX systems: Linux (glibc and musl), BSD. libkedge-posix.a.
//
//     struct kedge *k = kedge_init(memory, sizeof memory, kedge_posix());
//     kedge_posix_stop_on_signals(k);
//     ...
//     return kedge_run(k) == KEDGE_OK ? 0 : kedge_posix_fail(k);
//
// TCP over IPv4 and IPv6. A connection is given 30 s, name look-up included; a peer that died or
// became unreachable is a read error within 35 s, also while bytes of ours wait to be acknowledged.
// Names are looked up by a helper thread, which is the only thread there ever is and none for an
// address in figures.
#ifndef KEDGE_POSIX_H
#define KEDGE_POSIX_H

#include <stdio.h>

#include <kedge/err.h>
#include <kedge/loop.h>
#include <kedge/port.h>

#ifdef __cplusplus
extern "C" {
#endif

// Streams that one `wait` can watch; each costs it 8 bytes of stack while it runs. With more, it
// returns KEDGE_ERR_FULL.
#define KEDGE_POSIX_STREAMS_MAX 512

// The process's port, for a loop in one thread; always the same. NULL if the process has no file
// descriptor left for it.
const struct kedge_port *kedge_posix(void);

// A further port, for a second loop that waits in another thread at the same time: a wake belongs
// to a port, and one loop would take the other's. The struct is the caller's; its fields are not.
struct kedge_posix_port {
    struct kedge_port port;
    // Private.
    int wake_read;
    int wake_write;
};

// Makes a port in `p`, which outlives every kedge that uses it. KEDGE_ERR_ARGUMENT if `p` is NULL,
// KEDGE_ERR_IO if the process has no file descriptor left.
kedge_err kedge_posix_port_init(struct kedge_posix_port *p);

// Closes what `p` holds. NULL does nothing.
void kedge_posix_port_close(struct kedge_posix_port *p);

// The file descriptor under a stream of this port, for somebody else's event loop (kedge_interests
// tells the streams), or -1 if it is closed. It may change until the stream is connected, so ask
// before each wait; and while streams connect, call kedge_poll at least once a second.
int kedge_posix_fd(const struct kedge_stream *s);

// Prints the first failure of `k` to stderr: its name, what is wrong and what helps. Returns 1,
// what a program then exits with. `k` may be NULL: then kedge_init was given too little.
int kedge_posix_fail(const struct kedge *k);

// For kedge_log_to: a line to stderr, with date and time (UTC) and level. `ctx` is not used.
//
//     kedge_log_to(k, KEDGE_LOG_INFO, kedge_posix_log, NULL);
void kedge_posix_log(void *ctx, enum kedge_log_level level, const char *text);

// SIGINT and SIGTERM call kedge_stop(k) from now on; the second of the same kind ends the process
// as it always would. One kedge a process: the last call counts. NULL: the signals' own meaning
// again.
void kedge_posix_stop_on_signals(struct kedge *k);

// Prints the memory report of `k` as a table to `out`.
void kedge_posix_print_memory(const struct kedge *k, FILE *out);

#ifdef __cplusplus
}
#endif
#endif
