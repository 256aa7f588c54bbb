// SPDX-License-Identifier: Apache-2.0
// watch_error.c - the user's handlers for changes of state, and for failures of list and watch.
// As all handlers they are called without the lock.
#include "cache/informer_priv.h"

kedge_err
kedge_informer_set_watch_error_handler(struct kedge_informer *inf,
                                       void (*failed)(void *ctx, struct kedge_informer *informer,
                                                      const struct kedge_watch_error *error),
                                       void *ctx)
{
    if (inf == NULL)
        return KEDGE_ERR_ARGUMENT;
    if (inf->factory->started)
        return KEDGE_ERR_STATE;
    inf->on_watch_error = failed;
    inf->on_watch_error_ctx = ctx;
    return KEDGE_OK;
}

void kedge__watch_error_tell(struct kedge_informer *inf)
{
    struct kedge__failure *f = &inf->failed;
    if (!f->waits)
        return;
    f->waits = false;
    struct kedge_watch_error error = {.err = f->err,
                                      .of_watch = f->of_watch,
                                      .code = f->code,
                                      .reason = f->reason,
                                      .text = f->text};
    if (inf->on_watch_error == NULL)
        return;
    kedge__unlock(inf->factory->k);
    inf->on_watch_error(inf->on_watch_error_ctx, inf, &error);
    kedge__lock(inf->factory->k);
}

void kedge_informer_on_state(struct kedge_informer *inf,
                             void (*changed)(void *ctx, struct kedge_informer *informer), void *ctx)
{
    if (inf == NULL)
        return;
    inf->on_state = changed;
    inf->on_state_ctx = ctx;
}

void kedge__state_tell(struct kedge_informer *inf)
{
    if (!inf->state_dirty)
        return;
    inf->state_dirty = false;
    if (inf->on_state == NULL)
        return;
    kedge__unlock(inf->factory->k);
    inf->on_state(inf->on_state_ctx, inf);
    kedge__lock(inf->factory->k);
}
