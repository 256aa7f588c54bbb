// SPDX-License-Identifier: Apache-2.0
// What client-go's own tests ask of tools/record and tools/events, asked here by what the server
// gets: each test names the one whose cases it has.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event_world.h"
#include "script.h"
#include "tools/event_correlator.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static struct event_world w;

static struct kedge_event_recorder *make_recorder(void)
{
    struct kedge_event_recorder *r = kedge_event_recorder_new(
        w.client, &(struct kedge_event_recorder_options){.component = "eventTest", .log = true});
    assert_non_null(r);
    return r;
}

static struct kedge_event_series *make_series(void)
{
    struct kedge_event_series *s = kedge_event_series_new(
        w.client, &(struct kedge_event_series_options){.controller = "c1", .host = "i1"});
    assert_non_null(s);
    w.resource = "events.events.k8s.io";
    return s;
}

static struct kedge_event_recorder_facts facts_of(const struct kedge_event_recorder *r)
{
    struct kedge_event_recorder_facts f;
    assert_int_equal(kedge_event_recorder_facts(r, &f), KEDGE_OK);
    return f;
}

static struct kedge_event_series_facts series_facts(const struct kedge_event_series *s)
{
    struct kedge_event_series_facts f;
    assert_int_equal(kedge_event_series_facts(s, &f), KEDGE_OK);
    return f;
}

static struct kedge_object_reference pod(const char *uid, const char *field_path)
{
    struct kedge_object_reference about = {.version = "v1",
                                           .kind = "Pod",
                                           .namespace_ = "baz",
                                           .name = "foo",
                                           .uid = uid,
                                           .field_path = field_path};
    return about;
}

// record ------------------------------------------------------------------------------------------

// What TestEventf and TestMultiSinkCache record, one after the other.
static const struct {
    const char *uid;
    const char *field_path;
    const char *reason;
    const char *message;
    unsigned created; // all in all
    const char *count;
} told[] = {
    {"bar", "spec.containers[2]", "Started", "some verbose message: 1", 1, "1"},
    {"bar", "", "Killed", "some other verbose message: 1", 2, "1"},
    {"bar", "spec.containers[2]", "Started", "some verbose message: 1", 2, "2"},
    {"differentUid", "spec.containers[3]", "Started", "some verbose message: 1", 3, "1"},
    {"bar", "spec.containers[2]", "Started", "some verbose message: 1", 3, "3"},
    {"differentUid", "spec.containers[3]", "Stopped", "some verbose message: 1", 4, "1"},
    {"differentUid", "spec.containers[3]", "Stopped", "some verbose message: 1", 4, "2"},
};

// The event that the i-th one has come to, among those from `first` on.
static size_t find_told(size_t i, size_t first)
{
    char about[256];
    char path[64] = "";
    if (told[i].field_path[0] != '\0')
        snprintf(path, sizeof path, "\"fieldPath\":\"%s\",", told[i].field_path);
    snprintf(about, sizeof about,
             "{\"apiVersion\":\"v1\",%s\"kind\":\"Pod\",\"name\":\"foo\",\"namespace\":\"baz\","
             "\"uid\":\"%s\"}",
             path, told[i].uid);
    for (size_t at = first; at < event_count(&w); at++) {
        if (strcmp(event_text(&w, at, "involvedObject"), about) == 0 &&
            strcmp(event_text(&w, at, "reason"), told[i].reason) == 0)
            return at;
    }
    fail_msg("no %s of %s", told[i].reason, about);
    return 0;
}

static void check_told(size_t i, size_t first)
{
    size_t at = find_told(i, first);
    assert_string_equal(event_text(&w, at, "message"), told[i].message);
    assert_string_equal(event_text(&w, at, "count"), told[i].count);
    assert_string_equal(event_text(&w, at, "type"), "Normal");
    assert_string_equal(event_text(&w, at, "source"), "{\"component\":\"eventTest\"}");
    assert_string_equal(event_text(&w, at, "reportingComponent"), "eventTest");
    assert_string_equal(event_text(&w, at, "metadata.namespace"), "baz");
    assert_memory_equal(event_text(&w, at, "metadata.name"), "foo.", 4);
    char first_time[64];
    snprintf(first_time, sizeof first_time, "%s", event_text(&w, at, "firstTimestamp"));
    bool same = strcmp(first_time, event_text(&w, at, "lastTimestamp")) == 0;
    assert_int_equal(same, strcmp(told[i].count, "1") == 0);
}

