// SPDX-License-Identifier: Apache-2.0
// fake_ports.c - the fakes keep the port's contract: the fake port, and the mock API server under
// it.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mock_port.h"

static const char version_request[] = "GET /version HTTP/1.1\r\nHost: mock\r\n\r\n";
static const char watch_request[] =
    "GET /apis/apps/v1/deployments?watch=1&allowWatchBookmarks=true&resourceVersion=1"
    "&timeoutSeconds=300 HTTP/1.1\r\nHost: mock\r\n\r\n";
static const char web[] = "{\"metadata\":{\"name\":\"web\",\"namespace\":\"default\"}}";

// One stream, and what it has read so far.
struct talk {
    struct mock_port p;
    struct kedge_stream *s;
    char text[65536];
    size_t len;
};

static int start(void **state)
{
    struct talk *t = calloc(1, sizeof *t);
    assert_non_null(t);
    mock_port_init(&t->p, mock_new(&(struct mock_options){.seed = 1, .first_version = 1}), 1);
    t->s = malloc(t->p.fake.port.stream_size);
    assert_non_null(t->s);
    t->p.fake.port.stream_init(&t->p.fake.port, t->s);
    *state = t;
    return 0;
}

static int stop(void **state)
{
    struct talk *t = *state;
    t->s->ops->close(t->s);
    mock_port_done(&t->p);
    free(t->s);
    free(t);
    return 0;
}

static kedge_err wait_for(struct talk *t, int want, kedge_time deadline)
{
    const struct kedge_port *port = &t->p.fake.port;
    struct kedge_wait w = {t->s,
                           want == KEDGE_WANT_READ ? KEDGE_INTEREST_READ : KEDGE_INTEREST_WRITE, 0};
    return port->wait(port, &w, 1, deadline);
}

static kedge_err connect_to(struct talk *t)
{
    kedge_err err;
    while ((err = t->s->ops->open(t->s, "mock", 443)) == KEDGE_WANT_WRITE)
        assert_int_equal(wait_for(t, err, KEDGE_FOREVER), KEDGE_OK);
    return err;
}

static kedge_err send_text(struct talk *t, const char *text)
{
    for (size_t at = 0, len = strlen(text); at < len;) {
        int n = t->s->ops->write(t->s, text + at, len - at);
        if (n == KEDGE_WANT_WRITE)
            assert_int_equal(wait_for(t, n, KEDGE_FOREVER), KEDGE_OK);
        else if (n < 0)
            return (kedge_err)n;
        else
            at += (size_t)n;
    }
    return KEDGE_OK;
}

// Reads until `text` was seen, or the stream or the waiting ends.
static kedge_err read_until(struct talk *t, const char *text, kedge_time deadline)
{
    while (strstr(t->text, text) == NULL) {
        assert_true(t->len < sizeof t->text - 1);
        int n = t->s->ops->read(t->s, t->text + t->len, sizeof t->text - 1 - t->len);
        if (n == KEDGE_WANT_READ && t->p.fake.now >= deadline)
            return KEDGE_ERR_TIMEOUT;
        if (n == KEDGE_WANT_READ)
            n = (int)wait_for(t, n, deadline);
        else if (n > 0)
            t->len += (size_t)n;
        if (n < 0)
            return (kedge_err)n;
    }
    return KEDGE_OK;
}

static kedge_err ask_version(struct talk *t)
{
    t->len = 0;
    memset(t->text, 0, sizeof t->text);
    kedge_err err = connect_to(t);
    if (err == KEDGE_OK)
        err = send_text(t, version_request);
    if (err == KEDGE_OK)
        err = read_until(t, "gitVersion", KEDGE_FOREVER);
    return err;
}

static void the_mock_answers_through_the_port(void **state)
{
    struct talk *t = *state;
    assert_int_equal(ask_version(t), KEDGE_OK);
    assert_memory_equal(t->text, "HTTP/1.1 200 OK\r\n", 17);
    assert_string_equal(t->p.fake.host, "mock");
    assert_int_equal(t->p.fake.port_number, 443);
}

