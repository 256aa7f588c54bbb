// SPDX-License-Identifier: Apache-2.0
// memory - what a cache costs, measured with the library's own report.
//
// In one process, over the mock API server without sockets: an unpaged list of 20 Deployments and
// one of many thousands need the same working memory; what grows is the heap, by the bytes of an
// object.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "kedge/kedge.h"
#include "mock_port.h"

struct figures {
    size_t objects;
    size_t working; // bytes set aside for all but the heap
    size_t heap;    // bytes of the heap at its highest
    uint64_t body;  // bytes received until the list was complete
    double seconds;
};

static size_t heap_of(const struct kedge *k, size_t *working)
{
    struct kedge_memory_part parts[32];
    size_t count = kedge_memory_report(k, parts, 32);
    size_t heap = 0;
    *working = 0;
    for (size_t i = 1; i < count; i++) {
        if (strcmp(parts[i].name, "heap") == 0)
            heap = parts[i].peak;
        else
            *working += parts[i].size;
    }
    return heap;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// One list, unpaged, of all that `mock` has.
static struct figures measure(struct mock *mock, const struct kedge_kind *kind, size_t memory)
{
    struct figures f = {0};
    struct mock_port port;
    struct kedge_config config = {.server = "http://mock"};
    struct kedge_informer_options options = {.page = KEDGE_UNPAGED};
    unsigned char *block = malloc(memory);
    mock_port_init(&port, mock, 1);
    struct kedge *k = kedge_init(block, memory, &port.fake.port);
    struct kedge_client *client = kedge_client_new(k, &config);
    struct kedge_factory *factory = kedge_factory_new(client, 0);
    struct kedge_informer *informer = kedge_factory_informer_with(factory, kind, &options);
    kedge_factory_start(factory);
    double began = now();
    kedge_err err = kedge_factory_wait_for_cache_sync(factory, KEDGE_HOUR);
    f.seconds = now() - began;
    if (err != KEDGE_OK) {
        fprintf(stderr, "%s: %s\n", kedge_err_name(err), kedge_error_text(k));
        exit(1);
    }
    kedge_poll(k, 0);
    f.objects = kedge_lister_count(informer);
    f.heap = heap_of(k, &f.working);
    f.body = port.fake.bytes_read;
    kedge_factory_shutdown(factory);
    kedge_client_free(client);
    mock_port_done(&port);
    free(block);
    return f;
}

static struct figures deployments(size_t count)
{
    struct mock *mock = mock_new(&(struct mock_options){.seed = 7});
    mock_fill(mock, count, 20);
    return measure(mock, &kedge_kind_deployment, 64u * 1024 * 1024);
}

// A pod as a controller makes it: five labels, two containers, conditions, an owner.
static const char pod[] =
    "{\"metadata\":{\"namespace\":\"payments\",\"name\":\"checkout-6d5f8c7b9d-%05zu\","
    "\"labels\":{\"app.kubernetes.io/name\":\"checkout\",\"app.kubernetes.io/"
    "instance\":\"checkout\","
    "\"app.kubernetes.io/"
    "version\":\"1.4.2\",\"pod-template-hash\":\"6d5f8c7b9d\",\"tier\":\"web\"},"
    "\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"ReplicaSet\","
    "\"name\":\"checkout-6d5f8c7b9d\",\"uid\":\"7d3c6f5e-6f0a-4b57-9d2f-0c3f2a1b4c5d\","
    "\"controller\":true}]},\"spec\":{\"nodeName\":\"edge-%04zu\",\"restartPolicy\":\"Always\","
    "\"serviceAccountName\":\"default\",\"containers\":["
    "{\"name\":\"app\",\"image\":\"registry.example.com/checkout:1.4.2\"},"
    "{\"name\":\"proxy\",\"image\":\"registry.example.com/proxy:2.0\"}]},"
    "\"status\":{\"phase\":\"Running\",\"podIP\":\"10.42.1.7\",\"hostIP\":\"192.0.2.9\","
    "\"startTime\":\"2026-01-01T00:00:00Z\",\"conditions\":["
    "{\"type\":\"Ready\",\"status\":\"True\"},{\"type\":\"ContainersReady\",\"status\":\"True\"},"
    "{\"type\":\"Initialized\",\"status\":\"True\"},{\"type\":\"PodScheduled\",\"status\":\"True\"}"
    "],"
    "\"containerStatuses\":[{\"name\":\"app\",\"ready\":true,\"restartCount\":0,"
    "\"image\":\"registry.example.com/checkout:1.4.2\",\"state\":{\"running\":{"
    "\"startedAt\":\"2026-01-01T00:00:01Z\"}}},{\"name\":\"proxy\",\"ready\":true,"
    "\"restartCount\":1,\"image\":\"registry.example.com/proxy:2.0\",\"state\":{\"running\":{"
    "\"startedAt\":\"2026-01-01T00:00:02Z\"}}}]}}";

static struct figures pods(size_t count)
{
    struct mock *mock = mock_new(&(struct mock_options){.seed = 7});
    char text[sizeof pod + 64];
    for (size_t i = 0; i < count; i++) {
        snprintf(text, sizeof text, pod, i, i % 40);
        if (mock_apply(mock, "pods", text) == 0)
            exit(1);
    }
    return measure(mock, &kedge_kind_pod, 16u * 1024 * 1024);
}

static void row(const char *what, struct figures f)
{
    printf("%-12s %8zu %12.1f %14zu %14zu %12.0f %10.0f\n", what, f.objects, (double)f.body / 1e6,
           f.working, f.heap, (double)f.heap / (double)f.objects, (double)f.body / f.seconds / 1e6);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    size_t many = argc > 1 ? strtoul(argv[1], NULL, 10) : 20000;
    printf("one unpaged list, plain HTTP, bytes by the library's own report\n\n");
    printf("%-12s %8s %12s %14s %14s %12s %10s\n", "kind", "objects", "received MB",
           "working memory", "heap", "an object", "MB/s");
    struct figures few = deployments(20);
    row("deployment", few);
    row("deployment", deployments(200));
    row("deployment", deployments(1000));
    row("deployment", deployments(5000));
    fprintf(stderr, "filling the mock API server with %zu Deployments ...\n", many);
    struct figures all = deployments(many);
    row("deployment", all);
    row("pod", pods(1000));
    printf("\nworking memory: all but what holds objects (records, slots, indexes)\n");
    if (all.working != few.working || all.working > 32 * 1024) {
        printf("not as promised: the same for any number of objects, and at most 32 KiB\n");
        return 1;
    }
    return 0;
}
