// SPDX-License-Identifier: Apache-2.0
// field_selector.c - reads a field selector's text term by term: once to check it, and again at
// each match. A term is a stretch of the text up to a comma that no '\' hides.
#include "kedge/field_selector.h"

#include "base/line.h"
#include "base/order.h"

struct term {
    kedge_str text;  // all of it
    kedge_str field; // has no escapes: a '\' is one
    bool equal;
    kedge_str value; // with its escapes
};

// Takes the text up to the next comma that counts; false at the end.
static bool take_text(kedge_str *left, kedge_str *text)
{
    if (left->ptr == NULL)
        return false;
    size_t i = 0;
    while (i < left->len && left->ptr[i] != ',')
        i += left->ptr[i] == '\\' && i + 1 < left->len ? 2 : 1;
    text->ptr = left->ptr;
    text->len = i;
    bool more = i < left->len;
    left->ptr = more ? left->ptr + i + 1 : NULL;
    left->len = more ? left->len - i - 1 : 0;
    return true;
}

// Splits a term at the first of !=, == and =. False if it has none.
static bool split(struct term *t)
{
    kedge_str s = t->text;
    for (size_t i = 0; i < s.len; i++) {
        bool two = i + 1 < s.len && s.ptr[i + 1] == '=';
        if (s.ptr[i] != '=' && !(s.ptr[i] == '!' && two))
            continue;
        size_t sign = two ? 2 : 1;
        t->field.ptr = s.ptr;
        t->field.len = i;
        t->equal = s.ptr[i] == '=';
        t->value.ptr = s.ptr + i + sign;
        t->value.len = s.len - i - sign;
        return true;
    }
    return false;
}

static bool must_be_escaped(char c)
{
    return c == '\\' || c == ',' || c == '=';
}

// Takes a byte of a value, its escape undone. False at the end, and before what is wrong.
static bool take_byte(kedge_str *left, char *c)
{
    if (left->len == 0)
        return false;
    size_t used = left->ptr[0] == '\\' ? 2 : 1;
    if (left->len < used || must_be_escaped(left->ptr[used - 1]) != (used == 2))
        return false;
    *c = left->ptr[used - 1];
    left->ptr += used;
    left->len -= used;
    return true;
}

// NULL if the escapes are right, else where they are not.
static const char *bad_escape(kedge_str value)
{
    char c;
    while (take_byte(&value, &c))
        ;
    return value.len > 0 ? value.ptr : NULL;
}

static kedge_err refuse(struct kedge_field_selector *s, const char *at, const char *problem)
{
    s->error_at = (size_t)(at - s->text.ptr);
    s->problem = problem;
    s->nothing = true;
    return KEDGE_ERR_ARGUMENT;
}

kedge_err kedge_field_selector_parse(struct kedge_field_selector *s, const char *text)
{
    struct term t;
    s->text = kedge_str_of(text != NULL ? text : "");
    s->error_at = 0;
    s->problem = NULL;
    s->nothing = false;
    for (kedge_str left = s->text; take_text(&left, &t.text);) {
        if (t.text.len == 0)
            continue;
        if (!split(&t))
            return refuse(s, t.text.ptr, "invalid selector: expected FIELD=VALUE or FIELD!=VALUE");
        const char *at = bad_escape(t.value);
        if (at != NULL && *at == '\\')
            return refuse(s, at, "invalid selector: behind \\ there may only be \\, a comma or =");
        if (at != NULL)
            return refuse(s, at, "invalid selector: a = in a value is written \\=");
    }
    return KEDGE_OK;
}

static kedge_str terms_of(const struct kedge_field_selector *s)
{
    static const kedge_str none = {NULL, 0};
    return s == NULL || s->nothing ? none : s->text;
}

// client-go drops "=" and "!=", of no field and no value, where it reads or renames terms.
static bool says_nothing(const struct term *t)
{
    return t->field.len == 0 && t->value.len == 0;
}

