// SPDX-License-Identifier: Apache-2.0
// Events of core/v1: what the server gets, and when; what is refused; that recording never waits.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/context.h"
#include "event_world.h"
#include "script.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static struct event_world w;
static struct kedge_event_recorder *r;

static void open_with(const struct kedge_event_recorder_options *options)
{
    event_world_open(&w, NULL);
    r = kedge_event_recorder_new(w.client, options);
    assert_non_null(r);
}

static void open_recorder(void)
{
    open_with(&(struct kedge_event_recorder_options){.component = "thermostat", .host = "node-1"});
}

static void close_recorder(void)
{
    kedge_event_recorder_close(r);
    event_world_close(&w);
}

static struct kedge_event_recorder_facts facts(void)
{
    struct kedge_event_recorder_facts f;
    assert_int_equal(kedge_event_recorder_facts(r, &f), KEDGE_OK);
    return f;
}

static kedge_err warn(const char *reason, const char *message)
{
    return kedge_event_record_for(r, &event_web, KEDGE_EVENT_WARNING, reason, message);
}

static void run(void)
{
    event_world_run(&w, KEDGE_SECOND);
}

// What is written --------------------------------------------------------------------------------

static void an_event_has_all_that_client_go_gives_it(void **state)
{
    (void)state;
    open_recorder();
    struct kedge_object_reference about = event_web;
    about.group = "apps";
    about.field_path = "spec.containers{foo}";
    assert_int_equal(kedge_event_record_for(r, &about, KEDGE_EVENT_WARNING, "TooHot",
                                            "84 \"degrees\"\n\xc3\xa4"),
                     KEDGE_OK);
    assert_int_equal(facts().waiting, 1);
    run();
    assert_int_equal(event_count(&w), 1);
    static const struct {
        const char *path;
        const char *value;
    } all[] = {
        {"apiVersion", "v1"},
        {"kind", "Event"},
        {"metadata.namespace", "default"},
        {"involvedObject", "{\"apiVersion\":\"apps/v1\",\"fieldPath\":\"spec.containers{foo}\","
                           "\"kind\":\"Pod\",\"name\":\"web\",\"namespace\":\"default\","
                           "\"resourceVersion\":\"7\",\"uid\":\"u-1\"}"},
        {"reason", "TooHot"},
        {"message", "84 \"degrees\"\n\xc3\xa4"},
        {"source", "{\"component\":\"thermostat\",\"host\":\"node-1\"}"},
        {"reportingComponent", "thermostat"},
        {"reportingInstance", "node-1"},
        {"type", "Warning"},
        {"count", "1"},
        {"firstTimestamp", "2026-01-01T00:00:00Z"},
        {"lastTimestamp", "2026-01-01T00:00:00Z"},
    };
    for (size_t i = 0; i < COUNT(all); i++)
        assert_string_equal(event_text(&w, 0, all[i].path), all[i].value);
    const char *name = event_text(&w, 0, "metadata.name");
    assert_memory_equal(name, "web.", 4);
    // Nanoseconds: those of the first microsecond of 2026.
    uint64_t stamp = strtoull(name + 4, NULL, 16);
    assert_int_equal(stamp / 1000, UINT64_C(1767225600000000));
    assert_int_equal(strspn(name + 4, "0123456789abcdef"), strlen(name + 4));
    assert_int_equal(facts().waiting, 0);
    assert_int_equal(facts().created, 1);
    close_recorder();
}

static void an_object_of_the_cache_will_do(void **state)
{
    (void)state;
    static unsigned char memory[4096];
    struct kedge_rest *rest;
    const struct kedge_object *obj;
    open_recorder();
    rest = kedge_rest_new(w.client, NULL);
    mock_apply(w.port.mock, "configmaps",
               "{\"metadata\":{\"name\":\"settings\",\"namespace\":\"plant\"}}");
    struct kedge_api api = kedge_api_of(rest, &kedge_kind_configmap, "plant");
    assert_int_equal(kedge_api_get(&api, "settings", NULL, &obj), KEDGE_OK);
    assert_int_equal(kedge_object_copy(obj, memory, sizeof memory, NULL), KEDGE_OK);
    assert_int_equal(
        kedge_event_record(r, &kedge_kind_configmap, obj, KEDGE_EVENT_NORMAL, "Loaded", "ok"),
        KEDGE_OK);
    assert_int_equal(
        kedge_event_record(r, &kedge_kind_pod, obj, KEDGE_EVENT_NORMAL, "Loaded", "ok"),
        KEDGE_ERR_ARGUMENT);
    assert_int_equal(
        kedge_event_record(r, &kedge_kind_configmap, NULL, KEDGE_EVENT_NORMAL, "Loaded", "ok"),
        KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_event_record(r, NULL, obj, KEDGE_EVENT_NORMAL, "Loaded", "ok"),
                     KEDGE_ERR_ARGUMENT);
    run();
    assert_int_equal(event_count(&w), 1);
    assert_string_equal(event_text(&w, 0, "metadata.namespace"), "plant");
    assert_string_equal(event_text(&w, 0, "type"), "Normal");
    obj = (const struct kedge_object *)memory;
    char expected[256];
    char uid[KEDGE_UID_TEXT];
    snprintf(expected, sizeof expected,
             "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"name\":\"settings\",\"namespace\":"
             "\"plant\",\"resourceVersion\":\"%s\",\"uid\":\"%s\"}",
             kedge_resource_version(obj), kedge_uid(obj, uid));
    assert_string_equal(event_text(&w, 0, "involvedObject"), expected);
    kedge_rest_close(rest);
    close_recorder();
}

static void an_object_without_namespace_has_its_events_in_default(void **state)
{
    (void)state;
    open_with(NULL);
    struct kedge_object_reference about = {.version = "v1", .kind = "Node", .name = "node-1"};
    assert_int_equal(kedge_event_record_for(r, &about, KEDGE_EVENT_NORMAL, "Ready", ""), KEDGE_OK);
    run();
    assert_string_equal(event_text(&w, 0, "metadata.namespace"), "default");
    assert_string_equal(event_text(&w, 0, "involvedObject"),
                        "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"name\":\"node-1\"}");
    assert_string_equal(event_text(&w, 0, "source"), "{}");
    close_recorder();
}

