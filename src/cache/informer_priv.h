// SPDX-License-Identifier: Apache-2.0
// informer_priv.h - the insides of informer and factory, one struct a room.
//
//     reflector --(intake)--> delta fifo --(delivery)--> indexer, handlers
//     reads the stream        in order        applies one delta at a time
#ifndef KEDGE_CACHE_INFORMER_PRIV_H
#define KEDGE_CACHE_INFORMER_PRIV_H

#include "base/context.h"
#include "cache/delta_fifo.h"
#include "cache/indexer.h"
#include "client/exchange.h"
#include "kedge/backoff.h"
#include "kedge/factory.h"
#include "kedge/lister.h"
#include "kedge/reader.h"
#include "kedge/sieve.h"
#include "kedge/status.h"
#include "object/heap.h"
#include "object/project.h"

// Bytes for what is around the items: version and continue token (some 600 bytes at most where
// names are as long as they may be).
#define KEDGE__ENVELOPE_MAX 2048

// Bytes of kept text that a token stands for, about; an object with more tokens becomes partial.
#define KEDGE__TEXT_PER_TOKEN 10

#define KEDGE__SHRINK_MAX  768 // name, namespace, uid and version at their longest, as JSON
#define KEDGE__PROBLEM_MAX 160
#define KEDGE__KEY_MAX     (63 + 1 + 253 + 1) // namespace/name with its NUL

enum kedge__reflector_state {
    KEDGE__REFLECTOR_STOPPED,
    KEDGE__REFLECTOR_PAUSE, // until `wake`; then lists or watches, as `next` says
    KEDGE__REFLECTOR_LIST_HEAD,
    KEDGE__REFLECTOR_LIST_BODY,
    KEDGE__REFLECTOR_LIST_DRAIN, // the list is whole, the end of its body is not
    KEDGE__REFLECTOR_LIST_END,   // the fifo has no room for the list's end yet
    KEDGE__REFLECTOR_WATCH_HEAD,
    KEDGE__REFLECTOR_WATCH_BODY,
    KEDGE__REFLECTOR_REFUSED // reads the Status of an answer that is not 200
};

// What a pause, an answer or a recovery is for.
enum kedge__reflector_next { KEDGE__NEXT_LIST, KEDGE__NEXT_WATCH };

// What is used most comes first, here and in the structs below: short offsets make short code.
struct kedge__reflector {
    enum kedge__reflector_state state;
    enum kedge__reflector_next next;  // PAUSE: what comes after it
    enum kedge__reflector_next asked; // what the request under way is; a WatchList is a list
    enum kedge__reflector_next then;  // what follows if it fails
    bool item_waits;                  // the sieve's item has found no room yet
    bool marking;                     // this list stores nothing
    bool mark_next;                   // STALE: the next list is a marking one
    bool stale_again;                 // STALE: a storing list has failed before
    bool more_pages;                  // the next request takes the envelope's continue token
    bool any_version; // the server cannot serve our version: ask for its most recent

    // How the list under way is asked for. reflector_list.c and reflector_initial.c say more.
    bool initial;       // the watch under way is a WatchList whose bookmark has not come
    bool fall_back;     // a WatchList was refused: a list takes its place until one ends
    bool again;         // the list begins anew with the same limit
    bool whole;         // a continue token has expired: no limit this time
    bool at_zero;       // version 0 was asked for
    bool continued;     // the page under way is not the first
    bool slow;          // a page of this list took long
    bool paginated;     // the server has cut up a list at version 0: it has no watch cache
    uint8_t cut_lists;  // in a row, each by time
    uint8_t unfinished; // WatchLists in a row that ended before their bookmark

    bool watch_told;        // an event or a bookmark has come in this watch
    bool bookmarks;         // this resource sends bookmarks
    uint8_t silent_watches; // in a row, from one version

    char *item_buf; // of the sieve; before the answer comes, of the request's path
    size_t item_cap;
    char *envelope_buf;
    size_t refused_bytes;
    uint32_t attempt;    // of the list under way or the last one; also the mark of what is framed
    uint32_t limit;      // objects a page; 0: no limit
    uint32_t short_page; // what time-outs have left of the page's size; 0: all of it

    kedge_time wake;
    kedge_time room_wake; // STALE: a list may come early, if there is room, from this time on
    kedge_time asked_at;  // the request under way began
    kedge_time warned;    // that a WatchList's bookmark has not come
    kedge_time watch_began;
    kedge_time watch_ends; // the server should have ended it by then
    kedge_time heard;      // last byte of the watch

