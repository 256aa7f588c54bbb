// SPDX-License-Identifier: Apache-2.0
// change_pair.c - transforms that add and take away labels and other pairs; linked where one does.
#include <string.h>

#include "cache/change.h"
#include "object/project.h"
#include "object/squeeze.h"
#include "object/words.h"

// As every member wants to lie, and what a pair takes of that.
enum { STEP = 8, PAIR = (sizeof(struct kedge_text_pair) + STEP - 1) / STEP * STEP };

static struct kedge_text_pair *pairs_of(struct kedge_text_map *m)
{
    return (struct kedge_text_pair *)(void *)((unsigned char *)m + m->offset);
}

// Its place among the pairs, or their number.
static size_t find(const struct kedge_text_map *m, kedge_str key)
{
    size_t i = 0;
    while (i < m->count && !kedge_str_eq(kedge_text_str(&kedge_pair_at(m, i)->key), key))
        i++;
    return i;
}

static size_t text_bytes(kedge_str text)
{
    return text.len > 0 ? kedge__text_bytes(text) : 0;
}

static void write_texts(unsigned char *place, kedge_str key, kedge_str value)
{
    kedge__text_write(place, key);
    if (value.len > 0)
        kedge__text_write(place + text_bytes(key), value);
}

// The first pair, and behind it its texts.
static struct kedge_text_pair *begin(struct kedge_change *change, struct kedge_text_map *m,
                                     unsigned char **texts, kedge_str key, kedge_str value)
{
    size_t end = change->end - change->room;
    size_t pad = (STEP - end % STEP) % STEP;
    unsigned char *place = kedge__change_take(change, pad + PAIR) + pad;
    m->offset = (kedge_offset)(place - (unsigned char *)m);
    *texts = kedge__change_take(change, text_bytes(key) + text_bytes(value));
    write_texts(*texts, key, value);
    return (struct kedge_text_pair *)(void *)place;
}

// One more pair behind the others: all that lies behind them moves on, with the new texts, which
// are written before anything moves, as they may be texts of the object.
static struct kedge_text_pair *append(struct kedge_change *change, struct kedge_text_map *m,
                                      unsigned char **texts, kedge_str key, kedge_str value)
{
    struct kedge_text_pair *pair = pairs_of(m) + m->count;
    *texts = kedge__change_take(change, text_bytes(key) + text_bytes(value));
    write_texts(*texts, key, value);
    size_t end = change->end - change->room;
    kedge__change_take(change, PAIR);
    kedge__record_open(change->kind, change->object, end,
                       (size_t)((unsigned char *)pair - (unsigned char *)change->object), PAIR);
    *texts += PAIR;
    return pair;
}

kedge_err kedge_change_set_pair(struct kedge_change *change, const struct kedge_text_map *map,
                                kedge_str key, kedge_str value)
{
    struct kedge_text_map *m = kedge__change_member(change, map);
    if (m == NULL || key.len == 0)
        return KEDGE_ERR_ARGUMENT;
    size_t i = find(m, key);
    if (i < m->count)
        return kedge_change_set_text(change, &kedge_pair_at(m, i)->value, value);
    // All of it or nothing; with what may lie before the first pair. Key and value are not looked
    // at once they may have moved.
    size_t key_bytes = text_bytes(key);
    size_t need = (STEP - 1) + PAIR + key_bytes + text_bytes(value);
    if (need > change->room) {
        change->lacking += need - change->room;
        return KEDGE_ERR_FULL;
    }
    unsigned char *texts;
    struct kedge_text_pair *pair = m->count == 0 ? begin(change, m, &texts, key, value)
                                                 : append(change, m, &texts, key, value);
    memset(pair, 0, PAIR);
    pair->key.offset = (kedge_offset)(texts - (unsigned char *)&pair->key);
    texts += key_bytes;
    if (value.len > 0)
        pair->value.offset = (kedge_offset)(texts - (unsigned char *)&pair->value);
    m->count++;
    change->squeeze = kedge__record_squeeze; // of pairs that take less than a step
    return KEDGE_OK;
}

// Copies a pair `by` bytes towards the front.
static void move_text(struct kedge_text *to, const struct kedge_text *from, size_t by)
{
    bool inside = from->offset != 0 && from->offset < KEDGE__FIRST_WORD;
    to->offset = (kedge_offset)(from->offset + (inside ? by : 0));
}

kedge_err kedge_change_remove_pair(struct kedge_change *change, const struct kedge_text_map *map,
                                   kedge_str key)
{
    struct kedge_text_map *m = kedge__change_member(change, map);
    if (m == NULL)
        return KEDGE_ERR_ARGUMENT;
    size_t i = find(m, key);
    if (i == m->count)
        return KEDGE_ERR_NOT_FOUND;
    struct kedge_text_pair *pairs = pairs_of(m);
    for (; i + 1 < m->count; i++) {
        move_text(&pairs[i].key, &pairs[i + 1].key, sizeof *pairs);
        move_text(&pairs[i].value, &pairs[i + 1].value, sizeof *pairs);
    }
    memset(&pairs[i], 0, sizeof pairs[i]);
    m->count--;
    if (m->count == 0)
        m->offset = 0;
    change->squeeze = kedge__record_squeeze;
    return KEDGE_OK;
}
