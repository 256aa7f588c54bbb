// SPDX-License-Identifier: Apache-2.0
// wait.c - polls until caches are whole.
#include "cache/informer_priv.h"

// Which informers: those of a factory that were started, or those of a list.
struct those {
    const struct kedge_factory *factory; // or NULL
    struct kedge_informer *const *list;
    size_t count;
};

static const struct kedge_informer *nth(const struct those *t, size_t n)
{
    if (t->factory == NULL)
        return n < t->count ? t->list[n] : NULL;
    const struct kedge_informer *inf = t->factory->informers;
    for (; inf != NULL; inf = inf->next) {
        if (inf->started || inf->stopped) {
            if (n == 0)
                return inf;
            n--;
        }
    }
    return NULL;
}

static int compare(const struct kedge_informer *a, const struct kedge_informer *b)
{
    int order = strcmp(a->kind->resource, b->kind->resource);
    return order != 0 ? order : strcmp(a->options.namespace_, b->options.namespace_);
}

// Of those that are not synced, the first by name behind `after` (NULL: of all). Equal ones come in
// the order of the list.
static const struct kedge_informer *not_synced(const struct those *t,
                                               const struct kedge_informer *after)
{
    const struct kedge_informer *first = NULL;
    const struct kedge_informer *inf;
    bool behind = after == NULL; // in the list
    for (size_t i = 0; (inf = nth(t, i)) != NULL; i++) {
        int order = after != NULL ? compare(inf, after) : 1;
        bool next = order > 0 || (order == 0 && behind);
        if (!inf->synced && next && (first == NULL || compare(inf, first) < 0))
            first = inf;
        behind |= inf == after;
    }
    return first;
}

static void say_name(struct kedge__line *l, const struct kedge_informer *inf)
{
    kedge__line_text(l, inf->kind->resource);
    if (inf->options.namespace_[0] == '\0')
        return;
    kedge__line_text(l, " in ");
    kedge__line_text(l, inf->options.namespace_);
}

static kedge_err say_not_synced(struct kedge *k, const struct those *t, kedge_err err)
{
    const struct kedge_informer *first = not_synced(t, NULL);
    const struct kedge_informer *next = not_synced(t, first);
    struct kedge__line *l = kedge__fail(k, err);
    kedge__line_text(l, next != NULL ? "the caches of " : "the cache of ");
    say_name(l, first);
    for (; next != NULL; next = not_synced(t, next)) {
        kedge__line_text(l, ", ");
        say_name(l, next);
    }
    kedge__line_text(l, err == KEDGE_ERR_STOPPED ? " was stopped before it was synced"
                                                 : " did not sync in time: ");
    if (err == KEDGE_ERR_TIMEOUT)
        kedge__line_text(l, first->problem[0] != '\0' ? first->problem
                                                      : "the list is not complete yet");
    // It is an answer, not a failure of the kedge: the next call may succeed.
    k->failure = KEDGE_OK;
    return err;
}

static const struct kedge_informer *stopped_one(const struct those *t)
{
    const struct kedge_informer *inf;
    for (size_t i = 0; (inf = nth(t, i)) != NULL; i++) {
        if (!inf->synced && inf->stopped)
            return inf;
    }
    return NULL;
}

static kedge_err wait_for(struct kedge *k, const struct those *t, kedge_time timeout)
{
    kedge_time now = kedge__clock(k);
    kedge_time until = kedge__after(now, timeout);
    while (not_synced(t, NULL) != NULL) {
        const struct kedge_informer *stopped = stopped_one(t);
        now = kedge__clock(k);
        if (stopped != NULL) {
            struct kedge_informer *one = (struct kedge_informer *)(uintptr_t)stopped;
            struct those that = {NULL, &one, 1};
            return say_not_synced(k, &that, KEDGE_ERR_STOPPED);
        }
        if (now >= until)
            return say_not_synced(k, t, KEDGE_ERR_TIMEOUT);
        kedge_err err = kedge_poll(k, until == KEDGE_FOREVER ? KEDGE_FOREVER : until - now);
        if (err != KEDGE_OK)
            return err;
    }
    return KEDGE_OK;
}

kedge_err kedge_wait_for_cache_sync(struct kedge *k, struct kedge_informer *const *informers,
                                    size_t count, kedge_time timeout)
{
    if (k == NULL || (informers == NULL && count > 0))
        return KEDGE_ERR_ARGUMENT;
    if (k->failure != KEDGE_OK)
        return k->failure;
    for (size_t i = 0; i < count; i++) {
        if (informers[i] == NULL || informers[i]->factory->k != k)
            return KEDGE_ERR_ARGUMENT;
        if (!informers[i]->started && !informers[i]->stopped)
            return KEDGE_ERR_STATE;
    }
    struct those these = {NULL, informers, count};
    return wait_for(k, &these, timeout);
}

kedge_err kedge_factory_wait_for_cache_sync(struct kedge_factory *f, kedge_time timeout)
{
    if (f == NULL)
        return KEDGE_ERR_ARGUMENT;
    if (f->k->failure != KEDGE_OK)
        return f->k->failure;
    if (!f->started)
        return KEDGE_ERR_STATE;
    struct those all = {f, NULL, 0};
    return wait_for(f->k, &all, timeout);
}
