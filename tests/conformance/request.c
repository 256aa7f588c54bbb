// SPDX-License-Identifier: Apache-2.0
// request.c - one request of the REST client from the command line: its reply to the output, a
// refusal as a line, warnings as lines.
//
//     request --kubeconfig FILE VERB [GROUP/]VERSION/RESOURCE [NAME] [FLAG VALUE]...
//     request --kubeconfig FILE get /healthz
//
// Exit codes: 0; 1 refused, and then the last line of stderr is "refused CODE REASON: TEXT";
// 2 anything else. With `--times N` it is made so often, and the memory is told at N/10 and at N.

#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <kedge/kedge.h>
#include <kedge/posix.h>

static unsigned char memory[512 * 1024];

struct job {
    struct kedge_config_options config;
    struct kedge_request request;
    char resource[256]; // GROUP/VERSION/RESOURCE, taken apart
    const char *body_file;
    long times;
};

static int usage(const char *what)
{
    fprintf(stderr, "request: %s\n", what);
    return 2;
}

static bool choose(const char *text, const char *const *names, size_t count, unsigned *value)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, names[i]) == 0) {
            *value = (unsigned)i;
            return true;
        }
    }
    return false;
}

static bool take_verb(struct job *j, const char *text)
{
    static const char *const verbs[] = {"get",   "list",  "watch",  "create",          "update",
                                        "patch", "apply", "delete", "deletecollection"};
    unsigned value = 0;
    bool good = choose(text, verbs, 9, &value);
    j->request.verb = (enum kedge_verb)value;
    return good;
}

// "apps/v1/deployments", "v1/pods" or "/healthz".
static bool take_resource(struct job *j, const char *text)
{
    if (text[0] == '/') {
        j->request.path = text;
        return true;
    }
    snprintf(j->resource, sizeof j->resource, "%s", text);
    char *last = strrchr(j->resource, '/');
    if (last == NULL)
        return false;
    *last = '\0';
    j->request.resource = last + 1;
    char *slash = strchr(j->resource, '/');
    if (slash != NULL)
        *slash = '\0';
    j->request.group = slash != NULL ? j->resource : "";
    j->request.version = slash != NULL ? slash + 1 : j->resource;
    return true;
}

static struct kedge_maybe number(const char *text)
{
    return KEDGE_JUST(strtoll(text, NULL, 10));
}

static bool take_choice(struct job *j, const char *flag, const char *value)
{
    static const char *const patches[] = {"merge", "strategic", "json"};
    static const char *const matches[] = {"", "NotOlderThan", "Exact"};
    static const char *const validations[] = {"", "Ignore", "Warn", "Strict"};
    static const char *const policies[] = {"", "Background", "Foreground", "Orphan"};
    struct kedge_options *o = &j->request.options;
    unsigned n = 0;
    if (strcmp(flag, "--patch") == 0 && choose(value, patches, 3, &n))
        j->request.patch_type = (enum kedge_patch_type)n;
    else if (strcmp(flag, "--match") == 0 && choose(value, matches, 3, &n))
        o->resource_version_match = (enum kedge_version_match)n;
    else if (strcmp(flag, "--validation") == 0 && choose(value, validations, 4, &n))
        o->field_validation = (enum kedge_field_validation)n;
    else if (strcmp(flag, "--propagation") == 0 && choose(value, policies, 4, &n))
        o->propagation = (enum kedge_propagation)n;
    else
        return false;
    return true;
}

static bool take_number(struct job *j, const char *flag, const char *value)
{
    struct kedge_options *o = &j->request.options;
    if (strcmp(flag, "--limit") == 0)
        o->limit = strtoll(value, NULL, 10);
    else if (strcmp(flag, "--seconds") == 0)
        o->timeout_seconds = number(value);
    else if (strcmp(flag, "--initial") == 0)
        o->send_initial_events = number(value);
    else if (strcmp(flag, "--force") == 0)
        o->force = number(value);
    else if (strcmp(flag, "--grace") == 0)
        o->grace_period_seconds = number(value);
    else if (strcmp(flag, "--dry-run") == 0)
        o->dry_run = number(value).value != 0;
    else if (strcmp(flag, "--bookmarks") == 0)
        o->allow_watch_bookmarks = number(value).value != 0;
    else if (strcmp(flag, "--timeout") == 0)
        j->request.timeout = number(value).value;
    else if (strcmp(flag, "--retries") == 0)
        j->request.retries = (int)number(value).value;
    else if (strcmp(flag, "--times") == 0)
        j->times = strtol(value, NULL, 10);
    else
        return take_choice(j, flag, value);
    return true;
}

