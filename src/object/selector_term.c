// SPDX-License-Identifier: Apache-2.0
#include "object/selector_term.h"

#include <string.h>

#include "base/order.h"

// Words -------------------------------------------------------------------------------------------

enum word_type {
    END,
    NAME,
    EQUALS,
    DOUBLE_EQUALS,
    NOT_EQUALS,
    NOT,
    OPEN,
    CLOSE,
    COMMA,
    MORE,
    LESS
};

struct word {
    enum word_type type;
    kedge_str text;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static enum word_type special(char c)
{
    switch (c) {
    case '=':
        return EQUALS;
    case '!':
        return NOT;
    case '(':
        return OPEN;
    case ')':
        return CLOSE;
    case ',':
        return COMMA;
    case '>':
        return MORE;
    case '<':
        return LESS;
    default:
        return NAME;
    }
}

static struct word take(struct kedge__scan *s)
{
    while (s->at < s->end && is_blank(*s->at))
        s->at++;
    struct word w = {END, {s->at, 0}};
    if (s->at == s->end)
        return w;
    w.type = special(*s->at++);
    if (w.type == NAME) {
        while (s->at < s->end && !is_blank(*s->at) && special(*s->at) == NAME)
            s->at++;
    } else if ((w.type == EQUALS || w.type == NOT) && s->at < s->end && *s->at == '=') {
        w.type = w.type == EQUALS ? DOUBLE_EQUALS : NOT_EQUALS;
        s->at++;
    }
    w.text.len = (size_t)(s->at - w.text.ptr);
    return w;
}

static struct word peek(struct kedge__scan s)
{
    return take(&s);
}

bool kedge__term_end(struct kedge__scan s, const char **at)
{
    struct word w = take(&s);
    *at = w.text.ptr;
    return w.type == END;
}

bool kedge__term_comma(struct kedge__scan *s)
{
    return take(s).type == COMMA;
}

bool kedge__term_is_word(kedge_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (is_blank(s.ptr[i]) || special(s.ptr[i]) != NAME)
            return false;
    }
    return s.len > 0;
}

// Values ------------------------------------------------------------------------------------------

struct kedge__term_values kedge__term_values(const struct kedge__term *t)
{
    bool none =
        t->operator_ == KEDGE_OPERATOR_EXISTS || t->operator_ == KEDGE_OPERATOR_DOES_NOT_EXIST;
    struct kedge__term_values v = {t->values, !none, t->whole};
    return v;
}

bool kedge__term_value(struct kedge__term_values *v, kedge_str *value)
{
    if (!v->more)
        return false;
    if (v->whole) {
        *value = v->left;
        v->more = false;
        return true;
    }
    const char *end = v->left.ptr + v->left.len;
    struct kedge__scan s = {v->left.ptr, end};
    struct word w = take(&s);
    *value = w.text;
    if (w.type == NAME)
        w = take(&s);
    else
        value->len = 0;
    v->more = w.type == COMMA;
    v->left.ptr = s.at;
    v->left.len = (size_t)(end - s.at);
    return true;
}

