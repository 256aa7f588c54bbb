// SPDX-License-Identifier: Apache-2.0
// sim.h - a whole cluster in one process, driven by one plan.
//
//     plan.c      what happens when
//     things.c    what objects look like, and whether a record is what it should be
//     world.c     the server: the mock API server, and beside it what it should hold
//     network.c   the port: links with delay, loss and silence, clocks, files, chance
//     witness.c   handlers that believe nothing
//     uses.c      what informers make of objects: keep, transforms, indices
//     work.c      a workqueue, its workers, and a model of its keys
//     heartbeat.c a node's Lease, renewed beside informers
//     check.c     what must hold at any time, and in the end
//     report.c    what the library says of itself
//     run.c       plays a plan over all of it
//     main.c      seeds, replay, shrinking, endurance
//
// Nothing here but main.c knows the time of day, a file or a real random number: the same plan is
// the same run, to the byte.
#ifndef SIM_H
#define SIM_H

#include <setjmp.h>
#include <stdio.h>

#include "kedge/kedge.h"
#include "mock/mock.h"
#include "plan.h"

enum {
    SIM_KINDS = 6,
    SIM_OBJECTS = 256,
    SIM_SPACES = 3,
    SIM_HANDLERS = 4, // of an informer: those of the plan, and one that joined late
    SIM_WALKS = 4,
    SIM_GUARD = 64, // bytes on each side of the block
    SIM_FAILURE = 1024
};

// ---- things.c

struct sim_kind {
    const char *resource;
    const struct kedge_kind *kind;
    bool namespaced;
};
extern const struct sim_kind sim_kinds[SIM_KINDS];
extern const struct mock_crd sim_crds[1];

// What decides an object's content.
struct look {
    unsigned kind;
    unsigned index;
    uint32_t rev;
    unsigned size; // 0 to 4
    unsigned tier; // 0 to 2: a, b, c; 3: no label
};

const char *thing_name(unsigned kind, unsigned index);
const char *thing_space(unsigned kind, unsigned index);
// The index of a name; false if no thing has it.
bool thing_index(unsigned kind, const char *space, const char *name, unsigned *index);
// The object as the server writes it; static storage.
const char *thing_json(const struct look *look, const char *uid, uint64_t version, size_t *len);
// Reads the look out of an object's text or its labels. False if it is none of ours.
bool thing_look(const char *json, struct look *look);
// look->kind and the namespace on the server are given.
bool thing_look_of(const struct kedge_object *o, const char *space, struct look *look);

// What a transform makes of objects.
struct alteration {
    bool clears_space; // so that the name alone is the key
    size_t room;       // bytes that it may add
    size_t object_max;
};
// Alters an object that is on its way into a cache. False if there was no room for its new text.
bool thing_alter(const struct look *look, const struct alteration *a, struct kedge_change *change);

// NULL if the record is just what such an object must become, else what differs. `a` NULL: nobody
// alters it.
const char *thing_problem(const struct look *look, const struct kedge_object *o,
                          const struct alteration *a);

// ---- world.c

struct thing {
    bool exists;
    struct look look;
    uint64_t version;      // of its last change, also of its deletion
    uint64_t lost_version; // of its last change in a history that a backup has replaced
    char uid[40];
    // For each informer: from which version on it is, or is not, in its scope.
    uint64_t since[PLAN_INFORMERS];
};

struct sim;
void world_open(struct sim *s);
void world_close(struct sim *s);
void world_put(struct sim *s, struct look look);
void world_delete(struct sim *s, unsigned kind, unsigned index);
void world_burst(struct sim *s, unsigned kind, int64_t count);
void world_wipe(struct sim *s, unsigned kind, int64_t percent);
// Deletes everything.
void world_empty(struct sim *s);
void world_rewind(struct sim *s, uint64_t back);
// The token that the server takes now becomes invalid; a new one is `fresh`.
void world_new_token(struct sim *s);
bool world_matches(const struct sim *s, size_t informer, const struct thing *t);
// Whether a selector of a plan (informer_words) takes a tier; whether a version is kept.
bool world_takes_tier(int64_t selector, unsigned tier);
bool world_keeps(int64_t keep, uint64_t version);
// The namespace on the server of a cached object; a thing as the cache has it, or NULL.
const char *world_space(const struct sim *s, size_t informer, const struct kedge_object *o);
const struct kedge_object *cached_thing(const struct sim *s, size_t informer, unsigned index);
struct thing *world_thing(struct sim *s, size_t informer, const struct kedge_object *o);

