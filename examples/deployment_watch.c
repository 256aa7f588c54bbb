// SPDX-License-Identifier: Apache-2.0
// deployment_watch - tells of every change of a Deployment, by handlers alone.
//
//     deployment_watch [--kubeconfig FILE]
//
// In a pod it uses the pod's service account, else $KUBECONFIG or ~/.kube/config. Ctrl-C ends it.
#include <stdio.h>
#include <string.h>

#include <kedge/kedge.h>
#include <kedge/posix.h>

static unsigned char memory[1024 * 1024];

static const char *first_image(const struct kedge_object *obj)
{
    const struct kedge_deployment *d = kedge_as_deployment(obj);
    const struct kedge_template_container *c =
        KEDGE_AT(struct kedge_template_container, &d->spec_template_spec_containers, 0);
    return c != NULL ? kedge_text(&c->image) : "(no container)";
}

static void added(void *ctx, const struct kedge_object *obj, bool initial)
{
    (void)ctx;
    printf("%-9s %s/%s  %s\n", initial ? "EXISTING" : "ADDED", kedge_namespace(obj),
           kedge_name(obj), first_image(obj));
}

static void updated(void *ctx, const struct kedge_object *old, const struct kedge_object *obj)
{
    (void)ctx;
    printf("%-9s %s/%s  %s -> %s\n", "MODIFIED", kedge_namespace(obj), kedge_name(obj),
           first_image(old), first_image(obj));
}

static void deleted(void *ctx, const struct kedge_object *obj, bool tombstone)
{
    (void)ctx;
    (void)tombstone;
    printf("%-9s %s/%s\n", "DELETED", kedge_namespace(obj), kedge_name(obj));
}

static struct kedge_handler printer = {.on_add = added, .on_update = updated, .on_delete = deleted};

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
    struct kedge_factory *factory = kedge_factory_new(client, 0);
    kedge_informer_add_handler(kedge_factory_informer(factory, &kedge_kind_deployment), &printer);
    kedge_factory_start(factory);
    kedge_err err = kedge_run(k);

    kedge_factory_shutdown(factory);
    kedge_client_free(client);
    kedge_posix_print_memory(k, stdout);
    return err == KEDGE_OK ? 0 : kedge_posix_fail(k);
}
