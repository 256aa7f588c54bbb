// SPDX-License-Identifier: Apache-2.0
// config.c - the pod's configuration, and the choice between it and kubeconfig.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/context.h"
#include "client/config_priv.h"
#include "fake_port.h"
#include "kedge/config.h"
#include "traces.h"

#include <stdlib.h>

#define FOLDER "/var/run/secrets/kubernetes.io/serviceaccount/"
#define PEM    "-----BEGIN CERTIFICATE-----\nQ0E=\n-----END CERTIFICATE-----\n"

static struct fake_port p;
static struct fake_file files[6];
static struct fake_variable variables[6];
static unsigned char memory[32 * 1024];
static struct kedge *k;
static struct kedge_config config;

static struct fake_file *file(const char *path)
{
    for (size_t i = 0; i < p.file_count; i++) {
        if (strcmp(files[i].path, path) == 0)
            return &files[i];
    }
    assert_true(p.file_count < sizeof files / sizeof files[0]);
    files[p.file_count].path = path;
    return &files[p.file_count++];
}

static void put(const char *path, const char *text)
{
    *file(path) = (struct fake_file){path, text, strlen(text), KEDGE_OK};
}

static void drop(const char *path)
{
    *file(path) = (struct fake_file){path, "", 0, KEDGE_ERR_NOT_FOUND};
}

static void set(const char *name, const char *value)
{
    fake_port_set(&p, variables, sizeof variables / sizeof variables[0], name, value);
}

static void start(void)
{
    memset(memory, 0xa5, sizeof memory);
    memset(&config, 0xee, sizeof config);
    k = kedge_init(memory, sizeof memory, &p.port);
}

// A pod with all that belongs to it.
static int setup(void **state)
{
    (void)state;
    fake_port_init(&p, 1);
    p.files = files;
    set("KUBERNETES_SERVICE_HOST", "10.96.0.1");
    set("KUBERNETES_SERVICE_PORT", "443");
    put(FOLDER "token", "SECRET-TOKEN\n");
    put(FOLDER "ca.crt", PEM);
    put(FOLDER "namespace", " shop \n");
    start();
    return 0;
}

static bool in_memory(const char *text)
{
    return memory_holds(memory, sizeof memory, text);
}

static kedge_err in_cluster(void)
{
    start();
    return kedge_config_in_cluster(k, &config);
}

static void fails(kedge_err err, const char *text)
{
    assert_int_equal(in_cluster(), err);
    assert_string_equal(kedge_error_text(k), text);
    assert_null(config.server);
    assert_null(config.token);
    assert_null(config.token_file);
    assert_null(config.ca.ptr);
    assert_null(config.namespace_);
    assert_false(in_memory("SECRET"));
}

// --- the pod's -----------------------------------------------------------------------------------

static void a_pod_has_all_it_needs(void **state)
{
    (void)state;
    assert_int_equal(in_cluster(), KEDGE_OK);
    assert_string_equal(config.server, "https://10.96.0.1:443");
    assert_string_equal(config.token, "SECRET-TOKEN\n");
    assert_string_equal(config.token_file, FOLDER "token");
    assert_int_equal(config.ca.len, strlen(PEM));
    assert_memory_equal(config.ca.ptr, PEM, sizeof PEM);
    assert_string_equal(config.namespace_, "shop");
    assert_null(config.certificate.ptr);
    assert_false(config.insecure);
}

static void only_what_is_pointed_at_is_kept(void **state)
{
    (void)state;
    kedge__part(k, "configuration");
    size_t before = kedge__mark(k);
    size_t all =
        sizeof "https://10.96.0.1:443" + sizeof "SECRET-TOKEN\n" + sizeof PEM + sizeof "shop";
    assert_int_equal(kedge_config_in_cluster(k, &config), KEDGE_OK);
    assert_int_equal(kedge__mark(k) - before, all);
    assert_int_equal(kedge__part(k, "configuration")->size, all);
    assert_int_equal(kedge__part(k, "configuration")->used, all);
}

