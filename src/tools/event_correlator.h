// SPDX-License-Identifier: Apache-2.0
// event_correlator.h - which events are one, which are too many: client-go's EventCorrelator, in
// tables of fixed size.
#ifndef KEDGE_TOOLS_EVENT_CORRELATOR_H
#define KEDGE_TOOLS_EVENT_CORRELATOR_H

#include "base/context.h"
#include "tools/event_priv.h"

// Items of one size that are known by a key of 64 bits, first in each; the one used last in front.
struct kedge__event_table {
    unsigned char *items;
    size_t each;
    size_t count;
    size_t max;
};

struct kedge__event_correlator {
    struct kedge__event_table logged; // how often each event was seen, and what it is called
    struct kedge__event_table groups; // the messages that an object has for one reason
    struct kedge__event_table spam;   // what an object may still have
    uint32_t secret[2];
    unsigned similar;
    kedge_time similar_within;
    unsigned burst;
    kedge_time refill;
    bool refill_by_reason;
};

// Takes the tables from the arena, `entries` items each. KEDGE_OK, or the kedge's failure.
kedge_err kedge__event_correlator_init(struct kedge__event_correlator *c, struct kedge *k,
                                       size_t entries);

// What an event has become.
struct kedge__event_correlated {
    uint64_t key;   // in `logged`
    uint64_t stamp; // its name, if count is more than 1: that of the first one
    uint32_t count; // more than 1: it is a patch of what was there before
    bool combined;  // it stands for all that are similar
    bool skip;      // it is too much: not to be sent
};

// Takes in one event. `stamp` would be its name, if it is the first.
void kedge__event_correlate(struct kedge__event_correlator *c, unsigned type,
                            const char *const *texts, uint64_t stamp, kedge_time now,
                            struct kedge__event_correlated *out);

// The server has that many of it.
void kedge__event_learn(struct kedge__event_correlator *c, uint64_t key, uint64_t stamp,
                        uint32_t count);

#endif
