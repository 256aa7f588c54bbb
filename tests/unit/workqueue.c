// SPDX-License-Identifier: Apache-2.0
// The workqueue: what client-go's own tests assert, its limits, and a random story beside a naive
// model.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "fake_port.h"
#include "queue/queue_priv.h"

struct fixture {
    struct fake_port port;
    unsigned char memory[128 * 1024];
    struct kedge *k;
    struct kedge_workqueue *q;
    char key[KEDGE_WORKQUEUE_KEY];
};

static int open_queue(struct fixture *f, const struct kedge_workqueue_options *options)
{
    memset(f, 0, sizeof *f);
    fake_port_init(&f->port, 1);
    f->k = kedge_init(f->memory, sizeof f->memory, &f->port.port);
    f->q = kedge_workqueue_new(f->k, options);
    assert_non_null(f->q);
    return 0;
}

static int setup(void **state)
{
    *state = malloc(sizeof(struct fixture));
    return open_queue(*state, NULL);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    fake_port_check(&f->port);
    free(f);
    return 0;
}

static void add(struct fixture *f, const char *key)
{
    assert_int_equal(kedge_workqueue_add(f->q, key), KEDGE_OK);
}

static const char *get(struct fixture *f)
{
    kedge_err err = kedge_workqueue_get(f->q, f->key, sizeof f->key);
    return err == KEDGE_OK ? f->key : kedge_err_name(err);
}

#define assert_get(f, key) assert_string_equal(get(f), key)
#define assert_none(f)     assert_string_equal(get(f), "KEDGE_WAIT")
#define assert_stopped(f)  assert_string_equal(get(f), "KEDGE_ERR_STOPPED")

static void pass(struct fixture *f, kedge_time ms)
{
    f->port.now += ms;
}

static struct kedge_workqueue_report report(const struct fixture *f)
{
    struct kedge_workqueue_report r;
    assert_int_equal(kedge_workqueue_report(f->q, &r), KEDGE_OK);
    return r;
}

// ---------------------------------------------------------------------------- the base queue

static void keys_come_in_order_and_once(void **state)
{
    struct fixture *f = *state;
    add(f, "default/b");
    add(f, "default/a");
    add(f, "default/b");
    assert_int_equal(kedge_workqueue_length(f->q), 2);
    assert_get(f, "default/b");
    assert_get(f, "default/a");
    assert_none(f);
    assert_int_equal(kedge_workqueue_length(f->q), 0);
}

static void what_is_added_during_work_comes_once_more(void **state)
{
    struct fixture *f = *state;
    add(f, "a");
    assert_get(f, "a");
    add(f, "a");
    add(f, "a");
    assert_int_equal(kedge_workqueue_length(f->q), 0);
    assert_none(f); // somebody works on it
    kedge_workqueue_done(f->q, "a");
    assert_int_equal(kedge_workqueue_length(f->q), 1);
    assert_get(f, "a");
    kedge_workqueue_done(f->q, "a");
    assert_none(f);
    assert_int_equal(report(f).keys, 0);
}

static void done_of_what_nobody_works_on_does_nothing(void **state)
{
    struct fixture *f = *state;
    kedge_workqueue_done(f->q, "unknown");
    add(f, "a");
    kedge_workqueue_done(f->q, "a"); // queued
    assert_int_equal(kedge_workqueue_length(f->q), 1);
    assert_get(f, "a");
    assert_none(f);
    kedge_workqueue_done(f->q, "a");
    kedge_workqueue_done(f->q, "a");
    assert_none(f);
}

static void a_queue_that_is_shut_down_gives_out_what_it_has(void **state)
{
    struct fixture *f = *state;
    add(f, "a");
    add(f, "b");
    assert_get(f, "a");
    kedge_workqueue_shut_down(f->q);
    assert_true(kedge_workqueue_is_shut_down(f->q));
    assert_int_equal(kedge_workqueue_add(f->q, "c"), KEDGE_ERR_STOPPED);
    assert_int_equal(kedge_workqueue_add(f->q, "a"), KEDGE_ERR_STOPPED);
    assert_int_equal(kedge_workqueue_add_after(f->q, "a", 1), KEDGE_ERR_STOPPED);
    assert_int_equal(kedge_workqueue_add_rate_limited(f->q, "a"), KEDGE_ERR_STOPPED);
    kedge_workqueue_done(f->q, "a");
    assert_get(f, "b");
    assert_stopped(f);
    assert_stopped(f);
}

static void what_was_added_during_work_survives_a_shut_down(void **state)
{
    struct fixture *f = *state;
    add(f, "a");
    assert_get(f, "a");
    add(f, "a");
    assert_int_equal(kedge_workqueue_shut_down_with_drain(f->q, 0), KEDGE_ERR_TIMEOUT);
    kedge_workqueue_done(f->q, "a");
    assert_get(f, "a");
    assert_stopped(f);
    kedge_workqueue_done(f->q, "a");
    assert_int_equal(kedge_workqueue_shut_down_with_drain(f->q, 0), KEDGE_OK);
}

// Something that happens while a queue drains.
struct event {
    struct kedge__task task; // first
    struct fixture *f;
    bool shut_down;
};

static bool happen(struct kedge__task *t, kedge_time now)
{
    struct event *e = (struct event *)(void *)t;
    if (now < t->deadline)
        return false;
    t->deadline = KEDGE_FOREVER;
    if (e->shut_down)
        kedge_workqueue_shut_down(e->f->q);
    else
        kedge_workqueue_done(e->f->q, "a");
    return true;
}

