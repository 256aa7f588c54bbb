// SPDX-License-Identifier: Apache-2.0
// leader_priv.h - the insides of struct kedge_leader_elector.
#ifndef KEDGE_TOOLS_LEADER_PRIV_H
#define KEDGE_TOOLS_LEADER_PRIV_H

#include "client/items.h"
#include "kedge/leader_election.h"
#include "kedge/token_bucket.h"

enum kedge__leader_state {
    KEDGE__LEADER_IDLE,
    KEDGE__LEADER_PAUSE,    // until `next`: then the next try
    KEDGE__LEADER_ASKING,   // a try: its request is under way
    KEDGE__LEADER_ENDING,   // on_stopped_leading is to be called
    KEDGE__LEADER_TELLING,  // it is being called
    KEDGE__LEADER_RELEASING // a request of it is under way
};

enum kedge__leader_ask {
    KEDGE__LEADER_RENEW, // an update of the Lease as it was seen last, without looking again
    KEDGE__LEADER_GET,
    KEDGE__LEADER_CREATE,
    KEDGE__LEADER_UPDATE,
    KEDGE__LEADER_RELEASE_GET,
    KEDGE__LEADER_RELEASE
};

// Bytes of a uid and of a version that are told with an event, and of what failed.
#define KEDGE__LEADER_UID     48
#define KEDGE__LEADER_VERSION 32
#define KEDGE__LEADER_PROBLEM 256

struct kedge_leader_elector {
    struct kedge__task task; // first
    struct kedge *k;
    struct kedge_rest *rest;
    struct kedge_token_bucket
        bucket; // client-go's elector has a client of its own, so its own rate
    struct kedge_leader_options options;
    const char *described;
    kedge_time hold; // how long a write lets us lead

    enum kedge__leader_state state;
    enum kedge__leader_ask ask;
    struct kedge__items items;
    bool leading;
    bool has_led;    // in this run
    bool again;      // started anew before the end
    bool tells;      // a new leader may have been seen
    bool tell_start; // on_started_leading is to be called
    bool told_start;

    kedge_time next;          // PAUSE
    kedge_time tried_at;      // when this try began
    kedge_time asked_at;      // when its last request began
    kedge_time hold_until;    // we lead until then
    kedge_time release_until; // RELEASING

    // The Lease as the server gave it last, read or written, and what of it counts.
    char *lease; // options.lease_max bytes
    size_t lease_len;
    kedge_str spec; // in `lease`
    char holder[KEDGE_LEADER_IDENTITY];
    bool seen;              // there was one
    bool held;              // by somebody
    bool ours;              // by us
    bool preferred;         // another is to follow
    kedge_time duration;    // that it says
    kedge_time observed_at; // when its spec was first seen as it is
    char uid[KEDGE__LEADER_UID];
    char version[KEDGE__LEADER_VERSION];

    struct kedge_leader_report figures; // but `leads`

    char *body; // options.lease_max bytes, of a request
    char reported[KEDGE_LEADER_IDENTITY];
    char problem[KEDGE__LEADER_PROBLEM];
};

// leader_lease.c

// The object of the last answer becomes the Lease. With `written`, it is what we asked for at
// e->asked_at.
//
// KEDGE_ERR_TOO_LONG  it does not fit lease_max
// KEDGE_ERR_JSON      it is none
//
// Said in e->problem.
kedge_err kedge__leader_take(struct kedge_leader_elector *e, bool written, kedge_time now);

// The body of e->ask, in e->body. Errors as above.
kedge_err kedge__leader_body(struct kedge_leader_elector *e, kedge_str *body);

// leader_steps.c

extern const struct kedge__task_ops kedge__leader_ops;

// Says in e->problem.
void kedge__leader_say(struct kedge_leader_elector *e, const char *text);

// Stands for election from `now` on.
void kedge__leader_begin(struct kedge_leader_elector *e, kedge_time now);

// Ends it; the loop tells the program.
void kedge__leader_end(struct kedge_leader_elector *e);

// Calls on_stopped_leading, in the state TELLING and without the lock.
void kedge__leader_tell_stopped(struct kedge_leader_elector *e);

// We lead at `now`.
static inline bool kedge__leader_leads(const struct kedge_leader_elector *e, kedge_time now)
{
    return e->leading && e->ours && now < e->hold_until;
}

#endif
