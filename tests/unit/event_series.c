// SPDX-License-Identifier: Apache-2.0
// Events of events.k8s.io/v1: when the server is told, what it is told, and what a full store does.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event_world.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static struct event_world w;
static struct kedge_event_series *s;

static void open_with(struct kedge_event_series_options options)
{
    event_world_open(&w, NULL);
    w.resource = "events.events.k8s.io";
    if (options.controller == NULL)
        options.controller = "example.com/thermostat";
    s = kedge_event_series_new(w.client, &options);
    assert_non_null(s);
}

static void open_series(void)
{
    open_with((struct kedge_event_series_options){.host = "node-1"});
}

static void close_series(void)
{
    kedge_event_series_close(s);
    event_world_close(&w);
}

static struct kedge_event_series_facts facts(void)
{
    struct kedge_event_series_facts f;
    assert_int_equal(kedge_event_series_facts(s, &f), KEDGE_OK);
    return f;
}

static kedge_err hot(const char *reason)
{
    return kedge_event_series_record(s, &event_web, NULL, KEDGE_EVENT_WARNING, reason, "Cooling",
                                     "84 degrees");
}

static void run(kedge_time ms)
{
    event_world_run(&w, ms);
}

// What is written ---------------------------------------------------------------------------------

static void an_event_has_all_that_client_go_gives_it(void **state)
{
    (void)state;
    open_series();
    struct kedge_object_reference related = {
        .group = "apps", .version = "v1", .kind = "Deployment", .name = "fan", .uid = "u-2"};
    struct kedge_object_reference about = event_web;
    about.field_path = "spec";
    assert_int_equal(kedge_event_series_record(s, &about, &related, KEDGE_EVENT_WARNING, "TooHot",
                                               "Cooling", "84 \"degrees\""),
                     KEDGE_OK);
    assert_int_equal(facts().waiting, 1);
    run(KEDGE_SECOND);
    assert_int_equal(event_count(&w), 1);
    static const struct {
        const char *path;
        const char *value;
    } all[] = {
        {"apiVersion", "events.k8s.io/v1"},
        {"kind", "Event"},
        {"metadata.namespace", "default"},
        {"regarding",
         "{\"apiVersion\":\"v1\",\"fieldPath\":\"spec\",\"kind\":\"Pod\",\"name\":"
         "\"web\",\"namespace\":\"default\",\"resourceVersion\":\"7\",\"uid\":\"u-1\"}"},
        {"related",
         "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"name\":\"fan\",\"uid\":\"u-2\"}"},
        {"reason", "TooHot"},
        {"action", "Cooling"},
        {"note", "84 \"degrees\""},
        {"reportingController", "example.com/thermostat"},
        {"reportingInstance", "example.com/thermostat-node-1"},
        {"type", "Warning"},
        {"eventTime", "2026-01-01T00:00:00.000000Z"},
        {"series", ""},
    };
    for (size_t i = 0; i < COUNT(all); i++)
        assert_string_equal(event_text(&w, 0, all[i].path), all[i].value);
    assert_memory_equal(event_text(&w, 0, "metadata.name"), "web.", 4);
    assert_int_equal(facts().waiting, 0);
    assert_int_equal(facts().kept, 1);
    close_series();
}

static void the_second_makes_a_series(void **state)
{
    (void)state;
    open_series();
    hot("TooHot");
    run(KEDGE_SECOND);
    assert_string_equal(event_text(&w, 0, "series"), "");
    assert_string_equal(event_text(&w, 0, "related"), "");
    hot("TooHot");
    run(KEDGE_SECOND);
    assert_int_equal(event_count(&w), 1);
    assert_string_equal(event_text(&w, 0, "series"),
                        "{\"count\":2,\"lastObservedTime\":\"2026-01-01T00:00:01.000000Z\"}");
    // Further ones only count.
    hot("TooHot");
    hot("TooHot");
    run(KEDGE_MINUTE);
    assert_string_equal(event_text(&w, 0, "series.count"), "2");
    assert_int_equal(facts().created, 1);
    assert_int_equal(facts().patched, 1);
    assert_int_equal(facts().recorded, 4);
    close_series();
}

