// SPDX-License-Identifier: Apache-2.0
// What a call on the workqueue costs must not grow with the keys that it holds, but for keys for
// later, where it grows as the logarithm: steps are counted, and time is taken with much slack.
// `make bench_workqueue` has the figures.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "fake_port.h"
#include "queue/queue_priv.h"

enum { FEW = 1000, MANY = 64000, BYTES_A_KEY = 24, KEY_SIZE = 48 };

struct filled_queue {
    struct fake_port port;
    unsigned char *memory;
    struct kedge_workqueue *q;
};

static void key_of(size_t i, char key[KEY_SIZE])
{
    snprintf(key, KEY_SIZE, "namespace-%03zu/pod-%05zu", i % 100, i);
}

static void open_filled(struct filled_queue *f, size_t n)
{
    size_t size = KEDGE_WORKQUEUE_BYTES(n, n * BYTES_A_KEY) + (size_t)32 * 1024;
    struct kedge_workqueue_options options = {.keys = n, .bytes = n * BYTES_A_KEY + 360};
    memset(f, 0, sizeof *f);
    fake_port_init(&f->port, 1);
    f->memory = malloc(size);
    f->q = kedge_workqueue_new(kedge_init(f->memory, size, &f->port.port), &options);
    assert_non_null(f->q);
}

static void close_filled(struct filled_queue *f)
{
    fake_port_check(&f->port);
    free(f->memory);
}

static void add_all(struct filled_queue *f, size_t n, kedge_time delay)
{
    char key[KEY_SIZE];
    for (size_t i = 0; i < n; i++) {
        key_of(i, key);
        // Neither rising nor falling: neighbours are far apart.
        kedge_time until = delay == 0 ? 0 : delay + (kedge_time)(i * 7919 % n);
        assert_int_equal(kedge_workqueue_add_after(f->q, key, until), KEDGE_OK);
    }
}

// Keys that are looked at until the one that is sought is found, on average in hundredths.
static size_t steps_of_a_find(const struct kedge_workqueue *q, size_t *longest)
{
    size_t sum = 0;
    for (uint32_t b = 0; b <= q->bucket_mask; b++) {
        size_t chain = 0;
        for (uint32_t n = q->buckets[b]; n != 0; n = kedge__key_at(q, n)->chain)
            sum += ++chain;
        if (chain > *longest)
            *longest = chain;
    }
    return sum * 100 / q->key_count;
}

static void a_key_is_found_in_as_many_steps_however_many_there_are(void **state)
{
    (void)state;
    for (size_t n = FEW; n <= MANY; n *= 4) {
        struct filled_queue f;
        size_t longest = 0;
        open_filled(&f, n);
        add_all(&f, n, 0);
        assert_int_equal(kedge_workqueue_length(f.q), n);
        size_t steps = steps_of_a_find(f.q, &longest);
        print_message("%6zu keys: %zu.%02zu steps, at most %zu\n", n, steps / 100, steps % 100,
                      longest);
        assert_in_range(steps, 100, 200);
        assert_in_range(longest, 1, 16);
        close_filled(&f);
    }
}

// A key goes up or down in the heap by one level a step: it is a heap if no key is due before the
// one above it, and it is as deep as the logarithm if it has no holes.
static void the_heap_of_keys_for_later_is_as_deep_as_the_logarithm(void **state)
{
    (void)state;
    struct filled_queue f;
    open_filled(&f, MANY);
    add_all(&f, MANY, KEDGE_SECOND);
    assert_int_equal(f.q->heap_count, MANY);
    for (uint32_t place = 1; place <= f.q->heap_count; place++) {
        const struct kedge__key *key = kedge__key_at(f.q, f.q->heap[place]);
        assert_int_equal(key->place, place);
        assert_true(place == 1 ||
                    kedge__key_at(f.q, f.q->heap[place / 2])->ready_at <= key->ready_at);
    }
    close_filled(&f);
}

// Seconds of the processor for MANY keys that are added, added again, taken and done, in rounds of
// n.
static double seconds_in_rounds_of(size_t n)
{
    struct filled_queue f;
    char key[KEDGE_WORKQUEUE_KEY];
    open_filled(&f, n);
    add_all(&f, n, 0);
    clock_t began = clock();
    for (size_t round = 0; round < MANY / n; round++) {
        add_all(&f, n, 0);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(kedge_workqueue_get(f.q, key, sizeof key), KEDGE_OK);
            kedge_workqueue_done(f.q, key);
        }
        add_all(&f, n, 1);
        f.port.now += MANY;
    }
    clock_t ended = clock();
    close_filled(&f);
    return (double)(ended - began) / CLOCKS_PER_SEC;
}

static void a_call_takes_as_long_with_64_times_as_many_keys(void **state)
{
    (void)state;
    double least = 1e9;
    // Other programs may take the caches away, so the best of a few.
    for (int i = 0; i < 5 && least > 8; i++) {
        double few = seconds_in_rounds_of(FEW), many = seconds_in_rounds_of(MANY);
        print_message("%.0f ns a key with %d keys, %.0f with %d\n", few * 1e9 / MANY, FEW,
                      many * 1e9 / MANY, MANY);
        least = many / few < least ? many / few : least;
    }
    // 64, if a call looked at every key.
    assert_true(least < 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_found_in_as_many_steps_however_many_there_are),
        cmocka_unit_test(the_heap_of_keys_for_later_is_as_deep_as_the_logarithm),
        cmocka_unit_test(a_call_takes_as_long_with_64_times_as_many_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
