// SPDX-License-Identifier: Apache-2.0
// run.c - plays a plan: the machine boots, things happen, faults end, and everything must be well.
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cache/informer_priv.h"
#include "sim.h"

// How long it may take, once faults have ended, until everything is as it should be. A server's
// half-open watch without bookmarks is found when it should have ended (10.5 min); a full heap is
// looked at again within 1.2 h.
#define SETTLE_MS       (45 * KEDGE_MINUTE)
#define SETTLE_STALE_MS (4 * KEDGE_HOUR)
#define QUIET_MS        (12 * KEDGE_MINUTE)

enum {
    PULSE = 150,
    PULSE_MS = 5000,
    SPINS = 20000,
    CHECK_EVERY = 8,
    USES_EVERY = 24,
    MEMORY_EVERY = 32,
    TOKEN_EVERY = 512,
    HELD_MS = 200
};

_Noreturn void sim_fail(struct sim *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(s->failure, sizeof s->failure, format, args);
    va_end(args);
    sim_trace(s, "FAILED: %s", s->failure);
    if (!s->can_fail)
        abort();
    longjmp(s->out, 1);
}

void sim_trace(struct sim *s, const char *format, ...)
{
    va_list args;
    if (s->trace == NULL)
        return;
    fprintf(s->trace, "%10lld  ", (long long)s->network.now);
    va_start(args, format);
    vfprintf(s->trace, format, args);
    va_end(args);
    fputc('\n', s->trace);
}

// ---- the machine ---------------------------------------------------------------------------

bool informer_has_bytes(const struct informer *inf)
{
    const struct kedge__reflector *r = &inf->inf->reflector;
    return r->item_waits || r->connection.at < r->connection.got || r->connection.body.len > 0 ||
           glass_has_bytes(r->connection.stream);
}

uint64_t informer_version(const struct informer *inf)
{
    uint64_t read = strtoull(inf->inf->reflector.read, NULL, 10);
    uint64_t floor = strtoull(inf->inf->floor, NULL, 10);
    return read > floor ? read : floor;
}

// What waits to be delivered of a list that is not whole yet has no version in the reflector.
bool informer_lists(const struct informer *inf)
{
    return inf->inf->reflector.asked == KEDGE__NEXT_LIST && kedge__delivery_busy(inf->inf);
}

int64_t informer_patience(const struct informer *inf)
{
    const struct kedge__reflector *r = &inf->inf->reflector;
    if (r->state != KEDGE__REFLECTOR_WATCH_BODY)
        return 70 * KEDGE_SECOND;
    return r->bookmarks ? 90 * KEDGE_SECOND : 630 * KEDGE_SECOND;
}

bool informer_noticed(const struct informer *inf)
{
    return inf->inf->lists > inf->adrift_lists;
}

static void library_says(void *ctx, enum kedge_log_level level, const char *text)
{
    (void)level;
    sim_trace(ctx, "says: %s", text);
    if (strstr(text, ": the heap lacks ") != NULL)
        report_lacks(ctx);
    if (strstr(text, "TOPTOKEN") != NULL || strstr(text, "TOPSECRET") != NULL)
        sim_fail(ctx, "a secret is logged: %s", text);
}

static void join(struct sim *s, size_t informer, size_t handler, bool late)
{
    struct informer *inf = &s->informers[informer];
    struct witness *w = &inf->witness[handler];
    witness_init(w, s, informer, handler);
    w->joined = kedge_informer_add_handler(inf->inf, &w->handler) == KEDGE_OK;
    w->late = late;
    // Whoever waits until then must not miss that there is something to tell.
    if (w->joined && late && kedge_next_deadline(s->k) > s->network.now + s->network.clock_ahead)
        sim_fail(s, "informer %zu: nobody wakes the loop for a late handler", informer);
    if (!w->joined && !inf->stopped && inf->rest_until == 0)
        sim_fail(s, "a handler cannot join: %s", kedge_error_text(s->k));
}

static uint32_t page_of(const int64_t *set)
{
    if (set[INF_WAY] != 0)
        return 0;
    return set[INF_PAGE] > 0 ? (uint32_t)set[INF_PAGE] : KEDGE_UNPAGED;
}

