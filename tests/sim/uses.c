// SPDX-License-Identifier: Apache-2.0
// uses.c - what an informer makes of objects: leaves some out, alters them, indexes them; and
// whether its listers find just what a plain walk over the cache finds.
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cache/informer_priv.h"
#include "sim.h"

// ---- on their way in -----------------------------------------------------------------------

static uint64_t version_of(const struct kedge_object *o)
{
    return strtoull(kedge_resource_version(o), NULL, 10);
}

static bool keeps(void *ctx, const struct kedge_object *o)
{
    const struct informer *inf = ctx;
    return world_keeps(inf->sim->plan->informer[inf->number][INF_KEEP], version_of(o));
}

static void alters(void *ctx, struct kedge_change *change)
{
    struct informer *inf = ctx;
    const struct kedge_object *o = kedge_change_object(change);
    struct look look = {.kind = (unsigned)inf->sim->plan->informer[inf->number][INF_KIND]};
    bool ours = thing_index(look.kind, kedge_namespace(o), kedge_name(o), &look.index);
    if (ours && !kedge_is_partial(o))
        ours = thing_look_of(o, kedge_namespace(o), &look);
    if (ours && !thing_alter(&look, &inf->alteration, change))
        inf->unaltered++;
}

const struct alteration *uses_alteration(const struct sim *s, size_t informer)
{
    bool altered = s->plan->informer[informer][INF_TRANSFORM] != 0;
    return altered ? &s->informers[informer].alteration : NULL;
}

void uses_options(struct sim *s, size_t informer, struct kedge_informer_options *o)
{
    const int64_t *set = s->plan->informer[informer];
    struct informer *inf = &s->informers[informer];
    bool one_space = sim_kinds[set[INF_KIND]].namespaced && set[INF_SPACE] > 0;
    inf->alteration = (struct alteration){.clears_space = set[INF_TRANSFORM] == 2 && one_space,
                                          .room = (size_t)set[INF_ROOM],
                                          .object_max = (size_t)s->plan->set[SET_OBJECT_MAX]};
    o->ctx = inf;
    o->keep = set[INF_KEEP] > 0 ? keeps : NULL;
    o->transform = set[INF_TRANSFORM] > 0 ? alters : NULL;
    o->transform_room = (size_t)set[INF_ROOM];
}

// ---- indices -------------------------------------------------------------------------------

enum { VALUES = 6, VALUE_MAX = 24, DISTINCT = 64 };

struct values {
    char text[VALUES][VALUE_MAX];
    size_t count;
};

