// SPDX-License-Identifier: Apache-2.0
// kedge/kind.h - a kind is a table, written once.
//
// One list of rows says which fields of a kind are wanted. From it come the typed struct, its
// accessors, what the sieve lets through and how a record is built. A kind of your own is declared
// in a header and defined in one .c file, just as the built-in ones are (each line of a list of
// rows but the last ends in a backslash, which is left out here):
//
//     #define KEDGE_ROWS_sensor(FIELD, LIST, ENUM, K)
//         FIELD(K, INT32, spec_interval_seconds, "spec", "intervalSeconds")
//         FIELD(K, TEXT_LIST, spec_tags, "spec", "tags")
//         ENUM(K, sensor_state, status_state, "status", "state")
//         LIST(K, sensor_sample, status_samples, "status", "samples")
//     KEDGE_DECLARE_KIND(sensor)
//
//     KEDGE_DEFINE_KIND(sensor, "edge.example.com", "v1", "sensors", "Sensor", KEDGE_NAMESPACED)
//
// and used so:
//
//     const struct kedge_sensor *s = kedge_as_sensor(obj);            // NULL: of another kind
//     if (KEDGE_HAS(s, sensor, spec_interval_seconds))                // absent and null, told from
//     0
//         every(s->spec_interval_seconds);
//     for (size_t i = 0; i < s->status_samples.count; i++)
//         print(kedge_text(&kedge_sensor_status_samples(s, i)->unit));
//
// A row is
//
//     FIELD(K, TYPE, member, keys...)   TYPE is one of enum kedge_field_type, without its prefix
//     LIST(K, item, member, keys...)    an array of objects; `item` names a table of its own
//     ENUM(K, values, member, keys...)  a text out of a few; `values` names them
//
// K stands for the kind's name and is always written K. `member` is the struct's member; by custom
// the path in snake_case. The keys are one to eight string literals, so a key may have dots:
// "metadata", "annotations", "example.com/limit". Rows come in any order: the struct's members are
// ordered by size, so that no byte is lost. A FIELD of type DROP has no member: it keeps out what a
// row with a shorter path would let in. Metadata needs no rows: see struct kedge_object.
//
// A LIST's elements and an ENUM's values are declared before the kind, and the elements defined
// beside it:
//
//     #define KEDGE_ROWS_sensor_sample(FIELD, LIST, ENUM, K)
//         FIELD(K, TIME, at, "at")
//         FIELD(K, TEXT, unit, "unit")
//     KEDGE_DECLARE_ITEM(sensor_sample)      KEDGE_DEFINE_ITEM(sensor_sample)
//
//     #define KEDGE_VALUES_sensor_state(VALUE)
//         VALUE(SENSOR_OFF, "Off")
//         VALUE(SENSOR_ON, "On")
//     KEDGE_DECLARE_ENUM(sensor_state)       // enum kedge_sensor_state, kedge_sensor_state_text
//
// An element may have LISTs again, four deep in all. A kind has at most 48 rows of its own, and so
// has an element. The macros take no semicolon.
//
// KEDGE_HAS knows a kind's own rows. In an element, what is absent is told from false or 0 by a row
// of type SCALAR ("" there), and from an empty object by one of type RAW ("" and "{}"). Elements
// that several kinds share are declared once and defined once, best in a .c file of their own; any
// kind, a user's too, may name those of kedge/kinds/common.h, such as `condition`.
#ifndef KEDGE_KIND_H
#define KEDGE_KIND_H

#include <kedge/fields.h>
#include <kedge/object.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    KEDGE_CLUSTER_SCOPED = 0,
    KEDGE_NAMESPACED = 1,
    KEDGE_SECRET = 2, // bytes that a record leaves are wiped
    // The server is asked for PartialObjectMetadata: only rows below "metadata" can be there.
    KEDGE_METADATA_ONLY = 4
};

// Rows of its own that a kind may have, and an element.
#define KEDGE_KIND_ROWS 48

struct kedge_kind {
    const char *group;    // "" for the core group
    const char *version;  // "v1"
    const char *resource; // "deployments"
    const char *kind;     // "Deployment", as servers say it: what says to be of another is none
    uint32_t flags;
    const struct kedge_table *table; // the kind's own rows
    uint32_t *tag;                   // 4 bytes of RAM: see kedge_kind_tag
};