static void the_same_again_counts(void **state)
{
    (void)state;
    open_recorder();
    for (int i = 0; i < 3; i++) {
        assert_int_equal(warn("TooHot", "84 degrees"), KEDGE_OK);
        event_world_run(&w, KEDGE_MINUTE);
    }
    assert_int_equal(event_count(&w), 1);
    assert_string_equal(event_text(&w, 0, "count"), "3");
    assert_string_equal(event_text(&w, 0, "firstTimestamp"), "2026-01-01T00:00:00Z");
    assert_string_equal(event_text(&w, 0, "lastTimestamp"), "2026-01-01T00:02:00Z");
    assert_string_equal(event_text(&w, 0, "message"), "84 degrees");
    assert_int_equal(facts().created, 1);
    assert_int_equal(facts().patched, 2);
    // Anything else about it, and it is another.
    struct kedge_object_reference other = event_web;
    other.uid = "u-2";
    kedge_event_record_for(r, &other, KEDGE_EVENT_WARNING, "TooHot", "84 degrees");
    other = event_web;
    other.field_path = "spec";
    kedge_event_record_for(r, &other, KEDGE_EVENT_WARNING, "TooHot", "84 degrees");
    kedge_event_record_for(r, &event_web, KEDGE_EVENT_NORMAL, "TooHot", "84 degrees");
    warn("TooHot", "85 degrees");
    warn("Hot", "84 degrees");
    run();
    assert_int_equal(event_count(&w), 6);
    for (size_t i = 1; i < 6; i++)
        assert_string_equal(event_text(&w, i, "count"), "1");
    // But not what the object's version is.
    other = event_web;
    other.resource_version = "8";
    kedge_event_record_for(r, &other, KEDGE_EVENT_WARNING, "TooHot", "84 degrees");
    run();
    assert_int_equal(event_count(&w), 6);
    close_recorder();
}

// Annotations ------------------------------------------------------------------------------------

static kedge_err annotated(const char *message, const struct kedge_label *pairs, size_t count)
{
    return kedge_event_record_annotated(r, &event_web, KEDGE_EVENT_WARNING, "TooHot", message,
                                        kedge_labels_of(pairs, count));
}

static void an_event_may_have_annotations(void **state)
{
    (void)state;
    const struct kedge_label pairs[] = {
        {KEDGE_STR("Example.com/sensor"), KEDGE_STR("7 \"west\"\n\xc3\xa4")},
        {KEDGE_STR("empty"), {NULL, 0}},
    };
    open_recorder();
    assert_int_equal(annotated("84 degrees", pairs, 2), KEDGE_OK);
    assert_int_equal(annotated("85 degrees", NULL, 0), KEDGE_OK);
    assert_int_equal(warn("TooHot", "86 degrees"), KEDGE_OK);
    run();
    assert_int_equal(event_count(&w), 3);
    size_t at = event_with(&w, "message", "84 degrees");
    assert_string_equal(event_text(&w, at, "metadata.annotations"),
                        "{\"Example.com/sensor\":\"7 \\\"west\\\"\\n\xc3\xa4\",\"empty\":\"\"}");
    for (size_t i = 0; i < 2; i++) {
        at = event_with(&w, "message", i == 0 ? "85 degrees" : "86 degrees");
        assert_string_equal(event_text(&w, at, "metadata.annotations"), "");
    }
    close_recorder();
}

// Two events with different annotations are the same; the first one's stay.
static void annotations_do_not_tell_events_apart(void **state)
{
    (void)state;
    const struct kedge_label pairs[] = {{KEDGE_STR("a"), KEDGE_STR("1")},
                                        {KEDGE_STR("a"), KEDGE_STR("2")}};
    char name[300];
    open_recorder();
    annotated("84 degrees", &pairs[0], 1);
    annotated("84 degrees", &pairs[1], 1);
    warn("TooHot", "84 degrees");
    run();
    assert_int_equal(event_count(&w), 1);
    assert_string_equal(event_text(&w, 0, "count"), "3");
    assert_string_equal(event_text(&w, 0, "metadata.annotations"), "{\"a\":\"1\"}");
    // Where it is gone, it is created with those of the one that finds it so.
    snprintf(name, sizeof name, "%s", event_text(&w, 0, "metadata.name"));
    assert_true(mock_delete(w.port.mock, "events", "default", name));
    annotated("84 degrees", &pairs[1], 1);
    run();
    assert_string_equal(event_text(&w, 0, "count"), "4");
    assert_string_equal(event_text(&w, 0, "metadata.annotations"), "{\"a\":\"2\"}");
    close_recorder();
}

static void a_combined_event_has_no_annotations(void **state)
{
    (void)state;
    const struct kedge_label pair = {KEDGE_STR("a"), KEDGE_STR("1")};
    open_with(&(struct kedge_event_recorder_options){.similar = 2});
    annotated("1", &pair, 1);
    annotated("2", &pair, 1);
    run();
    size_t at = event_with(&w, "message", "1");
    assert_string_equal(event_text(&w, at, "metadata.annotations"), "{\"a\":\"1\"}");
    at = event_with(&w, "message", "(combined from similar events): 2");
    assert_string_equal(event_text(&w, at, "metadata.annotations"), "");
    close_recorder();
}

static void annotations_of_an_object_will_do(void **state)
{
    (void)state;
    static struct {
        struct kedge_text_map map;
        struct kedge_text_pair pair;
        char text[8];
    } m = {.text = "k"};
    m.map.count = 1;
    m.map.offset = (kedge_offset)((char *)&m.pair - (char *)&m.map);
    m.pair.key.offset = (kedge_offset)(m.text - (char *)&m.pair.key);
    open_recorder();
    assert_int_equal(kedge_event_record_annotated(r, &event_web, KEDGE_EVENT_NORMAL, "A", "b",
                                                  kedge_labels_of_map(&m.map)),
                     KEDGE_OK);
    run();
    assert_string_equal(event_text(&w, 0, "metadata.annotations"), "{\"k\":\"\"}");
    close_recorder();
}

