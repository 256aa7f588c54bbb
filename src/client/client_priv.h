// SPDX-License-Identifier: Apache-2.0
// client_priv.h - the insides of struct kedge_client.
#ifndef KEDGE_CLIENT_PRIV_H
#define KEDGE_CLIENT_PRIV_H

#include "base/context.h"
#include "base/random.h"
#include "client/token.h"
#include "kedge/client.h"
#include "kedge/token_bucket.h"
#include "kedge/url.h"

struct kedge_client {
    struct kedge *k;
    struct kedge_url url;
    const char *host;        // url.host, NUL-terminated
    const char *server_name; // for TLS; NULL: the host
    const char *user_agent;
    const char *username;
    const char *password;
    struct kedge_tls *tls;      // NULL: plain HTTP
    struct kedge__proxy *proxy; // NULL: none; proxy.h
    struct kedge__token_source token;
    bool has_token;
    struct kedge_token_bucket bucket; // of all requests but those of informers
    struct kedge__random random;
};

#endif
