// SPDX-License-Identifier: Apache-2.0
// TLS over streams that are odd, within port.h's contract and outside it.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tls_talk.h"

// A stream in front of the talk's own that changes answers.
static struct odd {
    struct kedge_stream stream;
    struct kedge_stream *tcp;
    bool writes_to_read; // asks to be called when it can write where it waits for bytes
    unsigned opens_late; // open would block so often
    unsigned calls;
    unsigned at;      // this call of read or write, counted from 1, answers `with`
    int with;         // TOO_MUCH: more than was asked for
    bool writes_fail; // from then on
} odd;

#define TOO_MUCH INT32_MAX

static int changed(size_t asked, int n)
{
    if (++odd.calls == odd.at)
        return odd.with == TOO_MUCH ? (int)asked + 1 : odd.with;
    return odd.writes_to_read && n == KEDGE_WANT_READ ? KEDGE_WANT_WRITE : n;
}

static kedge_err odd_open(struct kedge_stream *s, const char *host, uint16_t port)
{
    (void)s;
    if (odd.opens_late > 0) {
        odd.opens_late--;
        return KEDGE_WANT_READ;
    }
    return odd.tcp->ops->open(odd.tcp, host, port);
}

static int odd_read(struct kedge_stream *s, void *buf, size_t cap)
{
    (void)s;
    return changed(cap, odd.tcp->ops->read(odd.tcp, buf, cap));
}

static int odd_write(struct kedge_stream *s, const void *buf, size_t len)
{
    (void)s;
    if (odd.writes_fail)
        return KEDGE_ERR_IO;
    return changed(len, odd.tcp->ops->write(odd.tcp, buf, len));
}

static void odd_close(struct kedge_stream *s)
{
    (void)s;
    odd.tcp->ops->close(odd.tcp);
}

static const struct kedge_stream_ops odd_ops = {odd_open, odd_read, odd_write, odd_close};

static struct talk *talk_over(struct odd what)
{
    struct talk *t = talk_new();
    talk_prepare(t);
    odd = what;
    odd.stream.ops = &odd_ops;
    odd.stream.below = NULL;
    odd.tcp = t->tcp;
    t->s->below = &odd.stream;
    return t;
}

// A stream that is TLS itself may have to write in order to read. Whoever waits as it says gets on.
static void what_the_stream_below_wants_is_what_is_waited_for(void **state)
{
    (void)state;
    struct talk *t = talk_over((struct odd){.writes_to_read = true, .opens_late = 2});
    t->p.cruelty.block_every = 2;
    char byte;
    for (int i = 0; i < 2; i++)
        assert_int_equal(t->s->ops->open(t->s, t->host, 6443), KEDGE_WANT_READ);
    assert_int_equal(talk_open(t), KEDGE_OK);
    assert_int_equal(t->s->ops->read(t->s, &byte, 1), KEDGE_WANT_WRITE);
    assert_int_equal(talk_send(t, "hello\n", 6), KEDGE_OK);
    assert_int_equal(talk_listen(t), KEDGE_ERR_CLOSED);
    assert_memory_equal(t->text, "world", 5);
    talk_free(t);
}

// No count and more than the whole buffer are answers that no stream may give: nothing is made of
// them, wherever they come.
static void an_answer_outside_the_contract_is_an_io_error(void **state)
{
    (void)state;
    static const int answers[] = {0, TOO_MUCH};
    for (size_t i = 0; i < 2; i++) {
        unsigned failures = 0;
        for (unsigned at = 1;; at++) {
            struct talk *t = talk_over((struct odd){.at = at, .with = answers[i]});
            kedge_err err = talk_through(t);
            bool over = odd.calls < at;
            if (!over)
                assert_int_equal(err, KEDGE_ERR_IO);
            failures += !over;
            talk_free(t);
            if (over)
                break;
        }
        assert_true(failures > 5);
    }
}

// The peer may have said why; data that it sent before is lost with the connection.
static void where_writing_fails_what_came_before_is_read_to_its_end(void **state)
{
    (void)state;
    struct talk *t = talk_over((struct odd){0});
    assert_int_equal(talk_open(t), KEDGE_OK);
    assert_int_equal(talk_send(t, "hello\n", 6), KEDGE_OK);
    odd.writes_fail = true;
    assert_int_equal(talk_send(t, "hello\n", 6), KEDGE_ERR_IO);
    assert_int_equal(t->s->ops->read(t->s, t->text, 1), KEDGE_ERR_IO);
    assert_true(strlen(kedge_tls_problem(t->s)) > 0);
    talk_free(t);
}

static void a_stream_needs_memory_trust_and_a_stream(void **state)
{
    (void)state;
    struct talk *t = talk_over((struct odd){0});
    assert_null(kedge_tls_stream_init(NULL, t->tls, t->tcp, NULL));
    assert_null(kedge_tls_stream_init(t->stream_memory, NULL, t->tcp, NULL));
    assert_null(kedge_tls_stream_init(t->stream_memory, t->tls, NULL, NULL));
    talk_free(t);
}

static void the_heap_of_tls_is_refused_where_it_makes_no_sense(void **state)
{
    (void)state;
    static unsigned char memory[1023];
    assert_int_equal(kedge_tls_heap(NULL, 64 * 1024), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_tls_heap(memory, sizeof memory), KEDGE_ERR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_stream_below_wants_is_what_is_waited_for),
        cmocka_unit_test(an_answer_outside_the_contract_is_an_io_error),
        cmocka_unit_test(where_writing_fails_what_came_before_is_read_to_its_end),
        cmocka_unit_test(a_stream_needs_memory_trust_and_a_stream),
        cmocka_unit_test(the_heap_of_tls_is_refused_where_it_makes_no_sense),
    };
    return cmocka_run_group_tests(tests, make_certificates, free_certificates);
}
