// SPDX-License-Identifier: Apache-2.0
// hostile.h - a server at the other end of a fake port that answers as it likes: what is written
// down, a piece of it for ever, a byte at a time, by plain HTTP.
//
//     static const struct hostile_answer answers[] = {{.head = "HTTP/1.1 200 OK\r\n",
//                                                      .unit = "X-Filler: 0123456789\r\n",
//                                                      .times = HOSTILE_FOR_EVER}};
//     struct hostile h = {.answers = answers, .count = 1};
//     p.peer = &hostile_peer, p.peer_ctx = &h;
#ifndef HOSTILE_H
#define HOSTILE_H

#include "fake_port.h"

#define HOSTILE_FOR_EVER UINT64_MAX

// Sends head, then `unit` so many times, then tail.
struct hostile_answer {
    const char *head, *unit, *tail; // NULL: nothing
    uint64_t times;
    kedge_time pause; // ms between two bytes; 0: none
    bool closes;      // behind it all
};

struct hostile {
    // The n-th request gets the n-th answer, and the last one again and again.
    const struct hostile_answer *answers;
    size_t count;
    bool unasked; // says the first answer as soon as somebody connects

    // What happened.
    unsigned asked;       // requests: blank lines that came
    uint64_t said;        // bytes
    char requests[16384]; // the begin of all of them
    size_t len;

    // Private.
    kedge_time now, next;
};

extern const struct fake_peer hostile_peer;

#endif
