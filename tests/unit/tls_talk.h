// SPDX-License-Identifier: Apache-2.0
// tls_talk.h - one TLS stream of ours over a fake port, talking to a peer; and the certificates
// that the tests of TLS share.
#ifndef TLS_TALK_H
#define TLS_TALK_H

#include "kedge/tls.h"
#include "tls_peer.h"

// Who made it and what is wrong with it.
enum certificate {
    GOOD_EC, // api.example.com, *.nodes.example.com and 10.0.0.1
    GOOD_RSA,
    GOOD_IP6,      // 2001:db8::1
    CN_ONLY,       // CN=api.example.com and no subjectAltName
    CN_IS_IP,      // CN=10.0.0.1, names other.example.com
    NAME_IS_IP,    // a DNS name "10.0.0.1"
    NAME_OF_FOUR,  // a DNS name "a.bc", whose bytes are those of 97.46.98.99
    IP_OF_LETTERS, // the address of these bytes
    EXPIRED,
    NOT_YET,
    CLIENT_ONLY, // may be used by clients only
    SELF_SIGNED,
    OF_OTHER_CA,
    OF_MIDDLE, // signed by MIDDLE_CA
    OF_EXPIRED_CA,
    WEAK_KEY,  // RSA of 1,024 bits
    WEAK_HASH, // signed with SHA-1
    CA,
    OTHER_CA,
    MIDDLE_CA, // signed by CA
    EXPIRED_CA,
    CLIENT_EC,
    CLIENT_RSA,
    CLIENT_OF_OTHER_CA,
    CERTIFICATES
};

extern struct test_certificate certificates[CERTIFICATES];

// Group set-up and tear-down: makes all, frees all.
int make_certificates(void **state);
int free_certificates(void **state);

struct talk {
    struct fake_port p;
    struct tls_peer peer; // at the other end of p unless p.peer is changed
    struct kedge_tls_options options;
    const char *host;        // "api.example.com"
    const char *server_name; // NULL
    const char *request;     // "hello\n"

    void *tls_memory;
    void *stream_memory;
    struct kedge_tls *tls;
    struct kedge_stream *tcp;
    struct kedge_stream *s;

    char text[1 << 17]; // what the peer said
    size_t len;
    bool opened; // the handshake was done
};

// A server with GOOD_EC that answers "world" and closes in order, and a client that trusts CA.
struct talk *talk_new(void);
void talk_free(struct talk *t); // checks that everything was closed

// Makes t->tls and t->s from the options. Ends the test if that fails.
void talk_prepare(struct talk *t);

// Waits for what a call wanted; false: it waited in vain for a second.
bool talk_wait(struct talk *t, int want);

kedge_err talk_open(struct talk *t);
kedge_err talk_send(struct talk *t, const char *bytes, size_t len);
kedge_err talk_listen(struct talk *t); // until an error; KEDGE_ERR_TIMEOUT: nothing more comes

// Prepares if nobody did, opens, sends the request and listens. The error that ended it; the stream
// is left as it was then.
kedge_err talk_through(struct talk *t);

#endif
