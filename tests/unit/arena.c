// SPDX-License-Identifier: Apache-2.0
// The arena, the first failure and the memory report (src/base/context.c).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/context.h"
#include "kedge/loop.h"

#define ALIGN _Alignof(max_align_t)

static const struct kedge_port port = {.name = "none"};

// A block of exactly `size` bytes, full of garbage, for ASan to watch. Its address is `skew` off
// from what max_align_t wants.
static unsigned char *allocated;

static unsigned char *block(size_t size, size_t skew)
{
    free(allocated);
    allocated = malloc(size + skew > 0 ? size + skew : 1);
    assert_non_null(allocated);
    memset(allocated, 0xa5, size + skew);
    return allocated + skew;
}

static struct kedge *make(size_t room)
{
    struct kedge *k =
        kedge_init(block(sizeof(struct kedge) + room, 0), sizeof(struct kedge) + room, &port);
    assert_non_null(k);
    return k;
}

static bool is_zero(const void *p, size_t len)
{
    const unsigned char *bytes = p;
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

static void a_block_of_every_size_works_or_is_refused(void **state)
{
    (void)state;
    for (size_t skew = 0; skew < ALIGN; skew++) {
        size_t least = sizeof(struct kedge) + (ALIGN - skew) % ALIGN;
        for (size_t size = 0; size < least + 40; size++) {
            unsigned char *memory = block(size, skew);
            struct kedge *k = kedge_init(memory, size, &port);
            assert_int_equal(k != NULL, size >= least);
            if (k == NULL)
                continue;
            assert_int_equal(kedge_error(k), KEDGE_OK);
            assert_string_equal(kedge_error_text(k), "");
            assert_int_equal((uintptr_t)k % ALIGN, 0);
            assert_true((unsigned char *)k >= memory);
        }
    }
}

static void nothing_is_no_kedge(void **state)
{
    (void)state;
    unsigned char *memory = block(8192, 0);
    assert_null(kedge_init(NULL, 8192, &port));
    assert_null(kedge_init(memory, 8192, NULL));
    assert_int_equal(kedge_error(NULL), KEDGE_ERR_ARGUMENT);
    assert_non_null(strstr(kedge_error_text(NULL), "too small"));
    assert_int_equal(kedge_memory_report(NULL, NULL, 0), 0);
    kedge_log_to(NULL, KEDGE_LOG_DEBUG, NULL, NULL);
}

static void what_is_taken_is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct kedge *k = make(4096);
    unsigned char *end = (unsigned char *)(k + 1);
    for (size_t i = 0; i < 60; i++) {
        size_t align = (size_t)1 << i % 5;
        unsigned char *p = kedge__take(k, "some", i % 7, 3, align);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % align, 0);
        assert_true(p >= end);
        assert_true(is_zero(p, i % 7 * 3));
        memset(p, 0xff, i % 7 * 3);
        end = p + i % 7 * 3;
    }
    int64_t *numbers = KEDGE__NEW(k, "numbers", int64_t, 5);
    assert_int_equal((uintptr_t)numbers % _Alignof(int64_t), 0);
    assert_true(is_zero(numbers, 5 * sizeof *numbers));
    unsigned char *bytes = kedge__take_bytes(k, "bytes", 3);
    assert_int_equal((uintptr_t)bytes % ALIGN, 0);
    assert_int_equal(kedge_error(k), KEDGE_OK);
}

// Takings of several sizes in a block of every size: each fits whole or fails, and none goes beyond
// the block (ASan looks).
static void an_arena_of_every_size_fits_or_says_what_lacks(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 40, 0, 7, 16, 100, 0, 33, 0};
    bool whole = false;
    for (size_t room = 0; !whole; room++) {
        struct kedge *k = make(room);
        whole = true;
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            size_t align = i % 2 == 0 ? ALIGN : 1;
            size_t mark = kedge__mark(k);
            unsigned char *p = kedge__take(k, "part", sizes[i], 1, align);
            whole = whole && p != NULL;
            if (p != NULL)
                memset(p, 0xff, sizes[i]);
            if (i % 3 == 0)
                kedge__reset(k, mark);
            assert_true(kedge__mark(k) <= sizeof(struct kedge) + room);
        }
        assert_int_equal(kedge_error(k), whole ? KEDGE_OK : KEDGE_ERR_MEMORY);
        assert_int_equal(kedge_error_text(k)[0] != '\0', !whole);
        assert_true(room < 1000);
    }
}

