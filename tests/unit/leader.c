// SPDX-License-Identifier: Apache-2.0
// Leader election by client-go's rules: who takes a Lease, when, and what is written into it.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/rest_priv.h"
#include "leader_bench.h"
#include "script.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define TIMES                                                                              \
    "\"acquireTime\":\"2025-01-01T00:00:00.000000Z\",\"renewTime\":\"2025-01-01T00:00:01." \
    "000000Z\""
#define HELD_BY(who)                                                                              \
    "{\"holderIdentity\":\"" who "\",\"leaseDurationSeconds\":10," TIMES ",\"leaseTransitions\":" \
    "7}"

static struct leader_bench b;

static bool leads(const struct contender *c)
{
    return kedge_leader_elector_is_leader(c->elector);
}

static void assert_spec(const char *key, const char *value)
{
    assert_string_equal(leader_bench_spec(&b, key), value);
}

// A bench with one that has led for nearly a second; what it did for it is forgotten.
static struct contender *open_with_a_leader(void)
{
    leader_bench_open(&b);
    struct contender *a = leader_bench_add(&b, "a", NULL);
    leader_bench_run(&b, KEDGE_SECOND);
    leader_bench_forget(&b);
    return a;
}

// Taking -----------------------------------------------------------------------------------------

static void where_there_is_no_lease_it_is_made(void **state)
{
    (void)state;
    leader_bench_open(&b);
    struct contender *a = leader_bench_add(&b, "a", NULL);
    assert_false(leads(a));
    assert_true(kedge_leader_elector_is_running(a->elector));
    leader_bench_run(&b, KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 404, POST 201, ");
    assert_string_equal(a->told, "leader a, event a became leader, started, ");
    assert_true(leads(a));
    assert_string_equal(kedge_leader_elector_leader(a->elector), "a");
    assert_string_equal(kedge_leader_elector_describe(a->elector), "default/job");
    assert_string_equal(kedge_leader_elector_error_text(a->elector), "");
    assert_spec("holderIdentity", "\"a\"");
    assert_spec("leaseDurationSeconds", "15");
    assert_spec("leaseTransitions", "0");
    assert_spec("acquireTime", "\"2026-01-01T00:00:00.000000Z\"");
    assert_spec("renewTime", "\"2026-01-01T00:00:00.000000Z\"");
    assert_non_null(strstr(b.sent, "GET /apis/coordination.k8s.io/v1/namespaces/default/leases/"
                                   "job?timeout=5s HTTP/1.1\r\n"));
    assert_non_null(strstr(b.sent, "POST /apis/coordination.k8s.io/v1/namespaces/default/leases?"
                                   "timeout=5s HTTP/1.1\r\n"));
    leader_bench_close(&b);
}

// No get while all is well.
static void who_leads_renews_without_looking(void **state)
{
    (void)state;
    leader_bench_open(&b);
    struct contender *a = leader_bench_add(&b, "a", NULL);
    leader_bench_run(&b, 5 * KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 404, POST 201, PUT 200, PUT 200, ");
    assert_spec("acquireTime", "\"2026-01-01T00:00:00.000000Z\"");
    assert_spec("renewTime", "\"2026-01-01T00:00:04.000000Z\"");
    assert_spec("leaseTransitions", "0");
    leader_bench_run(&b, KEDGE_HOUR);
    assert_true(leads(a));
    assert_int_equal(b.gets, 1);
    assert_in_range(b.puts, 1800, 1803);
    assert_string_equal(a->told, "leader a, event a became leader, started, ");
    leader_bench_close(&b);
}

static void a_lease_that_nobody_holds_is_taken_at_once(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        const char *transitions;
    } free_ones[] = {
        {"{}", "1"},
        {"{\"leaseTransitions\":null,\"holderIdentity\":null}", "1"},
        {"{\"holderIdentity\":\"\",\"leaseDurationSeconds\":15," TIMES ",\"leaseTransitions\":4}",
         "5"},
        {"{\"holderIdentity\":\"x\"," TIMES "}", "1"}, // of no duration
        {"{\"leaseTransitions\":2147483647}", "2147483647"},
    };
    for (size_t i = 0; i < COUNT(free_ones); i++) {
        leader_bench_open(&b);
        leader_bench_put(&b, "", free_ones[i].spec);
        struct contender *a = leader_bench_add(&b, "a", NULL);
        leader_bench_run(&b, KEDGE_SECOND);
        assert_string_equal(b.asked, "GET 200, PUT 200, ");
        assert_true(leads(a));
        assert_spec("leaseTransitions", free_ones[i].transitions);
        assert_spec("acquireTime", "\"2026-01-01T00:00:00.000000Z\"");
        leader_bench_close(&b);
    }
}

// What its times say is nothing to us: we count from when we saw it.
static void a_lease_that_is_held_is_taken_when_its_own_duration_is_over(void **state)
{
    (void)state;
    leader_bench_open(&b);
    leader_bench_put(&b, "", HELD_BY("x"));
    struct contender *a = leader_bench_add(&b, "a", NULL);
    leader_bench_run(&b, 9999);
    assert_false(leads(a));
    assert_int_equal(b.puts, 0);
    assert_spec("holderIdentity", "\"x\"");
    assert_string_equal(a->told, "leader x, ");
    assert_string_equal(kedge_leader_elector_leader(a->elector), "x");
    assert_string_equal(kedge_leader_elector_error_text(a->elector),
                        "the Lease is another's and has not expired");
    leader_bench_until_leads(&b, a, 1 + 4400);
    assert_int_equal(b.puts, 1);
    assert_spec("holderIdentity", "\"a\"");
    assert_spec("leaseTransitions", "8");
    assert_spec("leaseDurationSeconds", "15");
    assert_string_equal(a->told, "leader x, leader a, event a became leader, started, ");
    leader_bench_close(&b);
}

static void each_change_of_the_record_counts_anew(void **state)
{
    (void)state;
    char spec[512];
    leader_bench_open(&b);
    struct contender *a = NULL;
    for (int i = 0; i < 10; i++) {
        // Only a transition counted, or one microsecond, is a change, too.
        snprintf(spec, sizeof spec,
                 "{\"holderIdentity\":\"x\",\"leaseDurationSeconds\":10,\"renewTime\":"
                 "\"2020-01-01T00:00:00.00000%dZ\",\"leaseTransitions\":%d}",
                 i / 2, (i + 1) / 2);
        leader_bench_put(&b, "", spec);
        if (a == NULL)
            a = leader_bench_add(&b, "a", NULL);
        leader_bench_run(&b, 5 * KEDGE_SECOND);
        assert_int_equal(b.puts, 0);
    }
    // What is not its record is none.
    for (int i = 0; i < 5; i++) {
        snprintf(spec, sizeof spec, ",\"labels\":{\"n\":\"%d\"}", i);
        leader_bench_put(&b, spec,
                         "{\"holderIdentity\":\"x\",\"leaseDurationSeconds\":10,\"renewTime\":"
                         "\"2020-01-01T00:00:00.000004Z\",\"leaseTransitions\":5}");
        leader_bench_run(&b, KEDGE_SECOND);
    }
    leader_bench_until_leads(&b, a, 4400);
    assert_spec("leaseTransitions", "6");
    leader_bench_close(&b);
}

static void ones_own_lease_is_taken_up_again(void **state)
{
    (void)state;
    leader_bench_open(&b);
    leader_bench_put(&b, "", HELD_BY("a"));
    struct contender *a = leader_bench_add(&b, "a", NULL);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 200, PUT 200, ");
    assert_true(leads(a));
    assert_spec("leaseTransitions", "7");
    assert_spec("acquireTime", "\"2025-01-01T00:00:00.000000Z\"");
    leader_bench_close(&b);
}

// The time between tries is jittered, so that many do not come together.
static void who_waits_tries_at_uneven_times(void **state)
{
    (void)state;
    leader_bench_open(&b);
    leader_bench_put(&b, "", "{\"holderIdentity\":\"x\",\"leaseDurationSeconds\":360000}");
    leader_bench_add(&b, "a", NULL);
    leader_bench_run(&b, 0);
    kedge_time shortest = KEDGE_HOUR;
    kedge_time longest = 0;
    for (int i = 0; i < 300; i++) {
        for (unsigned gets = b.gets; b.gets == gets;)
            assert_int_equal(kedge_poll(b.k, KEDGE_FOREVER), KEDGE_OK);
        shortest = b.pause < shortest ? b.pause : shortest;
        longest = b.pause > longest ? b.pause : longest;
    }
    assert_in_range(shortest, 2000, 2100);
    assert_in_range(longest, 4300, 4400);
    leader_bench_close(&b);
}

// What is written --------------------------------------------------------------------------------

static const struct kedge_leader_label labels[] = {{"app", "gardener"}, {"example.com/zone", "a"}};

static void with_labels(struct kedge_leader_options *o)
{
    o->labels = labels;
    o->label_count = COUNT(labels);
}

static void labels_are_set_beside_those_it_has(void **state)
{
    (void)state;
    leader_bench_open(&b);
    leader_bench_put(&b, ",\"labels\":{\"app\":\"other\",\"kept\":\"yes\"}", "{}");
    leader_bench_add(&b, "a", with_labels);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_non_null(strstr(leader_bench_lease(&b), "\"app\":\"gardener\""));
    assert_non_null(strstr(leader_bench_lease(&b), "\"example.com/zone\":\"a\""));
    assert_non_null(strstr(leader_bench_lease(&b), "\"kept\":\"yes\""));
    leader_bench_close(&b);
    leader_bench_open(&b);
    leader_bench_add(&b, "a", with_labels);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 404, POST 201, ");
    assert_non_null(strstr(leader_bench_lease(&b), "\"app\":\"gardener\""));
    assert_non_null(strstr(leader_bench_lease(&b), "\"example.com/zone\":\"a\""));
    leader_bench_close(&b);
}

// All of the object goes back but the spec, which is as client-go makes it.
static void what_the_lease_has_besides_is_kept(void **state)
{
    (void)state;
    leader_bench_open(&b);
    leader_bench_put(
        &b,
        ",\"annotations\":{\"example.com/note\":\"a \\\"b\\\"\"},\"finalizers\":"
        "[\"example.com/hold\"],\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":"
        "\"Node\",\"name\":\"n\",\"uid\":\"u\"}]",
        "{\"holderIdentity\":\"x\",\"leaseDurationSeconds\":1,\"preferredHolder\":\"y\""
        ",\"strategy\":\"OldestEmulationVersion\"}");
    struct contender *a = leader_bench_add(&b, "a", NULL);
    leader_bench_run(&b, 20 * KEDGE_SECOND);
    assert_true(leads(a));
    const char *lease = leader_bench_lease(&b);
    assert_non_null(strstr(lease, "\"example.com/note\":\"a \\\"b\\\"\""));
    assert_non_null(strstr(lease, "\"example.com/hold\""));
    assert_non_null(strstr(lease, "\"uid\":\"u\""));
    assert_null(strstr(lease, "preferredHolder"));
    assert_null(strstr(lease, "strategy"));
    // A change that another makes meanwhile is not undone.
    mock_apply(b.port.mock, LEASES,
               "{\"metadata\":{\"name\":\"job\",\"namespace\":\"default\",\"annotations\":"
               "{\"new\":\"one\"}},\"spec\":{\"holderIdentity\":\"a\",\"leaseDurationSeconds\":15,"
               "\"leaseTransitions\":1}}");
    leader_bench_forget(&b);
    leader_bench_run(&b, 2 * KEDGE_SECOND);
    assert_string_equal(b.asked, "PUT 409, GET 200, PUT 200, ");
    assert_true(leads(a));
    assert_non_null(strstr(leader_bench_lease(&b), "\"new\":\"one\""));
    assert_spec("leaseTransitions", "1");
    assert_spec("holderIdentity", "\"a\"");
    leader_bench_close(&b);
}

static void odd_identity(struct kedge_leader_options *o)
{
    o->identity = "n\xc3\xb6 \"de\\\n";
}

static void an_identity_may_be_any_text(void **state)
{
    (void)state;
    leader_bench_open(&b);
    struct contender *a = leader_bench_add(&b, "a", odd_identity);
    leader_bench_run(&b, 5 * KEDGE_SECOND);
    assert_true(leads(a));
    assert_string_equal(b.asked, "GET 404, POST 201, PUT 200, PUT 200, ");
    assert_string_equal(kedge_leader_elector_leader(a->elector), "n\xc3\xb6 \"de\\\n");
    leader_bench_close(&b);
}

// However long another's identity, its first bytes are told, and the Lease is taken in time.
static void of_anothers_long_identity_the_first_bytes_are_told(void **state)
{
    (void)state;
    static const int lengths[] = {254, 255, 256, 363, 1000};
    char identity[1001];
    char spec[1200];
    for (size_t i = 0; i < COUNT(lengths); i++) {
        memset(identity, 'x', sizeof identity);
        identity[lengths[i] - 1] = 'y';
        identity[lengths[i]] = '\0';
        snprintf(spec, sizeof spec, "{\"holderIdentity\":\"%s\",\"leaseDurationSeconds\":10}",
                 identity);
        identity[lengths[i] < 255 ? lengths[i] : 255] = '\0';
        leader_bench_open(&b);
        leader_bench_put(&b, "", spec);
        struct contender *a = leader_bench_add(&b, "a", NULL);
        leader_bench_run(&b, KEDGE_SECOND);
        assert_false(leads(a));
        assert_string_equal(kedge_leader_elector_leader(a->elector), identity);
        assert_memory_equal(a->told, "leader x", 8);
        assert_int_equal(strlen(a->told), 7 + strlen(identity) + 2);
        leader_bench_until_leads(&b, a, 10 * KEDGE_SECOND + 4400);
        assert_spec("holderIdentity", "\"a\"");
        leader_bench_close(&b);
    }
}

static void without_a_calendar_each_renewal_still_differs(void **state)
{
    (void)state;
    char before[64] = "";
    leader_bench_open(&b);
    b.port.fake.no_calendar = true;
    struct contender *a = leader_bench_add(&b, "a", NULL);
    for (int i = 0; i < 5; i++) {
        leader_bench_run(&b, 2 * KEDGE_SECOND);
        assert_true(leads(a));
        assert_string_not_equal(leader_bench_spec(&b, "renewTime"), before);
        snprintf(before, sizeof before, "%s", leader_bench_spec(&b, "renewTime"));
    }
    leader_bench_close(&b);
}

// Losing -----------------------------------------------------------------------------------------

static void server_is_silent(void)
{
    mock_inject(b.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STALL, .now = true});
    mock_inject(b.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STALL, .count = 1000});
}

