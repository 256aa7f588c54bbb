// SPDX-License-Identifier: Apache-2.0
#include "base/wipe.h"

#include <string.h>

// A volatile pointer: the compiler cannot know that it is memset, so it cannot drop the call.
static void *(*const volatile erase)(void *, int, size_t) = memset;

void kedge__wipe(void *memory, size_t len)
{
    if (len > 0)
        erase(memory, 0, len);
}
