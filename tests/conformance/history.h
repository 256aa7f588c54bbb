// SPDX-License-Identifier: Apache-2.0
// history.h - what a handler was told, folded: it must always be a history that can be true, and in
// the end the cache.
#ifndef CONFORMANCE_HISTORY_H
#define CONFORMANCE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <kedge/informer.h>

#include "columns.h"

struct history {
    const struct columns *columns; // NULL: an object's uid and version are enough to keep of it
    unsigned long adds;
    unsigned long updates;
    unsigned long resyncs; // updates without a change
    unsigned long deletes;
    unsigned long tombstones;
    unsigned long violations; // calls that cannot be true after those before, each said on stderr
    size_t count;             // objects that should be there now
};

// Makes `handler` one that folds all it is told into `h`, which outlives it.
void history_handler(struct history *h, struct kedge_handler *handler);

// True if the handler was last told exactly of this object at this version.
bool history_has(const struct history *h, const struct kedge_object *o);

// Prints what was told last of every object that should be there, a line each, in no order. Needs
// `columns`.
void history_print(const struct history *h, FILE *out);

// Forgets all.
void history_free(void);

#endif
