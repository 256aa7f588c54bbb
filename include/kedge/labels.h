// SPDX-License-Identifier: Apache-2.0
// kedge/labels.h - sets of labels: an object's, or your own pairs.
//
//     struct kedge_label mine[] = {{KEDGE_STR("app"), KEDGE_STR("web")}};
//     struct kedge_labels web = kedge_labels_of(mine, 1);
//     if (kedge_labels_conflict(web, kedge_labels_of_object(pod)))
//         printf("%s is of another app\n", kedge_name(pod));
//
// A set is a view, passed by value: it borrows the pairs or the record that it was made of. In a
// set each key is there once; of your own pairs that is yours to see to, and where a key is twice
// the last counts. No function here keeps anything or needs a kedge: all may be called from
// handlers and threads.
#ifndef KEDGE_LABELS_H
#define KEDGE_LABELS_H

#include <stdbool.h>
#include <stddef.h>

#include <kedge/err.h>
#include <kedge/object.h>
#include <kedge/text.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_label {
    kedge_str key;
    kedge_str value;
};

struct kedge_labels {
    const struct kedge_label *pairs; // `count` of them, or
    size_t count;
    const struct kedge_text_map *map; // not NULL: a map in a record
};

static inline struct kedge_labels kedge_labels_of(const struct kedge_label *pairs, size_t count)
{
    struct kedge_labels l = {pairs, count, NULL};
    return l;
}

// NULL: no label.
static inline struct kedge_labels kedge_labels_of_map(const struct kedge_text_map *map)
{
    struct kedge_labels l = {NULL, 0, map};
    return l;
}

static inline struct kedge_labels kedge_labels_of_object(const struct kedge_object *o)
{
    return kedge_labels_of_map(o != NULL ? &o->labels : NULL);
}

// How many pairs there are, and the i-th of them, i from 0; beyond the end both texts are empty.
size_t kedge_labels_count(struct kedge_labels labels);
struct kedge_label kedge_labels_at(struct kedge_labels labels, size_t i);

// True if that label is there: then *value, if `value` is not NULL, is its value (borrowed).
bool kedge_labels_get(struct kedge_labels labels, kedge_str key, kedge_str *value);

// True if a label is in both, with different values.
bool kedge_labels_conflict(struct kedge_labels a, struct kedge_labels b);

// True if both have the same labels with the same values, in any order.
bool kedge_labels_equal(struct kedge_labels a, struct kedge_labels b);

// Writes the labels of both into `out`, which may be neither's own pairs; where both have one, b's
// value counts. *count is their number, at most that of both together. The texts are borrowed.
//
// KEDGE_ERR_FULL  `cap` pairs are too few: those that fit were written, *count is `cap`
kedge_err kedge_labels_merge(struct kedge_labels a, struct kedge_labels b, struct kedge_label *out,
                             size_t cap, size_t *count);

// Writes "a=b,c=d", in the order of these pairs' text as client-go's Set does ("a.b/c=d" comes
// before "a=b"), and a NUL; nothing is checked. *len, if not NULL, is set to the length of what was
// written, without the NUL.
//
// KEDGE_ERR_FULL  `cap` is too small: what fits was written, with a NUL if cap > 0
kedge_err kedge_labels_text(struct kedge_labels labels, char *buf, size_t cap, size_t *len);

// Reads "a=b,c=d" and nothing else (client-go's ConvertSelectorToLabelsMap): blanks around keys and
// values are left out, keys and values must be valid, of a key that is there twice the last value
// counts. NULL and "" give no pair. The texts are borrowed from `text`. *error_at, if not NULL, is
// set to the place of an error, in bytes from 0; there kedge_label_key_problem and
// kedge_label_value_problem say more.
//
// KEDGE_ERR_ARGUMENT  it is no such text; *count is 0
// KEDGE_ERR_FULL      `cap` pairs are too few; *count is 0
kedge_err kedge_labels_parse(const char *text, struct kedge_label *out, size_t cap, size_t *count,
                             size_t *error_at);

#ifdef __cplusplus
}
#endif
#endif
