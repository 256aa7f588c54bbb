// SPDX-License-Identifier: Apache-2.0
// The correlator of events by itself: client-go's own cases, and random stories beside a model that
// keeps every text. `event_correlator FROM COUNT` runs the stories of these seeds.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event_world.h"
#include "tools/event_correlator.h"

static struct event_world w;
static struct kedge__event_correlator c;
static struct kedge__event_correlated out;
static kedge_time now;
static uint64_t stamps;

static void open_with(struct kedge__event_correlator options, size_t entries)
{
    event_world_open(&w, NULL);
    c = options;
    c.secret[0] = 1;
    c.secret[1] = 2;
    assert_int_equal(kedge__event_correlator_init(&c, w.k, entries), KEDGE_OK);
    now = 1000;
    stamps = 0;
}

static void open_as_client_go(void)
{
    open_with(
        (struct kedge__event_correlator){
            .similar = 10,
            .similar_within = 10 * KEDGE_MINUTE,
            .burst = 25,
            .refill = 5 * KEDGE_MINUTE,
        },
        64);
}

static void see_object(const char *uid, const char *field_path, unsigned type, const char *reason,
                       const char *message)
{
    const char *texts[KEDGE__EVENT_CORE] = {"",  "v1", "Pod",      "default", "web",
                                            uid, "",   field_path, reason,    message};
    kedge__event_correlate(&c, type, texts, ++stamps, now, &out);
}

static void see(const char *reason, const char *message)
{
    see_object("u", "", KEDGE_EVENT_NORMAL, reason, message);
}

static void see_number(int i)
{
    char message[16];
    snprintf(message, sizeof message, "%d", i);
    see("r", message);
}

static void the_same_one_has_its_count_and_its_name(void **state)
{
    (void)state;
    open_as_client_go();
    for (uint32_t i = 1; i <= 25; i++) {
        see("r", "m");
        assert_int_equal(out.count, i);
        assert_int_equal(out.stamp, 1);
        assert_false(out.combined);
        assert_false(out.skip);
    }
    event_world_close(&w);
}

static void ten_similar_ones_are_combined(void **state)
{
    (void)state;
    open_as_client_go();
    for (int i = 1; i <= 9; i++) {
        see_number(i);
        assert_int_equal(out.count, 1);
        assert_false(out.combined);
    }
    see_number(10);
    assert_true(out.combined);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.stamp, 10);
    see_number(11);
    assert_true(out.combined);
    assert_int_equal(out.count, 2);
    assert_int_equal(out.stamp, 10);
    // Those that were there before stay what they are.
    see_number(3);
    assert_false(out.combined);
    assert_int_equal(out.count, 2);
    assert_int_equal(out.stamp, 3);
    event_world_close(&w);
}

static void parts_of_an_object_are_combined_too(void **state)
{
    (void)state;
    char path[32];
    open_as_client_go();
    // The same message of different containers: one message.
    for (int i = 0; i < 20; i++) {
        snprintf(path, sizeof path, "spec.containers{%d}", i);
        see_object("u", path, KEDGE_EVENT_NORMAL, "r", "m");
        assert_false(out.combined);
        assert_int_equal(out.count, 1);
    }
    event_world_close(&w);
}

static void other_reasons_objects_and_types_are_not_similar(void **state)
{
    (void)state;
    char text[16];
    open_as_client_go();
    for (int i = 0; i < 20; i++) {
        snprintf(text, sizeof text, "%d", i);
        see_object("u", "", KEDGE_EVENT_NORMAL, text, text);
        assert_false(out.combined);
        see_object(text, "", KEDGE_EVENT_NORMAL, "r", text);
        assert_false(out.combined);
    }
    for (int i = 0; i < 16; i++) {
        snprintf(text, sizeof text, "%d", i);
        see_object("v", "", i % 2 ? KEDGE_EVENT_NORMAL : KEDGE_EVENT_WARNING, "r", text);
        assert_false(out.combined);
    }
    event_world_close(&w);
}

// Ten minutes since the last one, not since the first.
static void similar_ones_that_are_far_apart_are_not_combined(void **state)
{
    (void)state;
    open_as_client_go();
    for (int i = 1; i <= 15; i++) {
        see_number(i);
        assert_true(out.combined == (i >= 10));
        now += 10 * KEDGE_MINUTE;
    }
    now += 1;
    see_number(16);
    assert_false(out.combined);
    event_world_close(&w);
}

