// SPDX-License-Identifier: Apache-2.0
// unasked.c - objects that nobody asked for, or that no server should have: of another kind or
// namespace, with names that are paths, or endless, with versions that are none. They are kept
// under their own name or skipped and counted, and harm nobody else.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cache/informer_priv.h"
#include "visitor.h"

static char head[300000], body[200000];

static struct hostile_answer reply(const char *text)
{
    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n%s", text);
    return (struct hostile_answer){.head = head};
}

static const struct hostile_answer good_list = {
    .head =
        "HTTP/1.1 200 OK\r\nContent-Length: 165\r\n\r\n"
        "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[{\"metadata\":{\"namespace\":\"x\","
        "\"name\":\"good\",\"uid\":\"1\",\"resourceVersion\":\"3\",\"labels\":{\"a\":\"b\"}},"
        "\"spec\":{\"replicas\":2}}]}     "};

// An informer for the Deployments of namespace "x", which has one called "good", and a watch.
static void open_watch(struct visitor *v, struct hostile_answer answers[2])
{
    answers[0] = good_list;
    visitor_open(v, answers, 2);
    v->options.namespace_ = "x";
    assert_int_equal(visitor_start(v, &kedge_kind_deployment), KEDGE_OK);
    visitor_run(v, KEDGE_SECOND / 2, UINT64_MAX);
}

static void assert_good_is_as_it_was(const struct visitor *v)
{
    const struct kedge_object *o;
    char uid[KEDGE_UID_TEXT];
    assert_int_equal(kedge_lister_get(v->inf, "x", "good", &o), KEDGE_OK);
    assert_string_equal(kedge_uid(o, uid), "1");
    assert_string_equal(kedge_resource_version(o), "3");
    assert_int_equal(kedge_as_deployment(o)->spec_replicas, 2);
}

struct strange {
    const char *event;
    size_t cached;    // objects afterwards
    uint64_t skipped; // events
    uint64_t partial;
};

#define EVENT(type, meta, rest) \
    "{\"type\":\"" type "\",\"object\":{\"metadata\":{" meta "}" rest "}}\n"

static const struct strange strange[] = {
    // The server says which namespace an object is of; a lister of another one does not see it.
    {EVENT("ADDED", "\"namespace\":\"y\",\"name\":\"n\",\"resourceVersion\":\"6\"", ""), 2, 0, 0},
    {EVENT("DELETED", "\"namespace\":\"y\",\"name\":\"good\",\"resourceVersion\":\"6\"", ""), 1, 0,
     0},
    {EVENT("DELETED", "\"name\":\"good\",\"resourceVersion\":\"6\"", ""), 1, 0, 0},
    // Of another kind, whichever member says so, and how often: the last one counts.
    {EVENT("ADDED", "\"namespace\":\"x\",\"name\":\"n\",\"resourceVersion\":\"6\"",
           ",\"kind\":\"Secret\",\"data\":{\"k\":\"eA==\"}"),
     1, 1, 0},
    {EVENT("ADDED", "\"namespace\":\"x\",\"name\":\"n\",\"resourceVersion\":\"6\"",
           ",\"kind\":\"Deployment\",\"kind\":\"Secret\""),
     1, 1, 0},
    {EVENT("DELETED", "\"namespace\":\"x\",\"name\":\"good\",\"resourceVersion\":\"6\"",
           ",\"k\\u0069nd\":\"deployment\""),
     1, 1, 0},
    {EVENT("ADDED", "\"namespace\":\"x\",\"name\":\"n\",\"resourceVersion\":\"6\"",
           ",\"kind\":\"Deployment\""),
     2, 0, 0},
    {EVENT("ADDED", "\"namespace\":\"x\",\"name\":\"n\",\"resourceVersion\":\"6\"", ",\"kind\":7"),
     2, 0, 0},
    // Types that are none.
    {EVENT("ADDED", "\"namespace\":\"x\",\"name\":\"n\",\"resourceVersion\":\"6\"",
           ",\"spec\":{\"replicas\":\"many\",\"selector\":7,\"template\":[]}"),
     2, 0, 0},
    {EVENT("EVICTED", "\"namespace\":\"x\",\"name\":\"good\",\"resourceVersion\":\"6\"", ""), 1, 1,
     0},
    {EVENT("deleted", "\"namespace\":\"x\",\"name\":\"good\",\"resourceVersion\":\"6\"", ""), 1, 1,
     0},
    {"{\"object\":{\"metadata\":{\"namespace\":\"x\",\"name\":\"good\",\"resourceVersion\":\"6\"}}}"
     "\n",
     1, 1, 0},
    // No name, and no identity at all.
    {EVENT("ADDED", "\"namespace\":\"x\",\"resourceVersion\":\"6\"", ""), 1, 1, 0},
    {EVENT("ADDED", "\"namespace\":\"x\",\"name\":7,\"resourceVersion\":\"6\"", ""), 1, 1, 0},
    {EVENT("ADDED", "\"namespace\":\"x\",\"name\":null,\"resourceVersion\":\"6\"", ""), 1, 1, 0},
    {"{\"type\":\"DELETED\",\"object\":[]}\n", 1, 1, 0},
    {"{\"type\":\"DELETED\",\"object\":null}\n", 1, 1, 0},
    {"{}\n", 1, 1, 0},
    // Names that are paths, and names of odd bytes, are names.
    {EVENT("ADDED", "\"namespace\":\"x\",\"name\":\"../../y\",\"resourceVersion\":\"6\"", ""), 2, 0,
     0},
    {EVENT("ADDED", "\"namespace\":\"x/good\",\"name\":\"n\",\"resourceVersion\":\"6\"", ""), 2, 0,
     0},
    {EVENT("DELETED", "\"namespace\":\"\",\"name\":\"x/good\",\"resourceVersion\":\"6\"", ""), 1, 0,
     0},
    {EVENT("DELETED", "\"namespace\":\"x\",\"name\":\"good\\u0000\",\"resourceVersion\":\"6\"", ""),
     1, 1, 0},
    {EVENT("DELETED", "\"namespace\":\"x\",\"name\":\"GOOD\",\"resourceVersion\":\"6\"", ""), 1, 0,
     0},
};