static void annotations_that_are_none_are_refused(void **state)
{
    (void)state;
    const struct kedge_label good = {KEDGE_STR("a"), KEDGE_STR("1")};
    const struct kedge_label bad[] = {
        {KEDGE_STR(""), KEDGE_STR("1")},     {KEDGE_STR("a b"), KEDGE_STR("1")},
        {KEDGE_STR("a_b/c"), KEDGE_STR("")}, {KEDGE_STR("\xff"), KEDGE_STR("1")},
        {KEDGE_STR("a"), KEDGE_STR("\xff")}, {KEDGE_STR("a"), KEDGE_STR("1\xc3")},
    };
    open_recorder();
    for (size_t i = 0; i < COUNT(bad); i++) {
        const struct kedge_label two[] = {good, bad[i]};
        assert_int_equal(annotated("84 degrees", &bad[i], 1), KEDGE_ERR_ARGUMENT);
        assert_int_equal(annotated("84 degrees", two, 2), KEDGE_ERR_ARGUMENT);
    }
    assert_int_equal(kedge_event_record_annotated(NULL, &event_web, KEDGE_EVENT_NORMAL, "A", "b",
                                                  kedge_labels_of(&good, 1)),
                     KEDGE_ERR_ARGUMENT);
    assert_int_equal(facts().recorded, 0);
    assert_int_equal(facts().waiting, 0);
    assert_true(event_logged(&w, "or an annotation's key is none"));
    close_recorder();
}

// Whatever is taken fits a request, and does so to the last byte.
static void annotations_fit_the_body_or_are_refused_at_once(void **state)
{
    (void)state;
    static char value[4097];
    memset(value, '"', sizeof value - 1);
    open_with(&(struct kedge_event_recorder_options){
        .component = "thermostat", .host = "node-1", .queue = 8192, .burst = 100000, .body = 2048});
    size_t taken = 0;
    for (size_t len = 0; len < 2048; len++) {
        struct kedge_label pair = {KEDGE_STR("a"), {value, len}};
        char message[16];
        snprintf(message, sizeof message, "%zu", len % 9);
        kedge_err err = annotated(message, &pair, 1);
        assert_true(err == KEDGE_ERR_TOO_LONG || (err == KEDGE_OK && taken == len));
        taken += err == KEDGE_OK;
        run();
    }
    assert_in_range(taken, 300, 1000);
    assert_int_equal(facts().failed, 0);
    assert_int_equal(facts().recorded, taken);
    close_recorder();
}

static void annotations_take_room_in_the_queue(void **state)
{
    (void)state;
    static char value[2001];
    memset(value, 'v', sizeof value - 1);
    const struct kedge_label pair = {KEDGE_STR("a"), kedge_str_of(value)};
    open_with(&(struct kedge_event_recorder_options){.queue = 4096, .body = 8192});
    assert_int_equal(annotated("1", &pair, 1), KEDGE_OK);
    assert_int_equal(annotated("2", &pair, 1), KEDGE_ERR_FULL);
    assert_int_equal(annotated("2", NULL, 0), KEDGE_OK);
    run();
    assert_int_equal(event_count(&w), 2);
    close_recorder();
}

static void what_is_counted_and_gone_is_created_anew(void **state)
{
    (void)state;
    open_recorder();
    warn("TooHot", "84 degrees");
    run();
    char name[300];
    snprintf(name, sizeof name, "%s", event_text(&w, 0, "metadata.name"));
    assert_true(mock_delete(w.port.mock, "events", "default", name));
    event_world_run(&w, KEDGE_MINUTE);
    warn("TooHot", "84 degrees");
    run();
    assert_int_equal(event_count(&w), 1);
    assert_string_equal(event_text(&w, 0, "metadata.name"), name);
    assert_string_equal(event_text(&w, 0, "count"), "2");
    assert_string_equal(event_text(&w, 0, "firstTimestamp"), "2026-01-01T00:00:00Z");
    assert_string_equal(event_text(&w, 0, "lastTimestamp"), "2026-01-01T00:01:01Z");
    assert_int_equal(facts().created, 2);
    close_recorder();
}

static void a_name_that_is_no_dns_subdomain_becomes_a_uuid(void **state)
{
    (void)state;
    open_recorder();
    static char longest[254];
    memset(longest, 'a', 253);
    static const char *const names[] = {"Upper", "a_b", "system:node", longest};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct kedge_object_reference about = event_web;
        about.name = names[i];
        // The same one twice: the patch finds it by its name.
        for (int times = 0; times < 2; times++) {
            kedge_event_record_for(r, &about, KEDGE_EVENT_NORMAL, "Seen", "here");
            run();
        }
        assert_int_equal(event_count(&w), i + 1);
        size_t at = event_with(&w, "involvedObject.name", names[i]);
        assert_string_equal(event_text(&w, at, "count"), "2");
        const char *name = event_text(&w, at, "metadata.name");
        assert_int_equal(strlen(name), 36);
        assert_int_equal(strspn(name, "0123456789abcdef-"), 36);
        assert_true(name[8] == '-' && name[13] == '-' && name[18] == '-' && name[23] == '-');
        assert_int_equal(name[14], '4');
        assert_non_null(strchr("89ab", name[19]));
    }
    close_recorder();
}

static void names_differ_however_coarse_the_clock_is(void **state)
{
    (void)state;
    char message[32];
    open_with(&(struct kedge_event_recorder_options){.similar = 1000, .burst = 1000, .entries = 2});
    for (int i = 0; i < 200; i++) {
        snprintf(message, sizeof message, "%d", i);
        warn("TooHot", message);
        if (i % 10 == 9)
            for (int n = 0; n < 100; n++)
                kedge_poll(w.k, 0); // no time passes
    }
    assert_int_equal(w.port.fake.now, FAKE_PORT_START);
    assert_int_equal(event_count(&w), 200);
    close_recorder();
}

// Combining and filtering, as the server sees it -------------------------------------------------

static void the_tenth_message_begins_the_combined_event(void **state)
{
    (void)state;
    char message[32];
    open_recorder();
    for (int i = 1; i <= 12; i++) {
        snprintf(message, sizeof message, "%d degrees", i);
        warn("TooHot", message);
        event_world_run(&w, 5 * KEDGE_MINUTE);
    }
    assert_int_equal(event_count(&w), 10);
    size_t i = event_with(&w, "message", "(combined from similar events): 12 degrees");
    assert_string_equal(event_text(&w, i, "count"), "3");
    assert_string_equal(event_text(&w, i, "firstTimestamp"), "2026-01-01T00:45:00Z");
    assert_string_equal(event_text(&w, i, "lastTimestamp"), "2026-01-01T00:55:00Z");
    assert_string_equal(event_text(&w, i, "source.component"), "thermostat");
    assert_string_equal(event_text(&w, i, "reportingComponent"), "");
    assert_string_equal(event_text(&w, i, "reason"), "TooHot");
    close_recorder();
}

