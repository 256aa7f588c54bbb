// SPDX-License-Identifier: Apache-2.0
// dynamic_priv.h - what the calls of the dynamic client share.
#ifndef KEDGE_CLIENT_DYNAMIC_PRIV_H
#define KEDGE_CLIENT_DYNAMIC_PRIV_H

#include "client/items.h"
#include "kedge/dynamic.h"

struct kedge_dynamic_form {
    const char *accept; // for one object
    const char *accept_list;
    const struct kedge_table *table; // identity first; NULL: identity only
};

// The longest name of an object, in bytes, with a NUL. As path segments go: DNS names have 253.
#define KEDGE__NAME_MAX 256

// A request for the resource. `name` NULL or "": none.
void kedge__dynamic_request(const struct kedge_dynamic *d, enum kedge_verb verb, const char *name,
                            const struct kedge_options *options, struct kedge_request *request);

// Makes it; its answer is one object, for `out` unless that is NULL.
kedge_err kedge__dynamic_ask(const struct kedge_dynamic *d, const struct kedge_request *request,
                             struct kedge_unstructured *out);

// Makes it; the answer is of no interest, unless it is a failure in words.
kedge_err kedge__dynamic_tell(const struct kedge_dynamic *d, const struct kedge_request *request);

// Puts the object into the request, with its name, by way of `name` if `named`. What speaks against
// sending it is said and given back.
kedge_err kedge__dynamic_send(const struct kedge_dynamic *d, struct kedge_request *request,
                              const struct kedge_unstructured *object);

// The object's own name, unescaped; "" if there is none or it is too long to be one.
void kedge__dynamic_name(const struct kedge_unstructured *object, char name[KEDGE__NAME_MAX]);

// What the items keep of objects.
void kedge__dynamic_form(const struct kedge_dynamic *d, struct kedge__items *items);

#endif
