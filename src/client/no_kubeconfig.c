// SPDX-License-Identifier: Apache-2.0
// no_kubeconfig.c - stands in for kubeconfig.c in a build without libyaml.
#include "client/config_priv.h"

kedge_err kedge_config_kubeconfig(struct kedge *k, struct kedge_config *config,
                                  const struct kedge_config_options *options)
{
    (void)options;
    struct kedge__config_loading l;
    kedge_err err = kedge__config_begin(&l, k, config);
    if (err != KEDGE_OK)
        return err;
    kedge__line_text(
        kedge__fail(k, KEDGE_ERR_UNSUPPORTED),
        "no pod around, and built without kubeconfig files (KUBECONFIG_FILES=0): fill in "
        "struct kedge_config by hand, or build with libyaml");
    return kedge__config_end(&l, KEDGE_ERR_UNSUPPORTED);
}
