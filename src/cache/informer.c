// SPDX-License-Identifier: Apache-2.0
// informer.c - the informer as its users see it, and as the loop does: a task that reads and
// delivers.
#include "cache/informer_priv.h"

#define QUEUE_DEFAULT  32
#define TEXT_DEFAULT   6144
#define BUFFER_DEFAULT 4096

// How long until a handler that is not ready is asked again.
#define READY_LOOK (100 * KEDGE_MILLISECOND)
// Bytes of records that one turn moves at most, and one record more, so that no turn is long.
#define TIDY_BYTES 65536

static struct kedge_informer *informer_of(struct kedge__task *t)
{
    return (struct kedge_informer *)(void *)((char *)t - offsetof(struct kedge_informer, task));
}

static bool step(struct kedge__task *t, kedge_time now)
{
    struct kedge_informer *inf = informer_of(t);
    return !inf->stopped && kedge__reflector_step(inf, now);
}

// All informers of a factory share what may be moved in a turn.
static bool tidy(struct kedge_factory *f)
{
    uint64_t before = f->heap.bytes_moved;
    if (f->tidied >= TIDY_BYTES)
        return false;
    bool moved = kedge__heap_tidy(&f->heap, TIDY_BYTES - f->tidied);
    f->tidied += (size_t)(f->heap.bytes_moved - before);
    return moved;
}

static bool deliver(struct kedge__task *t, kedge_time now)
{
    struct kedge_informer *inf = informer_of(t);
    if (inf == inf->factory->informers)
        inf->factory->tidied = 0; // a new turn
    if (inf->stopped)
        return false;
    bool moved = kedge__delivery_run(inf, now);
    bool blocked = inf->delivery.blocked;
    if (!inf->stop_asked)
        kedge__state_tell(inf);
    if (!inf->stop_asked)
        kedge__watch_error_tell(inf);
    if (inf->stop_asked) {
        kedge__informer_do_stop(inf);
        return true;
    }
    // Somebody's item may wait for the room that lies in pieces.
    if (inf->reflector.item_waits || inf->factory->heap.in_pieces)
        moved |= tidy(inf->factory);
    if (blocked && now + READY_LOOK < t->deadline)
        t->deadline = now + READY_LOOK;
    if (inf->delivery.next_resync < t->deadline && kedge__reflector_watches(inf) && !blocked)
        t->deadline = inf->delivery.next_resync;
    kedge__factory_report(inf->factory);
    return moved;
}

static const struct kedge__task_ops task_ops = {.step = step, .deliver = deliver};

static void fill_defaults(struct kedge_informer_options *o)
{
    if (o->text_max == 0)
        o->text_max = TEXT_DEFAULT;
    if (o->buffer == 0)
        o->buffer = BUFFER_DEFAULT;
    if (o->queue == 0)
        o->queue = QUEUE_DEFAULT;
    if (o->namespace_ == NULL)
        o->namespace_ = "";
    if (o->label_selector == NULL)
        o->label_selector = "";
    if (o->field_selector == NULL)
        o->field_selector = "";
}

size_t kedge__informer_bytes(const struct kedge_informer_options *options)
{
    struct kedge_informer_options o = *options;
    fill_defaults(&o);
    size_t places = 8; // takings, each aligned
    size_t tokens = o.text_max / KEDGE__TEXT_PER_TOKEN * sizeof(struct kedge_json_token);
    return tokens + sizeof(struct kedge_informer) + o.queue * sizeof(struct kedge__delta) +
           o.text_max + o.buffer + KEDGE__ENVELOPE_MAX + places * _Alignof(max_align_t);
}

// Whoever may create objects must not know it (see hash.h). The server sees some of the client's
// random numbers, in how long watches are to last; none of them leads to this one.
static bool draw_index_seed(struct kedge *k, uint32_t *seed)
{
    struct kedge__random own;
    kedge_err err = kedge__random_seed(&own, k->port);
    *seed = kedge__random_next(&own);
    if (err != KEDGE_OK)
        kedge__line_text(kedge__fail(k, err), "the seed of an index: the port has no random bytes");
    return err == KEDGE_OK;
}

