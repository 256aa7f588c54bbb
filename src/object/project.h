// SPDX-License-Identifier: Apache-2.0
// project.h - from sieved JSON text to a record, in two passes: measure, then write.
#ifndef KEDGE_OBJECT_PROJECT_H
#define KEDGE_OBJECT_PROJECT_H

#include "kedge/kind.h"
#include "kedge/reader.h"

// The rows that every kind shares: metadata. Its first four are the identity: name, namespace, uid,
// resourceVersion (KEDGE__IDENTITY rows); then what the library needs beside the record: the
// initial-events-end annotation.
extern const struct kedge_table kedge__meta_table;
#define KEDGE__IDENTITY 4

// The rows of a Status, for watch events of type ERROR and error replies: status, code, reason,
// message, details.retryAfterSeconds, details.causes[].reason and .message.
extern const struct kedge_table kedge__status_table;

// What the library must know of an object before it is a record. Texts are written, escapes undone,
// NUL-terminated, into the given sizes; a longer one makes `too_long` true.
struct kedge__identity {
    char name[254];
    char namespace_[64];
    char uid[64];
    char resource_version[64];
    bool too_long;
    bool initial_events_end; // the annotation k8s.io/initial-events-end is "true"
};
void kedge__identity_read(struct kedge__identity *id, kedge_json_value object);

// Builds the record of `object` (a sieved JSON object) at `buf`, aligned for int64_t. `buf` NULL with
// cap 0: only measures. *size is the record's size either way. `partial`: identity only.
//
// KEDGE_ERR_FULL      cap is too small; nothing useful was written
// KEDGE_ERR_TOO_LONG  a member does not fit kedge_offset: build it `partial`
kedge_err kedge__project(const struct kedge_kind *kind, kedge_json_value object, bool partial,
                         void *buf, size_t cap, size_t *size);

#endif
