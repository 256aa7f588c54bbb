// SPDX-License-Identifier: Apache-2.0
// work.c - a workqueue between informers and workers: handlers fill it and are held back where it
// is full, workers take, are busy for a while, fail and try again. Beside it a model of each key:
// which one may be given out, which one must be, and in which order.
#include <stdlib.h>
#include <string.h>

#include "cache/informer_priv.h"
#include "sim.h"

enum {
    LONGEST = KEDGE_WORKQUEUE_KEY + 2,
    TEXT = 48, // bytes of text a key, on the average
    FIRST_MS = 5,
    LAST_MS = 30000,
    REPORT_EVERY = 16,
    WAIT_MS = 5000
};

static size_t texts_of(const struct plan *plan)
{
    size_t bytes = (size_t)plan->set[SET_KEYS] * TEXT;
    size_t least = (size_t)2 * (LONGEST + 12);
    return bytes < least ? least : bytes;
}

size_t work_bytes(const struct plan *plan)
{
    return plan->set[SET_WORKERS] > 0 ? KEDGE_WORKQUEUE_BYTES(plan->set[SET_KEYS], texts_of(plan))
                                      : 0;
}

static kedge_time clock_now(struct sim *s)
{
    return kedge__clock(s->k);
}

// The key of an object: what the server knows it by, and its informer's number; so keys of two
// informers differ in their last byte only.
static const char *key_of(const struct sim *s, size_t informer, unsigned index)
{
    static char key[LONGEST + 1];
    unsigned kind = (unsigned)s->plan->informer[informer][INF_KIND];
    snprintf(key, sizeof key, "%s/%s/%zu", thing_space(kind, index), thing_name(kind, index),
             informer);
    return key;
}

static bool key_index(const struct sim *s, const char *key, size_t *informer, unsigned *index)
{
    char copy[LONGEST + 1];
    snprintf(copy, sizeof copy, "%s", key);
    char *name = strchr(copy, '/');
    char *number = strrchr(copy, '/');
    if (name == NULL || name == number)
        return false;
    *name++ = *number++ = '\0';
    *informer = strtoul(number, NULL, 10);
    return *informer < s->plan->informers &&
           thing_index((unsigned)s->plan->informer[*informer][INF_KIND], copy, name, index);
}

// ---- the model -----------------------------------------------------------------------------

#define EACH_ENTRY(s, e)                      \
    for (struct entry *e = (s)->work.entries; \
         e < (s)->work.entries + PLAN_INFORMERS * SIM_OBJECTS; e++)

static struct entry *entry_of(struct sim *s, size_t informer, unsigned index)
{
    return &s->work.entries[informer * SIM_OBJECTS + index];
}

static void become_wanted(struct sim *s, struct entry *e)
{
    s->work.adds += !e->wanted;
    e->wanted = e->known = true;
}

// Keys whose time has come join those that wait; when exactly, only the queue knows.
static void pass_due(struct sim *s)
{
    kedge_time now = clock_now(s);
    EACH_ENTRY(s, e)
    {
        if (e->due > now)
            continue;
        e->due = KEDGE_FOREVER;
        if (e->wanted)
            continue;
        become_wanted(s, e);
        e->unsure = true;
        e->from = s->work.step;
        e->to = 0;
    }
}

static void expect_now(struct sim *s, struct entry *e)
{
    uint64_t step = ++s->work.step;
    if (!e->wanted && !e->in_work)
        e->from = step;
    if (!e->in_work && (!e->wanted || e->unsure))
        e->to = step;
    e->unsure = false;
    become_wanted(s, e);
}

static void expect_later(struct sim *s, struct entry *e, kedge_time delay)
{
    kedge_time due = clock_now(s) + delay;
    s->work.retries++;
    e->known = true;
    if (delay <= 0)
        expect_now(s, e);
    else if (due < e->due)
        e->due = due;
}

static void expect_done(struct sim *s, struct entry *e)
{
    uint64_t step = ++s->work.step;
    e->in_work = false;
    if (!e->wanted)
        return;
    e->from = step;
    e->to = e->unsure ? 0 : step;
}

static size_t in_work(const struct sim *s)
{
    size_t count = 0;
    for (size_t i = 0; i < SIM_WORKERS; i++)
        count += s->work.workers[i].works;
    return count;
}

