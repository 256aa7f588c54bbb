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
// Every way back leads through PAUSE and a step of the jittered backoff, but for a watch that ended
// in good order. A list that breaks off deletes nothing: only LIST_END, applied, sweeps.
//
// When the heap is full (STALE), a marking list comes next: it stores nothing, so it completes, and
// its sweep makes what room can be made; then a storing list, at once if the object that lacked
// room has it now, else when it has or when the long backoff (30 s to 1 h) ends.
#include "cache/asks.h"
#include "cache/reflector_priv.h"

#include "base/wipe.h"

#define BACKOFF_FIRST (800 * KEDGE_MILLISECOND)
#define BACKOFF_CAP   (30 * KEDGE_SECOND)
#define BACKOFF_RESET (2 * KEDGE_MINUTE)

#define STALE_FIRST (30 * KEDGE_SECOND)
#define STALE_CAP   (1 * KEDGE_HOUR)

#define HELD_LOOK (100 * KEDGE_MILLISECOND)

#define TURN_STEPS 64 // steps a turn: at most so many buffers read

// No server makes us wait longer than this: it may be a slip of a proxy.
#define ASKED_MAX KEDGE_HOUR

#define REFUSED_MAX 65536 // bytes of an error's body that are looked at

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
    kedge_backoff_init(&r->backoff, BACKOFF_FIRST, BACKOFF_CAP, 200, 100, BACKOFF_RESET,
                       kedge__random_next64(random));
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

