// SPDX-License-Identifier: Apache-2.0
// kedge/writer.h - writes JSON into a buffer of fixed size.
//
//     char buf[256];
//     struct kedge_writer w;
//     kedge_str patch;
//
//     kedge_writer_init(&w, buf, sizeof buf);
//     kedge_writer_begin_object(&w);
//     kedge_writer_key(&w, "spec");
//     kedge_writer_begin_object(&w);
//     kedge_writer_key(&w, "replicas");
//     kedge_writer_int64(&w, 3);
//     kedge_writer_end_object(&w);
//     kedge_writer_end_object(&w);
//     if (kedge_writer_finish(&w, &patch) == KEDGE_OK)     // {"spec":{"replicas":3}}
//         ...
//
// Commas, colons and quotes are the writer's. It keeps its first error, so one check at the end is
// enough: what finish gives is one whole JSON value, compact, or nothing. After a buffer that is
// too small it goes on counting, and finish says what would have been needed; a writer over no
// buffer only counts.
#ifndef KEDGE_WRITER_H
#define KEDGE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kedge/err.h>
#include <kedge/text.h>

#ifdef __cplusplus
extern "C" {
#endif

// Objects and arrays that may be open at once.
#define KEDGE_WRITER_DEPTH 64

// A value being written. It may be moved, and copied to go back to where it was.
struct kedge_writer {
    // Private.
    char *buf;
    size_t cap;
    size_t len;       // bytes so far; more than cap: those that would be needed
    uint64_t objects; // a bit a level: an object is open there, not an array
    uint8_t depth;
    bool some; // the open container holds something, or the value at the top is written
    bool key;  // a key waits for its value
    bool full; // something did not fit
    kedge_err err;
};

// Begins a value in `cap` bytes at `buf`, which stay the caller's and outlive the writer. `buf` may
// be NULL with cap 0: then the value is only measured. No NUL is written behind the value.
void kedge_writer_init(struct kedge_writer *w, char *buf, size_t cap);

// Each of the following writes something where it may stand; anywhere else (a value in an object
// without a key, a key in an array, an end that does not fit, a second value at the top, more than
// KEDGE_WRITER_DEPTH levels) is KEDGE_ERR_ARGUMENT, which finish gives. What is written is copied.

void kedge_writer_begin_object(struct kedge_writer *w);
void kedge_writer_end_object(struct kedge_writer *w);
void kedge_writer_begin_array(struct kedge_writer *w);
void kedge_writer_end_array(struct kedge_writer *w);

// The key of the next value: NUL-terminated, or a slice. Whether it is there already is not
// checked.
void kedge_writer_key(struct kedge_writer *w, const char *key);
void kedge_writer_key_str(struct kedge_writer *w, kedge_str key);

// A text, escaped as needed; also NULs inside. A text (or key) that is not UTF-8 is
// KEDGE_ERR_ARGUMENT. NULL gives the empty text.
void kedge_writer_text(struct kedge_writer *w, const char *text);
void kedge_writer_text_str(struct kedge_writer *w, kedge_str text);

void kedge_writer_int64(struct kedge_writer *w, int64_t value);
void kedge_writer_bool(struct kedge_writer *w, bool value);
void kedge_writer_null(struct kedge_writer *w);

// A value that is JSON already, such as kedge_json_raw gives; it is not checked, but an empty one
// is KEDGE_ERR_ARGUMENT.
void kedge_writer_raw(struct kedge_writer *w, kedge_str json);

// Leaves room for a value that the caller writes: `len` bytes of JSON, to where it points, before
// anything else. NULL if it does not fit or may not stand here; `len` 0 is KEDGE_ERR_ARGUMENT.
char *kedge_writer_room(struct kedge_writer *w, size_t len);

// The error so far, as finish would give it, but for a value that is not whole yet.
kedge_err kedge_writer_error(const struct kedge_writer *w);

// Ends the value: *out is its text, in the writer's buffer. May be called more than once. After an
// error out->ptr is NULL and out->len 0, but after TOO_LONG out->len is the bytes that the value
// would have needed.
//
// KEDGE_ERR_ARGUMENT  something was written where it may not stand, or the value is not whole
// KEDGE_ERR_TOO_LONG  the buffer is too small
kedge_err kedge_writer_finish(const struct kedge_writer *w, kedge_str *out);

#ifdef __cplusplus
}
#endif
#endif
