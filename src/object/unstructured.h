// SPDX-License-Identifier: Apache-2.0
// unstructured.h - for who fills objects in.
#ifndef KEDGE_OBJECT_UNSTRUCTURED_H
#define KEDGE_OBJECT_UNSTRUCTURED_H

#include "kedge/unstructured.h"

// Takes the object away; the room stays.
void kedge__unstructured_clear(struct kedge_unstructured *u);

// Makes the first `len` bytes of the room the object. Errors as kedge_unstructured_read; then there
// is no object.
kedge_err kedge__unstructured_take(struct kedge_unstructured *u, size_t len);

// Remembers the first error and gives it back.
kedge_err kedge__unstructured_fail(struct kedge_unstructured *u, kedge_err err);

// How many tokens a JSON text has.
size_t kedge__unstructured_tokens(kedge_str json);

#endif
