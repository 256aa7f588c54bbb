// SPDX-License-Identifier: Apache-2.0
// Every error has a name and a sentence of its own, and so has what is none.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "kedge/err.h"

static void each_error_has_a_name_and_a_sentence_of_its_own(void **state)
{
    (void)state;
    for (int a = 0; a >= KEDGE_ERR_AMBIGUOUS; a--) {
        assert_memory_equal(kedge_err_name((kedge_err)a), "KEDGE_", 6);
        assert_true(strlen(kedge_err_text((kedge_err)a)) > 5);
        for (int b = 0; b > a; b--) {
            assert_string_not_equal(kedge_err_name((kedge_err)a), kedge_err_name((kedge_err)b));
            assert_string_not_equal(kedge_err_text((kedge_err)a), kedge_err_text((kedge_err)b));
        }
    }
    assert_string_equal(kedge_err_name(KEDGE_OK), "KEDGE_OK");
    assert_string_equal(kedge_err_name(KEDGE_ERR_FULL), "KEDGE_ERR_FULL");
    assert_string_equal(kedge_err_name(KEDGE_ERR_AMBIGUOUS), "KEDGE_ERR_AMBIGUOUS");
}

static void what_is_no_error_is_told_as_such(void **state)
{
    (void)state;
    static const int none[] = {1, 7, KEDGE_ERR_AMBIGUOUS - 1, KEDGE_ERR_AMBIGUOUS - 2, -1000};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        kedge_err err = (kedge_err)none[i];
        assert_string_equal(kedge_err_name(err), kedge_err_name((kedge_err)none[0]));
        assert_string_equal(kedge_err_text(err), kedge_err_text((kedge_err)none[0]));
        assert_string_not_equal(kedge_err_name(err), "");
        assert_string_not_equal(kedge_err_text(err), "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_error_has_a_name_and_a_sentence_of_its_own),
        cmocka_unit_test(what_is_no_error_is_told_as_such),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
