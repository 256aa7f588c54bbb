// SPDX-License-Identifier: Apache-2.0
// factory.c - informers by kind and scope, and the heap that they share.
#include "cache/informer_priv.h"

#define OBJECT_DEFAULT 4096
#define OBJECT_MIN     512 // a partial record with the longest name fits
// Bytes of kept text that a token stands for, about; an object with more tokens becomes partial.
#define TEXT_PER_TOKEN 10

struct kedge_factory *kedge_factory_new_with(struct kedge_client *client,
                                             const struct kedge_factory_options *options)
{
    if (client == NULL)
        return NULL;
    struct kedge *k = client->k;
    struct kedge_factory *f = KEDGE__NEW(k, "factory", struct kedge_factory, 1);
    if (f == NULL)
        return NULL;
    f->k = k;
    f->client = client;
    if (options != NULL)
        f->options = *options;
    if (f->options.object_max == 0)
        f->options.object_max = OBJECT_DEFAULT;
    if (f->options.object_max < OBJECT_MIN) {
        kedge__line_text(kedge__fail(k, KEDGE_ERR_ARGUMENT), "object_max is less than 512");
        return NULL;
    }
    f->shrink_buf = kedge__take(k, "factory", KEDGE__SHRINK_MAX, 1, 1);
    f->heap_part = kedge__part(k, "heap");
    return f->shrink_buf != NULL ? f : NULL;
}

