// SPDX-License-Identifier: Apache-2.0
// The informer and servers that say what no API server should, byte by byte.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cluster.h"
#include "script.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\n\r\n" // and a body until the connection ends
#define META(version, more) \
    "{\"kind\":\"DeploymentList\",\"metadata\":{\"resourceVersion\":\"" version "\"" more "},"
#define LIST(version, items) OK_HEAD META(version, "") "\"items\":[" items "]}" SCRIPT_CLOSES
#define OBJECT(name, version)                                                    \
    "{\"metadata\":{\"namespace\":\"a\",\"name\":\"" name "\",\"uid\":\"u-" name \
    "\",\"resourceVersion\":\"" version "\"}}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define STATUS(fields) \
    "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\"," fields "}"
#define REFUSED(head, body) "HTTP/1.1 " head "\r\n\r\n" body SCRIPT_CLOSES

struct fixture {
    struct fake_port port;
    struct script script;
    unsigned char memory[128 * 1024];
    struct kedge *k;
    struct kedge_client *client;
    struct kedge_factory *factory;
    struct kedge_informer *inf;
    struct recorder r;
};

static const struct kedge_informer_options lists = {.no_watch_list = true};

// A client to this server, and a factory without an informer.
static struct fixture *open_client(const char *const *answers, size_t count)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct kedge_config config = {.server = "http://api.test"};
    assert_non_null(f);
    fake_port_init(&f->port, 1);
    script_serve(&f->script, &f->port, answers, count);
    f->k = kedge_init(f->memory, sizeof f->memory, &f->port.port);
    f->client = kedge_client_new(f->k, &config);
    f->factory = kedge_factory_new(f->client, 0);
    return f;
}

static struct fixture *start(struct fixture *f, struct kedge_informer *inf)
{
    f->inf = inf;
    recorder_init(&f->r);
    assert_int_equal(kedge_informer_add_handler(f->inf, &f->r.handler), KEDGE_OK);
    assert_int_equal(kedge_factory_start(f->factory), KEDGE_OK);
    return f;
}

static struct fixture *open_with(const char *const *answers, size_t count,
                                 const struct kedge_kind *kind,
                                 const struct kedge_informer_options *options)
{
    struct fixture *f = open_client(answers, count);
    return start(f, kedge_factory_informer_with(f->factory, kind, options));
}

typedef struct kedge_informer *informer_named(struct kedge_factory *, const struct kedge_gvr *,
                                              const struct kedge_informer_options *);

static struct fixture *open_named(const char *const *answers, size_t count, informer_named *make,
                                  const struct kedge_gvr *gvr)
{
    struct fixture *f = open_client(answers, count);
    return start(f, make(f->factory, gvr, &lists));
}

#define OPEN(answers) \
    open_with(answers, sizeof(answers) / sizeof *(answers), &kedge_kind_deployment, &lists)

static void close_it(struct fixture *f)
{
    kedge_factory_shutdown(f->factory);
    kedge_client_free(f->client);
    recorder_free(&f->r);
    fake_port_check(&f->port);
    free(f);
}

static void run(struct fixture *f, kedge_time ms)
{
    fake_port_run(&f->port, f->k, ms);
}

// Polls until list or watch has failed so often.
static void until_failures(struct fixture *f, uint64_t failures)
{
    for (int i = 0; i < 100000 && cluster_state(f->inf).failures < failures; i++)
        assert_int_equal(kedge_poll(f->k, KEDGE_SECOND), KEDGE_OK);
    assert_int_equal(cluster_state(f->inf).failures, failures);
}

static void assert_says(const struct fixture *f, kedge_err err, const char *text)
{
    assert_int_equal(cluster_state(f->inf).reason, err);
    if (strstr(cluster_state(f->inf).text, text) == NULL)
        fail_msg("\"%s\", not \"%s\"", cluster_state(f->inf).text, text);
}

static size_t count_in(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
        n++;
    return n;
}

// ---------------------------------------------------------------- lists

static void a_compressed_answer_is_refused_in_words(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b" SCRIPT_CLOSES,
        "HTTP/1.1 500 No\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b" SCRIPT_CLOSES,
        LIST("7", OBJECT("web", "5")), OK_HEAD};
    struct fixture *f = OPEN(answers);
    until_failures(f, 1);
    assert_says(f, KEDGE_ERR_HTTP, "compressed");
    until_failures(f, 2);
    assert_says(f, KEDGE_ERR_API, "the server answered 500 without a Status");
    run(f, KEDGE_MINUTE);
    assert_int_equal(f->r.adds, 1);
    close_it(f);
}

