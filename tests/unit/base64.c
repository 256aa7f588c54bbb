// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"

// Decodes from a heap block of exactly the text's size, so that ASan sees any step outside.
static kedge_err decode(const char *text, void *out, size_t cap, size_t *len)
{
    size_t n = strlen(text);
    char *exact = malloc(n > 0 ? n : 1);
    memcpy(exact, text, n);
    kedge_err err = kedge__base64_decode((kedge_str){exact, n}, out, cap, len);
    free(exact);
    return err;
}

static const struct {
    const char *text, *bytes;
} vectors[] = {
    {"", ""},
    {"Zg==", "f"},
    {"Zm8=", "fo"},
    {"Zm9v", "foo"},
    {"Zm9vYg==", "foob"},
    {"Zm9vYmE=", "fooba"},
    {"Zm9vYmFy", "foobar"},
};

static void the_vectors_of_rfc_4648_pass_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        char buf[16];
        size_t len = 99;
        assert_int_equal(decode(vectors[i].text, buf, sizeof buf, &len), KEDGE_OK);
        assert_int_equal(len, strlen(vectors[i].bytes));
        assert_memory_equal(buf, vectors[i].bytes, len);

        kedge_str bytes = kedge_str_of(vectors[i].bytes);
        assert_int_equal(kedge__base64_encode(bytes, buf, sizeof buf, &len), KEDGE_OK);
        assert_int_equal(len, strlen(vectors[i].text));
        assert_memory_equal(buf, vectors[i].text, len);
    }
}

static void every_byte_at_every_length_comes_back(void **state)
{
    (void)state;
    unsigned char in[256], out[256];
    char text[400];
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (unsigned char)(i * 167 + 13);
    for (size_t n = 0; n <= sizeof in; n++) {
        size_t chars, bytes;
        kedge_str s = {(const char *)in, n};
        assert_int_equal(kedge__base64_encode(s, text, sizeof text, &chars), KEDGE_OK);
        assert_int_equal(kedge__base64_decode((kedge_str){text, chars}, out, sizeof out, &bytes),
                         KEDGE_OK);
        assert_int_equal(bytes, n);
        assert_memory_equal(in, out, n);
    }
}

static void line_breaks_are_skipped_wherever_they_stand(void **state)
{
    (void)state;
    static const char *const texts[] = {"\nZm9vYg==", "Zm\n9vYg==",   "Zm9vYg\r\n==",
                                        "Zm9vYg=\n=", "Zm9vYg==\r\n", "Z\nm\n9\nv\nY\ng\n=\n=\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char buf[8];
        size_t len;
        assert_int_equal(decode(texts[i], buf, sizeof buf, &len), KEDGE_OK);
        assert_int_equal(len, 4);
        assert_memory_equal(buf, "foob", 4);
    }
}

static void bits_behind_the_last_byte_are_ignored_as_in_go(void **state)
{
    (void)state;
    char buf[4];
    size_t len;
    assert_int_equal(decode("Zh==", buf, sizeof buf, &len), KEDGE_OK);
    assert_int_equal(len, 1);
    assert_int_equal(buf[0], 'f');
}

static void what_is_no_base64_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "Z",
        "Zg",
        "Zg=",
        "Zm8",
        "Zm9vY",
        "=",
        "==",
        "====",
        "Z===",
        "Zg===",
        "Zm8==",
        "Zm9v=",
        "Zg==Zg==",
        "Zg=g",
        "Zm 8=",
        " Zm8=",
        "Zm8= ",
        "Zm-_",
        "Zm9v\t",
        "Z.g=",
        "Zg==\nZ",
        "Zg==\n=",
        "\xff\xfe\xfd\xfc",
        "Zm9v====",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char buf[8] = "untouch";
        size_t len = 99;
        if (decode(texts[i], buf, sizeof buf, &len) != KEDGE_ERR_ARGUMENT)
            fail_msg("accepted: %s", texts[i]);
        assert_int_equal(len, 0);
        assert_string_equal(buf, "untouch");
    }
}

