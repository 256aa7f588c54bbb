// SPDX-License-Identifier: Apache-2.0
// TLS sessions that are resumed: when they are, when they must not be, and that a resumed handshake
// trusts nobody whom a full one would not.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tls_talk.h"

enum how { TICKET_12, ID_12, TICKET_13, HOWS };

static bool knows(enum how how)
{
    return how != TICKET_13 || tls_peer_knows_tls13();
}

// The first that is known, of this one and those behind it; HOWS: there is none.
static enum how known(enum how how)
{
    while (how < HOWS && !knows(how))
        how++;
    return how;
}

static struct talk *talk_that_resumes(enum how how)
{
    struct talk *t = talk_new();
    t->peer.tls13 = how == TICKET_13;
    t->peer.tickets = how != ID_12;
    t->peer.remembers = how == ID_12;
    return t;
}

// Opens, talks and closes. Whether the handshake was resumed; the test ends if it failed.
static bool resumed(struct talk *t)
{
    assert_int_equal(talk_through(t), KEDGE_ERR_CLOSED);
    assert_int_equal(t->len, 5);
    t->s->ops->close(t->s);
    assert_false(kedge_tls_resumed(t->s));
    assert_int_equal(talk_open(t), KEDGE_OK);
    assert_int_equal(talk_send(t, t->request, strlen(t->request)), KEDGE_OK);
    bool was = kedge_tls_resumed(t->s);
    t->len = 0;
    assert_int_equal(talk_listen(t), KEDGE_ERR_CLOSED);
    assert_int_equal(t->len, 5);
    assert_memory_equal(t->text, "world", 5);
    t->s->ops->close(t->s);
    return was;
}

// One connection; whether it was resumed.
static bool again(struct talk *t)
{
    assert_int_equal(talk_open(t), KEDGE_OK);
    bool was = kedge_tls_resumed(t->s);
    assert_int_equal(talk_send(t, t->request, strlen(t->request)), KEDGE_OK);
    t->len = 0;
    assert_int_equal(talk_listen(t), KEDGE_ERR_CLOSED);
    assert_int_equal(t->len, 5);
    t->s->ops->close(t->s);
    return was;
}

static void the_second_handshake_is_resumed_and_smaller(void **state)
{
    (void)state;
    for (enum how how = known(0); how < HOWS; how = known(how + 1)) {
        struct talk *t = talk_that_resumes(how);
        talk_prepare(t);
        uint64_t bytes[4] = {0};
        for (int i = 0; i < 4; i++) {
            uint64_t before = t->p.bytes_read;
            assert_int_equal(talk_open(t), KEDGE_OK);
            bytes[i] = t->p.bytes_read - before;
            assert_int_equal(kedge_tls_resumed(t->s), i > 0);
            assert_int_equal(talk_send(t, t->request, strlen(t->request)), KEDGE_OK);
            t->len = 0;
            assert_int_equal(talk_listen(t), KEDGE_ERR_CLOSED);
            assert_int_equal(t->len, 5);
            assert_string_equal(t->peer.server_name, "api.example.com");
            t->s->ops->close(t->s);
        }
        assert_true(bytes[1] * 2 < bytes[0]);
        assert_int_equal(bytes[2], bytes[1]);
        assert_int_equal(t->peer.handshakes, 4);
        talk_free(t);
    }
    assert_false(kedge_tls_resumed(NULL));
}

static void an_address_is_resumed_too(void **state)
{
    (void)state;
    for (enum how how = known(0); how < HOWS; how = known(how + 1)) {
        struct talk *t = talk_that_resumes(how);
        t->host = "10.0.0.1";
        assert_true(resumed(t));
        talk_free(t);
    }
}

static void a_client_with_a_certificate_resumes(void **state)
{
    (void)state;
    for (enum how how = known(0); how < HOWS; how = known(how + 1)) {
        struct talk *t = talk_that_resumes(how);
        t->peer.client_ca = &certificates[CA];
        t->options.certificate = kedge_str_of(certificates[CLIENT_EC].pem);
        t->options.key = kedge_str_of(certificates[CLIENT_EC].key_pem);
        assert_true(resumed(t));
        talk_free(t);
    }
}

static void without_sessions_each_handshake_is_full(void **state)
{
    (void)state;
    for (enum how how = known(0); how < HOWS; how = known(how + 1)) {
        struct talk *t = talk_that_resumes(how);
        t->options.no_resumption = true;
        assert_false(resumed(t));
        talk_free(t);
        t = talk_that_resumes(how);
        t->peer.tickets = t->peer.remembers = false; // the server has none
        assert_false(resumed(t));
        talk_free(t);
    }
}

