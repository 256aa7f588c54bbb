// SPDX-License-Identifier: Apache-2.0
// traces.h - what is left behind: texts in memory, and files that are open.
#ifndef TRACES_H
#define TRACES_H

#include <stdbool.h>
#include <stddef.h>

// True if `text`, which is not empty, stands somewhere in these `size` bytes.
bool memory_holds(const void *memory, size_t size, const char *text);

// How many file descriptors the process has; the one that looks is among them, each time.
int open_descriptors(void);

#endif
