// SPDX-License-Identifier: Apache-2.0
// field_selector.c - any text as a field selector, and any text as a value. An error has its place
// and reason and matches nothing; the canonical text of a selector is one too, is its own canonical
// text and matches the same fields; a value comes back from its escapes; a selector that is made of
// a field and a value matches that value alone.
#include <stdlib.h>

#include "kedge/field_selector.h"

#include "fuzz.h"

enum { FIELDS = 4 };

// A block of exactly that text and its NUL, to be freed.
static char *block(kedge_str s)
{
    char *text = malloc(s.len + 1);
    PROMISE(text != NULL);
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    return text;
}

// What every field has, or only the one that is asked for.
struct fields {
    kedge_str value;
    const char *only; // NULL: all
};

static kedge_str value_of(void *ctx, kedge_str field)
{
    const struct fields *f = ctx;
    kedge_str none = {NULL, 0};
    return f->only == NULL || kedge_str_is(field, f->only) ? f->value : none;
}

// Values that selectors of this text may ask for: none, and stretches of it.
static kedge_str nth_value(kedge_str text, size_t n)
{
    kedge_str s = {NULL, 0};
    if (n == 0 || text.len < n)
        return s;
    const char *sign = memchr(text.ptr, '=', text.len);
    size_t from = sign != NULL ? (size_t)(sign - text.ptr) + 1 : 0;
    s.ptr = text.ptr + from;
    s.len = (text.len - from) / n;
    return s;
}

static bool matches(const struct kedge_field_selector *s, kedge_str value, const char *only)
{
    struct fields f = {value, only};
    return kedge_field_selector_matches(s, value_of, &f);
}

static void is_error(const struct kedge_field_selector *s, kedge_err err, kedge_str text)
{
    PROMISE(err == KEDGE_ERR_ARGUMENT && s->nothing);
    PROMISE(s->problem != NULL && s->problem[0] != '\0' && s->error_at < text.len);
    PROMISE(!kedge_field_selector_is_empty(s));
    for (size_t i = 0; i < FIELDS; i++)
        PROMISE(!matches(s, nth_value(text, i), NULL));
}

static bool as_it_is(void *ctx, kedge_str field, kedge_str *name)
{
    (void)ctx;
    (void)field;
    (void)name; // has the field
    return true;
}

static bool drop(void *ctx, kedge_str field, kedge_str *name)
{
    (void)ctx;
    (void)field;
    (void)name;
    return false;
}

static void is_transformed(const struct kedge_field_selector *s, kedge_str text)
{
    struct kedge_field_selector out;
    char *buf = malloc(text.len + 1);
    PROMISE(buf != NULL);
    PROMISE(kedge_field_selector_transform(s, as_it_is, NULL, buf, text.len + 1, &out) == KEDGE_OK);
    for (size_t i = 0; i < FIELDS; i++)
        PROMISE(matches(s, nth_value(text, i), NULL) == matches(&out, nth_value(text, i), NULL));
    PROMISE(kedge_field_selector_transform(s, drop, NULL, buf, 1, &out) == KEDGE_OK);
    PROMISE(kedge_field_selector_is_empty(&out));
    free(buf);
}

static void is_required(const struct kedge_field_selector *s, kedge_str text)
{
    char *value = malloc(text.len + 1);
    size_t len;
    PROMISE(value != NULL);
    kedge_err err = kedge_field_selector_requires(s, "a", value, text.len + 1, &len);
    PROMISE(err == KEDGE_OK || err == KEDGE_ERR_NOT_FOUND);
    if (err == KEDGE_OK) {
        PROMISE(len < text.len && value[len] == '\0');
        // No other value will do.
        PROMISE(!matches(s, (kedge_str){value, len > 0 ? len - 1 : 0}, NULL) || len == 0);
        if (len > 0)
            PROMISE(kedge_field_selector_requires(s, "a", value, len, NULL) == KEDGE_ERR_FULL);
    }
    free(value);
}