static kedge_err drain_until(struct fixture *f, bool shut_down, kedge_time timeout)
{
    static const struct kedge__task_ops ops = {.step = happen};
    struct event e = {
        .task = {.ops = &ops, .deadline = FAKE_PORT_START + 700}, .f = f, .shut_down = shut_down};
    assert_int_equal(kedge__task_add(f->k, &e.task), KEDGE_OK);
    add(f, "a");
    add(f, "waits");
    assert_get(f, "a");
    kedge_err err = kedge_workqueue_shut_down_with_drain(f->q, timeout);
    assert_int_equal(f->port.now, FAKE_PORT_START + 700);
    kedge__task_remove(f->k, &e.task);
    return err;
}

static void a_drain_waits_for_those_who_work_and_for_no_others(void **state)
{
    assert_int_equal(drain_until(*state, false, KEDGE_MINUTE), KEDGE_OK);
    assert_get((struct fixture *)*state, "waits");
}

static void a_drain_may_wait_for_ever(void **state)
{
    assert_int_equal(drain_until(*state, false, KEDGE_FOREVER), KEDGE_OK);
}

static void a_drain_waits_for_the_last_and_ends_with_a_stop(void **state)
{
    struct fixture *f = *state;
    add(f, "a");
    add(f, "b");
    assert_get(f, "a");
    assert_get(f, "b");
    assert_int_equal(kedge_workqueue_shut_down_with_drain(f->q, 0), KEDGE_ERR_TIMEOUT);
    kedge_workqueue_done(f->q, "a");
    assert_int_equal(kedge_workqueue_shut_down_with_drain(f->q, 0), KEDGE_ERR_TIMEOUT);
    kedge_stop(f->k);
    assert_int_equal(kedge_workqueue_shut_down_with_drain(f->q, KEDGE_MINUTE), KEDGE_ERR_STOPPED);
    assert_int_equal(f->port.now, FAKE_PORT_START);
    kedge_workqueue_done(f->q, "b");
    assert_int_equal(kedge_workqueue_shut_down_with_drain(f->q, KEDGE_MINUTE), KEDGE_OK);
}

static void a_shut_down_ends_a_drain(void **state)
{
    assert_int_equal(drain_until(*state, true, KEDGE_MINUTE), KEDGE_ERR_STOPPED);
}

// ---------------------------------------------------------------------------- for later

static void add_after(struct fixture *f, const char *key, kedge_time delay)
{
    assert_int_equal(kedge_workqueue_add_after(f->q, key, delay), KEDGE_OK);
}

static void a_delayed_key_comes_when_its_time_has_come(void **state)
{
    struct fixture *f = *state;
    add_after(f, "a", 50);
    assert_int_equal(report(f).waiting, 1);
    pass(f, 49);
    assert_none(f);
    pass(f, 1);
    assert_get(f, "a");
    add_after(f, "b", 0);
    assert_get(f, "b");
    add_after(f, "c", -5);
    assert_get(f, "c");
    assert_int_equal(report(f).retries, 3);
}

static void of_two_delays_the_earlier_counts(void **state)
{
    struct fixture *f = *state;
    add_after(f, "a", 50);
    add_after(f, "a", 70);
    pass(f, 50);
    assert_get(f, "a");
    kedge_workqueue_done(f->q, "a");
    pass(f, 100);
    assert_none(f);
    add_after(f, "a", 50);
    add_after(f, "a", 30);
    pass(f, 29);
    assert_none(f);
    pass(f, 1);
    assert_get(f, "a");
    kedge_workqueue_done(f->q, "a");
    pass(f, 100);
    assert_none(f);
}

static void delayed_keys_come_in_the_order_of_their_times(void **state)
{
    struct fixture *f = *state;
    add_after(f, "third", 1000);
    add_after(f, "first", 300);
    add_after(f, "second", 500);
    pass(f, 2000);
    assert_get(f, "first");
    assert_get(f, "second");
    assert_get(f, "third");
}

// client-go's TestAddTwoFireEarly.
static void a_shorter_delay_that_is_added_later_fires_first(void **state)
{
    struct fixture *f = *state;
    add_after(f, "foo", 1000);
    add_after(f, "bar", 50);
    assert_int_equal(kedge_workqueue_length(f->q), 0);
    pass(f, 60);
    assert_get(f, "bar");
    assert_none(f);
    add_after(f, "baz", 2000);
    pass(f, 939);
    assert_none(f);
    pass(f, 1);
    assert_get(f, "foo");
    pass(f, 1059);
    assert_none(f);
    pass(f, 1);
    assert_get(f, "baz");
    assert_none(f);
}

// However many become due at once, a turn takes a bounded time; and none waits for the next one.
static void many_that_are_due_come_in_turns(void **state)
{
    (void)state;
    static struct fixture f;
    static unsigned char memory[KEDGE_WORKQUEUE_BYTES(600, 600 * 12) + 8192];
    char key[16];
    memset(&f, 0, sizeof f);
    fake_port_init(&f.port, 1);
    f.k = kedge_init(memory, sizeof memory, &f.port.port);
    f.q = kedge_workqueue_new(
        f.k, &(struct kedge_workqueue_options){.keys = 600, .bytes = 600 * 12, .longest = 12});
    assert_non_null(f.q);
    for (int i = 0; i < 600; i++) {
        snprintf(key, sizeof key, "k%d", i);
        add_after(&f, key, 50);
    }
    pass(&f, 50);
    assert_int_equal(kedge_poll(f.k, 0), KEDGE_OK);
    assert_int_equal(report(&f).waiting, 600 - 256);
    assert_int_equal(kedge_next_deadline(f.k), 0); // it goes on at once
    for (int i = 0; i < 600; i++) {
        assert_int_equal(kedge_workqueue_get(f.q, f.key, sizeof f.key), KEDGE_OK);
        kedge_workqueue_done(f.q, f.key);
    }
    assert_none(&f);
    assert_int_equal(report(&f).waiting, 0);
    fake_port_check(&f.port);
}