// Nothing could be watched from there; and the items may be half of the truth.
static void a_list_without_a_version_deletes_nothing(void **state)
{
    (void)state;
    static const char *const answers[] = {
        LIST("7", OBJECT("web", "5")),
        OK_HEAD EVENT("ERROR", STATUS("\"code\":410,\"reason\":\"Expired\"")),
        LIST("", ""),
        LIST("0123456789012345678901234567890123456789012345678901234567890123456789", ""),
        OK_HEAD "{\"kind\":\"DeploymentList\",\"items\":[]}" SCRIPT_CLOSES,
        LIST("9", "")};
    struct fixture *f = OPEN(answers);
    for (uint64_t i = 2; i <= 4; i++) {
        until_failures(f, i);
        assert_says(f, KEDGE_ERR_JSON, "the list has no resourceVersion");
        assert_int_equal(kedge_lister_count(f->inf), 1);
    }
    run(f, KEDGE_MINUTE);
    assert_int_equal(kedge_lister_count(f->inf), 0);
    assert_int_equal(f->r.tombstones, 1);
    close_it(f);
}

#define TEN(x)     x x x x x x x x x x
#define HUNDRED(x) TEN(TEN(x))

#define NO_TYPES "{\"type\":7,\"object\":{}}\n{\"type\":[\"ADDED\"],\"object\":{}}\n"

static void what_is_no_object_is_skipped_and_counted(void **state)
{
    (void)state;
    static const char *const answers[] = {
        LIST("7", "3,[],null,{\"metadata\":{\"uid\":\"u\"}}," OBJECT("web", "5") "," OBJECT(
                      HUNDRED("too") "long", "6")),
        OK_HEAD EVENT("ADDED", "3") EVENT("ADDED", "{}") EVENT("", OBJECT("web", "8"))
            NO_TYPES EVENT("ADDED", OBJECT(HUNDRED("too") "long", "8"))
                EVENT("ADDED", OBJECT("", "9")) EVENT("ADDED", OBJECT("last", "10"))};
    struct fixture *f = OPEN(answers);
    f->port.cruelty.block_every = 2;
    run(f, KEDGE_SECOND);
    assert_string_equal(cluster_state(f->inf).text, "");
    assert_int_equal(f->r.adds, 2);
    assert_int_equal(cluster_state(f->inf).skipped, 5 + 7);
    assert_int_equal(cluster_state(f->inf).failures, 0);
    assert_string_equal(cluster_state(f->inf).version, "10");
    close_it(f);
}

// The token is larger than the buffer that a path is written into: asking for the first page again
// at once would go round for ever.
static void a_continue_token_without_room_is_a_failure_with_a_pause(void **state)
{
    (void)state;
    static const char page[] =
        OK_HEAD META("7", ",\"continue\":\"" HUNDRED("continue-") TEN("0123456789")
                              TEN("0123456789") "\"") "\"items\":[]}" SCRIPT_CLOSES;
    const char *answers[40];
    struct kedge_informer_options o = {.text_max = 1024, .no_watch_list = true};
    for (size_t i = 0; i < 40; i++)
        answers[i] = page;
    struct fixture *f = open_with(answers, 40, &kedge_kind_deployment, &o);
    run(f, KEDGE_MINUTE);
    assert_says(f, KEDGE_ERR_TOO_LONG, "the path is longer than text_max");
    assert_in_range(cluster_state(f->inf).lists, 3, 12);
    close_it(f);
}

static void a_path_without_room_is_a_failure_with_a_pause(void **state)
{
    (void)state;
    struct kedge_informer_options o = {.text_max = 1024,
                                       .field_selector = "a=" HUNDRED("selectors_")};
    struct fixture *f = open_with(NULL, 0, &kedge_kind_deployment, &o);
    run(f, KEDGE_MINUTE);
    assert_says(f, KEDGE_ERR_TOO_LONG, "the path is longer than text_max");
    assert_int_equal(f->port.opens, 0);
    assert_in_range(cluster_state(f->inf).lists, 3, 12);
    close_it(f);
}

static const struct kedge_field deep_rows[] = {
    {.path = "a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0a\0",
     .type = KEDGE_FIELD_TEXT}};