static void the_failure_names_part_and_bytes(void **state)
{
    (void)state;
    struct kedge *k = make(100);
    assert_null(kedge__take(k, "the heap", 10, 13, 1));
    assert_int_equal(kedge_error(k), KEDGE_ERR_MEMORY);
    char wanted[256];
    snprintf(wanted, sizeof wanted,
             "no room for the heap: 130 bytes are needed, 100 are left; give kedge_init at least "
             "%zu bytes",
             sizeof(struct kedge) + 130);
    assert_string_equal(kedge_error_text(k), wanted);
    // The first stays, also when something smaller fits afterwards.
    assert_non_null(kedge__take(k, "less", 10, 1, 1));
    assert_null(kedge__take(k, "more", 1000, 1, 1));
    assert_string_equal(kedge_error_text(k), wanted);
    assert_null(kedge__take(make(0), NULL, 1, 1, 1));
}

// Whoever gives what the text asks for gets further.
static void the_bytes_that_are_asked_for_are_enough(void **state)
{
    (void)state;
    for (size_t skew = 0; skew < ALIGN; skew++) {
        for (size_t room = 2 * ALIGN; room < 120; room++) {
            size_t size = sizeof(struct kedge) + room;
            struct kedge *k = kedge_init(block(size, skew), size, &port);
            assert_non_null(k);
            kedge__take(k, "first", 5, 1, 1);
            if (kedge__take(k, "second", 90, 1, ALIGN) != NULL)
                continue;
            const char *number = strstr(kedge_error_text(k), "at least ");
            assert_non_null(number);
            size = (size_t)strtoull(number + 9, NULL, 10);
            k = kedge_init(block(size, skew), size, &port);
            assert_non_null(kedge__take(k, "first", 5, 1, 1));
            assert_non_null(kedge__take(k, "second", 90, 1, ALIGN));
            // And not one more than enough.
            k = kedge_init(block(size, skew), size - 1, &port);
            kedge__take(k, "first", 5, 1, 1);
            assert_null(kedge__take(k, "second", 90, 1, ALIGN));
        }
    }
}

static void a_size_that_overflows_is_refused(void **state)
{
    (void)state;
    static const size_t counts[] = {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 4, SIZE_MAX / 8 + 1};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct kedge *k = make(1000);
        size_t mark = kedge__mark(k);
        assert_null(kedge__take(k, "much", counts[i], 8, 8));
        assert_true(kedge_error(k) == KEDGE_ERR_MEMORY || kedge_error(k) == KEDGE_ERR_ARGUMENT);
        assert_non_null(strstr(kedge_error_text(k), "much"));
        assert_int_equal(kedge__mark(k), mark);
    }
}

static void texts_are_copied_with_an_end(void **state)
{
    (void)state;
    struct kedge *k = make(9);
    assert_string_equal(kedge__take_text(k, "t", (kedge_str){"abcdef", 3}), "abc");
    assert_string_equal(kedge__take_text(k, "t", (kedge_str){NULL, 0}), "");
    assert_null(kedge__take_text(k, "t", KEDGE_STR("abcd")));
    assert_int_equal(kedge_error(k), KEDGE_ERR_MEMORY);
}

static void the_rest_is_all_that_is_left(void **state)
{
    (void)state;
    for (size_t room = 0; room < 80; room++) {
        struct kedge *k = make(room);
        kedge__take(k, "first", 1, 1, 1);
        bool had = room > 0;
        size_t bytes = 12345;
        unsigned char *rest = kedge__take_rest(k, "heap", &bytes);
        if (!had)
            continue;
        size_t start = (sizeof(struct kedge) + 1 + ALIGN - 1) / ALIGN * ALIGN;
        size_t left = sizeof(struct kedge) + room > start ? sizeof(struct kedge) + room - start : 0;
        assert_int_equal(bytes, left);
        assert_int_equal(rest != NULL, left > 0);
        assert_int_equal(kedge_error(k), KEDGE_OK);
        if (rest == NULL)
            continue;
        memset(rest, 0xff, bytes);
        assert_int_equal((uintptr_t)rest % ALIGN, 0);
        assert_null(kedge__take(k, "more", 1, 1, 1));
    }
}