static void what_nobody_asked_for_harms_nobody(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
        struct visitor v;
        struct hostile_answer answers[2];
        answers[1] = reply(strange[i].event);
        open_watch(&v, answers);
        assert_good_is_as_it_was(&v);
        struct kedge_informer_state s = visitor_state(&v);
        if (s.objects != strange[i].cached || s.skipped != strange[i].skipped ||
            s.partial != strange[i].partial)
            fail_msg("%s: %zu objects, %llu skipped, %llu partial, %s", strange[i].event, s.objects,
                     (unsigned long long)s.skipped, (unsigned long long)s.partial, s.text);
        visitor_close(&v);
    }
}

static void a_slash_in_a_name_opens_no_other_namespace(void **state)
{
    (void)state;
    struct visitor v;
    const struct kedge_object *o;
    struct hostile_answer answers[2];
    answers[1] =
        reply(EVENT("ADDED", "\"namespace\":\"x\",\"name\":\"a/b\",\"resourceVersion\":\"6\"", ""));
    open_watch(&v, answers);
    assert_int_equal(kedge_lister_get(v.inf, "x", "a/b", &o), KEDGE_OK);
    assert_int_equal(kedge_lister_get(v.inf, "x/a", "b", &o), KEDGE_ERR_NOT_FOUND);
    assert_int_equal(kedge_lister_get(v.inf, "", "x/a/b", &o), KEDGE_ERR_NOT_FOUND);
    visitor_close(&v);
}

// Names, namespaces, uids and versions of every length up to 64 KiB.
static void an_identity_of_any_length_is_kept_whole_or_skipped(void **state)
{
    (void)state;
    static const char *const fields[] = {"name", "namespace", "uid", "resourceVersion"};
    static const size_t lengths[] = {63, 64, 253, 254, 255, 256, 700, 1024, 6144, 65536};
    static char text[65537];
    memset(text, 'a', 65536);
    for (size_t f = 0; f < 4; f++) {
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
            struct visitor v;
            struct hostile_answer answers[2];
            int n = snprintf(body, sizeof body, "{\"type\":\"ADDED\",\"object\":{\"metadata\":{");
            for (size_t other = 0; other < 4; other++)
                n += snprintf(body + n, sizeof body - (size_t)n, "%s\"%s\":\"%.*s\"",
                              other > 0 ? "," : "", fields[other], other == f ? (int)lengths[i] : 1,
                              text);
            snprintf(body + n, sizeof body - (size_t)n, "}}}\n");
            answers[1] = reply(body);
            open_watch(&v, answers);
            assert_good_is_as_it_was(&v);
            struct kedge_informer_state s = visitor_state(&v);
            if (s.objects - 1 + s.skipped + s.failures == 0)
                fail_msg("%s of %zu bytes was lost without a word", fields[f], lengths[i]);
            if (lengths[i] > 1024 && s.objects > 1)
                fail_msg("%s of %zu bytes was kept", fields[f], lengths[i]);
            visitor_close(&v);
        }
    }
}

