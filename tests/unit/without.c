// SPDX-License-Identifier: Apache-2.0
// A build without TLS, proxies and kubeconfig files: a clear error at each door, and plain HTTP as
// ever. The stand-ins are part of this program, so the linker takes nothing in their place from the
// library.
#include "client/no_kubeconfig.c"
#include "client/no_proxy.c"
#include "net/no_tls.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "cluster.h"

static void https_is_refused_when_the_client_is_made(void **state)
{
    (void)state;
    static unsigned char memory[64 * 1024];
    struct fake_port port;
    struct kedge_config config = {.server = "https://kubernetes.test", .token = "geheim"};
    fake_port_init(&port, 1);
    struct kedge *k = kedge_init(memory, sizeof memory, &port.port);
    assert_null(kedge_client_new(k, &config));
    assert_int_equal(kedge_error(k), KEDGE_ERR_UNSUPPORTED);
    assert_non_null(strstr(kedge_error_text(k), "this build of kedge has no TLS"));
}

static void a_proxy_is_refused_when_the_client_is_made(void **state)
{
    (void)state;
    static unsigned char memory[64 * 1024];
    struct fake_port port;
    struct kedge_config config = {.server = "http://a", .proxy_url = "http://me:geheim@p"};
    fake_port_init(&port, 1);
    struct kedge *k = kedge_init(memory, sizeof memory, &port.port);
    assert_null(kedge_client_new(k, &config));
    assert_int_equal(kedge_error(k), KEDGE_ERR_UNSUPPORTED);
    assert_string_equal(kedge_error_text(k), "proxy_url: this build of kedge has no proxies");
    k = kedge_init(memory, sizeof memory, &port.port);
    config.proxy_url = "";
    assert_non_null(kedge_client_new(k, &config));
}

static void what_cannot_be_reached_is_told_without_a_proxy(void **state)
{
    (void)state;
    static unsigned char memory[64 * 1024];
    struct fake_port port;
    struct kedge_config config = {.server = "http://a", .qps = -1};
    struct kedge_request request = {.path = "/version", .retries = -1};
    char body[64];
    size_t len = 0;
    fake_port_init(&port, 1);
    port.cruelty.refuse = true;
    struct kedge *k = kedge_init(memory, sizeof memory, &port.port);
    struct kedge_client *client = kedge_client_new(k, &config);
    struct kedge_rest *rest = kedge_rest_new(client, NULL);
    assert_non_null(rest);
    assert_int_equal(kedge_rest_read(rest, &request, body, sizeof body, &len), KEDGE_ERR_CONNECT);
    assert_null(strstr(kedge_rest_error_text(rest), "proxy"));
    kedge_rest_close(rest);
    kedge_client_free(client);
}

static void plain_http_needs_neither(void **state)
{
    (void)state;
    struct cluster c;
    struct recorder r;
    struct kedge_informer *inf = cluster_of_deployments(&c, 5, 1, NULL, &r);
    cluster_start_and_settle(&c, inf, KEDGE_MINUTE);
    cluster_assert_equal(&c, inf, &r);
    cluster_close(&c);
}

static void no_kubeconfig_is_read(void **state)
{
    (void)state;
    static unsigned char memory[64 * 1024];
    struct fake_port port;
    struct kedge_config config;
    fake_port_init(&port, 1);
    struct kedge *k = kedge_init(memory, sizeof memory, &port.port);
    assert_int_equal(kedge_config_load(k, &config, NULL), KEDGE_ERR_UNSUPPORTED);
    assert_non_null(strstr(kedge_error_text(k), "built without kubeconfig files"));
    assert_null(config.server);
    assert_int_equal(kedge_config_kubeconfig(NULL, &config, NULL), KEDGE_ERR_ARGUMENT);
}

static void each_call_of_tls_is_unsupported(void **state)
{
    (void)state;
    struct kedge_tls *tls = (struct kedge_tls *)&tls;
    struct kedge_stream stream;
    const char *problem = NULL;
    char byte = 'x';
    assert_true(kedge_tls_size() > 0);
    assert_int_equal(kedge_tls_stream_size(), sizeof stream);
    assert_int_equal(kedge_tls_init(&byte, NULL, &tls, &problem), KEDGE_ERR_UNSUPPORTED);
    assert_int_equal(kedge_tls_init(&byte, NULL, NULL, NULL), KEDGE_ERR_UNSUPPORTED);
    assert_null(tls);
    assert_non_null(strstr(problem, "no TLS"));
    assert_null(kedge_tls_stream_init(NULL, NULL, NULL, NULL));
    struct kedge_stream *s = kedge_tls_stream_init(&stream, NULL, NULL, NULL);
    assert_int_equal(s->ops->open(s, "a", 1), KEDGE_ERR_UNSUPPORTED);
    assert_int_equal(s->ops->read(s, &byte, 1), KEDGE_ERR_UNSUPPORTED);
    assert_int_equal(s->ops->write(s, &byte, 1), KEDGE_ERR_UNSUPPORTED);
    s->ops->close(s);
    assert_string_equal(kedge_tls_problem(s), problem);
    assert_false(kedge_tls_resumed(s));
    assert_int_equal(kedge_tls_check_dates(s, 1), KEDGE_OK); // it has no certificates
    assert_int_equal(kedge_tls_heap(NULL, 4096), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_tls_heap(&byte, 1), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_tls_heap(&byte, 4096), KEDGE_ERR_UNSUPPORTED);
    kedge_tls_free(tls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(https_is_refused_when_the_client_is_made),
        cmocka_unit_test(a_proxy_is_refused_when_the_client_is_made),
        cmocka_unit_test(what_cannot_be_reached_is_told_without_a_proxy),
        cmocka_unit_test(plain_http_needs_neither),
        cmocka_unit_test(no_kubeconfig_is_read),
        cmocka_unit_test(each_call_of_tls_is_unsupported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
