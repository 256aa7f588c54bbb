// SPDX-License-Identifier: Apache-2.0
// kedge_get - a small `kubectl get`, for every resource that the server knows.
//
//     kedge_get deploy                        those of the context's namespace
//     kedge_get deployments.v1.apps -A        of all namespaces
//     kedge_get deploy web, kedge_get deploy/web
//     kedge_get pods -l app=web --field-selector status.phase=Running -o name
//     kedge_get nodes -w                      and then every change; Ctrl-C ends it
//     kedge_get api-resources
//
//     -n NAMESPACE  -A  -l SELECTOR  --field-selector SELECTOR  -o name|json  -w
//     --kubeconfig FILE  --context NAME
// Lists are printed as they stream, in the same memory for ten Pods and ten thousand. JSON comes
// without managedFields.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <kedge/kedge.h>
#include <kedge/posix.h>
#include <kedge/reader.h>
#include <kedge/sieve.h>

#define PAGE       500
#define OBJECT_MAX 2097152 // of JSON; the table and names need little of it
#define TOKENS     262144

static unsigned char memory[256 * 1024];
static char object_text[OBJECT_MAX];
static struct kedge_json_token tokens[TOKENS];

enum output { TABLE, NAME, JSON };

struct get {
    // What is asked for.
    const char *resource;
    const char *name;
    const char *namespace_;
    const char *labels;
    const char *fields;
    bool all_namespaces;
    bool watch;
    enum output output;
    struct kedge_config_options config;

    struct kedge_rest *rest;
    struct kedge_mapping mapping;
    struct kedge_sieve sieve;
    kedge_err err; // of its set-up
    bool list;     // the reply at hand is a list
    bool watching; // ... or a watch
    char envelope[4096];
    char version[64]; // of the list, then of the last event
    char next_page[2048];
    unsigned long printed;
    bool expired; // the watch has to begin with a new list
};

// Field tables: what of an object the sieve lets through
// -------------------------------------------

static const struct kedge_field few_rows[] = {
    {.path = "metadata\0name\0", .type = KEDGE_FIELD_TEXT},
    {.path = "metadata\0namespace\0", .type = KEDGE_FIELD_TEXT},
    {.path = "metadata\0resourceVersion\0", .type = KEDGE_FIELD_TEXT},
    {.path = "metadata\0creationTimestamp\0", .type = KEDGE_FIELD_TEXT},
    {.path = "message\0", .type = KEDGE_FIELD_TEXT}, // of the Status that ends a watch
    {.path = "code\0", .type = KEDGE_FIELD_INT32},
};
static const struct kedge_table few = {few_rows, 6, 0};

static const struct kedge_field whole_rows[] = {
    {.path = "", .type = KEDGE_FIELD_RAW},
    {.path = "metadata\0managedFields\0", .type = KEDGE_FIELD_DROP},
};
static const struct kedge_table whole = {whole_rows, 2, 0};

static const struct kedge_field list_rows[] = {
    {.path = "metadata\0resourceVersion\0", .type = KEDGE_FIELD_TEXT},
    {.path = "metadata\0continue\0", .type = KEDGE_FIELD_TEXT},
};
static const struct kedge_table list_table = {list_rows, 2, 0};

static const struct kedge_field event_rows[] = {{.path = "type\0", .type = KEDGE_FIELD_TEXT}};
static const struct kedge_table event_table = {event_rows, 1, 0};

static void set_up_sieve(struct get *g)
{
    struct kedge_sieve_options o = {
        .shape = g->watching ? KEDGE_SIEVE_WATCH
                 : g->list   ? KEDGE_SIEVE_LIST
                             : KEDGE_SIEVE_OBJECT,
        .tables = {g->output == JSON ? &whole : &few},
        .item_buf = object_text,
        .item_cap = sizeof object_text,
        .envelope_buf = g->envelope,
        .envelope_cap = sizeof g->envelope,
    };
    if (g->watching || g->list)
        o.envelope = g->watching ? &event_table : &list_table;
    g->err = kedge_sieve_init(&g->sieve, &o);
}

