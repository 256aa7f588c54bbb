// SPDX-License-Identifier: Apache-2.0
// deployment_events - tells the cluster when a Deployment is scaled, as events that
// `kubectl describe` and `kubectl events` show.
//
//     deployment_events [--kubeconfig FILE]
//
// In a pod it uses the pod's service account, else $KUBECONFIG or ~/.kube/config. Ctrl-C ends it,
// once what waits is sent.
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <kedge/kedge.h>
#include <kedge/posix.h>

static unsigned char memory[2 * 1024 * 1024]; // all that kedge will use; mbedTLS has its own

static struct kedge_event_recorder *events;
static volatile sig_atomic_t interrupted;

static void updated(void *ctx, const struct kedge_object *old, const struct kedge_object *obj)
{
    (void)ctx;
    int was = (int)kedge_as_deployment(old)->spec_replicas;
    int is = (int)kedge_as_deployment(obj)->spec_replicas;
    char message[64];
    if (was == is)
        return;
    snprintf(message, sizeof message, "replicas %d -> %d", was, is);
    // It is only noted here; the loop sends it.
    kedge_err err = kedge_event_record(events, &kedge_kind_deployment, obj,
                                       is == 0 ? KEDGE_EVENT_WARNING : KEDGE_EVENT_NORMAL,
                                       "ReplicasChanged", message);
    printf("%s/%s: %s%s%s\n", kedge_namespace(obj), kedge_name(obj), message,
           err != KEDGE_OK ? ", not recorded: " : "", err != KEDGE_OK ? kedge_err_text(err) : "");
}

static struct kedge_handler recorder = {.on_update = updated};

static void interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

// Until Ctrl-C; then until what waits is sent, five seconds at most.
static kedge_err run(struct kedge *k)
{
    struct kedge_event_recorder_facts facts = {0};
    kedge_err err = KEDGE_OK;
    while (err == KEDGE_OK && !interrupted)
        err = kedge_poll(k, 100);
    kedge_event_recorder_shut_down(events);
    kedge_event_recorder_facts(events, &facts);
    for (int i = 0; i < 50 && err == KEDGE_OK && facts.waiting > 0; i++) {
        err = kedge_poll(k, 100);
        kedge_event_recorder_facts(events, &facts);
    }
    printf("%u events recorded: %u new, %u more of the same, %u too many, %u failed\n",
           (unsigned)facts.recorded, (unsigned)facts.created, (unsigned)facts.patched,
           (unsigned)facts.skipped, (unsigned)facts.failed);
    return err;
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
    signal(SIGINT, interrupt);
    struct kedge *k = kedge_init(memory, sizeof memory, kedge_posix());
    struct kedge_config config;
    kedge_log_to(k, KEDGE_LOG_WARNING, kedge_posix_log, NULL);
    kedge_config_load(k, &config, &options);

    struct kedge_client *client = kedge_client_new(k, &config);
    struct kedge_factory *factory = kedge_factory_new(client, 0);
    struct kedge_informer *deployments = kedge_factory_informer(factory, &kedge_kind_deployment);
    events = kedge_event_recorder_new(
        client, &(struct kedge_event_recorder_options){.component = "deployment-events"});

    kedge_informer_add_handler(deployments, &recorder);
    if (kedge_factory_start(factory) != KEDGE_OK ||
        kedge_factory_wait_for_cache_sync(factory, 30 * KEDGE_SECOND) != KEDGE_OK)
        return kedge_posix_fail(k);

    puts("watching all deployments");
    kedge_err err = run(k);

    kedge_event_recorder_close(events);
    kedge_factory_shutdown(factory);
    kedge_client_free(client);
    kedge_posix_print_memory(k, stdout);
    return err == KEDGE_OK ? 0 : kedge_posix_fail(k);
}
