// SPDX-License-Identifier: Apache-2.0
// shut_down.c - how a workqueue ends, and what it has counted.
#include "queue/queue_priv.h"

static void drop_later(struct kedge_workqueue *q)
{
    while (q->heap_count > 0) {
        uint32_t n = q->heap[q->heap_count--];
        kedge__key_at(q, n)->place = 0;
        kedge__key_release(q, n);
    }
    q->task.deadline = KEDGE_FOREVER;
}

static void shut_down(struct kedge_workqueue *q, bool drain)
{
    kedge__lock(q->k);
    q->shut_down = true;
    q->draining = drain;
    drop_later(q);
    kedge__tell_threads(q->k);
    kedge__unlock(q->k);
}

void kedge_workqueue_shut_down(struct kedge_workqueue *q)
{
    if (q != NULL)
        shut_down(q, false);
}

bool kedge_workqueue_is_shut_down(const struct kedge_workqueue *q)
{
    if (q == NULL)
        return true;
    kedge__lock(q->k);
    bool is = q->shut_down;
    kedge__unlock(q->k);
    return is;
}

// KEDGE_WAIT: somebody still works.
static kedge_err drained(const struct kedge_workqueue *q)
{
    kedge__lock(q->k);
    kedge_err err = !q->draining                              ? KEDGE_ERR_STOPPED
                    : q->rings[KEDGE__KEY_IN_WORK].count == 0 ? KEDGE_OK
                                                              : KEDGE_WAIT;
    kedge__unlock(q->k);
    return err;
}

kedge_err kedge_workqueue_shut_down_with_drain(struct kedge_workqueue *q, kedge_time timeout)
{
    if (q == NULL)
        return KEDGE_ERR_ARGUMENT;
    shut_down(q, true);
    kedge_time until = kedge__after(kedge__clock(q->k), timeout);
    kedge_err err;
    while ((err = drained(q)) == KEDGE_WAIT) {
        kedge_time now = kedge__clock(q->k);
        if (now >= until)
            return KEDGE_ERR_TIMEOUT;
        kedge_err polled = kedge_poll(q->k, until == KEDGE_FOREVER ? KEDGE_FOREVER : until - now);
        if (polled != KEDGE_OK)
            return polled;
    }
    return err;
}

static kedge_time longest_running(const struct kedge_workqueue *q, kedge_time now)
{
    uint32_t n = q->rings[KEDGE__KEY_IN_WORK].first; // they are in the order of being taken
    return n != 0 ? now - kedge__key_at(q, n)->taken_at : 0;
}

kedge_err kedge_workqueue_report(const struct kedge_workqueue *q,
                                 struct kedge_workqueue_report *report)
{
    if (q == NULL || report == NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge__lock(q->k);
    kedge_time now = kedge__clock(q->k);
    size_t in_work = q->rings[KEDGE__KEY_IN_WORK].count;
    *report = (struct kedge_workqueue_report){
        .depth = q->depth,
        .in_work = in_work,
        .waiting = q->heap_count,
        .adds = q->adds,
        .retries = q->retries,
        .refused = q->refusals,
        .forgotten = q->forgotten,
        .queue = q->queue_times,
        .work = q->work_times,
        .unfinished = (kedge_time)in_work * now - q->taken_sum,
        .longest_running = longest_running(q, now),
        .keys = q->key_count,
        .keys_peak = q->key_peak,
        .keys_max = q->key_cap,
        .bytes = (size_t)q->chunk_count * KEDGE__CHUNK_TEXT,
        .bytes_peak = (size_t)q->chunk_peak * KEDGE__CHUNK_TEXT,
        .bytes_max = (size_t)q->chunk_cap * KEDGE__CHUNK_TEXT,
    };
    kedge__unlock(q->k);
    return KEDGE_OK;
}