static void make_informer(struct sim *s, size_t i)
{
    static const char *const labels[] = {"", "tier=a", "tier!=a", "tier in (a,b)", "!tier"};
    const int64_t *set = s->plan->informer[i];
    struct informer *inf = &s->informers[i];
    unsigned kind = (unsigned)set[INF_KIND];
    bool scoped = sim_kinds[kind].namespaced && set[INF_SPACE] > 0;
    struct kedge_informer_options o = {
        .namespace_ = scoped ? thing_space(kind, (unsigned)set[INF_SPACE] - 1) : NULL,
        .label_selector = labels[set[INF_LABELS]],
        .page = page_of(set),
        .no_watch_list = set[INF_WAY] == 2,
        .text_max = (size_t)set[INF_TEXT],
        .buffer = (size_t)set[INF_BUFFER],
        .maximum = (size_t)set[INF_MAXIMUM],
        .reserved = (size_t)set[INF_RESERVED],
        .queue = (uint32_t)set[INF_QUEUE],
    };
    memset(inf, 0, sizeof *inf);
    inf->sim = s;
    inf->number = i;
    uses_options(s, i, &o);
    inf->inf = kedge_factory_informer_with(s->factory, sim_kinds[kind].kind, &o);
    if (inf->inf == NULL)
        return;
    for (size_t h = 0; h < (size_t)set[INF_HANDLERS]; h++)
        join(s, i, h, false);
    uses_begin(s, i);
    work_feed(s, i);
    report_begin(s, i);
}

// Two of one kind and scope would be one informer with the options of the first.
static bool is_again(const struct plan *plan, size_t i)
{
    for (size_t n = 0; n < i; n++) {
        const int64_t *a = plan->informer[n], *b = plan->informer[i];
        bool same_space = a[INF_SPACE] == b[INF_SPACE] || !sim_kinds[a[INF_KIND]].namespaced;
        if (a[INF_KIND] == b[INF_KIND] && same_space && a[INF_LABELS] == b[INF_LABELS])
            return true;
    }
    return false;
}

static void boot(struct sim *s)
{
    struct kedge_config config = {.server = "https://kubernetes.test:8443"}; // see glass.c
    struct kedge_factory_options options = {.resync = s->plan->set[SET_RESYNC],
                                            .object_max = (size_t)s->plan->set[SET_OBJECT_MAX]};
    struct kedge_memory_part whole = {0};
    network_forget_links(s);
    memset(s->block + SIM_GUARD, 0xa5, s->size);
    snprintf(s->network.token, sizeof s->network.token, "%s", s->token);
    s->network.token_state = 0;
    s->network.token_since = s->network.now;
    if (s->plan->set[SET_TOKEN] == 1)
        config.token = s->token;
    if (s->plan->set[SET_TOKEN] == 2)
        config.token_file = "/token";
    s->k = kedge_init(s->block + SIM_GUARD, s->size, &s->network.port);
    kedge_log_to(s->k, KEDGE_LOG_DEBUG, library_says, s);
    work_begin(s);
    s->client = kedge_client_new(s->k, &config);
    s->factory = kedge_factory_new_with(s->client, &options);
    for (size_t i = 0; i < s->plan->informers; i++)
        make_informer(s, i);
    heartbeat_begin(s);
    kedge_err err = kedge_factory_start(s->factory);
    s->started = err == KEDGE_OK;
    if (err != KEDGE_OK && (s->fits || err != kedge_error(s->k)))
        sim_fail(s, "the start fails: %s", kedge_error_text(s->k));
    if (s->started)
        kedge_memory_report(s->k, &whole, 1);
    s->arena_used = whole.used;
}

static void halt(struct sim *s)
{
    work_end(s);
    heartbeat_end(s);
    kedge_factory_shutdown(s->factory);
    if (s->started)
        check_at_rest(s);
    kedge_client_free(s->client);
    if (s->started)
        check_secrets(s);
    check_guards(s);
}

// ---- rests ---------------------------------------------------------------------------------

static void rest(struct sim *s, size_t i, enum inside inside, int64_t ms)
{
    struct informer *inf = &s->informers[i];
    struct witness *w = &inf->witness[0];
    if (inf->stopped || inf->rest_until > 0)
        return;
    inf->rest_until = s->network.now + (ms > 0 ? ms : 1);
    w->inside = w->joined ? inside : INSIDE_NOTHING;
    if (inside != INSIDE_NOTHING && w->joined)
        return;
    kedge_informer_stop(inf->inf);
    inf->asked_to_stop = true;
}

// It goes on where it was.
static void end_rest(struct sim *s, size_t i)
{
    struct informer *inf = &s->informers[i];
    inf->rest_until = 0;
    inf->asked_to_stop = false;
    inf->witness[0].inside = INSIDE_NOTHING;
    if (kedge_informer_start(inf->inf) != KEDGE_OK || kedge_informer_is_stopped(inf->inf))
        sim_fail(s, "informer %zu: it cannot be started again", i);
    sim_trace(s, "informer %zu: goes on", i);
}

static void end_rests(struct sim *s, int64_t now)
{
    for (size_t i = 0; i < s->plan->informers; i++)
        if (!s->informers[i].stopped && s->informers[i].rest_until > 0 &&
            s->informers[i].rest_until <= now)
            end_rest(s, i);
}