static void check_figures(struct sim *s)
{
    struct kedge_workqueue_report r;
    size_t depth = 0, later = 0;
    kedge_time unfinished = 0;
    kedge_workqueue_report(s->work.queue, &r);
    EACH_ENTRY(s, e)
    {
        depth += e->wanted;
        later += e->due != KEDGE_FOREVER;
    }
    for (size_t i = 0; i < SIM_WORKERS; i++)
        if (s->work.workers[i].works)
            unfinished += clock_now(s) - s->work.workers[i].taken_at;
    if (r.depth != depth || r.waiting != later || r.in_work != in_work(s))
        sim_fail(
            s, "queue: %zu keys to be worked on, %zu in work, %zu for later; it says %zu, %zu, %zu",
            depth, in_work(s), later, r.depth, r.in_work, r.waiting);
    if (r.adds != s->work.adds || r.retries != s->work.retries || r.refused != 0)
        sim_fail(s, "queue: %llu adds and %llu retries, it counts %llu and %llu, and %llu refused",
                 (unsigned long long)s->work.adds, (unsigned long long)s->work.retries,
                 (unsigned long long)r.adds, (unsigned long long)r.retries,
                 (unsigned long long)r.refused);
    if (r.unfinished != unfinished || r.work.count != s->work.done)
        sim_fail(
            s, "queue: work of %lld ms is unfinished, %llu pieces are done; it says %lld and %llu",
            (long long)unfinished, (unsigned long long)s->work.done, (long long)r.unfinished,
            (unsigned long long)r.work.count);
    if (r.keys > r.keys_max || r.keys_max != (size_t)s->plan->set[SET_KEYS] ||
        r.bytes > r.bytes_max || r.keys < r.in_work)
        sim_fail(s, "queue: %zu of %zu keys, %zu of %zu bytes", r.keys, r.keys_max, r.bytes,
                 r.bytes_max);
}

// Nobody who waits longer is passed over.
static void check_order(struct sim *s, const struct entry *next, const char *key)
{
    EACH_ENTRY(s, e)
    {
        if (e != next && e->wanted && !e->in_work && e->to != 0 && e->to < next->from)
            sim_fail(s, "queue: %.60s comes before one that was added earlier", key);
    }
}

static void begin_work(struct sim *s, const char *key)
{
    struct worker *w = s->work.workers;
    unsigned index;
    size_t informer;
    if (!key_index(s, key, &informer, &index))
        sim_fail(s, "queue: nobody has added %.60s", key);
    struct entry *e = entry_of(s, informer, index);
    if (e->in_work)
        sim_fail(s, "queue: %.60s is given out, and somebody works on it", key);
    if (!e->wanted)
        sim_fail(s, "queue: %.60s is given out, and nobody wants it", key);
    check_order(s, e, key);
    e->wanted = e->unsure = false;
    e->in_work = true;
    while (w->works)
        w++;
    const struct kedge_object *o = cached_thing(s, informer, index);
    *w = (struct worker){.works = true,
                         .informer = informer,
                         .index = index,
                         .there = o != NULL,
                         .version = o != NULL ? strtoull(kedge_resource_version(o), NULL, 10) : 0,
                         .taken_at = clock_now(s),
                         .until = s->network.now};
    if (!s->work.healed)
        w->until += 1 + chance_below(&s->work_chance, s->plan->set[SET_WORK]);
    s->network.stir++;
    sim_trace(s, "worker %td: takes %.40s", w - s->work.workers, key);
}

// What came of a get: a key, or none, and then none may wait.
static bool took(struct sim *s, kedge_err err, const char *key)
{
    pass_due(s);
    uint64_t step = ++s->work.step;
    bool left = false;
    EACH_ENTRY(s, e)
    {
        if (e->unsure && !e->in_work && !s->work.ended)
            e->to = step;
        if (!s->work.ended)
            e->unsure = false;
        left = left || (e->wanted && !e->in_work && !e->unsure);
    }
    if (err == KEDGE_OK)
        begin_work(s, key);
    else if (err != (s->work.ended ? KEDGE_ERR_STOPPED : KEDGE_WAIT))
        sim_fail(s, "queue: get says %s", kedge_err_name(err));
    else if (left)
        sim_fail(s, "queue: a key is lost: it was added, and there is none to be worked on");
    if (!s->work.ended && s->work.step % REPORT_EVERY == 0)
        check_figures(s);
    return err == KEDGE_OK;
}

