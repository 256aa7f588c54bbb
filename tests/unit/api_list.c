// SPDX-License-Identifier: Apache-2.0
// Typed lists, page by page; waited for and in the loop. And single requests in the loop.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api_talk.h"

// What came, and what is to happen meanwhile.
struct seen {
    struct talk *t;
    unsigned count;
    unsigned again;
    unsigned done;
    unsigned compact_at; // at this object all history is forgotten
    unsigned stop_at;
    kedge_err stop_with;
    unsigned add_at;
    bool intrudes; // asks for something else on the same kedge_rest
    kedge_err err;
    char names[64][16];
};

static kedge_err seen_each(void *ctx, const struct kedge_object *o)
{
    struct seen *s = ctx;
    assert_non_null(kedge_as_deployment(o));
    snprintf(s->names[s->count % 64], 16, "%s", kedge_name(o));
    s->count++;
    if (s->count == s->compact_at) {
        mock_apply(s->t->port.mock, "deployments",
                   "{\"metadata\":{\"name\":\"web-zzz\",\"namespace\":\"default\"}}");
        mock_compact(s->t->port.mock);
    }
    if (s->count == s->add_at)
        mock_apply(s->t->port.mock, "deployments",
                   "{\"metadata\":{\"name\":\"web-zzz\",\"namespace\":\"default\"}}");
    if (s->intrudes) {
        struct kedge_api_call call = {.done = NULL};
        struct kedge_api_list list = {.each = NULL};
        const struct kedge_object *other;
        struct kedge_request r = kedge_api_request(&s->t->api, KEDGE_GET, "web-000", NULL);
        struct kedge_request listing = kedge_api_request(&s->t->api, KEDGE_LIST, NULL, NULL);
        char token[64];
        assert_int_equal(kedge_api_get(&s->t->api, "web-000", NULL, &other), KEDGE_ERR_STATE);
        assert_null(other);
        assert_int_equal(kedge_api_start(&call, &s->t->api, &r), KEDGE_ERR_STATE);
        assert_int_equal(kedge_api_list(&s->t->api, NULL, &list), KEDGE_ERR_STATE);
        assert_int_equal(kedge_api_list_start(&s->t->api, NULL, &list, NULL), KEDGE_ERR_STATE);
        assert_int_equal(kedge_api_delete(&s->t->api, "web-000", NULL), KEDGE_ERR_STATE);
        assert_int_equal(kedge_api_do(&s->t->api, &listing, NULL), KEDGE_ERR_STATE);
        assert_int_equal(
            kedge_api_token(&s->t->api, "default", NULL, NULL, token, sizeof token, NULL),
            KEDGE_ERR_STATE);
    }
    return s->count == s->stop_at ? s->stop_with : KEDGE_OK;
}

static void seen_again(void *ctx)
{
    struct seen *s = ctx;
    s->again++;
    s->count = 0;
}

static void seen_done(void *ctx, kedge_err err)
{
    struct seen *s = ctx;
    s->done++;
    s->err = err;
}

static struct kedge_api_list list_to(struct seen *s, int64_t page_size)
{
    return (struct kedge_api_list){.each = seen_each, .ctx = s, .page_size = page_size};
}

// The list, waited for or in the loop.
static kedge_err list_by(bool loop, struct seen *s, const struct kedge_options *options,
                         struct kedge_api_list *list)
{
    struct talk *t = s->t;
    if (!loop)
        return kedge_api_list(&t->api, options, list);
    kedge_err err = kedge_api_list_start(&t->api, options, list, seen_done);
    if (err != KEDGE_OK)
        return err;
    for (int i = 0; i < 10000 && s->done == 0; i++)
        assert_int_equal(kedge_poll(t->k, KEDGE_FOREVER), KEDGE_OK);
    assert_int_equal(s->done, 1);
    return s->err;
}

