// SPDX-License-Identifier: Apache-2.0
// selector_build.c - makes selectors of labels and of requirements. What is made is canonical text:
// each term is written behind the others, then turned into its place.
#include "object/selector_build.h"

#include <string.h>

#include "base/order.h"
#include "object/labels_order.h"
#include "object/names.h"
#include "object/selector_term.h"

// How it ends -------------------------------------------------------------------------------------

static kedge_err end(struct kedge_selector *s, kedge_err err, kedge_str text, size_t number,
                     const char *problem)
{
    s->text = text;
    s->error_at = number;
    s->problem = problem;
    s->nothing = err != KEDGE_OK;
    s->unchecked = 0;
    s->matches = kedge_selector_matches_labels;
    return err;
}

kedge_err kedge__selector_made(struct kedge_selector *s, kedge_str text)
{
    return end(s, KEDGE_OK, text, 0, NULL);
}

kedge_err kedge__selector_refuse(struct kedge_selector *s, size_t number, const char *problem)
{
    return end(s, KEDGE_ERR_ARGUMENT, KEDGE_STR(""), number, problem);
}

kedge_err kedge__selector_full(struct kedge_selector *s)
{
    return end(s, KEDGE_ERR_FULL, KEDGE_STR(""), 0,
               "the buffer is too small for the selector's text");
}

// Requirements ------------------------------------------------------------------------------------

struct kedge__need kedge__need_of(const struct kedge_requirement *r)
{
    struct kedge__need n = {r->key, r->operator_, r->count, r->values, NULL};
    return n;
}

static kedge_str value_at(const struct kedge__need *n, size_t i)
{
    return n->list != NULL ? kedge_text_str(kedge_text_at(n->list, i)) : n->values[i];
}

static bool is_ordered(enum kedge_operator o)
{
    return o == KEDGE_OPERATOR_GREATER_THAN || o == KEDGE_OPERATOR_LESS_THAN;
}

// What is wrong with operator and number of values.
static bool check_operator(const struct kedge__need *n, struct kedge_requirement_problem *p)
{
    p->field = KEDGE_REQUIREMENT_VALUES;
    p->index = 0;
    p->problem = NULL;
    switch (n->operator_) {
    case KEDGE_OPERATOR_IN:
    case KEDGE_OPERATOR_NOT_IN:
        if (n->count == 0)
            p->problem = "values: In and NotIn need one at least";
        break;
    case KEDGE_OPERATOR_EQUALS:
    case KEDGE_OPERATOR_DOUBLE_EQUALS:
    case KEDGE_OPERATOR_NOT_EQUALS:
        if (n->count != 1)
            p->problem = "values: =, == and != need exactly one";
        break;
    case KEDGE_OPERATOR_EXISTS:
    case KEDGE_OPERATOR_DOES_NOT_EXIST:
        if (n->count != 0)
            p->problem = "values: Exists and DoesNotExist have none";
        break;
    case KEDGE_OPERATOR_GREATER_THAN:
    case KEDGE_OPERATOR_LESS_THAN:
        if (n->count != 1)
            p->problem = "values: > and < need exactly one";
        break;
    default:
        p->field = KEDGE_REQUIREMENT_OPERATOR;
        p->problem = "operator: there is no such operator";
        break;
    }
    return p->problem == NULL;
}

// The problems found so far; those beyond `cap` are counted only.
struct problems {
    struct kedge_requirement_problem *out;
    size_t cap;
    size_t count;
};

static void note(struct problems *found, struct kedge_requirement_problem p)
{
    if (found->count < found->cap)
        found->out[found->count] = p;
    found->count++;
}

size_t kedge__need_problems(const struct kedge__need *n, struct kedge_requirement_problem *out,
                            size_t cap)
{
    struct problems found = {out, cap, 0};
    struct kedge_requirement_problem p = {KEDGE_REQUIREMENT_KEY, 0, "key: " KEDGE__NO_LABEL_KEY};
    int64_t number;
    if (!kedge__is_label_key(n->key))
        note(&found, p);
    if (!check_operator(n, &p))
        note(&found, p);
    p.field = KEDGE_REQUIREMENT_VALUE;
    p.problem = "values: behind > and < there must be an integer of 64 bits";
    for (p.index = 0; is_ordered(n->operator_) && p.index < n->count; p.index++) {
        if (!kedge__term_integer(value_at(n, p.index), &number))
            note(&found, p);
    }
    p.problem = "values: " KEDGE__NO_LABEL_VALUE;
    for (p.index = 0; p.index < n->count; p.index++) {
        if (!kedge__is_label_value(value_at(n, p.index)))
            note(&found, p);
    }
    return found.count;
}