static void a_second_load_adds_to_the_first(void **state)
{
    (void)state;
    struct kedge_config second;
    assert_int_equal(kedge_config_in_cluster(k, &config), KEDGE_OK);
    size_t once = kedge__part(k, "configuration")->size;
    assert_int_equal(kedge_config_in_cluster(k, &second), KEDGE_OK);
    assert_int_equal(kedge__part(k, "configuration")->size, 2 * once);
    assert_string_equal(config.token, second.token);
    assert_true(config.token != second.token);
}

static void an_ipv6_host_is_put_in_brackets(void **state)
{
    (void)state;
    set("KUBERNETES_SERVICE_HOST", "fd00::1");
    assert_int_equal(in_cluster(), KEDGE_OK);
    assert_string_equal(config.server, "https://[fd00::1]:443");
}

static void without_its_environment_it_is_no_pod(void **state)
{
    (void)state;
    static const char *const names[] = {"KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"};
    static const char *const values[] = {NULL, ""};
    for (size_t i = 0; i < 4; i++) {
        setup(NULL);
        set(names[i / 2], values[i % 2]);
        fails(KEDGE_ERR_NOT_IN_POD,
              "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST "
              "and KUBERNETES_SERVICE_PORT must be defined");
    }
    p.port.environment = NULL;
    assert_int_equal(in_cluster(), KEDGE_ERR_NOT_IN_POD);
}

static void a_pod_without_a_token_says_where_it_was_looked_for(void **state)
{
    (void)state;
    drop(FOLDER "token");
    fails(KEDGE_ERR_FILE, "in-cluster configuration: " FOLDER "token: no such file");
    file(FOLDER "token")->err = KEDGE_ERR_FILE;
    fails(KEDGE_ERR_FILE, "in-cluster configuration: " FOLDER
                          "token: a directory in its place, or lack of permission");
    p.port.file = NULL;
    fails(KEDGE_ERR_FILE, "in-cluster configuration: " FOLDER "token: a port without files");
}

static void a_ca_that_is_of_no_use_is_an_error_and_not_only_logged(void **state)
{
    (void)state;
    drop(FOLDER "ca.crt");
    fails(KEDGE_ERR_FILE, "in-cluster configuration: " FOLDER "ca.crt: no such file");
    put(FOLDER "ca.crt", "hello");
    fails(KEDGE_ERR_CONFIG,
          "in-cluster configuration: " FOLDER "ca.crt: unable to parse bytes as PEM block");
    put(FOLDER "ca.crt", "");
    fails(KEDGE_ERR_CONFIG,
          "in-cluster configuration: " FOLDER "ca.crt: unable to parse bytes as PEM block");
}

static void the_namespace_is_the_variables_the_files_or_default(void **state)
{
    (void)state;
    set("POD_NAMESPACE", "mine");
    assert_int_equal(in_cluster(), KEDGE_OK);
    assert_string_equal(config.namespace_, "mine");
    set("POD_NAMESPACE", "");
    assert_int_equal(in_cluster(), KEDGE_OK);
    assert_string_equal(config.namespace_, "shop");
    put(FOLDER "namespace", " \n");
    assert_int_equal(in_cluster(), KEDGE_OK);
    assert_string_equal(config.namespace_, "default");
    drop(FOLDER "namespace");
    assert_int_equal(in_cluster(), KEDGE_OK);
    assert_string_equal(config.namespace_, "default");
}

static void with_any_amount_of_memory(void **state)
{
    (void)state;
    kedge_err err = KEDGE_ERR_MEMORY;
    unsigned lacking = 0;
    for (size_t size = 0; err != KEDGE_OK; size++) {
        unsigned char *exact = malloc(size + 1);
        assert_non_null(exact);
        k = kedge_init(exact, size, &p.port);
        err = kedge_config_in_cluster(k, &config);
        if (k != NULL && err != KEDGE_OK) {
            lacking++;
            assert_int_equal(err, KEDGE_ERR_MEMORY);
            assert_non_null(strstr(kedge_error_text(k), "no room for configuration"));
            assert_null(config.token);
        }
        free(exact);
    }
    assert_true(lacking > 50);
}

// --- whole files ---------------------------------------------------------------------------------

static unsigned replacements; // still to come
static size_t length;

