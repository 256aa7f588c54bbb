// SPDX-License-Identifier: Apache-2.0
// tls_sweeps.c - the TLS stream over every unkind stream: split, blocked, failing, cut, damaged.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mbedtls/platform.h>

#include "tls_talk.h"

// Text that tells where it was taken from.
static char pattern[60000];

static struct talk *kind(bool tls13)
{
    struct talk *t = talk_new();
    t->peer.tls13 = tls13;
    t->peer.tickets = tls13;
    return t;
}

// After a failure: each call answers the same, nothing is held after close, all can begin again.
static void stays_failed(struct talk *t, kedge_err err)
{
    char byte = 'x';
    assert_int_equal(t->s->ops->open(t->s, t->host, 6443), err);
    assert_int_equal(t->s->ops->read(t->s, &byte, 1), err);
    assert_int_equal(t->s->ops->write(t->s, &byte, 1), err);
    assert_true(strlen(kedge_tls_problem(t->s)) > 0);
    t->s->ops->close(t->s);
    fake_port_check(&t->p);
}

// Runs a body once for each version of TLS that the library has.
static void each_version(void (*body)(bool tls13))
{
    body(false);
    if (tls_peer_knows_tls13())
        body(true);
}

// ---- split and blocked

static void split(bool tls13)
{
    static const size_t sizes[] = {1, 2, 3, 5, 7, 64, 1000, 0};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (unsigned block = 0; block < 4; block++) {
            struct talk *t = kind(tls13);
            t->peer.reply = pattern;
            t->peer.reply_len = 20000;
            t->p.cruelty = (struct fake_cruelty){.read_max = sizes[i],
                                                 .write_max = sizes[7 - i],
                                                 .random_sizes = block == 3,
                                                 .block_every = block == 3 ? 2 : block,
                                                 .connect_steps = block};
            assert_int_equal(talk_through(t), KEDGE_ERR_CLOSED);
            assert_int_equal(t->len, 20000);
            assert_memory_equal(t->text, pattern, 20000);
            assert_memory_equal(t->peer.received, t->request, 6);
            assert_int_equal(t->peer.received_len, 6);
            talk_free(t);
        }
    }
}

static void however_the_bytes_are_split(void **state)
{
    (void)state;
    each_version(split);
}

// ---- fail

static void fail_each(bool tls13)
{
    unsigned at = 1;
    for (bool more = true; more; at++) {
        struct talk *t = kind(tls13);
        t->p.cruelty = (struct fake_cruelty){
            .read_max = 200, .write_max = 200, .fail_at = at, .fail_only = FAKE_CALL_STREAM};
        kedge_err err = talk_through(t);
        more = t->p.calls >= at;
        if (more) {
            assert_int_equal(err, at == 1 ? KEDGE_ERR_CONNECT : KEDGE_ERR_IO);
            stays_failed(t, err);
            t->p.cruelty = (struct fake_cruelty){0};
            err = talk_through(t);
        }
        assert_int_equal(err, KEDGE_ERR_CLOSED);
        assert_int_equal(t->len, 5);
        talk_free(t);
    }
    assert_true(at > 15);
}

static void wherever_the_stream_below_fails(void **state)
{
    (void)state;
    each_version(fail_each);
}

// ---- cut and damaged

// Each connection does the whole handshake, so that all are of one length.
static struct talk *kind_in_full(bool tls13)
{
    struct talk *t = kind(tls13);
    t->options.no_resumption = true;
    return t;
}

// How many bytes the server sends in a good run.
static size_t whole(bool tls13)
{
    struct talk *t = kind_in_full(tls13);
    assert_int_equal(talk_through(t), KEDGE_ERR_CLOSED);
    size_t len = (size_t)t->p.bytes_read;
    talk_free(t);
    return len;
}

static void cut_at(struct talk *t, size_t at, kedge_err with)
{
    t->p.cruelty = (struct fake_cruelty){.cut = true, .cut_at = at, .cut_with = with};
    kedge_err err = talk_through(t);
    assert_int_equal(err, KEDGE_ERR_IO);
    assert_true(t->len == 0 || t->len == 5);
    stays_failed(t, err);
}

