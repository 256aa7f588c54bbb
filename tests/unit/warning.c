// SPDX-License-Identifier: Apache-2.0
// Warning headers: what client-go reads out of them, and what it does not.
#include "kedge/warning.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

// "code|agent|text;" for each warning of the value, read where the next byte is no memory.
static const char *read_value(const char *value, size_t len, bool cut)
{
    static char said[4096];
    struct kedge_warnings all;
    struct kedge_warning w;
    char *memory = guard_put(value, len);
    said[0] = '\0';
    kedge_warnings_init(&all, memory, len, cut);
    while (kedge_warnings_next(&all, &w)) {
        assert_true(w.agent.ptr > memory && w.agent.ptr + w.agent.len <= memory + len);
        assert_true(w.text.ptr > memory && w.text.ptr + w.text.len <= memory + len);
        size_t at = strlen(said);
        snprintf(said + at, sizeof said - at, "%d|%.*s|%.*s;", w.code, (int)w.agent.len,
                 w.agent.ptr, (int)w.text.len, w.text.ptr);
    }
    assert_false(kedge_warnings_next(&all, &w));
    return said;
}

struct row {
    const char *value;
    const char *said;
};

static void check(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *said = read_value(rows[i].value, strlen(rows[i].value), false);
        if (strcmp(said, rows[i].said) != 0)
            fail_msg("%s\ngives  %s\nwanted %s", rows[i].value, said, rows[i].said);
    }
}

static void warnings_are_read(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"", ""},
        {" \t", ""},
        {"299 - \"text\"", "299|-|text;"},
        {"  299 - \"text\"  ", "299|-|text;"},
        {"000 agent.example:80 \"\"", "0|agent.example:80|;"},
        {"299 - \"a \\\"b\\\" \\\\ \\c\"", "299|-|a \"b\" \\ c;"},
        {"299 - \"a\" \"Sun, 06 Nov 1994 08:49:37 GMT\"", "299|-|a;"},
        {"299 - \"a\"\"\"", "299|-|a;"},
        {"299 - \"a\",199 - \"b\" , 299 - \"c\" \"date\" ,\t299 x \"d,e\"",
         "299|-|a;199|-|b;299|-|c;299|x|d,e;"},
        {"299 - \"a\",", "299|-|a;"},
        {"299 - \"a\", ", "299|-|a;"},
        {"299 caf\xc3\xa9 \"\xe2\x82\xac \xf0\x9d\x84\x9e \xed\x9f\xbf \xf4\x8f\xbf\xbf \xc2\xa0\"",
         "299|caf\xc3\xa9|\xe2\x82\xac \xf0\x9d\x84\x9e \xed\x9f\xbf \xf4\x8f\xbf\xbf \xc2\xa0;"},
    };
    check(rows, COUNT(rows));
}

static const char *const malformed[] = {
    "299",
    "2",
    "299 ",
    "299 -",
    "299 - ",
    "299 - text",
    "299 -  \"two blanks\"",
    "299  - \"two blanks\"",
    "299\t- \"tab\"",
    "29 - \"short\"",
    "2999 - \"long\"",
    "2x9 - \"no number\"",
    "-99 - \"no number\"",
    "29: - \"no number\"",
    ", 299 - \"empty\"",
    "299 - \"open",
    "299 - \"open\\\"",
    "299 - \"open\\",
    "299 - \"",
    "299 - \"date\" \"open",
    "299 - \"x\" y",
    "299 - \"x\" \"date\" y",
    "299 - \"x\" \"date\" \"date\"",
    "299 - \"tab\there\"",
    "299 - \"\x01\"",
    "299 - \"\x7f\"",
    "299 - \"\xc2\x80\"", // U+0080 to U+009F are controls, too
    "299 - \"\xc2\x9f\"",
    "299 - \"\x80\"",
    "299 - \"\xc1\xbf\"",
    "299 - \"\xc3\"",
    "299 - \"\xc3(\"",
    "299 - \"\xe0\x9f\xbf\"",
    "299 - \"\xed\xa0\x80\"",
    "299 - \"\xe2\x82(\"",
    "299 - \"\xe2\x82\"",
    "299 - \"\xf0\x8f\xbf\xbf\"",
    "299 - \"\xf4\x90\x80\x80\"",
    "299 - \"\xf5\x80\x80\x80\"",
    "299 - \"\xff\"",
    "299 \x7f \"x\"",
    "299 \xff \"x\"",
    "299 - \"=?utf-8?Q?=FF?=\"",
    "299 - \"=?utf-8?Q?=09?=\"",
    "299 - \"=?iso-8859-1?Q?=80?=\"",
};

