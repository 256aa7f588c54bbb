// SPDX-License-Identifier: Apache-2.0
// endless.c - servers that never come to an end, and servers that hardly begin: each costs the
// memory that was given and a bounded turn, and is left where a deadline or a limit says so.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "visitor.h"

size_t __sanitizer_get_current_allocated_bytes(void);

#define OK      "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"
#define BODY    OK "Connection: close\r\n\r\n"
#define META \
    "\"metadata\":{\"namespace\":\"a\",\"name\":\"b\",\"uid\":\"1\",\"resourceVersion\":\"7\"}"
#define EMPTY  "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[]}"
#define LIST   OK "Content-Length: 47\r\n\r\n" EMPTY
#define PLENTY (4u << 20)

struct endless {
    const char *what;
    const char *head, *unit;
    const char *ends; // the failure that ends it; NULL: it goes on, and costs nothing
    bool watch;       // it is the watch behind a good list
    uint64_t limit;   // bytes after which it has ended; 0: what one turn may read
};

// One turn reads at most 64 buffers of 4 KiB.
#define TURN (64u * 4096)

#define GOES_ON    .ends = NULL
#define ENDS(text) .ends = (text)

// clang-format off
static const struct endless cases[] = {
    {"headers", OK, "X-Filler: 0123456789\r\n", ENDS("head"), .limit = 3 * 32768},
    {"one header", OK "X-Filler: ", "0", ENDS("head"), .limit = 3 * 32768},
    {"a wanted header", OK "Content-Type: ", "0", ENDS("KEDGE_HTTP_LINE"), .limit = 8192},
    {"the reason", "HTTP/1.1 200 ", "OK ", ENDS("head"), .limit = 3 * 32768},
    {"interim answers", "", "HTTP/1.1 100 Continue\r\n\r\n", ENDS("head"), .limit = 3 * 32768},
    {"the extension of a chunk", CHUNKED "5;", "x=y;", ENDS("chunk"), .limit = 3 * 32768},
    {"chunks that are extension", CHUNKED, "1;0123456789012345678901234567890\r\n \r\n",
     ENDS("chunk")},
    {"trailers", CHUNKED "1e\r\n{\"metadata\":{},\"items\":[],\"a\":\r\n0\r\n", "X: y\r\n",
     ENDS("trailer"), .limit = 3 * 32768},
    {"a chunk of 2^63 bytes", CHUNKED "8000000000000000\r\n", " ", ENDS("chunk"), .limit = 8192},
    {"a length of 2^64 bytes", OK "Content-Length: 18446744073709551616\r\n\r\n", " ",
     ENDS("ength"), .limit = 8192},
    {"what inflates", OK "Content-Encoding: gzip\r\n\r\n", "\x1f\x8b\x08", ENDS("compressed"),
     .limit = 8192},
    {"nesting", BODY "{\"items\":", "[", ENDS(""), .limit = 8192},
    {"nesting in what nobody wants", BODY "{\"x\":", "[", ENDS("nest"), .limit = 8192},
    {"the words of a refusal", "HTTP/1.1 403 Forbidden\r\n\r\n{\"message\":\"", "no ",
     ENDS("403"), .limit = 3 * 65536},
    {"the list's own metadata", BODY "{\"metadata\":{\"continue\":\"", "a", ENDS(""),
     .limit = 16384},
    {"white space", BODY "{\"items\":[", " \n", GOES_ON},
    {"the same object again and again", BODY "{\"items\":[{" META "}", ",{" META "}", GOES_ON},
    {"an object", BODY "{\"items\":[{" META, ",\"k\":[1,2]", GOES_ON},
    {"labels", BODY "{\"items\":[{\"metadata\":{\"name\":\"b\",\"labels\":{\"x\":\"y\"",
     ",\"a\":\"b\"", GOES_ON},
    {"one key twice and more", BODY "{\"items\":[{" META, "," META, GOES_ON},
    {"a name", BODY "{\"items\":[{\"metadata\":{\"name\":\"", "name", GOES_ON},
    {"a text that nobody wants", BODY "{\"items\":[{\"x\":\"", "text", GOES_ON},
    {"a number that nobody wants", BODY "{\"items\":[{\"x\":1", "0", GOES_ON},
    {"a number that is wanted", BODY "{\"items\":[{\"spec\":{\"replicas\":1", "0", GOES_ON},
    {"a key", BODY "{\"items\":[{\"", "key", GOES_ON},
    {"events without an object", BODY, "{\"type\":\"ADDED\"}\n", GOES_ON, .watch = true},
    {"events of no known type", BODY, "{\"type\":\"?\",\"object\":{" META "}}\n", GOES_ON,
     .watch = true},
    {"events without a name", BODY, "{\"type\":\"ADDED\",\"object\":{}}\n", GOES_ON, .watch = true},
    {"an event", BODY "{\"type\":\"ADDED\",\"object\":{" META ",\"x\":[1", ",1", GOES_ON,
     .watch = true},
    {"bookmarks", BODY, "{\"type\":\"BOOKMARK\",\"object\":{" META "}}\n", GOES_ON, .watch = true},
    {"one update", BODY, "{\"type\":\"MODIFIED\",\"object\":{" META "}}\n", GOES_ON, .watch = true},
    {"white space between events", BODY, "\r\n", GOES_ON, .watch = true},
};
// clang-format on