size_t kedge_requirement_problems(const struct kedge_requirement *r,
                                  struct kedge_requirement_problem *out, size_t cap)
{
    struct kedge__need n = kedge__need_of(r);
    return kedge__need_problems(&n, out, cap);
}

static bool has_value(const struct kedge_requirement *r, kedge_str value)
{
    for (size_t i = 0; i < r->count; i++) {
        if (kedge_str_eq(r->values[i], value))
            return true;
    }
    return false;
}

static bool in_order(const struct kedge_requirement *r, kedge_str label)
{
    int64_t is, limit;
    if (r->count != 1 || !kedge__term_integer(label, &is) ||
        !kedge__term_integer(r->values[0], &limit))
        return false;
    return r->operator_ == KEDGE_OPERATOR_GREATER_THAN ? is > limit : is < limit;
}

bool kedge_requirement_matches(const struct kedge_requirement *r, struct kedge_labels labels)
{
    kedge_str value = {NULL, 0};
    bool there = kedge_labels_get(labels, r->key, &value);
    switch (r->operator_) {
    case KEDGE_OPERATOR_IN:
    case KEDGE_OPERATOR_EQUALS:
    case KEDGE_OPERATOR_DOUBLE_EQUALS:
        return there && has_value(r, value);
    case KEDGE_OPERATOR_NOT_IN:
    case KEDGE_OPERATOR_NOT_EQUALS:
        return !there || !has_value(r, value);
    case KEDGE_OPERATOR_EXISTS:
        return there;
    case KEDGE_OPERATOR_DOES_NOT_EXIST:
        return !there;
    case KEDGE_OPERATOR_GREATER_THAN:
    case KEDGE_OPERATOR_LESS_THAN:
        return there && in_order(r, value);
    }
    return false;
}

bool kedge_requirement_equal(const struct kedge_requirement *a, const struct kedge_requirement *b)
{
    if (a->operator_ != b->operator_ || a->count != b->count || !kedge_str_eq(a->key, b->key))
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (!kedge_str_eq(a->values[i], b->values[i]))
            return false;
    }
    return true;
}

// Putting one to the others -----------------------------------------------------------------------

// The least value above `last` (NULL: the least of all).
static bool least_value(const struct kedge__need *n, const kedge_str *last, kedge_str *least)
{
    bool found = false;
    for (size_t i = 0; i < n->count; i++) {
        kedge_str value = value_at(n, i);
        bool above = last == NULL || kedge__str_order(value, *last) > 0;
        if (above && (!found || kedge__str_order(value, *least) < 0)) {
            *least = value;
            found = true;
        }
    }
    return found;
}

static void write_need(struct kedge__line *l, const struct kedge__need *n)
{
    struct kedge__signs signs = kedge__term_signs(n->operator_);
    kedge_str last, value;
    kedge__line_text(l, signs.before);
    kedge__line_str(l, n->key);
    kedge__line_text(l, signs.between);
    bool more = least_value(n, NULL, &value);
    while (more) {
        kedge__line_str(l, value);
        last = value;
        more = least_value(n, &last, &value);
        if (more)
            kedge__line_byte(l, ',');
    }
    kedge__line_text(l, signs.behind);
}

static void reverse(char *from, char *to)
{
    while (from < to) {
        char c = *from;
        *from++ = *--to;
        *to = c;
    }
}

// Turns the term behind the first `before` bytes and a comma into its place. "a,c" and ",b": what
// is behind "a," is turned round as a whole, "b,c" backwards, then each of the two.
static void settle(struct kedge__line *l, size_t before, kedge_str key)
{
    struct kedge__term t;
    struct kedge_selector others = {{l->buf, before}, 0, NULL, false, 0, NULL};
    char *end = l->buf + l->len;
    size_t len = l->len - before - 1;
    struct kedge__terms terms = kedge__terms_of(&others);
    for (size_t at = 0; kedge__terms_next(&terms, &t); at = (size_t)(terms.scan.at - l->buf)) {
        if (kedge__str_order(t.key, key) <= 0)
            continue;
        char *place = l->buf + at;
        reverse(place, end);
        reverse(place, place + len);
        reverse(place + len + 1, end);
        return;
    }
}

bool kedge__need_put(struct kedge__line *l, const struct kedge__need *n)
{
    size_t before = l->len;
    if (before > 0)
        kedge__line_byte(l, ',');
    write_need(l, n);
    if (l->cut) {
        l->buf[before] = '\0';
        return false;
    }
    if (before > 0)
        settle(l, before, n->key);
    return true;
}

