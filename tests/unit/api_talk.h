// SPDX-License-Identifier: Apache-2.0
// api_talk.h - a kedge_api over the mock API server, or over a server that says what is written
// down.
#ifndef API_TALK_H
#define API_TALK_H

#include "hostile.h"
#include "kedge/kedge.h"
#include "mock_port.h"

struct talk {
    struct mock_port port;
    unsigned char memory[128 * 1024];
    struct kedge *k;
    struct kedge_client *client;
    struct kedge_rest *rest;
    struct kedge_api api; // Deployments in "default"
};

void api_talk_open(struct talk *t);
// Ends the test if a stream is open.
void api_talk_close(struct talk *t);

// Ends the test with the kedge_rest's text if the call has failed.
void must(struct talk *t, kedge_err err);

// Makes Deployments web-000, web-001, ... with one replica and a label: parity=even or odd.
void api_talk_fill(struct talk *t, size_t count);

struct scripted {
    struct fake_port port;
    struct hostile hostile;
    unsigned char memory[128 * 1024];
    struct kedge *k;
    struct kedge_client *client;
    struct kedge_rest *rest;
    struct kedge_api api; // Deployments in "default"
};

void scripted_open(struct scripted *s, const struct hostile_answer *answers, size_t count);
void scripted_close(struct scripted *s);

#endif
