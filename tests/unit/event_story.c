// SPDX-License-Identifier: Apache-2.0
// Stories of both event recorders, each drawn from a seed: over a good network the server's counts
// come to what was recorded; over a bad one every event has one end, and none is counted too often.
// `event_story FROM COUNT` runs these seeds.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event_world.h"

enum { STEPS = 120, SEEDS = 6, MESSAGES = 14, OBJECTS = 4 };

static struct event_world w;
static struct fake_port dice;
static uint64_t seeds_from = 1;
static uint64_t seeds_count = SEEDS;
static uint64_t taken;

static unsigned draw(unsigned bound)
{
    return (unsigned)fake_port_random(&dice, bound);
}

static bool chance(unsigned percent)
{
    return draw(100) < percent;
}

static void begin(uint64_t seed)
{
    event_world_open(&w, &(struct mock_options){.seed = seed, .no_managed_fields = true});
    kedge_log_to(w.k, KEDGE_LOG_ERROR, NULL, NULL);
    fake_port_init(&dice, seed);
    taken = 0;
}

static void hurt(void)
{
    static const enum mock_fault_kind kinds[] = {
        MOCK_FAULT_CUT,    MOCK_FAULT_RESET,  MOCK_FAULT_STALL, MOCK_FAULT_GARBAGE,
        MOCK_FAULT_STATUS, MOCK_FAULT_STATUS, MOCK_FAULT_HTML,  MOCK_FAULT_REFUSE};
    static const int codes[] = {400, 401, 403, 404, 409, 422, 429, 500, 503, 504};
    struct fake_cruelty *c = &w.port.fake.cruelty;
    memset(c, 0, sizeof *c);
    c->random_sizes = chance(50);
    c->read_max = chance(50) ? 1 + draw(200) : 0;
    c->write_max = chance(50) ? 1 + draw(100) : 0;
    c->block_every = chance(50) ? 2 + draw(5) : 0;
    c->refuse = chance(5);
    c->half_open = chance(3);
    if (chance(60))
        return;
    struct mock_fault f = {
        .kind = kinds[draw(sizeof kinds / sizeof kinds[0])],
        .now = chance(20),
        .count = 1 + draw(3),
        .bytes = draw(300),
        .status = codes[draw(sizeof codes / sizeof codes[0])],
        .retry_after_s = (int)draw(3),
    };
    mock_inject(w.port.mock, &f);
}

static void heal(void)
{
    memset(&w.port.fake.cruelty, 0, sizeof w.port.fake.cruelty);
    mock_heal(w.port.mock);
}

static void pass_time(void)
{
    if (chance(70))
        event_world_run(&w, draw(chance(20) ? 8 * 60 * 1000 : 3000));
}

static void lose_one(void)
{
    struct mock_item item;
    char name[300];
    size_t n = event_count(&w);
    if (n == 0 || !mock_at(w.port.mock, w.resource, draw((unsigned)n), &item))
        return;
    snprintf(name, sizeof name, "%s", item.name);
    assert_true(mock_delete(w.port.mock, w.resource, "default", name));
}

static struct kedge_object_reference object(char name[16])
{
    struct kedge_object_reference about = event_web;
    snprintf(name, 16, "web-%u", draw(OBJECTS));
    about.name = name;
    return about;
}

// What the server has come to: events whose count is not written are one.
static uint64_t sum(const char *path)
{
    uint64_t all = 0;
    for (size_t i = 0; i < event_count(&w); i++) {
        const char *count = event_text(&w, i, path);
        all += count[0] != '\0' ? strtoull(count, NULL, 10) : 1;
    }
    return all;
}

// core/v1 -----------------------------------------------------------------------------------------

static void record_core(struct kedge_event_recorder *r)
{
    char name[16];
    char message[16];
    struct kedge_object_reference about = object(name);
    snprintf(message, sizeof message, "%u", draw(MESSAGES));
    kedge_err err = kedge_event_record_for(r, &about, (enum kedge_event_type)draw(2),
                                           chance(70) ? "TooHot" : "TooCold", message);
    assert_true(err == KEDGE_OK || err == KEDGE_ERR_FULL);
    taken += err == KEDGE_OK;
}

