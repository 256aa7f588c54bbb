// SPDX-License-Identifier: Apache-2.0
// skip.c - what nobody wants: most of what a server sends, so this is the loop that must be fast.
//
// Only the structure is looked at: texts end, brackets match. Inside a text, a word at a time,
// until a quote or a backslash; outside, until a quote or a bracket.
#include "json/run.h"
#include "json/sieve_priv.h"

// The first quote or backslash from `p` on, or `end`.
static inline kedge__bytes quote(kedge__bytes p, kedge__bytes end)
{
    while ((size_t)(end - p) >= sizeof(kedge__word)) {
        kedge__word w = kedge__word_load(p);
        kedge__word marks = kedge__word_equal(w, '"') | kedge__word_equal(w, '\\');
        if (marks != 0)
            return p + kedge__word_first(marks);
        p += sizeof(kedge__word);
    }
    while (p < end && *p != '"' && *p != '\\')
        p++;
    return p;
}

// Goes on in a text, up to behind its closing quote. The state is left at SKIP_TEXT or SKIP_ESCAPE
// where the bytes end first.
static inline kedge__bytes skip_text(struct kedge_sieve *s, kedge__bytes p, kedge__bytes end)
{
    while (p < end) {
        p = quote(p, end);
        if (p == end)
            break;
        if (*p++ == '"') {
            s->state = SKIP;
            return p;
        }
        if (p == end) {
            s->state = SKIP_ESCAPE;
            return p;
        }
        p++;
    }
    s->state = SKIP_TEXT;
    return p;
}

// '{' and '[', as '}' and ']', differ in one bit, which no other byte of interest shares.
static inline bool opens(unsigned char c)
{
    return (c | 0x20) == '{';
}

static inline bool closes(unsigned char c)
{
    return (c | 0x20) == '}';
}

// Up to behind the next quote, or behind the bracket that ends the container.
static inline kedge__bytes skip_outside(struct kedge_sieve *s, kedge__bytes p, kedge__bytes end)
{
    for (; p < end; p++) {
        if (*p == '"') {
            s->state = SKIP_TEXT;
            return p + 1;
        }
        if (opens(*p) && !kedge__sieve_nest(s, *p))
            return p;
        if (!closes(*p))
            continue;
        if (!kedge__sieve_unnest(s, *p))
            return p;
        if (s->depth <= s->base) {
            kedge__sieve_value_end(s);
            return p + 1;
        }
    }
    return p;
}

static kedge__bytes skip_container(struct kedge_sieve *s, kedge__bytes p, kedge__bytes end)
{
    while (p < end && s->err == KEDGE_OK) {
        p = s->state == SKIP ? skip_outside(s, p, end) : skip_text(s, p, end);
        if (s->state != SKIP && s->state != SKIP_TEXT)
            return p;
    }
    return p;
}

kedge__bytes kedge__sieve_skip(struct kedge_sieve *s, kedge__bytes p, kedge__bytes end)
{
    if (s->state == SKIP_ESCAPE) {
        s->state = SKIP_TEXT;
        p++;
    }
    if (s->within)
        return skip_container(s, p, end);
    p = skip_text(s, p, end);
    if (s->state == SKIP)
        kedge__sieve_text_end(s);
    return p;
}
