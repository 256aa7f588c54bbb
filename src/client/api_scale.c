// SPDX-License-Identifier: Apache-2.0
// api_scale.c - the subresource "scale". A Scale has no other fields than those that are written
// here, so this is an honest update.
#include "client/api_priv.h"

#include "kedge/build.h"

KEDGE_DEFINE_KIND(scale, "autoscaling", "v1", "scales", "Scale", KEDGE_NAMESPACED)

// Bytes of a Scale: the longest name, namespace and version, and what is around them.
#define SCALE 640

static kedge_err send(const struct kedge_api *api, struct kedge_request *r,
                      const struct kedge_object **out)
{
    r->subresource = "scale";
    return kedge__api_object(api->rest, r, &kedge_kind_scale, out);
}

kedge_err kedge_api_get_scale(const struct kedge_api *api, const char *name,
                              const struct kedge_options *options, const struct kedge_object **out)
{
    struct kedge_request r = kedge_api_request(api, KEDGE_GET, name, options);
    if (out != NULL)
        *out = NULL;
    return api != NULL ? send(api, &r, out) : KEDGE_ERR_ARGUMENT;
}

kedge_err kedge_api_set_scale(const struct kedge_api *api, const char *name, int32_t replicas,
                              const char *resource_version, const struct kedge_options *options,
                              const struct kedge_object **out)
{
    char text[SCALE];
    struct kedge_build b;
    struct kedge_request r = kedge_api_request(api, KEDGE_UPDATE, name, options);
    if (out != NULL)
        *out = NULL;
    if (api == NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge_build_object(&b, &kedge_kind_scale, text, sizeof text);
    kedge_build_name(&b, name != NULL ? name : "");
    if (api->namespace_ != NULL)
        kedge_build_namespace(&b, api->namespace_);
    if (resource_version != NULL && resource_version[0] != '\0')
        kedge_build_resource_version(&b, resource_version);
    kedge_build_int(&b, KEDGE_FIELD(scale, spec_replicas), replicas);
    kedge_err err = kedge_build_finish(&b, &r.body);
    if (err != KEDGE_OK)
        return kedge__api_refuse(api->rest, &r, err, kedge_build_error_text(&b));
    return send(api, &r, out);
}
