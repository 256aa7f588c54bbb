// SPDX-License-Identifier: Apache-2.0
// token.c - the bearer token's source: files that change, vanish, or hold what must not be sent.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/token.h"
#include "fake_port.h"
#include "traces.h"

#include <stdio.h>
#include <stdlib.h>

#define PATH "/token"

static struct fake_port p;
static struct fake_file file;
static unsigned char memory[64 * 1024];
static struct kedge *k;
static struct kedge__token_source t;
static kedge_time now;
static unsigned warnings;
static char logged[256];

static void take_log(void *ctx, enum kedge_log_level level, const char *text)
{
    (void)ctx;
    (void)level;
    warnings++;
    snprintf(logged, sizeof logged, "%s", text);
}

static void start(size_t size)
{
    memset(memory, 0xa5, sizeof memory);
    k = kedge_init(memory, size, &p.port);
    if (k != NULL)
        kedge_log_to(k, KEDGE_LOG_DEBUG, take_log, NULL);
    warnings = 0;
    logged[0] = '\0';
    now = p.now;
}

static int setup(void **state)
{
    (void)state;
    fake_port_init(&p, 1);
    p.files = &file;
    p.file_count = 1;
    file = (struct fake_file){PATH, "", 0, KEDGE_OK};
    start(sizeof memory);
    return 0;
}

static void put_bytes(const char *bytes, size_t len)
{
    file = (struct fake_file){PATH, bytes, len, KEDGE_OK};
}

static void put(const char *text)
{
    put_bytes(text, strlen(text));
}

static bool in_memory(const char *text)
{
    return memory_holds(memory, sizeof memory, text);
}

static const char *token(void)
{
    const char *text = "nothing was answered";
    kedge_err err = kedge__token_get(k, &t, now, &text);
    assert_int_equal(err, text != NULL ? KEDGE_OK : KEDGE_ERR_FILE);
    return text;
}

static void init_fails(const char *text, const char *path, kedge_err err, const char *why)
{
    start(sizeof memory);
    assert_int_equal(kedge__token_init(k, &t, text, path), err);
    assert_int_equal(kedge_error(k), err);
    assert_string_equal(kedge_error_text(k), why);
}

// --- texts ---------------------------------------------------------------------------------------

static void a_text_is_the_token_for_ever(void **state)
{
    (void)state;
    assert_int_equal(kedge__token_init(k, &t, " abc\n", NULL), KEDGE_OK);
    assert_string_equal(token(), "abc");
    now += 100 * KEDGE_HOUR;
    kedge__token_expire(&t);
    assert_string_equal(token(), "abc");
    assert_int_equal(p.calls, 0);
}

static void nothing_at_all_is_an_argument_error(void **state)
{
    (void)state;
    init_fails(NULL, NULL, KEDGE_ERR_ARGUMENT, "neither a token nor a token file");
    init_fails(" \n", "", KEDGE_ERR_ARGUMENT, "neither a token nor a token file");
}

static void no_token_with_a_control_character_is_handed_out(void **state)
{
    (void)state;
    static const char *const bad[] = {"a\r\nX-Evil: 1", "a\nb", "a\tb", "a\x01",
                                      "\x7f"
                                      "a"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        init_fails(bad[i], NULL, KEDGE_ERR_CONFIG,
                   "bearer token: the token holds a control character");
        put(bad[i]);
        init_fails(NULL, PATH, KEDGE_ERR_CONFIG,
                   "bearer token file " PATH ": the token holds a control character");
    }
    put_bytes("a\0b", 3);
    init_fails(NULL, PATH, KEDGE_ERR_CONFIG,
               "bearer token file " PATH ": the token holds a control character");
}

// --- files ---------------------------------------------------------------------------------------

static void a_file_is_read_at_once_and_trimmed(void **state)
{
    (void)state;
    put(" \t\r\nfile-token \v\f\n\n");
    assert_int_equal(kedge__token_init(k, &t, NULL, PATH), KEDGE_OK);
    assert_string_equal(token(), "file-token");
}

static void it_is_read_again_when_it_is_50_seconds_old(void **state)
{
    (void)state;
    put("one");
    assert_int_equal(kedge__token_init(k, &t, NULL, PATH), KEDGE_OK);
    put("two");
    assert_string_equal(token(), "one");
    now += 50 * KEDGE_SECOND - 1;
    assert_string_equal(token(), "one");
    now += 1;
    assert_string_equal(token(), "two");
    unsigned calls = p.calls;
    put("three");
    now += 49 * KEDGE_SECOND;
    assert_string_equal(token(), "two");
    assert_int_equal(p.calls, calls);
    now += KEDGE_SECOND;
    assert_string_equal(token(), "three");
}

static void after_a_401_it_is_read_again_at_once(void **state)
{
    (void)state;
    put("one");
    assert_int_equal(kedge__token_init(k, &t, NULL, PATH), KEDGE_OK);
    put("two");
    kedge__token_expire(&t);
    assert_string_equal(token(), "two");
    put("three");
    assert_string_equal(token(), "two");
}