static void every_page_is_followed(void **state)
{
    (void)state;
    static struct talk t;
    static const struct {
        size_t objects;
        int64_t page_size;
        unsigned pages;
    } rows[] = {{0, 10, 1},  {9, 10, 1},  {10, 10, 1}, {11, 10, 2},
                {21, 10, 3}, {21, 1, 21}, {21, 0, 1},  {21, -1, 1}};
    for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        size_t row = i / 2;
        struct seen s = {.t = &t, .add_at = 1};
        struct kedge_api_list list = list_to(&s, rows[row].page_size);
        char version[32];
        api_talk_open(&t);
        api_talk_fill(&t, rows[row].objects);
        snprintf(version, sizeof version, "%llu", (unsigned long long)mock_version(t.port.mock));
        must(&t, list_by(i % 2 == 1, &s, NULL, &list));
        // What is added meanwhile is not of the list's version.
        assert_int_equal(s.count, rows[row].objects);
        assert_int_equal(list.count, rows[row].objects);
        assert_int_equal(list.pages, rows[row].pages);
        assert_string_equal(list.resource_version, version);
        assert_string_equal(list.continue_, "");
        for (size_t n = 0; n < s.count; n++) {
            char name[16];
            snprintf(name, sizeof name, "web-%03zu", n);
            assert_string_equal(s.names[n], name);
        }
        api_talk_close(&t);
    }
}

static void one_page_leaves_the_rest_for_later(void **state)
{
    (void)state;
    static struct talk t;
    struct seen s = {.t = &t};
    struct kedge_api_list list = list_to(&s, 0);
    struct kedge_options options = {.limit = 4};
    list.one_page = true;
    api_talk_open(&t);
    api_talk_fill(&t, 10);
    must(&t, kedge_api_list(&t.api, &options, &list));
    assert_int_equal(s.count, 4);
    assert_string_not_equal(list.continue_, "");
    // By the token where it lies, or from elsewhere.
    options.continue_ = list.continue_;
    must(&t, kedge_api_list(&t.api, &options, &list));
    assert_int_equal(s.count, 8);
    char token[KEDGE_API_CONTINUE];
    strcpy(token, list.continue_);
    options.continue_ = token;
    must(&t, kedge_api_list(&t.api, &options, &list));
    assert_int_equal(s.count, 10);
    assert_string_equal(s.names[9], "web-009");
    assert_string_equal(list.continue_, "");
    api_talk_close(&t);
}

static void selectors_and_versions_are_sent(void **state)
{
    (void)state;
    static struct talk t;
    struct seen s = {.t = &t};
    struct kedge_api_list list = list_to(&s, 2);
    struct kedge_options options = {.label_selector = "parity=odd",
                                    .resource_version = "1",
                                    .resource_version_match = KEDGE_NOT_OLDER_THAN};
    api_talk_open(&t);
    api_talk_fill(&t, 10);
    must(&t, kedge_api_list(&t.api, &options, &list));
    assert_int_equal(s.count, 5);
    assert_int_equal(list.pages, 3);
    options = (struct kedge_options){.field_selector = "metadata.name=web-003"};
    s.count = 0;
    must(&t, kedge_api_list(&t.api, &options, &list));
    assert_int_equal(s.count, 1);
    // All namespaces; nobody looks at them.
    struct kedge_api all = kedge_api_of(t.rest, &kedge_kind_deployment, NULL);
    list.each = NULL;
    must(&t, kedge_api_list(&all, NULL, &list));
    assert_int_equal(list.count, 10);
    api_talk_close(&t);
}

static void an_expired_token_ends_the_list_or_begins_it_anew(void **state)
{
    (void)state;
    static struct talk t;
    for (int i = 0; i < 4; i++) {
        struct seen s = {.t = &t, .compact_at = 4};
        struct kedge_api_list list = list_to(&s, 4);
        bool anew = i % 2 == 1;
        list.again = anew ? seen_again : NULL;
        api_talk_open(&t);
        api_talk_fill(&t, 10);
        kedge_err err = list_by(i >= 2, &s, NULL, &list);
        if (anew) {
            must(&t, err);
            assert_int_equal(s.again, 1);
            assert_int_equal(s.count, 11);
            assert_int_equal(list.count, 11);
            assert_int_equal(list.pages, 1);
            assert_string_equal(list.continue_, "");
        } else {
            assert_int_equal(err, KEDGE_ERR_API);
            assert_true(kedge_status_is_expired(kedge_rest_status(t.rest)));
            assert_int_equal(s.count, 4);
        }
        api_talk_close(&t);
    }
}

// Of the first page it is told: there is nothing that could come anew.
static void an_expired_version_is_told(void **state)
{
    (void)state;
    static struct talk t;
    struct seen s = {.t = &t};
    struct kedge_api_list list = list_to(&s, 4);
    struct kedge_options options = {.resource_version = "2", .resource_version_match = KEDGE_EXACT};
    list.again = seen_again;
    api_talk_open(&t);
    api_talk_fill(&t, 3);
    mock_compact(t.port.mock);
    assert_int_equal(kedge_api_list(&t.api, &options, &list), KEDGE_ERR_API);
    assert_int_equal(s.again, 0);
    api_talk_close(&t);
}

