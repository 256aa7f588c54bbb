// SPDX-License-Identifier: Apache-2.0
// Objects as JSON: what they say at paths, and how they are changed where they lie.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kedge/kedge.h"
#include "object/unstructured.h"

// An object in heap blocks of exactly its room, so that a step beyond is seen.
struct object {
    struct kedge_unstructured u;
    char *buf;
    struct kedge_json_token *tokens;
};

static void open_object(struct object *o, size_t cap, size_t tokens)
{
    o->buf = malloc(cap);
    o->tokens = calloc(tokens, sizeof *o->tokens);
    kedge_unstructured_init(&o->u, o->buf, cap, o->tokens, tokens);
}

static void close_object(struct object *o)
{
    free(o->buf);
    free(o->tokens);
}

static struct object object_of(const char *json)
{
    struct object o;
    open_object(&o, 2048, 256);
    assert_int_equal(kedge_unstructured_read(&o.u, kedge_str_of(json)), KEDGE_OK);
    return o;
}

static void assert_str(kedge_str got, const char *expected)
{
    if (kedge_str_is(got, expected))
        return;
    fail_msg("\"%.*s\", not \"%s\"", (int)got.len, got.ptr, expected);
}

static void assert_json(const struct object *o, const char *expected)
{
    assert_str(kedge_unstructured_json(&o->u), expected);
}

static const char sensor[] =
    "{\"apiVersion\":\"edge.example.com/v1\",\"kind\":\"Sensor\",\"metadata\":{\"name\":\"one\","
    "\"namespace\":\"default\",\"uid\":\"7f3e\",\"resourceVersion\":\"12\",\"labels\":{\"app\":"
    "\"web\",\"example.com/zone\":\"a\"},\"annotations\":{\"note\":\"say \\\"hi\\\"\"},"
    "\"creationTimestamp\":\"2026-01-01T00:00:00Z\"},\"spec\":{\"interval\":30,\"on\":true,"
    "\"limit\":\"100m\",\"ratio\":21.5,\"none\":null,\"tags\":[\"a\",\"b\"],\"samples\":"
    "[{\"unit\":\"K\",\"at\":1},{\"unit\":\"C\",\"at\":2}]}}";

// Reading ----------------------------------------------------------------------------------------

static void values_are_read_at_paths(void **state)
{
    (void)state;
    struct object o = object_of(sensor);
    char text[32];
    int64_t n = -1;
    bool on = false;
    kedge_timestamp at = -1;
    assert_int_equal(kedge_unstructured_int64(&o.u, KEDGE_PATH("spec", "interval"), &n), KEDGE_OK);
    assert_int_equal(n, 30);
    assert_int_equal(kedge_unstructured_bool(&o.u, KEDGE_PATH("spec", "on"), &on), KEDGE_OK);
    assert_true(on);
    assert_int_equal(kedge_unstructured_quantity(&o.u, KEDGE_PATH("spec", "limit"), &n), KEDGE_OK);
    assert_int_equal(n, 100);
    assert_int_equal(kedge_unstructured_quantity(&o.u, KEDGE_PATH("spec", "ratio"), &n), KEDGE_OK);
    assert_int_equal(n, 21500);
    assert_int_equal(
        kedge_unstructured_time(&o.u, KEDGE_PATH("metadata", "creationTimestamp"), &at), KEDGE_OK);
    assert_int_equal(at, 1767225600000000);
    assert_int_equal(kedge_unstructured_text(&o.u, KEDGE_PATH("metadata", "annotations", "note"),
                                             text, sizeof text),
                     KEDGE_OK);
    assert_string_equal(text, "say \"hi\"");
    assert_int_equal(kedge_unstructured_text(&o.u, KEDGE_PATH("spec", "samples", "1", "unit"), text,
                                             sizeof text),
                     KEDGE_OK);
    assert_string_equal(text, "C");
    close_object(&o);
}