static void what_is_skipped_is_counted_in_the_next(void **state)
{
    (void)state;
    open_recorder();
    for (int i = 0; i < 30; i++) {
        assert_int_equal(warn("TooHot", "84 degrees"), KEDGE_OK);
        event_world_run(&w, 10);
    }
    assert_string_equal(event_text(&w, 0, "count"), "25");
    assert_int_equal(facts().skipped, 5);
    assert_int_equal(facts().patched, 24);
    event_world_run(&w, 5 * KEDGE_MINUTE);
    warn("TooHot", "84 degrees");
    run();
    assert_string_equal(event_text(&w, 0, "count"), "31");
    close_recorder();
}

static void what_was_skipped_at_first_is_created_later(void **state)
{
    (void)state;
    open_with(&(struct kedge_event_recorder_options){.burst = 1});
    warn("TooHot", "a");
    warn("TooHot", "b");
    run();
    assert_int_equal(event_count(&w), 1);
    event_world_run(&w, 5 * KEDGE_MINUTE);
    warn("TooHot", "b");
    run();
    assert_int_equal(event_count(&w), 2);
    assert_string_equal(event_text(&w, event_with(&w, "message", "b"), "count"), "2");
    close_recorder();
}

// What is refused --------------------------------------------------------------------------------

static void what_is_no_event_is_refused(void **state)
{
    (void)state;
    struct kedge_object_reference about = event_web;
    char long_one[300];
    open_recorder();
    memset(long_one, 'a', 299);
    long_one[299] = '\0';
    assert_int_equal(kedge_event_record_for(NULL, &about, KEDGE_EVENT_NORMAL, "A", "b"),
                     KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_event_record_for(r, NULL, KEDGE_EVENT_NORMAL, "A", "b"),
                     KEDGE_ERR_ARGUMENT);
    unsigned no_type = 2;
    assert_int_equal(kedge_event_record_for(r, &about, (enum kedge_event_type)no_type, "A", "b"),
                     KEDGE_ERR_ARGUMENT);
    about.name = "";
    assert_int_equal(kedge_event_record_for(r, &about, KEDGE_EVENT_NORMAL, "A", "b"),
                     KEDGE_ERR_ARGUMENT);
    about = event_web;
    about.kind = NULL;
    assert_int_equal(kedge_event_record_for(r, &about, KEDGE_EVENT_NORMAL, "A", "b"),
                     KEDGE_ERR_ARGUMENT);
    about = event_web;
    about.uid = "\xff";
    assert_int_equal(kedge_event_record_for(r, &about, KEDGE_EVENT_NORMAL, "A", "b"),
                     KEDGE_ERR_ARGUMENT);
    assert_int_equal(warn("\xc3", "b"), KEDGE_ERR_ARGUMENT);
    static const char *const no_versions[] = {"v\"1", "v\\1", "v 1", "v\x7f", "v\xc3\xa4"};
    for (size_t i = 0; i < 2 * COUNT(no_versions); i++) {
        about = event_web;
        *(i % 2 ? &about.group : &about.version) = no_versions[i / 2];
        assert_int_equal(kedge_event_record_for(r, &about, KEDGE_EVENT_NORMAL, "A", "b"),
                         KEDGE_ERR_ARGUMENT);
    }
    about = event_web;
    about.name = long_one;
    assert_int_equal(kedge_event_record_for(r, &about, KEDGE_EVENT_NORMAL, "A", "b"),
                     KEDGE_ERR_TOO_LONG);
    assert_int_equal(warn(long_one + 299 - 129, "b"), KEDGE_ERR_TOO_LONG);
    assert_true(event_logged(&w, "0 events: 1 not recorded, the last because: it has no object"));
    assert_int_equal(facts().recorded, 0);
    assert_int_equal(warn(long_one + 299 - 128, "b"), KEDGE_OK);
    run();
    assert_int_equal(event_count(&w), 1);
    assert_int_equal(kedge_event_recorder_facts(r, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_event_recorder_facts(NULL, NULL), KEDGE_ERR_ARGUMENT);
    kedge_event_recorder_shut_down(NULL);
    kedge_event_recorder_close(NULL);
    assert_null(kedge_event_recorder_new(NULL, NULL));
    close_recorder();
}

static void reasons_and_messages_may_be_missing(void **state)
{
    (void)state;
    open_recorder();
    assert_int_equal(warn(NULL, NULL), KEDGE_OK);
    run();
    assert_int_equal(event_count(&w), 1);
    assert_string_equal(event_text(&w, 0, "message"), "");
    close_recorder();
}

static void an_option_out_of_its_range_is_named(void **state)
{
    (void)state;
    static const struct {
        struct kedge_event_recorder_options options;
        const char *text;
    } wrong[] = {
        {{.message = 63}, "events: the longest message is under 64 bytes"},
        {{.body = 831}, "events: the longest body is under 832 bytes"},
        {{.component = "\xff"}, "events: the component's or host's name is not UTF-8"},
        {{.similar = 1001},
         "events: similar is over 1,000, burst over 100,000, or refill over a day"},
        {{.burst = 100001},
         "events: similar is over 1,000, burst over 100,000, or refill over a day"},
        {{.refill = 24 * KEDGE_HOUR + 1},
         "events: similar is over 1,000, burst over 100,000, or refill over a day"},
        {{.entries = 1000000}, "no room for events: "},
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        event_world_open(&w, NULL);
        assert_null(kedge_event_recorder_new(w.client, &wrong[i].options));
        if (strstr(kedge_error_text(w.k), wrong[i].text) == NULL)
            assert_string_equal(kedge_error_text(w.k), wrong[i].text);
        assert_null(kedge_event_recorder_new(w.client, NULL));
        event_world_close(&w);
    }
}

static void a_full_queue_drops_and_says_so(void **state)
{
    (void)state;
    open_with(&(struct kedge_event_recorder_options){.queue = 512});
    unsigned taken = 0;
    for (int i = 0; i < 20; i++) {
        kedge_err err = warn("TooHot", "84 degrees");
        assert_true(err == KEDGE_OK || err == KEDGE_ERR_FULL);
        taken += err == KEDGE_OK;
    }
    assert_true(taken >= 3 && taken < 10);
    assert_int_equal(facts().dropped, 20 - taken);
    assert_int_equal(facts().recorded, taken);
    assert_true(
        event_logged(&w, "0 events: 1 not recorded, the last because: too many wait to be"));
    assert_false(event_logged(&w, "2 not recorded"));
    run();
    assert_int_equal(event_count(&w), 1);
    char count[16];
    snprintf(count, sizeof count, "%u", taken);
    assert_string_equal(event_text(&w, 0, "count"), count);
    // There is room again; and the log hears of the others once it may.
    event_world_run(&w, 10 * KEDGE_SECOND);
    for (int i = 0; i < 20; i++)
        warn("TooHot", "84 degrees");
    char line[64];
    snprintf(line, sizeof line, "events: %u not recorded", 20 - taken);
    assert_true(event_logged(&w, line));
    close_recorder();
}

static void a_thousand_in_a_row_all_arrive(void **state)
{
    (void)state;
    char name[32];
    open_with(&(struct kedge_event_recorder_options){.queue = 2048, .entries = 8});
    for (int i = 0; i < 1000; i++) {
        struct kedge_object_reference about = event_web;
        snprintf(name, sizeof name, "web-%d", i);
        about.name = name;
        assert_int_equal(kedge_event_record_for(r, &about, KEDGE_EVENT_NORMAL, "Seen", "here"),
                         KEDGE_OK);
        event_world_run(&w, 20);
    }
    assert_int_equal(event_count(&w), 1000);
    assert_int_equal(facts().created, 1000);
    close_recorder();
}

static void a_long_message_is_cut_between_characters(void **state)
{
    (void)state;
    char message[300];
    char expected[300];
    open_with(&(struct kedge_event_recorder_options){.message = 64});
    memset(message, 'm', sizeof message);
    message[60] = '\0';
    strcat(message, "\xc3\xa4\xc3\xa4"); // 64 bytes
    warn("A", message);
    strcpy(message + 60, "\xc3\xa4\xc3\xa4x"); // one too many
    warn("B", message);
    warn("C", "bad \xff\xc3 bytes");
    run();
    assert_int_equal(event_count(&w), 3);
    snprintf(expected, sizeof expected, "%.60s\xc3\xa4\xc3\xa4", message);
    assert_string_equal(event_text(&w, event_with(&w, "reason", "A"), "message"), expected);
    snprintf(expected, sizeof expected, "%.60s...", message);
    assert_string_equal(event_text(&w, event_with(&w, "reason", "B"), "message"), expected);
    assert_string_equal(event_text(&w, event_with(&w, "reason", "C"), "message"),
                        "bad \xef\xbf\xbd\xef\xbf\xbd bytes");
    close_recorder();
}

// Escapes make a text six times as long.
static void what_does_not_fit_a_body_is_refused_at_once(void **state)
{
    (void)state;
    char message[1025];
    open_recorder();
    memset(message, '\x01', 1024);
    message[1024] = '\0';
    assert_int_equal(warn("TooHot", message), KEDGE_ERR_TOO_LONG);
    assert_int_equal(facts().waiting, 0);
    // Whatever is taken fits: nothing is refused when it is sent.
    for (size_t n = 0; n < 1024; n++) {
        message[n] = '\0';
        if (warn("TooHot", message) == KEDGE_OK)
            run();
        message[n] = n % 2 ? '\x01' : 'x';
    }
    assert_int_equal(facts().failed, 0);
    assert_true(facts().recorded > 300);
    close_recorder();
}

// Failing ----------------------------------------------------------------------------------------

static void a_server_that_is_away_is_asked_twelve_times(void **state)
{
    (void)state;
    open_recorder();
    w.port.fake.cruelty.refuse = true;
    warn("TooHot", "84 degrees");
    warn("TooCold", "4 degrees");
    // The first pause is 0 to 10 s, ten more are 10 s each.
    event_world_run(&w, 99 * KEDGE_SECOND);
    assert_int_equal(facts().failed, 0);
    event_world_run(&w, 12 * KEDGE_SECOND);
    assert_int_equal(facts().failed, 1);
    assert_int_equal(facts().waiting, 1);
    assert_true(event_logged(&w, ", given up: create events in default: "));
    w.port.fake.cruelty.refuse = false;
    event_world_run(&w, 11 * KEDGE_SECOND);
    assert_int_equal(event_count(&w), 1);
    assert_string_equal(event_text(&w, 0, "reason"), "TooCold");
    close_recorder();
}

static void the_first_pause_is_drawn(void **state)
{
    (void)state;
    kedge_time least = KEDGE_FOREVER;
    kedge_time most = 0;
    for (int i = 0; i < 30; i++) {
        open_recorder();
        for (int n = 0; n < i; n++)
            fake_port_random(&w.port.fake, 2);
        w.port.fake.cruelty.refuse = true;
        close_recorder();
        event_world_open(&w, NULL);
        w.port.fake.random += (uint64_t)i * 77;
        r = kedge_event_recorder_new(w.client, NULL);
        w.port.fake.cruelty.refuse = true;
        warn("TooHot", "84 degrees");
        kedge_poll(w.k, 0);
        kedge_poll(w.k, 0);
        w.port.fake.cruelty.refuse = false;
        kedge_time began = w.port.fake.now;
        while (event_count(&w) == 0)
            kedge_poll(w.k, KEDGE_MINUTE);
        kedge_time took = w.port.fake.now - began;
        assert_true(took <= 10 * KEDGE_SECOND);
        least = took < least ? took : least;
        most = took > most ? took : most;
        close_recorder();
    }
    assert_true(least < 4 * KEDGE_SECOND);
    assert_true(most > 6 * KEDGE_SECOND);
}

static void what_the_server_refuses_is_not_repeated(void **state)
{
    (void)state;
    static const int codes[] = {400, 401, 403, 404, 409, 422, 500, 503};
    for (size_t i = 0; i < COUNT(codes); i++) {
        open_recorder();
        mock_inject(w.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STATUS,
                                                      .on = MOCK_ON_OTHER,
                                                      .status = codes[i],
                                                      .retry_after_s = -1});
        warn("TooHot", "84 degrees");
        warn("TooCold", "4 degrees");
        event_world_run(&w, KEDGE_MINUTE);
        assert_int_equal(facts().failed, 1);
        assert_int_equal(event_count(&w), 1);
        assert_string_equal(event_text(&w, 0, "reason"), "TooCold");
        assert_true(event_logged(&w, ", refused: create events in default: "));
        close_recorder();
    }
}