// ---- network.c

enum split { SPLIT_WHOLE, SPLIT_RANDOM, SPLIT_BYTES, SPLIT_FEW, SPLIT_PACKETS };

struct network {
    struct kedge_port port;
    int64_t now;         // of the world
    int64_t clock_ahead; // of it, by so much, is the port's clock
    int64_t calendar;    // the same of the wall clock, ms
    enum split split;
    int64_t latency;
    int64_t speed;
    bool blocks;
    bool early;
    bool keep_alive;
    int64_t slept_at; // when the machine woke last; 0: it has not slept
    bool woken;
    int64_t partition_until, refuse_until, nameless_until;
    struct link *links[PLAN_INFORMERS + 1]; // and one of the node's Lease: they live in the arena,
                                            // as any port's streams
    size_t link_count;
    struct pipe *pipes[2 * (PLAN_INFORMERS + 1)];
    char token[64];      // that the file holds
    int64_t token_since; // that it holds it
    int token_state;     // 0 there, 1 gone, 2 empty, 3 half written
    uint64_t waits;      // in all
    uint64_t stir;       // bytes moved and calls made: what is no idling
    uint64_t idle_stir;  // of the last wait
    int64_t idle_since;
    unsigned idle_waits;
    uint64_t connects;
    uint64_t bytes_to_client;
};

void network_open(struct sim *s);
void network_close(struct sim *s);
// The arena, where the streams live, begins anew.
void network_forget_links(struct sim *s);
void network_heal(struct sim *s);
void network_advance(struct sim *s, int64_t to);
// informer PLAN_INFORMERS: all
void network_drop(struct sim *s, size_t informer, bool reset, size_t after);
void network_silence(struct sim *s, size_t informer, bool dead);
void network_sleep(struct sim *s, int64_t ms);
void network_set_clock_back(struct sim *s, int64_t ms);
// Nothing that is on its way arrives.
void network_purge(struct sim *s);
size_t network_open_links(const struct sim *s);

// ---- glass.c

// Bytes that the stream below has given and nobody has read.
bool glass_has_bytes(const struct kedge_stream *s);

// ---- requests, as they go over the wire (requests.c)

struct requests {
    char head[16384];
    size_t len;
    bool answer_wanted;
    char answer[4096];
    size_t answer_len;
    int64_t asked_ms;   // Retry-After of the answer under way
    int64_t not_before; // what it comes to
    int64_t starts[20]; // of the last lists and watches
    unsigned started;
    int64_t sent_at;    // the last request, or a part of it
    int64_t held_at;    // until then the client did not want to read
    bool watch;         // the last request is one
    bool initial;       // and a WatchList
    bool granted;       // and was answered 200
    int64_t unknown_at; // the last answer was 401; 0: it was not
    bool said_no;       // since then the server has refused something, or is another
    bool refused;       // since a watch was granted, something was not
    unsigned on_link;   // requests on this connection
    unsigned carried;   // requests on the connection that ended last
    long seconds;       // of the last watch
    unsigned alike;     // watches in a row of as many
    uint64_t count;
};

void requests_sent(struct sim *s, size_t informer, const unsigned char *bytes, size_t len);
void requests_answered(struct sim *s, size_t informer, const unsigned char *bytes, size_t len);
void requests_cut(struct sim *s, size_t informer, bool answer_read);

// ---- witness.c

// What a handler does to its own informer.
enum inside { INSIDE_NOTHING, INSIDE_STOP, INSIDE_REST, INSIDE_RESTART };

struct told {
    bool present;
    bool hidden; // it is in the cache, but does not pass this handler's filter
    uint64_t version;
    kedge_ref ref; // from when it was added
    char uid[40];
};

struct witness {
    struct kedge_handler handler; // first
    struct sim *sim;
    size_t informer;
    bool joined, late;
    int64_t busy_until;
    enum inside inside; // what it does at its next call
    bool filtered;
    struct told told[SIM_OBJECTS];
    uint64_t adds, updates, deletes, tombstones, resyncs;
    uint64_t story; // a hash of all it was told but resyncs
};

