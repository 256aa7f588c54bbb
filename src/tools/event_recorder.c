// SPDX-License-Identifier: Apache-2.0
// event_recorder.c - events of core/v1: a queue, the correlator, and one request after the other.
//
//            an event waits               no answer
//    IDLE ------------------> SENDING ---------------> PAUSE
//      ^  written, refused      |  ^                     |
//      +------------------------+  +---------------------+
#include "kedge/event_recorder.h"

#include "object/names.h"
#include "tools/event_correlator.h"

#define COMBINED "(combined from similar events): "

#define WAIT_FOR_CALENDAR KEDGE_MINUTE
#define SIMILAR_MAX       1000
#define BURST_MAX         100000
#define REFILL_MAX        (24 * KEDGE_HOUR)
#define TURN_EVENTS       16 // looked at in a turn: those beyond what an object may have cost nothing

enum state { IDLE, SENDING, PAUSE };

struct kedge_event_recorder {
    struct kedge__events base; // first
    struct kedge__event_correlator correlator;
    enum state state;
    struct kedge__event_correlated sent; // the event in front, unless IDLE
    unsigned tries;
    bool timeless; // the wall clock was waited for, in vain
    uint64_t skipped;
};

// What is written --------------------------------------------------------------------------------

static void write_source(const struct kedge__events *e, struct kedge_writer *w)
{
    kedge_writer_key(w, "source");
    kedge_writer_begin_object(w);
    kedge__event_write_some(w, "component", e->who);
    kedge__event_write_some(w, "host", e->where);
    kedge_writer_end_object(w);
}

// What changes from one to the next.
static void write_changes(const struct kedge_event_recorder *r,
                          const struct kedge__event_entry *entry, const char *const *texts,
                          struct kedge_writer *w)
{
    const char *message = texts[KEDGE__EVENT_MESSAGE];
    if (r->sent.combined)
        message -= sizeof COMBINED - 1; // the store has it there
    kedge_writer_key(w, "count");
    kedge_writer_int64(w, r->sent.count);
    kedge__event_write_time(w, "lastTimestamp", entry->wall, false);
    kedge__event_write_some(w, "message", message);
}

// As client-go, which leaves annotations and the reporting fields out of what it combines.
static void write(struct kedge__events *e, struct kedge_writer *w, bool patch)
{
    const struct kedge_event_recorder *r = (const struct kedge_event_recorder *)e;
    struct kedge__event_entry *entry = kedge__event_store_next(&e->store, NULL);
    const char *texts[KEDGE__EVENT_ALL];
    kedge__event_store_texts(&e->store, entry, texts);
    write_changes(r, entry, texts, w);
    if (patch)
        return;
    kedge__event_write_head(w, &e->sink,
                            r->sent.combined ? "" : kedge__event_store_extra(&e->store, entry));
    kedge__event_write_reference(w, "involvedObject", texts);
    kedge__event_write_some(w, "reason", texts[KEDGE__EVENT_REASON]);
    write_source(e, w);
    kedge__event_write_time(w, "firstTimestamp", kedge__event_stamp_time(r->sent.stamp), false);
    kedge__event_write_member(w, "type", kedge__event_type_text(entry->type));
    kedge__event_write_some(w, "reportingComponent", r->sent.combined ? "" : e->who);
    kedge__event_write_some(w, "reportingInstance", r->sent.combined ? "" : e->where);
}

// The way of one event ---------------------------------------------------------------------------

// The event in front is done with.
static void next(struct kedge_event_recorder *r)
{
    struct kedge__events *e = &r->base;
    kedge__event_store_remove(&e->store, kedge__event_store_next(&e->store, NULL));
    r->state = IDLE;
    r->tries = 0;
    e->task.deadline = e->store.count > 0 ? 0 : KEDGE_FOREVER;
}

static void give_up(struct kedge_event_recorder *r)
{
    r->base.failed++;
    next(r);
}

static void try_later(struct kedge_event_recorder *r)
{
    struct kedge__events *e = &r->base;
    kedge_time pause = KEDGE__EVENT_PAUSE;
    r->tries++;
    if (r->tries >= KEDGE__EVENT_TRIES || e->is_shut_down) {
        kedge__event_log(e, KEDGE_LOG_ERROR, ", given up: ");
        give_up(r);
        return;
    }
    // So that many machines do not come at once when the server does.
    if (r->tries == 1)
        pause = (kedge_time)kedge__random_below(&e->random, (uint64_t)pause);
    r->state = PAUSE;
    e->task.deadline = kedge__after(kedge__clock(e->k), pause);
}

static void done(struct kedge__events *e, enum kedge__event_outcome outcome, uint32_t count)
{
    struct kedge_event_recorder *r = (struct kedge_event_recorder *)e;
    if (outcome == KEDGE__EVENT_AGAIN) {
        try_later(r);
    } else if (outcome == KEDGE__EVENT_WRITTEN) {
        if (count > 0)
            kedge__event_learn(&r->correlator, r->sent.key, r->sent.stamp, count);
        next(r);
    } else {
        give_up(r);
    }
}