// Answers that the mock does not give.
static struct script script;

static void open_script(const char *const *texts, size_t count)
{
    event_world_open(&w, NULL);
    script_serve(&script, &w.port.fake, texts, count);
    r = kedge_event_recorder_new(w.client, NULL);
    assert_non_null(r);
}

static void close_script(void)
{
    kedge_event_recorder_close(r);
    event_world_close(&w);
}

static unsigned script_requests(void)
{
    unsigned seen = 0;
    script.seen[script.seen_len] = '\0';
    for (const char *at = script.seen; (at = strstr(at, " HTTP/1.1\r\n")) != NULL; at++)
        seen++;
    return seen;
}

static void answers(const char *const *texts, size_t count, unsigned requests, const char *log)
{
    open_script(texts, count);
    warn("TooHot", "84 degrees");
    event_world_run(&w, KEDGE_MINUTE);
    assert_int_equal(script_requests(), requests);
    assert_true(event_logged(&w, log));
    close_script();
}

#define REPLY(code, body) \
    "HTTP/1.1 " code " x\r\nContent-Type: application/json\r\n\r\n" body SCRIPT_CLOSES
#define CREATED REPLY("201", "{\"metadata\":{\"name\":\"web.1\"},\"count\":1}")

static void what_is_usual_is_logged_low(void **state)
{
    (void)state;
    static const char *const exists[] = {
        REPLY("409", "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"AlreadyExists\"}")};
    static const char *const ends[] = {REPLY(
        "403", "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Forbidden\",\"code\":403,"
               "\"details\":{\"causes\":[{\"reason\":\"NamespaceTerminating\"}]}}")};
    answers(exists, 1, 1, "3 event web.");
    answers(ends, 1, 1, "3 event web.");
}