static void cut_everywhere(bool tls13)
{
    struct talk *t = kind_in_full(tls13);
    size_t len = whole(tls13);
    assert_true(len > 700);
    // Signatures differ in length by a few bytes, so the end is not always at the same place. The
    // goodbye, which comes last, is longer than what is left out.
    for (size_t at = 0; at + 16 < len; at++)
        cut_at(t, at, KEDGE_ERR_CLOSED);
    for (size_t at = 0; at + 16 < len; at += 97)
        cut_at(t, at, KEDGE_ERR_IO);
    talk_free(t);
}

static void wherever_the_bytes_are_cut(void **state)
{
    (void)state;
    each_version(cut_everywhere);
}

static void damage_everywhere(bool tls13)
{
    size_t len = whole(tls13);
    size_t refused = 0, runs = 0;
    struct talk *t = kind_in_full(tls13);
    for (size_t at = 1; at + 16 < len; at += 3, runs++) {
        t->p.cruelty = (struct fake_cruelty){.flip_at = at};
        kedge_err err = talk_through(t);
        // A bit that nobody looks at may turn; what was said never does.
        assert_true(t->len == 0 || (t->len == 5 && memcmp(t->text, "world", 5) == 0));
        if (err == KEDGE_ERR_CLOSED)
            assert_int_equal(t->len, 5);
        else if (err == KEDGE_ERR_TIMEOUT)
            refused++; // a length: more bytes are waited for
        else {
            assert_true(err == KEDGE_ERR_TLS || err == KEDGE_ERR_CERTIFICATE ||
                        err == KEDGE_ERR_IO);
            refused++;
            stays_failed(t, err);
        }
        t->s->ops->close(t->s);
    }
    talk_free(t);
    assert_true(refused * 100 >= runs * 95);
}

static void wherever_a_bit_is_turned(void **state)
{
    (void)state;
    each_version(damage_everywhere);
}

// ---- somebody in between

// Turns a bit of the `at`-th byte that we send, counted from 0.
static struct {
    struct fake_peer peer;
    size_t at, sent;
    size_t hello; // bytes of our first record
} meddler;

static size_t meddle(void *connection, const void *bytes, size_t len)
{
    static unsigned char copy[32768];
    assert_in_range(len, 5, sizeof copy);
    memcpy(copy, bytes, len);
    if (meddler.sent == 0)
        meddler.hello = 5 + ((size_t)copy[3] << 8 | copy[4]);
    if (meddler.at >= meddler.sent && meddler.at - meddler.sent < len)
        copy[meddler.at - meddler.sent] ^= (unsigned char)(1 << meddler.at % 8);
    size_t n = tls_peer_ops.feed(connection, copy, len);
    meddler.sent += n;
    return n;
}

// Both ends compare at last what we offered first: versions, ciphers, curves, the name. So nobody
// in between can make them agree on less.
static void change_the_hello(bool tls13)
{
    struct talk *t = kind(tls13);
    meddler.peer = tls_peer_ops;
    meddler.peer.feed = meddle;
    meddler.at = SIZE_MAX;
    t->p.peer = &meddler.peer;
    assert_int_equal(talk_through(t), KEDGE_ERR_CLOSED);
    assert_true(meddler.hello > 100);
    for (meddler.at = 5; meddler.at < meddler.hello; meddler.at++) {
        t->s->ops->close(t->s);
        meddler.sent = 0;
        kedge_err err = talk_through(t);
        if (t->opened && t->len > 0)
            fail_msg("byte %zu was changed, and nobody noticed", meddler.at);
        assert_int_not_equal(err, KEDGE_ERR_CLOSED);
    }
    talk_free(t);
}

static void whatever_is_changed_of_what_we_offer_ends_the_handshake(void **state)
{
    (void)state;
    each_version(change_the_hello);
}

// ---- writes that have to wait