static bool next_term(kedge_str *left, struct term *t)
{
    static const kedge_str none = {NULL, 0};
    while (take_text(left, &t->text)) {
        t->field = t->value = none;
        (void)split(t); // an empty one has no sign, and stays so
        if (!says_nothing(t))
            return true;
    }
    return false;
}

// Matching ----------------------------------------------------------------------------------------

static bool is_value(kedge_str escaped, kedge_str value)
{
    char c;
    size_t i = 0;
    while (take_byte(&escaped, &c)) {
        if (i == value.len || value.ptr[i] != c)
            return false;
        i++;
    }
    return i == value.len;
}

bool kedge_field_selector_matches(const struct kedge_field_selector *s, kedge_field_value value,
                                  void *ctx)
{
    struct term t;
    for (kedge_str left = terms_of(s); next_term(&left, &t);) {
        if (is_value(t.value, value(ctx, t.field)) != t.equal)
            return false;
    }
    return s == NULL || !s->nothing;
}

static kedge_str field_of(void *ctx, kedge_str field)
{
    const struct kedge_object *o = (const struct kedge_object *)ctx;
    kedge_str none = {NULL, 0};
    if (kedge_str_is(field, "metadata.name"))
        return kedge_text_str(&o->name);
    return kedge_str_is(field, "metadata.namespace") ? kedge_text_str(&o->namespace_) : none;
}

bool kedge_field_selector_matches_object(const struct kedge_field_selector *s,
                                         const struct kedge_object *o)
{
    return kedge_field_selector_matches(s, field_of, (void *)(uintptr_t)o);
}

bool kedge_field_selector_is_empty(const struct kedge_field_selector *s)
{
    struct term t;
    kedge_str left = terms_of(s);
    return (s == NULL || !s->nothing) && !next_term(&left, &t);
}

// Texts -------------------------------------------------------------------------------------------

// `none` stands in for a buffer without a byte.
static void begin(struct kedge__line *l, char *buf, size_t cap, char *none)
{
    kedge__line_init(l, cap > 0 ? buf : none, cap > 0 ? cap : 1);
}

static kedge_err end(const struct kedge__line *l, size_t cap, size_t *len)
{
    if (len != NULL)
        *len = l->len;
    return l->cut || cap == 0 ? KEDGE_ERR_FULL : KEDGE_OK;
}

kedge_err kedge_field_escape(kedge_str value, char *buf, size_t cap, size_t *len)
{
    char none;
    struct kedge__line l;
    begin(&l, buf, cap, &none);
    for (size_t i = 0; i < value.len && !l.cut; i++) {
        char pair[2] = {'\\', value.ptr[i]};
        size_t skip = must_be_escaped(value.ptr[i]) ? 0 : 1;
        kedge_str piece = {pair + skip, 2 - skip};
        // Half an escape would be another text.
        if (piece.len > l.cap - 1 - l.len)
            l.cut = true;
        else
            kedge__line_str(&l, piece);
    }
    return end(&l, cap, len);
}

kedge_err kedge_field_unescape(kedge_str escaped, char *buf, size_t cap, size_t *len)
{
    char c;
    char none;
    struct kedge__line l;
    const char *at = bad_escape(escaped);
    if (at != NULL) {
        if (len != NULL)
            *len = (size_t)(at - escaped.ptr);
        return KEDGE_ERR_ARGUMENT;
    }
    begin(&l, buf, cap, &none);
    while (take_byte(&escaped, &c))
        kedge__line_byte(&l, c);
    return end(&l, cap, len);
}

kedge_err kedge_field_selector_requires(const struct kedge_field_selector *s, const char *field,
                                        char *buf, size_t cap, size_t *len)
{
    struct term t;
    for (kedge_str left = terms_of(s); next_term(&left, &t);) {
        if (t.equal && kedge_str_is(t.field, field))
            return kedge_field_unescape(t.value, buf, cap, len);
    }
    return KEDGE_ERR_NOT_FOUND;
}

