// SPDX-License-Identifier: Apache-2.0
// own_call.h - for a test that stands in front of functions of the C library: their own still.
#ifndef OWN_CALL_H
#define OWN_CALL_H

#include <dlfcn.h>
#include <stddef.h>

// As _GNU_SOURCE has it, which would give these functions other types.
#ifndef RTLD_NEXT
#define RTLD_NEXT ((void *)-1L)
#endif

// The C library's own function as `own.call`, without a cast from an object's pointer to a
// function's:
//
//     OWN(pipe, int (*call)(int[2]))
#define OWN(function, type) \
    static union {          \
        void *object;       \
        type;               \
    } own;                  \
    if (own.object == NULL) \
        own.object = dlsym(RTLD_NEXT, #function);

#endif
