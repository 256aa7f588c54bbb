// SPDX-License-Identifier: Apache-2.0
// asked.h - a program that runs until it is ended, and is asked by SIGUSR1 for what it holds.
#ifndef CONFORMANCE_ASKED_H
#define CONFORMANCE_ASKED_H

#include <signal.h>
#include <stddef.h>

#include <kedge/kedge.h>

// Set by the signal, which wakes the loop; whoever answers clears it.
extern volatile sig_atomic_t asked;

// A kedge in `memory`, on the POSIX port: it logs to stderr, SIGINT and SIGTERM stop it, SIGUSR1
// asks.
struct kedge *asked_init(void *memory, size_t size);

#endif