static void server_refuses(int status, unsigned count)
{
    mock_inject(b.port.mock,
                &(struct mock_fault){.kind = MOCK_FAULT_STATUS, .status = status, .count = count});
}

static void who_cannot_renew_stops_before_another_may_lead(void **state)
{
    (void)state;
    for (int silent = 0; silent < 2; silent++) {
        leader_bench_open(&b);
        struct contender *a = leader_bench_add(&b, "a", NULL);
        leader_bench_run(&b, 3 * KEDGE_SECOND); // renewed at 2
        kedge_time renewed = b.port.fake.now - KEDGE_SECOND;
        leader_bench_forget(&b);
        if (silent)
            server_is_silent();
        else
            server_refuses(500, 1000);
        assert_int_equal(kedge_leader_elector_time_left(a->elector), 11 * KEDGE_SECOND);
        assert_true(kedge_leader_elector_may_act(a->elector, 11 * KEDGE_SECOND));
        assert_false(kedge_leader_elector_may_act(a->elector, 11 * KEDGE_SECOND + 1));
        leader_bench_run(&b, 11 * KEDGE_SECOND - 1);
        assert_true(leads(a));
        assert_int_equal(a->stopped, 0);
        leader_bench_run(&b, 1);
        assert_false(leads(a));
        assert_int_equal(kedge_leader_elector_time_left(a->elector), 0);
        assert_false(kedge_leader_elector_may_act(a->elector, 0));
        assert_string_equal(a->told, "event a stopped leading, stopped, ");
        assert_int_equal(a->stopped_at - renewed, 12 * KEDGE_SECOND);
        assert_false(kedge_leader_elector_is_running(a->elector));
        assert_non_null(strstr(kedge_leader_elector_error_text(a->elector),
                               silent ? "not done within its timeout" : ": 500 "));
        if (!silent) // each try: without looking, and after a look
            assert_string_equal(b.asked, "PUT 500, GET 500, PUT 500, GET 500, PUT 500, GET 500, "
                                         "PUT 500, GET 500, PUT 500, GET 500, ");
        leader_bench_forget(&b);
        leader_bench_run(&b, KEDGE_MINUTE);
        assert_string_equal(b.asked, "");
        leader_bench_close(&b);
    }
}

