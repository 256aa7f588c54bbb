// SPDX-License-Identifier: Apache-2.0
// tls_peer.c - see tls_peer.h. The server runs whenever the client feeds it or asks for its output.
#include "tls_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mbedtls/oid.h>
#include <mbedtls/ssl_cache.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/version.h>

enum { PIPE = 1 << 17 };

// Bytes on their way.
struct pipe {
    unsigned char bytes[PIPE];
    size_t len;
};

struct connection {
    struct tls_peer *peer;
    mbedtls_ssl_context ssl;
    struct pipe in;
    struct pipe out;
    bool open;    // the handshake is over
    bool ended;   // nothing more will be sent
    size_t lines; // requests to be answered
    size_t sent;  // of the reply
    void *above;  // the connection to whoever answers
};

// ---- where versions of mbedTLS differ

#if !defined(MBEDTLS_PRIVATE)
#define MBEDTLS_PRIVATE(member) member
#endif

// A server that does not ask what its certificate may be used for.
static void forget_usage(mbedtls_x509_crt *crt)
{
    crt->MBEDTLS_PRIVATE(ext_types) = 0;
}

#if MBEDTLS_VERSION_NUMBER >= 0x03000000
static void set_versions(struct tls_peer *peer)
{
    mbedtls_ssl_conf_max_tls_version(&peer->conf, peer->tls13 ? MBEDTLS_SSL_VERSION_TLS1_3
                                                              : MBEDTLS_SSL_VERSION_TLS1_2);
}

bool tls_peer_knows_tls11(void)
{
    return false;
}
#else
static void set_versions(struct tls_peer *peer)
{
    if (peer->tls11)
        mbedtls_ssl_conf_max_version(&peer->conf, MBEDTLS_SSL_MAJOR_VERSION_3,
                                     MBEDTLS_SSL_MINOR_VERSION_2);
}

bool tls_peer_knows_tls11(void)
{
#if defined(MBEDTLS_SSL_PROTO_TLS1_1)
    return true;
#else
    return false;
#endif
}
#endif

bool tls_peer_knows_tls13(void)
{
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    return true;
#else
    return false;
#endif
}

static void set_tickets(struct tls_peer *peer)
{
    mbedtls_ssl_ticket_context *keys = calloc(1, sizeof *keys);
    assert_non_null(keys);
    mbedtls_ssl_ticket_init(keys);
    assert_int_equal(mbedtls_ssl_ticket_setup(keys, mbedtls_ctr_drbg_random, test_random(),
                                              MBEDTLS_CIPHER_AES_256_GCM, 3600),
                     0);
    mbedtls_ssl_conf_session_tickets_cb(&peer->conf, mbedtls_ssl_ticket_write,
                                        mbedtls_ssl_ticket_parse, keys);
    peer->ticket_keys = keys;
}

static void free_tickets(struct tls_peer *peer)
{
    if (peer->ticket_keys != NULL)
        mbedtls_ssl_ticket_free(peer->ticket_keys);
    free(peer->ticket_keys);
    peer->ticket_keys = NULL;
}

static void set_cache(struct tls_peer *peer)
{
    mbedtls_ssl_cache_context *cache = calloc(1, sizeof *cache);
    assert_non_null(cache);
    mbedtls_ssl_cache_init(cache);
    mbedtls_ssl_conf_session_cache(&peer->conf, cache, mbedtls_ssl_cache_get,
                                   mbedtls_ssl_cache_set);
    peer->cache = cache;
}

static void free_cache(struct tls_peer *peer)
{
    if (peer->cache != NULL)
        mbedtls_ssl_cache_free(peer->cache);
    free(peer->cache);
    peer->cache = NULL;
}

// ---- pipes

static size_t pipe_put(struct pipe *p, const void *bytes, size_t len)
{
    size_t n = len < PIPE - p->len ? len : PIPE - p->len;
    memcpy(p->bytes + p->len, bytes, n);
    p->len += n;
    return n;
}