static void two_at_once_are_created_and_then_a_series(void **state)
{
    (void)state;
    open_series();
    for (int i = 0; i < 5; i++)
        hot("TooHot");
    run(KEDGE_SECOND);
    assert_int_equal(event_count(&w), 1);
    assert_int_equal(facts().created, 1);
    assert_int_equal(facts().patched, 1);
    assert_string_equal(event_text(&w, 0, "series.count"), "5");
    close_series();
}

static void all_but_note_and_time_tells_them_apart(void **state)
{
    (void)state;
    open_series();
    struct kedge_object_reference other = event_web;
    other.resource_version = "8";
    enum kedge_event_type warning = KEDGE_EVENT_WARNING;
    kedge_event_series_record(s, &event_web, NULL, warning, "R", "A", "1");
    kedge_event_series_record(s, &event_web, NULL, warning, "R", "A", "2"); // the same
    kedge_event_series_record(s, &event_web, NULL, KEDGE_EVENT_NORMAL, "R", "A", "1");
    kedge_event_series_record(s, &event_web, NULL, warning, "S", "A", "1");
    kedge_event_series_record(s, &event_web, NULL, warning, "R", "B", "1");
    kedge_event_series_record(s, &other, NULL, warning, "R", "A", "1");
    kedge_event_series_record(s, &event_web, &event_web, warning, "R", "A", "1");
    kedge_event_series_record(s, &event_web, &other, warning, "R", "A", "1");
    run(KEDGE_SECOND);
    assert_int_equal(event_count(&w), 7);
    assert_int_equal(facts().patched, 1);
    close_series();
}

// When it is over ---------------------------------------------------------------------------------

static void a_series_is_finished_after_six_minutes(void **state)
{
    (void)state;
    open_series();
    for (int i = 0; i < 4; i++) {
        hot("TooHot");
        run(5 * KEDGE_MINUTE);
    }
    assert_string_equal(event_text(&w, 0, "series.count"), "2");
    run(KEDGE_MINUTE - 1);
    assert_string_equal(event_text(&w, 0, "series.count"), "2");
    assert_int_equal(facts().kept, 1);
    run(2);
    assert_string_equal(event_text(&w, 0, "series"),
                        "{\"count\":4,\"lastObservedTime\":\"2026-01-01T00:15:00.000000Z\"}");
    assert_int_equal(facts().kept, 0);
    // What comes then is a new event.
    hot("TooHot");
    run(KEDGE_SECOND);
    assert_int_equal(event_count(&w), 2);
    close_series();
}

static void a_single_one_is_forgotten_after_six_minutes(void **state)
{
    (void)state;
    open_series();
    hot("TooHot");
    run(6 * KEDGE_MINUTE - 1);
    assert_int_equal(facts().kept, 1);
    run(2);
    assert_int_equal(facts().kept, 0);
    assert_int_equal(facts().patched, 0);
    hot("TooHot");
    run(KEDGE_SECOND);
    assert_int_equal(event_count(&w), 2);
    close_series();
}

static void a_long_series_is_told_every_half_hour(void **state)
{
    (void)state;
    open_series();
    for (int i = 0; i < 62; i++) { // one a minute
        hot("TooHot");
        run(KEDGE_MINUTE);
        // Told at the first minute, then at the 31st.
        if (i == 29)
            assert_string_equal(event_text(&w, 0, "series.count"), "2");
        if (i == 30 || i == 59)
            assert_string_equal(event_text(&w, 0, "series.count"), "31");
    }
    assert_string_equal(event_text(&w, 0, "series.count"), "61");
    assert_int_equal(facts().patched, 3);
    assert_int_equal(facts().kept, 1);
    close_series();
}

static void what_happens_while_it_is_finished_is_not_lost(void **state)
{
    (void)state;
    open_series();
    hot("TooHot");
    hot("TooHot");
    hot("TooHot");
    run(6 * KEDGE_MINUTE - 1);
    mock_inject(w.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_SLOW, .bytes = 1});
    fake_port_advance(&w.port.fake, 2);
    for (int i = 0; i < 5; i++)
        kedge_poll(w.k, 0);
    assert_int_equal(w.port.fake.open_streams, 1);
    assert_int_equal(facts().patched, 1);
    hot("TooHot");
    run(KEDGE_MINUTE);
    assert_int_equal(facts().patched, 2);
    assert_int_equal(facts().kept, 1);
    run(6 * KEDGE_MINUTE);
    assert_int_equal(facts().kept, 0);
    assert_int_equal(event_count(&w), 1);
    assert_string_equal(event_text(&w, 0, "series.count"), "4");
    close_series();
}

