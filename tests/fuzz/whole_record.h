// SPDX-License-Identifier: Apache-2.0
// whole_record.h - is a record what kedge/object.h says?
#ifndef FUZZ_WHOLE_RECORD_H
#define FUZZ_WHOLE_RECORD_H

#include "kedge/kind.h"

// Breaks the run unless the record is a whole one of that kind, in a block of `size` bytes: every
// text and list lies inside it, aligned, every text has a NUL behind it, no two keys of a map are
// the same.
void whole_record(const struct kedge_kind *kind, const struct kedge_object *o, size_t size);

#endif
