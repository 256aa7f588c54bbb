// SPDX-License-Identifier: Apache-2.0
// no_proxy.c - what stands in for proxy.c in a build without proxies.
#include "client/proxy.h"

kedge_err kedge__proxy_init(struct kedge_client *c, const struct kedge_config *config)
{
    if (config->proxy_url == NULL || config->proxy_url[0] == '\0')
        return KEDGE_OK;
    kedge__line_text(kedge__fail(c->k, KEDGE_ERR_UNSUPPORTED),
                     "proxy_url: this build of kedge has no proxies");
    return KEDGE_ERR_UNSUPPORTED;
}

kedge_err kedge__proxy_over(struct kedge_client *c, struct kedge_stream **stream)
{
    (void)c;
    (void)stream;
    return KEDGE_OK;
}

const char *kedge__proxy_problem(const struct kedge_client *c, const struct kedge_stream *top)
{
    (void)c;
    (void)top;
    return NULL;
}

void kedge__proxy_free(struct kedge_client *c)
{
    (void)c;
}
