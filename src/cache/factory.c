// SPDX-License-Identifier: Apache-2.0
// factory.c - informers by kind and scope, and the heap that they share.
#include "cache/informer_priv.h"

#define OBJECT_DEFAULT 4096
#define OBJECT_MIN     512 // a partial record with the longest name fits

struct kedge_factory *kedge_factory_new(struct kedge_client *client, kedge_time resync)
{
    if (client == NULL)
        return NULL;
    struct kedge *k = client->k;
    struct kedge_factory *f = KEDGE__NEW(k, "factory", struct kedge_factory, 1);
    if (f == NULL)
        return NULL;
    f->k = k;
    f->client = client;
    f->options.resync = resync;
    f->options.object_max = OBJECT_DEFAULT;
    f->shrink_buf = kedge__take(k, "factory", KEDGE__SHRINK_MAX, 1, 1);
    f->heap_part = kedge__part(k, "heap");
    return f->shrink_buf != NULL ? f : NULL;
}

struct kedge_factory *kedge_factory_new_with(struct kedge_client *client,
                                             const struct kedge_factory_options *options)
{
    struct kedge_factory *f = kedge_factory_new(client, 0);
    if (f == NULL || options == NULL)
        return f;
    f->options = *options;
    f->are_sound = kedge__options_are_sound;
    if (f->options.object_max == 0)
        f->options.object_max = OBJECT_DEFAULT;
    if (f->options.object_max >= OBJECT_MIN)
        return f;
    kedge__line_text(kedge__fail(f->k, KEDGE_ERR_ARGUMENT), "object_max is less than 512");
    return NULL;
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a, b != NULL ? b : "") == 0;
}

// `a` is an informer's: its texts are there.
static bool same_scope(const struct kedge_informer_options *a,
                       const struct kedge_informer_options *b)
{
    return same_text(a->namespace_, b->namespace_) &&
           same_text(a->label_selector, b->label_selector) &&
           same_text(a->field_selector, b->field_selector);
}

static struct kedge_informer *find(const struct kedge_factory *f, const struct kedge_kind *kind,
                                   const struct kedge_informer_options *options)
{
    for (struct kedge_informer *inf = f->informers; inf != NULL; inf = inf->next) {
        if (inf->kind == kind && same_scope(&inf->options, options))
            return inf;
    }
    return NULL;
}

// What the informer's options do not say, the factory's do.
static struct kedge_informer_options merged(const struct kedge_factory *f,
                                            const struct kedge_kind *kind,
                                            const struct kedge_informer_options *options)
{
    struct kedge_informer_options o = *options;
    if (o.namespace_ == NULL && (kind->flags & KEDGE_NAMESPACED) != 0)
        o.namespace_ = f->options.namespace_;
    if (o.label_selector == NULL)
        o.label_selector = f->options.label_selector;
    if (o.field_selector == NULL)
        o.field_selector = f->options.field_selector;
    return o;
}

static void append(struct kedge_factory *f, struct kedge_informer *inf)
{
    struct kedge_informer **end = &f->informers;
    while (*end != NULL)
        end = &(*end)->next;
    *end = inf;
    f->count++;
}

static kedge_err take_tokens(struct kedge_factory *f, size_t text)
{
    size_t count = text / KEDGE__TEXT_PER_TOKEN;
    if (count <= f->token_count)
        return KEDGE_OK;
    struct kedge_json_token *tokens = KEDGE__NEW(f->k, "tokens", struct kedge_json_token, count);
    if (tokens == NULL)
        return f->k->failure;
    f->tokens = tokens;
    f->token_count = count;
    return KEDGE_OK;
}

// Informers that a table of accounts has room for beyond those that it is made for: the table
// before it stays behind in the arena.
#define ACCOUNTS_STEP 8

static kedge_err take_accounts(struct kedge_factory *f)
{
    uint16_t room = (uint16_t)(f->count + ACCOUNTS_STEP);
    if (f->count < f->account_room)
        return KEDGE_OK;
    struct kedge__account **accounts = KEDGE__NEW(f->k, "factory", struct kedge__account *, room);
    if (accounts == NULL)
        return f->k->failure;
    memcpy(accounts, f->heap.accounts, f->count * sizeof(struct kedge__account *));
    f->heap.accounts = accounts;
    f->account_room = room;
    return KEDGE_OK;
}

// Looked at before anything is taken, so that a running program loses nothing by the question.
static bool has_room_for_another(struct kedge_factory *f, const struct kedge_informer_options *o)
{
    size_t tables = (f->count + ACCOUNTS_STEP) * sizeof(void *) * 4; // accounts, the loop's waits
    size_t need = kedge__informer_bytes(o) + tables;
    size_t left = f->k->size - f->k->used;
    if (need <= left)
        return true;
    struct kedge__line *l = kedge__fail(f->k, KEDGE_ERR_MEMORY);
    kedge__line_text(l, "no room for an informer after the start: ");
    kedge__line_int(l, (int64_t)need);
    kedge__line_text(l, " bytes are needed, ");
    kedge__line_int(l, (int64_t)left);
    kedge__line_text(l, " are left; ask for it before kedge_factory_start, or set `heap` of the "
                        "factory's options");
    return false;
}

