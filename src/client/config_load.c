// SPDX-License-Identifier: Apache-2.0
// config_load.c - the choice between the pod's configuration and kubeconfig. A file of its own, so
// that a program that only ever runs in pods, or fills in the struct by hand, links no YAML.
#include "client/config_priv.h"

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

kedge_err kedge_config_load(struct kedge *k, struct kedge_config *config,
                            const struct kedge_config_options *options)
{
    bool asked_for =
        options != NULL && (is_given(options->kubeconfig) || is_given(options->context));
    if (k != NULL && !asked_for && kedge__config_is_pod(k))
        return kedge_config_in_cluster(k, config);
    return kedge_config_kubeconfig(k, config, options);
}