static void a_nul_inside_is_refused(void **state)
{
    (void)state;
    char buf[8];
    size_t len;
    assert_int_equal(kedge__base64_decode((kedge_str){"Zm\0v", 4}, buf, sizeof buf, &len),
                     KEDGE_ERR_ARGUMENT);
}

static void every_buffer_that_is_too_small_is_left_alone(void **state)
{
    (void)state;
    for (size_t cap = 0; cap < 6; cap++) {
        char *exact = malloc(cap > 0 ? cap : 1);
        memset(exact, 'x', cap > 0 ? cap : 1);
        size_t len = 0;
        assert_int_equal(decode("Zm9vYmFy", exact, cap, &len), KEDGE_ERR_FULL);
        assert_int_equal(len, 6);
        for (size_t i = 0; i < cap; i++)
            assert_int_equal(exact[i], 'x');
        free(exact);
    }
    for (size_t cap = 0; cap < 8; cap++) {
        char *exact = malloc(cap > 0 ? cap : 1);
        size_t len = 0;
        assert_int_equal(kedge__base64_encode(KEDGE_STR("foobar"), exact, cap, &len),
                         KEDGE_ERR_FULL);
        assert_int_equal(len, 8);
        free(exact);
    }
}

static void no_buffer_asks_for_the_length(void **state)
{
    (void)state;
    size_t len = 0;
    assert_int_equal(decode("Zm9vYmE=", NULL, 0, &len), KEDGE_OK);
    assert_int_equal(len, 5);
    assert_int_equal(kedge__base64_encode(KEDGE_STR("foob"), NULL, 0, &len), KEDGE_OK);
    assert_int_equal(len, 8);
}

static void a_text_can_be_decoded_where_it_stands(void **state)
{
    (void)state;
    char text[] = "\nZm9v\nYmFy\n";
    size_t len;
    kedge_str in = {text, strlen(text)};
    assert_int_equal(kedge__base64_decode(in, text, sizeof text, &len), KEDGE_OK);
    assert_int_equal(len, 6);
    assert_memory_equal(text, "foobar", 6);
}

static void no_text_is_as_long_as_the_most_bytes_would_need(void **state)
{
    (void)state;
    size_t len = 0;
    assert_int_equal(kedge__base64_encode((kedge_str){"", SIZE_MAX}, NULL, 0, &len),
                     KEDGE_ERR_FULL);
    assert_int_equal(len, SIZE_MAX);
}

static void a_buffer_of_no_bytes_is_too_small(void **state)
{
    (void)state;
    char none;
    size_t len = 0;
    // NULL asks how many there would be; a buffer without room is a mistake.
    assert_int_equal(kedge__base64_encode(KEDGE_STR("foo"), NULL, 0, &len), KEDGE_OK);
    assert_int_equal(kedge__base64_encode(KEDGE_STR("foo"), &none, 0, &len), KEDGE_ERR_FULL);
    assert_int_equal(len, 4);
    assert_int_equal(kedge__base64_decode(KEDGE_STR("Zm9v"), NULL, 0, &len), KEDGE_OK);
    assert_int_equal(kedge__base64_decode(KEDGE_STR("Zm9v"), &none, 0, &len), KEDGE_ERR_FULL);
    assert_int_equal(len, 3);
    assert_int_equal(kedge__base64_decode(KEDGE_STR("Zm==="), &none, 0, &len), KEDGE_ERR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_rfc_4648_pass_both_ways),
        cmocka_unit_test(every_byte_at_every_length_comes_back),
        cmocka_unit_test(line_breaks_are_skipped_wherever_they_stand),
        cmocka_unit_test(bits_behind_the_last_byte_are_ignored_as_in_go),
        cmocka_unit_test(what_is_no_base64_is_refused),
        cmocka_unit_test(a_nul_inside_is_refused),
        cmocka_unit_test(every_buffer_that_is_too_small_is_left_alone),
        cmocka_unit_test(no_buffer_asks_for_the_length),
        cmocka_unit_test(a_text_can_be_decoded_where_it_stands),
        cmocka_unit_test(no_text_is_as_long_as_the_most_bytes_would_need),
        cmocka_unit_test(a_buffer_of_no_bytes_is_too_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
