// SPDX-License-Identifier: Apache-2.0
// reflector_watch.c - the reflector's watches: events, bookmarks, and how they end.
#include "cache/asks.h"
#include "cache/reflector_priv.h"

#include "base/divide.h"
#include "client/expected.h"

#define WATCH_MIN     300 // seconds; the server ends a watch between this and twice this
#define WATCH_MIN_MAX 1000000000
#define WATCH_GRACE   (30 * KEDGE_SECOND)

// So long, in seconds, that many clients which began together do not end together.
static int64_t watch_seconds(struct kedge_informer *inf)
{
    uint64_t least = (uint64_t)inf->options.watch_timeout;
    kedge__divide(&least, KEDGE_SECOND);
    if (least < WATCH_MIN)
        least = WATCH_MIN;
    if (least > WATCH_MIN_MAX)
        least = WATCH_MIN_MAX;
    struct kedge__random *random = &inf->factory->client->random;
    return (int64_t)(least + kedge__random_below(random, least));
}

static void start(struct kedge_informer *inf, bool initial, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    int64_t seconds = watch_seconds(inf);
    struct kedge__line path;
    kedge__line_init(&path, r->item_buf, r->item_cap);
    kedge__asks_watch(&path, inf, initial, seconds);
    inf->watches++;
    r->watch_began = r->heard = r->warned = now;
    r->watch_ends = now + seconds * KEDGE_SECOND + WATCH_GRACE;
    r->watch_told = false;
    r->initial = initial;
    kedge__reflector_request(inf, &path, true, now);
}

void kedge__reflector_start_watch(struct kedge_informer *inf, kedge_time now)
{
    start(inf, false, now);
}

void kedge__reflector_start_initial(struct kedge_informer *inf, kedge_time now)
{
    start(inf, true, now);
}

// A server that ends a watch before it was asked to does so to all its clients at once: they do not
// all come back at once.
static kedge_time spread(struct kedge_informer *inf, kedge_time now)
{
    const struct kedge__reflector *r = &inf->reflector;
    if (now + KEDGE_SECOND >= r->watch_ends - WATCH_GRACE)
        return now;
    struct kedge__random *random = &inf->factory->client->random;
    return now + (kedge_time)kedge__random_below(random, (uint64_t)r->backoff.first);
}

void kedge__reflector_watch_ended(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    bool very_short = now - r->watch_began < KEDGE__WATCH_SHORT;
    kedge_time until = very_short ? kedge__reflector_backoff(inf, now) : spread(inf, now);
    bool silent = kedge__reflector_twice_silent(r);
    kedge__reflector_pause(inf, silent ? KEDGE__NEXT_LIST : KEDGE__NEXT_WATCH, until);
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
    return kedge__reflector_taken(inf, KEDGE_OK, now);
}

// An event with an object of our kind: all but ERROR. A server that gives one no version moves the
// cache, but not its place in the watch.
static bool take_object(struct kedge_informer *inf, enum event_type type, kedge_json_value object,
                        bool partial, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    struct kedge__identity id;
    kedge__identity_read(&id, object);
    bool versioned = id.resource_version[0] != '\0';
    if (id.unusable || (type == BOOKMARK && !versioned))
        return skip_event(inf, now);
    struct kedge__event_object e = {.object = object,
                                    .id = &id,
                                    .partial = partial,
                                    .deleted = type == DELETED,
                                    .listed = r->initial};
    if (r->initial)
        return kedge__reflector_taken(
            inf, kedge__reflector_initial_event(inf, &e, type == BOOKMARK), now);
    // A watch goes forward. This one comes from a server that was set back, to a backup: its
    // history is not ours.
    if (versioned && kedge__version_older(id.resource_version, r->read)) {
        r->then = KEDGE__NEXT_LIST;
        kedge__reflector_fail(inf, KEDGE_ERR_API, now, "the server's versions have gone back");
        return true;
    }
    kedge_err err = type == BOOKMARK ? take_bookmark(inf, &id) : kedge__intake_event(inf, &e);
    if (err == KEDGE_OK && versioned)
        told(r, &id);
    return kedge__reflector_taken(inf, err, now);
}

// What is of another kind is none of ours, a bookmark no less than others.
static bool is_expected(struct kedge_informer *inf, kedge_json_value object)
{
    char text[KEDGE__PROBLEM_MAX];
    struct kedge__line l;
    if (kedge__expected_object(inf->kind, object))
        return true;
    kedge__line_init(&l, text, sizeof text);
    kedge__line_text(&l, "skips an event whose object is of kind ");
    kedge__expected_say(&l, object);
    kedge__informer_warn(inf, "watch", kedge__line_done(&l).ptr);
    return false;
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
        return kedge__reflector_taken(inf, err, now);
    kedge_json_value object = kedge_json_root(&doc);
    if (type != ERROR && !is_expected(inf, object))
        return skip_event(inf, now);
    if (type != ERROR)
        return take_object(inf, type, object, partial, now);
    kedge__reflector_refused(inf, 500, &doc, now);
    return true;
}

// A silent watch is a dead watch: where bookmarks come, one comes each minute.
static bool watch_is_dead(const struct kedge_informer *inf, kedge_time now)
{
    const struct kedge__reflector *r = &inf->reflector;
    return now >= r->watch_ends || (r->bookmarks && now - r->heard >= KEDGE__WATCH_SILENCE);
}

bool kedge__reflector_watch_body(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__reflector *r = &inf->reflector;
    if (r->item_waits) {
        r->heard = now; // not reading: its silence is ours
        return take_event(inf, now);
    }
    enum kedge_sieve_event event;
    if (!kedge__reflector_feed(inf, now, &event)) {
        if (r->initial)
            return kedge__reflector_initial_silent(inf, now);
        if (!watch_is_dead(inf, now))
            return false;
        if (kedge__reflector_twice_silent(r))
            r->then = KEDGE__NEXT_LIST;
        kedge__reflector_fail(inf, KEDGE_ERR_TIMEOUT, now, "the watch has gone silent");
        return true;
    }
    if (event == KEDGE_SIEVE_ITEM && r->state == KEDGE__REFLECTOR_WATCH_BODY)
        return take_event(inf, now);
    return true;
}