// Printing ---------------------------------------------------------------------------------------

static const char *text_at(kedge_json_value object, const char *key, char *buf, size_t cap)
{
    kedge_json_value v = kedge_json_get(kedge_json_get(object, "metadata"), key);
    size_t len = kedge_json_text(v, buf, cap - 1);
    buf[len < cap ? len : cap - 1] = '\0';
    return buf;
}

static void age_of(const char *created, char *buf, size_t cap)
{
    kedge_timestamp at;
    if (!kedge_timestamp_parse(kedge_str_of(created), &at)) {
        snprintf(buf, cap, "<unknown>");
        return;
    }
    long s = (long)(time(NULL) - (time_t)(at / 1000000));
    if (s < 120)
        snprintf(buf, cap, "%lds", s > 0 ? s : 0);
    else if (s < 10800)
        snprintf(buf, cap, "%ldm", s / 60);
    else
        snprintf(buf, cap, s < 172800 ? "%ldh" : "%ldd", s < 172800 ? s / 3600 : s / 86400);
}

static void print_row(const struct get *g, kedge_json_value object)
{
    char name[254], namespace_[64], created[40], age[32];
    age_of(text_at(object, "creationTimestamp", created, sizeof created), age, sizeof age);
    text_at(object, "name", name, sizeof name);
    text_at(object, "namespace", namespace_, sizeof namespace_);
    int wide = g->all_namespaces && g->mapping.namespaced ? 24 : 0;
    if (g->printed == 0)
        printf("%-*s%s%-48s %s\n", wide, wide > 0 ? "NAMESPACE" : "", wide > 0 ? " " : "", "NAME",
               "AGE");
    printf("%-*s%s%-48s %s\n", wide, wide > 0 ? namespace_ : "", wide > 0 ? " " : "", name, age);
}

static void print_name(const struct get *g, kedge_json_value object)
{
    char name[254];
    for (const char *c = g->mapping.kind; *c != '\0'; c++)
        putchar(*c >= 'A' && *c <= 'Z' ? *c + ('a' - 'A') : *c);
    printf("%s%s/%s\n", g->mapping.group[0] != '\0' ? "." : "", g->mapping.group,
           text_at(object, "name", name, sizeof name));
}

static const char list_begin[] = "{\"apiVersion\":\"v1\",\"items\":[\n";

// Objects that are watched come one by one.
static bool is_one_document(const struct get *g)
{
    return g->list && !g->watch;
}

// A list's items do not say what they are; alone they do.
static void print_json(const struct get *g, kedge_json_value object)
{
    kedge_str text = kedge_json_raw(object);
    if (is_one_document(g))
        fputs(g->printed == 0 ? list_begin : ",\n", stdout);
    if (kedge_json_type(kedge_json_get(object, "kind")) == KEDGE_JSON_ABSENT && text.len > 2)
        printf("{\"apiVersion\":\"%s%s%s\",\"kind\":\"%s\",%.*s", g->mapping.group,
               g->mapping.group[0] != '\0' ? "/" : "", g->mapping.version, g->mapping.kind,
               (int)text.len - 1, text.ptr + 1);
    else
        printf("%.*s", (int)text.len, text.ptr);
    if (!is_one_document(g))
        putchar('\n');
}

static void print(struct get *g, kedge_json_value object)
{
    static void (*const printers[])(const struct get *g, kedge_json_value object) = {
        [TABLE] = print_row, [NAME] = print_name, [JSON] = print_json};
    printers[g->output](g, object);
    g->printed++;
}

// What streams in --------------------------------------------------------------------------------

