// SPDX-License-Identifier: Apache-2.0
// kedge/reader.h - a cursor over short JSON text, in tokens that you own.
//
//     struct kedge_json doc;
//     if (kedge_json_parse(&doc, text, len, tokens, count) != KEDGE_OK) ...
//     kedge_json_value meta = kedge_json_get(kedge_json_root(&doc), "metadata");
//     int64_t n;
//     if (kedge_json_int64(kedge_json_get(meta, "generation"), &n)) ...
//
// A value that is not there is a value too (kedge_json_absent): every call takes it and answers
// nothing, so a chain needs one check at its end.
//
// The tokeniser is jsmn; use the reader on text that the sieve kept, which is checked in full: jsmn
// looks neither at UTF-8 nor at control characters, and lets commas be missing or too many. On such
// text, too, every call stays inside the text and the tokens, and ends.
#ifndef KEDGE_READER_H
#define KEDGE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kedge/err.h>
#include <kedge/text.h>

#ifdef __cplusplus
extern "C" {
#endif

// One token of the text: an object, array, key, text, number, true, false or null. A text of n
// bytes has at most n / 2 + 1 of them.
struct kedge_json_token {
    int private_[5];
};

// A document: all of it is private.
struct kedge_json {
    const char *text;
    size_t len;
    const struct kedge_json_token *tokens;
    int count;
};

// A place in a document; passed by value, good as long as the document's text and tokens are.
typedef struct kedge_json_value {
    const struct kedge_json *doc;
    int at; // -1: absent
} kedge_json_value;

enum kedge_json_type {
    KEDGE_JSON_ABSENT,
    KEDGE_JSON_NULL,
    KEDGE_JSON_BOOL,
    KEDGE_JSON_NUMBER,
    KEDGE_JSON_TEXT,
    KEDGE_JSON_ARRAY,
    KEDGE_JSON_OBJECT
};

// Tokenises `len` bytes at `text`. Both `text` and `tokens` are borrowed by `doc`; after an error
// the document is empty, and its root absent. Time is linear in the text (for text of bounded
// nesting, as the sieve's is).
//
// KEDGE_ERR_FULL      more than `cap` tokens are needed
// KEDGE_ERR_JSON      not one whole JSON value
// KEDGE_ERR_TOO_LONG  more bytes than an int counts
kedge_err kedge_json_parse(struct kedge_json *doc, const char *text, size_t len,
                           struct kedge_json_token *tokens, size_t cap);

// The whole value; absent if the document is empty.
kedge_json_value kedge_json_root(const struct kedge_json *doc);

// What the value is; KEDGE_JSON_ABSENT if it is not there.
enum kedge_json_type kedge_json_type(kedge_json_value v);

// The member of that name (compared after escapes are undone; of several the last, as Go does);
// absent if there is none or `object` is no object. Looks at every member.
kedge_json_value kedge_json_get(kedge_json_value object, const char *key);

// The value at a path of keys, each ended by a NUL, and one more NUL at the end, as KEDGE_PATH of
// kedge/fields.h makes it: "spec\0replicas\0". In an array a key is the place of an element, in
// decimal from 0. The empty path is `from` itself. Absent if any step of it is.
kedge_json_value kedge_json_at(kedge_json_value from, const char *path);

// The i-th element of an array, or member of an object, from 0; absent beyond the end. Looks at
// every one before it.
kedge_json_value kedge_json_element(kedge_json_value container, size_t i);

// The first element of an array, or the value of the first member of an object; then the next.
// Absent at the end. Each is one step, however large the values are.
//
//     for (kedge_json_value v = kedge_json_first(list); v.at >= 0; v = kedge_json_next(v))
//
kedge_json_value kedge_json_first(kedge_json_value container);
kedge_json_value kedge_json_next(kedge_json_value element);

// The elements of an array or members of an object; 0 for all else.
size_t kedge_json_count(kedge_json_value container);

// The key of a member that first, next or get gave: raw, with escapes as they stand, without
// quotes. Empty for what is no member.
kedge_str kedge_json_raw_key(kedge_json_value member);

// The key, escapes undone: its length in bytes; writes at most `cap` bytes, no NUL. `buf` may be
// NULL with cap 0 to ask for the length. 0 for what is no member.
size_t kedge_json_key(kedge_json_value member, char *buf, size_t cap);

// True if the value is a member and its key, escapes undone, is `key`.
bool kedge_json_key_is(kedge_json_value member, kedge_str key);

// A text, escapes undone (UTF-8): its length in bytes; writes at most `cap` bytes, no NUL. 0 for
// what is no text. `buf` may be NULL with cap 0; it may be the text's own first byte in the
// document, which is overwritten then. A lone surrogate, which the sieve never lets through,
// becomes U+FFFD. The text may hold NULs.
size_t kedge_json_text(kedge_json_value v, char *buf, size_t cap);

// True if the value is a text and, escapes undone, equals `text`.
bool kedge_json_text_is(kedge_json_value v, kedge_str text);

// The value's own JSON text: a text with its quotes, an object with its braces. Empty if absent.
kedge_str kedge_json_raw(kedge_json_value v);

// True if the value is a whole number that int64_t holds (1.0 and 1e3 count); then *out is it, else
// *out is as it was.
bool kedge_json_int64(kedge_json_value v, int64_t *out);

// True if the value is true or false; then *out is it, else *out is as it was.
bool kedge_json_bool(kedge_json_value v, bool *out);

#ifdef __cplusplus
}
#endif
#endif
