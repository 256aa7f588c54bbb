// SPDX-License-Identifier: Apache-2.0
// tls.c - mbedTLS 2.28 and 3.6 behind kedge_stream.
//
//   CLOSED -> CONNECTING -> HANDSHAKE -> OPEN        each -> FAILED on an error
//     ^____________________ close __________________________|
//
// CONNECTING opens the stream below; mbedTLS gets its buffers only after that. FAILED keeps the first
// error and answers it until close (also the orderly end, KEDGE_ERR_CLOSED).
//
// Who checks the server: mbedTLS builds the chain and judges signatures, keys, usage and, for DNS
// names, the name. Our callback judges each certificate's dates by the port's clock and the name or
// address by the subjectAltName alone: mbedTLS 2.28 knows no IP addresses, and both versions look at
// the common name where there is no subjectAltName. The handshake counts only if both agreed and the
// callback has seen the server's own certificate.
//
// What is unsent: mbedTLS has no public way to tell whether it still holds encrypted bytes, and
// mistakes the rest of an alert for the rest of a write. But it offers them all to each transmit(),
// so `unsent` there follows it exactly.
#include "kedge/tls.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

#include <mbedtls/version.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#if defined(MBEDTLS_MEMORY_BUFFER_ALLOC_C)
#include <mbedtls/memory_buffer_alloc.h>
#endif
#if defined(MBEDTLS_USE_PSA_CRYPTO) || defined(MBEDTLS_SSL_PROTO_TLS1_3)
#include <psa/crypto.h>
#endif

#include "base/wipe.h"
#include "net/host.h"
#include "net/tls_error.h"

// ---- where versions and builds of mbedTLS differ --------------------------------------------

typedef int random_function(void *, unsigned char *, size_t);

#if MBEDTLS_VERSION_NUMBER >= 0x03000000

static int parse_key(mbedtls_pk_context *key, kedge_str text, random_function *f, void *ctx)
{
    return mbedtls_pk_parse_key(key, (const unsigned char *)text.ptr, text.len, NULL, 0, f, ctx);
}

static int check_pair(const mbedtls_pk_context *pub, const mbedtls_pk_context *key,
                      random_function *f, void *ctx)
{
    return mbedtls_pk_check_pair(pub, key, f, ctx);
}

static void require_tls12(mbedtls_ssl_config *conf)
{
    mbedtls_ssl_conf_min_tls_version(conf, MBEDTLS_SSL_VERSION_TLS1_2);
}

static unsigned char last_alert(const mbedtls_ssl_context *ssl)
{
    return ssl->MBEDTLS_PRIVATE(in_msg) != NULL ? ssl->MBEDTLS_PRIVATE(in_msg)[1] : 255;
}

#define NEW_TICKET MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET

#elif MBEDTLS_VERSION_NUMBER >= 0x021c0000

static int parse_key(mbedtls_pk_context *key, kedge_str text, random_function *f, void *ctx)
{
    (void)f;
    (void)ctx;
    return mbedtls_pk_parse_key(key, (const unsigned char *)text.ptr, text.len, NULL, 0);
}

static int check_pair(const mbedtls_pk_context *pub, const mbedtls_pk_context *key,
                      random_function *f, void *ctx)
{
    (void)f;
    (void)ctx;
    return mbedtls_pk_check_pair(pub, key);
}

