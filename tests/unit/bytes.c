// SPDX-License-Identifier: Apache-2.0
// Bytes as base64 in JSON: escapes of JSON are undone on the way, and what is no base64 is none.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "object/project_priv.h"

// Decodes from and into heap blocks of exactly their sizes. False if it is no base64.
static bool decodes(const char *json, const char *expected)
{
    size_t n = strlen(json), counted = 99, len = 99;
    char *exact = malloc(n + (n == 0));
    assert_non_null(exact);
    memcpy(exact, json, n);
    kedge_str s = {exact, n};
    bool ok = kedge__bytes_read(s, NULL, &counted);
    unsigned char *out = malloc(counted + 1);
    assert_non_null(out);
    assert_int_equal(kedge__bytes_read(s, out, &len), ok);
    assert_int_equal(len, counted);
    if (ok) {
        assert_int_equal(len, strlen(expected));
        assert_memory_equal(out, expected, len);
    }
    free(out);
    free(exact);
    return ok;
}

static void escapes_are_undone(void **state)
{
    (void)state;
    assert_true(decodes("", ""));
    assert_true(decodes("Zm9vYg==", "foob"));
    assert_true(decodes("\\u005am\\u0039v", "foo"));
    assert_true(decodes("\\u005Am9v", "foo"));
    assert_true(decodes("Pz8\\/", "???"));
    assert_true(decodes("Pz8\\u002f", "???"));
    // Go's decoder takes line ends anywhere.
    assert_true(decodes("Zm\\n9v\\r\\n", "foo"));
    assert_true(decodes("Zm\\u000a9v", "foo"));
}

static void what_is_no_base64_is_none(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "Zm\\u00gg9v", "Zm\\u00//9v",  "Zm\\u00@@9v", "Z",      "Zm9",         "Zm9v!",
        "Zm 9v",       "Zm\\t9v",      "Zm\\\"9v",    "Zm\\u0", "Zm\\u00e99v", "Zm\\u2f2f9v",
        "\\u015am9v",  "Zm9vYg==Zg==", "\\",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (decodes(wrong[i], ""))
            fail_msg("%s was taken", wrong[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_are_undone),
        cmocka_unit_test(what_is_no_base64_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
