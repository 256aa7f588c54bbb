// SPDX-License-Identifier: Apache-2.0
// columns.h - an object as one line, the same line that `drive dump` prints of the server's object.
#ifndef CONFORMANCE_COLUMNS_H
#define CONFORMANCE_COLUMNS_H

#include <stdio.h>

#include <kedge/kind.h>

struct columns {
    const char *name; // "deployment", as `drive dump` calls it
    const struct kedge_kind *kind;
    void (*print)(FILE *out,
                  const struct kedge_object *o); // what follows the metadata; NULL: rows.h
};

// The columns of that kind, or NULL. "pod-rows" is the kind pod with all rows of its table.
const struct columns *columns_of(const char *name);

// Prints namespace, name, uid, version, generation, times and labels, then the kind's own, with
// tabs between and a newline at the end.
void columns_print(FILE *out, const struct columns *c, const struct kedge_object *o);

#endif
