// SPDX-License-Identifier: Apache-2.0
// lister.c - reads the cache: a walk over the slots, or one look into the index.
#include "cache/informer_priv.h"

struct kedge_iter kedge_lister_list(const struct kedge_informer *inf, const char *namespace_,
                                    const struct kedge_selector *selector)
{
    struct kedge_iter it = {inf, namespace_ != NULL ? namespace_ : "", selector, 0};
    return it;
}

static bool wanted(const struct kedge_iter *it, const struct kedge_object *o)
{
    bool here = it->namespace_[0] == '\0' || strcmp(kedge_namespace(o), it->namespace_) == 0;
    return here && kedge_selector_matches(it->selector, o);
}

static bool is_open(const struct kedge_informer *inf)
{
    return inf != NULL && inf->factory->started;
}

const struct kedge_object *kedge_iter_next(struct kedge_iter *it)
{
    if (it == NULL || !is_open(it->informer))
        return NULL;
    const struct kedge__indexer *x = &it->informer->indexer;
    while (it->slot < x->heap->slot_count) {
        uint32_t slot = ++it->slot;
        if (!kedge__indexer_has(x, slot))
            continue;
        const struct kedge_object *o = kedge__heap_object(x->heap, slot);
        if (wanted(it, o))
            return o;
    }
    return NULL;
}

static bool is_whole(const struct kedge_informer *inf)
{
    return inf->synced && inf->phase != KEDGE_STALE;
}

kedge_err kedge_lister_get(const struct kedge_informer *inf, const char *namespace_,
                           const char *name, const struct kedge_object **obj)
{
    if (obj == NULL)
        return KEDGE_ERR_ARGUMENT;
    *obj = NULL;
    if (inf == NULL || name == NULL)
        return KEDGE_ERR_ARGUMENT;
    if (!is_open(inf))
        return KEDGE_ERR_STALE;
    uint32_t slot =
        kedge__indexer_find(&inf->indexer, kedge_str_of(namespace_), kedge_str_of(name));
    if (slot == 0)
        return is_whole(inf) ? KEDGE_ERR_NOT_FOUND : KEDGE_ERR_STALE;
    *obj = kedge__heap_object(inf->indexer.heap, slot);
    return KEDGE_OK;
}

size_t kedge_lister_count(const struct kedge_informer *inf)
{
    return inf != NULL ? inf->indexer.count : 0;
}

kedge_ref kedge_lister_ref(const struct kedge_informer *inf, const struct kedge_object *obj)
{
    kedge_ref none = {0, 0};
    if (!is_open(inf) || obj == NULL)
        return none;
    uint32_t slot = kedge__heap_slot_of(inf->indexer.heap, obj);
    if (slot == 0 || !kedge__indexer_has(&inf->indexer, slot))
        return none;
    kedge_ref ref = {slot, kedge__heap_slot(inf->indexer.heap, slot)->generation};
    return ref;
}

const struct kedge_object *kedge_lister_deref(const struct kedge_informer *inf, kedge_ref ref)
{
    if (!is_open(inf) || ref.slot == 0 || ref.slot > inf->indexer.heap->slot_count)
        return NULL;
    const struct kedge__slot *s = kedge__heap_slot(inf->indexer.heap, ref.slot);
    bool same = s->generation == ref.generation && kedge__indexer_has(&inf->indexer, ref.slot);
    return same ? kedge__heap_object(inf->indexer.heap, ref.slot) : NULL;
}
