// SPDX-License-Identifier: Apache-2.0
// kedge/tls.h - TLS 1.2 and 1.3 as a stream over a stream, by mbedTLS.
//
// One `struct kedge_tls` holds what connections share (CA, client certificate, random numbers); one
// `struct kedge_tls_stream` is one connection. Both are made in the caller's memory by size, so that
// no header of ours includes mbedTLS. What mbedTLS itself allocates goes to its own allocator.
//
// src/net/tls.c is the only file that includes mbedTLS. A build without TLS leaves it out; then
// kedge_tls_new of src/net/no_tls.c answers KEDGE_ERR_UNSUPPORTED.
#ifndef KEDGE_TLS_H
#define KEDGE_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include <kedge/err.h>
#include <kedge/port.h>
#include <kedge/text.h>

#ifdef __cplusplus
extern "C" {
#endif

// What every TLS connection of one configuration shares; its insides are private.
struct kedge_tls;

struct kedge_tls_options {
    const struct kedge_port *port; // for entropy; outlives the kedge_tls
    // PEM (one or more certificates, or one key) or DER; {NULL, 0}: none. Parsed at once and not kept.
    kedge_str ca;                  // trust anchors. None and not insecure: nothing is trusted
    kedge_str certificate;         // of the client, with its chain
    kedge_str key;                 // of the client, not encrypted
    bool insecure;                 // insecure-skip-tls-verify: the one way to switch verification off
};

// Bytes for kedge_tls_init and kedge_tls_stream_init, aligned as max_align_t.
size_t kedge_tls_size(void);
size_t kedge_tls_stream_size(void);

// Makes a configuration in `memory` (kedge_tls_size() bytes).
//
// KEDGE_ERR_CONFIG       a certificate or key cannot be parsed, the key is not the certificate's, or
//                        a CA together with insecure; *problem is a static text that says which and
//                        distinguishes "no PEM block", "no certificate", "key does not fit"
// KEDGE_ERR_ENTROPY      the port has no random bytes
// KEDGE_ERR_MEMORY       mbedTLS could not allocate
// KEDGE_ERR_UNSUPPORTED  built without TLS
kedge_err kedge_tls_init(void *memory, const struct kedge_tls_options *options,
                         struct kedge_tls **out, const char **problem);

// Frees what mbedTLS allocated for it and wipes the key. NULL does nothing.
void kedge_tls_free(struct kedge_tls *tls);

// Makes a closed TLS stream in `memory` (kedge_tls_stream_size() bytes) over `below`, a closed stream
// that this one opens and closes. `server_name` (NUL-terminated, outlives the stream; NULL: the host
// given to open) is what SNI names (unless an IP literal) and what the certificate must be for: a DNS
// SAN, or an IP SAN for an IP literal.
struct kedge_stream *kedge_tls_stream_init(void *memory, struct kedge_tls *tls,
                                           struct kedge_stream *below, const char *server_name);

// After KEDGE_ERR_TLS or KEDGE_ERR_CERTIFICATE: why, as a static text ("the certificate has
// expired", "is not for this host name", "is not signed by a trusted CA", "the peer does not speak
// TLS", ...). Never NULL.
const char *kedge_tls_problem(const struct kedge_stream *s);

#ifdef __cplusplus
}
#endif
#endif
