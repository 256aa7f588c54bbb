// SPDX-License-Identifier: Apache-2.0
// kedge/warning.h - what a Warning header says (RFC 7234 5.5): the API server's advice beside an
// answer that is otherwise good, of a deprecated version or a field that it does not know.
//
//     case KEDGE_HTTP_WARNING: // `body` is the value, at r.line
//         kedge_warnings_init(&all, r.line, body.len, body.len == KEDGE_HTTP_LINE);
//         while (kedge_warnings_next(&all, &w))
//             if (w.code == 299 && w.text.len > 0) ... // w.text is for people
//
// It reads as client-go's net.ParseWarningHeaders does: `299 agent "text" "date"`, several of them
// parted by commas; what is malformed ends the header, and what came before it counts.
#ifndef KEDGE_WARNING_H
#define KEDGE_WARNING_H

#include <stdbool.h>
#include <stddef.h>

#include <kedge/text.h>

#ifdef __cplusplus
extern "C" {
#endif

// One warning. The texts lie in the value's memory and are good as long as it is; they are UTF-8
// without control characters, so they may be shown.
struct kedge_warning {
    int code; // of three digits; Kubernetes sends 299 and nothing else
    kedge_str agent;
    kedge_str text; // escapes undone, encoded words decoded; may be empty
};

// The warnings of one header; all of it is private.
struct kedge_warnings {
    char *at;
    size_t left;
    bool cut;
};

// Makes ready to read the `len` bytes at `value`, which are borrowed and written over: the texts
// are decoded where they stand. `value` may be NULL if `len` is 0. `cut`: the header was longer
// than that; then a last text without its end is given as far as it goes, up to a whole character,
// where it would be malformed otherwise. Callable from a handler.
void kedge_warnings_init(struct kedge_warnings *all, char *value, size_t len, bool cut);

// The next warning. False: there are no more, or what follows is malformed; *w is then as it was.
//
// Encoded words (RFC 2047, B and Q) are decoded from UTF-8, ISO-8859-1 and US-ASCII. A text with
// one in another character set stays as it was sent, and so does one that decoding would make
// longer than it is (dense Latin-1 in base64). Callable from a handler.
bool kedge_warnings_next(struct kedge_warnings *all, struct kedge_warning *w);

#ifdef __cplusplus
}
#endif
#endif
