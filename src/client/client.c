// SPDX-License-Identifier: Apache-2.0
// client.c - what connections share: the parsed address, trust, credentials.
#include "client/client_priv.h"

#include "base/wipe.h"
#include "client/proxy.h"
#include "kedge/version.h"

// Of "https://me:password@host" the host. A password may hold any character, so what is in front of
// the last at sign is never told.
static kedge_str without_user(const char *server)
{
    const char *at = strrchr(server, '@');
    return kedge_str_of(at != NULL ? at + 1 : server);
}

static kedge_err config_failure(struct kedge *k, kedge_err err, const char *what, const char *value,
                                const char *problem)
{
    struct kedge__line *l = kedge__fail(k, err);
    kedge__line_text(l, what);
    if (value != NULL) {
        kedge__line_text(l, " \"");
        kedge__line_printable(l, without_user(value), 96);
        kedge__line_text(l, "\"");
    }
    kedge__line_text(l, ": ");
    kedge__line_text(l, problem != NULL ? problem : kedge_err_text(err));
    return err;
}

static kedge_err init_address(struct kedge_client *c, const struct kedge_config *config)
{
    if (config->server == NULL)
        return config_failure(c->k, KEDGE_ERR_CONFIG, "the configuration", NULL,
                              "no server is given");
    bool tls = config->ca.len > 0 || config->certificate.len > 0 || config->insecure;
    const char *problem = NULL;
    kedge_err err = kedge_url_parse(kedge_str_of(config->server), tls, &c->url, &problem);
    if (err != KEDGE_OK)
        return config_failure(c->k, err, "server", config->server, problem);
    c->host = kedge__take_text(c->k, "client", c->url.host);
    return c->host != NULL ? KEDGE_OK : c->k->failure;
}

static kedge_timestamp wall_clock(void *k)
{
    return kedge_wall_clock(k);
}

struct kedge_tls_options kedge__client_tls_options(const struct kedge_client *c)
{
    return (struct kedge_tls_options){
        .port = c->k->port,
        .insecure = c->insecure,
        .no_resumption = c->no_tls_resumption,
        .wall_clock = c->clock_from_server ? wall_clock : NULL,
        .wall_clock_ctx = c->k,
        .dates_later = c->clock_from_server,
    };
}

static kedge_err init_tls(struct kedge_client *c, const struct kedge_config *config)
{
    c->trust = &c->trusts[0];
    if (!c->url.tls)
        return KEDGE_OK;
    c->trust->memory = kedge__take_bytes(c->k, "TLS", kedge_tls_size());
    if (c->trust->memory == NULL)
        return c->k->failure;
    struct kedge_tls_options options = kedge__client_tls_options(c);
    options.ca = config->ca;
    options.certificate = config->certificate;
    options.key = config->key;
    const char *problem = NULL;
    kedge_err err = kedge_tls_init(c->trust->memory, &options, &c->trust->tls, &problem);
    if (err != KEDGE_OK)
        return config_failure(c->k, err, "TLS to", config->server, problem);
    c->server_name = config->tls_server_name;
    c->ca = config->ca;
    return KEDGE_OK;
}

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

// client-go drops credentials where the server is plain HTTP, so that they never travel in clear.
static kedge_err init_credentials(struct kedge_client *c, const struct kedge_config *config)
{
    if (!c->url.tls)
        return KEDGE_OK;
    c->username = config->username;
    c->password = config->password;
    c->has_token = is_given(config->token) || is_given(config->token_file);
    if (!c->has_token)
        return KEDGE_OK;
    return kedge__token_init(c->k, &c->token, config->token, config->token_file);
}

// What the functions of config.h have put into the configuration: each links what it needs.
static kedge_err init_parts(struct kedge_client *c, const struct kedge_config *config)
{
    const struct kedge_config_hooks *h = &config->hooks;
    if (is_given(config->impersonate.user) && h->impersonate == NULL)
        return config_failure(c->k, KEDGE_ERR_CONFIG, "impersonate", NULL,
                              "is set without kedge_config_impersonate");
    if (is_given(config->exec.command) && h->exec == NULL)
        return config_failure(c->k, KEDGE_ERR_CONFIG, "exec", NULL,
                              "is set without kedge_config_exec");
    kedge_err err = h->impersonate != NULL ? h->impersonate(c, config) : KEDGE_OK;
    if (!c->url.tls)
        return err;
    if (err == KEDGE_OK && h->callback != NULL)
        err = h->callback(c, config);
    if (err == KEDGE_OK && h->exec != NULL)
        err = h->exec(c, config);
    if (err == KEDGE_OK && h->files != NULL)
        err = h->files(c, config);
    return err;
}

