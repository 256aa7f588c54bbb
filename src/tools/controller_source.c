// SPDX-License-Identifier: Apache-2.0
// controller_source.c - from what informers tell of to keys.
//
// Until the caches are whole, handlers say that they are ready and do nothing, so that a cache can
// be larger than the queue. Then each cache is walked over, as far as the queue has room, and from
// that moment on handlers add what happens; while there is no room for the keys of one event, they
// are not ready. What is added twice waits once.
#include "queue/queue_priv.h"
#include "tools/controller_priv.h"

#define NAMESPACE_MAX 63
#define NAME_MAX      253
#define WALK_MAX      64 // objects of a walk in one step

// Keys -------------------------------------------------------------------------------------------

static bool is_part(kedge_str s, size_t max)
{
    return s.len <= max && (s.len == 0 || (memchr(s.ptr, '/', s.len) == NULL &&
                                           memchr(s.ptr, '\0', s.len) == NULL));
}

// False: it is no key.
static bool make_key(char key[KEDGE_WORKQUEUE_KEY], kedge_str namespace_, kedge_str name)
{
    if (name.len == 0 || !is_part(name, NAME_MAX) || !is_part(namespace_, NAMESPACE_MAX))
        return false;
    struct kedge__line l;
    kedge__line_init(&l, key, KEDGE_WORKQUEUE_KEY);
    kedge__line_str(&l, namespace_);
    if (namespace_.len > 0)
        kedge__line_byte(&l, '/');
    kedge__line_str(&l, name);
    return true;
}

static void say_bad(const struct kedge_controller *c, kedge_str namespace_, kedge_str name,
                    const char *problem)
{
    if (!kedge__log_wants(c->k, KEDGE_LOG_WARNING))
        return;
    char text[256];
    struct kedge__line l;
    kedge__line_init(&l, text, sizeof text);
    kedge__line_text(&l, c->options.name);
    kedge__line_text(&l, ": a source gave namespace \"");
    kedge__line_printable(&l, namespace_, NAMESPACE_MAX);
    kedge__line_text(&l, "\", name \"");
    kedge__line_printable(&l, name, 96);
    kedge__line_text(&l, problem);
    kedge__log(c->k, KEDGE_LOG_WARNING, text);
}

void kedge_controller_key(struct kedge_controller_keys *out, kedge_str namespace_, kedge_str name)
{
    char key[KEDGE_WORKQUEUE_KEY];
    struct kedge_controller *c = out->c;
    const char *problem = NULL;
    if (!make_key(key, namespace_, name))
        problem = "\", which is no key";
    else if (kedge_workqueue_add(c->queue, key) == KEDGE_ERR_FULL)
        problem = "\", for which there is no room: the source's `keys` says fewer than it gives";
    if (problem == NULL)
        return;
    kedge__lock(c->k);
    c->figures.bad_keys++;
    say_bad(c, namespace_, name, problem);
    kedge__unlock(c->k);
}

kedge_err kedge_controller_add(struct kedge_controller *c, const char *namespace_, const char *name)
{
    char key[KEDGE_WORKQUEUE_KEY];
    if (c == NULL || !make_key(key, kedge_str_of(namespace_), kedge_str_of(name)))
        return KEDGE_ERR_ARGUMENT;
    kedge__lock(c->k);
    kedge_err err = KEDGE_ERR_FULL;
    // What an event may need stays free: a handler that was told that there is room must find it.
    if (kedge__key_find(c->queue, kedge_str_of(key)) != 0 ||
        kedge_workqueue_is_shut_down(c->queue) ||
        kedge_workqueue_has_room_for(c->queue, c->room + 1))
        err = kedge_workqueue_add(c->queue, key);
    kedge__unlock(c->k);
    return err;
}

static void add_keys(const struct kedge_controller_source *s, const struct kedge_object *obj)
{
    struct kedge_controller_keys out = {s->controller};
    if (s->map != NULL)
        s->map(s->map_ctx, obj, &out);
    else
        kedge_controller_key(&out, kedge_text_str(&obj->namespace_), kedge_text_str(&obj->name));
}

static size_t keys_of(const struct kedge_controller_source *s)
{
    if (s->map == NULL)
        return 1;
    return s->keys > 0 ? (size_t)s->keys * 2 : 2; // of an object before and after
}

// Events -----------------------------------------------------------------------------------------

static void take_event(struct kedge_controller_source *s, const struct kedge_object *old,
                       const struct kedge_object *obj)
{
    struct kedge_controller *c = s->controller;
    bool wanted = s->predicate == NULL || s->predicate(s->predicate_ctx, old, obj);
    kedge__lock(c->k);
    c->figures.events++;
    c->figures.unwanted += wanted ? 0 : 1;
    kedge__unlock(c->k);
    if (!wanted)
        return;
    if (old != NULL && old != obj && (obj == NULL || s->map != NULL))
        add_keys(s, old);
    if (obj != NULL)
        add_keys(s, obj);
}