// A server that was started anew does not know the old tickets.
static void a_server_that_forgot_gets_a_full_handshake(void **state)
{
    (void)state;
    for (enum how how = known(0); how < HOWS; how = known(how + 1)) {
        for (int insecure = 0; insecure < 2; insecure++) {
            struct talk *t = talk_that_resumes(how);
            t->options.insecure = insecure == 1;
            if (insecure == 1)
                t->options.ca = (kedge_str){NULL, 0};
            assert_true(resumed(t));
            tls_peer_done(&t->peer);
            assert_false(again(t));
            assert_true(again(t));
            tls_peer_done(&t->peer);
            t->peer.tickets = t->peer.remembers = false;
            assert_false(again(t));
            assert_false(again(t));
            talk_free(t);
        }
    }
}

static void a_certificate_that_changed_is_noticed(void **state)
{
    (void)state;
    static const enum certificate others[] = {OF_OTHER_CA, EXPIRED, GOOD_IP6, CLIENT_ONLY};
    for (enum how how = known(0); how < HOWS; how = known(how + 1)) {
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
            struct talk *t = talk_that_resumes(how);
            assert_true(resumed(t));
            tls_peer_done(&t->peer);
            t->peer.own = &certificates[others[i]];
            assert_int_equal(talk_through(t), KEDGE_ERR_CERTIFICATE);
            assert_int_equal(t->peer.received_len, 0);
            t->s->ops->close(t->s);
            // Nor does it come back by itself.
            tls_peer_done(&t->peer);
            t->peer.own = &certificates[GOOD_EC];
            assert_false(again(t));
            assert_true(again(t));
            talk_free(t);
        }
    }
}

static void a_session_is_for_one_name_and_place(void **state)
{
    (void)state;
    for (enum how how = known(0); how < HOWS; how = known(how + 1)) {
        struct talk *t = talk_that_resumes(how);
        assert_true(resumed(t));
        t->host = "10.0.0.1";
        assert_false(again(t));
        t->host = "a.nodes.example.com";
        assert_false(again(t));
        assert_true(again(t));
        // The same length, and a name that this certificate is not for: full, and so refused.
        t->host = "a.nodez.example.com";
        assert_int_equal(talk_open(t), KEDGE_ERR_CERTIFICATE);
        t->s->ops->close(t->s);
        talk_free(t);

        // The same name at another place.
        t = talk_that_resumes(how);
        t->server_name = "api.example.com";
        assert_true(resumed(t));
        t->host = "192.0.2.1";
        assert_false(again(t));
        assert_true(again(t));
        t->host = "api.example.com";
        assert_false(again(t));
        talk_free(t);
    }
}

static void a_session_is_not_older_than_a_day(void **state)
{
    (void)state;
    for (enum how how = known(0); how < HOWS; how = known(how + 1)) {
        struct talk *t = talk_that_resumes(how);
        assert_true(resumed(t));
        // The second connection was resumed, and did not make it younger.
        kedge_time first = t->p.now;
        fake_port_advance(&t->p, 12 * KEDGE_HOUR);
        assert_true(again(t));
        fake_port_advance(&t->p, 24 * KEDGE_HOUR - (t->p.now - first) - KEDGE_SECOND);
        assert_true(again(t));
        fake_port_advance(&t->p, 2 * KEDGE_SECOND);
        assert_false(again(t));
        assert_true(again(t));
        talk_free(t);
    }
}

// As a full handshake: not beyond the certificate's dates, and not where nobody knows the date.
static void a_session_does_not_outlive_the_certificate(void **state)
{
    (void)state;
    for (enum how how = known(0); how < HOWS; how = known(how + 1)) {
        struct talk *t = talk_that_resumes(how);
        assert_true(resumed(t));
        kedge_timestamp wall = t->p.wall;
        t->p.wall = wall + (kedge_timestamp)100 * 366 * 86400 * 1000000;
        assert_int_equal(talk_open(t), KEDGE_ERR_CERTIFICATE);
        assert_non_null(strstr(kedge_tls_problem(t->s), "expired"));
        t->s->ops->close(t->s);
        t->p.wall = wall;
        assert_false(again(t));
        assert_true(again(t));
        t->p.wall = wall - (kedge_timestamp)50 * 366 * 86400 * 1000000;
        assert_int_equal(talk_open(t), KEDGE_ERR_CERTIFICATE);
        t->s->ops->close(t->s);
        t->p.wall = wall;
        assert_false(again(t));
        t->p.no_calendar = true;
        talk_open(t); // as mbedTLS's own clock says
        assert_false(kedge_tls_resumed(t->s));
        t->s->ops->close(t->s);
        talk_free(t);

        t = talk_that_resumes(how);
        t->options.insecure = true;
        t->options.ca = (kedge_str){NULL, 0};
        t->p.no_calendar = true;
        assert_true(resumed(t));
        talk_free(t);
    }
}

