// SPDX-License-Identifier: Apache-2.0
// any_informer - follows any resource, named on the command line: no table, no code for its kind.
//
//     any_informer [--kubeconfig FILE] GROUP/VERSION RESOURCE [KEY...]
//     any_informer edge.example.com/v1 sensors spec intervalSeconds
//     any_informer v1 configmaps
//
// Prints each change; of the object, the value at the path that the keys make, or its size.
#include <stdio.h>
#include <string.h>

#include <kedge/kedge.h>
#include <kedge/posix.h>

static unsigned char memory[512 * 1024];
static char path[256]; // keys, each with its NUL, and one more

static void show(const char *what, const struct kedge_object *obj)
{
    static struct kedge_json_token tokens[2048];
    struct kedge_json doc;
    kedge_str value = kedge_raw_json(obj);
    printf("%-8s %s/%s ", what, kedge_namespace(obj), kedge_name(obj));
    if (path[0] == '\0') {
        printf("%u bytes\n", (unsigned)value.len);
        return;
    }
    if (kedge_raw_parse(obj, &doc, tokens, sizeof tokens / sizeof tokens[0]) == KEDGE_OK)
        value = kedge_json_raw(kedge_json_at(kedge_json_root(&doc), path));
    else
        value.len = 0;
    printf("%.*s\n", (int)value.len, value.len > 0 ? value.ptr : "");
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

// "edge.example.com/v1" or "v1", cut in place.
static struct kedge_gvr resource(char *group_version, const char *plural)
{
    struct kedge_gvr gvr = {NULL, group_version, plural};
    char *slash = strchr(group_version, '/');
    if (slash != NULL) {
        *slash = '\0';
        gvr.group = group_version;
        gvr.version = slash + 1;
    }
    return gvr;
}

static bool take_path(char **keys, int count)
{
    size_t at = 0;
    for (int i = 0; i < count; i++) {
        size_t len = strlen(keys[i]) + 1;
        if (at + len + 1 > sizeof path)
            return false;
        memcpy(path + at, keys[i], len);
        at += len;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct kedge_config_options options = {0};
    if (argc >= 3 && strcmp(argv[1], "--kubeconfig") == 0) {
        options.kubeconfig = argv[2];
        argc -= 2;
        argv += 2;
    }
    if (argc < 3 || !take_path(argv + 3, argc - 3)) {
        fputs("usage: any_informer [--kubeconfig FILE] GROUP/VERSION RESOURCE [KEY...]\n", stderr);
        return 2;
    }

    setvbuf(stdout, NULL, _IOLBF, 0);
    struct kedge *k = kedge_init(memory, sizeof memory, kedge_posix());
    struct kedge_config config;
    kedge_posix_stop_on_signals(k);
    kedge_log_to(k, KEDGE_LOG_WARNING, kedge_posix_log, NULL);
    kedge_config_load(k, &config, &options);

    // Whole objects: more room for the text of one than a table's fields need.
    struct kedge_factory_options large = {.object_max = (size_t)16 * 1024};
    struct kedge_informer_options whole = {.text_max = (size_t)16 * 1024};
    struct kedge_gvr gvr = resource(argv[1], argv[2]);
    struct kedge_factory *factory = kedge_factory_new_with(kedge_client_new(k, &config), &large);
    kedge_informer_add_handler(kedge_factory_dynamic_informer(factory, &gvr, &whole), &printer);
    kedge_factory_start(factory);
    return kedge_run(k) == KEDGE_OK ? 0 : kedge_posix_fail(k);
}
