// SPDX-License-Identifier: Apache-2.0
// workqueue - what a call on the workqueue takes, with 1,000, 10,000 and 100,000 keys in it: the
// best of some rounds. `drive workqueue` of tests/conformance measures client-go's in the same way;
// tests/conformance/workqueue.sh sets the two side by side.
//
//     CALL KEYS NANOSECONDS      for each call
//     bytes KEYS BYTES           a key's share of the arena, its text included; bytes_after: of one
//                                that is for later
#define _POSIX_C_SOURCE 200809L
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kedge/kedge.h"
#include "kedge/posix.h"
#include "kedge/workqueue.h"

enum { KEY_SIZE = 48, ROUNDS = 7, DUE_MS = 200 };

static const char *const calls[] = {"add", "add_again", "get_done", "add_after", "get_due"};
enum { ADD, ADD_AGAIN, GET_DONE, ADD_AFTER, GET_DUE, CALLS };

static char (*keys)[KEY_SIZE];
static double best[CALLS];

// Of the processor, so that other programs do not count.
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void count(int call, double began, size_t n)
{
    double each = (now() - began) / (double)n;
    if (best[call] == 0 || each < best[call])
        best[call] = each;
}

static void must(kedge_err err)
{
    if (err == KEDGE_OK)
        return;
    fprintf(stderr, "workqueue: %s\n", kedge_err_text(err));
    exit(1);
}

static void work_off(struct kedge_workqueue *q, size_t n)
{
    char key[KEDGE_WORKQUEUE_KEY];
    for (size_t i = 0; i < n; i++) {
        must(kedge_workqueue_get(q, key, sizeof key));
        kedge_workqueue_done(q, key);
    }
}

// The i-th of numbers below `n`, all different, in no order.
static size_t shuffled(size_t i, size_t n)
{
    return (i * 7919 + 13) % n;
}

static void measure(struct kedge_workqueue *q, size_t n)
{
    double began = now();
    for (size_t i = 0; i < n; i++)
        must(kedge_workqueue_add(q, keys[i]));
    count(ADD, began, n);

    began = now();
    for (size_t i = 0; i < n; i++)
        must(kedge_workqueue_add(q, keys[i]));
    count(ADD_AGAIN, began, n);

    began = now();
    work_off(q, n);
    count(GET_DONE, began, n);

    began = now();
    for (size_t i = 0; i < n; i++)
        must(kedge_workqueue_add_after(q, keys[i], 1 + (kedge_time)(shuffled(i, n) % DUE_MS)));
    count(ADD_AFTER, began, n);

    // Until all of them are due; the first get moves them.
    nanosleep(&(struct timespec){0, (DUE_MS + 10) * 1000000L}, NULL);
    began = now();
    work_off(q, n);
    count(GET_DUE, began, n);
}

static size_t used(const struct kedge *k)
{
    struct kedge_memory_part parts[32];
    size_t count = kedge_memory_report(k, parts, 32);
    return count > 0 ? parts[0].used : 0;
}

static void bench(unsigned char *memory, size_t size, size_t n)
{
    size_t bytes = 0;

    memset(best, 0, sizeof best);
    for (int round = 0; round < ROUNDS; round++) {
        struct kedge *k = kedge_init(memory, size, kedge_posix());
        size_t before = used(k);
        struct kedge_workqueue_options o = {.keys = n, .bytes = n * 24 + KEDGE_WORKQUEUE_KEY + 12};
        struct kedge_workqueue *q = kedge_workqueue_new(k, &o);
        if (q == NULL) {
            fprintf(stderr, "workqueue: %s\n", kedge_err_text(kedge_error(k)));
            exit(1);
        }
        bytes = used(k) - before;
        measure(q, n);
    }
    for (int i = 0; i < CALLS; i++)
        printf("%-11s %7zu %8.1f\n", calls[i], n, best[i]);
    // A key for later needs no more than one that waits to be taken.
    printf("%-11s %7zu %8.1f\n", "bytes", n, (double)bytes / (double)n);
    printf("%-11s %7zu %8.1f\n", "bytes_after", n, (double)bytes / (double)n);
    fflush(stdout);
}

int main(void)
{
    static const size_t sizes[] = {1000, 10000, 100000};
    const size_t most = 100000, size = KEDGE_WORKQUEUE_BYTES(most, most * 24) + (size_t)64 * 1024;
    unsigned char *memory = malloc(size);

    keys = malloc(most * sizeof *keys);
    if (memory == NULL || keys == NULL)
        abort();
    memset(memory, 1, size);
    for (size_t i = 0; i < most; i++)
        snprintf(keys[i], KEY_SIZE, "namespace-%03zu/pod-%05zu", i % 100, i);
    printf("# call, keys in the queue, ns a call (best of %d)\n", ROUNDS);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        bench(memory, size, sizes[i]);
    free(keys);
    free(memory);
    return 0;
}