static const struct kedge_table deep_table = {deep_rows, 1, sizeof(struct kedge_object)};

static void a_table_that_the_sieve_cannot_read_is_named(void **state)
{
    (void)state;
    static const char *const answers[] = {LIST("7", "")};
    static uint32_t tag;
    static const struct kedge_kind deep = {.group = "apps",
                                           .version = "v1",
                                           .resource = "deeps",
                                           .kind = "Deep",
                                           .table = &deep_table,
                                           .tag = &tag};
    struct fixture *f = open_with(answers, 1, &deep, &lists);
    until_failures(f, 1);
    assert_says(f, KEDGE_ERR_ARGUMENT, "the kind's table or text_max does not suit the sieve");
    close_it(f);
}

// ---------------------------------------------------------------- too many small fields

// An object with so many labels that there are not enough tokens for its text: it fits the buffer,
// and is a partial one all the same.
static const char *with_labels(const char *name, const char *version)
{
    static char text[8192];
    size_t len =
        (size_t)snprintf(text, sizeof text,
                         "{\"metadata\":{\"namespace\":\"a\",\"name\":\"%s\",\"uid\":\"u\","
                         "\"resourceVersion\":\"%s\",\"labels\":{",
                         name, version);
    for (int i = 0; i < 500; i++)
        len +=
            (size_t)snprintf(text + len, sizeof text - len, "%s\"%d\":\"\"", i > 0 ? "," : "", i);
    snprintf(text + len, sizeof text - len, "}}}");
    return text;
}

static void an_object_of_too_many_fields_becomes_a_partial_one(void **state)
{
    (void)state;
    char list[10000];
    char watch[10000];
    const char *const answers[] = {list, watch};
    snprintf(list, sizeof list, "%s%s\"items\":[%s]}%s", OK_HEAD, META("7", ""),
             with_labels("web", "5"), SCRIPT_CLOSES);
    snprintf(watch, sizeof watch, "%s{\"type\":\"MODIFIED\",\"object\":%s}\n", OK_HEAD,
             with_labels("web", "8"));
    struct fixture *f = OPEN(answers);
    run(f, KEDGE_SECOND);
    const struct kedge_object *o;
    assert_int_equal(kedge_lister_get(f->inf, "a", "web", &o), KEDGE_OK);
    assert_true(kedge_is_partial(o));
    assert_string_equal(kedge_resource_version(o), "8");
    char uid[KEDGE_UID_TEXT];
    assert_string_equal(kedge_uid(o, uid), "u");
    assert_int_equal(f->r.adds, 1);
    assert_int_equal(f->r.updates, 1);
    assert_int_equal(cluster_state(f->inf).partial, 2);
    assert_string_equal(cluster_state(f->inf).last_partial, "a/web");
    close_it(f);
}

// ---------------------------------------------------------------- watches

static void an_event_means_what_the_cache_makes_of_it(void **state)
{
    (void)state;
    static const char *const answers[] = {
        LIST("7", OBJECT("web", "5")),
        OK_HEAD EVENT("MODIFIED", OBJECT("db", "8")) EVENT("ADDED", OBJECT("web", "9"))
            EVENT("DELETED", OBJECT("nobody", "10")) EVENT("DELETED", OBJECT("db", "11"))};
    struct fixture *f = OPEN(answers);
    run(f, KEDGE_SECOND);
    assert_int_equal(f->r.adds, 2);
    assert_int_equal(f->r.updates, 1);
    assert_int_equal(f->r.deletes, 2);
    assert_int_equal(f->r.unknown_deletes, 1);
    assert_int_equal(kedge_lister_count(f->inf), 1);
    assert_string_equal(cluster_state(f->inf).version, "11");
    close_it(f);
}

#define OF(kind, name, version)                                                            \
    "{\"kind\":\"" kind "\",\"apiVersion\":\"apps/v1\",\"metadata\":{\"namespace\":\"a\"," \
    "\"name\":\"" name "\",\"uid\":\"u-" name "\",\"resourceVersion\":\"" version "\"}}"

// client-go's reflector: a Service among Pods is dropped, whatever the event says, and its version
// does not count; what follows does.
static void count_skips(void *ctx, enum kedge_log_level level, const char *text)
{
    unsigned *skips = ctx;
    (void)level;
    *skips +=
        strcmp(text, "watch deployments: skips an event whose object is of kind Service") == 0;
    skips[1] += strstr(text, "is of kind " TEN("longer") "long") != NULL;
}

