// SPDX-License-Identifier: Apache-2.0
// api_pod.c - eviction and binding: objects of a few fields, whose answer is a Status.
#include "client/api_priv.h"

#include "client/rest_target.h"
#include "kedge/build.h"

// Bytes of an Eviction, with DeleteOptions, and of a Binding.
#define BODY           1024
#define DELETE_OPTIONS 512

static const struct kedge_kind eviction = {
    .group = "policy", .version = "v1", .resource = "evictions", .kind = "Eviction"};
static const struct kedge_kind binding = {
    .group = "", .version = "v1", .resource = "bindings", .kind = "Binding"};

static struct kedge_request request_of(const struct kedge_api *api, const char *pod,
                                       const char *subresource)
{
    struct kedge_request r = kedge_api_request(api, KEDGE_CREATE, pod, NULL);
    r.group = "";
    r.version = "v1";
    r.resource = "pods";
    r.namespace_ = r.namespace_ != NULL ? r.namespace_ : "";
    r.subresource = subresource;
    return r;
}

static void begin_body(struct kedge_build *b, const struct kedge_kind *kind,
                       const struct kedge_request *r, char *text, size_t cap)
{
    kedge_build_object(b, kind, text, cap);
    kedge_build_name(b, r->name != NULL ? r->name : "");
    kedge_build_namespace(b, r->namespace_);
}

static kedge_err send(const struct kedge_api *api, const struct kedge_build *b,
                      struct kedge_request *r)
{
    kedge_err err = kedge_build_finish(b, &r->body);
    if (err != KEDGE_OK)
        return kedge__api_refuse(api->rest, r, err, kedge_build_error_text(b));
    return kedge__api_object(api->rest, r, NULL, NULL);
}

kedge_err kedge_api_evict(const struct kedge_api *api, const char *pod,
                          const struct kedge_options *options)
{
    char text[BODY];
    char delete_options[DELETE_OPTIONS];
    struct kedge_build b;
    kedge_str json;
    if (api == NULL)
        return KEDGE_ERR_ARGUMENT;
    struct kedge_request r = request_of(api, pod, "eviction");
    struct kedge_request as_deletion = r;
    as_deletion.verb = KEDGE_DELETE;
    if (options != NULL)
        as_deletion.options = *options;
    const char *problem = kedge__rest_problem(&as_deletion);
    if (problem != NULL)
        return kedge__api_refuse(api->rest, &r, KEDGE_ERR_ARGUMENT, problem);
    // The server wants both to say the same, or one to say nothing.
    r.options.dry_run = as_deletion.options.dry_run;
    begin_body(&b, &eviction, &r, text, sizeof text);
    if (options != NULL) {
        kedge_err err =
            kedge__rest_delete_options(&as_deletion, delete_options, sizeof delete_options, &json);
        if (err != KEDGE_OK)
            return kedge__api_refuse(api->rest, &r, err, "the DeleteOptions are too long");
        kedge_build_json(&b, KEDGE_FIELD_AT("deleteOptions"), json);
    }
    return send(api, &b, &r);
}

kedge_err kedge_api_bind(const struct kedge_api *api, const char *pod, const char *node,
                         const struct kedge_options *options)
{
    char text[BODY];
    struct kedge_build b;
    if (api == NULL)
        return KEDGE_ERR_ARGUMENT;
    struct kedge_request r = request_of(api, pod, "binding");
    if (options != NULL)
        r.options = *options;
    begin_body(&b, &binding, &r, text, sizeof text);
    if (r.options.precondition_uid != NULL)
        kedge_build_text(&b, KEDGE_FIELD_AT("metadata", "uid"), r.options.precondition_uid);
    if (r.options.precondition_resource_version != NULL)
        kedge_build_resource_version(&b, r.options.precondition_resource_version);
    r.options.precondition_uid = NULL;
    r.options.precondition_resource_version = NULL;
    kedge_build_text(&b, KEDGE_FIELD_AT("target", "kind"), "Node");
    kedge_build_text(&b, KEDGE_FIELD_AT("target", "name"), node);
    return send(api, &b, &r);
}
