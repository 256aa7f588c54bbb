// SPDX-License-Identifier: Apache-2.0
// visitor.h - a kedge with one informer that visits a hostile server, and a witness of all it says.
//
//     struct visitor v;
//     visitor_open(&v, answers, count);
//     v.options.label_selector = "a=b";
//     visitor_start(&v, &kedge_kind_deployment);
//     visitor_run(&v, 10 * KEDGE_MINUTE, 1 << 20);
//     visitor_close(&v);
#ifndef VISITOR_H
#define VISITOR_H

#include "hostile.h"
#include "kedge/kedge.h"

struct visitor {
    struct fake_port p;
    struct hostile h;
    struct kedge_config config; // server: "http://kubernetes.test"
    struct kedge_informer_options options;
    size_t size; // of the memory; 64 KiB
    unsigned char *memory;
    struct kedge *k;
    struct kedge_client *client;
    struct kedge_factory *factory;
    struct kedge_informer *inf;

    // The witness. A message that is not printable ASCII ends the test.
    unsigned messages;
    char last[512];
    uint64_t polls;
    uint64_t most; // bytes that one poll read
};

void visitor_open(struct visitor *v, const struct hostile_answer *answers, size_t count);

// Makes everything and starts. The first failure, also kept in the kedge.
kedge_err visitor_start(struct visitor *v, const struct kedge_kind *kind);

// Polls until `ms` of virtual time have passed or the server has said `bytes`.
void visitor_run(struct visitor *v, kedge_time ms, uint64_t bytes);

struct kedge_informer_state visitor_state(const struct visitor *v);

// Shuts down, checks that every stream was closed, frees everything.
void visitor_close(struct visitor *v);

// Ends the test if a byte of it could move a cursor, colour a terminal or begin a line.
void assert_printable(const char *text);

#endif
