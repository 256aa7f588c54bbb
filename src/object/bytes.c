// SPDX-License-Identifier: Apache-2.0
// bytes.c - base64 in JSON texts, read as it stands there: no second buffer for what the escapes
// mean, and nothing of it for a program whose kinds have no bytes.
#include "base/base64.h"
#include "object/project_priv.h"

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0;
}

// The next character of a text's JSON, escapes undone; one that base64 has not becomes '?'.
static char next_character(kedge_str *json)
{
    size_t used = 1;
    char c = json->ptr[0];
    if (c == '\\' && json->len >= 2) {
        char what = json->ptr[1];
        used = 2;
        c = what == '/' ? '/' : (what == 'n' ? '\n' : (what == 'r' ? '\r' : '?'));
        if (what == 'u' && json->len >= 6) {
            int code = hex(json->ptr[2]) << 12 | hex(json->ptr[3]) << 8 | hex(json->ptr[4]) << 4 |
                       hex(json->ptr[5]);
            used = 6;
            c = code < 128 ? (char)code : '?';
        }
    }
    json->ptr += used;
    json->len -= used;
    return c;
}

bool kedge__bytes_read(kedge_str json, unsigned char *out, size_t *len)
{
    struct kedge__base64 d = {0, 0, 0, false};
    unsigned char byte;
    *len = 0;
    while (json.len > 0) {
        if (!kedge__base64_push(&d, next_character(&json), &byte))
            continue;
        if (out != NULL)
            out[*len] = byte;
        ++*len;
    }
    return kedge__base64_whole(&d);
}

// The same of a value, which need not be a text.
static bool decode(kedge_json_value v, unsigned char *out, size_t *len)
{
    kedge_str json = kedge_json_raw(v);
    if (kedge_json_type(v) != KEDGE_JSON_TEXT)
        return false;
    json.ptr++; // the quotes
    json.len -= 2;
    return kedge__bytes_read(json, out, len);
}

static bool fits(kedge_json_value v)
{
    size_t len;
    return decode(v, NULL, &len);
}

static bool put(struct kedge__builder *b, size_t member, kedge_json_value v)
{
    size_t len;
    if (!decode(v, NULL, &len))
        return false;
    if (len == 0)
        return true;
    size_t place = kedge__put_long_text(b, member, len);
    if (b->base != NULL)
        decode(v, b->base + place, &len);
    return true;
}

const struct kedge__reader kedge__reader_base64 = {.put = put, .fits = fits};
