// SPDX-License-Identifier: Apache-2.0
// keep.c - the sieve's two buffers, and what is left of an item that does not fit.
//
// While an item fits, the place of each identity text in it is noted:
//
//     {"kind":"Pod","metadata":{"labels":{"a":"b"},"name":"web","uid":"7f3e"},"spec":{"no
//                                                        ^^^^^       ^^^^^^
// When it does not, these texts are moved to the front, and from then on only identity is written:
//
//     {"metadata":{"name":"web","uid":"7f3e"
//
// They are moved in the order in which they lie, and each key and bracket written before one was
// written before it in the first place: so nothing is overwritten before it has been moved.
#include "json/sieve_priv.h"

#include <string.h>

static bool add(struct kedge_sieve *s, const void *bytes, size_t len)
{
    char *buf = s->in_item ? s->options.item_buf : s->options.envelope_buf;
    size_t cap = s->in_item ? s->options.item_cap : s->options.envelope_cap;
    uint32_t *at = s->in_item ? &s->item_len : &s->envelope_len;
    if (len > cap - *at)
        return false;
    if (len > 0)
        memmove(buf + *at, bytes, len);
    *at += (uint32_t)len;
    return true;
}

static size_t escaped_len(unsigned char c)
{
    if (c < 0x20)
        return 6;
    return c == '"' || c == '\\' ? 2 : 1;
}

static bool add_escaped_byte(struct kedge_sieve *s, unsigned char c)
{
    static const char digits[] = "0123456789abcdef";
    char plain[2] = {'\\', (char)c};
    char coded[6] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
    size_t len = escaped_len(c);
    if (len == sizeof coded)
        return add(s, coded, len);
    return len == 2 ? add(s, plain, 2) : add(s, &plain[1], 1);
}

static bool add_escaped(struct kedge_sieve *s, const char *bytes, size_t len)
{
    bool ok = true;
    for (size_t i = 0; i < len && ok; i++)
        ok = add_escaped_byte(s, (unsigned char)bytes[i]);
    return ok;
}

static bool add_key(struct kedge_sieve *s, const char *key)
{
    return add(s, "\"", 1) && add_escaped(s, key, strlen(key)) && add(s, "\":", 2);
}

void kedge__sieve_item_none(struct kedge_sieve *s)
{
    s->unusable = true;
    s->mute = true;
}

// The identity rows' path, up to their last key.
static const char *parent_path(const struct kedge_sieve *s)
{
    return s->parent > 0 ? s->options.tables[0]->fields[0].path : "";
}

static bool add_identity_key(struct kedge_sieve *s, int slot)
{
    const char *path = s->options.tables[0]->fields[slot].path;
    bool ok = !s->some || add(s, ",", 1);
    s->some = true;
    return ok && add_key(s, path + s->parent);
}

// The identity text that lies next behind `after`, or -1.
static int next_identity(const struct kedge_sieve *s, uint32_t after)
{
    int next = -1;
    for (int i = 0; i < s->options.identity; i++) {
        bool there = s->identity_len[i] > 0 || i == s->slot;
        if (!there || s->identity_at[i] <= after)
            continue;
        if (next < 0 || s->identity_at[i] < s->identity_at[next])
            next = i;
    }
    return next;
}

static bool add_parents(struct kedge_sieve *s)
{
    bool ok = add(s, "{", 1);
    const char *path = parent_path(s);
    for (const char *key = path; ok && key < path + s->parent; key += strlen(key) + 1)
        ok = add_key(s, key) && add(s, "{", 1);
    return ok;
}

static bool move_identity(struct kedge_sieve *s)
{
    uint32_t after = 0;
    for (int i = next_identity(s, 0); i >= 0; i = next_identity(s, after)) {
        after = s->identity_at[i];
        if (!add_identity_key(s, i) || !add(s, s->options.item_buf + after, s->identity_len[i]))
            return false;
    }
    return true;
}

// Counts what an item that does not fit would have needed; of its identity perhaps more.
static void leave_out(struct kedge_sieve *s, size_t len)
{
    s->enough = len < UINT32_MAX - s->enough ? s->enough + (uint32_t)len : UINT32_MAX;
}

