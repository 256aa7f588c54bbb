// SPDX-License-Identifier: Apache-2.0
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "guard.h"

bool fuzz_open(struct fuzz_input *in, const uint8_t *bytes, size_t len)
{
    if (len <= 2 || len - 2 > FUZZ_MAX)
        return false;
    in->choice = (bytes[0] + 256u - '0') % 256;
    in->cut = in->random = bytes[1];
    in->data = (kedge_str){guard_put(bytes + 2, len - 2), len - 2};
    return true;
}

unsigned fuzz_choose(struct fuzz_input *in, unsigned count)
{
    unsigned chosen = in->choice % count;
    in->choice /= count;
    return chosen;
}

// '0' is all at once, '1' byte by byte, the rest pieces of random sizes up to a power of two.
size_t fuzz_piece(struct fuzz_input *in, size_t left)
{
    unsigned bits = in->cut % 8;
    if (bits == 0 || left == 0)
        return left;
    if (bits == 1)
        return 1;
    in->random = in->random * 1664525u + 1013904223u;
    size_t piece = 1 + (in->random >> 16) % (1u << (bits + bits));
    return piece < left ? piece : left;
}

struct fuzz_input fuzz_whole(const struct fuzz_input *in)
{
    struct fuzz_input whole = *in;
    whole.cut = 0;
    return whole;
}

static kedge_str take_up_to(kedge_str *data, const char *end)
{
    size_t len = strlen(end);
    kedge_str part = {data->ptr, 0};
    while (part.len + len <= data->len && memcmp(data->ptr + part.len, end, len) != 0)
        part.len++;
    bool found = part.len + len <= data->len;
    if (!found)
        part.len = data->len;
    size_t used = part.len + (found ? len : 0);
    data->ptr += used;
    data->len -= used;
    return part;
}

kedge_str fuzz_line(kedge_str *data)
{
    return take_up_to(data, "\n");
}

kedge_str fuzz_part(kedge_str *data)
{
    return take_up_to(data, "\n%%\n");
}

void fuzz_broken(const char *file, int line, const char *promise)
{
    fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, promise);
    abort();
}
