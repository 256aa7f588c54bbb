// SPDX-License-Identifier: Apache-2.0
// pki.c - pki DIR: keys and certificates for tests, good ones and bad ones. See README.md.
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <mbedtls/bignum.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ecp.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#if MBEDTLS_VERSION_MAJOR >= 3
#include <psa/crypto.h>
#endif

enum { PEM_MAX = 8192 };

static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context drbg;
static const char *directory;
static int serial = 1;

static void check(int result, const char *what)
{
    char why[128];
    if (result >= 0)
        return;
    mbedtls_strerror(result, why, sizeof why);
    fprintf(stderr, "pki: %s: %s\n", what, why);
    exit(1);
}

static void write_file(const char *name, const char *suffix, const char *text, bool append)
{
    char path[1024];
    bool secret = !strcmp(suffix, "key");
    snprintf(path, sizeof path, "%s/%s.%s", directory, name, suffix);
    int fd = open(path, O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC), secret ? 0600 : 0644);
    size_t len = strlen(text);
    if (fd < 0 || write(fd, text, len) != (ssize_t)len || close(fd)) {
        fprintf(stderr, "pki: cannot write %s: %s\n", path, strerror(errno));
        exit(1);
    }
}

// ---- keys ----------------------------------------------------------------------------------

static void make_key(mbedtls_pk_context *key, const char *name, bool rsa)
{
    unsigned char pem[PEM_MAX];
    mbedtls_pk_init(key);
    check(mbedtls_pk_setup(key, mbedtls_pk_info_from_type(rsa ? MBEDTLS_PK_RSA : MBEDTLS_PK_ECKEY)),
          "key");
    check(
        rsa ? mbedtls_rsa_gen_key(mbedtls_pk_rsa(*key), mbedtls_ctr_drbg_random, &drbg, 2048, 65537)
            : mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key),
                                  mbedtls_ctr_drbg_random, &drbg),
        "generating a key");
    check(mbedtls_pk_write_key_pem(key, pem, sizeof pem), "writing a key");
    write_file(name, "key", (char *)pem, false);
}

// ---- what differs between mbedTLS 2.28 and 3.6 ---------------------------------------------

static void set_serial(mbedtls_x509write_cert *cert)
{
#if MBEDTLS_VERSION_MAJOR >= 3
    unsigned char bytes[2] = {1, (unsigned char)serial++};
    check(mbedtls_x509write_crt_set_serial_raw(cert, bytes, sizeof bytes), "serial");
#else
    mbedtls_mpi number;
    mbedtls_mpi_init(&number);
    check(mbedtls_mpi_lset(&number, 256 + serial++), "serial");
    check(mbedtls_x509write_crt_set_serial(cert, &number), "serial");
    mbedtls_mpi_free(&number);
#endif
}

static void set_extension(mbedtls_x509write_cert *cert, const char *oid, size_t oid_len,
                          const unsigned char *value, size_t len)
{
    check(mbedtls_x509write_crt_set_extension(cert, oid, oid_len, 0, value, len), "extension");
}

// ---- certificates --------------------------------------------------------------------------

struct authority {
    const char *subject;
    mbedtls_pk_context *key;
};

struct wish {
    const char *name; // of the files
    const char *subject;
    const char *host; // a DNS name; "localhost" adds the loopback addresses
    bool rsa, ca, client;
    int from_days, to_days; // from today
};

static void set_names(mbedtls_x509write_cert *cert, const char *host)
{
    unsigned char der[128], *at = der + 2;
    static const unsigned char loopback[] = {0x87, 4, 127, 0, 0, 1, 0x87, 16, 0, 0, 0, 0,
                                             0,    0, 0,   0, 0, 0, 0,    0,  0, 0, 0, 1};
    size_t len = strlen(host);
    *at++ = 0x82; // dNSName
    *at++ = (unsigned char)len;
    memcpy(at, host, len);
    at += len;
    if (!strcmp(host, "localhost")) {
        memcpy(at, loopback, sizeof loopback);
        at += sizeof loopback;
    }
    der[0] = 0x30; // SEQUENCE
    der[1] = (unsigned char)(at - der - 2);
    set_extension(cert, MBEDTLS_OID_SUBJECT_ALT_NAME,
                  MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME), der, (size_t)(at - der));
}

static void set_usage(mbedtls_x509write_cert *cert, const struct wish *wish)
{
    // SEQUENCE { id-kp-serverAuth or id-kp-clientAuth }
    unsigned char purpose[] = {0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 1};
    unsigned usage = wish->ca ? MBEDTLS_X509_KU_KEY_CERT_SIGN | MBEDTLS_X509_KU_CRL_SIGN
                              : MBEDTLS_X509_KU_DIGITAL_SIGNATURE;
    if (wish->rsa)
        usage |= MBEDTLS_X509_KU_KEY_ENCIPHERMENT;
    check(mbedtls_x509write_crt_set_key_usage(cert, (unsigned char)usage), "key usage");
    purpose[sizeof purpose - 1] = wish->client ? 2 : 1;
    if (!wish->ca)
        set_extension(cert, MBEDTLS_OID_EXTENDED_KEY_USAGE,
                      MBEDTLS_OID_SIZE(MBEDTLS_OID_EXTENDED_KEY_USAGE), purpose, sizeof purpose);
}

static void set_validity(mbedtls_x509write_cert *cert, const struct wish *wish)
{
    char from[16], to[16];
    struct tm day;
    time_t now = time(NULL), time_from = now + wish->from_days * 86400L,
           time_to = now + wish->to_days * 86400L;
    strftime(from, sizeof from, "%Y%m%d%H%M%S", gmtime_r(&time_from, &day));
    strftime(to, sizeof to, "%Y%m%d%H%M%S", gmtime_r(&time_to, &day));
    check(mbedtls_x509write_crt_set_validity(cert, from, to), "validity");
}

