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
#include "kedge/status.h"

#define BACKOFF_FIRST (800 * KEDGE_MILLISECOND)
#define BACKOFF_CAP   (30 * KEDGE_SECOND)
#define BACKOFF_RESET (2 * KEDGE_MINUTE)

#define STALE_FIRST (30 * KEDGE_SECOND)
#define STALE_CAP   (1 * KEDGE_HOUR)

#define WATCH_MIN     300 // seconds; the server ends a watch between this and twice this
#define WATCH_SHORT   KEDGE_SECOND
#define WATCH_GRACE   (30 * KEDGE_SECOND)
#define WATCH_SILENCE (90 * KEDGE_SECOND)
#define HELD_LOOK     (100 * KEDGE_MILLISECOND)
#define STALE_LOOK    (5 * KEDGE_SECOND)

#define TURN_STEPS 64 // steps a turn: at most so many buffers read

#define REFUSED_MAX 65536 // bytes of an error's body that are looked at

static const struct kedge_field list_rows[] = {
    {.path = "metadata\0resourceVersion\0", .type = KEDGE_FIELD_TEXT},
    {.path = "metadata\0continue\0", .type = KEDGE_FIELD_TEXT},
};
static const struct kedge_table list_table = {list_rows, 2, 0};

static const struct kedge_field event_rows[] = {{.path = "type\0", .type = KEDGE_FIELD_TEXT}};
static const struct kedge_table event_table = {event_rows, 1, 0};

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

static void pause(struct kedge_informer *inf, enum kedge__reflector_next next, kedge_time until)
{
    struct kedge__reflector *r = &inf->reflector;
    r->next = next;
    r->wake = until;
    r->state = KEDGE__REFLECTOR_PAUSE;
}

void kedge__reflector_start(struct kedge_informer *inf, kedge_time now)
{
    pause(inf, KEDGE__NEXT_LIST, now);
}

void kedge__reflector_stop(struct kedge_informer *inf)
{
    kedge__connection_close(&inf->reflector.connection);
    inf->reflector.state = KEDGE__REFLECTOR_STOPPED;
}

// A step of the backoff, at least as long as the server asked for.
static kedge_time backoff_until(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    kedge_time delay = kedge_backoff_next(&r->backoff, now);
    kedge_time asked = r->connection.response.retry_after * KEDGE_SECOND;
    return now + (asked > delay ? asked : delay);
}

// Ends what is under way; nothing that was framed is lost.
static void abandon(struct kedge_informer *inf)
{
    kedge__connection_close(&inf->reflector.connection);
    inf->reflector.item_waits = false;
    inf->reflector.more_pages = false;
}

// Ends what is under way and asks the same again after a backoff step.
static void fail(struct kedge_informer *inf, kedge_time now, kedge_err err, const char *text)
{
    struct kedge__reflector *r = &inf->reflector;
    kedge_time until = backoff_until(inf, now);
    abandon(inf);
    pause(inf, r->asked, until);
    kedge__informer_failed(inf, err, r->asked == KEDGE__NEXT_WATCH ? "watch" : "list", text);
}

static void body_ended(struct kedge_informer *inf, kedge_err err, kedge_time now);

// Reads the Status out of the sieve's item, if there is one.
static void read_status(struct kedge_informer *inf, struct kedge_status *s)
{
    struct kedge_json doc;
    bool partial;
    if (kedge__intake_parse(inf, &doc, &partial) == KEDGE_OK)
        kedge_status_read(s, kedge_json_root(&doc));
}

// ---------------------------------------------------------------------------- requests

static void request(struct kedge_informer *inf, const struct kedge__line *path, bool watch,
                    kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    struct kedge__ask ask = {"GET", kedge__line_done(path), "application/json"};
    r->asked = watch ? KEDGE__NEXT_WATCH : KEDGE__NEXT_LIST;
    if (path->cut) {
        fail(inf, now, KEDGE_ERR_TOO_LONG, "the path is longer than text_max");
        return;
    }
    kedge__exchange_start(&r->connection, &ask, watch, now);
    r->state = watch ? KEDGE__REFLECTOR_WATCH_HEAD : KEDGE__REFLECTOR_LIST_HEAD;
}

