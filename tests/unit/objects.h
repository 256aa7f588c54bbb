// SPDX-License-Identifier: Apache-2.0
// objects.h - records for tests, by the real way: sieve, reader, projection.
#ifndef OBJECTS_H
#define OBJECTS_H

#include "kedge/kind.h"
#include "kedge/reader.h"
#include "kedge/sieve.h"

// The record of a JSON text as it stands, without a sieve: a heap block of exactly its size, to be
// freed. Fails the test if there is none.
struct kedge_object *record_of(const struct kedge_kind *kind, kedge_str json);
struct kedge_object *partial_of(const struct kedge_kind *kind, kedge_str json);

// The same, and the JSON goes through the sieve with the kind's rows, in pieces of `piece` bytes.
struct kedge_object *sieved_record_of(const struct kedge_kind *kind, kedge_str json, size_t piece);

// A bit for each row of the kind's own that was there: what KEDGE_HAS reads.
uint64_t rows_present(const struct kedge_object *o);

// Calls `item` with the kept text of each object in a body, which comes in pieces of `piece` bytes.
// Returns how many there were.
size_t sieve_each(enum kedge_sieve_shape shape, const struct kedge_kind *kind, kedge_str body,
                  size_t piece, void (*item)(void *ctx, kedge_str text), void *ctx);

// Calls `with` with the root of the text's tokens; fails the test if it is no JSON.
void with_json(kedge_str text, void (*with)(void *ctx, kedge_json_value root), void *ctx);

#endif
