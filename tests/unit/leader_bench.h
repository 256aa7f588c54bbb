// SPDX-License-Identifier: Apache-2.0
// leader_bench.h - electors on one kedge, the mock API server and virtual time, with all that was
// asked and told written down:
//
//     struct leader_bench b;
//     leader_bench_open(&b);
//     struct contender *a = leader_bench_add(&b, "a", NULL);
//     leader_bench_run(&b, KEDGE_SECOND);
//     assert_string_equal(b.asked, "GET 404, POST 201, ");
//     assert_string_equal(a->told, "leader a, event a became leader, started, ");
//     leader_bench_close(&b);
#ifndef LEADER_BENCH_H
#define LEADER_BENCH_H

#include "kedge/kedge.h"
#include "mock_port.h"

#define CONTENDERS_MAX 4
#define LEASES         "leases"

#define LEADER_BENCH_MEMORY ((size_t)256 * 1024)

struct contender {
    struct leader_bench *bench;
    struct kedge_leader_elector *elector;
    char told[4096];
    void (*on_told)(struct contender *c, const char *what); // also do this
    unsigned started, stopped;
    kedge_time stopped_at;
};

struct leader_bench {
    struct mock_port port;
    struct fake_peer peer; // the mock's, with an ear at it
    unsigned char *memory;
    struct kedge *k;
    struct kedge_client *client;
    struct contender contenders[CONTENDERS_MAX];
    size_t count;
    char asked[8192]; // "GET 200, PUT 409, ", of requests sent in one piece; what fits
    char sent[65536]; // as it went over the wire; the same
    size_t sent_len;
    unsigned puts, gets;
    kedge_time asked_at, pause; // the last request began, and so long after the one before
    char head[16];              // of the answer under way
    size_t head_len;
};

void leader_bench_open(struct leader_bench *b);

// With so many bytes and an unkind port: perhaps without a client then.
void leader_bench_open_with(struct leader_bench *b, size_t memory,
                            const struct fake_cruelty *cruelty);

// What an elector has on a bench if nobody says otherwise: Lease default/job, 15, 10 and 2 s.
struct kedge_leader_options leader_bench_options(const char *identity);

// One more that stands. `change` (may be NULL) may change its options.
struct contender *leader_bench_add(struct leader_bench *b, const char *identity,
                                   void (*change)(struct kedge_leader_options *o));

// The same, but it does not run.
struct contender *leader_bench_make(struct leader_bench *b, const char *identity,
                                    void (*change)(struct kedge_leader_options *o));

void leader_bench_run(struct leader_bench *b, kedge_time ms);

// The same until that one leads, for `ms` at most.
void leader_bench_until_leads(struct leader_bench *b, struct contender *c, kedge_time ms);

// Forgets what was asked and told.
void leader_bench_forget(struct leader_bench *b);

// Stores the Lease with that spec, as another would; `metadata` goes into its metadata as it
// stands.
void leader_bench_put(struct leader_bench *b, const char *metadata, const char *spec);

// The Lease as the server has it: in static storage; "" if there is none.
const char *leader_bench_lease(struct leader_bench *b);

// A member of its spec, as JSON, in static storage; "" if it is not there.
const char *leader_bench_spec(struct leader_bench *b, const char *key);

void leader_bench_close(struct leader_bench *b);

#endif