// Failing -----------------------------------------------------------------------------------------

static void delete_the_event(void)
{
    char name[300];
    snprintf(name, sizeof name, "%s", event_text(&w, 0, "metadata.name"));
    assert_true(mock_delete(w.port.mock, w.resource, "default", name));
}

static void a_series_that_is_gone_is_created_anew(void **state)
{
    (void)state;
    open_series();
    hot("TooHot");
    run(KEDGE_SECOND);
    char name[300];
    snprintf(name, sizeof name, "%s", event_text(&w, 0, "metadata.name"));
    delete_the_event();
    hot("TooHot");
    run(KEDGE_SECOND);
    assert_int_equal(event_count(&w), 1);
    assert_string_equal(event_text(&w, 0, "metadata.name"), name);
    assert_string_equal(event_text(&w, 0, "series.count"), "2");
    assert_string_equal(event_text(&w, 0, "eventTime"), "2026-01-01T00:00:00.000000Z");
    assert_string_equal(event_text(&w, 0, "note"), "84 degrees");
    delete_the_event();
    run(6 * KEDGE_MINUTE);
    assert_int_equal(event_count(&w), 1);
    assert_int_equal(facts().kept, 0);
    assert_int_equal(facts().created, 3);
    close_series();
}

// The patch does not find it, and then the creation does: it came in between.
static void a_series_that_came_in_between_is_tried_again(void **state)
{
    (void)state;
    open_series();
    hot("TooHot");
    run(KEDGE_SECOND);
    mock_inject(w.port.mock, &(struct mock_fault){
                                 .kind = MOCK_FAULT_STATUS, .on = MOCK_ON_OTHER, .status = 404});
    hot("TooHot");
    run(KEDGE_SECOND);
    assert_string_equal(event_text(&w, 0, "series"), "");
    assert_int_equal(facts().waiting, 1);
    assert_int_equal(facts().failed, 0);
    run(13 * KEDGE_SECOND);
    assert_string_equal(event_text(&w, 0, "series.count"), "2");
    close_series();
}

static void what_the_server_refuses_is_not_repeated(void **state)
{
    (void)state;
    open_series();
    mock_inject(w.port.mock, &(struct mock_fault){
                                 .kind = MOCK_FAULT_STATUS, .on = MOCK_ON_OTHER, .status = 422});
    hot("TooHot");
    hot("TooCold");
    run(KEDGE_MINUTE);
    assert_int_equal(facts().failed, 1);
    assert_int_equal(event_count(&w), 1);
    assert_true(event_logged(&w, "0 event web."));
    // But it is tried when it becomes a series.
    hot("TooHot");
    run(KEDGE_SECOND);
    assert_int_equal(event_count(&w), 2);
    assert_string_equal(event_text(&w, event_with(&w, "reason", "TooHot"), "series.count"), "2");
    // One of the same name is nothing unusual.
    mock_inject(w.port.mock, &(struct mock_fault){
                                 .kind = MOCK_FAULT_STATUS, .on = MOCK_ON_OTHER, .status = 409});
    hot("Other");
    run(KEDGE_SECOND);
    assert_int_equal(facts().failed, 2);
    assert_int_equal(facts().waiting, 0);
    close_series();
}

static void a_server_that_is_away_is_asked_twelve_times(void **state)
{
    (void)state;
    open_series();
    w.port.fake.cruelty.refuse = true;
    hot("TooHot");
    run(KEDGE_MINUTE);
    hot("TooCold");             // does not wait for the other
    run(50 * KEDGE_SECOND - 1); // eleven pauses of 10 s at least
    assert_int_equal(facts().failed, 0);
    run(28 * KEDGE_SECOND); // and of 12.5 s at most
    assert_int_equal(facts().failed, 1);
    assert_int_equal(facts().waiting, 1);
    assert_true(event_logged(&w, ", given up: create events.events.k8s.io in default: "));
    w.port.fake.cruelty.refuse = false;
    run(13 * KEDGE_SECOND);
    assert_int_equal(event_count(&w), 1);
    assert_string_equal(event_text(&w, 0, "reason"), "TooCold");
    close_series();
}

