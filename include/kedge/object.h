// SPDX-License-Identifier: Apache-2.0
// kedge/object.h - a Kubernetes object as kedge keeps it: a record.
//
// A record is one contiguous block that holds no address: the kind's struct, then its texts and
// lists, joined by offsets that count from the member itself. It can be moved with memmove, written
// to flash and read back. So a struct inside it must not be copied by value: its offsets would
// point nowhere. kedge_object_copy is the one way to keep an object.
//
// A pointer to an object of the cache is good until the next kedge_poll, kedge_run or
// kedge_factory_wait_for_cache_sync; in a handler, until the handler returns.
#ifndef KEDGE_OBJECT_H
#define KEDGE_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kedge/err.h>
#include <kedge/limits.h>
#include <kedge/text.h>
#include <kedge/time.h>

#ifdef __cplusplus
extern "C" {
#endif

#if KEDGE_OFFSET_BITS == 32
typedef uint32_t kedge_offset;
#else
typedef uint16_t kedge_offset;
#endif

// A text in a record. Read it with kedge_text and kedge_text_len.
struct kedge_text {
    kedge_offset offset; // private; 0: absent or empty
};

// Never NULL: absent and empty give "". NUL-terminated; may hold NULs inside: then
// kedge_text_len counts them. It lies in the record, or for good in the library.
const char *kedge_text(const struct kedge_text *t);

// Its length in bytes: counted up to 255, then kept.
size_t kedge_text_len(const struct kedge_text *t);

// Both. Borrows as kedge_text does.
kedge_str kedge_text_str(const struct kedge_text *t);

// Texts in the order of the server. kedge_text_at(&l, i) for i < l.count; NULL beyond.
struct kedge_text_list {
    kedge_offset offset;
    kedge_offset count;
};
const struct kedge_text *kedge_text_at(const struct kedge_text_list *l, size_t i);

// Labels, annotations, data: `count` keys and values in the order of the server, each key once.
struct kedge_text_map {
    kedge_offset offset;
    kedge_offset count;
};
struct kedge_text_pair {
    struct kedge_text key;
    struct kedge_text value;
};
const struct kedge_text_pair *kedge_pair_at(const struct kedge_text_map *m, size_t i);
// The value of that key, or NULL.
const struct kedge_text *kedge_map_get(const struct kedge_text_map *m, const char *key);

// Structs of one type. Read it with the accessor that the kind's table makes, or with
// KEDGE_AT(type, &list, i); NULL beyond the end.
struct kedge_list {
    kedge_offset offset;
    kedge_offset count;
};
const void *kedge_list_at(const struct kedge_list *l, size_t i, size_t size);
#define KEDGE_AT(type, list, i) ((const type *)kedge_list_at((list), (i), sizeof(type)))

// A uid in a record: 16 bytes where it is a UUID as Kubernetes writes them, otherwise the way to
// its text.
struct kedge_uid {
    unsigned char bytes[16]; // private; all 0: absent or empty
};

// Room for a uid's text: a UUID has 36 bytes, and no object of a cache one of more than 63.
#define KEDGE_UID_TEXT 64

// The uid's text, "" where it is absent: written into `buf`, NUL-terminated, and `buf` returned. A
// text of 64 bytes or more does not go there: then it is where it lies in the record, and `buf` is
// "". Never NULL. May be called anywhere.
const char *kedge_uid_text(const struct kedge_uid *u, char buf[KEDGE_UID_TEXT]);

// The same with its length.
kedge_str kedge_uid_str(const struct kedge_uid *u, char buf[KEDGE_UID_TEXT]);

// Whether two uids have the same text; two that are absent do.
bool kedge_uid_equal(const struct kedge_uid *a, const struct kedge_uid *b);

// An amount in a record: two bytes for most that clusters have.
struct kedge_quantity {
    kedge_offset offset; // private; 0: absent or 0
};

// In thousandths, as kedge/quantity.h has them: "100m" of a CPU is 100. 0 where it is absent. May
// be called anywhere.
int64_t kedge_quantity(const struct kedge_quantity *q);

struct kedge_owner_reference {
    struct kedge_text api_version;
    struct kedge_text kind;
    struct kedge_text name;
    struct kedge_uid uid;
    bool controller;
};

// The metadata that every object carries; first in every kind's struct.
struct kedge_object {
    uint32_t kind;     // the kind's tag: kedge_kind_tag
    kedge_offset size; // bytes of the whole record, a multiple of 8
    uint8_t flags;     // private: kedge_is_partial
    uint8_t mistyped;  // fields that had another JSON type or a value out of range, up to 255
    int64_t generation;
    struct kedge_date creation_timestamp;
    struct kedge_date deletion_timestamp; // seconds 0: not being deleted
    struct kedge_text name;
    struct kedge_text namespace_; // "" for cluster-scoped kinds
    struct kedge_text resource_version;
    struct kedge_text_map labels;
    struct kedge_text_list finalizers;
    struct kedge_list owner_references; // of struct kedge_owner_reference
    struct kedge_uid uid;
    uint8_t present[6]; // private: KEDGE_HAS; a bit for each row of the kind's own table
};

// Never NULL: "" where it is absent, and of a NULL object.
const char *kedge_name(const struct kedge_object *o);
const char *kedge_namespace(const struct kedge_object *o);
const char *kedge_resource_version(const struct kedge_object *o);
// Its uid as kedge_uid_text gives it: in `buf`.
const char *kedge_uid(const struct kedge_object *o, char buf[KEDGE_UID_TEXT]);
// The label's value (NUL-terminated, in the record), or NULL if it is not there.
const char *kedge_label(const struct kedge_object *o, const char *key);
// The owner with controller: true, or NULL.
const struct kedge_owner_reference *kedge_controller_of(const struct kedge_object *o);

// True if the object was over the size limit: only name, namespace, uid and version are there.
bool kedge_is_partial(const struct kedge_object *o);

// Copies the whole record into `buf` (aligned for int64_t). *need, if not NULL, is set to its size.
// `buf` NULL only asks for the size. Copies nothing of a NULL object.
//
// KEDGE_ERR_FULL      `cap` is too small: nothing was written
// KEDGE_ERR_ARGUMENT  the object is NULL
kedge_err kedge_object_copy(const struct kedge_object *o, void *buf, size_t cap, size_t *need);

#ifdef __cplusplus
}
#endif
#endif
