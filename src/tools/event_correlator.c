// SPDX-License-Identifier: Apache-2.0
// event_correlator.c - see event_correlator.h.
//
//     event -> aggregate (groups) -> count (logged) -> filter (spam) -> the server
//
// What client-go keeps by its texts is kept by a hash of them here, of 64 bits, keyed by a secret.
// Of the messages of a group 32 bits do: only whether there are ten is asked.
#include "tools/event_correlator.h"

struct logged {
    uint64_t key; // first
    uint64_t stamp;
    uint32_t count;
};

struct group {
    uint64_t key; // first
    kedge_time last;
    uint32_t count;
    uint32_t messages[]; // similar - 1 of them
};

struct spam {
    uint64_t key;    // first
    kedge_time full; // when all tokens are there again; in the past: they are
};

// The tables -------------------------------------------------------------------------------------

static uint64_t key_at(const struct kedge__event_table *t, size_t i)
{
    uint64_t key;
    memcpy(&key, t->items + i * t->each, sizeof key);
    return key;
}

static size_t place_of(const struct kedge__event_table *t, uint64_t key)
{
    size_t i = 0;
    while (i < t->count && key_at(t, i) != key)
        i++;
    return i;
}

// The item of that key, now in front; a new one, all zero but its key, takes the place of the one
// that was not used for longest.
static void *item(struct kedge__event_table *t, uint64_t key)
{
    size_t at = place_of(t, key);
    unsigned char *last = t->items + t->max * t->each; // room for one more
    if (at == t->count && t->count < t->max)
        t->count++;
    else if (at == t->count)
        at--;
    bool known = key_at(t, at) == key;
    if (known)
        memcpy(last, t->items + at * t->each, t->each);
    memmove(t->items + t->each, t->items, at * t->each);
    if (known)
        memcpy(t->items, last, t->each);
    else
        memset(t->items, 0, t->each);
    memcpy(t->items, &key, sizeof key);
    return t->items;
}

static bool take(struct kedge__event_table *t, struct kedge *k, size_t each, size_t entries)
{
    t->each = each;
    t->max = entries;
    t->items = kedge__take(k, "events", entries + 1, each, _Alignof(uint64_t));
    return t->items != NULL;
}

kedge_err kedge__event_correlator_init(struct kedge__event_correlator *c, struct kedge *k,
                                       size_t entries)
{
    size_t group = sizeof(struct group) + (c->similar - 1) * sizeof(uint32_t);
    bool all = take(&c->logged, k, sizeof(struct logged), entries) &&
               take(&c->groups, k, (group + 7) & ~(size_t)7, entries) &&
               take(&c->spam, k, sizeof(struct spam), entries);
    return all ? KEDGE_OK : k->failure;
}

// Keys -------------------------------------------------------------------------------------------

// What every key begins with: the object and the type. Component and host are the recorder's.
static struct kedge__event_key hash_object(const struct kedge__event_correlator *c, unsigned type,
                                           const char *const *texts)
{
    struct kedge__event_key key = {{0, 1}};
    kedge__event_key_add(&key, c->secret, kedge__event_type_text(type));
    for (size_t i = KEDGE__EVENT_GROUP; i <= KEDGE__EVENT_UID; i++)
        kedge__event_key_add(&key, c->secret, texts[i]);
    return key;
}

// The correlation --------------------------------------------------------------------------------

static bool is_new(const struct group *g, uint32_t message)
{
    for (uint32_t i = 0; i < g->count; i++) {
        if (g->messages[i] == message)
            return false;
    }
    return true;
}

// True if this message makes too many of the group. client-go puts it in, then takes any one out
// again; here it is this one, so that those before it stay what they are.
static bool aggregate(struct kedge__event_correlator *c, uint64_t key, uint32_t message,
                      kedge_time now)
{
    struct group *g = item(&c->groups, key);
    if (now - g->last > c->similar_within)
        g->count = 0;
    g->last = now;
    if (g->count + 1 < c->similar && is_new(g, message)) {
        g->messages[g->count++] = message;
        return false;
    }
    return g->count + 1 >= c->similar && is_new(g, message);
}

static void count(struct kedge__event_correlator *c, uint64_t stamp,
                  struct kedge__event_correlated *out)
{
    struct logged *l = item(&c->logged, out->key);
    if (l->count == 0)
        l->stamp = stamp;
    if (l->count < INT32_MAX)
        l->count++;
    out->stamp = l->stamp;
    out->count = l->count;
}

// Takes a token, if there is one. Instead of how many there are, when all will be there is kept.
static bool is_spam(struct kedge__event_correlator *c, uint64_t key, kedge_time now)
{
    struct spam *s = item(&c->spam, key);
    kedge_time full = s->full > now ? s->full : now;
    if (full - now > (c->burst - 1) * c->refill)
        return true;
    s->full = full + c->refill;
    return false;
}

void kedge__event_correlate(struct kedge__event_correlator *c, unsigned type,
                            const char *const *texts, uint64_t stamp, kedge_time now,
                            struct kedge__event_correlated *out)
{
    struct kedge__event_key object = hash_object(c, type, texts);
    struct kedge__event_key reason = object;
    kedge__event_key_add(&reason, c->secret, texts[KEDGE__EVENT_REASON]);
    struct kedge__event_key event = reason;
    kedge__event_key_add(&event, c->secret, texts[KEDGE__EVENT_FIELD_PATH]);
    kedge__event_key_add(&event, c->secret, texts[KEDGE__EVENT_MESSAGE]);
    struct kedge__event_key message = {{0, 0}};
    kedge__event_key_add(&message, c->secret, texts[KEDGE__EVENT_MESSAGE]);

    out->combined = aggregate(c, kedge__event_key_number(&reason), message.half[0], now);
    out->key = kedge__event_key_number(out->combined ? &reason : &event);
    count(c, stamp, out);
    out->skip = is_spam(c, kedge__event_key_number(c->refill_by_reason ? &reason : &object), now);
}

void kedge__event_learn(struct kedge__event_correlator *c, uint64_t key, uint64_t stamp,
                        uint32_t count_there)
{
    struct logged *l = item(&c->logged, key);
    l->stamp = stamp;
    l->count = count_there;
}
