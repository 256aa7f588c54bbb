// SPDX-License-Identifier: Apache-2.0
// test_pki.c - see test_pki.h.
#include "test_pki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <mbedtls/ecp.h>
#include <mbedtls/oid.h>
#include <mbedtls/rsa.h>
#include <mbedtls/version.h>
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#include <psa/crypto.h>
#endif

// ---- where mbedTLS 2.28 and 3.6 differ

#if MBEDTLS_VERSION_NUMBER >= 0x03000000
static void set_serial(mbedtls_x509write_cert *cert, unsigned char number)
{
    unsigned char bytes[2] = {1, number};
    assert_int_equal(mbedtls_x509write_crt_set_serial_raw(cert, bytes, sizeof bytes), 0);
}

static void start_library(void)
{
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
}

static int parse_key(mbedtls_pk_context *key, const char *pem)
{
    return mbedtls_pk_parse_key(key, (const unsigned char *)pem, strlen(pem) + 1, NULL, 0,
                                mbedtls_ctr_drbg_random, test_random());
}
#else
static void set_serial(mbedtls_x509write_cert *cert, unsigned char number)
{
    mbedtls_mpi n;
    mbedtls_mpi_init(&n);
    assert_int_equal(mbedtls_mpi_lset(&n, 256 + number), 0);
    assert_int_equal(mbedtls_x509write_crt_set_serial(cert, &n), 0);
    mbedtls_mpi_free(&n);
}

static void start_library(void)
{
}

static int parse_key(mbedtls_pk_context *key, const char *pem)
{
    return mbedtls_pk_parse_key(key, (const unsigned char *)pem, strlen(pem) + 1, NULL, 0);
}
#endif

// ---- random numbers and keys

static mbedtls_ctr_drbg_context random_numbers;
static bool random_ready;
static char rsa_pem[2][4096]; // TEST_KEY_RSA, TEST_KEY_RSA_1024; "" before the first use

static int same_always(void *ctx, unsigned char *out, size_t len)
{
    (void)ctx;
    memset(out, 0x5a, len);
    return 0;
}

mbedtls_ctr_drbg_context *test_random(void)
{
    if (!random_ready) {
        random_ready = true;
        start_library();
        mbedtls_ctr_drbg_init(&random_numbers);
        assert_int_equal(mbedtls_ctr_drbg_seed(&random_numbers, same_always, NULL, NULL, 0), 0);
    }
    return &random_numbers;
}

void test_pki_done(void)
{
    if (random_ready)
        mbedtls_ctr_drbg_free(&random_numbers);
    random_ready = false;
}

static void make_rsa(enum test_key kind)
{
    mbedtls_pk_context key;
    char *pem = rsa_pem[kind - TEST_KEY_RSA];
    mbedtls_pk_init(&key);
    assert_int_equal(mbedtls_pk_setup(&key, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA)), 0);
    assert_int_equal(mbedtls_rsa_gen_key(mbedtls_pk_rsa(key), mbedtls_ctr_drbg_random,
                                         test_random(), kind == TEST_KEY_RSA ? 2048 : 1024, 65537),
                     0);
    assert_int_equal(mbedtls_pk_write_key_pem(&key, (unsigned char *)pem, 4096), 0);
    mbedtls_pk_free(&key);
}

static void make_key(mbedtls_pk_context *key, enum test_key kind)
{
    mbedtls_pk_init(key);
    if (kind != TEST_KEY_EC) {
        if (rsa_pem[kind - TEST_KEY_RSA][0] == '\0')
            make_rsa(kind);
        assert_int_equal(parse_key(key, rsa_pem[kind - TEST_KEY_RSA]), 0);
        return;
    }
    assert_int_equal(mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)), 0);
    assert_int_equal(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key),
                                         mbedtls_ctr_drbg_random, test_random()),
                     0);
}

// ---- certificates

static unsigned char *put_name(unsigned char *at, const char *name, size_t address_len)
{
    bool address = strncmp(name, "IP:", 3) == 0;
    const char *value = address ? name + 3 : name;
    size_t len = address ? address_len : strlen(name);
    *at++ = address ? 0x87 : 0x82;
    *at++ = (unsigned char)len;
    memcpy(at, value, len);
    return at + len;
}

