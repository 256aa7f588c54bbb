// SPDX-License-Identifier: Apache-2.0
// text.c - growing text, JSON as Go prints it, and the small encodings of an API server.
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *mock__grow(void *old, size_t size)
{
    void *block = realloc(old, size ? size : 1);
    if (!block) {
        fputs("mock: out of memory\n", stderr);
        abort();
    }
    return block;
}

void *mock__alloc(size_t size)
{
    return memset(mock__grow(NULL, size), 0, size);
}

char *mock__copy(const char *bytes, size_t len)
{
    char *copy = mock__grow(NULL, len + 1);
    if (len)
        memcpy(copy, bytes, len);
    copy[len] = 0;
    return copy;
}

char *mock__copy_string(const char *string)
{
    return string ? mock__copy(string, strlen(string)) : NULL;
}

bool mock__same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

bool mock__has_word(const char *words, const char *word)
{
    size_t len = strlen(word);
    while (*words) {
        size_t n = strcspn(words, " ");
        if (n == len && memcmp(words, word, len) == 0)
            return true;
        words += n + strspn(words + n, " ");
    }
    return false;
}

// The room always has a NUL behind it, so t->bytes is a string wherever it holds text.
static void make_room(struct text *t, size_t len)
{
    if (t->at && t->at == t->len)
        t->at = t->len = 0;
    if (t->at > t->cap / 2) {
        memmove(t->bytes, t->bytes + t->at, t->len - t->at);
        t->len -= t->at;
        t->at = 0;
    }
    if (t->len + len + 1 <= t->cap)
        return;
    size_t cap = t->cap ? t->cap * 2 : 256;
    while (cap < t->len + len + 1)
        cap *= 2;
    t->bytes = mock__grow(t->bytes, cap);
    t->cap = cap;
}

void text_add(struct text *t, const void *bytes, size_t len)
{
    make_room(t, len);
    if (len)
        memcpy(t->bytes + t->len, bytes, len);
    t->len += len;
    t->bytes[t->len] = 0;
}

void text_string(struct text *t, const char *string)
{
    text_add(t, string, strlen(string));
}

void text_format(struct text *t, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len >= 0) {
        make_room(t, (size_t)len);
        vsnprintf(t->bytes + t->len, (size_t)len + 1, format, again);
        t->len += (size_t)len;
    }
    va_end(again);
}

size_t text_left(const struct text *t)
{
    return t->len - t->at;
}

void text_drop(struct text *t, size_t len)
{
    t->at += len < text_left(t) ? len : text_left(t);
}

size_t text_take(struct text *t, void *buffer, size_t cap)
{
    size_t len = text_left(t) < cap ? text_left(t) : cap;
    if (len)
        memcpy(buffer, t->bytes + t->at, len);
    t->at += len;
    return len;
}

void text_free(struct text *t)
{
    free(t->bytes);
    *t = (struct text){0};
}

static int add_escaped(const char *bytes, size_t len, void *text)
{
    struct text *t = text;
    size_t from = 0;
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != '<' && bytes[i] != '>' && bytes[i] != '&')
            continue;
        text_add(t, bytes + from, i - from);
        text_format(t, "\\u%04x", (unsigned)bytes[i]);
        from = i + 1;
    }
    text_add(t, bytes + from, len - from);
    return 0;
}

void text_json(struct text *t, const json_t *value, int how)
{
    size_t flags = JSON_ENCODE_ANY;
    flags |= how & TEXT_PRETTY ? JSON_INDENT(2) : JSON_COMPACT;
    if (how & TEXT_SORTED)
        flags |= JSON_SORT_KEYS;
    json_dump_callback(value, add_escaped, t, flags);
}

json_t *mock__parse(const char *bytes, size_t len, json_error_t *error)
{
    return json_loadb(bytes, len, JSON_ALLOW_NUL, error);
}

void text_base64(struct text *t, const void *bytes, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = bytes;
    for (size_t i = 0; i < len; i += 3) {
        unsigned long word = (unsigned long)in[i] << 16;
        word |= i + 1 < len ? (unsigned long)in[i + 1] << 8 : 0;
        word |= i + 2 < len ? (unsigned long)in[i + 2] : 0;
        char out[4] = {digits[word >> 18], digits[word >> 12 & 63],
                       i + 1 < len ? digits[word >> 6 & 63] : '=',
                       i + 2 < len ? digits[word & 63] : '='};
        text_add(t, out, 4);
    }
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

bool mock__base64_decode(struct text *out, const char *base64url)
{
    unsigned long word = 0;
    unsigned bits = 0;
    for (; *base64url && *base64url != '='; base64url++) {
        int digit = base64_digit(*base64url);
        if (digit < 0)
            return false;
        word = (word << 6 | (unsigned long)digit) & 0xffffffUL;
        bits += 6;
        if (bits < 8)
            continue;
        bits -= 8;
        char byte = (char)(word >> bits & 255);
        text_add(out, &byte, 1);
    }
    return true;
}

// Days since 1970-01-01 to a date (proleptic Gregorian calendar, years from 1970).
static void date_of(int64_t days, int *year, int *month, int *day)
{
    int64_t z = days + 719468;
    int64_t era = z / 146097, of_era = z - era * 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
    int64_t shifted = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int)(y + era * 400 + (*month <= 2));
}

void text_time(struct text *t, int64_t unix_ms)
{
    int year, month, day;
    int64_t s = unix_ms / 1000;
    date_of(s / 86400, &year, &month, &day);
    text_format(t, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, day, (int)(s / 3600 % 24),
                (int)(s / 60 % 60), (int)(s % 60));
}

void text_http_date(struct text *t, int64_t unix_ms)
{
    static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int year, month, day;
    int64_t s = unix_ms / 1000;
    date_of(s / 86400, &year, &month, &day);
    text_format(t, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[s / 86400 % 7], day,
                months[month - 1], year, (int)(s / 3600 % 24), (int)(s / 60 % 60), (int)(s % 60));
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void text_percent_decoded(struct text *t, const char *bytes, size_t len, bool plus_is_blank)
{
    for (size_t i = 0; i < len; i++) {
        char c = bytes[i];
        if (c == '+' && plus_is_blank)
            c = ' ';
        if (c == '%' && i + 2 < len && hex_digit(bytes[i + 1]) >= 0 &&
            hex_digit(bytes[i + 2]) >= 0) {
            c = (char)(hex_digit(bytes[i + 1]) * 16 + hex_digit(bytes[i + 2]));
            i += 2;
        }
        text_add(t, &c, 1);
    }
}

json_t *mock__path(const json_t *object, const char *path)
{
    char key[64];
    for (;;) {
        size_t len = strcspn(path, ".");
        if (len >= sizeof key)
            return NULL;
        memcpy(key, path, len);
        key[len] = 0;
        json_t *value = json_object_get(object, key);
        if (!path[len] || !value)
            return value;
        object = value;
        path += len + 1;
    }
}

const char *mock__path_string(const json_t *object, const char *path)
{
    const char *string = json_string_value(mock__path(object, path));
    return string ? string : "";
}

// splitmix64: any state is a good one.
uint64_t mock__random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

void text_uuid(struct text *t, uint64_t *random)
{
    uint64_t a = mock__random(random), b = mock__random(random);
    text_format(t, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32),
                (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff),
                (unsigned)(b >> 48 & 0x3fff) | 0x8000u, (unsigned long long)(b & 0xffffffffffffu));
}
