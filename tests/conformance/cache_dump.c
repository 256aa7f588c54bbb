// SPDX-License-Identifier: Apache-2.0
// cache_dump.c - keeps an informer running and, at each SIGUSR1, writes its cache to a file, one
// line an object, in the form in which `drive dump` prints what the server holds.
//
//     cache_dump --kubeconfig FILE --out FILE [--once]
//
// The last line of the file begins with # and holds counters. Handlers fold what they are told
// (history.h), and each dump checks that this and the cache are the same.

#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kedge/kedge.h>
#include <kedge/posix.h>

#include "asked.h"
#include "columns.h"
#include "history.h"

struct options {
    struct kedge_config_options config;
    struct kedge_informer_options informer;
    const struct columns *columns;
    const char *out;
    size_t memory;      // bytes
    kedge_time timeout; // of --once
    kedge_time resync;
    bool once;
};

static struct kedge *k;

static void print_counters(FILE *out, const struct kedge_informer *informer,
                           const struct history *h)
{
    struct kedge_informer_state s;
    static const char *const phases[] = {"SYNCING", "CURRENT", "RELISTING", "STALE"};

    if (kedge_informer_state(informer, &s) != KEDGE_OK)
        return;
    fprintf(
        out,
        "# phase=%s objects=%zu lists=%llu watches=%llu failures=%llu partial=%llu skipped=%llu",
        phases[s.phase], s.objects, (unsigned long long)s.lists, (unsigned long long)s.watches,
        (unsigned long long)s.failures, (unsigned long long)s.partial,
        (unsigned long long)s.skipped);
    fprintf(out, " adds=%lu updates=%lu resyncs=%lu deletes=%lu tombstones=%lu violations=%lu\n",
            h->adds, h->updates, h->resyncs, h->deletes, h->tombstones, h->violations);
}

// Counts a violation for each object that the cache and the handlers' history do not share.
static void compare(const struct kedge_informer *informer, struct history *h)
{
    struct kedge_iter it = kedge_lister_list(informer, NULL, KEDGE_EVERYTHING);
    size_t count = 0;

    for (const struct kedge_object *o; (o = kedge_iter_next(&it)) != NULL; count++) {
        if (history_has(h, o))
            continue;
        h->violations++;
        fprintf(stderr, "violation: in the cache and not in the history: %s/%s at %s\n",
                kedge_namespace(o), kedge_name(o), kedge_resource_version(o));
    }
    if (count == h->count)
        return;
    h->violations++;
    fprintf(stderr, "violation: %zu objects in the cache and %zu in the history\n", count,
            h->count);
}

// Whoever waits for the file finds it whole: it is written under another name.
static bool dump(const struct options *o, const struct kedge_informer *informer, struct history *h)
{
    char part[4096];
    snprintf(part, sizeof part, "%s.part", o->out);
    FILE *out = fopen(part, "w");
    if (out == NULL) {
        perror(part);
        return false;
    }
    compare(informer, h);
    struct kedge_iter it = kedge_lister_list(informer, NULL, KEDGE_EVERYTHING);
    for (const struct kedge_object *obj; (obj = kedge_iter_next(&it)) != NULL;)
        columns_print(out, o->columns, obj);
    print_counters(out, informer, h);
    return fclose(out) == 0 && rename(part, o->out) == 0;
}

static void say_synced(const struct kedge_informer *informer)
{
    static bool said;
    if (said || !kedge_informer_has_synced(informer))
        return;
    said = true;
    fprintf(stderr, "synced: %zu objects\n", kedge_lister_count(informer));
}

static int keep_running(const struct options *o, struct kedge_informer *informer, struct history *h)
{
    kedge_err err;
    while ((err = kedge_poll(k, KEDGE_SECOND)) == KEDGE_OK) {
        say_synced(informer);
        if (!asked)
            continue;
        asked = 0;
        if (!dump(o, informer, h))
            return 1;
    }
    return err == KEDGE_ERR_STOPPED ? 0 : kedge_posix_fail(k);
}

static int sync_once(const struct options *o, struct kedge_factory *factory,
                     struct kedge_informer *informer, struct history *h)
{
    if (kedge_factory_wait_for_cache_sync(factory, o->timeout) != KEDGE_OK)
        return kedge_posix_fail(k);
    say_synced(informer);
    return dump(o, informer, h) && h->violations == 0 ? 0 : 1;
}

static int run(const struct options *o)
{
    static struct history history;
    static struct kedge_handler handler;
    struct kedge_config config;
    int result;

    if (kedge_config_load(k, &config, &o->config) != KEDGE_OK)
        return kedge_posix_fail(k);
    struct kedge_client *client = kedge_client_new(k, &config);
    struct kedge_factory *factory = kedge_factory_new(client, o->resync);
    struct kedge_informer *informer =
        kedge_factory_informer_with(factory, o->columns->kind, &o->informer);
    history_handler(&history, &handler);
    kedge_informer_add_handler(informer, &handler);
    if (kedge_factory_start(factory) != KEDGE_OK)
        result = kedge_posix_fail(k);
    else if (o->once)
        result = sync_once(o, factory, informer, &history);
    else
        result = keep_running(o, informer, &history);
    kedge_factory_shutdown(factory);
    kedge_client_free(client);
    history_free();
    return result;
}

static void usage(void)
{
    fputs("usage: cache_dump --out FILE [--kubeconfig FILE] [--kind KIND] [--namespace NAME]\n"
          "                  [--selector LABELS] [--fields FIELDS] [--page N | --unpaged]\n"
          "                  [--memory MIB] [--resync SECONDS] [--once] [--timeout SECONDS]\n",
          stderr);
    exit(2);
}

// True if `arg` is the name of an option with a value, which is then set.
static bool set(struct options *o, const char *arg, const char *value)
{
    if (strcmp(arg, "--kubeconfig") == 0)
        o->config.kubeconfig = value;
    else if (strcmp(arg, "--out") == 0)
        o->out = value;
    else if (strcmp(arg, "--kind") == 0)
        o->columns = columns_of(value);
    else if (strcmp(arg, "--namespace") == 0)
        o->informer.namespace_ = value;
    else if (strcmp(arg, "--selector") == 0)
        o->informer.label_selector = value;
    else if (strcmp(arg, "--fields") == 0)
        o->informer.field_selector = value;
    else if (strcmp(arg, "--page") == 0)
        o->informer.page = (uint32_t)strtoul(value, NULL, 10);
    else if (strcmp(arg, "--memory") == 0)
        o->memory = strtoul(value, NULL, 10) << 20;
    else if (strcmp(arg, "--resync") == 0)
        o->resync = strtol(value, NULL, 10) * KEDGE_SECOND;
    else if (strcmp(arg, "--timeout") == 0)
        o->timeout = strtol(value, NULL, 10) * KEDGE_SECOND;
    else
        return false;
    return true;
}

static void parse(struct options *o, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--once") == 0)
            o->once = true;
        else if (strcmp(argv[i], "--unpaged") == 0)
            o->informer.page = KEDGE_UNPAGED;
        else if (i + 1 < argc && set(o, argv[i], argv[i + 1]))
            i++;
        else
            usage();
    }
    if (o->out == NULL || o->columns == NULL)
        usage();
}

int main(int argc, char **argv)
{
    struct options o = {
        .columns = columns_of("deployment"), .memory = 8u << 20, .timeout = 30 * KEDGE_SECOND};
    parse(&o, argc, argv);
    void *memory = malloc(o.memory);
    k = asked_init(memory, o.memory);
    int result = run(&o);
    kedge_posix_print_memory(k, stderr);
    free(memory);
    return result;
}