// When the program that uses the library does something of its own accord.
static int64_t next_of_program(const struct sim *s)
{
    int64_t next = work_next(s);
    for (size_t i = 0; i < s->plan->informers; i++)
        if (s->informers[i].rest_until > 0 && s->informers[i].rest_until < next)
            next = s->informers[i].rest_until;
    return next;
}

// ---- polling -------------------------------------------------------------------------------

static void look_around(struct sim *s)
{
    size_t one = (size_t)(s->polls / CHECK_EVERY % s->plan->informers);
    if (s->polls % CHECK_EVERY == 0)
        check_always(s, one);
    if (s->polls % MEMORY_EVERY == 0)
        check_memory(s);
    if (s->polls % TOKEN_EVERY == 0)
        check_token(s);
    for (size_t i = 0; i < s->plan->informers; i++) {
        struct informer *inf = &s->informers[i];
        inf->stopped = inf->inf->stopped && inf->rest_until == 0;
        for (size_t h = 0; inf->stopped && h < SIM_HANDLERS; h++)
            inf->witness[h].joined = false;
    }
    if (s->polls % CHECK_EVERY == 0)
        report_check(s, one);
    if (s->polls % USES_EVERY == 0)
        uses_check(s, (size_t)(s->polls / USES_EVERY % s->plan->informers));
    walk_go_on(s);
    heartbeat_check(s);
}

// Whether an informer waits for handlers, all of which are busy.
static bool somebody_is_held(const struct sim *s)
{
    for (size_t i = 0; i < s->plan->informers; i++) {
        const struct informer *inf = &s->informers[i];
        bool held = inf->inf->delivery.blocked && !inf->inf->stopped;
        for (size_t h = 0; h < SIM_HANDLERS; h++) {
            const struct witness *w = &inf->witness[h];
            held = held && (!w->joined || s->network.now < w->busy_until);
        }
        held = held || (inf->inf->delivery.blocked && !inf->inf->stopped && inf->feeder.refused);
        if (held)
            return true;
    }
    return false;
}

static void poll(struct sim *s, int64_t timeout)
{
    struct network *n = &s->network;
    uint64_t stir = n->stir;
    int64_t before = n->now;
    bool held = somebody_is_held(s);
    end_rests(s, n->now);
    int64_t own = next_of_program(s);
    if (own < INT64_MAX && own - n->now < timeout)
        timeout = own > n->now ? own - n->now : 0;
    kedge_err err = work_poll(s, timeout);
    s->polls++;
    work_on(s);
    if (held && !s->work.waited && n->now - before > HELD_MS)
        sim_fail(s, "a handler that is not ready is not asked for %lld ms",
                 (long long)(n->now - before));
    if (err != KEDGE_OK)
        sim_fail(s, "poll: %s: %s", kedge_err_name(err), kedge_error_text(s->k));
    look_around(s);
    if (s->plan->set[SET_CPU] > 0)
        network_advance(s, n->now + chance_below(&s->chance, s->plan->set[SET_CPU]));
    s->spins = n->now == before && n->stir == stir ? s->spins + 1 : 0;
    if (s->spins > SPINS)
        sim_fail(s, "busy: %d polls, and neither time nor a byte has moved", SPINS);
}

static void run_until(struct sim *s, int64_t to)
{
    struct network *n = &s->network;
    while (s->started && n->now < to)
        poll(s, to - n->now);
    if (n->now < to)
        network_advance(s, to);
}

// ---- what happens --------------------------------------------------------------------------

static struct look look_at(struct sim *s, const int64_t *a)
{
    return (struct look){.kind = (unsigned)a[0],
                         .index = (unsigned)(a[1] % s->plan->set[SET_OBJECTS])};
}

static void do_put(struct sim *s, const int64_t *a)
{
    struct look look = look_at(s, a);
    look.size = (unsigned)a[2];
    look.tier = (unsigned)a[3];
    world_put(s, look);
}

static void do_delete(struct sim *s, const int64_t *a)
{
    world_delete(s, (unsigned)a[0], look_at(s, a).index);
}

static void do_relabel(struct sim *s, const int64_t *a)
{
    struct look look = look_at(s, a);
    const struct thing *t = &s->things[look.kind][look.index];
    look.size = t->look.size;
    look.tier = (unsigned)a[2];
    if (t->exists)
        world_put(s, look);
}

static void do_burst(struct sim *s, const int64_t *a)
{
    world_burst(s, (unsigned)a[0], a[1]);
}

static void do_wipe(struct sim *s, const int64_t *a)
{
    world_wipe(s, (unsigned)a[0], a[1]);
}

static void do_compact(struct sim *s, const int64_t *a)
{
    if (a[0] != 0)
        mock_compact_lists(s->mock);
    else
        mock_compact(s->mock);
}

static void do_restart(struct sim *s, const int64_t *a)
{
    mock_restart(s->mock, a[0] != 0);
    s->network.refuse_until = s->network.now + a[1];
}

