// SPDX-License-Identifier: Apache-2.0
// text.h - growing text, JSON as Go prints it, and the small encodings of an API server.
#ifndef MOCK_TEXT_H
#define MOCK_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A growing buffer. All zero is an empty one; `at` bytes were taken from its front.
struct text {
    char *bytes;
    size_t at, len, cap;
};

void *mock__alloc(size_t size); // zeroed; ends the program when there is no memory
void *mock__grow(void *old, size_t size);
char *mock__copy(const char *bytes, size_t len);
char *mock__copy_string(const char *string); // NULL stays NULL

bool mock__same(const char *a, const char *b);            // two strings
bool mock__has_word(const char *words, const char *word); // words stand between blanks

void text_add(struct text *t, const void *bytes, size_t len);
void text_string(struct text *t, const char *string);
void text_format(struct text *t, const char *format, ...);
size_t text_left(const struct text *t);
size_t text_take(struct text *t, void *buffer, size_t cap);
void text_drop(struct text *t, size_t len); // from the front
void text_free(struct text *t);

// How an object is printed.
enum { TEXT_SORTED = 1, TEXT_PRETTY = 2 };

// Appends JSON as Go's encoder prints it: <, > and & are escaped, no blanks.
void text_json(struct text *t, const json_t *value, int how);
json_t *mock__parse(const char *bytes, size_t len, json_error_t *error);

void text_base64(struct text *t, const void *bytes, size_t len);
bool mock__base64_decode(struct text *out, const char *base64url);
void text_time(struct text *t, int64_t unix_ms);      // 2026-11-23T04:16:41Z
void text_http_date(struct text *t, int64_t unix_ms); // Mon, 23 Nov 2026 04:16:41 GMT
void text_percent_decoded(struct text *t, const char *bytes, size_t len, bool plus_is_blank);

// json_object_get() through a path of keys with dots between them; NULL on the way is NULL.
json_t *mock__path(const json_t *object, const char *path);
const char *mock__path_string(const json_t *object, const char *path); // "" where there is none

uint64_t mock__random(uint64_t *state);
void text_uuid(struct text *t, uint64_t *random);

#endif
