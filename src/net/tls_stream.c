// SPDX-License-Identifier: Apache-2.0
// tls_stream.c - one TLS connection: mbedTLS behind kedge_stream.
//
//   CLOSED -> CONNECTING -> HANDSHAKE -> OPEN        each -> FAILED on an error
//     ^____________________ close __________________________|
//
// CONNECTING opens the stream below; mbedTLS gets its buffers only after that. FAILED keeps the
// first error and answers it until close (also the orderly end, KEDGE_ERR_CLOSED).
//
// What is unsent: mbedTLS has no public way to tell whether it still holds encrypted bytes, and
// mistakes the rest of an alert for the rest of a write. But it offers them all to each transmit(),
// so `unsent` there follows it exactly.
#include <limits.h>
#include <string.h>

#include "base/wipe.h"
#include "net/host.h"
#include "net/tls_error.h"
#include "net/tls_priv.h"

// ---- where versions of mbedTLS differ

#if MBEDTLS_VERSION_NUMBER >= 0x03000000

static unsigned char last_alert(const mbedtls_ssl_context *ssl)
{
    return ssl->MBEDTLS_PRIVATE(in_msg) != NULL ? ssl->MBEDTLS_PRIVATE(in_msg)[1] : 255;
}

#define NEW_TICKET MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET

#else

static unsigned char last_alert(const mbedtls_ssl_context *ssl)
{
    return ssl->in_msg != NULL ? ssl->in_msg[1] : 255;
}

// No error of 2.28.
#define NEW_TICKET INT_MIN

#endif

// What one call takes from below at most: four records, more than any handshake needs.
enum { BUDGET = 64 * 1024 };

static struct kedge__tls_stream *of(struct kedge_stream *s)
{
    return (struct kedge__tls_stream *)s;
}

static kedge_err fail(struct kedge__tls_stream *t, kedge_err err, const char *problem)
{
    // Perhaps because of the session; the next handshake is a whole one.
    if (t->state == HANDSHAKE)
        kedge__tls_session_drop(t->tls);
    t->state = FAILED;
    t->err = err;
    t->problem = problem;
    return err;
}

// What mbedTLS holds against the server's certificate; 0 also where it never came that far.
static uint32_t verdict(const struct kedge__tls_stream *t)
{
    return t->seen ? mbedtls_ssl_get_verify_result(&t->ssl) : 0;
}

static bool trusted(const struct kedge__tls_stream *t)
{
    bool verified = t->resumed || (t->verified && t->seen);
    return t->tls->insecure || (verified && mbedtls_ssl_get_verify_result(&t->ssl) == 0);
}

// ---- the stream below

static int want(int n)
{
    return n == KEDGE_WANT_READ ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_SSL_WANT_WRITE;
}

// The first error of the stream below, or an answer that its contract does not know.
static void note_error(struct kedge__tls_stream *t, int n)
{
    if (t->below_err == KEDGE_OK)
        t->below_err = n < 0 ? (kedge_err)n : KEDGE_ERR_IO;
}

static void remember_head(struct kedge__tls_stream *t, const unsigned char *buf, size_t len)
{
    size_t room = sizeof t->head - t->head_len;
    size_t n = len < room ? len : room;
    memcpy(t->head + t->head_len, buf, n);
    t->head_len += n;
}

static int receive(void *ctx, unsigned char *buf, size_t len)
{
    struct kedge__tls_stream *t = ctx;
    struct kedge_stream *below = t->stream.below;
    size_t cap = len < t->budget ? len : t->budget;
    if (cap == 0) {
        t->blocked = true;
        return MBEDTLS_ERR_SSL_WANT_READ;
    }
    int n = below->ops->read(below, buf, cap);
    bool not_now = n == KEDGE_WANT_READ || n == KEDGE_WANT_WRITE;
    if (not_now && !t->mute) {
        t->blocked = true;
        return want(n);
    }
    if (n <= 0 || (size_t)n > cap) {
        note_error(t, n);
        return MBEDTLS_ERR_SSL_CONN_EOF;
    }
    t->budget -= (size_t)n;
    remember_head(t, buf, (size_t)n);
    return n;
}

// A peer that refuses us says why in an alert, and closes. Where writing fails, that alert may
// still be there: so mbedTLS is told that all is well until nothing more can be read. (Nor does a
// lost alert of ours hide from the user why mbedTLS sent it.)
static int transmit(void *ctx, const unsigned char *buf, size_t len)
{
    struct kedge__tls_stream *t = ctx;
    struct kedge_stream *below = t->stream.below;
    int n = t->mute ? (int)len : below->ops->write(below, buf, len);
    t->unsent = len;
    if (n == KEDGE_WANT_READ || n == KEDGE_WANT_WRITE) {
        t->blocked = true;
        return want(n);
    }
    if (n <= 0 || (size_t)n > len) {
        note_error(t, n);
        t->mute = true;
        n = (int)len;
    }
    t->unsent -= (size_t)n;
    return n;
}

