// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kedge/kinds.h"
#include "objects.h"

static const char pod_json[] =
    "{\"metadata\":{\"name\":\"web-1\",\"namespace\":\"default\",\"uid\":\"u-1\","
    "\"resourceVersion\":\"77\",\"generation\":4,\"creationTimestamp\":\"1970-01-01T00:00:01Z\","
    "\"deletionTimestamp\":\"1970-01-01T00:00:02.5Z\",\"labels\":{\"app\":\"web\",\"empty\":\"\"},"
    "\"finalizers\":[\"a\",\"b\"],\"ownerReferences\":["
    "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"name\":\"edge-1\",\"uid\":\"u-2\"},"
    "{\"apiVersion\":\"apps/v1\",\"kind\":\"ReplicaSet\",\"name\":\"web\",\"uid\":\"u-3\","
    "\"controller\":true,\"blockOwnerDeletion\":true}]},"
    "\"spec\":{\"nodeName\":\"edge-1\",\"containers\":[{\"name\":\"main\",\"ports\":["
    "{\"containerPort\":80,\"protocol\":\"TCP\"},{\"containerPort\":53,\"protocol\":\"UDP\"}],"
    "\"resources\":{\"limits\":{\"cpu\":\"250m\",\"memory\":\"64Mi\"}}}]},"
    "\"status\":{\"phase\":\"Running\",\"podIP\":\"10.0.0.7\"}}";

static struct kedge_object *pod(void)
{
    return record_of(&kedge_kind_pod, kedge_str_of(pod_json));
}

static void assert_is_the_pod(const struct kedge_object *o)
{
    const struct kedge_pod *p = kedge_as_pod(o);
    assert_non_null(p);
    assert_string_equal(kedge_name(o), "web-1");
    assert_string_equal(kedge_namespace(o), "default");
    char uid[KEDGE_UID_TEXT];
    assert_string_equal(kedge_uid(o, uid), "u-1");
    assert_string_equal(kedge_resource_version(o), "77");
    assert_int_equal(o->generation, 4);
    assert_int_equal(o->creation_timestamp.seconds, 1);
    assert_true(kedge_timestamp_of(o->deletion_timestamp) == 2000000); // its fraction is dropped
    assert_string_equal(kedge_text(kedge_text_at(&o->finalizers, 1)), "b");
    assert_string_equal(kedge_text(&p->spec_node_name), "edge-1");
    assert_string_equal(kedge_pod_phase_text(p->status_phase), "Running");
    const struct kedge_container *c = kedge_pod_spec_containers(p, 0);
    assert_string_equal(kedge_text(&c->name), "main");
    assert_true(kedge_quantity(&c->resources_limits_cpu) == 250);
    assert_true(kedge_quantity(&c->resources_limits_memory) == INT64_C(64) * 1024 * 1024 * 1000);
    assert_int_equal(kedge_container_ports(c, 1)->container_port, 53);
    assert_int_equal(kedge_container_ports(c, 1)->protocol, KEDGE_PROTOCOL_UDP);
}

static void a_record_says_what_the_object_said(void **state)
{
    (void)state;
    struct kedge_object *o = pod();
    assert_is_the_pod(o);
    free(o);
}

// To every place that is aligned for it, up and down.
static void a_record_can_be_moved(void **state)
{
    (void)state;
    struct kedge_object *o = pod();
    size_t size = o->size;
    unsigned char *heap = malloc(size + 800);
    memcpy(heap + 400, o, size);
    for (size_t to = 0; to <= 800; to += 8) {
        size_t from = to == 0 ? 400 : to - 8;
        memmove(heap + to, heap + from, size);
        const struct kedge_object *moved = (const struct kedge_object *)(const void *)(heap + to);
        assert_memory_equal(moved, o, size);
        assert_is_the_pod(moved);
    }
    free(heap);
    free(o);
}

static void a_copy_lives_without_the_original(void **state)
{
    (void)state;
    struct kedge_object *o = pod();
    size_t need = 0;
    assert_int_equal(kedge_object_copy(o, NULL, 0, &need), KEDGE_OK);
    assert_int_equal(need, o->size);
    struct kedge_object *copy = malloc(need);
    assert_int_equal(kedge_object_copy(o, copy, need, NULL), KEDGE_OK);
    memset(o, 0xff, need);
    free(o);
    assert_is_the_pod(copy);
    free(copy);
}

static void a_copy_that_does_not_fit_writes_nothing(void **state)
{
    (void)state;
    struct kedge_object *o = pod();
    for (size_t cap = 0; cap < o->size; cap++) {
        unsigned char *buf = malloc(cap + 1);
        size_t need = 0;
        memset(buf, 0x5a, cap + 1);
        assert_int_equal(kedge_object_copy(o, buf, cap, &need), KEDGE_ERR_FULL);
        assert_int_equal(need, o->size);
        assert_int_equal(buf[0], 0x5a);
        assert_int_equal(buf[cap], 0x5a);
        free(buf);
    }
    free(o);
}

static void null_has_no_name_and_no_copy(void **state)
{
    (void)state;
    size_t need = 9;
    char buf[8];
    assert_string_equal(kedge_name(NULL), "");
    assert_string_equal(kedge_namespace(NULL), "");
    char uid[KEDGE_UID_TEXT];
    assert_string_equal(kedge_uid(NULL, uid), "");
    assert_string_equal(kedge_resource_version(NULL), "");
    assert_null(kedge_label(NULL, "app"));
    assert_null(kedge_controller_of(NULL));
    assert_false(kedge_is_partial(NULL));
    assert_int_equal(kedge_object_copy(NULL, buf, sizeof buf, &need), KEDGE_ERR_ARGUMENT);
    assert_int_equal(need, 0);
}

