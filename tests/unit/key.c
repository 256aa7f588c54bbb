// SPDX-License-Identifier: Apache-2.0
// Keys: namespace/name, put together into every size of buffer, and taken apart.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kedge/key.h"
#include "kedge/kinds.h"
#include "objects.h"

static void assert_key(const char *json, const struct kedge_kind *kind, const char *key)
{
    struct kedge_object *o = record_of(kind, kedge_str_of(json));
    for (size_t cap = 0; cap <= strlen(key) + 1; cap++) {
        char *buf = malloc(cap > 0 ? cap : 1); // of exactly that size
        kedge_err err = kedge_object_key(o, buf, cap);
        assert_int_equal(err, cap <= strlen(key) ? KEDGE_ERR_FULL : KEDGE_OK);
        if (cap > 0)
            assert_string_equal(buf, err == KEDGE_OK ? key : "");
        free(buf);
    }
    assert_int_equal(kedge_object_key(o, NULL, 10), KEDGE_ERR_ARGUMENT);
    free(o);
}

static void a_key_is_namespace_and_name(void **state)
{
    (void)state;
    char buf[8];
    assert_key("{\"metadata\":{\"namespace\":\"default\",\"name\":\"web\"}}", &kedge_kind_pod,
               "default/web");
    assert_key("{\"metadata\":{\"name\":\"edge-1\"}}", &kedge_kind_node, "edge-1");
    assert_int_equal(kedge_object_key(NULL, buf, sizeof buf), KEDGE_ERR_ARGUMENT);
}

static void the_longest_key_fits(void **state)
{
    (void)state;
    char json[512] = "{\"metadata\":{\"namespace\":\"", key[KEDGE_KEY_MAX];
    memset(json + strlen(json), 'n', 63);
    strcat(json, "\",\"name\":\"");
    memset(json + strlen(json), 'o', 253);
    strcat(json, "\"}}");
    struct kedge_object *o = record_of(&kedge_kind_pod, kedge_str_of(json));
    assert_int_equal(kedge_object_key(o, key, sizeof key), KEDGE_OK);
    assert_int_equal(strlen(key), KEDGE_KEY_MAX - 1);
    free(o);
}

static void a_key_is_taken_apart_as_client_go_does(void **state)
{
    (void)state;
    static const struct {
        const char *key, *namespace_, *name;
        kedge_err err;
    } cases[] = {
        {"", "", "", KEDGE_OK},
        {"web", "", "web", KEDGE_OK},
        {"default/web", "default", "web", KEDGE_OK},
        {"/web", "", "web", KEDGE_OK},
        {"default/", "default", "", KEDGE_OK},
        {"/", "", "", KEDGE_OK},
        {"a/b/c", "", "", KEDGE_ERR_ARGUMENT},
        {"a//", "", "", KEDGE_ERR_ARGUMENT},
        {"//", "", "", KEDGE_ERR_ARGUMENT},
        {"a/b/c/d", "", "", KEDGE_ERR_ARGUMENT},
        {NULL, "", "", KEDGE_ERR_ARGUMENT},
    };
    kedge_str a, b;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        a = b = KEDGE_STR("left over");
        assert_int_equal(kedge_key_split(cases[i].key, &a, &b), cases[i].err);
        assert_true(kedge_str_is(a, cases[i].namespace_));
        assert_true(kedge_str_is(b, cases[i].name));
    }
    assert_int_equal(kedge_key_split("a", NULL, &b), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_key_split("a", &a, NULL), KEDGE_ERR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_namespace_and_name),
        cmocka_unit_test(the_longest_key_fits),
        cmocka_unit_test(a_key_is_taken_apart_as_client_go_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