static void a_handshake_that_fails_drops_the_session(void **state)
{
    (void)state;
    for (enum how how = known(0); how < HOWS; how = known(how + 1)) {
        struct talk *t = talk_that_resumes(how);
        assert_true(resumed(t));
        t->p.cruelty = (struct fake_cruelty){.cut = true, .cut_at = 20};
        assert_int_not_equal(talk_open(t), KEDGE_OK);
        t->s->ops->close(t->s);
        t->p.cruelty = (struct fake_cruelty){0};
        assert_false(again(t));
        assert_true(again(t));
        // But not a connection that did not come so far.
        t->p.cruelty.refuse = true;
        assert_int_equal(talk_open(t), KEDGE_ERR_CONNECT);
        t->s->ops->close(t->s);
        t->p.cruelty.refuse = false;
        assert_true(again(t));
        talk_free(t);
    }
}

static void a_resumed_handshake_may_come_in_any_pieces(void **state)
{
    (void)state;
    for (enum how how = known(0); how < HOWS; how = known(how + 1)) {
        for (unsigned max = 1; max < 60; max += 2) {
            struct talk *t = talk_that_resumes(how);
            t->p.cruelty.read_max = max;
            t->p.cruelty.write_max = max % 7 + 1;
            t->p.cruelty.block_every = max % 3 * 2;
            assert_true(resumed(t));
            talk_free(t);
        }
    }
}

// Whoever changes or cuts what the server says of a resumed handshake gets nothing accepted.
static void no_forged_resumption_is_taken(void **state)
{
    (void)state;
    for (enum how how = known(0); how < HOWS; how = known(how + 1)) {
        struct talk *t = talk_that_resumes(how);
        assert_true(resumed(t));
        uint64_t before = t->p.bytes_read;
        assert_true(again(t));
        size_t all = (size_t)(t->p.bytes_read - before);
        for (size_t at = 1; at < all; at++) {
            assert_int_equal(talk_through(t), KEDGE_ERR_CLOSED);
            t->s->ops->close(t->s);
            t->p.cruelty.flip_at = at;
            kedge_err err = talk_through(t);
            t->p.cruelty.flip_at = 0;
            assert_true(err != KEDGE_ERR_CLOSED || at < 60);
            assert_true(t->len == 0 || memcmp(t->text, "world", t->len) == 0);
            t->s->ops->close(t->s);
        }
        talk_free(t);
    }
}

// Two connections of one configuration may use one session at one time.
static void a_session_serves_many_streams(void **state)
{
    (void)state;
    for (enum how how = known(0); how < HOWS; how = known(how + 1)) {
        struct talk *t = talk_that_resumes(how);
        assert_true(resumed(t));
        t->peer.end = TLS_PEER_STAYS;
        assert_int_equal(talk_open(t), KEDGE_OK);
        assert_true(kedge_tls_resumed(t->s));
        struct kedge_stream *first = t->s, *first_tcp = t->tcp;
        void *memory = malloc(kedge_tls_stream_size());
        t->tcp = malloc(t->p.port.stream_size);
        assert_true(t->tcp != NULL && memory != NULL);
        t->p.port.stream_init(&t->p.port, t->tcp);
        t->s = kedge_tls_stream_init(memory, t->tls, t->tcp, NULL);
        assert_int_equal(talk_open(t), KEDGE_OK);
        assert_true(kedge_tls_resumed(t->s));
        t->s->ops->close(t->s);
        free(t->tcp);
        free(memory);
        t->s = first;
        t->tcp = first_tcp;
        talk_free(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_handshake_is_resumed_and_smaller),
        cmocka_unit_test(an_address_is_resumed_too),
        cmocka_unit_test(a_client_with_a_certificate_resumes),
        cmocka_unit_test(without_sessions_each_handshake_is_full),
        cmocka_unit_test(a_server_that_forgot_gets_a_full_handshake),
        cmocka_unit_test(a_certificate_that_changed_is_noticed),
        cmocka_unit_test(a_session_is_for_one_name_and_place),
        cmocka_unit_test(a_session_is_not_older_than_a_day),
        cmocka_unit_test(a_session_does_not_outlive_the_certificate),
        cmocka_unit_test(a_handshake_that_fails_drops_the_session),
        cmocka_unit_test(a_resumed_handshake_may_come_in_any_pieces),
        cmocka_unit_test(no_forged_resumption_is_taken),
        cmocka_unit_test(a_session_serves_many_streams),
    };
    return cmocka_run_group_tests(tests, make_certificates, free_certificates);
}
