// SPDX-License-Identifier: Apache-2.0
// selector_term.h - the terms of a selector's text, one at a time.
//
//     text   app=web, tier in (front,back)
//     term   key "app", EQUALS, values "web"
//            key "tier", IN, values "front,back"
//
// A term's values stay a stretch of the text that commas divide, so a term needs no memory.
#ifndef KEDGE_OBJECT_SELECTOR_TERM_H
#define KEDGE_OBJECT_SELECTOR_TERM_H

#include "base/line.h"
#include "kedge/selector_build.h"

// The text not read yet.
struct kedge__scan {
    const char *at;
    const char *end;
};

struct kedge__term {
    kedge_str key;
    enum kedge_operator operator_;
    kedge_str values; // what stands between the parentheses, or the one value
    bool whole;       // the one value as it stands: blanks and signs are part of it
};

// What is wrong, and where.
struct kedge__fault {
    const char *at;
    const char *problem;
};

// Takes one term. False: there is none; `f` says what is wrong.
bool kedge__term_take(struct kedge__scan *s, struct kedge__term *t, struct kedge__fault *f);

// Takes the comma behind a term. True if another term must come.
bool kedge__term_comma(struct kedge__scan *s);

// True if what follows, blanks passed over, is the end; *at is where.
bool kedge__term_end(struct kedge__scan s, const char **at);

// True if the text stands in a selector as one word: no blank, no sign.
bool kedge__term_is_word(kedge_str s);

// The terms of a selector that was parsed or made; NULL and nothing have none.
struct kedge__terms {
    struct kedge__scan scan;
    bool more;
    const char *lengths; // of the unchecked pairs that are left
    size_t unchecked;
};
struct kedge__terms kedge__terms_of(const struct kedge_selector *s);
bool kedge__terms_next(struct kedge__terms *terms, struct kedge__term *t);

// The lengths of an unchecked pair's key and value behind the text, each a uint32_t.
enum { KEDGE__PAIR_LENGTHS = 2 * sizeof(uint32_t) };

// A term's values, one behind another. Values that a set names may hold blanks: never two words in
// one.
struct kedge__term_values {
    kedge_str left;
    bool more;
    bool whole;
};
struct kedge__term_values kedge__term_values(const struct kedge__term *t);
bool kedge__term_value(struct kedge__term_values *v, kedge_str *value);

// The least value above `last` (NULL: the least of all). False: there is none.
bool kedge__term_least_value(const struct kedge__term *t, const kedge_str *last, kedge_str *least);

// The term that comes after `last` (NULL: the first of all) in the order of the keys; those of one
// key in the order of the text. False: there is none.
bool kedge__terms_least(const struct kedge_selector *s, const struct kedge__term *last,
                        struct kedge__term *least);

// What stands before a key, between it and the values, and behind them: "", " in (", ")".
struct kedge__signs {
    const char *before;
    const char *between;
    const char *behind;
};
struct kedge__signs kedge__term_signs(enum kedge_operator o);

// A whole number of 64 bits, as Go reads it.
bool kedge__term_integer(kedge_str s, int64_t *out);

#endif