// A file that is replaced by a longer one whenever its end has been seen, so between measuring and
// reading.
static int growing(const struct kedge_port *port, const char *path, size_t offset, void *buf,
                   size_t cap)
{
    (void)port;
    (void)path;
    static const char all[] = "0123456789abcdef";
    size_t n = offset < length ? length - offset : 0;
    if (n == 0 && replacements > 0) {
        replacements--;
        length += 2;
    }
    n = n < cap ? n : cap;
    memcpy(buf, all + offset, n);
    return (int)n;
}

static void a_file_that_grows_meanwhile_is_read_again(void **state)
{
    (void)state;
    kedge_str text = {NULL, 0};
    p.port.file = growing;
    for (replacements = 0, length = 4; replacements < 3; replacements++) {
        unsigned times = replacements;
        size_t before = kedge__mark(k);
        length = 4;
        assert_int_equal(kedge__config_read(k, "f", &text), KEDGE_OK);
        assert_int_equal(text.len, 4 + 2 * times);
        assert_memory_equal(text.ptr, "0123456789abcdef", text.len);
        assert_int_equal(text.ptr[text.len], '\0');
        assert_int_equal(kedge__mark(k) - before, text.len + 1);
        replacements = times;
    }
    length = 4;
    replacements = 1000;
    assert_int_equal(kedge__config_read(k, "f", &text), KEDGE_ERR_FILE);
}

static void pem_is_found_wherever_it_begins(void **state)
{
    (void)state;
    static const char *const yes[] = {"-----BEGIN X", "text\n-----BEGIN CERTIFICATE-----",
                                      "--------BEGIN X"};
    static const char *const no[] = {"",      "-", "-----BEGIN", "----BEGIN X", "-----begin X",
                                     "BEGIN "};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        assert_true(kedge__config_has_pem(kedge_str_of(yes[i])));
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        assert_false(kedge__config_has_pem(kedge_str_of(no[i])));
    // In a block of its own size: not a byte beyond is looked at.
    for (size_t len = 0; len <= 12; len++) {
        char *exact = malloc(len + 1);
        assert_non_null(exact);
        memcpy(exact, "------BEGIN Y", len);
        assert_int_equal(kedge__config_has_pem((kedge_str){exact, len}), len == 12);
        free(exact);
    }
}

// --- the choice ----------------------------------------------------------------------------------

static const char kubeconfig[] = "current-context: c\n"
                                 "contexts:\n"
                                 "- {name: c, context: {cluster: k}}\n"
                                 "- {name: d, context: {cluster: k, namespace: d}}\n"
                                 "clusters: [{name: k, cluster: {server: 'https://file'}}]\n";

static kedge_err load(const char *file_, const char *context)
{
    struct kedge_config_options options = {file_, context};
    put("/kubeconfig", kubeconfig);
    start();
    return kedge_config_load(k, &config, file_ != NULL || context != NULL ? &options : NULL);
}

static void in_a_pod_the_pods_comes_first(void **state)
{
    (void)state;
    set("KUBECONFIG", "/kubeconfig");
    assert_int_equal(load(NULL, NULL), KEDGE_OK);
    assert_string_equal(config.server, "https://10.96.0.1:443");
    assert_int_equal(load("", ""), KEDGE_OK);
    assert_string_equal(config.server, "https://10.96.0.1:443");
}

static void an_explicit_file_or_context_wins_over_the_pods(void **state)
{
    (void)state;
    assert_int_equal(load("/kubeconfig", NULL), KEDGE_OK);
    assert_string_equal(config.server, "https://file");
    set("KUBECONFIG", "/kubeconfig");
    assert_int_equal(load(NULL, "d"), KEDGE_OK);
    assert_string_equal(config.namespace_, "d");
}

static void where_there_is_no_pod_kubeconfig_is_taken(void **state)
{
    (void)state;
    set("KUBECONFIG", "/kubeconfig");
    set("KUBERNETES_SERVICE_HOST", NULL);
    assert_int_equal(load(NULL, NULL), KEDGE_OK);
    assert_string_equal(config.server, "https://file");
    set("KUBERNETES_SERVICE_HOST", "10.96.0.1");
    drop(FOLDER "token"); // a pod without a service account
    assert_int_equal(load(NULL, NULL), KEDGE_OK);
    assert_string_equal(config.server, "https://file");
}