static void an_object_of_another_kind_is_none_of_ours(void **state)
{
    (void)state;
    static const char *const answers[] = {
        LIST("7", OBJECT("web", "5") "," OBJECT("db", "6")),
        OK_HEAD EVENT("ADDED", OF("Service", "rejected", "8")) EVENT(
            "DELETED", OF("Deployment", "web", "9")) EVENT("MODIFIED", OF("Deployment", "db", "10"))
            EVENT("ADDED", OF("Deployment", "api", "11")) EVENT("DELETED",
                                                                OF("Service", "db", "12"))
                EVENT("BOOKMARK", OF("Service", "", "13")) EVENT("ADDED", OF("Table", "t", "14"))
                    EVENT("ADDED", OF(TEN("longer") TEN("longer"), "t", "15"))};
    struct fixture *f = OPEN(answers);
    unsigned skips[2] = {0, 0};
    kedge_log_to(f->k, KEDGE_LOG_WARNING, count_skips, skips);
    f->port.cruelty.block_every = 2;
    run(f, KEDGE_SECOND);
    const struct kedge_object *o;
    assert_int_equal(kedge_lister_count(f->inf), 2);
    assert_int_equal(kedge_lister_get(f->inf, "a", "db", &o), KEDGE_OK);
    assert_string_equal(kedge_resource_version(o), "10");
    assert_int_equal(kedge_lister_get(f->inf, "a", "api", &o), KEDGE_OK);
    assert_int_equal(f->r.adds, 3);
    assert_int_equal(f->r.updates, 1);
    assert_int_equal(f->r.deletes, 1);
    assert_string_equal(cluster_state(f->inf).version, "11");
    assert_int_equal(cluster_state(f->inf).skipped, 5);
    assert_int_equal(skips[0], 3);
    assert_int_equal(skips[1], 1);
    assert_int_equal(cluster_state(f->inf).failures, 0);
    close_it(f);
}

// Of a resource whose kind nobody has named, all are taken but what a server makes for who reads
// it: client-go's isUnsupportedTableObject.
static void a_table_is_no_object(void **state)
{
    (void)state;
    static const struct {
        const char *object;
        uint64_t taken;
    } cases[] = {
        {"\"apiVersion\":\"meta.k8s.io/v1beta1\",\"kind\":\"Table\"", 0},
        {"\"apiVersion\":\"meta.k8s.io/v1\",\"kind\":\"Table\"", 0},
        {"\"apiVersion\":\"v1\",\"kind\":\"Pod\"", 1},
        {"\"apiVersion\":\"custom.group/v1\",\"kind\":\"Table\"", 1},
        {"\"apiVersion\":\"meta.k8s.io.example.com/v1\",\"kind\":\"Table\"", 1},
        {"\"apiVersion\":3,\"kind\":\"Table\"", 1},
        {"\"kind\":\"Table\"", 1},
        {"\"apiVersion\":\"meta.k8s.io/v1\"", 1},
    };
    static const struct kedge_gvr any = {"edge.example.com", "v1", "anything"};
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        char watch[500];
        snprintf(watch, sizeof watch,
                 "%s{\"type\":\"ADDED\",\"object\":{%s,\"metadata\":{\"name\":\"t\","
                 "\"resourceVersion\":\"8\"}}}",
                 OK_HEAD, cases[i / 2].object);
        const char *const answers[] = {LIST("7", ""), watch};
        struct fixture *f = open_named(
            answers, 2,
            i % 2 == 0 ? kedge_factory_dynamic_informer : kedge_factory_metadata_informer, &any);
        run(f, KEDGE_SECOND);
        assert_int_equal(f->r.adds, cases[i / 2].taken);
        assert_int_equal(cluster_state(f->inf).skipped, 1 - cases[i / 2].taken);
        close_it(f);
    }
}

// A server that knows no metadata sends whole objects; a kind that asks for metadata takes them.
static void metadata_may_come_as_what_it_is_of(void **state)
{
    (void)state;
    static const struct kedge_table none = {NULL, 0, sizeof(struct kedge_object)};
    static uint32_t tag;
    static const struct kedge_kind deployments = {.group = "apps",
                                                  .version = "v1",
                                                  .resource = "deployments",
                                                  .kind = "Deployment",
                                                  .flags = KEDGE_NAMESPACED | KEDGE_METADATA_ONLY,
                                                  .table = &none,
                                                  .tag = &tag};
    static const char *const answers[] = {
        LIST("7", ""),
        OK_HEAD EVENT("ADDED", OF("PartialObjectMetadata", "web", "8"))
            EVENT("ADDED", OF("Deployment", "db", "9")) EVENT("ADDED", OF("Service", "api", "10"))};
    struct fixture *f = open_with(answers, 2, &deployments, &lists);
    run(f, KEDGE_SECOND);
    assert_int_equal(f->r.adds, 2);
    assert_int_equal(cluster_state(f->inf).skipped, 1);
    close_it(f);
}

