// SPDX-License-Identifier: Apache-2.0
// event_series_send.c - when the server is told of an event, and what.
//
//           created             again           told
//    NEW -----------> KNOWN ------------> MORE ------> KNOWN
//                       |  30 min: told, if it is a series
//                       |  6 min without it: told, if it is a series, and forgotten
//                       v
//
// One request is under way at a time; what it is about stays in the store until it has its answer,
// but may move there.
#include "tools/event_series_priv.h"

#define FINISH      (6 * KEDGE_MINUTE)
#define REFRESH     (30 * KEDGE_MINUTE)
#define TURN_EVENTS 16 // looked at in a turn

// What is written --------------------------------------------------------------------------------

static void write_series(const struct kedge__series_entry *e, struct kedge_writer *w)
{
    // Where the wall clock was not set, it is what the other clock says.
    kedge_timestamp seen =
        e->seen_wall > 0 ? e->seen_wall : e->event.wall + (e->seen - e->event.at) * 1000;
    kedge_writer_key(w, "series");
    kedge_writer_begin_object(w);
    kedge_writer_key(w, "count");
    kedge_writer_int64(w, e->count);
    kedge__event_write_time(w, "lastObservedTime", seen, true);
    kedge_writer_end_object(w);
}

void kedge__series_write(struct kedge__events *base, struct kedge_writer *w, bool patch)
{
    const struct kedge_event_series *s = (const struct kedge_event_series *)base;
    const struct kedge__series_entry *e = s->sent;
    const char *texts[KEDGE__EVENT_ALL];
    if (e->state != KEDGE__SERIES_NEW)
        write_series(e, w);
    if (patch)
        return;
    kedge__event_store_texts(&base->store, e, texts);
    kedge__event_write_head(w, &base->sink, "");
    kedge__event_write_time(w, "eventTime", e->event.wall, true);
    kedge__event_write_member(w, "reportingController", base->who);
    kedge__event_write_member(w, "reportingInstance", base->where);
    kedge__event_write_member(w, "action", texts[KEDGE__EVENT_ACTION]);
    kedge__event_write_member(w, "reason", texts[KEDGE__EVENT_REASON]);
    kedge__event_write_reference(w, "regarding", texts);
    if (texts[KEDGE__EVENT_RELATED + KEDGE__EVENT_KIND][0] != '\0')
        kedge__event_write_reference(w, "related", texts + KEDGE__EVENT_RELATED);
    kedge__event_write_some(w, "note", texts[KEDGE__EVENT_MESSAGE]);
    kedge__event_write_member(w, "type", kedge__event_type_text(e->event.type));
}

// The way of one event ---------------------------------------------------------------------------

void kedge__series_forget(struct kedge_event_series *s, struct kedge__series_entry *e)
{
    if (s->base.sink.busy && e < s->sent)
        s->sent = (void *)((unsigned char *)s->sent - e->event.size);
    kedge__event_store_remove(&s->base.store, e);
}

static bool is_over(const struct kedge__series_entry *e, kedge_time now)
{
    return e->early || now - e->seen >= FINISH;
}

// When a known one needs something.
kedge_time kedge__series_due(const struct kedge__series_entry *e)
{
    kedge_time end = kedge__after(e->seen, FINISH);
    kedge_time refresh = kedge__is_series(e) ? kedge__after(e->told_at, REFRESH) : KEDGE_FOREVER;
    return end < refresh ? end : refresh;
}

// Nothing is under way about it any more: what comes next?
static void settle(struct kedge_event_series *s, struct kedge__series_entry *e, kedge_time now)
{
    bool late = s->base.is_shut_down && e->told == s->sent_count && e->told < e->count;
    bool more = kedge__is_series(e) && (e->state == KEDGE__SERIES_NEW || late);
    e->tries = 0;
    e->state = more ? KEDGE__SERIES_MORE : KEDGE__SERIES_KNOWN;
    e->due = more ? now : kedge__series_due(e);
    if (s->base.is_shut_down && !more)
        kedge__series_forget(s, e);
}

