// SPDX-License-Identifier: Apache-2.0
// selector_build.h - a selector's text while it is made.
#ifndef KEDGE_OBJECT_SELECTOR_BUILD_H
#define KEDGE_OBJECT_SELECTOR_BUILD_H

#include "base/line.h"
#include "kedge/selector_build.h"

// A requirement of the user's, or of a record.
struct kedge__need {
    kedge_str key;
    enum kedge_operator operator_;
    size_t count;
    const kedge_str *values;            // or
    const struct kedge_text_list *list; // if not NULL
};

struct kedge__need kedge__need_of(const struct kedge_requirement *r);

// As kedge_requirement_problems.
size_t kedge__need_problems(const struct kedge__need *n, struct kedge_requirement_problem *out,
                            size_t cap);

// Puts a checked requirement into the text that the line holds, at its place in the order of the
// keys. False: there is no room, and the text is as it was.
bool kedge__need_put(struct kedge__line *l, const struct kedge__need *n);

// How it ends: `s` is what the line holds; or matches nothing.
kedge_err kedge__selector_made(struct kedge_selector *s, kedge_str text);
kedge_err kedge__selector_refuse(struct kedge_selector *s, size_t number, const char *problem);
kedge_err kedge__selector_full(struct kedge_selector *s);

#endif