static void require_tls12(mbedtls_ssl_config *conf)
{
    mbedtls_ssl_conf_min_version(conf, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
}

static unsigned char last_alert(const mbedtls_ssl_context *ssl)
{
    return ssl->in_msg != NULL ? ssl->in_msg[1] : 255;
}

#define NEW_TICKET MBEDTLS_ERR_SSL_WANT_READ

#else
#error "mbedTLS 2.28 or 3.6 is needed; use TLS=0 for a build without TLS"
#endif

#if defined(MBEDTLS_USE_PSA_CRYPTO) || defined(MBEDTLS_SSL_PROTO_TLS1_3)
// Starting what has started does nothing. It is never ended: other parts of the program may use it.
static kedge_err start_psa(void)
{
    switch (psa_crypto_init()) {
    case PSA_SUCCESS:
        return KEDGE_OK;
    case PSA_ERROR_INSUFFICIENT_MEMORY:
        return KEDGE_ERR_MEMORY;
    default:
        return KEDGE_ERR_ENTROPY;
    }
}
#else
static kedge_err start_psa(void)
{
    return KEDGE_OK;
}
#endif

#if defined(MBEDTLS_SSL_RENEGOTIATION)
static void refuse_renegotiation(mbedtls_ssl_config *conf)
{
    mbedtls_ssl_conf_renegotiation(conf, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
    mbedtls_ssl_conf_legacy_renegotiation(conf, MBEDTLS_SSL_LEGACY_NO_RENEGOTIATION);
}
#else
static void refuse_renegotiation(mbedtls_ssl_config *conf)
{
    mbedtls_ssl_conf_legacy_renegotiation(conf, MBEDTLS_SSL_LEGACY_NO_RENEGOTIATION);
}
#endif

#if defined(MBEDTLS_SSL_SESSION_TICKETS)
static void refuse_tickets(mbedtls_ssl_config *conf)
{
    mbedtls_ssl_conf_session_tickets(conf, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
}
#else
static void refuse_tickets(mbedtls_ssl_config *conf)
{
    (void)conf;
}
#endif

#if defined(MBEDTLS_HAVE_TIME_DATE)
enum { MBEDTLS_KNOWS_THE_DATE = 1 };
#else
enum { MBEDTLS_KNOWS_THE_DATE = 0 };
#endif

#if defined(MBEDTLS_MEMORY_BUFFER_ALLOC_C) && defined(MBEDTLS_PLATFORM_MEMORY)
kedge_err kedge_tls_heap(void *memory, size_t len)
{
    if (memory == NULL || len < 1024)
        return KEDGE_ERR_ARGUMENT;
    mbedtls_memory_buffer_alloc_init(memory, len);
    return KEDGE_OK;
}
#else
kedge_err kedge_tls_heap(void *memory, size_t len)
{
    return memory == NULL || len < 1024 ? KEDGE_ERR_ARGUMENT : KEDGE_ERR_UNSUPPORTED;
}
#endif

// ---- what connections share -----------------------------------------------------------------

struct kedge_tls {
    const struct kedge_port *port;
    mbedtls_ctr_drbg_context random;
    mbedtls_x509_crt ca;
    mbedtls_x509_crt certificate;
    mbedtls_pk_context key;
    mbedtls_ssl_config conf;
    bool insecure;
};

// What can be wrong with a text that should hold certificates or a key.
struct complaints {
    const char *marker; // of a PEM block that is one
    const char *no_pem;
    const char *none;
    const char *malformed;
    const char *no_nul;
};

static const struct complaints ca_complaints = {
    "-----BEGIN CERTIFICATE-----",
    "the CA is neither PEM nor DER: there is no PEM block in it",
    "the CA has PEM blocks, but no certificate among them",
    "the CA holds a certificate that cannot be parsed",
    "the CA is PEM without a NUL behind it",
};

static const struct complaints certificate_complaints = {
    "-----BEGIN CERTIFICATE-----",
    "the client certificate is neither PEM nor DER: there is no PEM block in it",
    "the client certificate has PEM blocks, but no certificate among them",
    "the client certificate, or one of its chain, cannot be parsed",
    "the client certificate is PEM without a NUL behind it",
};

static const struct complaints key_complaints = {
    "PRIVATE KEY-----",
    "the client key is neither PEM nor DER: there is no PEM block in it",
    "the client key has PEM blocks, but no private key among them",
    "the client key cannot be parsed, or is of a kind other than RSA and ECDSA",
    "the client key is PEM without a NUL behind it",
};

static bool contains(kedge_str text, const char *what)
{
    size_t len = strlen(what);
    for (size_t i = 0; i + len <= text.len; i++) {
        if (memcmp(text.ptr + i, what, len) == 0)
            return true;
    }
    return false;
}

// An ASN.1 sequence of more than 127 bytes: no text begins so.
static bool looks_like_der(kedge_str text)
{
    return text.len > 2 && text.ptr[0] == 0x30 && ((unsigned char)text.ptr[1] & 0x80) != 0;
}

// Makes of the slice what mbedTLS takes: PEM with its NUL counted, DER as it is. NULL, or what is
// wrong.
static const char *as_mbedtls_likes(kedge_str *text, const struct complaints *c)
{
    if (looks_like_der(*text))
        return NULL;
    if (!contains(*text, "-----BEGIN"))
        return c->no_pem;
    if (!contains(*text, c->marker))
        return c->none;
    if (text->ptr[text->len - 1] == '\0')
        return NULL;
    if (text->ptr[text->len] != '\0')
        return c->no_nul;
    text->len++;
    return NULL;
}

static kedge_err parse_failure(int ret, const char *malformed, const char **problem)
{
    *problem = malformed;
    if (!kedge__tls_is_memory(ret))
        return KEDGE_ERR_CONFIG;
    *problem = "mbedTLS could not allocate memory";
    return KEDGE_ERR_MEMORY;
}

// `all`: a certificate that cannot be parsed is an error also where another one can.
static kedge_err read_certificates(mbedtls_x509_crt *list, kedge_str text, bool all,
                                   const struct complaints *c, const char **problem)
{
    if (text.len == 0)
        return KEDGE_OK;
    *problem = as_mbedtls_likes(&text, c);
    if (*problem != NULL)
        return KEDGE_ERR_CONFIG;
    int ret = mbedtls_x509_crt_parse(list, (const unsigned char *)text.ptr, text.len);
    if (ret < 0 || (ret > 0 && all))
        return parse_failure(ret, c->malformed, problem);
    return KEDGE_OK;
}

static kedge_err read_key(struct kedge_tls *tls, kedge_str text, const char **problem)
{
    if (text.len == 0)
        return KEDGE_OK;
    *problem = as_mbedtls_likes(&text, &key_complaints);
    if (*problem != NULL)
        return KEDGE_ERR_CONFIG;
    int ret = parse_key(&tls->key, text, mbedtls_ctr_drbg_random, &tls->random);
    if (ret == MBEDTLS_ERR_PK_PASSWORD_REQUIRED || ret == MBEDTLS_ERR_PK_PASSWORD_MISMATCH)
        return parse_failure(ret, "the client key is encrypted: decrypt it first", problem);
    if (ret != 0)
        return parse_failure(ret, key_complaints.malformed, problem);

    ret = check_pair(&tls->certificate.pk, &tls->key, mbedtls_ctr_drbg_random, &tls->random);
    if (ret != 0)
        return parse_failure(ret, "the client key does not fit the client certificate", problem);
    return KEDGE_OK;
}

static const char *contradiction(const struct kedge_tls_options *options)
{
    if (options->insecure && options->ca.len > 0)
        return "a CA and insecure-skip-tls-verify exclude each other";
    if (options->certificate.len > 0 && options->key.len == 0)
        return "there is a client certificate, but no client key";
    if (options->certificate.len == 0 && options->key.len > 0)
        return "there is a client key, but no client certificate";
    return NULL;
}

static int entropy(void *ctx, unsigned char *buf, size_t len)
{
    const struct kedge_port *port = ctx;
    if (port->entropy(port, buf, len) != KEDGE_OK)
        return MBEDTLS_ERR_CTR_DRBG_ENTROPY_SOURCE_FAILED;
    return 0;
}

static kedge_err start_random(struct kedge_tls *tls, const char **problem)
{
    *problem = "the port has no random bytes";
    // mbedTLS hands the pointer back as it got it; entropy() makes it const again.
    union {
        const struct kedge_port *in;
        void *out;
    } port = {tls->port};
    if (mbedtls_ctr_drbg_seed(&tls->random, entropy, port.out, NULL, 0) != 0)
        return KEDGE_ERR_ENTROPY;

    *problem = "the PSA part of mbedTLS could not be started";
    kedge_err err = start_psa();
    if (err == KEDGE_OK)
        *problem = NULL;
    return err;
}

static kedge_err configure(struct kedge_tls *tls, const struct kedge_tls_options *options,
                           const char **problem)
{
    int ret = mbedtls_ssl_config_defaults(&tls->conf, MBEDTLS_SSL_IS_CLIENT,
                                          MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
    if (ret == 0 && options->key.len > 0)
        ret = mbedtls_ssl_conf_own_cert(&tls->conf, &tls->certificate, &tls->key);
    if (ret != 0)
        return parse_failure(ret, "mbedTLS refuses the configuration", problem);

    mbedtls_ssl_conf_authmode(&tls->conf, tls->insecure ? MBEDTLS_SSL_VERIFY_NONE
                                                        : MBEDTLS_SSL_VERIFY_REQUIRED);
    if (options->ca.len > 0)
        mbedtls_ssl_conf_ca_chain(&tls->conf, &tls->ca, NULL);
    mbedtls_ssl_conf_rng(&tls->conf, mbedtls_ctr_drbg_random, &tls->random);
    require_tls12(&tls->conf);
    refuse_renegotiation(&tls->conf);
    refuse_tickets(&tls->conf);
    return KEDGE_OK;
}

static kedge_err prepare(struct kedge_tls *tls, const struct kedge_tls_options *options,
                         const char **problem)
{
    *problem = contradiction(options);
    if (*problem != NULL)
        return KEDGE_ERR_CONFIG;
    kedge_err err = start_random(tls, problem);
    if (err == KEDGE_OK)
        err = read_certificates(&tls->ca, options->ca, false, &ca_complaints, problem);
    if (err == KEDGE_OK)
        err = read_certificates(&tls->certificate, options->certificate, true,
                                &certificate_complaints, problem);
    if (err == KEDGE_OK)
        err = read_key(tls, options->key, problem);
    if (err == KEDGE_OK)
        err = configure(tls, options, problem);
    return err;
}

size_t kedge_tls_size(void)
{
    return sizeof(struct kedge_tls);
}

kedge_err kedge_tls_init(void *memory, const struct kedge_tls_options *options,
                         struct kedge_tls **out, const char **problem)
{
    const char *unread;
    if (problem == NULL)
        problem = &unread;
    *problem = "an argument of kedge_tls_init is NULL";
    if (out != NULL)
        *out = NULL;
    if (memory == NULL || options == NULL || options->port == NULL || out == NULL)
        return KEDGE_ERR_ARGUMENT;

    struct kedge_tls *tls = memory;
    memset(tls, 0, sizeof *tls);
    tls->port = options->port;
    tls->insecure = options->insecure;
    mbedtls_ctr_drbg_init(&tls->random);
    mbedtls_x509_crt_init(&tls->ca);
    mbedtls_x509_crt_init(&tls->certificate);
    mbedtls_pk_init(&tls->key);
    mbedtls_ssl_config_init(&tls->conf);

    kedge_err err = prepare(tls, options, problem);
    if (err != KEDGE_OK) {
        kedge_tls_free(tls);
        return err;
    }
    *out = tls;
    *problem = NULL;
    return KEDGE_OK;
}

void kedge_tls_free(struct kedge_tls *tls)
{
    if (tls == NULL)
        return;
    mbedtls_ssl_config_free(&tls->conf);
    mbedtls_pk_free(&tls->key);
    mbedtls_x509_crt_free(&tls->certificate);
    mbedtls_x509_crt_free(&tls->ca);
    mbedtls_ctr_drbg_free(&tls->random);
    kedge__wipe(tls, sizeof *tls);
}

// ---- one connection -------------------------------------------------------------------------

// Longest DNS name.
enum { NAME_MAX_LEN = 253 };

// What one call takes from below at most: four records, more than any handshake needs.
enum { BUDGET = 64 * 1024 };

enum state { CLOSED, CONNECTING, HANDSHAKE, OPEN, FAILED };

struct tls_stream {
    struct kedge_stream stream; // first: what the user holds
    struct kedge_tls *tls;
    const char *server_name;
    mbedtls_ssl_context ssl;
    enum state state;
    kedge_err err;       // FAILED: why
    const char *problem; // FAILED: why, in words; kept until the next open

    kedge_err below_err; // what the stream below failed with
    bool blocked;        // the stream below had nothing more in this call
    size_t budget;       // bytes that this call may still take from below
    size_t unsent;       // encrypted bytes that mbedTLS still holds
    size_t pending;      // bytes of the write that is among these; 0: none
    unsigned char head[5]; // the first bytes the peer sent
    size_t head_len;

    bool verified;    // the callback has seen the server's own certificate and accepts it
    bool seen;        // the callback has seen it
    size_t ip_len;    // the name is an address of so many bytes; 0: it is a name
    unsigned char ip[16];
    size_t name_len;
    char name[NAME_MAX_LEN + 1];
};

static struct tls_stream *of(struct kedge_stream *s)
{
    return (struct tls_stream *)s;
}

static kedge_err fail(struct tls_stream *t, kedge_err err, const char *problem)
{
    t->state = FAILED;
    t->err = err;
    t->problem = problem;
    return err;
}

// ---- verification

// Days from 1970-01-01 to a day of the Gregorian calendar, for years from 1 on.
static int64_t days(const mbedtls_x509_time *when)
{
    static const int before[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t year = when->year;
    int month = when->mon >= 1 && when->mon <= 12 ? when->mon : 1;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    int64_t past = year - 1;
    return past * 365 + past / 4 - past / 100 + past / 400 - 719162 + before[month - 1] +
           (leap && month > 2 ? 1 : 0) + when->day - 1;
}

static int64_t seconds(const mbedtls_x509_time *when)
{
    return ((days(when) * 24 + when->hour) * 60 + when->min) * 60 + when->sec;
}

// The port's clock is right where there is one, also where mbedTLS asks another.
static void judge_dates(const struct tls_stream *t, const mbedtls_x509_crt *crt, uint32_t *flags)
{
    const struct kedge_port *port = t->tls->port;
    kedge_timestamp now = port->wall_clock(port);
    if (now <= 0) {
        if (!MBEDTLS_KNOWS_THE_DATE)
            *flags |= MBEDTLS_X509_BADCERT_OTHER;
        return;
    }
    *flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
    if (now / 1000000 > seconds(&crt->valid_to))
        *flags |= MBEDTLS_X509_BADCERT_EXPIRED;
    if (now / 1000000 < seconds(&crt->valid_from))
        *flags |= MBEDTLS_X509_BADCERT_FUTURE;
}

static bool san_is_for(const struct tls_stream *t, const mbedtls_x509_buf *san)
{
    unsigned kind = (unsigned)san->tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
    if (t->ip_len > 0)
        return kind == MBEDTLS_X509_SAN_IP_ADDRESS && san->len == t->ip_len &&
               memcmp(san->p, t->ip, t->ip_len) == 0;

    kedge_str pattern = {(const char *)san->p, san->len};
    kedge_str name = {t->name, t->name_len};
    return kind == MBEDTLS_X509_SAN_DNS_NAME && kedge__host_matches(pattern, name);
}

static bool is_for_the_name(const struct tls_stream *t, const mbedtls_x509_crt *crt)
{
    // The list's head is part of the certificate and empty where there is no subjectAltName.
    for (const mbedtls_x509_sequence *san = &crt->subject_alt_names; san != NULL; san = san->next) {
        if (san->buf.p != NULL && san_is_for(t, &san->buf))
            return true;
    }
    return false;
}

// mbedTLS calls it for each certificate of the chain, the server's own (depth 0) last.
static int verify(void *ctx, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    struct tls_stream *t = ctx;
    judge_dates(t, crt, flags);
    if (depth > 0)
        return 0;
    t->seen = true;
    t->verified = is_for_the_name(t, crt);
    if (!t->verified)
        *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
    return 0;
}

// What mbedTLS holds against the server's certificate; 0 also where it never came that far.
static uint32_t verdict(const struct tls_stream *t)
{
    return t->seen ? mbedtls_ssl_get_verify_result(&t->ssl) : 0;
}

static bool trusted(const struct tls_stream *t)
{
    return t->tls->insecure ||
           (t->verified && t->seen && mbedtls_ssl_get_verify_result(&t->ssl) == 0);
}

// ---- the stream below

static int want(int n)
{
    return n == KEDGE_WANT_READ ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_SSL_WANT_WRITE;
}

// An error of the stream below, or an answer that its contract does not know.
static int broken(struct tls_stream *t, int n)
{
    t->below_err = n < 0 ? (kedge_err)n : KEDGE_ERR_IO;
    return MBEDTLS_ERR_SSL_CONN_EOF;
}

static void remember_head(struct tls_stream *t, const unsigned char *buf, size_t len)
{
    size_t room = sizeof t->head - t->head_len;
    size_t n = len < room ? len : room;
    memcpy(t->head + t->head_len, buf, n);
    t->head_len += n;
}

static int receive(void *ctx, unsigned char *buf, size_t len)
{
    struct tls_stream *t = ctx;
    struct kedge_stream *below = t->stream.below;
    size_t cap = len < t->budget ? len : t->budget;
    if (cap == 0) {
        t->blocked = true;
        return MBEDTLS_ERR_SSL_WANT_READ;
    }
    int n = below->ops->read(below, buf, cap);
    if (n == KEDGE_WANT_READ || n == KEDGE_WANT_WRITE) {
        t->blocked = true;
        return want(n);
    }
    if (n <= 0 || (size_t)n > cap)
        return broken(t, n);
    t->budget -= (size_t)n;
    remember_head(t, buf, (size_t)n);
    return n;
}

static int transmit(void *ctx, const unsigned char *buf, size_t len)
{
    struct tls_stream *t = ctx;
    struct kedge_stream *below = t->stream.below;
    t->unsent = len;
    int n = below->ops->write(below, buf, len);
    if (n == KEDGE_WANT_READ || n == KEDGE_WANT_WRITE) {
        t->blocked = true;
        return want(n);
    }
    if (n <= 0 || (size_t)n > len)
        return broken(t, n);
    t->unsent -= (size_t)n;
    return n;
}

// ---- how a call ends

static kedge_err speaks_no_tls(struct tls_stream *t)
{
    if (t->head_len == sizeof t->head && memcmp(t->head, "HTTP/", 5) == 0)
        return fail(t, KEDGE_ERR_TLS, "the peer speaks plain HTTP, not TLS");
    return fail(t, KEDGE_ERR_TLS, "the peer does not speak TLS");
}

// True if the peer began with neither an alert nor a handshake message.
static bool began_otherwise(const struct tls_stream *t)
{
    return t->head_len > 0 && t->head[0] != MBEDTLS_SSL_MSG_ALERT &&
           t->head[0] != MBEDTLS_SSL_MSG_HANDSHAKE;
}

static kedge_err broke_off(struct tls_stream *t)
{
    if (t->state == HANDSHAKE)
        return fail(t, t->below_err == KEDGE_ERR_CLOSED ? KEDGE_ERR_IO : t->below_err,
                    "the connection ended during the TLS handshake");
    return fail(t, t->below_err == KEDGE_ERR_CLOSED ? KEDGE_ERR_IO : t->below_err,
                "the connection ended without a TLS close_notify: it was cut");
}

// An error number of mbedTLS that ends the connection.
static kedge_err give_up(struct tls_stream *t, int ret)
{
    const char *problem;
    if (verdict(t) != 0 && t->state == HANDSHAKE)
        return fail(t, KEDGE_ERR_CERTIFICATE, kedge__tls_flags_text(verdict(t)));
    if (t->below_err != KEDGE_OK)
        return broke_off(t);
    if (ret == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY && t->state == OPEN)
        return fail(t, KEDGE_ERR_CLOSED, "the peer ended TLS in good order");
    if (ret == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE)
        return fail(t, KEDGE_ERR_TLS, kedge__tls_alert_text(last_alert(&t->ssl)));
    if (began_otherwise(t))
        return speaks_no_tls(t);
    kedge_err err = kedge__tls_error(ret, &problem);
    return fail(t, err, problem);
}

// True if mbedTLS wants to be called again at once: it took in a message that is none of our
// business, and there may be more.
static bool go_on(const struct tls_stream *t, int ret)
{
    return ret == NEW_TICKET || (ret == MBEDTLS_ERR_SSL_WANT_READ && !t->blocked);
}

// Any other number that is no success: not now, or never.
static kedge_err answer(struct tls_stream *t, int ret)
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

static void begin_call(struct tls_stream *t)
{
    t->blocked = false;
    t->budget = BUDGET;
}

// ---- open

static kedge_err take_name(struct tls_stream *t, const char *host)
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

static kedge_err step_closed(struct tls_stream *t, const char *host)
{
    t->problem = "";
    t->err = KEDGE_ERR_STATE;
    t->below_err = KEDGE_OK;
    t->unsent = t->pending = 0;
    t->head_len = 0;
    t->verified = t->seen = false;
    kedge_err err = take_name(t, host);
    if (err == KEDGE_OK)
        t->state = CONNECTING;
    return err;
}

static kedge_err step_connecting(struct tls_stream *t, const char *host, uint16_t port)
{
    struct kedge_stream *below = t->stream.below;
    kedge_err err = below->ops->open(below, host, port);
    if (err == KEDGE_WANT_READ || err == KEDGE_WANT_WRITE)
        return err;
    if (err != KEDGE_OK)
        return fail(t, err, "the connection below TLS could not be opened");

    // An IP address is no server name (RFC 6066): NULL says so, and verify() checks it.
    int ret = mbedtls_ssl_setup(&t->ssl, &t->tls->conf);
    if (ret == 0)
        ret = mbedtls_ssl_set_hostname(&t->ssl, t->ip_len > 0 ? NULL : t->name);
    if (ret != 0)
        return give_up(t, ret);
    mbedtls_ssl_set_verify(&t->ssl, verify, t);
    mbedtls_ssl_set_bio(&t->ssl, t, transmit, receive, NULL);
    t->state = HANDSHAKE;
    return KEDGE_OK;
}

static kedge_err step_handshake(struct tls_stream *t)
{
    int ret = mbedtls_ssl_handshake(&t->ssl);
    if (ret != 0)
        return go_on(t, ret) ? KEDGE_OK : answer(t, ret);
    if (!trusted(t))
        return fail(t, KEDGE_ERR_CERTIFICATE, kedge__tls_flags_text(verdict(t)));
    t->state = OPEN;
    return KEDGE_OK;
}

static kedge_err open_step(struct tls_stream *t, const char *host, uint16_t port)
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
    struct tls_stream *t = of(s);
    kedge_err err = KEDGE_OK;
    begin_call(t);
    while (t->state != OPEN && err == KEDGE_OK)
        err = open_step(t, host, port);
    return err;
}

// ---- read and write

// Why a call that needs an open stream cannot be served; KEDGE_OK if it can.
static kedge_err not_open(const struct tls_stream *t, const void *buf, size_t len)
{
    if (t->state == FAILED)
        return t->err;
    if (t->state != OPEN)
        return KEDGE_ERR_STATE;
    return buf == NULL || len == 0 ? KEDGE_ERR_ARGUMENT : KEDGE_OK;
}

static int tls_read(struct kedge_stream *s, void *buf, size_t cap)
{
    struct tls_stream *t = of(s);
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

// Sends what mbedTLS still holds of something that is no write of ours (an alert that reading called
// for): a call for another alert sends what is left and, only as there is something, nothing else.
static int flush(struct tls_stream *t)
{
    while (t->unsent > 0) {
        int ret = mbedtls_ssl_send_alert_message(&t->ssl, MBEDTLS_SSL_ALERT_LEVEL_WARNING,
                                                 MBEDTLS_SSL_ALERT_MSG_NO_RENEGOTIATION);
        if (ret != 0)
            return ret;
    }
    return 0;
}

static int write_pending(struct tls_stream *t, const void *buf)
{
    // A read may have sent the rest.
    int ret = t->unsent > 0 ? mbedtls_ssl_write(&t->ssl, buf, t->pending) : (int)t->pending;
    if (ret > 0)
        t->pending = 0;
    return ret;
}

static int write_record(struct tls_stream *t, const void *buf, size_t len)
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

static int tls_write(struct kedge_stream *s, const void *buf, size_t len)
{
    struct tls_stream *t = of(s);
    kedge_err err = not_open(t, buf, len);
    if (err != KEDGE_OK)
        return err;
    if (len < t->pending)
        return KEDGE_ERR_ARGUMENT;

    begin_call(t);
    int ret = t->pending > 0 ? write_pending(t, buf) : write_record(t, buf, len);
    return ret > 0 ? ret : (int)answer(t, ret == 0 ? MBEDTLS_ERR_SSL_INTERNAL_ERROR : ret);
}

// ---- close

// Best effort: what is unsent first, for a close_notify in the middle of a record is none.
static void say_goodbye(struct tls_stream *t)
{
    if (t->state == OPEN && flush(t) == 0)
        (void)mbedtls_ssl_close_notify(&t->ssl);
}

static void tls_close(struct kedge_stream *s)
{
    struct tls_stream *t = of(s);
    if (t->state == CLOSED)
        return;
    begin_call(t);
    say_goodbye(t);
    mbedtls_ssl_free(&t->ssl);
    mbedtls_ssl_init(&t->ssl);
    t->stream.below->ops->close(t->stream.below);
    t->state = CLOSED;
}

// ---- the stream

static const struct kedge_stream_ops tls_ops = {tls_open, tls_read, tls_write, tls_close};

size_t kedge_tls_stream_size(void)
{
    return sizeof(struct tls_stream);
}

struct kedge_stream *kedge_tls_stream_init(void *memory, struct kedge_tls *tls,
                                           struct kedge_stream *below, const char *server_name)
{
    if (memory == NULL || tls == NULL || below == NULL)
        return NULL;
    struct tls_stream *t = memory;
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

const char *kedge_tls_problem(const struct kedge_stream *s)
{
    return s != NULL ? ((const struct tls_stream *)s)->problem : "";
}