// TestEventf: the log has each of them, the server one of what is the same.
static void events_go_to_the_log_and_are_counted_by_the_server(void **state)
{
    (void)state;
    char line[160];
    event_world_open(&w, NULL);
    struct kedge_event_recorder *r = make_recorder();
    for (size_t i = 0; i < COUNT(told); i++) {
        struct kedge_object_reference about = pod(told[i].uid, told[i].field_path);
        w.log_len = 0;
        w.log[0] = '\0';
        assert_int_equal(
            kedge_event_record_for(r, &about, KEDGE_EVENT_NORMAL, told[i].reason, told[i].message),
            KEDGE_OK);
        snprintf(line, sizeof line, "2 Normal %s: Pod baz/foo: %s\n", told[i].reason,
                 told[i].message);
        assert_true(event_logged(&w, line));
        event_world_run(&w, KEDGE_SECOND);
        assert_int_equal(event_count(&w), told[i].created);
        check_told(i, 0);
    }
    assert_int_equal(facts_of(r).created, 4);
    assert_int_equal(facts_of(r).patched, 3);
    kedge_event_recorder_close(r);
    event_world_close(&w);
}

// TestMultiSinkCache: what one has counted is nothing to another.
static void two_recorders_count_each_for_itself(void **state)
{
    (void)state;
    struct kedge_event_recorder *r[2];
    event_world_open(&w, NULL);
    r[0] = make_recorder();
    r[1] = make_recorder();
    for (size_t n = 0; n < 2; n++) {
        for (size_t i = 0; i < COUNT(told); i++) {
            struct kedge_object_reference about = pod(told[i].uid, told[i].field_path);
            assert_int_equal(kedge_event_record_for(r[n], &about, KEDGE_EVENT_NORMAL,
                                                    told[i].reason, told[i].message),
                             KEDGE_OK);
            event_world_run(&w, KEDGE_SECOND);
            // Those of one object are in the order in which they came.
            assert_int_equal(event_count(&w), 4 * n + told[i].created);
            check_told(i, 4 * n);
        }
        assert_int_equal(facts_of(r[n]).created, 4);
        assert_int_equal(facts_of(r[n]).patched, 3);
    }
    kedge_event_recorder_close(r[0]);
    kedge_event_recorder_close(r[1]);
    event_world_close(&w);
}

// TestBroadcaster of the watch package: whoever listens gets all; one that is slow loses what does
// not fit, the others nothing; who is shut down says so.
static void a_slow_server_costs_the_log_and_other_recorders_nothing(void **state)
{
    (void)state;
    enum { EVENTS = 40 };
    struct kedge_event_recorder *slow, *other;
    char message[16];
    size_t lost = 0;
    event_world_open(&w, NULL);
    slow = kedge_event_recorder_new(
        w.client, &(struct kedge_event_recorder_options){.queue = 512, .log = true});
    other = kedge_event_recorder_new(
        w.client, &(struct kedge_event_recorder_options){.queue = 8192, .burst = EVENTS});
    assert_non_null(other);
    for (int i = 0; i < EVENTS; i++) {
        snprintf(message, sizeof message, "m%d.", i);
        kedge_err err = kedge_event_record_for(slow, &event_web, KEDGE_EVENT_NORMAL, "R", message);
        lost += err == KEDGE_ERR_FULL;
        assert_int_equal(
            kedge_event_record_for(other, &event_web, KEDGE_EVENT_NORMAL, "R", message), KEDGE_OK);
        snprintf(message, sizeof message, " m%d.\n", i);
        assert_true(event_logged(&w, message));
    }
    assert_in_range(lost, EVENTS / 2, EVENTS - 1);
    assert_int_equal(facts_of(slow).dropped, lost);
    event_world_run(&w, KEDGE_SECOND);
    assert_int_equal(facts_of(slow).created + facts_of(slow).patched, EVENTS - lost);
    assert_int_equal(facts_of(other).created + facts_of(other).patched, EVENTS);
    kedge_event_recorder_shut_down(slow);
    assert_int_equal(kedge_event_record_for(slow, &event_web, KEDGE_EVENT_NORMAL, "R", "late"),
                     KEDGE_ERR_STOPPED);
    assert_false(event_logged(&w, "late"));
    assert_int_equal(kedge_event_record_for(other, &event_web, KEDGE_EVENT_NORMAL, "R", "late"),
                     KEDGE_OK);
    kedge_event_recorder_close(slow);
    kedge_event_recorder_close(other);
    event_world_close(&w);
}