// ---- the handler that fills it -------------------------------------------------------------

static void fill_one(struct feeder *f, unsigned index)
{
    struct sim *s = f->informer->sim;
    struct entry *e = entry_of(s, f->informer->number, index);
    const char *key = key_of(s, f->informer->number, index);
    pass_due(s);
    // Whether a later time counts depends on whether the queue has noticed the earlier one.
    bool later = !e->unsure && !s->work.healed && chance_one_in(&s->work_chance, 6);
    kedge_time delay = later ? chance_below(&s->work_chance, 3000) : 0;
    kedge_err err = later ? kedge_workqueue_add_after(s->work.queue, key, delay)
                          : kedge_workqueue_add(s->work.queue, key);
    if (err != (s->work.ended ? KEDGE_ERR_STOPPED : KEDGE_OK))
        sim_fail(s, "queue: %.60s is refused, though there was room: %s", key, kedge_err_name(err));
    if (s->work.ended)
        return;
    if (later)
        expect_later(s, e, delay);
    else
        expect_now(s, e);
}

// Room for so many keys is there before a call.
static size_t keys_a_call(const struct sim *s)
{
    return s->plan->set[SET_KEYS] > 1 ? 2 : 1;
}

// An object's own key, and that of one that it belongs to, say.
static void fill(struct feeder *f, const struct kedge_object *o)
{
    struct sim *s = f->informer->sim;
    const struct thing *t = world_thing(s, f->informer->number, o);
    s->network.stir++;
    if (t == NULL)
        return;
    fill_one(f, t->look.index);
    if (keys_a_call(s) > 1 && t->look.index % 5 == 4)
        fill_one(f, t->look.index / 2);
}

static void on_add(void *ctx, const struct kedge_object *o, bool initial)
{
    (void)initial;
    fill(ctx, o);
}

static void on_update(void *ctx, const struct kedge_object *old, const struct kedge_object *o)
{
    (void)old;
    fill(ctx, o);
}

static void on_delete(void *ctx, const struct kedge_object *o, bool tombstone)
{
    (void)tombstone;
    fill(ctx, o);
}

static bool is_ready(void *ctx)
{
    struct feeder *f = ctx;
    struct sim *s = f->informer->sim;
    f->refused = !kedge_workqueue_has_room_for(s->work.queue, keys_a_call(s));
    return !f->refused;
}

void work_feed(struct sim *s, size_t informer)
{
    struct informer *inf = &s->informers[informer];
    if (s->work.queue == NULL)
        return;
    inf->feeder = (struct feeder){.informer = inf};
    inf->feeder.handler = (struct kedge_handler){.on_add = on_add,
                                                 .on_update = on_update,
                                                 .on_delete = on_delete,
                                                 .ready = is_ready,
                                                 .ctx = &inf->feeder};
    if (kedge_informer_add_handler(inf->inf, &inf->feeder.handler) != KEDGE_OK)
        sim_fail(s, "a handler cannot join: %s", kedge_error_text(s->k));
}

// ---- the workers ---------------------------------------------------------------------------

// Whoever was refused is asked again at once when there is room.
static void check_woken(struct sim *s)
{
    bool refused = false;
    for (size_t i = 0; i < s->plan->informers; i++)
        refused = refused || (s->informers[i].feeder.refused && !s->informers[i].inf->stopped);
    if (refused && !s->work.ended && !s->network.woken &&
        kedge_workqueue_has_room_for(s->work.queue, keys_a_call(s)))
        sim_fail(s, "queue: nobody wakes the loop for the handler that waits for room");
}

static void check_requeues(struct sim *s, struct entry *e, const char *key)
{
    struct kedge_workqueue_report r;
    uint32_t failures = kedge_workqueue_requeues(s->work.queue, key);
    if (failures == e->failures)
        return;
    // They may be forgotten, where a new key needs the room, and are counted then.
    kedge_workqueue_report(s->work.queue, &r);
    if (failures != 0 || r.forgotten < ++s->work.forgotten)
        sim_fail(s, "queue: %.60s has failed %u times, it says %u", key, (unsigned)e->failures,
                 (unsigned)failures);
    e->failures = 0;
}