// The item does not fit: leaves its identity, and lets only identity in from now on.
static void cut_down(struct kedge_sieve *s)
{
    if (s->slot >= 0)
        s->identity_len[s->slot] = s->item_len - s->identity_at[s->slot];
    s->overflow = true;
    leave_out(s, s->item_len);
    s->item_len = 0;
    s->mute = s->slot < 0;
    if (!add_parents(s) || !move_identity(s))
        kedge__sieve_item_none(s);
}

// The buffer is full. True if there is room again, and what was to be put belongs there.
static bool make_room(struct kedge_sieve *s)
{
    if (!s->in_item) {
        kedge__sieve_fail(s, NULL, "what is around the items is larger than its buffer");
        s->err = KEDGE_ERR_TOO_LONG;
        return false;
    }
    if (s->overflow)
        kedge__sieve_item_none(s);
    else
        cut_down(s);
    return !s->mute;
}

static bool muted(const struct kedge_sieve *s)
{
    return s->in_item ? s->mute : s->options.envelope == NULL;
}

void kedge__sieve_put(struct kedge_sieve *s, const void *bytes, size_t len)
{
    // Brackets, commas and quotes are most of the calls.
    if (len == 1 && s->in_item && !s->mute && s->item_len < s->options.item_cap) {
        s->options.item_buf[s->item_len++] = *(const char *)bytes;
        return;
    }
    if (!muted(s)) {
        if (add(s, bytes, len))
            return;
        if (make_room(s)) {
            if (add(s, bytes, len))
                return;
            kedge__sieve_item_none(s);
        }
    }
    leave_out(s, len);
}

void kedge__sieve_put_escaped(struct kedge_sieve *s, const char *bytes, size_t len)
{
    // This is the inside of a key, so after an overflow it does not belong there.
    if (!muted(s)) {
        if (add_escaped(s, bytes, len))
            return;
        make_room(s);
    }
    for (size_t i = 0; i < len; i++)
        leave_out(s, escaped_len((unsigned char)bytes[i]));
}

void kedge__sieve_comma(struct kedge_sieve *s)
{
    struct kedge_sieve_frame *f = kedge__sieve_top(s);
    if (f->flags & FRAME_SOME)
        kedge__sieve_put(s, ",", 1);
    f->flags |= FRAME_SOME;
}

void kedge__sieve_item_begin(struct kedge_sieve *s)
{
    s->in_item = true;
    s->item_depth = s->depth;
    s->item_len = 0;
    s->enough = 0;
    s->overflow = false;
    s->unusable = false;
    s->mute = false;
    s->some = false;
    s->slot = -1;
    memset(s->identity_len, 0, sizeof s->identity_len);
}

static bool add_closing(struct kedge_sieve *s)
{
    bool ok = add(s, "}", 1);
    for (uint16_t i = 0; i < s->parent && ok; i++) {
        if (parent_path(s)[i] == '\0')
            ok = add(s, "}", 1);
    }
    return ok;
}

void kedge__sieve_item_end(struct kedge_sieve *s)
{
    if (s->overflow && !s->unusable && !add_closing(s))
        s->unusable = true;
    s->in_item = false;
    s->has_item = true;
    s->item.ptr = s->unusable ? "{}" : s->options.item_buf;
    s->item.len = s->unusable ? 2 : s->item_len;
    leave_out(s, s->item.len);
}

void kedge__sieve_identity_begin(struct kedge_sieve *s, int slot)
{
    s->slot = (int8_t)slot;
    s->identity_at[slot] = s->item_len;
    if (!s->overflow || s->unusable)
        return;
    s->mute = false;
    if (!add_identity_key(s, slot))
        kedge__sieve_item_none(s);
}

void kedge__sieve_identity_end(struct kedge_sieve *s)
{
    if (s->overflow)
        s->mute = true;
    else
        s->identity_len[s->slot] = s->item_len - s->identity_at[s->slot];
    s->slot = -1;
}
