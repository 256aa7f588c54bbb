// SPDX-License-Identifier: Apache-2.0
// controller - keeps a ConfigMap for each Sensor, and writes into the Sensor's status what it has
// done: a controller for a custom resource of one's own.
//
//     controller [--kubeconfig FILE]
//
// The server knows Sensors (edge.example.com/v1, with the subresource "status"). Whatever somebody
// does to the ConfigMaps, they are soon again as the Sensors' specs say; when a Sensor goes, the
// cluster's garbage collector takes its ConfigMap away. It ends by Ctrl-C.
#include <stdio.h>
#include <string.h>

#include <kedge/kedge.h>
#include <kedge/posix.h>

#define KEDGE_ROWS_sensor(FIELD, LIST, ENUM, K)                       \
    FIELD(K, INT32, spec_interval_seconds, "spec", "intervalSeconds") \
    FIELD(K, TEXT, spec_unit, "spec", "unit")                         \
    FIELD(K, INT64, status_observed_generation, "status", "observedGeneration")
KEDGE_DECLARE_KIND(sensor)
KEDGE_DEFINE_KIND(sensor, "edge.example.com", "v1", "sensors", "Sensor", KEDGE_NAMESPACED)

static unsigned char memory[256 * 1024];
static struct kedge_informer *sensors;
static struct kedge_informer *configmaps;
static struct kedge_rest *rest;

// What is to be done for one Sensor ---------------------------------------------------------------

// The ConfigMap is as it should be: nothing is sent.
static bool is_right(const struct kedge_object *configmap, const struct kedge_object *sensor,
                     const char *interval)
{
    const struct kedge_configmap *c = kedge_as_configmap(configmap);
    const struct kedge_owner_reference *owner = kedge_controller_of(configmap);
    const struct kedge_text *i = c != NULL ? kedge_map_get(&c->data, "interval") : NULL;
    const struct kedge_text *u = c != NULL ? kedge_map_get(&c->data, "unit") : NULL;
    return i != NULL && u != NULL && owner != NULL && kedge_uid_equal(&owner->uid, &sensor->uid) &&
           strcmp(kedge_text(i), interval) == 0 &&
           strcmp(kedge_text(u), kedge_text(&kedge_as_sensor(sensor)->spec_unit)) == 0;
}

// Server-side apply makes it, or changes back what is ours and leaves what is not.
static kedge_err apply_configmap(const struct kedge_object *sensor, const char *interval,
                                 struct kedge_reconcile_result *result)
{
    char text[1024];
    struct kedge_build b;
    kedge_str object = {NULL, 0};
    struct kedge_options options = {.field_manager = "sensor-controller", .force = KEDGE_JUST(1)};
    struct kedge_api api = kedge_api_of(rest, &kedge_kind_configmap, kedge_namespace(sensor));
    kedge_build_object(&b, &kedge_kind_configmap, text, sizeof text);
    kedge_build_name(&b, kedge_name(sensor));
    kedge_build_owner(&b, sensor, &kedge_kind_sensor, true);
    kedge_build_entry(&b, KEDGE_FIELD(configmap, data), "interval", interval);
    kedge_build_entry(&b, KEDGE_FIELD(configmap, data), "unit",
                      kedge_text(&kedge_as_sensor(sensor)->spec_unit));
    kedge_err err = kedge_build_finish(&b, &object);
    if (err != KEDGE_OK)
        return err;
    err = kedge_api_apply(&api, kedge_name(sensor), object, &options, NULL);
    result->problem = kedge_rest_error_text(rest);
    if (err == KEDGE_OK)
        printf("%s/%s: its ConfigMap is written\n", kedge_namespace(sensor), kedge_name(sensor));
    return err;
}