// TestWriteEventError, TestCancelEvent: how often a request is made, by what comes back.
static void how_often_it_is_tried_depends_on_the_answer(void **state)
{
    (void)state;
#define ODD "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"
#define NO                                                                          \
    "HTTP/1.1 422 x\r\nContent-Type: application/json\r\n\r\n{\"kind\":\"Status\"," \
    "\"status\":\"Failure\",\"code\":422}" SCRIPT_CLOSES
#define YES                                                                                      \
    "HTTP/1.1 201 x\r\nContent-Type: application/json\r\n\r\n{\"metadata\":{\"name\":\"foo.1\"}" \
    "}" SCRIPT_CLOSES
    static const char *const refused[] = {NO, YES};
    static const char *const odd[] = {ODD, ODD, ODD, ODD, ODD, ODD, ODD,
                                      ODD, ODD, ODD, ODD, ODD, ODD, ODD};
    static const char *const broken[] = {SCRIPT_RESETS, SCRIPT_CLOSES, SCRIPT_RESETS, SCRIPT_CLOSES,
                                         SCRIPT_RESETS, SCRIPT_CLOSES, SCRIPT_RESETS, SCRIPT_CLOSES,
                                         SCRIPT_RESETS, SCRIPT_CLOSES, SCRIPT_RESETS, SCRIPT_CLOSES,
                                         SCRIPT_RESETS, SCRIPT_CLOSES};
    static const char *const in_the_end[] = {SCRIPT_RESETS, YES};
    static const struct {
        const char *const *answers;
        size_t count;
        bool shut_down;
        size_t tries;
        unsigned created;
    } cases[] = {
        {refused, COUNT(refused), false, 1, 0}, {odd, COUNT(odd), false, 12, 0},
        {broken, COUNT(broken), false, 12, 0},  {in_the_end, COUNT(in_the_end), false, 2, 1},
        {odd, COUNT(odd), true, 1, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        static struct script script;
        event_world_open(&w, NULL);
        script_serve(&script, &w.port.fake, cases[i].answers, cases[i].count);
        struct kedge_event_recorder *r = make_recorder();
        kedge_event_record_for(r, &event_web, KEDGE_EVENT_NORMAL, "R", "m");
        if (cases[i].shut_down)
            kedge_event_recorder_shut_down(r);
        event_world_run(&w, 5 * KEDGE_MINUTE);
        assert_int_equal(script.next, cases[i].tries);
        assert_int_equal(facts_of(r).created, cases[i].created);
        assert_int_equal(facts_of(r).failed, 1 - cases[i].created);
        assert_int_equal(facts_of(r).waiting, 0);
        kedge_event_recorder_close(r);
        event_world_close(&w);
    }
}

// TestUpdateExpiredEvent: what is created in place of a patch claims no version.
static void what_is_created_anew_has_no_version_of_old(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "HTTP/1.1 201 x\r\nContent-Type: application/json\r\n\r\n"
        "{\"metadata\":{\"name\":\"web.1\",\"resourceVersion\":\"4711\"},\"count\":"
        "1}" SCRIPT_CLOSES,
        "HTTP/1.1 404 x\r\nContent-Type: application/json\r\n\r\n{\"kind\":\"Status\","
        "\"status\":\"Failure\",\"reason\":\"NotFound\",\"code\":404}" SCRIPT_CLOSES,
        YES};
    static struct script script;
    event_world_open(&w, NULL);
    script_serve(&script, &w.port.fake, answers, COUNT(answers));
    struct kedge_event_recorder *r = make_recorder();
    struct kedge_object_reference about = event_web;
    about.resource_version = NULL;
    kedge_event_record_for(r, &about, KEDGE_EVENT_NORMAL, "R", "m");
    kedge_event_record_for(r, &about, KEDGE_EVENT_NORMAL, "R", "m");
    event_world_run(&w, KEDGE_SECOND);
    assert_int_equal(script.next, 3);
    script.seen[script.seen_len] = '\0';
    assert_null(strstr(script.seen, "resourceVersion"));
    assert_int_equal(facts_of(r).created, 2);
    kedge_event_recorder_close(r);
    event_world_close(&w);
}

