// SPDX-License-Identifier: Apache-2.0
// rest_target.h - what a request puts on its first line, and into the body of a deletion.
#ifndef KEDGE_CLIENT_REST_TARGET_H
#define KEDGE_CLIENT_REST_TARGET_H

#include "base/line.h"
#include "kedge/rest.h"

// Why it is no request, with the member's name, in static storage; NULL if it is one. Whether a
// path segment can be one is found by the next.
const char *kedge__rest_problem(const struct kedge_request *r);

// Appends path and query of a request that has no problem. Otherwise *problem says what is wrong
// with *member; both NULL where it is all right, cut or not.
void kedge__rest_target(struct kedge__line *l, const struct kedge_request *r, const char **member,
                        const char **problem);

// The body of a DELETE: DeleteOptions of meta/v1, in `cap` bytes at `buf`. KEDGE_ERR_TOO_LONG,
// KEDGE_ERR_ARGUMENT (a text that is no UTF-8).
kedge_err kedge__rest_delete_options(const struct kedge_request *r, char *buf, size_t cap,
                                     kedge_str *body);

// The method that a verb is, and the type of its body.
const char *kedge__rest_method(enum kedge_verb verb);
const char *kedge__rest_content_type(const struct kedge_request *r);

// Appends a duration as Go writes it: 500ms, 1.5s, 7m3s, 1h0m0s.
void kedge__rest_duration(struct kedge__line *l, kedge_time ms);

// "get deployments.apps "web" in default", for messages.
void kedge__rest_describe(struct kedge__line *l, const struct kedge_request *r);

#endif