static size_t pipe_take(struct pipe *p, void *buf, size_t cap)
{
    size_t n = p->len < cap ? p->len : cap;
    memcpy(buf, p->bytes, n);
    memmove(p->bytes, p->bytes + n, p->len - n);
    p->len -= n;
    return n;
}

static int pipe_send(void *ctx, const unsigned char *buf, size_t len)
{
    struct connection *c = ctx;
    size_t n = pipe_put(&c->out, buf, len);
    return n > 0 ? (int)n : MBEDTLS_ERR_SSL_WANT_WRITE;
}

static int pipe_receive(void *ctx, unsigned char *buf, size_t cap)
{
    struct connection *c = ctx;
    size_t n = pipe_take(&c->in, buf, cap);
    return n > 0 ? (int)n : MBEDTLS_ERR_SSL_WANT_READ;
}

// ---- the configuration

static int note_name(void *ctx, mbedtls_ssl_context *ssl, const unsigned char *name, size_t len)
{
    struct tls_peer *peer = ctx;
    (void)ssl;
    assert_true(len < sizeof peer->server_name);
    memcpy(peer->server_name, name, len);
    peer->server_name[len] = '\0';
    return 0;
}

static void configure(struct tls_peer *peer)
{
    const char *pem = peer->certificate != NULL ? peer->certificate : peer->own->pem;
    union {
        const mbedtls_pk_context *in;
        mbedtls_pk_context *out;
    } key = {&peer->own->key};
    mbedtls_ssl_config_init(&peer->conf);
    mbedtls_x509_crt_init(&peer->chain);
    mbedtls_x509_crt_init(&peer->clients);
    assert_int_equal(mbedtls_ssl_config_defaults(&peer->conf, MBEDTLS_SSL_IS_SERVER,
                                                 MBEDTLS_SSL_TRANSPORT_STREAM,
                                                 MBEDTLS_SSL_PRESET_DEFAULT),
                     0);
    mbedtls_ssl_conf_rng(&peer->conf, mbedtls_ctr_drbg_random, test_random());
    assert_int_equal(
        mbedtls_x509_crt_parse(&peer->chain, (const unsigned char *)pem, strlen(pem) + 1), 0);
    forget_usage(&peer->chain);
    assert_int_equal(mbedtls_ssl_conf_own_cert(&peer->conf, &peer->chain, key.out), 0);
    mbedtls_ssl_conf_sni(&peer->conf, note_name, peer);
    set_versions(peer);
    if (peer->renegotiate_every > 0)
        mbedtls_ssl_conf_renegotiation(&peer->conf, MBEDTLS_SSL_RENEGOTIATION_ENABLED);
    if (peer->renegotiate_every > 0)
        mbedtls_ssl_conf_renegotiation_enforced(&peer->conf,
                                                MBEDTLS_SSL_RENEGOTIATION_NOT_ENFORCED);
    if (peer->tickets)
        set_tickets(peer);
    if (peer->remembers)
        set_cache(peer);
    if (peer->client_ca != NULL) {
        pem = peer->client_ca->pem;
        assert_int_equal(
            mbedtls_x509_crt_parse(&peer->clients, (const unsigned char *)pem, strlen(pem) + 1), 0);
        mbedtls_ssl_conf_ca_chain(&peer->conf, &peer->clients, NULL);
        mbedtls_ssl_conf_authmode(&peer->conf, MBEDTLS_SSL_VERIFY_REQUIRED);
    }
    peer->ready = true;
}

void tls_peer_done(struct tls_peer *peer)
{
    if (!peer->ready)
        return;
    mbedtls_ssl_config_free(&peer->conf);
    mbedtls_x509_crt_free(&peer->chain);
    mbedtls_x509_crt_free(&peer->clients);
    free_tickets(peer);
    free_cache(peer);
    peer->ready = false;
}

// ---- one connection

