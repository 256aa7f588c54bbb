// SPDX-License-Identifier: Apache-2.0
// filled.h - objects with a value in every row that a kind has, made from its table.
#ifndef FILLED_H
#define FILLED_H

#include <jansson.h>

#include "kedge/kind.h"

enum { EVERY_KIND = 9 };
extern const struct kedge_kind *const every_kind[EVERY_KIND];

// Metadata and the kind's own rows.
json_t *filled_object(const struct kedge_kind *kind);

// Sets the value at a path as tables have it, with the objects on the way; takes it over. NULL:
// only these.
void filled_put(json_t *json, const char *path, json_t *value);

#endif
