// SPDX-License-Identifier: Apache-2.0
// One connection, request after request, to a peer with a script.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/exchange.h"
#include "script.h"

struct fixture {
    struct fake_port port;
    struct script script;
    unsigned char memory[64 * 1024];
    struct kedge *k;
    struct kedge_client *client;
    struct kedge__connection c;
};

static void open_talk(struct fixture *f, const char *const *answers, size_t count, size_t buffer)
{
    struct kedge_config config = {.server = "http://api.test:8080/prefix/"};
    memset(f, 0, sizeof *f);
    fake_port_init(&f->port, 1);
    script_serve(&f->script, &f->port, answers, count);
    f->k = kedge_init(f->memory, sizeof f->memory, &f->port.port);
    f->client = kedge_client_new(f->k, &config);
    assert_non_null(f->client);
    assert_int_equal(kedge__connection_init(&f->c, f->client, buffer), KEDGE_OK);
}

static void close_talk(struct fixture *f)
{
    kedge__connection_close(&f->c);
    fake_port_check(&f->port);
}

// Waits as the loop would.
static void wait_for(struct fixture *f)
{
    struct kedge_wait w = {f->c.stream, f->c.interest, 0};
    f->port.port.wait(&f->port.port, &w, 1, f->c.deadline);
}

static kedge_err ask(struct fixture *f, const char *path, bool watch, char *body, size_t cap)
{
    struct kedge__ask a = {
        .method = "GET", .path = kedge_str_of(path), .accept = "application/json"};
    size_t len = 0;
    kedge_err err;
    kedge__exchange_start(&f->c, &a, watch, f->port.now);
    while ((err = kedge__exchange_head(&f->c, f->port.now)) == KEDGE_WANT_READ ||
           err == KEDGE_WANT_WRITE)
        wait_for(f);
    while (err == KEDGE_OK) {
        kedge_str bytes;
        err = kedge__exchange_body(&f->c, f->port.now, &bytes);
        if (err == KEDGE_OK) {
            assert_true(len + 1 < cap);
            body[len++] = bytes.ptr[0]; // one at a time: what is not used stays
            kedge__exchange_used(&f->c, 1);
        }
        if (err == KEDGE_WANT_READ || err == KEDGE_WANT_WRITE) {
            wait_for(f);
            err = KEDGE_OK;
        }
    }
    body[len] = '\0';
    return err;
}

