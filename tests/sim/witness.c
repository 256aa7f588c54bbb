// SPDX-License-Identifier: Apache-2.0
// witness.c - a handler that believes nothing: what it is told must follow from what it was told
// before, and be what the server can have said.
#include <stdlib.h>
#include <string.h>

#include "cache/informer_priv.h"
#include "sim.h"

static const char *key_of(const struct kedge_object *o)
{
    static char key[400];
    snprintf(key, sizeof key, "%s/%.40s", kedge_namespace(o), kedge_name(o));
    return key;
}

static uint64_t version_of(const struct kedge_object *o)
{
    return strtoull(kedge_resource_version(o), NULL, 10);
}

static void remember_call(struct witness *w, char what, const struct kedge_object *o)
{
    struct chance c = {w->story ^ (uint64_t)what ^ version_of(o)};
    w->story = chance_next(&c);
}

static unsigned tier_of(const struct kedge_object *o)
{
    const char *tier = kedge_label(o, "tier");
    return tier != NULL ? (unsigned)(tier[0] - 'a') : 3;
}

bool witness_takes(const struct witness *w, const struct kedge_object *o)
{
    return !w->filtered ||
           world_takes_tier(w->sim->plan->informer[w->informer][INF_FILTER], tier_of(o));
}

static enum kedge__note note_under_way(const struct witness *w)
{
    return w->sim->informers[w->informer].inf->delivery.note;
}

static void go_inside(struct witness *w)
{
    struct informer *inf = &w->sim->informers[w->informer];
    enum inside inside = w->inside;
    w->inside = INSIDE_NOTHING;
    if (inside == INSIDE_NOTHING)
        return;
    kedge_informer_stop(inf->inf);
    if (!kedge_informer_is_stopped(inf->inf))
        sim_fail(w->sim, "informer %zu: stopped in a handler, but it says that it runs",
                 w->informer);
    inf->asked_to_stop = inside != INSIDE_RESTART;
    if (inside == INSIDE_RESTART &&
        (kedge_informer_start(inf->inf) != KEDGE_OK || kedge_informer_is_stopped(inf->inf)))
        sim_fail(w->sim, "informer %zu: it cannot be started in a handler", w->informer);
}

// What must hold at every call. NULL: an object that a fault made up, not the world.
static struct told *called(struct witness *w, const char *what, const struct kedge_object *o)
{
    struct sim *s = w->sim;
    struct informer *inf = &s->informers[w->informer];
    s->network.stir++;
    s->events++;
    if (!w->joined)
        sim_fail(s, "%s %s: this handler was removed", what, key_of(o));
    if (s->network.now < w->busy_until)
        sim_fail(s, "%s %s: this handler is not ready", what, key_of(o));
    if (inf->stopped || inf->asked_to_stop)
        sim_fail(s, "%s %s: the informer was stopped", what, key_of(o));
    if (!witness_takes(w, o))
        sim_fail(s, "%s %s: it does not pass this handler's filter", what, key_of(o));
    sim_trace(s, "informer %zu: %s %s at %s", w->informer, what, key_of(o),
              kedge_resource_version(o));
    if (chance_one_in(&s->chance, 16) && kedge_poll(s->k, 0) != KEDGE_ERR_REENTRANT)
        sim_fail(s, "a poll in a handler is not refused");
    go_inside(w);
    uses_check_call(s, w->informer, o);
    const struct thing *t = world_thing(s, w->informer, o);
    return t != NULL ? &w->told[t->look.index] : NULL;
}

static void check_content(struct witness *w, const char *what, const struct kedge_object *o)
{
    struct sim *s = w->sim;
    struct look look = {.kind = (unsigned)s->plan->informer[w->informer][INF_KIND]};
    if (kedge_is_partial(o))
        return; // whether it may be is looked at where its true size is known
    if (!thing_look_of(o, world_space(s, w->informer, o), &look))
        sim_fail(s, "%s %s: its labels are not what anybody wrote", what, key_of(o));
    const char *problem = thing_problem(&look, o, uses_alteration(s, w->informer));
    if (problem != NULL)
        sim_fail(s, "%s %s at %s: wrong: %s", what, key_of(o), kedge_resource_version(o), problem);
}