// The loop knows when the next of the keys for later is due.
static void check_deadline(struct sim *s)
{
    kedge_time now = clock_now(s);
    kedge_time due = KEDGE_FOREVER;
    EACH_ENTRY(s, e)
    {
        if (e->due < due)
            due = e->due;
    }
    due = due > now ? due : now;
    if (due != KEDGE_FOREVER && kedge_next_deadline(s->k) > due - s->k->clock_ahead)
        sim_fail(s, "queue: a key is due in %lld ms, and nobody wakes the loop for it",
                 (long long)(due - now));
}

static void want_again(struct sim *s, struct entry *e, const char *key)
{
    int64_t how = e->unsure ? 2 : chance_below(&s->work_chance, 3);
    kedge_time delay = how == 1 ? 1 + chance_below(&s->work_chance, 3000) : 0;
    kedge_err err;
    if (how == 0) {
        check_requeues(s, e, key);
        delay = e->failures < 20 ? (kedge_time)FIRST_MS << e->failures : LAST_MS;
        delay = delay < LAST_MS ? delay : LAST_MS;
        err = kedge_workqueue_add_rate_limited(s->work.queue, key);
        e->failures++;
    } else if (how == 1) {
        err = kedge_workqueue_add_after(s->work.queue, key, delay);
    } else {
        err = kedge_workqueue_add(s->work.queue, key);
    }
    if (err != KEDGE_OK)
        sim_fail(s, "queue: %.60s, which it has, is refused: %s", key, kedge_err_name(err));
    if (how < 2)
        expect_later(s, e, delay);
    else
        expect_now(s, e);
    check_deadline(s);
}

static void end_work(struct sim *s, struct worker *w)
{
    struct entry *e = entry_of(s, w->informer, w->index);
    const char *key = key_of(s, w->informer, w->index);
    int64_t fail = s->work.healed || s->work.ended ? 0 : s->plan->set[SET_FAIL];
    bool fails = fail > 0 && chance_one_in(&s->work_chance, fail);
    pass_due(s);
    if (fails) {
        want_again(s, e, key);
    } else {
        e->seen_there = w->there;
        e->seen_version = w->version;
        if (!chance_one_in(&s->work_chance, 8)) {
            kedge_workqueue_forget(s->work.queue, key);
            e->failures = 0;
        }
    }
    kedge_workqueue_done(s->work.queue, key);
    expect_done(s, e);
    w->works = false;
    s->work.done++;
    s->network.stir++;
    check_woken(s);
    sim_trace(s, "worker %td: %s %.40s", w - s->work.workers, fails ? "fails with" : "has done",
              key);
}

static bool somebody_is_free(const struct sim *s)
{
    return in_work(s) < (size_t)s->plan->set[SET_WORKERS];
}

void work_on(struct sim *s)
{
    char key[LONGEST + 1];
    bool moved = s->work.queue != NULL && s->started;
    while (moved) {
        moved = false;
        for (size_t i = 0; i < SIM_WORKERS; i++)
            if (s->work.workers[i].works && s->work.workers[i].until <= s->network.now)
                end_work(s, &s->work.workers[i]);
        while (somebody_is_free(s) &&
               took(s, kedge_workqueue_get(s->work.queue, key, sizeof key), key))
            moved = true;
    }
}

kedge_err work_poll(struct sim *s, int64_t timeout)
{
    char key[LONGEST + 1];
    s->work.waited = false;
    if (s->work.queue == NULL)
        return kedge_poll(s->k, timeout);
    pass_due(s);
    check_deadline(s);
    if (!somebody_is_free(s) || !chance_one_in(&s->work_chance, 8))
        return kedge_poll(s->k, timeout);
    s->work.waited = true;
    // Not for long, since nobody looks around meanwhile.
    kedge_err err =
        kedge_workqueue_wait(s->work.queue, key, sizeof key, timeout < WAIT_MS ? timeout : WAIT_MS);
    if (err != KEDGE_OK && err != KEDGE_ERR_TIMEOUT)
        return err;
    took(s, err == KEDGE_OK ? KEDGE_OK : KEDGE_WAIT, key);
    return KEDGE_OK;
}

