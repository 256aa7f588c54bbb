// SPDX-License-Identifier: Apache-2.0
// check.c - what must hold: of memory, of caches, of walks.
#include <stdlib.h>
#include <string.h>

#include "cache/informer_priv.h"
#include "sim.h"

// ---- memory --------------------------------------------------------------------------------

// What heap.c puts in front of each record.
struct block {
    uint32_t slot; // 0: a hole
    uint32_t units;
};

void check_guards(struct sim *s)
{
    for (size_t i = 0; i < SIM_GUARD; i++)
        if (s->block[i] != 0x5a || s->block[SIM_GUARD + s->size + i] != 0x5a)
            sim_fail(s, "a byte outside the block was written");
}

static void check_records(struct sim *s, const struct kedge__heap *h, size_t *records)
{
    size_t live = 0;
    uint32_t at = 1;
    while (at < h->top) {
        const struct block *b = (const struct block *)(const void *)(h->base + (size_t)at * 8);
        if (b->units == 0 || b->units > h->top - at)
            sim_fail(s, "heap: a block of %u units at %u", (unsigned)b->units, (unsigned)at);
        if (b->slot == 0 && at < h->hole)
            sim_fail(s, "heap: a hole below the lowest one");
        if (b->slot > h->slot_count || (b->slot > 0 && kedge__heap_slot(h, b->slot)->record != at))
            sim_fail(s, "heap: slot %u and its record do not know each other", (unsigned)b->slot);
        live += b->slot > 0 ? (size_t)b->units * 8 : 0;
        *records += b->slot > 0;
        at += b->units;
    }
    if (at != h->top || live != h->live)
        sim_fail(s, "heap: %zu bytes of records, but it counts %zu", live, h->live);
}

// The index nodes that hang at a slot know it, and belong to its owner.
static size_t nodes_at(struct sim *s, const struct kedge__heap *h, uint32_t slot)
{
    size_t count = 0;
    const struct kedge__slot *of = kedge__heap_slot(h, slot);
    for (uint32_t n = of->nodes; n != 0; n = kedge__heap_slot(h, n)->nodes) {
        const struct kedge__slot *node = kedge__heap_slot(h, n);
        if (node->record != slot || node->index == 0 || node->owner != of->owner)
            sim_fail(s, "heap: a node of slot %u is another's", (unsigned)slot);
        if (++count > h->slot_count)
            sim_fail(s, "heap: the nodes of slot %u have no end", (unsigned)slot);
    }
    return count;
}

static void check_slots(struct sim *s, const struct kedge__heap *h, size_t records)
{
    size_t used = 0, counted = 0;
    size_t taken = 0, nodes = 0, hanging = 0;
    for (uint32_t i = 1; i <= h->slot_count; i++) {
        const struct kedge__slot *slot = kedge__heap_slot(h, i);
        bool is_node = slot->record != 0 && slot->index != 0;
        taken += slot->record != 0 && !is_node;
        nodes += is_node;
        if (slot->record != 0 && !is_node)
            hanging += nodes_at(s, h, i);
    }
    for (size_t i = 0; i < h->account_count; i++) {
        used += h->accounts[i]->used;
        counted += h->accounts[i]->nodes;
    }
    if (taken != records)
        sim_fail(s, "heap: %zu slots for %zu records", taken, records);
    if (nodes != hanging || nodes != counted)
        sim_fail(s, "heap: %zu index nodes, %zu hang at a record, the accounts count %zu", nodes,
                 hanging, counted);
    if (used != h->live + (records + nodes) * sizeof(struct kedge__slot))
        sim_fail(s, "heap: the accounts have used %zu bytes, the records %zu", used, h->live);
    if ((size_t)h->top * 8 + h->slot_count * sizeof(struct kedge__slot) > h->size)
        sim_fail(s, "heap: records and slots overlap");
}

