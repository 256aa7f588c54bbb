// SPDX-License-Identifier: Apache-2.0
// queue_priv.h - the insides of a workqueue: its keys, and the lists they are in.
//
//     buckets -> entries (one a key) -> chunks (12 bytes of its text each)
//
// An entry is in one list at most: the queue, those being worked on, or those that are remembered
// only for their failures. Beside that it may be in the heap of keys for later.
#ifndef KEDGE_QUEUE_PRIV_H
#define KEDGE_QUEUE_PRIV_H

#include "base/context.h"
#include "kedge/workqueue.h"

enum { KEDGE__CHUNK_TEXT = 12 };

struct kedge__chunk {
    uint32_t next; // of this key, or free; 0: none
    char text[KEDGE__CHUNK_TEXT];
};

enum kedge__key_list { KEDGE__KEY_NOWHERE, KEDGE__KEY_QUEUED, KEDGE__KEY_IN_WORK, KEDGE__KEY_IDLE };

// Numbers begin at 1; 0 is none.
struct kedge__key {
    uint32_t hash;
    uint32_t chain; // next of the bucket, or next free one
    uint32_t before;
    uint32_t after;
    uint32_t text;  // its first chunk
    uint32_t place; // in the heap; 0: not there
    uint32_t failures;
    uint16_t len;
    uint8_t list; // enum kedge__key_list
    bool dirty;   // to be worked on: queued, or again when it is done
    kedge_time ready_at;
    kedge_time added_at;
    kedge_time taken_at;
};

struct kedge__key_ring {
    uint32_t first;
    uint32_t last;
    size_t count;
};

struct kedge_workqueue {
    struct kedge__task task;
    struct kedge *k;
    const char *name;
    struct kedge_rate_limiter *limiter;
    struct kedge_rate_limiter each; // the default limiter
    struct kedge_rate_limiter all;

    struct kedge__key *keys; // key n at keys[n - 1]
    struct kedge__chunk *chunks;
    uint32_t *buckets;
    uint32_t *heap; // key numbers, the earliest first, from place 1 on
    uint32_t seed;
    uint32_t bucket_mask;
    uint32_t key_cap, key_used, key_free; // those beyond key_used were never used
    uint32_t chunk_cap, chunk_used, chunk_free;
    uint32_t key_count, chunk_count;
    uint32_t key_peak, chunk_peak;
    uint32_t heap_count;
    uint16_t longest;

    struct kedge__key_ring rings[KEDGE__KEY_IDLE + 1];
    size_t depth;
    kedge_time taken_sum; // of taken_at, over those being worked on
    bool shut_down;
    bool draining;
    bool refused; // somebody waits for room

    uint64_t adds, retries, refusals, forgotten;
    struct kedge_workqueue_times queue_times, work_times;
};

// keys.c

static inline struct kedge__key *kedge__key_at(const struct kedge_workqueue *q, uint32_t n)
{
    return &q->keys[n - 1];
}

// The number of that key, or 0.
uint32_t kedge__key_find(const struct kedge_workqueue *q, kedge_str text);
// The same, made if it is new. 0: there is no room, also none that forgetting failures would give.
uint32_t kedge__key_take(struct kedge_workqueue *q, kedge_str text);
// Frees it if nothing keeps it; one that has failed is kept for that, as long as there is room.
void kedge__key_release(struct kedge_workqueue *q, uint32_t n);
// Its text and a NUL, into len + 1 bytes.
void kedge__key_copy(const struct kedge_workqueue *q, uint32_t n, char *buf);
// Room for `count` new keys of that length, by forgetting failures if need be.
bool kedge__key_room(const struct kedge_workqueue *q, size_t count, size_t len);
// Into a list, at its end, and out of the one it is in.
void kedge__key_move(struct kedge_workqueue *q, uint32_t n, enum kedge__key_list list);

// later.c: the heap.

void kedge__later_add(struct kedge_workqueue *q, uint32_t n, kedge_time ready_at);
void kedge__later_remove(struct kedge_workqueue *q, uint32_t n);
// When the earliest is due; KEDGE_FOREVER: there is none.
kedge_time kedge__later_next(const struct kedge_workqueue *q);

#endif