// ---- how a call ends

static kedge_err speaks_no_tls(struct kedge__tls_stream *t)
{
    if (t->head_len == sizeof t->head && memcmp(t->head, "HTTP/", 5) == 0)
        return fail(t, KEDGE_ERR_TLS, "the peer speaks plain HTTP, not TLS");
    return fail(t, KEDGE_ERR_TLS, "the peer does not speak TLS");
}

// True if the peer began with neither an alert nor a handshake message.
static bool began_otherwise(const struct kedge__tls_stream *t)
{
    return t->head_len > 0 && t->head[0] != MBEDTLS_SSL_MSG_ALERT &&
           t->head[0] != MBEDTLS_SSL_MSG_HANDSHAKE;
}

static kedge_err broke_off(struct kedge__tls_stream *t)
{
    bool plain_end = t->below_err == KEDGE_OK || t->below_err == KEDGE_ERR_CLOSED;
    kedge_err err = plain_end ? KEDGE_ERR_IO : t->below_err;
    if (t->state == HANDSHAKE)
        return fail(t, err, "the connection ended during the TLS handshake");
    return fail(t, err, "the connection ended without a TLS close_notify: it was cut");
}

// An error number of mbedTLS that ends the connection.
static kedge_err give_up(struct kedge__tls_stream *t, int ret)
{
    const char *problem;
    bool no_ca = ret == MBEDTLS_ERR_SSL_CA_CHAIN_REQUIRED;
    if (verdict(t) != 0 && t->state == HANDSHAKE && !no_ca)
        return fail(t, KEDGE_ERR_CERTIFICATE, kedge__tls_flags_text(verdict(t)));
    if (began_otherwise(t))
        return speaks_no_tls(t);
    if (ret == MBEDTLS_ERR_SSL_CONN_EOF)
        return broke_off(t);
    if (ret == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY && t->state == OPEN)
        return fail(t, KEDGE_ERR_CLOSED, "the peer ended TLS in good order");
    if (ret == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE)
        return fail(t, KEDGE_ERR_TLS, kedge__tls_alert_text(last_alert(&t->ssl)));
    kedge_err err = kedge__tls_error(ret, &problem);
    return fail(t, err, problem);
}

// True if mbedTLS wants to be called again at once: it took in a message that is none of our
// business, and there may be more.
static bool go_on(struct kedge__tls_stream *t, int ret)
{
    if (ret == NEW_TICKET)
        kedge__tls_session_ticket(t);
    // 0 is the end, but also what is left of two empty records.
    if (ret == 0)
        return t->below_err == KEDGE_OK;
    return ret == NEW_TICKET || (ret == MBEDTLS_ERR_SSL_WANT_READ && !t->blocked);
}

// Any other number that is no success: not now, or never.
static kedge_err answer(struct kedge__tls_stream *t, int ret)
{
    switch (ret) {
    case MBEDTLS_ERR_SSL_WANT_READ:
        return KEDGE_WANT_READ;
    case MBEDTLS_ERR_SSL_WANT_WRITE:
    // A build that cuts long computations into pieces: the stream is ready to write at once.
    case MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS:
    case MBEDTLS_ERR_SSL_ASYNC_IN_PROGRESS:
        return KEDGE_WANT_WRITE;
    default:
        return give_up(t, ret);
    }
}

// Writing has failed: looks whether the peer has said why. Data that it may have sent is lost.
static kedge_err last_words(struct kedge__tls_stream *t)
{
    unsigned char scrap[64];
    int ret;
    do
        ret = mbedtls_ssl_read(&t->ssl, scrap, sizeof scrap);
    while (ret > 0 || go_on(t, ret));
    return give_up(t, ret == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE ? ret : MBEDTLS_ERR_SSL_CONN_EOF);
}

static void begin_call(struct kedge__tls_stream *t)
{
    t->blocked = false;
    t->budget = BUDGET;
}

// ---- open

static kedge_err take_name(struct kedge__tls_stream *t, const char *host)
{
    bool own = t->server_name != NULL && t->server_name[0] != '\0';
    kedge_str name = kedge__host_trim(kedge_str_of(own ? t->server_name : host));
    if (name.len == 0 || name.len > NAME_MAX_LEN)
        return fail(t, KEDGE_ERR_ARGUMENT, "the server name is empty or longer than 253 bytes");
    memcpy(t->name, name.ptr, name.len);
    t->name[name.len] = '\0';
    t->name_len = name.len;
    t->ip_len = kedge__host_ip(name, t->ip);
    return KEDGE_OK;
}