static void a_renewal_that_succeeds_at_last_is_enough(void **state)
{
    (void)state;
    struct contender *a = open_with_a_leader();
    server_refuses(500, 8); // the tries of 2, 4, 6, 8 s; that of 10 s succeeds
    leader_bench_run(&b, 10 * KEDGE_SECOND);
    assert_string_equal(b.asked, "PUT 500, GET 500, PUT 500, GET 500, PUT 500, GET 500, PUT 500, "
                                 "GET 500, PUT 200, ");
    assert_true(leads(a));
    assert_string_equal(a->told, "");
    assert_spec("leaseTransitions", "0");
    leader_bench_close(&b);
}

// A request has its time, so that there is some left for another.
static void a_request_that_hangs_does_not_cost_the_term(void **state)
{
    (void)state;
    struct contender *a = open_with_a_leader();
    mock_inject(b.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STALL});
    leader_bench_run(&b, KEDGE_MINUTE);
    assert_true(leads(a));
    assert_string_equal(a->told, "");
    assert_int_equal(b.gets, 1);
    leader_bench_close(&b);
}

// The server has taken it, but we never hear of it: the next try finds it as ours.
static void an_answer_that_is_lost_costs_nothing(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes < 700; bytes += 7) {
        leader_bench_open(&b);
        leader_bench_put(&b, "", "{\"leaseTransitions\":3}");
        mock_inject(b.port.mock,
                    &(struct mock_fault){.kind = MOCK_FAULT_CUT, .skip = 1, .bytes = bytes});
        struct contender *a = leader_bench_add(&b, "a", NULL);
        leader_bench_run(&b, 6 * KEDGE_SECOND);
        assert_true(leads(a));
        assert_int_equal(a->started, 1);
        assert_spec("leaseTransitions", "4");
        // While it leads, too.
        leader_bench_forget(&b);
        mock_inject(b.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_CUT, .bytes = bytes});
        leader_bench_run(&b, 6 * KEDGE_SECOND);
        assert_true(leads(a));
        assert_string_equal(a->told, "");
        assert_spec("leaseTransitions", "4");
        leader_bench_close(&b);
    }
}

// A refused update of who waits does not make the record that it saw a new one.
static void a_try_that_failed_does_not_begin_the_wait_anew(void **state)
{
    (void)state;
    leader_bench_open(&b);
    leader_bench_put(&b, "", HELD_BY("x"));
    mock_inject(b.port.mock, &(struct mock_fault){
                                 .kind = MOCK_FAULT_STATUS, .status = 500, .skip = 1, .count = 2});
    struct contender *a = leader_bench_add(&b, "a", NULL);
    leader_bench_run(&b, 15 * KEDGE_SECOND);
    assert_true(leads(a));
    leader_bench_close(&b);
    leader_bench_open(&b);
    leader_bench_put(&b, "", HELD_BY("x"));
    a = leader_bench_add(&b, "a", NULL);
    leader_bench_run(&b, 9900);
    unsigned gets = b.gets;
    mock_inject(b.port.mock, &(struct mock_fault){
                                 .kind = MOCK_FAULT_STATUS, .status = 503, .skip = 1, .count = 1});
    while (b.puts == 0)
        leader_bench_run(&b, 100);
    assert_int_equal(b.gets, gets + 1);
    leader_bench_until_leads(&b, a, 4400);
    assert_int_equal(b.puts, 2);
    leader_bench_close(&b);
}

static void a_lease_that_becomes_anothers_ends_it_at_once(void **state)
{
    (void)state;
    struct contender *a = open_with_a_leader();
    leader_bench_put(&b, "", HELD_BY("x"));
    leader_bench_run(&b, KEDGE_SECOND);
    assert_string_equal(b.asked, "PUT 409, GET 200, ");
    assert_string_equal(a->told, "event a stopped leading, stopped, leader x, ");
    assert_string_equal(kedge_leader_elector_error_text(a->elector), "the Lease is another's");
    assert_false(leads(a));
    leader_bench_close(&b);
}

static void a_lease_that_is_deleted_or_given_up_for_us_is_taken_again(void **state)
{
    (void)state;
    struct contender *a = open_with_a_leader();
    assert_true(mock_delete(b.port.mock, LEASES, "default", "job"));
    leader_bench_run(&b, KEDGE_SECOND);
    assert_string_equal(b.asked, "PUT 500, GET 404, POST 201, ");
    assert_true(leads(a));
    assert_spec("leaseTransitions", "0");
    leader_bench_forget(&b);
    leader_bench_put(&b, "", "{\"holderIdentity\":\"\",\"leaseTransitions\":4}");
    leader_bench_run(&b, 2 * KEDGE_SECOND);
    assert_string_equal(b.asked, "PUT 409, GET 200, PUT 200, ");
    assert_true(leads(a));
    assert_spec("leaseTransitions", "5");
    assert_string_equal(a->told, "");
    leader_bench_close(&b);
}

// The loop did not turn, or the machine slept.
static void time_that_passed_unseen_ends_it_before_anyone_is_told(void **state)
{
    (void)state;
    leader_bench_open(&b);
    struct contender *a = leader_bench_add(&b, "a", NULL);
    leader_bench_run(&b, 100);
    leader_bench_forget(&b);
    b.port.fake.now += 12 * KEDGE_SECOND - 101;
    assert_true(leads(a));
    assert_int_equal(kedge_leader_elector_time_left(a->elector), 1);
    b.port.fake.now += 1;
    assert_false(leads(a));
    assert_string_equal(a->told, "");
    leader_bench_run(&b, 0);
    assert_string_equal(a->told, "event a stopped leading, stopped, ");
    assert_string_equal(b.asked, "");
    leader_bench_close(&b);
}

static void patient(struct kedge_leader_options *o)
{
    o->request_timeout = KEDGE_MINUTE;
}

// Answers to what is created stay on their way.
static bool holding_posts, held;

static size_t feed_and_hold(void *connection, const void *bytes, size_t len)
{
    held |= holding_posts && len > 5 && memcmp(bytes, "POST ", 5) == 0;
    return b.peer.feed(connection, bytes, len);
}

static size_t output_unless_held(void *connection, void *buf, size_t cap)
{
    return held ? 0 : b.peer.output(connection, buf, cap);
}

// The answer to a write that came after its term is over lets nobody lead.
static void an_answer_that_comes_too_late_counts_for_nothing(void **state)
{
    (void)state;
    leader_bench_open(&b);
    struct fake_peer peer = b.peer;
    peer.feed = feed_and_hold;
    peer.output = output_unless_held;
    b.port.fake.peer = &peer;
    holding_posts = true;
    struct contender *a = leader_bench_add(&b, "a", patient);
    leader_bench_run(&b, 11 * KEDGE_SECOND);
    assert_spec("holderIdentity", "\"a\"");
    assert_false(leads(a));
    b.port.fake.now += KEDGE_SECOND; // and the machine sleeps
    holding_posts = held = false;
    for (int i = 0; i < 20; i++)
        kedge_poll(b.k, 0);
    assert_string_equal(b.asked, "GET 404, POST 201, ");
    assert_false(leads(a));
    assert_string_equal(a->told, "leader a, ");
    assert_string_equal(kedge_leader_elector_error_text(a->elector),
                        "the answer came too late: others may have taken the Lease by now");
    leader_bench_until_leads(&b, a, 4400);
    assert_string_equal(a->told, "leader a, event a became leader, started, ");
    leader_bench_close(&b);
}

// Others' times ----------------------------------------------------------------------------------

static void others_take_over_only_after_that(void **state)
{
    (void)state;
    leader_bench_open(&b);
    struct contender *a = leader_bench_add(&b, "a", NULL);
    leader_bench_run(&b, KEDGE_SECOND);
    struct contender *other = leader_bench_add(&b, "b", NULL);
    leader_bench_run(&b, KEDGE_MINUTE);
    assert_true(leads(a));
    assert_string_equal(other->told, "leader a, ");
    kedge_leader_elector_stop(a->elector);
    kedge_time stopped = b.port.fake.now;
    assert_false(leads(a));
    while (!leads(other))
        leader_bench_run(&b, 10);
    assert_in_range(b.port.fake.now - stopped, 13 * KEDGE_SECOND - 1, 19500);
    assert_string_equal(other->told, "leader a, leader b, event b became leader, started, ");
    assert_string_equal(a->told, "leader a, event a became leader, started, event a stopped "
                                 "leading, stopped, ");
    assert_spec("leaseTransitions", "1");
    leader_bench_close(&b);
}

// Releasing --------------------------------------------------------------------------------------