// The largest table there may be leaves room for the row that says what an object is.
static void a_kind_of_48_rows_is_watched_like_others(void **state)
{
    (void)state;
    static char paths[KEDGE_KIND_ROWS][16];
    static struct kedge_field rows[KEDGE_KIND_ROWS];
    static struct kedge_table table = {rows, KEDGE_KIND_ROWS, sizeof(struct kedge_object)};
    static uint32_t tag;
    static const struct kedge_kind wide = {.group = "edge.example.com",
                                           .version = "v1",
                                           .resource = "wides",
                                           .kind = "Wide",
                                           .flags = KEDGE_NAMESPACED,
                                           .table = &table,
                                           .tag = &tag};
    for (size_t i = 0; i < KEDGE_KIND_ROWS; i++) {
        snprintf(paths[i], sizeof paths[i], "spec%cf%02zu", 0, i);
        rows[i] =
            (struct kedge_field){.path = paths[i], .offset = table.size, .type = KEDGE_FIELD_TEXT};
        table.size = (uint16_t)(table.size + sizeof(struct kedge_text));
    }
#define WIDE(kind, name, version)                                               \
    "{\"kind\":\"" kind "\",\"metadata\":{\"namespace\":\"a\",\"name\":\"" name \
    "\",\"uid\":\"u\",\"resourceVersion\":\"" version "\"},\"spec\":{\"f47\":\"last\"}}"
    static const char *const answers[] = {LIST("7", ""),
                                          OK_HEAD EVENT("ADDED", WIDE("Wide", "web", "8"))
                                              EVENT("ADDED", WIDE("Narrow", "db", "9"))};
    struct fixture *f = open_with(answers, 2, &wide, &lists);
    const struct kedge_object *o;
    run(f, KEDGE_SECOND);
    assert_string_equal(cluster_state(f->inf).text, "");
    assert_int_equal(f->r.adds, 1);
    assert_int_equal(cluster_state(f->inf).skipped, 1);
    assert_int_equal(kedge_lister_get(f->inf, "a", "web", &o), KEDGE_OK);
    const struct kedge_text *last =
        (const struct kedge_text *)(const void *)((const char *)o +
                                                  rows[KEDGE_KIND_ROWS - 1].offset);
    assert_string_equal(kedge_text(last), "last");
    close_it(f);
}

// What is no list would be one of nothing, and empty the cache.
static void what_is_no_list_deletes_nothing(void **state)
{
    (void)state;
#define NO_LIST(kind, version)                                       \
    OK_HEAD "{\"kind\":\"" kind "\",\"apiVersion\":\"" version "\"," \
            "\"metadata\":{\"resourceVersion\":\"9\"},\"rows\":[]}" SCRIPT_CLOSES
    static const char *const answers[] = {
        LIST("7", OBJECT("web", "5")),
        OK_HEAD EVENT("ERROR", STATUS("\"code\":410,\"reason\":\"Expired\"")),
        NO_LIST("Table", "meta.k8s.io/v1"),
        NO_LIST("Status", "v1"),
        NO_LIST("Deployment", "apps/v1"),
        OK_HEAD "[]" SCRIPT_CLOSES,
        LIST("9", "")};
    struct fixture *f = OPEN(answers);
    for (uint64_t i = 2; i <= 4; i++) {
        until_failures(f, i);
        assert_says(f, KEDGE_ERR_API, "the answer is no list of this kind, by its own words");
        assert_int_equal(kedge_lister_count(f->inf), 1);
    }
    until_failures(f, 5);
    assert_says(f, KEDGE_ERR_JSON, "an object was expected");
    run(f, KEDGE_MINUTE);
    assert_int_equal(kedge_lister_count(f->inf), 0);
    assert_int_equal(f->r.tombstones, 1);
    assert_string_equal(cluster_state(f->inf).version, "9");
    close_it(f);
}

