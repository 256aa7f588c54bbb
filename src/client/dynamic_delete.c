// SPDX-License-Identifier: Apache-2.0
// dynamic_delete.c - an object, or a collection of them, deleted.
#include "client/dynamic_priv.h"

kedge_err kedge_dynamic_delete(const struct kedge_dynamic *d, const char *name,
                               const struct kedge_options *options)
{
    struct kedge_request request;
    kedge__dynamic_request(d, KEDGE_DELETE, name, options, &request);
    return kedge__dynamic_tell(d, &request);
}

kedge_err kedge_dynamic_delete_collection(const struct kedge_dynamic *d,
                                          const struct kedge_options *options)
{
    struct kedge_request request;
    kedge__dynamic_request(d, KEDGE_DELETE_COLLECTION, NULL, options, &request);
    return kedge__dynamic_tell(d, &request);
}
