// SPDX-License-Identifier: Apache-2.0
// trust.c - a new kedge_tls in place of the present one.
//
//     trusts:  | present | the other |
//
// The other place is free, or holds the one before until its last connection has closed (exchange.c
// counts and frees). So there are never more than two, and a third change waits for the requests of
// the first.
#include "client/exchange.h"

kedge_err kedge__trust_init(struct kedge_client *c)
{
    struct kedge__trust *second = &c->trusts[1];
    if (second->memory == NULL)
        second->memory = kedge__take_bytes(c->k, "TLS", kedge_tls_size());
    return second->memory != NULL ? KEDGE_OK : KEDGE_ERR_MEMORY;
}

// A connection that is kept for a next request opens with what is in force by then.
static void close_idle(struct kedge_client *c)
{
    for (struct kedge__connection *i = c->connections; i != NULL; i = i->next) {
        if (i->state == KEDGE__EXCHANGE_DONE && kedge__connection_outdated(i))
            kedge__connection_close(i);
    }
}

kedge_err kedge__trust_renew(struct kedge_client *c, kedge_str ca, kedge_str certificate,
                             kedge_str key, bool revoke, const char **problem)
{
    struct kedge__trust *before = c->trust;
    struct kedge__trust *next = before == &c->trusts[0] ? &c->trusts[1] : &c->trusts[0];
    *problem = NULL;
    if (next->connections > 0) {
        // A certificate that is no longer good is not waited for.
        next->revoked |= revoke;
        return KEDGE_WAIT;
    }
    struct kedge_tls_options options = kedge__client_tls_options(c);
    options.ca = ca;
    options.certificate = certificate;
    options.key = key;
    kedge_err err = kedge_tls_init(next->memory, &options, &next->tls, problem);
    if (err != KEDGE_OK)
        return err;
    next->revoked = false;
    before->revoked = revoke;
    c->trust = next;
    close_idle(c);
    if (before->connections == 0) {
        kedge_tls_free(before->tls);
        before->tls = NULL;
    }
    return KEDGE_OK;
}
