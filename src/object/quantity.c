// SPDX-License-Identifier: Apache-2.0
// quantity.c - exact, in integers: digits times a power of 2 times a power of 10, then thousandths.
//
// The number is held in 192 bits: 30 digits (100 bits) times Ei (60 bits) times 1000 (10 bits) fit.
// Digits beyond the 30th only say that the number is a little greater, which rounding asks for.
#include "kedge/quantity.h"

#include "object/project.h"

enum { LIMBS = 6, DIGITS = 30, EXPONENT_MAX = 1000000 };

struct big {
    uint32_t limb[LIMBS]; // the lowest first
    bool over;            // it was greater
    bool rest;            // something was lost behind the last digit
};

static void multiply(struct big *b, uint32_t by, uint32_t add)
{
    uint64_t carry = add;
    for (int i = 0; i < LIMBS; i++) {
        carry += (uint64_t)b->limb[i] * by;
        b->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    b->over = b->over || carry != 0;
}

static void divide_by_ten(struct big *b)
{
    uint64_t rest = 0;
    for (int i = LIMBS - 1; i >= 0; i--) {
        rest = rest << 32 | b->limb[i];
        b->limb[i] = (uint32_t)(rest / 10);
        rest %= 10;
    }
    b->rest = b->rest || rest != 0;
}

static bool is_zero(const struct big *b)
{
    uint32_t any = 0;
    for (int i = 0; i < LIMBS; i++)
        any |= b->limb[i];
    return any == 0;
}

struct number {
    struct big digits;
    int32_t taken;    // digits in it, leading zeros left out
    int64_t exponent; // of 10
};

static void take_digit(struct number *n, char c, bool behind_point)
{
    uint32_t digit = (uint32_t)(c - '0');
    if (n->taken == DIGITS) {
        n->digits.rest = n->digits.rest || digit != 0;
        n->exponent += behind_point ? 0 : 1;
        return;
    }
    multiply(&n->digits, 10, digit);
    n->taken += n->taken > 0 || digit != 0 ? 1 : 0;
    n->exponent -= behind_point ? 1 : 0;
}

static size_t take_digits(struct number *n, kedge_str text, size_t at, bool behind_point)
{
    while (at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9')
        take_digit(n, text.ptr[at++], behind_point);
    return at;
}

// "e3", "E-2": true if `suffix` is an exponent. One so great that the result cannot depend on how
// great it is, is cut.
static bool read_exponent(kedge_str suffix, int64_t *exponent)
{
    if (suffix.len < 2 || (suffix.ptr[0] != 'e' && suffix.ptr[0] != 'E'))
        return false;
    bool minus = suffix.ptr[1] == '-';
    size_t at = minus || suffix.ptr[1] == '+' ? 2 : 1;
    if (at == suffix.len)
        return false;
    int64_t n = 0;
    for (; at < suffix.len; at++) {
        if (suffix.ptr[at] < '0' || suffix.ptr[at] > '9')
            return false;
        n = n < EXPONENT_MAX ? n * 10 + (suffix.ptr[at] - '0') : n;
    }
    *exponent = minus ? -n : n;
    return true;
}

// The place of `c` in "KMGTPE" from 1, or 0.
static int thousands(char c)
{
    static const char letters[] = "KMGTPE";
    for (int i = 0; letters[i] != '\0'; i++) {
        if (letters[i] == c)
            return i + 1;
    }
    return 0;
}

// The suffix as a power of 1024 and one of 10; false if it is none.
static bool read_suffix(kedge_str suffix, int *binary, int64_t *decimal)
{
    *binary = 0;
    *decimal = 0;
    if (suffix.len == 0)
        return true;
    char c = suffix.ptr[0];
    if (suffix.len == 2 && suffix.ptr[1] == 'i') {
        *binary = thousands(c);
        return *binary > 0;
    }
    if (suffix.len > 1)
        return read_exponent(suffix, decimal);
    if (c == 'n' || c == 'u' || c == 'm')
        *decimal = c == 'n' ? -9 : (c == 'u' ? -6 : -3);
    else
        *decimal = INT64_C(3) * (c == 'k' ? 1 : (c == 'K' ? 0 : thousands(c)));
    return *decimal != 0;
}

// The absolute value in thousandths, rounded up, or INT64_MAX.
static int64_t thousandths_of(struct number *n, int binary, int64_t decimal)
{
    struct big *b = &n->digits;
    int64_t exponent = n->exponent + decimal + 3;
    if (is_zero(b) && !b->rest)
        return 0;
    for (; binary > 0; binary--)
        multiply(b, 1024, 0);
    for (; exponent > 0 && !b->over; exponent--)
        multiply(b, 10, 0);
    for (; exponent < 0 && !is_zero(b); exponent++)
        divide_by_ten(b);
    if (exponent < 0 || b->rest) {
        b->rest = false;
        multiply(b, 1, 1);
    }
    uint64_t low = (uint64_t)b->limb[1] << 32 | b->limb[0];
    bool high = (b->limb[2] | b->limb[3] | b->limb[4] | b->limb[5]) != 0;
    return b->over || high || low > INT64_MAX ? INT64_MAX : (int64_t)low;
}

bool kedge_quantity_parse(kedge_str text, int64_t *thousandths)
{
    if (text.len == 0)
        return false;
    bool minus = text.ptr[0] == '-';
    size_t at = minus || text.ptr[0] == '+' ? 1 : 0;

    size_t first = at;
    struct number n = {{{0}, false, false}, 0, 0};
    at = take_digits(&n, text, at, false);
    size_t digits = at - first;
    if (at < text.len && text.ptr[at] == '.') {
        size_t end = take_digits(&n, text, at + 1, true);
        digits += end - at - 1;
        at = end;
    }

    int binary;
    int64_t decimal;
    kedge_str suffix = {text.ptr + at, text.len - at};
    if (digits == 0 || !read_suffix(suffix, &binary, &decimal))
        return false;
    int64_t size = thousandths_of(&n, binary, decimal);
    *thousandths = minus ? -size : size;
    return true;
}

int64_t kedge_quantity_units(int64_t thousandths)
{
    return thousandths / 1000 + (thousandths % 1000 > 0 ? 1 : 0);
}