static void a_blocked_write_goes_on_with_the_same_bytes(void **state)
{
    (void)state;
    struct talk *t = kind(false);
    t->peer.end = TLS_PEER_STAYS;
    talk_prepare(t);
    assert_int_equal(talk_open(t), KEDGE_OK);
    t->p.cruelty = (struct fake_cruelty){.write_max = 700, .block_every = 2};
    size_t at = 0;
    unsigned blocked = 0;
    while (at < sizeof pattern) {
        // The same bytes from another place, and more of them: as the header allows.
        size_t len = sizeof pattern - at;
        char *copy = malloc(len);
        assert_non_null(copy);
        memcpy(copy, pattern + at, len);
        size_t offered = blocked % 2 == 0 && len > 5000 ? 5000 : len;
        int n = t->s->ops->write(t->s, copy, offered);
        free(copy);
        if (n == KEDGE_WANT_WRITE) {
            blocked++;
            continue;
        }
        // Fewer than before is refused, and changes nothing.
        assert_true(n > 0 || n == KEDGE_ERR_ARGUMENT);
        assert_true(n < 0 || (size_t)n <= offered);
        at += n > 0 ? (size_t)n : 0;
        blocked += n < 0;
    }
    assert_true(blocked > 10);
    assert_int_equal(t->peer.received_len, sizeof pattern);
    assert_memory_equal(t->peer.received, pattern, sizeof pattern);
    talk_free(t);
}

static void an_abandoned_write_does_no_harm(void **state)
{
    (void)state;
    for (unsigned calls = 1; calls < 12; calls++) {
        struct talk *t = kind(false);
        t->peer.end = TLS_PEER_STAYS;
        talk_prepare(t);
        assert_int_equal(talk_open(t), KEDGE_OK);
        t->p.cruelty = (struct fake_cruelty){.write_max = 90, .block_every = 2};
        int n = KEDGE_WANT_WRITE;
        for (unsigned i = 0; i < calls && n == KEDGE_WANT_WRITE; i++)
            n = t->s->ops->write(t->s, pattern, 1000);
        assert_int_equal(n, KEDGE_WANT_WRITE);
        t->p.cruelty = (struct fake_cruelty){0};
        t->s->ops->close(t->s);
        // What was begun is whole, with the goodbye behind it.
        assert_int_equal(t->peer.received_len, 1000);
        assert_memory_equal(t->peer.received, pattern, 1000);
        assert_true(t->peer.notified);
        talk_free(t);
    }
}

// Nobody takes the rest: close does not wait, and the server sees a cut, not a part of the bytes.
static void closing_a_blocked_write_does_not_wait(void **state)
{
    (void)state;
    struct talk *t = kind(false);
    t->peer.end = TLS_PEER_STAYS;
    talk_prepare(t);
    assert_int_equal(talk_open(t), KEDGE_OK);
    t->p.cruelty = (struct fake_cruelty){.write_max = 90, .block_every = 2};
    assert_int_equal(t->s->ops->write(t->s, pattern, 1000), KEDGE_WANT_WRITE);
    t->s->ops->close(t->s);
    assert_int_equal(t->peer.received_len, 0);
    assert_false(t->peer.notified);
    talk_free(t);
}

