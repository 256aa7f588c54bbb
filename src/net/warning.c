// SPDX-License-Identifier: Apache-2.0
// warning.c - takes Warning headers apart, where they stand.
//
//     299 - "text \"quoted\" =?utf-8?Q?caf=C3=A9?=" "date", 299 ...
//            ------ unescaped, then words decoded    skipped
//
// What is written is never longer than what has been read, so it is written over it. Whether that
// holds, and whether all words can be decoded, a dry run finds out before the first byte changes.
#include "kedge/warning.h"

#include "base/base64.h"
#include "base/hex.h"
#include "net/fold.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static size_t behind_spaces(const char *s, size_t len, size_t at)
{
    while (at < len && is_space(s[at]))
        at++;
    return at;
}

// The length of a character that begins with this byte; 0 if none does, or a control.
static size_t length_of(unsigned char c)
{
    if (c < 0x80)
        return c >= 0x20 && c != 0x7f ? 1 : 0;
    if (c < 0xc2 || c > 0xf4)
        return 0;
    return c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

// True if `c` may be the second byte behind `first` (RFC 3629): not in a longer form than need be,
// no surrogate, nothing above U+10FFFF. Of U+0080 to U+009F, which are controls, it says no.
static bool goes_on(unsigned char first, unsigned char c)
{
    unsigned char low = first == 0xc2 || first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned char top = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    return c >= low && c <= top;
}

// Bytes of the text, from its first, that are whole characters and no controls.
static size_t clean(const char *s, size_t len)
{
    size_t at = 0;
    while (at < len) {
        size_t n = length_of((unsigned char)s[at]);
        if (n == 0 || n > len - at ||
            (n > 1 && !goes_on((unsigned char)s[at], (unsigned char)s[at + 1])))
            return at;
        for (size_t i = 2; i < n; i++) {
            if (((unsigned char)s[at + i] & 0xc0) != 0x80)
                return at;
        }
        at += n;
    }
    return at;
}

// Encoded words -----------------------------------------------------------------------------------

enum charset { UTF_8, LATIN_1, ASCII, UNKNOWN };

struct word {
    enum charset charset;
    bool base64;
    size_t begin, end; // of what is encoded
};

struct decoding {
    char *s;
    size_t len;
    size_t out; // bytes written, at the front of s
    bool dry;
};

enum found { NO_MORE, NO_WORD, WORD };

static enum charset charset_of(kedge_str name)
{
    if (kedge__fold_is(name, "utf-8"))
        return UTF_8;
    if (kedge__fold_is(name, "iso-8859-1"))
        return LATIN_1;
    return kedge__fold_is(name, "us-ascii") ? ASCII : UNKNOWN;
}

// Where these two bytes stand next, or `len`.
static size_t find_two(const struct decoding *d, size_t at, char a, char b)
{
    for (; at + 1 < d->len; at++) {
        if (d->s[at] == a && d->s[at + 1] == b)
            return at;
    }
    return d->len;
}

// Writes one byte of that character set as UTF-8. False: it would overwrite what is still to be
// read at `read`.
static bool put(struct decoding *d, unsigned char c, enum charset charset, size_t read)
{
    char text[3] = {(char)c, 0, 0};
    size_t n = 1;
    if (c >= 0x80 && charset == LATIN_1) {
        text[0] = (char)(0xc0 | c >> 6);
        text[1] = (char)(0x80 | (c & 0x3f));
        n = 2;
    } else if (c >= 0x80 && charset == ASCII) {
        memcpy(text, "\xef\xbf\xbd", n = 3); // U+FFFD
    }
    if (n > read - d->out)
        return false;
    if (!d->dry)
        memcpy(d->s + d->out, text, n);
    d->out += n;
    return true;
}

// The byte of the Q encoding at *at; -1: there is none.
static int q_byte(const struct decoding *d, size_t *at, size_t end)
{
    char c = d->s[(*at)++];
    if (c == '_')
        return ' ';
    if (c != '=')
        return c == '\t' || (c >= ' ' && c <= '~') ? c : -1;
    if (end - *at < 2)
        return -1;
    int high = kedge__hex(d->s[*at]), low = kedge__hex(d->s[*at + 1]);
    *at += 2;
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

static bool is_q(const struct decoding *d, const struct word *w)
{
    for (size_t at = w->begin; at < w->end;) {
        if (q_byte(d, &at, w->end) < 0)
            return false;
    }
    return true;
}

// There is always room: a byte that becomes more than one was written in three.
static void put_q(struct decoding *d, const struct word *w)
{
    for (size_t at = w->begin; at < w->end;) {
        int c = q_byte(d, &at, w->end);
        (void)put(d, (unsigned char)c, w->charset, at);
    }
}

static bool put_base64(struct decoding *d, const struct word *w)
{
    struct kedge__base64 state = {0};
    for (size_t at = w->begin; at < w->end; at++) {
        unsigned char c;
        if (kedge__base64_push(&state, d->s[at], &c) && !put(d, c, w->charset, at + 1))
            return false;
    }
    return true;
}

// What begins with "=?" at `at`: =?charset?encoding?text?=, or not. Where a part is missing Go
// looks no further; where only the encoding is wrong it goes on behind the "=?".
static enum found word_at(const struct decoding *d, size_t at, struct word *w)
{
    at += 2;
    const char *mark = memchr(d->s + at, '?', d->len - at);
    size_t end = mark != NULL ? (size_t)(mark - d->s) : d->len;
    if (d->len - end < 5 || d->s[end + 2] != '?')
        return NO_MORE;
    w->begin = end + 3;
    w->end = find_two(d, w->begin, '?', '=');
    if (w->end == d->len)
        return NO_MORE;
    w->charset = charset_of((kedge_str){d->s + at, end - at});
    char encoding = d->s[end + 1];
    w->base64 = encoding == 'b' || encoding == 'B';
    if (w->base64) {
        size_t len;
        kedge_str text = {d->s + w->begin, w->end - w->begin};
        return kedge__base64_decode(text, NULL, 0, &len) == KEDGE_OK ? WORD : NO_WORD;
    }
    return (encoding == 'q' || encoding == 'Q') && is_q(d, w) ? WORD : NO_WORD;
}

static void copy(struct decoding *d, size_t from, size_t to)
{
    if (!d->dry)
        memmove(d->s + d->out, d->s + from, to - from);
    d->out += to - from;
}

// False: it cannot be done, or not in this memory.
static bool decode(struct decoding *d)
{
    struct word w;
    size_t from = 0;
    bool behind_word = false;
    for (;;) {
        size_t at = find_two(d, from, '=', '?');
        enum found found = at < d->len ? word_at(d, at, &w) : NO_MORE;
        if (found == NO_MORE)
            break;
        if (found == NO_WORD) {
            copy(d, from, at + 2);
            from = at + 2;
            behind_word = false;
            continue;
        }
        if (w.charset == UNKNOWN)
            return false;
        // Blanks between two words only part them (RFC 2047 6.2).
        if (!behind_word || behind_spaces(d->s, at, from) < at)
            copy(d, from, at);
        if (!w.base64)
            put_q(d, &w);
        else if (!put_base64(d, &w))
            return false;
        from = w.end + 2;
        behind_word = true;
    }
    copy(d, from, d->len);
    return true;
}

// The words of what is there, `len` bytes at `begin`. Gives back how many bytes it has then.
static size_t decode_words(struct kedge_warnings *all, size_t begin, size_t len)
{
    struct decoding d = {all->at + begin, len, 0, true};
    if (!decode(&d))
        return len;
    d.out = 0;
    d.dry = false;
    decode(&d);
    return d.out;
}

// Warnings ----------------------------------------------------------------------------------------

// Undoes the escapes of what begins at *at, behind a quote. *at is then behind the quote that ends
// it. False: there is none.
static bool unquote(char *s, size_t len, size_t *at, kedge_str *text)
{
    char *out = s + *at;
    size_t i = *at;
    *text = (kedge_str){out, 0};
    while (i < len && s[i] != '"') {
        if (s[i] == '\\' && ++i == len)
            break;
        out[text->len++] = s[i++];
    }
    *at = i < len ? i + 1 : len;
    return i < len;
}

// True if the text is clean, or is when the first bytes of a character are taken off its end.
static bool clean_text(kedge_str *text, bool cut)
{
    size_t n = clean(text->ptr, text->len);
    size_t rest = text->len - n;
    if (rest > 0 && !(cut && rest < length_of((unsigned char)text->ptr[n])))
        return false;
    text->len = n;
    return true;
}

// Goes behind a date that may stand at *at, and the comma. False: something else is there, or a
// date without its end where that was not cut off.
static bool skip_date(const char *s, size_t len, size_t *at, bool cut)
{
    *at = behind_spaces(s, len, *at);
    if (*at < len && s[*at] == '"') {
        const char *end = memchr(s + *at + 1, '"', len - *at - 1);
        if (end == NULL) {
            *at = len;
            return cut;
        }
        *at = behind_spaces(s, len, (size_t)(end - s) + 1);
    }
    if (*at < len && s[(*at)++] != ',')
        return false;
    return true;
}

static bool read_code(const char *s, size_t len, int *code)
{
    *code = 0;
    for (size_t i = 0; i < 3; i++) {
        if (i >= len || s[i] < '0' || s[i] > '9')
            return false;
        *code = *code * 10 + (s[i] - '0');
    }
    return len > 3 && s[3] == ' ';
}

static bool read_one(struct kedge_warnings *all, struct kedge_warning *w)
{
    char *s = all->at;
    size_t len = all->left;
    if (!read_code(s, len, &w->code))
        return false;
    const char *space = memchr(s + 4, ' ', len - 4);
    size_t at = space != NULL ? (size_t)(space - s) : len;
    w->agent = (kedge_str){s + 4, at - 4};
    // A blank and a quote must follow.
    if (w->agent.len == 0 || clean(w->agent.ptr, w->agent.len) < w->agent.len || len - at < 2 ||
        s[at + 1] != '"')
        return false;
    at += 2;
    size_t begin = at;
    bool whole = unquote(s, len, &at, &w->text);
    if (!whole && !all->cut)
        return false;
    w->text.len = decode_words(all, begin, w->text.len);
    if (!clean_text(&w->text, !whole) || !skip_date(s, len, &at, all->cut))
        return false;
    all->at = s + at;
    all->left = len - at;
    return true;
}

void kedge_warnings_init(struct kedge_warnings *all, char *value, size_t len, bool cut)
{
    all->at = value;
    all->left = len;
    all->cut = cut;
}

bool kedge_warnings_next(struct kedge_warnings *all, struct kedge_warning *w)
{
    if (all->left == 0)
        return false;
    size_t blanks = behind_spaces(all->at, all->left, 0);
    all->at += blanks;
    all->left -= blanks;
    struct kedge_warning got;
    if (!read_one(all, &got)) {
        all->left = 0;
        return false;
    }
    *w = got;
    return true;
}
