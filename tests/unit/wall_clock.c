// SPDX-License-Identifier: Apache-2.0
// The calendar of a device that has none, from the Date of the server's replies: what it is, and
// that certificates are judged by it, also the first.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/context.h"
#include "kedge/kedge.h"
#include "proxy_peer.h"
#include "tls_talk.h"

#define NEW_YEAR ((kedge_timestamp)1767225600 * 1000000) // 2026-01-01T00:00:00Z
#define SECOND   ((kedge_timestamp)1000000)
#define REPLY(date)                                                                          \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" date "Content-Length: 5\r\n\r\n" \
    "hello"
#define ON_NEW_YEAR "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
#define A_DAY_LATER "Date: Fri, 02 Jan 2026 00:00:00 GMT\r\n"
#define THE_EVE     "Date: Wed, 31 Dec 2025 12:00:00 GMT\r\n"
#define IN_RFC_850  "Date: Thursday, 01-Jan-26 00:00:00 GMT\r\n"
#define IN_ASCTIME  "Date: Thu Jan  1 00:00:00 2026\r\n"
#define LONG_AGO    "Date: Thu, 01 Jan 1970 00:00:07 GMT\r\n"

struct fixture {
    struct fake_port port;
    struct tls_peer server;
    struct tls_peer proxy_tls;
    struct proxy_peer proxy;
    struct kedge_config config;
    unsigned char memory[192 * 1024];
    struct kedge *k;
    struct kedge_client *client;
    struct kedge_rest *rest;
};

static struct fixture *set_up(enum certificate own, const char *reply)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    fake_port_init(&f->port, 1);
    f->port.no_calendar = true;
    f->port.peer = &tls_peer_ops;
    f->port.peer_ctx = &f->server;
    f->server.http = true;
    f->server.own = &certificates[own];
    f->server.reply = reply;
    f->server.reply_len = strlen(reply);
    f->config = (struct kedge_config){.server = "https://api.example.com:6443",
                                      .ca = kedge_str_of(certificates[CA].pem),
                                      .proxy_url = "",
                                      .qps = -1,
                                      .clock_from_server = true};
    return f;
}

static void start(struct fixture *f)
{
    f->k = kedge_init(f->memory, sizeof f->memory, &f->port.port);
    f->client = kedge_client_new(f->k, &f->config);
    f->rest = kedge_rest_new(f->client, NULL);
    assert_non_null(f->rest);
    assert_int_equal(kedge_wall_clock(f->k), f->port.no_calendar ? 0 : NEW_YEAR);
}

static void tear_down(struct fixture *f)
{
    kedge_rest_close(f->rest);
    kedge_client_free(f->client);
    fake_port_check(&f->port);
    tls_peer_done(&f->server);
    tls_peer_done(&f->proxy_tls);
    free(f);
}

static void says(struct fixture *f, const char *reply)
{
    f->server.reply = reply;
    f->server.reply_len = strlen(reply);
}

// "" or what it ends with, of which `text` is a part; and how many bytes of the body came.
static void ask(struct fixture *f, kedge_err want, const char *text)
{
    struct kedge_request r = {.verb = KEDGE_GET, .path = "/version", .retries = -1};
    char body[16];
    size_t len = 0;
    kedge_err err = kedge_rest_read(f->rest, &r, body, sizeof body, &len);
    if (err != want)
        fail_msg("%s: %s", kedge_err_name(err), kedge_rest_error_text(f->rest));
    assert_int_equal(len, want == KEDGE_OK ? 5 : 0);
    if (strstr(kedge_rest_error_text(f->rest), text) == NULL)
        fail_msg("no \"%s\" in \"%s\"", text, kedge_rest_error_text(f->rest));
}

static void expect_wall(struct fixture *f, kedge_timestamp low, kedge_timestamp high)
{
    kedge_timestamp now = kedge_wall_clock(f->k);
    if (now < low || now > high)
        fail_msg("%lld is not in %lld ... %lld", (long long)now, (long long)low, (long long)high);
}