static void check_version(struct witness *w, const char *what, const struct told *t,
                          const struct kedge_object *o, bool same_is_good)
{
    uint64_t version = version_of(o);
    const struct sim *s = w->sim;
    if (s->informers[w->informer].adrift)
        return;
    if (version < t->version || (version == t->version && !same_is_good))
        sim_fail(w->sim, "%s %s: version %llu after %llu", what, key_of(o),
                 (unsigned long long)version, (unsigned long long)t->version);
    if (version > mock_version(s->mock))
        sim_fail(w->sim, "%s %s: version %llu, which the server has not given yet", what, key_of(o),
                 (unsigned long long)version);
}

// The cache is at the object that a handler is told of, not before it and not behind it.
static void check_lister(struct witness *w, const char *what, const struct kedge_object *o,
                         bool there)
{
    struct sim *s = w->sim;
    const struct kedge_object *found;
    struct kedge_informer *inf = s->informers[w->informer].inf;
    kedge_err err = kedge_lister_get(inf, kedge_namespace(o), kedge_name(o), &found);
    if (there ? found != o : found != NULL)
        sim_fail(s, "%s %s: meanwhile the lister says %s", what, key_of(o), kedge_err_name(err));
    if (there && kedge_lister_deref(inf, kedge_lister_ref(inf, o)) != o)
        sim_fail(s, "%s %s: its reference leads elsewhere", what, key_of(o));
}

// A reference that was kept since the object was added leads to it as long as it is there.
static void check_ref(struct witness *w, const char *what, const struct told *t,
                      const struct kedge_object *expected)
{
    const struct kedge_informer *inf = w->sim->informers[w->informer].inf;
    if (kedge_lister_deref(inf, t->ref) != expected)
        sim_fail(w->sim, "%s: the reference that was kept leads elsewhere", what);
}

static void note(struct told *t, const struct kedge_object *o)
{
    t->present = true;
    t->hidden = false;
    t->version = version_of(o);
    char uid[KEDGE_UID_TEXT];
    snprintf(t->uid, sizeof t->uid, "%s", kedge_uid(o, uid));
}

static void on_add(void *ctx, const struct kedge_object *o, bool initial)
{
    struct witness *w = ctx;
    struct sim *s = w->sim;
    struct told *t = called(w, "add", o);
    struct kedge_informer *inf = s->informers[w->informer].inf;
    bool begins_to_pass = note_under_way(w) == KEDGE__NOTE_UPDATE && !initial;
    check_lister(w, "add", o, true);
    if (begins_to_pass && (t == NULL || !t->hidden))
        sim_fail(s, "add %s: an update, and it was not hidden by the filter", key_of(o));
    if (!kedge_informer_has_synced(inf) && !initial && !begins_to_pass)
        sim_fail(s, "add %s: not initial, but nothing has synced", key_of(o));
    if (kedge_handler_has_synced(&w->handler) && initial)
        sim_fail(s, "add %s: initial, but the handler has synced", key_of(o));
    // What the cache has already is shown before anything new.
    if (!kedge_handler_has_synced(&w->handler) && !initial && !begins_to_pass)
        sim_fail(s, "add %s: not initial, but the handler has not synced", key_of(o));
    remember_call(w, 'a', o);
    if (t == NULL)
        return;
    w->adds++;
    if (t->present)
        sim_fail(s, "add %s: it was added before", key_of(o));
    check_content(w, "add", o);
    char uid[KEDGE_UID_TEXT];
    check_version(w, "add", t, o, t->uid[0] == '\0' || strcmp(t->uid, kedge_uid(o, uid)) == 0);
    if (!w->filtered) // else it may have been there all the time
        check_ref(w, "add", t, NULL);
    t->ref = kedge_lister_ref(inf, o);
    note(t, o);
}

static void on_update(void *ctx, const struct kedge_object *old, const struct kedge_object *o)
{
    struct witness *w = ctx;
    struct sim *s = w->sim;
    struct told *t = called(w, old == o ? "resync" : "update", o);
    check_lister(w, "update", o, true);
    if (old != o)
        remember_call(w, 'u', o);
    if (t == NULL)
        return;
    w->updates += old != o;
    w->resyncs += old == o;
    if (tier_of(old) != tier_of(o))
        walk_moved(s, w->informer, (unsigned)(t - w->told));
    if (!t->present)
        sim_fail(s, "update %s: it was not added", key_of(o));
    char uid[KEDGE_UID_TEXT];
    if (version_of(old) != t->version || strcmp(kedge_uid(old, uid), t->uid) != 0)
        sim_fail(s, "update %s: the old one is not the one that was told of", key_of(o));
    check_content(w, "update from", old);
    check_content(w, "update to", o);
    check_version(w, "update", t, o, old == o);
    check_ref(w, "update", t, o);
    note(t, o);
}

