// SPDX-License-Identifier: Apache-2.0
// workqueue.c - adding, taking, being done: client-go's dirty and processing sets are a mark and a
// list here.
#include "queue/queue_priv.h"

#define DUE_A_TURN 256 // keys for later that one call moves: some tenths of a millisecond

#include "base/random.h"

// Who polls in another thread sleeps until the deadline that it knows.
static void set_deadline(struct kedge_workqueue *q)
{
    kedge_time next = kedge__later_next(q);
    if (next < q->task.deadline)
        kedge__tell_threads(q->k);
    q->task.deadline = next;
}

static void push(struct kedge_workqueue *q, uint32_t n)
{
    kedge__key_move(q, n, KEDGE__KEY_QUEUED);
    kedge__tell_threads(q->k);
}

// To be worked on, from now on.
static void want(struct kedge_workqueue *q, uint32_t n, kedge_time now)
{
    struct kedge__key *key = kedge__key_at(q, n);
    if (key->dirty)
        return;
    key->dirty = true;
    key->added_at = now;
    q->adds++;
    q->depth++;
    if (key->list != KEDGE__KEY_IN_WORK)
        push(q, n);
}

// Moves those whose time has come, at most DUE_A_TURN of them. True if there were any.
static bool take_due(struct kedge_workqueue *q, kedge_time now)
{
    unsigned count = 0;
    for (; count < DUE_A_TURN && kedge__later_next(q) <= now; count++) {
        uint32_t n = q->heap[1];
        kedge__later_remove(q, n);
        want(q, n, now);
    }
    set_deadline(q);
    return count > 0;
}

static bool step(struct kedge__task *t, kedge_time now)
{
    struct kedge_workqueue *q = (struct kedge_workqueue *)(void *)t;
    kedge__lock(q->k);
    bool any = take_due(q, now);
    kedge__unlock(q->k);
    return any;
}

static const struct kedge__task_ops task_ops = {.step = step};

// ---------------------------------------------------------------------------- a new one

static bool take_memory(struct kedge_workqueue *q, size_t keys, size_t chunks)
{
    size_t buckets = 16;
    while (buckets < keys)
        buckets *= 2;
    q->keys = kedge__take(q->k, "workqueue", keys, sizeof *q->keys, _Alignof(struct kedge__key));
    q->chunks = KEDGE__NEW(q->k, "workqueue", struct kedge__chunk, chunks);
    q->buckets = KEDGE__NEW(q->k, "workqueue", uint32_t, buckets);
    q->heap = KEDGE__NEW(q->k, "workqueue", uint32_t, keys + 1);
    q->key_cap = (uint32_t)keys;
    q->chunk_cap = (uint32_t)chunks;
    q->bucket_mask = (uint32_t)(buckets - 1);
    return q->k->failure == KEDGE_OK;
}

static bool options_are_sound(struct kedge *k, const struct kedge_workqueue_options *o)
{
    const char *problem = NULL;
    if (o->longest > UINT16_MAX)
        problem = "longest is more than 65,535";
    else if (o->keys > UINT32_MAX / 4 || o->bytes / KEDGE__CHUNK_TEXT > UINT32_MAX / 4)
        problem = "keys or bytes are more than it can count";
    else if (o->bytes < o->longest + KEDGE__CHUNK_TEXT - 1)
        problem = "bytes are less than the longest key needs";
    if (problem == NULL)
        return true;
    struct kedge__line *l = kedge__fail(k, KEDGE_ERR_ARGUMENT);
    kedge__line_text(l, "the options of workqueue ");
    kedge__line_text(l, o->name);
    kedge__line_text(l, ": ");
    kedge__line_text(l, problem);
    return false;
}

static bool draw_seed(struct kedge_workqueue *q)
{
    struct kedge__random random;
    kedge_err err = kedge__random_seed(&random, q->k->port);
    q->seed = kedge__random_next(&random);
    if (err != KEDGE_OK)
        kedge__line_text(kedge__fail(q->k, err),
                         "the seed of a workqueue: the port has no random bytes");
    return err == KEDGE_OK;
}

