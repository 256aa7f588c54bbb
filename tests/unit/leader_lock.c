// SPDX-License-Identifier: Apache-2.0
// The Lease as a lock: who asks for it, what is recorded about it, and what becomes of it when
// others write it, too.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "leader_bench.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define HELD_BY(who)                                                               \
    "{\"holderIdentity\":\"" who "\",\"leaseDurationSeconds\":10,\"acquireTime\":" \
    "\"2025-01-01T00:00:00.000000Z\",\"renewTime\":\"2025-01-01T00:00:01.000000Z\"}"

static struct leader_bench b;

static bool leads(const struct contender *c)
{
    return kedge_leader_elector_is_leader(c->elector);
}

static unsigned times_sent(const char *text)
{
    unsigned n = 0;
    for (const char *at = b.sent; (at = strstr(at, text)) != NULL; at += strlen(text))
        n++;
    return n;
}

// Who asks ---------------------------------------------------------------------------------------

static void releases(struct kedge_leader_options *o)
{
    o->release_on_cancel = true;
}

static void every_request_says_that_it_is_leader_election(void **state)
{
    (void)state;
    leader_bench_open(&b);
    struct contender *a = leader_bench_add(&b, "a", releases);
    leader_bench_run(&b, 3 * KEDGE_SECOND);
    kedge_leader_elector_stop(a->elector);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 404, POST 201, PUT 200, GET 200, PUT 200, ");
    assert_int_equal(times_sent("User-Agent: kedge/" KEDGE_VERSION "/leader-election\r\n"), 5);
    assert_int_equal(times_sent("User-Agent: "), 5);
    // Others of the client do not.
    leader_bench_forget(&b);
    struct kedge_rest *rest = kedge_rest_new(b.client, NULL);
    struct kedge_request get = {.verb = KEDGE_GET, .path = "/version"};
    char buf[1024];
    size_t len;
    assert_int_equal(kedge_rest_read(rest, &get, buf, sizeof buf, &len), KEDGE_OK);
    assert_int_equal(times_sent("User-Agent: kedge/" KEDGE_VERSION "\r\n"), 1);
    kedge_rest_close(rest);
    leader_bench_close(&b);
}

static void a_kedge_rest_may_have_a_user_agent_of_its_own(void **state)
{
    (void)state;
    static const struct kedge_rest_options own = {.user_agent = "doorbell/1.0"};
    static const struct kedge_rest_options bad = {.user_agent = "doorbell\r\nX: y"};
    struct kedge_request get = {.verb = KEDGE_GET, .path = "/version"};
    char buf[1024];
    size_t len;
    leader_bench_open(&b);
    struct kedge_rest *rest = kedge_rest_new(b.client, &own);
    assert_int_equal(kedge_rest_read(rest, &get, buf, sizeof buf, &len), KEDGE_OK);
    assert_int_equal(times_sent("User-Agent: doorbell/1.0\r\n"), 1);
    assert_int_equal(times_sent("User-Agent: "), 1);
    kedge_rest_close(rest);
    leader_bench_forget(&b);
    rest = kedge_rest_new(b.client, &bad);
    assert_non_null(rest);
    assert_int_equal(kedge_rest_read(rest, &get, buf, sizeof buf, &len), KEDGE_ERR_ARGUMENT);
    assert_string_equal(b.sent, "");
    kedge_rest_close(rest);
    leader_bench_close(&b);
}

// Events -----------------------------------------------------------------------------------------

static struct kedge_event_recorder *events;

static void records(struct kedge_leader_options *o)
{
    o->release_on_cancel = true;
    o->on_event = kedge_leader_event_record;
    o->event_ctx = events;
}

// The only event whose message that is.
static void assert_event(const char *message)
{
    struct mock_item lease;
    struct mock_item item;
    char quoted[128];
    char uid[128];
    unsigned found = 0;
    assert_true(mock_get(b.port.mock, LEASES, "default", "job", &lease));
    snprintf(uid, sizeof uid, "\"uid\":\"%s\"", lease.uid);
    snprintf(quoted, sizeof quoted, "\"message\":\"%s\"", message);
    for (size_t i = 0; mock_at(b.port.mock, "events", i, &item); i++) {
        if (strstr(item.text, quoted) == NULL)
            continue;
        found++;
        assert_string_equal(item.namespace, "default");
        assert_int_equal(strncmp(item.name, "job.", 4), 0);
        assert_non_null(strstr(item.text, "\"reason\":\"LeaderElection\""));
        assert_non_null(strstr(item.text, "\"type\":\"Normal\""));
        const char *about = strstr(item.text, "\"involvedObject\":{");
        assert_non_null(about);
        assert_non_null(strstr(about, "\"apiVersion\":\"coordination.k8s.io/v1\""));
        assert_non_null(strstr(about, "\"kind\":\"Lease\""));
        assert_non_null(strstr(about, "\"namespace\":\"default\""));
        assert_non_null(strstr(about, "\"name\":\"job\""));
        assert_non_null(strstr(about, uid));
        assert_non_null(strstr(about, "\"resourceVersion\":\""));
    }
    assert_int_equal(found, 1);
}

