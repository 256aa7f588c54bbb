// SPDX-License-Identifier: Apache-2.0
// text.c - what the sieve keeps or compares, checked in full: texts, numbers, true, false, null.
//
// A text is either copied as it stands (s->copy), or it is a key that is being compared with the
// rows, which its bytes go to with escapes undone. A key that no row has any more is skipped or, in
// an object of which everything is kept, copied from there on: what had matched so far is in the
// rows' paths.
#include "base/hex.h"
#include "json/run.h"
#include "json/sieve_priv.h"
#include "json/utf8.h"

#include <string.h>

// How many bytes from `p` on are plain: ASCII, no control character, quote or backslash.
static size_t plain_run(kedge__bytes p, size_t len)
{
    size_t n = 0;
    for (; len - n >= sizeof(kedge__word); n += sizeof(kedge__word)) {
        kedge__word w = kedge__word_load(p + n);
        kedge__word marks = kedge__word_equal(w, '"') | kedge__word_equal(w, '\\') |
                            kedge__word_below(w, 0x20) | (w & KEDGE__HIGHS);
        if (marks != 0)
            return n + kedge__word_first(marks);
    }
    while (n < len && p[n] >= 0x20 && p[n] < 0x80 && p[n] != '"' && p[n] != '\\')
        n++;
    return n;
}

// Writes the key's beginning, which was held back as long as rows were possible.
static void release_key(struct kedge_sieve *s, uint64_t rows)
{
    const struct kedge_sieve_frame *f = kedge__sieve_top(s);
    kedge__sieve_comma(s);
    kedge__sieve_put(s, "\"", 1);
    if (s->key_len > 0)
        kedge__sieve_put_escaped(s, kedge__sieve_path(&s->roots[f->root], rows) + f->prefix,
                                 s->key_len);
    s->key_out = true;
    s->copy = true;
}

// Takes bytes of a key, escapes undone, to the rows.
static void compare(struct kedge_sieve *s, const char *bytes, size_t len)
{
    const struct kedge_sieve_frame *f = kedge__sieve_top(s);
    uint64_t rows = s->match;
    // No path has a NUL inside a key, where it would look like the key's end.
    s->match = bytes[0] == '\0' ? 0
                                : kedge__sieve_filter(&s->roots[f->root], rows,
                                                      (size_t)f->prefix + s->key_len, bytes, len);
    if (s->match != 0) {
        s->key_len = (uint16_t)(s->key_len + len);
        return;
    }
    if (f->flags & FRAME_ALL) {
        release_key(s, rows);
        kedge__sieve_put_escaped(s, bytes, len);
    } else {
        s->state = SKIP_TEXT;
    }
    s->key_len = 0;
}

void kedge__sieve_key(struct kedge_sieve *s)
{
    s->state = TEXT;
    s->is_key = true;
    s->copy = s->keep;
    if (s->keep) {
        kedge__sieve_put(s, "\"", 1);
        return;
    }
    const struct kedge_sieve_frame *f = kedge__sieve_top(s);
    s->match = f->rows;
    s->key_len = 0;
    s->key_out = false;
    // Where everything is kept, a frame has rows: without any, the object would be kept as a whole.
    if (s->match == 0)
        s->state = SKIP_TEXT;
}

static void key_end(struct kedge_sieve *s)
{
    s->state = COLON;
    if (s->keep || s->match == 0)
        return;
    const struct kedge_sieve_frame *f = kedge__sieve_top(s);
    uint64_t rows = s->match;
    s->match = kedge__sieve_filter(&s->roots[f->root], rows, (size_t)f->prefix + s->key_len, "", 1);
    if (s->match == 0 && (f->flags & FRAME_ALL))
        release_key(s, rows);
}

void kedge__sieve_text_end(struct kedge_sieve *s)
{
    if (s->is_key)
        key_end(s);
    if (s->copy)
        kedge__sieve_put(s, "\"", 1);
    s->copy = false;
    if (s->is_key)
        return;
    if (s->slot >= 0)
        kedge__sieve_identity_end(s);
    kedge__sieve_value_end(s);
}