void witness_init(struct witness *w, struct sim *s, size_t informer, size_t handler);
// Whether the object passes its filter.
bool witness_takes(const struct witness *w, const struct kedge_object *o);

// ---- check.c

struct walk {
    bool runs;
    bool by_tier; // over the index, of tier a only
    size_t informer;
    struct kedge_iter it;
    uint8_t seen[SIM_OBJECTS];
    uint8_t there[SIM_OBJECTS]; // throughout
};

void check_guards(struct sim *s);
void check_memory(struct sim *s);
// What must hold whenever no call is under way.
void check_always(struct sim *s, size_t informer);
// NULL, or what an informer is still busy with.
const char *check_calm(struct sim *s, size_t informer);
// NULL, or why the cache or a witness is not what the server is now.
const char *check_equal(struct sim *s, size_t informer);
// Objects in the cache that the world never had: faults make them up.
size_t odd_objects(const struct sim *s, size_t informer);
void check_at_rest(struct sim *s);
void check_secrets(struct sim *s);
void check_token(struct sim *s);
void walk_begin(struct sim *s, size_t informer, int64_t objects);
void walk_go_on(struct sim *s);
void walk_changed(struct sim *s, size_t informer, unsigned index);
void walk_moved(struct sim *s, size_t informer, unsigned index); // into another tier
void walk_end_all(struct sim *s, size_t informer);               // PLAN_INFORMERS: of all

// ---- report.c

// What on_state told last.
struct report {
    enum kedge_informer_phase phase;
    kedge_err reason;
    uint64_t failures;
    uint64_t lists, version; // within which list it was at which version, when looked at last
};

void report_begin(struct sim *s, size_t informer);
void report_check(struct sim *s, size_t informer);
void report_check_memory(struct sim *s);
void report_lacks(struct sim *s);

// ---- uses.c

enum sim_index { INDEX_TIER, INDEX_SPACE, INDEX_MARKS, INDEX_LATE, SIM_INDICES };

// What becomes of objects on their way in; NULL: nobody alters them.
void uses_options(struct sim *s, size_t informer, struct kedge_informer_options *options);
const struct alteration *uses_alteration(const struct sim *s, size_t informer);
// The indices that an informer has from the start, and one that it may get later.
void uses_begin(struct sim *s, size_t informer);
void uses_add_late(struct sim *s, size_t informer);
// How many index nodes an object has.
size_t uses_nodes(const struct sim *s, size_t informer, const struct kedge_object *o);
// What is found by index, selector and key is what a plain walk finds.
void uses_check_call(struct sim *s, size_t informer, const struct kedge_object *o);
void uses_check(struct sim *s, size_t informer);

// ---- work.c

// A key as it should be in the workqueue: the model shares no code with it.
struct entry {
    bool known;  // it was added at least once
    bool wanted; // to be worked on: it waits for its turn, or is being worked on and comes again
    bool in_work;
    bool unsure;       // its time has come, and the queue may not have noticed yet
    uint64_t from, to; // it joined those that wait between these two steps; 0: not known yet
    int64_t due;       // for later; KEDGE_FOREVER: it is not
    uint32_t failures;
    bool seen_there; // what the last worker that was done with it has seen
    uint64_t seen_version;
};

struct worker {
    bool works;
    size_t informer;
    unsigned index; // of the object
    int64_t until;
    kedge_time taken_at; // by the library's clock
    bool there;          // what it has seen
    uint64_t version;
};

// The handler that fills the queue, and is held back where that is full.
struct feeder {
    struct kedge_handler handler;
    struct informer *informer;
    bool refused; // it was not ready when it was asked last
};

struct work {
    struct kedge_workqueue *queue; // NULL: there is none
    struct kedge_rate_limiter limiter;
    struct entry entries[PLAN_INFORMERS * SIM_OBJECTS];
    struct worker workers[SIM_WORKERS];
    uint64_t step; // of the model
    uint64_t adds, retries, forgotten;
    uint64_t done; // pieces of work, in all
    bool waited;   // the last poll was a worker's
    bool healed;   // no work fails any more, and none takes long
    bool ended;    // the queue was shut down
};