struct kedge_factory *kedge_factory_new(struct kedge_client *client, kedge_time resync)
{
    struct kedge_factory_options options = {.resync = resync};
    return kedge_factory_new_with(client, &options);
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

static bool same_scope(const struct kedge_informer_options *a,
                       const struct kedge_informer_options *b)
{
    return same_text(a->namespace_, b->namespace_) &&
           same_text(a->label_selector, b->label_selector) &&
           same_text(a->field_selector, b->field_selector);
}

static void append(struct kedge_factory *f, struct kedge_informer *inf)
{
    struct kedge_informer **end = &f->informers;
    while (*end != NULL)
        end = &(*end)->next;
    *end = inf;
    f->count++;
}

struct kedge_informer *kedge_factory_informer_with(struct kedge_factory *f,
                                                   const struct kedge_kind *kind,
                                                   const struct kedge_informer_options *options)
{
    static const struct kedge_informer_options defaults;
    if (f == NULL || kind == NULL || f->k->failure != KEDGE_OK)
        return NULL;
    if (options == NULL)
        options = &defaults;
    for (struct kedge_informer *inf = f->informers; inf != NULL; inf = inf->next) {
        if (inf->kind == kind && same_scope(&inf->options, options))
            return inf;
    }
    if (f->started) {
        kedge__line_text(kedge__fail(f->k, KEDGE_ERR_STATE),
                         "an informer is asked for after kedge_factory_start");
        return NULL;
    }
    struct kedge_informer *inf = kedge__informer_new(f, kind, options);
    if (inf != NULL)
        append(f, inf);
    return inf;
}

struct kedge_informer *kedge_factory_informer(struct kedge_factory *f,
                                              const struct kedge_kind *kind)
{
    return kedge_factory_informer_with(f, kind, NULL);
}

static kedge_err take_tokens(struct kedge_factory *f)
{
    size_t text = 0;
    for (const struct kedge_informer *inf = f->informers; inf != NULL; inf = inf->next) {
        if (inf->options.text_max > text)
            text = inf->options.text_max;
    }
    f->token_count = text / TEXT_PER_TOKEN;
    f->tokens = KEDGE__NEW(f->k, "tokens", struct kedge_json_token, f->token_count);
    return f->tokens != NULL ? KEDGE_OK : f->k->failure;
}

void kedge__factory_report(struct kedge_factory *f)
{
    size_t used = kedge__heap_used(&f->heap);
    f->heap_part->used += used - f->heap_used;
    f->heap_part->peak += f->heap.peak - f->heap_peak;
    f->heap_used = used;
    f->heap_peak = f->heap.peak;
}

static kedge_err too_small(struct kedge_factory *f, size_t bytes, size_t need)
{
    struct kedge__line *l = kedge__fail(f->k, KEDGE_ERR_MEMORY);
    kedge__line_text(l, "the heap has ");
    kedge__line_int(l, (int64_t)bytes);
    kedge__line_text(l, " bytes; the room held back, one object of object_max and what informers "
                        "reserve need ");
    kedge__line_int(l, (int64_t)need);
    kedge__line_text(l, ": give kedge_init ");
    kedge__line_int(l, (int64_t)(need - bytes));
    kedge__line_text(l, " bytes more, lower object_max, or set `heap` of a factory started before");
    return KEDGE_ERR_MEMORY;
}

// The memory of the heap: so many bytes, or all that is left. None left is a heap of no bytes.
static void *heap_memory(struct kedge_factory *f, size_t *bytes)
{
    if (*bytes > 0)
        return kedge__take_raw(f->k, "heap", *bytes);
    return kedge__take_rest(f->k, "heap", bytes);
}

static kedge_err take_heap(struct kedge_factory *f)
{
    size_t bytes = f->options.heap;
    size_t need = 0;
    size_t reserved = 0;
    // The heap begins where these end, without a gap: what too_small asks for is exact.
    size_t align = _Alignof(max_align_t);
    size_t pointers = f->count * sizeof(struct kedge__account *);
    struct kedge__account **accounts =
        kedge__take_bytes(f->k, "factory", (pointers + align - 1) / align * align);
    if (accounts == NULL)
        return f->k->failure;
    for (struct kedge_informer *inf = f->informers; inf != NULL; inf = inf->next) {
        accounts[inf->owner] = &inf->account;
        reserved += inf->options.reserved;
    }
    size_t before = f->heap_part->used;
    void *memory = heap_memory(f, &bytes);
    if (f->k->failure != KEDGE_OK)
        return f->k->failure;
    f->heap_part->used = f->heap_part->peak = before; // taken, but nothing is in it
    kedge_err err =
        kedge__heap_init(&f->heap, memory, bytes, f->options.object_max, accounts, f->count, &need);
    if (err != KEDGE_OK || need + reserved > bytes)
        return too_small(f, bytes, need + reserved);
    return KEDGE_OK;
}

kedge_err kedge_factory_start(struct kedge_factory *f)
{
    if (f == NULL)
        return KEDGE_ERR_ARGUMENT;
    if (f->k->failure != KEDGE_OK)
        return f->k->failure;
    if (f->started)
        return KEDGE_ERR_STATE;
    kedge_err err = take_tokens(f);
    if (err == KEDGE_OK)
        err = take_heap(f);
    if (err != KEDGE_OK)
        return err;
    f->started = true;
    kedge_time now = kedge__clock(f->k);
    for (struct kedge_informer *inf = f->informers; inf != NULL; inf = inf->next) {
        inf->since = now;
        if (!inf->stopped)
            kedge__reflector_start(inf, now);
    }
    f->k->again = true;
    return KEDGE_OK;
}

static const struct kedge_informer *not_synced(const struct kedge_factory *f)
{
    for (const struct kedge_informer *inf = f->informers; inf != NULL; inf = inf->next) {
        if (!inf->synced)
            return inf;
    }
    return NULL;
}

static kedge_err say_not_synced(struct kedge_factory *f, const struct kedge_informer *inf,
                                kedge_err err)
{
    struct kedge__line *l = kedge__fail(f->k, err);
    kedge__line_text(l, "the cache of ");
    kedge__line_text(l, inf->kind->resource);
    kedge__line_text(l, inf->stopped ? " was stopped before it was synced"
                                     : " did not sync in time: ");
    if (!inf->stopped)
        kedge__line_text(l,
                         inf->problem[0] != '\0' ? inf->problem : "the list is not complete yet");
    // It is an answer, not a failure of the kedge: the next call may succeed.
    f->k->failure = KEDGE_OK;
    return err;
}

kedge_err kedge_factory_wait_for_cache_sync(struct kedge_factory *f, kedge_time timeout)
{
    if (f == NULL)
        return KEDGE_ERR_ARGUMENT;
    if (f->k->failure != KEDGE_OK)
        return f->k->failure;
    if (!f->started)
        return KEDGE_ERR_STATE;
    kedge_time now = kedge__clock(f->k);
    kedge_time until = kedge__after(now, timeout);
    const struct kedge_informer *inf;
    while ((inf = not_synced(f)) != NULL) {
        now = kedge__clock(f->k);
        if (inf->stopped)
            return say_not_synced(f, inf, KEDGE_ERR_STOPPED);
        if (now >= until)
            return say_not_synced(f, inf, KEDGE_ERR_TIMEOUT);
        kedge_err err = kedge_poll(f->k, until == KEDGE_FOREVER ? KEDGE_FOREVER : until - now);
        if (err != KEDGE_OK)
            return err;
    }
    return KEDGE_OK;
}

void kedge_factory_shutdown(struct kedge_factory *f)
{
    if (f == NULL || f->k->inside)
        return;
    for (struct kedge_informer *inf = f->informers; inf != NULL; inf = inf->next)
        kedge_informer_stop(inf);
}
