// SPDX-License-Identifier: Apache-2.0
// selector.c - reads a selector's text term by term: once to check it, and again at each match.
//
//     text   app=web, tier in (front,back)
//     term   key "app", EQUALS, values "web"
//            key "tier", IN, values "front,back"
//
// A term's values stay a stretch of the text that commas divide, so a term needs no memory.
#include "kedge/selector.h"

#include "base/line.h"
#include "object/names.h"
#include "object/project.h"

const struct kedge_selector kedge_selector_nothing = {{NULL, 0}, 0, NULL, true};

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

// The text not read yet.
struct scan {
    const char *at;
    const char *end;
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

static struct word take(struct scan *s)
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

static struct word peek(struct scan s)
{
    return take(&s);
}

// Terms -------------------------------------------------------------------------------------------

enum operation { EXISTS, EXISTS_NOT, IS, IS_TOO, IS_NOT, IN, NOT_IN, GREATER, SMALLER };

struct term {
    kedge_str key;
    enum operation operation;
    kedge_str values; // what stands between the parentheses, or the one value
};

// A value behind another; false at the end. `values` may hold blanks: never two words in one value.
struct values {
    kedge_str left;
    bool more;
};

static struct values values_of(const struct term *t)
{
    struct values v = {t->values, t->operation != EXISTS && t->operation != EXISTS_NOT};
    return v;
}

static bool next_value(struct values *v, kedge_str *value)
{
    if (!v->more)
        return false;
    const char *end = v->left.ptr + v->left.len;
    struct scan s = {v->left.ptr, end};
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

// What is wrong, and where. Matching, it is never looked at.
struct fault {
    const char *at;
    const char *problem;
};

static bool wrong(struct fault *f, const char *at, const char *problem)
{
    f->at = at;
    f->problem = problem;
    return false;
}

static bool take_operation(struct scan *s, struct term *t, struct fault *f)
{
    struct word w = take(s);
    bool name = w.type == NAME;
    if (w.type == EQUALS)
        t->operation = IS;
    else if (w.type == DOUBLE_EQUALS)
        t->operation = IS_TOO;
    else if (w.type == NOT_EQUALS)
        t->operation = IS_NOT;
    else if (w.type == MORE)
        t->operation = GREATER;
    else if (w.type == LESS)
        t->operation = SMALLER;
    else if (name && kedge_str_is(w.text, "in"))
        t->operation = IN;
    else if (name && kedge_str_is(w.text, "notin"))
        t->operation = NOT_IN;
    else
        return wrong(f, w.text.ptr, "expected one of =, ==, !=, >, <, in, notin, or a comma");
    return true;
}

// "(a, b)"; between two commas, and beside a parenthesis, there may be nothing.
static bool take_set(struct scan *s, struct term *t, struct fault *f)
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

static bool take_one(struct scan *s, struct term *t, struct fault *f)
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

static bool read_integer(kedge_str s, int64_t *out)
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

static bool check_values(const struct term *t, struct fault *f)
{
    kedge_str value;
    int64_t number;
    bool ordered = t->operation == GREATER || t->operation == SMALLER;
    for (struct values v = values_of(t); next_value(&v, &value);) {
        if (ordered && !read_integer(value, &number))
            return wrong(f, t->values.ptr, "behind > and < there must be an integer of 64 bits");
        if (!kedge__is_label_value(value))
            return wrong(f, value.ptr,
                         "no label value: at most 63 letters, digits, '-', '_' and '.', the first "
                         "and last a letter or digit");
    }
    return true;
}

// Takes one term. `f` says what is wrong if it is none.
static bool take_term(struct scan *s, struct term *t, struct fault *f)
{
    struct word w = take(s);
    t->operation = w.type == NOT ? EXISTS_NOT : EXISTS;
    if (w.type == NOT)
        w = take(s);
    t->key = w.text;
    t->values.ptr = w.text.ptr;
    t->values.len = 0;
    if (w.type != NAME)
        return wrong(f, w.text.ptr, "expected a label's key or !");
    w = peek(*s);
    if (w.type == END || w.type == COMMA)
        return true;
    if (t->operation == EXISTS_NOT)
        return wrong(f, w.text.ptr, "behind !KEY there may only be a comma");
    if (!take_operation(s, t, f))
        return false;
    bool set = t->operation == IN || t->operation == NOT_IN;
    return set ? take_set(s, t, f) : take_one(s, t, f);
}

// Takes the comma behind a term. True if another term must come.
static bool take_comma(struct scan *s)
{
    return take(s).type == COMMA;
}

static bool check(struct scan *s, struct fault *f)
{
    struct term t;
    if (peek(*s).type == END)
        return true;
    do {
        if (!take_term(s, &t, f))
            return false;
        if (!kedge__is_label_key(t.key))
            return wrong(f, t.key.ptr,
                         "no label key: [DNS subdomain/]name, of at most 63 letters, digits, '-', "
                         "'_' and '.', the first and last a letter or digit");
        if (!check_values(&t, f))
            return false;
        struct word w = peek(*s);
        if (w.type != COMMA && w.type != END)
            return wrong(f, w.text.ptr, "expected a comma");
    } while (take_comma(s));
    return true;
}

kedge_err kedge_selector_parse(struct kedge_selector *s, const char *text)
{
    struct fault f = {NULL, NULL};
    s->text = kedge_str_of(text != NULL ? text : "");
    s->error_at = 0;
    s->problem = NULL;
    struct scan scan = {s->text.ptr, s->text.ptr + s->text.len};
    s->nothing = !check(&scan, &f);
    if (!s->nothing)
        return KEDGE_OK;
    s->error_at = (size_t)(f.at - s->text.ptr);
    s->problem = f.problem;
    return KEDGE_ERR_ARGUMENT;
}

// Walks the terms of a selector that was parsed.
struct terms {
    struct scan scan;
    bool more;
};

static struct terms terms_of(const struct kedge_selector *s)
{
    struct terms t = {{NULL, NULL}, false};
    // No arithmetic on the NULL of an empty text.
    t.scan.end = t.scan.at = "";
    if (s->text.len > 0 && !s->nothing) {
        t.scan.at = s->text.ptr;
        t.scan.end = s->text.ptr + s->text.len;
    }
    t.more = peek(t.scan).type != END;
    return t;
}

static bool next_term(struct terms *terms, struct term *t)
{
    struct fault f;
    if (!terms->more || !take_term(&terms->scan, t, &f))
        return false;
    terms->more = take_comma(&terms->scan);
    return true;
}

// Matching ----------------------------------------------------------------------------------------

static bool has_value(const struct term *t, kedge_str wanted)
{
    kedge_str value;
    for (struct values v = values_of(t); next_value(&v, &value);) {
        if (kedge_str_eq(value, wanted))
            return true;
    }
    return false;
}

static bool in_order(const struct term *t, kedge_str label)
{
    int64_t is, limit;
    if (!read_integer(label, &is) || !read_integer(t->values, &limit))
        return false;
    return t->operation == GREATER ? is > limit : is < limit;
}

static bool holds(const struct term *t, const struct kedge_text_map *labels)
{
    const struct kedge_text *label = kedge__map_find(labels, t->key);
    switch (t->operation) {
    case EXISTS:
        return label != NULL;
    case EXISTS_NOT:
        return label == NULL;
    case IS_NOT:
    case NOT_IN:
        return label == NULL || !has_value(t, kedge_text_str(label));
    case GREATER:
    case SMALLER:
        return label != NULL && in_order(t, kedge_text_str(label));
    case IS:
    case IS_TOO:
    case IN:
        break;
    }
    return label != NULL && has_value(t, kedge_text_str(label));
}

bool kedge_selector_matches_labels(const struct kedge_selector *s,
                                   const struct kedge_text_map *labels)
{
    struct term t;
    if (s == NULL)
        return true;
    if (s->nothing)
        return false;
    for (struct terms terms = terms_of(s); next_term(&terms, &t);) {
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
static bool only_value(const struct term *t, kedge_str *value)
{
    kedge_str other;
    struct values v = values_of(t);
    if (!next_value(&v, value))
        return false;
    while (next_value(&v, &other)) {
        if (!kedge_str_eq(*value, other))
            return false;
    }
    return true;
}

bool kedge_selector_requires(const struct kedge_selector *s, const char *key, kedge_str *value)
{
    struct term t;
    if (s == NULL)
        return false;
    for (struct terms terms = terms_of(s); next_term(&terms, &t);) {
        if (!kedge_str_is(t.key, key))
            continue;
        bool equal = t.operation == IS || t.operation == IS_TOO || t.operation == IN;
        return equal && only_value(&t, value);
    }
    return false;
}

// Canonical text ----------------------------------------------------------------------------------

static int compare(kedge_str a, kedge_str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common > 0 ? memcmp(a.ptr, b.ptr, common) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

// The least value above `last` (NULL: the least of all).
static bool least_value(const struct term *t, const kedge_str *last, kedge_str *least)
{
    kedge_str value;
    bool found = false;
    for (struct values v = values_of(t); next_value(&v, &value);) {
        bool above = last == NULL || compare(value, *last) > 0;
        if (above && (!found || compare(value, *least) < 0)) {
            *least = value;
            found = true;
        }
    }
    return found;
}

static void write_values(struct kedge__line *l, const struct term *t)
{
    kedge_str last, value;
    for (bool more = least_value(t, NULL, &value); more; more = least_value(t, &last, &value)) {
        kedge__line_str(l, value);
        last = value;
        if (least_value(t, &last, &value))
            kedge__line_byte(l, ',');
    }
}

static void write_term(struct kedge__line *l, const struct term *t)
{
    static const char *const signs[] = {
        [EXISTS] = "",  [EXISTS_NOT] = "",     [IS] = "=",      [IS_TOO] = "==", [IS_NOT] = "!=",
        [IN] = " in (", [NOT_IN] = " notin (", [GREATER] = ">", [SMALLER] = "<"};
    if (t->operation == EXISTS_NOT)
        kedge__line_byte(l, '!');
    kedge__line_str(l, t->key);
    kedge__line_text(l, signs[t->operation]);
    write_values(l, t);
    if (t->operation == IN || t->operation == NOT_IN)
        kedge__line_byte(l, ')');
}

// The term that comes after `last` (NULL: the first of all) in the order of the keys; those of one
// key in the order of the text.
static bool least_term(const struct kedge_selector *s, const struct term *last, struct term *least)
{
    struct term t;
    bool found = false;
    for (struct terms terms = terms_of(s); next_term(&terms, &t);) {
        int order = last != NULL ? compare(t.key, last->key) : 1;
        bool after = order > 0 || (order == 0 && t.key.ptr > last->key.ptr);
        if (after && (!found || compare(t.key, least->key) < 0)) {
            *least = t;
            found = true;
        }
    }
    return found;
}

kedge_err kedge_selector_text(const struct kedge_selector *s, char *buf, size_t cap, size_t *len)
{
    struct term t, last;
    char none;
    struct kedge__line l;
    kedge__line_init(&l, cap > 0 ? buf : &none, cap > 0 ? cap : 1);
    const struct term *before = NULL;
    while (s != NULL && least_term(s, before, &t)) {
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