static void an_end_that_cannot_be_told_is_tried_at_the_next(void **state)
{
    (void)state;
    open_series();
    hot("TooHot");
    hot("TooHot");
    hot("TooHot");
    run(6 * KEDGE_MINUTE - 10);
    w.port.fake.cruelty.refuse = true;
    kedge_event_series_facts(s, &(struct kedge_event_series_facts){0});
    mock_inject(w.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_RESET, .now = true});
    run(KEDGE_SECOND);
    assert_int_equal(facts().kept, 1);
    w.port.fake.cruelty.refuse = false;
    unsigned opens = w.port.fake.opens;
    run(5 * KEDGE_MINUTE);
    assert_int_equal(w.port.fake.opens, opens);
    run(KEDGE_MINUTE);
    assert_int_equal(facts().kept, 0);
    assert_int_equal(facts().failed, 0);
    close_series();
}

// A full store ------------------------------------------------------------------------------------

static void old_singles_give_their_room(void **state)
{
    (void)state;
    char reason[16];
    open_with((struct kedge_event_series_options){.store = 1024});
    for (int i = 0; i < 50; i++) {
        snprintf(reason, sizeof reason, "R%d", i);
        assert_int_equal(hot(reason), KEDGE_OK);
        run(10);
    }
    assert_int_equal(event_count(&w), 50);
    assert_true(facts().kept < 10);
    assert_int_equal(facts().dropped, 0);
    // The last ones are still known.
    hot("R49");
    run(10);
    assert_int_equal(event_count(&w), 50);
    close_series();
}

static void what_is_not_sent_yet_stays(void **state)
{
    (void)state;
    char reason[16];
    unsigned taken = 0;
    open_with((struct kedge_event_series_options){.store = 1024});
    for (int i = 0; i < 20; i++) {
        snprintf(reason, sizeof reason, "R%d", i);
        kedge_err err = hot(reason);
        assert_true(err == KEDGE_OK || err == KEDGE_ERR_FULL);
        taken += err == KEDGE_OK;
    }
    assert_true(taken >= 3 && taken < 10);
    assert_int_equal(facts().dropped, 20 - taken);
    assert_true(event_logged(&w, "events: 1 not recorded, the last because: too many wait"));
    // More of the same needs no room.
    assert_int_equal(hot("R0"), KEDGE_OK);
    run(KEDGE_SECOND);
    assert_int_equal(event_count(&w), taken);
    assert_string_equal(event_text(&w, event_with(&w, "reason", "R0"), "series.count"), "2");
    close_series();
}

static void a_store_full_of_series_ends_the_oldest_early(void **state)
{
    (void)state;
    char reason[16];
    int n = 0;
    open_with((struct kedge_event_series_options){.store = 1024});
    for (;; n++) {
        snprintf(reason, sizeof reason, "R%d", n);
        if (hot(reason) != KEDGE_OK)
            break;
        hot(reason);
        run(10);
        hot(reason);
    }
    assert_true(n >= 3);
    // Twice in a row does not end two, nor does it while that one is told.
    assert_int_equal(hot(reason), KEDGE_ERR_FULL);
    mock_inject(w.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_SLOW, .bytes = 100});
    for (int i = 0; i < 4; i++)
        kedge_poll(w.k, 0);
    assert_int_equal(facts().kept, n);
    assert_int_equal(hot(reason), KEDGE_ERR_FULL);
    run(KEDGE_SECOND);
    assert_int_equal(facts().kept, n - 1);
    assert_string_equal(event_text(&w, event_with(&w, "reason", "R0"), "series.count"), "3");
    assert_string_equal(event_text(&w, event_with(&w, "reason", "R1"), "series.count"), "2");
    assert_int_equal(hot(reason), KEDGE_OK);
    close_series();
}

