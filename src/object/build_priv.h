// SPDX-License-Identifier: Apache-2.0
// build_priv.h - what the files of the builder share.
//
//     kedge_build_int -> kedge__build_find (which field, does the type suit) -> b->put (where it
//     goes: into the object's text, or as one more operation of a JSON patch) -> value->write
#ifndef KEDGE_OBJECT_BUILD_PRIV_H
#define KEDGE_OBJECT_BUILD_PRIV_H

#include "kedge/build.h"
#include "kedge/writer.h"

// A value still to be written: by a function, so that a program has only those it uses.
struct kedge__value {
    void (*write)(struct kedge_writer *w, const struct kedge__value *v);
    kedge_str text;
    int64_t number;
};

// Where a value goes.
struct kedge__place {
    size_t scope;     // in which item; 0: the object
    const char *path; // keys from there, as in struct kedge_field
    const char *key;  // one more; NULL: none
    bool append;      // at the end of the list that is there
};

#define KEDGE__TYPE(type) (UINT32_C(1) << KEDGE_FIELD_##type)

// Finds the field's place, and its row (NULL for one named by a path). False, and the builder has
// failed, if there is none, or its type is not among `types`, or an earlier call has failed.
bool kedge__build_find(struct kedge_build *b, kedge_member m, uint32_t types,
                       struct kedge__place *place, const struct kedge_field **row);

// Finds the place and puts the value there.
void kedge__build_set(struct kedge_build *b, kedge_member m, uint32_t types, const char *key,
                      bool append, const struct kedge__value *value);

// Ends building with that error, if it is the first. `place` may be NULL.
void kedge__build_fail(struct kedge_build *b, kedge_err err, const struct kedge__place *place,
                       const char *problem);

// The writer that wrote `fragment` has failed: says so.
void kedge__build_fail_writer(struct kedge_build *b, const struct kedge_writer *w,
                              const struct kedge__place *place);

void kedge__build_init(struct kedge_build *b, const struct kedge_kind *kind, char *buf, size_t cap);

// Puts what stands in the buffer's free end, from `from` (at or behind b->len) to `to`, at `at`.
void kedge__build_insert(struct kedge_build *b, size_t at, size_t from, size_t to);

// The keys of a place, one after the other; NULL at the end. Begin with *next = place->path.
const char *kedge__build_key(const struct kedge__place *place, const char **next);

void kedge__write_text(struct kedge_writer *w, const struct kedge__value *v);
void kedge__write_number(struct kedge_writer *w, const struct kedge__value *v);
// A kind's "apps/v1", or of the core group "v1".
void kedge__write_api_version(struct kedge_writer *w, const struct kedge_kind *kind);
void kedge__write_raw(struct kedge_writer *w, const struct kedge__value *v);

#endif
