// SPDX-License-Identifier: Apache-2.0
// delta_fifo.c - a ring.
#include "cache/delta_fifo.h"

void kedge__delta_fifo_init(struct kedge__delta_fifo *f, struct kedge__delta *ring, uint32_t cap)
{
    memset(f, 0, sizeof *f);
    f->ring = ring;
    f->cap = cap;
}

static bool has_version(enum kedge__delta_type type)
{
    return type == KEDGE__DELTA_LIST_END || type == KEDGE__DELTA_BOOKMARK;
}

bool kedge__delta_fifo_room(const struct kedge__delta_fifo *f, enum kedge__delta_type type)
{
    return f->count < f->cap && !(has_version(type) && f->version_waits);
}

void kedge__delta_fifo_push(struct kedge__delta_fifo *f, struct kedge__delta delta,
                            const char *version)
{
    f->ring[(f->head + f->count) % f->cap] = delta;
    f->count++;
    if (!has_version((enum kedge__delta_type)delta.type))
        return;
    memcpy(f->version, version, sizeof f->version);
    f->version_waits = true;
}

bool kedge__delta_fifo_pop(struct kedge__delta_fifo *f, struct kedge__delta *delta)
{
    if (f->count == 0)
        return false;
    *delta = f->ring[f->head];
    f->head = (f->head + 1) % f->cap;
    f->count--;
    return true;
}

void kedge__delta_fifo_version_done(struct kedge__delta_fifo *f)
{
    f->version_waits = false;
}