static void do_rewind(struct sim *s, const int64_t *a)
{
    world_rewind(s, (uint64_t)a[0]);
}

static void do_bookmark(struct sim *s, const int64_t *a)
{
    (void)a;
    mock_bookmark(s->mock);
}

static void do_fault(struct sim *s, const int64_t *a)
{
    struct mock_fault f = {.kind = (enum mock_fault_kind)a[0],
                           .on = (enum mock_on)a[1],
                           .now = a[2] != 0,
                           .skip = (unsigned)a[3],
                           .count = (unsigned)a[4],
                           .bytes = (size_t)a[5],
                           .status = (int)a[6],
                           .retry_after_s = (int)a[7]};
    mock_inject(s->mock, &f);
}

static void do_forbid(struct sim *s, const int64_t *a)
{
    mock_forbid(s->mock, s->plan->set[SET_TOKEN] != 0 ? "agent" : "system:anonymous", NULL, NULL);
    s->allow_at = s->network.now + a[0];
}

static void do_expire(struct sim *s, const int64_t *a)
{
    if (s->plan->set[SET_TOKEN] != 2)
        return;
    world_new_token(s);
    s->token_back_at = s->network.now + a[0];
    s->network.token_state = (int)a[1];
}

static void do_link(struct sim *s, const int64_t *a)
{
    struct network *n = &s->network;
    n->split = (enum split)a[0];
    n->latency = a[1];
    n->speed = a[2];
    n->blocks = a[3] != 0;
}

// An action's informer: its index, or PLAN_INFORMERS for all.
static size_t one_of(const struct sim *s, int64_t informer)
{
    return informer == PLAN_INFORMERS ? PLAN_INFORMERS : (size_t)informer % s->plan->informers;
}

static void do_drop(struct sim *s, const int64_t *a)
{
    network_drop(s, one_of(s, a[0]), a[1] != 0, (size_t)a[2]);
}

static void do_silence(struct sim *s, const int64_t *a)
{
    network_silence(s, one_of(s, a[0]), a[1] != 0);
}

static void do_partition(struct sim *s, const int64_t *a)
{
    network_silence(s, PLAN_INFORMERS, false);
    s->network.partition_until = s->network.now + a[0];
}

static void do_refuse(struct sim *s, const int64_t *a)
{
    s->network.refuse_until = s->network.now + a[0];
}

static void do_nameless(struct sim *s, const int64_t *a)
{
    s->network.nameless_until = s->network.now + a[0];
}

static void do_sleep(struct sim *s, const int64_t *a)
{
    network_sleep(s, a[0]);
}

static void do_calendar(struct sim *s, const int64_t *a)
{
    s->network.calendar += a[0];
}

static void do_clock_back(struct sim *s, const int64_t *a)
{
    if (s->network.now + s->network.clock_ahead >= a[0])
        network_set_clock_back(s, a[0]);
}

static void do_wakes(struct sim *s, const int64_t *a)
{
    s->network.early = a[0] != 0;
}

// An action's handler: one of the plan's, or the one that joined late.
static size_t handler_of(const struct sim *s, size_t informer, int64_t handler)
{
    return handler == SIM_HANDLERS - 1
               ? SIM_HANDLERS - 1
               : (size_t)(handler % s->plan->informer[informer][INF_HANDLERS]);
}

static void do_busy(struct sim *s, const int64_t *a)
{
    for (size_t i = 0; i < s->plan->informers; i++) {
        struct informer *inf = &s->informers[i];
        if (one_of(s, a[0]) == PLAN_INFORMERS || one_of(s, a[0]) == i)
            inf->witness[handler_of(s, i, a[1])].busy_until = s->network.now + a[2];
    }
    kedge_wake(s->k);
}

static void do_join(struct sim *s, const int64_t *a)
{
    for (size_t i = 0; i < s->plan->informers; i++) {
        const struct witness *w = &s->informers[i].witness[SIM_HANDLERS - 1];
        if ((one_of(s, a[0]) == PLAN_INFORMERS || one_of(s, a[0]) == i) && !w->joined)
            join(s, i, SIM_HANDLERS - 1, true);
    }
}

static void do_part(struct sim *s, const int64_t *a)
{
    size_t i = (size_t)a[0] % s->plan->informers;
    struct informer *inf = &s->informers[i];
    struct witness *w = &inf->witness[handler_of(s, i, a[1])];
    if (!w->joined)
        return;
    w->joined = false;
    if (kedge_informer_remove_handler(inf->inf, &w->handler) != KEDGE_OK)
        sim_fail(s, "a handler cannot leave");
    walk_end_all(s, i);
}

static void do_walk(struct sim *s, const int64_t *a)
{
    walk_begin(s, (size_t)a[0] % s->plan->informers, a[1]);
}