static void a_pod_whose_token_cannot_be_read_is_not_somebody_else(void **state)
{
    (void)state;
    set("KUBECONFIG", "/kubeconfig");
    file(FOLDER "token")->err = KEDGE_ERR_FILE;
    assert_int_equal(load(NULL, NULL), KEDGE_ERR_FILE);
    assert_non_null(strstr(kedge_error_text(k), FOLDER "token"));
}

static void where_there_is_nothing_at_all_it_says_so(void **state)
{
    (void)state;
    set("KUBERNETES_SERVICE_HOST", NULL);
    assert_int_equal(load(NULL, NULL), KEDGE_ERR_NOT_FOUND);
    assert_string_equal(
        kedge_error_text(k),
        "invalid configuration: no configuration has been provided: neither KUBECONFIG nor "
        "HOME names a file; and this is no pod: KUBERNETES_SERVICE_HOST and _PORT are not set");
    set("KUBERNETES_SERVICE_HOST", "10.96.0.1");
    drop(FOLDER "token");
    assert_int_equal(load(NULL, NULL), KEDGE_ERR_NOT_FOUND);
    assert_non_null(strstr(kedge_error_text(k), "; and this pod has no service account token"));
    p.port.file = NULL;
    start();
    assert_int_equal(kedge_config_load(k, &config, NULL), KEDGE_ERR_UNSUPPORTED);
}

static void without_a_kedge_or_a_place_it_is_an_argument_error(void **state)
{
    (void)state;
    assert_int_equal(kedge_config_load(NULL, &config, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_config_load(k, NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_config_in_cluster(NULL, &config), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_config_in_cluster(k, NULL), KEDGE_ERR_ARGUMENT);
}

static void after_an_earlier_failure_it_gives_that(void **state)
{
    (void)state;
    kedge__fail(k, KEDGE_ERR_ENTROPY);
    assert_int_equal(kedge_config_load(k, &config, NULL), KEDGE_ERR_ENTROPY);
    assert_null(config.server);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

// Whoever names a context or a file means a kubeconfig: that this is no pod is nothing to tell.
static void what_was_asked_for_and_is_not_there_is_all_that_is_told(void **state)
{
    (void)state;
    struct kedge_config_options by_context = {NULL, "there"};
    p.variable_count = 0;
    start();
    assert_int_not_equal(kedge_config_load(k, &config, &by_context), KEDGE_OK);
    assert_null(strstr(kedge_error_text(k), "this is no pod"));
    start();
    assert_int_equal(kedge_config_load(k, &config, NULL), KEDGE_ERR_NOT_FOUND);
    assert_non_null(strstr(kedge_error_text(k), "this is no pod"));
    // And what failed before stays what failed.
    char before[512];
    strncpy(before, kedge_error_text(k), sizeof before - 1);
    before[sizeof before - 1] = '\0';
    assert_int_not_equal(kedge_config_load(k, &config, NULL), KEDGE_OK);
    assert_string_equal(kedge_error_text(k), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_pod_has_all_it_needs),
        TEST(only_what_is_pointed_at_is_kept),
        TEST(a_second_load_adds_to_the_first),
        TEST(an_ipv6_host_is_put_in_brackets),
        TEST(without_its_environment_it_is_no_pod),
        TEST(a_pod_without_a_token_says_where_it_was_looked_for),
        TEST(a_ca_that_is_of_no_use_is_an_error_and_not_only_logged),
        TEST(the_namespace_is_the_variables_the_files_or_default),
        TEST(with_any_amount_of_memory),
        TEST(a_file_that_grows_meanwhile_is_read_again),
        TEST(pem_is_found_wherever_it_begins),
        TEST(in_a_pod_the_pods_comes_first),
        TEST(an_explicit_file_or_context_wins_over_the_pods),
        TEST(where_there_is_no_pod_kubeconfig_is_taken),
        TEST(a_pod_whose_token_cannot_be_read_is_not_somebody_else),
        TEST(where_there_is_nothing_at_all_it_says_so),
        TEST(without_a_kedge_or_a_place_it_is_an_argument_error),
        TEST(after_an_earlier_failure_it_gives_that),
        cmocka_unit_test(what_was_asked_for_and_is_not_there_is_all_that_is_told),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