// Takes bytes of the text as they stand.
static void take(struct kedge_sieve *s, kedge__bytes p, size_t len)
{
    if (s->copy)
        kedge__sieve_put(s, p, len);
    else
        compare(s, (const char *)p, len);
}

// A byte of a character that has several.
static kedge__bytes utf8_byte(struct kedge_sieve *s, kedge__bytes p)
{
    struct kedge__utf8 u = {s->need, s->low, s->top};
    if (!(s->state == UTF8 ? kedge__utf8_next(&u, *p) : kedge__utf8_first(&u, *p)))
        return kedge__sieve_fail(s, p, "a text is not UTF-8");
    s->need = u.need;
    s->low = u.low;
    s->top = u.top;
    s->state = u.need > 0 ? UTF8 : TEXT;
    take(s, p, 1);
    return p + 1;
}

kedge__bytes kedge__sieve_text(struct kedge_sieve *s, kedge__bytes p, kedge__bytes end)
{
    size_t run = plain_run(p, (size_t)(end - p));
    if (run > 0)
        take(s, p, run);
    p += run;
    if (p == end || s->state != TEXT)
        return p;
    if (*p >= 0x80)
        return utf8_byte(s, p);
    if (*p == '"') {
        kedge__sieve_text_end(s);
        return p + 1;
    }
    if (*p != '\\')
        return kedge__sieve_fail(s, p, "a control character in a text");
    s->state = ESCAPE;
    return p + 1;
}

// An escape is whole: a key takes its character to the rows. (A copied text has it already.)
static void escape_end(struct kedge_sieve *s, uint32_t c)
{
    char bytes[4] = {0};
    s->state = TEXT;
    s->high = 0;
    if (!s->copy)
        compare(s, bytes, kedge__utf8_encode(c, bytes));
}

static void copy_escape(struct kedge_sieve *s, unsigned char c)
{
    char both[2] = {'\\', (char)c};
    if (s->copy)
        kedge__sieve_put(s, both, 2);
}

static kedge__bytes escape(struct kedge_sieve *s, kedge__bytes p)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    if (*p == 'u') {
        s->state = HEX;
        s->digits = 0;
        s->unit = 0;
        copy_escape(s, *p);
        return p + 1;
    }
    const char *at = memchr(letters, *p, sizeof letters - 1);
    if (at == NULL)
        return kedge__sieve_fail(s, p, "an escape that JSON does not have");
    copy_escape(s, *p);
    escape_end(s, (unsigned char)meanings[at - letters]);
    return p + 1;
}

// The four digits are there: a character, or half a surrogate pair.
static bool unit_end(struct kedge_sieve *s)
{
    bool is_low = s->unit >= 0xdc00 && s->unit < 0xe000;
    if (is_low != (s->high != 0))
        return false;
    if (s->unit >= 0xd800 && s->unit < 0xdc00) {
        s->high = s->unit;
        s->state = LOW_ESCAPE;
    } else {
        escape_end(s, is_low ? 0x10000 + ((s->high - 0xd800) << 10) + (s->unit - 0xdc00) : s->unit);
    }
    return true;
}

static kedge__bytes hex(struct kedge_sieve *s, kedge__bytes p)
{
    int value = kedge__hex((char)*p);
    if (value < 0)
        return kedge__sieve_fail(s, p, "four hexadecimal digits were expected behind \\u");
    if (s->copy)
        kedge__sieve_put(s, p, 1);
    s->unit = s->unit << 4 | (unsigned)value;
    if (++s->digits == 4 && !unit_end(s))
        return kedge__sieve_fail(s, p, "half a surrogate pair in a text");
    return p + 1;
}

// After a high surrogate only the low one can come.
static kedge__bytes low_surrogate(struct kedge_sieve *s, kedge__bytes p)
{
    if (*p != (s->state == LOW_ESCAPE ? '\\' : 'u'))
        return kedge__sieve_fail(s, p, "half a surrogate pair in a text");
    if (s->state == LOW_ESCAPE) {
        s->state = LOW_U;
        return p + 1;
    }
    return escape(s, p);
}