static kedge_err init(struct kedge_client *c, const struct kedge_config *config)
{
    kedge_err err = kedge__random_seed(&c->random, c->k->port);
    if (err != KEDGE_OK)
        return config_failure(c->k, err, "entropy", NULL, NULL);
    c->insecure = config->insecure;
    c->no_tls_resumption = config->no_tls_resumption;
    c->clock_from_server = config->clock_from_server;
    c->qps = config->qps;
    c->burst = config->burst;
    c->user_agent = config->user_agent != NULL ? config->user_agent : "kedge/" KEDGE_VERSION;
    err = init_address(c, config);
    if (err == KEDGE_OK)
        err = init_tls(c, config);
    if (err == KEDGE_OK)
        err = kedge__proxy_init(c, config);
    if (err == KEDGE_OK)
        err = init_credentials(c, config);
    if (err == KEDGE_OK)
        err = init_parts(c, config);
    return err;
}

// A secret, or NULL.
static void forget_text(const struct kedge *k, const char *text)
{
    kedge__forget(k, text, kedge_str_of(text).len);
}

// The key and the proxy's URL are parsed, and the token source has a copy of the token. The
// password is used where it stands, if there is a client that uses one; and so is the key, if a new
// CA may need it again.
static void forget_secrets(const struct kedge *k, struct kedge_config *config,
                           const struct kedge_client *c)
{
    if (c == NULL || c->password == NULL) {
        forget_text(k, config->password);
        config->password = NULL;
    }
    if (c == NULL || c->key.len == 0)
        kedge__forget(k, config->key.ptr, config->key.len);
    forget_text(k, config->token);
    forget_text(k, config->proxy_url);
    config->key = (kedge_str){NULL, 0};
    config->token = config->proxy_url = NULL;
}

static struct kedge_client *make(struct kedge *k, const struct kedge_config *config)
{
    if (k->failure != KEDGE_OK)
        return NULL;
    struct kedge_client *c = KEDGE__NEW(k, "client", struct kedge_client, 1);
    if (c == NULL)
        return NULL;
    c->k = k;
    if (init(c, config) == KEDGE_OK)
        return c;
    kedge_client_free(c);
    return NULL;
}

void kedge__client_add_source(struct kedge_client *c, struct kedge__source *s,
                              const struct kedge__source_ops *ops)
{
    struct kedge__source **end = &c->sources;
    while (*end != NULL)
        end = &(*end)->next;
    *s = (struct kedge__source){ops, NULL, c};
    *end = s;
}

kedge_err kedge__client_ready(struct kedge_client *c, kedge_time now, struct kedge__pending *p)
{
    kedge_err err = KEDGE_OK;
    *p = (struct kedge__pending){.again = KEDGE_FOREVER};
    for (struct kedge__source *s = c->sources; s != NULL && err == KEDGE_OK; s = s->next)
        err = s->ops->ready(s, now, p);
    return err;
}

void kedge__client_unauthorized(struct kedge_client *c, uint32_t serial)
{
    if (c->has_token)
        kedge__token_expire(&c->token);
    for (struct kedge__source *s = c->sources; s != NULL; s = s->next) {
        if (s->ops->unauthorized != NULL)
            s->ops->unauthorized(s, serial);
    }
}

kedge_err kedge__client_fail(struct kedge_client *c, kedge_err err, const char *what,
                             const char *problem)
{
    return config_failure(c->k, err, what, NULL, problem);
}

struct kedge_client *kedge_client_new(struct kedge *k, struct kedge_config *config)
{
    if (k == NULL)
        return NULL;
    if (config == NULL) {
        config_failure(k, KEDGE_ERR_ARGUMENT, "kedge_client_new", NULL,
                       "the configuration is NULL");
        return NULL;
    }
    struct kedge_client *c = make(k, config);
    forget_secrets(k, config, c);
    return c;
}

void kedge_client_free(struct kedge_client *c)
{
    if (c == NULL)
        return;
    for (struct kedge__source *s = c->sources; s != NULL; s = s->next)
        s->ops->free(s);
    c->sources = NULL;
    c->bearer = NULL;
    for (size_t i = 0; i < sizeof c->trusts / sizeof c->trusts[0]; i++) {
        kedge_tls_free(c->trusts[i].tls);
        c->trusts[i].tls = NULL;
    }
    kedge__forget(c->k, c->key.ptr, c->key.len);
    c->key = (kedge_str){NULL, 0};
    kedge__proxy_free(c);
    forget_text(c->k, c->password);
    c->password = NULL;
    if (c->has_token)
        kedge__token_wipe(&c->token);
    c->has_token = false;
}
