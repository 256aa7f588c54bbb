// SPDX-License-Identifier: Apache-2.0
// sensor_watch - a custom resource of one's own, described once, by the macros that describe the
// built-in kinds.
//
//     sensor_watch [--kubeconfig FILE]
//
// It needs a server that knows Sensors (edge.example.com/v1).
#include <stdio.h>
#include <string.h>

#include <kedge/kedge.h>
#include <kedge/posix.h>

// Type, member (the path in snake_case), path. What is not named here never reaches memory.
#define KEDGE_ROWS_sensor(FIELD, LIST, ENUM, K)                       \
    FIELD(K, INT32, spec_interval_seconds, "spec", "intervalSeconds") \
    FIELD(K, TEXT, spec_unit, "spec", "unit")                         \
    FIELD(K, TEXT_LIST, spec_tags, "spec", "tags")                    \
    FIELD(K, TEXT, status_phase, "status", "phase")

KEDGE_DECLARE_KIND(sensor)
KEDGE_DEFINE_KIND(sensor, "edge.example.com", "v1", "sensors", "Sensor", KEDGE_NAMESPACED)

static unsigned char memory[256 * 1024];

static void show(const char *what, const struct kedge_object *obj)
{
    const struct kedge_sensor *s = kedge_as_sensor(obj);
    printf("%-8s %s/%s every %d s, %u tags\n", what, kedge_namespace(obj), kedge_name(obj),
           (int)s->spec_interval_seconds, (unsigned)s->spec_tags.count);
}

static void added(void *ctx, const struct kedge_object *obj, bool initial)
{
    (void)ctx;
    (void)initial;
    show("ADDED", obj);
}

static void updated(void *ctx, const struct kedge_object *old, const struct kedge_object *obj)
{
    (void)ctx;
    (void)old;
    show("MODIFIED", obj);
}

static void deleted(void *ctx, const struct kedge_object *obj, bool tombstone)
{
    (void)ctx;
    (void)tombstone;
    show("DELETED", obj);
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

    struct kedge_factory *factory = kedge_factory_new(kedge_client_new(k, &config), 0);
    kedge_informer_add_handler(kedge_factory_informer(factory, &kedge_kind_sensor), &printer);
    kedge_factory_start(factory);
    return kedge_run(k) == KEDGE_OK ? 0 : kedge_posix_fail(k);
}
