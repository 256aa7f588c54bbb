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

// 1: the port has a lock and a condition. Nothing here takes them yet: all of kedge but kedge_stop
// and kedge_wake belongs to one thread. 0 or 1.
#ifndef KEDGE_THREADS
#define KEDGE_THREADS 0
#endif

// Bits of an offset or a length inside a record: 16 (records up to 65,535 bytes) or 32. Each text
// field costs twice these bits.
#ifndef KEDGE_OFFSET_BITS
#define KEDGE_OFFSET_BITS 16
#endif

// Bytes of the text that says what failed first, in struct kedge. 128 to 1024.
#ifndef KEDGE_ERROR_TEXT
#define KEDGE_ERROR_TEXT 256
#endif

#define KEDGE__PASTE3(a, b, c)      kedge_limits_threads_##a##_offset_bits_##b##_error_text_##c
#define KEDGE__LIMITS_NAME(a, b, c) KEDGE__PASTE3(a, b, c)
#define KEDGE__LIMITS_SYMBOL        KEDGE__LIMITS_NAME(KEDGE_THREADS, KEDGE_OFFSET_BITS, KEDGE_ERROR_TEXT)

#endif
