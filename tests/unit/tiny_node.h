// SPDX-License-Identifier: Apache-2.0
// tiny_node.h - a node agent over the mock API server, with a runtime that runs pods at once and
// writes down what it is told.
#ifndef TINY_NODE_H
#define TINY_NODE_H

#include <jansson.h>

#include "kedge/kedge.h"
#include "mock_port.h"

// TINY_OVER is the number of what is said of a pod last of all.
enum { TINY_MEMORY = 384 * 1024, TINY_PODS = 64, TINY_OVER = 999999 };

// A pod as the runtime knows it.
struct tiny_pod {
    char name[64]; // "": free
    char uid[64];
    bool terminating;
    kedge_time ends; // when it will have ended; KEDGE_FOREVER: when told so
    int told;        // the number of what was said of it last
};

struct tiny_node {
    struct mock_port port;
    struct kedge_config config;
    struct kedge_node_facts facts;
    struct kedge_node_agent_options options;
    struct kedge_pod_handler handler;
    unsigned char *memory;
    struct kedge *k;
    struct kedge_client *client;
    struct kedge_factory *factory;
    struct kedge_node_agent *agent;
    struct kedge_rest *user; // somebody else's requests

    struct tiny_pod pods[TINY_PODS];
    char run[32];         // "seed 7: ", for what fails
    char log[8192];       // "add a\nterminate a 30\nremove a\n"
    bool silent;          // says nothing of a pod by itself
    kedge_time end_after; // how long pods take to end; KEDGE_FOREVER: they wait
};

struct tiny_node *tiny_set_up(const struct mock_options *mock);
void tiny_start(struct tiny_node *t);
// As it comes, started; and with the pod "a", which has had a second.
struct tiny_node *tiny_started(void);
struct tiny_node *tiny_with_a(void);
// Ends the test if a stream is open.
void tiny_tear_down(struct tiny_node *t);

// Polls once, up to `ms`; polls for `ms`. Both let pods end.
void tiny_poll(struct tiny_node *t, kedge_time ms);
void tiny_run(struct tiny_node *t, kedge_time ms);

// A pod for that node, as the scheduler leaves it; `more` are further members of its status.
void tiny_make(struct tiny_node *t, const char *name, const char *node, const char *more);

// An object of the mock's, or NULL.
json_t *tiny_object(struct tiny_node *t, const char *resource, const char *namespace_,
                    const char *name);
// A text in it at a path with dots; "" if there is none. In static storage.
const char *tiny_text(struct tiny_node *t, const char *resource, const char *namespace_,
                      const char *name, const char *path);
// Writes the object back as it is.
void tiny_put(struct tiny_node *t, const char *resource, json_t *o);

struct tiny_pod *tiny_find(struct tiny_node *t, const char *uid);
// Says of a pod that it runs, with the message "UID N".
kedge_err tiny_say(struct tiny_node *t, struct tiny_pod *p, int n);

// "True KubeletReady" of the Node on the server.
const char *tiny_ready(struct tiny_node *t);

// ms since the Lease was renewed; KEDGE_FOREVER: there is none.
kedge_time tiny_lease_age(struct tiny_node *t);

#endif
