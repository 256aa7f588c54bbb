// SPDX-License-Identifier: Apache-2.0
// script.h - a server that says what it is told to: a peer of the fake port for answers that no API
// server would give, and for the exact bytes of those that it would.
//
//     static const char *const answers[] = {
//         "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
//         "HTTP/1.1 200 OK\r\n\r\nuntil the end" SCRIPT_CLOSES,
//     };
//     struct script s;
//     script_serve(&s, &port, answers, 2);
//
// Each request, up to its blank line, is answered with the next text. Behind the last one requests
// get no answer, and the connection stays open.
#ifndef SCRIPT_H
#define SCRIPT_H

#include "fake_port.h"

// At the end of an answer: the connection is closed in order, or broken off.
#define SCRIPT_CLOSES "\x04"
#define SCRIPT_RESETS "\x18"

struct script_connection;

struct script {
    const char *const *answers;
    size_t count;
    size_t next;
    char seen[32768]; // all requests, one after the other
    size_t seen_len;
    struct script_connection *last; // the one opened last, or NULL once it is closed
};

extern const struct fake_peer script_peer;

// Makes `s` anew, to say these answers, and the peer of `p`.
void script_serve(struct script *s, struct fake_port *p, const char *const *answers, size_t count);

// Says something more on the connection opened last, unasked.
void script_say(struct script *s, const char *text);

#endif
