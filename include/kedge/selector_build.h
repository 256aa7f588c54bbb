// SPDX-License-Identifier: Apache-2.0
// kedge/selector_build.h - label selectors that are made, not written: of labels, of requirements,
// of a LabelSelector, of the selector that an object has. The way back, too.
//
//     char text[256];
//     struct kedge_selector pods;
//     if (kedge_selector_from_object(&pods, obj, &kedge_kind_deployment, text, sizeof text) !=
//         KEDGE_OK)
//         printf("%s\n", pods.problem);
//     struct kedge_iter it = kedge_lister_list(all_pods, kedge_namespace(obj), &pods);
//
//     kedge_str tiers[] = {KEDGE_STR("front"), KEDGE_STR("back")};
//     struct kedge_requirement wanted[] = {
//         {KEDGE_STR("tier"), KEDGE_OPERATOR_IN, tiers, 2},
//         {KEDGE_STR("canary"), KEDGE_OPERATOR_DOES_NOT_EXIST, NULL, 0},
//     };
//     kedge_selector_add(KEDGE_EVERYTHING, wanted, 2, text, sizeof text, &pods);
//     // text: "!canary,tier in (back,front)"
//
// A made selector is its canonical text, as client-go writes it, in your buffer, which is borrowed
// as long as the selector is used. It ends with a NUL, so s->text.ptr may be given to an informer
// or a request. A call that fails leaves a selector that matches nothing; `problem` says why, and
// error_at which requirement, from 0, was to blame, or which pair.
//
// No function here keeps anything or needs a kedge: all may be called from handlers and threads.
#ifndef KEDGE_SELECTOR_BUILD_H
#define KEDGE_SELECTOR_BUILD_H

#include <stdbool.h>
#include <stddef.h>

#include <kedge/err.h>
#include <kedge/kind.h>
#include <kedge/labels.h>
#include <kedge/selector.h>