// What is being sent moves when one before it gives its room, and not when one behind it does.
static void what_is_being_sent_may_move(void **state)
{
    (void)state;
    for (int before = 0; before < 2; before++) {
        char reason[16];
        open_with((struct kedge_event_series_options){.store = 1024});
        hot(before ? "Old" : "Sent");
        run(10);
        hot(before ? "Sent" : "Old");
        run(10);
        mock_inject(w.port.mock,
                    &(struct mock_fault){.kind = MOCK_FAULT_SLOW, .on = MOCK_ON_OTHER, .bytes = 1});
        hot("Sent");
        for (int i = 0; i < 5; i++)
            kedge_poll(w.k, 0);
        assert_int_equal(facts().patched, 0);
        assert_int_equal(facts().waiting, 1);
        // The only one that may go is the old one.
        size_t kept = facts().kept;
        for (int n = 0; facts().kept >= kept; n++) {
            kept = facts().kept;
            snprintf(reason, sizeof reason, "New%d", n);
            kedge_err err = hot(reason);
            assert_true(err == KEDGE_OK || err == KEDGE_ERR_FULL);
            if (err == KEDGE_ERR_FULL)
                break;
        }
        hot("Sent");
        run(KEDGE_MINUTE);
        assert_int_equal(facts().patched, 1);
        assert_int_equal(facts().failed, 0);
        assert_string_equal(event_text(&w, event_with(&w, "reason", "Sent"), "series.count"), "2");
        assert_string_equal(event_text(&w, event_with(&w, "reason", "Old"), "series"), "");
        assert_string_equal(event_text(&w, event_with(&w, "reason", "New0"), "series"), "");
        run(6 * KEDGE_MINUTE);
        assert_string_equal(event_text(&w, event_with(&w, "reason", "Sent"), "series.count"), "3");
        assert_int_equal(facts().kept, 0);
        hot("Old"); // it was forgotten
        run(10);
        assert_int_equal(event_count(&w), facts().created);
        close_series();
    }
}

// What is refused ---------------------------------------------------------------------------------