static void what_it_tells_of_is_recorded_as_events_of_the_lease(void **state)
{
    (void)state;
    leader_bench_open(&b);
    events = kedge_event_recorder_new(
        b.client, &(struct kedge_event_recorder_options){.component = "gardener"});
    assert_non_null(events);
    struct contender *a = leader_bench_add(&b, "50%s of a", records);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_int_equal(mock_count(b.port.mock, "events"), 1);
    assert_event("50%s of a became leader");
    kedge_leader_elector_stop(a->elector);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_int_equal(mock_count(b.port.mock, "events"), 2);
    assert_event("50%s of a stopped leading");
    assert_string_equal(a->told, "leader 50%s of a, started, stopped, ");
    kedge_event_recorder_close(events);
    leader_bench_close(&b);
}

static void without_a_recorder_nothing_is_recorded(void **state)
{
    (void)state;
    static const struct kedge_leader_event event = {
        .message = "a became leader",
        .namespace_ = "default",
        .name = "job",
        .uid = "",
        .resource_version = "",
    };
    leader_bench_open(&b);
    kedge_leader_event_record(NULL, &event);
    events = NULL;
    struct contender *a = leader_bench_add(&b, "a", records);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_true(leads(a));
    assert_int_equal(mock_count(b.port.mock, "events"), 0);
    leader_bench_close(&b);
}

// Others write, too ------------------------------------------------------------------------------

static const char *meanwhile; // this method waits until another has written this spec
static const char *written;

static size_t feed_behind_another(void *connection, const void *bytes, size_t len)
{
    if (meanwhile != NULL && len > strlen(meanwhile) &&
        memcmp(bytes, meanwhile, strlen(meanwhile)) == 0) {
        meanwhile = NULL;
        leader_bench_put(&b, "", written);
    }
    return b.peer.feed(connection, bytes, len);
}

static void let_another_write(const char *method, const char *spec)
{
    static struct fake_peer peer;
    peer = b.peer;
    peer.feed = feed_behind_another;
    b.port.fake.peer = &peer;
    meanwhile = method;
    written = spec;
}

static void a_lease_that_another_makes_first_is_anothers(void **state)
{
    (void)state;
    leader_bench_open(&b);
    let_another_write("POST ", HELD_BY("x"));
    struct contender *a = leader_bench_add(&b, "a", NULL);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 404, POST 409, ");
    assert_false(leads(a));
    assert_non_null(strstr(kedge_leader_elector_error_text(a->elector), "409"));
    leader_bench_run(&b, 4 * KEDGE_SECOND);
    assert_string_equal(a->told, "leader x, ");
    assert_string_equal(leader_bench_spec(&b, "holderIdentity"), "\"x\"");
    leader_bench_until_leads(&b, a, 15 * KEDGE_SECOND);
    leader_bench_close(&b);
}

static void a_lease_that_another_takes_first_is_anothers(void **state)
{
    (void)state;
    leader_bench_open(&b);
    leader_bench_put(&b, "", "{}");
    let_another_write("PUT ", HELD_BY("x"));
    struct contender *a = leader_bench_add(&b, "a", NULL);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 200, PUT 409, ");
    assert_false(leads(a));
    assert_int_equal(a->started, 0);
    assert_string_equal(leader_bench_spec(&b, "holderIdentity"), "\"x\"");
    leader_bench_close(&b);
}

// Its own writes are known to it again at once.
static void after_a_conflict_it_is_renewed_without_looking_again(void **state)
{
    (void)state;
    leader_bench_open(&b);
    struct contender *a = leader_bench_add(&b, "a", NULL);
    leader_bench_run(&b, 3 * KEDGE_SECOND);
    mock_inject(b.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STATUS, .status = 409});
    leader_bench_run(&b, 4 * KEDGE_SECOND);
    assert_string_equal(b.asked,
                        "GET 404, POST 201, PUT 200, PUT 409, GET 200, PUT 200, PUT 200, ");
    assert_true(leads(a));
    leader_bench_close(&b);
}

