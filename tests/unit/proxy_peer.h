// SPDX-License-Identifier: Apache-2.0
// proxy_peer.h - an HTTP proxy at the other end of a fake port, or above a tls_peer: it reads one
// CONNECT, answers it and, if the answer is 2xx, passes all bytes to and from another peer.
//
//     struct proxy_peer proxy = {.to = &tls_peer_ops, .to_ctx = &server};
//     port.peer = &proxy_peer_ops;
//     port.peer_ctx = &proxy;
#ifndef PROXY_PEER_H
#define PROXY_PEER_H

#include "fake_port.h"

struct proxy_peer {
    const struct fake_peer *to; // the server
    void *to_ctx;
    const char *answer;        // the head, and what follows it; NULL: "HTTP/1.1 200 OK", or:
    const char *authorization; // what Proxy-Authorization must be, else 407; NULL: anything
    bool closes;               // behind an answer that is no 2xx

    // What happened.
    char host[256]; // of the proxy, as the client opened it
    uint16_t port;
    unsigned requests;
    char request[4096]; // the last, with its empty line
};

extern const struct fake_peer proxy_peer_ops;

#endif
