// SPDX-License-Identifier: Apache-2.0
// compact.c - one token after the other; what may come next is the whole state.
#include "json/compact.h"

#include "json/number.h"
#include "json/utf8.h"

enum expect {
    VALUE,
    VALUE_OR_END, // an array has begun
    KEY_OR_END,   // an object has begun
    KEY,
    COLON,
    COMMA_OR_END,
    NOTHING // the value is whole
};

struct state {
    enum expect expect;
    uint64_t objects; // a bit a level: an object is open there, not an array
    unsigned depth;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool in_object(const struct state *s)
{
    return (s->objects >> (s->depth - 1) & 1) != 0;
}

static void value_ended(struct state *s)
{
    s->expect = s->depth > 0 ? COMMA_OR_END : NOTHING;
}

static bool open_container(struct state *s, bool object)
{
    if (s->depth == KEDGE__COMPACT_DEPTH)
        return false;
    uint64_t bit = (uint64_t)1 << s->depth;
    s->objects = object ? s->objects | bit : s->objects & ~bit;
    s->depth++;
    s->expect = object ? KEY_OR_END : VALUE_OR_END;
    return true;
}

static bool close_container(struct state *s, bool object)
{
    if (s->depth == 0 || in_object(s) != object || s->expect == KEY || s->expect == VALUE ||
        s->expect == COLON)
        return false;
    s->depth--;
    value_ended(s);
    return true;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// The bytes of an escape at the beginning of `in`; 0: it is none.
static size_t escape_len(kedge_str in)
{
    if (in.len < 2 || in.ptr[1] == '\0')
        return 0;
    if (in.ptr[1] != 'u')
        return strchr("\"\\/bfnrt", in.ptr[1]) != NULL ? 2 : 0;
    size_t n = 2;
    while (n < 6 && n < in.len && is_hex(in.ptr[n]))
        n++;
    return n == 6 ? 6 : 0;
}

static size_t character_len(kedge_str in)
{
    struct kedge__utf8 u = {0, 0, 0};
    unsigned char c = (unsigned char)in.ptr[0];
    size_t n = 1;
    if (c < 0x80)
        return c >= 0x20 ? 1 : 0;
    bool ok = kedge__utf8_first(&u, c);
    for (; ok && u.need > 0 && n < in.len; n++)
        ok = kedge__utf8_next(&u, (unsigned char)in.ptr[n]);
    return ok && u.need == 0 ? n : 0;
}

// The bytes of the text at the beginning of `in`, with its quotes; 0: it is none.
static size_t text_len(kedge_str in)
{
    size_t at = 1;
    while (at < in.len && in.ptr[at] != '"') {
        kedge_str rest = {in.ptr + at, in.len - at};
        size_t n = in.ptr[at] == '\\' ? escape_len(rest) : character_len(rest);
        if (n == 0)
            return 0;
        at += n;
    }
    return at < in.len ? at + 1 : 0;
}

// The bytes of the number or word at the beginning of `in`; 0: it is none.
static size_t word_len(kedge_str in)
{
    kedge_str word = {in.ptr, 0};
    while (word.len < in.len && !is_space(in.ptr[word.len]) && in.ptr[word.len] != '\0' &&
           strchr(",:{}[]\"", in.ptr[word.len]) == NULL)
        word.len++;
    bool known = kedge_str_is(word, "true") || kedge_str_is(word, "false") ||
                 kedge_str_is(word, "null") || kedge__number_is(word);
    return known ? word.len : 0;
}

static bool wants_value(const struct state *s)
{
    return s->expect == VALUE || s->expect == VALUE_OR_END;
}

static size_t take_text(struct state *s, kedge_str in)
{
    bool key = s->expect == KEY || s->expect == KEY_OR_END;
    if (!key && !wants_value(s))
        return 0;
    if (key)
        s->expect = COLON;
    else
        value_ended(s);
    return text_len(in);
}

static size_t take_comma(struct state *s)
{
    if (s->expect != COMMA_OR_END)
        return 0;
    s->expect = in_object(s) ? KEY : VALUE;
    return 1;
}

static size_t take_colon(struct state *s)
{
    if (s->expect != COLON)
        return 0;
    s->expect = VALUE;
    return 1;
}

// The bytes of the token at the beginning of `in`; 0: it may not stand here.
static size_t take(struct state *s, kedge_str in)
{
    char c = in.ptr[0];
    switch (c) {
    case '{':
    case '[':
        return wants_value(s) && open_container(s, c == '{') ? 1 : 0;
    case '}':
    case ']':
        return close_container(s, c == '}') ? 1 : 0;
    case ',':
        return take_comma(s);
    case ':':
        return take_colon(s);
    case '"':
        return take_text(s, in);
    default:
        break;
    }
    if (!wants_value(s))
        return 0;
    value_ended(s);
    return word_len(in);
}

kedge_err kedge__json_compact(kedge_str in, char *out, size_t *len)
{
    struct state s = {VALUE, 0, 0};
    size_t written = 0;
    *len = 0;
    while (in.len > 0) {
        bool space = is_space(in.ptr[0]);
        size_t n = space ? 1 : take(&s, in);
        if (n == 0)
            return KEDGE_ERR_JSON;
        if (!space && out != NULL)
            memcpy(out + written, in.ptr, n);
        written += space ? 0 : n;
        in.ptr += n;
        in.len -= n;
    }
    if (s.expect != NOTHING)
        return KEDGE_ERR_JSON;
    *len = written;
    return KEDGE_OK;
}
