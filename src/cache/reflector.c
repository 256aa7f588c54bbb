// SPDX-License-Identifier: Apache-2.0
// reflector.c - lists, then watches, then watches again, and lists again when it must.
//
//              +------------- pages ----------+
//              v                              |
//   PAUSE -> LIST_HEAD -> LIST_BODY -> LIST_DRAIN -> LIST_END -> WATCH_HEAD -> WATCH_BODY
//     ^          |            |            |                      ^   |            |
//     |          v            v            v                      |   |            | ended well
//     +---- REFUSED, or any failure <-----------------------------|---+            | after > 1 s
//     |        next: LIST, or WATCH from the version read         +----------------+
//     +------------------------------------------------------------ expired: LIST
//
// A list may be a WatchList: then WATCH_HEAD and WATCH_BODY come at once, with `initial` set until
// the bookmark that stands for LIST_END; the same stream goes on as the watch
// (reflector_initial.c).
//
// Every way back leads through PAUSE and a step of the jittered backoff, but for a watch that ended
// in good order and a list that is asked for in another way because the server said no to this one
// (reflector_refused.c). A list that breaks off deletes nothing: only LIST_END, applied, sweeps.
//
// When the heap is full (STALE), a marking list comes next: it stores nothing, so it completes, and
// its sweep makes what room can be made; then a storing list, at once if the object that lacked
// room has it now, else when it has or when the long backoff (30 s to 1 h) ends.
#include "cache/asks.h"
#include "cache/reflector_priv.h"

#include "base/wipe.h"
#include "client/expected.h"

#define BACKOFF_FIRST (800 * KEDGE_MILLISECOND)
#define BACKOFF_CAP   (30 * KEDGE_SECOND)
#define BACKOFF_RESET (2 * KEDGE_MINUTE)

#define STALE_FIRST (30 * KEDGE_SECOND)
#define STALE_CAP   (1 * KEDGE_HOUR)

#define HELD_LOOK (100 * KEDGE_MILLISECOND)

#define TURN_STEPS 64 // steps a turn: at most so many buffers read

// No server makes us wait longer than this: it may be a slip of a proxy.
#define ASKED_MAX KEDGE_HOUR

// A list that breaks after so long was cut by the server, which ends what is no watch after 60 s.
#define CUT_AFTER (50 * KEDGE_SECOND)

// What the user wants of the backoff, or client-go's values; the cap is not below the first step.
static void init_backoff(struct kedge_backoff *b, const struct kedge_informer_options *o,
                         uint64_t seed)
{
    kedge_time cap = o->backoff_cap > 0 ? o->backoff_cap : BACKOFF_CAP;
    kedge_time first = o->backoff_first > 0 ? o->backoff_first : BACKOFF_FIRST;
    if (o->backoff_cap <= 0 && first > cap)
        cap = first;
    if (first > cap)
        first = cap;
    kedge_backoff_init(b, first, cap, 200, 100, BACKOFF_RESET, seed);
}

kedge_err kedge__reflector_init(struct kedge_informer *inf)
{
    struct kedge__reflector *r = &inf->reflector;
    struct kedge *k = inf->factory->k;
    struct kedge__random *random = &inf->factory->client->random;
    kedge_err err =
        kedge__connection_init(&r->connection, inf->factory->client, inf->options.buffer);
    if (err != KEDGE_OK)
        return err;
    r->item_cap = inf->options.text_max;
    r->item_buf = kedge__take(k, "text", r->item_cap, 1, 1);
    r->envelope_buf = kedge__take(k, "text", KEDGE__ENVELOPE_MAX, 1, 1);
    if (r->item_buf == NULL || r->envelope_buf == NULL)
        return k->failure;
    init_backoff(&r->backoff, &inf->options, kedge__random_next64(random));
    kedge_backoff_init(&r->stale_backoff, STALE_FIRST, STALE_CAP, 200, 20, KEDGE_FOREVER,
                       kedge__random_next64(random));
    r->state = KEDGE__REFLECTOR_STOPPED;
    return KEDGE_OK;
}