// One side of a conversation by chance: what was said comes through, whole, once and in order, also
// where the peer asks for a renegotiation (and is refused) in the midst of it.
static void talk_by_chance(uint64_t seed, bool tls13)
{
    struct talk *t = kind(tls13);
    fake_port_advance(&t->p, 0);
    t->p.random = seed;
    t->peer.end = TLS_PEER_STAYS;
    t->peer.reply = "";
    t->peer.reply_len = 0;
    t->peer.renegotiate_every = tls13 ? 0 : 3;
    talk_prepare(t);
    assert_int_equal(talk_open(t), KEDGE_OK);
    t->p.cruelty = (struct fake_cruelty){.read_max = 40,
                                         .write_max = 300,
                                         .random_sizes = true,
                                         .block_every = 2 + (unsigned)(seed % 3)};
    size_t at = 0;
    size_t offered = 0;
    while (at < 20000) {
        if (fake_port_random(&t->p, 3) == 0) {
            int n = t->s->ops->read(t->s, t->text, sizeof t->text);
            assert_true(n == KEDGE_WANT_READ || n == KEDGE_WANT_WRITE);
            continue;
        }
        size_t len = offered > 0 ? offered : 1 + (size_t)fake_port_random(&t->p, 900);
        int n = t->s->ops->write(t->s, pattern + at, len);
        offered = n < 0 ? len : 0;
        if (n < 0 && n != KEDGE_WANT_WRITE && n != KEDGE_WANT_READ)
            fail_msg("seed %u: %s, %s; the peer: -0x%x", (unsigned)seed,
                     kedge_err_name((kedge_err)n), kedge_tls_problem(t->s),
                     (unsigned)-t->peer.error);
        at += n > 0 ? (size_t)n : 0;
    }
    if (t->peer.received_len != at || memcmp(t->peer.received, pattern, at) != 0)
        fail_msg("seed %u: %zu of %zu bytes came, error %x", (unsigned)seed, t->peer.received_len,
                 at, (unsigned)-t->peer.error);
    talk_free(t);
}

static void reading_and_writing_by_chance(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 60; seed++) {
        talk_by_chance(seed, false);
        if (tls_peer_knows_tls13())
            talk_by_chance(seed, true);
    }
}

// ---- what comes between
static void read_over(bool tls13)
{
    struct talk *t = kind(tls13);
    t->peer.renegotiate_every = tls13 ? 0 : 1;
    t->peer.warns = !tls13;
    talk_prepare(t);
    assert_int_equal(talk_open(t), KEDGE_OK);
    assert_int_equal(talk_send(t, "hello\n", 6), KEDGE_OK);
    assert_int_equal(t->s->ops->read(t->s, t->text, sizeof t->text), 5);
    talk_free(t);
}

// Tickets, warnings, requests to renegotiate: behind them is data, and waiting would be for
// nothing.
static void a_message_in_between_does_not_stop_a_read(void **state)
{
    (void)state;
    each_version(read_over);
}

// ---- starve

#if defined(MBEDTLS_PLATFORM_MEMORY)

// What the client allocates by mbedTLS: how much of it is held, and which call fails.
static struct {
    bool counts; // not while the server runs
    unsigned calls;
    unsigned fail_at;
    size_t held;
} memory;

// In front of each block: its size, or 0 for a block of the server.
union block {
    size_t size;
    max_align_t aligned;
};

static void *count_calloc(size_t count, size_t size)
{
    if (memory.counts && ++memory.calls == memory.fail_at)
        return NULL;
    union block *b = calloc(1, sizeof *b + count * size);
    assert_non_null(b);
    b->size = memory.counts ? count * size : 0;
    memory.held += b->size;
    return b + 1;
}

static void count_free(void *p)
{
    if (p == NULL)
        return;
    union block *b = (union block *)p - 1;
    memory.held -= b->size;
    free(b);
}

static void *uncounted_open(void *ctx, const char *host, uint16_t port)
{
    memory.counts = false;
    void *connection = tls_peer_ops.open(ctx, host, port);
    memory.counts = true;
    return connection;
}

static size_t uncounted_feed(void *connection, const void *bytes, size_t len)
{
    memory.counts = false;
    size_t n = tls_peer_ops.feed(connection, bytes, len);
    memory.counts = true;
    return n;
}

static size_t uncounted_output(void *connection, void *buf, size_t cap)
{
    memory.counts = false;
    size_t n = tls_peer_ops.output(connection, buf, cap);
    memory.counts = true;
    return n;
}

static kedge_err init_starved(struct talk *t)
{
    const char *problem;
    t->tls_memory = malloc(kedge_tls_size());
    t->stream_memory = malloc(kedge_tls_stream_size());
    t->tcp = malloc(t->p.port.stream_size);
    t->p.port.stream_init(&t->p.port, t->tcp);
    kedge_err err = kedge_tls_init(t->tls_memory, &t->options, &t->tls, &problem);
    if (err == KEDGE_OK)
        t->s = kedge_tls_stream_init(t->stream_memory, t->tls, t->tcp, NULL);
    return err;
}