static void do_stop(struct sim *s, const int64_t *a)
{
    struct informer *inf = &s->informers[(size_t)a[0] % s->plan->informers];
    inf->rest_until = 0;
    if (a[1] != 0 && inf->witness[0].joined && !inf->inf->stopped) {
        inf->witness[0].inside = INSIDE_STOP;
        return;
    }
    kedge_informer_stop(inf->inf);
    inf->stopped = true;
    for (size_t h = 0; h < SIM_HANDLERS; h++)
        inf->witness[h].joined = false;
}

static void do_rest(struct sim *s, const int64_t *a)
{
    static const enum inside insides[] = {INSIDE_NOTHING, INSIDE_REST, INSIDE_RESTART};
    for (size_t i = 0; i < s->plan->informers; i++)
        if (one_of(s, a[0]) == PLAN_INFORMERS || one_of(s, a[0]) == i)
            rest(s, i, insides[a[1]], a[2]);
}

static void do_index(struct sim *s, const int64_t *a)
{
    for (size_t i = 0; i < s->plan->informers; i++)
        if (one_of(s, a[0]) == PLAN_INFORMERS || one_of(s, a[0]) == i)
            uses_add_late(s, i);
}

static void do_lease(struct sim *s, const int64_t *a)
{
    heartbeat_meddle(s, a[0] != 0);
}

static void do_reboot(struct sim *s, const int64_t *a)
{
    (void)a;
    halt(s);
    walk_end_all(s, PLAN_INFORMERS);
    boot(s);
}

static void (*const doers[DO_COUNT])(struct sim *, const int64_t *) = {
    [DO_PUT] = do_put,
    [DO_DELETE] = do_delete,
    [DO_RELABEL] = do_relabel,
    [DO_BURST] = do_burst,
    [DO_WIPE] = do_wipe,
    [DO_COMPACT] = do_compact,
    [DO_RESTART] = do_restart,
    [DO_REWIND] = do_rewind,
    [DO_BOOKMARK] = do_bookmark,
    [DO_FAULT] = do_fault,
    [DO_FORBID] = do_forbid,
    [DO_EXPIRE] = do_expire,
    [DO_LINK] = do_link,
    [DO_DROP] = do_drop,
    [DO_SILENCE] = do_silence,
    [DO_PARTITION] = do_partition,
    [DO_REFUSE] = do_refuse,
    [DO_NAMELESS] = do_nameless,
    [DO_SLEEP] = do_sleep,
    [DO_CALENDAR] = do_calendar,
    [DO_CLOCK_BACK] = do_clock_back,
    [DO_WAKES] = do_wakes,
    [DO_BUSY] = do_busy,
    [DO_JOIN] = do_join,
    [DO_PART] = do_part,
    [DO_WALK] = do_walk,
    [DO_STOP] = do_stop,
    [DO_REST] = do_rest,
    [DO_INDEX] = do_index,
    [DO_LEASE] = do_lease,
    [DO_REBOOT] = do_reboot,
};

static bool needs_machine(enum verb verb)
{
    return verb >= DO_BUSY && verb != DO_REBOOT;
}

static void play(struct sim *s, const struct plan *plan, int64_t from)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct action *a = &plan->actions[i];
        run_until(s, from + a->at);
        if (s->trace != NULL) {
            fprintf(s->trace, "%10lld  --> ", (long long)s->network.now);
            plan_write_action(a, s->trace);
        }
        if (s->started || !needs_machine(a->verb))
            doers[a->verb](s, a->arg);
        heartbeat_note(s, a);
        network_advance(s, s->network.now);
    }
    run_until(s, from + plan->heal_at);
}

// ---- the end of all faults -----------------------------------------------------------------

static void heal(struct sim *s)
{
    network_heal(s);
    mock_heal(s->mock);
    mock_allow_all(s->mock);
    s->allow_at = INT64_MAX;
    s->token_back_at = s->token_back_at < INT64_MAX ? s->network.now : INT64_MAX;
    network_advance(s, s->network.now);
    for (size_t i = 0; i < s->plan->informers; i++) {
        for (size_t h = 0; h < SIM_HANDLERS; h++)
            s->informers[i].witness[h].busy_until = 0;
    }
    end_rests(s, INT64_MAX);
    work_heal(s);
    heartbeat_heal(s);
    kedge_wake(s->k);
}

