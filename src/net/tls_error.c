// SPDX-License-Identifier: Apache-2.0
// tls_error.c - three tables: flags of a refused certificate, alerts, error numbers.
//
// An error number of mbedTLS is the negative of a high part (a multiple of 0x80, the layer that
// failed) and a low part (the cause below it, or 0).
#include "net/tls_error.h"

#include <stddef.h>

#include <mbedtls/asn1.h>
#include <mbedtls/bignum.h>
#include <mbedtls/cipher.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/dhm.h>
#include <mbedtls/ecp.h>
#include <mbedtls/entropy.h>
#include <mbedtls/md.h>
#include <mbedtls/pem.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <mbedtls/x509.h>

// Errors that one version calls otherwise, or has alone.
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#define TOO_OLD     MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION
#define DISAGREED   MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE
#define BAD_MESSAGE MBEDTLS_ERR_SSL_DECODE_ERROR
#else
#define TOO_OLD     MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION
#define DISAGREED   MBEDTLS_ERR_SSL_NO_CIPHER_CHOSEN
#define BAD_MESSAGE MBEDTLS_ERR_SSL_BAD_HS_SERVER_HELLO
#endif

struct text {
    uint32_t number;
    const char *text;
};

static const char *find(const struct text *table, size_t count, uint32_t number)
{
    for (size_t i = 0; i < count; i++) {
        if (table[i].number == number)
            return table[i].text;
    }
    return NULL;
}

// In the order in which they tell most: a name on a certificate of an unknown signer means nothing.
static const struct text flags_texts[] = {
    {MBEDTLS_X509_BADCERT_NOT_TRUSTED, "the server's certificate is not signed by a trusted CA"},
    {MBEDTLS_X509_BADCERT_MISSING, "the server sent no certificate"},
    {MBEDTLS_X509_BADCERT_REVOKED, "the server's certificate has been revoked"},
    {MBEDTLS_X509_BADCERT_BAD_KEY, "the key of a certificate is too weak"},
    {MBEDTLS_X509_BADCERT_BAD_MD, "a certificate is signed with a weak hash"},
    {MBEDTLS_X509_BADCERT_BAD_PK, "a certificate is signed with a key of an unacceptable kind"},
    {MBEDTLS_X509_BADCERT_EXPIRED, "the server's certificate, or its CA's, has expired"},
    {MBEDTLS_X509_BADCERT_FUTURE, "the server's certificate, or its CA's, is not yet valid"},
    {MBEDTLS_X509_BADCERT_CN_MISMATCH,
     "the server's certificate is not for this host name or address"},
    {MBEDTLS_X509_BADCERT_KEY_USAGE,
     "the server's certificate may not be used for TLS (key usage)"},
    {MBEDTLS_X509_BADCERT_EXT_KEY_USAGE,
     "the server's certificate, or its CA's, is not for servers (extended key usage)"},
    {MBEDTLS_X509_BADCERT_NS_CERT_TYPE,
     "the server's certificate may not be used by a server (certificate type)"},
    {MBEDTLS_X509_BADCERT_OTHER,
     "the date is not known: a certificate cannot be checked without a wall clock"},
};

const char *kedge__tls_flags_text(uint32_t flags)
{
    for (size_t i = 0; i < sizeof flags_texts / sizeof flags_texts[0]; i++) {
        if ((flags & flags_texts[i].number) != 0)
            return flags_texts[i].text;
    }
    return "the server's certificate is not acceptable";
}

static const struct text alert_texts[] = {
    {10, "the peer refused: unexpected message"},
    {20, "the peer refused: a record was damaged"},
    {22, "the peer refused: a record is too long"},
    {40, "the peer refused: no common parameters, or it wants a client certificate"},
    {42, "the peer refused: our client certificate is bad or missing"},
    {43, "the peer refused: our client certificate is of an unsupported kind"},
    {44, "the peer refused: our client certificate has been revoked"},
    {45, "the peer refused: our client certificate has expired"},
    {46, "the peer refused: our client certificate is not acceptable"},
    {47, "the peer refused: illegal parameter"},
    {48, "the peer refused: it does not know the CA of our client certificate"},
    {49, "the peer refused: access denied"},
    {50, "the peer refused: it could not decode a message"},
    {51, "the peer refused: it could not verify a signature or key"},
    {70, "the peer refused: no common version of TLS"},
    {71, "the peer refused: insufficient security"},
    {80, "the peer refused: internal error"},
    {86, "the peer refused: inappropriate fall-back"},
    {90, "the peer gave up"},
    {109, "the peer refused: missing extension"},
    {110, "the peer refused: unsupported extension"},
    {112, "the peer refused: it does not know this server name"},
    {116, "the peer refused: it requires a client certificate"},
    {120, "the peer refused: no common application protocol"},
};

