// SPDX-License-Identifier: Apache-2.0
// kedge/sieve.h - lets through only the wanted fields of JSON that arrives in pieces.
//
// Feed it the body of a reply as it comes, in ranges of any size. It frames the items of a list, or
// the events of a watch, one at a time, and keeps of each only what its field tables name, as
// compact JSON text in a buffer of yours. What is kept is checked in full (grammar, UTF-8, escapes,
// numbers); what is skipped is checked for its structure. Memory does not depend on what is sent.
//
//     kedge_sieve_init(&s, &options);
//     while (body has bytes) {
//         err = kedge_sieve_feed(&s, data, len, &used, &event);
//         data += used, len -= used;
//         if (event == KEDGE_SIEVE_ITEM)      // s.item is one object; read it before the next feed
//             ...
//         if (event == KEDGE_SIEVE_END)       // the whole value has come; s.envelope is complete
//             ...
//     }
//
// An item whose kept fields are larger than the buffer is cut down to its identity (the first
// `identity` rows of the first table) and marked: s.overflow. Where even that does not fit, the
// item is empty and s.unusable is true. Nothing is ever cut in the middle of a value.
#ifndef KEDGE_SIEVE_H
#define KEDGE_SIEVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kedge/err.h>
#include <kedge/fields.h>
#include <kedge/text.h>

#ifdef __cplusplus
extern "C" {
#endif

enum kedge_sieve_shape {
    KEDGE_SIEVE_OBJECT, // the value is one item; the envelope stays empty
    KEDGE_SIEVE_LIST,   // an object whose "items" holds the items (an array or null)
    KEDGE_SIEVE_WATCH   // any number of objects, each with its item in "object"
};

enum kedge_sieve_event {
    KEDGE_SIEVE_MORE, // all bytes were used; give more
    KEDGE_SIEVE_ITEM, // s->item (and, of a watch, s->envelope) are complete
    KEDGE_SIEVE_END   // the value is complete (object, list); never for a watch
};

struct kedge_sieve_options {
    enum kedge_sieve_shape shape;
    // The rows wanted of each item: up to three tables, unused ones NULL; at most 64 rows together.
    // They outlive the sieve.
    const struct kedge_table *tables[3];
    // Rows of tables[0], from its first, that survive an overflow; at most 8, texts only.
    uint16_t identity;
    // The rows wanted of what is around the items: a list's kind and metadata, an event's type.
    const struct kedge_table *envelope;
    // Where the kept text goes; yours, and outlives the sieve. 512 bytes at least for items.
    char *item_buf;
    size_t item_cap;
    char *envelope_buf;
    size_t envelope_cap;
};

// 1,024 levels of nesting, a bit each.
#define KEDGE_SIEVE_DEPTH 1024
// Levels of wanted nesting: the longest path of a table, with those of its lists' items.
#define KEDGE_SIEVE_PATH 24

// <the developer of src/json completes struct kedge_sieve; these members are public:>
struct kedge_sieve {
    kedge_str item;      // ITEM: the kept text of the object, e.g. {"metadata":{"name":"a"}}
    kedge_str envelope;  // ITEM of a watch, END of a list: the kept text around it
    bool overflow;       // ITEM: only the identity was kept
    bool unusable;       // ITEM: not even that fits, or the item is no object; item is "{}"
    uint64_t offset;     // bytes of the value consumed so far: the place of an error
    const char *problem; // after KEDGE_ERR_JSON: what is wrong, static storage
    // Private.
};

// Makes a sieve ready for a new value. KEDGE_ERR_ARGUMENT: too many rows, a path too deep, a buffer
// too small.
kedge_err kedge_sieve_init(struct kedge_sieve *s, const struct kedge_sieve_options *options);

// Takes bytes until one item is complete or all are used. *used is how many were taken; the rest is
// to be given again. After ITEM, `item` and `envelope` are good until the next call.
//
// KEDGE_OK         *event says what happened
// KEDGE_ERR_JSON   no JSON, or not of the shape; s->offset and s->problem say where and what. The
//                  sieve stays failed.
// KEDGE_ERR_TOO_LONG  the envelope does not fit its buffer
kedge_err kedge_sieve_feed(struct kedge_sieve *s, const char *data, size_t len, size_t *used,
                           enum kedge_sieve_event *event);

// Tells the sieve that no more bytes will come. KEDGE_OK if it ends well here (a whole value; a
// watch between two events); else KEDGE_ERR_JSON.
kedge_err kedge_sieve_finish(struct kedge_sieve *s);

#ifdef __cplusplus
}
#endif
#endif
