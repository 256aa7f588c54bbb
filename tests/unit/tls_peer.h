// SPDX-License-Identifier: Apache-2.0
// tls_peer.h - who is at the other end of a fake port in the tests of TLS: a TLS server by mbedTLS,
// or somebody who only sends bytes.
#ifndef TLS_PEER_H
#define TLS_PEER_H

#include <mbedtls/ssl.h>

#include "fake_port.h"
#include "test_pki.h"

enum tls_peer_end {
    TLS_PEER_STAYS,    // goes on listening after its reply
    TLS_PEER_NOTIFIES, // close_notify, then closes
    TLS_PEER_CUTS,     // closes without close_notify
};

// What the server does. It answers each request, a line that ends with "\n" or, in HTTP, a head
// that ends with an empty line, with `reply`.
struct tls_peer {
    bool http;
    const char *certificate; // PEM, with the chain; NULL: the one test_certificate's
    const struct test_certificate *own;
    const struct test_certificate *client_ca; // NULL: asks for no client certificate
    const char *reply;
    size_t reply_len;
    // Who answers in place of it, and decides about the end; NULL: nobody. Takes all it is fed.
    const struct fake_peer *above;
    void *above_ctx;
    enum tls_peer_end end;
    bool tls13;                 // where the library has it; else 1.2 is the highest
    bool tls11;                 // 1.1 is the highest, where the library has it
    bool tickets;               // sends session tickets, and takes its own until tls_peer_done
    bool remembers;             // keeps sessions by their id (TLS 1.2), until tls_peer_done
    bool warns;                 // sends a warning (user_canceled) before it replies
    unsigned renegotiate_every; // asks for a renegotiation after so many reads (TLS 1.2); 0: never

    // What happened.
    unsigned handshakes;   // that ended well
    int error;             // of mbedTLS, that ended the last connection
    bool notified;         // the client sent close_notify
    char server_name[256]; // from SNI; "": none
    char client[64];       // common name of the verified client certificate
    char received[1 << 17];
    size_t received_len;

    // Private.
    bool ready;
    unsigned reads;
    mbedtls_ssl_config conf;
    mbedtls_x509_crt chain;
    mbedtls_x509_crt clients;
    void *ticket_keys;
    void *cache;
};

extern const struct fake_peer tls_peer_ops;

// True if the library can do what the peer is asked for.
bool tls_peer_knows_tls13(void);
bool tls_peer_knows_tls11(void);

// Frees what the peer made; its wishes stay.
void tls_peer_done(struct tls_peer *peer);

// Sends `bytes`, whatever it is sent.
struct raw_peer {
    const char *bytes;
    size_t len;
    bool closes;  // after them
    bool repeats; // sends them again and again
    size_t sent;
};

extern const struct fake_peer raw_peer_ops;

#endif