static size_t used(const struct visitor *v)
{
    struct kedge_memory_part whole;
    kedge_memory_report(v->k, &whole, 1);
    return whole.used;
}

static void try_case(const struct endless *e)
{
    struct visitor v;
    struct hostile_answer answers[] = {
        {.head = LIST},
        {.head = e->head, .unit = e->unit, .times = HOSTILE_FOR_EVER},
    };
    visitor_open(&v, e->watch ? answers : answers + 1, e->watch ? 2 : 1);
    assert_int_equal(visitor_start(&v, &kedge_kind_deployment), KEDGE_OK);
    size_t arena = used(&v);
    visitor_run(&v, KEDGE_SECOND, 20000); // the connection is open
    size_t heap = __sanitizer_get_current_allocated_bytes();
    visitor_run(&v, KEDGE_SECOND / 2, PLENTY);
    struct kedge_informer_state s = visitor_state(&v);
    if (e->ends == NULL && (s.failures > 0 || v.h.said < PLENTY))
        fail_msg("%s: ended (%s) after %llu bytes", e->what, s.text, (unsigned long long)v.h.said);
    if (e->ends != NULL && (s.failures == 0 || strstr(s.text, e->ends) == NULL))
        fail_msg("%s: did not end as it should: %s", e->what, s.text);
    uint64_t limit = e->limit > 0 ? e->limit : TURN;
    if (e->ends != NULL && v.p.bytes_read > limit)
        fail_msg("%s: %llu bytes were read", e->what, (unsigned long long)v.p.bytes_read);
    if (v.most > TURN)
        fail_msg("%s: one turn read %llu bytes", e->what, (unsigned long long)v.most);
    assert_int_equal(used(&v), arena);
    assert_true(__sanitizer_get_current_allocated_bytes() <= heap);
    visitor_close(&v);
}

static void what_never_ends_costs_no_memory_and_no_endless_turn(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        try_case(&cases[i]);
}

// ---- slow loris

struct slow {
    const char *what;
    struct hostile_answer answer;
    bool tls;
    bool watch;
    kedge_time ends; // at the latest so long after it began; 0: it may go on
};