static bool is_running(const struct kedge_controller *c)
{
    kedge__lock(c->k);
    bool is = c->phase == KEDGE__CONTROLLER_RUNNING;
    kedge__unlock(c->k);
    return is;
}

static void on_add(void *ctx, const struct kedge_object *obj, bool initial)
{
    struct kedge_controller_source *s = ctx;
    (void)initial;
    if (is_running(s->controller))
        take_event(s, NULL, obj);
}

static void on_update(void *ctx, const struct kedge_object *old, const struct kedge_object *obj)
{
    struct kedge_controller_source *s = ctx;
    if (is_running(s->controller))
        take_event(s, old, obj);
}

static void on_delete(void *ctx, const struct kedge_object *obj, bool tombstone)
{
    struct kedge_controller_source *s = ctx;
    (void)tombstone;
    if (is_running(s->controller))
        take_event(s, obj, NULL);
}

static bool is_ready(void *ctx)
{
    const struct kedge_controller_source *s = ctx;
    const struct kedge_controller *c = s->controller;
    return !is_running(c) || kedge_workqueue_has_room_for(c->queue, c->room);
}

// What was there ---------------------------------------------------------------------------------

void kedge__controller_begin_walks(struct kedge_controller *c)
{
    for (struct kedge_controller_source *s = c->sources; s != NULL; s = s->next) {
        s->walk = kedge_lister_list(s->informer, NULL, KEDGE_EVERYTHING);
        s->walking = true;
    }
}

bool kedge__controller_walk(struct kedge_controller *c)
{
    int walked = 0;
    for (struct kedge_controller_source *s = c->sources; s != NULL; s = s->next) {
        while (s->walking && walked < WALK_MAX && kedge_workqueue_has_room_for(c->queue, c->room)) {
            const struct kedge_object *obj = kedge_iter_next(&s->walk);
            s->walking = obj != NULL;
            if (obj != NULL)
                take_event(s, NULL, obj);
            walked++;
        }
    }
    return walked > 0;
}

// Joining and parting ----------------------------------------------------------------------------

// When nothing else is in it.
static bool could_hold(const struct kedge_controller *c, size_t keys)
{
    size_t chunks = (KEDGE_WORKQUEUE_KEY - 1 + KEDGE__CHUNK_TEXT - 1) / KEDGE__CHUNK_TEXT;
    return keys <= c->queue->key_cap && keys <= c->queue->chunk_cap / chunks;
}

static kedge_err refuse(struct kedge_controller *c, const struct kedge_informer *informer,
                        size_t keys)
{
    struct kedge__line *l = kedge__fail(c->k, KEDGE_ERR_ARGUMENT);
    kedge__line_text(l, c->options.name);
    kedge__line_text(l, ": a source of ");
    kedge__line_text(l, kedge_informer_kind(informer)->resource);
    kedge__line_text(l, " may need room for ");
    kedge__line_int(l, (int64_t)keys);
    kedge__line_text(l, " keys of 317 bytes at once: give the controller more keys or bytes");
    return KEDGE_ERR_ARGUMENT;
}

kedge_err kedge_controller_watch(struct kedge_controller *c, struct kedge_informer *informer,
                                 struct kedge_controller_source *source)
{
    if (c == NULL || informer == NULL || source == NULL)
        return KEDGE_ERR_ARGUMENT;
    if (source->controller != NULL)
        return KEDGE_ERR_EXISTS;
    if (c->phase != KEDGE__CONTROLLER_NEW)
        return KEDGE_ERR_STATE;
    size_t room = keys_of(source);
    if (!could_hold(c, room))
        return refuse(c, informer, room);
    source->handler = (struct kedge_handler){
        .on_add = on_add,
        .on_update = on_update,
        .on_delete = on_delete,
        .ready = is_ready,
        .ctx = source,
    };
    source->controller = c;
    source->informer = informer;
    kedge_err err = kedge_informer_add_handler(informer, &source->handler);
    if (err != KEDGE_OK) {
        source->controller = NULL;
        return err;
    }
    struct kedge_controller_source **end = &c->sources;
    while (*end != NULL)
        end = &(*end)->next;
    source->next = NULL;
    *end = source;
    if (room > c->room)
        c->room = room;
    return KEDGE_OK;
}

void kedge__controller_part(struct kedge_controller *c)
{
    struct kedge_controller_source *s = c->sources;
    c->sources = NULL;
    while (s != NULL) {
        struct kedge_controller_source *next = s->next;
        kedge_informer_remove_handler(s->informer, &s->handler);
        s->next = NULL;
        s->controller = NULL;
        s->walking = false;
        s = next;
    }
}