static void however_unkind_it_is(void **state)
{
    struct talk *t = *state;
    for (unsigned i = 1; i < 40; i++) {
        t->p.fake.cruelty = (struct fake_cruelty){.read_max = i % 7,
                                                  .write_max = i % 5,
                                                  .random_sizes = i % 2,
                                                  .block_every = i % 4,
                                                  .connect_steps = i % 3,
                                                  .early = i % 8 > 3};
        assert_int_equal(ask_version(t), KEDGE_OK);
        t->s->ops->close(t->s);
        fake_port_check(&t->p.fake);
    }
}

static void each_call_can_be_made_to_fail(void **state)
{
    struct talk *t = *state;
    unsigned failures = 0;
    for (unsigned at = 1;; at++) {
        t->p.fake.cruelty =
            (struct fake_cruelty){.read_max = 9, .fail_at = at, .fail_only = FAKE_CALL_STREAM};
        t->p.fake.calls = 0;
        kedge_err err = ask_version(t);
        t->s->ops->close(t->s);
        if (t->p.fake.calls < at)
            break;
        assert_int_equal(err, at == 1 ? KEDGE_ERR_CONNECT : KEDGE_ERR_IO);
        failures++;
    }
    assert_true(failures > 5);
}

static void a_cut_ends_the_bytes_where_it_says(void **state)
{
    struct talk *t = *state;
    for (size_t at = 0; at < 40; at++) {
        t->p.fake.cruelty = (struct fake_cruelty){.cut = true, .cut_at = at};
        assert_int_equal(ask_version(t), KEDGE_ERR_CLOSED);
        assert_int_equal(t->len, at);
        t->s->ops->close(t->s);
    }
    t->p.fake.cruelty.cut_with = KEDGE_ERR_IO;
    assert_int_equal(ask_version(t), KEDGE_ERR_IO);
}

static void waiting_moves_the_clock_to_the_next_bookmark(void **state)
{
    struct talk *t = *state;
    struct fake_port *p = &t->p.fake;
    assert_int_equal(connect_to(t), KEDGE_OK);
    assert_int_equal(send_text(t, watch_request), KEDGE_OK);
    kedge_time before = p->now;
    assert_int_equal(read_until(t, "BOOKMARK", KEDGE_FOREVER), KEDGE_OK);
    assert_true(p->now - before > 30 * KEDGE_SECOND && p->now - before <= 90 * KEDGE_SECOND);
}

static void waiting_ends_at_its_deadline(void **state)
{
    struct talk *t = *state;
    struct fake_port *p = &t->p.fake;
    assert_int_equal(connect_to(t), KEDGE_OK);
    assert_int_equal(send_text(t, watch_request), KEDGE_OK);
    assert_int_equal(read_until(t, "BOOKMARK", p->now + 1234), KEDGE_ERR_TIMEOUT);
    assert_int_equal(p->now, FAKE_PORT_START + 1234);
}

static void a_change_is_seen_without_waiting(void **state)
{
    struct talk *t = *state;
    struct fake_port *p = &t->p.fake;
    assert_int_equal(connect_to(t), KEDGE_OK);
    assert_int_equal(send_text(t, watch_request), KEDGE_OK);
    assert_int_equal(read_until(t, "\r\n\r\n", KEDGE_FOREVER), KEDGE_OK);
    kedge_time before = p->now;
    assert_true(mock_apply(t->p.mock, "deployments", web) > 0);
    assert_int_equal(read_until(t, "\"ADDED\"", KEDGE_FOREVER), KEDGE_OK);
    assert_int_equal(p->now, before);
}

static void waiting_for_what_never_comes_is_found_out(void **state)
{
    struct talk *t = *state;
    assert_int_equal(connect_to(t), KEDGE_OK);
    assert_int_equal(wait_for(t, KEDGE_WANT_READ, KEDGE_FOREVER), KEDGE_ERR_IO);
    assert_true(t->p.fake.stuck);
}

static void a_wake_ends_one_wait(void **state)
{
    struct talk *t = *state;
    struct fake_port *p = &t->p.fake;
    p->port.wake(&p->port);
    assert_int_equal(p->port.wait(&p->port, NULL, 0, KEDGE_FOREVER), KEDGE_OK);
    assert_int_equal(p->port.wait(&p->port, NULL, 0, p->now + 5), KEDGE_OK);
    assert_int_equal(p->now, FAKE_PORT_START + 5);
}