static void check_index(struct sim *s, size_t informer)
{
    const struct kedge_informer *inf = s->informers[informer].inf;
    const struct kedge__heap *h = &inf->factory->heap;
    size_t indexed = 0;
    for (uint32_t i = 1; i <= h->slot_count; i++) {
        if (!kedge__indexer_has(&inf->indexer, i))
            continue;
        const struct kedge_object *o = kedge__heap_object(h, i);
        size_t wanted = uses_nodes(s, informer, o);
        indexed++;
        if (kedge__heap_nodes(h, i) != wanted)
            sim_fail(s, "informer %zu: %s has %zu index nodes, for %zu values", informer,
                     kedge_name(o), kedge__heap_nodes(h, i), wanted);
    }
    if (indexed != inf->indexer.count)
        sim_fail(s, "index: %zu slots, but it counts %zu", indexed, inf->indexer.count);
}

void check_memory(struct sim *s)
{
    struct kedge_memory_part whole = {0};
    size_t records = 0;
    check_guards(s);
    kedge_memory_report(s->k, &whole, 1);
    if (whole.used != s->arena_used || whole.peak > whole.size)
        sim_fail(s, "the arena grew from %zu to %zu bytes", s->arena_used, whole.used);
    check_records(s, &s->factory->heap, &records);
    check_slots(s, &s->factory->heap, records);
    for (size_t i = 0; i < s->plan->informers; i++)
        check_index(s, i);
    report_check_memory(s);
}

void check_at_rest(struct sim *s)
{
    size_t cached = 0;
    size_t kept = 0;
    check_memory(s);
    if (network_open_links(s) != 0)
        sim_fail(s, "%zu streams are still open", network_open_links(s));
    for (size_t i = 0; i < s->plan->informers; i++) {
        const struct kedge_informer *inf = s->informers[i].inf;
        cached += inf->indexer.count;
        kept += inf->account.count;
        if (kedge__delivery_busy(inf))
            sim_fail(s, "something still waits to be delivered");
    }
    if (cached != kept)
        sim_fail(s, "%zu records for %zu objects are left", kept, cached);
}

// ---- secrets -------------------------------------------------------------------------------

static const unsigned char *find(const unsigned char *from, const unsigned char *end,
                                 const char *text)
{
    size_t len = strlen(text);
    while ((size_t)(end - from) >= len) {
        from = memchr(from, text[0], (size_t)(end - from) - len + 1);
        if (from == NULL)
            return NULL;
        if (memcmp(from, text, len) == 0)
            return from;
        from++;
    }
    return NULL;
}

// A secret may only be where a cache has that very state of it.
static bool is_cached(struct sim *s, unsigned index, unsigned rev)
{
    for (size_t i = 0; i < s->plan->informers; i++) {
        unsigned kind = (unsigned)s->plan->informer[i][INF_KIND];
        if (strcmp(sim_kinds[kind].resource, "secrets") != 0 || index >= SIM_OBJECTS)
            continue;
        const struct kedge_object *o = cached_thing(s, i, index);
        if (o != NULL && kedge_label(o, "rev") != NULL &&
            strtoul(kedge_label(o, "rev"), NULL, 10) == rev)
            return true;
    }
    return false;
}

// A head that waits to be sent has the token, too.
static bool is_in_head(const struct sim *s, const unsigned char *at)
{
    for (size_t i = 0; i < s->plan->informers; i++) {
        const struct kedge__connection *c = &s->informers[i].inf->reflector.connection;
        const unsigned char *buf = (const unsigned char *)c->buf;
        bool waits = c->state == KEDGE__EXCHANGE_OPEN || c->state == KEDGE__EXCHANGE_SEND;
        if (waits && at >= buf && at < buf + c->got)
            return true;
    }
    return false;
}

// The token is where it is kept, and on its way, and nowhere else.
void check_token(struct sim *s)
{
    const struct kedge__token_source *t = &s->client->token;
    if (s->heartbeat.lease != NULL)
        return; // whose requests have it, too
    const unsigned char *end = s->block + SIM_GUARD + s->size;
    const unsigned char *kept = (const unsigned char *)t->buf;
    for (const unsigned char *at = s->block; (at = find(at, end, "TOPTOKEN")) != NULL; at++)
        if (!(t->buf != NULL && at >= kept && at < kept + t->len) && !is_in_head(s, at))
            sim_fail(s, "a token is where nobody keeps it: %.24s", (const char *)at);
}