    char read[KEDGE__VERSION_MAX];       // a watch goes on from here
    char first_page[KEDGE__VERSION_MAX]; // version of the list under way
    struct kedge_backoff backoff;
    struct kedge_backoff stale_backoff; // 30 s to 1 h
    struct kedge_sieve sieve;
    struct kedge__connection connection;
};

// The last failure of list or watch, until its handler was told.
struct kedge__failure {
    kedge_err err;
    int32_t code;
    enum kedge_reason reason;
    bool of_watch;
    bool waits; // for the loop to tell of it
    char text[KEDGE__PROBLEM_MAX];
};

enum kedge__note {
    KEDGE__NOTE_NONE,
    KEDGE__NOTE_ADD,
    KEDGE__NOTE_UPDATE,
    KEDGE__NOTE_DELETE,
    KEDGE__NOTE_TOMBSTONE,
    KEDGE__NOTE_RESYNC
};

struct kedge__delivery {
    enum kedge__note note; // under way
    bool sweeping;
    bool sweep_stored;
    bool resyncing;
    bool resync_queued;
    bool blocked; // at the end of the last run a handler was not ready
    bool called;  // the last step called a handler
    struct kedge_handler *handlers;
    uint32_t slot; // of the object of the note under way
    uint32_t old;  // UPDATE: slot that holds the old record
    uint32_t walk; // the slot that a sweep or a resync has come to
    uint32_t sweep_mark;
    uint64_t number;        // of the notification under way, or of the last one
    kedge_time next_resync; // KEDGE_FOREVER: no handler wants one
};

// What an informer's own transform and filter do to an object that arrives.
struct kedge__arrival;
struct kedge__change_ops {
    size_t (*room)(const struct kedge_informer *inf, size_t size);
    void (*apply)(struct kedge_informer *inf, uint32_t slot);
    bool (*keeps)(const struct kedge_informer *inf, uint32_t slot);
    kedge_err (*mark)(struct kedge_informer *inf, const struct kedge__arrival *a, bool partial,
                      size_t size);
};

struct kedge_informer {
    struct kedge_factory *factory;
    const struct kedge_kind *kind;
    enum kedge_informer_phase phase;
    bool synced;
    bool started;    // once, at least
    bool stopped;    // and not started again
    bool stop_asked; // by a handler; done when it has returned
    bool state_dirty;
    kedge_err reason;
    kedge_err late; // why list or watch has failed since the last list was whole; OK: it has not
    uint16_t owner; // account of the heap
    struct kedge__delivery delivery;
    struct kedge__indexer indexer;
    struct kedge__task task;
    struct kedge__delta_fifo fifo;
    const struct kedge__change_ops *change; // NULL: it has neither transform nor filter
    struct kedge__account account;
    struct kedge__reflector reflector;
    struct kedge_informer_options options;
    struct kedge_informer *next;

    char applied[KEDGE__VERSION_MAX]; // what the user sees is at this version
    char floor[KEDGE__VERSION_MAX];   // the greatest version applied: a list must not be older

    kedge_time since; // the phase
    char problem[KEDGE__PROBLEM_MAX];
    char object[KEDGE__KEY_MAX]; // STALE: what had no room
    size_t bytes_short;
    size_t stale_bytes; // its record
    char last_partial[KEDGE__KEY_MAX];
    uint64_t partial;
    uint64_t skipped;
    uint64_t untransformed;
    uint64_t lists;
    uint64_t watches;
    uint64_t failures;
    struct kedge__failure failed;
    void (*on_watch_error)(void *ctx, struct kedge_informer *informer,
                           const struct kedge_watch_error *error);
    void *on_watch_error_ctx;
    void (*on_state)(void *ctx, struct kedge_informer *informer);
    void *on_state_ctx;
};

struct kedge_factory {
    struct kedge *k;
    struct kedge_client *client;
    struct kedge_informer *informers;
    uint16_t count;
    uint16_t account_room; // of the heap's table
    bool started;
    bool shut_down;
    struct kedge__heap heap;
    size_t tidied; // bytes moved in this turn
    struct kedge__part *heap_part;
    size_t heap_used; // of this factory, in the report
    size_t heap_peak;
    struct kedge_json_token *tokens; // shared: a document lives within one step
    size_t token_count;
    char *shrink_buf; // to cut an object with too many tokens down to its identity
    struct kedge_factory_options options;
    // What only options ask for, once there are any: a program that gives none does not link it.
    bool (*are_sound)(struct kedge *k, const struct kedge_informer_options *options);
    const struct kedge__change_ops *change_ops;
};

