// SPDX-License-Identifier: Apache-2.0
// tool_rest.h - what tools share that read and write one object, over and over, on a connection of
// their own.
#ifndef KEDGE_TOOLS_TOOL_REST_H
#define KEDGE_TOOLS_TOOL_REST_H

#include "client/rest_priv.h"
#include "kedge/token_bucket.h"

struct kedge__tool_rest {
    const char *tool;  // of the report of memory; static storage
    const char *agent; // behind the client's user agent and a slash; NULL: nothing
    size_t buffer;     // of the connection; 0: 4,096
    size_t text_max;   // of the object as JSON
    // As of a kedge_rest.
    void (*on_warning)(void *ctx, int code, const char *agent, const char *text);
    void *warning_ctx;
    // client-go's tools have clients of their own, so their own rates, too. It is made anew, 5 a
    // second and 10 at once, and is the tool's.
    struct kedge_token_bucket *bucket;
};

// Makes a kedge_rest whose requests go on while the program waits in a request call. NULL on
// failure, which kedge_error tells.
struct kedge_rest *kedge__tool_rest_new(struct kedge_client *client,
                                        const struct kedge__tool_rest *tool);

// True if there is a problem with the tool's options: then that is the start-up's failure, as
// "tool: problem".
bool kedge__tool_refuses(struct kedge *k, const char *tool, const char *problem);

#endif
