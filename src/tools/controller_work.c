// SPDX-License-Identifier: Apache-2.0
// controller_work.c - one key: given to the reconcile function, and what becomes of it then.
#include "tools/controller_priv.h"

// "namespace" out of "namespace/name", with a NUL, and the name behind the slash.
static void take_apart(struct kedge_reconcile *r, char *namespace_)
{
    const char *slash = strchr(r->key, '/');
    size_t len = slash != NULL ? (size_t)(slash - r->key) : 0;
    memcpy(namespace_, r->key, len);
    namespace_[len] = '\0';
    r->namespace_ = namespace_;
    r->name = slash != NULL ? slash + 1 : r->key;
}

static void say_failed(struct kedge_controller *c, const struct kedge_reconcile *r, kedge_err err,
                       const char *problem, bool again)
{
    if (!kedge__log_wants(c->k, KEDGE_LOG_WARNING))
        return;
    char text[512];
    struct kedge__line l;
    kedge__line_init(&l, text, sizeof text);
    kedge__line_text(&l, c->options.name);
    kedge__line_text(&l, ": ");
    kedge__line_printable(&l, kedge_str_of(r->key), 128);
    kedge__line_text(&l, again ? " is tried again after failure " : " is given up after failure ");
    kedge__line_int(&l, (int64_t)r->failures + 1);
    kedge__line_text(&l, ": ");
    kedge__line_foreign(&l, problem != NULL && problem[0] != '\0' ? problem : kedge_err_text(err));
    kedge__log(c->k, KEDGE_LOG_WARNING, text);
}

static void settle_failed(struct kedge_controller *c, const struct kedge_reconcile *r,
                          kedge_err err, const char *problem)
{
    int retries = c->options.retries;
    bool again = retries == 0 || (retries > 0 && r->failures < (uint32_t)retries);
    c->figures.errors++;
    say_failed(c, r, err, problem, again);
    if (again) {
        kedge_workqueue_add_rate_limited(c->queue, r->key);
    } else {
        c->figures.given_up++;
        kedge_workqueue_forget(c->queue, r->key);
    }
}

// The key has its place in the queue until it is done, so that no add can find it full.
static void settle(struct kedge_controller *c, const struct kedge_reconcile *r, kedge_err err,
                   const struct kedge_reconcile_result *result)
{
    if (err == KEDGE_ERR_STOPPED && c->k->stopped)
        return; // cut off by kedge_stop, which is no failure
    c->figures.reconciles++;
    if (err != KEDGE_OK) {
        settle_failed(c, r, err, result->problem);
    } else if (result->requeue_after > 0) {
        c->figures.requeues++;
        kedge_workqueue_forget(c->queue, r->key);
        kedge_workqueue_add_after(c->queue, r->key, result->requeue_after);
    } else if (result->requeue) {
        c->figures.requeues++;
        kedge_workqueue_add_rate_limited(c->queue, r->key);
    } else {
        kedge_workqueue_forget(c->queue, r->key);
    }
}

void kedge__controller_reconcile(struct kedge_controller *c, const char *key, unsigned worker)
{
    char namespace_[KEDGE_WORKQUEUE_KEY];
    struct kedge_reconcile r = {.key = key, .worker = worker};
    struct kedge_reconcile_result result = {0};
    take_apart(&r, namespace_);
    kedge__lock(c->k);
    r.failures = kedge_workqueue_requeues(c->queue, key);
    kedge_time began = kedge__clock(c->k);
    c->figures.busy++;
    kedge__unlock(c->k);

    kedge_err err = c->options.reconcile(c->options.ctx, &r, &result);

    kedge__lock(c->k);
    kedge_time took = kedge__clock(c->k) - began;
    c->figures.sum += took;
    if (took > c->figures.longest)
        c->figures.longest = took;
    c->figures.busy--;
    settle(c, &r, err, &result);
    kedge_workqueue_done(c->queue, key);
    kedge__unlock(c->k);
}
