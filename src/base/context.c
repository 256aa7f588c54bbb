// SPDX-License-Identifier: Apache-2.0
// context.c - the arena, the first failure, and the memory report.
//
// One block, handed out in order and never given back but by kedge__reset (scratch inside one
// call). Each taking is booked under a name; the same name adds up.
#include "base/context.h"

#include "base/wipe.h"

const char KEDGE__LIMITS_SYMBOL = 0;

static size_t round_up(size_t n, size_t align)
{
    return (n + align - 1) & ~(align - 1);
}

struct kedge *kedge__init(void *memory, size_t size, const struct kedge_port *port,
                          const char *limits)
{
    size_t align = _Alignof(max_align_t);
    size_t skip = (align - (uintptr_t)memory % align) % align;
    if (memory == NULL || port == NULL || limits == NULL || size < skip + sizeof(struct kedge))
        return NULL;

    struct kedge *k = (struct kedge *)((unsigned char *)memory + skip);
    memset(k, 0, sizeof *k);
    k->port = port;
    k->base = (unsigned char *)memory + skip;
    k->size = size - skip;
    k->skip = skip;
    k->used = sizeof *k;
    k->peak = k->used;
    kedge__line_init(&k->failure_line, k->failure_buf, sizeof k->failure_buf);
    struct kedge__part *self = kedge__part(k, "kedge");
    self->size = self->used = self->peak = sizeof *k;
    return k;
}

void kedge_wipe(struct kedge *k)
{
    if (k != NULL)
        kedge__wipe(k->base, k->size);
}

struct kedge__part *kedge__part(struct kedge *k, const char *what)
{
    for (size_t i = 0; i < k->part_count; i++) {
        if (strcmp(k->parts[i].name, what) == 0)
            return &k->parts[i];
    }
    // The last part gathers whatever has no line of its own.
    if (k->part_count < KEDGE__PARTS_MAX) {
        bool last = k->part_count == KEDGE__PARTS_MAX - 1;
        k->parts[k->part_count++].name = last ? "other" : what;
    }
    return &k->parts[k->part_count - 1];
}

// `start` is where they would begin.
static void lacks(struct kedge *k, const char *what, size_t bytes, size_t start)
{
    struct kedge__line *l = kedge__fail(k, KEDGE_ERR_MEMORY);
    kedge__line_text(l, "no room for ");
    kedge__line_text(l, what != NULL ? what : "scratch");
    kedge__line_text(l, ": ");
    kedge__line_int(l, (int64_t)bytes);
    kedge__line_text(l, " bytes are needed, ");
    kedge__line_int(l, (int64_t)(start < k->size ? k->size - start : 0));
    kedge__line_text(l, " are left; give kedge_init at least ");
    kedge__line_int(l, (int64_t)(k->skip + start + bytes));
    kedge__line_text(l, " bytes");
}

static void book(struct kedge *k, const char *what, size_t bytes)
{
    if (what == NULL)
        return;
    struct kedge__part *part = kedge__part(k, what);
    part->size += bytes;
    part->used += bytes;
    part->peak += bytes;
}

// Room as it is, whatever bytes it holds.
static void *take(struct kedge *k, const char *what, size_t count, size_t size, size_t align)
{
    size_t start = round_up(k->used, align);
    if (size > 0 && count > SIZE_MAX / 2 / size) {
        struct kedge__line *l = kedge__fail(k, KEDGE_ERR_ARGUMENT);
        kedge__line_text(l, what != NULL ? what : "scratch");
        kedge__line_text(l, ": more bytes than any memory has");
        return NULL;
    }
    size_t bytes = count * size;
    if (start > k->size || bytes > k->size - start) {
        lacks(k, what, bytes, start);
        return NULL;
    }
    void *p = k->base + start;
    size_t before = k->used;
    k->used = start + bytes;
    if (k->used > k->peak)
        k->peak = k->used;
    book(k, what, k->used - before);
    return p;
}

void *kedge__take(struct kedge *k, const char *what, size_t count, size_t size, size_t align)
{
    void *p = take(k, what, count, size, align);
    if (p != NULL)
        memset(p, 0, count * size);
    return p;
}

void *kedge__take_bytes(struct kedge *k, const char *what, size_t bytes)
{
    return kedge__take(k, what, bytes, 1, _Alignof(max_align_t));
}

