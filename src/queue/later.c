// SPDX-License-Identifier: Apache-2.0
// later.c - keys for later: a binary heap, each key knowing its place in it.
#include "queue/queue_priv.h"

static kedge_time due_at(const struct kedge_workqueue *q, uint32_t place)
{
    return kedge__key_at(q, q->heap[place])->ready_at;
}

static void put(struct kedge_workqueue *q, uint32_t place, uint32_t n)
{
    q->heap[place] = n;
    kedge__key_at(q, n)->place = place;
}

static void rise(struct kedge_workqueue *q, uint32_t place)
{
    uint32_t n = q->heap[place];
    kedge_time due = due_at(q, place);
    for (; place > 1 && due_at(q, place / 2) > due; place /= 2)
        put(q, place, q->heap[place / 2]);
    put(q, place, n);
}

static void sink(struct kedge_workqueue *q, uint32_t place)
{
    uint32_t n = q->heap[place];
    kedge_time due = due_at(q, place);
    while (place <= q->heap_count / 2) {
        uint32_t child = 2 * place;
        if (child < q->heap_count && due_at(q, child + 1) < due_at(q, child))
            child++;
        if (due_at(q, child) >= due)
            break;
        put(q, place, q->heap[child]);
        place = child;
    }
    put(q, place, n);
}

void kedge__later_add(struct kedge_workqueue *q, uint32_t n, kedge_time ready_at)
{
    struct kedge__key *key = kedge__key_at(q, n);
    if (key->place != 0 && key->ready_at <= ready_at)
        return;
    key->ready_at = ready_at;
    if (key->place == 0)
        put(q, ++q->heap_count, n);
    rise(q, key->place);
}

void kedge__later_remove(struct kedge_workqueue *q, uint32_t n)
{
    struct kedge__key *key = kedge__key_at(q, n);
    uint32_t place = key->place;
    uint32_t last = q->heap[q->heap_count--];
    key->place = 0;
    if (last == n)
        return;
    put(q, place, last);
    rise(q, place);
    sink(q, kedge__key_at(q, last)->place);
}

kedge_time kedge__later_next(const struct kedge_workqueue *q)
{
    return q->heap_count > 0 ? due_at(q, 1) : KEDGE_FOREVER;
}
