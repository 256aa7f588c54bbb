// SPDX-License-Identifier: Apache-2.0
// escape.h - paths and queries put together out of names that may hold anything.
#ifndef KEDGE_NET_ESCAPE_H
#define KEDGE_NET_ESCAPE_H

#include "base/line.h"
#include "kedge/err.h"

// Why a namespace, resource, name or subresource cannot be one segment of a path, as client-go
// says it: static storage, such as "may not contain '/'". NULL if it can be.
const char *kedge__url_segment_problem(kedge_str segment);

// Appends '/' and the segment, escaped. KEDGE_ERR_ARGUMENT, and appends nothing, if it cannot be
// one.
kedge_err kedge__url_path_segment(struct kedge__line *l, kedge_str segment);

// Appends '?' if `first`, else '&', then "name=value", both escaped: all but the unreserved
// characters of RFC 3986. Any byte may be escaped.
void kedge__url_query(struct kedge__line *l, bool first, kedge_str name, kedge_str value);

#endif
