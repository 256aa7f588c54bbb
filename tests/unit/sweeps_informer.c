// SPDX-License-Identifier: Apache-2.0
// The informer from its first list to an event behind a relist, over and over: each port call
// failing in turn, the server's bytes ending after each byte. Whatever it was, recovery follows,
// and the cache and the handler's story are the server's: no hole, nothing told twice.
//
//     sweeps_informer [all]     with an argument: every byte, also where a sample would do
#include "sweep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cluster.h"

// Less than any time-out: whoever recovers by one has overlooked what failed.
#define SETTLE (60 * KEDGE_SECOND)

// ---- what happens at the server

struct story {
    const char *name;
    void (*before)(struct mock *m); // the start
    void (*then)(struct mock *m);   // the cache is whole for the first time
    unsigned lists;                 // that a run without unkindness begins
    bool watch_list;                // it begins with a WatchList
};

static void apply(struct mock *m, const char *name, int replicas)
{
    assert_true(mock_apply(m, "deployments", deployment("default", name, replicas, NULL)) > 0);
}

// Two pages.
static void three_objects(struct mock *m)
{
    apply(m, "a", 1);
    apply(m, "b", 1);
    apply(m, "c", 1);
}

static void changes(struct mock *m)
{
    apply(m, "b", 2);
    assert_true(mock_delete(m, "deployments", "default", "c"));
    apply(m, "d", 1);
    mock_bookmark(m);
}

static void first_list_refused(struct mock *m)
{
    three_objects(m);
    mock_inject(
        m, &(struct mock_fault){
               .kind = MOCK_FAULT_STATUS, .on = MOCK_ON_LIST, .status = 503, .retry_after_s = 2});
}

static void second_page_expired(struct mock *m)
{
    three_objects(m);
    mock_inject(m, &(struct mock_fault){
                       .kind = MOCK_FAULT_STATUS, .on = MOCK_ON_LIST, .skip = 1, .status = 410});
}

static void watch_refused(struct mock *m)
{
    three_objects(m);
    mock_inject(
        m, &(struct mock_fault){.kind = MOCK_FAULT_STATUS, .on = MOCK_ON_WATCH, .status = 410});
}

// The events of the changes are never sent: only a relist shows them.
static void watch_expires(struct mock *m)
{
    mock_inject(m, &(struct mock_fault){
                       .kind = MOCK_FAULT_EXPIRED_EVENT, .on = MOCK_ON_WATCH, .now = true});
    changes(m);
    mock_compact(m);
}

static const struct story stories[] = {
    {"list, two pages, watch", three_objects, changes, 1, false},
    {"a list refused by a Status", first_list_refused, changes, 2, false},
    {"a second page that has expired", second_page_expired, changes, 2, false},
    {"a watch refused as expired", watch_refused, changes, 2, false},
    {"a watch that expires", three_objects, watch_expires, 2, false},
    {"a WatchList", three_objects, changes, 1, true},
};
enum { WATCH_LIST = 5, STORIES = sizeof stories / sizeof stories[0] };

// ---- one run

struct run {
    struct cluster c;
    struct recorder r;
    struct kedge_informer *inf;
    unsigned failed_polls;
    unsigned calls;
    unsigned lists;
    unsigned partial;
    size_t bytes; // that the server sent
};

// Just enough for every object here.
struct sizes {
    struct kedge_informer_options informer;
    size_t object_max;
};
static const struct sizes small = {{.page = 2, .text_max = 1024, .buffer = 2048, .queue = 4}, 1024};

// Polls until the informer is whole. A cut is for the first connection only.
static void settle(struct run *run)
{
    struct fake_port *p = &run->c.port.fake;
    kedge_time until = p->now + SETTLE;
    while (!cluster_settled(&run->c, run->inf)) {
        if (p->now >= until)
            fail_msg("no recovery in a minute");
        kedge_err err = kedge_poll(run->c.k, 1000);
        if (err != KEDGE_OK)
            assert_int_equal(err, KEDGE_ERR_IO);
        run->failed_polls += err != KEDGE_OK;
        assert_true(run->failed_polls <= 4); // no failure of a wait is for good
        if (p->opens > 1)
            p->cruelty.cut = false;
    }
}

// a and b, then d; c was there and is gone. Nothing was told twice: the recorder would have ended
// the test.
static void judge(struct run *run)
{
    struct kedge_informer_state state;
    assert_int_equal(kedge_informer_state(run->inf, &state), KEDGE_OK);
    cluster_assert_equal(&run->c, run->inf, &run->r);
    assert_int_equal(run->r.count, 3);
    assert_int_equal(run->r.adds, 4);
    assert_int_equal(run->r.deletes, 1);
    assert_int_equal(run->r.unknown_deletes, 0);
    assert_int_equal(run->r.updates, 1);
    run->lists = (unsigned)state.lists;
    run->partial = (unsigned)state.partial;
    assert_int_equal(state.skipped, 0);
    assert_true(kedge_informer_has_synced(run->inf));
}

