// SPDX-License-Identifier: Apache-2.0
// Whole lives of a leader and of a candidate: every call of the port in turn fails, every answer
// ends everywhere, the arena has every size.
//
//     sweeps_leader [all]      with an argument: each call of each kind, after each byte
#include "sweep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kedge/lease_candidate.h"
#include "leader_bench.h"

#define CANDIDATES "leasecandidates"

static struct leader_bench b;
static struct contender *elector;
static struct kedge_lease_candidate *candidate;
static unsigned failed_polls;
static unsigned calls_made; // while the port was unkind

// Lives ------------------------------------------------------------------------------------------

struct life {
    const char *name;
    kedge_err (*make)(void); // the first failure
    void (*live)(void);
    void (*end)(void); // also of what could not be made
};

static void releases(struct kedge_leader_options *o)
{
    o->release_on_cancel = true;
}

static kedge_err make_elector(void)
{
    struct kedge_leader_options o = leader_bench_options("a");
    elector = &b.contenders[0];
    elector->bench = &b;
    o.ctx = o.event_ctx = elector;
    releases(&o);
    leader_bench_put(&b, "", "{\"leaseTransitions\":3}");
    elector->elector = kedge_leader_elector_new(b.client, &o);
    return kedge_error(b.k);
}

static kedge_err make_candidate(void)
{
    static const struct mock_crd crd = {.group = "coordination.k8s.io",
                                        .version = "v1beta1",
                                        .plural = CANDIDATES,
                                        .kind = "LeaseCandidate",
                                        .namespaced = true};
    static const struct kedge_lease_candidate_options o = {
        .namespace_ = "default",
        .name = "a",
        .lease_name = "job",
        .binary_version = "1.4.0",
        .strategy = "OldestEmulationVersion",
    };
    assert_true(mock_add_crd(b.port.mock, &crd));
    candidate = kedge_lease_candidate_new(b.client, &o);
    return kedge_error(b.k);
}

// Polls so long, or until it is so: then true. No failure of a wait is for good.
static bool poll_until(bool (*so)(void), kedge_time ms)
{
    kedge_time until = b.port.fake.now + ms;
    while (!so() && b.port.fake.now < until) {
        kedge_time left = until - b.port.fake.now;
        kedge_err err = kedge_poll(b.k, left < 100 ? left : 100);
        if (err != KEDGE_OK)
            assert_int_equal(err, KEDGE_ERR_IO);
        failed_polls += err != KEDGE_OK;
        assert_true(failed_polls <= 6);
        // Only of the first connection the bytes end.
        if (b.port.fake.opens > 1)
            b.port.fake.cruelty.cut = false;
    }
    return so();
}

static void be_kind(void)
{
    calls_made = b.port.fake.calls;
    b.port.fake.cruelty.fail_at = 0;
    b.port.fake.cruelty.cut = false;
}

static bool never(void)
{
    return false;
}

static bool leads(void)
{
    return kedge_leader_elector_is_leader(elector->elector);
}

static bool is_over(void)
{
    return !kedge_leader_elector_is_running(elector->elector);
}

static void live_as_leader(void)
{
    assert_int_equal(kedge_leader_elector_start(elector->elector), KEDGE_OK);
    assert_true(poll_until(leads, KEDGE_MINUTE));
    poll_until(never, 9 * KEDGE_SECOND);
    assert_true(leads());
    assert_string_equal(leader_bench_spec(&b, "holderIdentity"), "\"a\"");
    assert_string_equal(leader_bench_spec(&b, "leaseTransitions"), "4");
    kedge_leader_elector_stop(elector->elector);
    assert_false(leads());
    // A release that fails is not repeated, unless by a conflict; it has its time.
    assert_true(poll_until(is_over, 11 * KEDGE_SECOND));
    assert_string_equal(elector->told, "leader a, event a became leader, started, event a stopped "
                                       "leading, stopped, ");
    assert_string_equal(leader_bench_spec(&b, "leaseTransitions"), "4");
    bool released = strcmp(leader_bench_spec(&b, "holderIdentity"), "\"\"") == 0;
    assert_true(released || kedge_leader_elector_error_text(elector->elector)[0] != '\0');
    // Again, and what was is no matter.
    be_kind();
    assert_int_equal(kedge_leader_elector_start(elector->elector), KEDGE_OK);
    assert_true(poll_until(leads, 5 * KEDGE_SECOND));
    kedge_leader_elector_stop(elector->elector);
    assert_true(poll_until(is_over, KEDGE_SECOND));
    assert_string_equal(leader_bench_spec(&b, "holderIdentity"), "\"\"");
}

static char renewed[64]; // since this

static bool is_renewed(void)
{
    struct mock_item item;
    if (!mock_get(b.port.mock, CANDIDATES, "default", "a", &item))
        return false;
    const char *at = strstr(item.text, "\"renewTime\":\"");
    return at != NULL && strncmp(at + 13, renewed, 27) >= 0;
}

// As the server does before it chooses.
static void ask_it(void)
{
    char text[512];
    kedge_timestamp now = kedge_wall_clock(b.k);
    kedge_timestamp_format(now, true, renewed);
    snprintf(text, sizeof text,
             "{\"apiVersion\":\"coordination.k8s.io/v1beta1\",\"kind\":\"LeaseCandidate\","
             "\"metadata\":{\"name\":\"a\",\"namespace\":\"default\"},\"spec\":{\"leaseName\":"
             "\"job\",\"pingTime\":\"%s\",\"renewTime\":\"2025-01-01T00:00:00.000000Z\"}}",
             renewed);
    assert_true(mock_apply(b.port.mock, CANDIDATES, text) > 0);
}

