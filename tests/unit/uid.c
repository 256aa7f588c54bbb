// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kedge/kinds.h"
#include "object/project.h"
#include "objects.h"

#define LONG                                                             \
    "a uid of a hundred bytes, as no server gives one: 0123456789012345" \
    "6789012345678901234567890123456789"

// Texts as JSON has them, without escapes, and whether 16 bytes hold them.
static const struct uid_row {
    const char *text;
    bool binary;
} rows[] = {
    {"0b9ea6b4-0d5d-4f4e-8f0a-6c2d1c5b7a90", true},
    {"ffffffff-ffff-ffff-ffff-ffffffffffff", true},
    {"00000000-0000-0000-8000-000000000000", true},
    {"00000000-0000-0000-7fff-ffffffffffff", false}, // of no variant that is told by its bit
    {"00000000-0000-0000-0000-000000000000", false},
    {"0B9EA6B4-0D5D-4F4E-8F0A-6C2D1C5B7A90", false},
    {"0b9ea6b4-0d5d-4f4e-8f0a-6c2d1c5b7a9", false},
    {"0b9ea6b4-0d5d-4f4e-8f0a-6c2d1c5b7a900", false},
    {"0b9ea6b40d5d4f4e8f0a6c2d1c5b7a90", false},
    {"{0b9ea6b4-0d5d-4f4e-8f0a-6c2d1c5b7a9", false},
    {"0b9ea6b4-0d5d-4f4e8-f0a-6c2d1c5b7a90", false},
    {"", false},
    {"1", false},
    {"default", false}, // a word
    {"06f6ce97-bf59-40e7-8b61-c5a4b1a0f0b2/kubelet", false},
    {"012345678901234567890123456789012345678901234567890123456789012", false},  // 63 bytes
    {"0123456789012345678901234567890123456789012345678901234567890123", false}, // 64
    {LONG, false},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static struct kedge_object *object_with(const char *uid)
{
    char json[512];
    int len = snprintf(json, sizeof json,
                       "{\"metadata\":{\"name\":\"n\",\"uid\":\"%s\",\"ownerReferences\":["
                       "{\"uid\":\"%s\",\"controller\":true}]}}",
                       uid, uid);
    return record_of(&kedge_kind_pod, (kedge_str){json, (size_t)len});
}

static void assert_uid(const struct kedge_uid *u, const char *text)
{
    char buf[KEDGE_UID_TEXT];
    memset(buf, 0x5a, sizeof buf);
    size_t len = strlen(text);
    kedge_str s = kedge_uid_str(u, buf);
    assert_int_equal(s.len, len);
    assert_string_equal(s.ptr, text);
    assert_string_equal(buf, len < KEDGE_UID_TEXT ? text : "");
    assert_true((s.ptr == buf) == (len < KEDGE_UID_TEXT));
    assert_ptr_equal(kedge_uid_text(u, buf), s.ptr);
    assert_true(kedge__uid_is(u, kedge_str_of(text)));
    assert_false(kedge__uid_is(u, kedge_str_of("another")));
}

static void a_uid_comes_back_as_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct kedge_object *o = object_with(rows[i].text);
        char buf[KEDGE_UID_TEXT];
        assert_string_equal(kedge_uid(o, buf), rows[i].text);
        assert_uid(&o->uid, rows[i].text);
        assert_uid(&kedge_controller_of(o)->uid, rows[i].text);
        assert_int_equal(o->mistyped, 0);
        free(o);
    }
}

// Of the same length, with another ninth byte: no text beside the struct, or one.
static void a_uuid_takes_sixteen_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct kedge_object *none = object_with("");
        struct kedge_object *o = object_with(rows[i].text);
        bool grown = rows[i].text[0] != '\0' && strcmp(rows[i].text, "default") != 0;
        if (rows[i].binary)
            assert_int_equal(o->size, none->size);
        else if (grown)
            assert_true(o->size >= none->size);
        if (strlen(rows[i].text) > 8)
            assert_true((o->size > none->size) == !rows[i].binary);
        free(none);
        free(o);
    }
}