// The term that comes after `last` (NULL: the first of all) in the order of the terms' text; those
// that are the same in the order in which they stand.
static bool least_term(const struct kedge_field_selector *s, const struct term *last,
                       struct term *least)
{
    struct term t;
    bool found = false;
    for (kedge_str left = terms_of(s); next_term(&left, &t);) {
        int order = last != NULL ? kedge__str_order(t.text, last->text) : 1;
        bool after = order > 0 || (order == 0 && t.text.ptr > last->text.ptr);
        if (after && (!found || kedge__str_order(t.text, least->text) < 0)) {
            *least = t;
            found = true;
        }
    }
    return found;
}

static void write_term(struct kedge__line *l, const struct term *t)
{
    if (l->len > 0)
        kedge__line_byte(l, ',');
    kedge__line_str(l, t->field);
    kedge__line_text(l, t->equal ? "=" : "!=");
    kedge__line_str(l, t->value);
}

kedge_err kedge_field_selector_text(const struct kedge_field_selector *s, char *buf, size_t cap,
                                    size_t *len)
{
    struct term t, last;
    char none;
    struct kedge__line l;
    begin(&l, buf, cap, &none);
    for (bool more = least_term(s, NULL, &t); more; more = least_term(s, &last, &t)) {
        write_term(&l, &t);
        last = t;
    }
    return end(&l, cap, len);
}

// Made ones ---------------------------------------------------------------------------------------

// A selector reads the field back only if no sign and no comma ends it early.
static bool is_field(kedge_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (must_be_escaped(s.ptr[i]) || s.ptr[i] == '\0')
            return false;
    }
    return s.len == 0 || s.ptr[s.len - 1] != '!';
}

static kedge_err make(struct kedge_field_selector *s, kedge_err err, kedge_str text)
{
    static const kedge_str none = {"", 0};
    s->text = err == KEDGE_OK ? text : none;
    s->error_at = 0;
    s->problem = NULL;
    s->nothing = err != KEDGE_OK;
    if (err == KEDGE_ERR_ARGUMENT)
        s->problem = "a field has no '=', ',' and '\\' and no '!' at its end, a value no NUL";
    else if (err != KEDGE_OK)
        s->problem = "the buffer is too small for the selector's text";
    return err;
}

kedge_err kedge_field_selector_one(struct kedge_field_selector *s, const char *field, bool equal,
                                   kedge_str value, char *buf, size_t cap)
{
    char none;
    struct kedge__line l;
    size_t len;
    kedge_str name = kedge_str_of(field);
    begin(&l, buf, cap, &none);
    if (!is_field(name) || (value.len > 0 && memchr(value.ptr, '\0', value.len) != NULL))
        return make(s, KEDGE_ERR_ARGUMENT, value);
    kedge__line_str(&l, name);
    kedge__line_text(&l, equal ? "=" : "!=");
    kedge_err err = l.cut || cap == 0 ? KEDGE_ERR_FULL : KEDGE_OK;
    if (err == KEDGE_OK)
        err = kedge_field_escape(value, buf + l.len, cap - l.len, &len);
    kedge_str text = {buf, err == KEDGE_OK ? l.len + len : 0};
    return make(s, err, text);
}

kedge_err kedge_field_selector_transform(const struct kedge_field_selector *s,
                                         kedge_field_rename rename, void *ctx, char *buf,
                                         size_t cap, struct kedge_field_selector *out)
{
    struct term t;
    char none;
    struct kedge__line l;
    bool nothing = s != NULL && s->nothing;
    begin(&l, buf, cap, &none);
    for (kedge_str left = terms_of(s); next_term(&left, &t);) {
        kedge_str name = t.field;
        if (!rename(ctx, t.field, &name))
            continue;
        // A field that was read may have a '\'.
        if (!kedge_str_eq(name, t.field) && !is_field(name))
            return make(out, KEDGE_ERR_ARGUMENT, name);
        t.field = name;
        if (!says_nothing(&t))
            write_term(&l, &t);
    }
    kedge_err err = make(out, end(&l, cap, NULL), kedge__line_done(&l));
    out->nothing |= nothing;
    return err;
}