void check_secrets(struct sim *s)
{
    const unsigned char *end = s->block + SIM_GUARD + s->size;
    unsigned index, rev;
    for (const unsigned char *at = s->block; (at = find(at, end, "TOPSECRET-")) != NULL; at++) {
        char text[48];
        memcpy(text, at, (size_t)(end - at) < 47 ? (size_t)(end - at) : 47);
        text[47] = '\0';
        if (sscanf(text, "TOPSECRET-%u-%u-", &index, &rev) != 2 || !is_cached(s, index, rev))
            sim_fail(s, "a secret that nobody has is still in memory: %.24s", text);
    }
    if (find(s->block, end, "VE9QU0VDUkVU") != NULL)
        sim_fail(s, "a secret in base64 is still in memory");
    if (find(s->block, end, "TOPTOKEN") != NULL)
        sim_fail(s, "the token is still in memory");
}

// ---- caches --------------------------------------------------------------------------------

static bool may_be_partial(const struct sim *s, size_t informer, const struct look *l)
{
    return l->size >= 2 || l->index % 8 == 7 || s->plan->set[SET_OBJECT_MAX] < 1200 ||
           s->plan->informer[informer][INF_TEXT] < 2048;
}

// The object just as the server has it.
static const char *difference(struct sim *s, size_t informer, const struct thing *t,
                              const struct kedge_object *o)
{
    if (strtoull(kedge_resource_version(o), NULL, 10) != t->version)
        return "another version";
    char uid[KEDGE_UID_TEXT];
    if (strcmp(kedge_uid(o, uid), t->uid) != 0)
        return "another uid";
    if (kedge_is_partial(o) && !may_be_partial(s, informer, &t->look))
        return "partial, though it is small";
    return kedge_is_partial(o) ? NULL : thing_problem(&t->look, o, uses_alteration(s, informer));
}

// While CURRENT at a version, everything up to that version is in the cache, or out of it.
static void check_no_hole(struct sim *s, size_t informer, uint64_t applied)
{
    unsigned kind = (unsigned)s->plan->informer[informer][INF_KIND];
    for (unsigned i = 0; i < s->plan->set[SET_OBJECTS]; i++) {
        const struct thing *t = &s->things[kind][i];
        if (t->version == 0 || t->since[informer] > applied)
            continue;
        const struct kedge_object *o = cached_thing(s, informer, t->look.index);
        bool there = world_matches(s, informer, t);
        if (there != (o != NULL))
            sim_fail(s, "a hole: at version %llu informer %zu %s %s, as since %llu",
                     (unsigned long long)applied, informer, o != NULL ? "still has" : "lacks",
                     thing_name(kind, i), (unsigned long long)t->since[informer]);
        const char *differs = there && t->version <= applied ? difference(s, informer, t, o) : NULL;
        if (differs != NULL)
            sim_fail(s, "at version %llu informer %zu has %s wrong: %s",
                     (unsigned long long)applied, informer, thing_name(kind, i), differs);
    }
}

void check_always(struct sim *s, size_t informer)
{
    struct informer *inf = &s->informers[informer];
    struct kedge_informer_state state;
    kedge_informer_state(inf->inf, &state);
    uint64_t applied = strtoull(state.version, NULL, 10);
    if (state.objects != kedge_lister_count(inf->inf))
        sim_fail(s, "the state counts %zu objects, the lister %zu", state.objects,
                 kedge_lister_count(inf->inf));
    if (state.phase == KEDGE_STALE && s->fits)
        sim_fail(s, "STALE (%s), though there is room for everything", state.text);
    if (state.phase != KEDGE_SYNCING && !kedge_informer_has_synced(inf->inf) &&
        state.phase != KEDGE_STALE)
        sim_fail(s, "phase %d before the first sync", (int)state.phase);
    if (inf->adrift || inf->stopped)
        return;
    if (applied > mock_version(s->mock))
        sim_fail(s, "at version %s, which the server has not given yet", state.version);
    if (state.phase == KEDGE_CURRENT && applied < inf->last_applied)
        sim_fail(s, "at version %s after %llu", state.version,
                 (unsigned long long)inf->last_applied);
    if (state.phase != KEDGE_CURRENT)
        return;
    inf->last_applied = applied;
    check_no_hole(s, informer, applied);
}

