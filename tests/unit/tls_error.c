// SPDX-License-Identifier: Apache-2.0
// What mbedTLS's numbers mean to a user: who is to blame, and what to look at.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <mbedtls/asn1.h>
#include <mbedtls/bignum.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509.h>

#include "net/tls_error.h"

static void each_number_has_its_error_and_its_words(void **state)
{
    (void)state;
    static const struct {
        int number;
        kedge_err err;
        const char *says;
    } cases[] = {
        {MBEDTLS_ERR_SSL_ALLOC_FAILED, KEDGE_ERR_TLS, "memory"},
        {MBEDTLS_ERR_PK_ALLOC_FAILED, KEDGE_ERR_TLS, "memory"},
        // A low part stands behind the number of the layer above it.
        {MBEDTLS_ERR_X509_INVALID_FORMAT + MBEDTLS_ERR_ASN1_ALLOC_FAILED, KEDGE_ERR_TLS, "memory"},
        {MBEDTLS_ERR_RSA_PUBLIC_FAILED + MBEDTLS_ERR_MPI_ALLOC_FAILED, KEDGE_ERR_TLS, "memory"},
        {MBEDTLS_ERR_CTR_DRBG_ENTROPY_SOURCE_FAILED, KEDGE_ERR_ENTROPY, "random"},
        {MBEDTLS_ERR_ENTROPY_SOURCE_FAILED, KEDGE_ERR_ENTROPY, "random"},
        {MBEDTLS_ERR_SSL_INVALID_MAC, KEDGE_ERR_TLS, "damaged on its way"},
        {MBEDTLS_ERR_SSL_CA_CHAIN_REQUIRED, KEDGE_ERR_CERTIFICATE, "no CA is configured"},
        {MBEDTLS_ERR_X509_FATAL_ERROR, KEDGE_ERR_CERTIFICATE, "too long"},
        {MBEDTLS_ERR_X509_CERT_VERIFY_FAILED, KEDGE_ERR_CERTIFICATE, "not acceptable"},
        {MBEDTLS_ERR_X509_INVALID_DATE, KEDGE_ERR_TLS, "cannot be parsed"},
        {MBEDTLS_ERR_RSA_VERIFY_FAILED, KEDGE_ERR_TLS, "bad signature"},
        {MBEDTLS_ERR_X509_INVALID_FORMAT + MBEDTLS_ERR_ASN1_OUT_OF_DATA, KEDGE_ERR_TLS,
         "cannot be parsed"},
        {MBEDTLS_ERR_SSL_INTERNAL_ERROR, KEDGE_ERR_TLS, "the TLS handshake or a record failed"},
        {-0x1080, KEDGE_ERR_TLS, "a cryptographic operation"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *problem = NULL;
        kedge_err err = kedge__tls_error(cases[i].number, &problem);
        if (err != cases[i].err || strstr(problem, cases[i].says) == NULL)
            fail_msg("-0x%x: %s: %s", (unsigned)-cases[i].number, kedge_err_name(err), problem);
    }
}

static void a_flag_tells_most_first(void **state)
{
    (void)state;
    const uint32_t unknown = 0x40000000;
    const char *untrusted = kedge__tls_flags_text(MBEDTLS_X509_BADCERT_NOT_TRUSTED);
    assert_non_null(strstr(untrusted, "trusted CA"));
    assert_string_equal(kedge__tls_flags_text(MBEDTLS_X509_BADCERT_NOT_TRUSTED |
                                              MBEDTLS_X509_BADCERT_CN_MISMATCH | unknown),
                        untrusted);
    assert_non_null(strstr(kedge__tls_flags_text(MBEDTLS_X509_BADCERT_EXPIRED), "expired"));
    assert_non_null(strstr(kedge__tls_flags_text(unknown), "not acceptable"));
}

static void an_alert_of_no_known_kind_is_a_refusal_all_the_same(void **state)
{
    (void)state;
    assert_non_null(strstr(kedge__tls_alert_text(48), "CA of our client certificate"));
    assert_non_null(strstr(kedge__tls_alert_text(255), "the peer refused"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_number_has_its_error_and_its_words),
        cmocka_unit_test(a_flag_tells_most_first),
        cmocka_unit_test(an_alert_of_no_known_kind_is_a_refusal_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