static void twenty_five_and_then_one_each_five_minutes(void **state)
{
    (void)state;
    char reason[16];
    open_as_client_go();
    for (int i = 1; i <= 40; i++) {
        snprintf(reason, sizeof reason, "%d", i);
        see(reason, "m");
        assert_true(out.skip == (i > 25));
    }
    see_object("v", "", KEDGE_EVENT_NORMAL, "r", "m");
    assert_false(out.skip);
    see_object("u", "", KEDGE_EVENT_WARNING, "r", "m");
    assert_false(out.skip);
    now += 5 * KEDGE_MINUTE - 1;
    see("r", "m");
    assert_true(out.skip);
    now += 1;
    see("r", "m");
    assert_false(out.skip);
    see("r", "m");
    assert_true(out.skip);
    // What was skipped has been counted.
    assert_int_equal(out.count, 3);
    now += KEDGE_HOUR * 24;
    for (int i = 1; i <= 30; i++) {
        see("r", "m");
        assert_true(out.skip == (i > 25));
    }
    event_world_close(&w);
}

static void reasons_may_have_their_own_right(void **state)
{
    (void)state;
    char reason[16];
    open_with((struct kedge__event_correlator){.similar = 10,
                                               .similar_within = KEDGE_HOUR,
                                               .burst = 1,
                                               .refill = KEDGE_HOUR,
                                               .refill_by_reason = true},
              64);
    for (int i = 1; i <= 40; i++) {
        snprintf(reason, sizeof reason, "%d", i);
        see(reason, "m");
        assert_false(out.skip);
        see(reason, "m");
        assert_true(out.skip);
    }
    event_world_close(&w);
}

static void one_message_may_be_too_many(void **state)
{
    (void)state;
    open_with(
        (struct kedge__event_correlator){
            .similar = 1, .similar_within = KEDGE_HOUR, .burst = 25, .refill = KEDGE_HOUR},
        1);
    for (uint32_t i = 1; i <= 5; i++) {
        see_number((int)i);
        assert_true(out.combined);
        assert_int_equal(out.count, i);
    }
    event_world_close(&w);
}

static void texts_do_not_run_into_each_other(void **state)
{
    (void)state;
    open_as_client_go();
    see("ab", "c");
    see("a", "bc");
    assert_int_equal(out.count, 1);
    see_object("", "u", KEDGE_EVENT_NORMAL, "ab", "c");
    assert_int_equal(out.count, 1);
    event_world_close(&w);
}

static void what_the_server_counts_is_learnt(void **state)
{
    (void)state;
    open_as_client_go();
    see("r", "m");
    kedge__event_learn(&c, out.key, out.stamp, 7);
    see("r", "m");
    assert_int_equal(out.count, 8);
    assert_int_equal(out.stamp, 1);
    kedge__event_learn(&c, out.key, out.stamp, INT32_MAX);
    see("r", "m");
    assert_int_equal(out.count, INT32_MAX);
    event_world_close(&w);
}

// Beside a model ---------------------------------------------------------------------------------

enum { ITEMS = 400, MESSAGES = 16 };

// What client-go's LRU caches hold, by their texts.
struct model_item {
    char key[64];
    unsigned long used;
    uint32_t count;
    uint64_t stamp;
    kedge_time last;
    unsigned messages;
    char message[MESSAGES][8];
    kedge_time tokens; // in ms of refilling
};

struct model_cache {
    struct model_item items[ITEMS];
    size_t count;
    size_t max;
};

static struct model_cache logged, groups, spam;
static unsigned long uses;

static struct model_item *model_get(struct model_cache *m, const char *key, bool *is_new)
{
    struct model_item *oldest = NULL;
    *is_new = false;
    for (size_t i = 0; i < m->count; i++) {
        struct model_item *it = &m->items[i];
        if (strcmp(it->key, key) == 0) {
            it->used = ++uses;
            return it;
        }
        if (oldest == NULL || it->used < oldest->used)
            oldest = it;
    }
    if (m->count < m->max)
        oldest = &m->items[m->count++];
    memset(oldest, 0, sizeof *oldest);
    snprintf(oldest->key, sizeof oldest->key, "%s", key);
    oldest->used = ++uses;
    *is_new = true;
    return oldest;
}

static bool model_aggregate(const char *key, const char *message)
{
    bool is_new;
    struct model_item *g = model_get(&groups, key, &is_new);
    if (is_new || now - g->last > c.similar_within)
        g->messages = 0;
    g->last = now;
    for (unsigned i = 0; i < g->messages; i++) {
        if (strcmp(g->message[i], message) == 0)
            return false;
    }
    if (g->messages + 1 >= c.similar)
        return true;
    snprintf(g->message[g->messages++], sizeof g->message[0], "%s", message);
    return false;
}

