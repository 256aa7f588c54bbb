// SPDX-License-Identifier: Apache-2.0
// heartbeat.c - renews a node's Lease, of 8 s, while it lists all Deployments by calls that wait,
// one after the other, until SIGTERM. A line for each list.
//
//     heartbeat --kubeconfig FILE NODE

#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <string.h>

#include <kedge/kedge.h>
#include <kedge/posix.h>

static kedge_err count(void *ctx, const struct kedge_object *object)
{
    unsigned *objects = ctx;
    (void)object;
    ++*objects;
    return KEDGE_OK;
}

static int run(struct kedge *k, struct kedge_client *client, const char *node)
{
    struct kedge_node_lease_options options = {.node = node, .duration = 8 * KEDGE_SECOND};
    struct kedge_node_lease *lease = kedge_node_lease_new(client, &options);
    struct kedge_rest *rest = kedge_rest_new(client, NULL);
    struct kedge_node_lease_state state;
    kedge_err err = kedge_node_lease_start(lease);

    while (err == KEDGE_OK) {
        unsigned objects = 0;
        struct kedge_api api = kedge_api_of(rest, &kedge_kind_deployment, NULL);
        struct kedge_api_list list = {.each = count, .ctx = &objects, .page_size = -1};
        err = kedge_api_list(&api, NULL, &list);
        kedge_node_lease_state(lease, &state);
        printf("listed %u, renewed %u times, %u failures\n", objects, (unsigned)state.renewals,
               (unsigned)state.failures);
        if (err == KEDGE_OK)
            err = kedge_poll(k, 0);
    }
    kedge_node_lease_stop(lease);
    kedge_rest_close(rest);
    kedge_client_free(client);
    return err == KEDGE_ERR_STOPPED ? 0 : kedge_posix_fail(k);
}

int main(int argc, char **argv)
{
    static unsigned char memory[256 * 1024];
    struct kedge_config_options options = {0};
    struct kedge_config config;

    if (argc != 4 || strcmp(argv[1], "--kubeconfig") != 0) {
        fputs("usage: heartbeat --kubeconfig FILE NODE\n", stderr);
        return 2;
    }
    options.kubeconfig = argv[2];
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct kedge *k = kedge_init(memory, sizeof memory, kedge_posix());
    kedge_posix_stop_on_signals(k);
    kedge_log_to(k, KEDGE_LOG_WARNING, kedge_posix_log, NULL);
    if (kedge_config_load(k, &config, &options) != KEDGE_OK)
        return kedge_posix_fail(k);
    return run(k, kedge_client_new(k, &config), argv[3]);
}
