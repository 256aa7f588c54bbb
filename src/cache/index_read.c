// SPDX-License-Identifier: Apache-2.0
// index_read.c - what listers read from an index.
#include "cache/index_priv.h"

// An index without objects, for a walk that has nothing to walk over.
static uint32_t none(const struct kedge_iter *it)
{
    (void)it;
    return 0;
}

static struct kedge_iter begin(const struct kedge_informer *inf, const char *name)
{
    struct kedge_iter it = {.informer = inf, .namespace_ = "", .next = none, .value = name};
    if (inf != NULL && name != NULL)
        it.index = kedge__index_named(&inf->indexer, name);
    return it;
}

struct kedge_iter kedge_lister_by_index(const struct kedge_informer *inf, const char *index,
                                        const char *value)
{
    struct kedge_iter it = begin(inf, value != NULL ? index : NULL);
    if (it.index == NULL)
        return it;
    it.value = value;
    it.next = inf->indexer.ops->next;
    return it;
}

// The least of the next slots of all values.
struct least {
    struct kedge_index_values out;
    const struct kedge_iter *it;
    uint32_t slot;
};

static void look_for_least(struct kedge_index_values *out, kedge_str value)
{
    struct least *l = (struct least *)out;
    const struct kedge_iter *it = l->it;
    uint32_t slot = kedge__index_next(&it->informer->indexer, it->index, value, it->slot);
    if (slot != 0 && (l->slot == 0 || slot < l->slot))
        l->slot = slot;
}

static uint32_t next_like(const struct kedge_iter *it)
{
    struct least l = {{look_for_least}, it, 0};
    it->index->values(it->index->ctx, it->like, &l.out);
    return l.slot;
}

struct kedge_iter kedge_lister_index_of(const struct kedge_informer *inf, const char *index,
                                        const struct kedge_object *obj)
{
    struct kedge_iter it = begin(inf, obj != NULL ? index : NULL);
    if (it.index == NULL)
        return it;
    it.like = obj;
    it.next = next_like;
    return it;
}

kedge_err kedge_iter_error(const struct kedge_iter *it, char *text, size_t cap)
{
    struct kedge__line l;
    char nothing[1];
    kedge__line_init(&l, text != NULL && cap > 0 ? text : nothing,
                     text != NULL && cap > 0 ? cap : 1);
    if (it != NULL && it->informer != NULL && it->next != none)
        return KEDGE_OK;
    if (it == NULL || it->informer == NULL || it->value == NULL) {
        kedge__line_text(&l, kedge_err_text(KEDGE_ERR_ARGUMENT));
        return KEDGE_ERR_ARGUMENT;
    }
    kedge__line_text(&l, "Index with name ");
    kedge__line_foreign(&l, it->value);
    kedge__line_text(&l, " does not exist");
    return KEDGE_ERR_NOT_FOUND;
}

// ---------------------------------------------------------------------------- values

struct kedge_value_iter kedge_lister_index_values(const struct kedge_informer *inf,
                                                  const char *index)
{
    struct kedge_value_iter it = {.informer = inf};
    if (inf != NULL && index != NULL)
        it.index = kedge__index_named(&inf->indexer, index);
    return it;
}

struct search {
    struct kedge_index_values out;
    const struct kedge__indexer *x;
    struct kedge__value_hash hash;
    struct kedge__line line;
    size_t len;
    bool found;
};

static void find_hash(struct kedge_index_values *out, kedge_str value)
{
    struct search *s = (struct search *)out;
    struct kedge__value_hash hash = kedge__index_hash(s->x, value);
    if (s->found || hash.high != s->hash.high || hash.low != s->hash.low)
        return;
    s->found = true;
    s->len = value.len;
    kedge__line_str(&s->line, value);
}

bool kedge_value_next(struct kedge_value_iter *it, char *buf, size_t cap, size_t *len)
{
    if (it == NULL || buf == NULL || cap == 0 || it->index == NULL)
        return false;
    const struct kedge__indexer *x = &it->informer->indexer;
    struct search s = {.out = {find_hash}, .x = x, .hash = {it->hash[0], it->hash[1]}};
    // Behind every slot of the last hash; the first time behind none at all.
    uint32_t node = kedge__index_after(x, it->index, s.hash, it->begun ? UINT32_MAX : 0);
    if (node == 0)
        return false;
    const struct kedge__slot *n = kedge__heap_slot(x->heap, node);
    s.hash = (struct kedge__value_hash){n->mark, n->hash};
    it->begun = true;
    it->hash[0] = n->mark;
    it->hash[1] = n->hash;
    kedge__line_init(&s.line, buf, cap);
    it->index->values(it->index->ctx, kedge__heap_object(x->heap, n->record), &s.out);
    if (len != NULL)
        *len = s.len;
    return true;
}
