// SPDX-License-Identifier: Apache-2.0
// What goes on while the program waits in a request call, and what stands still.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/rest_priv.h"
#include "script.h"

#define OK_HELLO "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
#define HALF     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe" // and then nothing
#define LONG     (35 * KEDGE_SECOND)                              // so long the program waits

static const struct kedge_request get = {.verb = KEDGE_GET, .path = "/version"};

// Something that is to happen every 10 s.
struct beat {
    struct kedge__task task; // first
    struct kedge *k;
    unsigned beats;
    unsigned steps;
    unsigned stops_at; // this beat stops the kedge
    kedge_err polled;
};

static bool beat(struct kedge__task *t, kedge_time now)
{
    struct beat *b = (struct beat *)t;
    if (now < t->deadline)
        return false;
    assert_true(now < t->deadline + 1000);
    t->deadline = now + 10 * KEDGE_SECOND;
    b->polled = kedge_poll(b->k, 0);
    if (++b->beats == b->stops_at)
        kedge_stop(b->k);
    return true;
}

static bool count_step(struct kedge__task *t, kedge_time now)
{
    (void)now;
    ((struct beat *)t)->steps++;
    return false;
}

static const struct kedge__task_ops goes_on = {.step = count_step, .meanwhile = beat};
static const struct kedge__task_ops stands_still = {.step = count_step};

struct place {
    struct fake_port port;
    struct script script;
    unsigned char memory[96 * 1024];
    struct kedge *k;
    struct kedge_rest *waiting;
    struct kedge_rest *other;
    struct beat beat;
    unsigned done;
    kedge_time done_at;
    kedge_err result;
};

static void open_place(struct place *p, const char *const *answers, size_t count)
{
    struct kedge_config config = {.server = "http://api.test", .qps = -1};
    memset(p, 0, sizeof *p);
    fake_port_init(&p->port, 1);
    script_serve(&p->script, &p->port, answers, count);
    p->k = kedge_init(p->memory, sizeof p->memory, &p->port.port);
    struct kedge_client *client = kedge_client_new(p->k, &config);
    p->waiting = kedge_rest_new(client, NULL);
    p->other = kedge_rest_new(client, NULL);
    assert_non_null(p->other);
}

static void close_place(struct place *p)
{
    kedge_rest_close(p->waiting);
    kedge_rest_close(p->other);
    fake_port_check(&p->port);
}

static void join(struct place *p, const struct kedge__task_ops *ops)
{
    p->beat = (struct beat){.task = {.ops = ops, .deadline = p->port.now + 10 * KEDGE_SECOND}};
    p->beat.k = p->k;
    assert_int_equal(kedge__task_add(p->k, &p->beat.task), KEDGE_OK);
}

static kedge_err read_it(struct place *p)
{
    struct kedge_request patient = get;
    patient.timeout = LONG;
    char body[16];
    size_t len;
    return kedge_rest_read(p->waiting, &patient, body, sizeof body, &len);
}

static void done(void *ctx, kedge_err err)
{
    struct place *p = ctx;
    p->done++;
    p->done_at = p->port.now;
    p->result = err;
}

static void what_must_not_be_late_goes_on(void **state)
{
    (void)state;
    static const char *const answers[] = {HALF};
    static struct place p;
    open_place(&p, answers, 1);
    join(&p, &goes_on);
    kedge_time began = p.port.now;
    assert_int_equal(read_it(&p), KEDGE_ERR_TIMEOUT);
    assert_int_equal(p.port.now - began, LONG);
    assert_int_equal(p.beat.beats, 3);
    assert_int_equal(p.beat.steps, 0);
    assert_int_equal(p.beat.polled, KEDGE_ERR_REENTRANT);
    close_place(&p);
}

static void all_else_stands_still(void **state)
{
    (void)state;
    static const char *const answers[] = {HALF};
    static struct place p;
    open_place(&p, answers, 1);
    join(&p, &stands_still);
    kedge_time began = p.port.now;
    assert_int_equal(read_it(&p), KEDGE_ERR_TIMEOUT);
    assert_int_equal(p.port.now - began, LONG);
    assert_int_equal(p.beat.steps, 0);
    close_place(&p);
}

static void a_stop_meanwhile_ends_the_call(void **state)
{
    (void)state;
    static const char *const answers[] = {HALF};
    static struct place p;
    open_place(&p, answers, 1);
    join(&p, &goes_on);
    p.beat.stops_at = 2;
    kedge_time began = p.port.now;
    assert_int_equal(read_it(&p), KEDGE_ERR_STOPPED);
    assert_int_equal(p.port.now - began, 20 * KEDGE_SECOND);
    assert_int_equal(p.beat.beats, 2);
    close_place(&p);
}

// The second connection's request is answered while the first one's reply is awaited, and is even
// sent first; without kedge__rest_goes_on, only in the next poll.
static void a_request_in_the_loop_goes_on_if_it_is_told_to(void **state)
{
    (void)state;
    static const char *const answers[][2] = {{HALF, OK_HELLO}, {OK_HELLO, HALF}};
    for (int told = 0; told < 2; told++) {
        static struct place p;
        open_place(&p, answers[told], 2);
        if (told)
            kedge__rest_goes_on(p.other);
        kedge_time began = p.port.now;
        assert_int_equal(kedge_rest_start(p.other, &get, NULL, done, &p), KEDGE_OK);
        assert_int_equal(read_it(&p), KEDGE_ERR_TIMEOUT);
        assert_int_equal(p.done, told);
        while (p.done == 0)
            assert_int_equal(kedge_poll(p.k, KEDGE_MINUTE), KEDGE_OK);
        assert_int_equal(p.result, KEDGE_OK);
        if (told)
            assert_true(p.done_at - began < KEDGE_SECOND);
        else
            assert_true(p.done_at - began >= LONG);
        close_place(&p);
    }
}

// Its own deadlines count, too: no reply comes, and its timeout is over before the other's.
static void its_deadlines_are_kept(void **state)
{
    (void)state;
    static const char *const answers[] = {HALF};
    static struct place p;
    open_place(&p, answers, 1);
    kedge__rest_goes_on(p.other);
    struct kedge_request short_one = get;
    short_one.timeout = 10 * KEDGE_SECOND;
    kedge_time began = p.port.now;
    assert_int_equal(kedge_rest_start(p.other, &short_one, NULL, done, &p), KEDGE_OK);
    assert_int_equal(read_it(&p), KEDGE_ERR_TIMEOUT);
    assert_int_equal(p.done, 1);
    assert_int_equal(p.result, KEDGE_ERR_TIMEOUT);
    assert_int_equal(p.done_at - began, 10 * KEDGE_SECOND);
    assert_int_equal(p.port.now - began, LONG);
    close_place(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_must_not_be_late_goes_on),
        cmocka_unit_test(all_else_stands_still),
        cmocka_unit_test(a_stop_meanwhile_ends_the_call),
        cmocka_unit_test(a_request_in_the_loop_goes_on_if_it_is_told_to),
        cmocka_unit_test(its_deadlines_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
