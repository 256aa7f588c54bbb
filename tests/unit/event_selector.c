// SPDX-License-Identifier: Apache-2.0
// Field selectors of events about an object, in both APIs.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kedge/event_selector.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define UID      "2c55cad7-ee4e-11e9-abe1-525400e7bc6b"

static const struct kedge_object_reference deployment = {
    .group = "apps",
    .version = "v1",
    .kind = "Deployment",
    .namespace_ = "default",
    .name = "test-deployment",
    .uid = UID,
    .resource_version = "7",
    .field_path = "spec",
};

// The cases of client-go's TestGetFieldSelector, and others.
static const struct {
    const char *group;
    struct kedge_object_reference about;
    const char *text;
} cases[] = {
    {"events.k8s.io", {0}, ""},
    {"", {0}, ""},
    {NULL, {.kind = "", .name = ""}, ""},
    {"events.k8s.io",
     {"apps", "v1", "Deployment", "default", "test-deployment", UID, "7", "spec"},
     "regarding.apiVersion=apps/v1,regarding.kind=Deployment,regarding.name=test-deployment,"
     "regarding.uid=" UID},
    {"",
     {"apps", "v1", "Deployment", "default", "test-deployment", UID, "7", "spec"},
     "involvedObject.apiVersion=apps/v1,involvedObject.kind=Deployment,"
     "involvedObject.name=test-deployment,involvedObject.uid=" UID},
    {NULL,
     {.version = "v1", .name = "web"},
     "involvedObject.apiVersion=v1,involvedObject.name=web"},
    {NULL, {.version = "apps/v1"}, "involvedObject.apiVersion=apps/v1"},
    {NULL, {.group = "apps"}, "involvedObject.apiVersion=apps"},
    {NULL, {.uid = "u"}, "involvedObject.uid=u"},
    {"events.k8s.io", {.name = "a=b,c\\d"}, "regarding.name=a\\=b\\,c\\\\d"},
};

static void a_selector_names_what_is_known_of_the_object(void **state)
{
    (void)state;
    char text[256];
    struct kedge_field_selector s;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(
            kedge_event_selector(&s, cases[i].group, &cases[i].about, text, sizeof text), KEDGE_OK);
        assert_string_equal(text, cases[i].text);
        assert_ptr_equal(s.text.ptr, text);
        assert_int_equal(s.text.len, strlen(text));
        assert_int_equal(kedge_field_selector_is_empty(&s), text[0] == '\0');
    }
}

static kedge_str value_of(void *ctx, kedge_str field)
{
    (void)ctx;
    if (kedge_str_is(field, "regarding.kind"))
        return KEDGE_STR("Deployment");
    return kedge_str_is(field, "regarding.name") ? KEDGE_STR("a=b") : (kedge_str){NULL, 0};
}

static void it_matches_events_of_that_object(void **state)
{
    (void)state;
    char text[256];
    struct kedge_field_selector s;
    struct kedge_object_reference about = {.kind = "Deployment", .name = "a=b"};
    assert_int_equal(kedge_event_selector(&s, "events.k8s.io", &about, text, sizeof text),
                     KEDGE_OK);
    assert_true(kedge_field_selector_matches(&s, value_of, NULL));
    about.name = "a";
    assert_int_equal(kedge_event_selector(&s, "events.k8s.io", &about, text, sizeof text),
                     KEDGE_OK);
    assert_false(kedge_field_selector_matches(&s, value_of, NULL));
}

static void where_there_are_no_events_there_is_no_selector(void **state)
{
    (void)state;
    static const char *const groups[] = {"v1", "events.k8s.io/v1", "events", "EVENTS.K8S.IO"};
    char text[256] = "x";
    struct kedge_field_selector s;
    for (size_t i = 0; i < COUNT(groups); i++) {
        assert_int_equal(kedge_event_selector(&s, groups[i], &deployment, text, sizeof text),
                         KEDGE_ERR_ARGUMENT);
        assert_string_equal(text, "");
        assert_false(kedge_field_selector_matches(&s, value_of, NULL));
    }
    assert_int_equal(kedge_event_selector(&s, "", NULL, text, sizeof text), KEDGE_ERR_ARGUMENT);
    assert_false(kedge_field_selector_matches(&s, value_of, NULL));
}

static void a_buffer_does_or_is_too_small(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t len = strlen(cases[i].text);
        for (size_t cap = 0; cap <= len + 1; cap++) {
            char *text = malloc(cap > 0 ? cap : 1); // ASan guards its end
            struct kedge_field_selector s;
            assert_non_null(text);
            kedge_err err = kedge_event_selector(&s, cases[i].group, &cases[i].about, text, cap);
            assert_int_equal(err, cap > len ? KEDGE_OK : KEDGE_ERR_FULL);
            if (cap > 0)
                assert_string_equal(text, cap > len ? cases[i].text : "");
            if (cap <= len)
                assert_false(kedge_field_selector_matches(&s, value_of, NULL));
            free(text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_selector_names_what_is_known_of_the_object),
        cmocka_unit_test(it_matches_events_of_that_object),
        cmocka_unit_test(where_there_are_no_events_there_is_no_selector),
        cmocka_unit_test(a_buffer_does_or_is_too_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