static void what_is_not_there_is_told_from_what_is_null_and_of_another_type(void **state)
{
    (void)state;
    struct object o = object_of(sensor);
    char text[4];
    int64_t n = -1;
    bool on = true;
    static const struct {
        const char *path;
        kedge_err text, n, on, quantity, time;
    } rows[] = {
        {KEDGE_PATH("spec", "absent"), KEDGE_ERR_NOT_FOUND, KEDGE_ERR_NOT_FOUND,
         KEDGE_ERR_NOT_FOUND, KEDGE_ERR_NOT_FOUND, KEDGE_ERR_NOT_FOUND},
        {KEDGE_PATH("spec", "interval", "deeper"), KEDGE_ERR_NOT_FOUND, KEDGE_ERR_NOT_FOUND,
         KEDGE_ERR_NOT_FOUND, KEDGE_ERR_NOT_FOUND, KEDGE_ERR_NOT_FOUND},
        {KEDGE_PATH("spec", "none"), KEDGE_ERR_NOT_FOUND, KEDGE_ERR_NOT_FOUND, KEDGE_ERR_NOT_FOUND,
         KEDGE_ERR_NOT_FOUND, KEDGE_ERR_NOT_FOUND},
        {KEDGE_PATH("spec", "tags"), KEDGE_ERR_JSON, KEDGE_ERR_JSON, KEDGE_ERR_JSON, KEDGE_ERR_JSON,
         KEDGE_ERR_JSON},
        {KEDGE_PATH("kind"), KEDGE_ERR_TOO_LONG, KEDGE_ERR_JSON, KEDGE_ERR_JSON, KEDGE_ERR_JSON,
         KEDGE_ERR_JSON},
        {KEDGE_PATH("spec", "ratio"), KEDGE_ERR_JSON, KEDGE_ERR_JSON, KEDGE_ERR_JSON, KEDGE_OK,
         KEDGE_ERR_JSON},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        kedge_timestamp at = -1;
        int64_t q = -1;
        const char *path = rows[i].path;
        text[0] = 'x';
        assert_int_equal(kedge_unstructured_text(&o.u, path, text, sizeof text), rows[i].text);
        assert_string_equal(text, "");
        assert_int_equal(kedge_unstructured_int64(&o.u, path, &n), rows[i].n);
        assert_int_equal(kedge_unstructured_bool(&o.u, path, &on), rows[i].on);
        assert_int_equal(kedge_unstructured_quantity(&o.u, path, &q), rows[i].quantity);
        assert_int_equal(kedge_unstructured_time(&o.u, path, &at), rows[i].time);
        assert_int_equal(n, -1);
        assert_int_equal(at, -1);
        assert_true(on);
    }
    assert_int_equal(kedge_json_type(kedge_unstructured_at(&o.u, KEDGE_PATH("spec", "none"))),
                     KEDGE_JSON_NULL);
    assert_int_equal(kedge_json_type(kedge_unstructured_at(&o.u, KEDGE_PATH("spec", "absent"))),
                     KEDGE_JSON_ABSENT);
    assert_int_equal(kedge_json_type(kedge_unstructured_at(&o.u, "")), KEDGE_JSON_OBJECT);
    close_object(&o);
}

static void a_text_of_any_length_is_no_time_and_no_quantity(void **state)
{
    (void)state;
    char json[256];
    for (int len = 1; len < 80; len++) {
        int64_t n = 0;
        snprintf(json, sizeof json, "{\"a\":\"%0*d\"}", len, 1);
        struct object o = object_of(json);
        kedge_err expected = len <= 64 ? KEDGE_OK : KEDGE_ERR_JSON;
        assert_int_equal(kedge_unstructured_quantity(&o.u, KEDGE_PATH("a"), &n), expected);
        assert_int_equal(kedge_unstructured_time(&o.u, KEDGE_PATH("a"), &n), KEDGE_ERR_JSON);
        close_object(&o);
    }
}

