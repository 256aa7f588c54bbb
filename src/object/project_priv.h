// SPDX-License-Identifier: Apache-2.0
// project_priv.h - what project.c and project_text.c share: a record that is being built.
#ifndef KEDGE_OBJECT_PROJECT_PRIV_H
#define KEDGE_OBJECT_PROJECT_PRIV_H

#include "object/project.h"

// A text that may be shared: where it stands in the document, and where in the record.
struct kedge__shared {
    uint32_t from;
    kedge_offset len; // 0: none
    kedge_offset place;
};

enum { KEDGE__SHARED = 32 };

struct kedge__builder {
    unsigned char *base; // NULL: measuring
    size_t arrays;       // where the next array goes, in bytes from the record's beginning
    size_t texts;        // where the next text goes; measuring, counted from 0
    uint32_t mistyped;
    struct kedge__shared shared[KEDGE__SHARED];
};

// Where a text comes from: a value's text, a member's key, or a value's own JSON.
enum kedge__origin { KEDGE__TEXT, KEDGE__KEY, KEDGE__JSON };

struct kedge__source {
    kedge_json_value value;
    enum kedge__origin origin;
};

// The values of one type, for the kinds that name it.
struct kedge__reader {
    // Writes the value as the member at that place. False: it is none of the type.
    bool (*put)(struct kedge__builder *b, size_t member, kedge_json_value v);
    // Whether it is one; of types that maps have.
    bool (*fits)(kedge_json_value v);
    // Whether a text is one, before a builder writes it; of quantities.
    bool (*is_text_of)(kedge_str text);
};

// bytes.c: the inside of a JSON text, which is base64, as bytes to `out` or, if that is NULL,
// nowhere; *len is how many. False: it is none.
bool kedge__bytes_read(kedge_str json, unsigned char *out, size_t *len);

// A text of a few bytes: its length, or more than KEDGE__SHORT_TEXT if it is none or longer.
enum { KEDGE__SHORT_TEXT = 64 };
size_t kedge__short_text(kedge_json_value v, char buf[KEDGE__SHORT_TEXT]);

// Writes bytes to that place of the record, or nothing while measuring.
void kedge__write(const struct kedge__builder *b, size_t place, const void *bytes, size_t len);

// Writes the text member at that place. An empty text stays zeros.
void kedge__put_text(struct kedge__builder *b, size_t member, struct kedge__source s);

// The same for `len` bytes, not none, of any values: gives the place where they are to be written.
size_t kedge__put_long_text(struct kedge__builder *b, size_t member, size_t len);

// Writes the quantity member at that place: its bytes, or, where there are none, its code.
void kedge__put_packed(struct kedge__builder *b, size_t member, const unsigned char *bytes,
                       size_t len, uint32_t code);

#endif