// A number that names the kind and its table: equal only for equal tables, also after a restart.
// Never 0. Computed at the first call, which must not be made from two threads at once.
uint32_t kedge_kind_tag(const struct kedge_kind *kind);

// The object as that kind's struct, or NULL if it is of another kind or NULL.
const void *kedge_object_as(const struct kedge_object *o, const struct kedge_kind *kind);

// The name of an ENUM's value: of `names`, as in struct kedge_field, the value-th from 1; "" for 0
// and for what is none. Static storage.
const char *kedge_enum_text(const char *names, unsigned value);

#ifdef __cplusplus
}
#endif

// struct kedge_NAME, kedge_kind_NAME, kedge_as_NAME(obj), and for each LIST row
// kedge_NAME_MEMBER(ptr, i): the i-th element, or NULL beyond the end.
#define KEDGE_DECLARE_KIND(name)                                                           \
    struct kedge_##name {                                                                  \
        struct kedge_object object;                                                        \
        KEDGE__MEMBERS(name)                                                               \
    };                                                                                     \
    KEDGE__ROW_NUMBERS(name)                                                               \
    KEDGE__EXTERN const struct kedge_table kedge__table_##name;                            \
    KEDGE__EXTERN const struct kedge_kind kedge_kind_##name;                               \
    KEDGE__INLINE const struct kedge_##name *kedge_as_##name(const struct kedge_object *o) \
    {                                                                                      \
        return (const struct kedge_##name *)kedge_object_as(o, &kedge_kind_##name);        \
    }                                                                                      \
    KEDGE__ELEMENTS(name)

// struct kedge_NAME, the element of a list, and for each LIST row of its own kedge_NAME_MEMBER.
#define KEDGE_DECLARE_ITEM(name)                                \
    struct kedge_##name {                                       \
        KEDGE__MEMBERS(name)                                    \
    };                                                          \
    KEDGE__EXTERN const struct kedge_table kedge__table_##name; \
    KEDGE__ELEMENTS(name)

