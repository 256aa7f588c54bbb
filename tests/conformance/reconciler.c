// SPDX-License-Identifier: Apache-2.0
// reconciler.c - a controller of the kind of examples/controller.c, for the Stations with the label
// side=SIDE: a ConfigMap for each, the Station's status, and a finalizer that waits until the
// ConfigMap is gone. `drive reconcile` is client-go's half, and does the same for its own
// Stations.
//
//     reconciler --kubeconfig FILE SIDE

#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kedge/kedge.h>
#include <kedge/posix.h>

#define KEDGE_ROWS_station(FIELD, LIST, ENUM, K)                      \
    FIELD(K, INT32, spec_interval_seconds, "spec", "intervalSeconds") \
    FIELD(K, TEXT, spec_unit, "spec", "unit")                         \
    FIELD(K, INT64, status_observed_generation, "status", "observedGeneration")

KEDGE_DECLARE_KIND(station)
KEDGE_DEFINE_KIND(station, "conformance.example.com", "v1", "stations", "Station", KEDGE_NAMESPACED)

static struct kedge_informer *stations;
static struct kedge_informer *configmaps;
static struct kedge_rest *rest;
static const char *side;

static bool is_right(const struct kedge_object *configmap, const struct kedge_object *station,
                     const char *interval)
{
    const struct kedge_configmap *c = kedge_as_configmap(configmap);
    const struct kedge_owner_reference *owner = kedge_controller_of(configmap);
    const struct kedge_text *i = c != NULL ? kedge_map_get(&c->data, "interval") : NULL;
    const struct kedge_text *u = c != NULL ? kedge_map_get(&c->data, "unit") : NULL;
    return i != NULL && u != NULL && owner != NULL && kedge_uid_equal(&owner->uid, &station->uid) &&
           strcmp(kedge_text(i), interval) == 0 &&
           strcmp(kedge_text(u), kedge_text(&kedge_as_station(station)->spec_unit)) == 0;
}

static kedge_err apply_configmap(const struct kedge_object *station, const char *interval)
{
    char text[1024];
    struct kedge_build b;
    kedge_str object = {NULL, 0};
    struct kedge_options options = {.field_manager = side, .force = KEDGE_JUST(1)};
    struct kedge_api api = kedge_api_of(rest, &kedge_kind_configmap, kedge_namespace(station));
    kedge_build_object(&b, &kedge_kind_configmap, text, sizeof text);
    kedge_build_name(&b, kedge_name(station));
    kedge_build_label(&b, "side", side);
    kedge_build_owner(&b, station, &kedge_kind_station, true);
    kedge_build_entry(&b, KEDGE_FIELD(configmap, data), "interval", interval);
    kedge_build_entry(&b, KEDGE_FIELD(configmap, data), "unit",
                      kedge_text(&kedge_as_station(station)->spec_unit));
    kedge_err err = kedge_build_finish(&b, &object);
    return err == KEDGE_OK ? kedge_api_apply(&api, kedge_name(station), object, &options, NULL)
                           : err;
}

static kedge_err patch_status(const struct kedge_object *station)
{
    char text[256];
    struct kedge_build b;
    kedge_str patch = {NULL, 0};
    struct kedge_api api = kedge_api_of(rest, &kedge_kind_station, kedge_namespace(station));
    struct kedge_api status = kedge_api_sub(&api, "status");
    kedge_build_patch(&b, &kedge_kind_station, text, sizeof text);
    kedge_build_int(&b, KEDGE_FIELD(station, status_observed_generation), station->generation);
    kedge_err err = kedge_build_finish(&b, &patch);
    return err == KEDGE_OK
               ? kedge_api_patch(&status, kedge_name(station), KEDGE_PATCH_MERGE, patch, NULL, NULL)
               : err;
}

// NotFound is what was wanted.
static kedge_err unless_gone(kedge_err err)
{
    return err == KEDGE_ERR_API && kedge_status_is_not_found(kedge_rest_status(rest)) ? KEDGE_OK
                                                                                      : err;
}

