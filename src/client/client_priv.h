// SPDX-License-Identifier: Apache-2.0
// client_priv.h - the insides of struct kedge_client.
//
// Credentials that live are files of their own, which the functions of config.h link:
//
//     files.c      certificate, key and CA files, read again
//     exec.c       a plugin that is run
//     callback.c   a function of the program that is asked
//
// Each is a source: asked before every request, told of every 401. Those that may change the client
// certificate or the CA share trust.c, which makes a new kedge_tls and keeps the old one until the
// last connection made with it has closed.
#ifndef KEDGE_CLIENT_PRIV_H
#define KEDGE_CLIENT_PRIV_H

#include "base/context.h"
#include "base/random.h"
#include "client/token.h"
#include "kedge/client.h"
#include "kedge/token_bucket.h"
#include "kedge/url.h"

// What connections opened in one time share.
struct kedge__trust {
    void *memory;          // of `tls`; NULL: plain HTTP, or never renewed
    struct kedge_tls *tls; // NULL: plain HTTP, or not in use
    unsigned connections;  // open or opening with it
    bool revoked;          // the client certificate was replaced: they close at their next step
};

// What a source waits for.
struct kedge__pending {
    struct kedge_stream *stream; // NULL: only for the time
    uint8_t interest;
    kedge_time again;    // ask again at this time; KEDGE_FOREVER: when the stream is ready
    const char *problem; // after an error: why; lives as long as the source
};

struct kedge__connection;
struct kedge__source;

struct kedge__source_ops {
    // Brings what the source gives up to date.
    //
    // KEDGE_OK      it is
    // KEDGE_WANT_*  not yet: *p says what for
    // otherwise     there are no credentials, and the request fails; p->problem says why
    kedge_err (*ready)(struct kedge__source *s, kedge_time now, struct kedge__pending *p);
    // A request with the bearer token or certificate of that serial was answered by 401. NULL: that
    // is nothing to the source.
    void (*unauthorized)(struct kedge__source *s, uint32_t serial);
    // Ends what is under way and wipes its secrets.
    void (*free)(struct kedge__source *s);
};

// Embedded first in its owner.
struct kedge__source {
    const struct kedge__source_ops *ops;
    struct kedge__source *next;
    struct kedge_client *client;
};

struct kedge_client {
    struct kedge *k;
    struct kedge_url url;
    const char *host;        // url.host, NUL-terminated
    const char *server_name; // for TLS; NULL: the host
    const char *user_agent;
    const char *username;
    const char *password;
    struct kedge__proxy *proxy;            // NULL: none; proxy.h
    struct kedge__connection *connections; // that were made for it, open or not
    struct kedge__trust *trust;            // of connections opened from now on
    struct kedge__trust trusts[2];
    // What `trust` was made of, where that may be needed again. The CA's text lives as long as the
    // client; certificate and key are kept only if no file has them.
    bool insecure;
    bool no_tls_resumption;
    bool clock_from_server;
    kedge_str ca;
    kedge_str certificate;
    kedge_str key;
    struct kedge__token_source token;
    bool has_token;
    struct kedge_token_bucket bucket; // of all requests but those of informers
    bool limited;                     // the bucket is made, with the first of them
    float qps;                        // what it is made with
    int burst;
    struct kedge__source *sources;
    const char *bearer; // the token that a source gives; NULL: none
    uint32_t serial;    // counts what a source gave
    kedge_str headers;  // whole header lines for every request
    struct kedge__random random;
};

// client.c

// Adds a source, which lives as long as the client.
void kedge__client_add_source(struct kedge_client *c, struct kedge__source *s,
                              const struct kedge__source_ops *ops);

// Before a request: as the sources answer, one after the other.
kedge_err kedge__client_ready(struct kedge_client *c, kedge_time now, struct kedge__pending *p);

// A request whose credentials had that serial (c->serial when its head was written) was answered by
// 401: what may have expired is asked for anew by the next request. kedge__exchange_head calls it.
void kedge__client_unauthorized(struct kedge_client *c, uint32_t serial);

// What every kedge_tls of a client is made with.
struct kedge_tls_options kedge__client_tls_options(const struct kedge_client *c);

// Records why a client cannot be made, as "what: problem". Returns `err`.
kedge_err kedge__client_fail(struct kedge_client *c, kedge_err err, const char *what,
                             const char *problem);

// trust.c

// Takes the room for a second kedge_tls. Once; KEDGE_ERR_MEMORY.
kedge_err kedge__trust_init(struct kedge_client *c);

// Makes a kedge_tls of these texts (PEM, as kedge_tls_options has them) for the connections from
// now on. `revoke`: those made with the one before close, whatever they carry; else they go on.
// Nothing is kept of the texts.
//
// Connections without a request, which their owners may not look at for long, close at once.
//
// KEDGE_WAIT  connections of the one before the present one are still in use
// otherwise   as kedge_tls_init; *problem says why, and the present one stays
kedge_err kedge__trust_renew(struct kedge_client *c, kedge_str ca, kedge_str certificate,
                             kedge_str key, bool revoke, const char **problem);

#endif
