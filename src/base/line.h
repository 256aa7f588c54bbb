// SPDX-License-Identifier: Apache-2.0
// line.h - text put together in a buffer of fixed size: requests, messages, keys.
//
// The buffer always ends with a NUL. What does not fit is left out and remembered (`cut`), so a
// message is shortened and a request is refused, each by its own user.
#ifndef KEDGE_BASE_LINE_H
#define KEDGE_BASE_LINE_H

#include "kedge/text.h"

struct kedge__line {
    char *buf;
    size_t cap; // with the NUL
    size_t len; // without it
    bool cut;   // something did not fit
};

// Empties the line over `buf`; `cap` is at least 1.
void kedge__line_init(struct kedge__line *l, char *buf, size_t cap);

// Each appends, all or as much as fits.
void kedge__line_str(struct kedge__line *l, kedge_str s);
void kedge__line_text(struct kedge__line *l, const char *text); // NULL: nothing
void kedge__line_int(struct kedge__line *l, int64_t n);
void kedge__line_number(struct kedge__line *l, uint64_t n);
void kedge__line_byte(struct kedge__line *l, char c);

// Appends bytes from outside for a message: what is not printable ASCII becomes '?', and at most
// `max` bytes are shown.
void kedge__line_printable(struct kedge__line *l, kedge_str s, size_t max);

// The same with all of a text that is not ours: a path, say. NULL: nothing.
void kedge__line_foreign(struct kedge__line *l, const char *text);

static inline kedge_str kedge__line_done(const struct kedge__line *l)
{
    kedge_str s = {l->buf, l->len};
    return s;
}

#endif
