// SPDX-License-Identifier: Apache-2.0
// kedge/tls.h - TLS 1.2 and 1.3 as a stream over a stream, by mbedTLS 2.28 or 3.6.
//
// One `struct kedge_tls` holds what connections share (CA, client certificate, random numbers); one
// TLS stream is one connection. Both are made in the caller's memory by size, so that no header of
// ours includes mbedTLS.
//
//     struct kedge_tls_options options = {.port = port, .ca = config.ca};
//     struct kedge_tls *tls;
//     const char *problem;
//     if (kedge_tls_init(memory, &options, &tls, &problem) != KEDGE_OK)
//         puts(problem);
//     struct kedge_stream *s = kedge_tls_stream_init(stream_memory, tls, tcp, NULL);
//     while ((err = s->ops->open(s, "cluster.example.com", 6443)) == KEDGE_WANT_READ) ...
//
// What is promised:
//   - The server's certificate must lead to the CA, be valid today and be for the name that was
//     asked for, in a subjectAltName: a DNS name (also "*.example.com" for one label) or an IP
//     address. The subject's common name is never looked at, as in Go. Only `insecure` switches
//     this off; nothing falls back to plain text.
//   - TLS 1.2 at least; 1.3 where the library has it (3.6). RSA and Diffie-Hellman groups from
//     2,048 bits on, curves from 256, hashes from SHA-256, in certificates and handshake. No
//     renegotiation, no ALPN (so the server speaks HTTP/1.1).
//   - The last session is kept, so that the next handshake with the same host, port and server name
//     is short (session ids and tickets; RFC 5077, RFC 8446 2.2): one round trip, no certificate,
//     and in TLS 1.2 no public key operation. It stands for the certificate that was verified when
//     it was made: it is used neither beyond that chain's dates nor beyond a day, and not where the
//     port has no calendar; with another CA, client certificate or `insecure` there is another
//     kedge_tls, which has none of it. A handshake that fails drops it; a server that does not take
//     it gets a full handshake, and its certificate is judged anew. `no_resumption` switches it
//     off.
//   - An end that the peer announced (close_notify) is KEDGE_ERR_CLOSED. A connection that ends
//     without it was cut, perhaps by somebody in between: KEDGE_ERR_IO.
//
// What it costs: mbedTLS allocates by its own allocator. Measured on x86-64 with Debian's builds,
// an open connection holds 37 to 39 KiB with mbedTLS 2.28, 39 to 46 KiB with 3.6; 33 KiB of that
// are its two record buffers (a server of Go sends records of 16 KiB whatever it is asked for).
// During the handshake the peak is 47 KiB with 2.28, 58 KiB with 3.6. A fixed heap (kedge_tls_heap)
// for one connection needs 56,000 bytes with 2.28 and 64,000 with 3.6. (A server that sends as many
// certificates as a message has room for can drive it to 100 KiB.) Where it is
// too small, the handshake fails: with KEDGE_ERR_TLS or, as mbedTLS takes a signature that it has
// no memory to check for a bad one, with KEDGE_ERR_CERTIFICATE.
//
// The kept session costs 0.5 KiB (2.28) or 0.7 KiB (3.6) within the kedge_tls, 0.1 KiB in each
// stream, and its ticket in mbedTLS's heap: 200 bytes of an OpenSSL server. The server's
// certificate is not kept with it. What a server sends for a handshake falls, with one small
// certificate, from 940 to 133 bytes in TLS 1.2 and from 750 to 225 in TLS 1.3. A server that is
// set back from TLS 1.3 to 1.2 costs one failed handshake, since a session is offered with its
// version.
//
// Random numbers come from the port's entropy. Beside them, mbedTLS 3.6 with TLS 1.3 uses the
// generator of its PSA part, which has its own entropy source (on a board: what the mbedTLS build
// was configured with); kedge_tls_init starts it, nobody stops it, since it belongs to the program.
//
// Dates of certificates are judged by the port's wall clock, or that of the options; where it
// answers 0, by mbedTLS's own clock; where mbedTLS was built without one either, every certificate
// is refused, unless the options say that dates are judged later.
//
// src/net/tls*.c alone include mbedTLS. A build without TLS has src/net/no_tls.c in their place:
// the same functions, answering KEDGE_ERR_UNSUPPORTED. Not thread-safe.
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
    const struct kedge_port *port; // entropy and wall clock; outlives the kedge_tls
    // Each is PEM (any number of certificates, or one key; other text around them is skipped) or
    // DER (one); {NULL, 0}: none. A PEM text must have a NUL as its last byte or right behind it:
    // ptr[len] is read. Parsed at once and not kept.
    kedge_str ca;          // trust anchors. None and not insecure: nothing is trusted
    kedge_str certificate; // of the client, then its chain, leaf first; needs `key`
    kedge_str key;         // of the client: RSA or ECDSA, PKCS#1, PKCS#8 or SEC1, not encrypted
    bool insecure;         // insecure-skip-tls-verify: the one way to switch verification off
    bool no_resumption;    // keeps no session: each handshake is a full one
    // The calendar in place of the port's, as port.h has it; NULL: the port's. Called from open.
    kedge_timestamp (*wall_clock)(void *ctx);
    void *wall_clock_ctx;
    // Where the calendar does not know the date, certificates are accepted whatever their dates;
    // kedge_tls_check_dates judges them once the date is known. Until then whoever has the key of
    // an expired certificate passes for the server: send nothing that he must not have, believe
    // nothing that he says. false: mbedTLS's own clock judges, and without one nothing is accepted.
    bool dates_later;
};

