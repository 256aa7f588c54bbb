// SPDX-License-Identifier: Apache-2.0
// dynamic_write.c - objects sent: create, update.
#include "client/dynamic_priv.h"

void kedge__dynamic_name(const struct kedge_unstructured *object, char name[KEDGE__NAME_MAX])
{
    if (kedge_unstructured_text(object, KEDGE_PATH("metadata", "name"), name, KEDGE__NAME_MAX) !=
        KEDGE_OK)
        name[0] = '\0';
}

// Says what no request can be made of, as kedge_rest_stream says it of a request.
static kedge_err refuse(struct kedge_rest *r, const struct kedge_request *request, kedge_err err,
                        const char *problem)
{
    if (r->state != KEDGE__REST_IDLE || r->inside)
        return KEDGE_ERR_STATE;
    r->request = *request;
    memset(&r->status, 0, sizeof r->status);
    return kedge__rest_say(r, err, problem);
}

kedge_err kedge__dynamic_send(const struct kedge_dynamic *d, struct kedge_request *request,
                              const struct kedge_unstructured *object)
{
    if (d == NULL || d->rest == NULL || object == NULL)
        return KEDGE_ERR_ARGUMENT;
    request->body = kedge_unstructured_json(object);
    if (d->form != NULL)
        return refuse(d->rest, request, KEDGE_ERR_ARGUMENT, "form: of an object that is sent");
    if (object->err != KEDGE_OK)
        return refuse(d->rest, request, object->err, "the object was not read or changed as asked");
    if (object->partial || request->body.len == 0)
        return refuse(d->rest, request, KEDGE_ERR_ARGUMENT,
                      object->partial ? "the object is not whole" : "there is no object");
    if (request->verb != KEDGE_APPLY)
        return KEDGE_OK;
    if (request->options.field_manager == NULL || request->options.field_manager[0] == '\0')
        return refuse(d->rest, request, KEDGE_ERR_ARGUMENT, "field_manager: is required to apply");
    kedge_json_value managed =
        kedge_unstructured_at(object, KEDGE_PATH("metadata", "managedFields"));
    if (kedge_json_count(managed) > 0)
        return refuse(d->rest, request, KEDGE_ERR_ARGUMENT,
                      "cannot apply an object with managed fields already set");
    return KEDGE_OK;
}

// Sends the request with the object and takes what comes back into `out`.
static kedge_err exchange(const struct kedge_dynamic *d, struct kedge_request *request,
                          const struct kedge_unstructured *object, struct kedge_unstructured *out)
{
    kedge_err err = kedge__dynamic_send(d, request, object);
    return err == KEDGE_OK ? kedge__dynamic_ask(d, request, out) : err;
}

kedge_err kedge_dynamic_create(const struct kedge_dynamic *d,
                               const struct kedge_unstructured *object,
                               const struct kedge_options *options, struct kedge_unstructured *out)
{
    char name[KEDGE__NAME_MAX] = "";
    struct kedge_request request;
    if (d != NULL && object != NULL && d->subresource != NULL)
        kedge__dynamic_name(object, name);
    kedge__dynamic_request(d, KEDGE_CREATE, name, options, &request);
    return exchange(d, &request, object, out);
}

kedge_err kedge_dynamic_update(const struct kedge_dynamic *d,
                               const struct kedge_unstructured *object,
                               const struct kedge_options *options, struct kedge_unstructured *out)
{
    char name[KEDGE__NAME_MAX] = "";
    struct kedge_request request;
    if (object != NULL)
        kedge__dynamic_name(object, name);
    kedge__dynamic_request(d, KEDGE_UPDATE, name, options, &request);
    return exchange(d, &request, object, out);
}

kedge_err kedge_dynamic_update_status(const struct kedge_dynamic *d,
                                      const struct kedge_unstructured *object,
                                      const struct kedge_options *options,
                                      struct kedge_unstructured *out)
{
    if (d == NULL)
        return KEDGE_ERR_ARGUMENT;
    struct kedge_dynamic status = *d;
    status.subresource = "status";
    return kedge_dynamic_update(&status, object, options, out);
}

kedge_err kedge_dynamic_apply(const struct kedge_dynamic *d, const char *name,
                              const struct kedge_unstructured *object,
                              const struct kedge_options *options, struct kedge_unstructured *out)
{
    struct kedge_request request;
    kedge__dynamic_request(d, KEDGE_APPLY, name, options, &request);
    return exchange(d, &request, object, out);
}

kedge_err kedge_dynamic_apply_status(const struct kedge_dynamic *d, const char *name,
                                     const struct kedge_unstructured *object,
                                     const struct kedge_options *options,
                                     struct kedge_unstructured *out)
{
    if (d == NULL)
        return KEDGE_ERR_ARGUMENT;
    struct kedge_dynamic status = *d;
    status.subresource = "status";
    return kedge_dynamic_apply(&status, name, object, options, out);
}