struct kedge_workqueue *kedge_workqueue_new(struct kedge *k,
                                            const struct kedge_workqueue_options *options)
{
    struct kedge_workqueue_options o = {0};
    if (options != NULL)
        o = *options;
    if (o.name == NULL)
        o.name = "workqueue";
    if (o.keys == 0)
        o.keys = 256;
    if (o.longest == 0)
        o.longest = KEDGE_WORKQUEUE_KEY - 1;
    if (o.bytes == 0)
        o.bytes = o.keys * 48 + o.longest + KEDGE__CHUNK_TEXT;
    if (k == NULL || k->failure != KEDGE_OK || !options_are_sound(k, &o))
        return NULL;
    struct kedge_workqueue *q = KEDGE__NEW(k, "workqueue", struct kedge_workqueue, 1);
    if (q == NULL)
        return NULL;
    q->k = k;
    q->name = o.name;
    q->longest = (uint16_t)o.longest;
    q->limiter = o.limiter != NULL ? o.limiter : &q->each;
    kedge_rate_limiter_exponential(&q->each, 5, 1000 * KEDGE_SECOND);
    kedge_rate_limiter_bucket(&q->all, 10.0f, 100);
    q->each.also = &q->all;
    q->task.ops = &task_ops;
    q->task.deadline = KEDGE_FOREVER;
    if (!draw_seed(q) || !take_memory(q, o.keys, o.bytes / KEDGE__CHUNK_TEXT) ||
        kedge__task_add(k, &q->task) != KEDGE_OK)
        return NULL;
    return q;
}

// ---------------------------------------------------------------------------- adding

static void say_too_long(const struct kedge_workqueue *q, kedge_str key)
{
    if (!kedge__log_wants(q->k, KEDGE_LOG_WARNING))
        return;
    char text[256];
    struct kedge__line l;
    kedge__line_init(&l, text, sizeof text);
    kedge__line_text(&l, q->name);
    kedge__line_text(&l, ": a key of ");
    kedge__line_int(&l, (int64_t)key.len);
    kedge__line_text(&l, " bytes is longer than `longest`: ");
    kedge__line_printable(&l, key, 128);
    kedge__log(q->k, KEDGE_LOG_WARNING, text);
}

// The number of the key, to be added; 0: *err says why not.
static uint32_t accept(struct kedge_workqueue *q, const char *key, kedge_err *err)
{
    kedge_str text = kedge_str_of(key);
    uint32_t n = 0;
    *err = KEDGE_OK;
    if (q->shut_down) {
        *err = KEDGE_ERR_STOPPED;
    } else if (text.len > q->longest) {
        say_too_long(q, text);
        *err = KEDGE_ERR_TOO_LONG;
    } else if ((n = kedge__key_take(q, text)) == 0) {
        q->refusals++;
        q->refused = true;
        *err = KEDGE_ERR_FULL;
    }
    return n;
}

// To be worked on now, or `delay` later.
static void add_at(struct kedge_workqueue *q, uint32_t n, kedge_time delay, kedge_time now)
{
    if (delay <= 0) {
        want(q, n, now);
        return;
    }
    if (kedge__key_at(q, n)->list == KEDGE__KEY_IDLE)
        kedge__key_move(q, n, KEDGE__KEY_NOWHERE);
    kedge__later_add(q, n, kedge__after(now, delay));
    set_deadline(q);
}

