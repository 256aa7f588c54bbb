// SPDX-License-Identifier: Apache-2.0
// deployment_list - reads all Deployments into the cache, prints them from there, and exits.
//
//     deployment_list [--kubeconfig FILE]
//
// In a pod it uses the pod's service account, else $KUBECONFIG or ~/.kube/config.
#include <stdio.h>
#include <string.h>

#include <kedge/kedge.h>
#include <kedge/posix.h>

static unsigned char memory[2 * 1024 * 1024];

int main(int argc, char **argv)
{
    struct kedge_config_options options = {0};
    if (argc == 3 && strcmp(argv[1], "--kubeconfig") == 0) {
        options.kubeconfig = argv[2];
    } else if (argc != 1) {
        fprintf(stderr, "usage: %s [--kubeconfig FILE]\n", argv[0]);
        return 2;
    }

    struct kedge *k = kedge_init(memory, sizeof memory, kedge_posix());
    struct kedge_config config;
    kedge_log_to(k, KEDGE_LOG_WARNING, kedge_posix_log, NULL);
    kedge_config_load(k, &config, &options);

    struct kedge_client *client = kedge_client_new(k, &config);
    struct kedge_factory *factory = kedge_factory_new(client, 0);
    struct kedge_informer *deployments = kedge_factory_informer(factory, &kedge_kind_deployment);
    if (kedge_factory_start(factory) != KEDGE_OK ||
        kedge_factory_wait_for_cache_sync(factory, 60 * KEDGE_SECOND) != KEDGE_OK)
        return kedge_posix_fail(k);

    printf("%-24s %-32s %7s %7s %10s %10s\n", "NAMESPACE", "NAME", "DESIRED", "READY", "UP-TO-DATE",
           "AVAILABLE");
    struct kedge_iter it = kedge_lister_list(deployments, "", KEDGE_EVERYTHING);
    for (const struct kedge_object *obj; (obj = kedge_iter_next(&it)) != NULL;) {
        const struct kedge_deployment *d = kedge_as_deployment(obj);
        printf("%-24s %-32s %7d %7d %10d %10d\n", kedge_namespace(obj), kedge_name(obj),
               (int)d->spec_replicas, (int)d->status_ready_replicas,
               (int)d->status_updated_replicas, (int)d->status_available_replicas);
    }
    printf("%zu deployments\n", kedge_lister_count(deployments));

    kedge_factory_shutdown(factory);
    kedge_client_free(client);
    return 0;
}
