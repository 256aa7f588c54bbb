// SPDX-License-Identifier: Apache-2.0
// world.c - the mock API server, and beside it a model of what it holds that shares no code with
// it: every change is made here, and remembered here.
#include <stdlib.h>
#include <string.h>

#include "sim.h"

static const char user[] = "agent";

void world_open(struct sim *s)
{
    const int64_t *set = s->plan->set;
    struct mock_options options = {
        .seed = (uint64_t)set[SET_SEED],
        .crds = sim_crds,
        .crd_count = 1,
        .age = (enum mock_age)set[SET_AGE],
        .no_managed_fields = true,
        .limit_at_zero = set[SET_LIMIT_AT_ZERO] != 0,
        .null_items = set[SET_NULL_ITEMS] != 0,
        .pretty = set[SET_PRETTY] != 0,
        .chunk_bytes = (size_t)set[SET_CHUNK],
        .history = (size_t)set[SET_HISTORY],
        .bookmark_ms = (uint32_t)set[SET_BOOKMARKS],
        .no_bookmarks = set[SET_BOOKMARKS] == 0,
        .initial_bookmarks = (unsigned)set[SET_INITIAL_BOOKMARKS],
    };
    s->mock = mock_new(&options);
    if (set[SET_TOKEN] != 0)
        world_new_token(s);
    for (unsigned kind = 0; kind < SIM_KINDS; kind++) {
        bool wanted = false;
        for (size_t i = 0; i < s->plan->informers; i++)
            wanted = wanted || s->plan->informer[i][INF_KIND] == kind;
        for (int64_t i = 0; wanted && i < set[SET_START] && i < set[SET_OBJECTS]; i++)
            world_put(s, (struct look){.kind = kind,
                                       .index = (unsigned)i,
                                       .size = (unsigned)chance_below(&s->chance, 4),
                                       .tier = (unsigned)chance_below(&s->chance, 4)});
    }
}

void world_close(struct sim *s)
{
    mock_free(s->mock);
    s->mock = NULL;
}

void world_new_token(struct sim *s)
{
    struct mock *m = s->mock;
    if (s->tokens > 0)
        mock_add_token(m, s->token, user, 1); // long expired
    // Of two lengths, so that something of the longer one could stay behind the shorter.
    const char *tail = s->tokens % 2 == 0 ? "-and-TOPTOKEN-again" : "";
    snprintf(s->token, sizeof s->token, "TOPTOKEN-%u%s", s->tokens, tail);
    s->tokens++;
    mock_add_token(m, s->token, user, 0);
}

// ---- scopes --------------------------------------------------------------------------------

bool world_takes_tier(int64_t selector, unsigned tier)
{
    switch (selector) {
    case 1:
        return tier == 0;
    case 2:
        return tier != 0;
    case 3:
        return tier <= 1;
    case 4:
        return tier == 3;
    default:
        return true;
    }
}

bool world_keeps(int64_t keep, uint64_t version)
{
    struct chance c = {version};
    return keep == 0 || chance_next(&c) % (uint64_t)keep != 0;
}

bool world_matches(const struct sim *s, size_t informer, const struct thing *t)
{
    const int64_t *inf = s->plan->informer[informer];
    if (!t->exists || (int64_t)t->look.kind != inf[INF_KIND])
        return false;
    bool namespaced = sim_kinds[t->look.kind].namespaced;
    if (namespaced && inf[INF_SPACE] > 0 && t->look.index % SIM_SPACES != inf[INF_SPACE] - 1)
        return false;
    return world_takes_tier(inf[INF_LABELS], t->look.tier) &&
           world_keeps(inf[INF_KEEP], t->version);
}

const char *world_space(const struct sim *s, size_t informer, const struct kedge_object *o)
{
    const int64_t *inf = s->plan->informer[informer];
    return s->informers[informer].alteration.clears_space
               ? thing_space((unsigned)inf[INF_KIND], (unsigned)inf[INF_SPACE] - 1)
               : kedge_namespace(o);
}

const struct kedge_object *cached_thing(const struct sim *s, size_t informer, unsigned index)
{
    const int64_t *inf = s->plan->informer[informer];
    unsigned kind = (unsigned)inf[INF_KIND];
    bool spaceless = s->informers[informer].alteration.clears_space;
    const struct kedge_object *o;
    if (spaceless && index % SIM_SPACES != inf[INF_SPACE] - 1)
        return NULL;
    kedge_lister_get(s->informers[informer].inf, spaceless ? "" : thing_space(kind, index),
                     thing_name(kind, index), &o);
    return o;
}

struct thing *world_thing(struct sim *s, size_t informer, const struct kedge_object *o)
{
    unsigned index;
    unsigned kind = (unsigned)s->plan->informer[informer][INF_KIND];
    const char *space = world_space(s, informer, o);
    return thing_index(kind, space, kedge_name(o), &index) ? &s->things[kind][index] : NULL;
}

// Notes who sees the thing come or go by its new state.
static void changed(struct sim *s, struct thing *t, const struct thing *before)
{
    s->changes++;
    for (size_t i = 0; i < s->plan->informers; i++) {
        bool was = world_matches(s, i, before);
        if (was != world_matches(s, i, t))
            t->since[i] = t->version;
    }
}

// ---- changes -------------------------------------------------------------------------------

