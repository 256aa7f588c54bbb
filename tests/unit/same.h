// SPDX-License-Identifier: Apache-2.0
// same.h - does a record hold what another JSON library reads in the same object?
#ifndef SAME_H
#define SAME_H

#include <jansson.h>

#include "kedge/kind.h"

// Compares every row of metadata and of the kind. Fails the test at the first that differs, naming
// it. Returns how many rows had a value.
size_t assert_same(const struct kedge_kind *kind, const struct kedge_object *o, const json_t *json);

#endif