void kedge__reflector_pause(struct kedge_informer *inf, enum kedge__reflector_next next,
                            kedge_time until)
{
    struct kedge__reflector *r = &inf->reflector;
    r->next = next;
    r->wake = until;
    r->room_wake = until;
    r->state = KEDGE__REFLECTOR_PAUSE;
}

// What a stop broke off is asked anew: a list from its beginning, a watch from the version read. A
// pause that was under way is kept: the server may have asked for it.
void kedge__reflector_start(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    r->state = KEDGE__REFLECTOR_PAUSE;
    if (!inf->started)
        kedge__reflector_pause(inf, KEDGE__NEXT_LIST, now);
}

// The text of a secret does not stay where it came in, nor where it was sieved.
static void forget_item(struct kedge_informer *inf)
{
    if (!inf->account.secret)
        return;
    kedge__exchange_forget(&inf->reflector.connection);
    kedge__wipe(inf->reflector.item_buf, inf->reflector.item_cap);
    kedge__wipe(inf->factory->shrink_buf, KEDGE__SHRINK_MAX);
}

static kedge_time asked_for(const struct kedge__reflector *r)
{
    kedge_time asked = r->connection.response.retry_after * KEDGE_SECOND;
    return asked < ASKED_MAX ? asked : ASKED_MAX;
}

kedge_time kedge__reflector_backoff(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    kedge_time delay = kedge_backoff_next(&r->backoff, now);
    kedge_time asked = asked_for(r);
    return now + (asked > delay ? asked : delay);
}

static void forget_reply(struct kedge_informer *inf)
{
    struct kedge__reflector *r = &inf->reflector;
    r->item_waits = false;
    r->more_pages = false;
    r->initial = false;
    forget_item(inf);
}

void kedge__reflector_abandon(struct kedge_informer *inf)
{
    kedge__connection_close(&inf->reflector.connection);
    forget_reply(inf);
}

// A reply of which only the line's end is left leaves the connection as good as it was.
static bool reply_is_over(struct kedge__connection *c, kedge_time now)
{
    kedge_str rest;
    kedge_err err = kedge__exchange_body(c, now, &rest);
    if (err == KEDGE_OK) {
        kedge__exchange_used(c, rest.len);
        err = kedge__exchange_body(c, now, &rest);
    }
    return err == KEDGE_ERR_CLOSED;
}

void kedge__reflector_again(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    if (!reply_is_over(&r->connection, now))
        kedge__connection_close(&r->connection);
    r->again = !r->initial;
    forget_reply(inf);
    kedge__reflector_pause(inf, KEDGE__NEXT_LIST, now + asked_for(r));
}

void kedge__reflector_stop(struct kedge_informer *inf)
{
    struct kedge__reflector *r = &inf->reflector;
    kedge_time now = kedge__clock(inf->factory->k);
    if (r->state == KEDGE__REFLECTOR_REFUSED)
        kedge__reflector_pause(inf, r->asked, kedge__reflector_backoff(inf, now));
    else if (r->state != KEDGE__REFLECTOR_PAUSE && r->state != KEDGE__REFLECTOR_STOPPED)
        kedge__reflector_pause(inf, r->asked, now);
    kedge__reflector_abandon(inf);
    r->state = KEDGE__REFLECTOR_STOPPED;
}

bool kedge__reflector_watches(const struct kedge_informer *inf)
{
    return inf->reflector.state == KEDGE__REFLECTOR_WATCH_BODY && !inf->reflector.initial;
}

// Our own credentials were renewed: that is no failure, and nothing to wait for.
static void go_on(struct kedge_informer *inf, kedge_time now)
{
    inf->reflector.connection.renewed = false;
    kedge__reflector_abandon(inf);
    kedge__reflector_pause(inf, inf->reflector.asked, now);
    kedge__log(inf->factory->k, KEDGE_LOG_INFO,
               "credentials were renewed: the informer opens its connection anew");
}

