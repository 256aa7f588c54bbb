// SPDX-License-Identifier: Apache-2.0
// Random changes, random faults, random splits: whatever happens, the cache becomes what the server
// has, and every handler's story adds up to it.
//
//     informer_random [FIRST [COUNT]]     runs these seeds; KEDGE_TEST_LOG=1 shows what happened
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "cluster.h"

static uint64_t first_seed = 1;
static uint64_t seed_count = 60;

static size_t below(struct kedge__random *r, size_t n)
{
    return (size_t)kedge__random_below(r, n);
}

static void random_change(struct cluster *c, struct kedge__random *r)
{
    static const char *const spaces[] = {"default", "kube-system", "edge"};
    char name[32];
    const char *space = spaces[below(r, 3)];
    snprintf(name, sizeof name, "app-%zu", below(r, 40));
    switch (below(r, 6)) {
    case 0:
    case 1:
        mock_delete(c->mock, "deployments", space, name);
        break;
    case 2:
        mock_churn(c->mock);
        break;
    default:
        mock_apply(c->mock, "deployments", deployment(space, name, (int)below(r, 9), NULL));
    }
}

static void random_fault(struct cluster *c, struct kedge__random *r)
{
    static const int codes[] = {401, 403, 404, 410, 429, 500, 503, 504};
    struct mock_fault f = {.kind = (enum mock_fault_kind)below(r, MOCK_FAULT_KINDS),
                           .on = (enum mock_on)below(r, 3),
                           .now = below(r, 2) == 0,
                           .count = 1 + (unsigned)below(r, 3),
                           .bytes = below(r, 4000),
                           .status = codes[below(r, sizeof codes / sizeof codes[0])],
                           .retry_after_s = (int)below(r, 4)};
    // These make up objects that the server does not have; they have tests of their own.
    if (f.kind == MOCK_FAULT_HUGE_OBJECT || f.kind == MOCK_FAULT_ENDLESS_LIST)
        f.kind = MOCK_FAULT_CLOSE;
    mock_inject(c->mock, &f);
}

static void random_cruelty(struct cluster *c, struct kedge__random *r)
{
    struct fake_cruelty *cruelty = &c->port.fake.cruelty;
    memset(cruelty, 0, sizeof *cruelty);
    cruelty->keep_alive = 35 * KEDGE_SECOND;
    cruelty->read_max = below(r, 3) == 0 ? 1 + below(r, 600) : 0;
    cruelty->random_sizes = below(r, 2) == 0;
    cruelty->block_every = (unsigned)below(r, 5);
    cruelty->connect_steps = (unsigned)below(r, 3);
    cruelty->early = below(r, 4) == 0;
    cruelty->refuse = below(r, 12) == 0;
    cruelty->no_such_host = below(r, 20) == 0;
    cruelty->half_open = below(r, 12) == 0;
}

struct story {
    struct cluster c;
    struct kedge__random random;
    struct recorder recorders[3];
    struct kedge_informer *inf;
    bool set_back; // the server's history was replaced
};

static void one_thing(struct story *s)
{
    struct kedge__random *r = &s->random;
    switch (below(r, 24)) {
    case 0:
        random_fault(&s->c, r);
        break;
    case 1:
        random_cruelty(&s->c, r);
        break;
    case 2:
        mock_compact(s->c.mock);
        break;
    case 3:
        mock_restart(s->c.mock, below(r, 2) == 0);
        break;
    case 4:
        s->recorders[1].busy = !s->recorders[1].busy;
        kedge_wake(s->c.k);
        break;
    case 5:
        mock_bookmark(s->c.mock);
        break;
    default:
        random_change(&s->c, r);
    }
}

static void join_late(struct story *s)
{
    recorder_init(&s->recorders[2]);
    s->c.recorders[s->c.recorder_count++] = &s->recorders[2];
    assert_int_equal(kedge_informer_add_handler(s->inf, &s->recorders[2].handler), KEDGE_OK);
}

static void heal(struct story *s)
{
    memset(&s->c.port.fake.cruelty, 0, sizeof s->c.port.fake.cruelty);
    s->c.port.fake.cruelty.keep_alive = 35 * KEDGE_SECOND;
    mock_heal(s->c.mock);
    s->recorders[1].busy = false;
    kedge_wake(s->c.k);
}

static void does_not_settle(struct story *s, uint64_t seed)
{
    struct kedge_informer_state state;
    kedge_informer_state(s->inf, &state);
    print_message(
        "phase %d since %lld at version %s with %zu objects, %llu lists, %llu watches: %s; "
        "the server is at %llu with %zu; clock %lld\n",
        (int)state.phase, (long long)state.since, state.version, state.objects,
        (unsigned long long)state.lists, (unsigned long long)state.watches, state.text,
        (unsigned long long)mock_version(s->c.mock), mock_count(s->c.mock, "deployments"),
        (long long)s->c.port.fake.now);
    cluster_assert_equal(&s->c, s->inf, NULL);
    fail_msg("seed %llu does not settle", (unsigned long long)seed);
}

static void play(uint64_t seed)
{
    static struct story s;
    memset(&s, 0, sizeof s);
    kedge__random_init(&s.random, seed);
    struct kedge__random *r = &s.random;
    struct kedge_informer_options options = {.page = below(r, 3) == 0 ? KEDGE_UNPAGED
                                                                      : 1 + (uint32_t)below(r, 40),
                                             .queue = 1 + (uint32_t)below(r, 40)};
    // Some heaps are just large enough, so that fullness is a part of the story.
    size_t memory = below(r, 3) == 0 ? 72 * 1024 + below(r, 16384) : 256 * 1024;
    cluster_open(&s.c,
                 &(struct cluster_options){.seed = seed,
                                           .memory = memory,
                                           .object_max = 1024,
                                           .resync = (kedge_time)below(r, 2) * 20 * KEDGE_SECOND});
    s.inf = cluster_informer(&s.c, &kedge_kind_deployment, &options, &s.recorders[0]);
    recorder_init(&s.recorders[1]);
    s.c.recorders[s.c.recorder_count++] = &s.recorders[1];
    kedge_informer_add_handler(s.inf, &s.recorders[1].handler);
    cluster_start(&s.c);
    size_t things = 50 + below(r, 300);
    for (size_t i = 0; i < things; i++) {
        one_thing(&s);
        if (i == things / 2)
            join_late(&s);
        if (below(r, 3) == 0)
            cluster_run(&s.c, (kedge_time)below(r, 3000));
    }
    heal(&s);
    unsigned waits = s.c.port.fake.waits;
    if (!cluster_settle(&s.c, s.inf, 4 * KEDGE_HOUR) && cluster_phase(s.inf) != KEDGE_STALE)
        does_not_settle(&s, seed);
    assert_true(s.c.port.fake.waits - waits < 200000); // four hours, and no busy loop
    if (cluster_phase(s.inf) == KEDGE_CURRENT) {
        for (int i = 0; i < 3; i++)
            cluster_assert_equal(&s.c, s.inf, &s.recorders[i]);
    }
    cluster_close(&s.c);
}

static void whatever_happens_the_cache_becomes_what_the_server_has(void **state)
{
    (void)state;
    for (uint64_t seed = first_seed; seed < first_seed + seed_count; seed++) {
        print_message("seed %llu\n", (unsigned long long)seed);
        play(seed);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_happens_the_cache_becomes_what_the_server_has),
    };
    if (argc > 1)
        first_seed = strtoull(argv[1], NULL, 10);
    if (argc > 1)
        seed_count = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