static void a_direct_add_leaves_the_later_one(void **state)
{
    struct fixture *f = *state;
    add_after(f, "a", 50);
    add(f, "a");
    assert_get(f, "a");
    kedge_workqueue_done(f->q, "a");
    assert_none(f);
    pass(f, 50);
    assert_get(f, "a");
}

static void waiting_polls_until_the_time_has_come(void **state)
{
    struct fixture *f = *state;
    add_after(f, "a", 5000);
    assert_int_equal(kedge_workqueue_wait(f->q, f->key, sizeof f->key, 1000), KEDGE_ERR_TIMEOUT);
    assert_int_equal(f->port.now, FAKE_PORT_START + 1000);
    assert_int_equal(kedge_workqueue_wait(f->q, f->key, sizeof f->key, KEDGE_FOREVER), KEDGE_OK);
    assert_int_equal(f->port.now, FAKE_PORT_START + 5000);
    assert_string_equal(f->key, "a");
}

static void waiting_ends_with_a_stop(void **state)
{
    struct fixture *f = *state;
    kedge_stop(f->k);
    assert_int_equal(kedge_workqueue_wait(f->q, f->key, sizeof f->key, KEDGE_FOREVER),
                     KEDGE_ERR_STOPPED);
}

static void a_shut_down_drops_what_is_for_later(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 20; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        add_after(f, key, 100 + i * 7 % 20);
    }
    add(f, "k3");
    kedge_workqueue_shut_down(f->q);
    assert_int_equal(report(f).waiting, 0);
    pass(f, 1000);
    assert_get(f, "k3");
    assert_stopped(f);
    kedge_workqueue_done(f->q, "k3");
    assert_int_equal(report(f).keys, 0);
    assert_int_equal(report(f).bytes, 0);
}

// ---------------------------------------------------------------------------- rate limits

static void exponential_delays_double_for_each_key(void **state)
{
    (void)state;
    struct kedge_rate_limiter l;
    kedge_rate_limiter_exponential(&l, 1, 1000 * KEDGE_SECOND);
    for (uint32_t i = 0; i < 20; i++)
        assert_int_equal(kedge_rate_limiter_when(&l, i, 0), (kedge_time)1 << i);
    assert_int_equal(kedge_rate_limiter_when(&l, 20, 0), 1000 * KEDGE_SECOND);
    for (uint32_t i = 20; i < 1000; i++)
        assert_int_equal(kedge_rate_limiter_when(&l, i, 0), 1000 * KEDGE_SECOND);
    assert_int_equal(kedge_rate_limiter_when(&l, UINT32_MAX, 0), 1000 * KEDGE_SECOND);
}

static void long_delays_double_to_their_cap(void **state)
{
    (void)state;
    struct kedge_rate_limiter l;
    kedge_rate_limiter_exponential(&l, KEDGE_MINUTE, 1000 * KEDGE_HOUR);
    assert_int_equal(kedge_rate_limiter_when(&l, 2, 0), 4 * KEDGE_MINUTE);
    for (uint32_t i = 16; i < 2000; i++)
        assert_int_equal(kedge_rate_limiter_when(&l, i, 0), 1000 * KEDGE_HOUR);
}

// A queue whose only limiter is the given one gives such delays for a key: each time it is added,
// taken and done.
static void expect_delays(struct fixture *f, const char *key, const kedge_time *delays,
                          uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(kedge_workqueue_requeues(f->q, key), i);
        assert_int_equal(kedge_workqueue_add_rate_limited(f->q, key), KEDGE_OK);
        pass(f, delays[i] - 1);
        assert_none(f);
        pass(f, 1);
        assert_get(f, key);
        kedge_workqueue_done(f->q, key);
    }
    assert_int_equal(kedge_workqueue_requeues(f->q, key), count);
}

// client-go's TestItemFastSlowRateLimiter and TestMaxOfRateLimiter, through the queue, which counts
// for each key, and forgets for all of the limiters.
static void each_key_has_its_own_failures(void **state)
{
    struct fixture *f = *state;
    static const kedge_time fast_slow[] = {5, 5, 5, 3000, 3000};
    static const kedge_time doubled[] = {1, 2, 4, 8, 16};
    static const kedge_time longer[] = {5, 5, 5, 8, 16};
    struct kedge_rate_limiter one, other;
    for (int i = 0; i < 4; i++) {
        const kedge_time *want = i == 0 ? doubled : i == 3 ? longer : fast_slow;
        kedge_rate_limiter_fast_slow(&one, 5, i == 3 ? 6 : 3000, 3);
        kedge_rate_limiter_exponential(&other, 1, KEDGE_SECOND);
        one.also = i > 1 ? &other : NULL;
        open_queue(f, &(struct kedge_workqueue_options){.limiter = i == 0 ? &other : &one});
        expect_delays(f, "one", want, 5);
        expect_delays(f, "two", want, 2);
        kedge_workqueue_forget(f->q, "one");
        expect_delays(f, "one", want, 1);
        assert_int_equal(kedge_workqueue_requeues(f->q, "two"), 2);
    }
}