kedge__bytes kedge__sieve_text_byte(struct kedge_sieve *s, kedge__bytes p)
{
    switch (s->state) {
    case UTF8:
        return utf8_byte(s, p);
    case ESCAPE:
        return escape(s, p);
    case HEX:
        return hex(s, p);
    default:
        return low_surrogate(s, p);
    }
}

// A number is
//
//            0 ------------+-------------------+-------------+
//     [-] <                +-- . -- 0..9 +... -+-- e [+-] 0..9 +...
//            1..9 0..9... -+
enum { SIGN, ZERO, WHOLE, POINT, FRACTION, E, E_SIGN, EXPONENT, NO_NUMBER };

static int number_digit(int state, unsigned char c)
{
    static const unsigned char next[] = {
        [SIGN] = WHOLE,        [ZERO] = NO_NUMBER, [WHOLE] = WHOLE,     [POINT] = FRACTION,
        [FRACTION] = FRACTION, [E] = EXPONENT,     [E_SIGN] = EXPONENT, [EXPONENT] = EXPONENT};
    return state == SIGN && c == '0' ? ZERO : next[state];
}

static int number_next(int state, unsigned char c)
{
    bool whole = state == ZERO || state == WHOLE;
    if (c >= '0' && c <= '9')
        return number_digit(state, c);
    if (c == '.' && whole)
        return POINT;
    if ((c | 0x20) == 'e' && (whole || state == FRACTION))
        return E;
    return (c == '+' || c == '-') && state == E ? E_SIGN : NO_NUMBER;
}

static bool of_number(unsigned char c)
{
    return (c >= '0' && c <= '9') || c == '.' || (c | 0x20) == 'e' || c == '+' || c == '-';
}

kedge__bytes kedge__sieve_number(struct kedge_sieve *s, kedge__bytes p, kedge__bytes end)
{
    kedge__bytes begin = p;
    int state = s->number;
    for (; p < end && of_number(*p); p++) {
        state = number_next(state, *p);
        if (state == NO_NUMBER)
            return kedge__sieve_fail(s, p, "a number that JSON does not have");
    }
    s->number = (uint8_t)state;
    if (s->copy)
        kedge__sieve_put(s, begin, (size_t)(p - begin));
    if (p == end)
        return p;
    if (state != ZERO && state != WHOLE && state != FRACTION && state != EXPONENT)
        return kedge__sieve_fail(s, p, "a number that JSON does not have");
    s->copy = false;
    kedge__sieve_value_end(s);
    return p;
}

kedge__bytes kedge__sieve_word(struct kedge_sieve *s, kedge__bytes p)
{
    if (*p != (unsigned char)*s->word)
        return kedge__sieve_fail(s, p, "a word that is not true, false or null");
    s->word++;
    if (*s->word == '\0') {
        s->copy = false;
        kedge__sieve_value_end(s);
    }
    return p + 1;
}

static kedge__bytes word(struct kedge_sieve *s, kedge__bytes p, const char *text)
{
    s->word = text + 1;
    s->state = WORD;
    if (s->copy)
        kedge__sieve_put(s, text, strlen(text));
    return p + 1;
}

kedge__bytes kedge__sieve_scalar(struct kedge_sieve *s, kedge__bytes p)
{
    switch (*p) {
    case '"':
        s->state = s->copy ? TEXT : SKIP_TEXT;
        s->is_key = false;
        if (s->copy)
            kedge__sieve_put(s, "\"", 1);
        return p + 1;
    case 't':
        return word(s, p, "true");
    case 'f':
        return word(s, p, "false");
    case 'n':
        return word(s, p, "null");
    default:
        break;
    }
    bool minus = *p == '-';
    if (!minus && (*p < '0' || *p > '9'))
        return kedge__sieve_fail(s, p, "a value was expected");
    s->state = NUMBER;
    s->number = SIGN;
    if (minus && s->copy)
        kedge__sieve_put(s, "-", 1);
    return minus ? p + 1 : p;
}
