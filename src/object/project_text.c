// SPDX-License-Identifier: Apache-2.0
// project_text.c - the texts of a record.
//
// A text is an offset, and nothing else in its struct. What it leads to is
//
//     a word of words.c                        its place counts from KEDGE__FIRST_WORD
//     | text | NUL |                           up to SHORT_MAX bytes, no NUL among them
//     | 0xff | length | bytes | NUL |          any bytes; 0xff begins no UTF-8
//
// Texts that occur several times in an object (a label and the selector's, an image in spec and
// status) are written once: a small table remembers where those written last came from. So is one
// that is what stands behind the last '-' or ':' of another: a pod's hash behind its owner's name.
#include <string.h>

#include "object/project_priv.h"
#include "object/words.h"

enum { SHORT_MAX = 255 };

void kedge__write(const struct kedge__builder *b, size_t place, const void *bytes, size_t len)
{
    if (b->base != NULL)
        memcpy(b->base + place, bytes, len);
}

static void write_offset(const struct kedge__builder *b, size_t member, size_t offset)
{
    kedge_offset value = (kedge_offset)offset;
    kedge__write(b, member, &value, sizeof value);
}

static size_t take(struct kedge__builder *b, size_t len)
{
    size_t place = b->texts;
    b->texts += len;
    return place;
}

static size_t read_source(struct kedge__source s, char *buf, size_t cap)
{
    if (s.origin == KEDGE__TEXT)
        return kedge_json_text(s.value, buf, cap);
    if (s.origin == KEDGE__KEY)
        return kedge_json_key(s.value, buf, cap);
    kedge_str raw = kedge_json_raw(s.value);
    if (cap > 0)
        memcpy(buf, raw.ptr, raw.len < cap ? raw.len : cap);
    return raw.len;
}

// The bytes of a text in the document, if they are the text's own, without escapes, and may stand
// in the record with nothing but a NUL to end them.
static kedge_str plain(struct kedge__source s, size_t len)
{
    kedge_str none = {NULL, 0};
    bool key = s.origin == KEDGE__KEY;
    kedge_str raw = key ? kedge_json_raw_key(s.value) : kedge_json_raw(s.value);
    if (s.origin == KEDGE__TEXT && raw.len >= 2) {
        raw.ptr++;
        raw.len -= 2;
    }
    bool fits = raw.len == len && len <= SHORT_MAX && (unsigned char)raw.ptr[0] != KEDGE__LONG_TEXT;
    return fits && memchr(raw.ptr, '\0', len) == NULL ? raw : none;
}

static uint32_t mix(uint32_t hash, uint32_t word)
{
    hash = (hash ^ word) * UINT32_C(0x9e3779b1);
    return hash ^ hash >> 15;
}

// The two notes that may be of this text.
static struct kedge__shared *shared_pair(struct kedge__builder *b, kedge_str text)
{
    uint32_t hash = (uint32_t)text.len, word;
    size_t i = 0;
    for (; i + sizeof word <= text.len; i += sizeof word) {
        memcpy(&word, text.ptr + i, sizeof word);
        hash = mix(hash, word);
    }
    for (; i < text.len; i++)
        hash = mix(hash, (unsigned char)text.ptr[i]);
    return &b->shared[(hash % KEDGE__SHARED) & ~UINT32_C(1)];
}

static bool holds(const struct kedge__shared *old, const char *document, kedge_str text)
{
    return old->len == text.len && memcmp(document + old->from, text.ptr, text.len) == 0;
}

// The older of the two goes.
static void note(struct kedge__shared *pair, const char *document, kedge_str text, size_t place)
{
    pair[1] = pair[0];
    pair[0].from = (uint32_t)(text.ptr - document);
    pair[0].len = (kedge_offset)text.len;
    pair[0].place = (kedge_offset)place;
}

// Where what stands behind the last '-' or ':' begins; 0: there is none.
static size_t end_of(kedge_str text)
{
    size_t i = text.len - 1;
    while (i > 0 && text.ptr[i - 1] != '-' && text.ptr[i - 1] != ':')
        i--;
    return i;
}

// Where the same text lies already; if nowhere, then where it was written now.
static size_t short_text(struct kedge__builder *b, const char *document, kedge_str text)
{
    struct kedge__shared *pair = shared_pair(b, text);
    if (holds(pair, document, text))
        return pair[0].place;
    if (holds(pair + 1, document, text))
        return pair[1].place;
    // Where the measure is over what an offset holds, no record will be written.
    size_t place = take(b, text.len + 1);
    kedge__write(b, place, text.ptr, text.len);
    note(pair, document, text, place);
    size_t end = end_of(text);
    if (end > 0) {
        kedge_str rest = {text.ptr + end, text.len - end};
        pair = shared_pair(b, rest);
        if (pair[1].len == 0)
            note(pair, document, rest, place + end);
    }
    return place;
}

void kedge__put_text(struct kedge__builder *b, size_t member, struct kedge__source s)
{
    size_t word;
    size_t len = read_source(s, NULL, 0);
    if (len == 0)
        return;
    kedge_str text = plain(s, len);
    if (text.ptr == NULL) {
        size_t place = kedge__put_long_text(b, member, len);
        if (b->base != NULL)
            read_source(s, (char *)b->base + place, len);
    } else if (kedge__word_find(text, &word)) {
        write_offset(b, member, KEDGE__FIRST_WORD + word);
    } else {
        write_offset(b, member, short_text(b, s.value.doc->text, text) - member);
    }
}

size_t kedge__put_long_text(struct kedge__builder *b, size_t member, size_t len)
{
    unsigned char head[1 + sizeof(kedge_offset)] = {KEDGE__LONG_TEXT};
    kedge_offset number = (kedge_offset)len;
    memcpy(head + 1, &number, sizeof number);
    size_t place = take(b, sizeof head + len + 1);
    kedge__write(b, place, head, sizeof head);
    write_offset(b, member, place - member);
    return place + sizeof head;
}

void kedge__put_packed(struct kedge__builder *b, size_t member, const unsigned char *bytes,
                       size_t len, uint32_t code)
{
    if (len == 0) {
        write_offset(b, member, KEDGE__FIRST_WORD + code);
        return;
    }
    size_t place = take(b, len);
    kedge__write(b, place, bytes, len);
    write_offset(b, member, place - member);
}

static bool is_long(kedge_str text)
{
    return text.len > SHORT_MAX || (unsigned char)text.ptr[0] == KEDGE__LONG_TEXT ||
           memchr(text.ptr, '\0', text.len) != NULL;
}

size_t kedge__text_bytes(kedge_str text)
{
    return (is_long(text) ? 1 + sizeof(kedge_offset) : 0) + text.len + 1;
}

void kedge__text_write(unsigned char *place, kedge_str text)
{
    kedge_offset len = (kedge_offset)text.len;
    if (is_long(text)) {
        *place = KEDGE__LONG_TEXT;
        memcpy(place + 1, &len, sizeof len);
        place += 1 + sizeof len;
    }
    memcpy(place, text.ptr, text.len);
    place[text.len] = '\0';
}
