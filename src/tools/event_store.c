// SPDX-License-Identifier: Apache-2.0
// event_store.c - events of any length in one run of bytes, without a gap: what is taken out of the
// middle moves those behind it down.
#include "base/wipe.h"
#include "tools/event_priv.h"
#include "json/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" // U+FFFD
#define ELLIPSIS    "..."

// Bytes of the character at `at`; 0: it is none.
static size_t character(const char *at)
{
    const unsigned char *p = (const unsigned char *)at;
    struct kedge__utf8 u;
    size_t len = 1;
    if (*p < 0x80)
        return 1;
    if (!kedge__utf8_first(&u, *p))
        return 0;
    // A NUL goes on with no character, so nothing behind the text is looked at.
    for (; u.need > 0; len++) {
        if (!kedge__utf8_next(&u, p[len]))
            return 0;
    }
    return len;
}

// As many whole characters as fit `max` bytes; *all: they are the whole text.
static size_t characters(const char *text, size_t max, char *out, bool *all)
{
    size_t len = 0;
    while (*text != '\0') {
        size_t n = character(text);
        const char *from = n > 0 ? text : REPLACEMENT;
        size_t put = n > 0 ? n : sizeof REPLACEMENT - 1;
        if (put > max - len)
            break;
        if (out != NULL)
            memcpy(out + len, from, put);
        len += put;
        text += n > 0 ? n : 1;
    }
    *all = *text == '\0';
    return len;
}

size_t kedge__event_message(const char *text, size_t max, char *out)
{
    bool all;
    size_t len = characters(text, max, NULL, &all);
    if (!all)
        len = max - (sizeof ELLIPSIS - 1);
    bool ignored;
    len = characters(text, len, out, &ignored);
    if (all)
        return len;
    if (out != NULL)
        memcpy(out + len, ELLIPSIS, sizeof ELLIPSIS - 1);
    return len + sizeof ELLIPSIS - 1;
}

static const char *some(const char *text)
{
    return text != NULL ? text : "";
}

static size_t length_of(const struct kedge__event_store *s, size_t i, const char *text,
                        size_t message_max)
{
    if (i == KEDGE__EVENT_MESSAGE)
        return kedge_str_of(s->before).len + kedge__event_message(text, message_max, NULL) + 1;
    return strlen(text) + 1;
}

static char *put(const struct kedge__event_store *s, size_t i, const char *text, size_t message_max,
                 char *at)
{
    kedge_str before = kedge_str_of(i == KEDGE__EVENT_MESSAGE ? s->before : NULL);
    size_t len = i == KEDGE__EVENT_MESSAGE ? 0 : strlen(text);
    if (before.len > 0)
        memcpy(at, before.ptr, before.len);
    at += before.len;
    if (i == KEDGE__EVENT_MESSAGE)
        len = kedge__event_message(text, message_max, at);
    else
        memcpy(at, text, len);
    at[len] = '\0';
    return at + len + 1;
}

void *kedge__event_store_add(struct kedge__event_store *s, const char *const *texts,
                             size_t message_max, size_t extra)
{
    size_t size = s->head + extra;
    for (size_t i = 0; i < s->texts; i++)
        size += length_of(s, i, some(texts[i]), message_max);
    size = (size + 7) & ~(size_t)7;
    if (size > s->size - s->used)
        return NULL;
    unsigned char *entry = s->bytes + s->used;
    memset(entry, 0, size);
    ((struct kedge__event_entry *)(void *)entry)->size = (uint32_t)size;
    char *at = (char *)entry + s->head;
    for (size_t i = 0; i < s->texts; i++)
        at = put(s, i, some(texts[i]), message_max, at);
    s->used += size;
    s->count++;
    return entry;
}

void kedge__event_store_remove(struct kedge__event_store *s, void *entry)
{
    unsigned char *at = entry;
    size_t size = ((const struct kedge__event_entry *)entry)->size;
    size_t behind = s->used - (size_t)(at - s->bytes) - size;
    memmove(at, at + size, behind);
    s->used -= size;
    s->count--;
    kedge__wipe(s->bytes + s->used, size);
}

void *kedge__event_store_next(const struct kedge__event_store *s, const void *entry)
{
    size_t at = 0;
    if (entry != NULL)
        at = (size_t)((const unsigned char *)entry - s->bytes) +
             ((const struct kedge__event_entry *)entry)->size;
    return at < s->used ? s->bytes + at : NULL;
}

void kedge__event_store_texts(const struct kedge__event_store *s, const void *entry,
                              const char **texts)
{
    const char *at = (const char *)entry + s->head;
    for (size_t i = 0; i < s->texts; i++) {
        texts[i] = i == KEDGE__EVENT_MESSAGE ? at + kedge_str_of(s->before).len : at;
        at = texts[i] + strlen(texts[i]) + 1;
    }
}
