// SPDX-License-Identifier: Apache-2.0
// mock_port.h - the mock API server at the other end of a fake port: plain HTTP, in one process, on
// virtual time.
//
//     struct mock *m = mock_new(&(struct mock_options){.seed = 1});
//     struct mock_port p;
//     mock_port_init(&p, m, 1);
//     struct kedge *k = kedge_init(memory, sizeof memory, &p.fake.port);
//     ...                                       // any host and port lead to the mock
//     mock_port_done(&p);                       // all streams are closed; frees the mock
#ifndef MOCK_PORT_H
#define MOCK_PORT_H

#include <jansson.h>

#include "fake_port.h"
#include "mock/mock.h"

struct mock_port {
    struct fake_port fake; // first; cruelties, clock, files and counters
    struct mock *mock;
};

// The mock's clock is the fake port's from then on: its time 0 is the port's start, so both have
// the same calendar if the mock has its default epoch.
void mock_port_init(struct mock_port *p, struct mock *mock, uint64_t seed);

// An object as the mock has it, to be freed by json_decref; NULL: there is none.
json_t *mock_port_object(const struct mock_port *p, const char *resource, const char *namespace_,
                         const char *name);

// Ends the test if a stream is open; frees the mock.
void mock_port_done(struct mock_port *p);

#endif