static void what_is_malformed_ends_the_header(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(malformed); i++) {
        char value[256];
        assert_string_equal(read_value(malformed[i], strlen(malformed[i]), false), "");
        // What came before it counts, what follows does not.
        snprintf(value, sizeof value, "199 - \"good\", %s, 299 - \"good\"", malformed[i]);
        const char *said = read_value(value, strlen(value), false);
        if (strncmp(said, "199|-|good;", 11) != 0)
            fail_msg("%s gives %s", value, said);
        // An open quote is closed by the next one.
        if (strstr(malformed[i], "open") == NULL && strcmp(malformed[i], "299 - \"") != 0)
            assert_string_equal(said, "199|-|good;");
    }
    assert_string_equal(read_value("299 - \"a\0b\"", 11, false), "");
    assert_string_equal(read_value(NULL, 0, false), "");
}

static void encoded_words_are_decoded(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"299 - \"=?utf-8?Q?caf=C3=A9_noir?=\"", "299|-|caf\xc3\xa9 noir;"},
        {"299 - \"=?UTF-8?q?caf=c3=a9?=\"", "299|-|caf\xc3\xa9;"},
        {"299 - \"=?utf-8?B?Y2Fmw6k=?=\"", "299|-|caf\xc3\xa9;"},
        {"299 - \"=?utf-8?b?Y2Fmw6k=?=, so\"", "299|-|caf\xc3\xa9, so;"},
        {"299 - \"=?ISO-8859-1?Q?caf=E9?=\"", "299|-|caf\xc3\xa9;"},
        {"299 - \"=?iso-8859-1?B?Y2Fm6Q==?=\"", "299|-|caf\xc3\xa9;"},
        {"299 - \"=?us-ascii?Q?caf=E9?=\"", "299|-|caf\xef\xbf\xbd;"},
        {"299 - \"=?us-ascii?Q?cafe?=\"", "299|-|cafe;"},
        // Blanks between two words go, all else stays.
        {"299 - \"a =?utf-8?Q?b?= =?utf-8?Q?c?= d =?utf-8?Q?e?= \"", "299|-|a bc d e ;"},
        {"299 - \"=?utf-8?Q?a?=-=?utf-8?Q?b?=\"", "299|-|a-b;"},
        {"299 - \"=?utf-8?Q?a?==?utf-8?Q?b?=\"", "299|-|ab;"},
        {"299 - \"=?utf-8?Q?a?= =?utf-8?Q?=ZZ?= =?utf-8?Q?b?=\"", "299|-|a =?utf-8?Q?=ZZ?= b;"},
        {"299 - \"=?utf-8?Q?\?=x\"", "299|-|x;"},
        // A quote that was escaped, and one in a word.
        {"299 - \"\\\"=?utf-8?Q?=22?=\\\"\", 299 - \"b\"", "299|-|\"\"\";299|-|b;"},
        // What is no word stays.
        {"299 - \"=?\"", "299|-|=?;"},
        {"299 - \"=?utf-8\"", "299|-|=?utf-8;"},
        {"299 - \"=?utf-8?\"", "299|-|=?utf-8?;"},
        {"299 - \"=?utf-8?Q\"", "299|-|=?utf-8?Q;"},
        {"299 - \"=?utf-8?Q?\"", "299|-|=?utf-8?Q?;"},
        {"299 - \"=?utf-8?Q?a\"", "299|-|=?utf-8?Q?a;"},
        {"299 - \"=?utf-8?Q?abc?\"", "299|-|=?utf-8?Q?abc?;"},
        {"299 - \"=?utf-8?QQ?abc?=\"", "299|-|=?utf-8?QQ?abc?=;"},
        {"299 - \"=?utf-8?X?abc?=\"", "299|-|=?utf-8?X?abc?=;"},
        {"299 - \"=?utf-8?B?a?=\"", "299|-|=?utf-8?B?a?=;"},
        {"299 - \"=?utf-8?Q?=3?=\"", "299|-|=?utf-8?Q?=3?=;"},
        {"299 - \"=?utf-8?Q?=3G?=\"", "299|-|=?utf-8?Q?=3G?=;"},
        {"299 - \"=?utf-8?Q?=G3?=\"", "299|-|=?utf-8?Q?=G3?=;"},
        {"299 - \"=?utf-8?Q?\xc3\xa9?=\"", "299|-|=?utf-8?Q?\xc3\xa9?=;"},
        // Another character set: nothing is decoded.
        {"299 - \"=?utf-8?Q?=41?= =?koi8-r?Q?=41?=\"", "299|-|=?utf-8?Q?=41?= =?koi8-r?Q?=41?=;"},
        {"299 - \"=?utf-8?Q?=41?= =?koi8-r?Q?=4?=\"", "299|-|A =?koi8-r?Q?=4?=;"},
    };
    check(rows, COUNT(rows));
}

