// SPDX-License-Identifier: Apache-2.0
// exchange_head.c - the head of a request: what is asked for, and who asks.
#include "client/exchange.h"
#include "net/request.h"

static kedge_err credentials(struct kedge__connection *c, struct kedge_http_request *r,
                             kedge_time now)
{
    struct kedge_client *client = c->client;
    r->username = client->username;
    r->password = client->password;
    r->bearer_token = kedge_str_of(client->bearer);
    c->serial = client->serial;
    if (!client->has_token)
        return KEDGE_OK;
    const char *token = NULL;
    kedge_err err = kedge__token_get(client->k, &client->token, now, &token);
    r->bearer_token = kedge_str_of(token);
    return err;
}

// Puts whole header lines in front of the empty one that ends the head.
static kedge_err add_lines(struct kedge__line *l, kedge_str lines)
{
    if (lines.len == 0)
        return KEDGE_OK;
    l->len -= 2;
    kedge__line_str(l, lines);
    kedge__line_text(l, "\r\n");
    return l->cut ? KEDGE_ERR_TOO_LONG : KEDGE_OK;
}

kedge_err kedge__exchange_write_head(struct kedge__connection *c, kedge_time now)
{
    struct kedge_client *client = c->client;
    struct kedge_http_request r = {
        .method = c->ask.method,
        .url = &client->url,
        .path = c->ask.path,
        .accept = c->ask.accept,
        .user_agent = c->user_agent != NULL ? c->user_agent : client->user_agent,
        .has_body = c->ask.body.len > 0,
        .content_length = c->ask.body.len,
        .content_type = c->ask.content_type,
        .headers = c->ask.headers,
        .header_count = c->ask.header_count,
    };
    kedge_err err = credentials(c, &r, now);
    if (err != KEDGE_OK)
        return err;
    struct kedge__line line;
    kedge__line_init(&line, c->buf, c->cap);
    err = kedge__http_request_write(&line, &r);
    if (err == KEDGE_OK)
        err = add_lines(&line, client->headers);
    c->got = line.len;
    c->at = 0;
    return err;
}
