// SPDX-License-Identifier: Apache-2.0
// line.c - see line.h. Invariant: len < cap and buf[len] == 0.
#include "base/line.h"

#include "base/divide.h"

void kedge__line_init(struct kedge__line *l, char *buf, size_t cap)
{
    l->buf = buf;
    l->cap = cap;
    l->len = 0;
    l->cut = false;
    buf[0] = '\0';
}

void kedge__line_str(struct kedge__line *l, kedge_str s)
{
    size_t room = l->cap - 1 - l->len;
    size_t n = s.len < room ? s.len : room;
    if (n < s.len)
        l->cut = true;
    if (n > 0)
        memcpy(l->buf + l->len, s.ptr, n);
    l->len += n;
    l->buf[l->len] = '\0';
}

void kedge__line_text(struct kedge__line *l, const char *text)
{
    kedge__line_str(l, kedge_str_of(text));
}

void kedge__line_byte(struct kedge__line *l, char c)
{
    kedge__line_str(l, (kedge_str){&c, 1});
}

void kedge__line_number(struct kedge__line *l, uint64_t n)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + kedge__divide(&n, 10));
    } while (n > 0);
    kedge__line_str(l, (kedge_str){digits + at, sizeof digits - at});
}

void kedge__line_int(struct kedge__line *l, int64_t n)
{
    if (n < 0)
        kedge__line_byte(l, '-');
    // The negative of INT64_MIN does not fit int64_t; as unsigned it does.
    kedge__line_number(l, n < 0 ? ~(uint64_t)n + 1 : (uint64_t)n);
}

void kedge__line_printable(struct kedge__line *l, kedge_str s, size_t max)
{
    size_t n = s.len < max ? s.len : max;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        kedge__line_byte(l, c >= 0x20 && c < 0x7f ? (char)c : '?');
    }
    if (n < s.len)
        kedge__line_text(l, "...");
}

void kedge__line_foreign(struct kedge__line *l, const char *text)
{
    kedge__line_printable(l, kedge_str_of(text), SIZE_MAX);
}
