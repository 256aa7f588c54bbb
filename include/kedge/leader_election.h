// SPDX-License-Identifier: Apache-2.0
// kedge/leader_election.h - of many that could, one does: client-go's leaderelection on a Lease.
//
//     static void started(void *ctx) { ... }       // begin to act
//     static void stopped(void *ctx) { ... }       // must act no more when it returns
//
//     struct kedge_leader_options options = {
//         .namespace_ = "default",
//         .name = "gardener",
//         .identity = "node-1_6f0c",               // no other has the same
//         .release_on_cancel = true,
//         .on_started_leading = started,
//         .on_stopped_leading = stopped,
//     };
//     struct kedge_leader_elector *elector = kedge_leader_elector_new(client, &options);
//     kedge_leader_elector_start(elector);
//     kedge_run(k);
//
// Whoever holds the Lease leads. Who leads renews it, every retry_period; the others look at it,
// and take it when lease_duration has passed on their own clock without any change in it. Times
// that others write are never compared with a clock of ours, so clocks need not agree, only run
// about equally fast: by the defaults, none more than 5/4 as fast as another.
//
// All is driven by the loop, on a connection of its own, beside the client's rate limit and with
// "/leader-election" behind the client's user agent, and goes on while the program waits in a
// request call (kedge_api_list, ...). Where the loop does not turn for long, because a handler
// computes, the lease runs out: then kedge_leader_elector_is_leader is false though nobody has been
// told yet, so ask it, or kedge_leader_elector_may_act, before each act.
//
// As client-go, but where that would let two lead at once:
//   - a term counts from when the write that won it was asked for, not from its answer
//   - it ends at once when the Lease turns out to be another's
//   - on_stopped_leading comes before the Lease is released, not after
//   - a Lease that is another's by now is not released
#ifndef KEDGE_LEADER_ELECTION_H
#define KEDGE_LEADER_ELECTION_H

#include <kedge/client.h>
#include <kedge/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_leader_elector;

// Bytes of an identity, with its NUL. Of another's that is longer, the first ones are told.
#define KEDGE_LEADER_IDENTITY 256

// A label that the Lease is to have.
struct kedge_leader_label {
    const char *key;
    const char *value;
};

// Something to be recorded as an Event about the Lease (coordination.k8s.io/v1). All is good until
// the call-back returns. kedge_leader_event_record records it.
struct kedge_leader_event {
    const char *message;    // "node-1_6f0c became leader", "node-1_6f0c stopped leading"
    const char *namespace_; // of the Lease
    const char *name;
    const char *uid;
    const char *resource_version;
};

// Zero means the default where there is one. Texts and labels are borrowed, and outlive the
// elector.
struct kedge_leader_options {
    const char *namespace_; // of the Lease
    const char *name;
    const char *identity;                    // who we are: not empty, and nobody else's
    const struct kedge_leader_label *labels; // set on the Lease, beside what it has
    size_t label_count;

    // ms. lease_duration counts in whole seconds and is more than renew_deadline; that is more than
    // 1.2 times retry_period.
    kedge_time lease_duration;  // others wait so long before they take over; 15 s
    kedge_time renew_deadline;  // one that leads tries so long to renew; 10 s
    kedge_time retry_period;    // between tries; 2 s, and up to 2.2 times that for who waits
    kedge_time request_timeout; // of each request, opening the connection too; half of
                                // renew_deadline, a second at least
    size_t lease_max; // bytes of the Lease as JSON, without managedFields: 512 at least; 1,536
    size_t buffer;    // of the connection: a request's head must fit, with the token; 4,096

    // When leading ends by kedge_leader_elector_stop, or because it could not be renewed, gives the
    // Lease up, so that another need not wait. on_stopped_leading has returned by then: what it
    // guards must have stopped acting.
    bool release_on_cancel;

    // Coordinated leader election (alpha): the server decides who leads and writes the Lease; it is
    // renewed only, never taken. A preferredHolder in it ends the term.
    bool coordinated;

    // Call-backs, from the top of the loop; they may do what a handler may, also stop and start the
    // elector.
    void (*on_started_leading)(void *ctx); // needed
    // Needed. Comes once for each start, at the end, also where it never led.
    void (*on_stopped_leading)(void *ctx);
    // Another leads than was told last, or none: "". The first one and we ourselves are told, too.
    // `identity` is good until it returns. NULL: not told.
    void (*on_new_leader)(void *ctx, const char *identity);
    // "became leader" before on_started_leading, "stopped leading" before on_stopped_leading. NULL:
    // not told.
    void (*on_event)(void *event_ctx, const struct kedge_leader_event *event);
    void *event_ctx; // of on_event
    void *ctx;       // of the others
};

