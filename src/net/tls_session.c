// SPDX-License-Identifier: Apache-2.0
// tls_session.c - the last session of a configuration, for a cheap reconnect (RFC 5077, and RFC
// 8446 2.2).
//
// A resumed handshake shows no certificate, so a session stands for the one that was verified when
// it was made: it is for that name and place only, no longer than that chain is valid and a day at
// most. It belongs to one struct kedge_tls, which is to say to one CA, one client certificate and
// one `insecure`. Any handshake that fails drops it.
#include <string.h>

#include "base/hash.h"
#include "base/wipe.h"
#include "net/tls_priv.h"

#define SESSION_AGE_MAX (24 * KEDGE_HOUR)

// ---- where versions and builds of mbedTLS differ

#if MBEDTLS_VERSION_NUMBER < 0x03000000
#define MBEDTLS_PRIVATE(member) member
#endif

#if MBEDTLS_VERSION_NUMBER >= 0x03000000
static bool is_tls13(const mbedtls_ssl_context *ssl)
{
    return mbedtls_ssl_get_version_number(ssl) == MBEDTLS_SSL_VERSION_TLS1_3;
}

static bool is_of_tls13(const mbedtls_ssl_session *session)
{
    return session->MBEDTLS_PRIVATE(tls_version) == MBEDTLS_SSL_VERSION_TLS1_3;
}
#else
static bool is_tls13(const mbedtls_ssl_context *ssl)
{
    (void)ssl;
    return false;
}

static bool is_of_tls13(const mbedtls_ssl_session *session)
{
    (void)session;
    return false;
}
#endif

#if defined(MBEDTLS_SSL_SESSION_TICKETS)
static bool has_ticket(const mbedtls_ssl_session *session)
{
    return session->MBEDTLS_PRIVATE(ticket_len) > 0;
}
#else
static bool has_ticket(const mbedtls_ssl_session *session)
{
    (void)session;
    return false;
}
#endif

#if defined(MBEDTLS_SSL_KEEP_PEER_CERTIFICATE)
// Without the server's certificate, the largest part: a resumed handshake does without.
static int copy_session(mbedtls_ssl_context *ssl, mbedtls_ssl_session *out)
{
    mbedtls_ssl_session *session = ssl->MBEDTLS_PRIVATE(session);
    mbedtls_x509_crt *crt = session->MBEDTLS_PRIVATE(peer_cert);
    session->MBEDTLS_PRIVATE(peer_cert) = NULL;
    int ret = mbedtls_ssl_get_session(ssl, out);
    session->MBEDTLS_PRIVATE(peer_cert) = crt;
    return ret;
}
#else
static int copy_session(mbedtls_ssl_context *ssl, mbedtls_ssl_session *out)
{
    return mbedtls_ssl_get_session(ssl, out);
}
#endif

// ---- offer

// Whether what was verified then would be verified now. Without a calendar nobody knows.
static bool is_valid(const struct kedge__tls_stream *t, const struct kedge__tls_validity *v)
{
    const struct kedge_port *port = t->tls->port;
    if (port->clock(port) >= v->until)
        return false;
    kedge_timestamp now = kedge__tls_wall_clock(t->tls) / 1000000;
    return t->tls->insecure || (now > 0 && now >= v->not_before && now <= v->not_after);
}

static bool is_for(const struct kedge__tls_kept *k, const struct kedge__tls_stream *t)
{
    return k->place == t->place && k->name_len == t->name_len &&
           memcmp(k->name, t->name, t->name_len) == 0;
}

void kedge__tls_session_offer(struct kedge__tls_stream *t, const char *host, uint16_t port)
{
    struct kedge__tls_kept *k = &t->tls->kept;
    t->offered = t->resumed = false;
    t->place = kedge__hash_str(port, kedge_str_of(host));
    t->validity = (struct kedge__tls_validity){0, INT64_MIN, INT64_MAX};
    if (!k->is_there || !is_for(k, t))
        return;
    if (!is_valid(t, &k->validity) || mbedtls_ssl_set_session(&t->ssl, &k->session) != 0) {
        kedge__tls_session_drop(t->tls);
        return;
    }
    t->offered = true;
    t->offered_tls13 = is_of_tls13(&k->session);
    t->offered_validity = k->validity;
    memcpy(t->secret, k->session.MBEDTLS_PRIVATE(master), sizeof t->secret);
}

// ---- resumed?

// No certificate was shown, though mbedTLS demands one of a full handshake; and in TLS 1.2 the
// secret is the old one. (In TLS 1.3 it is always new. Nor does `seen` tell where nothing is
// verified, so mbedTLS is asked for the certificate, too.)
void kedge__tls_session_look(struct kedge__tls_stream *t)
{
    const mbedtls_ssl_session *now = t->ssl.MBEDTLS_PRIVATE(session);
    bool same = memcmp(now->MBEDTLS_PRIVATE(master), t->secret, sizeof t->secret) == 0;
    bool shown = t->seen || mbedtls_ssl_get_peer_cert(&t->ssl) != NULL;
    bool tls13 = is_tls13(&t->ssl);
    t->resumed = t->offered && !shown && tls13 == t->offered_tls13 && (tls13 || same);
    kedge__wipe(t->secret, sizeof t->secret);
    if (t->resumed)
        t->validity = t->offered_validity;
    else
        t->validity.until = t->tls->port->clock(t->tls->port) + SESSION_AGE_MAX;
}

// ---- keep

static bool is_useful(const mbedtls_ssl_session *session)
{
    return has_ticket(session) || (!is_of_tls13(session) && session->MBEDTLS_PRIVATE(id_len) > 0);
}

static void keep(struct kedge__tls_stream *t)
{
    struct kedge__tls_kept *k = &t->tls->kept;
    kedge__tls_session_drop(t->tls);
    if (copy_session(&t->ssl, &k->session) != 0 || !is_useful(&k->session)) {
        mbedtls_ssl_session_free(&k->session);
        return;
    }
    k->is_there = true;
    k->place = t->place;
    k->validity = t->validity;
    k->name_len = t->name_len;
    memcpy(k->name, t->name, t->name_len);
}

void kedge__tls_session_open(struct kedge__tls_stream *t)
{
    if (!t->tls->no_resumption && !is_tls13(&t->ssl))
        keep(t);
}

void kedge__tls_session_ticket(struct kedge__tls_stream *t)
{
    if (!t->tls->no_resumption)
        keep(t);
}

void kedge__tls_session_drop(struct kedge_tls *tls)
{
    if (!tls->kept.is_there)
        return;
    mbedtls_ssl_session_free(&tls->kept.session);
    tls->kept.is_there = false;
}

bool kedge_tls_resumed(const struct kedge_stream *s)
{
    const struct kedge__tls_stream *t = (const struct kedge__tls_stream *)s;
    return t != NULL && t->state == OPEN && t->resumed;
}
