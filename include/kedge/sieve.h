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
//         if (err != KEDGE_OK)                // s.problem says what is wrong, s.offset where
//             ...
//         data += used, len -= used;
//         if (event == KEDGE_SIEVE_ITEM)      // s.item is one object; read it before the next feed
//             ...
//         if (event == KEDGE_SIEVE_END)       // the whole value has come; s.envelope is complete
//             ...
//     }
//     err = kedge_sieve_finish(&s);           // was that all of it?
//
// What is kept of a value, whose place is a path of keys:
//   - a row that names the place keeps the value whole: text, number, map, list, subtree; a null
//     is kept as null. Of a KEDGE_FIELD_LIST row, only an array is kept, and of each element what
//     `items` names; an element that is no object becomes null, so that the others stay in place.
//   - a row that names a longer path keeps, of an object, what it names of it, and of any other
//     value nothing: neither the key nor the value appears.
//   - a KEDGE_FIELD_DROP row leaves out what it names below a row that keeps everything around it
//     (the empty path: all of the object), but not what another row names at the same path or
//     below.
// Members come out in the order in which they came, duplicate keys too (their last should win).
// A key is compared with its escapes undone. A kept value comes out as it was spelt (escapes,
// numbers), only without white space.
//
// An item whose kept fields are larger than the buffer is cut down to its identity (the first
// `identity` rows of the first table) and marked: s.overflow. Where even that does not fit, the
// item is empty and s.unusable is true. Nothing is ever cut in the middle of a value.
//
// Stricter than some: a lone surrogate (\ud800 without its second half) in a kept text is refused,
// as is a byte order mark before the text. A text may hold \u0000.
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
    KEDGE_SIEVE_LIST,   // an object whose "items" holds the items: an array, or null, or absent
    KEDGE_SIEVE_WATCH   // any number of objects, each with its item in "object"; white space
                        // between them, or none
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
    // Rows of tables[0], from its first, that survive an overflow; at most 8, KEDGE_FIELD_TEXT
    // and KEDGE_FIELD_UID only, all with the same keys before the last (metadata). Only texts
    // survive, no null.
    uint16_t identity;
    // The rows wanted of what is around the items: a list's kind and metadata, an event's type. At
    // most 63. NULL: none, and the envelope stays empty.
    const struct kedge_table *envelope;
    // Where the kept text goes; yours, and outlives the sieve. KEDGE_SIEVE_BUFFER bytes at least
    // for items; for the envelope, whatever its rows need (none where there are no rows).
    char *item_buf;
    size_t item_cap;
    char *envelope_buf;
    size_t envelope_cap;
};

// The smallest buffer for items, in bytes.
#define KEDGE_SIEVE_BUFFER 512
// 1,024 levels of nesting, a bit each.
#define KEDGE_SIEVE_DEPTH 1024
// Levels of wanted nesting, at 16 bytes: the longest path of a table, with those of its lists'
// items. Each key counts one, each list one more; so do the list or the event around the items.
#define KEDGE_SIEVE_PATH 24
// How deep KEDGE_FIELD_LIST rows may lie in one another.
#define KEDGE_SIEVE_LISTS 4
// The most rows that an overflow may keep.
#define KEDGE_SIEVE_IDENTITY 8

// A level of wanted nesting. Private.
struct kedge_sieve_frame {
    uint64_t rows;   // those whose first keys led here, a bit each
    uint16_t prefix; // the length of these keys in their paths
    uint8_t root;    // the tables that the rows are of, in `roots`
    uint8_t flags;
    uint32_t reserved; // 0: the state has no byte that is not set
};

// Tables whose rows are counted through. Private.
struct kedge_sieve_root {
    const struct kedge_table *tables[3];
};