// There was no answer.
static void try_later(struct kedge_event_series *s, struct kedge__series_entry *e, kedge_time now)
{
    struct kedge__events *base = &s->base;
    if (e->state == KEDGE__SERIES_KNOWN && !base->is_shut_down) {
        e->told_at = now; // the next refresh, or end, is the next try
        e->due = is_over(e, now) ? now + FINISH : kedge__series_due(e);
        return;
    }
    e->tries++;
    if (e->tries >= KEDGE__EVENT_TRIES || base->is_shut_down) {
        kedge__event_log(base, KEDGE_LOG_ERROR, ", given up: ");
        base->failed++;
        settle(s, e, now);
        return;
    }
    // So that many machines do not come at once when the server does.
    uint64_t more = kedge__random_below(&base->random, (uint64_t)KEDGE__EVENT_PAUSE / 4);
    e->due = kedge__after(now, KEDGE__EVENT_PAUSE + (kedge_time)more);
}

static void answered(struct kedge_event_series *s, struct kedge__series_entry *e, bool written,
                     kedge_time now)
{
    if (written)
        e->told = s->sent_count;
    else
        s->base.failed++;
    e->told_at = now;
    // If it has happened meanwhile, it goes on.
    if (s->sent_ends && e->count == s->sent_count)
        kedge__series_forget(s, e);
    else
        settle(s, e, now);
}

void kedge__series_done(struct kedge__events *base, enum kedge__event_outcome outcome,
                        uint32_t count)
{
    struct kedge_event_series *s = (struct kedge_event_series *)base;
    struct kedge__series_entry *e = s->sent;
    kedge_time now = kedge__clock(base->k);
    (void)count; // what it is asked to be
    // A series that was not there, and then was: the first event came in between.
    bool again = outcome == KEDGE__EVENT_AGAIN ||
                 (outcome == KEDGE__EVENT_EXISTS && e->state != KEDGE__SERIES_NEW);
    if (again)
        try_later(s, e, now);
    else
        answered(s, e, outcome == KEDGE__EVENT_WRITTEN, now);
    base->task.deadline = 0;
}

static void send(struct kedge_event_series *s, struct kedge__series_entry *e, kedge_time now)
{
    struct kedge__events *base = &s->base;
    const char *texts[KEDGE__EVENT_ALL];
    kedge__event_store_texts(&base->store, e, texts);
    if (e->stamp == 0)
        e->stamp = kedge__event_stamp(base, e->event.wall);
    kedge__event_place(base, texts, e->stamp);
    s->sent = e;
    s->sent_count = e->state == KEDGE__SERIES_NEW ? 1 : e->count;
    s->sent_ends = e->state == KEDGE__SERIES_KNOWN && is_over(e, now);
    e->early = false;
    base->task.deadline = KEDGE_FOREVER;
    kedge__event_send(base, e->state != KEDGE__SERIES_NEW);
}

// True if it is being sent.
static bool take_on(struct kedge_event_series *s, struct kedge__series_entry *e, kedge_time now)
{
    if (e->state == KEDGE__SERIES_KNOWN && !kedge__is_series(e)) {
        kedge__series_forget(s, e);
        return false;
    }
    e->event.wall = kedge__event_wall(&s->base, &e->event, now);
    if (e->event.wall == 0 && s->base.is_shut_down) {
        s->base.failed++; // nobody waits for a calendar any more
        kedge__series_forget(s, e);
        return false;
    }
    if (e->event.wall == 0) {
        e->due = now + KEDGE__EVENT_LOOK;
        return false;
    }
    send(s, e, now);
    return true;
}

static struct kedge__series_entry *first_due(const struct kedge_event_series *s)
{
    struct kedge__series_entry *first = NULL;
    struct kedge__series_entry *e = NULL;
    while ((e = kedge__event_store_next(&s->base.store, e)) != NULL) {
        if (first == NULL || e->due < first->due)
            first = e;
    }
    return first;
}

static bool step(struct kedge__task *t, kedge_time now)
{
    struct kedge_event_series *s = (struct kedge_event_series *)t;
    if (now < t->deadline)
        return false;
    if (s->base.sink.busy) {
        t->deadline = KEDGE_FOREVER; // until its end
        return false;
    }
    for (int i = 0; i < TURN_EVENTS; i++) {
        struct kedge__series_entry *e = first_due(s);
        t->deadline = e != NULL ? e->due : KEDGE_FOREVER;
        if (e == NULL || now < e->due)
            return i > 0;
        if (take_on(s, e, now))
            break;
    }
    return true;
}

const struct kedge__task_ops kedge__series_task = {.step = step, .meanwhile = step};