static void lists_and_maps_are_walked_and_elements_have_places(void **state)
{
    (void)state;
    struct object o = object_of(sensor);
    kedge_json_value samples = kedge_unstructured_at(&o.u, KEDGE_PATH("spec", "samples"));
    int64_t sum = 0;
    for (kedge_json_value v = kedge_json_first(samples); v.at >= 0; v = kedge_json_next(v)) {
        int64_t at = 0;
        assert_true(kedge_json_int64(kedge_json_at(v, KEDGE_PATH("at")), &at));
        sum = sum * 10 + at;
    }
    assert_int_equal(sum, 12);
    assert_true(
        kedge_json_text_is(kedge_json_get(kedge_json_element(samples, 1), "unit"), KEDGE_STR("C")));
    assert_true(kedge_json_element(samples, 2).at < 0);
    static const char *const none[] = {
        "2", "5", "-1", "-", "00", "01", "1x", "", "99999999999999999999"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        char path[64] = {0};
        memcpy(path, "spec\0tags\0", 10);
        memcpy(path + 10, none[i], strlen(none[i]));
        bool list = none[i][0] == '\0';
        assert_int_equal(kedge_json_type(kedge_unstructured_at(&o.u, path)),
                         list ? KEDGE_JSON_ARRAY : KEDGE_JSON_ABSENT);
    }
    assert_int_equal(kedge_unstructured_at(&o.u, NULL).at, -1);
    assert_int_equal(kedge_unstructured_at(NULL, "").at, -1);
    close_object(&o);
}

static void what_every_object_has_is_there_without_copying(void **state)
{
    (void)state;
    struct object o = object_of(sensor);
    assert_str(kedge_unstructured_name(&o.u), "one");
    assert_str(kedge_unstructured_namespace(&o.u), "default");
    assert_str(kedge_unstructured_uid(&o.u), "7f3e");
    assert_str(kedge_unstructured_resource_version(&o.u), "12");
    assert_str(kedge_unstructured_kind(&o.u), "Sensor");
    assert_str(kedge_unstructured_api_version(&o.u), "edge.example.com/v1");
    assert_true(
        kedge_json_text_is(kedge_unstructured_label(&o.u, "example.com/zone"), KEDGE_STR("a")));
    assert_true(
        kedge_json_text_is(kedge_unstructured_annotation(&o.u, "note"), KEDGE_STR("say \"hi\"")));
    assert_int_equal(kedge_unstructured_label(&o.u, "other").at, -1);
    close_object(&o);

    o = object_of("{\"metadata\":{\"name\":\"a\\u003cb\",\"uid\":3}}");
    assert_str(kedge_unstructured_name(&o.u), "");
    assert_str(kedge_unstructured_uid(&o.u), "");
    assert_str(kedge_unstructured_kind(NULL), "");
    char name[8];
    assert_int_equal(kedge_unstructured_text(&o.u, KEDGE_PATH("metadata", "name"), name, 4),
                     KEDGE_OK);
    assert_string_equal(name, "a<b");
    assert_int_equal(kedge_unstructured_text(&o.u, KEDGE_PATH("metadata", "name"), name, 3),
                     KEDGE_ERR_TOO_LONG);
    close_object(&o);
}