static void what_is_no_event_is_refused(void **state)
{
    (void)state;
    char long_one[200];
    open_series();
    memset(long_one, 'a', 199);
    long_one[199] = '\0';
    assert_int_equal(
        kedge_event_series_record(NULL, &event_web, NULL, KEDGE_EVENT_NORMAL, "R", "A", "n"),
        KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_event_series_record(s, NULL, NULL, KEDGE_EVENT_NORMAL, "R", "A", "n"),
                     KEDGE_ERR_ARGUMENT);
    assert_int_equal(
        kedge_event_series_record(s, &event_web, NULL, KEDGE_EVENT_NORMAL, "", "A", "n"),
        KEDGE_ERR_ARGUMENT);
    assert_int_equal(
        kedge_event_series_record(s, &event_web, NULL, KEDGE_EVENT_NORMAL, "R", NULL, "n"),
        KEDGE_ERR_ARGUMENT);
    struct kedge_object_reference bad = event_web;
    bad.uid = "\xc3";
    assert_int_equal(
        kedge_event_series_record(s, &event_web, &bad, KEDGE_EVENT_NORMAL, "R", "A", "n"),
        KEDGE_ERR_ARGUMENT);
    bad.uid = long_one;
    assert_int_equal(
        kedge_event_series_record(s, &event_web, &bad, KEDGE_EVENT_NORMAL, "R", "A", "n"),
        KEDGE_ERR_TOO_LONG);
    assert_int_equal(
        kedge_event_series_record(s, &event_web, NULL, KEDGE_EVENT_NORMAL, "R", long_one, "n"),
        KEDGE_ERR_TOO_LONG);
    assert_int_equal(facts().kept, 0);
    assert_int_equal(kedge_event_series_facts(s, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_event_series_facts(NULL, NULL), KEDGE_ERR_ARGUMENT);
    kedge_event_series_shut_down(NULL);
    kedge_event_series_close(NULL);
    assert_null(kedge_event_series_new(NULL, NULL));
    close_series();
}

static void an_option_out_of_its_range_is_named(void **state)
{
    (void)state;
    static char host[120];
    memset(host, 'h', 119);
    const struct {
        struct kedge_event_series_options options;
        const char *text;
    } wrong[] = {
        {{0}, "events: the controller is no qualified name, as example.com/thermostat is"},
        {{.controller = "a b"},
         "events: the controller is no qualified name, as example.com/thermostat is"},
        {{.controller = "thermostat", .host = host},
         "events: CONTROLLER-HOST has more than 128 bytes"},
        {{.controller = "a", .note = 1025}, "events: the longest note is over 1,024 bytes"},
        {{.controller = "a", .note = 63}, "events: the longest message is under 64 bytes"},
        {{.controller = "a", .host = "\xff"},
         "events: the component's or host's name is not UTF-8"},
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        event_world_open(&w, NULL);
        assert_null(kedge_event_series_new(w.client, &wrong[i].options));
        assert_string_equal(kedge_error_text(w.k), wrong[i].text);
        assert_null(kedge_event_series_new(w.client, &wrong[i].options));
        event_world_close(&w);
    }
    open_with((struct kedge_event_series_options){.controller = "a", .note = 1024, .log = true});
    hot("TooHot");
    run(10);
    assert_string_equal(event_text(&w, 0, "reportingInstance"), "a");
    assert_true(event_logged(&w, "2 Warning TooHot: Pod default/web: 84 degrees\n"));
    close_series();
}

// Whatever is taken fits a body, with all that may be in it.
static void what_does_not_fit_a_body_is_refused_at_once(void **state)
{
    (void)state;
    static char note[1025];
    static char name[254];
    open_with((struct kedge_event_series_options){.store = 8192, .body = 3072});
    memset(name, 'n', 253);
    struct kedge_object_reference about = {.group = "g",
                                           .version = "v",
                                           .kind = "k",
                                           .namespace_ = "n",
                                           .name = name,
                                           .uid = "u",
                                           .resource_version = "1",
                                           .field_path = "p"};
    unsigned taken = 0;
    for (size_t n = 0; n < 1024; n++) {
        note[n] = '\0';
        kedge_err err =
            kedge_event_series_record(s, &about, &about, KEDGE_EVENT_WARNING, "R", "A", note);
        assert_true(err == KEDGE_OK || err == KEDGE_ERR_TOO_LONG);
        if (err == KEDGE_OK) {
            taken++;
            assert_int_equal(
                kedge_event_series_record(s, &about, &about, KEDGE_EVENT_WARNING, "R", "A", note),
                KEDGE_OK);
            run(10);
            w.port.fake.cruelty.refuse = false;
            event_world_run(&w, 7 * KEDGE_MINUTE);
        }
        note[n] = '\x01';
    }
    assert_true(taken > 100 && taken < 1000);
    assert_int_equal(facts().failed, 0);
    close_series();
}

// The end -----------------------------------------------------------------------------------------

static void a_shut_down_tells_what_is_not_told(void **state)
{
    (void)state;
    open_series();
    for (int i = 0; i < 3; i++) {
        hot("Series");
        run(10);
    }
    hot("Single");
    run(10);
    hot("Told");
    hot("Told");
    run(10);
    hot("Last");
    hot("Last");
    kedge_event_series_shut_down(s);
    kedge_event_series_shut_down(s);
    assert_int_equal(hot("Late"), KEDGE_ERR_STOPPED);
    assert_int_equal(facts().kept, 2);
    run(10);
    assert_int_equal(facts().kept, 0);
    assert_int_equal(event_count(&w), 4);
    assert_string_equal(event_text(&w, event_with(&w, "reason", "Series"), "series.count"), "3");
    assert_string_equal(event_text(&w, event_with(&w, "reason", "Last"), "series.count"), "2");
    assert_int_equal(facts().patched, 4);
    close_series();
}

static void a_shut_down_does_not_wait_for_the_next_look(void **state)
{
    (void)state;
    open_series();
    hot("TooHot");
    hot("TooHot");
    run(10);
    hot("TooHot");
    run(KEDGE_MINUTE);
    kedge_event_series_shut_down(s);
    run(10);
    assert_int_equal(facts().kept, 0);
    assert_string_equal(event_text(&w, 0, "series.count"), "3");
    close_series();
}

static void a_shut_down_ends_retries(void **state)
{
    (void)state;
    open_series();
    w.port.fake.cruelty.refuse = true;
    hot("TooHot");
    run(10);
    hot("TooCold");
    kedge_event_series_shut_down(s);
    assert_int_equal(facts().failed, 1);
    run(10);
    assert_int_equal(facts().failed, 2);
    assert_int_equal(facts().kept, 0);
    run(KEDGE_MINUTE);
    close_series();
}

static void what_is_counted_while_a_shut_down_sends_is_told_too(void **state)
{
    (void)state;
    open_series();
    hot("TooHot");
    hot("TooHot");
    mock_inject(w.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_SLOW, .skip = 1, .bytes = 1});
    for (int i = 0; i < 20; i++)
        kedge_poll(w.k, 0);
    assert_int_equal(facts().created, 1);
    assert_int_equal(facts().patched, 0);
    hot("TooHot");
    kedge_event_series_shut_down(s);
    run(KEDGE_MINUTE);
    assert_int_equal(facts().kept, 0);
    assert_string_equal(event_text(&w, 0, "series.count"), "3");
    close_series();
}

