// SPDX-License-Identifier: Apache-2.0
// deployment_wait - waits until a Deployment is rolled out and available, as `kubectl rollout
// status` does; it need not be there yet.
//
//     deployment_wait [--kubeconfig FILE] [-n NAMESPACE] [--timeout SECONDS] NAME
//
// Ends with success, or with 1 after the time (60 s), or if the Deployment is deleted.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <kedge/kedge.h>
#include <kedge/posix.h>

static unsigned char memory[128 * 1024];

struct arguments {
    struct kedge_config_options config;
    const char *namespace_; // NULL: the configuration's
    const char *name;
    kedge_time timeout;
};

static bool read_arguments(struct arguments *a, int argc, char **argv)
{
    memset(a, 0, sizeof *a);
    a->timeout = 60 * KEDGE_SECOND;
    for (int i = 1; i < argc; i++) {
        const char *option = argv[i];
        if (option[0] != '-' && a->name == NULL) {
            a->name = option;
            continue;
        }
        if (++i == argc)
            return false;
        if (strcmp(option, "--kubeconfig") == 0)
            a->config.kubeconfig = argv[i];
        else if (strcmp(option, "-n") == 0)
            a->namespace_ = argv[i];
        else if (strcmp(option, "--timeout") == 0)
            a->timeout = strtol(argv[i], NULL, 10) * KEDGE_SECOND;
        else
            return false;
    }
    return a->name != NULL;
}

static kedge_err is_available(void *ctx, const struct kedge_watch_event *event)
{
    const struct kedge_deployment *d = kedge_as_deployment(event->object);
    (void)ctx;
    if (event->type == KEDGE_WATCH_DELETED)
        return KEDGE_ERR_NOT_FOUND;
    printf("%s: %d of %d available\n", kedge_name(event->object), (int)d->status_available_replicas,
           (int)d->spec_replicas);
    return d->status_observed_generation >= event->object->generation &&
                   d->status_updated_replicas >= d->spec_replicas &&
                   d->status_available_replicas >= d->spec_replicas
               ? KEDGE_OK
               : KEDGE_WAIT;
}

// A watch without a version begins with the object as it is, so one that ended is just begun anew.
static kedge_err wait_for(struct kedge *k, struct kedge_watch *watch, const struct arguments *a)
{
    static const kedge_until_condition conditions[] = {is_available};
    char selector[300];
    snprintf(selector, sizeof selector, "metadata.name=%s", a->name);
    struct kedge_watch_options options = {.kind = &kedge_kind_deployment,
                                          .namespace_ = a->namespace_,
                                          .options = {.field_selector = selector}};
    const time_t end = time(NULL) + (time_t)(a->timeout / KEDGE_SECOND);
    kedge_err err = kedge_watch_start(watch, &options, NULL);
    while (err == KEDGE_OK) {
        kedge_time left = (kedge_time)(end - time(NULL)) * KEDGE_SECOND;
        err = kedge_until_without_retry(watch, conditions, 1, NULL, left > 0 ? left : 0, NULL);
        if (err != KEDGE_ERR_CLOSED)
            return err;
        kedge_poll(k, KEDGE_SECOND); // no server is asked again and again
        err = kedge_watch_start(watch, &options, NULL);
    }
    return err;
}

int main(int argc, char **argv)
{
    struct arguments a;
    if (!read_arguments(&a, argc, argv)) {
        fprintf(stderr,
                "usage: %s [--kubeconfig FILE] [-n NAMESPACE] [--timeout SECONDS] DEPLOYMENT\n",
                argv[0]);
        return 2;
    }

    setvbuf(stdout, NULL, _IOLBF, 0);
    struct kedge *k = kedge_init(memory, sizeof memory, kedge_posix());
    struct kedge_config config;
    kedge_posix_stop_on_signals(k);
    kedge_log_to(k, KEDGE_LOG_WARNING, kedge_posix_log, NULL);
    kedge_config_load(k, &config, &a.config);
    if (a.namespace_ == NULL)
        a.namespace_ = config.namespace_;

    struct kedge_client *client = kedge_client_new(k, &config);
    struct kedge_rest *rest = kedge_rest_new(client, NULL);
    struct kedge_watch *watch = kedge_watch_new(rest);
    if (watch == NULL)
        return kedge_posix_fail(k);

    kedge_err err = wait_for(k, watch, &a);
    if (err == KEDGE_OK)
        printf("%s is available\n", a.name);
    else if (err == KEDGE_ERR_TIMEOUT || err == KEDGE_ERR_NOT_FOUND || err == KEDGE_ERR_STOPPED)
        fprintf(stderr, "%s: %s\n", a.name, kedge_err_text(err));
    else
        fprintf(stderr, "%s\n", kedge_rest_error_text(rest));

    kedge_rest_close(rest);
    kedge_client_free(client);
    return err == KEDGE_OK ? 0 : 1;
}