static void versions_that_are_no_numbers_are_carried_as_they_are(void **state)
{
    (void)state;
    static const char *const versions[] = {
        "abc",     "-1",    "1.5",   "99999999999999999999999", "0x7", " 7", "7 ", "", "6\\u0001",
        "\\u00e9", "6&a=b", "6/../7"};
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        for (int bookmark = 0; bookmark < 2; bookmark++) {
            struct visitor v;
            struct hostile_answer answers[2];
            snprintf(
                body, sizeof body,
                "{\"type\":\"%s\",\"object\":{\"metadata\":{\"namespace\":\"x\",\"name\":\"n\","
                "\"resourceVersion\":\"%s\"}}}\n",
                bookmark ? "BOOKMARK" : "ADDED", versions[i]);
            answers[1] = reply(body);
            answers[1].closes = true;
            open_watch(&v, answers);
            visitor_run(&v, 20 * KEDGE_MINUTE, UINT64_MAX);
            assert_good_is_as_it_was(&v);
            // It is asked on and on, with pauses, and in good order.
            assert_in_range(v.h.asked, 10, 2000);
            visitor_close(&v);
        }
    }
}

// Of a key that comes twice the one that client-go would take counts, the last, wherever it stands.
static void keys_that_come_twice_make_one_object(void **state)
{
    (void)state;
    struct visitor v;
    const struct kedge_object *o;
    struct hostile_answer answers[2];
    answers[1] =
        reply("{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"namespace\":\"x\",\"name\":\"n\","
              "\"name\":\"m\","
              "\"resourceVersion\":\"6\",\"resourceVersion\":\"7\"},\"spec\":{\"replicas\":1},"
              "\"spec\":{\"replicas\":3}}}\n");
    open_watch(&v, answers);
    assert_good_is_as_it_was(&v);
    assert_int_equal(visitor_state(&v).objects, 2);
    assert_int_equal(kedge_lister_get(v.inf, "x", "m", &o), KEDGE_OK);
    assert_string_equal(kedge_resource_version(o), "7");
    assert_int_equal(kedge_as_deployment(o)->spec_replicas, 3);
    visitor_close(&v);
}

// What the server sees of our random numbers does not lead to the seed of an index.
static void each_index_draws_a_seed_of_its_own(void **state)
{
    (void)state;
    struct visitor v;
    visitor_open(&v, &good_list, 1);
    v.size = 256u * 1024;
    v.memory = malloc(v.size);
    v.k = kedge_init(v.memory, v.size, &v.p.port);
    v.client = kedge_client_new(v.k, &v.config);
    v.factory = kedge_factory_new(v.client, 0);
    v.p.cruelty.fail_only = FAKE_CALL_ENTROPY; // only these are counted
    uint32_t seeds[4];
    static const char *const namespaces[] = {"a", "b", "c", "d"};
    for (unsigned i = 0; i < 4; i++) {
        struct kedge_informer_options o = {.namespace_ = namespaces[i]};
        unsigned calls = v.p.calls;
        v.inf = kedge_factory_informer_with(v.factory, &kedge_kind_deployment, &o);
        assert_non_null(v.inf);
        assert_int_equal(v.p.calls - calls, 1);
        seeds[i] = v.inf->indexer.seed;
        for (unsigned j = 0; j < i; j++)
            assert_int_not_equal(seeds[i], seeds[j]);
    }
    visitor_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nobody_asked_for_harms_nobody),
        cmocka_unit_test(a_slash_in_a_name_opens_no_other_namespace),
        cmocka_unit_test(an_identity_of_any_length_is_kept_whole_or_skipped),
        cmocka_unit_test(versions_that_are_no_numbers_are_carried_as_they_are),
        cmocka_unit_test(keys_that_come_twice_make_one_object),
        cmocka_unit_test(each_index_draws_a_seed_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