static void send(struct kedge_event_recorder *r)
{
    r->state = SENDING;
    r->base.task.deadline = KEDGE_FOREVER;
    kedge__event_send(&r->base, r->sent.count > 1);
}

// True if the event in front must wait for the calendar.
static bool waits_for_calendar(struct kedge_event_recorder *r, struct kedge__event_entry *entry,
                               kedge_time now)
{
    struct kedge__events *e = &r->base;
    entry->wall = kedge__event_wall(e, entry, now);
    if (entry->wall > 0)
        r->timeless = false;
    else if (now - entry->at >= WAIT_FOR_CALENDAR || e->is_shut_down)
        r->timeless = true;
    if (entry->wall > 0 || r->timeless)
        return false;
    e->task.deadline = now + KEDGE__EVENT_LOOK;
    return true;
}

// Takes the event in front. True if it is being sent, or has to wait.
static bool take_on(struct kedge_event_recorder *r, kedge_time now)
{
    struct kedge__events *e = &r->base;
    struct kedge__event_entry *entry = kedge__event_store_next(&e->store, NULL);
    const char *texts[KEDGE__EVENT_ALL];
    if (entry == NULL || waits_for_calendar(r, entry, now))
        return true;
    kedge__event_store_texts(&e->store, entry, texts);
    kedge__event_correlate(&r->correlator, entry->type, texts, kedge__event_stamp(e, entry->wall),
                           now, &r->sent);
    if (r->sent.skip) {
        r->skipped++;
        next(r);
        return false;
    }
    kedge__event_place(e, texts, r->sent.stamp);
    send(r);
    return true;
}

static bool step(struct kedge__task *t, kedge_time now)
{
    struct kedge_event_recorder *r = (struct kedge_event_recorder *)t;
    if (now < t->deadline)
        return false;
    if (r->state == PAUSE) {
        send(r);
        return true;
    }
    t->deadline = KEDGE_FOREVER;
    for (int i = 0; i < TURN_EVENTS && r->state == IDLE; i++) {
        if (take_on(r, now))
            break;
    }
    return r->state != IDLE || t->deadline <= now;
}

static const struct kedge__task_ops task_ops = {.step = step, .meanwhile = step};

// What users call --------------------------------------------------------------------------------

static void or_else(size_t *value, size_t otherwise)
{
    if (*value == 0)
        *value = otherwise;
}

static kedge_err init_correlator(struct kedge_event_recorder *r,
                                 const struct kedge_event_recorder_options *o)
{
    struct kedge__event_correlator *c = &r->correlator;
    if (o->similar > SIMILAR_MAX || o->burst > BURST_MAX || o->refill > REFILL_MAX) {
        kedge__line_text(kedge__fail(r->base.k, KEDGE_ERR_ARGUMENT),
                         "events: similar is over 1,000, burst over 100,000, or refill over a day");
        return KEDGE_ERR_ARGUMENT;
    }
    memcpy(c->secret, r->base.secret, sizeof c->secret);
    c->similar = o->similar > 0 ? o->similar : 10;
    c->similar_within = o->similar_within > 0 ? o->similar_within : 10 * KEDGE_MINUTE;
    c->burst = o->burst > 0 ? o->burst : 25;
    c->refill = o->refill > 0 ? o->refill : 5 * KEDGE_MINUTE;
    c->refill_by_reason = o->refill_by_reason;
    return kedge__event_correlator_init(c, r->base.k, o->entries > 0 ? o->entries : 32);
}

struct kedge_event_recorder *
kedge_event_recorder_new(struct kedge_client *client,
                         const struct kedge_event_recorder_options *options)
{
    static const struct kedge_event_recorder_options defaults;
    const struct kedge_event_recorder_options *o = options != NULL ? options : &defaults;
    if (client == NULL || client->k->failure != KEDGE_OK)
        return NULL;
    struct kedge_event_recorder *r =
        KEDGE__NEW(client->k, "events", struct kedge_event_recorder, 1);
    if (r == NULL)
        return NULL;
    struct kedge__events_options base = {
        &kedge_kind__event_answer, o->component, o->host, o->queue, o->message, o->body, o->log};
    or_else(&base.store, 4096);
    or_else(&base.message, 1024);
    or_else(&base.body, 2 * base.message + 1024);
    struct kedge__events *e = &r->base;
    e->k = client->k;
    e->store.head = sizeof(struct kedge__event_entry);
    e->store.texts = KEDGE__EVENT_CORE;
    e->store.before = COMBINED;
    e->sink.write = write;
    e->sink.done = done;
    bool good = kedge__events_init(e, client, &base, &task_ops) == KEDGE_OK &&
                init_correlator(r, o) == KEDGE_OK;
    return good ? r : NULL;
}