// As client-go has it, of which the cache takes what comes: the watch stays where it is.
static void an_object_without_a_version_moves_the_cache_alone(void **state)
{
    (void)state;
    static const char *const answers[] = {
        LIST("7", OBJECT("web", "5") "," OBJECT("db", "")),
        OK_HEAD EVENT("DELETED", OBJECT("web", "")) EVENT("ADDED", OBJECT("api", "8"))
            EVENT("MODIFIED", OBJECT("db", "")) EVENT("BOOKMARK", "{\"metadata\":{}}")
                EVENT("ERROR", STATUS("\"code\":410,\"reason\":\"Expired\"")),
        LIST("9", OBJECT("api", "8") "," OBJECT("db", "")), OK_HEAD};
    struct fixture *f = OPEN(answers);
    f->port.cruelty.block_every = 2;
    until_failures(f, 1);
    assert_int_equal(f->r.adds, 3);
    assert_int_equal(f->r.deletes, 1);
    assert_int_equal(f->r.updates, 1); // it may have changed: nothing says that it has not
    assert_string_equal(cluster_state(f->inf).version, "8");
    assert_int_equal(cluster_state(f->inf).skipped, 1);
    run(f, KEDGE_MINUTE);
    assert_int_equal(f->r.updates, 2);
    assert_int_equal(f->r.adds, 3);
    close_it(f);
}

// client-go: an ERROR event closes the watch even if what it holds is no Status, but a Pod.
static void an_error_without_a_status_ends_the_watch(void **state)
{
    (void)state;
    static const char *const answers[] = {
        LIST("7", ""), OK_HEAD EVENT("ERROR", OF("Deployment", "web", "9")), OK_HEAD};
    struct fixture *f = OPEN(answers);
    f->port.cruelty.block_every = 2;
    until_failures(f, 1);
    assert_null(f->script.last); // closed
    assert_says(f, KEDGE_ERR_API, "without a Status");
    run(f, 10 * KEDGE_SECOND);
    assert_int_equal(count_in(f->script.seen, "resourceVersion=7&"), 2);
    assert_int_equal(f->r.adds, 0);
    close_it(f);
}

static void a_watch_whose_versions_go_back_leads_to_a_list(void **state)
{
    (void)state;
    static const char *const answers[] = {LIST("100", OBJECT("web", "50")),
                                          OK_HEAD EVENT("ADDED", OBJECT("db", "99")),
                                          LIST("60", OBJECT("db", "55")), OK_HEAD};
    struct fixture *f = OPEN(answers);
    f->port.cruelty.block_every = 2; // the list is applied before the watch is answered
    until_failures(f, 1);
    assert_says(f, KEDGE_ERR_API, "the server's versions have gone back");
    assert_int_equal(kedge_lister_count(f->inf), 1);
    run(f, KEDGE_MINUTE);
    assert_int_equal(cluster_state(f->inf).lists, 2);
    assert_string_equal(cluster_state(f->inf).version, "60");
    assert_int_equal(f->r.tombstones, 1);
    close_it(f);
}

static void what_ends_a_watch_decides_what_comes_next(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        uint64_t lists; // after a minute
        const char *says;
    } cases[] = {
        {OK_HEAD EVENT("ERROR", STATUS("\"code\":410,\"reason\":\"Gone\"")), 2,
         "the server refused"},
        {REFUSED("410 Gone", "what do you want"), 2, "410 without a Status"},
        {REFUSED("500 No",
                 STATUS("\"code\":500,\"reason\":\"StorageReadError\",\"message\":\"rot\"")),
         2, "rot"},
        {REFUSED("500 No", STATUS("\"code\":500,\"message\":\"\"")), 1, "the server answered 500"},
        {REFUSED("504 Late", STATUS("\"code\":504,\"reason\":\"Timeout\",\"message\":\"too large\","
                                    "\"details\":{\"causes\":[{\"reason\":"
                                    "\"ResourceVersionTooLarge\"}]}")),
         2, "too large"},
        {REFUSED("401 Who", STATUS("\"code\":401,\"message\":\"who\"")), 1, "who"},
        {REFUSED("400 No", STATUS("\"code\":400,\"message\":\"bad\"")), 1, "bad"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *const answers[] = {LIST("7", OBJECT("web", "5")), cases[i].answer};
        struct fixture *f = OPEN(answers);
        f->port.cruelty.block_every = 2; // the list is applied before the watch is answered
        until_failures(f, 1);
        assert_says(f, KEDGE_ERR_API, cases[i].says);
        run(f, KEDGE_MINUTE);
        assert_int_equal(cluster_state(f->inf).lists, cases[i].lists);
        close_it(f);
    }
}

