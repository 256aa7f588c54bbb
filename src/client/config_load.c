// SPDX-License-Identifier: Apache-2.0
// config_load.c - the choice between the pod's configuration and kubeconfig. A file of its own, so
// that a program that only ever runs in pods, or fills in the struct by hand, links no YAML.
#include "client/config_priv.h"

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

// Behind what kubeconfig says when there is none: why it came to that.
static void say_why_no_pod(struct kedge *k)
{
    struct kedge__line *l = &k->failure_line;
    if (kedge__config_has_pod_environment(k))
        kedge__line_text(l, "; and this pod has no service account token");
    else
        kedge__line_text(l, "; and this is no pod: KUBERNETES_SERVICE_HOST and _PORT are not set");
}

kedge_err kedge_config_load(struct kedge *k, struct kedge_config *config,
                            const struct kedge_config_options *options)
{
    bool asked_for =
        options != NULL && (is_given(options->kubeconfig) || is_given(options->context));
    if (k != NULL && !asked_for && kedge__config_is_pod(k))
        return kedge_config_in_cluster(k, config);
    bool failed_before = kedge_error(k) != KEDGE_OK;
    kedge_err err = kedge_config_kubeconfig(k, config, options);
    if (err == KEDGE_ERR_NOT_FOUND && !failed_before && !asked_for)
        say_why_no_pod(k);
    return err;
}
