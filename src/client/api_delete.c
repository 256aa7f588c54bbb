// SPDX-License-Identifier: Apache-2.0
// api_delete.c - one, or a collection. The answer is a Status, the object or a list: not read.
#include "client/api_priv.h"

kedge_err kedge_api_delete(const struct kedge_api *api, const char *name,
                           const struct kedge_options *options)
{
    struct kedge_request r = kedge_api_request(api, KEDGE_DELETE, name, options);
    return kedge_api_do(api, &r, NULL);
}

kedge_err kedge_api_delete_collection(const struct kedge_api *api,
                                      const struct kedge_options *options)
{
    struct kedge_request r = kedge_api_request(api, KEDGE_DELETE_COLLECTION, NULL, options);
    return kedge_api_do(api, &r, NULL);
}
