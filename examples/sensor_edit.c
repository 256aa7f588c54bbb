// SPDX-License-Identifier: Apache-2.0
// sensor_edit - reads a custom resource of which the program knows no more than a few paths,
// changes it and sends it back: the dynamic client.
//
//     sensor_edit [--kubeconfig FILE] NAME SECONDS [TAG]
//
// Sets spec.intervalSeconds of the Sensor (edge.example.com/v1) in the namespace default, and
// appends a tag. All else that the object has, also what this program does not know, stays.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kedge/kedge.h>
#include <kedge/posix.h>

static unsigned char memory[192 * 1024];

// The room for one object: whatever is larger is refused, with the number of bytes that it needs.
static char text[8192];
static struct kedge_json_token tokens[1024];

static kedge_err edit(struct kedge_unstructured *sensor, int64_t seconds, const char *tag)
{
    int64_t before = 0;
    kedge_unstructured_int64(sensor, KEDGE_PATH("spec", "intervalSeconds"), &before);
    kedge_unstructured_set_int64(sensor, KEDGE_PATH("spec", "intervalSeconds"), seconds);
    if (tag != NULL)
        kedge_unstructured_set_text(sensor, KEDGE_PATH("spec", "tags", "-"), tag);
    printf("interval: %d s -> %d s\n", (int)before, (int)seconds);
    return sensor->err; // the first that went wrong; an object with an error is not sent anyway
}

static void print_tags(const struct kedge_unstructured *sensor)
{
    kedge_json_value tags = kedge_unstructured_at(sensor, KEDGE_PATH("spec", "tags"));
    printf("tags:");
    for (kedge_json_value v = kedge_json_first(tags); v.at >= 0; v = kedge_json_next(v)) {
        char tag[64];
        size_t len = kedge_json_text(v, tag, sizeof tag);
        printf(" %.*s%s", (int)(len < sizeof tag ? len : sizeof tag), tag,
               len > sizeof tag ? "..." : "");
    }
    printf("\n");
}

static int fail(struct kedge_rest *rest)
{
    fprintf(stderr, "%s\n", kedge_rest_error_text(rest));
    return 1;
}

static int run(struct kedge_rest *rest, const char *name, int64_t seconds, const char *tag)
{
    struct kedge_dynamic sensors = {
        .rest = rest,
        .resource = {"edge.example.com", "v1", "sensors"},
        .namespace_ = "default",
    };
    struct kedge_unstructured sensor;
    kedge_unstructured_init(&sensor, text, sizeof text, tokens, sizeof tokens / sizeof tokens[0]);

    // Somebody else may change it between reading and writing: then once more from the start.
    for (int attempt = 0; attempt < 5; attempt++) {
        if (kedge_dynamic_get(&sensors, name, NULL, &sensor) != KEDGE_OK)
            return fail(rest);
        if (edit(&sensor, seconds, tag) != KEDGE_OK) {
            fprintf(stderr, "%s: %s\n", name, kedge_err_text(sensor.err));
            return 1;
        }
        if (kedge_dynamic_update(&sensors, &sensor, NULL, &sensor) == KEDGE_OK) {
            print_tags(&sensor);
            kedge_str version = kedge_unstructured_resource_version(&sensor);
            printf("%s is at version %.*s\n", name, (int)version.len, version.ptr);
            return 0;
        }
        if (!kedge_status_is_conflict(kedge_rest_status(rest)))
            break;
    }
    return fail(rest);
}

int main(int argc, char **argv)
{
    struct kedge_config_options options = {0};
    if (argc > 2 && strcmp(argv[1], "--kubeconfig") == 0) {
        options.kubeconfig = argv[2];
        argc -= 2;
        argv += 2;
    }
    char *end = NULL;
    long seconds = argc > 2 ? strtol(argv[2], &end, 10) : 0;
    if (argc < 3 || argc > 4 || end == argv[2] || *end != '\0') {
        fprintf(stderr, "usage: sensor_edit [--kubeconfig FILE] NAME SECONDS [TAG]\n");
        return 2;
    }

    struct kedge *k = kedge_init(memory, sizeof memory, kedge_posix());
    struct kedge_config config;
    kedge_log_to(k, KEDGE_LOG_WARNING, kedge_posix_log, NULL);
    kedge_config_load(k, &config, &options);
    struct kedge_rest *rest = kedge_rest_new(kedge_client_new(k, &config), NULL);
    if (rest == NULL)
        return kedge_posix_fail(k);
    int code = run(rest, argv[1], seconds, argc == 4 ? argv[3] : NULL);
    kedge_rest_close(rest);
    return code;
}
