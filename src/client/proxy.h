// SPDX-License-Identifier: Apache-2.0
// proxy.h - whether a client's connections go through a proxy, and how. A build with PROXY=0 has
// no_proxy.c in place of proxy.c.
#ifndef KEDGE_CLIENT_PROXY_H
#define KEDGE_CLIENT_PROXY_H

#include "client/client_priv.h"
#include "kedge/config.h"

// Takes the proxy for c->url from the configuration, else from the environment; c->proxy stays NULL
// where there is none. What is wrong is recorded, and names no secret.
kedge_err kedge__proxy_init(struct kedge_client *c, const struct kedge_config *config);

// Puts the way through the proxy, if there is one, over the closed stream in *stream. KEDGE_OK, or
// KEDGE_ERR_MEMORY, which is recorded.
kedge_err kedge__proxy_over(struct kedge_client *c, struct kedge_stream **stream);

// Why the proxy failed the connection whose topmost stream is `top`; NULL if it did not. Good until
// the stream is opened again.
const char *kedge__proxy_problem(const struct kedge_client *c, const struct kedge_stream *top);

// Wipes what is secret and frees what TLS holds; connections are closed. Without a proxy: nothing.
void kedge__proxy_free(struct kedge_client *c);

#endif
