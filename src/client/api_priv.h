// SPDX-License-Identifier: Apache-2.0
// api_priv.h - what the files of the typed client share.
#ifndef KEDGE_CLIENT_API_PRIV_H
#define KEDGE_CLIENT_API_PRIV_H

#include "client/items.h"
#include "kedge/api.h"

// Makes the request and reads the answer as an object of that kind; NULL: does not look at it.
// `rest` and `out` may be NULL.
kedge_err kedge__api_object(struct kedge_rest *rest, const struct kedge_request *request,
                            const struct kedge_kind *kind, const struct kedge_object **out);

// A call-back of items: keeps the object in the const struct kedge_object * that `ctx` points to.
kedge_err kedge__api_keep(void *ctx, const struct kedge__item *item);

// What is wrong with a request for kedge_api_do or _start, and which kind answers. NULL: nothing.
const char *kedge__api_problem(const struct kedge_api *api, const struct kedge_request *request,
                               const struct kedge_kind **kind);

// Says what is wrong with a request that is not sent; gives `err` back. Where another request is
// under way that is KEDGE_ERR_STATE, and its text stays. `rest` may be NULL: KEDGE_ERR_ARGUMENT.
kedge_err kedge__api_refuse(struct kedge_rest *rest, const struct kedge_request *request,
                            kedge_err err, const char *problem);

#endif
