// SPDX-License-Identifier: Apache-2.0
// proxy.c - a client's proxy: from its configuration, else from the environment, as Go takes it.
#include "client/proxy.h"

#include "base/wipe.h"
#include "kedge/proxy.h"

// Of a client that has one.
struct kedge__proxy {
    struct kedge_proxy at;
    struct kedge_tls *tls; // to an https proxy; else NULL
    char *text;            // what `at` points at
    size_t text_len;
};

// Where the URL of the proxy stands, for messages.
struct source {
    const char *name;
    const char *url; // NULL or "": there is none
};

static kedge_err fail(struct kedge *k, kedge_err err, const char *name, const char *problem)
{
    struct kedge__line *l = kedge__fail(k, err);
    kedge__line_text(l, name);
    kedge__line_text(l, ": ");
    kedge__line_text(l, problem != NULL ? problem : kedge_err_text(err));
    return err;
}

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

// Of a variable in large letters, else in small ones.
static struct source variable(const struct kedge *k, const char *large, const char *small)
{
    struct source s = {large, kedge__environment(k, large)};
    if (!is_given(s.url))
        s = (struct source){small, kedge__environment(k, small)};
    return s;
}

// In a program that a web server runs, HTTP_PROXY may be a header that a stranger sent.
static bool is_of_a_stranger(const struct kedge *k, const struct kedge_url *server)
{
    return !server->tls && is_given(kedge__environment(k, "REQUEST_METHOD"));
}

static struct source environment(const struct kedge_client *c)
{
    const struct kedge *k = c->k;
    struct source s = c->url.tls ? variable(k, "HTTPS_PROXY", "https_proxy")
                                 : variable(k, "HTTP_PROXY", "http_proxy");
    if (!is_given(s.url) || is_of_a_stranger(k, &c->url) ||
        kedge_proxy_excludes(variable(k, "NO_PROXY", "no_proxy").url, c->host, c->url.port))
        s.url = NULL;
    return s;
}

static kedge_err init_tls(struct kedge_client *c, const struct kedge_config *config,
                          const char *name)
{
    struct kedge__proxy *p = c->proxy;
    if (!p->at.tls)
        return KEDGE_OK;
    void *memory = kedge__take_bytes(c->k, "TLS", kedge_tls_size());
    if (memory == NULL)
        return c->k->failure;
    bool own = config->proxy_ca.len > 0;
    struct kedge_tls_options options = kedge__client_tls_options(c);
    options.ca = own ? config->proxy_ca : config->ca;
    options.insecure = config->insecure && !own;
    const char *problem = NULL;
    kedge_err err = kedge_tls_init(memory, &options, &p->tls, &problem);
    return err == KEDGE_OK ? KEDGE_OK : fail(c->k, err, name, problem);
}

kedge_err kedge__proxy_init(struct kedge_client *c, const struct kedge_config *config)
{
    struct source s = {"proxy_url", config->proxy_url};
    if (s.url == NULL)
        s = environment(c);
    if (!is_given(s.url))
        return KEDGE_OK;
    struct kedge__proxy *p = KEDGE__NEW(c->k, "proxy", struct kedge__proxy, 1);
    size_t len = strlen(s.url) + 1;
    char *text = kedge__take(c->k, "proxy", len, 1, 1);
    if (p == NULL || text == NULL)
        return c->k->failure;
    p->text = text;
    p->text_len = len;
    c->proxy = p;
    const char *problem = NULL;
    kedge_err err = kedge_proxy_parse(s.url, text, &p->at, &problem);
    return err == KEDGE_OK ? init_tls(c, config, s.name) : fail(c->k, err, s.name, problem);
}

kedge_err kedge__proxy_over(struct kedge_client *c, struct kedge_stream **stream)
{
    struct kedge__proxy *p = c->proxy;
    if (p == NULL)
        return KEDGE_OK;
    if (p->tls != NULL) {
        void *tls = kedge__take_bytes(c->k, "TLS", kedge_tls_stream_size());
        if (tls == NULL)
            return c->k->failure;
        *stream = kedge_tls_stream_init(tls, p->tls, *stream, NULL);
    }
    size_t size = kedge_proxy_stream_size(&p->at, c->user_agent);
    void *memory = kedge__take_bytes(c->k, "proxy", size);
    if (memory == NULL)
        return c->k->failure;
    *stream = kedge_proxy_stream_init(memory, &p->at, c->user_agent, *stream);
    return KEDGE_OK;
}

const char *kedge__proxy_problem(const struct kedge_client *c, const struct kedge_stream *top)
{
    if (c->proxy == NULL)
        return NULL;
    const char *problem = kedge_proxy_problem(c->trust->tls != NULL ? top->below : top);
    return problem[0] != '\0' ? problem : NULL;
}

void kedge__proxy_free(struct kedge_client *c)
{
    struct kedge__proxy *p = c->proxy;
    if (p == NULL)
        return;
    kedge_tls_free(p->tls);
    kedge__wipe(p->text, p->text_len);
    c->proxy = NULL;
}
