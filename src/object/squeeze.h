// SPDX-License-Identifier: Apache-2.0
// squeeze.h - bytes taken out of a record, and put into it, where it lies.
#ifndef KEDGE_OBJECT_SQUEEZE_H
#define KEDGE_OBJECT_SQUEEZE_H

#include "kedge/kind.h"

// Takes out of a record of `size` bytes what no member of it names any more: by eights where arrays
// lie behind it, which are to lie as they want to. What is left of it is zero. Gives the new size,
// a multiple of 8. It walks through the record eight times at most, which do for 128 gaps if texts
// lie in the order of the members; gaps behind those stay as they are.
size_t kedge__record_squeeze(const struct kedge_kind *kind, struct kedge_object *o, size_t size);

// Moves all that lies `from` bytes and more behind the record's beginning, which has `size`, on by
// `by`, a multiple of 8, for which there is room.
void kedge__record_open(const struct kedge_kind *kind, struct kedge_object *o, size_t size,
                        size_t from, size_t by);

#endif