static void begin_attempt(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    r->attempt++;
    r->marking = inf->phase == KEDGE_STALE && r->mark_next;
    r->first_page[0] = '\0';
    inf->lists++;
    if (inf->phase == KEDGE_CURRENT)
        kedge__informer_phase(inf, KEDGE_RELISTING, now);
}

// The list's metadata, out of the envelope. Its length; 0 if it is absent or longer than `cap`.
static size_t list_metadata(const struct kedge_informer *inf, const char *key, char *buf,
                            size_t cap)
{
    struct kedge_json_token tokens[16];
    struct kedge_json doc;
    kedge_str text = inf->reflector.sieve.envelope;
    if (kedge_json_parse(&doc, text.ptr, text.len, tokens, 16) != KEDGE_OK)
        return 0;
    kedge_json_value metadata = kedge_json_get(kedge_json_root(&doc), "metadata");
    size_t len = kedge_json_text(kedge_json_get(metadata, key), buf, cap);
    return len <= cap ? len : 0;
}

static void start_list(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    char token[KEDGE__ENVELOPE_MAX];
    size_t len = 0;
    if (r->more_pages)
        len = list_metadata(inf, "continue", token, sizeof token);
    r->more_pages = false;
    if (len == 0)
        begin_attempt(inf, now);
    struct kedge__line path;
    kedge__line_init(&path, r->item_buf, r->item_cap);
    kedge__asks_list(&path, inf, (kedge_str){token, len});
    request(inf, &path, false, now);
}