// NULL: everything is as it should be.
static const char *unsettled(struct sim *s)
{
    for (size_t i = 0; i < s->plan->informers; i++) {
        const char *why = check_calm(s, i); // costs nothing
        if (why != NULL)
            return why;
    }
    for (size_t i = 0; i < s->plan->informers; i++) {
        const char *why = check_equal(s, i);
        struct informer *inf = &s->informers[i];
        if (why != NULL)
            return why;
        if (!inf->adrift)
            continue;
        if (!inf->stopped && !informer_noticed(inf))
            return "a replaced history was not noticed";
        // The new history is the only one now. Of what is gone, no version is to be remembered.
        inf->adrift = false;
        inf->last_applied = 0;
        for (size_t h = 0; h < SIM_HANDLERS; h++)
            for (unsigned n = 0; n < SIM_OBJECTS; n++)
                if (!inf->witness[h].told[n].present)
                    inf->witness[h].told[n].version = 0;
    }
    return work_left(s);
}

static const char *wait_until_settled(struct sim *s, int64_t ms)
{
    int64_t until = s->network.now + ms;
    const char *why = unsettled(s);
    while (why != NULL && s->network.now < until) {
        poll(s, 1000);
        why = unsettled(s);
    }
    return why;
}

static void settle(struct sim *s)
{
    heal(s);
    sim_trace(s, "no more faults");
    if (!s->started)
        return;
    const char *why = wait_until_settled(s, s->fits ? SETTLE_MS : SETTLE_STALE_MS);
    if (why != NULL && !s->fits) {
        // Not everything fits: then less must.
        sim_trace(s, "not settled: %s; now everything is deleted", why);
        world_empty(s);
        why = wait_until_settled(s, SETTLE_STALE_MS);
    }
    if (why != NULL)
        sim_fail(s, "does not settle: %s", why);
    check_memory(s);
}

// ---- nothing happens -----------------------------------------------------------------------

struct before {
    uint64_t polls, requests, bytes, told, resyncs, works;
    uint64_t resyncs_of[PLAN_INFORMERS][SIM_HANDLERS];
};

static struct before count_all(const struct sim *s)
{
    struct before b = {
        .polls = s->polls, .bytes = s->network.bytes_to_client, .works = s->work.done};
    for (size_t i = 0; i < s->plan->informers; i++) {
        b.requests += s->informers[i].requests.count;
        for (size_t h = 0; h < SIM_HANDLERS; h++) {
            const struct witness *w = &s->informers[i].witness[h];
            b.told += w->adds + w->updates + w->deletes;
            b.resyncs += b.resyncs_of[i][h] = w->resyncs;
        }
    }
    return b;
}

// The cached objects of which a handler is told.
static size_t objects_of(struct sim *s, size_t informer, size_t handler)
{
    const struct witness *w = &s->informers[informer].witness[handler];
    struct kedge_iter it = kedge_lister_list(s->informers[informer].inf, "", KEDGE_EVERYTHING);
    size_t count = 0;
    for (const struct kedge_object *o; (o = kedge_iter_next(&it)) != NULL;)
        count += world_thing(s, informer, o) != NULL && witness_takes(w, o);
    return count;
}

// Each handler is told of everything again, as often as it wants and no more.
static void check_resync(struct sim *s, size_t i, size_t h, uint64_t resyncs, int64_t ms)
{
    const struct witness *w = &s->informers[i].witness[h];
    int64_t own = h == 1 ? s->plan->informer[i][INF_RESYNC] : 0;
    int64_t period = own > 0 ? own : s->plan->set[SET_RESYNC];
    uint64_t objects = objects_of(s, i, h);
    if (!w->joined || s->informers[i].stopped)
        return;
    if (period == 0 && resyncs > 0)
        sim_fail(s, "%llu resyncs that nobody wants", (unsigned long long)resyncs);
    if (period == 0)
        return;
    uint64_t most = (uint64_t)(ms / period) + 1;
    // The watch must run for it; what is between two watches is counted generously.
    uint64_t least = most > 8 ? most / 2 : most > 3 ? 1 : 0;
    if (resyncs < least * objects || resyncs > most * objects)
        sim_fail(s,
                 "informer %zu, handler %zu: %llu resyncs of %llu objects in %lld ms, every %lld",
                 i, h, (unsigned long long)resyncs, (unsigned long long)objects, (long long)ms,
                 (long long)period);
}

// A WatchList of a server without bookmarks is given up after 70 s, and a list takes its place.
static int64_t end_is_waited_for(const struct sim *s)
{
    int64_t ms = 0;
    for (size_t i = 0; i < s->plan->informers && s->plan->set[SET_BOOKMARKS] == 0; i++)
        if (s->plan->informer[i][INF_WAY] == 1)
            ms = 80 * KEDGE_SECOND;
    return ms;
}

