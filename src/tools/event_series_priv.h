// SPDX-License-Identifier: Apache-2.0
// event_series_priv.h - the insides of struct kedge_event_series.
#ifndef KEDGE_TOOLS_EVENT_SERIES_PRIV_H
#define KEDGE_TOOLS_EVENT_SERIES_PRIV_H

#include "kedge/event_series.h"
#include "tools/event_priv.h"

enum kedge__series_state {
    KEDGE__SERIES_NEW,   // to be created
    KEDGE__SERIES_KNOWN, // nothing to be told before `due`
    KEDGE__SERIES_MORE   // a series, which the server is to be told of
};

struct kedge__series_entry {
    struct kedge__event_entry event; // first; when it first happened
    uint64_t key;
    uint64_t stamp; // of its name; 0: it has none yet
    kedge_time seen;
    kedge_timestamp seen_wall;
    kedge_time told_at;
    kedge_time due;
    uint32_t count;
    uint32_t told; // the count that the server has; 0: not even the first
    uint8_t state;
    uint8_t tries;
    bool early; // it is to end, to make room
};

struct kedge_event_series {
    struct kedge__events base; // first
    struct kedge__series_entry
        *sent; // what is being sent, while the sink is busy; stays until then
    uint32_t sent_count;
    bool sent_ends;
};

static inline bool kedge__is_series(const struct kedge__series_entry *e)
{
    return e->count > 1;
}

// An answer about it has yet to come.
static inline bool kedge__series_is_sent(const struct kedge_event_series *s,
                                         const struct kedge__series_entry *e)
{
    return s->base.sink.busy && e == s->sent;
}

// event_series_send.c

extern const struct kedge__task_ops kedge__series_task;
void kedge__series_write(struct kedge__events *base, struct kedge_writer *w, bool patch);
void kedge__series_done(struct kedge__events *base, enum kedge__event_outcome outcome,
                        uint32_t count);

// Takes one out that is not being sent; those behind it move.
void kedge__series_forget(struct kedge_event_series *s, struct kedge__series_entry *e);
// When one that is KNOWN needs something.
kedge_time kedge__series_due(const struct kedge__series_entry *e);

#endif
