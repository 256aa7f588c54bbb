// SPDX-License-Identifier: Apache-2.0
// deployment_informer - keeps all Deployments in memory, tells of every change, and lists the
// namespace "default" from the cache.
//
//     deployment_informer [--kubeconfig FILE]
//
// In a pod it uses the pod's service account, else $KUBECONFIG or ~/.kube/config. Ctrl-C ends it.
#include <stdio.h>
#include <string.h>

#include <kedge/kedge.h>
#include <kedge/posix.h>

static unsigned char memory[2 * 1024 * 1024]; // all that kedge will use; mbedTLS has its own

static void added(void *ctx, const struct kedge_object *obj, bool initial)
{
    (void)ctx;
    const struct kedge_deployment *d = kedge_as_deployment(obj);
    printf("add a deployment: %s/%s (%d replicas)%s\n", kedge_namespace(obj), kedge_name(obj),
           (int)d->spec_replicas, initial ? "" : " - new");
}

static const char *image_of(const struct kedge_deployment *d)
{
    const struct kedge_template_container *first =
        kedge_deployment_spec_template_spec_containers(d, 0);
    return first != NULL ? kedge_text(&first->image) : "";
}

static void updated(void *ctx, const struct kedge_object *old, const struct kedge_object *obj)
{
    (void)ctx;
    if (old == obj)
        return; // a resync: every 30 s, nothing has changed
    const struct kedge_deployment *was = kedge_as_deployment(old);
    const struct kedge_deployment *is = kedge_as_deployment(obj);
    printf("update deployment: %s/%s", kedge_namespace(obj), kedge_name(obj));
    if (was->spec_replicas != is->spec_replicas)
        printf(", replicas %d -> %d", (int)was->spec_replicas, (int)is->spec_replicas);
    if (was->status_ready_replicas != is->status_ready_replicas)
        printf(", ready %d -> %d", (int)was->status_ready_replicas, (int)is->status_ready_replicas);
    if (strcmp(image_of(was), image_of(is)) != 0)
        printf(", image %s -> %s", image_of(was), image_of(is));
    printf(", version %s -> %s\n", kedge_resource_version(old), kedge_resource_version(obj));
}

static void deleted(void *ctx, const struct kedge_object *obj, bool tombstone)
{
    (void)ctx;
    printf("delete deployment: %s/%s%s\n", kedge_namespace(obj), kedge_name(obj),
           tombstone ? " - noticed by its absence" : "");
}

static struct kedge_handler printer = {.on_add = added, .on_update = updated, .on_delete = deleted};

static void list_default(const struct kedge_informer *deployments)
{
    int i = 0;
    printf("deployments in namespace default:\n");
    struct kedge_iter it = kedge_lister_list(deployments, "default", KEDGE_EVERYTHING);
    for (const struct kedge_object *obj; (obj = kedge_iter_next(&it)) != NULL;)
        printf("%4d  %s\n", i++, kedge_name(obj));
}

int main(int argc, char **argv)
{
    struct kedge_config_options options = {0};
    if (argc == 3 && strcmp(argv[1], "--kubeconfig") == 0) {
        options.kubeconfig = argv[2];
    } else if (argc != 1) {
        fprintf(stderr, "usage: %s [--kubeconfig FILE]\n", argv[0]);
        return 2;
    }

    setvbuf(stdout, NULL, _IOLBF, 0); // line by line into a pipe too: `kubectl logs`
    struct kedge *k = kedge_init(memory, sizeof memory, kedge_posix());
    struct kedge_config config;
    kedge_posix_stop_on_signals(k);
    kedge_log_to(k, KEDGE_LOG_WARNING, kedge_posix_log, NULL);
    kedge_config_load(k, &config, &options);

    struct kedge_client *client = kedge_client_new(k, &config);
    struct kedge_factory *factory = kedge_factory_new(client, 30 * KEDGE_SECOND);
    struct kedge_informer *deployments = kedge_factory_informer(factory, &kedge_kind_deployment);

    kedge_informer_add_handler(deployments, &printer);
    if (kedge_factory_start(factory) != KEDGE_OK ||
        kedge_factory_wait_for_cache_sync(factory, 30 * KEDGE_SECOND) != KEDGE_OK)
        return kedge_posix_fail(k);

    list_default(deployments);
    kedge_err err = kedge_run(k);

    kedge_factory_shutdown(factory);
    kedge_client_free(client);
    kedge_posix_print_memory(k, stdout);
    return err == KEDGE_OK ? 0 : kedge_posix_fail(k);
}
