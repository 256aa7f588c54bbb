// SPDX-License-Identifier: Apache-2.0
// event_series.c - events of events.k8s.io/v1: what is recorded, and what finds no room. When the
// server is told is in event_series_send.c.
#include "kedge/validation.h"
#include "tools/event_series_priv.h"

#define INSTANCE_MAX 128
#define NOTE_MAX     1024

static uint32_t table_tag;
static const struct kedge_kind event_kind = {
    .group = "events.k8s.io",
    .version = "v1",
    .resource = "events",
    .kind = "Event",
    .flags = KEDGE_NAMESPACED,
    .table = &kedge__table__event_answer,
    .tag = &table_tag,
};

// Recording --------------------------------------------------------------------------------------

// The oldest that was sent and is no series gives its room. False if there is none.
static bool make_room(struct kedge_event_series *s)
{
    struct kedge__series_entry *e = NULL;
    struct kedge__series_entry *oldest = NULL;
    while ((e = kedge__event_store_next(&s->base.store, e)) != NULL) {
        if (e->state == KEDGE__SERIES_KNOWN && !kedge__is_series(e) &&
            (oldest == NULL || e->seen < oldest->seen))
            oldest = e;
    }
    if (oldest != NULL)
        kedge__series_forget(s, oldest);
    return oldest != NULL;
}

// The next one shall find room, at least.
static void end_one_early(struct kedge_event_series *s)
{
    struct kedge__series_entry *e = NULL;
    struct kedge__series_entry *oldest = NULL;
    while ((e = kedge__event_store_next(&s->base.store, e)) != NULL) {
        if (e->early)
            return;
        if (e->state == KEDGE__SERIES_KNOWN && (oldest == NULL || e->seen < oldest->seen))
            oldest = e;
    }
    if (oldest == NULL || kedge__series_is_sent(s, oldest))
        return;
    oldest->early = true;
    oldest->due = 0;
    s->base.task.deadline = 0;
}

static uint64_t key_of(const struct kedge_event_series *s, enum kedge_event_type type,
                       const char *const *texts)
{
    struct kedge__event_key key = {{0, 1}};
    kedge__event_key_add(&key, s->base.secret, kedge__event_type_text(type));
    for (size_t i = 0; i < KEDGE__EVENT_ALL; i++) {
        if (i != KEDGE__EVENT_MESSAGE)
            kedge__event_key_add(&key, s->base.secret, texts[i]);
    }
    return kedge__event_key_number(&key);
}

static struct kedge__series_entry *entry_of(const struct kedge_event_series *s, uint64_t key)
{
    struct kedge__series_entry *e = NULL;
    while ((e = kedge__event_store_next(&s->base.store, e)) != NULL && e->key != key)
        ;
    return e;
}

static void count_one_more(struct kedge_event_series *s, struct kedge__series_entry *e)
{
    struct kedge__events *base = &s->base;
    e->seen = kedge__clock(base->k);
    e->seen_wall = kedge_wall_clock(base->k);
    if (e->count < INT32_MAX)
        e->count++;
    if (e->state == KEDGE__SERIES_KNOWN && e->count == 2) {
        e->state = KEDGE__SERIES_MORE;
        e->due = 0;
        base->task.deadline = 0;
    } else if (e->state == KEDGE__SERIES_KNOWN && !kedge__series_is_sent(s, e)) {
        e->early = false;
        e->due = kedge__series_due(e);
    }
}

static kedge_err add(struct kedge_event_series *s, enum kedge_event_type type,
                     const char *const *texts, uint64_t key)
{
    struct kedge__events *base = &s->base;
    struct kedge__event_entry *taken;
    kedge_err err;
    do {
        err = kedge__event_take(base, type, texts, 0, &taken);
    } while (err == KEDGE_ERR_FULL && make_room(s));
    if (err == KEDGE_ERR_FULL)
        end_one_early(s);
    if (err != KEDGE_OK)
        return err;
    struct kedge__series_entry *e = (struct kedge__series_entry *)taken;
    e->key = key;
    e->seen = taken->at;
    e->seen_wall = taken->wall;
    e->count = 1;
    base->task.deadline = 0;
    return KEDGE_OK;
}

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static kedge_err record(struct kedge_event_series *s, enum kedge_event_type type,
                        const char *const *texts)
{
    struct kedge__events *base = &s->base;
    kedge_err err = kedge__event_check(base, type, texts);
    if (err == KEDGE_OK &&
        (!is_given(texts[KEDGE__EVENT_REASON]) || !is_given(texts[KEDGE__EVENT_ACTION])))
        err = KEDGE_ERR_ARGUMENT;
    if (err != KEDGE_OK)
        return kedge__event_untaken(base, err);
    uint64_t key = key_of(s, type, texts);
    struct kedge__series_entry *e = entry_of(s, key);
    if (e != NULL)
        count_one_more(s, e);
    else
        err = add(s, type, texts, key);
    if (err == KEDGE_OK || err == KEDGE_ERR_FULL)
        kedge__event_say(base, type, texts);
    if (err != KEDGE_OK)
        return kedge__event_untaken(base, err);
    base->recorded++;
    return KEDGE_OK;
}