bool kedge__term_integer(kedge_str s, int64_t *out)
{
    bool minus = s.len > 0 && s.ptr[0] == '-';
    size_t i = minus || (s.len > 0 && s.ptr[0] == '+') ? 1 : 0;
    uint64_t limit = (uint64_t)INT64_MAX + (minus ? 1 : 0);
    uint64_t n = 0;
    if (i == s.len)
        return false;
    for (; i < s.len; i++) {
        unsigned digit = (unsigned)(s.ptr[i] - '0');
        if (s.ptr[i] < '0' || digit > 9 || n > (limit - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *out = minus ? (int64_t)(0 - n) : (int64_t)n;
    return true;
}

// Terms -------------------------------------------------------------------------------------------

static bool wrong(struct kedge__fault *f, const char *at, const char *problem)
{
    f->at = at;
    f->problem = problem;
    return false;
}

static bool take_operator(struct kedge__scan *s, struct kedge__term *t, struct kedge__fault *f)
{
    struct word w = take(s);
    bool name = w.type == NAME;
    if (w.type == EQUALS)
        t->operator_ = KEDGE_OPERATOR_EQUALS;
    else if (w.type == DOUBLE_EQUALS)
        t->operator_ = KEDGE_OPERATOR_DOUBLE_EQUALS;
    else if (w.type == NOT_EQUALS)
        t->operator_ = KEDGE_OPERATOR_NOT_EQUALS;
    else if (w.type == MORE)
        t->operator_ = KEDGE_OPERATOR_GREATER_THAN;
    else if (w.type == LESS)
        t->operator_ = KEDGE_OPERATOR_LESS_THAN;
    else if (name && kedge_str_is(w.text, "in"))
        t->operator_ = KEDGE_OPERATOR_IN;
    else if (name && kedge_str_is(w.text, "notin"))
        t->operator_ = KEDGE_OPERATOR_NOT_IN;
    else
        return wrong(f, w.text.ptr, "expected one of =, ==, !=, >, <, in, notin, or a comma");
    return true;
}

// "(a, b)"; between two commas, and beside a parenthesis, there may be nothing.
static bool take_set(struct kedge__scan *s, struct kedge__term *t, struct kedge__fault *f)
{
    struct word w = take(s);
    if (w.type != OPEN)
        return wrong(f, w.text.ptr, "expected (");
    t->values.ptr = s->at;
    enum word_type before = COMMA;
    for (w = take(s); w.type == COMMA || (w.type == NAME && before == COMMA); w = take(s))
        before = w.type;
    if (w.type != CLOSE)
        return wrong(f, w.text.ptr, "expected a comma or )");
    t->values.len = (size_t)(w.text.ptr - t->values.ptr);
    return true;
}

static bool take_one(struct kedge__scan *s, struct kedge__term *t, struct kedge__fault *f)
{
    struct word w = peek(*s);
    t->values.ptr = w.text.ptr;
    t->values.len = 0;
    if (w.type == END || w.type == COMMA)
        return true;
    if (w.type != NAME)
        return wrong(f, w.text.ptr, "expected a value");
    t->values = take(s).text;
    return true;
}

bool kedge__term_take(struct kedge__scan *s, struct kedge__term *t, struct kedge__fault *f)
{
    struct word w = take(s);
    bool absent = w.type == NOT;
    if (absent)
        w = take(s);
    t->operator_ = absent ? KEDGE_OPERATOR_DOES_NOT_EXIST : KEDGE_OPERATOR_EXISTS;
    t->key = w.text;
    t->values.ptr = w.text.ptr;
    t->values.len = 0;
    t->whole = false;
    if (w.type != NAME)
        return wrong(f, w.text.ptr, "expected a label's key or !");
    w = peek(*s);
    if (w.type == END || w.type == COMMA)
        return true;
    if (absent)
        return wrong(f, w.text.ptr, "behind !KEY there may only be a comma");
    if (!take_operator(s, t, f))
        return false;
    bool set = t->operator_ == KEDGE_OPERATOR_IN || t->operator_ == KEDGE_OPERATOR_NOT_IN;
    return set ? take_set(s, t, f) : take_one(s, t, f);
}

// Walks -------------------------------------------------------------------------------------------

struct kedge__terms kedge__terms_of(const struct kedge_selector *s)
{
    struct kedge__terms t = {{NULL, NULL}, false, NULL, 0};
    // No arithmetic on the NULL of an empty text.
    t.scan.end = t.scan.at = "";
    if (s == NULL || s->nothing)
        return t;
    if (s->text.len > 0) {
        t.scan.at = s->text.ptr;
        t.scan.end = s->text.ptr + s->text.len;
    }
    t.unchecked = s->unchecked;
    t.more = peek(t.scan).type != END;
    if (t.unchecked > 0)
        t.lengths = t.scan.end + 1; // behind the NUL
    return t;
}

// An unchecked pair: KEY=VALUE, and a comma.
static void next_pair(struct kedge__terms *terms, struct kedge__term *t)
{
    uint32_t lengths[2];
    memcpy(lengths, terms->lengths, sizeof lengths);
    t->key.ptr = terms->scan.at;
    t->key.len = lengths[0];
    t->operator_ = KEDGE_OPERATOR_EQUALS;
    t->values.ptr = t->key.ptr + lengths[0] + 1;
    t->values.len = lengths[1];
    t->whole = true;
    terms->lengths += sizeof lengths;
    terms->unchecked--;
    terms->more = terms->unchecked > 0;
    terms->scan.at = t->values.ptr + lengths[1] + (terms->more ? 1 : 0);
}

bool kedge__terms_next(struct kedge__terms *terms, struct kedge__term *t)
{
    struct kedge__fault f;
    if (terms->unchecked > 0) {
        next_pair(terms, t);
        return true;
    }
    if (!terms->more || !kedge__term_take(&terms->scan, t, &f))
        return false;
    terms->more = kedge__term_comma(&terms->scan);
    return true;
}

// Order -------------------------------------------------------------------------------------------

bool kedge__term_least_value(const struct kedge__term *t, const kedge_str *last, kedge_str *least)
{
    kedge_str value;
    bool found = false;
    for (struct kedge__term_values v = kedge__term_values(t); kedge__term_value(&v, &value);) {
        bool above = last == NULL || kedge__str_order(value, *last) > 0;
        if (above && (!found || kedge__str_order(value, *least) < 0)) {
            *least = value;
            found = true;
        }
    }
    return found;
}

bool kedge__terms_least(const struct kedge_selector *s, const struct kedge__term *last,
                        struct kedge__term *least)
{
    struct kedge__term t;
    bool found = false;
    for (struct kedge__terms terms = kedge__terms_of(s); kedge__terms_next(&terms, &t);) {
        int order = last != NULL ? kedge__str_order(t.key, last->key) : 1;
        bool after = order > 0 || (order == 0 && t.key.ptr > last->key.ptr);
        if (after && (!found || kedge__str_order(t.key, least->key) < 0)) {
            *least = t;
            found = true;
        }
    }
    return found;
}

struct kedge__signs kedge__term_signs(enum kedge_operator o)
{
    static const struct kedge__signs signs[] = {
        [0] = {"", "", ""},
        [KEDGE_OPERATOR_IN] = {"", " in (", ")"},
        [KEDGE_OPERATOR_NOT_IN] = {"", " notin (", ")"},
        [KEDGE_OPERATOR_EXISTS] = {"", "", ""},
        [KEDGE_OPERATOR_DOES_NOT_EXIST] = {"!", "", ""},
        [KEDGE_OPERATOR_EQUALS] = {"", "=", ""},
        [KEDGE_OPERATOR_DOUBLE_EQUALS] = {"", "==", ""},
        [KEDGE_OPERATOR_NOT_EQUALS] = {"", "!=", ""},
        [KEDGE_OPERATOR_GREATER_THAN] = {"", ">", ""},
        [KEDGE_OPERATOR_LESS_THAN] = {"", "<", ""},
    };
    return signs[o];
}