static const struct kedge_leader_label labels[] = {{"custom-key", "custom-val"}};

static void with_label(struct kedge_leader_options *o)
{
    o->labels = labels;
    o->label_count = COUNT(labels);
}

static void a_label_that_another_changes_is_set_again_and_others_stay(void **state)
{
    (void)state;
    for (int ours = 0; ours < 2; ours++) {
        leader_bench_open(&b);
        struct contender *a = leader_bench_add(&b, "a", ours ? with_label : NULL);
        leader_bench_run(&b, KEDGE_SECOND);
        leader_bench_put(&b, ",\"labels\":{\"custom-key\":\"new\",\"custom-key-2\":\"kept\"}",
                         "{\"holderIdentity\":\"a\",\"leaseDurationSeconds\":15}");
        leader_bench_forget(&b);
        leader_bench_run(&b, 2 * KEDGE_SECOND);
        assert_string_equal(b.asked, "PUT 409, GET 200, PUT 200, ");
        assert_true(leads(a));
        const char *lease = leader_bench_lease(&b);
        assert_non_null(
            strstr(lease, ours ? "\"custom-key\":\"custom-val\"" : "\"custom-key\":\"new\""));
        assert_non_null(strstr(lease, "\"custom-key-2\":\"kept\""));
        leader_bench_close(&b);
    }
}

static void what_a_record_lacks_or_has_wrong_is_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *spec, *transitions, *acquired;
    } odd[] = {
        {"{\"holderIdentity\":\"a\"}", "0", ""},
        {"{\"holderIdentity\":\"a\",\"acquireTime\":null,\"leaseTransitions\":-3}", "0", ""},
        {"{\"holderIdentity\":\"a\",\"acquireTime\":\"x\",\"leaseTransitions\":\"7\"}", "0",
         "\"x\""},
        {"{\"holderIdentity\":\"\",\"leaseTransitions\":1.5}", "1",
         "\"2026-01-01T00:00:00.000000Z\""},
        {"{\"holderIdentity\":\"a\",\"leaseTransitions\":99999999999}", "2147483647", ""},
        {"{\"holderIdentity\":7,\"leaseDurationSeconds\":\"15\",\"leaseTransitions\":[]}", "1",
         "\"2026-01-01T00:00:00.000000Z\""},
    };
    for (size_t i = 0; i < COUNT(odd); i++) {
        leader_bench_open(&b);
        leader_bench_put(&b, "", odd[i].spec);
        struct contender *a = leader_bench_add(&b, "a", NULL);
        leader_bench_run(&b, KEDGE_SECOND);
        assert_string_equal(b.asked, "GET 200, PUT 200, ");
        assert_true(leads(a));
        assert_string_equal(leader_bench_spec(&b, "leaseTransitions"), odd[i].transitions);
        assert_string_equal(leader_bench_spec(&b, "acquireTime"), odd[i].acquired);
        assert_string_equal(leader_bench_spec(&b, "leaseDurationSeconds"), "15");
        leader_bench_close(&b);
    }
}

// Figures ----------------------------------------------------------------------------------------

static struct kedge_leader_report report_of(const struct contender *c)
{
    struct kedge_leader_report r;
    memset(&r, 0xff, sizeof r);
    assert_int_equal(kedge_leader_elector_report(c->elector, &r), KEDGE_OK);
    return r;
}