static void labels_are_found_by_their_whole_key(void **state)
{
    (void)state;
    struct kedge_object *o = pod();
    assert_string_equal(kedge_label(o, "app"), "web");
    assert_string_equal(kedge_label(o, "empty"), "");
    assert_null(kedge_label(o, "ap"));
    assert_null(kedge_label(o, "apps"));
    assert_null(kedge_label(o, ""));
    free(o);
}

static void the_controller_is_the_owner_that_says_so(void **state)
{
    (void)state;
    struct kedge_object *o = pod();
    const struct kedge_owner_reference *owner = kedge_controller_of(o);
    assert_non_null(owner);
    assert_string_equal(kedge_text(&owner->name), "web");
    assert_string_equal(kedge_text(&owner->kind), "ReplicaSet");
    assert_string_equal(kedge_text(&owner->api_version), "apps/v1");
    char uid[KEDGE_UID_TEXT];
    assert_string_equal(kedge_uid_text(&owner->uid, uid), "u-3");
    assert_int_equal(o->owner_references.count, 2);
    free(o);

    o = record_of(&kedge_kind_pod, KEDGE_STR("{\"metadata\":{\"ownerReferences\":[{\"name\":\"a\"},"
                                             "{\"name\":\"b\",\"controller\":false}]}}"));
    assert_null(kedge_controller_of(o));
    free(o);
}

static void beyond_the_end_there_is_nothing(void **state)
{
    (void)state;
    struct kedge_object *o = pod();
    const struct kedge_pod *p = kedge_as_pod(o);
    assert_null(kedge_text_at(&o->finalizers, 2));
    assert_null(kedge_text_at(&o->finalizers, SIZE_MAX));
    assert_null(kedge_pair_at(&o->labels, 2));
    assert_null(kedge_pod_spec_containers(p, 1));
    assert_null(kedge_pod_spec_init_containers(p, 0));
    assert_null(KEDGE_AT(struct kedge_owner_reference, &o->owner_references, 2));
    free(o);
}

static void a_record_is_a_multiple_of_eight_bytes_and_holds_no_stray_one(void **state)
{
    (void)state;
    struct kedge_object *a = pod();
    struct kedge_object *b = pod(); // its block was filled with 0xa5 before
    assert_int_equal(a->size % 8, 0);
    assert_int_equal(a->size, b->size);
    assert_memory_equal(a, b, a->size);
    free(a);
    free(b);
}

// A text of each form: a word, one beside the words, with 0xff first, a NUL inside, at the length
// where it is kept.
static void every_text_comes_back_whole(void **state)
{
    (void)state;
    static char json[400], text[300];
    static const char *const texts[] = {"Ready", "Read", "ready", "app.kubernetes.io/name", "v1"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        snprintf(json, sizeof json, "{\"metadata\":{\"name\":\"%s\"}}", texts[i]);
        struct kedge_object *o = record_of(&kedge_kind_pod, kedge_str_of(json));
        assert_string_equal(kedge_name(o), texts[i]);
        assert_int_equal(kedge_text_len(&o->name), strlen(texts[i]));
        free(o);
    }
    for (size_t len = 250; len < 260; len++) {
        memset(text, 'x', len);
        text[len] = '\0';
        snprintf(json, sizeof json, "{\"metadata\":{\"name\":\"%s\"}}", text);
        struct kedge_object *o = record_of(&kedge_kind_pod, kedge_str_of(json));
        assert_string_equal(kedge_name(o), text);
        assert_int_equal(kedge_text_len(&o->name), len);
        free(o);
    }
    struct kedge_object *o =
        record_of(&kedge_kind_pod, KEDGE_STR("{\"metadata\":{\"name\":\"a\\u0000b\"}}"));
    assert_int_equal(kedge_text_len(&o->name), 3);
    assert_memory_equal(kedge_text(&o->name), "a\0b", 4);
    free(o);
}

// A well-known key costs its pair's two offsets, whatever its length.
static void a_word_takes_no_bytes_of_the_record(void **state)
{
    (void)state;
    struct kedge_object *none =
        record_of(&kedge_kind_pod, KEDGE_STR("{\"metadata\":{\"labels\":{\"x\":\"v1\"}}}"));
    struct kedge_object *word = record_of(
        &kedge_kind_pod,
        KEDGE_STR("{\"metadata\":{\"labels\":{\"app.kubernetes.io/instance\":\"Ready\"}}}"));
    assert_string_equal(kedge_label(word, "app.kubernetes.io/instance"), "Ready");
    assert_in_range(word->size, sizeof(struct kedge_pod), none->size);
    free(none);
    free(word);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_says_what_the_object_said),
        cmocka_unit_test(a_record_can_be_moved),
        cmocka_unit_test(a_copy_lives_without_the_original),
        cmocka_unit_test(a_copy_that_does_not_fit_writes_nothing),
        cmocka_unit_test(null_has_no_name_and_no_copy),
        cmocka_unit_test(labels_are_found_by_their_whole_key),
        cmocka_unit_test(the_controller_is_the_owner_that_says_so),
        cmocka_unit_test(beyond_the_end_there_is_nothing),
        cmocka_unit_test(every_text_comes_back_whole),
        cmocka_unit_test(a_word_takes_no_bytes_of_the_record),
        cmocka_unit_test(a_record_is_a_multiple_of_eight_bytes_and_holds_no_stray_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