static void the_file_wins_over_the_text(void **state)
{
    (void)state;
    put("from-file");
    assert_int_equal(kedge__token_init(k, &t, "from-text", PATH), KEDGE_OK);
    assert_string_equal(token(), "from-file");
    assert_false(in_memory("from-text"));
}

static void the_text_stands_in_until_the_file_gives_one(void **state)
{
    (void)state;
    file.err = KEDGE_ERR_NOT_FOUND;
    assert_int_equal(kedge__token_init(k, &t, "from-text", PATH), KEDGE_OK);
    assert_string_equal(logged, "bearer token file " PATH
                                ": there is no such file; the one before it stays in use");
    assert_string_equal(token(), "from-text");
    assert_string_equal(token(), "from-text");
    assert_int_equal(warnings, 1);
    put("from-file");
    assert_string_equal(token(), "from-file");
}

static void without_a_text_the_first_read_must_succeed(void **state)
{
    (void)state;
    file.err = KEDGE_ERR_NOT_FOUND;
    init_fails(NULL, PATH, KEDGE_ERR_FILE, "bearer token file " PATH ": there is no such file");
    file.err = KEDGE_ERR_FILE;
    init_fails(NULL, PATH, KEDGE_ERR_FILE, "bearer token file " PATH ": the file cannot be read");
    put("");
    init_fails(NULL, PATH, KEDGE_ERR_FILE, "bearer token file " PATH ": the file is empty");
    put(" \n");
    init_fails(NULL, PATH, KEDGE_ERR_FILE, "bearer token file " PATH ": the file is empty");
    p.port.file = NULL;
    init_fails(NULL, PATH, KEDGE_ERR_UNSUPPORTED,
               "bearer token file " PATH ": the port has no files");
    start(sizeof memory);
    assert_int_equal(kedge__token_init(k, &t, "text", PATH), KEDGE_OK);
    assert_string_equal(token(), "text");
}

static void a_failed_read_keeps_the_token_before_it(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "\n", "a\rb"};
    put("good");
    assert_int_equal(kedge__token_init(k, &t, NULL, PATH), KEDGE_OK);
    for (size_t i = 0; i < 4; i++) {
        put(i < 3 ? bad[i] : "");
        file.err = i < 3 ? KEDGE_OK : KEDGE_ERR_NOT_FOUND;
        kedge__token_expire(&t);
        assert_string_equal(token(), "good");
    }
    // Said once, and again only after it went well in between.
    assert_int_equal(warnings, 1);
    put("better");
    assert_string_equal(token(), "better");
    put("");
    kedge__token_expire(&t);
    assert_string_equal(token(), "better");
    assert_int_equal(warnings, 2);
    assert_null(strstr(logged, "better"));
}

static void a_failed_read_is_tried_again_at_the_next_request(void **state)
{
    (void)state;
    put("one");
    assert_int_equal(kedge__token_init(k, &t, NULL, PATH), KEDGE_OK);
    file.err = KEDGE_ERR_FILE;
    now += KEDGE_MINUTE;
    assert_string_equal(token(), "one");
    put("two");
    assert_string_equal(token(), "two");
}

static void a_token_of_any_length_may_follow_another(void **state)
{
    (void)state;
    char text[900];
    put("x");
    assert_int_equal(kedge__token_init(k, &t, NULL, PATH), KEDGE_OK);
    for (size_t len = 1; len < sizeof text; len += 89) {
        memset(text, 'a' + (int)(len % 26), len);
        put_bytes(text, len);
        kedge__token_expire(&t);
        const char *got = token();
        // The room is that of the first, twice, and 1 KiB; half of that is always enough.
        if (len < 512) {
            assert_int_equal(strlen(got), len);
            assert_memory_equal(got, text, len);
        }
        assert_true(got[strlen(got) - 1] == got[0]);
    }
}

static void a_token_too_long_for_its_room_is_an_error_that_says_so(void **state)
{
    (void)state;
    char *text = malloc(KEDGE_TOKEN_MAX + 1);
    assert_non_null(text);
    memset(text, 'a', KEDGE_TOKEN_MAX + 1);
    put("first");
    assert_int_equal(kedge__token_init(k, &t, NULL, PATH), KEDGE_OK);
    put_bytes(text, 2000);
    kedge__token_expire(&t);
    assert_string_equal(token(), "first");
    assert_non_null(strstr(logged, "longer than"));

    put_bytes(text, KEDGE_TOKEN_MAX + 1);
    init_fails(NULL, PATH, KEDGE_ERR_TOO_LONG,
               "bearer token file " PATH
               ": the token is longer than KEDGE_TOKEN_MAX, or than the room taken for it");
    char *long_text = malloc(KEDGE_TOKEN_MAX + 2);
    assert_non_null(long_text);
    memset(long_text, 'a', KEDGE_TOKEN_MAX + 1);
    long_text[KEDGE_TOKEN_MAX + 1] = '\0';
    init_fails(
        long_text, NULL, KEDGE_ERR_TOO_LONG,
        "bearer token: the token is longer than KEDGE_TOKEN_MAX, or than the room taken for it");
    free(long_text);
    put_bytes(text, KEDGE_TOKEN_MAX);
    start(sizeof memory);
    assert_int_equal(kedge__token_init(k, &t, NULL, PATH), KEDGE_OK);
    assert_int_equal(strlen(token()), KEDGE_TOKEN_MAX);
    kedge__token_expire(&t);
    assert_int_equal(strlen(token()), KEDGE_TOKEN_MAX);
    free(text);
}

