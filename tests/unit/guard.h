// SPDX-License-Identifier: Apache-2.0
// guard.h - input that ends where memory ends: one byte read beyond it is a crash.
#ifndef GUARD_H
#define GUARD_H

#include <stddef.h>

// The most that fits.
#define GUARD_MAX ((size_t)1 << 20)

// A copy of `len` bytes that ends at an unreadable page. Good until the next call. Writable.
char *guard_put(const void *bytes, size_t len);

#endif