static void scratch_is_wiped_and_free_again(void **state)
{
    (void)state;
    struct kedge *k = make(256);
    char *kept = kedge__take_bytes(k, "kept", 10);
    memset(kept, 'k', 10);
    size_t mark = kedge__mark(k);
    for (int i = 0; i < 100; i++) {
        char *scratch = kedge__take(k, NULL, 100, 1, 1);
        assert_non_null(scratch);
        assert_true(is_zero(scratch, 100));
        memset(scratch, 's', 100);
        kedge__reset(k, mark);
        assert_int_equal(kedge__mark(k), mark);
        assert_true(is_zero(scratch, 100));
    }
    assert_memory_equal(kept, "kkkkkkkkkk", 10);
    kedge__reset(k, mark);
    assert_int_equal(kedge__mark(k), mark);
}

static void the_first_failure_is_kept(void **state)
{
    (void)state;
    struct kedge *k = make(0);
    kedge__line_text(kedge__fail(k, KEDGE_ERR_CONFIG), "line 3: no such user");
    kedge__line_text(kedge__fail(k, KEDGE_ERR_FILE), "something later");
    kedge__line_int(kedge__fail(k, KEDGE_ERR_FILE), 7);
    assert_int_equal(kedge_error(k), KEDGE_ERR_CONFIG);
    assert_string_equal(kedge_error_text(k), "line 3: no such user");
}

static void a_failure_without_words_has_those_of_its_kind(void **state)
{
    (void)state;
    struct kedge *k = make(0);
    kedge__fail(k, KEDGE_ERR_TLS);
    assert_string_equal(kedge_error_text(k), kedge_err_text(KEDGE_ERR_TLS));
}

static void a_long_failure_text_is_cut(void **state)
{
    (void)state;
    struct kedge *k = make(0);
    struct kedge__line *l = kedge__fail(k, KEDGE_ERR_CONFIG);
    for (int i = 0; i < 2 * KEDGE_ERROR_TEXT; i++)
        kedge__line_byte(l, 'x');
    assert_int_equal(strlen(kedge_error_text(k)), KEDGE_ERROR_TEXT - 1);
}

static void the_report_adds_up(void **state)
{
    (void)state;
    struct kedge *k = make(1000);
    kedge__take(k, "tables", 10, 8, 8);
    kedge__take_text(k, "texts", KEDGE_STR("abc"));
    kedge__take(k, "tables", 3, 8, 8);
    struct kedge_memory_part parts[8];
    memset(parts, 0xa5, sizeof parts);
    assert_int_equal(kedge_memory_report(k, parts, 8), 4);
    assert_string_equal(parts[0].name, "the whole block");
    assert_int_equal(parts[0].size, sizeof(struct kedge) + 1000);
    assert_string_equal(parts[1].name, "kedge");
    assert_string_equal(parts[2].name, "tables");
    assert_string_equal(parts[3].name, "texts");
    assert_int_equal(parts[3].size, 4);
    assert_int_equal(parts[2].size, 80 + 4 + 24); // with the bytes that alignment cost
    assert_int_equal(parts[0].used, parts[1].used + parts[2].used + parts[3].used);
    assert_int_equal(parts[0].used, kedge__mark(k));
    assert_int_equal(parts[0].peak, kedge__mark(k));
}

static void a_report_into_too_few_places_says_how_many_there_are(void **state)
{
    (void)state;
    struct kedge *k = make(100);
    kedge__take(k, "a", 1, 1, 1);
    for (size_t cap = 0; cap < 5; cap++) {
        struct kedge_memory_part parts[5];
        memset(parts, 0, sizeof parts);
        assert_int_equal(kedge_memory_report(k, cap > 0 ? parts : NULL, cap), 3);
        for (size_t i = 0; i < 5; i++)
            assert_int_equal(parts[i].name != NULL, i < cap && i < 3);
    }
}