// client-go's TestRateLimitingQueue: failures are counted while it waits; the earlier time counts.
static void failures_are_counted_while_a_key_waits(void **state)
{
    struct fixture *f = *state;
    struct kedge_rate_limiter l;
    kedge_rate_limiter_exponential(&l, 1, KEDGE_SECOND);
    open_queue(f, &(struct kedge_workqueue_options){.limiter = &l});
    for (int i = 0; i < 2; i++) {
        assert_int_equal(kedge_workqueue_add_rate_limited(f->q, "one"), KEDGE_OK);
        assert_int_equal(kedge_workqueue_add_rate_limited(f->q, "two"), KEDGE_OK);
    }
    assert_int_equal(kedge_workqueue_requeues(f->q, "one"), 2);
    assert_int_equal(kedge_workqueue_requeues(f->q, "two"), 2);
    assert_int_equal(report(f).waiting, 2);
    kedge_workqueue_forget(f->q, "one");
    assert_int_equal(kedge_workqueue_requeues(f->q, "one"), 0);
    pass(f, 1); // what was said first
    assert_string_not_equal(get(f), "KEDGE_WAIT");
    assert_string_not_equal(get(f), "KEDGE_WAIT");
    kedge_workqueue_done(f->q, "one");
    kedge_workqueue_done(f->q, "two");
    assert_int_equal(kedge_workqueue_add_rate_limited(f->q, "two"), KEDGE_OK);
    assert_int_equal(kedge_workqueue_add_rate_limited(f->q, "one"), KEDGE_OK);
    pass(f, 1);
    assert_get(f, "one");
    pass(f, 2);
    assert_none(f);
    pass(f, 1);
    assert_get(f, "two");
}

static kedge_time step_delay(struct kedge_rate_limiter *l, uint32_t failures, kedge_time now)
{
    (void)failures;
    (void)now;
    return l->tries++ < 100 ? 5 : 1000 * KEDGE_SECOND;
}

// client-go's TestWithMaxWaitRateLimiter: a limiter of the program's own, and one around it.
static void a_limiter_of_ones_own_is_cut_to_the_longest_wait(void **state)
{
    struct fixture *f = *state;
    struct kedge_rate_limiter l = {.delay = step_delay, .max_wait = 500 * KEDGE_SECOND};
    char key[16];
    open_queue(f, &(struct kedge_workqueue_options){.limiter = &l});
    for (int i = 0; i < 200; i++) {
        snprintf(key, sizeof key, "%d", i);
        assert_int_equal(kedge_workqueue_add_rate_limited(f->q, key), KEDGE_OK);
        pass(f, i < 100 ? 4 : 500 * KEDGE_SECOND - 1);
        assert_none(f);
        pass(f, 1);
        assert_get(f, key);
        kedge_workqueue_done(f->q, key);
        assert_int_equal(kedge_workqueue_requeues(f->q, key), 0);
    }
    assert_int_equal(l.tries, 200);
}

static void fast_then_slow(void **state)
{
    (void)state;
    struct kedge_rate_limiter l;
    kedge_rate_limiter_fast_slow(&l, 5, 10 * KEDGE_SECOND, 3);
    const kedge_time want[] = {5, 5, 5, 10000, 10000};
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(kedge_rate_limiter_when(&l, i, 0), want[i]);
}

static void the_longest_delay_counts_and_all_are_asked(void **state)
{
    (void)state;
    struct kedge_rate_limiter slow, bucket;
    kedge_rate_limiter_fast_slow(&slow, 5, 3000, 3);
    kedge_rate_limiter_bucket(&bucket, 1.0f, 1);
    slow.also = &bucket;
    const kedge_time want[] = {5, 1000, 2000, 3000, 4000};
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(kedge_rate_limiter_when(&slow, i, 0), want[i]);
    bucket.max_wait = 3500;
    assert_int_equal(kedge_rate_limiter_when(&slow, 5, 0), 3500);
}

static void failures_wait_longer_until_they_are_forgotten(void **state)
{
    struct fixture *f = *state;
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(kedge_workqueue_requeues(f->q, "a"), i);
        assert_int_equal(kedge_workqueue_add_rate_limited(f->q, "a"), KEDGE_OK);
        pass(f, (5 << i) - 1);
        assert_none(f);
        pass(f, 1);
        assert_get(f, "a");
        kedge_workqueue_done(f->q, "a");
    }
    assert_int_equal(report(f).keys, 1); // it is remembered
    kedge_workqueue_forget(f->q, "a");
    assert_int_equal(kedge_workqueue_requeues(f->q, "a"), 0);
    assert_int_equal(report(f).keys, 0);
    assert_int_equal(kedge_workqueue_add_rate_limited(f->q, "a"), KEDGE_OK);
    pass(f, 5);
    assert_get(f, "a");
}

static void forgetting_takes_nothing_out_of_the_queue(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(kedge_workqueue_add_rate_limited(f->q, "a"), KEDGE_OK);
    kedge_workqueue_forget(f->q, "a");
    pass(f, 5);
    assert_get(f, "a");
    kedge_workqueue_forget(f->q, "a"); // in work: it must stay so
    add(f, "a");
    assert_none(f);
    kedge_workqueue_done(f->q, "a");
    assert_get(f, "a");
}

