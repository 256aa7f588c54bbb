// SPDX-License-Identifier: Apache-2.0
// report.c - what a program on a POSIX system wants besides the port: failures, log and memory
// report in words, and an end by signals.
#define _POSIX_C_SOURCE 200809L

#include "posix_priv.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#define PARTS_MAX 32

int kedge_posix_fail(const struct kedge *k)
{
    kedge_err err = kedge_error(k);
    const char *text = kedge_error_text(k);
    const char *remedy = kedge_err_text(err);
    if (err == KEDGE_OK && text[0] != '\0') {
        fprintf(stderr, "kedge: %s\n", text); // an answer that was no, such as a time-out
        return 1;
    }
    if (err == KEDGE_OK) {
        fputs("kedge: the call failed, but nothing that was built did: a time-out or a stop\n",
              stderr);
        return 1;
    }
    fprintf(stderr, "%s: %s\n", kedge_err_name(err), text);
    if (strcmp(text, remedy) != 0)
        fprintf(stderr, "    %s\n", remedy);
    return 1;
}

void kedge_posix_log(void *ctx, enum kedge_log_level level, const char *text)
{
    (void)ctx;
    static const char *const names[] = {"ERROR  ", "WARNING", "INFO   ", "DEBUG  "};
    size_t at = (size_t)level;
    struct timespec t = {0, 0};
    struct tm parts;
    char when[32] = "";
    clock_gettime(CLOCK_REALTIME, &t);
    if (gmtime_r(&t.tv_sec, &parts) != NULL)
        strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &parts);
    // One call, so that lines of several threads do not mix.
    fprintf(stderr, "%s.%03dZ %s %s\n", when, (int)(t.tv_nsec / 1000000),
            at < sizeof names / sizeof names[0] ? names[at] : "?      ", text);
}

static _Atomic(struct kedge *) stopped_by_signals;

static void stop(int signal_number)
{
    (void)signal_number;
    kedge_stop(atomic_load(&stopped_by_signals));
}

void kedge_posix_stop_on_signals(struct kedge *k)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = k != NULL ? stop : SIG_DFL;
    // Once each: a second Ctrl-C ends a program whose loop does not turn any more.
    action.sa_flags = (int)SA_RESETHAND;
    atomic_store(&stopped_by_signals, k);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

void kedge_posix_print_memory(const struct kedge *k, FILE *out)
{
    struct kedge_memory_part parts[PARTS_MAX];
    size_t count = kedge_memory_report(k, parts, PARTS_MAX);
    size_t shown = count < PARTS_MAX ? count : PARTS_MAX;
    fprintf(out, "%-20s %10s %10s %10s\n", "memory, bytes", "size", "used", "peak");
    for (size_t i = 0; i < shown; i++) {
        const struct kedge_memory_part *p = &parts[i];
        fprintf(out, "%s%-*s %10zu %10zu %10zu\n", i > 0 ? "  " : "", i > 0 ? 18 : 20, p->name,
                p->size, p->used, p->peak);
    }
    if (shown < count)
        fprintf(out, "  and %zu more\n", count - shown);
}
