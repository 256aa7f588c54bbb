// SPDX-License-Identifier: Apache-2.0
// beside.c - kedge's half of the comparison with client-go: keeps informers running and, at each
// SIGUSR1, writes for each DIR/NAME.cache, what it holds; DIR/NAME.told, what its handler was told,
// folded; where it has no selector DIR/NAME.front, the same of a handler with a filter; and last
// DIR/state. `drive informers` is the other half, and writes the same.
//
//     beside --kubeconfig FILE --out DIR [OPTIONS] KIND[:SELECTOR]...
//     beside --tables    what `drive` must know of the built-in kinds, whose names end in "-rows"
//     beside --kinds     these names

#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <kedge/kedge.h>
#include <kedge/posix.h>

#include "asked.h"
#include "columns.h"
#include "history.h"
#include "rows.h"

#define INFORMERS_MAX 64

struct followed {
    const char *name; // as on the command line
    char kind[64];
    const char *selector; // NULL: none
    const struct columns *columns;
    struct kedge_informer *informer;
    struct kedge_handler handler;
    struct history history;
    struct kedge_handler front_handler; // of what has the label tier=front
    struct history front;
};

struct options {
    struct kedge_config_options config;
    struct kedge_informer_options informer;
    const char *out;
    size_t memory; // bytes
    bool bare;     // handlers only count
};

static struct followed all[INFORMERS_MAX];
static size_t count;
static struct kedge *k;
static unsigned long long bare_events;
static kedge_time synced_after = -1;
static kedge_time now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (kedge_time)t.tv_sec * KEDGE_SECOND + t.tv_nsec / 1000000;
}

static bool in_front(void *ctx, const struct kedge_object *o)
{
    const char *tier = kedge_label(o, "tier");
    (void)ctx;
    return tier != NULL && strcmp(tier, "front") == 0;
}

static void count_add(void *ctx, const struct kedge_object *o, bool initial)
{
    (void)ctx, (void)o, (void)initial;
    bare_events++;
}

static void count_update(void *ctx, const struct kedge_object *old, const struct kedge_object *o)
{
    (void)ctx, (void)old, (void)o;
    bare_events++;
}

static void count_delete(void *ctx, const struct kedge_object *o, bool tombstone)
{
    (void)ctx, (void)o, (void)tombstone;
    bare_events++;
}

static void print_cache(const struct followed *f, FILE *out)
{
    struct kedge_iter it = kedge_lister_list(f->informer, NULL, KEDGE_EVERYTHING);
    for (const struct kedge_object *o; (o = kedge_iter_next(&it)) != NULL;)
        columns_print(out, f->columns, o);
}

// `history` NULL: what the cache holds.
static bool write_file(const char *dir, const struct followed *f, const char *what,
                       const struct history *history)
{
    char name[4096];
    snprintf(name, sizeof name, "%s/%s.%s", dir, f->name, what);
    FILE *out = fopen(name, "w");
    if (out == NULL) {
        perror(name);
        return false;
    }
    if (history != NULL)
        history_print(history, out);
    else
        print_cache(f, out);
    return fclose(out) == 0;
}

// The counters, summed up: key=value, a line each.
static void print_state(FILE *out)
{
    unsigned long long objects = 0, adds = 0, updates = 0, deletes = 0, tombstones = 0;
    unsigned long long lists = 0, watches = 0, failures = 0, violations = 0, lost = 0;

    for (size_t i = 0; i < count; i++) {
        const struct history *two[] = {&all[i].history, &all[i].front};
        struct kedge_informer_state s;
        if (kedge_informer_state(all[i].informer, &s) != KEDGE_OK)
            continue;
        objects += s.objects, lists += s.lists, watches += s.watches, failures += s.failures;
        lost += s.skipped + s.partial + (s.phase == KEDGE_STALE);
        for (size_t j = 0; j < 2; j++) {
            adds += two[j]->adds, updates += two[j]->updates, deletes += two[j]->deletes;
            tombstones += two[j]->tombstones, violations += two[j]->violations;
        }
    }
    fprintf(out, "objects=%llu\nadds=%llu\nupdates=%llu\ndeletes=%llu\ntombstones=%llu\n", objects,
            adds, updates, deletes, tombstones);
    fprintf(out, "violations=%llu\nlists=%llu\nwatches=%llu\nfailures=%llu\nlost=%llu\n",
            violations, lists, watches, failures, lost);
    fprintf(out, "events=%llu\nsynced_ms=%lld\n", bare_events, (long long)synced_after);
}

// Whoever waits for the last file finds all of them whole: it is written under another name.
static bool answer(const struct options *o)
{
    char part[4096], whole[4096];
    snprintf(part, sizeof part, "%s/part", o->out);
    snprintf(whole, sizeof whole, "%s/state", o->out);
    for (size_t i = 0; i < count; i++) {
        const struct followed *f = &all[i];
        if (!write_file(o->out, f, "cache", NULL) ||
            (!o->bare && !write_file(o->out, f, "told", &f->history)) ||
            (!o->bare && f->selector == NULL && !write_file(o->out, f, "front", &f->front)))
            return false;
    }
    FILE *out = fopen(part, "w");
    if (out == NULL) {
        perror(part);
        return false;
    }
    print_state(out);
    return fclose(out) == 0 && rename(part, whole) == 0;
}