static void tell_core(uint64_t seed, bool bad)
{
    begin(seed);
    struct kedge_event_recorder_facts f;
    struct kedge_event_recorder *r =
        kedge_event_recorder_new(w.client, &(struct kedge_event_recorder_options){
                                               .queue = 512 + 8 * draw(200),
                                               .entries = bad ? 1 + draw(40) : 512,
                                               .burst = bad ? 1 + draw(40) : 100000,
                                           });
    assert_non_null(r);
    for (int i = 0; i < STEPS; i++) {
        if (bad)
            hurt();
        for (unsigned n = draw(6); n > 0; n--)
            record_core(r);
        pass_time();
        if (bad && chance(5))
            lose_one();
    }
    heal();
    if (bad && chance(50))
        kedge_event_recorder_shut_down(r);
    event_world_run(&w, KEDGE_HOUR);
    assert_int_equal(kedge_event_recorder_facts(r, &f), KEDGE_OK);
    assert_int_equal(f.waiting, 0);
    assert_int_equal(f.recorded, taken);
    assert_int_equal(f.created + f.patched + f.skipped + f.failed, taken);
    if (bad) {
        assert_true(sum("count") <= taken);
    } else {
        assert_int_equal(sum("count"), taken);
        assert_int_equal(f.created, event_count(&w));
    }
    kedge_event_recorder_close(r);
    event_world_close(&w);
}

// events.k8s.io/v1 --------------------------------------------------------------------------------

static void record_series(struct kedge_event_series *s)
{
    char name[16];
    struct kedge_object_reference about = object(name);
    kedge_err err = kedge_event_series_record(s, &about, NULL, (enum kedge_event_type)draw(2),
                                              chance(70) ? "TooHot" : "TooCold", "Cooling", "n");
    assert_true(err == KEDGE_OK || err == KEDGE_ERR_FULL);
    taken += err == KEDGE_OK;
}

static void tell_series(uint64_t seed, bool bad)
{
    begin(seed);
    w.resource = "events.events.k8s.io";
    struct kedge_event_series_facts f;
    struct kedge_event_series *s = kedge_event_series_new(
        w.client, &(struct kedge_event_series_options){.controller = "thermostat",
                                                       .store = 600 + 8 * draw(400)});
    assert_non_null(s);
    for (int i = 0; i < STEPS; i++) {
        if (bad)
            hurt();
        for (unsigned n = draw(6); n > 0; n--)
            record_series(s);
        pass_time();
        if (bad && chance(5))
            lose_one();
    }
    heal();
    if (chance(50))
        kedge_event_series_shut_down(s);
    event_world_run(&w, KEDGE_HOUR);
    assert_int_equal(kedge_event_series_facts(s, &f), KEDGE_OK);
    assert_int_equal(f.kept, 0);
    assert_int_equal(f.recorded, taken);
    if (bad) {
        assert_true(sum("series.count") <= taken);
    } else {
        assert_int_equal(sum("series.count"), taken);
        assert_int_equal(f.failed, 0);
        assert_int_equal(f.created, event_count(&w));
    }
    kedge_event_series_close(s);
    event_world_close(&w);
}

static void tell(void (*story)(uint64_t seed, bool bad), bool bad)
{
    for (uint64_t seed = seeds_from; seed < seeds_from + seeds_count; seed++) {
        print_message("seed %llu\n", (unsigned long long)seed);
        story(seed, bad);
    }
}

static void over_a_good_network_all_are_counted(void **state)
{
    (void)state;
    tell(tell_core, false);
}

static void over_a_bad_network_each_has_one_end(void **state)
{
    (void)state;
    tell(tell_core, true);
}

static void over_a_good_network_all_of_a_series_are_counted(void **state)
{
    (void)state;
    tell(tell_series, false);
}

static void over_a_bad_network_no_series_is_counted_too_often(void **state)
{
    (void)state;
    tell(tell_series, true);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(over_a_good_network_all_are_counted),
        cmocka_unit_test(over_a_bad_network_each_has_one_end),
        cmocka_unit_test(over_a_good_network_all_of_a_series_are_counted),
        cmocka_unit_test(over_a_bad_network_no_series_is_counted_too_often),
    };
    if (argc == 3) {
        seeds_from = strtoull(argv[1], NULL, 10);
        seeds_count = strtoull(argv[2], NULL, 10);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
