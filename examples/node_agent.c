// SPDX-License-Identifier: Apache-2.0
// node_agent - is a node: registers it, holds it Ready, renews its Lease, and "runs" the pods that
// are bound to it, by saying so at once. What a real device does in their place goes into the four
// handlers.
//
//     node_agent [--kubeconfig FILE] NAME
//
// In a pod it uses the pod's service account, else $KUBECONFIG or ~/.kube/config. Ctrl-C ends it;
// the Node stays, and is NotReady after 40 s.
#include <stdio.h>
#include <string.h>

#include <kedge/kedge.h>
#include <kedge/posix.h>

// A pod as this device knows them: what it has no use for is not kept.
#define KEDGE_ROWS_lamp_env(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, name, "name")                  \
    FIELD(K, TEXT, value, "value")
KEDGE_DECLARE_ITEM(lamp_env)

#define KEDGE_ROWS_lamp_task(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, name, "name")                   \
    FIELD(K, TEXT, image, "image")                 \
    FIELD(K, TEXT_LIST, args, "args")              \
    LIST(K, lamp_env, env, "env")
KEDGE_DECLARE_ITEM(lamp_task)

#define KEDGE_ROWS_lamp_pod(FIELD, LIST, ENUM, K)       \
    LIST(K, lamp_task, tasks, "spec", "containers")     \
    ENUM(K, pod_phase, status_phase, "status", "phase") \
    LIST(K, condition, conditions, "status", "conditions")
KEDGE_DECLARE_KIND(lamp_pod)

KEDGE_DEFINE_ITEM(lamp_env)
KEDGE_DEFINE_ITEM(lamp_task)
KEDGE_DEFINE_KIND(lamp_pod, "", "v1", "pods", "Pod", KEDGE_NAMESPACED)

enum { PODS = 4 };

static unsigned char memory[256 * 1024]; // all that kedge will use; mbedTLS has its own
static struct kedge *k;
static struct kedge_node_agent *agent;

static const struct kedge_node_resource resources[] = {
    {"cpu", "1", NULL}, {"memory", "64Mi", "32Mi"}, {"pods", "4", NULL}};
static const struct kedge_node_label labels[] = {{"node-role.example.com/tiny", ""}};
// Nobody's pods come here but those that tolerate it.
static const struct kedge_node_taint taints[] = {
    {"example.com/tiny", "true", KEDGE_TAINT_NO_SCHEDULE}};

static struct kedge_node_facts facts = {.resources = resources,
                                        .resource_count = 3,
                                        .kernel_version = "none",
                                        .os_image = "kedge example",
                                        .container_runtime_version = "pretend://1.0",
                                        .kubelet_version = "v1.36.0-kedge",
                                        .operating_system = "linux",
                                        .architecture = "arm"};

// Tells what becomes of a pod: of each of its containers the same.
static void tell(const struct kedge_object *obj, bool over)
{
    const struct kedge_lamp_pod *pod = kedge_as_lamp_pod(obj);
    struct kedge_pod_status_container containers[4] = {{0}};
    kedge_timestamp now = kedge_wall_clock(k);
    struct kedge_pod_status status = {.phase = over ? KEDGE_POD_SUCCEEDED : KEDGE_POD_RUNNING,
                                      .start_time = now,
                                      .host_ip = "192.0.2.1",
                                      .pod_ip = "192.0.2.1",
                                      .containers = containers};
    for (size_t i = 0; i < pod->tasks.count && i < 4; i++) {
        const struct kedge_lamp_task *c = kedge_lamp_pod_tasks(pod, i);
        containers[i] = (struct kedge_pod_status_container){
            .name = kedge_text(&c->name),
            .image = kedge_text(&c->image),
            .phase = over ? KEDGE_CONTAINER_TERMINATED : KEDGE_CONTAINER_RUNNING,
            .ready = !over,
            .reason = over ? "Completed" : NULL,
            .started_at = now,
            .finished_at = over ? now : 0};
        status.container_count++;
    }
    char uid[KEDGE_UID_TEXT];
    kedge_err err =
        kedge_pod_status_set(kedge_node_agent_pods(agent), kedge_uid(obj, uid), &status);
    if (err != KEDGE_OK)
        printf("%s: %s\n", kedge_name(obj), kedge_err_text(err));
}

