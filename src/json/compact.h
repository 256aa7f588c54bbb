// SPDX-License-Identifier: Apache-2.0
// compact.h - JSON from outside, checked in full and without its white space.
#ifndef KEDGE_JSON_COMPACT_H
#define KEDGE_JSON_COMPACT_H

#include "kedge/err.h"
#include "kedge/text.h"

// Nesting, at most.
#define KEDGE__COMPACT_DEPTH 64

// Writes the one value that `in` is to `out`, without white space, and its length to *len. `out`
// NULL: only measures. No more than in.len bytes.
//
// KEDGE_ERR_JSON  it is not one JSON value, or nests too deep; *len is 0
kedge_err kedge__json_compact(kedge_str in, char *out, size_t *len);

#endif
