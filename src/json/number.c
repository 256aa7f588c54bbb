// SPDX-License-Identifier: Apache-2.0
// number.c - see number.h. A number is taken apart into digits and a power of ten, so that no
// spelling of a whole number needs a floating point.
#include "json/number.h"

#include <stddef.h>

// A number taken apart: digits * 10^exponent. `digits` does not end in 0, unless it is 0.
struct number {
    uint64_t digits;
    ptrdiff_t exponent; // of 10; no text has so many digits
    ptrdiff_t zeros;    // behind the digits, of which it is not known yet if more digits follow
    bool negative;
    bool too_long; // more digits than uint64_t holds
};

static bool digit_at(kedge_str s, size_t at)
{
    return at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9';
}

static bool one_of(kedge_str s, size_t at, char a, char b)
{
    return at < s.len && (s.ptr[at] == a || s.ptr[at] == b);
}

// Times ten, plus `digit`.
static void add_digit(struct number *n, unsigned digit)
{
    const uint64_t most = UINT64_MAX / 10;
    if (n->digits > most || (n->digits == most && digit > UINT64_MAX % 10))
        n->too_long = true;
    else
        n->digits = n->digits * 10 + digit;
}

// Reads the digits from `at` on; gives back what is behind them. Zeros wait until another digit
// follows them.
static size_t read_digits(struct number *n, kedge_str s, size_t at)
{
    for (; digit_at(s, at); at++) {
        if (s.ptr[at] == '0') {
            n->zeros++;
            continue;
        }
        for (; n->zeros > 0 && n->digits > 0 && !n->too_long; n->zeros--)
            add_digit(n, 0);
        n->zeros = 0;
        add_digit(n, (unsigned)(s.ptr[at] - '0'));
    }
    return at;
}

static size_t read_exponent(struct number *n, kedge_str s, size_t at)
{
    const ptrdiff_t enough = PTRDIFF_MAX / 32; // more than a text has digits
    bool negative = one_of(s, at, '-', '-');
    ptrdiff_t exponent = 0;
    for (at += one_of(s, at, '+', '-') ? 1 : 0; digit_at(s, at); at++)
        exponent = exponent < enough ? exponent * 10 + (s.ptr[at] - '0') : exponent;
    n->exponent += negative ? -exponent : exponent;
    return at;
}

// True if `s` is a number as JSON has them; then *n is it.
static bool read_number(kedge_str s, struct number *n)
{
    struct number read = {0, 0, 0, one_of(s, 0, '-', '-'), false};
    size_t first = read.negative ? 1 : 0;
    size_t at = read_digits(&read, s, first);
    if (at == first || (at > first + 1 && s.ptr[first] == '0'))
        return false;
    if (one_of(s, at, '.', '.')) {
        size_t point = at++;
        at = read_digits(&read, s, at);
        read.exponent = -(ptrdiff_t)(at - point - 1);
    }
    read.exponent += read.zeros;
    if (at > 0 && !digit_at(s, at - 1))
        return false;
    if (one_of(s, at, 'e', 'E'))
        at = read_exponent(&read, s, at + 1);
    *n = read;
    return at == s.len && digit_at(s, at - 1);
}

bool kedge__number_is(kedge_str s)
{
    struct number n;
    return read_number(s, &n);
}

bool kedge__number_int64(kedge_str s, int64_t *out)
{
    struct number n;
    if (!read_number(s, &n) || n.too_long)
        return false;
    if (n.digits != 0 && (n.exponent < 0 || n.exponent > 19))
        return false;
    for (ptrdiff_t i = 0; i < n.exponent && n.digits != 0; i++)
        add_digit(&n, 0);
    if (n.too_long || n.digits > (uint64_t)INT64_MAX + (n.negative ? 1u : 0u))
        return false;
    // The largest negative number has no positive counterpart.
    *out = !n.negative || n.digits == 0 ? (int64_t)n.digits : -(int64_t)(n.digits - 1) - 1;
    return true;
}