// A ready-made on_event: records what client-go's elector does, an Event about the Lease of type
// Normal and reason LeaderElection. `recorder` is a struct kedge_event_recorder
// (kedge/event_recorder.h); NULL does nothing. What the recorder drops is in its facts and its log.
//
//     options.on_event = kedge_leader_event_record;
//     options.event_ctx = events;
//
// A program that does not name it carries no recorder.
void kedge_leader_event_record(void *recorder, const struct kedge_leader_event *event);

// Makes an elector in the arena of the client's kedge: some 22 KiB. `options` are copied. It asks
// nothing yet. NULL on failure: KEDGE_ERR_MEMORY, KEDGE_ERR_ARGUMENT (kedge_error_text names the
// member).
struct kedge_leader_elector *kedge_leader_elector_new(struct kedge_client *client,
                                                      const struct kedge_leader_options *options);

// Stands for election: tries at once, then every retry_period, until it leads; then renews, until
// that fails or it is stopped. It ends with on_stopped_leading; it may be started again then, also
// in that call-back.
//
// KEDGE_ERR_STATE     it runs, and was not stopped
// KEDGE_ERR_STOPPED   kedge_stop was called
// KEDGE_ERR_ARGUMENT  elector is NULL
kedge_err kedge_leader_elector_start(struct kedge_leader_elector *elector);

// Steps down, or gives up standing. kedge_leader_elector_is_leader is false from then on; the loop
// calls on_stopped_leading, and then releases the Lease (release_on_cancel), which takes
// renew_deadline at most: poll until kedge_leader_elector_is_running is false. Nothing where it
// does not run. Safe in its call-backs.
//
// After kedge_stop the loop does nothing more: then this calls on_stopped_leading itself, and the
// Lease is not released. So stop the elector first, and kedge when it has ended.
void kedge_leader_elector_stop(struct kedge_leader_elector *elector);

// Ends all at once: nothing is called back, nothing released, the connection is closed. Before
// kedge_client_free. Safe in its call-backs.
void kedge_leader_elector_close(struct kedge_leader_elector *elector);

// From start until on_stopped_leading has returned and the Lease is released.
bool kedge_leader_elector_is_running(const struct kedge_leader_elector *elector);

// True while we lead, by the clock of now: also where the loop has not turned for long, or the
// machine slept. With KEDGE_THREADS, callable from any thread, as the two below.
bool kedge_leader_elector_is_leader(struct kedge_leader_elector *elector);

// For how many ms from now on nobody else will lead, whatever happens, but by a hand that changes
// the Lease; 0 if we do not. Renewing makes it longer again.
kedge_time kedge_leader_elector_time_left(struct kedge_leader_elector *elector);

// True if an act that takes `ms` would be over while we still lead. To be asked before it begins.
bool kedge_leader_elector_may_act(struct kedge_leader_elector *elector, kedge_time ms);

// Who holds the Lease, as far as was seen; "" if nobody does or nothing was seen. Whether it has
// run out is not looked at. Never NULL; good until the next poll or request that waits.
const char *kedge_leader_elector_leader(const struct kedge_leader_elector *elector);

// For a health probe: KEDGE_ERR_TIMEOUT if we stand and hold the Lease, but could not renew it for
// lease_duration and `tolerance` more, so that the loop may be stuck; else KEDGE_OK, also for NULL.
// With KEDGE_THREADS, callable from any thread.
kedge_err kedge_leader_elector_check(struct kedge_leader_elector *elector, kedge_time tolerance);

struct kedge_leader_report {
    bool leads;        // by the clock of now; client-go's metric leader_election_master_status
    uint64_t terms;    // that began, since the elector was made
    uint64_t renewals; // that the server answered in time
    uint64_t slow;     // renewals that failed and led to a look at the Lease; client-go's metric
                       // leader_election_slowpath_total
    uint64_t failures; // tries of who leads that came to nothing
};

// Fills in *report. KEDGE_ERR_ARGUMENT if either is NULL. With KEDGE_THREADS, callable from any
// thread.
kedge_err kedge_leader_elector_report(struct kedge_leader_elector *elector,
                                      struct kedge_leader_report *report);

// The Lease as "namespace/name". Never NULL; lives as long as the elector.
const char *kedge_leader_elector_describe(const struct kedge_leader_elector *elector);

// Why the last try did not succeed, in words; "" if it did. Never NULL; good until the next poll
// or request that waits. Of a NULL elector: that.
const char *kedge_leader_elector_error_text(const struct kedge_leader_elector *elector);

#ifdef __cplusplus
}
#endif
#endif