// Ends what is under way and goes on after a backoff step.
void kedge__reflector_fail_by(struct kedge_informer *inf, kedge_err err, kedge_time now,
                              const char *text, const struct kedge_status *status)
{
    struct kedge__reflector *r = &inf->reflector;
    if (r->connection.renewed) {
        go_on(inf, now);
        return;
    }
    kedge_time until = kedge__reflector_backoff(inf, now);
    // Who was refused a WatchList and now fails with the list begins anew with a WatchList.
    if (r->asked == KEDGE__NEXT_LIST && !r->initial)
        r->fall_back = r->whole = false;
    kedge__reflector_abandon(inf);
    kedge__reflector_pause(inf, r->then, until);
    kedge__informer_failed(inf, err, r->asked == KEDGE__NEXT_WATCH, text, status);
}

void kedge__reflector_fail(struct kedge_informer *inf, kedge_err err, kedge_time now,
                           const char *text)
{
    kedge__reflector_fail_by(inf, err, now, text, NULL);
}

static const struct kedge_field event_rows[] = {{.path = "type\0", .type = KEDGE_FIELD_TEXT}};
static const struct kedge_table event_table = {event_rows, 1, 0};

void kedge__reflector_request(struct kedge_informer *inf, const struct kedge__line *path,
                              bool watch, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    struct kedge__ask ask = {
        .method = "GET", .path = kedge__line_done(path), .accept = kedge__asks_accept(inf, watch)};
    r->asked = r->then = watch && !r->initial ? KEDGE__NEXT_WATCH : KEDGE__NEXT_LIST;
    r->asked_at = now;
    if (path->cut) {
        kedge__reflector_fail(inf, KEDGE_ERR_TOO_LONG, now, "the path is longer than text_max");
        return;
    }
    kedge__exchange_start(&r->connection, &ask, watch, now);
    r->state = watch ? KEDGE__REFLECTOR_WATCH_HEAD : KEDGE__REFLECTOR_LIST_HEAD;
}

static kedge_err start_sieve(struct kedge_informer *inf, enum kedge_sieve_shape shape)
{
    struct kedge__reflector *r = &inf->reflector;
    struct kedge_sieve_options o = {
        .shape = shape,
        .tables = {&kedge__meta_table, inf->kind->table},
        .identity = KEDGE__IDENTITY,
        .item_buf = r->item_buf,
        .item_cap = r->item_cap,
        .envelope_buf = r->envelope_buf,
        .envelope_cap = KEDGE__ENVELOPE_MAX,
    };
    if (shape == KEDGE_SIEVE_WATCH)
        o.tables[2] = kedge__expected_rows(inf->kind);
    // What a transform may look at must be there.
    bool marking = shape == KEDGE_SIEVE_LIST && r->marking && inf->options.transform == NULL;
    if (marking)
        o.tables[0] = &kedge__identity_table;
    if (shape == KEDGE_SIEVE_OBJECT) {
        o.tables[0] = &kedge__status_table;
        o.identity = 0;
    }
    if (shape == KEDGE_SIEVE_OBJECT || marking)
        o.tables[1] = NULL;
    if (shape != KEDGE_SIEVE_OBJECT)
        o.envelope = shape == KEDGE_SIEVE_LIST ? &kedge__expected_list_rows : &event_table;
    r->item_waits = false;
    return kedge_sieve_init(&r->sieve, &o);
}

static bool answered(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    bool watch = r->asked == KEDGE__NEXT_WATCH || r->initial;
    bool ok = r->connection.response.status == 200;
    if (ok && r->connection.response.encoded) {
        kedge__reflector_fail(inf, KEDGE_ERR_HTTP, now, "the answer is compressed, unasked");
        return true;
    }
    enum kedge_sieve_shape shape = watch ? KEDGE_SIEVE_WATCH : KEDGE_SIEVE_LIST;
    kedge_err err = start_sieve(inf, ok ? shape : KEDGE_SIEVE_OBJECT);
    if (err != KEDGE_OK) {
        kedge__reflector_fail(inf, err, now,
                              "the kind's table or text_max does not suit the sieve");
        return true;
    }
    r->heard = now;
    r->refused_bytes = 0;
    if (ok && r->asked == KEDGE__NEXT_WATCH)
        kedge__informer_recovered(inf);
    r->state = !ok     ? KEDGE__REFLECTOR_REFUSED
               : watch ? KEDGE__REFLECTOR_WATCH_BODY
                       : KEDGE__REFLECTOR_LIST_BODY;
    return true;
}

