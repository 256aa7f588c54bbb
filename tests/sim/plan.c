// SPDX-License-Identifier: Apache-2.0
// plan.c - the tables from which plans are drawn, written and read. One row a word: what it is
// called, what it may be, what it is by default.
#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include "sim.h"

uint64_t chance_next(struct chance *c)
{
    c->state += 0x9e3779b97f4a7c15u;
    uint64_t z = c->state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int64_t chance_below(struct chance *c, int64_t bound)
{
    return bound > 0 ? (int64_t)(chance_next(c) % (uint64_t)bound) : 0;
}

bool chance_one_in(struct chance *c, int64_t n)
{
    return chance_below(c, n) == 0;
}

// ---- the tables ----------------------------------------------------------------------------

struct word {
    const char *name;
    int64_t low, high;        // what a text may say
    int64_t fallback;         // where it says nothing
    int64_t drawn;            // by chance 0 to drawn - 1 above low; 0: the fallback
    const char *const *names; // of the values from 0 on; NULL: a number
    const char *what;
};

#define FOREVER_MS ((int64_t)1000 * 3600 * 24 * 3650)

static const char *const kinds[] = {"deployments", "configmaps", "secrets", "nodes",
                                    "leases",      "sensors",    NULL};
static const char *const ages[] = {"current", "no-watch-list", "1.20", NULL};
static const char *const tokens[] = {"none", "text", "file", NULL};
static const char *const labels[] = {"all", "tier=a", "tier!=a", "tier-in-a-b", "!tier", NULL};
static const char *const faults[] = {"cut",
                                     "reset",
                                     "stall",
                                     "slow",
                                     "garbage",
                                     "status",
                                     "redirect",
                                     "html",
                                     "refuse",
                                     "huge-chunk",
                                     "endless-header",
                                     "stopped-json",
                                     "unknown-event",
                                     "no-metadata",
                                     "huge-object",
                                     "endless-list",
                                     "expired-event",
                                     "close",
                                     NULL};
static const char *const ons[] = {"any", "list", "watch", "other", NULL};
static const char *const ways[] = {"closed", "reset", NULL};
static const char *const changes[] = {"none", "texts", "keys", NULL};
static const char *const indices[] = {"none", "tier", "all", NULL};
static const char *const listings[] = {"list", "watch-list", "client-go", NULL};
static const char *const splits[] = {"whole", "random", "bytes", "few", "packets", NULL};

static const struct word set_words[SET_COUNT] = {
    [SET_SEED] = {"seed", 0, INT64_MAX, 1, 0, NULL, "of chance in ports, server and objects"},
    [SET_MEMORY] = {"memory", 0, 1 << 28, 512 * 1024, 0, NULL, "bytes given to kedge_init"},
    [SET_OBJECT_MAX] = {"object-max", 512, 65535, 2048, 0, NULL, "bytes of the largest record"},
    [SET_RESYNC] = {"resync", 0, FOREVER_MS, 0, 0, NULL, "of the factory"},
    [SET_OBJECTS] = {"objects", 1, 256, 16, 0, NULL, "names a kind has"},
    [SET_START] = {"start", 0, 256, 8, 0, NULL, "objects a kind has at the beginning"},
    [SET_AGE] = {"age", 0, 2, 0, 0, ages, "of the server"},
    [SET_BOOKMARKS] = {"bookmarks", 0, FOREVER_MS, 60000, 0, NULL, "between two; 0: none at all"},
    [SET_HISTORY] = {"history", 1, 1000000, 10000, 0, NULL, "changes that the server remembers"},
    [SET_CHUNK] = {"chunk", 0, 65536, 0, 0, NULL, "bytes of a chunk at most; 0: as Go's server"},
    [SET_PRETTY] = {"pretty", 0, 1, 0, 0, NULL, "lists with line breaks and blanks"},
    [SET_LIMIT_AT_ZERO] = {"limit-at-zero", 0, 1, 0, 0, NULL, "limits count at version 0"},
    [SET_NULL_ITEMS] = {"null-items", 0, 1, 0, 0, NULL, "empty lists say null"},
    [SET_TOKEN] = {"token", 0, 2, 0, 0, tokens, "credentials"},
    [SET_KEEP_ALIVE] = {"keep-alive", 0, 1, 1, 0, NULL, "a dead peer is an error after 35 s"},
    [SET_CPU] = {"cpu", 0, 10000, 0, 0, NULL, "ms that a turn may take"},
    [SET_LATENCY] = {"latency", 0, 60000, 1, 0, NULL, "ms of each way at the beginning"},
    [SET_SPEED] = {"speed", 0, 1000000, 0, 0, NULL, "bytes a ms at most; 0: any"},
    [SET_SIZES] = {"sizes", 1, 5, 4, 0, NULL, "of objects that come in bursts: 0 to one less"},
    [SET_INITIAL_BOOKMARKS] = {"initial-bookmarks", 0, 1000, 0, 0, NULL,
                               "unmarked, before every so manyth event of a WatchList; 0: none"},
    [SET_WORKERS] = {"workers", 0, SIM_WORKERS, 0, 0, NULL, "at a workqueue; 0: there is none"},
    [SET_KEYS] = {"keys", 1, 4096, 64, 0, NULL, "that the workqueue holds"},
    [SET_WORK] = {"work", 0, FOREVER_MS, 0, 0, NULL, "ms that work on a key may take"},
    [SET_HEARTBEAT] = {"heartbeat", 0, 1, 0, 0, NULL, "of a node, whose Lease is renewed"},
    [SET_FAIL] = {"fail", 0, 1000, 0, 0, NULL, "of so many times work fails once; 0: never"},
};

static const struct word informer_words[INF_COUNT] = {
    [INF_KIND] = {"kind", 0, 5, 0, 6, kinds, ""},
    [INF_SPACE] = {"space", 0, 3, 0, 0, NULL, "namespace 1 to 3; 0: all"},
    [INF_LABELS] = {"labels", 0, 4, 0, 0, labels, "selector"},
    [INF_PAGE] = {"page", 0, 100000, 0, 0, NULL, "objects a page; 0: one list of all"},
    [INF_WAY] = {"way", 0, 2, 0, 0, listings, "of listing; but for list, page does not count"},
    [INF_QUEUE] = {"queue", 1, 10000, 32, 0, NULL, "deltas"},
    [INF_BUFFER] = {"buffer", 2048, 65536, 4096, 0, NULL, "bytes"},
    [INF_TEXT] = {"text", 1024, 65536, 6144, 0, NULL, "bytes"},
    [INF_MAXIMUM] = {"maximum", 0, 1 << 28, 0, 0, NULL, "bytes of the heap; 0: no limit"},
    [INF_RESERVED] = {"reserved", 0, 1 << 28, 0, 0, NULL, "bytes of the heap"},
    [INF_HANDLERS] = {"handlers", 1, 3, 1, 3, NULL, ""},
    [INF_RESYNC] = {"resync", 0, FOREVER_MS, 0, 0, NULL, "of its second handler"},
    [INF_FILTER] = {"filter", 0, 4, 0, 0, labels, "what its second handler and the late one see"},
    [INF_KEEP] = {"keep", 0, 100, 0, 0, NULL, "of so many versions one is not kept; 0: all are"},
    [INF_TRANSFORM] = {"transform", 0, 2, 0, 0, changes, "keys: in one namespace, it is cleared"},
    [INF_ROOM] = {"room", 0, 4096, 32, 0, NULL, "bytes that a transform may add"},
    [INF_INDEX] = {"index", 0, 2, 0, 0, indices, "that it has from the start"},
};

struct verb_words {
    const char *name;
    int weight; // how often chance takes it
    const char *what;
    struct word words[PLAN_ARGUMENTS + 1]; // ends with a NULL name
};

#define KIND                          \
    {                                 \
        "kind", 0, 5, 0, 6, kinds, "" \
    }
#define OBJECT                                                       \
    {                                                                \
        "object", 0, 255, 0, 256, NULL, "which name, modulo objects" \
    }
#define SIZE                                                               \
    {                                                                      \
        "size", 0, 4, 0, 5, NULL, "0 small to 3 large; 4 over every limit" \
    }
#define TIER                                              \
    {                                                     \
        "tier", 0, 3, 0, 4, NULL, "label a, b, c or none" \
    }
#define INFORMER                                                        \
    {                                                                   \
        "informer", 0, 4, 4, 5, NULL, "which, modulo informers; 4: all" \
    }
#define HANDLER                                                            \
    {                                                                      \
        "handler", 0, 3, 0, 4, NULL, "0 to 2 of the plan; 3: the late one" \
    }
#define FOR(ms)                                    \
    {                                              \
        "for", 0, FOREVER_MS, 1000, ms, NULL, "ms" \
    }

static const struct verb_words verbs[DO_COUNT] = {
    [DO_PUT] = {"put", 200, "creates or updates an object", {KIND, OBJECT, SIZE, TIER}},
    [DO_DELETE] = {"delete", 90, "deletes it", {KIND, OBJECT}},
    [DO_RELABEL] = {"relabel", 40, "changes its label only", {KIND, OBJECT, TIER}},
    [DO_BURST] = {"burst",
                  20,
                  "so many random changes at once",
                  {KIND, {"count", 0, 1000000, 10, 60, NULL, ""}}},
    [DO_WIPE] = {"wipe", 6, "deletes most", {KIND, {"percent", 0, 100, 90, 101, NULL, ""}}},
    [DO_COMPACT] = {"compact",
                    14,
                    "forgets history: 410 for what is older",
                    {{"lists", 0, 1, 0, 2, NULL, "1: of lists and continue tokens only"}}},
    [DO_RESTART] = {"restart",
                    10,
                    "of the server; it refuses connections meanwhile",
                    {{"history", 0, 1, 1, 2, NULL, "0: watches of older versions expire"},
                     FOR(20000)}},
    [DO_REWIND] = {"rewind",
                   5,
                   "restores a backup: objects and versions as they were",
                   {{"versions", 1, 1000, 5, 30, NULL, "how far back"}}},
    [DO_BOOKMARK] = {"bookmark", 8, "to every watch that allows them", {{0}}},
    [DO_FAULT] = {"fault",
                  70,
                  "of the server: see tests/mock/README.md",
                  {{"fault", 0, MOCK_FAULT_KINDS - 1, 0, MOCK_FAULT_KINDS, faults, ""},
                   {"on", 0, 3, 0, 3, ons, ""},
                   {"now", 0, 1, 0, 2, NULL, "1: strikes open connections"},
                   {"skip", 0, 1000, 0, 3, NULL, "requests that pass before"},
                   {"count", 1, 1000, 1, 3, NULL, "that it strikes"},
                   {"bytes", 0, 100000000, 0, 6000, NULL, ""},
                   {"status", 0, 599, 500, 0, NULL, ""},
                   {"retry-after", 0, 100000, 0, 6, NULL, "s"}}},
    [DO_FORBID] = {"forbid", 6, "answers 403 to everything", {FOR(40000)}},
    [DO_EXPIRE] = {"expire",
                   10,
                   "the token: 401; a new one is in the file later",
                   {FOR(60000),
                    {"broken", 0, 3, 0, 4, NULL,
                     "the file until then: 0 old, 1 gone, "
                     "2 empty, 3 half"}}},
    [DO_LINK] = {"link",
                 40,
                 "how the network is from now on",
                 {{"split", 0, 4, 0, 5, splits, "how reads are cut"},
                  {"latency", 0, 60000, 0, 400, NULL, "ms each way"},
                  {"speed", 0, 1000000, 0, 3, NULL, "bytes a ms; 0: as set"},
                  {"blocks", 0, 1, 0, 2, NULL, "reads and writes would block by chance"}}},
    [DO_DROP] = {"drop",
                 40,
                 "breaks an open connection",
                 {INFORMER,
                  {"how", 0, 1, 0, 2, ways, ""},
                  {"after", 0, 1000000, 0, 3000, NULL, "bytes more to the client"}}},
    [DO_SILENCE] = {"silence",
                    16,
                    "open connections go half open",
                    {INFORMER, {"dead", 0, 1, 0, 2, NULL, "1: keep-alive notices nothing"}}},
    [DO_PARTITION] = {"partition", 10, "silence, and connecting hangs", {FOR(90000)}},
    [DO_REFUSE] = {"refuse", 8, "connections are refused", {FOR(60000)}},
    [DO_NAMELESS] = {"nameless", 6, "the host's name has no address", {FOR(30000)}},
    [DO_SLEEP] = {"sleep", 10, "the machine sleeps: the clock jumps", {FOR(400000)}},
    [DO_CALENDAR] = {"calendar",
                     5,
                     "the wall clock jumps",
                     {{"by", -FOREVER_MS, FOREVER_MS, 3600000, 0, NULL, "ms"}}},
    [DO_CLOCK_BACK] = {"clock-back", 6, "the port's clock is set back", {FOR(20000000)}},
    [DO_WAKES] = {"wakes", 8, "waits end early by chance", {{"on", 0, 1, 1, 2, NULL, ""}}},
    [DO_BUSY] = {"busy",
                 50,
                 "a handler is not ready for some time",
                 {INFORMER, HANDLER, FOR(5000)}},
    [DO_JOIN] = {"join", 12, "adds a handler late", {INFORMER}},
    [DO_PART] = {"part", 8, "removes a handler", {INFORMER, HANDLER}},
    [DO_WALK] = {"walk",
                 20,
                 "a walk over the cache goes on through polls",
                 {INFORMER, {"objects", 0, 256, 3, 12, NULL, "before the first poll"}}},
    [DO_STOP] = {"stop",
                 6,
                 "an informer, for good",
                 {INFORMER, {"inside", 0, 1, 0, 2, NULL, "1: from its handler"}}},
    [DO_REST] = {"rest",
                 0,
                 "stops an informer and starts it again",
                 {INFORMER,
                  {"inside", 0, 2, 0, 3, NULL, "1: from a handler; 2: there it starts again, too"},
                  FOR(60000)}},
    [DO_INDEX] = {"index", 0, "adds an index late", {INFORMER}},
    [DO_LEASE] = {"lease",
                  0,
                  "somebody else writes to the node's Lease",
                  {{"deleted", 0, 1, 0, 2, NULL, "1: deletes it"}}},
    [DO_REBOOT] = {"reboot", 4, "of the machine: everything begins anew", {{0}}},
};

// ---- drawing -------------------------------------------------------------------------------

void plan_init(struct plan *plan)
{
    memset(plan, 0, sizeof *plan);
    for (size_t i = 0; i < SET_COUNT; i++)
        plan->set[i] = set_words[i].fallback;
}

void plan_free(struct plan *plan)
{
    free(plan->actions);
    plan->actions = NULL;
    plan->count = plan->cap = 0;
}

void plan_add(struct plan *plan, const struct action *action)
{
    if (plan->count == plan->cap) {
        plan->cap = plan->cap > 0 ? plan->cap * 2 : 64;
        plan->actions = realloc(plan->actions, plan->cap * sizeof *plan->actions);
        if (plan->actions == NULL)
            abort();
    }
    plan->actions[plan->count++] = *action;
}

static int64_t draw(struct chance *c, const struct word *w)
{
    return w->drawn > 0 ? w->low + chance_below(c, w->drawn) : w->fallback;
}

static enum verb draw_verb(struct chance *c)
{
    int total = 0;
    for (size_t i = 0; i < DO_COUNT; i++)
        total += verbs[i].weight;
    int64_t at = chance_below(c, total);
    size_t verb = 0;
    while (at >= verbs[verb].weight)
        at -= verbs[verb++].weight;
    return (enum verb)verb;
}

// Most things follow each other closely; some only when watches have ended.
static int64_t draw_pause(struct chance *c)
{
    static const int64_t scales[] = {1, 1, 50, 50, 1000, 1000, 5000, 5000, 60000, 400000};
    int64_t n = (int64_t)(sizeof scales / sizeof scales[0]);
    return chance_below(c, scales[chance_below(c, n)]);
}

static void draw_action(struct chance *c, const struct plan *plan, struct action *a)
{
    static const int statuses[] = {400, 401, 403, 404, 410, 429, 429, 500, 503, 504};
    a->verb = draw_verb(c);
    const struct word *w = verbs[a->verb].words;
    for (size_t i = 0; w[i].name != NULL; i++)
        a->arg[i] = draw(c, &w[i]);
    // Mostly the kinds that somebody watches.
    if (a->verb <= DO_WIPE && !chance_one_in(c, 8))
        a->arg[0] = plan->informer[chance_below(c, (int64_t)plan->informers)][INF_KIND];
    // Objects over the limits are rare, or they would be all there is.
    if (a->verb == DO_PUT && a->arg[2] == 4 && !chance_one_in(c, 4))
        a->arg[2] = 0;
    if (a->verb == DO_FAULT)
        a->arg[6] = statuses[chance_below(c, (int64_t)(sizeof statuses / sizeof statuses[0]))];
    if (a->verb == DO_LINK)
        a->arg[2] = a->arg[2] == 0 ? 0 : 1 + chance_below(c, a->arg[2] == 1 ? 8 : 1000);
    if (a->verb == DO_FAULT && chance_one_in(c, 8))
        a->arg[4] = 1 + chance_below(c, 40);
    if (a->verb == DO_FAULT && a->arg[7] > 0 && chance_one_in(c, 6))
        a->arg[7] *= 40;
    if (a->verb == DO_LINK && chance_one_in(c, 2))
        a->arg[1] = chance_below(c, 5);
    // An object that pretends to be the newest of all may come in a list, but not before others.
    if (a->verb == DO_FAULT && a->arg[0] == MOCK_FAULT_HUGE_OBJECT)
        a->arg[1] = MOCK_ON_LIST;
    // Byte by byte is slow, and what it finds, a few bytes at a time find too, mostly.
    if (a->verb == DO_LINK && a->arg[0] == SPLIT_BYTES && !chance_one_in(c, 6))
        a->arg[0] = SPLIT_FEW;
    // Some hold everything back for longer than any deadline.
    if (a->verb == DO_BUSY && chance_one_in(c, 16))
        a->arg[2] *= 48;
    // Half of the new tokens are there before anybody asks with the old one.
    if (a->verb == DO_EXPIRE && chance_one_in(c, 2))
        a->arg[0] = 0;
    if (a->verb == DO_CALENDAR)
        a->arg[0] = (chance_below(c, 2000001) - 1000000) * 1000;
}

// Among the actions from `first` on, in its place.
static void insert(struct plan *plan, size_t first, const struct action *a)
{
    plan_add(plan, a);
    size_t at = plan->count - 1;
    for (; at > first && plan->actions[at - 1].at > a->at; at--)
        plan->actions[at] = plan->actions[at - 1];
    plan->actions[at] = *a;
}

// Of a chance of their own, as all that was thought of later: so the rest of a seed's plan stays as
// it was.
static void draw_rests(struct plan *plan, uint64_t seed, size_t first, int64_t from, int64_t to)
{
    struct chance c = {seed ^ 0x7265737472657374};
    for (int64_t left = chance_below(&c, 5); left > 0; left--) {
        struct action a = {.at = from + chance_below(&c, to - from + 1)};
        a.verb = chance_one_in(&c, 3) ? DO_INDEX : DO_REST;
        if (plan->set[SET_HEARTBEAT] != 0 && chance_one_in(&c, 3))
            a.verb = DO_LEASE;
        const struct word *w = verbs[a.verb].words;
        for (size_t i = 0; w[i].name != NULL; i++)
            a.arg[i] = draw(&c, &w[i]);
        if (a.verb == DO_REST && chance_one_in(&c, 2))
            a.arg[2] %= 500;
        insert(plan, first, &a);
    }
}

int64_t plan_more(struct plan *plan, uint64_t seed, int64_t from, size_t count)
{
    struct chance c = {seed ^ 0xac710500ac710500u};
    size_t first = plan->count;
    int64_t to = from;
    for (size_t i = 0; i < count; i++) {
        struct action a = {.at = to += draw_pause(&c)};
        draw_action(&c, plan, &a);
        plan_add(plan, &a);
    }
    draw_rests(plan, seed, first, from, to);
    return to;
}

static void draw_informer(struct chance *c, int64_t *inf)
{
    for (size_t i = 0; i < INF_COUNT; i++)
        inf[i] = draw(c, &informer_words[i]);
    inf[INF_SPACE] = chance_one_in(c, 4) ? 1 + chance_below(c, 3) : 0;
    inf[INF_LABELS] = chance_one_in(c, 3) ? 1 + chance_below(c, 4) : 0;
    inf[INF_PAGE] = chance_one_in(c, 3) ? 0 : 1 + chance_below(c, chance_one_in(c, 2) ? 6 : 500);
    inf[INF_QUEUE] = chance_one_in(c, 3) ? 32 : 1 + chance_below(c, 40);
    inf[INF_BUFFER] = chance_one_in(c, 2) ? 4096 : 2048 + chance_below(c, 4096);
    inf[INF_TEXT] = chance_one_in(c, 2) ? 6144 : 1024 + chance_below(c, 6000);
    inf[INF_MAXIMUM] = chance_one_in(c, 8) ? 3000 + chance_below(c, 20000) : 0;
    inf[INF_RESERVED] = chance_one_in(c, 8) ? chance_below(c, 3000) : 0;
    inf[INF_RESYNC] = chance_one_in(c, 3) ? 5000 + chance_below(c, 90000) : 0;
}

static void draw_settings(struct chance *c, int64_t *set)
{
    set[SET_RESYNC] = chance_one_in(c, 4) ? 1000 + chance_below(c, 120000) : 0;
    set[SET_OBJECTS] = 1 + chance_below(c, chance_one_in(c, 6) ? 200 : 24);
    set[SET_START] = chance_below(c, set[SET_OBJECTS] + 1);
    set[SET_OBJECT_MAX] = 700 + chance_below(c, 2000);
    set[SET_AGE] = chance_below(c, 3);
    set[SET_BOOKMARKS] = chance_one_in(c, 4) ? 0 : chance_one_in(c, 4) ? 1000 : 60000;
    set[SET_HISTORY] = chance_one_in(c, 3) ? 1 + chance_below(c, 40) : 10000;
    set[SET_CHUNK] = chance_one_in(c, 3) ? 1 + chance_below(c, 700) : 0;
    set[SET_PRETTY] = chance_one_in(c, 5);
    set[SET_LIMIT_AT_ZERO] = chance_one_in(c, 4);
    set[SET_NULL_ITEMS] = chance_one_in(c, 2);
    set[SET_TOKEN] = chance_below(c, 3);
    set[SET_KEEP_ALIVE] = !chance_one_in(c, 4);
    set[SET_CPU] = chance_one_in(c, 3) ? chance_below(c, 30) : 0;
    set[SET_LATENCY] = chance_below(c, chance_one_in(c, 4) ? 300 : 5);
}

// What informers do with objects beside caching them, and who works on them.
static void draw_uses(struct plan *plan, uint64_t seed)
{
    struct chance c = {seed ^ 0x7573657375736573};
    int64_t *set = plan->set;
    for (size_t i = 0; i < plan->informers; i++) {
        int64_t *inf = plan->informer[i];
        inf[INF_FILTER] = chance_one_in(&c, 3) ? 1 + chance_below(&c, 4) : 0;
        inf[INF_KEEP] = chance_one_in(&c, 4) ? 2 + chance_below(&c, 4) : 0;
        inf[INF_TRANSFORM] = chance_one_in(&c, 4) ? 1 + chance_below(&c, 2) : 0;
        inf[INF_ROOM] = chance_one_in(&c, 3) ? chance_below(&c, 48) : 32;
        inf[INF_INDEX] = chance_one_in(&c, 2) ? 1 + chance_below(&c, 2) : 0;
    }
    set[SET_INITIAL_BOOKMARKS] = chance_one_in(&c, 3) ? 1 + chance_below(&c, 5) : 0;
    set[SET_WORKERS] = chance_one_in(&c, 2) ? 1 + chance_below(&c, SIM_WORKERS) : 0;
    set[SET_KEYS] = 1 + chance_below(&c, chance_one_in(&c, 2) ? 12 : 200);
    set[SET_WORK] = chance_one_in(&c, 2) ? chance_below(&c, chance_one_in(&c, 6) ? 20000 : 900) : 0;
    set[SET_HEARTBEAT] = chance_one_in(&c, 3);
    set[SET_FAIL] = chance_one_in(&c, 3) ? 0 : 1 + chance_below(&c, 8);
}

void plan_from_seed(struct plan *plan, uint64_t seed)
{
    struct chance c = {seed};
    plan_init(plan);
    draw_settings(&c, plan->set);
    plan->set[SET_SEED] = (int64_t)(seed & INT64_MAX);
    plan->informers = 1 + (size_t)(chance_one_in(&c, 2) ? 0 : chance_below(&c, PLAN_INFORMERS));
    for (size_t i = 0; i < plan->informers; i++)
        draw_informer(&c, plan->informer[i]);
    // Of their own chance, so that a new way leaves the rest of a seed's plan as it was.
    struct chance ways_of = {seed ^ 0x7761797377617973};
    for (size_t i = 0; i < plan->informers; i++) {
        plan->informer[i][INF_WAY] =
            chance_one_in(&ways_of, 2) ? 1 : chance_one_in(&ways_of, 3) * 2;
        if (plan->informer[i][INF_WAY] != 0)
            plan->informer[i][INF_PAGE] = 0;
    }
    draw_uses(plan, seed);
    // Some heaps are just large enough or not quite, so that fullness is a part of the story.
    if (chance_one_in(&c, 3))
        plan->set[SET_MEMORY] = (int64_t)plan->informers * 22 * 1024 + 8192 +
                                chance_below(&c, 24 * 1024 * (int64_t)plan->informers);
    size_t actions = 4 + (size_t)chance_below(&c, chance_one_in(&c, 8) ? 200 : 36);
    plan->heal_at = plan_more(plan, seed, 0, actions) + chance_below(&c, 30000);
    // A list without end takes all that the network gives, until the server ends it.
    for (size_t i = 0; i < plan->count; i++)
        if (plan->actions[i].verb == DO_FAULT && plan->actions[i].arg[0] == MOCK_FAULT_ENDLESS_LIST)
            plan->set[SET_SPEED] = 20;
    // Its renewals would soon be past the versions of a history that is lost.
    for (size_t i = 0; i < plan->count; i++)
        if (plan->actions[i].verb == DO_REWIND)
            plan->set[SET_HEARTBEAT] = 0;
}

// ---- writing -------------------------------------------------------------------------------

static void write_word(const struct word *w, int64_t value, FILE *out)
{
    if (w->names != NULL)
        fprintf(out, " %s=%s", w->name, w->names[value]);
    else
        fprintf(out, " %s=%lld", w->name, (long long)value);
}

void plan_write_action(const struct action *a, FILE *out)
{
    fprintf(out, "at %lld %s", (long long)a->at, verbs[a->verb].name);
    for (size_t i = 0; verbs[a->verb].words[i].name != NULL; i++)
        write_word(&verbs[a->verb].words[i], a->arg[i], out);
    fputc('\n', out);
}

void plan_write(const struct plan *plan, FILE *out)
{
    fputs("set", out);
    for (size_t i = 0; i < SET_COUNT; i++)
        if (plan->set[i] != set_words[i].fallback || i == SET_SEED)
            write_word(&set_words[i], plan->set[i], out);
    fputc('\n', out);
    for (size_t n = 0; n < plan->informers; n++) {
        fputs("informer", out);
        for (size_t i = 0; i < INF_COUNT; i++)
            if (plan->informer[n][i] != informer_words[i].fallback || i == INF_KIND)
                write_word(&informer_words[i], plan->informer[n][i], out);
        fputc('\n', out);
    }
    for (size_t i = 0; i < plan->count; i++)
        plan_write_action(&plan->actions[i], out);
    fprintf(out, "heal %lld\n", (long long)plan->heal_at);
}

static void help_words(const struct word *w, size_t count, FILE *out)
{
    for (size_t i = 0; i < count && w[i].name != NULL; i++) {
        fprintf(out, "    %s=", w[i].name);
        if (w[i].names == NULL)
            fprintf(out, "%lld..%lld, else %lld", (long long)w[i].low, (long long)w[i].high,
                    (long long)w[i].fallback);
        for (size_t n = 0; w[i].names != NULL && w[i].names[n] != NULL; n++)
            fprintf(out, "%s%s", n > 0 ? "|" : "", w[i].names[n]);
        fprintf(out, "%s%s\n", w[i].what[0] != '\0' ? ": " : "", w[i].what);
    }
}

void plan_help(FILE *out)
{
    fputs("set NAME=VALUE ...\n", out);
    help_words(set_words, SET_COUNT, out);
    fputs("informer NAME=VALUE ...   (up to four)\n", out);
    help_words(informer_words, INF_COUNT, out);
    for (size_t i = 0; i < DO_COUNT; i++) {
        fprintf(out, "at MS %s NAME=VALUE ...   %s\n", verbs[i].name, verbs[i].what);
        help_words(verbs[i].words, PLAN_ARGUMENTS, out);
    }
    fputs("heal MS   no more faults; what follows is checked\n", out);
}

// ---- reading -------------------------------------------------------------------------------

struct reading {
    const char *path;
    unsigned line;
};

static _Noreturn void wrong(const struct reading *r, const char *what, const char *word)
{
    fprintf(stderr, "%s:%u: %s: \"%s\"\n", r->path, r->line, what, word);
    exit(2);
}

static int64_t read_number(const struct reading *r, const char *text)
{
    char *end;
    long long value = strtoll(text, &end, 10);
    if (*text == '\0' || *end != '\0')
        wrong(r, "not a number", text);
    return value;
}

static int64_t read_value(const struct reading *r, const struct word *w, const char *text)
{
    for (int64_t i = 0; w->names != NULL && w->names[i] != NULL; i++)
        if (strcmp(w->names[i], text) == 0)
            return i;
    int64_t value = read_number(r, text);
    if (value < w->low || value > w->high)
        wrong(r, "out of range", text);
    return value;
}

// The rest of a line: NAME=VALUE ...
static void read_words(const struct reading *r, const struct word *words, size_t count,
                       int64_t *values)
{
    for (char *word; (word = strtok(NULL, " \t\r\n")) != NULL;) {
        char *value = strchr(word, '=');
        size_t i = 0;
        if (value == NULL)
            wrong(r, "NAME=VALUE is wanted", word);
        *value++ = '\0';
        while (i < count && words[i].name != NULL && strcmp(words[i].name, word) != 0)
            i++;
        if (i == count || words[i].name == NULL)
            wrong(r, "no such word here", word);
        values[i] = read_value(r, &words[i], value);
    }
}

static void read_informer(const struct reading *r, struct plan *plan)
{
    if (plan->informers == PLAN_INFORMERS)
        wrong(r, "more informers than there may be", "informer");
    int64_t *inf = plan->informer[plan->informers++];
    for (size_t i = 0; i < INF_COUNT; i++)
        inf[i] = informer_words[i].fallback;
    read_words(r, informer_words, INF_COUNT, inf);
}

static void read_action(const struct reading *r, struct plan *plan)
{
    const char *when = strtok(NULL, " \t\r\n");
    const char *name = strtok(NULL, " \t\r\n");
    struct action a = {.at = read_number(r, when != NULL ? when : "")};
    size_t verb = 0;
    while (verb < DO_COUNT && strcmp(verbs[verb].name, name != NULL ? name : "") != 0)
        verb++;
    if (verb == DO_COUNT)
        wrong(r, "no such action", name != NULL ? name : "");
    if (plan->count > 0 && a.at < plan->actions[plan->count - 1].at)
        wrong(r, "earlier than the action before it", when);
    a.verb = (enum verb)verb;
    for (size_t i = 0; verbs[verb].words[i].name != NULL; i++)
        a.arg[i] = verbs[verb].words[i].fallback;
    read_words(r, verbs[verb].words, PLAN_ARGUMENTS, a.arg);
    plan_add(plan, &a);
    if (a.at > plan->heal_at)
        plan->heal_at = a.at;
}

static void read_line(const struct reading *r, struct plan *plan, char *line)
{
    line[strcspn(line, "#")] = '\0';
    const char *word = strtok(line, " \t\r\n");
    if (word == NULL)
        return;
    if (strcmp(word, "set") == 0) {
        read_words(r, set_words, SET_COUNT, plan->set);
    } else if (strcmp(word, "informer") == 0) {
        read_informer(r, plan);
    } else if (strcmp(word, "at") == 0) {
        read_action(r, plan);
    } else if (strcmp(word, "heal") == 0) {
        const char *when = strtok(NULL, " \t\r\n");
        plan->heal_at = read_number(r, when != NULL ? when : "");
    } else {
        wrong(r, "set, informer, at or heal is wanted", word);
    }
}

void plan_read_line(struct plan *plan, const char *line)
{
    struct reading r = {"plan", 1};
    char copy[512];
    snprintf(copy, sizeof copy, "%s", line);
    read_line(&r, plan, copy);
}

void plan_read(struct plan *plan, const char *path)
{
    struct reading r = {path, 0};
    char line[512];
    FILE *in = fopen(path, "r");
    if (in == NULL)
        wrong(&r, "cannot be read", path);
    plan_init(plan);
    while (fgets(line, sizeof line, in) != NULL) {
        r.line++;
        read_line(&r, plan, line);
    }
    fclose(in);
    if (plan->informers == 0)
        wrong(&r, "there is no informer", "");
}
