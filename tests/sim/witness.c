// SPDX-License-Identifier: Apache-2.0
// witness.c - a handler that believes nothing: what it is told must follow from what it was told
// before, and be what the server can have said.
#include <stdlib.h>
#include <string.h>

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
    if (inf->stopped)
        sim_fail(s, "%s %s: the informer was stopped", what, key_of(o));
    sim_trace(s, "informer %zu: %s %s at %s", w->informer, what, key_of(o),
              kedge_resource_version(o));
    if (chance_one_in(&s->chance, 16) && kedge_poll(s->k, 0) != KEDGE_ERR_REENTRANT)
        sim_fail(s, "a poll in a handler is not refused");
    if (w->stop_inside) {
        w->stop_inside = false;
        kedge_informer_stop(inf->inf);
    }
    const struct thing *t = world_thing(s, w->informer, kedge_namespace(o), kedge_name(o));
    return t != NULL ? &w->told[t->look.index] : NULL;
}

static void check_content(struct witness *w, const char *what, const struct kedge_object *o)
{
    struct sim *s = w->sim;
    struct look look = {.kind = (unsigned)s->plan->informer[w->informer][INF_KIND]};
    if (kedge_is_partial(o))
        return; // whether it may be is looked at where its true size is known
    if (!thing_look_of(o, &look))
        sim_fail(s, "%s %s: its labels are not what anybody wrote", what, key_of(o));
    const char *problem = thing_problem(&look, o);
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
    check_lister(w, "add", o, true);
    if (!kedge_informer_has_synced(inf) && !initial)
        sim_fail(s, "add %s: not initial, but nothing has synced", key_of(o));
    if (kedge_handler_has_synced(&w->handler) && initial)
        sim_fail(s, "add %s: initial, but the handler has synced", key_of(o));
    // What the cache has already is shown before anything new.
    if (!kedge_handler_has_synced(&w->handler) && !initial)
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

static void on_delete(void *ctx, const struct kedge_object *o, bool tombstone)
{
    struct witness *w = ctx;
    struct sim *s = w->sim;
    struct told *t = called(w, tombstone ? "tombstone" : "delete", o);
    check_lister(w, "delete", o, false);
    remember_call(w, 'd', o);
    if (t == NULL)
        return;
    w->deletes++;
    w->tombstones += tombstone;
    walk_changed(s, w->informer, (unsigned)(t - w->told));
    if (!t->present)
        sim_fail(s, "delete %s: it was not there", key_of(o));
    if (tombstone && version_of(o) != t->version)
        sim_fail(s, "tombstone %s: not the last state that was told of", key_of(o));
    if (!tombstone && version_of(o) == t->version && !s->informers[w->informer].adrift)
        sim_fail(s, "delete %s: at the version of its last change: that is a tombstone", key_of(o));
    check_content(w, "delete", o);
    check_version(w, "delete", t, o, true);
    check_ref(w, "delete", t, NULL);
    t->present = false;
    t->version = version_of(o);
}

static bool is_ready(void *ctx)
{
    const struct witness *w = ctx;
    return w->sim->network.now >= w->busy_until;
}

void witness_init(struct witness *w, struct sim *s, size_t informer, kedge_time resync)
{
    // One that was removed may be added again as it is.
    struct kedge_handler handler = w->handler;
    memset(w, 0, sizeof *w);
    w->sim = s;
    w->informer = informer;
    w->handler = handler;
    w->handler.on_add = on_add;
    w->handler.on_update = on_update;
    w->handler.on_delete = on_delete;
    w->handler.ready = is_ready;
    w->handler.ctx = w;
    w->handler.resync = resync;
}
