// SPDX-License-Identifier: Apache-2.0
// report.c - what the library says of itself: informers' states, the memory report, answers about
// what is not there. Whoever looks at a machine from afar has nothing else.
#include <stdlib.h>
#include <string.h>

#include "cache/informer_priv.h"
#include "sim.h"

// A deadline may be noticed later than it is, and the request may have reached the server later
// than it was written, but not by so much.
enum { SLACK_MS = 5000 };

// ---- states --------------------------------------------------------------------------------

// Deadlines of 70 and 90 s, of which only the time counts in which the client did its part.
static void check_timeout(struct sim *s, size_t informer, const char *text)
{
    const struct requests *r = &s->informers[informer].requests;
    int64_t now = s->network.now;
    // While a machine sleeps, all that it had begun runs out.
    if (s->network.slept_at > 0 && now - s->network.slept_at < 100000)
        return;
    if (strcmp(text, "no answer in time") == 0 && now - r->sent_at < 70000 - SLACK_MS)
        sim_fail(s, "informer %zu waited %lld ms only: %s", informer, (long long)(now - r->sent_at),
                 text);
    if (strcmp(text, "the answer stopped, for too long") == 0) {
        if (r->watch && r->granted)
            sim_fail(s, "informer %zu: a watch may be silent: %s", informer, text);
        if (now - r->held_at < 70000 - SLACK_MS)
            sim_fail(s, "informer %zu itself did not read: %s", informer, text);
    }
    if (strcmp(text, "the watch has gone silent") == 0 && now - r->held_at < 90000 - SLACK_MS &&
        now - r->sent_at < 300000)
        sim_fail(s, "informer %zu itself did not read: %s", informer, text);
}

static void check_failure(struct sim *s, size_t informer, const struct kedge_informer_state *state)
{
    if (state->reason == KEDGE_ERR_TIMEOUT)
        check_timeout(s, informer, state->text);
    // A server may end what is idle: a request that meets that end is sent again, without a word.
    if (state->reason == KEDGE_ERR_IO && strstr(state->text, "without an answer") != NULL &&
        s->informers[informer].requests.carried > 1)
        sim_fail(s, "informer %zu: the end of a kept connection is a failure", informer);
}

static void on_state(void *ctx, struct kedge_informer *changed)
{
    struct sim *s = ctx;
    struct kedge_informer_state state;
    size_t i = 0;
    while (s->informers[i].inf != changed)
        i++;
    struct report *r = &s->informers[i].report;
    kedge_informer_state(changed, &state);
    if (state.failures != r->failures)
        check_failure(s, i, &state);
    if (state.reason == KEDGE_ERR_API)
        s->informers[i].requests.said_no = true;
    r->phase = state.phase;
    r->reason = state.reason;
    r->failures = state.failures;
}

// What is read is what was told.
static void check_told(struct sim *s, size_t informer, const struct kedge_informer_state *state)
{
    const struct report *r = &s->informers[informer].report;
    if (state->phase != r->phase)
        sim_fail(s, "informer %zu: in phase %d, but on_state told %d", informer, (int)state->phase,
                 (int)r->phase);
    if (state->reason != r->reason)
        sim_fail(s, "informer %zu: the reason is %s, but on_state told %s", informer,
                 kedge_err_name(state->reason), kedge_err_name(r->reason));
    if (state->failures != r->failures)
        sim_fail(s, "informer %zu: a failure that on_state did not tell", informer);
}

// Until a list is whole, the cache is at no other version than before it.
static void check_list_version(struct sim *s, size_t informer,
                               const struct kedge_informer_state *state)
{
    struct report *r = &s->informers[informer].report;
    uint64_t version = strtoull(state->version, NULL, 10);
    if (state->phase == KEDGE_SYNCING && state->version[0] != '\0')
        sim_fail(s, "informer %zu: at version %s before the first list", informer, state->version);
    if (state->phase == KEDGE_RELISTING && r->lists == state->lists && r->version != version)
        sim_fail(s, "informer %zu: from version %llu to %s within a list", informer,
                 (unsigned long long)r->version, state->version);
    r->lists = state->phase == KEDGE_RELISTING ? state->lists : 0;
    r->version = version;
}

static void check_stale(struct sim *s, size_t informer, const struct kedge_informer_state *state)
{
    bool stale = state->phase == KEDGE_STALE;
    bool full = state->reason == KEDGE_ERR_FULL &&
                (stale || strncmp(state->text, "transform_room lacks ", 21) != 0);
    bool named = state->object[0] != '\0' && state->bytes_short > 0;
    bool empty = state->object[0] == '\0' && state->bytes_short == 0;
    if (stale != full)
        sim_fail(s, "informer %zu: in phase %d for the reason %s", informer, (int)state->phase,
                 kedge_err_name(state->reason));
    if (stale ? !named : !empty)
        sim_fail(s, "informer %zu: in phase %d, \"%s\" lacks %zu bytes", informer,
                 (int)state->phase, state->object, state->bytes_short);
}

