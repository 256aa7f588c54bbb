// SPDX-License-Identifier: Apache-2.0
// kedge/build.h - writes objects and patches from named fields.
//
//     char text[512];
//     struct kedge_build b;
//     kedge_str patch;
//
//     kedge_build_patch(&b, &kedge_kind_deployment, text, sizeof text);
//     kedge_build_int(&b, KEDGE_FIELD(deployment, spec_replicas), 3);
//     kedge_build_label(&b, "tier", "front");
//     kedge_build_item(&b, KEDGE_FIELD(deployment, spec_template_spec_containers));
//     kedge_build_text(&b, KEDGE_FIELD(template_container, name), "web");
//     kedge_build_text(&b, KEDGE_FIELD(template_container, image), "nginx:1.29");
//     if (kedge_build_finish(&b, &patch) == KEDGE_OK) ...
//         // {"spec":{"replicas":3,"template":{"spec":{"containers":[{"name":"web",
//         //  "image":"nginx:1.29"}]}}},"metadata":{"labels":{"tier":"front"}}}
//     else
//         puts(kedge_build_error_text(&b));
//
// What is read of an object (a record) is not the whole of it, so it is never sent back. What is
// written is built anew: an object to create or apply, or a patch that says what shall change.
// Fields come in any order and go to their places in the JSON text, which grows in your buffer:
// that is all the room it needs, and values are copied into it. What is not called is not in it, so
// unset, zero (kedge_build_int of 0) and null (kedge_build_null) are three different things. A
// field given twice has its last value.
//
// The first error stays: one check at the end is enough. Every call takes the time of a look
// through the text that is there: meant for objects of some kilobytes. All of this may be called
// anywhere; nothing here sends anything.
#ifndef KEDGE_BUILD_H
#define KEDGE_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kedge/kind.h>

