// SPDX-License-Identifier: Apache-2.0
// guard.h - input and output at the edges of memory: one byte too far is a crash.
#ifndef GUARD_H
#define GUARD_H

#include <stddef.h>

// The most that fits.
#define GUARD_MAX ((size_t)1 << 20)

// A copy of `len` bytes that ends at an unreadable page. Good until the next call. Writable.
char *guard_put(const void *bytes, size_t len);

// The same, but it begins right behind an unreadable page.
char *guard_put_behind(const void *bytes, size_t len);

// `cap` bytes for output, each GUARD_FILL, as are the GUARD_MARGIN bytes before them, that end at
// an unreadable page. In other memory than what is put. Good until the next call.
#define GUARD_FILL   '\xa5'
#define GUARD_MARGIN ((size_t)64)
char *guard_room(size_t cap);

#endif
