// SPDX-License-Identifier: Apache-2.0
#define _POSIX_C_SOURCE 200809L
#include "guard.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// The end of the readable memory.
static char *edge(void)
{
    static char *end;
    if (end != NULL)
        return end;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = (GUARD_MAX + page - 1) / page * page;
    int zero = open("/dev/zero", O_RDWR);
    char *memory = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0);
    close(zero);
    if (memory == MAP_FAILED || mprotect(memory + room, page, PROT_NONE) != 0)
        abort();
    end = memory + room;
    return end;
}

char *guard_put(const void *bytes, size_t len)
{
    if (len > GUARD_MAX)
        abort();
    char *at = edge() - len;
    if (len > 0)
        memcpy(at, bytes, len);
    return at;
}
