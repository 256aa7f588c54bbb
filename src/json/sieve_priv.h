// SPDX-License-Identifier: Apache-2.0
// sieve_priv.h - what the sieve's files share.
//
//     sieve.c    the structure: brackets, commas, colons; items and envelope; the public calls
//     select.c   which rows a key leaves possible, and what that makes of its value
//     text.c     kept texts, numbers and words, byte by byte, checked in full
//     skip.c     what nobody wants, at memory speed
//     keep.c     the buffers, and what is left of an item that does not fit
#ifndef KEDGE_JSON_SIEVE_PRIV_H
#define KEDGE_JSON_SIEVE_PRIV_H

#include "kedge/sieve.h"

typedef const unsigned char *kedge__bytes;

// What the next byte belongs to.
enum kedge__sieve_state {
    BEFORE,       // white space before the value
    VALUE,        // a value must come
    VALUE_OR_END, // after [
    KEY_OR_END,   // after {
    KEY,          // after a comma in an object
    COLON,        // after a key
    AFTER,        // after a value in a container
    TEXT,         // kept or compared: inside the quotes
    UTF8,         // inside a character of several bytes
    ESCAPE,       // behind a backslash
    HEX,          // in the four digits of \u
    LOW_ESCAPE,   // a high surrogate has come: the backslash of the low one must
    LOW_U,        // and its u
    NUMBER,       // kept or not, numbers are checked
    WORD,         // inside true, false or null
    SKIP,         // in a container that nobody wants, outside texts
    SKIP_TEXT,    // in a text that nobody wants
    SKIP_ESCAPE,  // and behind a backslash of it
    ENDING,       // the object has been given; END is due
    DONE,
    FAILED
};

// Of a frame.
enum {
    FRAME_ALL = 1,  // members that no row names are kept
    FRAME_SOME = 2, // a member or element is in the buffer: the next needs a comma
    FRAME_LIST = 4, // an array of wanted elements
    FRAME_ITEMS = 8 // the array around the items, which itself is not kept
};

// What becomes of a value.
enum kedge__sieve_plan { PLAN_SKIP, PLAN_KEEP, PLAN_INTO, PLAN_LIST, PLAN_ITEM };

struct kedge__sieve_choice {
    enum kedge__sieve_plan plan;
    uint64_t going; // rows that want something inside an object
    uint64_t lists; // KEDGE_FIELD_LIST rows that name this value
    bool all;       // what no row names inside is kept
    int slot;       // the identity row that names this value, or -1
};

// The roots: of the envelope, of an item; those of lists lie above.
enum { ROOT_ENVELOPE, ROOT_ITEM };

static inline struct kedge_sieve_frame *kedge__sieve_top(struct kedge_sieve *s)
{
    return &s->frames[s->level - 1];
}

static inline bool kedge__sieve_in_object(const struct kedge_sieve *s)
{
    // The depth is 1 to KEDGE_SIEVE_DEPTH; the remainder only says so.
    unsigned at = (s->depth - 1u) % KEDGE_SIEVE_DEPTH;
    return s->nesting[at / 32] >> at % 32 & 1u;
}

// The sieve stays failed. Gives back `p`, the place of the error.
kedge__bytes kedge__sieve_fail(struct kedge_sieve *s, kedge__bytes p, const char *problem);

// Goes one level deeper, into { or [. False: too deep, and the sieve has failed.
bool kedge__sieve_nest(struct kedge_sieve *s, unsigned char bracket);

// Comes one level back, by } or ]. False: it closes something else, and the sieve has failed.
bool kedge__sieve_unnest(struct kedge_sieve *s, unsigned char bracket);

// What follows a text (key or value); what follows a value.
void kedge__sieve_text_end(struct kedge_sieve *s);
void kedge__sieve_value_end(struct kedge_sieve *s);

// select.c ---------------------------------------------------------------------------------------

// Sets up the roots. KEDGE_ERR_ARGUMENT with `problem` set if the tables cannot be sieved.
kedge_err kedge__sieve_roots(struct kedge_sieve *s);

// All rows of a root, a bit each.
uint64_t kedge__sieve_rows(const struct kedge_sieve_root *root);

// Those of `rows` whose paths, from `offset` on, go on with these bytes. (A row of `rows` has
// `offset` bytes; the end of a key is the byte 0.)
uint64_t kedge__sieve_filter(const struct kedge_sieve_root *root, uint64_t rows, size_t offset,
                             const char *bytes, size_t len);

// The path of the first of `rows`, which is not empty.
const char *kedge__sieve_path(const struct kedge_sieve_root *root, uint64_t rows);

// What becomes of a value that `rows` have reached, `offset` bytes into their paths, in an object
// of which `all` is kept or not.
struct kedge__sieve_choice kedge__sieve_choose(const struct kedge_sieve *s, unsigned root,
                                               uint64_t rows, size_t offset, bool all);

// Makes `into` the root of the elements of `lists`, rows of `from`.
bool kedge__sieve_gather(struct kedge_sieve_root *into, const struct kedge_sieve_root *from,
                         uint64_t lists);

// text.c -----------------------------------------------------------------------------------------

kedge__bytes kedge__sieve_text(struct kedge_sieve *s, kedge__bytes p, kedge__bytes end);
kedge__bytes kedge__sieve_text_byte(struct kedge_sieve *s, kedge__bytes p);
kedge__bytes kedge__sieve_number(struct kedge_sieve *s, kedge__bytes p, kedge__bytes end);
kedge__bytes kedge__sieve_word(struct kedge_sieve *s, kedge__bytes p);

// Begins the value whose first byte is at `p`: a text, number or word, kept if s->copy. Gives back
// where to go on.
kedge__bytes kedge__sieve_scalar(struct kedge_sieve *s, kedge__bytes p);

// Begins a key; its quote has come.
void kedge__sieve_key(struct kedge_sieve *s);

// skip.c -----------------------------------------------------------------------------------------

kedge__bytes kedge__sieve_skip(struct kedge_sieve *s, kedge__bytes p, kedge__bytes end);

// keep.c -----------------------------------------------------------------------------------------

// Appends to the item or, outside items, to the envelope.
void kedge__sieve_put(struct kedge_sieve *s, const void *bytes, size_t len);

// A comma, if the frame holds something already; now it does.
void kedge__sieve_comma(struct kedge_sieve *s);

// Appends these bytes as the inside of a text, escaped where JSON asks for it.
void kedge__sieve_put_escaped(struct kedge_sieve *s, const char *bytes, size_t len);

void kedge__sieve_item_begin(struct kedge_sieve *s);
void kedge__sieve_item_end(struct kedge_sieve *s);

// The item has nothing that can be kept.
void kedge__sieve_item_none(struct kedge_sieve *s);

// The text of an identity row begins and ends.
void kedge__sieve_identity_begin(struct kedge_sieve *s, int slot);
void kedge__sieve_identity_end(struct kedge_sieve *s);

#endif