static void the_room_must_do_and_says_what_would(void **state)
{
    (void)state;
    const size_t len = strlen(sensor);
    struct object whole = object_of(sensor);
    const size_t count = (size_t)whole.u.doc.count;
    assert_int_equal(kedge__unstructured_tokens(kedge_str_of(sensor)), count);
    for (size_t cap = 1; cap < len + 2; cap++) {
        struct object o;
        open_object(&o, cap, count);
        kedge_err expected = cap < len ? KEDGE_ERR_TOO_LONG : KEDGE_OK;
        assert_int_equal(kedge_unstructured_copy(&o.u, &whole.u), expected);
        assert_int_equal(o.u.err, expected);
        assert_int_equal(o.u.need, cap < len ? len : 0);
        assert_int_equal(kedge_unstructured_json(&o.u).len, cap < len ? 0 : len);
        close_object(&o);
    }
    for (size_t tokens = 1; tokens < count + 2; tokens++) {
        struct object o;
        open_object(&o, len, tokens);
        kedge_err expected = tokens < count ? KEDGE_ERR_FULL : KEDGE_OK;
        assert_int_equal(kedge_unstructured_copy(&o.u, &whole.u), expected);
        assert_int_equal(o.u.need_tokens, tokens < count ? count : 0);
        close_object(&o);
    }
    struct object o;
    open_object(&o, len, count);
    whole.u.partial = true;
    assert_int_equal(kedge_unstructured_copy(&o.u, &whole.u), KEDGE_OK);
    assert_true(o.u.partial);
    assert_int_equal(kedge_unstructured_copy(&o.u, NULL), KEDGE_ERR_ARGUMENT);
    memset(&whole.u.doc, 0, sizeof whole.u.doc);
    assert_int_equal(kedge_unstructured_copy(&o.u, &whole.u), KEDGE_ERR_ARGUMENT);
    close_object(&o);
    close_object(&whole);
    // Also of what is cut, nothing beyond the end is counted.
    assert_int_equal(kedge__unstructured_tokens(KEDGE_STR("[\"ab")), 2);
    assert_int_equal(kedge__unstructured_tokens(KEDGE_STR("[\"ab\\")), 2);
}

static void what_is_no_object_is_refused(void **state)
{
    (void)state;
    struct object o;
    open_object(&o, 64, 16);
    static const char *const none[] = {"", "[]", "3", "null", "{", "{}x", "{\"a\"}", "\"a\\"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_int_equal(kedge_unstructured_read(&o.u, kedge_str_of(none[i])), KEDGE_ERR_JSON);
        assert_int_equal(kedge_unstructured_json(&o.u).len, 0);
        assert_int_equal(kedge_unstructured_set_null(&o.u, KEDGE_PATH("a")), KEDGE_ERR_STATE);
        assert_int_equal(o.u.err, KEDGE_ERR_JSON);
    }
    assert_int_equal(kedge_unstructured_read(&o.u, KEDGE_STR("{}")), KEDGE_OK);
    assert_int_equal(o.u.err, KEDGE_OK);
    close_object(&o);
    kedge_unstructured_init(&o.u, NULL, 9, NULL, 9);
    assert_int_equal(kedge_unstructured_read(&o.u, KEDGE_STR("{}")), KEDGE_ERR_TOO_LONG);
    assert_int_equal(kedge_unstructured_read(&o.u, KEDGE_STR("")), KEDGE_ERR_FULL);
}

// Changing ---------------------------------------------------------------------------------------

static void values_take_each_others_place(void **state)
{
    (void)state;
    struct object o = object_of("{\"a\":1,\"b\":{\"c\":\"x\"},\"d\":[1,2,3]}");
    assert_int_equal(kedge_unstructured_set_int64(&o.u, KEDGE_PATH("a"), -70000), KEDGE_OK);
    assert_json(&o, "{\"a\":-70000,\"b\":{\"c\":\"x\"},\"d\":[1,2,3]}");
    assert_int_equal(kedge_unstructured_set_text(&o.u, KEDGE_PATH("b", "c"), "say \"hi\""),
                     KEDGE_OK);
    assert_json(&o, "{\"a\":-70000,\"b\":{\"c\":\"say \\\"hi\\\"\"},\"d\":[1,2,3]}");
    assert_int_equal(kedge_unstructured_set_text_str(&o.u, KEDGE_PATH("b"), KEDGE_STR("")),
                     KEDGE_OK);
    assert_int_equal(kedge_unstructured_set_bool(&o.u, KEDGE_PATH("d", "1"), true), KEDGE_OK);
    assert_int_equal(kedge_unstructured_set_bool(&o.u, KEDGE_PATH("d", "0"), false), KEDGE_OK);
    assert_int_equal(kedge_unstructured_set_null(&o.u, KEDGE_PATH("d", "2")), KEDGE_OK);
    assert_json(&o, "{\"a\":-70000,\"b\":\"\",\"d\":[false,true,null]}");
    assert_int_equal(
        kedge_unstructured_set_json(&o.u, KEDGE_PATH("d"), KEDGE_STR(" {\"x\": [1.5]} ")),
        KEDGE_OK);
    assert_json(&o, "{\"a\":-70000,\"b\":\"\",\"d\": {\"x\": [1.5]} }");
    close_object(&o);
}

