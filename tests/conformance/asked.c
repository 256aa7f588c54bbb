// SPDX-License-Identifier: Apache-2.0
// asked.c - see asked.h.
#define _POSIX_C_SOURCE 200809L

#include "asked.h"

#include <kedge/posix.h>

volatile sig_atomic_t asked;

static struct kedge *woken;

static void ask(int signal)
{
    (void)signal;
    asked = 1;
    kedge_wake(woken);
}

struct kedge *asked_init(void *memory, size_t size)
{
    const struct sigaction action = {.sa_handler = ask};
    woken = kedge_init(memory, size, kedge_posix());
    kedge_log_to(woken, KEDGE_LOG_INFO, kedge_posix_log, NULL);
    kedge_posix_stop_on_signals(woken);
    sigaction(SIGUSR1, &action, NULL);
    return woken;
}