static void the_bucket_is_for_all_keys(void **state)
{
    struct fixture *f = *state;
    char key[16];
    for (int i = 0; i < 102; i++) {
        snprintf(key, sizeof key, "k%d", i);
        assert_int_equal(kedge_workqueue_add_rate_limited(f->q, key), KEDGE_OK);
    }
    pass(f, 5);
    for (int i = 0; i < 100; i++)
        assert_string_not_equal(get(f), "KEDGE_WAIT");
    assert_none(f);
    pass(f, 95); // 10 a second
    assert_get(f, "k100");
    pass(f, 99);
    assert_none(f);
    pass(f, 1);
    assert_get(f, "k101");
}

static void a_bucket_alone_counts_no_failures(void **state)
{
    struct fixture *f = *state;
    struct kedge_rate_limiter bucket;
    kedge_rate_limiter_bucket(&bucket, 10.0f, 100);
    open_queue(f, &(struct kedge_workqueue_options){.limiter = &bucket});
    assert_int_equal(kedge_workqueue_add_rate_limited(f->q, "a"), KEDGE_OK);
    assert_int_equal(kedge_workqueue_requeues(f->q, "a"), 0);
    assert_get(f, "a"); // no delay at all
}

// ---------------------------------------------------------------------------- limits

static void a_full_queue_refuses_new_keys_and_loses_none(void **state)
{
    struct fixture *f = *state;
    open_queue(f, &(struct kedge_workqueue_options){.keys = 3});
    add(f, "a");
    add(f, "b");
    add(f, "c");
    assert_false(kedge_workqueue_has_room(f->q));
    assert_int_equal(kedge_workqueue_add(f->q, "d"), KEDGE_ERR_FULL);
    assert_int_equal(kedge_workqueue_add_after(f->q, "d", 5), KEDGE_ERR_FULL);
    assert_int_equal(kedge_workqueue_add(f->q, "b"), KEDGE_OK); // it is there
    assert_int_equal(report(f).refused, 2);
    assert_get(f, "a");
    assert_int_equal(kedge_workqueue_add(f->q, "a"), KEDGE_OK); // in work is there, too
    kedge_workqueue_done(f->q, "a");
    assert_get(f, "b");
    assert_false(kedge_workqueue_has_room(f->q));
    kedge_workqueue_done(f->q, "b");
    assert_true(kedge_workqueue_has_room(f->q));
    add(f, "d");
    assert_get(f, "c");
    assert_get(f, "a");
    assert_get(f, "d");
}

static void bytes_run_out_like_keys(void **state)
{
    struct fixture *f = *state;
    open_queue(f, &(struct kedge_workqueue_options){.keys = 50, .bytes = 60, .longest = 20});
    add(f, "12345678901234567890"); // 24 of 60
    add(f, "1234567890123");        // 24
    assert_int_equal(kedge_workqueue_add(f->q, "1234567890124"), KEDGE_ERR_FULL);
    add(f, "x");
    assert_int_equal(kedge_workqueue_add(f->q, "y"), KEDGE_ERR_FULL);
    assert_get(f, "12345678901234567890");
    kedge_workqueue_done(f->q, "12345678901234567890");
    add(f, "1234567890124");
    assert_int_equal(report(f).bytes, 60);
}

static void room_that_appears_wakes_who_waits_for_it(void **state)
{
    struct fixture *f = *state;
    open_queue(f, &(struct kedge_workqueue_options){.keys = 1});
    add(f, "a");
    assert_false(kedge_workqueue_has_room(f->q));
    assert_get(f, "a");
    kedge_workqueue_done(f->q, "a");
    // A poll that would wait for ever returns at once.
    assert_int_equal(kedge_poll(f->k, 60000), KEDGE_OK);
    assert_int_equal(f->port.now, FAKE_PORT_START);
}

static void failures_make_room_for_keys(void **state)
{
    struct fixture *f = *state;
    open_queue(f, &(struct kedge_workqueue_options){.keys = 2});
    const char *const failed[] = {"a", "b"};
    for (int i = 0; i < 2; i++) {
        kedge_workqueue_add_rate_limited(f->q, failed[i]);
        pass(f, 5);
        assert_get(f, failed[i]);
        kedge_workqueue_done(f->q, failed[i]);
    }
    assert_true(kedge_workqueue_has_room(f->q));
    add(f, "c");
    assert_int_equal(kedge_workqueue_requeues(f->q, "a"), 0); // the older one went
    assert_int_equal(kedge_workqueue_requeues(f->q, "b"), 1);
    assert_int_equal(report(f).forgotten, 1);
}

static char said[256];

static void hear(void *ctx, enum kedge_log_level level, const char *text)
{
    (void)ctx;
    (void)level;
    snprintf(said, sizeof said, "%s", text);
}

static void a_key_that_is_too_long_is_refused_by_name(void **state)
{
    struct fixture *f = *state;
    char key[320];
    memset(key, 'k', sizeof key);
    key[318] = '\0';
    kedge_log_to(f->k, KEDGE_LOG_WARNING, hear, NULL);
    assert_int_equal(kedge_workqueue_add(f->q, key), KEDGE_ERR_TOO_LONG);
    assert_non_null(strstr(said, "a key of 318 bytes is longer than `longest`: kkkk"));
    key[317] = '\0';
    add(f, key);
    assert_get(f, key);
    assert_int_equal(kedge_workqueue_get(f->q, f->key, 317), KEDGE_ERR_TOO_LONG);
    add(f, "");
    assert_get(f, "");
}