static void *peer_open(void *ctx, const char *host, uint16_t port)
{
    struct tls_peer *peer = ctx;
    struct connection *c = calloc(1, sizeof *c);
    assert_non_null(c);
    if (peer->above != NULL) {
        c->above = peer->above->open(peer->above_ctx, host, port);
        if (c->above == NULL) {
            free(c);
            return NULL;
        }
    }
    if (!peer->ready)
        configure(peer);
    peer->error = 0;
    peer->notified = false;
    peer->received_len = 0;
    peer->server_name[0] = '\0';
    memset(peer->client, 0, sizeof peer->client);
    c->peer = peer;
    mbedtls_ssl_init(&c->ssl);
    assert_int_equal(mbedtls_ssl_setup(&c->ssl, &peer->conf), 0);
    mbedtls_ssl_set_bio(&c->ssl, c, pipe_send, pipe_receive, NULL);
    return c;
}

static void note_client(struct connection *c)
{
    const mbedtls_x509_crt *crt = mbedtls_ssl_get_peer_cert(&c->ssl);
    for (const mbedtls_x509_name *n = crt != NULL ? &crt->subject : NULL; n != NULL; n = n->next) {
        if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &n->oid) == 0 && n->val.len < sizeof c->peer->client)
            memcpy(c->peer->client, n->val.p, n->val.len);
    }
}

// An error, or nothing to do now. True if the connection goes on.
static bool goes_on(struct connection *c, int ret)
{
    if (ret == 0 || ret == MBEDTLS_ERR_SSL_WANT_READ || ret == MBEDTLS_ERR_SSL_WANT_WRITE)
        return true;
    c->peer->error = ret;
    c->peer->notified = ret == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY;
    c->ended = true;
    return false;
}

// True if a request ends with the byte at `at` of what was received.
static bool ends_request(const struct tls_peer *peer, size_t at)
{
    if (!peer->http)
        return peer->received[at] == '\n';
    return at >= 3 && memcmp(peer->received + at - 3, "\r\n\r\n", 4) == 0;
}

static void take_requests(struct connection *c)
{
    struct tls_peer *peer = c->peer;
    for (;;) {
        size_t room = sizeof peer->received - peer->received_len;
        char *at = peer->received + peer->received_len;
        assert_true(room > 0);
        int n = mbedtls_ssl_read(&c->ssl, (unsigned char *)at, room);
        if (n <= 0) {
            goes_on(c, n);
            return;
        }
        for (int i = 0; i < n; i++)
            c->lines += ends_request(peer, peer->received_len + (size_t)i);
        peer->received_len += (size_t)n;
        peer->reads++;
        if (peer->renegotiate_every > 0 && peer->reads % peer->renegotiate_every == 0)
            goes_on(c, mbedtls_ssl_renegotiate(&c->ssl));
    }
}

static void end(struct connection *c)
{
    if (c->peer->end == TLS_PEER_STAYS)
        return;
    if (c->peer->end == TLS_PEER_NOTIFIES)
        assert_int_equal(mbedtls_ssl_close_notify(&c->ssl), 0);
    c->ended = true;
}

static void answer_requests(struct connection *c)
{
    const struct tls_peer *peer = c->peer;
    if (c->lines > 0 && c->sent == 0 && peer->warns)
        assert_int_equal(mbedtls_ssl_send_alert_message(&c->ssl, 1, 90), 0);
    while (c->lines > 0 && !c->ended) {
        if (c->out.len + 20000 > PIPE)
            return;
        const unsigned char *at = (const unsigned char *)peer->reply + c->sent;
        int n = peer->reply_len > c->sent
                    ? mbedtls_ssl_write(&c->ssl, at, peer->reply_len - c->sent)
                    : 0;
        if (n < 0) {
            goes_on(c, n);
            return;
        }
        c->sent += (size_t)n;
        if (c->sent < peer->reply_len)
            continue;
        c->sent = 0;
        if (--c->lines == 0)
            end(c);
    }
}

static void pass_up(struct connection *c)
{
    unsigned char bytes[4096];
    int n;
    while ((n = mbedtls_ssl_read(&c->ssl, bytes, sizeof bytes)) > 0)
        assert_int_equal(c->peer->above->feed(c->above, bytes, (size_t)n), n);
    goes_on(c, n);
}

