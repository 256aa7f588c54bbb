// SPDX-License-Identifier: Apache-2.0
#include "kedge/labels.h"

#include <string.h>

#include "base/line.h"
#include "base/order.h"
#include "object/labels_order.h"
#include "object/names.h"
#include "object/project.h"

static const kedge_str EMPTY = {"", 0};

size_t kedge_labels_count(struct kedge_labels labels)
{
    return labels.map != NULL ? labels.map->count : labels.count;
}

struct kedge_label kedge_labels_at(struct kedge_labels labels, size_t i)
{
    struct kedge_label l = {EMPTY, EMPTY};
    if (i >= kedge_labels_count(labels))
        return l;
    if (labels.map == NULL)
        return labels.pairs[i];
    const struct kedge_text_pair *pair = kedge_pair_at(labels.map, i);
    l.key = kedge_text_str(&pair->key);
    l.value = kedge_text_str(&pair->value);
    return l;
}

// The pair of that key, the last if there are two, or NULL.
static const struct kedge_label *find(const struct kedge_label *pairs, size_t count, kedge_str key)
{
    for (size_t i = count; i > 0; i--) {
        if (kedge_str_eq(pairs[i - 1].key, key))
            return &pairs[i - 1];
    }
    return NULL;
}

bool kedge_labels_get(struct kedge_labels labels, kedge_str key, kedge_str *value)
{
    kedge_str found;
    if (labels.map != NULL) {
        const struct kedge_text *text = kedge__map_find(labels.map, key);
        if (text == NULL)
            return false;
        found = kedge_text_str(text);
    } else {
        const struct kedge_label *pair = find(labels.pairs, labels.count, key);
        if (pair == NULL)
            return false;
        found = pair->value;
    }
    if (value != NULL)
        *value = found;
    return true;
}

bool kedge_labels_conflict(struct kedge_labels a, struct kedge_labels b)
{
    kedge_str mine, other;
    for (size_t i = 0; i < kedge_labels_count(a); i++) {
        kedge_str key = kedge_labels_at(a, i).key;
        if (kedge_labels_get(b, key, &other) && kedge_labels_get(a, key, &mine) &&
            !kedge_str_eq(mine, other))
            return true;
    }
    return false;
}

// True if b has every label of a, with its value.
static bool within(struct kedge_labels a, struct kedge_labels b)
{
    kedge_str mine, other;
    for (size_t i = 0; i < kedge_labels_count(a); i++) {
        kedge_str key = kedge_labels_at(a, i).key;
        if (!kedge_labels_get(b, key, &other) || !kedge_labels_get(a, key, &mine) ||
            !kedge_str_eq(mine, other))
            return false;
    }
    return true;
}

bool kedge_labels_equal(struct kedge_labels a, struct kedge_labels b)
{
    return within(a, b) && within(b, a);
}

// Puts a pair behind those that are there, or its value in the place of its key's.
static bool put(struct kedge_label *out, size_t cap, size_t *count, struct kedge_label l)
{
    for (size_t i = 0; i < *count; i++) {
        if (kedge_str_eq(out[i].key, l.key)) {
            out[i] = l;
            return true;
        }
    }
    if (*count == cap)
        return false;
    out[(*count)++] = l;
    return true;
}

kedge_err kedge_labels_merge(struct kedge_labels a, struct kedge_labels b, struct kedge_label *out,
                             size_t cap, size_t *count)
{
    bool whole = true;
    *count = 0;
    for (size_t i = 0; i < kedge_labels_count(a); i++)
        whole = put(out, cap, count, kedge_labels_at(a, i)) && whole;
    for (size_t i = 0; i < kedge_labels_count(b); i++)
        whole = put(out, cap, count, kedge_labels_at(b, i)) && whole;
    return whole ? KEDGE_OK : KEDGE_ERR_FULL;
}

// Order -------------------------------------------------------------------------------------------

bool kedge__labels_after(struct kedge_labels labels, const kedge_str *last,
                         struct kedge_label *least)
{
    bool found = false;
    for (size_t i = 0; i < kedge_labels_count(labels); i++) {
        struct kedge_label l = kedge_labels_at(labels, i);
        bool after = last == NULL || kedge__str_order(l.key, *last) > 0;
        // The later one of two with one key.
        if (after && (!found || kedge__str_order(l.key, least->key) <= 0)) {
            *least = l;
            found = true;
        }
    }
    return found;
}

// The byte of "key=value" at i, or -1 behind its end.
static int byte_at(const struct kedge_label *l, size_t i)
{
    if (i < l->key.len)
        return (unsigned char)l->key.ptr[i];
    if (i == l->key.len)
        return '=';
    i -= l->key.len + 1;
    return i < l->value.len ? (unsigned char)l->value.ptr[i] : -1;
}