static const struct slow slows[] = {
    {"a TLS handshake",
     {.head = "\x16\x03\x03\x40\x01", .unit = "\x02", .pause = KEDGE_SECOND},
     .tls = true,
     .ends = 40 * KEDGE_SECOND},
    {"a head", {.head = OK, .unit = "X: y\r\n", .pause = KEDGE_SECOND}, .ends = 70 * KEDGE_SECOND},
    {"interim answers",
     {.unit = "HTTP/1.1 100 Continue\r\n\r\n", .pause = KEDGE_SECOND},
     .ends = 70 * KEDGE_SECOND},
    {"a refusal",
     {.head = "HTTP/1.1 500 No\r\n\r\n", .unit = " ", .pause = 3 * KEDGE_SECOND},
     .ends = 3 * 70 * KEDGE_SECOND},
    {"a list, by silence",
     {.head = BODY, .unit = " ", .pause = 71 * KEDGE_SECOND},
     .ends = 142 * KEDGE_SECOND},
    {"a list, by single bytes",
     {.head = BODY "{\"items\":[", .unit = " ", .pause = KEDGE_SECOND},
     .ends = 0},
    {"a watch",
     {.head = BODY, .unit = " ", .pause = KEDGE_SECOND},
     .watch = true,
     .ends = 11 * KEDGE_MINUTE},
};

static void try_slow(const struct slow *s)
{
    struct visitor v;
    struct hostile_answer answers[] = {{.head = LIST}, s->answer};
    answers[1].times = HOSTILE_FOR_EVER;
    visitor_open(&v, s->watch ? answers : answers + 1, s->watch ? 2 : 1);
    v.h.unasked = s->tls;
    v.config.server = s->tls ? "https://kubernetes.test" : "http://kubernetes.test";
    v.config.insecure = s->tls;
    assert_int_equal(visitor_start(&v, &kedge_kind_deployment), KEDGE_OK);
    kedge_time began = v.p.now;
    while (v.p.opens < 2 && visitor_state(&v).watches < 2 && v.p.now - began < KEDGE_HOUR)
        visitor_run(&v, KEDGE_SECOND, UINT64_MAX);
    kedge_time took = v.p.now - began;
    if (s->ends > 0 && took > s->ends + 3 * KEDGE_SECOND) // with the pause before the next try
        fail_msg("%s: it took %lld ms", s->what, (long long)took);
    if (s->ends == 0)
        assert_int_equal(visitor_state(&v).failures, 0);
    // It slept in between: no more turns than there were bytes, deadlines and looks of ours.
    if (v.polls > 4 * (v.h.said + (uint64_t)(took / KEDGE_SECOND)) + 20)
        fail_msg("%s: %llu turns for %llu bytes", s->what, (unsigned long long)v.polls,
                 (unsigned long long)v.h.said);
    visitor_close(&v);
}

static void a_server_that_drips_is_left_in_time_and_not_waited_for_busily(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof slows / sizeof slows[0]; i++)
        try_slow(&slows[i]);
}

// ---- round and round

static void a_redirect_is_told_and_not_followed(void **state)
{
    (void)state;
    struct visitor v;
    static const struct hostile_answer answer = {
        .head = "HTTP/1.1 302 Found\r\nLocation: http://evil.test/\x9b[31m\r\n"
                "Content-Length: 0\r\n\r\n"};
    visitor_open(&v, &answer, 1);
    assert_int_equal(visitor_start(&v, &kedge_kind_deployment), KEDGE_OK);
    visitor_run(&v, 10 * KEDGE_MINUTE, UINT64_MAX);
    assert_string_equal(v.p.host, "kubernetes.test");
    assert_in_range(v.h.asked, 5, 60); // with longer and longer pauses
    assert_non_null(strstr(visitor_state(&v).text, "302"));
    assert_non_null(strstr(visitor_state(&v).text, "evil.test"));
    visitor_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_never_ends_costs_no_memory_and_no_endless_turn),
        cmocka_unit_test(a_server_that_drips_is_left_in_time_and_not_waited_for_busily),
        cmocka_unit_test(a_redirect_is_told_and_not_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