static void is_selector(const struct kedge_field_selector *s, kedge_str text)
{
    struct kedge_field_selector again;
    size_t need, same;
    char *canonical = malloc(text.len + 1);
    char *twice = malloc(text.len + 1);
    PROMISE(canonical != NULL && twice != NULL && s->problem == NULL && !s->nothing);
    PROMISE(kedge_field_selector_text(s, canonical, text.len + 1, &need) == KEDGE_OK);
    PROMISE(need <= text.len && strlen(canonical) == need);
    PROMISE((need == 0) == kedge_field_selector_is_empty(s));
    PROMISE(kedge_field_selector_parse(&again, canonical) == KEDGE_OK);
    PROMISE(kedge_field_selector_text(&again, twice, need + 1, &same) == KEDGE_OK);
    PROMISE(same == need);
    if (need > 0)
        PROMISE(kedge_field_selector_text(s, twice, need, &same) == KEDGE_ERR_FULL && same < need);
    for (size_t i = 0; i < FIELDS; i++) {
        kedge_str value = nth_value(text, i);
        PROMISE(matches(s, value, NULL) == matches(&again, value, NULL));
        PROMISE(matches(s, value, "a") == matches(&again, value, "a"));
        PROMISE(need > 0 || matches(s, value, NULL));
    }
    is_required(s, text);
    is_transformed(s, text);
    free(canonical);
    free(twice);
}

// Any bytes, there and back.
static void is_escaped(kedge_str value)
{
    size_t cap = 2 * value.len + 1, len, back;
    char *escaped = malloc(cap), *plain = malloc(value.len + 1);
    PROMISE(escaped != NULL && plain != NULL);
    PROMISE(kedge_field_escape(value, escaped, cap, &len) == KEDGE_OK && len >= value.len);
    kedge_str text = {escaped, len};
    PROMISE(kedge_field_unescape(text, plain, value.len + 1, &back) == KEDGE_OK);
    PROMISE(back == value.len && memcmp(plain, value.ptr, back) == 0);
    // What is not escaped is refused with its place, or is escaped as it stands.
    kedge_err err = kedge_field_unescape(value, plain, value.len + 1, &back);
    PROMISE(err == KEDGE_OK || (err == KEDGE_ERR_ARGUMENT && back < value.len));
    if (err == KEDGE_OK) {
        PROMISE(kedge_field_escape((kedge_str){plain, back}, escaped, value.len + 1, &len) ==
                KEDGE_OK);
        PROMISE(len == value.len && memcmp(escaped, value.ptr, len) == 0);
    }
    free(escaped);
    free(plain);
}

static void is_made(const char *field, bool equal, kedge_str value)
{
    struct kedge_field_selector s, again;
    size_t cap = strlen(field) + 2 + 2 * value.len + 1;
    char *buf = malloc(cap);
    PROMISE(buf != NULL);
    kedge_err err = kedge_field_selector_one(&s, field, equal, value, buf, cap);
    PROMISE(err == KEDGE_OK || (err == KEDGE_ERR_ARGUMENT && s.nothing && s.problem != NULL));
    if (err == KEDGE_OK) {
        PROMISE(strlen(buf) == s.text.len && s.text.ptr == buf);
        PROMISE(kedge_field_selector_parse(&again, buf) == KEDGE_OK);
        // A term of no field and no value says nothing: it is passed over.
        bool said = field[0] != '\0' || value.len > 0;
        bool expected = equal || !said;
        PROMISE(matches(&s, value, field) == expected && matches(&again, value, field) == expected);
        kedge_str other = {"is not there", 12};
        PROMISE(kedge_str_eq(other, value) || matches(&again, other, field) == (!said || !equal));
    }
    free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fuzz_input in;
    struct kedge_field_selector s;
    if (!fuzz_open(&in, bytes, len) || in.data.len > 4096)
        return 0;
    bool equal = fuzz_choose(&in, 2) == 0;
    char *text = block(in.data);
    kedge_str whole = kedge_str_of(text);
    memset(&s, 0x5a, sizeof s);
    kedge_err err = kedge_field_selector_parse(&s, text);
    if (err == KEDGE_OK)
        is_selector(&s, whole);
    else
        is_error(&s, err, whole);
    is_escaped(in.data);
    kedge_str value = in.data, name = fuzz_line(&value);
    char *field = block(name);
    is_made(field, equal, value);
    free(field);
    free(text);
    return 0;
}
