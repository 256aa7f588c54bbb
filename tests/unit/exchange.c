// SPDX-License-Identifier: Apache-2.0
// One connection, request after request, to a peer with a script.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/exchange.h"
#include "fake_port.h"

// Answers each request (up to its blank line) on a connection with the next line of the script;
// NULL ends the connection in place of an answer.
struct script {
    const char *const *answers;
    size_t count;
    size_t next;
    char seen[8192]; // all requests, one after the other
    size_t seen_len;
    bool close_after; // the server closes behind each answer
};

struct talk {
    struct script *script;
    char out[8192];
    size_t len;
    size_t at;
    bool closed;
    char tail[4];
};

static void *script_open(void *ctx, const char *host, uint16_t port)
{
    (void)host;
    (void)port;
    struct talk *t = calloc(1, sizeof *t);
    t->script = ctx;
    return t;
}

static void answer(struct talk *t)
{
    struct script *s = t->script;
    const char *text = s->next < s->count ? s->answers[s->next++] : NULL;
    if (text == NULL) {
        t->closed = true;
        return;
    }
    memcpy(t->out + t->len, text, strlen(text));
    t->len += strlen(text);
    t->closed = s->close_after;
}

static size_t script_feed(void *connection, const void *bytes, size_t len)
{
    struct talk *t = connection;
    struct script *s = t->script;
    for (size_t i = 0; i < len; i++) {
        char c = ((const char *)bytes)[i];
        s->seen[s->seen_len++] = c;
        memmove(t->tail, t->tail + 1, 3);
        t->tail[3] = c;
        if (memcmp(t->tail, "\r\n\r\n", 4) == 0)
            answer(t);
    }
    return len;
}

static size_t script_output(void *connection, void *buf, size_t cap)
{
    struct talk *t = connection;
    size_t n = t->len - t->at < cap ? t->len - t->at : cap;
    memcpy(buf, t->out + t->at, n);
    t->at += n;
    return n;
}

static enum fake_state script_state(void *connection)
{
    const struct talk *t = connection;
    return t->closed && t->at == t->len ? FAKE_CLOSED : FAKE_OPEN;
}

static void script_close(void *connection)
{
    free(connection);
}

static const struct fake_peer peer = {
    .open = script_open,
    .feed = script_feed,
    .output = script_output,
    .state = script_state,
    .close = script_close,
};

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
    f->script = (struct script){.answers = answers, .count = count};
    f->port.peer = &peer;
    f->port.peer_ctx = &f->script;
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
    struct kedge__ask a = {"GET", kedge_str_of(path), "application/json"};
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
    const char *const answers[] = {hello[0], hello[1]};
    open_talk(&f, answers, 2, 2048);
    f.script.close_after = true; // keep-alive was promised, but the server closes behind the answer
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
        assert_int_equal(err, KEDGE_ERR_IO);
        close_talk(&f);
    }
}

static void a_fresh_connection_without_an_answer_is_a_failure(void **state)
{
    (void)state;
    static struct fixture f;
    char body[64];
    open_talk(&f, NULL, 0, 2048);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