static void wrong_options_are_named(void **state)
{
    struct fixture *f = *state;
    assert_null(kedge_workqueue_new(f->k, &(struct kedge_workqueue_options){.longest = 65536}));
    assert_int_equal(kedge_error(f->k), KEDGE_ERR_ARGUMENT);
    assert_string_equal(kedge_error_text(f->k),
                        "the options of workqueue workqueue: longest is more than 65,535");
    f->k->failure = KEDGE_OK;
    assert_null(kedge_workqueue_new(
        f->k, &(struct kedge_workqueue_options){.name = "pods", .bytes = 100, .longest = 100}));
    f->k->failure = KEDGE_OK;
    assert_null(kedge_workqueue_new(f->k, &(struct kedge_workqueue_options){.keys = 1000000}));
    assert_int_equal(kedge_error(f->k), KEDGE_ERR_MEMORY);
    assert_null(kedge_workqueue_new(NULL, NULL));
    f->k->failure = KEDGE_OK;
    assert_null(kedge_workqueue_new(f->k, &(struct kedge_workqueue_options){
                                              .keys = (size_t)UINT32_MAX / 4 + 1, .bytes = 1000}));
    assert_non_null(strstr(kedge_error_text(f->k), "keys or bytes are more than it can count"));
    f->k->failure = KEDGE_OK;
    assert_null(kedge_workqueue_new(
        f->k, &(struct kedge_workqueue_options){.bytes = (size_t)UINT32_MAX * 12}));
    assert_non_null(strstr(kedge_error_text(f->k), "keys or bytes are more than it can count"));
    // After another failure there is none.
    assert_null(kedge_workqueue_new(f->k, NULL));
}

static void without_random_bytes_there_is_no_queue(void **state)
{
    struct fixture *f = *state;
    f->port.cruelty = (struct fake_cruelty){.fail_at = f->port.calls + 1, .fail_count = 99};
    assert_null(kedge_workqueue_new(f->k, NULL));
    assert_int_equal(kedge_error(f->k), KEDGE_ERR_ENTROPY);
    assert_string_equal(kedge_error_text(f->k),
                        "the seed of a workqueue: the port has no random bytes");
    f->port.cruelty = (struct fake_cruelty){0};
}

static void with_any_amount_of_memory_there_is_a_queue_or_a_failure(void **state)
{
    (void)state;
    const struct kedge_workqueue_options o = {.keys = 4, .bytes = 60, .longest = 20};
    size_t refused = 0;
    for (size_t left = 0;; left++) {
        struct fixture f;
        memset(&f, 0, sizeof f);
        fake_port_init(&f.port, 1);
        f.k = kedge_init(f.memory, 8192, &f.port.port);
        size_t free_bytes = f.k->size - f.k->used;
        assert_non_null(kedge__take(f.k, "eaten", free_bytes - left, 1, 1));
        f.q = kedge_workqueue_new(f.k, &o);
        if (f.q != NULL) {
            add(&f, "a");
            assert_get(&f, "a");
            break;
        }
        assert_int_equal(kedge_error(f.k), KEDGE_ERR_MEMORY);
        refused++;
    }
    assert_true(refused > sizeof(struct kedge_workqueue));
}

static void a_key_that_is_too_long_is_refused_in_silence_without_a_log(void **state)
{
    struct fixture *f = *state;
    char key[KEDGE_WORKQUEUE_KEY + 1];
    memset(key, 'k', KEDGE_WORKQUEUE_KEY);
    key[KEDGE_WORKQUEUE_KEY] = '\0';
    assert_int_equal(kedge_workqueue_add(f->q, key), KEDGE_ERR_TOO_LONG);
    assert_int_equal(report(f).keys, 0);
}

static void failures_are_counted_to_the_last(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(kedge_workqueue_add_rate_limited(f->q, "a"), KEDGE_OK);
    kedge__key_at(f->q, kedge__key_find(f->q, KEDGE_STR("a")))->failures = UINT32_MAX - 1;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(kedge_workqueue_add_rate_limited(f->q, "a"), KEDGE_OK);
        assert_int_equal(kedge_workqueue_requeues(f->q, "a"), UINT32_MAX);
    }
}

struct hashed {
    uint32_t hash;
    uint32_t number;
};

static int by_hash(const void *a, const void *b)
{
    const struct hashed *x = a, *y = b;
    return x->hash != y->hash ? (x->hash > y->hash) - (x->hash < y->hash)
                              : (x->number > y->number) - (x->number < y->number);
}

// Half of the keys are a byte longer than the other half.
static const char *numbered(uint32_t number, char *buf, size_t cap)
{
    snprintf(buf, cap, "%s%07u", number % 2 != 0 ? "k" : "", number);
    return buf;
}

static void keys_of_one_hash_are_told_apart(void **state)
{
    enum { MANY = 400000 };
    struct fixture *f = *state;
    struct hashed *all = malloc(MANY * sizeof *all);
    char a[16], b[16];
    bool same = false, other = false;
    for (uint32_t i = 0; i < MANY; i++) {
        numbered(i, a, sizeof a);
        all[i] = (struct hashed){kedge__hash_str(f->q->seed, kedge_str_of(a)), i};
    }
    qsort(all, MANY, sizeof *all, by_hash);
    for (size_t i = 0; i + 1 < MANY; i++) {
        if (all[i].hash != all[i + 1].hash)
            continue;
        numbered(all[i].number, a, sizeof a);
        numbered(all[i + 1].number, b, sizeof b);
        bool equal = strlen(a) == strlen(b);
        same |= equal;
        other |= !equal;
        // Each is found behind the other, and is gone alone.
        add(f, a);
        add(f, b);
        assert_int_equal(kedge_workqueue_length(f->q), 2);
        add(f, a);
        add(f, b);
        assert_get(f, a);
        assert_get(f, b);
        assert_none(f);
        kedge_workqueue_done(f->q, b);
        kedge_workqueue_done(f->q, b);
        assert_int_equal(report(f).in_work, 1);
        kedge_workqueue_done(f->q, a);
        assert_int_equal(report(f).keys, 0);
    }
    assert_true(same && other);
    free(all);
}