#ifdef __cplusplus
extern "C" {
#endif

// Requirements -----------------------------------------------------------------------------------

// The first four are those of a LabelSelector, by the numbers of enum kedge_label_operator. 0 is
// none.
enum kedge_operator {
    KEDGE_OPERATOR_IN = 1,         // one value or more
    KEDGE_OPERATOR_NOT_IN,         // the same
    KEDGE_OPERATOR_EXISTS,         // no value
    KEDGE_OPERATOR_DOES_NOT_EXIST, // no value
    KEDGE_OPERATOR_EQUALS,         // one value: "="
    KEDGE_OPERATOR_DOUBLE_EQUALS,  // one value: "=="
    KEDGE_OPERATOR_NOT_EQUALS,     // one value
    KEDGE_OPERATOR_GREATER_THAN,   // one value, an integer of 64 bits
    KEDGE_OPERATOR_LESS_THAN       // the same
};

// All is borrowed.
struct kedge_requirement {
    kedge_str key;
    enum kedge_operator operator_;
    const kedge_str *values; // in any order
    size_t count;
};

enum kedge_requirement_field {
    KEDGE_REQUIREMENT_KEY,
    KEDGE_REQUIREMENT_OPERATOR,
    KEDGE_REQUIREMENT_VALUES, // all of them
    KEDGE_REQUIREMENT_VALUE   // the value `index`
};

struct kedge_requirement_problem {
    enum kedge_requirement_field field;
    size_t index;
    const char *problem; // begins with the field's name; static storage
};

// Says all that is wrong with a requirement, as client-go's NewRequirement does, in its order: key,
// operator or number of values, each value. Writes up to `cap` problems into `out` and gives their
// whole number; 0: it is good.
size_t kedge_requirement_problems(const struct kedge_requirement *r,
                                  struct kedge_requirement_problem *out, size_t cap);

// True if the labels are as the requirement says. It need not be checked: a wrong operator, and >
// and < without exactly one value, match nothing.
bool kedge_requirement_matches(const struct kedge_requirement *r, struct kedge_labels labels);

// True if key, operator and values are the same; the values in the same order.
bool kedge_requirement_equal(const struct kedge_requirement *a, const struct kedge_requirement *b);

// Makes *out the selector `s` (NULL: everything) and `count` requirements, in the order of their
// keys; those of one key in the order in which they came. A value that is there twice counts once.
// To nothing nothing is added. `buf` is not s->text, or it is the very buffer, of `cap` bytes, that
// one of these functions has made `s` in: then *out may be *s; if it is another, `s` is no more,
// also after KEDGE_ERR_FULL. No text of a requirement may lie in `buf`.
//
// KEDGE_ERR_ARGUMENT  a requirement is none, or `s` was made of unchecked labels that no text can
//                     tell apart
// KEDGE_ERR_FULL      `cap` is too small
kedge_err kedge_selector_add(const struct kedge_selector *s, const struct kedge_requirement *r,
                             size_t count, char *buf, size_t cap, struct kedge_selector *out);

// Labels -----------------------------------------------------------------------------------------

// Makes a selector that asks for every one of these labels: "a=b,c=d". No label: everything.
//
// KEDGE_ERR_ARGUMENT  a key or value is none
// KEDGE_ERR_FULL      `cap` is too small
kedge_err kedge_selector_from_labels(struct kedge_selector *s, struct kedge_labels labels,
                                     char *buf, size_t cap);

// The same without a check of keys and values, for labels that a server has checked. It matches
// exactly these pairs, whatever they hold; but its text, which a server is sent, is theirs as it
// stands: a ',' in a value is one in the selector. Where text alone would not tell the pairs apart,
// eight bytes more for each follow it in `buf`.
//
// KEDGE_ERR_ARGUMENT  a key or value has a NUL
// KEDGE_ERR_FULL      `cap` is too small
kedge_err kedge_selector_from_labels_unchecked(struct kedge_selector *s, struct kedge_labels labels,
                                               char *buf, size_t cap);

// LabelSelectors ---------------------------------------------------------------------------------

// The API's LabelSelector: all must hold. Of the operators it knows the first four. All is
// borrowed.
struct kedge_label_selector {
    struct kedge_labels match_labels;
    const struct kedge_requirement *match_expressions;
    size_t count;
    const struct kedge_list *list; // further ones, of a record: struct kedge_label_expression
};

// Makes a selector of it, as client-go's LabelSelectorAsSelector does. NULL: nothing; an empty one:
// everything. error_at counts the labels, then the expressions, then those of the list.
//
// KEDGE_ERR_ARGUMENT  an operator is not one of the four, a key or value is none, or values are
//                     lacking or too many
// KEDGE_ERR_FULL      `cap` is too small
kedge_err kedge_selector_from_label_selector(struct kedge_selector *s,
                                             const struct kedge_label_selector *from, char *buf,
                                             size_t cap);

// Makes the selector that an object of that kind has, if the kind's table has rows for it:
// spec.selector as a map (Service, ReplicationController), which is not checked, since the server
// has; or its matchLabels and matchExpressions (Deployment, Job, ...), of which both rows are
// needed: with one, the selector would be wider than the object's. An object without a selector
// selects nothing, as in the API. One whose selector is "{}" selects everything, but of matchLabels
// and matchExpressions only where the table has spec.selector as RAW, too: records do not tell an
// empty object from none, and then it is nothing that is selected. For any other field:
//
//     struct kedge_label_selector from = {
//         .match_labels = kedge_labels_of_map(&p->spec_pod_selector_match_labels),
//         .list = &p->spec_pod_selector_match_expressions};
//
// KEDGE_ERR_NOT_FOUND  the kind's table has no such rows, or only one of the two, or the object is
//                      partial
// KEDGE_ERR_ARGUMENT   the object is NULL or of another kind, an operator is one that the table
//                      does not know, or the selector is none; or the object has a field of another
//                      type than its table says (`mistyped`), which may be one of the selector's
// KEDGE_ERR_FULL       `cap` is too small
kedge_err kedge_selector_from_object(struct kedge_selector *s, const struct kedge_object *o,
                                     const struct kedge_kind *kind, char *buf, size_t cap);

// Makes a LabelSelector of a selector (NULL: everything), as client-go's ParseToLabelSelector does:
// = and == become match_labels (of a key that is there twice the last counts), what else there is
// becomes match_expressions, in the order of the keys, values in order and once. Its texts are
// borrowed from s->text, its arrays lie in `buf`, aligned for a pointer. *need, if not NULL, is the
// bytes that they take; `buf` NULL only asks for them.
//
// KEDGE_ERR_ARGUMENT  a term has !=, > or <, which a LabelSelector does not know, or `s` matches
//                     nothing
// KEDGE_ERR_FULL      `cap` is too small: *out is empty
kedge_err kedge_label_selector_of(const struct kedge_selector *s, struct kedge_label_selector *out,
                                  void *buf, size_t cap, size_t *need);

#ifdef __cplusplus
}
#endif
#endif