// Latin-1 in base64 may become longer than it was; then it stays.
static void a_word_that_would_grow_stays(void **state)
{
    (void)state;
    static const char start[] = "299 - \"=?iso-8859-1?B?";
    unsigned decoded = 0, stayed = 0;
    for (size_t groups = 1; groups < 40; groups++) {
        char value[512], wanted[512] = "299|-|";
        size_t at = sizeof start - 1;
        memcpy(value, start, at);
        for (size_t i = 0; i < groups; i++, at += 4)
            memcpy(value + at, "6enp", 4); // three times U+00E9
        memcpy(value + at, "?=\"", 4);
        for (size_t i = 0; i < 3 * groups; i++)
            strcat(wanted, "\xc3\xa9");
        strcat(wanted, ";");
        const char *said = read_value(value, at + 3, false);
        if (strcmp(said, wanted) == 0) {
            decoded++;
            assert_int_equal(stayed, 0);
            continue;
        }
        stayed++;
        assert_int_equal(strlen(said), 6 + at + 2 - 7 + 1);
        assert_memory_equal(said + 6, value + 7, at + 2 - 7);
    }
    // The beginning of the word pays for seven groups, which gain two bytes each.
    assert_true(decoded == 7 && stayed > 0);
}

static void a_value_cut_anywhere_gives_the_beginning(void **state)
{
    (void)state;
    static const char value[] = "299 - \"caf\xc3\xa9 \xe2\x82\xac\\\" \xf0\x9d\x84\x9e\" \"date\", "
                                "299 - \"b\"";
    static const char text[] = "299|-|caf\xc3\xa9 \xe2\x82\xac\" \xf0\x9d\x84\x9e;";
    size_t before = 0;
    for (size_t len = 0; len < sizeof value; len++) {
        const char *said = read_value(value, len, true);
        size_t n = strlen(said);
        if (len < 7) {
            assert_string_equal(said, "");
            continue;
        }
        assert_true(n >= before && said[n - 1] == ';');
        size_t same = n < sizeof text - 1 ? n - 1 : sizeof text - 1;
        assert_memory_equal(said, text, same);
        // No half of a character.
        assert_true(((unsigned char)text[same] & 0xc0) != 0x80);
        before = n;
    }
    assert_string_equal(read_value("299 - \"x\xff", 9, true), "");
    assert_string_equal(read_value("299 - \"x\x01", 9, true), "");
    assert_string_equal(read_value("299 - \"x\" y", 11, true), "");
    assert_string_equal(read_value("299 - \"x\" \"y", 12, true), "299|-|x;");
    assert_string_equal(read_value("299 - \"=?utf-8?Q?a?= b", 22, true), "299|-|a b;");
    // A text that is whole must be right all the same.
    assert_string_equal(read_value("299 - \"x\xc3\"", 10, true), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(warnings_are_read),
        cmocka_unit_test(what_is_malformed_ends_the_header),
        cmocka_unit_test(encoded_words_are_decoded),
        cmocka_unit_test(a_word_that_would_grow_stays),
        cmocka_unit_test(a_value_cut_anywhere_gives_the_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
