// SPDX-License-Identifier: Apache-2.0
// filled.h - objects with a value in every row that a kind has, made from its table.
#ifndef FILLED_H
#define FILLED_H

#include <jansson.h>

#include "kedge/kind.h"

// The built-in kinds, sorted by name: those that the library was made with.
#define KIND(name) +1
enum {
    EVERY_KIND =
#include "kinds.def"
};
#undef KIND
extern const struct kedge_kind *const every_kind[EVERY_KIND];

// The kind of a real server's reply by the name of its file: "list-RESOURCE.http"; where two kinds
// have the same, also RESOURCE.GROUP and RESOURCE.VERSION.GROUP. NULL: it names none.
const struct kedge_kind *kind_of_reply(const char *name);

// Metadata and the kind's own rows.
json_t *filled_object(const struct kedge_kind *kind);

// Sets the value at a path as tables have it, with the objects on the way; takes it over. NULL:
// only these.
void filled_put(json_t *json, const char *path, json_t *value);

#endif
