// SPDX-License-Identifier: Apache-2.0
// loop.c - the one loop: step every task, deliver, and wait when nobody got anywhere.
//
// Handlers run inside a task's `deliver` only, never inside its `step`; both are called from turn()
// and from nowhere else. A request call that waits calls `meanwhile` of those tasks that go on
// then, which is no place for handlers either. With KEDGE_THREADS each call holds the lock, and so
// does whatever else looks at tasks; a task lets go of it while a handler runs. Nobody holds it
// while the port waits.
#include "base/context.h"

// Tasks whose streams fit one wait list before it is taken anew, larger.
#define WAITS_STEP 8

static size_t count_tasks(const struct kedge *k)
{
    size_t n = 0;
    for (const struct kedge__task *t = k->tasks; t != NULL; t = t->next)
        n++;
    return n;
}

kedge_err kedge__task_add(struct kedge *k, struct kedge__task *t)
{
    if (count_tasks(k) == k->waits_cap) {
        // The smaller list before it stays behind in the arena: at most 8 entries a time.
        size_t cap = k->waits_cap + WAITS_STEP;
        struct kedge_wait *waits = KEDGE__NEW(k, "kedge", struct kedge_wait, cap);
        if (waits == NULL)
            return KEDGE_ERR_MEMORY;
        k->waits = waits;
        k->waits_cap = cap;
    }
    struct kedge__task **end = &k->tasks;
    while (*end != NULL)
        end = &(*end)->next;
    t->next = NULL;
    *end = t;
    return KEDGE_OK;
}

void kedge__task_remove(struct kedge *k, struct kedge__task *t)
{
    struct kedge__task **at = &k->tasks;
    while (*at != NULL && *at != t)
        at = &(*at)->next;
    if (*at != NULL)
        *at = t->next;
}

// One round over all tasks. True if any got somewhere.
static bool turn(struct kedge *k)
{
    kedge_time now = kedge__clock(k);
    bool moved = false;
    for (struct kedge__task *t = k->tasks; t != NULL && !k->stopped; t = t->next) {
        kedge__lock(k);
        moved |= t->ops->step(t, now);
        kedge__unlock(k);
    }
    for (struct kedge__task *t = k->tasks; t != NULL && !k->stopped; t = t->next) {
        kedge__lock(k);
        if (t->ops->deliver != NULL)
            moved |= t->ops->deliver(t, now);
        kedge__unlock(k);
    }
    return moved;
}

// The port's own stream under a task's, whatever runs over it.
static struct kedge_stream *bottom(struct kedge_stream *s)
{
    while (s->below != NULL)
        s = s->below;
    return s;
}

size_t kedge_interests(const struct kedge *k, struct kedge_wait *list, size_t cap)
{
    size_t n = 0;
    if (k == NULL)
        return 0;
    kedge__lock(k);
    for (struct kedge__task *t = k->tasks; t != NULL; t = t->next) {
        // A held-back stream is left out: an error on it would wake the loop again and again,
        // and whoever holds it back will see the error when it reads on.
        if (t->stream == NULL || t->interest == KEDGE_INTEREST_NONE)
            continue;
        if (n < cap)
            list[n] = (struct kedge_wait){bottom(t->stream), t->interest, 0};
        n++;
    }
    kedge__unlock(k);
    return n;
}

static kedge_time earliest_deadline(const struct kedge *k)
{
    kedge_time next = KEDGE_FOREVER;
    for (struct kedge__task *t = k->tasks; t != NULL; t = t->next) {
        if (t->deadline < next)
            next = t->deadline;
    }
    return next;
}

// A moment of our clock as the port's clock counts.
static kedge_time on_port_clock(const struct kedge *k, kedge_time at)
{
    return at == KEDGE_FOREVER ? KEDGE_FOREVER : at - k->clock_ahead;
}

kedge_time kedge_next_deadline(const struct kedge *k)
{
    if (k == NULL)
        return KEDGE_FOREVER;
    kedge__lock(k);
    kedge_time next = k->again ? 0 : on_port_clock(k, earliest_deadline(k));
    kedge__unlock(k);
    return next;
}

static kedge_err wait_for_something(struct kedge *k, kedge_time timeout)
{
    kedge__lock(k);
    kedge_time now = kedge__clock(k);
    kedge_time until = kedge__after(now, timeout);
    kedge_time next = earliest_deadline(k);
    size_t count = kedge_interests(k, k->waits, k->waits_cap);
    kedge_time deadline = on_port_clock(k, next < until ? next : until);
    kedge__unlock(k);
    return k->port->wait(k->port, k->waits, count, deadline);
}

static kedge_err poll_once(struct kedge *k, kedge_time timeout)
{
    k->again = false;
    bool moved = turn(k); // which may say itself that it wants another one
    k->again |= moved;
    if (k->again || k->stopped || timeout <= 0)
        return KEDGE_OK;
    kedge_err err = wait_for_something(k, timeout);
    if (err == KEDGE_OK && !k->stopped) {
        moved = turn(k);
        k->again |= moved;
    }
    return err;
}

bool kedge__meanwhile(struct kedge *k, kedge_time now)
{
    bool moved = false;
    for (struct kedge__task *t = k->tasks; t != NULL && !k->stopped; t = t->next) {
        if (t->ops->meanwhile == NULL)
            continue;
        kedge__lock(k);
        moved |= t->ops->meanwhile(t, now);
        kedge__unlock(k);
    }
    return moved;
}

kedge_err kedge__wait_meanwhile(struct kedge *k, struct kedge_stream *s, uint8_t interest,
                                kedge_time until)
{
    size_t count = 0;
    kedge__lock(k);
    if (s != NULL)
        k->waits[count++] = (struct kedge_wait){bottom(s), interest, 0};
    for (struct kedge__task *t = k->tasks; t != NULL; t = t->next) {
        if (t->ops->meanwhile == NULL)
            continue;
        if (t->stream != NULL && t->interest != KEDGE_INTEREST_NONE)
            k->waits[count++] = (struct kedge_wait){bottom(t->stream), t->interest, 0};
        if (t->deadline < until)
            until = t->deadline;
    }
    kedge_time deadline = on_port_clock(k, until);
    kedge__unlock(k);
    return k->port->wait(k->port, k->waits, count, deadline);
}

kedge_err kedge_poll(struct kedge *k, kedge_time timeout)
{
    if (k == NULL)
        return KEDGE_ERR_ARGUMENT;
    if (k->inside)
        return KEDGE_ERR_REENTRANT;
    if (k->failure != KEDGE_OK)
        return k->failure;
    if (k->stopped)
        return KEDGE_ERR_STOPPED;

    k->inside = true;
    kedge_err err = poll_once(k, timeout);
    k->inside = false;
    return k->stopped ? KEDGE_ERR_STOPPED : err;
}

kedge_err kedge_run(struct kedge *k)
{
    kedge_err err = KEDGE_OK;
    while (err == KEDGE_OK)
        err = kedge_poll(k, KEDGE_FOREVER);
    return err == KEDGE_ERR_STOPPED ? KEDGE_OK : err;
}

void kedge_stop(struct kedge *k)
{
    if (k == NULL)
        return;
    k->stopped = 1;
    k->port->wake(k->port);
}

void kedge_wake(struct kedge *k)
{
    if (k != NULL)
        k->port->wake(k->port);
}