static void an_answer_that_is_no_event_is_asked_for_again(void **state)
{
    (void)state;
    static const char *const portal[] = {
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>", CREATED};
    answers(portal, 2, 2, "1 event web.");
}

// The server's count is what the next one adds to: another may have counted, too.
static void the_servers_count_is_gone_on_from(void **state)
{
    (void)state;
    static const char *const more[] = {
        REPLY("201", "{\"metadata\":{\"name\":\"web.1\"},\"count\":40}"), CREATED};
    open_script(more, 2);
    warn("TooHot", "84 degrees");
    warn("TooHot", "84 degrees");
    run();
    assert_int_equal(script_requests(), 2);
    assert_non_null(strstr(script.seen, "{\"count\":41,"));
    assert_non_null(strstr(script.seen, "Content-Type: application/strategic-merge-patch+json"));
    close_script();
}

// Of a count that it does not tell, ours is gone on from.
static void an_answer_too_large_to_be_read_is_good_enough(void **state)
{
    (void)state;
    static char large[4096];
    static char label[3000];
    memset(label, 'l', sizeof label - 1);
    snprintf(large, sizeof large,
             "HTTP/1.1 201 x\r\nContent-Type: application/json\r\n\r\n{\"metadata\":{\"name\":"
             "\"web.1\",\"labels\":{\"l\":\"%s\"}},\"count\":40}%s",
             label, SCRIPT_CLOSES);
    const char *const texts[] = {large, CREATED};
    open_script(texts, 2);
    warn("TooHot", "84 degrees");
    warn("TooHot", "84 degrees");
    run();
    assert_int_equal(script_requests(), 2);
    assert_non_null(strstr(script.seen, "{\"count\":2,"));
    close_script();
}

static void a_patch_is_refused_in_any_way(void **state)
{
    (void)state;
    static const char *const texts[] = {
        CREATED,
        REPLY("409", "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"AlreadyExists\"}")};
    open_script(texts, 2);
    warn("TooHot", "84 degrees");
    warn("TooHot", "84 degrees");
    event_world_run(&w, KEDGE_MINUTE);
    assert_int_equal(script_requests(), 2);
    assert_int_equal(facts().failed, 1);
    assert_int_equal(facts().waiting, 0);
    close_script();
}

static void what_makes_no_request_is_given_up_at_once(void **state)
{
    (void)state;
    open_recorder();
    struct kedge_object_reference about = event_web;
    about.namespace_ = "a/b";
    assert_int_equal(kedge_event_record_for(r, &about, KEDGE_EVENT_NORMAL, "A", "b"), KEDGE_OK);
    warn("TooHot", "84 degrees");
    run();
    assert_int_equal(facts().failed, 1);
    assert_int_equal(event_count(&w), 1);
    assert_true(event_logged(&w, ", cannot be sent: "));
    close_recorder();
}

// Each call of the port fails in turn: one event of it all the same, since one name is one event.
static void wherever_a_call_fails_there_is_one_event(void **state)
{
    (void)state;
    unsigned at = 1;
    for (;; at++) {
        open_recorder();
        w.port.fake.calls = 0;
        w.port.fake.cruelty.fail_only = FAKE_CALL_STREAM;
        w.port.fake.cruelty.fail_at = at;
        w.port.fake.cruelty.read_max = 400;
        warn("TooHot", "84 degrees");
        event_world_run(&w, KEDGE_MINUTE);
        assert_int_equal(event_count(&w), 1);
        assert_int_equal(facts().waiting, 0);
        assert_int_equal(facts().created + facts().failed, 1);
        bool failed = w.port.fake.calls >= at;
        close_recorder();
        if (!failed)
            break;
    }
    assert_true(at > 4);
}

static void with_any_amount_of_memory(void **state)
{
    (void)state;
    static unsigned char memory[64 * 1024];
    struct kedge_config config = {.server = "http://api.test"};
    size_t size = 1024;
    unsigned without = 0; // a client, but not the least room for a recorder
    for (;; size += 8) {
        struct fake_port port;
        fake_port_init(&port, 1);
        assert_true(size <= sizeof memory);
        // At the block's end, which ASan guards.
        struct kedge *k = kedge_init(memory + sizeof memory - size, size, &port.port);
        struct kedge_client *client = kedge_client_new(k, &config);
        r = kedge_event_recorder_new(client, NULL);
        if (r != NULL)
            break;
        without += client != NULL;
        assert_int_equal(kedge_error(k), k != NULL ? KEDGE_ERR_MEMORY : KEDGE_ERR_ARGUMENT);
        assert_int_equal(warn("TooHot", "84 degrees"), KEDGE_ERR_ARGUMENT);
        kedge_client_free(client);
    }
    assert_true(without > 1000);
    // What the header says: queue, body, entries, and 16 KiB.
    assert_true(size < 40 * 1024);
}

// The end ----------------------------------------------------------------------------------------

static void a_shut_down_ends_a_retry(void **state)
{
    (void)state;
    open_recorder();
    w.port.fake.cruelty.refuse = true;
    warn("TooHot", "84 degrees");
    warn("TooCold", "4 degrees");
    kedge_poll(w.k, 0);
    kedge_poll(w.k, 0);
    assert_int_equal(facts().waiting, 2);
    unsigned opens = w.port.fake.opens;
    kedge_event_recorder_shut_down(r);
    assert_int_equal(facts().waiting, 1);
    assert_int_equal(facts().failed, 1);
    assert_int_equal(warn("TooHot", "84 degrees"), KEDGE_ERR_STOPPED);
    event_world_run(&w, KEDGE_MINUTE);
    // The other one was tried once.
    assert_int_equal(facts().waiting, 0);
    assert_int_equal(facts().failed, 2);
    assert_int_equal(w.port.fake.opens, opens);
    assert_int_equal(event_count(&w), 0);
    close_recorder();
}

static void what_waits_at_a_shut_down_is_still_sent(void **state)
{
    (void)state;
    open_recorder();
    warn("TooHot", "84 degrees");
    warn("TooCold", "4 degrees");
    kedge_event_recorder_shut_down(r);
    run();
    assert_int_equal(event_count(&w), 2);
    close_recorder();
}

static void a_close_drops_what_waits(void **state)
{
    (void)state;
    open_recorder();
    mock_inject(w.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STALL});
    warn("TooHot", "84 degrees");
    warn("TooCold", "4 degrees");
    for (int i = 0; i < 5; i++)
        kedge_poll(w.k, 0);
    assert_int_equal(w.port.fake.open_streams, 1);
    kedge_event_recorder_close(r);
    assert_int_equal(w.port.fake.open_streams, 0);
    assert_int_equal(facts().failed, 2);
    assert_int_equal(facts().waiting, 0);
    event_world_run(&w, KEDGE_MINUTE);
    assert_int_equal(warn("TooHot", "84 degrees"), KEDGE_ERR_STOPPED);
    kedge_event_recorder_close(r);
    event_world_close(&w);
}

