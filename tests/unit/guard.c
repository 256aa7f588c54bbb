// SPDX-License-Identifier: Apache-2.0
#define _POSIX_C_SOURCE 200809L
#include "guard.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// Readable memory between two unreadable pages.
struct yard {
    char *begin;
    char *end;
};

static void make(struct yard *y)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = (GUARD_MAX + GUARD_MARGIN + page - 1) / page * page;
    int zero = open("/dev/zero", O_RDWR);
    char *memory = mmap(NULL, page + room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0);
    close(zero);
    if (memory == MAP_FAILED || mprotect(memory, page, PROT_NONE) != 0 ||
        mprotect(memory + page + room, page, PROT_NONE) != 0)
        abort();
    y->begin = memory + page;
    y->end = y->begin + room;
}

static const struct yard *input(void)
{
    static struct yard y;
    if (y.end == NULL)
        make(&y);
    return &y;
}

static char *copy(char *at, const void *bytes, size_t len)
{
    if (len > GUARD_MAX)
        abort();
    if (len > 0)
        memcpy(at, bytes, len);
    return at;
}

char *guard_put(const void *bytes, size_t len)
{
    return copy(input()->end - len, bytes, len);
}

char *guard_put_behind(const void *bytes, size_t len)
{
    return copy(input()->begin, bytes, len);
}

char *guard_room(size_t cap)
{
    static struct yard y;
    if (y.end == NULL)
        make(&y);
    if (cap > GUARD_MAX)
        abort();
    memset(y.end - cap - GUARD_MARGIN, GUARD_FILL, cap + GUARD_MARGIN);
    return y.end - cap;
}