static void releases(struct kedge_leader_options *o)
{
    o->release_on_cancel = true;
}

static void a_lease_that_is_released_is_taken_within_a_retry(void **state)
{
    (void)state;
    leader_bench_open(&b);
    leader_bench_put(&b, "", "{\"leaseTransitions\":3}");
    struct contender *a = leader_bench_add(&b, "a", releases);
    leader_bench_run(&b, 1500);
    kedge_leader_elector_stop(a->elector);
    leader_bench_forget(&b);
    leader_bench_run(&b, 0);
    leader_bench_run(&b, 10);
    assert_string_equal(b.asked, "GET 200, PUT 200, ");
    assert_string_equal(a->told, "event a stopped leading, stopped, ");
    assert_spec("holderIdentity", "\"\"");
    assert_spec("leaseDurationSeconds", "1");
    assert_spec("leaseTransitions", "4");
    assert_spec("renewTime", "\"2026-01-01T00:00:01.500000Z\"");
    assert_spec("acquireTime", "\"2026-01-01T00:00:01.500000Z\"");
    assert_false(kedge_leader_elector_is_running(a->elector));
    struct contender *other = leader_bench_add(&b, "b", releases);
    leader_bench_run(&b, 10);
    assert_true(leads(other));
    assert_spec("leaseTransitions", "5");
    leader_bench_close(&b);
}

static void look_at_the_lease(struct contender *c, const char *what)
{
    if (strcmp(what, "stopped") != 0)
        return;
    assert_string_equal(leader_bench_spec(c->bench, "holderIdentity"), "\"a\"");
    assert_false(leads(c));
}

static void it_is_told_before_the_lease_is_free(void **state)
{
    (void)state;
    leader_bench_open(&b);
    struct contender *a = leader_bench_add(&b, "a", releases);
    a->on_told = look_at_the_lease;
    leader_bench_run(&b, KEDGE_SECOND);
    kedge_leader_elector_stop(a->elector);
    leader_bench_run(&b, 10);
    assert_int_equal(a->stopped, 1);
    assert_spec("holderIdentity", "\"\"");
    leader_bench_close(&b);
}

static void who_never_led_releases_nothing(void **state)
{
    (void)state;
    leader_bench_open(&b);
    leader_bench_put(&b, "", HELD_BY("x"));
    struct contender *a = leader_bench_add(&b, "a", releases);
    leader_bench_run(&b, KEDGE_SECOND);
    kedge_leader_elector_stop(a->elector);
    leader_bench_run(&b, KEDGE_MINUTE);
    assert_string_equal(b.asked, "GET 200, ");
    assert_string_equal(a->told, "leader x, stopped, ");
    assert_spec("holderIdentity", "\"x\"");
    leader_bench_close(&b);
}

static void a_lease_that_is_anothers_is_not_released(void **state)
{
    (void)state;
    leader_bench_open(&b);
    struct contender *a = leader_bench_add(&b, "a", releases);
    leader_bench_run(&b, KEDGE_SECOND);
    leader_bench_put(&b, "", HELD_BY("x"));
    kedge_leader_elector_stop(a->elector);
    leader_bench_forget(&b);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 200, ");
    assert_spec("holderIdentity", "\"x\"");
    assert_false(kedge_leader_elector_is_running(a->elector));
    assert_true(mock_delete(b.port.mock, LEASES, "default", "job"));
    leader_bench_close(&b);
}

static bool putting_in; // a change of somebody's between the get and the update

static size_t feed_after_a_change(void *connection, const void *bytes, size_t len)
{
    if (putting_in && len > 4 && memcmp(bytes, "PUT ", 4) == 0) {
        putting_in = false;
        leader_bench_put(&b, ",\"labels\":{\"n\":\"1\"}", HELD_BY("a"));
    }
    return b.peer.feed(connection, bytes, len);
}

static void a_conflict_while_releasing_is_tried_again(void **state)
{
    (void)state;
    leader_bench_open(&b);
    struct fake_peer peer = b.peer;
    struct contender *a = leader_bench_add(&b, "a", releases);
    leader_bench_run(&b, KEDGE_SECOND);
    peer.feed = feed_after_a_change;
    b.port.fake.peer = &peer;
    putting_in = true;
    kedge_leader_elector_stop(a->elector);
    leader_bench_forget(&b);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 200, PUT 409, GET 200, PUT 200, ");
    assert_spec("holderIdentity", "\"\"");
    assert_spec("leaseTransitions", "7");
    leader_bench_close(&b);
}

static void a_server_that_is_silent_holds_up_the_release_for_its_time(void **state)
{
    (void)state;
    leader_bench_open(&b);
    struct contender *a = leader_bench_add(&b, "a", releases);
    leader_bench_run(&b, KEDGE_SECOND);
    server_is_silent();
    kedge_leader_elector_stop(a->elector);
    leader_bench_run(&b, 0);
    assert_int_equal(a->stopped, 1);
    assert_int_equal(kedge_leader_elector_start(a->elector), KEDGE_OK); // when that is over
    assert_int_equal(kedge_leader_elector_start(a->elector), KEDGE_ERR_STATE);
    kedge_leader_elector_stop(a->elector); // or not
    leader_bench_run(&b, 5 * KEDGE_SECOND - 1);
    assert_true(kedge_leader_elector_is_running(a->elector));
    leader_bench_run(&b, 1);
    assert_false(kedge_leader_elector_is_running(a->elector));
    assert_spec("holderIdentity", "\"a\"");
    leader_bench_close(&b);
}

// Call-backs -------------------------------------------------------------------------------------

static const char *stop_at;

static void stop_inside(struct contender *c, const char *what)
{
    if (strcmp(what, stop_at) == 0)
        kedge_leader_elector_stop(c->elector);
}

static void it_may_be_stopped_in_any_call_back(void **state)
{
    (void)state;
    static const struct {
        const char *at;
        const char *told;
    } places[] = {
        {"leader ", "leader a, stopped, "},
        {"event ", "leader a, event a became leader, event a stopped leading, stopped, "},
        {"started", "leader a, event a became leader, started, event a stopped leading, stopped, "},
        {"stopped", "leader a, event a became leader, started, event a stopped leading, stopped, "},
    };
    for (size_t i = 0; i < COUNT(places); i++) {
        leader_bench_open(&b);
        struct contender *a = leader_bench_add(&b, "a", releases);
        a->on_told = stop_inside;
        stop_at = places[i].at;
        leader_bench_run(&b, KEDGE_SECOND);
        kedge_leader_elector_stop(a->elector);
        leader_bench_run(&b, KEDGE_SECOND);
        assert_string_equal(a->told, places[i].told);
        assert_spec("holderIdentity", "\"\"");
        assert_false(kedge_leader_elector_is_running(a->elector));
        leader_bench_close(&b);
    }
}

static void start_inside(struct contender *c, const char *what)
{
    if (strcmp(what, "stopped") != 0 || c->stopped > 1)
        return;
    assert_int_equal(kedge_leader_elector_start(c->elector), KEDGE_OK);
    assert_int_equal(kedge_leader_elector_start(c->elector), KEDGE_ERR_STATE);
}

static void it_may_be_started_again_when_it_ends(void **state)
{
    (void)state;
    for (int release = 0; release < 2; release++) {
        leader_bench_open(&b);
        struct contender *a = leader_bench_add(&b, "a", release ? releases : NULL);
        a->on_told = start_inside;
        leader_bench_run(&b, KEDGE_SECOND);
        assert_int_equal(kedge_leader_elector_start(a->elector), KEDGE_ERR_STATE);
        leader_bench_forget(&b);
        kedge_leader_elector_stop(a->elector);
        leader_bench_run(&b, KEDGE_SECOND);
        assert_true(leads(a));
        assert_string_equal(b.asked,
                            release ? "GET 200, PUT 200, GET 200, PUT 200, " : "PUT 200, ");
        assert_spec("leaseTransitions", release ? "1" : "0");
        assert_int_equal(a->started, 1);
        leader_bench_forget(&b);
        kedge_leader_elector_stop(a->elector);
        a->on_told = NULL;
        leader_bench_run(&b, KEDGE_SECOND);
        assert_false(kedge_leader_elector_is_running(a->elector));
        leader_bench_close(&b);
    }
}

