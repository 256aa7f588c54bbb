// SPDX-License-Identifier: Apache-2.0
// kedge/port.h - what kedge asks of a platform: write this for a board and kedge runs there.
//
// A port is one constant struct of functions. Nothing in kedge calls the platform but through it.
// A port embeds `struct kedge_stream` first in its own socket struct, so no call needs a context:
//
//     struct my_socket { struct kedge_stream stream; int handle; };
//
// No function may block, but `wait`.
#ifndef KEDGE_PORT_H
#define KEDGE_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kedge/err.h>
#include <kedge/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_stream;
struct kedge_port;

// A byte stream that never blocks. TCP is one, TLS over it is one, a test's script is one.
struct kedge_stream_ops {
    // Starts to connect to `host` (a name, an IPv4 or an IPv6 literal without brackets) and `port`,
    // or goes on connecting; called again with the same arguments until it is done. `host` lives
    // until then. Name resolution may be part of it.
    //
    // KEDGE_OK            connected
    // KEDGE_WANT_READ, KEDGE_WANT_WRITE   not yet
    // KEDGE_ERR_RESOLVE   the name has no address
    // KEDGE_ERR_CONNECT   refused, unreachable or timed out
    // KEDGE_ERR_IO        anything else
    kedge_err (*open)(struct kedge_stream *s, const char *host, uint16_t port);

    // Reads 1 to `cap` bytes and returns how many; never 0. Four different answers: bytes,
    // KEDGE_WANT_READ or KEDGE_WANT_WRITE (nothing now), KEDGE_ERR_CLOSED (an orderly end),
    // another error (the stream is broken; only close helps).
    int (*read)(struct kedge_stream *s, void *buf, size_t cap);

    // Writes 1 to `len` bytes and returns how many; never 0. After KEDGE_WANT_*, call again with
    // the same bytes: TLS may hold some of them encrypted already.
    int (*write)(struct kedge_stream *s, const void *buf, size_t len);

    // Ends the stream and frees what the platform holds for it. May be opened again afterwards.
    // Closing what is closed, or was never opened, does nothing. Always succeeds.
    void (*close)(struct kedge_stream *s);
};

struct kedge_stream {
    const struct kedge_stream_ops *ops;
    // The stream that this one runs over (TLS: its TCP); NULL for a port's own. `wait` only ever
    // sees streams whose `below` is NULL.
    struct kedge_stream *below;
};

enum { KEDGE_INTEREST_NONE = 0, KEDGE_INTEREST_READ = 1, KEDGE_INTEREST_WRITE = 2 };

// One stream to wait for.
struct kedge_wait {
    struct kedge_stream *stream; // one of the port's own, open or opening
    uint8_t interest;            // KEDGE_INTEREST_READ and WRITE, or NONE: then only errors wake
    uint8_t ready;               // set by `wait`: the interests (or an error) that are ready now
};

enum kedge_lock_op { KEDGE_LOCK, KEDGE_UNLOCK, KEDGE_LOCK_WAIT, KEDGE_LOCK_WAKE };

// A command to run. All of it is borrowed until its stream is closed.
struct kedge_command {
    const char *const
        *argv;              // a path (it has a '/') or a name to look up, then arguments; then NULL
    const char *const *env; // "NAME=value", added to the process's environment and winning; NULL
    bool interactive;       // it may read what the process's standard input gives; else nothing
};

// Processes, where the platform has them.
struct kedge_port_processes {
    // Bytes of a stream that runs a command, aligned as max_align_t; `init` makes one there,
    // closed.
    //
    // open (its host and port mean nothing) starts the command: KEDGE_OK; KEDGE_ERR_NOT_FOUND:
    // there is no such command; KEDGE_ERR_FILE: it cannot be executed; KEDGE_ERR_IO: no process can
    // be had. read gives its standard output, then KEDGE_ERR_CLOSED if it has ended with exit code
    // 0 and KEDGE_ERR_IO if in any other way. write: KEDGE_ERR_UNSUPPORTED. close ends the command
    // if it still runs, and leaves no process behind. No shell is in between, and no other file of
    // the process is passed on than standard error.
    size_t size;
    void (*init)(const struct kedge_port *port, struct kedge_stream *s,
                 const struct kedge_command *command);

    // True if standard input is a terminal, with a human being behind it.
    bool (*has_terminal)(const struct kedge_port *port);
};

struct kedge_port {
    // "posix", "lwip", ...; for messages.
    const char *name;

    // Bytes of one stream of this port, aligned as max_align_t; `stream_init` makes one there,
    // closed. The bytes belong to kedge and outlive the stream; there is no un-init beyond close.
    size_t stream_size;
    void (*stream_init)(const struct kedge_port *port, struct kedge_stream *s);

    // Waits until one of the `count` streams is ready, `wake` was called, or the clock has reached
    // `deadline` (KEDGE_FOREVER: no deadline; at or before now: only looks). Sets every `ready`.
    // May return early, never late. An error on a stream makes it ready for both interests. A
    // stream that is opening is ready too when its open wants to be called though nothing came.
    // KEDGE_OK, KEDGE_ERR_FULL (more streams than the port can watch), or KEDGE_ERR_IO if waiting
    // is impossible.
    kedge_err (*wait)(const struct kedge_port *port, struct kedge_wait *list, size_t count,
                      kedge_time deadline);

    // Makes a `wait` that runs now, or the next one, return at once. Safe in a signal handler, an
    // interrupt and another thread.
    void (*wake)(const struct kedge_port *port);

    // Milliseconds of a clock that goes on while the device sleeps, if it can, and never goes back.
    // Where it does all the same, no time has passed for kedge; only a wait that is under way may
    // end later by as much. Extend a counter of 32 bits, which begins anew after 49 days, to 64.
    kedge_time (*clock)(const struct kedge_port *port);

    // The calendar, or 0 where the device does not know it: then clock_from_server of struct
    // kedge_config may help.
    kedge_timestamp (*wall_clock)(const struct kedge_port *port);

    // Fills `buf` with bytes nobody can guess. KEDGE_OK or KEDGE_ERR_ENTROPY. May block right after
    // a boot, until there are such bytes.
    kedge_err (*entropy)(const struct kedge_port *port, void *buf, size_t len);

    // Reads up to `cap` bytes of the file from byte `offset` on and returns how many; 0 at its end.
    // KEDGE_ERR_NOT_FOUND (no such file), KEDGE_ERR_FILE (there, but a directory or not readable),
    // KEDGE_ERR_UNSUPPORTED (the port has no files). NULL: the port has no files.
    int (*file)(const struct kedge_port *port, const char *path, size_t offset, void *buf,
                size_t cap);

    // The value of an environment variable, or NULL. Lives until the environment changes; kedge
    // copies what it keeps. NULL: the port has no environment.
    const char *(*environment)(const struct kedge_port *port, const char *name);

    // Only with KEDGE_THREADS=1, else NULL: one recursive lock and one condition.
    void (*lock)(const struct kedge_port *port, enum kedge_lock_op op);

    // Only with KEDGE_THREADS=1, else NULL: as `wait`, in other threads than the one that is in
    // `wait`, in any number of them at once, each with streams of its own. `wake` is not for it.
    // NULL: then requests wait in the polling thread only.
    kedge_err (*wait_in_thread)(const struct kedge_port *port, struct kedge_wait *list,
                                size_t count, kedge_time deadline);

    // NULL: the port runs no commands.
    const struct kedge_port_processes *processes;
};

#ifdef __cplusplus
}
#endif
#endif