// The head has come, or not yet, or never will.
static bool step_head(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    kedge_err err = kedge__exchange_head(&r->connection, now);
    if (kedge__is_want(err))
        return false;
    if (err == KEDGE_OK)
        return answered(inf, now);
    kedge__reflector_fail(inf, err, now, r->connection.problem);
    return true;
}

// What intake answers, acted upon. True if it went on.
bool kedge__reflector_taken(struct kedge_informer *inf, kedge_err err, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    r->item_waits = err == KEDGE_WAIT;
    if (err == KEDGE_WAIT)
        return false;
    forget_item(inf);
    if (err == KEDGE_ERR_FULL)
        kedge__reflector_become_stale(inf, now);
    else if (err != KEDGE_OK)
        kedge__reflector_fail(inf, err, now, "an object cannot be read");
    return true;
}

// Counts a watch that ended. Two in a row from one version, without event or bookmark: the server's
// history may have been replaced, and ours is a version that it will reach some day.
bool kedge__reflector_twice_silent(struct kedge__reflector *r)
{
    r->silent_watches = r->watch_told ? 0 : (uint8_t)(r->silent_watches + 1);
    if (r->silent_watches < 2)
        return false;
    r->silent_watches = 0;
    return true;
}

// A watch that breaks twice at the same place would do so for ever: then a list leads past it.
static void json_failure(struct kedge_informer *inf, kedge_err err, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    if (r->asked == KEDGE__NEXT_WATCH && kedge__reflector_twice_silent(r))
        r->then = KEDGE__NEXT_LIST;
    if (r->initial)
        r->fall_back = true;
    kedge__reflector_fail(inf, err, now, r->sieve.problem);
}

// The link's fault, or time's.
static void body_broke(struct kedge_informer *inf, kedge_err err, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    // A short life may be the link's fault; a long one without a word is as good as an end.
    if (r->asked == KEDGE__NEXT_WATCH && now - r->watch_began >= KEDGE__WATCH_SILENCE &&
        kedge__reflector_twice_silent(r))
        r->then = KEDGE__NEXT_LIST;
    if (r->initial)
        kedge__reflector_count_unfinished(r);
    else if (r->asked == KEDGE__NEXT_LIST &&
             (err == KEDGE_ERR_TIMEOUT || now - r->asked_at >= CUT_AFTER))
        kedge__reflector_count_cut(inf);
    kedge__reflector_fail(inf, err, now, r->connection.problem);
}

static void body_ended(struct kedge_informer *inf, kedge_err err, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    if (r->connection.renewed) {
        go_on(inf, now);
        return;
    }
    if (err != KEDGE_ERR_CLOSED) {
        body_broke(inf, err, now);
        return;
    }
    if (kedge_sieve_finish(&r->sieve) != KEDGE_OK)
        json_failure(inf, KEDGE_ERR_JSON, now);
    else if (r->initial)
        kedge__reflector_initial_ended(inf, now);
    else if (r->state == KEDGE__REFLECTOR_WATCH_BODY)
        kedge__reflector_watch_ended(inf, now);
    else if (r->more_pages)
        kedge__reflector_start_list(inf, now);
    else
        r->state = KEDGE__REFLECTOR_LIST_END;
}

bool kedge__reflector_feed(struct kedge_informer *inf, kedge_time now,
                           enum kedge_sieve_event *event)
{
    struct kedge__reflector *r = &inf->reflector;
    kedge_str bytes;
    size_t used = 0;
    *event = KEDGE_SIEVE_MORE;
    kedge_err err = kedge__exchange_body(&r->connection, now, &bytes);
    if (kedge__is_want(err))
        return false;
    if (err != KEDGE_OK) {
        body_ended(inf, err, now);
        return true;
    }
    r->heard = now;
    err = kedge_sieve_feed(&r->sieve, bytes.ptr, bytes.len, &used, event);
    kedge__exchange_used(&r->connection, used);
    if (err != KEDGE_OK)
        json_failure(inf, err, now);
    return true;
}