size_t work_bytes(const struct plan *plan);
void work_begin(struct sim *s);
void work_feed(struct sim *s, size_t informer);
// Polls, or waits for a key as a worker that has nothing else to do.
kedge_err work_poll(struct sim *s, int64_t timeout);
// The workers go on, as far as they get without a poll.
void work_on(struct sim *s);
// When one of them is ready with what he does.
int64_t work_next(const struct sim *s);
void work_heal(struct sim *s);
// NULL, or what is not done yet.
const char *work_left(struct sim *s);
void work_end(struct sim *s);

// ---- heartbeat.c

struct kedge_node_lease;

struct heartbeat {
    struct kedge_node_lease *lease; // NULL: none
    int64_t hindered_until;         // until then something may keep requests from their answers
    int64_t renewed_at;             // when the server had the last renewal
    uint64_t version;               // of the Lease, when looked at last
    uint64_t renewals;
    char time[40]; // of the last renewal, as the server has it; "": none
};

struct action;
size_t heartbeat_bytes(const struct plan *plan);
void heartbeat_begin(struct sim *s);
void heartbeat_end(struct sim *s);
// What happens may keep it from being renewed, for so long; the end of all that.
void heartbeat_note(struct sim *s, const struct action *a);
void heartbeat_hinder(struct sim *s, int64_t until);
void heartbeat_heal(struct sim *s);
void heartbeat_meddle(struct sim *s, bool deletes);
void heartbeat_check(struct sim *s);

// ---- run.c

struct informer {
    struct sim *sim;
    size_t number;
    struct kedge_informer *inf;
    struct alteration alteration;
    uint64_t unaltered; // objects for whose new text there was no room
    struct kedge_index index[SIM_INDICES];
    struct feeder feeder;
    int64_t rest_until; // it was stopped, and is to be started then; 0: it was not
    bool asked_to_stop; // by a handler that has not returned yet, or by nobody since
    struct witness witness[SIM_HANDLERS];
    struct requests requests;
    struct report report;
    bool stopped;            // for good
    bool adrift;             // the server's history was replaced and it has not followed yet
    uint64_t adrift_lists;   // that it had begun by then
    uint64_t adrift_version; // that it had seen by then
    uint64_t last_applied;
};

// What the informer has read and not looked at yet; the greatest version it knows of; whether it
// has begun a list since it went adrift.
bool informer_has_bytes(const struct informer *inf);
uint64_t informer_version(const struct informer *inf);
bool informer_lists(const struct informer *inf);
bool informer_noticed(const struct informer *inf);
// For how many ms it may wait for a byte: src/cache/README.md, Times.
int64_t informer_patience(const struct informer *inf);

struct sim {
    const struct plan *plan;
    FILE *trace; // NULL: none
    struct chance chance;
    struct chance look_chance, work_chance; // of their own, for what changes nothing in the rest

    struct mock *mock;
    struct thing things[SIM_KINDS][SIM_OBJECTS];
    char token[64]; // that the server takes
    unsigned tokens;
    unsigned uids;
    int64_t token_back_at; // when the file has it; INT64_MAX: it has
    int64_t allow_at;      // when the user is allowed again

    struct network network;
    unsigned char *block; // with its guards
    size_t size;
    struct kedge *k;
    struct kedge_client *client;
    struct kedge_factory *factory;
    struct informer informers[PLAN_INFORMERS + 1]; // behind them whoever is none
    size_t arena_used;
    bool started;
    bool fits; // the heap is so large that nothing ever lacks room
    struct walk walks[SIM_WALKS];
    struct work work;
    struct heartbeat heartbeat;
    uint64_t polls;
    int spins;       // polls in a row in which nothing moved
    uint64_t events; // calls of witnesses
    uint64_t changes;

    struct action *bad_day;
    jmp_buf out;
    bool can_fail;
    char failure[SIM_FAILURE];
};

struct outcome {
    char failure[SIM_FAILURE]; // "": none
    uint64_t polls, events, changes, requests, bytes;
    int64_t virtual_ms;
};

// Plays the plan from beginning to end.
void sim_run(const struct plan *plan, FILE *trace, struct outcome *outcome);

// One machine that is never halted: busy days, each seventh of them with faults, until its handlers
// have had so many calls. `tell` is called at the end of each day.
void sim_endure(const struct plan *plan, uint64_t events,
                void (*tell)(const struct sim *s, uint64_t days), struct outcome *outcome);

// Ends the run with what is wrong.
_Noreturn void sim_fail(struct sim *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void sim_trace(struct sim *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