static void a_close_drops_what_waits(void **state)
{
    (void)state;
    open_series();
    mock_inject(w.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STALL});
    hot("TooHot");
    hot("TooCold");
    for (int i = 0; i < 5; i++)
        kedge_poll(w.k, 0);
    assert_int_equal(w.port.fake.open_streams, 1);
    kedge_event_series_close(s);
    assert_int_equal(w.port.fake.open_streams, 0);
    assert_int_equal(facts().failed, 2);
    assert_int_equal(facts().kept, 0);
    run(KEDGE_MINUTE);
    assert_int_equal(hot("TooHot"), KEDGE_ERR_STOPPED);
    close_series();
}

static void an_end_under_way_at_a_shut_down_is_tried_once(void **state)
{
    (void)state;
    open_series();
    hot("TooHot");
    hot("TooHot");
    hot("TooHot");
    run(6 * KEDGE_MINUTE - 1);
    mock_inject(w.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STALL});
    run(10);
    kedge_event_series_shut_down(s);
    assert_int_equal(facts().kept, 1);
    run(5 * KEDGE_MINUTE);
    assert_int_equal(facts().kept, 0);
    assert_int_equal(facts().failed, 1);
    close_series();
}

static void many_are_forgotten_in_one_go(void **state)
{
    (void)state;
    char reason[16];
    open_with((struct kedge_event_series_options){.store = 16384});
    for (int i = 0; i < 40; i++) {
        snprintf(reason, sizeof reason, "R%d", i);
        assert_int_equal(hot(reason), KEDGE_OK);
    }
    run(6 * KEDGE_MINUTE - 1);
    assert_int_equal(event_count(&w), 40);
    assert_int_equal(facts().kept, 40);
    run(10);
    assert_int_equal(facts().kept, 0);
    close_series();
}

static void wherever_a_call_fails_there_is_one_event(void **state)
{
    (void)state;
    unsigned at = 1;
    for (;; at++) {
        open_series();
        w.port.fake.calls = 0;
        w.port.fake.cruelty.fail_only = FAKE_CALL_STREAM;
        w.port.fake.cruelty.fail_at = at;
        w.port.fake.cruelty.read_max = 400;
        hot("TooHot");
        hot("TooHot");
        run(KEDGE_MINUTE);
        assert_int_equal(event_count(&w), 1);
        assert_string_equal(event_text(&w, 0, "series.count"), "2");
        assert_int_equal(facts().waiting, 0);
        bool failed = w.port.fake.calls >= at;
        close_series();
        if (!failed)
            break;
    }
    assert_true(at > 8);
}

static void with_any_amount_of_memory(void **state)
{
    (void)state;
    static unsigned char memory[64 * 1024];
    struct kedge_config config = {.server = "http://api.test"};
    const struct kedge_event_series_options options = {.controller = "a"};
    for (size_t size = 8 * 1024;; size += 8) {
        struct fake_port port;
        fake_port_init(&port, 1);
        assert_true(size <= 40 * 1024);
        // At the block's end, which ASan guards.
        struct kedge *k = kedge_init(memory + sizeof memory - size, size, &port.port);
        struct kedge_client *client = kedge_client_new(k, &config);
        s = kedge_event_series_new(client, &options);
        if (s != NULL)
            break;
        assert_int_equal(kedge_error(k), KEDGE_ERR_MEMORY);
        assert_int_equal(hot("TooHot"), KEDGE_ERR_ARGUMENT);
        kedge_client_free(client);
    }
}

static void events_wait_for_the_calendar(void **state)
{
    (void)state;
    open_series();
    w.port.fake.no_calendar = true;
    hot("TooHot");
    run(5 * KEDGE_SECOND);
    hot("TooHot");
    run(10 * KEDGE_MINUTE);
    assert_int_equal(event_count(&w), 0);
    assert_int_equal(facts().waiting, 1);
    w.port.fake.no_calendar = false;
    run(2 * KEDGE_SECOND);
    assert_int_equal(event_count(&w), 1);
    assert_string_equal(event_text(&w, 0, "eventTime"), "2026-01-01T00:00:00.000000Z");
    assert_string_equal(event_text(&w, 0, "series"),
                        "{\"count\":2,\"lastObservedTime\":\"2026-01-01T00:00:05.000000Z\"}");
    close_series();
}