// Runs with the n-th allocation failing; the error that it ended with.
static kedge_err run_starved(bool tls13, unsigned fail_at)
{
    struct fake_peer peer = tls_peer_ops;
    struct talk *t = kind(tls13);
    peer.open = uncounted_open;
    peer.feed = uncounted_feed;
    peer.output = uncounted_output;
    t->p.peer = &peer;
    t->options.certificate = kedge_str_of(certificates[CLIENT_EC].pem);
    t->options.key = kedge_str_of(certificates[CLIENT_EC].key_pem);
    t->peer.client_ca = &certificates[CA];
    memory.held = memory.calls = 0;
    memory.fail_at = fail_at;
    memory.counts = true;
    kedge_err err = init_starved(t);
    assert_true(err == KEDGE_OK || err == KEDGE_ERR_MEMORY || err == KEDGE_ERR_CONFIG ||
                err == KEDGE_ERR_ENTROPY);
    if (err == KEDGE_OK)
        err = talk_through(t);
    if (t->s != NULL)
        t->s->ops->close(t->s);
    kedge_tls_free(t->tls);
    t->tls = NULL;
    memory.counts = false;
    if (memory.held != 0)
        fail_msg("%zu bytes are held after allocation %u of %u failed: %s", memory.held, fail_at,
                 memory.calls, kedge_err_name(err));
    talk_free(t);
    return err;
}

static void starve(bool tls13)
{
    unsigned at = 1, runs = 0, named = 0;
    // Once for what the library keeps for ever.
    assert_int_equal(run_starved(tls13, 0), KEDGE_ERR_CLOSED);
    // Each of the first allocations, then, as a handshake makes thousands, fewer and fewer.
    for (;; at += 1 + at / 30, runs++) {
        kedge_err err = run_starved(tls13, at);
        if (memory.calls < at)
            break;
        named += err == KEDGE_ERR_MEMORY || err == KEDGE_ERR_TLS;
        // It may also have got by without.
        assert_true(err == KEDGE_ERR_CLOSED || err == KEDGE_ERR_MEMORY || err == KEDGE_ERR_TLS ||
                    err == KEDGE_ERR_CERTIFICATE || err == KEDGE_ERR_CONFIG);
    }
    assert_true(runs > 100);
    assert_true(named * 100 >= runs * 80);
}

static void wherever_memory_ends(void **state)
{
    (void)state;
    each_version(starve);
}

static void take_allocator(void)
{
    assert_int_equal(mbedtls_platform_set_calloc_free(count_calloc, count_free), 0);
}

#else

static void take_allocator(void)
{
}

// This build of mbedTLS cannot be given an allocator.
static void wherever_memory_ends(void **state)
{
    (void)state;
    skip();
}

#endif

// ---- what a server can make a client hold

size_t __sanitizer_get_current_allocated_bytes(void);

// What the client holds, looked at whenever the server has its turn.
static struct {
    struct fake_peer peer;
    size_t others; // bytes of the server and of the test
    size_t most;
} holding;

static size_t begin_turn(void)
{
    size_t all = __sanitizer_get_current_allocated_bytes();
    size_t now = all > holding.others ? all - holding.others : 0;
    holding.most = now > holding.most ? now : holding.most;
    return all;
}

static void end_turn(size_t before)
{
    holding.others += __sanitizer_get_current_allocated_bytes() - before;
}

static void *open_turn(void *ctx, const char *host, uint16_t port)
{
    size_t before = begin_turn();
    void *connection = tls_peer_ops.open(ctx, host, port);
    end_turn(before);
    return connection;
}

static size_t feed_turn(void *connection, const void *bytes, size_t len)
{
    size_t before = begin_turn();
    size_t n = tls_peer_ops.feed(connection, bytes, len);
    end_turn(before);
    return n;
}

