// SPDX-License-Identifier: Apache-2.0
// kedge/limits.h - the few numbers that shape structs, and so must be the same in the library and
// in the program that uses it.
//
// Give them by -D, or in a file of yours named by -DKEDGE_LIMITS_FILE='"my_limits.h"'. The library
// carries their values in the name of a symbol that kedge_init asks for: a program built with other
// values does not link, and the linker's message names them.
#ifndef KEDGE_LIMITS_H
#define KEDGE_LIMITS_H

#ifdef KEDGE_LIMITS_FILE
#include KEDGE_LIMITS_FILE
#endif

// 1: other threads than the one that polls may read caches (kedge_read_begin of kedge/lister.h),
// use workqueues, and call kedge_stop and kedge_wake; the port has a lock and a condition for it.
// Handlers and other call-backs are called without the lock, so they may wait for such threads; the
// few that are called with it, in the middle of something, say so.
// 0: nothing is ever locked, and only kedge_stop and kedge_wake are for others. 0 or 1.
#ifndef KEDGE_THREADS
#define KEDGE_THREADS 0
#endif

// Bits of an offset or a length inside a record: 16 (records up to 63,480 bytes) or 32. Each text
// field costs these bits.
#ifndef KEDGE_OFFSET_BITS
#define KEDGE_OFFSET_BITS 16
#endif

// Bytes of the text that says what failed first, in struct kedge. 128 to 1024.
#ifndef KEDGE_ERROR_TEXT
#define KEDGE_ERROR_TEXT 256
#endif

// Causes that a struct kedge_status keeps of those the server sends, at 224 bytes each; a Status
// lies on the stack while it is read. 1 to 64.
#ifndef KEDGE_STATUS_CAUSES
#define KEDGE_STATUS_CAUSES 4
#endif

#define KEDGE__PASTE4(a, b, c, d) \
    kedge_limits_threads_##a##_offset_bits_##b##_error_text_##c##_status_causes_##d
#define KEDGE__LIMITS_NAME(a, b, c, d) KEDGE__PASTE4(a, b, c, d)
#define KEDGE__LIMITS_SYMBOL \
    KEDGE__LIMITS_NAME(KEDGE_THREADS, KEDGE_OFFSET_BITS, KEDGE_ERROR_TEXT, KEDGE_STATUS_CAUSES)

#endif