static struct run *play_with(const struct story *story, const struct fake_cruelty *cruelty,
                             const struct sizes *sizes)
{
    static struct run run;
    memset(&run, 0, sizeof run);
    struct kedge_informer_options options = sizes->informer;
    if (story->watch_list)
        options.page = 0;
    cluster_open(&run.c, &(struct cluster_options){.memory = 32 * 1024,
                                                   .object_max = sizes->object_max,
                                                   .mock.no_managed_fields = true,
                                                   .mock.initial_bookmarks = 2});
    story->before(run.c.mock);
    run.inf = cluster_informer(&run.c, &kedge_kind_deployment, &options, &run.r);
    run.c.port.fake.cruelty = *cruelty;
    run.c.port.fake.calls = 0;
    cluster_start(&run.c);
    settle(&run);
    assert_int_equal(run.r.adds, 3);
    story->then(run.c.mock);
    settle(&run);
    judge(&run);
    run.calls = run.c.port.fake.calls;
    run.bytes = (size_t)run.c.port.fake.bytes_read;
    cluster_close(&run.c); // no stream is left open
    return &run;
}

static struct run *play(const struct story *story, const struct fake_cruelty *cruelty)
{
    struct run *run = play_with(story, cruelty, &small);
    assert_int_equal(run->partial, 0);
    return run;
}

// ---- sweeps

// Fails the 1st call of that kind (and so many after it), then the 2nd, until a run needs no more
// of them.
static unsigned fail_each(const struct story *story, unsigned only, unsigned more_of_them,
                          bool mends)
{
    for (unsigned at = 1;; at++) {
        // Where nothing blocks, nobody waits.
        struct run *run = play(story, &(struct fake_cruelty){.read_max = 400,
                                                             .block_every = 2,
                                                             .write_max = 100,
                                                             .connect_steps = 1,
                                                             .fail_only = only,
                                                             .fail_at = at,
                                                             .fail_count = more_of_them,
                                                             .mends = mends});
        bool reached = run->calls >= at;
        // A wait that failed is told, and nothing else is.
        bool waits = (only & FAKE_CALL_WAIT) != 0 && reached;
        assert_in_range(run->failed_polls, only == FAKE_CALL_WAIT && reached,
                        waits ? 1 + more_of_them : 0);
        if (!reached)
            return at - 1;
    }
}

static void whichever_port_call_fails(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned call;
        unsigned least; // calls that a run needs at least
    } calls[] = {
        {"open", FAKE_CALL_OPEN, 2},
        {"read", FAKE_CALL_READ, 15},
        {"write", FAKE_CALL_WRITE, 5},
        {"wait", FAKE_CALL_WAIT, 2},
        {"any", FAKE_CALL_STREAM | FAKE_CALL_WAIT, 24},
    };
    for (size_t s = 0; s < STORIES; s++) {
        for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
            for (unsigned how = 0; how < 4; how++) {
                unsigned n = fail_each(&stories[s], calls[i].call, how / 2 * 3, how % 2 == 1);
                if (how == 0)
                    print_message("%-32s %-6s %3u calls\n", stories[s].name, calls[i].name, n);
                assert_in_range(n, calls[i].least, 400);
            }
        }
    }
}

static void wherever_the_servers_bytes_end(void **state)
{
    (void)state;
    static const kedge_err ends[] = {KEDGE_ERR_CLOSED, KEDGE_ERR_IO};
    for (size_t s = 0; s < STORIES; s++) {
        const struct run *kind = play(&stories[s], &(struct fake_cruelty){0});
        size_t bytes = kind->bytes;
        assert_int_equal(kind->lists, stories[s].lists);
        for (size_t e = 0; e < 2; e++) {
            // Every byte of the two stories that have everything; of the others, whose bytes differ
            // only in places, a sample that is another one for each.
            bool all = s == 0 || (s == WATCH_LIST && ends[e] == KEDGE_ERR_IO) || sweep_whole();
            size_t step = all ? 1 : 7;
            for (size_t at = s % step; at <= bytes; at += step)
                play(&stories[s],
                     &(struct fake_cruelty){.cut = true, .cut_at = at, .cut_with = ends[e]});
        }
        print_message("%-32s %5zu bytes\n", stories[s].name, bytes);
        assert_in_range(bytes, 2500, 20000);
    }
}

static void however_the_bytes_are_split(void **state)
{
    (void)state;
    for (size_t s = 0; s < STORIES; s++) {
        for (size_t size = 1; size <= 1000; size += size < 12 ? 1 : size / 3) {
            struct fake_cruelty c = {.read_max = size,
                                     .write_max = size,
                                     .random_sizes = size % 2 == 0,
                                     .block_every = 2 + (unsigned)size % 3,
                                     .connect_steps = 3,
                                     .early = size % 3 == 0};
            play(&stories[s], &c);
        }
    }
}

