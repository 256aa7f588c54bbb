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

#include "kedge/time.h"
#include "kedge/tls.h"

// More than mbedTLS knows (13), with the end's mark.
enum { KEDGE__CURVES_MAX = 16 };

// Longest DNS name.
enum { NAME_MAX_LEN = 253 };

// How long what a session stands for may be trusted.
struct kedge__tls_validity {
    kedge_time until;   // by the port's clock
    int64_t not_before; // of the chain that was verified, in seconds since 1970
    int64_t not_after;
};

// The session that the next handshake offers. An empty mbedtls_ssl_session where there is none.
struct kedge__tls_kept {
    bool is_there;
    uint32_t place; // a hash of host and port: no secret, and no part of trust
    struct kedge__tls_validity validity;
    mbedtls_ssl_session session;
    size_t name_len;
    char name[NAME_MAX_LEN];
};

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
    bool no_resumption;
    bool dates_later;
    kedge_timestamp (*wall_clock)(void *ctx); // NULL: the port's
    void *wall_clock_ctx;
    struct kedge__tls_kept kept;
};

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
    bool undated;  // the dates of the chain are still to be judged: by `validity`
    size_t ip_len; // the name is an address of so many bytes; 0: it is a name
    unsigned char ip[16];
    size_t name_len;
    char name[NAME_MAX_LEN + 1];

    bool offered;                                // this handshake offers the kept session ...
    bool offered_tls13;                          // ... of this version, ...
    struct kedge__tls_validity offered_validity; // ... good for so long, ...
    unsigned char secret[48];                    // ... and with this master secret
    bool resumed;                                // it was taken
    uint32_t place;
    struct kedge__tls_validity validity; // of what was verified
};

// The calendar, in microseconds since 1970; 0: not known.
static inline kedge_timestamp kedge__tls_wall_clock(const struct kedge_tls *tls)
{
    return tls->wall_clock != NULL ? tls->wall_clock(tls->wall_clock_ctx)
                                   : tls->port->wall_clock(tls->port);
}

// mbedTLS's verification callback; `stream` is the struct kedge__tls_stream. Judges the dates of
// each certificate, and of the server's own (depth 0, which comes last) whether it is for the
// stream's name; notes that in `seen` and `verified`, and in *flags what is wrong. Returns 0.
int kedge__tls_verify(void *stream, mbedtls_x509_crt *crt, int depth, uint32_t *flags);

// The session of a configuration, tls_session.c. Offers the kept one, if it is for the stream's
// name and this place, to the handshake that is about to begin.
void kedge__tls_session_offer(struct kedge__tls_stream *t, const char *host, uint16_t port);

// The handshake is over: sets `resumed`.
void kedge__tls_session_look(struct kedge__tls_stream *t);

// The stream is open, and trusted; in TLS 1.2 that is when there is a session to keep.
void kedge__tls_session_open(struct kedge__tls_stream *t);

// A ticket has come: in TLS 1.3 that is a session to keep.
void kedge__tls_session_ticket(struct kedge__tls_stream *t);

// Frees and wipes the kept session, if there is one.
void kedge__tls_session_drop(struct kedge_tls *tls);

#endif
