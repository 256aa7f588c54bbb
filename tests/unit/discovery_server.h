// SPDX-License-Identifier: Apache-2.0
// discovery_server.h - a server that answers by path, with recorded or made-up discovery documents.
//
//     static struct discovery_talk t;
//     discovery_open(&t);
//     discovery_serves(&t, "/api", reply_named("api-aggregated.http")->raw.ptr);
//     discovery_serves(&t, "/apis/a/v1", discovery_says(&t, 503, NULL, "{}"));
//     ...
//     discovery_close(&t);
//
// What is not served is a 404. Of two answers to one path the first is given once.
#ifndef DISCOVERY_SERVER_H
#define DISCOVERY_SERVER_H

#include "fake_port.h"
#include "kedge/kedge.h"

#define AGGREGATED "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

struct discovery_talk {
    struct fake_port port;
    struct discovery_answer {
        const char *path;
        const char *text;
        bool used;
    } answers[64];
    size_t answer_count;
    char made[65536]; // answers that are made up
    size_t made_len;
    char seen[16384]; // the paths that were asked for, a line each
    char heads[8192]; // the last head
    unsigned char memory[128 * 1024];
    struct kedge *k;
    struct kedge_rest *rest;
    struct kedge_client *client;
    char lines[65536]; // what was told, a line each: see discovery_line
};

void discovery_open(struct discovery_talk *t);
void discovery_open_with(struct discovery_talk *t, const struct kedge_rest_options *options);
void discovery_close(struct discovery_talk *t);
void discovery_serves(struct discovery_talk *t, const char *path, const char *answer);
const char *discovery_says(struct discovery_talk *t, int code, const char *type, const char *body);

// The recorded server: aggregated, or not.
void discovery_serves_recorded(struct discovery_talk *t, bool aggregated);

// How often a path was asked for; NULL: all.
unsigned discovery_asked(const struct discovery_talk *t, const char *path);

// For the calls of kedge/discovery.h: a line of all that is told; `ctx` is the talk.
//   "apps/v1 deployments/scale - autoscaling/v1 Scale true preferred get,patch,update - -\n"
kedge_err discovery_line(void *ctx, const struct kedge_api_resource *r);
kedge_err discovery_group_line(void *ctx, const struct kedge_group_version *gv);

#endif