// The whole state: nothing else is held between two calls, and the struct may be moved.
struct kedge_sieve {
    // Private. What is used at every byte comes first: short offsets make short code.
    uint8_t state;
    uint8_t level;  // frames in use
    uint8_t digits; // of \uXXXX
    uint8_t number; // what may follow in the number
    uint8_t need;   // bytes that must follow in the character, the next in low..top
    uint8_t low;
    uint8_t top;
    uint8_t event;
    int8_t err;
    int8_t slot;   // the identity row whose text is being kept, or -1
    bool in_item;  // what is kept goes to the item, not to the envelope
    bool has_item; // the event has had its object
    bool keep;     // inside a container that is kept whole
    bool within;   // inside a container that is skipped
    bool copy;     // the text, number or word at hand is kept
    bool is_key;   // the text at hand is a key
    bool key_out;  // the key at hand has been written as it came
    bool mute;     // nothing of the item is kept for now
    bool some;     // after an overflow: an identity text is there

    bool overflow;       // ITEM: only the identity was kept
    bool unusable;       // ITEM: not even that fits, or the item is no object; item is "{}"
    uint32_t enough;     // ITEM with `overflow`: a buffer of so many bytes would have done
    kedge_str item;      // ITEM: the kept text of the object, e.g. {"metadata":{"name":"a"}}
    kedge_str envelope;  // ITEM of a watch, END of a list: the kept text around it
    uint64_t offset;     // bytes consumed since init; after an error, of those before its place
    const char *problem; // after an error: what is wrong, one phrase, static storage; else NULL

    // Private.
    uint16_t depth;      // of nesting
    uint16_t base;       // the depth at which keeping or skipping ends
    uint16_t item_depth; // the depth at which the item ends
    uint16_t key_len;    // bytes of the key that match
    uint16_t parent;     // bytes of the identity rows' common path
    uint64_t match;      // rows that the key at hand may still be
    const char *word;    // what must come of true, false or null
    uint32_t item_len;
    uint32_t envelope_len;
    uint32_t unit; // of \uXXXX, the digits so far
    uint32_t high; // a high surrogate that waits for its low one, or 0
    struct kedge_sieve_options options;
    struct kedge_sieve_root roots[2 + KEDGE_SIEVE_LISTS];
    struct kedge_sieve_frame frames[KEDGE_SIEVE_PATH];
    uint32_t nesting[KEDGE_SIEVE_DEPTH / 32]; // 1: an object, 0: an array
    uint32_t identity_at[KEDGE_SIEVE_IDENTITY];
    uint32_t identity_len[KEDGE_SIEVE_IDENTITY]; // 0: not seen
};

// Makes a sieve ready for a new value. It is good for one value; for the next, init it again.
//
// KEDGE_ERR_ARGUMENT  too many rows, a path too deep, a buffer too small, identity rows that are no
//                     texts or do not lie together; s->problem says which
kedge_err kedge_sieve_init(struct kedge_sieve *s, const struct kedge_sieve_options *options);

// Takes bytes until one item is complete or all are used. *used is how many were taken; the rest is
// to be given again. After ITEM, `item` and `envelope` are good until the next call. END comes with
// the byte that ends a list; of an object, with the call after ITEM, even if that brings no bytes.
// After END only white space may follow.
//
// KEDGE_OK            *event says what happened
// KEDGE_ERR_JSON      no JSON, or not of the shape; s->offset and s->problem say where and what.
// The
//                     sieve stays failed.
// KEDGE_ERR_TOO_LONG  the envelope does not fit its buffer. The sieve stays failed.
kedge_err kedge_sieve_feed(struct kedge_sieve *s, const char *data, size_t len, size_t *used,
                           enum kedge_sieve_event *event);

// Tells the sieve that no more bytes will come. KEDGE_OK if it ends well here (a whole value; a
// watch between two events); else KEDGE_ERR_JSON, or the error that a feed gave. May be called more
// than once.
kedge_err kedge_sieve_finish(struct kedge_sieve *s);

#ifdef __cplusplus
}
#endif
#endif
