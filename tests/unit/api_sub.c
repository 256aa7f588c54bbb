// SPDX-License-Identifier: Apache-2.0
// Subresources with a kind of their own: scale, eviction, binding, token. And conflicts.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api_talk.h"
#include "traces.h"

static char long_name[1200];

static const char *very_long(void)
{
    memset(long_name, 'n', sizeof long_name - 1);
    return long_name;
}

// Scale ------------------------------------------------------------------------------------------

static void replicas_are_read_and_set_through_scale(void **state)
{
    (void)state;
    static struct talk t;
    const struct kedge_object *o;
    char version[64];
    api_talk_open(&t);
    api_talk_fill(&t, 1);
    must(&t, kedge_api_get_scale(&t.api, "web-000", NULL, &o));
    assert_non_null(kedge_as_scale(o));
    assert_null(kedge_as_deployment(o));
    assert_int_equal(kedge_as_scale(o)->spec_replicas, 1);
    snprintf(version, sizeof version, "%s", kedge_resource_version(o));
    must(&t, kedge_api_set_scale(&t.api, "web-000", 0, version, NULL, &o));
    assert_int_equal(kedge_as_scale(o)->spec_replicas, 0);
    // The version is that of before.
    assert_int_equal(kedge_api_set_scale(&t.api, "web-000", 5, version, NULL, &o), KEDGE_ERR_API);
    assert_null(o);
    assert_true(kedge_status_is_conflict(kedge_rest_status(t.rest)));
    must(&t, kedge_api_set_scale(&t.api, "web-000", 6, NULL, NULL, NULL));
    must(&t, kedge_api_set_scale(&t.api, "web-000", 7, "", NULL, NULL));
    must(&t, kedge_api_get(&t.api, "web-000", NULL, &o));
    assert_int_equal(kedge_as_deployment(o)->spec_replicas, 7);
    struct kedge_options dry = {.dry_run = true};
    must(&t, kedge_api_set_scale(&t.api, "web-000", 8, NULL, &dry, &o));
    assert_int_equal(kedge_as_scale(o)->spec_replicas, 8);
    must(&t, kedge_api_get_scale(&t.api, "web-000", NULL, &o));
    assert_int_equal(kedge_as_scale(o)->spec_replicas, 7);
    api_talk_close(&t);
}

// As client-go's scale client: whatever has replicas, its Scale is of autoscaling/v1.
static void everything_that_has_replicas_has_a_scale(void **state)
{
    (void)state;
    static const struct {
        struct kedge_kind kind;
        const char *path;
    } rows[] = {
        {{.group = "", .version = "v1", .resource = "replicationcontrollers"},
         "/api/v1/namespaces/default/replicationcontrollers/foo/scale "},
        {{.group = "apps", .version = "v1", .resource = "replicasets"},
         "/apis/apps/v1/namespaces/default/replicasets/foo/scale "},
        {{.group = "cheese.testing.k8s.io", .version = "v27alpha15", .resource = "cheddars"},
         "/apis/cheese.testing.k8s.io/v27alpha15/namespaces/default/cheddars/foo/scale "},
    };
    static const char answer[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
        "{\"kind\":\"Scale\",\"apiVersion\":\"autoscaling/v1\",\"metadata\":{\"name\":\"foo\"},"
        "\"spec\":{\"replicas\":10},\"status\":{\"replicas\":9,\"selector\":\"foo=bar\"}}";
    for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        static struct scripted s;
        const struct kedge_object *o;
        struct hostile_answer answers = {.head = answer, .closes = true};
        char line[160];
        bool sets = i % 2 == 1;
        scripted_open(&s, &answers, 1);
        s.api.kind = &rows[i / 2].kind;
        kedge_err err = sets ? kedge_api_set_scale(&s.api, "foo", 10, NULL, NULL, &o)
                             : kedge_api_get_scale(&s.api, "foo", NULL, &o);
        assert_int_equal(err, KEDGE_OK);
        assert_int_equal(kedge_as_scale(o)->spec_replicas, 10);
        assert_int_equal(kedge_as_scale(o)->status_replicas, 9);
        assert_string_equal(kedge_text(&kedge_as_scale(o)->status_selector), "foo=bar");
        snprintf(line, sizeof line, "%s %s", sets ? "PUT" : "GET", rows[i / 2].path);
        assert_non_null(strstr(s.hostile.requests, line));
        if (sets)
            assert_non_null(strstr(s.hostile.requests,
                                   "{\"apiVersion\":\"autoscaling/v1\",\"kind\":\"Scale\","));
        scripted_close(&s);
    }
}

