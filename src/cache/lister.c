// SPDX-License-Identifier: Apache-2.0
// lister.c - reads the cache: a walk over the slots, or one look into the index.
#include "cache/informer_priv.h"
#include "kedge/index.h"

static uint32_t nothing(const struct kedge_iter *it)
{
    (void)it;
    return 0;
}

static const struct kedge_index *namespace_index(const struct kedge_informer *inf)
{
    const struct kedge_index *i = inf->indexer.indices;
    while (i != NULL && i->values != kedge_index_namespace)
        i = i->next;
    return i;
}

struct kedge_iter kedge_lister_list(const struct kedge_informer *inf, const char *namespace_,
                                    const struct kedge_selector *selector)
{
    struct kedge_iter it = {.informer = inf, .namespace_ = "", .selector = selector};
    if (namespace_ != NULL)
        it.namespace_ = namespace_;
    if (selector != NULL && selector->nothing) {
        it.next = nothing;
        return it;
    }
    if (inf != NULL && it.namespace_[0] != '\0')
        it.index = namespace_index(inf);
    if (it.index != NULL) {
        it.value = it.namespace_;
        it.next = inf->indexer.ops->next;
    }
    return it;
}

static bool wanted(const struct kedge_iter *it, const struct kedge_object *o)
{
    const struct kedge_selector *s = it->selector;
    bool here = it->namespace_[0] == '\0' || strcmp(kedge_namespace(o), it->namespace_) == 0;
    return here && (s == NULL || s->matches == NULL || s->matches(s, &o->labels));
}

static bool is_open(const struct kedge_informer *inf)
{
    return inf != NULL && inf->factory->started;
}

static uint32_t next_slot(const struct kedge_iter *it)
{
    const struct kedge__indexer *x = &it->informer->indexer;
    if (it->next != NULL)
        return it->next(it);
    uint32_t slot = it->slot;
    while (slot < x->heap->slot_count) {
        if (kedge__indexer_has(x, ++slot))
            return slot;
    }
    return 0;
}

const struct kedge_object *kedge_iter_next(struct kedge_iter *it)
{
    if (it == NULL || !is_open(it->informer))
        return NULL;
    uint32_t slot;
    while ((slot = next_slot(it)) != 0) {
        it->slot = slot;
        const struct kedge_object *o = kedge__heap_object(it->informer->indexer.heap, slot);
        if (wanted(it, o))
            return o;
    }
    return NULL;
}

bool kedge_iter_next_key(const struct kedge_iter *it, char key[KEDGE_KEY_MAX])
{
    if (it == NULL || key == NULL)
        return false;
    struct kedge_iter all = *it;
    all.slot = 0;
    char best[KEDGE_KEY_MAX] = "";
    char here[KEDGE_KEY_MAX];
    for (const struct kedge_object *o; (o = kedge_iter_next(&all)) != NULL;) {
        if (kedge_object_key(o, here, sizeof here) == KEDGE_OK && strcmp(here, key) > 0 &&
            (best[0] == '\0' || strcmp(here, best) < 0))
            memcpy(best, here, sizeof best);
    }
    if (best[0] == '\0')
        return false;
    memcpy(key, best, sizeof best);
    return true;
}

static bool is_whole(const struct kedge_informer *inf)
{
    return inf->synced && inf->phase != KEDGE_STALE;
}

static kedge_err get(const struct kedge_informer *inf, kedge_str namespace_, kedge_str name,
                     const struct kedge_object **obj)
{
    if (!is_open(inf))
        return KEDGE_ERR_STALE;
    uint32_t slot = kedge__indexer_find(&inf->indexer, namespace_, name);
    if (slot == 0)
        return is_whole(inf) ? KEDGE_ERR_NOT_FOUND : KEDGE_ERR_STALE;
    *obj = kedge__heap_object(inf->indexer.heap, slot);
    return KEDGE_OK;
}

kedge_err kedge_lister_get(const struct kedge_informer *inf, const char *namespace_,
                           const char *name, const struct kedge_object **obj)
{
    if (obj == NULL)
        return KEDGE_ERR_ARGUMENT;
    *obj = NULL;
    if (inf == NULL || name == NULL)
        return KEDGE_ERR_ARGUMENT;
    return get(inf, kedge_str_of(namespace_), kedge_str_of(name), obj);
}

static void not_found(struct kedge_status *status, const struct kedge_kind *kind, const char *name,
                      kedge_err err)
{
    struct kedge__line l;
    memset(status, 0, sizeof *status);
    kedge__line_init(&l, status->group, sizeof status->group);
    kedge__line_text(&l, kind->group);
    kedge__line_init(&l, status->kind, sizeof status->kind);
    kedge__line_text(&l, kind->resource);
    kedge__line_init(&l, status->name, sizeof status->name);
    kedge__line_foreign(&l, name);
    if (err == KEDGE_ERR_NOT_FOUND) {
        status->code = 404;
        kedge__line_init(&l, status->reason, sizeof status->reason);
        kedge__line_text(&l, kedge_reason_text(KEDGE_REASON_NOT_FOUND));
    }
    kedge__line_init(&l, status->message, sizeof status->message);
    kedge__line_text(&l, kind->resource);
    if (kind->group[0] != '\0') {
        kedge__line_byte(&l, '.');
        kedge__line_text(&l, kind->group);
    }
    kedge__line_text(&l, " \"");
    kedge__line_printable(&l, kedge_str_of(name), 128);
    kedge__line_text(&l, err == KEDGE_ERR_NOT_FOUND
                             ? "\" not found"
                             : "\" is not in the cache, which is not whole: ask the server");
}

kedge_err kedge_lister_get_status(const struct kedge_informer *inf, const char *namespace_,
                                  const char *name, const struct kedge_object **obj,
                                  struct kedge_status *status)
{
    kedge_err err = kedge_lister_get(inf, namespace_, name, obj);
    if (status == NULL || err == KEDGE_OK)
        return err;
    if (err != KEDGE_ERR_ARGUMENT)
        not_found(status, inf->kind, name, err);
    else
        kedge_status_internal_error(status, kedge_err_text(err));
    return err;
}

kedge_err kedge_lister_get_by_key(const struct kedge_informer *inf, const char *key,
                                  const struct kedge_object **obj)
{
    kedge_str namespace_;
    kedge_str name;
    if (obj == NULL)
        return KEDGE_ERR_ARGUMENT;
    *obj = NULL;
    if (inf == NULL || kedge_key_split(key, &namespace_, &name) != KEDGE_OK)
        return KEDGE_ERR_ARGUMENT;
    return get(inf, namespace_, name, obj);
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
