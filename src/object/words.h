// SPDX-License-Identifier: Apache-2.0
// words.h - well-known texts, which a record names by their place and does not hold.
#ifndef KEDGE_OBJECT_WORDS_H
#define KEDGE_OBJECT_WORDS_H

#include "kedge/object.h"

// An offset from KEDGE__FIRST_WORD on is no way to a byte of the record but the place of a word,
// counted from there; so a record has fewer bytes than that.
#define KEDGE__WORDS_MAX  2048
#define KEDGE__FIRST_WORD ((kedge_offset)((kedge_offset)-1 - (KEDGE__WORDS_MAX - 1)))

// The word at that place, NUL-terminated. `at` is one that kedge__word_find gave.
const char *kedge__word(size_t at);

// True if the text is a word: *at is its place.
bool kedge__word_find(kedge_str text, size_t *at);

// All of them, one behind the other, NULs between them: what a kind's tag depends on.
kedge_str kedge__words(void);

// A text outside of a document: the bytes that it takes in a record, and itself, written there. Not
// an empty one.
size_t kedge__text_bytes(kedge_str text);
void kedge__text_write(unsigned char *place, kedge_str text);

#endif
