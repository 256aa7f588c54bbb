// SPDX-License-Identifier: Apache-2.0
// sweep.h - the same run over and over, each time unkind in another place.
//
//     parsers of a whole text   sweep_places   each cut, at each edge of memory
//     writers into a buffer     sweep_buffers  each size of the buffer, at the edge of memory
//     parsers of a stream       sweep_pieces   each split, every way of cutting it into pieces
//
// What a run gave is compared as text, with that of a run without unkindness. README.md in this
// folder says which test sweeps what.
#ifndef SWEEP_H
#define SWEEP_H

#include "base/line.h"
#include "kedge/err.h"
#include "kedge/text.h"

// ---- a parser that is given the whole text

struct sweep_parser {
    const char *name;
    // Writes down all that it makes of `in`.
    void (*parse)(kedge_str in, struct kedge__line *said);
    const char *const *inputs; // ends with NULL
    bool nul;                  // it is promised a NUL behind the text
};

// Cuts each input after 0, 1, 2 ... bytes, and parses what is left in four places: among the bytes
// that it was cut from, among others, at the end of readable memory and right behind its beginning.
// It must say the same in all. Returns how many texts it was.
size_t sweep_places(const struct sweep_parser *p);

// ---- a writer into a buffer of any size

enum sweep_short {
    SWEEP_UNTOUCHED, // what does not fit as a whole is not begun
    SWEEP_PREFIX,    // what fits is written
    SWEEP_NUL,       // so, and the last byte is a NUL
    SWEEP_NOTHING,   // what was written is wiped
    SWEEP_ANYTHING   // it is promised nothing
};

struct sweep_writer {
    const char *name;
    // Writes into `cap` bytes; *len is what it says how long the text is.
    kedge_err (*write)(char *buf, size_t cap, size_t *len);
    kedge_err too_small; // what it answers then; KEDGE_OK: it only gives a length over `cap`
    enum sweep_short left;
    size_t behind;   // bytes that it needs beyond the length: its NUL
    size_t unit;     // sizes are multiples of it; 0: 1
    bool says_whole; // of a buffer that is too small, *len is the whole length
};

// Writes into buffers of 0, 1, 2 ... bytes, each at the end of memory, until one is large enough,
// and a few larger ones. Returns how many were too small.
size_t sweep_buffers(const struct sweep_writer *w);

// ---- a parser of a stream

struct sweep_stream {
    void (*begin)(void *ctx);
    void (*feed)(void *ctx, const char *bytes, size_t len);
    const char *(*end)(void *ctx); // all that came out; good until the next `begin`
    void *ctx;
};

// Feeds `text` at once, then in two pieces at each `step`-th place, in pieces of 1 to 7 bytes, and
// `random` times in pieces of random sizes, with empty ones among them. Pieces lie at the end and
// right behind the beginning of readable memory in turn. What comes out must always be the same.
// Returns how many runs it was.
size_t sweep_pieces(const struct sweep_stream *s, kedge_str text, size_t step, unsigned random);

// ---- how much

// A step that makes a sweep over `len` places, each of `len` bytes, cost about `bytes`: 1 where all
// of it is cheap, or where the program was run with an argument (see sweep_arguments).
size_t sweep_step(size_t len, size_t bytes);

// Any argument of the program makes all sweeps whole. Call it first in main.
void sweep_arguments(int argc);
bool sweep_whole(void);

#endif
