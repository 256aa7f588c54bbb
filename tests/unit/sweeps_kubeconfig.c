// SPDX-License-Identifier: Apache-2.0
// Kubeconfig files with each allocation of libyaml failing, and each read of a file failing at each
// place. (Cuts, pieces and sizes of memory: kubeconfig.c.)
#include "sweep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <yaml.h>

#include "base/context.h"
#include "fake_port.h"
#include "kedge/config.h"

#define HOME "/home/me/.kube/config"
#define PEM  "-----BEGIN CERTIFICATE-----\nQ0E=\n-----END CERTIFICATE-----\n"

static const char yaml[] = "apiVersion: v1\n"
                           "clusters:\n"
                           "- cluster: {certificate-authority: ca, server: 'https://api.test'}\n"
                           "  name: prod\n"
                           "- {name: other, cluster: {server: \"https://other.test\"}}\n"
                           "contexts:\n"
                           "- context:\n"
                           "    cluster: prod\n"
                           "    user: \"admin\"\n"
                           "  name: prod\n"
                           "current-context: prod\n"
                           "users:\n"
                           "- name: admin\n"
                           "  user:\n"
                           "    token: SECRET-TOKEN\n"
                           "    extensions:\n"
                           "    - name: e\n"
                           "      extension: |\n"
                           "        [any, {thing: 1}]\n"
                           "- name: bob\n"
                           "  user:\n"
                           "    password: >-\n"
                           "      SECRET-FOLDED\n"
                           "      text\n"
                           "    username: bob\n";

// ---- libyaml's allocator, which this program has in its place

static struct {
    unsigned calls;
    unsigned fail_at; // counted from 1; 0: none
    unsigned held;
} memory;

void *yaml_malloc(size_t size);
void yaml_free(void *p);
void *yaml_realloc(void *p, size_t size);
yaml_char_t *yaml_strdup(const yaml_char_t *text);

// In front of each block: how long it is.
union block {
    size_t size;
    max_align_t align;
};

static bool holds_secret(const char *bytes, size_t len)
{
    for (size_t i = 0; i + 6 <= len; i++) {
        if (bytes[i] == 'S' && memcmp(bytes + i, "SECRET", 6) == 0)
            return true;
    }
    return false;
}

void *yaml_malloc(size_t size)
{
    if (++memory.calls == memory.fail_at)
        return NULL;
    union block *b = malloc(sizeof *b + size);
    assert_non_null(b);
    b->size = size;
    memory.held++;
    return b + 1;
}

void yaml_free(void *p)
{
    if (p == NULL)
        return;
    union block *b = (union block *)p - 1;
    memory.held--;
    free(b);
}

void *yaml_realloc(void *p, size_t size)
{
    void *larger = yaml_malloc(size);
    if (larger != NULL && p != NULL) {
        size_t had = ((union block *)p - 1)->size;
        memcpy(larger, p, had < size ? had : size);
        yaml_free(p);
    }
    return larger;
}

yaml_char_t *yaml_strdup(const yaml_char_t *text)
{
    if (text == NULL)
        return NULL;
    size_t size = strlen((const char *)text) + 1;
    void *copy = yaml_malloc(size);
    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}

// ---- one load

static struct fake_port port;
static unsigned char arena[16 * 1024];

static kedge_err load(const struct fake_cruelty *cruelty)
{
    static const struct fake_file files[] = {{HOME, yaml, sizeof yaml - 1, KEDGE_OK},
                                             {"/home/me/.kube/ca", PEM, sizeof PEM - 1, KEDGE_OK}};
    static const struct fake_variable home = {"HOME", "/home/me"};
    struct kedge_config config;
    struct kedge_config none;
    memset(&config, 0xee, sizeof config);
    memset(&none, 0, sizeof none);
    memset(arena, 0xa5, sizeof arena);
    fake_port_init(&port, 1);
    port.files = files;
    port.file_count = 2;
    port.variables = &home;
    port.variable_count = 1;
    port.cruelty = *cruelty;
    memory.calls = 0;
    struct kedge *k = kedge_init(arena, sizeof arena, &port.port);
    size_t mark = kedge__mark(k);
    kedge_err err = kedge_config_kubeconfig(k, &config, NULL);
    assert_int_equal(memory.held, 0);
    if (err == KEDGE_OK) {
        assert_string_equal(config.token, "SECRET-TOKEN");
        assert_true(kedge_str_is(config.ca, PEM));
    } else {
        assert_memory_equal(&config, &none, sizeof config);
        assert_int_equal(kedge__mark(k), mark);
        assert_false(holds_secret((const char *)arena, sizeof arena));
        assert_non_null(strstr(kedge_error_text(k), err == KEDGE_ERR_MEMORY ? "libyaml" : "/home"));
    }
    return err;
}

static void whichever_allocation_of_libyaml_fails(void **state)
{
    (void)state;
    unsigned at = 1;
    for (;; at++) {
        memory.fail_at = at;
        kedge_err err = load(&(struct fake_cruelty){0});
        if (memory.calls < at)
            break;
        assert_int_equal(err, KEDGE_ERR_MEMORY);
    }
    print_message("%u allocations\n", at - 1);
    assert_in_range(at, 500, 10000);
    memory.fail_at = 0;
}

static void wherever_reading_a_file_fails(void **state)
{
    (void)state;
    static const size_t pieces[] = {1, 8, 61, 500};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        // Reads of one byte are many; every 13th is another one in each walk over the file.
        unsigned step = pieces[i] == 1 && !sweep_whole() ? 13 : 1;
        for (unsigned at = 1;; at += step) {
            kedge_err err = load(&(struct fake_cruelty){
                .read_max = pieces[i], .fail_only = FAKE_CALL_FILE, .fail_at = at});
            if (port.calls < at) {
                assert_int_equal(err, KEDGE_OK);
                assert_in_range(at, 3 * sizeof yaml / pieces[i], 8 * sizeof yaml);
                break;
            }
            assert_int_equal(err, KEDGE_ERR_FILE);
        }
    }
}

int main(int argc, char **argv)
{
    (void)argv;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whichever_allocation_of_libyaml_fails),
        cmocka_unit_test(wherever_reading_a_file_fails),
    };
    sweep_arguments(argc);
    return cmocka_run_group_tests_name("sweeps_kubeconfig", tests, NULL, NULL);
}