static kedge_err event_came(struct get *g, kedge_json_value object)
{
    struct kedge_json doc;
    struct kedge_json_token room[8];
    if (kedge_json_parse(&doc, g->sieve.envelope.ptr, g->sieve.envelope.len, room, 8) != KEDGE_OK)
        return KEDGE_ERR_JSON;
    kedge_json_value type = kedge_json_get(kedge_json_root(&doc), "type");
    if (kedge_json_text_is(type, KEDGE_STR("ERROR"))) {
        // 410: the version is too old by now. Whatever it is, a new list cures it.
        g->expired = true;
        return KEDGE_OK;
    }
    text_at(object, "resourceVersion", g->version, sizeof g->version);
    if (!kedge_json_text_is(type, KEDGE_STR("BOOKMARK")))
        print(g, object);
    return KEDGE_OK;
}

static kedge_err item_came(struct get *g)
{
    struct kedge_json doc;
    kedge_str text = g->sieve.item;
    if (g->sieve.overflow ||
        kedge_json_parse(&doc, text.ptr, text.len, tokens, TOKENS) != KEDGE_OK) {
        fputs("error: an object is larger than kedge_get has room for\n", stderr);
        return KEDGE_ERR_TOO_LONG;
    }
    if (g->watching)
        return event_came(g, kedge_json_root(&doc));
    print(g, kedge_json_root(&doc));
    return KEDGE_OK;
}

static kedge_err sink(void *ctx, kedge_str bytes)
{
    struct get *g = ctx;
    kedge_err err = g->err;
    for (bool more = true; more && err == KEDGE_OK;) {
        enum kedge_sieve_event event = KEDGE_SIEVE_MORE;
        size_t used = 0;
        err = kedge_sieve_feed(&g->sieve, bytes.ptr, bytes.len, &used, &event);
        bytes.ptr += used;
        bytes.len -= used;
        if (err == KEDGE_OK && event == KEDGE_SIEVE_ITEM)
            err = item_came(g);
        more = event == KEDGE_SIEVE_ITEM || bytes.len > 0;
    }
    if (g->watching)
        fflush(stdout);
    return err;
}

static void take_list_metadata(struct get *g)
{
    struct kedge_json doc;
    struct kedge_json_token room[16];
    g->next_page[0] = '\0';
    if (!g->list ||
        kedge_json_parse(&doc, g->sieve.envelope.ptr, g->sieve.envelope.len, room, 16) != KEDGE_OK)
        return;
    text_at(kedge_json_root(&doc), "continue", g->next_page, sizeof g->next_page);
    text_at(kedge_json_root(&doc), "resourceVersion", g->version, sizeof g->version);
}

// Requests ---------------------------------------------------------------------------------------

static struct kedge_request request_of(const struct get *g, enum kedge_verb verb)
{
    struct kedge_request r = {
        .verb = verb,
        .group = g->mapping.group,
        .version = g->mapping.version,
        .resource = g->mapping.resource,
        .namespace_ = g->mapping.namespaced && !g->all_namespaces ? g->namespace_ : NULL,
    };
    if (verb != KEDGE_GET) {
        r.options.label_selector = g->labels;
        r.options.field_selector = g->fields;
    }
    return r;
}

static kedge_err ask(struct get *g, const struct kedge_request *r)
{
    set_up_sieve(g);
    kedge_err err = kedge_rest_stream(g->rest, r, sink, g);
    if (err == KEDGE_OK && !g->watching)
        err = kedge_sieve_finish(&g->sieve);
    if (err == KEDGE_OK)
        take_list_metadata(g);
    return err;
}

static kedge_err get_one(struct get *g)
{
    struct kedge_request r = request_of(g, KEDGE_GET);
    r.name = g->name;
    return ask(g, &r);
}

static kedge_err get_list(struct get *g)
{
    char page[sizeof g->next_page] = "";
    kedge_err err;
    g->list = true;
    do {
        struct kedge_request r = request_of(g, KEDGE_LIST);
        r.options.limit = PAGE;
        r.options.continue_ = page;
        err = ask(g, &r);
        memcpy(page, g->next_page, sizeof page);
    } while (err == KEDGE_OK && page[0] != '\0');
    if (err == KEDGE_OK && g->output == JSON && is_one_document(g))
        printf("%s\n],\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"\"}}\n",
               g->printed == 0 ? list_begin : "");
    g->list = false;
    return err;
}

