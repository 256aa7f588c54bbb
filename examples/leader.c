// SPDX-License-Identifier: Apache-2.0
// leader - of all that are started with one Lease, one acts, once a second. Start it twice, in two
// terminals, and stop the one that leads: the other goes on.
//
//     leader [--kubeconfig FILE] [-n NAMESPACE] [-l LEASE] IDENTITY
//
// Ctrl-C gives the Lease up, so that another need not wait until it has expired; kill -9 does not.
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <kedge/kedge.h>
#include <kedge/posix.h>

static unsigned char memory[64 * 1024];
static volatile sig_atomic_t asked_to_end;

static void on_signal(int number)
{
    (void)number;
    asked_to_end = 1; // it is looked at once a second
}

static void started(void *ctx)
{
    printf("%s leads\n", (const char *)ctx);
}

static void stopped(void *ctx)
{
    printf("%s leads no more\n", (const char *)ctx);
}

static void new_leader(void *ctx, const char *identity)
{
    (void)ctx;
    if (identity[0] != '\0')
        printf("the leader is %s\n", identity);
    else
        printf("nobody leads\n");
}

// What it does takes no longer than 100 ms, so nobody else leads before it is done.
static void act(struct kedge_leader_elector *elector, const char *identity)
{
    static time_t acted;
    if (time(NULL) == acted || !kedge_leader_elector_may_act(elector, 100))
        return;
    acted = time(NULL);
    printf("%s acts\n", identity);
}

static bool read_arguments(int argc, char **argv, struct kedge_config_options *config,
                           struct kedge_leader_options *leader)
{
    int i = 1;
    for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
        if (strcmp(argv[i], "--kubeconfig") == 0)
            config->kubeconfig = argv[i + 1];
        else if (strcmp(argv[i], "-n") == 0)
            leader->namespace_ = argv[i + 1];
        else if (strcmp(argv[i], "-l") == 0)
            leader->name = argv[i + 1];
        else
            return false;
    }
    leader->identity = argv[i];
    leader->ctx = argv[i];
    return i + 1 == argc && argv[i][0] != '-';
}

int main(int argc, char **argv)
{
    struct kedge_config_options options = {0};
    struct kedge_config config;
    struct kedge_leader_options leader = {
        .name = "kedge-example",
        .release_on_cancel = true,
        .on_started_leading = started,
        .on_stopped_leading = stopped,
        .on_new_leader = new_leader,
    };
    if (!read_arguments(argc, argv, &options, &leader)) {
        fprintf(stderr, "usage: %s [--kubeconfig FILE] [-n NAMESPACE] [-l LEASE] IDENTITY\n",
                argv[0]);
        return 2;
    }

    setvbuf(stdout, NULL, _IOLBF, 0);
    struct kedge *k = kedge_init(memory, sizeof memory, kedge_posix());
    kedge_log_to(k, KEDGE_LOG_WARNING, kedge_posix_log, NULL);
    kedge_config_load(k, &config, &options);
    if (leader.namespace_ == NULL)
        leader.namespace_ = config.namespace_;
    struct kedge_client *client = kedge_client_new(k, &config);
    struct kedge_leader_elector *elector = kedge_leader_elector_new(client, &leader);
    if (elector == NULL)
        return kedge_posix_fail(k);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);

    kedge_leader_elector_start(elector);
    kedge_err err = KEDGE_OK;
    while (err == KEDGE_OK && kedge_leader_elector_is_running(elector)) {
        err = kedge_poll(k, KEDGE_SECOND);
        if (asked_to_end)
            kedge_leader_elector_stop(elector);
        act(elector, leader.identity);
    }
    kedge_leader_elector_close(elector);
    kedge_client_free(client);
    return err == KEDGE_OK ? 0 : kedge_posix_fail(k);
}
