// SPDX-License-Identifier: Apache-2.0
// select.c - label selectors (=, ==, !=, in, notin, exists, !) and field selectors (=, ==, !=).
#include "select.h"

#include <stdlib.h>
#include <string.h>

#include "status.h"

// ---- words of a label selector -------------------------------------------------------------

struct lexer {
    const char *at;
    char *word; // the present token: a name, or one of , ( ) ! = == != and "" at the end
};

static bool is_special(char c)
{
    return c && strchr("=!(),><", c) != NULL;
}

static void advance(struct lexer *l)
{
    free(l->word);
    l->at += strspn(l->at, " \t\r\n");
    size_t len = 0;
    if (is_special(*l->at))
        len = (*l->at == '=' || *l->at == '!') && l->at[1] == '=' ? 2 : 1;
    else
        while (l->at[len] && !is_special(l->at[len]) && !strchr(" \t\r\n", l->at[len]))
            len++;
    l->word = mock__copy(l->at, len);
    l->at += len;
}

static bool is(const struct lexer *l, const char *word)
{
    return mock__same(l->word, word);
}

static bool is_name(const struct lexer *l)
{
    return *l->word && !is_special(*l->word);
}

static json_t *unexpected(const struct lexer *l, const char *expected)
{
    return status_bad_request("unable to parse requirement: found '%s', expected: %s", l->word,
                              expected);
}

static void add_value(struct requirement *r, const char *value)
{
    r->values = mock__grow(r->values, (r->count + 1) * sizeof *r->values);
    r->values[r->count++] = mock__copy_string(value);
}

// A value may be empty: what follows "=" is then a comma or the end.
static json_t *parse_value(struct lexer *l, struct requirement *r)
{
    if (!is_name(l) && !is(l, ",") && !is(l, "") && !is(l, ")"))
        return unexpected(l, "identifier");
    add_value(r, is_name(l) ? l->word : "");
    if (is_name(l))
        advance(l);
    return NULL;
}

static json_t *parse_set(struct lexer *l, struct requirement *r)
{
    if (!is(l, "("))
        return unexpected(l, "'('");
    do {
        advance(l);
        json_t *refusal = parse_value(l, r);
        if (refusal)
            return refusal;
    } while (is(l, ","));
    if (!is(l, ")"))
        return unexpected(l, "',' or ')'");
    advance(l);
    return NULL;
}

static json_t *parse_requirement(struct lexer *l, struct requirement *r)
{
    bool absent = is(l, "!");
    if (absent)
        advance(l);
    if (!is_name(l))
        return unexpected(l, "identifier");
    r->key = mock__copy_string(l->word);
    advance(l);
    r->op = absent ? SELECT_ABSENT : SELECT_EXISTS;
    if (absent || is(l, ",") || is(l, ""))
        return NULL;
    bool set = is(l, "in") || is(l, "notin");
    if (!set && !is(l, "=") && !is(l, "==") && !is(l, "!="))
        return unexpected(l, "in, notin, =, ==, !=, gt, lt");
    r->op = is(l, "notin") || is(l, "!=") ? SELECT_NOT_IN : SELECT_IN;
    advance(l);
    return set ? parse_set(l, r) : parse_value(l, r);
}

static struct requirement *add_requirement(struct selector *s)
{
    s->all = mock__grow(s->all, (s->count + 1) * sizeof *s->all);
    s->all[s->count] = (struct requirement){0};
    return &s->all[s->count++];
}

json_t *select_parse_labels(struct selector *s, const char *text)
{
    *s = (struct selector){0};
    struct lexer l = {.at = text};
    json_t *refusal = NULL;
    advance(&l);
    while (*l.word && !refusal) {
        refusal = parse_requirement(&l, add_requirement(s));
        if (refusal || is(&l, ""))
            break;
        if (!is(&l, ","))
            refusal = unexpected(&l, "',' or 'end of string'");
        advance(&l);
        if (!refusal && is(&l, ""))
            refusal = unexpected(&l, "identifier after ','");
    }
    free(l.word);
    if (refusal)
        select_free(s);
    return refusal;
}

// ---- fields --------------------------------------------------------------------------------

// The length of a term up to a comma that no backslash hides.
static size_t term_len(const char *at)
{
    size_t len = 0;
    while (at[len] && at[len] != ',')
        len += at[len] == '\\' && at[len + 1] ? 2 : 1;
    return len;
}

static char *unescaped(const char *bytes, size_t len)
{
    struct text t = {0};
    text_string(&t, "");
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '\\' && i + 1 < len)
            i++;
        text_add(&t, bytes + i, 1);
    }
    return t.bytes;
}

static json_t *parse_term(struct requirement *r, const char *term, size_t len)
{
    size_t i = 0;
    while (i < len && term[i] != '=' && !(term[i] == '!' && i + 1 < len && term[i + 1] == '='))
        i++;
    if (i == len) {
        char *copy = mock__copy(term, len);
        json_t *refusal =
            status_bad_request("invalid selector: '%s'; can't understand '%s'", copy, copy);
        free(copy);
        return refusal;
    }
    size_t op = term[i] == '!' || (i + 1 < len && term[i + 1] == '=') ? 2 : 1;
    r->op = term[i] == '!' ? SELECT_NOT_IN : SELECT_IN;
    r->key = mock__copy(term, i);
    char *value = unescaped(term + i + op, len - i - op);
    add_value(r, value);
    free(value);
    return NULL;
}

json_t *select_parse_fields(struct selector *s, const char *text, const struct kind *kind)
{
    *s = (struct selector){0};
    json_t *refusal = NULL;
    while (*text && !refusal) {
        size_t len = term_len(text);
        if (len) {
            struct requirement *r = add_requirement(s);
            refusal = parse_term(r, text, len);
            if (!refusal && !kind_has_field(kind, r->key))
                refusal = status_bad_request("field label not supported: %s", r->key);
        }
        text += len + (text[len] == ',');
    }
    if (refusal)
        select_free(s);
    return refusal;
}

// ---- matching ------------------------------------------------------------------------------

static bool holds(const struct requirement *r, const char *value)
{
    if (!value)
        return r->op == SELECT_NOT_IN || r->op == SELECT_ABSENT;
    bool found = false;
    for (size_t i = 0; i < r->count; i++)
        found = found || mock__same(r->values[i], value);
    switch (r->op) {
    case SELECT_IN:
        return found;
    case SELECT_NOT_IN:
        return !found;
    default:
        return r->op == SELECT_EXISTS;
    }
}

bool select_matches_labels(const struct selector *s, const struct revision *state)
{
    for (size_t i = 0; i < s->count; i++)
        if (!holds(&s->all[i], json_string_value(json_object_get(state->labels, s->all[i].key))))
            return false;
    return true;
}

static const char *field_value(const struct revision *state, const char *key)
{
    if (mock__same(key, "metadata.name"))
        return state->name;
    if (mock__same(key, "metadata.namespace"))
        return state->namespace;
    return json_string_value(json_object_get(state->fields, key));
}

bool select_matches_fields(const struct selector *s, const struct revision *state)
{
    for (size_t i = 0; i < s->count; i++)
        if (!holds(&s->all[i], field_value(state, s->all[i].key)))
            return false;
    return true;
}

void select_free(struct selector *s)
{
    for (size_t i = 0; i < s->count; i++) {
        for (size_t v = 0; v < s->all[i].count; v++)
            free(s->all[i].values[v]);
        free(s->all[i].values);
        free(s->all[i].key);
    }
    free(s->all);
    *s = (struct selector){0};
}
