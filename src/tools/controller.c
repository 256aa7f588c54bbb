// SPDX-License-Identifier: Apache-2.0
// controller.c - a controller is made, takes keys from outside, and is accounted for.
#include "tools/controller_priv.h"

#define KEYS         256
#define SYNC_TIMEOUT (2 * KEDGE_MINUTE)

// 48 a key, and room for four of the longest: for what an update's two objects stand for.
#define BYTES(keys) ((keys) * (size_t)48 + (size_t)4 * (KEDGE_WORKQUEUE_KEY + 11))

static struct kedge_workqueue *new_queue(struct kedge *k, const struct kedge_controller_options *o)
{
    struct kedge_workqueue_options queue = {
        .name = o->name,
        .keys = o->keys,
        .bytes = o->bytes,
        .limiter = o->limiter,
    };
    return kedge_workqueue_new(k, &queue);
}

#if KEDGE_THREADS
#define workers_of(options) ((options)->workers)
#else
#define workers_of(options) 0 // the loop reconciles
#endif

struct kedge_controller *kedge_controller_new(struct kedge *k,
                                              const struct kedge_controller_options *options)
{
    if (k == NULL || k->failure != KEDGE_OK)
        return NULL;
    if (options == NULL || options->reconcile == NULL) {
        kedge__line_text(kedge__fail(k, KEDGE_ERR_ARGUMENT),
                         "a controller: its options have no reconcile function");
        return NULL;
    }
    struct kedge_controller *c = KEDGE__NEW(k, "controller", struct kedge_controller, 1);
    if (c == NULL)
        return NULL;
    c->k = k;
    c->options = *options;
    if (c->options.name == NULL)
        c->options.name = "controller";
    if (c->options.keys == 0)
        c->options.keys = KEYS;
    if (c->options.bytes == 0)
        c->options.bytes = BYTES(c->options.keys);
    if (c->options.sync_timeout == 0)
        c->options.sync_timeout = SYNC_TIMEOUT;
    c->workers = workers_of(options);
    c->queue = new_queue(k, &c->options);
    return c->queue != NULL ? c : NULL;
}

kedge_err kedge_controller_report(const struct kedge_controller *c,
                                  struct kedge_controller_report *report)
{
    if (c == NULL || report == NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge__lock(c->k);
    *report = c->figures;
    kedge_workqueue_report(c->queue, &report->queue);
    kedge__unlock(c->k);
    return KEDGE_OK;
}
