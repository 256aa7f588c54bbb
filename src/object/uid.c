// SPDX-License-Identifier: Apache-2.0
// uid.c - uids, to and from 16 bytes.
//
//     | 8 bytes | 1....... | 7 bytes |      a UUID of RFC 9562: its ninth byte begins with a 1 bit
//     | offset | 0s | 00000000 | 0s  |      any other text, as of a struct kedge_text
//
// A uid is an opaque text to the API. One that is no UUID, or is spelt in another way, stays a
// text, so that what is read is what was sent.
#include <string.h>

#include "object/project.h"

enum { BYTES = sizeof(struct kedge_uid), VARIANT = 8 };

static bool is_uuid(const struct kedge_uid *u)
{
    return (u->bytes[VARIANT] & 0x80u) != 0;
}

bool kedge__uid_is_text(const struct kedge_uid *u)
{
    return !is_uuid(u);
}

static bool dash_before(int byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

// The digit's value; -1: it is none, or not in lower case.
static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool kedge__uid_read(kedge_str text, struct kedge_uid *out)
{
    if (text.len != KEDGE__UUID_TEXT)
        return false;
    const char *at = text.ptr;
    for (int i = 0; i < BYTES; i++, at += 2) {
        if (dash_before(i) && *at++ != '-')
            return false;
        int high = digit(at[0]), low = digit(at[1]);
        if (high < 0 || low < 0)
            return false;
        out->bytes[i] = (unsigned char)(high << 4 | low);
    }
    return is_uuid(out);
}

static void write_uuid(const struct kedge_uid *u, char buf[KEDGE_UID_TEXT])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < BYTES; i++) {
        if (dash_before(i))
            *buf++ = '-';
        *buf++ = digits[u->bytes[i] >> 4];
        *buf++ = digits[u->bytes[i] & 15u];
    }
    *buf = '\0';
}

kedge_str kedge_uid_str(const struct kedge_uid *u, char buf[KEDGE_UID_TEXT])
{
    kedge_str text = {buf, KEDGE__UUID_TEXT};
    if (is_uuid(u)) {
        write_uuid(u, buf);
        return text;
    }
    text = kedge__uid_plain(u);
    buf[0] = '\0';
    if (text.len >= KEDGE_UID_TEXT)
        return text;
    memcpy(buf, text.ptr, text.len + 1);
    return (kedge_str){buf, text.len};
}

const char *kedge_uid_text(const struct kedge_uid *u, char buf[KEDGE_UID_TEXT])
{
    return kedge_uid_str(u, buf).ptr;
}

const char *kedge_uid(const struct kedge_object *o, char buf[KEDGE_UID_TEXT])
{
    static const struct kedge_uid none;
    return kedge_uid_text(o != NULL ? &o->uid : &none, buf);
}

bool kedge_uid_equal(const struct kedge_uid *a, const struct kedge_uid *b)
{
    if (is_uuid(a) || is_uuid(b))
        return memcmp(a, b, BYTES) == 0;
    return kedge_str_eq(kedge__uid_plain(a), kedge__uid_plain(b));
}

bool kedge__uid_is(const struct kedge_uid *u, kedge_str text)
{
    struct kedge_uid uuid;
    if (is_uuid(u))
        return kedge__uid_read(text, &uuid) && memcmp(u, &uuid, BYTES) == 0;
    return kedge_str_eq(kedge__uid_plain(u), text);
}