// A server ends a watch every few minutes; then it goes on from the last version that came.
static kedge_err watch_on(struct get *g, struct kedge *k)
{
    kedge_err err = KEDGE_OK;
    g->watching = true;
    while (err == KEDGE_OK && !g->expired) {
        struct kedge_request r = request_of(g, KEDGE_WATCH);
        r.options.resource_version = g->version;
        r.options.allow_watch_bookmarks = true;
        err = ask(g, &r);
        if (err == KEDGE_OK && kedge_poll(k, KEDGE_SECOND) == KEDGE_ERR_STOPPED)
            err = KEDGE_ERR_STOPPED;
    }
    g->watching = false;
    return err;
}

static kedge_err get_and_watch(struct get *g, struct kedge *k)
{
    char one[300];
    kedge_err err;
    if (g->name != NULL) {
        snprintf(one, sizeof one, "metadata.name=%s", g->name);
        g->fields = one;
    }
    do {
        g->expired = false;
        err = get_list(g);
        fflush(stdout);
        if (err == KEDGE_OK)
            err = watch_on(g, k);
    } while (err == KEDGE_OK);
    return err == KEDGE_ERR_STOPPED ? KEDGE_OK : err;
}

static int get(struct get *g, struct kedge *k)
{
    struct kedge_mapper *mapper = kedge_mapper_new(g->rest, 1);
    kedge_err err = kedge_mapper_find(mapper, g->resource, &g->mapping);
    if (err == KEDGE_ERR_NOT_FOUND) {
        fprintf(stderr, "error: the server doesn't have a resource type \"%s\"\n", g->resource);
        return 1;
    }
    if (err != KEDGE_OK) {
        fprintf(stderr, "error: %s\n", kedge_mapper_error_text(mapper));
        return 1;
    }
    if (kedge_mapper_warning(mapper)[0] != '\0')
        fprintf(stderr, "Warning: %s\n", kedge_mapper_warning(mapper));
    if (g->watch)
        err = get_and_watch(g, k);
    else
        err = g->name != NULL ? get_one(g) : get_list(g);
    const struct kedge_status *s = kedge_rest_status(g->rest);
    if (err == KEDGE_ERR_API)
        fprintf(stderr, "Error from server (%s): %s\n", s->reason, s->message);
    else if (err != KEDGE_OK)
        fprintf(stderr, "error: %s\n", kedge_rest_error_text(g->rest));
    else if (g->printed == 0 && g->output != JSON && g->mapping.namespaced && !g->all_namespaces)
        fprintf(stderr, "No resources found in %s namespace.\n", g->namespace_);
    else if (g->printed == 0 && g->output != JSON)
        fputs("No resources found\n", stderr);
    return err == KEDGE_OK ? 0 : 1;
}

// api-resources ----------------------------------------------------------------------------------

static kedge_err print_resource(void *ctx, const struct kedge_api_resource *r)
{
    const struct get *g = ctx;
    char shorts[64] = "", group_version[320];
    if (r->verbs[0] == NULL)
        return KEDGE_OK;
    if (g->output == NAME) {
        printf("%s%s%s\n", r->resource, r->group[0] != '\0' ? "." : "", r->group);
        return KEDGE_OK;
    }
    for (size_t i = 0; r->short_names[i] != NULL; i++) {
        size_t len = strlen(shorts);
        snprintf(shorts + len, sizeof shorts - len, "%s%s", i > 0 ? "," : "", r->short_names[i]);
    }
    snprintf(group_version, sizeof group_version, "%s%s%s", r->group,
             r->group[0] != '\0' ? "/" : "", r->version);
    printf("%-36s %-12s %-36s %-12s %s\n", r->resource, shorts, group_version,
           r->namespaced ? "true" : "false", r->kind);
    return KEDGE_OK;
}

