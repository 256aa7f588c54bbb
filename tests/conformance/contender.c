// SPDX-License-Identifier: Apache-2.0
// contender.c - stands for election and, while it leads, acts 50 times a second. `drive contend` is
// client-go's half, and says the same, a line each:
//
//     MILLISECONDS IDENTITY started | stopped | act | new LEADER
//
//     contender [--kubeconfig FILE] IDENTITY
//
// SIGTERM gives the Lease up.

#define _POSIX_C_SOURCE 200809L

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <kedge/kedge.h>
#include <kedge/posix.h>

static struct kedge *k;
static volatile sig_atomic_t asked_to_end;
static const char *identity;

static void ask_to_end(int number)
{
    (void)number;
    asked_to_end = 1;
    kedge_wake(k);
}

// Of the calendar: the one clock that both halves and the server have.
static long long now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void say(long long at, const char *word, const char *more)
{
    printf("%lld %s %s%s%s\n", at, identity, word, more[0] != '\0' ? " " : "", more);
}

static void started(void *ctx)
{
    (void)ctx;
    say(now(), "started", "");
}

static void stopped(void *ctx)
{
    (void)ctx;
    say(now(), "stopped", "");
}

static void new_leader(void *ctx, const char *leader)
{
    (void)ctx;
    say(now(), "new", leader);
}

// Asleep between the look at the clock and the question, it would have acted before it slept.
static void act(struct kedge_leader_elector *elector)
{
    long long at = now();
    if (kedge_leader_elector_may_act(elector, 10))
        say(at, "act", "");
}

static int run(const struct kedge_config_options *options)
{
    struct kedge_config config;
    const struct kedge_leader_options leader = {
        .namespace_ = "default",
        .name = "contended",
        .identity = identity,
        .lease_duration = 5 * KEDGE_SECOND,
        .renew_deadline = 4 * KEDGE_SECOND,
        .retry_period = KEDGE_SECOND / 2,
        .release_on_cancel = true,
        .on_started_leading = started,
        .on_stopped_leading = stopped,
        .on_new_leader = new_leader,
    };

    if (kedge_config_load(k, &config, options) != KEDGE_OK)
        return kedge_posix_fail(k);
    struct kedge_client *client = kedge_client_new(k, &config);
    struct kedge_leader_elector *elector = kedge_leader_elector_new(client, &leader);
    if (elector == NULL)
        return kedge_posix_fail(k);
    kedge_leader_elector_start(elector);
    kedge_err err = KEDGE_OK;
    while (err == KEDGE_OK) {
        err = kedge_poll(k, KEDGE_SECOND / 50);
        if (asked_to_end)
            kedge_leader_elector_stop(elector);
        else if (!kedge_leader_elector_is_running(elector))
            kedge_leader_elector_start(elector);
        if (asked_to_end && !kedge_leader_elector_is_running(elector))
            break;
        act(elector);
    }
    kedge_leader_elector_close(elector);
    kedge_client_free(client);
    return err == KEDGE_OK ? 0 : kedge_posix_fail(k);
}

int main(int argc, char **argv)
{
    static unsigned char memory[256 * 1024];
    struct kedge_config_options options = {0};

    if (argc == 4 && strcmp(argv[1], "--kubeconfig") == 0)
        options.kubeconfig = argv[2];
    else if (argc != 2) {
        fputs("usage: contender [--kubeconfig FILE] IDENTITY\n", stderr);
        return 2;
    }
    identity = argv[argc - 1];
    setvbuf(stdout, NULL, _IOLBF, 0);
    k = kedge_init(memory, sizeof memory, kedge_posix());
    kedge_log_to(k, KEDGE_LOG_WARNING, kedge_posix_log, NULL);
    struct sigaction action = {.sa_handler = ask_to_end};
    sigaction(SIGTERM, &action, NULL);
    return run(&options);
}
