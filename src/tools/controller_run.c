// SPDX-License-Identifier: Apache-2.0
// controller_run.c - the loop of controllers: caches become whole, then keys are worked off.
#include "cache/informer_priv.h"
#include "tools/controller_priv.h"

// KEDGE_WAIT: not yet. Once they are, everything that is there will be looked at.
static kedge_err sync(struct kedge_controller *c, kedge_time now)
{
    for (struct kedge_controller_source *s = c->sources; s != NULL; s = s->next) {
        struct kedge_informer *inf = s->informer;
        if (kedge_informer_has_synced(inf))
            continue;
        bool waits = inf->started && !inf->stopped && inf->factory->k == c->k;
        // It finds the words for what is wrong.
        if (!waits || now >= c->sync_until)
            return kedge_wait_for_cache_sync(c->k, &inf, 1, 0);
        return KEDGE_WAIT;
    }
    kedge__lock(c->k);
    bool begins = c->phase == KEDGE__CONTROLLER_SYNCING; // else it was shut down meanwhile
    if (begins) {
        c->phase = KEDGE__CONTROLLER_RUNNING;
        c->figures.synced = true;
        kedge__tell_threads(c->k);
    }
    kedge__unlock(c->k);
    if (begins)
        kedge__controller_begin_walks(c);
    return KEDGE_OK;
}

// What is called back must not poll, and is no place for another step.
static bool work(struct kedge_controller *c)
{
    char key[KEDGE_WORKQUEUE_KEY];
    if (c->workers > 0 || kedge_workqueue_get(c->queue, key, sizeof key) != KEDGE_OK)
        return false;
    c->k->inside = true;
    kedge__controller_reconcile(c, key, 0);
    c->k->inside = false;
    return true;
}

static uint8_t phase_of(const struct kedge_controller *c)
{
    kedge__lock(c->k);
    uint8_t phase = c->phase;
    kedge__unlock(c->k);
    return phase;
}

// No more keys, also of those that wait. Workers in threads of their own return.
static kedge_err end(struct kedge_controller *c)
{
    if (phase_of(c) == KEDGE__CONTROLLER_OVER)
        return KEDGE_ERR_STOPPED;
    kedge__lock(c->k);
    c->phase = KEDGE__CONTROLLER_OVER;
    kedge__unlock(c->k);
    kedge_workqueue_shut_down(c->queue);
    kedge__controller_part(c);
    return KEDGE_ERR_STOPPED;
}

static bool is_drained(const struct kedge_controller *c)
{
    struct kedge_workqueue_report r;
    kedge_workqueue_report(c->queue, &r);
    return r.depth == 0 && r.in_work == 0;
}

static void begin(struct kedge_controller *c, kedge_time now)
{
    kedge__lock(c->k);
    if (c->phase == KEDGE__CONTROLLER_NEW)
        c->phase = KEDGE__CONTROLLER_SYNCING;
    kedge__unlock(c->k);
    c->sync_until = kedge__after(now, c->options.sync_timeout);
}

static kedge_time read_clock(const struct kedge_controller *c)
{
    kedge__lock(c->k);
    kedge_time now = kedge__clock(c->k);
    kedge__unlock(c->k);
    return now;
}

static kedge_err step(struct kedge_controller *c)
{
    kedge_time now = read_clock(c);
    uint8_t phase = phase_of(c);
    bool moved = false;
    if (c->k->stopped || phase == KEDGE__CONTROLLER_OVER)
        return end(c);
    if (phase == KEDGE__CONTROLLER_DRAINING && !c->figures.synced)
        return end(c); // without whole caches there is nothing to judge by
    if (phase == KEDGE__CONTROLLER_NEW)
        begin(c, now);
    if (phase <= KEDGE__CONTROLLER_SYNCING) {
        kedge_err err = sync(c, now);
        if (err != KEDGE_OK)
            return err;
        moved = true;
    }
    if (phase == KEDGE__CONTROLLER_RUNNING)
        moved |= kedge__controller_walk(c);
    moved |= work(c);
    if (!moved && phase == KEDGE__CONTROLLER_DRAINING && is_drained(c))
        return end(c);
    return moved ? KEDGE_OK : KEDGE_WAIT;
}

