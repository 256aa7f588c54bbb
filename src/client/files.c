// SPDX-License-Identifier: Apache-2.0
// files.c - the CA, the client certificate and its key, read again from their files.
//
//     buf: | CA in use, if it came later | NUL | the next ones, as they are read |
//            in_use
//
// The pair's bytes stay only until they are parsed. What they were is told by a hash, so no key is
// kept. A file that is half written, empty or gone costs nothing that works: it is logged, and read
// again when it is time to.
#include "base/hash.h"
#include "base/wipe.h"
#include "client/client_priv.h"
#include "client/config_priv.h"
#include "client/file.h"

// How often, as client-go.
#define EVERY (5 * KEDGE_MINUTE)
// How soon after connections of two certificates ago were in the way.
#define SOON KEDGE_SECOND
// What the next files may be longer than the first, beside the first ones' own length.
#define MARGIN 1024

enum { CA, CERTIFICATE, KEY, COUNT };

struct files {
    struct kedge__source source; // first
    struct kedge__task task;     // wakes the loop for watches, which begin no request
    const char *paths[COUNT];    // NULL: not from a file
    uint64_t hashes[COUNT];      // of the contents in use
    char *buf;
    size_t cap;
    size_t in_use;
    kedge_time due;
    bool complained;
};

static struct files *of_task(struct kedge__task *t)
{
    return (struct files *)((char *)t - offsetof(struct files, task));
}

static uint64_t hash_of(kedge_str s)
{
    return (uint64_t)kedge__hash(1, s.ptr, s.len) << 32 | kedge__hash(2, s.ptr, s.len);
}

// Once until it goes well again: a file that is gone would fill the log.
static void complain(struct files *f, const char *path, const char *problem)
{
    char text[256];
    struct kedge__line l;
    if (f->complained)
        return;
    f->complained = true;
    kedge__line_init(&l, text, sizeof text);
    kedge__line_text(&l, "credentials read again: ");
    kedge__line_foreign(&l, path);
    kedge__line_text(&l, path != NULL ? ": " : "");
    kedge__line_text(&l, problem);
    kedge__line_text(&l, "; what was before stays in use");
    kedge__log(f->source.client->k, KEDGE_LOG_WARNING, text);
}

// Reads a file behind the first `*used` bytes of the buffer, with a NUL behind it.
static bool read_one(struct files *f, int which, size_t *used, kedge_str *out)
{
    size_t from = *used;
    int n = kedge__file_read(f->source.client->k, f->paths[which], f->buf + from, f->cap - from);
    size_t got = n > 0 ? (size_t)n : 0;
    if (n < 0) {
        complain(f, f->paths[which], kedge__config_read_problem((kedge_err)n));
        return false;
    }
    // The last byte must be left for the NUL.
    if (from + got >= f->cap) {
        complain(f, f->paths[which], "it is longer than the room taken for it");
        return false;
    }
    f->buf[from + got] = '\0';
    *out = (kedge_str){f->buf + from, got};
    *used = from + got + 1;
    return true;
}

static bool read_all(struct files *f, kedge_str *texts)
{
    const struct kedge_client *c = f->source.client;
    size_t used = f->in_use;
    texts[CA] = c->ca;
    texts[CERTIFICATE] = c->certificate;
    texts[KEY] = c->key;
    for (int i = CA; i < COUNT; i++) {
        if (f->paths[i] != NULL && !read_one(f, i, &used, &texts[i]))
            return false;
    }
    return true;
}

static bool changed(const struct files *f, int which, const kedge_str *texts)
{
    return f->paths[which] != NULL && hash_of(texts[which]) != f->hashes[which];
}

// The new ones are in use: remembers which they are. The CA moves to the front.
static void remember(struct files *f, const kedge_str *texts)
{
    for (int i = CA; i < COUNT; i++) {
        if (f->paths[i] != NULL)
            f->hashes[i] = hash_of(texts[i]);
    }
    if (f->paths[CA] == NULL)
        return;
    memmove(f->buf, texts[CA].ptr, texts[CA].len + 1);
    f->source.client->ca = (kedge_str){f->buf, texts[CA].len};
    f->in_use = texts[CA].len + 1;
}