static struct kedge_informer *make(struct kedge_factory *f, const struct kedge_kind *kind,
                                   const struct kedge_informer_options *o)
{
    struct kedge_informer *inf = NULL;
    if (f->shut_down) {
        kedge__line_text(kedge__fail(f->k, KEDGE_ERR_STOPPED),
                         "an informer is asked for after kedge_factory_shutdown");
        return NULL;
    }
    if (f->are_sound != NULL && !f->are_sound(f->k, o))
        return NULL;
    if (f->started && (!has_room_for_another(f, o) || take_accounts(f) != KEDGE_OK))
        return NULL;
    inf = kedge__informer_new(f, kind, o);
    if (inf == NULL || (f->started && take_tokens(f, inf->options.text_max) != KEDGE_OK))
        return NULL;
    if (f->started) {
        f->heap.accounts[inf->owner] = &inf->account;
        f->heap.account_count++;
    }
    append(f, inf);
    return inf;
}

// The informer of that kind and scope, made if there is none.
static struct kedge_informer *informer_of(struct kedge_factory *f, const struct kedge_kind *kind,
                                          const struct kedge_informer_options *options)
{
    if (f == NULL || kind == NULL || f->k->failure != KEDGE_OK)
        return NULL;
    struct kedge_informer_options o = merged(f, kind, options);
    struct kedge_informer *inf = find(f, kind, &o);
    if (inf == NULL)
        inf = make(f, kind, &o);
    // A program that runs already gets an answer, and runs on.
    if (f->started || f->shut_down)
        f->k->failure = KEDGE_OK;
    return inf;
}

struct kedge_informer *kedge_factory_informer(struct kedge_factory *f,
                                              const struct kedge_kind *kind)
{
    const struct kedge_informer_options defaults = {0};
    return informer_of(f, kind, &defaults);
}

struct kedge_informer *kedge_factory_informer_with(struct kedge_factory *f,
                                                   const struct kedge_kind *kind,
                                                   const struct kedge_informer_options *options)
{
    if (options == NULL)
        return kedge_factory_informer(f, kind);
    if (f != NULL) {
        f->are_sound = kedge__options_are_sound;
        f->change_ops = &kedge__intake_change;
    }
    return informer_of(f, kind, options);
}

struct kedge_informer *kedge__factory_informer_by_field(struct kedge_factory *f,
                                                        const struct kedge_kind *kind,
                                                        kedge_str selector)
{
    struct kedge_informer_options o = {.field_selector = selector.ptr};
    struct kedge_informer_options all = merged(f, kind, &o);
    struct kedge_informer *inf = find(f, kind, &all);
    if (inf != NULL)
        return inf;
    o.field_selector = kedge__take_text(f->k, "factory", selector);
    if (o.field_selector != NULL)
        inf = kedge_factory_informer_with(f, kind, &o);
    if (f->started)
        f->k->failure = KEDGE_OK;
    return inf;
}

static size_t longest_text(const struct kedge_factory *f)
{
    size_t text = KEDGE__TEXT_PER_TOKEN;
    for (const struct kedge_informer *inf = f->informers; inf != NULL; inf = inf->next) {
        if (inf->options.text_max > text)
            text = inf->options.text_max;
    }
    return text;
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
    f->account_room = f->count;
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
    if (f->shut_down)
        return KEDGE_ERR_STOPPED;
    if (!f->started) {
        kedge_err err = take_tokens(f, longest_text(f));
        if (err == KEDGE_OK)
            err = take_heap(f);
        if (err != KEDGE_OK)
            return err;
    }
    kedge__lock(f->k); // others may look whether there is something to read
    f->started = true;
    kedge_time now = kedge__clock(f->k);
    for (struct kedge_informer *inf = f->informers; inf != NULL; inf = inf->next) {
        if (!inf->started && !inf->stopped)
            kedge__informer_do_start(inf, now);
    }
    kedge__unlock(f->k);
    return KEDGE_OK;
}

// Nothing of what waited is told any more; what the cache holds stays.
static void part_with(struct kedge_informer *inf)
{
    kedge_informer_stop(inf);
    kedge__delivery_discard(inf);
    memcpy(inf->reflector.read, inf->applied, sizeof inf->applied);
    while (inf->delivery.handlers != NULL)
        kedge_informer_remove_handler(inf, inf->delivery.handlers);
    inf->on_state = NULL;
    kedge__task_remove(inf->factory->k, &inf->task);
}

void kedge_factory_shutdown(struct kedge_factory *f)
{
    if (f == NULL || f->k->inside)
        return;
    kedge__lock(f->k);
    f->shut_down = true;
    for (struct kedge_informer *inf = f->informers; inf != NULL; inf = inf->next)
        part_with(inf);
    if (f->started)
        kedge__factory_report(f);
    kedge__unlock(f->k);
}
