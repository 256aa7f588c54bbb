// SPDX-License-Identifier: Apache-2.0
// selector.c - reads a selector's text term by term: once to check it, and again at each match.
#include "kedge/selector.h"

#include "object/names.h"
#include "object/project.h"
#include "object/selector_term.h"

const struct kedge_selector kedge_selector_nothing = {{NULL, 0}, 0, NULL, true, 0, NULL};

static bool wrong(struct kedge__fault *f, const char *at, const char *problem)
{
    f->at = at;
    f->problem = problem;
    return false;
}

static bool check_values(const struct kedge__term *t, struct kedge__fault *f)
{
    kedge_str value;
    int64_t number;
    bool ordered =
        t->operator_ == KEDGE_OPERATOR_GREATER_THAN || t->operator_ == KEDGE_OPERATOR_LESS_THAN;
    for (struct kedge__term_values v = kedge__term_values(t); kedge__term_value(&v, &value);) {
        if (ordered && !kedge__term_integer(value, &number))
            return wrong(f, t->values.ptr, "behind > and < there must be an integer of 64 bits");
        if (!kedge__is_label_value(value))
            return wrong(f, value.ptr, KEDGE__NO_LABEL_VALUE);
    }
    return true;
}

static bool check(struct kedge__scan *s, struct kedge__fault *f)
{
    struct kedge__term t;
    const char *at;
    if (kedge__term_end(*s, &at))
        return true;
    do {
        if (!kedge__term_take(s, &t, f))
            return false;
        if (!kedge__is_label_key(t.key))
            return wrong(f, t.key.ptr, KEDGE__NO_LABEL_KEY);
        if (!check_values(&t, f))
            return false;
        struct kedge__scan behind = *s;
        if (!kedge__term_end(*s, &at) && !kedge__term_comma(&behind))
            return wrong(f, at, "expected a comma");
    } while (kedge__term_comma(s));
    return true;
}

kedge_err kedge_selector_parse(struct kedge_selector *s, const char *text)
{
    struct kedge__fault f = {NULL, NULL};
    s->text = kedge_str_of(text != NULL ? text : "");
    s->error_at = 0;
    s->problem = NULL;
    s->unchecked = 0;
    s->matches = kedge_selector_matches_labels;
    struct kedge__scan scan = {s->text.ptr, s->text.ptr + s->text.len};
    s->nothing = !check(&scan, &f);
    if (!s->nothing)
        return KEDGE_OK;
    s->error_at = (size_t)(f.at - s->text.ptr);
    s->problem = f.problem;
    return KEDGE_ERR_ARGUMENT;
}

bool kedge_selector_is_nothing(const struct kedge_selector *s)
{
    return s != NULL && s->nothing;
}

bool kedge_selector_is_empty(const struct kedge_selector *s)
{
    struct kedge__term t;
    struct kedge__terms terms = kedge__terms_of(s);
    return !kedge_selector_is_nothing(s) && !kedge__terms_next(&terms, &t);
}

// Matching ----------------------------------------------------------------------------------------

static bool has_value(const struct kedge__term *t, kedge_str wanted)
{
    kedge_str value;
    for (struct kedge__term_values v = kedge__term_values(t); kedge__term_value(&v, &value);) {
        if (kedge_str_eq(value, wanted))
            return true;
    }
    return false;
}

static bool in_order(const struct kedge__term *t, kedge_str label)
{
    int64_t is, limit;
    if (!kedge__term_integer(label, &is) || !kedge__term_integer(t->values, &limit))
        return false;
    return t->operator_ == KEDGE_OPERATOR_GREATER_THAN ? is > limit : is < limit;
}

static bool holds(const struct kedge__term *t, const struct kedge_text_map *labels)
{
    const struct kedge_text *label = kedge__map_find(labels, t->key);
    switch (t->operator_) {
    case KEDGE_OPERATOR_EXISTS:
        return label != NULL;
    case KEDGE_OPERATOR_DOES_NOT_EXIST:
        return label == NULL;
    case KEDGE_OPERATOR_NOT_EQUALS:
    case KEDGE_OPERATOR_NOT_IN:
        return label == NULL || !has_value(t, kedge_text_str(label));
    case KEDGE_OPERATOR_GREATER_THAN:
    case KEDGE_OPERATOR_LESS_THAN:
        return label != NULL && in_order(t, kedge_text_str(label));
    case KEDGE_OPERATOR_EQUALS:
    case KEDGE_OPERATOR_DOUBLE_EQUALS:
    case KEDGE_OPERATOR_IN:
        break;
    }
    return label != NULL && has_value(t, kedge_text_str(label));
}

bool kedge_selector_matches_labels(const struct kedge_selector *s,
                                   const struct kedge_text_map *labels)
{
    struct kedge__term t;
    if (kedge_selector_is_nothing(s))
        return false;
    for (struct kedge__terms terms = kedge__terms_of(s); kedge__terms_next(&terms, &t);) {
        if (!holds(&t, labels))
            return false;
    }
    return true;
}

bool kedge_selector_matches(const struct kedge_selector *s, const struct kedge_object *o)
{
    return s == NULL || kedge_selector_matches_labels(s, &o->labels);
}

// The one value of a term, if it has one. Values that are the same are one.
static bool only_value(const struct kedge__term *t, kedge_str *value)
{
    kedge_str other;
    struct kedge__term_values v = kedge__term_values(t);
    if (!kedge__term_value(&v, value))
        return false;
    while (kedge__term_value(&v, &other)) {
        if (!kedge_str_eq(*value, other))
            return false;
    }
    return true;
}

bool kedge_selector_requires(const struct kedge_selector *s, const char *key, kedge_str *value)
{
    struct kedge__term t;
    for (struct kedge__terms terms = kedge__terms_of(s); kedge__terms_next(&terms, &t);) {
        if (!kedge_str_is(t.key, key))
            continue;
        bool equal = t.operator_ == KEDGE_OPERATOR_EQUALS ||
                     t.operator_ == KEDGE_OPERATOR_DOUBLE_EQUALS ||
                     t.operator_ == KEDGE_OPERATOR_IN;
        return equal && only_value(&t, value);
    }
    return false;
}

// Canonical text ----------------------------------------------------------------------------------

static void write_values(struct kedge__line *l, const struct kedge__term *t)
{
    kedge_str last, value;
    bool more = kedge__term_least_value(t, NULL, &value);
    while (more) {
        kedge__line_str(l, value);
        last = value;
        more = kedge__term_least_value(t, &last, &value);
        if (more)
            kedge__line_byte(l, ',');
    }
}

static void write_term(struct kedge__line *l, const struct kedge__term *t)
{
    struct kedge__signs signs = kedge__term_signs(t->operator_);
    kedge__line_text(l, signs.before);
    kedge__line_str(l, t->key);
    kedge__line_text(l, signs.between);
    write_values(l, t);
    kedge__line_text(l, signs.behind);
}

kedge_err kedge_selector_text(const struct kedge_selector *s, char *buf, size_t cap, size_t *len)
{
    struct kedge__term t, last;
    char none;
    struct kedge__line l;
    kedge__line_init(&l, cap > 0 ? buf : &none, cap > 0 ? cap : 1);
    const struct kedge__term *before = NULL;
    while (s != NULL && kedge__terms_least(s, before, &t)) {
        if (before != NULL)
            kedge__line_byte(&l, ',');
        write_term(&l, &t);
        last = t;
        before = &last;
    }
    if (len != NULL)
        *len = l.len;
    return l.cut || cap == 0 ? KEDGE_ERR_FULL : KEDGE_OK;
}
