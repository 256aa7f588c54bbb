// SPDX-License-Identifier: Apache-2.0
// traces.c - see traces.h.
#include "traces.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

bool memory_holds(const void *memory, size_t size, const char *text)
{
    const char *bytes = memory;
    size_t len = strlen(text);
    for (size_t i = 0; i + len <= size; i++) {
        if (bytes[i] == text[0] && memcmp(bytes + i, text, len) == 0)
            return true;
    }
    return false;
}

int open_descriptors(void)
{
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    assert_non_null(d);
    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n;
}