size_t odd_objects(const struct sim *s, size_t informer)
{
    size_t odd = 0;
    unsigned index;
    unsigned kind = (unsigned)s->plan->informer[informer][INF_KIND];
    struct kedge_iter it = kedge_lister_list(s->informers[informer].inf, "", KEDGE_EVERYTHING);
    for (const struct kedge_object *o; (o = kedge_iter_next(&it)) != NULL;)
        odd += !thing_index(kind, world_space(s, informer, o), kedge_name(o), &index);
    return odd;
}

static const char *untold(const struct witness *w, const struct thing *t,
                          const struct kedge_object *o)
{
    static char why[200];
    const struct told *told = &w->told[t->look.index];
    bool there = o != NULL && witness_takes(w, o);
    if (!w->joined || (told->present == there && (!there || told->version == t->version)))
        return NULL;
    snprintf(why, sizeof why, "a handler was told that %.20s is %s at %llu, it is %s at %llu",
             thing_name(t->look.kind, t->look.index), told->present ? "there" : "gone",
             (unsigned long long)told->version, there ? "there" : "gone",
             (unsigned long long)t->version);
    return why;
}

static const char *unequal(struct sim *s, size_t informer, const struct thing *t, size_t *count)
{
    static char why[200];
    bool there = world_matches(s, informer, t);
    const struct kedge_object *o = cached_thing(s, informer, t->look.index);
    const char *differs = there && o != NULL ? difference(s, informer, t, o) : NULL;
    *count += there;
    if (there != (o != NULL))
        differs = there ? "not there" : "still there";
    if (differs != NULL) {
        snprintf(why, sizeof why, "informer %zu: %.20s is %s", informer,
                 thing_name(t->look.kind, t->look.index), differs);
        return why;
    }
    for (size_t i = 0; i < SIM_HANDLERS; i++) {
        const char *told = untold(&s->informers[informer].witness[i], t, o);
        if (told != NULL)
            return told;
    }
    return NULL;
}

// All who were there from the beginning were told the same, in the same order.
static const char *different_stories(const struct sim *s, size_t informer)
{
    const struct witness *first = NULL;
    for (size_t i = 0; i < SIM_HANDLERS; i++) {
        const struct witness *w = &s->informers[informer].witness[i];
        if (!w->joined || w->late || w->filtered)
            continue;
        if (first != NULL && first->story != w->story)
            return "two handlers were not told the same";
        first = w;
    }
    return NULL;
}

const char *check_calm(struct sim *s, size_t informer)
{
    const struct informer *inf = &s->informers[informer];
    struct kedge_informer_state state;
    if (inf->stopped)
        return NULL;
    kedge_informer_state(inf->inf, &state);
    if (state.phase != KEDGE_CURRENT)
        return state.phase == KEDGE_STALE ? "an informer is STALE" : "an informer has not synced";
    return kedge__delivery_busy(inf->inf) ? "something waits to be delivered" : NULL;
}

const char *check_equal(struct sim *s, size_t informer)
{
    const struct informer *inf = &s->informers[informer];
    unsigned kind = (unsigned)s->plan->informer[informer][INF_KIND];
    struct kedge_informer_state state;
    size_t count = 0;
    const char *busy = check_calm(s, informer);
    if (inf->stopped || busy != NULL)
        return busy;
    kedge_informer_state(inf->inf, &state);
    uint64_t applied = strtoull(state.version, NULL, 10);
    for (unsigned i = 0; i < s->plan->set[SET_OBJECTS]; i++) {
        const struct thing *t = &s->things[kind][i];
        if (t->since[informer] > applied)
            return "it is as it was before, by chance";
        const char *why = t->version > 0 ? unequal(s, informer, t, &count) : NULL;
        if (why != NULL)
            return why;
    }
    if (kedge_lister_count(inf->inf) != count + odd_objects(s, informer))
        return "the lister's count is not right";
    return different_stories(s, informer);
}

