// SPDX-License-Identifier: Apache-2.0
// deployment_scale - sets the replicas of a Deployment, and prints what has changed.
//
//     deployment_scale NAMESPACE NAME REPLICAS
//
// In a pod it uses the pod's service account, else $KUBECONFIG or ~/.kube/config.
#include <stdio.h>
#include <stdlib.h>

#include <kedge/kedge.h>
#include <kedge/posix.h>

static unsigned char memory[128 * 1024];

int main(int argc, char **argv)
{
    char *end = NULL;
    long replicas = argc == 4 ? strtol(argv[3], &end, 10) : 0;
    if (argc != 4 || end == argv[3] || *end != '\0') {
        fprintf(stderr, "usage: %s NAMESPACE NAME REPLICAS\n", argv[0]);
        return 2;
    }
    struct kedge *k = kedge_init(memory, sizeof memory, kedge_posix());
    struct kedge_config config;
    kedge_config_load(k, &config, NULL);
    struct kedge_client *client = kedge_client_new(k, &config);
    struct kedge_rest *rest = kedge_rest_new(client, NULL);
    if (kedge_error(k) != KEDGE_OK)
        return kedge_posix_fail(k);

    // What is read is good until the next request: what is to last is copied.
    struct kedge_api deployments = kedge_api_of(rest, &kedge_kind_deployment, argv[1]);
    const struct kedge_object *obj;
    int before = 0;
    kedge_err err = kedge_api_get(&deployments, argv[2], NULL, &obj);
    if (err == KEDGE_OK)
        before = kedge_as_deployment(obj)->spec_replicas;

    // A patch says what shall change, and nothing else: {"spec":{"replicas":3}}.
    char text[256];
    struct kedge_build b;
    kedge_str patch = {NULL, 0};
    kedge_build_patch(&b, &kedge_kind_deployment, text, sizeof text);
    kedge_build_int(&b, KEDGE_FIELD(deployment, spec_replicas), replicas);
    if (err == KEDGE_OK)
        err = kedge_build_finish(&b, &patch);
    if (err == KEDGE_OK)
        err = kedge_api_patch(&deployments, argv[2], KEDGE_PATCH_MERGE, patch, NULL, &obj);

    if (err == KEDGE_OK)
        printf("%s/%s: %d -> %d replicas\n", kedge_namespace(obj), kedge_name(obj), before,
               (int)kedge_as_deployment(obj)->spec_replicas);
    else
        fprintf(stderr, "%s%s\n", kedge_build_error_text(&b), kedge_rest_error_text(rest));
    kedge_rest_close(rest);
    kedge_client_free(client);
    return err == KEDGE_OK ? 0 : 1;
}
