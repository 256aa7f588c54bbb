// SPDX-License-Identifier: Apache-2.0
// One connection to the mock API server, three requests on it: each port call failing, each size of
// buffer, arena and piece, each place where the server's bytes end. A body is whole or its end is
// an error, never short and good; behind an error the next request is as good as the first.
#include "sweep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/exchange.h"
#include "mock_port.h"

enum { REQUESTS = 3, BODY = 4096, ENOUGH = 16 * 1024 };

// A reply with a length, one in chunks, and a refusal.
static const char *const paths[REQUESTS] = {"/version",
                                            "/apis/apps/v1/namespaces/default/deployments?limit=2",
                                            "/apis/apps/v1/namespaces/default/deployments/none"};
static const uint16_t codes[REQUESTS] = {200, 200, 404};

struct reply_body {
    kedge_err err;
    uint16_t status;
    size_t len;
    char text[BODY];
};

static struct mock_port port;
static unsigned char *memory;
static struct kedge_client *client;
static struct kedge__connection c;
static struct reply_body whole[REQUESTS]; // what a run without unkindness gave
static size_t sent;                       // by the server in that run
static struct reply_body got;

static void begin(void)
{
    struct mock *mock = mock_new(&(struct mock_options){.seed = 1, .no_managed_fields = true});
    mock_apply(mock, "deployments",
               "{\"metadata\":{\"namespace\":\"default\",\"name\":\"a\"},\"spec\":{}}");
    mock_apply(mock, "deployments",
               "{\"metadata\":{\"namespace\":\"default\",\"name\":\"b\"},\"spec\":{}}");
    mock_port_init(&port, mock, 1);
    memset(&c, 0, sizeof c);
}

static kedge_err prepare(size_t size, size_t buffer)
{
    struct kedge_config config = {.server = "http://api.test"};
    memory = malloc(size + 1);
    assert_non_null(memory);
    struct kedge *k = kedge_init(memory, size, &port.fake.port);
    client = kedge_client_new(k, &config);
    if (client == NULL)
        return k != NULL ? kedge_error(k) : KEDGE_ERR_MEMORY;
    return kedge__connection_init(&c, client, buffer);
}

static void end(void)
{
    if (c.stream != NULL)
        kedge__connection_close(&c);
    kedge_client_free(client);
    client = NULL;
    mock_port_done(&port);
    free(memory);
}

static bool wants(kedge_err err)
{
    return err == KEDGE_WANT_READ || err == KEDGE_WANT_WRITE;
}

// Waits as the loop does; a wait that fails is tried again there too.
static void wait_for_it(void)
{
    struct kedge_wait w = {c.stream, c.interest, 0};
    port.fake.port.wait(&port.fake.port, &w, 1, c.deadline);
}

static void take(kedge_str bytes)
{
    size_t n = (bytes.len + 1) / 2; // what is not used comes again
    assert_true(got.len + n < sizeof got.text);
    memcpy(got.text + got.len, bytes.ptr, n);
    got.len += n;
    kedge__exchange_used(&c, n);
}

static void ask(size_t i)
{
    struct kedge__ask a = {
        .method = "GET", .path = kedge_str_of(paths[i]), .accept = "application/json"};
    kedge_str bytes;
    memset(&got, 0, sizeof got);
    kedge__exchange_start(&c, &a, i == 1, port.fake.now);
    while (wants(got.err = kedge__exchange_head(&c, port.fake.now)))
        wait_for_it();
    got.status = got.err == KEDGE_OK ? c.response.status : 0;
    while (got.err == KEDGE_OK || wants(got.err)) {
        got.err = kedge__exchange_body(&c, port.fake.now, &bytes);
        if (got.err == KEDGE_OK)
            take(bytes);
        else if (wants(got.err))
            wait_for_it();
    }
}

static void is_whole(size_t i)
{
    assert_int_equal(got.err, KEDGE_ERR_CLOSED);
    assert_int_equal(got.status, codes[i]);
    assert_int_equal(got.len, whole[i].len);
    assert_memory_equal(got.text, whole[i].text, got.len);
}

// A failure: what came before it is the beginning of the right body; it stays; nothing is open.
static void is_failure(size_t i)
{
    kedge_str bytes;
    assert_true(got.err < KEDGE_WAIT && got.err != KEDGE_ERR_CLOSED);
    assert_true(got.len <= whole[i].len);
    assert_memory_equal(got.text, whole[i].text, got.len);
    assert_int_equal(kedge__exchange_head(&c, port.fake.now), got.err);
    assert_int_equal(kedge__exchange_body(&c, port.fake.now, &bytes), got.err);
    assert_int_equal(port.fake.open_streams, 0);
    for (size_t at = 0; at < c.cap; at++)
        assert_int_equal(c.buf[at], 0);
}

// All three, each asked again if it failed. Returns how many failed.
static unsigned ask_all(void)
{
    unsigned failed = 0;
    for (size_t i = 0; i < REQUESTS; i++) {
        ask(i);
        for (; got.err != KEDGE_ERR_CLOSED; failed++) {
            is_failure(i);
            port.fake.cruelty.cut = false;
            assert_true(failed < 8);
            ask(i);
        }
        is_whole(i);
    }
    return failed;
}