static void after_kedge_stop_the_stop_itself_tells(void **state)
{
    (void)state;
    leader_bench_open(&b);
    struct contender *a = leader_bench_add(&b, "a", releases);
    leader_bench_run(&b, KEDGE_SECOND);
    kedge_stop(b.k);
    assert_int_equal(kedge_poll(b.k, 0), KEDGE_ERR_STOPPED);
    assert_true(leads(a));
    leader_bench_forget(&b);
    kedge_leader_elector_stop(a->elector);
    assert_string_equal(a->told, "event a stopped leading, stopped, ");
    assert_false(leads(a));
    assert_false(kedge_leader_elector_is_running(a->elector));
    kedge_leader_elector_stop(a->elector);
    assert_int_equal(a->stopped, 1);
    assert_int_equal(kedge_leader_elector_start(a->elector), KEDGE_ERR_STOPPED);
    assert_string_equal(b.asked, "");
    leader_bench_close(&b);
}

static void a_release_that_kedge_stop_interrupts_is_over(void **state)
{
    (void)state;
    leader_bench_open(&b);
    struct contender *a = leader_bench_add(&b, "a", releases);
    leader_bench_run(&b, KEDGE_SECOND);
    server_is_silent();
    kedge_leader_elector_stop(a->elector);
    leader_bench_run(&b, 10);
    assert_true(kedge_leader_elector_is_running(a->elector));
    kedge_stop(b.k);
    kedge_leader_elector_stop(a->elector);
    assert_false(kedge_leader_elector_is_running(a->elector));
    assert_int_equal(a->stopped, 1);
    leader_bench_close(&b);
}

static void close_inside(struct contender *c, const char *what)
{
    if (strcmp(what, stop_at) == 0)
        kedge_leader_elector_close(c->elector);
}

static void it_may_be_closed_in_any_call_back(void **state)
{
    (void)state;
    static const char *const places[] = {"leader ", "event ", "started", "stopped"};
    for (size_t i = 0; i < COUNT(places); i++) {
        leader_bench_open(&b);
        struct contender *a = leader_bench_add(&b, "a", releases);
        a->on_told = close_inside;
        stop_at = places[i];
        leader_bench_run(&b, KEDGE_SECOND);
        kedge_leader_elector_stop(a->elector);
        leader_bench_run(&b, KEDGE_MINUTE);
        assert_int_equal(a->stopped, i == 3);
        assert_false(kedge_leader_elector_is_running(a->elector));
        assert_spec("holderIdentity", "\"a\"");
        leader_bench_close(&b);
    }
}

static void stop_all_inside(struct contender *c, const char *what)
{
    if (strcmp(what, "stopped") == 0)
        kedge_stop(c->bench->k);
}

static void kedge_may_be_stopped_at_the_end(void **state)
{
    (void)state;
    leader_bench_open(&b);
    struct contender *a = leader_bench_add(&b, "a", releases);
    a->on_told = stop_all_inside;
    leader_bench_run(&b, KEDGE_SECOND);
    kedge_leader_elector_stop(a->elector);
    assert_int_equal(kedge_poll(b.k, 0), KEDGE_ERR_STOPPED);
    assert_int_equal(a->stopped, 1);
    assert_false(kedge_leader_elector_is_running(a->elector));
    leader_bench_close(&b);
}

static void silent_one(struct kedge_leader_options *o)
{
    o->on_event = NULL;
    o->on_new_leader = NULL;
    o->release_on_cancel = true;
    o->request_timeout = KEDGE_MINUTE;
}

static char logged[2048];

static void keep_log(void *ctx, enum kedge_log_level level, const char *text)
{
    (void)ctx;
    (void)level;
    snprintf(logged + strlen(logged), sizeof logged - strlen(logged), "%s\n", text);
}

// And a release has renew_deadline, whatever a request may take.
static void who_wants_to_know_little_is_told_little_and_the_log_the_rest(void **state)
{
    (void)state;
    leader_bench_open(&b);
    kedge_log_to(b.k, KEDGE_LOG_DEBUG, keep_log, NULL);
    struct contender *a = leader_bench_add(&b, "a", silent_one);
    leader_bench_run(&b, KEDGE_SECOND);
    server_is_silent();
    kedge_leader_elector_stop(a->elector);
    leader_bench_run(&b, 10 * KEDGE_SECOND - 1);
    assert_true(kedge_leader_elector_is_running(a->elector));
    leader_bench_run(&b, 1);
    assert_false(kedge_leader_elector_is_running(a->elector));
    assert_string_equal(a->told, "started, stopped, ");
    assert_string_equal(logged, "leader election default/job: we lead\n"
                                "leader election default/job: get leases.coordination.k8s.io "
                                "\"job\" in default: not done within its timeout\n");
    leader_bench_close(&b);
}

// The program waits in a request call: the Lease is renewed all the same, and nobody is told a
// thing until it is back.
static void a_lease_is_renewed_while_the_program_waits(void **state)
{
    (void)state;
    leader_bench_open(&b);
    struct kedge_rest *rest = kedge_rest_new(b.client, NULL);
    struct contender *a = leader_bench_add(&b, "a", NULL);
    leader_bench_run(&b, KEDGE_SECOND);
    struct kedge_request get = {.verb = KEDGE_GET, .path = "/version"};
    get.timeout = KEDGE_MINUTE;
    char buf[64];
    size_t len;
    mock_inject(b.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STALL, .bytes = 3});
    leader_bench_forget(&b);
    unsigned waits = b.port.fake.waits;
    assert_int_equal(kedge_rest_read(rest, &get, buf, sizeof buf, &len), KEDGE_ERR_TIMEOUT);
    assert_true(leads(a));
    assert_in_range(b.puts, 29, 31);
    assert_in_range(b.port.fake.waits - waits, 30, 200); // it does not spin
    assert_true(kedge_leader_elector_time_left(a->elector) > 9 * KEDGE_SECOND);
    // If it is lost meanwhile, that is told later.
    mock_inject(b.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STALL, .bytes = 3});
    leader_bench_put(&b, "", HELD_BY("x"));
    waits = b.port.fake.waits;
    assert_int_equal(kedge_rest_read(rest, &get, buf, sizeof buf, &len), KEDGE_ERR_TIMEOUT);
    assert_false(leads(a));
    assert_in_range(b.port.fake.waits - waits, 1, 50);
    assert_string_equal(a->told, "");
    assert_int_equal(kedge_next_deadline(b.k), 0);
    leader_bench_run(&b, 0);
    assert_string_equal(a->told, "event a stopped leading, stopped, leader x, ");
    kedge_rest_close(rest);
    leader_bench_close(&b);
}

static struct kedge_rest *beside;
static kedge_time at_once; // so long the call-back computes; 0: it waits

// Waits for a request, or computes, while the Lease is renewed or runs out.
static void take_long(void *ctx, const struct kedge_leader_event *event)
{
    (void)ctx;
    struct kedge_request get = {.verb = KEDGE_GET, .path = "/version", .timeout = KEDGE_MINUTE};
    char uid[64];
    char version[64];
    char buf[64];
    size_t len;
    snprintf(uid, sizeof uid, "%s", event->uid);
    snprintf(version, sizeof version, "%s", event->resource_version);
    assert_true(strlen(uid) > 0 && strlen(version) > 0);
    b.port.fake.now += at_once;
    if (at_once == 0) {
        mock_inject(b.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STALL, .bytes = 3});
        assert_int_equal(kedge_rest_read(beside, &get, buf, sizeof buf, &len), KEDGE_ERR_TIMEOUT);
    }
    assert_string_equal(event->uid, uid);
    assert_string_equal(event->resource_version, version);
}

static void takes_long(struct kedge_leader_options *o)
{
    o->on_event = take_long;
}

static void what_an_event_is_about_stays_while_its_call_back_waits(void **state)
{
    (void)state;
    leader_bench_open(&b);
    beside = kedge_rest_new(b.client, NULL);
    at_once = 0;
    struct contender *a = leader_bench_make(&b, "a", takes_long);
    assert_int_equal(kedge_leader_elector_start(a->elector), KEDGE_OK);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_true(b.puts >= 29);
    assert_string_equal(a->told, "leader a, started, ");
    kedge_rest_close(beside);
    leader_bench_close(&b);
}

// The term is over before anybody has begun to act.
static void after_a_call_back_that_took_too_long_nobody_starts(void **state)
{
    (void)state;
    leader_bench_open(&b);
    at_once = 20 * KEDGE_SECOND;
    struct contender *a = leader_bench_add(&b, "a", takes_long);
    leader_bench_run(&b, 0);
    for (int i = 0; i < 20 && a->stopped == 0; i++)
        leader_bench_run(&b, KEDGE_SECOND);
    assert_string_equal(a->told, "leader a, stopped, ");
    leader_bench_close(&b);
}