static const char *const hello[] = {
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwor\r\n2\r\nld\r\n0\r\n\r\n"};

static void one_connection_carries_one_request_after_the_other(void **state)
{
    (void)state;
    for (size_t size = 1; size < 100; size += 7) {
        static struct fixture f;
        char body[64];
        open_talk(&f, hello, 2, 2048);
        f.port.cruelty.read_max = f.port.cruelty.write_max = size;
        f.port.cruelty.block_every = 2;
        assert_int_equal(ask(&f, "/one", false, body, sizeof body), KEDGE_ERR_CLOSED);
        assert_string_equal(body, "hello");
        assert_int_equal(ask(&f, "/two", false, body, sizeof body), KEDGE_ERR_CLOSED);
        assert_string_equal(body, "world");
        assert_int_equal(f.port.opens, 1);
        assert_non_null(strstr(f.script.seen, "GET /prefix/one HTTP/1.1\r\n"));
        assert_non_null(strstr(f.script.seen, "Host: api.test:8080\r\n"));
        assert_non_null(strstr(f.script.seen, "Accept-Encoding: identity\r\n"));
        close_talk(&f);
    }
}

static void an_idle_connection_that_was_closed_is_opened_once_more(void **state)
{
    (void)state;
    static struct fixture f;
    char body[64];
    // Keep-alive is promised, but the server closes behind the answer.
    const char *const answers[] = {
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello" SCRIPT_CLOSES), hello[1]};
    open_talk(&f, answers, 2, 2048);
    assert_int_equal(ask(&f, "/one", false, body, sizeof body), KEDGE_ERR_CLOSED);
    assert_int_equal(ask(&f, "/two", false, body, sizeof body), KEDGE_ERR_CLOSED);
    assert_string_equal(body, "world");
    assert_int_equal(f.port.opens, 2);
    close_talk(&f);
}

static void a_kept_connection_that_breaks_in_a_head_is_a_failure(void **state)
{
    (void)state;
    size_t first = strlen(hello[0]);
    // Behind the first byte of the second answer, behind the second, ... up to its head's end.
    for (size_t into = 0; into < 40; into++) {
        static struct fixture f;
        char body[64];
        open_talk(&f, hello, 2, 2048);
        f.port.cruelty.cut = true;
        f.port.cruelty.cut_at = first + into;
        f.port.cruelty.cut_with = KEDGE_ERR_IO;
        assert_int_equal(ask(&f, "/one", false, body, sizeof body), KEDGE_ERR_CLOSED);
        kedge_err err = ask(&f, "/two", false, body, sizeof body);
        // Only where not a byte of it has come, the request is sent once more.
        assert_int_equal(f.port.opens, into == 0 ? 2 : 1);
        if (into > 0)
            assert_int_equal(err, KEDGE_ERR_IO);
        close_talk(&f);
    }
}

static void a_fresh_connection_without_an_answer_is_a_failure(void **state)
{
    (void)state;
    static struct fixture f;
    char body[64];
    const char *const nothing[] = {SCRIPT_CLOSES};
    open_talk(&f, nothing, 1, 2048);
    assert_int_equal(ask(&f, "/one", false, body, sizeof body), KEDGE_ERR_IO);
    assert_non_null(strstr(f.c.problem, "without an answer"));
    assert_int_equal(f.port.opens, 1);
    assert_int_equal(kedge__exchange_head(&f.c, f.port.now), KEDGE_ERR_IO); // and stays one
    close_talk(&f);
}

static void silence_ends_at_its_deadline(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        bool watch;
        kedge_time after;
    } cases[] = {
        {"", false, KEDGE__HEAD_TIMEOUT},
        {"", true, KEDGE__HEAD_TIMEOUT},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", false, KEDGE__BODY_TIMEOUT},
    };
    for (size_t i = 0; i < 3; i++) {
        static struct fixture f;
        char body[64];
        open_talk(&f, &cases[i].answer, 1, 2048);
        kedge_time began = f.port.now;
        assert_int_equal(ask(&f, "/one", cases[i].watch, body, sizeof body), KEDGE_ERR_TIMEOUT);
        assert_int_equal(f.port.now - began, cases[i].after);
        close_talk(&f);
    }
}

static void a_path_that_does_not_fit_is_refused_before_it_is_sent(void **state)
{
    (void)state;
    static struct fixture f;
    char body[64];
    char path[4096];
    memset(path, 'a', sizeof path - 1);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    open_talk(&f, hello, 2, 2048);
    assert_int_equal(ask(&f, path, false, body, sizeof body), KEDGE_ERR_TOO_LONG);
    assert_int_equal(f.port.opens, 0);
    assert_int_equal(ask(&f, "/one", false, body, sizeof body), KEDGE_ERR_CLOSED);
    close_talk(&f);
}

static void after_close_the_buffer_holds_nothing(void **state)
{
    (void)state;
    static struct fixture f;
    char body[64];
    open_talk(&f, hello, 2, 2048);
    assert_int_equal(ask(&f, "/secret-path", false, body, sizeof body), KEDGE_ERR_CLOSED);
    kedge__connection_close(&f.c);
    for (size_t i = 0; i < f.c.cap; i++)
        assert_int_equal(f.c.buf[i], 0);
    close_talk(&f);
}

static void credentials_do_not_travel_in_clear(void **state)
{
    (void)state;
    static struct fixture f;
    char body[64];
    struct kedge_config config = {.server = "http://api.test", .token = "geheim"};
    open_talk(&f, hello, 2, 2048);
    struct kedge_client *client = kedge_client_new(f.k, &config);
    assert_non_null(client);
    f.c.client = client;
    assert_int_equal(ask(&f, "/one", false, body, sizeof body), KEDGE_ERR_CLOSED);
    assert_null(strstr(f.script.seen, "Authorization"));
    close_talk(&f);
    kedge_client_free(client);
}

static void a_client_needs_a_server_that_makes_sense(void **state)
{
    (void)state;
    static const char *const servers[] = {NULL, "", "ftp://x", "https://", "http://a b", "x/y"};
    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
        static struct fixture f;
        struct kedge_config config = {.server = servers[i]};
        fake_port_init(&f.port, 1);
        f.k = kedge_init(f.memory, sizeof f.memory, &f.port.port);
        assert_null(kedge_client_new(f.k, &config));
        assert_int_equal(kedge_error(f.k), KEDGE_ERR_CONFIG);
        assert_non_null(strstr(kedge_error_text(f.k), "server"));
    }
}

static void an_answer_may_end_with_the_connection(void **state)
{
    (void)state;
    static const char *const answers[] = {
        ("HTTP/1.1 200 OK\r\n\r\nhello" SCRIPT_CLOSES),
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nthere",
        // What follows the end was not asked for: nobody knows what it answers.
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nagainHTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nworld",
    };
    static const char *const bodies[] = {"hello", "there", "again", "world"};
    static struct fixture f;
    open_talk(&f, answers, 4, 2048);
    for (unsigned i = 0; i < 4; i++) {
        char body[64];
        assert_int_equal(ask(&f, "/one", false, body, sizeof body), KEDGE_ERR_CLOSED);
        assert_string_equal(body, bodies[i]);
        assert_int_equal(f.port.opens, i + 1);
    }
    close_talk(&f);
}

