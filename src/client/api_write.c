// SPDX-License-Identifier: Apache-2.0
// api_write.c - create, patch, apply.
#include "client/api_priv.h"

kedge_err kedge_api_create(const struct kedge_api *api, kedge_str object,
                           const struct kedge_options *options, const struct kedge_object **out)
{
    struct kedge_request r = kedge_api_request(api, KEDGE_CREATE, NULL, options);
    r.body = object;
    return kedge_api_do(api, &r, out);
}

kedge_err kedge_api_patch(const struct kedge_api *api, const char *name, enum kedge_patch_type type,
                          kedge_str patch, const struct kedge_options *options,
                          const struct kedge_object **out)
{
    struct kedge_request r = kedge_api_request(api, KEDGE_PATCH, name, options);
    r.patch_type = type;
    r.body = patch;
    return kedge_api_do(api, &r, out);
}

kedge_err kedge_api_apply(const struct kedge_api *api, const char *name, kedge_str object,
                          const struct kedge_options *options, const struct kedge_object **out)
{
    struct kedge_request r = kedge_api_request(api, KEDGE_APPLY, name, options);
    r.body = object;
    return kedge_api_do(api, &r, out);
}