static void run(void *ctx, const struct kedge_object *pod)
{
    (void)ctx;
    const struct kedge_lamp_pod *lamp = kedge_as_lamp_pod(pod);
    printf("run: %s/%s\n", kedge_namespace(pod), kedge_name(pod));
    for (size_t i = 0; i < lamp->tasks.count; i++) {
        const struct kedge_lamp_task *task = kedge_lamp_pod_tasks(lamp, i);
        printf("  %s: %s", kedge_text(&task->name), kedge_text(&task->image));
        for (size_t j = 0; j < task->args.count; j++)
            printf(" %s", kedge_text(kedge_text_at(&task->args, j)));
        for (size_t j = 0; j < task->env.count; j++) {
            const struct kedge_lamp_env *env = kedge_lamp_task_env(task, j);
            printf(" %s=%s", kedge_text(&env->name), kedge_text(&env->value));
        }
        printf("\n");
    }
    tell(pod, false);
}

static void end(void *ctx, const struct kedge_object *pod, kedge_time grace)
{
    (void)ctx;
    printf("end: %s/%s, within %d s\n", kedge_namespace(pod), kedge_name(pod),
           (int)(grace / KEDGE_SECOND));
    char uid[KEDGE_UID_TEXT];
    tell(pod, true);
    kedge_pod_status_ended(kedge_node_agent_pods(agent), kedge_uid(pod, uid));
}

static void forget(void *ctx, const struct kedge_object *pod)
{
    (void)ctx;
    printf("gone: %s/%s\n", kedge_namespace(pod), kedge_name(pod));
}

static const struct kedge_pod_handler runtime = {
    .on_add = run, .on_terminate = end, .on_remove = forget};

static void registered(void *ctx, const struct kedge_object *node)
{
    (void)ctx;
    char uid[KEDGE_UID_TEXT];
    printf("registered: %s, uid %s\n", kedge_name(node), kedge_uid(node, uid));
}

int main(int argc, char **argv)
{
    struct kedge_config_options options = {0};
    if (argc == 4 && strcmp(argv[1], "--kubeconfig") == 0) {
        options.kubeconfig = argv[2];
    } else if (argc != 2 || argv[1][0] == '-') {
        fprintf(stderr, "usage: %s [--kubeconfig FILE] NAME\n", argv[0]);
        return 2;
    }

    setvbuf(stdout, NULL, _IOLBF, 0);
    k = kedge_init(memory, sizeof memory, kedge_posix());
    struct kedge_config config;
    kedge_posix_stop_on_signals(k);
    kedge_log_to(k, KEDGE_LOG_WARNING, kedge_posix_log, NULL);
    kedge_config_load(k, &config, &options);
    config.clock_from_server = true; // does nothing where there is a clock, as here

    struct kedge_client *client = kedge_client_new(k, &config);
    struct kedge_factory *factory = kedge_factory_new(client, 0);
    agent = kedge_node_agent_new(
        client, &(struct kedge_node_agent_options){.node = {.node = argv[argc - 1],
                                                            .facts = &facts,
                                                            .labels = labels,
                                                            .label_count = 1,
                                                            .taints = taints,
                                                            .taint_count = 1,
                                                            .on_registered = registered},
                                                   .factory = factory,
                                                   .pods = &runtime,
                                                   .pod_kind = &kedge_kind_lamp_pod,
                                                   .pod_max = PODS});
    if (kedge_node_agent_start(agent) != KEDGE_OK)
        return kedge_posix_fail(k);
    kedge_err err = kedge_run(k);

    kedge_node_agent_stop(agent);
    kedge_factory_shutdown(factory);
    kedge_client_free(client);
    kedge_posix_print_memory(k, stdout);
    return err == KEDGE_OK ? 0 : kedge_posix_fail(k);
}