static void renew(struct files *f, const kedge_str *texts, kedge_time now)
{
    const char *problem = NULL;
    bool pair = changed(f, CERTIFICATE, texts) || changed(f, KEY, texts);
    if (!pair && !changed(f, CA, texts)) {
        f->complained = false;
        return;
    }
    kedge_err err = kedge__trust_renew(f->source.client, texts[CA], texts[CERTIFICATE], texts[KEY],
                                       pair, &problem);
    if (err == KEDGE_WAIT) {
        f->due = now + SOON;
        return;
    }
    if (err != KEDGE_OK) {
        complain(f, NULL, problem);
        return;
    }
    f->complained = false;
    remember(f, texts);
    kedge__log(f->source.client->k, KEDGE_LOG_INFO,
               pair ? "the client certificate was read again and is another one"
                    : "the CA was read again and is another one");
}

// True if it was time to.
static bool look(struct files *f, kedge_time now)
{
    kedge_str texts[COUNT];
    if (now < f->due)
        return false;
    f->due = now + EVERY;
    if (read_all(f, texts))
        renew(f, texts, now);
    kedge__wipe(f->buf + f->in_use, f->cap - f->in_use);
    if (f->task.deadline != KEDGE_FOREVER)
        f->task.deadline = f->due;
    return true;
}

static bool step(struct kedge__task *t, kedge_time now)
{
    struct files *f = of_task(t);
    return now >= t->deadline && look(f, now);
}

static kedge_err ready(struct kedge__source *s, kedge_time now, struct kedge__pending *p)
{
    (void)p;
    look((struct files *)s, now);
    return KEDGE_OK;
}

static void end(struct kedge__source *s)
{
    struct files *f = (struct files *)s;
    kedge__task_remove(s->client->k, &f->task);
    kedge__wipe(f->buf, f->cap);
}

static const struct kedge__source_ops ops = {.ready = ready, .free = end};
static const struct kedge__task_ops task_ops = {.step = step};

// Which paths there are, and what they held; how much room that needs.
static size_t take_paths(struct files *f, const struct kedge_config *config)
{
    const char *const paths[COUNT] = {config->ca_file, config->certificate_file, config->key_file};
    const kedge_str texts[COUNT] = {config->ca, config->certificate, config->key};
    size_t room = MARGIN;
    // One of them without the other is nothing that can be followed, and what the program gives
    // itself is not the files' to change.
    bool pair = paths[CERTIFICATE] != NULL && paths[KEY] != NULL && config->hooks.callback == NULL;
    for (int i = CA; i < COUNT; i++) {
        if (paths[i] == NULL || texts[i].len == 0 || (i != CA && !pair))
            continue;
        f->paths[i] = paths[i];
        f->hashes[i] = hash_of(texts[i]);
        room += (i == CA ? 3 : 2) * (texts[i].len + 1);
    }
    return room;
}

static kedge_err start(struct kedge_client *c, const struct kedge_config *config)
{
    struct kedge *k = c->k;
    struct files found = {.source = {.client = c}};
    size_t room = take_paths(&found, config);
    bool pair = found.paths[CERTIFICATE] != NULL;
    if (k->port->file == NULL || (found.paths[CA] == NULL && !pair))
        return KEDGE_OK;
    struct files *f = KEDGE__NEW(k, "client", struct files, 1);
    if (f == NULL || kedge__trust_init(c) != KEDGE_OK)
        return KEDGE_ERR_MEMORY;
    *f = found;
    f->cap = room;
    f->buf = kedge__take(k, "TLS", room, 1, 1);
    if (f->buf == NULL)
        return KEDGE_ERR_MEMORY;
    if (!pair) { // a new CA needs them again
        c->certificate = config->certificate;
        c->key = config->key;
    }
    f->due = kedge__clock(k) + EVERY;
    f->task.ops = &task_ops;
    f->task.deadline = pair ? f->due : KEDGE_FOREVER;
    kedge__client_add_source(c, &f->source, &ops);
    return kedge__task_add(k, &f->task);
}

void kedge_config_watch_files(struct kedge_config *config)
{
    if (config != NULL)
        config->hooks.files = start;
}