// The rest ---------------------------------------------------------------------------------------

static void renewals_do_not_wait_for_the_clients_tokens(void **state)
{
    (void)state;
    leader_bench_open(&b);
    struct contender *a = leader_bench_add(&b, "a", NULL);
    leader_bench_run(&b, KEDGE_SECOND);
    for (int i = 0; i < 2000; i++)
        kedge_token_bucket_take(&b.client->bucket, b.port.fake.now); // promised for 400 s
    leader_bench_forget(&b);
    leader_bench_run(&b, KEDGE_MINUTE);
    assert_true(leads(a));
    assert_int_equal(b.puts, 30);
    leader_bench_close(&b);
}

static void hasty(struct kedge_leader_options *o)
{
    o->retry_period = 1;
}

static void but_they_have_a_limit_of_their_own(void **state)
{
    (void)state;
    leader_bench_open(&b);
    leader_bench_put(&b, "", "{\"holderIdentity\":\"x\",\"leaseDurationSeconds\":360000}");
    leader_bench_add(&b, "a", hasty);
    leader_bench_run(&b, 20 * KEDGE_SECOND);
    assert_in_range(b.gets, 100, 112);
    leader_bench_close(&b);
}

static void a_check_fails_only_where_a_leader_cannot_renew(void **state)
{
    (void)state;
    assert_int_equal(kedge_leader_elector_check(NULL, 0), KEDGE_OK);
    leader_bench_open(&b);
    struct contender *a = leader_bench_make(&b, "a", NULL);
    struct kedge_leader_elector *e = a->elector;
    b.port.fake.now += KEDGE_HOUR;
    assert_int_equal(kedge_leader_elector_check(e, 0), KEDGE_OK);
    leader_bench_put(&b, "", HELD_BY("x"));
    kedge_leader_elector_start(e);
    leader_bench_run(&b, KEDGE_SECOND);
    b.port.fake.now += KEDGE_HOUR;
    assert_int_equal(kedge_leader_elector_check(e, 0), KEDGE_OK); // another's
    leader_bench_run(&b, KEDGE_SECOND);
    assert_true(leads(a));
    kedge_time left = kedge_leader_elector_time_left(e);
    kedge_time since = b.port.fake.now - (12 * KEDGE_SECOND - left);
    b.port.fake.now = since + 15 * KEDGE_SECOND;
    assert_int_equal(kedge_leader_elector_check(e, 0), KEDGE_OK);
    b.port.fake.now += 1;
    assert_int_equal(kedge_leader_elector_check(e, -5), KEDGE_ERR_TIMEOUT);
    assert_int_equal(kedge_leader_elector_check(e, 0), KEDGE_ERR_TIMEOUT);
    assert_int_equal(kedge_leader_elector_check(e, 1), KEDGE_OK); // within what is tolerated
    b.port.fake.now += KEDGE_HOUR;
    assert_int_equal(kedge_leader_elector_check(e, 1), KEDGE_ERR_TIMEOUT);
    assert_int_equal(kedge_leader_elector_check(e, KEDGE_FOREVER), KEDGE_OK);
    leader_bench_run(&b, 0); // it ends
    assert_int_equal(kedge_leader_elector_check(e, 0), KEDGE_OK);
    leader_bench_close(&b);
}

static void on_nothing_nothing_happens(void **state)
{
    (void)state;
    assert_int_equal(kedge_leader_elector_start(NULL), KEDGE_ERR_ARGUMENT);
    kedge_leader_elector_stop(NULL);
    kedge_leader_elector_close(NULL);
    assert_false(kedge_leader_elector_is_running(NULL));
    assert_false(kedge_leader_elector_is_leader(NULL));
    assert_false(kedge_leader_elector_may_act(NULL, 0));
    assert_int_equal(kedge_leader_elector_time_left(NULL), 0);
    assert_string_equal(kedge_leader_elector_leader(NULL), "");
    assert_string_equal(kedge_leader_elector_describe(NULL), "");
    assert_string_equal(kedge_leader_elector_error_text(NULL),
                        "there is no leader elector: see kedge_error_text");
    assert_null(kedge_leader_elector_new(NULL, NULL));
}

// Answers that are none --------------------------------------------------------------------------

static void small_lease(struct kedge_leader_options *o)
{
    o->lease_max = 512;
}

static void a_lease_too_large_is_named(void **state)
{
    (void)state;
    char metadata[1024];
    leader_bench_open(&b);
    snprintf(metadata, sizeof metadata, ",\"annotations\":{\"a\":\"%0600d\"}", 7);
    leader_bench_put(&b, metadata, "{}");
    struct contender *a = leader_bench_add(&b, "a", small_lease);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 200, ");
    assert_string_equal(kedge_leader_elector_error_text(a->elector),
                        "the Lease does not fit lease_max");
    leader_bench_close(&b);
    // One that fits, but not as it would be written; and one of many small values.
    leader_bench_open(&b);
    snprintf(metadata, sizeof metadata, ",\"annotations\":{\"a\":\"%0210d\"}", 7);
    leader_bench_put(&b, metadata, "{}");
    a = leader_bench_add(&b, "a", small_lease);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 200, ");
    assert_string_equal(kedge_leader_elector_error_text(a->elector),
                        "the Lease as it would be sent does not fit lease_max");
    assert_false(leads(a));
    leader_bench_close(&b);
}

static void quoted_identity(struct kedge_leader_options *o)
{
    static char text[KEDGE_LEADER_IDENTITY];
    memset(text, '"', KEDGE_LEADER_IDENTITY - 1);
    o->identity = text;
    o->lease_max = 512;
}

static void a_lease_of_many_values_and_a_long_identity_are_named(void **state)
{
    (void)state;
    char metadata[2048] = ",\"annotations\":{\"a\":\"\"";
    leader_bench_open(&b);
    for (int i = 0; i < 110; i++)
        snprintf(metadata + strlen(metadata), 24, ",\"a%d\":\"\"", i);
    strcat(metadata, "}");
    leader_bench_put(&b, metadata, "{}");
    struct contender *a = leader_bench_add(&b, "a", NULL);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_string_equal(kedge_leader_elector_error_text(a->elector),
                        "the Lease has more values than lease_max has room for");
    leader_bench_close(&b);
    leader_bench_open(&b);
    leader_bench_put(&b, "", "{}");
    a = leader_bench_add(&b, "a", quoted_identity);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 200, ");
    assert_string_equal(kedge_leader_elector_error_text(a->elector),
                        "the Lease as it would be sent does not fit lease_max");
    leader_bench_close(&b);
}

#define ANSWER(length) \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " length "\r\n\r\n"

// Objects that are no Lease, and one that has hardly begun to be one.
static void what_is_no_lease_is_not_written(void **state)
{
    (void)state;
    static const char *const answers[] = {
        ANSWER("2") "{}",
        ANSWER("2") "[]",
        ANSWER("2") "17",
        ANSWER("34") "{\"metadata\":{\"resourceVersion\":7}}",
        ANSWER("36") "{\"metadata\":{\"resourceVersion\":\"7\"}}",
        ANSWER("36") "{\"metadata\":{\"resourceVersion\":\"8\"}}",
    };
    leader_bench_open(&b);
    struct script script;
    script_serve(&script, &b.port.fake, answers, COUNT(answers));
    struct contender *a = leader_bench_add(&b, "a", NULL);
    leader_bench_run(&b, 0);
    assert_string_equal(kedge_leader_elector_error_text(a->elector),
                        "the answer is no Lease: it has no resourceVersion");
    for (int i = 0; i < 2000 && script.next < COUNT(answers); i++)
        leader_bench_run(&b, 10);
    script.seen[script.seen_len] = '\0';
    assert_int_equal(script.next, COUNT(answers));
    const char *put = strstr(script.seen, "PUT ");
    assert_non_null(put);
    assert_non_null(strstr(put, "{\"metadata\":{\"resourceVersion\":\"7\"},\"spec\":{"
                                "\"holderIdentity\":\"a\",\"leaseDurationSeconds\":15,"));
    // What it answers is nobody's.
    assert_false(leads(a));
    assert_string_equal(a->told, "");
    assert_string_equal(kedge_leader_elector_error_text(a->elector),
                        "the server has put another's name into the Lease");
    kedge_leader_elector_close(a->elector);
    b.port.fake.peer = &b.peer;
    b.port.fake.peer_ctx = &b.port;
    leader_bench_close(&b);
}