// True if a pause is over. A list waits until what was framed before it is applied, so that marks
// and versions are those of the cache; a STALE one comes early when there is room.
static bool pause_is_over(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    if (r->next == KEDGE__NEXT_LIST && kedge__delivery_busy(inf))
        return false;
    if (now >= r->wake)
        return true;
    return inf->phase == KEDGE_STALE && now >= r->room_wake && kedge__reflector_has_room(inf);
}

static bool step_pause(struct kedge_informer *inf, kedge_time now)
{
    if (!pause_is_over(inf, now))
        return false;
    if (inf->reflector.next == KEDGE__NEXT_LIST)
        kedge__reflector_start_list(inf, now);
    else
        kedge__reflector_start_watch(inf, now);
    return true;
}

static bool step(struct kedge_informer *inf, kedge_time now)
{
    switch (inf->reflector.state) {
    case KEDGE__REFLECTOR_PAUSE:
        return step_pause(inf, now);
    case KEDGE__REFLECTOR_LIST_HEAD:
    case KEDGE__REFLECTOR_WATCH_HEAD:
        return step_head(inf, now);
    case KEDGE__REFLECTOR_LIST_BODY:
        return kedge__reflector_list_body(inf, now);
    case KEDGE__REFLECTOR_LIST_DRAIN:
        return kedge__reflector_list_drain(inf, now);
    case KEDGE__REFLECTOR_LIST_END:
        return kedge__reflector_list_end(inf, now);
    case KEDGE__REFLECTOR_WATCH_BODY:
        return kedge__reflector_watch_body(inf, now);
    case KEDGE__REFLECTOR_REFUSED:
        return kedge__reflector_step_refused(inf, now);
    default:
        return false;
    }
}

// Held back: there is something to do, but for others.
static bool is_held(const struct kedge_informer *inf)
{
    const struct kedge__reflector *r = &inf->reflector;
    return r->item_waits || r->state == KEDGE__REFLECTOR_LIST_END ||
           (r->state == KEDGE__REFLECTOR_PAUSE && r->next == KEDGE__NEXT_LIST &&
            kedge__delivery_busy(inf));
}

static kedge_time next_deadline(const struct kedge_informer *inf, kedge_time now)
{
    const struct kedge__reflector *r = &inf->reflector;
    kedge_time at = r->connection.deadline;
    if (r->state == KEDGE__REFLECTOR_STOPPED)
        return KEDGE_FOREVER;
    if (is_held(inf))
        return now + HELD_LOOK;
    if (r->state == KEDGE__REFLECTOR_PAUSE && inf->phase == KEDGE_STALE &&
        now + KEDGE__STALE_LOOK < r->wake)
        return now + KEDGE__STALE_LOOK;
    if (r->state == KEDGE__REFLECTOR_PAUSE)
        return r->wake;
    if (r->state == KEDGE__REFLECTOR_WATCH_BODY && r->initial)
        return kedge__reflector_initial_deadline(r);
    if (r->state == KEDGE__REFLECTOR_WATCH_BODY) {
        at = r->watch_ends;
        if (r->bookmarks && r->heard + KEDGE__WATCH_SILENCE < at)
            at = r->heard + KEDGE__WATCH_SILENCE;
    }
    return at;
}

static uint8_t interest(const struct kedge_informer *inf)
{
    const struct kedge__reflector *r = &inf->reflector;
    bool idle = r->state == KEDGE__REFLECTOR_PAUSE || r->state == KEDGE__REFLECTOR_STOPPED;
    return idle || is_held(inf) ? KEDGE_INTEREST_NONE : r->connection.interest;
}

bool kedge__reflector_step(struct kedge_informer *inf, kedge_time now)
{
    bool moved = false;
    for (int i = 0; i < TURN_STEPS && step(inf, now); i++)
        moved = true;
    inf->task.stream = inf->reflector.connection.waits;
    inf->task.interest = interest(inf);
    inf->task.deadline = next_deadline(inf, now);
    return moved;
}
