// SPDX-License-Identifier: Apache-2.0
// backoff_table.c - entries by the hash of their id: open addressing, and what is taken out leaves
// no gap, so that a search ends at the first free place.
#include "kedge/backoff_table.h"

#include "base/hash.h"
#include "base/random.h"

// Far from overflow when doubled, and when 1 ms becomes 1,000 us.
#define LONGEST_MS (INT64_MAX / 8000)

static kedge_time within(kedge_time ms)
{
    if (ms < 0)
        return 0;
    return ms < LONGEST_MS ? ms : LONGEST_MS;
}

void kedge_backoff_table_init(struct kedge_backoff_table *t, struct kedge_backoff_entry *entries,
                              size_t count, kedge_time first, kedge_time longest,
                              uint32_t jitter_percent, uint64_t seed)
{
    *t = (struct kedge_backoff_table){
        .entries = entries,
        .cap = count,
        .first = within(first),
        .longest = within(longest),
        .jitter_percent = jitter_percent,
        .random = seed,
    };
    uint64_t keys = kedge__random_mix(&t->random);
    t->key[0] = (uint32_t)keys;
    t->key[1] = (uint32_t)(keys >> 32);
    for (size_t i = 0; i < count; i++)
        entries[i] = (struct kedge_backoff_entry){0};
}

static uint64_t hash_of(const struct kedge_backoff_table *t, const char *id)
{
    size_t len = strlen(id);
    uint64_t high = kedge__hash_keyed(t->key[0], t->key[1], id, len);
    uint64_t low = kedge__hash_keyed(t->key[1], ~t->key[0], id, len);
    uint64_t hash = high << 32 | low;
    return hash != 0 ? hash : 1;
}

static size_t home_of(const struct kedge_backoff_table *t, uint64_t id)
{
    return (size_t)(id % t->cap);
}

// The entry of that id, or the free place that ends the search for it; NULL: neither, it is full.
static struct kedge_backoff_entry *find(const struct kedge_backoff_table *t, uint64_t id)
{
    size_t at = t->cap > 0 ? home_of(t, id) : 0;
    for (size_t i = 0; i < t->cap; i++) {
        struct kedge_backoff_entry *e = &t->entries[at];
        if (e->id == id || e->id == 0)
            return e;
        at = at + 1 < t->cap ? at + 1 : 0;
    }
    return NULL;
}

// The entry of that id; NULL: it is not there.
static struct kedge_backoff_entry *known(const struct kedge_backoff_table *t, const char *id)
{
    if (t == NULL || id == NULL)
        return NULL;
    struct kedge_backoff_entry *e = find(t, hash_of(t, id));
    return e != NULL && e->id != 0 ? e : NULL;
}

// Those behind it that would not be found over the gap move up.
static void take_out(struct kedge_backoff_table *t, struct kedge_backoff_entry *entry)
{
    size_t gap = (size_t)(entry - t->entries);
    size_t at = gap;
    for (size_t i = 1; i < t->cap; i++) {
        at = at + 1 < t->cap ? at + 1 : 0;
        uint64_t id = t->entries[at].id;
        if (id == 0)
            break;
        size_t from_home = (at + t->cap - home_of(t, id)) % t->cap;
        size_t from_gap = (at + t->cap - gap) % t->cap;
        if (from_home < from_gap)
            continue;
        t->entries[gap] = t->entries[at];
        gap = at;
    }
    t->entries[gap] = (struct kedge_backoff_entry){0};
    t->used--;
}

static bool has_expired(const struct kedge_backoff_table *t, const struct kedge_backoff_entry *e,
                        kedge_time event)
{
    if (t->has_expired != NULL)
        return t->has_expired(t->ctx, event, e->updated, t->longest);
    return event - e->updated > t->longest * 2;
}

// The one that was longest without a failure makes room. False: none has expired.
static bool make_room(struct kedge_backoff_table *t, kedge_time now)
{
    struct kedge_backoff_entry *oldest = NULL;
    for (size_t i = 0; i < t->cap; i++) {
        struct kedge_backoff_entry *e = &t->entries[i];
        if (e->id != 0 && has_expired(t, e, now) &&
            (oldest == NULL || e->updated < oldest->updated))
            oldest = e;
    }
    if (oldest != NULL)
        take_out(t, oldest);
    return oldest != NULL;
}

static int64_t jitter(struct kedge_backoff_table *t, int64_t us)
{
    int64_t most = LONGEST_MS * 1000;
    int64_t part = us / 100;
    int64_t span = t->jitter_percent > 0 && part > most / t->jitter_percent
                       ? most
                       : part * t->jitter_percent + us % 100 * t->jitter_percent / 100;
    return (int64_t)kedge__random_scale(kedge__random_mix(&t->random), (uint64_t)span + 1);
}

kedge_err kedge_backoff_table_next(struct kedge_backoff_table *t, const char *id, kedge_time event,
                                   kedge_time now)
{
    if (t == NULL || id == NULL)
        return KEDGE_ERR_ARGUMENT;
    uint64_t hash = hash_of(t, id);
    struct kedge_backoff_entry *e = find(t, hash);
    if (e == NULL && make_room(t, now))
        e = find(t, hash);
    if (e == NULL)
        return KEDGE_ERR_FULL;
    if (e->id == 0 || has_expired(t, e, event)) {
        t->used += e->id == 0 ? 1 : 0;
        e->id = hash;
        e->delay_us = t->first * 1000;
        e->delay_us += jitter(t, e->delay_us);
    } else {
        int64_t longest = t->longest * 1000;
        int64_t delay = e->delay_us * 2 + jitter(t, e->delay_us);
        e->delay_us = delay < longest ? delay : longest;
    }
    e->updated = now;
    return KEDGE_OK;
}

kedge_time kedge_backoff_table_get(const struct kedge_backoff_table *t, const char *id)
{
    const struct kedge_backoff_entry *e = known(t, id);
    return e != NULL ? (e->delay_us + 999) / 1000 : 0;
}

bool kedge_backoff_table_is_waiting_since(const struct kedge_backoff_table *t, const char *id,
                                          kedge_time event, kedge_time now)
{
    const struct kedge_backoff_entry *e = known(t, id);
    return e != NULL && !has_expired(t, e, event) && now - event < (e->delay_us + 999) / 1000;
}

bool kedge_backoff_table_is_waiting(const struct kedge_backoff_table *t, const char *id,
                                    kedge_time now)
{
    const struct kedge_backoff_entry *e = known(t, id);
    return e != NULL && !has_expired(t, e, now) && now - e->updated < (e->delay_us + 999) / 1000;
}

void kedge_backoff_table_reset(struct kedge_backoff_table *t, const char *id)
{
    struct kedge_backoff_entry *e = known(t, id);
    if (e != NULL)
        take_out(t, e);
}

size_t kedge_backoff_table_gc(struct kedge_backoff_table *t, kedge_time now)
{
    if (t == NULL)
        return 0;
    // What moves up into a gap may come to where the round has been, so that it takes another one.
    size_t before;
    do {
        before = t->used;
        for (size_t i = 0; i < t->cap; i++) {
            struct kedge_backoff_entry *e = &t->entries[i];
            if (e->id != 0 && has_expired(t, e, now))
                take_out(t, e);
        }
    } while (t->used < before);
    return t->used;
}