static void no_answer_crashes_it(void **state)
{
    (void)state;
    static const struct {
        enum mock_fault_kind kind;
        int status;
        size_t bytes;
    } faults[] = {
        {MOCK_FAULT_GARBAGE, 0, 0},      {MOCK_FAULT_HTML, 0, 0},
        {MOCK_FAULT_HTML, 404, 0},       {MOCK_FAULT_REDIRECT, 0, 0},
        {MOCK_FAULT_HUGE_CHUNK, 0, 0},   {MOCK_FAULT_STOPPED_JSON, 0, 10},
        {MOCK_FAULT_STOPPED_JSON, 0, 1}, {MOCK_FAULT_ENDLESS_HEADER, 0, 0},
        {MOCK_FAULT_STATUS, 401, 0},     {MOCK_FAULT_STATUS, 403, 0},
        {MOCK_FAULT_STATUS, 409, 0},     {MOCK_FAULT_STATUS, 422, 0},
        {MOCK_FAULT_RESET, 0, 40},       {MOCK_FAULT_SLOW, 0, 1},
    };
    for (size_t i = 0; i < COUNT(faults); i++) {
        for (unsigned skip = 0; skip < 4; skip++) {
            leader_bench_open(&b);
            leader_bench_put(&b, "", "{}");
            mock_inject(b.port.mock, &(struct mock_fault){.kind = faults[i].kind,
                                                          .status = faults[i].status,
                                                          .bytes = faults[i].bytes,
                                                          .skip = skip});
            struct contender *a = leader_bench_add(&b, "a", NULL);
            leader_bench_run(&b, 30 * KEDGE_SECOND);
            assert_true(leads(a));
            assert_int_equal(a->started, 1);
            assert_spec("leaseTransitions", "1");
            leader_bench_close(&b);
        }
    }
}

static void however_the_bytes_come(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        leader_bench_open(&b);
        leader_bench_put(&b, "", "{}");
        b.port.fake.cruelty.read_max = i % 4 == 3 ? 50 : i % 4 + 1;
        b.port.fake.cruelty.write_max = i % 4 == 3 ? 50 : i % 4 + 1;
        b.port.fake.cruelty.block_every = i < 4 ? 0 : 2;
        b.port.fake.cruelty.random_sizes = i % 2 == 1;
        struct contender *a = leader_bench_add(&b, "a", releases);
        leader_bench_until_leads(&b, a, 5 * KEDGE_SECOND);
        leader_bench_run(&b, 5 * KEDGE_SECOND);
        assert_string_equal(a->told, "leader a, event a became leader, started, ");
        kedge_leader_elector_stop(a->elector);
        leader_bench_run(&b, 10 * KEDGE_SECOND);
        assert_spec("holderIdentity", "\"\"");
        assert_spec("leaseTransitions", "1");
        leader_bench_close(&b);
    }
}

// One call of the connection, or several in a row, wherever they are.
static void whichever_call_fails(void **state)
{
    (void)state;
    unsigned at = 1;
    for (bool more = true; more; at++) {
        leader_bench_open(&b);
        leader_bench_put(&b, "", "{}");
        b.port.fake.cruelty.fail_only = FAKE_CALL_STREAM;
        b.port.fake.cruelty.fail_at = at;
        b.port.fake.cruelty.fail_count = at % 3;
        struct contender *a = leader_bench_add(&b, "a", releases);
        leader_bench_until_leads(&b, a, 30 * KEDGE_SECOND);
        leader_bench_run(&b, 5 * KEDGE_SECOND);
        assert_true(leads(a));
        assert_spec("leaseTransitions", "1");
        kedge_leader_elector_stop(a->elector);
        leader_bench_run(&b, 11 * KEDGE_SECOND);
        assert_int_equal(a->started, 1);
        assert_int_equal(a->stopped, 1);
        assert_false(kedge_leader_elector_is_running(a->elector));
        more = b.port.fake.calls >= at;
        leader_bench_close(&b);
    }
    assert_true(at > 15);
}

// Coordinated ------------------------------------------------------------------------------------

static void coordinated(struct kedge_leader_options *o)
{
    o->coordinated = true;
}

#define CHOSEN(more)                                                                          \
    "{\"holderIdentity\":\"a\",\"leaseDurationSeconds\":15," TIMES ",\"leaseTransitions\":2," \
    "\"strategy\":\"OldestEmulationVersion\"" more "}"