// enum kedge_NAME of the values' constants, and kedge_NAME_text(value): its name, "" for 0 (absent,
// or a value that the table does not have).
#define KEDGE_DECLARE_ENUM(name)                                                         \
    enum kedge_##name{KEDGE__NO_##name = 0, KEDGE_VALUES_##name(KEDGE__VALUE_CONSTANT)}; \
    KEDGE__INLINE const char *kedge_##name##_text(unsigned value)                        \
    {                                                                                    \
        return kedge_enum_text(KEDGE_VALUES_##name(KEDGE__VALUE_NAME), value);           \
    }

// In one .c file: the kind, with its place in the API. `flags` as above, joined by |.
#define KEDGE_DEFINE_KIND(name, group, version, resource, kind, flags)                    \
    KEDGE__TABLE(name)                                                                    \
    static uint32_t kedge__tag_##name;                                                    \
    const struct kedge_kind kedge_kind_##name = {(group),           (version),            \
                                                 (resource),        (kind),               \
                                                 (flags),           &kedge__table_##name, \
                                                 &kedge__tag_##name};

// In one .c file: the element of a list.
#define KEDGE_DEFINE_ITEM(name) KEDGE__TABLE(name)

// True if the server sent that member (not null): of a struct kedge_NAME, not of an element.
#define KEDGE_HAS(ptr, name, member) KEDGE__HAS((ptr)->object.present, KEDGE__ROW_##name##_##member)

// Private from here on --------------------------------------------------------------------------

#ifdef __cplusplus
#define KEDGE__EXTERN             extern "C"
#define KEDGE__ASSERT(claim, why) static_assert(claim, why)
#else
#define KEDGE__EXTERN             extern
#define KEDGE__ASSERT(claim, why) _Static_assert(claim, why)
#endif

// A kind that is declared in a .c file may have accessors that nobody calls.
#ifdef __GNUC__
#define KEDGE__INLINE static inline __attribute__((unused))
#else
#define KEDGE__INLINE static inline
#endif

#define KEDGE__HAS(present, row) (((present)[(row) / 8] & 1 << (row) % 8) != 0)

// A type's C type, given to one of four macros: for members aligned to 8, 4, a text's 2 or 4,
// and 1.
#define KEDGE__IS_TEXT(a, b, c, d, K, member)       c(K, struct kedge_text, member)
#define KEDGE__IS_BOOL(a, b, c, d, K, member)       d(K, bool, member)
#define KEDGE__IS_INT32(a, b, c, d, K, member)      b(K, int32_t, member)
#define KEDGE__IS_INT64(a, b, c, d, K, member)      a(K, int64_t, member)
#define KEDGE__IS_TIME(a, b, c, d, K, member)       b(K, struct kedge_date, member)
#define KEDGE__IS_MICRO_TIME(a, b, c, d, K, member) a(K, kedge_timestamp, member)
#define KEDGE__IS_QUANTITY(a, b, c, d, K, member)   c(K, struct kedge_quantity, member)
#define KEDGE__IS_ENUM(a, b, c, d, K, member)       d(K, uint8_t, member)
#define KEDGE__IS_TEXT_LIST(a, b, c, d, K, member)  c(K, struct kedge_text_list, member)
#define KEDGE__IS_TEXT_MAP(a, b, c, d, K, member)   c(K, struct kedge_text_map, member)
#define KEDGE__IS_LIST(a, b, c, d, K, member)       c(K, struct kedge_list, member)
#define KEDGE__IS_RAW(a, b, c, d, K, member)        c(K, struct kedge_text, member)
#define KEDGE__IS_SCALAR(a, b, c, d, K, member)     c(K, struct kedge_text, member)
#define KEDGE__IS_BASE64(a, b, c, d, K, member)     c(K, struct kedge_text, member)
#define KEDGE__IS_BASE64_MAP(a, b, c, d, K, member) c(K, struct kedge_text_map, member)
#define KEDGE__IS_UID(a, b, c, d, K, member)        d(K, struct kedge_uid, member)
#define KEDGE__IS_DROP(a, b, c, d, K, member)

// What a type's values are read with, if not by the library's core.
#define KEDGE__READER_TEXT       NULL
#define KEDGE__READER_BOOL       NULL
#define KEDGE__READER_INT32      NULL
#define KEDGE__READER_INT64      NULL
#define KEDGE__READER_TIME       NULL
#define KEDGE__READER_MICRO_TIME &kedge__reader_micro_time
#define KEDGE__READER_QUANTITY   &kedge__reader_quantity
#define KEDGE__READER_TEXT_LIST  NULL
#define KEDGE__READER_TEXT_MAP   NULL
#define KEDGE__READER_RAW        NULL
#define KEDGE__READER_SCALAR     NULL
#define KEDGE__READER_BASE64     &kedge__reader_base64
#define KEDGE__READER_BASE64_MAP &kedge__reader_base64
#define KEDGE__READER_UID        NULL
#define KEDGE__READER_DROP       NULL

#define KEDGE__NONE(K, type, member)
#define KEDGE__MEMBER(K, type, member) type member;
#define KEDGE__OFFSET(K, type, member) +offsetof(struct kedge_##K, member)

#define KEDGE__8(K, type, member) \
    KEDGE__IS_##type(KEDGE__MEMBER, KEDGE__NONE, KEDGE__NONE, KEDGE__NONE, K, member)
#define KEDGE__4(K, type, member) \
    KEDGE__IS_##type(KEDGE__NONE, KEDGE__MEMBER, KEDGE__NONE, KEDGE__NONE, K, member)
#define KEDGE__2(K, type, member) \
    KEDGE__IS_##type(KEDGE__NONE, KEDGE__NONE, KEDGE__MEMBER, KEDGE__NONE, K, member)
#define KEDGE__1(K, type, member) \
    KEDGE__IS_##type(KEDGE__NONE, KEDGE__NONE, KEDGE__NONE, KEDGE__MEMBER, K, member)
#define KEDGE__PLACE(K, type, member) \
    (uint16_t)(                       \
        0 KEDGE__IS_##type(KEDGE__OFFSET, KEDGE__OFFSET, KEDGE__OFFSET, KEDGE__OFFSET, K, member))

#define KEDGE__8_FIELD(K, type, member, ...)  KEDGE__8(K, type, member)
#define KEDGE__4_FIELD(K, type, member, ...)  KEDGE__4(K, type, member)
#define KEDGE__2_FIELD(K, type, member, ...)  KEDGE__2(K, type, member)
#define KEDGE__1_FIELD(K, type, member, ...)  KEDGE__1(K, type, member)
#define KEDGE__2_LIST(K, item, member, ...)   KEDGE__2(K, LIST, member)
#define KEDGE__1_ENUM(K, values, member, ...) KEDGE__1(K, ENUM, member)
#define KEDGE__NO_ROW(K, what, member, ...)

#define KEDGE__MEMBERS(name)                                                      \
    KEDGE_ROWS_##name(KEDGE__8_FIELD, KEDGE__NO_ROW, KEDGE__NO_ROW, name)         \
        KEDGE_ROWS_##name(KEDGE__4_FIELD, KEDGE__NO_ROW, KEDGE__NO_ROW, name)     \
            KEDGE_ROWS_##name(KEDGE__2_FIELD, KEDGE__2_LIST, KEDGE__NO_ROW, name) \
                KEDGE_ROWS_##name(KEDGE__1_FIELD, KEDGE__NO_ROW, KEDGE__1_ENUM, name)

// The place of each row in its table, which is its bit in `present`.
#define KEDGE__ROW_NUMBER(K, what, member, ...) KEDGE__ROW_##K##_##member,
#define KEDGE__ROW_NUMBERS(name)                                                         \
    enum {                                                                               \
        KEDGE_ROWS_##name(KEDGE__ROW_NUMBER, KEDGE__ROW_NUMBER, KEDGE__ROW_NUMBER, name) \
            KEDGE__ROWS_##name                                                           \
    };

#define KEDGE__ELEMENT(K, item, member, ...)                                                 \
    KEDGE__INLINE const struct kedge_##item *kedge_##K##_##member(const struct kedge_##K *o, \
                                                                  size_t i)                  \
    {                                                                                        \
        return KEDGE_AT(struct kedge_##item, &o->member, i);                                 \
    }
#define KEDGE__ELEMENTS(name) KEDGE_ROWS_##name(KEDGE__NO_ROW, KEDGE__ELEMENT, KEDGE__NO_ROW, name)

#define KEDGE__VALUE_CONSTANT(constant, text) constant,
#define KEDGE__VALUE_NAME(constant, text)     text "\0"

#define KEDGE__FIELD_ROW(K, type, member, ...) \
    {KEDGE__KEYS(__VA_ARGS__),                 \
     {KEDGE__READER_##type},                   \
     KEDGE__PLACE(K, type, member),            \
     KEDGE_FIELD_##type,                       \
     0},
#define KEDGE__LIST_ROW(K, item, member, ...) \
    {KEDGE__KEYS(__VA_ARGS__),                \
     {&kedge__table_##item},                  \
     KEDGE__PLACE(K, LIST, member),           \
     KEDGE_FIELD_LIST,                        \
     0},
#define KEDGE__ENUM_ROW(K, values, member, ...)  \
    {KEDGE__KEYS(__VA_ARGS__),                   \
     {KEDGE_VALUES_##values(KEDGE__VALUE_NAME)}, \
     KEDGE__PLACE(K, ENUM, member),              \
     KEDGE_FIELD_ENUM,                           \
     0},

#define KEDGE__TABLE(name)                                                                         \
    static const struct kedge_field kedge__fields_##name[] = {                                     \
        KEDGE_ROWS_##name(KEDGE__FIELD_ROW, KEDGE__LIST_ROW, KEDGE__ENUM_ROW, name)};              \
    KEDGE__ASSERT(sizeof(struct kedge_##name) <= UINT16_MAX, "a struct has at most 65,535 bytes"); \
    KEDGE__ASSERT(sizeof kedge__fields_##name <= KEDGE_KIND_ROWS * sizeof(struct kedge_field),     \
                  "a kind, and an element, has at most 48 rows");                                  \
    const struct kedge_table kedge__table_##name = {                                               \
        kedge__fields_##name,                                                                      \
        (uint16_t)(sizeof kedge__fields_##name / sizeof kedge__fields_##name[0]),                  \
        (uint16_t)sizeof(struct kedge_##name)};

#endif