// Less than 0, 0 or more than 0 as the text of `a` comes before that of `b`, is the same, or comes
// behind it: a.b/c=1 comes before a=1.
static int pair_order(const struct kedge_label *a, const struct kedge_label *b)
{
    size_t i = 0;
    while (byte_at(a, i) == byte_at(b, i) && byte_at(a, i) >= 0)
        i++;
    return byte_at(a, i) - byte_at(b, i);
}

// The same as kedge__labels_after, in the order of the pairs' text.
static bool pair_after(struct kedge_labels labels, const struct kedge_label *last,
                       struct kedge_label *least)
{
    bool found = false;
    for (size_t i = 0; i < kedge_labels_count(labels); i++) {
        struct kedge_label l = kedge_labels_at(labels, i);
        // The later one of two with one key, which no map in a record has.
        if (labels.map == NULL)
            kedge_labels_get(labels, l.key, &l.value);
        bool after = last == NULL || pair_order(&l, last) > 0;
        if (after && (!found || pair_order(&l, least) < 0)) {
            *least = l;
            found = true;
        }
    }
    return found;
}

static void write_pair(struct kedge__line *line, const struct kedge_label *l)
{
    if (line->len > 0)
        kedge__line_byte(line, ',');
    kedge__line_str(line, l->key);
    kedge__line_byte(line, '=');
    kedge__line_str(line, l->value);
}

static kedge_err end_text(const struct kedge__line *line, size_t cap, size_t *len)
{
    if (len != NULL)
        *len = line->len;
    return line->cut || cap == 0 ? KEDGE_ERR_FULL : KEDGE_OK;
}

kedge_err kedge__labels_text_by_key(struct kedge_labels labels, char *buf, size_t cap, size_t *len)
{
    struct kedge_label l;
    char none;
    struct kedge__line line;
    kedge__line_init(&line, cap > 0 ? buf : &none, cap > 0 ? cap : 1);
    const kedge_str *last = NULL;
    for (kedge_str key; kedge__labels_after(labels, last, &l); key = l.key, last = &key)
        write_pair(&line, &l);
    return end_text(&line, cap, len);
}

kedge_err kedge_labels_text(struct kedge_labels labels, char *buf, size_t cap, size_t *len)
{
    struct kedge_label l, last;
    char none;
    struct kedge__line line;
    kedge__line_init(&line, cap > 0 ? buf : &none, cap > 0 ? cap : 1);
    for (bool more = pair_after(labels, NULL, &l); more; more = pair_after(labels, &last, &l)) {
        write_pair(&line, &l);
        last = l;
    }
    return end_text(&line, cap, len);
}

// Text --------------------------------------------------------------------------------------------

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static kedge_str trimmed(const char *from, const char *to)
{
    while (from < to && is_blank(*from))
        from++;
    while (from < to && is_blank(to[-1]))
        to--;
    kedge_str s = {from, (size_t)(to - from)};
    return s;
}

// Reads KEY=VALUE out of [at, end). NULL, or where it is wrong.
static const char *read_pair(const char *at, const char *end, struct kedge_label *l)
{
    const char *sign = (const char *)memchr(at, '=', (size_t)(end - at));
    if (sign == NULL)
        return end;
    const char *second = (const char *)memchr(sign + 1, '=', (size_t)(end - sign - 1));
    if (second != NULL)
        return second;
    l->key = trimmed(at, sign);
    l->value = trimmed(sign + 1, end);
    if (!kedge__is_label_key(l->key))
        return l->key.ptr;
    return kedge__is_label_value(l->value) ? NULL : l->value.ptr;
}

kedge_err kedge_labels_parse(const char *text, struct kedge_label *out, size_t cap, size_t *count,
                             size_t *error_at)
{
    kedge_str all = kedge_str_of(text);
    const char *at = text;
    bool more = all.len > 0;
    *count = 0;
    while (more) {
        struct kedge_label l = {EMPTY, EMPTY};
        const char *comma = strchr(at, ',');
        const char *end = comma != NULL ? comma : text + all.len;
        const char *wrong = read_pair(at, end, &l);
        bool fits = wrong == NULL && put(out, cap, count, l);
        if (!fits) {
            *count = 0;
            if (wrong != NULL && error_at != NULL)
                *error_at = (size_t)(wrong - text);
            return wrong != NULL ? KEDGE_ERR_ARGUMENT : KEDGE_ERR_FULL;
        }
        more = comma != NULL;
        at = end + 1;
    }
    return KEDGE_OK;
}