static void keep_quiet(struct sim *s, int64_t ms)
{
    if (!s->started)
        return;
    sim_trace(s, "nothing happens for %lld s", (long long)(ms / 1000));
    int64_t from = s->network.now;
    struct before a = count_all(s);
    run_until(s, from + ms);
    // Where bookmarks never come, a list may be under way.
    const char *why = wait_until_settled(s, 10 * KEDGE_SECOND + end_is_waited_for(s));
    struct before b = count_all(s);
    ms = s->network.now - from;
    if (why != NULL)
        sim_fail(s, "does not stay settled: %s", why);
    if (b.told != a.told)
        sim_fail(s, "%llu calls of handlers, though nothing has changed",
                 (unsigned long long)(b.told - a.told));
    // A bookmark a minute, or what its plan says; watches end after 5 to 10 minutes, and where
    // nothing is ever said, a list follows two of them.
    uint64_t informers = s->plan->informers;
    int64_t bookmarks = s->plan->set[SET_BOOKMARKS];
    uint64_t beats = (uint64_t)(ms / (bookmarks > 0 ? bookmarks : 60000)) + (uint64_t)(ms / 60000);
    uint64_t objects = s->plan->set[SET_OBJECTS] > 0 ? (uint64_t)s->plan->set[SET_OBJECTS] : 1;
    if (b.requests - a.requests > informers * (6 + (uint64_t)(ms / 150000) + objects))
        sim_fail(s, "%llu requests, though nothing happens",
                 (unsigned long long)(b.requests - a.requests));
    // Each list may say every object again, each watch and bookmark a few hundred bytes.
    uint64_t bytes =
        (b.requests - a.requests) * (2048 + objects * 16384) + informers * beats * 1024;
    uint64_t renewals = s->heartbeat.lease != NULL ? (uint64_t)(ms / 9000) + 1 : 0;
    bytes += renewals * 8192;
    if (b.bytes - a.bytes > bytes)
        sim_fail(s, "%llu bytes, though nothing happens", (unsigned long long)(b.bytes - a.bytes));
    uint64_t polls = 200 + informers * (beats * 8 + 50 * (objects + 4)) +
                     (b.resyncs - a.resyncs) * 4 + (b.works - a.works) * 4 +
                     renewals * (40 + 8 * informers);
    if (b.polls - a.polls > polls)
        sim_fail(s, "%llu polls, though nothing happens", (unsigned long long)(b.polls - a.polls));
    for (size_t i = 0; i < s->plan->informers; i++)
        for (size_t h = 0; h < SIM_HANDLERS; h++)
            check_resync(s, i, h, b.resyncs_of[i][h] - a.resyncs_of[i][h], ms);
}

// ---- something happens again ---------------------------------------------------------------

// More changes than one turn takes, on a link that is well: everybody hears of them at once.
static void pulse(struct sim *s)
{
    if (!s->started || !s->fits)
        return;
    sim_trace(s, "a pulse");
    for (size_t i = 0; i < s->plan->informers; i++)
        world_burst(s, (unsigned)s->plan->informer[i][INF_KIND], PULSE);
    // A watch that ends just now is opened again within two round trips.
    // A slow machine needs its turns for it, the more the smaller the pieces; who is shown the door
    // by a short history comes back after a step of the backoff.
    int64_t chunk = s->plan->set[SET_CHUNK];
    int64_t ms = PULSE_MS + (chunk > 0 && chunk < 64 ? 6400 / chunk : 100) * s->plan->set[SET_CPU];
    if (s->plan->set[SET_HISTORY] < (int64_t)PULSE * PLAN_INFORMERS)
        ms += KEDGE_MINUTE;
    ms += end_is_waited_for(s);
    // A queue that is full holds everybody back for two turns a key.
    if (s->plan->set[SET_WORKERS] > 0)
        ms += (int64_t)(s->plan->informers * 2 * PULSE) * s->plan->set[SET_CPU];
    run_until(s, s->network.now + ms);
    const char *why = unsettled(s);
    if (why != NULL)
        sim_fail(s, "not everybody has heard of a change after %lld ms: %s", (long long)ms, why);
}

// ---- from beginning to end -----------------------------------------------------------------

// Bytes of the index nodes that an object may have.
static int64_t bytes_of_nodes(const struct plan *plan, size_t informer)
{
    static const int64_t nodes[] = {0, 1, 6};
    int64_t count = nodes[plan->informer[informer][INF_INDEX]];
    for (size_t i = 0; i < plan->count; i++)
        if (plan->actions[i].verb == DO_INDEX) {
            count += 4;
            break;
        }
    return count * (int64_t)sizeof(struct kedge__slot);
}

// Whether everything that may be wanted at once has room.
static bool all_fits(const struct plan *plan)
{
    const int64_t *set = plan->set;
    int64_t need = 32 * 1024;
    for (size_t i = 0; i < plan->informers; i++) {
        const int64_t *inf = plan->informer[i];
        if (inf[INF_MAXIMUM] > 0)
            return false;
        need += 12 * 1024 + inf[INF_BUFFER] + 2 * inf[INF_TEXT] +
                (set[SET_OBJECTS] + inf[INF_QUEUE] + 4) *
                    (set[SET_OBJECT_MAX] + 64 + bytes_of_nodes(plan, i)) +
                inf[INF_QUEUE] * 16;
    }
    for (size_t i = 0; i < plan->count; i++)
        if (plan->actions[i].verb == DO_FAULT && plan->actions[i].arg[0] == MOCK_FAULT_ENDLESS_LIST)
            return false;
    return need <= set[SET_MEMORY];
}

