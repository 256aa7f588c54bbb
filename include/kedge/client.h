// SPDX-License-Identifier: Apache-2.0
// kedge/client.h - one API server, and what all connections to it share: address, trust,
// credentials.
//
//     struct kedge_client *client = kedge_client_new(k, &config);
//
// A client opens no connection by itself: informers and requests do, one each.
#ifndef KEDGE_CLIENT_H
#define KEDGE_CLIENT_H

#include <kedge/config.h>
#include <kedge/err.h>
#include <kedge/loop.h>
#include <kedge/tls.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_client;

// Makes a client from `config`, in the arena of `k`. Texts of `config` must outlive the client
// (those that kedge_config_load made do); its certificates and key are parsed now and not needed
// again. Key and token, where the arena holds them, are wiped and taken out of `config`, and after
// a failure the password too: load it again for another client.
//
// NULL on failure: KEDGE_ERR_CONFIG (no server, an address that is none, a certificate or key that
// cannot be used), KEDGE_ERR_FILE (the token file), KEDGE_ERR_MEMORY, KEDGE_ERR_UNSUPPORTED (https
// in a build without TLS), KEDGE_ERR_ENTROPY. kedge_error_text(k) says which and where.
struct kedge_client *kedge_client_new(struct kedge *k, struct kedge_config *config);

// Frees what mbedTLS holds for the client and wipes its secrets. Only after everything made from it
// was stopped. NULL does nothing. The arena keeps its bytes.
void kedge_client_free(struct kedge_client *client);

#ifdef __cplusplus
}
#endif
#endif