// intake.c: from the sieve's item to a delta.
//
// KEDGE_OK        taken, or skipped and counted
// KEDGE_WAIT      no room yet
// KEDGE_ERR_FULL  no room; inf->object, bytes_short and stale_bytes say for what
kedge_err kedge__intake_list_item(struct kedge_informer *inf);
// An event's object, whose identity was read. `partial`: there is nothing else of it. `listed`: the
// whole state is not there yet, so the cache is not at its version.
struct kedge__event_object {
    kedge_json_value object;
    const struct kedge__identity *id;
    bool partial;
    bool deleted;
    bool listed;
};
kedge_err kedge__intake_event(struct kedge_informer *inf, const struct kedge__event_object *e);
// For the informers of a factory whose options have a transform or a filter.
extern const struct kedge__change_ops kedge__intake_change;
// Tokenises the sieve's item; one with too many tokens is cut down to its identity: *partial.
kedge_err kedge__intake_parse(struct kedge_informer *inf, struct kedge_json *doc, bool *partial);

// delivery.c
// True if it got anywhere.
bool kedge__delivery_run(struct kedge_informer *inf, kedge_time now);
// Something waits for handlers, or is being swept: it may free room.
bool kedge__delivery_busy(const struct kedge_informer *inf);
// Gives up whatever waits; the cache stays.
void kedge__delivery_discard(struct kedge_informer *inf);

// reflector.c
kedge_err kedge__reflector_init(struct kedge_informer *inf);
// Goes on where it was stopped; the first time, lists.
void kedge__reflector_start(struct kedge_informer *inf, kedge_time now);
bool kedge__reflector_step(struct kedge_informer *inf, kedge_time now);
void kedge__reflector_stop(struct kedge_informer *inf);
// True while a watch runs: not before a WatchList has ended as a list.
bool kedge__reflector_watches(const struct kedge_informer *inf);

// factory.c
// Brings the heap's line of the memory report up to date.
void kedge__factory_report(struct kedge_factory *f);
// The informer of that field selector, whose text (NUL-terminated) is copied if it is new.
struct kedge_informer *kedge__factory_informer_by_field(struct kedge_factory *f,
                                                        const struct kedge_kind *kind,
                                                        kedge_str selector);

// informer.c
struct kedge_informer *kedge__informer_new(struct kedge_factory *factory,
                                           const struct kedge_kind *kind,
                                           const struct kedge_informer_options *options);
void kedge__informer_phase(struct kedge_informer *inf, enum kedge_informer_phase phase,
                           kedge_time now);
// A watch runs again: what failed before is over.
void kedge__informer_recovered(struct kedge_informer *inf);
// The heap is full: the phase is STALE.
void kedge__informer_stale(struct kedge_informer *inf, kedge_time now);
// Counts and keeps a failure of list or watch. `text` may come from outside, or be NULL; `status`
// is what the server said, or NULL.
void kedge__informer_failed(struct kedge_informer *inf, kedge_err err, bool of_watch,
                            const char *text, const struct kedge_status *status);
// Logs a warning about the informer's `what`.
void kedge__informer_warn(struct kedge_informer *inf, const char *what, const char *problem);
// watch_error.c: tells the watch error handler what it has not been told.
void kedge__watch_error_tell(struct kedge_informer *inf);
// That the state has changed, if it has.
void kedge__state_tell(struct kedge_informer *inf);
// True if version `a` is older than `b`: shorter, or of equal length and less as text.
bool kedge__version_older(const char *a, const char *b);
// Sets inf->floor to the greater of itself and `version`.
void kedge__informer_raise_floor(struct kedge_informer *inf, const char *version);
void kedge__informer_do_start(struct kedge_informer *inf, kedge_time now);
void kedge__informer_do_stop(struct kedge_informer *inf);
// Bytes of the arena that an informer of these options takes, with tokens, or a few more.
size_t kedge__informer_bytes(const struct kedge_informer_options *options);

// options.c
// True if an informer may have these options; else the kedge's failure says why not.
bool kedge__options_are_sound(struct kedge *k, const struct kedge_informer_options *options);

#endif