static void an_answer_that_breaks_off_is_none(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell" SCRIPT_CLOSES,
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell" SCRIPT_RESETS,
        "HTTP/1.1 200 OK\r\nContent-Le" SCRIPT_CLOSES,
        "HTTP/1.1 200 OK\r\nContent-Le" SCRIPT_RESETS,
    };
    static struct fixture f;
    open_talk(&f, answers, 4, 2048);
    for (unsigned i = 0; i < 4; i++) {
        char body[64];
        kedge_err err = ask(&f, "/one", false, body, sizeof body);
        assert_int_equal(err, i == 2 ? KEDGE_ERR_HTTP : KEDGE_ERR_IO);
        assert_int_equal(f.port.open_streams, 0);
    }
    close_talk(&f);
}

static size_t hear_nothing(void *connection, const void *bytes, size_t len)
{
    (void)connection;
    (void)bytes;
    (void)len;
    return 0;
}

static void what_takes_too_long_says_what_it_was(void **state)
{
    (void)state;
    static const struct {
        bool connected;
        kedge_time after;
        const char *problem;
    } cases[] = {{false, KEDGE__OPEN_TIMEOUT, "no connection in time"},
                 {true, KEDGE__HEAD_TIMEOUT, "the request could not be sent in time"}};
    struct fake_peer deaf = script_peer;
    struct kedge__ask a = {
        .method = "GET", .path = KEDGE_STR("/one"), .accept = "application/json"};
    deaf.feed = hear_nothing;
    for (int i = 0; i < 2; i++) {
        static struct fixture f;
        open_talk(&f, NULL, 0, 2048);
        f.port.peer = &deaf;
        f.port.cruelty.connect_steps = cases[i].connected ? 0 : 1000;
        kedge__exchange_start(&f.c, &a, false, f.port.now);
        assert_int_equal(kedge__exchange_head(&f.c, f.port.now), KEDGE_WANT_WRITE);
        fake_port_advance(&f.port, cases[i].after - 1);
        assert_int_equal(kedge__exchange_head(&f.c, f.port.now), KEDGE_WANT_WRITE);
        fake_port_advance(&f.port, 1);
        assert_int_equal(kedge__exchange_head(&f.c, f.port.now), KEDGE_ERR_TIMEOUT);
        assert_string_equal(f.c.problem, cases[i].problem);
        close_talk(&f);
    }
}

static void without_a_request_there_is_no_answer(void **state)
{
    (void)state;
    static struct fixture f;
    kedge_str bytes;
    open_talk(&f, NULL, 0, 2048);
    assert_int_equal(kedge__exchange_head(&f.c, f.port.now), KEDGE_ERR_STATE);
    assert_int_equal(kedge__exchange_body(&f.c, f.port.now, &bytes), KEDGE_ERR_STATE);
    f.port.cruelty.refuse = true;
    struct kedge__ask a = {
        .method = "GET", .path = KEDGE_STR("/one"), .accept = "application/json"};
    kedge__exchange_start(&f.c, &a, false, f.port.now);
    assert_int_equal(kedge__exchange_head(&f.c, f.port.now), KEDGE_ERR_CONNECT);
    assert_int_equal(kedge__exchange_body(&f.c, f.port.now, &bytes), KEDGE_ERR_CONNECT);
    close_talk(&f);
}

// A radio module may do TLS by itself: its stream then fails as TLS does, below a client without.
static kedge_err open_of_a_module(struct kedge_stream *s, const char *host, uint16_t port)
{
    (void)s;
    (void)host;
    (void)port;
    return KEDGE_ERR_CERTIFICATE;
}

static void a_port_may_fail_as_tls_does(void **state)
{
    (void)state;
    static struct fixture f;
    char body[64];
    open_talk(&f, NULL, 0, 2048);
    struct kedge_stream_ops ops = *f.c.stream->ops;
    ops.open = open_of_a_module;
    f.c.stream->ops = &ops;
    assert_int_equal(ask(&f, "/one", false, body, sizeof body), KEDGE_ERR_CERTIFICATE);
    assert_null(f.c.problem);
    close_talk(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_connection_carries_one_request_after_the_other),
        cmocka_unit_test(an_idle_connection_that_was_closed_is_opened_once_more),
        cmocka_unit_test(a_kept_connection_that_breaks_in_a_head_is_a_failure),
        cmocka_unit_test(a_fresh_connection_without_an_answer_is_a_failure),
        cmocka_unit_test(silence_ends_at_its_deadline),
        cmocka_unit_test(a_path_that_does_not_fit_is_refused_before_it_is_sent),
        cmocka_unit_test(after_close_the_buffer_holds_nothing),
        cmocka_unit_test(credentials_do_not_travel_in_clear),
        cmocka_unit_test(a_client_needs_a_server_that_makes_sense),
        cmocka_unit_test(an_answer_may_end_with_the_connection),
        cmocka_unit_test(an_answer_that_breaks_off_is_none),
        cmocka_unit_test(what_takes_too_long_says_what_it_was),
        cmocka_unit_test(without_a_request_there_is_no_answer),
        cmocka_unit_test(a_port_may_fail_as_tls_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