static kedge_err step_closed(struct kedge__tls_stream *t, const char *host)
{
    t->problem = "";
    t->err = KEDGE_ERR_STATE;
    t->below_err = KEDGE_OK;
    t->unsent = t->pending = 0;
    t->head_len = 0;
    t->verified = t->seen = t->undated = t->mute = false;
    kedge_err err = take_name(t, host);
    if (err == KEDGE_OK)
        t->state = CONNECTING;
    return err;
}

static kedge_err step_connecting(struct kedge__tls_stream *t, const char *host, uint16_t port)
{
    struct kedge_stream *below = t->stream.below;
    kedge_err err = below->ops->open(below, host, port);
    if (err == KEDGE_WANT_READ || err == KEDGE_WANT_WRITE)
        return err;
    if (err != KEDGE_OK)
        return fail(t, err, "the connection below TLS could not be opened");

    // An IP address is no server name (RFC 6066): NULL says so, and kedge__tls_verify checks it.
    int ret = mbedtls_ssl_setup(&t->ssl, &t->tls->conf);
    if (ret == 0)
        ret = mbedtls_ssl_set_hostname(&t->ssl, t->ip_len > 0 ? NULL : t->name);
    if (ret != 0)
        return give_up(t, ret);
    mbedtls_ssl_set_verify(&t->ssl, kedge__tls_verify, t);
    mbedtls_ssl_set_bio(&t->ssl, t, transmit, receive, NULL);
    kedge__tls_session_offer(t, host, port);
    t->state = HANDSHAKE;
    return KEDGE_OK;
}

static kedge_err step_handshake(struct kedge__tls_stream *t)
{
    int ret = mbedtls_ssl_handshake(&t->ssl);
    if (ret != 0)
        return go_on(t, ret) ? KEDGE_OK : answer(t, ret);
    if (t->mute)
        return last_words(t);
    kedge__tls_session_look(t);
    if (!trusted(t))
        return fail(t, KEDGE_ERR_CERTIFICATE, kedge__tls_flags_text(verdict(t)));
    t->state = OPEN;
    kedge__tls_session_open(t);
    return KEDGE_OK;
}

static kedge_err open_step(struct kedge__tls_stream *t, const char *host, uint16_t port)
{
    switch (t->state) {
    case CLOSED:
        return step_closed(t, host);
    case CONNECTING:
        return step_connecting(t, host, port);
    case HANDSHAKE:
        return step_handshake(t);
    default:
        return t->err;
    }
}

static kedge_err tls_open(struct kedge_stream *s, const char *host, uint16_t port)
{
    struct kedge__tls_stream *t = of(s);
    kedge_err err = KEDGE_OK;
    begin_call(t);
    while (t->state != OPEN && err == KEDGE_OK)
        err = open_step(t, host, port);
    return err;
}

// ---- read and write

// Why a call that needs an open stream cannot be served; KEDGE_OK if it can.
static kedge_err not_open(const struct kedge__tls_stream *t, const void *buf, size_t len)
{
    if (t->state == FAILED)
        return t->err;
    if (t->state != OPEN)
        return KEDGE_ERR_STATE;
    return buf == NULL || len == 0 ? KEDGE_ERR_ARGUMENT : KEDGE_OK;
}

static int tls_read(struct kedge_stream *s, void *buf, size_t cap)
{
    struct kedge__tls_stream *t = of(s);
    kedge_err err = not_open(t, buf, cap);
    if (err != KEDGE_OK)
        return err;

    begin_call(t);
    size_t len = cap < INT_MAX ? cap : INT_MAX;
    int ret = mbedtls_ssl_read(&t->ssl, buf, len);
    while (go_on(t, ret))
        ret = mbedtls_ssl_read(&t->ssl, buf, len);
    // 0: the end, as mbedTLS puts MBEDTLS_ERR_SSL_CONN_EOF here.
    return ret > 0 ? ret : (int)answer(t, ret == 0 ? MBEDTLS_ERR_SSL_CONN_EOF : ret);
}

// Sends what mbedTLS still holds of something that is no write of ours (an alert that reading
// called for): a call for another alert sends what is left and, only as there is something, nothing
// else.
static int flush(struct kedge__tls_stream *t)
{
    while (t->unsent > 0) {
        int ret = mbedtls_ssl_send_alert_message(&t->ssl, MBEDTLS_SSL_ALERT_LEVEL_WARNING,
                                                 MBEDTLS_SSL_ALERT_MSG_NO_RENEGOTIATION);
        if (ret != 0)
            return ret;
    }
    return 0;
}

