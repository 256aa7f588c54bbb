// SPDX-License-Identifier: Apache-2.0
// reader.c - any bytes through the reader: every answer lies inside the text, every walk ends, and
// of what jansson accepts the reader gives the same values.
#include <stdlib.h>

#include "kedge/reader.h"
#include "sieve_jansson.h"

#include "fuzz.h"

static kedge_str text;

static void is_inside(kedge_str part)
{
    PROMISE(part.len == 0 || (part.ptr >= text.ptr && part.ptr + part.len <= text.ptr + text.len));
}

// A text's bytes, by asking for the length first; what is written stays within it.
static size_t bytes_of(kedge_json_value v, char **bytes, bool key)
{
    size_t len = key ? kedge_json_key(v, NULL, 0) : kedge_json_text(v, NULL, 0);
    *bytes = malloc(len + 2);
    PROMISE(*bytes != NULL && len <= text.len);
    memset(*bytes, 0x5a, len + 2);
    PROMISE((key ? kedge_json_key(v, *bytes, len) : kedge_json_text(v, *bytes, len)) == len);
    PROMISE((*bytes)[len] == 0x5a);
    char half[16];
    size_t cap = len < sizeof half ? len / 2 : sizeof half;
    PROMISE((key ? kedge_json_key(v, half, cap) : kedge_json_text(v, half, cap)) == len);
    PROMISE(memcmp(half, *bytes, cap) == 0);
    return len;
}

static void every_call(kedge_json_value v, size_t *steps)
{
    char *bytes;
    int64_t n = 0x5a5a;
    bool truth = false;
    is_inside(kedge_json_raw(v));
    is_inside(kedge_json_raw_key(v));
    size_t len = bytes_of(v, &bytes, false);
    bool is_text = kedge_json_type(v) == KEDGE_JSON_TEXT;
    PROMISE(kedge_json_text_is(v, (kedge_str){bytes, len}) == is_text);
    free(bytes);
    len = bytes_of(v, &bytes, true);
    PROMISE(len == 0 || kedge_json_key_is(v, (kedge_str){bytes, len}));
    free(bytes);
    if (!kedge_json_int64(v, &n))
        PROMISE(n == 0x5a5a);
    PROMISE(kedge_json_bool(v, &truth) == (kedge_json_type(v) == KEDGE_JSON_BOOL));
    size_t count = 0;
    // The fuzzer reads what it is compared with, so it does write this key after a while.
    static const char rare[] = "a key that no text has at first";
    bool has_rare = false;
    for (kedge_json_value i = kedge_json_first(v); i.at >= 0; i = kedge_json_next(i), count++) {
        PROMISE(++*steps <= text.len + 1);
        has_rare = has_rare || kedge_json_key_is(i, kedge_str_of(rare));
    }
    PROMISE(count == kedge_json_count(v));
    PROMISE((kedge_json_type(kedge_json_get(v, rare)) != KEDGE_JSON_ABSENT) == has_rare);
}

// Every value of the document, without recursion: text may nest deeply.
static void walk(const struct kedge_json *doc)
{
    size_t steps = 0;
    for (int at = 0; at < doc->count; at++)
        every_call((kedge_json_value){doc, at}, &steps);
}

static bool same(kedge_json_value v, json_t *json);

// A double may have lost a fraction, or digits: a number without either must be read.
static bool same_number(kedge_json_value v, double number)
{
    int64_t n;
    kedge_str raw = kedge_json_raw(v);
    bool is_plain = raw.len <= 18;
    for (size_t i = 0; i < raw.len; i++)
        is_plain = is_plain && strchr(".eE", raw.ptr[i]) == NULL;
    return kedge_json_int64(v, &n) ? (double)n == number : !is_plain;
}

static bool same_members(kedge_json_value v, json_t *json)
{
    size_t i = 0;
    json_t *element;
    const char *key;
    kedge_json_value at = kedge_json_first(v);
    if (json_is_array(json)) {
        bool good = kedge_json_count(v) == json_array_size(json);
        for (; good && at.at >= 0; at = kedge_json_next(at))
            good = same(at, json_array_get(json, i++));
        return good;
    }
    // jansson has each key once.
    if (kedge_json_count(v) < json_object_size(json))
        return false;
    json_object_foreach(json, key, element)
    {
        if (!same(kedge_json_get(v, key), element))
            return false;
    }
    return true;
}

static bool same(kedge_json_value v, json_t *json)
{
    bool truth;
    switch (json_typeof(json)) {
    case JSON_NULL:
        return kedge_json_type(v) == KEDGE_JSON_NULL;
    case JSON_TRUE:
    case JSON_FALSE:
        return kedge_json_bool(v, &truth) && truth == json_is_true(json);
    case JSON_INTEGER:
    case JSON_REAL:
        return kedge_json_type(v) == KEDGE_JSON_NUMBER && same_number(v, json_number_value(json));
    case JSON_STRING:
        return kedge_json_text_is(v,
                                  (kedge_str){json_string_value(json), json_string_length(json)});
    case JSON_ARRAY:
        return kedge_json_type(v) == KEDGE_JSON_ARRAY && same_members(v, json);
    case JSON_OBJECT:
        return kedge_json_type(v) == KEDGE_JSON_OBJECT && same_members(v, json);
    }
    return false;
}

// Tokens in a block of exactly so many.
static kedge_err parse(struct kedge_json *doc, struct kedge_json_token **tokens, size_t cap)
{
    *tokens = malloc((cap > 0 ? cap : 1) * sizeof **tokens);
    PROMISE(*tokens != NULL);
    return kedge_json_parse(doc, text.ptr, text.len, *tokens, cap);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fuzz_input in;
    struct kedge_json doc;
    struct kedge_json_token *tokens;
    bool limit;
    if (!fuzz_open(&in, bytes, len) || in.data.len > 8192)
        return 0;
    text = in.data;
    kedge_err err = parse(&doc, &tokens, text.len + 1);
    PROMISE(err == KEDGE_OK || err == KEDGE_ERR_JSON);
    size_t count = (size_t)doc.count;
    PROMISE((count > 0) == (err == KEDGE_OK));
    PROMISE((kedge_json_root(&doc).at >= 0) == (err == KEDGE_OK));
    walk(&doc);
    json_t *json = strict_load(text, &limit);
    if (json != NULL)
        PROMISE(err == KEDGE_OK && same(kedge_json_root(&doc), json) && count <= text.len / 2 + 1);
    json_decref(json);
    free(tokens);
    if (count > 0) {
        PROMISE(parse(&doc, &tokens, count - 1) == KEDGE_ERR_FULL && doc.count == 0);
        free(tokens);
    }
    return 0;
}