// The calendar -----------------------------------------------------------------------------------

static void events_wait_for_the_calendar(void **state)
{
    (void)state;
    open_recorder();
    w.port.fake.no_calendar = true;
    warn("Booted", "hello");
    event_world_run(&w, 30 * KEDGE_SECOND);
    assert_int_equal(event_count(&w), 0);
    w.port.fake.no_calendar = false;
    event_world_run(&w, 2 * KEDGE_SECOND);
    assert_int_equal(event_count(&w), 1);
    // It has the time when it was recorded.
    assert_string_equal(event_text(&w, 0, "firstTimestamp"), "2026-01-01T00:00:00Z");
    close_recorder();
}

static void without_a_calendar_there_are_no_times(void **state)
{
    (void)state;
    open_recorder();
    w.port.fake.no_calendar = true;
    warn("Booted", "hello");
    event_world_run(&w, 59 * KEDGE_SECOND);
    assert_int_equal(event_count(&w), 0);
    event_world_run(&w, 2 * KEDGE_SECOND);
    assert_int_equal(event_count(&w), 1);
    assert_string_equal(event_text(&w, 0, "firstTimestamp"), "");
    assert_string_equal(event_text(&w, 0, "lastTimestamp"), "");
    assert_int_equal(strlen(event_text(&w, 0, "metadata.name")), 4 + 16);
    // The next ones do not wait.
    warn("TooHot", "84 degrees");
    warn("Booted", "hello");
    run();
    assert_int_equal(event_count(&w), 2);
    assert_string_equal(event_text(&w, event_with(&w, "reason", "Booted"), "count"), "2");
    // Until there is one.
    w.port.fake.no_calendar = false;
    warn("TooHot", "84 degrees");
    run();
    size_t i = event_with(&w, "reason", "TooHot");
    assert_string_equal(event_text(&w, i, "lastTimestamp"), "2026-01-01T00:01:02Z");
    w.port.fake.no_calendar = true;
    warn("Late", "again");
    run();
    assert_int_equal(event_count(&w), 2);
    kedge_event_recorder_shut_down(r); // that does not wait
    run();
    assert_int_equal(event_count(&w), 3);
    close_recorder();
}

static void events_are_in_the_log_if_that_is_wanted(void **state)
{
    (void)state;
    open_recorder();
    warn("TooHot", "84 degrees");
    assert_false(event_logged(&w, "TooHot"));
    close_recorder();
    open_with(&(struct kedge_event_recorder_options){.log = true});
    warn("TooHot", "84\ndegrees");
    assert_true(event_logged(&w, "2 Warning TooHot: Pod default/web: 84?degrees\n"));
    close_recorder();
}

// As a reply's Date does where the port has no calendar.
static void the_calendar_may_be_the_servers(void **state)
{
    (void)state;
    open_recorder();
    w.port.fake.no_calendar = true;
    warn("TooHot", "84 degrees");
    run();
    assert_int_equal(event_count(&w), 0);
    kedge__wall_tell(w.k, INT64_C(1767225601000000), w.port.fake.now, w.port.fake.now);
    event_world_run(&w, 2 * KEDGE_SECOND);
    assert_int_equal(event_count(&w), 1);
    assert_string_equal(event_text(&w, 0, "firstTimestamp"), "2026-01-01T00:00:00Z");
    close_recorder();
}

// Beyond the year 2262 a name has no time, beyond 9999 nothing has.
static void the_far_future_has_no_times(void **state)
{
    (void)state;
    open_recorder();
    w.port.fake.wall = INT64_C(316224000000000000); // near the year 11991
    warn("TooHot", "84 degrees");
    run();
    assert_int_equal(event_count(&w), 1);
    assert_string_equal(event_text(&w, 0, "firstTimestamp"), "");
    assert_string_equal(event_text(&w, 0, "lastTimestamp"), "");
    close_recorder();
}

static void an_api_version_may_be_in_one_or_two_parts(void **state)
{
    (void)state;
    static const struct {
        const char *group;
        const char *version;
        const char *together;
    } parts[] = {{"apps", "v1", "apps/v1"},
                 {"", "v1", "v1"},
                 {NULL, "apps/v1", "apps/v1"},
                 {"apps", NULL, "apps"},
                 {NULL, NULL, ""}};
    for (size_t i = 0; i < COUNT(parts); i++) {
        open_recorder();
        struct kedge_object_reference about = event_web;
        about.group = parts[i].group;
        about.version = parts[i].version;
        kedge_event_record_for(r, &about, KEDGE_EVENT_NORMAL, "A", "b");
        run();
        assert_string_equal(event_text(&w, 0, "involvedObject.apiVersion"), parts[i].together);
        close_recorder();
    }
}

