// SPDX-License-Identifier: Apache-2.0
// delta_fifo.h - what the reflector has framed and the handlers have not had: in order, one delta
// an entry.
//
// It is small. Whatever is as large as the cache (the sweep after a list, a resync) is one entry
// here and a walk over the slots when its turn comes.
#ifndef KEDGE_CACHE_DELTA_FIFO_H
#define KEDGE_CACHE_DELTA_FIFO_H

#include <stdbool.h>
#include <stdint.h>

#include "kedge/text.h"

enum kedge__delta_type {
    KEDGE__DELTA_UPSERT,    // client-go's Added, Updated and Replaced: the cache tells them apart
    KEDGE__DELTA_DELETE,    // with the final state
    KEDGE__DELTA_LEFT,      // what it has become is not kept: for its key and version only
    KEDGE__DELTA_TOMBSTONE, // deleted; `slot` is the cached object itself
    KEDGE__DELTA_LIST_END,  // of a storing or a marking list: sweep, then `version` holds
    KEDGE__DELTA_BOOKMARK,  // `version` holds
    KEDGE__DELTA_RESYNC
};

struct kedge__delta {
    uint32_t slot; // of the record; 0: none
    uint32_t mark; // the list attempt at whose time it was framed
    uint8_t type;  // enum kedge__delta_type
    bool
        listed; // UPSERT, DELETE: before a list was whole, whose items come in no order of versions
    bool stored; // LIST_END: of a list that stored what it saw
};

#define KEDGE__VERSION_MAX 64 // bytes of a resourceVersion with its NUL; real ones have 20 digits

struct kedge__delta_fifo {
    struct kedge__delta *ring; // yours
    uint32_t cap;
    uint32_t head;
    uint32_t count;
    // Of the one LIST_END or BOOKMARK that may wait at a time.
    bool version_waits;
    char version[KEDGE__VERSION_MAX];
};

// Empties the fifo over `ring`.
void kedge__delta_fifo_init(struct kedge__delta_fifo *f, struct kedge__delta *ring, uint32_t cap);

// True if push would take a delta of that type now.
bool kedge__delta_fifo_room(const struct kedge__delta_fifo *f, enum kedge__delta_type type);

// Appends. Only where kedge__delta_fifo_room is true. `version` (KEDGE__VERSION_MAX bytes) is
// copied for LIST_END and BOOKMARK, and NULL for all others.
void kedge__delta_fifo_push(struct kedge__delta_fifo *f, struct kedge__delta delta,
                            const char *version);

// Takes the oldest off. False if there is none. Its version stays in f->version until
// kedge__delta_fifo_version_done.
bool kedge__delta_fifo_pop(struct kedge__delta_fifo *f, struct kedge__delta *delta);
void kedge__delta_fifo_version_done(struct kedge__delta_fifo *f);

#endif