static void each_may_end_the_list(void **state)
{
    (void)state;
    static struct talk t;
    static const kedge_err with[] = {KEDGE_ERR_FULL, KEDGE_WAIT, KEDGE_WANT_READ, KEDGE_ERR_API};
    for (int i = 0; i < 8; i++) {
        // In the loop, what waits is offered again.
        if (i % 2 == 1 && with[i / 2] == KEDGE_WAIT)
            continue;
        struct seen s = {.t = &t, .stop_at = 5, .stop_with = with[i / 2]};
        struct kedge_api_list list = list_to(&s, 3);
        list.again = seen_again;
        api_talk_open(&t);
        api_talk_fill(&t, 10);
        assert_int_equal(list_by(i % 2 == 1, &s, NULL, &list), s.stop_with);
        assert_int_equal(s.count, 5);
        assert_int_equal(list.count, s.stop_with == KEDGE_WAIT ? 4 : 5);
        assert_int_equal(s.again, 0);
        // The kedge_rest is as good as before.
        must(&t, kedge_api_get(&t.api, "web-007", NULL, NULL));
        api_talk_close(&t);
    }
}

static void a_list_under_way_is_not_disturbed(void **state)
{
    (void)state;
    static struct talk t;
    for (int loop = 0; loop < 2; loop++) {
        struct seen s = {.t = &t, .intrudes = true};
        struct kedge_api_list list = list_to(&s, 3);
        api_talk_open(&t);
        t.port.fake.cruelty.read_max = 50;
        api_talk_fill(&t, 5);
        must(&t, list_by(loop == 1, &s, NULL, &list));
        assert_int_equal(s.count, 5);
        api_talk_close(&t);
    }
}

