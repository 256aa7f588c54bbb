// SPDX-License-Identifier: Apache-2.0
// kedge/selector.h - label selectors, with the grammar of the API:
//
//     app=web, tier in (front, back), !canary, release notin (beta,), cores>2
//
//     struct kedge_selector web;
//     if (kedge_selector_parse(&web, "app=web,tier!=db") != KEDGE_OK)
//         printf("at %zu: %s\n", web.error_at, web.problem);
//     struct kedge_iter it = kedge_lister_list(pods, "default", &web);
//
//     KEY                is there
//     !KEY               is not there
//     KEY=VALUE          is there with that value (also ==)
//     KEY!=VALUE         is not there, or with another value
//     KEY in (A, B)      is there with one of them
//     KEY notin (A, B)   is not there, or with none of them
//     KEY>N, KEY<N       is there, an integer, and more, or less
//
// All that commas join must hold; an empty selector holds for everything. A value may be empty:
// "x=" is x with the value "". The text is checked once and read again at each match: a selector
// needs no memory but its text, and there is no limit to its terms.
#ifndef KEDGE_SELECTOR_H
#define KEDGE_SELECTOR_H

#include <stdbool.h>
#include <stddef.h>

#include <kedge/err.h>
#include <kedge/object.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_selector {
    kedge_str text;      // what was parsed; borrowed
    size_t error_at;     // after an error: where in the text, in bytes from 0
    const char *problem; // after an error: what is wrong there, static storage; else NULL
    bool nothing;        // matches nothing at all
    size_t unchecked;    // private: pairs that their lengths tell apart (selector_build.h)
    // Private: kedge_selector_matches_labels, put here by what makes a selector, so that a program
    // that makes none does not link it.
    bool (*matches)(const struct kedge_selector *s, const struct kedge_text_map *labels);
};

// Matches everything.
#define KEDGE_EVERYTHING ((const struct kedge_selector *)NULL)

// Matches nothing.
extern const struct kedge_selector kedge_selector_nothing;
#define KEDGE_NOTHING (&kedge_selector_nothing)

// Reads a selector. `text` is borrowed as long as the selector is used; NULL is the empty selector.
// Keys and values must be valid label keys and values, a number behind > and < a 64-bit integer.
//
// KEDGE_ERR_ARGUMENT  it is none; error_at and problem say where and why. It matches nothing
kedge_err kedge_selector_parse(struct kedge_selector *s, const char *text);

// True if the object's labels are as the selector says. KEDGE_EVERYTHING holds for every object.
bool kedge_selector_matches(const struct kedge_selector *s, const struct kedge_object *o);

// The same for labels that are not an object's own, such as a selector's or a template's.
bool kedge_selector_matches_labels(const struct kedge_selector *s,
                                   const struct kedge_text_map *labels);

// True if `labels` has every pair of `wanted`, as spec.selector.matchLabels asks for. No pair:
// true.
bool kedge_labels_contain(const struct kedge_text_map *labels, const struct kedge_text_map *wanted);

// True if the selector has no term, or is NULL: it matches everything.
bool kedge_selector_is_empty(const struct kedge_selector *s);

// True of KEDGE_NOTHING, and of what matches nothing because it is no selector; not of one whose
// terms merely contradict each other.
bool kedge_selector_is_nothing(const struct kedge_selector *s);

// True if only one value of that label can match: then *value is it (borrowed from the selector's
// text). The first term of that key decides.
bool kedge_selector_requires(const struct kedge_selector *s, const char *key, kedge_str *value);

// Writes the selector's canonical text as client-go does: terms in the order of their keys, values
// in order and once, no blanks, and a NUL. "" for KEDGE_EVERYTHING and what matches nothing. *len,
// if not NULL, is set to the length of what was written, without the NUL. It is at most twice as
// long as the text that was parsed, and one byte.
//
// KEDGE_ERR_FULL  `cap` is too small: what fits was written, with a NUL if cap > 0
kedge_err kedge_selector_text(const struct kedge_selector *s, char *buf, size_t cap, size_t *len);

#ifdef __cplusplus
}
#endif
#endif
