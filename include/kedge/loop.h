// SPDX-License-Identifier: Apache-2.0
// kedge/loop.h - the one object that everything hangs on, and the loop that drives it.
//
//     static unsigned char memory[256 * 1024];
//     struct kedge *k = kedge_init(memory, sizeof memory, kedge_posix());
//     ... constructors ...
//     return kedge_run(k) == KEDGE_OK ? 0 : kedge_posix_fail(k);
//
// Constructors (kedge_client_new, kedge_factory_new, ...) never need a check of their own: a failed
// one gives NULL, a call on NULL does nothing and returns an error, and the first failure is kept
// here: kedge_error, start, wait and run return it.
//
// Everything happens inside kedge_poll, kedge_run and kedge_factory_wait_for_cache_sync: only these
// read sockets, change caches, move records and call handlers. None may be called from a handler.
// Nothing here is for other threads but kedge_stop and kedge_wake.
#ifndef KEDGE_LOOP_H
#define KEDGE_LOOP_H

#include <stdbool.h>
#include <stddef.h>

#include <kedge/err.h>
#include <kedge/limits.h>
#include <kedge/port.h>
#include <kedge/text.h>
#include <kedge/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge;

extern const char KEDGE__LIMITS_SYMBOL;

// What kedge_init is; call kedge_init.
struct kedge *kedge__init(void *memory, size_t size, const struct kedge_port *port,
                          const char *limits);

// Makes a kedge in `memory`: all the memory it will ever use (mbedTLS and libyaml have allocators
// of their own). `memory` needs no alignment and, with `port`, outlives the kedge. NULL if `port`
// is NULL or the block is too small even for the kedge itself (about 1 KiB).
static inline struct kedge *kedge_init(void *memory, size_t size, const struct kedge_port *port)
{
    return kedge__init(memory, size, port, &KEDGE__LIMITS_SYMBOL);
}

// One turn: does what can be done now, a bounded amount; if that was nothing, waits up to `timeout`
// ms (KEDGE_FOREVER: until something happens; 0: not at all) and then does it.
//
// KEDGE_OK             also when the time-out passed
// KEDGE_ERR_STOPPED    kedge_stop was called
// KEDGE_ERR_REENTRANT  called from a handler
// KEDGE_ERR_ARGUMENT   k is NULL
// otherwise            the first failure of a constructor or of the port
kedge_err kedge_poll(struct kedge *k, kedge_time timeout);

// Polls until kedge_stop. KEDGE_OK after a stop; otherwise as kedge_poll.
kedge_err kedge_run(struct kedge *k);

// Ends kedge_run, and every wait of this kedge, at once and for good. Safe in a signal handler, an
// interrupt, another thread and a handler. NULL does nothing.
void kedge_stop(struct kedge *k);

// Makes a kedge_poll that waits now, or the next one, look again at once: after something outside
// has changed that kedge cannot see, such as a handler that is ready again. As safe as kedge_stop.
void kedge_wake(struct kedge *k);

// Wipes the whole block, the kedge too: for who would leave no secret behind (a cache of Secrets
// stays readable until then). Last of all, after kedge_factory_shutdown and kedge_client_free;
// nothing that was made in the block may be used again. NULL does nothing.
void kedge_wipe(struct kedge *k);

// What time it is by the calendar: the port's wall clock, else what the API server's replies say
// (clock_from_server of struct kedge_config, which names the limits of that); 0 while nobody knows,
// and of NULL. Safe wherever kedge may be called.
kedge_timestamp kedge_wall_clock(struct kedge *k);

// When kedge_poll next has something to do by the clock, in ms of the port's clock: 0 if at once,
// KEDGE_FOREVER if only a stream can wake it. With kedge_interests, for living in somebody else's
// event loop.
kedge_time kedge_next_deadline(const struct kedge *k);

// Writes what the streams wait for into `list` (`cap` entries) and returns how many there are,
// which may be more than `cap`.
size_t kedge_interests(const struct kedge *k, struct kedge_wait *list, size_t cap);

// The first failure of a constructor, or KEDGE_OK. KEDGE_ERR_ARGUMENT if `k` is NULL, which also
// means that the block given to kedge_init was too small.
kedge_err kedge_error(const struct kedge *k);

// The first failure in words: what was being built, what is wrong and where, how many bytes are
// lacking. After an answer that was no, such as KEDGE_ERR_TIMEOUT of
// kedge_factory_wait_for_cache_sync, that in words. Never NULL; "" if nothing failed. Lives as long
// as `k`.
const char *kedge_error_text(const struct kedge *k);

// Where messages go. Nothing is logged that is a secret.
enum kedge_log_level { KEDGE_LOG_ERROR, KEDGE_LOG_WARNING, KEDGE_LOG_INFO, KEDGE_LOG_DEBUG };

// Sends messages up to `level` to `log`, one line each without a newline; the text is good until it
// returns. NULL: no messages (the default). May be called at any time; `log` must not call kedge.
// With KEDGE_THREADS=1 it is called in whichever thread has something to say, with the lock held:
// so one message at a time, and it waits for no thread that calls kedge.
void kedge_log_to(struct kedge *k, enum kedge_log_level level,
                  void (*log)(void *ctx, enum kedge_log_level level, const char *text), void *ctx);

// Memory, part by part: bytes set aside, in use now, and at most ever used.
struct kedge_memory_part {
    const char *name; // "heap", "connection", ...; static storage
    size_t size;
    size_t used;
    size_t peak;
};

// Writes the report into `parts` (`cap` entries; the first is the whole block) and returns how many
// parts there are, which may be more than `cap`.
size_t kedge_memory_report(const struct kedge *k, struct kedge_memory_part *parts, size_t cap);

#ifdef __cplusplus
}
#endif
#endif