static void what_it_comes_to_is_counted(void **state)
{
    (void)state;
    struct kedge_leader_report r;
    leader_bench_open(&b);
    leader_bench_put(&b, "", HELD_BY("x"));
    struct contender *a = leader_bench_add(&b, "a", NULL);
    assert_int_equal(kedge_leader_elector_report(a->elector, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_leader_elector_report(NULL, &r), KEDGE_ERR_ARGUMENT);
    leader_bench_run(&b, 5 * KEDGE_SECOND);
    r = report_of(a); // who waits has nothing to show
    assert_false(r.leads);
    assert_int_equal(r.terms + r.renewals + r.slow + r.failures, 0);
    leader_bench_until_leads(&b, a, 15 * KEDGE_SECOND);
    leader_bench_run(&b, 7 * KEDGE_SECOND);
    r = report_of(a);
    assert_true(r.leads);
    assert_int_equal(r.terms, 1);
    assert_int_equal(r.renewals, 3);
    assert_int_equal(r.slow, 0);
    // One that fails, and is made good by a look; then one where the look fails, too.
    mock_inject(b.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STATUS, .status = 500});
    leader_bench_run(&b, 2 * KEDGE_SECOND);
    r = report_of(a);
    assert_int_equal(r.renewals, 4);
    assert_int_equal(r.slow, 1);
    assert_int_equal(r.failures, 0);
    mock_inject(b.port.mock,
                &(struct mock_fault){.kind = MOCK_FAULT_STATUS, .status = 500, .count = 2});
    leader_bench_run(&b, 2 * KEDGE_SECOND);
    r = report_of(a);
    assert_int_equal(r.renewals, 4);
    assert_int_equal(r.slow, 2);
    assert_int_equal(r.failures, 1);
    // The clock decides, though the loop has not turned.
    b.port.fake.now += KEDGE_HOUR;
    assert_false(report_of(a).leads);
    leader_bench_run(&b, 0);
    assert_int_equal(kedge_leader_elector_start(a->elector), KEDGE_OK);
    leader_bench_until_leads(&b, a, KEDGE_MINUTE);
    assert_int_equal(report_of(a).terms, 2);
    leader_bench_close(&b);
}

// Stopped in the midst of it ---------------------------------------------------------------------

static void assert_released(const struct contender *a)
{
    assert_string_equal(a->told, "event a stopped leading, stopped, ");
    assert_string_equal(leader_bench_spec(&b, "holderIdentity"), "\"\"");
    assert_string_equal(leader_bench_spec(&b, "leaseDurationSeconds"), "1");
    assert_string_equal(leader_bench_spec(&b, "leaseTransitions"), "0");
    assert_string_equal(kedge_leader_elector_leader(a->elector), "");
    assert_false(kedge_leader_elector_is_running(a->elector));
}

// The update that it cuts off may come to be done: the release looks first.
static void a_stop_while_it_is_renewed_releases_it_all_the_same(void **state)
{
    (void)state;
    leader_bench_open(&b);
    struct contender *a = leader_bench_add(&b, "a", releases);
    leader_bench_run(&b, KEDGE_SECOND);
    mock_inject(b.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STALL});
    leader_bench_run(&b, 2 * KEDGE_SECOND);
    leader_bench_forget(&b);
    kedge_leader_elector_stop(a->elector);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 200, PUT 200, ");
    assert_released(a);
    leader_bench_close(&b);
}

static void a_stop_while_it_is_looked_at_releases_it_all_the_same(void **state)
{
    (void)state;
    leader_bench_open(&b);
    struct contender *a = leader_bench_add(&b, "a", releases);
    leader_bench_run(&b, KEDGE_SECOND);
    mock_inject(b.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STATUS, .status = 500});
    mock_inject(b.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STALL, .skip = 1});
    leader_bench_run(&b, 2 * KEDGE_SECOND);
    leader_bench_forget(&b);
    kedge_leader_elector_stop(a->elector);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 200, PUT 200, ");
    assert_released(a);
    leader_bench_close(&b);
}

static void a_start_while_it_asks_is_one_too_many(void **state)
{
    (void)state;
    leader_bench_open(&b);
    mock_inject(b.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STALL});
    struct contender *a = leader_bench_add(&b, "a", NULL);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_int_equal(kedge_leader_elector_start(a->elector), KEDGE_ERR_STATE);
    kedge_leader_elector_stop(a->elector);
    leader_bench_run(&b, 0);
    assert_string_equal(a->told, "stopped, ");
    leader_bench_close(&b);
}

static size_t feed_late_behind_another(void *connection, const void *bytes, size_t len)
{
    if (meanwhile != NULL && len > 4 && memcmp(bytes, meanwhile, 4) == 0) {
        leader_bench_put(&b, "", written);
        b.port.fake.now += 6 * KEDGE_SECOND;
    }
    return b.peer.feed(connection, bytes, len);
}

static void patient_and_releases(struct kedge_leader_options *o)
{
    o->release_on_cancel = true;
    o->request_timeout = KEDGE_MINUTE;
}

static void a_release_that_is_always_too_late_has_an_end(void **state)
{
    (void)state;
    leader_bench_open(&b);
    struct fake_peer peer = b.peer;
    struct contender *a = leader_bench_add(&b, "a", patient_and_releases);
    leader_bench_run(&b, KEDGE_SECOND);
    peer.feed = feed_late_behind_another;
    b.port.fake.peer = &peer;
    meanwhile = "PUT ";
    written = HELD_BY("a");
    leader_bench_forget(&b);
    kedge_leader_elector_stop(a->elector);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_false(kedge_leader_elector_is_running(a->elector));
    assert_int_equal(b.puts, 2); // at 0 and 6 s, of 10
    meanwhile = NULL;
    leader_bench_close(&b);
}