// TestLotsOfEvents: as many as the queue takes, each of them in vain four times.
static void a_full_queue_over_a_bad_network_all_arrives(void **state)
{
    (void)state;
    char text[16];
    unsigned taken = 0;
    event_world_open(&w, &(struct mock_options){.no_managed_fields = true});
    struct kedge_event_recorder *r = kedge_event_recorder_new(
        w.client, &(struct kedge_event_recorder_options){.queue = 48 * 1024});
    assert_non_null(r);
    kedge_log_to(w.k, KEDGE_LOG_ERROR, NULL, NULL);
    mock_last_replies(w.port.mock, 0); // each event has a connection of its own
    for (;; taken++) {
        struct kedge_object_reference about = event_web;
        snprintf(text, sizeof text, "%u", taken);
        about.name = text;
        if (kedge_event_record_for(r, &about, KEDGE_EVENT_NORMAL, text, text) != KEDGE_OK)
            break;
        mock_inject(w.port.mock,
                    &(struct mock_fault){.kind = MOCK_FAULT_REFUSE, .skip = taken, .count = 4});
    }
    assert_true(taken > 300);
    kedge_time began = w.port.fake.now;
    while (facts_of(r).waiting > 0)
        event_world_run(&w, KEDGE_MINUTE);
    // Four pauses each, of 10 s but for the first.
    assert_in_range((w.port.fake.now - began) / KEDGE_SECOND, 30 * taken, 40 * taken + 60);
    assert_int_equal(event_count(&w), taken);
    assert_int_equal(facts_of(r).created, taken);
    assert_int_equal(facts_of(r).failed, 0);
    assert_int_equal(w.port.fake.opens, taken);
    kedge_event_recorder_close(r);
    event_world_close(&w);
}

// TestEventCorrelator, with the clock that moves on by so many seconds with each event.
struct correlation {
    const char *name;
    int before;                    // events before the one that is looked at
    void (*see)(int i, int count); // the i-th of them
    int seconds;
    uint32_t count; // 0: skipped
    bool combined;
};

static struct kedge__event_correlator c;
static struct kedge__event_correlated out;
static kedge_time now;

static void see(const char *name, const char *field_path, const char *reason, const char *message)
{
    static uint64_t stamp;
    const char *texts[KEDGE__EVENT_CORE] = {
        "", "version", "Pod", "my-ns", name, "C934D34AFB20242", "", field_path, reason, message};
    kedge__event_correlate(&c, KEDGE_EVENT_NORMAL, texts, ++stamp, now, &out);
    if (!out.skip)
        kedge__event_learn(&c, out.key, out.stamp, out.count);
}

static void see_same(int i, int count)
{
    (void)i;
    (void)count;
    see("my-pod", "spec.containers{mycontainer}", "duplicate", "me again");
}

static void see_unique(int i, int count)
{
    char name[16], reason[16], message[16];
    snprintf(name, sizeof name, "pod-%d", i);
    snprintf(reason, sizeof reason, "reason-%d", i);
    snprintf(message, sizeof message, "message-%d", i);
    if (i < count)
        see(name, "spec.containers{mycontainer}", reason, message);
    else
        see("my-pod", "spec.containers{mycontainer}", "unique", "snowflake");
}

static void see_similar(int i, int count)
{
    char message[48];
    snprintf(message, sizeof message, "similar message-%d-similar message", i);
    see("my-pod", "spec.containers{container1}", "similar",
        i < count ? message : "similar message");
}

static void see_containers(int i, int count)
{
    see("my-pod", i < count ? "spec.containers{container2}" : "spec.containers{container1}",
        "similar", "similar message");
}