static int api_resources(struct get *g)
{
    struct kedge_discovery *discovery = kedge_discovery_new(g->rest, NULL);
    if (g->output == TABLE)
        printf("%-36s %-12s %-36s %-12s %s\n", "NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED",
               "KIND");
    kedge_err err = kedge_discovery_preferred_resources(discovery, print_resource, g);
    if (err == KEDGE_OK)
        return 0;
    fprintf(stderr, "error: %s\n", kedge_discovery_error_text(discovery));
    return 1;
}

// The command line -------------------------------------------------------------------------------

static const char usage[] =
    "usage: kedge_get RESOURCE[/NAME] [NAME] [-n NAMESPACE | -A] [-l SELECTOR]\n"
    "                 [--field-selector SELECTOR] [-o name|json] [-w]\n"
    "                 [--kubeconfig FILE] [--context NAME]\n"
    "       kedge_get api-resources [-o name]\n";

// Where an option's value goes; NULL: it is none that has one.
static const char **value_of(struct get *g, const char *option)
{
    static const char *const names[] = {"-n", "-l", "--field-selector", "--context",
                                        "--kubeconfig"};
    const char **values[] = {&g->namespace_, &g->labels, &g->fields, &g->config.context,
                             &g->config.kubeconfig};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(option, names[i]) == 0)
            return values[i];
    }
    return NULL;
}

static bool take_output(struct get *g, const char *text)
{
    g->output = text != NULL && strcmp(text, "json") == 0 ? JSON : NAME;
    return text != NULL && (g->output == JSON || strcmp(text, "name") == 0);
}

static bool take_word(struct get *g, char *word)
{
    char *slash = strchr(word, '/');
    if (word[0] == '-' || (g->resource != NULL && (g->name != NULL || slash != NULL)))
        return false;
    if (g->resource != NULL) {
        g->name = word;
        return true;
    }
    g->resource = word;
    if (slash != NULL) {
        *slash = '\0';
        g->name = slash + 1;
    }
    return true;
}

static bool take_arguments(struct get *g, int argc, char **argv)
{
    bool good = true;
    for (int i = 1; i < argc && good; i++) {
        const char **value = value_of(g, argv[i]);
        if (value != NULL)
            good = (*value = argv[++i]) != NULL;
        else if (strcmp(argv[i], "-o") == 0)
            good = take_output(g, argv[++i]);
        else if (strcmp(argv[i], "-A") == 0)
            g->all_namespaces = true;
        else if (strcmp(argv[i], "-w") == 0)
            g->watch = true;
        else
            good = take_word(g, argv[i]);
    }
    return good && g->resource != NULL;
}

int main(int argc, char **argv)
{
    static struct get g;
    struct kedge_rest_options options = {.path_max = 4096};
    if (!take_arguments(&g, argc, argv)) {
        fputs(usage, stderr);
        return 1;
    }
    if (g.name != NULL && g.all_namespaces) {
        fputs("error: a resource cannot be retrieved by name across all namespaces\n", stderr);
        return 1;
    }
    struct kedge *k = kedge_init(memory, sizeof memory, kedge_posix());
    struct kedge_config config;
    kedge_log_to(k, KEDGE_LOG_WARNING, kedge_posix_log, NULL);
    kedge_config_load(k, &config, &g.config);
    struct kedge_client *client = kedge_client_new(k, &config);
    g.rest = kedge_rest_new(client, &options);
    if (g.rest == NULL)
        return kedge_posix_fail(k);
    if (g.namespace_ == NULL)
        g.namespace_ = config.namespace_;
    if (g.watch)
        kedge_posix_stop_on_signals(k);

    int result = strcmp(g.resource, "api-resources") == 0 ? api_resources(&g) : get(&g, k);
    kedge_rest_close(g.rest);
    kedge_client_free(client);
    return result;
}