static void the_correlators_numbers_may_be_others(void **state)
{
    (void)state;
    open_with(&(struct kedge_event_recorder_options){
        .similar = 2, .similar_within = KEDGE_MINUTE, .burst = 3, .refill = KEDGE_SECOND});
    warn("TooHot", "1");
    warn("TooHot", "2");
    warn("TooHot", "3");
    warn("TooHot", "4"); // one too many
    event_world_run(&w, KEDGE_SECOND);
    assert_int_equal(event_count(&w), 2);
    assert_int_equal(facts().skipped, 1);
    warn("TooHot", "5");
    event_world_run(&w, KEDGE_SECOND);
    assert_string_equal(
        event_text(&w, event_with(&w, "message", "(combined from similar events): 5"), "count"),
        "4");
    event_world_run(&w, KEDGE_MINUTE);
    warn("TooHot", "6");
    run();
    assert_string_equal(event_text(&w, event_with(&w, "message", "6"), "count"), "1");
    close_recorder();
}

static void reasons_may_have_their_own_right(void **state)
{
    (void)state;
    open_with(&(struct kedge_event_recorder_options){.burst = 1, .refill_by_reason = true});
    warn("TooHot", "1");
    warn("TooHot", "2");
    warn("TooCold", "3");
    run();
    assert_int_equal(event_count(&w), 2);
    assert_int_equal(facts().skipped, 1);
    close_recorder();
}

static void a_shut_down_of_an_idle_one_is_quiet(void **state)
{
    (void)state;
    open_recorder();
    kedge_event_recorder_shut_down(r);
    run();
    assert_int_equal(w.port.fake.opens, 0);
    close_recorder();
}

static void recording_takes_no_time(void **state)
{
    (void)state;
    open_recorder();
    w.port.fake.cruelty.half_open = true;
    unsigned waits = w.port.fake.waits;
    unsigned calls = w.port.fake.calls;
    while (warn("TooHot", "84 degrees") == KEDGE_OK)
        ;
    assert_int_equal(w.port.fake.now, FAKE_PORT_START);
    assert_int_equal(w.port.fake.waits, waits);
    assert_int_equal(w.port.fake.calls, calls);
    close_recorder();
}

static void nothing_spins_while_the_server_is_silent(void **state)
{
    (void)state;
    open_recorder();
    mock_inject(w.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STALL});
    warn("TooHot", "84 degrees");
    event_world_run(&w, 30 * KEDGE_SECOND);
    unsigned waits = w.port.fake.waits;
    warn("TooCold", "4 degrees");
    event_world_run(&w, 30 * KEDGE_SECOND);
    assert_true(w.port.fake.waits - waits < 10);
    close_recorder();
}

static void a_request_call_that_waits_holds_up_nothing(void **state)
{
    (void)state;
    open_recorder();
    warn("TooHot", "84 degrees");
    event_world_list_in_vain(&w);
    assert_int_equal(event_count(&w), 1);
    assert_int_equal(facts().waiting, 0);
    close_recorder();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_has_all_that_client_go_gives_it),
        cmocka_unit_test(an_object_of_the_cache_will_do),
        cmocka_unit_test(an_object_without_namespace_has_its_events_in_default),
        cmocka_unit_test(the_same_again_counts),
        cmocka_unit_test(an_event_may_have_annotations),
        cmocka_unit_test(annotations_do_not_tell_events_apart),
        cmocka_unit_test(a_combined_event_has_no_annotations),
        cmocka_unit_test(annotations_of_an_object_will_do),
        cmocka_unit_test(annotations_that_are_none_are_refused),
        cmocka_unit_test(annotations_fit_the_body_or_are_refused_at_once),
        cmocka_unit_test(annotations_take_room_in_the_queue),
        cmocka_unit_test(what_is_counted_and_gone_is_created_anew),
        cmocka_unit_test(a_name_that_is_no_dns_subdomain_becomes_a_uuid),
        cmocka_unit_test(names_differ_however_coarse_the_clock_is),
        cmocka_unit_test(the_tenth_message_begins_the_combined_event),
        cmocka_unit_test(what_is_skipped_is_counted_in_the_next),
        cmocka_unit_test(what_was_skipped_at_first_is_created_later),
        cmocka_unit_test(what_is_no_event_is_refused),
        cmocka_unit_test(reasons_and_messages_may_be_missing),
        cmocka_unit_test(an_option_out_of_its_range_is_named),
        cmocka_unit_test(a_full_queue_drops_and_says_so),
        cmocka_unit_test(a_thousand_in_a_row_all_arrive),
        cmocka_unit_test(a_long_message_is_cut_between_characters),
        cmocka_unit_test(what_does_not_fit_a_body_is_refused_at_once),
        cmocka_unit_test(a_server_that_is_away_is_asked_twelve_times),
        cmocka_unit_test(the_first_pause_is_drawn),
        cmocka_unit_test(what_the_server_refuses_is_not_repeated),
        cmocka_unit_test(what_is_usual_is_logged_low),
        cmocka_unit_test(an_answer_that_is_no_event_is_asked_for_again),
        cmocka_unit_test(the_servers_count_is_gone_on_from),
        cmocka_unit_test(a_shut_down_ends_a_retry),
        cmocka_unit_test(what_waits_at_a_shut_down_is_still_sent),
        cmocka_unit_test(a_close_drops_what_waits),
        cmocka_unit_test(events_wait_for_the_calendar),
        cmocka_unit_test(without_a_calendar_there_are_no_times),
        cmocka_unit_test(events_are_in_the_log_if_that_is_wanted),
        cmocka_unit_test(recording_takes_no_time),
        cmocka_unit_test(the_calendar_may_be_the_servers),
        cmocka_unit_test(the_far_future_has_no_times),
        cmocka_unit_test(an_api_version_may_be_in_one_or_two_parts),
        cmocka_unit_test(the_correlators_numbers_may_be_others),
        cmocka_unit_test(reasons_may_have_their_own_right),
        cmocka_unit_test(a_shut_down_of_an_idle_one_is_quiet),
        cmocka_unit_test(an_answer_too_large_to_be_read_is_good_enough),
        cmocka_unit_test(a_patch_is_refused_in_any_way),
        cmocka_unit_test(what_makes_no_request_is_given_up_at_once),
        cmocka_unit_test(wherever_a_call_fails_there_is_one_event),
        cmocka_unit_test(with_any_amount_of_memory),
        cmocka_unit_test(nothing_spins_while_the_server_is_silent),
        cmocka_unit_test(a_request_call_that_waits_holds_up_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
