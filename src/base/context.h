// SPDX-License-Identifier: Apache-2.0
// context.h - the insides of struct kedge: arena, first failure, tasks of the loop.
#ifndef KEDGE_BASE_CONTEXT_H
#define KEDGE_BASE_CONTEXT_H

#include <signal.h>

#include "base/line.h"
#include "kedge/loop.h"

struct kedge__task;

// Something that the loop drives: an informer, a lone request. Embedded in its owner.
struct kedge__task_ops {
    // Goes as far as it can without blocking, a bounded amount. True if it got anywhere, so that
    // another turn may get further at once.
    bool (*step)(struct kedge__task *t, kedge_time now);
    // Applies at most a bounded number of deltas and calls handlers. True as for step. May be NULL.
    bool (*deliver)(struct kedge__task *t, kedge_time now);
    // Goes on while some request call waits and the loop stands still, for what must not be late: a
    // lease. As step, and as deliver where that calls nothing of the program's and touches no
    // record of a cache. NULL: the task stands still, too.
    bool (*meanwhile)(struct kedge__task *t, kedge_time now);
};

struct kedge__task {
    const struct kedge__task_ops *ops;
    struct kedge__task *next;
    kedge_time deadline;         // wants a step at this time; KEDGE_FOREVER: none
    struct kedge_stream *stream; // waits for this one; NULL: none
    uint8_t interest;            // KEDGE_INTEREST_*
};

// What a signal handler sets, or another thread, without the lock.
#if KEDGE_THREADS
#define KEDGE__SHARED _Atomic
#else
#define KEDGE__SHARED volatile
#endif

#define KEDGE__PARTS_MAX 24

// A part of the memory report; `used` may be kept up to date by its owner.
struct kedge__part {
    const char *name;
    size_t size;
    size_t used;
    size_t peak;
};

// What is used most comes first: short offsets make short code.
struct kedge {
    const struct kedge_port *port;
    unsigned char *base; // the block, aligned
    size_t size;
    size_t used;       // arena mark
    kedge_err failure; // the first
    enum kedge_log_level log_level;
    bool inside; // a poll is running
    bool again;  // there is something to do without waiting for anything
    KEDGE__SHARED sig_atomic_t stopped;
    struct kedge__task *tasks;
    size_t peak;
    size_t skip; // bytes before the block, lost to alignment

    void (*log)(void *ctx, enum kedge_log_level level, const char *text);
    void *log_ctx;

    struct kedge_wait *waits;
    size_t waits_cap;

    kedge_time clock_last;  // what kedge__clock said last
    kedge_time clock_ahead; // of the port's clock, by as much as that was set back

    bool wall_told;               // a server has said what time it is
    kedge_timestamp wall_at_zero; // then it was that time when kedge__clock was 0

    struct kedge__line failure_line;
    size_t part_count;
    struct kedge__part parts[KEDGE__PARTS_MAX];
    char failure_buf[KEDGE_ERROR_TEXT];
};

// Zeroed room for `count` objects of `size` bytes from the arena, or NULL: then the first failure
// says that `what` lacks so many bytes. `what` is static storage and names a part of the report;
// NULL: scratch, given back by kedge__reset before the call ends.
void *kedge__take(struct kedge *k, const char *what, size_t count, size_t size, size_t align);

#define KEDGE__NEW(k, what, type, count) \
    ((type *)kedge__take((k), (what), (count), sizeof(type), _Alignof(type)))

// Bytes as they come, aligned for anything.
void *kedge__take_bytes(struct kedge *k, const char *what, size_t bytes);

// A NUL-terminated copy in the arena, or NULL. The empty slice gives "".
const char *kedge__take_text(struct kedge *k, const char *what, kedge_str text);

// The same without zeroing: pages of a large block that are never used are never touched.
void *kedge__take_raw(struct kedge *k, const char *what, size_t bytes);

// All that is left, not zeroed, aligned for anything; *bytes says how many. Never NULL unless
// nothing is left.
void *kedge__take_rest(struct kedge *k, const char *what, size_t *bytes);

