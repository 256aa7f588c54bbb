// SPDX-License-Identifier: Apache-2.0
// in_thread.c - a worker in a thread of its own; with KEDGE_THREADS=1 only.
#include "queue/queue_priv.h"

#if KEDGE_THREADS
kedge_err kedge_workqueue_wait_in_thread(struct kedge_workqueue *q, char *key, size_t cap)
{
    if (q == NULL || key == NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge__lock(q->k);
    kedge_err err;
    while ((err = kedge_workqueue_get(q, key, cap)) == KEDGE_WAIT)
        kedge__lock_wait(q->k);
    kedge__unlock(q->k);
    return err;
}
#endif