#ifdef __cplusplus
extern "C" {
#endif

// Naming a field ---------------------------------------------------------------------------------

// A field: a row of a table, or a path. A value; made by the macros below.
typedef struct kedge_member {
    const struct kedge_table *table; // of the kind, or of a list's elements; NULL: the object's
    const char *path;                // keys, each ended by a NUL; NULL: the row at `offset`
    size_t offset;
} kedge_member;

#ifdef __cplusplus
#define KEDGE__NAMED(...) (kedge_member{__VA_ARGS__})
#else
#define KEDGE__NAMED(...) ((kedge_member){__VA_ARGS__})
#endif

// A member of struct kedge_NAME, a kind or the element of a list. The compiler knows the member,
// the table its type: a value of another is KEDGE_ERR_ARGUMENT.
#define KEDGE_FIELD(name, member) \
    KEDGE__NAMED(&kedge__table_##name, NULL, offsetof(struct kedge_##name, member))

// Any field of the object, by up to eight keys: KEDGE_FIELD_AT("spec", "template", "metadata",
// "labels"). For what the kind's table does not have: no type is checked, but that of the server.
#define KEDGE_FIELD_AT(...) KEDGE__NAMED(NULL, KEDGE__KEYS(__VA_ARGS__), 0)

// Any field of an element: KEDGE_FIELD_IN(template_container, "imagePullPolicy").
#define KEDGE_FIELD_IN(name, ...) KEDGE__NAMED(&kedge__table_##name, KEDGE__KEYS(__VA_ARGS__), 0)

#define KEDGE_LABELS      KEDGE_FIELD_AT("metadata", "labels")
#define KEDGE_ANNOTATIONS KEDGE_FIELD_AT("metadata", "annotations")
#define KEDGE_FINALIZERS  KEDGE_FIELD_AT("metadata", "finalizers")

// The builder ------------------------------------------------------------------------------------

struct kedge__place;
struct kedge__value;

// Bytes of the text that says what failed.
#define KEDGE_BUILD_TEXT 96

// Lists in lists, at most.
#define KEDGE_BUILD_LISTS 4

struct kedge_build {
    // Private.
    const struct kedge_kind *kind;
    char *buf; // always one whole JSON value
    size_t cap;
    size_t len;
    size_t (*put)(struct kedge_build *b, const struct kedge__place *place,
                  const struct kedge__value *value);
    // The object, and the items that are open in it.
    struct kedge_build_scope {
        const struct kedge_table *table;
        const char *path; // of a JSON patch: of the list
        size_t at;        // where its text begins; of a JSON patch: its place in the list
    } scopes[1 + KEDGE_BUILD_LISTS];
    uint8_t depth; // items open
    uint8_t op;
    kedge_err err;
    char text[KEDGE_BUILD_TEXT];
};

// Begins an object of that kind, to be created or applied: with apiVersion and kind. `buf` stays
// the caller's and outlives the builder, and so does the kind.
void kedge_build_object(struct kedge_build *b, const struct kedge_kind *kind, char *buf,
                        size_t cap);

// Begins a merge patch or a strategic merge patch: without them.
void kedge_build_patch(struct kedge_build *b, const struct kedge_kind *kind, char *buf, size_t cap);

// The text so far, in the builder's buffer, without a NUL; good until the next call on the builder.
// Building may go on afterwards. After an error out->ptr is NULL.
//
// KEDGE_ERR_ARGUMENT  a value does not suit its field, or what was called may not stand there
// KEDGE_ERR_TOO_LONG  the buffer is too small
// KEDGE_ERR_JSON      a raw value is not one JSON value
//
// kedge_build_error_text says of which field.
kedge_err kedge_build_finish(const struct kedge_build *b, kedge_str *out);

// What failed first, in words: "spec.replicas: ..."; "" if nothing did. Lives in the builder.
const char *kedge_build_error_text(const struct kedge_build *b);

// Values -----------------------------------------------------------------------------------------

// Of a TEXT, SCALAR, ENUM or UID, and of a QUANTITY, as "64Mi", which is checked. NULL is
// KEDGE_ERR_ARGUMENT, and so is what is not UTF-8.
void kedge_build_text(struct kedge_build *b, kedge_member m, const char *text);
void kedge_build_text_str(struct kedge_build *b, kedge_member m, kedge_str text);

void kedge_build_bool(struct kedge_build *b, kedge_member m, bool value); // BOOL, SCALAR

// INT32 (KEDGE_ERR_ARGUMENT if it does not fit), INT64, SCALAR.
void kedge_build_int(struct kedge_build *b, kedge_member m, int64_t value);

// A TIME or MICRO_TIME, in UTC with microseconds, as both Time and MicroTime of the API take it.
void kedge_build_time(struct kedge_build *b, kedge_member m, kedge_timestamp value);

// A QUANTITY in thousandths, as it is read: 1500 gives "1500m", 2000 gives "2".
void kedge_build_quantity(struct kedge_build *b, kedge_member m, int64_t thousandths);

// One of an ENUM's constants; 0 and what is none of them is KEDGE_ERR_ARGUMENT. Not of a
// KEDGE_FIELD_AT, which has no names.
void kedge_build_enum(struct kedge_build *b, kedge_member m, unsigned value);

// Bytes of a BASE64 field.
void kedge_build_bytes(struct kedge_build *b, kedge_member m, kedge_str bytes);

// null: a merge patch takes the field out of the object.
void kedge_build_null(struct kedge_build *b, kedge_member m);

// A list or map with nothing in it: [] or {}. Not of a KEDGE_FIELD_AT: use kedge_build_json.
void kedge_build_empty(struct kedge_build *b, kedge_member m);

// A value that is JSON already, of a RAW, a list or a map. It is checked, and white space left out;
// KEDGE_ERR_JSON if it is not one value of at most 64 levels.
void kedge_build_json(struct kedge_build *b, kedge_member m, kedge_str json);

// Maps and lists ---------------------------------------------------------------------------------

// An entry of a TEXT_MAP: the keys that are not named stay out of it. NULL as value is
// KEDGE_ERR_ARGUMENT.
void kedge_build_entry(struct kedge_build *b, kedge_member m, const char *key, const char *value);
// The same with null: a merge patch takes the entry out.
void kedge_build_entry_null(struct kedge_build *b, kedge_member m, const char *key);
// An entry of a BASE64_MAP, a Secret's data.
void kedge_build_entry_bytes(struct kedge_build *b, kedge_member m, const char *key,
                             kedge_str bytes);

// One more text at the end of a TEXT_LIST.
void kedge_build_add(struct kedge_build *b, kedge_member m, const char *text);
// One more element, of JSON as in kedge_build_json, at the end of a list.
void kedge_build_add_json(struct kedge_build *b, kedge_member m, kedge_str json);

// Begins one more element at the end of a LIST: the fields of its table that follow are this
// one's. It ends when the next one begins; lists in it are begun the same way. In a strategic merge
// patch an element with its key ("name" of a container) is merged into the one that has it.
void kedge_build_item(struct kedge_build *b, kedge_member m);

// A strategic merge patch's "$patch": "delete", "replace" or "merge", of the innermost element that
// is open, or of the object.
void kedge_build_directive(struct kedge_build *b, const char *directive);

// Metadata ---------------------------------------------------------------------------------------

static inline void kedge_build_name(struct kedge_build *b, const char *name)
{
    kedge_build_text(b, KEDGE_FIELD_AT("metadata", "name"), name);
}

static inline void kedge_build_generate_name(struct kedge_build *b, const char *prefix)
{
    kedge_build_text(b, KEDGE_FIELD_AT("metadata", "generateName"), prefix);
}

static inline void kedge_build_namespace(struct kedge_build *b, const char *name)
{
    kedge_build_text(b, KEDGE_FIELD_AT("metadata", "namespace"), name);
}

// In a patch: the server refuses it as a Conflict if the object has another one by now.
static inline void kedge_build_resource_version(struct kedge_build *b, const char *version)
{
    kedge_build_text(b, KEDGE_FIELD_AT("metadata", "resourceVersion"), version);
}

static inline void kedge_build_label(struct kedge_build *b, const char *key, const char *value)
{
    kedge_build_entry(b, KEDGE_LABELS, key, value);
}

static inline void kedge_build_annotation(struct kedge_build *b, const char *key, const char *value)
{
    kedge_build_entry(b, KEDGE_ANNOTATIONS, key, value);
}

static inline void kedge_build_finalizer(struct kedge_build *b, const char *name)
{
    kedge_build_add(b, KEDGE_FINALIZERS, name);
}

// One more owner reference, to `owner`, an object of that kind (KEDGE_ERR_ARGUMENT if it is not, or
// has no name or uid). With `controller` it has controller and blockOwnerDeletion, as client-go's
// NewControllerRef. A partial object is good enough.
void kedge_build_owner(struct kedge_build *b, const struct kedge_object *owner,
                       const struct kedge_kind *kind, bool controller);

// JSON patches -----------------------------------------------------------------------------------
//
//     kedge_build_json_patch(&b, &kedge_kind_deployment, text, sizeof text);
//     kedge_build_op(&b, KEDGE_OP_TEST);
//     kedge_build_int(&b, KEDGE_FIELD(deployment, spec_replicas), 2);
//     kedge_build_op(&b, KEDGE_OP_REPLACE);
//     kedge_build_int(&b, KEDGE_FIELD(deployment, spec_replicas), 3);
//         // [{"op":"test","path":"/spec/replicas","value":2},
//         //  {"op":"replace","path":"/spec/replicas","value":3}]

enum kedge_op { KEDGE_OP_ADD, KEDGE_OP_REPLACE, KEDGE_OP_TEST };

// Begins a JSON patch (RFC 6902). Each value that follows is one operation, in the order of the
// calls; kedge_build_add and kedge_build_add_json give the path of the list with "/-" behind it.
// The server adds no parents: what an operation is in must be there.
void kedge_build_json_patch(struct kedge_build *b, const struct kedge_kind *kind, char *buf,
                            size_t cap);

// Which operation the values that follow are; at the beginning KEDGE_OP_ADD.
void kedge_build_op(struct kedge_build *b, enum kedge_op op);

// The operation "remove", of a field and of a map's entry.
void kedge_build_remove(struct kedge_build *b, kedge_member m);
void kedge_build_remove_entry(struct kedge_build *b, kedge_member m, const char *key);

// The fields of the LIST's table that follow are those of its element at `index`, from 0.
void kedge_build_item_at(struct kedge_build *b, kedge_member m, size_t index);
// The operation "remove", of that element.
void kedge_build_remove_item(struct kedge_build *b, kedge_member m, size_t index);

#ifdef __cplusplus
}
#endif
#endif