// Nobody can tell two histories apart by a version that is in both. So a server that was set back
// stays below the versions that its clients have seen until they have noticed; nor does an object
// get a version again that it once had.
static bool may_change(struct sim *s, const struct thing *t)
{
    uint64_t next = mock_version(s->mock) + 1;
    if (next <= t->lost_version)
        return false;
    for (size_t i = 0; i < s->plan->informers; i++) {
        const struct informer *inf = &s->informers[i];
        if (inf->adrift && !inf->stopped && !informer_noticed(inf) && next >= inf->adrift_version)
            return false;
    }
    return true;
}

static struct mock_item item_of(struct sim *s, const struct thing *t)
{
    struct mock_item item = {.namespace = thing_space(t->look.kind, t->look.index),
                             .name = thing_name(t->look.kind, t->look.index),
                             .uid = t->uid};
    item.text = thing_json(&t->look, t->uid, mock_version(s->mock) + 1, &item.len);
    return item;
}

void world_put(struct sim *s, struct look look)
{
    struct thing *t = &s->things[look.kind][look.index];
    struct thing before = *t;
    if (!may_change(s, t))
        return;
    look.rev = t->look.rev + 1;
    t->look = look;
    if (!t->exists)
        snprintf(t->uid, sizeof t->uid, "%08x-0000-4000-8000-%012llx", s->uids++,
                 (unsigned long long)chance_next(&s->chance) >> 16);
    struct mock_item item = item_of(s, t);
    t->version = mock_store(s->mock, sim_kinds[look.kind].resource, &item);
    t->exists = true;
    changed(s, t, &before);
}

void world_delete(struct sim *s, unsigned kind, unsigned index)
{
    struct thing *t = &s->things[kind][index];
    struct thing before = *t;
    if (!t->exists || !may_change(s, t))
        return;
    struct mock_item item = item_of(s, t);
    t->version = mock_erase(s->mock, sim_kinds[kind].resource, &item);
    t->exists = false;
    changed(s, t, &before);
}

void world_burst(struct sim *s, unsigned kind, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        struct look look = {.kind = kind,
                            .index = (unsigned)chance_below(&s->chance, s->plan->set[SET_OBJECTS]),
                            .size = (unsigned)chance_below(&s->chance, s->plan->set[SET_SIZES]),
                            .tier = (unsigned)chance_below(&s->chance, 4)};
        if (chance_one_in(&s->chance, 3))
            world_delete(s, kind, look.index);
        else
            world_put(s, look);
    }
}

void world_wipe(struct sim *s, unsigned kind, int64_t percent)
{
    for (unsigned i = 0; i < SIM_OBJECTS; i++)
        if (s->things[kind][i].exists && chance_below(&s->chance, 100) < percent)
            world_delete(s, kind, i);
}

void world_empty(struct sim *s)
{
    uint64_t lost = 0;
    for (unsigned kind = 0; kind < SIM_KINDS; kind++)
        for (unsigned i = 0; i < SIM_OBJECTS; i++)
            if (s->things[kind][i].lost_version > lost)
                lost = s->things[kind][i].lost_version;
    // Versions that once were are passed by changes that nobody sees.
    while (mock_version(s->mock) < lost) {
        char filler[80];
        snprintf(filler, sizeof filler, "{\"metadata\":{\"name\":\"v%llu\"}}",
                 (unsigned long long)mock_version(s->mock));
        mock_apply(s->mock, "services", filler);
    }
    for (unsigned kind = 0; kind < SIM_KINDS; kind++)
        world_wipe(s, kind, 100);
}

// ---- a restored backup ---------------------------------------------------------------------

static void remember_item(struct sim *s, unsigned kind, const struct mock_item *item)
{
    unsigned index;
    if (!thing_index(kind, item->namespace, item->name, &index))
        return;
    struct thing *t = &s->things[kind][index];
    t->exists = true;
    t->version = item->version;
    t->look.kind = kind;
    t->look.index = index;
    snprintf(t->uid, sizeof t->uid, "%s", item->uid);
    if (!thing_look(item->text, &t->look))
        sim_fail(s, "the simulation itself is wrong: no look in %.*s", (int)item->len, item->text);
}

static void restore_things(struct sim *s, uint64_t to)
{
    for (unsigned kind = 0; kind < SIM_KINDS; kind++) {
        struct mock_item item;
        for (unsigned i = 0; i < SIM_OBJECTS; i++) {
            struct thing *t = &s->things[kind][i];
            if (t->version > to)
                t->lost_version = t->version;
            t->exists = false;
            for (size_t n = 0; n < PLAN_INFORMERS; n++)
                t->since[n] = t->since[n] < to ? t->since[n] : to;
        }
        for (size_t i = 0; mock_at(s->mock, sim_kinds[kind].resource, i, &item); i++)
            remember_item(s, kind, &item);
    }
}

void world_rewind(struct sim *s, uint64_t back)
{
    uint64_t now = mock_version(s->mock);
    uint64_t to = back < now ? now - back : 1;
    // What is half read belongs to neither history.
    for (size_t i = 0; i < s->plan->informers && s->started; i++)
        if (informer_has_bytes(&s->informers[i]))
            return;
    if (!mock_rewind(s->mock, to))
        return;
    network_purge(s);
    restore_things(s, to);
    for (size_t i = 0; i < s->plan->informers && s->started; i++) {
        struct informer *inf = &s->informers[i];
        struct kedge_informer_state state = {0};
        kedge_informer_state(inf->inf, &state);
        if (informer_version(inf) <= to && !informer_lists(inf))
            continue; // it has seen nothing that is lost now
        inf->adrift = true;
        inf->adrift_version = informer_version(inf);
        inf->adrift_lists = state.lists;
    }
}