static void what_is_missing_on_the_way_is_made(void **state)
{
    (void)state;
    struct object o = object_of("{}");
    kedge_unstructured_set_int64(&o.u, KEDGE_PATH("spec", "template", "n"), 1);
    assert_json(&o, "{\"spec\":{\"template\":{\"n\":1}}}");
    kedge_unstructured_set_text(&o.u, KEDGE_PATH("metadata", "labels", "example.com/zone"), "a");
    kedge_unstructured_set_text(&o.u, KEDGE_PATH("spec", "tags", "-"), "one");
    kedge_unstructured_set_text(&o.u, KEDGE_PATH("spec", "tags", "-"), "two");
    kedge_unstructured_set_text(&o.u, KEDGE_PATH("list", "-", "name"), "x");
    kedge_unstructured_set_null(&o.u, KEDGE_PATH("list", "-", "-", "-"));
    kedge_unstructured_set_int64(&o.u, KEDGE_PATH("list", "0", "n"), 2);
    assert_int_equal(o.u.err, KEDGE_OK);
    assert_json(&o, "{\"spec\":{\"template\":{\"n\":1},\"tags\":[\"one\",\"two\"]},"
                    "\"metadata\":{\"labels\":{\"example.com/zone\":\"a\"}},"
                    "\"list\":[{\"name\":\"x\",\"n\":2},[[null]]]}");
    close_object(&o);

    // Null is as good as missing; an object with a key "-" takes it for one.
    o = object_of("{\"status\":null,\"list\":null,\"map\":{\"x\":1}, \"e\":[ ],\"f\":{ } }");
    kedge_unstructured_set_text(&o.u, KEDGE_PATH("status", "phase"), "Up");
    kedge_unstructured_set_int64(&o.u, KEDGE_PATH("list", "-"), 7);
    kedge_unstructured_set_bool(&o.u, KEDGE_PATH("map", "-"), true);
    kedge_unstructured_set_int64(&o.u, KEDGE_PATH("e", "-"), 8);
    kedge_unstructured_set_int64(&o.u, KEDGE_PATH("f", "g"), 9);
    assert_json(&o, "{\"status\":{\"phase\":\"Up\"},\"list\":[7],\"map\":{\"x\":1,\"-\":true}, "
                    "\"e\":[8],\"f\":{\"g\":9} }");
    close_object(&o);
}