static void a_shut_down_waits_for_no_calendar(void **state)
{
    (void)state;
    open_series();
    w.port.fake.no_calendar = true;
    hot("TooHot");
    hot("TooHot");
    hot("TooCold");
    run(KEDGE_MINUTE);
    assert_int_equal(facts().waiting, 2);
    kedge_event_series_shut_down(s);
    run(10);
    assert_int_equal(facts().waiting, 0);
    assert_int_equal(facts().kept, 0);
    assert_int_equal(facts().failed, 2);
    assert_int_equal(event_count(&w), 0);
    close_series();
}

static void nothing_wakes_where_nothing_is_kept(void **state)
{
    (void)state;
    open_series();
    assert_true(kedge_next_deadline(w.k) == 0 || kedge_next_deadline(w.k) == KEDGE_FOREVER);
    hot("TooHot");
    run(10 * KEDGE_MINUTE);
    assert_int_equal(facts().kept, 0);
    assert_true(kedge_next_deadline(w.k) == KEDGE_FOREVER);
    close_series();
}

static void nothing_spins_while_the_server_is_silent(void **state)
{
    (void)state;
    open_series();
    mock_inject(w.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STALL});
    hot("TooHot");
    run(30 * KEDGE_SECOND);
    unsigned waits = w.port.fake.waits;
    hot("TooCold");
    run(30 * KEDGE_SECOND);
    assert_true(w.port.fake.waits - waits < 10);
    close_series();
}

static void a_request_call_that_waits_holds_up_nothing(void **state)
{
    (void)state;
    open_series();
    hot("TooHot");
    event_world_list_in_vain(&w);
    assert_int_equal(event_count(&w), 1);
    assert_int_equal(facts().waiting, 0);
    close_series();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_has_all_that_client_go_gives_it),
        cmocka_unit_test(the_second_makes_a_series),
        cmocka_unit_test(two_at_once_are_created_and_then_a_series),
        cmocka_unit_test(all_but_note_and_time_tells_them_apart),
        cmocka_unit_test(a_series_is_finished_after_six_minutes),
        cmocka_unit_test(a_single_one_is_forgotten_after_six_minutes),
        cmocka_unit_test(a_long_series_is_told_every_half_hour),
        cmocka_unit_test(what_happens_while_it_is_finished_is_not_lost),
        cmocka_unit_test(a_series_that_is_gone_is_created_anew),
        cmocka_unit_test(a_series_that_came_in_between_is_tried_again),
        cmocka_unit_test(what_the_server_refuses_is_not_repeated),
        cmocka_unit_test(a_server_that_is_away_is_asked_twelve_times),
        cmocka_unit_test(an_end_that_cannot_be_told_is_tried_at_the_next),
        cmocka_unit_test(old_singles_give_their_room),
        cmocka_unit_test(what_is_not_sent_yet_stays),
        cmocka_unit_test(a_store_full_of_series_ends_the_oldest_early),
        cmocka_unit_test(what_is_being_sent_may_move),
        cmocka_unit_test(what_is_no_event_is_refused),
        cmocka_unit_test(an_option_out_of_its_range_is_named),
        cmocka_unit_test(what_does_not_fit_a_body_is_refused_at_once),
        cmocka_unit_test(a_shut_down_tells_what_is_not_told),
        cmocka_unit_test(a_shut_down_does_not_wait_for_the_next_look),
        cmocka_unit_test(a_shut_down_ends_retries),
        cmocka_unit_test(what_is_counted_while_a_shut_down_sends_is_told_too),
        cmocka_unit_test(a_close_drops_what_waits),
        cmocka_unit_test(events_wait_for_the_calendar),
        cmocka_unit_test(a_shut_down_waits_for_no_calendar),
        cmocka_unit_test(an_end_under_way_at_a_shut_down_is_tried_once),
        cmocka_unit_test(many_are_forgotten_in_one_go),
        cmocka_unit_test(wherever_a_call_fails_there_is_one_event),
        cmocka_unit_test(with_any_amount_of_memory),
        cmocka_unit_test(nothing_wakes_where_nothing_is_kept),
        cmocka_unit_test(nothing_spins_while_the_server_is_silent),
        cmocka_unit_test(a_request_call_that_waits_holds_up_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