static kedge_err patch_status(const struct kedge_object *sensor,
                              struct kedge_reconcile_result *result)
{
    char text[256];
    struct kedge_build b;
    kedge_str patch = {NULL, 0};
    struct kedge_api api = kedge_api_of(rest, &kedge_kind_sensor, kedge_namespace(sensor));
    struct kedge_api status = kedge_api_sub(&api, "status");
    kedge_build_patch(&b, &kedge_kind_sensor, text, sizeof text);
    kedge_build_int(&b, KEDGE_FIELD(sensor, status_observed_generation), sensor->generation);
    kedge_err err = kedge_build_finish(&b, &patch);
    if (err != KEDGE_OK)
        return err;
    err = kedge_api_patch(&status, kedge_name(sensor), KEDGE_PATCH_MERGE, patch, NULL, NULL);
    result->problem = kedge_rest_error_text(rest);
    if (err == KEDGE_OK)
        printf("%s/%s: generation %d is observed\n", kedge_namespace(sensor), kedge_name(sensor),
               (int)sensor->generation);
    return err;
}

// It looks at what is there and does what is missing; what has happened, it does not ask.
static kedge_err reconcile(void *ctx, const struct kedge_reconcile *r,
                           struct kedge_reconcile_result *result)
{
    const struct kedge_object *sensor;
    const struct kedge_object *configmap;
    char interval[16];
    (void)ctx;
    kedge_err err = kedge_lister_get(sensors, r->namespace_, r->name, &sensor);
    if (err == KEDGE_ERR_NOT_FOUND || (err == KEDGE_OK && sensor->deletion_timestamp.seconds != 0))
        return KEDGE_OK; // it is gone, or goes: nothing is to be done any more
    if (err != KEDGE_OK)
        return err;
    if (kedge_is_partial(sensor)) {
        result->problem = "it is too large for a record: its spec is not known";
        return KEDGE_ERR_TOO_LONG;
    }
    const struct kedge_sensor *s = kedge_as_sensor(sensor);
    snprintf(interval, sizeof interval, "%d", (int)s->spec_interval_seconds);
    kedge_lister_get(configmaps, r->namespace_, r->name, &configmap);
    if (!is_right(configmap, sensor, interval))
        err = apply_configmap(sensor, interval, result);
    if (err == KEDGE_OK && s->status_observed_generation != sensor->generation)
        err = patch_status(sensor, result);
    if (err == KEDGE_ERR_API && kedge_status_is_not_found(kedge_rest_status(rest)))
        return KEDGE_OK; // it went meanwhile
    // A failure is tried again, ever later.
    return err;
}

// Who looks after which --------------------------------------------------------------------------

// A Sensor's status, which is ours, is no reason to look at it again.
static struct kedge_controller_source of_sensors = {
    .predicate = kedge_controller_generation_changed,
};
// A ConfigMap leads to the Sensor that controls it.
static struct kedge_controller_source of_configmaps = {
    .map = kedge_controller_map_controller,
    .map_ctx = &kedge_kind_sensor,
    .predicate = kedge_controller_version_changed,
};

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
    struct kedge_controller_options how = {.name = "sensors", .reconcile = reconcile};
    struct kedge_controller *controller = kedge_controller_new(k, &how);
    struct kedge_factory *factory = kedge_factory_new(client, 0);
    rest = kedge_rest_new(client, NULL);
    sensors = kedge_factory_informer(factory, &kedge_kind_sensor);
    configmaps = kedge_factory_informer(factory, &kedge_kind_configmap);
    kedge_controller_watch(controller, sensors, &of_sensors);
    kedge_controller_watch(controller, configmaps, &of_configmaps);
    kedge_factory_start(factory);
    if (kedge_controller_run(controller) != KEDGE_OK)
        return kedge_posix_fail(k);

    struct kedge_controller_report report;
    kedge_controller_report(controller, &report);
    printf("%u reconciles, %u failures, the longest took %d ms\n", (unsigned)report.reconciles,
           (unsigned)report.errors, (int)report.longest);
    kedge_factory_shutdown(factory);
    kedge_rest_close(rest);
    kedge_client_free(client);
    return 0;
}