struct kedge_informer *kedge__informer_new(struct kedge_factory *factory,
                                           const struct kedge_kind *kind,
                                           const struct kedge_informer_options *options)
{
    struct kedge *k = factory->k;
    struct kedge_informer_options o = *options;
    fill_defaults(&o);
    uint32_t seed;
    if (!draw_index_seed(k, &seed))
        return NULL;
    struct kedge_informer *inf = KEDGE__NEW(k, "informer", struct kedge_informer, 1);
    struct kedge__delta *ring = KEDGE__NEW(k, "delta fifo", struct kedge__delta, o.queue);
    if (inf == NULL || ring == NULL)
        return NULL;
    inf->factory = factory;
    inf->kind = kind;
    inf->options = o;
    if (o.transform != NULL || o.keep != NULL)
        inf->change = factory->change_ops;
    inf->owner = factory->count;
    inf->account.reserved = o.reserved;
    inf->account.maximum = o.maximum;
    inf->account.secret = (kind->flags & KEDGE_SECRET) != 0;
    inf->delivery.next_resync = KEDGE_FOREVER;
    inf->task.ops = &task_ops;
    inf->task.deadline = KEDGE_FOREVER;
    kedge__delta_fifo_init(&inf->fifo, ring, o.queue);
    kedge__indexer_init(&inf->indexer, &factory->heap, inf->owner, seed);
    if (kedge__reflector_init(inf) != KEDGE_OK || kedge__task_add(k, &inf->task) != KEDGE_OK)
        return NULL;
    return inf;
}

// ---------------------------------------------------------------------------- state

void kedge__informer_phase(struct kedge_informer *inf, enum kedge_informer_phase phase,
                           kedge_time now)
{
    if (phase == KEDGE_CURRENT) {
        // What has failed since the list was whole is not over with its sweep. A transform that
        // lacked room has said so there already.
        inf->reason = inf->late;
        if (inf->late != KEDGE_ERR_FULL)
            memcpy(inf->problem, inf->failed.text, sizeof inf->problem);
        if (inf->late == KEDGE_OK)
            inf->problem[0] = '\0';
        inf->object[0] = '\0';
        inf->bytes_short = 0;
    }
    if (inf->phase == phase)
        return;
    inf->phase = phase;
    inf->since = now;
    inf->state_dirty = true;
}

void kedge__informer_warn(struct kedge_informer *inf, const char *what, const char *problem)
{
    struct kedge *k = inf->factory->k;
    if (!kedge__log_wants(k, KEDGE_LOG_WARNING))
        return;
    char text[KEDGE__PROBLEM_MAX + 128];
    struct kedge__line l;
    kedge__line_init(&l, text, sizeof text);
    kedge__line_text(&l, what);
    kedge__line_byte(&l, ' ');
    kedge__line_text(&l, inf->kind->resource);
    kedge__line_text(&l, ": ");
    kedge__line_text(&l, problem);
    kedge__log(k, KEDGE_LOG_WARNING, text);
}

void kedge__informer_failed(struct kedge_informer *inf, kedge_err err, bool of_watch,
                            const char *text, const struct kedge_status *status)
{
    struct kedge__failure *f = &inf->failed;
    struct kedge__line l;
    kedge__line_init(&l, f->text, sizeof f->text);
    kedge__line_printable(
        &l, kedge_str_of(text != NULL && text[0] != '\0' ? text : kedge_err_text(err)),
        sizeof f->text - 4);
    f->err = err;
    f->of_watch = of_watch;
    f->code = status != NULL ? status->code : 0;
    f->reason = status != NULL ? kedge_status_reason(status) : KEDGE_REASON_UNKNOWN;
    f->waits = true;
    inf->failures++;
    inf->late = err;
    inf->state_dirty = true;
    kedge__informer_warn(inf, of_watch ? "watch" : "list", f->text);
    if (inf->phase == KEDGE_STALE)
        return; // that is what matters, until it is over
    inf->reason = err;
    memcpy(inf->problem, f->text, sizeof inf->problem);
}