static void pass_down(struct connection *c)
{
    const struct fake_peer *above = c->peer->above;
    unsigned char bytes[4096];
    size_t n = 1;
    while (!c->ended && n > 0 && c->out.len + 20000 <= PIPE) {
        n = above->output(c->above, bytes, sizeof bytes);
        if (n > 0)
            assert_int_equal(mbedtls_ssl_write(&c->ssl, bytes, n), n);
    }
    enum fake_state state = above->state(c->above);
    if (c->ended || state == FAKE_OPEN)
        return;
    if (state == FAKE_CLOSED)
        assert_int_equal(mbedtls_ssl_close_notify(&c->ssl), 0);
    c->ended = true;
}

static void run(struct connection *c)
{
    if (c->ended)
        return;
    if (!c->open) {
        int ret = mbedtls_ssl_handshake(&c->ssl);
        if (ret != 0) {
            goes_on(c, ret);
            return;
        }
        c->open = true;
        c->peer->handshakes++;
        note_client(c);
    }
    if (c->above != NULL) {
        pass_up(c);
        pass_down(c);
        return;
    }
    take_requests(c);
    answer_requests(c);
}

static size_t peer_feed(void *connection, const void *bytes, size_t len)
{
    struct connection *c = connection;
    size_t n = pipe_put(&c->in, bytes, len);
    run(c);
    return n;
}

static size_t peer_output(void *connection, void *buf, size_t cap)
{
    struct connection *c = connection;
    run(c);
    return pipe_take(&c->out, buf, cap);
}

static enum fake_state peer_state(void *connection)
{
    const struct connection *c = connection;
    return c->ended && c->out.len == 0 ? FAKE_CLOSED : FAKE_OPEN;
}

static void peer_close(void *connection)
{
    struct connection *c = connection;
    run(c);
    if (c->above != NULL)
        c->peer->above->close(c->above);
    mbedtls_ssl_free(&c->ssl);
    free(c);
}

static void peer_tick(void *ctx, kedge_time now)
{
    const struct tls_peer *peer = ctx;
    if (peer->above != NULL && peer->above->tick != NULL)
        peer->above->tick(peer->above_ctx, now);
}

static kedge_time peer_next(void *ctx)
{
    const struct tls_peer *peer = ctx;
    bool asked = peer->above != NULL && peer->above->next != NULL;
    return asked ? peer->above->next(peer->above_ctx) : KEDGE_FOREVER;
}

const struct fake_peer tls_peer_ops = {
    .open = peer_open,
    .feed = peer_feed,
    .output = peer_output,
    .state = peer_state,
    .close = peer_close,
    .tick = peer_tick,
    .next = peer_next,
};

// ---- somebody who only sends bytes

static void *raw_open(void *ctx, const char *host, uint16_t port)
{
    struct raw_peer *r = ctx;
    (void)host;
    (void)port;
    r->sent = 0;
    return r;
}

static size_t raw_feed(void *connection, const void *bytes, size_t len)
{
    (void)connection;
    (void)bytes;
    return len;
}

static size_t raw_output(void *connection, void *buf, size_t cap)
{
    struct raw_peer *r = connection;
    if (r->repeats && r->sent == r->len)
        r->sent = 0;
    size_t n = r->len - r->sent < cap ? r->len - r->sent : cap;
    if (n > 0)
        memcpy(buf, r->bytes + r->sent, n);
    r->sent += n;
    return n;
}

static enum fake_state raw_state(void *connection)
{
    const struct raw_peer *r = connection;
    return r->closes && r->sent == r->len ? FAKE_CLOSED : FAKE_OPEN;
}

static void raw_close(void *connection)
{
    (void)connection;
}

const struct fake_peer raw_peer_ops = {
    .open = raw_open,
    .feed = raw_feed,
    .output = raw_output,
    .state = raw_state,
    .close = raw_close,
};