// Annotations as JSON: measured if `out` is NULL, else into `*len` bytes there.
static kedge_err write_annotations(struct kedge_labels annotations, char *out, size_t *len)
{
    struct kedge_writer w;
    kedge_str json;
    size_t count = kedge_labels_count(annotations);
    kedge_writer_init(&w, out, *len);
    kedge_writer_begin_object(&w);
    for (size_t i = 0; i < count; i++) {
        struct kedge_label a = kedge_labels_at(annotations, i);
        if (!kedge__is_annotation_key(a.key))
            return KEDGE_ERR_ARGUMENT;
        kedge_writer_key_str(&w, a.key);
        kedge_writer_text_str(&w, a.value);
    }
    kedge_writer_end_object(&w);
    kedge_err err = kedge_writer_finish(&w, &json);
    *len = count > 0 ? json.len : 0;
    return err == KEDGE_ERR_TOO_LONG ? KEDGE_OK : err;
}

static kedge_err take(struct kedge_event_recorder *r, const char *const *texts,
                      enum kedge_event_type type, struct kedge_labels annotations)
{
    struct kedge__events *e = &r->base;
    struct kedge__event_entry *entry;
    size_t len = 0;
    kedge_err err = write_annotations(annotations, NULL, &len);
    if (err == KEDGE_OK)
        err = kedge__event_take(e, type, texts, len + 1, &entry);
    if (err == KEDGE_OK && len > 0)
        (void)write_annotations(annotations, kedge__event_store_extra(&e->store, entry), &len);
    return err;
}

static kedge_err record(struct kedge_event_recorder *r, const char *const *texts,
                        enum kedge_event_type type, struct kedge_labels annotations)
{
    struct kedge__events *e = &r->base;
    kedge_err err = kedge__event_check(e, type, texts);
    if (err == KEDGE_OK)
        err = take(r, texts, type, annotations);
    if (err == KEDGE_OK || err == KEDGE_ERR_FULL)
        kedge__event_say(e, type, texts);
    if (err != KEDGE_OK)
        return kedge__event_untaken(e, err);
    e->recorded++;
    if (r->state == IDLE && e->store.count == 1)
        e->task.deadline = 0;
    return KEDGE_OK;
}

kedge_err kedge_event_record_annotated(struct kedge_event_recorder *r,
                                       const struct kedge_object_reference *about,
                                       enum kedge_event_type type, const char *reason,
                                       const char *message, struct kedge_labels annotations)
{
    const char *texts[KEDGE__EVENT_CORE];
    if (r == NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge__event_refer(texts, about);
    texts[KEDGE__EVENT_REASON] = reason;
    texts[KEDGE__EVENT_MESSAGE] = message;
    kedge__lock(r->base.k);
    kedge_err err = record(r, texts, type, annotations);
    kedge__unlock(r->base.k);
    if (err == KEDGE_OK)
        kedge__tell_threads(r->base.k);
    return err;
}

kedge_err kedge_event_record_for(struct kedge_event_recorder *r,
                                 const struct kedge_object_reference *about,
                                 enum kedge_event_type type, const char *reason,
                                 const char *message)
{
    return kedge_event_record_annotated(r, about, type, reason, message, kedge_labels_of(NULL, 0));
}

kedge_err kedge_event_record(struct kedge_event_recorder *r, const struct kedge_kind *kind,
                             const struct kedge_object *object, enum kedge_event_type type,
                             const char *reason, const char *message)
{
    char uid[KEDGE_UID_TEXT];
    struct kedge_object_reference about = kedge_object_reference_of(kind, object, uid);
    return kedge_event_record_for(r, &about, type, reason, message);
}

void kedge_event_recorder_shut_down(struct kedge_event_recorder *r)
{
    if (r == NULL)
        return;
    kedge__lock(r->base.k);
    r->base.is_shut_down = true;
    if (r->state == PAUSE)
        give_up(r);
    else if (r->state == IDLE && r->base.store.count > 0)
        r->base.task.deadline = 0;
    kedge__unlock(r->base.k);
    kedge__tell_threads(r->base.k);
}

void kedge_event_recorder_close(struct kedge_event_recorder *r)
{
    if (r == NULL)
        return;
    kedge__lock(r->base.k);
    r->base.failed += r->base.store.count;
    r->state = IDLE;
    kedge__events_close(&r->base);
    kedge__unlock(r->base.k);
}

kedge_err kedge_event_recorder_facts(const struct kedge_event_recorder *r,
                                     struct kedge_event_recorder_facts *facts)
{
    if (r == NULL || facts == NULL)
        return KEDGE_ERR_ARGUMENT;
    const struct kedge__events *e = &r->base;
    kedge__lock(e->k);
    *facts = (struct kedge_event_recorder_facts){
        .waiting = e->store.count,
        .recorded = e->recorded,
        .dropped = e->dropped,
        .created = e->created,
        .patched = e->patched,
        .skipped = r->skipped,
        .failed = e->failed,
    };
    kedge__unlock(e->k);
    return KEDGE_OK;
}
