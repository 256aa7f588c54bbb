// SPDX-License-Identifier: Apache-2.0
// Messages of events: cut to their size, and UTF-8 whatever they were; and the store that has them.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_port.h"
#include "guard.h"
#include "tools/event_priv.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define BAD      "\xef\xbf\xbd"

static const char *message(const char *text, size_t max)
{
    static char out[4096];
    size_t len = kedge__event_message(text, max, out);
    assert_true(len <= max);
    assert_int_equal(kedge__event_message(text, max, NULL), len);
    out[len] = '\0';
    return out;
}

// As Go's json.Marshal: each byte that belongs to no character becomes one U+FFFD.
static void what_is_no_utf8_is_replaced_byte_by_byte(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"", ""},
        {"plain", "plain"},
        {"\xc3\xa4\xe2\x98\x80\xf0\x9f\x94\xa5", "\xc3\xa4\xe2\x98\x80\xf0\x9f\x94\xa5"},
        {"\xff", BAD},
        {"a\xc3", "a" BAD},
        {"\xe2\x98", BAD BAD},
        {"\xe2\x98z", BAD BAD "z"},
        {"\xf0\x9f\x94", BAD BAD BAD},
        {"\xc0\x80", BAD BAD},                 // too long a form
        {"\xed\xa0\x80", BAD BAD BAD},         // a surrogate
        {"\xf4\x90\x80\x80", BAD BAD BAD BAD}, // beyond U+10FFFF
        {"\xc3\xc3\xa4", BAD "\xc3\xa4"},
        {"\x01\n\x7f", "\x01\n\x7f"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(message(cases[i].text, 64), cases[i].message);
}

// The number of bytes of the character that a good text begins with.
static size_t first_character(const char *text)
{
    unsigned char c = (unsigned char)*text;
    return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

static void a_long_one_is_cut_between_two_characters(void **state)
{
    (void)state;
    static const char *const pieces[] = {"a", "\xc3\xa4", "\xe2\x98\x80", "\xf0\x9f\x94\xa5",
                                         "\xff"};
    struct fake_port dice;
    fake_port_init(&dice, 1);
    for (int run = 0; run < 2000; run++) {
        char text[512] = "";
        char all[512] = ""; // as it would be uncut
        for (uint64_t n = fake_port_random(&dice, 60); n > 0; n--) {
            const char *piece = pieces[fake_port_random(&dice, COUNT(pieces))];
            strcat(text, piece);
            strcat(all, piece[0] == '\xff' ? BAD : piece);
        }
        size_t max = 64 + (size_t)fake_port_random(&dice, 100);
        const char *cut = message(text, max);
        if (strlen(all) <= max) {
            assert_string_equal(cut, all);
            continue;
        }
        size_t len = strlen(cut);
        assert_true(len >= 3);
        assert_string_equal(cut + len - 3, "...");
        assert_memory_equal(cut, all, len - 3);
        // One more character would not have had room.
        assert_true(len + first_character(all + len - 3) > max);
        size_t at = 0;
        while (at < len - 3)
            at += first_character(all + at);
        assert_int_equal(at, len - 3);
    }
}

static void nothing_behind_its_end_is_looked_at(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "a", "\xc3", "\xe2\x98", "\xf0\x9f\x94", "\xf0"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        const char *at_the_edge = guard_put(texts[i], strlen(texts[i]) + 1);
        size_t len = kedge__event_message(texts[i], 64, NULL);
        assert_int_equal(kedge__event_message(at_the_edge, 64, NULL), len);
    }
}

// The store ---------------------------------------------------------------------------------------

struct entry {
    struct kedge__event_entry event;
    uint64_t number;
};

static struct kedge__event_store open_store(size_t size, const char *before)
{
    struct kedge__event_store s = {
        .bytes = malloc(size),
        .size = size,
        .head = sizeof(struct entry),
        .texts = KEDGE__EVENT_CORE,
        .before = before,
    };
    assert_non_null(s.bytes);
    memset(s.bytes, 0x5a, size);
    return s;
}

static struct entry *add(struct kedge__event_store *s, uint64_t number)
{
    char text[24];
    const char *texts[KEDGE__EVENT_CORE] = {NULL};
    snprintf(text, sizeof text, "%0*llu", 1 + (int)(number % 20), (unsigned long long)number);
    texts[KEDGE__EVENT_NAME] = text;
    texts[KEDGE__EVENT_MESSAGE] = text;
    struct entry *e = kedge__event_store_add(s, texts, 64, number % 3);
    if (e != NULL)
        e->number = number;
    return e;
}

static void check(const struct kedge__event_store *s, const struct entry *e, const char *before)
{
    const char *texts[KEDGE__EVENT_CORE];
    kedge__event_store_texts(s, e, texts);
    for (size_t i = 0; i < KEDGE__EVENT_CORE; i++) {
        bool has = i == KEDGE__EVENT_NAME || i == KEDGE__EVENT_MESSAGE;
        assert_int_equal(strtoull(texts[i], NULL, 10), has ? e->number : 0);
        assert_int_equal(strlen(texts[i]) > 0, has);
    }
    assert_memory_equal(texts[KEDGE__EVENT_MESSAGE] - strlen(before), before, strlen(before));
}