const char *kedge__take_text(struct kedge *k, const char *what, kedge_str text)
{
    char *copy = kedge__take(k, what, text.len + 1, 1, 1);
    if (copy != NULL && text.len > 0)
        memcpy(copy, text.ptr, text.len);
    return copy;
}

void *kedge__take_raw(struct kedge *k, const char *what, size_t bytes)
{
    return take(k, what, bytes, 1, _Alignof(max_align_t));
}

void *kedge__take_rest(struct kedge *k, const char *what, size_t *bytes)
{
    size_t start = round_up(k->used, _Alignof(max_align_t));
    *bytes = start < k->size ? k->size - start : 0;
    return *bytes > 0 ? kedge__take_raw(k, what, *bytes) : NULL;
}

size_t kedge__mark(const struct kedge *k)
{
    return k->used;
}

void kedge__reset(struct kedge *k, size_t mark)
{
    kedge__wipe(k->base + mark, k->used - mark);
    k->used = mark;
}

void kedge__give_back(struct kedge *k, const char *what, size_t mark)
{
    size_t bytes = k->used - mark;
    struct kedge__part *part = kedge__part(k, what);
    part->size -= bytes;
    part->used -= bytes;
    kedge__reset(k, mark);
}

// What is written after the first failure lands here and nowhere.
static char nowhere_buf[1];

void kedge__forget(const struct kedge *k, const char *text, size_t len)
{
    uintptr_t at = (uintptr_t)text;
    uintptr_t base = (uintptr_t)k->base;
    if (len > 0 && at >= base && at < base + k->size)
        kedge__wipe((void *)at, len);
}

struct kedge__line *kedge__fail(struct kedge *k, kedge_err err)
{
    static struct kedge__line nowhere = {nowhere_buf, 1, 0, false};
    if (k->failure != KEDGE_OK)
        return &nowhere;
    k->failure = err;
    kedge__line_init(&k->failure_line, k->failure_buf, sizeof k->failure_buf);
    return &k->failure_line;
}

kedge_err kedge_error(const struct kedge *k)
{
    return k != NULL ? k->failure : KEDGE_ERR_ARGUMENT;
}

const char *kedge_error_text(const struct kedge *k)
{
    if (k == NULL)
        return "the memory given to kedge_init is too small for a struct kedge, or the port is "
               "NULL";
    return k->failure == KEDGE_OK || k->failure_line.len > 0 ? k->failure_buf
                                                             : kedge_err_text(k->failure);
}

void kedge_log_to(struct kedge *k, enum kedge_log_level level,
                  void (*log)(void *ctx, enum kedge_log_level level, const char *text), void *ctx)
{
    if (k == NULL)
        return;
    kedge__lock(k); // another thread may be telling
    k->log_level = level;
    k->log = log;
    k->log_ctx = ctx;
    kedge__unlock(k);
}

bool kedge__log_wants(const struct kedge *k, enum kedge_log_level level)
{
    return k->log != NULL && level <= k->log_level;
}

void kedge__log(struct kedge *k, enum kedge_log_level level, const char *text)
{
    kedge__lock(k); // one message at a time
    if (kedge__log_wants(k, level))
        k->log(k->log_ctx, level, text);
    kedge__unlock(k);
}

size_t kedge_memory_report(const struct kedge *k, struct kedge_memory_part *parts, size_t cap)
{
    if (k == NULL)
        return 0;
    if (cap > 0)
        parts[0] = (struct kedge_memory_part){"the whole block", k->size, k->used, k->peak};
    for (size_t i = 0; i < k->part_count && i + 1 < cap; i++) {
        const struct kedge__part *p = &k->parts[i];
        parts[i + 1] = (struct kedge_memory_part){p->name, p->size, p->used, p->peak};
    }
    return k->part_count + 1;
}

kedge_time kedge__after(kedge_time now, kedge_time ms)
{
    return ms < KEDGE_FOREVER - now ? now + ms : KEDGE_FOREVER;
}

kedge_time kedge__clock(struct kedge *k)
{
    kedge__lock(k);
    kedge_time now = k->port->clock(k->port) + k->clock_ahead;
    if (now < k->clock_last) {
        k->clock_ahead += k->clock_last - now;
        now = k->clock_last;
    }
    k->clock_last = now;
    kedge__unlock(k);
    return now;
}

const char *kedge__environment(const struct kedge *k, const char *name)
{
    return k->port->environment != NULL ? k->port->environment(k->port, name) : NULL;
}