// ---- sizes

// One object that needs more text and a larger record than the others.
static void one_large_object(struct mock *m)
{
    char image[900];
    snprintf(image, sizeof image,
             "\"template\":{\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"%0800d\"}]}}", 7);
    apply(m, "a", 1);
    assert_true(mock_apply(m, "deployments", deployment("default", "b", 1, image)) > 0);
    apply(m, "c", 1);
}

static const struct story large = {"a large object", one_large_object, changes, 1, false};

// Where its text or its record has no room the object is partial, and still the right one.
static void partial_up_to_some_size(const struct sizes *sizes, size_t *size, size_t step)
{
    const struct fake_cruelty kind = {0};
    unsigned times = 0;
    for (; play_with(&large, &kind, sizes)->partial > 0; *size += step)
        assert_true(++times < 1000);
    assert_true(times > 10);
    for (unsigned i = 0; i < 5; i++, *size += step)
        assert_int_equal(play_with(&large, &kind, sizes)->partial, 0);
}

static void whatever_sizes_its_parts_have(void **state)
{
    (void)state;
    const struct fake_cruelty kind = {0};
    for (unsigned n = 1; n <= 12; n++) {
        struct sizes sizes = small;
        sizes.informer.queue = n;
        play_with(&stories[n % STORIES], &kind, &sizes);
        sizes = small;
        sizes.informer.page = n;
        play_with(&stories[0], &kind, &sizes);
        sizes = small;
        sizes.informer.buffer = 2048 + n;
        play_with(&stories[n % STORIES], &kind, &sizes);
    }
    struct sizes sizes = small;
    sizes.object_max = 4096;
    partial_up_to_some_size(&sizes, &sizes.informer.text_max, 1);
    sizes = small;
    sizes.informer.text_max = 4096;
    sizes.object_max = 512;
    partial_up_to_some_size(&sizes, &sizes.object_max, 8);
}

// What a block of that size makes of nine objects: their number, or -1 where it does not start.
static int nine_objects_in(size_t memory)
{
    struct cluster c;
    struct kedge_informer_state state;
    char name[2] = "a";
    cluster_open(&c, &(struct cluster_options){
                         .memory = memory, .object_max = 512, .mock.no_managed_fields = true});
    for (; name[0] < 'j'; name[0]++)
        apply(c.mock, name, 1);
    struct kedge_informer *inf =
        cluster_informer(&c, &kedge_kind_deployment, &small.informer, NULL);
    int objects = -1;
    kedge_err err = kedge_factory_start(c.factory);
    if (err == KEDGE_OK) {
        while (cluster_phase(inf) == KEDGE_SYNCING)
            assert_int_equal(kedge_poll(c.k, 1000), KEDGE_OK);
        objects = (int)kedge_lister_count(inf);
        kedge_informer_state(inf, &state);
        assert_int_equal(state.phase, objects == 9 ? KEDGE_CURRENT : KEDGE_STALE);
    } else {
        assert_int_equal(err, KEDGE_ERR_MEMORY);
    }
    if (objects >= 0 && objects < 9) {
        const struct kedge_object *o;
        assert_true(state.object[0] != '\0' && state.bytes_short > 0);
        assert_int_equal(kedge_lister_get(inf, "default", "i", &o), KEDGE_ERR_STALE);
        for (name[0] = 'b'; name[0] < 'j'; name[0]++)
            assert_true(mock_delete(c.mock, "deployments", "default", name));
        assert_true(cluster_settle(&c, inf, 4 * KEDGE_HOUR));
    }
    if (err == KEDGE_OK)
        cluster_assert_equal(&c, inf, NULL);
    cluster_close(&c);
    return objects;
}

// From the first size that starts to the first that holds all, every eighth byte: a record is a
// multiple of eight.
static void every_size_of_the_heap_is_whole_or_stale_and_recovers(void **state)
{
    (void)state;
    int before = -1;
    unsigned stale = 0;
    size_t size = 8192;
    while (nine_objects_in(size) < 0)
        size += 512;
    for (size -= 512; before < 9; size += 8) {
        int objects = nine_objects_in(size);
        if (before >= 0)
            assert_in_range(objects, before, before + 1); // one more object a step at most
        before = objects;
        stale += objects >= 0 && objects < 9;
    }
    print_message("%u sizes too small, %zu bytes are enough\n", stale, size);
    assert_true(stale > 100);
}

int main(int argc, char **argv)
{
    (void)argv;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whichever_port_call_fails),
        cmocka_unit_test(wherever_the_servers_bytes_end),
        cmocka_unit_test(however_the_bytes_are_split),
        cmocka_unit_test(whatever_sizes_its_parts_have),
        cmocka_unit_test(every_size_of_the_heap_is_whole_or_stale_and_recovers),
    };
    sweep_arguments(argc);
    return cmocka_run_group_tests_name("sweeps_informer", tests, NULL, NULL);
}