void kedge__informer_recovered(struct kedge_informer *inf)
{
    inf->late = KEDGE_OK;
    if (inf->phase != KEDGE_CURRENT || inf->reason == KEDGE_OK)
        return;
    inf->reason = KEDGE_OK;
    inf->problem[0] = '\0';
    inf->state_dirty = true;
}

void kedge__informer_stale(struct kedge_informer *inf, kedge_time now)
{
    struct kedge__line l;
    kedge__informer_phase(inf, KEDGE_STALE, now);
    inf->reason = KEDGE_ERR_FULL;
    if (inf->late == KEDGE_ERR_FULL)
        inf->late = KEDGE_OK; // its text goes
    kedge__line_init(&l, inf->problem, sizeof inf->problem);
    kedge__line_text(&l, "the heap lacks ");
    kedge__line_int(&l, (int64_t)inf->bytes_short);
    kedge__line_text(&l, " bytes for ");
    kedge__line_text(&l, inf->object);
    inf->failures++;
    inf->state_dirty = true;
    kedge__informer_warn(inf, "cache", inf->problem);
}

bool kedge__version_older(const char *a, const char *b)
{
    size_t la = strlen(a);
    size_t lb = strlen(b);
    return la != lb ? la < lb : strcmp(a, b) < 0;
}

void kedge__informer_raise_floor(struct kedge_informer *inf, const char *version)
{
    size_t len = strlen(version);
    if (len < sizeof inf->floor && kedge__version_older(inf->floor, version))
        memcpy(inf->floor, version, len + 1);
}

kedge_err kedge_informer_state(const struct kedge_informer *inf, struct kedge_informer_state *state)
{
    if (inf == NULL || state == NULL)
        return KEDGE_ERR_ARGUMENT;
    *state = (struct kedge_informer_state){
        .phase = inf->phase,
        .reason = inf->reason,
        .text = inf->problem,
        .object = inf->object,
        .bytes_short = inf->bytes_short,
        .since = inf->since,
        .version = inf->applied,
        .objects = inf->indexer.count,
        .partial = inf->partial,
        .skipped = inf->skipped,
        .untransformed = inf->untransformed,
        .last_partial = inf->last_partial,
        .lists = inf->lists,
        .watches = inf->watches,
        .failures = inf->failures,
        .bytes_in = inf->reflector.connection.bytes_in,
        .bytes_out = inf->reflector.connection.bytes_out,
    };
    return KEDGE_OK;
}

const struct kedge_kind *kedge_informer_kind(const struct kedge_informer *inf)
{
    return inf != NULL ? inf->kind : NULL;
}

// ---------------------------------------------------------------------------- handlers

static kedge_time resync_period(const struct kedge_informer *inf, const struct kedge_handler *h)
{
    kedge_time period = h->resync;
    if (period == 0)
        period = inf->options.resync;
    if (period == 0)
        period = inf->factory->options.resync;
    if (period <= 0)
        return KEDGE_FOREVER;
    return period < KEDGE_SECOND ? KEDGE_SECOND : period;
}

static void schedule_resync(struct kedge_informer *inf, struct kedge_handler *h)
{
    kedge_time now = kedge__clock(inf->factory->k);
    h->resync_period = resync_period(inf, h);
    h->next_resync = kedge__after(now, h->resync_period);
    if (h->next_resync < inf->delivery.next_resync)
        inf->delivery.next_resync = h->next_resync;
}

