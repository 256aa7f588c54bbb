// SPDX-License-Identifier: Apache-2.0
// kedge/field_selector.h - field selectors, as fieldSelector= of the API takes them:
//
//     metadata.name=web,status.phase!=Running
//
//     struct kedge_field_selector s;
//     if (kedge_field_selector_parse(&s, "spec.nodeName=edge-1") != KEDGE_OK)
//         printf("at %zu: %s\n", s.error_at, s.problem);
//
//     FIELD=VALUE   the field has that value (also ==)      FIELD!=VALUE   it has another
//
// All that commas join must hold; an empty selector holds for everything. A field that is not there
// is one whose value is "". In a value, '\', ',' and '=' are written \\, \, and \=; blanks count.
// Which fields a server knows, beside metadata.name and metadata.namespace, depends on the kind.
//
// The text is checked once and read again at each match: a selector needs no memory but its text.
// No function here keeps anything or needs a kedge: all may be called from handlers and threads.
#ifndef KEDGE_FIELD_SELECTOR_H
#define KEDGE_FIELD_SELECTOR_H

#include <stdbool.h>
#include <stddef.h>

#include <kedge/err.h>
#include <kedge/object.h>
#include <kedge/text.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_field_selector {
    kedge_str text;      // what was parsed; borrowed
    size_t error_at;     // after an error: where in the text, in bytes from 0
    const char *problem; // after an error: what is wrong there, static storage; else NULL
    bool nothing;        // matches nothing at all
};

// Reads a selector. `text` is borrowed as long as the selector is used; NULL is the empty selector.
// Terms that are empty are passed over, as client-go does, and so are those of no field and no
// value ("=" and "!=").
//
// KEDGE_ERR_ARGUMENT  it is none; error_at and problem say where and why. It matches nothing
kedge_err kedge_field_selector_parse(struct kedge_field_selector *s, const char *text);

// Gives the value of a field, { NULL, 0 } if it has none. Called once for each term.
typedef kedge_str (*kedge_field_value)(void *ctx, kedge_str field);

// True if the fields are as the selector says. NULL: everything.
bool kedge_field_selector_matches(const struct kedge_field_selector *s, kedge_field_value value,
                                  void *ctx);

// The same for the fields that every kind has, metadata.name and metadata.namespace. Any other
// field counts as not there, so that FIELD!=VALUE holds and FIELD=VALUE does not.
bool kedge_field_selector_matches_object(const struct kedge_field_selector *s,
                                         const struct kedge_object *o);

// True if the selector has no term, or is NULL. It then matches everything.
bool kedge_field_selector_is_empty(const struct kedge_field_selector *s);

// Finds the one value of a field that can match, as the first FIELD=VALUE says, and writes it,
// without escapes and with a NUL, into `buf`. *len, if not NULL, is its length without the NUL.
//
// KEDGE_ERR_NOT_FOUND  the selector does not ask for one; nothing is written
// KEDGE_ERR_FULL       `cap` is too small: what fits was written, with a NUL if cap > 0
kedge_err kedge_field_selector_requires(const struct kedge_field_selector *s, const char *field,
                                        char *buf, size_t cap, size_t *len);

// Writes the selector's canonical text as client-go does, and a NUL: terms in the order of their
// text, == as =. "" for NULL and what matches nothing. It is never longer than what was parsed.
// *len, if not NULL, is set to the length of what was written, without the NUL.
//
// KEDGE_ERR_FULL  `cap` is too small: what fits was written, with a NUL if cap > 0
kedge_err kedge_field_selector_text(const struct kedge_field_selector *s, char *buf, size_t cap,
                                    size_t *len);

// Writes `value` with its escapes, as it may stand in a selector, and a NUL: at most twice as long,
// and one byte. *len and errors as kedge_field_selector_text.
kedge_err kedge_field_escape(kedge_str value, char *buf, size_t cap, size_t *len);

// The way back. Errors as above, and
//
// KEDGE_ERR_ARGUMENT  a ',' or '=' without '\', or a '\' before anything else; *len is where
kedge_err kedge_field_unescape(kedge_str escaped, char *buf, size_t cap, size_t *len);

// Makes a selector of one term, field=value (`equal`) or field!=value; its text, canonical, is
// written into `buf`, which is borrowed as long as the selector is used. It may be given to an
// informer: s->text.ptr ends with a NUL.
//
// KEDGE_ERR_ARGUMENT  `field` has a '=', ',' or '\', or a '!' at its end, or value a NUL
// KEDGE_ERR_FULL      `cap` is too small. After either the selector matches nothing
kedge_err kedge_field_selector_one(struct kedge_field_selector *s, const char *field, bool equal,
                                   kedge_str value, char *buf, size_t cap);

// Gives the name that a field is to have in place of `field`: false drops the term.
typedef bool (*kedge_field_rename)(void *ctx, kedge_str field, kedge_str *name);

// Makes *out the selector `s` (NULL: everything) with fields renamed and terms dropped; if all are
// dropped, it matches everything. Its text is written into `buf`, as above; `buf` is not s->text.
// The name, which *name may borrow, is looked at before the callback is called again.
//
// KEDGE_ERR_ARGUMENT  a name is none, as above
// KEDGE_ERR_FULL      `cap` is too small. After either *out matches nothing
kedge_err kedge_field_selector_transform(const struct kedge_field_selector *s,
                                         kedge_field_rename rename, void *ctx, char *buf,
                                         size_t cap, struct kedge_field_selector *out);

#ifdef __cplusplus
}
#endif
#endif