static void a_uid_moves_with_its_record(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct kedge_object *o = object_with(rows[i].text);
        struct kedge_object *copy = malloc(o->size);
        assert_int_equal(kedge_object_copy(o, copy, o->size, NULL), KEDGE_OK);
        memset(o, 0xff, copy->size);
        free(o);
        assert_uid(&copy->uid, rows[i].text);
        assert_uid(&kedge_controller_of(copy)->uid, rows[i].text);
        free(copy);
    }
}

static void equal_uids_have_equal_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct kedge_object *a = object_with(rows[i].text);
        for (size_t k = 0; k < ROWS; k++) {
            struct kedge_object *b = object_with(rows[k].text);
            assert_true(kedge_uid_equal(&a->uid, &b->uid) == (i == k));
            assert_true(kedge_uid_equal(&a->uid, &kedge_controller_of(b)->uid) == (i == k));
            assert_true(kedge__uid_is(&a->uid, kedge_str_of(rows[k].text)) == (i == k));
            free(b);
        }
        free(a);
    }
}

// Each byte of a UUID changed to every other: the 16 bytes take what comes back from them, and
// nothing else.
static void what_sixteen_bytes_cannot_give_back_stays_a_text(void **state)
{
    (void)state;
    for (size_t at = 0; at < 36; at++) {
        for (int c = 1; c < 256; c++) {
            char text[37] = "0b9ea6b4-0d5d-4f4e-8f0a-6c2d1c5b7a90", buf[KEDGE_UID_TEXT];
            bool dash = text[at] == '-';
            bool digit = strchr("0123456789abcdef", c) != NULL;
            bool suits = dash ? c == '-' : digit && (at != 19 || strchr("89abcdef", c) != NULL);
            struct kedge_uid u;
            text[at] = (char)c;
            assert_true(kedge__uid_read((kedge_str){text, 36}, &u) == suits);
            if (suits)
                assert_string_equal(kedge_uid_text(&u, buf), text);
        }
    }
}

static void however_it_is_escaped_a_uid_is_the_same(void **state)
{
    (void)state;
    struct kedge_object *plain = object_with("0b9ea6b4-0d5d-4f4e-8f0a-6c2d1c5b7a90");
    struct kedge_object *escaped =
        object_with("\\u0030b9ea6b4\\u002d0d5d-4f4e-8f0a-6c2d1c5b7a9\\u0030");
    assert_int_equal(plain->size, escaped->size);
    assert_memory_equal(plain, escaped, plain->size);
    free(plain);
    free(escaped);
}

static void a_uid_may_hold_a_nul(void **state)
{
    (void)state;
    struct kedge_object *o = object_with("a\\u0000b");
    char buf[KEDGE_UID_TEXT];
    assert_true(kedge_str_eq(kedge_uid_str(&o->uid, buf), (kedge_str){"a\0b", 3}));
    assert_true(kedge__uid_is(&o->uid, (kedge_str){"a\0b", 3}));
    assert_false(kedge__uid_is(&o->uid, KEDGE_STR("a")));
    free(o);
}

static void what_is_no_text_is_no_uid(void **state)
{
    (void)state;
    struct kedge_object *o =
        record_of(&kedge_kind_pod, KEDGE_STR("{\"metadata\":{\"uid\":7,\"ownerReferences\":["
                                             "{\"uid\":[]},{\"uid\":null},{}]}}"));
    assert_uid(&o->uid, "");
    assert_int_equal(o->mistyped, 2);
    for (size_t i = 0; i < 3; i++)
        assert_uid(&KEDGE_AT(struct kedge_owner_reference, &o->owner_references, i)->uid, "");
    free(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_uid_comes_back_as_it_was),
        cmocka_unit_test(a_uuid_takes_sixteen_bytes),
        cmocka_unit_test(a_uid_moves_with_its_record),
        cmocka_unit_test(equal_uids_have_equal_texts),
        cmocka_unit_test(what_sixteen_bytes_cannot_give_back_stays_a_text),
        cmocka_unit_test(however_it_is_escaped_a_uid_is_the_same),
        cmocka_unit_test(a_uid_may_hold_a_nul),
        cmocka_unit_test(what_is_no_text_is_no_uid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