kedge_err kedge_workqueue_add(struct kedge_workqueue *q, const char *key)
{
    if (q == NULL || key == NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge__lock(q->k);
    kedge_err err;
    uint32_t n = accept(q, key, &err);
    if (n != 0)
        want(q, n, kedge__clock(q->k));
    kedge__unlock(q->k);
    return err;
}

kedge_err kedge_workqueue_add_after(struct kedge_workqueue *q, const char *key, kedge_time delay)
{
    if (q == NULL || key == NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge__lock(q->k);
    kedge_err err;
    uint32_t n = accept(q, key, &err);
    if (n != 0) {
        q->retries++;
        add_at(q, n, delay, kedge__clock(q->k));
    }
    kedge__unlock(q->k);
    return err;
}

static bool counts(const struct kedge_rate_limiter *l)
{
    for (; l != NULL; l = l->also) {
        if (l->counts)
            return true;
    }
    return false;
}

kedge_err kedge_workqueue_add_rate_limited(struct kedge_workqueue *q, const char *key)
{
    if (q == NULL || key == NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge__lock(q->k);
    kedge_err err;
    uint32_t n = accept(q, key, &err);
    if (n != 0) {
        struct kedge__key *entry = kedge__key_at(q, n);
        kedge_time now = kedge__clock(q->k);
        kedge_time delay = kedge_rate_limiter_when(q->limiter, entry->failures, now);
        if (counts(q->limiter) && entry->failures < UINT32_MAX)
            entry->failures++;
        q->retries++;
        add_at(q, n, delay, now);
    }
    kedge__unlock(q->k);
    return err;
}

bool kedge_workqueue_has_room_for(struct kedge_workqueue *q, size_t count)
{
    if (q == NULL)
        return false;
    kedge__lock(q->k);
    bool room = kedge__key_room(q, count, q->longest);
    q->refused |= !room;
    kedge__unlock(q->k);
    return room;
}

bool kedge_workqueue_has_room(struct kedge_workqueue *q)
{
    return kedge_workqueue_has_room_for(q, 1);
}

// ---------------------------------------------------------------------------- working

static void count_time(struct kedge_workqueue_times *t, kedge_time ms)
{
    t->count++;
    t->sum += ms;
    if (ms > t->longest)
        t->longest = ms;
}

static kedge_err take(struct kedge_workqueue *q, char *buf)
{
    kedge_time now = kedge__clock(q->k);
    take_due(q, now);
    uint32_t n = q->rings[KEDGE__KEY_QUEUED].first;
    if (n == 0)
        return q->shut_down ? KEDGE_ERR_STOPPED : KEDGE_WAIT;
    struct kedge__key *key = kedge__key_at(q, n);
    kedge__key_move(q, n, KEDGE__KEY_IN_WORK);
    key->dirty = false;
    key->taken_at = now;
    q->taken_sum += now;
    q->depth--;
    count_time(&q->queue_times, now - key->added_at);
    kedge__key_copy(q, n, buf);
    return KEDGE_OK;
}

static kedge_err check_get(const struct kedge_workqueue *q, const char *key, size_t cap)
{
    if (q == NULL || key == NULL)
        return KEDGE_ERR_ARGUMENT;
    return cap > q->longest ? KEDGE_OK : KEDGE_ERR_TOO_LONG;
}

kedge_err kedge_workqueue_get(struct kedge_workqueue *q, char *key, size_t cap)
{
    kedge_err err = check_get(q, key, cap);
    if (err != KEDGE_OK)
        return err;
    kedge__lock(q->k);
    err = take(q, key);
    kedge__unlock(q->k);
    return err;
}

kedge_err kedge_workqueue_wait(struct kedge_workqueue *q, char *key, size_t cap, kedge_time timeout)
{
    kedge_err err = kedge_workqueue_get(q, key, cap);
    if (err != KEDGE_WAIT)
        return err;
    kedge_time now = kedge__clock(q->k);
    kedge_time until = kedge__after(now, timeout);
    while (err == KEDGE_WAIT) {
        if (now >= until)
            return KEDGE_ERR_TIMEOUT;
        kedge_err polled = kedge_poll(q->k, until == KEDGE_FOREVER ? KEDGE_FOREVER : until - now);
        if (polled != KEDGE_OK)
            return polled;
        err = kedge_workqueue_get(q, key, cap);
        now = kedge__clock(q->k);
    }
    return err;
}

// Frees what nothing keeps, and tells who waits for room.
static void release(struct kedge_workqueue *q, uint32_t n)
{
    kedge__key_release(q, n);
    if (!q->refused || !kedge__key_room(q, 1, q->longest))
        return;
    q->refused = false;
    kedge_wake(q->k);
}

static void done(struct kedge_workqueue *q, uint32_t n)
{
    struct kedge__key *key = kedge__key_at(q, n);
    q->taken_sum -= key->taken_at;
    count_time(&q->work_times, kedge__clock(q->k) - key->taken_at);
    kedge__key_move(q, n, KEDGE__KEY_NOWHERE);
    if (key->dirty)
        push(q, n);
    else
        release(q, n);
    if (q->draining && q->rings[KEDGE__KEY_IN_WORK].count == 0)
        kedge_wake(q->k);
}

void kedge_workqueue_done(struct kedge_workqueue *q, const char *key)
{
    if (q == NULL || key == NULL)
        return;
    kedge__lock(q->k);
    uint32_t n = kedge__key_find(q, kedge_str_of(key));
    if (n != 0 && kedge__key_at(q, n)->list == KEDGE__KEY_IN_WORK)
        done(q, n);
    kedge__unlock(q->k);
}

void kedge_workqueue_forget(struct kedge_workqueue *q, const char *key)
{
    if (q == NULL || key == NULL)
        return;
    kedge__lock(q->k);
    uint32_t n = kedge__key_find(q, kedge_str_of(key));
    if (n != 0) {
        kedge__key_at(q, n)->failures = 0;
        release(q, n);
    }
    kedge__unlock(q->k);
}

uint32_t kedge_workqueue_requeues(const struct kedge_workqueue *q, const char *key)
{
    if (q == NULL || key == NULL)
        return 0;
    kedge__lock(q->k);
    uint32_t n = kedge__key_find(q, kedge_str_of(key));
    uint32_t failures = n != 0 ? kedge__key_at(q, n)->failures : 0;
    kedge__unlock(q->k);
    return failures;
}

size_t kedge_workqueue_length(const struct kedge_workqueue *q)
{
    if (q == NULL)
        return 0;
    kedge__lock(q->k);
    size_t count = q->rings[KEDGE__KEY_QUEUED].count;
    kedge__unlock(q->k);
    return count;
}