// Bytes for kedge_tls_init and kedge_tls_stream_init, aligned as max_align_t.
size_t kedge_tls_size(void);
size_t kedge_tls_stream_size(void);

// Makes a configuration in `memory` (kedge_tls_size() bytes), which outlives it and its streams.
// Certificates of the CA that mbedTLS cannot parse are left out as long as one remains (bundles
// hold kinds of keys that it does not know); in the client's chain each must be parsed. After a
// failure *out is NULL, nothing is left to free and the memory is wiped.
//
// KEDGE_ERR_CONFIG       a certificate or key cannot be parsed, the key is not the certificate's,
// one
//                        of the two is missing, or there is a CA together with insecure
// KEDGE_ERR_ENTROPY      the port has no random bytes
// KEDGE_ERR_MEMORY       mbedTLS could not allocate
// KEDGE_ERR_ARGUMENT     a pointer is NULL
// KEDGE_ERR_UNSUPPORTED  built without TLS
// *problem (if not NULL) is then a static text that says which and why, telling "no PEM block" from
// "no certificate" from "cannot be parsed"; NULL after KEDGE_OK.
kedge_err kedge_tls_init(void *memory, const struct kedge_tls_options *options,
                         struct kedge_tls **out, const char **problem);

// Frees what mbedTLS allocated for it and wipes the key. Its streams must be closed. NULL does
// nothing.
void kedge_tls_free(struct kedge_tls *tls);

// Makes a closed TLS stream in `memory` (kedge_tls_stream_size() bytes) over `below`, a closed
// stream that this one opens and closes. `server_name` (NUL-terminated, outlives the stream; NULL
// or "": the host given to open) is what SNI names (unless it is an IP address) and what the
// certificate must be for. A dot at its end and the zone of an IPv6 address ("%eth0") are not
// looked at.
//
// The stream answers as port.h says, and where it opens, reads or writes also:
//
// KEDGE_ERR_TLS          the peer does not speak TLS as it should, or refused us, or mbedTLS lacks
//                        memory: kedge_tls_problem
// KEDGE_ERR_CERTIFICATE  the server's certificate is not to be trusted: kedge_tls_problem
// KEDGE_ERR_ENTROPY      the port has no random bytes any more
// KEDGE_ERR_IO           also: the connection ended without close_notify
// KEDGE_ERR_ARGUMENT     open: no name to check, or longer than 253 bytes; read, write: no bytes;
//                        write: after KEDGE_WANT_*, fewer bytes than before (nothing changed)
// KEDGE_ERR_STATE        read or write before open has answered KEDGE_OK
// KEDGE_ERR_UNSUPPORTED  built without TLS
//
// The handshake is part of open. After an error each call answers the same until close. What one
// call takes from the stream below is bounded (64 KiB); it answers KEDGE_WANT_READ beyond. close
// sends close_notify if that does not block, and frees all that mbedTLS holds for the stream.
//
// After KEDGE_WANT_* from write the bytes may be on their way, encrypted: call again with at least
// these bytes, or close. Reading in between is allowed.
struct kedge_stream *kedge_tls_stream_init(void *memory, struct kedge_tls *tls,
                                           struct kedge_stream *below, const char *server_name);

// Judges the dates of the certificates that the stream was opened with, if dates_later left them
// open: by `now`, in microseconds since 1970; 0 is a date that is still not known, and not good
// enough. The stream fails where they are not good.
//
// KEDGE_OK               they are; or were judged in the handshake; or `s` is no TLS stream, or is
//                        insecure
// KEDGE_ERR_CERTIFICATE  expired, not yet valid, or the date is not known: kedge_tls_problem
// KEDGE_ERR_STATE        the stream is not open
// otherwise              the stream had failed before: what it failed with
kedge_err kedge_tls_check_dates(struct kedge_stream *s, kedge_timestamp now);

// Why the stream failed last, as a static text ("the certificate has expired", "is not for this
// host name", "is not signed by a trusted CA", "the peer speaks plain HTTP, not TLS", ...). Good
// until the next open, also after close. "" if nothing failed; never NULL.
const char *kedge_tls_problem(const struct kedge_stream *s);

// True if the stream is open and its handshake resumed a session. False for NULL.
bool kedge_tls_resumed(const struct kedge_stream *s);

// Gives mbedTLS `len` bytes at `memory` as the only ones it allocates from, for the whole program;
// before any other use of mbedTLS. `memory` outlives all use. Needs a build of mbedTLS with
// MBEDTLS_MEMORY_BUFFER_ALLOC_C and MBEDTLS_PLATFORM_MEMORY (for boards; Debian's has neither).
//
// KEDGE_ERR_ARGUMENT     memory is NULL or under 1 KiB
// KEDGE_ERR_UNSUPPORTED  this mbedTLS has no such allocator; nothing changed
kedge_err kedge_tls_heap(void *memory, size_t len);

#ifdef __cplusplus
}
#endif
#endif