static void begin(struct sim *s, const struct plan *plan, FILE *trace)
{
    memset(s, 0, sizeof *s);
    s->plan = plan;
    s->trace = trace;
    s->chance.state = (uint64_t)plan->set[SET_SEED] * 0x2545f4914f6cdd1du;
    s->look_chance.state = s->chance.state ^ 0x6c6f6f6b6c6f6f6b;
    s->work_chance.state = s->chance.state ^ 0x776f726b776f726b;
    s->size = (size_t)plan->set[SET_MEMORY] + work_bytes(plan) + heartbeat_bytes(plan);
    s->fits = all_fits(plan);
    s->can_fail = true;
    s->token_back_at = s->allow_at = INT64_MAX;
    s->block = malloc(s->size + 2 * (size_t)SIM_GUARD);
    if (s->block == NULL)
        abort();
    memset(s->block, 0x5a, SIM_GUARD);
    memset(s->block + SIM_GUARD + s->size, 0x5a, SIM_GUARD);
}

// The informers of the plan, but none twice.
static void copy_plan(struct plan *distinct, const struct plan *plan)
{
    *distinct = *plan;
    distinct->informers = 0;
    for (size_t i = 0; i < plan->informers; i++)
        if (!is_again(plan, i))
            memcpy(distinct->informer[distinct->informers++], plan->informer[i],
                   sizeof plan->informer[i]);
}

static void sum_up(const struct sim *s, struct outcome *outcome)
{
    *outcome = (struct outcome){.polls = s->polls,
                                .events = s->events,
                                .changes = s->changes,
                                .bytes = s->network.bytes_to_client,
                                .virtual_ms = s->network.now};
    memcpy(outcome->failure, s->failure, sizeof outcome->failure);
}

static void free_all(struct sim *s)
{
    world_close(s);
    network_close(s);
    free(s->block);
}

void sim_run(const struct plan *plan, FILE *trace, struct outcome *outcome)
{
    static struct sim sim;
    struct sim *s = &sim;
    struct plan distinct;
    copy_plan(&distinct, plan);
    begin(s, &distinct, trace);
    if (setjmp(s->out) == 0) {
        network_open(s);
        world_open(s);
        boot(s);
        play(s, &distinct, 0);
        settle(s);
        keep_quiet(s, QUIET_MS);
        pulse(s);
        halt(s);
    }
    sum_up(s, outcome);
    free_all(s);
}

// ---- without end ---------------------------------------------------------------------------

// What does not fit a machine that runs on: its end, and lists that never end.
static bool lasts(const struct action *a)
{
    return a->verb != DO_STOP && a->verb != DO_REBOOT && a->verb != DO_REWIND &&
           (a->verb != DO_FAULT || a->arg[0] != MOCK_FAULT_ENDLESS_LIST);
}

static void bad_day(struct sim *s, uint64_t day)
{
    struct plan more = *s->plan;
    size_t kept = 0;
    more.actions = NULL;
    more.count = more.cap = 0;
    more.heal_at = plan_more(&more, day, 0, 20);
    for (size_t i = 0; i < more.count; i++)
        if (lasts(&more.actions[i]))
            more.actions[kept++] = more.actions[i];
    more.count = kept;
    s->bad_day = more.actions; // freed also where it fails
    play(s, &more, s->network.now);
    free(s->bad_day);
    s->bad_day = NULL;
}

static void good_day(struct sim *s)
{
    for (int hour = 0; hour < 24; hour++) {
        for (size_t i = 0; i < s->plan->informers; i++)
            world_burst(s, (unsigned)s->plan->informer[i][INF_KIND], 500);
        run_until(s, s->network.now + KEDGE_HOUR);
    }
}

void sim_endure(const struct plan *plan, uint64_t events,
                void (*tell)(const struct sim *s, uint64_t days), struct outcome *outcome)
{
    static struct sim sim;
    struct sim *s = &sim;
    struct plan distinct;
    copy_plan(&distinct, plan);
    begin(s, &distinct, NULL);
    if (setjmp(s->out) == 0) {
        network_open(s);
        world_open(s);
        boot(s);
        for (uint64_t day = 1; s->events < events; day++) {
            if (day % 7 == 0)
                bad_day(s, day + (uint64_t)plan->set[SET_SEED]);
            good_day(s);
            settle(s);
            s->work.healed = false;
            tell(s, day);
        }
        halt(s);
    }
    sum_up(s, outcome);
    free(s->bad_day);
    free_all(s);
}
