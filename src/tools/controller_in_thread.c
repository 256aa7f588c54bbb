// SPDX-License-Identifier: Apache-2.0
// controller_in_thread.c - a worker in a thread of its own; with KEDGE_THREADS=1 only.
#include "tools/controller_priv.h"

#if KEDGE_THREADS
// With the lock held. Sleeps until there is a key; KEDGE_ERR_STOPPED: none will come.
static kedge_err take(struct kedge_controller *c, char *key, size_t cap)
{
    for (;;) {
        kedge_err err = KEDGE_WAIT;
        if (c->phase == KEDGE__CONTROLLER_OVER || c->k->stopped)
            return KEDGE_ERR_STOPPED;
        if (c->phase >= KEDGE__CONTROLLER_DRAINING && !c->figures.synced)
            return KEDGE_ERR_STOPPED;
        if (c->figures.synced)
            err = kedge_workqueue_get(c->queue, key, cap);
        if (err != KEDGE_WAIT)
            return err;
        kedge__lock_wait(c->k);
    }
}

kedge_err kedge_controller_work(struct kedge_controller *c, unsigned worker)
{
    char key[KEDGE_WORKQUEUE_KEY];
    if (c == NULL || worker >= c->workers)
        return KEDGE_ERR_ARGUMENT;
    kedge__lock(c->k);
    while (take(c, key, sizeof key) == KEDGE_OK) {
        kedge__unlock(c->k);
        kedge__controller_reconcile(c, key, worker);
        kedge__lock(c->k);
        if (c->phase == KEDGE__CONTROLLER_DRAINING)
            kedge_wake(c->k); // it may have been the last
    }
    kedge__unlock(c->k);
    return KEDGE_OK;
}
#endif