static bool model_filter(const char *key)
{
    bool is_new;
    struct model_item *s = model_get(&spam, key, &is_new);
    kedge_time full = (kedge_time)c.burst * c.refill;
    if (is_new)
        s->tokens = full;
    else
        s->tokens += now - s->last;
    s->last = now;
    if (s->tokens > full)
        s->tokens = full;
    if (s->tokens < c.refill)
        return true;
    s->tokens -= c.refill;
    return false;
}

static void model_correlate(const char *object, const char *reason, const char *path,
                            const char *message, uint64_t stamp, struct kedge__event_correlated *o)
{
    char group[32];
    char event[64];
    bool is_new;
    snprintf(group, sizeof group, "%s/%s", object, reason);
    snprintf(event, sizeof event, "%s/%s/%s/.", group, path, message);
    o->combined = model_aggregate(group, message);
    struct model_item *l = model_get(&logged, o->combined ? group : event, &is_new);
    if (is_new)
        l->stamp = stamp;
    o->count = ++l->count;
    o->stamp = l->stamp;
    o->skip = model_filter(c.refill_by_reason ? group : object);
}

static void play(uint64_t seed, int steps)
{
    struct fake_port draw;
    fake_port_init(&draw, seed);
#define DRAW(n) fake_port_random(&draw, (n))
    size_t entries = 1 + (size_t)DRAW(40);
    open_with((struct kedge__event_correlator){.similar = 1 + (unsigned)DRAW(MESSAGES),
                                               .similar_within = 1 + (kedge_time)DRAW(1000),
                                               .burst = 1 + (unsigned)DRAW(30),
                                               .refill = 1 + (kedge_time)DRAW(300),
                                               .refill_by_reason = DRAW(4) == 0},
              entries);
    logged.count = groups.count = spam.count = 0;
    logged.max = groups.max = spam.max = entries;
    uint64_t objects = 1 + DRAW(20);
    uint64_t messages = 1 + DRAW(24);
    for (int i = 0; i < steps; i++) {
        char object[8], reason[8], path[8], message[8];
        snprintf(object, sizeof object, "o%d", (int)DRAW(objects));
        snprintf(reason, sizeof reason, "r%d", (int)DRAW(3));
        snprintf(path, sizeof path, "p%d", (int)DRAW(2));
        snprintf(message, sizeof message, "m%d", (int)DRAW(messages));
        if (DRAW(3) == 0)
            now += (kedge_time)DRAW(DRAW(20) == 0 ? 2000 : 50);
        struct kedge__event_correlated expected = {0};
        see_object(object, path, KEDGE_EVENT_NORMAL, reason, message);
        model_correlate(object, reason, path, message, stamps, &expected);
        if (out.combined != expected.combined || out.count != expected.count ||
            out.stamp != expected.stamp || out.skip != expected.skip) {
            print_error("seed %llu, step %d\n", (unsigned long long)seed, i);
            fail();
        }
    }
#undef DRAW
    event_world_close(&w);
}

static uint64_t seeds_from = 1;
static uint64_t seeds_count = 100;

static void stories_go_as_the_model_says(void **state)
{
    (void)state;
    for (uint64_t seed = seeds_from; seed < seeds_from + seeds_count; seed++)
        play(seed, 1000);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_one_has_its_count_and_its_name),
        cmocka_unit_test(ten_similar_ones_are_combined),
        cmocka_unit_test(parts_of_an_object_are_combined_too),
        cmocka_unit_test(other_reasons_objects_and_types_are_not_similar),
        cmocka_unit_test(similar_ones_that_are_far_apart_are_not_combined),
        cmocka_unit_test(twenty_five_and_then_one_each_five_minutes),
        cmocka_unit_test(reasons_may_have_their_own_right),
        cmocka_unit_test(one_message_may_be_too_many),
        cmocka_unit_test(texts_do_not_run_into_each_other),
        cmocka_unit_test(what_the_server_counts_is_learnt),
        cmocka_unit_test(stories_go_as_the_model_says),
    };
    const struct CMUnitTest stories[] = {cmocka_unit_test(stories_go_as_the_model_says)};
    if (argc < 3)
        return cmocka_run_group_tests(tests, NULL, NULL);
    seeds_from = strtoull(argv[1], NULL, 10);
    seeds_count = strtoull(argv[2], NULL, 10);
    return cmocka_run_group_tests(stories, NULL, NULL);
}