// A link that breaks now and then is no reason to list; but a watch of 90 s without a word, twice,
// may be one from a version that the server has yet to reach.
static void two_long_watches_that_break_without_a_word_lead_to_a_list(void **state)
{
    (void)state;
    for (int word = 0; word < 2; word++) {
        static const char *const answers[] = {LIST("7", ""), OK_HEAD, OK_HEAD, LIST("8", ""),
                                              OK_HEAD};
        struct fixture *f = OPEN(answers);
        for (int i = 0; i < 2; i++) {
            run(f, 100 * KEDGE_SECOND);
            if (word)
                script_say(&f->script, EVENT("ADDED", OBJECT("web", "8")));
            run(f, KEDGE_SECOND);
            script_say(&f->script, SCRIPT_RESETS);
            until_failures(f, (uint64_t)i + 1);
            run(f, 10 * KEDGE_SECOND);
        }
        assert_int_equal(cluster_state(f->inf).lists, word ? 1 : 2);
        close_it(f);
    }
}

// ---------------------------------------------------------------- refusals without end

static void a_refusal_is_read_for_64_kilobytes(void **state)
{
    (void)state;
    const size_t size = 200 * 1000;
    char *flood = malloc(size + 100);
    const char *const answers[] = {flood};
    assert_non_null(flood);
    int head = snprintf(flood, 100, "HTTP/1.1 500 No\r\n\r\n");
    memset(flood + head, ' ', size);
    flood[(size_t)head + size] = '\0';
    struct fixture *f = OPEN(answers);
    until_failures(f, 1);
    assert_true(f->port.bytes_read < 80 * 1024);
    close_it(f);
    free(flood);
}

static void a_refusal_that_trickles_is_left_after_70_seconds(void **state)
{
    (void)state;
    static const char *const answers[] = {"HTTP/1.1 500 No\r\n\r\n"};
    struct fixture *f = OPEN(answers);
    run(f, KEDGE_SECOND);
    for (int i = 0; i < 6; i++) {
        script_say(&f->script, " ");
        run(f, 10 * KEDGE_SECOND);
        assert_int_equal(cluster_state(f->inf).failures, 0);
    }
    script_say(&f->script, " ");
    run(f, 10 * KEDGE_SECOND);
    if (f->script.last != NULL)
        script_say(&f->script, " ");
    run(f, 5 * KEDGE_SECOND);
    assert_int_equal(cluster_state(f->inf).failures, 1);
    assert_int_equal(count_in(f->script.seen, "GET "), 2);
    close_it(f);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_compressed_answer_is_refused_in_words),
        cmocka_unit_test(a_list_without_a_version_deletes_nothing),
        cmocka_unit_test(what_is_no_object_is_skipped_and_counted),
        cmocka_unit_test(a_continue_token_without_room_is_a_failure_with_a_pause),
        cmocka_unit_test(a_path_without_room_is_a_failure_with_a_pause),
        cmocka_unit_test(a_table_that_the_sieve_cannot_read_is_named),
        cmocka_unit_test(an_object_of_too_many_fields_becomes_a_partial_one),
        cmocka_unit_test(an_event_means_what_the_cache_makes_of_it),
        cmocka_unit_test(an_object_of_another_kind_is_none_of_ours),
        cmocka_unit_test(a_table_is_no_object),
        cmocka_unit_test(metadata_may_come_as_what_it_is_of),
        cmocka_unit_test(a_kind_of_48_rows_is_watched_like_others),
        cmocka_unit_test(what_is_no_list_deletes_nothing),
        cmocka_unit_test(an_object_without_a_version_moves_the_cache_alone),
        cmocka_unit_test(an_error_without_a_status_ends_the_watch),
        cmocka_unit_test(a_watch_whose_versions_go_back_leads_to_a_list),
        cmocka_unit_test(what_ends_a_watch_decides_what_comes_next),
        cmocka_unit_test(two_long_watches_that_break_without_a_word_lead_to_a_list),
        cmocka_unit_test(a_refusal_is_read_for_64_kilobytes),
        cmocka_unit_test(a_refusal_that_trickles_is_left_after_70_seconds),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
