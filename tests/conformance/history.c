// SPDX-License-Identifier: Apache-2.0
// history.c - a hash table of chains, one a process for all kinds, with libc's heap: this is the
// test's own view, made of nothing that the library holds.

#define _POSIX_C_SOURCE 200809L

#include "history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    struct entry *next;
    const struct history *history;
    char *uid;
    char *version;
    char *line; // where the history has columns
    char key[]; // namespace/name
};

#define CHAINS 8192u
static struct entry *chains[CHAINS];

static char *copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *c = malloc(size);
    if (c == NULL)
        abort();
    return memcpy(c, text, size);
}

static void key_of(const struct kedge_object *o, char key[512])
{
    snprintf(key, 512, "%s/%s", kedge_namespace(o), kedge_name(o));
}

// The link that points to the entry, or the end of its chain.
static struct entry **find(const struct history *h, const char *key)
{
    unsigned hash = 2166136261u;
    for (const char *c = key; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    struct entry **link = &chains[hash % CHAINS];
    while (*link != NULL && ((*link)->history != h || strcmp((*link)->key, key) != 0))
        link = &(*link)->next;
    return link;
}

static void violation(struct history *h, const char *what, const struct kedge_object *o)
{
    h->violations++;
    fprintf(stderr, "violation: %s: %s/%s at %s\n", what, kedge_namespace(o), kedge_name(o),
            kedge_resource_version(o));
}

static char *line_of(const struct columns *columns, const struct kedge_object *o)
{
    char *line = NULL;
    size_t size;
    FILE *out = open_memstream(&line, &size);
    if (out == NULL)
        abort();
    columns_print(out, columns, o);
    if (fclose(out) != 0)
        abort();
    return line;
}

static void store(struct entry *e, const struct kedge_object *o)
{
    char uid[KEDGE_UID_TEXT];

    free(e->uid);
    free(e->version);
    free(e->line);
    e->uid = copy(kedge_uid(o, uid));
    e->version = copy(kedge_resource_version(o));
    e->line = e->history->columns != NULL ? line_of(e->history->columns, o) : NULL;
}

static void on_add(void *ctx, const struct kedge_object *o, bool initial)
{
    struct history *h = ctx;
    (void)initial;
    char key[512];
    key_of(o, key);
    h->adds++;
    struct entry **link = find(h, key);
    if (*link != NULL) {
        violation(h, "an add of what was added before", o);
        store(*link, o);
        return;
    }
    struct entry *e = calloc(1, sizeof *e + strlen(key) + 1);
    if (e == NULL)
        abort();
    memcpy(e->key, key, strlen(key) + 1);
    e->history = h;
    store(e, o);
    *link = e;
    h->count++;
}

static void on_update(void *ctx, const struct kedge_object *old, const struct kedge_object *o)
{
    struct history *h = ctx;
    char key[512];
    key_of(o, key);
    struct entry *e = *find(h, key);
    if (old == o)
        h->resyncs++;
    else
        h->updates++;
    if (e == NULL) {
        violation(h, "an update of what is not there", o);
        return;
    }
    if (strcmp(e->version, kedge_resource_version(old)) != 0)
        violation(h, "an update whose old object is not the one told last", old);
    store(e, o);
}

static void unlink_entry(struct entry **link)
{
    struct entry *e = *link;

    *link = e->next;
    free(e->uid);
    free(e->version);
    free(e->line);
    free(e);
}

static void on_delete(void *ctx, const struct kedge_object *o, bool tombstone)
{
    struct history *h = ctx;
    char key[512];
    key_of(o, key);
    h->deletes++;
    h->tombstones += tombstone;
    struct entry **link = find(h, key);
    struct entry *e = *link;
    if (e == NULL) {
        violation(h, "a delete of what is not there", o);
        return;
    }
    char uid[KEDGE_UID_TEXT];
    if (strcmp(e->uid, kedge_uid(o, uid)) != 0)
        violation(h, "a delete of another object of the same name", o);
    unlink_entry(link);
    h->count--;
}

void history_handler(struct history *h, struct kedge_handler *handler)
{
    handler->on_add = on_add;
    handler->on_update = on_update;
    handler->on_delete = on_delete;
    handler->ctx = h;
}

bool history_has(const struct history *h, const struct kedge_object *o)
{
    char key[512];
    key_of(o, key);
    const struct entry *e = *find(h, key);
    char uid[KEDGE_UID_TEXT];

    return e != NULL && strcmp(e->uid, kedge_uid(o, uid)) == 0 &&
           strcmp(e->version, kedge_resource_version(o)) == 0;
}

void history_print(const struct history *h, FILE *out)
{
    for (size_t i = 0; i < CHAINS; i++) {
        for (const struct entry *e = chains[i]; e != NULL; e = e->next) {
            if (e->history == h)
                fputs(e->line, out);
        }
    }
}

void history_free(void)
{
    for (size_t i = 0; i < CHAINS; i++) {
        while (chains[i] != NULL)
            unlink_entry(&chains[i]);
    }
}
