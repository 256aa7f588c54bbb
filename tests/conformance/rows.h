// SPDX-License-Identifier: Apache-2.0
// rows.h - an object as one line by its kind's table: every row with its value. `drive` prints the
// same of the server's object, by the tables that rows_print_tables gives it; it says which rows no
// object of the server has, so that a row with a wrong path shows.
#ifndef CONFORMANCE_ROWS_H
#define CONFORMANCE_ROWS_H

#include <stdio.h>

#include <kedge/kind.h>

// The kind of src/object/kinds/NAME.c, or NULL. The i-th name; NULL beyond the end.
const struct kedge_kind *rows_kind(const char *name);
const char *rows_name(size_t i);

// Prints a tab and the path of each row, and behind "=" its value if the object has one.
void rows_print(FILE *out, const struct kedge_kind *kind, const struct kedge_object *o);

// Prints all tables as one JSON object.
void rows_print_tables(FILE *out);

#endif