// The arena's mark, and back to it: everything taken since (scratch only) is wiped and free again.
size_t kedge__mark(const struct kedge *k);
void kedge__reset(struct kedge *k, size_t mark);

// The same for what is no scratch: `what` has taken everything since the mark.
void kedge__give_back(struct kedge *k, const char *what, size_t mark);

// Wipes a secret where it stands, if the arena holds it: a text of the program may lie in read-only
// memory.
void kedge__forget(const struct kedge *k, const char *text, size_t len);

// Records a failure if it is the first, and gives the line in which to say what failed; for a later
// one, a line that swallows what is written. Returns never NULL.
struct kedge__line *kedge__fail(struct kedge *k, kedge_err err);

// A part of the report by name (made if new), so that its owner can keep `used` and `peak`.
struct kedge__part *kedge__part(struct kedge *k, const char *what);

// Joins the loop; `t` lives until kedge__task_remove. KEDGE_ERR_MEMORY: see kedge__take.
kedge_err kedge__task_add(struct kedge *k, struct kedge__task *t);
void kedge__task_remove(struct kedge *k, struct kedge__task *t);

// For request calls that wait. One round over the tasks that go on meanwhile; true if any got
// somewhere. And the port's wait until our clock says `until`, for `s` (NULL: none) and for what
// these tasks wait for.
bool kedge__meanwhile(struct kedge *k, kedge_time now);
kedge_err kedge__wait_meanwhile(struct kedge *k, struct kedge_stream *s, uint8_t interest,
                                kedge_time until);

// For a request call that waits in a thread beside the one that polls, and holds the lock once:
// lets go of it while the port waits for `s` (NULL: none), until our clock says `until`, but not
// for long at a time, as nothing wakes it. Only with KEDGE_THREADS=1.
kedge_err kedge__wait_beside(struct kedge *k, struct kedge_stream *s, uint8_t interest,
                             kedge_time until);

// True if a message of that level would be seen.
bool kedge__log_wants(const struct kedge *k, enum kedge_log_level level);
void kedge__log(struct kedge *k, enum kedge_log_level level, const char *text);

// The moment `ms` from `now`, or never.
kedge_time kedge__after(kedge_time now, kedge_time ms);

// The port's answers, or what stands in for them where it has none. Where the port's clock goes
// back (a counter of 32 bits begins anew), no time has passed: this one never does. In any thread,
// with the lock held or without.
kedge_time kedge__clock(struct kedge *k);
// Somebody who was asked at `asked` has said, heard now, that it is `date`, in whole seconds: for a
// port without a calendar (kedge_wall_clock).
void kedge__wall_tell(struct kedge *k, kedge_timestamp date, kedge_time asked, kedge_time now);
const char *kedge__environment(const struct kedge *k, const char *name);

// The port's one lock, which the same thread may take again; nothing at all without KEDGE_THREADS.
// kedge__lock_wait lets go of it, sleeps until somebody calls kedge__lock_wake, and takes it again;
// only for who holds it once.
#if KEDGE_THREADS
static inline void kedge__lock_do(const struct kedge *k, enum kedge_lock_op op)
{
    if (k->port->lock != NULL)
        k->port->lock(k->port, op);
}
#else
static inline void kedge__lock_do(const struct kedge *k, enum kedge_lock_op op)
{
    (void)k;
    (void)op;
}
#endif

static inline void kedge__lock(const struct kedge *k)
{
    kedge__lock_do(k, KEDGE_LOCK);
}

static inline void kedge__unlock(const struct kedge *k)
{
    kedge__lock_do(k, KEDGE_UNLOCK);
}

static inline void kedge__lock_wait(const struct kedge *k)
{
    kedge__lock_do(k, KEDGE_LOCK_WAIT);
}

static inline void kedge__lock_wake(const struct kedge *k)
{
    kedge__lock_do(k, KEDGE_LOCK_WAKE);
}

// Something has changed that other threads sleep for: those in kedge__lock_wait and the one that
// polls.
static inline void kedge__tell_threads(struct kedge *k)
{
    if (!KEDGE_THREADS)
        return;
    kedge__lock_wake(k);
    kedge_wake(k);
}

#endif