static void value(struct values *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void value(struct values *v, const char *format, ...)
{
    va_list args;
    char *text = v->text[v->count];
    va_start(args, format);
    vsnprintf(text, VALUE_MAX, format, args);
    va_end(args);
    for (size_t i = 0; i < v->count; i++)
        if (strcmp(v->text[i], text) == 0)
            return;
    v->count++;
}

// Of an object in an index: none, one or many, by the plain way.
static void values_of(enum sim_index index, const struct kedge_object *o, struct values *v)
{
    const char *tier = kedge_label(o, "tier");
    const char *rev = kedge_label(o, "rev");
    v->count = 0;
    switch (index) {
    case INDEX_TIER:
        if (tier != NULL)
            value(v, "%s", tier);
        break;
    case INDEX_SPACE:
        value(v, "%s", kedge_namespace(o));
        break;
    default:
        if (rev == NULL)
            break;
        value(v, "rev-%lu", strtoul(rev, NULL, 10) % (index == INDEX_LATE ? 7 : 4));
        value(v, "size-%s", kedge_label(o, "size"));
        if (strtoul(rev, NULL, 10) % 5 == 0)
            value(v, "%s", "");
        value(v, "%s", "all");
        break;
    }
}

static void give(const struct values *v, struct kedge_index_values *out)
{
    for (size_t i = 0; i < v->count; i++)
        kedge_index_value(out, kedge_str_of(v->text[i]));
    if (v->count > 0) // once more: it counts once
        kedge_index_value(out, kedge_str_of(v->text[0]));
}

static void marks(const void *ctx, const struct kedge_object *o, struct kedge_index_values *out)
{
    struct values v;
    (void)ctx;
    values_of(INDEX_MARKS, o, &v);
    give(&v, out);
}

static void late_marks(const void *ctx, const struct kedge_object *o,
                       struct kedge_index_values *out)
{
    struct values v;
    (void)ctx;
    values_of(INDEX_LATE, o, &v);
    give(&v, out);
}

static const struct kedge_index indices[SIM_INDICES] = {
    [INDEX_TIER] = {.name = "tier", .values = kedge_index_label, .ctx = "tier"},
    [INDEX_SPACE] = {.name = KEDGE_NAMESPACE_INDEX, .values = kedge_index_namespace},
    [INDEX_MARKS] = {.name = "marks", .values = marks},
    [INDEX_LATE] = {.name = "late", .values = late_marks},
};

static kedge_err add_index(struct informer *inf, enum sim_index index)
{
    inf->index[index] = indices[index];
    return kedge_informer_add_index(inf->inf, &inf->index[index]);
}

static bool has_index(const struct informer *inf, enum sim_index index)
{
    return inf->index[index].informer != NULL;
}

void uses_begin(struct sim *s, size_t informer)
{
    struct informer *inf = &s->informers[informer];
    int64_t which = s->plan->informer[informer][INF_INDEX];
    bool added = which == 0 || add_index(inf, INDEX_TIER) == KEDGE_OK;
    added = added && (which < 2 || (add_index(inf, INDEX_SPACE) == KEDGE_OK &&
                                    add_index(inf, INDEX_MARKS) == KEDGE_OK));
    if (!added)
        sim_fail(s, "an index cannot be added: %s", kedge_error_text(s->k));
}

// To a cache that may be full; where it is not, nothing keeps an index from it for long.
void uses_add_late(struct sim *s, size_t informer)
{
    struct informer *inf = &s->informers[informer];
    bool rests = inf->stopped || kedge_informer_is_stopped(inf->inf);
    if (has_index(inf, INDEX_LATE))
        return;
    kedge_err err = add_index(inf, INDEX_LATE);
    sim_trace(s, "informer %zu: an index more: %s", informer, kedge_err_name(err));
    bool good = rests ? err == KEDGE_ERR_STATE
                      : err == KEDGE_OK || err == KEDGE_WAIT || (err == KEDGE_ERR_FULL && !s->fits);
    if (!good)
        sim_fail(s, "informer %zu: an index is refused: %s", informer, kedge_err_name(err));
    if (err != KEDGE_OK)
        memset(&inf->index[INDEX_LATE], 0, sizeof inf->index[INDEX_LATE]);
}

// The nodes that an object of the cache has, by its values.
size_t uses_nodes(const struct sim *s, size_t informer, const struct kedge_object *o)
{
    const struct informer *inf = &s->informers[informer];
    size_t nodes = 0;
    for (enum sim_index i = 0; i < SIM_INDICES; i++) {
        struct values v = {.count = 0};
        if (has_index(inf, i))
            values_of(i, o, &v);
        nodes += v.count;
    }
    return nodes;
}

// ---- what listers find ---------------------------------------------------------------------

static bool has_value(enum sim_index index, const struct kedge_object *o, const char *text)
{
    struct values v;
    values_of(index, o, &v);
    for (size_t i = 0; i < v.count; i++)
        if (strcmp(v.text[i], text) == 0)
            return true;
    return false;
}

static const char *name_of(enum sim_index index)
{
    return indices[index].name;
}

// Objects that the index gives for a value; each of them has it, and comes once.
static size_t count_of_value(struct sim *s, size_t informer, enum sim_index index, const char *text)
{
    struct kedge_informer *inf = s->informers[informer].inf;
    struct kedge_iter it = kedge_lister_by_index(inf, name_of(index), text);
    uint32_t last = 0;
    size_t count = 0;
    for (const struct kedge_object *o; (o = kedge_iter_next(&it)) != NULL; count++) {
        kedge_ref ref = kedge_lister_ref(inf, o);
        if (!has_value(index, o, text))
            sim_fail(s, "informer %zu: %s has not %s=\"%s\", but the index says so", informer,
                     kedge_name(o), name_of(index), text);
        if (ref.slot <= last)
            sim_fail(s, "informer %zu: the index gives %s again", informer, kedge_name(o));
        last = ref.slot;
    }
    return count;
}

static size_t scan_for_value(struct sim *s, size_t informer, enum sim_index index, const char *text)
{
    struct kedge_iter it = kedge_lister_list(s->informers[informer].inf, "", KEDGE_EVERYTHING);
    size_t count = 0;
    for (const struct kedge_object *o; (o = kedge_iter_next(&it)) != NULL;)
        count += has_value(index, o, text);
    return count;
}

// Each value that is there comes once, and its objects with it: in all as many as a plain walk
// finds, so none is missed.
static void check_index(struct sim *s, size_t informer, enum sim_index index)
{
    struct kedge_informer *inf = s->informers[informer].inf;
    struct kedge_value_iter values = kedge_lister_index_values(inf, name_of(index));
    struct kedge_iter it = kedge_lister_list(inf, "", KEDGE_EVERYTHING);
    static char distinct[DISTINCT][VALUE_MAX];
    size_t wanted = 0, found = 0, count = 0;
    for (const struct kedge_object *o; (o = kedge_iter_next(&it)) != NULL;) {
        struct values v;
        values_of(index, o, &v);
        wanted += v.count;
    }
    while (count < DISTINCT && kedge_value_next(&values, distinct[count], VALUE_MAX, NULL)) {
        size_t objects = count_of_value(s, informer, index, distinct[count]);
        if (objects == 0)
            sim_fail(s, "informer %zu: nobody has %s=\"%s\"", informer, name_of(index),
                     distinct[count]);
        for (size_t i = 0; i < count; i++)
            if (strcmp(distinct[i], distinct[count]) == 0)
                sim_fail(s, "informer %zu: \"%s\" comes twice among the values of %s", informer,
                         distinct[i], name_of(index));
        found += objects;
        count++;
    }
    if (found != wanted)
        sim_fail(s, "informer %zu: the index %s has %zu values of objects, the objects have %zu",
                 informer, name_of(index), found, wanted);
    if (count_of_value(s, informer, index, "nobody's") != 0)
        sim_fail(s, "informer %zu: objects of a value that nobody has", informer);
}

static bool are_alike(enum sim_index index, const struct kedge_object *a,
                      const struct kedge_object *b)
{
    struct values v;
    values_of(index, a, &v);
    for (size_t i = 0; i < v.count; i++)
        if (has_value(index, b, v.text[i]))
            return true;
    return false;
}

static void check_like(struct sim *s, size_t informer, enum sim_index index,
                       const struct kedge_object *like)
{
    struct kedge_informer *inf = s->informers[informer].inf;
    struct kedge_iter it = kedge_lister_list(inf, "", KEDGE_EVERYTHING);
    struct kedge_iter found = kedge_lister_index_of(inf, name_of(index), like);
    for (const struct kedge_object *o; (o = kedge_iter_next(&it)) != NULL;)
        if (are_alike(index, like, o) && kedge_iter_next(&found) != o)
            sim_fail(s, "informer %zu: %s is not found by a value of %s that it shares with %s",
                     informer, kedge_name(o), name_of(index), kedge_name(like));
    if (kedge_iter_next(&found) != NULL)
        sim_fail(s, "informer %zu: more objects than share a value of %s", informer,
                 name_of(index));
}

// At a call: the object of which a handler is told, and those that are like it.
void uses_check_call(struct sim *s, size_t informer, const struct kedge_object *o)
{
    const struct informer *inf = &s->informers[informer];
    enum sim_index index = (enum sim_index)chance_below(&s->look_chance, SIM_INDICES);
    struct values v;
    if (!has_index(inf, index) || !chance_one_in(&s->look_chance, 4))
        return;
    values_of(index, o, &v);
    if (v.count == 0)
        return;
    const char *text = v.text[chance_below(&s->look_chance, (int64_t)v.count)];
    size_t found = count_of_value(s, informer, index, text);
    size_t wanted = scan_for_value(s, informer, index, text);
    if (found != wanted)
        sim_fail(s, "informer %zu: the index %s has %zu objects for \"%s\", the cache %zu",
                 informer, name_of(index), found, text, wanted);
}

// ---- selectors and keys --------------------------------------------------------------------

static void check_selector(struct sim *s, size_t informer, int64_t tiers, const char *space)
{
    static const char *const texts[] = {"", "tier=a", "tier!=a", "tier in (a,b)", "!tier"};
    struct kedge_informer *inf = s->informers[informer].inf;
    struct kedge_selector selector;
    if (kedge_selector_parse(&selector, texts[tiers]) != KEDGE_OK)
        sim_fail(s, "the selector %s is refused", texts[tiers]);
    struct kedge_iter it = kedge_lister_list(inf, "", KEDGE_EVERYTHING);
    struct kedge_iter found = kedge_lister_list(inf, space, &selector);
    for (const struct kedge_object *o; (o = kedge_iter_next(&it)) != NULL;) {
        const char *tier = kedge_label(o, "tier");
        bool here = space[0] == '\0' || strcmp(space, kedge_namespace(o)) == 0;
        bool taken = world_takes_tier(tiers, tier != NULL ? (unsigned)(tier[0] - 'a') : 3);
        if (here && taken && kedge_iter_next(&found) != o)
            sim_fail(s, "informer %zu: %s is not found by %s in \"%s\"", informer, kedge_name(o),
                     texts[tiers], space);
    }
    if (kedge_iter_next(&found) != NULL)
        sim_fail(s, "informer %zu: more objects than %s takes in \"%s\"", informer, texts[tiers],
                 space);
}

static void check_keys(struct sim *s, size_t informer)
{
    const struct kedge_informer *inf = s->informers[informer].inf;
    struct kedge_iter it = kedge_lister_list(inf, "", KEDGE_EVERYTHING);
    char key[KEDGE_KEY_MAX] = "", before[KEDGE_KEY_MAX] = "";
    size_t count = 0;
    for (; kedge_iter_next_key(&it, key); count++) {
        const struct kedge_object *o;
        if (strcmp(before, key) >= 0 || kedge_lister_get_by_key(inf, key, &o) != KEDGE_OK)
            sim_fail(s, "informer %zu: behind the key %.40s comes %.40s", informer, before, key);
        memcpy(before, key, sizeof before);
    }
    if (count != kedge_lister_count(inf))
        sim_fail(s, "informer %zu: %zu keys of %zu objects", informer, count,
                 kedge_lister_count(inf));
}

static const struct kedge_object *any_object(struct sim *s, const struct kedge_informer *inf)
{
    struct kedge_iter it = kedge_lister_list(inf, "", KEDGE_EVERYTHING);
    int64_t skip = chance_below(&s->look_chance, (int64_t)kedge_lister_count(inf));
    const struct kedge_object *o = kedge_iter_next(&it);
    for (; skip > 0 && o != NULL; skip--)
        o = kedge_iter_next(&it);
    return o;
}

void uses_check(struct sim *s, size_t informer)
{
    const struct informer *inf = &s->informers[informer];
    struct kedge_informer_state state;
    char text[80];
    kedge_informer_state(inf->inf, &state);
    if (state.untransformed != inf->unaltered)
        sim_fail(s, "informer %zu: %llu objects untransformed, the state says %llu", informer,
                 (unsigned long long)inf->unaltered, (unsigned long long)state.untransformed);
    const struct kedge_object *o = any_object(s, inf->inf);
    for (enum sim_index i = 0; i < SIM_INDICES; i++) {
        struct kedge_iter it = kedge_lister_by_index(inf->inf, name_of(i), "a");
        kedge_err err = kedge_iter_error(&it, text, sizeof text);
        if (err != (has_index(inf, i) ? KEDGE_OK : KEDGE_ERR_NOT_FOUND))
            sim_fail(s, "informer %zu: of the index %s: %s", informer, name_of(i), text);
        if (!has_index(inf, i))
            continue;
        check_index(s, informer, i);
        if (o != NULL)
            check_like(s, informer, i, o);
    }
    unsigned kind = (unsigned)s->plan->informer[informer][INF_KIND];
    bool spaced = sim_kinds[kind].namespaced && chance_one_in(&s->look_chance, 2);
    unsigned one = (unsigned)chance_below(&s->look_chance, SIM_SPACES);
    check_selector(s, informer, chance_below(&s->look_chance, 5),
                   spaced ? thing_space(kind, one) : "");
    if (kedge_lister_count(inf->inf) <= 24)
        check_keys(s, informer);
}