// Call-backs that take their time, or end it all -------------------------------------------------

static void take_20_seconds(struct contender *c, const char *what)
{
    if (strcmp(what, "leader ") == 0 && c->started == 0)
        b.port.fake.now += 20 * KEDGE_SECOND;
}

static void who_is_told_of_a_leader_for_too_long_does_not_start(void **state)
{
    (void)state;
    leader_bench_open(&b);
    struct contender *a = leader_bench_add(&b, "a", NULL);
    a->on_told = take_20_seconds;
    for (int i = 0; i < 10; i++)
        assert_int_equal(kedge_poll(b.k, 0), KEDGE_OK);
    assert_string_equal(a->told, "leader a, stopped, ");
    assert_int_equal(a->started, 0);
    assert_false(leads(a));
    leader_bench_close(&b);
}

static void close_when_it_stops(struct contender *c, const char *what)
{
    if (strcmp(what, "event ") == 0 && strstr(c->told, "stopped leading") != NULL)
        kedge_leader_elector_close(c->elector);
}

static void who_is_told_of_the_end_may_close_it(void **state)
{
    (void)state;
    leader_bench_open(&b);
    struct contender *a = leader_bench_add(&b, "a", releases);
    a->on_told = close_when_it_stops;
    leader_bench_run(&b, KEDGE_SECOND);
    kedge_leader_elector_stop(a->elector);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_string_equal(a->told,
                        "leader a, event a became leader, started, event a stopped leading, ");
    assert_int_equal(a->stopped, 0); // after a close nothing is called back
    assert_string_equal(leader_bench_spec(&b, "holderIdentity"), "\"a\"");
    assert_false(kedge_leader_elector_is_running(a->elector));
    leader_bench_close(&b);
}

static void coordinated_and_releases(struct kedge_leader_options *o)
{
    o->coordinated = true;
    o->release_on_cancel = true;
}

// What the server chose by is its own to write again.
static void one_that_the_server_chose_is_released_without_a_strategy(void **state)
{
    (void)state;
    leader_bench_open(&b);
    leader_bench_put(&b, "",
                     "{\"holderIdentity\":\"a\",\"leaseDurationSeconds\":15,\"leaseTransitions\":2,"
                     "\"strategy\":\"OldestEmulationVersion\"}");
    struct contender *a = leader_bench_add(&b, "a", coordinated_and_releases);
    leader_bench_run(&b, 3 * KEDGE_SECOND);
    assert_true(leads(a));
    assert_string_equal(leader_bench_spec(&b, "strategy"), "\"OldestEmulationVersion\"");
    kedge_leader_elector_stop(a->elector);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_string_equal(leader_bench_spec(&b, "holderIdentity"), "\"\"");
    assert_string_equal(leader_bench_spec(&b, "strategy"), "");
    assert_string_equal(leader_bench_spec(&b, "leaseTransitions"), "2");
    leader_bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_request_says_that_it_is_leader_election),
        cmocka_unit_test(a_kedge_rest_may_have_a_user_agent_of_its_own),
        cmocka_unit_test(what_it_tells_of_is_recorded_as_events_of_the_lease),
        cmocka_unit_test(without_a_recorder_nothing_is_recorded),
        cmocka_unit_test(a_lease_that_another_makes_first_is_anothers),
        cmocka_unit_test(a_lease_that_another_takes_first_is_anothers),
        cmocka_unit_test(after_a_conflict_it_is_renewed_without_looking_again),
        cmocka_unit_test(a_label_that_another_changes_is_set_again_and_others_stay),
        cmocka_unit_test(what_a_record_lacks_or_has_wrong_is_nothing),
        cmocka_unit_test(what_it_comes_to_is_counted),
        cmocka_unit_test(a_stop_while_it_is_renewed_releases_it_all_the_same),
        cmocka_unit_test(a_stop_while_it_is_looked_at_releases_it_all_the_same),
        cmocka_unit_test(a_start_while_it_asks_is_one_too_many),
        cmocka_unit_test(a_release_that_is_always_too_late_has_an_end),
        cmocka_unit_test(who_is_told_of_a_leader_for_too_long_does_not_start),
        cmocka_unit_test(who_is_told_of_the_end_may_close_it),
        cmocka_unit_test(one_that_the_server_chose_is_released_without_a_strategy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