static size_t output_turn(void *connection, void *buf, size_t cap)
{
    size_t before = begin_turn();
    size_t n = tls_peer_ops.output(connection, buf, cap);
    end_turn(before);
    return n;
}

// Certificates cost most: as many as one message of the handshake has room for, each one parsed.
static void show_a_long_chain(bool tls13)
{
    static char chain[40000];
    struct talk *t = kind(tls13);
    const struct test_certificate *more = &certificates[MIDDLE_CA];
    size_t len = (size_t)snprintf(chain, sizeof chain, "%s", certificates[GOOD_EC].pem);
    size_t der = certificates[GOOD_EC].der_len;
    for (; der + more->der_len < 15000; der += more->der_len + 5)
        len += (size_t)snprintf(chain + len, sizeof chain - len, "%s", more->pem);
    t->peer.certificate = chain;
    holding.peer = tls_peer_ops;
    holding.peer.open = open_turn;
    holding.peer.feed = feed_turn;
    holding.peer.output = output_turn;
    t->p.peer = &holding.peer;
    talk_prepare(t);
    holding.most = 0;
    holding.others = __sanitizer_get_current_allocated_bytes();
    kedge_err err = talk_through(t);
    assert_true(err == KEDGE_ERR_CLOSED || err == KEDGE_ERR_CERTIFICATE || err == KEDGE_ERR_TLS);
    assert_in_range(holding.most, 33000, 128 * 1024); // with 16 KiB of the fake port's
    talk_free(t);
}

static void the_longest_chain_costs_a_bounded_heap(void **state)
{
    (void)state;
    each_version(show_a_long_chain);
}

// ---- large replies

static void a_full_record_is_read_in_any_pieces(void **state)
{
    (void)state;
    static const size_t caps[] = {1, 100, 16384, 16385, 100000};
    for (size_t i = 0; i < sizeof caps / sizeof caps[0]; i++) {
        struct talk *t = kind(false);
        t->peer.reply = pattern;
        t->peer.reply_len = sizeof pattern;
        talk_prepare(t);
        assert_int_equal(talk_open(t), KEDGE_OK);
        assert_int_equal(talk_send(t, "x\n", 2), KEDGE_OK);
        char *buf = malloc(caps[i]);
        assert_non_null(buf);
        int n;
        while ((n = t->s->ops->read(t->s, buf, caps[i])) != KEDGE_ERR_CLOSED) {
            if (n == KEDGE_WANT_READ) {
                assert_true(talk_wait(t, n));
                continue;
            }
            assert_true(n > 0);
            assert_memory_equal(buf, pattern + t->len, (size_t)n);
            t->len += (size_t)n;
        }
        assert_int_equal(t->len, sizeof pattern);
        free(buf);
        talk_free(t);
    }
}

static int make_all(void **state)
{
    take_allocator();
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = (char)('!' + (i * 31 + i / 90 + i / 8100) % 90);
    return make_certificates(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(however_the_bytes_are_split),
        cmocka_unit_test(wherever_the_stream_below_fails),
        cmocka_unit_test(wherever_the_bytes_are_cut),
        cmocka_unit_test(wherever_a_bit_is_turned),
        cmocka_unit_test(whatever_is_changed_of_what_we_offer_ends_the_handshake),
        cmocka_unit_test(a_blocked_write_goes_on_with_the_same_bytes),
        cmocka_unit_test(an_abandoned_write_does_no_harm),
        cmocka_unit_test(closing_a_blocked_write_does_not_wait),
        cmocka_unit_test(reading_and_writing_by_chance),
        cmocka_unit_test(a_message_in_between_does_not_stop_a_read),
        cmocka_unit_test(wherever_memory_ends),
        cmocka_unit_test(the_longest_chain_costs_a_bounded_heap),
        cmocka_unit_test(a_full_record_is_read_in_any_pieces),
    };
    return cmocka_run_group_tests(tests, make_all, free_certificates);
}
