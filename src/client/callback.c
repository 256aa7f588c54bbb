// SPDX-License-Identifier: Apache-2.0
// callback.c - credentials from a function of the program.
#include "base/hash.h"
#include "client/client_priv.h"

// How soon it is asked again where it does not say.
#define AGAIN (100 * KEDGE_MILLISECOND)

enum state { NONE, GOOD, REFUSED };

struct callback {
    struct kedge__source source; // first
    kedge_credentials_get *get;
    void *ctx;
    kedge_time until; // GOOD: asked again from then on
    enum state state;
    uint64_t hash; // of the pair in use; 0: none
    bool renewing; // `given` has a pair that waits for connections of the one before to close
    struct kedge_credentials given;
};

static bool is_token(const char *token)
{
    for (const char *p = token; *p != '\0'; p++) {
        if (*p <= 0x20 || *p >= 0x7f)
            return false;
    }
    return token[0] != '\0';
}

static const char *judge(const struct kedge_credentials *g)
{
    if (g->token != NULL && !is_token(g->token))
        return "credentials: the token is empty or holds what is no visible ASCII";
    if ((g->certificate.len > 0) != (g->key.len > 0))
        return "credentials: certificate and key come together or not at all";
    if (g->token == NULL && g->certificate.len == 0)
        return "credentials: neither a token nor a certificate was given";
    return NULL;
}

static kedge_err use_pair(struct callback *b, kedge_time now, struct kedge__pending *p)
{
    struct kedge_client *c = b->source.client;
    kedge_err err =
        kedge__trust_renew(c, c->ca, b->given.certificate, b->given.key, true, &p->problem);
    b->renewing = err == KEDGE_WAIT;
    if (err != KEDGE_WAIT) {
        if (err == KEDGE_OK) { // a new CA needs them again
            c->certificate = b->given.certificate;
            c->key = b->given.key;
        }
        return err;
    }
    p->again = now + AGAIN;
    return KEDGE_WANT_READ;
}

// The program may write a new pair where the one before was, so its place tells nothing.
static uint64_t hash_of(const struct kedge_credentials *g)
{
    uint32_t cert = kedge__hash(1, g->certificate.ptr, g->certificate.len);
    return (uint64_t)cert << 32 | kedge__hash(2, g->key.ptr, g->key.len);
}

static kedge_err use(struct callback *b, kedge_time now, struct kedge__pending *p)
{
    const struct kedge_credentials *g = &b->given;
    uint64_t hash = g->certificate.len > 0 ? hash_of(g) : b->hash;
    kedge_err err = hash != b->hash ? use_pair(b, now, p) : KEDGE_OK;
    if (err != KEDGE_OK)
        return err;
    b->hash = hash;
    b->state = GOOD;
    b->until = g->valid_for > 0 ? kedge__after(now, g->valid_for) : KEDGE_FOREVER;
    b->source.client->bearer = g->token;
    b->source.client->serial++;
    return KEDGE_OK;
}

static kedge_err ready(struct kedge__source *s, kedge_time now, struct kedge__pending *p)
{
    struct callback *b = (struct callback *)s;
    if (b->renewing)
        return use(b, now, p);
    if (b->state == GOOD && now < b->until)
        return KEDGE_OK;
    struct kedge_credentials answer = {0};
    kedge_err err = b->get(b->ctx, b->state == REFUSED, &answer);
    if (err == KEDGE_WANT_READ || err == KEDGE_WANT_WRITE) {
        p->again = now + (answer.again > 0 && answer.again < KEDGE_HOUR ? answer.again : AGAIN);
        return KEDGE_WANT_READ;
    }
    p->problem =
        err != KEDGE_OK ? "credentials: the program's source of them has failed" : judge(&answer);
    if (p->problem != NULL)
        return err != KEDGE_OK ? err : KEDGE_ERR_CONFIG;
    b->given = answer;
    return use(b, now, p);
}

static void unauthorized(struct kedge__source *s, uint32_t serial)
{
    struct callback *b = (struct callback *)s;
    if (b->state == GOOD && serial == s->client->serial)
        b->state = REFUSED;
}

static void end(struct kedge__source *s)
{
    struct callback *b = (struct callback *)s;
    s->client->certificate = s->client->key = (kedge_str){NULL, 0};
    b->given = (struct kedge_credentials){0};
}

static const struct kedge__source_ops ops = {ready, unauthorized, end};

static kedge_err start(struct kedge_client *c, const struct kedge_config *config)
{
    if (config->credentials == NULL)
        return KEDGE_OK;
    if (c->has_token || (c->username != NULL && c->username[0] != '\0'))
        return kedge__client_fail(c, KEDGE_ERR_CONFIG, "credentials",
                                  "a function for them excludes a token and a password");
    struct callback *b = KEDGE__NEW(c->k, "client", struct callback, 1);
    if (b == NULL || kedge__trust_init(c) != KEDGE_OK)
        return KEDGE_ERR_MEMORY;
    b->get = config->credentials;
    b->ctx = config->credentials_ctx;
    kedge__client_add_source(c, &b->source, &ops);
    return KEDGE_OK;
}

void kedge_config_credentials(struct kedge_config *config, kedge_credentials_get *get, void *ctx)
{
    if (config == NULL)
        return;
    config->credentials = get;
    config->credentials_ctx = ctx;
    config->hooks.callback = get != NULL ? start : NULL;
}