static void a_scale_that_is_no_request_is_refused(void **state)
{
    (void)state;
    static struct talk t;
    const struct kedge_object *o;
    struct kedge_api none = kedge_api_of(NULL, &kedge_kind_deployment, "default");
    assert_int_equal(kedge_api_get_scale(NULL, "web", NULL, &o), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_get_scale(NULL, "web", NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_set_scale(NULL, "web", 1, NULL, NULL, &o), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_set_scale(&none, "web", 1, NULL, NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_set_scale(&none, "\xff", 1, NULL, NULL, NULL), KEDGE_ERR_ARGUMENT);
    api_talk_open(&t);
    assert_int_equal(kedge_api_set_scale(&t.api, "", 1, NULL, NULL, &o), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_set_scale(&t.api, NULL, 1, NULL, NULL, &o), KEDGE_ERR_ARGUMENT);
    assert_string_equal(kedge_rest_error_text(t.rest), "name: name is required");
    assert_int_equal(kedge_api_set_scale(&t.api, very_long(), 1, NULL, NULL, &o),
                     KEDGE_ERR_TOO_LONG);
    assert_non_null(
        strstr(kedge_rest_error_text(t.rest), "metadata.name: the builder's buffer is too small"));
    struct kedge_api nodes = kedge_api_of(t.rest, &kedge_kind_node, NULL);
    assert_int_equal(kedge_api_set_scale(&nodes, "n", 1, NULL, NULL, &o), KEDGE_ERR_API);
    api_talk_close(&t);
}

// Eviction and binding ---------------------------------------------------------------------------

#define CREATED "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: "
static const struct hostile_answer success = {
    .head = CREATED "48\r\n\r\n{\"kind\":\"Status\",\"status\":\"Success\",\"code\":201}  "};

static void assert_asked(const struct scripted *s, const char *line, const char *body)
{
    assert_memory_equal(s->hostile.requests, line, strlen(line));
    const char *sent = strstr(s->hostile.requests, "\r\n\r\n");
    assert_non_null(sent);
    assert_string_equal(sent + 4, body);
}

static void a_pod_is_evicted(void **state)
{
    (void)state;
    static struct scripted s;
    struct kedge_options options = {
        .dry_run = true, .grace_period_seconds = KEDGE_JUST(0), .precondition_uid = "u-1"};
    scripted_open(&s, &success, 1);
    s.api = kedge_api_of(s.rest, NULL, "default");
    assert_int_equal(kedge_api_evict(&s.api, "web", NULL), KEDGE_OK);
    assert_asked(&s, "POST /api/v1/namespaces/default/pods/web/eviction HTTP/1.1\r\n",
                 "{\"apiVersion\":\"policy/v1\",\"kind\":\"Eviction\",\"metadata\":{\"name\":"
                 "\"web\",\"namespace\":\"default\"}}");
    scripted_close(&s);

    scripted_open(&s, &success, 1);
    s.api = kedge_api_of(s.rest, &kedge_kind_deployment, "default");
    assert_int_equal(kedge_api_evict(&s.api, "web", &options), KEDGE_OK);
    assert_asked(&s, "POST /api/v1/namespaces/default/pods/web/eviction?dryRun=All HTTP/1.1\r\n",
                 "{\"apiVersion\":\"policy/v1\",\"kind\":\"Eviction\",\"metadata\":{\"name\":"
                 "\"web\",\"namespace\":\"default\"},\"deleteOptions\":{\"kind\":"
                 "\"DeleteOptions\",\"apiVersion\":\"v1\",\"gracePeriodSeconds\":0,"
                 "\"preconditions\":{\"uid\":\"u-1\"},\"dryRun\":[\"All\"]}}");
    scripted_close(&s);
}

// A budget that forbids it: 429, tried again as often as the caller wants.
static void an_eviction_may_be_refused(void **state)
{
    (void)state;
    static struct scripted s;
    static const struct hostile_answer busy = {
        .head = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 10\r\nContent-Length: 2\r\n\r\n{}"};
    scripted_open(&s, &busy, 1);
    s.api.retries = 2;
    kedge_time before = s.port.now;
    assert_int_equal(kedge_api_evict(&s.api, "web", NULL), KEDGE_ERR_API);
    assert_true(kedge_status_is_too_many_requests(kedge_rest_status(s.rest)));
    assert_int_equal(s.hostile.asked, 3);
    assert_in_range(s.port.now - before, 20000, 20100);
    scripted_close(&s);
}

static void an_eviction_that_is_none_is_not_sent(void **state)
{
    (void)state;
    static struct scripted s;
    struct kedge_options manager = {.field_manager = "me"};
    struct kedge_options uid = {.precondition_uid = very_long()};
    scripted_open(&s, &success, 1);
    struct kedge_api everywhere = kedge_api_of(s.rest, NULL, NULL);
    struct kedge_api nodes = kedge_api_of(s.rest, &kedge_kind_node, "default");
    assert_int_equal(kedge_api_evict(NULL, "web", NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_evict(&s.api, "web", &manager), KEDGE_ERR_ARGUMENT);
    assert_non_null(strstr(kedge_rest_error_text(s.rest), "field_manager"));
    assert_int_equal(kedge_api_evict(&s.api, NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_evict(&everywhere, "web", NULL), KEDGE_ERR_ARGUMENT);
    assert_non_null(strstr(kedge_rest_error_text(s.rest), "namespace_"));
    assert_int_equal(kedge_api_evict(&nodes, "web", NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_evict(&s.api, "web", &uid), KEDGE_ERR_TOO_LONG);
    assert_non_null(strstr(kedge_rest_error_text(s.rest), "the DeleteOptions are too long"));
    assert_int_equal(kedge_api_evict(&s.api, very_long(), NULL), KEDGE_ERR_TOO_LONG);
    assert_int_equal(s.hostile.asked, 0);
    scripted_close(&s);
}

static void a_pod_is_bound_to_a_node(void **state)
{
    (void)state;
    static struct scripted s;
    struct kedge_options options = {
        .precondition_uid = "u-1", .precondition_resource_version = "7", .field_manager = "me"};
    scripted_open(&s, &success, 1);
    assert_int_equal(kedge_api_bind(&s.api, "web", "node-1", NULL), KEDGE_OK);
    assert_asked(&s, "POST /api/v1/namespaces/default/pods/web/binding HTTP/1.1\r\n",
                 "{\"apiVersion\":\"v1\",\"kind\":\"Binding\",\"metadata\":{\"name\":\"web\","
                 "\"namespace\":\"default\"},\"target\":{\"kind\":\"Node\",\"name\":\"node-1\"}}");
    scripted_close(&s);
    scripted_open(&s, &success, 1);
    assert_int_equal(kedge_api_bind(&s.api, "web", "node-1", &options), KEDGE_OK);
    assert_asked(
        &s, "POST /api/v1/namespaces/default/pods/web/binding?fieldManager=me HTTP/1.1\r\n",
        "{\"apiVersion\":\"v1\",\"kind\":\"Binding\",\"metadata\":{\"name\":\"web\",\"namespace\":"
        "\"default\",\"uid\":\"u-1\",\"resourceVersion\":\"7\"},\"target\":{\"kind\":\"Node\","
        "\"name\":\"node-1\"}}");
    assert_int_equal(kedge_api_bind(NULL, "web", "node-1", NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_bind(&s.api, NULL, "node-1", NULL), KEDGE_ERR_ARGUMENT);
    assert_string_equal(kedge_rest_error_text(s.rest), "name: is required for a subresource");
    assert_int_equal(kedge_api_bind(&s.api, "web", NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_string_equal(kedge_rest_error_text(s.rest),
                        "create pods/binding \"web\" in default: target.name: the text is NULL");
    options = (struct kedge_options){.limit = 1};
    assert_int_equal(kedge_api_bind(&s.api, "web", "node-1", &options), KEDGE_ERR_ARGUMENT);
    assert_int_equal(s.hostile.asked, 1);
    scripted_close(&s);
}

// Tokens -----------------------------------------------------------------------------------------

static char token_head[8192];

static struct hostile_answer token_answer(const char *status)
{
    snprintf(token_head, sizeof token_head,
             "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n"
             "%s",
             strlen(status), status);
    return (struct hostile_answer){.head = token_head};
}

static void a_token_is_asked_for_and_left_nowhere_else(void **state)
{
    (void)state;
    static struct scripted s;
    static const char *const audiences[] = {"vault", "api"};
    struct kedge_token_request spec = {
        .audiences = audiences,
        .audience_count = 2,
        .expiration_seconds = KEDGE_JUST(600),
        .bound_api_version = "v1",
        .bound_kind = "Pod",
        .bound_name = "web",
        .bound_uid = "u-1",
    };
    char buf[64];
    kedge_timestamp expires = 1;
    struct hostile_answer answer =
        token_answer("{\"kind\":\"TokenRequest\",\"metadata\":{\"name\":\"default\"},\"spec\":{},"
                     "\"status\":{\"token\":\"very.secret.token\","
                     "\"expirationTimestamp\":\"1970-01-01T01:00:00Z\"}}");
    scripted_open(&s, &answer, 1);
    assert_int_equal(kedge_api_token(&s.api, "default", &spec, NULL, buf, sizeof buf, &expires),
                     KEDGE_OK);
    assert_string_equal(buf, "very.secret.token");
    assert_true(expires == INT64_C(3600000000));
    assert_false(memory_holds(s.memory, sizeof s.memory, "secret"));
    assert_asked(&s, "POST /api/v1/namespaces/default/serviceaccounts/default/token HTTP/1.1\r\n",
                 "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"TokenRequest\",\"spec\":"
                 "{\"audiences\":[\"vault\",\"api\"],\"expirationSeconds\":600,\"boundObjectRef\":"
                 "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"name\":\"web\",\"uid\":\"u-1\"}}}");
    scripted_close(&s);

    // The least that can be asked for, into exactly enough room.
    scripted_open(&s, &answer, 1);
    assert_int_equal(kedge_api_token(&s.api, "default", NULL, NULL, buf, 18, NULL), KEDGE_OK);
    assert_string_equal(buf, "very.secret.token");
    assert_asked(&s, "POST ",
                 "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":"
                 "\"TokenRequest\",\"spec\":{}}");
    scripted_close(&s);
    scripted_open(&s, &answer, 1);
    assert_int_equal(kedge_api_token(&s.api, "default", NULL, NULL, buf, 17, NULL),
                     KEDGE_ERR_TOO_LONG);
    assert_string_equal(buf, "");
    assert_non_null(strstr(kedge_rest_error_text(s.rest), "the token is longer"));
    assert_false(memory_holds(s.memory, sizeof s.memory, "secret"));
    scripted_close(&s);
}

static void an_answer_without_a_token_is_an_error(void **state)
{
    (void)state;
    static struct scripted s;
    static char huge[7000];
    static const struct {
        const char *body;
        kedge_err err;
    } rows[] = {
        {"{\"status\":{}}", KEDGE_ERR_JSON},
        {"{\"status\":{\"token\":\"\"}}", KEDGE_ERR_JSON},
        {"{\"status\":{\"token\":\"abc\"}", KEDGE_ERR_JSON},
        {"", KEDGE_ERR_JSON},
        {huge, KEDGE_ERR_TOO_LONG},
    };
    snprintf(huge, sizeof huge, "{\"status\":{\"token\":\"%6200s\"}}", "");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static char buf[8000];
        struct hostile_answer answer = token_answer(rows[i].body);
        scripted_open(&s, &answer, 1);
        assert_int_equal(kedge_api_token(&s.api, "default", NULL, NULL, buf, sizeof buf, NULL),
                         rows[i].err);
        assert_string_equal(buf, "");
        assert_int_not_equal(kedge_rest_error_text(s.rest)[0], '\0');
        scripted_close(&s);
    }
}

// When it ends may be unsaid, or odd: then it is not known.
static void a_token_may_end_at_an_unknown_time(void **state)
{
    (void)state;
    static struct scripted s;
    static const char *const bodies[] = {
        "{\"status\":{\"token\":\"abc\"}}",
        "{\"status\":{\"token\":\"abc\",\"expirationTimestamp\":\"tomorrow\"}}",
        "{\"status\":{\"token\":\"abc\",\"expirationTimestamp\":"
        "\"1970-01-01T01:00:00.0000000000000000000000000000000000000000000000000000Z\"}}",
    };
    for (size_t i = 0; i < 3; i++) {
        char buf[8];
        kedge_timestamp expires = 1;
        struct hostile_answer answer = token_answer(bodies[i]);
        scripted_open(&s, &answer, 1);
        assert_int_equal(kedge_api_token(&s.api, "default", NULL, NULL, buf, sizeof buf, &expires),
                         KEDGE_OK);
        assert_true(expires == 0);
        scripted_close(&s);
    }
}

static void a_token_request_that_is_none_is_not_sent(void **state)
{
    (void)state;
    static struct scripted s;
    char buf[64];
    static const char *const audiences[] = {NULL};
    struct kedge_token_request spec = {.audiences = audiences, .audience_count = 1};
    struct kedge_token_request bound = {.bound_kind = "Pod"};
    struct kedge_api none = kedge_api_of(NULL, NULL, "default");
    scripted_open(&s, &success, 1);
    struct kedge_api nodes = kedge_api_of(s.rest, &kedge_kind_node, "default");
    assert_int_equal(kedge_api_token(NULL, "a", NULL, NULL, buf, sizeof buf, NULL),
                     KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_token(&none, "a", NULL, NULL, buf, sizeof buf, NULL),
                     KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_token(&s.api, "a", NULL, NULL, NULL, 8, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_token(&s.api, "a", NULL, NULL, buf, 0, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_token(&s.api, "a", &spec, NULL, buf, sizeof buf, NULL),
                     KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_token(&s.api, "", &bound, NULL, buf, sizeof buf, NULL),
                     KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_token(&nodes, "a", NULL, NULL, buf, sizeof buf, NULL),
                     KEDGE_ERR_ARGUMENT);
    assert_int_equal(s.hostile.asked, 0);
    scripted_close(&s);
}

// Conflicts --------------------------------------------------------------------------------------

struct tries {
    struct talk *t;
    int attempts;
    int conflicts;     // so many attempts meet one
    kedge_err instead; // of the last attempt; 0: it succeeds
    bool stops;
    kedge_time at[8];
};

static kedge_err attempt(void *ctx)
{
    struct tries *s = ctx;
    s->at[s->attempts % 8] = s->t->port.fake.now;
    s->attempts++;
    if (s->stops)
        kedge_stop(s->t->k);
    if (s->attempts <= s->conflicts)
        return kedge_api_set_scale(&s->t->api, "web-000", 9, "1", NULL, NULL);
    return s->instead;
}

static void a_conflict_is_tried_again_five_times_at_most(void **state)
{
    (void)state;
    static struct talk t;
    for (int conflicts = 0; conflicts < 8; conflicts++) {
        struct tries s = {.t = &t, .conflicts = conflicts};
        api_talk_open(&t);
        api_talk_fill(&t, 3);
        kedge_err err = kedge_retry_on_conflict(t.rest, attempt, &s);
        assert_int_equal(s.attempts, conflicts < 5 ? conflicts + 1 : 5);
        for (int i = 1; i < s.attempts; i++)
            assert_in_range(s.at[i] - s.at[i - 1], 10, 11);
        assert_int_equal(err, conflicts < 5 ? KEDGE_OK : KEDGE_ERR_API);
        if (err != KEDGE_OK)
            assert_true(kedge_status_is_conflict(kedge_rest_status(t.rest)));
        api_talk_close(&t);
    }
}

static kedge_err not_found(void *ctx)
{
    struct tries *s = ctx;
    s->attempts++;
    return kedge_api_delete(&s->t->api, "none", NULL);
}

static void another_error_is_told_at_once(void **state)
{
    (void)state;
    static struct talk t;
    struct tries s = {.t = &t, .conflicts = 2, .instead = KEDGE_ERR_FULL};
    api_talk_open(&t);
    api_talk_fill(&t, 3);
    assert_int_equal(kedge_retry_on_conflict(t.rest, attempt, &s), KEDGE_ERR_FULL);
    assert_int_equal(s.attempts, 3);
    s.attempts = 0;
    assert_int_equal(kedge_retry_on_conflict(t.rest, not_found, &s), KEDGE_ERR_API);
    assert_int_equal(s.attempts, 1);
    assert_int_equal(kedge_retry_on_conflict(NULL, attempt, &s), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_retry_on_conflict(t.rest, NULL, &s), KEDGE_ERR_ARGUMENT);
    api_talk_close(&t);
}

// The last conflict, not that it was stopped; but before one, that.
static kedge_err conflict_then_stop(void *ctx)
{
    struct tries *s = ctx;
    kedge_err err = attempt(s);
    kedge_stop(s->t->k);
    return err;
}

static void a_stop_ends_the_retries(void **state)
{
    (void)state;
    static struct talk t;
    struct tries s = {.t = &t, .conflicts = 5};
    api_talk_open(&t);
    api_talk_fill(&t, 3);
    assert_int_equal(kedge_retry_on_conflict(t.rest, conflict_then_stop, &s), KEDGE_ERR_API);
    assert_int_equal(s.attempts, 1);
    assert_true(kedge_status_is_conflict(kedge_rest_status(t.rest)));
    s.attempts = 0;
    s.stops = true;
    assert_int_equal(kedge_retry_on_conflict(t.rest, attempt, &s), KEDGE_ERR_STOPPED);
    assert_int_equal(s.attempts, 1);
    api_talk_close(&t);
}

static kedge_err conflict_then_deaf(void *ctx)
{
    struct tries *s = ctx;
    kedge_err err = attempt(s);
    s->t->port.fake.cruelty.fail_only = FAKE_CALL_WAIT;
    s->t->port.fake.cruelty.fail_at = s->t->port.fake.calls = 0;
    s->t->port.fake.cruelty.fail_at = 1;
    return err;
}

static void a_port_that_cannot_wait_ends_them_too(void **state)
{
    (void)state;
    static struct talk t;
    struct tries s = {.t = &t, .conflicts = 5};
    api_talk_open(&t);
    api_talk_fill(&t, 3);
    assert_int_equal(kedge_retry_on_conflict(t.rest, conflict_then_deaf, &s), KEDGE_ERR_IO);
    assert_int_equal(s.attempts, 1);
    api_talk_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replicas_are_read_and_set_through_scale),
        cmocka_unit_test(everything_that_has_replicas_has_a_scale),
        cmocka_unit_test(a_scale_that_is_no_request_is_refused),
        cmocka_unit_test(a_pod_is_evicted),
        cmocka_unit_test(an_eviction_may_be_refused),
        cmocka_unit_test(an_eviction_that_is_none_is_not_sent),
        cmocka_unit_test(a_pod_is_bound_to_a_node),
        cmocka_unit_test(a_token_is_asked_for_and_left_nowhere_else),
        cmocka_unit_test(an_answer_without_a_token_is_an_error),
        cmocka_unit_test(a_token_may_end_at_an_unknown_time),
        cmocka_unit_test(a_token_request_that_is_none_is_not_sent),
        cmocka_unit_test(a_conflict_is_tried_again_five_times_at_most),
        cmocka_unit_test(another_error_is_told_at_once),
        cmocka_unit_test(a_stop_ends_the_retries),
        cmocka_unit_test(a_port_that_cannot_wait_ends_them_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