static unsigned run(const struct fake_cruelty *cruelty)
{
    begin();
    port.fake.cruelty = *cruelty;
    assert_int_equal(prepare(ENOUGH, 1024), KEDGE_OK);
    port.fake.calls = 0;
    unsigned failed = ask_all();
    end();
    return failed;
}

static int setup(void **state)
{
    (void)state;
    begin();
    assert_int_equal(prepare(ENOUGH, 1024), KEDGE_OK);
    for (size_t i = 0; i < REQUESTS; i++) {
        ask(i);
        whole[i] = got;
        is_whole(i);
        assert_true(got.len > 100);
    }
    assert_int_equal(port.fake.opens, 1);
    sent = (size_t)port.fake.bytes_read;
    end();
    return 0;
}

// Fails the 1st call of that kind, then the 2nd, until the requests need no more.
static void fail_each(unsigned call, bool mends)
{
    unsigned at = 1, failed = 0;
    for (;; at++) {
        unsigned now = run(&(struct fake_cruelty){.read_max = 100,
                                                  .write_max = 40,
                                                  .connect_steps = 2,
                                                  .block_every = 3,
                                                  .fail_only = call,
                                                  .fail_at = at,
                                                  .mends = mends});
        assert_in_range(now, 0, 1);
        assert_true(port.fake.now - FAKE_PORT_START < KEDGE_SECOND); // nothing ran into a time-out
        failed += now;
        if (port.fake.calls < at)
            break;
    }
    print_message("%u calls, %u failures\n", at - 1, failed);
    assert_in_range(at, 4, 200);
    // A wait is no failure, and a kept connection that breaks before the answer is none either.
    assert_true(call == FAKE_CALL_WAIT ? failed == 0 : failed > 0);
}

static void whichever_call_fails(void **state)
{
    (void)state;
    static const unsigned calls[] = {FAKE_CALL_OPEN, FAKE_CALL_READ, FAKE_CALL_WRITE,
                                     FAKE_CALL_WAIT, FAKE_CALL_STREAM};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        fail_each(calls[i], false);
        fail_each(calls[i], true);
    }
}

static void wherever_the_servers_bytes_end(void **state)
{
    (void)state;
    static const kedge_err ends[] = {KEDGE_ERR_CLOSED, KEDGE_ERR_IO};
    size_t bodies = whole[0].len + whole[1].len + whole[2].len;
    for (size_t e = 0; e < 2; e++) {
        unsigned failed = 0;
        for (size_t at = 0; at <= sent; at++)
            failed += run(&(struct fake_cruelty){.cut = true, .cut_at = at, .cut_with = ends[e]});
        print_message("%zu bytes, %u failures\n", sent, failed);
        // The end of the last reply is no failure; nor is that of the second, behind which a new
        // connection lasts for the third; nor is it if a kept connection is reset before a head is
        // whole, since the request is sent once more.
        assert_in_range(failed, e == 0 ? sent - 1 : bodies, sent - 1);
    }
}

static void however_the_bytes_are_split(void **state)
{
    (void)state;
    for (size_t size = 1; size < 1100; size += size < 64 ? 1 : 61) {
        for (unsigned block = 0; block < 3; block++) {
            struct fake_cruelty cruel = {.read_max = size,
                                         .write_max = size,
                                         .random_sizes = size % 2 == 0,
                                         .block_every = block,
                                         .connect_steps = block};
            assert_int_equal(run(&cruel), 0);
        }
    }
}

// A buffer that has no room for the request says so and sends nothing; any larger one will do,
// since the response needs no room of its own.
static void whatever_size_the_buffer_has(void **state)
{
    (void)state;
    unsigned too_small = 0;
    for (size_t size = 1; size < 400; size++) {
        begin();
        assert_int_equal(prepare(ENOUGH, size), KEDGE_OK);
        ask(1);
        if (got.err == KEDGE_ERR_TOO_LONG) {
            too_small++;
            assert_int_equal(size, too_small);
            assert_int_equal(port.fake.opens, 0);
            is_failure(1);
        } else {
            is_whole(1);
        }
        end();
    }
    print_message("%u sizes too small\n", too_small);
    assert_in_range(too_small, 150, 300);
}

static void every_size_of_memory_works_or_is_refused(void **state)
{
    (void)state;
    size_t size = 0;
    for (kedge_err err = KEDGE_ERR_MEMORY; err != KEDGE_OK; size++) {
        begin();
        err = prepare(size, 1024);
        if (err == KEDGE_OK)
            assert_int_equal(ask_all(), 0);
        else
            assert_int_equal(err, KEDGE_ERR_MEMORY);
        end();
    }
    assert_in_range(size, 2048, ENOUGH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whichever_call_fails),
        cmocka_unit_test(wherever_the_servers_bytes_end),
        cmocka_unit_test(however_the_bytes_are_split),
        cmocka_unit_test(whatever_size_the_buffer_has),
        cmocka_unit_test(every_size_of_memory_works_or_is_refused),
    };
    return cmocka_run_group_tests_name("sweeps_exchange", tests, setup, NULL);
}