static void live_as_candidate(void)
{
    renewed[0] = '\0';
    assert_int_equal(kedge_lease_candidate_start(candidate), KEDGE_OK);
    assert_true(poll_until(is_renewed, KEDGE_MINUTE));
    poll_until(never, 3 * KEDGE_SECOND); // it is watched by now
    // A failure where it is asked costs a period, or two, but no watch that hangs.
    ask_it();
    assert_true(poll_until(is_renewed, 20 * KEDGE_SECOND));
    poll_until(never, 3 * KEDGE_SECOND);
    be_kind();
    poll_until(never, 5 * KEDGE_SECOND);
    ask_it();
    assert_true(poll_until(is_renewed, 5 * KEDGE_SECOND));
}

static void end_elector(void)
{
    kedge_leader_elector_close(elector->elector);
}

static void end_candidate(void)
{
    kedge_lease_candidate_close(candidate);
}

static const struct life lives[] = {
    {"leader", make_elector, live_as_leader, end_elector},
    {"candidate", make_candidate, live_as_candidate, end_candidate},
};

// Sweeps -----------------------------------------------------------------------------------------

// Lives from start to end, or fails at the start by what failed there.
static kedge_err run(const struct life *life, size_t memory, const struct fake_cruelty *cruelty)
{
    failed_polls = 0;
    calls_made = 1000; // that it could not be made says nothing about how many it takes
    leader_bench_open_with(&b, memory, cruelty);
    kedge_err err = life->make();
    if (err == KEDGE_OK)
        life->live();
    life->end();
    leader_bench_close(&b);
    return err;
}

struct calls {
    const char *name;
    unsigned only, least;
    unsigned more; // that fail behind it
};

// Fails the 1st of these calls, then the 2nd, until a run needs no more.
static void fail_each(const struct life *life, const struct calls *calls)
{
    unsigned at = 1, refused = 0;
    for (bool more = true; more; at++) {
        struct fake_cruelty cruelty = {.block_every = 5,
                                       .connect_steps = 1,
                                       .fail_only = calls->only,
                                       .fail_at = at,
                                       .fail_count = calls->more,
                                       .mends = at % 2 == 0};
        kedge_err err = run(life, LEADER_BENCH_MEMORY, &cruelty);
        if (err != KEDGE_OK)
            assert_int_equal(err, KEDGE_ERR_ENTROPY);
        refused += err != KEDGE_OK;
        more = calls_made >= at;
    }
    print_message("%-10s %-8s %3u calls, %u of them for the start\n", life->name, calls->name,
                  at - 1, refused);
    assert_in_range(at, calls->least, 1000);
}

static void whichever_call_fails(void **state)
{
    (void)state;
    static const struct calls kinds[] = {
        {"any", 0, 20, 0},
        {"four", 0, 20, 3},
        {"open", FAKE_CALL_OPEN, 2, 0},
        {"write", FAKE_CALL_WRITE, 5, 0},
        {"wait", FAKE_CALL_WAIT, 5, 3},
        {"read", FAKE_CALL_READ, 5, 0},
    };
    for (size_t l = 0; l < sizeof lives / sizeof lives[0]; l++) {
        // The first has all of the others in it.
        for (size_t i = 0; i < (sweep_whole() ? sizeof kinds / sizeof kinds[0] : 2); i++)
            fail_each(&lives[l], &kinds[i]);
    }
}

static void wherever_an_answer_ends(void **state)
{
    (void)state;
    static const kedge_err ends[] = {KEDGE_ERR_CLOSED, KEDGE_ERR_IO};
    for (size_t l = 0; l < sizeof lives / sizeof lives[0]; l++) {
        static const struct fake_cruelty none;
        assert_int_equal(run(&lives[l], LEADER_BENCH_MEMORY, &none), KEDGE_OK);
        size_t bytes = (size_t)b.port.fake.bytes_read;
        size_t step = sweep_whole() ? 1 : 41;
        for (size_t e = 0; e < 2; e++) {
            for (size_t at = e * step / 2; at < bytes; at += step) {
                struct fake_cruelty cruelty = {.cut = true, .cut_at = at, .cut_with = ends[e]};
                assert_int_equal(run(&lives[l], LEADER_BENCH_MEMORY, &cruelty), KEDGE_OK);
            }
        }
        print_message("%-10s %zu bytes\n", lives[l].name, bytes);
        assert_in_range(bytes, 1000, 20000);
    }
}

// Too little is told, just enough is enough for a whole life.
static void with_any_amount_of_memory(void **state)
{
    (void)state;
    static const struct fake_cruelty none;
    for (size_t l = 0; l < sizeof lives / sizeof lives[0]; l++) {
        size_t size = 2048;
        kedge_err err = KEDGE_ERR_MEMORY;
        for (; err != KEDGE_OK; size += sweep_whole() ? 1 : 64) {
            assert_true(size < (size_t)64 * 1024);
            err = run(&lives[l], size, &none);
            if (err != KEDGE_OK)
                assert_int_equal(err, KEDGE_ERR_MEMORY);
        }
        print_message("%-10s %zu bytes of memory\n", lives[l].name, size);
    }
}

int main(int argc, char **argv)
{
    (void)argv;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whichever_call_fails),
        cmocka_unit_test(wherever_an_answer_ends),
        cmocka_unit_test(with_any_amount_of_memory),
    };
    sweep_arguments(argc);
    return cmocka_run_group_tests_name("sweeps_leader", tests, NULL, NULL);
}
