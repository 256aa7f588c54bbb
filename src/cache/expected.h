// SPDX-License-Identifier: Apache-2.0
// expected.h - whether what came is what was asked for.
#ifndef KEDGE_CACHE_EXPECTED_H
#define KEDGE_CACHE_EXPECTED_H

#include "cache/informer_priv.h"

// The rows that a watch sieves of each object beside metadata and the kind's own: those of a Status
// and what kedge__expected_event looks at.
const struct kedge_table *kedge__expected_rows(const struct kedge_kind *kind);

// True if an event's object, sieved with these rows, may be of the informer's kind: it says so, or
// nothing. One that is not, a bookmark no less than others, is warned of.
bool kedge__expected_event(struct kedge_informer *inf, kedge_json_value object);

// The rows that are sieved of what is around a list's items.
extern const struct kedge_table kedge__expected_list_rows;

// True if what is around the items, sieved with these rows, may be a list of that kind.
bool kedge__expected_list(const struct kedge_kind *kind, kedge_json_value list);

#endif