static void scratch_counts_in_the_peak(void **state)
{
    (void)state;
    struct kedge *k = make(1000);
    size_t mark = kedge__mark(k);
    kedge__take(k, NULL, 500, 1, 1);
    kedge__reset(k, mark);
    struct kedge_memory_part parts[2];
    assert_int_equal(kedge_memory_report(k, parts, 2), 2);
    assert_int_equal(parts[0].used, mark);
    assert_int_equal(parts[0].peak, mark + 500);
}

static void more_parts_than_lines_share_the_last(void **state)
{
    (void)state;
    static const char names[26][2] = {"a", "b", "c", "d", "e", "f", "g", "h", "i",
                                      "j", "k", "l", "m", "n", "o", "p", "q", "r",
                                      "s", "t", "u", "v", "w", "x", "y", "z"};
    struct kedge *k = make(1000);
    for (size_t i = 0; i < 26; i++)
        assert_non_null(kedge__take(k, names[i], 10, 1, 1));
    struct kedge_memory_part parts[KEDGE__PARTS_MAX + 1];
    assert_int_equal(kedge_memory_report(k, parts, KEDGE__PARTS_MAX + 1), KEDGE__PARTS_MAX + 1);
    assert_string_equal(parts[KEDGE__PARTS_MAX].name, "other");
    size_t sum = 0;
    for (size_t i = 1; i <= KEDGE__PARTS_MAX; i++)
        sum += parts[i].size;
    assert_int_equal(sum, parts[0].used);
}

struct heard {
    int count;
    enum kedge_log_level level;
    char text[64];
};

static void hear(void *ctx, enum kedge_log_level level, const char *text)
{
    struct heard *h = ctx;
    h->count++;
    h->level = level;
    snprintf(h->text, sizeof h->text, "%s", text);
}

static void messages_up_to_the_level_are_heard(void **state)
{
    (void)state;
    struct kedge *k = make(0);
    struct heard h = {0};
    kedge__log(k, KEDGE_LOG_ERROR, "nobody listens");
    assert_false(kedge__log_wants(k, KEDGE_LOG_ERROR));
    kedge_log_to(k, KEDGE_LOG_WARNING, hear, &h);
    kedge__log(k, KEDGE_LOG_INFO, "too fine");
    assert_int_equal(h.count, 0);
    kedge__log(k, KEDGE_LOG_WARNING, "a warning");
    assert_int_equal(h.count, 1);
    assert_int_equal(h.level, KEDGE_LOG_WARNING);
    assert_string_equal(h.text, "a warning");
    kedge__log(k, KEDGE_LOG_ERROR, "an error");
    assert_int_equal(h.count, 2);
    kedge_log_to(k, KEDGE_LOG_DEBUG, NULL, NULL);
    kedge__log(k, KEDGE_LOG_ERROR, "nobody listens");
    assert_int_equal(h.count, 2);
}

static int free_block(void **state)
{
    (void)state;
    free(allocated);
    allocated = NULL;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_of_every_size_works_or_is_refused),
        cmocka_unit_test(nothing_is_no_kedge),
        cmocka_unit_test(what_is_taken_is_zeroed_aligned_and_apart),
        cmocka_unit_test(an_arena_of_every_size_fits_or_says_what_lacks),
        cmocka_unit_test(the_failure_names_part_and_bytes),
        cmocka_unit_test(the_bytes_that_are_asked_for_are_enough),
        cmocka_unit_test(a_size_that_overflows_is_refused),
        cmocka_unit_test(texts_are_copied_with_an_end),
        cmocka_unit_test(the_rest_is_all_that_is_left),
        cmocka_unit_test(scratch_is_wiped_and_free_again),
        cmocka_unit_test(the_first_failure_is_kept),
        cmocka_unit_test(a_failure_without_words_has_those_of_its_kind),
        cmocka_unit_test(a_long_failure_text_is_cut),
        cmocka_unit_test(the_report_adds_up),
        cmocka_unit_test(a_report_into_too_few_places_says_how_many_there_are),
        cmocka_unit_test(scratch_counts_in_the_peak),
        cmocka_unit_test(more_parts_than_lines_share_the_last),
        cmocka_unit_test(messages_up_to_the_level_are_heard),
    };
    return cmocka_run_group_tests(tests, NULL, free_block);
}
