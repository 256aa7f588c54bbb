// SPDX-License-Identifier: Apache-2.0
// tls.c - what TLS connections share: certificates, the key, random numbers, mbedTLS's
// configuration.
#include "kedge/tls.h"

#include <string.h>

#include "net/tls_priv.h"

#if defined(MBEDTLS_MEMORY_BUFFER_ALLOC_C)
#include <mbedtls/memory_buffer_alloc.h>
#endif
#if defined(MBEDTLS_USE_PSA_CRYPTO) || defined(MBEDTLS_SSL_PROTO_TLS1_3)
#include <psa/crypto.h>
#endif

#include "base/wipe.h"
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

// By default, 3.6 asks for RSA-PSS before PKCS#1, which a server of TLS 1.2 (OpenSSL's and Go's)
// then uses; but it knows PSS only in TLS 1.3, where PKCS#1 is not allowed and so the order is no
// loss.
static void order_signatures(mbedtls_ssl_config *conf)
{
    static const uint16_t order[] = {
        MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256, MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384,
        MBEDTLS_TLS1_3_SIG_ECDSA_SECP521R1_SHA512, MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,
        MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,       MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,
        MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384,
        MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512,    MBEDTLS_TLS1_3_SIG_NONE,
    };
    mbedtls_ssl_conf_sig_algs(conf, order);
}

#elif MBEDTLS_VERSION_NUMBER >= 0x021c0000

static void order_signatures(mbedtls_ssl_config *conf)
{
    (void)conf;
}

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

#if MBEDTLS_VERSION_NUMBER < 0x03000000 && defined(MBEDTLS_ECP_C)
// 2.28 takes curves of any size and SHA-224, in certificates and in the handshake. As in 3.6:
// curves from 256 bits on, and hashes from SHA-256 on.
static void require_strength(struct kedge_tls *tls)
{
    static const int hashes[] = {MBEDTLS_MD_SHA512, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA256,
                                 MBEDTLS_MD_NONE};
    size_t n = 0;
    tls->profile = mbedtls_x509_crt_profile_default;
    tls->profile.allowed_mds &= ~(uint32_t)MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA224);
    tls->profile.allowed_curves = 0;
    for (const mbedtls_ecp_curve_info *c = mbedtls_ecp_curve_list();
         c->grp_id != MBEDTLS_ECP_DP_NONE; c++) {
        if (c->bit_size < 256 || n == KEDGE__CURVES_MAX - 1)
            continue;
        tls->curves[n++] = c->grp_id;
        tls->profile.allowed_curves |= (uint32_t)MBEDTLS_X509_ID_FLAG(c->grp_id);
    }
    tls->curves[n] = MBEDTLS_ECP_DP_NONE;
    mbedtls_ssl_conf_curves(&tls->conf, tls->curves);
    mbedtls_ssl_conf_sig_hashes(&tls->conf, hashes);
    mbedtls_ssl_conf_cert_profile(&tls->conf, &tls->profile);
}
#else
static void require_strength(struct kedge_tls *tls)
{
    (void)tls;
}
#endif

#if defined(MBEDTLS_DHM_C)
// Both versions take groups of 1,024 bits, which are within reach of states (Logjam).
static void require_large_groups(mbedtls_ssl_config *conf)
{
    mbedtls_ssl_conf_dhm_min_bitlen(conf, 2048);
}
#else
static void require_large_groups(mbedtls_ssl_config *conf)
{
    (void)conf;
}
#endif

#if defined(MBEDTLS_SSL_SESSION_TICKETS)
static void ask_for_tickets(mbedtls_ssl_config *conf, bool wanted)
{
    mbedtls_ssl_conf_session_tickets(conf, wanted ? MBEDTLS_SSL_SESSION_TICKETS_ENABLED
                                                  : MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
}
#else
static void ask_for_tickets(mbedtls_ssl_config *conf, bool wanted)
{
    (void)conf;
    (void)wanted;
}
#endif

#if defined(MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED) && \
    defined(MBEDTLS_SSL_PROTO_TLS1_3) && defined(MBEDTLS_SSL_SESSION_TICKETS)
// From 3.6.1 on tickets of TLS 1.3 are only told of where that is asked for.
static void take_tickets(mbedtls_ssl_config *conf, bool wanted)
{
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
        conf, wanted ? MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED
                     : MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_DISABLED);
}
#else
static void take_tickets(mbedtls_ssl_config *conf, bool wanted)
{
    (void)conf;
    (void)wanted;
}
#endif

#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
// Resumed or not, what is said can only be read with keys that nobody keeps (forward secrecy).
static void require_fresh_keys(mbedtls_ssl_config *conf)
{
    mbedtls_ssl_conf_tls13_key_exchange_modes(
        conf, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL |
                  MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL);
}
#else
static void require_fresh_keys(mbedtls_ssl_config *conf)
{
    (void)conf;
}
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
    require_strength(tls);
    require_large_groups(&tls->conf);
    order_signatures(&tls->conf);
    refuse_renegotiation(&tls->conf);
    ask_for_tickets(&tls->conf, !tls->no_resumption);
    take_tickets(&tls->conf, !tls->no_resumption);
    require_fresh_keys(&tls->conf);
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
    tls->no_resumption = options->no_resumption;
    tls->dates_later = options->dates_later;
    tls->wall_clock = options->wall_clock;
    tls->wall_clock_ctx = options->wall_clock_ctx;
    mbedtls_ctr_drbg_init(&tls->random);
    mbedtls_x509_crt_init(&tls->ca);
    mbedtls_x509_crt_init(&tls->certificate);
    mbedtls_pk_init(&tls->key);
    mbedtls_ssl_config_init(&tls->conf);
    mbedtls_ssl_session_init(&tls->kept.session);

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
    kedge__tls_session_drop(tls);
    mbedtls_ssl_config_free(&tls->conf);
    mbedtls_pk_free(&tls->key);
    mbedtls_x509_crt_free(&tls->certificate);
    mbedtls_x509_crt_free(&tls->ca);
    mbedtls_ctr_drbg_free(&tls->random);
    kedge__wipe(tls, sizeof *tls);
}
