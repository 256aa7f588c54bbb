// SPDX-License-Identifier: Apache-2.0
// Requests to the mock API server, waited for and in the loop.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api_talk.h"

static const struct kedge_request deployments = {
    .group = "apps", .version = "v1", .resource = "deployments", .namespace_ = "default"};

static struct kedge_request on(enum kedge_verb verb, const char *name, const char *body)
{
    struct kedge_request r = deployments;
    r.verb = verb;
    r.name = name;
    r.body = kedge_str_of(body);
    return r;
}

static void an_object_is_created_read_patched_and_deleted(void **state)
{
    (void)state;
    static struct talk t;
    char body[4096];
    size_t len = 0;
    api_talk_open(&t);
    struct kedge_request r = on(KEDGE_CREATE, NULL,
                                "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{"
                                "\"name\":\"web\"},\"spec\":{\"replicas\":1}}");
    assert_int_equal(kedge_rest_read(t.rest, &r, body, sizeof body, &len), KEDGE_OK);
    r = on(KEDGE_PATCH, "web", "{\"spec\":{\"replicas\":3}}");
    assert_int_equal(kedge_rest_read(t.rest, &r, body, sizeof body, &len), KEDGE_OK);
    r = on(KEDGE_GET, "web", NULL);
    assert_int_equal(kedge_rest_read(t.rest, &r, body, sizeof body - 1, &len), KEDGE_OK);
    body[len] = '\0';
    assert_non_null(strstr(body, "\"replicas\":3"));
    r = on(KEDGE_DELETE, "web", NULL);
    assert_int_equal(kedge_rest_read(t.rest, &r, body, sizeof body, &len), KEDGE_OK);
    r = on(KEDGE_GET, "web", NULL);
    assert_int_equal(kedge_rest_read(t.rest, &r, body, sizeof body, &len), KEDGE_ERR_API);
    assert_true(kedge_status_is_not_found(kedge_rest_status(t.rest)));
    assert_string_equal(kedge_rest_error_text(t.rest),
                        "get deployments.apps \"web\" in default: 404 NotFound: "
                        "deployments.apps \"web\" not found");
    struct kedge_rest_facts facts;
    assert_int_equal(kedge_rest_facts(t.rest, &facts), KEDGE_OK);
    assert_int_equal(facts.connections, 1);
    assert_int_equal(facts.requests, 5);
    api_talk_close(&t);
}

struct stopper {
    struct kedge *k;
    kedge_err answer; // to the first bytes, after kedge_stop
    unsigned calls;
};

static kedge_err stop(void *ctx, kedge_str bytes)
{
    struct stopper *s = ctx;
    assert_true(bytes.len > 0);
    s->calls++;
    kedge_stop(s->k);
    return s->answer;
}

// What its own sink has ended keeps the sink's error; what has not ended yet is stopped.
static void a_stop_ends_what_has_not_ended(void **state)
{
    (void)state;
    static const kedge_err sinks[] = {KEDGE_OK, KEDGE_ERR_TOO_LONG};
    static const kedge_err expected[] = {KEDGE_ERR_STOPPED, KEDGE_ERR_TOO_LONG};
    for (size_t i = 0; i < 2; i++) {
        static struct talk t;
        api_talk_open(&t);
        mock_fill(t.port.mock, 50, 1); // some buffers full
        struct stopper s = {.k = t.k, .answer = sinks[i]};
        struct kedge_request r = on(KEDGE_LIST, NULL, NULL);
        assert_int_equal(kedge_rest_stream(t.rest, &r, stop, &s), expected[i]);
        assert_int_equal(kedge_rest_stream(t.rest, &r, stop, &s), KEDGE_ERR_STOPPED);
        assert_int_equal(s.calls, 1);
        api_talk_close(&t);
    }
}

static void no_request_is_made_of_nothing(void **state)
{
    (void)state;
    assert_int_equal(kedge_rest_start(NULL, &deployments, NULL, NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_rest_stream(NULL, &deployments, NULL, NULL), KEDGE_ERR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_is_created_read_patched_and_deleted),
        cmocka_unit_test(a_stop_ends_what_has_not_ended),
        cmocka_unit_test(no_request_is_made_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