static void look_whether_synced(kedge_time began)
{
    for (size_t i = 0; i < count; i++) {
        if (!kedge_informer_has_synced(all[i].informer))
            return;
    }
    synced_after = now() - began;
    fprintf(stderr, "synced after %lld ms\n", (long long)synced_after);
}

// Answers between polls that left nothing to do: else a handler may not know yet what the cache
// does.
static int keep_running(const struct options *o)
{
    kedge_time began = now();
    kedge_err err;

    while ((err = kedge_poll(k, asked ? KEDGE_SECOND / 20 : KEDGE_SECOND)) == KEDGE_OK) {
        if (synced_after < 0)
            look_whether_synced(began);
        if (!asked || kedge_next_deadline(k) == 0)
            continue;
        asked = 0;
        if (!answer(o))
            return 1;
    }
    return err == KEDGE_ERR_STOPPED ? 0 : kedge_posix_fail(k);
}

static void add_handlers(struct followed *f, bool bare)
{
    if (bare) {
        f->handler = (struct kedge_handler){
            .on_add = count_add, .on_update = count_update, .on_delete = count_delete};
        kedge_informer_add_handler(f->informer, &f->handler);
        return;
    }
    f->history.columns = f->front.columns = f->columns;
    history_handler(&f->history, &f->handler);
    kedge_informer_add_handler(f->informer, &f->handler);
    if (f->selector != NULL)
        return;
    history_handler(&f->front, &f->front_handler);
    f->front_handler.filter = in_front;
    kedge_informer_add_handler(f->informer, &f->front_handler);
}

static int run(struct options *o)
{
    struct kedge_config config;

    if (kedge_config_load(k, &config, &o->config) != KEDGE_OK)
        return kedge_posix_fail(k);
    struct kedge_client *client = kedge_client_new(k, &config);
    struct kedge_factory *factory = kedge_factory_new(client, 0);
    for (size_t i = 0; i < count; i++) {
        o->informer.label_selector = all[i].selector;
        all[i].informer = kedge_factory_informer_with(factory, all[i].columns->kind, &o->informer);
        add_handlers(&all[i], o->bare);
    }
    int result = kedge_factory_start(factory) == KEDGE_OK ? keep_running(o) : kedge_posix_fail(k);
    kedge_factory_shutdown(factory);
    kedge_client_free(client);
    history_free();
    return result;
}

static void usage(void)
{
    fputs("usage: beside --out DIR [--kubeconfig FILE] [--no-watch-list] [--page N] [--bare]\n"
          "              [--memory MIB] KIND[:SELECTOR]...\n"
          "       beside --tables | --kinds\n",
          stderr);
    exit(2);
}

static void follow(const char *name)
{
    struct followed *f = &all[count];
    const char *colon = strchr(name, ':');
    size_t len = colon != NULL ? (size_t)(colon - name) : strlen(name);

    if (count == INFORMERS_MAX || len >= sizeof f->kind)
        usage();
    memcpy(f->kind, name, len);
    f->name = name;
    f->selector = colon != NULL ? colon + 1 : NULL;
    f->columns = columns_of(f->kind);
    if (f->columns == NULL) {
        fprintf(stderr, "beside: there is no kind %s\n", f->kind);
        exit(2);
    }
    count++;
}

// True if `arg` is the name of an option with a value, which is then set.
static bool set(struct options *o, const char *arg, const char *value)
{
    if (strcmp(arg, "--kubeconfig") == 0)
        o->config.kubeconfig = value;
    else if (strcmp(arg, "--out") == 0)
        o->out = value;
    else if (strcmp(arg, "--page") == 0)
        o->informer.page = (uint32_t)strtoul(value, NULL, 10);
    else if (strcmp(arg, "--memory") == 0)
        o->memory = strtoul(value, NULL, 10) << 20;
    else
        return false;
    return true;
}

static void print_kinds(void)
{
    const char *name;
    for (size_t i = 0; (name = rows_name(i)) != NULL; i++)
        printf("%s-rows\n", name);
}

static void parse(struct options *o, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--no-watch-list") == 0)
            o->informer.no_watch_list = true;
        else if (strcmp(argv[i], "--bare") == 0)
            o->bare = true;
        else if (i + 1 < argc && set(o, argv[i], argv[i + 1]))
            i++;
        else if (argv[i][0] != '-')
            follow(argv[i]);
        else
            usage();
    }
    if (o->out == NULL || count == 0)
        usage();
}

int main(int argc, char **argv)
{
    struct options o = {.memory = 8u << 20};
    if (argc == 2 && strcmp(argv[1], "--tables") == 0)
        return rows_print_tables(stdout), 0;
    if (argc == 2 && strcmp(argv[1], "--kinds") == 0)
        return print_kinds(), 0;
    parse(&o, argc, argv);
    void *memory = malloc(o.memory);
    k = asked_init(memory, o.memory);
    int result = run(&o);
    kedge_posix_print_memory(k, stderr);
    free(memory);
    return result;
}
