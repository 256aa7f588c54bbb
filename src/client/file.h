// SPDX-License-Identifier: Apache-2.0
// file.h - reads of the port's files; none where the port has none (port->file is NULL).
#ifndef KEDGE_CLIENT_FILE_H
#define KEDGE_CLIENT_FILE_H

#include "base/context.h"

// Fills `buf` from the file's begin. The number of bytes, of which there may be more if it is
// `cap`, or the port's error.
int kedge__file_read(const struct kedge *k, const char *path, char *buf, size_t cap);

// How long the file is, without keeping a byte of it; or the port's error, or KEDGE_ERR_TOO_LONG
// if it has more than `most` bytes, which are less than an int holds.
int kedge__file_length(const struct kedge *k, const char *path, size_t most);

#endif
