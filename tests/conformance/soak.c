// SPDX-License-Identifier: Apache-2.0
// soak.c - keeps informers of several kinds running for as long as it is let, and at each SIGUSR1
// writes what they hold, a file DIR/KIND.cache each, and then DIR/soak.state: what they did and
// what memory they use.
//
//     soak --kubeconfig FILE --out DIR KIND...
//
// Handlers fold what they are told (history.h); each SIGUSR1 checks that this and the caches are
// the same.

#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kedge/kedge.h>
#include <kedge/posix.h>

#include "asked.h"
#include "columns.h"
#include "history.h"

#define KINDS_MAX 9
#define PARTS_MAX 64

struct watched {
    const struct columns *columns;
    struct kedge_informer *informer;
    struct kedge_handler handler;
    struct history history;
    bool was_stale;
};

static unsigned char memory[4u << 20];
static struct watched all[KINDS_MAX];
static size_t count;
static struct kedge *k;

static void on_state(void *ctx, struct kedge_informer *informer)
{
    struct kedge_informer_state s;
    struct watched *w = ctx;

    if (kedge_informer_state(informer, &s) == KEDGE_OK && s.phase == KEDGE_STALE)
        w->was_stale = true;
}

// How many objects the cache and the handlers' history do not share.
static unsigned long compare(const struct watched *w, FILE *out)
{
    struct kedge_iter it = kedge_lister_list(w->informer, NULL, KEDGE_EVERYTHING);
    unsigned long differences = 0;
    size_t objects = 0;

    for (const struct kedge_object *o; (o = kedge_iter_next(&it)) != NULL; objects++) {
        differences += !history_has(&w->history, o);
        columns_print(out, w->columns, o);
    }
    return differences + (objects != w->history.count);
}

static bool write_cache(const char *dir, struct watched *w)
{
    char name[4096];
    snprintf(name, sizeof name, "%s/%s.cache", dir, w->columns->name);
    FILE *out = fopen(name, "w");
    if (out == NULL) {
        perror(name);
        return false;
    }
    unsigned long differences = compare(w, out);
    if (differences > 0)
        fprintf(stderr, "violation: %lu differences of cache and history: %s\n", differences,
                w->columns->name);
    w->history.violations += differences;
    return fclose(out) == 0;
}

// The kinds' counters, summed up: key=value, a line each.
static void print_counters(FILE *out)
{
    unsigned long long objects = 0, adds = 0, updates = 0, deletes = 0, tombstones = 0, resyncs = 0;
    unsigned long long lists = 0, watches = 0, failures = 0, partial = 0, skipped = 0, bytes = 0;
    unsigned long long violations = 0, stale = 0;

    for (size_t i = 0; i < count; i++) {
        const struct history *h = &all[i].history;
        struct kedge_informer_state s;
        if (kedge_informer_state(all[i].informer, &s) != KEDGE_OK)
            continue;
        objects += s.objects, lists += s.lists, watches += s.watches, failures += s.failures;
        partial += s.partial, skipped += s.skipped, bytes += s.bytes_in;
        adds += h->adds, updates += h->updates, deletes += h->deletes, resyncs += h->resyncs;
        tombstones += h->tombstones, violations += h->violations, stale += all[i].was_stale;
    }
    fprintf(out, "objects=%llu\nadds=%llu\nupdates=%llu\ndeletes=%llu\ntombstones=%llu\n", objects,
            adds, updates, deletes, tombstones);
    fprintf(out, "resyncs=%llu\nlists=%llu\nwatches=%llu\nfailures=%llu\n", resyncs, lists, watches,
            failures);
    fprintf(out, "partial=%llu\nskipped=%llu\nbytes=%llu\nviolations=%llu\nstale=%llu\n", partial,
            skipped, bytes, violations, stale);
}

// What of the block is set aside, and the heap of the objects, as the report has it.
static void print_memory(FILE *out)
{
    struct kedge_memory_part parts[PARTS_MAX];
    size_t n = kedge_memory_report(k, parts, PARTS_MAX);

    fprintf(out, "arena_size=%zu\narena_used=%zu\n", parts[0].size, parts[0].used);
    for (size_t i = 1; i < n && i < PARTS_MAX; i++) {
        if (strcmp(parts[i].name, "heap") == 0)
            fprintf(out, "heap_size=%zu\nheap_used=%zu\nheap_peak=%zu\n", parts[i].size,
                    parts[i].used, parts[i].peak);
    }
}

// Whoever waits for the last file finds all of them whole: it is written under another name.
static bool answer(const char *dir)
{
    char part[4096], whole[4096];
    snprintf(part, sizeof part, "%s/soak.part", dir);
    snprintf(whole, sizeof whole, "%s/soak.state", dir);
    for (size_t i = 0; i < count; i++) {
        if (!write_cache(dir, &all[i]))
            return false;
    }
    FILE *out = fopen(part, "w");
    if (out == NULL) {
        perror(part);
        return false;
    }
    print_counters(out);
    print_memory(out);
    return fclose(out) == 0 && rename(part, whole) == 0;
}

// Answers between polls that left nothing to do: else a handler may not know yet what the cache
// does.
static int keep_running(const char *dir)
{
    kedge_err err;
    while ((err = kedge_poll(k, asked ? KEDGE_SECOND / 20 : KEDGE_SECOND)) == KEDGE_OK) {
        if (!asked || kedge_next_deadline(k) == 0)
            continue;
        asked = 0;
        if (!answer(dir))
            return 1;
    }
    return err == KEDGE_ERR_STOPPED ? 0 : kedge_posix_fail(k);
}

static int run(const struct kedge_config_options *options, const char *dir)
{
    struct kedge_config config;

    if (kedge_config_load(k, &config, options) != KEDGE_OK)
        return kedge_posix_fail(k);
    struct kedge_client *client = kedge_client_new(k, &config);
    struct kedge_factory *factory = kedge_factory_new(client, 120 * KEDGE_SECOND);
    for (size_t i = 0; i < count; i++) {
        struct watched *w = &all[i];
        w->informer = kedge_factory_informer(factory, w->columns->kind);
        history_handler(&w->history, &w->handler);
        kedge_informer_add_handler(w->informer, &w->handler);
        kedge_informer_on_state(w->informer, on_state, w);
    }
    int result = kedge_factory_start(factory) == KEDGE_OK ? keep_running(dir) : kedge_posix_fail(k);
    kedge_factory_shutdown(factory);
    kedge_client_free(client);
    history_free();
    return result;
}

int main(int argc, char **argv)
{
    if (argc < 6 || argc > 5 + KINDS_MAX || strcmp(argv[1], "--kubeconfig") != 0 ||
        strcmp(argv[3], "--out") != 0) {
        fputs("usage: soak --kubeconfig FILE --out DIR KIND...\n", stderr);
        return 2;
    }
    for (int i = 5; i < argc; i++) {
        all[count].columns = columns_of(argv[i]);
        if (all[count++].columns == NULL) {
            fprintf(stderr, "soak: there is no kind %s\n", argv[i]);
            return 2;
        }
    }
    // Every page of the block counts from the beginning, so that what the process grows by later is
    // not the block filling up.
    memset(memory, 0xa5, sizeof memory);
    k = asked_init(memory, sizeof memory);
    struct kedge_config_options options = {.kubeconfig = argv[2]};
    int result = run(&options, argv[4]);
    kedge_posix_print_memory(k, stderr);
    return result;
}