static bool take_text(struct job *j, const char *flag, const char *value)
{
    struct kedge_options *o = &j->request.options;
    const struct {
        const char *flag;
        const char **place;
    } texts[] = {
        {"--kubeconfig", &j->config.kubeconfig},
        {"-n", &j->request.namespace_},
        {"--sub", &j->request.subresource},
        {"-l", &o->label_selector},
        {"--field-selector", &o->field_selector},
        {"--version", &o->resource_version},
        {"--continue", &o->continue_},
        {"--manager", &o->field_manager},
        {"--if-uid", &o->precondition_uid},
        {"--if-version", &o->precondition_resource_version},
        {"--body", &j->body_file},
        {"--accept", &j->request.accept},
        {"--type", &j->request.content_type},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(flag, texts[i].flag) == 0) {
            *texts[i].place = value;
            return true;
        }
    }
    return take_number(j, flag, value);
}

static bool take_arguments(struct job *j, int argc, char **argv)
{
    int words = 0;
    for (int i = 1; i < argc; i++) {
        bool flag = argv[i][0] == '-';
        bool good = true;
        if (flag && i + 1 < argc) {
            good = take_text(j, argv[i], argv[i + 1]);
            i++;
        } else if (words == 0)
            good = take_verb(j, argv[i]);
        else if (words == 1)
            good = take_resource(j, argv[i]);
        else
            j->request.name = argv[i];
        words += flag ? 0 : 1;
        if (!good) {
            fprintf(stderr, "request: not understood: %s\n", argv[i]);
            return false;
        }
    }
    return words >= 2;
}

static bool read_body(struct job *j)
{
    static char text[4 * 1024 * 1024 + 1];
    if (j->body_file == NULL)
        return true;
    FILE *f = strcmp(j->body_file, "-") == 0 ? stdin : fopen(j->body_file, "rb");
    if (f == NULL)
        return false;
    size_t len = fread(text, 1, sizeof text, f);
    bool good = ferror(f) == 0;
    if (f != stdin && fclose(f) != 0)
        good = false;
    j->request.body = (kedge_str){text, len};
    return good;
}

static void warned(void *ctx, int code, const char *agent, const char *text)
{
    (void)ctx;
    (void)agent;
    fprintf(stderr, "warning %d: %s\n", code, text);
}

static void tell_memory(struct kedge *k, long n)
{
    struct rusage usage;
    struct kedge_memory_part whole;
    getrusage(RUSAGE_SELF, &usage);
    kedge_memory_report(k, &whole, 1);
    fprintf(stderr, "after %ld: arena %zu of %zu, resident %ld KiB at most\n", n, whole.used,
            whole.size, usage.ru_maxrss);
}

static kedge_err print(void *ctx, kedge_str bytes)
{
    long *left = ctx;
    if (*left == 1)
        fwrite(bytes.ptr, 1, bytes.len, stdout);
    return KEDGE_OK;
}

static int make_requests(struct kedge *k, struct kedge_rest *rest, const struct job *j)
{
    kedge_err err = KEDGE_OK;
    for (long left = j->times; left > 0 && err == KEDGE_OK; left--) {
        err = kedge_rest_stream(rest, &j->request, print, &left);
        long n = j->times - left + 1;
        if (j->times > 1 && (n == j->times || n == j->times / 10))
            tell_memory(k, n);
    }
    fflush(stdout);
    if (err == KEDGE_OK)
        return 0;
    const struct kedge_status *s = kedge_rest_status(rest);
    fprintf(stderr, "%s\n", kedge_rest_error_text(rest));
    if (err != KEDGE_ERR_API)
        return usage(kedge_err_name(err));
    fprintf(stderr, "refused %d %s: %s\n", (int)s->code, s->reason, s->message);
    return 1;
}

int main(int argc, char **argv)
{
    static struct job j = {.times = 1};
    const struct kedge_rest_options options = {.on_warning = warned};
    struct kedge_config config;
    if (!take_arguments(&j, argc, argv))
        return usage("VERB [GROUP/]VERSION/RESOURCE [NAME] [FLAG VALUE]...");
    if (!read_body(&j))
        return usage("the body cannot be read");
    struct kedge *k = kedge_init(memory, sizeof memory, kedge_posix());
    kedge_log_to(k, KEDGE_LOG_WARNING, kedge_posix_log, NULL);
    kedge_config_load(k, &config, &j.config);
    config.qps = -1;
    struct kedge_client *client = kedge_client_new(k, &config);
    struct kedge_rest *rest = kedge_rest_new(client, &options);
    if (rest == NULL)
        return kedge_posix_fail(k);
    int result = make_requests(k, rest, &j);
    kedge_rest_close(rest);
    kedge_client_free(client);
    return result;
}