static void where_the_server_chooses_a_lease_is_only_renewed(void **state)
{
    (void)state;
    leader_bench_open(&b);
    struct contender *a = leader_bench_add(&b, "a", coordinated);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 404, "); // and none is made
    leader_bench_put(&b, "", "{\"holderIdentity\":\"\"}");
    leader_bench_run(&b, 5 * KEDGE_SECOND);
    leader_bench_put(&b, "", HELD_BY("x"));
    leader_bench_run(&b, KEDGE_MINUTE); // nor taken
    assert_int_equal(b.puts, 0);
    assert_false(leads(a));
    leader_bench_put(&b, "", CHOSEN(""));
    leader_bench_run(&b, 4400);
    assert_true(leads(a));
    assert_spec("strategy", "\"OldestEmulationVersion\"");
    assert_spec("leaseTransitions", "2");
    assert_spec("acquireTime", "\"2025-01-01T00:00:00.000000Z\"");
    leader_bench_forget(&b);
    leader_bench_run(&b, 4 * KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 200, PUT 200, GET 200, PUT 200, ");
    // Another is preferred: the term is not renewed, and ends when it would.
    leader_bench_put(&b, "", CHOSEN(",\"preferredHolder\":\"y\""));
    leader_bench_forget(&b);
    leader_bench_run(&b, 8 * KEDGE_SECOND);
    assert_true(leads(a));
    leader_bench_run(&b, 4 * KEDGE_SECOND);
    assert_int_equal(b.puts, 0);
    assert_false(leads(a));
    assert_string_equal(a->told, "event a stopped leading, stopped, ");
    leader_bench_close(&b);
}

// Options ----------------------------------------------------------------------------------------

static void zero_label(struct kedge_leader_options *o)
{
    static const struct kedge_leader_label bad[] = {{"app", "x y"}};
    o->labels = bad;
    o->label_count = 1;
}
static void bad_key(struct kedge_leader_options *o)
{
    static const struct kedge_leader_label bad[] = {{"a b", "x"}};
    o->labels = bad;
    o->label_count = 1;
}
static void null_labels(struct kedge_leader_options *o)
{
    o->label_count = 1;
}
static void no_name(struct kedge_leader_options *o)
{
    o->name = NULL;
}
static void bad_name(struct kedge_leader_options *o)
{
    o->name = "A";
}
static void no_namespace(struct kedge_leader_options *o)
{
    o->namespace_ = NULL;
}
static void empty_namespace(struct kedge_leader_options *o)
{
    o->namespace_ = "";
}
static void no_identity(struct kedge_leader_options *o)
{
    o->identity = NULL;
}
static void empty_identity(struct kedge_leader_options *o)
{
    o->identity = "";
}
static void long_identity(struct kedge_leader_options *o)
{
    static char text[KEDGE_LEADER_IDENTITY + 1];
    memset(text, 'x', KEDGE_LEADER_IDENTITY);
    o->identity = text;
}
static void no_started(struct kedge_leader_options *o)
{
    o->on_started_leading = NULL;
}
static void no_stopped(struct kedge_leader_options *o)
{
    o->on_stopped_leading = NULL;
}
static void negative_lease(struct kedge_leader_options *o)
{
    o->lease_duration = -1;
}
static void endless_lease(struct kedge_leader_options *o)
{
    o->lease_duration = KEDGE_FOREVER;
}
static void negative_renew(struct kedge_leader_options *o)
{
    o->renew_deadline = -1;
}
static void negative_retry(struct kedge_leader_options *o)
{
    o->retry_period = -1;
}
static void negative_timeout(struct kedge_leader_options *o)
{
    o->request_timeout = -1;
}
static void equal_lease(struct kedge_leader_options *o)
{
    o->lease_duration = 10 * KEDGE_SECOND;
}
static void lease_in_parts(struct kedge_leader_options *o)
{
    o->lease_duration = 10900;
    o->renew_deadline = 10500;
}
static void retry_of_a_sixth(struct kedge_leader_options *o)
{
    o->renew_deadline = 2400;
    o->retry_period = 2000;
}
static void endless_retry(struct kedge_leader_options *o)
{
    o->retry_period = KEDGE_FOREVER;
}
static void tiny_lease(struct kedge_leader_options *o)
{
    o->lease_max = 511;
}

static void options_are_looked_at_and_the_member_is_named(void **state)
{
    (void)state;
    static const struct {
        void (*change)(struct kedge_leader_options *o);
        const char *text;
    } bad[] = {
        {no_name, "name: must be that of a Lease"},
        {bad_name, "name: must be that of a Lease"},
        {no_namespace, "namespace_: must be that of a namespace"},
        {empty_namespace, "namespace_: must be that of a namespace"},
        {no_identity, "identity: must not be empty"},
        {empty_identity, "identity: must not be empty"},
        {long_identity, "identity: must be shorter than KEDGE_LEADER_IDENTITY"},
        {null_labels, "labels: must not be NULL where label_count is not 0"},
        {bad_key, "labels: a key is none"},
        {zero_label, "labels: a value is none"},
        {no_started, "on_started_leading: must not be NULL"},
        {no_stopped, "on_stopped_leading: must not be NULL"},
        {negative_lease, "lease_duration: must be more than 0 and fit 32 bits of seconds"},
        {endless_lease, "lease_duration: must be more than 0 and fit 32 bits of seconds"},
        {negative_renew, "renew_deadline: must be more than 0"},
        {negative_retry, "retry_period: must be more than 0"},
        {negative_timeout, "request_timeout: must be more than 0"},
        {equal_lease, "lease_duration: must be greater than renew_deadline"},
        {lease_in_parts, "lease_duration: counts in whole seconds, and these are not more than "
                         "renew_deadline"},
        {retry_of_a_sixth, "renew_deadline: must be greater than 1.2 times retry_period"},
        {endless_retry, "renew_deadline: must be greater than 1.2 times retry_period"},
        {tiny_lease, "lease_max: must be 512 at least"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        char text[KEDGE_ERROR_TEXT];
        leader_bench_open(&b);
        struct kedge_leader_options o = leader_bench_options("a");
        bad[i].change(&o);
        assert_null(kedge_leader_elector_new(b.client, &o));
        assert_int_equal(kedge_error(b.k), KEDGE_ERR_ARGUMENT);
        snprintf(text, sizeof text, "leader election: %s", bad[i].text);
        assert_string_equal(kedge_error_text(b.k), text);
        assert_null(kedge_leader_elector_new(b.client, &o)); // after a failure, quietly
        leader_bench_close(&b);
    }
    leader_bench_open(&b);
    assert_null(kedge_leader_elector_new(b.client, NULL));
    assert_int_equal(kedge_error(b.k), KEDGE_ERR_ARGUMENT);
    leader_bench_close(&b);
}

// How long one may lead after a renewal: never as long as others wait.
static void times_fit_together(void **state)
{
    (void)state;
    static const struct {
        kedge_time lease, renew, retry, hold;
    } sets[] = {
        {15000, 10000, 2000, 12000}, {60000, 30000, 10000, 40000}, {11000, 10000, 8000, 10000},
        {15999, 10000, 8000, 12000}, {2000, 1000, 100, 1100},      {3000, 2999, 100, 2999},
    };
    for (size_t i = 0; i < COUNT(sets); i++) {
        leader_bench_open(&b);
        struct kedge_leader_options o = leader_bench_options("a");
        o.ctx = o.event_ctx = &b.contenders[0];
        b.contenders[0].bench = &b;
        o.lease_duration = sets[i].lease;
        o.renew_deadline = sets[i].renew;
        o.retry_period = sets[i].retry;
        struct kedge_leader_elector *e = kedge_leader_elector_new(b.client, &o);
        assert_non_null(e);
        kedge_leader_elector_start(e);
        leader_bench_run(&b, 0);
        leader_bench_run(&b, 0);
        assert_int_equal(kedge_leader_elector_time_left(e), sets[i].hold);
        kedge_leader_elector_close(e);
        leader_bench_close(&b);
    }
}

static void with_any_amount_of_memory(void **state)
{
    (void)state;
    struct fake_port port;
    struct kedge_config config = {.server = "http://api.test"};
    struct kedge_leader_options o = leader_bench_options("a");
    bool made = false;
    fake_port_init(&port, 1);
    for (size_t size = 2048; !made; size += 8) {
        assert_true(size < 64 * 1024);
        unsigned char *memory = malloc(size);
        assert_non_null(memory);
        struct kedge *k = kedge_init(memory, size, &port.port);
        struct kedge_client *client = kedge_client_new(k, &config);
        made = kedge_leader_elector_new(client, &o) != NULL;
        if (!made)
            assert_int_equal(kedge_error(k), KEDGE_ERR_MEMORY);
        free(memory);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_there_is_no_lease_it_is_made),
        cmocka_unit_test(who_leads_renews_without_looking),
        cmocka_unit_test(a_lease_that_nobody_holds_is_taken_at_once),
        cmocka_unit_test(a_lease_that_is_held_is_taken_when_its_own_duration_is_over),
        cmocka_unit_test(each_change_of_the_record_counts_anew),
        cmocka_unit_test(ones_own_lease_is_taken_up_again),
        cmocka_unit_test(who_waits_tries_at_uneven_times),
        cmocka_unit_test(labels_are_set_beside_those_it_has),
        cmocka_unit_test(what_the_lease_has_besides_is_kept),
        cmocka_unit_test(an_identity_may_be_any_text),
        cmocka_unit_test(of_anothers_long_identity_the_first_bytes_are_told),
        cmocka_unit_test(without_a_calendar_each_renewal_still_differs),
        cmocka_unit_test(who_cannot_renew_stops_before_another_may_lead),
        cmocka_unit_test(a_renewal_that_succeeds_at_last_is_enough),
        cmocka_unit_test(a_request_that_hangs_does_not_cost_the_term),
        cmocka_unit_test(an_answer_that_is_lost_costs_nothing),
        cmocka_unit_test(a_try_that_failed_does_not_begin_the_wait_anew),
        cmocka_unit_test(a_lease_that_becomes_anothers_ends_it_at_once),
        cmocka_unit_test(a_lease_that_is_deleted_or_given_up_for_us_is_taken_again),
        cmocka_unit_test(time_that_passed_unseen_ends_it_before_anyone_is_told),
        cmocka_unit_test(an_answer_that_comes_too_late_counts_for_nothing),
        cmocka_unit_test(others_take_over_only_after_that),
        cmocka_unit_test(a_lease_that_is_released_is_taken_within_a_retry),
        cmocka_unit_test(it_is_told_before_the_lease_is_free),
        cmocka_unit_test(who_never_led_releases_nothing),
        cmocka_unit_test(a_lease_that_is_anothers_is_not_released),
        cmocka_unit_test(a_conflict_while_releasing_is_tried_again),
        cmocka_unit_test(a_server_that_is_silent_holds_up_the_release_for_its_time),
        cmocka_unit_test(it_may_be_stopped_in_any_call_back),
        cmocka_unit_test(it_may_be_started_again_when_it_ends),
        cmocka_unit_test(after_kedge_stop_the_stop_itself_tells),
        cmocka_unit_test(a_release_that_kedge_stop_interrupts_is_over),
        cmocka_unit_test(it_may_be_closed_in_any_call_back),
        cmocka_unit_test(kedge_may_be_stopped_at_the_end),
        cmocka_unit_test(who_wants_to_know_little_is_told_little_and_the_log_the_rest),
        cmocka_unit_test(a_lease_is_renewed_while_the_program_waits),
        cmocka_unit_test(what_an_event_is_about_stays_while_its_call_back_waits),
        cmocka_unit_test(after_a_call_back_that_took_too_long_nobody_starts),
        cmocka_unit_test(renewals_do_not_wait_for_the_clients_tokens),
        cmocka_unit_test(but_they_have_a_limit_of_their_own),
        cmocka_unit_test(a_check_fails_only_where_a_leader_cannot_renew),
        cmocka_unit_test(on_nothing_nothing_happens),
        cmocka_unit_test(a_lease_too_large_is_named),
        cmocka_unit_test(a_lease_of_many_values_and_a_long_identity_are_named),
        cmocka_unit_test(what_is_no_lease_is_not_written),
        cmocka_unit_test(no_answer_crashes_it),
        cmocka_unit_test(however_the_bytes_come),
        cmocka_unit_test(whichever_call_fails),
        cmocka_unit_test(where_the_server_chooses_a_lease_is_only_renewed),
        cmocka_unit_test(options_are_looked_at_and_the_member_is_named),
        cmocka_unit_test(times_fit_together),
        cmocka_unit_test(with_any_amount_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