// What is said to lack, lacks: asked at the moment at which it is said, for the same object.
void report_lacks(struct sim *s)
{
    for (size_t i = 0; i < s->plan->informers; i++) {
        const struct kedge_informer *inf = s->informers[i].inf;
        const struct kedge__heap *h = &s->factory->heap;
        size_t lacking = 0;
        size_t replacing = 0;
        // How much lacks with nodes or behind a transform is told by their own rooms.
        const int64_t *set = s->plan->informer[i];
        if (inf == NULL || set[INF_KEEP] > 0 || set[INF_TRANSFORM] > 0 ||
            inf->indexer.indices != NULL)
            continue;
        if (inf->phase != KEDGE_STALE || inf->since != inf->factory->k->clock_last)
            continue;
        const char *slash = strchr(inf->object, '/');
        const char *name = slash != NULL ? slash + 1 : inf->object;
        kedge_str space = {inf->object, slash != NULL ? (size_t)(slash - inf->object) : 0};
        uint32_t known = kedge__indexer_find(&inf->indexer, space, kedge_str_of(name));
        kedge__heap_room(h, inf->owner, inf->stale_bytes, false, &lacking);
        if (known != 0)
            kedge__heap_room_to_replace(h, known, inf->stale_bytes, &replacing);
        if (inf->bytes_short != lacking && inf->bytes_short != replacing)
            sim_fail(s, "informer %zu: %s is said to lack %zu bytes, but lacks %zu", i, inf->object,
                     inf->bytes_short, known != 0 ? replacing : lacking);
    }
}

// ---- what is not there ---------------------------------------------------------------------

static void check_absent(struct sim *s, size_t informer, const struct kedge_informer_state *state)
{
    const struct kedge_object *o;
    struct kedge_informer *inf = s->informers[informer].inf;
    bool whole = kedge_informer_has_synced(inf) && state->phase != KEDGE_STALE;
    kedge_err err = kedge_lister_get(inf, "ns-", "nobody", &o);
    if (err != (whole ? KEDGE_ERR_NOT_FOUND : KEDGE_ERR_STALE) || o != NULL)
        sim_fail(s, "informer %zu: in phase %d the lister says %s of what is not there", informer,
                 (int)state->phase, kedge_err_name(err));
}

// The namespaces make up the whole, and none is a part of another.
static void check_spaces(struct sim *s, size_t informer)
{
    unsigned kind = (unsigned)s->plan->informer[informer][INF_KIND];
    struct kedge_informer *inf = s->informers[informer].inf;
    char part[64];
    size_t count = 0;
    if (!sim_kinds[kind].namespaced || s->informers[informer].alteration.clears_space)
        return;
    for (unsigned i = 0; i < SIM_SPACES; i++) {
        const char *space = thing_space(kind, i);
        struct kedge_iter it = kedge_lister_list(inf, space, KEDGE_EVERYTHING);
        for (const struct kedge_object *o; (o = kedge_iter_next(&it)) != NULL; count++)
            if (strcmp(kedge_namespace(o), space) != 0)
                sim_fail(s, "the lister of %s gives one of %s", space, kedge_namespace(o));
    }
    if (count > kedge_lister_count(inf))
        sim_fail(s, "%zu objects in all namespaces, %zu in the cache", count,
                 kedge_lister_count(inf));
    snprintf(part, sizeof part, "%.2s", thing_space(kind, 0));
    struct kedge_iter it = kedge_lister_list(inf, part, KEDGE_EVERYTHING);
    if (kedge_iter_next(&it) != NULL)
        sim_fail(s, "the lister has objects in the namespace %s", part);
}

// ---- memory --------------------------------------------------------------------------------

static void check_heap_part(struct sim *s)
{
    struct kedge_memory_part parts[32];
    size_t count = kedge_memory_report(s->k, parts, 32);
    for (size_t i = 0; i < count && i < 32; i++) {
        const struct kedge_memory_part *p = &parts[i];
        if (p->used > p->peak || p->peak > p->size)
            sim_fail(s, "memory: of %zu bytes for %s %zu are used, %zu at the most", p->size,
                     p->name, p->used, p->peak);
        if (strcmp(p->name, "heap") == 0 && p->used != kedge__heap_used(&s->factory->heap))
            sim_fail(s, "memory: %zu bytes of the heap are used, the report says %zu",
                     kedge__heap_used(&s->factory->heap), p->used);
    }
}

// Where nothing is under way, nobody has more than its maximum, and what others have reserved is
// there for them. A free slot in the middle of the table waits for whoever comes.
static void check_shares(struct sim *s)
{
    const struct kedge__heap *h = &s->factory->heap;
    size_t there = kedge__heap_free(h);
    size_t promised = 0;
    for (size_t i = 0; i < s->plan->informers; i++) {
        const struct kedge_informer *inf = s->informers[i].inf;
        const struct kedge__account *a = &inf->account;
        if (kedge__delivery_busy(inf))
            return;
        if (a->maximum > 0 && a->used > a->maximum)
            sim_fail(s, "informer %zu has %zu bytes of the heap, at most it may have %zu", i,
                     a->used, a->maximum);
        promised += a->reserved > a->used ? a->reserved - a->used : 0;
    }
    for (uint32_t i = 1; i <= h->slot_count; i++)
        there += kedge__heap_slot(h, i)->record == 0 ? sizeof(struct kedge__slot) : 0;
    if (promised > there)
        sim_fail(s, "%zu bytes are reserved, %zu are there", promised, there);
}

// ---- calls ---------------------------------------------------------------------------------

void report_begin(struct sim *s, size_t informer)
{
    struct kedge_informer_state state = {0};
    kedge_informer_state(s->informers[informer].inf, &state);
    s->informers[informer].report =
        (struct report){.phase = state.phase, .reason = state.reason, .failures = state.failures};
    kedge_informer_on_state(s->informers[informer].inf, on_state, s);
}

void report_check(struct sim *s, size_t informer)
{
    struct kedge_informer_state state;
    kedge_informer_state(s->informers[informer].inf, &state);
    if (!s->informers[informer].stopped && s->informers[informer].rest_until == 0)
        check_told(s, informer, &state);
    check_list_version(s, informer, &state);
    check_stale(s, informer, &state);
    check_absent(s, informer, &state);
    check_spaces(s, informer);
}

void report_check_memory(struct sim *s)
{
    check_heap_part(s);
    check_shares(s);
}