// ---- walks that go on through polls --------------------------------------------------------

// Whether a walk that began now would come to it.
static bool walk_wants(struct sim *s, const struct walk *w, unsigned index)
{
    const struct kedge_object *o = cached_thing(s, w->informer, index);
    const char *tier = o != NULL ? kedge_label(o, "tier") : NULL;
    return o != NULL && (!w->by_tier || (tier != NULL && strcmp(tier, "a") == 0));
}

void walk_begin(struct sim *s, size_t informer, int64_t objects)
{
    struct walk *w = NULL;
    struct kedge_informer *inf = s->informers[informer].inf;
    for (size_t i = 0; i < SIM_WALKS && w == NULL; i++)
        w = s->walks[i].runs ? NULL : &s->walks[i];
    // Who is told of nothing cannot say what was there throughout.
    if (w == NULL || !s->informers[informer].witness[0].joined)
        return;
    memset(w, 0, sizeof *w);
    w->runs = true;
    w->informer = informer;
    w->by_tier = s->plan->informer[informer][INF_INDEX] > 0 && chance_one_in(&s->look_chance, 2);
    w->it = w->by_tier ? kedge_lister_by_index(inf, "tier", "a")
                       : kedge_lister_list(inf, "", KEDGE_EVERYTHING);
    for (unsigned i = 0; i < s->plan->set[SET_OBJECTS]; i++)
        w->there[i] = walk_wants(s, w, i);
    for (int64_t i = 0; i < objects && w->runs; i++)
        walk_go_on(s);
}

static void walk_ends(struct sim *s, struct walk *w)
{
    unsigned kind = (unsigned)s->plan->informer[w->informer][INF_KIND];
    w->runs = false;
    for (unsigned i = 0; i < s->plan->set[SET_OBJECTS]; i++)
        // What has gone a moment ago, handlers may not have heard of yet.
        if (w->there[i] && !w->seen[i] && walk_wants(s, w, i))
            sim_fail(s, "a walk missed %s, which was there throughout", thing_name(kind, i));
}

static void walk_one(struct sim *s, struct walk *w)
{
    unsigned index;
    unsigned kind = (unsigned)s->plan->informer[w->informer][INF_KIND];
    const struct kedge_object *o = kedge_iter_next(&w->it);
    if (o == NULL) {
        walk_ends(s, w);
        return;
    }
    if (!thing_index(kind, world_space(s, w->informer, o), kedge_name(o), &index))
        return;
    if (w->there[index] && w->seen[index])
        sim_fail(s, "a walk came to %s twice", thing_name(kind, index));
    w->seen[index] = 1;
}

void walk_go_on(struct sim *s)
{
    for (size_t i = 0; i < SIM_WALKS; i++)
        if (s->walks[i].runs)
            walk_one(s, &s->walks[i]);
}

void walk_changed(struct sim *s, size_t informer, unsigned index)
{
    for (size_t i = 0; i < SIM_WALKS; i++)
        if (s->walks[i].runs && s->walks[i].informer == informer)
            s->walks[i].there[index] = 0;
}

void walk_moved(struct sim *s, size_t informer, unsigned index)
{
    for (size_t i = 0; i < SIM_WALKS; i++)
        if (s->walks[i].runs && s->walks[i].informer == informer && s->walks[i].by_tier)
            s->walks[i].there[index] = 0;
}

void walk_end_all(struct sim *s, size_t informer)
{
    for (size_t i = 0; i < SIM_WALKS; i++)
        if (informer == PLAN_INFORMERS || s->walks[i].informer == informer)
            s->walks[i].runs = false;
}