// Beside a list of numbers that is obviously right.
static void what_is_taken_out_leaves_no_gap(void **state)
{
    (void)state;
    struct fake_port dice;
    fake_port_init(&dice, 1);
    for (int run = 0; run < 20; run++) {
        const char *before = run % 2 ? "before: " : "";
        struct kedge__event_store s =
            open_store(200 + 8 * (size_t)fake_port_random(&dice, 200), run % 2 ? before : NULL);
        uint64_t numbers[64];
        size_t count = 0;
        for (uint64_t step = 1; step < 400; step++) {
            if (fake_port_random(&dice, 5) < 3) {
                if (add(&s, step) != NULL)
                    numbers[count++] = step;
            } else if (count > 0) {
                size_t i = (size_t)fake_port_random(&dice, count);
                struct entry *e = NULL;
                for (size_t n = 0; n <= i; n++)
                    e = kedge__event_store_next(&s, e);
                kedge__event_store_remove(&s, e);
                memmove(numbers + i, numbers + i + 1, (count - i - 1) * sizeof *numbers);
                count--;
            }
            struct entry *e = NULL;
            for (size_t n = 0; n < count; n++) {
                e = kedge__event_store_next(&s, e);
                assert_non_null(e);
                assert_int_equal(e->number, numbers[n]);
                assert_int_equal((uintptr_t)e % 8, 0);
                check(&s, e, before);
            }
            assert_null(count > 0 ? kedge__event_store_next(&s, e)
                                  : kedge__event_store_next(&s, NULL));
            assert_int_equal(s.count, count);
        }
        free(s.bytes);
    }
}

static void an_entry_fits_to_the_last_byte_or_not_at_all(void **state)
{
    (void)state;
    size_t size = 8;
    for (;; size += 8) {
        struct kedge__event_store s = open_store(size, "before: ");
        struct entry *e = add(&s, 19);
        if (e != NULL) {
            assert_int_equal(s.used, size);
            assert_int_equal(e->event.size, size);
            // It begins with zeros, whatever was there.
            assert_int_equal(e->event.at, 0);
            assert_int_equal(e->event.type, 0);
            kedge__event_store_remove(&s, e);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(s.bytes[i], 0); // and leaves none of its bytes
            free(s.bytes);
            break;
        }
        assert_int_equal(s.used, 0);
        assert_int_equal(s.count, 0);
        free(s.bytes);
    }
    assert_true(size > sizeof(struct entry) + 40);
}

static void extra_bytes_are_behind_the_texts(void **state)
{
    (void)state;
    struct kedge__event_store s = open_store(512, "before: ");
    const char *texts[KEDGE__EVENT_CORE] = {NULL};
    texts[KEDGE__EVENT_MESSAGE] = "m";
    char *extra[2];
    for (size_t i = 0; i < 2; i++) {
        unsigned char *e = kedge__event_store_add(&s, texts, 64, 100);
        assert_non_null(e);
        extra[i] = kedge__event_store_extra(&s, e);
        assert_ptr_equal(extra[i], e + sizeof(struct entry) + KEDGE__EVENT_CORE + 8 + 1);
        assert_in_range(((struct kedge__event_entry *)(void *)e)->size,
                        (size_t)((unsigned char *)extra[i] - e) + 100,
                        (size_t)((unsigned char *)extra[i] - e) + 107);
        for (size_t n = 0; n < 100; n++)
            assert_int_equal(extra[i][n], 0);
        memset(extra[i], 'x', 100);
    }
    assert_null(kedge__event_store_add(&s, texts, 64, 512));
    kedge__event_store_remove(&s, kedge__event_store_next(&s, NULL));
    const char *moved = kedge__event_store_extra(&s, kedge__event_store_next(&s, NULL));
    assert_ptr_equal(moved, extra[0]);
    assert_true(moved[0] == 'x' && moved[99] == 'x');
    free(s.bytes);
}

// JSON that the two recorders share --------------------------------------------------------------

// Into a body of any size: nothing is written behind its end, and how large it should be is told.
static void a_reference_fits_its_body_or_says_so(void **state)
{
    (void)state;
    static const char *const texts[KEDGE__EVENT_REFERENCE] = {"apps", "v1", "Deployment", "default",
                                                              "web",  "u",  "7",          "spec"};
    static const char expected[] =
        "{\"involvedObject\":{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\","
        "\"namespace\":\"default\",\"name\":\"web\",\"uid\":\"u\",\"resourceVersion\":\"7\","
        "\"fieldPath\":\"spec\"}}";
    const size_t len = sizeof expected - 1;
    for (size_t size = 0; size <= len; size++) {
        char *body = malloc(size > 0 ? size : 1); // ASan guards its end
        struct kedge_writer writer;
        kedge_str json;
        assert_non_null(body);
        kedge_writer_init(&writer, body, size);
        kedge_writer_begin_object(&writer);
        kedge__event_write_reference(&writer, "involvedObject", texts);
        kedge_writer_end_object(&writer);
        assert_int_equal(kedge_writer_finish(&writer, &json),
                         size < len ? KEDGE_ERR_TOO_LONG : KEDGE_OK);
        assert_int_equal(json.len, len);
        if (size == len)
            assert_memory_equal(json.ptr, expected, len);
        free(body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_utf8_is_replaced_byte_by_byte),
        cmocka_unit_test(a_long_one_is_cut_between_two_characters),
        cmocka_unit_test(nothing_behind_its_end_is_looked_at),
        cmocka_unit_test(what_is_taken_out_leaves_no_gap),
        cmocka_unit_test(an_entry_fits_to_the_last_byte_or_not_at_all),
        cmocka_unit_test(extra_bytes_are_behind_the_texts),
        cmocka_unit_test(a_reference_fits_its_body_or_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