static void a_reply_says_what_time_it_is(void **state)
{
    (void)state;
    struct fixture *f = set_up(GOOD_EC, REPLY(ON_NEW_YEAR));
    start(f);
    ask(f, KEDGE_OK, "");
    expect_wall(f, NEW_YEAR, NEW_YEAR + SECOND);
    fake_port_advance(&f->port, KEDGE_MINUTE);
    expect_wall(f, NEW_YEAR + 60 * SECOND, NEW_YEAR + 61 * SECOND);
    says(f, REPLY(A_DAY_LATER));
    ask(f, KEDGE_OK, "");
    expect_wall(f, NEW_YEAR + 86400 * SECOND, NEW_YEAR + 86401 * SECOND);
    says(f, REPLY(ON_NEW_YEAR)); // and back
    ask(f, KEDGE_OK, "");
    expect_wall(f, NEW_YEAR, NEW_YEAR + SECOND);
    says(f, REPLY("")); // says nothing: nothing has changed
    ask(f, KEDGE_OK, "");
    expect_wall(f, NEW_YEAR, NEW_YEAR + SECOND);
    tear_down(f);
}

static void however_the_reply_is_split(void **state)
{
    (void)state;
    static const char *const replies[] = {REPLY(ON_NEW_YEAR), REPLY(IN_RFC_850), REPLY(IN_ASCTIME)};
    for (size_t piece = 1; piece < 3 * 40; piece++) {
        struct fixture *f = set_up(GOOD_EC, replies[piece % 3]);
        f->port.cruelty.read_max = (piece + 2) / 3;
        f->port.cruelty.block_every = 3;
        start(f);
        ask(f, KEDGE_OK, "");
        expect_wall(f, NEW_YEAR, NEW_YEAR + SECOND);
        tear_down(f);
    }
}

static void a_port_that_knows_the_date_is_not_overruled(void **state)
{
    (void)state;
    struct fixture *f = set_up(GOOD_EC, REPLY(A_DAY_LATER));
    f->port.no_calendar = false;
    start(f);
    ask(f, KEDGE_OK, "");
    expect_wall(f, NEW_YEAR, NEW_YEAR + SECOND);
    assert_int_equal(kedge_wall_clock(NULL), 0);
    tear_down(f);
}

static void who_has_not_asked_for_it_has_no_calendar(void **state)
{
    (void)state;
    struct fixture *f = set_up(GOOD_EC, REPLY(ON_NEW_YEAR));
    f->config.clock_from_server = false;
    f->config.server = "http://api.example.com:8080";
    f->config.ca = (kedge_str){NULL, 0};
    f->server.above = &raw_peer_ops;
    f->port.peer = &raw_peer_ops;
    struct raw_peer raw = {.bytes = REPLY(ON_NEW_YEAR), .len = strlen(REPLY(ON_NEW_YEAR))};
    f->port.peer_ctx = &raw;
    start(f);
    ask(f, KEDGE_OK, "");
    assert_int_equal(kedge_wall_clock(f->k), 0);
    tear_down(f);
}

static void plain_http_says_it_too(void **state)
{
    (void)state;
    struct fixture *f = set_up(GOOD_EC, "");
    struct raw_peer raw = {.bytes = REPLY(ON_NEW_YEAR), .len = strlen(REPLY(ON_NEW_YEAR))};
    f->config.server = "http://api.example.com:8080";
    f->config.ca = (kedge_str){NULL, 0};
    f->port.peer = &raw_peer_ops;
    f->port.peer_ctx = &raw;
    start(f);
    ask(f, KEDGE_OK, "");
    expect_wall(f, NEW_YEAR, NEW_YEAR + SECOND);
    tear_down(f);
}

