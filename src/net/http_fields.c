// SPDX-License-Identifier: Apache-2.0
// http_fields.c - the meaning of the nine headers that matter; all others pass unseen.
#include "net/http_fields.h"

#include <string.h>

#include "net/fold.h"

bool kedge__http_is_token(char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
        return true;
    return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

bool kedge__http_is_text(char c)
{
    unsigned char u = (unsigned char)c;
    return u == '\t' || (u >= 0x20 && u != 0x7f);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

// Without the blanks at its end; those before it were never taken.
static kedge_str trimmed(kedge_str s)
{
    while (s.len > 0 && is_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

// True if `word` stands at `at`, and behind it, perhaps after blanks, `mark` or the end.
static bool word_at(kedge_str s, size_t at, const char *word, char mark)
{
    if (!kedge__fold_at(s, at, word))
        return false;
    at += strlen(word);
    while (at < s.len && is_space(s.ptr[at]))
        at++;
    return at >= s.len || s.ptr[at] == mark;
}

// True if `word` is one of those that commas part.
static bool has_word(kedge_str list, const char *word)
{
    for (size_t at = 0; at < list.len; at++) {
        while (at < list.len && is_space(list.ptr[at]))
            at++;
        if (word_at(list, at, word, ','))
            return true;
        while (at < list.len && list.ptr[at] != ',')
            at++;
    }
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// A decimal number of digits only; above INT64_MAX, it is just any such number. False if it is
// none.
static bool number(kedge_str s, uint64_t *out)
{
    uint64_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (!is_digit(s.ptr[i]))
            return false;
        n = n <= INT64_MAX / 10 ? n * 10 + (unsigned)(s.ptr[i] - '0') : UINT64_MAX;
    }
    *out = n;
    return s.len > 0;
}

bool kedge__http_field_seen(const struct kedge_http_response *r, enum kedge__http_field field)
{
    return (r->seen >> field & 1) != 0;
}

static const char *take_connection(struct kedge_http_response *r, kedge_str value)
{
    r->close = r->close || has_word(value, "close");
    r->persist = r->persist || has_word(value, "keep-alive");
    return NULL;
}

static const char *take_encoding(struct kedge_http_response *r, kedge_str value)
{
    if (value.len > 0 && !kedge__fold_is(value, "identity"))
        r->encoded = true;
    return NULL;
}

// RFC 9112 6.3: lengths that differ are an attempt to make two readers disagree. Equal ones are
// one.
static const char *take_length(struct kedge_http_response *r, kedge_str value)
{
    uint64_t length;
    if (!number(value, &length) || length > INT64_MAX)
        return "Content-Length is not a number of at most 63 bits";
    if (r->has_length && length != r->content_length)
        return "two Content-Lengths that differ";
    r->has_length = true;
    r->content_length = length;
    return NULL;
}

// Media types. Places are offsets into the whole value, and every byte is asked for by `byte_at`,
// so that nothing can be read behind it.

struct span {
    size_t begin, end;
};

// A NUL, which no value holds, behind its end.
static char byte_at(kedge_str s, size_t at)
{
    return at < s.len ? s.ptr[at] : '\0';
}

static size_t behind_spaces(kedge_str s, size_t at)
{
    while (is_space(byte_at(s, at)))
        at++;
    return at;
}

static size_t behind_token(kedge_str s, size_t at)
{
    while (kedge__http_is_token(byte_at(s, at)))
        at++;
    return at;
}

// True if what stands there is `word`, with its case.
static bool is_word(kedge_str s, struct span x, const char *word)
{
    for (; *word != '\0'; word++, x.begin++) {
        if (byte_at(s, x.begin) != *word)
            return false;
    }
    return x.begin == x.end;
}

// Takes a token, or what stands in quotes, as it is written, from *at on. False: there is neither.
static bool take_value(kedge_str s, size_t *at, struct span *value)
{
    bool quoted = byte_at(s, *at) == '"';
    size_t end = quoted ? *at + 1 : behind_token(s, *at);
    value->begin = quoted ? end : *at;
    while (quoted && end < s.len && s.ptr[end] != '"')
        end += s.ptr[end] == '\\' ? 2 : 1;
    value->end = end;
    *at = quoted ? end + 1 : end;
    return quoted ? end < s.len : end > value->begin;
}

// The parameters from `at` on, `; name = value` each; there may be a last semicolon. False:
// malformed, or one of ours twice. *ours: a bit for each that is as aggregated discovery has it.
static bool take_parameters(kedge_str s, size_t at, unsigned *ours)
{
    static const char *const names[] = {"g", "v", "as"};
    static const char *const values[] = {"apidiscovery.k8s.io", "v2", "APIGroupDiscoveryList"};
    unsigned seen = 0;
    while (byte_at(s, at) == ';') {
        struct span name, value;
        name.begin = behind_spaces(s, at + 1);
        name.end = behind_token(s, name.begin);
        if (name.begin == s.len)
            return true;
        at = behind_spaces(s, name.end);
        if (name.end == name.begin || byte_at(s, at) != '=')
            return false;
        at = behind_spaces(s, at + 1);
        if (!take_value(s, &at, &value))
            return false;
        at = behind_spaces(s, at);
        for (unsigned i = 0; i < 3; i++) {
            if (!kedge__fold_at(s, name.begin, names[i]) ||
                name.end - name.begin != strlen(names[i]))
                continue;
            if ((seen >> i & 1u) != 0)
                return false;
            seen |= 1u << i;
            *ours |= is_word(s, value, values[i]) ? 1u << i : 0;
        }
    }
    return at == s.len;
}

// RFC 9110 8.3.1. A type without a slash is none that we know, but Go takes it for a media type.
void kedge__http_read_type(struct kedge_http_response *r, kedge_str value)
{
    if (value.len == 0)
        return;
    size_t end = behind_token(value, 0);
    bool malformed = end == 0;
    if (byte_at(value, end) == '/') {
        size_t subtype = end + 1;
        end = behind_token(value, subtype);
        malformed = malformed || end == subtype;
    }
    unsigned ours = 0;
    r->content = KEDGE_CONTENT_OTHER;
    if (malformed || !take_parameters(value, behind_spaces(value, end), &ours))
        r->content = KEDGE_CONTENT_MALFORMED;
    else if (word_at(value, 0, "application/json", ';'))
        r->content = KEDGE_CONTENT_JSON;
    else if (kedge__fold_at(value, 0, "text/"))
        r->content = KEDGE_CONTENT_TEXT;
    r->aggregated = r->content == KEDGE_CONTENT_JSON && ours == 7;
}

static const char *take_type(struct kedge_http_response *r, kedge_str value)
{
    if (r->read_type != NULL)
        r->read_type(r, value);
    return NULL;
}

// The three letters' place in the list of three-letter months, or 0.
static int month_of(const char *letters)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (size_t i = 0; i < 12; i++) {
        if (memcmp(names + 3 * i, letters, 3) == 0)
            return (int)i + 1;
    }
    return 0;
}

// RFC 9110 5.6.7: three forms of one date, which whoever reads has to know. '9' is a digit, '?' one
// or a blank, '_' any character.
struct date_form {
    char pattern[32];
    size_t len;
    size_t day, month, year, time; // where they stand
};

static const struct date_form imf_fixdate = {"___, 99 ___ 9999 99:99:99 GMT", 29, 5, 8, 12, 17};
// Without its weekday, which is written out, and a comma.
static const struct date_form rfc850_date = {"99-___-99 99:99:99 GMT", 22, 0, 3, 7, 10};
static const struct date_form asctime_date = {"___ ___ ?9 99:99:99 9999", 24, 8, 4, 20, 11};

#define WEEKDAY_LEAST 8  // bytes of "Monday, "
#define WEEKDAY_MOST  11 // of "Wednesday, "

static bool fits(char pattern, char c)
{
    bool is_digit = c >= '0' && c <= '9';
    switch (pattern) {
    case '_':
        return true;
    case '9':
        return is_digit;
    case '?':
        return is_digit || c == ' ';
    default:
        return c == pattern;
    }
}

static bool has_form(kedge_str s, const struct date_form *form)
{
    if (s.len != form->len)
        return false;
    for (size_t i = 0; i < form->len; i++) {
        if (!fits(form->pattern[i], s.ptr[i]))
            return false;
    }
    return true;
}

// The date behind "Sunday, ", or nothing.
static kedge_str behind_weekday(kedge_str s)
{
    size_t len = rfc850_date.len;
    size_t before = s.len > len ? s.len - len : 0;
    if (before < WEEKDAY_LEAST || before > WEEKDAY_MOST ||
        memcmp(s.ptr + before - 5, "day, ", 5) != 0)
        return (kedge_str){s.ptr, 0};
    return (kedge_str){s.ptr + before, len};
}

// A year of two digits is up to 50 years from now on, or else was. Now is 2026, when this was
// written: who needs the date has no other to go by. So 76 is 2076, and 77 was.
static const char *century_of(const char *digits)
{
    return memcmp(digits, "77", 2) < 0 ? "20" : "19";
}

// Reads it as what it is in RFC 3339: "1994-11-06T08:49:37Z". 0 if it is no date.
static kedge_timestamp read_date(kedge_str s, const struct date_form *form)
{
    char text[] = "yyyy-mm-ddThh:mm:ssZ";
    kedge_timestamp t;
    int month = month_of(s.ptr + form->month);
    bool leap_second = memcmp(s.ptr + form->time + 6, "60", 2) == 0;
    if (form == &rfc850_date) {
        memcpy(text, century_of(s.ptr + form->year), 2);
        memcpy(text + 2, s.ptr + form->year, 2);
    } else {
        memcpy(text, s.ptr + form->year, 4);
    }
    text[5] = (char)('0' + month / 10);
    text[6] = (char)('0' + month % 10);
    memcpy(text + 8, s.ptr + form->day, 2);
    if (text[8] == ' ')
        text[8] = '0';
    memcpy(text + 11, s.ptr + form->time, 8);
    if (leap_second)
        memcpy(text + 17, "59", 2);
    if (!kedge_timestamp_parse((kedge_str){text, sizeof text - 1}, &t))
        return 0;
    return leap_second ? t + 1000000 : t;
}

static kedge_timestamp date_of(kedge_str s)
{
    if (has_form(s, &imf_fixdate))
        return read_date(s, &imf_fixdate);
    if (has_form(s, &asctime_date))
        return read_date(s, &asctime_date);
    kedge_str behind = behind_weekday(s);
    return has_form(behind, &rfc850_date) ? read_date(behind, &rfc850_date) : 0;
}

static const char *take_date(struct kedge_http_response *r, kedge_str value)
{
    r->date = date_of(value);
    return NULL;
}

static const char *take_location(struct kedge_http_response *r, kedge_str value)
{
    size_t len = value.len < sizeof r->location - 1 ? value.len : sizeof r->location - 1;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        r->location[i] = c >= 0x20 && c < 0x7f ? (char)c : '?';
    }
    r->location[len] = '\0';
    return NULL;
}

// A number too large to hold is a very long wait, not none.
static const char *take_retry_after(struct kedge_http_response *r, kedge_str value)
{
    uint64_t seconds;
    if (number(value, &seconds))
        r->retry_after = (int32_t)(seconds < INT32_MAX ? seconds : INT32_MAX);
    return NULL;
}

static const char *take_transfer_encoding(struct kedge_http_response *r, kedge_str value)
{
    if (r->chunked)
        return "two Transfer-Encodings";
    if (!kedge__fold_is(value, "chunked"))
        return "a Transfer-Encoding other than chunked";
    r->chunked = true;
    return NULL;
}

struct field {
    const char *name; // in lower case
    // NULL: nothing is
    const char *(*take)(struct kedge_http_response *r, kedge_str value);
    bool repeats; // more than the first one counts
};

// In the order of the enum.
static const struct field fields[] = {
    {"", NULL, false},
    {"connection", take_connection, true},
    {"content-encoding", take_encoding, true},
    {"content-length", take_length, true},
    {"content-type", take_type, false},
    {"date", take_date, false},
    {"location", take_location, false},
    {"retry-after", take_retry_after, false},
    {"transfer-encoding", take_transfer_encoding, true},
    {"warning", NULL, true},
};

enum kedge__http_field kedge__http_field_of(kedge_str name)
{
    for (size_t i = 1; i < sizeof fields / sizeof fields[0]; i++) {
        if (kedge__fold_is(name, fields[i].name))
            return (enum kedge__http_field)i;
    }
    return KEDGE__HTTP_UNWANTED;
}

const char *kedge__http_field_take(struct kedge_http_response *r, enum kedge__http_field field,
                                   kedge_str value)
{
    bool again = kedge__http_field_seen(r, field);
    r->seen |= (uint16_t)(1u << field);
    if (fields[field].take == NULL || (again && !fields[field].repeats))
        return NULL;
    return fields[field].take(r, trimmed(value));
}

const char *kedge__http_fields_check(const struct kedge_http_response *r)
{
    if (r->chunked && r->has_length)
        return "both Transfer-Encoding and Content-Length";
    // RFC 9112 6.1: whoever speaks HTTP/1.0 cannot know chunks, so somebody else added the header.
    if (r->chunked && r->old)
        return "Transfer-Encoding in an HTTP/1.0 response";
    return NULL;
}