// Makes key and certificate; issuer NULL: signed by itself. The PEM text stays in pem.
static void make_certificate(const struct wish *wish, mbedtls_pk_context *key,
                             const struct authority *issuer, char pem[PEM_MAX])
{
    mbedtls_x509write_cert cert;
    make_key(key, wish->name, wish->rsa);
    mbedtls_x509write_crt_init(&cert);
    mbedtls_x509write_crt_set_version(&cert, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&cert, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(&cert, key);
    mbedtls_x509write_crt_set_issuer_key(&cert, issuer ? issuer->key : key);
    check(mbedtls_x509write_crt_set_subject_name(&cert, wish->subject), "subject");
    check(mbedtls_x509write_crt_set_issuer_name(&cert, issuer ? issuer->subject : wish->subject),
          "issuer");
    set_serial(&cert);
    set_validity(&cert, wish);
    check(mbedtls_x509write_crt_set_basic_constraints(&cert, wish->ca, -1), "constraints");
    check(mbedtls_x509write_crt_set_subject_key_identifier(&cert), "subject key");
    check(mbedtls_x509write_crt_set_authority_key_identifier(&cert), "authority key");
    set_usage(&cert, wish);
    if (wish->host)
        set_names(&cert, wish->host);
    check(mbedtls_x509write_crt_pem(&cert, (unsigned char *)pem, PEM_MAX, mbedtls_ctr_drbg_random,
                                    &drbg),
          "writing a certificate");
    write_file(wish->name, "pem", pem, false);
    mbedtls_x509write_crt_free(&cert);
}

static void make_leaf(const struct wish *wish, const struct authority *issuer)
{
    mbedtls_pk_context key;
    char pem[PEM_MAX];
    make_certificate(wish, &key, issuer, pem);
    mbedtls_pk_free(&key);
}

static void make_all(void)
{
    mbedtls_pk_context ca_key, other_key, middle_key;
    char ca_pem[PEM_MAX], other_pem[PEM_MAX], middle_pem[PEM_MAX];
    const struct wish ca_wish = {"ca", "CN=kedge test CA", NULL, .ca = true, .to_days = 3650};
    const struct wish other_wish = {"other-ca", "CN=another CA", NULL, .ca = true, .to_days = 3650};
    const struct wish middle_wish = {"middle-ca", "CN=kedge middle CA", NULL, .ca = true,
                                     .to_days = 3650};
    make_certificate(&ca_wish, &ca_key, NULL, ca_pem);
    make_certificate(&other_wish, &other_key, NULL, other_pem);
    const struct authority ca = {ca_wish.subject, &ca_key};
    const struct authority other = {other_wish.subject, &other_key};
    make_certificate(&middle_wish, &middle_key, &ca, middle_pem);
    const struct authority middle = {middle_wish.subject, &middle_key};

    const struct wish good[] = {
        {"server", "CN=kube-apiserver", "localhost", .to_days = 3650},
        {"server-rsa", "CN=kube-apiserver", "localhost", .rsa = true, .to_days = 3650},
        {"wrong-host", "CN=kube-apiserver", "elsewhere.example.com", .to_days = 3650},
        {"expired", "CN=kube-apiserver", "localhost", .from_days = -400, .to_days = -30},
        {"not-yet", "CN=kube-apiserver", "localhost", .from_days = 30, .to_days = 3650},
        {"client-rsa", "CN=admin,O=system:masters", NULL, .rsa = true, .client = true,
         .to_days = 3650},
        {"client-ecdsa", "CN=admin,O=system:masters", NULL, .client = true, .to_days = 3650},
        {"client-expired", "CN=admin,O=system:masters", NULL, .client = true, .from_days = -400,
         .to_days = -30},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        make_leaf(&good[i], &ca);
    make_leaf(&(struct wish){"stranger", "CN=kube-apiserver", "localhost", .to_days = 3650},
              &other);
    make_leaf(&(struct wish){"client-stranger", "CN=admin,O=system:masters", NULL, .client = true,
                             .to_days = 3650},
              &other);
    make_leaf(&(struct wish){"self-signed", "CN=kube-apiserver", "localhost", .to_days = 3650},
              NULL);
    make_leaf(&(struct wish){"chain", "CN=kube-apiserver", "localhost", .to_days = 3650}, &middle);
    write_file("chain", "pem", middle_pem, true);
    write_file("bundle", "pem", other_pem, false);
    write_file("bundle", "pem", ca_pem, true);
    mbedtls_pk_free(&ca_key);
    mbedtls_pk_free(&other_key);
    mbedtls_pk_free(&middle_key);
}

int main(int argc, char **argv)
{
    static const char person[] = "kedge pki";
    if (argc != 2) {
        fputs("usage: pki DIR\n", stderr);
        return 2;
    }
    directory = argv[1];
    if (mkdir(directory, 0755) && errno != EEXIST) {
        fprintf(stderr, "pki: cannot make %s: %s\n", directory, strerror(errno));
        return 1;
    }
#if MBEDTLS_VERSION_MAJOR >= 3
    psa_crypto_init();
#endif
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&drbg);
    check(mbedtls_ctr_drbg_seed(&drbg, mbedtls_entropy_func, &entropy,
                                (const unsigned char *)person, sizeof person),
          "seeding");
    make_all();
    mbedtls_ctr_drbg_free(&drbg);
    mbedtls_entropy_free(&entropy);
    return 0;
}