static kedge_err clean_up(const struct kedge_object *station)
{
    struct kedge_api maps = kedge_api_of(rest, &kedge_kind_configmap, kedge_namespace(station));
    struct kedge_api api = kedge_api_of(rest, &kedge_kind_station, kedge_namespace(station));
    kedge_err err = unless_gone(kedge_api_delete(&maps, kedge_name(station), NULL));
    return err == KEDGE_OK
               ? unless_gone(kedge_api_patch(&api, kedge_name(station), KEDGE_PATCH_MERGE,
                                             kedge_str_of("{\"metadata\":{\"finalizers\":null}}"),
                                             NULL, NULL))
               : err;
}

static kedge_err reconcile(void *ctx, const struct kedge_reconcile *r,
                           struct kedge_reconcile_result *result)
{
    const struct kedge_object *station;
    const struct kedge_object *configmap;
    char interval[16];
    (void)ctx;
    kedge_err err = kedge_lister_get(stations, r->namespace_, r->name, &station);
    if (err != KEDGE_OK)
        return err == KEDGE_ERR_NOT_FOUND ? KEDGE_OK : err;
    const struct kedge_station *s = kedge_as_station(station);
    snprintf(interval, sizeof interval, "%d", (int)s->spec_interval_seconds);
    kedge_lister_get(configmaps, r->namespace_, r->name, &configmap);
    if (station->deletion_timestamp.seconds != 0) {
        err = clean_up(station);
    } else {
        if (!is_right(configmap, station, interval))
            err = apply_configmap(station, interval);
        if (err == KEDGE_OK && s->status_observed_generation != station->generation)
            err = patch_status(station);
    }
    result->problem = kedge_rest_error_text(rest);
    return unless_gone(err);
}

static struct kedge_controller_source of_stations = {
    .predicate = kedge_controller_version_changed,
};
static struct kedge_controller_source of_configmaps = {
    .map = kedge_controller_map_controller,
    .map_ctx = &kedge_kind_station,
    .predicate = kedge_controller_version_changed,
};

static int run(struct kedge *k, struct kedge_client *client)
{
    char selector[64];
    snprintf(selector, sizeof selector, "side=%s", side);
    struct kedge_informer_options follow = {.label_selector = selector};
    struct kedge_controller_options how = {.name = "stations", .reconcile = reconcile};
    struct kedge_controller *controller = kedge_controller_new(k, &how);
    struct kedge_factory *factory = kedge_factory_new(client, 0);
    rest = kedge_rest_new(client, NULL);
    stations = kedge_factory_informer_with(factory, &kedge_kind_station, &follow);
    configmaps = kedge_factory_informer_with(factory, &kedge_kind_configmap, &follow);
    kedge_controller_watch(controller, stations, &of_stations);
    kedge_controller_watch(controller, configmaps, &of_configmaps);
    kedge_factory_start(factory);
    if (kedge_controller_run(controller) != KEDGE_OK)
        return kedge_posix_fail(k);

    struct kedge_controller_report report;
    kedge_controller_report(controller, &report);
    fprintf(stderr, "%u reconciles, %u failures, %u events, the longest took %d ms\n",
            (unsigned)report.reconciles, (unsigned)report.errors, (unsigned)report.events,
            (int)report.longest);
    kedge_factory_shutdown(factory);
    kedge_rest_close(rest);
    kedge_client_free(client);
    return 0;
}

int main(int argc, char **argv)
{
    static unsigned char memory[512 * 1024];
    struct kedge_config_options options = {0};
    struct kedge_config config;

    if (argc != 4 || strcmp(argv[1], "--kubeconfig") != 0) {
        fputs("usage: reconciler --kubeconfig FILE SIDE\n", stderr);
        return 2;
    }
    options.kubeconfig = argv[2];
    side = argv[3];
    struct kedge *k = kedge_init(memory, sizeof memory, kedge_posix());
    kedge_posix_stop_on_signals(k);
    kedge_log_to(k, KEDGE_LOG_WARNING, kedge_posix_log, NULL);
    if (kedge_config_load(k, &config, &options) != KEDGE_OK)
        return kedge_posix_fail(k);
    config.qps = -1;
    int result = run(k, kedge_client_new(k, &config));
    kedge_posix_print_memory(k, stderr);
    return result;
}