static void calls_on_nothing_do_nothing(void **state)
{
    struct fixture *f = *state;
    struct kedge_workqueue_report r;
    assert_int_equal(kedge_workqueue_add(NULL, "a"), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_workqueue_add(f->q, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_workqueue_add_after(NULL, "a", 1), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_workqueue_add_after(f->q, NULL, 1), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_workqueue_add_rate_limited(f->q, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_workqueue_add_rate_limited(NULL, "a"), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_workqueue_get(NULL, f->key, 400), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_workqueue_get(f->q, NULL, 400), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_workqueue_wait(NULL, f->key, 400, 0), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_workqueue_report(NULL, &r), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_workqueue_report(f->q, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_workqueue_shut_down_with_drain(NULL, 0), KEDGE_ERR_ARGUMENT);
    assert_false(kedge_workqueue_has_room(NULL));
    assert_true(kedge_workqueue_is_shut_down(NULL));
    assert_int_equal(kedge_workqueue_length(NULL), 0);
    assert_int_equal(kedge_workqueue_requeues(NULL, "a"), 0);
    assert_int_equal(kedge_workqueue_requeues(f->q, NULL), 0);
    kedge_workqueue_done(NULL, "a");
    kedge_workqueue_done(f->q, NULL);
    kedge_workqueue_forget(f->q, NULL);
    kedge_workqueue_forget(NULL, "a");
    kedge_workqueue_forget(f->q, "of nobody");
    kedge_workqueue_shut_down(NULL);
}

static void an_arena_as_large_as_the_macro_says_is_enough(void **state)
{
    (void)state;
    const size_t sizes[] = {1, 16, 17, 100, 1000, 1025};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t room = KEDGE_WORKQUEUE_BYTES(sizes[i], 1200) + 8192;
        unsigned char *memory = malloc(room);
        struct fake_port port;
        fake_port_init(&port, 1);
        struct kedge *k = kedge_init(memory, room, &port.port);
        size_t before = k->used;
        assert_non_null(kedge_workqueue_new(
            k, &(struct kedge_workqueue_options){.keys = sizes[i], .bytes = 1200}));
        assert_true(k->used - before <= KEDGE_WORKQUEUE_BYTES(sizes[i], 1200));
        free(memory);
    }
}

// ---------------------------------------------------------------------------- figures

static void figures_are_those_of_client_go(void **state)
{
    struct fixture *f = *state;
    add(f, "a");
    assert_int_equal(report(f).depth, 1);
    pass(f, 50);
    assert_get(f, "a");
    assert_int_equal(report(f).depth, 0);
    assert_int_equal(report(f).queue.sum, 50);
    pass(f, 10);
    for (int i = 0; i < 5; i++)
        add(f, "a");
    assert_int_equal(report(f).adds, 2);
    assert_int_equal(report(f).depth, 1);
    assert_int_equal(report(f).unfinished, 10);
    pass(f, 25);
    assert_int_equal(report(f).longest_running, 35);
    kedge_workqueue_done(f->q, "a");
    assert_int_equal(report(f).work.sum, 35);
    assert_int_equal(report(f).unfinished, 0);
    assert_get(f, "a");
    assert_int_equal(report(f).queue.count, 2);
    assert_int_equal(report(f).queue.sum, 75);
    assert_int_equal(report(f).queue.longest, 50);
    add(f, "b");
    assert_get(f, "b");
    pass(f, 7);
    assert_int_equal(report(f).unfinished, 14);
    assert_int_equal(report(f).in_work, 2);
}

// ---------------------------------------------------------------------------- a naive model

enum { KEYS = 40, LIMIT = 24 };

struct model {
    bool dirty[KEYS], in_work[KEYS];
    kedge_time later[KEYS]; // 0: not for later
    uint32_t failures[KEYS];
    int queue[KEYS];
    size_t count;
};

static void name_key(int i, char *buf, size_t cap)
{
    snprintf(buf, cap, "ns/%.*s%d", i % 30, "a-name-that-takes-several-chunks", i);
}

static void model_want(struct model *m, int i)
{
    if (m->dirty[i])
        return;
    m->dirty[i] = true;
    if (!m->in_work[i])
        m->queue[m->count++] = i;
}

static void model_tick(struct model *m, kedge_time now)
{
    for (;;) {
        int first = -1;
        for (int i = 0; i < KEYS; i++) {
            if (m->later[i] != 0 && m->later[i] <= now &&
                (first < 0 || m->later[i] < m->later[first]))
                first = i;
        }
        if (first < 0)
            return;
        m->later[first] = 0;
        model_want(m, first);
    }
}

static bool model_has(const struct model *m, int i)
{
    return m->dirty[i] || m->in_work[i] || m->later[i] != 0;
}

static size_t model_held(const struct model *m)
{
    size_t held = 0;
    for (int i = 0; i < KEYS; i++)
        held += model_has(m, i) ? 1 : 0;
    return held;
}

static uint64_t random_state = 88172645463325252u;

static int any(int below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (int)(random_state % (unsigned)below);
}

static void model_add(struct fixture *f, struct model *m, int i, bool later)
{
    char key[64];
    name_key(i, key, sizeof key);
    // Times of their own, so that two are never due in one millisecond.
    kedge_time delay = later ? 1 + any(300) * KEYS + i : 0;
    kedge_time at = f->port.now + delay;
    at += later ? (i - at % KEYS + KEYS) % KEYS : 0;
    bool known = model_has(m, i);
    kedge_err err = later ? kedge_workqueue_add_after(f->q, key, at - f->port.now)
                          : kedge_workqueue_add(f->q, key);
    if (!known && model_held(m) == LIMIT) {
        assert_int_equal(err, KEDGE_ERR_FULL);
        return;
    }
    assert_int_equal(err, KEDGE_OK);
    if (!later)
        model_want(m, i);
    else if (m->later[i] == 0 || at < m->later[i])
        m->later[i] = at;
}

static void model_get(struct fixture *f, struct model *m)
{
    model_tick(m, f->port.now);
    const char *got = get(f);
    if (m->count == 0) {
        assert_string_equal(got, "KEDGE_WAIT");
        return;
    }
    char key[64];
    int i = m->queue[0];
    name_key(i, key, sizeof key);
    assert_string_equal(got, key);
    memmove(m->queue, m->queue + 1, --m->count * sizeof m->queue[0]);
    m->dirty[i] = false;
    m->in_work[i] = true;
}

static void model_done(struct fixture *f, struct model *m, int i)
{
    char key[64];
    name_key(i, key, sizeof key);
    kedge_workqueue_done(f->q, key);
    if (!m->in_work[i])
        return;
    m->in_work[i] = false;
    if (m->dirty[i])
        m->queue[m->count++] = i;
}

static void a_random_story_goes_as_the_model_says(void **state)
{
    struct fixture *f = *state;
    static struct model m;
    memset(&m, 0, sizeof m);
    open_queue(f, &(struct kedge_workqueue_options){.keys = LIMIT});
    for (int i = 0; i < 300000; i++) {
        int what = any(10);
        if (what < 4)
            model_add(f, &m, any(KEYS), what == 3);
        else if (what < 6)
            model_get(f, &m);
        else if (what < 9)
            model_done(f, &m, any(KEYS));
        else
            pass(f, any(2000));
        if (what == 9)
            model_tick(&m, f->port.now);
        if (what == 9)
            kedge_poll(f->k, 0);
        assert_int_equal(kedge_workqueue_length(f->q), m.count);
        assert_int_equal(report(f).keys, model_held(&m));
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(keys_come_in_order_and_once),
        TEST(what_is_added_during_work_comes_once_more),
        TEST(done_of_what_nobody_works_on_does_nothing),
        TEST(a_queue_that_is_shut_down_gives_out_what_it_has),
        TEST(what_was_added_during_work_survives_a_shut_down),
        TEST(a_drain_waits_for_those_who_work_and_for_no_others),
        TEST(a_drain_may_wait_for_ever),
        TEST(a_drain_waits_for_the_last_and_ends_with_a_stop),
        TEST(a_shut_down_ends_a_drain),
        TEST(a_delayed_key_comes_when_its_time_has_come),
        TEST(of_two_delays_the_earlier_counts),
        TEST(delayed_keys_come_in_the_order_of_their_times),
        TEST(a_shorter_delay_that_is_added_later_fires_first),
        cmocka_unit_test(many_that_are_due_come_in_turns),
        TEST(a_direct_add_leaves_the_later_one),
        TEST(waiting_polls_until_the_time_has_come),
        TEST(waiting_ends_with_a_stop),
        TEST(a_shut_down_drops_what_is_for_later),
        cmocka_unit_test(exponential_delays_double_for_each_key),
        cmocka_unit_test(long_delays_double_to_their_cap),
        TEST(each_key_has_its_own_failures),
        TEST(failures_are_counted_while_a_key_waits),
        TEST(a_limiter_of_ones_own_is_cut_to_the_longest_wait),
        cmocka_unit_test(fast_then_slow),
        cmocka_unit_test(the_longest_delay_counts_and_all_are_asked),
        TEST(failures_wait_longer_until_they_are_forgotten),
        TEST(forgetting_takes_nothing_out_of_the_queue),
        TEST(the_bucket_is_for_all_keys),
        TEST(a_bucket_alone_counts_no_failures),
        TEST(a_full_queue_refuses_new_keys_and_loses_none),
        TEST(bytes_run_out_like_keys),
        TEST(room_that_appears_wakes_who_waits_for_it),
        TEST(failures_make_room_for_keys),
        TEST(a_key_that_is_too_long_is_refused_by_name),
        TEST(wrong_options_are_named),
        TEST(without_random_bytes_there_is_no_queue),
        cmocka_unit_test(with_any_amount_of_memory_there_is_a_queue_or_a_failure),
        TEST(a_key_that_is_too_long_is_refused_in_silence_without_a_log),
        TEST(failures_are_counted_to_the_last),
        TEST(keys_of_one_hash_are_told_apart),
        TEST(calls_on_nothing_do_nothing),
        cmocka_unit_test(an_arena_as_large_as_the_macro_says_is_enough),
        TEST(figures_are_those_of_client_go),
        TEST(a_random_story_goes_as_the_model_says),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