static int write_pending(struct kedge__tls_stream *t, const void *buf)
{
    // A read may have sent the rest.
    int ret = t->unsent > 0 ? mbedtls_ssl_write(&t->ssl, buf, t->pending) : (int)t->pending;
    if (ret > 0)
        t->pending = 0;
    return ret;
}

static int write_record(struct kedge__tls_stream *t, const void *buf, size_t len)
{
    int max = mbedtls_ssl_get_max_out_record_payload(&t->ssl);
    if (max <= 0)
        return max < 0 ? max : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
    int ret = flush(t);
    if (ret != 0)
        return ret;
    size_t n = len < (size_t)max ? len : (size_t)max;
    ret = mbedtls_ssl_write(&t->ssl, buf, n);
    if (ret < 0 && t->unsent > 0)
        t->pending = n;
    return ret;
}

static int write_some(struct kedge__tls_stream *t, const void *buf, size_t len)
{
    return t->pending > 0 ? write_pending(t, buf) : write_record(t, buf, len);
}

static int tls_write(struct kedge_stream *s, const void *buf, size_t len)
{
    struct kedge__tls_stream *t = of(s);
    kedge_err err = not_open(t, buf, len);
    if (err != KEDGE_OK)
        return err;
    if (len < t->pending)
        return KEDGE_ERR_ARGUMENT;

    begin_call(t);
    int ret = write_some(t, buf, len);
    // mbedTLS 3 reads on in a write, too, where a ticket has come in part; it then has sent what
    // was pending, and written nothing of what is new.
    while (ret == NEW_TICKET) {
        kedge__tls_session_ticket(t);
        ret = write_some(t, buf, len);
    }
    if (t->mute)
        return last_words(t);
    return ret > 0 ? ret : (int)answer(t, ret == 0 ? MBEDTLS_ERR_SSL_INTERNAL_ERROR : ret);
}

// ---- close

// Best effort: what is unsent first, for a close_notify in the middle of a record is none.
static void say_goodbye(struct kedge__tls_stream *t)
{
    if (t->state == OPEN && flush(t) == 0)
        (void)mbedtls_ssl_close_notify(&t->ssl);
}

static void tls_close(struct kedge_stream *s)
{
    struct kedge__tls_stream *t = of(s);
    if (t->state == CLOSED)
        return;
    begin_call(t);
    say_goodbye(t);
    mbedtls_ssl_free(&t->ssl);
    mbedtls_ssl_init(&t->ssl);
    kedge__wipe(t->secret, sizeof t->secret);
    t->stream.below->ops->close(t->stream.below);
    t->state = CLOSED;
}

// ---- the stream

static const struct kedge_stream_ops tls_ops = {tls_open, tls_read, tls_write, tls_close};

size_t kedge_tls_stream_size(void)
{
    return sizeof(struct kedge__tls_stream);
}

struct kedge_stream *kedge_tls_stream_init(void *memory, struct kedge_tls *tls,
                                           struct kedge_stream *below, const char *server_name)
{
    if (memory == NULL || tls == NULL || below == NULL)
        return NULL;
    struct kedge__tls_stream *t = memory;
    memset(t, 0, sizeof *t);
    t->stream.ops = &tls_ops;
    t->stream.below = below;
    t->tls = tls;
    t->server_name = server_name;
    t->state = CLOSED;
    t->problem = "";
    mbedtls_ssl_init(&t->ssl);
    return &t->stream;
}

kedge_err kedge_tls_check_dates(struct kedge_stream *s, kedge_timestamp now)
{
    if (s == NULL || s->ops != &tls_ops)
        return KEDGE_OK;
    struct kedge__tls_stream *t = of(s);
    if (t->state != OPEN)
        return t->state == FAILED ? t->err : KEDGE_ERR_STATE;
    if (!t->undated || t->tls->insecure)
        return KEDGE_OK;
    uint32_t flags = 0;
    if (now <= 0)
        flags = MBEDTLS_X509_BADCERT_OTHER;
    else if (now / 1000000 > t->validity.not_after)
        flags = MBEDTLS_X509_BADCERT_EXPIRED;
    else if (now / 1000000 < t->validity.not_before)
        flags = MBEDTLS_X509_BADCERT_FUTURE;
    t->undated = false;
    if (flags == 0)
        return KEDGE_OK;
    kedge__tls_session_drop(t->tls);
    return fail(t, KEDGE_ERR_CERTIFICATE, kedge__tls_flags_text(flags));
}

const char *kedge_tls_problem(const struct kedge_stream *s)
{
    return s != NULL ? ((const struct kedge__tls_stream *)s)->problem : "";
}
