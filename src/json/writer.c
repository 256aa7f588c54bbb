// SPDX-License-Identifier: Apache-2.0
// writer.c - see writer.h. While err is OK and nothing was left out, what is in the buffer is the
// beginning of a JSON value, of which `depth` containers are open.
#include "kedge/writer.h"

#include "base/divide.h"
#include "json/utf8.h"

#include <string.h>

static void refuse(struct kedge_writer *w)
{
    if (w->err == KEDGE_OK)
        w->err = KEDGE_ERR_ARGUMENT;
}

// Once something has not fitted, nothing behind it is written, only counted.
static void put(struct kedge_writer *w, const char *bytes, size_t len)
{
    if (w->full || len > w->cap - w->len)
        w->full = true;
    else if (len > 0)
        memcpy(w->buf + w->len, bytes, len);
    w->len += len;
}

static bool in_object(const struct kedge_writer *w)
{
    return w->depth > 0 && (w->objects >> (w->depth - 1) & 1) != 0;
}

// Writes the comma before a value or key. False: it may not stand here.
static bool begin(struct kedge_writer *w, bool is_key)
{
    bool fits = is_key ? in_object(w) && !w->key : !in_object(w) || w->key;
    if (!fits || (w->depth == 0 && w->some))
        refuse(w);
    if (w->err != KEDGE_OK)
        return false;
    if (w->some && !w->key)
        put(w, ",", 1);
    w->some = true;
    w->key = false;
    return true;
}

static void begin_container(struct kedge_writer *w, bool object)
{
    if (w->depth == KEDGE_WRITER_DEPTH)
        refuse(w);
    if (!begin(w, false))
        return;
    uint64_t bit = (uint64_t)1 << w->depth;
    w->objects = object ? w->objects | bit : w->objects & ~bit;
    w->depth++;
    w->some = false;
    put(w, object ? "{" : "[", 1);
}

static void end_container(struct kedge_writer *w, bool object)
{
    if (w->depth == 0 || in_object(w) != object || w->key)
        refuse(w);
    if (w->err != KEDGE_OK)
        return;
    w->depth--;
    w->some = true;
    put(w, object ? "}" : "]", 1);
}

static bool is_utf8(kedge_str s)
{
    struct kedge__utf8 u = {0, 0, 0};
    bool ok = true;
    for (size_t i = 0; i < s.len && ok; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (u.need > 0)
            ok = kedge__utf8_next(&u, c);
        else if (c >= 0x80)
            ok = kedge__utf8_first(&u, c);
    }
    return ok && u.need == 0;
}

static void put_escape(struct kedge_writer *w, unsigned char c)
{
    static const char digits[] = "0123456789abcdef";
    static const char meanings[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    const char *at = memchr(meanings, c, sizeof meanings - 1);
    char coded[6] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
    if (at != NULL)
        coded[1] = letters[at - meanings];
    put(w, coded, at != NULL ? 2 : sizeof coded);
}

static size_t plain_len(kedge_str s)
{
    size_t n = 0;
    while (n < s.len && (unsigned char)s.ptr[n] >= 0x20 && s.ptr[n] != '"' && s.ptr[n] != '\\')
        n++;
    return n;
}

static void put_text(struct kedge_writer *w, kedge_str s)
{
    put(w, "\"", 1);
    while (s.len > 0) {
        size_t plain = plain_len(s);
        put(w, s.ptr, plain);
        s.ptr += plain;
        s.len -= plain;
        if (s.len == 0)
            break;
        put_escape(w, (unsigned char)s.ptr[0]);
        s.ptr++;
        s.len--;
    }
    put(w, "\"", 1);
}

static void put_value(struct kedge_writer *w, kedge_str json)
{
    if (begin(w, false))
        put(w, json.ptr, json.len);
}

void kedge_writer_init(struct kedge_writer *w, char *buf, size_t cap)
{
    memset(w, 0, sizeof *w);
    w->buf = buf;
    w->cap = buf != NULL ? cap : 0;
}

void kedge_writer_begin_object(struct kedge_writer *w)
{
    begin_container(w, true);
}

void kedge_writer_end_object(struct kedge_writer *w)
{
    end_container(w, true);
}

void kedge_writer_begin_array(struct kedge_writer *w)
{
    begin_container(w, false);
}

void kedge_writer_end_array(struct kedge_writer *w)
{
    end_container(w, false);
}

void kedge_writer_key(struct kedge_writer *w, const char *key)
{
    kedge_writer_key_str(w, kedge_str_of(key));
}

void kedge_writer_key_str(struct kedge_writer *w, kedge_str key)
{
    if (!is_utf8(key))
        refuse(w);
    if (!begin(w, true))
        return;
    put_text(w, key);
    put(w, ":", 1);
    w->key = true;
}

void kedge_writer_text(struct kedge_writer *w, const char *text)
{
    kedge_writer_text_str(w, kedge_str_of(text));
}

void kedge_writer_text_str(struct kedge_writer *w, kedge_str text)
{
    if (!is_utf8(text))
        refuse(w);
    if (begin(w, false))
        put_text(w, text);
}

void kedge_writer_int64(struct kedge_writer *w, int64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    // The negative of INT64_MIN does not fit int64_t; as unsigned it does.
    uint64_t left = value < 0 ? ~(uint64_t)value + 1 : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + kedge__divide(&left, 10));
    } while (left > 0);
    if (value < 0)
        digits[--at] = '-';
    put_value(w, (kedge_str){digits + at, sizeof digits - at});
}

void kedge_writer_bool(struct kedge_writer *w, bool value)
{
    put_value(w, value ? KEDGE_STR("true") : KEDGE_STR("false"));
}

void kedge_writer_null(struct kedge_writer *w)
{
    put_value(w, KEDGE_STR("null"));
}

void kedge_writer_raw(struct kedge_writer *w, kedge_str json)
{
    if (json.len == 0)
        refuse(w);
    put_value(w, json);
}

char *kedge_writer_room(struct kedge_writer *w, size_t len)
{
    if (len == 0)
        refuse(w);
    if (!begin(w, false))
        return NULL;
    size_t at = w->len;
    w->full = w->full || len > w->cap - at;
    w->len += len;
    return w->full ? NULL : w->buf + at;
}

kedge_err kedge_writer_error(const struct kedge_writer *w)
{
    return w->err == KEDGE_OK && w->full ? KEDGE_ERR_TOO_LONG : w->err;
}

kedge_err kedge_writer_finish(const struct kedge_writer *w, kedge_str *out)
{
    kedge_str nothing = {NULL, 0};
    bool whole = w->err == KEDGE_OK && w->depth == 0 && w->some;
    *out = nothing;
    if (!whole)
        return KEDGE_ERR_ARGUMENT;
    out->len = w->len;
    if (w->full)
        return KEDGE_ERR_TOO_LONG;
    out->ptr = w->buf;
    return KEDGE_OK;
}