static void a_list_without_kind_or_rest_is_refused(void **state)
{
    (void)state;
    static struct talk t;
    struct seen s = {.t = &t};
    struct kedge_api_list list = list_to(&s, 0);
    struct kedge_api api = kedge_api_of(NULL, &kedge_kind_deployment, "default");
    struct kedge_options options = {.dry_run = true};
    assert_int_equal(kedge_api_list(&api, NULL, &list), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_list(NULL, NULL, &list), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_list_start(&api, NULL, &list, NULL), KEDGE_ERR_ARGUMENT);
    api_talk_open(&t);
    assert_int_equal(kedge_api_list(&t.api, NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_list(&t.api, &options, &list), KEDGE_ERR_ARGUMENT);
    assert_string_equal(kedge_rest_error_text(t.rest), "dry_run: only to write and to delete");
    api = kedge_api_of(t.rest, NULL, "default");
    assert_int_equal(kedge_api_list(&api, NULL, &list), KEDGE_ERR_ARGUMENT);
    assert_string_equal(kedge_rest_error_text(t.rest), "list  in default: kind: is NULL");
    api_talk_close(&t);
}

// Servers that are odd ---------------------------------------------------------------------------

#define OK_JSON "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

static char head[4096];

static struct hostile_answer page(const char *body)
{
    snprintf(head, sizeof head, OK_JSON "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
    return (struct hostile_answer){.head = head};
}

static void a_token_that_does_not_move_on_ends_the_list(void **state)
{
    (void)state;
    static struct scripted s;
    struct kedge_api_list list = {.page_size = 1};
    struct hostile_answer answer =
        page("{\"metadata\":{\"resourceVersion\":\"5\",\"continue\":\"abc\"},\"items\":[{"
             "\"metadata\":{\"name\":\"a\"}}]}");
    scripted_open(&s, &answer, 1);
    assert_int_equal(kedge_api_list(&s.api, NULL, &list), KEDGE_ERR_JSON);
    assert_string_equal(kedge_rest_error_text(s.rest),
                        "list deployments.apps in default: the server's continue token is the "
                        "same as before");
    assert_int_equal(list.pages, 2);
    assert_non_null(strstr(s.hostile.requests, "deployments?continue=abc&limit=1 "));
    scripted_close(&s);
}

static void texts_that_do_not_fit_are_errors(void **state)
{
    (void)state;
    static struct scripted s;
    static const char *const keys[] = {"resourceVersion", "continue"};
    for (size_t i = 0; i < 2; i++) {
        char body[2048];
        struct kedge_api_list list = {.page_size = 1};
        int len = snprintf(body, sizeof body, "{\"metadata\":{\"%s\":\"", keys[i]);
        memset(body + len, 'x', 900);
        strcpy(body + len + 900, "\"},\"items\":[]}");
        struct hostile_answer answer = page(body);
        scripted_open(&s, &answer, 1);
        assert_int_equal(kedge_api_list(&s.api, NULL, &list), KEDGE_ERR_TOO_LONG);
        assert_string_equal(kedge_rest_error_text(s.rest),
                            "list deployments.apps in default: the list's version or continue "
                            "token is too long");
        scripted_close(&s);
    }
}

static void half_a_list_is_none(void **state)
{
    (void)state;
    static struct scripted s;
    static const char *const bodies[] = {"", "{\"items\":[{\"metadata\":{\"name\":\"a\"}}]",
                                         "{\"items\":[3]}", "[]"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct kedge_api_list list = {.page_size = 1};
        struct hostile_answer answer = page(bodies[i]);
        scripted_open(&s, &answer, 1);
        kedge_err err = kedge_api_list(&s.api, NULL, &list);
        // An item that is no object has nothing; the others do not suffer.
        assert_int_equal(err, i == 2 ? KEDGE_OK : KEDGE_ERR_JSON);
        scripted_close(&s);
    }
}

static void a_list_s_time_limit_is_sent_twice(void **state)
{
    (void)state;
    static struct scripted s;
    struct kedge_api_list list = {.page_size = -1};
    struct kedge_options options = {.timeout_seconds = KEDGE_JUST(5)};
    struct hostile_answer answer = page("{\"metadata\":{},\"items\":[]}");
    scripted_open(&s, &answer, 1);
    assert_int_equal(kedge_api_list(&s.api, &options, &list), KEDGE_OK);
    assert_non_null(strstr(s.hostile.requests, "deployments?timeout=5s&timeoutSeconds=5 "));
    scripted_close(&s);
}

// Single requests in the loop --------------------------------------------------------------------

struct story {
    struct talk *t;
    struct kedge_api_call call;
    int step;
    kedge_err err;
    bool over;
};

static void next_step(void *ctx, kedge_err err, const struct kedge_object *o);

static void begin_step(struct story *s)
{
    static const enum kedge_verb verbs[] = {KEDGE_CREATE, KEDGE_GET,    KEDGE_PATCH,
                                            KEDGE_APPLY,  KEDGE_DELETE, KEDGE_GET};
    const struct kedge_options managed = {.field_manager = "me", .force = KEDGE_JUST(1)};
    enum kedge_verb verb = verbs[s->step];
    struct kedge_request r =
        kedge_api_request(&s->t->api, verb, verb == KEDGE_CREATE ? NULL : "web",
                          verb == KEDGE_APPLY ? &managed : NULL);
    if (verb == KEDGE_CREATE)
        r.body = KEDGE_STR("{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{"
                           "\"name\":\"web\"},\"spec\":{\"replicas\":1}}");
    if (verb == KEDGE_PATCH)
        r.body = KEDGE_STR("{\"spec\":{\"replicas\":2}}");
    if (verb == KEDGE_APPLY)
        r.body = KEDGE_STR("{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{"
                           "\"name\":\"web\"},\"spec\":{\"replicas\":3}}");
    must(s->t, kedge_api_start(&s->call, &s->t->api, &r));
}

static void next_step(void *ctx, kedge_err err, const struct kedge_object *o)
{
    static const int replicas[] = {1, 1, 2, 3};
    struct story *s = ctx;
    if (s->step < 4) {
        must(s->t, err);
        assert_int_equal(kedge_as_deployment(o)->spec_replicas, replicas[s->step]);
    } else {
        assert_null(o);
    }
    s->step++;
    s->err = err;
    s->over = s->step == 6;
    if (!s->over)
        begin_step(s);
}

static void requests_follow_one_another_in_the_loop(void **state)
{
    (void)state;
    static struct talk t;
    for (size_t read_max = 0; read_max < 40; read_max += 3) {
        struct story s = {.t = &t};
        s.call.done = next_step;
        s.call.ctx = &s;
        api_talk_open(&t);
        t.port.fake.cruelty.read_max = read_max;
        begin_step(&s);
        for (int i = 0; i < 100000 && !s.over; i++)
            assert_int_equal(kedge_poll(t.k, KEDGE_FOREVER), KEDGE_OK);
        assert_true(s.over);
        assert_int_equal(s.err, KEDGE_ERR_API);
        assert_true(kedge_status_is_not_found(kedge_rest_status(t.rest)));
        api_talk_close(&t);
    }
}

static void must_not_be_called(void *ctx, kedge_err err, const struct kedge_object *o)
{
    (void)ctx;
    (void)err;
    (void)o;
    fail();
}

static void a_request_that_cannot_begin_is_not_done(void **state)
{
    (void)state;
    static struct talk t;
    static struct kedge_api_call call = {.done = must_not_be_called};
    api_talk_open(&t);
    api_talk_fill(&t, 1);
    struct kedge_api none = kedge_api_of(NULL, &kedge_kind_deployment, "default");
    struct kedge_request r = kedge_api_request(&t.api, KEDGE_GET, "", NULL);
    assert_int_equal(kedge_api_start(NULL, &t.api, &r), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_start(&call, NULL, &r), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_start(&call, &t.api, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_start(&call, &none, &r), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_api_start(&call, &t.api, &r), KEDGE_ERR_ARGUMENT);
    assert_string_equal(kedge_rest_error_text(t.rest), "name: resource name may not be empty");
    r = kedge_api_request(&t.api, KEDGE_LIST, NULL, NULL);
    assert_int_equal(kedge_api_start(&call, &t.api, &r), KEDGE_ERR_ARGUMENT);
    // One that is cancelled is not done either, and the next may begin.
    r = kedge_api_request(&t.api, KEDGE_GET, "web-000", NULL);
    must(&t, kedge_api_start(&call, &t.api, &r));
    const struct kedge_object *o;
    assert_int_equal(kedge_api_get(&t.api, "web-000", NULL, &o), KEDGE_ERR_STATE);
    kedge_rest_cancel(t.rest);
    call.done = NULL;
    must(&t, kedge_api_start(&call, &t.api, &r));
    for (int i = 0; i < 1000 && t.rest != NULL; i++) {
        struct kedge_rest_facts facts;
        kedge_poll(t.k, 10);
        assert_int_equal(kedge_rest_facts(t.rest, &facts), KEDGE_OK);
        if (facts.requests == 1)
            break;
    }
    must(&t, kedge_api_get(&t.api, "web-000", NULL, &o));
    assert_string_equal(kedge_name(o), "web-000");
    api_talk_close(&t);
}

static void keep_err(void *ctx, kedge_err err, const struct kedge_object *o)
{
    assert_null(o);
    *(kedge_err *)ctx = err;
}

static void half_an_object_is_none_in_the_loop(void **state)
{
    (void)state;
    static struct scripted s;
    kedge_err err = KEDGE_OK;
    struct kedge_api_call call = {.done = keep_err, .ctx = &err};
    struct hostile_answer answer = page("{\"metadata\":{");
    scripted_open(&s, &answer, 1);
    struct kedge_request r = kedge_api_request(&s.api, KEDGE_GET, "web", NULL);
    assert_int_equal(kedge_api_start(&call, &s.api, &r), KEDGE_OK);
    for (int i = 0; i < 1000 && err == KEDGE_OK; i++)
        kedge_poll(s.k, KEDGE_FOREVER);
    assert_int_equal(err, KEDGE_ERR_JSON);
    scripted_close(&s);
}

// In the loop, a page after the first that cannot be asked for ends the list.
static void stop(void *ctx)
{
    struct seen *s = ctx;
    kedge_stop(s->t->k);
}

static void a_list_that_cannot_go_on_ends(void **state)
{
    (void)state;
    static struct talk t;
    struct seen s = {.t = &t, .compact_at = 4};
    struct kedge_api_list list = list_to(&s, 4);
    list.again = stop;
    api_talk_open(&t);
    api_talk_fill(&t, 10);
    must(&t, kedge_api_list_start(&t.api, NULL, &list, seen_done));
    for (int i = 0; i < 1000 && s.done == 0; i++)
        kedge_poll(t.k, KEDGE_FOREVER);
    assert_int_equal(s.done, 1);
    assert_int_equal(s.err, KEDGE_ERR_STOPPED);
    api_talk_close(&t);

    // And who is not told of the end is not called.
    api_talk_open(&t);
    s = (struct seen){.t = &t};
    list = list_to(&s, 4);
    must(&t, kedge_api_list_start(&t.api, NULL, &list, NULL));
    for (int i = 0; i < 20; i++)
        kedge_poll(t.k, 0);
    assert_int_equal(list.pages, 1);
    api_talk_close(&t);
}

static void a_status_in_place_of_a_list_is_no_empty_list(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
        "\"message\":\"no\",\"reason\":\"Forbidden\",\"code\":403}",
        "{\"code\":403,\"reason\":\"Forbidden\",\"status\":\"Failure\",\"kind\":\"Status\"}",
    };
    for (size_t i = 0; i < 2; i++) {
        static struct scripted s;
        struct kedge_api_list list = {.each = NULL};
        struct hostile_answer answer = page(bodies[i]);
        scripted_open(&s, &answer, 1);
        assert_int_equal(kedge_api_list(&s.api, NULL, &list), KEDGE_ERR_API);
        assert_true(kedge_status_is_forbidden(kedge_rest_status(s.rest)));
        assert_int_equal(list.count, 0);
        scripted_close(&s);
    }
}

static void what_is_no_list_is_no_empty_list(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":{\"resourceVersion\":"
        "\"9\"},\"columnDefinitions\":[],\"rows\":[]}",
        "{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1beta1\"}",
        "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Success\"}",
        "{\"kind\":\"Deployment\",\"apiVersion\":\"apps/v1\",\"metadata\":{\"name\":\"web\"}}",
    };
    for (size_t i = 0; i < 2 * sizeof bodies / sizeof bodies[0]; i++) {
        static struct scripted s;
        struct seen seen = {.err = KEDGE_OK};
        struct kedge_api_list list = {.ctx = &seen};
        struct hostile_answer answer = page(bodies[i / 2]);
        scripted_open(&s, &answer, 1);
        if (i % 2 == 0) {
            assert_int_equal(kedge_api_list(&s.api, NULL, &list), KEDGE_ERR_JSON);
        } else {
            assert_int_equal(kedge_api_list_start(&s.api, NULL, &list, seen_done), KEDGE_OK);
            for (int turn = 0; turn < 1000 && seen.done == 0; turn++)
                assert_int_equal(kedge_poll(s.k, KEDGE_FOREVER), KEDGE_OK);
            assert_int_equal(seen.done, 1);
            assert_int_equal(seen.err, KEDGE_ERR_JSON);
        }
        assert_non_null(strstr(kedge_rest_error_text(s.rest), "no list of this kind"));
        assert_int_equal(list.count, 0);
        assert_int_equal(list.pages, 0);
        scripted_close(&s);
    }
    // A list need not say what it is, and may be called as its kind likes.
    static const char *const lists[] = {"{\"items\":[]}", "{\"kind\":\"List\",\"items\":null}",
                                        "{\"kind\":\"Deploys\"}", "{\"kind\":\"Table\"}"};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        static struct scripted s;
        struct kedge_api_list list = {.each = NULL};
        struct hostile_answer answer = page(lists[i]);
        scripted_open(&s, &answer, 1);
        assert_int_equal(kedge_api_list(&s.api, NULL, &list), KEDGE_OK);
        scripted_close(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_in_place_of_a_list_is_no_empty_list),
        cmocka_unit_test(what_is_no_list_is_no_empty_list),
        cmocka_unit_test(every_page_is_followed),
        cmocka_unit_test(one_page_leaves_the_rest_for_later),
        cmocka_unit_test(selectors_and_versions_are_sent),
        cmocka_unit_test(an_expired_token_ends_the_list_or_begins_it_anew),
        cmocka_unit_test(an_expired_version_is_told),
        cmocka_unit_test(each_may_end_the_list),
        cmocka_unit_test(a_list_under_way_is_not_disturbed),
        cmocka_unit_test(a_list_without_kind_or_rest_is_refused),
        cmocka_unit_test(a_token_that_does_not_move_on_ends_the_list),
        cmocka_unit_test(texts_that_do_not_fit_are_errors),
        cmocka_unit_test(half_a_list_is_none),
        cmocka_unit_test(a_list_s_time_limit_is_sent_twice),
        cmocka_unit_test(requests_follow_one_another_in_the_loop),
        cmocka_unit_test(a_request_that_cannot_begin_is_not_done),
        cmocka_unit_test(half_an_object_is_none_in_the_loop),
        cmocka_unit_test(a_list_that_cannot_go_on_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
