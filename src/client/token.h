// SPDX-License-Identifier: Apache-2.0
// token.h - the bearer token, from a file that somebody renews, from a text, or from both.
//
// As client-go: the file is read again when what was read is 50 s old; the value is trimmed; what
// cannot be read or used is logged and the token before it kept; the text stands in while the file
// has given none. No token with a control character is ever handed out: it could end the header
// line.
#ifndef KEDGE_CLIENT_TOKEN_H
#define KEDGE_CLIENT_TOKEN_H

#include "base/context.h"

// The longest token, in bytes. Only a bound: memory is taken by the size of the first one.
#ifndef KEDGE_TOKEN_MAX
#define KEDGE_TOKEN_MAX 16384
#endif

// How long a token that was read counts as fresh.
#define KEDGE__TOKEN_FRESH (50 * KEDGE_SECOND)

struct kedge__token_source {
    const char *path; // NULL: no file
    char *buf;        // the token in use, then room to read the next one behind it
    size_t cap;
    size_t len; // of the token in use; 0: none yet
    kedge_time read_at;
    bool fresh;      // the token in use was read from the file at read_at
    bool complained; // the file's failure has been logged
};

// Makes a source in the arena, of `text`, of the file at `path`, or of both; either may be NULL,
// and "" is as NULL. The text is copied, `path` outlives the source. A file is read now. Memory:
// the size of the first token twice and 1 KiB, so that the tokens after it may be half a KiB longer
// or more.
//
// KEDGE_ERR_ARGUMENT     neither is given
// KEDGE_ERR_FILE         the file cannot be read, or is empty, and there is no text
// KEDGE_ERR_CONFIG       a token holds a control character and there is no other
// KEDGE_ERR_TOO_LONG     a token is longer than KEDGE_TOKEN_MAX and there is no other
// KEDGE_ERR_UNSUPPORTED  the port has no files, and there is no text
// KEDGE_ERR_MEMORY
// All but MEMORY record a failure with the place.
kedge_err kedge__token_init(struct kedge *k, struct kedge__token_source *t, const char *text,
                            const char *path);

// The token at the time `now`: reads the file again if it is time to. *token is good until the next
// call for this source, KEDGE_ERR_FILE and NULL after a wipe.
kedge_err kedge__token_get(struct kedge *k, struct kedge__token_source *t, kedge_time now,
                           const char **token);

// Makes the next get read the file again, however fresh the token is: after a 401.
void kedge__token_expire(struct kedge__token_source *t);

// Erases the tokens. A source that was never made, all zeros, is left alone.
void kedge__token_wipe(struct kedge__token_source *t);

// Without the white space at both ends.
kedge_str kedge__token_trim(kedge_str s);

#endif