void kedge__reflector_start(struct kedge_informer *inf, kedge_time now)
{
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

// A step of the backoff, at least as long as the server asked for.
kedge_time kedge__reflector_backoff(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    kedge_time delay = kedge_backoff_next(&r->backoff, now);
    kedge_time asked = r->connection.response.retry_after * KEDGE_SECOND;
    if (asked > ASKED_MAX)
        asked = ASKED_MAX;
    return now + (asked > delay ? asked : delay);
}

// Ends what is under way; nothing that was framed is lost.
void kedge__reflector_abandon(struct kedge_informer *inf)
{
    struct kedge__reflector *r = &inf->reflector;
    kedge__connection_close(&r->connection);
    r->item_waits = false;
    r->more_pages = false;
    forget_item(inf);
}

void kedge__reflector_stop(struct kedge_informer *inf)
{
    kedge__reflector_abandon(inf);
    inf->reflector.state = KEDGE__REFLECTOR_STOPPED;
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

// Ends what is under way and asks the same again after a backoff step.
void kedge__reflector_fail(struct kedge_informer *inf, kedge_time now, kedge_err err,
                           const char *text)
{
    struct kedge__reflector *r = &inf->reflector;
    if (r->connection.renewed) {
        go_on(inf, now);
        return;
    }
    kedge_time until = kedge__reflector_backoff(inf, now);
    kedge__reflector_abandon(inf);
    kedge__reflector_pause(inf, r->asked, until);
    kedge__informer_failed(inf, err, r->asked == KEDGE__NEXT_WATCH ? "watch" : "list", text);
}

static const struct kedge_field list_rows[] = {
    {.path = "metadata\0resourceVersion\0", .type = KEDGE_FIELD_TEXT},
    {.path = "metadata\0continue\0", .type = KEDGE_FIELD_TEXT},
};
static const struct kedge_table list_table = {list_rows, 2, 0};

static const struct kedge_field event_rows[] = {{.path = "type\0", .type = KEDGE_FIELD_TEXT}};
static const struct kedge_table event_table = {event_rows, 1, 0};

void kedge__reflector_request(struct kedge_informer *inf, const struct kedge__line *path,
                              bool watch, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    struct kedge__ask ask = {
        .method = "GET", .path = kedge__line_done(path), .accept = kedge__asks_accept(inf, watch)};
    r->asked = watch ? KEDGE__NEXT_WATCH : KEDGE__NEXT_LIST;
    if (path->cut) {
        kedge__reflector_fail(inf, now, KEDGE_ERR_TOO_LONG, "the path is longer than text_max");
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
        o.tables[2] = &kedge__status_table; // an ERROR event's object is a Status
    if (shape == KEDGE_SIEVE_LIST && r->marking)
        o.tables[0] = &kedge__identity_table;
    if (shape == KEDGE_SIEVE_OBJECT) {
        o.tables[0] = &kedge__status_table;
        o.identity = 0;
    }
    if (shape == KEDGE_SIEVE_OBJECT || (shape == KEDGE_SIEVE_LIST && r->marking))
        o.tables[1] = NULL;
    if (shape != KEDGE_SIEVE_OBJECT)
        o.envelope = shape == KEDGE_SIEVE_LIST ? &list_table : &event_table;
    r->item_waits = false;
    return kedge_sieve_init(&r->sieve, &o);
}

static bool answered(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    bool watch = r->asked == KEDGE__NEXT_WATCH;
    bool ok = r->connection.response.status == 200;
    if (ok && r->connection.response.encoded) {
        kedge__reflector_fail(inf, now, KEDGE_ERR_HTTP, "the answer is compressed, unasked");
        return true;
    }
    enum kedge_sieve_shape shape = watch ? KEDGE_SIEVE_WATCH : KEDGE_SIEVE_LIST;
    kedge_err err = start_sieve(inf, ok ? shape : KEDGE_SIEVE_OBJECT);
    if (err != KEDGE_OK) {
        kedge__reflector_fail(inf, now, err,
                              "the kind's table or text_max does not suit the sieve");
        return true;
    }
    r->heard = now;
    r->refused_bytes = 0;
    if (ok && watch)
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
    kedge__reflector_fail(inf, now, err, r->connection.problem);
    return true;
}

// A watch that the server will go on refusing: what it cannot read leaves the cache by a list
// (client-go does the same), and a request that it calls wrong is not tried for ever. Not so an
// overloaded server, or one that does not know us: a list would not help.
static bool leads_to_list(struct kedge__reflector *r, const struct kedge_status *s)
{
    if (r->asked != KEDGE__NEXT_WATCH)
        return false;
    if (kedge_status_is_storage_read_error(s))
        return true;
    bool wrong = s->code >= 400 && s->code < 500 && s->code != 401 && s->code != 403 &&
                 s->code != 408 && s->code != 429;
    return wrong && kedge__reflector_twice_silent(r);
}

// An answer that is no Status: says what it was, and where it points.
static void refused_without_words(struct kedge_informer *inf, kedge_time now)
{
    const struct kedge_http_response *a = &inf->reflector.connection.response;
    char text[KEDGE__PROBLEM_MAX];
    struct kedge__line l;
    kedge__line_init(&l, text, sizeof text);
    kedge__line_text(&l, "the server answered ");
    kedge__line_int(&l, a->status);
    kedge__line_text(&l, " without a Status");
    if (a->location[0] != '\0') {
        kedge__line_text(&l, ", pointing to ");
        kedge__line_text(&l, a->location);
    }
    kedge__line_text(&l, ": is it an API server?");
    kedge__reflector_fail(inf, now, KEDGE_ERR_API, text);
}

static void refused(struct kedge_informer *inf, const struct kedge_status *s, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    bool expired = kedge_status_is_expired(s) || kedge_status_is_gone(s);
    bool too_large = kedge_status_is_too_large_version(s);
    // Our version, or our continue token, is not to be had: the next list takes what there is.
    if (too_large || (r->asked == KEDGE__NEXT_LIST && expired))
        r->any_version = true;
    if (expired || too_large || leads_to_list(r, s))
        r->asked = KEDGE__NEXT_LIST;
    if (s->retry_after_seconds > r->connection.response.retry_after)
        r->connection.response.retry_after = s->retry_after_seconds;
    if (s->from_server && s->message[0] != '\0')
        kedge__reflector_fail(inf, now, KEDGE_ERR_API, s->message);
    else
        refused_without_words(inf, now);
}

// A Status is large. It lies in a frame of its own, so that no other event pays for it.
void kedge__reflector_refused(struct kedge_informer *inf, int code, const struct kedge_json *doc,
                              kedge_time now)
{
    struct kedge_status status;
    kedge_status_from_code(&status, code);
    kedge_status_read(&status, kedge_json_root(doc));
    refused(inf, &status, now);
}

// Reads an answer that is not 200 as far as it makes sense, and takes the Status out of it.
static bool step_refused(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    struct kedge_json doc;
    bool partial;
    kedge_str bytes;
    enum kedge_sieve_event event = KEDGE_SIEVE_MORE;
    kedge_err err = kedge__exchange_body(&r->connection, now, &bytes);
    if (kedge__is_want(err) && now - r->heard < KEDGE__BODY_TIMEOUT)
        return false;
    if (err == KEDGE_OK) {
        size_t used = 0;
        err = kedge_sieve_feed(&r->sieve, bytes.ptr, bytes.len, &used, &event);
        kedge__exchange_used(&r->connection, used);
        r->refused_bytes += used;
    }
    if (err == KEDGE_OK && event == KEDGE_SIEVE_MORE && r->refused_bytes < REFUSED_MAX &&
        now - r->heard < KEDGE__BODY_TIMEOUT)
        return true;
    bool whole = err == KEDGE_OK && event == KEDGE_SIEVE_ITEM &&
                 kedge__intake_parse(inf, &doc, &partial) == KEDGE_OK;
    kedge__reflector_refused(inf, r->connection.response.status, whole ? &doc : NULL, now);
    return true;
}

// What comes of a body, in whatever state.

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
        kedge__reflector_fail(inf, now, err, "an object cannot be read");
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
    const char *problem = r->sieve.problem;
    if (r->asked == KEDGE__NEXT_WATCH && kedge__reflector_twice_silent(r))
        r->asked = KEDGE__NEXT_LIST;
    kedge__reflector_fail(inf, now, err, problem != NULL ? problem : kedge_err_text(err));
}

static void body_ended(struct kedge_informer *inf, kedge_err err, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    if (r->connection.renewed) {
        go_on(inf, now);
        return;
    }
    if (err != KEDGE_ERR_CLOSED) {
        // A short life may be the link's fault; a long one without a word is as good as an end.
        if (r->asked == KEDGE__NEXT_WATCH && now - r->watch_began >= KEDGE__WATCH_SILENCE &&
            kedge__reflector_twice_silent(r))
            r->asked = KEDGE__NEXT_LIST;
        kedge__reflector_fail(inf, now, err, r->connection.problem);
        return;
    }
    if (kedge_sieve_finish(&r->sieve) != KEDGE_OK)
        json_failure(inf, KEDGE_ERR_JSON, now);
    else if (r->state == KEDGE__REFLECTOR_WATCH_BODY)
        kedge__reflector_watch_ended(inf, now);
    else if (r->more_pages)
        kedge__reflector_start_list(inf, now);
    else
        r->state = KEDGE__REFLECTOR_LIST_END;
}

// Feeds the sieve from the body once. True if it got anywhere; *event says what came.
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
        return step_refused(inf, now);
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
