// SPDX-License-Identifier: Apache-2.0
// server_tls.c - the TLS side of the mock server program, by mbedTLS 2.28 or 3.6.
#define _POSIX_C_SOURCE 200809L
#include "server_tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/oid.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#if MBEDTLS_VERSION_MAJOR >= 3
#include <psa/crypto.h>
#endif

struct tls_server {
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context drbg;
    mbedtls_ssl_config config;
    mbedtls_x509_crt certificate, ca;
    mbedtls_pk_context key;
};

struct tls_client {
    mbedtls_ssl_context ssl;
    mbedtls_net_context net;
};

static void check(int result, const char *what, const char *where)
{
    char why[128];
    if (result == 0)
        return;
    mbedtls_strerror(result, why, sizeof why);
    fprintf(stderr, "mock_server: %s %s: %s\n", what, where, why);
    exit(1);
}

static int parse_key(struct tls_server *s, const char *path)
{
#if MBEDTLS_VERSION_MAJOR >= 3
    return mbedtls_pk_parse_keyfile(&s->key, path, NULL, mbedtls_ctr_drbg_random, &s->drbg);
#else
    return mbedtls_pk_parse_keyfile(&s->key, path, NULL);
#endif
}

static void load(struct tls_server *s, const char *directory, const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s.pem", directory, name);
    check(mbedtls_x509_crt_parse_file(&s->certificate, path), "reading", path);
    snprintf(path, sizeof path, "%s/%s.key", directory, name);
    check(parse_key(s, path), "reading", path);
    snprintf(path, sizeof path, "%s/ca.pem", directory);
    check(mbedtls_x509_crt_parse_file(&s->ca, path), "reading", path);
}

struct tls_server *tls_server_new(const char *directory, const char *name, bool client_ca)
{
    static const char person[] = "kedge mock server";
    struct tls_server *s = calloc(1, sizeof *s);
    if (!s)
        abort();
#if MBEDTLS_VERSION_MAJOR >= 3
    psa_crypto_init();
#endif
    mbedtls_entropy_init(&s->entropy);
    mbedtls_ctr_drbg_init(&s->drbg);
    mbedtls_ssl_config_init(&s->config);
    mbedtls_x509_crt_init(&s->certificate);
    mbedtls_x509_crt_init(&s->ca);
    mbedtls_pk_init(&s->key);
    check(mbedtls_ctr_drbg_seed(&s->drbg, mbedtls_entropy_func, &s->entropy,
                                (const unsigned char *)person, sizeof person),
          "seeding", "");
    load(s, directory, name);
    check(mbedtls_ssl_config_defaults(&s->config, MBEDTLS_SSL_IS_SERVER,
                                      MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT),
          "configuring", "TLS");
    mbedtls_ssl_conf_rng(&s->config, mbedtls_ctr_drbg_random, &s->drbg);
    check(mbedtls_ssl_conf_own_cert(&s->config, &s->certificate, &s->key), "using", name);
    mbedtls_ssl_conf_ca_chain(&s->config, &s->ca, NULL);
    mbedtls_ssl_conf_authmode(&s->config,
                              client_ca ? MBEDTLS_SSL_VERIFY_OPTIONAL : MBEDTLS_SSL_VERIFY_NONE);
    return s;
}

void tls_server_free(struct tls_server *server)
{
    if (!server)
        return;
    mbedtls_ssl_config_free(&server->config);
    mbedtls_x509_crt_free(&server->certificate);
    mbedtls_x509_crt_free(&server->ca);
    mbedtls_pk_free(&server->key);
    mbedtls_ctr_drbg_free(&server->drbg);
    mbedtls_entropy_free(&server->entropy);
    free(server);
}

struct tls_client *tls_client_new(struct tls_server *server, int fd)
{
    struct tls_client *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    c->net.fd = fd;
    mbedtls_ssl_init(&c->ssl);
    check(mbedtls_ssl_setup(&c->ssl, &server->config), "setting up", "TLS");
    mbedtls_ssl_set_bio(&c->ssl, &c->net, mbedtls_net_send, mbedtls_net_recv, NULL);
    return c;
}

void tls_client_free(struct tls_client *client, bool notify)
{
    if (!client)
        return;
    if (notify)
        mbedtls_ssl_close_notify(&client->ssl);
    mbedtls_ssl_free(&client->ssl);
    free(client);
}

static int answer(int result)
{
    if (result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE)
        return TLS_WAIT;
#ifdef MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET
    if (result == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
        return TLS_WAIT;
#endif
    if (result == 0 || result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
        return TLS_ENDED;
    return result < 0 ? TLS_FAILED : result;
}

int tls_handshake(struct tls_client *client)
{
    int result = mbedtls_ssl_handshake(&client->ssl);
    return result == 0 ? 0 : answer(result);
}

bool tls_user(struct tls_client *client, char *name, size_t cap)
{
    const mbedtls_x509_crt *certificate = mbedtls_ssl_get_peer_cert(&client->ssl);
    if (!certificate || mbedtls_ssl_get_verify_result(&client->ssl) != 0)
        return false;
    for (const mbedtls_x509_name *part = &certificate->subject; part; part = part->next) {
        if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &part->oid) || part->val.len >= cap)
            continue;
        memcpy(name, part->val.p, part->val.len);
        name[part->val.len] = 0;
        return true;
    }
    return false;
}

int tls_read(struct tls_client *client, void *buffer, size_t cap)
{
    return answer(mbedtls_ssl_read(&client->ssl, buffer, cap));
}

int tls_write(struct tls_client *client, const void *bytes, size_t len)
{
    return answer(mbedtls_ssl_write(&client->ssl, bytes, len));
}