static void the_first_certificate_is_judged_by_the_first_date(void **state)
{
    (void)state;
    static const struct {
        enum certificate own;
        const char *reply;
        const char *problem; // NULL: none
    } rows[] = {
        {GOOD_EC, REPLY(ON_NEW_YEAR), NULL},
        {GOOD_EC, REPLY(IN_RFC_850), NULL},
        {GOOD_EC, REPLY(IN_ASCTIME), NULL},
        {GOOD_EC, REPLY(LONG_AGO), "not yet valid"},
        {GOOD_EC, REPLY(""), "the date is not known"},
        {GOOD_EC, REPLY("Date: yesterday\r\n"), "the date is not known"},
        {EXPIRED, REPLY(ON_NEW_YEAR), "expired"},
        {NOT_YET, REPLY(ON_NEW_YEAR), "not yet valid"},
        {NOT_YET, REPLY(A_DAY_LATER), NULL},
        // Somebody with the key of an expired certificate, who says what he must: config.h names
        // it.
        {EXPIRED, REPLY(THE_EVE), NULL},
        // What else is wrong with a certificate is seen before anything is sent.
        {SELF_SIGNED, REPLY(ON_NEW_YEAR), "not signed by a trusted CA"},
        {CN_ONLY, REPLY(ON_NEW_YEAR), "not for this host"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fixture *f = set_up(rows[i].own, rows[i].reply);
        bool good = rows[i].problem == NULL;
        start(f);
        ask(f, good ? KEDGE_OK : KEDGE_ERR_CERTIFICATE, good ? "" : rows[i].problem);
        assert_int_equal(f->port.open_streams, good ? 1 : 0);
        assert_int_equal(kedge_wall_clock(f->k) != 0, good);
        // Nothing is left of it: the same again.
        ask(f, good ? KEDGE_OK : KEDGE_ERR_CERTIFICATE, good ? "" : rows[i].problem);
        tear_down(f);
    }
}

static void a_later_handshake_is_judged_by_the_date_that_is_known(void **state)
{
    (void)state;
    struct fixture *f = set_up(GOOD_EC, REPLY(ON_NEW_YEAR));
    start(f);
    ask(f, KEDGE_OK, "");
    kedge_rest_close(f->rest);
    tls_peer_done(&f->server);
    f->server.own = &certificates[EXPIRED];
    says(f, REPLY(THE_EVE));
    f->server.received_len = 0;
    ask(f, KEDGE_ERR_CERTIFICATE, "expired");
    assert_int_equal(f->server.received_len, 0); // not one byte, and no token
    tear_down(f);
}

static void connections_that_were_open_before_are_judged_at_their_next_head(void **state)
{
    (void)state;
    struct fixture *f = set_up(GOOD_EC, REPLY(ON_NEW_YEAR));
    start(f);
    // A second connection: to a server with an expired certificate, which has not answered yet when
    // the date becomes known.
    struct kedge_rest *other = kedge_rest_new(f->client, NULL);
    struct kedge_request r = {.verb = KEDGE_GET, .path = "/version", .retries = -1};
    assert_non_null(other);
    f->server.own = &certificates[EXPIRED];
    says(f, "");
    assert_int_equal(kedge_rest_start(other, &r, NULL, NULL, NULL), KEDGE_OK);
    for (int i = 0; i < 20; i++)
        kedge_poll(f->k, 1);
    assert_int_equal(f->port.open_streams, 1);
    kedge__wall_tell(f->k, NEW_YEAR, kedge__clock(f->k), kedge__clock(f->k));
    kedge_rest_cancel(other);
    says(f, REPLY(THE_EVE));
    assert_int_equal(kedge_rest_start(other, &r, NULL, NULL, NULL), KEDGE_OK);
    for (int i = 0; i < 20; i++)
        kedge_poll(f->k, 1);
    assert_non_null(strstr(kedge_rest_error_text(other), "expired"));
    assert_int_equal(f->port.open_streams, 0);
    kedge_rest_close(other);
    tear_down(f);
}

static void an_https_proxy_is_judged_as_well(void **state)
{
    (void)state;
    for (int good = 0; good < 2; good++) {
        struct fixture *f = set_up(GOOD_EC, REPLY(ON_NEW_YEAR));
        f->proxy = (struct proxy_peer){.to = &tls_peer_ops, .to_ctx = &f->server};
        f->proxy_tls.own = &certificates[good ? GOOD_EC : EXPIRED];
        f->proxy_tls.above = &proxy_peer_ops;
        f->proxy_tls.above_ctx = &f->proxy;
        f->port.peer_ctx = &f->proxy_tls;
        f->config.proxy_url = "https://api.example.com:8443";
        start(f);
        ask(f, good ? KEDGE_OK : KEDGE_ERR_CERTIFICATE, good ? "" : "expired");
        tear_down(f);
    }
}

static void insecure_is_not_judged(void **state)
{
    (void)state;
    struct fixture *f = set_up(EXPIRED, REPLY(ON_NEW_YEAR));
    f->config.ca = (kedge_str){NULL, 0};
    f->config.insecure = true;
    start(f);
    ask(f, KEDGE_OK, "");
    expect_wall(f, NEW_YEAR, NEW_YEAR + SECOND);
    tear_down(f);
}

// Dates are cut to seconds and come late: the calendar stays as it is while it may be right.
static void the_calendar_moves_no_farther_than_it_must(void **state)
{
    (void)state;
    struct fixture *f = set_up(GOOD_EC, "");
    start(f);
    kedge_time at = kedge__clock(f->k);
    kedge__wall_tell(f->k, NEW_YEAR, at - 3000, at);
    assert_int_equal(kedge_wall_clock(f->k), NEW_YEAR + 2 * SECOND); // 0 to 4 s
    kedge__wall_tell(f->k, NEW_YEAR + SECOND, at - 100, at);         // 1 to 2.1 s
    assert_int_equal(kedge_wall_clock(f->k), NEW_YEAR + 2 * SECOND);
    kedge__wall_tell(f->k, NEW_YEAR, at - 100, at); // 0 to 1.1 s
    assert_int_equal(kedge_wall_clock(f->k), NEW_YEAR + 11 * SECOND / 10);
    kedge__wall_tell(f->k, NEW_YEAR + 2 * SECOND, at - 100, at); // 2 to 3.1 s
    assert_int_equal(kedge_wall_clock(f->k), NEW_YEAR + 2 * SECOND);
    tear_down(f);
}

static void checking_asks_for_an_open_stream(void **state)
{
    (void)state;
    struct talk *t = talk_new();
    t->p.no_calendar = true;
    t->options.dates_later = true;
    talk_prepare(t);
    assert_int_equal(kedge_tls_check_dates(NULL, NEW_YEAR), KEDGE_OK);
    assert_int_equal(kedge_tls_check_dates(t->tcp, NEW_YEAR), KEDGE_OK);
    assert_int_equal(kedge_tls_check_dates(t->s, NEW_YEAR), KEDGE_ERR_STATE);
    assert_int_equal(talk_open(t), KEDGE_OK);
    assert_int_equal(kedge_tls_check_dates(t->s, NEW_YEAR), KEDGE_OK);
    assert_int_equal(kedge_tls_check_dates(t->s, 0), KEDGE_OK); // it is judged
    t->s->ops->close(t->s);
    assert_int_equal(talk_open(t), KEDGE_OK);
    assert_int_equal(kedge_tls_check_dates(t->s, 0), KEDGE_ERR_CERTIFICATE);
    assert_int_equal(kedge_tls_check_dates(t->s, NEW_YEAR), KEDGE_ERR_CERTIFICATE); // it stays so
    talk_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_says_what_time_it_is),
        cmocka_unit_test(however_the_reply_is_split),
        cmocka_unit_test(a_port_that_knows_the_date_is_not_overruled),
        cmocka_unit_test(who_has_not_asked_for_it_has_no_calendar),
        cmocka_unit_test(plain_http_says_it_too),
        cmocka_unit_test(the_first_certificate_is_judged_by_the_first_date),
        cmocka_unit_test(a_later_handshake_is_judged_by_the_date_that_is_known),
        cmocka_unit_test(connections_that_were_open_before_are_judged_at_their_next_head),
        cmocka_unit_test(an_https_proxy_is_judged_as_well),
        cmocka_unit_test(insecure_is_not_judged),
        cmocka_unit_test(the_calendar_moves_no_farther_than_it_must),
        cmocka_unit_test(checking_asks_for_an_open_stream),
    };
    return cmocka_run_group_tests(tests, make_certificates, free_certificates);
}