static void values_are_taken_out(void **state)
{
    (void)state;
    static const struct {
        const char *json, *path, *left;
    } rows[] = {
        {"{\"a\":1,\"b\":2,\"c\":3}", KEDGE_PATH("a"), "{\"b\":2,\"c\":3}"},
        {"{\"a\":1,\"b\":2,\"c\":3}", KEDGE_PATH("b"), "{\"a\":1,\"c\":3}"},
        {"{\"a\":1,\"b\":2,\"c\":3}", KEDGE_PATH("c"), "{\"a\":1,\"b\":2}"},
        {"{\"a\":{\"b\":[1]}}", KEDGE_PATH("a"), "{}"},
        {"{\"a\":[\"x\",\"y\",{\"z\":1}]}", KEDGE_PATH("a", "0"), "{\"a\":[\"y\",{\"z\":1}]}"},
        {"{\"a\":[\"x\",\"y\",{\"z\":1}]}", KEDGE_PATH("a", "2"), "{\"a\":[\"x\",\"y\"]}"},
        {"{\"a\":[\"x\",\"x\",\"x\"]}", KEDGE_PATH("a", "1"), "{\"a\":[\"x\",\"x\"]}"},
        {"{\"a\":[\"x\"]}", KEDGE_PATH("a", "0"), "{\"a\":[]}"},
        {"{\"a\":1,\"b\":2,\"a\":3,\"\\u0061\":4}", KEDGE_PATH("a"), "{\"b\":2}"},
        {"{ \"a\" : 1 , \"b\" : 2 }", KEDGE_PATH("a"), "{ \"b\" : 2 }"},
        {"{ \"a\" : 1 , \"b\" : 2 }", KEDGE_PATH("b"), "{ \"a\" : 1 }"},
        {"{\"a\":1}", KEDGE_PATH("b"), "{\"a\":1}"},
        {"{\"a\":1}", KEDGE_PATH("a", "b"), "{\"a\":1}"},
        {"{\"a\":1}", KEDGE_PATH("a", "b", "c"), "{\"a\":1}"},
        {"{\"a\":[1]}", KEDGE_PATH("a", "-"), "{\"a\":[1]}"},
        {"{\"\":1,\"a\":2}", KEDGE_PATH("a"), "{\"\":1}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct object o = object_of(rows[i].json);
        assert_int_equal(kedge_unstructured_remove(&o.u, rows[i].path), KEDGE_OK);
        assert_json(&o, rows[i].left);
        close_object(&o);
    }
}

static void what_cannot_be_changed_is_told_once_and_kept(void **state)
{
    (void)state;
    static const char json[] = "{\"a\":1,\"l\":[1],\"t\":\"text\"}";
    struct object o = object_of(json);
    static const char deep[] =
        "1\0002\0003\0004\0005\0006\0007\0008\0009\00010\00011\00012\00013\000"
        "14\00015\00016\00017\0";
    char *text = o.u.buf;
    char above[] = "above";
    struct object other = object_of("{}");
    assert_int_equal(kedge_unstructured_set_text(&other.u, "a\0", above), KEDGE_OK);
    assert_int_equal(kedge_unstructured_set_text(&other.u, "a\0", json), KEDGE_OK);
    close_object(&other);
    assert_int_equal(kedge_unstructured_set_null(&o.u, KEDGE_PATH("a", "b")), KEDGE_ERR_NOT_FOUND);
    assert_int_equal(kedge_unstructured_set_null(&o.u, KEDGE_PATH("l", "1")), KEDGE_ERR_NOT_FOUND);
    assert_int_equal(kedge_unstructured_set_null(&o.u, ""), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_unstructured_set_null(&o.u, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_unstructured_set_null(&o.u, deep), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_unstructured_set_text(&o.u, KEDGE_PATH("a"), "\xff"),
                     KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_unstructured_set_text_str(&o.u, KEDGE_PATH("a"), (kedge_str){text, 3}),
                     KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_unstructured_set_json(&o.u, KEDGE_PATH("a"), KEDGE_STR("{")),
                     KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_unstructured_set_json(&o.u, KEDGE_PATH("a"), KEDGE_STR("")),
                     KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_unstructured_remove(&o.u, ""), KEDGE_ERR_ARGUMENT);
    assert_int_equal(o.u.err, KEDGE_ERR_NOT_FOUND);
    assert_json(&o, json);
    assert_int_equal(kedge_unstructured_set_null(&o.u, deep + 2), KEDGE_OK);
    o.u.partial = true;
    assert_int_equal(kedge_unstructured_set_null(&o.u, KEDGE_PATH("a")), KEDGE_ERR_ARGUMENT);
    close_object(&o);
}

static void what_is_nothing_is_no_object_no_path_and_no_place(void **state)
{
    (void)state;
    struct object o;
    int64_t n = 0;
    bool truth = false;
    char buf[4];
    assert_int_equal(kedge_unstructured_set_null(NULL, "a\0"), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_unstructured_remove(NULL, "a\0"), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_unstructured_new(NULL, "v1", "Pod", NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_unstructured_read(NULL, KEDGE_STR("{}")), KEDGE_ERR_ARGUMENT);
    open_object(&o, 64, 16);
    assert_int_equal(kedge_unstructured_copy(&o.u, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_unstructured_copy(NULL, &o.u), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_unstructured_read(&o.u, KEDGE_STR("{}")), KEDGE_OK);
    assert_int_equal(kedge_unstructured_copy(NULL, &o.u), KEDGE_ERR_ARGUMENT);
    for (int i = 0; i < 3; i++) {
        const struct kedge_unstructured *u = i > 0 ? &o.u : NULL;
        const char *path = i > 1 ? "a\0" : NULL;
        assert_int_equal(kedge_unstructured_int64(u, path, i > 1 ? NULL : &n), KEDGE_ERR_ARGUMENT);
        assert_int_equal(kedge_unstructured_bool(u, path, i > 1 ? NULL : &truth),
                         KEDGE_ERR_ARGUMENT);
        assert_int_equal(kedge_unstructured_time(u, path, i > 1 ? NULL : &n), KEDGE_ERR_ARGUMENT);
        assert_int_equal(kedge_unstructured_quantity(u, path, i > 1 ? NULL : &n),
                         KEDGE_ERR_ARGUMENT);
        assert_int_equal(kedge_unstructured_text(u, path, i > 1 ? NULL : buf, 4),
                         KEDGE_ERR_ARGUMENT);
    }
    assert_int_equal(kedge_unstructured_text(&o.u, "a\0", buf, 0), KEDGE_ERR_ARGUMENT);
    close_object(&o);
}

// The same changes in every room: each is whole, or leaves the object as it was and says the need.
static void a_change_fits_or_changes_nothing(void **state)
{
    (void)state;
    static const char json[] = "{\"a\":[1,2],\"b\":\"x\"}";
    static const char after[] = "{\"a\":[1,2,{\"n\":[\"long text\"]}],\"b\":{\"c\":[{},{}]}}";
    static const size_t tokens = 15; // of `after`
    assert_int_equal(kedge__unstructured_tokens(kedge_str_of(after)), tokens);
    for (size_t cap = sizeof json - 1; cap <= sizeof after; cap++) {
        for (size_t count = 7; count <= tokens; count++) {
            struct object o;
            open_object(&o, cap, count);
            assert_int_equal(kedge_unstructured_read(&o.u, kedge_str_of(json)), KEDGE_OK);
            kedge_err err =
                kedge_unstructured_set_text(&o.u, KEDGE_PATH("a", "-", "n", "-"), "long text");
            if (err != KEDGE_OK) {
                assert_json(&o, json);
                assert_true(o.u.need > cap || o.u.need_tokens > count);
                assert_int_equal(err, o.u.need > 0 ? KEDGE_ERR_TOO_LONG : KEDGE_ERR_FULL);
                assert_true(o.u.need == 0 || o.u.need == sizeof json - 1 + 20);
            } else {
                err = kedge_unstructured_set_json(&o.u, KEDGE_PATH("b"),
                                                  KEDGE_STR("{\"c\":[{},{}]}"));
                bool fits = cap >= sizeof after - 1 && count >= tokens;
                assert_int_equal(err == KEDGE_OK, fits);
                assert_json(&o, fits ? after : "{\"a\":[1,2,{\"n\":[\"long text\"]}],\"b\":\"x\"}");
                assert_true(fits || o.u.need > cap || o.u.need_tokens > count);
            }
            close_object(&o);
        }
    }
}

// A text of one's own may be no JSON in small: whatever it is, nothing beyond it is touched, and
// what is left after a change is an object or none.
static void whatever_the_text_is_its_room_is_kept(void **state)
{
    (void)state;
    static const char bytes[] = "\"{}[]:,\\ 1tx\x80";
    static const char *const paths[] = {
        KEDGE_PATH("kind"),         KEDGE_PATH("metadata", "labels", "app"),
        KEDGE_PATH("spec", "tags"), KEDGE_PATH("spec", "tags", "1"),
        KEDGE_PATH("spec"),         KEDGE_PATH("spec", "samples", "0", "new")};
    const size_t len = strlen(sensor);
    unsigned taken = 0;
    for (size_t at = 0; at < len; at++) {
        for (size_t b = 0; b < sizeof bytes - 1; b++) {
            struct object o;
            char text[sizeof sensor];
            memcpy(text, sensor, sizeof sensor);
            text[at] = bytes[b];
            open_object(&o, len + 16, 128);
            for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
                if (kedge_unstructured_read(&o.u, (kedge_str){text, len}) != KEDGE_OK)
                    continue;
                taken++;
                kedge_unstructured_set_int64(&o.u, paths[i], 12345);
                kedge_unstructured_remove(&o.u, paths[i]);
                kedge_unstructured_set_json(&o.u, paths[i], KEDGE_STR("{\"a\":[]}"));
                kedge_str left = kedge_unstructured_json(&o.u);
                assert_true(left.len <= len + 16);
                assert_true(left.len == 0 || (left.ptr[0] == '{' && left.ptr[left.len - 1] == '}'));
            }
            close_object(&o);
        }
    }
    assert_true(taken > 10000);
}

static void json_of_more_tokens_than_the_room_has_is_told(void **state)
{
    (void)state;
    struct object o;
    open_object(&o, 256, 8);
    assert_int_equal(kedge_unstructured_read(&o.u, KEDGE_STR("{\"a\":1}")), KEDGE_OK);
    kedge_str list = KEDGE_STR("[1,2,3,4,5,6,7,8,9]");
    assert_int_equal(kedge_unstructured_set_json(&o.u, KEDGE_PATH("a"), list), KEDGE_ERR_FULL);
    assert_int_equal(o.u.need_tokens, 13);
    assert_json(&o, "{\"a\":1}");
    close_object(&o);
}

static void an_object_is_made_of_nothing(void **state)
{
    (void)state;
    struct object o;
    open_object(&o, 128, 32);
    static const char whole[] = "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{"
                                "\"name\":\"a\",\"namespace\":\"b\"}}";
    assert_int_equal(kedge_unstructured_new(&o.u, "v1", "ConfigMap", "b", "a"), KEDGE_OK);
    assert_json(&o, whole);
    assert_int_equal(kedge_unstructured_new(&o.u, "v1", "Node", NULL, NULL), KEDGE_OK);
    assert_json(&o, "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{}}");
    assert_int_equal(kedge_unstructured_new(&o.u, NULL, "Node", NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_unstructured_new(&o.u, "v1", NULL, NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_unstructured_new(&o.u, "v1", "\xc0", NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_json(&o, "");
    close_object(&o);
    open_object(&o, sizeof whole - 2, 32);
    assert_int_equal(kedge_unstructured_new(&o.u, "v1", "ConfigMap", "b", "a"), KEDGE_ERR_TOO_LONG);
    assert_int_equal(o.u.need, sizeof whole - 1);
    close_object(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_read_at_paths),
        cmocka_unit_test(what_is_not_there_is_told_from_what_is_null_and_of_another_type),
        cmocka_unit_test(a_text_of_any_length_is_no_time_and_no_quantity),
        cmocka_unit_test(lists_and_maps_are_walked_and_elements_have_places),
        cmocka_unit_test(what_every_object_has_is_there_without_copying),
        cmocka_unit_test(the_room_must_do_and_says_what_would),
        cmocka_unit_test(what_is_no_object_is_refused),
        cmocka_unit_test(values_take_each_others_place),
        cmocka_unit_test(what_is_missing_on_the_way_is_made),
        cmocka_unit_test(values_are_taken_out),
        cmocka_unit_test(what_cannot_be_changed_is_told_once_and_kept),
        cmocka_unit_test(what_is_nothing_is_no_object_no_path_and_no_place),
        cmocka_unit_test(a_change_fits_or_changes_nothing),
        cmocka_unit_test(whatever_the_text_is_its_room_is_kept),
        cmocka_unit_test(json_of_more_tokens_than_the_room_has_is_told),
        cmocka_unit_test(an_object_is_made_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