int64_t work_next(const struct sim *s)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < SIM_WORKERS; i++)
        if (s->work.workers[i].works && s->work.workers[i].until < next)
            next = s->work.workers[i].until;
    return next;
}

// ---- from beginning to end -----------------------------------------------------------------

void work_begin(struct sim *s)
{
    struct kedge_workqueue_options o = {.keys = (size_t)s->plan->set[SET_KEYS],
                                        .bytes = texts_of(s->plan),
                                        .longest = LONGEST,
                                        .limiter = &s->work.limiter};
    memset(&s->work, 0, sizeof s->work);
    EACH_ENTRY(s, e)
    e->due = KEDGE_FOREVER;
    if (s->plan->set[SET_WORKERS] == 0)
        return;
    kedge_rate_limiter_exponential(&s->work.limiter, FIRST_MS, LAST_MS);
    s->work.queue = kedge_workqueue_new(s->k, &o);
}

void work_heal(struct sim *s)
{
    s->work.healed = true;
    for (size_t i = 0; i < SIM_WORKERS; i++)
        s->work.workers[i].until = s->network.now;
}

static const char *unseen(struct sim *s, size_t informer, unsigned index, const struct entry *e)
{
    static char why[200];
    const struct kedge_object *o = cached_thing(s, informer, index);
    uint64_t version = o != NULL ? strtoull(kedge_resource_version(o), NULL, 10) : 0;
    if (!e->known || (e->seen_there == (o != NULL) && e->seen_version == version))
        return NULL;
    snprintf(why, sizeof why, "nobody has worked on %.40s as it is now",
             key_of(s, informer, index));
    return why;
}

const char *work_left(struct sim *s)
{
    const char *why = NULL;
    if (s->work.queue == NULL)
        return NULL;
    if (in_work(s) > 0)
        return "somebody still works";
    EACH_ENTRY(s, e)
    {
        if (e->wanted || e->due != KEDGE_FOREVER)
            return "a key waits to be worked on";
    }
    for (size_t i = 0; i < s->plan->informers; i++)
        for (unsigned n = 0; n < SIM_OBJECTS && why == NULL && !s->informers[i].stopped; n++)
            why = unseen(s, i, n, entry_of(s, i, n));
    return why;
}

static void shut_down(struct sim *s)
{
    bool drains = chance_one_in(&s->work_chance, 2);
    kedge_time ms = chance_one_in(&s->work_chance, 2) ? 0 : 500;
    kedge_err err = KEDGE_OK;
    size_t busy = in_work(s);
    s->work.ended = true;
    if (drains)
        err = kedge_workqueue_shut_down_with_drain(s->work.queue, ms);
    else
        kedge_workqueue_shut_down(s->work.queue);
    if (err != (drains && busy > 0 ? KEDGE_ERR_TIMEOUT : KEDGE_OK))
        sim_fail(s, "queue: while %zu still work, its end says %s", busy, kedge_err_name(err));
    if (!kedge_workqueue_is_shut_down(s->work.queue))
        sim_fail(s, "queue: it was shut down, and says that it was not");
    // What is for later is dropped, also where its time had come and nobody had noticed.
    EACH_ENTRY(s, e)
    e->due = KEDGE_FOREVER;
}

void work_end(struct sim *s)
{
    char key[LONGEST + 1];
    if (s->work.queue == NULL || !s->started)
        return;
    // Something waits when it ends, now or for later.
    struct feeder last = {.informer = &s->informers[0]};
    for (int i = 0; i < 4 && kedge_workqueue_has_room(s->work.queue); i++)
        fill_one(&last, (unsigned)chance_below(&s->work_chance, s->plan->set[SET_OBJECTS]));
    pass_due(s);
    shut_down(s);
    do {
        for (size_t i = 0; i < SIM_WORKERS; i++)
            if (s->work.workers[i].works)
                end_work(s, &s->work.workers[i]);
    } while (took(s, kedge_workqueue_get(s->work.queue, key, sizeof key), key));
    kedge_err err = kedge_workqueue_shut_down_with_drain(s->work.queue, 0);
    if (err != KEDGE_OK)
        sim_fail(s, "queue: nobody works any more, and its end says %s", kedge_err_name(err));
}