static void events_are_correlated_as_client_go_does(void **state)
{
    (void)state;
    static const struct correlation cases[] = {
        {"create a single event", 0, see_unique, 5, 1, false},
        {"the same event should just count", 1, see_same, 5, 2, false},
        {"the same, even if more than aggregate", 10, see_same, 30, 11, false},
        {"the same event is spam if it happens too frequently", 26, see_same, 1, 0, false},
        {"many unique events", 30, see_unique, 5, 1, false},
        {"similar events should aggregate", 9, see_similar, 5, 1, true},
        {"similar events many times should count the aggregate", 10, see_similar, 5, 2, true},
        {"events from different containers do not aggregate", 1, see_containers, 5, 1, false},
        {"similar events further apart do not aggregate", 9, see_similar, 601, 1, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct correlation *t = &cases[i];
        event_world_open(&w, NULL);
        c = (struct kedge__event_correlator){.similar = 10,
                                             .similar_within = 10 * KEDGE_MINUTE,
                                             .burst = 25,
                                             .refill = 5 * KEDGE_MINUTE};
        assert_int_equal(kedge__event_correlator_init(&c, w.k, 64), KEDGE_OK);
        for (int n = 0; n <= t->before; n++) {
            now += t->seconds * KEDGE_SECOND;
            t->see(n, t->before);
        }
        if (out.skip != (t->count == 0) || (!out.skip && out.count != t->count) ||
            (!out.skip && out.combined != t->combined))
            fail_msg("%s: count %u", t->name, out.count);
        event_world_close(&w);
    }
}

// events ------------------------------------------------------------------------------------------

// TestEventf of tools/events: names that make no event's name, and related objects.
static void an_event_has_a_name_that_the_server_takes(void **state)
{
    (void)state;
    static char longest[254];
    static char too_long[1013];
    memset(longest, 'x', 253);
    memset(too_long, 'x', 1012);
    event_world_open(&w, NULL);
    struct kedge_event_series *s = make_series();
    struct kedge_object_reference node = {
        .version = "v1", .kind = "Node", .name = "node1", .uid = "67890"};
    struct kedge_object_reference about = {
        .group = "networking.k8s.io", .version = "v1", .kind = "IPAddress", .uid = "12345"};
    static const char *const names[] = {"pod1", "2001:db8::123", longest};
    for (size_t i = 0; i < COUNT(names); i++) {
        about.name = names[i];
        assert_int_equal(kedge_event_series_record(s, &about, &node, KEDGE_EVENT_WARNING,
                                                   "FailedScheduling", "scheduling",
                                                   "Pod failed to schedule on node1"),
                         KEDGE_OK);
        event_world_run(&w, KEDGE_SECOND);
        assert_int_equal(event_count(&w), i + 1);
        size_t at = event_with(&w, "regarding.name", names[i]);
        assert_null(kedge_dns_subdomain_problem(event_text(&w, at, "metadata.name")));
        assert_int_equal(strncmp(event_text(&w, at, "metadata.name"), "pod1.", 5) == 0, i == 0);
        assert_string_equal(event_text(&w, at, "metadata.namespace"), "default");
        assert_string_equal(event_text(&w, at, "regarding.apiVersion"), "networking.k8s.io/v1");
        assert_string_equal(event_text(&w, at, "related"),
                            "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"name\":\"node1\","
                            "\"uid\":\"67890\"}");
        assert_string_equal(event_text(&w, at, "reportingInstance"), "c1-i1");
    }
    // client-go sends what no server would take.
    about.name = too_long;
    assert_int_equal(kedge_event_series_record(s, &about, &node, KEDGE_EVENT_WARNING, "R", "A", ""),
                     KEDGE_ERR_TOO_LONG);
    kedge_event_series_close(s);
    event_world_close(&w);
}

static void act(struct kedge_event_series *s, const char *action)
{
    struct kedge_object_reference regarding = pod("bar", ".spec.containers[1]");
    struct kedge_object_reference related = pod("bar", ".spec.containers[0]");
    assert_int_equal(kedge_event_series_record(s, &regarding, &related, KEDGE_EVENT_NORMAL, "test",
                                               action, "some verbose message: 1"),
                     KEDGE_OK);
}

// TestEventSeriesf: the same again is patched with its series, anything else created without one.
static void the_same_again_is_a_series_and_another_action_is_none(void **state)
{
    (void)state;
    event_world_open(&w, NULL);
    struct kedge_event_series *s = make_series();
    act(s, "started");
    event_world_run(&w, KEDGE_SECOND);
    assert_int_equal(event_count(&w), 1);
    assert_string_equal(event_text(&w, 0, "series"), "");
    act(s, "started");
    event_world_run(&w, KEDGE_SECOND);
    assert_int_equal(event_count(&w), 1);
    assert_string_equal(event_text(&w, 0, "series.count"), "2");
    act(s, "stopped");
    event_world_run(&w, KEDGE_SECOND);
    assert_int_equal(event_count(&w), 2);
    assert_string_equal(event_text(&w, event_with(&w, "action", "stopped"), "series"), "");
    assert_int_equal(series_facts(s).created, 2);
    assert_int_equal(series_facts(s).patched, 1);
    kedge_event_series_close(s);
    event_world_close(&w);
}

// TestFinishSeries: one request about the series that is over; one that is not stays known.
static void only_what_is_over_is_finished(void **state)
{
    (void)state;
    event_world_open(&w, NULL);
    struct kedge_event_series *s = make_series();
    for (int i = 0; i < 10; i++)
        act(s, "started");
    event_world_run(&w, KEDGE_MINUTE);
    act(s, "started");
    event_world_run(&w, 5 * KEDGE_MINUTE);
    act(s, "stopped");
    event_world_run(&w, KEDGE_MINUTE - 100);
    assert_int_equal(series_facts(s).kept, 2);
    assert_int_equal(series_facts(s).patched, 1);
    event_world_run(&w, 200);
    assert_int_equal(series_facts(s).kept, 1);
    assert_int_equal(series_facts(s).created, 2);
    assert_int_equal(series_facts(s).patched, 2);
    assert_string_equal(event_text(&w, event_with(&w, "action", "started"), "series"),
                        "{\"count\":11,\"lastObservedTime\":\"2026-01-01T00:01:00.000000Z\"}");
    kedge_event_series_close(s);
    event_world_close(&w);
}

// TestRefreshExistingEventSeries: whether the server takes it or not, the series stays known.
static void a_series_outlives_its_refresh(void **state)
{
    (void)state;
    for (int refused = 0; refused < 2; refused++) {
        event_world_open(&w, NULL);
        struct kedge_event_series *s = make_series();
        act(s, "started");
        act(s, "started");
        event_world_run(&w, KEDGE_SECOND);
        if (refused)
            mock_inject(w.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STATUS,
                                                          .on = MOCK_ON_OTHER,
                                                          .status = 422});
        for (int i = 0; i < 8; i++) {
            act(s, "started");
            event_world_run(&w, 4 * KEDGE_MINUTE);
        }
        assert_int_equal(series_facts(s).kept, 1);
        assert_int_equal(series_facts(s).failed, refused);
        assert_string_equal(event_text(&w, 0, "series.count"), refused ? "2" : "10");
        // It goes on counting, and comes to its end.
        act(s, "started");
        event_world_run(&w, 7 * KEDGE_MINUTE);
        assert_int_equal(event_count(&w), 1);
        assert_string_equal(event_text(&w, 0, "series.count"), "11");
        assert_int_equal(series_facts(s).kept, 0);
        kedge_event_series_close(s);
        event_world_close(&w);
    }
}