static void start_watch(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    struct kedge__random *random = &inf->factory->client->random;
    int64_t seconds = WATCH_MIN + (int64_t)kedge__random_below(random, WATCH_MIN);
    struct kedge__line path;
    kedge__line_init(&path, r->item_buf, r->item_cap);
    kedge__asks_watch(&path, inf, seconds);
    inf->watches++;
    r->watch_began = r->heard = now;
    r->watch_ends = now + seconds * KEDGE_SECOND + WATCH_GRACE;
    r->watch_told = false;
    request(inf, &path, true, now);
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

// ---------------------------------------------------------------------------- answers

static bool is_want(kedge_err err)
{
    return err == KEDGE_WANT_READ || err == KEDGE_WANT_WRITE;
}

static bool answered(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    bool watch = r->asked == KEDGE__NEXT_WATCH;
    bool ok = r->connection.response.status == 200;
    if (ok && r->connection.response.encoded) {
        fail(inf, now, KEDGE_ERR_HTTP, "the answer is compressed, unasked");
        return true;
    }
    enum kedge_sieve_shape shape = watch ? KEDGE_SIEVE_WATCH : KEDGE_SIEVE_LIST;
    kedge_err err = start_sieve(inf, ok ? shape : KEDGE_SIEVE_OBJECT);
    if (err != KEDGE_OK) {
        fail(inf, now, err, "the kind's table or text_max does not suit the sieve");
        return true;
    }
    r->heard = now;
    r->refused_bytes = 0;
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
    if (is_want(err))
        return false;
    if (err == KEDGE_OK)
        return answered(inf, now);
    fail(inf, now, err, r->connection.problem);
    return true;
}

// The server said no, in a Status or an ERROR event.
static void refused(struct kedge_informer *inf, const struct kedge_status *s, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    bool expired = kedge_status_is_expired(s) || kedge_status_is_gone(s);
    // Our version, or our continue token, is not to be had: the next list takes what there is.
    if (r->asked == KEDGE__NEXT_LIST && (expired || kedge_status_is_too_large_version(s)))
        r->any_version = true;
    if (expired)
        r->asked = KEDGE__NEXT_LIST;
    if (s->code == 401 && inf->factory->client->has_token)
        kedge__token_expire(&inf->factory->client->token);
    if (s->retry_after_seconds > r->connection.response.retry_after)
        r->connection.response.retry_after = s->retry_after_seconds;
    fail(inf, now, KEDGE_ERR_API, s->message);
}

// Reads an answer that is not 200 as far as it makes sense, and takes the Status out of it.
static bool step_refused(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    struct kedge_status status;
    kedge_str bytes;
    enum kedge_sieve_event event = KEDGE_SIEVE_MORE;
    kedge_err err = kedge__exchange_body(&r->connection, now, &bytes);
    if (is_want(err))
        return false;
    kedge_status_from_code(&status, r->connection.response.status);
    if (err == KEDGE_OK) {
        size_t used = 0;
        err = kedge_sieve_feed(&r->sieve, bytes.ptr, bytes.len, &used, &event);
        kedge__exchange_used(&r->connection, used);
        r->refused_bytes += used;
    }
    if (err == KEDGE_OK && event == KEDGE_SIEVE_MORE && r->refused_bytes < REFUSED_MAX)
        return true;
    if (err == KEDGE_OK && event == KEDGE_SIEVE_ITEM)
        read_status(inf, &status);
    refused(inf, &status, now);
    return true;
}

// ---------------------------------------------------------------------------- a full heap

static void become_stale(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    bool first = inf->phase != KEDGE_STALE;
    if (first)
        kedge_backoff_reset(&r->stale_backoff);
    kedge_time delay = kedge_backoff_next(first ? &r->backoff : &r->stale_backoff, now);
    abandon(inf);
    r->mark_next = true;
    r->room_wake = now + STALE_LOOK;
    pause(inf, KEDGE__NEXT_LIST, now + delay);
    kedge__informer_stale(inf, now);
}

static bool has_room_now(const struct kedge_informer *inf)
{
    size_t lacking;
    return kedge__heap_room(&inf->factory->heap, inf->owner, inf->stale_bytes, false, &lacking) !=
           KEDGE_ERR_FULL;
}

// The marking list is whole and swept: a storing list comes next, now or later.
static void after_marking(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    r->mark_next = false;
    r->room_wake = now;
    pause(inf, KEDGE__NEXT_LIST, now + kedge_backoff_next(&r->stale_backoff, now));
}

// ---------------------------------------------------------------------------- lists

// What intake answers, acted upon. True if it went on.
static bool taken(struct kedge_informer *inf, kedge_err err, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    r->item_waits = err == KEDGE_WAIT;
    if (err == KEDGE_WAIT)
        return false;
    if (err == KEDGE_ERR_FULL)
        become_stale(inf, now);
    else if (err != KEDGE_OK)
        fail(inf, now, err, "an object cannot be read");
    return true;
}

static bool take_list_item(struct kedge_informer *inf, kedge_time now)
{
    if (inf->reflector.sieve.unusable) {
        inf->skipped++;
        return taken(inf, KEDGE_OK, now);
    }
    return taken(inf, kedge__intake_list_item(inf), now);
}

static void end_page(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    char token[KEDGE__ENVELOPE_MAX];
    if (r->first_page[0] == '\0') {
        size_t len = list_metadata(inf, "resourceVersion", r->first_page, sizeof r->first_page - 1);
        r->first_page[len] = '\0';
    }
    if (r->first_page[0] == '\0') {
        fail(inf, now, KEDGE_ERR_JSON, "the list has no resourceVersion");
        return;
    }
    r->more_pages = list_metadata(inf, "continue", token, sizeof token) > 0;
    r->state = KEDGE__REFLECTOR_LIST_DRAIN;
}

static bool twice_silent(struct kedge__reflector *r);

// A watch that breaks twice at the same place would do so for ever: then a list leads past it.
static void json_failure(struct kedge_informer *inf, kedge_err err, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    const char *problem = r->sieve.problem;
    if (r->asked == KEDGE__NEXT_WATCH && twice_silent(r))
        r->asked = KEDGE__NEXT_LIST;
    fail(inf, now, err, problem != NULL ? problem : kedge_err_text(err));
}

// Feeds the sieve from the body once. True if it got anywhere; *event says what came.
static bool feed(struct kedge_informer *inf, kedge_time now, enum kedge_sieve_event *event)
{
    struct kedge__reflector *r = &inf->reflector;
    kedge_str bytes;
    size_t used = 0;
    *event = KEDGE_SIEVE_MORE;
    kedge_err err = kedge__exchange_body(&r->connection, now, &bytes);
    if (is_want(err))
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

static bool step_list_body(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    if (r->item_waits)
        return take_list_item(inf, now);
    enum kedge_sieve_event event;
    if (!feed(inf, now, &event))
        return false;
    if (event == KEDGE_SIEVE_ITEM && r->state == KEDGE__REFLECTOR_LIST_BODY)
        return take_list_item(inf, now);
    if (event == KEDGE_SIEVE_END)
        end_page(inf, now);
    return true;
}

// The list is whole; its body still has an end, behind which the connection can be used again.
static bool step_list_drain(struct kedge_informer *inf, kedge_time now)
{
    enum kedge_sieve_event event;
    return feed(inf, now, &event);
}

// Hands the end of the list to the fifo: what it did not have will be swept.
static bool step_list_end(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    if (!kedge__delta_fifo_room(&inf->fifo, KEDGE__DELTA_LIST_END))
        return false;
    struct kedge__delta end = {
        .mark = r->attempt, .type = KEDGE__DELTA_LIST_END, .stored = !r->marking};
    kedge__delta_fifo_push(&inf->fifo, end, r->first_page);
    if (r->marking) {
        after_marking(inf, now);
        return true;
    }
    memcpy(r->read, r->first_page, sizeof r->read);
    r->any_version = false;
    r->silent_watches = 0;
    r->mark_next = false;
    start_watch(inf, now);
    return true;
}

// ---------------------------------------------------------------------------- watches

// Counts a watch that ended. Two in a row from one version, without event or bookmark: the server's
// history may have been replaced, and ours is a version that it will reach some day.
static bool twice_silent(struct kedge__reflector *r)
{
    r->silent_watches = r->watch_told ? 0 : (uint8_t)(r->silent_watches + 1);
    if (r->silent_watches < 2)
        return false;
    r->silent_watches = 0;
    return true;
}

static void watch_ended(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    if (twice_silent(r))
        pause(inf, KEDGE__NEXT_LIST, now);
    else if (now - r->watch_began < WATCH_SHORT)
        pause(inf, KEDGE__NEXT_WATCH, backoff_until(inf, now));
    else
        start_watch(inf, now);
}

static void body_ended(struct kedge_informer *inf, kedge_err err, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    if (err != KEDGE_ERR_CLOSED) {
        fail(inf, now, err, r->connection.problem);
        return;
    }
    if (kedge_sieve_finish(&r->sieve) != KEDGE_OK)
        json_failure(inf, KEDGE_ERR_JSON, now);
    else if (r->state == KEDGE__REFLECTOR_WATCH_BODY)
        watch_ended(inf, now);
    else if (r->more_pages)
        start_list(inf, now);
    else
        r->state = KEDGE__REFLECTOR_LIST_END;
}

enum event_type { ADDED, MODIFIED, DELETED, BOOKMARK, ERROR, UNKNOWN };

static enum event_type event_type(const struct kedge_informer *inf)
{
    static const char *const names[] = {"ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"};
    struct kedge_json_token tokens[8];
    struct kedge_json doc;
    kedge_str text = inf->reflector.sieve.envelope;
    if (kedge_json_parse(&doc, text.ptr, text.len, tokens, 8) != KEDGE_OK)
        return UNKNOWN;
    kedge_json_value type = kedge_json_get(kedge_json_root(&doc), "type");
    for (int i = ADDED; i < UNKNOWN; i++) {
        if (kedge_json_text_is(type, kedge_str_of(names[i])))
            return (enum event_type)i;
    }
    return UNKNOWN;
}

// The watch has told us something: it goes on from there.
static void told(struct kedge__reflector *r, const struct kedge__identity *id)
{
    r->watch_told = true;
    r->silent_watches = 0;
    memcpy(r->read, id->resource_version, sizeof r->read);
}

static kedge_err take_bookmark(struct kedge_informer *inf, const struct kedge__identity *id)
{
    if (!kedge__delta_fifo_room(&inf->fifo, KEDGE__DELTA_BOOKMARK))
        return KEDGE_WAIT;
    inf->reflector.bookmarks = true;
    kedge__delta_fifo_push(&inf->fifo, (struct kedge__delta){.type = KEDGE__DELTA_BOOKMARK},
                           id->resource_version);
    return KEDGE_OK;
}

static bool skip_event(struct kedge_informer *inf, kedge_time now)
{
    inf->skipped++;
    return taken(inf, KEDGE_OK, now);
}

// An event with an object that has a version: all but ERROR.
static bool take_versioned(struct kedge_informer *inf, enum event_type type,
                           kedge_json_value object, bool partial, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    struct kedge__identity id;
    kedge__identity_read(&id, object);
    if (id.too_long || id.resource_version[0] == '\0')
        return skip_event(inf, now);
    // A watch goes forward. This one comes from a server that was set back, to a backup: its
    // history is not ours.
    if (kedge__version_older(id.resource_version, r->read)) {
        r->asked = KEDGE__NEXT_LIST;
        fail(inf, now, KEDGE_ERR_API, "the server's versions have gone back");
        return true;
    }
    kedge_err err = type == BOOKMARK
                        ? take_bookmark(inf, &id)
                        : kedge__intake_event(inf, object, &id, partial, type == DELETED);
    if (err == KEDGE_OK)
        told(r, &id);
    return taken(inf, err, now);
}

static bool take_event(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    struct kedge_json doc;
    bool partial = false;
    enum event_type type = r->sieve.unusable ? UNKNOWN : event_type(inf);
    if (type == UNKNOWN)
        return skip_event(inf, now);
    kedge_err err = kedge__intake_parse(inf, &doc, &partial);
    if (err != KEDGE_OK)
        return taken(inf, err, now);
    kedge_json_value object = kedge_json_root(&doc);
    if (type != ERROR)
        return take_versioned(inf, type, object, partial, now);
    struct kedge_status status;
    kedge_status_from_code(&status, 500);
    kedge_status_read(&status, object);
    refused(inf, &status, now);
    return true;
}

// A silent watch is a dead watch: where bookmarks come, one comes each minute.
static bool watch_is_dead(const struct kedge_informer *inf, kedge_time now)
{
    const struct kedge__reflector *r = &inf->reflector;
    return now >= r->watch_ends || (r->bookmarks && now - r->heard >= WATCH_SILENCE);
}

static bool step_watch_body(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    if (r->item_waits) {
        r->heard = now; // not reading: its silence is ours
        return take_event(inf, now);
    }
    enum kedge_sieve_event event;
    if (!feed(inf, now, &event)) {
        if (!watch_is_dead(inf, now))
            return false;
        if (twice_silent(r))
            r->asked = KEDGE__NEXT_LIST;
        fail(inf, now, KEDGE_ERR_TIMEOUT, "the watch has gone silent");
        return true;
    }
    if (event == KEDGE_SIEVE_ITEM && r->state == KEDGE__REFLECTOR_WATCH_BODY)
        return take_event(inf, now);
    return true;
}

// ---------------------------------------------------------------------------- the machine

// True if a pause is over. A list waits until what was framed before it is applied, so that marks
// and versions are those of the cache; a STALE one comes early when there is room.
static bool pause_is_over(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    if (r->next == KEDGE__NEXT_LIST && kedge__delivery_busy(inf))
        return false;
    if (now >= r->wake)
        return true;
    return inf->phase == KEDGE_STALE && now >= r->room_wake && has_room_now(inf);
}

static bool step_pause(struct kedge_informer *inf, kedge_time now)
{
    if (!pause_is_over(inf, now))
        return false;
    if (inf->reflector.next == KEDGE__NEXT_LIST)
        start_list(inf, now);
    else
        start_watch(inf, now);
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
        return step_list_body(inf, now);
    case KEDGE__REFLECTOR_LIST_DRAIN:
        return step_list_drain(inf, now);
    case KEDGE__REFLECTOR_LIST_END:
        return step_list_end(inf, now);
    case KEDGE__REFLECTOR_WATCH_BODY:
        return step_watch_body(inf, now);
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
        now + STALE_LOOK < r->wake)
        return now + STALE_LOOK;
    if (r->state == KEDGE__REFLECTOR_PAUSE)
        return r->wake;
    if (r->state == KEDGE__REFLECTOR_WATCH_BODY) {
        at = r->watch_ends;
        if (r->bookmarks && r->heard + WATCH_SILENCE < at)
            at = r->heard + WATCH_SILENCE;
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
    inf->task.stream = inf->reflector.connection.stream;
    inf->task.interest = interest(inf);
    inf->task.deadline = next_deadline(inf, now);
    return moved;
}