kedge_err kedge_informer_add_handler(struct kedge_informer *inf, struct kedge_handler *h)
{
    if (inf == NULL || h == NULL)
        return KEDGE_ERR_ARGUMENT;
    if (h->informer != NULL) {
        struct kedge *k = inf->factory->k;
        if (!inf->factory->started) // part of a start-up, which needs no check but its last
            kedge__line_text(kedge__fail(k, KEDGE_ERR_EXISTS),
                             "a handler is added twice: each informer needs one of its own");
        return KEDGE_ERR_EXISTS;
    }
    if (inf->stopped || inf->stop_asked)
        return KEDGE_ERR_STATE;
    struct kedge_handler **end = &inf->delivery.handlers;
    while (*end != NULL)
        end = &(*end)->next;
    *end = h;
    h->next = NULL;
    h->informer = inf;
    // The note under way is in the cache already, so it comes with the replay.
    h->had = inf->delivery.number;
    h->replay = 0;
    h->replaying = inf->factory->started;
    h->resyncing = false;
    inf->factory->k->again = true;
    schedule_resync(inf, h);
    return KEDGE_OK;
}

kedge_err kedge_informer_remove_handler(struct kedge_informer *inf, struct kedge_handler *h)
{
    if (inf == NULL || h == NULL)
        return KEDGE_ERR_ARGUMENT;
    struct kedge_handler **at = &inf->delivery.handlers;
    while (*at != NULL && *at != h)
        at = &(*at)->next;
    if (*at == NULL)
        return KEDGE_OK;
    *at = h->next;
    h->next = NULL;
    h->informer = NULL;
    h->replaying = h->resyncing = false;
    return KEDGE_OK;
}

bool kedge_handler_has_synced(const struct kedge_handler *h)
{
    return h != NULL && h->informer != NULL && h->informer->synced && !h->replaying;
}

bool kedge_informer_has_synced(const struct kedge_informer *inf)
{
    return inf != NULL && inf->synced;
}

// ---------------------------------------------------------------------------- the end

// What was framed and not delivered stays where it is, and so do the handlers: a start goes on with
// both, so nothing is lost or told twice.
void kedge__informer_do_stop(struct kedge_informer *inf)
{
    kedge__reflector_stop(inf);
    inf->stopped = true;
    inf->stop_asked = false;
    inf->task.stream = NULL;
    inf->task.interest = KEDGE_INTEREST_NONE;
    inf->task.deadline = KEDGE_FOREVER;
    kedge__factory_report(inf->factory); // nobody else would, where no informer is left
}

void kedge_informer_stop(struct kedge_informer *inf)
{
    if (inf == NULL || inf->stopped)
        return;
    // It closes its connection, which must not happen inside a step; a handler may be in one of
    // ours. Then it is done when that has returned.
    kedge__lock(inf->factory->k);
    if (inf->factory->k->inside)
        inf->stop_asked = true;
    else
        kedge__informer_do_stop(inf);
    kedge__unlock(inf->factory->k);
}

void kedge__informer_do_start(struct kedge_informer *inf, kedge_time now)
{
    if (!inf->started)
        inf->since = now;
    if (!inf->started || inf->stopped)
        kedge__reflector_start(inf, now);
    inf->started = true;
    inf->stopped = false;
    inf->stop_asked = false;
    inf->task.deadline = now;
    inf->factory->k->again = true;
}

kedge_err kedge_informer_start(struct kedge_informer *inf)
{
    if (inf == NULL)
        return KEDGE_ERR_ARGUMENT;
    struct kedge_factory *f = inf->factory;
    if (f->k->failure != KEDGE_OK)
        return f->k->failure;
    if (f->shut_down)
        return KEDGE_ERR_STOPPED;
    if (!f->started)
        return KEDGE_ERR_STATE;
    kedge__lock(f->k);
    kedge__informer_do_start(inf, kedge__clock(f->k));
    kedge__unlock(f->k);
    return KEDGE_OK;
}

bool kedge_informer_is_stopped(const struct kedge_informer *inf)
{
    return inf == NULL || inf->stopped || inf->stop_asked;
}

const char *kedge_informer_last_sync_resource_version(const struct kedge_informer *inf)
{
    return inf != NULL ? inf->reflector.read : "";
}