// What the cache has of an object that is on the server throughout no list lacks.
static void check_tombstone(struct witness *w, const struct told *told,
                            const struct kedge_object *o)
{
    struct sim *s = w->sim;
    const struct thing *t = world_thing(s, w->informer, o);
    char uid[KEDGE_UID_TEXT];
    bool scoped = s->plan->informer[w->informer][INF_LABELS] != 0;
    if (version_of(o) != told->version)
        sim_fail(s, "tombstone %s: not the last state that was told of", key_of(o));
    if (!scoped && !s->informers[w->informer].adrift && t->exists &&
        strcmp(t->uid, kedge_uid(o, uid)) == 0)
        sim_fail(s, "tombstone %s: it was there throughout", key_of(o));
}

// An object that a filter no longer takes or that the informer no longer keeps goes as it was.
static bool may_go_as_it_was(const struct witness *w)
{
    const struct sim *s = w->sim;
    return s->informers[w->informer].adrift || note_under_way(w) == KEDGE__NOTE_UPDATE ||
           s->plan->informer[w->informer][INF_KEEP] > 0;
}

static void on_delete(void *ctx, const struct kedge_object *o, bool tombstone)
{
    struct witness *w = ctx;
    struct sim *s = w->sim;
    struct told *t = called(w, tombstone ? "tombstone" : "delete", o);
    bool ceases_to_pass = note_under_way(w) == KEDGE__NOTE_UPDATE;
    if (!ceases_to_pass)
        check_lister(w, "delete", o, false);
    remember_call(w, 'd', o);
    if (t == NULL)
        return;
    w->deletes++;
    w->tombstones += tombstone;
    if (!ceases_to_pass)
        walk_changed(s, w->informer, (unsigned)(t - w->told));
    if (!t->present && !t->hidden)
        sim_fail(s, "delete %s: it was not there", key_of(o));
    if (tombstone)
        check_tombstone(w, t, o);
    if (!tombstone && version_of(o) == t->version && !may_go_as_it_was(w))
        sim_fail(s, "delete %s: at the version of its last change: that is a tombstone", key_of(o));
    check_content(w, "delete", o);
    check_version(w, "delete", t, o, true);
    if (!ceases_to_pass)
        check_ref(w, "delete", t, NULL);
    t->present = false;
    t->hidden = ceases_to_pass;
    t->version = version_of(o);
}

static bool is_ready(void *ctx)
{
    const struct witness *w = ctx;
    return w->sim->network.now >= w->busy_until;
}

// Its filter: asked before each call, and where nothing is told, all that there is of it.
static bool filter(void *ctx, const struct kedge_object *o)
{
    struct witness *w = ctx;
    struct sim *s = w->sim;
    const struct thing *thing = world_thing(s, w->informer, o);
    bool takes = witness_takes(w, o);
    s->network.stir++;
    if (thing == NULL || takes)
        return takes;
    struct told *t = &w->told[thing->look.index];
    switch (note_under_way(w)) {
    case KEDGE__NOTE_DELETE:
    case KEDGE__NOTE_TOMBSTONE:
        t->present = t->hidden = false;
        t->version = version_of(o);
        break;
    case KEDGE__NOTE_UPDATE: // of the two states of it, only one may be present
        t->hidden = !t->present;
        break;
    default:
        if (t->present)
            sim_fail(s, "%s: a filter is asked of a state that no update led to", key_of(o));
        t->hidden = true;
        break;
    }
    return takes;
}

void witness_init(struct witness *w, struct sim *s, size_t informer, size_t handler)
{
    // One that was removed may be added again as it is.
    struct kedge_handler joined = w->handler;
    const int64_t *set = s->plan->informer[informer];
    memset(w, 0, sizeof *w);
    w->sim = s;
    w->informer = informer;
    w->filtered = set[INF_FILTER] != 0 && (handler == 1 || handler == SIM_HANDLERS - 1);
    w->handler = joined;
    w->handler.on_add = on_add;
    w->handler.on_update = on_update;
    w->handler.on_delete = on_delete;
    w->handler.ready = is_ready;
    w->handler.ctx = w;
    w->handler.filter = w->filtered ? filter : NULL;
    w->handler.resync = handler == 1 ? set[INF_RESYNC] : 0;
}
