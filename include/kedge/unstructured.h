// SPDX-License-Identifier: Apache-2.0
// kedge/unstructured.h - an object of any kind as JSON, in your memory: read at paths, and changed.
//
//     static char text[8192];
//     static struct kedge_json_token tokens[1024];
//     struct kedge_unstructured sensor;
//     kedge_unstructured_init(&sensor, text, sizeof text, tokens, 1024);
//     ...                                            // kedge_dynamic_get of kedge/dynamic.h
//     int64_t seconds = 60;                          // if there is none
//     kedge_unstructured_int64(&sensor, KEDGE_PATH("spec", "intervalSeconds"), &seconds);
//     kedge_unstructured_set_int64(&sensor, KEDGE_PATH("spec", "intervalSeconds"), seconds * 2);
//     kedge_unstructured_set_text(&sensor, KEDGE_PATH("spec", "tags", "-"), "slow");
//
// All but metadata.managedFields of what the server sent is there, as it was spelt, without white
// space. A path is a list of keys; in a list a key is the place of an element, from 0 ("tags",
// "0"), and "-" stands behind the last. kedge_unstructured_at gives any value, and kedge/reader.h
// says what can be done with it: lists and maps are walked with kedge_json_first and _next, and
// kedge_json_type tells what is absent, null, a text, ...
//
// A kedge_json_value and a kedge_str of an object are good until the object is changed, read anew
// or moved.
#ifndef KEDGE_UNSTRUCTURED_H
#define KEDGE_UNSTRUCTURED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kedge/err.h>
#include <kedge/fields.h>
#include <kedge/reader.h>
#include <kedge/text.h>
#include <kedge/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_unstructured {
    // Private: use the calls below.
    char *buf;
    size_t cap;
    struct kedge_json_token *tokens;
    size_t token_cap;
    struct kedge_json doc; // its text in buf; empty: there is no object

    bool partial; // larger than its room: only name, namespace, uid and version are there
    // The first thing that went wrong since the object was read or made: a change that does not
    // fit, say. An object with an error is not sent, so one check, that of the request, is enough.
    kedge_err err;
    // After KEDGE_ERR_TOO_LONG or KEDGE_ERR_FULL: bytes, or tokens, that are enough; else 0.
    size_t need;
    size_t need_tokens;
};

// Room for one object: `cap` bytes of text, KEDGE_SIEVE_BUFFER (512) at least if it is read from a
// server, and tokens: one for each value and each key, so a byte in eight to twelve is usual, and
// every second is always enough. Both stay yours and outlive `u`. There is no object in it yet.
void kedge_unstructured_init(struct kedge_unstructured *u, char *buf, size_t cap,
                             struct kedge_json_token *tokens, size_t token_cap);

// Makes an object that has these four and nothing else. `namespace_` and `name` may be NULL.
//
// KEDGE_ERR_ARGUMENT  u, api_version or kind is NULL, a text is no UTF-8
// KEDGE_ERR_TOO_LONG, KEDGE_ERR_FULL  there is no room: u->need, u->need_tokens
kedge_err kedge_unstructured_new(struct kedge_unstructured *u, const char *api_version,
                                 const char *kind, const char *namespace_, const char *name);

// Makes it the object that `json` says, copied: a text that kedge_writer made, say, or a file's.
// What is wrong with it in small (see kedge/reader.h) is not found.
//
// KEDGE_ERR_ARGUMENT  u is NULL
// KEDGE_ERR_JSON      not one whole JSON object
// KEDGE_ERR_TOO_LONG, KEDGE_ERR_FULL  as above
kedge_err kedge_unstructured_read(struct kedge_unstructured *u, kedge_str json);

// Keeps a copy of `from`, which may lie in a call-back's room, in that of `to`. Errors as above; of
// a `from` without object KEDGE_ERR_ARGUMENT. A partial object stays one.
kedge_err kedge_unstructured_copy(struct kedge_unstructured *to,
                                  const struct kedge_unstructured *from);

// The whole text; empty if there is no object. It has no NUL behind it.
kedge_str kedge_unstructured_json(const struct kedge_unstructured *u);

// Reading ----------------------------------------------------------------------------------------

