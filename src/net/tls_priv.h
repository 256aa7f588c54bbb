// SPDX-License-Identifier: Apache-2.0
// tls_priv.h - what the files of TLS share. Included by tls*.c only.
#ifndef KEDGE_NET_TLS_PRIV_H
#define KEDGE_NET_TLS_PRIV_H

#include <stdint.h>

#include <mbedtls/version.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ecp.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include "kedge/tls.h"

// More than mbedTLS knows (13), with the end's mark.
enum { KEDGE__CURVES_MAX = 16 };

struct kedge_tls {
    const struct kedge_port *port;
    mbedtls_ctr_drbg_context random;
    mbedtls_x509_crt ca;
    mbedtls_x509_crt certificate;
    mbedtls_pk_context key;
    mbedtls_ssl_config conf;
    mbedtls_x509_crt_profile profile;               // 2.28 only, as the next
    mbedtls_ecp_group_id curves[KEDGE__CURVES_MAX]; // of at least 256 bits; NONE behind the last
    bool insecure;
};

// Longest DNS name.
enum { NAME_MAX_LEN = 253 };

enum kedge__tls_state { CLOSED, CONNECTING, HANDSHAKE, OPEN, FAILED };

// One connection.
struct kedge__tls_stream {
    struct kedge_stream stream; // first: what the user holds
    struct kedge_tls *tls;
    const char *server_name;
    mbedtls_ssl_context ssl;
    enum kedge__tls_state state;
    kedge_err err;       // FAILED: why
    const char *problem; // FAILED: why, in words; kept until the next open

    kedge_err below_err;   // what the stream below failed with first
    bool mute;             // writing below has failed: nothing more is written
    bool blocked;          // the stream below had nothing more in this call
    size_t budget;         // bytes that this call may still take from below
    size_t unsent;         // encrypted bytes that mbedTLS still holds
    size_t pending;        // bytes of the write that is among these; 0: none
    unsigned char head[5]; // the first bytes the peer sent
    size_t head_len;

    bool verified; // the callback has seen the server's own certificate and accepts it
    bool seen;     // the callback has seen it
    size_t ip_len; // the name is an address of so many bytes; 0: it is a name
    unsigned char ip[16];
    size_t name_len;
    char name[NAME_MAX_LEN + 1];
};

// mbedTLS's verification callback; `stream` is the struct kedge__tls_stream. Judges the dates of
// each certificate, and of the server's own (depth 0, which comes last) whether it is for the
// stream's name; notes that in `seen` and `verified`, and in *flags what is wrong. Returns 0.
int kedge__tls_verify(void *stream, mbedtls_x509_crt *crt, int depth, uint32_t *flags);

#endif
