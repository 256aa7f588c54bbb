// SPDX-License-Identifier: Apache-2.0
// request.h - a request's head, written into a line.
#ifndef KEDGE_NET_REQUEST_H
#define KEDGE_NET_REQUEST_H

#include "base/line.h"
#include "kedge/http.h"

// As kedge_http_request_write, into an empty line. On failure the line is wiped and empty again.
kedge_err kedge__http_request_write(struct kedge__line *l, const struct kedge_http_request *q);

// Appends the credentials of basic authentication (RFC 7617), from "Basic " to the end of the line.
void kedge__http_write_basic(struct kedge__line *l, kedge_str user, kedge_str password);

#endif