// TestRecordEventToSink: of two about one event, the first to come makes it.
static void an_event_that_is_there_is_not_created_again(void **state)
{
    (void)state;
    event_world_open(&w, NULL);
    struct kedge_event_series *s = make_series();
    mock_inject(w.port.mock, &(struct mock_fault){
                                 .kind = MOCK_FAULT_STATUS, .on = MOCK_ON_OTHER, .status = 409});
    act(s, "started");
    event_world_run(&w, KEDGE_MINUTE);
    assert_int_equal(event_count(&w), 0);
    assert_int_equal(series_facts(s).failed, 1);
    // Its series finds none, and is created whole.
    act(s, "started");
    event_world_run(&w, KEDGE_SECOND);
    assert_int_equal(event_count(&w), 1);
    assert_string_equal(event_text(&w, 0, "series.count"), "2");
    kedge_event_series_close(s);
    event_world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_go_to_the_log_and_are_counted_by_the_server),
        cmocka_unit_test(two_recorders_count_each_for_itself),
        cmocka_unit_test(a_slow_server_costs_the_log_and_other_recorders_nothing),
        cmocka_unit_test(how_often_it_is_tried_depends_on_the_answer),
        cmocka_unit_test(what_is_created_anew_has_no_version_of_old),
        cmocka_unit_test(a_full_queue_over_a_bad_network_all_arrives),
        cmocka_unit_test(events_are_correlated_as_client_go_does),
        cmocka_unit_test(an_event_has_a_name_that_the_server_takes),
        cmocka_unit_test(the_same_again_is_a_series_and_another_action_is_none),
        cmocka_unit_test(only_what_is_over_is_finished),
        cmocka_unit_test(a_series_outlives_its_refresh),
        cmocka_unit_test(an_event_that_is_there_is_not_created_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