const char *kedge__tls_alert_text(unsigned char alert)
{
    const char *text =
        find(alert_texts, sizeof alert_texts / sizeof alert_texts[0], (uint32_t)alert);
    return text != NULL ? text : "the peer refused, with an alert of an unknown kind";
}

static uint32_t high(int ret)
{
    return (uint32_t)-ret & 0x7f80u;
}

static uint32_t low(int ret)
{
    return (uint32_t)-ret & 0x7fu;
}

#define HIGH(error) ((uint32_t) - (error))

bool kedge__tls_is_memory(int ret)
{
    static const uint32_t highs[] = {
        HIGH(MBEDTLS_ERR_SSL_ALLOC_FAILED),    HIGH(MBEDTLS_ERR_X509_ALLOC_FAILED),
        HIGH(MBEDTLS_ERR_PK_ALLOC_FAILED),     HIGH(MBEDTLS_ERR_PEM_ALLOC_FAILED),
        HIGH(MBEDTLS_ERR_ECP_ALLOC_FAILED),    HIGH(MBEDTLS_ERR_MD_ALLOC_FAILED),
        HIGH(MBEDTLS_ERR_CIPHER_ALLOC_FAILED), HIGH(MBEDTLS_ERR_DHM_ALLOC_FAILED),
    };
    for (size_t i = 0; i < sizeof highs / sizeof highs[0]; i++) {
        if (high(ret) == highs[i])
            return true;
    }
    return low(ret) == HIGH(MBEDTLS_ERR_MPI_ALLOC_FAILED) ||
           low(ret) == HIGH(MBEDTLS_ERR_ASN1_ALLOC_FAILED);
}

bool kedge__tls_is_entropy(int ret)
{
    return low(ret) == HIGH(MBEDTLS_ERR_CTR_DRBG_ENTROPY_SOURCE_FAILED) ||
           low(ret) == HIGH(MBEDTLS_ERR_ENTROPY_SOURCE_FAILED);
}

static const struct text error_texts[] = {
    {HIGH(TOO_OLD), "the peer speaks only TLS older than 1.2"},
    {HIGH(DISAGREED), "the peer and this build of mbedTLS have no cipher in common"},
    {HIGH(BAD_MESSAGE), "the peer sent a malformed TLS message"},
    {HIGH(MBEDTLS_ERR_SSL_INVALID_RECORD), "the peer sent something that is no TLS record"},
    {HIGH(MBEDTLS_ERR_SSL_INVALID_MAC), "a TLS record was damaged on its way"},
    {HIGH(MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE), "the peer sent a TLS message out of turn"},
    {HIGH(MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY), "the peer ended TLS during the handshake"},
    {HIGH(MBEDTLS_ERR_SSL_CA_CHAIN_REQUIRED), "no CA is configured, so no server can be trusted"},
    {HIGH(MBEDTLS_ERR_X509_FATAL_ERROR), "the server's chain of certificates is too long"},
    {HIGH(MBEDTLS_ERR_X509_CERT_VERIFY_FAILED), "the server's certificate is not acceptable"},
};

static bool is_about_certificate(uint32_t number)
{
    return number == HIGH(MBEDTLS_ERR_SSL_CA_CHAIN_REQUIRED) ||
           number == HIGH(MBEDTLS_ERR_X509_FATAL_ERROR) ||
           number == HIGH(MBEDTLS_ERR_X509_CERT_VERIFY_FAILED);
}

// The layer that failed, where no more is known: X.509 is 0x2080 to 0x3000.
static const char *layer_text(uint32_t number)
{
    if (number >= 0x2080 && number <= 0x3000)
        return "a certificate of the server cannot be parsed";
    if (number >= 0x5d80)
        return "the TLS handshake or a record failed";
    return "a cryptographic operation of TLS failed: a bad signature, key or certificate";
}

kedge_err kedge__tls_error(int ret, const char **problem)
{
    if (kedge__tls_is_memory(ret)) {
        *problem = "mbedTLS could not allocate memory";
        return KEDGE_ERR_TLS;
    }
    if (kedge__tls_is_entropy(ret)) {
        *problem = "the port has no random bytes";
        return KEDGE_ERR_ENTROPY;
    }
    *problem = find(error_texts, sizeof error_texts / sizeof error_texts[0], high(ret));
    if (*problem == NULL)
        *problem = layer_text(high(ret));
    return is_about_certificate(high(ret)) ? KEDGE_ERR_CERTIFICATE : KEDGE_ERR_TLS;
}
