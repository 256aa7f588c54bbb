// SPDX-License-Identifier: Apache-2.0
// replies.h - the raw replies of real API servers under tests/data.
#ifndef REPLIES_H
#define REPLIES_H

#include "kedge/text.h"

struct reply {
    char name[64];  // of the file
    kedge_str raw;  // as it came: status line, headers, chunks
    kedge_str body; // without head and chunk framing, by the plainest of decoders
};

// All of them, sorted by name, read once; fails the test if there are none. Run from the top
// folder.
const struct reply *replies(size_t *count);

// The one of that name; fails the test if it is not there.
const struct reply *reply_named(const char *name);

#endif
