// SPDX-License-Identifier: Apache-2.0
// keys.c - the keys of a workqueue: found by their hash, their texts in chunks of one size, so that
// room that is free is room that can be used.
#include "queue/queue_priv.h"

#include "base/hash.h"

static uint32_t chunks_for(size_t len)
{
    return (uint32_t)((len + KEDGE__CHUNK_TEXT - 1) / KEDGE__CHUNK_TEXT);
}

static uint32_t *bucket_of(const struct kedge_workqueue *q, uint32_t hash)
{
    return &q->buckets[hash & q->bucket_mask];
}

static struct kedge__chunk *chunk_at(const struct kedge_workqueue *q, uint32_t n)
{
    return &q->chunks[n - 1];
}

static size_t piece(size_t left)
{
    return left < KEDGE__CHUNK_TEXT ? left : KEDGE__CHUNK_TEXT;
}

static bool holds(const struct kedge_workqueue *q, const struct kedge__key *key, kedge_str text)
{
    if (key->len != text.len)
        return false;
    uint32_t at = key->text;
    for (size_t done = 0; done < text.len; done += KEDGE__CHUNK_TEXT) {
        const struct kedge__chunk *c = chunk_at(q, at);
        if (memcmp(c->text, text.ptr + done, piece(text.len - done)) != 0)
            return false;
        at = c->next;
    }
    return true;
}

static uint32_t find(const struct kedge_workqueue *q, kedge_str text, uint32_t hash)
{
    uint32_t n = *bucket_of(q, hash);
    while (n != 0 && !(kedge__key_at(q, n)->hash == hash && holds(q, kedge__key_at(q, n), text)))
        n = kedge__key_at(q, n)->chain;
    return n;
}

uint32_t kedge__key_find(const struct kedge_workqueue *q, kedge_str text)
{
    return find(q, text, kedge__hash_str(q->seed, text));
}

// Beside so many keys and chunks, `count` keys more of `len` bytes each.
static bool fit(const struct kedge_workqueue *q, uint32_t keys, uint32_t chunks, size_t count,
                size_t len)
{
    return q->key_cap - keys >= count && q->chunk_cap - chunks >= (uint64_t)count * chunks_for(len);
}

static bool fits(const struct kedge_workqueue *q, size_t len)
{
    return fit(q, q->key_count, q->chunk_count, 1, len);
}

bool kedge__key_room(const struct kedge_workqueue *q, size_t count, size_t len)
{
    uint32_t keys = q->key_count;
    uint32_t chunks = q->chunk_count;
    // As many as the new keys can need: a chunk each is the least that forgetting one gives.
    uint32_t n = q->rings[KEDGE__KEY_IDLE].first;
    for (; n != 0 && !fit(q, keys, chunks, count, len); n = kedge__key_at(q, n)->after) {
        keys--;
        chunks -= chunks_for(kedge__key_at(q, n)->len);
    }
    return fit(q, keys, chunks, count, len);
}

static uint32_t take_chunk(struct kedge_workqueue *q)
{
    uint32_t n = q->chunk_free;
    if (n != 0)
        q->chunk_free = chunk_at(q, n)->next;
    else
        n = ++q->chunk_used;
    q->chunk_count++;
    return n;
}

static void write_text(struct kedge_workqueue *q, struct kedge__key *key, kedge_str text)
{
    uint32_t *link = &key->text;
    for (size_t done = 0; done < text.len; done += KEDGE__CHUNK_TEXT) {
        *link = take_chunk(q);
        struct kedge__chunk *c = chunk_at(q, *link);
        memcpy(c->text, text.ptr + done, piece(text.len - done));
        link = &c->next;
    }
    *link = 0;
    if (q->chunk_count > q->chunk_peak)
        q->chunk_peak = q->chunk_count;
}

static void free_text(struct kedge_workqueue *q, const struct kedge__key *key)
{
    uint32_t n = key->text;
    while (n != 0) {
        struct kedge__chunk *c = chunk_at(q, n);
        uint32_t next = c->next;
        c->next = q->chunk_free;
        q->chunk_free = n;
        q->chunk_count--;
        n = next;
    }
}

static void free_key(struct kedge_workqueue *q, uint32_t n)
{
    struct kedge__key *key = kedge__key_at(q, n);
    uint32_t *link = bucket_of(q, key->hash);
    while (*link != n)
        link = &kedge__key_at(q, *link)->chain;
    *link = key->chain;
    kedge__key_move(q, n, KEDGE__KEY_NOWHERE);
    free_text(q, key);
    key->chain = q->key_free;
    q->key_free = n;
    q->key_count--;
}

uint32_t kedge__key_take(struct kedge_workqueue *q, kedge_str text)
{
    uint32_t hash = kedge__hash_str(q->seed, text);
    uint32_t n = find(q, text, hash);
    if (n != 0 || !kedge__key_room(q, 1, text.len))
        return n;
    while (!fits(q, text.len)) {
        free_key(q, q->rings[KEDGE__KEY_IDLE].first);
        q->forgotten++;
    }
    n = q->key_free;
    if (n != 0)
        q->key_free = kedge__key_at(q, n)->chain;
    else
        n = ++q->key_used;
    struct kedge__key *key = kedge__key_at(q, n);
    memset(key, 0, sizeof *key);
    key->hash = hash;
    key->len = (uint16_t)text.len;
    key->chain = *bucket_of(q, hash);
    *bucket_of(q, hash) = n;
    write_text(q, key, text);
    if (++q->key_count > q->key_peak)
        q->key_peak = q->key_count;
    return n;
}

void kedge__key_release(struct kedge_workqueue *q, uint32_t n)
{
    const struct kedge__key *key = kedge__key_at(q, n);
    if (key->dirty || key->place != 0 || key->list == KEDGE__KEY_IN_WORK)
        return;
    if (key->failures == 0)
        free_key(q, n);
    else
        kedge__key_move(q, n, KEDGE__KEY_IDLE);
}

void kedge__key_copy(const struct kedge_workqueue *q, uint32_t n, char *buf)
{
    const struct kedge__key *key = kedge__key_at(q, n);
    uint32_t at = key->text;
    for (size_t done = 0; done < key->len; done += KEDGE__CHUNK_TEXT) {
        const struct kedge__chunk *c = chunk_at(q, at);
        memcpy(buf + done, c->text, piece(key->len - done));
        at = c->next;
    }
    buf[key->len] = '\0';
}

static void leave(struct kedge_workqueue *q, struct kedge__key *key)
{
    struct kedge__key_ring *ring = &q->rings[key->list];
    if (key->before != 0)
        kedge__key_at(q, key->before)->after = key->after;
    else
        ring->first = key->after;
    if (key->after != 0)
        kedge__key_at(q, key->after)->before = key->before;
    else
        ring->last = key->before;
    ring->count--;
}

void kedge__key_move(struct kedge_workqueue *q, uint32_t n, enum kedge__key_list list)
{
    struct kedge__key *key = kedge__key_at(q, n);
    if (key->list != KEDGE__KEY_NOWHERE)
        leave(q, key);
    key->list = (uint8_t)list;
    key->before = key->after = 0;
    if (list == KEDGE__KEY_NOWHERE)
        return;
    struct kedge__key_ring *ring = &q->rings[list];
    key->before = ring->last;
    if (ring->last != 0)
        kedge__key_at(q, ring->last)->after = n;
    else
        ring->first = n;
    ring->last = n;
    ring->count++;
}