// Begins the line with what `s` asks for. False: there is no room for it.
static bool begin_with(struct kedge__line *l, const struct kedge_selector *s, char *buf, size_t cap)
{
    bool there = s != NULL && s->text.ptr == buf;
    l->buf = buf;
    l->cap = cap;
    l->len = 0;
    l->cut = false;
    if (cap == 0)
        return false;
    if (kedge_selector_is_empty(s))
        buf[0] = '\0';
    else if (there)
        l->len = s->text.len;
    else
        return kedge_selector_text(s, buf, cap, &l->len) == KEDGE_OK;
    return true;
}

kedge_err kedge_selector_add(const struct kedge_selector *s, const struct kedge_requirement *r,
                             size_t count, char *buf, size_t cap, struct kedge_selector *out)
{
    struct kedge_requirement_problem p = {KEDGE_REQUIREMENT_KEY, 0, NULL};
    for (size_t i = 0; i < count; i++) {
        if (kedge_requirement_problems(&r[i], &p, 1) > 0)
            return kedge__selector_refuse(out, i, p.problem);
    }
    if (kedge_selector_is_nothing(s)) {
        *out = kedge_selector_nothing;
        return KEDGE_OK;
    }
    if (s != NULL && s->unchecked > 0)
        return kedge__selector_refuse(out, 0, "no text tells these unchecked labels apart");
    struct kedge__line l;
    if (!begin_with(&l, s, buf, cap))
        return kedge__selector_full(out);
    for (size_t i = 0; i < count; i++) {
        struct kedge__need n = kedge__need_of(&r[i]);
        if (!kedge__need_put(&l, &n))
            return kedge__selector_full(out);
    }
    return kedge__selector_made(out, kedge__line_done(&l));
}

// Labels ------------------------------------------------------------------------------------------

kedge_err kedge_selector_from_labels(struct kedge_selector *s, struct kedge_labels labels,
                                     char *buf, size_t cap)
{
    for (size_t i = 0; i < kedge_labels_count(labels); i++) {
        struct kedge_label l = kedge_labels_at(labels, i);
        if (!kedge__is_label_key(l.key))
            return kedge__selector_refuse(s, i, "key: " KEDGE__NO_LABEL_KEY);
        if (!kedge__is_label_value(l.value))
            return kedge__selector_refuse(s, i, "values: " KEDGE__NO_LABEL_VALUE);
    }
    kedge_str text = {buf, 0};
    if (kedge__labels_text_by_key(labels, buf, cap, &text.len) != KEDGE_OK)
        return kedge__selector_full(s);
    return kedge__selector_made(s, text);
}

static bool has_nul(kedge_str s)
{
    return s.len > 0 && memchr(s.ptr, '\0', s.len) != NULL;
}

// Writes the lengths of the pairs behind the text, as kedge__terms_next reads them.
static kedge_err write_lengths(struct kedge_selector *s, struct kedge_labels labels, char *at,
                               size_t room)
{
    struct kedge_label l;
    const kedge_str *last = NULL;
    for (kedge_str key; kedge__labels_after(labels, last, &l); key = l.key, last = &key) {
        if (room < KEDGE__PAIR_LENGTHS || l.key.len > UINT32_MAX || l.value.len > UINT32_MAX)
            return kedge__selector_full(s);
        uint32_t lengths[2] = {(uint32_t)l.key.len, (uint32_t)l.value.len};
        memcpy(at, lengths, sizeof lengths);
        at += sizeof lengths;
        room -= sizeof lengths;
        s->unchecked++;
    }
    return KEDGE_OK;
}

kedge_err kedge_selector_from_labels_unchecked(struct kedge_selector *s, struct kedge_labels labels,
                                               char *buf, size_t cap)
{
    bool words = true;
    for (size_t i = 0; i < kedge_labels_count(labels); i++) {
        struct kedge_label l = kedge_labels_at(labels, i);
        if (has_nul(l.key) || has_nul(l.value))
            return kedge__selector_refuse(s, i, "no key and no value has a NUL");
        words = words && kedge__term_is_word(l.key) &&
                (l.value.len == 0 || kedge__term_is_word(l.value));
    }
    kedge_str text = {buf, 0};
    if (kedge__labels_text_by_key(labels, buf, cap, &text.len) != KEDGE_OK)
        return kedge__selector_full(s);
    kedge_err err = kedge__selector_made(s, text);
    size_t used = text.len + 1;
    return words ? err : write_lengths(s, labels, buf + used, cap - used);
}
