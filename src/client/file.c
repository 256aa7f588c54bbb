// SPDX-License-Identifier: Apache-2.0
#include "client/file.h"

#include "base/wipe.h"

int kedge__file_read(const struct kedge *k, const char *path, char *buf, size_t cap)
{
    size_t got = 0;
    int n = 1;
    while (got < cap && n > 0) {
        n = k->port->file(k->port, path, got, buf + got, cap - got);
        got += n > 0 ? (size_t)n : 0;
    }
    return n < 0 ? n : (int)got;
}

int kedge__file_length(const struct kedge *k, const char *path, size_t most)
{
    char piece[256];
    size_t len = 0;
    int n = 1;
    while (n > 0 && len <= most) {
        n = k->port->file(k->port, path, len, piece, sizeof piece);
        len += n > 0 ? (size_t)n : 0;
    }
    kedge__wipe(piece, sizeof piece);
    if (n < 0)
        return n;
    return len <= most ? (int)len : KEDGE_ERR_TOO_LONG;
}