// As kedge_controller_step, but who calls ends it after an error.
static kedge_err step_unless_inside(struct kedge_controller *c)
{
    if (c->k->inside)
        return KEDGE_ERR_REENTRANT;
    if (c->k->failure != KEDGE_OK)
        return c->k->failure;
    return step(c);
}

static bool is_last(kedge_err err)
{
    return err != KEDGE_OK && err != KEDGE_WAIT && err != KEDGE_ERR_REENTRANT;
}

kedge_err kedge_controller_step(struct kedge_controller *c)
{
    if (c == NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge_err err = step_unless_inside(c);
    if (is_last(err))
        end(c);
    return err;
}

void kedge_controller_shut_down(struct kedge_controller *c)
{
    if (c == NULL)
        return;
    kedge__lock(c->k);
    if (c->phase < KEDGE__CONTROLLER_DRAINING)
        c->phase = KEDGE__CONTROLLER_DRAINING;
    kedge_workqueue_shut_down(c->queue);
    kedge_wake(c->k);
    kedge__unlock(c->k);
}

// How long nothing but a poll has to be done.
static kedge_time next_deadline(struct kedge_controller *const *list, size_t count)
{
    kedge_time next = KEDGE_FOREVER;
    for (size_t i = 0; i < count; i++) {
        if (phase_of(list[i]) == KEDGE__CONTROLLER_SYNCING && list[i]->sync_until < next)
            next = list[i]->sync_until;
    }
    return next;
}

// A step of each. KEDGE_ERR_STOPPED: all are over.
static kedge_err round_of(struct kedge_controller *const *list, size_t count)
{
    kedge_err result = KEDGE_ERR_STOPPED;
    for (size_t i = 0; i < count; i++) {
        kedge_err err = step_unless_inside(list[i]);
        // A cache that was stopped is a failure, the same word for a controller that is over is
        // none.
        if (err == KEDGE_ERR_STOPPED && phase_of(list[i]) == KEDGE__CONTROLLER_OVER)
            continue;
        if (err != KEDGE_OK && err != KEDGE_WAIT)
            return err;
        if (result != KEDGE_OK)
            result = err;
    }
    return result;
}

static bool all_over(struct kedge_controller *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (phase_of(list[i]) != KEDGE__CONTROLLER_OVER)
            return false;
    }
    return true;
}

static kedge_err run(struct kedge_controller *const *list, size_t count)
{
    for (;;) {
        kedge_err err = round_of(list, count);
        if (err != KEDGE_OK && err != KEDGE_WAIT)
            return err == KEDGE_ERR_STOPPED && all_over(list, count) ? KEDGE_OK : err;
        kedge_time timeout = 0;
        if (err == KEDGE_WAIT) {
            kedge_time next = next_deadline(list, count);
            timeout = next == KEDGE_FOREVER ? next : next - read_clock(list[0]);
        }
        err = kedge_poll(list[0]->k, timeout);
        if (err != KEDGE_OK && err != KEDGE_ERR_STOPPED)
            return err;
    }
}

kedge_err kedge_controllers_run(struct kedge_controller *const *controllers, size_t count)
{
    if (controllers == NULL || count == 0)
        return KEDGE_ERR_ARGUMENT;
    for (size_t i = 0; i < count; i++) {
        if (controllers[i] == NULL || controllers[i]->k != controllers[0]->k)
            return KEDGE_ERR_ARGUMENT;
    }
    kedge_err err = run(controllers, count);
    for (size_t i = 0; is_last(err) && i < count; i++)
        end(controllers[i]);
    return err;
}

kedge_err kedge_controller_run(struct kedge_controller *c)
{
    return kedge_controllers_run(&c, 1);
}
