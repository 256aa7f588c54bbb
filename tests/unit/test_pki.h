// SPDX-License-Identifier: Apache-2.0
// test_pki.h - certificates made while a unit test runs, good ones and bad ones, by mbedTLS 2.28 or
// 3.6. (tests/mock/pki.c makes those that servers read from files.)
#ifndef TEST_PKI_H
#define TEST_PKI_H

#include <stdbool.h>
#include <stddef.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

enum test_key { TEST_KEY_EC, TEST_KEY_RSA, TEST_KEY_RSA_1024 };

// Zero means what a good server has.
struct test_wish {
    const char *subject; // "CN=web"
    enum test_key key;
    const char *names[4]; // of the subjectAltName: a DNS name, or an address as in "IP:\x7f\0\0\1"
    size_t address_len;   // bytes of the address; 0: 4
    bool no_names;        // no subjectAltName at all
    bool ca;
    bool client;           // extended key usage clientAuth in place of serverAuth
    bool sha1;             // signed with SHA-1
    const char *from, *to; // "20250101000000"; NULL: 2025 to 2035
};

struct test_certificate {
    const char *subject;
    mbedtls_pk_context key;
    char pem[4096];
    char key_pem[4096];
    unsigned char der[2048];
    size_t der_len;
};

// Random numbers for keys and servers, from a fixed seed: the same keys in each run.
mbedtls_ctr_drbg_context *test_random(void);

// Makes a key and a certificate for it, signed by `issuer` (NULL: by itself). A key of RSA is made
// once and shared by all, since that takes long. Ends the test if something fails.
void test_certify(struct test_certificate *out, const struct test_wish *wish,
                  const struct test_certificate *issuer);

void test_certificate_free(struct test_certificate *c);

// Frees what all share.
void test_pki_done(void);

#endif
