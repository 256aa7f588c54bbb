// SPDX-License-Identifier: Apache-2.0
// project.h - from sieved JSON text to a record, in two passes: measure, then write.
#ifndef KEDGE_OBJECT_PROJECT_H
#define KEDGE_OBJECT_PROJECT_H

#include "kedge/kind.h"
#include "kedge/reader.h"
#include "kedge/status.h"

// The rows that every kind shares: metadata. Its first four are the identity: name, namespace, uid,
// resourceVersion (KEDGE__IDENTITY rows); then what the library needs beside the record: the
// initial-events-end annotation.
extern const struct kedge_table kedge__meta_table;
#define KEDGE__IDENTITY 4

// The identity's rows alone: of a list that only marks, and of objects that are too much.
extern const struct kedge_table kedge__identity_table;

// Cuts the text of an object that has more tokens than there are down to its identity, by sieving
// it again into `cap` bytes at `buf` (KEDGE_SIEVE_BUFFER at least), and parses that. Errors as
// kedge_sieve_init, kedge_sieve_feed and kedge_json_parse; KEDGE_ERR_JSON also: it is not whole.
kedge_err kedge__identity_parse(struct kedge_json *doc, kedge_str text, void *buf, size_t cap,
                                struct kedge_json_token *tokens, size_t count);

// The rows of a Status, for watch events of type ERROR and error replies: code, reason, message and
// the whole of details. Four rows: with metadata, the 48 of a kind and the one more that informers
// look at (cache/expected.c) they are the 64 that can be sieved together. `status` is not among
// them: sieved beside a kind's rows, it would let the whole status of every object in.
extern const struct kedge_table kedge__status_table;

// What else kedge_status_read_reply wants to see: kind, apiVersion, status. For a reply that no
// kind's rows are sieved from.
extern const struct kedge_table kedge__reply_table;

// Reads the rows of kedge__status_table over what `s` holds, as kedge_status_read does, with a code
// or without.
void kedge__status_take(struct kedge_status *s, kedge_json_value object);

// Of struct kedge_object's flags.
#define KEDGE__RECORD_PARTIAL 1u
#define KEDGE__RECORD_RAW     2u // behind it, the object's own JSON

// Of struct kedge_kind's flags: its records are raw.
#define KEDGE__RAW 0x100u

// The first byte of a text in a record that has its length behind it, in a kedge_offset.
#define KEDGE__LONG_TEXT 0xffu

// Lists in lists, at most: what is deeper is absent and counted as mistyped.
#define KEDGE__LISTS_MAX 4

// What the library must know of an object before it is a record. Texts are written, escapes undone,
// NUL-terminated, into the given sizes; a longer one, which is then "", or one with a NUL in it
// makes `unusable` true.
struct kedge__identity {
    char name[254];
    char namespace_[64];
    char uid[64];
    char resource_version[64];
    bool unusable;
    bool initial_events_end; // the annotation k8s.io/initial-events-end is "true"
};
void kedge__identity_read(struct kedge__identity *id, kedge_json_value object);

// Builds the record of `object` (a sieved JSON object) at `buf`, aligned for int64_t. `buf` NULL:
// only measures. *size is the record's size either way, a multiple of 8. Equal objects
// give equal bytes: nothing in a record is left unset. `partial`: identity only.
//
// KEDGE_ERR_FULL      cap is too small: nothing was written
// KEDGE_ERR_TOO_LONG  a member does not fit kedge_offset: build it `partial`
kedge_err kedge__project(const struct kedge_kind *kind, kedge_json_value object, bool partial,
                         void *buf, size_t cap, size_t *size);

// Reads a UUID: KEDGE__UUID_TEXT bytes in lower case, of the variant whose ninth byte begins with a
// 1 bit. False: the text is none, and *out is not of use.
#define KEDGE__UUID_TEXT 36
bool kedge__uid_read(kedge_str text, struct kedge_uid *out);

// Whether it is no UUID but the way to a text, or nothing.
bool kedge__uid_is_text(const struct kedge_uid *u);

// The text of a uid that is no UUID, where it lies.
kedge_str kedge__uid_plain(const struct kedge_uid *u);

// Whether that is the uid's text.
bool kedge__uid_is(const struct kedge_uid *u, kedge_str text);

// A quantity in a record: the bytes that hold it, and how many; 0, and *code, where one of
// KEDGE__WORDS_MAX codes is it. Not for 0.
#define KEDGE__QUANTITY_BYTES 10
size_t kedge__quantity_pack(int64_t thousandths, unsigned char out[KEDGE__QUANTITY_BYTES],
                            uint32_t *code);

// Which codes there are: part of every kind's tag.
#define KEDGE__QUANTITY_CODES 1

// The value of that key, or NULL.
const struct kedge_text *kedge__map_find(const struct kedge_text_map *m, kedge_str key);

// The values of one object that a table's rows name: the place in the document of each, or -1. Of
// objects that are sent twice under one key, the members are joined; of anything else, the last
// counts.
struct kedge__found {
    int at[KEDGE_KIND_ROWS];
    uint32_t mistyped; // values on the way that are no objects
};
void kedge__find(struct kedge__found *found, const struct kedge_table *table, size_t rows,
                 kedge_json_value object);

#endif
