// SPDX-License-Identifier: Apache-2.0
// kedge/fields.h - which fields of a JSON object are wanted, as a constant table.
//
// The sieve reads paths from it, the projection types and offsets. Tables are written with the
// macros of kedge/kind.h; nobody fills them in by hand.
#ifndef KEDGE_FIELDS_H
#define KEDGE_FIELDS_H

#include <stdint.h>

#include <kedge/text.h>

// A path as the tables and kedge_json_at take it: one to eight string literals, so a key may have
// dots: KEDGE_PATH("metadata", "annotations", "example.com/limit"). A run-time path is a text of
// the same form.
#define KEDGE_PATH(...) KEDGE__KEYS(__VA_ARGS__)

#ifdef __cplusplus
extern "C" {
#endif

// What a field is, and so which member of the record holds it.
enum kedge_field_type {
    KEDGE_FIELD_TEXT,       // struct kedge_text
    KEDGE_FIELD_BOOL,       // bool
    KEDGE_FIELD_INT32,      // int32_t
    KEDGE_FIELD_INT64,      // int64_t
    KEDGE_FIELD_TIME,       // struct kedge_date, from RFC 3339 text: to the second
    KEDGE_FIELD_QUANTITY,   // struct kedge_quantity, from a text or a number
    KEDGE_FIELD_ENUM,       // uint8_t, 1 + the place in the names; 0: none of them
    KEDGE_FIELD_TEXT_LIST,  // struct kedge_text_list
    KEDGE_FIELD_TEXT_MAP,   // struct kedge_text_map
    KEDGE_FIELD_LIST,       // struct kedge_list of the structs that `items` describes
    KEDGE_FIELD_RAW,        // struct kedge_text: the value's own JSON text, compact
    KEDGE_FIELD_BASE64,     // struct kedge_text: decoded bytes (a text value)
    KEDGE_FIELD_BASE64_MAP, // struct kedge_text_map whose values are decoded bytes (Secret data)
    KEDGE_FIELD_DROP,       // not kept, though a row with a shorter path keeps what is around it
    KEDGE_FIELD_SCALAR, // struct kedge_text: a text as it is, a number or bool as JSON writes it
    KEDGE_FIELD_UID,    // struct kedge_uid
    KEDGE_FIELD_MICRO_TIME, // kedge_timestamp, from RFC 3339 text: to the microsecond
    KEDGE_FIELD_SIEVED      // no member: the sieve lets it through for the library's own use
};

struct kedge_table;

struct kedge_field {
    // Keys from the table's root, each ended by a NUL, and one more NUL at the end:
    // "spec\0replicas\0". The empty path (just the final NUL) is the whole object.
    const char *path;
    union {
        // KEDGE_FIELD_ENUM: the names, each ended by a NUL, and one more NUL at the end.
        // KEDGE_FIELD_QUANTITY, _BASE64, _BASE64_MAP, _MICRO_TIME: their struct kedge__reader.
        // Other types but lists: NULL.
        const void *detail;
        // KEDGE_FIELD_LIST: the rows of one element, whose paths begin at the element.
        const struct kedge_table *items;
    };
    uint16_t offset; // of the member in its struct, in bytes; 0 where there is none
    uint8_t type;    // enum kedge_field_type
    uint8_t reserved;
};

// Reads values of a type that few kinds have. A program links it only with a kind that names it.
struct kedge__reader;
extern const struct kedge__reader kedge__reader_quantity;
extern const struct kedge__reader kedge__reader_base64;
extern const struct kedge__reader kedge__reader_micro_time;

// At most 64 rows in all the tables that are sieved together.
struct kedge_table {
    const struct kedge_field *fields;
    uint16_t count; // rows
    uint16_t size;  // bytes of the struct
};

#ifdef __cplusplus
}
#endif

// Private from here on --------------------------------------------------------------------------

// "spec", "replicas" -> "spec\0replicas\0", and the literal's own NUL ends the path.
#define KEDGE__KEYS_1(key)                               key "\0"
#define KEDGE__KEYS_2(key, ...)                          key "\0" KEDGE__KEYS_1(__VA_ARGS__)
#define KEDGE__KEYS_3(key, ...)                          key "\0" KEDGE__KEYS_2(__VA_ARGS__)
#define KEDGE__KEYS_4(key, ...)                          key "\0" KEDGE__KEYS_3(__VA_ARGS__)
#define KEDGE__KEYS_5(key, ...)                          key "\0" KEDGE__KEYS_4(__VA_ARGS__)
#define KEDGE__KEYS_6(key, ...)                          key "\0" KEDGE__KEYS_5(__VA_ARGS__)
#define KEDGE__KEYS_7(key, ...)                          key "\0" KEDGE__KEYS_6(__VA_ARGS__)
#define KEDGE__KEYS_8(key, ...)                          key "\0" KEDGE__KEYS_7(__VA_ARGS__)
#define KEDGE__NINTH(a, b, c, d, e, f, g, h, ninth, ...) ninth
#define KEDGE__KEYS(...)                                                                  \
    KEDGE__NINTH(__VA_ARGS__, KEDGE__KEYS_8, KEDGE__KEYS_7, KEDGE__KEYS_6, KEDGE__KEYS_5, \
                 KEDGE__KEYS_4, KEDGE__KEYS_3, KEDGE__KEYS_2, KEDGE__KEYS_1, 0)           \
    (__VA_ARGS__)

#endif