kedge_err kedge_event_series_record(struct kedge_event_series *s,
                                    const struct kedge_object_reference *regarding,
                                    const struct kedge_object_reference *related,
                                    enum kedge_event_type type, const char *reason,
                                    const char *action, const char *note)
{
    const char *texts[KEDGE__EVENT_ALL];
    if (s == NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge__event_refer(texts, regarding);
    kedge__event_refer(texts + KEDGE__EVENT_RELATED, related);
    texts[KEDGE__EVENT_REASON] = reason;
    texts[KEDGE__EVENT_MESSAGE] = note;
    texts[KEDGE__EVENT_ACTION] = action;
    kedge__lock(s->base.k);
    kedge_err err = record(s, type, texts);
    kedge__unlock(s->base.k);
    if (err == KEDGE_OK)
        kedge__tell_threads(s->base.k);
    return err;
}

// Making and ending ------------------------------------------------------------------------------

static void or_else(size_t *value, size_t otherwise)
{
    if (*value == 0)
        *value = otherwise;
}

static const char *options_problem(const struct kedge_event_series_options *o)
{
    size_t host = kedge_str_of(o->host).len;
    if (o->controller == NULL || kedge_label_key_problem(o->controller) != NULL)
        return "events: the controller is no qualified name, as example.com/thermostat is";
    if (strlen(o->controller) + (host > 0) + host > INSTANCE_MAX)
        return "events: CONTROLLER-HOST has more than 128 bytes";
    if (o->note > NOTE_MAX)
        return "events: the longest note is over 1,024 bytes";
    return NULL;
}

static kedge_err init(struct kedge_event_series *s, struct kedge_client *client,
                      const struct kedge_event_series_options *o)
{
    char instance[INSTANCE_MAX + 1];
    struct kedge__line l;
    kedge__line_init(&l, instance, sizeof instance);
    kedge__line_text(&l, o->controller);
    kedge__line_text(&l, is_given(o->host) ? "-" : "");
    kedge__line_text(&l, o->host);
    struct kedge__events_options base = {&event_kind, o->controller, instance, o->store,
                                         o->note,     o->body,       o->log};
    or_else(&base.store, 4096);
    or_else(&base.message, NOTE_MAX);
    or_else(&base.body, 2 * base.message + 1536);
    struct kedge__events *e = &s->base;
    e->k = client->k;
    e->store.head = sizeof(struct kedge__series_entry);
    e->store.texts = KEDGE__EVENT_ALL;
    e->sink.write = kedge__series_write;
    e->sink.done = kedge__series_done;
    return kedge__events_init(e, client, &base, &kedge__series_task);
}

struct kedge_event_series *kedge_event_series_new(struct kedge_client *client,
                                                  const struct kedge_event_series_options *options)
{
    static const struct kedge_event_series_options none;
    const struct kedge_event_series_options *o = options != NULL ? options : &none;
    if (client == NULL || client->k->failure != KEDGE_OK)
        return NULL;
    const char *problem = options_problem(o);
    if (problem != NULL) {
        kedge__line_text(kedge__fail(client->k, KEDGE_ERR_ARGUMENT), problem);
        return NULL;
    }
    struct kedge_event_series *s = KEDGE__NEW(client->k, "events", struct kedge_event_series, 1);
    return s != NULL && init(s, client, o) == KEDGE_OK ? s : NULL;
}

// What it comes to for one of them. True if it is to be sent yet.
static bool shut_down_one(struct kedge_event_series *s, struct kedge__series_entry *e)
{
    if (kedge__series_is_sent(s, e))
        return true;
    if (e->tries > 0) {
        s->base.failed++;
        return false;
    }
    if (e->state == KEDGE__SERIES_KNOWN && e->count == e->told)
        return false;
    if (e->state == KEDGE__SERIES_KNOWN && !kedge__is_series(e))
        return false; // refused
    if (e->state == KEDGE__SERIES_KNOWN)
        e->state = KEDGE__SERIES_MORE;
    e->due = 0;
    return true;
}

void kedge_event_series_shut_down(struct kedge_event_series *s)
{
    if (s == NULL)
        return;
    kedge__lock(s->base.k);
    if (!s->base.is_shut_down) {
        s->base.is_shut_down = true;
        s->base.task.deadline = 0;
        struct kedge__series_entry *kept = NULL;
        struct kedge__series_entry *e;
        while ((e = kedge__event_store_next(&s->base.store, kept)) != NULL) {
            if (shut_down_one(s, e))
                kept = e;
            else
                kedge__series_forget(s, e); // the next one moves to its place
        }
    }
    kedge__unlock(s->base.k);
    kedge__tell_threads(s->base.k);
}

static size_t count_waiting(const struct kedge_event_series *s)
{
    size_t n = 0;
    struct kedge__series_entry *e = NULL;
    while ((e = kedge__event_store_next(&s->base.store, e)) != NULL)
        n += e->state != KEDGE__SERIES_KNOWN;
    return n;
}

void kedge_event_series_close(struct kedge_event_series *s)
{
    if (s == NULL)
        return;
    kedge__lock(s->base.k);
    s->base.failed += count_waiting(s);
    kedge__events_close(&s->base);
    kedge__unlock(s->base.k);
}

kedge_err kedge_event_series_facts(const struct kedge_event_series *s,
                                   struct kedge_event_series_facts *facts)
{
    if (s == NULL || facts == NULL)
        return KEDGE_ERR_ARGUMENT;
    const struct kedge__events *e = &s->base;
    kedge__lock(e->k);
    *facts = (struct kedge_event_series_facts){
        .kept = e->store.count,
        .waiting = count_waiting(s),
        .recorded = e->recorded,
        .dropped = e->dropped,
        .created = e->created,
        .patched = e->patched,
        .failed = e->failed,
    };
    kedge__unlock(e->k);
    return KEDGE_OK;
}
