// SPDX-License-Identifier: Apache-2.0
// dynamic_patch.c - a patch, as it is given.
#include "client/dynamic_priv.h"

kedge_err kedge_dynamic_patch(const struct kedge_dynamic *d, const char *name,
                              enum kedge_patch_type type, kedge_str patch,
                              const struct kedge_options *options, struct kedge_unstructured *out)
{
    struct kedge_request request;
    kedge__dynamic_request(d, KEDGE_PATCH, name, options, &request);
    request.patch_type = type;
    request.body = patch;
    return kedge__dynamic_ask(d, &request, out);
}
