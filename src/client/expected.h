// SPDX-License-Identifier: Apache-2.0
// expected.h - whether what came is what was asked for.
#ifndef KEDGE_CLIENT_EXPECTED_H
#define KEDGE_CLIENT_EXPECTED_H

#include "base/line.h"
#include "kedge/kind.h"
#include "kedge/reader.h"
#include "object/project.h"

// The rows that are sieved of an object beside metadata and the kind's own: those of a Status,
// since one may come in its place, and what kedge__expected_object looks at.
const struct kedge_table *kedge__expected_rows(const struct kedge_kind *kind);

// True if an object, sieved with these rows, may be of that kind: it says so, or nothing.
bool kedge__expected_object(const struct kedge_kind *kind, kedge_json_value object);

// The rows that are sieved of what is around a list's items, if no more is wanted of it.
extern const struct kedge_table kedge__expected_list_rows;

// True if what is around the items, of which `kind` and `apiVersion` were sieved, may be a list of
// that kind; NULL: of any.
bool kedge__expected_list(const struct kedge_kind *kind, kedge_json_value list);

// "Pod": what it says of itself, for a line of words; nothing that could not be printed.
void kedge__expected_say(struct kedge__line *l, kedge_json_value object);

#endif