static void a_half_open_stream_is_silent_until_keep_alive_ends_it(void **state)
{
    struct talk *t = *state;
    struct fake_port *p = &t->p.fake;
    assert_int_equal(connect_to(t), KEDGE_OK);
    p->cruelty.half_open = true;
    p->cruelty.keep_alive = 35 * KEDGE_SECOND;
    assert_int_equal(send_text(t, version_request), KEDGE_OK);
    assert_int_equal(read_until(t, "gitVersion", KEDGE_FOREVER), KEDGE_ERR_IO);
    assert_int_equal(p->now, FAKE_PORT_START + 35 * KEDGE_SECOND);
    assert_int_equal(t->len, 0);
}

static void refusing_and_unknown_hosts_have_their_errors(void **state)
{
    struct talk *t = *state;
    t->p.fake.cruelty.refuse = true;
    assert_int_equal(connect_to(t), KEDGE_ERR_CONNECT);
    t->p.fake.cruelty.no_such_host = true;
    assert_int_equal(connect_to(t), KEDGE_ERR_RESOLVE);
    t->p.fake.cruelty = (struct fake_cruelty){0};
    assert_int_equal(mock_inject(t->p.mock, &(struct mock_fault){.kind = MOCK_FAULT_REFUSE}), 0);
    assert_int_equal(connect_to(t), KEDGE_ERR_CONNECT);
    assert_int_equal(connect_to(t), KEDGE_OK);
}

static void a_restart_of_the_server_breaks_the_stream(void **state)
{
    struct talk *t = *state;
    assert_int_equal(ask_version(t), KEDGE_OK);
    mock_restart(t->p.mock, true);
    assert_int_equal(read_until(t, "never", KEDGE_FOREVER), KEDGE_ERR_IO);
    assert_int_equal(t->s->ops->write(t->s, "x", 1), KEDGE_ERR_IO);
}

static void files_and_environment_are_the_scripts(void **state)
{
    struct fake_port *p = &((struct talk *)*state)->p.fake;
    const struct fake_file files[] = {{"/etc/token", "secret", 6, KEDGE_OK},
                                      {"/etc", NULL, 0, KEDGE_ERR_FILE}};
    const struct fake_variable variables[] = {{"HOME", "/root"}};
    char buf[4];
    p->files = files;
    p->file_count = 2;
    p->variables = variables;
    p->variable_count = 1;
    assert_int_equal(p->port.file(&p->port, "/etc/token", 0, buf, sizeof buf), 4);
    assert_int_equal(p->port.file(&p->port, "/etc/token", 4, buf, sizeof buf), 2);
    assert_memory_equal(buf, "et", 2);
    assert_int_equal(p->port.file(&p->port, "/etc/token", 6, buf, sizeof buf), 0);
    assert_int_equal(p->port.file(&p->port, "/etc", 0, buf, sizeof buf), KEDGE_ERR_FILE);
    assert_int_equal(p->port.file(&p->port, "/no", 0, buf, sizeof buf), KEDGE_ERR_NOT_FOUND);
    assert_string_equal(p->port.environment(&p->port, "HOME"), "/root");
    assert_null(p->port.environment(&p->port, "PATH"));
}

static void the_calendar_is_the_mocks(void **state)
{
    struct fake_port *p = &((struct talk *)*state)->p.fake;
    assert_int_equal(p->port.wall_clock(&p->port), (kedge_timestamp)1767225600 * 1000000);
    fake_port_advance(p, 1500);
    assert_int_equal(p->port.wall_clock(&p->port), (kedge_timestamp)1767225600 * 1000000 + 1500000);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_mock_answers_through_the_port),
        CASE(however_unkind_it_is),
        CASE(each_call_can_be_made_to_fail),
        CASE(a_cut_ends_the_bytes_where_it_says),
        CASE(waiting_moves_the_clock_to_the_next_bookmark),
        CASE(waiting_ends_at_its_deadline),
        CASE(a_change_is_seen_without_waiting),
        CASE(waiting_for_what_never_comes_is_found_out),
        CASE(a_wake_ends_one_wait),
        CASE(a_half_open_stream_is_silent_until_keep_alive_ends_it),
        CASE(refusing_and_unknown_hosts_have_their_errors),
        CASE(a_restart_of_the_server_breaks_the_stream),
        CASE(files_and_environment_are_the_scripts),
        CASE(the_calendar_is_the_mocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