static void set_names(mbedtls_x509write_cert *cert, const struct test_wish *wish)
{
    unsigned char der[256];
    unsigned char *at = der + 2;
    for (size_t i = 0; i < 4 && wish->names[i] != NULL; i++)
        at = put_name(at, wish->names[i], wish->address_len > 0 ? wish->address_len : 4);
    assert_true(at - der - 2 < 128);
    der[0] = 0x30;
    der[1] = (unsigned char)(at - der - 2);
    assert_int_equal(
        mbedtls_x509write_crt_set_extension(cert, MBEDTLS_OID_SUBJECT_ALT_NAME,
                                            MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME), 0, der,
                                            (size_t)(at - der)),
        0);
}

static void set_usage(mbedtls_x509write_cert *cert, const struct test_wish *wish)
{
    unsigned char purpose[] = {0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 1};
    unsigned usage = MBEDTLS_X509_KU_DIGITAL_SIGNATURE;
    if (wish->key != TEST_KEY_EC)
        usage |= MBEDTLS_X509_KU_KEY_ENCIPHERMENT;
    if (wish->ca)
        usage = MBEDTLS_X509_KU_KEY_CERT_SIGN | MBEDTLS_X509_KU_CRL_SIGN;
    assert_int_equal(mbedtls_x509write_crt_set_key_usage(cert, usage), 0);
    if (wish->ca)
        return;
    purpose[sizeof purpose - 1] = wish->client ? 2 : 1;
    assert_int_equal(
        mbedtls_x509write_crt_set_extension(cert, MBEDTLS_OID_EXTENDED_KEY_USAGE,
                                            MBEDTLS_OID_SIZE(MBEDTLS_OID_EXTENDED_KEY_USAGE), 0,
                                            purpose, sizeof purpose),
        0);
}

static void fill(mbedtls_x509write_cert *cert, struct test_certificate *out,
                 const struct test_wish *wish, const struct test_certificate *issuer)
{
    static unsigned char serial = 1;
    union {
        const mbedtls_pk_context *in;
        mbedtls_pk_context *out;
    } key = {issuer != NULL ? &issuer->key : &out->key};
    mbedtls_x509write_crt_set_version(cert, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(cert, wish->sha1 ? MBEDTLS_MD_SHA1 : MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(cert, &out->key);
    mbedtls_x509write_crt_set_issuer_key(cert, key.out);
    assert_int_equal(mbedtls_x509write_crt_set_subject_name(cert, wish->subject), 0);
    assert_int_equal(mbedtls_x509write_crt_set_issuer_name(cert, issuer != NULL ? issuer->subject
                                                                                : wish->subject),
                     0);
    set_serial(cert, serial++);
    assert_int_equal(
        mbedtls_x509write_crt_set_validity(cert, wish->from != NULL ? wish->from : "20250101000000",
                                           wish->to != NULL ? wish->to : "20350101000000"),
        0);
    assert_int_equal(mbedtls_x509write_crt_set_basic_constraints(cert, wish->ca, -1), 0);
    set_usage(cert, wish);
    if (!wish->no_names && wish->names[0] != NULL)
        set_names(cert, wish);
}

void test_certify(struct test_certificate *out, const struct test_wish *wish,
                  const struct test_certificate *issuer)
{
    mbedtls_x509write_cert cert;
    memset(out, 0, sizeof *out);
    out->subject = wish->subject;
    make_key(&out->key, wish->key);
    assert_int_equal(
        mbedtls_pk_write_key_pem(&out->key, (unsigned char *)out->key_pem, sizeof out->key_pem), 0);
    mbedtls_x509write_crt_init(&cert);
    fill(&cert, out, wish, issuer);
    assert_int_equal(mbedtls_x509write_crt_pem(&cert, (unsigned char *)out->pem, sizeof out->pem,
                                               mbedtls_ctr_drbg_random, test_random()),
                     0);
    // mbedTLS writes DER at the end of the buffer.
    int len = mbedtls_x509write_crt_der(&cert, out->der, sizeof out->der, mbedtls_ctr_drbg_random,
                                        test_random());
    assert_true(len > 0);
    out->der_len = (size_t)len;
    memmove(out->der, out->der + sizeof out->der - out->der_len, out->der_len);
    mbedtls_x509write_crt_free(&cert);
}

void test_certificate_free(struct test_certificate *c)
{
    mbedtls_pk_free(&c->key);
}