// The value at a path; absent if there is none, and if u is NULL or empty. The empty path, "", is
// the object.
kedge_json_value kedge_unstructured_at(const struct kedge_unstructured *u, const char *path);

// One value each. What is not there leaves *out (buf: "") and is told:
//
// KEDGE_ERR_NOT_FOUND  absent or null
// KEDGE_ERR_JSON       of another type, no whole number that int64_t holds, no quantity, no time
// KEDGE_ERR_TOO_LONG   the text does not fit `cap` bytes with its NUL
// KEDGE_ERR_ARGUMENT   NULL
kedge_err kedge_unstructured_text(const struct kedge_unstructured *u, const char *path, char *buf,
                                  size_t cap);
kedge_err kedge_unstructured_int64(const struct kedge_unstructured *u, const char *path,
                                   int64_t *out);
kedge_err kedge_unstructured_bool(const struct kedge_unstructured *u, const char *path, bool *out);
// A quantity (text or number, also 21.5 or 1e-3) in thousandths: see kedge/quantity.h.
kedge_err kedge_unstructured_quantity(const struct kedge_unstructured *u, const char *path,
                                      int64_t *thousandths);
kedge_err kedge_unstructured_time(const struct kedge_unstructured *u, const char *path,
                                  kedge_timestamp *out);

// The texts that every object has, without copying: slices of the object's text, empty if absent.
// Where JSON spells one with escapes (no name of a DNS form can be) the slice is empty too;
// kedge_unstructured_text reads it.
kedge_str kedge_unstructured_name(const struct kedge_unstructured *u);
kedge_str kedge_unstructured_namespace(const struct kedge_unstructured *u);
kedge_str kedge_unstructured_uid(const struct kedge_unstructured *u);
kedge_str kedge_unstructured_resource_version(const struct kedge_unstructured *u);
kedge_str kedge_unstructured_kind(const struct kedge_unstructured *u);
kedge_str kedge_unstructured_api_version(const struct kedge_unstructured *u);

// One label, one annotation: read it with kedge_json_text, compare it with kedge_json_text_is.
// Absent if it is not there. All of them are at KEDGE_PATH("metadata", "labels").
kedge_json_value kedge_unstructured_label(const struct kedge_unstructured *u, const char *key);
kedge_json_value kedge_unstructured_annotation(const struct kedge_unstructured *u, const char *key);

// Changing ---------------------------------------------------------------------------------------
//
// Each changes the text where it lies, or, after an error, nothing. What is missing on the way is
// made: objects, and where the next key is "-", lists; so is what is null there. The values given
// are copied, and must not lie in the object's own text.
//
// KEDGE_ERR_ARGUMENT   NULL, the empty path, a text that is no UTF-8, JSON that is none, more than
//                      16 keys to make, a value of the object's own text; the object is partial
// KEDGE_ERR_NOT_FOUND  the path leads through a text, number or bool, or beyond the end of a list
// KEDGE_ERR_STATE      there is no object
// KEDGE_ERR_TOO_LONG, KEDGE_ERR_FULL  there is no room: u->need, u->need_tokens
//
// The first error stays in u->err.
kedge_err kedge_unstructured_set_text(struct kedge_unstructured *u, const char *path,
                                      const char *text);
kedge_err kedge_unstructured_set_text_str(struct kedge_unstructured *u, const char *path,
                                          kedge_str text);
kedge_err kedge_unstructured_set_int64(struct kedge_unstructured *u, const char *path, int64_t n);
kedge_err kedge_unstructured_set_bool(struct kedge_unstructured *u, const char *path, bool truth);
kedge_err kedge_unstructured_set_null(struct kedge_unstructured *u, const char *path);
// Any value that is JSON already: "{}", "[1.5,2]", what kedge_writer made, kedge_json_raw of
// another object.
kedge_err kedge_unstructured_set_json(struct kedge_unstructured *u, const char *path,
                                      kedge_str json);

// Takes a member, or an element of a list, out. That it is not there is no error.
kedge_err kedge_unstructured_remove(struct kedge_unstructured *u, const char *path);

#ifdef __cplusplus
}
#endif
#endif
