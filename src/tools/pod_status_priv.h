// SPDX-License-Identifier: Apache-2.0
// pod_status_priv.h - the insides of struct kedge_pod_status_manager, for the node agent too.
#ifndef KEDGE_TOOLS_POD_STATUS_PRIV_H
#define KEDGE_TOOLS_POD_STATUS_PRIV_H

#include "kedge/pod_status.h"
#include "tools/node_priv.h"
#include "tools/pod_view.h"

// Initialized, ContainersReady, Ready.
#define KEDGE__POD_OWN   3
#define KEDGE__POD_SINCE (KEDGE__POD_OWN + KEDGE_POD_CONDITIONS)

// A pod of this node.
struct kedge__pod {
    bool used;
    bool dirty;           // `text` is to be sent
    bool deleting;        // the server waits for its end
    bool ended;           // its containers are no more
    bool gone;            // the server has no such pod any more
    bool stale;           // `version` is not the newest: it has to be read
    bool rejected;        // the agent's: it never ran here
    bool shown_over;      // the agent's: the informer has shown it as over
    uint8_t phase;        // as told last; 0: nothing was
    unsigned text_number; // counts the texts
    unsigned tries;       // that failed in a row
    uint64_t order;       // of those that are due the one that has waited longest comes first
    kedge_time due;
    kedge_timestamp until; // the agent's: when it has to have ended; 0: nobody wants its end;
                           // -1: it has no time of deletion
    struct kedge__since since[KEDGE__POD_SINCE];
    char uid[KEDGE__NODE_UID];
    char version[KEDGE__VERSION_TEXT];
    char namespace_[64];
    char name[KEDGE__NODE_NAME];
    char *text; // the status as JSON
    size_t len;
};

enum kedge__pod_state {
    KEDGE__POD_NOTHING,
    KEDGE__POD_READING,
    KEDGE__POD_PATCHING,
    KEDGE__POD_DELETING
};

struct kedge_pod_status_manager {
    struct kedge__task task; // first
    struct kedge_client *client;
    struct kedge_rest *rest;
    bool own_rest;
    struct kedge__pod_view view;
    struct kedge_api api;
    struct kedge_api_call call;
    enum kedge__pod_state state;
    struct kedge__pod *pods;
    size_t count;
    struct kedge__pod *current; // whose request is under way; NULL: it was removed
    unsigned sending;           // the number of its text that is on its way
    uint64_t orders;
    size_t status_max;
    struct kedge_pod_status_facts out;
    char said[KEDGE__REST_TEXT];
    char *body;    // what is on its way
    char *scratch; // a status before it is known whether it fits
    char namespace_[64];
    char name[KEDGE__NODE_NAME];
    char uid[KEDGE__NODE_UID];
};

// The pod of that uid, or NULL.
struct kedge__pod *kedge__pod_find(struct kedge_pod_status_manager *m, const char *uid);

// True if it has Succeeded or Failed.
bool kedge__pod_is_over(unsigned phase);

// pod_status_json.c: a status into `buf`; the pod's transition times are those of *since, which may
// change. KEDGE_ERR_TOO_LONG, KEDGE_ERR_ARGUMENT.
kedge_err kedge__pod_write(const struct kedge_pod_status *s, struct kedge__since *since,
                           kedge_timestamp now, char *buf, size_t cap, kedge_str *out);

#endif
