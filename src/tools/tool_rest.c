// SPDX-License-Identifier: Apache-2.0
// tool_rest.c - the kedge_rest of a tool.
#include "tools/tool_rest.h"

// client-go's defaults, of each client.
#define QPS   5
#define BURST 10

// "<the client's>/<agent>", in the arena.
static const char *make_agent(struct kedge_client *client, const struct kedge__tool_rest *tool)
{
    size_t len = strlen(client->user_agent) + 1 + strlen(tool->agent) + 1;
    char *text = kedge__take(client->k, tool->tool, len, 1, 1);
    if (text == NULL)
        return NULL;
    struct kedge__line l;
    kedge__line_init(&l, text, len);
    kedge__line_text(&l, client->user_agent);
    kedge__line_byte(&l, '/');
    kedge__line_text(&l, tool->agent);
    return text;
}

struct kedge_rest *kedge__tool_rest_new(struct kedge_client *client,
                                        const struct kedge__tool_rest *tool)
{
    struct kedge_rest_options options = {
        .buffer = tool->buffer,
        .path_max = 768,
        .text_max = tool->text_max,
        .object_max = 1, // there are no records
        .on_warning = tool->on_warning,
        .warning_ctx = tool->warning_ctx,
    };
    if (tool->agent != NULL) {
        options.user_agent = make_agent(client, tool);
        if (options.user_agent == NULL)
            return NULL;
    }
    struct kedge_rest *rest = kedge_rest_new(client, &options);
    if (rest == NULL)
        return NULL;
    kedge_token_bucket_init(tool->bucket, QPS, BURST);
    rest->bucket = tool->bucket;
    kedge__rest_goes_on(rest);
    return rest;
}

bool kedge__tool_refuses(struct kedge *k, const char *tool, const char *problem)
{
    if (problem == NULL)
        return false;
    struct kedge__line *l = kedge__fail(k, KEDGE_ERR_ARGUMENT);
    kedge__line_text(l, tool);
    kedge__line_text(l, ": ");
    kedge__line_text(l, problem);
    return true;
}