static int (*whole_file)(const struct kedge_port *port, const char *path, size_t offset, void *buf,
                         size_t cap);

static int byte_by_byte(const struct kedge_port *port, const char *path, size_t offset, void *buf,
                        size_t cap)
{
    return whole_file(port, path, offset, buf, cap > 0 ? 1 : 0);
}

static void however_the_file_is_split(void **state)
{
    (void)state;
    put("  split-token\n");
    whole_file = p.port.file;
    p.port.file = byte_by_byte;
    assert_int_equal(kedge__token_init(k, &t, NULL, PATH), KEDGE_OK);
    assert_string_equal(token(), "split-token");
    put("another");
    kedge__token_expire(&t);
    assert_string_equal(token(), "another");
}

static void wherever_reading_fails(void **state)
{
    (void)state;
    whole_file = p.port.file;
    p.port.file = byte_by_byte;
    unsigned at = 1;
    for (;; at++) {
        start(sizeof memory);
        put("old");
        p.cruelty.fail_at = 0;
        assert_int_equal(kedge__token_init(k, &t, NULL, PATH), KEDGE_OK);
        put("newer");
        kedge__token_expire(&t);
        p.calls = 0;
        p.cruelty.fail_at = at;
        const char *got = token();
        if (p.calls < at) {
            assert_string_equal(got, "newer");
            break;
        }
        assert_string_equal(got, "old");
    }
    assert_true(at > 5);
}

// --- memory --------------------------------------------------------------------------------------

static void with_any_amount_of_memory(void **state)
{
    (void)state;
    put("token");
    kedge_err err = KEDGE_ERR_MEMORY;
    unsigned lacking = 0;
    for (size_t size = 0; err != KEDGE_OK; size++) {
        unsigned char *exact = malloc(size + 1);
        assert_non_null(exact);
        k = kedge_init(exact, size, &p.port);
        err = k != NULL ? kedge__token_init(k, &t, NULL, PATH) : KEDGE_ERR_MEMORY;
        assert_true(err == KEDGE_OK || err == KEDGE_ERR_MEMORY);
        if (k != NULL && err != KEDGE_OK) {
            lacking++;
            assert_non_null(strstr(kedge_error_text(k), "no room for token"));
        }
        if (err == KEDGE_OK) {
            now = p.now;
            assert_string_equal(token(), "token");
        }
        free(exact);
    }
    assert_true(lacking > 1000);
}

static void a_wipe_erases_every_token(void **state)
{
    (void)state;
    put("SECRET-ONE");
    assert_int_equal(kedge__token_init(k, &t, "SECRET-TEXT", PATH), KEDGE_OK);
    put("SECRET-TWO-which-is-longer");
    kedge__token_expire(&t);
    assert_string_equal(token(), "SECRET-TWO-which-is-longer");
    put("SECRET-BAD\n\nline");
    kedge__token_expire(&t);
    assert_string_equal(token(), "SECRET-TWO-which-is-longer");
    assert_false(in_memory("SECRET-BAD"));
    assert_false(in_memory("SECRET-ONE"));
    put("SECRET-3");
    kedge__token_expire(&t);
    assert_string_equal(token(), "SECRET-3");
    assert_false(in_memory("which-is-longer"));
    kedge__token_wipe(&t);
    assert_false(in_memory("SECRET"));
    assert_null(token());
    kedge__token_wipe(&t);
    kedge__token_expire(&t);
    assert_null(token());
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_text_is_the_token_for_ever),
        TEST(nothing_at_all_is_an_argument_error),
        TEST(no_token_with_a_control_character_is_handed_out),
        TEST(a_file_is_read_at_once_and_trimmed),
        TEST(it_is_read_again_when_it_is_50_seconds_old),
        TEST(after_a_401_it_is_read_again_at_once),
        TEST(the_file_wins_over_the_text),
        TEST(the_text_stands_in_until_the_file_gives_one),
        TEST(without_a_text_the_first_read_must_succeed),
        TEST(a_failed_read_keeps_the_token_before_it),
        TEST(a_failed_read_is_tried_again_at_the_next_request),
        TEST(a_token_of_any_length_may_follow_another),
        TEST(a_token_too_long_for_its_room_is_an_error_that_says_so),
        TEST(however_the_file_is_split),
        TEST(wherever_reading_fails),
        TEST(with_any_amount_of_memory),
        TEST(a_wipe_erases_every_token),
    };
    return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
