// SPDX-License-Identifier: Apache-2.0
// sieve_jansson.h - what the sieve should say and keep, by another parser that has the whole tree.
#ifndef SIEVE_JANSSON_H
#define SIEVE_JANSSON_H

#include <jansson.h>
#include <stdbool.h>

#include "kedge/fields.h"

// How jansson reads what the sieve reads: strictly, texts with NULs, numbers of any size.
#define SIEVE_STRICT (JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL)

// The object that is the whole text, or NULL. *limit: refused for nothing but a limit of jansson's
// that JSON does not have. (What jansson overlooks, a NUL behind a number, is refused here.)
json_t *strict_load(kedge_str text, bool *limit);

// The same for the object that the text begins with; *used is its length.
json_t *strict_load_first(kedge_str text, bool *limit, size_t *used);

// What three tables (NULL: none) keep of an object, as sieve.h says it.
json_t *sieve_model(json_t *object, const struct kedge_table *const tables[3]);

#endif
