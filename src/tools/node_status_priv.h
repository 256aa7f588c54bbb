// SPDX-License-Identifier: Apache-2.0
// node_status_priv.h - the insides of struct kedge_node_status: the machine (node_status.c) and
// what it writes (node_object.c).
#ifndef KEDGE_TOOLS_NODE_STATUS_PRIV_H
#define KEDGE_TOOLS_NODE_STATUS_PRIV_H

#include "kedge/backoff.h"
#include "kedge/node_status.h"
#include "tools/node_priv.h"

// MemoryPressure, DiskPressure, PIDPressure, Ready: the kubelet's, in its order.
#define KEDGE__NODE_OWN   4
#define KEDGE__NODE_SINCE (KEDGE__NODE_OWN + KEDGE_NODE_CONDITIONS)

enum kedge__node_state {
    KEDGE__NODE_STOPPED,
    KEDGE__NODE_PAUSE,   // until `due`, and until the connection is free; then `next`
    KEDGE__NODE_READING, // the Node, to see what there is
    KEDGE__NODE_CREATING,
    KEDGE__NODE_LABELLING,
    KEDGE__NODE_COMPARING, // reads the Node, since when its conditions are what they are
    KEDGE__NODE_REPORTING
};

struct kedge_node_status {
    struct kedge__task task; // first
    struct kedge_client *client;
    struct kedge_rest *rest;
    struct kedge_api api;
    struct kedge_api_call call;
    struct kedge_node_status_options options;
    const char *node;
    enum kedge__node_state state;
    enum kedge__node_state next;
    kedge_time due;
    bool always;      // to be sent whatever it is
    bool soon;        // to be looked at once what is under way has ended
    bool looked;      // READING came because of a Node that is there, so create comes no more
    bool fresh;       // `since` is what the server has just shown
    unsigned tries;   // to report, that failed in a row
    uint32_t sent[2]; // hashes of what the server has: the facts, the conditions
    uint32_t sending[2];
    struct kedge_backoff backoff;
    struct kedge__since since[KEDGE__NODE_SINCE];
    char uid[KEDGE__NODE_UID]; // of the Node that is registered; "": longer than any
    struct kedge_node_report out;
    char text[KEDGE__REST_TEXT];
    char *body;
    size_t body_max;
};

// Each writes into `body`. After an error *out is empty. KEDGE_ERR_TOO_LONG, KEDGE_ERR_ARGUMENT.
kedge_err kedge__node_write_object(struct kedge_node_status *n, kedge_timestamp now,
                                   kedge_str *out);
kedge_err kedge__node_write_labels(struct kedge_node_status *n, kedge_str *out);
// `facts`: with addresses, resources and nodeInfo, which need not be sent again and again.
kedge_err kedge__node_write_report(struct kedge_node_status *n, kedge_timestamp now, bool facts,
                                   kedge_str *out);

// What the server would have after a report: hash[0] of the facts, [1] of the conditions.
kedge_err kedge__node_hash(struct kedge_node_status *n, uint32_t hash[2]);

// True if the Node has all labels that it should have.
bool kedge__node_has_labels(const struct kedge_node_status *n, const struct kedge_object *node);

// Learns from the Node as the server has it which conditions are what they were.
void kedge__node_learn(struct kedge_node_status *n, const struct kedge_object *node);

#endif
